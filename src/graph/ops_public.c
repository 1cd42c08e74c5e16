/* ops_public.c: the ops of <cornu/ops.h>, which are the graph's builders with numpy's manners: int32 becomes float where it must. */
#include <string.h>

#include <cornu/ops.h>

#include "base/memory.h"
#include "base/options.h"
#include "graph/operations.h"

/* --- looking at a node --- */

int cornu_node_rank(const cornu_node *x)
{
    return x ? x->rank : 0;
}

const int64_t *cornu_node_shape(const cornu_node *x)
{
    return x ? x->shape : NULL;
}

int64_t cornu_node_size(const cornu_node *x, int axis)
{
    if (!x)
        return -1;
    int from_front = axis < 0 ? axis + x->rank : axis;
    return from_front >= 0 && from_front < x->rank ? x->shape[from_front] : -1;
}

cornu_dtype cornu_node_dtype(const cornu_node *x)
{
    return x ? x->dtype : CORNU_FLOAT32;
}

/* The axis counted from the front, of `rank` possible ones; -1 with the error set. */
static int settle_axis(const char *op, int axis, int rank)
{
    int from_front = axis < 0 ? axis + rank : axis;
    if (from_front >= 0 && from_front < rank)
        return from_front;
    cornu__fail(CORNU_ERROR_SHAPE, "%s: there is no axis %d; %d to %d were wanted", op, axis, -rank, rank - 1);
    return -1;
}

/* --- dtypes --- */

static cornu_node *as_float(cornu_node *x)
{
    return x && x->dtype == CORNU_INT32 ? cornu__op_cast(x, CORNU_FLOAT32) : x;
}

/* Makes both one dtype: an int32 takes the other's. */
static void meet(cornu_node **a, cornu_node **b)
{
    if (!*a || !*b)
        return;
    if ((*a)->dtype == CORNU_INT32)
        *a = cornu__op_cast(*a, (*b)->dtype);
    else if ((*b)->dtype == CORNU_INT32)
        *b = cornu__op_cast(*b, (*a)->dtype);
}

static cornu_node *binary(cornu__op_kind kind, cornu_node *a, cornu_node *b)
{
    meet(&a, &b);
    return cornu__op_binary(kind, a, b);
}

static cornu_node *real_binary(cornu__op_kind kind, cornu_node *a, cornu_node *b)
{
    meet(&a, &b);
    return cornu__op_binary(kind, as_float(a), as_float(b));
}

static cornu_node *real(cornu__op_kind kind, cornu_node *x)
{
    return cornu__op_unary(kind, as_float(x));
}

/* --- constants --- */

cornu_node *cornu_op_constant(cornu_node *like, double value)
{
    if (!like)
        return NULL;
    return cornu__op_scalar(like->op->graph, like->dtype == CORNU_INT32 ? CORNU_FLOAT32 : like->dtype, value);
}

static bool is_integer(cornu_dtype dtype)
{
    return dtype >= CORNU_INT8 && dtype <= CORNU_UINT64;
}

cornu_node *cornu_op_array(cornu_node *like, const cornu_array *array)
{
    if (!like)
        return NULL;
    if (!array || cornu_array_is_collection(array))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "array: one plain array was wanted");
    cornu_array *converted =
        cornu_array_cast(array, is_integer(cornu_array_dtype(array)) ? CORNU_INT32 : CORNU_FLOAT32);
    if (!converted)
        return NULL;
    cornu_node *node = cornu__op_constant(like->op->graph, cornu_array_dtype(converted), cornu_array_rank(converted),
                                          cornu_array_shape(converted), cornu_array_data(converted));
    cornu_array_release(converted);
    return node;
}

static cornu_node *fill_like(cornu_node *like, double value)
{
    return like ? cornu__op_fill(like->op->graph, like->dtype, like->rank, like->shape, value) : NULL;
}

cornu_node *cornu_op_zeros_like(cornu_node *like)
{
    return fill_like(like, 0);
}

cornu_node *cornu_op_ones_like(cornu_node *like)
{
    return fill_like(like, 1);
}

/* --- elementwise --- */

#define BINARY(name, function, kind)                                                                                   \
    cornu_node *cornu_op_##name(cornu_node *a, cornu_node *b)                                                          \
    {                                                                                                                  \
        return function(CORNU__OP_##kind, a, b);                                                                       \
    }

BINARY(add, binary, ADD)
BINARY(subtract, binary, SUBTRACT)
BINARY(multiply, binary, MULTIPLY)
BINARY(divide, real_binary, DIVIDE)
BINARY(power, real_binary, POWER)
BINARY(maximum, binary, MAXIMUM)
BINARY(minimum, binary, MINIMUM)
BINARY(equal, binary, EQUAL)
BINARY(not_equal, binary, NOT_EQUAL)
BINARY(less, binary, LESS)
BINARY(less_equal, binary, LESS_EQUAL)
BINARY(greater, binary, GREATER)
BINARY(greater_equal, binary, GREATER_EQUAL)

cornu_node *cornu_op_where(cornu_node *condition, cornu_node *a, cornu_node *b)
{
    meet(&a, &b);
    return cornu__op_select(condition, a, b);
}

cornu_node *cornu_op_add_scalar(cornu_node *x, double value)
{
    return cornu__op_binary_scalar(CORNU__OP_ADD, as_float(x), value);
}

cornu_node *cornu_op_multiply_scalar(cornu_node *x, double value)
{
    return cornu__op_binary_scalar(CORNU__OP_MULTIPLY, as_float(x), value);
}

cornu_node *cornu_op_power_scalar(cornu_node *x, double value)
{
    return cornu__op_binary_scalar(CORNU__OP_POWER, as_float(x), value);
}

cornu_node *cornu_op_clip(cornu_node *x, double low, double high)
{
    if (!(low <= high))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "clip: the lower limit %g is above the upper limit %g",
                                low, high);
    return cornu__op_binary_scalar(CORNU__OP_MINIMUM, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, as_float(x), low),
                                   high);
}

#define UNARY(name, function, kind)                                                                                    \
    cornu_node *cornu_op_##name(cornu_node *x)                                                                         \
    {                                                                                                                  \
        return function(CORNU__OP_##kind, x);                                                                          \
    }

UNARY(negative, cornu__op_unary, NEGATE)
UNARY(absolute, cornu__op_unary, ABS)
UNARY(sign, cornu__op_unary, SIGN)
UNARY(exp, real, EXP)
UNARY(expm1, real, EXPM1)
UNARY(log, real, LOG)
UNARY(log1p, real, LOG1P)
UNARY(sqrt, real, SQRT)
UNARY(rsqrt, real, RSQRT)
UNARY(square, cornu__op_unary, SQUARE)
UNARY(reciprocal, real, RECIPROCAL)
UNARY(tanh, real, TANH)
UNARY(sigmoid, real, SIGMOID)
UNARY(softplus, real, SOFTPLUS)
UNARY(erf, real, ERF)
UNARY(sin, real, SIN)
UNARY(cos, real, COS)
UNARY(floor, real, FLOOR)
UNARY(round, real, ROUND)
UNARY(relu, cornu__op_unary, RELU)
UNARY(stop_gradient, cornu__op_unary, STOP_GRADIENT)

cornu_node *cornu_op_cast(cornu_node *x, cornu_dtype dtype)
{
    return cornu__op_cast(x, dtype);
}

/* --- reductions --- */

static cornu_node *reduce(cornu__op_kind kind, cornu_node *x, const cornu_reduce_options *given)
{
    cornu_reduce_options options = {.struct_size = sizeof options};
    cornu__options_lay(&options, sizeof options, given);
    return cornu__op_reduce(kind, x, options.axis.count, options.axis.axis, options.keepdims);
}

/* The same with the axes kept, at size 1. */
static cornu_node *reduce_keeping(cornu__op_kind kind, cornu_node *x, const cornu_reduce_options *given)
{
    cornu_reduce_options options = {.struct_size = sizeof options};
    cornu__options_lay(&options, sizeof options, given);
    return cornu__op_reduce(kind, x, options.axis.count, options.axis.axis, true);
}

#define REDUCTION(name, kind, prepare)                                                                                 \
    cornu_node *cornu_op_##name##_with(cornu_node *x, const cornu_reduce_options *options)                             \
    {                                                                                                                  \
        return reduce(CORNU__OP_##kind, prepare(x), options);                                                          \
    }

REDUCTION(sum, SUM, )
REDUCTION(mean, MEAN, as_float)
REDUCTION(max, MAX, )
REDUCTION(min, MIN, )
REDUCTION(prod, PRODUCT, )

cornu_node *cornu_op_var_with(cornu_node *x, const cornu_reduce_options *options)
{
    x = as_float(x);
    cornu_node *centered = cornu_op_subtract(x, reduce_keeping(CORNU__OP_MEAN, x, options));
    return reduce(CORNU__OP_MEAN, cornu_op_square(centered), options);
}

cornu_node *cornu_op_std_with(cornu_node *x, const cornu_reduce_options *options)
{
    return cornu_op_sqrt(cornu_op_var_with(x, options));
}

/* The largest element is taken out first; it cancels in the gradient, so none passes through it. */
cornu_node *cornu_op_logsumexp_with(cornu_node *x, const cornu_reduce_options *options)
{
    x = as_float(x);
    cornu_node *largest = cornu_op_stop_gradient(reduce_keeping(CORNU__OP_MAX, x, options));
    cornu_node *sum = reduce_keeping(CORNU__OP_SUM, cornu_op_exp(cornu_op_subtract(x, largest)), options);
    /* The axes have size 1 now: the last sum only takes them out, where they are not kept. */
    return reduce(CORNU__OP_SUM, cornu_op_add(cornu_op_log(sum), largest), options);
}

/* --- along one axis: brought to the end, where the ops work --- */

cornu_node *cornu_op_argmax(cornu_node *x, int axis)
{
    int along = x ? settle_axis("argmax", axis, x->rank) : -1;
    return along < 0 ? NULL : cornu__op_argmax(cornu__op_move_axis(x, along, x->rank - 1));
}

static cornu_node *along_axis(cornu__op_kind kind, cornu_node *x, int axis)
{
    int along = x ? settle_axis(cornu__op_definition_of(kind)->name, axis, x->rank) : -1;
    if (along < 0)
        return NULL;
    int last = x->rank - 1;
    return cornu__op_move_axis(real(kind, cornu__op_move_axis(x, along, last)), last, along);
}

cornu_node *cornu_op_softmax(cornu_node *x, int axis)
{
    return along_axis(CORNU__OP_SOFTMAX, x, axis);
}

cornu_node *cornu_op_log_softmax(cornu_node *x, int axis)
{
    return along_axis(CORNU__OP_LOG_SOFTMAX, x, axis);
}

/* --- shape --- */

cornu_node *cornu_op_reshape(cornu_node *x, int rank, const int64_t *shape)
{
    return cornu__op_reshape(x, rank, shape);
}

cornu_node *cornu_op_transpose(cornu_node *x, const int *axes)
{
    if (!x || axes)
        return cornu__op_transpose(x, axes);
    int reverse[CORNU_MAX_RANK];
    for (int axis = 0; axis < x->rank; axis++)
        reverse[axis] = x->rank - 1 - axis;
    return cornu__op_transpose(x, reverse);
}

cornu_node *cornu_op_broadcast_to(cornu_node *x, int rank, const int64_t *shape)
{
    return cornu__op_broadcast(x, rank, shape);
}

cornu_node *cornu_op_expand_dims(cornu_node *x, int axis)
{
    int place = x ? settle_axis("expand_dims", axis, x->rank + 1) : -1;
    return place < 0 ? NULL : cornu__op_expand_axis(x, place);
}

cornu_node *cornu_op_squeeze(cornu_node *x, int axis)
{
    int place = x ? settle_axis("squeeze", axis, x->rank) : -1;
    if (place < 0)
        return NULL;
    if (x->shape[place] != 1)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "squeeze: axis %d of shape %s does not have size 1", axis,
                                cornu__node_words(x).text);
    int64_t shape[CORNU_MAX_RANK];
    for (int i = 0; i < x->rank - 1; i++)
        shape[i] = x->shape[i < place ? i : i + 1];
    return cornu__op_reshape(x, x->rank - 1, shape);
}

cornu_node *cornu_op_concatenate(size_t count, cornu_node *const *inputs, int axis)
{
    if (count > INT32_MAX)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "concatenate: %zu tensors are too many", count);
    return cornu__op_concatenate((int)count, inputs, axis);
}

cornu_node *cornu_op_stack(size_t count, cornu_node *const *inputs, int axis)
{
    cornu_node **expanded = cornu__alloc_array(count, sizeof(cornu_node *));
    if (!expanded)
        return NULL;
    for (size_t i = 0; i < count; i++)
        expanded[i] = cornu_op_expand_dims(inputs[i], axis);
    cornu_node *stacked = cornu_op_concatenate(count, expanded, axis);
    cornu__free(expanded);
    return stacked;
}

cornu_node *cornu_op_slice(cornu_node *x, const int64_t *begin, const int64_t *size, const int64_t *stride)
{
    return cornu__op_slice(x, begin, size, stride);
}

cornu_node *cornu_op_pad(cornu_node *x, const int64_t *before, const int64_t *after, double value)
{
    return cornu__op_pad(x, before, after, value);
}

cornu_node *cornu_op_take(cornu_node *x, cornu_node *indices)
{
    return cornu__op_gather(x, indices);
}

cornu_node *cornu_op_one_hot(cornu_node *indices, int64_t num_classes)
{
    return cornu__op_one_hot(indices, num_classes, CORNU_FLOAT32);
}

/* --- products, windows --- */

cornu_node *cornu_op_matmul_with(cornu_node *a, cornu_node *b, const cornu_matmul_options *given)
{
    cornu_matmul_options options = {.struct_size = sizeof options};
    cornu__options_lay(&options, sizeof options, given);
    meet(&a, &b);
    return cornu__op_matmul(as_float(a), as_float(b), options.transpose_a, options.transpose_b);
}

/* An option that has one value for both axes or one for each; the second 0: as the first. */
static void set_pair(int64_t pair[2], cornu_size2 option)
{
    pair[0] = option.first;
    pair[1] = option.second != 0 ? option.second : option.first;
}

/* Sets the padding that "same" asks for, or none (also where the op will refuse the window or x). */
static cornu_status set_padding(cornu__window *window, const char *padding, const cornu_node *x)
{
    static const char *const names[] = {"valid", "same"};
    bool same = padding && strcmp(padding, "same") == 0;
    if (!same && padding && strcmp(padding, "valid") != 0) {
        const char *nearest = cornu__text_nearest(padding, names, 2);
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "padding '%s' is not known; did you mean '%s'?", padding,
                           nearest ? nearest : "valid");
    }
    for (int axis = 0; same && axis < 2 && x->rank == 4 && window->strides[axis] > 0; axis++)
        cornu__window_pad_same(window, axis, x->shape[1 + axis]);
    return CORNU_OK;
}

cornu_node *cornu_op_conv_with(cornu_node *x, cornu_node *kernel, const cornu_op_conv_options *given)
{
    cornu_op_conv_options options = {.struct_size = sizeof options, CORNU_OP_CONV_DEFAULTS};
    cornu__options_lay(&options, sizeof options, given);
    if (!x || !kernel)
        return NULL;
    cornu__window window = {.size = {kernel->shape[0], kernel->shape[1]}, .groups = options.groups};
    set_pair(window.strides, options.strides);
    set_pair(window.dilation, options.dilation_rate);
    return set_padding(&window, options.padding, x) == CORNU_OK ? cornu__op_conv(x, kernel, &window) : NULL;
}

typedef cornu_node *(*pool_builder)(cornu_node *x, const cornu__window *window);

static cornu_node *pool(pool_builder build, cornu_node *x, cornu_size2 size, const cornu_op_pool_options *given)
{
    cornu_op_pool_options options = {.struct_size = sizeof options, CORNU_OP_POOL_DEFAULTS};
    cornu__options_lay(&options, sizeof options, given);
    cornu__window window = {.dilation = {1, 1}, .groups = 1};
    if (!x)
        return NULL;
    set_pair(window.size, size);
    set_pair(window.strides, options.strides.first != 0 ? options.strides : size);
    return set_padding(&window, options.padding, x) == CORNU_OK ? build(x, &window) : NULL;
}

cornu_node *cornu_op_max_pool_with(cornu_node *x, cornu_size2 size, const cornu_op_pool_options *options)
{
    return pool(cornu__op_max_pool, x, size, options);
}

cornu_node *cornu_op_average_pool_with(cornu_node *x, cornu_size2 size, const cornu_op_pool_options *options)
{
    return pool(cornu__op_average_pool, x, size, options);
}
