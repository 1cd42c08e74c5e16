/* nn/constraints.c: what a weight is made to obey after an update (specification, 7.5). */
#include <cornu/constraints.h>

#include "nn/activations.h"
#include "nn/registry.h"
#include "nn/training.h"

cornu_node *cornu__constrain(const cornu__object *constraint, cornu_node *weight)
{
    return ((const cornu__constraint_class *)constraint->class)->apply(constraint, weight);
}

/* sqrt(sum w^2) over the axes, axes kept. */
static cornu_node *norm_over(const cornu_axes *axes, cornu_node *weight)
{
    if (weight && weight->rank == 0)
        return cornu__op_unary(CORNU__OP_ABS, weight);
    cornu_node *sum =
        cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, weight), axes->count, axes->axis, true);
    return cornu__op_unary(CORNU__OP_SQRT, sum);
}

/* w desired / (epsilon + norm) */
static cornu_node *rescale(cornu_node *weight, cornu_node *desired, cornu_node *norm)
{
    return cornu__op_binary(
        CORNU__OP_MULTIPLY, weight,
        cornu__op_binary(CORNU__OP_DIVIDE, desired, cornu__op_binary_scalar(CORNU__OP_ADD, norm, CORNU__EPSILON)));
}

static cornu_node *apply_max_norm(const cornu__object *constraint, cornu_node *weight)
{
    const cornu_max_norm_options *o = constraint->config;
    cornu_node *norm = norm_over(&o->axis, weight);
    return rescale(weight, cornu__clip(norm, 0, o->max_value), norm);
}

static cornu_node *apply_min_max_norm(const cornu__object *constraint, cornu_node *weight)
{
    const cornu_min_max_norm_options *o = constraint->config;
    cornu_node *norm = norm_over(&o->axis, weight);
    cornu_node *wanted =
        cornu__op_binary_scalar(CORNU__OP_MULTIPLY, cornu__clip(norm, o->min_value, o->max_value), o->rate);
    cornu_node *rest = cornu__op_binary_scalar(CORNU__OP_MULTIPLY, norm, 1 - o->rate);
    return rescale(weight, cornu__op_binary(CORNU__OP_ADD, wanted, rest), norm);
}

static cornu_node *apply_unit_norm(const cornu__object *constraint, cornu_node *weight)
{
    const cornu_unit_norm_options *o = constraint->config;
    cornu_node *norm = norm_over(&o->axis, weight);
    return cornu__op_binary(CORNU__OP_DIVIDE, weight, cornu__op_binary_scalar(CORNU__OP_ADD, norm, CORNU__EPSILON));
}

static cornu_node *apply_non_neg(const cornu__object *constraint, cornu_node *weight)
{
    (void)constraint;
    return cornu__op_unary(CORNU__OP_RELU, weight);
}

/* Keras's default is axis 0. */
static void settle_axis(cornu_axes *axes)
{
    if (axes->count == 0)
        *axes = (cornu_axes){1, {0}};
}

static cornu_status check_max_norm(void *config)
{
    settle_axis(&((cornu_max_norm_options *)config)->axis);
    return CORNU_OK;
}

static cornu_status check_unit_norm(void *config)
{
    settle_axis(&((cornu_unit_norm_options *)config)->axis);
    return CORNU_OK;
}

static cornu_status check_min_max_norm(void *config)
{
    cornu_min_max_norm_options *o = config;
    settle_axis(&o->axis);
    if (o->rate < 0 || o->rate > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "rate: wanted 0 <= rate <= 1, got %g", o->rate);
    if (o->min_value > o->max_value)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "min_value: wanted at most max_value (%g), got %g",
                           o->max_value, o->min_value);
    return CORNU_OK;
}

static const cornu__field max_norm_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_max_norm_options, max_value, .alias = "m"),
    CORNU__FIELD(AXES, cornu_max_norm_options, axis, .single = true),
};
static const cornu__field min_max_norm_fields[] = {
    CORNU__FIELD(DOUBLE, cornu_min_max_norm_options, min_value, .alias = "m"),
    CORNU__FIELD(DOUBLE, cornu_min_max_norm_options, max_value),
    CORNU__FIELD(DOUBLE, cornu_min_max_norm_options, rate),
    CORNU__FIELD(AXES, cornu_min_max_norm_options, axis, .single = true),
};
static const cornu__field unit_norm_fields[] = {CORNU__FIELD(AXES, cornu_unit_norm_options, axis, .single = true)};

#define CONSTRAINT(function, class_name, checking, table, fields_in_it, ...)                                           \
    static const cornu_##function##_options function##_defaults = {.struct_size = sizeof(cornu_##function##_options),  \
                                                                   __VA_ARGS__};                                       \
    static const cornu__constraint_class function##_class = {                                                          \
        .base = {.kind = CORNU__KIND_CONSTRAINT,                                                                       \
                 .name = (class_name),                                                                                 \
                 .aliases = (const char *const[]){#function, NULL},                                                    \
                 .options_size = sizeof(cornu_##function##_options),                                                   \
                 .defaults = &function##_defaults,                                                                     \
                 .fields = (table),                                                                                    \
                 .field_count = (fields_in_it),                                                                        \
                 .check = (checking)},                                                                                 \
        .apply = apply_##function,                                                                                     \
    };                                                                                                                 \
    cornu_constraint *cornu_##function##_with(const cornu_##function##_options *options)                               \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, options);                                                    \
    }
CONSTRAINT(max_norm, "MaxNorm", check_max_norm, max_norm_fields, 2, CORNU_MAX_NORM_DEFAULTS)
CONSTRAINT(min_max_norm, "MinMaxNorm", check_min_max_norm, min_max_norm_fields, 4, CORNU_MIN_MAX_NORM_DEFAULTS)
CONSTRAINT(unit_norm, "UnitNorm", check_unit_norm, unit_norm_fields, 1, )
CONSTRAINT(non_neg, "NonNeg", NULL, NULL, 0, )

cornu__family cornu__constraints = {&max_norm_class.base, &min_max_norm_class.base, &unit_norm_class.base,
                                    &non_neg_class.base, NULL};
