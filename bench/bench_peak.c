/*
 * bench_peak.c: what the processor's cores can do at most: a loop of fused multiply-adds on independent accumulators, on each thread.
 *
 *     bench_peak [--threads T]
 *
 * prints {"isa": "avx512", "threads": 2, "gflops": 487.1}: the best of several rounds, 2 operations per multiply-add.
 */
#include <immintrin.h>
#include <omp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 20
#define ITERATIONS 400000

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* 14 accumulators hide a latency of up to 7 cycles at 2 multiply-adds a cycle; the compiler keeps them in registers. The empty asm
 * hides their values from it, so that it computes every step. */
#define LOOP(name, target_isa, vector, multiply_add, broadcast)                                                        \
    __attribute__((target(target_isa))) static float name(int64_t iterations)                                          \
    {                                                                                                                  \
        vector a0 = broadcast(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0, a8 = a0, a9 = a0;     \
        vector a10 = a0, a11 = a0, a12 = a0, a13 = a0, x = broadcast(0.999f), y = broadcast(0.001f);                   \
        for (int64_t i = 0; i < iterations; i++) {                                                                     \
            a0 = multiply_add(a0, x, y), a1 = multiply_add(a1, x, y), a2 = multiply_add(a2, x, y);                     \
            a3 = multiply_add(a3, x, y), a4 = multiply_add(a4, x, y), a5 = multiply_add(a5, x, y);                     \
            a6 = multiply_add(a6, x, y), a7 = multiply_add(a7, x, y), a8 = multiply_add(a8, x, y);                     \
            a9 = multiply_add(a9, x, y), a10 = multiply_add(a10, x, y), a11 = multiply_add(a11, x, y);                 \
            a12 = multiply_add(a12, x, y), a13 = multiply_add(a13, x, y);                                              \
            __asm__ volatile("" : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6), "+v"(a7));     \
            __asm__ volatile("" : "+v"(a8), "+v"(a9), "+v"(a10), "+v"(a11), "+v"(a12), "+v"(a13));                     \
        }                                                                                                              \
        vector sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11 + a12 + a13;                          \
        return sum[0];                                                                                                 \
    }

LOOP(run_avx512, "avx512f,fma", __m512, _mm512_fmadd_ps, _mm512_set1_ps)
LOOP(run_avx2, "avx2,fma", __m256, _mm256_fmadd_ps, _mm256_set1_ps)

int main(int argc, char **argv)
{
    int threads = omp_get_num_procs();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
            threads = atoi(argv[++i]);
        } else {
            fprintf(stderr, "usage: %s [--threads T]\n", argv[0]);
            return 2;
        }
    }
    __builtin_cpu_init();
    int wide = __builtin_cpu_supports("avx512f") != 0;
    if (threads < 1 || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
        fprintf(stderr, "%s: at least 1 thread and a processor with AVX2 and FMA are wanted\n", argv[0]);
        return 2;
    }
    double best = 1e30;
    float sink = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
#pragma omp parallel num_threads(threads) reduction(+ : sink)
        sink += wide ? run_avx512(ITERATIONS) : run_avx2(ITERATIONS);
        double elapsed = now() - start;
        best = elapsed < best ? elapsed : best;
    }
    double operations = 2.0 * 14 * (wide ? 16 : 8) * ITERATIONS * threads;
    printf("{\"isa\": \"%s\", \"threads\": %d, \"gflops\": %.1f}\n", wide ? "avx512" : "avx2", threads,
           operations / best * 1e-9);
    return sink != sink; /* the accumulators are used, so the loop stays */
}
