/*
 * kernels/kernels.h: the vector loops of the CPU backend, as one table per instruction set. The functions work on the calling thread,
 * on the part of the work that they are given; who divides the work is the caller (cpu/parallel.h).
 *
 * Shapes: images are (N, H, W, C); "rows x width" is a matrix whose last axis is contiguous; "rows x channels" is an image seen
 * as one row per pixel.
 */
#ifndef CORNU_BACKEND_CPU_KERNELS_KERNELS_H
#define CORNU_BACKEND_CPU_KERNELS_KERNELS_H

#include "base/random.h"
#include "graph/graph.h"

/* out[i] := f(in[0][i], in[1][i], ...) for i < count, with as many inputs as the op has. `out` may be one of them. Elements are 4 bytes:
 * float, or int32 where the table says so. */
typedef void cornu__tile_function(void *out, const void *const *in, int64_t count);

/* A window over one image axis pair, in elements. */
typedef struct cornu__pool_shape {
    int64_t height, width, channels; /* of x */
    int64_t output_height, output_width;
    int64_t size[2], strides[2], dilation[2], pad_before[2];
} cornu__pool_shape;

typedef struct cornu__conv_shape {
    int64_t height, width, channels; /* of x */
    int64_t output_height, output_width, outputs;
    int64_t size[2], strides[2], dilation[2], pad_before[2];
} cornu__conv_shape;

typedef struct cornu__cpu_kernels {
    const char *name;

    /* --- elementwise (elementwise.c): NULL where the kind is not elementwise --- */
    cornu__tile_function *const *float_tile;
    cornu__tile_function *const *int_tile; /* int32 operands; comparisons give floats; few kinds */
    cornu__tile_function *int_to_float, *float_to_int;
    /* several ops in one loop: (old, new, share), (old, new, share), (weight, momentum, rate, velocity, epsilon) */
    cornu__tile_function *approach, *approach_square, *descend;

    /* --- sums (sums.c) --- */
    /* out[c] := sum over rows of x[r * stride + c], c < width, or += it. */
    void (*column_sum)(const float *x, int64_t rows, int64_t width, int64_t stride, bool accumulate, float *out);
    /* The sum, maximum and minimum of x[0..count). */
    float (*sum)(const float *x, int64_t count);
    float (*maximum)(const float *x, int64_t count);
    float (*minimum)(const float *x, int64_t count);

    /* --- softmax and cross-entropy over rows (softmax.c) --- */
    void (*softmax)(const float *x, int64_t rows, int64_t width, float *y);
    void (*log_softmax)(const float *x, int64_t rows, int64_t width, float *y);
    void (*sparse_cross_entropy)(const float *logits, const int32_t *labels, int64_t rows, int64_t width, bool clip,
                                 float *loss, float *probabilities);
    void (*sparse_cross_entropy_gradient)(const float *dloss, const float *probabilities, const int32_t *labels,
                                          int64_t rows, int64_t width, float *dlogits);
    void (*softmax_cross_entropy)(const float *logits, const float *targets, int64_t rows, int64_t width,
                                  float smoothing, bool clip, float *loss, float *probabilities);
    void (*softmax_cross_entropy_gradient)(const float *dloss, const float *probabilities, const float *targets,
                                           int64_t rows, int64_t width, float smoothing, float *dlogits);

    /* --- batch normalisation over rows x channels (norm.c) --- */
    /* mean[c] and the sum of squared deviations from it. */
    void (*norm_statistics)(const float *x, int64_t rows, int64_t channels, float *mean, float *deviation);
    /* y := x * scale[c] + shift[c], and max(0, .) of it if relu. */
    void (*norm_apply)(const float *x, int64_t rows, int64_t channels, const float *scale, const float *shift,
                       bool relu, float *y);
    /* sum_dy[c], sum_product[c]: of g and g * (x - mean[c]); g = dy, or 0 where y <= 0 if y is given. */
    void (*norm_gradient_sums)(const float *dy, const float *x, const float *y, int64_t rows, int64_t channels,
                               const float *mean, float *sum_dy, float *sum_product);
    /* dx := g * a[c] + x * b[c] + d[c]. */
    void (*norm_gradient_apply)(const float *dy, const float *x, const float *y, int64_t rows, int64_t channels,
                                const float *a, const float *b, const float *d, float *dx);

    /* --- pooling: the output rows begin .. end - 1 of all N * output_height (pool.c) --- */
    void (*max_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end, float *y,
                     int32_t *index);
    void (*average_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end, float *y);
    /* Images begin .. end - 1: windows may overlap inside one. */
    void (*max_pool_gradient)(const cornu__pool_shape *shape, const float *dy, const int32_t *index, int64_t begin,
                              int64_t end, float *dx);
    void (*average_pool_gradient)(const cornu__pool_shape *shape, const float *dy, int64_t begin, int64_t end,
                                  float *dx);

    /* --- random numbers (random.c): elements begin .. end - 1 of the draw; arrays point at element 0 --- */
    void (*dropout)(cornu__random_key key, float rate, float scale, const float *x, int64_t begin, int64_t end,
                    float *y);
    void (*uniform)(cornu__random_key key, int64_t begin, int64_t end, float *y);

    /* --- small matrices (matmul.c): y (m, n) := a (m, k) b (k, n) [+ bias (n)] [ReLU]; strides in elements of (row, column) --- */
    void (*matmul)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_column, const float *b,
                   int64_t b_row, int64_t b_column, const float *bias, bool relu, float *y);

    /* --- the gradient of a convolution kernel (conv_gradient.c), ungrouped, of images begin .. end - 1 --- */
    bool (*conv_kernel_gradient_fits)(const cornu__conv_shape *shape); /* whether the channels come in whole vectors */
    void (*conv_kernel_gradient)(const cornu__conv_shape *shape, const float *x, const float *dy, int64_t begin,
                                 int64_t end, float *dkernel);
} cornu__cpu_kernels;

extern const cornu__cpu_kernels cornu__cpu_kernels_baseline;
#ifdef __x86_64__
extern const cornu__cpu_kernels cornu__cpu_kernels_avx2;
extern const cornu__cpu_kernels cornu__cpu_kernels_avx512;
#endif

#endif
