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

/* Each row becomes the sum of itself moved to the sides. */
static void filter_row(const cornu__image_kernels *kernels, const float *from, int columns, int channels, int width,
                       const float *across, float *to)
{
    memset(to, 0, (size_t)columns * (size_t)channels * sizeof *to);
    for (int tap = 0; tap < width; tap++) {
        int offset = tap - width / 2, begin = offset < 0 ? -offset : 0, end = offset > 0 ? columns - offset : columns;
        float *here = to + (size_t)begin * (size_t)channels;
        if (begin < end)
            kernels->blend(here, here, 1, from + (size_t)(begin + offset) * (size_t)channels, across[tap],
                           (size_t)(end - begin) * (size_t)channels);
    }
}

cornu_status cornu__filter_separately(float *picture, cornu__extent extent, int height, const float *down, int width,
                                      const float *across, float *between)
{
    size_t length = (size_t)extent.width * (size_t)extent.channels;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    for (int row = 0; row < extent.height; row++)
        filter_row(kernels, picture + (size_t)row * length, extent.width, extent.channels, width, across,
                   between + (size_t)row * length);
    memset(picture, 0, (size_t)extent.height * length * sizeof *picture);
    for (int row = 0; row < extent.height; row++)
        for (int tap = 0; tap < height; tap++) {
            int source = row + tap - height / 2;
            float *to = picture + (size_t)row * length;
            if (source >= 0 && source < extent.height)
                kernels->blend(to, to, 1, between + (size_t)source * length, down[tap], length);
        }
    return CORNU_OK;
}
