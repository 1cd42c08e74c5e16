/* kernels/table.c: the table of one instruction set. */
#include "backend/cpu/kernels/table.h"

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

const cornu__cpu_kernels CORNU_ISA_NAME(cornu__cpu_kernels) = {
    .name = TEXT_OF(CORNU_ISA),
    .float_tile = CORNU_ISA_NAME(cornu__float_tile),
    .int_tile = CORNU_ISA_NAME(cornu__int_tile),
    .int_to_float = CORNU_ISA_NAME(cornu__int_to_float),
    .float_to_int = CORNU_ISA_NAME(cornu__float_to_int),
    .approach = CORNU_ISA_NAME(cornu__approach),
    .approach_square = CORNU_ISA_NAME(cornu__approach_square),
    .descend = CORNU_ISA_NAME(cornu__descend),
    .column_sum = CORNU_ISA_NAME(cornu__column_sum),
    .sum = CORNU_ISA_NAME(cornu__sum),
    .maximum = CORNU_ISA_NAME(cornu__maximum),
    .minimum = CORNU_ISA_NAME(cornu__minimum),
    .softmax = CORNU_ISA_NAME(cornu__softmax),
    .log_softmax = CORNU_ISA_NAME(cornu__log_softmax),
    .sparse_cross_entropy = CORNU_ISA_NAME(cornu__sparse_cross_entropy),
    .sparse_cross_entropy_gradient = CORNU_ISA_NAME(cornu__sparse_cross_entropy_gradient),
    .softmax_cross_entropy = CORNU_ISA_NAME(cornu__softmax_cross_entropy),
    .softmax_cross_entropy_gradient = CORNU_ISA_NAME(cornu__softmax_cross_entropy_gradient),
    .norm_statistics = CORNU_ISA_NAME(cornu__norm_statistics),
    .norm_apply = CORNU_ISA_NAME(cornu__norm_apply),
    .norm_gradient_sums = CORNU_ISA_NAME(cornu__norm_gradient_sums),
    .norm_gradient_apply = CORNU_ISA_NAME(cornu__norm_gradient_apply),
    .max_pool = CORNU_ISA_NAME(cornu__max_pool),
    .average_pool = CORNU_ISA_NAME(cornu__average_pool),
    .max_pool_gradient = CORNU_ISA_NAME(cornu__max_pool_gradient),
    .average_pool_gradient = CORNU_ISA_NAME(cornu__average_pool_gradient),
    .dropout = CORNU_ISA_NAME(cornu__dropout),
    .uniform = CORNU_ISA_NAME(cornu__uniform),
    .matmul = CORNU_ISA_NAME(cornu__matmul),
    .conv_kernel_gradient_fits = CORNU_ISA_NAME(cornu__conv_kernel_gradient_fits),
    .conv_kernel_gradient = CORNU_ISA_NAME(cornu__conv_kernel_gradient),
};
