/* base/instruction_set.h: the instruction sets that kernels are compiled for, and which of them this processor has. */
#ifndef CORNU_BASE_INSTRUCTION_SET_H
#define CORNU_BASE_INSTRUCTION_SET_H

#include <stdbool.h>

#include "base/status.h"

/* Lowest first; a table of kernels has one entry for each. */
typedef enum cornu__instruction_set {
    CORNU__BASELINE,
#ifdef __x86_64__
    CORNU__AVX2,
    CORNU__AVX512,
#endif
    CORNU__INSTRUCTION_SET_COUNT
} cornu__instruction_set;

/* As in the environment's CORNU_ISA: "baseline", "avx2", "avx512". */
const char *cornu__instruction_set_name(cornu__instruction_set set);

/* The highest that this processor has. */
cornu__instruction_set cornu__instruction_set_best(void);

/* *chosen := that one, or what the environment's CORNU_ISA asks for, which may be less. Fails where it is no instruction set, or more than the
 * processor has. *lowered (or NULL): whether it is less. */
cornu_status cornu__instruction_set_choose(cornu__instruction_set *chosen, bool *lowered);

#endif
