/* callback.c: callbacks as objects, and the list of them that a run calls. */
#include <string.h>

#include "base/options.h"
#include "train/training.h"

static const char *const hook_names[CORNU__HOOK_COUNT] = {
    [CORNU__ON_TRAIN_BEGIN] = "on_train_begin",
    [CORNU__ON_TRAIN_END] = "on_train_end",
    [CORNU__ON_EPOCH_BEGIN] = "on_epoch_begin",
    [CORNU__ON_EPOCH_END] = "on_epoch_end",
    [CORNU__ON_TRAIN_BATCH_BEGIN] = "on_train_batch_begin",
    [CORNU__ON_TRAIN_BATCH_END] = "on_train_batch_end",
    [CORNU__ON_TEST_BEGIN] = "on_test_begin",
    [CORNU__ON_TEST_END] = "on_test_end",
    [CORNU__ON_TEST_BATCH_BEGIN] = "on_test_batch_begin",
    [CORNU__ON_TEST_BATCH_END] = "on_test_batch_end",
    [CORNU__ON_PREDICT_BEGIN] = "on_predict_begin",
    [CORNU__ON_PREDICT_END] = "on_predict_end",
    [CORNU__ON_PREDICT_BATCH_BEGIN] = "on_predict_batch_begin",
    [CORNU__ON_PREDICT_BATCH_END] = "on_predict_batch_end",
};

/* --- Callbacks as objects --- */

cornu_callback *cornu__callback_new(const char *name, void *state)
{
    cornu_callback *callback = cornu__alloc(sizeof *callback);
    char *name_copy = cornu__copy_text(name);
    if (!callback || !name_copy) {
        cornu__free(callback);
        cornu__free(name_copy);
        cornu__free(state);
        return NULL;
    }
    cornu__reference_start(&callback->reference);
    callback->name = name_copy;
    callback->state = state;
    callback->release = cornu__free;
    return callback;
}

cornu_callback *cornu__callback_failed(const char *name)
{
    cornu_status failure = cornu_error_status();
    char *message = cornu__copy_text(cornu_error_message());
    cornu_callback *callback = message ? cornu__callback_new(name, NULL) : NULL;
    if (!callback) {
        cornu__free(message);
        return cornu__callback_without_memory();
    }
    callback->failure = failure;
    callback->failure_message = message;
    return callback;
}

/* Never freed: nobody has the first reference. */
cornu_callback *cornu__callback_without_memory(void)
{
    static char name[] = "callback", message[] = "there was no memory to make it";
    static cornu_callback callback = {
        .reference = {.count = 1}, .name = name, .failure = CORNU_ERROR_OUT_OF_MEMORY, .failure_message = message};
    return &callback;
}

cornu_callback *cornu__callback_of(const char *name, void *state, void (*release)(void *state), cornu_status made)
{
    if (!state)
        return NULL;
    cornu_callback *callback = made == CORNU_OK ? cornu__callback_new(name, NULL) : cornu__callback_failed(name);
    if (!callback || made != CORNU_OK) {
        release(state);
        return callback;
    }
    callback->state = state;
    callback->release = release;
    return callback;
}

cornu_callback *cornu_callback_create_with(const cornu_callback_options *options)
{
    cornu_callback_options given = {.struct_size = sizeof given, CORNU_CALLBACK_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu_callback *callback = cornu__callback_new(given.name ? given.name : "callback", NULL);
    if (!callback)
        return cornu__callback_without_memory();
    callback->state = given.state;
    callback->release = given.release;
    const cornu_hook hooks[CORNU__HOOK_COUNT] = {
        [CORNU__ON_TRAIN_BEGIN] = given.on_train_begin,
        [CORNU__ON_TRAIN_END] = given.on_train_end,
        [CORNU__ON_EPOCH_BEGIN] = given.on_epoch_begin,
        [CORNU__ON_EPOCH_END] = given.on_epoch_end,
        [CORNU__ON_TRAIN_BATCH_BEGIN] = given.on_train_batch_begin,
        [CORNU__ON_TRAIN_BATCH_END] = given.on_train_batch_end,
        [CORNU__ON_TEST_BEGIN] = given.on_test_begin,
        [CORNU__ON_TEST_END] = given.on_test_end,
        [CORNU__ON_TEST_BATCH_BEGIN] = given.on_test_batch_begin,
        [CORNU__ON_TEST_BATCH_END] = given.on_test_batch_end,
        [CORNU__ON_PREDICT_BEGIN] = given.on_predict_begin,
        [CORNU__ON_PREDICT_END] = given.on_predict_end,
        [CORNU__ON_PREDICT_BATCH_BEGIN] = given.on_predict_batch_begin,
        [CORNU__ON_PREDICT_BATCH_END] = given.on_predict_batch_end,
    };
    memcpy(callback->hooks, hooks, sizeof hooks);
    if (!given.save_state != !given.load_state) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is %s without %s",
                    given.save_state ? "save_state" : "load_state", given.save_state ? "load_state" : "save_state");
        cornu_callback_release(callback);
        return cornu__callback_failed(given.name ? given.name : "callback");
    }
    callback->save_state = given.save_state;
    callback->load_state = given.load_state;
    callback->by_program = true;
    return callback;
}

cornu_callback *cornu_callback_retain(cornu_callback *callback)
{
    if (callback)
        atomic_fetch_add(&callback->reference.count, 1);
    return callback;
}

void cornu_callback_release(cornu_callback *callback)
{
    if (!callback || !cornu__reference_drop(&callback->reference))
        return;
    if (callback->release)
        callback->release(callback->state);
    cornu__free(callback->name);
    cornu__free(callback->failure_message);
    cornu__free(callback);
}

/* --- The list of a run --- */

void cornu__callbacks_keep(cornu_callback *const *callbacks)
{
    for (int i = 0; i < CORNU_MAX_CALLBACKS && callbacks[i]; i++)
        cornu__reference_keep(&callbacks[i]->reference);
}

void cornu__callbacks_drop(cornu_callback *const *callbacks)
{
    for (int i = 0; i < CORNU_MAX_CALLBACKS && callbacks[i]; i++)
        cornu_callback_release(callbacks[i]);
}

cornu_status cornu__training_begin(cornu_training *training, cornu_model *model, cornu_callback *const *callbacks)
{
    memset(training, 0, sizeof *training);
    training->model = model;
    cornu__model_enter(model);
    training->steps = training->epoch_steps = -1;
    training->stop_requests = cornu__stop_requests();
    for (int i = 0; i < CORNU_MAX_CALLBACKS && callbacks[i]; i++)
        CORNU_TRY(cornu__training_add_callback(training, callbacks[i]));
    return CORNU_OK;
}

cornu_status cornu__training_add_callback(cornu_training *training, cornu_callback *callback)
{
    if (!callback)
        return cornu_error_status();
    cornu__reference_keep(&callback->reference);
    training->callbacks[training->callback_count++] = callback;
    if (callback->failure != CORNU_OK) {
        cornu__fail_from(callback->failure, callback->failure_message);
        return cornu__fail_context("%s", callback->name);
    }
    return CORNU_OK;
}

void cornu__training_end(cornu_training *training)
{
    if (training->model) {
        (void)cornu__model_use_average(training->model, false); /* a failure may have come while it was in use */
        cornu__model_leave(training->model);
    }
    for (int i = 0; i < training->callback_count; i++)
        cornu_callback_release(training->callbacks[i]);
    cornu__free(training->validation_names);
}

static cornu_status fail_hook(const cornu_callback *callback, cornu__hook_kind hook, int64_t index, cornu_status status)
{
    if (cornu_error_status() != status || cornu_error_message()[0] == '\0')
        cornu__fail(status, "the hook returned the status \"%s\" without a message", cornu_status_name(status));
    return cornu__fail_context("%s, %s %lld", callback->name, hook_names[hook], (long long)index);
}

static bool is_batch_end(cornu__hook_kind hook)
{
    return hook == CORNU__ON_TRAIN_BATCH_END || hook == CORNU__ON_TEST_BATCH_END || hook == CORNU__ON_PREDICT_BATCH_END;
}

static cornu_status call(cornu_training *training, cornu_callback *callback, cornu__hook_kind hook, int64_t index)
{
    if (!callback->hooks[hook])
        return CORNU_OK;
    if (is_batch_end(hook) && !callback->asks_for_logs && !training->logs_filled)
        cornu__training_fill_logs(training);
    cornu_status status = callback->hooks[hook](callback->state, training, index, &training->logs);
    return status == CORNU_OK ? CORNU_OK : fail_hook(callback, hook, index, status);
}

cornu_status cornu__training_call(cornu_training *training, cornu__hook_kind hook, int64_t index)
{
    for (int i = 0; i < training->callback_count; i++)
        CORNU_TRY(call(training, training->callbacks[i], hook, index));
    return CORNU_OK;
}

cornu_status cornu__training_call_again(cornu_training *training, int64_t epoch)
{
    for (int i = 0; i < training->callback_count; i++) {
        if (training->callbacks[i]->begins_again)
            CORNU_TRY(call(training, training->callbacks[i], CORNU__ON_EPOCH_BEGIN, epoch));
    }
    return CORNU_OK;
}

cornu_status cornu__training_checkpoint(cornu_training *training, cornu__moment moment)
{
    for (int i = 0; i < training->callback_count; i++) {
        const cornu_callback *callback = training->callbacks[i];
        if (callback->backup && callback->backup->checkpoint(callback->state, training, moment) != CORNU_OK)
            return cornu__fail_context("%s", callback->name);
    }
    return CORNU_OK;
}

cornu_status cornu__training_finish(cornu_training *training)
{
    for (int i = 0; i < training->callback_count && !cornu__stop_requested(training); i++) {
        const cornu_callback *callback = training->callbacks[i];
        if (callback->backup && callback->backup->finish(callback->state) != CORNU_OK)
            return cornu__fail_context("%s", callback->name);
    }
    return CORNU_OK;
}

/* --- What hooks may ask and do --- */

void cornu__training_fill_logs(cornu_training *training)
{
    training->logs_filled = true;
    if (training->kind == CORNU__STEP_PREDICT)
        training->logs.count = 0;
    else
        cornu__tally_values(&training->tally, training->model, &training->logs);
}

cornu_model *cornu_training_model(const cornu_training *training)
{
    return training->model;
}

int64_t cornu_training_epoch(const cornu_training *training)
{
    return training->epoch;
}

int64_t cornu_training_epochs(const cornu_training *training)
{
    return training->epochs;
}

int64_t cornu_training_steps(const cornu_training *training)
{
    return training->steps;
}

int64_t cornu_training_batch_number(const cornu_training *training)
{
    return training->batches ? cornu__enqueuer_number(training->batches) : -1;
}

const int64_t *cornu_training_batch_samples(const cornu_training *training, int64_t *count)
{
    const int64_t *samples = training->batch ? training->batch->samples : NULL;
    *count = samples ? training->batch->rows : 0;
    return samples;
}

void cornu_training_stop(cornu_training *training)
{
    training->stop = true;
}

double cornu_training_learning_rate(const cornu_training *training)
{
    return cornu__model_learning_rate(training->model);
}

cornu_status cornu_training_set_learning_rate(cornu_training *training, double learning_rate)
{
    return cornu__model_set_learning_rate(training->model, learning_rate);
}
