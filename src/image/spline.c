/* spline.c: the recursive filter that turns pixels into B-spline coefficients, and the B-splines themselves. */
#include <math.h>

#include "image/spline.h"

#define EDGE_PIXELS 12

typedef struct poles {
    int count;
    double at[2];
} poles;

static poles poles_of(int order)
{
    switch (order) {
    case 2:
        return (poles){1, {sqrt(8) - 3}};
    case 3:
        return (poles){1, {sqrt(3) - 2}};
    case 4:
        return (poles){2, {-0.361341225900220177, -0.0137254292973391214}};
    default:
        return (poles){2, {-0.430575347099973792, -0.0430962882032646538}};
    }
}

int cornu__spline_margin(cornu__fill_mode mode)
{
    return mode == CORNU__FILL_NEAREST ? EDGE_PIXELS : 0;
}

static cornu__extent with_margins(cornu__fill_mode mode, cornu__extent extent)
{
    int margins = 2 * cornu__spline_margin(mode);
    return (cornu__extent){extent.height + margins, extent.width + margins, extent.channels};
}

size_t cornu__spline_scratch(cornu__fill_mode mode, cornu__extent extent)
{
    cornu__extent whole = with_margins(mode, extent);
    size_t longest = (size_t)(whole.height > whole.width ? whole.height : whole.width);
    size_t count = (size_t)whole.height * (size_t)whole.width * (size_t)whole.channels;
    return (count + longest) * sizeof(double);
}

/* --- one line --- */

/* sum of z^i c[i] for i = 0 .. n - 1, as far as z^i counts. */
static double forward_sum(const double *c, int64_t n, double z)
{
    double sum = 0, power = 1;
    for (int64_t i = 0; i < n && fabs(power) > 1e-30; i++) {
        sum += power * c[i];
        power *= z;
    }
    return sum;
}

/* sum of z^i c[n - 1 - i]. */
static double backward_sum(const double *c, int64_t n, double z)
{
    double sum = 0, power = 1;
    for (int64_t i = 0; i < n && fabs(power) > 1e-30; i++) {
        sum += power * c[n - 1 - i];
        power *= z;
    }
    return sum;
}

/* The causal filter's first value: what the endless line on the left of c[0] adds up to. Each kind of continuation is periodic, so the sum of
 * one period over 1 - z^period. */
static double first_causal(cornu__fill_mode mode, const double *c, int64_t n, double z)
{
    switch (mode) {
    case CORNU__FILL_WRAP: /* c[0], c[n-1], ..., c[1] */
        return (c[0] + z * backward_sum(c + 1, n - 1, z)) / (1 - pow(z, (double)n));
    case CORNU__FILL_NEAREST:
    case CORNU__FILL_REFLECT: /* c[0], then c[0], ..., c[n-1], c[n-1], ..., c[1] */
        return c[0] +
               z / (1 - pow(z, 2 * (double)n)) * (forward_sum(c, n, z) + pow(z, (double)n) * backward_sum(c, n, z));
    default: /* c[0], ..., c[n-1], ..., c[1] */
        return (forward_sum(c, n, z) + pow(z, (double)n) * backward_sum(c + 1, n - 2, z)) /
               (1 - pow(z, 2 * (double)n - 2));
    }
}

/* The anticausal filter's first value, at the right end, of the causally filtered line. */
static double first_anticausal(cornu__fill_mode mode, const double *c, int64_t n, double z)
{
    switch (mode) {
    case CORNU__FILL_WRAP: /* c[n-1], c[0], c[1], ... */
        return -z / (1 - pow(z, (double)n)) * (c[n - 1] + z * forward_sum(c, n - 1, z));
    case CORNU__FILL_NEAREST:
    case CORNU__FILL_REFLECT:
        return c[n - 1] * z / (z - 1);
    default:
        return (z * c[n - 2] + c[n - 1]) * z / (z * z - 1);
    }
}

static void filter_line(int order, cornu__fill_mode mode, double *c, int64_t n)
{
    if (n < 2)
        return; /* one pixel: a constant is its own spline */
    poles filters = poles_of(order);
    double gain = 1;
    for (int pole = 0; pole < filters.count; pole++)
        gain *= (1 - filters.at[pole]) * (1 - 1 / filters.at[pole]);
    for (int64_t i = 0; i < n; i++)
        c[i] *= gain;
    for (int pole = 0; pole < filters.count; pole++) {
        double z = filters.at[pole];
        c[0] = first_causal(mode, c, n, z);
        for (int64_t i = 1; i < n; i++)
            c[i] += z * c[i - 1];
        c[n - 1] = first_anticausal(mode, c, n, z);
        for (int64_t i = n - 2; i >= 0; i--)
            c[i] = z * (c[i + 1] - c[i]);
    }
}

/* --- a picture --- */

static void filter_strided(int order, cornu__fill_mode mode, double *first, int64_t n, int64_t stride, double *line)
{
    for (int64_t i = 0; i < n; i++)
        line[i] = first[i * stride];
    filter_line(order, mode, line, n);
    for (int64_t i = 0; i < n; i++)
        first[i * stride] = line[i];
}

static void copy_with_margins(const cornu__warp_picture *picture, double *to)
{
    cornu__fill_mode mode = picture->warp->fill_mode;
    cornu__extent extent = picture->extent;
    int64_t margin = cornu__spline_margin(mode), channels = extent.channels;
    for (int64_t row = -margin; row < extent.height + margin; row++) {
        int64_t y = cornu__fill_index(CORNU__FILL_NEAREST, row, extent.height);
        for (int64_t column = -margin; column < extent.width + margin; column++) {
            int64_t x = cornu__fill_index(CORNU__FILL_NEAREST, column, extent.width);
            int64_t pixel = (y * extent.width + x) * channels;
            for (int64_t channel = pixel; channel < pixel + channels; channel++)
                *to++ = picture->bytes ? picture->bytes[channel] : (double)picture->from[channel];
        }
    }
}

const double *cornu__spline_coefficients(const cornu__warp_picture *picture, void *scratch)
{
    int order = picture->warp->order;
    cornu__fill_mode mode = picture->warp->fill_mode;
    cornu__extent whole = with_margins(mode, picture->extent);
    int64_t length = (int64_t)whole.width * whole.channels;
    double *coefficients = scratch, *line = coefficients + whole.height * length;
    copy_with_margins(picture, coefficients);
    for (int64_t i = 0; i < length; i++)
        filter_strided(order, mode, coefficients + i, whole.height, length, line);
    for (int64_t row = 0; row < whole.height; row++) {
        for (int64_t channel = 0; channel < whole.channels; channel++)
            filter_strided(order, mode, coefficients + row * length + channel, whole.width, whole.channels, line);
    }
    return coefficients;
}

/* --- the B-splines --- */

static double quadratic(double u)
{
    return u < 0.5 ? 0.75 - u * u : 0.5 * (1.5 - u) * (1.5 - u);
}

static double cubic(double u)
{
    double v = 2 - u;
    return u < 1 ? 2.0 / 3 - u * u * (2 - u) / 2 : v * v * v / 6;
}

static double quartic(double u)
{
    double square = u * u, v = 2.5 - u;
    if (u < 0.5)
        return square * (square / 4 - 0.625) + 115.0 / 192;
    if (u < 1.5)
        return (55 + u * (20 + u * (-120 + u * (80 - 16 * u)))) / 96;
    return v * v * v * v / 24;
}

static double quintic(double u)
{
    double square = u * u, v = 3 - u;
    if (u < 1)
        return square * (square * (0.25 - u / 12) - 0.5) + 0.55;
    if (u < 2)
        return 0.425 + u * (0.625 + u * (-1.75 + u * (1.25 + u * (-0.375 + u / 24))));
    return v * v * v * v * v / 120;
}

void cornu__spline_weights(int order, double place, int64_t *start, double weights[6])
{
    *start = (int64_t)floor(order & 1 ? place : place + 0.5) - order / 2;
    double sum = 0;
    for (int i = 0; i < order; i++) {
        double u = fabs(place - (double)(*start + i));
        weights[i] = order == 2 ? quadratic(u) : order == 3 ? cubic(u) : order == 4 ? quartic(u) : quintic(u);
        sum += weights[i];
    }
    weights[order] = 1 - sum;
}
