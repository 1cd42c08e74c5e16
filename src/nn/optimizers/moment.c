/*
 * nn/optimizers/moment.c: optimizers that keep running moments of the gradient: Adam, AdamW, Adamax, Nadam, Lion.
 *
 * The updates have Keras 3's form and order of operations (specification, 7.3), so that rounding goes the same way.
 */
#include <math.h>

#include "nn/optimizers/support.h"

static cornu_status check_moments(void *config, double beta_1, double beta_2, double epsilon)
{
    if (!(beta_1 >= 0 && beta_1 < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "beta_1: wanted 0 <= beta_1 < 1, got %g", beta_1);
    if (!(beta_2 >= 0 && beta_2 < 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "beta_2: wanted 0 <= beta_2 < 1, got %g", beta_2);
    CORNU_TRY(cornu__check_positive("epsilon", epsilon));
    return cornu__check_optimizer(config);
}

/* --- Adam, AdamW (whose decay the step applies, as for every optimizer) --- */

static int slots_of_adam(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    names[0] = "momentum";
    names[1] = "velocity";
    names[2] = "velocity_hat";
    return ((const cornu_adam_options *)optimizer->config)->amsgrad ? 3 : 2;
}

#define initial_of_adam NULL

/* lr sqrt(1 - beta_2^t) / (1 - beta_1^t) */
static cornu_node *corrected_rate(const cornu__update *u, double beta_1, double beta_2)
{
    cornu_node *second = cornu__sqrt(cornu__one_minus(cornu__power_of_step(u, beta_2, 1)));
    return cornu__over(cornu__times(u->learning_rate, second), cornu__one_minus(cornu__power_of_step(u, beta_1, 1)));
}

static cornu_status update_adam(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_adam_options *o = optimizer->config;
    cornu_node *momentum = u->new_slots[0] = cornu__approach(u->slots[0], u->gradient, o->beta_1);
    cornu_node *velocity = u->new_slots[1] = cornu__approach(u->slots[1], cornu__square(u->gradient), o->beta_2);
    if (o->amsgrad)
        velocity = u->new_slots[2] = cornu__op_binary(CORNU__OP_MAXIMUM, u->slots[2], velocity);
    cornu_node *step = cornu__over(cornu__times(momentum, corrected_rate(u, o->beta_1, o->beta_2)),
                                   cornu__shift(cornu__sqrt(velocity), o->epsilon));
    u->new_weight = cornu__minus(u->weight, step);
    return cornu__updated(u, o->amsgrad ? 3 : 2);
}

static cornu_status check_adam(void *config)
{
    const cornu_adam_options *o = config;
    return check_moments(config, o->beta_1, o->beta_2, o->epsilon);
}

static const cornu_adam_options adam_defaults = {.struct_size = sizeof adam_defaults, CORNU_ADAM_DEFAULTS};
static const cornu__field adam_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_adam_options), CORNU__FIELD(DOUBLE, cornu_adam_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_adam_options, beta_2), CORNU__FIELD(DOUBLE, cornu_adam_options, epsilon),
    CORNU__FIELD(BOOL, cornu_adam_options, amsgrad),
};
CORNU__OPTIMIZER_CLASS(adam, "Adam", cornu_adam_options, adam_defaults, adam_fields, check_adam, "adam")

static cornu_status check_adamw(void *config)
{
    cornu_adam_options *o = config;
    if (isnan(o->weight_decay))
        o->weight_decay = 0.004;
    return check_adam(config);
}

#define slots_of_adamw slots_of_adam
#define initial_of_adamw NULL
#define update_adamw update_adam
CORNU__OPTIMIZER_CLASS(adamw, "AdamW", cornu_adam_options, adam_defaults, adam_fields, check_adamw, "adamw")

/* --- Adamax --- */

static int slots_of_adamax(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "momentum";
    names[1] = "norm";
    return 2;
}

#define initial_of_adamax NULL

static cornu_status update_adamax(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_adamax_options *o = optimizer->config;
    cornu_node *momentum = u->new_slots[0] = cornu__approach(u->slots[0], u->gradient, o->beta_1);
    cornu_node *norm = u->new_slots[1] = cornu__op_binary(CORNU__OP_MAXIMUM, cornu__scale(u->slots[1], o->beta_2),
                                                          cornu__op_unary(CORNU__OP_ABS, u->gradient));
    cornu_node *divisor =
        cornu__times(cornu__one_minus(cornu__power_of_step(u, o->beta_1, 1)), cornu__shift(norm, o->epsilon));
    u->new_weight = cornu__minus(u->weight, cornu__over(cornu__times(u->learning_rate, momentum), divisor));
    return cornu__updated(u, 2);
}

static cornu_status check_adamax(void *config)
{
    const cornu_adamax_options *o = config;
    return check_moments(config, o->beta_1, o->beta_2, o->epsilon);
}

static const cornu_adamax_options adamax_defaults = {.struct_size = sizeof adamax_defaults, CORNU_ADAMAX_DEFAULTS};
static const cornu__field adamax_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_adamax_options),
    CORNU__FIELD(DOUBLE, cornu_adamax_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_adamax_options, beta_2),
    CORNU__FIELD(DOUBLE, cornu_adamax_options, epsilon),
};
CORNU__OPTIMIZER_CLASS(adamax, "Adamax", cornu_adamax_options, adamax_defaults, adamax_fields, check_adamax, "adamax")

/* --- Nadam. Keras keeps the product of the momentum's coefficients as one scalar; here it is a slot, the same in each element. --- */

static int slots_of_nadam(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "momentum";
    names[1] = "velocity";
    names[2] = "u_product";
    return 3;
}

static double initial_of_nadam(const cornu__object *optimizer, int slot)
{
    (void)optimizer;
    return slot == 2 ? 1 : 0;
}

/* beta_1 (1 - 0.96^(schedule_decay t) / 2) for t = updates made + offset */
static cornu_node *momentum_coefficient(const cornu__update *u, const cornu_nadam_options *o, double offset)
{
    cornu_node *power = cornu__power_of_step(u, pow(0.96, o->schedule_decay), offset);
    return cornu__scale(cornu__one_minus(cornu__scale(power, 0.5)), o->beta_1);
}

static cornu_status update_nadam(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_nadam_options *o = optimizer->config;
    cornu_node *now = momentum_coefficient(u, o, 1), *next = momentum_coefficient(u, o, 2);
    cornu_node *product = u->new_slots[2] = cornu__times(u->slots[2], now);
    cornu_node *momentum = u->new_slots[0] = cornu__approach(u->slots[0], u->gradient, o->beta_1);
    cornu_node *velocity = u->new_slots[1] = cornu__approach(u->slots[1], cornu__square(u->gradient), o->beta_2);
    cornu_node *ahead = cornu__over(cornu__times(next, momentum), cornu__one_minus(cornu__times(product, next)));
    cornu_node *here = cornu__over(cornu__times(cornu__one_minus(now), u->gradient), cornu__one_minus(product));
    cornu_node *variance = cornu__over(velocity, cornu__one_minus(cornu__power_of_step(u, o->beta_2, 1)));
    cornu_node *step = cornu__over(cornu__times(cornu__plus(ahead, here), u->learning_rate),
                                   cornu__shift(cornu__sqrt(variance), o->epsilon));
    u->new_weight = cornu__minus(u->weight, step);
    return cornu__updated(u, 3);
}

static cornu_status check_nadam(void *config)
{
    const cornu_nadam_options *o = config;
    if (!(o->schedule_decay >= 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "schedule_decay: wanted at least 0, got %g",
                           o->schedule_decay);
    return check_moments(config, o->beta_1, o->beta_2, o->epsilon);
}

static const cornu_nadam_options nadam_defaults = {.struct_size = sizeof nadam_defaults, CORNU_NADAM_DEFAULTS};
static const cornu__field nadam_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_nadam_options),
    CORNU__FIELD(DOUBLE, cornu_nadam_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_nadam_options, beta_2),
    CORNU__FIELD(DOUBLE, cornu_nadam_options, epsilon),
    CORNU__FIELD(DOUBLE, cornu_nadam_options, schedule_decay, .unwritten = true),
};
CORNU__OPTIMIZER_CLASS(nadam, "Nadam", cornu_nadam_options, nadam_defaults, nadam_fields, check_nadam, "nadam")

/* --- Lion --- */

static int slots_of_lion(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "momentum";
    return 1;
}

#define initial_of_lion NULL

static cornu_status update_lion(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_lion_options *o = optimizer->config;
    cornu_node *direction = cornu__op_unary(CORNU__OP_SIGN, cornu__decayed(u->slots[0], u->gradient, o->beta_1));
    u->new_weight = cornu__minus(u->weight, cornu__times(u->learning_rate, direction));
    u->new_slots[0] = cornu__decayed(u->slots[0], u->gradient, o->beta_2);
    return cornu__updated(u, 1);
}

static cornu_status check_lion(void *config)
{
    const cornu_lion_options *o = config;
    CORNU_TRY(cornu__check_share("beta_1", o->beta_1));
    CORNU_TRY(cornu__check_share("beta_2", o->beta_2));
    return cornu__check_optimizer(config);
}

static const cornu_lion_options lion_defaults = {.struct_size = sizeof lion_defaults, CORNU_LION_DEFAULTS};
static const cornu__field lion_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_lion_options),
    CORNU__FIELD(DOUBLE, cornu_lion_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_lion_options, beta_2),
};
CORNU__OPTIMIZER_CLASS(lion, "Lion", cornu_lion_options, lion_defaults, lion_fields, check_lion, "lion")

cornu__family cornu__moment_optimizers = {&adam_class.base,  &adamw_class.base, &adamax_class.base,
                                          &nadam_class.base, &lion_class.base,  NULL};
