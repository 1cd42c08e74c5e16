/* encode_png.c: pictures into PNG files. */
#include "base/file.h"
#include "format/png.h"
#include "image/encode.h"

static cornu_status write_file(const char *path, const cornu__text *bytes)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    fwrite(bytes->data, 1, bytes->length, file.stream); /* commit finds what failed */
    return cornu__file_commit(&file);
}

cornu_status cornu__encode_png(const char *path, const cornu__image *image)
{
    bool fits = image->dtype == CORNU_UINT8 ? image->channels >= 1 && image->channels <= 4
                                            : image->dtype == CORNU_UINT16 && image->channels == 1;
    if (!fits)
        return cornu__fail(CORNU_ERROR_SHAPE, "cannot write '%s': a PNG file holds no %d channels of %s", path,
                           image->channels, cornu_dtype_name(image->dtype));
    cornu__text bytes = {0};
    cornu_status status = image->dtype == CORNU_UINT8
                              ? cornu__png_encode(image->data, image->width, image->height, image->channels, &bytes)
                              : cornu__png_encode_16(image->data, image->width, image->height, image->channels, &bytes);
    if (status == CORNU_OK)
        status = write_file(path, &bytes);
    cornu__text_free(&bytes);
    return status;
}
