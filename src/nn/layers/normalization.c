/* nn/layers/normalization.c: BatchNormalization, LayerNormalization. */
#include "nn/layers/support.h"

static cornu_status check_epsilon(double epsilon)
{
    if (epsilon > 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "epsilon: wanted a number above 0, got %g", epsilon);
}

/* --- BatchNormalization --- */

static const cornu_batch_normalization_options batch_defaults = {.struct_size = sizeof batch_defaults,
                                                                 CORNU_BATCH_NORMALIZATION_DEFAULTS};

static cornu_status check_batch(void *config)
{
    const cornu_batch_normalization_options *o = config;
    if (o->momentum < 0 || o->momentum > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "momentum: wanted 0 <= momentum <= 1, got %g", o->momentum);
    return check_epsilon(o->epsilon);
}

static cornu_status infer_batch(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_batch_normalization_options *o = cornu__layer_config(layer);
    int axis;
    int64_t size;
    (void)count;
    CORNU_TRY(cornu__resolve_axis(o->axis, inputs->rank, &axis));
    CORNU_TRY(cornu__known_size(inputs, axis, "features", &size));
    output->dtype = CORNU_FLOAT32;
    return cornu__fits_weight(layer, "moving_mean", 0, inputs, axis);
}

static cornu_status build_batch(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_batch_normalization_options *o = cornu__layer_config(layer);
    int axis;
    (void)count;
    CORNU_TRY(cornu__resolve_axis(o->axis, inputs->rank, &axis));
    const int64_t *size = &inputs->shape[axis];
    if (o->scale &&
        !cornu__layer_add_weight(layer, "gamma", 1, size, true, cornu__config_object(o->gamma_initializer),
                                 cornu__config_object(o->gamma_regularizer), cornu__config_object(o->gamma_constraint)))
        return cornu_error_status();
    if (o->center &&
        !cornu__layer_add_weight(layer, "beta", 1, size, true, cornu__config_object(o->beta_initializer),
                                 cornu__config_object(o->beta_regularizer), cornu__config_object(o->beta_constraint)))
        return cornu_error_status();
    if (!cornu__layer_add_weight(layer, "moving_mean", 1, size, false, cornu__config_object(o->moving_mean_initializer),
                                 NULL, NULL) ||
        !cornu__layer_add_weight(layer, "moving_variance", 1, size, false,
                                 cornu__config_object(o->moving_variance_initializer), NULL, NULL))
        return cornu_error_status();
    return CORNU_OK;
}

/* moving := moving momentum + batch (1 - momentum) */
static cornu_status move_statistic(cornu_layer *layer, cornu__call *call, const char *name, double momentum,
                                   cornu_node *batch)
{
    cornu_node *moving = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__weight_value(layer, call, name), momentum);
    batch = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__op_unary(CORNU__OP_STOP_GRADIENT, batch), 1 - momentum);
    cornu_node *value = cornu__op_binary(CORNU__OP_ADD, moving, batch);
    return value ? call->assign(call, cornu__layer_weight(layer, name), value) : cornu_error_status();
}

/* (x - mean) / sqrt(variance + epsilon) gamma + beta, features last; as Keras: factors of one feature first. */
static cornu_node *normalize(cornu_node *x, cornu_node *mean, cornu_node *variance, cornu_node *gamma, cornu_node *beta,
                             double epsilon)
{
    cornu_node *factor = cornu__op_unary(CORNU__OP_RSQRT, cornu__op_binary_scalar(CORNU__OP_ADD, variance, epsilon));
    if (gamma)
        factor = cornu__op_binary(CORNU__OP_MULTIPLY, factor, gamma);
    cornu_node *shift = cornu__op_unary(CORNU__OP_NEGATE, cornu__op_binary(CORNU__OP_MULTIPLY, mean, factor));
    if (beta)
        shift = cornu__op_binary(CORNU__OP_ADD, shift, beta);
    return cornu__op_binary(CORNU__OP_ADD, cornu__op_binary(CORNU__OP_MULTIPLY, x, factor), shift);
}

/* sum(x mask) over all axes but the last. */
static cornu_node *masked_sum(cornu_node *x, cornu_node *mask)
{
    int axes[CORNU_MAX_RANK];
    for (int i = 0; x && i < x->rank - 1; i++)
        axes[i] = i;
    return cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, x, mask), x ? x->rank - 1 : 0, axes,
                            false);
}

/* Mean and variance of the unmasked steps. As in Keras, of none at all they are 0. */
static cornu_status masked_moments(cornu_node *x, cornu_node *mask, cornu_node **mean, cornu_node **variance)
{
    while (mask && mask->rank < x->rank)
        mask = cornu__op_expand_axis(mask, mask->rank);
    /* Where a step is more than one row of features (images), each row counts. */
    cornu_node *ones = cornu__op_fill(x->op->graph, x->dtype, x->rank, x->shape, 1);
    cornu_node *count = cornu__op_binary_scalar(CORNU__OP_ADD, masked_sum(ones, mask), CORNU__EPSILON);
    *mean = cornu__op_binary(CORNU__OP_DIVIDE, masked_sum(x, mask), count);
    cornu_node *difference = cornu__op_binary(CORNU__OP_SUBTRACT, x, *mean);
    *variance =
        cornu__op_binary(CORNU__OP_DIVIDE, masked_sum(cornu__op_unary(CORNU__OP_SQUARE, difference), mask), count);
    return *variance ? CORNU_OK : cornu_error_status();
}

static cornu_node *gamma_or(cornu_layer *layer, cornu__call *call, const char *name, bool there, const cornu_node *x,
                            double otherwise)
{
    return there ? cornu__weight_value(layer, call, name)
                 : cornu__op_fill(call->graph, x->dtype, 1, &x->shape[x->rank - 1], otherwise);
}

static cornu_status call_batch(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu_batch_normalization_options *o = cornu__layer_config(layer);
    int axis;
    (void)count;
    CORNU_TRY(cornu__resolve_axis(o->axis, inputs->node->rank, &axis));
    cornu_node *x = cornu__axis_to_last(cornu__op_cast(inputs->node, call->dtype), axis), *y, *mean, *variance;
    if (!x)
        return cornu_error_status();
    bool of_batch = call->training && !call->frozen; /* a frozen layer normalizes as in testing, as in Keras */
    if (of_batch && !inputs->mask) {
        y = cornu__op_batch_norm(x, gamma_or(layer, call, "gamma", o->scale, x, 1),
                                 gamma_or(layer, call, "beta", o->center, x, 0), o->epsilon, &mean, &variance);
    } else {
        if (of_batch)
            CORNU_TRY(masked_moments(x, inputs->mask, &mean, &variance));
        else {
            mean = cornu__weight_value(layer, call, "moving_mean");
            variance = cornu__weight_value(layer, call, "moving_variance");
        }
        y = normalize(x, mean, variance, cornu__weight_value(layer, call, "gamma"),
                      cornu__weight_value(layer, call, "beta"), o->epsilon);
    }
    if (!y)
        return cornu_error_status();
    if (of_batch) {
        CORNU_TRY(move_statistic(layer, call, "moving_mean", o->momentum, mean));
        CORNU_TRY(move_statistic(layer, call, "moving_variance", o->momentum, variance));
    }
    return cornu__set_output(output, cornu__axis_from_last(y, axis));
}

static const cornu__field batch_fields[] = {
    CORNU__LAYER_FIELDS(cornu_batch_normalization_options),
    CORNU__FIELD(INT, cornu_batch_normalization_options, axis),
    CORNU__FIELD(DOUBLE, cornu_batch_normalization_options, momentum),
    CORNU__FIELD(DOUBLE, cornu_batch_normalization_options, epsilon),
    CORNU__FIELD(BOOL, cornu_batch_normalization_options, center),
    CORNU__FIELD(BOOL, cornu_batch_normalization_options, scale),
    CORNU__OBJECT_FIELD(cornu_batch_normalization_options, moving_mean_initializer, INITIALIZER),
    CORNU__OBJECT_FIELD(cornu_batch_normalization_options, moving_variance_initializer, INITIALIZER),
    CORNU__WEIGHT_FIELDS(cornu_batch_normalization_options, beta),
    CORNU__WEIGHT_FIELDS(cornu_batch_normalization_options, gamma),
};
static const cornu__layer_class batch_class = {
    CORNU__LAYER_BASE("BatchNormalization", cornu_batch_normalization_options, batch_defaults, batch_fields,
                      .check = check_batch),
    .input_min = 1,
    .input_max = 1,
    .input_rank_min = 2,
    .input_rank_max = CORNU_MAX_RANK,
    .build = build_batch,
    .infer = infer_batch,
    .call = call_batch,
};

cornu_layer *cornu_batch_normalization_with(const cornu_batch_normalization_options *options)
{
    return cornu__layer_create(&batch_class, options);
}

/* --- LayerNormalization --- */

static const cornu_layer_normalization_options layer_defaults = {.struct_size = sizeof layer_defaults,
                                                                 CORNU_LAYER_NORMALIZATION_DEFAULTS};

static cornu_status check_layer(void *config)
{
    cornu_layer_normalization_options *o = config;
    if (o->axis.count == 0)
        o->axis = (cornu_axes){1, {-1}};
    if (o->axis.count < 0 || o->axis.count > CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "axis: wanted 1 to %d axes, got %d", CORNU_MAX_RANK,
                           o->axis.count);
    return check_epsilon(o->epsilon);
}

static cornu_status resolve_axes(const cornu_axes *given, int rank, int *axes)
{
    for (int i = 0; i < given->count; i++)
        CORNU_TRY(cornu__resolve_axis(given->axis[i], rank, &axes[i]));
    return CORNU_OK;
}

static cornu_status infer_layer(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_layer_normalization_options *o = cornu__layer_config(layer);
    int axes[CORNU_MAX_RANK];
    int64_t size;
    (void)count;
    CORNU_TRY(resolve_axes(&o->axis, inputs->rank, axes));
    for (int i = 0; i < o->axis.count; i++) {
        CORNU_TRY(cornu__known_size(inputs, axes[i], "features", &size));
        CORNU_TRY(cornu__fits_weight(layer, "gamma", i, inputs, axes[i]));
        CORNU_TRY(cornu__fits_weight(layer, "beta", i, inputs, axes[i]));
    }
    output->dtype = CORNU_FLOAT32;
    return CORNU_OK;
}

static cornu_status build_layer(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_layer_normalization_options *o = cornu__layer_config(layer);
    int axes[CORNU_MAX_RANK];
    int64_t shape[CORNU_MAX_RANK];
    (void)count;
    CORNU_TRY(resolve_axes(&o->axis, inputs->rank, axes));
    for (int i = 0; i < o->axis.count; i++)
        shape[i] = inputs->shape[axes[i]];
    if (o->scale &&
        !cornu__layer_add_weight(layer, "gamma", o->axis.count, shape, true, cornu__config_object(o->gamma_initializer),
                                 cornu__config_object(o->gamma_regularizer), cornu__config_object(o->gamma_constraint)))
        return cornu_error_status();
    if (o->center &&
        !cornu__layer_add_weight(layer, "beta", o->axis.count, shape, true, cornu__config_object(o->beta_initializer),
                                 cornu__config_object(o->beta_regularizer), cornu__config_object(o->beta_constraint)))
        return cornu_error_status();
    return CORNU_OK;
}

/* The weight with 1 for the axes that it does not have; NULL if the layer has none. */
static cornu_node *broadcast_weight(cornu_layer *layer, cornu__call *call, const char *name, const cornu_node *x,
                                    const int *axes)
{
    cornu_node *value = cornu__weight_value(layer, call, name);
    int64_t shape[CORNU_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        shape[i] = 1;
    for (int i = 0; value && i < value->rank; i++)
        shape[axes[i]] = value->shape[i];
    return value ? cornu__op_reshape(value, x->rank, shape) : NULL;
}

static cornu_status call_layer(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    const cornu_layer_normalization_options *o = cornu__layer_config(layer);
    cornu_node *x = cornu__op_cast(inputs->node, call->dtype);
    int axes[CORNU_MAX_RANK];
    (void)count;
    if (!x)
        return cornu_error_status();
    CORNU_TRY(resolve_axes(&o->axis, x->rank, axes));
    cornu_node *mean = cornu__op_reduce(CORNU__OP_MEAN, x, o->axis.count, axes, true);
    cornu_node *difference = cornu__op_binary(CORNU__OP_SUBTRACT, x, mean);
    cornu_node *variance =
        cornu__op_reduce(CORNU__OP_MEAN, cornu__op_unary(CORNU__OP_SQUARE, difference), o->axis.count, axes, true);
    cornu_node *factor = cornu__op_unary(CORNU__OP_RSQRT, cornu__op_binary_scalar(CORNU__OP_ADD, variance, o->epsilon));
    cornu_node *y = cornu__op_binary(CORNU__OP_MULTIPLY, difference, factor);
    if (o->scale)
        y = cornu__op_binary(CORNU__OP_MULTIPLY, y, broadcast_weight(layer, call, "gamma", x, axes));
    if (o->center)
        y = cornu__op_binary(CORNU__OP_ADD, y, broadcast_weight(layer, call, "beta", x, axes));
    return cornu__set_output(output, y);
}

static const cornu__field layer_fields[] = {
    CORNU__LAYER_FIELDS(cornu_layer_normalization_options),
    CORNU__FIELD(AXES, cornu_layer_normalization_options, axis),
    CORNU__FIELD(DOUBLE, cornu_layer_normalization_options, epsilon),
    CORNU__FIELD(BOOL, cornu_layer_normalization_options, center),
    CORNU__FIELD(BOOL, cornu_layer_normalization_options, scale),
    CORNU__WEIGHT_FIELDS(cornu_layer_normalization_options, beta),
    CORNU__WEIGHT_FIELDS(cornu_layer_normalization_options, gamma),
};
static const cornu__layer_class layer_class = {
    CORNU__LAYER_BASE("LayerNormalization", cornu_layer_normalization_options, layer_defaults, layer_fields,
                      .check = check_layer),
    .input_min = 1,
    .input_max = 1,
    .input_rank_min = 2,
    .input_rank_max = CORNU_MAX_RANK,
    .build = build_layer,
    .infer = infer_layer,
    .call = call_layer,
};

cornu_layer *cornu_layer_normalization_with(const cornu_layer_normalization_options *options)
{
    return cornu__layer_create(&layer_class, options);
}

cornu__family cornu__normalization_layers = {&batch_class.base, &layer_class.base, NULL};
