/* describe.c: a graph in words, and the check of what graph.h promises. */
#include <string.h>

#include "base/memory.h"
#include "graph/operations.h"

/* --- in words --- */

static void describe_op(cornu__text *text, const cornu__op *op)
{
    cornu__text_add(text, "%4d %s %s", op->number, op->name ? op->name : "-", cornu__op_definition_of(op->kind)->name);
    for (int i = 0; i < op->output_count; i++)
        cornu__text_add(text, " %%%d %s%s", op->outputs[i]->id,
                        op->outputs[i]->dtype == CORNU_FLOAT32 ? "" : cornu_dtype_name(op->outputs[i]->dtype),
                        cornu__node_words(op->outputs[i]).text);
    if (op->input_count > 0)
        cornu__text_add(text, " <-");
    for (int i = 0; i < op->input_count; i++)
        cornu__text_add(text, " %%%d", op->inputs[i]->id);
    cornu__text_add(text, "%s\n", op->attributes.relu ? " +relu" : "");
}

char *cornu__graph_describe(const cornu__graph *graph)
{
    cornu__text text = {0};
    for (int i = 0; i < graph->op_count; i++)
        describe_op(&text, graph->ops[i]);
    cornu__text_add(&text, "results:");
    for (int i = 0; i < graph->result_count; i++)
        cornu__text_add(&text, " %%%d", graph->results[i]->id);
    cornu__text_add(&text, "\n");
    return cornu__text_take(&text);
}

/* --- the check --- */

static cornu_status broken(const cornu__op *op, const char *what)
{
    return cornu__op_fail(op, CORNU_ERROR_INTERNAL, "the graph is broken at op %d: %s", op->number, what);
}

static cornu_status check_node(const cornu__op *op, int output, bool *seen)
{
    const cornu_node *node = op->outputs[output];
    int64_t count = 1;
    for (int axis = 0; axis < node->rank; axis++)
        count *= node->shape[axis];
    if (node->op != op || node->output != output)
        return broken(op, "an output does not belong to it");
    if (node->id < 0 || node->id >= op->graph->node_count || seen[node->id])
        return broken(op, "an output's id is not its own");
    if (node->rank < 0 || node->rank > CORNU_MAX_RANK || count != node->count || count < 1)
        return broken(op, "an output's count is not its shape's");
    if (!cornu__dtype_is_float(node->dtype) && node->dtype != CORNU_INT32)
        return broken(op, "an output's dtype cannot be used");
    if (node->replaced_by)
        return broken(op, "an output was replaced but is still made");
    seen[node->id] = true;
    return CORNU_OK;
}

/* A second inference in memory of its own must give the same outputs. (ASSIGN has none: see check_effects.) */
static cornu_status check_shapes(const cornu__op *op)
{
    cornu_node nodes[CORNU__MAX_OUTPUTS] = {0};
    cornu_node *outputs[CORNU__MAX_OUTPUTS];
    int count = op->output_count;
    if (count == 0)
        return CORNU_OK;
    for (int i = 0; i < count; i++)
        outputs[i] = &nodes[i];
    cornu__op again = *op;
    again.outputs = outputs;
    cornu__op_request request = {.kind = op->kind,
                                 .input_count = op->input_count,
                                 .inputs = op->inputs,
                                 .attributes = op->attributes,
                                 .dtype = op->outputs[0]->dtype,
                                 .output_rank = op->outputs[0]->rank,
                                 .output_shape = op->outputs[0]->shape};
    CORNU_TRY(cornu__op_definition_of(op->kind)->infer(&again, &request));
    for (int i = 0; i < count; i++) {
        if (!cornu__node_same_shape(&nodes[i], op->outputs[i]) || nodes[i].dtype != op->outputs[i]->dtype)
            return broken(op, "an output's shape or dtype is not what the inputs give");
    }
    return CORNU_OK;
}

static cornu_status check_op(const cornu__graph *graph, int number, bool *seen)
{
    const cornu__op *op = graph->ops[number];
    const cornu__op_definition *definition = cornu__op_definition_of(op->kind);
    if (op->number != number || op->graph != graph)
        return broken(op, "its number or graph is wrong");
    if (op->input_count < definition->input_min || op->input_count > definition->input_max)
        return broken(op, "it has too many or too few inputs");
    for (int i = 0; i < op->input_count; i++) {
        const cornu_node *input = op->inputs[i];
        if (!input || input->replaced_by || input->id >= graph->node_count || !seen[input->id])
            return broken(op, "an input is not made before it");
    }
    for (int i = 0; i < op->output_count; i++)
        CORNU_TRY(check_node(op, i, seen));
    return check_shapes(op);
}

static cornu_status check_effects(const cornu__graph *graph)
{
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *a = graph->ops[i];
        for (int j = 0; j < i && a->kind == CORNU__OP_ASSIGN; j++) {
            const cornu__op *b = graph->ops[j];
            int64_t a_begin = a->attributes.variable.offset, b_begin = b->attributes.variable.offset;
            if (b->kind == CORNU__OP_ASSIGN && a->attributes.variable.buffer == b->attributes.variable.buffer &&
                a_begin < b_begin + b->inputs[0]->count && b_begin < a_begin + a->inputs[0]->count)
                return broken(a, "it assigns what another op assigned");
        }
    }
    return CORNU_OK;
}

static cornu_status check_with(const cornu__graph *graph, bool *seen)
{
    for (int i = 0; i < graph->op_count; i++)
        CORNU_TRY(check_op(graph, i, seen));
    for (int i = 0; i < graph->result_count; i++) {
        const cornu_node *result = graph->results[i];
        if (result->replaced_by || !seen[result->id])
            return broken(result->op, "a result is not made");
    }
    return check_effects(graph);
}

cornu_status cornu__graph_check(const cornu__graph *graph)
{
    bool *seen = cornu__alloc_array((size_t)graph->node_count, sizeof seen[0]);
    if (!seen)
        return cornu_error_status();
    cornu_status status = check_with(graph, seen);
    cornu__free(seen);
    return status;
}
