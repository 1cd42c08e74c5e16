/* nn/mean_metrics.c: losses as metrics: running means of a loss per sample. */
#include <math.h>

#include "nn/layers/support.h"
#include "nn/metrics.h"

#define FROM_LOSS(name, loss)                                                                                          \
    static cornu_node *value_of_##name(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)            \
    {                                                                                                                  \
        (void)metric;                                                                                                  \
        return cornu__##loss(cornu__align_target(y_true, y_pred), y_pred);                                             \
    }
FROM_LOSS(mean_squared_error_metric, mean_squared_error)
FROM_LOSS(mean_absolute_error_metric, mean_absolute_error)
FROM_LOSS(mean_absolute_percentage_error_metric, mean_absolute_percentage_error)
FROM_LOSS(mean_squared_logarithmic_error_metric, mean_squared_logarithmic_error)
FROM_LOSS(log_cosh_error, log_cosh)
FROM_LOSS(hinge_metric, hinge)
FROM_LOSS(squared_hinge_metric, squared_hinge)
FROM_LOSS(categorical_hinge_metric, categorical_hinge)
FROM_LOSS(kl_divergence_metric, kl_divergence)
FROM_LOSS(poisson_metric, poisson)
CORNU__PLAIN_MEAN_METRIC(mean_squared_error_metric, "MeanSquaredError", false, false, "mean_squared_error", "mse",
                         "MSE")
CORNU__PLAIN_MEAN_METRIC(mean_absolute_error_metric, "MeanAbsoluteError", false, false, "mean_absolute_error", "mae",
                         "MAE")
CORNU__PLAIN_MEAN_METRIC(mean_absolute_percentage_error_metric, "MeanAbsolutePercentageError", false, false,
                         "mean_absolute_percentage_error", "mape", "MAPE")
CORNU__PLAIN_MEAN_METRIC(mean_squared_logarithmic_error_metric, "MeanSquaredLogarithmicError", false, false,
                         "mean_squared_logarithmic_error", "msle", "MSLE")
CORNU__PLAIN_MEAN_METRIC(log_cosh_error, "LogCoshError", false, false, "logcosh", "log_cosh")
CORNU__PLAIN_MEAN_METRIC(hinge_metric, "Hinge", false, false, "hinge")
CORNU__PLAIN_MEAN_METRIC(squared_hinge_metric, "SquaredHinge", false, false, "squared_hinge")
CORNU__PLAIN_MEAN_METRIC(categorical_hinge_metric, "CategoricalHinge", false, false, "categorical_hinge")
CORNU__PLAIN_MEAN_METRIC(kl_divergence_metric, "KLDivergence", false, false, "kl_divergence", "kld", "KLD",
                         "kullback_leibler_divergence")
CORNU__PLAIN_MEAN_METRIC(poisson_metric, "Poisson", false, false, "poisson")

/* --- the root of the mean of all squared errors --- */

static cornu_status update_root(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                                cornu_node *const *states, cornu_node **new_states)
{
    (void)metric;
    cornu_node *error = cornu__op_binary(CORNU__OP_SUBTRACT, y_pred, cornu__align_target(y_true, y_pred));
    return cornu__update_mean(cornu__op_unary(CORNU__OP_SQUARE, error), weight, states, new_states);
}

static double result_of_root(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    return sqrt(cornu__mean_metric_result(metric, states, sizes));
}

static const cornu__metric_class root_class = {
    CORNU__METRIC_BASE("RootMeanSquaredError", cornu_metric_options, cornu__plain_metric_defaults,
                       cornu__plain_metric_fields, 1, NULL, "root_mean_squared_error", "rmse", "RMSE"),
    .states = cornu__mean_metric_states,
    .update = update_root,
    .result = result_of_root,
};

cornu_metric *cornu_root_mean_squared_error_with(const cornu_metric_options *options)
{
    return cornu__object_make(&root_class.base, options);
}

/* --- with options --- */

static cornu_node *value_of_cosine_similarity_metric(const cornu__object *metric, cornu_node *y_true,
                                                     cornu_node *y_pred)
{
    int axis = ((const cornu_cosine_similarity_metric_options *)metric->config)->axis;
    return cornu__cosine_similarity(cornu__align_target(y_true, y_pred), y_pred, axis);
}

static cornu_node *value_of_binary_crossentropy_metric(const cornu__object *metric, cornu_node *y_true,
                                                       cornu_node *y_pred)
{
    const cornu_binary_crossentropy_metric_options *o = metric->config;
    return cornu__binary_crossentropy(cornu__align_target(y_true, y_pred), y_pred, o->from_logits, o->label_smoothing);
}

/* The classes' axis at the end. */
static cornu_node *classes_last(cornu_node *x, int axis)
{
    return x ? cornu__axis_to_last(x, axis < 0 ? axis + x->rank : axis) : NULL;
}

static cornu_node *value_of_categorical_crossentropy_metric(const cornu__object *metric, cornu_node *y_true,
                                                            cornu_node *y_pred)
{
    const cornu_categorical_crossentropy_metric_options *o = metric->config;
    y_true = classes_last(cornu__align_target(y_true, y_pred), o->axis);
    return cornu__categorical_crossentropy(y_true, classes_last(y_pred, o->axis), o->from_logits, o->label_smoothing);
}

static cornu_node *value_of_sparse_categorical_crossentropy_metric(const cornu__object *metric, cornu_node *y_true,
                                                                   cornu_node *y_pred)
{
    const cornu_sparse_categorical_crossentropy_metric_options *o = metric->config;
    y_pred = classes_last(y_pred, o->axis);
    cornu_node *labels = cornu__align_labels(y_true, y_pred);
    return o->ignore_class == INT64_MIN
               ? cornu__sparse_categorical_crossentropy(labels, y_pred, o->from_logits)
               : cornu__sparse_crossentropy_ignoring(labels, y_pred, o->from_logits, o->ignore_class);
}

/* What is ignored has no weight. */
static cornu_status update_sparse_crossentropy(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                               cornu_node *weight, cornu_node *const *states, cornu_node **new_states)
{
    const cornu_sparse_categorical_crossentropy_metric_options *o = metric->config;
    cornu_node *values = value_of_sparse_categorical_crossentropy_metric(metric, y_true, y_pred);
    if (values && o->ignore_class != INT64_MIN) {
        cornu_node *labels = cornu__op_reshape(y_true, values->rank, values->shape);
        cornu_node *counts = labels ? cornu__labels_that_count(labels, values->dtype, o->ignore_class) : NULL;
        weight = weight ? cornu__op_binary(CORNU__OP_MULTIPLY, cornu__align_weight(weight, values), counts) : counts;
        if (!weight)
            return cornu_error_status();
    }
    return cornu__update_mean(values, weight, states, new_states);
}

static cornu_node *value_of_mean_metric_wrapper(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    const cornu__object *loss = ((const cornu_mean_metric_wrapper_options *)metric->config)->fn;
    const cornu__loss_class *class = (const cornu__loss_class *)loss->class;
    if (class->sparse_targets)
        y_true = cornu__op_cast(y_true, CORNU_INT32);
    if (class->targets_like_output)
        y_true = cornu__align_target(y_true, y_pred);
    cornu_node *values = y_true ? class->per_sample(loss, y_true, y_pred) : NULL;
    const int64_t one = 1;
    return values && values->rank == 0 ? cornu__op_reshape(values, 1, &one) : values;
}

static cornu_status check_binary(void *config)
{
    return cornu__check_smoothing(((const cornu_binary_crossentropy_metric_options *)config)->label_smoothing);
}

static cornu_status check_categorical(void *config)
{
    return cornu__check_smoothing(((const cornu_categorical_crossentropy_metric_options *)config)->label_smoothing);
}

static const cornu_cosine_similarity_metric_options cosine_defaults = {.struct_size = sizeof cosine_defaults,
                                                                       CORNU_COSINE_SIMILARITY_METRIC_DEFAULTS};
static const cornu_binary_crossentropy_metric_options binary_defaults = {.struct_size = sizeof binary_defaults};
static const cornu_categorical_crossentropy_metric_options categorical_defaults = {
    .struct_size = sizeof categorical_defaults, CORNU_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS};
static const cornu_sparse_categorical_crossentropy_metric_options sparse_defaults = {
    .struct_size = sizeof sparse_defaults, CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS};
static const cornu__field cosine_fields[] = {
    CORNU__FIELD(TEXT, cornu_cosine_similarity_metric_options, name, .optional = true),
    CORNU__FIELD(INT, cornu_cosine_similarity_metric_options, axis),
};
static const cornu__field binary_fields[] = {
    CORNU__FIELD(TEXT, cornu_binary_crossentropy_metric_options, name, .optional = true),
    CORNU__FIELD(BOOL, cornu_binary_crossentropy_metric_options, from_logits),
    CORNU__FIELD(DOUBLE, cornu_binary_crossentropy_metric_options, label_smoothing),
};
static const cornu__field categorical_fields[] = {
    CORNU__FIELD(TEXT, cornu_categorical_crossentropy_metric_options, name, .optional = true),
    CORNU__FIELD(BOOL, cornu_categorical_crossentropy_metric_options, from_logits),
    CORNU__FIELD(DOUBLE, cornu_categorical_crossentropy_metric_options, label_smoothing),
    CORNU__FIELD(INT, cornu_categorical_crossentropy_metric_options, axis),
};
static const cornu__field sparse_fields[] = {
    CORNU__FIELD(TEXT, cornu_sparse_categorical_crossentropy_metric_options, name, .optional = true),
    CORNU__FIELD(BOOL, cornu_sparse_categorical_crossentropy_metric_options, from_logits),
    CORNU__FIELD(INT, cornu_sparse_categorical_crossentropy_metric_options, axis),
    CORNU__FIELD(INT64, cornu_sparse_categorical_crossentropy_metric_options, ignore_class, .optional = true),
};
CORNU__MEAN_METRIC(cosine_similarity_metric, "CosineSimilarity", cornu_cosine_similarity_metric_options,
                   cosine_defaults, cosine_fields, 2, NULL, false, true, "cosine_similarity")
CORNU__MEAN_METRIC(binary_crossentropy_metric, "BinaryCrossentropy", cornu_binary_crossentropy_metric_options,
                   binary_defaults, binary_fields, 3, check_binary, false, false, "binary_crossentropy", "bce", "BCE")
CORNU__MEAN_METRIC(categorical_crossentropy_metric, "CategoricalCrossentropy",
                   cornu_categorical_crossentropy_metric_options, categorical_defaults, categorical_fields, 4,
                   check_categorical, false, false, "categorical_crossentropy")
static const cornu__metric_class sparse_categorical_crossentropy_metric_class = {
    CORNU__METRIC_BASE("SparseCategoricalCrossentropy", cornu_sparse_categorical_crossentropy_metric_options,
                       sparse_defaults, sparse_fields, 4, NULL, "sparse_categorical_crossentropy"),
    .sparse_targets = true,
    .states = cornu__mean_metric_states,
    .update = update_sparse_crossentropy,
    .result = cornu__mean_metric_result,
};

cornu_metric *cornu_sparse_categorical_crossentropy_metric_with(
    const cornu_sparse_categorical_crossentropy_metric_options *given)
{
    return cornu__object_make(&sparse_categorical_crossentropy_metric_class.base, given);
}

static const cornu_mean_metric_wrapper_options wrapper_defaults = {.struct_size = sizeof wrapper_defaults};
static const cornu__field wrapper_fields[] = {
    CORNU__FIELD(TEXT, cornu_mean_metric_wrapper_options, name, .optional = true),
    CORNU__OBJECT_FIELD(cornu_mean_metric_wrapper_options, fn, LOSS),
};

static cornu_status check_wrapper(void *config)
{
    if (((const cornu_mean_metric_wrapper_options *)config)->fn)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "fn: wanted a loss, got none");
}

static const cornu__mean_metric_class mean_metric_wrapper_class = {
    .metric = {CORNU__METRIC_BASE("MeanMetricWrapper", cornu_mean_metric_wrapper_options, wrapper_defaults,
                                  wrapper_fields, 2, check_wrapper, NULL),
               .states = cornu__mean_metric_states, .update = cornu__mean_metric_update,
               .result = cornu__mean_metric_result},
    .value = value_of_mean_metric_wrapper,
};

cornu_metric *cornu_mean_metric_wrapper_with(cornu_identifier fn, const cornu_mean_metric_wrapper_options *given)
{
    cornu_mean_metric_wrapper_options options;
    cornu__options_complete(&mean_metric_wrapper_class.metric.base, given, &options);
    options.fn = fn;
    return cornu__object_make(&mean_metric_wrapper_class.metric.base, &options);
}

cornu__family cornu__mean_metrics = {
    &mean_squared_error_metric_class.metric.base,
    &mean_absolute_error_metric_class.metric.base,
    &mean_absolute_percentage_error_metric_class.metric.base,
    &mean_squared_logarithmic_error_metric_class.metric.base,
    &log_cosh_error_class.metric.base,
    &hinge_metric_class.metric.base,
    &squared_hinge_metric_class.metric.base,
    &categorical_hinge_metric_class.metric.base,
    &kl_divergence_metric_class.metric.base,
    &poisson_metric_class.metric.base,
    &root_class.base,
    &cosine_similarity_metric_class.metric.base,
    &binary_crossentropy_metric_class.metric.base,
    &categorical_crossentropy_metric_class.metric.base,
    &sparse_categorical_crossentropy_metric_class.base,
    &mean_metric_wrapper_class.metric.base,
    NULL,
};
