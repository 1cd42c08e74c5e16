/*
 * metrics.h: metrics, named as in Keras. By name (.metrics = {"accuracy"}) or as an object: .metrics = {cornu_precision(.thresholds = {0.3})}.
 *
 * "accuracy" and "crossentropy" mean the binary, categorical or sparse one, by loss and shapes. Every loss is a metric too: by its name, or by the
 * constructor with _metric behind. A metric runs over all batches since the last reset (an epoch's begin). t = y_true, p = y_pred.
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

/* Fewer than k classes score higher than the target */
typedef struct cornu_top_k_options {
    CORNU_METRIC_FIELDS
    int k CORNU_DEFAULT(5);
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

/* As the losses. */
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

/* As the loss */
typedef struct cornu_sparse_categorical_crossentropy_metric_options {
    CORNU_METRIC_FIELDS
    bool from_logits;
    int axis CORNU_DEFAULT(-1);
} cornu_sparse_categorical_crossentropy_metric_options;
#define CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS CORNU_DEFAULTS(.axis = -1)
CORNU_API cornu_metric *cornu_sparse_categorical_crossentropy_metric_with(
    const cornu_sparse_categorical_crossentropy_metric_options *options);
#define cornu_sparse_categorical_crossentropy_metric(...)                                                              \
    CORNU_KEYWORDS(cornu_sparse_categorical_crossentropy_metric_with(&cornu_keywords),                                 \
                   cornu_sparse_categorical_crossentropy_metric_options,                                               \
                   CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_METRIC_DEFAULTS __VA_ARGS__)

/* Weighted counts, positive if p > threshold (default 0.5; with several, of the first) */
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

/* precision tp / (tp + fp), recall tp / (tp + fn), 0 where empty. `class_id`: of one column only; `top_k`: only the k best count
 * as predicted; both 0-based or none at -1, 0 */
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

/* The area under the curve "ROC" or "PR" through num_thresholds points; summation_method "interpolation", "minoring", "majoring" */
typedef struct cornu_auc_options {
    CORNU_METRIC_FIELDS
    int num_thresholds CORNU_DEFAULT(200);
    const char *curve CORNU_DEFAULT("ROC");
    const char *summation_method CORNU_DEFAULT("interpolation");
    bool from_logits;
} cornu_auc_options;
#define CORNU_AUC_DEFAULTS CORNU_DEFAULTS(.num_thresholds = 200, .curve = "ROC", .summation_method = "interpolation")
CORNU_API cornu_metric *cornu_auc_with(const cornu_auc_options *options);
#define cornu_auc(...)                                                                                                 \
    CORNU_KEYWORDS(cornu_auc_with(&cornu_keywords), cornu_auc_options, CORNU_AUC_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
