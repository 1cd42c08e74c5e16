/*
 * tiff.c: the first page of a TIFF file by libtiff: strips and tiles, channels side by side or in planes, any compression that libtiff knows.
 *
 * Bilevel, gray, palette, RGB with or without alpha, CMYK and YCbCr, of 1 to 16 bits, and gray of 32-bit floats. As in Pillow, 16 bits of one
 * channel stay, of several channels the high byte is taken, alpha that the colours were multiplied with is divided out, and the picture is
 * turned as its Orientation tag says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tiffio.h>

#include "base/memory.h"
#include "format/limits.h"
#include "image/formats.h"

#define KIND "TIFF"
#define LZW_EXPANSION 2731 /* a code of 12 bits stands for up to 4096 bytes */
#define MOST_CHANNELS 8

typedef struct session {
    const cornu__encoded *file;
    size_t at; /* of libtiff's reading */
    TIFF *codec;
    cornu__decoded *out;
    char message[200]; /* libtiff's first complaint */
    uint32_t width, height;
    uint16_t bits, channels, photometric, planar, format, compression;
    int colors; /* channels of the picture that comes out */
    bool has_alpha, alpha_is_multiplied;
    const uint16_t *red, *green, *blue; /* palette */
} session;

/* --- Bytes in memory --- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t size)
{
    session *self = handle;
    size_t left = self->at < self->file->size ? self->file->size - self->at : 0;
    size_t count = size < 0 ? 0 : (size_t)size < left ? (size_t)size : left;
    if (count > 0)
        memcpy(to, self->file->bytes + self->at, count);
    self->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t size)
{
    (void)handle, (void)from, (void)size;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    session *self = handle;
    toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self->at : self->file->size;
    if (base + offset > self->file->size)
        return (toff_t)-1;
    self->at = (size_t)(base + offset);
    return self->at;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((session *)handle)->file->size;
}

/* The first complaint is kept, without the name in front that libtiff was given for the file: our sentence has the file's own. */
static int keep_first(char *kept, size_t size, const char *format, va_list arguments)
{
    static const char name[] = KIND ": ";
    if (kept[0] != '\0')
        return 1;
    vsnprintf(kept, size, format, arguments);
    if (strncmp(kept, name, strlen(name)) == 0)
        memmove(kept, kept + strlen(name), strlen(kept) - strlen(name) + 1);
    return 1;
}

static int keep_message(TIFF *codec, void *data, const char *module, const char *format, va_list arguments)
{
    (void)codec, (void)module;
    session *self = data;
    return keep_first(self->message, sizeof self->message, format, arguments);
}

static int keep_warning(TIFF *codec, void *data, const char *module, const char *format, va_list arguments)
{
    (void)codec, (void)module;
    session *self = data;
    return keep_first(self->out->damage, CORNU__DAMAGE_SIZE, format, arguments);
}

static cornu_status fail_by_libtiff(const session *self)
{
    return cornu__fail_damaged(self->file, KIND, "%s", self->message[0] ? self->message : "its data make no sense");
}

static cornu_status open_bytes(session *self)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return cornu__fail_memory("decoding a TIFF file", self->file->size);
    uint64_t most = cornu__max_read_bytes();
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, most < INT64_MAX ? (tmsize_t)most : INT64_MAX);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep_message, self);
    TIFFOpenOptionsSetWarningHandlerExtR(options, keep_warning, self);
    self->codec = TIFFClientOpenExt(KIND, "rm", self, read_bytes, write_nothing, seek, close_nothing, size_of, NULL,
                                    NULL, options);
    TIFFOpenOptionsFree(options);
    return self->codec ? CORNU_OK : fail_by_libtiff(self);
}

/* --- What is in it --- */

static cornu_status refuse_kind(const session *self)
{
    return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                       "'%s' is a TIFF file of %u channels of %u bits (photometric interpretation %u, sample format "
                       "%u), which is not read",
                       self->file->name, self->channels, self->bits, self->photometric, self->format);
}

static void read_alpha(session *self, int color_channels)
{
    uint16_t count = 0, *kinds = NULL;
    TIFFGetField(self->codec, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    bool extra = self->channels > color_channels;
    self->has_alpha = extra && (count == 0 || !kinds || kinds[0] != EXTRASAMPLE_UNSPECIFIED);
    self->alpha_is_multiplied = extra && count > 0 && kinds && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
}

static cornu_status choose_colors(session *self)
{
    int base = self->photometric == PHOTOMETRIC_SEPARATED ? 4 : self->photometric == PHOTOMETRIC_RGB ? 3 : 1;
    bool palette = self->photometric == PHOTOMETRIC_PALETTE;
    bool known = palette || base > 1 || self->photometric == PHOTOMETRIC_MINISBLACK ||
                 self->photometric == PHOTOMETRIC_MINISWHITE;
    bool integers = self->format == SAMPLEFORMAT_UINT &&
                    (self->bits == 1 || self->bits == 2 || self->bits == 4 || self->bits == 8 || self->bits == 16);
    bool floats = self->format == SAMPLEFORMAT_IEEEFP && self->bits == 32 && base == 1 && self->channels == 1;
    if (!known || !(integers || (floats && !palette)) || self->channels < base || self->channels > MOST_CHANNELS ||
        (palette && self->bits > 8))
        return refuse_kind(self);
    read_alpha(self, base);
    if (base == 4)
        self->has_alpha = false;
    if (palette && !TIFFGetField(self->codec, TIFFTAG_COLORMAP, &self->red, &self->green, &self->blue))
        return cornu__fail_damaged(self->file, KIND, "its palette is missing");
    self->colors = (palette ? 3 : base) + (self->has_alpha ? 1 : 0);
    self->out->cmyk = base == 4;
    return CORNU_OK;
}

static cornu_status read_directory(session *self)
{
    TIFF *codec = self->codec;
    uint16_t orientation = 1;
    if (!TIFFGetField(codec, TIFFTAG_IMAGEWIDTH, &self->width) ||
        !TIFFGetField(codec, TIFFTAG_IMAGELENGTH, &self->height))
        return cornu__fail_damaged(self->file, KIND, "its size is missing");
    TIFFGetFieldDefaulted(codec, TIFFTAG_BITSPERSAMPLE, &self->bits);
    TIFFGetFieldDefaulted(codec, TIFFTAG_SAMPLESPERPIXEL, &self->channels);
    TIFFGetFieldDefaulted(codec, TIFFTAG_PLANARCONFIG, &self->planar);
    TIFFGetFieldDefaulted(codec, TIFFTAG_SAMPLEFORMAT, &self->format);
    TIFFGetFieldDefaulted(codec, TIFFTAG_COMPRESSION, &self->compression);
    TIFFGetFieldDefaulted(codec, TIFFTAG_ORIENTATION, &orientation);
    if (self->format == SAMPLEFORMAT_VOID)
        self->format = SAMPLEFORMAT_UINT;
    if (!TIFFGetField(codec, TIFFTAG_PHOTOMETRIC, &self->photometric))
        self->photometric = self->channels >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    self->out->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    self->out->turn_always = true;
    return CORNU_OK;
}

static uint64_t expansion_of(const session *self)
{
    switch (self->compression) {
    case COMPRESSION_NONE:
        return 32; /* a bit may be a pixel of 4 bytes */
    case COMPRESSION_LZW:
        return LZW_EXPANSION * 32;
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
        return CORNU__MAX_EXPANSION * 32;
    default:
        return 0;
    }
}

/* --- Pixels --- */

/* A rectangle of the picture as the file stores it: a strip, or a tile. With planes, of one channel. */
typedef struct block {
    uint32_t width, height;
    bool is_tile;
    tmsize_t size;
    uint8_t *bytes;
} block;

static uint32_t sample_at(const session *self, const uint8_t *row, size_t index)
{
    switch (self->bits) {
    case 8:
        return row[index];
    case 16: {
        uint16_t value; /* libtiff has put the bytes in this machine's order */
        memcpy(&value, row + 2 * index, sizeof value);
        return value;
    }
    default: {
        size_t bit = index * self->bits;
        return row[bit / 8] >> (8 - self->bits - bit % 8) & ((1u << self->bits) - 1);
    }
    }
}

/* A sample on the scale of 8 bits, or of 16 where those stay. */
static uint32_t leveled(const session *self, int channel, uint32_t sample)
{
    bool stays = self->out->image->dtype == CORNU_UINT16;
    uint32_t most = (1u << self->bits) - 1;
    if (self->photometric == PHOTOMETRIC_MINISWHITE && channel == 0)
        sample = most - sample;
    return self->bits == 16 ? stays ? sample : sample >> 8 : sample * (255 / most);
}

static void put(const session *self, size_t pixel, int channel, uint32_t sample)
{
    cornu__image *image = self->out->image;
    size_t at = pixel * (size_t)self->colors + (size_t)channel;
    if (self->photometric == PHOTOMETRIC_PALETTE && channel == 0) {
        uint8_t *to = (uint8_t *)image->data + at;
        to[0] = (uint8_t)(self->red[sample] >> 8);
        to[1] = (uint8_t)(self->green[sample] >> 8);
        to[2] = (uint8_t)(self->blue[sample] >> 8);
    } else if (image->dtype == CORNU_UINT16) {
        ((uint16_t *)image->data)[at] = (uint16_t)leveled(self, channel, sample);
    } else {
        bool in_palette = self->photometric == PHOTOMETRIC_PALETTE;
        ((uint8_t *)image->data)[at + (in_palette ? 2 : 0)] = (uint8_t)leveled(self, channel, sample);
    }
}

/* The stored channels that come out: those beyond are passed over. */
static int stored_colors(const session *self)
{
    return self->photometric == PHOTOMETRIC_PALETTE ? self->colors - 2 : self->colors;
}

static void put_row(const session *self, const uint8_t *row, uint32_t y, uint32_t x, uint32_t count, int plane)
{
    size_t pixel = (size_t)y * self->width + x;
    bool planes = self->planar == PLANARCONFIG_SEPARATE;
    if (self->format == SAMPLEFORMAT_IEEEFP) {
        memcpy((float *)self->out->image->data + pixel, row, count * sizeof(float));
        return;
    }
    for (size_t i = 0; i < count; i++, pixel++) {
        if (planes)
            put(self, pixel, plane, sample_at(self, row, i));
        for (int channel = 0; !planes && channel < stored_colors(self); channel++)
            put(self, pixel, channel, sample_at(self, row, i * self->channels + (size_t)channel));
    }
}

static cornu_status read_block(session *self, const block *part, uint32_t y, uint32_t x, int plane)
{
    tmsize_t got;
    uint32_t rows = self->height - y < part->height ? self->height - y : part->height;
    uint32_t columns = self->width - x < part->width ? self->width - x : part->width;
    tmsize_t stride = part->size / (tmsize_t)part->height;
    if (part->is_tile)
        got = TIFFReadEncodedTile(self->codec, TIFFComputeTile(self->codec, x, y, 0, (uint16_t)plane), part->bytes,
                                  part->size);
    else
        got = TIFFReadEncodedStrip(self->codec, TIFFComputeStrip(self->codec, y, (uint16_t)plane), part->bytes,
                                   part->size);
    if (got < (tmsize_t)rows * stride)
        return fail_by_libtiff(self);
    for (uint32_t row = 0; row < rows; row++)
        put_row(self, part->bytes + row * stride, y + row, x, columns, plane);
    return CORNU_OK;
}

static cornu_status read_blocks(session *self, const block *part)
{
    int planes = self->planar == PLANARCONFIG_SEPARATE ? stored_colors(self) : 1;
    for (int plane = 0; plane < planes; plane++) {
        for (uint32_t y = 0; y < self->height; y += part->height) {
            for (uint32_t x = 0; x < self->width; x += part->width)
                CORNU_TRY(read_block(self, part, y, x, plane));
        }
    }
    return CORNU_OK;
}

static cornu_status find_blocks(session *self, block *part)
{
    part->is_tile = TIFFIsTiled(self->codec);
    if (part->is_tile) {
        TIFFGetField(self->codec, TIFFTAG_TILEWIDTH, &part->width);
        TIFFGetField(self->codec, TIFFTAG_TILELENGTH, &part->height);
        part->size = TIFFTileSize(self->codec);
    } else {
        part->width = self->width;
        TIFFGetFieldDefaulted(self->codec, TIFFTAG_ROWSPERSTRIP, &part->height);
        part->height = part->height < self->height ? part->height : self->height;
        part->size = TIFFStripSize(self->codec);
    }
    CORNU_TRY(cornu__check_image_size(self->file->name, part->width, part->height, 1));
    uint64_t samples = (uint64_t)part->width * (self->planar == PLANARCONFIG_SEPARATE ? 1 : self->channels);
    uint64_t stride = (samples * self->bits + 7) / 8;
    if (part->size < 1 || (uint64_t)part->size != stride * part->height)
        return cornu__fail_damaged(self->file, KIND, "its strips or tiles have a size that does not fit");
    return cornu__check_read_size(self->file->name, (uint64_t)part->size);
}

static void divide_by_alpha(cornu__image *image)
{
    uint8_t *pixel = image->data;
    size_t channels = (size_t)image->channels;
    for (size_t i = 0; i < cornu__image_count(image); i += channels, pixel += channels) {
        uint32_t alpha = pixel[channels - 1];
        for (size_t channel = 0; alpha > 0 && alpha < 255 && channel + 1 < channels; channel++) {
            uint32_t level = 255u * pixel[channel] / alpha;
            pixel[channel] = level < 255 ? (uint8_t)level : 255;
        }
    }
}

static cornu_status decode_blocks(session *self)
{
    block part = {0};
    CORNU_TRY(choose_colors(self));
    cornu_dtype dtype = self->bits == 32                        ? CORNU_FLOAT32
                        : self->bits == 16 && self->colors == 1 ? CORNU_UINT16
                                                                : CORNU_UINT8;
    CORNU_TRY(cornu__shape_decoded(self->file, KIND, self->out->image, dtype, self->width, self->height, self->colors,
                                   expansion_of(self)));
    CORNU_TRY(find_blocks(self, &part));
    part.bytes = cornu__alloc((size_t)part.size);
    if (!part.bytes)
        return cornu_error_status();
    cornu_status status = read_blocks(self, &part);
    cornu__free(part.bytes);
    if (status == CORNU_OK && self->alpha_is_multiplied)
        divide_by_alpha(self->out->image);
    return status;
}

/* Luma and colour differences of several pixels together: libtiff knows how to put them apart. */
static cornu_status decode_ycbcr(session *self)
{
    CORNU_TRY(cornu__shape_decoded(self->file, KIND, self->out->image, CORNU_UINT8, self->width, self->height, 4, 0));
    uint32_t *pixels = self->out->image->data;
    if (!TIFFReadRGBAImageOriented(self->codec, self->width, self->height, pixels, ORIENTATION_TOPLEFT, 1))
        return fail_by_libtiff(self);
    for (size_t i = 0; i < (size_t)self->width * self->height; i++) {
        uint32_t pixel = pixels[i];
        uint8_t bytes[4] = {(uint8_t)TIFFGetR(pixel), (uint8_t)TIFFGetG(pixel), (uint8_t)TIFFGetB(pixel), 255};
        memcpy(&pixels[i], bytes, sizeof bytes);
    }
    self->out->orientation = 1; /* libtiff has turned it */
    return CORNU_OK;
}

static cornu_status decode(session *self)
{
    CORNU_TRY(read_directory(self));
    if (self->photometric != PHOTOMETRIC_YCBCR)
        return decode_blocks(self);
    if (self->compression != COMPRESSION_JPEG)
        return decode_ycbcr(self);
    TIFFSetField(self->codec, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    self->photometric = PHOTOMETRIC_RGB;
    return decode_blocks(self);
}

bool cornu__is_tiff(const uint8_t *bytes, size_t size)
{
    static const char *const marks[] = {"II\x2A\0", "MM\0\x2A", "II\x2B\0", "MM\0\x2B"};
    for (size_t i = 0; size >= 4 && i < sizeof marks / sizeof *marks; i++) {
        if (memcmp(bytes, marks[i], 4) == 0)
            return true;
    }
    return false;
}

cornu_status cornu__decode_tiff(const cornu__encoded *file, cornu__decoded *out)
{
    session self = {.file = file, .out = out};
    CORNU_TRY(open_bytes(&self));
    cornu_status status = decode(&self);
    TIFFClose(self.codec);
    return status;
}
