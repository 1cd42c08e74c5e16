/* filter.c: smoothing with zeros outside. */
#include "image/steps/filter.h"

#include <math.h>
#include <string.h>

void cornu__gauss_weights(int size, double deviation, float *weights)
{
    double sum = 0;
    for (int i = 0; i < size; i++) {
        double place = i - (size - 1) / 2.0;
        double weight = place == 0 ? 1 : exp(-0.5 * (place / deviation) * (place / deviation));
        weights[i] = (float)weight;
        sum += weight;
    }
    for (int i = 0; i < size; i++)
        weights[i] = (float)(weights[i] / sum);
}

/* to[0 .. count) += weight * from[0 .. count) */
static inline void add(float *restrict to, const float *restrict from, float weight, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += weight * from[i];
}

/* Each row becomes the sum of itself moved to the sides. */
static void filter_row(const float *from, int columns, int channels, int width, const float *across, float *to)
{
    memset(to, 0, (size_t)columns * (size_t)channels * sizeof *to);
    for (int tap = 0; tap < width; tap++) {
        int offset = tap - width / 2, begin = offset < 0 ? -offset : 0, end = offset > 0 ? columns - offset : columns;
        if (begin < end)
            add(to + (size_t)begin * (size_t)channels, from + (size_t)(begin + offset) * (size_t)channels, across[tap],
                (size_t)(end - begin) * (size_t)channels);
    }
}

void cornu__filter_separately(float *picture, cornu__extent extent, int height, const float *down, int width,
                              const float *across, float *between)
{
    size_t length = (size_t)extent.width * (size_t)extent.channels;
    for (int row = 0; row < extent.height; row++)
        filter_row(picture + (size_t)row * length, extent.width, extent.channels, width, across,
                   between + (size_t)row * length);
    memset(picture, 0, (size_t)extent.height * length * sizeof *picture);
    for (int row = 0; row < extent.height; row++)
        for (int tap = 0; tap < height; tap++) {
            int source = row + tap - height / 2;
            if (source >= 0 && source < extent.height)
                add(picture + (size_t)row * length, between + (size_t)source * length, down[tap], length);
        }
}
