/* gray_steps.c: RandomGrayscale, RandomColorDegeneration. */
#include "image/steps/color.h"

/* --- RandomGrayscale --- */

typedef cornu_random_grayscale_options gray_options;

static const gray_options gray_defaults = {.struct_size = sizeof gray_defaults, CORNU_RANDOM_GRAYSCALE_DEFAULTS};
static const char *const gray_values[] = {"should_apply", NULL};

static cornu_status check_gray(void *config)
{
    double factor = ((const gray_options *)config)->factor;
    return cornu__factor_check("factor", (cornu_interval){.first = factor}, 0, 1);
}

static void draw_gray(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[0] = cornu__random_uniform_double(key, 0) < ((const gray_options *)config)->factor;
}

static size_t colored_pixels(const cornu__step_call *call)
{
    return call->from.channels == 3 ? (size_t)call->from.height * (size_t)call->from.width : 0;
}

static cornu_status change_gray(const cornu__step_call *call, float *picture)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->turn_gray(picture, colored_pixels(call));
    return CORNU_OK;
}

static const cornu__field gray_fields[] = {
    CORNU__LAYER_FIELDS(gray_options),
    CORNU__FIELD(DOUBLE, gray_options, factor),
    CORNU__FORMAT_FIELD(gray_options),
    CORNU__SEED_FIELD(gray_options),
};
static const cornu__step_class gray_class = {
    CORNU__STEP_BASE("RandomGrayscale", gray_options, gray_defaults, gray_fields, .check = check_gray),
    .values = gray_values,
    .colors = true,
    .draw = draw_gray,
    .idle = cornu__idle_at_zero,
    .change = change_gray,
};

cornu_layer *cornu_random_grayscale_with(const gray_options *options)
{
    return cornu__layer_create(&gray_class.layer, options);
}

/* --- RandomColorDegeneration --- */

static const char *const degeneration_values[] = {"factor", NULL};

/* Keras writes (-f, f) into its files where it documents 0 .. f. */
static cornu_status check_degeneration(void *config)
{
    return cornu__color_check(config, -1, 1);
}

static void draw_degeneration(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    cornu_interval factor = ((const cornu_random_color_options *)config)->factor;
    values[0] = cornu__draw_between(key, 0, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0));
}

static cornu_status change_degeneration(const cornu__step_call *call, float *picture)
{
    cornu_interval range = ((const cornu_random_color_options *)call->config)->value_range;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->fade(picture, colored_pixels(call), (float)call->drawn->values[0], cornu__span_of(range));
    return CORNU_OK;
}

const cornu__step_class cornu__degeneration_class = {
    CORNU__COLOR_BASE("RandomColorDegeneration", check_degeneration),
    .values = degeneration_values,
    .colors = true,
    .draw = draw_degeneration,
    .idle = cornu__idle_at_zero,
    .change = change_degeneration,
};

cornu_layer *cornu_random_color_degeneration_with(const cornu_random_color_options *options)
{
    return cornu__layer_create(&cornu__degeneration_class.layer, options);
}

cornu__family cornu__gray_steps = {&gray_class.layer.base, &cornu__degeneration_class.layer.base, NULL};
