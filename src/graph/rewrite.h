/*
 * graph/rewrite.h: what simplification and fusion share. A rewrite points a node at the one that replaces it (replaced_by) and adds new
 * ops at the end; settling then follows the pointers, brings the ops into an order that can be run, and drops those that nothing needs.
 */
#ifndef CORNU_GRAPH_REWRITE_H
#define CORNU_GRAPH_REWRITE_H

#include "graph/fuse.h"
#include "graph/operations.h"

/* Follows forwarding, sorts (keeping the order where it can be kept) and drops what no result or effect needs. */
cornu_status cornu__graph_settle(cornu__graph *graph);

/* By node id: how many inputs of ops in the graph, and results, each node is. Freed by cornu__free; NULL with the error set. */
int *cornu__graph_count_uses(const cornu__graph *graph);

/* Whether a node is a constant with one value everywhere; then *value is it. */
bool cornu__node_is_fill(const cornu_node *node, double *value);

/* `node` gives way to `by`. */
void cornu__node_replace(cornu_node *node, cornu_node *by);

/* How a node is read in an iteration space of y's shape; false if none of the ways of a FUSED op fits. */
bool cornu__find_access(const cornu_node *node, const cornu_node *y, cornu__fused_access *access, int64_t *period);

#endif
