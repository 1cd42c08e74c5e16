/* save_picture.c: a picture of any range as a PNG file. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/png.h"
#include "image/save_picture.h"

typedef struct layout {
    int64_t height, width, channels, first, pixel_step, channel_step;
} layout;

static layout layout_of(const cornu_array *pictures, int64_t index, bool channels_first)
{
    const int64_t *shape = pictures->shape;
    int64_t first = index * cornu__row_count(pictures);
    if (channels_first)
        return (layout){shape[2], shape[3], shape[1], first, 1, shape[2] * shape[3]};
    return (layout){shape[1], shape[2], shape[3], first, shape[3], 1};
}

/* Stretched to 0 .. 255 and cut to whole numbers. */
static void fill_bytes(const cornu_array *pictures, const layout *from, unsigned char *bytes)
{
    double low = (double)INFINITY, high = -(double)INFINITY;
    int64_t count = from->height * from->width * from->channels;
    for (int64_t i = 0; i < count; i++) {
        double value = cornu_array_get(pictures, from->first + i);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    double range = high > low ? high - low : 1;
    for (int64_t pixel = 0; pixel < from->height * from->width; pixel++) {
        for (int64_t channel = 0; channel < from->channels; channel++) {
            int64_t at = from->first + pixel * from->pixel_step + channel * from->channel_step;
            double level = 255 * (cornu_array_get(pictures, at) - low) / range;
            *bytes++ = level > 0 ? (unsigned char)level : 0; /* also for NaN */
        }
    }
}

static cornu_status write_file(const char *path, const cornu__text *bytes)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    fwrite(bytes->data, 1, bytes->length, file.stream); /* commit finds what failed */
    return cornu__file_commit(&file);
}

cornu_status cornu__save_picture(const char *path, const cornu_array *pictures, int64_t index, bool channels_first)
{
    layout from = layout_of(pictures, index, channels_first);
    if (from.channels != 1 && from.channels != 3 && from.channels != 4)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: a PNG file has 1, 3 or 4 channels, the picture %lld", path,
                           (long long)from.channels);
    unsigned char *bytes = cornu__alloc_array((size_t)(from.height * from.width), (size_t)from.channels);
    if (!bytes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    fill_bytes(pictures, &from, bytes);
    cornu__text png = {0};
    cornu_status status = cornu__png_encode(bytes, from.width, from.height, (int)from.channels, &png);
    if (status == CORNU_OK)
        status = write_file(path, &png);
    cornu__text_free(&png);
    cornu__free(bytes);
    return status;
}
