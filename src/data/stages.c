/* stages.c: where the time goes while a batch is made. */
#include <stddef.h>

#include "base/clock.h"
#include "data/stages.h"

static _Thread_local cornu__stage_clock running;

const char *cornu_stage_name(cornu_stage stage)
{
    static const char *const names[CORNU_STAGE_COUNT] = {
        [CORNU_STAGE_FUNCTION] = "the generator", [CORNU_STAGE_READ] = "reading",
        [CORNU_STAGE_DECODE] = "decoding",        [CORNU_STAGE_RESIZE] = "resizing",
        [CORNU_STAGE_AUGMENT] = "augmenting",     [CORNU_STAGE_COPY] = "copying",
        [CORNU_STAGE_TRANSPORT] = "transport"};
    return stage < CORNU_STAGE_COUNT ? names[stage] : NULL;
}

int64_t cornu__stage_times_sum(const cornu__stage_times *times)
{
    int64_t sum = 0;
    for (int i = 0; i < CORNU_STAGE_COUNT; i++)
        sum += times->nanoseconds[i];
    return sum;
}

void cornu__stage_times_add(cornu__stage_times *to, const cornu__stage_times *times)
{
    for (int i = 0; i < CORNU_STAGE_COUNT; i++)
        to->nanoseconds[i] += times->nanoseconds[i];
}

/* Counts the time since the last look to the stage in hand. */
static void look(void)
{
    int64_t now = cornu__nanoseconds_now();
    running.times->nanoseconds[running.stage] += now - running.since;
    running.since = now;
}

cornu__stage_clock cornu__stages_begin(cornu__stage_times *times, cornu_stage stage)
{
    cornu__stage_clock before = running;
    running = (cornu__stage_clock){times, stage, cornu__nanoseconds_now()};
    return before;
}

void cornu__stages_end(cornu__stage_clock before)
{
    look();
    running = before;
}

cornu_stage cornu__stage_enter(cornu_stage stage)
{
    cornu_stage before = running.stage;
    if (!running.times || stage == before)
        return before;
    look();
    running.stage = stage;
    return before;
}

void cornu__stages_attribute(const cornu__stage_times *theirs)
{
    if (!running.times)
        return;
    look();
    cornu__stage_times_add(running.times, theirs);
    running.times->nanoseconds[running.stage] -= cornu__stage_times_sum(theirs);
}

void cornu__stage_times_share(cornu__stage_times *to, int64_t nanoseconds, const cornu__stage_times *times)
{
    int64_t left = nanoseconds, sum = cornu__stage_times_sum(times);
    for (int i = 0; i < CORNU_STAGE_COUNT && sum > 0; i++) {
        int64_t part = (int64_t)((double)nanoseconds * ((double)times->nanoseconds[i] / (double)sum));
        to->nanoseconds[i] += part;
        left -= part;
    }
    to->nanoseconds[CORNU_STAGE_FUNCTION] += left; /* nothing but what rounding left, where there was a sum */
}
