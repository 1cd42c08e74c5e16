/* warp.c: from a map to rows. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "image/spline.h"
#include "image/warp.h"

#define FARTHEST 0x1p30

static int64_t to_fixed(double value)
{
    return (int64_t)llrint(value * 0x1p32);
}

static cornu_status check_reach(const cornu__affine *map, cornu__extent extent)
{
    if ((uint64_t)extent.width * (uint64_t)extent.channels > UINT32_MAX)
        return cornu__fail(CORNU_ERROR_LIMIT, "a picture of %d pixels in a row with %d channels each is too wide",
                           extent.width, extent.channels);
    double reach = 0;
    for (int corner = 0; corner < 4; corner++) {
        double row = corner & 1 ? extent.height : -1, column = corner & 2 ? extent.width : -1;
        reach = fmax(reach, fabs(map->a00 * row + map->a01 * column + map->b0));
        reach = fmax(reach, fabs(map->a10 * row + map->a11 * column + map->b1));
    }
    double sum = map->a00 + map->a01 + map->a10 + map->a11 + map->b0 + map->b1;
    if (!isfinite(sum) || reach >= FARTHEST)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the transform reaches %g pixels from a picture of %d x %d; wanted less than %g, and "
                           "finite parameters",
                           isfinite(sum) ? reach : (double)INFINITY, extent.height, extent.width, FARTHEST);
    return CORNU_OK;
}

/* Narrows the span to where `begin + i * step` is in [0, size). */
static void narrow(cornu__warp_span *span, int64_t begin, int64_t step, int64_t size)
{
    if (step < 0) { /* count from the other side: size - 1 - value rises */
        begin = size - 1 - begin;
        step = -step;
    }
    if (step == 0) {
        if (begin < 0 || begin >= size)
            span->end = span->begin;
        return;
    }
    int64_t first = begin >= 0 ? 0 : (-begin + step - 1) / step;
    int64_t end = begin >= size ? 0 : (size - begin + step - 1) / step;
    if (first > span->begin)
        span->begin = first < span->end ? (int)first : span->end;
    if (end < span->end)
        span->end = end > span->begin ? (int)end : span->begin;
}

cornu__warp_span cornu__warp_inside(const cornu__warp_line *line, int count, int64_t rows, int64_t columns)
{
    cornu__warp_span span = {0, count};
    narrow(&span, line->row, line->row_step, rows);
    narrow(&span, line->column, line->column_step, columns);
    return span;
}

static cornu__warp_line line_of(const cornu__warp *warp, cornu__extent extent, int row)
{
    const cornu__affine *map = &warp->map;
    int source = warp->flip_vertical ? extent.height - 1 - row : row;
    cornu__warp_line line = {.row = to_fixed(map->a00 * source + map->b0),
                             .column = to_fixed(map->a10 * source + map->b1),
                             .row_step = to_fixed(map->a01),
                             .column_step = to_fixed(map->a11)};
    if (warp->flip_horizontal) {
        line.row += (extent.width - 1) * line.row_step;
        line.column += (extent.width - 1) * line.column_step;
        line.row_step = -line.row_step;
        line.column_step = -line.column_step;
    }
    return line;
}

size_t cornu__warp_scratch(const cornu__warp *warp, cornu__extent extent)
{
    return warp->order < 2 ? 0 : cornu__spline_scratch(warp->fill_mode, extent);
}

static cornu_status run(cornu__warp_picture *picture, float *to, void *scratch)
{
    const cornu__warp *warp = picture->warp;
    cornu__extent extent = picture->extent;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    CORNU_TRY(check_reach(&warp->map, extent));
    cornu__warp_row *make_row = warp->order == 0 ? kernels->warp_nearest : kernels->warp_linear;
    if (warp->order > 1) {
        make_row = kernels->warp_spline;
        cornu__spline_prepare(kernels, picture, scratch);
    }
    for (int row = 0; row < extent.height; row++) {
        cornu__warp_line line = line_of(warp, extent, row);
        make_row(picture, &line, to, row == extent.height - 1);
        to += (size_t)extent.width * (size_t)extent.channels;
    }
    return CORNU_OK;
}

cornu_status cornu__warp_run(const cornu__warp *warp, cornu__extent extent, const float *from, float *to, void *scratch)
{
    return run(&(cornu__warp_picture){.warp = warp, .extent = extent, .from = from}, to, scratch);
}

cornu_status cornu__warp_run_bytes(const cornu__warp *warp, cornu__extent extent, const uint8_t *from, float *to,
                                   void *scratch)
{
    return run(&(cornu__warp_picture){.warp = warp, .extent = extent, .bytes = from}, to, scratch);
}

/* A row, reversed pixel by pixel. Always inlined, so that the usual numbers of channels are constants. */
static inline __attribute__((always_inline)) void reverse_of(const float *from, const uint8_t *bytes, int width,
                                                             int channels, float *to)
{
    for (int64_t pixel = (int64_t)(width - 1) * channels; pixel >= 0; pixel -= channels)
        for (int64_t i = pixel; i < pixel + channels; i++)
            *to++ = bytes ? (float)bytes[i] : from[i];
}

static void reverse(const float *from, const uint8_t *bytes, int width, int channels, float *to)
{
    if (channels == 3 && bytes)
        reverse_of(NULL, bytes, width, 3, to);
    else if (channels == 3)
        reverse_of(from, NULL, width, 3, to);
    else
        reverse_of(from, bytes, width, channels, to);
}

static void flip(cornu__extent extent, bool horizontal, bool vertical, const float *from, const uint8_t *bytes,
                 float *to)
{
    size_t length = (size_t)extent.width * (size_t)extent.channels;
    for (int row = 0; row < extent.height; row++, to += length) {
        size_t at = (size_t)(vertical ? extent.height - 1 - row : row) * length;
        if (horizontal)
            reverse(from ? from + at : NULL, bytes ? bytes + at : NULL, extent.width, extent.channels, to);
        else if (from)
            memcpy(to, from + at, length * sizeof *to);
        else
            cornu__convert(CORNU_FLOAT32, to, CORNU_UINT8, bytes + at, (int64_t)length);
    }
}

void cornu__flip(cornu__extent extent, bool horizontal, bool vertical, const float *from, float *to)
{
    flip(extent, horizontal, vertical, from, NULL, to);
}

void cornu__flip_bytes(cornu__extent extent, bool horizontal, bool vertical, const uint8_t *from, float *to)
{
    flip(extent, horizontal, vertical, NULL, from, to);
}
