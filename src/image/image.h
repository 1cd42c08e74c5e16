/*
 * image/image.h: one picture in memory.
 *
 * Rows from top to bottom, pixels from left to right, the channels of a pixel side by side, no gaps: element (row, column, channel) is
 * data[(row * width + column) * channels + channel]. What files hold becomes uint8 (0 .. 255), or uint16 (0 .. 65535) where a file has one
 * channel of more than 8 bits; what is computed is float32, on the same scale.
 *
 * A picture owns its memory and keeps it from one picture to the next (cornu__image_shape), so that a worker which uses one for all files
 * of a batch allocates nothing once it has seen the largest; or it is a view of memory that someone else keeps.
 */
#ifndef CORNU_IMAGE_IMAGE_H
#define CORNU_IMAGE_IMAGE_H

#include <cornu/array.h>

#include "base/status.h"

/* Start from {0}: a picture without pixels, which owns nothing yet. */
typedef struct cornu__image {
    cornu_dtype dtype; /* CORNU_UINT8, CORNU_UINT16 or CORNU_FLOAT32 */
    int height, width, channels;
    void *data;
    size_t capacity; /* bytes of the block at `data`; 0: a view, or nothing */
} cornu__image;

/* Gives the picture this shape. Memory is kept where it is large enough, else replaced (a view lets go of what it looked at); the elements
 * are not set. Sizes are at least 1. On failure the picture stays as it was. */
cornu_status cornu__image_shape(cornu__image *image, cornu_dtype dtype, int height, int width, int channels);

/* A picture of `data`, which its owner keeps as long as the picture is used. */
cornu__image cornu__image_view(cornu_dtype dtype, int height, int width, int channels, void *data);

/* Frees the memory, if it is the picture's own; the picture is {0} afterwards. */
void cornu__image_free(cornu__image *image);

/* height * width * channels. */
size_t cornu__image_count(const cornu__image *image);

/* to := from, which is another picture. */
cornu_status cornu__image_copy(cornu__image *to, const cornu__image *from);

/* to := from as float32, the values unchanged; `to` is another picture. */
cornu_status cornu__image_to_float(cornu__image *to, const cornu__image *from);

/* The contents of two pictures (never of views) change places. */
void cornu__image_swap(cornu__image *a, cornu__image *b);

#endif
