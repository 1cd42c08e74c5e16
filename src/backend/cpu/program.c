/* program.c: compiling a graph into instructions, and running them. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/program.h"
#include "base/memory.h"

/* --- memory that goes with the program --- */

typedef struct cornu__kept {
    struct cornu__kept *next;
    char padding[CORNU_ALIGNMENT - sizeof(void *)];
} cornu__kept;

void *cornu__cpu_keep(cornu__cpu_program *program, size_t size)
{
    cornu__kept *block = cornu__alloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = program->kept;
    program->kept = block;
    return block + 1;
}

char *cornu__cpu_keep_text(cornu__cpu_program *program, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = cornu__cpu_keep(program, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void cornu__cpu_program_destroy(cornu__program *common)
{
    cornu__cpu_program *program = (cornu__cpu_program *)common;
    for (int i = 0; i < program->instruction_count; i++)
        if (program->instructions[i].onednn && !program->instructions[i].packs)
            cornu__onednn_release(program->instructions[i].onednn);
    while (program->kept) {
        cornu__kept *next = program->kept->next;
        cornu__free(program->kept);
        program->kept = next;
    }
    cornu__graph_release(program->graph);
    cornu__free(program->instructions);
    cornu__free(program->storages);
    cornu__free(program->private_memory);
}

/* --- compiling --- */

static const cornu__op *base_of(const cornu_node *node)
{
    while (node->op->kind == CORNU__OP_RESHAPE || node->op->kind == CORNU__OP_STOP_GRADIENT)
        node = node->op->inputs[0];
    return node->op;
}

static bool is_outside(const cornu_node *node)
{
    cornu__op_kind kind = base_of(node)->kind;
    return kind == CORNU__OP_VARIABLE || kind == CORNU__OP_INPUT;
}

static size_t size_of(const cornu_node *node)
{
    return (size_t)node->count * cornu_dtype_size(node->dtype);
}

/* A copy, made before anything is assigned, of a node that lies in a variable or input: *slot. */
static cornu_status snapshot(cornu__compiler *compiler, const cornu_node *node, cornu__slot *slot)
{
    slot->offset = 0;
    cornu__storage storage = {.place = CORNU__PLACE_PRIVATE, .size = size_of(node)};
    CORNU_TRY(cornu__storage_add(compiler->program, storage, &slot->storage));
    return cornu__compiler_emit_copy(compiler, base_of(node), cornu__slot_of(compiler, node), *slot, size_of(node));
}

static cornu_status take_results(cornu__compiler *compiler)
{
    cornu__cpu_program *program = compiler->program;
    program->results = cornu__cpu_keep(program, sizeof(cornu__slot) * (size_t)(compiler->graph->result_count + 1));
    if (!program->results)
        return cornu_error_status();
    for (int i = 0; i < compiler->graph->result_count; i++) {
        const cornu_node *node = compiler->graph->results[i];
        program->results[i] = cornu__slot_of(compiler, node);
        if (is_outside(node))
            CORNU_TRY(snapshot(compiler, node, &program->results[i]));
    }
    return CORNU_OK;
}

/* Where the value of each ASSIGN that is not in place will be found at the end of the run. */
static cornu_status take_values(cornu__compiler *compiler, cornu__slot *values)
{
    for (int i = 0; i < compiler->graph->op_count; i++) {
        const cornu__op *op = compiler->graph->ops[i];
        if (op->kind != CORNU__OP_ASSIGN || compiler->assigned_in_place[i])
            continue;
        values[i] = cornu__slot_of(compiler, op->inputs[0]);
        if (base_of(op->inputs[0])->kind == CORNU__OP_VARIABLE)
            CORNU_TRY(snapshot(compiler, op->inputs[0], &values[i]));
    }
    return CORNU_OK;
}

static cornu_status assign_values(cornu__compiler *compiler, const cornu__slot *values)
{
    for (int i = 0; i < compiler->graph->op_count; i++) {
        const cornu__op *op = compiler->graph->ops[i];
        if (op->kind != CORNU__OP_ASSIGN)
            continue;
        compiler->program->assigns[op->attributes.variable.buffer] = true;
        if (compiler->assigned_in_place[i])
            continue;
        cornu__slot to = {0};
        size_t offset = (size_t)op->attributes.variable.offset * cornu_dtype_size(op->inputs[0]->dtype);
        cornu__storage region = {.place = CORNU__PLACE_VARIABLE,
                                 .index = op->attributes.variable.buffer,
                                 .offset = offset,
                                 .size = size_of(op->inputs[0])};
        CORNU_TRY(cornu__storage_add(compiler->program, region, &to.storage));
        CORNU_TRY(cornu__compiler_emit_copy(compiler, op, values[i], to, region.size));
    }
    return CORNU_OK;
}

/* Labels and indices that come from inputs are checked before a run begins. */
static cornu_status take_checks(cornu__compiler *compiler)
{
    cornu__cpu_program *program = compiler->program;
    program->checks = cornu__cpu_keep(program, sizeof(cornu__label_check) * (size_t)(compiler->graph->op_count + 1));
    if (!program->checks)
        return cornu_error_status();
    for (int i = 0; i < compiler->graph->op_count; i++) {
        const cornu__op *op = compiler->graph->ops[i];
        if ((op->kind != CORNU__OP_GATHER && op->kind != CORNU__OP_SPARSE_CROSS_ENTROPY) ||
            base_of(op->inputs[1])->kind != CORNU__OP_INPUT)
            continue;
        const cornu_node *x = op->inputs[0];
        const char *name = op->name ? op->name : cornu__op_definition_of(op->kind)->name;
        cornu__label_check *check = &program->checks[program->check_count++];
        *check = (cornu__label_check){.input = (int)base_of(op->inputs[1])->attributes.index,
                                      .count = op->inputs[1]->count,
                                      .limit = op->kind == CORNU__OP_GATHER ? x->shape[0] : x->shape[x->rank - 1],
                                      .name = cornu__cpu_keep_text(program, name)};
        if (!check->name)
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status lower_all(cornu__compiler *compiler, cornu__slot *values)
{
    cornu__graph *graph = compiler->graph;
    compiler->op_number = 0;
    CORNU_TRY(take_results(compiler));
    CORNU_TRY(take_values(compiler, values));
    CORNU_TRY(take_checks(compiler));
    for (int i = 0; i < graph->op_count; i++) {
        compiler->op_number = i;
        if (cornu__lower_op(compiler, graph->ops[i]) != CORNU_OK)
            return cornu__fail_context("%s", graph->ops[i]->name ? graph->ops[i]->name : "compiling a program");
        compiler->program->flops += cornu__backend_op_flops(graph->ops[i]);
    }
    compiler->op_number = graph->op_count;
    return assign_values(compiler, values);
}

static void fill(char *to, const cornu_node *node, const cornu__attributes *attributes)
{
    size_t width = cornu_dtype_size(node->dtype);
    if (!attributes->fills) {
        memcpy(to, attributes->constant, width * (size_t)node->count);
        return;
    }
    for (int64_t i = 0; i < node->count; i++)
        memcpy(to + width * (size_t)i, attributes->constant, width);
}

/* Private memory: zeros (PACK's gaps stay so) and the constants. */
static cornu_status make_private(cornu__compiler *compiler)
{
    cornu__cpu_program *program = compiler->program;
    program->private_memory = cornu__alloc(program->private_size);
    if (!program->private_memory)
        return cornu_error_status();
    for (int i = 0; i < compiler->graph->op_count; i++) {
        const cornu__op *op = compiler->graph->ops[i];
        if (op->kind != CORNU__OP_CONSTANT)
            continue;
        cornu__slot slot = cornu__slot_of(compiler, op->outputs[0]);
        fill(program->private_memory + program->storages[slot.storage].offset, op->outputs[0], &op->attributes);
    }
    return CORNU_OK;
}

static cornu_status grow_arena(cornu__cpu *backend, size_t size)
{
    if (size <= backend->arena_size && backend->arena)
        return CORNU_OK;
    char *arena = cornu__alloc_uninitialized(size + CORNU_ALIGNMENT);
    if (!arena)
        return cornu_error_status();
    if (backend->arena_used)
        backend->retired = backend->arena; /* results stay readable until a program runs */
    else
        cornu__free(backend->arena);
    backend->arena = arena;
    backend->arena_used = false;
    backend->arena_size = size;
    backend->arena_version++;
    return CORNU_OK;
}

static void say_kernels(const cornu__cpu_program *program)
{
    const char *verbose = getenv("CORNU_VERBOSE");
    if (!verbose || atoi(verbose) < 2)
        return;
    fprintf(
        stderr, "cornu: a program of %d kernels, %d reorders, %d packed kernels; arena %zu bytes, private %zu bytes\n",
        program->instruction_count, program->reorders, program->pack_count, program->arena_size, program->private_size);
    for (int i = 0; i < program->instruction_count; i++)
        fprintf(stderr, "cornu: %4d %s%s\n", i, program->instructions[i].name,
                program->instructions[i].threads > 1 ? "" : " (one thread)");
}

static cornu_status compile(cornu__compiler *compiler)
{
    cornu__cpu_program *program = compiler->program;
    CORNU_TRY(cornu__compiler_place(compiler));
    cornu__slot *values = cornu__alloc_array((size_t)compiler->graph->op_count + 1, sizeof(cornu__slot));
    if (!values)
        return cornu_error_status();
    cornu_status status = lower_all(compiler, values);
    cornu__free(values);
    CORNU_TRY(status);
    CORNU_TRY(cornu__plan_memory(program));
    CORNU_TRY(make_private(compiler));
    CORNU_TRY(grow_arena(compiler->backend, program->arena_size));
    say_kernels(program);
    return CORNU_OK;
}

cornu_status cornu__cpu_program_compile(cornu__program *common, cornu__graph *graph)
{
    CORNU_TRY(cornu__graph_simplify(graph));
    CORNU_TRY(cornu__graph_fuse(graph));
    cornu__compiler compiler = {
        .program = (cornu__cpu_program *)common, .backend = (cornu__cpu *)common->backend, .graph = graph};
    cornu__cpu_program *program = compiler.program;
    program->bound_inputs = cornu__cpu_keep(program, sizeof(void *) * (size_t)(graph->input_count + 1));
    program->assigns = cornu__cpu_keep(program, (size_t)common->buffer_count + 1);
    compiler.slots = cornu__alloc_array((size_t)graph->node_count + 1, sizeof(cornu__slot));
    compiler.assigned_in_place = cornu__alloc_array((size_t)graph->op_count + 1, sizeof(bool));
    int threads = omp_get_max_threads();
    omp_set_num_threads(common->backend->threads);
    cornu_status status = program->bound_inputs && program->assigns && compiler.slots && compiler.assigned_in_place
                              ? compile(&compiler)
                              : cornu_error_status();
    omp_set_num_threads(threads);
    cornu__free(compiler.slots);
    cornu__free(compiler.assigned_in_place);
    return status;
}

/* --- binding instructions to memory --- */

static char *address(const cornu__cpu_program *program, cornu__slot slot, const void *const *inputs)
{
    cornu__slot root = cornu__slot_resolve(program, slot);
    const cornu__storage *storage = &program->storages[root.storage];
    switch (storage->place) {
    case CORNU__PLACE_ARENA:
        return program->bound_base + storage->offset + root.offset;
    case CORNU__PLACE_PRIVATE:
        return program->private_memory + storage->offset + root.offset;
    case CORNU__PLACE_INPUT:
        return (char *)(uintptr_t)inputs[storage->index] + root.offset;
    default:
        return (char *)program->common.buffers[storage->index]->host + storage->offset + root.offset;
    }
}

static void bind_instruction(cornu__cpu_program *program, cornu__instruction *instruction, const void *const *inputs)
{
    for (int i = 0; i < instruction->operand_count; i++)
        instruction->operand[i] = address(program, instruction->slot[i], inputs);
    if (instruction->onednn && !instruction->packs) {
        int count = instruction->operand_count; /* the last two are scratch and the packed kernel */
        cornu__onednn_bind(instruction->onednn, instruction->operand, instruction->operand[count - 2],
                           instruction->operand[count - 1]);
    }
}

static bool reads_moved_input(const cornu__cpu_program *program, const cornu__instruction *instruction,
                              const void *const *inputs)
{
    for (int i = 0; i < instruction->operand_count; i++) {
        cornu__slot root = cornu__slot_resolve(program, instruction->slot[i]);
        const cornu__storage *storage = &program->storages[root.storage];
        if (storage->place == CORNU__PLACE_INPUT && inputs[storage->index] != program->bound_inputs[storage->index])
            return true;
    }
    return false;
}

static void bind(cornu__cpu_program *program, const void *const *inputs)
{
    const cornu__cpu *backend = (const cornu__cpu *)program->common.backend;
    bool moved = program->bound_arena != backend->arena_version, changed = moved;
    for (int i = 0; i < program->common.input_count && !changed; i++)
        changed = inputs[i] != program->bound_inputs[i];
    if (!changed)
        return;
    program->bound_base = backend->arena;
    for (int i = 0; i < program->instruction_count; i++)
        if (moved || reads_moved_input(program, &program->instructions[i], inputs))
            bind_instruction(program, &program->instructions[i], inputs);
    for (int i = 0; i < program->common.input_count; i++)
        program->bound_inputs[i] = inputs[i];
    program->bound_arena = backend->arena_version;
}

/* --- running --- */

static cornu_status check_labels(const cornu__cpu_program *program, const void *const *inputs)
{
    for (int i = 0; i < program->check_count; i++) {
        const cornu__label_check *check = &program->checks[i];
        const int32_t *labels = inputs[check->input];
        uint32_t limit = (uint32_t)check->limit, highest = 0;
        for (int64_t j = 0; j < check->count; j++)
            highest = (uint32_t)labels[j] > highest ? (uint32_t)labels[j] : highest;
        if (highest < limit)
            continue;
        int64_t j = 0;
        while ((uint32_t)labels[j] < limit)
            j++;
        return cornu__fail(CORNU_ERROR_DATA, "%s: label %d at position %lld is out of range; 0 to %lld were wanted",
                           check->name, (int)labels[j], (long long)j, (long long)check->limit - 1);
    }
    return CORNU_OK;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static cornu_status run_instructions(cornu__cpu_program *program, const cornu__cpu_run *run, double *seconds)
{
    cornu__instruction *end = program->instructions + program->instruction_count;
    int threads = program->common.backend->threads, current = threads;
    for (cornu__instruction *instruction = program->instructions; instruction < end; instruction++) {
        double start = seconds ? now() : 0;
        if (instruction->packs && instruction->watched &&
            instruction->packed_version == instruction->watched->version + 1) {
            if (seconds)
                seconds[instruction - program->instructions] = 0;
            continue;
        }
        /* oneDNN asks OpenMP how many threads there are */
        if (instruction->onednn && instruction->threads != current) {
            omp_set_num_threads(instruction->threads);
            current = instruction->threads;
        }
        CORNU_TRY(instruction->run(instruction, run));
        if (instruction->packs && instruction->watched)
            instruction->packed_version = instruction->watched->version + 1;
        if (seconds)
            seconds[instruction - program->instructions] = now() - start;
    }
    return CORNU_OK;
}

cornu_status cornu__cpu_program_run(cornu__program *common, const void *const *inputs, const cornu__run_state *state,
                                    double *seconds)
{
    cornu__cpu_program *program = (cornu__cpu_program *)common;
    cornu__cpu *backend = (cornu__cpu *)common->backend;
    CORNU_TRY(check_labels(program, inputs));
    cornu__free(backend->retired);
    backend->retired = NULL;
    backend->arena_used = true;
    bind(program, inputs);
    cornu__cpu_run run = {.kernels = backend->kernels, .state = state};
    int threads = omp_get_max_threads();
    if (threads != common->backend->threads)
        omp_set_num_threads(common->backend->threads);
    cornu_status status = run_instructions(program, &run, seconds);
    omp_set_num_threads(threads);
    for (int i = 0; i < common->buffer_count; i++)
        if (program->assigns[i])
            cornu__buffer_touch(common->buffers[i]);
    return status;
}

const void *cornu__cpu_program_result(const cornu__program *common, int index)
{
    const cornu__cpu_program *program = (const cornu__cpu_program *)common;
    return address(program, program->results[index], program->bound_inputs);
}

/* --- looking inside --- */

void cornu__cpu_program_get_statistics(const cornu__program *common, cornu__program_statistics *statistics)
{
    const cornu__cpu_program *program = (const cornu__cpu_program *)common;
    statistics->kernels = program->instruction_count;
    statistics->reorders = program->reorders;
    statistics->packs = program->pack_count;
    statistics->arena_bytes = program->arena_size;
    statistics->private_bytes = program->private_size;
}

const char *cornu__cpu_program_kernel_name(const cornu__program *common, int index)
{
    return ((const cornu__cpu_program *)common)->instructions[index].name;
}

double cornu__cpu_program_flops(const cornu__program *common)
{
    return ((const cornu__cpu_program *)common)->flops;
}
