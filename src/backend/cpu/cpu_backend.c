/* cpu_backend.c: the CPU backend: its instruction set, its threads, and its table of functions. */
#include <omp.h>
#include <stdio.h>

#include "backend/cpu/cpu_backend.h"
#include "backend/cpu/program.h"
#include "base/instruction_set.h"
#include "base/memory.h"
#include "base/processors.h"

/* --- the instruction set --- */

static const cornu__cpu_kernels *const tables[CORNU__INSTRUCTION_SET_COUNT] = {
    [CORNU__BASELINE] = &cornu__cpu_kernels_baseline,
#ifdef __x86_64__
    [CORNU__AVX2] = &cornu__cpu_kernels_avx2,
    [CORNU__AVX512] = &cornu__cpu_kernels_avx512,
#endif
};

/* *lowered: whether the environment asked for less than the processor has. */
static cornu_status choose_table(const cornu__cpu_kernels **kernels, bool *lowered)
{
    cornu__instruction_set set;
    CORNU_TRY(cornu__instruction_set_choose(&set, lowered));
    *kernels = tables[set];
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
