/* cpu_backend.c: the CPU backend: its instruction set, its threads, and its table of functions. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/program.h"
#include "base/memory.h"
#include "base/processors.h"
#include "base/text.h"

/* --- the instruction set --- */

/* All that this build knows, lowest first. */
static const cornu__cpu_kernels *const tables[] = {
    &cornu__cpu_kernels_baseline,
#ifdef __x86_64__
    &cornu__cpu_kernels_avx2,
    &cornu__cpu_kernels_avx512,
#endif
};
#define TABLE_COUNT (int)(sizeof tables / sizeof tables[0])

static int best_table(void)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return 0;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return wide ? 2 : 1;
#else
    return 0;
#endif
}

/* The environment's CORNU_ISA may ask for less than the processor has. *lowered: whether it did. */
static cornu_status choose_table(const cornu__cpu_kernels **kernels, bool *lowered)
{
    int best = best_table(), asked = best;
    const char *name = getenv("CORNU_ISA");
    if (name && name[0]) {
        const char *names[TABLE_COUNT];
        asked = -1;
        for (int i = 0; i < TABLE_COUNT; i++) {
            names[i] = tables[i]->name;
            if (strcmp(name, names[i]) == 0)
                asked = i;
        }
        if (asked < 0) {
            const char *nearest = cornu__text_nearest(name, names, (size_t)TABLE_COUNT);
            return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                               "CORNU_ISA is '%s', which is no instruction set; did you mean '%s'?", name,
                               nearest ? nearest : names[0]);
        }
        if (asked > best)
            return cornu__fail(CORNU_ERROR_UNSUPPORTED, "CORNU_ISA is '%s', but this processor has only '%s'", name,
                               names[best]);
    }
    *kernels = tables[asked];
    *lowered = asked < best;
    return CORNU_OK;
}

/* --- threads --- */

/* As many as asked; else OMP_NUM_THREADS (which omp_get_max_threads knows), but no more than processors. */
static int choose_threads(int asked)
{
    if (asked > 0)
        return asked;
    int processors = cornu__processors(), threads = omp_get_max_threads();
    return threads < processors ? threads : processors;
}

/* --- the backend --- */

static cornu_status backend_open(cornu__backend *common)
{
    cornu__cpu *backend = (cornu__cpu *)common;
    bool lowered = false;
    CORNU_TRY(choose_table(&backend->kernels, &lowered));
    CORNU_TRY(cornu__onednn_open(lowered ? backend->kernels->name : NULL, &backend->onednn));
    common->threads = choose_threads(common->threads);
    char version[32];
    cornu__onednn_version(version, sizeof version);
    snprintf(common->description, sizeof common->description, "cpu %s, %d thread%s, oneDNN %s", backend->kernels->name,
             common->threads, common->threads == 1 ? "" : "s", version);
    return CORNU_OK;
}

static void backend_close(cornu__backend *common)
{
    cornu__cpu *backend = (cornu__cpu *)common;
    cornu__onednn_close(backend->onednn);
    cornu__free(backend->arena);
    cornu__free(backend->retired);
}

const cornu__backend_implementation cornu__cpu_backend = {
    .name = "cpu",
    .backend_size = sizeof(cornu__cpu),
    .backend_open = backend_open,
    .backend_close = backend_close,
    .buffer_size = sizeof(cornu__buffer),
    .buffer_open = cornu__host_buffer_open,
    .buffer_close = cornu__host_buffer_close,
    .buffer_download = cornu__host_buffer_download,
    .buffer_upload = cornu__host_buffer_upload,
    .buffer_host = cornu__host_buffer_host,
    .program_size = sizeof(cornu__cpu_program),
    .program_compile = cornu__cpu_program_compile,
    .program_destroy = cornu__cpu_program_destroy,
    .program_run = cornu__cpu_program_run,
    .program_result = cornu__cpu_program_result,
    .program_get_statistics = cornu__cpu_program_get_statistics,
    .program_kernel_name = cornu__cpu_program_kernel_name,
    .program_flops = cornu__cpu_program_flops,
};
