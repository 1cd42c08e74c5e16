/*
 * nn/optimizers/gradient.c: optimizers that follow the gradient or scale it by its own size: SGD, RMSprop, Adagrad, Adadelta, Ftrl.
 *
 * The updates have Keras 3's form and order of operations (specification, 7.3), so that rounding goes the same way.
 */
#include "nn/optimizers/support.h"

/* --- SGD --- */

static int slots_of_sgd(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    names[0] = "momentum";
    return ((const cornu_sgd_options *)optimizer->config)->momentum != 0;
}

#define initial_of_sgd NULL

static cornu_status update_sgd(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_sgd_options *o = optimizer->config;
    cornu_node *step = cornu__multiply(u->gradient, u->learning_rate);
    if (o->momentum == 0) {
        u->new_weight = cornu__subtract(u->weight, step);
        return cornu__updated(u, 0);
    }
    cornu_node *momentum = cornu__subtract(cornu__scale(u->slots[0], o->momentum), step);
    u->new_slots[0] = momentum;
    u->new_weight = o->nesterov ? cornu__add(u->weight, cornu__subtract(cornu__scale(momentum, o->momentum), step))
                                : cornu__add(u->weight, momentum);
    return cornu__updated(u, 1);
}

static cornu_status check_sgd(void *config)
{
    const cornu_sgd_options *o = config;
    CORNU_TRY(cornu__check_share("momentum", o->momentum));
    return cornu__check_optimizer(config);
}

static const cornu_sgd_options sgd_defaults = {.struct_size = sizeof sgd_defaults, CORNU_SGD_DEFAULTS};
static const cornu__field sgd_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_sgd_options),
    CORNU__FIELD(DOUBLE, cornu_sgd_options, momentum),
    CORNU__FIELD(BOOL, cornu_sgd_options, nesterov),
};
CORNU__OPTIMIZER_CLASS(sgd, "SGD", cornu_sgd_options, sgd_defaults, sgd_fields, check_sgd, "sgd")

/* sqrt(x + epsilon), or Keras 2's sqrt(x) + epsilon. */
static cornu_node *root_with(cornu_node *x, double epsilon, bool outside)
{
    return outside ? cornu__shift(cornu__sqrt(x), epsilon) : cornu__sqrt(cornu__shift(x, epsilon));
}

/* --- RMSprop --- */

static int slots_of_rmsprop(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    const cornu_rmsprop_options *o = optimizer->config;
    int count = 0;
    names[count++] = "velocity";
    if (o->momentum > 0)
        names[count++] = "momentum";
    if (o->centered)
        names[count++] = "average_gradient";
    return count;
}

#define initial_of_rmsprop NULL

static cornu_status update_rmsprop(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_rmsprop_options *o = optimizer->config;
    cornu_node *velocity = cornu__decayed(u->slots[0], cornu__square(u->gradient), o->rho), *denominator = velocity;
    int count = 1;
    u->new_slots[0] = velocity;
    int momentum = o->momentum > 0 ? count++ : 0, average = o->centered ? count++ : 0;
    if (average) {
        u->new_slots[average] = cornu__decayed(u->slots[average], u->gradient, o->rho);
        denominator = cornu__subtract(velocity, cornu__square(u->new_slots[average]));
    }
    cornu_node *increment =
        cornu__divide(cornu__multiply(u->learning_rate, u->gradient), root_with(denominator, o->epsilon, o->keras_2));
    if (momentum)
        increment = u->new_slots[momentum] = cornu__add(cornu__scale(u->slots[momentum], o->momentum), increment);
    u->new_weight = cornu__subtract(u->weight, increment);
    return cornu__updated(u, count);
}

static cornu_status check_rmsprop(void *config)
{
    const cornu_rmsprop_options *o = config;
    CORNU_TRY(cornu__check_share("rho", o->rho));
    CORNU_TRY(cornu__check_share("momentum", o->momentum));
    CORNU_TRY(cornu__check_positive("epsilon", o->epsilon));
    return cornu__check_optimizer(config);
}

static const cornu_rmsprop_options rmsprop_defaults = {.struct_size = sizeof rmsprop_defaults, CORNU_RMSPROP_DEFAULTS};
static const cornu__field rmsprop_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_rmsprop_options),
    CORNU__FIELD(DOUBLE, cornu_rmsprop_options, rho),
    CORNU__FIELD(DOUBLE, cornu_rmsprop_options, momentum),
    CORNU__FIELD(DOUBLE, cornu_rmsprop_options, epsilon),
    CORNU__FIELD(BOOL, cornu_rmsprop_options, centered),
    CORNU__FIELD(BOOL, cornu_rmsprop_options, keras_2, .unwritten = true),
};
CORNU__OPTIMIZER_CLASS(rmsprop, "RMSprop", cornu_rmsprop_options, rmsprop_defaults, rmsprop_fields, check_rmsprop,
                       "rmsprop")

/* --- Adagrad --- */

static int slots_of_adagrad(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "accumulator";
    return 1;
}

static double initial_of_adagrad(const cornu__object *optimizer, int slot)
{
    (void)slot;
    return ((const cornu_adagrad_options *)optimizer->config)->initial_accumulator_value;
}

static cornu_status update_adagrad(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_adagrad_options *o = optimizer->config;
    cornu_node *sum = u->new_slots[0] = cornu__add(u->slots[0], cornu__square(u->gradient));
    cornu_node *step =
        cornu__divide(cornu__multiply(u->learning_rate, u->gradient), root_with(sum, o->epsilon, o->keras_2));
    u->new_weight = cornu__subtract(u->weight, step);
    return cornu__updated(u, 1);
}

static cornu_status check_adagrad(void *config)
{
    const cornu_adagrad_options *o = config;
    if (o->initial_accumulator_value < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "initial_accumulator_value: wanted at least 0, got %g",
                           o->initial_accumulator_value);
    CORNU_TRY(cornu__check_positive("epsilon", o->epsilon));
    return cornu__check_optimizer(config);
}

static const cornu_adagrad_options adagrad_defaults = {.struct_size = sizeof adagrad_defaults, CORNU_ADAGRAD_DEFAULTS};
static const cornu__field adagrad_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_adagrad_options),
    CORNU__FIELD(DOUBLE, cornu_adagrad_options, initial_accumulator_value),
    CORNU__FIELD(DOUBLE, cornu_adagrad_options, epsilon),
    CORNU__FIELD(BOOL, cornu_adagrad_options, keras_2, .unwritten = true),
};
CORNU__OPTIMIZER_CLASS(adagrad, "Adagrad", cornu_adagrad_options, adagrad_defaults, adagrad_fields, check_adagrad,
                       "adagrad")

/* --- Adadelta --- */

static int slots_of_adadelta(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "accumulated_grad";
    names[1] = "accumulated_delta_var";
    return 2;
}

#define initial_of_adadelta NULL

static cornu_status update_adadelta(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_adadelta_options *o = optimizer->config;
    cornu_node *sum = u->new_slots[0] = cornu__decayed(u->slots[0], cornu__square(u->gradient), o->rho);
    cornu_node *step = cornu__divide(cornu__multiply(cornu__sqrt(cornu__shift(u->slots[1], o->epsilon)), u->gradient),
                                     cornu__sqrt(cornu__shift(sum, o->epsilon)));
    u->new_slots[1] = cornu__decayed(u->slots[1], cornu__square(step), o->rho);
    u->new_weight = cornu__subtract(u->weight, cornu__multiply(u->learning_rate, step));
    return cornu__updated(u, 2);
}

static cornu_status check_adadelta(void *config)
{
    const cornu_adadelta_options *o = config;
    CORNU_TRY(cornu__check_share("rho", o->rho));
    CORNU_TRY(cornu__check_positive("epsilon", o->epsilon));
    return cornu__check_optimizer(config);
}

static const cornu_adadelta_options adadelta_defaults = {.struct_size = sizeof adadelta_defaults,
                                                         CORNU_ADADELTA_DEFAULTS};
static const cornu__field adadelta_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_adadelta_options),
    CORNU__FIELD(DOUBLE, cornu_adadelta_options, rho),
    CORNU__FIELD(DOUBLE, cornu_adadelta_options, epsilon),
};
CORNU__OPTIMIZER_CLASS(adadelta, "Adadelta", cornu_adadelta_options, adadelta_defaults, adadelta_fields, check_adadelta,
                       "adadelta")

/* --- Ftrl --- */

static int slots_of_ftrl(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "accumulator";
    names[1] = "linear";
    return 2;
}

static double initial_of_ftrl(const cornu__object *optimizer, int slot)
{
    return slot == 0 ? ((const cornu_ftrl_options *)optimizer->config)->initial_accumulator_value : 0;
}

static cornu_status update_ftrl(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_ftrl_options *o = optimizer->config;
    cornu_node *gradient =
        cornu__add(u->gradient, cornu__scale(u->weight, 2 * o->l2_shrinkage_regularization_strength));
    cornu_node *sum = u->new_slots[0] = cornu__add(u->slots[0], cornu__square(u->gradient));
    cornu_node *power = cornu__op_binary_scalar(CORNU__OP_POWER, sum, -o->learning_rate_power);
    cornu_node *old_power = cornu__op_binary_scalar(CORNU__OP_POWER, u->slots[0], -o->learning_rate_power);
    cornu_node *change = cornu__multiply(cornu__divide(cornu__subtract(power, old_power), u->learning_rate), u->weight);
    cornu_node *linear = u->new_slots[1] = cornu__add(u->slots[1], cornu__subtract(gradient, change));
    /* 2 (l2 + beta / (2 lr)) */
    cornu_node *l2 = cornu__shift(cornu__op_scalar_binary(CORNU__OP_DIVIDE, o->beta, u->learning_rate),
                                  2 * o->l2_regularization_strength);
    cornu_node *quadratic = cornu__add(cornu__divide(power, u->learning_rate), l2);
    cornu_node *clipped = cornu__op_binary_scalar(CORNU__OP_MAXIMUM, linear, -o->l1_regularization_strength);
    clipped = cornu__op_binary_scalar(CORNU__OP_MINIMUM, clipped, o->l1_regularization_strength);
    u->new_weight = cornu__divide(cornu__subtract(clipped, linear), quadratic);
    return cornu__updated(u, 2);
}

static cornu_status check_ftrl(void *config)
{
    const cornu_ftrl_options *o = config;
    if (o->initial_accumulator_value < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "initial_accumulator_value: wanted at least 0, got %g",
                           o->initial_accumulator_value);
    if (o->learning_rate_power > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "learning_rate_power: wanted at most 0, got %g",
                           o->learning_rate_power);
    if (o->l1_regularization_strength < 0 || o->l2_regularization_strength < 0 ||
        o->l2_shrinkage_regularization_strength < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the strengths of regularization must be at least 0");
    return cornu__check_optimizer(config);
}

static const cornu_ftrl_options ftrl_defaults = {.struct_size = sizeof ftrl_defaults, CORNU_FTRL_DEFAULTS};
static const cornu__field ftrl_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_ftrl_options),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, learning_rate_power),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, initial_accumulator_value),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, l1_regularization_strength),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, l2_regularization_strength),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, l2_shrinkage_regularization_strength),
    CORNU__FIELD(DOUBLE, cornu_ftrl_options, beta),
};
CORNU__OPTIMIZER_CLASS(ftrl, "Ftrl", cornu_ftrl_options, ftrl_defaults, ftrl_fields, check_ftrl, "ftrl")

cornu__family cornu__gradient_optimizers = {&sgd_class.base,      &rmsprop_class.base, &adagrad_class.base,
                                            &adadelta_class.base, &ftrl_class.base,    NULL};
