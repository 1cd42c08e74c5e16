/* encode_jpeg.c: JPEG by libjpeg-turbo, baseline, with libjpeg's defaults. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/file.h"
#include "image/encode.h"

#define MOST_PIXELS 65500 /* along a side: libjpeg's limit */

typedef struct session {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    const char *path;
    const cornu__image *image;
    FILE *stream;
    cornu_status status;
} session;

static void give_up(j_common_ptr codec)
{
    session *self = codec->client_data;
    char message[JMSG_LENGTH_MAX];
    codec->err->format_message(codec, message);
    if (codec->err->msg_code == JERR_FILE_WRITE)
        self->status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", self->path);
    else
        self->status = cornu__fail(CORNU_ERROR_INTERNAL, "cannot write '%s': %s", self->path, message);
    longjmp(self->failed, 1);
}

static void say_nothing(j_common_ptr codec)
{
    (void)codec;
}

static void write_all(session *self, int quality)
{
    struct jpeg_compress_struct *codec = &self->codec;
    const cornu__image *image = self->image;
    codec->err = jpeg_std_error(&self->errors);
    codec->client_data = self;
    self->errors.error_exit = give_up;
    self->errors.output_message = say_nothing;
    if (setjmp(self->failed) != 0)
        return;
    jpeg_create_compress(codec);
    jpeg_stdio_dest(codec, self->stream);
    codec->image_width = (JDIMENSION)image->width;
    codec->image_height = (JDIMENSION)image->height;
    codec->input_components = image->channels;
    codec->in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, quality, TRUE);
    jpeg_start_compress(codec, TRUE);
    size_t stride = (size_t)image->width * (size_t)image->channels;
    for (int row = 0; row < image->height; row++) {
        JSAMPROW pixels = (JSAMPROW)image->data + (size_t)row * stride;
        jpeg_write_scanlines(codec, &pixels, 1);
    }
    jpeg_finish_compress(codec);
}

cornu_status cornu__encode_jpeg(const char *path, const cornu__image *image, int quality)
{
    if (image->dtype != CORNU_UINT8 || (image->channels != 1 && image->channels != 3))
        return cornu__fail(CORNU_ERROR_SHAPE, "cannot write '%s': a JPEG file holds no %d channels of %s", path,
                           image->channels, cornu_dtype_name(image->dtype));
    if (image->width > MOST_PIXELS || image->height > MOST_PIXELS)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "cannot write '%s': a JPEG file holds at most %d pixels a side, not %d x %d", path,
                           MOST_PIXELS, image->width, image->height);
    if (quality < 1 || quality > 100)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot write '%s': quality %d; wanted 1 to 100", path,
                           quality);
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    session self = {.path = path, .image = image, .stream = file.stream};
    write_all(&self, quality);
    jpeg_destroy_compress(&self.codec);
    if (self.status == CORNU_OK)
        return cornu__file_commit(&file);
    cornu__file_abandon(&file);
    return self.status;
}
