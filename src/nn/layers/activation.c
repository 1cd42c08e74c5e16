/* nn/layers/activation.c: activations as layers. */
#include "nn/activations.h"
#include "nn/layers/support.h"

#define ACTIVATION_CLASS(class_name, options, defaults, fields, calling, ...)                                          \
    {                                                                                                                  \
        CORNU__LAYER_BASE(class_name, options, defaults, fields), .input_min = 1, .input_max = 1, .call = calling,     \
                                                                  __VA_ARGS__                                          \
    }

/* --- Activation --- */

static const cornu_activation_options activation_defaults = {.struct_size = sizeof activation_defaults,
                                                             .trainable = true};

static cornu_status call_activation(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                    cornu__value *output)
{
    const cornu_activation_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, cornu__activate(o->activation, inputs->node));
}

static const cornu__field activation_fields[] = {
    CORNU__LAYER_FIELDS(cornu_activation_options),
    CORNU__OBJECT_FIELD(cornu_activation_options, activation, ACTIVATION, .optional = true),
};
static const cornu__layer_class activation_class =
    ACTIVATION_CLASS("Activation", cornu_activation_options, activation_defaults, activation_fields, call_activation, );

cornu_layer *cornu_activation_with(cornu_identifier activation, const cornu_activation_options *options)
{
    cornu_activation_options o;
    cornu__options_complete(&activation_class.base, options, &o);
    o.activation = activation;
    return cornu__layer_create(&activation_class, &o);
}

/* --- ReLU, LeakyReLU, ELU, Softmax --- */

static const cornu_relu_options relu_defaults = {.struct_size = sizeof relu_defaults, CORNU_RELU_DEFAULTS};

static cornu_status call_relu(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                              cornu__value *output)
{
    const cornu_relu_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, cornu__relu(inputs->node, o->negative_slope, o->max_value, o->threshold));
}

static const cornu__field relu_fields[] = {
    CORNU__LAYER_FIELDS(cornu_relu_options),
    CORNU__FIELD(DOUBLE, cornu_relu_options, max_value, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_relu_options, negative_slope, .alias = "alpha"),
    CORNU__FIELD(DOUBLE, cornu_relu_options, threshold),
};
static const cornu__layer_class relu_class =
    ACTIVATION_CLASS("ReLU", cornu_relu_options, relu_defaults, relu_fields, call_relu, );

cornu_layer *cornu_relu_with(const cornu_relu_options *options)
{
    return cornu__layer_create(&relu_class, options);
}

static const cornu_leaky_relu_options leaky_relu_defaults = {.struct_size = sizeof leaky_relu_defaults,
                                                             CORNU_LEAKY_RELU_DEFAULTS};

static cornu_status call_leaky_relu(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                    cornu__value *output)
{
    const cornu_leaky_relu_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, cornu__leaky_relu(inputs->node, o->negative_slope));
}

static const cornu__field leaky_relu_fields[] = {
    CORNU__LAYER_FIELDS(cornu_leaky_relu_options),
    CORNU__FIELD(DOUBLE, cornu_leaky_relu_options, negative_slope, .alias = "alpha"),
};
static const cornu__layer_class leaky_relu_class =
    ACTIVATION_CLASS("LeakyReLU", cornu_leaky_relu_options, leaky_relu_defaults, leaky_relu_fields, call_leaky_relu, );

cornu_layer *cornu_leaky_relu_with(const cornu_leaky_relu_options *options)
{
    return cornu__layer_create(&leaky_relu_class, options);
}

static const cornu_elu_options elu_defaults = {.struct_size = sizeof elu_defaults, CORNU_ELU_DEFAULTS};

static cornu_status call_elu(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                             cornu__value *output)
{
    const cornu_elu_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, cornu__elu(inputs->node, o->alpha));
}

static const cornu__field elu_fields[] = {
    CORNU__LAYER_FIELDS(cornu_elu_options),
    CORNU__FIELD(DOUBLE, cornu_elu_options, alpha),
};
static const cornu__layer_class elu_class =
    ACTIVATION_CLASS("ELU", cornu_elu_options, elu_defaults, elu_fields, call_elu, );

cornu_layer *cornu_elu_with(const cornu_elu_options *options)
{
    return cornu__layer_create(&elu_class, options);
}

static const cornu_softmax_options softmax_defaults = {.struct_size = sizeof softmax_defaults, CORNU_SOFTMAX_DEFAULTS};

static cornu_status infer_softmax(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_softmax_options *o = cornu__layer_config(layer);
    int axis;
    (void)count, (void)output;
    return cornu__resolve_axis(o->axis, inputs->rank, &axis);
}

static cornu_status call_softmax(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                                 cornu__value *output)
{
    const cornu_softmax_options *o = cornu__layer_config(layer);
    (void)call, (void)count;
    return cornu__set_output(output, cornu__softmax(inputs->node, o->axis));
}

static const cornu__field softmax_fields[] = {
    CORNU__LAYER_FIELDS(cornu_softmax_options),
    CORNU__FIELD(INT, cornu_softmax_options, axis),
};
static const cornu__layer_class softmax_class = ACTIVATION_CLASS("Softmax", cornu_softmax_options, softmax_defaults,
                                                                 softmax_fields, call_softmax, .infer = infer_softmax);

cornu_layer *cornu_softmax_with(const cornu_softmax_options *options)
{
    return cornu__layer_create(&softmax_class, options);
}

/* --- PReLU --- */

static const cornu_prelu_options prelu_defaults = {.struct_size = sizeof prelu_defaults, CORNU_PRELU_DEFAULTS};

static bool is_shared(const cornu_prelu_options *o, int axis)
{
    for (int i = 0; i < o->shared_axes.count; i++)
        if (o->shared_axes.axis[i] == axis)
            return true;
    return false;
}

static cornu_status infer_prelu(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    const cornu_prelu_options *o = cornu__layer_config(layer);
    int64_t size;
    (void)count, (void)output;
    for (int i = 1; i < inputs->rank; i++) {
        if (is_shared(o, i))
            continue;
        CORNU_TRY(cornu__known_size(inputs, i, "features", &size));
        CORNU_TRY(cornu__fits_weight(layer, "alpha", i - 1, inputs, i));
    }
    return CORNU_OK;
}

static cornu_status build_prelu(cornu_layer *layer, int count, const cornu__spec *inputs)
{
    const cornu_prelu_options *o = cornu__layer_config(layer);
    int64_t shape[CORNU_MAX_RANK];
    (void)count;
    for (int i = 1; i < inputs->rank; i++)
        shape[i - 1] = is_shared(o, i) ? 1 : inputs->shape[i];
    return cornu__layer_add_weight(
               layer, "alpha", inputs->rank - 1, shape, true, cornu__config_object(o->alpha_initializer),
               cornu__config_object(o->alpha_regularizer), cornu__config_object(o->alpha_constraint))
               ? CORNU_OK
               : cornu_error_status();
}

static cornu_status call_prelu(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    cornu_node *x = inputs->node;
    (void)count;
    cornu_node *negative = cornu__op_unary(CORNU__OP_RELU, cornu__op_unary(CORNU__OP_NEGATE, x));
    negative = cornu__op_binary(CORNU__OP_MULTIPLY, cornu__weight_value(layer, call, "alpha"), negative);
    return cornu__set_output(output,
                             cornu__op_binary(CORNU__OP_SUBTRACT, cornu__op_unary(CORNU__OP_RELU, x), negative));
}

static const cornu__field prelu_fields[] = {
    CORNU__LAYER_FIELDS(cornu_prelu_options),
    CORNU__WEIGHT_FIELDS(cornu_prelu_options, alpha),
    CORNU__FIELD(AXES, cornu_prelu_options, shared_axes, .optional = true),
};
static const cornu__layer_class prelu_class =
    ACTIVATION_CLASS("PReLU", cornu_prelu_options, prelu_defaults, prelu_fields, call_prelu, .build = build_prelu,
                     .infer = infer_prelu, .input_rank_min = 2, .input_rank_max = CORNU_MAX_RANK);

cornu_layer *cornu_prelu_with(const cornu_prelu_options *options)
{
    return cornu__layer_create(&prelu_class, options);
}

cornu__family cornu__activation_layers = {&activation_class.base,
                                          &relu_class.base,
                                          &leaky_relu_class.base,
                                          &elu_class.base,
                                          &softmax_class.base,
                                          &prelu_class.base,
                                          NULL};
