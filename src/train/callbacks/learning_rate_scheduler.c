/* learning_rate_scheduler.c: sets the learning rate at the begin of each epoch by the program's function. */
#include <math.h>

#include "base/number_text.h"
#include "base/options.h"
#include "base/plain_locale.h"
#include "train/training.h"

typedef struct scheduler {
    cornu_epoch_schedule schedule;
    void *state;
    int verbose;
} scheduler;

static void say(int64_t epoch, double learning_rate)
{
    char text[CORNU__NUMBER_TEXT_SIZE];
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu__number_text(learning_rate, text);
    cornu__plain_locale_end(locale);
    cornu__say("\nEpoch %lld: LearningRateScheduler setting learning rate to %s.\n", (long long)epoch + 1, text);
}

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    const scheduler *self = state;
    (void)logs;
    double learning_rate = self->schedule(epoch, cornu_training_learning_rate(training), self->state);
    if (!isfinite(learning_rate))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the schedule returned the learning rate %g", learning_rate);
    CORNU_TRY(cornu_training_set_learning_rate(training, learning_rate));
    if (self->verbose > 0)
        say(epoch, learning_rate);
    return CORNU_OK;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)state;
    (void)epoch;
    return cornu_logs_set(logs, "learning_rate", cornu_training_learning_rate(training));
}

static cornu_status check(cornu_epoch_schedule schedule)
{
    return schedule ? CORNU_OK
                    : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no function to ask for the learning rate");
}

cornu_callback *cornu_learning_rate_scheduler_with(cornu_epoch_schedule schedule, void *state,
                                                   const cornu_learning_rate_scheduler_options *options)
{
    cornu_learning_rate_scheduler_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    scheduler *self = cornu__alloc(sizeof *self);
    if (self)
        *self = (scheduler){schedule, state, given.verbose};
    cornu_callback *callback = cornu__callback_of("LearningRateScheduler", self, cornu__free, check(schedule));
    if (!callback)
        return cornu__callback_without_memory();
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    return callback;
}
