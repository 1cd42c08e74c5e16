/*
 * kernels/isa.h: what the sources that are compiled for several instruction sets (base/isa.h) have in common here.
 *
 * The loops are plain C, written so that the compiler turns them into vectors. Without -ffast-math and with -ffp-contract=off an element's bits
 * are the same in the vector body and in the scalar tail; fused multiply-add is asked for by name, and only where it is an instruction.
 */
#ifndef CORNU_BACKEND_CPU_KERNELS_ISA_H
#define CORNU_BACKEND_CPU_KERNELS_ISA_H

#include "base/isa.h"

#ifdef __FMA__
#define CORNU_MULTIPLY_ADD(a, b, c) __builtin_fmaf(a, b, c)
#else
#define CORNU_MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

/* Sums are kept in this many lanes on every instruction set: the widest vector of floats, twice. */
#define CORNU_LANES 32

#endif
