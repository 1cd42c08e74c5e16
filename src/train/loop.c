/* loop.c: the one loop over batches that fit, fit_generator, evaluate and predict all run. */
#include <math.h>
#include <stdatomic.h>

#include "base/log.h"
#include "train/training.h"

#define STOP_MILLISECONDS 50 /* from a request to stop until a loop that waits for a batch sees it */

typedef struct pass_hooks {
    cornu__hook_kind batch_begin, batch_end;
} pass_hooks;

static const pass_hooks hooks_of[] = {
    [CORNU__STEP_TRAIN] = {CORNU__ON_TRAIN_BATCH_BEGIN, CORNU__ON_TRAIN_BATCH_END},
    [CORNU__STEP_TEST] = {CORNU__ON_TEST_BATCH_BEGIN, CORNU__ON_TEST_BATCH_END},
    [CORNU__STEP_PREDICT] = {CORNU__ON_PREDICT_BATCH_BEGIN, CORNU__ON_PREDICT_BATCH_END},
};

/* --- Stopping from outside --- */

/* Counted, not set: a request ends what runs when it comes, and nothing that begins later. */
static atomic_uint stop_requests;

void cornu_request_stop(void)
{
    atomic_fetch_add(&stop_requests, 1);
}

unsigned cornu__stop_requests(void)
{
    return atomic_load(&stop_requests);
}

bool cornu__stop_requested(const cornu_training *training)
{
    return cornu__stop_requests() != training->stop_requests;
}

/* --- One batch --- */

/* As in Keras training goes on; but the user should not find out only at the end. */
static void warn_of_nan(cornu_training *training, int64_t index)
{
    if (training->nan_warned || training->kind != CORNU__STEP_TRAIN || isfinite(cornu__model_loss(training->model)))
        return;
    training->nan_warned = true;
    cornu__warn("the loss became %s at batch %lld of epoch %lld: a smaller learning rate, clipped gradients or a look "
                "at the data may help",
                isnan(cornu__model_loss(training->model)) ? "NaN" : "infinite", (long long)index + 1,
                (long long)training->epoch + 1);
}

static cornu_status step_with(cornu_training *training, const cornu__batch *batch, int64_t index,
                              cornu__consumer *consumer)
{
    training->logs.count = 0;
    CORNU_TRY(cornu__training_call(training, hooks_of[training->kind].batch_begin, index));
    CORNU_TRY(cornu__model_step(training->model, training->kind, batch));
    if (training->kind != CORNU__STEP_PREDICT)
        cornu__tally_add(&training->tally, training->model, batch->rows);
    warn_of_nan(training, index);
    if (consumer)
        CORNU_TRY(consumer->use(consumer->state, training->model, batch));
    training->logs_filled = false;
    return cornu__training_call(training, hooks_of[training->kind].batch_end, index);
}

static cornu_status run_batch(cornu_training *training, const cornu__batch *batch, int64_t index,
                              cornu__consumer *consumer)
{
    training->batch = batch;
    cornu_status status = step_with(training, batch, index, consumer);
    training->batch = NULL;
    return status;
}

/* --- One pass --- */

/* A callback's wish is looked at behind a batch, as in Keras: an epoch that has begun has one batch at least, and is recorded. Index 0
 * is before it; a higher first one is behind what an earlier training made. */
static bool must_stop(const cornu_training *training, bool after_batch)
{
    return cornu__stop_requested(training) || (after_batch && training->stop && training->kind == CORNU__STEP_TRAIN);
}

static cornu_status forget_values(cornu_training *training)
{
    training->tally = (cornu__tally){0};
    return training->kind == CORNU__STEP_PREDICT ? CORNU_OK : cornu__model_reset_metrics(training->model);
}

/* After all that a training batch entails. */
static cornu_status end_batch(cornu_training *training, int64_t index)
{
    training->next_batch = index + 1;
    return cornu__training_checkpoint(training, CORNU__AFTER_BATCH);
}

/* false: a stop was requested while a batch was waited for, which may never come. */
static bool wait_for_batch(const cornu_training *training, cornu__enqueuer *batches)
{
    while (!cornu__enqueuer_wait(batches, STOP_MILLISECONDS)) {
        if (cornu__stop_requested(training))
            return false;
    }
    return true;
}

cornu_status cornu__pass(cornu_training *training, cornu__step_kind kind, cornu__enqueuer *batches, int64_t steps,
                         cornu__consumer *consumer, cornu__pass_end *end)
{
    int64_t first = kind == CORNU__STEP_TRAIN ? training->first_batch : 0;
    training->kind = kind;
    training->steps = steps;
    *end = CORNU__PASS_WHOLE;
    if (first == 0)
        CORNU_TRY(forget_values(training));
    cornu__waiting_begin(training, batches);
    training->batches = batches;
    for (int64_t index = first; index != steps; index++) {
        const cornu__batch *batch;
        if (must_stop(training, index > 0) || !wait_for_batch(training, batches)) {
            *end = CORNU__PASS_STOPPED;
            break;
        }
        CORNU_TRY(cornu__enqueuer_get(batches, &batch));
        if (!batch) {
            *end = CORNU__PASS_WITHOUT_DATA;
            break;
        }
        CORNU_TRY(run_batch(training, batch, index, consumer));
        CORNU_TRY(cornu__enqueuer_done(batches));
        if (kind == CORNU__STEP_TRAIN)
            CORNU_TRY(end_batch(training, index));
    }
    cornu__waiting_end(training);
    training->batches = NULL;
    cornu__training_fill_logs(training);
    return CORNU_OK;
}
