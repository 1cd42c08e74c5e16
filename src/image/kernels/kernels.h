/*
 * kernels/kernels.h: the loops over pixels, as one table per instruction set; the files of this folder are compiled once for each (base/isa.h).
 *
 * All tables give the same bits: sums are made in the same order, lanes are the same everywhere, and nothing uses fused multiply-add.
 */
#ifndef CORNU_IMAGE_KERNELS_KERNELS_H
#define CORNU_IMAGE_KERNELS_KERNELS_H

#include "image/resize.h"
#include "image/values.h"
#include "image/warp.h"

typedef struct cornu__image_kernels {
    const char *name;

    /* --- one pass of a resize over pictures whose shapes fit the axis; the same dtype and channels (resize.c) --- */
    /* Rows from `first_row` of `from` on, in another width, become rows 0 ... of `to`. `scratch` has a row of `from` and CORNU__RESIZE_OVERREAD
     * bytes more. */
    void (*resize_columns)(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to,
                           void *scratch);
    /* Another height. Row r of `from` stands for row r + first_row of the picture that the axis was made for. `scratch` has a double for each
     * element of a row. */
    void (*resize_rows)(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to,
                        void *scratch);

    /* --- a row of a picture seen through a map (warp_nearest.c, warp_linear.c, warp_spline.c) --- */
    cornu__warp_row *warp_nearest, *warp_linear, *warp_spline;
    /* The coefficients that warp_spline wants, of the picture with its margins; `between` has room for all rows without the columns of the margins,
     * `lines` for CORNU__SPLINE_LINES of the longer side (spline_filter.c). */
    void (*spline_filter)(const cornu__warp_picture *picture, double *coefficients, double *between, double *lines);

    /* --- values of pictures of floats, in place; `channels` numbers of each kind for `pixels` pixels (values.c) --- */
    void (*adjust)(float *values, size_t count, const cornu__adjustment *how);
    /* (value - center) / scale */
    void (*normalize)(float *values, size_t pixels, size_t channels, const float *centers, const float *scales);
    /* (value - mean) * factor + mean, within the span */
    void (*spread)(float *values, size_t pixels, size_t channels, const float *means, float factor,
                   cornu__value_span span);
    /* value * scale + offset, within 0 .. 255 on the scale of bytes; a channel whose scale is no number stays as it is. */
    void (*stretch)(float *values, size_t pixels, size_t channels, const float *scales, const float *offsets,
                    cornu_interval range);
    /* spans[channel] := the least and the greatest, INFINITY and -INFINITY where there are no numbers. */
    void (*find_spans)(const float *values, size_t pixels, size_t channels, cornu__value_span *spans);
    /* sums[channel] := the sum of its values, in any order, and in any order that of (value - mean)^2: what sums.h needs. */
    void (*sum_values)(const float *values, size_t pixels, size_t channels, cornu__value_sum *sums);
    double (*sum_squares)(const float *values, size_t count, double mean);
    /* to := first_weight * first + second_weight * second; `to` may be one of them. */
    void (*blend)(float *to, const float *first, float first_weight, const float *second, float second_weight,
                  size_t count);
    /* value + towards * (smooth - value), within the span: `smoothed` holds the sum of nine values, of which `smooth` is the mean with the
     * middle five times. */
    void (*sharpen)(float *values, const float *smoothed, size_t count, float towards, cornu__value_span span);
    /* On the scale of bytes: the last `shift` bits are cleared; what is `threshold` or more after the addition is taken from 255. */
    void (*posterize)(float *values, size_t count, int shift, cornu_interval range);
    void (*solarize)(float *values, size_t count, float addition, float threshold, cornu_interval range);

    /* --- pixels of red, green and blue, in place (colors.c) --- */
    void (*saturate)(float *pixels, size_t count, float factor, float low);
    void (*turn_hue)(float *pixels, size_t count, float turn, cornu__value_span span);
    void (*turn_gray)(float *pixels, size_t count);
    /* value + factor * (gray - value), within the span */
    void (*fade)(float *pixels, size_t count, float factor, cornu__value_span span);
} cornu__image_kernels;

extern const cornu__image_kernels cornu__image_kernels_baseline;
#ifdef __x86_64__
extern const cornu__image_kernels cornu__image_kernels_avx2;
extern const cornu__image_kernels cornu__image_kernels_avx512;
#endif

/* *kernels := the table for this processor, or what the environment's CORNU_ISA asked for when it was first wanted. Fails where that is not
 * to be had (base/instruction_set.h). */
cornu_status cornu__image_kernels_choose(const cornu__image_kernels **kernels);

/* For tests: from now on the table of this instruction set, which the processor has. */
void cornu__image_kernels_use(int instruction_set);

#endif
