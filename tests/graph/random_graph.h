/* random_graph.h: training steps made of random ops, and what can be seen of running one. */
#ifndef TESTS_GRAPH_RANDOM_GRAPH_H
#define TESTS_GRAPH_RANDOM_GRAPH_H

#include "graph/graph.h"

#define BUFFER_SIZE 256

/* Simplifies and fuses, checking the graph after each; fails the test on an error. */
void rewrite_graph(cornu__graph *graph);

/* A step: inputs, a random forward graph, a loss, its gradients, and an update of the weights. With `rewritten`, forward and whole graph are
 * simplified, and the whole fused. */
cornu__graph *random_step(uint64_t seed, bool rewritten);

/* Runs the step once; seen := results and the buffer afterwards, one number after the other. Returns how many. */
int observe(const char *backend, cornu__graph *graph, double *seen);

#endif
