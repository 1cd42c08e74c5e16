/* filter_steps.c: RandomSharpness, RandomGaussianBlur. */
#include "image/steps/filter.h"

#include <math.h>
#include <string.h>

static size_t picture_size(const void *config, cornu__extent extent)
{
    (void)config;
    return cornu__extent_count(extent) * sizeof(float);
}

/* --- RandomSharpness --- */

static const char *const sharpness_values[] = {"factor", NULL};

static cornu_status check_sharpness(void *config)
{
    return cornu__color_check(config, 0, 1);
}

static void draw_sharpness(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    cornu_interval factor = ((const cornu_random_color_options *)config)->factor;
    values[0] = cornu__draw_between(key, 0, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0));
}

static bool is_half(const void *config, const double *values)
{
    (void)config;
    return values[0] == 0.5;
}

/* A filter of nine equal parts, and four more of the middle's, is the mean of the smoothed picture and of itself. */
static cornu_status change_sharpness(const cornu__step_call *call, float *picture)
{
    static const float ones[] = {1, 1, 1};
    cornu_interval range = ((const cornu_random_color_options *)call->config)->value_range;
    float *smoothed = call->scratch, towards = (float)(1 - 2 * call->drawn->values[0]);
    size_t count = cornu__extent_count(call->from);
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    memcpy(smoothed, picture, count * sizeof *smoothed);
    CORNU_TRY(cornu__filter_separately(smoothed, call->from, 3, ones, 3, ones, smoothed + count));
    kernels->sharpen(picture, smoothed, count, towards, cornu__span_of(range));
    return CORNU_OK;
}

static size_t two_pictures(const void *config, cornu__extent extent)
{
    return 2 * picture_size(config, extent);
}

const cornu__step_class cornu__sharpness_class = {
    CORNU__COLOR_BASE("RandomSharpness", check_sharpness),
    .values = sharpness_values,
    .draw = draw_sharpness,
    .idle = is_half,
    .change = change_sharpness,
    .scratch = two_pictures,
};

cornu_layer *cornu_random_sharpness_with(const cornu_random_color_options *options)
{
    return cornu__layer_create(&cornu__sharpness_class.layer, options);
}

/* --- RandomGaussianBlur --- */

#define MOST_WEIGHTS 255

typedef cornu_random_gaussian_blur_options blur_options;

static const blur_options blur_defaults = {.struct_size = sizeof blur_defaults, CORNU_RANDOM_GAUSSIAN_BLUR_DEFAULTS};
static const char *const blur_values[] = {"should_apply_blur", "blur_factor_x", "blur_factor_y", NULL};

static bool is_odd(int size)
{
    return size >= 1 && size <= MOST_WEIGHTS && size % 2 == 1;
}

static cornu_status check_blur(void *config)
{
    const blur_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    CORNU_TRY(cornu__factor_check("sigma", o->sigma, 0, 1e6));
    if (is_odd(o->kernel_size.first) && (o->kernel_size.second == 0 || is_odd(o->kernel_size.second)))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "kernel_size: wanted odd numbers from 1 to %d, got (%d, %d)",
                       MOST_WEIGHTS, o->kernel_size.first, o->kernel_size.second);
}

static void draw_blur(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const blur_options *o = config;
    (void)extent;
    values[0] = cornu__draw_happens(key, 0, o->factor);
    values[1] = cornu__draw_between(key, 2, cornu__factor_limits(o->sigma, CORNU__FACTOR_FROM_0)) + 1e-6;
    values[2] = cornu__draw_between(key, 3, cornu__factor_limits(o->sigma, CORNU__FACTOR_FROM_0)) + 1e-6;
}

static cornu_status change_blur(const cornu__step_call *call, float *picture)
{
    const blur_options *o = call->config;
    float down[MOST_WEIGHTS], across[MOST_WEIGHTS];
    int height = o->kernel_size.first, width = o->kernel_size.second > 0 ? o->kernel_size.second : height;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    cornu__gauss_weights(width, call->drawn->values[1], across);
    cornu__gauss_weights(height, call->drawn->values[2], down);
    if (across[width / 2] == 1 && down[height / 2] == 1)
        return CORNU_OK; /* each pixel alone: nothing to smooth, and nothing to clip */
    CORNU_TRY(cornu__filter_separately(picture, call->from, height, down, width, across, call->scratch));
    kernels->adjust(
        picture, cornu__extent_count(call->from),
        &(cornu__adjustment){1, CORNU__NO_OFFSET, (float)o->value_range.first, (float)o->value_range.second});
    return CORNU_OK;
}

static const cornu__field blur_fields[] = {
    CORNU__LAYER_FIELDS(blur_options),
    CORNU__FIELD(INTERVAL, blur_options, factor),
    CORNU__FIELD(SIZE2, blur_options, kernel_size),
    CORNU__FIELD(INTERVAL, blur_options, sigma),
    CORNU__RANGE_FIELD(blur_options),
    CORNU__FORMAT_FIELD(blur_options),
    CORNU__SEED_FIELD(blur_options),
};
static const cornu__step_class blur_class = {
    CORNU__STEP_BASE("RandomGaussianBlur", blur_options, blur_defaults, blur_fields, .check = check_blur),
    .values = blur_values,
    .draw = draw_blur,
    .idle = cornu__idle_at_zero,
    .change = change_blur,
    .scratch = picture_size,
};

cornu_layer *cornu_random_gaussian_blur_with(const blur_options *options)
{
    return cornu__layer_create(&blur_class.layer, options);
}

cornu__family cornu__filter_steps = {&cornu__sharpness_class.layer.base, &blur_class.layer.base, NULL};
