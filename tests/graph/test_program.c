/* test_program.c: what a compiled step does to variables and random numbers, how it fails, and that it takes any refused allocation well. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "gradient_check.h"

#define SHAPE(...)                                                                                                     \
    (const int64_t[])                                                                                                  \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static cornu__variable_region at(int64_t offset)
{
    return (cornu__variable_region){0, offset};
}

static cornu_node *variable(cornu__graph *graph, int64_t offset, int64_t count)
{
    return cornu__op_variable(graph, at(offset), CORNU_FLOAT32, 1, &count);
}

static void run_once(running *r, const void *const *inputs, uint64_t update)
{
    if (cornu__program_run(r->program, inputs, &(cornu__run_state){11, update}) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

/* --- effects --- */

static void variables_are_read_as_the_step_began(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *a = variable(graph, 0, 2), *b = variable(graph, 2, 2);
    assert_int_equal(cornu__op_assign(graph, at(0), b), CORNU_OK); /* a swap */
    assert_int_equal(cornu__op_assign(graph, at(2), a), CORNU_OK);
    cornu_node *late = variable(graph, 0, 2); /* made after the assignment, and yet the old value */
    assert_int_equal(cornu__graph_add_result(graph, cornu__op_binary_scalar(CORNU__OP_MULTIPLY, late, 10)), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, SHAPE(4));
    cornu__graph_release(graph); /* the program has its own */
    float values[4] = {1, 2, 3, 4};
    assert_int_equal(cornu__buffer_upload(r.buffer[0], 0, 4, values), CORNU_OK);
    run_once(&r, NULL, 0);
    assert_float_equal(((const float *)cornu__program_result(r.program, 0))[1], 20, 0);
    assert_int_equal(cornu__buffer_download(r.buffer[0], 0, 4, values), CORNU_OK);
    assert_memory_equal(values, ((float[]){3, 4, 1, 2}), sizeof values);
    run_once(&r, NULL, 1);
    assert_float_equal(((const float *)cornu__program_result(r.program, 0))[1], 40, 0);
    stop_running(&r);
}

static void a_region_is_assigned_once(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *a = variable(graph, 0, 4);
    assert_int_equal(cornu__op_assign(graph, at(0), a), CORNU_OK);
    assert_int_equal(cornu__op_assign(graph, at(4), a), CORNU_OK); /* next to it */
    assert_int_equal(cornu__op_assign(graph, at(3), a), CORNU_ERROR_STATE);
    assert_error_says("assign", "3 to 6", "twice", NULL);
    assert_int_equal(cornu__op_assign(graph, (cornu__variable_region){1, 3}, a), CORNU_OK); /* another buffer */
    cornu__graph_release(graph);
}

static void regions_must_lie_in_their_buffers(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    assert_int_equal(cornu__graph_add_result(graph, variable(graph, 2, 4)), CORNU_OK);
    cornu__backend *backend;
    cornu__buffer *buffer, *doubles;
    cornu__program *program;
    assert_int_equal(cornu__backend_create("reference", 0, &backend), CORNU_OK);
    assert_int_equal(cornu__buffer_create(backend, CORNU_FLOAT32, 5, &buffer), CORNU_OK);
    assert_int_equal(cornu__buffer_create(backend, CORNU_FLOAT64, 9, &doubles), CORNU_OK);
    assert_int_equal(cornu__program_compile(backend, graph, 1, &buffer, &program), CORNU_ERROR_INVALID_ARGUMENT);
    assert_error_says("2 to 5", "buffer of 5", NULL);
    assert_int_equal(cornu__program_compile(backend, graph, 1, &doubles, &program), CORNU_ERROR_DTYPE);
    assert_int_equal(cornu__program_compile(backend, graph, 0, NULL, &program), CORNU_ERROR_INTERNAL);
    assert_null(program);
    float out[5];
    assert_int_equal(cornu__buffer_download(buffer, 3, 3, out), CORNU_ERROR_INVALID_ARGUMENT);
    cornu__buffer_release(buffer);
    cornu__buffer_release(doubles);
    cornu__backend_release(backend);
    cornu__graph_release(graph);
}

static void unknown_backends_are_named_with_the_nearest(void **state)
{
    (void)state;
    cornu__backend *backend;
    assert_int_equal(cornu__backend_create("referense", 0, &backend), CORNU_ERROR_UNKNOWN_NAME);
    assert_error_says("'referense'", "'reference'", NULL);
    assert_null(backend);
}

/* --- errors of data --- */

static void a_label_out_of_range_stops_the_step_before_it_changes_anything(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *w = variable(graph, 0, 12), *labels = cornu__op_input(graph, 0, CORNU_INT32, 1, SHAPE(3)), *gradient;
    assert_int_equal(cornu__op_assign(graph, at(12), cornu__op_binary_scalar(CORNU__OP_ADD, variable(graph, 12, 1), 1)),
                     CORNU_OK);
    assert_int_equal(cornu__graph_set_scope(graph, "loss"), CORNU_OK);
    cornu_node *loss = cornu__op_sparse_cross_entropy(cornu__op_reshape(w, 2, SHAPE(3, 4)), labels, false, NULL);
    loss = cornu__op_reduce(CORNU__OP_MEAN, loss, 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 1, &w, &gradient), CORNU_OK);
    assert_int_equal(cornu__op_assign(graph, at(0), gradient), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, SHAPE(13));
    const int32_t wrong[] = {0, 4, 1}, right[] = {0, 3, 1};
    const void *inputs[] = {wrong};
    assert_int_equal(cornu__program_run(r.program, inputs, &(cornu__run_state){0, 0}), CORNU_ERROR_DATA);
    assert_error_says("loss/sparse_cross_entropy", "label 4", "0 to 3", NULL);
    float values[13];
    assert_int_equal(cornu__buffer_download(r.buffer[0], 0, 13, values), CORNU_OK);
    for (int i = 0; i < 13; i++)
        assert_float_equal(values[i], 0, 0);
    inputs[0] = NULL;
    assert_int_equal(cornu__program_run(r.program, inputs, &(cornu__run_state){0, 0}), CORNU_ERROR_INVALID_ARGUMENT);
    inputs[0] = right; /* and it still works */
    run_once(&r, inputs, 0);
    assert_int_equal(cornu__buffer_download(r.buffer[0], 0, 13, values), CORNU_OK);
    assert_float_equal(values[0], -0.25, 1e-6);
    assert_float_equal(values[12], 1, 0);
    stop_running(&r);
    cornu__graph_release(graph);
}

static void an_index_out_of_range_is_named(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *table = cornu__op_reshape(variable(graph, 0, 6), 2, SHAPE(3, 2));
    cornu_node *indices = cornu__op_input(graph, 0, CORNU_INT32, 1, SHAPE(2));
    assert_int_equal(cornu__graph_add_result(graph, cornu__op_gather(table, indices)), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, SHAPE(6));
    const int32_t wrong[] = {2, -1};
    const void *inputs[] = {wrong};
    assert_int_equal(cornu__program_run(r.program, inputs, &(cornu__run_state){0, 0}), CORNU_ERROR_DATA);
    assert_error_says("gather", "-1", "0 to 2", NULL);
    stop_running(&r);
    cornu__graph_release(graph);
}

/* --- random numbers --- */

enum { DRAWS = 20000 };

static void dropout_keeps_the_mean_and_its_gradient_has_the_same_mask(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    const int64_t size = DRAWS;
    cornu_node *ones = variable(graph, 0, size), *y = cornu__op_dropout(ones, 0.3),
               *other = cornu__op_dropout(ones, 0.3), *gradient;
    cornu_node *loss = cornu__op_reduce(CORNU__OP_SUM, y, 0, NULL, false);
    assert_int_equal(cornu__gradients(loss, 1, &ones, &gradient), CORNU_OK);
    cornu_node *results[] = {y, gradient, other};
    for (int i = 0; i < 3; i++)
        assert_int_equal(cornu__graph_add_result(graph, results[i]), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, &size);
    float *values = cornu__buffer_host(r.buffer[0]);
    for (int i = 0; i < DRAWS; i++)
        values[i] = 1;
    run_once(&r, NULL, 0);
    const float *kept = cornu__program_result(r.program, 0), *back = cornu__program_result(r.program, 1);
    const float *second = cornu__program_result(r.program, 2);
    assert_memory_equal(kept, back, DRAWS * sizeof(float));
    int zeros = 0, differing = 0;
    static float first[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
        assert_true(kept[i] == 0 || fabsf(kept[i] - 1 / 0.7f) < 1e-6f);
        zeros += kept[i] == 0;
        differing += (kept[i] == 0) != (second[i] == 0);
        first[i] = kept[i];
    }
    /* 0.3 n, standard deviation sqrt(0.21 n) = 65; two masks differ where exactly one is 0: 0.42 n, deviation 70 */
    assert_true(abs(zeros - (int)(0.3 * DRAWS)) < 5 * 65);
    assert_true(abs(differing - (int)(0.42 * DRAWS)) < 5 * 70);
    run_once(&r, NULL, 1); /* the next update: another mask; the same update: the same */
    assert_int_not_equal(memcmp(kept, first, sizeof first), 0);
    run_once(&r, NULL, 0);
    assert_memory_equal(kept, first, sizeof first);
    stop_running(&r);
    cornu__graph_release(graph);
}

static void random_tensors_have_the_moments_of_their_distribution(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    const int64_t size = DRAWS;
    cornu_node *uniform = cornu__op_random(graph, CORNU__OP_RANDOM_UNIFORM, CORNU_FLOAT64, 1, &size);
    cornu_node *normal = cornu__op_random(graph, CORNU__OP_RANDOM_NORMAL, CORNU_FLOAT64, 1, &size);
    assert_int_equal(uniform->op->attributes.random.number, 0);
    assert_int_equal(normal->op->attributes.random.number, 1);
    cornu_node *both[] = {uniform, normal};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(cornu__graph_add_result(graph, cornu__op_reduce(CORNU__OP_MEAN, both[i], 0, NULL, false)),
                         CORNU_OK);
        cornu_node *squares = cornu__op_unary(CORNU__OP_SQUARE, both[i]);
        assert_int_equal(cornu__graph_add_result(graph, cornu__op_reduce(CORNU__OP_MEAN, squares, 0, NULL, false)),
                         CORNU_OK);
    }
    running r;
    start_running(&r, graph, CORNU_FLOAT64, 0, NULL);
    run_once(&r, NULL, 4);
    static const double wanted[] = {0.5, 1.0 / 3, 0, 1}, deviation[] = {0.289, 0.298, 1, 1.41};
    for (int i = 0; i < 4; i++) {
        double got = *(const double *)cornu__program_result(r.program, i);
        assert_true(fabs(got - wanted[i]) < 5 * deviation[i] / sqrt(DRAWS));
    }
    stop_running(&r);
    cornu__graph_release(graph);
}

/* --- looking inside --- */

static void statistics_names_and_flops_are_those_of_the_graph(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    assert_int_equal(cornu__graph_set_scope(graph, "dense"), CORNU_OK);
    cornu_node *x = cornu__op_input(graph, 0, CORNU_FLOAT32, 2, SHAPE(4, 6));
    cornu_node *w = cornu__op_reshape(variable(graph, 0, 18), 2, SHAPE(6, 3));
    cornu_node *y = cornu__op_matmul(x, w, false, false);
    assert_int_equal(cornu__graph_add_result(graph, y), CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, SHAPE(18));
    cornu__program_statistics statistics;
    cornu__program_get_statistics(r.program, &statistics);
    assert_int_equal(statistics.kernels, graph->op_count);
    assert_float_equal(cornu__program_flops(r.program), 2.0 * 4 * 6 * 3, 0);
    assert_string_equal(cornu__program_kernel_name(r.program, statistics.kernels - 1),
                        "dense/matmul: reference (4, 6) (6, 3) -> (4, 3)");
    assert_null(cornu__program_kernel_name(r.program, statistics.kernels));
    float data[24] = {0};
    double seconds[8];
    const void *inputs[] = {data};
    assert_true(statistics.kernels <= 8);
    assert_int_equal(cornu__program_profile(r.program, inputs, &(cornu__run_state){0, 0}, seconds), CORNU_OK);
    for (int i = 0; i < statistics.kernels; i++)
        assert_true(seconds[i] >= 0 && seconds[i] < 1);
    char *text = cornu__graph_describe(graph);
    assert_non_null(strstr(text, "dense/matmul matmul"));
    cornu__free(text);
    stop_running(&r);
    cornu__graph_release(graph);
}

static void a_running_program_allocates_nothing(void **state)
{
    (void)state;
    cornu__graph *graph = cornu__graph_create();
    cornu_node *a = variable(graph, 0, 50);
    assert_int_equal(cornu__op_assign(graph, at(0), cornu__op_dropout(cornu__op_unary(CORNU__OP_TANH, a), 0.5)),
                     CORNU_OK);
    running r;
    start_running(&r, graph, CORNU_FLOAT32, 1, SHAPE(50));
    uint64_t before = cornu__allocation_count();
    for (uint64_t update = 0; update < 100; update++)
        run_once(&r, NULL, update);
    assert_int_equal(cornu__allocation_count(), before);
    stop_running(&r);
    cornu__graph_release(graph);
}

/* --- refused allocations --- */

/* A small training step from nothing to its run: building, differentiating, rewriting, compiling. */
static cornu_status whole_step(cornu__graph **graph, cornu__backend **backend, cornu__buffer **buffer,
                               cornu__program **program)
{
    *graph = cornu__graph_create();
    if (!*graph)
        return cornu_error_status();
    CORNU_TRY(cornu__graph_set_scope(*graph, "layer"));
    cornu_node *x = cornu__op_input(*graph, 0, CORNU_FLOAT32, 4, SHAPE(2, 6, 6, 1)), *gradients[3];
    cornu_node *kernel = cornu__op_variable(*graph, at(0), CORNU_FLOAT32, 4, SHAPE(3, 3, 1, 4)),
               *bias = variable(*graph, 36, 4);
    cornu_node *weights = cornu__op_variable(*graph, at(40), CORNU_FLOAT32, 2, SHAPE(16, 3)),
               *wrt[] = {kernel, bias, weights};
    const cornu__window window = {.size = {2, 2}, .strides = {1, 1}, .dilation = {1, 1}, .groups = 1},
                        pool = {.size = {2, 2}, .strides = {2, 2}, .dilation = {1, 1}};
    cornu_node *y =
        cornu__op_unary(CORNU__OP_RELU, cornu__op_binary(CORNU__OP_ADD, cornu__op_conv(x, kernel, &window), bias));
    y = cornu__op_reshape(cornu__op_max_pool(y, &pool), 2, SHAPE(2, 16));
    y = cornu__op_matmul(cornu__op_dropout(y, 0.5), weights, false, false);
    cornu_node *labels = cornu__op_input(*graph, 1, CORNU_INT32, 1, SHAPE(2));
    cornu_node *loss =
        cornu__op_reduce(CORNU__OP_MEAN, cornu__op_sparse_cross_entropy(y, labels, true, NULL), 0, NULL, false);
    if (!loss)
        return cornu_error_status();
    CORNU_TRY(cornu__graph_simplify(*graph));
    CORNU_TRY(cornu__gradients(loss, 3, wrt, gradients));
    cornu_node *packed = cornu__op_pack(*graph, 3, gradients, SHAPE(0, 36, 40), 88);
    cornu_node *step = cornu__op_binary(CORNU__OP_SUBTRACT, variable(*graph, 0, 88),
                                        cornu__op_binary_scalar(CORNU__OP_MULTIPLY, packed, 0.1));
    CORNU_TRY(cornu__op_assign(*graph, at(0), step));
    CORNU_TRY(cornu__graph_add_result(*graph, loss));
    CORNU_TRY(cornu__graph_simplify(*graph));
    CORNU_TRY(cornu__graph_fuse(*graph));
    CORNU_TRY(cornu__graph_check(*graph));
    CORNU_TRY(cornu__backend_create("reference", 0, backend));
    CORNU_TRY(cornu__buffer_create(*backend, CORNU_FLOAT32, 88, buffer));
    CORNU_TRY(cornu__program_compile(*backend, *graph, 1, buffer, program));
    static const float images[72] = {1, 2, 3};
    static const int32_t classes[2] = {0, 2};
    const void *inputs[] = {images, classes};
    return cornu__program_run(*program, inputs, &(cornu__run_state){1, 0});
}

static void every_refused_allocation_is_a_clear_error_without_leak(void **state)
{
    (void)state;
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    int refused = 0;
    for (uint64_t n = 1; status != CORNU_OK; n++) {
        cornu__graph *graph = NULL;
        cornu__backend *backend = NULL;
        cornu__buffer *buffer = NULL;
        cornu__program *program = NULL;
        uint64_t live = cornu__allocation_live();
        cornu_error_clear();
        cornu__allocation_fail_at(n);
        status = whole_step(&graph, &backend, &buffer, &program);
        cornu__allocation_fail_at(0);
        if (status != CORNU_OK) {
            refused++;
            if (status != CORNU_ERROR_OUT_OF_MEMORY || !strstr(cornu_error_message(), "out of memory"))
                fail_msg("allocation %d refused: %s", (int)n, cornu_error_message());
        }
        cornu__program_release(program);
        cornu__buffer_release(buffer);
        cornu__backend_release(backend);
        cornu__graph_release(graph);
        assert_int_equal(cornu__allocation_live(), live);
        assert_true(n < 1000);
    }
    assert_true(refused > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_are_read_as_the_step_began),
        cmocka_unit_test(a_region_is_assigned_once),
        cmocka_unit_test(regions_must_lie_in_their_buffers),
        cmocka_unit_test(unknown_backends_are_named_with_the_nearest),
        cmocka_unit_test(a_label_out_of_range_stops_the_step_before_it_changes_anything),
        cmocka_unit_test(an_index_out_of_range_is_named),
        cmocka_unit_test(dropout_keeps_the_mean_and_its_gradient_has_the_same_mask),
        cmocka_unit_test(random_tensors_have_the_moments_of_their_distribution),
        cmocka_unit_test(statistics_names_and_flops_are_those_of_the_graph),
        cmocka_unit_test(a_running_program_allocates_nothing),
        cmocka_unit_test(every_refused_allocation_is_a_clear_error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
