/* swap_ema_weights.c: evaluates with the average of the weights. Follows Keras 3 (specification, section 5.3), but always swaps back. */
#include "base/options.h"
#include "train/training.h"

static cornu_status use_average(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)index;
    (void)logs;
    return cornu__model_use_average(training->model, true);
}

/* Before the first epoch: says so where there is no average. */
static cornu_status check_average(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    CORNU_TRY(use_average(state, training, index, logs));
    return cornu__model_use_average(training->model, false);
}

static cornu_status use_weights(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)index;
    (void)logs;
    return cornu__model_use_average(training->model, false);
}

cornu_callback *cornu_swap_ema_weights_with(const cornu_swap_ema_weights_options *options)
{
    cornu_swap_ema_weights_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    cornu_callback *callback = cornu__callback_new("SwapEMAWeights", NULL);
    if (!callback)
        return cornu__callback_without_memory();
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = check_average;
    callback->hooks[CORNU__ON_TEST_BEGIN] = callback->hooks[CORNU__ON_PREDICT_BEGIN] = use_average;
    callback->hooks[CORNU__ON_TEST_END] = callback->hooks[CORNU__ON_PREDICT_END] = use_weights;
    if (given.swap_on_epoch) {
        callback->hooks[CORNU__ON_EPOCH_END] = use_average; /* the end of training then makes it the weights */
        callback->hooks[CORNU__ON_EPOCH_BEGIN] = use_weights;
    }
    return callback;
}
