/*
 * metrics.h: metrics, named as in Keras. By name (.metrics = {"accuracy"}) or as an object: .metrics = {cornu_precision(.thresholds = {0.3})}.
 *
 * "accuracy" and "crossentropy" mean the binary, categorical or sparse one, by loss and shapes. Every loss is a metric too: by its name, or by the
 * constructor with _metric behind, or cornu_mean_metric_wrapper. A metric runs over all batches since the last reset (an epoch's begin). t = y_true, p = y_pred.
 *
 * A metric of several values (one per threshold or class) has one log for each: "<name>_0", "<name>_1", ...
 */
#ifndef CORNU_METRICS_H
#define CORNU_METRICS_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_metric cornu_metric;

/* What every metric takes. `name`: NULL: the metric's own. */
#define CORNU_METRIC_FIELDS                                                                                            \
    size_t struct_size;                                                                                                \
    const char *name;

typedef struct cornu_metric_options {
    CORNU_METRIC_FIELDS
} cornu_metric_options;

#define CORNU_MAX_THRESHOLDS 32

/* t == p */
CORNU_API cornu_metric *cornu_accuracy_with(const cornu_metric_options *options);
#define cornu_accuracy(...) CORNU_KEYWORDS(cornu_accuracy_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* t == (p > threshold) */
typedef struct cornu_binary_accuracy_options {
    CORNU_METRIC_FIELDS
    double threshold CORNU_DEFAULT(0.5);
} cornu_binary_accuracy_options;
#define CORNU_BINARY_ACCURACY_DEFAULTS CORNU_DEFAULTS(.threshold = 0.5)
CORNU_API cornu_metric *cornu_binary_accuracy_with(const cornu_binary_accuracy_options *options);
#define cornu_binary_accuracy(...)                                                                                     \
    CORNU_KEYWORDS(cornu_binary_accuracy_with(&cornu_keywords), cornu_binary_accuracy_options,                         \
                   CORNU_BINARY_ACCURACY_DEFAULTS __VA_ARGS__)

/* argmax t == argmax p; the first maximum wins */
CORNU_API cornu_metric *cornu_categorical_accuracy_with(const cornu_metric_options *options);
#define cornu_categorical_accuracy(...)                                                                                \
    CORNU_KEYWORDS(cornu_categorical_accuracy_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* t == argmax p */
CORNU_API cornu_metric *cornu_sparse_categorical_accuracy_with(const cornu_metric_options *options);
#define cornu_sparse_categorical_accuracy(...)                                                                         \
    CORNU_KEYWORDS(cornu_sparse_categorical_accuracy_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* Fewer than k classes score higher than the target. from_sorted_ids, of the sparse one: p are class numbers, the likeliest first, and the target is
 * among the first k */
typedef struct cornu_top_k_options {
    CORNU_METRIC_FIELDS
    int k CORNU_DEFAULT(5);
    bool from_sorted_ids;
} cornu_top_k_options;
#define CORNU_TOP_K_DEFAULTS CORNU_DEFAULTS(.k = 5)
CORNU_API cornu_metric *cornu_top_k_categorical_accuracy_with(const cornu_top_k_options *options);
CORNU_API cornu_metric *cornu_sparse_top_k_categorical_accuracy_with(const cornu_top_k_options *options);
#define cornu_top_k_categorical_accuracy(...)                                                                          \
    CORNU_KEYWORDS(cornu_top_k_categorical_accuracy_with(&cornu_keywords), cornu_top_k_options,                        \
                   CORNU_TOP_K_DEFAULTS __VA_ARGS__)
#define cornu_sparse_top_k_categorical_accuracy(...)                                                                   \
    CORNU_KEYWORDS(cornu_sparse_top_k_categorical_accuracy_with(&cornu_keywords), cornu_top_k_options,                 \
                   CORNU_TOP_K_DEFAULTS __VA_ARGS__)

/* As the loss of the name before _metric; so are those below where nothing else is said. */
CORNU_API cornu_metric *cornu_mean_squared_error_metric_with(const cornu_metric_options *options);
#define cornu_mean_squared_error_metric(...)                                                                           \
    CORNU_KEYWORDS(cornu_mean_squared_error_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* sqrt of the mean of (p - t)^2 */
CORNU_API cornu_metric *cornu_root_mean_squared_error_with(const cornu_metric_options *options);
#define cornu_root_mean_squared_error(...)                                                                             \
    CORNU_KEYWORDS(cornu_root_mean_squared_error_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_mean_absolute_error_metric_with(const cornu_metric_options *options);
#define cornu_mean_absolute_error_metric(...)                                                                          \
    CORNU_KEYWORDS(cornu_mean_absolute_error_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_mean_absolute_percentage_error_metric_with(const cornu_metric_options *options);
#define cornu_mean_absolute_percentage_error_metric(...)                                                               \
    CORNU_KEYWORDS(cornu_mean_absolute_percentage_error_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_mean_squared_logarithmic_error_metric_with(const cornu_metric_options *options);
#define cornu_mean_squared_logarithmic_error_metric(...)                                                               \
    CORNU_KEYWORDS(cornu_mean_squared_logarithmic_error_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_log_cosh_error_with(const cornu_metric_options *options);
#define cornu_log_cosh_error(...)                                                                                      \
    CORNU_KEYWORDS(cornu_log_cosh_error_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_hinge_metric_with(const cornu_metric_options *options);
#define cornu_hinge_metric(...)                                                                                        \
    CORNU_KEYWORDS(cornu_hinge_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_squared_hinge_metric_with(const cornu_metric_options *options);
#define cornu_squared_hinge_metric(...)                                                                                \
    CORNU_KEYWORDS(cornu_squared_hinge_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_categorical_hinge_metric_with(const cornu_metric_options *options);
#define cornu_categorical_hinge_metric(...)                                                                            \
    CORNU_KEYWORDS(cornu_categorical_hinge_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_kl_divergence_metric_with(const cornu_metric_options *options);
#define cornu_kl_divergence_metric(...)                                                                                \
    CORNU_KEYWORDS(cornu_kl_divergence_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)
CORNU_API cornu_metric *cornu_poisson_metric_with(const cornu_metric_options *options);
#define cornu_poisson_metric(...)                                                                                      \
    CORNU_KEYWORDS(cornu_poisson_metric_with(&cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* +sum l2n(t) l2n(p) over `axis` */
typedef struct cornu_cosine_similarity_metric_options {
    CORNU_METRIC_FIELDS
    int axis CORNU_DEFAULT(-1);
} cornu_cosine_similarity_metric_options;
#define CORNU_COSINE_SIMILARITY_METRIC_DEFAULTS CORNU_DEFAULTS(.axis = -1)
CORNU_API cornu_metric *cornu_cosine_similarity_metric_with(const cornu_cosine_similarity_metric_options *options);
#define cornu_cosine_similarity_metric(...)                                                                            \
    CORNU_KEYWORDS(cornu_cosine_similarity_metric_with(&cornu_keywords), cornu_cosine_similarity_metric_options,       \
                   CORNU_COSINE_SIMILARITY_METRIC_DEFAULTS __VA_ARGS__)

/* As the loss */
typedef struct cornu_binary_crossentropy_metric_options {
    CORNU_METRIC_FIELDS
    bool from_logits;
    double label_smoothing;
} cornu_binary_crossentropy_metric_options;
CORNU_API cornu_metric *cornu_binary_crossentropy_metric_with(const cornu_binary_crossentropy_metric_options *options);
#define cornu_binary_crossentropy_metric(...)                                                                          \
    CORNU_KEYWORDS(cornu_binary_crossentropy_metric_with(&cornu_keywords), cornu_binary_crossentropy_metric_options,   \
                   __VA_ARGS__)

/* As the loss */
typedef struct cornu_categorical_crossentropy_metric_options {
    CORNU_METRIC_FIELDS
    bool from_logits;
    double label_smoothing;
    int axis CORNU_DEFAULT(-1);
} cornu_categorical_crossentropy_metric_options;
#define CORNU_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS CORNU_DEFAULTS(.axis = -1)
CORNU_API cornu_metric *cornu_categorical_crossentropy_metric_with(
    const cornu_categorical_crossentropy_metric_options *options);
#define cornu_categorical_crossentropy_metric(...)                                                                     \
    CORNU_KEYWORDS(cornu_categorical_crossentropy_metric_with(&cornu_keywords),                                        \
                   cornu_categorical_crossentropy_metric_options,                                                      \
                   CORNU_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS __VA_ARGS__)

/* As the loss. Labels of ignore_class do not count (in Keras 3 only where there are weights) */
typedef struct cornu_sparse_categorical_crossentropy_metric_options {
    CORNU_METRIC_FIELDS
    bool from_logits;
    int axis CORNU_DEFAULT(-1);
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
} cornu_sparse_categorical_crossentropy_metric_options;
#define CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS CORNU_DEFAULTS(.axis = -1, .ignore_class = INT64_MIN)
CORNU_API cornu_metric *cornu_sparse_categorical_crossentropy_metric_with(
    const cornu_sparse_categorical_crossentropy_metric_options *options);
#define cornu_sparse_categorical_crossentropy_metric(...)                                                              \
    CORNU_KEYWORDS(cornu_sparse_categorical_crossentropy_metric_with(&cornu_keywords),                                 \
                   cornu_sparse_categorical_crossentropy_metric_options,                                               \
                   CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS __VA_ARGS__)

/* The mean of any loss, given by name or as an object: cornu_mean_metric_wrapper(cornu_huber(.delta = 2), .name = "huber_2") */
typedef struct cornu_mean_metric_wrapper_options {
    CORNU_METRIC_FIELDS
    cornu_identifier fn; /* set by the function's argument */
} cornu_mean_metric_wrapper_options;
CORNU_API cornu_metric *cornu_mean_metric_wrapper_with(cornu_identifier fn,
                                                       const cornu_mean_metric_wrapper_options *options);
#define cornu_mean_metric_wrapper(fn, ...)                                                                             \
    CORNU_KEYWORDS(cornu_mean_metric_wrapper_with((fn), &cornu_keywords), cornu_mean_metric_wrapper_options,           \
                   __VA_ARGS__)

/* A threshold of 0 in a list, which ends at its first 0. */
#define CORNU_ZERO_THRESHOLD 0x1p-1000

/* Weighted counts, positive if p > threshold: .thresholds = {0.3}; default 0.5. Of several thresholds each has a value. */
typedef struct cornu_confusion_count_options {
    CORNU_METRIC_FIELDS
    double thresholds[CORNU_MAX_THRESHOLDS];
} cornu_confusion_count_options;
CORNU_API cornu_metric *cornu_true_positives_with(const cornu_confusion_count_options *options);
CORNU_API cornu_metric *cornu_true_negatives_with(const cornu_confusion_count_options *options);
CORNU_API cornu_metric *cornu_false_positives_with(const cornu_confusion_count_options *options);
CORNU_API cornu_metric *cornu_false_negatives_with(const cornu_confusion_count_options *options);
#define cornu_true_positives(...)                                                                                      \
    CORNU_KEYWORDS(cornu_true_positives_with(&cornu_keywords), cornu_confusion_count_options, __VA_ARGS__)
#define cornu_true_negatives(...)                                                                                      \
    CORNU_KEYWORDS(cornu_true_negatives_with(&cornu_keywords), cornu_confusion_count_options, __VA_ARGS__)
#define cornu_false_positives(...)                                                                                     \
    CORNU_KEYWORDS(cornu_false_positives_with(&cornu_keywords), cornu_confusion_count_options, __VA_ARGS__)
#define cornu_false_negatives(...)                                                                                     \
    CORNU_KEYWORDS(cornu_false_negatives_with(&cornu_keywords), cornu_confusion_count_options, __VA_ARGS__)

/* precision tp / (tp + fp), recall tp / (tp + fn), 0 where empty. `thresholds`: one, as above. `class_id`: of one column only, 0 is the
 * first; -1: of all. `top_k`: only the k largest scores of a row can be positive, without thresholds all of them are; 0: all scores count. */
typedef struct cornu_precision_options {
    CORNU_METRIC_FIELDS
    double thresholds[CORNU_MAX_THRESHOLDS];
    int top_k;
    int class_id CORNU_DEFAULT(-1);
} cornu_precision_options;
#define CORNU_PRECISION_DEFAULTS CORNU_DEFAULTS(.class_id = -1)
CORNU_API cornu_metric *cornu_precision_with(const cornu_precision_options *options);
CORNU_API cornu_metric *cornu_recall_with(const cornu_precision_options *options);
#define cornu_precision(...)                                                                                           \
    CORNU_KEYWORDS(cornu_precision_with(&cornu_keywords), cornu_precision_options, CORNU_PRECISION_DEFAULTS __VA_ARGS__)
#define cornu_recall(...)                                                                                              \
    CORNU_KEYWORDS(cornu_recall_with(&cornu_keywords), cornu_precision_options, CORNU_PRECISION_DEFAULTS __VA_ARGS__)

/* The area under the curve "ROC", "PR" or "PRGAIN" (Flach and Kull 2015) through num_thresholds points; summation_method "interpolation", "minoring", "majoring".
 * `thresholds`: these, between 0 and 1, instead of num_thresholds evenly spread ones. `multi_label`: the mean of the areas of the columns of
 * an output (batch, labels), weighted by `label_weights` (above 0; none given: alike); without it label_weights are weights of the columns.
 * `num_labels` is checked against the output; 0: not */
typedef struct cornu_auc_options {
    CORNU_METRIC_FIELDS
    int num_thresholds CORNU_DEFAULT(200);
    const char *curve CORNU_DEFAULT("ROC");
    const char *summation_method CORNU_DEFAULT("interpolation");
    double thresholds[CORNU_MAX_THRESHOLDS];
    bool multi_label;
    int num_labels;
    double label_weights[CORNU_MAX_THRESHOLDS];
    bool from_logits;
} cornu_auc_options;
#define CORNU_AUC_DEFAULTS CORNU_DEFAULTS(.num_thresholds = 200, .curve = "ROC", .summation_method = "interpolation")
CORNU_API cornu_metric *cornu_auc_with(const cornu_auc_options *options);
#define cornu_auc(...)                                                                                                 \
    CORNU_KEYWORDS(cornu_auc_with(&cornu_keywords), cornu_auc_options, CORNU_AUC_DEFAULTS __VA_ARGS__)

/* The best of one where the other is at least a value, over num_thresholds thresholds from 0 to 1; 0 where none reaches it. sensitivity = recall =
 * tp / (tp + fn), specificity tn / (tn + fp), precision tp / (tp + fp). `class_id`: of that column only; -1: all */
#define CORNU_AT_VALUE_FIELDS(value)                                                                                   \
    CORNU_METRIC_FIELDS                                                                                                \
    double value; /* set by the function's argument */                                                                 \
    int num_thresholds CORNU_DEFAULT(200);                                                                             \
    int class_id CORNU_DEFAULT(-1);
#define CORNU_AT_VALUE_DEFAULTS CORNU_DEFAULTS(.num_thresholds = 200, .class_id = -1)
typedef struct cornu_sensitivity_at_specificity_options {
    CORNU_AT_VALUE_FIELDS(specificity)
} cornu_sensitivity_at_specificity_options;
typedef struct cornu_specificity_at_sensitivity_options {
    CORNU_AT_VALUE_FIELDS(sensitivity)
} cornu_specificity_at_sensitivity_options;
typedef struct cornu_precision_at_recall_options {
    CORNU_AT_VALUE_FIELDS(recall)
} cornu_precision_at_recall_options;
typedef struct cornu_recall_at_precision_options {
    CORNU_AT_VALUE_FIELDS(precision)
} cornu_recall_at_precision_options;
CORNU_API cornu_metric *cornu_sensitivity_at_specificity_with(double specificity,
                                                              const cornu_sensitivity_at_specificity_options *options);
CORNU_API cornu_metric *cornu_specificity_at_sensitivity_with(double sensitivity,
                                                              const cornu_specificity_at_sensitivity_options *options);
CORNU_API cornu_metric *cornu_precision_at_recall_with(double recall, const cornu_precision_at_recall_options *options);
CORNU_API cornu_metric *cornu_recall_at_precision_with(double precision,
                                                       const cornu_recall_at_precision_options *options);
#define cornu_sensitivity_at_specificity(specificity, ...)                                                             \
    CORNU_KEYWORDS(cornu_sensitivity_at_specificity_with(specificity, &cornu_keywords),                                \
                   cornu_sensitivity_at_specificity_options, CORNU_AT_VALUE_DEFAULTS __VA_ARGS__)
#define cornu_specificity_at_sensitivity(sensitivity, ...)                                                             \
    CORNU_KEYWORDS(cornu_specificity_at_sensitivity_with(sensitivity, &cornu_keywords),                                \
                   cornu_specificity_at_sensitivity_options, CORNU_AT_VALUE_DEFAULTS __VA_ARGS__)
#define cornu_precision_at_recall(recall, ...)                                                                         \
    CORNU_KEYWORDS(cornu_precision_at_recall_with(recall, &cornu_keywords), cornu_precision_at_recall_options,         \
                   CORNU_AT_VALUE_DEFAULTS __VA_ARGS__)
#define cornu_recall_at_precision(precision, ...)                                                                      \
    CORNU_KEYWORDS(cornu_recall_at_precision_with(precision, &cornu_keywords), cornu_recall_at_precision_options,      \
                   CORNU_AT_VALUE_DEFAULTS __VA_ARGS__)

/* (1 + beta^2) precision recall / (beta^2 precision + recall) of each class of an output (batch, classes); F1: beta 1. A class is predicted where
 * p > threshold (above 0, at most 1), without one where p is the row's largest. `average`: NULL: one value per class; "micro": of all
 * classes' counts together; "macro": the mean of the classes; "weighted": by how often each is the target */
typedef struct cornu_f1_score_options {
    CORNU_METRIC_FIELDS
    const char *average;
    double threshold CORNU_DEFAULT(__builtin_nan("")); /* NaN: none */
} cornu_f1_score_options;
#define CORNU_F1_SCORE_DEFAULTS CORNU_DEFAULTS(.threshold = __builtin_nan(""))
CORNU_API cornu_metric *cornu_f1_score_with(const cornu_f1_score_options *options);
#define cornu_f1_score(...)                                                                                            \
    CORNU_KEYWORDS(cornu_f1_score_with(&cornu_keywords), cornu_f1_score_options, CORNU_F1_SCORE_DEFAULTS __VA_ARGS__)

typedef struct cornu_fbeta_score_options {
    CORNU_METRIC_FIELDS
    const char *average;
    double threshold CORNU_DEFAULT(__builtin_nan("")); /* NaN: none */
    double beta CORNU_DEFAULT(1.0);
} cornu_fbeta_score_options;
#define CORNU_FBETA_SCORE_DEFAULTS CORNU_DEFAULTS(.threshold = __builtin_nan(""), .beta = 1.0)
CORNU_API cornu_metric *cornu_fbeta_score_with(const cornu_fbeta_score_options *options);
#define cornu_fbeta_score(...)                                                                                         \
    CORNU_KEYWORDS(cornu_fbeta_score_with(&cornu_keywords), cornu_fbeta_score_options,                                 \
                   CORNU_FBETA_SCORE_DEFAULTS __VA_ARGS__)

/* 1 - sum (t - p)^2 / sum (t - mean t)^2 of each column of an output (batch, columns). `class_aggregation`: "uniform_average",
 * "variance_weighted_average", NULL: one value per column. `num_regressors` k: adjusted, 1 - (1 - R2) (n - 1) / (n - k - 1), n samples; 0: not */
typedef struct cornu_r2_score_options {
    CORNU_METRIC_FIELDS
    const char *class_aggregation CORNU_DEFAULT("uniform_average");
    int num_regressors;
} cornu_r2_score_options;
#define CORNU_R2_SCORE_DEFAULTS CORNU_DEFAULTS(.class_aggregation = "uniform_average")
CORNU_API cornu_metric *cornu_r2_score_with(const cornu_r2_score_options *options);
#define cornu_r2_score(...)                                                                                            \
    CORNU_KEYWORDS(cornu_r2_score_with(&cornu_keywords), cornu_r2_score_options, CORNU_R2_SCORE_DEFAULTS __VA_ARGS__)

/* The mean over samples of the correlation of t and p along `axis`: Pearson cov(t, p) / (sd t sd p), 0 where one of them is constant; concordance
 * 2 cov(t, p) / (var t + var p + (mean t - mean p)^2) */
typedef struct cornu_correlation_options {
    CORNU_METRIC_FIELDS
    int axis CORNU_DEFAULT(-1);
} cornu_correlation_options;
#define CORNU_CORRELATION_DEFAULTS CORNU_DEFAULTS(.axis = -1)
CORNU_API cornu_metric *cornu_pearson_correlation_with(const cornu_correlation_options *options);
CORNU_API cornu_metric *cornu_concordance_correlation_with(const cornu_correlation_options *options);
#define cornu_pearson_correlation(...)                                                                                 \
    CORNU_KEYWORDS(cornu_pearson_correlation_with(&cornu_keywords), cornu_correlation_options,                         \
                   CORNU_CORRELATION_DEFAULTS __VA_ARGS__)
#define cornu_concordance_correlation(...)                                                                             \
    CORNU_KEYWORDS(cornu_concordance_correlation_with(&cornu_keywords), cornu_correlation_options,                     \
                   CORNU_CORRELATION_DEFAULTS __VA_ARGS__)

/* Intersection over union of classes: tp / (tp + fp + fn), the mean of the classes that occur, 0 if none does. Class numbers outside 0 ..
 * num_classes - 1 and samples whose target is `ignore_class` (INT64_MIN: none) do not count. Where y is not sparse its classes are scores
 * along `axis`, and the largest counts. `target_class_ids`: these classes only, at most CORNU_MAX_RANK: cornu_class_ids(0, 2) */
#define cornu_class_ids(...) cornu_axis(__VA_ARGS__)

typedef struct cornu_mean_iou_options {
    CORNU_METRIC_FIELDS
    int num_classes; /* set by the function's argument */
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
    bool sparse_y_true CORNU_DEFAULT(true);
    bool sparse_y_pred CORNU_DEFAULT(true);
    int axis CORNU_DEFAULT(-1);
} cornu_mean_iou_options;
typedef struct cornu_iou_options {
    CORNU_METRIC_FIELDS
    int num_classes; /* set by the function's argument */
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
    bool sparse_y_true CORNU_DEFAULT(true);
    bool sparse_y_pred CORNU_DEFAULT(true);
    int axis CORNU_DEFAULT(-1);
    cornu_axes target_class_ids; /* needed */
} cornu_iou_options;
#define CORNU_IOU_DEFAULTS                                                                                             \
    CORNU_DEFAULTS(.ignore_class = INT64_MIN, .sparse_y_true = true, .sparse_y_pred = true, .axis = -1)
CORNU_API cornu_metric *cornu_mean_iou_with(int num_classes, const cornu_mean_iou_options *options);
CORNU_API cornu_metric *cornu_iou_with(int num_classes, const cornu_iou_options *options);
#define cornu_mean_iou(num_classes, ...)                                                                               \
    CORNU_KEYWORDS(cornu_mean_iou_with(num_classes, &cornu_keywords), cornu_mean_iou_options,                          \
                   CORNU_IOU_DEFAULTS __VA_ARGS__)
#define cornu_iou(num_classes, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_iou_with(num_classes, &cornu_keywords), cornu_iou_options, CORNU_IOU_DEFAULTS __VA_ARGS__)

/* The same for one-hot targets; y_pred are scores unless sparse_y_pred */
typedef struct cornu_one_hot_mean_iou_options {
    CORNU_METRIC_FIELDS
    int num_classes; /* set by the function's argument */
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
    bool sparse_y_pred;
    int axis CORNU_DEFAULT(-1);
} cornu_one_hot_mean_iou_options;
typedef struct cornu_one_hot_iou_options {
    CORNU_METRIC_FIELDS
    int num_classes; /* set by the function's argument */
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
    bool sparse_y_pred;
    int axis CORNU_DEFAULT(-1);
    cornu_axes target_class_ids; /* needed */
} cornu_one_hot_iou_options;
#define CORNU_ONE_HOT_IOU_DEFAULTS CORNU_DEFAULTS(.ignore_class = INT64_MIN, .axis = -1)
CORNU_API cornu_metric *cornu_one_hot_mean_iou_with(int num_classes, const cornu_one_hot_mean_iou_options *options);
CORNU_API cornu_metric *cornu_one_hot_iou_with(int num_classes, const cornu_one_hot_iou_options *options);
#define cornu_one_hot_mean_iou(num_classes, ...)                                                                       \
    CORNU_KEYWORDS(cornu_one_hot_mean_iou_with(num_classes, &cornu_keywords), cornu_one_hot_mean_iou_options,          \
                   CORNU_ONE_HOT_IOU_DEFAULTS __VA_ARGS__)
#define cornu_one_hot_iou(num_classes, ...)                                                                            \
    CORNU_KEYWORDS(cornu_one_hot_iou_with(num_classes, &cornu_keywords), cornu_one_hot_iou_options,                    \
                   CORNU_ONE_HOT_IOU_DEFAULTS __VA_ARGS__)

/* The same for classes 0 and 1: class 1 is predicted where p >= threshold */
typedef struct cornu_binary_iou_options {
    CORNU_METRIC_FIELDS
    cornu_axes target_class_ids CORNU_DEFAULT({2, {0, 1}});
    double threshold CORNU_DEFAULT(0.5);
} cornu_binary_iou_options;
#define CORNU_BINARY_IOU_DEFAULTS CORNU_DEFAULTS(.target_class_ids = {2, {0, 1}}, .threshold = 0.5)
CORNU_API cornu_metric *cornu_binary_iou_with(const cornu_binary_iou_options *options);
#define cornu_binary_iou(...)                                                                                          \
    CORNU_KEYWORDS(cornu_binary_iou_with(&cornu_keywords), cornu_binary_iou_options,                                   \
                   CORNU_BINARY_IOU_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
