/* backend_check.h: running one graph on the cpu backend and on the reference backend, and comparing. */
#ifndef CORNU_TESTS_BACKEND_CHECK_H
#define CORNU_TESTS_BACKEND_CHECK_H

#include "backend/backend.h"

/* Runs a copy of `graph` (no variables) on both backends with the same inputs - floats in [-1, 1), integers in [0, int_limit) - and fails the
 * test unless every result agrees within tolerance * (1 + the largest magnitude in it). On every instruction set that the processor has and
 * on 1 and 2 threads, run twice: the second run must give the same bits. Releases the graph. */
void check_graph(cornu__graph *graph, int int_limit, double tolerance);

/* As check_graph; *statistics of the last cpu program. */
void check_graph_statistics(cornu__graph *graph, int int_limit, double tolerance,
                            cornu__program_statistics *statistics);

/* A new float input of the graph: number the next free one. */
cornu_node *float_input(cornu__graph *graph, int rank, const int64_t *shape);
cornu_node *int_input(cornu__graph *graph, int rank, const int64_t *shape);
/* Marks a node as a result, failing the test with the error's sentence if it is NULL. */
void result(cornu__graph *graph, cornu_node *node);

/* Deterministic floats in [-1, 1). */
void fill_random(float *to, int64_t count, unsigned seed);

/* The instruction sets to test on, highest first, NULL at the end: all, or CORNU_TEST_ISA's. */
const char *const *instruction_sets(void);
/* Runs the test program `program` again for each lower instruction set, in a process whose oneDNN keeps to it too. Returns the failures. */
int run_on_lower_sets(const char *program);
/* A cpu backend on that instruction set; NULL if the processor lacks it. */
cornu__backend *open_cpu(const char *isa, int threads);

#endif
