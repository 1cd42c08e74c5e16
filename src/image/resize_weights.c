/*
 * resize_weights.c: which inputs an output of a resized axis is made of, and by which weights.
 *
 * With scale = inputs / outputs and a filter of half width s: the centre of output i is begin + (i + 1/2) scale, it reaches s max(scale, 1) to
 * both sides, and input j counts filter((j + 1/2 - centre) / max(scale, 1)), divided by the sum of these. The filters: the triangle; Keys'
 * cubic with a = -1/2 ("Cubic convolution interpolation", 1981); the sinc in a Hamming window of 1; the sinc in a sinc window of 3.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "image/resize.h"

#define PRECISION                                                                                                      \
    22 /* bits behind the point of 8-bit pictures' weights: 32 less those of a result, and two for sums beyond it */
#define LOW_BITS 11

static double box(double x)
{
    return x > -0.5 && x <= 0.5 ? 1 : 0;
}

static double triangle(double x)
{
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

static double hamming(double x)
{
    x = fabs(x);
    if (x == 0)
        return 1;
    if (x >= 1)
        return 0;
    x *= M_PI;
    /* the window's two numbers are floats in Pillow */
    return sin(x) / x * ((double)0.54f + (double)0.46f * cos(x));
}

static double cubic(double x)
{
    const double a = -0.5;
    x = fabs(x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double sinc(double x)
{
    return x == 0 ? 1 : sin(x * M_PI) / (x * M_PI);
}

static double lanczos(double x)
{
    return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

static const struct filter {
    double (*weight)(double x);
    double support;
} filters[CORNU__INTERPOLATION_COUNT] = {
    [CORNU__BOX] = {box, 0.5},     [CORNU__BILINEAR] = {triangle, 1}, [CORNU__HAMMING] = {hamming, 1},
    [CORNU__BICUBIC] = {cubic, 2}, [CORNU__LANCZOS] = {lanczos, 3},
};

cornu_status cornu__filter_axis_reserve(cornu__filter_axis *axis, int outputs, int taps)
{
    size_t count = (size_t)outputs, cells, weights;
    if (__builtin_mul_overflow(count, (size_t)taps, &cells) ||
        __builtin_mul_overflow(cells, 2 * sizeof(double), &weights))
        return cornu__fail(CORNU_ERROR_LIMIT, "resizing a picture to %d pixels with %d weights each is too much",
                           outputs, taps);
    size_t bytes = cells * (sizeof(double) + 2 * sizeof(int16_t)) + 2 * count * sizeof(int);
    if (bytes > axis->capacity) {
        void *block = cornu__alloc_uninitialized(bytes);
        if (!block)
            return cornu_error_status();
        cornu__free(axis->block);
        axis->block = block;
        axis->capacity = bytes;
    }
    axis->outputs = outputs;
    axis->taps = taps;
    axis->weights = axis->block;
    axis->first = (int *)(axis->weights + cells);
    axis->count = axis->first + count;
    axis->high = (int16_t *)(axis->count + count);
    axis->low = axis->high + cells;
    return CORNU_OK;
}

static void make_weights(cornu__filter_axis *axis, const struct filter *filter, double scale, int output)
{
    double stretched = scale < 1 ? 1 : scale, support = filter->support * stretched, sum = 0;
    double centre = (double)axis->begin + (output + 0.5) * scale, step = 1 / stretched;
    int first = (int)(centre - support + 0.5), end = (int)(centre + support + 0.5);
    first = first < 0 ? 0 : first;
    end = end > axis->inputs ? axis->inputs : end;
    double *weights = axis->weights + (size_t)output * (size_t)axis->taps;
    for (int i = 0; i < axis->taps; i++) {
        weights[i] = i < end - first ? filter->weight((i + first - centre + 0.5) * step) : 0;
        sum += weights[i];
    }
    for (int i = 0; sum != 0 && i < end - first; i++)
        weights[i] /= sum;
    axis->first[output] = first;
    axis->count[output] = end - first;
}

/* Rounded to nearest, and cut into a signed upper and an unsigned lower part that both are small enough for 16-bit products. */
static void make_fixed_weights(cornu__filter_axis *axis)
{
    size_t cells = (size_t)axis->outputs * (size_t)axis->taps;
    for (size_t i = 0; i < cells; i++) {
        double weight = axis->weights[i] * (1 << PRECISION);
        int fixed = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
        axis->high[i] = (int16_t)(fixed >> LOW_BITS);
        axis->low[i] = (int16_t)(fixed & ((1 << LOW_BITS) - 1));
    }
}

cornu_status cornu__filter_axis_make(cornu__filter_axis *axis, cornu__interpolation interpolation, int inputs,
                                     float begin, float end, int outputs)
{
    const struct filter *filter = &filters[interpolation];
    bool same = axis->block && axis->interpolation == (int)interpolation && axis->inputs == inputs &&
                axis->begin == begin && axis->end == end && axis->outputs == outputs;
    if (same)
        return CORNU_OK;
    double scale = (double)(end - begin) / outputs;
    double most = ceil((ceil(filter->support * (scale < 1 ? 1 : scale)) * 2 + 1) / 4) * 4; /* sums take four at once */
    CORNU_TRY(cornu__filter_axis_reserve(axis, outputs, most < INT32_MAX ? (int)most : INT32_MAX));
    axis->interpolation = (int)interpolation;
    axis->inputs = inputs;
    axis->begin = begin;
    axis->end = end;
    for (int i = 0; i < outputs; i++)
        make_weights(axis, filter, scale, i);
    make_fixed_weights(axis);
    return CORNU_OK;
}
