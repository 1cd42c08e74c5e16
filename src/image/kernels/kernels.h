/*
 * kernels/kernels.h: the loops over pixels, as one table per instruction set; the files of this folder are compiled once for each (base/isa.h).
 *
 * All tables give the same bits: sums are made in the same order, lanes are the same everywhere, and nothing uses fused multiply-add.
 */
#ifndef CORNU_IMAGE_KERNELS_KERNELS_H
#define CORNU_IMAGE_KERNELS_KERNELS_H

#include "image/resize.h"
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
