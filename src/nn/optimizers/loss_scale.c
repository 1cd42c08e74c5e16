/*
 * nn/optimizers/loss_scale.c: LossScaleOptimizer: another optimizer, whose loss is multiplied by a scale that follows the gradients. What it does
 * to a step is in model/update.c; here is what it says of itself.
 */
#include <string.h>

#include "nn/optimizers/support.h"

const cornu__object *cornu__loss_scale_inner(const cornu__object *optimizer, double *initial_scale, int *growth_steps)
{
    if (strcmp(optimizer->class->name, "LossScaleOptimizer") != 0)
        return NULL;
    const cornu_loss_scale_optimizer_options *o = optimizer->config;
    *initial_scale = o->initial_scale;
    *growth_steps = o->dynamic_growth_steps;
    return o->inner_optimizer;
}

static cornu_status check_loss_scale(void *config)
{
    const cornu_loss_scale_optimizer_options *o = config;
    const cornu__object *inner = o->inner_optimizer;
    if (!inner)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "inner_optimizer: wanted an optimizer, got none");
    if (strcmp(inner->class->name, "LossScaleOptimizer") == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "inner_optimizer: a loss is scaled once; got LossScaleOptimizer");
    CORNU_TRY(cornu__check_positive("initial_scale", o->initial_scale));
    if (o->dynamic_growth_steps < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dynamic_growth_steps: wanted at least 1, got %d",
                           o->dynamic_growth_steps);
    return CORNU_OK;
}

static const cornu_loss_scale_optimizer_options loss_scale_defaults = {.struct_size = sizeof loss_scale_defaults,
                                                                       CORNU_LOSS_SCALE_OPTIMIZER_DEFAULTS};
static const cornu__field loss_scale_fields[] = {
    CORNU__FIELD(TEXT, cornu_loss_scale_optimizer_options, name, .optional = true),
    CORNU__OBJECT_FIELD(cornu_loss_scale_optimizer_options, inner_optimizer, OPTIMIZER, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_loss_scale_optimizer_options, initial_scale),
    CORNU__FIELD(INT, cornu_loss_scale_optimizer_options, dynamic_growth_steps),
};

/* It makes no update itself: the model takes the inner optimizer's. */
static const cornu__optimizer_class loss_scale_class = {
    .base = {.kind = CORNU__KIND_OPTIMIZER,
             .name = "LossScaleOptimizer",
             .aliases = (const char *const[]){"loss_scale_optimizer", NULL},
             .options_size = sizeof(cornu_loss_scale_optimizer_options),
             .defaults = &loss_scale_defaults,
             CORNU__FIELD_TABLE(loss_scale_fields),
             .check = check_loss_scale},
};

cornu_optimizer *cornu_loss_scale_optimizer_with(cornu_identifier inner_optimizer,
                                                 const cornu_loss_scale_optimizer_options *given)
{
    cornu_loss_scale_optimizer_options options;
    cornu__options_complete(&loss_scale_class.base, given, &options);
    options.inner_optimizer = inner_optimizer;
    return cornu__object_make(&loss_scale_class.base, &options);
}

cornu__family cornu__loss_scale_optimizers = {&loss_scale_class.base, NULL};
