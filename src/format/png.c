/* png.c: PNG files through libpng's simplified interface. */
#include <limits.h>

#include <png.h>

#include "base/memory.h"
#include "format/png.h"

static png_uint_32 format_of(int channels)
{
    return channels == 1 ? PNG_FORMAT_GRAY : channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
}

static cornu_status fail(const png_image *image)
{
    return cornu__fail(CORNU_ERROR_DATA, "a picture of %u x %u pixels cannot be written as PNG: %s", image->width,
                       image->height, image->message);
}

cornu_status cornu__png_encode(const uint8_t *pixels, int64_t width, int64_t height, int channels, cornu__text *out)
{
    /* libpng asks this of a row of bytes; its own limit is 1,000,000 pixels each way. */
    if (width < 1 || height < 1 || width > INT_MAX / 4 || height > INT_MAX / 4)
        return cornu__fail(CORNU_ERROR_DATA, "a picture of %lld x %lld pixels cannot be written as PNG",
                           (long long)width, (long long)height);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = format_of(channels)};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    char *bytes = cornu__alloc(size);
    if (!bytes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    bool written = png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL) != 0;
    if (written)
        cornu__text_add_bytes(out, bytes, size);
    cornu__free(bytes);
    png_image_free(&image);
    if (!written)
        return fail(&image);
    return out->failed ? cornu__fail_memory("a picture", size) : CORNU_OK;
}
