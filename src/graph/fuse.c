/*
 * fuse.c: elementwise ops with one iteration space, grouped into FUSED ops.
 *
 * Every elementwise op begins as a group of its own. In the graph's order, each op's group is merged with the groups of the ops that
 * it reads, and of other ops that read the same, as long as the limits of a FUSED op hold and no group would have to run both before and
 * after another op. For that, each op's set of ops it depends on is kept as bits; the members of a group share what any of them depends on.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/fuse_internal.h"

typedef struct group {
    int member_count;
    int member[CORNU__FUSED_MAX_INSTRUCTIONS]; /* op numbers, ascending */
} group;

typedef struct fusion {
    cornu__graph *graph;
    int op_count, words; /* words of bits in a set of ops */
    uint64_t *depends;   /* op_count sets: what each op depends on, directly or not */
    group **group_of;    /* by op number; NULL: not to be fused */
    int *first_user;     /* by node id, into user: CSR */
    int *user;           /* op numbers */
    bool *is_result;     /* by node id */
} fusion;

/* --- sets of ops --- */

static uint64_t *set_of(const fusion *f, int op)
{
    return f->depends + (size_t)op * (size_t)f->words;
}

static bool has(const uint64_t *set, int op)
{
    return set[op / 64] >> (op % 64) & 1;
}

static void insert(uint64_t *set, int op)
{
    set[op / 64] |= UINT64_C(1) << (op % 64);
}

static void join(const fusion *f, uint64_t *set, const uint64_t *other)
{
    for (int i = 0; i < f->words; i++)
        set[i] |= other[i];
}

/* --- which ops can be fused --- */

static bool can_be_fused(const cornu__op *op)
{
    if (!(cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_ELEMENTWISE))
        return false;
    const cornu_node *y = op->outputs[0];
    bool has_data = false;
    for (int i = 0; i < op->input_count; i++) {
        cornu__fused_access access;
        int64_t period;
        double value;
        if (op->inputs[i]->dtype != y->dtype || !cornu__find_access(op->inputs[i], y, &access, &period))
            return false;
        has_data = has_data || !cornu__node_is_fill(op->inputs[i], &value);
    }
    return has_data && cornu__dtype_is_float(y->dtype);
}

/* --- what a group would be as one op --- */

typedef struct interface {
    int input_count, output_count, constant_count;
    cornu_node *input[CORNU__MAX_INPUTS];
    cornu_node *output[CORNU__MAX_OUTPUTS];
    double constant[CORNU__FUSED_MAX_INSTRUCTIONS];
} interface;

static bool is_member(const group *g, int op)
{
    for (int i = 0; i < g->member_count; i++) {
        if (g->member[i] == op)
            return true;
    }
    return false;
}

/* Whether something outside the group wants a member's output. */
static bool is_wanted_outside(const fusion *f, const group *g, const cornu_node *node)
{
    if (f->is_result[node->id])
        return true;
    for (int i = f->first_user[node->id]; i < f->first_user[node->id + 1]; i++) {
        if (!is_member(g, f->user[i]))
            return true;
    }
    return false;
}

/* 0 and -0 are two numbers, NaN and NaN one. */
static bool is_same_number(double a, double b)
{
    return (a == b && signbit(a) == signbit(b)) || (isnan(a) && isnan(b));
}

static bool add_constant(interface *face, double value)
{
    for (int i = 0; i < face->constant_count; i++) {
        if (is_same_number(face->constant[i], value))
            return true;
    }
    if (face->constant_count == CORNU__FUSED_MAX_INSTRUCTIONS)
        return false;
    face->constant[face->constant_count++] = value;
    return true;
}

static bool add_input(interface *face, cornu_node *node)
{
    for (int i = 0; i < face->input_count; i++) {
        if (face->input[i] == node)
            return true;
    }
    if (face->input_count == CORNU__MAX_INPUTS)
        return false;
    face->input[face->input_count++] = node;
    return true;
}

/* False if a limit is passed. */
static bool find_interface(const fusion *f, const group *g, interface *face)
{
    face->input_count = face->output_count = face->constant_count = 0;
    for (int i = 0; i < g->member_count; i++) {
        const cornu__op *op = f->graph->ops[g->member[i]];
        for (int k = 0; k < op->input_count; k++) {
            double value;
            bool fits = is_member(g, op->inputs[k]->op->number) ||
                        (cornu__node_is_fill(op->inputs[k], &value) ? add_constant(face, value)
                                                                    : add_input(face, op->inputs[k]));
            if (!fits)
                return false;
        }
        if (!is_wanted_outside(f, g, op->outputs[0]))
            continue;
        if (face->output_count == CORNU__MAX_OUTPUTS)
            return false;
        face->output[face->output_count++] = op->outputs[0];
    }
    return g->member_count + face->constant_count <= CORNU__FUSED_MAX_INSTRUCTIONS;
}

/* --- merging --- */

/* Whether something outside both groups depends on a member of `from` and is read by a member of `to`. */
static bool detour_between(const fusion *f, const group *from, const group *to)
{
    for (int i = 0; i < to->member_count; i++) {
        const cornu__op *op = f->graph->ops[to->member[i]];
        for (int k = 0; k < op->input_count; k++) {
            int input = op->inputs[k]->op->number;
            if (!is_member(from, input) && !is_member(to, input) && has(set_of(f, input), from->member[0]))
                return true;
        }
    }
    return false;
}

static void unite(const group *a, const group *b, group *both)
{
    int i = 0, j = 0;
    both->member_count = 0;
    while (i < a->member_count || j < b->member_count) {
        bool from_a = j == b->member_count || (i < a->member_count && a->member[i] < b->member[j]);
        both->member[both->member_count++] = from_a ? a->member[i++] : b->member[j++];
    }
}

/* The members depend on all that any of them depends on, and so does whatever depends on them: what depended on one member of either
 * group that was merged depended on all of that group, so looking for `first` and `second`, one of each, is enough. */
static void spread_dependencies(const fusion *f, const group *g, int first, int second)
{
    uint64_t *all = set_of(f, g->member[0]);
    for (int i = 1; i < g->member_count; i++)
        join(f, all, set_of(f, g->member[i]));
    for (int i = 0; i < g->member_count; i++)
        insert(all, g->member[i]);
    for (int i = 1; i < g->member_count; i++)
        join(f, set_of(f, g->member[i]), all);
    for (int op = 0; op < f->op_count; op++) {
        if (has(set_of(f, op), first) || has(set_of(f, op), second))
            join(f, set_of(f, op), all);
    }
}

static void try_merge(const fusion *f, int op, int other)
{
    group *a = f->group_of[op], *b = f->group_of[other];
    if (!a || !b || a == b || a->member_count + b->member_count > CORNU__FUSED_MAX_INSTRUCTIONS)
        return;
    const cornu_node *y = f->graph->ops[op]->outputs[0], *z = f->graph->ops[other]->outputs[0];
    if (!cornu__node_same_shape(y, z) || y->dtype != z->dtype || detour_between(f, a, b) || detour_between(f, b, a))
        return;
    group both;
    interface face;
    unite(a, b, &both);
    if (!find_interface(f, &both, &face))
        return;
    int first = a->member[0], second = b->member[0];
    *a = both;
    for (int i = 0; i < a->member_count; i++)
        f->group_of[a->member[i]] = a;
    spread_dependencies(f, a, first, second);
}

/* With the makers of what the op reads, then with earlier readers of the same full-size nodes. */
static void grow_from(const fusion *f, int number)
{
    const cornu__op *op = f->graph->ops[number];
    for (int k = 0; k < op->input_count; k++)
        try_merge(f, number, op->inputs[k]->op->number);
    for (int k = 0; k < op->input_count; k++) {
        const cornu_node *input = op->inputs[k];
        if (input->count != op->outputs[0]->count || input->count == 1)
            continue;
        for (int i = f->first_user[input->id]; i < f->first_user[input->id + 1] && f->user[i] < number; i++)
            try_merge(f, number, f->user[i]);
    }
}

/* --- the FUSED op of a group --- */

static int register_of_input(const interface *face, const cornu_node *node)
{
    for (int i = 0; i < face->input_count; i++) {
        if (face->input[i] == node)
            return i;
    }
    return -1;
}

static int register_of_constant(const interface *face, double value)
{
    int i = 0;
    while (!is_same_number(face->constant[i], value))
        i++;
    return face->input_count + i;
}

/* Registers: inputs, then constants, then the members in order. */
static int register_of(const group *g, const interface *face, const cornu_node *node)
{
    double value;
    for (int i = 0; i < g->member_count; i++) {
        if (g->member[i] == node->op->number)
            return face->input_count + face->constant_count + i;
    }
    return cornu__node_is_fill(node, &value) ? register_of_constant(face, value) : register_of_input(face, node);
}

static void write_program(const fusion *f, const group *g, const interface *face, cornu__fused *fused)
{
    const cornu_node *y = f->graph->ops[g->member[0]]->outputs[0];
    fused->count = y->count;
    fused->input_count = face->input_count;
    for (int i = 0; i < face->input_count; i++)
        cornu__find_access(face->input[i], y, &fused->input[i].access, &fused->input[i].period);
    for (int i = 0; i < face->constant_count; i++)
        fused->instruction[fused->instruction_count++] =
            (cornu__fused_instruction){.kind = CORNU__OP_CONSTANT, .value = face->constant[i]};
    for (int i = 0; i < g->member_count; i++) {
        const cornu__op *op = f->graph->ops[g->member[i]];
        cornu__fused_instruction *instruction = &fused->instruction[fused->instruction_count++];
        instruction->kind = op->kind;
        for (int k = 0; k < op->input_count; k++)
            instruction->operand[k] = register_of(g, face, op->inputs[k]);
    }
    fused->output_count = face->output_count;
    for (int i = 0; i < face->output_count; i++)
        fused->output_register[i] = register_of(g, face, face->output[i]);
}

static cornu_status replace_group(const fusion *f, const group *g)
{
    interface face;
    find_interface(f, g, &face); /* held when the group was made */
    const cornu__op *last = f->graph->ops[g->member[g->member_count - 1]];
    const cornu_node *y = last->outputs[0];
    cornu__fused *fused = cornu__graph_alloc(f->graph, sizeof *fused);
    if (!fused)
        return cornu_error_status();
    write_program(f, g, &face, fused);
    cornu__op_request request = {.kind = CORNU__OP_FUSED,
                                 .input_count = face.input_count,
                                 .inputs = face.input,
                                 .attributes = {.fused = fused},
                                 .dtype = y->dtype,
                                 .output_rank = y->rank,
                                 .output_shape = y->shape};
    cornu__op *op = cornu__graph_add(f->graph, &request);
    if (!op)
        return cornu_error_status();
    op->name = last->name;
    for (int i = 0; i < face.output_count; i++)
        cornu__node_replace(face.output[i], op->outputs[i]);
    return CORNU_OK;
}

/* --- all of it --- */

static void find_dependencies(const fusion *f)
{
    for (int i = 0; i < f->op_count; i++) {
        const cornu__op *op = f->graph->ops[i];
        for (int k = 0; k < op->input_count; k++) {
            join(f, set_of(f, i), set_of(f, op->inputs[k]->op->number));
            insert(set_of(f, i), op->inputs[k]->op->number);
        }
    }
}

/* Lists each node's users in ascending order (an op that reads a node twice is listed twice). */
static void list_users(const fusion *f)
{
    int nodes = f->graph->node_count, total = 0;
    for (int i = 0; i < f->op_count; i++) {
        for (int k = 0; k < f->graph->ops[i]->input_count; k++)
            f->first_user[f->graph->ops[i]->inputs[k]->id]++;
    }
    for (int id = 0; id <= nodes; id++) { /* counts become ends, and, filled from the back, beginnings */
        total += f->first_user[id];
        f->first_user[id] = total;
    }
    for (int i = f->op_count - 1; i >= 0; i--) {
        for (int k = 0; k < f->graph->ops[i]->input_count; k++)
            f->user[--f->first_user[f->graph->ops[i]->inputs[k]->id]] = i;
    }
    for (int i = 0; i < f->graph->result_count; i++)
        f->is_result[f->graph->results[i]->id] = true;
}

static cornu_status make_groups(const fusion *f, group *groups)
{
    for (int i = 0; i < f->op_count; i++) {
        if (!can_be_fused(f->graph->ops[i]))
            continue;
        groups[i] = (group){.member_count = 1, .member = {i}};
        f->group_of[i] = &groups[i];
    }
    for (int i = 0; i < f->op_count; i++) {
        if (f->group_of[i])
            grow_from(f, i);
    }
    for (int i = 0; i < f->op_count; i++) {
        const group *g = f->group_of[i];
        if (g && g->member_count > 1 && g->member[0] == i)
            CORNU_TRY(replace_group(f, g));
    }
    return CORNU_OK;
}

static cornu_status fuse_with(fusion *f, group *groups)
{
    if (!f->depends || !f->group_of || !f->first_user || !f->user || !f->is_result || !groups)
        return cornu_error_status();
    find_dependencies(f);
    list_users(f);
    CORNU_TRY(make_groups(f, groups));
    return cornu__graph_settle(f->graph);
}

cornu_status cornu__fuse_elementwise(cornu__graph *graph)
{
    size_t ops = (size_t)graph->op_count, nodes = (size_t)graph->node_count, inputs = 0;
    for (size_t i = 0; i < ops; i++)
        inputs += (size_t)graph->ops[i]->input_count;
    fusion f = {.graph = graph, .op_count = graph->op_count, .words = (graph->op_count + 63) / 64};
    f.depends = cornu__alloc_array(ops * (size_t)f.words, sizeof(uint64_t));
    f.group_of = cornu__alloc_array(ops, sizeof(group *));
    f.first_user = cornu__alloc_array(nodes + 1, sizeof(int));
    f.user = cornu__alloc_array(inputs, sizeof(int));
    f.is_result = cornu__alloc_array(nodes, sizeof(bool));
    group *groups = cornu__alloc_array(ops, sizeof(group));
    cornu_status status = fuse_with(&f, groups);
    cornu__free(f.depends);
    cornu__free(f.group_of);
    cornu__free(f.first_user);
    cornu__free(f.user);
    cornu__free(f.is_result);
    cornu__free(groups);
    return status;
}

/* What is broadcast in a way that a FUSED op cannot read, such as (n, 1, 1, c) to (n, h, w, c), is written out, so that its reader can be
 * fused and kernels need not know more ways than those. */
static cornu_status write_out_broadcasts(cornu__graph *graph)
{
    int op_count = graph->op_count;
    for (int i = 0; i < op_count; i++) {
        const cornu__op *op = graph->ops[i];
        if (!(cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_ELEMENTWISE))
            continue;
        const cornu_node *y = op->outputs[0];
        for (int k = 0; k < op->input_count; k++) {
            cornu__fused_access access;
            int64_t period;
            if (!cornu__find_access(op->inputs[k], y, &access, &period)) {
                op->inputs[k] = cornu__op_broadcast(op->inputs[k], y->rank, y->shape);
                CORNU_TRY(cornu__built(op->inputs[k]));
            }
        }
    }
    return graph->op_count > op_count ? cornu__graph_settle(graph) : CORNU_OK;
}

cornu_status cornu__graph_fuse(cornu__graph *graph)
{
    CORNU_TRY(cornu__fuse_patterns(graph));
    CORNU_TRY(write_out_broadcasts(graph));
    return cornu__fuse_elementwise(graph);
}
