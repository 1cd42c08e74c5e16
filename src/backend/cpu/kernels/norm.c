/*
 * kernels/norm.c: batch normalisation over rows x channels.
 *
 * A line is as many whole rows as fill a few vectors; per-channel operands are repeated along it, so that few channels
 * cost no more per element than many. Statistics go through the data once: each block of lines (small enough for the first-level
 * cache) gets its own mean and squared deviations, and blocks are merged by Chan, Golub and LeVeque's formula ("Updating formulae and a
 * pairwise algorithm for computing sample variances", 1979), so nothing cancels.
 */
#include "backend/cpu/kernels/table.h"
#include "backend/cpu/kernels/vector_math.h"

#define LINE 64   /* floats in a line at least, where a row has fewer */
#define STRIP 256 /* channels handled at a time where a row has more */
#define BLOCK_FLOATS 4096

/* How many rows make one line. */
static int64_t rows_per_line(int64_t channels)
{
    return channels >= LINE ? 1 : LINE / channels;
}

static void repeat(const float *value, int64_t channels, int64_t times, float *line)
{
    for (int64_t t = 0; t < times; t++)
        for (int64_t c = 0; c < channels; c++)
            line[t * channels + c] = value[c];
}

static void fold(const float *line, int64_t channels, int64_t times, float *value)
{
    for (int64_t c = 0; c < channels; c++)
        value[c] = line[c];
    for (int64_t t = 1; t < times; t++)
        for (int64_t c = 0; c < channels; c++)
            value[c] += line[t * channels + c];
}

/* Sums of `lines` lines of `width` floats, `stride` apart. The width known at compile time keeps the sums in registers. */
static inline void line_sums(const float *restrict x, int64_t lines, int64_t width, int64_t stride, float *restrict sum)
{
    for (int64_t i = 0; i < width; i++)
        sum[i] = 0;
    for (int64_t r = 0; r < lines; r++)
        for (int64_t i = 0; i < width; i++)
            sum[i] += x[r * stride + i];
}

static inline void line_deviations(const float *restrict x, int64_t lines, int64_t width, int64_t stride,
                                   const float *restrict mean, float *restrict sum)
{
    for (int64_t i = 0; i < width; i++)
        sum[i] = 0;
    for (int64_t r = 0; r < lines; r++)
        for (int64_t i = 0; i < width; i++) {
            float d = x[r * stride + i] - mean[i];
            sum[i] = CORNU_MULTIPLY_ADD(d, d, sum[i]);
        }
}

static inline void line_products(const float *restrict dy, const float *restrict x, const float *restrict y,
                                 int64_t lines, int64_t width, int64_t stride, const float *restrict mean,
                                 float *restrict sum, float *restrict product)
{
    for (int64_t i = 0; i < width; i++)
        sum[i] = product[i] = 0;
    if (y) {
        for (int64_t r = 0; r < lines; r++)
            for (int64_t i = 0; i < width; i++) {
                float g = y[r * stride + i] > 0.0f ? dy[r * stride + i] : 0.0f;
                sum[i] += g;
                product[i] = CORNU_MULTIPLY_ADD(g, x[r * stride + i] - mean[i], product[i]);
            }
    } else {
        for (int64_t r = 0; r < lines; r++)
            for (int64_t i = 0; i < width; i++) {
                float g = dy[r * stride + i];
                sum[i] += g;
                product[i] = CORNU_MULTIPLY_ADD(g, x[r * stride + i] - mean[i], product[i]);
            }
    }
}

/* One strip of channels: `width` floats a line, `times` rows a line, the rest of the rows one by one. */
typedef struct strip {
    int64_t width, stride, lines, times, channels;
} strip;

static void sums(const strip *s, const float *x, int64_t lines, float *sum)
{
    if (s->width == 64 && s->stride == 64)
        line_sums(x, lines, 64, 64, sum);
    else
        line_sums(x, lines, s->width, s->stride, sum);
}

static void deviations(const strip *s, const float *x, int64_t lines, const float *mean, float *sum)
{
    if (s->width == 64 && s->stride == 64)
        line_deviations(x, lines, 64, 64, mean, sum);
    else
        line_deviations(x, lines, s->width, s->stride, mean, sum);
}

/* Merges a block of `count` rows with mean and deviation into the first `before` rows'. */
static void merge(int64_t channels, int64_t before, int64_t count, const float *block_mean,
                  const float *block_deviation, float *mean, float *deviation)
{
    double weight = (double)count / (double)(before + count);
    for (int64_t c = 0; c < channels; c++) {
        double delta = (double)block_mean[c] - mean[c];
        mean[c] = (float)(mean[c] + delta * weight);
        deviation[c] = (float)(deviation[c] + block_deviation[c] + delta * delta * weight * (double)before);
    }
}

static void strip_statistics(const float *x, int64_t rows, int64_t channels, int64_t stride, float *mean,
                             float *deviation)
{
    int64_t times = stride == channels ? rows_per_line(channels) : 1;
    strip s = {.width = channels * times, .stride = stride * times, .times = times, .channels = channels};
    int64_t block_lines = BLOCK_FLOATS / s.width > 8 ? BLOCK_FLOATS / s.width : 8;
    float line_mean[STRIP + LINE], line[STRIP + LINE], block_mean[STRIP], block_deviation[STRIP];
    for (int64_t c = 0; c < channels; c++)
        mean[c] = deviation[c] = 0;
    for (int64_t row = 0; row < rows;) {
        int64_t lines = (rows - row) / times;
        lines = lines > block_lines ? block_lines : lines;
        if (lines == 0) { /* fewer rows left than make a line */
            s.times = 1;
            s.width = channels;
            s.stride = stride;
            lines = rows - row;
        }
        int64_t count = lines * s.times;
        const float *from = x + row * stride;
        sums(&s, from, lines, line);
        fold(line, channels, s.times, block_mean);
        for (int64_t c = 0; c < channels; c++)
            block_mean[c] /= (float)count;
        repeat(block_mean, channels, s.times, line_mean);
        deviations(&s, from, lines, line_mean, line);
        fold(line, channels, s.times, block_deviation);
        merge(channels, row, count, block_mean, block_deviation, mean, deviation);
        row += count;
    }
}

void CORNU_ISA_NAME(cornu__norm_statistics)(const float *x, int64_t rows, int64_t channels, float *mean,
                                            float *deviation)
{
    for (int64_t c = 0; c < channels; c += STRIP)
        strip_statistics(x + c, rows, channels - c < STRIP ? channels - c : STRIP, channels, mean + c, deviation + c);
}

static inline void apply_lines(const float *x, int64_t lines, int64_t width, int64_t stride,
                               const float *restrict scale, const float *restrict shift, bool relu, float *y)
{
    for (int64_t r = 0; r < lines; r++) {
        const float *from = x + r * stride;
        float *to = y + r * stride;
        if (relu) {
#pragma GCC ivdep
            for (int64_t i = 0; i < width; i++) {
                float value = CORNU_MULTIPLY_ADD(from[i], scale[i], shift[i]);
                to[i] = value > 0.0f || value != value ? value : 0.0f;
            }
        } else {
#pragma GCC ivdep
            for (int64_t i = 0; i < width; i++)
                to[i] = CORNU_MULTIPLY_ADD(from[i], scale[i], shift[i]);
        }
    }
}

void CORNU_ISA_NAME(cornu__norm_apply)(const float *x, int64_t rows, int64_t channels, const float *scale,
                                       const float *shift, bool relu, float *y)
{
    int64_t times = rows_per_line(channels), whole = rows / times * times;
    float line_scale[LINE], line_shift[LINE];
    if (times > 1) {
        repeat(scale, channels, times, line_scale);
        repeat(shift, channels, times, line_shift);
        int64_t width = channels * times;
        if (width == 64)
            apply_lines(x, whole / times, 64, 64, line_scale, line_shift, relu, y);
        else
            apply_lines(x, whole / times, width, width, line_scale, line_shift, relu, y);
    } else if (channels == 64) {
        apply_lines(x, rows, 64, 64, scale, shift, relu, y);
    } else {
        whole = 0;
    }
    if (times == 1 && channels == 64)
        return;
    apply_lines(x + whole * channels, rows - whole, channels, channels, scale, shift, relu, y + whole * channels);
}

static void strip_products(const float *dy, const float *x, const float *y, int64_t rows, int64_t channels,
                           int64_t stride, const float *mean, float *sum_dy, float *sum_product)
{
    int64_t times = stride == channels ? rows_per_line(channels) : 1;
    int64_t width = channels * times;
    int64_t block_lines = BLOCK_FLOATS / width > 8 ? BLOCK_FLOATS / width : 8;
    float line_mean[STRIP + LINE], sum[STRIP + LINE], product[STRIP + LINE], folded[STRIP];
    repeat(mean, channels, times, line_mean);
    for (int64_t c = 0; c < channels; c++)
        sum_dy[c] = sum_product[c] = 0;
    for (int64_t row = 0; row < rows;) {
        int64_t lines = (rows - row) / times;
        lines = lines > block_lines ? block_lines : lines;
        if (lines == 0) {
            times = 1;
            width = channels;
            lines = rows - row;
        }
        int64_t at = row * stride;
        if (width == 64 && stride * times == 64)
            line_products(dy + at, x + at, y ? y + at : NULL, lines, 64, 64, line_mean, sum, product);
        else
            line_products(dy + at, x + at, y ? y + at : NULL, lines, width, stride * times, line_mean, sum, product);
        fold(sum, channels, times, folded);
        for (int64_t c = 0; c < channels; c++)
            sum_dy[c] += folded[c];
        fold(product, channels, times, folded);
        for (int64_t c = 0; c < channels; c++)
            sum_product[c] += folded[c];
        row += lines * times;
    }
}

void CORNU_ISA_NAME(cornu__norm_gradient_sums)(const float *dy, const float *x, const float *y, int64_t rows,
                                               int64_t channels, const float *mean, float *sum_dy, float *sum_product)
{
    for (int64_t c = 0; c < channels; c += STRIP)
        strip_products(dy + c, x + c, y ? y + c : NULL, rows, channels - c < STRIP ? channels - c : STRIP, channels,
                       mean + c, sum_dy + c, sum_product + c);
}

static inline void gradient_lines(const float *dy, const float *x, const float *y, int64_t lines, int64_t width,
                                  const float *restrict a, const float *restrict b, const float *restrict d, float *dx)
{
    for (int64_t r = 0; r < lines; r++) {
        int64_t at = r * width;
        if (y) {
#pragma GCC ivdep
            for (int64_t i = 0; i < width; i++) {
                float g = y[at + i] > 0.0f ? dy[at + i] : 0.0f;
                dx[at + i] = CORNU_MULTIPLY_ADD(g, a[i], CORNU_MULTIPLY_ADD(x[at + i], b[i], d[i]));
            }
        } else {
#pragma GCC ivdep
            for (int64_t i = 0; i < width; i++)
                dx[at + i] = CORNU_MULTIPLY_ADD(dy[at + i], a[i], CORNU_MULTIPLY_ADD(x[at + i], b[i], d[i]));
        }
    }
}

void CORNU_ISA_NAME(cornu__norm_gradient_apply)(const float *dy, const float *x, const float *y, int64_t rows,
                                                int64_t channels, const float *a, const float *b, const float *d,
                                                float *dx)
{
    int64_t times = rows_per_line(channels), whole = 0;
    float line_a[LINE], line_b[LINE], line_d[LINE];
    if (times > 1) {
        int64_t width = channels * times;
        repeat(a, channels, times, line_a);
        repeat(b, channels, times, line_b);
        repeat(d, channels, times, line_d);
        whole = rows / times * times;
        if (width == 64)
            gradient_lines(dy, x, y, whole / times, 64, line_a, line_b, line_d, dx);
        else
            gradient_lines(dy, x, y, whole / times, width, line_a, line_b, line_d, dx);
    }
    int64_t at = whole * channels;
    gradient_lines(dy + at, x + at, y ? y + at : NULL, rows - whole, channels, a, b, d, dx + at);
}
