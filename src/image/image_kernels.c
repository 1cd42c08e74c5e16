/* image_kernels.c: which table of kernels runs. */
#include <stdatomic.h>

#include "base/instruction_set.h"
#include "image/kernels/kernels.h"

static const cornu__image_kernels *const tables[CORNU__INSTRUCTION_SET_COUNT] = {
    [CORNU__BASELINE] = &cornu__image_kernels_baseline,
#ifdef __x86_64__
    [CORNU__AVX2] = &cornu__image_kernels_avx2,
    [CORNU__AVX512] = &cornu__image_kernels_avx512,
#endif
};

/* Chosen once; threads that come here together choose the same. */
static const cornu__image_kernels *_Atomic chosen;

cornu_status cornu__image_kernels_choose(const cornu__image_kernels **kernels)
{
    *kernels = atomic_load_explicit(&chosen, memory_order_acquire);
    if (*kernels)
        return CORNU_OK;
    cornu__instruction_set set;
    CORNU_TRY(cornu__instruction_set_choose(&set, NULL));
    *kernels = tables[set];
    atomic_store_explicit(&chosen, *kernels, memory_order_release);
    return CORNU_OK;
}

void cornu__image_kernels_use(int instruction_set)
{
    atomic_store_explicit(&chosen, tables[instruction_set], memory_order_release);
}
