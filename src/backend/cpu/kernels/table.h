/* kernels/table.h: the functions of the table, under their names for the instruction set that is being compiled. */
#ifndef CORNU_BACKEND_CPU_KERNELS_TABLE_H
#define CORNU_BACKEND_CPU_KERNELS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/cpu/kernels/isa.h"
#include "backend/cpu/kernels/kernels.h"

extern cornu__tile_function *const CORNU_ISA_NAME(cornu__float_tile)[CORNU__OP_KIND_COUNT];
extern cornu__tile_function *const CORNU_ISA_NAME(cornu__int_tile)[CORNU__OP_KIND_COUNT];
extern cornu__tile_function CORNU_ISA_NAME(cornu__int_to_float), CORNU_ISA_NAME(cornu__float_to_int);
extern cornu__tile_function CORNU_ISA_NAME(cornu__approach), CORNU_ISA_NAME(cornu__approach_square);
extern cornu__tile_function CORNU_ISA_NAME(cornu__descend);

void CORNU_ISA_NAME(cornu__column_sum)(const float *x, int64_t rows, int64_t width, int64_t stride, bool accumulate,
                                       float *out);
float CORNU_ISA_NAME(cornu__sum)(const float *x, int64_t count);
float CORNU_ISA_NAME(cornu__maximum)(const float *x, int64_t count);
float CORNU_ISA_NAME(cornu__minimum)(const float *x, int64_t count);
void CORNU_ISA_NAME(cornu__softmax)(const float *x, int64_t rows, int64_t width, float *y);
void CORNU_ISA_NAME(cornu__log_softmax)(const float *x, int64_t rows, int64_t width, float *y);
void CORNU_ISA_NAME(cornu__sparse_cross_entropy)(const float *logits, const int32_t *labels, int64_t rows,
                                                 int64_t width, bool clip, float *loss, float *probabilities);
void CORNU_ISA_NAME(cornu__sparse_cross_entropy_gradient)(const float *dloss, const float *probabilities,
                                                          const int32_t *labels, int64_t rows, int64_t width,
                                                          float *dlogits);
void CORNU_ISA_NAME(cornu__softmax_cross_entropy)(const float *logits, const float *targets, int64_t rows,
                                                  int64_t width, float smoothing, bool clip, float *loss,
                                                  float *probabilities);
void CORNU_ISA_NAME(cornu__softmax_cross_entropy_gradient)(const float *dloss, const float *probabilities,
                                                           const float *targets, int64_t rows, int64_t width,
                                                           float smoothing, float *dlogits);
void CORNU_ISA_NAME(cornu__norm_statistics)(const float *x, int64_t rows, int64_t channels, float *mean,
                                            float *deviation);
void CORNU_ISA_NAME(cornu__norm_apply)(const float *x, int64_t rows, int64_t channels, const float *scale,
                                       const float *shift, bool relu, float *y);
void CORNU_ISA_NAME(cornu__norm_gradient_sums)(const float *dy, const float *x, const float *y, int64_t rows,
                                               int64_t channels, const float *mean, float *sum_dy, float *sum_product);
void CORNU_ISA_NAME(cornu__norm_gradient_apply)(const float *dy, const float *x, const float *y, int64_t rows,
                                                int64_t channels, const float *a, const float *b, const float *d,
                                                float *dx);
void CORNU_ISA_NAME(cornu__max_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end,
                                     float *y, int32_t *index);
void CORNU_ISA_NAME(cornu__average_pool)(const cornu__pool_shape *shape, const float *x, int64_t begin, int64_t end,
                                         float *y);
void CORNU_ISA_NAME(cornu__max_pool_gradient)(const cornu__pool_shape *shape, const float *dy, const int32_t *index,
                                              int64_t begin, int64_t end, float *dx);
void CORNU_ISA_NAME(cornu__average_pool_gradient)(const cornu__pool_shape *shape, const float *dy, int64_t begin,
                                                  int64_t end, float *dx);
void CORNU_ISA_NAME(cornu__dropout)(cornu__random_key key, float rate, float scale, const float *x, int64_t begin,
                                    int64_t end, float *y);
void CORNU_ISA_NAME(cornu__uniform)(cornu__random_key key, int64_t begin, int64_t end, float *y);
void CORNU_ISA_NAME(cornu__matmul)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_column,
                                   const float *b, int64_t b_row, int64_t b_column, const float *bias, bool relu,
                                   float *y);
bool CORNU_ISA_NAME(cornu__conv_kernel_gradient_fits)(const cornu__conv_shape *shape);
void CORNU_ISA_NAME(cornu__conv_kernel_gradient)(const cornu__conv_shape *shape, const float *x, const float *dy,
                                                 int64_t begin, int64_t end, float *dkernel);

#endif
