/* history_recorder.c: Keras's History: writes down the values of each epoch. */
#include "model/history.h"
#include "train/training.h"

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    CORNU_TRY(cornu__history_add(state, epoch, logs));
    cornu__history_set_waiting(state, &training->waiting);
    return CORNU_OK;
}

cornu_callback *cornu__history_recorder(cornu_history *history)
{
    cornu_callback *callback = cornu__callback_new("History", NULL);
    if (!callback)
        return NULL;
    callback->state = history; /* fit's, which returns it */
    callback->release = NULL;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    return callback;
}
