/* fit_arrays.c: cornu_fit. */
#include <math.h>

#include "base/log.h"
#include "base/options.h"
#include "train/fit.h"

static cornu_status check_options(const cornu_fit_options *given)
{
    CORNU_TRY(cornu__argument_at_least("fit", "epochs", given->epochs, 0));
    CORNU_TRY(cornu__argument_at_least("fit", "initial_epoch", given->initial_epoch, 0));
    CORNU_TRY(cornu__argument_at_least("fit", "steps_per_epoch", given->steps_per_epoch, 0));
    CORNU_TRY(cornu__argument_at_least("fit", "validation_steps", given->validation_steps, 0));
    CORNU_TRY(cornu__fit_check_validation("fit", given->validation_freq, given->validation_epochs));
    CORNU_TRY(cornu__check_workers("fit", &CORNU__WORKERS_OF(given)));
    if (given->shuffle < 0 || given->shuffle > CORNU_SHUFFLE_BATCH)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "fit: shuffle is %d, and must be true, false or CORNU_SHUFFLE_BATCH", given->shuffle);
    if (!(given->validation_split >= 0 && given->validation_split < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "fit: validation_split is %g, and must be at least 0 and less than 1",
                           given->validation_split);
    return CORNU_OK;
}

/* How many of the rows are for training. */
static cornu_status split(const cornu_fit_options *given, int64_t rows, int64_t *training_rows)
{
    *training_rows = rows;
    if (cornu__fit_has_validation(&given->validation_data) || given->validation_split == 0)
        return CORNU_OK;
    *training_rows = (int64_t)floor((double)rows * (1.0 - given->validation_split));
    if (*training_rows > 0 && *training_rows < rows)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_DATA, "fit: validation_split = %g of %lld samples leaves %lld for training and %lld for validation",
        given->validation_split, (long long)rows, (long long)*training_rows, (long long)(rows - *training_rows));
}

/* *batch_size is for training, *validation_batch_size for validation on arrays. */
static cornu_status choose_batch_sizes(const cornu_fit_options *given, const cornu__ports *ports, int64_t rows,
                                       int64_t *batch_size, int64_t *validation_batch_size)
{
    CORNU_TRY(cornu__batch_size_given("fit", "batch_size", ports, given->batch_size, batch_size));
    CORNU_TRY(cornu__batch_size_given("fit", "validation_batch_size", ports, given->validation_batch_size,
                                      validation_batch_size));
    if (*batch_size == 0)
        *batch_size = given->steps_per_epoch > 0 ? (rows - 1) / given->steps_per_epoch + 1 : CORNU__BATCH_SIZE;
    if (*validation_batch_size == 0)
        *validation_batch_size = *batch_size;
    return CORNU_OK;
}

static void warn_of_few_batches(const cornu_fit_options *given, int64_t rows, int64_t batch_size)
{
    int64_t batches = (rows - 1) / batch_size + 1;
    if (given->steps_per_epoch > batches)
        cornu__warn("fit: steps_per_epoch is %lld, but %lld samples make %lld batches of %lld: an epoch ends with them",
                    (long long)given->steps_per_epoch, (long long)rows, (long long)batches, (long long)batch_size);
}

/* What must live as long as the training. */
typedef struct arrays {
    cornu__ports ports;
    cornu__columns columns, validation;
    cornu__class_weights class_weights;
} arrays;

static cornu_status prepare(cornu__fit *fit, arrays *data, const cornu_array *x, const cornu_array *y,
                            const cornu_fit_options *given)
{
    int64_t rows, batch_size, validation_batch_size;
    CORNU_TRY(check_options(given));
    CORNU_TRY(cornu__verbose_resolve("fit", given->verbose, &fit->verbose));
    CORNU_TRY(cornu__view_metrics_resolve("fit", given->view_metrics, given->view_port, given->view_file, &fit->view));
    CORNU_TRY(cornu__ports_of(fit->model, CORNU__STEP_TRAIN, x, &data->ports));
    CORNU_TRY(cornu__read_arrays(&data->ports, x, y, given->sample_weight, &data->columns));
    CORNU_TRY(split(given, data->columns.rows, &rows));
    const cornu__class_weight_options class_weights = {given->class_weight, given->class_weight_count,
                                                       given->output_class_weights, given->class_weight_strict};
    CORNU_TRY(cornu__class_weights_make(&data->ports, &class_weights, &data->class_weights));
    CORNU_TRY(cornu__class_weights_check(&data->class_weights, &data->ports, &data->columns, rows));
    CORNU_TRY(choose_batch_sizes(given, &data->ports, rows, &batch_size, &validation_batch_size));
    warn_of_few_batches(given, rows, batch_size);
    fit->facts = (cornu__data_facts){rows, batch_size, given->steps_per_epoch, given->shuffle};
    CORNU_TRY(cornu__fit_resume(fit));
    if (cornu__fit_has_validation(&given->validation_data))
        CORNU_TRY(cornu__fit_validate_on(fit, &data->ports, &given->validation_data, validation_batch_size,
                                         &data->validation));
    else if (rows < data->columns.rows)
        CORNU_TRY(cornu__fit_validate_on_rows(fit, &data->ports, &data->columns, rows, validation_batch_size));
    if (!cornu__fit_wants_data(fit))
        return CORNU_OK;
    const cornu__array_source_options used = {.end = rows,
                                              .batch_size = batch_size,
                                              .shuffle = (cornu__shuffle)given->shuffle,
                                              .steps = given->steps_per_epoch,
                                              .class_weights = &data->class_weights};
    const cornu__enqueuer_options range = {.first_epoch = fit->initial_epoch,
                                           .epochs = fit->epochs - fit->initial_epoch,
                                           .from = cornu__resume_data(&fit->from)};
    fit->batches = cornu__enqueuer_start(cornu__array_source(&data->ports, &data->columns, &used), &range);
    return fit->batches ? CORNU_OK : cornu_error_status();
}

static cornu_history *fit_arrays(cornu_model *model, const cornu_array *x, const cornu_array *y,
                                 const cornu_fit_options *given)
{
    cornu__fit fit = {.function = "fit",
                      .model = model,
                      .callbacks = given->callbacks,
                      .epochs = given->epochs,
                      .initial_epoch = given->initial_epoch,
                      .validation_freq = given->validation_freq,
                      .validation_epochs = given->validation_epochs,
                      .validation_steps = given->validation_steps,
                      .workers = CORNU__WORKERS_OF(given)};
    arrays *data = cornu__alloc(sizeof *data);
    if (!data)
        return NULL;
    cornu_history *history = prepare(&fit, data, x, y, given) == CORNU_OK ? cornu__fit_run(&fit) : NULL;
    cornu__fit_end(&fit);
    cornu__class_weights_free(&data->class_weights);
    cornu__free(data);
    return history;
}

cornu_history *cornu_fit_with(cornu_model *model, const cornu_array *x, const cornu_array *y,
                              const cornu_fit_options *options)
{
    cornu_fit_options given = {.struct_size = sizeof given, CORNU_FIT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_history *history = fit_arrays(model, x, y, &given);
    cornu__callbacks_drop(given.callbacks);
    return history;
}
