/* nn/metrics.h: what the metrics' files share. */
#ifndef CORNU_NN_METRICS_H
#define CORNU_NN_METRICS_H

#include <cornu/metrics.h>

#include "base/status.h"
#include "nn/losses.h"
#include "nn/registry.h"
#include "nn/training.h"

/* A metric that is the running (weighted) mean of a value per sample: total, count. */
typedef struct cornu__mean_metric_class {
    cornu__metric_class metric;
    cornu_node *(*value)(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred);
} cornu__mean_metric_class;

cornu_status cornu__mean_metric_states(const cornu__object *metric, const cornu__spec *y_pred, int *count,
                                       int64_t *sizes);
cornu_status cornu__mean_metric_update(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                       cornu_node *weight, cornu_node *const *states, cornu_node **new_states);
double cornu__mean_metric_result(const cornu__object *metric, const float *const *states, const int64_t *sizes);

/* new_states := states + (sum of w values, sum of w): the heart of the above. Weights of lower rank: values are averaged over the rest. */
cornu_status cornu__update_mean(cornu_node *values, cornu_node *weight, cornu_node *const *states,
                                cornu_node **new_states);

extern const cornu_metric_options cornu__plain_metric_defaults;
extern const cornu__field cornu__plain_metric_fields[]; /* name */

/* The beginning of a metric class. The words at the end: Keras's name, and others. */
#define CORNU__METRIC_BASE(class_name, options, default_options, table, fields_in_it, checking, ...)                   \
    .base = {.kind = CORNU__KIND_METRIC,                                                                               \
             .name = (class_name),                                                                                     \
             .aliases = (const char *const[]){__VA_ARGS__, NULL},                                                      \
             .options_size = sizeof(options),                                                                          \
             .defaults = &(default_options),                                                                           \
             .fields = (table),                                                                                        \
             .field_count = (fields_in_it),                                                                            \
             .check = (checking)}
#define CORNU__MEAN_METRIC(function, class_name, options, default_options, table, fields_in_it, checking, sparse,      \
                           larger, ...)                                                                                \
    static const cornu__mean_metric_class function##_class = {                                                         \
        .metric = {CORNU__METRIC_BASE(class_name, options, default_options, table, fields_in_it, checking,             \
                                      __VA_ARGS__),                                                                    \
                   .sparse_targets = (sparse), .larger_is_better = (larger), .states = cornu__mean_metric_states,      \
                   .update = cornu__mean_metric_update, .result = cornu__mean_metric_result},                          \
        .value = value_of_##function,                                                                                  \
    };                                                                                                                 \
    cornu_metric *cornu_##function##_with(const options *given)                                                        \
    {                                                                                                                  \
        return cornu__object_make(&function##_class.metric.base, given);                                               \
    }
#define CORNU__PLAIN_MEAN_METRIC(function, class_name, sparse, larger, ...)                                            \
    CORNU__MEAN_METRIC(function, class_name, cornu_metric_options, cornu__plain_metric_defaults,                       \
                       cornu__plain_metric_fields, 1, NULL, sparse, larger, __VA_ARGS__)

#endif
