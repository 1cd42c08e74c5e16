/* warp_nearest.c: order 0, the pixel whose centre is nearest. */
#include <string.h>

#include "image/warp.h"

#define HALF (CORNU__FILL_ONE / 2)

static inline const float *pixel_at(const cornu__warp_picture *picture, int64_t row, int64_t column)
{
    return picture->from + (row * picture->extent.width + column) * picture->extent.channels;
}

static void take_border(const cornu__warp_picture *picture, const cornu__warp_line *line, int begin, int end, float *to)
{
    const cornu__warp *warp = picture->warp;
    int channels = picture->extent.channels;
    for (int i = begin; i < end; i++) {
        int64_t row = line->row + i * line->row_step;
        int64_t column = line->column + i * line->column_step;
        float *out = to + (size_t)i * (size_t)channels;
        bool inside = cornu__fill_coordinate(warp->fill_mode, &row, picture->extent.height) &&
                      cornu__fill_coordinate(warp->fill_mode, &column, picture->extent.width);
        int64_t y = (row + HALF) >> 32, x = (column + HALF) >> 32;
        if (inside && warp->fill_mode == CORNU__FILL_CONSTANT_BLENDED)
            inside = y >= 0 && y < picture->extent.height && x >= 0 && x < picture->extent.width;
        if (!inside) {
            for (int channel = 0; channel < channels; channel++)
                out[channel] = warp->constant;
            continue;
        }
        y = cornu__fill_index(warp->fill_mode, y, picture->extent.height);
        x = cornu__fill_index(warp->fill_mode, x, picture->extent.width);
        memcpy(out, pixel_at(picture, y, x), (size_t)channels * sizeof *out);
    }
}

/* Always inlined, so that the usual numbers of channels are constants. */
static inline __attribute__((always_inline)) void take_inside(const cornu__warp_picture *picture,
                                                              const cornu__warp_line *line, cornu__warp_span span,
                                                              int channels, float *to)
{
    int64_t row = line->row + span.begin * line->row_step + HALF;
    int64_t column = line->column + span.begin * line->column_step + HALF;
    to += (size_t)span.begin * (size_t)channels;
    for (int i = span.begin; i < span.end; i++) {
        const float *pixel = picture->from + ((row >> 32) * picture->extent.width + (column >> 32)) * channels;
        for (int channel = 0; channel < channels; channel++)
            *to++ = pixel[channel];
        row += line->row_step;
        column += line->column_step;
    }
}

void cornu__warp_row_nearest(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to, bool last)
{
    (void)last;
    cornu__extent extent = picture->extent;
    int64_t rows = (extent.height - 1) * CORNU__FILL_ONE + 1, columns = (extent.width - 1) * CORNU__FILL_ONE + 1;
    cornu__warp_span span = cornu__warp_inside(line, extent.width, rows, columns);
    take_border(picture, line, 0, span.begin, to);
    if (extent.channels == 1)
        take_inside(picture, line, span, 1, to);
    else if (extent.channels == 3)
        take_inside(picture, line, span, 3, to);
    else
        take_inside(picture, line, span, extent.channels, to);
    take_border(picture, line, span.end, extent.width, to);
}
