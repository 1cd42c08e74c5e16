/* terminate_on_nan.c: ends training when the loss is no number any more. */
#include <math.h>

#include "train/training.h"

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)state;
    (void)logs;
    if (isfinite(cornu__model_loss(training->model)))
        return CORNU_OK;
    cornu__say("Batch %lld: Invalid loss, terminating training\n", (long long)batch);
    cornu_training_stop(training);
    return CORNU_OK;
}

cornu_callback *cornu_terminate_on_nan(void)
{
    cornu_callback *callback = cornu__callback_new("TerminateOnNaN", NULL);
    if (!callback)
        return NULL;
    callback->asks_for_logs = true;
    callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    return callback;
}
