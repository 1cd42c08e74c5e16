/* model_record.c: the model's own history, in which its trainings follow one another. */
#include "train/fit.h"

/* The number that the last epoch has; -1: there is none. */
static int64_t last_epoch(const cornu_history *history)
{
    return cornu_history_epoch(history, cornu_history_epoch_count(history) - 1);
}

cornu_status cornu__fit_record_begin(cornu__fit *fit)
{
    cornu_history *history = cornu__model_history(fit->model);
    int64_t epochs = fit->epochs - fit->initial_epoch, next = last_epoch(history) + 1;
    fit->record_shift = next > fit->initial_epoch ? next - fit->initial_epoch : 0;
    if (history)
        return cornu__history_reserve(history, epochs);
    history = cornu__history_create(epochs);
    if (!history)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__model_take_history(fit->model, history);
    return CORNU_OK;
}

cornu_status cornu__fit_record_epoch(cornu__fit *fit, int64_t epoch, const cornu_logs *logs)
{
    return cornu__history_put(cornu__model_history(fit->model), epoch + fit->record_shift, logs);
}

/* A backup from before there were such histories: the epochs of its own training alone. */
static cornu_status record_all(cornu__fit *fit)
{
    for (int64_t i = 0; i < cornu_history_epoch_count(fit->history); i++) {
        cornu_logs logs;
        cornu__history_logs(fit->history, i, &logs);
        CORNU_TRY(cornu__fit_record_epoch(fit, cornu_history_epoch(fit->history, i), &logs));
    }
    return CORNU_OK;
}

cornu_status cornu__fit_record_go_on(cornu__fit *fit, const cornu_array *kept)
{
    if (!kept)
        return record_all(fit);
    cornu_history *history = cornu__history_create(fit->epochs - fit->initial_epoch);
    cornu_status status = history ? cornu__history_load(history, kept) : cornu_error_status();
    if (status != CORNU_OK) {
        cornu_history_release(history);
        return status;
    }
    cornu__model_take_history(fit->model, history);
    if (cornu_history_epoch_count(fit->history) > 0)
        fit->record_shift = last_epoch(history) - last_epoch(fit->history);
    return cornu__history_reserve(history, fit->epochs - fit->initial_epoch);
}
