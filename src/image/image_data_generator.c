/* image_data_generator.c: making a generator, and its functions for one picture. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "image/image_data_generator.h"

/* --- Names --- */

/* *place := that of `name` among `names`; "exact" and NULL are 0, which has no entry in `names`. */
static cornu_status find_compat(const char *option, const char *name, const char *const *names, int count, int *place)
{
    *place = 0;
    if (!name || strcmp(name, "exact") == 0)
        return CORNU_OK;
    for (int i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            *place = i + 1;
    }
    if (*place > 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "ImageDataGenerator: %s is \"%s\"; wanted NULL (exact), \"%s\"%s%s%s", option, name, names[0],
                       count > 1 ? " or \"" : "", count > 1 ? names[1] : "", count > 1 ? "\"" : "");
}

static cornu_status read_compat(cornu_image_data_generator *generator)
{
    static const char *const versions[] = {"kp112", "tf29"}, *const scipy[] = {"scipy"}, *const numpy[] = {"numpy"},
                             *const float32[] = {"float32"};
    const cornu_image_data_generator_options *given = &generator->options;
    int affine, brightness, wrap, random, zca, statistics;
    CORNU_TRY(find_compat("affine_compat", given->affine_compat, versions, 2, &affine));
    CORNU_TRY(find_compat("brightness_compat", given->brightness_compat, versions, 2, &brightness));
    CORNU_TRY(find_compat("wrap_compat", given->wrap_compat, scipy, 1, &wrap));
    CORNU_TRY(find_compat("rng_compat", given->rng_compat, numpy, 1, &random));
    CORNU_TRY(find_compat("zca_compat", given->zca_compat, versions, 1, &zca));
    CORNU_TRY(find_compat("stats_compat", given->stats_compat, float32, 1, &statistics));
    generator->float32_statistics = statistics != 0;
    generator->affine_compat = (cornu__affine_compat)affine;
    generator->brightness_compat = (cornu__brightness_compat)brightness;
    generator->numpy_draws = random != 0;
    generator->zca_kp112 = zca != 0;
    if (cornu__fill_mode_from_name(given->fill_mode, wrap != 0, &generator->fill_mode) != CORNU_OK)
        return cornu__fail_context("ImageDataGenerator");
    return CORNU_OK;
}

static cornu_status read_formats(cornu_image_data_generator *generator)
{
    const char *format = generator->options.data_format, *dtype = generator->options.dtype;
    generator->channels_first = format && strcmp(format, "channels_first") == 0;
    if (!generator->channels_first && (!format || strcmp(format, "channels_last") != 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: data_format is \"%s\"; wanted \"channels_last\" or \"channels_first\"",
                           format ? format : "NULL");
    generator->dtype = dtype ? cornu__dtype_from_name(dtype) : CORNU_DTYPE_COUNT;
    if (generator->dtype != CORNU_FLOAT32 && generator->dtype != CORNU_FLOAT64 && generator->dtype != CORNU_FLOAT16)
        return cornu__fail(CORNU_ERROR_DTYPE,
                           "ImageDataGenerator: dtype is \"%s\"; wanted \"float32\", \"float64\" or \"float16\"",
                           dtype ? dtype : "NULL");
    return CORNU_OK;
}

/* --- Numbers --- */

static cornu_status check_finite(const char *name, double value)
{
    if (isfinite(value))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "ImageDataGenerator: %s is %g, and must be finite", name, value);
}

static cornu_status check_numbers(const cornu_image_data_generator_options *given)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"rotation_range", given->rotation_range},
                   {"shear_range", given->shear_range},
                   {"channel_shift_range", given->channel_shift_range},
                   {"zoom_range", given->zoom_range.first + given->zoom_range.second},
                   {"brightness_range", given->brightness_range.first + given->brightness_range.second},
                   {"value_range", given->value_range.first + given->value_range.second},
                   {"zca_epsilon", given->zca_epsilon},
                   {"rescale", given->rescale}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        CORNU_TRY(check_finite(numbers[i].name, numbers[i].value));
    if (given->interpolation_order < 0 || given->interpolation_order > 5)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: interpolation_order is %d; wanted 0 (nearest pixel), 1 (linear) or 2 "
                           "to 5 (splines)",
                           given->interpolation_order);
    if (given->validation_split != 0 && !(given->validation_split > 0 && given->validation_split < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: validation_split is %g; wanted a share between 0 and 1",
                           given->validation_split);
    if (!given->brightness_range.pair && given->brightness_range.first != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: brightness_range is %g; wanted a pair of factors, as cornu_range(%g, "
                           "%g)",
                           given->brightness_range.first, 1 - fabs(given->brightness_range.first),
                           1 + fabs(given->brightness_range.first));
    if (!given->value_range.pair || given->value_range.first >= given->value_range.second)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: value_range is %g to %g; wanted a lower and a higher value, as "
                           "cornu_range(0, 255)",
                           given->value_range.first, given->value_range.second);
    if (cornu__shift_range_check("width_shift_range", &given->width_shift_range) != CORNU_OK ||
        cornu__shift_range_check("height_shift_range", &given->height_shift_range) != CORNU_OK)
        return cornu__fail_context("ImageDataGenerator");
    return CORNU_OK;
}

/* What one option makes of another, with the warnings of Keras. */
static void correct(cornu_image_data_generator_options *options)
{
    bool normalize = options->featurewise_std_normalization;
    if (options->zca_whitening && !options->featurewise_center) {
        options->featurewise_center = true;
        cornu__warn("ImageDataGenerator: zca_whitening is set, which sets featurewise_center");
    }
    if (options->zca_whitening && normalize) {
        options->featurewise_std_normalization = false;
        cornu__warn("ImageDataGenerator: zca_whitening is set, which takes back featurewise_std_normalization");
    }
    if (normalize && !options->featurewise_center) {
        options->featurewise_center = true;
        cornu__warn("ImageDataGenerator: featurewise_std_normalization is set, which sets featurewise_center");
    }
    if (options->samplewise_std_normalization && !options->samplewise_center) {
        options->samplewise_center = true;
        cornu__warn("ImageDataGenerator: samplewise_std_normalization is set, which sets samplewise_center");
    }
}

static void settle_zoom(cornu_image_data_generator *generator)
{
    cornu_interval zoom = generator->options.zoom_range;
    generator->zoom_low = zoom.pair ? zoom.first : 1 - zoom.first;
    generator->zoom_high = zoom.pair ? zoom.second : 1 + zoom.first;
}

static cornu_status check_together(const cornu_image_data_generator *generator)
{
    if (generator->brightness_compat != CORNU__BRIGHTNESS_EXACT && generator->channels_first)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: brightness_compat goes with data_format \"channels_last\" only, as in "
                           "the versions that it stands for");
    if (generator->numpy_draws && generator->options.seed > UINT32_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ImageDataGenerator: seed is %llu; numpy's RandomState takes 0 to %u",
                           (unsigned long long)generator->options.seed, UINT32_MAX);
    return CORNU_OK;
}

static cornu_status settle(cornu_image_data_generator *generator)
{
    CORNU_TRY(check_numbers(&generator->options));
    CORNU_TRY(read_formats(generator));
    CORNU_TRY(read_compat(generator));
    CORNU_TRY(check_together(generator));
    correct(&generator->options);
    settle_zoom(generator);
    if (generator->numpy_draws)
        cornu__numpy_seed(&generator->numpy, (uint32_t)generator->options.seed);
    return CORNU_OK;
}

/* --- The object --- */

cornu_image_data_generator *cornu_image_data_generator_create_with(const cornu_image_data_generator_options *options)
{
    cornu_image_data_generator *generator = cornu__alloc(sizeof *generator);
    if (!generator)
        return NULL;
    generator->options = (cornu_image_data_generator_options){.struct_size = sizeof generator->options,
                                                              CORNU_IMAGE_DATA_GENERATOR_DEFAULTS};
    cornu__options_lay(&generator->options, sizeof generator->options, options);
    if (settle(generator) != CORNU_OK) {
        cornu__free(generator);
        return NULL;
    }
    /* The first reference is the program's: it does not float. */
    cornu__reference_start(&generator->reference);
    cornu__reference_keep(&generator->reference);
    pthread_mutex_init(&generator->lock, NULL);
    return generator;
}

cornu_image_data_generator *cornu_image_data_generator_retain(cornu_image_data_generator *generator)
{
    if (generator)
        cornu__reference_keep(&generator->reference);
    return generator;
}

void cornu_image_data_generator_release(cornu_image_data_generator *generator)
{
    if (!generator || !cornu__reference_drop(&generator->reference))
        return;
    pthread_mutex_destroy(&generator->lock);
    cornu__free(generator->mean);
    cornu__free(generator->std);
    cornu__free(generator->whitening);
    cornu__free(generator);
}

/* --- One picture --- */

cornu__picture_shape cornu__picture_shape_of(const cornu_image_data_generator *generator, const int64_t *shape)
{
    if (generator->channels_first)
        return (cornu__picture_shape){.channels = shape[0], .height = shape[1], .width = shape[2]};
    return (cornu__picture_shape){.height = shape[0], .width = shape[1], .channels = shape[2]};
}

cornu_status cornu__picture_check(const cornu_image_data_generator *generator, const int64_t *shape, const char *what)
{
    cornu__picture_shape sizes = cornu__picture_shape_of(generator, shape);
    char text[CORNU__SHAPE_TEXT_SIZE];
    bool possible = sizes.height >= 1 && sizes.width >= 1 && sizes.channels >= 1;
    /* Rows and columns are counted in 32.32 fixed point, and reach beyond the picture. */
    possible = possible && sizes.height < 1 << 28 && sizes.width < 1 << 28 && sizes.channels < 1 << 28;
    int64_t pixels, count;
    possible = possible && !__builtin_mul_overflow(sizes.height, sizes.width, &pixels) &&
               !__builtin_mul_overflow(pixels, sizes.channels * 64, &count);
    if (!possible)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s of shape %s: there is no such picture with data_format \"%s\"", what,
                           cornu__text_shape(text, sizeof text, 3, shape),
                           generator->channels_first ? "channels_first" : "channels_last");
    if (generator->brightness_compat != CORNU__BRIGHTNESS_EXACT && generator->options.brightness_range.pair &&
        sizes.channels != 1 && sizes.channels != 3 && sizes.channels != 4)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: brightness_compat wants pictures of 1, 3 or 4 channels, got %lld",
                           what, (long long)sizes.channels);
    return CORNU_OK;
}

static cornu_status check_seed(const cornu_image_data_generator *generator, int64_t seed)
{
    if (seed < CORNU_NONE || (generator->numpy_draws && seed > UINT32_MAX))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "seed is %lld; wanted CORNU_NONE or 0 to %lld",
                           (long long)seed, generator->numpy_draws ? (long long)UINT32_MAX : (long long)INT64_MAX);
    return CORNU_OK;
}

/* The lone draws of a generator have an epoch of their own. */
static cornu__random_key lone_key(const cornu_image_data_generator *generator, int64_t seed, uint64_t number)
{
    uint64_t own = seed == CORNU_NONE ? generator->options.seed : (uint64_t)seed;
    return cornu__random_key_make(own, CORNU__RANDOM_AUGMENT, UINT64_MAX, number);
}

cornu_status cornu_image_data_generator_get_random_transform(cornu_image_data_generator *generator,
                                                             const int64_t shape[3], int64_t seed,
                                                             cornu_transform_options *transform)
{
    CORNU_TRY(cornu__picture_check(generator, shape, "get_random_transform: pictures"));
    if (check_seed(generator, seed) != CORNU_OK)
        return cornu__fail_context("get_random_transform");
    cornu__picture_shape sizes = cornu__picture_shape_of(generator, shape);
    pthread_mutex_lock(&generator->lock);
    if (seed != CORNU_NONE && generator->numpy_draws)
        cornu__numpy_seed(&generator->numpy, (uint32_t)seed);
    uint64_t number = seed == CORNU_NONE ? ++generator->drawn : 0;
    cornu__draws draws = {.numpy = generator->numpy_draws ? &generator->numpy : NULL,
                          .key = lone_key(generator, seed, number)};
    *transform = cornu__draw_transform(generator, &draws, sizes);
    pthread_mutex_unlock(&generator->lock);
    return CORNU_OK;
}

static cornu_status check_picture(const cornu_image_data_generator *generator, const char *function,
                                  const cornu_array *picture)
{
    if (!picture || cornu_array_is_collection(picture) || cornu_array_rank(picture) != 3 ||
        cornu_array_dtype(picture) != CORNU_FLOAT32)
        return cornu__fail(CORNU_ERROR_SHAPE, "%s: wanted one picture, a float32 array of rank 3", function);
    return cornu__picture_check(generator, cornu_array_shape(picture), function);
}

cornu_array *cornu_image_data_generator_apply_transform_with(const cornu_image_data_generator *generator,
                                                             const cornu_array *picture,
                                                             const cornu_transform_options *transform)
{
    cornu_transform_options given = {.struct_size = sizeof given, CORNU_TRANSFORM_DEFAULTS};
    cornu__options_lay(&given, sizeof given, transform);
    if (check_picture(generator, "apply_transform", picture) != CORNU_OK)
        return NULL;
    cornu__picture_shape shape = cornu__picture_shape_of(generator, picture->shape);
    cornu__picture_space space;
    if (cornu__picture_space_create(generator, shape, &space) != CORNU_OK)
        return NULL;
    cornu_array *result = cornu__array_uninitialized(CORNU_FLOAT32, 3, picture->shape);
    if (result && cornu__picture_transform(generator, shape, &given, picture->data, result->data, &space) != CORNU_OK) {
        cornu__fail_context("apply_transform");
        cornu_array_release(result);
        result = NULL;
    }
    cornu__picture_space_free(&space);
    return result;
}

cornu_array *cornu_image_data_generator_random_transform(cornu_image_data_generator *generator,
                                                         const cornu_array *picture, int64_t seed)
{
    cornu_transform_options drawn;
    if (check_picture(generator, "random_transform", picture) != CORNU_OK ||
        cornu_image_data_generator_get_random_transform(generator, picture->shape, seed, &drawn) != CORNU_OK)
        return NULL;
    return cornu_image_data_generator_apply_transform_with(generator, picture, &drawn);
}

cornu_status cornu_image_data_generator_standardize(cornu_image_data_generator *generator, cornu_array *picture)
{
    CORNU_TRY(check_picture(generator, "standardize", picture));
    cornu__picture_shape shape = cornu__picture_shape_of(generator, picture->shape);
    cornu__picture_space space;
    CORNU_TRY(cornu__picture_space_create(generator, shape, &space));
    cornu_status status = cornu__picture_normalize(generator, shape, picture->data, &space);
    cornu__picture_space_free(&space);
    return status;
}
