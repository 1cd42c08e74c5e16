/* color_steps.c: RandomBrightness, RandomContrast, RandomSaturation, RandomHue, and RandomColorJitter, which is all of them. */
#include "image/steps/color.h"

#include <math.h>

typedef cornu_random_color_options color_options;

const cornu_random_color_options cornu__color_defaults = {.struct_size = sizeof cornu__color_defaults,
                                                          CORNU_RANDOM_COLOR_DEFAULTS};
const cornu__field cornu__color_fields[CORNU__COLOR_FIELD_COUNT] = {
    CORNU__LAYER_FIELDS(color_options), CORNU__FIELD(INTERVAL, color_options, factor),
    CORNU__RANGE_FIELD(color_options),  CORNU__SEED_FIELD(color_options),
    CORNU__FORMAT_FIELD(color_options),
};

cornu_status cornu__color_check(void *config, double least, double most)
{
    const color_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    return cornu__factor_check("factor", o->factor, least, most);
}

static bool is_one(const void *config, const double *values)
{
    (void)config;
    return values[0] == 1;
}

static cornu_status check_share(void *config)
{
    return cornu__color_check(config, 0, 1);
}

/* Keras lets colour factors of -1 .. 1 through, and writes (-f, f) into its files where it documents 0 .. f. */
static cornu_status check_signed(void *config)
{
    return cornu__color_check(config, -1, 1);
}

/* --- What is drawn --- */

static double draw_delta(cornu_interval factor, cornu_interval range, cornu__random_key key, uint64_t index)
{
    return cornu__draw_between(key, index, cornu__factor_limits(factor, CORNU__FACTOR_AROUND)) *
           (range.second - range.first);
}

/* A range is (lower, upper) as it stands: 1 - lower .. 1 + upper. */
static double draw_contrast_factor(cornu_interval factor, cornu__random_key key, uint64_t index)
{
    double upper = factor.pair ? factor.second : factor.first;
    return cornu__draw_between(key, index, (cornu__limits){1 - factor.first, 1 + upper});
}

static double draw_saturation_factor(cornu_interval factor, cornu__random_key key, uint64_t index)
{
    double share = cornu__draw_between(key, index, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0));
    share = fmax(share, 0);
    return share == 1 ? 1e7 : share / (1 - share); /* full, as in Keras */
}

static double draw_hue_turn(cornu_interval factor, cornu__random_key key, uint64_t index)
{
    double turn = cornu__draw_between(key, index, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0)) / 2;
    return cornu__random_uniform_double(key, index + 1) > 0.5 ? -turn : turn;
}

/* --- RandomBrightness --- */

static const char *const brightness_values[] = {"rgb_delta", NULL};

static void draw_brightness(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const color_options *o = config;
    (void)extent;
    values[0] = draw_delta(o->factor, o->value_range, key, 0);
}

static cornu_status change_brightness(const cornu__step_call *call, float *picture)
{
    return cornu__color_brighten(picture, call->from, call->drawn->values[0],
                                 ((const color_options *)call->config)->value_range);
}

const cornu__step_class cornu__brightness_class = {
    CORNU__COLOR_BASE("RandomBrightness", check_signed),
    .values = brightness_values,
    .draw = draw_brightness,
    .idle = cornu__idle_at_zero,
    .change = change_brightness,
};

cornu_layer *cornu_random_brightness_with(const color_options *options)
{
    return cornu__layer_create(&cornu__brightness_class.layer, options);
}

/* --- RandomContrast --- */

static const char *const contrast_values[] = {"contrast_factor", NULL};

static void draw_contrast(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[0] = draw_contrast_factor(((const color_options *)config)->factor, key, 0);
}

static cornu_status change_contrast(const cornu__step_call *call, float *picture)
{
    return cornu__color_contrast(picture, call->from, call->drawn->values[0],
                                 ((const color_options *)call->config)->value_range);
}

const cornu__step_class cornu__contrast_class = {
    CORNU__COLOR_BASE("RandomContrast", check_share),
    .values = contrast_values,
    .draw = draw_contrast,
    .idle = is_one,
    .change = change_contrast,
};

cornu_layer *cornu_random_contrast_with(const color_options *options)
{
    return cornu__layer_create(&cornu__contrast_class.layer, options);
}

/* --- RandomSaturation --- */

static const char *const factor_values[] = {"factor", NULL};

static void draw_saturation(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[0] = draw_saturation_factor(((const color_options *)config)->factor, key, 0);
}

static cornu_status change_saturation(const cornu__step_call *call, float *picture)
{
    return cornu__color_saturate(picture, call->from, call->drawn->values[0],
                                 ((const color_options *)call->config)->value_range);
}

static const cornu__step_class saturation_class = {
    CORNU__COLOR_BASE("RandomSaturation", check_signed),
    .values = factor_values,
    .colors = true,
    .draw = draw_saturation,
    .idle = is_one,
    .change = change_saturation,
};

cornu_layer *cornu_random_saturation_with(const color_options *options)
{
    return cornu__layer_create(&saturation_class.layer, options);
}

/* --- RandomHue --- */

static void draw_hue(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[0] = draw_hue_turn(((const color_options *)config)->factor, key, 0);
}

static cornu_status change_hue(const cornu__step_call *call, float *picture)
{
    return cornu__color_turn_hue(picture, call->from, call->drawn->values[0],
                                 ((const color_options *)call->config)->value_range);
}

static const cornu__step_class hue_class = {
    CORNU__COLOR_BASE("RandomHue", check_share),
    .values = factor_values,
    .colors = true,
    .draw = draw_hue,
    .idle = cornu__idle_at_zero,
    .change = change_hue,
};

cornu_layer *cornu_random_hue_with(const color_options *options)
{
    return cornu__layer_create(&hue_class.layer, options);
}

/* --- RandomColorJitter --- */

typedef cornu_random_color_jitter_options jitter_options;

static const jitter_options jitter_defaults = {.struct_size = sizeof jitter_defaults,
                                               CORNU_RANDOM_COLOR_JITTER_DEFAULTS};
static const char *const jitter_values[] = {"rgb_delta", "contrast_factor", "saturation_factor", "hue_factor", NULL};

static bool is_given(cornu_interval factor)
{
    return !isnan(factor.first);
}

static cornu_status check_jitter(void *config)
{
    const jitter_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    if (is_given(o->brightness_factor))
        CORNU_TRY(cornu__factor_check("brightness_factor", o->brightness_factor, -1, 1));
    if (is_given(o->contrast_factor))
        CORNU_TRY(cornu__factor_check("contrast_factor", o->contrast_factor, 0, 1));
    if (is_given(o->saturation_factor))
        CORNU_TRY(cornu__factor_check("saturation_factor", o->saturation_factor, -1, 1));
    return is_given(o->hue_factor) ? cornu__factor_check("hue_factor", o->hue_factor, 0, 1) : CORNU_OK;
}

/* What is not given is drawn as no change. */
static void draw_jitter(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const jitter_options *o = config;
    (void)extent;
    values[0] = is_given(o->brightness_factor) ? draw_delta(o->brightness_factor, o->value_range, key, 0) : 0;
    values[1] = is_given(o->contrast_factor) ? draw_contrast_factor(o->contrast_factor, key, 1) : 1;
    values[2] = is_given(o->saturation_factor) ? draw_saturation_factor(o->saturation_factor, key, 2) : 1;
    values[3] = is_given(o->hue_factor) ? draw_hue_turn(o->hue_factor, key, 3) : 0;
}

static bool jitter_varies(const void *config, int value)
{
    const jitter_options *o = config;
    const cornu_interval factors[] = {o->brightness_factor, o->contrast_factor, o->saturation_factor, o->hue_factor};
    return is_given(factors[value]);
}

static bool is_idle_jitter(const void *config, const double *values)
{
    (void)config;
    return values[0] == 0 && values[1] == 1 && values[2] == 1 && values[3] == 0;
}

static cornu_status change_jitter(const cornu__step_call *call, float *picture)
{
    const double *values = call->drawn->values;
    cornu_interval range = ((const jitter_options *)call->config)->value_range;
    if (values[0] != 0)
        CORNU_TRY(cornu__color_brighten(picture, call->from, values[0], range));
    if (values[1] != 1)
        CORNU_TRY(cornu__color_contrast(picture, call->from, values[1], range));
    if (values[2] != 1)
        CORNU_TRY(cornu__color_saturate(picture, call->from, values[2], range));
    if (values[3] != 0)
        CORNU_TRY(cornu__color_turn_hue(picture, call->from, values[3], range));
    return CORNU_OK;
}

static const cornu__field jitter_fields[] = {
    CORNU__LAYER_FIELDS(jitter_options),
    CORNU__RANGE_FIELD(jitter_options),
    CORNU__FIELD(INTERVAL, jitter_options, brightness_factor, .optional = true),
    CORNU__FIELD(INTERVAL, jitter_options, contrast_factor, .optional = true),
    CORNU__FIELD(INTERVAL, jitter_options, saturation_factor, .optional = true),
    CORNU__FIELD(INTERVAL, jitter_options, hue_factor, .optional = true),
    CORNU__SEED_FIELD(jitter_options),
    CORNU__FORMAT_FIELD(jitter_options),
};
static const cornu__step_class jitter_class = {
    CORNU__STEP_BASE("RandomColorJitter", jitter_options, jitter_defaults, jitter_fields, .check = check_jitter),
    .values = jitter_values,
    .varies = jitter_varies,
    .colors = true,
    .draw = draw_jitter,
    .idle = is_idle_jitter,
    .change = change_jitter,
};

cornu_layer *cornu_random_color_jitter_with(const jitter_options *options)
{
    return cornu__layer_create(&jitter_class.layer, options);
}

cornu__family cornu__color_steps = {&cornu__brightness_class.layer.base,
                                    &cornu__contrast_class.layer.base,
                                    &saturation_class.layer.base,
                                    &hue_class.layer.base,
                                    &jitter_class.layer.base,
                                    NULL};
