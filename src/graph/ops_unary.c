/* ops_unary.c: elementwise ops with one input. Their values: elementwise.c. */
#include <math.h>
#include <string.h>

#include "graph/operations.h"

/* --- shapes --- */

static cornu_status float_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    CORNU_TRY(cornu__op_want_float(op, 0, "the input"));
    return cornu__op_set_output_like(op, 0, op->inputs[0]);
}

static cornu_status any_infer(cornu__op *op, const cornu__op_request *request)
{
    (void)request;
    return cornu__op_set_output_like(op, 0, op->inputs[0]);
}

static cornu_status cast_infer(cornu__op *op, const cornu__op_request *request)
{
    const cornu_node *x = op->inputs[0];
    return cornu__op_set_output(op, 0, request->dtype, x->rank, x->shape);
}

/* --- gradients: dy times the derivative, from x and y = f(x) --- */

static cornu_node *unary(cornu__op_kind kind, cornu_node *x)
{
    return cornu__op_unary(kind, x);
}

static cornu_node *gradient_of(cornu__op_kind kind, cornu_node *x, cornu_node *y, cornu_node *dy)
{
    switch (kind) {
    case CORNU__OP_NEGATE:
        return unary(CORNU__OP_NEGATE, dy);
    case CORNU__OP_ABS:
        return cornu__multiply(dy, unary(CORNU__OP_SIGN, x));
    case CORNU__OP_EXP:
        return cornu__multiply(dy, y);
    case CORNU__OP_EXPM1:
        return cornu__multiply(dy, unary(CORNU__OP_EXP, x));
    case CORNU__OP_LOG:
        return cornu__divide(dy, x);
    case CORNU__OP_LOG1P:
        return cornu__divide(dy, cornu__op_binary_scalar(CORNU__OP_ADD, x, 1));
    case CORNU__OP_SQRT: /* 1 / (2 y) */
        return cornu__divide(cornu__scale(dy, 0.5), y);
    case CORNU__OP_RSQRT: /* -y^3 / 2 */
        return cornu__multiply(cornu__scale(dy, -0.5), cornu__multiply(y, unary(CORNU__OP_SQUARE, y)));
    case CORNU__OP_SQUARE:
        return cornu__multiply(cornu__scale(dy, 2), x);
    case CORNU__OP_RECIPROCAL: /* -y^2 */
        return unary(CORNU__OP_NEGATE, cornu__multiply(dy, unary(CORNU__OP_SQUARE, y)));
    case CORNU__OP_TANH: /* 1 - y^2 */
        return cornu__multiply(dy, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, unary(CORNU__OP_SQUARE, y)));
    case CORNU__OP_SIGMOID: /* y (1 - y) */
        return cornu__multiply(dy, cornu__multiply(y, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, y)));
    case CORNU__OP_SOFTPLUS:
        return cornu__multiply(dy, unary(CORNU__OP_SIGMOID, x));
    case CORNU__OP_ERF: { /* 2 / sqrt(pi) e^(-x^2) */
        cornu_node *bell = unary(CORNU__OP_EXP, unary(CORNU__OP_NEGATE, unary(CORNU__OP_SQUARE, x)));
        return cornu__multiply(cornu__scale(dy, 2 / sqrt(M_PI)), bell);
    }
    case CORNU__OP_SIN:
        return cornu__multiply(dy, unary(CORNU__OP_COS, x));
    case CORNU__OP_COS:
        return unary(CORNU__OP_NEGATE, cornu__multiply(dy, unary(CORNU__OP_SIN, x)));
    case CORNU__OP_RELU:
        return cornu__op_binary(CORNU__OP_RELU_GRADIENT, dy, y);
    default: /* CAST between floats */
        return cornu__op_cast(dy, x->dtype);
    }
}

static cornu_status gradient(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                             cornu_node **input_gradients)
{
    if (!wanted[0])
        return CORNU_OK;
    input_gradients[0] = gradient_of(op->kind, op->inputs[0], op->outputs[0], output_gradients[0]);
    return cornu__built(input_gradients[0]);
}

/* --- kernels --- */

static cornu_status reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                              const cornu__run_state *run)
{
    (void)run;
    const cornu_node *x = op->inputs[0], *y = op->outputs[0];
    for (int64_t i = 0; i < y->count; i++) {
        double operand[3] = {cornu__element_get(x->dtype, inputs[0], i)};
        cornu__element_set(y->dtype, outputs[0], i, cornu__elementwise_value(op->kind, operand));
    }
    return CORNU_OK;
}

static cornu_status copy_reference(const cornu__op *op, const void *const *inputs, void *const *outputs,
                                   const cornu__run_state *run)
{
    (void)run;
    const cornu_node *y = op->outputs[0];
    memcpy(outputs[0], inputs[0], (size_t)y->count * cornu_dtype_size(y->dtype));
    return CORNU_OK;
}

#define AT(kind) [CORNU__OP_##kind - CORNU__UNARY_FIRST]
#define ELEMENTWISE 1, 1, 1, CORNU__OP_IS_ELEMENTWISE

const cornu__op_definition cornu__ops_unary[] = {
    AT(NEGATE) = {"negate", ELEMENTWISE, any_infer, gradient, reference},
    AT(ABS) = {"abs", ELEMENTWISE, any_infer, gradient, reference},
    AT(SIGN) = {"sign", ELEMENTWISE, any_infer, NULL, reference},
    AT(EXP) = {"exp", ELEMENTWISE, float_infer, gradient, reference},
    AT(EXPM1) = {"expm1", ELEMENTWISE, float_infer, gradient, reference},
    AT(LOG) = {"log", ELEMENTWISE, float_infer, gradient, reference},
    AT(LOG1P) = {"log1p", ELEMENTWISE, float_infer, gradient, reference},
    AT(SQRT) = {"sqrt", ELEMENTWISE, float_infer, gradient, reference},
    AT(RSQRT) = {"rsqrt", ELEMENTWISE, float_infer, gradient, reference},
    AT(SQUARE) = {"square", ELEMENTWISE, any_infer, gradient, reference},
    AT(RECIPROCAL) = {"reciprocal", ELEMENTWISE, float_infer, gradient, reference},
    AT(TANH) = {"tanh", ELEMENTWISE, float_infer, gradient, reference},
    AT(SIGMOID) = {"sigmoid", ELEMENTWISE, float_infer, gradient, reference},
    AT(SOFTPLUS) = {"softplus", ELEMENTWISE, float_infer, gradient, reference},
    AT(ERF) = {"erf", ELEMENTWISE, float_infer, gradient, reference},
    AT(SIN) = {"sin", ELEMENTWISE, float_infer, gradient, reference},
    AT(COS) = {"cos", ELEMENTWISE, float_infer, gradient, reference},
    AT(FLOOR) = {"floor", ELEMENTWISE, float_infer, NULL, reference},
    AT(ROUND) = {"round", ELEMENTWISE, float_infer, NULL, reference},
    AT(RELU) = {"relu", ELEMENTWISE, any_infer, gradient, reference},
    AT(CAST) = {"cast", ELEMENTWISE, cast_infer, gradient, reference},
    AT(STOP_GRADIENT) = {"stop_gradient", 1, 1, 1, CORNU__OP_IS_VIEW, any_infer, NULL, copy_reference},
};
