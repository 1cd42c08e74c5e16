/* random_graph.c: see the header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "gradient_check.h"
#include "random_graph.h"

void rewrite_graph(cornu__graph *graph)
{
    if (cornu__graph_simplify(graph) != CORNU_OK || cornu__graph_check(graph) != CORNU_OK ||
        cornu__graph_fuse(graph) != CORNU_OK || cornu__graph_check(graph) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static cornu_node *input(cornu__graph *graph, int index, int rank, const int64_t *shape)
{
    return cornu__op_input(graph, index, CORNU_FLOAT32, rank, shape);
}

static void result(cornu__graph *graph, cornu_node *node)
{
    assert_int_equal(cornu__graph_add_result(graph, node), CORNU_OK);
}

#define POOL 40

typedef struct generator {
    cornu__graph *graph;
    uint64_t state;
    cornu_node *weights; /* (5, 5), of dense layers */
    cornu_node *pool[POOL + 64];
    int count;
} generator;

static int64_t pick(generator *g, int64_t bound)
{
    return (int64_t)draw(&g->state, 0, (double)bound);
}

static cornu_node *any_node(generator *g)
{
    return g->pool[pick(g, g->count)];
}

/* Keeps values small, so that no chain of ops overflows. */
static cornu_node *tame(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_TANH, x);
}

static bool broadcasts(const cornu_node *a, const cornu_node *b)
{
    for (int i = 1; i <= a->rank && i <= b->rank; i++) {
        int64_t x = a->shape[a->rank - i], y = b->shape[b->rank - i];
        if (x != y && x != 1 && y != 1)
            return false;
    }
    return true;
}

static cornu_node *random_elementwise(generator *g)
{
    static const cornu__op_kind unary[] = {CORNU__OP_TANH,   CORNU__OP_SIGMOID, CORNU__OP_SIN,
                                           CORNU__OP_NEGATE, CORNU__OP_ABS,     CORNU__OP_RELU,
                                           CORNU__OP_SQUARE, CORNU__OP_SIGN,    CORNU__OP_STOP_GRADIENT};
    static const cornu__op_kind binary[] = {CORNU__OP_ADD, CORNU__OP_SUBTRACT, CORNU__OP_MULTIPLY, CORNU__OP_MAXIMUM,
                                            CORNU__OP_GREATER};
    static const double constants[] = {0, 1, -0.5, 2};
    cornu_node *a = any_node(g), *b = any_node(g), *c = any_node(g);
    if (pick(g, 2) == 0)
        return cornu__op_unary(unary[pick(g, 9)], a);
    if (pick(g, 3) == 0)
        return cornu__op_binary_scalar(binary[pick(g, 4)], a, constants[pick(g, 4)]);
    if (!broadcasts(a, b))
        return cornu__op_unary(CORNU__OP_COS, a);
    if (pick(g, 6) == 0 && broadcasts(a, c) && broadcasts(b, c))
        return cornu__op_select(cornu__op_binary(CORNU__OP_GREATER, a, b), c,
                                cornu__op_binary_scalar(CORNU__OP_MULTIPLY, c, 0.3));
    return cornu__op_binary(binary[pick(g, 5)], a, b);
}

static cornu_node *random_other(generator *g)
{
    cornu_node *a = any_node(g);
    int axis = a->rank > 0 ? (int)pick(g, a->rank) : 0;
    switch (pick(g, 7)) {
    case 0:
        return cornu__op_reduce(pick(g, 2) ? CORNU__OP_SUM : CORNU__OP_MEAN, a, a->rank > 0, &axis, pick(g, 2));
    case 1:
        return cornu__op_reshape(cornu__op_reshape(a, 1, (int64_t[]){-1}), a->rank, a->shape);
    case 2:
        return a->rank < 3 ? cornu__op_broadcast(a, a->rank + 1, (int64_t[]){2, a->shape[0], a->shape[1]}) : a;
    case 3:
        return a->rank == 2 ? cornu__op_transpose(cornu__op_transpose(a, (int[]){1, 0}), (int[]){1, 0}) : a;
    case 4: { /* dense layer: product, bias, relu */
        if (a->rank < 2 || a->shape[a->rank - 1] != 5)
            return a;
        cornu_node *bias =
            cornu__op_variable(g->graph, (cornu__variable_region){0, 25}, CORNU_FLOAT32, 1, (int64_t[]){5});
        return cornu__op_unary(CORNU__OP_RELU,
                               cornu__op_binary(CORNU__OP_ADD, cornu__op_matmul(a, g->weights, false, false), bias));
    }
    case 5: { /* batch normalisation with relu */
        if (a->rank < 2)
            return a;
        int64_t channels = a->shape[a->rank - 1];
        cornu_node *gamma = cornu__op_variable(g->graph, (cornu__variable_region){0, 30}, CORNU_FLOAT32, 1, &channels);
        cornu_node *beta = cornu__op_variable(g->graph, (cornu__variable_region){0, 40}, CORNU_FLOAT32, 1, &channels);
        cornu_node *y = cornu__op_batch_norm(a, gamma, beta, 0.1, NULL, NULL);
        return pick(g, 2) ? cornu__op_unary(CORNU__OP_RELU, y) : y;
    }
    default:
        return a->rank > 0 ? cornu__op_concatenate(1, &a, 0) : a;
    }
}

/* A step: inputs, a random forward graph, a loss, its gradients, and an update of the weights. With `rewritten`, forward and whole graph are
 * simplified, and the whole fused. */
cornu__graph *random_step(uint64_t seed, bool rewritten)
{
    static const struct {
        int rank;
        int64_t shape[3];
    } shapes[] = {{0, {0}}, {1, {5}}, {2, {3, 5}}, {2, {3, 1}}, {3, {2, 3, 5}}};
    generator g = {.graph = cornu__graph_create(), .state = seed * 1000000};
    for (int i = 0; i < 5; i++)
        g.pool[g.count++] = input(g.graph, i, shapes[i].rank, shapes[i].shape);
    g.pool[g.count++] =
        cornu__op_variable(g.graph, (cornu__variable_region){0, 50}, CORNU_FLOAT32, 2, (int64_t[]){3, 5});
    g.weights = cornu__op_variable(g.graph, (cornu__variable_region){0, 0}, CORNU_FLOAT32, 2, (int64_t[]){5, 5});
    cornu_node *w = g.pool[5];
    while (g.count < POOL) {
        cornu_node *made = pick(&g, 3) ? random_elementwise(&g) : random_other(&g);
        if (made && pick(&g, 2))
            made = tame(made);
        if (!made)
            fail_msg("seed %d: %s", (int)seed, cornu_error_message());
        g.pool[g.count++] = made;
    }
    cornu_node *loss = cornu__op_scalar(g.graph, CORNU_FLOAT32, 0);
    for (int i = 0; i < 6; i++)
        loss = cornu__op_binary(CORNU__OP_ADD, loss,
                                cornu__op_reduce(CORNU__OP_MEAN, tame(g.pool[g.count - 1 - i]), 0, NULL, false));
    if (rewritten && seed % 2 == 0)
        assert_int_equal(cornu__graph_simplify(g.graph), CORNU_OK);
    cornu_node *wrt[2] = {g.weights, w}, *gradient[2];
    assert_int_equal(cornu__gradients(loss, 2, wrt, gradient), CORNU_OK);
    result(g.graph, loss);
    for (int i = 0; i < 4; i++)
        result(g.graph, g.pool[6 + i * 7]);
    for (int i = 0; i < 2; i++) {
        if (gradient[i])
            assert_int_equal(
                cornu__op_assign(g.graph, (cornu__variable_region){0, i == 0 ? 0 : 50},
                                 cornu__op_binary(CORNU__OP_SUBTRACT, wrt[i],
                                                  cornu__op_binary_scalar(CORNU__OP_MULTIPLY, gradient[i], 0.1))),
                CORNU_OK);
    }
    if (rewritten) {
        rewrite_graph(g.graph);
        int op_count = g.graph->op_count;
        rewrite_graph(g.graph); /* a compiler may do it once more: little is left to do */
        assert_true(g.graph->op_count <= op_count);
    }
    return g.graph;
}

/* Runs the step; everything that can be seen of it, one number after the other. */
int observe(const char *backend, cornu__graph *graph, double *seen)
{
    running r;
    start_running_on(backend, &r, graph, CORNU_FLOAT32, 1, (int64_t[]){BUFFER_SIZE});
    float data[BUFFER_SIZE];
    uint64_t state = 99;
    for (int i = 0; i < BUFFER_SIZE; i++)
        data[i] = (float)draw(&state, -1, 1);
    assert_int_equal(cornu__buffer_upload(r.buffer[0], 0, BUFFER_SIZE, data), CORNU_OK);
    const void *inputs[] = {data + 3, data + 17, data + 40, data + 80, data + 120};
    if (cornu__program_run(r.program, inputs, &(cornu__run_state){1, 2}) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    int count = 0;
    for (int i = 0; i < graph->result_count; i++) {
        for (int64_t k = 0; k < graph->results[i]->count; k++)
            seen[count++] = ((const float *)cornu__program_result(r.program, i))[k];
    }
    assert_int_equal(cornu__buffer_download(r.buffer[0], 0, BUFFER_SIZE, data), CORNU_OK);
    for (int i = 0; i < BUFFER_SIZE; i++)
        seen[count++] = data[i];
    stop_running(&r);
    return count;
}
