/*
 * gradient_check.h: what tests of the graph share: small graphs run through the reference backend, and gradients compared with
 * central differences in double.
 */
#ifndef TESTS_GRAPH_GRADIENT_CHECK_H
#define TESTS_GRAPH_GRADIENT_CHECK_H

#include "backend/backend.h"
#include "graph/graph.h"

#define CHECK_MAX_INPUTS 6

typedef struct check_input {
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    double low, high; /* floats are drawn from here */
    int64_t labels;   /* > 0: int32, drawn from 0 .. labels - 1 */
} check_input;

/* Builds what is checked from the inputs; any shape. */
typedef cornu_node *(*check_build)(cornu__graph *graph, cornu_node *const *x, const void *parameter);

typedef struct gradient_case {
    const char *name;
    check_build build;
    const void *parameter;
    int input_count;
    check_input input[CHECK_MAX_INPUTS];
    bool twice;         /* also the gradient of the gradient */
    bool no_difference; /* of the first gradient only that it can be built and is finite */
} gradient_case;

/* Fails the test, naming the case and element, unless every float input's gradient of sum(weights * y), with random weights, is the
 * central difference. */
void check_gradient(const gradient_case *c);

/* A graph with its buffers and program; run_graph fails the test on any error. */
typedef struct running {
    cornu__backend *backend;
    cornu__buffer *buffer[4];
    cornu__program *program;
} running;

/* Compiles for the reference backend with buffers of these sizes and dtype. */
void start_running(running *r, cornu__graph *graph, cornu_dtype dtype, int buffer_count, const int64_t *sizes);
/* As start_running, for any backend. */
void start_running_on(const char *backend, running *r, cornu__graph *graph, cornu_dtype dtype, int buffer_count,
                      const int64_t *sizes);
void stop_running(running *r);

/* Random numbers that are the same in each run of a test. */
double draw(uint64_t *state, double low, double high);
void fill_input(const check_input *input, cornu_dtype dtype, uint64_t *state, void *data);

/* The last error's message contains each of the words (a NULL ends them). */
void assert_error_says(const char *word, ...);

#endif
