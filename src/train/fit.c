/* fit.c: the epochs of a training. */
#include <string.h>

#include "base/log.h"
#include "train/callbacks/metrics_view.h"
#include "train/class_table.h"

/* --- Validation --- */

cornu_status cornu__fit_check_validation(const char *function, int validation_freq, const int64_t *validation_epochs)
{
    CORNU_TRY(cornu__argument_at_least(function, "validation_freq", validation_freq, 1));
    if (validation_epochs[0] != 0 && validation_freq != 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: both validation_freq and validation_epochs say when to validate; one of them is wanted",
                           function);
    for (int i = 0; i < CORNU_MAX_VALIDATION_EPOCHS && validation_epochs[i] != 0; i++)
        CORNU_TRY(cornu__argument_at_least(function, "an epoch in validation_epochs", validation_epochs[i], 1));
    return CORNU_OK;
}

/* Whether `epoch`, counted from 1, is among the first `count` of those listed. */
static bool is_listed(const int64_t *epochs, int count, int64_t epoch)
{
    for (int i = 0; i < count && epochs[i] != 0; i++) {
        if (epochs[i] == epoch)
            return true;
    }
    return false;
}

/* `epoch` is counted from 1. */
static bool validates_after(const cornu__fit *fit, int64_t epoch)
{
    if (fit->validation_epochs[0] != 0)
        return is_listed(fit->validation_epochs, CORNU_MAX_VALIDATION_EPOCHS, epoch);
    return epoch % fit->validation_freq == 0;
}

int64_t cornu__fit_validations(const cornu__fit *fit)
{
    const int64_t *listed = fit->validation_epochs;
    int64_t count = 0;
    if (fit->initial_epoch >= fit->epochs)
        return 0;
    if (listed[0] == 0)
        return fit->epochs / fit->validation_freq - fit->initial_epoch / fit->validation_freq;
    for (int i = 0; i < CORNU_MAX_VALIDATION_EPOCHS && listed[i] != 0; i++)
        count += listed[i] > fit->initial_epoch && listed[i] <= fit->epochs && !is_listed(listed, i, listed[i]);
    return count;
}

bool cornu__fit_has_validation(const cornu_validation_data *data)
{
    return data->x || data->y || data->sample_weight || data->generator;
}

static cornu_status validate_on_generator(cornu__fit *fit, const cornu__ports *ports, cornu_generator *generator)
{
    int64_t validations = cornu__fit_validations(fit), steps;
    if (cornu__class_table_check(fit->function, fit->model, generator) != CORNU_OK)
        return cornu__fail_context("validation_data");
    CORNU_TRY(cornu__steps_of(fit->function, "validation_steps", generator, fit->validation_steps, &steps));
    if (validations == 0)
        return CORNU_OK;
    bool sequence = cornu__is_sequence(generator);
    const cornu__position *from = cornu__resume_validation_data(&fit->from);
    cornu__enqueuer_options ring = cornu__enqueuer_options_for(fit->function, generator, &fit->workers);
    ring.first_epoch = from ? from->epoch : 0;
    ring.epochs = sequence ? validations : 1;
    ring.batches = sequence ? 0 : cornu__fit_batches(steps, validations);
    ring.from = from;
    ring.keep_states = fit->keeps_backups;
    cornu__resume_warn_of_replay(fit, generator, from, "validation generator");
    fit->validation =
        cornu__enqueuer_start(cornu__generator_source(ports, generator, false, fit->validation_steps, NULL), &ring);
    fit->validation_steps = sequence ? 0 : steps;
    return fit->validation ? CORNU_OK : cornu_error_status();
}

static void warn_of_few_rows(const cornu__fit *fit, int64_t rows, int64_t batch_size)
{
    int64_t batches = (rows - 1) / batch_size + 1;
    if (fit->validation_steps > batches)
        cornu__warn("%s: validation_steps is %lld, but %lld samples make %lld batches of %lld: a validation ends with "
                    "them",
                    fit->function, (long long)fit->validation_steps, (long long)rows, (long long)batches,
                    (long long)batch_size);
}

cornu_status cornu__fit_validate_on_rows(cornu__fit *fit, const cornu__ports *ports, const cornu__columns *columns,
                                         int64_t begin, int64_t batch_size)
{
    const cornu__array_source_options rows = {.begin = begin, .batch_size = batch_size, .steps = fit->validation_steps};
    if (cornu__fit_validations(fit) == 0)
        return CORNU_OK;
    fit->validation_samples = columns->rows - begin;
    warn_of_few_rows(fit, fit->validation_samples, batch_size);
    fit->validation = cornu__enqueue_arrays(ports, columns, &rows, 0, cornu__fit_validations(fit));
    fit->validation_steps = 0;
    return fit->validation ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__fit_validate_on(cornu__fit *fit, const cornu__ports *ports, const cornu_validation_data *data,
                                    int64_t batch_size, cornu__columns *columns)
{
    if (data->generator && (data->x || data->y || data->sample_weight))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: validation_data has both arrays and a generator",
                           fit->function);
    if (data->generator)
        return validate_on_generator(fit, ports, data->generator);
    if (cornu__read_arrays(ports, data->x, data->y, data->sample_weight, columns) != CORNU_OK)
        return cornu__fail_context("validation_data");
    return cornu__fit_validate_on_rows(fit, ports, columns, 0, batch_size);
}

/* The names "val_loss"... in one block, in the order of the model's values. */
static cornu_status make_validation_names(cornu_training *training)
{
    int count = cornu__model_value_count(training->model);
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += strlen("val_") + strlen(cornu__model_value_name(training->model, i)) + 1;
    char *name = training->validation_names = cornu__alloc(size);
    if (!name)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < count; i++) {
        name = stpcpy(name, "val_");
        name = stpcpy(name, cornu__model_value_name(training->model, i)) + 1;
    }
    return CORNU_OK;
}

static cornu_status add_validation_values(const cornu_training *training, cornu_logs *epoch_logs)
{
    const char *name = training->validation_names;
    for (int i = 0; i < training->logs.count && i < cornu__model_value_count(training->model); i++) {
        CORNU_TRY(cornu_logs_set(epoch_logs, name, training->logs.values[i]));
        name += strlen(name) + 1;
    }
    return CORNU_OK;
}

/* Whether the epoch in hand is to be validated. */
static bool is_validated(const cornu__fit *fit, const cornu_training *training)
{
    return fit->validation && validates_after(fit, training->epoch + 1);
}

/* *cut := whether a request to stop left no time for it: a part of a validation says nothing. */
static cornu_status run_validation(cornu__fit *fit, cornu_training *training, bool *cut)
{
    int64_t steps = fit->validation_steps > 0 ? fit->validation_steps : cornu__enqueuer_epoch_length(fit->validation);
    *cut = cornu__stop_requested(training);
    if (*cut)
        return CORNU_OK;
    cornu_status status = cornu__run_pass(training, CORNU__STEP_TEST, fit->validation, steps, NULL);
    *cut = status == CORNU_ERROR_STOPPED && cornu__stop_requested(training);
    return *cut ? CORNU_OK : status;
}

/* Adds the values of a validation to those of training. One that is cut short is kept for another time, from its begin. */
static cornu_status validate(cornu__fit *fit, cornu_training *training, cornu_logs *epoch_logs, bool *cut)
{
    cornu__position begins;
    cornu__enqueuer_position(fit->validation, &begins);
    fit->epoch_values = epoch_logs;
    fit->validation_begins = &begins;
    cornu_status status = run_validation(fit, training, cut);
    if (status == CORNU_OK && *cut)
        status = cornu__training_checkpoint(training, CORNU__BEFORE_STOP);
    else if (status == CORNU_OK && training->tally.rows > 0)
        status = add_validation_values(training, epoch_logs);
    fit->epoch_values = NULL;
    fit->validation_begins = NULL;
    cornu__position_clear(&begins);
    return status;
}

/* --- Epochs --- */

/* The batches of the first epoch were all used by an earlier training: its validation is left. */
static bool lacks_validation_only(const cornu__fit *fit)
{
    return fit->from.batch > 0 && fit->from.batch == fit->from.steps;
}

bool cornu__fit_wants_data(const cornu__fit *fit)
{
    return fit->epochs - fit->initial_epoch > lacks_validation_only(fit);
}

int64_t cornu__fit_batches_left(const cornu__fit *fit)
{
    int64_t all = cornu__fit_batches(fit->steps, fit->epochs - fit->initial_epoch);
    return all == INT64_MAX ? all : all - fit->from.batch;
}

static void warn_of_end(const cornu__fit *fit, const cornu_training *training)
{
    cornu__warn(
        "%s: the generator had no more batches in epoch %lld, before the %lld that were asked for: training ends here",
        fit->function, (long long)training->epoch + 1, (long long)training->epoch_steps);
}

/* The epoch that an earlier training was in: its hooks at the begin were called then. */
static cornu_status enter_epoch(cornu__fit *fit, cornu_training *training)
{
    int64_t steps = fit->from.steps;
    training->first_batch = training->next_batch = fit->from.batch;
    if (training->epoch_steps != steps)
        return cornu__fail(
            CORNU_ERROR_STATE,
            "%s: training was interrupted after batch %lld of %lld in epoch %lld, which now has %lld: it "
            "cannot go on there",
            fit->function, (long long)fit->from.batch, (long long)steps, (long long)training->epoch + 1,
            (long long)training->epoch_steps);
    return cornu__training_call_again(training, training->epoch);
}

static cornu_status begin_epoch(cornu__fit *fit, cornu_training *training)
{
    bool entered = training->epoch == fit->initial_epoch && fit->from.batch > 0;
    training->kind = CORNU__STEP_TRAIN;
    training->epoch_steps = entered && lacks_validation_only(fit)
                                ? fit->from.steps /* the data are in their next epoch */
                            : fit->steps > 0 ? fit->steps
                                             : cornu__enqueuer_epoch_length(fit->batches);
    training->steps = training->epoch_steps;
    training->logs.count = 0;
    training->first_batch = training->next_batch = 0;
    training->waiting = (cornu_waiting){0};
    fit->epoch_over = false;
    return entered ? enter_epoch(fit, training)
                   : cornu__training_call(training, CORNU__ON_EPOCH_BEGIN, training->epoch);
}

/* The values of an epoch whose batches an earlier training made, all of them. */
static void set_kept_values(const cornu_array *values, cornu_training *training)
{
    training->logs.count = cornu__model_value_count(training->model);
    for (int i = 0; i < training->logs.count; i++) {
        training->logs.names[i] = cornu__model_value_name(training->model, i);
        training->logs.values[i] = cornu_array_get(values, i);
    }
}

/* The batches of the epoch in hand. *any: whether there was one; *cut: whether a request to stop left some of them. */
static cornu_status train(cornu__fit *fit, cornu_training *training, bool *any, bool *cut)
{
    cornu__pass_end end;
    *any = true;
    *cut = false;
    if (fit->from_values) {
        set_kept_values(fit->from_values, training);
        fit->from_values = NULL;
        return CORNU_OK;
    }
    CORNU_TRY(cornu__pass(training, CORNU__STEP_TRAIN, fit->batches, training->epoch_steps, NULL, &end));
    fit->data_ended = end == CORNU__PASS_WITHOUT_DATA;
    if (fit->data_ended)
        warn_of_end(fit, training);
    *any = training->tally.rows > 0;
    *cut = end == CORNU__PASS_STOPPED && cornu__stop_requested(training);
    if (fit->data_ended && !*any && training->epoch == fit->initial_epoch)
        return cornu__fail(CORNU_ERROR_DATA, "%s: the generator gave no batch", fit->function);
    return *any && *cut ? cornu__training_checkpoint(training, CORNU__BEFORE_STOP) : CORNU_OK;
}

/* *more := whether another epoch may follow. */
static cornu_status run_epoch(cornu__fit *fit, cornu_training *training, bool *more)
{
    bool any, cut;
    *more = false;
    CORNU_TRY(begin_epoch(fit, training));
    CORNU_TRY(train(fit, training, &any, &cut));
    if (!any)
        return CORNU_OK; /* stopped or ended before the epoch's first batch: there is no epoch to record */
    cornu_logs epoch_logs = training->logs;
    if (is_validated(fit, training) && !cut)
        CORNU_TRY(validate(fit, training, &epoch_logs, &cut));
    training->kind = CORNU__STEP_TRAIN;
    training->steps = training->epoch_steps;
    training->logs = epoch_logs;
    CORNU_TRY(cornu__fit_record_epoch(fit, training->epoch, &training->logs)); /* a checkpoint has this epoch too */
    CORNU_TRY(cornu__training_call(training, CORNU__ON_EPOCH_END, training->epoch));
    CORNU_TRY(cornu__fit_record_epoch(fit, training->epoch, &training->logs)); /* with what callbacks added */
    *more = !fit->data_ended && !training->stop && !cornu__stop_requested(training);
    if (cut)
        return CORNU_OK; /* kept as it was before: it is to end another time */
    fit->epoch_over = true;
    return cornu__training_checkpoint(training, CORNU__AFTER_EPOCH);
}

/* The bar is drawn on in mid-epoch too. */
static cornu_status add_progress_bar(const cornu__fit *fit, cornu_training *training)
{
    cornu_callback *bar = cornu__progbar_logger(fit->verbose);
    if (bar)
        bar->begins_again = true;
    return cornu__training_add_callback(training, bar);
}

/* Behind the program's callbacks, so that it sees what they add to an epoch's values. */
static cornu_status add_view(const cornu__fit *fit, cornu_training *training)
{
    cornu_callback *view;
    CORNU_TRY(cornu__metrics_view(fit->function, &fit->view, fit->model, fit->epochs, fit->initial_epoch, &view));
    if (!view)
        return CORNU_OK;
    CORNU_TRY(cornu__training_add_callback(training, view));
    training->view = view;
    if (fit->verbose > 0 && cornu_training_view_address(training))
        cornu__say("Metrics: %s\n", cornu_training_view_address(training));
    return CORNU_OK;
}

static cornu_status begin(cornu__fit *fit, cornu_training *training)
{
    CORNU_TRY(cornu__training_begin(training, fit->model, fit->callbacks));
    CORNU_TRY(cornu__training_add_callback(training, cornu__history_recorder(fit->history)));
    if (fit->verbose > 0)
        CORNU_TRY(add_progress_bar(fit, training));
    if (2 * cornu__model_value_count(fit->model) > CORNU_MAX_LOGS)
        return cornu__fail(
            CORNU_ERROR_LIMIT,
            "%s: the model has %d losses and metrics, and with their val_ values at most %d are possible",
            fit->function, cornu__model_value_count(fit->model), CORNU_MAX_LOGS);
    CORNU_TRY(add_view(fit, training));
    training->in_fit = true;
    training->fit = fit;
    training->goes_on = fit->from.kept != NULL;
    training->validates = fit->validation != NULL;
    training->epochs = fit->epochs;
    training->initial_epoch = fit->initial_epoch;
    return make_validation_names(training);
}

static cornu_status run(cornu__fit *fit, cornu_training *training)
{
    bool more = fit->initial_epoch < fit->epochs;
    CORNU_TRY(begin(fit, training));
    CORNU_TRY(cornu__fit_record_begin(fit));
    CORNU_TRY(cornu__training_call(training, CORNU__ON_TRAIN_BEGIN, 0));
    if (training->goes_on)
        CORNU_TRY(cornu__fit_go_on(fit));
    for (int64_t epoch = fit->initial_epoch; more && epoch < fit->epochs; epoch++) {
        training->epoch = epoch;
        CORNU_TRY(run_epoch(fit, training, &more));
    }
    if (fit->initial_epoch < fit->epochs || training->goes_on)
        CORNU_TRY(cornu__model_finalize_weights(training->model));
    CORNU_TRY(cornu__training_call(training, CORNU__ON_TRAIN_END, 0));
    return cornu__training_finish(training);
}

static cornu_history *make_history(const cornu__fit *fit)
{
    cornu_history *history = cornu__history_create(fit->epochs - fit->initial_epoch);
    const cornu__history_facts facts = {.samples = fit->facts.samples,
                                        .validation_samples =
                                            fit->validation_samples > 0 ? fit->validation_samples : -1,
                                        .batch_size = fit->facts.batch_size,
                                        .epochs = fit->epochs};
    if (history)
        cornu__history_set_facts(history, &facts);
    return history;
}

cornu_history *cornu__fit_run(cornu__fit *fit)
{
    fit->history = make_history(fit);
    fit->training = cornu__alloc(sizeof *fit->training);
    cornu_status status = fit->history && fit->training ? run(fit, fit->training) : CORNU_ERROR_OUT_OF_MEMORY;
    if (fit->training)
        cornu__training_end(fit->training);
    cornu__free(fit->training);
    if (status == CORNU_OK)
        return fit->history;
    cornu_history_release(fit->history);
    return NULL;
}

void cornu__fit_end(cornu__fit *fit)
{
    cornu__enqueuer_stop(fit->batches);
    cornu__enqueuer_stop(fit->validation);
    cornu__resumption_clear(&fit->from);
}
