/* color.c: brightness, contrast, saturation, hue, by the loops of image/kernels. */
#include "image/steps/color.h"

#include "image/sums.h"

cornu_status cornu__color_check_channels(cornu__extent extent)
{
    if (extent.channels <= CORNU__MOST_CHANNELS)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_LIMIT, "wanted pictures of at most %d channels, got %d", CORNU__MOST_CHANNELS,
                       extent.channels);
}

static size_t pixels_of(cornu__extent extent)
{
    return (size_t)extent.height * (size_t)extent.width;
}

cornu_status cornu__color_brighten(float *picture, cornu__extent extent, double delta, cornu_interval range)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->adjust(picture, cornu__extent_count(extent),
                    &(cornu__adjustment){1, (float)delta, (float)range.first, (float)range.second});
    return CORNU_OK;
}

cornu_status cornu__color_contrast(float *picture, cornu__extent extent, double factor, cornu_interval range)
{
    float means[CORNU__MOST_CHANNELS];
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__color_check_channels(extent));
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    cornu__channel_means(kernels, picture, pixels_of(extent), (size_t)extent.channels, means);
    kernels->spread(picture, pixels_of(extent), (size_t)extent.channels, means, (float)factor, cornu__span_of(range));
    return CORNU_OK;
}

cornu_status cornu__color_saturate(float *picture, cornu__extent extent, double factor, cornu_interval range)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    if (extent.channels == 3)
        kernels->saturate(picture, pixels_of(extent), (float)factor, (float)range.first);
    return CORNU_OK;
}

cornu_status cornu__color_turn_hue(float *picture, cornu__extent extent, double turn, cornu_interval range)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    if (extent.channels == 3)
        kernels->turn_hue(picture, pixels_of(extent), (float)turn, cornu__span_of(range));
    return CORNU_OK;
}
