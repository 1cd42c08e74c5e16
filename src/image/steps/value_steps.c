/* value_steps.c: RandomInvert, RandomPosterization, Solarization: what becomes of a value depends on nothing but itself. */
#include "image/steps/color.h"

#include <math.h>

/* --- RandomInvert --- */

typedef cornu_random_invert_options invert_options;

static const invert_options invert_defaults = {.struct_size = sizeof invert_defaults, CORNU_RANDOM_INVERT_DEFAULTS};
static const char *const invert_values[] = {"apply_inversion", NULL};

static cornu_status check_invert(void *config)
{
    const invert_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    return cornu__factor_check("factor", o->factor, 0, 1);
}

static void draw_invert(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[0] = cornu__draw_happens(key, 0, ((const invert_options *)config)->factor);
}

static cornu_status change_invert(const cornu__step_call *call, float *picture)
{
    cornu_interval range = ((const invert_options *)call->config)->value_range;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->adjust(picture, cornu__extent_count(call->from),
                    &(cornu__adjustment){-1, (float)(range.first + range.second), -INFINITY, INFINITY});
    return CORNU_OK;
}

static const cornu__field invert_fields[] = {
    CORNU__LAYER_FIELDS(invert_options), CORNU__FIELD(INTERVAL, invert_options, factor),
    CORNU__RANGE_FIELD(invert_options),  CORNU__SEED_FIELD(invert_options),
    CORNU__FORMAT_FIELD(invert_options),
};
static const cornu__step_class invert_class = {
    CORNU__STEP_BASE("RandomInvert", invert_options, invert_defaults, invert_fields, .check = check_invert),
    .values = invert_values,
    .draw = draw_invert,
    .idle = cornu__idle_at_zero,
    .change = change_invert,
};

cornu_layer *cornu_random_invert_with(const invert_options *options)
{
    return cornu__layer_create(&invert_class.layer, options);
}

/* --- RandomPosterization --- */

#define BITS 8

static const char *const posterization_values[] = {"shift_factor", NULL};

static cornu_status check_posterization(void *config)
{
    cornu_interval factor = ((const cornu_random_color_options *)config)->factor;
    CORNU_TRY(cornu__color_check(config, 1, BITS));
    if (factor.first == trunc(factor.first) && (!factor.pair || factor.second == trunc(factor.second)))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "factor: wanted whole numbers of bits");
}

/* Both ends of a range count, and a number is that many bits, as documented: Keras leaves the upper end out, and takes a number for the upper end of a
 * range from 1 on. */
static void draw_posterization(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    cornu__limits bits =
        cornu__factor_limits(((const cornu_random_color_options *)config)->factor, CORNU__FACTOR_EXACT);
    values[0] = BITS - bits.low - (double)cornu__random_below(key, 0, (uint64_t)(bits.high - bits.low) + 1);
}

static cornu_status change_posterization(const cornu__step_call *call, float *picture)
{
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->posterize(picture, cornu__extent_count(call->from), (int)call->drawn->values[0],
                       ((const cornu_random_color_options *)call->config)->value_range);
    return CORNU_OK;
}

const cornu__step_class cornu__posterization_class = {
    CORNU__COLOR_BASE("RandomPosterization", check_posterization),
    .values = posterization_values,
    .draw = draw_posterization,
    .change = change_posterization,
};

cornu_layer *cornu_random_posterization_with(const cornu_random_color_options *options)
{
    return cornu__layer_create(&cornu__posterization_class.layer, options);
}

/* --- Solarization --- */

typedef cornu_solarization_options solarization_options;

static const solarization_options solarization_defaults = {.struct_size = sizeof solarization_defaults,
                                                           CORNU_SOLARIZATION_DEFAULTS};
static const char *const solarization_values[] = {"additions", "thresholds", NULL};

static cornu_status check_solarization(void *config)
{
    const solarization_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("addition_factor", o->addition_factor, 0, 1));
    return cornu__factor_check("threshold_factor", o->threshold_factor, 0, 1);
}

/* On the scale 0 .. 255. */
static void draw_solarization(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const solarization_options *o = config;
    (void)extent;
    values[0] = 255 * cornu__draw_between(key, 0, cornu__factor_limits(o->addition_factor, CORNU__FACTOR_FROM_0));
    values[1] = 255 * cornu__draw_between(key, 1, cornu__factor_limits(o->threshold_factor, CORNU__FACTOR_FROM_0));
}

static cornu_status change_solarization(const cornu__step_call *call, float *picture)
{
    const double *values = call->drawn->values;
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->solarize(picture, cornu__extent_count(call->from), (float)values[0], (float)values[1],
                      ((const solarization_options *)call->config)->value_range);
    return CORNU_OK;
}

static const cornu__field solarization_fields[] = {
    CORNU__LAYER_FIELDS(solarization_options),
    CORNU__FIELD(INTERVAL, solarization_options, addition_factor),
    CORNU__FIELD(INTERVAL, solarization_options, threshold_factor),
    CORNU__RANGE_FIELD(solarization_options),
    CORNU__SEED_FIELD(solarization_options),
    CORNU__FORMAT_FIELD(solarization_options),
};
const cornu__step_class cornu__solarization_class = {
    CORNU__STEP_BASE("Solarization", solarization_options, solarization_defaults, solarization_fields,
                     .check = check_solarization),
    .values = solarization_values,
    .draw = draw_solarization,
    .change = change_solarization,
};

cornu_layer *cornu_solarization_with(const solarization_options *options)
{
    return cornu__layer_create(&cornu__solarization_class.layer, options);
}

cornu__family cornu__value_steps = {&invert_class.layer.base, &cornu__posterization_class.layer.base,
                                    &cornu__solarization_class.layer.base, NULL};
