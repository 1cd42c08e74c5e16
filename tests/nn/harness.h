/*
 * tests/nn/harness.h: lowering layers, losses and the like into a small graph, running it on the reference backend, and comparing with
 * the oracle's values (real Keras; tests/oracle).
 */
#ifndef CORNU_TESTS_NN_HARNESS_H
#define CORNU_TESTS_NN_HARNESS_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cornu/array.h>
#include <cornu/custom.h>
#include <cornu/error.h>

#include "backend/backend.h"
#include "base/memory.h"
#include "nn/layer.h"
#include "nn/training.h"

/* --- one value file --- */

typedef struct oracle {
    json_t *index;
    cornu_array *arrays;
} oracle;
oracle oracle_open(const char *name);
void oracle_close(oracle *o);
/* The array "<case>.<part>[number]"; NULL if there is none (number -1: without). */
cornu_array *oracle_array(const oracle *o, const char *name, const char *part, int number);

/* --- a graph fed with arrays --- */

typedef struct bench {
    cornu__call call; /* first: layers get its address */
    const void *inputs[256];
    int input_count;
    cornu_layer *layer;
    cornu_node *weights[16]; /* as fed, by the layer's weights */
    cornu_array *given[16];  /* the layer's weights' values */
    cornu_node *assigned[16];
    cornu_node *added_loss;
    cornu__backend *backend;
    cornu__program *program;
} bench;
void bench_open(bench *b);
void bench_close(bench *b);
/* A node fed with the array's data (float32 or int32). */
cornu_node *bench_feed(bench *b, cornu_array *array);
/* Marks results, compiles for the reference backend, runs. */
void bench_run(bench *b, int count, cornu_node *const *results);
const float *bench_result(const bench *b, int index);

/* Fails the test with Cornu's message unless the condition holds. */
#define expect(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail_msg("%s: %s", #condition, cornu_error_message());                                                     \
    } while (0)

/* Counts (and prints) where |got - wanted| > absolute + relative |wanted|; returns 1 for a case that differs. */
int differs(const char *what, const float *got, const cornu_array *wanted, double relative, double absolute);

/* {"class_name": .., "config": ..} of a case, as an object of that kind; NULL with the error set. */
cornu__object *case_object(cornu__kind kind, const json_t *test_case);

#endif
