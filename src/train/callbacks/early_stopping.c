/* early_stopping.c: stops training when a value has stopped improving. Follows Keras 3 (specification, section 5.3). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/dictionary.h"
#include "base/options.h"
#include "train/callbacks/monitor.h"

typedef struct early_stopping {
    cornu__monitor monitor;
    int patience, verbose;
    double baseline; /* NaN: none */
    bool restore_best_weights;
    int64_t start_from_epoch;
    int64_t waited, stopped_epoch, best_epoch;
    double best;
    size_t weights_size; /* in bytes */
    void *best_weights;  /* of best_epoch; NULL: none taken yet */
} early_stopping;

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    early_stopping *self = state;
    (void)index;
    (void)logs;
    CORNU_TRY(cornu__monitor_check(&self->monitor, training));
    cornu__free(self->best_weights);
    self->best_weights = NULL;
    self->weights_size = cornu__model_snapshot_size(training->model);
    self->waited = self->stopped_epoch = self->best_epoch = 0;
    self->best = cornu__monitor_worst(&self->monitor);
    return CORNU_OK;
}

static cornu_status keep_weights(early_stopping *self, const cornu_training *training, int64_t epoch)
{
    self->best_epoch = epoch;
    if (!self->restore_best_weights)
        return CORNU_OK;
    if (!self->best_weights)
        self->best_weights = cornu__alloc_uninitialized(self->weights_size);
    return self->best_weights ? cornu__model_snapshot(training->model, self->best_weights) : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    early_stopping *self = state;
    double value;
    if (!cornu__monitor_value(&self->monitor, logs, &value) || epoch < self->start_from_epoch)
        return CORNU_OK;
    if (self->restore_best_weights && !self->best_weights)
        CORNU_TRY(keep_weights(self, training, epoch)); /* something to restore, even if nothing ever improves */
    self->waited++;
    if (cornu__monitor_improves(&self->monitor, value, self->best)) {
        self->best = value;
        CORNU_TRY(keep_weights(self, training, epoch));
        if (isnan(self->baseline) || cornu__monitor_improves(&self->monitor, value, self->baseline))
            self->waited = 0;
        return CORNU_OK;
    }
    if (self->waited >= self->patience && epoch > 0) {
        self->stopped_epoch = epoch;
        cornu_training_stop(training);
    }
    return CORNU_OK;
}

static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    early_stopping *self = state;
    (void)index;
    (void)logs;
    if (self->stopped_epoch > 0 && self->verbose > 0)
        cornu__say("Epoch %lld: early stopping\n", (long long)self->stopped_epoch + 1);
    if (!self->best_weights)
        return CORNU_OK;
    if (self->verbose > 0)
        cornu__say("Restoring model weights from the end of the best epoch: %lld.\n", (long long)self->best_epoch + 1);
    return cornu__model_restore(training->model, self->best_weights);
}

/* --- Going on --- */

static const cornu__number_field fields[] = {
    {"waited", CORNU_INT64, offsetof(early_stopping, waited)},
    {"stopped_epoch", CORNU_INT64, offsetof(early_stopping, stopped_epoch)},
    {"best_epoch", CORNU_INT64, offsetof(early_stopping, best_epoch)},
    {"best", CORNU_FLOAT64, offsetof(early_stopping, best)},
    {0},
};

static cornu_array *save_state(void *state)
{
    const early_stopping *self = state;
    cornu__dictionary kept = {0};
    cornu__dictionary_add_fields(&kept, fields, self);
    if (self->best_weights)
        cornu__dictionary_add_numbers(&kept, "best_weights", CORNU_FLOAT32,
                                      (int64_t)(self->weights_size / sizeof(float)), self->best_weights);
    return cornu__dictionary_take(&kept);
}

static cornu_status load_state(void *state, const cornu_array *kept)
{
    early_stopping *self = state;
    const cornu_array *weights;
    CORNU_TRY(cornu__dictionary_get_fields(kept, fields, self));
    if (!self->restore_best_weights || !cornu_array_item_named(kept, "best_weights"))
        return CORNU_OK;
    CORNU_TRY(cornu__dictionary_get(kept, "best_weights", CORNU_FLOAT32, (int64_t)(self->weights_size / sizeof(float)),
                                    &weights));
    self->best_weights = cornu__alloc_uninitialized(self->weights_size);
    if (!self->best_weights)
        return CORNU_ERROR_OUT_OF_MEMORY;
    memcpy(self->best_weights, cornu_array_data(weights), self->weights_size);
    return CORNU_OK;
}

/* --- Making --- */

static void release(void *state)
{
    early_stopping *self = state;
    cornu__monitor_free(&self->monitor);
    cornu__free(self->best_weights);
    cornu__free(self);
}

static cornu_status set_options(early_stopping *self, const cornu_early_stopping_options *given)
{
    CORNU_TRY(cornu__monitor_make(&self->monitor, given->monitor, given->mode, given->min_delta));
    if (given->patience < 0 || given->start_from_epoch < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "patience is %d and start_from_epoch %d, and neither may be negative", given->patience,
                           given->start_from_epoch);
    self->patience = given->patience;
    self->verbose = given->verbose;
    self->baseline = given->baseline;
    self->restore_best_weights = given->restore_best_weights;
    self->start_from_epoch = given->start_from_epoch;
    return CORNU_OK;
}

cornu_callback *cornu_early_stopping_with(const cornu_early_stopping_options *options)
{
    cornu_early_stopping_options given = {.struct_size = sizeof given, CORNU_EARLY_STOPPING_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    early_stopping *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = cornu__callback_of("EarlyStopping", self, release,
                                                  self ? set_options(self, &given) : CORNU_ERROR_OUT_OF_MEMORY);
    if (!callback)
        return cornu__callback_without_memory();
    callback->save_state = save_state;
    callback->load_state = load_state;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    return callback;
}
