/* progbar_logger.c: Keras's ProgbarLogger: the progress bar on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "train/progress.h"
#include "train/training.h"

typedef struct progbar {
    int verbose;
    cornu__progress_style style;
    cornu__progress progress;
    char line[CORNU__PROGRESS_LINE_SIZE];
} progbar;

/* --- The terminal --- */

static bool speaks_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *locale = getenv(variables[i]);
        if (locale && *locale)
            return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
    }
    return false;
}

static cornu__progress_style look(void)
{
    cornu__progress_style style = {0};
    const char *terminal = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || (terminal && strcmp(terminal, "dumb") == 0))
        return style;
    style.dynamic = true;
    style.keras3 = speaks_utf8();
    style.color = style.keras3 && !(no_color && *no_color);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        style.columns = size.ws_col;
    return style;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- A pass --- */

static void write_line(const progbar *self, size_t length)
{
    fwrite(self->line, 1, length, stdout);
    fflush(stdout);
}

static cornu_status begin(progbar *self, const cornu_training *training)
{
    cornu__progress_start(&self->progress, self->style, training->steps, seconds_now());
    return CORNU_OK;
}

static cornu_status advance(progbar *self, cornu_training *training, int64_t index, const cornu_logs *logs)
{
    double now = seconds_now();
    bool due = cornu__progress_advance(&self->progress, index + 1, now);
    bool last = index + 1 == self->progress.target; /* the final line follows */
    if (!due || last || self->verbose != 1)
        return CORNU_OK;
    cornu__training_fill_logs(training);
    write_line(self, cornu__progress_draw(&self->progress, self->line, now, logs, false));
    return CORNU_OK;
}

static cornu_status finish(progbar *self, const cornu_logs *logs)
{
    double now = seconds_now();
    if (self->progress.target < 0)
        self->progress.target = self->progress.seen;
    write_line(self, self->verbose == 1 ? cornu__progress_draw(&self->progress, self->line, now, logs, true)
                                        : cornu__progress_summary(&self->progress, self->line, now, logs));
    return CORNU_OK;
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
    (void)training;
    (void)epoch;
    return finish(state, logs);
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
    return training->in_fit ? CORNU_OK : finish(state, logs);
}

cornu_callback *cornu__progbar_logger(int verbose)
{
    progbar *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->verbose = verbose;
    self->style = look();
    cornu_callback *callback = cornu__callback_new("ProgbarLogger", self);
    if (!callback)
        return NULL;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TEST_BEGIN] = callback->hooks[CORNU__ON_PREDICT_BEGIN] = on_pass_begin;
    callback->hooks[CORNU__ON_TEST_BATCH_END] = callback->hooks[CORNU__ON_PREDICT_BATCH_END] = on_pass_batch_end;
    callback->hooks[CORNU__ON_TEST_END] = callback->hooks[CORNU__ON_PREDICT_END] = on_pass_end;
    return callback;
}

/* --- verbose --- */

cornu_status cornu__verbose_resolve(const char *function, int verbose, int *resolved)
{
    const char *given = getenv("CORNU_VERBOSE");
    bool asked = verbose == CORNU_VERBOSE_AUTO && given && *given;
    *resolved = verbose == CORNU_VERBOSE_AUTO ? 1 : verbose;
    if (asked && (strlen(given) != 1 || given[0] < '0' || given[0] > '2'))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the environment's CORNU_VERBOSE is \"%s\", and must be 0, 1 or 2", given);
    if (asked)
        *resolved = given[0] - '0';
    if (*resolved < 0 || *resolved > 2)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: verbose is %d, and must be 0, 1, 2 or CORNU_VERBOSE_AUTO",
                           function, verbose);
    return CORNU_OK;
}
