/* kernels/elementwise.c: one loop per elementwise op, over a tile of a FUSED op. */
#include <math.h>

#include "backend/cpu/kernels/table.h"
#include "backend/cpu/kernels/vector_math.h"

#define LOOP_1(name, type_out, type_in, expression)                                                                    \
    static void name(void *out, const void *const *in, int64_t count)                                                  \
    {                                                                                                                  \
        type_out *to = out;                                                                                            \
        const type_in *from = in[0];                                                                                   \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < count; i++)                                                       \
        {                                                                                                              \
            type_in x = from[i];                                                                                       \
            to[i] = expression;                                                                                        \
        }                                                                                                              \
    }

#define LOOP_2(name, type_out, type_in, expression)                                                                    \
    static void name(void *out, const void *const *in, int64_t count)                                                  \
    {                                                                                                                  \
        type_out *to = out;                                                                                            \
        const type_in *from = in[0], *other = in[1];                                                                   \
        _Pragma("GCC ivdep") for (int64_t i = 0; i < count; i++)                                                       \
        {                                                                                                              \
            type_in x = from[i], y = other[i];                                                                         \
            to[i] = expression;                                                                                        \
        }                                                                                                              \
    }

LOOP_1(negate, float, float, -x)
LOOP_1(absolute_value, float, float, absolute(x))
LOOP_1(sign, float, float, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x) /* sign(NaN) is NaN, sign(-0) is -0 */
LOOP_1(exponential, float, float, vector_exp(x))
LOOP_1(exponential_minus_1, float, float, vector_expm1(x))
LOOP_1(logarithm, float, float, vector_log(x))
LOOP_1(logarithm_of_1_plus, float, float, vector_log1p(x))
LOOP_1(square_root, float, float, __builtin_sqrtf(x))
LOOP_1(reciprocal_square_root, float, float, 1.0f / __builtin_sqrtf(x))
LOOP_1(square, float, float, x *x)
LOOP_1(reciprocal, float, float, 1.0f / x)
LOOP_1(hyperbolic_tangent, float, float, vector_tanh(x))
LOOP_1(sigmoid, float, float, vector_sigmoid(x))
LOOP_1(softplus, float, float, vector_softplus(x))
LOOP_1(error_function, float, float, vector_erf(x))
LOOP_1(sine, float, float, sinf(x))
LOOP_1(cosine, float, float, cosf(x))
LOOP_1(floor_value, float, float, __builtin_floorf(x))
LOOP_1(round_value, float, float, __builtin_rintf(x))
LOOP_1(relu, float, float, x > 0.0f || x != x ? x : 0.0f)
LOOP_1(copy, float, float, x)
LOOP_1(int_copy, int32_t, int32_t, x)
LOOP_1(int_negate, int32_t, int32_t, (int32_t)(0u - (uint32_t)x))

LOOP_2(add, float, float, x + y)
LOOP_2(subtract, float, float, x - y)
LOOP_2(multiply, float, float, x *y)
LOOP_2(divide, float, float, x / y)
LOOP_2(power, float, float, powf(x, y))
LOOP_2(maximum, float, float, x > y || x != x ? x : y)
LOOP_2(minimum, float, float, x < y || x != x ? x : y)
LOOP_2(equal, float, float, x == y ? 1.0f : 0.0f)
LOOP_2(not_equal, float, float, x != y ? 1.0f : 0.0f)
LOOP_2(less, float, float, x < y ? 1.0f : 0.0f)
LOOP_2(less_equal, float, float, x <= y ? 1.0f : 0.0f)
LOOP_2(greater, float, float, x > y ? 1.0f : 0.0f)
LOOP_2(greater_equal, float, float, x >= y ? 1.0f : 0.0f)
LOOP_2(relu_gradient, float, float, y > 0.0f ? x : 0.0f)
LOOP_2(int_add, int32_t, int32_t, (int32_t)((uint32_t)x + (uint32_t)y))
LOOP_2(int_subtract, int32_t, int32_t, (int32_t)((uint32_t)x - (uint32_t)y))
LOOP_2(int_multiply, int32_t, int32_t, (int32_t)((uint32_t)x *(uint32_t)y))
LOOP_2(int_maximum, int32_t, int32_t, x > y ? x : y)
LOOP_2(int_minimum, int32_t, int32_t, x < y ? x : y)
LOOP_2(int_equal, float, int32_t, x == y ? 1.0f : 0.0f)
LOOP_2(int_not_equal, float, int32_t, x != y ? 1.0f : 0.0f)
LOOP_2(int_less, float, int32_t, x < y ? 1.0f : 0.0f)
LOOP_2(int_less_equal, float, int32_t, x <= y ? 1.0f : 0.0f)
LOOP_2(int_greater, float, int32_t, x > y ? 1.0f : 0.0f)
LOOP_2(int_greater_equal, float, int32_t, x >= y ? 1.0f : 0.0f)

void CORNU_ISA_NAME(cornu__int_to_float)(void *out, const void *const *in, int64_t count)
{
    float *to = out;
    const int32_t *from = in[0];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++)
        to[i] = (float)from[i];
}

/* What C leaves undefined becomes the nearest end; NaN becomes 0. */
void CORNU_ISA_NAME(cornu__float_to_int)(void *out, const void *const *in, int64_t count)
{
    int32_t *to = out;
    const float *from = in[0];
    for (int64_t i = 0; i < count; i++) {
        float x = from[i];
        to[i] = x != x ? 0 : x >= 2147483648.0f ? INT32_MAX : x <= -2147483648.0f ? INT32_MIN : (int32_t)x;
    }
}

static void select_value(void *out, const void *const *in, int64_t count)
{
    float *to = out;
    const float *condition = in[0], *yes = in[1], *no = in[2];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) {
        float x = yes[i], y = no[i];
        to[i] = condition[i] != 0.0f ? x : y;
    }
}

/* --- what optimizers do to every weight, in one loop each; the same bits as the ops one after the other --- */

/* old + (new - old) share: a running mean. `share` has one value. */
void CORNU_ISA_NAME(cornu__approach)(void *out, const void *const *in, int64_t count)
{
    float *to = out;
    const float *old = in[0], *new = in[1];
    float share = *(const float *)in[2];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++)
        to[i] = old[i] + (new[i] - old[i]) * share;
}

/* The same of the squares of `new`. */
void CORNU_ISA_NAME(cornu__approach_square)(void *out, const void *const *in, int64_t count)
{
    float *to = out;
    const float *old = in[0], *new = in[1];
    float share = *(const float *)in[2];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++)
        to[i] = old[i] + (new[i] * new[i] - old[i]) * share;
}

/* weight - momentum rate / (sqrt(velocity) + epsilon); `rate` and `epsilon` have one value. */
void CORNU_ISA_NAME(cornu__descend)(void *out, const void *const *in, int64_t count)
{
    float *to = out;
    const float *weight = in[0], *momentum = in[1], *velocity = in[3];
    float rate = *(const float *)in[2], epsilon = *(const float *)in[4];
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++)
        to[i] = weight[i] - momentum[i] * rate / (__builtin_sqrtf(velocity[i]) + epsilon);
}

cornu__tile_function *const CORNU_ISA_NAME(cornu__float_tile)[CORNU__OP_KIND_COUNT] = {
    [CORNU__OP_NEGATE] = negate,
    [CORNU__OP_ABS] = absolute_value,
    [CORNU__OP_SIGN] = sign,
    [CORNU__OP_EXP] = exponential,
    [CORNU__OP_EXPM1] = exponential_minus_1,
    [CORNU__OP_LOG] = logarithm,
    [CORNU__OP_LOG1P] = logarithm_of_1_plus,
    [CORNU__OP_SQRT] = square_root,
    [CORNU__OP_RSQRT] = reciprocal_square_root,
    [CORNU__OP_SQUARE] = square,
    [CORNU__OP_RECIPROCAL] = reciprocal,
    [CORNU__OP_TANH] = hyperbolic_tangent,
    [CORNU__OP_SIGMOID] = sigmoid,
    [CORNU__OP_SOFTPLUS] = softplus,
    [CORNU__OP_ERF] = error_function,
    [CORNU__OP_SIN] = sine,
    [CORNU__OP_COS] = cosine,
    [CORNU__OP_FLOOR] = floor_value,
    [CORNU__OP_ROUND] = round_value,
    [CORNU__OP_RELU] = relu,
    [CORNU__OP_CAST] = copy,
    [CORNU__OP_STOP_GRADIENT] = copy,
    [CORNU__OP_ADD] = add,
    [CORNU__OP_SUBTRACT] = subtract,
    [CORNU__OP_MULTIPLY] = multiply,
    [CORNU__OP_DIVIDE] = divide,
    [CORNU__OP_POWER] = power,
    [CORNU__OP_MAXIMUM] = maximum,
    [CORNU__OP_MINIMUM] = minimum,
    [CORNU__OP_EQUAL] = equal,
    [CORNU__OP_NOT_EQUAL] = not_equal,
    [CORNU__OP_LESS] = less,
    [CORNU__OP_LESS_EQUAL] = less_equal,
    [CORNU__OP_GREATER] = greater,
    [CORNU__OP_GREATER_EQUAL] = greater_equal,
    [CORNU__OP_RELU_GRADIENT] = relu_gradient,
    [CORNU__OP_SELECT] = select_value,
};

cornu__tile_function *const CORNU_ISA_NAME(cornu__int_tile)[CORNU__OP_KIND_COUNT] = {
    [CORNU__OP_NEGATE] = int_negate,      [CORNU__OP_CAST] = int_copy,
    [CORNU__OP_STOP_GRADIENT] = int_copy, [CORNU__OP_ADD] = int_add,
    [CORNU__OP_SUBTRACT] = int_subtract,  [CORNU__OP_MULTIPLY] = int_multiply,
    [CORNU__OP_MAXIMUM] = int_maximum,    [CORNU__OP_MINIMUM] = int_minimum,
    [CORNU__OP_EQUAL] = int_equal,        [CORNU__OP_NOT_EQUAL] = int_not_equal,
    [CORNU__OP_LESS] = int_less,          [CORNU__OP_LESS_EQUAL] = int_less_equal,
    [CORNU__OP_GREATER] = int_greater,    [CORNU__OP_GREATER_EQUAL] = int_greater_equal,
};
