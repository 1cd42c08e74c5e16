/*
 * several_steps.c: RandAugment, AugMix: operations chosen at random, of random strength.
 *
 * Cubuk, Zoph, Shlens and Le, "RandAugment: practical automated data augmentation with a reduced search space" (2019); Hendrycks et al., "AugMix: a simple
 * data processing method to improve robustness and uncertainty" (2019). Each picture has operations of its own, and what has two sides goes to both;
 * Keras chooses for a batch, and turns, moves and brightens to one side only.
 */
#include <math.h>
#include <string.h>

#include "image/augmentation.h"
#include "image/steps/color.h"

/* In Keras's order; the first OPERATIONS_OF_PLACE_AND_TONE are those of AugMix without all_ops. */
typedef enum operation {
    SHEAR,
    TRANSLATION,
    ROTATION,
    POSTERIZATION,
    SOLARIZATION,
    AUTO_CONTRAST,
    EQUALIZATION,
    BRIGHTNESS,
    COLOR_DEGENERATION,
    CONTRAST,
    SHARPNESS,
    OPERATION_COUNT
} operation;
#define OPERATIONS_OF_PLACE_AND_TONE 7

static const cornu__step_class *const classes[OPERATION_COUNT] = {
    [SHEAR] = &cornu__shear_class,
    [TRANSLATION] = &cornu__translation_class,
    [ROTATION] = &cornu__rotation_class,
    [POSTERIZATION] = &cornu__posterization_class,
    [SOLARIZATION] = &cornu__solarization_class,
    [AUTO_CONTRAST] = &cornu__auto_contrast_class,
    [EQUALIZATION] = &cornu__equalization_class,
    [BRIGHTNESS] = &cornu__brightness_class,
    [COLOR_DEGENERATION] = &cornu__degeneration_class,
    [CONTRAST] = &cornu__contrast_class,
    [SHARPNESS] = &cornu__sharpness_class,
};

/* What operations need to know of the layer that they are part of. */
typedef struct surroundings {
    cornu__limits strength;
    cornu_interval value_range;
    int order;
} surroundings;

/* The options of an operation: all begin alike, and value_range and bins are what changes the pixels. */
typedef union operation_options {
    cornu_random_color_options color;
    cornu_solarization_options solarization;
    cornu_auto_contrast_options auto_contrast;
    cornu_equalization_options equalization;
} operation_options;

static const void *options_of(operation which, cornu_interval range, operation_options *options)
{
    switch (which) {
    case SOLARIZATION:
        options->solarization = (cornu_solarization_options){.value_range = range};
        break;
    case AUTO_CONTRAST:
        options->auto_contrast = (cornu_auto_contrast_options){.value_range = range};
        break;
    case EQUALIZATION:
        options->equalization = (cornu_equalization_options){.value_range = range, .bins = 256};
        break;
    default:
        options->color = (cornu_random_color_options){.value_range = range};
    }
    return options;
}

static double with_a_sign(cornu__random_key key, uint64_t index, double value)
{
    return cornu__random_uniform_double(key, index) < 0.5 ? -value : value;
}

/* What the operation's own step would draw, from the layer's strength. */
static void draw_values(operation which, const surroundings *around, cornu__extent extent, cornu__random_key key,
                        double *values)
{
    double first = cornu__draw_between(key, 0, around->strength),
           second = cornu__draw_between(key, 1, around->strength);
    switch (which) {
    case SHEAR:
        values[0] = with_a_sign(key, 2, first);
        values[1] = with_a_sign(key, 3, second);
        break;
    case TRANSLATION:
        values[0] = with_a_sign(key, 2, first) * extent.height;
        values[1] = with_a_sign(key, 3, second) * extent.width;
        break;
    case ROTATION:
        values[0] = with_a_sign(key, 2, first) * 360;
        break;
    case POSTERIZATION:
        values[0] = fmin(floor(8 * first), 7);
        break;
    case SOLARIZATION:
        values[0] = 255 * first;
        values[1] = 255 * second;
        break;
    case BRIGHTNESS:
        values[0] = with_a_sign(key, 2, first) * (around->value_range.second - around->value_range.first);
        break;
    case COLOR_DEGENERATION:
        values[0] = first;
        break;
    case CONTRAST:
        values[0] = 1 + with_a_sign(key, 2, first);
        break;
    case SHARPNESS:
        values[0] = 0.5 + with_a_sign(key, 2, first) / 2;
        break;
    case AUTO_CONTRAST:
    case EQUALIZATION:
    case OPERATION_COUNT:
        break;
    }
}

static cornu_random_transformation draw_operation(operation which, const surroundings *around, cornu__extent extent,
                                                  cornu__random_key key)
{
    cornu_random_transformation drawn = {.key = cornu__key_number(key)};
    draw_values(which, around, extent, key, drawn.values);
    return drawn;
}

/* to := from through one operation. `scratch` is the operations' part of the layer's. */
static cornu_status run_operation(const cornu__step_call *outer, operation which, const surroundings *around,
                                  cornu__random_key key, void *scratch, const float *from, float *to)
{
    operation_options options;
    cornu_random_transformation drawn = draw_operation(which, around, outer->from, key);
    cornu__step step = {.class = classes[which],
                        .config = options_of(which, around->value_range, &options),
                        .fills = true,
                        .fill_mode = CORNU__FILL_REFLECT,
                        .order = around->order};
    cornu__step_call call = {.drawn = &drawn,
                             .mask = outer->mask,
                             .from = outer->from,
                             .to = outer->from,
                             .scratch = scratch,
                             .resizer = outer->resizer,
                             .resized = outer->resized};
    return cornu__step_run(&step, &call, from, to);
}

/* The largest scratch memory of an operation. */
static size_t operation_scratch(cornu__extent extent)
{
    size_t most = 0;
    for (int i = 0; i < OPERATION_COUNT; i++) {
        operation_options options;
        const void *config = options_of((operation)i, cornu_range(0, 255), &options);
        size_t wanted = classes[i]->scratch ? classes[i]->scratch(config, extent) : 0;
        most = wanted > most ? wanted : most;
    }
    return most;
}

static size_t picture_size(cornu__extent extent)
{
    return (cornu__extent_count(extent) * sizeof(float) + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

static int order_of(const char *interpolation)
{
    return strcmp(interpolation, "nearest") != 0;
}

/* --- RandAugment --- */

typedef cornu_rand_augment_options rand_options;

#define MOST_OPERATIONS 16

static const rand_options rand_defaults = {.struct_size = sizeof rand_defaults, CORNU_RAND_AUGMENT_DEFAULTS};
static const char *const rand_values[] = {"operation_1",
                                          "operation_2",
                                          "operation_3",
                                          "operation_4",
                                          "operation_5",
                                          "operation_6",
                                          "operation_7",
                                          "operation_8",
                                          "operation_9",
                                          "operation_10",
                                          "operation_11",
                                          "operation_12",
                                          "operation_13",
                                          "operation_14",
                                          "operation_15",
                                          "operation_16",
                                          NULL};

static cornu_status check_rand(void *config)
{
    const rand_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    if (o->num_ops >= 0 && o->num_ops <= MOST_OPERATIONS)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_ops: wanted 0 to %d, got %d", MOST_OPERATIONS, o->num_ops);
}

static void draw_rand(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const rand_options *o = config;
    (void)extent;
    for (int i = 0; i < MOST_OPERATIONS; i++)
        values[i] = i < o->num_ops ? (double)cornu__random_below(key, (uint64_t)i, OPERATION_COUNT) : -1;
}

static surroundings around_rand(const rand_options *o)
{
    return (surroundings){cornu__factor_limits(o->factor, CORNU__FACTOR_FROM_0), o->value_range,
                          order_of(o->interpolation)};
}

/* OPERATION_COUNT: none. */
static operation rand_operation(const cornu_random_transformation *drawn, int i, cornu__random_key *key)
{
    double which = drawn->values[i];
    *key = cornu__key_below(cornu__key_of_number(drawn->key), 1, (uint64_t)i);
    return which >= 0 && which < OPERATION_COUNT ? (operation)which : OPERATION_COUNT;
}

/* From buffer to buffer, so that the last operation writes the result. */
static cornu_status move_rand(const cornu__step_call *call, const float *from, float *to)
{
    const rand_options *o = call->config;
    surroundings around = around_rand(o);
    float *spare = call->scratch;
    void *scratch = (char *)call->scratch + picture_size(call->from);
    if (o->num_ops == 0)
        memcpy(to, from, cornu__extent_count(call->from) * sizeof *to);
    for (int i = 0; i < o->num_ops; i++) {
        cornu__random_key key;
        operation which = rand_operation(call->drawn, i, &key);
        float *next = (o->num_ops - i) % 2 == 1 ? to : spare;
        if (which < OPERATION_COUNT)
            CORNU_TRY(run_operation(call, which, &around, key, scratch, from, next));
        else
            memcpy(next, from, cornu__extent_count(call->from) * sizeof *next);
        from = next;
    }
    return CORNU_OK;
}

static size_t rand_scratch(const void *config, cornu__extent extent)
{
    (void)config;
    return picture_size(extent) + operation_scratch(extent);
}

static const cornu__field rand_fields[] = {
    CORNU__LAYER_FIELDS(rand_options),
    CORNU__RANGE_FIELD(rand_options),
    CORNU__FIELD(INT, rand_options, num_ops),
    CORNU__FIELD(INTERVAL, rand_options, factor),
    CORNU__FIELD(TEXT, rand_options, interpolation, .choices = cornu__step_interpolations),
    CORNU__SEED_FIELD(rand_options),
    CORNU__FORMAT_FIELD(rand_options),
};
static const cornu__step_class rand_class = {
    CORNU__STEP_BASE("RandAugment", rand_options, rand_defaults, rand_fields, .check = check_rand),
    .values = rand_values,
    .colors = true,
    .draw = draw_rand,
    .move = move_rand,
    .scratch = rand_scratch,
};

cornu_layer *cornu_rand_augment_with(const rand_options *options)
{
    return cornu__layer_create(&rand_class.layer, options);
}

/* --- AugMix --- */

typedef cornu_aug_mix_options aug_mix_options;

#define MOST_CHAINS 8
#define MOST_DEPTH 64

static const aug_mix_options aug_mix_defaults = {.struct_size = sizeof aug_mix_defaults, CORNU_AUG_MIX_DEFAULTS};
static const char *const aug_mix_values[] = {
    "weight_sample", "weight_1", "weight_2", "weight_3", "weight_4", "weight_5", "weight_6", "weight_7", "weight_8",
    "depth_1",       "depth_2",  "depth_3",  "depth_4",  "depth_5",  "depth_6",  "depth_7",  "depth_8",  NULL};
#define WEIGHTS 1
#define DEPTHS (WEIGHTS + MOST_CHAINS)

static cornu_status check_aug_mix(void *config)
{
    const aug_mix_options *o = config;
    CORNU_TRY(cornu__value_range_check(o->value_range));
    CORNU_TRY(cornu__factor_check("factor", o->factor, 0, 1));
    if (o->num_chains < 1 || o->num_chains > MOST_CHAINS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_chains: wanted 1 to %d, got %d", MOST_CHAINS,
                           o->num_chains);
    if (o->chain_depth < 1 || o->chain_depth > MOST_DEPTH)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "chain_depth: wanted 1 to %d, got %d", MOST_DEPTH,
                           o->chain_depth);
    if (!(o->alpha > 0 && o->alpha <= 1e6))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "alpha: wanted a number above 0, got %g", o->alpha);
    return CORNU_OK;
}

static void draw_aug_mix(const void *config, cornu__extent extent, cornu__random_key key, double *values)
{
    const aug_mix_options *o = config;
    double sum = 0;
    (void)extent;
    values[0] = cornu__draw_beta(key, 0, o->alpha);
    for (int i = 0; i < o->num_chains; i++) {
        cornu__random_key own = cornu__key_below(key, 0, (uint64_t)i);
        sum += values[WEIGHTS + i] = cornu__draw_gamma(own, 1, o->alpha);
        values[DEPTHS + i] = (double)cornu__random_below(own, 0, (uint64_t)o->chain_depth + 1);
    }
    for (int i = 0; i < o->num_chains; i++)
        values[WEIGHTS + i] = sum > 0 ? values[WEIGHTS + i] / sum : i == 0;
}

static surroundings around_aug_mix(const aug_mix_options *o)
{
    return (surroundings){cornu__factor_limits(o->factor, CORNU__FACTOR_FROM_0), o->value_range,
                          order_of(o->interpolation)};
}

static int chain_length(const cornu_random_transformation *drawn, int chain)
{
    return (int)drawn->values[DEPTHS + chain];
}

static operation chain_operation(const aug_mix_options *o, const cornu_random_transformation *drawn, int chain, int i,
                                 cornu__random_key *key)
{
    cornu__random_key own = cornu__key_below(cornu__key_of_number(drawn->key), 2, (uint64_t)chain);
    *key = cornu__key_below(own, 1, (uint64_t)i);
    return (operation)cornu__random_below(own, (uint64_t)i,
                                          o->all_ops ? OPERATION_COUNT : OPERATIONS_OF_PLACE_AND_TONE);
}

/* *end := the picture behind a chain of operations: `from`, or one of two buffers. */
static cornu_status run_chain(const cornu__step_call *call, int chain, const surroundings *around, const float *from,
                              float *const buffers[2], void *scratch, const float **end)
{
    *end = from;
    for (int i = 0; i < chain_length(call->drawn, chain); i++) {
        cornu__random_key key;
        operation which = chain_operation(call->config, call->drawn, chain, i, &key);
        float *next = buffers[*end == buffers[0]];
        CORNU_TRY(run_operation(call, which, around, key, scratch, *end, next));
        *end = next;
    }
    return CORNU_OK;
}

static cornu_status move_aug_mix(const cornu__step_call *call, const float *from, float *to)
{
    const aug_mix_options *o = call->config;
    size_t count = cornu__extent_count(call->from), size = picture_size(call->from);
    if (call->mask) {
        memcpy(to, from, count * sizeof *to);
        return CORNU_OK;
    }
    surroundings around = around_aug_mix(o);
    float *const buffers[2] = {call->scratch, (float *)(void *)((char *)call->scratch + size)};
    float kept = (float)call->drawn->values[0];
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    memcpy(to, from, count * sizeof *to);
    kernels->adjust(to, count, &(cornu__adjustment){kept, CORNU__NO_OFFSET, -INFINITY, INFINITY});
    for (int chain = 0; chain < o->num_chains; chain++) {
        const float *end;
        CORNU_TRY(run_chain(call, chain, &around, from, buffers, (char *)call->scratch + 2 * size, &end));
        float weight = (1 - kept) * (float)call->drawn->values[WEIGHTS + chain];
        kernels->blend(to, to, 1, end, weight, count);
    }
    kernels->adjust(
        to, count,
        &(cornu__adjustment){1, CORNU__NO_OFFSET, (float)o->value_range.first, (float)o->value_range.second});
    return CORNU_OK;
}

static size_t aug_mix_scratch(const void *config, cornu__extent extent)
{
    (void)config;
    return 2 * picture_size(extent) + operation_scratch(extent);
}

static const cornu__field aug_mix_fields[] = {
    CORNU__LAYER_FIELDS(aug_mix_options),
    CORNU__RANGE_FIELD(aug_mix_options),
    CORNU__FIELD(INT, aug_mix_options, num_chains),
    CORNU__FIELD(INT, aug_mix_options, chain_depth),
    CORNU__FIELD(INTERVAL, aug_mix_options, factor),
    CORNU__FIELD(DOUBLE, aug_mix_options, alpha),
    CORNU__FIELD(BOOL, aug_mix_options, all_ops),
    CORNU__FIELD(TEXT, aug_mix_options, interpolation, .choices = cornu__step_interpolations),
    CORNU__SEED_FIELD(aug_mix_options),
    CORNU__FORMAT_FIELD(aug_mix_options),
};
static const cornu__step_class aug_mix_class = {
    CORNU__STEP_BASE("AugMix", aug_mix_options, aug_mix_defaults, aug_mix_fields, .check = check_aug_mix),
    .values = aug_mix_values,
    .colors = true,
    .draw = draw_aug_mix,
    .move = move_aug_mix,
    .scratch = aug_mix_scratch,
};

cornu_layer *cornu_aug_mix_with(const aug_mix_options *options)
{
    return cornu__layer_create(&aug_mix_class.layer, options);
}

/* --- What was chosen --- */

int cornu__chain_count(const cornu_layer *step)
{
    const cornu__step_class *class = cornu__step_class_of(step);
    return class == &rand_class      ? 1
           : class == &aug_mix_class ? ((const aug_mix_options *)step->object.config)->num_chains
                                     : 0;
}

bool cornu__choose_operation(const cornu_layer *step, cornu__extent extent, const cornu_random_transformation *drawn,
                             int chain, int index, cornu__chosen_operation *chosen)
{
    const void *config = step->object.config;
    bool rand = cornu__step_class_of(step) == &rand_class;
    int length = chain >= cornu__chain_count(step) ? 0
                 : rand                            ? ((const rand_options *)config)->num_ops
                                                   : chain_length(drawn, chain);
    if (index >= length)
        return false;
    cornu__random_key key;
    operation which = rand ? rand_operation(drawn, index, &key) : chain_operation(config, drawn, chain, index, &key);
    surroundings around = rand ? around_rand(config) : around_aug_mix(config);
    if (which == OPERATION_COUNT)
        return false;
    *chosen = (cornu__chosen_operation){classes[which], draw_operation(which, &around, extent, key)};
    return true;
}

cornu__family cornu__several_steps = {&rand_class.layer.base, &aug_mix_class.layer.base, NULL};
