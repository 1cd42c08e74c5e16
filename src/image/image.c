/* image.c: a picture's memory. */
#include <string.h>

#include "array/array.h"
#include "base/memory.h"
#include "image/image.h"

size_t cornu__image_count(const cornu__image *image)
{
    return (size_t)image->height * (size_t)image->width * (size_t)image->channels;
}

static size_t byte_count(const cornu__image *image)
{
    return cornu__image_count(image) * cornu_dtype_size(image->dtype);
}

cornu_status cornu__image_shape(cornu__image *image, cornu_dtype dtype, int height, int width, int channels)
{
    size_t pixels, count, bytes;
    if (height < 1 || width < 1 || channels < 1 || __builtin_mul_overflow((size_t)height, (size_t)width, &pixels) ||
        __builtin_mul_overflow(pixels, (size_t)channels, &count) ||
        __builtin_mul_overflow(count, cornu_dtype_size(dtype), &bytes))
        return cornu__fail(CORNU_ERROR_SHAPE, "there is no picture of shape (%d, %d, %d)", height, width, channels);
    if (image->capacity < bytes) {
        void *data = cornu__alloc_uninitialized(bytes);
        if (!data)
            return cornu_error_status();
        cornu__image_free(image);
        image->data = data;
        image->capacity = bytes;
    }
    image->dtype = dtype;
    image->height = height;
    image->width = width;
    image->channels = channels;
    return CORNU_OK;
}

cornu__image cornu__image_view(cornu_dtype dtype, int height, int width, int channels, void *data)
{
    return (cornu__image){.dtype = dtype, .height = height, .width = width, .channels = channels, .data = data};
}

void cornu__image_free(cornu__image *image)
{
    if (image->capacity > 0)
        cornu__free(image->data);
    *image = (cornu__image){0};
}

cornu_status cornu__image_copy(cornu__image *to, const cornu__image *from)
{
    CORNU_TRY(cornu__image_shape(to, from->dtype, from->height, from->width, from->channels));
    memcpy(to->data, from->data, byte_count(from));
    return CORNU_OK;
}

cornu_status cornu__image_to_float(cornu__image *to, const cornu__image *from)
{
    CORNU_TRY(cornu__image_shape(to, CORNU_FLOAT32, from->height, from->width, from->channels));
    cornu__convert(CORNU_FLOAT32, to->data, from->dtype, from->data, (int64_t)cornu__image_count(from));
    return CORNU_OK;
}

void cornu__image_swap(cornu__image *a, cornu__image *b)
{
    cornu__image kept = *a;
    *a = *b;
    *b = kept;
}
