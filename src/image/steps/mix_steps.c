/* mix_steps.c: MixUp, CutMix: two pictures of a batch become one. */
#include <string.h>

#include "image/steps/color.h"
#include "image/steps/rectangle.h"

/* --- MixUp --- */

typedef cornu_mix_up_options mix_up_options;

static const mix_up_options mix_up_defaults = {.struct_size = sizeof mix_up_defaults, CORNU_MIX_UP_DEFAULTS};
static const char *const mix_up_values[] = {"partner", "mix_weight", NULL};

static cornu_status check_mix_up(void *config)
{
    double alpha = ((const mix_up_options *)config)->alpha;
    if (alpha > 0 && alpha <= 1e6)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "alpha: wanted a number above 0, got %g", alpha);
}

static void draw_mix_up(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    (void)extent;
    values[1] = cornu__draw_beta(key, 0, ((const mix_up_options *)config)->alpha);
}

static cornu_status mix_up(const cornu__step_call *call, const float *own, const float *partner, float *to)
{
    float weight = (float)call->drawn->values[1];
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->blend(to, own, weight, partner, 1 - weight, cornu__extent_count(call->from));
    return CORNU_OK;
}

static const cornu__field mix_up_fields[] = {
    CORNU__LAYER_FIELDS(mix_up_options),
    CORNU__FIELD(DOUBLE, mix_up_options, alpha),
    CORNU__FORMAT_FIELD(mix_up_options),
    CORNU__SEED_FIELD(mix_up_options),
};
static const cornu__step_class mix_up_class = {
    CORNU__STEP_BASE("MixUp", mix_up_options, mix_up_defaults, mix_up_fields, .check = check_mix_up),
    .values = mix_up_values,
    .draw = draw_mix_up,
    .mix = mix_up,
    .blends = true,
};

cornu_layer *cornu_mix_up_with(const mix_up_options *options)
{
    return cornu__layer_create(&mix_up_class.layer, options);
}

/* --- CutMix --- */

typedef cornu_cut_mix_options cut_mix_options;

static const cut_mix_options cut_mix_defaults = {.struct_size = sizeof cut_mix_defaults, CORNU_CUT_MIX_DEFAULTS};
static const char *const cut_mix_values[] = {"partner", "mix_weight", "x0", "x1", "y0", "y1", NULL};

static cornu_status check_cut_mix(void *config)
{
    return cornu__factor_check("factor", ((const cut_mix_options *)config)->factor, 0, 1);
}

static void draw_cut_mix(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    cornu_interval factor = ((const cut_mix_options *)config)->factor;
    double alpha = cornu__draw_between(key, 0, cornu__factor_limits(factor, CORNU__FACTOR_FROM_0)) + 1e-6;
    double ratio = sqrt(1 - cornu__draw_beta(key, 3, alpha));
    cornu__draw_side(key, 1, extent.width, ratio, &values[2]);
    cornu__draw_side(key, 2, extent.height, ratio, &values[4]);
    values[1] = 1 - (values[3] - values[2]) * (values[5] - values[4]) / ((double)extent.width * extent.height);
}

static cornu_status cut_mix(const cornu__step_call *call, const float *own, const float *partner, float *to)
{
    cornu__rectangle box = cornu__rectangle_of(&call->drawn->values[2], call->from);
    size_t channels = (size_t)call->from.channels, length = (size_t)(box.right - box.left) * channels;
    memcpy(to, own, cornu__extent_count(call->from) * sizeof *to);
    for (int row = box.top; row < box.bottom; row++) {
        size_t begin = ((size_t)row * (size_t)call->from.width + (size_t)box.left) * channels;
        memcpy(to + begin, partner + begin, length * sizeof *to);
    }
    return CORNU_OK;
}

static const cornu__field cut_mix_fields[] = {
    CORNU__LAYER_FIELDS(cut_mix_options),
    CORNU__FIELD(INTERVAL, cut_mix_options, factor),
    CORNU__SEED_FIELD(cut_mix_options),
    CORNU__FORMAT_FIELD(cut_mix_options),
};
static const cornu__step_class cut_mix_class = {
    CORNU__STEP_BASE("CutMix", cut_mix_options, cut_mix_defaults, cut_mix_fields, .check = check_cut_mix),
    .values = cut_mix_values,
    .draw = draw_cut_mix,
    .mix = cut_mix,
};

cornu_layer *cornu_cut_mix_with(const cut_mix_options *options)
{
    return cornu__layer_create(&cut_mix_class.layer, options);
}

cornu__family cornu__mix_steps = {&mix_up_class.layer.base, &cut_mix_class.layer.base, NULL};
