/* waiting.c: what a training waited for. */
#include "train/waiting.h"
#include "base/clock.h"
#include "base/processors.h"

#define NOTABLE_SHARE 0.05
#define NOTABLE_SECONDS 0.1
#define SMALLEST_PART 0.1 /* of what was waited: smaller parts are not named */

/* --- Measuring --- */

void cornu__waiting_begin(cornu_training *training, const cornu__enqueuer *batches)
{
    training->timed = NULL;
    bool validates = training->in_fit && training->kind != CORNU__STEP_TRAIN;
    if (!batches || validates) /* none are left where an earlier training was interrupted behind the last */
        return;
    training->timed = training->fed_by = batches;
    training->pass_began = cornu__nanoseconds_now();
    training->waited_before = *cornu__enqueuer_waited(batches);
}

static cornu_waiting waiting_now(const cornu_training *training)
{
    const cornu__stage_times *waited = cornu__enqueuer_waited(training->timed);
    cornu_waiting waiting = {.seconds = 1e-9 * (double)(cornu__nanoseconds_now() - training->pass_began)};
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        waiting.stages[i] = 1e-9 * (double)(waited->nanoseconds[i] - training->waited_before.nanoseconds[i]);
        waiting.waited += waiting.stages[i];
    }
    return waiting;
}

void cornu__waiting_end(cornu_training *training)
{
    if (!training->timed)
        return;
    training->waiting = waiting_now(training);
    training->timed = NULL;
}

void cornu_training_waiting(const cornu_training *training, cornu_waiting *waiting)
{
    *waiting = training->timed ? waiting_now(training) : training->waiting;
}

/* --- In words --- */

bool cornu__waiting_is_notable(const cornu_waiting *waiting)
{
    return waiting->waited > NOTABLE_SECONDS && waiting->waited > NOTABLE_SHARE * waiting->seconds;
}

static int percent(const cornu_waiting *waiting, double seconds)
{
    return (int)(100 * seconds / waiting->seconds + 0.5);
}

/* The largest part below `limit`, which is not named yet; CORNU_STAGE_COUNT: none is worth it. */
static int next_stage(const cornu_waiting *waiting, const bool *named)
{
    int found = CORNU_STAGE_COUNT;
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        bool counts = !named[i] && waiting->stages[i] >= SMALLEST_PART * waiting->waited;
        if (counts && (found == CORNU_STAGE_COUNT || waiting->stages[i] > waiting->stages[found]))
            found = i;
    }
    return found;
}

void cornu__waiting_tell(const cornu_waiting *waiting, const char *what, cornu__text *text)
{
    bool named[CORNU_STAGE_COUNT] = {false};
    cornu__text_add(text, "Waited for data %d%% of the %s", percent(waiting, waiting->waited), what);
    const char *between = ": ";
    for (int stage; (stage = next_stage(waiting, named)) < CORNU_STAGE_COUNT; between = ", ") {
        named[stage] = true;
        cornu__text_add(text, "%s%s %d%%", between, cornu_stage_name((cornu_stage)stage),
                        percent(waiting, waiting->stages[stage]));
    }
}

/* Where the disk or the program's own function sleeps, even more workers than processors are of use. */
static bool may_sleep(const cornu_waiting *waiting)
{
    return waiting->stages[CORNU_STAGE_READ] + waiting->stages[CORNU_STAGE_FUNCTION] > 0.5 * waiting->waited;
}

const char *cornu__waiting_advice(const cornu_training *training, const cornu_waiting *waiting)
{
    int workers = cornu__enqueuer_workers(training->fed_by);
    if (workers == 0)
        return "; with a worker it would go on meanwhile";
    if (!cornu__enqueuer_has_use_for_more(training->fed_by))
        return "; one worker alone may call the generator";
    return workers < cornu__processors() || may_sleep(waiting) ? "; more workers may help" : "";
}
