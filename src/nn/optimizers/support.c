/* nn/optimizers/support.c: the options that all optimizers have. */
#include "nn/optimizers/support.h"

#include <math.h>

_Static_assert(offsetof(cornu_sgd_options, momentum) >= sizeof(cornu__optimizer_common) - sizeof(void *) &&
                   offsetof(cornu_sgd_options, name) == offsetof(cornu__optimizer_common, name),
               "cornu__optimizer_common is the front of every optimizer's options");

cornu_status cornu__check_share(const char *option, double value)
{
    if (value >= 0 && value <= 1)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted 0 <= %s <= 1, got %g", option, option, value);
}

cornu_status cornu__check_positive(const char *option, double value)
{
    if (value > 0 && isfinite(value))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted a number above 0, got %g", option, value);
}

cornu_status cornu__check_optimizer(void *config)
{
    const cornu__optimizer_common *o = config;
    if (!(o->learning_rate >= 0) || !isfinite(o->learning_rate))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "learning_rate: wanted a number of at least 0, got %g",
                           o->learning_rate);
    const struct {
        const char *name;
        double value;
    } clips[] = {{"clipnorm", o->clipnorm}, {"clipvalue", o->clipvalue}, {"global_clipnorm", o->global_clipnorm}};
    const char *given = NULL;
    for (int i = 0; i < 3; i++) {
        if (isnan(clips[i].value))
            continue;
        CORNU_TRY(cornu__check_positive(clips[i].name, clips[i].value));
        if (given)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "only one of clipnorm, clipvalue and global_clipnorm can be given, got %s and %s", given,
                               clips[i].name);
        given = clips[i].name;
    }
    CORNU_TRY(cornu__check_share("ema_momentum", o->ema_momentum));
    if (o->weight_decay < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "weight_decay: wanted at least 0, got %g", o->weight_decay);
    if (!isnan(o->loss_scale_factor))
        CORNU_TRY(cornu__check_positive("loss_scale_factor", o->loss_scale_factor));
    if (!(o->decay >= 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "decay: wanted at least 0, got %g", o->decay);
    if (o->decay > 0 && o->schedule)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the learning rate follows a schedule or a decay, not both");
    if (o->ema_overwrite_frequency < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "ema_overwrite_frequency: wanted at least 1, or 0 for none, got %d",
                           o->ema_overwrite_frequency);
    if (o->gradient_accumulation_steps != 0 && o->gradient_accumulation_steps < 2)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "gradient_accumulation_steps: wanted at least 2, or 0 for none, got %d",
                           o->gradient_accumulation_steps);
    return CORNU_OK;
}

cornu_status cornu__updated(const cornu__update *update, int slots)
{
    bool complete = update->new_weight != NULL;
    for (int i = 0; i < slots; i++)
        complete = complete && update->new_slots[i];
    return complete ? CORNU_OK : cornu_error_status();
}
