/* graph.c: life of a graph, its memory, the general builder, names, results. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "graph/fuse.h"
#include "graph/operations.h"

/* --- memory: blocks that go with the graph --- */

#define BLOCK_SIZE (64 * 1024)
#define HEADER_SIZE CORNU_ALIGNMENT
#define SMALL_ALIGNMENT 16
#define LARGE_SIZE 256 /* from here on blocks start on a cache line: they may be operands of kernels */

typedef struct cornu__graph_block {
    struct cornu__graph_block *next;
    size_t size, used; /* bytes after the header */
} graph_block;

_Static_assert(sizeof(graph_block) <= HEADER_SIZE, "a block's header fits in front of its bytes");

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static graph_block *add_block(cornu__graph *graph, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    graph_block *block = room < SIZE_MAX - HEADER_SIZE ? cornu__alloc(HEADER_SIZE + room) : NULL;
    if (!block)
        return cornu__fail_null(CORNU_ERROR_OUT_OF_MEMORY, "out of memory: a graph wanted %zu bytes", size);
    block->size = room;
    block->next = graph->memory;
    graph->memory = block;
    return block;
}

void *cornu__graph_alloc(cornu__graph *graph, size_t size)
{
    if (size > SIZE_MAX / 2)
        return cornu__fail_null(CORNU_ERROR_OUT_OF_MEMORY, "out of memory: a graph wanted %zu bytes", size);
    size_t alignment = size >= LARGE_SIZE ? CORNU_ALIGNMENT : SMALL_ALIGNMENT;
    graph_block *block = graph->memory;
    size_t start = block ? round_up(block->used, alignment) : 0;
    if (!block || start > block->size || size > block->size - start) {
        block = add_block(graph, size);
        if (!block)
            return NULL;
        start = 0;
    }
    block->used = start + size;
    return (char *)block + HEADER_SIZE + start;
}

cornu__graph *cornu__graph_create(void)
{
    return cornu__alloc(sizeof(cornu__graph));
}

void cornu__graph_release(cornu__graph *graph)
{
    if (!graph)
        return;
    for (graph_block *block = graph->memory, *next; block; block = next) {
        next = block->next;
        cornu__free(block);
    }
    cornu__free(graph->ops);
    cornu__free(graph->results);
    cornu__free(graph);
}

/* --- names --- */

static char *copy_text(cornu__graph *graph, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cornu__graph_alloc(graph, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

cornu_status cornu__graph_set_scope(cornu__graph *graph, const char *scope)
{
    if (!scope) {
        graph->scope = NULL;
        return CORNU_OK;
    }
    char *copy = copy_text(graph, scope);
    if (!copy)
        return cornu_error_status();
    graph->scope = copy;
    return CORNU_OK;
}

/* "<scope>/<kind>", or the kind's own name outside any scope. */
static const char *name_op(cornu__graph *graph, const char *kind_name)
{
    if (!graph->scope)
        return kind_name;
    size_t size = strlen(graph->scope) + strlen(kind_name) + 2;
    char *name = cornu__graph_alloc(graph, size);
    if (name)
        snprintf(name, size, "%s/%s", graph->scope, kind_name);
    return name;
}

/* --- lists --- */

/* A list with room for one more pointer: the same, or a larger copy; NULL with the error set, and the old list stays. */
static void *with_room(void *items, int count, int *capacity)
{
    if (count < *capacity)
        return items;
    int wanted = *capacity > 0 ? *capacity * 2 : 64;
    void *grown = cornu__realloc(items, (size_t)count * sizeof(void *), (size_t)wanted * sizeof(void *));
    if (grown)
        *capacity = wanted;
    return grown;
}

static cornu_status append_op(cornu__graph *graph, cornu__op *op)
{
    cornu__op **ops = with_room(graph->ops, graph->op_count, &graph->op_capacity);
    if (!ops)
        return cornu_error_status();
    graph->ops = ops;
    op->number = graph->op_count;
    graph->ops[graph->op_count++] = op;
    return CORNU_OK;
}

/* --- nodes after rewriting --- */

cornu_node *cornu__graph_resolve(cornu_node *node)
{
    while (node && node->replaced_by)
        node = node->replaced_by;
    return node;
}

/* An op that rewriting dropped comes back behind all others, after what it reads. */
static cornu_status take_back(cornu__graph *graph, cornu__op *op)
{
    for (int i = 0; i < op->input_count; i++) {
        op->inputs[i] = cornu__graph_use(graph, op->inputs[i]);
        if (!op->inputs[i])
            return cornu_error_status();
    }
    return append_op(graph, op);
}

cornu_node *cornu__graph_use(cornu__graph *graph, cornu_node *node)
{
    cornu_node *now = cornu__graph_resolve(node);
    if (now->op->number < 0 && take_back(graph, now->op) != CORNU_OK)
        return NULL;
    return now;
}

cornu_status cornu__graph_add_result(cornu__graph *graph, cornu_node *node)
{
    if (!node)
        return cornu_error_status() != CORNU_OK ? cornu_error_status()
                                                : cornu__fail(CORNU_ERROR_INTERNAL, "a graph's result is missing");
    cornu_node *now = cornu__graph_use(graph, node);
    if (!now)
        return cornu_error_status();
    cornu_node **results = with_room(graph->results, graph->result_count, &graph->result_capacity);
    if (!results)
        return cornu_error_status();
    graph->results = results;
    graph->results[graph->result_count++] = now;
    return CORNU_OK;
}

/* --- the general builder --- */

cornu_status cornu__op_fail(const cornu__op *op, cornu_status status, const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return cornu__fail(status, "%s: %s", op->name ? op->name : cornu__op_definition_of(op->kind)->name, sentence);
}

static cornu_status check_input_count(const cornu__op *op, const cornu__op_definition *definition)
{
    if (op->input_count >= definition->input_min && op->input_count <= definition->input_max)
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "%d inputs came, %d to %d were wanted", op->input_count,
                          definition->input_min, definition->input_max);
}

static cornu_status take_inputs(cornu__op *op, const cornu__op_request *request)
{
    op->input_count = request->input_count;
    op->inputs = cornu__graph_alloc(op->graph, (size_t)request->input_count * sizeof(cornu_node *));
    if (!op->inputs)
        return cornu_error_status();
    for (int i = 0; i < request->input_count; i++) {
        if (request->inputs[i]->op->graph != op->graph)
            return cornu__op_fail(op, CORNU_ERROR_INVALID_ARGUMENT, "input %d belongs to another graph", i);
        op->inputs[i] = cornu__graph_use(op->graph, request->inputs[i]);
        if (!op->inputs[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status make_outputs(cornu__op *op, int count)
{
    op->output_count = count;
    op->outputs = cornu__graph_alloc(op->graph, (size_t)count * sizeof(cornu_node *));
    cornu_node *nodes = cornu__graph_alloc(op->graph, (size_t)count * sizeof(cornu_node));
    if (!op->outputs || !nodes)
        return cornu_error_status();
    for (int i = 0; i < count; i++) {
        nodes[i].op = op;
        nodes[i].output = i;
        op->outputs[i] = &nodes[i];
    }
    return CORNU_OK;
}

static cornu_status complete(cornu__op *op, const cornu__op_request *request)
{
    const cornu__op_definition *definition = cornu__op_definition_of(op->kind);
    op->name = name_op(op->graph, definition->name);
    if (!op->name)
        return cornu_error_status();
    CORNU_TRY(take_inputs(op, request));
    CORNU_TRY(check_input_count(op, definition));
    int outputs = definition->output_count >= 0 ? definition->output_count : request->attributes.fused->output_count;
    CORNU_TRY(make_outputs(op, outputs));
    CORNU_TRY(definition->infer(op, request));
    CORNU_TRY(append_op(op->graph, op));
    for (int i = 0; i < op->output_count; i++)
        op->outputs[i]->id = op->graph->node_count++;
    return CORNU_OK;
}

cornu__op *cornu__graph_add(cornu__graph *graph, const cornu__op_request *request)
{
    for (int i = 0; i < request->input_count; i++) {
        if (!request->inputs[i])
            return NULL; /* the error was set where it arose */
    }
    cornu__op *op = cornu__graph_alloc(graph, sizeof *op);
    if (!op)
        return NULL;
    op->kind = request->kind;
    op->number = -1;
    op->attributes = request->attributes;
    op->graph = graph;
    return complete(op, request) == CORNU_OK ? op : NULL;
}

/* --- shapes --- */

bool cornu__dtype_is_float(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 || dtype == CORNU_FLOAT64;
}

bool cornu__node_same_shape(const cornu_node *a, const cornu_node *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof a->shape[0]) == 0;
}

cornu__shape_words cornu__node_words(const cornu_node *node)
{
    cornu__shape_words words;
    cornu__text_shape(words.text, sizeof words.text, node->rank, node->shape);
    return words;
}

cornu_status cornu__op_set_output(cornu__op *op, int output, cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu_node *node = op->outputs[output];
    if (rank < 0 || rank > CORNU_MAX_RANK)
        return cornu__op_fail(op, CORNU_ERROR_SHAPE, "the result would have %d axes; at most %d are possible", rank,
                              CORNU_MAX_RANK);
    if (!cornu__dtype_is_float(dtype) && dtype != CORNU_INT32)
        return cornu__op_fail(op, CORNU_ERROR_DTYPE, "%s cannot be used in a graph; float32, float64 and int32 can",
                              cornu_dtype_name(dtype));
    node->dtype = dtype;
    node->rank = rank;
    node->count = 1;
    for (int axis = 0; axis < rank; axis++)
        node->shape[axis] = shape[axis];
    for (int axis = 0; axis < rank; axis++) {
        if (shape[axis] < 1)
            return cornu__op_fail(op, CORNU_ERROR_SHAPE,
                                  "the result would have shape %s; every size must be at least 1",
                                  cornu__node_words(node).text);
        if (__builtin_mul_overflow(node->count, shape[axis], &node->count) || node->count > INT64_MAX / 64)
            return cornu__op_fail(op, CORNU_ERROR_LIMIT, "the result would have shape %s: too many elements",
                                  cornu__node_words(node).text);
    }
    return CORNU_OK;
}

cornu_status cornu__op_set_output_like(cornu__op *op, int output, const cornu_node *like)
{
    return cornu__op_set_output(op, output, like->dtype, like->rank, like->shape);
}

cornu_status cornu__op_want_float(const cornu__op *op, int input, const char *what)
{
    if (cornu__dtype_is_float(op->inputs[input]->dtype))
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_DTYPE, "%s is %s; a float dtype was wanted", what,
                          cornu_dtype_name(op->inputs[input]->dtype));
}

cornu_status cornu__op_want_int(const cornu__op *op, int input, const char *what)
{
    if (op->inputs[input]->dtype == CORNU_INT32)
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_DTYPE, "%s is %s; int32 was wanted", what,
                          cornu_dtype_name(op->inputs[input]->dtype));
}

cornu_status cornu__op_want_same_dtype(const cornu__op *op)
{
    for (int i = 1; i < op->input_count; i++) {
        if (op->inputs[i]->dtype != op->inputs[0]->dtype)
            return cornu__op_fail(op, CORNU_ERROR_DTYPE,
                                  "the inputs are %s and %s; one dtype was wanted (cast one of them)",
                                  cornu_dtype_name(op->inputs[0]->dtype), cornu_dtype_name(op->inputs[i]->dtype));
    }
    return CORNU_OK;
}

cornu_status cornu__op_want_shape(const cornu__op *op, int input, const char *what, int rank, const int64_t *shape)
{
    const cornu_node *node = op->inputs[input];
    cornu_node wanted = {.rank = rank};
    memcpy(wanted.shape, shape, (size_t)rank * sizeof shape[0]);
    if (cornu__node_same_shape(node, &wanted))
        return CORNU_OK;
    return cornu__op_fail(op, CORNU_ERROR_SHAPE, "%s has shape %s, %s was wanted", what, cornu__node_words(node).text,
                          cornu__node_words(&wanted).text);
}

void cornu__row_major_strides(int rank, const int64_t *shape, int64_t *strides)
{
    int64_t stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
        strides[axis] = stride;
        stride *= shape[axis];
    }
}

void cornu__broadcast_strides(int rank, const int64_t *shape, int to_rank, int64_t *strides)
{
    int64_t own[CORNU_MAX_RANK];
    int missing = to_rank - rank;
    cornu__row_major_strides(rank, shape, own);
    for (int axis = 0; axis < to_rank; axis++)
        strides[axis] = axis < missing || shape[axis - missing] == 1 ? 0 : own[axis - missing];
}
