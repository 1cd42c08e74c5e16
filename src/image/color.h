/* image/color.h: what changes the values of pixels and not their places. */
#ifndef CORNU_IMAGE_COLOR_H
#define CORNU_IMAGE_COLOR_H

#include <stddef.h>

#include "base/status.h"

/* What old versions of Keras do through an 8-bit picture. */
typedef enum cornu__brightness_compat {
    CORNU__BRIGHTNESS_EXACT,
    CORNU__BRIGHTNESS_KP112, /* keras-preprocessing up to 1.1.2: every picture is stretched to 0 .. 255 first, also by the factor 1 */
    CORNU__BRIGHTNESS_TF29 /* Keras 2.9 and later: cut to whole numbers; stretched and back only where outside 0 .. 255 */
} cornu__brightness_compat;

/* Adds `intensity` to every value, kept within the picture's own lowest and highest. */
cornu_status cornu__channel_shift(float *values, size_t count, float intensity);

/* Every value times `factor`, kept within low .. high, or the picture's own range where that is wider. The factor 1 changes nothing. */
cornu_status cornu__brightness(float *values, size_t count, double factor, double low, double high);

/* The same as Keras of that time computed it, with `channels` values a pixel (the fourth of four is left alone). */
cornu_status cornu__brightness_8bit(float *values, size_t count, int channels, double factor,
                                    cornu__brightness_compat compat);

#endif
