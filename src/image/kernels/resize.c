/*
 * kernels/resize.c: the sums of a resized picture, one pass along the rows and one across them.
 *
 * 8-bit sums are integers, sum (pixel * weight) + 2^21, shifted down by 22 bits and clipped. A weight has 24 bits, so its product with a pixel
 * is made of two 16-bit products, which every x86-64 processor adds up in pairs (pmaddwd): along the rows two taps of all channels at once, and as
 * many rows as a vector has lanes; across them two rows of as many elements as it has bytes. Elsewhere the same sums are made one by one.
 * 16-bit and float pictures are summed in double, tap by tap. So the results are the same on every instruction set.
 */
#include "image/kernels/table.h"

#ifdef __SSE2__
#include "image/kernels/vectors.h"
#endif

#define PRECISION 22
#define LOW_BITS 11
#define HALF (1 << (PRECISION - 1))

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

/* The same pair of 16-bit weights in all places. */
static inline vector pair_at(const int16_t *weights)
{
    int32_t pair;
    memcpy(&pair, weights, sizeof pair);
    return VECTOR(set1_epi32)(pair);
}

/* Sums of the upper and of the lower parts of products. */
typedef struct split_sums {
    vector high, low;
} split_sums;

static inline split_sums no_sums(void)
{
    vector zero = VECTOR(set1_epi32)(0);
    return (split_sums){zero, zero};
}

static inline void add_products(split_sums *to, vector pairs, vector high, vector low)
{
    to->high = VECTOR(add_epi32)(to->high, VECTOR(madd_epi16)(pairs, high));
    to->low = VECTOR(add_epi32)(to->low, VECTOR(madd_epi16)(pairs, low));
}

static inline vector levels_of(split_sums of)
{
    vector sum = VECTOR(add_epi32)(VECTOR(slli_epi32)(of.high, LOW_BITS), of.low);
    return VECTOR(srai_epi32)(VECTOR(add_epi32)(sum, VECTOR(set1_epi32)(HALF)), PRECISION);
}

/* Four split_sums of 32 bits in each lane, four times, as bytes. */
static inline vector packed_levels(const split_sums of[4])
{
    vector first = VECTOR(packs_epi32)(levels_of(of[0]), levels_of(of[1]));
    vector second = VECTOR(packs_epi32)(levels_of(of[2]), levels_of(of[3]));
    return VECTOR(packus_epi16)(first, second);
}

/* Of 16 bytes of pixels in each lane: the channels of two pixels in pairs, widened to 16 bits; the pixels 0 and 1, or 2 and 3. */
static inline __attribute__((always_inline)) vector pixel_pairs(vector pixels, int channels, int first)
{
#ifdef __AVX2__
    const char c = (char)channels, a = (char)(first * channels), b = (char)(a + c), none = -128;
    __m128i places = _mm_setr_epi8(a, none, b, none, (char)(a + 1), none, (char)(b + 1), none, (char)(a + 2), none,
                                   (char)(b + 2), none, (char)(a + 3), none, (char)(b + 3), none);
#ifdef __AVX512BW__
    return _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(places));
#else
    return _mm256_shuffle_epi8(pixels, _mm256_broadcastsi128_si256(places));
#endif
#else
    if (first)
        pixels = channels == 3 ? _mm_srli_si128(pixels, 6) : _mm_srli_si128(pixels, 8);
    __m128i next = channels == 3 ? _mm_srli_si128(pixels, 3) : _mm_srli_si128(pixels, 4);
    return _mm_unpacklo_epi8(_mm_unpacklo_epi8(pixels, next), _mm_setzero_si128());
#endif
}

/* One output of as many rows as there are lanes: the split_sums of four channels. Weights come in fours; reads 16 bytes at each. */
static inline __attribute__((always_inline)) split_sums sum_taps(const cornu__filter_axis *axis, int output,
                                                                 const uint8_t *const *from, int channels)
{
    const int16_t *high = axis->high + (size_t)output * (size_t)axis->taps;
    const int16_t *low = axis->low + (size_t)output * (size_t)axis->taps;
    size_t at = (size_t)axis->first[output] * (size_t)channels;
    split_sums all = no_sums();
    for (int tap = 0; tap < axis->count[output]; tap += 4, at += 4 * (size_t)channels) {
        vector pixels = load_lanes(from, at);
        add_products(&all, pixel_pairs(pixels, channels, 0), pair_at(high + tap), pair_at(low + tap));
        add_products(&all, pixel_pairs(pixels, channels, 2), pair_at(high + tap + 2), pair_at(low + tap + 2));
    }
    return all;
}

/* Four pixels of 16 bytes each in every lane, moved together if they have three channels. */
static inline __attribute__((always_inline)) vector close_up(vector pixels, int channels)
{
    if (channels == 4)
        return pixels;
#ifdef __AVX2__
    const __m128i places = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -128, -128, -128, -128);
#ifdef __AVX512BW__
    return _mm512_shuffle_epi8(pixels, _mm512_broadcast_i32x4(places));
#else
    return _mm256_shuffle_epi8(pixels, _mm256_broadcastsi128_si256(places));
#endif
#else
    const __m128i three = _mm_set1_epi64x(0xFFFFFF), six = _mm_set_epi32(0, 0, 0xFFFF, -1);
    __m128i first = _mm_and_si128(pixels, three); /* pixels 0 and 2 */
    __m128i second = _mm_and_si128(_mm_srli_epi64(pixels, 32), three);
    __m128i twos = _mm_or_si128(first, _mm_slli_epi64(second, 24)); /* six bytes in each half */
    return _mm_or_si128(_mm_and_si128(twos, six), _mm_slli_si128(_mm_srli_si128(twos, 8), 6));
#endif
}

/* Rows of 3 or 4 channels, as many as there are lanes. Reads up to 16 bytes beyond the end of a row. */
static inline __attribute__((always_inline)) void sum_columns_of(const cornu__filter_axis *axis,
                                                                 const uint8_t *const *from, uint8_t *const *to,
                                                                 int channels)
{
    __m128i lanes[VECTOR_LANES];
    int i = 0;
    for (; i + 6 <= axis->outputs; i += 4) { /* what is written behind the four is overwritten by the next ones */
        split_sums four[4];
        for (int k = 0; k < 4; k++)
            four[k] = sum_taps(axis, i + k, from, channels);
        store_lanes(close_up(packed_levels(four), channels), lanes);
        for (size_t lane = 0; lane < VECTOR_LANES; lane++)
            memcpy(to[lane] + (size_t)i * (size_t)channels, &lanes[lane], sizeof lanes[lane]);
    }
    for (; i < axis->outputs; i++) {
        split_sums one = sum_taps(axis, i, from, channels);
        store_lanes(packed_levels((const split_sums[4]){one, one, one, one}), lanes);
        for (size_t lane = 0; lane < VECTOR_LANES; lane++)
            memcpy(to[lane] + (size_t)i * (size_t)channels, &lanes[lane], (size_t)channels);
    }
}

#define ROWS_AT_ONCE VECTOR_LANES

static void sum_columns_vector(const cornu__filter_axis *axis, const uint8_t *const *from, uint8_t *const *to,
                               int channels)
{
    if (channels == 3)
        sum_columns_of(axis, from, to, 3);
    else
        sum_columns_of(axis, from, to, 4);
}

#else

#define ROWS_AT_ONCE 1

static void sum_columns_vector(const cornu__filter_axis *axis, const uint8_t *const *from, uint8_t *const *to,
                               int channels)
{
    sum_columns_plain(axis, from[0], to[0], channels);
}

#endif

static void resize_columns_8bit(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                cornu__image *to, uint8_t *scratch)
{
    size_t from_stride = (size_t)from->width * (size_t)from->channels;
    size_t to_stride = (size_t)to->width * (size_t)to->channels;
    /* They read beyond the end of a row: into the next one, which must be long enough for it. */
    bool vectors = (from->channels == 3 || from->channels == 4) && from_stride >= CORNU__RESIZE_OVERREAD;
    for (int row = 0; row < to->height; row += (int)ROWS_AT_ONCE) {
        const uint8_t *sources[ROWS_AT_ONCE];
        uint8_t *targets[ROWS_AT_ONCE];
        int left = to->height - row;
        for (int i = 0; i < (int)ROWS_AT_ONCE; i++) {
            int this_row = row + (i < left ? i : left - 1); /* the last one several times, to the same place */
            sources[i] = (const uint8_t *)from->data + (size_t)(first_row + this_row) * from_stride;
            targets[i] = (uint8_t *)to->data + (size_t)this_row * to_stride;
            if (first_row + this_row == from->height - 1) { /* the bytes behind it are nobody's */
                memcpy(scratch, sources[i], from_stride);
                sources[i] = scratch;
            }
        }
        if (vectors)
            sum_columns_vector(axis, sources, targets, from->channels);
        for (int i = 0; !vectors && i < (int)ROWS_AT_ONCE && i < left; i++)
            sum_columns_plain(axis, sources[i], targets[i], from->channels);
    }
}

/* --- 8 bits, across rows --- */

static void sum_rows_plain(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride, uint8_t *to)
{
    size_t cell = (size_t)output * (size_t)axis->taps;
    for (size_t i = 0; i < stride; i++) {
        int32_t sum = HALF;
        for (int tap = 0; tap < axis->count[output]; tap++)
            sum += from[(size_t)tap * stride + i] * weight_at(axis, cell + (size_t)tap);
        to[i] = clipped(sum);
    }
}

#ifdef __SSE2__

/* A vector's bytes from element i on. */
static inline vector sum_rows_at(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride)
{
    const int16_t *high = axis->high + (size_t)output * (size_t)axis->taps;
    const int16_t *low = axis->low + (size_t)output * (size_t)axis->taps;
    const vector zero = VECTOR(set1_epi32)(0);
    split_sums all[4] = {no_sums(), no_sums(), no_sums(), no_sums()};
    for (int tap = 0; tap < axis->count[output]; tap += 2, from += 2 * stride) {
        vector high_pair = pair_at(high + tap), low_pair = pair_at(low + tap);
        /* the weight of a tap beyond the last is 0 */
        vector a = load_vector(from), b = load_vector(tap + 1 < axis->count[output] ? from + stride : from);
        vector first = VECTOR(unpacklo_epi8)(a, b), second = VECTOR(unpackhi_epi8)(a, b);
        add_products(&all[0], VECTOR(unpacklo_epi8)(first, zero), high_pair, low_pair);
        add_products(&all[1], VECTOR(unpackhi_epi8)(first, zero), high_pair, low_pair);
        add_products(&all[2], VECTOR(unpacklo_epi8)(second, zero), high_pair, low_pair);
        add_products(&all[3], VECTOR(unpackhi_epi8)(second, zero), high_pair, low_pair);
    }
    return packed_levels(all);
}

static void sum_rows(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride, uint8_t *to)
{
    if (stride < VECTOR_BYTES) {
        sum_rows_plain(axis, output, from, stride, to);
        return;
    }
    for (size_t i = 0; i + VECTOR_BYTES <= stride; i += VECTOR_BYTES)
        store_vector(to + i, sum_rows_at(axis, output, from + i, stride));
    size_t last = stride - VECTOR_BYTES; /* the rest, with some of what is done already */
    store_vector(to + last, sum_rows_at(axis, output, from + last, stride));
}

#else

static void sum_rows(const cornu__filter_axis *axis, int output, const uint8_t *from, size_t stride, uint8_t *to)
{
    sum_rows_plain(axis, output, from, stride, to);
}

#endif

static void resize_rows_8bit(const cornu__filter_axis *axis, const cornu__image *from, int first_row, cornu__image *to)
{
    size_t stride = (size_t)from->width * (size_t)from->channels;
    for (int row = 0; row < to->height; row++) {
        const uint8_t *source = (const uint8_t *)from->data + (size_t)(axis->first[row] - first_row) * stride;
        uint8_t *target = (uint8_t *)to->data + (size_t)row * stride;
        sum_rows(axis, row, source, stride, target);
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

void CORNU_ISA_NAME(cornu__resize_columns)(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                           cornu__image *to, void *scratch)
{
    if (from->dtype == CORNU_UINT8)
        resize_columns_8bit(axis, from, first_row, to, scratch);
    else
        resize_columns_double(axis, from, first_row, to);
}

void CORNU_ISA_NAME(cornu__resize_rows)(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                        cornu__image *to, void *scratch)
{
    if (from->dtype == CORNU_UINT8)
        resize_rows_8bit(axis, from, first_row, to);
    else
        resize_rows_double(axis, from, first_row, to, scratch);
}
