/* ops_reduce.c: reductions over axes, and what undoes broadcasting in gradients. */
#include <math.h>

#include "graph/operations.h"

/* --- shapes --- */

/* The input's shape with every reduced axis of size 1. */
static void kept_shape(const cornu__op *op, int64_t shape[CORNU_MAX_RANK])
{
    const cornu_node *x = op->inputs[0];
    for (int axis = 0; axis < x->rank; axis++)
        shape[axis] = x->shape[axis];
    for (int i = 0; i < op->attributes.reduce.count; i++)
        shape[op->attributes.reduce.axes[i]] = 1;
}

static bool is_reduced(const cornu__op *op, int axis)
{
    for (int i = 0; i < op->attributes.reduce.count; i++) {
        if (op->attributes.reduce.axes[i] == axis)
            return true;
    }
    return false;
}

static cornu_status reduce_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    if (op->kind == CORNU__OP_MEAN)
        CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    int rank = 0;
    int64_t shape[CORNU_MAX_RANK];
    for (int axis = 0; axis < x->rank; axis++) {
        if (!is_reduced(op, axis))
            shape[rank++] = x->shape[axis];
        else if (op->attributes.reduce.keepdims)
            shape[rank++] = 1;
    }
    return cornu__op_set_output(op, 0, x->dtype, rank, shape);
}

static cornu_status argmax_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    const cornu_node *x = op->inputs[0];
    if (x->rank < 1)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "a scalar came; at least one axis was wanted");
    return cornu__op_set_output(op, 0, CORNU_INT32, x->rank - 1, x->shape);
}

/* --- gradients --- */

cornu_node *cornu__sum_to_shape_of(cornu_node *gradient, const cornu_node *like)
{
    if (!gradient || cornu__node_same_shape(gradient, like))
        return gradient;
    int axes[CORNU_MAX_RANK], count = 0, missing = gradient->rank - like->rank;
    for (int axis = 0; axis < gradient->rank; axis++) {
        if (axis < missing || (like->shape[axis - missing] == 1 && gradient->shape[axis] != 1))
            axes[count++] = axis;
    }
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, gradient, count, axes, count != missing);
    return sum && !cornu__node_same_shape(sum, like) ? cornu__op_reshape(sum, like->rank, like->shape) : sum;
}

/* A tensor of the output's shape with the reduced axes put back as 1, so that it broadcasts against the input. */
static cornu_node *put_axes_back(const cornu__op *op, cornu_node *node)
{
    int64_t shape[CORNU_MAX_RANK];
    kept_shape(op, shape);
    return op->attributes.reduce.keepdims ? node : cornu__op_reshape(node, op->inputs[0]->rank, shape);
}

static cornu_status sum_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    cornu_node *each = dy[0];
    if (op->kind == CORNU__OP_MEAN)
        each = cornu__scale(each, (double)y->count / (double)x->count);
    dx[0] = cornu__op_broadcast(each ? put_axes_back(op, each) : NULL, x->rank, x->shape);
    return cornu__built(dx[0]);
}

/* Equal extrema share the gradient equally. */
static cornu_status extremum_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu_node *x = op->inputs[0];
    cornu_node *chosen = cornu__op_binary(CORNU__OP_EQUAL, x, put_axes_back(op, op->outputs[0]));
    cornu_node *count =
        cornu__op_reduce(CORNU__OP_SUM, chosen, op->attributes.reduce.count, op->attributes.reduce.axes, true);
    dx[0] = cornu__multiply(cornu__divide(put_axes_back(op, dy[0]), count), chosen);
    return cornu__built(dx[0]);
}

/* The product of all others: of the non-zero ones over x where there is no zero; where x is the only zero, of the non-zero ones. */
static cornu_status product_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    cornu_node *x = op->inputs[0];
    int count = op->attributes.reduce.count;
    const int *axes = op->attributes.reduce.axes;
    cornu_node *one = cornu__op_scalar(op->graph, x->dtype, 1), *zero = cornu__op_scalar(op->graph, x->dtype, 0);
    cornu_node *is_zero = cornu__op_binary(CORNU__OP_EQUAL, x, zero);
    cornu_node *nonzero = cornu__op_select(is_zero, one, x);
    cornu_node *product = cornu__op_reduce(CORNU__OP_PRODUCT, nonzero, count, axes, true);
    cornu_node *zeros = cornu__op_reduce(CORNU__OP_SUM, is_zero, count, axes, true);
    cornu_node *at_zero = cornu__op_select(cornu__op_binary(CORNU__OP_EQUAL, zeros, one), product, zero);
    cornu_node *elsewhere = cornu__op_select(zeros, zero, cornu__divide(product, nonzero));
    dx[0] = cornu__multiply(put_axes_back(op, dy[0]), cornu__op_select(is_zero, at_zero, elsewhere));
    return cornu__built(dx[0]);
}

/* --- kernels --- */

static double reduction_start(cornu__op_kind kind)
{
    switch (kind) {
    case CORNU__OP_MAX:
        return -INFINITY;
    case CORNU__OP_MIN:
        return INFINITY;
    case CORNU__OP_PRODUCT:
        return 1;
    default:
        return 0;
    }
}

static double reduction_step(cornu__op_kind kind, double so_far, double x)
{
    switch (kind) {
    case CORNU__OP_MAX:
        return so_far >= x || isnan(so_far) ? so_far : x;
    case CORNU__OP_MIN:
        return so_far <= x || isnan(so_far) ? so_far : x;
    case CORNU__OP_PRODUCT:
        return so_far * x;
    default:
        return so_far + x;
    }
}

static cornu_status reduce_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                     const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    /* Two walks over x's strides: of the axes that stay, for each output; of those that go, for each element summed. */
    int64_t strides[CORNU_MAX_RANK], kept[CORNU_MAX_RANK], gone[CORNU_MAX_RANK];
    cornu__row_major_strides(x->rank, x->shape, strides);
    for (int axis = 0; axis < x->rank; axis++) {
        kept[axis] = is_reduced(op, axis) ? 1 : x->shape[axis];
        gone[axis] = is_reduced(op, axis) ? x->shape[axis] : 1;
    }
    int64_t per_output = x->count / y->count;
    for (int64_t o = 0; o < y->count; o++) {
        int64_t start = cornu__offset_of(o, x->rank, kept, strides);
        double value = reduction_start(op->kind);
        for (int64_t i = 0; i < per_output; i++) {
            int64_t at = start + cornu__offset_of(i, x->rank, gone, strides);
            value = reduction_step(op->kind, value, cornu__element_get(x->dtype, inputs[0], at));
        }
        cornu__element_set(y->dtype, outputs[0], o, op->kind == CORNU__OP_MEAN ? value / (double)per_output : value);
    }
    return CORNU_OK;
}

static cornu_status argmax_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                     const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0];
    int64_t size = x->shape[x->rank - 1];
    for (int64_t row = 0; row < op->outputs[0]->count; row++) {
        int64_t best = 0;
        for (int64_t i = 1; i < size; i++) {
            double value = cornu__element_get(x->dtype, inputs[0], row * size + i);
            if (value > cornu__element_get(x->dtype, inputs[0], row * size + best))
                best = i;
        }
        ((int32_t *)outputs[0])[row] = (int32_t)best;
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__REDUCE_FIRST]

const cornu__op_definition cornu__ops_reduce[] = {
    AT(SUM) = {"sum", 1, 1, 1, 0, reduce_infer, sum_gradient, reduce_reference},
    AT(MEAN) = {"mean", 1, 1, 1, 0, reduce_infer, sum_gradient, reduce_reference},
    AT(MAX) = {"max", 1, 1, 1, 0, reduce_infer, extremum_gradient, reduce_reference},
    AT(MIN) = {"min", 1, 1, 1, 0, reduce_infer, extremum_gradient, reduce_reference},
    AT(PRODUCT) = {"prod", 1, 1, 1, 0, reduce_infer, product_gradient, reduce_reference},
    AT(ARGMAX) = {"argmax", 1, 1, 1, 0, argmax_infer, NULL, argmax_reference},
};
