/*
 * nn/losses.h: losses as functions of nodes, shared by the losses and the metrics of the same name (specification, 7.1).
 *
 * y_true has y_pred's shape (cornu__align_target); the result is y_pred's shape without its last axis.
 */
#ifndef CORNU_NN_LOSSES_H
#define CORNU_NN_LOSSES_H

#include <cornu/losses.h>

#include "base/status.h"
#include "nn/registry.h"
#include "nn/training.h"

/* y_true in y_pred's shape: (B) and (B, 1) are taken for each other; other differences are errors that say what came. */
cornu_node *cornu__align_target(cornu_node *y_true, cornu_node *y_pred);
/* Integer targets in the shape of y_pred without its last axis: a last axis of size 1 is dropped. */
cornu_node *cornu__align_labels(cornu_node *labels, cornu_node *y_pred);

/* Values per sample, summed up with weights of equal or lower rank (or one more, of size 1): w broadcast to the values' shape. */
cornu_node *cornu__align_weight(cornu_node *weight, cornu_node *values);

cornu_node *cornu__mean_last(cornu_node *x);
cornu_node *cornu__sum_last(cornu_node *x);

cornu_node *cornu__mean_squared_error(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__mean_absolute_error(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__mean_absolute_percentage_error(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__mean_squared_logarithmic_error(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__log_cosh(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__hinge(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__squared_hinge(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__categorical_hinge(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__kl_divergence(cornu_node *y_true, cornu_node *y_pred);
cornu_node *cornu__poisson(cornu_node *y_true, cornu_node *y_pred);
/* + sum l2n(t) l2n(p) */
cornu_node *cornu__cosine_similarity(cornu_node *y_true, cornu_node *y_pred, int axis);
cornu_node *cornu__binary_crossentropy(cornu_node *y_true, cornu_node *y_pred, bool from_logits,
                                       double label_smoothing);
cornu_node *cornu__categorical_crossentropy(cornu_node *y_true, cornu_node *y_pred, bool from_logits,
                                            double label_smoothing);
/* labels int32, aligned. */
cornu_node *cornu__sparse_categorical_crossentropy(cornu_node *labels, cornu_node *y_pred, bool from_logits);
/* 1 where the label is not `ignored`, else 0. */
cornu_node *cornu__labels_that_count(cornu_node *labels, cornu_dtype dtype, int64_t ignored);
/* The same, and 0 where the label is `ignored`. */
cornu_node *cornu__sparse_crossentropy_ignoring(cornu_node *labels, cornu_node *y_pred, bool from_logits,
                                                int64_t ignored);

extern const char *const cornu__reductions[];
cornu_status cornu__check_smoothing(double label_smoothing);

#define CORNU__LOSS_FIELD_TABLE(options)                                                                               \
    CORNU__FIELD(TEXT, options, name, .optional = true),                                                               \
        CORNU__FIELD(TEXT, options, reduction, .choices = cornu__reductions)

/* A class of losses; the words at the end: Keras's name of the function, and others. `more`: further members of the class. */
#define CORNU__LOSS_CLASS(function, class_name, options, default_options, table, checking, more, ...)                  \
    static const cornu__loss_class function##_class = {.base = {.kind = CORNU__KIND_LOSS,                              \
                                                                .name = (class_name),                                  \
                                                                .aliases = (const char *const[]){__VA_ARGS__, NULL},   \
                                                                .options_size = sizeof(options),                       \
                                                                .defaults = &(default_options),                        \
                                                                CORNU__FIELD_TABLE(table),                             \
                                                                .check = (checking)},                                  \
                                                       .function_name = #function,                                     \
                                                       .per_sample = per_sample_##function,                            \
                                                       more};                                                          \
    cornu_loss *cornu_##function##_with(const options *given)                                                          \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.base, given);                                                      \
    }

#endif
