/*
 * sums.c: sums in any order that are as good as in order.
 *
 * Of n numbers whose magnitudes add up to A, the sum in double in any order is at most about n u A from the exact one, u = 2^-53 (Higham,
 * "Accuracy and Stability of Numerical Algorithms", section 4.2), so two orders are at most 2 n u A apart. Here bounds are four times as wide, for
 * A is itself a sum of floats, and for the few operations behind the sums. None of these turns an order round: between two that end in the same
 * float all do.
 */
#include <math.h>

#include "image/sums.h"

#define UNIT 0x1p-53

static double sum_in_order(const float *values, size_t count, size_t step)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i * step];
    return sum;
}

static double squares_in_order(const float *values, size_t count, double mean)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    return squares;
}

/* The mean of a channel, if all orders give this one. */
static bool is_certain(cornu__value_sum of, double count, float *mean)
{
    double off = 8 * count * UNIT * of.magnitude;
    *mean = (float)((of.sum - off) / count);
    return *mean == (float)((of.sum + off) / count) && (*mean != 0 || off == 0); /* zeros have two signs */
}

void cornu__channel_means(const cornu__image_kernels *kernels, const float *values, size_t pixels, size_t channels,
                          float *means)
{
    cornu__value_sum sums[CORNU__MOST_CHANNELS];
    double count = (double)pixels;
    kernels->sum_values(values, pixels, channels, sums);
    for (size_t channel = 0; channel < channels; channel++)
        if (!is_certain(sums[channel], count, &means[channel]))
            means[channel] = (float)(sum_in_order(values + channel, pixels, channels) / count);
}

static float deviation_of(double squares, double count, double more)
{
    return (float)(sqrt((squares < 0 ? 0 : squares) / count) + more);
}

/* With sums s in order and f in another: the means are apart by at most d. So the sums of squares are by 3 n d^2, for about its mean such a sum is flat,
 * and by what the order makes. */
float cornu__standard_deviation(const cornu__image_kernels *kernels, const float *values, size_t count, double more)
{
    cornu__value_sum sum;
    kernels->sum_values(values, count, 1, &sum);
    double n = (double)count, mean = sum.sum / n, apart = 8 * UNIT * sum.magnitude;
    double squares = kernels->sum_squares(values, count, mean);
    double off = 8 * (n + 1) * UNIT * squares + 4 * n * apart * apart;
    float deviation = deviation_of(squares - off, n, more);
    if (deviation == deviation_of(squares + off, n, more))
        return deviation;
    return deviation_of(squares_in_order(values, count, sum_in_order(values, count, 1) / n), n, more);
}
