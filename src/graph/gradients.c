/*
 * gradients.c: reverse-mode differentiation. Each op's rule adds the ops of its backward pass; a node that several ops read gets
 * the sum of what they send back. Only what lies between the loss and the wanted nodes is differentiated.
 */
#include <string.h>

#include "base/memory.h"
#include "graph/operations.h"

typedef struct pass {
    cornu__graph *graph;
    bool *active;          /* by node id: depends on a wanted node through differentiable ops */
    cornu_node **gradient; /* by node id: what has been sent back so far */
} pass;

cornu_status cornu__built(const cornu_node *node)
{
    if (node)
        return CORNU_OK;
    return cornu_error_status() != CORNU_OK
               ? cornu_error_status()
               : cornu__fail(CORNU_ERROR_INTERNAL, "an op of the backward pass is missing");
}

cornu_status cornu__no_second_gradient(cornu__op *op, cornu_node *const *output_gradients, const bool *wanted,
                                       cornu_node **input_gradients)
{
    (void)output_gradients;
    (void)wanted;
    (void)input_gradients;
    return cornu__op_fail(op, CORNU_ERROR_UNSUPPORTED, "%s cannot be differentiated",
                          cornu__op_definition_of(op->kind)->name);
}

static bool reads_active(const pass *p, const cornu__op *op)
{
    for (int i = 0; i < op->input_count; i++) {
        if (p->active[op->inputs[i]->id])
            return true;
    }
    return false;
}

/* Goes forward from the wanted nodes. */
static void mark_active(pass *p, int count, cornu_node *const *wrt, int op_count)
{
    for (int i = 0; i < count; i++)
        p->active[cornu__graph_resolve(wrt[i])->id] = true;
    for (int i = 0; i < op_count; i++) {
        const cornu__op *op = p->graph->ops[i];
        if (!cornu__op_definition_of(op->kind)->gradient || !reads_active(p, op))
            continue;
        for (int k = 0; k < op->output_count; k++) {
            if (cornu__dtype_is_float(op->outputs[k]->dtype))
                p->active[op->outputs[k]->id] = true;
        }
    }
}

static cornu_status send_back(pass *p, const cornu_node *to, cornu_node *gradient)
{
    if (!gradient)
        return CORNU_OK;
    cornu_node **sum = &p->gradient[to->id];
    *sum = *sum ? cornu__add(*sum, gradient) : gradient;
    return cornu__built(*sum);
}

static cornu_status apply_rule(pass *p, cornu__op *op)
{
    cornu_node *output_gradients[CORNU__MAX_OUTPUTS] = {0}, *input_gradients[CORNU__MAX_INPUTS] = {0};
    bool wanted[CORNU__MAX_INPUTS], sent = false, any = false;
    for (int k = 0; k < op->output_count; k++) {
        output_gradients[k] = p->gradient[op->outputs[k]->id];
        sent = sent || output_gradients[k];
    }
    for (int i = 0; i < op->input_count; i++) {
        wanted[i] = p->active[op->inputs[i]->id] && cornu__dtype_is_float(op->inputs[i]->dtype);
        any = any || wanted[i];
    }
    const cornu__op_definition *definition = cornu__op_definition_of(op->kind);
    if (!sent || !any || !definition->gradient)
        return CORNU_OK;
    const char *scope = p->graph->scope;
    p->graph->scope = op->name; /* ops of the backward pass are named after the forward op */
    cornu_status status = definition->gradient(op, output_gradients, wanted, input_gradients);
    for (int i = 0; i < op->input_count && status == CORNU_OK; i++) {
        if (wanted[i])
            status = send_back(p, op->inputs[i], input_gradients[i]);
    }
    p->graph->scope = scope;
    return status;
}

static cornu_status run_pass(pass *p, cornu_node *loss, int count, cornu_node *const *wrt, cornu_node **gradients)
{
    int op_count = p->graph->op_count;
    mark_active(p, count, wrt, op_count);
    p->gradient[loss->id] = cornu__op_fill(p->graph, loss->dtype, loss->rank, loss->shape, 1);
    CORNU_TRY(cornu__built(p->gradient[loss->id]));
    for (int i = op_count - 1; i >= 0; i--)
        CORNU_TRY(apply_rule(p, p->graph->ops[i]));
    for (int i = 0; i < count; i++)
        gradients[i] = p->gradient[cornu__graph_resolve(wrt[i])->id];
    return CORNU_OK;
}

cornu_status cornu__gradients(cornu_node *loss, int count, cornu_node *const *wrt, cornu_node **gradients)
{
    CORNU_TRY(cornu__built(loss));
    for (int i = 0; i < count; i++) {
        gradients[i] = NULL;
        CORNU_TRY(cornu__built(wrt[i]));
    }
    cornu__graph *graph = loss->op->graph;
    loss = cornu__graph_use(graph, loss);
    CORNU_TRY(cornu__built(loss));
    if (loss->count != 1 || !cornu__dtype_is_float(loss->dtype))
        return cornu__op_fail(loss->op, CORNU_ERROR_SHAPE, "the loss has shape %s and dtype %s; one float was wanted",
                              cornu__node_words(loss).text, cornu_dtype_name(loss->dtype));
    size_t nodes = (size_t)graph->node_count;
    pass p = {.graph = graph,
              .active = cornu__alloc_array(nodes, sizeof(bool)),
              .gradient = cornu__alloc_array(nodes, sizeof(cornu_node *))};
    cornu_status status = p.active && p.gradient ? run_pass(&p, loss, count, wrt, gradients) : cornu_error_status();
    cornu__free(p.active);
    cornu__free(p.gradient);
    return status;
}
