/*
 * cpu/parallel.h: dividing work among the kernel threads. The pool is OpenMP's, which oneDNN uses too: there is no other in the process.
 * A kernel uses 1 thread or all, and which is decided when its program is compiled.
 */
#ifndef CORNU_BACKEND_CPU_PARALLEL_H
#define CORNU_BACKEND_CPU_PARALLEL_H

#include <stdint.h>

/* A fork and join takes about half a microsecond when the threads are awake; work estimated under this stays on the caller. */
#define CORNU__PARALLEL_NANOSECONDS 3000.0

typedef struct cornu__share {
    int64_t begin, end;
} cornu__share;

/* Part `number` of `parts` about equal parts of 0 .. count - 1, each a multiple of `grain` long but the last. */
static inline cornu__share cornu__share_of(int64_t count, int64_t grain, int number, int parts)
{
    int64_t grains = (count + grain - 1) / grain;
    int64_t begin = grains * number / parts * grain, end = grains * (number + 1) / parts * grain;
    return (cornu__share){begin < count ? begin : count, end < count ? end : count};
}

/* body(argument, number, parts) on `threads` threads at once. */
static inline void cornu__parallel(int threads, void (*body)(void *argument, int number, int parts), void *argument)
{
    if (threads == 1) {
        body(argument, 0, 1);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int number = 0; number < threads; number++)
        body(argument, number, threads);
}

#endif
