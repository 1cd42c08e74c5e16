/*
 * nn/optimizers/norm.c: optimizers that look at a weight as a whole, its norm or its shape: Lamb, Adafactor, Muon; and ScheduleFreeAdamW.
 *
 * The updates have Keras 3's form and order of operations (specification, 7.3), so that rounding goes the same way.
 */
#include <math.h>
#include <string.h>

#include "nn/optimizers/support.h"

/* The root of a sum or mean (`kind`) of squares: a scalar. */
static cornu_node *root_of_squares(cornu__op_kind kind, cornu_node *x)
{
    return cornu__sqrt(cornu__op_reduce(kind, cornu__square(x), 0, NULL, false));
}

static cornu_node *flat(cornu_node *x)
{
    int64_t size = x ? x->count : 0;
    return cornu__op_reshape(x, 1, &size);
}

static int moment_slots(const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    names[0] = "momentum";
    names[1] = "velocity";
    return 2;
}

static cornu_status check_decays(double beta_1, double beta_2, double epsilon)
{
    CORNU_TRY(cornu__check_share("beta_1", beta_1));
    CORNU_TRY(cornu__check_share("beta_2", beta_2));
    return cornu__check_positive("epsilon", epsilon);
}

/* --- Lamb --- */

static int slots_of_lamb(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    return moment_slots(names);
}

#define initial_of_lamb NULL

static cornu_status update_lamb(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_lamb_options *o = optimizer->config;
    cornu_node *momentum = u->new_slots[0] = cornu__approach(u->slots[0], u->gradient, o->beta_1);
    cornu_node *velocity = u->new_slots[1] = cornu__approach(u->slots[1], cornu__square(u->gradient), o->beta_2);
    momentum = cornu__divide(momentum, cornu__one_minus(cornu__power_of_step(u, o->beta_1, 1)));
    velocity = cornu__divide(velocity, cornu__one_minus(cornu__power_of_step(u, o->beta_2, 1)));
    cornu_node *step = cornu__divide(momentum, cornu__shift(cornu__sqrt(velocity), o->epsilon));
    cornu_node *weight_norm = root_of_squares(CORNU__OP_SUM, u->weight), *norm = root_of_squares(CORNU__OP_SUM, step);
    cornu_node *none = cornu__op_binary_scalar(CORNU__OP_EQUAL, cornu__multiply(weight_norm, norm), 0);
    cornu_node *ratio = cornu__divide(cornu__op_binary(CORNU__OP_MAXIMUM, weight_norm, none),
                                      cornu__op_binary(CORNU__OP_MAXIMUM, norm, none));
    ratio = cornu__op_select(none, cornu__op_scalar(u->weight->op->graph, CORNU_FLOAT32, 1), ratio);
    u->new_weight = cornu__subtract(u->weight, cornu__multiply(cornu__multiply(ratio, u->learning_rate), step));
    return cornu__updated(u, 2);
}

static cornu_status check_lamb(void *config)
{
    const cornu_lamb_options *o = config;
    CORNU_TRY(check_decays(o->beta_1, o->beta_2, o->epsilon));
    return cornu__check_optimizer(config);
}

static const cornu_lamb_options lamb_defaults = {.struct_size = sizeof lamb_defaults, CORNU_LAMB_DEFAULTS};
static const cornu__field lamb_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_lamb_options),
    CORNU__FIELD(DOUBLE, cornu_lamb_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_lamb_options, beta_2),
    CORNU__FIELD(DOUBLE, cornu_lamb_options, epsilon),
};
CORNU__OPTIMIZER_CLASS_WITH(lamb, "Lamb", cornu_lamb_options, lamb_defaults, lamb_fields, check_lamb,
                            .per_weight = true, "lamb")

/* --- Adafactor. The means of rows and columns are shorter than the slots that hold them; a weight of one axis has its whole mean in the first. --- */

static int slots_of_adafactor(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    names[0] = "r";
    names[1] = "c";
    return 2;
}

#define initial_of_adafactor NULL

/* What a slot holds at its front, in the shape of x without one axis. */
static cornu_node *mean_in_slot(cornu_node *slot, const cornu_node *like)
{
    const int64_t begin = 0;
    if (!slot || !like)
        return NULL;
    return cornu__op_reshape(cornu__op_slice(slot, &begin, &like->count, NULL), like->rank, like->shape);
}

static cornu_node *slot_of_mean(cornu_node *mean, int64_t size)
{
    const int64_t before = 0;
    if (!mean)
        return NULL;
    const int64_t after = size - mean->count;
    return cornu__op_pad(flat(mean), &before, &after, 0);
}

/* The running mean of x over one axis, kept in a slot. */
static cornu_node *running_mean(cornu__update *u, int slot, cornu_node *x, int axis, cornu_node *decay)
{
    cornu_node *now = cornu__op_reduce(CORNU__OP_MEAN, x, 1, &axis, false);
    cornu_node *mean = cornu__add(cornu__multiply(decay, mean_in_slot(u->slots[slot], now)),
                                  cornu__multiply(cornu__one_minus(decay), now));
    u->new_slots[slot] = slot_of_mean(mean, u->weight->count);
    return mean;
}

/* r outer c over the mean of r, of the last two axes. */
static cornu_node *factored(cornu__update *u, cornu_node *squares, cornu_node *decay)
{
    int last = -1;
    squares = cornu__op_reshape(squares, u->rank, u->shape);
    cornu_node *rows = running_mean(u, 0, squares, -1, decay), *columns = running_mean(u, 1, squares, -2, decay);
    rows = cornu__divide(rows, cornu__op_reduce(CORNU__OP_MEAN, rows, 1, &last, true));
    return flat(cornu__multiply(cornu__op_expand_axis(rows, u->rank - 1), cornu__op_expand_axis(columns, u->rank - 2)));
}

static cornu_status update_adafactor(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_adafactor_options *o = optimizer->config;
    cornu_node *t = cornu__shift(u->step, 1);
    cornu_node *decay = cornu__one_minus(cornu__op_binary_scalar(CORNU__OP_POWER, t, o->beta_2_decay));
    cornu_node *squares = cornu__shift(cornu__square(u->gradient), o->epsilon_1), *mean;
    if (u->rank >= 2) {
        mean = factored(u, squares, decay);
    } else {
        mean = u->new_slots[0] =
            cornu__add(cornu__multiply(decay, u->slots[0]), cornu__multiply(cornu__one_minus(decay), squares));
        u->new_slots[1] = u->slots[1];
    }
    cornu_node *rate = cornu__op_binary(CORNU__OP_MINIMUM, u->learning_rate, cornu__op_unary(CORNU__OP_RSQRT, t));
    cornu_node *size =
        cornu__op_binary_scalar(CORNU__OP_MAXIMUM, root_of_squares(CORNU__OP_MEAN, u->weight), o->epsilon_2);
    cornu_node *step = cornu__divide(u->gradient, cornu__sqrt(mean));
    cornu_node *length = cornu__scale(root_of_squares(CORNU__OP_MEAN, step), 1 / o->clip_threshold);
    step = cornu__divide(step, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, length, 1));
    u->new_weight = cornu__subtract(u->weight, cornu__multiply(cornu__multiply(size, rate), step));
    return cornu__updated(u, 2);
}

static cornu_status check_adafactor(void *config)
{
    const cornu_adafactor_options *o = config;
    CORNU_TRY(cornu__check_positive("epsilon_1", o->epsilon_1));
    CORNU_TRY(cornu__check_positive("epsilon_2", o->epsilon_2));
    CORNU_TRY(cornu__check_positive("clip_threshold", o->clip_threshold));
    return cornu__check_optimizer(config);
}

static const cornu_adafactor_options adafactor_defaults = {.struct_size = sizeof adafactor_defaults,
                                                           CORNU_ADAFACTOR_DEFAULTS};
static const cornu__field adafactor_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_adafactor_options),
    CORNU__FIELD(DOUBLE, cornu_adafactor_options, beta_2_decay),
    CORNU__FIELD(DOUBLE, cornu_adafactor_options, epsilon_1),
    CORNU__FIELD(DOUBLE, cornu_adafactor_options, epsilon_2),
    CORNU__FIELD(DOUBLE, cornu_adafactor_options, clip_threshold),
    CORNU__FIELD(BOOL, cornu_adafactor_options, relative_step),
};
CORNU__OPTIMIZER_CLASS_WITH(adafactor, "Adafactor", cornu_adafactor_options, adafactor_defaults, adafactor_fields,
                            check_adafactor, .per_weight = true, "adafactor")

/* --- Muon --- */

static int slots_of_muon(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    return moment_slots(names);
}

#define initial_of_muon NULL

static bool takes_adam(const cornu_muon_options *o, const cornu__update *u)
{
    return u->rank != 2 || (o->exclude_embeddings && u->embedding);
}

static double weight_decay_of_muon(const cornu__object *optimizer, const cornu__update *u)
{
    const cornu_muon_options *o = optimizer->config;
    return takes_adam(o, u) ? o->adam_weight_decay : o->weight_decay;
}

/* The matrix with the same singular vectors whose singular values are near 1: Newton-Schulz steps. */
static cornu_node *orthogonalized(const cornu_muon_options *o, cornu_node *x)
{
    const int swapped[2] = {1, 0};
    if (!x)
        return NULL;
    bool tall = x->shape[0] > x->shape[1];
    if (tall)
        x = cornu__op_transpose(x, swapped);
    x = cornu__divide(x, cornu__shift(root_of_squares(CORNU__OP_SUM, x), 1e-7));
    for (int i = 0; i < o->ns_steps; i++) {
        cornu_node *square = cornu__op_matmul(x, x, false, true);
        cornu_node *polynomial = cornu__add(cornu__scale(square, o->muon_b),
                                            cornu__scale(cornu__op_matmul(square, square, false, false), o->muon_c));
        x = cornu__add(cornu__scale(x, o->muon_a), cornu__op_matmul(polynomial, x, false, false));
    }
    return tall ? cornu__op_transpose(x, swapped) : x;
}

static cornu_status update_matrix(const cornu_muon_options *o, cornu__update *u)
{
    cornu_node *momentum = cornu__add(cornu__scale(u->slots[0], o->momentum), u->gradient);
    cornu_node *direction = o->nesterov ? cornu__add(u->gradient, cornu__scale(momentum, o->momentum)) : momentum;
    cornu_node *step = orthogonalized(o, cornu__op_reshape(direction, u->rank, u->shape));
    if (!isnan(o->rms_rate))
        step = cornu__scale(step, o->rms_rate * sqrt(fmax((double)u->shape[0], (double)u->shape[1])));
    u->new_slots[0] = momentum;
    u->new_slots[1] = u->slots[1];
    u->new_weight = cornu__subtract(u->weight, cornu__multiply(u->learning_rate, flat(step)));
    return cornu__updated(u, 2);
}

static cornu_status update_muon(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_muon_options *o = optimizer->config;
    if (!takes_adam(o, u))
        return update_matrix(o, u);
    cornu_node *momentum = u->new_slots[0] = cornu__approach(u->slots[0], u->gradient, o->adam_beta_1);
    cornu_node *velocity = u->new_slots[1] = cornu__approach(u->slots[1], cornu__square(u->gradient), o->adam_beta_2);
    cornu_node *rate = cornu__multiply(cornu__scale(u->learning_rate, o->adam_lr_ratio),
                                       cornu__sqrt(cornu__one_minus(cornu__power_of_step(u, o->adam_beta_2, 1))));
    rate = cornu__divide(rate, cornu__one_minus(cornu__power_of_step(u, o->adam_beta_1, 1)));
    u->new_weight = cornu__subtract(
        u->weight, cornu__divide(cornu__multiply(momentum, rate), cornu__shift(cornu__sqrt(velocity), o->epsilon)));
    return cornu__updated(u, 2);
}

static cornu_status check_muon(void *config)
{
    cornu_muon_options *o = config;
    if (isnan(o->weight_decay))
        o->weight_decay = 0.004;
    if (o->ns_steps < 1 || o->ns_steps > 100)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "ns_steps: wanted 1 to 100, got %d", o->ns_steps);
    CORNU_TRY(check_decays(o->adam_beta_1, o->adam_beta_2, o->epsilon));
    CORNU_TRY(cornu__check_share("momentum", o->momentum));
    return cornu__check_optimizer(config);
}

static const cornu_muon_options muon_defaults = {.struct_size = sizeof muon_defaults, CORNU_MUON_DEFAULTS};
static const cornu__field muon_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_muon_options),
    CORNU__FIELD(DOUBLE, cornu_muon_options, adam_beta_1),
    CORNU__FIELD(DOUBLE, cornu_muon_options, adam_beta_2),
    CORNU__FIELD(DOUBLE, cornu_muon_options, adam_weight_decay, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_muon_options, epsilon),
    CORNU__FIELD(BOOL, cornu_muon_options, exclude_embeddings),
    CORNU__FIELD(DOUBLE, cornu_muon_options, muon_a),
    CORNU__FIELD(DOUBLE, cornu_muon_options, muon_b),
    CORNU__FIELD(DOUBLE, cornu_muon_options, muon_c),
    CORNU__FIELD(DOUBLE, cornu_muon_options, adam_lr_ratio),
    CORNU__FIELD(DOUBLE, cornu_muon_options, momentum),
    CORNU__FIELD(INT, cornu_muon_options, ns_steps),
    CORNU__FIELD(BOOL, cornu_muon_options, nesterov),
    CORNU__FIELD(DOUBLE, cornu_muon_options, rms_rate, .optional = true),
};
#define MUON_MEMBERS .per_weight = true, .weight_decay = weight_decay_of_muon
CORNU__OPTIMIZER_CLASS_WITH(muon, "Muon", cornu_muon_options, muon_defaults, muon_fields, check_muon, MUON_MEMBERS,
                            "muon")

/* --- ScheduleFreeAdamW. Keras calls z momentum. --- */

static int slots_of_schedule_free_adamw(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS])
{
    (void)optimizer;
    return moment_slots(names);
}

#define initial_of_schedule_free_adamw NULL

static cornu_status update_schedule_free_adamw(const cornu__object *optimizer, cornu__update *u)
{
    const cornu_schedule_free_adamw_options *o = optimizer->config;
    cornu_node *t = cornu__shift(u->step, 1), *rate = u->learning_rate;
    if (o->warmup_steps > 0) {
        cornu_node *share = cornu__scale(t, 1.0 / o->warmup_steps);
        rate = cornu__multiply(rate, cornu__op_binary_scalar(CORNU__OP_MINIMUM, share, 1));
    }
    cornu_node *z = cornu__op_select(cornu__op_binary_scalar(CORNU__OP_GREATER, u->step, 0), u->slots[0], u->weight);
    cornu_node *velocity = u->new_slots[1] = cornu__approach(u->slots[1], cornu__square(u->gradient), o->beta_2);
    cornu_node *variance = cornu__divide(velocity, cornu__one_minus(cornu__power_of_step(u, o->beta_2, 1)));
    cornu_node *x = cornu__scale(cornu__subtract(u->weight, cornu__scale(z, 1 - o->beta_1)), 1 / o->beta_1);
    z = u->new_slots[0] = cornu__subtract(
        z, cornu__divide(cornu__multiply(rate, u->gradient), cornu__shift(cornu__sqrt(variance), o->epsilon)));
    cornu_node *share = cornu__op_unary(CORNU__OP_RECIPROCAL, t);
    x = cornu__add(cornu__multiply(cornu__one_minus(share), x), cornu__multiply(share, z));
    u->new_weight = cornu__add(cornu__scale(z, 1 - o->beta_1), cornu__scale(x, o->beta_1));
    return cornu__updated(u, 2);
}

static cornu_status check_schedule_free_adamw(void *config)
{
    const cornu_schedule_free_adamw_options *o = config;
    CORNU_TRY(check_decays(o->beta_1, o->beta_2, o->epsilon));
    CORNU_TRY(cornu__check_positive("beta_1", o->beta_1));
    if (o->warmup_steps < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "warmup_steps: wanted at least 0, got %d", o->warmup_steps);
    return cornu__check_optimizer(config);
}

static const cornu_schedule_free_adamw_options schedule_free_adamw_defaults = {
    .struct_size = sizeof schedule_free_adamw_defaults, CORNU_SCHEDULE_FREE_ADAMW_DEFAULTS};
static const cornu__field schedule_free_adamw_fields[] = {
    CORNU__OPTIMIZER_FIELD_TABLE(cornu_schedule_free_adamw_options),
    CORNU__FIELD(DOUBLE, cornu_schedule_free_adamw_options, beta_1),
    CORNU__FIELD(DOUBLE, cornu_schedule_free_adamw_options, beta_2),
    CORNU__FIELD(DOUBLE, cornu_schedule_free_adamw_options, epsilon),
    CORNU__FIELD(INT, cornu_schedule_free_adamw_options, warmup_steps),
};
CORNU__OPTIMIZER_CLASS(schedule_free_adamw, "ScheduleFreeAdamW", cornu_schedule_free_adamw_options,
                       schedule_free_adamw_defaults, schedule_free_adamw_fields, check_schedule_free_adamw,
                       "schedule_free_adam_w", "schedule_free_adamw")

cornu__family cornu__norm_optimizers = {&lamb_class.base, &adafactor_class.base, &muon_class.base,
                                        &schedule_free_adamw_class.base, NULL};
