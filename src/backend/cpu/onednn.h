/*
 * cpu/onednn.h: everything that Cornu asks of oneDNN, and the only place that knows its types. A kernel here takes and gives plain
 * row-major tensors (images channels-last, convolution kernels as Keras keeps them); if oneDNN has no fast implementation for these layouts,
 * the kernel changes layout on the way in and out by itself and says so (reorders).
 *
 * Life: create (chooses the implementation and generates code: 0.1 to 1.4 ms), bind to memory, run as often as wanted. Running allocates nothing of ours.
 */
#ifndef CORNU_BACKEND_CPU_ONEDNN_H
#define CORNU_BACKEND_CPU_ONEDNN_H

#include "graph/graph.h"

typedef struct cornu__onednn cornu__onednn;               /* the engine */
typedef struct cornu__onednn_kernel cornu__onednn_kernel; /* one operation of fixed shapes */

/* `isa`: "avx2" and "baseline" lower what oneDNN may use, for the whole process and only before its first use; NULL: no limit. */
cornu_status cornu__onednn_open(const char *isa, cornu__onednn **onednn);
void cornu__onednn_close(cornu__onednn *onednn);
/* "2.6.3" into `text`. */
void cornu__onednn_version(char *text, size_t size);

typedef struct cornu__convolution {
    /* CONV: x, kernel[, bias] -> y; CONV_INPUT_GRADIENT: dy, kernel -> dx; CONV_KERNEL_GRADIENT: x, dy -> dkernel */
    cornu__op_kind kind;
    const int64_t *x;      /* (N, H, W, C) */
    const int64_t *kernel; /* (KH, KW, C / groups, CO) */
    const int64_t *y;      /* (N, OH, OW, CO) */
    const cornu__window *window;
    bool bias;
} cornu__convolution;

typedef struct cornu__matrix {
    int64_t batch_stride, row_stride, column_stride; /* in elements; batch_stride 0: the same for all */
} cornu__matrix;

typedef struct cornu__matrix_product {
    int64_t batch, m, n, k; /* y (m, n) := a (m, k) b (k, n) */
    cornu__matrix a, b;
    bool bias; /* (n) */
    bool relu; /* for the small loop; not done by oneDNN, which would turn NaN into 0 */
} cornu__matrix_product;

/* CORNU_ERROR_UNSUPPORTED if oneDNN cannot do it. The kernel runs on as many threads as OpenMP has at this call; it must be run under the same number. */
cornu_status cornu__onednn_convolution(cornu__onednn *onednn, const cornu__convolution *what,
                                       cornu__onednn_kernel **kernel);
cornu_status cornu__onednn_matmul(cornu__onednn *onednn, const cornu__matrix_product *what,
                                  cornu__onednn_kernel **kernel);
void cornu__onednn_release(cornu__onednn_kernel *kernel);

/* Bytes that a run needs besides its operands, and bytes of the packed copy of the convolution kernel (0: it is taken as it is). */
size_t cornu__onednn_scratch_size(const cornu__onednn_kernel *kernel);
size_t cornu__onednn_packed_size(const cornu__onednn_kernel *kernel);
/* Changes of layout of activations and gradients in a run. */
int cornu__onednn_reorders(const cornu__onednn_kernel *kernel);
/* oneDNN's name of the implementation: "brgconv:avx512_core". */
const char *cornu__onednn_implementation(const cornu__onednn_kernel *kernel);

/* operand: in the order given at `kind` above, inputs first, then the output. All 64-byte aligned for full speed. */
void cornu__onednn_bind(cornu__onednn_kernel *kernel, void *const *operand, void *scratch, void *packed);
/* Makes the packed copy from the kernel operand. */
cornu_status cornu__onednn_pack(const cornu__onednn_kernel *kernel);
cornu_status cornu__onednn_run(const cornu__onednn_kernel *kernel);

#endif
