/*
 * ops.h: differentiable ops, for layers, losses and metrics of a program's own (custom.h). Names and meanings are those of keras.ops.
 *
 * A node is one tensor of a step, with all sizes known. Ops make nodes from nodes; gradients follow from the ops by themselves. Nodes belong to
 * the step that is being built: there is nothing to release, and a node is of no use afterwards.
 *
 * An op returns NULL when shapes or dtypes do not fit (see cornu_error_message), and NULL when an input is NULL, so that a chain of ops needs one
 * check at its end. Where two dtypes meet, int32 becomes float. Functions of real numbers (exp, mean ...) make int32 float32. Truth values are
 * floats: 0 and 1. An axis below 0 counts from the end. Two shapes broadcast as in numpy.
 */
#ifndef CORNU_OPS_H
#define CORNU_OPS_H

#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_node cornu_node;

/* --- looking at a node --- */

/* The number of axes; 0 for a scalar and for NULL. */
CORNU_API int cornu_node_rank(const cornu_node *x);
/* The sizes, one per axis; valid as long as the node; NULL for NULL. */
CORNU_API const int64_t *cornu_node_shape(const cornu_node *x);
/* The size of one axis; -1 if there is no such axis. */
CORNU_API int64_t cornu_node_size(const cornu_node *x, int axis);
/* CORNU_FLOAT32, CORNU_FLOAT64 or CORNU_INT32. */
CORNU_API cornu_dtype cornu_node_dtype(const cornu_node *x);

/* --- constants, in the step that `like` belongs to --- */

/* A scalar of like's dtype (of an int32: float32). */
CORNU_API cornu_node *cornu_op_constant(cornu_node *like, double value);
/* The elements of an array (converted: integers to int32, all others to float32). */
CORNU_API cornu_node *cornu_op_array(cornu_node *like, const cornu_array *array);
/* Zeros, ones: of like's shape and dtype. */
CORNU_API cornu_node *cornu_op_zeros_like(cornu_node *like);
CORNU_API cornu_node *cornu_op_ones_like(cornu_node *like);

/* --- elementwise, two tensors that broadcast --- */

CORNU_API cornu_node *cornu_op_add(cornu_node *a, cornu_node *b);      /* a + b */
CORNU_API cornu_node *cornu_op_subtract(cornu_node *a, cornu_node *b); /* a - b */
CORNU_API cornu_node *cornu_op_multiply(cornu_node *a, cornu_node *b); /* a b */
CORNU_API cornu_node *cornu_op_divide(cornu_node *a, cornu_node *b);   /* a / b, always float */
CORNU_API cornu_node *cornu_op_power(cornu_node *a, cornu_node *b);    /* a^b, always float */
CORNU_API cornu_node *cornu_op_maximum(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_minimum(cornu_node *a, cornu_node *b);
/* 1 where it is so, else 0; without gradient. */
CORNU_API cornu_node *cornu_op_equal(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_not_equal(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_less(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_less_equal(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_greater(cornu_node *a, cornu_node *b);
CORNU_API cornu_node *cornu_op_greater_equal(cornu_node *a, cornu_node *b);
/* a where condition is not 0, else b. */
CORNU_API cornu_node *cornu_op_where(cornu_node *condition, cornu_node *a, cornu_node *b);

/* --- elementwise, a tensor and a number --- */

CORNU_API cornu_node *cornu_op_add_scalar(cornu_node *x, double value);      /* x + value */
CORNU_API cornu_node *cornu_op_multiply_scalar(cornu_node *x, double value); /* x value */
CORNU_API cornu_node *cornu_op_power_scalar(cornu_node *x, double value);    /* x^value */
/* min(max(x, low), high); gradient 1 inside, 0 outside. */
CORNU_API cornu_node *cornu_op_clip(cornu_node *x, double low, double high);

/* --- elementwise, one tensor --- */

CORNU_API cornu_node *cornu_op_negative(cornu_node *x); /* -x */
CORNU_API cornu_node *cornu_op_absolute(cornu_node *x); /* |x|; gradient 0 at 0 */
CORNU_API cornu_node *cornu_op_sign(cornu_node *x);     /* -1, 0, 1; gradient 0 */
CORNU_API cornu_node *cornu_op_exp(cornu_node *x);      /* e^x */
CORNU_API cornu_node *cornu_op_expm1(cornu_node *x);    /* e^x - 1, exact near 0 */
CORNU_API cornu_node *cornu_op_log(cornu_node *x);      /* ln x */
CORNU_API cornu_node *cornu_op_log1p(cornu_node *x);    /* ln(1 + x), exact near 0 */
CORNU_API cornu_node *cornu_op_sqrt(cornu_node *x);
CORNU_API cornu_node *cornu_op_rsqrt(cornu_node *x);      /* 1 / sqrt(x) */
CORNU_API cornu_node *cornu_op_square(cornu_node *x);     /* x^2 */
CORNU_API cornu_node *cornu_op_reciprocal(cornu_node *x); /* 1 / x */
CORNU_API cornu_node *cornu_op_tanh(cornu_node *x);
CORNU_API cornu_node *cornu_op_sigmoid(cornu_node *x);  /* 1 / (1 + e^-x) */
CORNU_API cornu_node *cornu_op_softplus(cornu_node *x); /* ln(1 + e^x) */
CORNU_API cornu_node *cornu_op_erf(cornu_node *x);      /* 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x */
CORNU_API cornu_node *cornu_op_sin(cornu_node *x);
CORNU_API cornu_node *cornu_op_cos(cornu_node *x);
CORNU_API cornu_node *cornu_op_floor(cornu_node *x); /* gradient 0 */
CORNU_API cornu_node *cornu_op_round(cornu_node *x); /* to the nearest integer, half to even; gradient 0 */
CORNU_API cornu_node *cornu_op_relu(cornu_node *x);  /* max(x, 0); gradient 0 at 0 */
/* To CORNU_FLOAT32, CORNU_FLOAT64 or CORNU_INT32 (towards 0; without gradient). */
CORNU_API cornu_node *cornu_op_cast(cornu_node *x, cornu_dtype dtype);
/* x, through which no gradient passes. */
CORNU_API cornu_node *cornu_op_stop_gradient(cornu_node *x);

/* --- reductions: cornu_op_sum(x), cornu_op_sum(x, .axis = cornu_axis(-1), .keepdims = true) --- */

/* `axis`: which axes go; none given: all. `keepdims`: they stay, with size 1. */
typedef struct cornu_reduce_options {
    size_t struct_size;
    cornu_axes axis;
    bool keepdims;
} cornu_reduce_options;

CORNU_API cornu_node *cornu_op_sum_with(cornu_node *x, const cornu_reduce_options *options);
CORNU_API cornu_node *cornu_op_mean_with(cornu_node *x, const cornu_reduce_options *options);
CORNU_API cornu_node *cornu_op_max_with(cornu_node *x, const cornu_reduce_options *options);
CORNU_API cornu_node *cornu_op_min_with(cornu_node *x, const cornu_reduce_options *options);
CORNU_API cornu_node *cornu_op_prod_with(cornu_node *x, const cornu_reduce_options *options);
/* mean((x - mean x)^2) and its root. */
CORNU_API cornu_node *cornu_op_var_with(cornu_node *x, const cornu_reduce_options *options);
CORNU_API cornu_node *cornu_op_std_with(cornu_node *x, const cornu_reduce_options *options);
/* ln sum e^x, without overflow. */
CORNU_API cornu_node *cornu_op_logsumexp_with(cornu_node *x, const cornu_reduce_options *options);
#define CORNU_OP_REDUCE(name, x, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_op_##name##_with(x, &cornu_keywords), cornu_reduce_options, __VA_ARGS__)
#define cornu_op_sum(...) CORNU_OP_REDUCE(sum, __VA_ARGS__, )
#define cornu_op_mean(...) CORNU_OP_REDUCE(mean, __VA_ARGS__, )
#define cornu_op_max(...) CORNU_OP_REDUCE(max, __VA_ARGS__, )
#define cornu_op_min(...) CORNU_OP_REDUCE(min, __VA_ARGS__, )
#define cornu_op_prod(...) CORNU_OP_REDUCE(prod, __VA_ARGS__, )
#define cornu_op_var(...) CORNU_OP_REDUCE(var, __VA_ARGS__, )
#define cornu_op_std(...) CORNU_OP_REDUCE(std, __VA_ARGS__, )
#define cornu_op_logsumexp(...) CORNU_OP_REDUCE(logsumexp, __VA_ARGS__, )

/* The place of the largest element along `axis`, which goes; the first of equals; int32. */
CORNU_API cornu_node *cornu_op_argmax(cornu_node *x, int axis);
/* e^x / sum e^x along `axis`, and its logarithm. */
CORNU_API cornu_node *cornu_op_softmax(cornu_node *x, int axis);
CORNU_API cornu_node *cornu_op_log_softmax(cornu_node *x, int axis);

/* --- shape --- */

/* As many elements, in the same order; one size may be -1: what remains. */
CORNU_API cornu_node *cornu_op_reshape(cornu_node *x, int rank, const int64_t *shape);
/* Axis i of the result is axis axes[i] of x, which has as many axes; NULL: in reverse. */
CORNU_API cornu_node *cornu_op_transpose(cornu_node *x, const int *axes);
/* Repeats x along axes where it has size 1 or none. */
CORNU_API cornu_node *cornu_op_broadcast_to(cornu_node *x, int rank, const int64_t *shape);
/* Puts in an axis of size 1 so that it is axis `axis` of the result. */
CORNU_API cornu_node *cornu_op_expand_dims(cornu_node *x, int axis);
/* Takes out an axis, which must have size 1. */
CORNU_API cornu_node *cornu_op_squeeze(cornu_node *x, int axis);
/* `count` tensors that differ in the size of `axis` at most, one after the other along it. */
CORNU_API cornu_node *cornu_op_concatenate(size_t count, cornu_node *const *inputs, int axis);
/* `count` tensors of one shape along a new axis. */
CORNU_API cornu_node *cornu_op_stack(size_t count, cornu_node *const *inputs, int axis);
/* Elements begin, begin + stride ... of each axis, `size` of them. `stride` NULL: 1. */
CORNU_API cornu_node *cornu_op_slice(cornu_node *x, const int64_t *begin, const int64_t *size, const int64_t *stride);
/* before[i] and after[i] elements `value` around axis i. */
CORNU_API cornu_node *cornu_op_pad(cornu_node *x, const int64_t *before, const int64_t *after, double value);
/* Rows of x (n, ...) by int32 indices of any shape; an index outside 0 .. n - 1 fails the step. */
CORNU_API cornu_node *cornu_op_take(cornu_node *x, cornu_node *indices);
/* (...) int32 -> (..., num_classes) float32: 1 at the index, else 0; outside of 0 .. num_classes - 1 all 0. */
CORNU_API cornu_node *cornu_op_one_hot(cornu_node *indices, int64_t num_classes);

/* --- products, windows --- */

/* (..., m, k) (..., k, n) -> (..., m, n). Leading axes are equal, or b has none. */
typedef struct cornu_matmul_options {
    size_t struct_size;
    bool transpose_a, transpose_b; /* of the last two axes */
} cornu_matmul_options;
CORNU_API cornu_node *cornu_op_matmul_with(cornu_node *a, cornu_node *b, const cornu_matmul_options *options);
#define CORNU_OP_MATMUL(a, b, ...)                                                                                     \
    CORNU_KEYWORDS(cornu_op_matmul_with(a, b, &cornu_keywords), cornu_matmul_options, __VA_ARGS__)
#define cornu_op_matmul(...) CORNU_OP_MATMUL(__VA_ARGS__, )

/* Windows over images (B, H, W, C). `padding`: "valid": none; "same": zeros so that the output has ceil(size / stride) rows and columns, an odd
 * one at the end. */
typedef struct cornu_op_conv_options {
    size_t struct_size;
    cornu_size2 strides CORNU_DEFAULT({1, 1});
    const char *padding CORNU_DEFAULT("valid");
    cornu_size2 dilation_rate CORNU_DEFAULT({1, 1});
    int groups CORNU_DEFAULT(1);
} cornu_op_conv_options;
#define CORNU_OP_CONV_DEFAULTS                                                                                         \
    CORNU_DEFAULTS(.strides = {1, 1}, .padding = "valid", .dilation_rate = {1, 1}, .groups = 1)
/* x (B, H, W, C), kernel (KH, KW, C / groups, F) -> (B, H', W', F). */
CORNU_API cornu_node *cornu_op_conv_with(cornu_node *x, cornu_node *kernel, const cornu_op_conv_options *options);
#define CORNU_OP_CONV(x, kernel, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_op_conv_with(x, kernel, &cornu_keywords), cornu_op_conv_options,                              \
                   CORNU_OP_CONV_DEFAULTS __VA_ARGS__)
#define cornu_op_conv(...) CORNU_OP_CONV(__VA_ARGS__, )

typedef struct cornu_op_pool_options {
    size_t struct_size;
    cornu_size2 strides; /* not given: the pool's size */
    const char *padding CORNU_DEFAULT("valid");
} cornu_op_pool_options;
#define CORNU_OP_POOL_DEFAULTS CORNU_DEFAULTS(.padding = "valid")
/* The largest, or the mean, of each window of `size` rows and columns: (B, H, W, C) -> (B, H', W', C). Padding does not count. */
CORNU_API cornu_node *cornu_op_max_pool_with(cornu_node *x, cornu_size2 size, const cornu_op_pool_options *options);
CORNU_API cornu_node *cornu_op_average_pool_with(cornu_node *x, cornu_size2 size, const cornu_op_pool_options *options);
#define CORNU_OP_POOL(name, x, size, ...)                                                                              \
    CORNU_KEYWORDS(cornu_op_##name##_with(x, size, &cornu_keywords), cornu_op_pool_options,                            \
                   CORNU_OP_POOL_DEFAULTS __VA_ARGS__)
#define cornu_op_max_pool(...) CORNU_OP_POOL(max_pool, __VA_ARGS__, )
#define cornu_op_average_pool(...) CORNU_OP_POOL(average_pool, __VA_ARGS__, )

CORNU_END_DECLARATIONS

#endif
