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

#endif
