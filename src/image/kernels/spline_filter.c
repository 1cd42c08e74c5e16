/*
 * kernels/spline_filter.c: the recursive filter that turns pixels into B-spline coefficients.
 *
 * In double, sixteen lines of the picture at once: a line's filter waits for itself at every step. First down the columns, then along the rows.
 */
#include <math.h>

#include "image/kernels/table.h"
#include "image/spline.h"

#define LINES CORNU__SPLINE_LINES
#define SMALLEST_POWER 1e-20 /* what comes after counts for nothing in a double */

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

/* z^n, or 0 where it counts for nothing beside 1. */
static double power_of(double z, int64_t n)
{
    double power = 1;
    for (int64_t i = 0; i < n && power != 0; i++)
        power = fabs(power) > SMALLEST_POWER ? power * z : 0;
    return power;
}

/* --- sixteen lines: value i of line k is c[i * LINES + k] --- */

/* sums := of z^i c[i] for i = 0 .. n - 1, or of z^i c[-i] with step -1, as far as z^i counts. */
static void power_sum(const double *c, int64_t n, int64_t step, double z, double sums[LINES])
{
    double power = 1;
    for (int k = 0; k < LINES; k++)
        sums[k] = 0;
    for (int64_t i = 0; i < n && fabs(power) > SMALLEST_POWER; i++, c += step * LINES) {
        for (int k = 0; k < LINES; k++)
            sums[k] += power * c[k];
        power *= z;
    }
}

/* The causal filter's first values: what the endless lines on the left of c[0] add up to. Each kind of continuation is periodic, so the sum
 * of one period over 1 - z^period. */
static void begin_causal(cornu__fill_mode mode, double *c, int64_t n, double z)
{
    double forward[LINES], backward[LINES], once = power_of(z, n), factor;
    const double *last = c + (n - 1) * LINES;
    switch (mode) {
    case CORNU__FILL_WRAP: /* c[0], c[n-1], ..., c[1] */
        power_sum(last, n - 1, -1, z, backward);
        for (int k = 0; k < LINES; k++)
            c[k] = (c[k] + z * backward[k]) / (1 - once);
        break;
    case CORNU__FILL_NEAREST:
    case CORNU__FILL_REFLECT: /* c[0], then c[0], ..., c[n-1], c[n-1], ..., c[1] */
        power_sum(c, n, 1, z, forward);
        power_sum(last, n, -1, z, backward);
        factor = z / (1 - power_of(z, 2 * n));
        for (int k = 0; k < LINES; k++)
            c[k] += factor * (forward[k] + once * backward[k]);
        break;
    default: /* c[0], ..., c[n-1], ..., c[1] */
        power_sum(c, n, 1, z, forward);
        power_sum(last - LINES, n - 2, -1, z, backward);
        factor = 1 / (1 - power_of(z, 2 * n - 2));
        for (int k = 0; k < LINES; k++)
            c[k] = (forward[k] + once * backward[k]) * factor;
    }
}

/* The anticausal filter's first values, at the right end, of the causally filtered lines. */
static void begin_anticausal(cornu__fill_mode mode, double *c, int64_t n, double z)
{
    double forward[LINES], *last = c + (n - 1) * LINES, factor;
    switch (mode) {
    case CORNU__FILL_WRAP: /* c[n-1], c[0], c[1], ... */
        power_sum(c, n - 1, 1, z, forward);
        factor = -z / (1 - power_of(z, n));
        for (int k = 0; k < LINES; k++)
            last[k] = factor * (last[k] + z * forward[k]);
        break;
    case CORNU__FILL_NEAREST:
    case CORNU__FILL_REFLECT:
        for (int k = 0; k < LINES; k++)
            last[k] = last[k] * z / (z - 1);
        break;
    default:
        for (int k = 0; k < LINES; k++)
            last[k] = (z * last[k - LINES] + last[k]) * z / (z * z - 1);
    }
}

/* Eight lines each; what was made last stays in registers, so that nothing waits for it to be stored and loaded again. */
typedef double eight_doubles __attribute__((vector_size(64)));

static void run_causal(double *c, int64_t n, double z)
{
    eight_doubles a, b, next_a, next_b;
    memcpy(&a, c, sizeof a);
    memcpy(&b, c + 8, sizeof b);
    for (int64_t i = 1; i < n; i++) {
        c += LINES;
        memcpy(&next_a, c, sizeof a);
        memcpy(&next_b, c + 8, sizeof b);
        a = next_a + z * a;
        b = next_b + z * b;
        memcpy(c, &a, sizeof a);
        memcpy(c + 8, &b, sizeof b);
    }
}

static void run_anticausal(double *c, int64_t n, double z)
{
    eight_doubles a, b, next_a, next_b;
    c += (n - 1) * LINES;
    memcpy(&a, c, sizeof a);
    memcpy(&b, c + 8, sizeof b);
    for (int64_t i = 1; i < n; i++) {
        c -= LINES;
        memcpy(&next_a, c, sizeof a);
        memcpy(&next_b, c + 8, sizeof b);
        a = z * (a - next_a);
        b = z * (b - next_b);
        memcpy(c, &a, sizeof a);
        memcpy(c + 8, &b, sizeof b);
    }
}

static void filter_lines(int order, cornu__fill_mode mode, double *c, int64_t n)
{
    if (n < 2)
        return; /* one pixel: a constant is its own spline */
    poles filters = poles_of(order);
    double gain = 1;
    for (int pole = 0; pole < filters.count; pole++)
        gain *= (1 - filters.at[pole]) * (1 - 1 / filters.at[pole]);
    for (int64_t i = 0; i < n * LINES; i++)
        c[i] *= gain;
    for (int pole = 0; pole < filters.count; pole++) {
        double z = filters.at[pole];
        begin_causal(mode, c, n, z);
        run_causal(c, n, z);
        begin_anticausal(mode, c, n, z);
        run_anticausal(c, n, z);
    }
}

/* --- a picture --- */

/* Down the columns: `to` has the rows of the margins too, but not their columns, which are those of the edges again. Of the last lines some are
 * done twice where their number is not a multiple of sixteen. */
static void filter_columns(const cornu__warp_picture *picture, double *to, double *lines)
{
    cornu__extent extent = picture->extent;
    int64_t length = (int64_t)extent.width * extent.channels, rows = extent.height + 2 * (int64_t)picture->margin;
    for (int64_t begin = 0; begin < length; begin += LINES) {
        int64_t count = length - begin < LINES ? length - begin : LINES;
        for (int64_t row = 0; row < rows; row++) {
            int64_t y = cornu__fill_index(CORNU__FILL_NEAREST, row - picture->margin, extent.height);
            for (int64_t k = 0; k < LINES; k++) {
                int64_t i = y * length + begin + (k < count ? k : 0);
                lines[row * LINES + k] = picture->bytes ? picture->bytes[i] : (double)picture->from[i];
            }
        }
        filter_lines(picture->warp->order, picture->warp->fill_mode, lines, rows);
        for (int64_t row = 0; row < rows; row++)
            for (int64_t k = 0; k < count; k++)
                to[row * length + begin + k] = lines[row * LINES + k];
    }
}

/* One channel of `count` rows (at most sixteen) of `from`, which get their margins, into `to`. */
static void filter_rows(const cornu__warp_picture *picture, const double *from, int64_t count, int64_t channel,
                        double *to, double *lines)
{
    int64_t channels = picture->extent.channels, width = picture->extent.width, margin = picture->margin;
    int64_t columns = width + 2 * margin;
    for (int64_t column = 0; column < columns; column++) {
        int64_t x = cornu__fill_index(CORNU__FILL_NEAREST, column - margin, width) * channels + channel;
        for (int64_t k = 0; k < LINES; k++)
            lines[column * LINES + k] = from[(k < count ? k : 0) * width * channels + x];
    }
    filter_lines(picture->warp->order, picture->warp->fill_mode, lines, columns);
    for (int64_t column = 0; column < columns; column++)
        for (int64_t k = 0; k < count; k++)
            to[(k * columns + column) * channels + channel] = lines[column * LINES + k];
}

void CORNU_ISA_NAME(cornu__spline_filter)(const cornu__warp_picture *picture, double *coefficients, double *between,
                                          double *lines)
{
    cornu__extent extent = picture->extent;
    int64_t rows = extent.height + 2 * (int64_t)picture->margin;
    int64_t length = (int64_t)extent.width * extent.channels;
    int64_t whole_length = length + 2 * (int64_t)picture->margin * extent.channels;
    filter_columns(picture, between, lines);
    for (int64_t row = 0; row < rows; row += LINES)
        for (int64_t channel = 0; channel < extent.channels; channel++)
            filter_rows(picture, between + row * length, rows - row < LINES ? rows - row : LINES, channel,
                        coefficients + row * whole_length, lines);
}
