/* rewrite.c: see the header. */
#include <string.h>

#include "base/memory.h"
#include "graph/rewrite.h"

void cornu__node_replace(cornu_node *node, cornu_node *by)
{
    node->replaced_by = by;
}

bool cornu__node_is_fill(const cornu_node *node, double *value)
{
    const cornu__op *op = node->op;
    if (op->kind != CORNU__OP_CONSTANT || (!op->attributes.fills && node->count != 1))
        return false;
    *value = cornu__element_get(node->dtype, op->attributes.constant, 0);
    return true;
}

int *cornu__graph_count_uses(const cornu__graph *graph)
{
    int *uses = cornu__alloc_array((size_t)graph->node_count, sizeof uses[0]);
    if (!uses)
        return NULL;
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        for (int k = 0; k < op->input_count; k++)
            uses[cornu__graph_resolve(op->inputs[k])->id]++;
    }
    for (int i = 0; i < graph->result_count; i++)
        uses[cornu__graph_resolve(graph->results[i])->id]++;
    return uses;
}

/* --- how FUSED ops read --- */

bool cornu__find_access(const cornu_node *node, const cornu_node *y, cornu__fused_access *access, int64_t *period)
{
    int missing = y->rank - node->rank, axis = 0, last = y->rank - 1;
    *period = node->count;
    if (node->count == y->count || node->count == 1) {
        *access = node->count == y->count ? CORNU__ACCESS_FULL : CORNU__ACCESS_SCALAR;
        return true;
    }
    while (axis < y->rank && (axis < missing || node->shape[axis - missing] == 1)) /* broadcast over leading axes */
        axis++;
    bool inner = true;
    for (int i = axis; i < y->rank; i++)
        inner = inner && node->shape[i - missing] == y->shape[i];
    if (inner) {
        *access = CORNU__ACCESS_INNER;
        return true;
    }
    *period = 1;
    while (last >= 0 && last >= missing && node->shape[last - missing] == 1) /* broadcast over trailing axes */
        *period *= y->shape[last--];
    bool outer = true;
    for (int i = 0; i <= last; i++) {
        int64_t size = i < missing ? 1 : node->shape[i - missing];
        outer = outer && size == y->shape[i];
    }
    *access = CORNU__ACCESS_OUTER;
    return outer;
}

/* --- settling --- */

static cornu_status follow_forwarding(cornu__graph *graph)
{
    for (int i = 0; i < graph->op_count; i++) { /* op_count may grow: what a replacement needs may come back in */
        cornu__op *op = graph->ops[i];
        for (int k = 0; k < op->input_count; k++) {
            op->inputs[k] = cornu__graph_use(graph, op->inputs[k]);
            CORNU_TRY(cornu__built(op->inputs[k]));
        }
    }
    for (int i = 0; i < graph->result_count; i++) {
        graph->results[i] = cornu__graph_use(graph, graph->results[i]);
        CORNU_TRY(cornu__built(graph->results[i]));
    }
    return CORNU_OK;
}

/* Ops still to be looked at; has room for each op once. */
typedef struct work {
    bool *needed;
    cornu__op **stack;
    int depth;
} work;

static void need(work *w, cornu__op *op)
{
    if (w->needed[op->number])
        return;
    w->needed[op->number] = true;
    w->stack[w->depth++] = op;
}

static bool is_replaced(const cornu__op *op)
{
    bool replaced = op->output_count > 0;
    for (int i = 0; i < op->output_count; i++)
        replaced = replaced && op->outputs[i]->replaced_by;
    return replaced;
}

static bool is_effect(const cornu__op *op)
{
    return cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_EFFECT;
}

/* Marks what results and effects need. In a graph that has neither yet, the caller will still ask for nodes: all is needed. */
static void mark_needed(const cornu__graph *graph, work *w)
{
    for (int i = 0; i < graph->op_count; i++) {
        if (is_effect(graph->ops[i]))
            need(w, graph->ops[i]);
    }
    for (int i = 0; i < graph->result_count; i++)
        need(w, graph->results[i]->op);
    bool unfinished = w->depth == 0;
    for (int i = 0; i < graph->op_count && unfinished; i++) {
        if (!is_replaced(graph->ops[i]))
            need(w, graph->ops[i]);
    }
    while (w->depth > 0) {
        const cornu__op *op = w->stack[--w->depth];
        for (int k = 0; k < op->input_count; k++)
            need(w, op->inputs[k]->op);
    }
}

typedef struct sorting {
    const bool *needed;
    bool *placed;
    cornu__op **order;
    int count;
} sorting;

/* Places an op behind what it reads. The recursion is as deep as a chain of ops that stand in the wrong order: the new ones. */
static void place(sorting *s, cornu__op *op)
{
    if (s->placed[op->number])
        return;
    s->placed[op->number] = true;
    for (int k = 0; k < op->input_count; k++)
        place(s, op->inputs[k]->op);
    s->order[s->count++] = op;
}

static void sort_and_drop(cornu__graph *graph, sorting *s)
{
    for (int i = 0; i < graph->op_count; i++) {
        if (s->needed[i])
            place(s, graph->ops[i]);
    }
    for (int i = 0; i < graph->op_count; i++)
        graph->ops[i]->number = -1;
    memcpy(graph->ops, s->order, (size_t)s->count * sizeof s->order[0]);
    graph->op_count = s->count;
    for (int i = 0; i < graph->op_count; i++)
        graph->ops[i]->number = i;
}

cornu_status cornu__graph_settle(cornu__graph *graph)
{
    CORNU_TRY(follow_forwarding(graph));
    size_t count = (size_t)graph->op_count;
    bool *needed = cornu__alloc_array(count, sizeof(bool)), *placed = cornu__alloc_array(count, sizeof(bool));
    cornu__op **order = cornu__alloc_array(count, sizeof(cornu__op *));
    bool whole = needed && placed && order;
    if (whole) {
        mark_needed(graph, &(work){.needed = needed, .stack = order});
        sort_and_drop(graph, &(sorting){.needed = needed, .placed = placed, .order = order});
    }
    cornu__free(needed);
    cornu__free(placed);
    cornu__free(order);
    return whole ? CORNU_OK : cornu_error_status();
}
