/* test_rewrite.c: simplified and fused graphs mean what they meant, and are as small as promised. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "gradient_check.h"
#include "random_graph.h"
#include "graph/fuse.h"

static int count_kind(const cornu__graph *graph, cornu__op_kind kind)
{
    int count = 0;
    for (int i = 0; i < graph->op_count; i++)
        count += graph->ops[i]->kind == kind;
    return count;
}

static const cornu__op *find_kind(const cornu__graph *graph, cornu__op_kind kind)
{
    for (int i = 0; i < graph->op_count; i++) {
        if (graph->ops[i]->kind == kind)
            return graph->ops[i];
    }
    return NULL;
}

static cornu_node *input(cornu__graph *graph, int index, int rank, const int64_t *shape)
{
    return cornu__op_input(graph, index, CORNU_FLOAT32, rank, shape);
}

static void result(cornu__graph *graph, cornu_node *node)
{
    assert_int_equal(cornu__graph_add_result(graph, node), CORNU_OK);
}

static void random_graphs_mean_the_same_after_rewriting(void **state)
{
    (void)state;
    static double plain[4096], rewritten[4096];
    int fused_ops = 0, plain_ops = 0, rewritten_ops = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        cornu__graph *a = random_step(seed, false), *b = random_step(seed, true);
        assert_int_equal(cornu__graph_check(a), CORNU_OK);
        int count = observe("reference", a, plain);
        assert_int_equal(observe("reference", b, rewritten), count);
        for (int i = 0; i < count; i++) {
            if (!(fabs(plain[i] - rewritten[i]) <= 2e-5 * (1 + fabs(plain[i]))))
                fail_msg("seed %d, number %d: %.9g plain, %.9g rewritten", (int)seed, i, plain[i], rewritten[i]);
        }
        plain_ops += a->op_count;
        rewritten_ops += b->op_count;
        fused_ops += count_kind(b, CORNU__OP_FUSED);
        cornu__graph_release(a);
        cornu__graph_release(b);
    }
    assert_true(fused_ops > 300);
    assert_true(rewritten_ops * 2 < plain_ops);
}

/* --- simplification --- */

static void equal_ops_are_merged_but_random_ones_are_not(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 2, (int64_t[]){3, 5}), *again = input(graph, 0, 2, (int64_t[]){3, 5});
    cornu_node *a = cornu__op_unary(CORNU__OP_EXP, x), *b = cornu__op_unary(CORNU__OP_EXP, again);
    cornu_node *c = cornu__op_dropout(a, 0.5), *d = cornu__op_dropout(b, 0.5);
    result(graph, cornu__op_reduce(CORNU__OP_SUM, c, 1, (int[]){0}, false));
    result(graph, cornu__op_reduce(CORNU__OP_SUM, d, 1, (int[]){1}, false));
    result(graph, cornu__op_reduce(CORNU__OP_SUM, a, 1, (int[]){1}, false));
    result(graph, cornu__op_reduce(CORNU__OP_SUM, b, 1, (int[]){1}, true));
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    assert_int_equal(count_kind(graph, CORNU__OP_INPUT), 1);
    assert_int_equal(count_kind(graph, CORNU__OP_EXP), 1);
    assert_int_equal(count_kind(graph, CORNU__OP_DROPOUT), 2);
    assert_int_equal(count_kind(graph, CORNU__OP_SUM), 4);
    assert_ptr_equal(cornu__graph_resolve(b), cornu__graph_resolve(a));
    cornu__graph_release(graph);
}

static void identities_vanish(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 2, (int64_t[]){3, 5}), *y = x;
    y = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, y, 1);
    y = cornu__op_scalar_binary(CORNU__OP_ADD, 0, y);
    y = cornu__op_binary_scalar(CORNU__OP_SUBTRACT, y, 0);
    y = cornu__op_binary_scalar(CORNU__OP_DIVIDE, y, 1);
    y = cornu__op_binary_scalar(CORNU__OP_POWER, y, 1);
    y = cornu__op_unary(CORNU__OP_NEGATE, cornu__op_unary(CORNU__OP_NEGATE, y));
    y = cornu__op_reshape(cornu__op_reshape(y, 1, (int64_t[]){15}), 2, (int64_t[]){3, 5});
    y = cornu__op_transpose(cornu__op_transpose(y, (int[]){1, 0}), (int[]){1, 0});
    y = cornu__op_slice(y, (int64_t[]){0, 0}, (int64_t[]){3, 5}, NULL);
    y = cornu__op_pad(y, (int64_t[]){0, 0}, (int64_t[]){0, 0}, 4);
    y = cornu__op_dropout(y, 0);
    y = cornu__op_reduce(CORNU__OP_SUM,
                         cornu__op_broadcast(cornu__op_reshape(y, 3, (int64_t[]){3, 1, 5}), 3, (int64_t[]){3, 4, 5}), 1,
                         (int[]){1}, false);
    result(graph, y);
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    assert_int_equal(graph->op_count, 5); /* input, constant 4, multiply, and a reshape before and behind it */
    assert_non_null(find_kind(graph, CORNU__OP_MULTIPLY));
    cornu__graph_release(graph);
}

static void constants_are_folded(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *a = cornu__op_fill(graph, CORNU_FLOAT32, 2, (int64_t[]){2, 3}, 2),
               *b = cornu__op_scalar(graph, CORNU_FLOAT32, 3);
    cornu_node *c = cornu__op_unary(CORNU__OP_SQUARE, cornu__op_binary(CORNU__OP_MULTIPLY, a, b));
    result(graph, cornu__op_reshape(c, 1, (int64_t[]){6}));
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(graph->op_count, 1);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 0, NULL);
    assert_int_equal(cornu__program_run(r.program, NULL, &(cornu__run_state){0, 0}), CORNU_OK);
    assert_float_equal(((const float *)cornu__program_result(r.program, 0))[5], 36, 0);
    stop_running(&r);
    cornu__graph_release(graph);
}

#define WINDOW(size_, stride)                                                                                          \
    {                                                                                                                  \
        .size = {size_, size_}, .strides = {stride, stride}, .dilation = {1, 1}, .groups = 1                           \
    }

static const cornu__window conv_window = WINDOW(0, 1), pool_window = WINDOW(2, 2);

static cornu_node *variable(cornu__graph *graph, int64_t offset, int rank, const int64_t *shape)
{
    return cornu__op_variable(graph, (cornu__variable_region){0, offset}, CORNU_FLOAT32, rank, shape);
}

/* conv, bias, relu, max-pool and a loss: the forward pass simplified, then differentiated, simplified again and fused */
static void relu_moves_behind_the_pool_and_into_the_convolution(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 4, (int64_t[]){2, 6, 6, 1});
    cornu_node *kernel = variable(graph, 0, 4, (int64_t[]){3, 3, 1, 4}), *bias = variable(graph, 36, 1, (int64_t[]){4});
    cornu_node *conv = cornu__op_binary(CORNU__OP_ADD, cornu__op_conv(x, kernel, &conv_window), bias);
    cornu_node *pooled = cornu__op_max_pool(cornu__op_unary(CORNU__OP_RELU, conv), &pool_window);
    cornu_node *loss = cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, pooled), 0, NULL, false);
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(cornu__graph_resolve(pooled)->op->kind, CORNU__OP_RELU);
    cornu_node *wrt[] = {kernel, bias}, *gradient[2];
    assert_int_equal(cornu__gradients(loss, 2, wrt, gradient), CORNU_OK);
    result(graph, loss);
    result(graph, gradient[0]);
    result(graph, gradient[1]);
    rewrite_graph(graph);
    const cornu__op *fused_conv = find_kind(graph, CORNU__OP_CONV);
    assert_int_equal(fused_conv->input_count, 3);
    assert_false(fused_conv->attributes.relu); /* the pool stands between */
    assert_int_equal(find_kind(graph, CORNU__OP_MAX_POOL)->outputs[0]->shape[1], 2);
    assert_int_equal(count_kind(graph, CORNU__OP_CONV_INPUT_GRADIENT), 0);
    cornu__graph_release(graph);
}

/* A relu that another op wants stays where it is. */
static void relu_with_another_user_stays_before_the_pool(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *y = cornu__op_unary(CORNU__OP_RELU, input(graph, 0, 4, (int64_t[]){2, 6, 6, 1}));
    result(graph, cornu__op_max_pool(y, &pool_window));
    result(graph, y);
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(graph->results[0]->op->kind, CORNU__OP_MAX_POOL);
    cornu__graph_release(graph);
}

/* --- fusion --- */

static void bias_and_relu_go_into_products(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 2, (int64_t[]){3, 5});
    cornu_node *w = variable(graph, 0, 2, (int64_t[]){5, 4}), *bias = variable(graph, 20, 1, (int64_t[]){4});
    cornu_node *y =
        cornu__op_unary(CORNU__OP_RELU, cornu__op_binary(CORNU__OP_ADD, bias, cornu__op_matmul(x, w, false, false)));
    result(graph, y);
    rewrite_graph(graph);
    assert_int_equal(graph->op_count, 4);
    const cornu__op *op = find_kind(graph, CORNU__OP_MATMUL);
    assert_int_equal(op->input_count, 3);
    assert_true(op->attributes.relu);
    assert_ptr_equal(cornu__graph_resolve(y), op->outputs[0]);
    cornu__graph_release(graph);
}

static void a_product_that_is_wanted_itself_keeps_its_bias_outside(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *product =
        cornu__op_matmul(input(graph, 0, 2, (int64_t[]){3, 5}), variable(graph, 0, 2, (int64_t[]){5, 4}), false, false);
    result(graph, cornu__op_binary(CORNU__OP_ADD, product, variable(graph, 20, 1, (int64_t[]){4})));
    result(graph, product);
    rewrite_graph(graph);
    assert_int_equal(find_kind(graph, CORNU__OP_MATMUL)->input_count, 2);
    cornu__graph_release(graph);
}

static void relu_goes_into_batch_norm_and_its_gradient(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = variable(graph, 0, 2, (int64_t[]){6, 3}), *gamma = variable(graph, 20, 1, (int64_t[]){3});
    cornu_node *beta = variable(graph, 30, 1, (int64_t[]){3}), *wrt[] = {x, gamma, beta}, *gradient[3];
    cornu_node *y = cornu__op_unary(CORNU__OP_RELU, cornu__op_batch_norm(x, gamma, beta, 1e-3, NULL, NULL));
    cornu_node *loss = cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SIN, y), 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 3, wrt, gradient), CORNU_OK);
    for (int i = 0; i < 3; i++)
        result(graph, gradient[i]);
    cornu__graph *plain = cornu__graph_copy(graph);
    rewrite_graph(graph);
    assert_true(find_kind(graph, CORNU__OP_BATCH_NORM)->attributes.relu);
    const cornu__op *backward = find_kind(graph, CORNU__OP_BATCH_NORM_GRADIENT);
    assert_true(backward->attributes.relu);
    assert_int_equal(backward->input_count, 6);
    assert_int_equal(count_kind(graph, CORNU__OP_RELU_GRADIENT), 0);
    double a[400], b[400];
    int count = observe("reference", plain, a);
    assert_int_equal(observe("reference", graph, b), count);
    for (int i = 0; i < count; i++)
        assert_float_equal(a[i], b[i], 1e-5);
    cornu__graph_release(plain);
    cornu__graph_release(graph);
}

/* Adam over a flat vector: m, v and the weights, with a learning rate that a scalar chain makes from the iteration. */
static void an_optimizer_update_becomes_one_op(void **state)
{
    (void)state;
    enum { SIZE = 50 };
    cornu__graph *graph = cornu__graph_create();
    const int64_t size = SIZE;
    cornu_node *w = variable(graph, 0, 1, &size), *m = variable(graph, SIZE, 1, &size),
               *v = variable(graph, 2 * SIZE, 1, &size);
    cornu_node *g = input(graph, 0, 1, &size), *t = variable(graph, 3 * SIZE, 0, NULL);
    cornu_node *next = cornu__op_binary_scalar(CORNU__OP_ADD, t, 1);
    cornu_node *power_1 = cornu__op_binary(CORNU__OP_POWER, cornu__op_scalar(graph, CORNU_FLOAT32, 0.9), next);
    cornu_node *power_2 = cornu__op_binary(CORNU__OP_POWER, cornu__op_scalar(graph, CORNU_FLOAT32, 0.999), next);
    cornu_node *rate = cornu__op_binary(
        CORNU__OP_DIVIDE, cornu__op_unary(CORNU__OP_SQRT, cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, power_2)),
        cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, power_1));
    rate = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, rate, 1e-3);
    cornu_node *m_step = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__op_binary(CORNU__OP_SUBTRACT, g, m), 0.1);
    cornu_node *v_step = cornu__op_binary_scalar(
        CORNU__OP_MULTIPLY, cornu__op_binary(CORNU__OP_SUBTRACT, cornu__op_unary(CORNU__OP_SQUARE, g), v), 1e-3);
    cornu_node *new_m = cornu__op_binary(CORNU__OP_ADD, m, m_step), *new_v = cornu__op_binary(CORNU__OP_ADD, v, v_step);
    cornu_node *divisor = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__op_unary(CORNU__OP_SQRT, new_v), 1e-7);
    cornu_node *step = cornu__op_binary(CORNU__OP_DIVIDE, cornu__op_binary(CORNU__OP_MULTIPLY, new_m, rate), divisor);
    cornu_node *values[] = {cornu__op_binary(CORNU__OP_SUBTRACT, w, step), new_m, new_v, next};
    for (int i = 0; i < 4; i++)
        assert_int_equal(cornu__op_assign(graph, (cornu__variable_region){0, i * SIZE}, values[i]), CORNU_OK);
    cornu__graph *plain = cornu__graph_copy(graph);
    rewrite_graph(graph);
    assert_int_equal(count_kind(graph, CORNU__OP_FUSED), 2); /* the update, and the scalars */
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        if (op->kind == CORNU__OP_FUSED && op->attributes.fused->count == SIZE) {
            assert_int_equal(op->output_count, 3);
            assert_int_equal(op->input_count, 5);
        } else if (op->kind != CORNU__OP_FUSED && op->kind != CORNU__OP_ASSIGN && op->kind != CORNU__OP_VARIABLE &&
                   op->kind != CORNU__OP_INPUT) {
            fail_msg("op %s is left over", op->name);
        }
    }
    double a[BUFFER_SIZE], b[BUFFER_SIZE];
    int count = observe("reference", plain, a);
    assert_int_equal(observe("reference", graph, b), count);
    for (int i = 0; i < count; i++)
        assert_true(a[i] == b[i] || (isnan(a[i]) && isnan(b[i])));
    cornu__graph_release(plain);
    cornu__graph_release(graph);
}

/* A group must not need what an op between its members makes of it: relu - sum - subtract. */
static void no_group_runs_before_and_after_another_op(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 2, (int64_t[]){3, 5});
    cornu_node *a = cornu__op_unary(CORNU__OP_EXP, cornu__op_unary(CORNU__OP_SIN, x));
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, a, 1, (int[]){1}, true);
    cornu_node *b = cornu__op_unary(CORNU__OP_LOG, cornu__op_binary(CORNU__OP_DIVIDE, a, sum));
    result(graph, cornu__op_binary(CORNU__OP_ADD, b, x));
    rewrite_graph(graph);
    assert_int_equal(count_kind(graph, CORNU__OP_FUSED), 2);
    assert_int_equal(graph->op_count, 4);
    const cornu__op *last = graph->results[0]->op;
    assert_int_equal(last->kind, CORNU__OP_FUSED);
    const cornu__fused *fused = last->attributes.fused;
    int outer = 0;
    for (int i = 0; i < fused->input_count; i++)
        outer += fused->input[i].access == CORNU__ACCESS_OUTER && fused->input[i].period == 5;
    assert_int_equal(outer, 1);
    cornu__graph_release(graph);
}

static void limits_of_a_fused_op_are_kept(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x[150], *sum = NULL;
    for (int i = 0; i < 150; i++) {
        x[i] = variable(graph, i, 1, (int64_t[]){2});
        sum = sum ? cornu__op_binary(CORNU__OP_ADD, sum, cornu__op_binary_scalar(CORNU__OP_MULTIPLY, x[i], i + 0.5))
                  : x[i];
        if (i % 5 == 0)
            result(graph, sum);
    }
    rewrite_graph(graph); /* checks the graph, limits included */
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        assert_true(op->input_count <= CORNU__MAX_INPUTS && op->output_count <= CORNU__MAX_OUTPUTS);
        if (op->kind == CORNU__OP_FUSED)
            assert_true(op->attributes.fused->instruction_count <= CORNU__FUSED_MAX_INSTRUCTIONS);
    }
    cornu__graph_release(graph);
}

/* A squeeze-and-excitation product: (n, 1, 1, c) times (n, h, w, c), then relu. */
static void what_a_fused_op_cannot_read_is_broadcast_first(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 4, (int64_t[]){2, 3, 3, 4}), *s = input(graph, 1, 4, (int64_t[]){2, 1, 1, 4});
    s = cornu__op_broadcast(s, 4, x->shape);
    result(graph, cornu__op_unary(CORNU__OP_RELU, cornu__op_binary(CORNU__OP_MULTIPLY, x, s)));
    rewrite_graph(graph);
    rewrite_graph(graph);
    assert_int_equal(count_kind(graph, CORNU__OP_BROADCAST), 1);
    assert_int_equal(count_kind(graph, CORNU__OP_FUSED), 1);
    assert_int_equal(graph->op_count, 4);
    cornu__graph_release(graph);
}

static void the_check_finds_what_is_broken(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 2, (int64_t[]){3, 5}), *y = cornu__op_unary(CORNU__OP_TANH, x);
    cornu_node *z = cornu__op_unary(CORNU__OP_SIN, y);
    result(graph, z);
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    y->op->inputs[0] = z; /* a circle */
    assert_int_equal(cornu__graph_check(graph), CORNU_ERROR_INTERNAL);
    assert_error_says("tanh", "made before", NULL);
    y->op->inputs[0] = x;
    z->shape[1] = 3;
    z->count = 9;
    assert_int_equal(cornu__graph_check(graph), CORNU_ERROR_INTERNAL);
    assert_error_says("sin", "shape", NULL);
    z->shape[1] = 5;
    z->count = 15;
    y->id = z->id;
    assert_int_equal(cornu__graph_check(graph), CORNU_ERROR_INTERNAL);
    cornu__graph_release(graph);
}

/* --- nodes that a caller holds --- */

static void held_nodes_stay_usable_after_simplification(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *x = input(graph, 0, 1, (int64_t[]){5});
    cornu_node *kept = cornu__op_unary(CORNU__OP_SIN, x), *dropped = cornu__op_unary(CORNU__OP_COS, kept);
    cornu_node *merged = cornu__op_unary(CORNU__OP_SIN, x);
    result(graph, kept);
    assert_int_equal(cornu__graph_simplify(graph), CORNU_OK);
    assert_int_equal(graph->op_count, 2);
    assert_ptr_equal(cornu__graph_resolve(merged), kept);
    assert_int_equal(dropped->op->number, -1);
    result(graph, cornu__op_binary(CORNU__OP_ADD, dropped, merged)); /* the cosine comes back */
    assert_int_equal(cornu__graph_check(graph), CORNU_OK);
    assert_int_equal(graph->op_count, 4);
    cornu__graph_release(graph);
}

static void thousands_of_ops_are_rewritten_in_a_moment(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *w = variable(graph, 0, 2, (int64_t[]){8, 8}), *x = input(graph, 0, 2, (int64_t[]){4, 8});
    for (int i = 0; i < 150; i++) {
        cornu_node *h = cornu__op_matmul(x, w, false, false);
        x = cornu__op_unary(CORNU__OP_TANH,
                            cornu__op_binary(CORNU__OP_ADD, cornu__op_binary(CORNU__OP_MULTIPLY, h, x), h));
    }
    cornu_node *gradient, *loss = cornu__op_reduce(CORNU__OP_SUM, x, 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 1, &w, &gradient), CORNU_OK);
    result(graph, gradient);
    assert_true(graph->op_count > 2000);
    rewrite_graph(graph);
    assert_true(graph->op_count < 1300);
    cornu__graph_release(graph);
}

/* Where the memory for one rule's node is refused, another rule that needs none must not hide it. */
static void every_allocation_refused_to_rewriting_is_an_error(void **state)
{
    (void)state;
    uint64_t allocations = 0;
    for (uint64_t n = 0; n <= allocations; n++) { /* 0: none is refused */
        cornu__graph *graph = cornu__graph_create();
        cornu_node *x = input(graph, 0, 1, (int64_t[]){4});
        for (int i = 0; i < 400; i++) {
            cornu_node *number = cornu__op_fill(graph, CORNU_FLOAT32, 1, (int64_t[]){4}, i + 2);
            cornu_node *one = cornu__op_fill(graph, CORNU_FLOAT32, 1, (int64_t[]){4}, 1);
            x = cornu__op_binary(CORNU__OP_ADD, x, cornu__op_binary(CORNU__OP_MULTIPLY, number, one));
        }
        result(graph, x);
        uint64_t before = cornu__allocation_count();
        cornu_error_clear();
        cornu__allocation_fail_at(n);
        cornu_status status = cornu__graph_simplify(graph);
        if (status == CORNU_OK)
            status = cornu__graph_fuse(graph);
        cornu__allocation_fail_at(0);
        if (n == 0)
            allocations = cornu__allocation_count() - before;
        if (status != (n == 0 ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY))
            fail_msg("allocation %d of %d was refused: status %d", (int)n, (int)allocations, (int)status);
        cornu__graph_release(graph);
    }
    assert_true(allocations > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_ops_are_merged_but_random_ones_are_not),
        cmocka_unit_test(identities_vanish),
        cmocka_unit_test(constants_are_folded),
        cmocka_unit_test(relu_moves_behind_the_pool_and_into_the_convolution),
        cmocka_unit_test(relu_with_another_user_stays_before_the_pool),
        cmocka_unit_test(bias_and_relu_go_into_products),
        cmocka_unit_test(a_product_that_is_wanted_itself_keeps_its_bias_outside),
        cmocka_unit_test(relu_goes_into_batch_norm_and_its_gradient),
        cmocka_unit_test(an_optimizer_update_becomes_one_op),
        cmocka_unit_test(no_group_runs_before_and_after_another_op),
        cmocka_unit_test(limits_of_a_fused_op_are_kept),
        cmocka_unit_test(what_a_fused_op_cannot_read_is_broadcast_first),
        cmocka_unit_test(the_check_finds_what_is_broken),
        cmocka_unit_test(held_nodes_stay_usable_after_simplification),
        cmocka_unit_test(thousands_of_ops_are_rewritten_in_a_moment),
        cmocka_unit_test(every_allocation_refused_to_rewriting_is_an_error),
        cmocka_unit_test(random_graphs_mean_the_same_after_rewriting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
