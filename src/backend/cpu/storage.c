/*
 * storage.c: where each node's elements lie.
 *
 * A storage is a block of memory with one life; a node's slot is a place in one. Views share their input's slot. What PACK and CONCATENATE
 * put together is written straight to its place. A value that is assigned to a variable is written straight to the
 * variable where nobody reads the old value afterwards. An elementwise op writes over an input that nobody needs any more. Whatever is
 * left gets a place in the arena by its life, largest first.
 */
#include <limits.h>
#include <string.h>

#include "backend/cpu/program.h"
#include "base/memory.h"
#include "graph/fuse.h"

cornu_status cornu__storage_add(cornu__cpu_program *program, cornu__storage storage, int *index)
{
    if (program->storage_count == program->storage_capacity) {
        size_t capacity = program->storage_capacity ? 2 * (size_t)program->storage_capacity : 64;
        void *grown = cornu__realloc(program->storages, sizeof(cornu__storage) * (size_t)program->storage_capacity,
                                     sizeof(cornu__storage) * capacity);
        if (!grown)
            return cornu_error_status();
        program->storages = grown;
        program->storage_capacity = (int)capacity;
    }
    *index = program->storage_count++;
    program->storages[*index] = storage;
    return CORNU_OK;
}

cornu__slot cornu__slot_resolve(const cornu__cpu_program *program, cornu__slot slot)
{
    while (program->storages[slot.storage].place == CORNU__PLACE_INSIDE) {
        const cornu__storage *storage = &program->storages[slot.storage];
        slot = (cornu__slot){storage->index, slot.offset + storage->offset};
    }
    return slot;
}

bool cornu__slot_same(const cornu__cpu_program *program, cornu__slot a, cornu__slot b)
{
    a = cornu__slot_resolve(program, a);
    b = cornu__slot_resolve(program, b);
    const cornu__storage *from = &program->storages[a.storage], *to = &program->storages[b.storage];
    /* A variable, and a value that is assigned to it in place, are two storages at one address. */
    if (from->place == CORNU__PLACE_VARIABLE && to->place == CORNU__PLACE_VARIABLE)
        return from->index == to->index && from->offset + a.offset == to->offset + b.offset;
    return a.storage == b.storage && a.offset == b.offset;
}

static cornu__storage *root_of(const cornu__compiler *compiler, const cornu_node *node)
{
    return &compiler->program->storages[cornu__slot_resolve(compiler->program, cornu__slot_of(compiler, node)).storage];
}

static size_t size_of(const cornu_node *node)
{
    return (size_t)node->count * cornu_dtype_size(node->dtype);
}

static bool is_view(const cornu__op *op)
{
    return op->kind == CORNU__OP_RESHAPE || op->kind == CORNU__OP_STOP_GRADIENT;
}

/* --- first: every node its own storage, views their input's --- */

static cornu_status place_node(cornu__compiler *compiler, const cornu_node *node)
{
    const cornu__op *op = node->op;
    if (is_view(op)) {
        compiler->slots[node->id] = compiler->slots[op->inputs[0]->id];
        return CORNU_OK;
    }
    cornu__storage storage = {
        .place = CORNU__PLACE_ARENA, .size = size_of(node), .first = op->number, .last = op->number};
    if (op->kind == CORNU__OP_INPUT) {
        storage.place = CORNU__PLACE_INPUT;
        storage.index = (int)op->attributes.index;
    } else if (op->kind == CORNU__OP_VARIABLE) {
        storage.place = CORNU__PLACE_VARIABLE;
        storage.index = op->attributes.variable.buffer;
        storage.offset = (size_t)op->attributes.variable.offset * cornu_dtype_size(node->dtype);
    } else if (op->kind == CORNU__OP_CONSTANT || op->kind == CORNU__OP_PACK) {
        storage.place = CORNU__PLACE_PRIVATE;
    }
    return cornu__storage_add(compiler->program, storage, &compiler->slots[node->id].storage);
}

/* --- PACK and CONCATENATE: their inputs are written where they go --- */

/* Where input `input` lies in the output, in bytes; false if it is not one stretch. */
static bool place_inside(const cornu__op *op, int input, size_t *offset)
{
    const cornu_node *node = op->inputs[input];
    if (op->kind == CORNU__OP_PACK) {
        *offset = (size_t)op->attributes.pack.offset[input] * cornu_dtype_size(node->dtype);
        return true;
    }
    for (int axis = 0; axis < op->attributes.axis; axis++)
        if (node->shape[axis] != 1)
            return false;
    *offset = 0;
    for (int i = 0; i < input; i++)
        *offset += size_of(op->inputs[i]);
    return true;
}

static void place_parts(cornu__compiler *compiler, const cornu__op *op)
{
    for (int i = 0; i < op->input_count; i++) {
        cornu__slot slot = cornu__slot_of(compiler, op->inputs[i]);
        cornu__storage *storage = &compiler->program->storages[slot.storage];
        size_t offset;
        if (storage->place == CORNU__PLACE_ARENA && slot.offset == 0 && storage->size == size_of(op->inputs[i]) &&
            place_inside(op, i, &offset)) {
            storage->place = CORNU__PLACE_INSIDE;
            storage->index = cornu__slot_of(compiler, op->outputs[0]).storage;
            storage->offset = offset;
        }
    }
}

/* --- lives --- */

static void live(cornu__compiler *compiler, const cornu_node *node, int at)
{
    cornu__storage *root = root_of(compiler, node);
    root->first = at < root->first ? at : root->first;
    root->last = at > root->last ? at : root->last;
}

static void find_lives(cornu__compiler *compiler)
{
    const cornu__graph *graph = compiler->graph;
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        for (int j = 0; j < op->output_count; j++)
            live(compiler, op->outputs[j], i);
        for (int j = 0; j < op->input_count; j++)
            live(compiler, op->inputs[j], op->kind == CORNU__OP_ASSIGN ? INT_MAX : i);
    }
    for (int i = 0; i < graph->result_count; i++)
        live(compiler, graph->results[i], INT_MAX);
}

/* --- in place --- */

bool cornu__op_in_place(const cornu__op *op, int input)
{
    if (op->kind == CORNU__OP_FUSED)
        return op->attributes.fused->input[input].access == CORNU__ACCESS_FULL &&
               op->inputs[input]->dtype == op->outputs[0]->dtype;
    bool elementwise = cornu__op_definition_of(op->kind)->flags & CORNU__OP_IS_ELEMENTWISE;
    return (elementwise || op->kind == CORNU__OP_DROPOUT) && op->inputs[input]->count == op->outputs[0]->count &&
           cornu_dtype_size(op->inputs[input]->dtype) == cornu_dtype_size(op->outputs[0]->dtype);
}

static bool overlaps(const cornu__storage *storage, const cornu__op *assign)
{
    size_t width = cornu_dtype_size(assign->inputs[0]->dtype);
    size_t begin = (size_t)assign->attributes.variable.offset * width;
    return storage->place == CORNU__PLACE_VARIABLE && storage->index == assign->attributes.variable.buffer &&
           storage->offset < begin + size_of(assign->inputs[0]) && begin < storage->offset + storage->size;
}

static bool exactly(const cornu__storage *storage, const cornu__op *assign)
{
    size_t width = cornu_dtype_size(assign->inputs[0]->dtype);
    return storage->offset == (size_t)assign->attributes.variable.offset * width &&
           storage->size == size_of(assign->inputs[0]);
}

/* Whether nothing reads the old value of the variable once `producer` writes the new one. */
static bool old_value_is_free(const cornu__compiler *compiler, const cornu__op *assign, const cornu__op *producer)
{
    const cornu__graph *graph = compiler->graph;
    for (int i = 0; i < graph->result_count; i++)
        if (overlaps(root_of(compiler, graph->results[i]), assign))
            return false;
    for (int i = producer->number; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        for (int j = 0; j < op->input_count; j++) {
            const cornu__storage *root = root_of(compiler, op->inputs[j]);
            if (is_view(op) || !overlaps(root, assign))
                continue;
            if (op != producer || !cornu__op_in_place(op, j) || !exactly(root, assign))
                return false;
        }
    }
    return true;
}

static bool may_fail(const cornu__op *op)
{
    if (op->kind == CORNU__OP_CTC)
        return true;
    if (op->kind != CORNU__OP_GATHER && op->kind != CORNU__OP_SPARSE_CROSS_ENTROPY)
        return false;
    const cornu_node *indices = op->inputs[1];
    while (is_view(indices->op))
        indices = indices->op->inputs[0];
    return indices->op->kind != CORNU__OP_INPUT; /* inputs are checked before the run begins */
}

static void assign_in_place(cornu__compiler *compiler)
{
    const cornu__graph *graph = compiler->graph;
    int last_failure = -1;
    for (int i = 0; i < graph->op_count; i++)
        if (may_fail(graph->ops[i]))
            last_failure = i;
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *assign = graph->ops[i];
        if (assign->kind != CORNU__OP_ASSIGN)
            continue;
        const cornu_node *value = assign->inputs[0];
        while (is_view(value->op))
            value = value->op->inputs[0];
        cornu__slot slot = cornu__slot_of(compiler, value);
        cornu__storage *storage = &compiler->program->storages[slot.storage];
        if (storage->place != CORNU__PLACE_ARENA || storage->size != size_of(value) ||
            value->op->number <= last_failure || !old_value_is_free(compiler, assign, value->op))
            continue;
        storage->place = CORNU__PLACE_VARIABLE;
        storage->index = assign->attributes.variable.buffer;
        storage->offset = (size_t)assign->attributes.variable.offset * cornu_dtype_size(value->dtype);
        compiler->assigned_in_place[i] = true;
    }
}

/* Whether the op can write over the storage `root`: it dies here, and all that the op reads of it is read at the same element. */
static bool can_write_over(const cornu__compiler *compiler, const cornu__op *op, int root)
{
    const cornu__storage *storage = &compiler->program->storages[root];
    if (storage->place != CORNU__PLACE_ARENA || storage->last != op->number)
        return false;
    for (int i = 0; i < op->input_count; i++) {
        cornu__slot slot = cornu__slot_resolve(compiler->program, cornu__slot_of(compiler, op->inputs[i]));
        if (slot.storage == root && (!cornu__op_in_place(op, i) || size_of(op->inputs[i]) != storage->size))
            return false;
    }
    return true;
}

/* An elementwise op's output takes over the memory of an input that dies there. */
static void reuse_inputs(cornu__compiler *compiler, const cornu__op *op)
{
    int taken[CORNU__MAX_OUTPUTS];
    int taken_count = 0;
    for (int j = 0; j < op->output_count; j++) {
        cornu__storage *storage = &compiler->program->storages[cornu__slot_of(compiler, op->outputs[j]).storage];
        for (int k = 0; k < op->input_count && storage->place == CORNU__PLACE_ARENA; k++) {
            int root = cornu__slot_resolve(compiler->program, cornu__slot_of(compiler, op->inputs[k])).storage;
            bool free = cornu__op_in_place(op, k) && can_write_over(compiler, op, root);
            for (int t = 0; t < taken_count; t++)
                free = free && taken[t] != root;
            if (!free || compiler->program->storages[root].size != storage->size)
                continue;
            taken[taken_count++] = root;
            *storage = (cornu__storage){
                .place = CORNU__PLACE_INSIDE, .index = root, .size = storage->size, .last = storage->last};
        }
    }
    for (int j = 0; j < op->output_count; j++) {
        cornu__storage *storage = &compiler->program->storages[cornu__slot_of(compiler, op->outputs[j]).storage];
        for (int t = 0; t < taken_count; t++)
            if (storage->place == CORNU__PLACE_INSIDE && storage->index == taken[t] &&
                storage->last > compiler->program->storages[taken[t]].last)
                compiler->program->storages[taken[t]].last = storage->last;
    }
}

cornu_status cornu__compiler_place(cornu__compiler *compiler)
{
    const cornu__graph *graph = compiler->graph;
    for (int i = 0; i < graph->op_count; i++)
        for (int j = 0; j < graph->ops[i]->output_count; j++)
            CORNU_TRY(place_node(compiler, graph->ops[i]->outputs[j]));
    for (int i = 0; i < graph->op_count; i++)
        if (graph->ops[i]->kind == CORNU__OP_PACK || graph->ops[i]->kind == CORNU__OP_CONCATENATE)
            place_parts(compiler, graph->ops[i]);
    assign_in_place(compiler);
    find_lives(compiler);
    for (int i = 0; i < graph->op_count; i++)
        if (!is_view(graph->ops[i]))
            reuse_inputs(compiler, graph->ops[i]);
    return CORNU_OK;
}

/* --- the plan: offsets --- */

static size_t aligned(size_t size)
{
    return (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

/* The lowest offset at which `storage` meets no storage already planned that lives at the same time. `planned` is sorted by offset. */
static size_t lowest_gap(const cornu__storage *storages, const int *planned, int count, const cornu__storage *storage)
{
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        const cornu__storage *other = &storages[planned[i]];
        if (other->last < storage->first || storage->last < other->first)
            continue;
        if (other->offset >= at + aligned(storage->size))
            break;
        if (other->offset + aligned(other->size) > at)
            at = other->offset + aligned(other->size);
    }
    return at;
}

static void insert_sorted(const cornu__storage *storages, int *planned, int count, int index)
{
    int at = count;
    for (; at > 0 && storages[planned[at - 1]].offset > storages[index].offset; at--)
        planned[at] = planned[at - 1];
    planned[at] = index;
}

static int largest_left(const cornu__cpu_program *program, const bool *done)
{
    int best = -1;
    for (int i = 0; i < program->storage_count; i++)
        if (!done[i] && program->storages[i].place == CORNU__PLACE_ARENA &&
            (best < 0 || program->storages[i].size > program->storages[best].size))
            best = i;
    return best;
}

cornu_status cornu__plan_memory(cornu__cpu_program *program)
{
    int *planned = cornu__alloc_array((size_t)program->storage_count, sizeof(int));
    bool *done = cornu__alloc_array((size_t)program->storage_count, sizeof(bool));
    if (!planned || !done) {
        cornu__free(planned);
        cornu__free(done);
        return cornu_error_status();
    }
    int count = 0;
    for (int next; (next = largest_left(program, done)) >= 0; count++) {
        cornu__storage *storage = &program->storages[next];
        storage->offset = lowest_gap(program->storages, planned, count, storage);
        insert_sorted(program->storages, planned, count, next);
        done[next] = true;
        size_t end = storage->offset + aligned(storage->size);
        program->arena_size = end > program->arena_size ? end : program->arena_size;
    }
    for (int i = 0; i < program->storage_count; i++) {
        cornu__storage *storage = &program->storages[i];
        if (storage->place == CORNU__PLACE_PRIVATE) {
            storage->offset = program->private_size;
            program->private_size += aligned(storage->size);
        }
    }
    cornu__free(planned);
    cornu__free(done);
    return CORNU_OK;
}
