/*
 * losses.h: losses, named as in Keras. By name (.loss = "mse") or as an object: .loss = cornu_huber(.delta = 0.5).
 *
 * t = y_true, p = y_pred, e = 1e-7; a mean is over the last axis, so that a loss has one value per sample (and time step).
 *
 * `reduction`: "sum_over_batch_size" (default, alias "mean"): sum of weighted values over their number; "sum"; "mean_with_sample_weight": over the
 * sum of the weights; "none" cannot be trained on. `from_logits`: p is what goes into the softmax or sigmoid. A softmax or sigmoid
 * directly before a cross-entropy is fused with it.
 */
#ifndef CORNU_LOSSES_H
#define CORNU_LOSSES_H

#include <cornu/object.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_loss cornu_loss;

/* What every loss takes. `name`: NULL: the loss's own. */
#define CORNU_LOSS_FIELDS                                                                                              \
    size_t struct_size;                                                                                                \
    const char *name;                                                                                                  \
    const char *reduction CORNU_DEFAULT("sum_over_batch_size");
#define CORNU_LOSS_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size")

typedef struct cornu_loss_options {
    CORNU_LOSS_FIELDS
} cornu_loss_options;

/* mean (p - t)^2 */
CORNU_API cornu_loss *cornu_mean_squared_error_with(const cornu_loss_options *options);
#define cornu_mean_squared_error(...)                                                                                  \
    CORNU_KEYWORDS(cornu_mean_squared_error_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean |p - t| */
CORNU_API cornu_loss *cornu_mean_absolute_error_with(const cornu_loss_options *options);
#define cornu_mean_absolute_error(...)                                                                                 \
    CORNU_KEYWORDS(cornu_mean_absolute_error_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* 100 mean |(t - p) / max(|t|, e)| */
CORNU_API cornu_loss *cornu_mean_absolute_percentage_error_with(const cornu_loss_options *options);
#define cornu_mean_absolute_percentage_error(...)                                                                      \
    CORNU_KEYWORDS(cornu_mean_absolute_percentage_error_with(&cornu_keywords), cornu_loss_options,                     \
                   CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean (ln(max(p, e) + 1) - ln(max(t, e) + 1))^2 */
CORNU_API cornu_loss *cornu_mean_squared_logarithmic_error_with(const cornu_loss_options *options);
#define cornu_mean_squared_logarithmic_error(...)                                                                      \
    CORNU_KEYWORDS(cornu_mean_squared_logarithmic_error_with(&cornu_keywords), cornu_loss_options,                     \
                   CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean (x + softplus(-2 x) - ln 2), x = p - t */
CORNU_API cornu_loss *cornu_log_cosh_with(const cornu_loss_options *options);
#define cornu_log_cosh(...)                                                                                            \
    CORNU_KEYWORDS(cornu_log_cosh_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean max(1 - t p, 0); targets that are all 0 or 1 are taken as -1 and 1 */
CORNU_API cornu_loss *cornu_hinge_with(const cornu_loss_options *options);
#define cornu_hinge(...)                                                                                               \
    CORNU_KEYWORDS(cornu_hinge_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean max(1 - t p, 0)^2; targets that are all 0 or 1 are taken as -1 and 1 */
CORNU_API cornu_loss *cornu_squared_hinge_with(const cornu_loss_options *options);
#define cornu_squared_hinge(...)                                                                                       \
    CORNU_KEYWORDS(cornu_squared_hinge_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* max(0, max((1 - t) p) - sum t p + 1) */
CORNU_API cornu_loss *cornu_categorical_hinge_with(const cornu_loss_options *options);
#define cornu_categorical_hinge(...)                                                                                   \
    CORNU_KEYWORDS(cornu_categorical_hinge_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* sum t ln(t / p), both clipped to [e, 1] */
CORNU_API cornu_loss *cornu_kl_divergence_with(const cornu_loss_options *options);
#define cornu_kl_divergence(...)                                                                                       \
    CORNU_KEYWORDS(cornu_kl_divergence_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* mean (p - t ln(p + e)) */
CORNU_API cornu_loss *cornu_poisson_with(const cornu_loss_options *options);
#define cornu_poisson(...)                                                                                             \
    CORNU_KEYWORDS(cornu_poisson_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* x = p - t; |x| <= delta: x^2 / 2, else delta |x| - delta^2 / 2; mean. keras_2: element by element, without the mean, as Keras 2.3, which differs
 * where the reduction is "sum" */
typedef struct cornu_huber_options {
    CORNU_LOSS_FIELDS
    double delta CORNU_DEFAULT(1.0);
    bool keras_2;
} cornu_huber_options;
#define CORNU_HUBER_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .delta = 1.0)
CORNU_API cornu_loss *cornu_huber_with(const cornu_huber_options *options);
#define cornu_huber(...)                                                                                               \
    CORNU_KEYWORDS(cornu_huber_with(&cornu_keywords), cornu_huber_options, CORNU_HUBER_DEFAULTS __VA_ARGS__)

/* -sum l2n(t) l2n(p) over `axis` */
typedef struct cornu_cosine_similarity_options {
    CORNU_LOSS_FIELDS
    int axis CORNU_DEFAULT(-1);
} cornu_cosine_similarity_options;
#define CORNU_COSINE_SIMILARITY_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .axis = -1)
CORNU_API cornu_loss *cornu_cosine_similarity_with(const cornu_cosine_similarity_options *options);
#define cornu_cosine_similarity(...)                                                                                   \
    CORNU_KEYWORDS(cornu_cosine_similarity_with(&cornu_keywords), cornu_cosine_similarity_options,                     \
                   CORNU_COSINE_SIMILARITY_DEFAULTS __VA_ARGS__)

/* mean -(t ln q + (1 - t) ln(1 - q)), q = clip(p, e, 1 - e); t becomes t (1 - label_smoothing) + label_smoothing / 2 */
typedef struct cornu_binary_crossentropy_options {
    CORNU_LOSS_FIELDS
    bool from_logits;
    double label_smoothing;
    int axis CORNU_DEFAULT(-1);
} cornu_binary_crossentropy_options;
#define CORNU_BINARY_CROSSENTROPY_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .axis = -1)
CORNU_API cornu_loss *cornu_binary_crossentropy_with(const cornu_binary_crossentropy_options *options);
#define cornu_binary_crossentropy(...)                                                                                 \
    CORNU_KEYWORDS(cornu_binary_crossentropy_with(&cornu_keywords), cornu_binary_crossentropy_options,                 \
                   CORNU_BINARY_CROSSENTROPY_DEFAULTS __VA_ARGS__)

/* -sum t ln q, q = clip(p / sum p, e, 1 - e); t becomes t (1 - label_smoothing) + label_smoothing / classes */
typedef struct cornu_categorical_crossentropy_options {
    CORNU_LOSS_FIELDS
    bool from_logits;
    double label_smoothing;
    int axis CORNU_DEFAULT(-1);
} cornu_categorical_crossentropy_options;
#define CORNU_CATEGORICAL_CROSSENTROPY_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .axis = -1)
CORNU_API cornu_loss *cornu_categorical_crossentropy_with(const cornu_categorical_crossentropy_options *options);
#define cornu_categorical_crossentropy(...)                                                                            \
    CORNU_KEYWORDS(cornu_categorical_crossentropy_with(&cornu_keywords), cornu_categorical_crossentropy_options,       \
                   CORNU_CATEGORICAL_CROSSENTROPY_DEFAULTS __VA_ARGS__)

/* The same for integer targets. `ignore_class`: a class that counts nothing; INT64_MIN: none */
typedef struct cornu_sparse_categorical_crossentropy_options {
    CORNU_LOSS_FIELDS
    bool from_logits;
    int64_t ignore_class CORNU_DEFAULT(INT64_MIN);
    int axis CORNU_DEFAULT(-1);
} cornu_sparse_categorical_crossentropy_options;
#define CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_DEFAULTS                                                                 \
    CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .ignore_class = INT64_MIN, .axis = -1)
CORNU_API cornu_loss *cornu_sparse_categorical_crossentropy_with(
    const cornu_sparse_categorical_crossentropy_options *options);
#define cornu_sparse_categorical_crossentropy(...)                                                                     \
    CORNU_KEYWORDS(cornu_sparse_categorical_crossentropy_with(&cornu_keywords),                                        \
                   cornu_sparse_categorical_crossentropy_options,                                                      \
                   CORNU_SPARSE_CATEGORICAL_CROSSENTROPY_DEFAULTS __VA_ARGS__)

/* mean (1 - u)^gamma bce, u = t p + (1 - t)(1 - p); apply_class_balancing: times t alpha + (1 - t)(1 - alpha) */
typedef struct cornu_binary_focal_crossentropy_options {
    CORNU_LOSS_FIELDS
    bool apply_class_balancing;
    double alpha CORNU_DEFAULT(0.25);
    double gamma CORNU_DEFAULT(2.0);
    bool from_logits;
    double label_smoothing;
    int axis CORNU_DEFAULT(-1);
} cornu_binary_focal_crossentropy_options;
#define CORNU_BINARY_FOCAL_CROSSENTROPY_DEFAULTS                                                                       \
    CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .alpha = 0.25, .gamma = 2.0, .axis = -1)
CORNU_API cornu_loss *cornu_binary_focal_crossentropy_with(const cornu_binary_focal_crossentropy_options *options);
#define cornu_binary_focal_crossentropy(...)                                                                           \
    CORNU_KEYWORDS(cornu_binary_focal_crossentropy_with(&cornu_keywords), cornu_binary_focal_crossentropy_options,     \
                   CORNU_BINARY_FOCAL_CROSSENTROPY_DEFAULTS __VA_ARGS__)

/* sum -alpha (1 - q)^gamma t ln q, q as in the categorical cross-entropy */
typedef struct cornu_categorical_focal_crossentropy_options {
    CORNU_LOSS_FIELDS
    double alpha CORNU_DEFAULT(0.25);
    double gamma CORNU_DEFAULT(2.0);
    bool from_logits;
    double label_smoothing;
    int axis CORNU_DEFAULT(-1);
} cornu_categorical_focal_crossentropy_options;
#define CORNU_CATEGORICAL_FOCAL_CROSSENTROPY_DEFAULTS                                                                  \
    CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .alpha = 0.25, .gamma = 2.0, .axis = -1)
CORNU_API cornu_loss *cornu_categorical_focal_crossentropy_with(
    const cornu_categorical_focal_crossentropy_options *options);
#define cornu_categorical_focal_crossentropy(...)                                                                      \
    CORNU_KEYWORDS(cornu_categorical_focal_crossentropy_with(&cornu_keywords),                                         \
                   cornu_categorical_focal_crossentropy_options,                                                       \
                   CORNU_CATEGORICAL_FOCAL_CROSSENTROPY_DEFAULTS __VA_ARGS__)

/* 1 - 2 sum(t p) / (sum t + sum p + e), sums over `axis` (default: all) */
typedef struct cornu_dice_options {
    CORNU_LOSS_FIELDS
    cornu_axes axis;
} cornu_dice_options;
#define CORNU_DICE_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size")
CORNU_API cornu_loss *cornu_dice_with(const cornu_dice_options *options);
#define cornu_dice(...)                                                                                                \
    CORNU_KEYWORDS(cornu_dice_with(&cornu_keywords), cornu_dice_options, CORNU_DICE_DEFAULTS __VA_ARGS__)

/* 1 - I / (I + alpha sum(t (1 - p)) + beta sum(p (1 - t)) + e), I = sum t p, sums over `axis` (default: all) */
typedef struct cornu_tversky_options {
    CORNU_LOSS_FIELDS
    double alpha CORNU_DEFAULT(0.5);
    double beta CORNU_DEFAULT(0.5);
    cornu_axes axis;
} cornu_tversky_options;
#define CORNU_TVERSKY_DEFAULTS CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .alpha = 0.5, .beta = 0.5)
CORNU_API cornu_loss *cornu_tversky_with(const cornu_tversky_options *options);
#define cornu_tversky(...)                                                                                             \
    CORNU_KEYWORDS(cornu_tversky_with(&cornu_keywords), cornu_tversky_options, CORNU_TVERSKY_DEFAULTS __VA_ARGS__)

/* (1 - p_t^q) / q for integer targets t */
typedef struct cornu_categorical_generalized_cross_entropy_options {
    CORNU_LOSS_FIELDS
    double q CORNU_DEFAULT(0.5);
} cornu_categorical_generalized_cross_entropy_options;
#define CORNU_CATEGORICAL_GENERALIZED_CROSS_ENTROPY_DEFAULTS                                                           \
    CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .q = 0.5)
CORNU_API cornu_loss *cornu_categorical_generalized_cross_entropy_with(
    const cornu_categorical_generalized_cross_entropy_options *options);
#define cornu_categorical_generalized_cross_entropy(...)                                                               \
    CORNU_KEYWORDS(cornu_categorical_generalized_cross_entropy_with(&cornu_keywords),                                  \
                   cornu_categorical_generalized_cross_entropy_options,                                                \
                   CORNU_CATEGORICAL_GENERALIZED_CROSS_ENTROPY_DEFAULTS __VA_ARGS__)

/* Connectionist temporal classification (Graves et al. 2006): -ln of the probability of a sample's label, whatever its place in time. Outputs are
 * logits (batch, times, classes), class 0 the blank; targets (batch, length) are classes of at least 1, filled up with 0. Every sample has all
 * time steps. A label that takes more of them than there are is an error that says which */
CORNU_API cornu_loss *cornu_ctc_with(const cornu_loss_options *options);
#define cornu_ctc(...)                                                                                                 \
    CORNU_KEYWORDS(cornu_ctc_with(&cornu_keywords), cornu_loss_options, CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* Circle loss (Sun et al. 2020) for outputs (batch, features) of unit length and integer targets (batch): with d = max(1 - p p', 0) between the samples of a
 * batch, softplus(logsumexp over others of the same class of gamma (margin + d) (d - margin) + logsumexp over other classes of
 * gamma max(1 + margin - d, 0) (1 - margin - d)). Samples that have no other of their class, or none of another, do not count. remove_diagonal
 * false: a sample is one of its own class */
typedef struct cornu_circle_options {
    CORNU_LOSS_FIELDS
    double gamma CORNU_DEFAULT(80.0);
    double margin CORNU_DEFAULT(0.4);
    bool remove_diagonal CORNU_DEFAULT(true);
} cornu_circle_options;
#define CORNU_CIRCLE_DEFAULTS                                                                                          \
    CORNU_DEFAULTS(.reduction = "sum_over_batch_size", .gamma = 80.0, .margin = 0.4, .remove_diagonal = true)
CORNU_API cornu_loss *cornu_circle_with(const cornu_circle_options *options);
#define cornu_circle(...)                                                                                              \
    CORNU_KEYWORDS(cornu_circle_with(&cornu_keywords), cornu_circle_options, CORNU_CIRCLE_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
