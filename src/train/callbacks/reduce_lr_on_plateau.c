/* reduce_lr_on_plateau.c: a smaller learning rate when a value has stopped improving. Follows Keras 3 (specification, section 5.3). */
#include <math.h>
#include <stdio.h>

#include "array/dictionary.h"
#include "base/number_text.h"
#include "base/options.h"
#include "base/plain_locale.h"
#include "train/callbacks/monitor.h"

typedef struct reduce_lr {
    cornu__monitor monitor;
    double factor, min_lr;
    int patience, cooldown, verbose;
    int waited;    /* epochs without improvement */
    int cool_left; /* epochs of rest that remain after a reduction */
    double best;
} reduce_lr;

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    reduce_lr *self = state;
    (void)index;
    (void)logs;
    CORNU_TRY(cornu__monitor_check(&self->monitor, training));
    self->waited = self->cool_left = 0;
    self->best = cornu__monitor_worst(&self->monitor);
    /* Where a schedule governs the learning rate, this says so before time is spent. */
    return cornu_training_set_learning_rate(training, cornu_training_learning_rate(training));
}

static cornu_status reduce(reduce_lr *self, cornu_training *training, int64_t epoch)
{
    double before = cornu_training_learning_rate(training), after = fmax(before * self->factor, self->min_lr);
    char text[CORNU__NUMBER_TEXT_SIZE];
    if (before <= self->min_lr)
        return CORNU_OK;
    CORNU_TRY(cornu_training_set_learning_rate(training, after));
    if (self->verbose > 0) {
        cornu__plain_locale locale = cornu__plain_locale_begin();
        cornu__number_text(after, text);
        cornu__plain_locale_end(locale);
        cornu__say("\nEpoch %lld: ReduceLROnPlateau reducing learning rate to %s.\n", (long long)epoch + 1, text);
    }
    self->cool_left = self->cooldown;
    self->waited = 0;
    return CORNU_OK;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    reduce_lr *self = state;
    double value;
    CORNU_TRY(cornu_logs_set(logs, "learning_rate", cornu_training_learning_rate(training)));
    if (!cornu__monitor_value(&self->monitor, logs, &value))
        return CORNU_OK;
    if (self->cool_left > 0) {
        self->cool_left--;
        self->waited = 0;
    }
    if (cornu__monitor_improves(&self->monitor, value, self->best)) {
        self->best = value;
        self->waited = 0;
        return CORNU_OK;
    }
    if (self->cool_left > 0 || ++self->waited < self->patience)
        return CORNU_OK;
    return reduce(self, training, epoch);
}

/* --- Going on --- */

static const cornu__number_field fields[] = {
    {"waited", CORNU_INT32, offsetof(reduce_lr, waited)},
    {"cool_left", CORNU_INT32, offsetof(reduce_lr, cool_left)},
    {"best", CORNU_FLOAT64, offsetof(reduce_lr, best)},
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
    reduce_lr *self = state;
    cornu__monitor_free(&self->monitor);
    cornu__free(self);
}

static cornu_status set_options(reduce_lr *self, const cornu_reduce_lr_on_plateau_options *given)
{
    CORNU_TRY(cornu__monitor_make(&self->monitor, given->monitor, given->mode, given->min_delta));
    if (!(given->factor >= 0 && given->factor < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "factor is %g, and must be at least 0 and less than 1",
                           given->factor);
    if (given->patience < 0 || given->cooldown < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "patience is %d and cooldown %d, and neither may be negative",
                           given->patience, given->cooldown);
    if (!(given->min_lr >= 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "min_lr is %g, and must be at least 0", given->min_lr);
    self->factor = given->factor;
    self->min_lr = given->min_lr;
    self->patience = given->patience;
    self->cooldown = given->cooldown;
    self->verbose = given->verbose;
    return CORNU_OK;
}

cornu_callback *cornu_reduce_lr_on_plateau_with(const cornu_reduce_lr_on_plateau_options *options)
{
    cornu_reduce_lr_on_plateau_options given = {.struct_size = sizeof given, CORNU_REDUCE_LR_ON_PLATEAU_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    reduce_lr *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = cornu__callback_of("ReduceLROnPlateau", self, release,
                                                  self ? set_options(self, &given) : CORNU_ERROR_OUT_OF_MEMORY);
    if (!callback)
        return cornu__callback_without_memory();
    callback->save_state = save_state;
    callback->load_state = load_state;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    return callback;
}
