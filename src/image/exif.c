/*
 * exif.c: how a picture must be turned to stand upright.
 *
 * EXIF data are a small TIFF file: byte order, a directory of 12-byte entries (tag, type, count, value), in which tag 0x0112 is the
 * orientation (EXIF 2.3, section 4.6.4 A; TIFF 6.0, page 36): where row 0 and column 0 of the stored picture stand.
 */
#include <string.h>

#include "image/formats.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT 3
#define ENTRY_SIZE 12

typedef struct reader {
    const uint8_t *bytes;
    size_t size;
    bool big;
} reader;

static uint32_t read16(const reader *from, size_t at)
{
    return from->big ? cornu__big16(from->bytes + at) : cornu__little16(from->bytes + at);
}

static int find_orientation(const reader *from, size_t directory)
{
    if (directory > from->size - 2)
        return 1;
    size_t count = read16(from, directory);
    for (size_t i = 0, entry = directory + 2; i < count && from->size - entry >= ENTRY_SIZE; i++, entry += ENTRY_SIZE) {
        if (read16(from, entry) == TAG_ORIENTATION && read16(from, entry + 2) == TYPE_SHORT) {
            uint32_t value = read16(from, entry + 8);
            return value >= 1 && value <= 8 ? (int)value : 1;
        }
    }
    return 1;
}

int cornu__exif_orientation(const uint8_t *bytes, size_t size)
{
    if (size >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
        bytes += 6;
        size -= 6;
    }
    if (size < 8)
        return 1;
    reader from = {.bytes = bytes, .size = size, .big = bytes[0] == 'M'};
    bool known = memcmp(bytes, from.big ? "MM" : "II", 2) == 0 && read16(&from, 2) == 42;
    return known ? find_orientation(&from, from.big ? cornu__big32(bytes + 4) : cornu__little32(bytes + 4)) : 1;
}

/* Where an upright pixel (row, column) stands in the stored picture: one step right or down moves `right` or `down` pixels there. */
typedef struct walk {
    ptrdiff_t start, right, down;
} walk;

static walk find_walk(const cornu__image *from, int orientation)
{
    ptrdiff_t width = from->width, last_row = (ptrdiff_t)(from->height - 1) * width, last_column = width - 1;
    switch (orientation) {
    case 2: /* mirrored left to right */
        return (walk){last_column, -1, width};
    case 3: /* turned by 180 degrees */
        return (walk){last_row + last_column, -1, -width};
    case 4: /* mirrored top to bottom */
        return (walk){last_row, 1, -width};
    case 5: /* transposed */
        return (walk){0, width, 1};
    case 6: /* to be turned clockwise */
        return (walk){last_row, -width, 1};
    case 7: /* transposed along the other diagonal */
        return (walk){last_row + last_column, -width, -1};
    case 8: /* to be turned anticlockwise */
        return (walk){last_column, width, -1};
    default:
        return (walk){0, 1, width};
    }
}

cornu_status cornu__orient(cornu__image *to, const cornu__image *from, int orientation)
{
    bool lies = orientation >= 5;
    CORNU_TRY(cornu__image_shape(to, from->dtype, lies ? from->width : from->height, lies ? from->height : from->width,
                                 from->channels));
    walk way = find_walk(from, orientation);
    size_t pixel = (size_t)from->channels * cornu_dtype_size(from->dtype);
    const uint8_t *source = from->data;
    uint8_t *target = to->data;
    for (ptrdiff_t row = 0; row < to->height; row++) {
        for (ptrdiff_t column = 0; column < to->width; column++, target += pixel)
            memcpy(target, source + (way.start + row * way.down + column * way.right) * (ptrdiff_t)pixel, pixel);
    }
    return CORNU_OK;
}
