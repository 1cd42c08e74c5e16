/* nn/curve_metrics.c: what is read off the curves through many thresholds: the area under one, the best value where another holds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/confusion.h"

#define MAX_CURVE_THRESHOLDS 100000

static const int all_counts[CORNU__CONFUSION_COUNTS] = {CORNU__TRUE_POSITIVES, CORNU__FALSE_POSITIVES,
                                                        CORNU__TRUE_NEGATIVES, CORNU__FALSE_NEGATIVES};

/* Counts at one threshold (of one column). */
typedef struct counts {
    double tp, fp, tn, fn;
} counts;

static counts counts_at(const float *const *states, int64_t place)
{
    return (counts){.tp = (double)states[CORNU__TRUE_POSITIVES][place],
                    .fp = (double)states[CORNU__FALSE_POSITIVES][place],
                    .tn = (double)states[CORNU__TRUE_NEGATIVES][place],
                    .fn = (double)states[CORNU__FALSE_NEGATIVES][place]};
}

static double recall_of(counts c)
{
    return cornu__ratio(c.tp, c.tp + c.fn);
}

static double precision_of(counts c)
{
    return cornu__ratio(c.tp, c.tp + c.fp);
}

static double specificity_of(counts c)
{
    return cornu__ratio(c.tn, c.tn + c.fp);
}

static cornu_status check_threshold_count(int count, int least)
{
    if (count >= least && count <= MAX_CURVE_THRESHOLDS)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_thresholds: wanted %d to %d, got %d", least,
                       MAX_CURVE_THRESHOLDS, count);
}

static void all_states(int64_t size, int *count, int64_t *sizes)
{
    *count = CORNU__CONFUSION_COUNTS;
    for (int i = 0; i < CORNU__CONFUSION_COUNTS; i++)
        sizes[i] = size;
}

/* i / (count - 1), the first below 0, so that all scores are above it. */
static void spread(int count, double *thresholds)
{
    for (int i = 0; i < count; i++)
        thresholds[i] = (double)i / (count - 1);
    thresholds[0] = -CORNU__EPSILON;
}

/* --- AUC (specification, 7.2) --- */

static int auc_threshold_count(const cornu_auc_options *o)
{
    int given = cornu__list_count(o->thresholds);
    return given > 0 ? given + 2 : o->num_thresholds;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* In ascending order, the ends beyond all scores. */
static void auc_thresholds(const cornu_auc_options *o, double *thresholds)
{
    int count = auc_threshold_count(o), given = cornu__list_count(o->thresholds);
    spread(count, thresholds);
    if (given > 0) {
        memcpy(thresholds + 1, o->thresholds, (size_t)given * sizeof *thresholds);
        qsort(thresholds + 1, (size_t)given, sizeof *thresholds, compare_numbers);
    }
    thresholds[count - 1] = 1 + CORNU__EPSILON;
}

static cornu_status check_auc(void *config)
{
    const cornu_auc_options *o = config;
    CORNU_TRY(check_threshold_count(o->num_thresholds, 2));
    CORNU_TRY(cornu__check_thresholds(o->thresholds));
    for (int i = 0; i < cornu__list_count(o->label_weights); i++)
        if (!(o->label_weights[i] > 0) || !isfinite(o->label_weights[i]))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "label_weights: wanted numbers above 0, got %g",
                               o->label_weights[i]);
    if (o->num_labels < 0 || (o->num_labels > 0 && !o->multi_label))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "num_labels: wanted at least 1 together with multi_label, or 0 for none, got %d",
                           o->num_labels);
    return CORNU_OK;
}

static cornu_status auc_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const cornu_auc_options *o = metric->config;
    int64_t columns = y_pred->rank > 0 ? y_pred->shape[y_pred->rank - 1] : 1;
    int weights = cornu__list_count(o->label_weights);
    if (o->multi_label && (y_pred->rank != 2 || columns == CORNU_NONE))
        return cornu__fail(CORNU_ERROR_SHAPE, "multi_label: wanted an output of 2 axes (batch, labels), got %d",
                           y_pred->rank);
    if (o->num_labels > 0 && o->num_labels != columns)
        return cornu__fail(CORNU_ERROR_SHAPE, "num_labels: wanted the output's %lld columns, got %d",
                           (long long)columns, o->num_labels);
    if (weights > 0 && weights != columns)
        return cornu__fail(CORNU_ERROR_SHAPE, "label_weights: wanted one for each of the output's %lld columns, got %d",
                           (long long)columns, weights);
    all_states(auc_threshold_count(o) * (o->multi_label ? columns : 1), count, sizes);
    return CORNU_OK;
}

/* Sample weights times the columns' weights. */
static cornu_node *with_label_weights(const cornu_auc_options *o, cornu_node *y_pred, cornu_node *weight)
{
    int64_t columns = cornu__list_count(o->label_weights);
    if (columns == 0 || o->multi_label || !y_pred)
        return weight;
    float *values = cornu__graph_alloc(y_pred->op->graph, (size_t)columns * sizeof *values);
    if (!values)
        return NULL;
    for (int64_t i = 0; i < columns; i++)
        values[i] = (float)o->label_weights[i];
    cornu_node *constant = cornu__op_constant(y_pred->op->graph, CORNU_FLOAT32, 1, &columns, values);
    cornu_node *labels = cornu__op_broadcast(cornu__op_cast(constant, y_pred->dtype), y_pred->rank, y_pred->shape);
    return weight ? cornu__op_binary(CORNU__OP_MULTIPLY, labels, cornu__align_weight(weight, y_pred)) : labels;
}

static cornu_status update_auc(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                               cornu_node *const *states, cornu_node **new_states)
{
    const cornu_auc_options *o = metric->config;
    cornu__counting counting = {.y_true = cornu__align_target(y_true, y_pred),
                                .y_pred = o->from_logits ? cornu__op_unary(CORNU__OP_SIGMOID, y_pred) : y_pred,
                                .weight = with_label_weights(o, y_pred, weight),
                                .threshold_count = auc_threshold_count(o),
                                .by_column = o->multi_label};
    if (!counting.weight && (weight || (cornu__list_count(o->label_weights) > 0 && !o->multi_label)))
        return cornu_error_status();
    double *thresholds = cornu__alloc_array((size_t)counting.threshold_count, sizeof *thresholds);
    if (!thresholds)
        return CORNU_ERROR_OUT_OF_MEMORY;
    auc_thresholds(o, thresholds);
    counting.thresholds = thresholds;
    cornu_status status = cornu__count_confusion(&counting, CORNU__CONFUSION_COUNTS, all_counts, states, new_states);
    cornu__free(thresholds);
    return status;
}

/* Davis and Goadrich's interpolation between points of a precision-recall curve. */
static double interpolated_segment(counts here, counts next)
{
    double p = here.tp + here.fp, p_next = next.tp + next.fp;
    double slope = cornu__ratio(here.tp - next.tp, fmax(p - p_next, 0)), intercept = next.tp - slope * p_next;
    double log_ratio = p > 0 && p_next > 0 ? log(p / p_next) : 0;
    return cornu__ratio(slope * (here.tp - next.tp + intercept * log_ratio), fmax(next.tp + next.fn, 0));
}

/* 1 - P / N missed / tp, P positive and N negative labels: how much better recall or precision is than that of a guess (Flach and Kull 2015,
 * "Precision-recall-gain curves"); without true positives the `otherwise` of Keras. */
static double gain_of(counts c, double missed, double otherwise)
{
    return c.tp == 0 ? otherwise : 1 - cornu__ratio(c.tp + c.fn, c.tn + c.fp) * missed / c.tp;
}

typedef struct point {
    double x, y;
} point;

static point point_of(const cornu_auc_options *o, counts c)
{
    if (strcmp(o->curve, "ROC") == 0)
        return (point){cornu__ratio(c.fp, c.fp + c.tn), recall_of(c)};
    if (strcmp(o->curve, "PR") == 0)
        return (point){recall_of(c), precision_of(c)};
    return (point){fmax(gain_of(c, c.fn, 0), 0), gain_of(c, c.fp, 1)};
}

/* Between two points of a curve that is straight, or flat at its lower or higher end. */
static double segment(const cornu_auc_options *o, counts here, counts next)
{
    bool straight = strcmp(o->summation_method, "interpolation") == 0;
    if (straight && strcmp(o->curve, "PR") == 0)
        return interpolated_segment(here, next);
    point a = point_of(o, here), b = point_of(o, next);
    double width = a.x - b.x, y = a.y, y_next = b.y;
    return width * (straight                                       ? (y + y_next) / 2
                    : strcmp(o->summation_method, "minoring") == 0 ? fmin(y, y_next)
                                                                   : fmax(y, y_next));
}

static double result_of_auc(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    const cornu_auc_options *o = metric->config;
    int count = auc_threshold_count(o), weights = cornu__list_count(o->label_weights);
    int64_t columns = sizes[0] / count;
    double sum = 0, total = 0;
    for (int64_t column = 0; column < columns; column++) {
        double area = 0, weight = o->multi_label && weights > 0 ? o->label_weights[column] : 1;
        for (int i = 0; i + 1 < count; i++)
            area += segment(o, counts_at(states, i * columns + column), counts_at(states, (i + 1) * columns + column));
        sum += weight * area;
        total += weight;
    }
    return sum / total;
}

static const char *const curves[] = {"ROC", "PR", "PRGAIN", NULL};
static const char *const summation_methods[] = {"interpolation", "minoring", "majoring", NULL};
static const cornu_auc_options auc_defaults = {.struct_size = sizeof auc_defaults, CORNU_AUC_DEFAULTS};
static const cornu__field auc_fields[] = {
    CORNU__FIELD(TEXT, cornu_auc_options, name, .optional = true),
    CORNU__FIELD(INT, cornu_auc_options, num_thresholds),
    CORNU__FIELD(TEXT, cornu_auc_options, curve, .choices = curves),
    CORNU__FIELD(TEXT, cornu_auc_options, summation_method, .choices = summation_methods),
    CORNU__FIELD(DOUBLES, cornu_auc_options, thresholds, .optional = true),
    CORNU__FIELD(BOOL, cornu_auc_options, multi_label),
    CORNU__FIELD(INT, cornu_auc_options, num_labels, .optional = true),
    CORNU__FIELD(DOUBLES, cornu_auc_options, label_weights, .optional = true),
    CORNU__FIELD(BOOL, cornu_auc_options, from_logits),
};
static const cornu__metric_class auc_class = {
    CORNU__METRIC_BASE("AUC", cornu_auc_options, auc_defaults, auc_fields, 9, check_auc, "auc"),
    .larger_is_better = true,
    .states = auc_states,
    .update = update_auc,
    .result = result_of_auc,
};

cornu_metric *cornu_auc_with(const cornu_auc_options *options)
{
    return cornu__object_make(&auc_class.base, options);
}

/* --- the best value where another is at least so large (specification, 7.2, PICK Keras 3) --- */

/* The four's options: all begin like this. */
typedef struct at_value_options {
    CORNU_AT_VALUE_FIELDS(value)
} at_value_options;
_Static_assert(offsetof(at_value_options, class_id) == offsetof(cornu_recall_at_precision_options, class_id) &&
                   sizeof(at_value_options) == sizeof(cornu_precision_at_recall_options),
               "the options of the four are laid out alike");

static cornu_status check_at_value(void *config, const char *option)
{
    const at_value_options *o = config;
    if (!(o->value >= 0 && o->value <= 1))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: wanted 0 <= %s <= 1, got %g", option, option, o->value);
    return check_threshold_count(o->num_thresholds, 1);
}

static cornu_status at_value_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    const at_value_options *o = metric->config;
    all_states(o->num_thresholds, count, sizes);
    return cornu__check_column(y_pred, o->class_id);
}

static cornu_status update_at_value(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                    cornu_node *weight, cornu_node *const *states, cornu_node **new_states)
{
    const at_value_options *o = metric->config;
    double *thresholds = cornu__alloc_array((size_t)o->num_thresholds, sizeof *thresholds);
    if (!thresholds)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (o->num_thresholds > 1)
        spread(o->num_thresholds, thresholds);
    else
        thresholds[0] = 0.5;
    cornu__counting counting = {.y_true = cornu__column_of(cornu__align_target(y_true, y_pred), o->class_id),
                                .y_pred = cornu__column_of(y_pred, o->class_id),
                                .weight = weight,
                                .threshold_count = o->num_thresholds,
                                .thresholds = thresholds};
    cornu_status status = cornu__count_confusion(&counting, CORNU__CONFUSION_COUNTS, all_counts, states, new_states);
    cornu__free(thresholds);
    return status;
}

static double best_at_value(const cornu__object *metric, const float *const *states, const int64_t *sizes,
                            double (*wanted)(counts), double (*held)(counts))
{
    double best = 0;
    for (int64_t i = 0; i < sizes[0]; i++) {
        counts c = counts_at(states, i);
        if (held(c) >= ((const at_value_options *)metric->config)->value)
            best = fmax(best, wanted(c));
    }
    return best;
}

#define AT_VALUE_METRIC(function, class_name, option, wanted, held)                                                    \
    static cornu_status check_##function(void *config)                                                                 \
    {                                                                                                                  \
        return check_at_value(config, #option);                                                                        \
    }                                                                                                                  \
    static double result_of_##function(const cornu__object *metric, const float *const *states, const int64_t *sizes)  \
    {                                                                                                                  \
        return best_at_value(metric, states, sizes, wanted, held);                                                     \
    }                                                                                                                  \
    static const cornu_##function##_options function##_defaults = {                                                    \
        .struct_size = sizeof function##_defaults, .option = -1, CORNU_AT_VALUE_DEFAULTS};                             \
    static const cornu__field function##_fields[] = {                                                                  \
        CORNU__FIELD(TEXT, cornu_##function##_options, name, .optional = true),                                        \
        CORNU__FIELD(DOUBLE, cornu_##function##_options, option),                                                      \
        CORNU__FIELD(INT, cornu_##function##_options, num_thresholds),                                                 \
        CORNU__FIELD(INT, cornu_##function##_options, class_id, .optional = true),                                     \
    };                                                                                                                 \
    static const cornu__metric_class function##_class = {                                                              \
        CORNU__METRIC_BASE(class_name, cornu_##function##_options, function##_defaults, function##_fields, 4,          \
                           check_##function, #function),                                                               \
        .larger_is_better = true,                                                                                      \
        .states = at_value_states,                                                                                     \
        .update = update_at_value,                                                                                     \
        .result = result_of_##function,                                                                                \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(double option, const cornu_##function##_options *given)                      \
    {                                                                                                                  \
        cornu_##function##_options o;                                                                                  \
        cornu__options_complete(&function##_class.base, given, &o);                                                    \
        o.option = option;                                                                                             \
        return cornu__object_make(&function##_class.base, &o);                                                         \
    }
AT_VALUE_METRIC(sensitivity_at_specificity, "SensitivityAtSpecificity", specificity, recall_of, specificity_of)
AT_VALUE_METRIC(specificity_at_sensitivity, "SpecificityAtSensitivity", sensitivity, specificity_of, recall_of)
AT_VALUE_METRIC(precision_at_recall, "PrecisionAtRecall", recall, precision_of, recall_of)
AT_VALUE_METRIC(recall_at_precision, "RecallAtPrecision", precision, recall_of, precision_of)

cornu__family cornu__curve_metrics = {&auc_class.base,
                                      &sensitivity_at_specificity_class.base,
                                      &specificity_at_sensitivity_class.base,
                                      &precision_at_recall_class.base,
                                      &recall_at_precision_class.base,
                                      NULL};
