/*
 * nn/crossentropies.c: cross-entropies, on probabilities and on what goes into the softmax or sigmoid.
 *
 * Where y_pred is made by a softmax or sigmoid, the cross-entropy takes that op's input: one fused, stable op with the exact gradient. The value
 * is still that of probabilities clipped to [e, 1 - e], as Keras reports it.
 */
#include <math.h>

#include "graph/arithmetic.h"
#include "nn/activations.h"
#include "nn/layers/support.h"
#include "nn/losses.h"

static cornu_node *smooth(cornu_node *y_true, double smoothing, double share)
{
    return smoothing == 0
               ? y_true
               : cornu__op_binary_scalar(CORNU__OP_ADD, cornu__scale(y_true, 1 - smoothing), smoothing * share);
}

static cornu_node *clip_probability(cornu_node *p)
{
    return cornu__clip(p, CORNU__EPSILON, 1 - CORNU__EPSILON);
}

/* What went into the op of this kind that made y_pred, or NULL. */
static cornu_node *logits_behind(cornu_node *y_pred, cornu__op_kind kind)
{
    return y_pred && y_pred->op->kind == kind ? y_pred->op->inputs[0] : NULL;
}

/* --- binary --- */

/* ln(1 + e^x) - x t = -t ln s(x) - (1 - t) ln(1 - s(x)) */
static cornu_node *binary_of_logits(cornu_node *y_true, cornu_node *x)
{
    return cornu__op_binary(CORNU__OP_SUBTRACT, cornu__op_unary(CORNU__OP_SOFTPLUS, x), cornu__multiply(x, y_true));
}

/* The same with neither logarithm below ln e: its value, with the gradient of the unclipped one. */
static cornu_node *binary_clipped(cornu_node *y_true, cornu_node *x)
{
    double most = -log(CORNU__EPSILON);
    cornu_node *exact = binary_of_logits(y_true, x);
    cornu_node *of_true =
        cornu__op_binary_scalar(CORNU__OP_MINIMUM, cornu__op_unary(CORNU__OP_SOFTPLUS, cornu__negate(x)), most);
    cornu_node *of_false = cornu__op_binary_scalar(CORNU__OP_MINIMUM, cornu__op_unary(CORNU__OP_SOFTPLUS, x), most);
    cornu_node *clipped =
        cornu__add(cornu__multiply(y_true, of_true), cornu__multiply(cornu__one_minus(y_true), of_false));
    return cornu__add(exact,
                      cornu__op_unary(CORNU__OP_STOP_GRADIENT, cornu__op_binary(CORNU__OP_SUBTRACT, clipped, exact)));
}

static cornu_node *binary_of_probabilities(cornu_node *y_true, cornu_node *p)
{
    cornu_node *q = clip_probability(p);
    return cornu__negate(
        cornu__add(cornu__multiply(y_true, cornu__op_unary(CORNU__OP_LOG, q)),
                   cornu__multiply(cornu__one_minus(y_true), cornu__op_unary(CORNU__OP_LOG, cornu__one_minus(q)))));
}

cornu_node *cornu__binary_crossentropy(cornu_node *y_true, cornu_node *y_pred, bool from_logits, double label_smoothing)
{
    cornu_node *t = smooth(y_true, label_smoothing, 0.5), *logits = logits_behind(y_pred, CORNU__OP_SIGMOID);
    return cornu__mean_last(from_logits ? binary_of_logits(t, y_pred)
                            : logits    ? binary_clipped(t, logits)
                                        : binary_of_probabilities(t, y_pred));
}

/* --- categorical --- */

/* clip(p / sum p) */
static cornu_node *normalized(cornu_node *p)
{
    int last = -1;
    return clip_probability(cornu__op_binary(CORNU__OP_DIVIDE, p, cornu__op_reduce(CORNU__OP_SUM, p, 1, &last, true)));
}

cornu_node *cornu__categorical_crossentropy(cornu_node *y_true, cornu_node *y_pred, bool from_logits,
                                            double label_smoothing)
{
    cornu_node *logits = from_logits ? y_pred : logits_behind(y_pred, CORNU__OP_SOFTMAX);
    if (logits)
        return cornu__op_softmax_cross_entropy(logits, y_true, label_smoothing, !from_logits, NULL);
    if (!y_pred)
        return NULL;
    cornu_node *t = smooth(y_true, label_smoothing, 1.0 / (double)y_pred->shape[y_pred->rank - 1]);
    return cornu__negate(cornu__sum_last(cornu__multiply(t, cornu__op_unary(CORNU__OP_LOG, normalized(y_pred)))));
}

cornu_node *cornu__sparse_categorical_crossentropy(cornu_node *labels, cornu_node *y_pred, bool from_logits)
{
    cornu_node *logits = from_logits ? y_pred : logits_behind(y_pred, CORNU__OP_SOFTMAX);
    if (logits)
        return cornu__op_sparse_cross_entropy(logits, labels, !from_logits, NULL);
    return cornu__op_sparse_cross_entropy(cornu__op_unary(CORNU__OP_LOG, clip_probability(y_pred)), labels, false,
                                          NULL);
}

/* --- the losses --- */

cornu_status cornu__check_smoothing(double label_smoothing)
{
    if (label_smoothing >= 0 && label_smoothing <= 1)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "label_smoothing: wanted 0 <= label_smoothing <= 1, got %g",
                       label_smoothing);
}

/* Moves the classes' axis to the end; -1 or the last leaves all as it is. */
static cornu_node *classes_last(cornu_node *x, int axis)
{
    if (!x)
        return NULL;
    int place = axis < 0 ? axis + x->rank : axis;
    if (place < 0 || place >= x->rank)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "axis: there is no axis %d in an output of %d axes", axis, x->rank);
    return cornu__axis_to_last(x, place);
}

static cornu_node *per_sample_binary_crossentropy(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_binary_crossentropy_options *o = loss->config;
    return cornu__binary_crossentropy(classes_last(y_true, o->axis), classes_last(y_pred, o->axis), o->from_logits,
                                      o->label_smoothing);
}

static cornu_node *per_sample_categorical_crossentropy(const cornu__object *loss, cornu_node *y_true,
                                                       cornu_node *y_pred)
{
    const cornu_categorical_crossentropy_options *o = loss->config;
    return cornu__categorical_crossentropy(classes_last(y_true, o->axis), classes_last(y_pred, o->axis), o->from_logits,
                                           o->label_smoothing);
}

cornu_node *cornu__labels_that_count(cornu_node *labels, cornu_dtype dtype, int64_t ignored)
{
    return cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, cornu__op_cast(labels, dtype), (double)ignored);
}

/* What is ignored is counted as class 0, whose loss is then taken out. */
cornu_node *cornu__sparse_crossentropy_ignoring(cornu_node *labels, cornu_node *y_pred, bool from_logits,
                                                int64_t ignored)
{
    if (!labels)
        return NULL;
    cornu_node *valid = cornu__labels_that_count(labels, y_pred->dtype, ignored);
    labels = cornu__op_cast(cornu__multiply(cornu__op_cast(labels, y_pred->dtype), valid), CORNU_INT32);
    return cornu__multiply(cornu__sparse_categorical_crossentropy(labels, y_pred, from_logits), valid);
}

/* 1 where the label counts. */
static cornu_node *valid_labels(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu_sparse_categorical_crossentropy_options *o = loss->config;
    if (o->ignore_class == INT64_MIN)
        return NULL;
    cornu_node *y = classes_last(y_pred, o->axis), *labels = cornu__align_labels(y_true, y);
    return labels ? cornu__labels_that_count(labels, y->dtype, o->ignore_class) : NULL;
}

static cornu_node *per_sample_sparse_categorical_crossentropy(const cornu__object *loss, cornu_node *y_true,
                                                              cornu_node *y_pred)
{
    const cornu_sparse_categorical_crossentropy_options *o = loss->config;
    cornu_node *y = classes_last(y_pred, o->axis), *labels = cornu__align_labels(y_true, y);
    return o->ignore_class == INT64_MIN
               ? cornu__sparse_categorical_crossentropy(labels, y, o->from_logits)
               : cornu__sparse_crossentropy_ignoring(labels, y, o->from_logits, o->ignore_class);
}

static cornu_node *power(cornu_node *x, double exponent)
{
    return exponent == 2   ? cornu__op_unary(CORNU__OP_SQUARE, x)
           : exponent == 1 ? x
                           : cornu__op_binary_scalar(CORNU__OP_POWER, x, exponent);
}

static cornu_node *per_sample_binary_focal_crossentropy(const cornu__object *loss, cornu_node *y_true,
                                                        cornu_node *y_pred)
{
    const cornu_binary_focal_crossentropy_options *o = loss->config;
    cornu_node *t = smooth(classes_last(y_true, o->axis), o->label_smoothing, 0.5), *p = classes_last(y_pred, o->axis);
    if (o->from_logits)
        p = cornu__op_unary(CORNU__OP_SIGMOID, p);
    cornu_node *of_target =
        cornu__add(cornu__multiply(t, p), cornu__multiply(cornu__one_minus(t), cornu__one_minus(p)));
    cornu_node *focal = cornu__multiply(power(cornu__one_minus(of_target), o->gamma), binary_of_probabilities(t, p));
    if (o->apply_class_balancing)
        focal = cornu__multiply(cornu__add(cornu__scale(t, o->alpha), cornu__scale(cornu__one_minus(t), 1 - o->alpha)),
                                focal);
    return cornu__mean_last(focal);
}

static cornu_node *per_sample_categorical_focal_crossentropy(const cornu__object *loss, cornu_node *y_true,
                                                             cornu_node *y_pred)
{
    const cornu_categorical_focal_crossentropy_options *o = loss->config;
    cornu_node *p = classes_last(y_pred, o->axis);
    if (!p)
        return NULL;
    cornu_node *t = smooth(classes_last(y_true, o->axis), o->label_smoothing, 1.0 / (double)p->shape[p->rank - 1]);
    cornu_node *q = normalized(o->from_logits ? cornu__op_softmax(p) : p);
    cornu_node *entropy = cornu__multiply(t, cornu__negate(cornu__op_unary(CORNU__OP_LOG, q)));
    return cornu__sum_last(cornu__multiply(cornu__scale(power(cornu__one_minus(q), o->gamma), o->alpha), entropy));
}

static cornu_node *per_sample_categorical_generalized_cross_entropy(const cornu__object *loss, cornu_node *y_true,
                                                                    cornu_node *y_pred)
{
    double q = ((const cornu_categorical_generalized_cross_entropy_options *)loss->config)->q;
    cornu_node *labels = cornu__align_labels(y_true, y_pred);
    if (!labels)
        return NULL;
    cornu_node *hot = cornu__op_one_hot(labels, y_pred->shape[y_pred->rank - 1], y_pred->dtype);
    cornu_node *p = cornu__sum_last(cornu__multiply(hot, y_pred));
    return cornu__scale(cornu__one_minus(cornu__op_binary_scalar(CORNU__OP_POWER, p, q)), 1 / q);
}

#define CHECK_SMOOTHING(function)                                                                                      \
    static cornu_status check_##function(void *config)                                                                 \
    {                                                                                                                  \
        return cornu__check_smoothing(((const cornu_##function##_options *)config)->label_smoothing);                  \
    }
CHECK_SMOOTHING(binary_crossentropy)
CHECK_SMOOTHING(categorical_crossentropy)
CHECK_SMOOTHING(binary_focal_crossentropy)
CHECK_SMOOTHING(categorical_focal_crossentropy)

static cornu_status check_generalized(void *config)
{
    double q = ((const cornu_categorical_generalized_cross_entropy_options *)config)->q;
    return q > 0 && q <= 1 ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "q: wanted 0 < q <= 1, got %g", q);
}

/* --- the table --- */

#define DEFAULTS(function, ...)                                                                                        \
    static const cornu_##function##_options function##_defaults = {.struct_size = sizeof(cornu_##function##_options),  \
                                                                   __VA_ARGS__};
DEFAULTS(binary_crossentropy, CORNU_BINARY_CROSSENTROPY_DEFAULTS)
DEFAULTS(categorical_crossentropy, CORNU_CATEGORICAL_CROSSENTROPY_DEFAULTS)
DEFAULTS(sparse_categorical_crossentropy, CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_DEFAULTS)
DEFAULTS(binary_focal_crossentropy, CORNU_BINARY_FOCAL_CROSSENTROPY_DEFAULTS)
DEFAULTS(categorical_focal_crossentropy, CORNU_CATEGORICAL_FOCAL_CROSSENTROPY_DEFAULTS)
DEFAULTS(categorical_generalized_cross_entropy, CORNU_CATEGORICAL_GENERALIZED_CROSS_ENTROPY_DEFAULTS)

#define NUMBER(function, member) CORNU__FIELD(DOUBLE, cornu_##function##_options, member)
#define COMMON(function)                                                                                               \
    CORNU__LOSS_FIELD_TABLE(cornu_##function##_options), CORNU__FIELD(BOOL, cornu_##function##_options, from_logits),  \
        CORNU__FIELD(INT, cornu_##function##_options, axis)
static const cornu__field binary_crossentropy_fields[] = {COMMON(binary_crossentropy),
                                                          NUMBER(binary_crossentropy, label_smoothing)};
static const cornu__field categorical_crossentropy_fields[] = {COMMON(categorical_crossentropy),
                                                               NUMBER(categorical_crossentropy, label_smoothing)};
static const cornu__field sparse_categorical_crossentropy_fields[] = {
    COMMON(sparse_categorical_crossentropy),
    CORNU__FIELD(INT64, cornu_sparse_categorical_crossentropy_options, ignore_class, .optional = true),
};
static const cornu__field binary_focal_crossentropy_fields[] = {
    COMMON(binary_focal_crossentropy),
    NUMBER(binary_focal_crossentropy, label_smoothing),
    NUMBER(binary_focal_crossentropy, alpha),
    NUMBER(binary_focal_crossentropy, gamma),
    CORNU__FIELD(BOOL, cornu_binary_focal_crossentropy_options, apply_class_balancing),
};
static const cornu__field categorical_focal_crossentropy_fields[] = {
    COMMON(categorical_focal_crossentropy),
    NUMBER(categorical_focal_crossentropy, label_smoothing),
    NUMBER(categorical_focal_crossentropy, alpha),
    NUMBER(categorical_focal_crossentropy, gamma),
};
static const cornu__field categorical_generalized_cross_entropy_fields[] = {
    CORNU__LOSS_FIELD_TABLE(cornu_categorical_generalized_cross_entropy_options),
    NUMBER(categorical_generalized_cross_entropy, q),
};

#define CROSSENTROPY(function, class_name, checking, more, ...)                                                        \
    CORNU__LOSS_CLASS(function, class_name, cornu_##function##_options, function##_defaults, function##_fields,        \
                      checking, more, __VA_ARGS__)
CROSSENTROPY(binary_crossentropy, "BinaryCrossentropy", check_binary_crossentropy, .targets_like_output = true,
             "binary_crossentropy", "bce", "BCE")
CROSSENTROPY(categorical_crossentropy, "CategoricalCrossentropy", check_categorical_crossentropy,
             .targets_like_output = true, "categorical_crossentropy")
static const cornu__loss_class sparse_categorical_crossentropy_class = {
    .base = {.kind = CORNU__KIND_LOSS,
             .name = "SparseCategoricalCrossentropy",
             .aliases = (const char *const[]){"sparse_categorical_crossentropy", NULL},
             .options_size = sizeof(cornu_sparse_categorical_crossentropy_options),
             .defaults = &sparse_categorical_crossentropy_defaults,
             CORNU__FIELD_TABLE(sparse_categorical_crossentropy_fields)},
    .function_name = "sparse_categorical_crossentropy",
    .sparse_targets = true,
    .per_sample = per_sample_sparse_categorical_crossentropy,
    .valid = valid_labels,
};

cornu_loss *cornu_sparse_categorical_crossentropy_with(const cornu_sparse_categorical_crossentropy_options *given)
{
    return cornu__object_make(&sparse_categorical_crossentropy_class.base, given);
}

CROSSENTROPY(binary_focal_crossentropy, "BinaryFocalCrossentropy", check_binary_focal_crossentropy,
             .targets_like_output = true, "binary_focal_crossentropy")
CROSSENTROPY(categorical_focal_crossentropy, "CategoricalFocalCrossentropy", check_categorical_focal_crossentropy,
             .targets_like_output = true, "categorical_focal_crossentropy")
CROSSENTROPY(categorical_generalized_cross_entropy, "CategoricalGeneralizedCrossEntropy", check_generalized,
             .sparse_targets = true, "categorical_generalized_cross_entropy")

cornu__family cornu__crossentropy_losses = {
    &binary_crossentropy_class.base,
    &categorical_crossentropy_class.base,
    &sparse_categorical_crossentropy_class.base,
    &binary_focal_crossentropy_class.base,
    &categorical_focal_crossentropy_class.base,
    &categorical_generalized_cross_entropy_class.base,
    NULL,
};
