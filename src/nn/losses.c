/* nn/losses.c: targets and weights in the right shape, reduction, and the losses that are no cross-entropies. */
#include "nn/losses.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "graph/arithmetic.h"
#include "nn/activations.h"
#include "nn/layers/support.h"

/* --- shapes --- */

static bool same_shape(const cornu_node *a, const cornu_node *b)
{
    return a->rank == b->rank && memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

static void *refuse_target(const cornu_node *y_true, const cornu_node *y_pred, const char *wanted)
{
    char target[CORNU__SHAPE_TEXT_SIZE], output[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail_null(CORNU_ERROR_SHAPE, "targets of shape %s do not go with an output of shape %s: wanted %s",
                            cornu__text_shape(target, sizeof target, y_true->rank, y_true->shape),
                            cornu__text_shape(output, sizeof output, y_pred->rank, y_pred->shape), wanted);
}

cornu_node *cornu__align_target(cornu_node *y_true, cornu_node *y_pred)
{
    if (!y_true || !y_pred)
        return NULL;
    y_true = cornu__op_cast(y_true, y_pred->dtype);
    if (!y_true || same_shape(y_true, y_pred))
        return y_true;
    bool one_off = y_true->rank + 1 == y_pred->rank
                       ? y_pred->shape[y_pred->rank - 1] == 1
                       : y_true->rank == y_pred->rank + 1 && y_true->shape[y_true->rank - 1] == 1;
    if (!one_off || y_true->count != y_pred->count)
        return refuse_target(y_true, y_pred, "the output's shape");
    return cornu__op_reshape(y_true, y_pred->rank, y_pred->shape);
}

cornu_node *cornu__align_labels(cornu_node *labels, cornu_node *y_pred)
{
    if (!labels || !y_pred)
        return NULL;
    int rank = y_pred->rank - 1;
    labels = cornu__op_cast(labels, CORNU_INT32);
    bool trailing_one = labels && labels->rank == rank + 1 && labels->shape[rank] == 1;
    if (!labels || rank < 0 || (labels->rank != rank && !trailing_one) ||
        memcmp(labels->shape, y_pred->shape, (size_t)rank * sizeof(int64_t)) != 0)
        return labels ? refuse_target(labels, y_pred, "one class number per row of the last axis") : NULL;
    return trailing_one ? cornu__op_reshape(labels, rank, y_pred->shape) : labels;
}

cornu_node *cornu__align_weight(cornu_node *weight, cornu_node *values)
{
    int64_t shape[CORNU_MAX_RANK];
    char weights[CORNU__SHAPE_TEXT_SIZE], losses[CORNU__SHAPE_TEXT_SIZE];
    if (!weight || !values)
        return NULL;
    weight = cornu__op_cast(weight, values->dtype);
    if (!weight)
        return NULL;
    bool trailing_one = weight->rank == values->rank + 1 && weight->shape[values->rank] == 1;
    bool fits = weight->rank <= values->rank || trailing_one;
    for (int i = 0; fits && i < values->rank; i++) {
        shape[i] = i < weight->rank ? weight->shape[i] : 1;
        fits = shape[i] == values->shape[i] || shape[i] == 1;
    }
    if (!fits)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "sample weights of shape %s do not go with losses of shape %s",
                                cornu__text_shape(weights, sizeof weights, weight->rank, weight->shape),
                                cornu__text_shape(losses, sizeof losses, values->rank, values->shape));
    return cornu__op_broadcast(cornu__op_reshape(weight, values->rank, shape), values->rank, values->shape);
}

/* --- reduction (specification, 2.5, as Keras 3) --- */

const char *const cornu__reductions[] = {
    "sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", "auto", NULL};

/* A mask that also makes up for what it takes away: mask * total / (valid + epsilon). */
static cornu_node *balanced_mask(cornu_node *mask)
{
    cornu_node *valid = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__sum_all(mask), CORNU__EPSILON);
    return cornu__op_binary(CORNU__OP_MULTIPLY, mask,
                            cornu__op_scalar_binary(CORNU__OP_DIVIDE, mask ? (double)mask->count : 0, valid));
}

static cornu_node *times(cornu_node *a, cornu_node *b)
{
    return a && b ? cornu__op_binary(CORNU__OP_MULTIPLY, a, b) : a ? a : b;
}

static cornu_node *reduce(const char *reduction, cornu_node *values, cornu_node *weight, cornu_node *mask)
{
    bool mean = strcmp(reduction, "sum") != 0 && strcmp(reduction, "mean_with_sample_weight") != 0;
    if (mask && mask->rank <= values->rank) {
        mask = cornu__align_weight(mean ? balanced_mask(mask) : mask, values);
        if (!mask)
            return NULL;
    } else {
        mask = NULL; /* the mask of an axis that the loss has no more */
    }
    if (weight) {
        weight = cornu__align_weight(weight, values);
        if (!weight)
            return NULL;
    }
    weight = times(weight, mask);
    cornu_node *sum = cornu__sum_all(times(values, weight));
    if (strcmp(reduction, "sum") == 0)
        return sum;
    if (mean || !weight)
        return cornu__op_binary_scalar(CORNU__OP_DIVIDE, sum, (double)values->count);
    /* All weights 0 make 0, as in Keras. */
    cornu_node *total = cornu__sum_all(weight), *none = cornu__op_binary_scalar(CORNU__OP_EQUAL, total, 0);
    return cornu__op_binary(CORNU__OP_DIVIDE, sum, cornu__op_binary(CORNU__OP_ADD, total, none));
}

cornu_status cornu__loss_check(const cornu__object *loss)
{
    if (strcmp(((const cornu_loss_options *)loss->config)->reduction, "none") != 0)
        return CORNU_OK;
    return cornu__fail(
        CORNU_ERROR_INVALID_ARGUMENT,
        "%s: reduction \"none\" leaves no number to minimise; wanted \"sum_over_batch_size\", \"sum\" or "
        "\"mean_with_sample_weight\"",
        loss->class->name);
}

cornu_node *cornu__loss_apply(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                              cornu_node *mask)
{
    const cornu__loss_class *class = (const cornu__loss_class *)loss->class;
    const cornu_loss_options *o = loss->config;
    if (!y_true || !y_pred)
        return NULL;
    if (cornu__loss_check(loss) != CORNU_OK)
        return NULL;
    if (class->targets_like_output)
        y_true = cornu__align_target(y_true, y_pred);
    cornu_node *values = class->per_sample(loss, y_true, y_pred);
    cornu_node *valid = values && class->valid ? class->valid(loss, y_true, y_pred) : NULL;
    if (!values) {
        cornu__fail_context("%s", class->base.name);
        return NULL;
    }
    return reduce(o->reduction, values, weight, times(mask, valid));
}

cornu_dtype cornu__loss_target_dtype(const cornu__object *loss)
{
    return ((const cornu__loss_class *)loss->class)->sparse_targets ? CORNU_INT32 : CORNU_FLOAT32;
}

/* --- functions of nodes --- */

static cornu_node *at_least(cornu_node *x, double least)
{
    return cornu__op_binary_scalar(CORNU__OP_MAXIMUM, x, least);
}

cornu_node *cornu__mean_last(cornu_node *x)
{
    int last = -1;
    return cornu__op_reduce(CORNU__OP_MEAN, x, 1, &last, false);
}

cornu_node *cornu__sum_last(cornu_node *x)
{
    int last = -1;
    return cornu__op_reduce(CORNU__OP_SUM, x, 1, &last, false);
}

cornu_node *cornu__mean_squared_error(cornu_node *y_true, cornu_node *y_pred)
{
    return cornu__mean_last(cornu__op_unary(CORNU__OP_SQUARE, cornu__subtract(y_pred, y_true)));
}

cornu_node *cornu__mean_absolute_error(cornu_node *y_true, cornu_node *y_pred)
{
    return cornu__mean_last(cornu__op_unary(CORNU__OP_ABS, cornu__subtract(y_pred, y_true)));
}

cornu_node *cornu__mean_absolute_percentage_error(cornu_node *y_true, cornu_node *y_pred)
{
    cornu_node *size = at_least(cornu__op_unary(CORNU__OP_ABS, y_true), CORNU__EPSILON);
    return cornu__scale(
        cornu__mean_last(cornu__op_unary(CORNU__OP_ABS, cornu__divide(cornu__subtract(y_true, y_pred), size))), 100);
}

cornu_node *cornu__mean_squared_logarithmic_error(cornu_node *y_true, cornu_node *y_pred)
{
    cornu_node *p = cornu__op_unary(CORNU__OP_LOG, cornu__shift(at_least(y_pred, CORNU__EPSILON), 1));
    cornu_node *t = cornu__op_unary(CORNU__OP_LOG, cornu__shift(at_least(y_true, CORNU__EPSILON), 1));
    return cornu__mean_squared_error(t, p);
}

cornu_node *cornu__log_cosh(cornu_node *y_true, cornu_node *y_pred)
{
    cornu_node *x = cornu__subtract(y_pred, y_true);
    cornu_node *sum = cornu__op_binary(CORNU__OP_ADD, x, cornu__op_unary(CORNU__OP_SOFTPLUS, cornu__scale(x, -2)));
    return cornu__mean_last(cornu__shift(sum, -M_LN2));
}

/* 0 and 1 become -1 and 1 if all targets of the batch are 0 or 1. */
static cornu_node *as_signs(cornu_node *y_true)
{
    cornu_node *bit = cornu__op_binary(CORNU__OP_MAXIMUM, cornu__op_binary_scalar(CORNU__OP_EQUAL, y_true, 0),
                                       cornu__op_binary_scalar(CORNU__OP_EQUAL, y_true, 1));
    return cornu__op_select(cornu__op_reduce(CORNU__OP_MIN, bit, 0, NULL, false),
                            cornu__shift(cornu__scale(y_true, 2), -1), y_true);
}

static cornu_node *margins(cornu_node *y_true, cornu_node *y_pred)
{
    return at_least(cornu__one_minus(cornu__multiply(as_signs(y_true), y_pred)), 0);
}

cornu_node *cornu__hinge(cornu_node *y_true, cornu_node *y_pred)
{
    return cornu__mean_last(margins(y_true, y_pred));
}

cornu_node *cornu__squared_hinge(cornu_node *y_true, cornu_node *y_pred)
{
    return cornu__mean_last(cornu__op_unary(CORNU__OP_SQUARE, margins(y_true, y_pred)));
}

cornu_node *cornu__categorical_hinge(cornu_node *y_true, cornu_node *y_pred)
{
    int last = -1;
    cornu_node *positive = cornu__sum_last(cornu__multiply(y_true, y_pred));
    cornu_node *negative =
        cornu__op_reduce(CORNU__OP_MAX, cornu__multiply(cornu__one_minus(y_true), y_pred), 1, &last, false);
    return at_least(cornu__shift(cornu__subtract(negative, positive), 1), 0);
}

cornu_node *cornu__kl_divergence(cornu_node *y_true, cornu_node *y_pred)
{
    cornu_node *t = cornu__clip(y_true, CORNU__EPSILON, 1), *p = cornu__clip(y_pred, CORNU__EPSILON, 1);
    return cornu__sum_last(cornu__multiply(t, cornu__op_unary(CORNU__OP_LOG, cornu__divide(t, p))));
}

cornu_node *cornu__poisson(cornu_node *y_true, cornu_node *y_pred)
{
    cornu_node *log = cornu__op_unary(CORNU__OP_LOG, cornu__shift(y_pred, CORNU__EPSILON));
    return cornu__mean_last(cornu__subtract(y_pred, cornu__multiply(y_true, log)));
}

static cornu_node *unit_vectors(cornu_node *x, int axis)
{
    cornu_node *square = cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, x), 1, &axis, true);
    return cornu__multiply(x, cornu__op_unary(CORNU__OP_RSQRT, at_least(square, 1e-12)));
}

cornu_node *cornu__cosine_similarity(cornu_node *y_true, cornu_node *y_pred, int axis)
{
    return cornu__op_reduce(CORNU__OP_SUM, cornu__multiply(unit_vectors(y_true, axis), unit_vectors(y_pred, axis)), 1,
                            &axis, false);
}

/* --- the losses --- */

#define PLAIN_LOSS(function, class_name, ...)                                                                          \
    static cornu_node *per_sample_##function(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)        \
    {                                                                                                                  \
        (void)loss;                                                                                                    \
        return cornu__##function(y_true, y_pred);                                                                      \
    }                                                                                                                  \
    CORNU__LOSS_CLASS(function, class_name, cornu_loss_options, plain_defaults, plain_fields, NULL,                    \
                      .targets_like_output = true, __VA_ARGS__)

static const cornu_loss_options plain_defaults = {.struct_size = sizeof plain_defaults, CORNU_LOSS_DEFAULTS};
static const cornu__field plain_fields[] = {CORNU__LOSS_FIELD_TABLE(cornu_loss_options)};
PLAIN_LOSS(mean_squared_error, "MeanSquaredError", "mean_squared_error", "mse", "MSE")
PLAIN_LOSS(mean_absolute_error, "MeanAbsoluteError", "mean_absolute_error", "mae", "MAE")
PLAIN_LOSS(mean_absolute_percentage_error, "MeanAbsolutePercentageError", "mean_absolute_percentage_error", "mape",
           "MAPE")
PLAIN_LOSS(mean_squared_logarithmic_error, "MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", "msle",
           "MSLE")
PLAIN_LOSS(log_cosh, "LogCosh", "log_cosh", "logcosh")
PLAIN_LOSS(hinge, "Hinge", "hinge")
PLAIN_LOSS(squared_hinge, "SquaredHinge", "squared_hinge")
PLAIN_LOSS(categorical_hinge, "CategoricalHinge", "categorical_hinge")
PLAIN_LOSS(kl_divergence, "KLDivergence", "kl_divergence", "kld", "KLD", "kullback_leibler_divergence")
PLAIN_LOSS(poisson, "Poisson", "poisson")

static cornu_node *per_sample_huber(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_huber_options *o = loss->config;
    double delta = o->delta;
    cornu_node *error = cornu__subtract(y_pred, y_true), *size = cornu__op_unary(CORNU__OP_ABS, error);
    cornu_node *inside = cornu__scale(cornu__op_unary(CORNU__OP_SQUARE, error), 0.5);
    cornu_node *outside = cornu__shift(cornu__scale(size, delta), -0.5 * delta * delta);
    cornu_node *values = cornu__op_select(cornu__op_binary_scalar(CORNU__OP_LESS_EQUAL, size, delta), inside, outside);
    return o->keras_2 ? values : cornu__mean_last(values);
}

static cornu_node *per_sample_cosine_similarity(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    int axis = ((const cornu_cosine_similarity_options *)loss->config)->axis;
    return cornu__op_unary(CORNU__OP_NEGATE, cornu__cosine_similarity(y_true, y_pred, axis));
}

static cornu_node *sum_over(const cornu_axes *axes, cornu_node *x)
{
    return cornu__op_reduce(CORNU__OP_SUM, x, axes->count, axes->axis, false);
}

static cornu_node *per_sample_dice(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_axes *axes = &((const cornu_dice_options *)loss->config)->axis;
    cornu_node *both = cornu__scale(sum_over(axes, cornu__multiply(y_true, y_pred)), 2);
    cornu_node *all =
        cornu__shift(cornu__op_binary(CORNU__OP_ADD, sum_over(axes, y_true), sum_over(axes, y_pred)), CORNU__EPSILON);
    return cornu__one_minus(cornu__divide(both, all));
}

static cornu_node *per_sample_tversky(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_tversky_options *o = loss->config;
    cornu_node *both = sum_over(&o->axis, cornu__multiply(y_true, y_pred));
    cornu_node *first = cornu__scale(sum_over(&o->axis, cornu__multiply(y_true, cornu__one_minus(y_pred))), o->alpha);
    cornu_node *second = cornu__scale(sum_over(&o->axis, cornu__multiply(y_pred, cornu__one_minus(y_true))), o->beta);
    cornu_node *all = cornu__op_binary(CORNU__OP_ADD, cornu__op_binary(CORNU__OP_ADD, both, first), second);
    return cornu__one_minus(cornu__divide(both, cornu__shift(all, CORNU__EPSILON)));
}

static cornu_status check_huber(void *config)
{
    double delta = ((const cornu_huber_options *)config)->delta;
    return delta > 0 ? CORNU_OK
                     : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "delta: wanted a number above 0, got %g", delta);
}

static const cornu_huber_options huber_defaults = {.struct_size = sizeof huber_defaults, CORNU_HUBER_DEFAULTS};
static const cornu_cosine_similarity_options cosine_defaults = {.struct_size = sizeof cosine_defaults,
                                                                CORNU_COSINE_SIMILARITY_DEFAULTS};
static const cornu_dice_options dice_defaults = {.struct_size = sizeof dice_defaults, CORNU_DICE_DEFAULTS};
static const cornu_tversky_options tversky_defaults = {.struct_size = sizeof tversky_defaults, CORNU_TVERSKY_DEFAULTS};
static const cornu__field huber_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_huber_options),
    CORNU__FIELD(DOUBLE, cornu_huber_options, delta),
    CORNU__FIELD(BOOL, cornu_huber_options, keras_2, .unwritten = true),
};
static const cornu__field cosine_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_cosine_similarity_options),
    CORNU__FIELD(INT, cornu_cosine_similarity_options, axis),
};
static const cornu__field dice_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_dice_options),
    CORNU__FIELD(AXES, cornu_dice_options, axis, .optional = true),
};
static const cornu__field tversky_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_tversky_options),
    CORNU__FIELD(DOUBLE, cornu_tversky_options, alpha),
    CORNU__FIELD(DOUBLE, cornu_tversky_options, beta),
    CORNU__FIELD(AXES, cornu_tversky_options, axis, .optional = true),
};
CORNU__LOSS_CLASS(huber, "Huber", cornu_huber_options, huber_defaults, huber_fields, check_huber,
                  .targets_like_output = true, "huber", "huber_loss")
CORNU__LOSS_CLASS(cosine_similarity, "CosineSimilarity", cornu_cosine_similarity_options, cosine_defaults,
                  cosine_fields, NULL, .targets_like_output = true, "cosine_similarity", "cosine_proximity", "cosine")
CORNU__LOSS_CLASS(dice, "Dice", cornu_dice_options, dice_defaults, dice_fields, NULL, .targets_like_output = true,
                  "dice")
CORNU__LOSS_CLASS(tversky, "Tversky", cornu_tversky_options, tversky_defaults, tversky_fields, NULL,
                  .targets_like_output = true, "tversky")

cornu__family cornu__losses = {
    &mean_squared_error_class.base,
    &mean_absolute_error_class.base,
    &mean_absolute_percentage_error_class.base,
    &mean_squared_logarithmic_error_class.base,
    &log_cosh_class.base,
    &hinge_class.base,
    &squared_hinge_class.base,
    &categorical_hinge_class.base,
    &kl_divergence_class.base,
    &poisson_class.base,
    &huber_class.base,
    &cosine_similarity_class.base,
    &dice_class.base,
    &tversky_class.base,
    NULL,
};
