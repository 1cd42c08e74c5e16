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
    .adjust = CORNU_ISA_NAME(cornu__adjust),
    .normalize = CORNU_ISA_NAME(cornu__normalize),
    .spread = CORNU_ISA_NAME(cornu__spread),
    .stretch = CORNU_ISA_NAME(cornu__stretch),
    .find_spans = CORNU_ISA_NAME(cornu__find_spans),
    .sum_values = CORNU_ISA_NAME(cornu__sum_values),
    .sum_squares = CORNU_ISA_NAME(cornu__sum_squares),
    .blend = CORNU_ISA_NAME(cornu__blend),
    .sharpen = CORNU_ISA_NAME(cornu__sharpen),
    .posterize = CORNU_ISA_NAME(cornu__posterize),
    .solarize = CORNU_ISA_NAME(cornu__solarize),
    .saturate = CORNU_ISA_NAME(cornu__saturate),
    .turn_hue = CORNU_ISA_NAME(cornu__turn_hue),
    .turn_gray = CORNU_ISA_NAME(cornu__turn_gray),
    .fade = CORNU_ISA_NAME(cornu__fade),
};
