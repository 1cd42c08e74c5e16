/* load.c: from a file to a picture of the wanted colours and size. */
#include <string.h>

#include "array/array.h"
#include "image/load.h"

void cornu__loader_free(cornu__loader *loader)
{
    cornu__decoder_free(&loader->decoder);
    cornu__resizer_free(&loader->resizer);
    cornu__image_free(&loader->decoded);
    cornu__image_free(&loader->resized);
}

cornu_status cornu__load_image(cornu__loader *loader, const char *path, const cornu__load_options *options,
                               const cornu__image **image)
{
    cornu__image *decoded = &loader->decoded;
    CORNU_TRY(cornu__decode_file(&loader->decoder, path, &options->decode, decoded));
    int height = options->height > 0 ? options->height : decoded->height;
    int width = options->width > 0 ? options->width : decoded->width;
    *image = decoded;
    if (height == decoded->height && width == decoded->width)
        return CORNU_OK;
    cornu__box box =
        options->keep_aspect_ratio ? cornu__box_in_the_middle(decoded, height, width) : cornu__box_of(decoded);
    if (cornu__resize(&loader->resizer, decoded, box, options->interpolation, height, width, &loader->resized) !=
        CORNU_OK)
        return cornu__fail_context("'%s'", path);
    *image = &loader->resized;
    return CORNU_OK;
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
