/* erasing.c: RandomErasing. */
#include "image/steps/color.h"

#include <math.h>

#include "image/steps/rectangle.h"

typedef cornu_random_erasing_options erasing_options;

static const erasing_options erasing_defaults = {.struct_size = sizeof erasing_defaults, CORNU_RANDOM_ERASING_DEFAULTS};
static const char *const erasing_values[] = {"apply_erasing", "x0", "x1", "y0", "y1", NULL};

static cornu_status check_erasing(void *config)
{
    const erasing_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    return cornu__factor_check("scale", o->scale, 0, 1);
}

static void draw_erasing(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const erasing_options *o = config;
    cornu__limits scale = cornu__factor_limits(o->scale, CORNU__FACTOR_FROM_0);
    values[0] = cornu__draw_happens(key, 0, o->factor);
    cornu__draw_side(key, 2, extent.width, sqrt(cornu__draw_between(key, 3, scale)), &values[1]);
    cornu__draw_side(key, 4, extent.height, sqrt(cornu__draw_between(key, 5, scale)), &values[3]);
}

/* Noise of value number i of the picture is the same wherever the rectangle lies. */
static cornu_status change_erasing(const cornu__step_call *call, float *picture)
{
    const erasing_options *o = call->config;
    cornu__random_key noise = cornu__key_below(cornu__key_of_number(call->drawn->key), 0, 0);
    cornu__rectangle box = cornu__rectangle_of(&call->drawn->values[1], call->from);
    float low = (float)o->value_range.first, high = (float)o->value_range.second;
    size_t channels = (size_t)call->from.channels;
    for (int row = box.top; row < box.bottom; row++) {
        size_t begin = ((size_t)row * (size_t)call->from.width + (size_t)box.left) * channels;
        size_t end = begin + (size_t)(box.right - box.left) * channels;
        for (size_t i = begin; i < end; i++) {
            double value =
                isnan(o->fill_value) ? cornu__random_normal(noise, i) * o->value_range.second : o->fill_value;
            picture[i] = cornu__clip((float)value, low, high);
        }
    }
    return CORNU_OK;
}

static const cornu__field erasing_fields[] = {
    CORNU__LAYER_FIELDS(erasing_options),
    CORNU__FIELD(INTERVAL, erasing_options, factor),
    CORNU__FIELD(INTERVAL, erasing_options, scale),
    CORNU__FIELD(DOUBLE, erasing_options, fill_value, .optional = true),
    CORNU__RANGE_FIELD(erasing_options),
    CORNU__SEED_FIELD(erasing_options),
    CORNU__FORMAT_FIELD(erasing_options),
};
static const cornu__step_class erasing_class = {
    CORNU__STEP_BASE("RandomErasing", erasing_options, erasing_defaults, erasing_fields, .check = check_erasing),
    .values = erasing_values,
    .draw = draw_erasing,
    .idle = cornu__idle_at_zero,
    .change = change_erasing,
};

cornu_layer *cornu_random_erasing_with(const erasing_options *options)
{
    return cornu__layer_create(&erasing_class.layer, options);
}

cornu__family cornu__erasing_steps = {&erasing_class.layer.base, NULL};
