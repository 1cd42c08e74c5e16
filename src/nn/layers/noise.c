/* nn/layers/noise.c: Dropout and its kin: in training only. */
#include <math.h>

#include "nn/layers/spatial.h"

/* A layer's own seed takes the place of the op's number: layers of one seed draw alike, the calls of one layer differently. */
static void take_seed(const cornu__call *call, cornu_node *random, int64_t seed)
{
    if (random && seed != CORNU_NO_SEED)
        random->op->attributes.random.number =
            ((uint64_t)seed ^ 0x9e3779b97f4a7c15u) + (uint64_t)call->number * 0xd1342543de82ef95u;
}

/* x / (1 - rate) where a draw of this shape (1: one draw for the whole axis) is >= rate, else 0. */
static cornu_node *drop_shaped(cornu__call *call, cornu_node *x, double rate, int64_t seed, const int64_t *shape)
{
    cornu_node *draw = cornu__op_random(call->graph, CORNU__OP_RANDOM_UNIFORM, call->dtype, x->rank, shape);
    take_seed(call, draw, seed);
    cornu_node *kept = cornu__op_binary_scalar(CORNU__OP_GREATER_EQUAL, draw, rate);
    return cornu__op_binary(CORNU__OP_MULTIPLY, x, cornu__op_binary_scalar(CORNU__OP_DIVIDE, kept, 1 - rate));
}

#define NOISE_CLASS(class_name, options, defaults, fields, checking, calling, least, most)                             \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, options, defaults, fields, .check = checking),                                   \
            .input_min = 1, .input_max = 1, .input_rank_min = least, .input_rank_max = most, .call = calling           \
    }

/* --- Dropout --- */

static const cornu_dropout_options dropout_defaults = {.struct_size = sizeof dropout_defaults, CORNU_DROPOUT_DEFAULTS};

static cornu_status check_dropout(void *config)
{
    return cornu__check_rate("rate", ((const cornu_dropout_options *)config)->rate);
}

static cornu_status call_dropout(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_dropout_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node, *y;
    int64_t shape[CORNU_MAX_RANK];
    (void)count;
    if (!call->training || o->rate == 0)
        return cornu__set_output(output, x);
    if (o->noise_shape[0] == 0) {
        y = cornu__op_dropout(x, o->rate);
        take_seed(call, y, o->seed);
        return cornu__set_output(output, y);
    }
    int given = 0;
    while (given < CORNU_MAX_RANK && o->noise_shape[given] != 0)
        given++;
    if (given != x->rank)
        return cornu__fail(CORNU_ERROR_SHAPE, "noise_shape: wanted %d sizes, as the input has axes, got %d", x->rank,
                           given);
    for (int i = 0; i < x->rank; i++)
        shape[i] = o->noise_shape[i] == CORNU_NONE ? x->shape[i] : o->noise_shape[i];
    return cornu__set_output(output, drop_shaped(call, x, o->rate, o->seed, shape));
}

static const cornu__field dropout_fields[] = {
    CORNU__LAYER_FIELDS(cornu_dropout_options),
    CORNU__FIELD(DOUBLE, cornu_dropout_options, rate),
    CORNU__FIELD(INT64, cornu_dropout_options, seed, .optional = true),
    CORNU__FIELD(SHAPE, cornu_dropout_options, noise_shape, .optional = true),
};
static const cornu__layer_class dropout_class =
    NOISE_CLASS("Dropout", cornu_dropout_options, dropout_defaults, dropout_fields, check_dropout, call_dropout, 0, 0);

cornu_layer *cornu_dropout_with(double rate, const cornu_dropout_options *options)
{
    cornu_dropout_options o;
    cornu__options_complete(&dropout_class.base, options, &o);
    o.rate = rate;
    return cornu__layer_create(&dropout_class, &o);
}

/* --- SpatialDropout1D, SpatialDropout2D --- */

static const cornu_spatial_dropout_options spatial_defaults = {.struct_size = sizeof spatial_defaults,
                                                               CORNU_DROPOUT_DEFAULTS};

static cornu_status check_spatial(void *config)
{
    return cornu__check_rate("rate", ((const cornu_spatial_dropout_options *)config)->rate);
}

static cornu_status call_spatial(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_spatial_dropout_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node;
    int channels = cornu__images_channel_axis(x->rank - 2, o->data_format);
    int64_t shape[CORNU_MAX_RANK];
    (void)count;
    if (!call->training || o->rate == 0)
        return cornu__set_output(output, x);
    for (int i = 0; i < x->rank; i++)
        shape[i] = i == 0 || i == channels ? x->shape[i] : 1;
    return cornu__set_output(output, drop_shaped(call, x, o->rate, o->seed, shape));
}

static const cornu__field spatial_fields[] = {
    CORNU__LAYER_FIELDS(cornu_spatial_dropout_options),
    CORNU__FIELD(DOUBLE, cornu_spatial_dropout_options, rate),
    CORNU__FIELD(INT64, cornu_spatial_dropout_options, seed, .optional = true),
    CORNU__FIELD(TEXT, cornu_spatial_dropout_options, data_format, .choices = cornu__data_formats),
};
static const cornu__layer_class spatial1d_class =
    NOISE_CLASS("SpatialDropout1D", cornu_spatial_dropout_options, spatial_defaults, spatial_fields, check_spatial,
                call_spatial, 3, 3);
static const cornu__layer_class spatial2d_class =
    NOISE_CLASS("SpatialDropout2D", cornu_spatial_dropout_options, spatial_defaults, spatial_fields, check_spatial,
                call_spatial, 4, 4);

static cornu_layer *create_spatial(const cornu__layer_class *class, double rate,
                                   const cornu_spatial_dropout_options *options)
{
    cornu_spatial_dropout_options o;
    cornu__options_complete(&class->base, options, &o);
    o.rate = rate;
    return cornu__layer_create(class, &o);
}

cornu_layer *cornu_spatial_dropout1d_with(double rate, const cornu_spatial_dropout_options *options)
{
    return create_spatial(&spatial1d_class, rate, options);
}

cornu_layer *cornu_spatial_dropout2d_with(double rate, const cornu_spatial_dropout_options *options)
{
    return create_spatial(&spatial2d_class, rate, options);
}

/* --- GaussianNoise, GaussianDropout --- */

static cornu_node *normal_like(cornu__call *call, const cornu_node *x, double stddev, int64_t seed)
{
    cornu_node *normal = cornu__op_random(call->graph, CORNU__OP_RANDOM_NORMAL, call->dtype, x->rank, x->shape);
    take_seed(call, normal, seed);
    return cornu__op_binary_scalar(CORNU__OP_MULTIPLY, normal, stddev);
}

static const cornu_gaussian_noise_options noise_defaults = {.struct_size = sizeof noise_defaults,
                                                            CORNU_DROPOUT_DEFAULTS};

static cornu_status check_noise(void *config)
{
    double stddev = ((const cornu_gaussian_noise_options *)config)->stddev;
    return stddev >= 0 ? CORNU_OK
                       : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "stddev: wanted at least 0, got %g", stddev);
}

static cornu_status call_noise(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu_gaussian_noise_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node;
    (void)count;
    if (!call->training || o->stddev == 0)
        return cornu__set_output(output, x);
    return cornu__set_output(output, cornu__op_binary(CORNU__OP_ADD, x, normal_like(call, x, o->stddev, o->seed)));
}

static const cornu__field noise_fields[] = {
    CORNU__LAYER_FIELDS(cornu_gaussian_noise_options),
    CORNU__FIELD(DOUBLE, cornu_gaussian_noise_options, stddev),
    CORNU__FIELD(INT64, cornu_gaussian_noise_options, seed, .optional = true),
};
static const cornu__layer_class noise_class = NOISE_CLASS("GaussianNoise", cornu_gaussian_noise_options, noise_defaults,
                                                          noise_fields, check_noise, call_noise, 0, 0);

cornu_layer *cornu_gaussian_noise_with(double stddev, const cornu_gaussian_noise_options *options)
{
    cornu_gaussian_noise_options o;
    cornu__options_complete(&noise_class.base, options, &o);
    o.stddev = stddev;
    return cornu__layer_create(&noise_class, &o);
}

static const cornu_gaussian_dropout_options gaussian_defaults = {.struct_size = sizeof gaussian_defaults,
                                                                 CORNU_DROPOUT_DEFAULTS};

static cornu_status check_gaussian(void *config)
{
    return cornu__check_rate("rate", ((const cornu_gaussian_dropout_options *)config)->rate);
}

static cornu_status call_gaussian(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                  cornu__value *output)
{
    const cornu_gaussian_dropout_options *o = cornu__layer_config(layer);
    cornu_node *x = inputs->node;
    (void)count;
    if (!call->training || o->rate == 0)
        return cornu__set_output(output, x);
    cornu_node *factor = normal_like(call, x, sqrt(o->rate / (1 - o->rate)), o->seed);
    return cornu__set_output(
        output, cornu__op_binary(CORNU__OP_MULTIPLY, x, cornu__op_binary_scalar(CORNU__OP_ADD, factor, 1)));
}

static const cornu__field gaussian_fields[] = {
    CORNU__LAYER_FIELDS(cornu_gaussian_dropout_options),
    CORNU__FIELD(DOUBLE, cornu_gaussian_dropout_options, rate),
    CORNU__FIELD(INT64, cornu_gaussian_dropout_options, seed, .optional = true),
};
static const cornu__layer_class gaussian_class =
    NOISE_CLASS("GaussianDropout", cornu_gaussian_dropout_options, gaussian_defaults, gaussian_fields, check_gaussian,
                call_gaussian, 0, 0);

cornu_layer *cornu_gaussian_dropout_with(double rate, const cornu_gaussian_dropout_options *options)
{
    cornu_gaussian_dropout_options o;
    cornu__options_complete(&gaussian_class.base, options, &o);
    o.rate = rate;
    return cornu__layer_create(&gaussian_class, &o);
}

cornu__family cornu__noise_layers = {&dropout_class.base, &spatial1d_class.base, &spatial2d_class.base,
                                     &noise_class.base,   &gaussian_class.base,  NULL};
