/* elementwise.c: what each elementwise op means, at one element. The reference kernels, FUSED ops and constant folding share it. */
#include <math.h>

#include "graph/operations.h"

/* NaN stays NaN in all of these, as in Keras. */

static double sign_of(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static double sigmoid(double x)
{
    if (x >= 0)
        return 1 / (1 + exp(-x));
    double e = exp(x); /* never overflows here */
    return e / (1 + e);
}

static double softplus(double x)
{
    return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

double cornu__elementwise_value(cornu__op_kind kind, const double operand[3])
{
    double x = operand[0], b = operand[1];
    switch (kind) {
    case CORNU__OP_NEGATE:
        return -x;
    case CORNU__OP_ABS:
        return fabs(x);
    case CORNU__OP_SIGN:
        return sign_of(x);
    case CORNU__OP_EXP:
        return exp(x);
    case CORNU__OP_EXPM1:
        return expm1(x);
    case CORNU__OP_LOG:
        return log(x);
    case CORNU__OP_LOG1P:
        return log1p(x);
    case CORNU__OP_SQRT:
        return sqrt(x);
    case CORNU__OP_RSQRT:
        return 1 / sqrt(x);
    case CORNU__OP_SQUARE:
        return x * x;
    case CORNU__OP_RECIPROCAL:
        return 1 / x;
    case CORNU__OP_TANH:
        return tanh(x);
    case CORNU__OP_SIGMOID:
        return isnan(x) ? x : sigmoid(x);
    case CORNU__OP_SOFTPLUS:
        return softplus(x);
    case CORNU__OP_ERF:
        return erf(x);
    case CORNU__OP_SIN:
        return sin(x);
    case CORNU__OP_COS:
        return cos(x);
    case CORNU__OP_FLOOR:
        return floor(x);
    case CORNU__OP_ROUND:
        return nearbyint(x);
    case CORNU__OP_RELU:
        return x <= 0 ? 0 : x;
    case CORNU__OP_CAST:
    case CORNU__OP_STOP_GRADIENT:
        return x;
    case CORNU__OP_ADD:
        return x + b;
    case CORNU__OP_SUBTRACT:
        return x - b;
    case CORNU__OP_MULTIPLY:
        return x * b;
    case CORNU__OP_DIVIDE:
        return x / b;
    case CORNU__OP_POWER:
        return pow(x, b);
    case CORNU__OP_MAXIMUM:
        return x >= b || isnan(x) ? x : b;
    case CORNU__OP_MINIMUM:
        return x <= b || isnan(x) ? x : b;
    case CORNU__OP_EQUAL:
        return x == b;
    case CORNU__OP_NOT_EQUAL:
        return x != b;
    case CORNU__OP_LESS:
        return x < b;
    case CORNU__OP_LESS_EQUAL:
        return x <= b;
    case CORNU__OP_GREATER:
        return x > b;
    case CORNU__OP_GREATER_EQUAL:
        return x >= b;
    case CORNU__OP_RELU_GRADIENT:
        return b > 0 ? x : 0;
    case CORNU__OP_SELECT:
        return x != 0 ? b : operand[2];
    default:
        return NAN; /* not elementwise: no caller asks */
    }
}
