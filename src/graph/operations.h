/*
 * graph/operations.h: what the op definitions (ops_*.c) share: the families' tables, shapes and their messages, access to
 * elements for the reference kernels, and small gradient helpers.
 */
#ifndef CORNU_GRAPH_OPERATIONS_H
#define CORNU_GRAPH_OPERATIONS_H

#include "base/text.h"
#include "graph/arithmetic.h"
#include "graph/graph.h"

/* --- the families: consecutive kinds, each defined in one file; table.c puts them together --- */

enum {
    CORNU__LEAF_FIRST = CORNU__OP_INPUT,
    CORNU__UNARY_FIRST = CORNU__OP_NEGATE,
    CORNU__BINARY_FIRST = CORNU__OP_ADD,
    CORNU__REDUCE_FIRST = CORNU__OP_SUM,
    CORNU__MOVEMENT_FIRST = CORNU__OP_RESHAPE,
    CORNU__INDEXING_FIRST = CORNU__OP_GATHER,
    CORNU__LINEAR_FIRST = CORNU__OP_MATMUL,
    CORNU__CONVOLUTION_FIRST = CORNU__OP_CONV,
    CORNU__POOL_FIRST = CORNU__OP_MAX_POOL,
    CORNU__SOFTMAX_FIRST = CORNU__OP_SOFTMAX,
    CORNU__CTC_FIRST = CORNU__OP_CTC,
    CORNU__NORMALIZATION_FIRST = CORNU__OP_BATCH_NORM,
    CORNU__HOST_FIRST = CORNU__OP_HOST,
    CORNU__EFFECT_FIRST = CORNU__OP_ASSIGN
};

extern const cornu__op_definition cornu__ops_leaf[CORNU__UNARY_FIRST - CORNU__LEAF_FIRST];
extern const cornu__op_definition cornu__ops_unary[CORNU__BINARY_FIRST - CORNU__UNARY_FIRST];
extern const cornu__op_definition cornu__ops_binary[CORNU__REDUCE_FIRST - CORNU__BINARY_FIRST];
extern const cornu__op_definition cornu__ops_reduce[CORNU__MOVEMENT_FIRST - CORNU__REDUCE_FIRST];
extern const cornu__op_definition cornu__ops_movement[CORNU__INDEXING_FIRST - CORNU__MOVEMENT_FIRST];
extern const cornu__op_definition cornu__ops_indexing[CORNU__LINEAR_FIRST - CORNU__INDEXING_FIRST];
extern const cornu__op_definition cornu__ops_linear[CORNU__CONVOLUTION_FIRST - CORNU__LINEAR_FIRST];
extern const cornu__op_definition cornu__ops_convolution[CORNU__POOL_FIRST - CORNU__CONVOLUTION_FIRST];
extern const cornu__op_definition cornu__ops_pool[CORNU__SOFTMAX_FIRST - CORNU__POOL_FIRST];
extern const cornu__op_definition cornu__ops_softmax[CORNU__CTC_FIRST - CORNU__SOFTMAX_FIRST];
extern const cornu__op_definition cornu__ops_ctc[CORNU__NORMALIZATION_FIRST - CORNU__CTC_FIRST];
extern const cornu__op_definition cornu__ops_normalization[CORNU__HOST_FIRST - CORNU__NORMALIZATION_FIRST];
extern const cornu__op_definition cornu__ops_host[CORNU__EFFECT_FIRST - CORNU__HOST_FIRST];
extern const cornu__op_definition cornu__ops_effect[CORNU__OP_KIND_COUNT - CORNU__EFFECT_FIRST];

/* --- messages --- */

/* Fails with "<op's name>: <the sentence>". */
cornu_status cornu__op_fail(const cornu__op *op, cornu_status status, const char *format, ...) CORNU_PRINTF(3, 4);

typedef struct cornu__shape_words {
    char text[CORNU__SHAPE_TEXT_SIZE];
} cornu__shape_words;
/* A node's shape for a message: cornu__node_words(node).text lives as long as the call it is an argument of. */
cornu__shape_words cornu__node_words(const cornu_node *node);

/* --- shape inference --- */

/* Sets an output's dtype and shape; fails if a size is below 1 or there are more elements than memory can have. */
cornu_status cornu__op_set_output(cornu__op *op, int output, cornu_dtype dtype, int rank, const int64_t *shape);
cornu_status cornu__op_set_output_like(cornu__op *op, int output, const cornu_node *like);
/* Fail unless input `input` has that dtype (class) or rank. `what` names the input in the message: "logits". */
cornu_status cornu__op_want_float(const cornu__op *op, int input, const char *what);
cornu_status cornu__op_want_int(const cornu__op *op, int input, const char *what);
cornu_status cornu__op_want_same_dtype(const cornu__op *op);
cornu_status cornu__op_want_shape(const cornu__op *op, int input, const char *what, int rank, const int64_t *shape);

bool cornu__dtype_is_float(cornu_dtype dtype);
bool cornu__node_same_shape(const cornu_node *a, const cornu_node *b);

/* --- elements, for reference kernels --- */

static inline double cornu__element_get(cornu_dtype dtype, const void *data, int64_t index)
{
    switch (dtype) {
    case CORNU_FLOAT32:
        return ((const float *)data)[index];
    case CORNU_FLOAT64:
        return ((const double *)data)[index];
    default:
        return ((const int32_t *)data)[index];
    }
}

static inline void cornu__element_set(cornu_dtype dtype, void *data, int64_t index, double value)
{
    switch (dtype) {
    case CORNU_FLOAT32:
        ((float *)data)[index] = (float)value;
        break;
    case CORNU_FLOAT64:
        ((double *)data)[index] = value;
        break;
    default:
        /* what C leaves undefined becomes the nearest end; NaN becomes 0 */
        ((int32_t *)data)[index] = value != value       ? 0
                                   : value >= INT32_MAX ? INT32_MAX
                                   : value <= INT32_MIN ? INT32_MIN
                                                        : (int32_t)value;
        break;
    }
}

/* strides[axis]: how many elements lie between neighbours on that axis, in row-major order. */
void cornu__row_major_strides(int rank, const int64_t *shape, int64_t *strides);
/* The strides with which a tensor of `shape` is read when it is broadcast to `to_rank` axes: 0 on axes that it lacks or has size 1 on. */
void cornu__broadcast_strides(int rank, const int64_t *shape, int to_rank, int64_t *strides);
/* Where, by `strides`, the element lies that has the coordinates of element `index` of a row-major tensor of `shape`. */
static inline int64_t cornu__offset_of(int64_t index, int rank, const int64_t *shape, const int64_t *strides)
{
    int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; axis--) {
        offset += index % shape[axis] * strides[axis];
        index /= shape[axis];
    }
    return offset;
}

/* The value of an elementwise op (not CAST) at one element. */
double cornu__elementwise_value(cornu__op_kind kind, const double operand[3]);

/* --- gradients --- */

/* A gradient of a broadcast tensor, summed to the shape of what was broadcast. */
cornu_node *cornu__sum_to_shape_of(cornu_node *gradient, const cornu_node *like);
/* What `gradient` says when it built everything it wanted: CORNU_OK, or the pending error if a wanted node is NULL. */
cornu_status cornu__built(const cornu_node *node);
/* A gradient rule for ops whose second derivative is not supported. */
cornu_status cornu__no_second_gradient(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                                       cornu_node **input_gradients);
/* An op with `count` inputs, the given attributes and an output of the given shape, like `like` (NULL: no shape given). Output 0. */
cornu_node *cornu__op_make(cornu__op_kind kind, int count, cornu_node *const *inputs,
                           const cornu__attributes *attributes, const cornu_node *like);

/* --- the graph's inside --- */

/* The node as the graph now has it: forwarded, and its op taken back in if rewriting had dropped it. NULL with the error set. */
cornu_node *cornu__graph_use(cornu__graph *graph, cornu_node *node);

#endif
