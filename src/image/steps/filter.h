/* image/steps/filter.h: smoothing with zeros outside, as a convolution with padding "same". */
#ifndef CORNU_IMAGE_STEPS_FILTER_H
#define CORNU_IMAGE_STEPS_FILTER_H

#include "image/steps/color.h"

/* Weights of a Gauss filter of odd size, whose sum is 1. A deviation of 0 leaves the middle alone. */
void cornu__gauss_weights(int size, double deviation, float *weights);

/* picture := its rows and columns filtered by weights of odd sizes. `between` has as many values as the picture. */
cornu_status cornu__filter_separately(float *picture, cornu__extent extent, int height, const float *down, int width,
                                      const float *across, float *between);

#endif
