/* encode_png.c: PNG by libpng. */
#include <setjmp.h>

#include <png.h>

#include "base/file.h"
#include "image/encode.h"

typedef struct session {
    png_structp codec;
    png_infop about;
    jmp_buf failed;
    const char *path;
    const cornu__image *image;
    FILE *stream;
    cornu_status status;
} session;

static void give_up(png_structp codec, png_const_charp message)
{
    session *self = png_get_error_ptr(codec);
    if (ferror(self->stream))
        self->status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", self->path);
    else
        self->status = cornu__fail(CORNU_ERROR_INTERNAL, "cannot write '%s': %s", self->path, message);
    longjmp(self->failed, 1);
}

static void say_nothing(png_structp codec, png_const_charp message)
{
    (void)codec, (void)message;
}

static void write_all(session *self)
{
    static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                PNG_COLOR_TYPE_RGB_ALPHA};
    const cornu__image *image = self->image;
    if (setjmp(self->failed) != 0)
        return;
    size_t stride = (size_t)image->width * (size_t)image->channels * cornu_dtype_size(image->dtype);
    png_init_io(self->codec, self->stream);
    png_set_user_limits(self->codec, 0x7FFFFFFF, 0x7FFFFFFF);
    png_set_IHDR(self->codec, self->about, (png_uint_32)image->width, (png_uint_32)image->height,
                 image->dtype == CORNU_UINT16 ? 16 : 8, types[image->channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(self->codec, self->about);
    if (image->dtype == CORNU_UINT16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(self->codec);
    for (int row = 0; row < image->height; row++)
        png_write_row(self->codec, (png_const_bytep)image->data + (size_t)row * stride);
    png_write_end(self->codec, NULL);
}

cornu_status cornu__encode_png(const char *path, const cornu__image *image)
{
    bool fits = image->dtype == CORNU_UINT8 ? image->channels >= 1 && image->channels <= 4
                                            : image->dtype == CORNU_UINT16 && image->channels == 1;
    if (!fits)
        return cornu__fail(CORNU_ERROR_SHAPE, "cannot write '%s': a PNG file holds no %d channels of %s", path,
                           image->channels, cornu_dtype_name(image->dtype));
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    session self = {.path = path, .image = image, .stream = file.stream};
    self.codec = png_create_write_struct(PNG_LIBPNG_VER_STRING, &self, give_up, say_nothing);
    self.about = self.codec ? png_create_info_struct(self.codec) : NULL;
    if (self.about)
        write_all(&self);
    else
        self.status = cornu__fail_memory("writing a PNG file", 0);
    png_destroy_write_struct(&self.codec, &self.about);
    if (self.status == CORNU_OK)
        return cornu__file_commit(&file);
    cornu__file_abandon(&file);
    return self.status;
}
