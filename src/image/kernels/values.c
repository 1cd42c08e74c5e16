/*
 * kernels/values.c: what is done to each value of a picture by itself, or by what is known of its channel.
 *
 * Plain loops, which the compiler makes into vectors of the instruction set. Numbers of a channel are laid out as often as a table has room for
 * whole pixels, so that a loop over values need not know which channel each is of.
 */
#include <math.h>

#include "image/kernels/table.h"

#define TABLE_SIZE 512

/* For each of a picture's values, in turns of `size`, a number of its channel. */
typedef struct channel_table {
    const float *numbers; /* `laid`, or the channels' own where there are more */
    size_t size;
    float laid[TABLE_SIZE];
} channel_table;

static bool fits_table(size_t channels)
{
    return channels <= TABLE_SIZE;
}

static void lay_table(channel_table *table, const float *numbers, size_t channels)
{
    table->size = fits_table(channels) ? TABLE_SIZE / channels * channels : channels;
    table->numbers = fits_table(channels) ? table->laid : numbers;
    for (size_t i = 0; fits_table(channels) && i < table->size; i += channels)
        memcpy(table->laid + i, numbers, channels * sizeof *numbers);
}

static inline size_t shorter(size_t a, size_t b)
{
    return a < b ? a : b;
}

void CORNU_ISA_NAME(cornu__adjust)(float *values, size_t count, const cornu__adjustment *how)
{
    const cornu__adjustment known = *how; /* which no value overwrites */
    for (size_t i = 0; i < count; i++)
        values[i] = cornu__clip(values[i] * known.factor + known.offset, known.low, known.high);
}

void CORNU_ISA_NAME(cornu__normalize)(float *values, size_t pixels, size_t channels, const float *centers,
                                      const float *scales)
{
    channel_table center, scale;
    lay_table(&center, centers, channels);
    lay_table(&scale, scales, channels);
    for (size_t left = pixels * channels, part; left > 0; left -= part, values += part) {
        part = shorter(left, center.size);
        for (size_t i = 0; i < part; i++)
            values[i] = (values[i] - center.numbers[i]) / scale.numbers[i];
    }
}

void CORNU_ISA_NAME(cornu__spread)(float *values, size_t pixels, size_t channels, const float *means, float factor,
                                   cornu__value_span span)
{
    channel_table mean;
    lay_table(&mean, means, channels);
    for (size_t left = pixels * channels, part; left > 0; left -= part, values += part) {
        part = shorter(left, mean.size);
        for (size_t i = 0; i < part; i++)
            values[i] = cornu__clip((values[i] - mean.numbers[i]) * factor + mean.numbers[i], span.low, span.high);
    }
}

void CORNU_ISA_NAME(cornu__stretch)(float *values, size_t pixels, size_t channels, const float *scales,
                                    const float *offsets, cornu_interval range)
{
    channel_table scale, offset;
    lay_table(&scale, scales, channels);
    lay_table(&offset, offsets, channels);
    for (size_t left = pixels * channels, part; left > 0; left -= part, values += part) {
        part = shorter(left, scale.size);
        for (size_t i = 0; i < part; i++) {
            float stretched = cornu__to_bytes(values[i], range) * scale.numbers[i] + offset.numbers[i];
            float value = cornu__from_bytes(cornu__clip(stretched, 0, 255), range);
            values[i] = isnan(scale.numbers[i]) ? values[i] : value;
        }
    }
}

/* --- Spans --- */

static inline void widen(cornu__value_span *span, float low, float high)
{
    span->low = low < span->low ? low : span->low;
    span->high = high > span->high ? high : span->high;
}

static bool has_negative_zero(const float *values, size_t count)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= bits == 0x80000000u;
    }
    return found;
}

/* Zeros of both signs are equal: the first that comes counts, in whatever order they were compared. */
static float first_of_equals(float value, const float *values, size_t pixels, size_t channels)
{
    for (size_t i = 0; value == 0 && i < pixels; i++)
        if (values[i * channels] == 0)
            return values[i * channels];
    return value;
}

/* Each place of a turn has a span of its own until the end. */
static void find_spans_in_turns(const float *values, size_t count, size_t channels, cornu__value_span *spans)
{
    float low[TABLE_SIZE], high[TABLE_SIZE];
    size_t turn = TABLE_SIZE / channels * channels;
    for (size_t i = 0; i < turn; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    for (size_t left = count, part; left > 0; left -= part, values += part) {
        part = shorter(left, turn);
        for (size_t i = 0; i < part; i++) {
            low[i] = values[i] < low[i] ? values[i] : low[i];
            high[i] = values[i] > high[i] ? values[i] : high[i];
        }
    }
    for (size_t i = 0; i < turn; i++)
        widen(&spans[i % channels], low[i], high[i]);
}

void CORNU_ISA_NAME(cornu__find_spans)(const float *values, size_t pixels, size_t channels, cornu__value_span *spans)
{
    size_t count = pixels * channels;
    for (size_t channel = 0; channel < channels; channel++)
        spans[channel] = (cornu__value_span){INFINITY, -INFINITY};
    if (fits_table(channels))
        find_spans_in_turns(values, count, channels, spans);
    else
        for (size_t i = 0; i < count; i++)
            widen(&spans[i % channels], values[i], values[i]);
    if (!has_negative_zero(values, count))
        return;
    for (size_t channel = 0; channel < channels; channel++) {
        spans[channel].low = first_of_equals(spans[channel].low, values + channel, pixels, channels);
        spans[channel].high = first_of_equals(spans[channel].high, values + channel, pixels, channels);
    }
}

/* --- Sums --- */

/* Each place of a turn has a sum of its own until the end. */
static void sum_in_turns(const float *values, size_t count, size_t channels, cornu__value_sum *sums)
{
    double sum[TABLE_SIZE] = {0};
    float magnitude[TABLE_SIZE] = {0};
    size_t turn = TABLE_SIZE / channels * channels;
    for (size_t left = count, part; left > 0; left -= part, values += part) {
        part = shorter(left, turn);
        for (size_t i = 0; i < part; i++) {
            sum[i] += (double)values[i];
            magnitude[i] += fabsf(values[i]);
        }
    }
    for (size_t i = 0; i < turn; i++) {
        sums[i % channels].sum += sum[i];
        sums[i % channels].magnitude += (double)magnitude[i];
    }
}

void CORNU_ISA_NAME(cornu__sum_values)(const float *values, size_t pixels, size_t channels, cornu__value_sum *sums)
{
    memset(sums, 0, channels * sizeof *sums);
    if (fits_table(channels)) {
        sum_in_turns(values, pixels * channels, channels, sums);
        return;
    }
    for (size_t i = 0; i < pixels * channels; i++) {
        sums[i % channels].sum += (double)values[i];
        sums[i % channels].magnitude += (double)fabsf(values[i]);
    }
}

double CORNU_ISA_NAME(cornu__sum_squares)(const float *values, size_t count, double mean)
{
    double sums[TABLE_SIZE] = {0}, all = 0;
    for (size_t left = count, part; left > 0; left -= part, values += part) {
        part = shorter(left, TABLE_SIZE);
        for (size_t i = 0; i < part; i++)
            sums[i] += ((double)values[i] - mean) * ((double)values[i] - mean);
    }
    for (size_t i = 0; i < TABLE_SIZE; i++)
        all += sums[i];
    return all;
}

/* --- Of two pictures --- */

/* Each value is read before it is written, so `to` may be one of the two. */
void CORNU_ISA_NAME(cornu__blend)(float *to, const float *first, float first_weight, const float *second,
                                  float second_weight, size_t count)
{
#pragma GCC ivdep
    for (size_t i = 0; i < count; i++)
        to[i] = first_weight * first[i] + second_weight * second[i];
}

void CORNU_ISA_NAME(cornu__sharpen)(float *restrict values, const float *restrict smoothed, size_t count, float towards,
                                    cornu__value_span span)
{
    for (size_t i = 0; i < count; i++) {
        float smooth = (smoothed[i] + 4 * values[i]) / 13;
        values[i] = cornu__clip(values[i] + towards * (smooth - values[i]), span.low, span.high);
    }
}

/* --- On the scale of bytes --- */

void CORNU_ISA_NAME(cornu__posterize)(float *values, size_t count, int shift, cornu_interval range)
{
    for (size_t i = 0; i < count; i++) {
        float level = cornu__clip(cornu__to_bytes(values[i], range), 0, 255);
        int byte = (int)(isnan(level) ? 0 : level);
        float kept = cornu__from_bytes((float)(byte >> shift << shift), range);
        values[i] = isnan(level) ? level : kept;
    }
}

void CORNU_ISA_NAME(cornu__solarize)(float *values, size_t count, float addition, float threshold, cornu_interval range)
{
    for (size_t i = 0; i < count; i++) {
        float value = cornu__clip(cornu__to_bytes(values[i], range) + addition, 0, 255);
        values[i] = cornu__from_bytes(value < threshold ? value : 255 - value, range);
    }
}
