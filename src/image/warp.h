/*
 * image/warp.h: a picture seen through an affine map and flips, in one pass of resampling.
 *
 * Coordinates are 64-bit integers with 32 bits behind the point: each row begins at a double rounded to them, and goes on by exact additions.
 * So a flip of the result is the exact mirror image, and quarter turns lose no edge to a rounding error. Rows are made by kernels/warp_*.c, with the
 * same bits on every instruction set.
 */
#ifndef CORNU_IMAGE_WARP_H
#define CORNU_IMAGE_WARP_H

#include <stddef.h>
#include <stdint.h>

#include "image/affine.h"
#include "image/fill.h"

typedef struct cornu__warp {
    cornu__affine map;
    cornu__fill_mode fill_mode;
    int order;                           /* of the spline, 0 (the nearest pixel) to 5 */
    float constant;                      /* for CORNU__FILL_CONSTANT */
    bool flip_horizontal, flip_vertical; /* of the result of the map */
} cornu__warp;

/* A picture's sizes; element (row, column, channel) is data[(row * width + column) * channels + channel]. */
typedef struct cornu__extent {
    int height, width, channels;
} cornu__extent;

/* How many bytes of scratch memory cornu__warp_run wants for a picture of this extent: 0 for orders 0 and 1. */
size_t cornu__warp_scratch(const cornu__warp *warp, cornu__extent extent);

/* to := from through the map. They do not overlap. `scratch` is aligned to a double. Fails if a coordinate is beyond 2^30 pixels or is not
 * a number; `to` is then not set. */
cornu_status cornu__warp_run(const cornu__warp *warp, cornu__extent extent, const float *from, float *to,
                             void *scratch);

/* The same of bytes: the result is that of the same numbers as floats, and sooner there. */
cornu_status cornu__warp_run_bytes(const cornu__warp *warp, cornu__extent extent, const uint8_t *from, float *to,
                                   void *scratch);

/* to := from, flipped. Exact. They do not overlap. */
void cornu__flip(cornu__extent extent, bool horizontal, bool vertical, const float *from, float *to);
void cornu__flip_bytes(cornu__extent extent, bool horizontal, bool vertical, const uint8_t *from, float *to);

/* --- Between warp.c and the files of the orders --- */

/* Where the pixels of one row of the result come from: pixel i from (row + i * row_step, column + i * column_step), 32.32. */
typedef struct cornu__warp_line {
    int64_t row, column, row_step, column_step;
} cornu__warp_line;

/* [begin, end) of the pixels whose rows are in [0, rows) and columns in [0, columns), both in 32.32; empty if there are none. */
typedef struct cornu__warp_span {
    int begin, end;
} cornu__warp_span;

cornu__warp_span cornu__warp_inside(const cornu__warp_line *line, int count, int64_t rows, int64_t columns);

/* What a row's function gets. */
typedef struct cornu__warp_picture {
    const cornu__warp *warp;
    cornu__extent extent;
    const float *from;          /* or NULL: */
    const uint8_t *bytes;       /* or NULL */
    const double *coefficients; /* orders 2 to 5: of the spline, with `margin` more pixels on each side */
    int margin;
} cornu__warp_picture;

/* Makes one row of the result. `last`: no row of the result follows in memory. */
typedef void cornu__warp_row(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to, bool last);

#endif
