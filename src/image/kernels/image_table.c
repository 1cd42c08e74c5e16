/* kernels/image_table.c: the table of one instruction set. */
#include "image/kernels/table.h"

const cornu__image_kernels CORNU_ISA_NAME(cornu__image_kernels) = {
    .name = CORNU_ISA_TEXT(CORNU_ISA),
    .resize_columns = CORNU_ISA_NAME(cornu__resize_columns),
    .resize_rows = CORNU_ISA_NAME(cornu__resize_rows),
    .warp_nearest = CORNU_ISA_NAME(cornu__warp_nearest),
    .warp_linear = CORNU_ISA_NAME(cornu__warp_linear),
    .warp_spline = CORNU_ISA_NAME(cornu__warp_spline),
    .spline_filter = CORNU_ISA_NAME(cornu__spline_filter),
};
