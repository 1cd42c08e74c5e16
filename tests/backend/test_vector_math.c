/* test_vector_math.c: the vector loops' elementary functions are accurate, and an element's bits do not depend on its place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/cpu/kernels/kernels.h"

typedef struct function_case {
    cornu__op_kind kind;
    const char *name;
    double (*exact)(double x);
    float from, to;  /* the range that is swept */
    double ulps;     /* the largest error allowed, in units in the last place of the result */
    double smallest; /* results below this in magnitude are compared as if they were this */
} function_case;

static double exact_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double exact_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static const function_case cases[] = {
    {CORNU__OP_EXP, "exp", exp, -87, 88, 2, 1e-37},
    {CORNU__OP_EXPM1, "expm1", expm1, -20, 80, 3, 1e-37},
    {CORNU__OP_EXPM1, "expm1", expm1, -0.5f, 0.5f, 3, 1e-37},
    {CORNU__OP_LOG, "log", log, 1e-6f, 1e6f, 3, 1e-30},
    {CORNU__OP_LOG, "log", log, 0.5f, 2, 3, 1e-30},
    {CORNU__OP_LOG1P, "log1p", log1p, -0.9f, 100, 4, 1e-30},
    {CORNU__OP_LOG1P, "log1p", log1p, -1e-3f, 1e-3f, 4, 1e-30},
    {CORNU__OP_TANH, "tanh", tanh, -12, 12, 4, 1e-30},
    {CORNU__OP_TANH, "tanh", tanh, -0.1f, 0.1f, 4, 1e-30},
    {CORNU__OP_SIGMOID, "sigmoid", exact_sigmoid, -80, 80, 4, 1e-30},
    {CORNU__OP_SOFTPLUS, "softplus", exact_softplus, -80, 80, 5, 1e-30},
    {CORNU__OP_ERF, "erf", erf, -5, 5, 4, 1e-30},
    {CORNU__OP_ERF, "erf", erf, -1e-3f, 1e-3f, 4, 1e-30},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

/* The tables that this processor can run. */
static int tables(const cornu__cpu_kernels **table)
{
    int count = 0;
    table[count++] = &cornu__cpu_kernels_baseline;
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        table[count++] = &cornu__cpu_kernels_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        table[count++] = &cornu__cpu_kernels_avx512;
#endif
    return count;
}

static double ulp_of(double value, double smallest)
{
    int exponent;
    frexp(fmax(fabs(value), smallest), &exponent);
    return ldexp(1, exponent - 24);
}

#define SWEEP 200003

static void functions_are_accurate(void **state)
{
    (void)state;
    const cornu__cpu_kernels *table[3];
    float *x = malloc(SWEEP * sizeof *x), *y = malloc(SWEEP * sizeof *y);
    int count = tables(table);
    for (size_t c = 0; c < CASE_COUNT; c++) {
        for (int i = 0; i < SWEEP; i++)
            x[i] = cases[c].from + (cases[c].to - cases[c].from) * (float)i / (SWEEP - 1);
        for (int t = 0; t < count; t++) {
            table[t]->float_tile[cases[c].kind](y, (const void *[]){x}, SWEEP);
            for (int i = 0; i < SWEEP; i++) {
                double exact = cases[c].exact(x[i]), error = fabs(y[i] - exact) / ulp_of(exact, cases[c].smallest);
                if (!(error <= cases[c].ulps))
                    fail_msg("%s, %s(%.9g): %.9g came, %.9g is right: %.2f units in the last place", table[t]->name,
                             cases[c].name, (double)x[i], (double)y[i], exact, error);
            }
        }
    }
    free(x);
    free(y);
}

static void ends_of_the_range_are_as_in_c(void **state)
{
    (void)state;
    const cornu__cpu_kernels *table[3];
    int count = tables(table);
    const float x[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 100, -110, 1e-40f, 3e38f, -1};
    float y[10];
    static const struct {
        cornu__op_kind kind;
        double (*exact)(double);
    } functions[] = {{CORNU__OP_EXP, exp},
                     {CORNU__OP_EXPM1, expm1},
                     {CORNU__OP_LOG, log},
                     {CORNU__OP_TANH, tanh},
                     {CORNU__OP_LOG1P, log1p},
                     {CORNU__OP_ERF, erf},
                     {CORNU__OP_SIGMOID, exact_sigmoid}};
    for (int t = 0; t < count; t++)
        for (int f = 0; f < 7; f++) {
            table[t]->float_tile[functions[f].kind](y, (const void *[]){x}, 10);
            for (int i = 0; i < 10; i++) {
                float wanted = (float)functions[f].exact(x[i]);
                bool same = isnan(wanted) ? isnan(y[i])
                                          : y[i] == wanted || fabsf(y[i] - wanted) <= 3e-7f * fabsf(wanted) + 1e-44f;
                if (!same)
                    fail_msg("%s, kind %d of %g: %g came, %g was wanted", table[t]->name, (int)functions[f].kind,
                             (double)x[i], (double)y[i], (double)wanted);
            }
        }
}

static void bits_do_not_depend_on_the_place(void **state)
{
    (void)state;
    const cornu__cpu_kernels *table[3];
    int count = tables(table);
    float x[100], whole[100], part[100];
    for (int i = 0; i < 100; i++)
        x[i] = 0.037f * (float)(i + 1);
    for (int t = 0; t < count; t++)
        for (int kind = CORNU__OP_NEGATE; kind <= CORNU__OP_RELU; kind++) {
            table[t]->float_tile[kind](whole, (const void *[]){x}, 100);
            for (int begin = 0; begin < 40; begin++)
                for (int length = 1; length < 40; length += 5) {
                    table[t]->float_tile[kind](part, (const void *[]){x + begin}, length);
                    assert_memory_equal(part, whole + begin, (size_t)length * sizeof(float));
                }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_are_accurate),
        cmocka_unit_test(ends_of_the_range_are_as_in_c),
        cmocka_unit_test(bits_do_not_depend_on_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
