/* format/png.h: pictures as PNG files in memory. */
#ifndef CORNU_FORMAT_PNG_H
#define CORNU_FORMAT_PNG_H

#include <stdint.h>

#include "base/text.h"

/* Appends to `out` the PNG file of `height` rows of `width` pixels of `channels` bytes each: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
 * Rows lie one behind the other. */
cornu_status cornu__png_encode(const uint8_t *pixels, int64_t width, int64_t height, int channels, cornu__text *out);

/* The same for samples of 16 bits. */
cornu_status cornu__png_encode_16(const uint16_t *pixels, int64_t width, int64_t height, int channels,
                                  cornu__text *out);

#endif
