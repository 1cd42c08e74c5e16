/* terminate_on_nan.c: ends training when the loss is no number any more. */
#include <math.h>

#include "base/options.h"
#include "train/training.h"

typedef struct terminate {
    bool raise_error;
} terminate;

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    const terminate *self = state;
    double loss = cornu__model_loss(training->model);
    (void)logs;
    if (isfinite(loss))
        return CORNU_OK;
    if (self->raise_error)
        return cornu__fail(CORNU_ERROR_DATA, "the loss became %s", isnan(loss) ? "NaN" : "infinite");
    cornu__say("Batch %lld: Invalid loss, terminating training\n", (long long)batch);
    cornu_training_stop(training);
    return CORNU_OK;
}

cornu_callback *cornu_terminate_on_nan_with(const cornu_terminate_on_nan_options *options)
{
    cornu_terminate_on_nan_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    terminate *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = cornu__callback_of("TerminateOnNaN", self, cornu__free, CORNU_OK);
    if (!callback)
        return cornu__callback_without_memory();
    self->raise_error = given.raise_error;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    return callback;
}
