/* test_ops.c: what each op computes, by hand or by a plain formula; what shapes it takes; what it says about others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/ops.h>

#include "base/memory.h"
#include "gradient_check.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static cornu_node *numbers(cornu__graph *graph, int rank, const int64_t *shape, const double *values)
{
    return cornu__op_constant(graph, CORNU_FLOAT64, rank, shape, values);
}

static cornu_node *integers(cornu__graph *graph, int rank, const int64_t *shape, const int32_t *values)
{
    return cornu__op_constant(graph, CORNU_INT32, rank, shape, values);
}

/* Runs the graph for one node; fails unless its elements are these. Releases the graph. */
static void expect(cornu__graph *graph, cornu_node *node, int64_t count, const double *wanted)
{
    if (!node || cornu__graph_add_result(graph, node) != CORNU_OK)
        fail_msg("cannot be built: %s", cornu_error_message());
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT64, 0, NULL);
    if (cornu__program_run(r.program, NULL, &(cornu__run_state){0, 0}) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    const void *got = cornu__program_result(r.program, 0);
    assert_int_equal(node->count, count);
    for (int64_t i = 0; i < count; i++) {
        double value = node->dtype == CORNU_INT32     ? ((const int32_t *)got)[i]
                       : node->dtype == CORNU_FLOAT32 ? (double)((const float *)got)[i]
                                                      : ((const double *)got)[i];
        if (!(fabs(value - wanted[i]) <= 1e-9 * (1 + fabs(wanted[i]))) && !(isnan(value) && isnan(wanted[i])))
            fail_msg("%s: element %lld is %.12g, %.12g was wanted", node->op->name, (long long)i, value, wanted[i]);
    }
    stop_running(&r);
    cornu__graph_release(graph);
}

#define VALUES(...)                                                                                                    \
    (const double[])                                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define SHAPE(...)                                                                                                     \
    (const int64_t[])                                                                                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* --- values --- */

static void elementwise_values(void **state)
{
    (void)state;
    static const double x[] = {-1.5, -0.5, 0, 0.5, 2.5}, positive[] = {0.25, 1, 2, 4, 9};
    static const struct {
        cornu__op_kind kind;
        bool positive;
        double wanted[5];
    } cases[] = {
        {CORNU__OP_NEGATE, false, {1.5, 0.5, 0, -0.5, -2.5}},
        {CORNU__OP_ABS, false, {1.5, 0.5, 0, 0.5, 2.5}},
        {CORNU__OP_SIGN, false, {-1, -1, 0, 1, 1}},
        {CORNU__OP_SQUARE, false, {2.25, 0.25, 0, 0.25, 6.25}},
        {CORNU__OP_FLOOR, false, {-2, -1, 0, 0, 2}},
        {CORNU__OP_ROUND, false, {-2, 0, 0, 0, 2}}, /* half to even */
        {CORNU__OP_RELU, false, {0, 0, 0, 0.5, 2.5}},
        {CORNU__OP_SIGMOID,
         false,
         {0.18242552380635635, 0.37754066879814541, 0.5, 0.62245933120185459, 0.92414181997875655}},
        {CORNU__OP_SOFTPLUS,
         false,
         {0.20141327798275246, 0.47407698418010663, 0.69314718055994529, 0.97407698418010663, 2.5788897342925496}},
        {CORNU__OP_SQRT, true, {0.5, 1, 1.4142135623730951, 2, 3}},
        {CORNU__OP_RSQRT, true, {2, 1, 0.70710678118654752, 0.5, 1.0 / 3}},
        {CORNU__OP_RECIPROCAL, true, {4, 1, 0.5, 0.25, 1.0 / 9}},
        {CORNU__OP_LOG, true, {-1.3862943611198906, 0, 0.69314718055994529, 1.3862943611198906, 2.1972245773362196}},
        {CORNU__OP_ERF, true, {0.27632639016823696, 0.84270079294971489, 0.99532226501895271, 0.99999998458274209, 1}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        cornu__graph *graph = cornu__graph_create();
        expect(graph, cornu__op_unary(cases[i].kind, numbers(graph, 1, SHAPE(5), cases[i].positive ? positive : x)), 5,
               cases[i].wanted);
    }
}

static void extreme_values_neither_overflow_nor_hide_nan(void **state)
{
    (void)state;
    static const double x[] = {-1e4, 1e4, NAN};
    cornu__graph *graph = cornu__graph_create();
    expect(graph, cornu__op_unary(CORNU__OP_SIGMOID, numbers(graph, 1, SHAPE(3), x)), 3, VALUES(0, 1, NAN));
    graph = cornu__graph_create();
    expect(graph, cornu__op_unary(CORNU__OP_SOFTPLUS, numbers(graph, 1, SHAPE(3), x)), 3, VALUES(0, 1e4, NAN));
    graph = cornu__graph_create();
    expect(graph, cornu__op_unary(CORNU__OP_RELU, numbers(graph, 1, SHAPE(3), x)), 3, VALUES(0, 1e4, NAN));
    graph = cornu__graph_create();
    expect(graph, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, numbers(graph, 1, SHAPE(3), x), 5), 3,
           VALUES(5, 1e4, NAN));
    graph = cornu__graph_create();
    expect(graph, cornu__op_softmax(numbers(graph, 1, SHAPE(3), VALUES(1e4, 1e4, -1e4))), 3, VALUES(0.5, 0.5, 0));
    graph = cornu__graph_create();
    expect(graph, cornu__op_reduce(CORNU__OP_MAX, numbers(graph, 1, SHAPE(3), x), 0, NULL, false), 1, VALUES(NAN));
}

static void broadcasting_follows_numpy(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *column = numbers(graph, 2, SHAPE(2, 1), VALUES(10, 20)),
               *row = numbers(graph, 1, SHAPE(3), VALUES(1, 2, 3));
    expect(graph, cornu__op_binary(CORNU__OP_SUBTRACT, column, row), 6, VALUES(9, 8, 7, 19, 18, 17));
}

static void reductions_values(void **state)
{
    (void)state;
    static const double x[] = {1, 5, 3, 4, 2, 6};
    static const struct {
        cornu__op_kind kind;
        double rows[2], columns[3], all;
    } cases[] = {{CORNU__OP_SUM, {9, 12}, {5, 7, 9}, 21},
                 {CORNU__OP_MEAN, {3, 4}, {2.5, 3.5, 4.5}, 3.5},
                 {CORNU__OP_MAX, {5, 6}, {4, 5, 6}, 6},
                 {CORNU__OP_MIN, {1, 2}, {1, 2, 3}, 1},
                 {CORNU__OP_PRODUCT, {15, 48}, {4, 10, 18}, 720}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        cornu__graph *graph = cornu__graph_create();
        expect(graph, cornu__op_reduce(cases[i].kind, numbers(graph, 2, SHAPE(2, 3), x), 1, (int[]){-1}, false), 2,
               cases[i].rows);
        graph = cornu__graph_create();
        expect(graph, cornu__op_reduce(cases[i].kind, numbers(graph, 2, SHAPE(2, 3), x), 1, (int[]){0}, true), 3,
               cases[i].columns);
        graph = cornu__graph_create();
        expect(graph, cornu__op_reduce(cases[i].kind, numbers(graph, 2, SHAPE(2, 3), x), 0, NULL, false), 1,
               &cases[i].all);
    }
    cornu__graph *graph = cornu__graph_create();
    expect(graph, cornu__op_argmax(numbers(graph, 2, SHAPE(2, 3), VALUES(1, 7, 7, 9, 2, 9))), 2, VALUES(1, 0));
}

static void movement_values(void **state)
{
    (void)state;
    static const double x[] = {0, 1, 2, 3, 4, 5};
    cornu__graph *graph = cornu__graph_create();
    expect(graph, cornu__op_transpose(numbers(graph, 2, SHAPE(2, 3), x), (int[]){1, 0}), 6, VALUES(0, 3, 1, 4, 2, 5));
    graph = cornu__graph_create();
    cornu_node *part = numbers(graph, 2, SHAPE(2, 1), VALUES(8, 9));
    expect(graph, cornu__op_concatenate(2, (cornu_node *[]){numbers(graph, 2, SHAPE(2, 3), x), part}, 1), 8,
           VALUES(0, 1, 2, 8, 3, 4, 5, 9));
    graph = cornu__graph_create();
    expect(graph, cornu__op_slice(numbers(graph, 1, SHAPE(6), x), SHAPE(1), SHAPE(2), SHAPE(3)), 2, VALUES(1, 4));
    graph = cornu__graph_create();
    expect(graph, cornu__op_pad(numbers(graph, 2, SHAPE(1, 2), x), SHAPE(1, 0), SHAPE(0, 1), 7), 6,
           VALUES(7, 7, 7, 0, 1, 7));
    graph = cornu__graph_create();
    expect(graph, cornu__op_gather(numbers(graph, 2, SHAPE(3, 2), x), integers(graph, 1, SHAPE(2), (int32_t[]){2, 0})),
           4, VALUES(4, 5, 0, 1));
    graph = cornu__graph_create();
    expect(graph, cornu__op_one_hot(integers(graph, 1, SHAPE(3), (int32_t[]){1, -1, 2}), 2, CORNU_FLOAT64), 6,
           VALUES(0, 1, 0, 0, 0, 0));
    graph = cornu__graph_create();
    part = numbers(graph, 2, SHAPE(2, 1), VALUES(8, 9));
    expect(graph, cornu__op_pack(graph, 2, (cornu_node *[]){part, numbers(graph, 0, NULL, x + 5)}, SHAPE(3, 1), 6), 6,
           VALUES(0, 5, 0, 8, 9, 0));
}

static void products_and_windows(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *a = numbers(graph, 2, SHAPE(2, 2), VALUES(1, 2, 3, 4)),
               *b = numbers(graph, 2, SHAPE(2, 2), VALUES(5, 6, 7, 8));
    expect(graph, cornu__op_matmul(a, b, false, true), 4, VALUES(17, 23, 39, 53));
    /* a 3x3 image of 1 .. 9, a 2x2 kernel of ones: sums of neighbours; same padding puts the zeros at the end */
    const double image[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, ones[] = {1, 1, 1, 1};
    cornu__window window = {.strides = {1, 1}, .dilation = {1, 1}, .groups = 1, .size = {2, 2}};
    graph = cornu__graph_create();
    expect(graph,
           cornu__op_conv(numbers(graph, 4, SHAPE(1, 3, 3, 1), image), numbers(graph, 4, SHAPE(2, 2, 1, 1), ones),
                          &window),
           4, VALUES(12, 16, 24, 28));
    window.pad_after[0] = window.pad_after[1] = 1;
    graph = cornu__graph_create();
    expect(graph,
           cornu__op_conv(numbers(graph, 4, SHAPE(1, 3, 3, 1), image), numbers(graph, 4, SHAPE(2, 2, 1, 1), ones),
                          &window),
           9, VALUES(12, 16, 9, 24, 28, 15, 15, 17, 9));
    graph = cornu__graph_create();
    expect(graph, cornu__op_average_pool(numbers(graph, 4, SHAPE(1, 3, 3, 1), image), &window), 9,
           VALUES(3, 4, 4.5, 6, 7, 7.5, 7.5, 8.5, 9)); /* padding does not count */
    const double negative[] = {-1, -2, -3, -4, -5, -6, -7, -8, -9};
    graph = cornu__graph_create();
    expect(graph, cornu__op_max_pool(numbers(graph, 4, SHAPE(1, 3, 3, 1), negative), &window), 9,
           VALUES(-1, -2, -3, -4, -5, -6, -7, -8, -9)); /* nor does it win */
    /* depthwise: each channel by its own kernel */
    window = (cornu__window){.strides = {1, 1}, .dilation = {1, 1}, .groups = 2};
    graph = cornu__graph_create();
    expect(graph,
           cornu__op_conv(numbers(graph, 4, SHAPE(1, 1, 2, 2), VALUES(1, 10, 2, 20)),
                          numbers(graph, 4, SHAPE(1, 2, 1, 2), VALUES(1, 2, 3, 4)), &window),
           2, VALUES(7, 100));
}

static void cross_entropies(void **state)
{
    (void)state;
    /* the values of the specification for logits [[1,2,-1],[0,.5,3]], targets [[0,1,0],[0,0,1]], to their printed digits */
    static const double logits[] = {1, 2, -1, 0, 0.5, 3}, targets[] = {0, 1, 0, 0, 0, 1};
    double first = log(exp(1) + exp(2) + exp(-1)) - 2, second = log(exp(0) + exp(0.5) + exp(3)) - 3;
    assert_float_equal(first, 0.349012, 1e-6);
    assert_float_equal(second, 0.123873, 1e-6);
    cornu__graph *graph = cornu__graph_create();
    expect(graph,
           cornu__op_softmax_cross_entropy(numbers(graph, 2, SHAPE(2, 3), logits),
                                           numbers(graph, 2, SHAPE(2, 3), targets), 0, false, NULL),
           2, VALUES(first, second));
    graph = cornu__graph_create();
    expect(graph,
           cornu__op_sparse_cross_entropy(numbers(graph, 2, SHAPE(2, 3), logits),
                                          integers(graph, 1, SHAPE(2), (int32_t[]){1, 2}), false, NULL),
           2, VALUES(first, second));
    /* as of clipped probabilities a hopeless row costs -ln(1e-7), not infinity */
    graph = cornu__graph_create();
    expect(graph,
           cornu__op_softmax_cross_entropy(numbers(graph, 2, SHAPE(1, 2), VALUES(1000, 0)),
                                           numbers(graph, 2, SHAPE(1, 2), VALUES(0, 1)), 0, true, NULL),
           1, VALUES(-log(1e-7)));
    graph = cornu__graph_create(); /* smoothing 0.3 of 3 classes: targets 0.1, 0.8, 0.1 */
    double total = log(exp(1) + exp(2) + exp(-1));
    expect(graph,
           cornu__op_softmax_cross_entropy(numbers(graph, 2, SHAPE(1, 3), logits),
                                           numbers(graph, 2, SHAPE(1, 3), targets), 0.3, false, NULL),
           1, VALUES(total - 0.1 * 1 - 0.8 * 2 + 0.1 * 1));
}

static void normalization_and_top_k(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = numbers(graph, 2, SHAPE(2, 2), VALUES(1, 10, 3, 30)), *mean, *variance;
    cornu_node *y = cornu__op_batch_norm(x, numbers(graph, 1, SHAPE(2), VALUES(2, 1)),
                                         numbers(graph, 1, SHAPE(2), VALUES(5, 0)), 0, &mean, &variance);
    cornu_node *all = cornu__op_pack(graph, 3, (cornu_node *[]){y, mean, variance}, SHAPE(0, 4, 6), 8);
    expect(graph, all, 8, VALUES(3, -1, 7, 1, 2, 20, 1, 100));
    graph = cornu__graph_create();
    static const double scores[] = {0.1, 0.5, 0.4, 0.3, 0.3, 0.4, NAN, 0, 1, 1, 2, 3};
    expect(graph,
           cornu__op_in_top_k(integers(graph, 1, SHAPE(4), (int32_t[]){2, 0, 0, 7}),
                              numbers(graph, 2, SHAPE(4, 3), scores), 2),
           4, VALUES(1, 1, 0, 0));
}

static void public_ops_make_integers_float(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *labels = integers(graph, 1, SHAPE(3), (int32_t[]){1, 2, 4});
    expect(graph, cornu_op_divide(labels, cornu_op_constant(labels, 2)), 3, VALUES(0.5, 1, 2));
    graph = cornu__graph_create();
    cornu_node *x = numbers(graph, 2, SHAPE(2, 2), VALUES(1, 2, 3, 4));
    expect(graph, cornu_op_logsumexp(x, .axis = cornu_axis(-1)), 2, VALUES(log(exp(1) + exp(2)), log(exp(3) + exp(4))));
    graph = cornu__graph_create();
    x = numbers(graph, 2, SHAPE(2, 2), VALUES(1, 2, 3, 4));
    expect(graph, cornu_op_stack(2, (cornu_node *[]){x, cornu_op_negative(x)}, 1), 8,
           VALUES(1, 2, -1, -2, 3, 4, -3, -4));
    graph = cornu__graph_create();
    x = numbers(graph, 2, SHAPE(2, 3), VALUES(1, 5, 3, 4, 2, 6));
    expect(graph, cornu_op_argmax(x, 0), 3, VALUES(1, 0, 1));
    graph = cornu__graph_create();
    x = numbers(graph, 3, SHAPE(2, 2, 1), VALUES(0, 0, 0, log(3)));
    expect(graph, cornu_op_softmax(x, 1), 4, VALUES(0.5, 0.5, 0.25, 0.75));
    graph = cornu__graph_create();
    x = numbers(graph, 4, SHAPE(1, 2, 2, 1), VALUES(1, 2, 3, 4));
    expect(graph, cornu_op_max_pool(x, cornu_pair(2, 2), .padding = "same"), 1, VALUES(4));
    graph = cornu__graph_create();
    x = numbers(graph, 1, SHAPE(4), VALUES(1, 2, 3, 6));
    expect(graph, cornu_op_var(x), 1, VALUES(3.5));
}

/* A program that was built against an earlier header gives fewer options, one without options NULL: the rest are the defaults. */
static void public_ops_read_options_as_far_as_they_reach(void **state)
{
    (void)state;
    const double values[] = {1, 2, 3, 4};
    cornu__graph *graph = cornu__graph_create();
    expect(graph, cornu_op_sum_with(numbers(graph, 2, SHAPE(2, 2), values), NULL), 1, VALUES(10));
    cornu_reduce_options axis_only = {
        .struct_size = offsetof(cornu_reduce_options, keepdims), .axis = cornu_axis(0), .keepdims = true};
    graph = cornu__graph_create();
    cornu_node *sum = cornu_op_sum_with(numbers(graph, 2, SHAPE(2, 2), values), &axis_only);
    assert_int_equal(cornu_node_rank(sum), 1);
    expect(graph, sum, 2, VALUES(4, 6));
    const cornu_op_conv_options strides_only = {.struct_size = offsetof(cornu_op_conv_options, padding),
                                                .strides = {2, 1}};
    graph = cornu__graph_create();
    cornu_node *x = numbers(graph, 4, SHAPE(1, 2, 2, 1), values),
               *kernel = numbers(graph, 4, SHAPE(1, 1, 1, 1), values);
    expect(graph, cornu_op_conv_with(x, kernel, &strides_only), 2, VALUES(1, 2));
    graph = cornu__graph_create();
    x = numbers(graph, 4, SHAPE(1, 2, 2, 1), values);
    expect(graph, cornu_op_max_pool(x, cornu_pair(2, 1), .padding = NULL), 2, VALUES(3, 4));
    graph = cornu__graph_create();
    x = numbers(graph, 2, SHAPE(2, 2), values);
    expect(graph, cornu_op_matmul_with(x, x, NULL), 4, VALUES(7, 10, 15, 22));
}

/* --- shapes that do not fit --- */

#define EXPECT_ERROR(node, status_, ...)                                                                               \
    do {                                                                                                               \
        cornu_error_clear();                                                                                           \
        assert_null(node);                                                                                             \
        assert_int_equal(cornu_error_status(), status_);                                                               \
        assert_error_says(__VA_ARGS__, NULL);                                                                          \
    } while (0)

static void messages_name_op_what_came_and_what_was_wanted(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    assert_int_equal(cornu__graph_set_scope(graph, "dense_1"), CORNU_OK);
    cornu_node *x = cornu__op_input(graph, 0, CORNU_FLOAT32, 2, SHAPE(3, 5)),
               *y = cornu__op_input(graph, 1, CORNU_FLOAT32, 2, SHAPE(4, 5));
    cornu_node *image = cornu__op_input(graph, 2, CORNU_FLOAT32, 4, SHAPE(2, 8, 8, 3));
    cornu_node *kernel = cornu__op_input(graph, 3, CORNU_FLOAT32, 4, SHAPE(3, 3, 4, 16));
    cornu_node *labels = cornu__op_input(graph, 4, CORNU_INT32, 1, SHAPE(3)),
               *doubles = cornu__op_input(graph, 5, CORNU_FLOAT64, 2, SHAPE(3, 5));
    const cornu__window window = {.strides = {1, 1}, .dilation = {1, 1}, .groups = 1, .size = {9, 9}};
    EXPECT_ERROR(cornu__op_binary(CORNU__OP_ADD, x, y), CORNU_ERROR_SHAPE, "dense_1/add", "(3, 5)", "(4, 5)");
    EXPECT_ERROR(cornu__op_binary(CORNU__OP_ADD, x, doubles), CORNU_ERROR_DTYPE, "float32", "float64");
    EXPECT_ERROR(cornu__op_matmul(x, y, false, false), CORNU_ERROR_SHAPE, "dense_1/matmul", "(3, 5)", "(4, 5)",
                 "inner");
    EXPECT_ERROR(cornu__op_conv(image, kernel, &window), CORNU_ERROR_SHAPE, "conv", "3 channels", "(3, 3, 4, 16)");
    EXPECT_ERROR(cornu__op_max_pool(image, &window), CORNU_ERROR_SHAPE, "height", "(2, 8, 8, 3)", "9");
    EXPECT_ERROR(cornu__op_reshape(x, 2, SHAPE(4, 4)), CORNU_ERROR_SHAPE, "reshape", "15 elements", "(4, 4)");
    EXPECT_ERROR(cornu__op_reshape(x, 2, SHAPE(-1, 4)), CORNU_ERROR_SHAPE, "reshape", "(3, 5)");
    EXPECT_ERROR(cornu__op_concatenate(2, (cornu_node *[]){x, y}, 1), CORNU_ERROR_SHAPE, "(3, 5)", "(4, 5)", "axis 1");
    EXPECT_ERROR(cornu__op_reduce(CORNU__OP_SUM, x, 1, (int[]){2}, false), CORNU_ERROR_SHAPE, "axis 2", "(3, 5)");
    EXPECT_ERROR(cornu__op_slice(x, SHAPE(0, 3), SHAPE(3, 3), NULL), CORNU_ERROR_SHAPE, "3 elements from 3", "axis 1");
    EXPECT_ERROR(cornu__op_sparse_cross_entropy(x, x, false, NULL), CORNU_ERROR_DTYPE, "label", "float32", "int32");
    EXPECT_ERROR(cornu__op_sparse_cross_entropy(y, labels, false, NULL), CORNU_ERROR_SHAPE, "(3,)", "(4,)");
    EXPECT_ERROR(cornu__op_unary(CORNU__OP_EXP, labels), CORNU_ERROR_DTYPE, "exp", "int32");
    EXPECT_ERROR(cornu__op_dropout(x, 1.5), CORNU_ERROR_INVALID_ARGUMENT, "rate", "1.5");
    EXPECT_ERROR(cornu__op_broadcast(x, 2, SHAPE(3, 6)), CORNU_ERROR_SHAPE, "(3, 5)", "(3, 6)");
    EXPECT_ERROR(cornu__op_input(graph, 6, CORNU_FLOAT32, 2, SHAPE(0, 5)), CORNU_ERROR_SHAPE, "(0, 5)", "at least 1");
    EXPECT_ERROR(cornu__op_input(graph, 6, CORNU_FLOAT16, 1, SHAPE(5)), CORNU_ERROR_DTYPE, "float16");
    EXPECT_ERROR(cornu_op_squeeze(x, 0), CORNU_ERROR_SHAPE, "squeeze", "(3, 5)");
    EXPECT_ERROR(cornu_op_conv(image, kernel, .padding = "some"), CORNU_ERROR_UNKNOWN_NAME, "'some'", "'same'");
    /* a chain goes on quietly behind the first error */
    cornu_error_clear();
    assert_null(cornu__op_unary(CORNU__OP_TANH, cornu__op_binary(CORNU__OP_ADD, NULL, x)));
    assert_int_equal(cornu_error_status(), CORNU_OK);
    assert_int_equal(cornu__graph_check(graph), CORNU_OK); /* failed builders leave the graph whole */
    cornu__graph_release(graph);
}

static void every_kind_is_defined(void **state)
{
    (void)state;
    for (int kind = 0; kind < CORNU__OP_KIND_COUNT; kind++) {
        const cornu__op_definition *definition = cornu__op_definition_of((cornu__op_kind)kind);
        assert_non_null(definition->name);
        assert_non_null(definition->infer);
        assert_true(definition->input_min <= definition->input_max && definition->input_max <= CORNU__MAX_INPUTS);
        bool by_backend = kind == CORNU__OP_INPUT || kind == CORNU__OP_VARIABLE || kind == CORNU__OP_ASSIGN;
        assert_true(by_backend == (definition->reference == NULL));
    }
    assert_string_equal(cornu__op_definition_of(CORNU__OP_MAX_POOL)->name, "max_pool");
    assert_string_equal(cornu__op_definition_of(CORNU__OP_FUSED)->name, "fused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise_values),
        cmocka_unit_test(extreme_values_neither_overflow_nor_hide_nan),
        cmocka_unit_test(broadcasting_follows_numpy),
        cmocka_unit_test(reductions_values),
        cmocka_unit_test(movement_values),
        cmocka_unit_test(products_and_windows),
        cmocka_unit_test(cross_entropies),
        cmocka_unit_test(normalization_and_top_k),
        cmocka_unit_test(public_ops_make_integers_float),
        cmocka_unit_test(public_ops_read_options_as_far_as_they_reach),
        cmocka_unit_test(messages_name_op_what_came_and_what_was_wanted),
        cmocka_unit_test(every_kind_is_defined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
