/*
 * resize_rows.c: the sums of a resized picture, one pass along the rows and one across them.
 *
 * 8-bit sums are integers, sum (pixel * weight) + 2^21, shifted down by 22 bits and clipped. A weight has 24 bits, so its product with a pixel
 * is made of two 16-bit products, which every x86-64 processor adds up in pairs (pmaddwd): two taps of four channels at once along the rows,
 * two rows of eight elements at once across them. Elsewhere the same sums are made one by one.
 */
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "image/resize.h"

#define PRECISION 22
#define LOW_BITS 11
#define HALF (1 << (PRECISION - 1))
#define ROWS_AT_ONCE 4

static inline uint8_t clipped(int32_t sum)
{
    int32_t level = sum >> PRECISION;
    return level < 0 ? 0 : level > 255 ? 255 : (uint8_t)level;
}

static inline int32_t weight_at(const cornu__filter_axis *axis, size_t cell)
{
    return axis->high[cell] * (1 << LOW_BITS) + axis->low[cell];
}

/* --- 8 bits, along a row --- */

static void sum_columns_plain(const cornu__filter_axis *axis, const uint8_t *from, uint8_t *to, int channels)
{
    for (int i = 0; i < axis->outputs; i++) {
        size_t cell = (size_t)i * (size_t)axis->taps;
        for (int channel = 0; channel < channels; channel++) {
            const uint8_t *pixel = from + (size_t)axis->first[i] * (size_t)channels + (size_t)channel;
            int32_t sum = HALF;
            for (int tap = 0; tap < axis->count[i]; tap++, pixel += channels)
                sum += *pixel * weight_at(axis, cell + (size_t)tap);
            *to++ = clipped(sum);
        }
    }
}

#ifdef __SSE2__

/* The same pair of 16-bit numbers in all four places. */
static inline __m128i pair_at(const int16_t *weights)
{
    int32_t pair;
    memcpy(&pair, weights, sizeof pair);
    return _mm_set1_epi32(pair);
}

static inline __m128i four_bytes(const uint8_t *from)
{
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm_cvtsi32_si128(bytes);
}

/* The sums of upper and lower parts become levels. */
static inline __m128i levels_of(__m128i high, __m128i low)
{
    __m128i sum = _mm_add_epi32(_mm_add_epi32(_mm_slli_epi32(high, LOW_BITS), low), _mm_set1_epi32(HALF));
    return _mm_srai_epi32(sum, PRECISION);
}

/* `count` (at most ROWS_AT_ONCE) rows of 3 or 4 channels. Each reads up to one pixel and one byte beyond what it uses. */
static inline __attribute__((always_inline)) void sum_columns_of(const cornu__filter_axis *axis,
                                                                 const uint8_t *const *from, uint8_t *const *to,
                                                                 int count, size_t channels)
{
    const __m128i zero = _mm_setzero_si128();
    for (int i = 0; i < axis->outputs; i++) {
        const int16_t *high = axis->high + (size_t)i * (size_t)axis->taps;
        const int16_t *low = axis->low + (size_t)i * (size_t)axis->taps;
        size_t at = (size_t)axis->first[i] * channels;
        __m128i high_sums[ROWS_AT_ONCE], low_sums[ROWS_AT_ONCE];
        for (int row = 0; row < count; row++)
            high_sums[row] = low_sums[row] = zero;
        for (int tap = 0; tap < axis->count[i]; tap += 2, at += 2 * channels) {
            __m128i high_pair = pair_at(high + tap), low_pair = pair_at(low + tap);
            for (int row = 0; row < count; row++) {
                __m128i both = _mm_unpacklo_epi8(four_bytes(from[row] + at), four_bytes(from[row] + at + channels));
                both = _mm_unpacklo_epi8(both, zero);
                high_sums[row] = _mm_add_epi32(high_sums[row], _mm_madd_epi16(both, high_pair));
                low_sums[row] = _mm_add_epi32(low_sums[row], _mm_madd_epi16(both, low_pair));
            }
        }
        for (int row = 0; row < count; row++) {
            __m128i words = _mm_packs_epi32(levels_of(high_sums[row], low_sums[row]), zero);
            int32_t bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, zero));
            memcpy(to[row] + (size_t)i * channels, &bytes, channels);
        }
    }
}

static void sum_columns_vector(const cornu__filter_axis *axis, const uint8_t *const *from, uint8_t *const *to,
                               int count, int channels)
{
    if (count == ROWS_AT_ONCE && channels == 3)
        sum_columns_of(axis, from, to, ROWS_AT_ONCE, 3);
    else if (count == ROWS_AT_ONCE)
        sum_columns_of(axis, from, to, ROWS_AT_ONCE, 4);
    else
        for (int row = 0; row < count; row++)
            channels == 3 ? sum_columns_of(axis, from + row, to + row, 1, 3)
                          : sum_columns_of(axis, from + row, to + row, 1, 4);
}

#else

static void sum_columns_vector(const cornu__filter_axis *axis, const uint8_t *const *from, uint8_t *const *to,
                               int count, int channels)
{
    for (int row = 0; row < count; row++)
        sum_columns_plain(axis, from[row], to[row], channels);
}

#endif

static void resize_columns_8bit(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                cornu__image *to, uint8_t *scratch)
{
    size_t from_stride = (size_t)from->width * (size_t)from->channels;
    size_t to_stride = (size_t)to->width * (size_t)to->channels;
    /* They read beyond the end of a row: into the next one, which must be long enough for it. */
    bool vectors = (from->channels == 3 || from->channels == 4) && from_stride >= 2 * sizeof(int32_t);
    for (int row = 0; row < to->height; row += ROWS_AT_ONCE) {
        const uint8_t *sources[ROWS_AT_ONCE];
        uint8_t *targets[ROWS_AT_ONCE];
        int left = to->height - row, count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        for (int i = 0; i < count; i++) {
            sources[i] = (const uint8_t *)from->data + (size_t)(first_row + row + i) * from_stride;
            targets[i] = (uint8_t *)to->data + (size_t)(row + i) * to_stride;
            if (first_row + row + i == from->height - 1) { /* the bytes behind it are nobody's */
                memcpy(scratch, sources[i], from_stride);
                sources[i] = scratch;
            }
        }
        if (vectors)
            sum_columns_vector(axis, sources, targets, count, from->channels);
        for (int i = 0; !vectors && i < count; i++)
            sum_columns_plain(axis, sources[i], targets[i], from->channels);
    }
}

/* --- 8 bits, across rows --- */

static void sum_rows_plain(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride, size_t begin,
                           uint8_t *to)
{
    size_t cell = (size_t)output * (size_t)axis->taps;
    for (size_t i = begin; i < stride; i++) {
        int32_t sum = HALF;
        for (int tap = 0; tap < axis->count[output]; tap++)
            sum += from[(size_t)tap * stride + i] * weight_at(axis, cell + (size_t)tap);
        to[i] = clipped(sum);
    }
}

#ifdef __SSE2__

static inline __m128i eight_bytes(const uint8_t *from)
{
    return _mm_loadl_epi64((const __m128i *)from);
}

/* Whole groups of eight elements; returns how many elements that were. */
static size_t sum_rows_vector(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride,
                              uint8_t *to)
{
    const int16_t *high = axis->high + (size_t)output * (size_t)axis->taps;
    const int16_t *low = axis->low + (size_t)output * (size_t)axis->taps;
    const __m128i zero = _mm_setzero_si128();
    int count = axis->count[output];
    size_t i = 0;
    for (; i + 8 <= stride; i += 8) {
        __m128i high_sums[2] = {zero, zero}, low_sums[2] = {zero, zero};
        const uint8_t *source = from + i;
        for (int tap = 0; tap < count; tap += 2, source += 2 * stride) {
            __m128i high_pair = pair_at(high + tap), low_pair = pair_at(low + tap);
            /* the weight of a tap beyond the last is 0 */
            __m128i both =
                _mm_unpacklo_epi8(eight_bytes(source), eight_bytes(tap + 1 < count ? source + stride : source));
            __m128i first = _mm_unpacklo_epi8(both, zero), second = _mm_unpackhi_epi8(both, zero);
            high_sums[0] = _mm_add_epi32(high_sums[0], _mm_madd_epi16(first, high_pair));
            high_sums[1] = _mm_add_epi32(high_sums[1], _mm_madd_epi16(second, high_pair));
            low_sums[0] = _mm_add_epi32(low_sums[0], _mm_madd_epi16(first, low_pair));
            low_sums[1] = _mm_add_epi32(low_sums[1], _mm_madd_epi16(second, low_pair));
        }
        __m128i words = _mm_packs_epi32(levels_of(high_sums[0], low_sums[0]), levels_of(high_sums[1], low_sums[1]));
        _mm_storel_epi64((__m128i *)(to + i), _mm_packus_epi16(words, zero));
    }
    return i;
}

#else

static size_t sum_rows_vector(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride,
                              uint8_t *to)
{
    (void)axis, (void)output, (void)from, (void)stride, (void)to;
    return 0;
}

#endif

static void resize_rows_8bit(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to)
{
    size_t stride = (size_t)from->width * (size_t)from->channels;
    for (int row = 0; row < to->height; row++) {
        const uint8_t *source = (const uint8_t *)from->data + (size_t)(axis->first[row] - first_row) * stride;
        uint8_t *target = (uint8_t *)to->data + (size_t)row * stride;
        sum_rows_plain(axis, row, source, stride, sum_rows_vector(axis, row, source, stride, target), target);
    }
}

/* --- 16 bits and floats --- */

static uint16_t rounded(double value)
{
    double level = value < 0 ? value - 0.5 : value + 0.5;
    return level <= 0 ? 0 : level >= 65535 ? 65535 : (uint16_t)level;
}

/* Puts sums into a row. */
static void store(cornu_dtype dtype, void *to, const double *sums, size_t count)
{
    for (size_t i = 0; dtype == CORNU_FLOAT32 && i < count; i++)
        ((float *)to)[i] = (float)sums[i];
    for (size_t i = 0; dtype == CORNU_UINT16 && i < count; i++)
        ((uint16_t *)to)[i] = rounded(sums[i]);
}

static inline double element(cornu_dtype dtype, const void *from, size_t i)
{
    return dtype == CORNU_FLOAT32 ? (double)((const float *)from)[i] : ((const uint16_t *)from)[i];
}

static void *row_of(const cornu__image *image, int row)
{
    size_t stride = (size_t)image->width * (size_t)image->channels * cornu_dtype_size(image->dtype);
    return (char *)image->data + (size_t)row * stride;
}

static void resize_columns_double(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                  cornu__image *to)
{
    size_t channels = (size_t)from->channels, size = cornu_dtype_size(from->dtype);
    for (int row = 0; row < to->height; row++) {
        const void *source = row_of(from, first_row + row);
        char *target = row_of(to, row);
        for (int i = 0; i < axis->outputs; i++) {
            const double *weights = axis->weights + (size_t)i * (size_t)axis->taps;
            for (size_t channel = 0; channel < channels; channel++, target += size) {
                double sum = 0;
                for (int tap = 0; tap < axis->count[i]; tap++)
                    sum += element(from->dtype, source, (size_t)(axis->first[i] + tap) * channels + channel) *
                           weights[tap];
                store(from->dtype, target, &sum, 1);
            }
        }
    }
}

static void add_row(double *sums, cornu_dtype dtype, const void *from, size_t count, double weight)
{
    for (size_t i = 0; dtype == CORNU_FLOAT32 && i < count; i++)
        sums[i] += (double)((const float *)from)[i] * weight;
    for (size_t i = 0; dtype == CORNU_UINT16 && i < count; i++)
        sums[i] += ((const uint16_t *)from)[i] * weight;
}

static void resize_rows_double(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                               cornu__image *to, double *sums)
{
    size_t stride = (size_t)from->width * (size_t)from->channels;
    for (int row = 0; row < to->height; row++) {
        const double *weights = axis->weights + (size_t)row * (size_t)axis->taps;
        memset(sums, 0, stride * sizeof *sums);
        for (int tap = 0; tap < axis->count[row]; tap++)
            add_row(sums, from->dtype, row_of(from, axis->first[row] - first_row + tap), stride, weights[tap]);
        store(from->dtype, row_of(to, row), sums, stride);
    }
}

void cornu__resize_columns(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to,
                           void *scratch)
{
    if (from->dtype == CORNU_UINT8)
        resize_columns_8bit(axis, from, first_row, to, scratch);
    else
        resize_columns_double(axis, from, first_row, to);
}

void cornu__resize_rows(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to,
                        void *scratch)
{
    if (from->dtype == CORNU_UINT8)
        resize_rows_8bit(axis, from, first_row, to);
    else
        resize_rows_double(axis, from, first_row, to, scratch);
}
