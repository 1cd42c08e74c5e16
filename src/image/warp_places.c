/* warp_places.c: a picture seen through any map. */
#include "image/warp_places.h"

#include <math.h>

#define FARTHEST 0x1p30

/* A place along one axis: the pixels on both sides of it, the second by `share`; a pixel of number -1 is the constant. */
typedef struct sides {
    int64_t before, after;
    float share;
} sides;

static int64_t pixel_at(const cornu__warp *warp, int64_t index, int64_t size)
{
    if (warp->fill_mode == CORNU__FILL_CONSTANT_BLENDED)
        return index >= 0 && index < size ? index : -1;
    return cornu__fill_index(warp->fill_mode, index, size);
}

static bool find_sides(const cornu__warp *warp, double place, int64_t size, sides *out)
{
    if (!(fabs(place) < FARTHEST))
        return false;
    int64_t fixed = (int64_t)llrint(place * 0x1p32);
    if (!cornu__fill_coordinate(warp->fill_mode, &fixed, size))
        return false;
    if (warp->order == 0)
        fixed += CORNU__FILL_ONE / 2;
    out->before = pixel_at(warp, fixed >> 32, size);
    out->after = pixel_at(warp, (fixed >> 32) + 1, size);
    out->share = warp->order == 0 ? 0 : (float)(uint32_t)fixed * 0x1p-32f;
    return true;
}

static float value_at(const cornu__warp *warp, cornu__extent extent, const float *from, int64_t row, int64_t column,
                      int channel)
{
    return row < 0 || column < 0 ? warp->constant : from[(row * extent.width + column) * extent.channels + channel];
}

void cornu__warp_places(const cornu__warp *warp, cornu__extent extent, const float *from, const double *rows,
                        const double *columns, int count, float *to)
{
    for (int i = 0; i < count; i++) {
        sides row, column;
        bool inside =
            find_sides(warp, rows[i], extent.height, &row) && find_sides(warp, columns[i], extent.width, &column);
        for (int channel = 0; channel < extent.channels; channel++) {
            float value = warp->constant;
            if (inside) {
                float a = value_at(warp, extent, from, row.before, column.before, channel);
                float b = value_at(warp, extent, from, row.before, column.after, channel);
                float c = value_at(warp, extent, from, row.after, column.before, channel);
                float d = value_at(warp, extent, from, row.after, column.after, channel);
                float above = a + column.share * (b - a), below = c + column.share * (d - c);
                value = above + row.share * (below - above);
            }
            *to++ = value;
        }
    }
}
