/* fit_generator.c: cornu_fit_generator. */
#include "base/log.h"
#include "base/options.h"
#include "train/fit.h"

static cornu_status check_options(const cornu_fit_generator_options *given)
{
    CORNU_TRY(cornu__argument_at_least("fit_generator", "epochs", given->epochs, 0));
    CORNU_TRY(cornu__argument_at_least("fit_generator", "initial_epoch", given->initial_epoch, 0));
    CORNU_TRY(cornu__argument_at_least("fit_generator", "validation_steps", given->validation_steps, 0));
    CORNU_TRY(cornu__argument_at_least("fit_generator", "validation_batch_size", given->validation_batch_size, 1));
    CORNU_TRY(cornu__argument_at_least("fit_generator", "validation_freq", given->validation_freq, 1));
    CORNU_TRY(cornu__check_workers("fit_generator", given->workers, given->max_queue_size, given->use_multiprocessing));
    return cornu__check_view_metrics("fit_generator", given->view_metrics);
}

/* What must live as long as the training. */
typedef struct validation {
    cornu__ports ports;
    cornu__columns columns;
    cornu__class_weights class_weights;
} validation;

/* A plain generator in a new process begins anew: what an earlier training used is asked for again and passed over. */
static cornu_status replay(const cornu__fit *fit)
{
    int64_t count = cornu__fit_batches(fit->steps, fit->resumed_epochs);
    cornu__warn("fit_generator: training goes on with epoch %lld; the generator is asked again for the %lld batches "
                "before it",
                (long long)fit->initial_epoch + 1, (long long)count);
    for (int64_t i = 0; i < count; i++) {
        const cornu__batch *batch;
        CORNU_TRY(cornu__enqueuer_get(fit->batches, &batch));
        if (!batch)
            return CORNU_OK; /* the epoch says so */
        CORNU_TRY(cornu__enqueuer_done(fit->batches));
    }
    return CORNU_OK;
}

/* A Sequence whose epoch is longer or shorter than an epoch of training goes on where it was; its own epochs shuffle it anew. */
static cornu_status enqueue(cornu__fit *fit, validation *data, cornu_generator *generator,
                            const cornu_fit_generator_options *given)
{
    int64_t epochs = fit->epochs - fit->initial_epoch;
    bool replays = fit->resumed_epochs > 0 && !cornu__is_sequence(generator);
    if (epochs <= 0)
        return CORNU_OK;
    const cornu__enqueuer_options ring = {
        .workers = given->workers,
        .max_queue_size = given->max_queue_size,
        .first_epoch = fit->initial_epoch,
        .epochs = fit->steps > 0 ? 0 : epochs,
        .batches = cornu__fit_batches(fit->steps, epochs + (replays ? fit->resumed_epochs : 0))};
    fit->batches = cornu__enqueuer_start(
        cornu__generator_source(&data->ports, generator, given->shuffle, 0, &data->class_weights), &ring);
    if (!fit->batches)
        return cornu_error_status();
    return replays ? replay(fit) : CORNU_OK;
}

/* Where a Sequence's epochs are not training's, one that is begun anew stands elsewhere in its order. */
static void warn_of_other_order(const cornu__fit *fit, const cornu_generator *generator, int64_t steps)
{
    int64_t length;
    if (fit->resumed_epochs == 0 || !cornu__is_sequence(generator) || fit->steps == 0 ||
        cornu__sequence_length_checked(generator, &length) != CORNU_OK || length == steps)
        return;
    cornu__warn(
        "fit_generator: training goes on with epoch %lld; with steps_per_epoch = %lld of a Sequence's %lld batches "
        "they come in another order than without the interruption",
        (long long)fit->initial_epoch + 1, (long long)steps, (long long)length);
}

static cornu_status prepare(cornu__fit *fit, validation *data, cornu_generator *generator,
                            const cornu_fit_generator_options *given)
{
    int64_t steps;
    CORNU_TRY(check_options(given));
    CORNU_TRY(cornu__verbose_resolve("fit_generator", given->verbose, &fit->verbose));
    CORNU_TRY(cornu__ports_of(fit->model, CORNU__STEP_TRAIN, NULL, &data->ports));
    CORNU_TRY(cornu__fit_resume(fit));
    CORNU_TRY(cornu__steps_of("fit_generator", "steps_per_epoch", generator, given->steps_per_epoch, &steps));
    warn_of_other_order(fit, generator, steps);
    CORNU_TRY(
        cornu__class_weights_make(&data->ports, given->class_weight, given->class_weight_count, &data->class_weights));
    if (given->validation_data.x || given->validation_data.generator)
        CORNU_TRY(cornu__fit_validate_on(fit, &data->ports, &given->validation_data, given->validation_batch_size,
                                         &data->columns));
    return enqueue(fit, data, generator, given);
}

static cornu_history *fit_generator(cornu_model *model, cornu_generator *generator,
                                    const cornu_fit_generator_options *given)
{
    cornu__fit fit = {.function = "fit_generator",
                      .model = model,
                      .callbacks = given->callbacks,
                      .epochs = given->epochs,
                      .initial_epoch = given->initial_epoch,
                      .validation_freq = given->validation_freq,
                      .steps = given->steps_per_epoch,
                      .validation_steps = given->validation_steps,
                      .workers = given->workers,
                      .max_queue_size = given->max_queue_size};
    validation *data = cornu__alloc(sizeof *data);
    if (!data)
        return NULL;
    cornu_history *history = prepare(&fit, data, generator, given) == CORNU_OK ? cornu__fit_run(&fit) : NULL;
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
    cornu_history *history = fit_generator(model, generator, &given);
    cornu__callbacks_drop(given.callbacks);
    return history;
}
