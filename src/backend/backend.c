/* backend.c: what all backends have in common: finding one by name, reference counts, checks of arguments. */
#include <string.h>

#include "backend/implementation.h"
#include "base/memory.h"
#include "base/text.h"

static const cornu__backend_implementation *const implementations[] = {&cornu__cpu_backend, &cornu__reference_backend};
#define IMPLEMENTATION_COUNT (sizeof implementations / sizeof implementations[0])

/* --- backends --- */

static const cornu__backend_implementation *find_implementation(const char *name)
{
    const char *names[IMPLEMENTATION_COUNT];
    for (size_t i = 0; i < IMPLEMENTATION_COUNT; i++) {
        names[i] = implementations[i]->name;
        if (strcmp(names[i], name) == 0)
            return implementations[i];
    }
    const char *nearest = cornu__text_nearest(name, names, IMPLEMENTATION_COUNT);
    return cornu__fail_null(CORNU_ERROR_UNKNOWN_NAME, "there is no backend named '%s'; did you mean '%s'?", name,
                            nearest ? nearest : names[0]);
}

static void drop_backend(cornu__backend *backend)
{
    backend->implementation->backend_close(backend);
    cornu__free(backend);
}

cornu_status cornu__backend_create(const char *name, int threads, cornu__backend **backend)
{
    *backend = NULL;
    const cornu__backend_implementation *implementation = find_implementation(name);
    if (!implementation)
        return cornu_error_status();
    if (threads < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a backend cannot run on %d threads; 0 lets it choose",
                           threads);
    cornu__backend *made = cornu__alloc(implementation->backend_size);
    if (!made)
        return cornu_error_status();
    made->implementation = implementation;
    atomic_init(&made->references, 1);
    made->threads = made->threads_asked = threads;
    cornu_status status = implementation->backend_open(made);
    if (status != CORNU_OK) {
        drop_backend(made);
        return status;
    }
    *backend = made;
    return CORNU_OK;
}

cornu__backend *cornu__backend_retain(cornu__backend *backend)
{
    atomic_fetch_add(&backend->references, 1);
    return backend;
}

void cornu__backend_release(cornu__backend *backend)
{
    if (backend && atomic_fetch_sub(&backend->references, 1) == 1)
        drop_backend(backend);
}

int cornu__backend_threads(const cornu__backend *backend)
{
    return backend->threads;
}

bool cornu__backend_is(const cornu__backend *backend, const char *name, int threads)
{
    return strcmp(backend->implementation->name, name) == 0 && backend->threads_asked == threads;
}

const char *cornu__backend_describe(const cornu__backend *backend)
{
    return backend->description;
}

/* --- buffers --- */

static void drop_buffer(cornu__buffer *buffer)
{
    cornu__backend *backend = buffer->backend;
    backend->implementation->buffer_close(buffer);
    cornu__free(buffer);
    cornu__backend_release(backend);
}

cornu_status cornu__buffer_create(cornu__backend *backend, cornu_dtype dtype, int64_t count, cornu__buffer **buffer)
{
    *buffer = NULL;
    if (count < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a buffer cannot have %lld elements", (long long)count);
    cornu__buffer *made = cornu__alloc(backend->implementation->buffer_size);
    if (!made)
        return cornu_error_status();
    made->backend = cornu__backend_retain(backend);
    atomic_init(&made->references, 1);
    made->dtype = dtype;
    made->count = count;
    cornu_status status = backend->implementation->buffer_open(made);
    if (status != CORNU_OK) {
        drop_buffer(made);
        return status;
    }
    *buffer = made;
    return CORNU_OK;
}

cornu__buffer *cornu__buffer_retain(cornu__buffer *buffer)
{
    atomic_fetch_add(&buffer->references, 1);
    return buffer;
}

void cornu__buffer_release(cornu__buffer *buffer)
{
    if (buffer && atomic_fetch_sub(&buffer->references, 1) == 1)
        drop_buffer(buffer);
}

int64_t cornu__buffer_count(const cornu__buffer *buffer)
{
    return buffer->count;
}

static cornu_status check_range(const cornu__buffer *buffer, int64_t offset, int64_t count)
{
    if (offset >= 0 && count >= 0 && count <= buffer->count && offset <= buffer->count - count)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "elements %lld to %lld were asked of a buffer of %lld",
                       (long long)offset, (long long)(offset + count - 1), (long long)buffer->count);
}

cornu_status cornu__buffer_download(const cornu__buffer *buffer, int64_t offset, int64_t count, void *to)
{
    CORNU_TRY(check_range(buffer, offset, count));
    return buffer->backend->implementation->buffer_download(buffer, offset, count, to);
}

cornu_status cornu__buffer_upload(cornu__buffer *buffer, int64_t offset, int64_t count, const void *from)
{
    CORNU_TRY(check_range(buffer, offset, count));
    cornu__buffer_touch(buffer);
    return buffer->backend->implementation->buffer_upload(buffer, offset, count, from);
}

void *cornu__buffer_host(cornu__buffer *buffer)
{
    return buffer->backend->implementation->buffer_host(buffer);
}

void cornu__buffer_touch(cornu__buffer *buffer)
{
    buffer->version++;
}

/* --- programs --- */

/* Whether a VARIABLE's or ASSIGN's region lies in its buffer and has the buffer's dtype. */
static cornu_status check_region(const cornu__op *op, int buffer_count, cornu__buffer *const *buffers)
{
    const cornu_node *value = op->kind == CORNU__OP_ASSIGN ? op->inputs[0] : op->outputs[0];
    const cornu__variable_region *region = &op->attributes.variable;
    if (region->buffer < 0 || region->buffer >= buffer_count || !buffers[region->buffer])
        return cornu__fail(CORNU_ERROR_INTERNAL, "%s: there is no buffer %d (%d were given)",
                           op->name ? op->name : "variable", region->buffer, buffer_count);
    const cornu__buffer *buffer = buffers[region->buffer];
    if (buffer->dtype != value->dtype)
        return cornu__fail(CORNU_ERROR_DTYPE, "%s: the variable is %s, its buffer holds %s",
                           op->name ? op->name : "variable", cornu_dtype_name(value->dtype),
                           cornu_dtype_name(buffer->dtype));
    if (check_range(buffer, region->offset, value->count) != CORNU_OK)
        return cornu__fail_context("%s", op->name ? op->name : "variable");
    return CORNU_OK;
}

static cornu_status check_regions(const cornu__graph *graph, int buffer_count, cornu__buffer *const *buffers)
{
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        if (op->kind == CORNU__OP_VARIABLE || op->kind == CORNU__OP_ASSIGN)
            CORNU_TRY(check_region(op, buffer_count, buffers));
    }
    return CORNU_OK;
}

static cornu_status keep_buffers(cornu__program *program, int buffer_count, cornu__buffer *const *buffers)
{
    program->buffers = cornu__alloc_array((size_t)buffer_count, sizeof(cornu__buffer *));
    if (!program->buffers)
        return cornu_error_status();
    program->buffer_count = buffer_count;
    for (int i = 0; i < buffer_count; i++)
        program->buffers[i] = buffers[i] ? cornu__buffer_retain(buffers[i]) : NULL;
    return CORNU_OK;
}

cornu_status cornu__program_compile(cornu__backend *backend, cornu__graph *graph, int buffer_count,
                                    cornu__buffer *const *buffers, cornu__program **program)
{
    *program = NULL;
    CORNU_TRY(check_regions(graph, buffer_count, buffers));
    cornu__program *made = cornu__alloc(backend->implementation->program_size);
    if (!made)
        return cornu_error_status();
    made->backend = cornu__backend_retain(backend);
    made->result_count = graph->result_count;
    made->input_count = graph->input_count;
    cornu_status status = keep_buffers(made, buffer_count, buffers);
    if (status == CORNU_OK)
        status = backend->implementation->program_compile(made, graph);
    if (status != CORNU_OK) {
        cornu__program_release(made);
        return status;
    }
    *program = made;
    return CORNU_OK;
}

void cornu__program_release(cornu__program *program)
{
    if (!program)
        return;
    cornu__backend *backend = program->backend;
    backend->implementation->program_destroy(program);
    for (int i = 0; i < program->buffer_count; i++)
        cornu__buffer_release(program->buffers[i]);
    cornu__free(program->buffers);
    cornu__free(program);
    cornu__backend_release(backend);
}

cornu_status cornu__program_run(cornu__program *program, const void *const *inputs, const cornu__run_state *run)
{
    return program->backend->implementation->program_run(program, inputs, run, NULL);
}

cornu_status cornu__program_profile(cornu__program *program, const void *const *inputs, const cornu__run_state *run,
                                    double *seconds)
{
    return program->backend->implementation->program_run(program, inputs, run, seconds);
}

const void *cornu__program_result(const cornu__program *program, int index)
{
    if (index < 0 || index >= program->result_count)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "the program has %d results; there is no number %d",
                                program->result_count, index);
    return program->backend->implementation->program_result(program, index);
}

void cornu__program_get_statistics(const cornu__program *program, cornu__program_statistics *statistics)
{
    *statistics = (cornu__program_statistics){0};
    program->backend->implementation->program_get_statistics(program, statistics);
}

const char *cornu__program_kernel_name(const cornu__program *program, int index)
{
    cornu__program_statistics statistics;
    cornu__program_get_statistics(program, &statistics);
    if (index < 0 || index >= statistics.kernels)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "the program has %d kernels; there is no number %d",
                                statistics.kernels, index);
    return program->backend->implementation->program_kernel_name(program, index);
}

double cornu__program_flops(const cornu__program *program)
{
    return program->backend->implementation->program_flops(program);
}

double cornu__backend_op_flops(const cornu__op *op)
{
    switch (op->kind) {
    case CORNU__OP_MATMUL: {
        const cornu_node *a = op->inputs[0];
        int inner = a->rank - (op->attributes.matmul.transpose_a ? 2 : 1);
        return 2.0 * (double)op->outputs[0]->count * (double)a->shape[inner];
    }
    case CORNU__OP_CONV: {
        const cornu_node *kernel = op->inputs[1];
        return 2.0 * (double)op->outputs[0]->count * (double)(kernel->shape[0] * kernel->shape[1] * kernel->shape[2]);
    }
    case CORNU__OP_CONV_INPUT_GRADIENT: {
        const cornu_node *kernel = op->inputs[1];
        return 2.0 * (double)op->inputs[0]->count * (double)(kernel->shape[0] * kernel->shape[1] * kernel->shape[2]);
    }
    case CORNU__OP_CONV_KERNEL_GRADIENT: {
        const cornu_node *kernel = op->outputs[0];
        return 2.0 * (double)op->inputs[1]->count * (double)(kernel->shape[0] * kernel->shape[1] * kernel->shape[2]);
    }
    default:
        return 0;
    }
}
