/* kernels/table.h: the functions of the table, under their names for the instruction set that is being compiled. */
#ifndef CORNU_IMAGE_KERNELS_TABLE_H
#define CORNU_IMAGE_KERNELS_TABLE_H

#include <string.h>

#include "base/isa.h"
#include "image/kernels/kernels.h"

void CORNU_ISA_NAME(cornu__resize_columns)(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                           cornu__image *to, void *scratch);
void CORNU_ISA_NAME(cornu__resize_rows)(const cornu__filter_axis *axis, const cornu__image *from, int first_row,
                                        cornu__image *to, void *scratch);
cornu__warp_row CORNU_ISA_NAME(cornu__warp_nearest), CORNU_ISA_NAME(cornu__warp_linear);
cornu__warp_row CORNU_ISA_NAME(cornu__warp_spline);
void CORNU_ISA_NAME(cornu__spline_filter)(const cornu__warp_picture *picture, double *coefficients, double *between,
                                          double *lines);
void CORNU_ISA_NAME(cornu__adjust)(float *values, size_t count, const cornu__adjustment *how);
void CORNU_ISA_NAME(cornu__normalize)(float *values, size_t pixels, size_t channels, const float *centers,
                                      const float *scales);
void CORNU_ISA_NAME(cornu__spread)(float *values, size_t pixels, size_t channels, const float *means, float factor,
                                   cornu__value_span span);
void CORNU_ISA_NAME(cornu__stretch)(float *values, size_t pixels, size_t channels, const float *scales,
                                    const float *offsets, cornu_interval range);
void CORNU_ISA_NAME(cornu__find_spans)(const float *values, size_t pixels, size_t channels, cornu__value_span *spans);
void CORNU_ISA_NAME(cornu__sum_values)(const float *values, size_t pixels, size_t channels, cornu__value_sum *sums);
double CORNU_ISA_NAME(cornu__sum_squares)(const float *values, size_t count, double mean);
void CORNU_ISA_NAME(cornu__blend)(float *to, const float *first, float first_weight, const float *second,
                                  float second_weight, size_t count);
void CORNU_ISA_NAME(cornu__sharpen)(float *values, const float *smoothed, size_t count, float towards,
                                    cornu__value_span span);
void CORNU_ISA_NAME(cornu__posterize)(float *values, size_t count, int shift, cornu_interval range);
void CORNU_ISA_NAME(cornu__solarize)(float *values, size_t count, float addition, float threshold,
                                     cornu_interval range);
void CORNU_ISA_NAME(cornu__saturate)(float *pixels, size_t count, float factor, float low);
void CORNU_ISA_NAME(cornu__turn_hue)(float *pixels, size_t count, float turn, cornu__value_span span);
void CORNU_ISA_NAME(cornu__turn_gray)(float *pixels, size_t count);
void CORNU_ISA_NAME(cornu__fade)(float *pixels, size_t count, float factor, cornu__value_span span);

#endif
