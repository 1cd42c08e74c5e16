/* base/clock.h: the clock that nobody sets, for how long things take. */
#ifndef CORNU_BASE_CLOCK_H
#define CORNU_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t cornu__nanoseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline double cornu__seconds_now(void)
{
    return 1e-9 * (double)cornu__nanoseconds_now();
}

#endif
