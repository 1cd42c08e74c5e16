/* model_checkpoint.c: saves the model, or its weights, as training goes on. Follows Keras 3 (specification, section 5.3), with Keras 2's `period`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/saving.h>

#include "array/dictionary.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/options.h"
#include "base/text.h"
#include "train/callbacks/file_pattern.h"
#include "train/callbacks/monitor.h"

#define LONGEST_VALUE 330 /* 309 digits, a point and 5 more */

typedef struct model_checkpoint {
    char *pattern; /* of the files' names */
    cornu__monitor monitor;
    int verbose;
    bool save_best_only, save_weights_only;
    int64_t period;    /* epochs from one to the next */
    int64_t save_freq; /* batches from one to the next; 0: `period` counts */
    int64_t waited;    /* epochs or batches since the last */
    double best;       /* NaN: none yet */
} model_checkpoint;

/* --- Before the first epoch --- */

typedef struct field_check {
    const model_checkpoint *self;
    const cornu_training *training;
} field_check;

static cornu_status check_seen_by_batches(const model_checkpoint *self, const char *name)
{
    if (self->save_freq == 0 || strncmp(name, "val_", 4) != 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "'%s' is known only after an epoch, but save_freq = %lld saves after batches", name,
                       (long long)self->save_freq);
}

static cornu_status check_field(void *state, const char *name)
{
    const field_check *check = state;
    int index;
    if (strcmp(name, "epoch") == 0 || strcmp(name, "learning_rate") == 0)
        return CORNU_OK;
    if (strcmp(name, "batch") == 0 && check->self->save_freq > 0)
        return CORNU_OK;
    if (strcmp(name, "batch") == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the file name has {batch}, which there is only with save_freq in batches");
    CORNU_TRY(check_seen_by_batches(check->self, name));
    return cornu__value_check(check->training, name, "for the file name", &index);
}

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    model_checkpoint *self = state;
    field_check check = {self, training};
    int fields;
    (void)index;
    (void)logs;
    CORNU_TRY(cornu__file_pattern_check(self->pattern, check_field, &check, &fields));
    if (self->save_best_only) {
        CORNU_TRY(check_seen_by_batches(self, self->monitor.name));
        CORNU_TRY(cornu__monitor_check(&self->monitor, training));
    }
    if (fields > 0)
        return CORNU_OK;
    CORNU_TRY(cornu__folder_make_for(self->pattern));
    return cornu__file_check_place(self->pattern);
}

/* --- Saving --- */

static void say(const model_checkpoint *self, int64_t epoch, bool better, double value, const char *path)
{
    char best[LONGEST_VALUE] = "None";
    if (!isnan(self->best))
        snprintf(best, sizeof best, "%.5f", self->best);
    if (better)
        cornu__say("\nEpoch %lld: %s improved from %s to %.5f, saving model to %s\n", (long long)epoch + 1,
                   self->monitor.name, best, value, path);
    else
        cornu__say("\nEpoch %lld: %s did not improve from %s\n", (long long)epoch + 1, self->monitor.name, best);
}

/* Whether these values are worth a file. In an epoch without the value, as where only every second one is validated, nothing is known to be
 * better: the file that is there stays. */
static bool is_due(model_checkpoint *self, int64_t epoch, const cornu_logs *logs, const char *path)
{
    double value;
    if (!self->save_best_only) {
        if (self->verbose > 0)
            cornu__say("\nEpoch %lld: saving model to %s\n", (long long)epoch + 1, path);
        return true;
    }
    if (!cornu__monitor_value(&self->monitor, logs, &value))
        return false;
    double best = isnan(self->best) ? cornu__monitor_worst(&self->monitor) : self->best;
    bool better = cornu__monitor_improves(&self->monitor, value, best);
    if (self->verbose > 0)
        say(self, epoch, better, value, path);
    if (better)
        self->best = value;
    return better;
}

static cornu_status save_to(model_checkpoint *self, cornu_training *training, int64_t epoch, const cornu_logs *logs,
                            const char *path)
{
    if (!is_due(self, epoch, logs, path))
        return CORNU_OK;
    CORNU_TRY(cornu__folder_make_for(path));
    CORNU_TRY(self->save_weights_only ? cornu_save_weights(training->model, path) : cornu_save(training->model, path));
    if (self->verbose > 0)
        cornu__say("\nEpoch %lld: finished saving model to %s\n", (long long)epoch + 1, path);
    return CORNU_OK;
}

/* `batch`: from 0; negative: after an epoch. */
static cornu_status save(model_checkpoint *self, cornu_training *training, int64_t batch, const cornu_logs *logs)
{
    int64_t epoch = training->epoch;
    const cornu__pattern_number numbers[] = {{"epoch", epoch + 1}, {"batch", batch + 1}};
    char *path = cornu__file_pattern_fill(self->pattern, batch < 0 ? 1 : 2, numbers, logs);
    cornu_status status = path ? save_to(self, training, epoch, logs, path) : cornu_error_status();
    cornu__free(path);
    return status;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    model_checkpoint *self = state;
    (void)epoch;
    if (self->save_freq > 0 || ++self->waited < self->period)
        return CORNU_OK;
    self->waited = 0;
    return save(self, training, -1, logs);
}

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    model_checkpoint *self = state;
    if (++self->waited < self->save_freq)
        return CORNU_OK;
    self->waited = 0;
    cornu__training_fill_logs(training);
    return save(self, training, batch, logs);
}

/* --- Going on --- */

static const cornu__number_field fields[] = {
    {"waited", CORNU_INT64, offsetof(model_checkpoint, waited)},
    {"best", CORNU_FLOAT64, offsetof(model_checkpoint, best)},
    {0},
};

static cornu_array *save_state(void *state)
{
    cornu__dictionary kept = {0};
    cornu__dictionary_add_fields(&kept, fields, state);
    return cornu__dictionary_take(&kept);
}

static cornu_status load_state(void *state, const cornu_array *kept)
{
    return cornu__dictionary_get_fields(kept, fields, state);
}

/* --- Making --- */

static void release(void *state)
{
    model_checkpoint *self = state;
    cornu__monitor_free(&self->monitor);
    cornu__free(self->pattern);
    cornu__free(self);
}

static cornu_status check_kind(const char *path, bool save_weights_only)
{
    bool of_weights = cornu__text_has_ending(path, ".npz") || cornu__text_has_ending(path, ".weights.h5");
    bool of_models = cornu__text_has_ending(path, ".keras");
    bool of_either = !of_weights && (cornu__text_has_ending(path, ".h5") || cornu__text_has_ending(path, ".hdf5"));
    if (of_either || (save_weights_only ? of_weights : of_models))
        return CORNU_OK;
    if (save_weights_only)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "weights go to a file whose name ends in .npz, .weights.h5, .h5 or .hdf5; got \"%s\"%s",
                           path, of_models ? ", which holds a whole model, and save_weights_only is true" : "");
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "whole models go to a file whose name ends in .keras, .h5 or .hdf5; got \"%s\"%s", path,
                       of_weights ? ", which holds weights, and save_weights_only is false" : "");
}

static cornu_status set_options(model_checkpoint *self, const char *path, const cornu_model_checkpoint_options *given)
{
    if (!path || !*path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no file name");
    CORNU_TRY(check_kind(path, given->save_weights_only));
    if (given->period < 1 || given->save_freq < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "period is %lld, and must be at least 1; save_freq is %lld, and must be at least 0",
                           (long long)given->period, (long long)given->save_freq);
    if (given->period > 1 && given->save_freq > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "period = %lld counts epochs and save_freq = %lld batches: only one of them can be given",
                           (long long)given->period, (long long)given->save_freq);
    CORNU_TRY(cornu__monitor_make(&self->monitor, given->monitor, given->mode, 0));
    self->pattern = cornu__copy_text(path);
    self->verbose = given->verbose;
    self->save_best_only = given->save_best_only;
    self->save_weights_only = given->save_weights_only;
    self->period = given->period;
    self->save_freq = given->save_freq;
    self->best = given->initial_value_threshold;
    return self->pattern ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_callback *cornu_model_checkpoint_with(const char *path, const cornu_model_checkpoint_options *options)
{
    cornu_model_checkpoint_options given = {.struct_size = sizeof given, CORNU_MODEL_CHECKPOINT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    model_checkpoint *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = cornu__callback_of("ModelCheckpoint", self, release,
                                                  self ? set_options(self, path, &given) : CORNU_ERROR_OUT_OF_MEMORY);
    if (!callback)
        return cornu__callback_without_memory();
    callback->save_state = save_state;
    callback->load_state = load_state;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    if (given.save_freq > 0)
        callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    return callback;
}
