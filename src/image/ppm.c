/*
 * ppm.c: the portable bitmap, graymap and pixmap (P1 .. P6) of Netpbm, as its manual pages pbm(5), pgm(5) and ppm(5) describe them.
 *
 * As in Pillow: gray of more than 8 bits becomes 16 bits on the scale 0 .. 65535, colours of more than 8 bits become 8, and other largest
 * values than 255 are scaled to it, rounded to nearest, ties to even.
 */
#include <math.h>
#include <string.h>

#include "image/formats.h"

#define KIND "PPM"

typedef struct pixmap {
    const cornu__encoded *file;
    size_t at;
    char kind; /* '1' .. '6' */
    uint32_t width, height, largest;
} pixmap;

static bool is_bitmap(const pixmap *map)
{
    return map->kind == '1' || map->kind == '4';
}

static bool is_plain(const pixmap *map)
{
    return map->kind <= '3';
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void skip_blanks(pixmap *map)
{
    const cornu__encoded *file = map->file;
    while (map->at < file->size) {
        if (file->bytes[map->at] == '#') {
            while (map->at < file->size && file->bytes[map->at] != '\n' && file->bytes[map->at] != '\r')
                map->at++;
        } else if (is_blank(file->bytes[map->at])) {
            map->at++;
        } else {
            return;
        }
    }
}

/* The next number in digits; `most` bounds it. */
static cornu_status read_number(pixmap *map, const char *what, uint32_t most, uint32_t *number)
{
    const cornu__encoded *file = map->file;
    skip_blanks(map);
    if (map->at == file->size)
        return cornu__fail_damaged(file, KIND, "it ends too early: %s is missing", what);
    uint64_t value = 0;
    size_t first = map->at;
    while (map->at < file->size && file->bytes[map->at] >= '0' && file->bytes[map->at] <= '9' && value <= most)
        value = value * 10 + (uint64_t)(file->bytes[map->at++] - '0');
    bool ended = map->at == file->size || is_blank(file->bytes[map->at]) || file->bytes[map->at] == '#';
    if (map->at == first || !ended || value > most)
        return cornu__fail_damaged(file, KIND, "%s at byte %zu is no number from 0 to %u", what, first, most);
    *number = (uint32_t)value;
    return CORNU_OK;
}

static cornu_status read_header(pixmap *map)
{
    map->kind = (char)map->file->bytes[1];
    map->at = 2;
    map->largest = 1;
    CORNU_TRY(read_number(map, "its width", INT32_MAX, &map->width));
    CORNU_TRY(read_number(map, "its height", INT32_MAX, &map->height));
    if (!is_bitmap(map)) {
        CORNU_TRY(read_number(map, "its largest value", 65535, &map->largest));
        if (map->largest == 0)
            return cornu__fail_damaged(map->file, KIND, "its largest value is 0");
    }
    if (!is_plain(map))
        map->at++; /* the one blank before the pixels */
    return CORNU_OK;
}

static uint32_t scaled(const pixmap *map, uint32_t value, uint32_t most)
{
    if (map->largest == most)
        return value;
    double level = nearbyint((double)value / map->largest * most);
    return level < most ? (uint32_t)level : most;
}

static void put(const pixmap *map, cornu__image *image, size_t i, uint32_t value)
{
    if (is_bitmap(map))
        ((uint8_t *)image->data)[i] = value ? 0 : 255;
    else if (image->dtype == CORNU_UINT16)
        ((uint16_t *)image->data)[i] = (uint16_t)scaled(map, value, 65535);
    else
        ((uint8_t *)image->data)[i] = (uint8_t)scaled(map, value, 255);
}

/* The digits of P1 may stand without blanks between them. */
static cornu_status read_digit(pixmap *map, uint32_t *bit)
{
    skip_blanks(map);
    if (map->at == map->file->size)
        return cornu__fail_damaged(map->file, KIND, "it ends too early: a pixel is missing");
    uint8_t digit = map->file->bytes[map->at++];
    if (digit != '0' && digit != '1')
        return cornu__fail_damaged(map->file, KIND, "a pixel at byte %zu is neither 0 nor 1", map->at - 1);
    *bit = digit == '1';
    return CORNU_OK;
}

static cornu_status read_plain(pixmap *map, cornu__image *image)
{
    for (size_t i = 0; i < cornu__image_count(image); i++) {
        uint32_t value = 0;
        if (is_bitmap(map))
            CORNU_TRY(read_digit(map, &value));
        else
            CORNU_TRY(read_number(map, "a pixel", map->largest, &value));
        put(map, image, i, value);
    }
    return CORNU_OK;
}

static cornu_status read_binary(const pixmap *map, cornu__image *image)
{
    size_t count = cornu__image_count(image), bytes = map->largest > 255 ? 2 : 1, width = (size_t)image->width;
    size_t wanted = is_bitmap(map) ? (width + 7) / 8 * (size_t)image->height : count * bytes;
    size_t left = map->at < map->file->size ? map->file->size - map->at : 0;
    if (left < wanted)
        return cornu__fail_damaged(map->file, KIND, "it ends too early: %zu of %zu bytes of pixels are there", left,
                                   wanted);
    const uint8_t *from = map->file->bytes + map->at;
    if (map->largest == 255) {
        memcpy(image->data, from, count);
        return CORNU_OK;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_bitmap(map))
            put(map, image, i, from[i / width * ((width + 7) / 8) + i % width / 8] >> (7 - i % width % 8) & 1u);
        else
            put(map, image, i, bytes == 2 ? cornu__big16(from + 2 * i) : from[i]);
    }
    return CORNU_OK;
}

bool cornu__is_ppm(const uint8_t *bytes, size_t size)
{
    return size >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
           (is_blank(bytes[2]) || bytes[2] == '#');
}

cornu_status cornu__decode_ppm(const cornu__encoded *file, cornu__decoded *out)
{
    pixmap map = {.file = file};
    CORNU_TRY(read_header(&map));
    int channels = map.kind == '3' || map.kind == '6' ? 3 : 1;
    cornu_dtype dtype = channels == 1 && map.largest > 255 ? CORNU_UINT16 : CORNU_UINT8;
    CORNU_TRY(cornu__shape_decoded(file, KIND, out->image, dtype, map.width, map.height, channels, 8));
    return is_plain(&map) ? read_plain(&map, out->image) : read_binary(&map, out->image);
}
