/*
 * reference_backend.c: the backend "reference". A program holds a copy of the graph and a place for every node; a run copies inputs
 * and variables in, runs the plain kernels of the op table in order, and at the end copies assigned values out. Slow, and
 * the meaning of every graph.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/implementation.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct reference_program {
    cornu__program common;
    cornu__graph *graph;
    void *arena;
    size_t arena_size;
    void **place;       /* by node id */
    char **kernel_name; /* by op number */
} reference_program;

static reference_program *own(cornu__program *program)
{
    return (reference_program *)program;
}

static const reference_program *own_const(const cornu__program *program)
{
    return (const reference_program *)program;
}

/* --- backend --- */

static cornu_status open_backend(cornu__backend *backend)
{
    backend->threads = 1; /* plain kernels run on the caller, whatever was asked */
    snprintf(backend->description, sizeof backend->description, "reference, 1 thread");
    return CORNU_OK;
}

static void close_backend(cornu__backend *backend)
{
    (void)backend;
}

/* --- compiling --- */

static size_t node_size(const cornu_node *node)
{
    size_t size = (size_t)node->count * cornu_dtype_size(node->dtype);
    return (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

static cornu_status place_nodes(reference_program *program)
{
    const cornu__graph *graph = program->graph;
    for (int i = 0; i < graph->op_count; i++) {
        for (int k = 0; k < graph->ops[i]->output_count; k++)
            program->arena_size += node_size(graph->ops[i]->outputs[k]);
    }
    program->arena = cornu__alloc(program->arena_size);
    program->place = cornu__alloc_array((size_t)graph->node_count, sizeof(void *));
    if (!program->arena || !program->place)
        return cornu_error_status();
    char *next = program->arena;
    for (int i = 0; i < graph->op_count; i++) {
        for (int k = 0; k < graph->ops[i]->output_count; k++) {
            program->place[graph->ops[i]->outputs[k]->id] = next;
            next += node_size(graph->ops[i]->outputs[k]);
        }
    }
    return CORNU_OK;
}

/* "dense_1/matmul: reference (32, 784) (784, 128) -> (32, 128)" */
static char *describe_kernel(const cornu__op *op)
{
    cornu__text text = {0};
    char shape[CORNU__SHAPE_TEXT_SIZE];
    cornu__text_add(&text, "%s: reference", op->name);
    for (int i = 0; i < op->input_count; i++)
        cornu__text_add(&text, " %s",
                        cornu__text_shape(shape, sizeof shape, op->inputs[i]->rank, op->inputs[i]->shape));
    for (int i = 0; i < op->output_count; i++)
        cornu__text_add(&text, "%s %s", i == 0 ? " ->" : "",
                        cornu__text_shape(shape, sizeof shape, op->outputs[i]->rank, op->outputs[i]->shape));
    return cornu__text_take(&text);
}

static cornu_status name_kernels(reference_program *program)
{
    int count = program->graph->op_count;
    program->kernel_name = cornu__alloc_array((size_t)count, sizeof(char *));
    for (int i = 0; i < count && program->kernel_name; i++) {
        program->kernel_name[i] = describe_kernel(program->graph->ops[i]);
        if (!program->kernel_name[i])
            return cornu_error_status();
    }
    return program->kernel_name ? CORNU_OK : cornu_error_status();
}

static cornu_status compile_program(cornu__program *common, cornu__graph *graph)
{
    reference_program *program = own(common);
    program->graph = cornu__graph_copy(graph);
    if (!program->graph)
        return cornu_error_status();
    CORNU_TRY(place_nodes(program));
    return name_kernels(program);
}

static void destroy_program(cornu__program *common)
{
    reference_program *program = own(common);
    for (int i = 0; program->kernel_name && i < program->graph->op_count; i++)
        cornu__free(program->kernel_name[i]);
    cornu__free(program->kernel_name);
    cornu__free(program->place);
    cornu__free(program->arena);
    cornu__graph_release(program->graph);
}

/* --- running --- */

static size_t byte_count(const cornu_node *node)
{
    return (size_t)node->count * cornu_dtype_size(node->dtype);
}

static char *region_of(const reference_program *program, const cornu__op *op)
{
    const cornu__variable_region *region = &op->attributes.variable;
    const cornu__buffer *buffer = program->common.buffers[region->buffer];
    return (char *)buffer->host + (size_t)region->offset * cornu_dtype_size(buffer->dtype);
}

static cornu_status run_op(reference_program *program, const cornu__op *op, const void *const *inputs,
                           const cornu__run_state *run)
{
    const void *from[CORNU__MAX_INPUTS];
    void *to[CORNU__MAX_OUTPUTS];
    for (int i = 0; i < op->input_count; i++)
        from[i] = program->place[op->inputs[i]->id];
    for (int i = 0; i < op->output_count; i++)
        to[i] = program->place[op->outputs[i]->id];
    switch (op->kind) {
    case CORNU__OP_INPUT:
        if (!inputs || !inputs[op->attributes.index])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: input %d was not given", op->name,
                               (int)op->attributes.index);
        memcpy(to[0], inputs[op->attributes.index], byte_count(op->outputs[0]));
        return CORNU_OK;
    case CORNU__OP_VARIABLE:
        memcpy(to[0], region_of(program, op), byte_count(op->outputs[0]));
        return CORNU_OK;
    case CORNU__OP_ASSIGN:
        return CORNU_OK; /* at the end of the step */
    default:
        return cornu__op_definition_of(op->kind)->reference(op, from, to, run);
    }
}

static void assign_all(reference_program *program)
{
    for (int i = 0; i < program->graph->op_count; i++) {
        const cornu__op *op = program->graph->ops[i];
        if (op->kind != CORNU__OP_ASSIGN)
            continue;
        memcpy(region_of(program, op), program->place[op->inputs[0]->id], byte_count(op->inputs[0]));
        cornu__buffer_touch(program->common.buffers[op->attributes.variable.buffer]);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static cornu_status run_program(cornu__program *common, const void *const *inputs, const cornu__run_state *run,
                                double *seconds)
{
    reference_program *program = own(common);
    for (int i = 0; i < program->graph->op_count; i++) {
        double start = seconds ? now() : 0;
        CORNU_TRY(run_op(program, program->graph->ops[i], inputs, run));
        if (seconds)
            seconds[i] = now() - start;
    }
    assign_all(program);
    return CORNU_OK;
}

static const void *program_result(const cornu__program *common, int index)
{
    const reference_program *program = own_const(common);
    return program->place[program->graph->results[index]->id];
}

/* --- looking inside --- */

static void get_statistics(const cornu__program *common, cornu__program_statistics *statistics)
{
    const reference_program *program = own_const(common);
    statistics->kernels = program->graph->op_count;
    statistics->arena_bytes = program->arena_size;
}

static const char *kernel_name(const cornu__program *common, int index)
{
    return own_const(common)->kernel_name[index];
}

static double program_flops(const cornu__program *common)
{
    const cornu__graph *graph = own_const(common)->graph;
    double sum = 0;
    for (int i = 0; i < graph->op_count; i++)
        sum += cornu__backend_op_flops(graph->ops[i]);
    return sum;
}

const cornu__backend_implementation cornu__reference_backend = {
    .name = "reference",
    .backend_size = sizeof(cornu__backend),
    .backend_open = open_backend,
    .backend_close = close_backend,
    .buffer_size = sizeof(cornu__buffer),
    .buffer_open = cornu__host_buffer_open,
    .buffer_close = cornu__host_buffer_close,
    .buffer_download = cornu__host_buffer_download,
    .buffer_upload = cornu__host_buffer_upload,
    .buffer_host = cornu__host_buffer_host,
    .program_size = sizeof(reference_program),
    .program_compile = compile_program,
    .program_destroy = destroy_program,
    .program_run = run_program,
    .program_result = program_result,
    .program_get_statistics = get_statistics,
    .program_kernel_name = kernel_name,
    .program_flops = program_flops,
};
