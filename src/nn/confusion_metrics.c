/* nn/confusion_metrics.c: counts of true and false positives and negatives at thresholds, and what follows from them. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "graph/arithmetic.h"
#include "nn/metrics.h"

#define MAX_AUC_THRESHOLDS 100000

/* State i of these, of one element per threshold. */
enum { TRUE_POSITIVES, FALSE_POSITIVES, TRUE_NEGATIVES, FALSE_NEGATIVES, COUNTS };

/* (T, n) of 0 and 1: score > threshold. `y` and scores flat (n). */
static cornu_node *predictions(cornu_node *scores, int count, const double *thresholds)
{
    if (!scores)
        return NULL;
    cornu__graph *graph = scores->op->graph;
    float *values = cornu__graph_alloc(graph, (size_t)count * sizeof *values);
    if (!values)
        return NULL;
    for (int i = 0; i < count; i++)
        values[i] = (float)thresholds[i];
    int64_t column[2] = {count, 1};
    cornu_node *bounds = cornu__op_cast(cornu__op_constant(graph, CORNU_FLOAT32, 2, column, values), scores->dtype);
    return cornu__op_binary(CORNU__OP_GREATER, scores, bounds);
}

static cornu_node *flat(cornu_node *x)
{
    int64_t rows[1] = {-1};
    return cornu__op_reshape(x, 1, rows);
}

/* state + sum over samples of predicted actual weight */
static cornu_node *counted(cornu_node *state, cornu_node *predicted, cornu_node *actual, cornu_node *weight)
{
    int last = 1;
    cornu_node *hit = cornu__op_binary(CORNU__OP_MULTIPLY, predicted, actual);
    if (weight)
        hit = cornu__op_binary(CORNU__OP_MULTIPLY, hit, weight);
    return cornu__op_binary(CORNU__OP_ADD, state, cornu__op_reduce(CORNU__OP_SUM, hit, 1, &last, false));
}

/* Which counts are kept: `wanted[k]` is the number of the count in state k. */
static cornu_status update_counts(cornu_node *y_true, cornu_node *y_pred, cornu_node *weight, int thresholds,
                                  const double *values, int kept, const int *wanted, cornu_node *const *states,
                                  cornu_node **new_states)
{
    if (!y_true || !y_pred)
        return cornu_error_status();
    if (weight) {
        weight = flat(cornu__align_weight(weight, y_pred));
        if (!weight)
            return cornu_error_status();
    }
    cornu_node *positive = predictions(flat(y_pred), thresholds, values);
    cornu_node *label = cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, flat(y_true), 0);
    for (int k = 0; k < kept; k++) {
        bool predicted = wanted[k] == TRUE_POSITIVES || wanted[k] == FALSE_POSITIVES;
        bool actual = wanted[k] == TRUE_POSITIVES || wanted[k] == FALSE_NEGATIVES;
        new_states[k] = counted(states[k], predicted ? positive : cornu__one_minus(positive),
                                actual ? label : cornu__one_minus(label), weight);
        if (!new_states[k])
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* --- TruePositives and its like, Precision, Recall: at one threshold --- */

static cornu_status check_one_threshold(const double *thresholds)
{
    if (thresholds[0] != 0 && thresholds[1] != 0)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "thresholds: wanted one threshold, got several; a metric here is one number");
    if (thresholds[0] < 0 || thresholds[0] > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "thresholds: wanted 0 <= threshold <= 1, got %g",
                           thresholds[0]);
    return CORNU_OK;
}

static cornu_status check_count(void *config)
{
    return check_one_threshold(((const cornu_confusion_count_options *)config)->thresholds);
}

static cornu_status count_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    (void)metric, (void)y_pred;
    *count = 1;
    sizes[0] = 1;
    return CORNU_OK;
}

static double count_result(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    (void)metric, (void)sizes;
    return (double)states[0][0];
}

static const cornu_confusion_count_options count_defaults = {.struct_size = sizeof count_defaults};
static const cornu__field count_fields[] = {
    CORNU__FIELD(TEXT, cornu_confusion_count_options, name, .optional = true),
    CORNU__FIELD(DOUBLES, cornu_confusion_count_options, thresholds, .optional = true),
};

#define COUNT_METRIC(function, class_name, which, larger)                                                              \
    static cornu_status update_##function(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,         \
                                          cornu_node *weight, cornu_node *const *states, cornu_node **new_states)      \
    {                                                                                                                  \
        double given = ((const cornu_confusion_count_options *)metric->config)->thresholds[0],                         \
               threshold = given == 0 ? 0.5 : given;                                                                   \
        int wanted = which;                                                                                            \
        return update_counts(cornu__align_target(y_true, y_pred), y_pred, weight, 1, &threshold, 1, &wanted, states,   \
                             new_states);                                                                              \
    }                                                                                                                  \
    static const cornu__metric_class function##_class = {                                                              \
        CORNU__METRIC_BASE(class_name, cornu_confusion_count_options, count_defaults, count_fields, 2, check_count,    \
                           #function),                                                                                 \
        .larger_is_better = larger,                                                                                    \
        .states = count_states,                                                                                        \
        .update = update_##function,                                                                                   \
        .result = count_result,                                                                                        \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(const cornu_confusion_count_options *given)                                  \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }
COUNT_METRIC(true_positives, "TruePositives", TRUE_POSITIVES, true)
COUNT_METRIC(true_negatives, "TrueNegatives", TRUE_NEGATIVES, true)
COUNT_METRIC(false_positives, "FalsePositives", FALSE_POSITIVES, false)
COUNT_METRIC(false_negatives, "FalseNegatives", FALSE_NEGATIVES, false)

static cornu_status check_precision(void *config)
{
    const cornu_precision_options *o = config;
    if (o->top_k < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "top_k: wanted at least 1, or 0 for none, got %d", o->top_k);
    if (o->top_k > 0)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "top_k: not available yet; wanted 0");
    return check_one_threshold(o->thresholds);
}

static cornu_status ratio_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const cornu_precision_options *o = metric->config;
    int64_t columns = y_pred->rank > 0 ? y_pred->shape[y_pred->rank - 1] : 1;
    if (o->class_id >= columns && columns != CORNU_NONE)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_id: wanted less than the output's %lld columns, got %d",
                           (long long)columns, o->class_id);
    *count = 2;
    sizes[0] = sizes[1] = 1;
    return CORNU_OK;
}

/* One column of the last axis. */
static cornu_node *column_of(cornu_node *x, int column)
{
    int64_t begin[CORNU_MAX_RANK] = {0}, size[CORNU_MAX_RANK];
    if (!x || column < 0)
        return x;
    memcpy(size, x->shape, sizeof size);
    begin[x->rank - 1] = column;
    size[x->rank - 1] = 1;
    return cornu__op_slice(x, begin, size, NULL);
}

static cornu_status update_ratio(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                 cornu_node *weight, int missed, cornu_node *const *states, cornu_node **new_states)
{
    const cornu_precision_options *o = metric->config;
    double threshold = o->thresholds[0] == 0 ? 0.5 : o->thresholds[0];
    int wanted[2] = {TRUE_POSITIVES, missed};
    y_true = column_of(cornu__align_target(y_true, y_pred), o->class_id);
    return update_counts(y_true, column_of(y_pred, o->class_id), weight, 1, &threshold, 2, wanted, states, new_states);
}

static double ratio_result(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    double hit = states[0][0], all = hit + (double)states[1][0];
    (void)metric, (void)sizes;
    return all == 0 ? 0 : hit / all;
}

static const cornu_precision_options precision_defaults = {.struct_size = sizeof precision_defaults,
                                                           CORNU_PRECISION_DEFAULTS};
static const cornu__field precision_fields[] = {
    CORNU__FIELD(TEXT, cornu_precision_options, name, .optional = true),
    CORNU__FIELD(DOUBLES, cornu_precision_options, thresholds, .optional = true),
    CORNU__FIELD(INT, cornu_precision_options, top_k, .optional = true),
    CORNU__FIELD(INT, cornu_precision_options, class_id, .optional = true),
};

#define RATIO_METRIC(function, class_name, missed)                                                                     \
    static cornu_status update_##function(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,         \
                                          cornu_node *weight, cornu_node *const *states, cornu_node **new_states)      \
    {                                                                                                                  \
        return update_ratio(metric, y_true, y_pred, weight, missed, states, new_states);                               \
    }                                                                                                                  \
    static const cornu__metric_class function##_class = {                                                              \
        CORNU__METRIC_BASE(class_name, cornu_precision_options, precision_defaults, precision_fields, 4,               \
                           check_precision, #function),                                                                \
        .larger_is_better = true,                                                                                      \
        .states = ratio_states,                                                                                        \
        .update = update_##function,                                                                                   \
        .result = ratio_result,                                                                                        \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(const cornu_precision_options *given)                                        \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }
RATIO_METRIC(precision, "Precision", FALSE_POSITIVES)
RATIO_METRIC(recall, "Recall", FALSE_NEGATIVES)

/* --- AUC (specification, 7.2) --- */

static cornu_status check_auc(void *config)
{
    const cornu_auc_options *o = config;
    if (o->num_thresholds < 2 || o->num_thresholds > MAX_AUC_THRESHOLDS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_thresholds: wanted 2 to %d, got %d", MAX_AUC_THRESHOLDS,
                           o->num_thresholds);
    return CORNU_OK;
}

static cornu_status auc_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    (void)y_pred;
    *count = COUNTS;
    for (int i = 0; i < COUNTS; i++)
        sizes[i] = ((const cornu_auc_options *)metric->config)->num_thresholds;
    return CORNU_OK;
}

static cornu_status update_auc(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                               cornu_node *const *states, cornu_node **new_states)
{
    static const int all[COUNTS] = {TRUE_POSITIVES, FALSE_POSITIVES, TRUE_NEGATIVES, FALSE_NEGATIVES};
    const cornu_auc_options *o = metric->config;
    int count = o->num_thresholds;
    double *thresholds = cornu__alloc_array((size_t)count, sizeof *thresholds);
    if (!thresholds)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < count; i++)
        thresholds[i] = (double)i / (count - 1);
    thresholds[0] = -CORNU__EPSILON;
    thresholds[count - 1] = 1 + CORNU__EPSILON;
    y_true = cornu__align_target(y_true, y_pred);
    cornu_node *scores = o->from_logits ? cornu__op_unary(CORNU__OP_SIGMOID, y_pred) : y_pred;
    cornu_status status = update_counts(y_true, scores, weight, count, thresholds, COUNTS, all, states, new_states);
    cornu__free(thresholds);
    return status;
}

static double ratio(double part, double whole)
{
    return whole == 0 ? 0 : part / whole;
}

/* Davis and Goadrich's interpolation between points of a precision-recall curve. */
static double interpolated_segment(const float *const *s, int i)
{
    double tp = s[TRUE_POSITIVES][i], tp_next = s[TRUE_POSITIVES][i + 1];
    double p = tp + (double)s[FALSE_POSITIVES][i], p_next = tp_next + (double)s[FALSE_POSITIVES][i + 1];
    double slope = ratio(tp - tp_next, fmax(p - p_next, 0)), intercept = tp_next - slope * p_next;
    double log_ratio = p > 0 && p_next > 0 ? log(p / p_next) : 0;
    return ratio(slope * (tp - tp_next + intercept * log_ratio), fmax(tp_next + (double)s[FALSE_NEGATIVES][i + 1], 0));
}

static double result_of_auc(const cornu__object *metric, const float *const *s, const int64_t *sizes)
{
    const cornu_auc_options *o = metric->config;
    bool roc = strcmp(o->curve, "ROC") == 0;
    double area = 0;
    if (!roc && strcmp(o->summation_method, "interpolation") == 0) {
        for (int i = 0; i + 1 < sizes[0]; i++)
            area += interpolated_segment(s, i);
        return area;
    }
    double last_x = 0, last_y = 0;
    for (int i = 0; i < sizes[0]; i++) {
        double tp = s[TRUE_POSITIVES][i], fp = s[FALSE_POSITIVES][i], tn = s[TRUE_NEGATIVES][i],
               fn = s[FALSE_NEGATIVES][i];
        double recall = ratio(tp, tp + fn), x = roc ? ratio(fp, fp + tn) : recall,
               y = roc ? recall : ratio(tp, tp + fp);
        double height = o->summation_method[0] == 'i'   ? (y + last_y) / 2
                        : o->summation_method[1] == 'i' ? fmin(y, last_y)
                                                        : fmax(y, last_y);
        if (i > 0)
            area += (last_x - x) * height;
        last_x = x;
        last_y = y;
    }
    return area;
}

static const char *const curves[] = {"ROC", "PR", NULL};
static const char *const summation_methods[] = {"interpolation", "minoring", "majoring", NULL};
static const cornu_auc_options auc_defaults = {.struct_size = sizeof auc_defaults, CORNU_AUC_DEFAULTS};
static const cornu__field auc_fields[] = {
    CORNU__FIELD(TEXT, cornu_auc_options, name, .optional = true),
    CORNU__FIELD(INT, cornu_auc_options, num_thresholds),
    CORNU__FIELD(TEXT, cornu_auc_options, curve, .choices = curves),
    CORNU__FIELD(TEXT, cornu_auc_options, summation_method, .choices = summation_methods),
    CORNU__FIELD(BOOL, cornu_auc_options, from_logits),
};
static const cornu__metric_class auc_class = {
    CORNU__METRIC_BASE("AUC", cornu_auc_options, auc_defaults, auc_fields, 5, check_auc, "auc"),
    .larger_is_better = true,
    .states = auc_states,
    .update = update_auc,
    .result = result_of_auc,
};

cornu_metric *cornu_auc_with(const cornu_auc_options *options)
{
    return cornu__object_make(&auc_class.base, options);
}

cornu__family cornu__confusion_metrics = {&true_positives_class.base,
                                          &true_negatives_class.base,
                                          &false_positives_class.base,
                                          &false_negatives_class.base,
                                          &precision_class.base,
                                          &recall_class.base,
                                          &auc_class.base,
                                          NULL};
