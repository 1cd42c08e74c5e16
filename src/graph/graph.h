/*
 * graph/graph.h: the op graph of one step, for one batch shape.
 *
 * A graph is a list of ops in an order that can be run. An op reads nodes and makes nodes; a node is one tensor whose shape
 * (all sizes known: graphs are built per batch shape) and dtype are fixed when it is made. Layers, losses, metrics and optimizers
 * lower to ops by the builders below; cornu__gradients adds the ops of the backward pass; cornu__graph_simplify and
 * cornu__graph_fuse rewrite the graph; a backend compiles and runs it.
 *
 * Dtypes in a graph: CORNU_FLOAT32 (training), CORNU_FLOAT64 (checks of gradients, reference backend only) and CORNU_INT32 (labels,
 * indices). Truth values are floats 0 and 1.
 *
 * Images are channels-last (N, H, W, C), kernels (KH, KW, C/groups, CO), as in Keras; layouts for speed are the backend's own business.
 *
 * Variables: an op VARIABLE reads a region of a buffer as it was when the step began; ASSIGN gives the region the value that it has
 * when the step ends. Within one graph each region is assigned at most once.
 *
 * Errors: a builder returns NULL with the error set when shapes or dtypes do not fit, and NULL (leaving the error alone) when one of its
 * inputs is NULL; so a chain needs one check at its end. All memory belongs to the graph and goes with it.
 */
#ifndef CORNU_GRAPH_GRAPH_H
#define CORNU_GRAPH_GRAPH_H

#include <cornu/array.h>

#include "base/status.h"

typedef struct cornu_node cornu_node;
typedef struct cornu__op cornu__op;
typedef struct cornu__graph cornu__graph;
typedef struct cornu__fused cornu__fused; /* graph/fuse.h */

typedef enum cornu__op_kind {
    /* leaves */
    CORNU__OP_INPUT,          /* fed at each run: attributes.index */
    CORNU__OP_VARIABLE,       /* attributes.variable */
    CORNU__OP_CONSTANT,       /* attributes.constant: `count` elements of the node's dtype, or one that fills it all */
    CORNU__OP_RANDOM_UNIFORM, /* attributes.random: [0,1), element i from (seed, update, number, i) */
    CORNU__OP_RANDOM_NORMAL,
    /* elementwise, one input */
    CORNU__OP_NEGATE,
    CORNU__OP_ABS,
    CORNU__OP_SIGN,
    CORNU__OP_EXP,
    CORNU__OP_EXPM1,
    CORNU__OP_LOG,
    CORNU__OP_LOG1P,
    CORNU__OP_SQRT,
    CORNU__OP_RSQRT,
    CORNU__OP_SQUARE,
    CORNU__OP_RECIPROCAL,
    CORNU__OP_TANH,
    CORNU__OP_SIGMOID,
    CORNU__OP_SOFTPLUS, /* ln(1 + e^x), stable */
    CORNU__OP_ERF,
    CORNU__OP_SIN,
    CORNU__OP_COS,
    CORNU__OP_FLOOR,
    CORNU__OP_ROUND, /* half to even */
    CORNU__OP_RELU,
    CORNU__OP_CAST,          /* to the output's dtype */
    CORNU__OP_STOP_GRADIENT, /* x, with gradient zero */
    /* elementwise, two inputs, numpy broadcasting */
    CORNU__OP_ADD,
    CORNU__OP_SUBTRACT,
    CORNU__OP_MULTIPLY,
    CORNU__OP_DIVIDE,
    CORNU__OP_POWER,
    CORNU__OP_MAXIMUM,
    CORNU__OP_MINIMUM,
    CORNU__OP_EQUAL,
    CORNU__OP_NOT_EQUAL,
    CORNU__OP_LESS,
    CORNU__OP_LESS_EQUAL,
    CORNU__OP_GREATER,
    CORNU__OP_GREATER_EQUAL,
    CORNU__OP_RELU_GRADIENT, /* (dy, y): dy where y > 0, else 0 */
    /* elementwise, three inputs, numpy broadcasting */
    CORNU__OP_SELECT, /* (condition, a, b): a where condition != 0, else b */
    /* reductions: attributes.reduce */
    CORNU__OP_SUM,
    CORNU__OP_MEAN,
    CORNU__OP_MAX,
    CORNU__OP_MIN,
    CORNU__OP_PRODUCT,
    CORNU__OP_ARGMAX, /* over the last axis, which goes; the first maximum wins; int32 */
    /* movement */
    CORNU__OP_RESHAPE,
    CORNU__OP_TRANSPOSE,   /* attributes.permutation */
    CORNU__OP_BROADCAST,   /* to the output's shape */
    CORNU__OP_CONCATENATE, /* attributes.axis */
    CORNU__OP_SLICE,       /* attributes.slice */
    CORNU__OP_PAD, /* attributes.pad: constant; `stride - 1` gaps between elements (the gradient of a strided slice) */
    /* (table (n, ...), indices int32 (...)): rows of the table; indices outside [0, n) fail the run */
    CORNU__OP_GATHER,
    CORNU__OP_SCATTER_ADD, /* (rows, indices): zeros of the output's shape, rows added at their indices */
    CORNU__OP_ONE_HOT,     /* (indices): attributes.index = depth; new last axis; all 0 outside [0, depth) */
    CORNU__OP_PACK,        /* inputs one after the other, flat, each at attributes.pack.offset[i], in a zeroed vector */
    /* linear algebra */
    CORNU__OP_MATMUL, /* (a, b [, bias]): attributes.matmul; leading axes of b equal a's, or b has rank 2 */
    CORNU__OP_CONV,   /* (x, kernel [, bias]): attributes.conv */
    /* (dy, kernel): attributes.conv; output shape given = x's: also the transposed convolution */
    CORNU__OP_CONV_INPUT_GRADIENT,
    CORNU__OP_CONV_KERNEL_GRADIENT, /* (x, dy): attributes.conv; output shape given = kernel's */
    /* (x) -> y, index (int32: the element's number inside the window, row-major); attributes.pool */
    CORNU__OP_MAX_POOL,
    CORNU__OP_MAX_POOL_GRADIENT, /* (dy, index); output shape given = x's */
    CORNU__OP_AVERAGE_POOL,      /* padding does not count in the mean */
    CORNU__OP_AVERAGE_POOL_GRADIENT,
    /* composite, fused for speed and stability */
    CORNU__OP_SOFTMAX, /* over the last axis */
    CORNU__OP_LOG_SOFTMAX,
    /* (logits (..., C), targets same shape) -> loss (...), probabilities; attributes.cross_entropy */
    CORNU__OP_SOFTMAX_CROSS_ENTROPY,
    /* (dloss (...), probabilities, targets): dlogits = dloss * (q * sum t - t) */
    CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT,
    /* (logits (..., C), labels int32 (...)) -> loss (...), probabilities; a label outside [0, C) fails the run */
    CORNU__OP_SPARSE_CROSS_ENTROPY,
    CORNU__OP_SPARSE_CROSS_ENTROPY_GRADIENT, /* (dloss (...), probabilities, labels) */
    /* (logits (N, T, C), labels int32 (N, L), filled up with 0, the blank) -> loss (N), its gradient (N, T, C), room to work in. A label that is
     * none, or takes more than T steps, fails the run */
    CORNU__OP_CTC,
    /* (x, gamma (C), beta (C)) -> y, mean (C), variance (C, population); over all axes but the last; attributes.norm */
    CORNU__OP_BATCH_NORM,
    CORNU__OP_BATCH_NORM_GRADIENT, /* (dy, x, gamma, mean, variance [, y if fused with ReLU]) -> dx, dgamma, dbeta */
    /* (x): x / (1 - rate) where uniform(element) >= rate, else 0; attributes.random; its own gradient rule */
    CORNU__OP_DROPOUT,
    /* (labels int32 (n), predictions (n, C)): attributes.index = k; 1 if fewer than k classes score higher; NaN, Inf: 0 */
    CORNU__OP_IN_TOP_K,
    /* (x float32) -> float32 of a given shape, by a function of a room above; attributes.host; no gradient goes through it */
    CORNU__OP_HOST,
    /* effects */
    CORNU__OP_ASSIGN, /* (value): the region attributes.variable takes it at the end of the step; no output */
    /* made by cornu__graph_fuse only */
    CORNU__OP_FUSED, /* attributes.fused: a small program of elementwise ops */
    CORNU__OP_KIND_COUNT
} cornu__op_kind;

#define CORNU__MAX_INPUTS 64 /* of CONCATENATE, PACK and FUSED; PACK of more is built of several */
#define CORNU__MAX_OUTPUTS 8 /* of FUSED; other ops have at most 3 */

struct cornu__run_state;

/* What an op HOST calls: pixels of layers that change pictures, whose code lies above. */
typedef struct cornu__host {
    cornu_status (*run)(void *state, const struct cornu__run_state *run, uint64_t number, const float *from, float *to);
    void *state;
} cornu__host;

/* A region of a buffer: elements offset .. offset + count - 1. What buffers there are is the caller's choice (model/). */
typedef struct cornu__variable_region {
    int buffer;
    int64_t offset;
} cornu__variable_region;

/* Two spatial axes (height, width); one-dimensional convolution has height 1. */
typedef struct cornu__window {
    int64_t size[2]; /* a convolution's is its kernel's: there it serves cornu__window_pad_same only */
    int64_t strides[2], dilation[2];
    int64_t pad_before[2], pad_after[2];
    int64_t groups; /* convolution only */
} cornu__window;

typedef struct cornu__attributes {
    union {
        int64_t index;
        int axis;
        cornu__variable_region variable;
        const void *constant; /* graph memory; see `fills` */
        struct {
            uint64_t number; /* the op's own number: part of the random key, the same in every program of a model */
            double rate;     /* dropout */
        } random;
        struct {
            int count;
            int axes[CORNU_MAX_RANK]; /* ascending, not negative */
            bool keepdims;
        } reduce;
        int permutation[CORNU_MAX_RANK];
        struct {
            int64_t begin[CORNU_MAX_RANK], stride[CORNU_MAX_RANK]; /* sizes: the output's shape; stride >= 1 */
        } slice;
        struct {
            int64_t before[CORNU_MAX_RANK], after[CORNU_MAX_RANK], stride[CORNU_MAX_RANK];
            double value;
        } pad;
        struct {
            const int64_t *offset; /* one per input, graph memory */
        } pack;
        struct {
            bool transpose_a, transpose_b; /* of the last two axes */
        } matmul;
        cornu__window window; /* conv and pool */
        struct {
            double smoothing; /* label smoothing of dense targets: t (1 - s) + s / C */
            bool clip;        /* probabilities were asked for: loss as of probabilities clipped to [1e-7, 1 - 1e-7] */
        } cross_entropy;
        struct {
            double epsilon;
        } norm;
        struct {
            const cornu__host *host; /* its owner keeps it as long as programs of the graph run */
            uint64_t number;         /* as of `random` */
        } host;
        const cornu__fused *fused;
    };
    bool fills; /* CONSTANT: one element, repeated */
    bool relu;  /* MATMUL, CONV, BATCH_NORM: ReLU follows; BATCH_NORM_GRADIENT: it followed (set by fusion) */
} cornu__attributes;

struct cornu_node {
    cornu__op *op; /* the producer */
    int output;    /* which of its outputs */
    int id;        /* 0, 1, ...: unique in the graph, below its node_count; rewriting leaves gaps */
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    int64_t count;
    /* set by rewriting: another node holds the same value from now on (cornu__graph_resolve) */
    cornu_node *replaced_by;
};

struct cornu__op {
    cornu__op_kind kind;
    /* place in the graph's order; -1: dropped by rewriting, taken back in when a builder uses its outputs */
    int number;
    int input_count, output_count;
    cornu_node **inputs;
    cornu_node **outputs;
    cornu__attributes attributes;
    const char *name; /* for messages and profiles: e.g. "conv2d_1/relu"; graph memory; may be NULL */
    cornu__graph *graph;
};

struct cornu__graph {
    cornu__op **ops; /* in an order that can be run */
    int op_count, op_capacity;
    int node_count;
    cornu_node **results; /* what a run is for, besides its effects */
    int result_count, result_capacity;
    int input_count;       /* number of different INPUT indices: 1 + the largest */
    uint64_t random_count; /* random numbers given out (attributes.random.number) */
    const char *scope;     /* put in front of names of new ops: set by cornu__graph_set_scope */
    struct cornu__graph_block *memory;
};

/* --- life --- */

cornu__graph *cornu__graph_create(void);
void cornu__graph_release(cornu__graph *graph);
/* Memory that lives as long as the graph (zeroed); NULL with the error set. */
void *cornu__graph_alloc(cornu__graph *graph, size_t size);
/* Names of ops made from now on begin with "<scope>/"; NULL: none. Copied. */
cornu_status cornu__graph_set_scope(cornu__graph *graph, const char *scope);
/* Marks a node as a result; results are numbered 0, 1, ... in order of these calls. NULL node: returns the pending error. */
cornu_status cornu__graph_add_result(cornu__graph *graph, cornu_node *node);

/* A graph of the same ops, results and names that shares nothing with `graph`; NULL with the error set. Ids and numbers stay. */
cornu__graph *cornu__graph_copy(const cornu__graph *graph);

/* --- the general builder: all others go through it. Copies `inputs` and `attributes`. `output_shape` only where the kind says
 * "output shape given" (also RESHAPE, BROADCAST, SLICE, ONE leaves), else NULL. Returns the op; its outputs are then set. --- */
typedef struct cornu__op_request {
    cornu__op_kind kind;
    int input_count;
    cornu_node *const *inputs;
    cornu__attributes attributes;
    cornu_dtype dtype; /* leaves and CAST */
    int output_rank;   /* where given */
    const int64_t *output_shape;
} cornu__op_request;
cornu__op *cornu__graph_add(cornu__graph *graph, const cornu__op_request *request);

/* --- leaves --- */
cornu_node *cornu__op_input(cornu__graph *graph, int index, cornu_dtype dtype, int rank, const int64_t *shape);
cornu_node *cornu__op_variable(cornu__graph *graph, cornu__variable_region region, cornu_dtype dtype, int rank,
                               const int64_t *shape);
cornu_node *cornu__op_constant(cornu__graph *graph, cornu_dtype dtype, int rank, const int64_t *shape,
                               const void *data);
cornu_node *cornu__op_fill(cornu__graph *graph, cornu_dtype dtype, int rank, const int64_t *shape, double value);
cornu_node *cornu__op_scalar(cornu__graph *graph, cornu_dtype dtype, double value);
cornu_node *cornu__op_random(cornu__graph *graph, cornu__op_kind kind, cornu_dtype dtype, int rank,
                             const int64_t *shape);

/* --- elementwise --- */
cornu_node *cornu__op_unary(cornu__op_kind kind, cornu_node *x);
cornu_node *cornu__op_binary(cornu__op_kind kind, cornu_node *a, cornu_node *b);
/* With a constant of x's dtype on the right, or (scalar_first) on the left. */
cornu_node *cornu__op_binary_scalar(cornu__op_kind kind, cornu_node *x, double value);
cornu_node *cornu__op_scalar_binary(cornu__op_kind kind, double value, cornu_node *x);
cornu_node *cornu__op_select(cornu_node *condition, cornu_node *a, cornu_node *b);
cornu_node *cornu__op_cast(cornu_node *x, cornu_dtype dtype);

/* --- reductions; axis_count 0: all axes; negative axes count from the end --- */
cornu_node *cornu__op_reduce(cornu__op_kind kind, cornu_node *x, int axis_count, const int *axes, bool keepdims);
cornu_node *cornu__op_argmax(cornu_node *x);

/* --- movement --- */
cornu_node *cornu__op_reshape(cornu_node *x, int rank, const int64_t *shape); /* one size may be -1 */
cornu_node *cornu__op_transpose(cornu_node *x, const int *permutation);
/* Axis `from` becomes axis `to`; the others keep their order. */
cornu_node *cornu__op_move_axis(cornu_node *x, int from, int to);
/* One more axis, of size 1, as axis `axis` of the result. */
cornu_node *cornu__op_expand_axis(cornu_node *x, int axis);
cornu_node *cornu__op_broadcast(cornu_node *x, int rank, const int64_t *shape);
cornu_node *cornu__op_concatenate(int count, cornu_node *const *inputs, int axis);
/* NULL stride: 1 */
cornu_node *cornu__op_slice(cornu_node *x, const int64_t *begin, const int64_t *size, const int64_t *stride);
cornu_node *cornu__op_pad(cornu_node *x, const int64_t *before, const int64_t *after, double value);
cornu_node *cornu__op_gather(cornu_node *table, cornu_node *indices);
cornu_node *cornu__op_one_hot(cornu_node *indices, int64_t depth, cornu_dtype dtype);
cornu_node *cornu__op_pack(cornu__graph *graph, int count, cornu_node *const *inputs, const int64_t *offsets,
                           int64_t size);

/* --- linear algebra, windows --- */
/* Keras's padding "same" along one axis of `size` elements: ceil(size / stride) windows, whose number is returned, and the zeros that they
 * reach beyond both ends, an odd one at the end, into the window. Its size, strides and dilation are set. */
int64_t cornu__window_pad_same(cornu__window *window, int axis, int64_t size);
cornu_node *cornu__op_matmul(cornu_node *a, cornu_node *b, bool transpose_a, bool transpose_b);
cornu_node *cornu__op_conv(cornu_node *x, cornu_node *kernel, const cornu__window *window);
/* The transposed convolution: what has shape `x_shape` and would be convolved to dy's shape. */
cornu_node *cornu__op_conv_input_gradient(cornu_node *dy, cornu_node *kernel, const cornu__window *window,
                                          const int64_t x_shape[4]);
cornu_node *cornu__op_max_pool(cornu_node *x, const cornu__window *window);
cornu_node *cornu__op_average_pool(cornu_node *x, const cornu__window *window);

/* --- composite --- */
cornu_node *cornu__op_softmax(cornu_node *x);
cornu_node *cornu__op_log_softmax(cornu_node *x);
/* Loss per row; *probabilities (may be NULL) gets the softmax. */
cornu_node *cornu__op_softmax_cross_entropy(cornu_node *logits, cornu_node *targets, double smoothing, bool clip,
                                            cornu_node **probabilities);
cornu_node *cornu__op_sparse_cross_entropy(cornu_node *logits, cornu_node *labels, bool clip,
                                           cornu_node **probabilities);
/* Connectionist temporal classification: loss per sample. */
cornu_node *cornu__op_ctc(cornu_node *logits, cornu_node *labels);
/* y; *mean and *variance get the batch's. */
cornu_node *cornu__op_batch_norm(cornu_node *x, cornu_node *gamma, cornu_node *beta, double epsilon, cornu_node **mean,
                                 cornu_node **variance);
/* What the host makes of x (float32): a tensor of this shape. */
cornu_node *cornu__op_host(cornu_node *x, const cornu__host *host, int rank, const int64_t *shape);
cornu_node *cornu__op_dropout(cornu_node *x, double rate);
cornu_node *cornu__op_in_top_k(cornu_node *labels, cornu_node *predictions, int64_t k);

/* --- effects --- */
cornu_status cornu__op_assign(cornu__graph *graph, cornu__variable_region region, cornu_node *value);

/* --- autodiff: gradients[i] := d loss / d wrt[i] (loss: one element), or NULL where loss does not depend on wrt[i]. Adds ops. --- */
cornu_status cornu__gradients(cornu_node *loss, int count, cornu_node *const *wrt, cornu_node **gradients);

/* --- the op table --- */
enum {
    CORNU__OP_IS_ELEMENTWISE = 1, /* out[i] from in[i] (with broadcasting) */
    CORNU__OP_IS_VIEW = 2,        /* the same elements in the same order: RESHAPE, STOP_GRADIENT */
    CORNU__OP_IS_EFFECT = 4,
    CORNU__OP_IS_RANDOM = 8
};

/* What a run gives its ops besides their inputs. */
typedef struct cornu__run_state {
    uint64_t seed;   /* the model's */
    uint64_t update; /* the number of updates made before this step */
} cornu__run_state;

typedef struct cornu__op_definition {
    const char *name;
    int input_min, input_max, output_count; /* output_count -1: varies */
    unsigned flags;
    /* Checks the inputs and sets the outputs' dtypes and shapes. The op is complete but for its outputs' shapes. */
    cornu_status (*infer)(cornu__op *op, const cornu__op_request *request);
    /* input_gradients[i] := the gradient of input i where wanted[i], or NULL (left as is) where it is zero or input i is not
     * differentiable. output_gradients[i] may be NULL: zero. A NULL function: zero gradient for all inputs, by nature (comparisons). */
    cornu_status (*gradient)(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                             cornu_node **input_gradients);
    /* The plain kernel: float32 or float64 after the first output's (effects: first input's) dtype; double accumulators.
     * It is the meaning of the op, and what every fast kernel is tested against. */
    cornu_status (*reference)(const cornu__op *op, const void *const *inputs, void *const *outputs,
                              const cornu__run_state *run);
} cornu__op_definition;

const cornu__op_definition *cornu__op_definition_of(cornu__op_kind kind);

/* --- rewriting: both leave results and effects meaning the same. Nodes that a caller holds stay valid. --- */

/* The node that now holds the value of a node got before the graph was rewritten. Builders and cornu__gradients do this by themselves;
 * a caller who looks into a node after cornu__graph_simplify does it first. NULL gives NULL. */
cornu_node *cornu__graph_resolve(cornu_node *node);

/* Drops what no result or effect needs; merges equal ops; folds constants; applies identities (x * 1, x + 0, reshape of
 * reshape, pool after ReLU -> ReLU after pool, a SUM of a BROADCAST ...). */
cornu_status cornu__graph_simplify(cornu__graph *graph);
/* Puts bias and ReLU into MATMUL, CONV and BATCH_NORM, and chains of elementwise ops into FUSED ops. After simplify, last. */
cornu_status cornu__graph_fuse(cornu__graph *graph);
/* Checks every invariant above (for tests and debug builds): order, ids, shapes, effects. */
cornu_status cornu__graph_check(const cornu__graph *graph);
/* One line per op: number, name, kind, shapes. For CORNU_VERBOSE and tests. The caller frees it with cornu__free. */
char *cornu__graph_describe(const cornu__graph *graph);

#endif
