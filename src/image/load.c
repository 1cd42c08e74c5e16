/* load.c: from a file to a picture of the wanted colours and size. */
#include <string.h>

#include "array/array.h"
#include "data/stages.h"
#include "image/load.h"

void cornu__loader_free(cornu__loader *loader)
{
    cornu__decoder_free(&loader->decoder);
    cornu__resizer_free(&loader->resizer);
    cornu__image_free(&loader->decoded);
    cornu__image_free(&loader->resized);
    cornu__image_free(&loader->padded);
}

/* --- As Keras's image_dataset_from_directory --- */

/* tf.image.decode_image keeps the upper 8 bits. */
static void drop_lower_bits(cornu__image *image)
{
    uint16_t *values = image->data;
    size_t count = image->dtype == CORNU_UINT16 ? cornu__image_count(image) : 0;
    for (size_t i = 0; i < count; i++)
        values[i] >>= 8;
}

static int at_least_1(float size)
{
    return size < 1 ? 1 : (int)size;
}

/* tf.image.resize_with_pad, whose sizes are float32. */
static cornu_status resize_with_pad(cornu__loader *loader, const cornu__load_options *options, int height, int width)
{
    const cornu__image *decoded = &loader->decoded;
    cornu__image *resized = &loader->resized, *padded = &loader->padded;
    float across = (float)decoded->width / (float)width, down = (float)decoded->height / (float)height;
    float ratio = across > down ? across : down;
    float new_height = (float)decoded->height / ratio, new_width = (float)decoded->width / ratio;
    int top = (int)(((float)height - new_height) / 2), left = (int)(((float)width - new_width) / 2);
    CORNU_TRY(cornu__resize_tensorflow(&loader->resizer, decoded, cornu__box_of(decoded), options->method, false,
                                       at_least_1(new_height), at_least_1(new_width), resized));
    CORNU_TRY(cornu__image_shape(padded, CORNU_FLOAT32, height, width, decoded->channels));
    memset(padded->data, 0, cornu__image_count(padded) * sizeof(float));
    size_t channels = (size_t)decoded->channels, length = (size_t)resized->width * channels;
    for (int row = 0; row < resized->height; row++)
        memcpy((float *)padded->data + ((size_t)(top + row) * (size_t)width + (size_t)left) * channels,
               (const float *)resized->data + (size_t)row * length, length * sizeof(float));
    return CORNU_OK;
}

static cornu_status resize_as_tensorflow(cornu__loader *loader, const cornu__load_options *options, int height,
                                         int width, const cornu__image **image)
{
    cornu__image *decoded = &loader->decoded;
    drop_lower_bits(decoded);
    if (options->aspect == CORNU__ASPECT_PAD) {
        *image = &loader->padded;
        return resize_with_pad(loader, options, height, width);
    }
    cornu__box box = options->aspect == CORNU__ASPECT_CROP ? cornu__box_in_the_middle(decoded, height, width)
                                                           : cornu__box_of(decoded);
    *image = &loader->resized;
    return cornu__resize_tensorflow(&loader->resizer, decoded, box, options->method, false, height, width,
                                    &loader->resized);
}

/* --- As load_img --- */

static cornu_status resize(cornu__loader *loader, const cornu__load_options *options, int height, int width,
                           const cornu__image **image)
{
    const cornu__image *decoded = &loader->decoded;
    if (options->tensorflow)
        return resize_as_tensorflow(loader, options, height, width, image);
    cornu__box box = options->aspect == CORNU__ASPECT_CROP ? cornu__box_in_the_middle(decoded, height, width)
                                                           : cornu__box_of(decoded);
    *image = &loader->resized;
    return cornu__resize(&loader->resizer, decoded, box, options->interpolation, height, width, &loader->resized);
}

/* The picture that was decoded, in the wanted size. */
static cornu_status bring_to_size(cornu__loader *loader, const char *name, const cornu__load_options *options,
                                  const cornu__image **image)
{
    cornu__image *decoded = &loader->decoded;
    int height = options->height > 0 ? options->height : decoded->height;
    int width = options->width > 0 ? options->width : decoded->width;
    *image = decoded;
    if (!options->tensorflow && height == decoded->height && width == decoded->width)
        return CORNU_OK;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_RESIZE);
    cornu_status status = resize(loader, options, height, width, image);
    cornu__stage_enter(before);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("'%s'", name);
}

cornu_status cornu__load_image(cornu__loader *loader, const char *path, const cornu__load_options *options,
                               const cornu__image **image)
{
    CORNU_TRY(cornu__decode_file(&loader->decoder, path, &options->decode, &loader->decoded));
    return bring_to_size(loader, path, options, image);
}

cornu_status cornu__load_image_bytes(cornu__loader *loader, const char *name, const uint8_t *bytes, size_t size,
                                     const cornu__load_options *options, const cornu__image **image)
{
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_DECODE);
    cornu_status status = cornu__decode(&loader->decoder, name, bytes, size, &options->decode, &loader->decoded);
    cornu__stage_enter(before);
    CORNU_TRY(status);
    return bring_to_size(loader, name, options, image);
}

static inline float element(const cornu__image *image, size_t i)
{
    switch (image->dtype) {
    case CORNU_UINT8:
        return ((const uint8_t *)image->data)[i];
    case CORNU_UINT16:
        return ((const uint16_t *)image->data)[i];
    default:
        return ((const float *)image->data)[i];
    }
}

void cornu__image_write_floats(const cornu__image *image, bool channels_first, float *to)
{
    size_t count = cornu__image_count(image), channels = (size_t)image->channels;
    if (!channels_first || channels == 1) {
        cornu__convert(CORNU_FLOAT32, to, image->dtype, image->data, (int64_t)count);
        return;
    }
    for (size_t channel = 0; channel < channels; channel++) {
        for (size_t i = channel; i < count; i += channels)
            *to++ = element(image, i);
    }
}

cornu_status cornu__image_check(cornu__loader *loader, const char *path, bool header_only, cornu__image_facts *facts)
{
    cornu__decoder *decoder = &loader->decoder;
    *facts = (cornu__image_facts){0};
    CORNU_TRY(header_only ? cornu__decode_header(decoder, path) : cornu__decode_raw(decoder, path));
    facts->kind = decoder->kind;
    facts->height = decoder->raw.height;
    facts->width = decoder->raw.width;
    facts->channels = decoder->raw.channels;
    facts->dtype = decoder->raw.dtype;
    memcpy(facts->damage, decoder->damage, sizeof facts->damage);
    return CORNU_OK;
}
