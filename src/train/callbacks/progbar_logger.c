/* progbar_logger.c: Keras's ProgbarLogger: the progress bar on standard output. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text_wrap.h"
#include "train/progress_look.h"
#include "train/waiting.h"

typedef struct progbar {
    int verbose;
    cornu__progress_style style;
    cornu__progress progress;
    bool unfinished; /* a running line stands on the terminal */
    bool advised;    /* what may be done about waiting was said */
    char line[CORNU__PROGRESS_LINE_SIZE];
} progbar;

/* --- A pass --- */

static void write_line(progbar *self, size_t length, bool final)
{
    fwrite(self->line, 1, length, stdout);
    fflush(stdout);
    self->unfinished = !final;
    cornu__log_unfinished_line(self->unfinished);
}

static cornu_status begin(progbar *self, const cornu_training *training)
{
    cornu__progress_start(&self->progress, self->style, training->steps, cornu__seconds_now());
    self->progress.seen = self->progress.before = training->in_fit ? training->first_batch : 0;
    return CORNU_OK;
}

static cornu_status advance(progbar *self, cornu_training *training, int64_t index, const cornu_logs *logs)
{
    double now = cornu__seconds_now();
    bool due = cornu__progress_advance(&self->progress, index + 1, now);
    bool last = index + 1 == self->progress.target; /* the final line follows */
    if (!due || last || self->verbose != 1)
        return CORNU_OK;
    cornu__training_fill_logs(training);
    self->progress.style.columns = cornu__terminal_columns(STDOUT_FILENO); /* a window may be made wider or narrower */
    write_line(self, cornu__progress_draw(&self->progress, self->line, now, logs, false), false);
    return CORNU_OK;
}

/* A line of its own, where much of the time was lost; several where a terminal is narrow. */
static cornu_status tell_of_waiting(progbar *self, const cornu_training *training, const char *what)
{
    const cornu_waiting *waiting = &training->waiting;
    if (!cornu__waiting_is_notable(waiting))
        return CORNU_OK;
    cornu__text text = {0};
    cornu__waiting_tell(waiting, what, &text);
    cornu__text_add(&text, "%s\n", self->advised ? "" : cornu__waiting_advice(training, waiting));
    char *line = cornu__text_take(&text);
    if (!line)
        return cornu_error_status();
    cornu__text_add_wrapped_lines(&text, line, self->style.dynamic ? cornu__terminal_columns(STDOUT_FILENO) : 0);
    cornu__free(line);
    line = cornu__text_take(&text);
    if (!line)
        return cornu_error_status();
    fputs(line, stdout);
    fflush(stdout);
    cornu__free(line);
    self->advised = true;
    return CORNU_OK;
}

static cornu_status finish(progbar *self, const cornu_training *training, const char *what, const cornu_logs *logs)
{
    double now = cornu__seconds_now();
    if (self->progress.target < 0)
        self->progress.target = self->progress.seen;
    size_t length = self->verbose == 1 ? cornu__progress_draw(&self->progress, self->line, now, logs, true)
                                       : cornu__progress_summary(&self->progress, self->line, now, logs);
    write_line(self, length, true);
    return tell_of_waiting(self, training, what);
}

/* --- Hooks --- */

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)logs;
    if (training->epochs > 1)
        printf("Epoch %lld/%lld\n", (long long)epoch + 1, (long long)training->epochs);
    fflush(stdout);
    return begin(state, training);
}

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    return advance(state, training, index, logs);
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)epoch;
    return finish(state, training, "epoch", logs);
}

/* Evaluation and prediction have a bar of their own, unless they are a validation in fit. */

static cornu_status on_pass_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index;
    (void)logs;
    return training->in_fit ? CORNU_OK : begin(state, training);
}

static cornu_status on_pass_batch_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    return training->in_fit ? CORNU_OK : advance(state, training, index, logs);
}

static cornu_status on_pass_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index;
    if (training->in_fit)
        return CORNU_OK;
    return finish(state, training, training->kind == CORNU__STEP_TEST ? "evaluation" : "prediction", logs);
}

/* What failed in the middle of a pass is said on a line of its own. */
static void release(void *state)
{
    progbar *self = state;
    if (self->unfinished) {
        self->line[0] = '\n';
        write_line(self, 1, true);
    }
    cornu__free(self);
}

cornu_callback *cornu__progbar_logger(int verbose)
{
    cornu__progress_look look;
    if (cornu__progress_look_asked(&look) != CORNU_OK)
        return NULL;
    if (look == CORNU__LOOK_JSON)
        return cornu__progress_json_logger(verbose);
    progbar *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->verbose = verbose;
    self->style = cornu__progress_style_now(look);
    cornu_callback *callback = cornu__callback_new("ProgbarLogger", self);
    if (!callback)
        return NULL;
    callback->release = release;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TEST_BEGIN] = callback->hooks[CORNU__ON_PREDICT_BEGIN] = on_pass_begin;
    callback->hooks[CORNU__ON_TEST_BATCH_END] = callback->hooks[CORNU__ON_PREDICT_BATCH_END] = on_pass_batch_end;
    callback->hooks[CORNU__ON_TEST_END] = callback->hooks[CORNU__ON_PREDICT_END] = on_pass_end;
    return callback;
}
