/* nn/confusion_metrics.c: counts of true and false positives and negatives at thresholds; precision and recall. */
#include "nn/confusion.h"

#include <math.h>
#include <string.h>

#include "graph/arithmetic.h"

/* --- counting --- */

int cornu__list_count(const double *list)
{
    int count = 0;
    while (count < CORNU_MAX_THRESHOLDS && list[count] != 0)
        count++;
    return count;
}

cornu_status cornu__check_thresholds(const double *list)
{
    for (int i = 0; i < cornu__list_count(list); i++)
        if (!(list[i] >= 0 && list[i] <= 1))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "thresholds: wanted 0 <= threshold <= 1, got %g", list[i]);
    return CORNU_OK;
}

cornu_status cornu__check_column(const cornu__spec *y_pred, int column)
{
    int64_t columns = y_pred->rank > 0 ? y_pred->shape[y_pred->rank - 1] : 1;
    if (column < -1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_id: wanted 0 or more, or -1 for all, got %d", column);
    if (column >= columns && columns != CORNU_NONE)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_id: wanted less than the output's %lld columns, got %d",
                           (long long)columns, column);
    return CORNU_OK;
}

cornu_node *cornu__column_of(cornu_node *x, int column)
{
    int64_t begin[CORNU_MAX_RANK] = {0}, size[CORNU_MAX_RANK];
    if (!x || column < 0)
        return x;
    memcpy(size, x->shape, sizeof size);
    begin[x->rank - 1] = column;
    size[x->rank - 1] = 1;
    return cornu__op_slice(x, begin, size, NULL);
}

/* (n), or (rows, columns) where each column is counted by itself. */
static cornu_node *arranged(const cornu__counting *counting, cornu_node *x)
{
    if (!x)
        return NULL;
    int64_t shape[2] = {-1, x->rank > 0 ? x->shape[x->rank - 1] : 1};
    return cornu__op_reshape(x, counting->by_column ? 2 : 1, shape);
}

/* (T, n) or (T, rows, columns) of 0 and 1: score > threshold. */
static cornu_node *predictions(const cornu__counting *counting)
{
    cornu_node *scores = arranged(counting, counting->y_pred);
    if (!scores)
        return NULL;
    cornu__graph *graph = scores->op->graph;
    float *values = cornu__graph_alloc(graph, (size_t)counting->threshold_count * sizeof *values);
    if (!values)
        return NULL;
    for (int i = 0; i < counting->threshold_count; i++)
        values[i] = (float)counting->thresholds[i];
    int64_t shape[3] = {counting->threshold_count, 1, 1};
    cornu_node *bounds = cornu__op_constant(graph, CORNU_FLOAT32, scores->rank + 1, shape, values);
    return cornu__op_binary(CORNU__OP_GREATER, scores, cornu__op_cast(bounds, scores->dtype));
}

/* state + sum over samples of predicted actual weight */
static cornu_node *counted(cornu_node *state, cornu_node *predicted, cornu_node *actual, cornu_node *weight)
{
    int samples = 1;
    cornu_node *hit = cornu__multiply(predicted, actual);
    if (weight)
        hit = cornu__multiply(hit, weight);
    cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, hit, 1, &samples, false);
    return cornu__add(state, cornu__op_reshape(sum, 1, state->shape));
}

cornu_status cornu__count_confusion(const cornu__counting *counting, int kept_count, const int *kept,
                                    cornu_node *const *states, cornu_node **new_states)
{
    cornu_node *weight = NULL;
    if (!counting->y_true || !counting->y_pred)
        return cornu_error_status();
    if (counting->weight) {
        weight = arranged(counting, cornu__align_weight(counting->weight, counting->y_pred));
        if (!weight)
            return cornu_error_status();
    }
    cornu_node *positive = predictions(counting);
    cornu_node *label = cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, arranged(counting, counting->y_true), 0);
    for (int k = 0; k < kept_count; k++) {
        bool predicted = kept[k] == CORNU__TRUE_POSITIVES || kept[k] == CORNU__FALSE_POSITIVES;
        bool actual = kept[k] == CORNU__TRUE_POSITIVES || kept[k] == CORNU__FALSE_NEGATIVES;
        new_states[k] = counted(states[k], predicted ? positive : cornu__one_minus(positive),
                                actual ? label : cornu__one_minus(label), weight);
        if (!new_states[k])
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* --- TruePositives and its like --- */

/* The thresholds of a list, or the one that stands for none. */
static int thresholds_of(const double *list, const double *otherwise, const double **thresholds)
{
    int count = cornu__list_count(list);
    *thresholds = count > 0 ? list : otherwise;
    return count > 0 ? count : 1;
}

static const double half = 0.5;

static int first_size(const cornu__object *metric, const int64_t *sizes)
{
    (void)metric;
    return (int)sizes[0];
}

static cornu_status check_count(void *config)
{
    return cornu__check_thresholds(((const cornu_confusion_count_options *)config)->thresholds);
}

static cornu_status count_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const double *thresholds;
    (void)y_pred;
    *count = 1;
    sizes[0] = thresholds_of(((const cornu_confusion_count_options *)metric->config)->thresholds, &half, &thresholds);
    return CORNU_OK;
}

static cornu_status update_count(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                 cornu_node *weight, int kept, cornu_node *const *states, cornu_node **new_states)
{
    const cornu_confusion_count_options *o = metric->config;
    cornu__counting counting = {.y_true = cornu__align_target(y_true, y_pred), .y_pred = y_pred, .weight = weight};
    counting.threshold_count = thresholds_of(o->thresholds, &half, &counting.thresholds);
    return cornu__count_confusion(&counting, 1, &kept, states, new_states);
}

static double count_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    (void)metric, (void)sizes;
    return (double)states[0][element];
}

static const cornu_confusion_count_options count_defaults = {.struct_size = sizeof count_defaults};
static const cornu__field count_fields[] = {
    CORNU__FIELD(TEXT, cornu_confusion_count_options, name, .optional = true),
    CORNU__FIELD(DOUBLES, cornu_confusion_count_options, thresholds, .optional = true),
};

#define COUNT_METRIC(function, class_name, kept, larger)                                                               \
    static cornu_status update_##function(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,         \
                                          cornu_node *weight, cornu_node *const *states, cornu_node **new_states)      \
    {                                                                                                                  \
        return update_count(metric, y_true, y_pred, weight, kept, states, new_states);                                 \
    }                                                                                                                  \
    static const cornu__metric_class function##_class = {                                                              \
        CORNU__METRIC_BASE(class_name, cornu_confusion_count_options, count_defaults, count_fields, 2, check_count,    \
                           #function),                                                                                 \
        .larger_is_better = larger,                                                                                    \
        .states = count_states,                                                                                        \
        .update = update_##function,                                                                                   \
        .elements = first_size,                                                                                        \
        .element = count_element,                                                                                      \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(const cornu_confusion_count_options *given)                                  \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }
COUNT_METRIC(true_positives, "TruePositives", CORNU__TRUE_POSITIVES, true)
COUNT_METRIC(true_negatives, "TrueNegatives", CORNU__TRUE_NEGATIVES, true)
COUNT_METRIC(false_positives, "FalsePositives", CORNU__FALSE_POSITIVES, false)
COUNT_METRIC(false_negatives, "FalseNegatives", CORNU__FALSE_NEGATIVES, false)

/* --- Precision, Recall --- */

/* What scores beyond the k best become, and the threshold below all others: as in Keras. */
static const double lowest = -1e10;

static cornu_status check_precision(void *config)
{
    const cornu_precision_options *o = config;
    if (o->top_k < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "top_k: wanted at least 1, or 0 for none, got %d", o->top_k);
    return cornu__check_thresholds(o->thresholds);
}

static int precision_thresholds(const cornu_precision_options *o, const double **thresholds)
{
    return thresholds_of(o->thresholds, o->top_k > 0 ? &lowest : &half, thresholds);
}

static cornu_status ratio_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const cornu_precision_options *o = metric->config;
    const double *thresholds;
    CORNU_TRY(cornu__check_column(y_pred, o->class_id));
    if (o->top_k > 0 && (y_pred->rank < 1 || o->top_k > y_pred->shape[y_pred->rank - 1]))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "top_k: wanted at most the output's %lld columns, got %d",
                           y_pred->rank < 1 ? 0LL : (long long)y_pred->shape[y_pred->rank - 1], o->top_k);
    *count = 2;
    sizes[0] = sizes[1] = precision_thresholds(o, &thresholds);
    return CORNU_OK;
}

/* Scores, of which those beyond the k best of their row are lowest. Of equal ones the first counts. */
static cornu_node *best_of_row(cornu_node *scores, int k)
{
    cornu_node *rest = scores, *chosen = NULL;
    if (!scores)
        return NULL;
    int64_t columns = scores->shape[scores->rank - 1];
    cornu_node *nothing = cornu__op_scalar(scores->op->graph, scores->dtype, -INFINITY);
    for (int i = 0; i < k; i++) {
        cornu_node *best = cornu__op_one_hot(cornu__op_argmax(rest), columns, scores->dtype);
        rest = cornu__op_select(best, nothing, rest);
        chosen = chosen ? cornu__op_binary(CORNU__OP_MAXIMUM, chosen, best) : best;
    }
    return cornu__op_select(chosen, scores, cornu__op_scalar(scores->op->graph, scores->dtype, lowest));
}

static cornu_status update_ratio(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                 cornu_node *weight, int missed, cornu_node *const *states, cornu_node **new_states)
{
    const cornu_precision_options *o = metric->config;
    const int kept[2] = {CORNU__TRUE_POSITIVES, missed};
    cornu_node *scores = o->top_k > 0 ? best_of_row(y_pred, o->top_k) : y_pred;
    cornu__counting counting = {.y_true = cornu__column_of(cornu__align_target(y_true, y_pred), o->class_id),
                                .y_pred = cornu__column_of(scores, o->class_id),
                                .weight = weight};
    counting.threshold_count = precision_thresholds(o, &counting.thresholds);
    return cornu__count_confusion(&counting, 2, kept, states, new_states);
}

static double ratio_element(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    double hit = states[0][element];
    (void)metric, (void)sizes;
    return cornu__ratio(hit, hit + (double)states[1][element]);
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
        .elements = first_size,                                                                                        \
        .element = ratio_element,                                                                                      \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(const cornu_precision_options *given)                                        \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }
RATIO_METRIC(precision, "Precision", CORNU__FALSE_POSITIVES)
RATIO_METRIC(recall, "Recall", CORNU__FALSE_NEGATIVES)

cornu__family cornu__confusion_metrics = {&true_positives_class.base,
                                          &true_negatives_class.base,
                                          &false_positives_class.base,
                                          &false_negatives_class.base,
                                          &precision_class.base,
                                          &recall_class.base,
                                          NULL};
