/* stepping.c: what the doors to the loop have in common. */
#include "base/log.h"
#include "train/stepping.h"

cornu_status cornu__argument_at_least(const char *function, const char *argument, int64_t value, int64_t smallest)
{
    if (value >= smallest)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is %lld, and must be at least %lld", function, argument,
                       (long long)value, (long long)smallest);
}

cornu_status cornu__only_for_arrays(const char *function, const char *argument, bool given)
{
    if (!given)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_INVALID_ARGUMENT,
        "%s: x is a generator or Sequence, whose batches bring their targets and weights and have a size "
        "of their own: %s must not be given",
        function, argument);
}

cornu_status cornu__check_workers(const char *function, const cornu__workers *workers)
{
    CORNU_TRY(cornu__argument_at_least(function, "workers", workers->count, 0));
    CORNU_TRY(cornu__argument_at_least(function, "max_queue_size", workers->max_queue_size, 1));
    return cornu__argument_at_least(function, "worker_restarts", workers->restarts, 0);
}

cornu__enqueuer_options cornu__enqueuer_options_for(const char *function, const cornu_generator *generator,
                                                    const cornu__workers *workers)
{
    if (workers->processes && workers->count > 1 && !cornu__is_sequence(generator))
        cornu__warn("%s: workers is %d, but a plain generator gets one worker process, since only one can know what "
                    "comes next; a Sequence has use for several",
                    function, workers->count);
    return (cornu__enqueuer_options){.workers = workers->count,
                                     .max_queue_size = workers->max_queue_size,
                                     .processes = workers->processes,
                                     .worker_restarts = workers->restarts};
}

cornu_status cornu__batch_size_given(const char *function, const char *argument, const cornu__ports *ports, int given,
                                     int64_t *batch_size)
{
    int64_t fixed = ports->fixed ? ports->fixed->spec.shape[0] : 0;
    CORNU_TRY(cornu__argument_at_least(function, argument, given, 0));
    *batch_size = given > 0 ? given : fixed;
    if (fixed == 0 || *batch_size == fixed)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is %d, but input '%s' of the model takes batches of %lld",
                       function, argument, given, ports->fixed->name, (long long)fixed);
}

cornu__enqueuer *cornu__enqueue_arrays(const cornu__ports *ports, const cornu__columns *columns,
                                       const cornu__array_source_options *rows, int64_t first_epoch, int64_t epochs)
{
    const cornu__enqueuer_options options = {.first_epoch = first_epoch, .epochs = epochs};
    return cornu__enqueuer_start(cornu__array_source(ports, columns, rows), &options);
}

cornu_status cornu__steps_of(const char *function, const char *argument, const cornu_generator *generator,
                             int64_t given, int64_t *steps)
{
    CORNU_TRY(cornu__argument_at_least(function, argument, given, 0));
    if (!generator)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: there is no generator (NULL)", function);
    *steps = given;
    if (given > 0)
        return CORNU_OK;
    if (!cornu__is_sequence(generator))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: a generator may be endless, so %s must be given; only a Sequence knows its length",
                           function, argument);
    return cornu__sequence_length_checked(generator, steps);
}

static cornu_status check_run(const char *function, const cornu_generator *generator,
                              const cornu_generator_run_options *options, int64_t *steps)
{
    CORNU_TRY(cornu__check_workers(function, &CORNU__WORKERS_OF(options)));
    return cornu__steps_of(function, "steps", generator, options->steps, steps);
}

cornu__enqueuer *cornu__enqueue_run(const char *function, const cornu__ports *ports, cornu_generator *generator,
                                    const cornu_generator_run_options *options, int64_t *steps)
{
    *steps = 0;
    if (check_run(function, generator, options, steps) != CORNU_OK)
        return NULL;
    cornu__enqueuer_options ring = cornu__enqueuer_options_for(function, generator, &CORNU__WORKERS_OF(options));
    ring.batches = *steps;
    return cornu__enqueuer_start(cornu__generator_source(ports, generator, false, 0, NULL), &ring);
}

cornu_status cornu__read_arrays(const cornu__ports *ports, const cornu_array *x, const cornu_array *y,
                                const cornu_array *sample_weight, cornu__columns *columns)
{
    CORNU_TRY(cornu__standardize(ports, x, y, sample_weight, columns));
    return cornu__labels_check(ports, columns, 0);
}

cornu_status cornu__run_pass(cornu_training *training, cornu__step_kind kind, cornu__enqueuer *batches, int64_t steps,
                             cornu__consumer *consumer)
{
    bool testing = kind == CORNU__STEP_TEST;
    cornu__pass_end end;
    training->kind = kind;
    training->steps = steps;
    training->logs.count = 0;
    CORNU_TRY(cornu__training_call(training, testing ? CORNU__ON_TEST_BEGIN : CORNU__ON_PREDICT_BEGIN, 0));
    CORNU_TRY(cornu__pass(training, kind, batches, steps, consumer, &end));
    bool ended = end == CORNU__PASS_WITHOUT_DATA;
    if (ended && training->tally.rows == 0 && testing && !training->in_fit)
        return cornu__fail(CORNU_ERROR_DATA, "the generator gave no batch");
    if (ended && steps >= 0)
        cornu__warn("the generator had no more batches before the %lld that were asked for", (long long)steps);
    CORNU_TRY(cornu__training_call(training, testing ? CORNU__ON_TEST_END : CORNU__ON_PREDICT_END, 0));
    if (end == CORNU__PASS_STOPPED)
        return cornu__fail(CORNU_ERROR_STOPPED, "stopped on request, before the last batch");
    return CORNU_OK;
}
