/* nn/optimizers/support.h: what the optimizers' files share. */
#ifndef CORNU_NN_OPTIMIZERS_SUPPORT_H
#define CORNU_NN_OPTIMIZERS_SUPPORT_H

#include <cornu/optimizers.h>

#include "base/status.h"
#include "graph/arithmetic.h"
#include "nn/registry.h"
#include "nn/training.h"

/* The fields that every optimizer has, in Keras's order. */
#define CORNU__OPTIMIZER_FIELD_TABLE(options)                                                                          \
    CORNU__FIELD(TEXT, options, name, .optional = true), CORNU__FIELD(RATE, options, learning_rate, .alias = "lr"),    \
        CORNU__OBJECT_FIELD(options, schedule, SCHEDULE, .optional = true, .unwritten = true),                         \
        CORNU__FIELD(DOUBLE, options, weight_decay, .optional = true),                                                 \
        CORNU__FIELD(DOUBLE, options, clipnorm, .optional = true),                                                     \
        CORNU__FIELD(DOUBLE, options, global_clipnorm, .optional = true),                                              \
        CORNU__FIELD(DOUBLE, options, clipvalue, .optional = true), CORNU__FIELD(BOOL, options, use_ema),              \
        CORNU__FIELD(DOUBLE, options, ema_momentum),                                                                   \
        CORNU__FIELD(INT, options, ema_overwrite_frequency, .optional = true),                                         \
        CORNU__FIELD(DOUBLE, options, loss_scale_factor, .optional = true),                                            \
        CORNU__FIELD(INT, options, gradient_accumulation_steps, .optional = true),                                     \
        CORNU__FIELD(DOUBLE, options, decay, .unwritten = true)

/* A class of optimizers; the words at the end: what Keras calls it, and other names. */
#define CORNU__OPTIMIZER_CLASS(function, class_name, options, default_options, table, checking, ...)                   \
    CORNU__OPTIMIZER_CLASS_WITH(function, class_name, options, default_options, table, checking, .per_weight = false,  \
                                __VA_ARGS__)
/* `more`: further members of the class. */
#define CORNU__OPTIMIZER_CLASS_WITH(function, class_name, options, default_options, table, checking, more, ...)        \
    static const cornu__optimizer_class function##_class = {                                                           \
        .base = {.kind = CORNU__KIND_OPTIMIZER,                                                                        \
                 .name = (class_name),                                                                                 \
                 .aliases = (const char *const[]){__VA_ARGS__, NULL},                                                  \
                 .options_size = sizeof(options),                                                                      \
                 .defaults = &(default_options),                                                                       \
                 CORNU__FIELD_TABLE(table),                                                                            \
                 .check = (checking)},                                                                                 \
        .slots = slots_of_##function,                                                                                  \
        .update = update_##function,                                                                                   \
        .slot_initial = initial_of_##function,                                                                         \
        more,                                                                                                          \
    };                                                                                                                 \
    cornu_optimizer *cornu_##function##_with(const options *given)                                                     \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }

/* What all check. */
cornu_status cornu__check_optimizer(void *config);
/* That 0 <= value <= 1, and value > 0. */
cornu_status cornu__check_share(const char *option, double value);
cornu_status cornu__check_positive(const char *option, double value);

/* The formulas' signs. */
static inline cornu_node *cornu__plus(cornu_node *a, cornu_node *b)
{
    return cornu__add(a, b);
}

static inline cornu_node *cornu__minus(cornu_node *a, cornu_node *b)
{
    return cornu__subtract(a, b);
}

static inline cornu_node *cornu__times(cornu_node *a, cornu_node *b)
{
    return cornu__multiply(a, b);
}

static inline cornu_node *cornu__over(cornu_node *a, cornu_node *b)
{
    return cornu__divide(a, b);
}

/* decay old + (1 - decay) new */
static inline cornu_node *cornu__decayed(cornu_node *old, cornu_node *new, double decay)
{
    return cornu__plus(cornu__scale(old, decay), cornu__scale(new, 1 - decay));
}

/* old + (new - old) (1 - decay): the form in which Keras writes Adam's means. */
static inline cornu_node *cornu__approach(cornu_node *old, cornu_node *new, double decay)
{
    return cornu__plus(old, cornu__scale(cornu__minus(new, old), 1 - decay));
}

/* base^(updates made + offset) */
static inline cornu_node *cornu__power_of_step(const cornu__update *update, double base, double offset)
{
    return cornu__op_scalar_binary(CORNU__OP_POWER, base, cornu__shift(update->step, offset));
}

/* CORNU_OK if the update is complete. */
cornu_status cornu__updated(const cornu__update *update, int slots);

#endif
