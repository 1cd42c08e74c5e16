/* early_stopping.c: stops training when a value has stopped improving. Follows Keras 3 (specification, section 5.3). */
#include <math.h>
#include <stdio.h>

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
    void *best_weights; /* of best_epoch; NULL: none taken yet */
} early_stopping;

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    early_stopping *self = state;
    (void)index;
    (void)logs;
    CORNU_TRY(cornu__monitor_check(&self->monitor, training));
    cornu__free(self->best_weights);
    self->best_weights = NULL;
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
        self->best_weights = cornu__alloc_uninitialized(cornu__model_snapshot_size(training->model));
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
    if (!self)
        return NULL;
    if (set_options(self, &given) != CORNU_OK) {
        release(self);
        return cornu__callback_failed("EarlyStopping");
    }
    cornu_callback *callback = cornu__callback_new("EarlyStopping", NULL);
    if (!callback) {
        release(self);
        return NULL;
    }
    callback->state = self;
    callback->release = release;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    return callback;
}
