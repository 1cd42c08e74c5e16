/* kernels/warp_nearest.c: order 0, the pixel whose centre is nearest. */
#include "image/kernels/places.h"

#define HALF (CORNU__FILL_ONE / 2)

/* Any place in any fill mode. */
static void take_with_care(const cornu__warp_picture *picture, const cornu__warp_line *line, int i, float *to)
{
    cornu__fill_mode mode = picture->warp->fill_mode;
    cornu__extent extent = picture->extent;
    int64_t row = line->row + i * line->row_step, column = line->column + i * line->column_step;
    bool inside =
        cornu__fill_coordinate(mode, &row, extent.height) && cornu__fill_coordinate(mode, &column, extent.width);
    int64_t y = (row + HALF) >> 32, x = (column + HALF) >> 32;
    if (inside && mode == CORNU__FILL_CONSTANT_BLENDED)
        inside = y >= 0 && y < extent.height && x >= 0 && x < extent.width;
    for (int channel = 0; channel < extent.channels; channel++) {
        if (!inside)
            to[channel] = picture->warp->constant;
        else {
            int64_t pixel =
                cornu__fill_index(mode, y, extent.height) * extent.width + cornu__fill_index(mode, x, extent.width);
            to[channel] = element_of(picture, pixel * extent.channels + channel);
        }
    }
}

static inline __attribute__((always_inline)) void take_of(const cornu__warp_picture *picture,
                                                          const cornu__warp_line *line, const places *at, int begin,
                                                          int count, float *to, int channels, bool is_bytes)
{
    for (int i = 0; i < count; i++, to += channels) {
        int64_t offset = at->upper[i];
        if (offset == WITH_CARE)
            take_with_care(picture, line, begin + i, to);
        else
            for (int channel = 0; channel < channels; channel++)
                to[channel] = is_bytes ? (float)picture->bytes[offset + channel] : picture->from[offset + channel];
    }
}

static void take(const cornu__warp_picture *picture, const cornu__warp_line *line, const places *at, int begin,
                 int count, bool last, float *to)
{
    (void)last;
    int channels = picture->extent.channels;
    if (channels == 3 && picture->bytes)
        take_of(picture, line, at, begin, count, to, 3, true);
    else if (channels == 3)
        take_of(picture, line, at, begin, count, to, 3, false);
    else if (channels == 1 && !picture->bytes)
        take_of(picture, line, at, begin, count, to, 1, false);
    else if (picture->bytes)
        take_of(picture, line, at, begin, count, to, channels, true);
    else
        take_of(picture, line, at, begin, count, to, channels, false);
}

void CORNU_ISA_NAME(cornu__warp_nearest)(const cornu__warp_picture *picture, const cornu__warp_line *line, float *to,
                                         bool last)
{
    take_row(picture, line, HALF, last, take, to);
}
