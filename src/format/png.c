/* png.c: PNG files through libpng. */
#include <setjmp.h>
#include <stdbool.h>

#include <png.h>

#include "format/png.h"

#define MOST_PIXELS 0x7FFFFFFF /* along a side: what a PNG file can say */

typedef struct session {
    png_structp codec;
    png_infop about;
    jmp_buf failed;
    const uint8_t *pixels; /* rows of `stride` bytes */
    png_uint_32 width, height;
    int channels, bits;
    cornu__text *out;
    cornu_status status;
} session;

static void give_up(png_structp codec, png_const_charp message)
{
    session *self = png_get_error_ptr(codec);
    self->status = cornu__fail(CORNU_ERROR_DATA, "a picture of %u x %u pixels cannot be written as PNG: %s",
                               self->width, self->height, message);
    longjmp(self->failed, 1);
}

static void say_nothing(png_structp codec, png_const_charp message)
{
    (void)codec, (void)message;
}

static void append(png_structp codec, png_bytep bytes, size_t count)
{
    session *self = png_get_io_ptr(codec);
    cornu__text_add_bytes(self->out, (const char *)bytes, count);
}

static void flush_nothing(png_structp codec)
{
    (void)codec;
}

static void write_all(session *self)
{
    static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    if (setjmp(self->failed) != 0)
        return;
    png_set_write_fn(self->codec, self, append, flush_nothing);
    png_set_user_limits(self->codec, MOST_PIXELS, MOST_PIXELS);
    png_set_IHDR(self->codec, self->about, self->width, self->height, self->bits, types[self->channels],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(self->codec, self->about);
    if (self->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(self->codec);
    size_t stride = (size_t)self->width * (size_t)self->channels * (size_t)(self->bits / 8);
    for (png_uint_32 row = 0; row < self->height && !self->out->failed; row++)
        png_write_row(self->codec, self->pixels + row * stride);
    if (!self->out->failed)
        png_write_end(self->codec, NULL);
}

static cornu_status encode(const void *pixels, int64_t width, int64_t height, int channels, int bits, cornu__text *out)
{
    if (width < 1 || height < 1 || width > MOST_PIXELS || height > MOST_PIXELS || channels < 1 || channels > 4)
        return cornu__fail(CORNU_ERROR_DATA, "a picture of %lld x %lld pixels of %d channels cannot be written as PNG",
                           (long long)width, (long long)height, channels);
    session self = {.pixels = pixels,
                    .width = (png_uint_32)width,
                    .height = (png_uint_32)height,
                    .channels = channels,
                    .bits = bits,
                    .out = out};
    self.codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self, give_up, say_nothing);
    self.about = self.codec ? png_create_info_struct(self.codec) : NULL;
    if (self.about)
        write_all(&self);
    else
        self.status = cornu__fail_memory("a picture", 0);
    png_destroy_write_struct(&self.codec, &self.about);
    if (self.status == CORNU_OK && out->failed)
        return cornu__fail_memory("a picture", out->length);
    return self.status;
}

cornu_status cornu__png_encode(const uint8_t *pixels, int64_t width, int64_t height, int channels, cornu__text *out)
{
    return encode(pixels, width, height, channels, 8, out);
}

cornu_status cornu__png_encode_16(const uint16_t *pixels, int64_t width, int64_t height, int channels, cornu__text *out)
{
    return encode(pixels, width, height, channels, 16, out);
}
