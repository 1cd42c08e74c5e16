/* ops_binary.c: elementwise ops with two or three inputs, which broadcast as numpy's do. Their values: elementwise.c. */
#include "graph/operations.h"

/* --- shapes --- */

/* The shape that all inputs broadcast to. */
static cornu_status broadcast_shape(const cornu__op *op, int *rank, int64_t shape[CORNU_MAX_RANK])
{
    *rank = 0;
    for (int i = 0; i < op->input_count; i++)
        *rank = op->inputs[i]->rank > *rank ? op->inputs[i]->rank : *rank;
    for (int axis = 0; axis < *rank; axis++)
        shape[axis] = 1;
    for (int i = 0; i < op->input_count; i++) {
        const cornu_node *input = op->inputs[i];
        int missing = *rank - input->rank;
        for (int axis = 0; axis < input->rank; axis++) {
            int64_t size = input->shape[axis];
            int64_t *common = &shape[axis + missing];
            if (size != 1 && *common != 1 && size != *common)
                return cornu__op_fail(
                    op, CORNU_ERROR_SHAPE,
                    "shapes %s and %s do not broadcast together; sizes must be equal or 1, counted from the last axis",
                    cornu__node_words(op->inputs[i == 2 ? 1 : 0]).text, cornu__node_words(input).text);
            if (size != 1)
                *common = size;
        }
    }
    return CORNU_OK;
}

static cornu_status infer_as(cornu__op *op, cornu_dtype dtype)
{
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    CORNU_TRY(broadcast_shape(op, &rank, shape));
    return cornu__op_set_output(op, 0, dtype, rank, shape);
}

static cornu_status arithmetic_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    CORNU_TRY(cornu__op_want_same_dtype(op));
    return infer_as(op, op->inputs[0]->dtype);
}

static cornu_status float_infer(cornu__op *op, const cornu__op_request *request)
{
    CORNU_TRY(cornu__op_want_float(op, 0, "the first input"));
    return arithmetic_infer(op, request);
}

/* Truth values are floats; of int32 inputs, float32. */
static cornu_status comparison_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    CORNU_TRY(cornu__op_want_same_dtype(op));
    cornu_dtype dtype = op->inputs[0]->dtype;
    return infer_as(op, cornu__dtype_is_float(dtype) ? dtype : CORNU_FLOAT32);
}

static cornu_status select_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    if (op->inputs[1]->dtype != op->inputs[2]->dtype)
        return cornu__op_fail(op, CORNU_ERROR_DTYPE, "the values to choose from are %s and %s; one dtype was wanted",
                              cornu_dtype_name(op->inputs[1]->dtype), cornu_dtype_name(op->inputs[2]->dtype));
    return infer_as(op, op->inputs[1]->dtype);
}

/* --- gradients --- */

static cornu_node *zero_like(const cornu_node *node)
{
    return cornu__op_scalar(node->op->graph, node->dtype, 0);
}

static cornu_status add_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    for (int i = 0; i < 2; i++) {
        if (!wanted[i])
            continue;
        cornu_node *signed_dy =
            i == 1 && op->kind == CORNU__OP_SUBTRACT ? cornu__op_unary(CORNU__OP_NEGATE, dy[0]) : dy[0];
        dx[i] = cornu__sum_to_shape_of(signed_dy, op->inputs[i]);
        CORNU_TRY(cornu__built(dx[i]));
    }
    return CORNU_OK;
}

static cornu_status multiply_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    for (int i = 0; i < 2; i++) {
        if (!wanted[i])
            continue;
        dx[i] = cornu__sum_to_shape_of(cornu__multiply(dy[0], op->inputs[1 - i]), op->inputs[i]);
        CORNU_TRY(cornu__built(dx[i]));
    }
    return CORNU_OK;
}

/* y = a / b: da = dy / b, db = -dy y / b */
static cornu_status divide_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    cornu_node *b = op->inputs[1];
    cornu_node *quotient = cornu__divide(dy[0], b);
    CORNU_TRY(cornu__built(quotient));
    if (wanted[0]) {
        dx[0] = cornu__sum_to_shape_of(quotient, op->inputs[0]);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        cornu_node *product = cornu__multiply(quotient, op->outputs[0]);
        dx[1] = cornu__sum_to_shape_of(cornu__op_unary(CORNU__OP_NEGATE, product), b);
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

/* y = a^b: da = dy b a^(b-1), taken as 0 where b is 0; db = dy y ln a, taken as 0 where a <= 0. */
static cornu_status power_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    cornu_node *a = op->inputs[0], *b = op->inputs[1];
    if (wanted[0]) {
        cornu_node *power = cornu__op_binary(CORNU__OP_POWER, a, cornu__op_binary_scalar(CORNU__OP_SUBTRACT, b, 1));
        cornu_node *slope = cornu__op_select(b, cornu__multiply(b, power), zero_like(b));
        dx[0] = cornu__sum_to_shape_of(cornu__multiply(dy[0], slope), a);
        CORNU_TRY(cornu__built(dx[0]));
    }
    if (wanted[1]) {
        cornu_node *positive = cornu__op_binary_scalar(CORNU__OP_GREATER, a, 0);
        cornu_node *one = cornu__op_scalar(op->graph, a->dtype, 1);
        cornu_node *logarithm = cornu__op_unary(CORNU__OP_LOG, cornu__op_select(positive, a, one));
        cornu_node *slope = cornu__op_select(positive, cornu__multiply(op->outputs[0], logarithm), zero_like(a));
        dx[1] = cornu__sum_to_shape_of(cornu__multiply(dy[0], slope), b);
        CORNU_TRY(cornu__built(dx[1]));
    }
    return CORNU_OK;
}

/* The gradient goes to the input that was chosen; between equals, to the first (as TensorFlow does). */
static cornu_status extremum_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    cornu__op_kind comparison = op->kind == CORNU__OP_MAXIMUM ? CORNU__OP_GREATER_EQUAL : CORNU__OP_LESS_EQUAL;
    cornu_node *first = cornu__op_binary(comparison, op->inputs[0], op->inputs[1]);
    cornu_node *zero = zero_like(dy[0]);
    for (int i = 0; i < 2; i++) {
        if (!wanted[i])
            continue;
        cornu_node *share = i == 0 ? cornu__op_select(first, dy[0], zero) : cornu__op_select(first, zero, dy[0]);
        dx[i] = cornu__sum_to_shape_of(share, op->inputs[i]);
        CORNU_TRY(cornu__built(dx[i]));
    }
    return CORNU_OK;
}

static cornu_status relu_gradient_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    if (!wanted[0])
        return CORNU_OK;
    dx[0] = cornu__sum_to_shape_of(cornu__op_binary(CORNU__OP_RELU_GRADIENT, dy[0], op->inputs[1]), op->inputs[0]);
    return cornu__built(dx[0]);
}

static cornu_status select_gradient(cornu__op *op, cornu_node *const *dy, const bool *wanted, cornu_node **dx)
{
    cornu_node *condition = op->inputs[0], *zero = zero_like(dy[0]);
    for (int i = 1; i < 3; i++) {
        if (!wanted[i])
            continue;
        cornu_node *share =
            i == 1 ? cornu__op_select(condition, dy[0], zero) : cornu__op_select(condition, zero, dy[0]);
        dx[i] = cornu__sum_to_shape_of(share, op->inputs[i]);
        CORNU_TRY(cornu__built(dx[i]));
    }
    return CORNU_OK;
}

/* --- kernel --- */

static cornu_status reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                              const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    int64_t strides[3][CORNU_MAX_RANK];
    for (int k = 0; k < op->input_count; k++)
        cornu__broadcast_strides(op->inputs[k]->rank, op->inputs[k]->shape, y->rank, strides[k]);
    for (int64_t i = 0; i < y->count; i++) {
        double operand[3] = {0};
        for (int k = 0; k < op->input_count; k++) {
            const cornu_node *input = op->inputs[k];
            int64_t at = input->count == y->count ? i : cornu__offset_of(i, y->rank, y->shape, strides[k]);
            operand[k] = cornu__element_get(input->dtype, inputs[k], at);
        }
        cornu__element_set(y->dtype, outputs[0], i, cornu__elementwise_value(op->kind, operand));
    }
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__BINARY_FIRST]
#define ELEMENTWISE 2, 2, 1, CORNU__OP_IS_ELEMENTWISE

const cornu__op_definition cornu__ops_binary[] = {
    AT(ADD) = {"add", ELEMENTWISE, arithmetic_infer, add_gradient, reference},
    AT(SUBTRACT) = {"subtract", ELEMENTWISE, arithmetic_infer, add_gradient, reference},
    AT(MULTIPLY) = {"multiply", ELEMENTWISE, arithmetic_infer, multiply_gradient, reference},
    AT(DIVIDE) = {"divide", ELEMENTWISE, float_infer, divide_gradient, reference},
    AT(POWER) = {"power", ELEMENTWISE, float_infer, power_gradient, reference},
    AT(MAXIMUM) = {"maximum", ELEMENTWISE, arithmetic_infer, extremum_gradient, reference},
    AT(MINIMUM) = {"minimum", ELEMENTWISE, arithmetic_infer, extremum_gradient, reference},
    AT(EQUAL) = {"equal", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(NOT_EQUAL) = {"not_equal", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(LESS) = {"less", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(LESS_EQUAL) = {"less_equal", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(GREATER) = {"greater", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(GREATER_EQUAL) = {"greater_equal", ELEMENTWISE, comparison_infer, NULL, reference},
    AT(RELU_GRADIENT) = {"relu_gradient", ELEMENTWISE, float_infer, relu_gradient_gradient, reference},
    AT(SELECT) = {"select", 3, 3, 1, CORNU__OP_IS_ELEMENTWISE, select_infer, select_gradient, reference},
};
