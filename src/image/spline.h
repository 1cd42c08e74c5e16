/*
 * image/spline.h: the coefficients of interpolating B-splines of order 2 to 5 through a picture's pixels.
 *
 * The filters are those of M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Processing Magazine 16(6), 1999, with
 * the continuation at the borders that scipy.ndimage.spline_filter chooses.
 */
#ifndef CORNU_IMAGE_SPLINE_H
#define CORNU_IMAGE_SPLINE_H

#include "image/warp.h"

/* Pixels added on each side before the filter: with "nearest" the picture goes on as its edge, as in scipy since 1.6. */
int cornu__spline_margin(cornu__fill_mode mode);

/* Bytes that cornu__spline_coefficients needs. */
size_t cornu__spline_scratch(cornu__fill_mode mode, cornu__extent extent);

/* The coefficients, (height + 2 margins) x (width + 2 margins) x channels, in `scratch`. */
const double *cornu__spline_coefficients(const cornu__warp_picture *picture, void *scratch);

/* The weights of the order + 1 coefficients from *start on, at a place between them. */
void cornu__spline_weights(int order, double place, int64_t *start, double weights[6]);

#endif
