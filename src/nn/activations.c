/* nn/activations.c: activations, in the forms of Keras 3 (specification, 7.6). Where a branch is not taken, what it would give must still be
 * finite, or its gradient, infinity times 0, would spoil the other. */
#include "nn/activations.h"

#include <math.h>

#include <cornu/activations.h>

#include "graph/arithmetic.h"
#include "nn/layers/support.h"
#include "nn/registry.h"
#include "nn/training.h"

cornu_node *cornu__activate(const cornu__object *activation, cornu_node *x)
{
    return activation ? ((const cornu__activation_class *)activation->class)->apply(activation, x) : x;
}

/* a where x > bound, else b. */
static cornu_node *above(cornu_node *x, double bound, cornu_node *a, cornu_node *b)
{
    return cornu__op_select(cornu__op_binary_scalar(CORNU__OP_GREATER, x, bound), a, b);
}

cornu_node *cornu__clip(cornu_node *x, double least, double most)
{
    return cornu__op_binary_scalar(CORNU__OP_MINIMUM, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, x, least), most);
}

/* --- with options --- */

cornu_node *cornu__leaky_relu(cornu_node *x, double negative_slope)
{
    return above(x, 0, x, cornu__scale(x, negative_slope));
}

cornu_node *cornu__relu(cornu_node *x, double negative_slope, double max_value, double threshold)
{
    bool limited = !isnan(max_value);
    if (negative_slope != 0 && !limited && threshold == 0)
        return cornu__leaky_relu(x, negative_slope);
    cornu_node *y = threshold == 0 ? cornu__op_unary(CORNU__OP_RELU, x)
                                   : cornu__multiply(x, cornu__op_binary_scalar(CORNU__OP_GREATER, x, threshold));
    if (limited)
        y = cornu__clip(y, 0, max_value);
    if (negative_slope == 0)
        return y;
    cornu_node *below = cornu__op_unary(CORNU__OP_RELU, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, threshold, x));
    return cornu__op_binary(CORNU__OP_SUBTRACT, y, cornu__scale(below, negative_slope));
}

static cornu_node *expm1_below_zero(cornu_node *x, double divisor)
{
    cornu_node *negative = cornu__op_binary_scalar(CORNU__OP_MINIMUM, x, 0);
    return cornu__op_unary(CORNU__OP_EXPM1, divisor == 1 ? negative : cornu__scale(negative, 1 / divisor));
}

cornu_node *cornu__elu(cornu_node *x, double alpha)
{
    return above(x, 0, x, cornu__scale(expm1_below_zero(x, 1), alpha));
}

static cornu_node *along_axis(cornu_node *x, int axis, cornu_node *(*op)(cornu_node *))
{
    if (!x)
        return NULL;
    int place = axis < 0 ? axis + x->rank : axis;
    if (place < 0 || place >= x->rank)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "softmax: there is no axis %d in a tensor of %d axes", axis,
                                x->rank);
    return cornu__axis_from_last(op(cornu__axis_to_last(x, place)), place);
}

cornu_node *cornu__softmax(cornu_node *x, int axis)
{
    return along_axis(x, axis, cornu__op_softmax);
}

cornu_node *cornu__log_softmax(cornu_node *x, int axis)
{
    return along_axis(x, axis, cornu__op_log_softmax);
}

static cornu_node *apply_relu(const cornu__object *activation, cornu_node *x)
{
    const cornu_relu_activation_options *o = activation->config;
    return cornu__relu(x, o->negative_slope, o->max_value, o->threshold);
}

static cornu_node *apply_leaky_relu(const cornu__object *activation, cornu_node *x)
{
    return cornu__leaky_relu(x, ((const cornu_leaky_relu_activation_options *)activation->config)->negative_slope);
}

static cornu_node *apply_elu(const cornu__object *activation, cornu_node *x)
{
    return cornu__elu(x, ((const cornu_elu_activation_options *)activation->config)->alpha);
}

static cornu_node *apply_celu(const cornu__object *activation, cornu_node *x)
{
    double alpha = ((const cornu_elu_activation_options *)activation->config)->alpha;
    return above(x, 0, x, cornu__scale(expm1_below_zero(x, alpha), alpha));
}

static cornu_node *apply_gelu(const cornu__object *activation, cornu_node *x)
{
    if (!((const cornu_gelu_activation_options *)activation->config)->approximate)
        return cornu__multiply(cornu__scale(x, 0.5),
                               cornu__shift(cornu__op_unary(CORNU__OP_ERF, cornu__scale(x, M_SQRT1_2)), 1));
    cornu_node *cubic = cornu__scale(cornu__multiply(cornu__op_unary(CORNU__OP_SQUARE, x), x), 0.044715);
    cornu_node *inner = cornu__scale(cornu__op_binary(CORNU__OP_ADD, x, cubic), M_2_SQRTPI * M_SQRT1_2);
    return cornu__multiply(cornu__scale(x, 0.5), cornu__shift(cornu__op_unary(CORNU__OP_TANH, inner), 1));
}

static cornu_node *apply_softmax(const cornu__object *activation, cornu_node *x)
{
    return cornu__softmax(x, ((const cornu_softmax_activation_options *)activation->config)->axis);
}

static cornu_node *apply_log_softmax(const cornu__object *activation, cornu_node *x)
{
    return cornu__log_softmax(x, ((const cornu_softmax_activation_options *)activation->config)->axis);
}

/* max(x - tau, 0), tau so that the elements sum to 1: x_i takes part if 1 + k x_i > the sum of the k elements that are not smaller. No
 * sorting: all pairs are compared. */
static cornu_node *sparsemax_of_last(cornu_node *x)
{
    int last = -1, before_last = -2;
    if (!x || x->rank >= CORNU_MAX_RANK)
        return x ? cornu__fail_null(CORNU_ERROR_SHAPE, "sparsemax: there are too many axes, %d", x->rank) : NULL;
    cornu_node *others = cornu__op_expand_axis(x, x->rank);
    cornu_node *not_smaller = cornu__op_binary(CORNU__OP_GREATER_EQUAL, others, cornu__op_expand_axis(x, x->rank - 1));
    cornu_node *count = cornu__op_reduce(CORNU__OP_SUM, not_smaller, 1, &before_last, false);
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, cornu__multiply(not_smaller, others), 1, &before_last, false);
    cornu_node *taken = cornu__op_binary(CORNU__OP_GREATER, cornu__shift(cornu__multiply(count, x), 1), sum);
    cornu_node *total = cornu__op_reduce(CORNU__OP_SUM, cornu__multiply(taken, x), 1, &last, true);
    cornu_node *tau = cornu__divide(cornu__shift(total, -1), cornu__op_reduce(CORNU__OP_SUM, taken, 1, &last, true));
    return cornu__op_unary(CORNU__OP_RELU, cornu__subtract(x, tau));
}

static cornu_node *apply_sparsemax(const cornu__object *activation, cornu_node *x)
{
    return along_axis(x, ((const cornu_softmax_activation_options *)activation->config)->axis, sparsemax_of_last);
}

static cornu_node *apply_threshold(const cornu__object *activation, cornu_node *x)
{
    const cornu_threshold_activation_options *o = activation->config;
    return x ? above(x, o->threshold, x, cornu__op_scalar(x->op->graph, x->dtype, o->default_value)) : NULL;
}

/* --- without --- */

static cornu_node *zero_like(cornu_node *x)
{
    return x ? cornu__op_scalar(x->op->graph, x->dtype, 0) : NULL;
}

static cornu_node *apply_selu(const cornu__object *activation, cornu_node *x)
{
    (void)activation;
    return cornu__scale(cornu__elu(x, 1.6732632423543772), 1.0507009873554805);
}

static cornu_node *hard_sigmoid(cornu_node *x, double slope)
{
    return cornu__clip(cornu__shift(cornu__scale(x, slope), 0.5), 0, 1);
}

static cornu_node *apply_hard_sigmoid(const cornu__object *activation, cornu_node *x)
{
    return hard_sigmoid(x,
                        ((const cornu_hard_sigmoid_activation_options *)activation->config)->keras_2 ? 0.2 : 1.0 / 6);
}

#define UNARY(name, expression)                                                                                        \
    static cornu_node *apply_##name(const cornu__object *activation, cornu_node *x)                                    \
    {                                                                                                                  \
        (void)activation;                                                                                              \
        return expression;                                                                                             \
    }
UNARY(linear, x)
UNARY(relu6, cornu__op_binary_scalar(CORNU__OP_MINIMUM, cornu__op_unary(CORNU__OP_RELU, x), 6))
UNARY(softplus, cornu__op_unary(CORNU__OP_SOFTPLUS, x))
UNARY(softsign, cornu__op_binary(CORNU__OP_DIVIDE, x, cornu__shift(cornu__op_unary(CORNU__OP_ABS, x), 1)))
UNARY(tanh, cornu__op_unary(CORNU__OP_TANH, x))
UNARY(sigmoid, cornu__op_unary(CORNU__OP_SIGMOID, x))
UNARY(log_sigmoid,
      cornu__op_unary(CORNU__OP_NEGATE, cornu__op_unary(CORNU__OP_SOFTPLUS, cornu__op_unary(CORNU__OP_NEGATE, x))))
UNARY(exponential, cornu__op_unary(CORNU__OP_EXP, x))
UNARY(hard_silu, cornu__multiply(x, hard_sigmoid(x, 1.0 / 6)))
UNARY(hard_tanh, cornu__clip(x, -1, 1))
UNARY(hard_shrink, above(cornu__op_unary(CORNU__OP_ABS, x), 0.5, x, zero_like(x)))
UNARY(soft_shrink,
      cornu__multiply(cornu__op_unary(CORNU__OP_SIGN, x),
                      cornu__op_unary(CORNU__OP_RELU, cornu__shift(cornu__op_unary(CORNU__OP_ABS, x), -0.5))))
UNARY(tanh_shrink, cornu__op_binary(CORNU__OP_SUBTRACT, x, cornu__op_unary(CORNU__OP_TANH, x)))
UNARY(silu, cornu__multiply(x, cornu__op_unary(CORNU__OP_SIGMOID, x)))
UNARY(mish, cornu__multiply(x, cornu__op_unary(CORNU__OP_TANH, cornu__op_unary(CORNU__OP_SOFTPLUS, x))))
UNARY(squareplus, cornu__scale(cornu__op_binary(CORNU__OP_ADD, x,
                                                cornu__op_unary(CORNU__OP_SQRT,
                                                                cornu__shift(cornu__op_unary(CORNU__OP_SQUARE, x), 4))),
                               0.5))
UNARY(sparse_sigmoid, cornu__clip(cornu__shift(cornu__scale(x, 0.5), 0.5), 0, 1))

/* 0 up to -1, x from 1, a parabola between. */
UNARY(sparse_plus,
      above(x, 1, x, cornu__scale(cornu__op_unary(CORNU__OP_SQUARE, cornu__shift(cornu__clip(x, -1, 1), 1)), 0.25)))

/* The first half of the last axis times the sigmoid of the second. */
static cornu_node *apply_glu(const cornu__object *activation, cornu_node *x)
{
    int64_t begin[CORNU_MAX_RANK] = {0}, size[CORNU_MAX_RANK];
    (void)activation;
    if (!x)
        return NULL;
    int last = x->rank - 1;
    if (x->rank < 1 || x->shape[last] % 2 != 0)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "glu: wanted an even size of the last axis, got %lld",
                                x->rank < 1 ? 0LL : (long long)x->shape[last]);
    for (int i = 0; i < x->rank; i++)
        size[i] = x->shape[i];
    size[last] /= 2;
    cornu_node *a = cornu__op_slice(x, begin, size, NULL);
    begin[last] = size[last];
    return cornu__multiply(a, cornu__op_unary(CORNU__OP_SIGMOID, cornu__op_slice(x, begin, size, NULL)));
}

/* --- the table --- */

typedef struct plain_options {
    size_t struct_size;
} plain_options;
static const plain_options plain_defaults = {sizeof(plain_options)};

#define PLAIN(function, ...)                                                                                           \
    static const cornu__activation_class function##_class = {                                                          \
        .base = {.kind = CORNU__KIND_ACTIVATION,                                                                       \
                 .name = #function,                                                                                    \
                 .aliases = (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL},                                    \
                 .options_size = sizeof(plain_options),                                                                \
                 .defaults = &plain_defaults},                                                                         \
        .apply = apply_##function,                                                                                     \
    };
PLAIN(linear)
PLAIN(relu6)
PLAIN(selu)
PLAIN(softplus)
PLAIN(softsign)
PLAIN(tanh)
PLAIN(sigmoid)
PLAIN(log_sigmoid)
PLAIN(exponential)
PLAIN(hard_silu, "hard_swish")
PLAIN(hard_tanh)
PLAIN(hard_shrink)
PLAIN(soft_shrink)
PLAIN(tanh_shrink)
PLAIN(silu, "swish")
PLAIN(mish)
PLAIN(squareplus)
PLAIN(sparse_plus)
PLAIN(sparse_sigmoid)
PLAIN(glu)

#define CONFIGURED(function, options, table, ...)                                                                      \
    static const options function##_defaults = {.struct_size = sizeof(options), __VA_ARGS__};                          \
    static const cornu__activation_class function##_class = {                                                          \
        .base = {.kind = CORNU__KIND_ACTIVATION,                                                                       \
                 .name = #function,                                                                                    \
                 .options_size = sizeof(options),                                                                      \
                 .defaults = &function##_defaults,                                                                     \
                 CORNU__FIELD_TABLE(table)},                                                                           \
        .apply = apply_##function,                                                                                     \
    };                                                                                                                 \
    cornu_activation_object *cornu_##function##_activation_with(const options *given)                                  \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }

static const cornu__field relu_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_relu_activation_options, negative_slope, .alias = "alpha"),
    CORNU__FIELD(DOUBLE, cornu_relu_activation_options, max_value, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_relu_activation_options, threshold),
};
static const cornu__field leaky_relu_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_leaky_relu_activation_options, negative_slope, .alias = "alpha"),
};
static const cornu__field elu_fields[] = {CORNU__FIELD(DOUBLE, cornu_elu_activation_options, alpha)};
static const cornu__field hard_sigmoid_fields[] = {CORNU__FIELD(BOOL, cornu_hard_sigmoid_activation_options, keras_2)};
static const cornu__field gelu_fields[] = {CORNU__FIELD(BOOL, cornu_gelu_activation_options, approximate)};
static const cornu__field softmax_fields[] = {CORNU__FIELD(INT, cornu_softmax_activation_options, axis)};
static const cornu__field threshold_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_threshold_activation_options, threshold),
    CORNU__FIELD(DOUBLE, cornu_threshold_activation_options, default_value),
};
CONFIGURED(relu, cornu_relu_activation_options, relu_fields, CORNU_RELU_ACTIVATION_DEFAULTS)
CONFIGURED(leaky_relu, cornu_leaky_relu_activation_options, leaky_relu_fields, CORNU_LEAKY_RELU_ACTIVATION_DEFAULTS)
CONFIGURED(elu, cornu_elu_activation_options, elu_fields, CORNU_ELU_ACTIVATION_DEFAULTS)
CONFIGURED(celu, cornu_elu_activation_options, elu_fields, CORNU_ELU_ACTIVATION_DEFAULTS)
CONFIGURED(gelu, cornu_gelu_activation_options, gelu_fields, )
CONFIGURED(hard_sigmoid, cornu_hard_sigmoid_activation_options, hard_sigmoid_fields, )
CONFIGURED(softmax, cornu_softmax_activation_options, softmax_fields, CORNU_SOFTMAX_ACTIVATION_DEFAULTS)
CONFIGURED(log_softmax, cornu_softmax_activation_options, softmax_fields, CORNU_SOFTMAX_ACTIVATION_DEFAULTS)
CONFIGURED(sparsemax, cornu_softmax_activation_options, softmax_fields, CORNU_SOFTMAX_ACTIVATION_DEFAULTS)
CONFIGURED(threshold, cornu_threshold_activation_options, threshold_fields, )

cornu__family cornu__activations = {
    &linear_class.base,
    &relu_class.base,
    &relu6_class.base,
    &leaky_relu_class.base,
    &elu_class.base,
    &selu_class.base,
    &celu_class.base,
    &softplus_class.base,
    &softsign_class.base,
    &tanh_class.base,
    &sigmoid_class.base,
    &log_sigmoid_class.base,
    &exponential_class.base,
    &hard_sigmoid_class.base,
    &hard_silu_class.base,
    &hard_tanh_class.base,
    &hard_shrink_class.base,
    &soft_shrink_class.base,
    &tanh_shrink_class.base,
    &gelu_class.base,
    &silu_class.base,
    &mish_class.base,
    &squareplus_class.base,
    &sparse_plus_class.base,
    &sparse_sigmoid_class.base,
    &threshold_class.base,
    &glu_class.base,
    &softmax_class.base,
    &log_softmax_class.base,
    &sparsemax_class.base,
    NULL,
};
