/* graph/fuse_internal.h: the two halves of fusion. */
#ifndef CORNU_GRAPH_FUSE_INTERNAL_H
#define CORNU_GRAPH_FUSE_INTERNAL_H

#include "graph/fuse.h"
#include "graph/rewrite.h"

/* fuse_patterns.c: bias and ReLU into the ops that take them. */
cornu_status cornu__fuse_patterns(cornu__graph *graph);

/* fuse.c: elementwise ops into FUSED ops. */
cornu_status cornu__fuse_elementwise(cornu__graph *graph);

#endif
