/*
 * image/sums.h: the mean and the standard deviation of a picture's values, as sums in double from the first value to the last give them.
 *
 * A sum in that order waits for each addition. So it is made in another order first, with a bound of how far it can be from the one that is
 * wanted. What is asked for is a float, and nearly always both ends of what is possible are the same float; where they are not, the sum is made
 * in order. The bits are those of the order, always.
 */
#ifndef CORNU_IMAGE_SUMS_H
#define CORNU_IMAGE_SUMS_H

#include "image/kernels/kernels.h"

/* means[channel] := the mean of its values. At most CORNU__MOST_CHANNELS. */
void cornu__channel_means(const cornu__image_kernels *kernels, const float *values, size_t pixels, size_t channels,
                          float *means);

/* The standard deviation of all values, and `more`. */
float cornu__standard_deviation(const cornu__image_kernels *kernels, const float *values, size_t count, double more);

#endif
