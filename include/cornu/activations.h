/*
 * activations.h: activations that take options, as objects: .activation = cornu_relu_activation(.max_value = 6).
 *
 * By name, with Keras's defaults: linear, relu, relu6, leaky_relu (slope 0.2), elu, selu, celu, softplus, softsign, tanh, sigmoid,
 * log_sigmoid, hard_sigmoid (relu6(x + 3) / 6), hard_silu (hard_swish), hard_tanh, hard_shrink, soft_shrink, tanh_shrink, exponential, gelu,
 * silu (swish), mish, squareplus, sparse_plus, sparse_sigmoid, threshold, glu, softmax, log_softmax, sparsemax.
 */
#ifndef CORNU_ACTIVATIONS_H
#define CORNU_ACTIVATIONS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_activation_object cornu_activation_object;

/* x >= max_value: max_value; threshold <= x < max_value: x; else negative_slope (x - threshold). */
typedef struct cornu_relu_activation_options {
    size_t struct_size;
    double negative_slope;
    double max_value CORNU_DEFAULT(__builtin_nan("")); /* NaN: none */
    double threshold;
} cornu_relu_activation_options;
#define CORNU_RELU_ACTIVATION_DEFAULTS CORNU_DEFAULTS(.max_value = __builtin_nan(""))
CORNU_API cornu_activation_object *cornu_relu_activation_with(const cornu_relu_activation_options *options);
#define cornu_relu_activation(...)                                                                                     \
    CORNU_KEYWORDS(cornu_relu_activation_with(&cornu_keywords), cornu_relu_activation_options,                         \
                   CORNU_RELU_ACTIVATION_DEFAULTS __VA_ARGS__)

/* x > 0: x; else negative_slope x. */
typedef struct cornu_leaky_relu_activation_options {
    size_t struct_size;
    double negative_slope CORNU_DEFAULT(0.2);
} cornu_leaky_relu_activation_options;
#define CORNU_LEAKY_RELU_ACTIVATION_DEFAULTS CORNU_DEFAULTS(.negative_slope = 0.2)
CORNU_API cornu_activation_object *cornu_leaky_relu_activation_with(const cornu_leaky_relu_activation_options *options);
#define cornu_leaky_relu_activation(...)                                                                               \
    CORNU_KEYWORDS(cornu_leaky_relu_activation_with(&cornu_keywords), cornu_leaky_relu_activation_options,             \
                   CORNU_LEAKY_RELU_ACTIVATION_DEFAULTS __VA_ARGS__)

/* elu: x > 0: x; else alpha (e^x - 1). celu: max(x, 0) + min(0, alpha (e^(x / alpha) - 1)). */
typedef struct cornu_elu_activation_options {
    size_t struct_size;
    double alpha CORNU_DEFAULT(1.0);
} cornu_elu_activation_options;
#define CORNU_ELU_ACTIVATION_DEFAULTS CORNU_DEFAULTS(.alpha = 1.0)
CORNU_API cornu_activation_object *cornu_elu_activation_with(const cornu_elu_activation_options *options);
CORNU_API cornu_activation_object *cornu_celu_activation_with(const cornu_elu_activation_options *options);
#define cornu_elu_activation(...)                                                                                      \
    CORNU_KEYWORDS(cornu_elu_activation_with(&cornu_keywords), cornu_elu_activation_options,                           \
                   CORNU_ELU_ACTIVATION_DEFAULTS __VA_ARGS__)
#define cornu_celu_activation(...)                                                                                     \
    CORNU_KEYWORDS(cornu_celu_activation_with(&cornu_keywords), cornu_elu_activation_options,                          \
                   CORNU_ELU_ACTIVATION_DEFAULTS __VA_ARGS__)

/* x Phi(x), Phi the normal distribution; approximate: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
typedef struct cornu_gelu_activation_options {
    size_t struct_size;
    bool approximate;
} cornu_gelu_activation_options;
CORNU_API cornu_activation_object *cornu_gelu_activation_with(const cornu_gelu_activation_options *options);
#define cornu_gelu_activation(...)                                                                                     \
    CORNU_KEYWORDS(cornu_gelu_activation_with(&cornu_keywords), cornu_gelu_activation_options, __VA_ARGS__)

/* relu6(x + 3) / 6; keras_2: clip(0.2 x + 0.5, 0, 1), as in Keras 2. */
typedef struct cornu_hard_sigmoid_activation_options {
    size_t struct_size;
    bool keras_2;
} cornu_hard_sigmoid_activation_options;
CORNU_API cornu_activation_object *cornu_hard_sigmoid_activation_with(
    const cornu_hard_sigmoid_activation_options *options);
#define cornu_hard_sigmoid_activation(...)                                                                             \
    CORNU_KEYWORDS(cornu_hard_sigmoid_activation_with(&cornu_keywords), cornu_hard_sigmoid_activation_options,         \
                   __VA_ARGS__)

/* softmax and log_softmax over one axis; sparsemax: the nearest point whose elements are at least 0 and sum to 1 (Martins and Astudillo 2016),
 * in time and memory of the square of the axis. */
typedef struct cornu_softmax_activation_options {
    size_t struct_size;
    int axis CORNU_DEFAULT(-1);
} cornu_softmax_activation_options;
#define CORNU_SOFTMAX_ACTIVATION_DEFAULTS CORNU_DEFAULTS(.axis = -1)
CORNU_API cornu_activation_object *cornu_softmax_activation_with(const cornu_softmax_activation_options *options);
CORNU_API cornu_activation_object *cornu_log_softmax_activation_with(const cornu_softmax_activation_options *options);
CORNU_API cornu_activation_object *cornu_sparsemax_activation_with(const cornu_softmax_activation_options *options);
#define cornu_softmax_activation(...)                                                                                  \
    CORNU_KEYWORDS(cornu_softmax_activation_with(&cornu_keywords), cornu_softmax_activation_options,                   \
                   CORNU_SOFTMAX_ACTIVATION_DEFAULTS __VA_ARGS__)
#define cornu_log_softmax_activation(...)                                                                              \
    CORNU_KEYWORDS(cornu_log_softmax_activation_with(&cornu_keywords), cornu_softmax_activation_options,               \
                   CORNU_SOFTMAX_ACTIVATION_DEFAULTS __VA_ARGS__)

#define cornu_sparsemax_activation(...)                                                                                \
    CORNU_KEYWORDS(cornu_sparsemax_activation_with(&cornu_keywords), cornu_softmax_activation_options,                 \
                   CORNU_SOFTMAX_ACTIVATION_DEFAULTS __VA_ARGS__)

/* x > threshold: x; else default_value. */
typedef struct cornu_threshold_activation_options {
    size_t struct_size;
    double threshold, default_value;
} cornu_threshold_activation_options;
CORNU_API cornu_activation_object *cornu_threshold_activation_with(const cornu_threshold_activation_options *options);
#define cornu_threshold_activation(...)                                                                                \
    CORNU_KEYWORDS(cornu_threshold_activation_with(&cornu_keywords), cornu_threshold_activation_options, __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
