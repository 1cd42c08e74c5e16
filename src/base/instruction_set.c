/* instruction_set.c: what the processor has, and what the environment asks for. */
#include <stdlib.h>
#include <string.h>

#include "base/instruction_set.h"
#include "base/text.h"

static const char *const names[] = {
    [CORNU__BASELINE] = "baseline",
#ifdef __x86_64__
    [CORNU__AVX2] = "avx2",
    [CORNU__AVX512] = "avx512",
#endif
};

const char *cornu__instruction_set_name(cornu__instruction_set set)
{
    return names[set];
}

cornu__instruction_set cornu__instruction_set_best(void)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return CORNU__BASELINE;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide ? CORNU__AVX512 : CORNU__AVX2;
#else
    return CORNU__BASELINE;
#endif
}

cornu_status cornu__instruction_set_choose(cornu__instruction_set *chosen, bool *lowered)
{
    cornu__instruction_set best = cornu__instruction_set_best();
    const char *name = getenv("CORNU_ISA");
    int asked = best;
    if (name && name[0]) {
        asked = -1;
        for (int i = 0; i < CORNU__INSTRUCTION_SET_COUNT; i++)
            asked = strcmp(name, names[i]) == 0 ? i : asked;
        if (asked < 0) {
            const char *nearest = cornu__text_nearest(name, names, CORNU__INSTRUCTION_SET_COUNT);
            return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                               "CORNU_ISA is '%s', which is no instruction set; did you mean '%s'?", name,
                               nearest ? nearest : names[0]);
        }
        if (asked > (int)best)
            return cornu__fail(CORNU_ERROR_UNSUPPORTED, "CORNU_ISA is '%s', but this processor has only '%s'", name,
                               names[best]);
    }
    *chosen = (cornu__instruction_set)asked;
    if (lowered)
        *lowered = asked < (int)best;
    return CORNU_OK;
}
