/* nn/score_metrics.c: scores made of sums over all samples: F1, F-beta, R2; and the mean correlation of a sample. */
#include <math.h>
#include <string.h>

#include "graph/arithmetic.h"
#include "nn/metrics.h"

/* state + the sum over samples of each column, or of all columns where the state has one element. */
static cornu_node *added(cornu_node *state, cornu_node *values)
{
    int samples = 0;
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, values, state->count > 1 ? 1 : 0, &samples, false);
    return cornu__add(state, cornu__op_reshape(sum, 1, state->shape));
}

/* The columns of an output (batch, columns). */
static cornu_status need_columns(const cornu__spec *y_pred, int64_t *columns)
{
    if (y_pred->rank != 2 || y_pred->shape[1] == CORNU_NONE)
        return cornu__fail(CORNU_ERROR_SHAPE, "wanted an output of 2 axes, (batch, columns), got one of %d",
                           y_pred->rank);
    *columns = y_pred->shape[1];
    return CORNU_OK;
}

/* --- F1, F-beta --- */

enum { HITS, FALSE_ALARMS, MISSES, TARGETS, F_STATES };

_Static_assert(offsetof(cornu_f1_score_options, average) == offsetof(cornu_fbeta_score_options, average) &&
                   offsetof(cornu_f1_score_options, threshold) == offsetof(cornu_fbeta_score_options, threshold),
               "F1's options are the front of F-beta's");

static bool is_average(const cornu__object *metric, const char *average)
{
    const char *mine = ((const cornu_f1_score_options *)metric->config)->average;
    return mine && strcmp(mine, average) == 0;
}

static cornu_status check_f1(void *config)
{
    double threshold = ((const cornu_f1_score_options *)config)->threshold;
    if (isnan(threshold) || (threshold > 0 && threshold <= 1))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "threshold: wanted 0 < threshold <= 1, got %g", threshold);
}

static cornu_status check_fbeta(void *config)
{
    double beta = ((const cornu_fbeta_score_options *)config)->beta;
    if (!(beta > 0))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "beta: wanted a number above 0, got %g", beta);
    return check_f1(config);
}

static cornu_status f_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    int64_t columns = 0;
    CORNU_TRY(need_columns(y_pred, &columns));
    *count = F_STATES;
    for (int i = 0; i < F_STATES; i++)
        sizes[i] = is_average(metric, "micro") ? 1 : columns;
    return CORNU_OK;
}

/* 1 where a class is predicted: above the threshold, or the row's largest scores unless they are 0. */
static cornu_node *predicted_classes(cornu_node *y_pred, double threshold)
{
    int last = -1;
    if (!isnan(threshold))
        return cornu__op_binary_scalar(CORNU__OP_GREATER, y_pred, threshold);
    cornu_node *largest = cornu__op_reduce(CORNU__OP_MAX, y_pred, 1, &last, true);
    return cornu__multiply(cornu__op_binary(CORNU__OP_GREATER_EQUAL, y_pred, largest),
                           cornu__op_binary_scalar(CORNU__OP_GREATER, cornu__op_unary(CORNU__OP_ABS, y_pred), 1e-9));
}

static cornu_status update_f(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                             cornu_node *const *states, cornu_node **new_states)
{
    cornu_node *t = cornu__align_target(y_true, y_pred);
    cornu_node *p = predicted_classes(y_pred, ((const cornu_f1_score_options *)metric->config)->threshold);
    cornu_node *values[F_STATES] = {[HITS] = cornu__multiply(p, t),
                                    [FALSE_ALARMS] = cornu__multiply(p, cornu__one_minus(t)),
                                    [MISSES] = cornu__multiply(cornu__one_minus(p), t),
                                    [TARGETS] = t};
    if (weight) {
        weight = cornu__align_weight(weight, y_pred);
        if (!weight)
            return cornu_error_status();
    }
    for (int i = 0; i < F_STATES; i++) {
        new_states[i] = added(states[i], weight ? cornu__multiply(values[i], weight) : values[i]);
        if (!new_states[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

static double f_of_class(const float *const *states, int64_t i, double beta)
{
    double hits = states[HITS][i];
    double precision = hits / (hits + (double)states[FALSE_ALARMS][i] + CORNU__EPSILON);
    double recall = hits / (hits + (double)states[MISSES][i] + CORNU__EPSILON);
    return (1 + beta * beta) * precision * recall / (beta * beta * precision + recall + CORNU__EPSILON);
}

static int f_elements(const cornu__object *metric, const int64_t *sizes)
{
    return ((const cornu_f1_score_options *)metric->config)->average ? 1 : (int)sizes[0];
}

static double f_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element,
                        double beta)
{
    if (!((const cornu_f1_score_options *)metric->config)->average)
        return f_of_class(states, element, beta);
    double sum = 0, total = is_average(metric, "weighted") ? CORNU__EPSILON : 0;
    for (int64_t i = 0; i < sizes[0]; i++) {
        double weight = is_average(metric, "weighted") ? (double)states[TARGETS][i] : 1;
        sum += weight * f_of_class(states, i, beta);
        total += weight;
    }
    return sum / total;
}

static double f1_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    return f_element(metric, states, sizes, element, 1);
}

static double fbeta_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    return f_element(metric, states, sizes, element, ((const cornu_fbeta_score_options *)metric->config)->beta);
}

static const char *const averages[] = {"micro", "macro", "weighted", NULL};
static const cornu_f1_score_options f1_defaults = {.struct_size = sizeof f1_defaults, CORNU_F1_SCORE_DEFAULTS};
static const cornu_fbeta_score_options fbeta_defaults = {.struct_size = sizeof fbeta_defaults,
                                                         CORNU_FBETA_SCORE_DEFAULTS};
static const cornu__field f1_fields[] = {
    CORNU__FIELD(TEXT, cornu_f1_score_options, name, .optional = true),
    CORNU__FIELD(TEXT, cornu_f1_score_options, average, .optional = true, .choices = averages),
    CORNU__FIELD(DOUBLE, cornu_f1_score_options, threshold, .optional = true),
};
static const cornu__field fbeta_fields[] = {
    CORNU__FIELD(TEXT, cornu_fbeta_score_options, name, .optional = true),
    CORNU__FIELD(TEXT, cornu_fbeta_score_options, average, .optional = true, .choices = averages),
    CORNU__FIELD(DOUBLE, cornu_fbeta_score_options, threshold, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_fbeta_score_options, beta),
};
static const cornu__metric_class f1_class = {
    CORNU__METRIC_BASE("F1Score", cornu_f1_score_options, f1_defaults, f1_fields, 3, check_f1, "f1_score"),
    .larger_is_better = true,
    .states = f_states,
    .update = update_f,
    .elements = f_elements,
    .element = f1_element,
};
static const cornu__metric_class fbeta_class = {
    CORNU__METRIC_BASE("FBetaScore", cornu_fbeta_score_options, fbeta_defaults, fbeta_fields, 4, check_fbeta,
                       "fbeta_score"),
    .larger_is_better = true,
    .states = f_states,
    .update = update_f,
    .elements = f_elements,
    .element = fbeta_element,
};

cornu_metric *cornu_f1_score_with(const cornu_f1_score_options *options)
{
    return cornu__object_make(&f1_class.base, options);
}

cornu_metric *cornu_fbeta_score_with(const cornu_fbeta_score_options *options)
{
    return cornu__object_make(&fbeta_class.base, options);
}

/* --- R2 --- */

enum { SUM, SUM_OF_SQUARES, RESIDUAL, WEIGHT, SAMPLES, R2_STATES };

static cornu_status check_r2(void *config)
{
    int regressors = ((const cornu_r2_score_options *)config)->num_regressors;
    return regressors >= 0
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_regressors: wanted at least 0, got %d", regressors);
}

static cornu_status r2_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    int64_t columns = 0;
    (void)metric;
    CORNU_TRY(need_columns(y_pred, &columns));
    *count = R2_STATES;
    for (int i = 0; i < R2_STATES; i++)
        sizes[i] = i == SAMPLES ? 1 : columns;
    return CORNU_OK;
}

static cornu_status update_r2(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                              cornu_node *const *states, cornu_node **new_states)
{
    cornu_node *t = cornu__align_target(y_true, y_pred);
    (void)metric;
    if (!t)
        return cornu_error_status();
    cornu_node *w =
        weight ? cornu__align_weight(weight, t) : cornu__op_fill(t->op->graph, t->dtype, t->rank, t->shape, 1);
    cornu_node *weighted = cornu__multiply(t, w);
    new_states[SUM] = added(states[SUM], weighted);
    new_states[SUM_OF_SQUARES] = added(states[SUM_OF_SQUARES], cornu__multiply(t, weighted));
    new_states[RESIDUAL] = added(states[RESIDUAL], cornu__multiply(cornu__square(cornu__subtract(t, y_pred)), w));
    new_states[WEIGHT] = added(states[WEIGHT], w);
    new_states[SAMPLES] = cornu__op_binary_scalar(CORNU__OP_ADD, states[SAMPLES], (double)t->shape[0]);
    for (int i = 0; i < R2_STATES; i++)
        if (!new_states[i])
            return cornu_error_status();
    return CORNU_OK;
}

/* sum (t - mean t)^2 */
static double variation(const float *const *states, int64_t i)
{
    double sum = states[SUM][i];
    return (double)states[SUM_OF_SQUARES][i] - sum * sum / (double)states[WEIGHT][i];
}

/* 0 where the targets do not vary, as in Keras. */
static double r2_of_column(const float *const *states, int64_t i)
{
    double score = 1 - (double)states[RESIDUAL][i] / variation(states, i);
    return isinf(score) ? 0 : score;
}

static double adjusted(const cornu_r2_score_options *o, const float *const *states, double score)
{
    double samples = (double)states[SAMPLES][0], rest = samples - o->num_regressors - 1;
    return o->num_regressors == 0 || rest <= 0 ? score : 1 - (1 - score) * (samples - 1) / rest;
}

static int r2_elements(const cornu__object *metric, const int64_t *sizes)
{
    return ((const cornu_r2_score_options *)metric->config)->class_aggregation ? 1 : (int)sizes[0];
}

static double r2_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    const cornu_r2_score_options *o = metric->config;
    double sum = 0, total = 0;
    if (!o->class_aggregation)
        return adjusted(o, states, r2_of_column(states, element));
    for (int64_t i = 0; i < sizes[SUM]; i++) {
        double weight = strcmp(o->class_aggregation, "uniform_average") == 0 ? 1 : variation(states, i);
        sum += weight * r2_of_column(states, i);
        total += weight;
    }
    return adjusted(o, states, sum / total);
}

static const char *const aggregations[] = {"uniform_average", "variance_weighted_average", NULL};
static const cornu_r2_score_options r2_defaults = {.struct_size = sizeof r2_defaults, CORNU_R2_SCORE_DEFAULTS};
static const cornu__field r2_fields[] = {
    CORNU__FIELD(TEXT, cornu_r2_score_options, name, .optional = true),
    CORNU__FIELD(TEXT, cornu_r2_score_options, class_aggregation, .optional = true, .choices = aggregations),
    CORNU__FIELD(INT, cornu_r2_score_options, num_regressors),
};
static const cornu__metric_class r2_class = {
    CORNU__METRIC_BASE("R2Score", cornu_r2_score_options, r2_defaults, r2_fields, 3, check_r2, "r2_score"),
    .larger_is_better = true,
    .states = r2_states,
    .update = update_r2,
    .elements = r2_elements,
    .element = r2_element,
};

cornu_metric *cornu_r2_score_with(const cornu_r2_score_options *options)
{
    return cornu__object_make(&r2_class.base, options);
}

/* --- correlations --- */

static cornu_node *mean_along(cornu_node *x, int axis, bool keepdims)
{
    return cornu__op_reduce(CORNU__OP_MEAN, x, 1, &axis, keepdims);
}

static int axis_of(const cornu__object *metric)
{
    return ((const cornu_correlation_options *)metric->config)->axis;
}

static cornu_node *value_of_pearson_correlation(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    int axis = axis_of(metric);
    cornu_node *t = cornu__align_target(y_true, y_pred);
    t = cornu__subtract(t, mean_along(t, axis, true));
    cornu_node *p = cornu__subtract(y_pred, mean_along(y_pred, axis, true));
    cornu_node *covariance = mean_along(cornu__multiply(t, p), axis, false);
    cornu_node *deviations = cornu__multiply(cornu__sqrt(mean_along(cornu__square(t), axis, false)),
                                             cornu__sqrt(mean_along(cornu__square(p), axis, false)));
    /* Keras makes this NaN, for the rest of the epoch. */
    cornu_node *constant = cornu__op_binary_scalar(CORNU__OP_EQUAL, deviations, 0);
    return cornu__divide(covariance, cornu__add(deviations, constant));
}

static cornu_node *value_of_concordance_correlation(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    int axis = axis_of(metric);
    cornu_node *t = cornu__align_target(y_true, y_pred);
    cornu_node *mean_t = mean_along(t, axis, true), *mean_p = mean_along(y_pred, axis, true);
    cornu_node *from_t = cornu__subtract(t, mean_t), *from_p = cornu__subtract(y_pred, mean_p);
    cornu_node *covariance = mean_along(cornu__multiply(from_t, from_p), axis, false);
    cornu_node *variances =
        cornu__add(mean_along(cornu__square(from_t), axis, false), mean_along(cornu__square(from_p), axis, false));
    cornu_node *distance = mean_along(cornu__square(cornu__subtract(mean_t, mean_p)), axis, false);
    cornu_node *norm = cornu__op_binary_scalar(CORNU__OP_ADD, cornu__add(variances, distance), CORNU__EPSILON);
    return cornu__divide(cornu__scale(covariance, 2), norm);
}

static const cornu_correlation_options correlation_defaults = {.struct_size = sizeof correlation_defaults,
                                                               CORNU_CORRELATION_DEFAULTS};
static const cornu__field correlation_fields[] = {
    CORNU__FIELD(TEXT, cornu_correlation_options, name, .optional = true),
    CORNU__FIELD(INT, cornu_correlation_options, axis),
};
CORNU__MEAN_METRIC(pearson_correlation, "PearsonCorrelation", cornu_correlation_options, correlation_defaults,
                   correlation_fields, 2, NULL, false, true, "pearson_correlation")
CORNU__MEAN_METRIC(concordance_correlation, "ConcordanceCorrelation", cornu_correlation_options, correlation_defaults,
                   correlation_fields, 2, NULL, false, true, "concordance_correlation")

cornu__family cornu__score_metrics = {&f1_class.base,
                                      &fbeta_class.base,
                                      &r2_class.base,
                                      &pearson_correlation_class.metric.base,
                                      &concordance_correlation_class.metric.base,
                                      NULL};
