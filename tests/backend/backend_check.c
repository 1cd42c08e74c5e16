/* backend_check.c: see backend_check.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/backend_check.h"
#include "base/random.h"

/* oneDNN's instruction set is the process's, and is that of the first backend: so that one comes first that limits nothing. */
static const char *const every_set[] = {"avx512", "avx2", "baseline", NULL};

const char *const *instruction_sets(void)
{
    static const char *only[2];
    only[0] = getenv("CORNU_TEST_ISA");
    return only[0] ? only : every_set;
}

int run_on_lower_sets(const char *program)
{
    if (getenv("CORNU_TEST_ISA"))
        return 0;
    int failures = 0;
    for (int i = 1; every_set[i]; i++) {
        char command[4200];
        snprintf(command, sizeof command, "CORNU_TEST_ISA=%s '%s'", every_set[i], program);
        failures += system(command) != 0;
    }
    return failures;
}

void fill_random(float *to, int64_t count, unsigned seed)
{
    cornu__random_key key = cornu__random_key_make(seed, CORNU__RANDOM_USER, 0, 0);
    for (int64_t i = 0; i < count; i++)
        to[i] = 2 * cornu__random_uniform(key, (uint64_t)i) - 1;
}

cornu__backend *open_cpu(const char *isa, int threads)
{
    cornu__backend *backend = NULL;
#ifdef __SANITIZE_THREAD__
    threads = 1; /* libgomp is not instrumented: the sanitizer does not see its barriers */
#endif
    setenv("CORNU_ISA", isa, 1);
    cornu_status status = cornu__backend_create("cpu", threads, &backend);
    unsetenv("CORNU_ISA");
    if (status != CORNU_OK && status != CORNU_ERROR_UNSUPPORTED)
        fail_msg("%s", cornu_error_message());
    return backend;
}

static cornu_node *input(cornu__graph *graph, cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu_node *node = cornu__op_input(graph, graph->input_count, dtype, rank, shape);
    if (!node)
        fail_msg("%s", cornu_error_message());
    return node;
}

cornu_node *float_input(cornu__graph *graph, int rank, const int64_t *shape)
{
    return input(graph, CORNU_FLOAT32, rank, shape);
}

cornu_node *int_input(cornu__graph *graph, int rank, const int64_t *shape)
{
    return input(graph, CORNU_INT32, rank, shape);
}

void result(cornu__graph *graph, cornu_node *node)
{
    if (!node || cornu__graph_add_result(graph, node) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

#define MAX_FEEDS 16
#define MAX_FEED 600000 /* elements */

static float feeds[MAX_FEEDS][MAX_FEED];

typedef struct feed {
    void *data[MAX_FEEDS];
} feed;

static void make_feed(const cornu__graph *graph, int int_limit, feed *f)
{
    memset(f, 0, sizeof *f);
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        if (op->kind != CORNU__OP_INPUT)
            continue;
        const cornu_node *node = op->outputs[0];
        int index = (int)op->attributes.index;
        assert_true(index < MAX_FEEDS && node->count <= MAX_FEED);
        f->data[index] = feeds[index];
        if (node->dtype == CORNU_FLOAT32)
            fill_random(f->data[index], node->count, (unsigned)index + 1);
        else
            for (int64_t j = 0; j < node->count; j++)
                ((int32_t *)f->data[index])[j] = (int32_t)((j * 7 + index * 3 + j / 5) % int_limit);
    }
}

/* The results, one after the other, as bytes; freed by the caller. */
static void *run_on(cornu__backend *backend, const cornu__graph *graph, feed *f, size_t *size,
                    cornu__program_statistics *statistics)
{
    cornu__graph *copy = cornu__graph_copy(graph);
    cornu__program *program = NULL;
    if (!copy || cornu__program_compile(backend, copy, 0, NULL, &program) != CORNU_OK)
        fail_msg("compile: %s", cornu_error_message());
    cornu__graph_release(copy);
    size_t total = 0;
    for (int i = 0; i < graph->result_count; i++)
        total += (size_t)graph->results[i]->count * 4;
    char *first = malloc(total + 1), *second = malloc(total + 1);
    cornu__run_state state = {.seed = 5, .update = 3};
    for (int run = 0; run < 2; run++) {
        if (cornu__program_run(program, (const void *const *)f->data, &state) != CORNU_OK)
            fail_msg("run: %s", cornu_error_message());
        size_t at = 0;
        for (int i = 0; i < graph->result_count; i++) {
            size_t bytes = (size_t)graph->results[i]->count * 4;
            memcpy((run ? second : first) + at, cornu__program_result(program, i), bytes);
            at += bytes;
        }
    }
    if (memcmp(first, second, total) != 0)
        fail_msg("two runs of one program differ");
    free(second);
    *size = total;
    if (statistics)
        cornu__program_get_statistics(program, statistics);
    cornu__program_release(program);
    return first;
}

static void compare(const cornu__graph *graph, const char *where, const char *got, const char *wanted, double tolerance)
{
    size_t at = 0;
    for (int i = 0; i < graph->result_count; i++) {
        const cornu_node *node = graph->results[i];
        const float *a = (const float *)(const void *)(got + at), *b = (const float *)(const void *)(wanted + at);
        double largest = 0;
        at += (size_t)node->count * 4;
        if (node->dtype != CORNU_FLOAT32) {
            if (memcmp(a, b, (size_t)node->count * 4) != 0)
                fail_msg("%s: integer result %d differs", where, i);
            continue;
        }
        for (int64_t j = 0; j < node->count; j++)
            largest = isfinite(b[j]) ? fmax(largest, fabs((double)b[j])) : largest;
        for (int64_t j = 0; j < node->count; j++) {
            bool same = a[j] == b[j] || (isnan(a[j]) && isnan(b[j])) ||
                        fabs((double)a[j] - (double)b[j]) <= tolerance * (1 + largest);
            if (!same)
                fail_msg("%s: result %d (%s), element %lld of %lld: %.9g came, %.9g was wanted", where, i,
                         node->op->name ? node->op->name : cornu__op_definition_of(node->op->kind)->name, (long long)j,
                         (long long)node->count, (double)a[j], (double)b[j]);
        }
    }
}

void check_graph_statistics(cornu__graph *graph, int int_limit, double tolerance, cornu__program_statistics *statistics)
{
    feed f;
    size_t size;
    make_feed(graph, int_limit, &f);
    cornu__backend *reference = NULL;
    if (cornu__backend_create("reference", 1, &reference) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    char *wanted = run_on(reference, graph, &f, &size, NULL);
    for (int i = 0; instruction_sets()[i]; i++)
        for (int threads = 1; threads <= 2; threads++) {
            cornu__backend *backend = open_cpu(instruction_sets()[i], threads);
            if (!backend)
                continue;
            char *got = run_on(backend, graph, &f, &size, statistics), *again = run_on(backend, graph, &f, &size, NULL);
            compare(graph, cornu__backend_describe(backend), got, wanted, tolerance);
            if (memcmp(got, again, size) != 0)
                fail_msg("a program compiled anew gives other bits");
            free(got);
            free(again);
            cornu__backend_release(backend);
        }
    free(wanted);
    cornu__backend_release(reference);
    cornu__graph_release(graph);
}

void check_graph(cornu__graph *graph, int int_limit, double tolerance)
{
    check_graph_statistics(graph, int_limit, tolerance, NULL);
}
