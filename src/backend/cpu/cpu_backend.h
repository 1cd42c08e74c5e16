/* cpu/cpu_backend.h: the functions of the CPU backend's table that program.c provides (backend/implementation.h says what they do). */
#ifndef CORNU_BACKEND_CPU_CPU_BACKEND_H
#define CORNU_BACKEND_CPU_CPU_BACKEND_H

#include "backend/implementation.h"

cornu_status cornu__cpu_program_compile(cornu__program *program, cornu__graph *graph);
void cornu__cpu_program_destroy(cornu__program *program);
cornu_status cornu__cpu_program_run(cornu__program *program, const void *const *inputs, const cornu__run_state *state,
                                    double *seconds);
const void *cornu__cpu_program_result(const cornu__program *program, int index);
void cornu__cpu_program_get_statistics(const cornu__program *program, cornu__program_statistics *statistics);
const char *cornu__cpu_program_kernel_name(const cornu__program *program, int index);
double cornu__cpu_program_flops(const cornu__program *program);

#endif
