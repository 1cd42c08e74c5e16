/* normalize.c: Keras's standardize: from a transformed picture to what the model gets. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "image/image_data_generator.h"
#include "image/sums.h"

#define SMALL 1e-6 /* keeps a plain picture from being divided by 0 */

static size_t count_of(cornu__picture_shape shape)
{
    return (size_t)shape.height * (size_t)shape.width * (size_t)shape.channels;
}

static void samplewise(const cornu_image_data_generator *generator, const cornu__image_kernels *kernels, float *values,
                       size_t count)
{
    if (generator->options.samplewise_center) {
        float mean;
        cornu__channel_means(kernels, values, count, 1, &mean);
        kernels->adjust(values, count, &(cornu__adjustment){1, -mean, -INFINITY, INFINITY});
    }
    if (generator->options.samplewise_std_normalization) {
        const float zero = 0, scale = cornu__standard_deviation(kernels, values, count, SMALL);
        kernels->normalize(values, count, 1, &zero, &scale);
    }
}

/* The warning for one option, once. */
static void warn_unfit(cornu_image_data_generator *generator, int bit, const char *option)
{
    if (!(atomic_fetch_or(&generator->warned, 1 << bit) & 1 << bit))
        cornu__warn("ImageDataGenerator: %s is set, but the generator was not fit on data, so it is left out: call "
                    "cornu_image_data_generator_fit first",
                    option);
}

static cornu_status check_channels(const cornu_image_data_generator *generator, cornu__picture_shape shape)
{
    if (shape.channels == generator->channels)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_SHAPE,
                       "ImageDataGenerator: a picture has %lld channels, the data that it was fit on %lld",
                       (long long)shape.channels, (long long)generator->channels);
}

/* values := (values - center) / scale, each channel with its own. */
static void featurewise(const cornu_image_data_generator *generator, const cornu__image_kernels *kernels,
                        cornu__picture_shape shape, float *values, const cornu__picture_space *space)
{
    size_t pixels = (size_t)shape.height * (size_t)shape.width, channels = (size_t)shape.channels;
    for (size_t i = 0; i < channels; i++) {
        space->centers[i] = generator->options.featurewise_center ? (float)generator->mean[i] : 0;
        space->scales[i] = generator->options.featurewise_std_normalization ? (float)(generator->std[i] + SMALL) : 1;
    }
    if (!generator->channels_first)
        kernels->normalize(values, pixels, channels, space->centers, space->scales);
    for (size_t i = 0; generator->channels_first && i < channels; i++)
        kernels->normalize(values + i * pixels, pixels, 1, &space->centers[i], &space->scales[i]);
}

/* values := values * whitening, as a row. */
static void whiten(const cornu_image_data_generator *generator, float *values, float *result)
{
    size_t size = (size_t)generator->whitened;
    memset(result, 0, size * sizeof *result);
    for (size_t row = 0; row < size; row++) {
        const float *weights = generator->whitening + row * size;
        float value = values[row];
        for (size_t column = 0; column < size; column++)
            result[column] += value * weights[column];
    }
    memcpy(values, result, size * sizeof *values);
}

static cornu_status fitted(cornu_image_data_generator *generator, const cornu__image_kernels *kernels,
                           cornu__picture_shape shape, float *picture, const cornu__picture_space *space)
{
    const cornu_image_data_generator_options *options = &generator->options;
    if (options->featurewise_center || options->featurewise_std_normalization) {
        if (generator->mean) {
            CORNU_TRY(check_channels(generator, shape));
            featurewise(generator, kernels, shape, picture, space);
        } else
            warn_unfit(generator, 0,
                       options->featurewise_std_normalization ? "featurewise_std_normalization" : "featurewise_center");
    }
    if (!options->zca_whitening)
        return CORNU_OK;
    if (!generator->whitening) {
        warn_unfit(generator, 1, "zca_whitening");
        return CORNU_OK;
    }
    if ((size_t)generator->whitened != count_of(shape))
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "ImageDataGenerator: a picture has %zu values, those it was fit on for whitening %lld",
                           count_of(shape), (long long)generator->whitened);
    whiten(generator, picture, space->whitened);
    return CORNU_OK;
}

static cornu_status preprocess(const cornu_image_data_generator *generator, cornu__picture_shape shape, float *picture)
{
    const cornu_image_data_generator_options *options = &generator->options;
    bool first = generator->channels_first;
    const int64_t sizes[3] = {first ? shape.channels : shape.height, first ? shape.height : shape.width,
                              first ? shape.width : shape.channels};
    cornu_error_clear();
    cornu_status status = options->preprocessing_function(options->preprocessing_state, picture, sizes);
    if (status == CORNU_OK)
        return CORNU_OK;
    if (cornu_error_status() != status)
        return cornu__fail(status, "preprocessing_function returned the status \"%s\" without a message",
                           cornu_status_name(status));
    return cornu__fail_context("preprocessing_function");
}

cornu_status cornu__picture_normalize(cornu_image_data_generator *generator, cornu__picture_shape shape, float *picture,
                                      const cornu__picture_space *space)
{
    const cornu_image_data_generator_options *options = &generator->options;
    size_t count = count_of(shape);
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    if (options->preprocessing_function)
        CORNU_TRY(preprocess(generator, shape, picture));
    if (options->rescale != 0)
        kernels->adjust(picture, count,
                        &(cornu__adjustment){(float)options->rescale, CORNU__NO_OFFSET, -INFINITY, INFINITY});
    samplewise(generator, kernels, picture, count);
    return fitted(generator, kernels, shape, picture, space);
}
