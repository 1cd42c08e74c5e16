/*
 * layers.h: the layers, named as in Keras, with Keras's arguments and defaults.
 *
 *     cornu_add(model, cornu_conv2d(32, 3, .activation = "relu", .padding = "same", .input_shape = {28, 28, 1}));
 *
 * Each is a macro over a plain function named like it with "_with" behind (options.h tells how and why). What Keras requires is positional,
 * the rest goes by name. Shapes in the comments: B = batch, T = time, H, W = height, width, C = channels; images are (B, H, W, C).
 *
 * A size that has one value per axis takes one number for all or a pair: .strides = 2, .strides = cornu_pair(1, 2).
 * An initializer, regularizer, constraint or activation is given by name ("he_normal") or as an object (cornu_he_normal(.seed = 1)).
 *
 * All return a new layer (object.h tells who owns it), a failed one if the options are wrong: what is given it reports why. NULL only
 * for want of memory.
 */
#ifndef CORNU_LAYERS_H
#define CORNU_LAYERS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_layer cornu_layer;

/* What every layer takes. `name`: NULL: an automatic one. `dtype`: NULL: "float32". `input_shape`: without the batch axis, for the first
 * layer of a Sequential; CORNU_NONE where the size is not known. `batch_input_shape`: with it. `activity_regularizer`: of the output. */
#define CORNU_LAYER_FIELDS                                                                                             \
    size_t struct_size;                                                                                                \
    const char *name;                                                                                                  \
    bool trainable CORNU_DEFAULT(true);                                                                                \
    const char *dtype;                                                                                                 \
    int64_t input_shape[CORNU_MAX_RANK];                                                                               \
    int64_t batch_input_shape[CORNU_MAX_RANK];                                                                         \
    cornu_identifier activity_regularizer;
#define CORNU_LAYER_DEFAULTS CORNU_DEFAULTS(.trainable = true)

/* Of layers that have no options of their own. */
typedef struct cornu_layer_options {
    CORNU_LAYER_FIELDS
} cornu_layer_options;

/* Rows and columns around an image. */
typedef struct cornu_sides2 {
    int top, bottom, left, right;
} cornu_sides2;

static inline cornu_sides2 cornu_sides(int top, int bottom, int left, int right)
{
    cornu_sides2 sides;
    sides.top = top;
    sides.bottom = bottom;
    sides.left = left;
    sides.right = right;
    return sides;
}

/* The same number above and below, and left and right. */
static inline cornu_sides2 cornu_border(int rows, int columns)
{
    return cornu_sides(rows, rows, columns, columns);
}

/* --- core --- */

/* Where data enters: `shape` without, or `batch_shape` with the batch axis. Sequential models can do without one. */
typedef struct cornu_input_layer_options {
    CORNU_LAYER_FIELDS
    int64_t shape[CORNU_MAX_RANK];
    int64_t batch_shape[CORNU_MAX_RANK];
} cornu_input_layer_options;
CORNU_API cornu_layer *cornu_input_layer_with(const cornu_input_layer_options *options);
#define cornu_input_layer(...)                                                                                         \
    CORNU_KEYWORDS(cornu_input_layer_with(&cornu_keywords), cornu_input_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* activation(x . kernel + bias) over the last axis: (B, ..., n) -> (B, ..., units). */
typedef struct cornu_dense_options {
    CORNU_LAYER_FIELDS
    int units; /* set by the function's argument */
    cornu_identifier activation;
    bool use_bias CORNU_DEFAULT(true);
    cornu_identifier kernel_initializer CORNU_DEFAULT("glorot_uniform");
    cornu_identifier bias_initializer CORNU_DEFAULT("zeros");
    cornu_identifier kernel_regularizer;
    cornu_identifier bias_regularizer;
    cornu_identifier kernel_constraint;
    cornu_identifier bias_constraint;
} cornu_dense_options;
#define CORNU_DENSE_DEFAULTS                                                                                           \
    CORNU_DEFAULTS(.trainable = true, .use_bias = true, .kernel_initializer = "glorot_uniform",                        \
                   .bias_initializer = "zeros")
CORNU_API cornu_layer *cornu_dense_with(int units, const cornu_dense_options *options);
#define cornu_dense(units, ...)                                                                                        \
    CORNU_KEYWORDS(cornu_dense_with(units, &cornu_keywords), cornu_dense_options, CORNU_DENSE_DEFAULTS __VA_ARGS__)

/* Rows of a table: integers (B, ...) in [0, input_dim) -> (B, ..., output_dim). mask_zero: 0 is padding, and masked. */
typedef struct cornu_embedding_options {
    CORNU_LAYER_FIELDS
    int input_dim, output_dim; /* set by the function's arguments */
    cornu_identifier embeddings_initializer CORNU_DEFAULT("uniform");
    cornu_identifier embeddings_regularizer;
    cornu_identifier embeddings_constraint;
    bool mask_zero;
} cornu_embedding_options;
#define CORNU_EMBEDDING_DEFAULTS CORNU_DEFAULTS(.trainable = true, .embeddings_initializer = "uniform")
CORNU_API cornu_layer *cornu_embedding_with(int input_dim, int output_dim, const cornu_embedding_options *options);
#define cornu_embedding(input_dim, output_dim, ...)                                                                    \
    CORNU_KEYWORDS(cornu_embedding_with(input_dim, output_dim, &cornu_keywords), cornu_embedding_options,              \
                   CORNU_EMBEDDING_DEFAULTS __VA_ARGS__)

/* A time step whose features all equal mask_value is masked for the layers behind, and zeroed: (B, T, ...) -> same. */
typedef struct cornu_masking_options {
    CORNU_LAYER_FIELDS
    double mask_value;
} cornu_masking_options;
CORNU_API cornu_layer *cornu_masking_with(const cornu_masking_options *options);
#define cornu_masking(...)                                                                                             \
    CORNU_KEYWORDS(cornu_masking_with(&cornu_keywords), cornu_masking_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* The input as it is. */
CORNU_API cornu_layer *cornu_identity_with(const cornu_layer_options *options);
#define cornu_identity(...)                                                                                            \
    CORNU_KEYWORDS(cornu_identity_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* x scale + offset. */
typedef struct cornu_rescaling_options {
    CORNU_LAYER_FIELDS
    double scale; /* set by the function's argument */
    double offset;
} cornu_rescaling_options;
CORNU_API cornu_layer *cornu_rescaling_with(double scale, const cornu_rescaling_options *options);
#define cornu_rescaling(scale, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_rescaling_with(scale, &cornu_keywords), cornu_rescaling_options,                              \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* --- activations as layers --- */

/* Any activation of activations.h, by name or as an object. */
typedef struct cornu_activation_options {
    CORNU_LAYER_FIELDS
    cornu_identifier activation; /* set by the function's argument */
} cornu_activation_options;
CORNU_API cornu_layer *cornu_activation_with(cornu_identifier activation, const cornu_activation_options *options);
#define cornu_activation(activation, ...)                                                                              \
    CORNU_KEYWORDS(cornu_activation_with(activation, &cornu_keywords), cornu_activation_options,                       \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* x >= max_value: max_value; threshold <= x < max_value: x; else negative_slope (x - threshold). */
typedef struct cornu_relu_options {
    CORNU_LAYER_FIELDS
    double max_value CORNU_DEFAULT(__builtin_nan("")); /* NaN: none */
    double negative_slope;
    double threshold;
} cornu_relu_options;
#define CORNU_RELU_DEFAULTS CORNU_DEFAULTS(.trainable = true, .max_value = __builtin_nan(""))
CORNU_API cornu_layer *cornu_relu_with(const cornu_relu_options *options);
#define cornu_relu(...)                                                                                                \
    CORNU_KEYWORDS(cornu_relu_with(&cornu_keywords), cornu_relu_options, CORNU_RELU_DEFAULTS __VA_ARGS__)

/* x > 0: x; else negative_slope x. The layer's default is 0.3, the activation's 0.2, as in Keras. */
typedef struct cornu_leaky_relu_options {
    CORNU_LAYER_FIELDS
    double negative_slope CORNU_DEFAULT(0.3);
} cornu_leaky_relu_options;
#define CORNU_LEAKY_RELU_DEFAULTS CORNU_DEFAULTS(.trainable = true, .negative_slope = 0.3)
CORNU_API cornu_layer *cornu_leaky_relu_with(const cornu_leaky_relu_options *options);
#define cornu_leaky_relu(...)                                                                                          \
    CORNU_KEYWORDS(cornu_leaky_relu_with(&cornu_keywords), cornu_leaky_relu_options,                                   \
                   CORNU_LEAKY_RELU_DEFAULTS __VA_ARGS__)

/* x > 0: x; else alpha x, alpha learned: one per feature, shared over .shared_axes = cornu_axis(1, 2) (1: the first after the batch). */
typedef struct cornu_prelu_options {
    CORNU_LAYER_FIELDS
    cornu_identifier alpha_initializer CORNU_DEFAULT("zeros");
    cornu_identifier alpha_regularizer;
    cornu_identifier alpha_constraint;
    cornu_axes shared_axes;
} cornu_prelu_options;
#define CORNU_PRELU_DEFAULTS CORNU_DEFAULTS(.trainable = true, .alpha_initializer = "zeros")
CORNU_API cornu_layer *cornu_prelu_with(const cornu_prelu_options *options);
#define cornu_prelu(...)                                                                                               \
    CORNU_KEYWORDS(cornu_prelu_with(&cornu_keywords), cornu_prelu_options, CORNU_PRELU_DEFAULTS __VA_ARGS__)

/* x > 0: x; else alpha (e^x - 1). */
typedef struct cornu_elu_options {
    CORNU_LAYER_FIELDS
    double alpha CORNU_DEFAULT(1.0);
} cornu_elu_options;
#define CORNU_ELU_DEFAULTS CORNU_DEFAULTS(.trainable = true, .alpha = 1.0)
CORNU_API cornu_layer *cornu_elu_with(const cornu_elu_options *options);
#define cornu_elu(...)                                                                                                 \
    CORNU_KEYWORDS(cornu_elu_with(&cornu_keywords), cornu_elu_options, CORNU_ELU_DEFAULTS __VA_ARGS__)

/* e^x / sum e^x over one axis. */
typedef struct cornu_softmax_options {
    CORNU_LAYER_FIELDS
    int axis CORNU_DEFAULT(-1);
} cornu_softmax_options;
#define CORNU_SOFTMAX_DEFAULTS CORNU_DEFAULTS(.trainable = true, .axis = -1)
CORNU_API cornu_layer *cornu_softmax_with(const cornu_softmax_options *options);
#define cornu_softmax(...)                                                                                             \
    CORNU_KEYWORDS(cornu_softmax_with(&cornu_keywords), cornu_softmax_options, CORNU_SOFTMAX_DEFAULTS __VA_ARGS__)

/* --- convolution --- */

/* Of Conv1D and Conv2D. kernel: (KH, KW, C / groups, filters), 1-D: (K, C / groups, filters). padding "same": the output has
 * ceil(size / stride) sizes, an odd zero goes to the end; "causal" (1-D): zeros in front only. */
typedef struct cornu_conv_options {
    CORNU_LAYER_FIELDS
    int filters;                                /* set by the function's argument */
    cornu_size2 kernel_size;                    /* if given, instead of the function's argument */
    cornu_size2 strides;                        /* default: 1 */
    const char *padding CORNU_DEFAULT("valid"); /* "valid", "same", "causal" */
    const char *data_format;                    /* "channels_last" (default), "channels_first" */
    cornu_size2 dilation_rate;                  /* default: 1; not together with strides > 1 */
    int groups CORNU_DEFAULT(1);
    cornu_identifier activation;
    bool use_bias CORNU_DEFAULT(true);
    cornu_identifier kernel_initializer CORNU_DEFAULT("glorot_uniform");
    cornu_identifier bias_initializer CORNU_DEFAULT("zeros");
    cornu_identifier kernel_regularizer;
    cornu_identifier bias_regularizer;
    cornu_identifier kernel_constraint;
    cornu_identifier bias_constraint;
} cornu_conv_options;
typedef cornu_conv_options cornu_conv1d_options;
typedef cornu_conv_options cornu_conv2d_options;
#define CORNU_CONV_DEFAULTS                                                                                            \
    CORNU_DEFAULTS(.trainable = true, .padding = "valid", .groups = 1, .use_bias = true,                               \
                   .kernel_initializer = "glorot_uniform", .bias_initializer = "zeros")
/* (B, T, C) -> (B, T', filters) */
CORNU_API cornu_layer *cornu_conv1d_with(int filters, int kernel_size, const cornu_conv1d_options *options);
#define cornu_conv1d(filters, kernel_size, ...)                                                                        \
    CORNU_KEYWORDS(cornu_conv1d_with(filters, kernel_size, &cornu_keywords), cornu_conv1d_options,                     \
                   CORNU_CONV_DEFAULTS __VA_ARGS__)
/* (B, H, W, C) -> (B, H', W', filters) */
CORNU_API cornu_layer *cornu_conv2d_with(int filters, int kernel_size, const cornu_conv2d_options *options);
#define cornu_conv2d(filters, kernel_size, ...)                                                                        \
    CORNU_KEYWORDS(cornu_conv2d_with(filters, kernel_size, &cornu_keywords), cornu_conv2d_options,                     \
                   CORNU_CONV_DEFAULTS __VA_ARGS__)

/* Of Conv1DTranspose and Conv2DTranspose. kernel: (KH, KW, filters, C). Sizes: "valid" size * stride + max(kernel - stride, 0),
 * "same" size * stride; with output_padding p: (size - 1) * stride + kernel - 2 pad + p. */
typedef struct cornu_conv_transpose_options {
    CORNU_LAYER_FIELDS
    int filters;
    cornu_size2 kernel_size;
    cornu_size2 strides;
    const char *padding CORNU_DEFAULT("valid");         /* "valid", "same" */
    cornu_size2 output_padding CORNU_DEFAULT({-1, -1}); /* -1: none given */
    const char *data_format;
    cornu_size2 dilation_rate;
    cornu_identifier activation;
    bool use_bias CORNU_DEFAULT(true);
    cornu_identifier kernel_initializer CORNU_DEFAULT("glorot_uniform");
    cornu_identifier bias_initializer CORNU_DEFAULT("zeros");
    cornu_identifier kernel_regularizer;
    cornu_identifier bias_regularizer;
    cornu_identifier kernel_constraint;
    cornu_identifier bias_constraint;
} cornu_conv_transpose_options;
typedef cornu_conv_transpose_options cornu_conv1d_transpose_options;
typedef cornu_conv_transpose_options cornu_conv2d_transpose_options;
#define CORNU_CONV_TRANSPOSE_DEFAULTS                                                                                  \
    CORNU_DEFAULTS(.trainable = true, .padding = "valid", .output_padding = {-1, -1}, .use_bias = true,                \
                   .kernel_initializer = "glorot_uniform", .bias_initializer = "zeros")
CORNU_API cornu_layer *cornu_conv1d_transpose_with(int filters, int kernel_size,
                                                   const cornu_conv1d_transpose_options *options);
#define cornu_conv1d_transpose(filters, kernel_size, ...)                                                              \
    CORNU_KEYWORDS(cornu_conv1d_transpose_with(filters, kernel_size, &cornu_keywords), cornu_conv1d_transpose_options, \
                   CORNU_CONV_TRANSPOSE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_layer *cornu_conv2d_transpose_with(int filters, int kernel_size,
                                                   const cornu_conv2d_transpose_options *options);
#define cornu_conv2d_transpose(filters, kernel_size, ...)                                                              \
    CORNU_KEYWORDS(cornu_conv2d_transpose_with(filters, kernel_size, &cornu_keywords), cornu_conv2d_transpose_options, \
                   CORNU_CONV_TRANSPOSE_DEFAULTS __VA_ARGS__)

/* Each channel convolved alone, depth_multiplier times: output channel = input channel * depth_multiplier + j. kernel: (KH, KW, C,
 * depth_multiplier). */
typedef struct cornu_depthwise_conv_options {
    CORNU_LAYER_FIELDS
    cornu_size2 kernel_size;
    cornu_size2 strides;
    const char *padding CORNU_DEFAULT("valid"); /* "valid", "same" */
    int depth_multiplier CORNU_DEFAULT(1);
    const char *data_format;
    cornu_size2 dilation_rate;
    cornu_identifier activation;
    bool use_bias CORNU_DEFAULT(true);
    cornu_identifier depthwise_initializer CORNU_DEFAULT("glorot_uniform");
    cornu_identifier bias_initializer CORNU_DEFAULT("zeros");
    cornu_identifier depthwise_regularizer;
    cornu_identifier bias_regularizer;
    cornu_identifier depthwise_constraint;
    cornu_identifier bias_constraint;
} cornu_depthwise_conv_options;
typedef cornu_depthwise_conv_options cornu_depthwise_conv1d_options;
typedef cornu_depthwise_conv_options cornu_depthwise_conv2d_options;
#define CORNU_DEPTHWISE_CONV_DEFAULTS                                                                                  \
    CORNU_DEFAULTS(.trainable = true, .padding = "valid", .depth_multiplier = 1, .use_bias = true,                     \
                   .depthwise_initializer = "glorot_uniform", .bias_initializer = "zeros")
CORNU_API cornu_layer *cornu_depthwise_conv1d_with(int kernel_size, const cornu_depthwise_conv1d_options *options);
#define cornu_depthwise_conv1d(kernel_size, ...)                                                                       \
    CORNU_KEYWORDS(cornu_depthwise_conv1d_with(kernel_size, &cornu_keywords), cornu_depthwise_conv1d_options,          \
                   CORNU_DEPTHWISE_CONV_DEFAULTS __VA_ARGS__)
CORNU_API cornu_layer *cornu_depthwise_conv2d_with(int kernel_size, const cornu_depthwise_conv2d_options *options);
#define cornu_depthwise_conv2d(kernel_size, ...)                                                                       \
    CORNU_KEYWORDS(cornu_depthwise_conv2d_with(kernel_size, &cornu_keywords), cornu_depthwise_conv2d_options,          \
                   CORNU_DEPTHWISE_CONV_DEFAULTS __VA_ARGS__)

/* --- pooling --- */

typedef struct cornu_pooling_options {
    CORNU_LAYER_FIELDS
    cornu_size2 pool_size;                      /* if given, instead of the function's argument */
    cornu_size2 strides;                        /* default: pool_size */
    const char *padding CORNU_DEFAULT("valid"); /* "valid", "same" */
    const char *data_format;
} cornu_pooling_options;
typedef cornu_pooling_options cornu_max_pooling1d_options;
typedef cornu_pooling_options cornu_max_pooling2d_options;
typedef cornu_pooling_options cornu_average_pooling1d_options;
typedef cornu_pooling_options cornu_average_pooling2d_options;
#define CORNU_POOLING_DEFAULTS CORNU_DEFAULTS(.trainable = true, .padding = "valid")
/* The largest value, or the mean of the real ones (padding does not count), of each window. */
CORNU_API cornu_layer *cornu_max_pooling1d_with(int pool_size, const cornu_pooling_options *options);
CORNU_API cornu_layer *cornu_max_pooling2d_with(int pool_size, const cornu_pooling_options *options);
CORNU_API cornu_layer *cornu_average_pooling1d_with(int pool_size, const cornu_pooling_options *options);
CORNU_API cornu_layer *cornu_average_pooling2d_with(int pool_size, const cornu_pooling_options *options);
#define cornu_max_pooling1d(pool_size, ...)                                                                            \
    CORNU_KEYWORDS(cornu_max_pooling1d_with(pool_size, &cornu_keywords), cornu_pooling_options,                        \
                   CORNU_POOLING_DEFAULTS __VA_ARGS__)
#define cornu_max_pooling2d(pool_size, ...)                                                                            \
    CORNU_KEYWORDS(cornu_max_pooling2d_with(pool_size, &cornu_keywords), cornu_pooling_options,                        \
                   CORNU_POOLING_DEFAULTS __VA_ARGS__)
#define cornu_average_pooling1d(pool_size, ...)                                                                        \
    CORNU_KEYWORDS(cornu_average_pooling1d_with(pool_size, &cornu_keywords), cornu_pooling_options,                    \
                   CORNU_POOLING_DEFAULTS __VA_ARGS__)
#define cornu_average_pooling2d(pool_size, ...)                                                                        \
    CORNU_KEYWORDS(cornu_average_pooling2d_with(pool_size, &cornu_keywords), cornu_pooling_options,                    \
                   CORNU_POOLING_DEFAULTS __VA_ARGS__)

/* Over all of time or space: (B, ..., C) -> (B, C), with keepdims (B, 1.., C). The 1-D mean counts unmasked steps only. */
typedef struct cornu_global_pooling_options {
    CORNU_LAYER_FIELDS
    const char *data_format;
    bool keepdims;
} cornu_global_pooling_options;
CORNU_API cornu_layer *cornu_global_max_pooling1d_with(const cornu_global_pooling_options *options);
CORNU_API cornu_layer *cornu_global_max_pooling2d_with(const cornu_global_pooling_options *options);
CORNU_API cornu_layer *cornu_global_average_pooling1d_with(const cornu_global_pooling_options *options);
CORNU_API cornu_layer *cornu_global_average_pooling2d_with(const cornu_global_pooling_options *options);
#define cornu_global_max_pooling1d(...)                                                                                \
    CORNU_KEYWORDS(cornu_global_max_pooling1d_with(&cornu_keywords), cornu_global_pooling_options,                     \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_global_max_pooling2d(...)                                                                                \
    CORNU_KEYWORDS(cornu_global_max_pooling2d_with(&cornu_keywords), cornu_global_pooling_options,                     \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_global_average_pooling1d(...)                                                                            \
    CORNU_KEYWORDS(cornu_global_average_pooling1d_with(&cornu_keywords), cornu_global_pooling_options,                 \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_global_average_pooling2d(...)                                                                            \
    CORNU_KEYWORDS(cornu_global_average_pooling2d_with(&cornu_keywords), cornu_global_pooling_options,                 \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* --- normalization --- */

/* (x - mean) / sqrt(variance + epsilon) gamma + beta, per feature of `axis`. Training: of the batch, and moving_x := momentum moving_x +
 * (1 - momentum) x (population variance); otherwise, and while not trainable, with the moving statistics. */
typedef struct cornu_batch_normalization_options {
    CORNU_LAYER_FIELDS
    int axis CORNU_DEFAULT(-1);
    double momentum CORNU_DEFAULT(0.99);
    double epsilon CORNU_DEFAULT(1e-3);
    bool center CORNU_DEFAULT(true);
    bool scale CORNU_DEFAULT(true);
    cornu_identifier beta_initializer CORNU_DEFAULT("zeros");
    cornu_identifier gamma_initializer CORNU_DEFAULT("ones");
    cornu_identifier moving_mean_initializer CORNU_DEFAULT("zeros");
    cornu_identifier moving_variance_initializer CORNU_DEFAULT("ones");
    cornu_identifier beta_regularizer;
    cornu_identifier gamma_regularizer;
    cornu_identifier beta_constraint;
    cornu_identifier gamma_constraint;
} cornu_batch_normalization_options;
#define CORNU_BATCH_NORMALIZATION_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.trainable = true, .axis = -1, .momentum = 0.99, .epsilon = 1e-3, .center = true, .scale = true,    \
                   .beta_initializer = "zeros", .gamma_initializer = "ones", .moving_mean_initializer = "zeros",       \
                   .moving_variance_initializer = "ones")
CORNU_API cornu_layer *cornu_batch_normalization_with(const cornu_batch_normalization_options *options);
#define cornu_batch_normalization(...)                                                                                 \
    CORNU_KEYWORDS(cornu_batch_normalization_with(&cornu_keywords), cornu_batch_normalization_options,                 \
                   CORNU_BATCH_NORMALIZATION_DEFAULTS __VA_ARGS__)

/* The same formula per sample, over `axis` (one or several: .axis = cornu_axis(1, 2)), always of the sample itself. */
typedef struct cornu_layer_normalization_options {
    CORNU_LAYER_FIELDS
    cornu_axes axis; /* default: -1 */
    double epsilon CORNU_DEFAULT(1e-3);
    bool center CORNU_DEFAULT(true);
    bool scale CORNU_DEFAULT(true);
    cornu_identifier beta_initializer CORNU_DEFAULT("zeros");
    cornu_identifier gamma_initializer CORNU_DEFAULT("ones");
    cornu_identifier beta_regularizer;
    cornu_identifier gamma_regularizer;
    cornu_identifier beta_constraint;
    cornu_identifier gamma_constraint;
} cornu_layer_normalization_options;
#define CORNU_LAYER_NORMALIZATION_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.trainable = true, .epsilon = 1e-3, .center = true, .scale = true, .beta_initializer = "zeros",     \
                   .gamma_initializer = "ones")
CORNU_API cornu_layer *cornu_layer_normalization_with(const cornu_layer_normalization_options *options);
#define cornu_layer_normalization(...)                                                                                 \
    CORNU_KEYWORDS(cornu_layer_normalization_with(&cornu_keywords), cornu_layer_normalization_options,                 \
                   CORNU_LAYER_NORMALIZATION_DEFAULTS __VA_ARGS__)

/* --- shapes --- */

/* (B, ...) -> (B, n). channels_first: channels are moved to the end first. */
typedef struct cornu_flatten_options {
    CORNU_LAYER_FIELDS
    const char *data_format;
} cornu_flatten_options;
CORNU_API cornu_layer *cornu_flatten_with(const cornu_flatten_options *options);
#define cornu_flatten(...)                                                                                             \
    CORNU_KEYWORDS(cornu_flatten_with(&cornu_keywords), cornu_flatten_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* .target_shape = {4, 4, -1}: without the batch axis; one size may be -1: what remains. */
typedef struct cornu_reshape_options {
    CORNU_LAYER_FIELDS
    int64_t target_shape[CORNU_MAX_RANK];
} cornu_reshape_options;
CORNU_API cornu_layer *cornu_reshape_with(const cornu_reshape_options *options);
#define cornu_reshape(...)                                                                                             \
    CORNU_KEYWORDS(cornu_reshape_with(&cornu_keywords), cornu_reshape_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* .dims = {2, 1}: axis i of the output is axis dims[i] of the input; 1 is the first after the batch. */
typedef struct cornu_permute_options {
    CORNU_LAYER_FIELDS
    int64_t dims[CORNU_MAX_RANK];
} cornu_permute_options;
CORNU_API cornu_layer *cornu_permute_with(const cornu_permute_options *options);
#define cornu_permute(...)                                                                                             \
    CORNU_KEYWORDS(cornu_permute_with(&cornu_keywords), cornu_permute_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* (B, C) -> (B, n, C) */
typedef struct cornu_repeat_vector_options {
    CORNU_LAYER_FIELDS
    int n; /* set by the function's argument */
} cornu_repeat_vector_options;
CORNU_API cornu_layer *cornu_repeat_vector_with(int n, const cornu_repeat_vector_options *options);
#define cornu_repeat_vector(n, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_repeat_vector_with(n, &cornu_keywords), cornu_repeat_vector_options,                          \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* Zeros before and after the time axis: .padding = cornu_pair(2, 0). Default: 1 and 1. */
typedef struct cornu_zero_padding1d_options {
    CORNU_LAYER_FIELDS
    cornu_size2 padding CORNU_DEFAULT({1, 1});
    const char *data_format;
} cornu_zero_padding1d_options;
#define CORNU_ZERO_PADDING1D_DEFAULTS CORNU_DEFAULTS(.trainable = true, .padding = {1, 1})
CORNU_API cornu_layer *cornu_zero_padding1d_with(const cornu_zero_padding1d_options *options);
#define cornu_zero_padding1d(...)                                                                                      \
    CORNU_KEYWORDS(cornu_zero_padding1d_with(&cornu_keywords), cornu_zero_padding1d_options,                           \
                   CORNU_ZERO_PADDING1D_DEFAULTS __VA_ARGS__)

/* Zeros around an image: .padding = cornu_border(1, 2), .padding = cornu_sides(1, 0, 0, 3). Default: 1 on each side. */
typedef struct cornu_zero_padding2d_options {
    CORNU_LAYER_FIELDS
    cornu_sides2 padding CORNU_DEFAULT({1, 1, 1, 1});
    const char *data_format;
} cornu_zero_padding2d_options;
#define CORNU_ZERO_PADDING2D_DEFAULTS CORNU_DEFAULTS(.trainable = true, .padding = {1, 1, 1, 1})
CORNU_API cornu_layer *cornu_zero_padding2d_with(const cornu_zero_padding2d_options *options);
#define cornu_zero_padding2d(...)                                                                                      \
    CORNU_KEYWORDS(cornu_zero_padding2d_with(&cornu_keywords), cornu_zero_padding2d_options,                           \
                   CORNU_ZERO_PADDING2D_DEFAULTS __VA_ARGS__)

/* Takes steps away at the time axis's two ends. Default: 1 and 1. */
typedef struct cornu_cropping1d_options {
    CORNU_LAYER_FIELDS
    cornu_size2 cropping CORNU_DEFAULT({1, 1});
} cornu_cropping1d_options;
#define CORNU_CROPPING1D_DEFAULTS CORNU_DEFAULTS(.trainable = true, .cropping = {1, 1})
CORNU_API cornu_layer *cornu_cropping1d_with(const cornu_cropping1d_options *options);
#define cornu_cropping1d(...)                                                                                          \
    CORNU_KEYWORDS(cornu_cropping1d_with(&cornu_keywords), cornu_cropping1d_options,                                   \
                   CORNU_CROPPING1D_DEFAULTS __VA_ARGS__)

/* Takes rows and columns away from an image's sides. Default: none. */
typedef struct cornu_cropping2d_options {
    CORNU_LAYER_FIELDS
    cornu_sides2 cropping;
    const char *data_format;
} cornu_cropping2d_options;
CORNU_API cornu_layer *cornu_cropping2d_with(const cornu_cropping2d_options *options);
#define cornu_cropping2d(...)                                                                                          \
    CORNU_KEYWORDS(cornu_cropping2d_with(&cornu_keywords), cornu_cropping2d_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* Each step repeated `size` times. Default: 2. */
typedef struct cornu_upsampling1d_options {
    CORNU_LAYER_FIELDS
    int size CORNU_DEFAULT(2);
} cornu_upsampling1d_options;
#define CORNU_UPSAMPLING1D_DEFAULTS CORNU_DEFAULTS(.trainable = true, .size = 2)
CORNU_API cornu_layer *cornu_upsampling1d_with(const cornu_upsampling1d_options *options);
#define cornu_upsampling1d(...)                                                                                        \
    CORNU_KEYWORDS(cornu_upsampling1d_with(&cornu_keywords), cornu_upsampling1d_options,                               \
                   CORNU_UPSAMPLING1D_DEFAULTS __VA_ARGS__)

/* Each row and column repeated. Default: 2 times. */
typedef struct cornu_upsampling2d_options {
    CORNU_LAYER_FIELDS
    cornu_size2 size; /* default: 2 */
    const char *data_format;
    const char *interpolation CORNU_DEFAULT("nearest"); /* "nearest" */
} cornu_upsampling2d_options;
#define CORNU_UPSAMPLING2D_DEFAULTS CORNU_DEFAULTS(.trainable = true, .interpolation = "nearest")
CORNU_API cornu_layer *cornu_upsampling2d_with(const cornu_upsampling2d_options *options);
#define cornu_upsampling2d(...)                                                                                        \
    CORNU_KEYWORDS(cornu_upsampling2d_with(&cornu_keywords), cornu_upsampling2d_options,                               \
                   CORNU_UPSAMPLING2D_DEFAULTS __VA_ARGS__)

/* --- merging: several inputs to one, with numpy's broadcasting --- */

CORNU_API cornu_layer *cornu_add_layer_with(const cornu_layer_options *options);
CORNU_API cornu_layer *cornu_subtract_with(const cornu_layer_options *options);
CORNU_API cornu_layer *cornu_multiply_with(const cornu_layer_options *options);
CORNU_API cornu_layer *cornu_average_with(const cornu_layer_options *options);
CORNU_API cornu_layer *cornu_maximum_with(const cornu_layer_options *options);
CORNU_API cornu_layer *cornu_minimum_with(const cornu_layer_options *options);
/* Keras's Add: cornu_add is what adds a layer to a model. */
#define cornu_add_layer(...)                                                                                           \
    CORNU_KEYWORDS(cornu_add_layer_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)
/* The first minus the second of two. */
#define cornu_subtract(...)                                                                                            \
    CORNU_KEYWORDS(cornu_subtract_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_multiply(...)                                                                                            \
    CORNU_KEYWORDS(cornu_multiply_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_average(...)                                                                                             \
    CORNU_KEYWORDS(cornu_average_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_maximum(...)                                                                                             \
    CORNU_KEYWORDS(cornu_maximum_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)
#define cornu_minimum(...)                                                                                             \
    CORNU_KEYWORDS(cornu_minimum_with(&cornu_keywords), cornu_layer_options, CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* Side by side along one axis; the others must agree. */
typedef struct cornu_concatenate_options {
    CORNU_LAYER_FIELDS
    int axis CORNU_DEFAULT(-1);
} cornu_concatenate_options;
#define CORNU_CONCATENATE_DEFAULTS CORNU_DEFAULTS(.trainable = true, .axis = -1)
CORNU_API cornu_layer *cornu_concatenate_with(const cornu_concatenate_options *options);
#define cornu_concatenate(...)                                                                                         \
    CORNU_KEYWORDS(cornu_concatenate_with(&cornu_keywords), cornu_concatenate_options,                                 \
                   CORNU_CONCATENATE_DEFAULTS __VA_ARGS__)

/* --- noise: in training only; otherwise the input as it is. `seed`: CORNU_NO_SEED: the model's decides --- */

#define CORNU_NO_SEED INT64_MIN

/* x / (1 - rate) with probability 1 - rate, else 0. noise_shape: sizes 1 share one draw; CORNU_NONE: the input's. */
typedef struct cornu_dropout_options {
    CORNU_LAYER_FIELDS
    double rate; /* set by the function's argument; 0 <= rate < 1 */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    int64_t noise_shape[CORNU_MAX_RANK];
} cornu_dropout_options;
#define CORNU_DROPOUT_DEFAULTS CORNU_DEFAULTS(.trainable = true, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_dropout_with(double rate, const cornu_dropout_options *options);
#define cornu_dropout(rate, ...)                                                                                       \
    CORNU_KEYWORDS(cornu_dropout_with(rate, &cornu_keywords), cornu_dropout_options, CORNU_DROPOUT_DEFAULTS __VA_ARGS__)

/* Drops whole channels: one draw per sample and channel. */
typedef struct cornu_spatial_dropout_options {
    CORNU_LAYER_FIELDS
    double rate; /* set by the function's argument; 0 <= rate < 1 */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_spatial_dropout_options;
CORNU_API cornu_layer *cornu_spatial_dropout1d_with(double rate, const cornu_spatial_dropout_options *options);
CORNU_API cornu_layer *cornu_spatial_dropout2d_with(double rate, const cornu_spatial_dropout_options *options);
#define cornu_spatial_dropout1d(rate, ...)                                                                             \
    CORNU_KEYWORDS(cornu_spatial_dropout1d_with(rate, &cornu_keywords), cornu_spatial_dropout_options,                 \
                   CORNU_DROPOUT_DEFAULTS __VA_ARGS__)
#define cornu_spatial_dropout2d(rate, ...)                                                                             \
    CORNU_KEYWORDS(cornu_spatial_dropout2d_with(rate, &cornu_keywords), cornu_spatial_dropout_options,                 \
                   CORNU_DROPOUT_DEFAULTS __VA_ARGS__)

/* x + normal(0, stddev). */
typedef struct cornu_gaussian_noise_options {
    CORNU_LAYER_FIELDS
    double stddev; /* set by the function's argument */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_gaussian_noise_options;
CORNU_API cornu_layer *cornu_gaussian_noise_with(double stddev, const cornu_gaussian_noise_options *options);
#define cornu_gaussian_noise(stddev, ...)                                                                              \
    CORNU_KEYWORDS(cornu_gaussian_noise_with(stddev, &cornu_keywords), cornu_gaussian_noise_options,                   \
                   CORNU_DROPOUT_DEFAULTS __VA_ARGS__)

/* x normal(1, sqrt(rate / (1 - rate))). */
typedef struct cornu_gaussian_dropout_options {
    CORNU_LAYER_FIELDS
    double rate; /* set by the function's argument; 0 <= rate < 1 */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_gaussian_dropout_options;
CORNU_API cornu_layer *cornu_gaussian_dropout_with(double rate, const cornu_gaussian_dropout_options *options);
#define cornu_gaussian_dropout(rate, ...)                                                                              \
    CORNU_KEYWORDS(cornu_gaussian_dropout_with(rate, &cornu_keywords), cornu_gaussian_dropout_options,                 \
                   CORNU_DROPOUT_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
