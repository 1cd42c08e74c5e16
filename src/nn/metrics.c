/* nn/metrics.c: running means; the accuracy family; which metric "accuracy" means. */
#include "nn/metrics.h"

#include <string.h>

#include "base/text.h"

const cornu_metric_options cornu__plain_metric_defaults = {sizeof cornu__plain_metric_defaults, NULL};
const cornu__field cornu__plain_metric_fields[] = {CORNU__FIELD(TEXT, cornu_metric_options, name, .optional = true)};

/* --- values --- */

int cornu__metric_elements(const cornu__object *metric, const int64_t *sizes)
{
    const cornu__metric_class *class = (const cornu__metric_class *)metric->class;
    return class->elements ? class->elements(metric, sizes) : 1;
}

double cornu__metric_value(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element)
{
    const cornu__metric_class *class = (const cornu__metric_class *)metric->class;
    return class->element ? class->element(metric, states, sizes, element) : class->result(metric, states, sizes);
}

/* --- running means --- */

cornu_status cornu__mean_metric_states(const cornu__object *metric, const cornu__spec *y_pred, int *count,
                                       int64_t *sizes)
{
    (void)metric, (void)y_pred;
    *count = 2;
    sizes[0] = sizes[1] = 1;
    return CORNU_OK;
}

/* The mean over all axes from `rank` on. */
static cornu_node *mean_beyond(cornu_node *values, int rank)
{
    int axes[CORNU_MAX_RANK], count = 0;
    if (!values || values->rank <= rank)
        return values;
    for (int i = rank; i < values->rank; i++)
        axes[count++] = i;
    return cornu__op_reduce(CORNU__OP_MEAN, values, count, axes, false);
}

static cornu_node *total_as_state(cornu_node *x)
{
    const int64_t one = 1;
    return cornu__op_reshape(cornu__op_reduce(CORNU__OP_SUM, x, 0, NULL, false), 1, &one);
}

cornu_status cornu__update_mean(cornu_node *values, cornu_node *weight, cornu_node *const *states,
                                cornu_node **new_states)
{
    if (!values)
        return cornu_error_status();
    cornu_node *total, *count;
    if (weight) {
        values = mean_beyond(values, weight->rank);
        weight = cornu__align_weight(weight, values);
        total = total_as_state(cornu__op_binary(CORNU__OP_MULTIPLY, values, weight));
        count = total_as_state(weight);
    } else {
        const int64_t one = 1;
        total = total_as_state(values);
        count = cornu__op_fill(values->op->graph, values->dtype, 1, &one, (double)values->count);
    }
    new_states[0] = cornu__op_binary(CORNU__OP_ADD, states[0], total);
    new_states[1] = cornu__op_binary(CORNU__OP_ADD, states[1], count);
    return new_states[0] && new_states[1] ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__mean_metric_update(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                       cornu_node *weight, cornu_node *const *states, cornu_node **new_states)
{
    const cornu__mean_metric_class *class = (const cornu__mean_metric_class *)metric->class;
    return cornu__update_mean(class->value(metric, y_true, y_pred), weight, states, new_states);
}

double cornu__mean_metric_result(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    (void)metric, (void)sizes;
    return states[1][0] == 0 ? 0 : (double)states[0][0] / (double)states[1][0];
}

/* --- the accuracy family --- */

static cornu_node *equal(cornu_node *a, cornu_node *b)
{
    return cornu__op_binary(CORNU__OP_EQUAL, a, b);
}

static cornu_node *value_of_accuracy(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    (void)metric;
    return cornu__mean_last(equal(cornu__align_target(y_true, y_pred), y_pred));
}

static cornu_node *value_of_binary_accuracy(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    double threshold = ((const cornu_binary_accuracy_options *)metric->config)->threshold;
    cornu_node *predicted = cornu__op_binary_scalar(CORNU__OP_GREATER, y_pred, threshold);
    return cornu__mean_last(equal(cornu__align_target(y_true, y_pred), predicted));
}

static cornu_node *value_of_categorical_accuracy(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred)
{
    (void)metric;
    return equal(cornu__op_argmax(cornu__align_target(y_true, y_pred)), cornu__op_argmax(y_pred));
}

static cornu_node *value_of_sparse_categorical_accuracy(const cornu__object *metric, cornu_node *y_true,
                                                        cornu_node *y_pred)
{
    (void)metric;
    return equal(cornu__align_labels(y_true, y_pred), cornu__op_argmax(y_pred));
}

/* in_top_k over all rows, in the labels' shape. */
static cornu_node *in_top_k(cornu_node *labels, cornu_node *y_pred, int k)
{
    if (!labels || !y_pred)
        return NULL;
    int64_t rows[1] = {labels->count}, matrix[2] = {labels->count, y_pred->shape[y_pred->rank - 1]};
    cornu_node *hits = cornu__op_in_top_k(cornu__op_reshape(labels, 1, rows), cornu__op_reshape(y_pred, 2, matrix), k);
    return cornu__op_reshape(hits, labels->rank, labels->shape);
}

/* 1 where the label is one of the first k numbers of its row. */
static cornu_node *among_first_k(cornu_node *labels, cornu_node *y_pred, int k)
{
    const int64_t begin[CORNU_MAX_RANK] = {0};
    int64_t size[CORNU_MAX_RANK];
    int last = -1;
    if (!labels || !y_pred)
        return NULL;
    memcpy(size, y_pred->shape, sizeof size);
    if (size[y_pred->rank - 1] > k)
        size[y_pred->rank - 1] = k;
    cornu_node *column = cornu__op_expand_axis(cornu__op_cast(labels, y_pred->dtype), labels->rank);
    return cornu__op_reduce(CORNU__OP_MAX, equal(column, cornu__op_slice(y_pred, begin, size, NULL)), 1, &last, false);
}

static cornu_node *value_of_top_k_categorical_accuracy(const cornu__object *metric, cornu_node *y_true,
                                                       cornu_node *y_pred)
{
    return in_top_k(cornu__op_argmax(cornu__align_target(y_true, y_pred)), y_pred,
                    ((const cornu_top_k_options *)metric->config)->k);
}

static cornu_node *value_of_sparse_top_k_categorical_accuracy(const cornu__object *metric, cornu_node *y_true,
                                                              cornu_node *y_pred)
{
    const cornu_top_k_options *o = metric->config;
    cornu_node *labels = cornu__align_labels(y_true, y_pred);
    return o->from_sorted_ids ? among_first_k(labels, y_pred, o->k) : in_top_k(labels, y_pred, o->k);
}

static cornu_status check_top_k(void *config)
{
    int k = ((const cornu_top_k_options *)config)->k;
    return k >= 1 ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "k: wanted at least 1, got %d", k);
}

static cornu_status check_dense_top_k(void *config)
{
    if (((const cornu_top_k_options *)config)->from_sorted_ids)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "from_sorted_ids: wanted false; sorted class numbers go with sparse_top_k_categorical_accuracy");
    return check_top_k(config);
}

static const cornu_binary_accuracy_options binary_defaults = {.struct_size = sizeof binary_defaults,
                                                              CORNU_BINARY_ACCURACY_DEFAULTS};
static const cornu_top_k_options top_k_defaults = {.struct_size = sizeof top_k_defaults, CORNU_TOP_K_DEFAULTS};
static const cornu__field binary_fields[] = {
    CORNU__FIELD(TEXT, cornu_binary_accuracy_options, name, .optional = true),
    CORNU__FIELD(DOUBLE, cornu_binary_accuracy_options, threshold),
};
static const cornu__field top_k_fields[] = {
    CORNU__FIELD(TEXT, cornu_top_k_options, name, .optional = true),
    CORNU__FIELD(INT, cornu_top_k_options, k),
    CORNU__FIELD(BOOL, cornu_top_k_options, from_sorted_ids),
};
CORNU__PLAIN_MEAN_METRIC(accuracy, "Accuracy", false, true, "accuracy")
CORNU__MEAN_METRIC(binary_accuracy, "BinaryAccuracy", cornu_binary_accuracy_options, binary_defaults, binary_fields, 2,
                   NULL, false, true, "binary_accuracy")
CORNU__PLAIN_MEAN_METRIC(categorical_accuracy, "CategoricalAccuracy", false, true, "categorical_accuracy")
CORNU__PLAIN_MEAN_METRIC(sparse_categorical_accuracy, "SparseCategoricalAccuracy", true, true,
                         "sparse_categorical_accuracy")
CORNU__MEAN_METRIC(top_k_categorical_accuracy, "TopKCategoricalAccuracy", cornu_top_k_options, top_k_defaults,
                   top_k_fields, 2, check_dense_top_k, false, true, "top_k_categorical_accuracy")
CORNU__MEAN_METRIC(sparse_top_k_categorical_accuracy, "SparseTopKCategoricalAccuracy", cornu_top_k_options,
                   top_k_defaults, top_k_fields, 3, check_top_k, true, true, "sparse_top_k_categorical_accuracy")

cornu__family cornu__accuracy_metrics = {&accuracy_class.metric.base,
                                         &binary_accuracy_class.metric.base,
                                         &categorical_accuracy_class.metric.base,
                                         &sparse_categorical_accuracy_class.metric.base,
                                         &top_k_categorical_accuracy_class.metric.base,
                                         &sparse_top_k_categorical_accuracy_class.metric.base,
                                         NULL};

/* --- by loss and shapes (specification, section 1, PICK: Keras 2's rule) --- */

static bool one_of(const char *name, const char *a, const char *b)
{
    return cornu__text_equal_nocase(name, a) || cornu__text_equal_nocase(name, b);
}

static bool is_binary(const cornu__object *loss, const cornu__spec *y_pred)
{
    return (y_pred->rank > 0 && y_pred->shape[y_pred->rank - 1] == 1) ||
           (loss && strncmp(loss->class->name, "Binary", 6) == 0);
}

static const char *specific_name(const char *name, const cornu__object *loss, const cornu__spec *y_pred)
{
    bool accuracy = one_of(name, "accuracy", "acc"), crossentropy = one_of(name, "crossentropy", "ce");
    if (!accuracy && !crossentropy)
        return name;
    if (is_binary(loss, y_pred))
        return accuracy ? "BinaryAccuracy" : "BinaryCrossentropy";
    if (loss && cornu__loss_target_dtype(loss) == CORNU_INT32)
        return accuracy ? "SparseCategoricalAccuracy" : "SparseCategoricalCrossentropy";
    return accuracy ? "CategoricalAccuracy" : "CategoricalCrossentropy";
}

/* Of a loss that is no metric of its own: the mean of it. */
static bool is_loss_only(const char *name)
{
    return !cornu__class_find(CORNU__KIND_METRIC, name) && cornu__class_find(CORNU__KIND_LOSS, name);
}

cornu_status cornu__metric_resolve(cornu_identifier identifier, const cornu__object *loss, const cornu__spec *y_pred,
                                   cornu__object **metric)
{
    if (identifier && !cornu__is_object(identifier))
        identifier = specific_name(identifier, loss, y_pred);
    if (identifier && !cornu__is_object(identifier) && is_loss_only(identifier)) {
        cornu_error_clear();
        identifier = cornu_mean_metric_wrapper(identifier, .name = identifier);
    }
    CORNU_TRY(cornu__resolve(CORNU__KIND_METRIC, identifier, metric));
    if (!*metric)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "wanted a metric, got an empty name");
    return CORNU_OK;
}
