/* nn/overlap_metrics.c: intersection over union, from the matrix of how often class i was predicted as class j. */
#include <math.h>

#include "nn/layers/support.h"
#include "nn/metrics.h"

#define MAX_CLASSES 4096 /* the matrix has as many elements as its square */

/* What the five say in their options. */
typedef struct overlap {
    int classes;
    int64_t ignore_class;              /* INT64_MIN: none */
    bool sparse_y_true, sparse_y_pred; /* class numbers, else scores along `axis` */
    int axis;
    double threshold;          /* class 1 is predicted from there on; NaN: none */
    const cornu_axes *targets; /* the classes whose mean is wanted; NULL: all */
} overlap;

typedef struct overlap_class {
    cornu__metric_class metric;
    overlap (*settings)(const void *config);
} overlap_class;

static overlap settings_of(const cornu__object *metric)
{
    return ((const overlap_class *)metric->class)->settings(metric->config);
}

static cornu_status check_overlap(const overlap *o)
{
    if (o->classes < 2 || o->classes > MAX_CLASSES)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "num_classes: wanted 2 to %d, got %d", MAX_CLASSES,
                           o->classes);
    if (o->targets && o->targets->count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "target_class_ids: wanted the classes to measure, got none");
    for (int i = 0; o->targets && i < o->targets->count; i++)
        if (o->targets->axis[i] < 0 || o->targets->axis[i] >= o->classes)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "target_class_ids: wanted classes 0 to %d, got %d",
                               o->classes - 1, o->targets->axis[i]);
    return CORNU_OK;
}

static cornu_status overlap_states(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes)
{
    int64_t classes = settings_of(metric).classes;
    (void)y_pred;
    *count = 1;
    sizes[0] = classes * classes;
    return CORNU_OK;
}

/* Class numbers, int32. */
static cornu_node *class_numbers(cornu_node *x, bool sparse, int axis)
{
    if (!x)
        return NULL;
    if (sparse)
        return cornu__op_cast(x, CORNU_INT32);
    axis = axis < 0 ? axis + x->rank : axis;
    if (axis < 0 || axis >= x->rank)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "axis: there is no such axis in a tensor of %d axes", x->rank);
    return cornu__op_argmax(cornu__axis_to_last(x, axis));
}

/* (samples, classes) of 0 and 1; all 0 for numbers that are no class. */
static cornu_node *indicators(cornu_node *numbers, int classes, cornu_dtype dtype)
{
    const int64_t flat[1] = {-1};
    return cornu__op_one_hot(cornu__op_reshape(numbers, 1, flat), classes, dtype);
}

/* x, whose rows are samples, times one number per sample. */
static cornu_node *weigh_rows(cornu_node *x, cornu_node *numbers)
{
    const int64_t column[2] = {-1, 1};
    return cornu__op_binary(CORNU__OP_MULTIPLY, x, cornu__op_reshape(numbers, 2, column));
}

static cornu_status update_overlap(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred,
                                   cornu_node *weight, cornu_node *const *states, cornu_node **new_states)
{
    overlap o = settings_of(metric);
    if (!isnan(o.threshold))
        y_pred = cornu__op_binary_scalar(CORNU__OP_GREATER_EQUAL, y_pred, o.threshold);
    cornu_node *t = class_numbers(y_true, o.sparse_y_true, o.axis), *p = class_numbers(y_pred, o.sparse_y_pred, o.axis);
    if (!t || !p)
        return cornu_error_status();
    if (t->count != p->count)
        return cornu__fail(CORNU_ERROR_SHAPE,
                           "wanted as many targets as predictions, got %lld and %lld; where an output has scores of "
                           "classes, say .sparse_y_pred = false",
                           (long long)t->count, (long long)p->count);
    cornu_dtype dtype = states[0]->dtype;
    cornu_node *actual = indicators(t, o.classes, dtype), *predicted = indicators(p, o.classes, dtype);
    if (o.ignore_class != INT64_MIN)
        actual = weigh_rows(
            actual, cornu__op_binary_scalar(CORNU__OP_NOT_EQUAL, cornu__op_cast(t, dtype), (double)o.ignore_class));
    if (weight) {
        weight = cornu__align_weight(weight, cornu__op_cast(p, dtype));
        if (!weight)
            return cornu_error_status();
        actual = weigh_rows(actual, weight);
    }
    cornu_node *matrix = cornu__op_matmul(actual, predicted, true, false);
    new_states[0] = cornu__op_binary(CORNU__OP_ADD, states[0], cornu__op_reshape(matrix, 1, states[0]->shape));
    return new_states[0] ? CORNU_OK : cornu_error_status();
}

/* The mean over the classes wanted, as far as they occur. */
static double result_of_overlap(const cornu__object *metric, const float *const *states, const int64_t *sizes)
{
    overlap o = settings_of(metric);
    const float *matrix = states[0];
    double sum = 0, found = 0;
    (void)sizes;
    for (int i = 0; i < (o.targets ? o.targets->count : o.classes); i++) {
        int class = o.targets ? o.targets->axis[i] : i;
        double hits = matrix[class * o.classes + class], either = -hits;
        for (int k = 0; k < o.classes; k++)
            either += (double)matrix[class * o.classes + k] + (double)matrix[k * o.classes + class];
        sum += either == 0 ? 0 : hits / either;
        found += either != 0;
    }
    return found == 0 ? 0 : sum / found;
}

#define OVERLAP_METRIC(function, class_name, ...)                                                                      \
    static cornu_status check_##function(void *config)                                                                 \
    {                                                                                                                  \
        overlap o = settings_of_##function(config);                                                                    \
        return check_overlap(&o);                                                                                      \
    }                                                                                                                  \
    static const overlap_class function##_class = {                                                                    \
        .metric = {CORNU__METRIC_BASE(class_name, cornu_##function##_options, function##_defaults, function##_fields,  \
                                      (int)(sizeof function##_fields / sizeof *function##_fields), check_##function,   \
                                      __VA_ARGS__),                                                                    \
                   .larger_is_better = true, .states = overlap_states, .update = update_overlap,                       \
                   .result = result_of_overlap},                                                                       \
        .settings = settings_of_##function,                                                                            \
    };

#define OF_CLASSES(function)                                                                                           \
    cornu_metric *cornu_##function##_with(int num_classes, const cornu_##function##_options *given)                    \
    {                                                                                                                  \
        cornu_##function##_options o;                                                                                  \
        cornu__options_complete(&function##_class.metric.base, given, &o);                                             \
        o.num_classes = num_classes;                                                                                   \
        return cornu__object_make(&function##_class.metric.base, &o);                                                  \
    }

#define NAME_AND_CLASSES(options)                                                                                      \
    CORNU__FIELD(TEXT, options, name, .optional = true), CORNU__FIELD(INT, options, num_classes),                      \
        CORNU__FIELD(INT64, options, ignore_class, .optional = true)

/* --- MeanIoU, IoU --- */

static overlap settings_of_mean_iou(const void *config)
{
    const cornu_mean_iou_options *o = config;
    return (overlap){.classes = o->num_classes,
                     .ignore_class = o->ignore_class,
                     .sparse_y_true = o->sparse_y_true,
                     .sparse_y_pred = o->sparse_y_pred,
                     .axis = o->axis,
                     .threshold = NAN};
}

static overlap settings_of_iou(const void *config)
{
    const cornu_iou_options *o = config;
    return (overlap){.classes = o->num_classes,
                     .ignore_class = o->ignore_class,
                     .sparse_y_true = o->sparse_y_true,
                     .sparse_y_pred = o->sparse_y_pred,
                     .axis = o->axis,
                     .threshold = NAN,
                     .targets = &o->target_class_ids};
}

static const cornu_mean_iou_options mean_iou_defaults = {.struct_size = sizeof mean_iou_defaults, CORNU_IOU_DEFAULTS};
static const cornu_iou_options iou_defaults = {.struct_size = sizeof iou_defaults, CORNU_IOU_DEFAULTS};
static const cornu__field mean_iou_fields[] = {
    NAME_AND_CLASSES(cornu_mean_iou_options),
    CORNU__FIELD(BOOL, cornu_mean_iou_options, sparse_y_true),
    CORNU__FIELD(BOOL, cornu_mean_iou_options, sparse_y_pred),
    CORNU__FIELD(INT, cornu_mean_iou_options, axis),
};
static const cornu__field iou_fields[] = {
    NAME_AND_CLASSES(cornu_iou_options),
    CORNU__FIELD(BOOL, cornu_iou_options, sparse_y_true),
    CORNU__FIELD(BOOL, cornu_iou_options, sparse_y_pred),
    CORNU__FIELD(INT, cornu_iou_options, axis),
    CORNU__FIELD(AXES, cornu_iou_options, target_class_ids),
};
OVERLAP_METRIC(mean_iou, "MeanIoU", "mean_io_u", "mean_iou")
OVERLAP_METRIC(iou, "IoU", "io_u", "iou")
OF_CLASSES(mean_iou)
OF_CLASSES(iou)

/* --- OneHotMeanIoU, OneHotIoU --- */

static overlap settings_of_one_hot_mean_iou(const void *config)
{
    const cornu_one_hot_mean_iou_options *o = config;
    return (overlap){.classes = o->num_classes,
                     .ignore_class = o->ignore_class,
                     .sparse_y_pred = o->sparse_y_pred,
                     .axis = o->axis,
                     .threshold = NAN};
}

static overlap settings_of_one_hot_iou(const void *config)
{
    const cornu_one_hot_iou_options *o = config;
    return (overlap){.classes = o->num_classes,
                     .ignore_class = o->ignore_class,
                     .sparse_y_pred = o->sparse_y_pred,
                     .axis = o->axis,
                     .threshold = NAN,
                     .targets = &o->target_class_ids};
}

static const cornu_one_hot_mean_iou_options one_hot_mean_iou_defaults = {
    .struct_size = sizeof one_hot_mean_iou_defaults, CORNU_ONE_HOT_IOU_DEFAULTS};
static const cornu_one_hot_iou_options one_hot_iou_defaults = {.struct_size = sizeof one_hot_iou_defaults,
                                                               CORNU_ONE_HOT_IOU_DEFAULTS};
static const cornu__field one_hot_mean_iou_fields[] = {
    NAME_AND_CLASSES(cornu_one_hot_mean_iou_options),
    CORNU__FIELD(BOOL, cornu_one_hot_mean_iou_options, sparse_y_pred),
    CORNU__FIELD(INT, cornu_one_hot_mean_iou_options, axis),
};
static const cornu__field one_hot_iou_fields[] = {
    NAME_AND_CLASSES(cornu_one_hot_iou_options),
    CORNU__FIELD(BOOL, cornu_one_hot_iou_options, sparse_y_pred),
    CORNU__FIELD(INT, cornu_one_hot_iou_options, axis),
    CORNU__FIELD(AXES, cornu_one_hot_iou_options, target_class_ids),
};
OVERLAP_METRIC(one_hot_mean_iou, "OneHotMeanIoU", "one_hot_mean_io_u", "one_hot_mean_iou")
OVERLAP_METRIC(one_hot_iou, "OneHotIoU", "one_hot_io_u", "one_hot_iou")
OF_CLASSES(one_hot_mean_iou)
OF_CLASSES(one_hot_iou)

/* --- BinaryIoU --- */

static overlap settings_of_binary_iou(const void *config)
{
    const cornu_binary_iou_options *o = config;
    return (overlap){.classes = 2,
                     .ignore_class = INT64_MIN,
                     .sparse_y_true = true,
                     .sparse_y_pred = true,
                     .threshold = o->threshold,
                     .targets = &o->target_class_ids};
}

static const cornu_binary_iou_options binary_iou_defaults = {.struct_size = sizeof binary_iou_defaults,
                                                             CORNU_BINARY_IOU_DEFAULTS};
static const cornu__field binary_iou_fields[] = {
    CORNU__FIELD(TEXT, cornu_binary_iou_options, name, .optional = true),
    CORNU__FIELD(AXES, cornu_binary_iou_options, target_class_ids),
    CORNU__FIELD(DOUBLE, cornu_binary_iou_options, threshold),
};
OVERLAP_METRIC(binary_iou, "BinaryIoU", "binary_io_u", "binary_iou")

cornu_metric *cornu_binary_iou_with(const cornu_binary_iou_options *options)
{
    return cornu__object_make(&binary_iou_class.metric.base, options);
}

cornu__family cornu__overlap_metrics = {&mean_iou_class.metric.base,         &iou_class.metric.base,
                                        &one_hot_mean_iou_class.metric.base, &one_hot_iou_class.metric.base,
                                        &binary_iou_class.metric.base,       NULL};
