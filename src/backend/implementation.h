/*
 * backend/implementation.h: what a backend provides. backend.c does what all have in common (names, reference counts, argument
 * checks) and calls these functions for the rest.
 *
 * Objects: an implementation's own struct begins with the common one and has the size given here; backend.c allocates it zeroed, fills in
 * the common part, and calls `open` (or `compile`). When that fails, or at the end of the object's life, `close` (or `destroy`) frees what the
 * implementation added - it must cope with a half-open object - and backend.c frees the rest.
 */
#ifndef CORNU_BACKEND_IMPLEMENTATION_H
#define CORNU_BACKEND_IMPLEMENTATION_H

#include <stdatomic.h>

#include "backend/backend.h"

typedef struct cornu__backend_implementation {
    const char *name; /* "cpu" */

    size_t backend_size; /* sizeof the implementation's struct, whose first member is a cornu__backend */
    /* Sets `threads` and `description`; `threads` comes as the caller gave it (0: choose). */
    cornu_status (*backend_open)(cornu__backend *backend);
    void (*backend_close)(cornu__backend *backend);

    size_t buffer_size;
    cornu_status (*buffer_open)(cornu__buffer *buffer); /* memory for `count` zeros of `dtype` */
    void (*buffer_close)(cornu__buffer *buffer);
    /* The range was checked. */
    cornu_status (*buffer_download)(const cornu__buffer *buffer, int64_t offset, int64_t count, void *to);
    cornu_status (*buffer_upload)(cornu__buffer *buffer, int64_t offset, int64_t count, const void *from);
    void *(*buffer_host)(cornu__buffer *buffer);

    size_t program_size;
    /* The common part (backend, buffers, result and input counts) is set; the graph's regions were checked against the buffers. */
    cornu_status (*program_compile)(cornu__program *program, cornu__graph *graph);
    void (*program_destroy)(cornu__program *program);
    /* `seconds` NULL: run; else also time each kernel. Programs that assign call cornu__buffer_touch on the buffers they wrote (or
     * raise `version` themselves). */
    cornu_status (*program_run)(cornu__program *program, const void *const *inputs, const cornu__run_state *run,
                                double *seconds);
    const void *(*program_result)(const cornu__program *program, int index); /* index was checked */
    void (*program_get_statistics)(const cornu__program *program, cornu__program_statistics *statistics);
    const char *(*program_kernel_name)(const cornu__program *program, int index); /* index was checked */
    double (*program_flops)(const cornu__program *program);
} cornu__backend_implementation;

struct cornu__backend {
    const cornu__backend_implementation *implementation;
    atomic_int references;
    int threads, threads_asked; /* as they are, as the caller gave them */
    char description[160];
};

struct cornu__buffer {
    cornu__backend *backend; /* kept */
    atomic_int references;
    cornu_dtype dtype;
    int64_t count;
    uint64_t version; /* raised by upload and touch: packed copies of another version are stale */
    void *host;       /* host buffers: the elements */
};

struct cornu__program {
    cornu__backend *backend; /* kept */
    int buffer_count;
    cornu__buffer **buffers; /* kept; a copy of the caller's list */
    int result_count;        /* of the graph */
    int input_count;
};

/* Buffers in this process's memory: backend/host_buffer.c. `buffer_size` is then sizeof(cornu__buffer). */
cornu_status cornu__host_buffer_open(cornu__buffer *buffer);
void cornu__host_buffer_close(cornu__buffer *buffer);
cornu_status cornu__host_buffer_download(const cornu__buffer *buffer, int64_t offset, int64_t count, void *to);
cornu_status cornu__host_buffer_upload(cornu__buffer *buffer, int64_t offset, int64_t count, const void *from);
void *cornu__host_buffer_host(cornu__buffer *buffer);

/* The useful floating-point operations of one op: 2 per multiply-add of MATMUL and the CONV family, else 0. */
double cornu__backend_op_flops(const cornu__op *op);

extern const cornu__backend_implementation cornu__reference_backend; /* backend/reference/reference_backend.c */
extern const cornu__backend_implementation cornu__cpu_backend;       /* backend/cpu/cpu_backend.c */

#endif
