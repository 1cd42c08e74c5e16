/* test_cpu_programs.c: whole training steps on the cpu backend follow the reference backend, repeat their bits, allocate nothing, and leave
 * variables alone when they fail. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend_check.h"
#include "base/memory.h"

#define SHAPE(...)                                                                                                     \
    (int64_t[])                                                                                                        \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define MAX_WEIGHTS 32
#define BATCH 5
#define CLASSES 4

enum { WEIGHTS, SLOTS, STATISTICS, BUFFERS };

/* A small network being built, and its variables. */
typedef struct network {
    cornu__graph *graph;
    cornu_node *weights[MAX_WEIGHTS];
    int64_t offsets[MAX_WEIGHTS], weight_size, statistics_size;
    int count;
} network;

static cornu_node *weight(network *n, int rank, const int64_t *shape)
{
    cornu__variable_region region = {WEIGHTS, n->weight_size};
    cornu_node *node = cornu__op_variable(n->graph, region, CORNU_FLOAT32, rank, shape);
    n->offsets[n->count] = n->weight_size;
    n->weights[n->count++] = node;
    n->weight_size += (node->count + 15) / 16 * 16;
    return node;
}

static cornu_node *running(network *n, cornu_node *value)
{
    cornu__variable_region region = {STATISTICS, n->statistics_size};
    n->statistics_size += (value->count + 15) / 16 * 16;
    cornu_node *old = cornu__op_variable(n->graph, region, CORNU_FLOAT32, value->rank, value->shape);
    cornu_node *change =
        cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__op_binary(CORNU__OP_SUBTRACT, value, old), 0.1);
    assert_int_equal(cornu__op_assign(n->graph, region, cornu__op_binary(CORNU__OP_ADD, old, change)), CORNU_OK);
    return old;
}

static cornu_node *convolve(network *n, cornu_node *x, int64_t outputs, int64_t stride)
{
    cornu__window window = {
        .strides = {stride, stride}, .dilation = {1, 1}, .pad_before = {1, 1}, .pad_after = {1, 1}, .groups = 1};
    return cornu__op_conv(x, weight(n, 4, SHAPE(3, 3, x->shape[3], outputs)), &window);
}

static cornu_node *normalise(network *n, cornu_node *x)
{
    cornu_node *mean, *variance, *gamma = weight(n, 1, &x->shape[3]), *beta = weight(n, 1, &x->shape[3]);
    cornu_node *y = cornu__op_batch_norm(x, gamma, beta, 1e-3, &mean, &variance);
    running(n, mean);
    running(n, variance);
    return y;
}

static cornu_node *dense(network *n, cornu_node *x, int64_t units)
{
    cornu_node *kernel = weight(n, 2, SHAPE(x->shape[1], units));
    return cornu__op_binary(CORNU__OP_ADD, cornu__op_matmul(x, kernel, false, false), weight(n, 1, &units));
}

static cornu_node *relu(cornu_node *x)
{
    return cornu__op_unary(CORNU__OP_RELU, x);
}

/* Adam over all weights as one vector; the rate is fixed. */
static void add_adam(network *n, cornu_node *loss)
{
    cornu_node *gradients[MAX_WEIGHTS];
    int64_t size = n->weight_size;
    assert_int_equal(cornu__gradients(loss, n->count, n->weights, gradients), CORNU_OK);
    cornu_node *g = cornu__op_pack(n->graph, n->count, gradients, n->offsets, size), *next[2];
    for (int i = 0; i < 2; i++) {
        cornu__variable_region region = {SLOTS, i * size};
        cornu_node *old = cornu__op_variable(n->graph, region, CORNU_FLOAT32, 1, &size);
        cornu_node *new = i ? cornu__op_unary(CORNU__OP_SQUARE, g) : g;
        cornu_node *change = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__op_binary(CORNU__OP_SUBTRACT, new, old),
                                                     i ? 0.001 : 0.1);
        next[i] = cornu__op_binary(CORNU__OP_ADD, old, change);
        assert_int_equal(cornu__op_assign(n->graph, region, next[i]), CORNU_OK);
    }
    cornu_node *root = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__op_unary(CORNU__OP_SQRT, next[1]), 1e-3);
    cornu_node *step =
        cornu__op_binary(CORNU__OP_DIVIDE, cornu__op_binary_scalar(CORNU__OP_MULTIPLY, next[0], 1e-2), root);
    cornu__variable_region all = {WEIGHTS, 0};
    cornu_node *w = cornu__op_variable(n->graph, all, CORNU_FLOAT32, 1, &size);
    assert_int_equal(cornu__op_assign(n->graph, all, cornu__op_binary(CORNU__OP_SUBTRACT, w, step)), CORNU_OK);
}

/* conv-bn-relu, a residual block, max-pool, dropout, dense, softmax cross-entropy, gradients, Adam. Inputs: images, labels. */
static network build_network(int64_t channels, double rate)
{
    network n = {.graph = cornu__graph_create()};
    int64_t batch = BATCH;
    cornu_node *x = cornu__op_input(n.graph, 0, CORNU_FLOAT32, 4, SHAPE(BATCH, 8, 8, 3));
    cornu_node *labels = cornu__op_input(n.graph, 1, CORNU_INT32, 1, &batch);
    x = relu(normalise(&n, convolve(&n, x, channels, 1)));
    x = relu(cornu__op_binary(CORNU__OP_ADD, x, normalise(&n, convolve(&n, x, channels, 1))));
    x = convolve(&n, x, 2 * channels, 2);
    cornu__window window = {.size = {2, 2}, .strides = {2, 2}, .dilation = {1, 1}, .groups = 1};
    x = cornu__op_max_pool(relu(cornu__op_binary(CORNU__OP_ADD, x, weight(&n, 1, SHAPE(2 * channels)))), &window);
    x = cornu__op_reshape(x, 2, SHAPE(BATCH, -1));
    x = rate > 0 ? cornu__op_dropout(x, rate) : x;
    cornu_node *loss = cornu__op_sparse_cross_entropy(dense(&n, x, CLASSES), labels, false, NULL);
    loss = cornu__op_reduce(CORNU__OP_MEAN, loss, 0, NULL, false);
    add_adam(&n, loss);
    result(n.graph, loss);
    return n;
}

typedef struct trained {
    cornu__backend *backend;
    cornu__buffer *buffers[BUFFERS];
    cornu__program *program;
    float *images;
    int32_t labels[BATCH];
} trained;

static trained start(cornu__backend *backend, const network *n)
{
    trained t = {.backend = backend, .images = malloc(BATCH * 8 * 8 * 3 * sizeof(float))};
    int64_t sizes[BUFFERS] = {n->weight_size, 2 * n->weight_size, n->statistics_size};
    for (int i = 0; i < BUFFERS; i++)
        assert_int_equal(cornu__buffer_create(backend, CORNU_FLOAT32, sizes[i], &t.buffers[i]), CORNU_OK);
    float *values = malloc((size_t)n->weight_size * sizeof(float));
    fill_random(values, n->weight_size, 9);
    for (int64_t i = 0; i < n->weight_size; i++)
        values[i] *= 0.3f;
    assert_int_equal(cornu__buffer_upload(t.buffers[WEIGHTS], 0, n->weight_size, values), CORNU_OK);
    free(values);
    cornu__graph *copy = cornu__graph_copy(n->graph);
    if (cornu__program_compile(backend, copy, BUFFERS, t.buffers, &t.program) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu__graph_release(copy);
    fill_random(t.images, BATCH * 8 * 8 * 3, 4);
    for (int i = 0; i < BATCH; i++)
        t.labels[i] = i % CLASSES;
    return t;
}

static cornu_status step(trained *t, uint64_t number, float *loss)
{
    const void *inputs[] = {t->images, t->labels};
    cornu__run_state state = {.seed = 3, .update = number};
    cornu_status status = cornu__program_run(t->program, inputs, &state);
    if (status == CORNU_OK)
        memcpy(loss, cornu__program_result(t->program, 0), sizeof *loss);
    return status;
}

static void stop(trained *t)
{
    cornu__program_release(t->program);
    for (int i = 0; i < BUFFERS; i++)
        cornu__buffer_release(t->buffers[i]);
    cornu__backend_release(t->backend);
    free(t->images);
}

static cornu__backend *open_reference(void)
{
    cornu__backend *backend = NULL;
    assert_int_equal(cornu__backend_create("reference", 1, &backend), CORNU_OK);
    return backend;
}

static void training_follows_the_reference_backend(void **state)
{
    (void)state;
    static const int64_t channels[] = {1, 3, 16, 17};
    for (int c = 0; c < 4; c++) {
        network n = build_network(channels[c], c % 2 ? 0.4 : 0);
        float wanted[6];
        trained reference = start(open_reference(), &n);
        for (int i = 0; i < 6; i++)
            assert_int_equal(step(&reference, (uint64_t)i, &wanted[i]), CORNU_OK);
        assert_true(wanted[5] != wanted[0]);
        for (int i = 0; instruction_sets()[i]; i++)
            for (int threads = 1; threads <= 2; threads++) {
                cornu__backend *backend = open_cpu(instruction_sets()[i], threads);
                if (!backend)
                    continue;
                trained t = start(backend, &n);
                for (int k = 0; k < 6; k++) {
                    float loss;
                    assert_int_equal(step(&t, (uint64_t)k, &loss), CORNU_OK);
                    if (fabsf(loss - wanted[k]) > 2e-4f * (1 + fabsf(wanted[k])))
                        fail_msg("%s, %d channels: the loss of step %d is %.7f; the reference has %.7f",
                                 instruction_sets()[i], (int)channels[c], k, (double)loss, (double)wanted[k]);
                }
                float *mine = cornu__buffer_host(t.buffers[STATISTICS]),
                      *theirs = cornu__buffer_host(reference.buffers[STATISTICS]);
                for (int64_t k = 0; k < n.statistics_size; k++)
                    assert_true(fabsf(mine[k] - theirs[k]) <= 1e-3f * (1 + fabsf(theirs[k])));
                stop(&t);
            }
        stop(&reference);
        cornu__graph_release(n.graph);
    }
}

static void training_twice_gives_the_same_bits(void **state)
{
    (void)state;
    network n = build_network(16, 0.25);
    for (int threads = 1; threads <= 2; threads++) {
        trained a = start(open_cpu(instruction_sets()[0], threads), &n),
                b = start(open_cpu(instruction_sets()[0], threads), &n);
        for (int i = 0; i < 10; i++) {
            float loss_a, loss_b;
            assert_int_equal(step(&a, (uint64_t)i, &loss_a), CORNU_OK);
            assert_int_equal(step(&b, (uint64_t)i, &loss_b), CORNU_OK);
        }
        for (int i = 0; i < BUFFERS; i++)
            assert_memory_equal(cornu__buffer_host(a.buffers[i]), cornu__buffer_host(b.buffers[i]),
                                (size_t)cornu__buffer_count(a.buffers[i]) * sizeof(float));
        stop(&a);
        stop(&b);
    }
    cornu__graph_release(n.graph);
}

static void a_run_allocates_nothing_of_ours(void **state)
{
    (void)state;
    network n = build_network(17, 0.25);
    trained t = start(open_cpu(instruction_sets()[0], 2), &n);
    float loss;
    assert_int_equal(step(&t, 0, &loss), CORNU_OK);
    uint64_t before = cornu__allocation_count();
    for (int i = 1; i < 100; i++)
        assert_int_equal(step(&t, (uint64_t)i, &loss), CORNU_OK);
    assert_true(cornu__allocation_count() == before);
    stop(&t);
    cornu__graph_release(n.graph);
}

static void a_label_out_of_range_fails_and_leaves_variables_alone(void **state)
{
    (void)state;
    network n = build_network(16, 0);
    trained t = start(open_cpu(instruction_sets()[0], 2), &n);
    float loss;
    assert_int_equal(step(&t, 0, &loss), CORNU_OK);
    size_t sizes[BUFFERS];
    void *before[BUFFERS];
    for (int i = 0; i < BUFFERS; i++) {
        sizes[i] = (size_t)cornu__buffer_count(t.buffers[i]) * sizeof(float);
        before[i] = malloc(sizes[i]);
        memcpy(before[i], cornu__buffer_host(t.buffers[i]), sizes[i]);
    }
    static const int32_t wrong[] = {CLASSES, -1, 1000000};
    for (int k = 0; k < 3; k++) {
        t.labels[2] = wrong[k];
        assert_int_equal(step(&t, 1, &loss), CORNU_ERROR_DATA);
        assert_non_null(strstr(cornu_error_message(), "out of range"));
        for (int i = 0; i < BUFFERS; i++)
            assert_memory_equal(before[i], cornu__buffer_host(t.buffers[i]), sizes[i]);
    }
    t.labels[2] = 0;
    assert_int_equal(step(&t, 1, &loss), CORNU_OK);
    for (int i = 0; i < BUFFERS; i++)
        free(before[i]);
    stop(&t);
    cornu__graph_release(n.graph);
}

static void a_failed_allocation_fails_compiling_cleanly(void **state)
{
    (void)state;
    network n = build_network(16, 0.25);
    cornu__backend *backend = open_cpu(instruction_sets()[0], 1);
    trained t = start(backend, &n);
    uint64_t live = cornu__allocation_live();
    int failures = 0, successes = 0;
    for (uint64_t at = 1; successes < 10;
         at += at < 300 ? 1 : 37) { /* a rewrite may do without an allocation: then all is well */
        cornu__graph *copy = cornu__graph_copy(n.graph);
        cornu__program *program = NULL;
        cornu__allocation_fail_at(at);
        cornu_status status = cornu__program_compile(backend, copy, BUFFERS, t.buffers, &program);
        cornu__allocation_fail_at(0);
        cornu__graph_release(copy);
        if (status == CORNU_OK)
            cornu__program_release(program);
        else
            assert_int_equal(status, CORNU_ERROR_OUT_OF_MEMORY);
        successes += status == CORNU_OK;
        failures += status != CORNU_OK;
        assert_true(cornu__allocation_live() == live);
    }
    assert_true(failures > 200);
    stop(&t);
    cornu__graph_release(n.graph);
}

/* a := b + 0, b := a + 0 in one step: each takes what the other was when the step began. */
static void variables_that_swap_take_the_old_values(void **state)
{
    (void)state;
    int64_t size = 20;
    for (int plain = 0; plain < 2; plain++) {
        cornu__graph *graph = cornu__graph_create();
        cornu__variable_region regions[] = {{0, 0}, {0, 32}};
        cornu_node *values[2];
        for (int i = 0; i < 2; i++)
            values[i] = cornu__op_variable(graph, regions[i], CORNU_FLOAT32, 1, &size);
        for (int i = 0; i < 2; i++) {
            cornu_node *other = values[1 - i];
            other = plain ? other : cornu__op_binary_scalar(CORNU__OP_ADD, other, 1);
            assert_int_equal(cornu__op_assign(graph, regions[i], other), CORNU_OK);
        }
        result(graph, values[0]);
        cornu__backend *backend = open_cpu(instruction_sets()[0], 1);
        cornu__buffer *buffer;
        assert_int_equal(cornu__buffer_create(backend, CORNU_FLOAT32, 64, &buffer), CORNU_OK);
        float *host = cornu__buffer_host(buffer);
        for (int i = 0; i < 64; i++)
            host[i] = (float)i;
        cornu__buffer_touch(buffer);
        cornu__program *program;
        assert_int_equal(cornu__program_compile(backend, graph, 1, &buffer, &program), CORNU_OK);
        assert_int_equal(cornu__program_run(program, NULL, &(cornu__run_state){0}), CORNU_OK);
        const float *old = cornu__program_result(program, 0);
        for (int i = 0; i < size; i++) {
            assert_true(old[i] == (float)i);
            assert_true(host[i] == (float)(32 + i + !plain));
            assert_true(host[32 + i] == (float)(i + !plain));
        }
        cornu__program_release(program);
        cornu__buffer_release(buffer);
        cornu__backend_release(backend);
        cornu__graph_release(graph);
    }
}

static void a_program_tells_its_kernels_their_times_and_operations(void **state)
{
    (void)state;
    network n = build_network(16, 0);
    trained t = start(open_cpu(instruction_sets()[0], 1), &n);
    cornu__program_statistics statistics;
    cornu__program_get_statistics(t.program, &statistics);
    assert_true(statistics.kernels > 10 && statistics.reorders == 0 && statistics.arena_bytes > 0);
    double *seconds = calloc((size_t)statistics.kernels, sizeof *seconds), total = 0;
    cornu__run_state run = {0};
    assert_int_equal(cornu__program_profile(t.program, (const void *[]){t.images, t.labels}, &run, seconds), CORNU_OK);
    int convolutions = 0;
    for (int i = 0; i < statistics.kernels; i++) {
        total += seconds[i];
        convolutions += strstr(cornu__program_kernel_name(t.program, i), "conv_kernel_gradient") != NULL;
    }
    assert_true(total > 0);
    assert_int_equal(convolutions, 3);
    assert_true(cornu__program_flops(t.program) > 2.0 * BATCH * 64 * 9 * (3 * 16 + 16 * 16));
    free(seconds);
    stop(&t);
    cornu__graph_release(n.graph);
}

static void nan_goes_through_relu(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu__window window = {.strides = {1, 1}, .dilation = {1, 1}, .groups = 1};
    cornu_node *x = float_input(graph, 4, SHAPE(2, 8, 8, 16)), *kernel = float_input(graph, 4, SHAPE(3, 3, 16, 16));
    cornu_node *bias = float_input(graph, 1, SHAPE(16)), *a = float_input(graph, 2, SHAPE(32, 64));
    cornu_node *y = relu(cornu__op_binary(CORNU__OP_ADD, cornu__op_conv(x, kernel, &window), bias));
    result(graph,
           cornu__op_max_pool(y, &(cornu__window){.size = {2, 2}, .strides = {2, 2}, .dilation = {1, 1}, .groups = 1}));
    result(graph, relu(cornu__op_matmul(a, cornu__op_reshape(a, 2, SHAPE(64, 32)), false, false)));
    cornu__backend *backend = open_cpu(instruction_sets()[0], 1);
    cornu__program *program;
    assert_int_equal(cornu__program_compile(backend, graph, 0, NULL, &program), CORNU_OK);
    static float data[4][2 * 8 * 8 * 16];
    data[0][0] = data[3][0] = NAN;
    assert_int_equal(
        cornu__program_run(program, (const void *[]){data[0], data[1], data[2], data[3]}, &(cornu__run_state){0}),
        CORNU_OK);
    assert_true(isnan(((const float *)cornu__program_result(program, 0))[0]));
    assert_true(isnan(((const float *)cornu__program_result(program, 1))[0]));
    cornu__program_release(program);
    cornu__backend_release(backend);
    cornu__graph_release(graph);
}

static void results_outlive_compiling_a_larger_program(void **state)
{
    (void)state;
    cornu__backend *backend = open_cpu(instruction_sets()[0], 1);
    cornu__program *programs[2];
    float data[40000] = {1, 2, 3};
    for (int i = 0; i < 2; i++) {
        int64_t size = i ? 40000 : 100;
        cornu__graph *graph = cornu__graph_create();
        result(graph, cornu__op_unary(CORNU__OP_EXP, float_input(graph, 1, &size)));
        assert_int_equal(cornu__program_compile(backend, graph, 0, NULL, &programs[i]), CORNU_OK);
        cornu__graph_release(graph);
        if (i == 0)
            assert_int_equal(cornu__program_run(programs[0], (const void *[]){data}, &(cornu__run_state){0}), CORNU_OK);
    }
    const float *y = cornu__program_result(programs[0], 0);
    assert_true(fabsf(y[2] - expf(3)) < 1e-5f);
    assert_int_equal(cornu__program_run(programs[1], (const void *[]){data}, &(cornu__run_state){0}), CORNU_OK);
    assert_int_equal(cornu__program_run(programs[0], (const void *[]){data}, &(cornu__run_state){0}), CORNU_OK);
    y = cornu__program_result(programs[0], 0);
    assert_true(fabsf(y[1] - expf(2)) < 1e-5f);
    for (int i = 0; i < 2; i++)
        cornu__program_release(programs[i]);
    cornu__backend_release(backend);
}

static void packed_kernels_follow_uploads(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu__window window = {.strides = {1, 1}, .dilation = {1, 1}, .groups = 1};
    cornu_node *x = float_input(graph, 4, SHAPE(1, 4, 4, 16));
    cornu_node *kernel =
        cornu__op_variable(graph, (cornu__variable_region){0, 0}, CORNU_FLOAT32, 4, SHAPE(3, 3, 16, 16));
    result(graph, cornu__op_conv(x, kernel, &window));
    cornu__backend *backend = open_cpu(instruction_sets()[0], 1);
    cornu__buffer *buffer;
    assert_int_equal(cornu__buffer_create(backend, CORNU_FLOAT32, 9 * 256, &buffer), CORNU_OK);
    cornu__program *program;
    assert_int_equal(cornu__program_compile(backend, graph, 1, &buffer, &program), CORNU_OK);
    float data[256], values[9 * 256];
    for (int i = 0; i < 256; i++)
        data[i] = 1;
    for (int k = 1; k < 4; k++) {
        for (int i = 0; i < 9 * 256; i++)
            values[i] = (float)k;
        assert_int_equal(cornu__buffer_upload(buffer, 0, 9 * 256, values), CORNU_OK);
        for (int run = 0; run < 2; run++) {
            assert_int_equal(cornu__program_run(program, (const void *[]){data}, &(cornu__run_state){0}), CORNU_OK);
            assert_true(((const float *)cornu__program_result(program, 0))[0] == (float)(k * 9 * 16));
        }
    }
    cornu__program_release(program);
    cornu__buffer_release(buffer);
    cornu__backend_release(backend);
    cornu__graph_release(graph);
}

static void an_unknown_instruction_set_is_named_with_the_nearest(void **state)
{
    (void)state;
    cornu__backend *backend = NULL;
    setenv("CORNU_ISA", "avx215", 1);
    assert_int_equal(cornu__backend_create("cpu", 1, &backend), CORNU_ERROR_UNKNOWN_NAME);
    unsetenv("CORNU_ISA");
    assert_non_null(strstr(cornu_error_message(), "avx2"));
    assert_null(backend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_follows_the_reference_backend),
        cmocka_unit_test(training_twice_gives_the_same_bits),
        cmocka_unit_test(a_run_allocates_nothing_of_ours),
        cmocka_unit_test(a_label_out_of_range_fails_and_leaves_variables_alone),
        cmocka_unit_test(a_failed_allocation_fails_compiling_cleanly),
        cmocka_unit_test(variables_that_swap_take_the_old_values),
        cmocka_unit_test(a_program_tells_its_kernels_their_times_and_operations),
        cmocka_unit_test(nan_goes_through_relu),
        cmocka_unit_test(results_outlive_compiling_a_larger_program),
        cmocka_unit_test(packed_kernels_follow_uploads),
        cmocka_unit_test(an_unknown_instruction_set_is_named_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
