/* learning_rate_scheduler.c: sets the learning rate at the begin of each epoch by the program's function. */
#include <math.h>

#include "train/training.h"

typedef struct scheduler {
    double (*schedule)(int64_t epoch, double learning_rate, void *state);
    void *state;
} scheduler;

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    const scheduler *self = state;
    (void)logs;
    double learning_rate = self->schedule(epoch, cornu_training_learning_rate(training), self->state);
    if (!isfinite(learning_rate))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the schedule returned the learning rate %g", learning_rate);
    return cornu_training_set_learning_rate(training, learning_rate);
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)state;
    (void)epoch;
    return cornu_logs_set(logs, "learning_rate", cornu_training_learning_rate(training));
}

cornu_callback *cornu_learning_rate_scheduler(double (*schedule)(int64_t epoch, double learning_rate, void *state),
                                              void *state)
{
    if (!schedule) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no function to ask for the learning rate");
        return cornu__callback_failed("LearningRateScheduler");
    }
    scheduler *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    *self = (scheduler){schedule, state};
    cornu_callback *callback = cornu__callback_new("LearningRateScheduler", self);
    if (!callback)
        return NULL;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    return callback;
}
