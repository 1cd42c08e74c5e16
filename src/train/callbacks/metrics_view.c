/* metrics_view.c: what a training says, for its live page and for the file that is left of it. */
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "train/callbacks/metrics_view.h"
#include "train/fit.h"
#include "view/live.h"
#include "view/live_page.h"

#define BATCH_SECONDS 0.1 /* at most so often values of a batch are noted */

typedef struct metrics_view {
    cornu__live *live;
    char *file; /* NULL: none */
    double begun, noted;
    int64_t made; /* batches of the epoch in hand */
    bool earlier_noted;
} metrics_view;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double age(const metrics_view *self)
{
    return seconds_now() - self->begun;
}

static cornu__live_values values_of(const cornu_logs *logs)
{
    return (cornu__live_values){logs->count, logs->names, logs->values};
}

static void note_state(metrics_view *self, cornu__live_state state)
{
    cornu__live_record_state(cornu__live_record_of(self->live), state, age(self));
}

/* --- What an earlier training has left of the history --- */

/* The values of one epoch. `next`: by name, how many of its values were taken. */
static void take_epoch(const cornu_history *history, int64_t epoch, int64_t next[CORNU_MAX_LOGS], cornu_logs *logs)
{
    logs->count = 0;
    for (int i = 0; i < cornu_history_value_count(history) && i < CORNU_MAX_LOGS; i++) {
        int64_t count = 0;
        const char *name = cornu_history_value_name(history, i);
        const int64_t *epochs = cornu_history_value_epochs(history, name, &count);
        if (next[i] == count || epochs[next[i]] != epoch)
            continue;
        logs->names[logs->count] = name;
        logs->values[logs->count++] = cornu_history_get(history, name, next[i]++);
    }
}

static void note_earlier_epochs(metrics_view *self, const cornu_history *history)
{
    int64_t next[CORNU_MAX_LOGS] = {0};
    self->earlier_noted = true;
    for (int64_t i = 0; i < cornu_history_epoch_count(history); i++) {
        cornu_logs logs;
        int64_t epoch = cornu_history_epoch(history, i);
        take_epoch(history, epoch, next, &logs);
        cornu__live_values values = values_of(&logs);
        cornu__live_record_epoch(cornu__live_record_of(self->live), epoch, 0, age(self), &values);
    }
}

/* --- Hooks --- */

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    metrics_view *self = state;
    (void)training;
    (void)index;
    (void)logs;
    self->begun = seconds_now();
    return CORNU_OK;
}

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    metrics_view *self = state;
    (void)logs;
    if (!self->earlier_noted)
        note_earlier_epochs(self, training->fit->history);
    self->made = training->first_batch;
    cornu__live_record_begin_epoch(cornu__live_record_of(self->live), epoch, training->steps, age(self));
    return CORNU_OK;
}

static void note_batch(metrics_view *self, cornu_training *training, double now)
{
    cornu__training_fill_logs(training);
    cornu__live_values values = values_of(&training->logs);
    cornu__live_record_batch(cornu__live_record_of(self->live), self->made, now - self->begun, &values);
    self->noted = now;
}

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    metrics_view *self = state;
    double now = seconds_now();
    (void)logs;
    self->made = index + 1;
    if (now - self->noted >= BATCH_SECONDS)
        note_batch(self, training, now);
    return CORNU_OK;
}

static cornu_status on_test_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    (void)logs;
    note_state(state, CORNU__LIVE_VALIDATING);
    return CORNU_OK;
}

static cornu_status on_test_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    (void)logs;
    note_state(state, CORNU__LIVE_RUNNING);
    return CORNU_OK;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    metrics_view *self = state;
    cornu__live_values values = values_of(logs);
    (void)training;
    cornu__live_record_epoch(cornu__live_record_of(self->live), epoch, self->made, age(self), &values);
    return CORNU_OK;
}

static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    bool stopped = training->stop || cornu__stop_requested(training);
    (void)index;
    (void)logs;
    note_state(state, stopped ? CORNU__LIVE_STOPPED : CORNU__LIVE_ENDED);
    return CORNU_OK;
}

/* --- Its end, which is that of the training, however that ends --- */

/* A page that cannot be written does not cost the training, nor the message of what may have ended it. */
static void save(const metrics_view *self)
{
    cornu_status status = cornu_error_status();
    char *message = cornu__copy_text(cornu_error_message());
    if (cornu__live_page_save(cornu__live_record_of(self->live), self->file) != CORNU_OK)
        cornu__warn("the page of the training could not be written: %s", cornu_error_message());
    if (message && status != CORNU_OK)
        cornu__fail_from(status, message);
    cornu__free(message);
}

static void release(void *state)
{
    metrics_view *self = state;
    if (self->live) {
        if (!cornu__live_state_is_final(cornu__live_record_of(self->live)->state))
            note_state(self, CORNU__LIVE_FAILED);
        if (self->file)
            save(self);
    }
    cornu__live_close(self->live);
    cornu__free(self->file);
    cornu__free(self);
}

/* --- Making --- */

static void set_hooks(cornu_callback *callback)
{
    callback->begins_again = true;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    callback->hooks[CORNU__ON_TEST_BEGIN] = on_test_begin;
    callback->hooks[CORNU__ON_TEST_END] = on_test_end;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
}

/* A page that cannot be served, and was not asked for by the call, is gone without. */
static cornu_status open_page(metrics_view *self, const char *function, const cornu__view_request *request,
                              cornu__live_options options)
{
    self->live = cornu__live_open(&options);
    if (self->live)
        return CORNU_OK;
    if (!options.served || request->required)
        return cornu__fail_context("%s: view_metrics", function);
    cornu__warn("%s: there is no page of the training: %s", function, cornu_error_message());
    options.served = false;
    self->live = request->file ? cornu__live_open(&options) : NULL;
    return self->live || !request->file ? CORNU_OK : cornu_error_status();
}

static cornu_status make(metrics_view *self, const char *function, const cornu__view_request *request,
                         const cornu__live_options *options)
{
    self->begun = seconds_now();
    if (request->file) {
        if (cornu__file_check_place(request->file) != CORNU_OK)
            return cornu__fail_context("%s: view_file", function);
        self->file = cornu__copy_text(request->file);
        if (!self->file)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return open_page(self, function, request, *options);
}

cornu_status cornu__metrics_view(const char *function, const cornu__view_request *request, cornu_model *model,
                                 int64_t epochs, int64_t initial_epoch, cornu_callback **callback)
{
    const cornu__live_options options = {.title = cornu_model_name(model),
                                         .value_count = cornu__model_value_count(model),
                                         .epochs = epochs,
                                         .initial_epoch = initial_epoch,
                                         .served = request->wanted,
                                         .port = request->port};
    *callback = NULL;
    if (!request->wanted && !request->file)
        return CORNU_OK;
    metrics_view *self = cornu__alloc(sizeof *self);
    if (!self)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = make(self, function, request, &options);
    if (status == CORNU_OK && self->live)
        *callback = cornu__callback_new("MetricsView", NULL);
    if (!*callback) {
        cornu_status made = status != CORNU_OK || !self->live ? status : cornu_error_status();
        cornu__free(self->file); /* nothing was trained: no file is left */
        self->file = NULL;
        release(self);
        return made;
    }
    (*callback)->state = self;
    (*callback)->release = release;
    set_hooks(*callback);
    return CORNU_OK;
}

static const metrics_view *view_of(const cornu_training *training)
{
    return training->view ? training->view->state : NULL;
}

const char *cornu_training_view_address(const cornu_training *training)
{
    return training->view ? cornu__live_address(view_of(training)->live) : NULL;
}

void cornu__metrics_view_wait_for_page(const cornu_training *training, double seconds)
{
    if (training->view)
        cornu__live_wait_for_page(view_of(training)->live, seconds);
}
