/* test_gradients.c: each op's gradient is the central difference, in double; and where it can be, the gradient's gradient. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "gradient_check.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void check_all(const gradient_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_gradient(&cases[i]);
}

/* --- elementwise --- */

static cornu_node *build_unary(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_unary(*(const cornu__op_kind *)parameter, x[0]);
}

static void unary_ops(void **state)
{
    (void)state;
    static const struct {
        cornu__op_kind kind;
        double low, high;
    } ops[] = {
        {CORNU__OP_NEGATE, -2, 2},   {CORNU__OP_ABS, -2, 2},         {CORNU__OP_SIGN, -2, 2},
        {CORNU__OP_EXP, -2, 2},      {CORNU__OP_EXPM1, -2, 2},       {CORNU__OP_LOG, 0.5, 2},
        {CORNU__OP_LOG1P, -0.5, 2},  {CORNU__OP_SQRT, 0.5, 2},       {CORNU__OP_RSQRT, 0.5, 2},
        {CORNU__OP_SQUARE, -2, 2},   {CORNU__OP_RECIPROCAL, 0.5, 2}, {CORNU__OP_RECIPROCAL, -2, -0.5},
        {CORNU__OP_TANH, -2, 2},     {CORNU__OP_SIGMOID, -3, 3},     {CORNU__OP_SOFTPLUS, -3, 3},
        {CORNU__OP_ERF, -2, 2},      {CORNU__OP_SIN, -3, 3},         {CORNU__OP_COS, -3, 3},
        {CORNU__OP_FLOOR, 0.1, 0.9}, {CORNU__OP_ROUND, 0.6, 1.4},    {CORNU__OP_RELU, -2, 2},
    };
    for (size_t i = 0; i < COUNT(ops); i++) {
        gradient_case c = {.name = cornu__op_definition_of(ops[i].kind)->name,
                           .build = build_unary,
                           .parameter = &ops[i].kind,
                           .input_count = 1,
                           .input = {{2, {3, 5}, ops[i].low, ops[i].high, 0}},
                           .twice = true};
        check_gradient(&c);
    }
}

static cornu_node *build_binary(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_binary(*(const cornu__op_kind *)parameter, x[0], x[1]);
}

static void binary_ops_broadcast_in_every_position(void **state)
{
    (void)state;
    static const cornu__op_kind kinds[] = {CORNU__OP_ADD,     CORNU__OP_SUBTRACT, CORNU__OP_MULTIPLY, CORNU__OP_DIVIDE,
                                           CORNU__OP_POWER,   CORNU__OP_MAXIMUM,  CORNU__OP_MINIMUM,  CORNU__OP_EQUAL,
                                           CORNU__OP_GREATER, CORNU__OP_LESS};
    static const check_input shapes[][2] = {
        {{2, {3, 5}, 0.5, 2, 0}, {2, {3, 5}, 0.5, 2, 0}},    {{2, {3, 5}, 0.5, 2, 0}, {1, {5}, 0.5, 2, 0}},
        {{1, {5}, 0.5, 2, 0}, {2, {3, 5}, 0.5, 2, 0}},       {{2, {3, 5}, 0.5, 2, 0}, {0, {0}, 0.5, 2, 0}},
        {{0, {0}, 0.5, 2, 0}, {2, {3, 5}, 0.5, 2, 0}},       {{2, {3, 5}, 0.5, 2, 0}, {2, {3, 1}, 0.5, 2, 0}},
        {{2, {3, 1}, 0.5, 2, 0}, {2, {1, 5}, 0.5, 2, 0}},    {{3, {2, 3, 4}, 0.5, 2, 0}, {3, {2, 1, 4}, 0.5, 2, 0}},
        {{3, {1, 3, 1}, 0.5, 2, 0}, {2, {3, 4}, 0.5, 2, 0}},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t j = 0; j < COUNT(shapes); j++) {
            gradient_case c = {.name = cornu__op_definition_of(kinds[i])->name,
                               .build = build_binary,
                               .parameter = &kinds[i],
                               .input_count = 2,
                               .input = {shapes[j][0], shapes[j][1]},
                               .twice = true};
            check_gradient(&c);
        }
    }
}

static cornu_node *build_power_of_constant(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_binary_scalar(CORNU__OP_POWER, x[0], *(const double *)parameter);
}

static cornu_node *build_select(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_select(cornu__op_binary_scalar(CORNU__OP_GREATER, x[0], 0.1), x[1], x[2]);
}

static cornu_node *build_relu_gradient(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_binary(CORNU__OP_RELU_GRADIENT, x[0], x[1]);
}

static void other_elementwise_ops(void **state)
{
    (void)state;
    static const double cube = 3, zero = 0, half = 0.5;
    const gradient_case cases[] = {
        {"x^3", build_power_of_constant, &cube, 1, {{1, {7}, -2, 2, 0}}, true, false},
        {"x^0", build_power_of_constant, &zero, 1, {{1, {7}, -2, 2, 0}}, true, false},
        {"x^0.5", build_power_of_constant, &half, 1, {{1, {7}, 0.5, 2, 0}}, true, false},
        {"select",
         build_select,
         NULL,
         3,
         {{2, {3, 5}, -1, 1, 0}, {2, {3, 5}, -1, 1, 0}, {2, {3, 5}, -1, 1, 0}},
         true,
         false},
        {"select broadcast",
         build_select,
         NULL,
         3,
         {{2, {3, 1}, -1, 1, 0}, {1, {5}, -1, 1, 0}, {0, {0}, -1, 1, 0}},
         true,
         false},
        {"relu_gradient", build_relu_gradient, NULL, 2, {{2, {3, 5}, -1, 1, 0}, {2, {3, 5}, -1, 1, 0}}, true, false},
    };
    check_all(cases, COUNT(cases));
}

/* --- reductions --- */

typedef struct reduction {
    cornu__op_kind kind;
    int count, axes[3];
    bool keepdims;
} reduction;

static cornu_node *build_reduction(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const reduction *r = parameter;
    return cornu__op_reduce(r->kind, x[0], r->count, r->axes, r->keepdims);
}

static cornu_node *build_product_with_zeros(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    /* x times a mask that makes one zero in the first row and two in the second */
    static const double mask[12] = {1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1};
    cornu_node *masked = cornu__op_binary(CORNU__OP_MULTIPLY, x[0],
                                          cornu__op_constant(graph, CORNU_FLOAT64, 2, (int64_t[]){3, 4}, mask));
    return build_reduction(graph, (cornu_node *[]){masked}, parameter);
}

static void reductions_over_any_axes(void **state)
{
    (void)state;
    static const cornu__op_kind kinds[] = {CORNU__OP_SUM, CORNU__OP_MEAN, CORNU__OP_MAX, CORNU__OP_MIN,
                                           CORNU__OP_PRODUCT};
    static const reduction forms[] = {{0, 0, {0}, false},   {0, 0, {0}, true},       {0, 1, {0}, false},
                                      {0, 1, {-1}, true},   {0, 1, {1}, false},      {0, 2, {0, 2}, false},
                                      {0, 2, {2, 1}, true}, {0, 3, {0, 1, 2}, false}};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        for (size_t j = 0; j < COUNT(forms); j++) {
            reduction r = forms[j];
            r.kind = kinds[i];
            gradient_case c = {.name = cornu__op_definition_of(r.kind)->name,
                               .build = build_reduction,
                               .parameter = &r,
                               .input_count = 1,
                               .input = {{3, {2, 3, 5}, 0.5, 1.5, 0}},
                               .twice = kinds[i] != CORNU__OP_PRODUCT};
            check_gradient(&c);
        }
    }
    static const reduction rows = {CORNU__OP_PRODUCT, 1, {1}, false};
    const gradient_case zeros[] = {
        {"product with zeros", build_product_with_zeros, &rows, 1, {{2, {3, 4}, 0.5, 1.5, 0}}, false, false},
    };
    check_all(zeros, COUNT(zeros));
}

/* --- movement --- */

static cornu_node *build_reshape(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_reshape(x[0], 2, (int64_t[]){-1, 5});
}

static cornu_node *build_transpose(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_transpose(x[0], parameter);
}

static cornu_node *build_broadcast(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_broadcast(x[0], 3, (int64_t[]){4, 3, 5});
}

static cornu_node *build_concatenate(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_concatenate(3, x, *(const int *)parameter);
}

static cornu_node *build_slice(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const int64_t *stride = parameter;
    return cornu__op_slice(x[0], (int64_t[]){1, 0, 2}, (int64_t[]){2, 3, 2}, stride);
}

static cornu_node *build_pad(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_pad(x[0], (int64_t[]){1, 0}, (int64_t[]){2, 3}, 7);
}

static cornu_node *build_gather(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_gather(x[0], x[1]);
}

static cornu_node *build_pack(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)parameter;
    return cornu__op_pack(graph, 3, x, (int64_t[]){2, 20, 12}, 40);
}

static cornu_node *build_pack_of_many(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)parameter;
    cornu_node *part[150];
    int64_t offset[150];
    for (int i = 0; i < 150; i++) {
        part[i] = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x[0], i);
        offset[i] = i * 4 + 1;
    }
    return cornu__op_pack(graph, 150, part, offset, 150 * 4 + 10);
}

static cornu_node *build_concatenate_many(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    cornu_node *part[100];
    for (int i = 0; i < 100; i++)
        part[i] = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x[0], i);
    return cornu__op_concatenate(100, part, 0);
}

static void movement_ops(void **state)
{
    (void)state;
    static const int turn[] = {2, 0, 1}, swap[] = {1, 0}, first = 0, last = -1;
    static const int64_t stride_one[] = {1, 1, 1}, strided[] = {2, 1, 3};
    const gradient_case cases[] = {
        {"reshape", build_reshape, NULL, 1, {{3, {2, 3, 5}, -1, 1, 0}}, true, false},
        {"transpose 3", build_transpose, turn, 1, {{3, {2, 3, 5}, -1, 1, 0}}, true, false},
        {"transpose 2", build_transpose, swap, 1, {{2, {3, 5}, -1, 1, 0}}, true, false},
        {"broadcast rows", build_broadcast, NULL, 1, {{2, {3, 1}, -1, 1, 0}}, true, false},
        {"broadcast scalar", build_broadcast, NULL, 1, {{0, {0}, -1, 1, 0}}, true, false},
        {"concatenate 0",
         build_concatenate,
         &first,
         3,
         {{2, {1, 3}, -1, 1, 0}, {2, {2, 3}, -1, 1, 0}, {2, {3, 3}, -1, 1, 0}},
         true,
         false},
        {"concatenate -1",
         build_concatenate,
         &last,
         3,
         {{2, {3, 1}, -1, 1, 0}, {2, {3, 2}, -1, 1, 0}, {2, {3, 3}, -1, 1, 0}},
         true,
         false},
        {"concatenate 100", build_concatenate_many, NULL, 1, {{1, {3}, -1, 1, 0}}, false, false},
        {"slice", build_slice, stride_one, 1, {{3, {4, 3, 7}, -1, 1, 0}}, true, false},
        {"strided slice", build_slice, strided, 1, {{3, {4, 3, 7}, -1, 1, 0}}, true, false},
        {"pad", build_pad, NULL, 1, {{2, {3, 5}, -1, 1, 0}}, true, false},
        {"gather", build_gather, NULL, 2, {{2, {4, 3}, -1, 1, 0}, {2, {2, 5}, 0, 0, 4}}, true, false},
        {"gather scalars", build_gather, NULL, 2, {{1, {4}, -1, 1, 0}, {1, {7}, 0, 0, 4}}, true, false},
        {"pack", build_pack, NULL, 3, {{2, {2, 3}, -1, 1, 0}, {1, {7}, -1, 1, 0}, {0, {0}, -1, 1, 0}}, true, false},
        {"pack 150", build_pack_of_many, NULL, 1, {{1, {3}, -1, 1, 0}}, false, false},
    };
    check_all(cases, COUNT(cases));
}

/* --- matmul --- */

typedef struct transposes {
    bool a, b;
} transposes;

static cornu_node *build_matmul(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const transposes *t = parameter;
    return cornu__op_matmul(x[0], x[1], t->a, t->b);
}

static void matmul_with_all_transposes_and_batches(void **state)
{
    (void)state;
    for (int form = 0; form < 12; form++) {
        transposes t = {form & 1, form & 2};
        int leading = form / 4; /* none, shared b, batched b */
        check_input a = {2, {3, 5}, -1, 1, 0}, b = {2, {5, 4}, -1, 1, 0};
        if (t.a)
            a.shape[0] = 5, a.shape[1] = 3;
        if (t.b)
            b.shape[0] = 4, b.shape[1] = 5;
        check_input batched_a = {3, {2, a.shape[0], a.shape[1]}, -1, 1, 0},
                    batched_b = {3, {2, b.shape[0], b.shape[1]}, -1, 1, 0};
        gradient_case c = {.name = "matmul",
                           .build = build_matmul,
                           .parameter = &t,
                           .input_count = 2,
                           .input = {leading == 0 ? a : batched_a, leading == 2 ? batched_b : b},
                           .twice = true};
        check_gradient(&c);
    }
}

/* --- convolution and pooling --- */

static cornu_node *build_conv(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_conv(x[0], x[1], parameter);
}

static cornu_node *build_transposed_conv(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const cornu__window *window = parameter;
    int64_t shape[4] = {x[0]->shape[0], (x[0]->shape[1] - 1) * window->strides[0] + 2,
                        (x[0]->shape[2] - 1) * window->strides[1] + 3, x[1]->shape[2] * window->groups};
    return cornu__op_conv_input_gradient(x[0], x[1], window, shape);
}

#define WINDOW(kh, kw, sh, sw, dh, dw, ph, pw, ah, aw, g)                                                              \
    {                                                                                                                  \
        .size = {kh, kw}, .strides = {sh, sw}, .dilation = {dh, dw}, .pad_before = {ph, pw}, .pad_after = {ah, aw},    \
        .groups = g                                                                                                    \
    }

static void convolutions(void **state)
{
    (void)state;
    static const cornu__window valid = WINDOW(0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1),
                               same = WINDOW(0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1),
                               strided = WINDOW(0, 0, 2, 3, 1, 1, 1, 0, 1, 1, 1),
                               dilated = WINDOW(0, 0, 1, 1, 2, 2, 1, 2, 0, 1, 1),
                               grouped = WINDOW(0, 0, 2, 1, 1, 1, 1, 1, 0, 1, 2),
                               depthwise = WINDOW(0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 3),
                               causal = WINDOW(0, 0, 1, 1, 1, 2, 0, 4, 0, 0, 1),
                               up = WINDOW(0, 0, 2, 2, 1, 1, 0, 0, 0, 0, 1);
    const gradient_case cases[] = {
        {"conv valid", build_conv, &valid, 2, {{4, {2, 5, 4, 2}, -1, 1, 0}, {4, {3, 2, 2, 3}, -1, 1, 0}}, true, false},
        {"conv same", build_conv, &same, 2, {{4, {1, 3, 5, 2}, -1, 1, 0}, {4, {3, 3, 2, 2}, -1, 1, 0}}, true, false},
        {"conv strided",
         build_conv,
         &strided,
         2,
         {{4, {2, 5, 7, 1}, -1, 1, 0}, {4, {3, 2, 1, 2}, -1, 1, 0}},
         true,
         false},
        {"conv dilated",
         build_conv,
         &dilated,
         2,
         {{4, {1, 6, 5, 2}, -1, 1, 0}, {4, {3, 3, 2, 1}, -1, 1, 0}},
         true,
         false},
        {"conv grouped",
         build_conv,
         &grouped,
         2,
         {{4, {1, 5, 4, 4}, -1, 1, 0}, {4, {2, 3, 2, 6}, -1, 1, 0}},
         true,
         false},
        {"conv depthwise",
         build_conv,
         &depthwise,
         2,
         {{4, {1, 4, 3, 3}, -1, 1, 0}, {4, {3, 3, 1, 6}, -1, 1, 0}},
         true,
         false},
        {"conv causal",
         build_conv,
         &causal,
         2,
         {{4, {2, 1, 7, 2}, -1, 1, 0}, {4, {1, 3, 2, 3}, -1, 1, 0}},
         true,
         false},
        {"conv transposed",
         build_transposed_conv,
         &up,
         2,
         {{4, {1, 3, 2, 3}, -1, 1, 0}, {4, {2, 3, 2, 3}, -1, 1, 0}},
         true,
         false},
    };
    check_all(cases, COUNT(cases));
}

static cornu_node *build_max_pool(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_max_pool(x[0], parameter);
}

static cornu_node *build_average_pool(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_average_pool(x[0], parameter);
}

static void pools(void **state)
{
    (void)state;
    static const cornu__window windows[] = {
        WINDOW(2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 1), WINDOW(3, 2, 1, 2, 1, 1, 1, 0, 1, 1, 1),
        WINDOW(3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1), WINDOW(1, 5, 1, 1, 1, 1, 0, 0, 0, 0, 1),
        WINDOW(2, 2, 1, 1, 2, 3, 0, 0, 0, 0, 1)};
    for (size_t i = 0; i < COUNT(windows); i++) {
        const gradient_case cases[] = {
            {"max_pool", build_max_pool, &windows[i], 1, {{4, {2, 5, 7, 3}, -1, 1, 0}}, false, false},
            {"average_pool", build_average_pool, &windows[i], 1, {{4, {2, 5, 7, 3}, -1, 1, 0}}, true, false},
        };
        check_all(cases, COUNT(cases));
    }
}

/* --- composite --- */

static cornu_node *build_softmax(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_softmax(x[0]);
}

static cornu_node *build_log_softmax(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_log_softmax(x[0]);
}

typedef struct entropy {
    double smoothing;
    bool clip, probabilities; /* probabilities: they too are part of what is differentiated */
} entropy;

static cornu_node *with_probabilities(cornu_node *loss, cornu_node *q, bool wanted)
{
    if (!wanted)
        return loss;
    cornu_node *weighted = cornu__op_binary(
        CORNU__OP_MULTIPLY, q, cornu__op_unary(CORNU__OP_SIN, cornu__op_binary_scalar(CORNU__OP_MULTIPLY, q, 5)));
    return cornu__op_binary(CORNU__OP_ADD, loss, cornu__op_reduce(CORNU__OP_SUM, weighted, 1, (int[]){-1}, false));
}

static cornu_node *build_dense_entropy(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const entropy *e = parameter;
    cornu_node *q, *loss = cornu__op_softmax_cross_entropy(x[0], x[1], e->smoothing, e->clip, &q);
    return with_probabilities(loss, q, e->probabilities);
}

static cornu_node *build_sparse_entropy(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    const entropy *e = parameter;
    cornu_node *q, *loss = cornu__op_sparse_cross_entropy(x[0], x[1], e->clip, &q);
    return with_probabilities(loss, q, e->probabilities);
}

static void softmax_and_cross_entropies(void **state)
{
    (void)state;
    static const entropy plain = {0}, smooth = {0.1, true, false}, both = {0.2, false, true};
    const check_input logits = {2, {3, 5}, -2, 2, 0}, targets = {2, {3, 5}, 0, 1, 0}, labels = {1, {3}, 0, 0, 5};
    const gradient_case cases[] = {
        {"softmax", build_softmax, NULL, 1, {{3, {2, 3, 5}, -2, 2, 0}}, true, false},
        {"log_softmax", build_log_softmax, NULL, 1, {{3, {2, 3, 5}, -2, 2, 0}}, true, false},
        {"cross-entropy", build_dense_entropy, &plain, 2, {logits, targets}, true, false},
        {"cross-entropy smoothed", build_dense_entropy, &smooth, 2, {logits, targets}, true, false},
        {"cross-entropy and probabilities", build_dense_entropy, &both, 2, {logits, targets}, true, false},
        {"sparse cross-entropy", build_sparse_entropy, &plain, 2, {logits, labels}, true, false},
        {"sparse cross-entropy and probabilities", build_sparse_entropy, &both, 2, {logits, labels}, true, false},
        {"sparse cross-entropy, rank 3",
         build_sparse_entropy,
         &plain,
         2,
         {{3, {2, 3, 4}, -2, 2, 0}, {2, {2, 3}, 0, 0, 4}},
         true,
         false},
    };
    check_all(cases, COUNT(cases));
}

static cornu_node *build_batch_norm(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    return cornu__op_batch_norm(x[0], x[1], x[2], 1e-3, NULL, NULL);
}

static cornu_node *build_batch_norm_statistics(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    cornu_node *mean, *variance, *y = cornu__op_batch_norm(x[0], x[1], x[2], 1e-3, &mean, &variance);
    cornu_node *statistics = cornu__op_binary(CORNU__OP_ADD, cornu__op_unary(CORNU__OP_SIN, mean),
                                              cornu__op_unary(CORNU__OP_SQUARE, variance));
    return cornu__op_binary(CORNU__OP_MULTIPLY, y, statistics);
}

static cornu_node *build_dropout(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    return cornu__op_unary(CORNU__OP_SQUARE, cornu__op_dropout(x[0], *(const double *)parameter));
}

static void batch_norm_and_dropout(void **state)
{
    (void)state;
    static const double none = 0, third = 0.3, all = 1;
    const check_input gamma = {1, {3}, 0.5, 1.5, 0}, beta = {1, {3}, -1, 1, 0};
    const gradient_case cases[] = {
        {"batch_norm 2", build_batch_norm, NULL, 3, {{2, {7, 3}, -1, 1, 0}, gamma, beta}, false, false},
        {"batch_norm 4", build_batch_norm, NULL, 3, {{4, {2, 3, 5, 3}, -1, 1, 0}, gamma, beta}, false, false},
        {"batch_norm with statistics",
         build_batch_norm_statistics,
         NULL,
         3,
         {{2, {7, 3}, -1, 1, 0}, gamma, beta},
         false,
         false},
        {"dropout 0", build_dropout, &none, 1, {{2, {5, 7}, -1, 1, 0}}, true, false},
        {"dropout 0.3", build_dropout, &third, 1, {{2, {5, 7}, -1, 1, 0}}, true, false},
        {"dropout 1", build_dropout, &all, 1, {{2, {5, 7}, -1, 1, 0}}, true, false},
    };
    check_all(cases, COUNT(cases));
}

/* --- the pass itself --- */

static cornu_node *build_shared(cornu__graph *graph, cornu_node *const *x, const void *parameter)
{
    (void)graph;
    (void)parameter;
    cornu_node *h = cornu__op_unary(CORNU__OP_TANH, cornu__op_matmul(x[0], x[1], false, false));
    cornu_node *again = cornu__op_unary(CORNU__OP_SIGMOID, cornu__op_matmul(h, x[1], false, false));
    return cornu__op_binary(CORNU__OP_ADD, cornu__op_binary(CORNU__OP_MULTIPLY, h, again), x[0]);
}

static void gradients_of_shared_nodes_add_up(void **state)
{
    (void)state;
    const gradient_case c = {
        "shared weights", build_shared, NULL, 2, {{2, {3, 4}, -1, 1, 0}, {2, {4, 4}, -1, 1, 0}}, true, false};
    check_gradient(&c);
}

static int count_kind(const cornu__graph *graph, cornu__op_kind kind)
{
    int count = 0;
    for (int i = 0; i < graph->op_count; i++)
        count += graph->ops[i]->kind == kind;
    return count;
}

static void only_what_leads_to_wanted_nodes_is_differentiated(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    const cornu__window window = WINDOW(0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1);
    cornu_node *x = cornu__op_input(graph, 0, CORNU_FLOAT64, 4, (int64_t[]){1, 5, 5, 1});
    cornu_node *first =
        cornu__op_variable(graph, (cornu__variable_region){0, 0}, CORNU_FLOAT64, 4, (int64_t[]){3, 3, 1, 2});
    cornu_node *second =
        cornu__op_variable(graph, (cornu__variable_region){0, 18}, CORNU_FLOAT64, 4, (int64_t[]){3, 3, 2, 2});
    cornu_node *unused = cornu__op_variable(graph, (cornu__variable_region){0, 54}, CORNU_FLOAT64, 1, (int64_t[]){2});
    cornu_node *y = cornu__op_conv(cornu__op_conv(x, first, &window), second, &window);
    cornu_node *stopped = cornu__op_unary(CORNU__OP_STOP_GRADIENT, cornu__op_unary(CORNU__OP_EXP, y));
    cornu_node *loss =
        cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, y, stopped), 0, NULL, false);
    cornu_node *wrt[] = {first, second, unused}, *gradient[3];
    int before = graph->op_count;
    assert_int_equal(cornu__gradients(loss, 3, wrt, gradient), CORNU_OK);
    assert_non_null(gradient[0]);
    assert_non_null(gradient[1]);
    assert_null(gradient[2]);
    assert_int_equal(count_kind(graph, CORNU__OP_CONV_KERNEL_GRADIENT), 2);
    assert_int_equal(count_kind(graph, CORNU__OP_CONV_INPUT_GRADIENT), 1); /* none for the images */
    assert_true(graph->op_count > before);
    assert_int_equal(count_kind(graph, CORNU__OP_EXP), 1); /* nothing behind stop_gradient */
    assert_string_equal(gradient[0]->op->name, "conv/conv_kernel_gradient");
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    cornu__graph_release(graph);
}

static void what_cannot_be_differentiated_says_so(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    const cornu__window window = WINDOW(2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 1);
    cornu_node *x = cornu__op_input(graph, 0, CORNU_FLOAT64, 4, (int64_t[]){1, 4, 4, 1});
    cornu_node *y = cornu__op_unary(CORNU__OP_SQUARE, cornu__op_max_pool(x, &window)), *gradient;
    assert_int_equal(cornu__gradients(y, 1, &x, &gradient), CORNU_ERROR_SHAPE);
    assert_error_says("loss", "(1, 2, 2, 1)", NULL);
    cornu_node *loss = cornu__op_reduce(CORNU__OP_SUM, y, 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 1, &x, &gradient), CORNU_OK);
    cornu_node *again = cornu__op_reduce(CORNU__OP_SUM, gradient, 0, NULL, false);
    assert_int_equal(cornu__gradients(again, 1, &x, &gradient), CORNU_ERROR_UNSUPPORTED);
    assert_error_says("max_pool_gradient", "cannot be differentiated", NULL);
    cornu__graph_release(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_ops),
        cmocka_unit_test(binary_ops_broadcast_in_every_position),
        cmocka_unit_test(other_elementwise_ops),
        cmocka_unit_test(reductions_over_any_axes),
        cmocka_unit_test(movement_ops),
        cmocka_unit_test(matmul_with_all_transposes_and_batches),
        cmocka_unit_test(convolutions),
        cmocka_unit_test(pools),
        cmocka_unit_test(softmax_and_cross_entropies),
        cmocka_unit_test(batch_norm_and_dropout),
        cmocka_unit_test(gradients_of_shared_nodes_add_up),
        cmocka_unit_test(only_what_leads_to_wanted_nodes_is_differentiated),
        cmocka_unit_test(what_cannot_be_differentiated_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
