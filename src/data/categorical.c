/* categorical.c: classes as one-hot rows, and rows of norm 1. */
#include <math.h>
#include <string.h>

#include "base/options.h"
#include "data/preprocessing.h"

/* --- to_categorical --- */

/* The shape of y without a last axis of 1, and room for the classes' axis behind it. */
static cornu_status categorical_shape(const cornu_array *y, int *rank, int64_t shape[CORNU_MAX_RANK + 1])
{
    *rank = y->rank;
    memcpy(shape, y->shape, (size_t)y->rank * sizeof *shape);
    if (*rank > 1 && shape[*rank - 1] == 1)
        (*rank)--;
    if (*rank == CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "to_categorical: y has %d axes; with one for the classes it is too many",
                           y->rank);
    (*rank)++;
    return CORNU_OK;
}

static cornu_status check_classes(const int64_t *classes, int64_t count, int64_t *num_classes)
{
    int64_t largest = -1;
    for (int64_t i = 0; i < count; i++) {
        if (classes[i] < 0 || (*num_classes > 0 && classes[i] >= *num_classes))
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "to_categorical: element %lld of y is class %lld; wanted 0 to %s%lld", (long long)i,
                               (long long)classes[i], *num_classes > 0 ? "num_classes - 1 = " : "",
                               (long long)(*num_classes > 0 ? *num_classes : INT64_MAX) - 1);
        largest = classes[i] > largest ? classes[i] : largest;
    }
    if (*num_classes == 0 && largest < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "to_categorical: y is empty, so .num_classes must say how many classes there are");
    if (*num_classes == 0 && largest == INT64_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "to_categorical: y has the class %lld, which is none",
                           (long long)largest);
    *num_classes = *num_classes > 0 ? *num_classes : largest + 1;
    return CORNU_OK;
}

static void set_ones(cornu_array *rows, const int64_t *classes, int64_t count, int64_t num_classes)
{
    size_t size = cornu_dtype_size(rows->dtype);
    double one = 1;
    for (int64_t i = 0; i < count; i++)
        cornu__convert(rows->dtype, (char *)rows->data + (size_t)(i * num_classes + classes[i]) * size, CORNU_FLOAT64,
                       &one, 1);
}

cornu_array *cornu_to_categorical_with(const cornu_array *y, const cornu_to_categorical_options *options)
{
    cornu_to_categorical_options given = {.struct_size = sizeof given, CORNU_TO_CATEGORICAL_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    int rank;
    int64_t shape[CORNU_MAX_RANK + 1], num_classes = given.num_classes;
    if (cornu__expect_plain("to_categorical", "y", y) != CORNU_OK || categorical_shape(y, &rank, shape) != CORNU_OK)
        return NULL;
    if (num_classes < 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "to_categorical: num_classes is %lld; wanted at least 1, or 0 for as many as there are",
                                (long long)num_classes);
    cornu_array *classes = cornu_array_cast(y, CORNU_INT64), *rows = NULL;
    if (classes && check_classes(classes->data, classes->count, &num_classes) == CORNU_OK) {
        shape[rank - 1] = num_classes;
        rows = cornu__zeros_within_limits("to_categorical", given.dtype, rank, shape);
    }
    if (rows)
        set_ones(rows, classes->data, classes->count, num_classes);
    cornu_array_release(classes);
    return rows;
}

/* --- normalize --- */

/* The norm of `count` numbers that lie `step` apart, by numpy.linalg.norm's definitions. The largest |x| is taken out of a sum of powers, so that none overflows. */
static double norm_of(const double *x, int64_t count, int64_t step, double order)
{
    double largest = 0, smallest = INFINITY, sum = 0;
    int64_t not_zero = 0;
    for (int64_t i = 0; i < count; i++) {
        double size = fabs(x[i * step]);
        largest = size > largest || isnan(size) ? size : largest;
        smallest = size < smallest || isnan(size) ? size : smallest;
        not_zero += size != 0;
    }
    if (order == 0)
        return (double)not_zero;
    if (isinf(order))
        return order > 0 ? largest : smallest;
    double unit = order > 0 ? largest : smallest;
    if (unit == 0 || !isfinite(unit))
        return unit;
    for (int64_t i = 0; i < count; i++) {
        double part = fabs(x[i * step]) / unit;
        sum += order == 2 ? part * part : order == 1 ? part : pow(part, order);
    }
    return unit * (order == 2 ? sqrt(sum) : order == 1 ? sum : pow(sum, 1 / order));
}

static void divide(double *x, int64_t count, int64_t step, double norm)
{
    for (int64_t i = 0; norm != 0 && i < count; i++)
        x[i * step] /= norm;
}

cornu_array *cornu_normalize_with(const cornu_array *x, const cornu_normalize_options *options)
{
    cornu_normalize_options given = {.struct_size = sizeof given, CORNU_NORMALIZE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__expect_plain("normalize", "x", x) != CORNU_OK)
        return NULL;
    if (isnan(given.order))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "normalize: the order is not a number");
    int axis = given.axis < 0 ? given.axis + x->rank : given.axis;
    if (axis < 0 || axis >= x->rank)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "normalize: axis %d is none of an array of %d axes", given.axis,
                                x->rank);
    cornu_array *values = cornu_array_cast(x, CORNU_FLOAT64);
    if (!values)
        return NULL;
    int64_t length = x->shape[axis], step = 1;
    for (int after = axis + 1; after < x->rank; after++)
        step *= x->shape[after];
    int64_t block = length * step;
    for (int64_t begin = 0; block > 0 && begin < x->count; begin += block) {
        for (int64_t i = 0; i < step; i++) {
            double *vector = (double *)values->data + begin + i;
            divide(vector, length, step, norm_of(vector, length, step, given.order));
        }
    }
    if (x->dtype != CORNU_FLOAT32 && x->dtype != CORNU_FLOAT16)
        return values;
    cornu_array *narrow = cornu_array_cast(values, x->dtype);
    cornu_array_release(values);
    return narrow;
}
