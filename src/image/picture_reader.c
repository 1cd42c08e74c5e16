/* picture_reader.c: the pictures of a dataset's samples. */
#include <stdio.h>
#include <string.h>

#include "array/array.h"
#include "base/memory.h"
#include "format/limits.h"
#include "format/tfrecord.h"
#include "image/picture_reader.h"

typedef cornu__picture_reader picture_reader;

typedef struct cornu__idle_loader {
    struct cornu__idle_loader *next;
    cornu__loader loader;
} idle_loader;

static idle_loader *take_loader(picture_reader *self)
{
    pthread_mutex_lock(&self->lock);
    idle_loader *one = self->idle;
    self->idle = one ? one->next : NULL;
    pthread_mutex_unlock(&self->lock);
    return one ? one : cornu__alloc(sizeof *one);
}

static void give_loader(picture_reader *self, idle_loader *one)
{
    pthread_mutex_lock(&self->lock);
    one->next = self->idle;
    self->idle = one;
    pthread_mutex_unlock(&self->lock);
}

/* --- Reading --- */

static size_t element_count(const picture_reader *self)
{
    return (size_t)self->options.height * (size_t)self->options.width * (size_t)self->options.decode.color_mode;
}

/* One channel of 16 bits is clipped in a picture of 8, as in the modes of several channels. */
static void write_pixels(const picture_reader *self, const cornu__image *image, void *to)
{
    size_t count = element_count(self);
    if (self->dtype == CORNU_FLOAT32) {
        cornu__image_write_floats(image, false, to);
    } else if (image->dtype == CORNU_UINT8) {
        memcpy(to, image->data, count);
    } else {
        const uint16_t *values = image->data;
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)to)[i] = values[i] < 255 ? (uint8_t)values[i] : 255;
    }
}

/* The thread's last error says why; `key` is what the bad picture is remembered by. */
static cornu_status replace(picture_reader *self, const char *key, void *to)
{
    memset(to, 0, element_count(self) * cornu_dtype_size(self->dtype));
    return cornu__bad_files_add(&self->bad, key);
}

cornu_status cornu__picture_reader_file(picture_reader *self, const char *path, void *to)
{
    const cornu__image *image;
    idle_loader *one = take_loader(self);
    if (!one)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__load_image(&one->loader, path, &self->options, &image);
    if (status == CORNU_OK)
        write_pixels(self, image, to);
    else
        status = replace(self, path, to);
    give_loader(self, one);
    return status;
}

/* What is known of bytes that are no picture is their number and sum; by it they are the same ones in the next epoch. */
cornu_status cornu__picture_reader_bytes(picture_reader *self, const char *name, const unsigned char *bytes,
                                         size_t size, void *to)
{
    const cornu__image *image;
    idle_loader *one = take_loader(self);
    if (!one)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__load_image_bytes(&one->loader, name, bytes, size, &self->options, &image);
    if (status == CORNU_OK) {
        write_pixels(self, image, to);
    } else {
        char key[80];
        snprintf(key, sizeof key, "%zu bytes with the CRC-32C %08x", size, (unsigned)cornu__crc32c(bytes, size));
        cornu__fail_context("%s", key);
        status = replace(self, key, to);
    }
    give_loader(self, one);
    return status;
}

/* --- Making it --- */

static cornu_status read_options(picture_reader *self, const cornu_decode_images_options *given)
{
    cornu__bad_file_policy policy;
    CORNU_TRY(cornu__bad_file_policy_named(given->bad_files, &policy));
    if (policy == CORNU__BAD_FILE_SKIP)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "a dataset's samples are counted, so none can be skipped; wanted bad_files 'error' or "
                           "'replace'");
    self->bad.policy = policy;
    self->bad.at_most = given->bad_files_at_most;
    CORNU_TRY(cornu__color_mode_named(given->color_mode, &self->options.decode.color_mode));
    CORNU_TRY(cornu__interpolation_named(given->interpolation, &self->options.interpolation));
    if (given->target_size.first < 1 || given->target_size.second < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "target_size is (%d, %d), and has to be said: pictures of one batch have one size",
                           given->target_size.first, given->target_size.second);
    if (given->dtype != CORNU_FLOAT32 && given->dtype != CORNU_UINT8)
        return cornu__fail(CORNU_ERROR_DTYPE, "dtype is %s; wanted float32 or uint8", cornu_dtype_name(given->dtype));
    CORNU_TRY(cornu__check_image_size("target_size", (uint64_t)given->target_size.second,
                                      (uint64_t)given->target_size.first, 4 * cornu_dtype_size(given->dtype)));
    self->options.height = given->target_size.first;
    self->options.width = given->target_size.second;
    self->options.aspect = given->keep_aspect_ratio ? CORNU__ASPECT_CROP : CORNU__ASPECT_STRETCH;
    self->options.decode.exif_orientation = given->exif_orientation;
    self->dtype = given->dtype;
    return CORNU_OK;
}

cornu_status cornu__picture_reader_begin(picture_reader *self, const char *caller,
                                         const cornu_decode_images_options *options)
{
    *self = (picture_reader){0};
    pthread_mutex_init(&self->lock, NULL);
    cornu__bad_files_init(&self->bad, CORNU__BAD_FILE_ERROR, CORNU_NONE);
    return read_options(self, options) == CORNU_OK ? CORNU_OK : cornu__fail_context("%s", caller);
}

void cornu__picture_reader_end(picture_reader *self)
{
    while (self->idle) {
        idle_loader *one = self->idle;
        self->idle = one->next;
        cornu__loader_free(&one->loader);
        cornu__free(one);
    }
    cornu__bad_files_free(&self->bad);
    pthread_mutex_destroy(&self->lock);
}

cornu_field cornu__picture_reader_field(const picture_reader *self, const char *name)
{
    return (cornu_field){
        .name = name,
        .dtype = self->dtype,
        .rank = 3,
        .shape = {self->options.height, self->options.width, (int64_t)self->options.decode.color_mode}};
}
