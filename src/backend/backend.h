/*
 * backend/backend.h: graphs compiled into programs, and run.
 *
 *   backend  - a way to run ops: "cpu" (oneDNN and vector loops) or "reference" (the plain kernels of the op table, one after the other;
 *              also in float64). It owns an arena that all its programs share, as large as the largest needs.
 *   buffer   - where variables live between steps: weights, optimizer slots, metric states.
 *   program  - one graph, compiled for the buffers it reads and assigns: kernels chosen, layouts and memory planned. Running it
 *              allocates nothing.
 *
 * A backend and what belongs to it are used by one thread at a time.
 */
#ifndef CORNU_BACKEND_BACKEND_H
#define CORNU_BACKEND_BACKEND_H

#include "graph/graph.h"

typedef struct cornu__backend cornu__backend;
typedef struct cornu__buffer cornu__buffer;
typedef struct cornu__program cornu__program;

/* --- backends --- */

/* `name`: "cpu" or "reference". `threads`: of its kernels; 0: as many as there are processors this process may run on. */
cornu_status cornu__backend_create(const char *name, int threads, cornu__backend **backend);
cornu__backend *cornu__backend_retain(cornu__backend *backend);
void cornu__backend_release(cornu__backend *backend);
int cornu__backend_threads(const cornu__backend *backend);
/* Whether cornu__backend_create was given this name and number of threads. */
bool cornu__backend_is(const cornu__backend *backend, const char *name, int threads);
/* What a run's bits depend on, in words: "cpu avx512, 2 threads, oneDNN 2.6.3". Valid as long as the backend. */
const char *cornu__backend_describe(const cornu__backend *backend);

/* --- buffers: reference-counted; may be shared by the programs of several models --- */

/* `count` elements of `dtype`, zero. */
cornu_status cornu__buffer_create(cornu__backend *backend, cornu_dtype dtype, int64_t count, cornu__buffer **buffer);
cornu__buffer *cornu__buffer_retain(cornu__buffer *buffer);
void cornu__buffer_release(cornu__buffer *buffer);
int64_t cornu__buffer_count(const cornu__buffer *buffer);
/* Copies elements out of and into a buffer. */
cornu_status cornu__buffer_download(const cornu__buffer *buffer, int64_t offset, int64_t count, void *to);
cornu_status cornu__buffer_upload(cornu__buffer *buffer, int64_t offset, int64_t count, const void *from);
/* Host memory of the buffer, or NULL if it is not in host memory (a GPU). Writers call cornu__buffer_touch afterwards. */
void *cornu__buffer_host(cornu__buffer *buffer);
/* Says that the contents changed outside a program, so that packed copies of weights are made anew. */
void cornu__buffer_touch(cornu__buffer *buffer);

/* --- programs --- */

/* Compiles `graph`, which may be rewritten on the way and may be released afterwards. Buffer i of a variable region is buffers[i]; the
 * program keeps references to the backend and the buffers. */
cornu_status cornu__program_compile(cornu__backend *backend, cornu__graph *graph, int buffer_count,
                                    cornu__buffer *const *buffers, cornu__program **program);
void cornu__program_release(cornu__program *program);

/* Runs the step: inputs[i] is the data of INPUT i (plain row-major host memory, aligned as its type needs; read during the call only). On an
 * error of data (a label out of range) variables are as if the step had not run, or as after it - never half assigned - and the sentence names the op. */
cornu_status cornu__program_run(cornu__program *program, const void *const *inputs, const cornu__run_state *run);

/* Result `index` of the last run, plain row-major, in memory that is valid until any program of this backend runs again. */
const void *cornu__program_result(const cornu__program *program, int index);

/* --- looking inside (tests, bench, CORNU_VERBOSE) --- */

typedef struct cornu__program_statistics {
    int kernels;          /* kernel calls in a run */
    int reorders;         /* of them, changes of layout, weights' packing not counted */
    int packs;            /* weights packed in each run */
    size_t arena_bytes;   /* memory for what lies between kernels */
    size_t private_bytes; /* packed weights, constants, scratch */
} cornu__program_statistics;

void cornu__program_get_statistics(const cornu__program *program, cornu__program_statistics *statistics);

/* Runs the program as cornu__program_run does, timing each kernel: seconds[i] of kernel i, i < statistics.kernels. */
cornu_status cornu__program_profile(cornu__program *program, const void *const *inputs, const cornu__run_state *run,
                                    double *seconds);
/* Kernel i in words: "conv2d_1: CONV jit:avx512_common 128x26x26x32 -> 128x24x24x64". Valid as long as the program. */
const char *cornu__program_kernel_name(const cornu__program *program, int index);
/* Useful floating-point operations of one run (matmul and convolution: 2 per multiply-add). */
double cornu__program_flops(const cornu__program *program);

#endif
