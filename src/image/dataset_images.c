/* dataset_images.c: a dataset's encoded pictures decoded. */
#include <string.h>

#include <cornu/image_dataset.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"
#include "data/sample_copy.h"
#include "format/limits.h"
#include "format/tfrecord.h"
#include "image/bad_files.h"
#include "image/load.h"

/* A loader for each thread that decodes at once. */
typedef struct idle_loader {
    struct idle_loader *next;
    cornu__loader loader;
} idle_loader;

typedef struct decoding {
    int field;
    char *name; /* for messages */
    cornu__load_options options;
    cornu_dtype dtype;
    cornu__bad_files bad;
    pthread_mutex_t lock; /* of `idle` */
    idle_loader *idle;
} decoding;

static void decoding_release(void *state)
{
    decoding *self = state;
    while (self->idle) {
        idle_loader *one = self->idle;
        self->idle = one->next;
        cornu__loader_free(&one->loader);
        cornu__free(one);
    }
    cornu__bad_files_free(&self->bad);
    pthread_mutex_destroy(&self->lock);
    cornu__free(self->name);
    cornu__free(self);
}

/* --- Reading --- */

static idle_loader *take_loader(decoding *self)
{
    pthread_mutex_lock(&self->lock);
    idle_loader *one = self->idle;
    self->idle = one ? one->next : NULL;
    pthread_mutex_unlock(&self->lock);
    return one ? one : cornu__alloc(sizeof *one);
}

static void give_loader(decoding *self, idle_loader *one)
{
    pthread_mutex_lock(&self->lock);
    one->next = self->idle;
    self->idle = one;
    pthread_mutex_unlock(&self->lock);
}

static size_t element_count(const decoding *self)
{
    return (size_t)self->options.height * (size_t)self->options.width * (size_t)self->options.decode.color_mode;
}

/* One channel of 16 bits is clipped in a picture of 8, as in the modes of several channels. */
static void write_pixels(const decoding *self, const cornu__image *image, void *to)
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

/* What is known of bytes that are no picture is their number and sum; by it they are the same ones in the next epoch. */
static cornu_status note_bad(decoding *self, const unsigned char *bytes, size_t size)
{
    char key[80];
    snprintf(key, sizeof key, "%zu bytes with the CRC-32C %08x", size, (unsigned)cornu__crc32c(bytes, size));
    cornu__fail_context("%s", key);
    return cornu__bad_files_add(&self->bad, key);
}

static cornu_status decode(void *state, const cornu_sample *from, cornu_sample *to)
{
    decoding *self = state;
    const cornu__image *image;
    void *place = cornu_sample_data(to, self->field);
    const unsigned char *bytes = cornu_sample_data(from, self->field);
    size_t size = (size_t)cornu_sample_size(from, self->field);
    idle_loader *one = take_loader(self);
    if (!one)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__load_image_bytes(&one->loader, self->name, bytes, size, &self->options, &image);
    if (status == CORNU_OK) {
        write_pixels(self, image, place);
    } else {
        status = note_bad(self, bytes, size);
        memset(place, 0, element_count(self) * cornu_dtype_size(self->dtype));
    }
    give_loader(self, one);
    return status;
}

/* --- Making it --- */

static cornu_status read_options(decoding *self, const cornu_decode_images_options *given)
{
    cornu__bad_file_policy policy;
    CORNU_TRY(cornu__bad_file_policy_named(given->bad_files, &policy));
    if (policy == CORNU__BAD_FILE_SKIP)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "decode_images: a dataset's samples are counted, so none can be skipped; wanted bad_files "
                           "'error' or 'replace'");
    self->bad.policy = policy;
    self->bad.at_most = given->bad_files_at_most;
    CORNU_TRY(cornu__color_mode_named(given->color_mode, &self->options.decode.color_mode));
    CORNU_TRY(cornu__interpolation_named(given->interpolation, &self->options.interpolation));
    if (given->target_size.first < 1 || given->target_size.second < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "decode_images: target_size is (%d, %d), and has to be said: pictures of one batch have one "
                           "size",
                           given->target_size.first, given->target_size.second);
    if (given->dtype != CORNU_FLOAT32 && given->dtype != CORNU_UINT8)
        return cornu__fail(CORNU_ERROR_DTYPE, "decode_images: dtype is %s; wanted float32 or uint8",
                           cornu_dtype_name(given->dtype));
    CORNU_TRY(cornu__check_image_size("decode_images", (uint64_t)given->target_size.second,
                                      (uint64_t)given->target_size.first, 4 * cornu_dtype_size(given->dtype)));
    self->options.height = given->target_size.first;
    self->options.width = given->target_size.second;
    self->options.aspect = given->keep_aspect_ratio ? CORNU__ASPECT_CROP : CORNU__ASPECT_STRETCH;
    self->options.decode.exif_orientation = given->exif_orientation;
    self->dtype = given->dtype;
    return CORNU_OK;
}

cornu_dataset *cornu_decode_images_with(cornu_dataset *dataset, const char *field,
                                        const cornu_decode_images_options *options)
{
    cornu_decode_images_options given = {.struct_size = sizeof given, CORNU_DECODE_IMAGES_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    int number = cornu__bytes_field("decode_images", dataset, field);
    decoding *self = number >= 0 ? cornu__alloc(sizeof *self) : NULL;
    if (!self)
        return NULL;
    self->field = number;
    pthread_mutex_init(&self->lock, NULL);
    cornu__bad_files_init(&self->bad, CORNU__BAD_FILE_ERROR, -1);
    self->name = cornu__copy_text(field);
    if (!self->name || read_options(self, &given) != CORNU_OK) {
        decoding_release(self);
        return NULL;
    }
    const cornu_field picture = {
        .name = dataset->fields[number].name,
        .dtype = given.dtype,
        .rank = 3,
        .shape = {given.target_size.first, given.target_size.second, (int64_t)self->options.decode.color_mode}};
    return cornu__dataset_with_field(dataset, number, &picture, decode, self, decoding_release);
}
