/* decode.c: which decoder a file needs, and from its channels to those that are wanted. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/stages.h"
#include "format/limits.h"
#include "image/decode.h"
#include "image/formats.h"

/* Where a header is, nearly always: behind an EXIF block with a small picture and a colour profile. */
#define HEADER_BYTES ((size_t)256 << 10)

static const struct format {
    const char *kind;
    cornu__is_format *is;
    cornu__decode_format *decode;
} formats[] = {
    {"JPEG", cornu__is_jpeg, cornu__decode_jpeg}, {"PNG", cornu__is_png, cornu__decode_png},
    {"GIF", cornu__is_gif, cornu__decode_gif},    {"BMP", cornu__is_bmp, cornu__decode_bmp},
    {"PPM", cornu__is_ppm, cornu__decode_ppm},    {"TIFF", cornu__is_tiff, cornu__decode_tiff},
    {"WebP", cornu__is_webp, cornu__decode_webp},
};

void cornu__decoder_free(cornu__decoder *decoder)
{
    cornu__image_free(&decoder->raw);
    cornu__image_free(&decoder->turned);
    cornu__free(decoder->file);
    *decoder = (cornu__decoder){0};
}

cornu_status cornu__color_mode_named(const char *name, cornu__color_mode *mode)
{
    static const char *const names[] = {"grayscale", "rgb", "rgba"};
    static const cornu__color_mode modes[] = {CORNU__GRAYSCALE, CORNU__RGB, CORNU__RGBA};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (name && strcmp(name, names[i]) == 0) {
            *mode = modes[i];
            return CORNU_OK;
        }
    }
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no color_mode '%s'; wanted 'grayscale', 'rgb' or 'rgba'",
                       name ? name : "(NULL)");
}

cornu_status cornu__fail_damaged(const cornu__encoded *file, const char *kind, const char *format, ...)
{
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is a damaged %s file: %s", file->name, kind, what);
}

cornu_status cornu__check_decoded(const cornu__encoded *file, const char *kind, uint64_t width, uint64_t height,
                                  uint64_t pixel, uint64_t expansion)
{
    CORNU_TRY(cornu__check_image_size(file->name, width, height, pixel));
    if (expansion > 0 && width * height * pixel / expansion > file->size)
        return cornu__fail_damaged(file, kind, "%zu bytes cannot hold the %llu x %llu pixels that it promises",
                                   file->size, (unsigned long long)width, (unsigned long long)height);
    return CORNU_OK;
}

cornu_status cornu__shape_decoded(const cornu__encoded *file, const char *kind, cornu__image *image, cornu_dtype dtype,
                                  uint64_t width, uint64_t height, int channels, uint64_t expansion)
{
    CORNU_TRY(cornu__check_decoded(file, kind, width, height, (uint64_t)channels * cornu_dtype_size(dtype), expansion));
    if (file->header_only) {
        cornu__image_free(image); /* a shape without pixels */
        *image = (cornu__image){.dtype = dtype, .height = (int)height, .width = (int)width, .channels = channels};
        return cornu__fail(CORNU_ERROR_STOPPED, "'%s': only its header is wanted", file->name);
    }
    return cornu__image_shape(image, dtype, (int)height, (int)width, channels);
}

static const struct format *find_format(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (formats[i].is(bytes, size))
            return &formats[i];
    }
    return NULL;
}

/* The raw picture becomes the wanted one: where it is so already, the two change places. */
static cornu_status finish(cornu__image *raw, const cornu__decoded *decoded, int channels, cornu__image *image)
{
    bool kept = raw->dtype == CORNU_UINT8 || (raw->dtype == CORNU_UINT16 && channels == 1);
    if (!kept || decoded->cmyk || raw->channels != channels)
        return cornu__convert_color(image, raw, decoded->cmyk, channels);
    if (image->data && image->capacity == 0)
        *image = (cornu__image){0}; /* a view: let go of what it looked at */
    cornu__image_swap(raw, image);
    return CORNU_OK;
}

static cornu_status decode_raw(cornu__decoder *decoder, const cornu__encoded *file, cornu__decoded *decoded)
{
    const struct format *format = find_format(file->bytes, file->size);
    decoder->damage[0] = '\0';
    decoder->kind = format ? format->kind : NULL;
    *decoded = (cornu__decoded){.image = &decoder->raw, .orientation = 1, .damage = decoder->damage};
    if (file->size == 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is empty; wanted a picture", file->name);
    if (!format)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is no picture that can be read: it starts like no JPEG, PNG, GIF, BMP, PPM, TIFF or "
                           "WebP file",
                           file->name);
    return format->decode(file, decoded);
}

cornu_status cornu__decode(cornu__decoder *decoder, const char *name, const uint8_t *bytes, size_t size,
                           const cornu__decode_options *options, cornu__image *image)
{
    cornu__encoded file = {
        .name = name, .bytes = bytes, .size = size, .wants_alpha = options->color_mode == CORNU__RGBA};
    cornu__decoded decoded;
    CORNU_TRY(decode_raw(decoder, &file, &decoded));
    int channels = (int)options->color_mode;
    if (decoded.orientation == 1 || !(decoded.turn_always || options->exif_orientation))
        return finish(&decoder->raw, &decoded, channels, image);
    CORNU_TRY(finish(&decoder->raw, &decoded, channels, &decoder->turned));
    return cornu__orient(image, &decoder->turned, decoded.orientation);
}

/* Makes room for `size` bytes; what was there is lost. */
static cornu_status reserve_file(cornu__decoder *decoder, size_t size)
{
    if (size <= decoder->file_capacity)
        return CORNU_OK;
    uint8_t *block = cornu__alloc_uninitialized(size);
    if (!block)
        return cornu_error_status();
    cornu__free(decoder->file);
    decoder->file = block;
    decoder->file_capacity = size;
    return CORNU_OK;
}

/* At most `at_most` bytes from the beginning; decoder->file_size says how many came. */
static cornu_status read_open_file(cornu__decoder *decoder, const char *path, int descriptor, size_t at_most)
{
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
    if (!S_ISREG(about.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is %s; wanted a file", path,
                           S_ISDIR(about.st_mode) ? "a folder" : "a pipe or device");
    size_t wanted = (uint64_t)about.st_size < at_most ? (size_t)about.st_size : at_most;
    CORNU_TRY(cornu__check_read_size(path, wanted));
    CORNU_TRY(reserve_file(decoder, wanted));
    decoder->file_size = 0;
    while (decoder->file_size < wanted) {
        ssize_t got = read(descriptor, decoder->file + decoder->file_size, wanted - decoder->file_size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
        if (got == 0)
            break; /* it became shorter meanwhile: the decoder will see */
        decoder->file_size += (size_t)got;
    }
    return CORNU_OK;
}

static cornu_status read_file(cornu__decoder *decoder, const char *path, size_t at_most)
{
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a picture without a name");
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make it wait */
    if (descriptor < 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
    cornu_status status = read_open_file(decoder, path, descriptor, at_most);
    close(descriptor);
    return status;
}

cornu_status cornu__decode_file(cornu__decoder *decoder, const char *path, const cornu__decode_options *options,
                                cornu__image *image)
{
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_READ);
    cornu_status status = read_file(decoder, path, SIZE_MAX);
    cornu__stage_enter(CORNU_STAGE_DECODE);
    if (status == CORNU_OK)
        status = cornu__decode(decoder, path, decoder->file, decoder->file_size, options, image);
    cornu__stage_enter(before);
    return status;
}

cornu_status cornu__decode_raw(cornu__decoder *decoder, const char *path)
{
    cornu__decoded decoded;
    CORNU_TRY(read_file(decoder, path, SIZE_MAX));
    cornu__encoded file = {.name = path, .bytes = decoder->file, .size = decoder->file_size, .wants_alpha = true};
    return decode_raw(decoder, &file, &decoded);
}

/* From the bytes that were read. */
static cornu_status decode_header(cornu__decoder *decoder, const char *path)
{
    cornu__decoded decoded;
    cornu__encoded file = {
        .name = path, .bytes = decoder->file, .size = decoder->file_size, .wants_alpha = true, .header_only = true};
    cornu_status status = decode_raw(decoder, &file, &decoded);
    return status == CORNU_ERROR_STOPPED ? CORNU_OK : status;
}

cornu_status cornu__decode_header(cornu__decoder *decoder, const char *path)
{
    CORNU_TRY(read_file(decoder, path, HEADER_BYTES));
    cornu_status status = decode_header(decoder, path);
    if (status == CORNU_OK || !decoder->kind || decoder->file_size < HEADER_BYTES)
        return status;
    CORNU_TRY(read_file(decoder, path, SIZE_MAX)); /* it may lie further behind, as in many TIFF files */
    return decode_header(decoder, path);
}

const char *cornu__picture_kind(const uint8_t *bytes, size_t size)
{
    const struct format *format = find_format(bytes, size);
    return format ? format->kind : NULL;
}

/* --- Names --- */

const char *const cornu__picture_endings[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif",  ".bmp",  ".dib",
                                              ".ppm", ".pgm",  ".pbm", ".pnm",  ".tif", ".tiff", ".webp", NULL};
static const char *const promised[] = {"JPEG", "JPEG", "JPEG", "JPEG", "PNG",  "GIF",  "BMP", "BMP",
                                       "PPM",  "PPM",  "PPM",  "PPM",  "TIFF", "TIFF", "WebP"};
_Static_assert(sizeof cornu__picture_endings / sizeof(char *) == sizeof promised / sizeof(char *) + 1, "one each");

const char *cornu__picture_kind_promised(const char *name)
{
    for (size_t i = 0; cornu__picture_endings[i]; i++) {
        if (cornu__text_has_ending(name, cornu__picture_endings[i]))
            return promised[i];
    }
    return NULL;
}
