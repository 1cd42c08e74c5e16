/* copy.c: a graph of its own for a program, which outlives the graph that it was compiled from. */
#include <string.h>

#include "base/memory.h"
#include "graph/fuse.h"
#include "graph/operations.h"

static void *copy_bytes(cornu__graph *to, const void *bytes, size_t size)
{
    void *copy = cornu__graph_alloc(to, size);
    if (copy)
        memcpy(copy, bytes, size);
    return copy;
}

/* What attributes point to moves into the copy's memory. */
static cornu_status copy_attributes(cornu__graph *to, const cornu__op *op, cornu__attributes *attributes)
{
    const void *copy = op;
    switch (op->kind) {
    case CORNU__OP_CONSTANT: {
        size_t count = attributes->fills ? 1 : (size_t)op->outputs[0]->count;
        copy = attributes->constant =
            copy_bytes(to, attributes->constant, count * cornu_dtype_size(op->outputs[0]->dtype));
        break;
    }
    case CORNU__OP_PACK:
        copy = attributes->pack.offset =
            copy_bytes(to, attributes->pack.offset, (size_t)op->input_count * sizeof(int64_t));
        break;
    case CORNU__OP_FUSED:
        copy = attributes->fused = copy_bytes(to, attributes->fused, sizeof(cornu__fused));
        break;
    default:
        break;
    }
    return copy ? CORNU_OK : cornu_error_status();
}

/* `nodes`: by id, the copies of the nodes so far. */
static cornu_status copy_op(cornu__graph *to, const cornu__op *op, cornu_node **nodes)
{
    cornu__op *copy = copy_bytes(to, op, sizeof *op);
    if (!copy)
        return cornu_error_status();
    copy->graph = to;
    copy->inputs = cornu__graph_alloc(to, (size_t)op->input_count * sizeof(cornu_node *));
    copy->outputs = cornu__graph_alloc(to, (size_t)op->output_count * sizeof(cornu_node *));
    copy->name = op->name ? copy_bytes(to, op->name, strlen(op->name) + 1) : NULL;
    if (!copy->inputs || !copy->outputs || (op->name && !copy->name))
        return cornu_error_status();
    CORNU_TRY(copy_attributes(to, op, &copy->attributes));
    for (int i = 0; i < op->input_count; i++)
        copy->inputs[i] = nodes[op->inputs[i]->id];
    for (int i = 0; i < op->output_count; i++) {
        cornu_node *node = copy_bytes(to, op->outputs[i], sizeof *node);
        if (!node)
            return cornu_error_status();
        node->op = copy;
        copy->outputs[i] = nodes[node->id] = node;
    }
    to->ops[to->op_count++] = copy;
    return CORNU_OK;
}

static cornu_status copy_into(cornu__graph *to, const cornu__graph *graph, cornu_node **nodes)
{
    to->ops = cornu__alloc_array((size_t)graph->op_count, sizeof to->ops[0]);
    to->results = cornu__alloc_array((size_t)graph->result_count, sizeof to->results[0]);
    if (!to->ops || !to->results)
        return cornu_error_status();
    to->op_capacity = graph->op_count;
    to->result_capacity = graph->result_count;
    to->node_count = graph->node_count;
    to->input_count = graph->input_count;
    to->random_count = graph->random_count;
    for (int i = 0; i < graph->op_count; i++)
        CORNU_TRY(copy_op(to, graph->ops[i], nodes));
    for (int i = 0; i < graph->result_count; i++)
        to->results[to->result_count++] = nodes[graph->results[i]->id];
    return CORNU_OK;
}

cornu__graph *cornu__graph_copy(const cornu__graph *graph)
{
    cornu__graph *copy = cornu__graph_create();
    cornu_node **nodes = cornu__alloc_array((size_t)graph->node_count, sizeof nodes[0]);
    bool whole = copy && nodes && copy_into(copy, graph, nodes) == CORNU_OK;
    cornu__free(nodes);
    if (whole)
        return copy;
    cornu__graph_release(copy);
    return NULL;
}
