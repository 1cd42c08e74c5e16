/* gradient_check.c: see the header. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "gradient_check.h"

#define STEP 1e-5
#define TOLERANCE 2e-7

double draw(uint64_t *state, double low, double high)
{
    cornu__random_key key = cornu__random_key_make(7, CORNU__RANDOM_USER, 0, 0);
    return low + (high - low) * cornu__random_uniform_double(key, (*state)++);
}

static int64_t count_of(const check_input *input)
{
    int64_t count = 1;
    for (int axis = 0; axis < input->rank; axis++)
        count *= input->shape[axis];
    return count;
}

void fill_input(const check_input *input, cornu_dtype dtype, uint64_t *state, void *data)
{
    for (int64_t i = 0; i < count_of(input); i++) {
        double value = draw(state, input->low, input->high);
        if (input->labels > 0)
            ((int32_t *)data)[i] = (int32_t)draw(state, 0, (double)input->labels);
        else if (dtype == CORNU_FLOAT32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
}

void assert_error_says(const char *word, ...)
{
    va_list words;
    va_start(words, word);
    for (; word; word = va_arg(words, const char *)) {
        if (!strstr(cornu_error_message(), word))
            fail_msg("the message lacks '%s': %s", word, cornu_error_message());
    }
    va_end(words);
}

static void want_ok(cornu_status status, const char *what)
{
    if (status != CORNU_OK)
        fail_msg("%s: %s", what, cornu_error_message());
}

void start_running_on(const char *backend, running *r, cornu__graph *graph, cornu_dtype dtype, int buffer_count,
                      const int64_t *sizes)
{
    *r = (running){0};
    want_ok(cornu__backend_create(backend, 0, &r->backend), "backend");
    for (int i = 0; i < buffer_count; i++)
        want_ok(cornu__buffer_create(r->backend, dtype, sizes[i], &r->buffer[i]), "buffer");
    want_ok(cornu__program_compile(r->backend, graph, buffer_count, r->buffer, &r->program), "compile");
}

void start_running(running *r, cornu__graph *graph, cornu_dtype dtype, int buffer_count, const int64_t *sizes)
{
    start_running_on("reference", r, graph, dtype, buffer_count, sizes);
}

void stop_running(running *r)
{
    cornu__program_release(r->program);
    for (int i = 0; i < 4; i++)
        cornu__buffer_release(r->buffer[i]);
    cornu__backend_release(r->backend);
}

/* --- central differences --- */

/* sum(y * w) with random weights w, so that every element of y counts and none like another. */
static cornu_node *weighted_sum(cornu__graph *graph, cornu_node *y, uint64_t *state)
{
    if (!y)
        return NULL;
    double *weights = calloc((size_t)y->count, sizeof(double));
    for (int64_t i = 0; i < y->count; i++)
        weights[i] = draw(state, -1, 1);
    cornu_node *w = cornu__op_constant(graph, CORNU_FLOAT64, y->rank, y->shape, weights);
    free(weights);
    return cornu__op_reduce(CORNU__OP_SUM, cornu__op_binary(CORNU__OP_MULTIPLY, y, w), 0, NULL, false);
}

/* The loss of the gradients themselves: a weighted sum of all of them. */
static cornu_node *sum_of_gradients(cornu__graph *graph, int count, cornu_node *const *gradients, uint64_t *state)
{
    cornu_node *sum = NULL;
    for (int i = 0; i < count; i++) {
        if (!gradients[i])
            continue;
        cornu_node *part = weighted_sum(graph, gradients[i], state);
        sum = sum ? cornu__op_binary(CORNU__OP_ADD, sum, part) : part;
    }
    return sum;
}

typedef struct check {
    const gradient_case *c;
    int order;
    cornu__graph *graph;
    cornu_node *x[CHECK_MAX_INPUTS], *wrt[CHECK_MAX_INPUTS], *gradient[CHECK_MAX_INPUTS];
    int wrt_input[CHECK_MAX_INPUTS], wrt_count;
    void *data[CHECK_MAX_INPUTS];
    running r;
} check;

static void build(check *k)
{
    const gradient_case *c = k->c;
    uint64_t state = 1000;
    k->graph = cornu__graph_create();
    for (int i = 0; i < c->input_count; i++) {
        const check_input *input = &c->input[i];
        cornu_dtype dtype = input->labels > 0 ? CORNU_INT32 : CORNU_FLOAT64;
        k->x[i] = cornu__op_input(k->graph, i, dtype, input->rank, input->shape);
        k->data[i] = calloc((size_t)count_of(input), sizeof(double));
        fill_input(input, CORNU_FLOAT64, &state, k->data[i]);
        if (input->labels == 0) {
            k->wrt_input[k->wrt_count] = i;
            k->wrt[k->wrt_count++] = k->x[i];
        }
    }
    cornu_node *loss = weighted_sum(k->graph, c->build(k->graph, k->x, c->parameter), &state);
    if (!loss)
        fail_msg("%s: cannot be built: %s", c->name, cornu_error_message());
    want_ok(cornu__gradients(loss, k->wrt_count, k->wrt, k->gradient), c->name);
    cornu_node *slope = k->order == 2 ? sum_of_gradients(k->graph, k->wrt_count, k->gradient, &state) : NULL;
    if (slope) {
        loss = slope;
        want_ok(cornu__gradients(loss, k->wrt_count, k->wrt, k->gradient), c->name);
    }
    want_ok(cornu__graph_add_result(k->graph, loss), c->name);
    for (int i = 0; i < k->wrt_count; i++) {
        if (k->gradient[i])
            want_ok(cornu__graph_add_result(k->graph, k->gradient[i]), c->name);
    }
    want_ok(cornu__graph_check(k->graph), c->name);
    start_running(&k->r, k->graph, CORNU_FLOAT64, 0, NULL);
}

static double loss_now(const check *k)
{
    want_ok(cornu__program_run(k->r.program, (const void *const *)k->data, &(cornu__run_state){3, 5}), k->c->name);
    return *(const double *)cornu__program_result(k->r.program, 0);
}

/* One input's gradient against the differences. */
static void compare(check *k, int which, const double *analytic)
{
    int input = k->wrt_input[which];
    double *data = k->data[input];
    for (int64_t i = 0; i < count_of(&k->c->input[input]); i++) {
        double kept = data[i];
        data[i] = kept + STEP;
        double above = loss_now(k);
        data[i] = kept - STEP;
        double below = loss_now(k);
        data[i] = kept;
        double difference = (above - below) / (2 * STEP), got = analytic ? analytic[i] : 0;
        if (!(fabs(got - difference) <= TOLERANCE * (1 + fabs(difference)) * (k->order == 2 ? 20 : 1)))
            fail_msg("%s, order %d: input %d element %lld: gradient %.10g, central difference %.10g", k->c->name,
                     k->order, input, (long long)i, got, difference);
    }
}

static void check_order(const gradient_case *c, int order)
{
    check k = {.c = c, .order = order};
    build(&k);
    loss_now(&k);
    double *analytic[CHECK_MAX_INPUTS] = {0};
    for (int i = 0, result = 1; i < k.wrt_count; i++) {
        if (!k.gradient[i])
            continue;
        const cornu_node *node = k.gradient[i], *x = k.wrt[i];
        if (node->rank != x->rank || node->count != x->count || node->dtype != x->dtype)
            fail_msg("%s: the gradient of input %d has another shape than it", c->name, i);
        analytic[i] = calloc((size_t)node->count, sizeof(double));
        memcpy(analytic[i], cornu__program_result(k.r.program, result++), (size_t)node->count * sizeof(double));
    }
    for (int i = 0; i < k.wrt_count; i++) {
        if (!c->no_difference)
            compare(&k, i, analytic[i]);
        free(analytic[i]);
    }
    for (int i = 0; i < c->input_count; i++)
        free(k.data[i]);
    stop_running(&k.r);
    cornu__graph_release(k.graph);
}

void check_gradient(const gradient_case *c)
{
    check_order(c, 1);
    if (c->twice)
        check_order(c, 2);
}
