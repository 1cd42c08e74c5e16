/* transform.c: a transform done to one picture: one pass of resampling with the flips in it, then the colours. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "image/image_data_generator.h"

static bool needs_splines(const cornu_image_data_generator *generator)
{
    return generator->options.interpolation_order > 1;
}

/* What is resampled at once: the picture, or with channels first each channel. */
static cornu__extent extent_of(const cornu_image_data_generator *generator, cornu__picture_shape shape)
{
    return (cornu__extent){(int)shape.height, (int)shape.width, generator->channels_first ? 1 : (int)shape.channels};
}

void cornu__picture_space_free(cornu__picture_space *space)
{
    cornu__free(space->picture);
    cornu__free(space->scratch);
    cornu__free(space->whitened);
    cornu__free(space->centers);
    cornu__free(space->scales);
    *space = (cornu__picture_space){0};
}

cornu_status cornu__picture_space_create(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                         cornu__picture_space *space)
{
    size_t count = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
    *space = (cornu__picture_space){.picture = cornu__alloc_array(count, sizeof(float))};
    bool failed = !space->picture;
    if (needs_splines(generator)) {
        cornu__warp warp = {.fill_mode = generator->fill_mode, .order = generator->options.interpolation_order};
        space->scratch = cornu__alloc_uninitialized(cornu__warp_scratch(&warp, extent_of(generator, shape)));
        failed = failed || !space->scratch;
    }
    if (generator->options.zca_whitening) {
        space->whitened = cornu__alloc_array(count, sizeof(float));
        failed = failed || !space->whitened;
    }
    if (generator->options.featurewise_center || generator->options.featurewise_std_normalization) {
        space->centers = cornu__alloc_array((size_t)shape.channels, sizeof(float));
        space->scales = cornu__alloc_array((size_t)shape.channels, sizeof(float));
        failed = failed || !space->centers || !space->scales;
    }
    if (!failed)
        return CORNU_OK;
    cornu__picture_space_free(space);
    return cornu_error_status();
}

static cornu_status check_finite(const cornu_transform_options *t)
{
    bool brightness = isfinite(t->brightness) || isnan(t->brightness);
    if (brightness && isfinite(t->theta + t->tx + t->ty + t->shear + t->zx + t->zy + t->channel_shift_intensity))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "a parameter of the transform is not finite: theta %g, tx %g, ty %g, shear %g, zx %g, zy %g, "
                       "channel_shift_intensity %g, brightness %g",
                       t->theta, t->tx, t->ty, t->shear, t->zx, t->zy, t->channel_shift_intensity, t->brightness);
}

/* Matrix and flips of bytes, or of floats where there are none. `scratch`: of splines. */
static cornu_status place(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                          const cornu_transform_options *t, int order, const float *from, const uint8_t *bytes,
                          float *to, void *scratch)
{
    cornu__affine_parameters parameters = {t->theta, t->tx, t->ty, t->shear, t->zx, t->zy};
    cornu__extent extent = extent_of(generator, shape);
    cornu__warp warp = {.map = cornu__affine_make(&parameters, extent.height, extent.width, generator->affine_compat),
                        .fill_mode = generator->fill_mode,
                        .order = order,
                        .constant = (float)generator->options.cval,
                        .flip_horizontal = t->flip_horizontal,
                        .flip_vertical = t->flip_vertical};
    int64_t parts = generator->channels_first ? shape.channels : 1;
    size_t count = (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
    bool moved = !cornu__affine_is_identity(&parameters);
    for (int64_t part = 0; part < parts; part++, to += count) {
        size_t at = (size_t)part * count;
        if (moved && bytes)
            CORNU_TRY(cornu__warp_run_bytes(&warp, extent, bytes + at, to, scratch));
        else if (moved)
            CORNU_TRY(cornu__warp_run(&warp, extent, from + at, to, scratch));
        else if (bytes)
            cornu__flip_bytes(extent, t->flip_horizontal, t->flip_vertical, bytes + at, to);
        else
            cornu__flip(extent, t->flip_horizontal, t->flip_vertical, from + at, to);
    }
    return CORNU_OK;
}

cornu_status cornu__mask_transform(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                   const cornu_transform_options *transform, const float *from, float *to)
{
    return place(generator, shape, transform, 0, from, NULL, to, NULL);
}

cornu_status cornu__picture_transform(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                      const cornu_transform_options *transform, const float *from, float *to,
                                      const cornu__picture_space *space)
{
    CORNU_TRY(check_finite(transform));
    CORNU_TRY(place(generator, shape, transform, generator->options.interpolation_order, from,
                    from ? NULL : space->bytes, to, space->scratch));
    size_t count = (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
    if (transform->channel_shift_intensity != 0)
        CORNU_TRY(cornu__channel_shift(to, count, (float)transform->channel_shift_intensity));
    if (isnan(transform->brightness))
        return CORNU_OK;
    const cornu_interval *range = &generator->options.value_range;
    if (generator->brightness_compat == CORNU__BRIGHTNESS_EXACT)
        return cornu__brightness(to, count, transform->brightness, range->first, range->second);
    return cornu__brightness_8bit(to, count, (int)shape.channels, transform->brightness, generator->brightness_compat);
}
