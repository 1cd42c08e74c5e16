/*
 * data/stages.h: where the time goes while a batch is made.
 *
 * Whoever makes a batch starts the clock of its thread; what runs below says which stage it is in, wherever that is, and need not know whether
 * anybody measures:
 *
 *     cornu_stage before = cornu__stage_enter(CORNU_STAGE_DECODE);
 *     ...
 *     cornu__stage_enter(before);
 *
 * A change of stage costs one look at the clock (about 25 ns), and nothing where none runs.
 */
#ifndef CORNU_DATA_STAGES_H
#define CORNU_DATA_STAGES_H

#include <stdint.h>

#include <cornu/waiting.h>

typedef struct cornu__stage_times {
    int64_t nanoseconds[CORNU_STAGE_COUNT];
} cornu__stage_times;

int64_t cornu__stage_times_sum(const cornu__stage_times *times);
void cornu__stage_times_add(cornu__stage_times *to, const cornu__stage_times *times);

/* The clock of a thread. */
typedef struct cornu__stage_clock {
    cornu__stage_times *times; /* where it counts; NULL: it does not run */
    cornu_stage stage;
    int64_t since; /* what is not counted yet */
} cornu__stage_clock;

/* From now until cornu__stages_end this thread's time is added to `times`, first as that of `stage`. Returns what ran before and goes on behind the end: a
 * program's generator may itself ask for batches. */
cornu__stage_clock cornu__stages_begin(cornu__stage_times *times, cornu_stage stage);
void cornu__stages_end(cornu__stage_clock before);

/* The stage of this thread from now on; returns the one before. */
cornu_stage cornu__stage_enter(cornu_stage stage);

/* Another process has spent `theirs` of the time since this thread's stage began. */
void cornu__stages_attribute(const cornu__stage_times *theirs);

/* *to += `nanoseconds`, shared out as `times` are; as CORNU_STAGE_FUNCTION where these are nothing. */
void cornu__stage_times_share(cornu__stage_times *to, int64_t nanoseconds, const cornu__stage_times *times);

#endif
