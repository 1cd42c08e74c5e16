/*
 * image/spline.h: interpolating B-splines of order 2 to 5 through a picture's pixels, for orders 2 to 5 of a map.
 *
 * The filters are those of M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Processing Magazine 16(6), 1999, with
 * the continuation at the borders that scipy.ndimage.spline_filter chooses. They are in kernels/spline_filter.c, the sums in kernels/warp_spline.c.
 */
#ifndef CORNU_IMAGE_SPLINE_H
#define CORNU_IMAGE_SPLINE_H

#include "image/kernels/kernels.h"

#define CORNU__SPLINE_LINES 16 /* of a picture that are filtered at once */
#define CORNU__SPLINE_BEHIND 4 /* numbers behind the last coefficient, which may be read */

/* Pixels added on each side before the filter: with "nearest" the picture goes on as its edge, as in scipy since 1.6. */
int cornu__spline_margin(cornu__fill_mode mode);

/* Bytes that cornu__spline_prepare needs. */
size_t cornu__spline_scratch(cornu__fill_mode mode, cornu__extent extent);

/* Sets the picture's margin and its coefficients, which lie in `scratch`. */
void cornu__spline_prepare(const cornu__image_kernels *kernels, cornu__warp_picture *picture, void *scratch);

#endif
