/* evaluate.c: loss and metrics over data, from arrays and from generators. */
#include <string.h>

#include "base/options.h"
#include "train/class_table.h"
#include "train/stepping.h"

/* Runs one evaluation over `batches`, which it takes over; NULL: the failure to make them is passed on. */
static cornu_status evaluate(cornu_model *model, cornu__enqueuer *batches, int64_t steps, int verbose,
                             cornu_callback *const *callbacks, cornu_logs *results)
{
    cornu_training training;
    cornu_status status = cornu__training_begin(&training, model, callbacks);
    if (status == CORNU_OK && verbose > 0)
        status = cornu__training_add_callback(&training, cornu__progbar_logger(verbose));
    if (!batches)
        status = cornu_error_status();
    if (status == CORNU_OK)
        status = cornu__run_pass(&training, CORNU__STEP_TEST, batches, steps, NULL);
    if (status == CORNU_OK && results)
        *results = training.logs;
    cornu__enqueuer_stop(batches);
    cornu__training_end(&training);
    return status;
}

static cornu_status evaluate_arrays(cornu_model *model, const cornu_array *x, const cornu_array *y, cornu_logs *results,
                                    const cornu_evaluate_options *given)
{
    cornu__ports ports;
    cornu__columns columns;
    int verbose;
    int64_t batch_size;
    CORNU_TRY(cornu__argument_at_least("evaluate", "steps", given->steps, 0));
    CORNU_TRY(cornu__verbose_resolve("evaluate", given->verbose, &verbose));
    CORNU_TRY(cornu__ports_of(model, CORNU__STEP_TEST, x, &ports));
    CORNU_TRY(cornu__batch_size_given("evaluate", "batch_size", &ports, given->batch_size, &batch_size));
    CORNU_TRY(cornu__read_arrays(&ports, x, y, given->sample_weight, &columns));
    const cornu__array_source_options rows_used = {.batch_size = batch_size > 0 ? batch_size : CORNU__BATCH_SIZE,
                                                   .steps = given->steps};
    cornu__enqueuer *batches = cornu__enqueue_arrays(&ports, &columns, &rows_used, 0, 1);
    int64_t steps = batches ? cornu__enqueuer_epoch_length(batches) : 0;
    return evaluate(model, batches, steps, verbose, given->callbacks, results);
}

cornu_status cornu_evaluate_with(cornu_model *model, const cornu_array *x, const cornu_array *y, cornu_logs *results,
                                 const cornu_evaluate_options *options)
{
    cornu_evaluate_options given = {.struct_size = sizeof given, CORNU_EVALUATE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_status status = evaluate_arrays(model, x, y, results, &given);
    cornu__callbacks_drop(given.callbacks);
    return status;
}

static cornu_status evaluate_generator(const char *function, cornu_model *model, cornu_generator *generator,
                                       cornu_logs *results, const cornu_generator_run_options *given)
{
    cornu__ports ports;
    int verbose;
    int64_t steps;
    CORNU_TRY(cornu__verbose_resolve(function, given->verbose, &verbose));
    CORNU_TRY(cornu__class_table_check(function, model, generator));
    CORNU_TRY(cornu__ports_of_generator(model, CORNU__STEP_TEST, generator, &ports));
    cornu__enqueuer *batches = cornu__enqueue_run(function, &ports, generator, given, &steps);
    return evaluate(model, batches, steps, verbose, given->callbacks, results);
}

cornu_status cornu_evaluate_generator_with(cornu_model *model, cornu_generator *generator, cornu_logs *results,
                                           const cornu_generator_run_options *options)
{
    cornu_generator_run_options given = {.struct_size = sizeof given, CORNU_GENERATOR_RUN_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__callbacks_keep(given.callbacks);
    cornu_status status = evaluate_generator("evaluate_generator", model, generator, results, &given);
    cornu__callbacks_drop(given.callbacks);
    return status;
}

cornu_status cornu_evaluate_on_generator_with(cornu_model *model, cornu_generator *generator, const cornu_array *y,
                                              cornu_logs *results, const cornu_evaluate_options *options)
{
    cornu_evaluate_options given = {.struct_size = sizeof given, CORNU_EVALUATE_DEFAULTS};
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
    cornu_status status = cornu__only_for_arrays("evaluate", "y", y != NULL);
    if (status == CORNU_OK)
        status = cornu__only_for_arrays("evaluate", "batch_size", given.batch_size != 0);
    if (status == CORNU_OK)
        status = cornu__only_for_arrays("evaluate", "sample_weight", given.sample_weight != NULL);
    if (status == CORNU_OK)
        status = evaluate_generator("evaluate", model, generator, results, &run);
    cornu__callbacks_drop(given.callbacks);
    return status;
}
