/* predict.c: a model's outputs for data, from arrays and from generators. */
#include <string.h>

#include "base/options.h"
#include "train/outputs.h"
#include "train/stepping.h"

static cornu_array *predict(cornu_model *model, cornu__enqueuer *batches, int64_t steps, int64_t rows, int verbose,
                            cornu_callback *const *callbacks)
{
    cornu_training training;
    cornu__outputs outputs = {.rows_expected = rows};
    cornu__consumer consumer = {cornu__outputs_take, &outputs};
    cornu_array *predictions = NULL;
    cornu_status status = cornu__training_begin(&training, model, callbacks);
    if (status == CORNU_OK && verbose > 0)
        status = cornu__training_add_callback(&training, cornu__progbar_logger(verbose));
    if (!batches)
        status = cornu_error_status();
    if (status == CORNU_OK)
        status = cornu__run_pass(&training, CORNU__STEP_PREDICT, batches, steps, &consumer);
    if (status == CORNU_OK)
        predictions = cornu__outputs_array(&outputs, model);
    cornu__outputs_free(&outputs);
    cornu__enqueuer_stop(batches);
    cornu__training_end(&training);
    return predictions;
}

static cornu_status check_predict(const cornu_predict_options *given, int *verbose)
{
    CORNU_TRY(cornu__argument_at_least("predict", "steps", given->steps, 0));
    return cornu__verbose_resolve("predict", given->verbose, verbose);
}

static cornu_array *predict_arrays(cornu_model *model, const cornu_array *x, const cornu_predict_options *given)
{
    cornu__ports ports;
    cornu__columns columns;
    int verbose;
    int64_t batch_size = 0;
    if (check_predict(given, &verbose) != CORNU_OK ||
        cornu__ports_of(model, CORNU__STEP_PREDICT, x, &ports) != CORNU_OK ||
        cornu__batch_size_given("predict", "batch_size", &ports, given->batch_size, &batch_size) != CORNU_OK ||
        cornu__standardize(&ports, x, NULL, NULL, &columns) != CORNU_OK)
        return NULL;
    if (batch_size == 0)
        batch_size = CORNU__BATCH_SIZE;
    const cornu__array_source_options rows_used = {.batch_size = batch_size, .steps = given->steps};
    cornu__enqueuer *batches = cornu__enqueue_arrays(&ports, &columns, &rows_used, 0, 1);
    int64_t steps = batches ? cornu__enqueuer_epoch_length(batches) : 0;
    int64_t rows = steps <= columns.rows / batch_size ? steps * batch_size : columns.rows;
    return predict(model, batches, steps, rows, verbose, given->callbacks);
}

cornu_array *cornu_predict_with(cornu_model *model, const cornu_array *x, const cornu_predict_options *options)
{
    cornu_predict_options given = {.struct_size = sizeof given, CORNU_PREDICT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_array *predictions = predict_arrays(model, x, &given);
    cornu__callbacks_drop(given.callbacks);
    return predictions;
}

static cornu_array *predict_generator(const char *function, cornu_model *model, cornu_generator *generator,
                                      const cornu_generator_run_options *given)
{
    cornu__ports ports;
    int verbose;
    int64_t steps;
    if (cornu__verbose_resolve(function, given->verbose, &verbose) != CORNU_OK ||
        cornu__ports_of_generator(model, CORNU__STEP_PREDICT, generator, &ports) != CORNU_OK)
        return NULL;
    cornu__enqueuer *batches = cornu__enqueue_run(function, &ports, generator, given, &steps);
    return predict(model, batches, steps, 0, verbose, given->callbacks);
}

cornu_array *cornu_predict_generator_with(cornu_model *model, cornu_generator *generator,
                                          const cornu_generator_run_options *options)
{
    cornu_generator_run_options given = {.struct_size = sizeof given, CORNU_GENERATOR_RUN_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_array *predictions = predict_generator("predict_generator", model, generator, &given);
    cornu__callbacks_drop(given.callbacks);
    return predictions;
}

cornu_array *cornu_predict_on_generator_with(cornu_model *model, cornu_generator *generator,
                                             const cornu_predict_options *options)
{
    cornu_predict_options given = {.struct_size = sizeof given, CORNU_PREDICT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_generator_run_options run = {.struct_size = sizeof run,
                                       .steps = given.steps,
                                       .max_queue_size = given.max_queue_size,
                                       .workers = given.workers,
                                       .use_multiprocessing = given.use_multiprocessing,
                                       .worker_restarts = given.worker_restarts,
                                       .verbose = given.verbose};
    memcpy(run.callbacks, given.callbacks, sizeof run.callbacks);
    bool refused = cornu__only_for_arrays("predict", "batch_size", given.batch_size != 0) != CORNU_OK;
    cornu_array *predictions = refused ? NULL : predict_generator("predict", model, generator, &run);
    cornu__callbacks_drop(given.callbacks);
    return predictions;
}
