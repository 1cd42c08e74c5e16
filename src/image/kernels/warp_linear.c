/*
 * kernels/warp_linear.c: order 1, between the four pixels around the place.
 *
 * Two interpolations between the rows, one along them, each as a + f (b - a): a place on a pixel gives exactly that pixel, and equal pixels
 * give exactly their value. Bytes and the same numbers as floats give the same.
 */
#ifdef __SSE2__
#include <immintrin.h>
#endif

#include "image/kernels/places.h"

typedef float four_floats __attribute__((vector_size(16)));
typedef float eight_floats __attribute__((vector_size(32)));

static inline float between(float a, float b, float fraction)
{
    return a + fraction * (b - a);
}

/* --- with care: any place in any fill mode --- */

/* A place along one axis: the pixels on both sides of it. */
typedef struct sides {
    int64_t before, after;
    float fraction;
} sides;

static bool find_sides(cornu__fill_mode mode, int64_t fixed, int64_t size, sides *out)
{
    if (!cornu__fill_coordinate(mode, &fixed, size))
        return false;
    out->before = fixed >> 32;
    out->after = out->before + 1;
    out->fraction = fraction_of(fixed);
    if (mode == CORNU__FILL_CONSTANT_BLENDED)
        return true;
    if (out->before < 0 || out->after == size) { /* the fold of a fill mode runs between these two */
        out->before = cornu__fill_index(mode, out->before, size);
        out->after = cornu__fill_index(mode, out->after, size);
    }
    return true;
}

/* With the blended constant there are pixels outside. */
static float pixel_or_constant(const cornu__warp_picture *picture, int64_t row, int64_t column, int channel)
{
    cornu__extent extent = picture->extent;
    if (row < 0 || row >= extent.height || column < 0 || column >= extent.width)
        return picture->warp->constant;
    return element_of(picture, (row * extent.width + column) * extent.channels + channel);
}

static void take_with_care(const cornu__warp_picture *picture, const cornu__warp_line *line, int i, float *to)
{
    const cornu__warp *warp = picture->warp;
    sides row, column;
    bool seen = find_sides(warp->fill_mode, line->row + i * line->row_step, picture->extent.height, &row) &&
                find_sides(warp->fill_mode, line->column + i * line->column_step, picture->extent.width, &column);
    for (int channel = 0; channel < picture->extent.channels; channel++) {
        if (!seen) {
            to[channel] = warp->constant;
            continue;
        }
        float left = between(pixel_or_constant(picture, row.before, column.before, channel),
                             pixel_or_constant(picture, row.after, column.before, channel), row.fraction);
        float right = between(pixel_or_constant(picture, row.before, column.after, channel),
                              pixel_or_constant(picture, row.after, column.after, channel), row.fraction);
        to[channel] = column.fraction == 0 ? left : between(left, right, column.fraction);
    }
}

/* --- fast --- */

/* *to := eight bytes. (A result of this size is no function's, for there are processors without such registers.) */
static inline void load_eight_bytes(const uint8_t *from, eight_floats *to)
{
#if defined(__AVX2__)
    __m128i bytes = _mm_loadl_epi64((const __m128i *)from);
    *to = (eight_floats)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
#elif defined(__SSE2__)
    const __m128i zero = _mm_setzero_si128();
    __m128i words = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)from), zero);
    const __m128 halves[2] = {_mm_cvtepi32_ps(_mm_unpacklo_epi16(words, zero)),
                              _mm_cvtepi32_ps(_mm_unpackhi_epi16(words, zero))};
    memcpy(to, halves, sizeof *to);
#else
    for (int i = 0; i < 8; i++)
        (*to)[i] = (float)from[i];
#endif
}

static inline __attribute__((always_inline)) void load_eight(const cornu__warp_picture *picture, bool is_bytes,
                                                             int64_t offset, eight_floats *to)
{
    if (is_bytes)
        load_eight_bytes(picture->bytes + offset, to);
    else
        memcpy(to, picture->from + offset, sizeof *to);
}

/* Three or four channels. A left pixel and its right one are loaded together, eight elements from the upper row and eight from the lower; of three channels a
 * fourth is written, which the pixel after overwrites. */
static inline __attribute__((always_inline)) void take_vectors(const cornu__warp_picture *picture,
                                                               const cornu__warp_line *line, const places *at,
                                                               int begin, int count, bool last, float *to, int channels,
                                                               bool is_bytes)
{
    int64_t limit = (int64_t)picture->extent.height * picture->extent.width * channels - 8;
    /* Nothing may be written behind the result. */
    int wide = last && begin + count == picture->extent.width && channels == 3 ? count - 1 : count;
    for (int i = 0; i < count; i++, to += channels) {
        if (at->lower[i] > limit || i >= wide) {
            take_with_care(picture, line, begin + i, to);
            continue;
        }
        eight_floats upper, lower;
        load_eight(picture, is_bytes, at->upper[i], &upper);
        load_eight(picture, is_bytes, at->lower[i], &lower);
        eight_floats middle = upper + at->y[i] * (lower - upper);
        four_floats left = __builtin_shufflevector(middle, middle, 0, 1, 2, 3);
        four_floats right = channels == 3 ? __builtin_shufflevector(middle, middle, 3, 4, 5, 6)
                                          : __builtin_shufflevector(middle, middle, 4, 5, 6, 7);
        /* In the last column there is no right pixel; what is loaded in its place may be no number, if floats are. */
        four_floats value = !is_bytes && at->x[i] == 0 ? left : left + at->x[i] * (right - left);
        memcpy(to, &value, sizeof value);
    }
}

/* Any number of channels, one at a time. */
static inline __attribute__((always_inline)) void take_scalars(const cornu__warp_picture *picture,
                                                               const cornu__warp_line *line, const places *at,
                                                               int begin, int count, float *to, int channels,
                                                               bool is_bytes)
{
    int64_t limit = ((int64_t)picture->extent.height * picture->extent.width - 2) * channels;
    for (int i = 0; i < count; i++, to += channels) {
        if (at->lower[i] > limit) {
            take_with_care(picture, line, begin + i, to);
            continue;
        }
        int64_t upper = at->upper[i], lower = at->lower[i];
        for (int channel = 0; channel < channels; channel++, upper++, lower++) {
            float up_left = is_bytes ? (float)picture->bytes[upper] : picture->from[upper];
            float up_right = is_bytes ? (float)picture->bytes[upper + channels] : picture->from[upper + channels];
            float low_left = is_bytes ? (float)picture->bytes[lower] : picture->from[lower];
            float low_right = is_bytes ? (float)picture->bytes[lower + channels] : picture->from[lower + channels];
            float left = between(up_left, low_left, at->y[i]), right = between(up_right, low_right, at->y[i]);
            to[channel] = at->x[i] == 0 ? left : between(left, right, at->x[i]);
        }
    }
}

static inline __attribute__((always_inline)) void take_of(const cornu__warp_picture *picture,
                                                          const cornu__warp_line *line, const places *at, int begin,
                                                          int count, bool last, float *to, bool is_bytes)
{
    int channels = picture->extent.channels;
    if (channels == 3)
        take_vectors(picture, line, at, begin, count, last, to, 3, is_bytes);
    else if (channels == 4)
        take_vectors(picture, line, at, begin, count, last, to, 4, is_bytes);
    else if (channels == 1)
        take_scalars(picture, line, at, begin, count, to, 1, is_bytes);
    else
        take_scalars(picture, line, at, begin, count, to, channels, is_bytes);
}

static void take_bytes(const cornu__warp_picture *picture, const cornu__warp_line *line, const places *at, int begin,
                       int count, bool last, float *to)
{
    take_of(picture, line, at, begin, count, last, to, true);
}

static void take_floats(const cornu__warp_picture *picture, const cornu__warp_line *line, const places *at, int begin,
                        int count, bool last, float *to)
{
    take_of(picture, line, at, begin, count, last, to, false);
}

void CORNU_ISA_NAME(cornu__warp_linear)(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to,
                                        bool last)
{
    take_row(picture, line, 0, last, picture->bytes ? take_bytes : take_floats, to);
}
