/*
 * simplify.c: rewrites that make a graph smaller and leave its meaning alone: equal ops merged, constants folded, identities
 * applied, ReLU moved behind max pooling. Each rule looks at one op and gives the node that replaces its output, or NULL.
 */
#include <string.h>

#include "base/memory.h"
#include "graph/rewrite.h"

#define MAX_PASSES 8 /* each pass that changed something makes another worth while; two or three are usual */

typedef struct simplification {
    cornu__graph *graph;
    int *uses; /* by node id, counted before the pass */
    int counted_nodes;
    cornu__op **table; /* ops by what they compute; open addressing */
    size_t table_size;
    size_t table_used;
    bool changed;
} simplification;

/* --- equal ops --- */

static bool same_int64(const int64_t *a, const int64_t *b, int count)
{
    return memcmp(a, b, (size_t)count * sizeof a[0]) == 0;
}

static bool same_window(const cornu__window *a, const cornu__window *b, bool pooling)
{
    return (!pooling || same_int64(a->size, b->size, 2)) && same_int64(a->strides, b->strides, 2) &&
           same_int64(a->dilation, b->dilation, 2) && same_int64(a->pad_before, b->pad_before, 2) &&
           same_int64(a->pad_after, b->pad_after, 2) && (pooling || a->groups == b->groups);
}

static bool same_reduction(const cornu__attributes *a, const cornu__attributes *b)
{
    return a->reduce.count == b->reduce.count && a->reduce.keepdims == b->reduce.keepdims &&
           memcmp(a->reduce.axes, b->reduce.axes, (size_t)a->reduce.count * sizeof(int)) == 0;
}

static size_t constant_size(const cornu__op *op)
{
    const cornu_node *node = op->outputs[0];
    return (op->attributes.fills ? 1 : (size_t)node->count) * cornu_dtype_size(node->dtype);
}

/* Whether two ops of one kind with the same inputs and outputs' shapes have the same attributes. */
static bool same_attributes(const cornu__op *x, const cornu__op *y)
{
    const cornu__attributes *a = &x->attributes, *b = &y->attributes;
    int rank = x->input_count > 0 ? x->inputs[0]->rank : 0;
    switch (x->kind) {
    case CORNU__OP_INPUT:
    case CORNU__OP_ONE_HOT:
    case CORNU__OP_IN_TOP_K:
        return a->index == b->index;
    case CORNU__OP_VARIABLE:
        return a->variable.buffer == b->variable.buffer && a->variable.offset == b->variable.offset;
    case CORNU__OP_CONSTANT:
        return a->fills == b->fills && memcmp(a->constant, b->constant, constant_size(x)) == 0;
    case CORNU__OP_SUM:
    case CORNU__OP_MEAN:
    case CORNU__OP_MAX:
    case CORNU__OP_MIN:
    case CORNU__OP_PRODUCT:
        return same_reduction(a, b);
    case CORNU__OP_TRANSPOSE:
        return memcmp(a->permutation, b->permutation, (size_t)rank * sizeof(int)) == 0;
    case CORNU__OP_CONCATENATE:
        return a->axis == b->axis;
    case CORNU__OP_SLICE:
        return same_int64(a->slice.begin, b->slice.begin, rank) && same_int64(a->slice.stride, b->slice.stride, rank);
    case CORNU__OP_PAD:
        return same_int64(a->pad.before, b->pad.before, rank) && same_int64(a->pad.after, b->pad.after, rank) &&
               same_int64(a->pad.stride, b->pad.stride, rank) && a->pad.value == b->pad.value;
    case CORNU__OP_PACK:
        return same_int64(a->pack.offset, b->pack.offset, x->input_count);
    case CORNU__OP_MATMUL:
        return a->matmul.transpose_a == b->matmul.transpose_a && a->matmul.transpose_b == b->matmul.transpose_b &&
               a->relu == b->relu;
    case CORNU__OP_CONV:
    case CORNU__OP_CONV_INPUT_GRADIENT:
    case CORNU__OP_CONV_KERNEL_GRADIENT:
        return same_window(&a->window, &b->window, false) && a->relu == b->relu;
    case CORNU__OP_MAX_POOL:
    case CORNU__OP_MAX_POOL_GRADIENT:
    case CORNU__OP_AVERAGE_POOL:
    case CORNU__OP_AVERAGE_POOL_GRADIENT:
        return same_window(&a->window, &b->window, true);
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY:
    case CORNU__OP_SOFTMAX_CROSS_ENTROPY_GRADIENT:
    case CORNU__OP_SPARSE_CROSS_ENTROPY:
        return a->cross_entropy.smoothing == b->cross_entropy.smoothing &&
               a->cross_entropy.clip == b->cross_entropy.clip;
    case CORNU__OP_BATCH_NORM:
    case CORNU__OP_BATCH_NORM_GRADIENT:
        return a->norm.epsilon == b->norm.epsilon && a->relu == b->relu;
    default:
        return true;
    }
}

static bool same_op(const cornu__op *a, const cornu__op *b)
{
    if (a->kind != b->kind || a->input_count != b->input_count || a->output_count != b->output_count)
        return false;
    for (int i = 0; i < a->input_count; i++) {
        if (a->inputs[i] != b->inputs[i])
            return false;
    }
    for (int i = 0; i < a->output_count; i++) {
        if (a->outputs[i]->dtype != b->outputs[i]->dtype || !cornu__node_same_shape(a->outputs[i], b->outputs[i]))
            return false;
    }
    return same_attributes(a, b);
}

/* Fowler, Noll and Vo's hash (FNV-1a), 64 bits. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t hash_op(const cornu__op *op)
{
    uint64_t hash = mix(0xCBF29CE484222325u, &op->kind, sizeof op->kind);
    for (int i = 0; i < op->input_count; i++)
        hash = mix(hash, &op->inputs[i]->id, sizeof op->inputs[i]->id);
    const cornu_node *y = op->outputs[0];
    hash = mix(hash, y->shape, (size_t)y->rank * sizeof y->shape[0]);
    switch (op->kind) {
    case CORNU__OP_CONSTANT:
        return mix(hash, op->attributes.constant, constant_size(op));
    case CORNU__OP_VARIABLE:
        return mix(hash, &op->attributes.variable.offset, sizeof op->attributes.variable.offset);
    case CORNU__OP_SLICE:
        return mix(hash, op->attributes.slice.begin, (size_t)y->rank * sizeof(int64_t));
    default:
        return hash;
    }
}

/* An earlier op that computes the same, or NULL after `op` was put into the table. */
static cornu__op *find_equal(simplification *s, cornu__op *op)
{
    unsigned flags = cornu__op_definition_of(op->kind)->flags;
    if (flags & (CORNU__OP_IS_EFFECT | CORNU__OP_IS_RANDOM) || op->kind == CORNU__OP_FUSED ||
        s->table_used * 2 >= s->table_size)
        return NULL;
    size_t at = hash_op(op) & (s->table_size - 1);
    for (; s->table[at]; at = (at + 1) & (s->table_size - 1)) {
        if (s->table[at] == op)
            return NULL;
        if (same_op(s->table[at], op))
            return s->table[at];
    }
    s->table[at] = op;
    s->table_used++;
    return NULL;
}

/* --- constants --- */

/* An op whose inputs are all one value everywhere gives one value everywhere, if it is elementwise or only moves elements. */
static cornu_node *fold_constants(cornu__op *op)
{
    const cornu__op_definition *definition = cornu__op_definition_of(op->kind);
    bool moves = op->kind == CORNU__OP_RESHAPE || op->kind == CORNU__OP_TRANSPOSE || op->kind == CORNU__OP_BROADCAST ||
                 op->kind == CORNU__OP_SLICE;
    double operand[3] = {0};
    if (op->input_count == 0 || (!moves && !(definition->flags & CORNU__OP_IS_ELEMENTWISE)))
        return NULL;
    for (int i = 0; i < op->input_count; i++) {
        if (!cornu__node_is_fill(op->inputs[i], &operand[i]))
            return NULL;
    }
    const cornu_node *y = op->outputs[0];
    double value = moves ? operand[0] : cornu__elementwise_value(op->kind, operand);
    return cornu__op_fill(op->graph, y->dtype, y->rank, y->shape, value);
}

/* --- identities --- */

/* x as it comes out of an op that left its values alone: broadcast, where the op's other input was larger. */
static cornu_node *same_values(const cornu__op *op, cornu_node *x)
{
    const cornu_node *y = op->outputs[0];
    return cornu__node_same_shape(x, y) ? x : cornu__op_broadcast(x, y->rank, y->shape);
}

static bool is_fill_of(const cornu_node *node, double value)
{
    double filled;
    return cornu__node_is_fill(node, &filled) && filled == value;
}

static cornu_node *simplify_arithmetic(cornu__op *op)
{
    cornu_node *a = op->inputs[0], *b = op->inputs[op->input_count - 1];
    switch (op->kind) {
    case CORNU__OP_ADD:
        if (is_fill_of(a, 0))
            return same_values(op, b);
        if (is_fill_of(b, 0))
            return same_values(op, a);
        return b->op->kind == CORNU__OP_NEGATE ? cornu__subtract(a, b->op->inputs[0]) : NULL;
    case CORNU__OP_SUBTRACT:
        if (is_fill_of(b, 0))
            return same_values(op, a);
        return b->op->kind == CORNU__OP_NEGATE ? cornu__add(a, b->op->inputs[0]) : NULL;
    case CORNU__OP_MULTIPLY:
        if (is_fill_of(a, 1))
            return same_values(op, b);
        return is_fill_of(b, 1) ? same_values(op, a) : NULL;
    case CORNU__OP_DIVIDE:
    case CORNU__OP_POWER:
        return is_fill_of(b, 1) ? same_values(op, a) : NULL;
    case CORNU__OP_NEGATE:
        return a->op->kind == CORNU__OP_NEGATE ? a->op->inputs[0] : NULL;
    case CORNU__OP_RELU:
        return a->op->kind == CORNU__OP_RELU ? a : NULL;
    case CORNU__OP_DROPOUT:
        return op->attributes.random.rate == 0 ? a : NULL;
    case CORNU__OP_CAST:
        return a->dtype == op->outputs[0]->dtype ? a : NULL;
    default:
        return NULL;
    }
}

static cornu_node *simplify_transpose(cornu__op *op)
{
    cornu_node *x = op->inputs[0];
    const int *permutation = op->attributes.permutation;
    int whole[CORNU_MAX_RANK];
    bool identity = true;
    for (int axis = 0; axis < x->rank; axis++)
        identity = identity && permutation[axis] == axis;
    if (identity)
        return x;
    if (x->op->kind != CORNU__OP_TRANSPOSE)
        return NULL;
    for (int axis = 0; axis < x->rank; axis++)
        whole[axis] = x->op->attributes.permutation[permutation[axis]];
    return cornu__op_transpose(x->op->inputs[0], whole);
}

/* A sum or mean over axes that only broadcasting made long: no sum is needed. */
static cornu_node *simplify_sum(cornu__op *op)
{
    cornu_node *x = op->inputs[0], *from = x->op->input_count > 0 ? x->op->inputs[0] : x, *y = op->outputs[0];
    double factor = 1;
    bool broadcast = x->op->kind == CORNU__OP_BROADCAST;
    int64_t shape[CORNU_MAX_RANK], kept[CORNU_MAX_RANK]; /* of what was broadcast; of the sum with its axes kept */
    for (int axis = 0; axis < x->rank; axis++) {
        int own = broadcast ? axis - (x->rank - from->rank) : axis;
        shape[axis] = !broadcast ? x->shape[axis] : own >= 0 ? from->shape[own] : 1;
        kept[axis] = x->shape[axis];
    }
    for (int i = 0; i < op->attributes.reduce.count; i++) {
        int axis = op->attributes.reduce.axes[i];
        if (shape[axis] != 1)
            return NULL;
        factor *= (double)x->shape[axis];
        kept[axis] = 1;
    }
    if (!broadcast)
        return cornu__op_reshape(x, y->rank, y->shape);
    cornu_node *scaled = op->kind == CORNU__OP_SUM && factor != 1 ? cornu__scale(from, factor) : from;
    cornu_node *aligned = cornu__op_broadcast(cornu__op_reshape(scaled, x->rank, shape), x->rank, kept);
    return cornu__op_reshape(aligned, y->rank, y->shape);
}

static cornu_node *simplify_movement(cornu__op *op)
{
    cornu_node *x = op->inputs[0], *y = op->outputs[0];
    switch (op->kind) {
    case CORNU__OP_RESHAPE:
        if (cornu__node_same_shape(x, y))
            return x;
        return x->op->kind == CORNU__OP_RESHAPE ? cornu__op_reshape(x->op->inputs[0], y->rank, y->shape) : NULL;
    case CORNU__OP_BROADCAST:
        if (cornu__node_same_shape(x, y))
            return x;
        return x->op->kind == CORNU__OP_BROADCAST ? cornu__op_broadcast(x->op->inputs[0], y->rank, y->shape) : NULL;
    case CORNU__OP_TRANSPOSE:
        return simplify_transpose(op);
    case CORNU__OP_SLICE:
    case CORNU__OP_PAD:
        return cornu__node_same_shape(x, y) ? x : NULL;
    case CORNU__OP_CONCATENATE:
        return op->input_count == 1 ? x : NULL;
    case CORNU__OP_PACK:
        return op->input_count == 1 && x->count == y->count ? cornu__op_reshape(x, 1, y->shape) : NULL;
    case CORNU__OP_SUM:
    case CORNU__OP_MEAN:
        return simplify_sum(op);
    default:
        return NULL;
    }
}

/* max_pool(relu(x)) = relu(max_pool(x)), with a smaller relu, which can then go into what made x ... if no one else wants relu(x) or the
 * places of the maxima. */
static cornu_node *move_relu_behind_pool(const simplification *s, cornu__op *op)
{
    const cornu_node *x = op->inputs[0];
    if (op->kind != CORNU__OP_MAX_POOL || x->op->kind != CORNU__OP_RELU || op->outputs[1]->id >= s->counted_nodes)
        return NULL;
    if (s->uses[x->id] != 1 || s->uses[op->outputs[1]->id] != 0)
        return NULL;
    return cornu__op_unary(CORNU__OP_RELU, cornu__op_max_pool(x->op->inputs[0], &op->attributes.window));
}

/* An elementwise op broadcasts by itself: a BROADCAST in front of it is not needed if the other inputs have the full shape, and if
 * the op can still be fused without it. */
static void skip_broadcasts(simplification *s, cornu__op *op)
{
    if (op->input_count < 2 || !(cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_ELEMENTWISE))
        return;
    for (int i = 0; i < op->input_count; i++) {
        bool covered = false;
        for (int k = 0; k < op->input_count; k++)
            covered = covered || (k != i && cornu__node_same_shape(op->inputs[k], op->outputs[0]));
        if (!covered || op->inputs[i]->op->kind != CORNU__OP_BROADCAST)
            continue;
        cornu_node *from = op->inputs[i]->op->inputs[0];
        cornu__fused_access access;
        int64_t period;
        if (cornu__find_access(from, op->outputs[0], &access, &period)) {
            op->inputs[i] = from;
            s->changed = true;
        }
    }
}

/* --- the pass --- */

static cornu_node *find_replacement(const simplification *s, cornu__op *op)
{
    cornu_node *found = fold_constants(op);
    if (!found && op->input_count > 0)
        found = simplify_arithmetic(op);
    if (!found && op->input_count > 0)
        found = simplify_movement(op);
    return found ? found : op->input_count > 0 ? move_relu_behind_pool(s, op) : NULL;
}

static void take_scope(cornu__graph *graph, const cornu__op *op)
{
    graph->scope = op->name; /* new ops are named after the op that they replace */
}

static cornu_status simplify_op(simplification *s, cornu__op *op)
{
    for (int i = 0; i < op->input_count; i++) {
        op->inputs[i] = cornu__graph_use(s->graph, op->inputs[i]);
        CORNU_TRY(cornu__built(op->inputs[i]));
    }
    if (op->output_count == 0 || op->outputs[0]->replaced_by)
        return CORNU_OK;
    skip_broadcasts(s, op);
    cornu__op *equal = find_equal(s, op);
    for (int i = 0; equal && i < op->output_count; i++)
        cornu__node_replace(op->outputs[i], equal->outputs[i]);
    if (equal) {
        s->changed = true;
        return CORNU_OK;
    }
    take_scope(s->graph, op);
    cornu_error_clear();
    cornu_node *replacement = find_replacement(s, op);
    CORNU_TRY(cornu_error_status()); /* a rule could not build what it wanted, even if a later one could */
    if (replacement) {
        cornu__node_replace(op->outputs[0], replacement);
        s->changed = true;
    }
    return CORNU_OK;
}

static cornu_status run_pass(simplification *s)
{
    s->changed = false;
    s->table_used = 0;
    for (int i = 0; i < s->graph->op_count; i++) /* new ops, at the end, are looked at too */
        CORNU_TRY(simplify_op(s, s->graph->ops[i]));
    return cornu__graph_settle(s->graph);
}

static cornu_status prepare_pass(simplification *s)
{
    cornu__free(s->uses);
    cornu__free(s->table);
    s->table_size = 64;
    while (s->table_size < (size_t)s->graph->op_count * 8)
        s->table_size *= 2;
    s->counted_nodes = s->graph->node_count;
    s->uses = cornu__graph_count_uses(s->graph);
    s->table = cornu__alloc_array(s->table_size, sizeof s->table[0]);
    return s->uses && s->table ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__graph_simplify(cornu__graph *graph)
{
    simplification s = {.graph = graph, .changed = true};
    const char *scope = graph->scope;
    cornu_status status = CORNU_OK;
    for (int pass = 0; pass < MAX_PASSES && s.changed && status == CORNU_OK; pass++) {
        status = prepare_pass(&s);
        if (status == CORNU_OK)
            status = run_pass(&s);
    }
    graph->scope = scope;
    cornu__free(s.uses);
    cornu__free(s.table);
    return status;
}
