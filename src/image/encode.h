/* image/encode.h: pictures into files. Each appears whole or not at all. */
#ifndef CORNU_IMAGE_ENCODE_H
#define CORNU_IMAGE_ENCODE_H

#include "image/image.h"

/* uint8 of 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) channels; uint16 of 1 channel. Nothing is lost. */
cornu_status cornu__encode_png(const char *path, const cornu__image *image);

/* uint8 of 1 or 3 channels; `quality` 1 .. 100, as libjpeg and Pillow count it. Colours are stored at half the resolution, as by default in both. */
cornu_status cornu__encode_jpeg(const char *path, const cornu__image *image, int quality);

#endif
