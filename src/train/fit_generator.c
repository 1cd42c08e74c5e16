/* fit_generator.c: cornu_fit_generator, and cornu_fit where x is a generator. */
#include <string.h>

#include "base/log.h"
#include "base/options.h"
#include "train/class_table.h"
#include "train/fit.h"

static cornu_status check_options(const char *function, const cornu_fit_generator_options *given)
{
    CORNU_TRY(cornu__argument_at_least(function, "epochs", given->epochs, 0));
    CORNU_TRY(cornu__argument_at_least(function, "initial_epoch", given->initial_epoch, 0));
    CORNU_TRY(cornu__argument_at_least(function, "validation_steps", given->validation_steps, 0));
    CORNU_TRY(cornu__fit_check_validation(function, given->validation_freq, given->validation_epochs));
    return cornu__check_workers(function, &CORNU__WORKERS_OF(given));
}

/* What must live as long as the training. */
typedef struct validation {
    cornu__ports ports;
    cornu__columns columns;
    cornu__class_weights class_weights;
} validation;

static cornu_status enqueue(cornu__fit *fit, validation *data, cornu_generator *generator,
                            const cornu_fit_generator_options *given)
{
    const cornu__position *from = cornu__resume_data(&fit->from);
    if (!cornu__fit_wants_data(fit))
        return CORNU_OK;
    cornu__enqueuer_options ring = cornu__enqueuer_options_for(fit->function, generator, &fit->workers);
    ring.first_epoch = fit->initial_epoch;
    ring.epochs = fit->steps > 0 ? 0 : fit->epochs - fit->initial_epoch;
    ring.batches = fit->steps > 0 ? cornu__fit_batches_left(fit) : 0;
    ring.from = from;
    ring.trains = true;
    ring.keep_states = fit->keeps_backups;
    cornu__resume_warn_of_replay(fit, generator, from, "generator");
    fit->batches = cornu__enqueuer_start(
        cornu__generator_source(&data->ports, generator, given->shuffle, 0, &data->class_weights), &ring);
    return fit->batches ? CORNU_OK : cornu_error_status();
}

static cornu_status prepare(cornu__fit *fit, validation *data, cornu_generator *generator,
                            const cornu_fit_generator_options *given)
{
    int64_t steps;
    CORNU_TRY(check_options(fit->function, given));
    CORNU_TRY(cornu__class_table_check(fit->function, fit->model, generator));
    CORNU_TRY(cornu__class_table_adopt(fit->model, generator));
    CORNU_TRY(cornu__verbose_resolve(fit->function, given->verbose, &fit->verbose));
    CORNU_TRY(cornu__view_metrics_resolve(fit->function, given->view_metrics, given->view_port, given->view_file,
                                          &fit->view));
    CORNU_TRY(cornu__ports_of_generator(fit->model, CORNU__STEP_TRAIN, generator, &data->ports));
    fit->facts = (cornu__data_facts){-1, -1, given->steps_per_epoch, given->shuffle};
    CORNU_TRY(cornu__fit_resume(fit));
    CORNU_TRY(cornu__steps_of(fit->function, "steps_per_epoch", generator, given->steps_per_epoch, &steps));
    const cornu__class_weight_options class_weights = {given->class_weight, given->class_weight_count,
                                                       given->output_class_weights, given->class_weight_strict};
    CORNU_TRY(cornu__class_weights_make(&data->ports, &class_weights, &data->class_weights));
    int64_t batch_size;
    CORNU_TRY(cornu__batch_size_given(fit->function, "validation_batch_size", &data->ports,
                                      given->validation_batch_size, &batch_size));
    if (cornu__fit_has_validation(&given->validation_data))
        CORNU_TRY(cornu__fit_validate_on(fit, &data->ports, &given->validation_data,
                                         batch_size > 0 ? batch_size : CORNU__BATCH_SIZE, &data->columns));
    return enqueue(fit, data, generator, given);
}

static cornu_history *fit_generator(const char *function, cornu_model *model, cornu_generator *generator,
                                    const cornu_fit_generator_options *given)
{
    cornu__fit fit = {.function = function,
                      .model = model,
                      .callbacks = given->callbacks,
                      .epochs = given->epochs,
                      .initial_epoch = given->initial_epoch,
                      .validation_freq = given->validation_freq,
                      .validation_epochs = given->validation_epochs,
                      .steps = given->steps_per_epoch,
                      .validation_steps = given->validation_steps,
                      .workers = CORNU__WORKERS_OF(given)};
    validation *data = cornu__alloc(sizeof *data);
    if (!data)
        return NULL;
    bool knew_classes = cornu_model_class_count(model) > 0;
    bool prepared = prepare(&fit, data, generator, given) == CORNU_OK;
    if (prepared && generator->input_scale != 0 && cornu_input_count(model) == 1)
        model->input_scale = generator->input_scale;
    if (!prepared && !knew_classes)
        cornu__class_table_forget(model); /* it has not learned them */
    cornu_history *history = prepared ? cornu__fit_run(&fit) : NULL;
    cornu__fit_end(&fit);
    cornu__class_weights_free(&data->class_weights);
    cornu__free(data);
    return history;
}

cornu_history *cornu_fit_generator_with(cornu_model *model, cornu_generator *generator,
                                        const cornu_fit_generator_options *options)
{
    cornu_fit_generator_options given = {.struct_size = sizeof given, CORNU_FIT_GENERATOR_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_history *history = fit_generator("fit_generator", model, generator, &given);
    cornu__callbacks_drop(given.callbacks);
    return history;
}

/* --- cornu_fit --- */

/* What fit takes that a generator's batches bring themselves. */
static cornu_status check_arrays_only(const cornu_array *y, const cornu_fit_options *given)
{
    CORNU_TRY(cornu__only_for_arrays("fit", "y", y != NULL));
    CORNU_TRY(cornu__only_for_arrays("fit", "batch_size", given->batch_size != 0));
    CORNU_TRY(cornu__only_for_arrays("fit", "sample_weight", given->sample_weight != NULL));
    return cornu__only_for_arrays("fit", "validation_split", given->validation_split != 0);
}

static cornu_fit_generator_options generator_options(const cornu_fit_options *given)
{
    cornu_fit_generator_options options = {.struct_size = sizeof options,
                                           .steps_per_epoch = given->steps_per_epoch,
                                           .epochs = given->epochs,
                                           .verbose = given->verbose,
                                           .validation_data = given->validation_data,
                                           .validation_steps = given->validation_steps,
                                           .validation_freq = given->validation_freq,
                                           .validation_batch_size = given->validation_batch_size,
                                           .class_weight = given->class_weight,
                                           .class_weight_count = given->class_weight_count,
                                           .max_queue_size = given->max_queue_size,
                                           .workers = given->workers,
                                           .use_multiprocessing = given->use_multiprocessing,
                                           .worker_restarts = given->worker_restarts,
                                           .shuffle =
                                               given->shuffle != false, /* batches of a Sequence keep their rows */
                                           .initial_epoch = given->initial_epoch,
                                           .view_metrics = given->view_metrics,
                                           .view_port = given->view_port,
                                           .view_file = given->view_file,
                                           .class_weight_strict = given->class_weight_strict};
    memcpy(options.callbacks, given->callbacks, sizeof options.callbacks);
    memcpy(options.validation_epochs, given->validation_epochs, sizeof options.validation_epochs);
    memcpy(options.output_class_weights, given->output_class_weights, sizeof options.output_class_weights);
    return options;
}

cornu_history *cornu_fit_on_generator_with(cornu_model *model, cornu_generator *generator, const cornu_array *y,
                                           const cornu_fit_options *options)
{
    cornu_fit_options given = {.struct_size = sizeof given, CORNU_FIT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    const cornu_fit_generator_options as_generator = generator_options(&given);
    cornu_history *history =
        check_arrays_only(y, &given) == CORNU_OK ? fit_generator("fit", model, generator, &as_generator) : NULL;
    cornu__callbacks_drop(given.callbacks);
    return history;
}
