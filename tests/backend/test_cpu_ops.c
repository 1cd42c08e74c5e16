/* test_cpu_ops.c: every op on the cpu backend computes what its plain kernel computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/backend_check.h"

#define SHAPE(...)                                                                                                     \
    (int64_t[])                                                                                                        \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static const int64_t channel_counts[] = {1, 3, 16, 17, 32};
#define CHANNEL_COUNT 5

/* --- elementwise --- */

static void elementwise_ops_agree_at_every_length(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 2, 15, 16, 17, 511, 512, 513, 5000};
    for (int kind = CORNU__OP_NEGATE; kind <= CORNU__OP_RELU; kind++)
        for (int i = 0; i < 9; i++) {
            cornu__graph *graph = cornu__graph_create();
            cornu_node *x = float_input(graph, 1, &counts[i]);
            bool positive =
                kind == CORNU__OP_LOG || kind == CORNU__OP_SQRT || kind == CORNU__OP_RSQRT || kind == CORNU__OP_LOG1P;
            x = positive ? cornu__op_binary_scalar(CORNU__OP_ADD, cornu__op_unary(CORNU__OP_ABS, x), 0.01)
                         : cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x, 6);
            result(graph, cornu__op_unary((cornu__op_kind)kind, x));
            check_graph(graph, 1, 1e-6);
        }
}

static void two_operands_broadcast_in_every_way(void **state)
{
    (void)state;
    static const int64_t shapes[][3] = {{3, 4, 17}, {1, 1, 17}, {3, 4, 1},  {1, 4, 1},
                                        {1, 1, 1},  {3, 1, 1},  {1, 4, 17}, {3, 1, 17}};
    for (int kind = CORNU__OP_ADD; kind <= CORNU__OP_RELU_GRADIENT; kind++)
        for (int a = 0; a < 8; a++)
            for (int b = 0; b < 8; b++) {
                if (a != 0 && b != 0)
                    continue;
                cornu__graph *graph = cornu__graph_create();
                cornu_node *x = float_input(graph, 3, shapes[a]), *y = float_input(graph, 3, shapes[b]);
                if (kind == CORNU__OP_POWER)
                    x = cornu__op_unary(CORNU__OP_ABS, x);
                if (kind == CORNU__OP_DIVIDE)
                    y = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__op_unary(CORNU__OP_ABS, y), 0.1);
                if (kind == CORNU__OP_RELU_GRADIENT && (a != 0 || b != 0)) {
                    cornu__graph_release(graph);
                    continue;
                }
                result(graph, cornu__op_binary((cornu__op_kind)kind, x, y));
                check_graph(graph, 1, 2e-6);
            }
}

static void fused_chains_agree(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1}, {3, 5}, {7, 64}, {40, 33}, {9, 1024}, {700, 16}};
    for (int i = 0; i < 6; i++) {
        cornu__graph *graph = cornu__graph_create();
        const int64_t *shape = shapes[i];
        cornu_node *x = float_input(graph, 2, shape), *bias = float_input(graph, 1, &shape[1]);
        cornu_node *weight = float_input(graph, 2, SHAPE(shape[0], 1)), *scalar = float_input(graph, 0, NULL);
        cornu_node *sum = cornu__op_binary(CORNU__OP_ADD, x, bias);
        cornu_node *scaled = cornu__op_binary(CORNU__OP_MULTIPLY, sum, weight);
        cornu_node *y = cornu__op_select(cornu__op_binary(CORNU__OP_GREATER, scaled, scalar),
                                         cornu__op_unary(CORNU__OP_TANH, scaled),
                                         cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x, 0.25));
        result(graph, y);
        result(graph, cornu__op_unary(CORNU__OP_SIGMOID, cornu__op_binary(CORNU__OP_SUBTRACT, y, x)));
        check_graph(graph, 1, 1e-6);
    }
}

static void integers_are_compared_and_converted(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    int64_t n = 37;
    cornu_node *a = int_input(graph, 1, &n), *b = int_input(graph, 1, &n), *x = float_input(graph, 1, &n);
    result(graph, cornu__op_cast(cornu__op_binary(CORNU__OP_EQUAL, a, b), CORNU_FLOAT32));
    result(graph, cornu__op_cast(a, CORNU_FLOAT32));
    result(graph, cornu__op_cast(cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x, 100), CORNU_INT32));
    check_graph(graph, 4, 0);
}

/* --- reductions, rows --- */

static void reductions_agree_over_every_set_of_axes(void **state)
{
    (void)state;
    static const int64_t shapes[][4] = {{3, 4, 5, 17}, {2, 33, 1, 16}, {1, 1, 1, 1}, {5, 40, 41, 3}};
    static const cornu__op_kind kinds[] = {CORNU__OP_SUM, CORNU__OP_MEAN, CORNU__OP_MAX, CORNU__OP_MIN,
                                           CORNU__OP_PRODUCT};
    for (int s = 0; s < 4; s++)
        for (int k = 0; k < 5; k++)
            for (int set = 1; set < 16; set++) {
                int axes[4], count = 0;
                for (int axis = 0; axis < 4; axis++)
                    if (set >> axis & 1)
                        axes[count++] = axis;
                cornu__graph *graph = cornu__graph_create();
                result(graph, cornu__op_reduce(kinds[k], float_input(graph, 4, shapes[s]), count, axes, set % 2));
                check_graph(graph, 1, 1e-5);
            }
}

static void rows_agree(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = {{1, 1}, {1, 10}, {128, 10}, {7, 33}, {5, 1000}, {300, 64}};
    for (int s = 0; s < 6; s++)
        for (int clip = 0; clip < 2; clip++) {
            cornu__graph *graph = cornu__graph_create();
            cornu_node *x = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, float_input(graph, 2, shapes[s]), 4);
            cornu_node *labels = int_input(graph, 1, shapes[s]), *q = NULL;
            cornu_node *targets = cornu__op_unary(CORNU__OP_ABS, float_input(graph, 2, shapes[s])), *p = NULL,
                       *gradient[2];
            cornu_node *sparse = cornu__op_sparse_cross_entropy(x, labels, clip, &q);
            cornu_node *dense = cornu__op_softmax_cross_entropy(x, targets, 0.1, clip, &p);
            result(graph, cornu__op_softmax(x));
            result(graph, cornu__op_log_softmax(x));
            result(graph, sparse);
            result(graph, q);
            result(graph, dense);
            result(graph, p);
            result(graph, cornu__op_argmax(x));
            result(graph, cornu__op_in_top_k(labels, x, 3));
            assert_int_equal(
                cornu__gradients(cornu__op_reduce(CORNU__OP_SUM, sparse, 0, NULL, false), 1, &x, &gradient[0]),
                CORNU_OK);
            assert_int_equal(
                cornu__gradients(cornu__op_reduce(CORNU__OP_SUM, dense, 0, NULL, false), 1, &x, &gradient[1]),
                CORNU_OK);
            result(graph, gradient[0]);
            result(graph, gradient[1]);
            check_graph(graph, (int)shapes[s][1], 2e-6);
        }
}

/* --- movement --- */

static void movement_agrees(void **state)
{
    (void)state;
    int64_t shape[] = {3, 4, 5, 7};
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = float_input(graph, 4, shape), *other = float_input(graph, 4, shape);
    result(graph, cornu__op_transpose(x, (int[]){2, 0, 3, 1}));
    result(graph, cornu__op_transpose(x, (int[]){3, 2, 1, 0}));
    result(graph, cornu__op_broadcast(float_input(graph, 3, SHAPE(4, 1, 7)), 4, shape));
    for (int axis = 0; axis < 4; axis++)
        result(graph, cornu__op_concatenate(3, (cornu_node *[]){x, other, x}, axis));
    result(graph, cornu__op_slice(x, SHAPE(1, 0, 2, 1), SHAPE(2, 2, 2, 3), SHAPE(1, 2, 1, 2)));
    result(graph, cornu__op_pad(x, SHAPE(0, 1, 2, 0), SHAPE(1, 0, 3, 2), -1.5));
    result(graph,
           cornu__op_pack(graph, 2, (cornu_node *[]){other, cornu__op_unary(CORNU__OP_TANH, x)}, SHAPE(3, 440), 900));
    cornu_node *table = float_input(graph, 2, SHAPE(11, 6)), *index = int_input(graph, 2, SHAPE(4, 5)), *gradient;
    cornu_node *rows = cornu__op_gather(table, index);
    assert_int_equal(
        cornu__gradients(cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, rows), 0, NULL, false), 1,
                         &table, &gradient),
        CORNU_OK);
    result(graph, rows);
    result(graph, gradient);
    result(graph, cornu__op_one_hot(index, 11, CORNU_FLOAT32));
    check_graph(graph, 11, 1e-6);
}

static void random_numbers_are_the_same_everywhere(void **state)
{
    (void)state;
    static const int64_t counts[] = {1, 5, 128, 129, 40001};
    for (int i = 0; i < 5; i++) {
        cornu__graph *graph = cornu__graph_create();
        result(graph, cornu__op_dropout(float_input(graph, 1, &counts[i]), 0.3));
        result(graph, cornu__op_random(graph, CORNU__OP_RANDOM_UNIFORM, CORNU_FLOAT32, 1, &counts[i]));
        result(graph, cornu__op_random(graph, CORNU__OP_RANDOM_NORMAL, CORNU_FLOAT32, 1, &counts[i]));
        check_graph(graph, 1, 1e-7);
    }
}

/* --- linear algebra --- */

static void matrix_products_agree(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{1, 1, 1},       {1, 4, 8},     {3, 17, 5},   {32, 10, 128},
                                       {128, 128, 784}, {65, 33, 257}, {1, 300, 700}};
    for (int s = 0; s < 7; s++)
        for (int transposes = 0; transposes < 4; transposes++)
            for (int extras = 0; extras < 3; extras++) {
                int64_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
                bool ta = transposes & 1, tb = transposes >> 1;
                cornu__graph *graph = cornu__graph_create();
                cornu_node *a = float_input(graph, 2, ta ? SHAPE(k, m) : SHAPE(m, k));
                cornu_node *b = float_input(graph, 2, tb ? SHAPE(n, k) : SHAPE(k, n));
                cornu_node *y = cornu__op_matmul(a, b, ta, tb);
                if (extras > 0)
                    y = cornu__op_binary(CORNU__OP_ADD, y, float_input(graph, 1, &n));
                result(graph, extras > 1 ? cornu__op_unary(CORNU__OP_RELU, y) : y);
                check_graph(graph, 1, 3e-6);
            }
}

static void batched_matrix_products_agree(void **state)
{
    (void)state;
    for (int transposes = 0; transposes < 4; transposes++)
        for (int shared = 0; shared < 2; shared++)
            for (int large = 0; large < 2; large++) {
                int64_t m = large ? 40 : 3, n = large ? 33 : 4, k = large ? 50 : 5;
                bool ta = transposes & 1, tb = transposes >> 1;
                cornu__graph *graph = cornu__graph_create();
                cornu_node *a = float_input(graph, 3, ta ? SHAPE(6, k, m) : SHAPE(6, m, k));
                cornu_node *b = shared ? float_input(graph, 2, tb ? SHAPE(n, k) : SHAPE(k, n))
                                       : float_input(graph, 3, tb ? SHAPE(6, n, k) : SHAPE(6, k, n));
                result(graph, cornu__op_matmul(a, b, ta, tb));
                check_graph(graph, 1, 3e-6);
            }
}

typedef struct convolution_case {
    int64_t batch, height, width, outputs, kernel[2], strides[2], dilation[2], pad_before[2], pad_after[2];
    int grouped; /* 1: as many groups as channels */
} convolution_case;

static const convolution_case convolution_cases[] = {
    {1, 5, 6, 16, {3, 3}, {1, 1}, {1, 1}, {0, 0}, {0, 0}, 0},  {3, 9, 7, 17, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 0},
    {2, 8, 8, 32, {3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}, 0},  {2, 8, 9, 5, {1, 1}, {2, 2}, {1, 1}, {0, 0}, {0, 0}, 0},
    {5, 1, 20, 16, {1, 3}, {1, 1}, {1, 2}, {0, 4}, {0, 0}, 0}, {2, 10, 9, 3, {5, 4}, {1, 2}, {1, 1}, {2, 1}, {2, 2}, 0},
    {2, 7, 7, 0, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1},   {2, 9, 8, 0, {3, 3}, {2, 2}, {1, 1}, {1, 0}, {1, 1}, 2},
};

static void convolutions_and_their_gradients_agree(void **state)
{
    (void)state;
    for (int c = 0; c < CHANNEL_COUNT; c++)
        for (size_t i = 0; i < sizeof convolution_cases / sizeof convolution_cases[0]; i++)
            for (int extras = 0; extras < 2; extras++) {
                convolution_case k = convolution_cases[i];
                int64_t channels = channel_counts[c], outputs = k.grouped ? k.grouped * channels : k.outputs;
                int64_t groups = k.grouped ? channels : 1;
                cornu__window window = {.groups = groups};
                for (int axis = 0; axis < 2; axis++) {
                    window.strides[axis] = k.strides[axis];
                    window.dilation[axis] = k.dilation[axis];
                    window.pad_before[axis] = k.pad_before[axis];
                    window.pad_after[axis] = k.pad_after[axis];
                }
                cornu__graph *graph = cornu__graph_create();
                cornu_node *inputs[2] = {
                    float_input(graph, 4, SHAPE(k.batch, k.height, k.width, channels)),
                    float_input(graph, 4, SHAPE(k.kernel[0], k.kernel[1], channels / groups, outputs))};
                cornu_node *gradients[2], *y = cornu__op_conv(inputs[0], inputs[1], &window);
                if (extras)
                    y = cornu__op_unary(CORNU__OP_RELU,
                                        cornu__op_binary(CORNU__OP_ADD, y, float_input(graph, 1, &outputs)));
                result(graph, y);
                cornu_node *loss =
                    cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, y), 0, NULL, false);
                assert_int_equal(cornu__gradients(loss, 2, inputs, gradients), CORNU_OK);
                result(graph, gradients[0]);
                result(graph, gradients[1]);
                check_graph(graph, 1, 2e-5);
            }
}

/* --- images --- */

static void pooling_and_its_gradient_agree(void **state)
{
    (void)state;
    static const cornu__window windows[] = {
        {.size = {2, 2}, .strides = {2, 2}, .dilation = {1, 1}, .groups = 1},
        {.size = {3, 3}, .strides = {2, 2}, .dilation = {1, 1}, .pad_before = {1, 1}, .pad_after = {1, 1}, .groups = 1},
        {.size = {3, 2}, .strides = {1, 3}, .dilation = {1, 1}, .groups = 1},
        {.size = {2, 2}, .strides = {2, 2}, .dilation = {1, 1}, .pad_after = {1, 1}, .groups = 1},
    };
    for (int c = 0; c < CHANNEL_COUNT; c++)
        for (int w = 0; w < 4; w++)
            for (int average = 0; average < 2; average++) {
                cornu__graph *graph = cornu__graph_create();
                cornu_node *x = float_input(graph, 4, SHAPE(3, 9, 11, channel_counts[c])), *gradient;
                cornu_node *y = average ? cornu__op_average_pool(x, &windows[w]) : cornu__op_max_pool(x, &windows[w]);
                cornu_node *loss =
                    cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, y), 0, NULL, false);
                assert_int_equal(cornu__gradients(loss, 1, &x, &gradient), CORNU_OK);
                result(graph, y);
                result(graph, gradient);
                check_graph(graph, 1, 2e-6);
            }
}

static void batch_normalisation_and_its_gradient_agree(void **state)
{
    (void)state;
    static const int64_t row_counts[] = {1, 2, 63, 1000};
    static const int64_t channels[] = {1, 3, 10, 16, 17, 32, 64, 100, 300};
    for (int r = 1; r < 4; r++)
        for (int c = 0; c < 9; c++)
            for (int relu = 0; relu < 2; relu++) {
                cornu__graph *graph = cornu__graph_create();
                cornu_node *x =
                    cornu__op_binary_scalar(CORNU__OP_ADD, float_input(graph, 2, SHAPE(row_counts[r], channels[c])), 3);
                cornu_node *inputs[3] = {x, float_input(graph, 1, &channels[c]), float_input(graph, 1, &channels[c])};
                cornu_node *weight = float_input(graph, 2, SHAPE(row_counts[r], channels[c])), *mean, *variance,
                           *gradients[3];
                cornu_node *y = cornu__op_batch_norm(inputs[0], inputs[1], inputs[2], 1e-3, &mean, &variance);
                y = relu ? cornu__op_unary(CORNU__OP_RELU, y) : y;
                cornu_node *loss =
                    cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, y, weight), 0, NULL, false);
                assert_int_equal(cornu__gradients(loss, 3, inputs, gradients), CORNU_OK);
                result(graph, y);
                result(graph, mean);
                result(graph, variance);
                for (int i = 0; i < 3; i++)
                    result(graph, gradients[i]);
                check_graph(graph, 1, 5e-6);
            }
}

static void a_chain_of_convolutions_reorders_nothing(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu__window window = {
        .strides = {1, 1}, .dilation = {1, 1}, .pad_before = {1, 1}, .pad_after = {1, 1}, .groups = 1};
    cornu_node *first = float_input(graph, 4, SHAPE(4, 8, 8, 16)), *x = first, *kernels[3], *gradients[3];
    for (int i = 0; i < 3; i++) {
        kernels[i] = float_input(graph, 4, SHAPE(3, 3, i == 0 ? 16 : 32, 32));
        x = cornu__op_unary(CORNU__OP_RELU, cornu__op_conv(x, kernels[i], &window));
    }
    cornu_node *loss = cornu__op_reduce(CORNU__OP_MEAN, cornu__op_unary(CORNU__OP_SQUARE, x), 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 3, kernels, gradients), CORNU_OK);
    for (int i = 0; i < 3; i++)
        result(graph, gradients[i]);
    cornu__program_statistics statistics;
    check_graph_statistics(graph, 1, 2e-5, &statistics);
    assert_int_equal(statistics.reorders, 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise_ops_agree_at_every_length),
        cmocka_unit_test(two_operands_broadcast_in_every_way),
        cmocka_unit_test(fused_chains_agree),
        cmocka_unit_test(integers_are_compared_and_converted),
        cmocka_unit_test(reductions_agree_over_every_set_of_axes),
        cmocka_unit_test(rows_agree),
        cmocka_unit_test(movement_agrees),
        cmocka_unit_test(random_numbers_are_the_same_everywhere),
        cmocka_unit_test(matrix_products_agree),
        cmocka_unit_test(batched_matrix_products_agree),
        cmocka_unit_test(convolutions_and_their_gradients_agree),
        cmocka_unit_test(pooling_and_its_gradient_agree),
        cmocka_unit_test(batch_normalisation_and_its_gradient_agree),
        cmocka_unit_test(a_chain_of_convolutions_reorders_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) + run_on_lower_sets(argv[0]);
}
