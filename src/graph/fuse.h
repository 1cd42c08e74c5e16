/*
 * graph/fuse.h: what a FUSED op holds: a small program of elementwise ops, run tile by tile so that what lies between them stays
 * in the first-level cache.
 *
 * All full-size operands have the op's iteration space `count` (the outputs' shape). Registers are numbered: first the op's
 * inputs, then one per instruction, in order.
 */
#ifndef CORNU_GRAPH_FUSE_H
#define CORNU_GRAPH_FUSE_H

#include "graph/graph.h"

#define CORNU__FUSED_MAX_INSTRUCTIONS 64

/* How an input's elements go with the iteration space. */
typedef enum cornu__fused_access {
    CORNU__ACCESS_FULL,   /* element i */
    CORNU__ACCESS_SCALAR, /* one element for all */
    CORNU__ACCESS_INNER,  /* element i % period: broadcast over leading axes (a bias) */
    CORNU__ACCESS_OUTER,  /* element i / period: broadcast over trailing axes (a weight per row) */
} cornu__fused_access;

typedef struct cornu__fused_instruction {
    cornu__op_kind kind; /* an elementwise kind */
    int operand[3];      /* registers */
    double value;        /* for a CONSTANT instruction: the scalar that its register holds */
} cornu__fused_instruction;

struct cornu__fused {
    int64_t count; /* elements of the iteration space */
    int input_count;
    struct {
        cornu__fused_access access;
        int64_t period;
    } input[CORNU__MAX_INPUTS];
    int instruction_count;
    cornu__fused_instruction instruction[CORNU__FUSED_MAX_INSTRUCTIONS];
    int output_count;
    int output_register[CORNU__MAX_OUTPUTS]; /* which registers the op's outputs are */
};

#endif
