/*
 * bmp.c: Windows and OS/2 bitmaps: 1, 4, 8 (plain or run-length encoded), 16, 24 and 32 bits a pixel, with any masks.
 *
 * Microsoft's documentation of BITMAPFILEHEADER, BITMAPINFOHEADER (and its V4 and V5) and "Bitmap Compression". Numbers are little-endian,
 * rows are padded to 4 bytes and stand from bottom to top unless the height is negative. As in Pillow, the fourth byte of a pixel is alpha only
 * where a mask says so.
 */
#include <string.h>

#include "format/limits.h"
#include "image/formats.h"

#define KIND "BMP"
#define FILE_HEADER_SIZE 14
#define OS2_HEADER_SIZE 12
#define HEADER_SIZE 40

enum compression { PLAIN = 0, RLE8 = 1, RLE4 = 2, BITFIELDS = 3 };

typedef struct bitmap {
    uint32_t header_size, width, height, bits, compression, colors;
    bool top_down;
    uint32_t mask[4]; /* red, green, blue, alpha (0: none) */
    uint8_t palette[256][3];
    const uint8_t *pixels;
    size_t size; /* bytes from there to the end of the file */
} bitmap;

static cornu_status read_sizes(const cornu__encoded *file, bitmap *map)
{
    const uint8_t *header = file->bytes + FILE_HEADER_SIZE;
    if (file->size < FILE_HEADER_SIZE + 4)
        return cornu__fail_damaged(file, KIND, "it ends in its header");
    map->header_size = cornu__little32(header);
    bool known = map->header_size == OS2_HEADER_SIZE || (map->header_size >= HEADER_SIZE && map->header_size <= 1024);
    if (!known)
        return cornu__fail_damaged(file, KIND, "a header of %u bytes is of no known kind", map->header_size);
    if (file->size - FILE_HEADER_SIZE < map->header_size)
        return cornu__fail_damaged(file, KIND, "it ends in its header");
    if (map->header_size == OS2_HEADER_SIZE) {
        map->width = cornu__little16(header + 4);
        map->height = cornu__little16(header + 6);
        map->bits = cornu__little16(header + 10);
        map->colors = map->bits <= 8 ? 1u << map->bits : 0;
        return CORNU_OK;
    }
    map->width = cornu__little32(header + 4);
    map->height = cornu__little32(header + 8);
    map->top_down = map->height > INT32_MAX;
    if (map->top_down)
        map->height = 0 - map->height;
    map->bits = cornu__little16(header + 14);
    map->compression = cornu__little32(header + 16);
    map->colors = cornu__little32(header + 32);
    if (map->colors == 0 && map->bits <= 8)
        map->colors = 1u << map->bits;
    return CORNU_OK;
}

static cornu_status check_kind(const cornu__encoded *file, const bitmap *map)
{
    bool plain = map->compression == PLAIN && (map->bits == 1 || map->bits == 4 || map->bits == 8 || map->bits == 16 ||
                                               map->bits == 24 || map->bits == 32);
    bool fits = plain || (map->compression == RLE8 && map->bits == 8) || (map->compression == RLE4 && map->bits == 4) ||
                (map->compression == BITFIELDS && (map->bits == 16 || map->bits == 32));
    if (fits)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                       "'%s' is a BMP file of %u bits a pixel with compression %u, which is not read", file->name,
                       map->bits, map->compression);
}

/* The masks stand in the larger headers, or behind the small one. */
static cornu_status read_masks(const cornu__encoded *file, bitmap *map)
{
    static const uint32_t of16[] = {0x7C00, 0x3E0, 0x1F}, of32[] = {0xFF0000, 0xFF00, 0xFF};
    if (map->compression != BITFIELDS) {
        memcpy(map->mask, map->bits == 16 ? of16 : of32, sizeof of16);
        return CORNU_OK;
    }
    size_t at = FILE_HEADER_SIZE + HEADER_SIZE;
    int count = map->header_size >= 56 ? 4 : 3;
    if (file->size - at < 4 * (size_t)count)
        return cornu__fail_damaged(file, KIND, "it ends in its header");
    for (int i = 0; i < count; i++)
        map->mask[i] = cornu__little32(file->bytes + at + 4 * (size_t)i);
    return CORNU_OK;
}

static cornu_status read_palette(const cornu__encoded *file, bitmap *map)
{
    size_t at = FILE_HEADER_SIZE + map->header_size, entry = map->header_size == OS2_HEADER_SIZE ? 3 : 4;
    if (map->colors > 256 || (file->size - at) / entry < map->colors)
        return cornu__fail_damaged(file, KIND, "its palette of %u colours does not fit", map->colors);
    for (uint32_t i = 0; i < map->colors; i++) {
        const uint8_t *color = file->bytes + at + i * entry;
        map->palette[i][0] = color[2];
        map->palette[i][1] = color[1];
        map->palette[i][2] = color[0];
    }
    return CORNU_OK;
}

static cornu_status find_pixels(const cornu__encoded *file, bitmap *map)
{
    uint32_t at = cornu__little32(file->bytes + 10);
    if (at < FILE_HEADER_SIZE + map->header_size || at > file->size)
        return cornu__fail_damaged(file, KIND, "its pixels begin at byte %u of %zu", at, file->size);
    map->pixels = file->bytes + at;
    map->size = file->size - at;
    return CORNU_OK;
}

static uint8_t *row_of(const cornu__image *image, const bitmap *map, uint32_t row)
{
    size_t stride = (size_t)image->width * (size_t)image->channels;
    return (uint8_t *)image->data + (map->top_down ? row : map->height - 1 - row) * stride;
}

/* --- Rows of pixels --- */

static void read_indexed_row(const bitmap *map, const uint8_t *from, uint8_t *to)
{
    uint32_t per_byte = 8 / map->bits, mask = (1u << map->bits) - 1;
    for (uint32_t i = 0; i < map->width; i++) {
        uint32_t shift = 8 - map->bits * (i % per_byte + 1);
        memcpy(to + 3 * (size_t)i, map->palette[from[i / per_byte] >> shift & mask], 3);
    }
}

static void read_24_bit_row(const bitmap *map, const uint8_t *from, uint8_t *to)
{
    for (size_t i = 0; i < map->width; i++) {
        to[3 * i] = from[3 * i + 2];
        to[3 * i + 1] = from[3 * i + 1];
        to[3 * i + 2] = from[3 * i];
    }
}

/* The bits under the mask, which are contiguous or nonsense, on the scale of 255. */
static uint8_t masked(uint32_t pixel, uint32_t mask)
{
    if (mask == 0)
        return 0;
    int shift = __builtin_ctz(mask);
    return (uint8_t)((uint64_t)((pixel & mask) >> shift) * 255 / (mask >> shift));
}

static void read_masked_row(const bitmap *map, const uint8_t *from, uint8_t *to, int channels)
{
    size_t bytes = map->bits / 8;
    for (size_t i = 0; i < map->width; i++) {
        uint32_t pixel = bytes == 2 ? cornu__little16(from + 2 * i) : cornu__little32(from + 4 * i);
        for (int channel = 0; channel < channels; channel++)
            to[i * (size_t)channels + (size_t)channel] = masked(pixel, map->mask[channel]);
    }
}

static cornu_status read_plain(const cornu__encoded *file, const bitmap *map, cornu__image *image)
{
    size_t stride = ((size_t)map->width * map->bits + 31) / 32 * 4;
    if (map->size / stride < map->height)
        return cornu__fail_damaged(file, KIND, "it ends too early, in row %zu of %u", map->size / stride, map->height);
    for (uint32_t row = 0; row < map->height; row++) {
        const uint8_t *from = map->pixels + row * stride;
        uint8_t *to = row_of(image, map, row);
        if (map->bits <= 8)
            read_indexed_row(map, from, to);
        else if (map->bits == 24)
            read_24_bit_row(map, from, to);
        else
            read_masked_row(map, from, to, image->channels);
    }
    return CORNU_OK;
}

/* --- Runs --- */

/* Where the next pixel goes, and what is left of the file. */
typedef struct run_reader {
    const bitmap *map;
    cornu__image *image;
    const uint8_t *next, *end;
    uint32_t row, column;
} run_reader;

static void put(run_reader *runs, uint32_t index)
{
    if (runs->column < runs->map->width && runs->row < runs->map->height)
        memcpy(row_of(runs->image, runs->map, runs->row) + 3 * (size_t)runs->column, runs->map->palette[index], 3);
    runs->column++;
}

static void put_repeated(run_reader *runs, uint32_t count, uint8_t value)
{
    for (uint32_t i = 0; i < count; i++)
        put(runs, runs->map->compression == RLE8 ? value : i % 2 == 0 ? value >> 4 : value & 15u);
}

/* `count` pixels one by one, padded to 16 bits. */
static bool put_literal(run_reader *runs, uint32_t count)
{
    size_t bytes = runs->map->compression == RLE8 ? count : (count + 1) / 2, padded = (bytes + 1) / 2 * 2;
    if ((size_t)(runs->end - runs->next) < padded)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t value = runs->map->compression == RLE8 ? runs->next[i] : runs->next[i / 2];
        put(runs, runs->map->compression == RLE8 ? value : i % 2 == 0 ? value >> 4 : value & 15u);
    }
    runs->next += padded;
    return true;
}

/* Returns whether the bytes sufficed up to the end-of-bitmap code, or to the last row. */
static bool read_runs(run_reader *runs)
{
    while (runs->row < runs->map->height) {
        if (runs->end - runs->next < 2)
            return false;
        uint8_t count = runs->next[0], value = runs->next[1];
        runs->next += 2;
        if (count > 0) {
            put_repeated(runs, count, value);
        } else if (value == 0) { /* end of row */
            runs->row++;
            runs->column = 0;
        } else if (value == 1) { /* end of bitmap */
            return true;
        } else if (value == 2) { /* a move */
            if (runs->end - runs->next < 2)
                return false;
            runs->column += runs->next[0];
            runs->row += runs->next[1];
            runs->next += 2;
        } else if (!put_literal(runs, value)) {
            return false;
        }
    }
    return true;
}

static cornu_status read_compressed(const cornu__encoded *file, const bitmap *map, cornu__image *image)
{
    uint8_t *pixels = image->data;
    for (size_t i = 0; i < (size_t)map->width * map->height; i++)
        memcpy(pixels + 3 * i, map->palette[0], 3); /* what no run reaches */
    run_reader runs = {.map = map, .image = image, .next = map->pixels, .end = map->pixels + map->size};
    if (!read_runs(&runs))
        return cornu__fail_damaged(file, KIND, "it ends too early, in row %u of %u", runs.row, map->height);
    return CORNU_OK;
}

bool cornu__is_bmp(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

cornu_status cornu__decode_bmp(const cornu__encoded *file, cornu__decoded *out)
{
    bitmap map = {0};
    CORNU_TRY(read_sizes(file, &map));
    CORNU_TRY(check_kind(file, &map));
    CORNU_TRY(read_masks(file, &map));
    if (map.bits <= 8)
        CORNU_TRY(read_palette(file, &map));
    CORNU_TRY(find_pixels(file, &map));
    bool runs = map.compression == RLE8 || map.compression == RLE4;
    int channels = map.bits > 8 && map.mask[3] != 0 ? 4 : 3;
    /* A bit may be a pixel of 3 bytes. A run's two bytes are up to 255 pixels. A move passes over 255 rows, so the format itself sets no
     * bound; beyond this one hardly a pixel would be written, which no program does that has a picture to store. */
    CORNU_TRY(cornu__shape_decoded(file, KIND, out->image, CORNU_UINT8, map.width, map.height, channels,
                                   runs ? CORNU__MAX_EXPANSION : 32));
    return runs ? read_compressed(file, &map, out->image) : read_plain(file, &map, out->image);
}
