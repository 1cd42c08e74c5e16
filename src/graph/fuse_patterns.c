/* fuse_patterns.c: bias and ReLU put into the ops that make what they act on: MATMUL, CONV, BATCH_NORM and its gradient. */
#include "base/memory.h"
#include "graph/fuse_internal.h"

/* Whether `node` is wanted once, by whoever asks. */
static bool has_one_user(const int *uses, const cornu_node *node)
{
    return uses[node->id] == 1;
}

static bool takes_bias(const cornu__op *op)
{
    return (op->kind == CORNU__OP_MATMUL || op->kind == CORNU__OP_CONV) && op->input_count == 2 && !op->attributes.relu;
}

static bool takes_relu(const cornu__op *op)
{
    return (op->kind == CORNU__OP_MATMUL || op->kind == CORNU__OP_CONV || op->kind == CORNU__OP_BATCH_NORM) &&
           !op->attributes.relu;
}

/* Gives an op one more input. */
static cornu_status add_input(cornu__op *op, cornu_node *input)
{
    cornu_node **inputs = cornu__graph_alloc(op->graph, (size_t)(op->input_count + 1) * sizeof(cornu_node *));
    if (!inputs)
        return cornu_error_status();
    for (int i = 0; i < op->input_count; i++)
        inputs[i] = op->inputs[i];
    inputs[op->input_count++] = input;
    op->inputs = inputs;
    return CORNU_OK;
}

/* product + bias, where the bias is a vector along the last axis */
static cornu_status fuse_bias(const int *uses, cornu__op *op)
{
    for (int side = 0; side < 2; side++) {
        cornu_node *product = op->inputs[side], *bias = op->inputs[1 - side];
        if (!takes_bias(product->op) || !has_one_user(uses, product) || bias->rank != 1 ||
            bias->count != product->shape[product->rank - 1])
            continue;
        cornu__node_replace(op->outputs[0], product);
        return add_input(product->op, bias);
    }
    return CORNU_OK;
}

static void fuse_relu(const int *uses, cornu__op *op)
{
    cornu_node *x = op->inputs[0];
    if (!takes_relu(x->op) || x->output != 0 || !has_one_user(uses, x))
        return;
    x->op->attributes.relu = true;
    cornu__node_replace(op->outputs[0], x);
}

/* The gradient of a batch normalisation with ReLU inside undoes the ReLU itself, from the output. */
static cornu_status fuse_relu_gradient(cornu__op *op)
{
    cornu_node *dy = op->inputs[0];
    const cornu__op *forward = op->inputs[3]->op;
    if (op->attributes.relu || dy->op->kind != CORNU__OP_RELU_GRADIENT || forward->kind != CORNU__OP_BATCH_NORM ||
        !forward->attributes.relu)
        return CORNU_OK;
    cornu_node *y = cornu__graph_resolve(dy->op->inputs[1]), *sent = dy->op->inputs[0];
    if (y != forward->outputs[0] || !cornu__node_same_shape(sent, y))
        return CORNU_OK;
    op->inputs[0] = sent;
    op->attributes.relu = true;
    return add_input(op, y);
}

static cornu_status fuse_op(const int *uses, cornu__op *op)
{
    for (int i = 0; i < op->input_count; i++)
        op->inputs[i] = cornu__graph_resolve(op->inputs[i]);
    switch (op->kind) {
    case CORNU__OP_STOP_GRADIENT: /* there is no differentiation after fusion */
        cornu__node_replace(op->outputs[0], op->inputs[0]);
        return CORNU_OK;
    case CORNU__OP_ADD:
        return fuse_bias(uses, op);
    case CORNU__OP_RELU:
        fuse_relu(uses, op);
        return CORNU_OK;
    case CORNU__OP_BATCH_NORM_GRADIENT:
        return fuse_relu_gradient(op);
    default:
        return CORNU_OK;
    }
}

/* An op and what it goes into change places with each other's users one to one, so the counts made at the start stay right. */
cornu_status cornu__fuse_patterns(cornu__graph *graph)
{
    int *uses = cornu__graph_count_uses(graph);
    if (!uses)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    for (int i = 0; i < graph->op_count && status == CORNU_OK; i++) {
        cornu__op *op = graph->ops[i];
        status = fuse_op(uses, op);
        /* What was put in has the users of what it replaced. */
        if (op->output_count == 1 && op->outputs[0]->replaced_by)
            uses[op->outputs[0]->replaced_by->id] += uses[op->outputs[0]->id] - 1;
    }
    cornu__free(uses);
    return status == CORNU_OK ? cornu__graph_settle(graph) : status;
}
