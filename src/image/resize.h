/*
 * image/resize.h: pictures in another size, with Pillow's arithmetic.
 *
 * The filters are true convolutions: when a picture gets smaller their support grows with the scale, so nothing is skipped (antialiasing).
 * 8-bit pictures are computed as Pillow's Image.resize does, weights rounded to 22 bits, columns first, and each pass rounded to 8 bits:
 * equal bytes. Their second of 2 and fourth of 4 channels is alpha, and the colours count as much as it says. uint16 and float32 pictures are
 * summed in double, channel by channel; uint16 is rounded after each pass.
 */
#ifndef CORNU_IMAGE_RESIZE_H
#define CORNU_IMAGE_RESIZE_H

#include "image/image.h"

typedef enum cornu__interpolation {
    CORNU__NEAREST,
    CORNU__BOX,
    CORNU__BILINEAR,
    CORNU__HAMMING,
    CORNU__BICUBIC,
    CORNU__LANCZOS,
    CORNU__INTERPOLATION_COUNT
} cornu__interpolation;

/* Keras's name ("nearest", "bilinear", ...); CORNU_ERROR_UNKNOWN_NAME for another. */
cornu_status cornu__interpolation_named(const char *name, cornu__interpolation *interpolation);

/* The part of a picture that is resized, in pixels; a pixel's own square is [column, column + 1) x [row, row + 1). Filters see beyond it. */
typedef struct cornu__box {
    float left, top, right, bottom;
} cornu__box;

cornu__box cornu__box_of(const cornu__image *image);

/* The largest part in the middle that has the shape of height x width: Keras's keep_aspect_ratio and smart_resize. */
cornu__box cornu__box_in_the_middle(const cornu__image *image, int height, int width);

/* One axis of a filter: output i is the sum of inputs first[i] ... first[i] + count[i] - 1 by weights[i * taps ...]. */
typedef struct cornu__filter_axis {
    int outputs, taps;
    int *first, *count;
    double *weights;
    int16_t *high,
        *low; /* the weights in fixed point with 22 bits behind the point: high * 2048 + low; taps is a multiple of 4 */
    void *block;
    size_t capacity; /* bytes of `block`, in which all of these lie */
    /* what they were made for */
    int interpolation, inputs;
    float begin, end;
} cornu__filter_axis;

/* What one thread keeps from picture to picture, so that it allocates nothing once warm. Start from {0}. */
typedef struct cornu__resizer {
    cornu__filter_axis columns, rows;
    cornu__image between;    /* after the first pass */
    cornu__image multiplied; /* colours times alpha */
    void *scratch;
    size_t scratch_capacity;
} cornu__resizer;

void cornu__resizer_free(cornu__resizer *resizer);

/* to := the part of `from` within `box`, in the size height x width. `to` is another picture. */
cornu_status cornu__resize(cornu__resizer *resizer, const cornu__image *from, cornu__box box,
                           cornu__interpolation interpolation, int height, int width, cornu__image *to);

/* --- Between the files of the passes --- */

/* CORNU_ERROR_INVALID_ARGUMENT for a box that is not within the picture, or empty. */
cornu_status cornu__box_check(const cornu__image *image, cornu__box box);

/* Makes room in the resizer for both passes from one picture to the other, whose shape is set. */
cornu_status cornu__resizer_reserve(cornu__resizer *resizer, const cornu__image *from, const cornu__image *to);

/* Both passes by the resizer's axes, which are made. */
cornu_status cornu__resize_both(cornu__resizer *resizer, const cornu__image *from, cornu__image *to);

/* Puts the arrays of the axis into its block, which becomes as large as they need; they are not set. */
cornu_status cornu__filter_axis_reserve(cornu__filter_axis *axis, int outputs, int taps);

/* --- resize_weights.c --- */

cornu_status cornu__filter_axis_make(cornu__filter_axis *axis, cornu__interpolation interpolation, int inputs,
                                     float begin, float end, int outputs);

/* Bytes behind a row that the passes along rows may read (kernels/kernels.h). */
#define CORNU__RESIZE_OVERREAD 16

#endif
