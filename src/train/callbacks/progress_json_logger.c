/* progress_json_logger.c: the place of the progress bar where a program reads along: an event per line, as train.h describes them. */
#include "base/clock.h"
#include "train/progress.h"
#include "train/progress_json.h"
#include "train/training.h"

typedef struct json_logger {
    bool batches; /* tells of batches too */
    cornu__progress progress;
    double begun; /* seconds: when training began */
    int64_t epochs_run;
} json_logger;

static const char *pass_name(const cornu_training *training)
{
    static const char *const names[] = {
        [CORNU__STEP_TRAIN] = "fit", [CORNU__STEP_TEST] = "evaluate", [CORNU__STEP_PREDICT] = "predict"};
    return names[training->kind];
}

/* --- A pass --- */

static void begin_pass(json_logger *self, const cornu_training *training)
{
    const cornu__progress_style always = {.dynamic = true};
    cornu__progress_start(&self->progress, always, training->steps, cornu__seconds_now());
    self->progress.seen = self->progress.before = training->in_fit ? training->first_batch : 0;
}

/* Steps made and to be made, seconds since the pass began, values. */
static void add_state(cornu__json_line *line, const json_logger *self, double now, const cornu_logs *logs)
{
    cornu__json_line_count(line, "step", self->progress.seen);
    cornu__json_line_count(line, "steps", self->progress.target);
    cornu__json_line_seconds(line, "seconds", now - self->progress.start);
    cornu__json_line_values(line, logs);
}

static cornu_status tell_of_batch(json_logger *self, cornu_training *training, int64_t index, const cornu_logs *logs)
{
    double now = cornu__seconds_now();
    if (!cornu__progress_advance(&self->progress, index + 1, now) || !self->batches)
        return CORNU_OK;
    cornu__json_line line;
    self->progress.drawn = now;
    cornu__training_fill_logs(training);
    cornu__json_line_begin(&line, "batch");
    cornu__json_line_text(&line, "of", pass_name(training));
    if (training->in_fit)
        cornu__json_line_count(&line, "epoch", training->epoch);
    add_state(&line, self, now, logs);
    return cornu__json_line_write(&line);
}

/* --- Training --- */

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    json_logger *self = state;
    cornu__json_line line;
    (void)index;
    (void)logs;
    self->begun = cornu__seconds_now();
    self->epochs_run = 0;
    cornu__json_line_begin(&line, "train_begin");
    cornu__json_line_count(&line, "initial_epoch", training->initial_epoch);
    cornu__json_line_count(&line, "epochs", training->epochs);
    return cornu__json_line_write(&line);
}

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    cornu__json_line line;
    (void)logs;
    begin_pass(state, training);
    cornu__json_line_begin(&line, "epoch_begin");
    cornu__json_line_count(&line, "epoch", epoch);
    cornu__json_line_count(&line, "epochs", training->epochs);
    cornu__json_line_count(&line, "steps", training->steps);
    return cornu__json_line_write(&line);
}

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    return tell_of_batch(state, training, index, logs);
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    json_logger *self = state;
    cornu__json_line line;
    self->epochs_run++;
    cornu__json_line_begin(&line, "epoch_end");
    cornu__json_line_count(&line, "epoch", epoch);
    add_state(&line, self, cornu__seconds_now(), logs);
    cornu__json_line_waiting(&line, &training->waiting);
    return cornu__json_line_write(&line);
}

static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    json_logger *self = state;
    cornu__json_line line;
    (void)index;
    (void)logs;
    cornu__json_line_begin(&line, "train_end");
    cornu__json_line_count(&line, "epochs_run", self->epochs_run);
    cornu__json_line_truth(&line, "stopped", training->stop || cornu__stop_requested(training));
    cornu__json_line_seconds(&line, "seconds", cornu__seconds_now() - self->begun);
    return cornu__json_line_write(&line);
}

/* --- Evaluation and prediction, unless they are a validation in fit --- */

static cornu_status on_pass_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    cornu__json_line line;
    (void)index;
    (void)logs;
    if (training->in_fit)
        return CORNU_OK;
    begin_pass(state, training);
    cornu__json_line_begin(&line, training->kind == CORNU__STEP_TEST ? "evaluate_begin" : "predict_begin");
    cornu__json_line_count(&line, "steps", training->steps);
    return cornu__json_line_write(&line);
}

static cornu_status on_pass_batch_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    return training->in_fit ? CORNU_OK : tell_of_batch(state, training, index, logs);
}

static cornu_status on_pass_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    cornu__json_line line;
    (void)index;
    if (training->in_fit)
        return CORNU_OK;
    cornu__json_line_begin(&line, training->kind == CORNU__STEP_TEST ? "evaluate_end" : "predict_end");
    add_state(&line, state, cornu__seconds_now(), logs);
    cornu__json_line_waiting(&line, &training->waiting);
    return cornu__json_line_write(&line);
}

cornu_callback *cornu__progress_json_logger(int verbose)
{
    json_logger *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->batches = verbose == 1;
    cornu_callback *callback = cornu__callback_new("ProgbarLogger", self);
    if (!callback)
        return NULL;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    callback->hooks[CORNU__ON_TEST_BEGIN] = callback->hooks[CORNU__ON_PREDICT_BEGIN] = on_pass_begin;
    callback->hooks[CORNU__ON_TEST_BATCH_END] = callback->hooks[CORNU__ON_PREDICT_BATCH_END] = on_pass_batch_end;
    callback->hooks[CORNU__ON_TEST_END] = callback->hooks[CORNU__ON_PREDICT_END] = on_pass_end;
    return callback;
}
