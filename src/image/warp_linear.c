/*
 * warp_linear.c: order 1, between the four pixels around the place.
 *
 * Two interpolations along the row, one between the rows, each as a + f (b - a): a place on a pixel gives exactly that pixel, and equal pixels
 * give exactly their value.
 */
#include <string.h>

#include "image/warp.h"

typedef float four_floats __attribute__((vector_size(16)));

static inline four_floats load_four(const float *from)
{
    four_floats value;
    memcpy(&value, from, sizeof value);
    return value;
}

static inline four_floats spread(float value)
{
    return (four_floats){value, value, value, value};
}

/* The part behind the point, in [0, 1]. */
static inline float fraction_of(int64_t fixed)
{
    return (float)(int64_t)(uint32_t)fixed * 0x1p-32f;
}

static inline float between(float a, float b, float fraction)
{
    return a + fraction * (b - a);
}

/* --- where the four pixels may be outside --- */

/* A place along one axis: the pixels on both sides of it. */
typedef struct sides {
    int64_t before, after;
    float fraction;
} sides;

static inline bool find_sides(cornu__fill_mode mode, int64_t fixed, int64_t size, sides *out)
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

static inline float pixel_or_constant(const cornu__warp_picture *picture, int64_t row, int64_t column, int channel)
{
    cornu__extent extent = picture->extent;
    if (row < 0 || row >= extent.height || column < 0 || column >= extent.width)
        return picture->warp->constant;
    return picture->from[(row * extent.width + column) * extent.channels + channel];
}

/* CORNU__FILL_CONSTANT_BLENDED: the pixels outside are there, and constant. */
static void take_blended(const cornu__warp_picture *picture, const sides *row, const sides *column, float *out)
{
    for (int channel = 0; channel < picture->extent.channels; channel++) {
        float above = between(pixel_or_constant(picture, row->before, column->before, channel),
                              pixel_or_constant(picture, row->before, column->after, channel), column->fraction);
        float below = between(pixel_or_constant(picture, row->after, column->before, channel),
                              pixel_or_constant(picture, row->after, column->after, channel), column->fraction);
        out[channel] = between(above, below, row->fraction);
    }
}

/* Always inlined, as the functions below, so that the usual numbers of channels are constants. */
static inline __attribute__((always_inline)) void take_border_of(const cornu__warp_picture *picture,
                                                                 const cornu__warp_line *line, int begin, int end,
                                                                 int channels, float *to)
{
    const cornu__warp *warp = picture->warp;
    int64_t length = (int64_t)picture->extent.width * channels;
    for (int i = begin; i < end; i++) {
        float *out = to + (int64_t)i * channels;
        sides row, column;
        if (!find_sides(warp->fill_mode, line->row + i * line->row_step, picture->extent.height, &row) ||
            !find_sides(warp->fill_mode, line->column + i * line->column_step, picture->extent.width, &column)) {
            for (int channel = 0; channel < channels; channel++)
                out[channel] = warp->constant;
            continue;
        }
        if (warp->fill_mode == CORNU__FILL_CONSTANT_BLENDED) {
            take_blended(picture, &row, &column, out);
            continue;
        }
        const float *upper = picture->from + row.before * length, *lower = picture->from + row.after * length;
        int64_t left = column.before * channels, right = column.after * channels;
        for (int channel = 0; channel < channels; channel++) {
            float above = between(upper[left + channel], upper[right + channel], column.fraction);
            float below = between(lower[left + channel], lower[right + channel], column.fraction);
            out[channel] = between(above, below, row.fraction);
        }
    }
}

static void take_border(const cornu__warp_picture *picture, const cornu__warp_line *line, int begin, int end, float *to)
{
    if (picture->extent.channels == 1)
        take_border_of(picture, line, begin, end, 1, to);
    else if (picture->extent.channels == 3)
        take_border_of(picture, line, begin, end, 3, to);
    else
        take_border_of(picture, line, begin, end, picture->extent.channels, to);
}

/* --- where they are inside --- */

/* One, three or four channels at a time; of three, a fourth is read and written, and is overwritten by the pixel after. */
static inline __attribute__((always_inline)) void take_vectors(const cornu__warp_picture *picture,
                                                               const cornu__warp_line *line, cornu__warp_span span,
                                                               int channels, float *to)
{
    int64_t row = line->row + span.begin * line->row_step, column = line->column + span.begin * line->column_step;
    int64_t width = picture->extent.width, below = width * channels;
    to += (size_t)span.begin * (size_t)channels;
    for (int i = span.begin; i < span.end; i++) {
        const float *from = picture->from + ((row >> 32) * width + (column >> 32)) * channels;
        four_floats x = spread(fraction_of(column)), y = spread(fraction_of(row));
        four_floats upper_left = load_four(from), upper_right = load_four(from + channels);
        four_floats lower_left = load_four(from + below), lower_right = load_four(from + below + channels);
        four_floats upper = upper_left + x * (upper_right - upper_left);
        four_floats lower = lower_left + x * (lower_right - lower_left);
        four_floats value = upper + y * (lower - upper);
        memcpy(to, &value, sizeof value);
        to += channels;
        row += line->row_step;
        column += line->column_step;
    }
}

static inline __attribute__((always_inline)) void take_scalars(const cornu__warp_picture *picture,
                                                               const cornu__warp_line *line, cornu__warp_span span,
                                                               int channels, float *to)
{
    int64_t row = line->row + span.begin * line->row_step, column = line->column + span.begin * line->column_step;
    int64_t width = picture->extent.width, below = width * channels;
    to += (size_t)span.begin * (size_t)channels;
    for (int i = span.begin; i < span.end; i++) {
        const float *from = picture->from + ((row >> 32) * width + (column >> 32)) * channels;
        float x = fraction_of(column), y = fraction_of(row);
        for (int channel = 0; channel < channels; channel++) {
            float upper = between(from[channel], from[channels + channel], x);
            float lower = between(from[below + channel], from[below + channels + channel], x);
            *to++ = between(upper, lower, y);
        }
        row += line->row_step;
        column += line->column_step;
    }
}

void cornu__warp_row_linear(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to, bool last)
{
    cornu__extent extent = picture->extent;
    /* The fourth float of three channels must not be read behind the picture, nor written behind the result. */
    bool fourth = extent.channels == 3;
    int64_t rows = (extent.height - (fourth ? 2 : 1)) * CORNU__FILL_ONE, columns = (extent.width - 1) * CORNU__FILL_ONE;
    cornu__warp_span span = cornu__warp_inside(line, extent.width, rows > 0 ? rows : 0, columns);
    if (fourth && last && span.end == extent.width && span.begin < span.end)
        span.end--;
    take_border(picture, line, 0, span.begin, to);
    if (extent.channels == 3)
        take_vectors(picture, line, span, 3, to);
    else if (extent.channels == 4)
        take_vectors(picture, line, span, 4, to);
    else if (extent.channels == 1)
        take_scalars(picture, line, span, 1, to);
    else
        take_scalars(picture, line, span, extent.channels, to);
    take_border(picture, line, span.end, extent.width, to);
}
