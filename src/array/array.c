/* array.c: making arrays and views, keeping them, looking inside. */
#include <math.h>
#include <string.h>

#include "array/array.h"
#include "base/text.h"

/* --- Making arrays --- */

/* An array without data. NULL with the error set when dtype or shape is none. */
static cornu_array *array_new(cornu_dtype dtype, int rank, const int64_t *shape)
{
    if (cornu_dtype_size(dtype) == 0)
        return cornu__fail_null(CORNU_ERROR_DTYPE, "%d is no dtype", (int)dtype);
    int64_t count = cornu__shape_count(rank, shape);
    if (count < 0)
        return NULL;
    cornu_array *array = cornu__array_allocate();
    if (!array)
        return NULL;
    array->dtype = dtype;
    array->rank = rank;
    array->count = count;
    for (int axis = 0; axis < rank; axis++)
        array->shape[axis] = shape[axis];
    return array;
}

cornu_array *cornu__array_allocate(void)
{
    cornu_array *array = cornu__alloc(sizeof *array);
    if (!array)
        return NULL;
    /* The first reference of an array is its maker's: it does not float. */
    cornu__reference_start(&array->reference);
    cornu__reference_keep(&array->reference);
    return array;
}

cornu_array *cornu__array_uninitialized(cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu_array *array = array_new(dtype, rank, shape);
    if (!array)
        return NULL;
    array->owned = cornu__alloc_uninitialized((size_t)array->count * cornu_dtype_size(dtype));
    array->data = array->owned;
    if (!array->owned) {
        cornu_array_release(array);
        return NULL;
    }
    return array;
}

cornu_array *cornu_array_zeros(cornu_dtype dtype, int rank, const int64_t *shape)
{
    cornu_array *array = cornu__array_uninitialized(dtype, rank, shape);
    if (array)
        memset(array->data, 0, (size_t)array->count * cornu_dtype_size(dtype));
    return array;
}

/* An array of `shape` may stand on `data`: only one without elements needs none. */
static bool has_data(const cornu_array *array, const void *data)
{
    if (data || array->count == 0)
        return true;
    char text[CORNU__SHAPE_TEXT_SIZE];
    cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "an array of shape %s needs data; got NULL",
                cornu__text_shape(text, sizeof text, array->rank, array->shape));
    return false;
}

cornu_array *cornu_array_copy_of(cornu_dtype dtype, int rank, const int64_t *shape, const void *data)
{
    cornu_array *array = cornu__array_uninitialized(dtype, rank, shape);
    if (!array)
        return NULL;
    if (!has_data(array, data)) {
        cornu_array_release(array);
        return NULL;
    }
    if (array->count > 0)
        memcpy(array->data, data, (size_t)array->count * cornu_dtype_size(dtype));
    return array;
}

cornu_array *cornu_array_view(cornu_dtype dtype, int rank, const int64_t *shape, void *data)
{
    cornu_array *array = array_new(dtype, rank, shape);
    if (!array)
        return NULL;
    if (!has_data(array, data)) {
        cornu_array_release(array);
        return NULL;
    }
    array->data = data;
    return array;
}

/* A view into `base` that keeps it alive. A view of a view keeps the array that has the memory, so that chains stay
 * short. */
static cornu_array *view_into(cornu_array *base, int rank, const int64_t *shape, size_t byte_offset)
{
    cornu_array *view = array_new(base->dtype, rank, shape);
    if (!view)
        return NULL;
    view->data = base->data ? (char *)base->data + byte_offset : NULL;
    view->base = cornu_array_retain(base->base ? base->base : base);
    return view;
}

cornu_array *cornu_array_rows(cornu_array *array, int64_t begin, int64_t end)
{
    if (!array)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_rows: the array is NULL");
    if (cornu_array_is_collection(array))
        return cornu__collection_rows(array, begin, end);
    if (array->rank == 0)
        return cornu__fail_null(CORNU_ERROR_SHAPE, "cornu_array_rows: a scalar has no rows");
    if (begin < 0 || end < begin || end > array->shape[0])
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "cornu_array_rows: rows %lld to %lld of an array with %lld rows", (long long)begin,
                                (long long)end, (long long)array->shape[0]);
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, array->shape, sizeof shape);
    shape[0] = end - begin;
    return view_into(array, array->rank, shape,
                     (size_t)(begin * cornu__row_count(array)) * cornu_dtype_size(array->dtype));
}

/* Replaces a -1 in `shape` by what remains of `count` elements, if that can be. */
static void fill_open_size(int rank, int64_t *shape, int64_t count)
{
    int open = -1;
    int64_t rest = 1;
    for (int axis = 0; axis < rank; axis++) {
        if (shape[axis] == -1 && open < 0)
            open = axis;
        else if (shape[axis] < 0 || __builtin_mul_overflow(rest, shape[axis], &rest))
            return;
    }
    if (open >= 0 && rest > 0 && count % rest == 0)
        shape[open] = count / rest;
}

cornu_array *cornu_array_reshape(cornu_array *array, int rank, const int64_t *shape)
{
    if (!array || cornu_array_is_collection(array))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_reshape: wanted an array, got %s",
                                array ? "a collection of arrays" : "NULL");
    if (rank < 0 || rank > CORNU_MAX_RANK || (rank > 0 && !shape))
        return cornu__fail_null(CORNU_ERROR_SHAPE, "cornu_array_reshape: rank %d is not in 0 to %d, or has no shape",
                                rank, CORNU_MAX_RANK);
    int64_t wanted[CORNU_MAX_RANK] = {0};
    for (int axis = 0; axis < rank; axis++)
        wanted[axis] = shape[axis];
    fill_open_size(rank, wanted, array->count);
    bool whole = true;
    for (int axis = 0; axis < rank; axis++)
        whole &= wanted[axis] >= 0;
    if (!whole || cornu__shape_count(rank, wanted) != array->count) {
        char from[CORNU__SHAPE_TEXT_SIZE], to[CORNU__SHAPE_TEXT_SIZE];
        return cornu__fail_null(CORNU_ERROR_SHAPE, "cornu_array_reshape: an array of shape %s cannot take shape %s",
                                cornu__text_shape(from, sizeof from, array->rank, array->shape),
                                cornu__text_shape(to, sizeof to, rank, shape));
    }
    return view_into(array, rank, wanted, 0);
}

cornu_array *cornu_array_cast(const cornu_array *array, cornu_dtype dtype)
{
    if (!array)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_cast: the array is NULL");
    if (cornu_array_is_collection(array))
        return cornu__collection_cast(array, dtype);
    cornu_array *cast = cornu__array_uninitialized(dtype, array->rank, array->shape);
    if (cast)
        cornu__convert(dtype, cast->data, array->dtype, array->data, array->count);
    return cast;
}

/* --- Keeping and letting go --- */

cornu_array *cornu_array_retain(cornu_array *array)
{
    if (array)
        cornu__reference_keep(&array->reference);
    return array;
}

void cornu_array_release(cornu_array *array)
{
    if (!array || !cornu__reference_drop(&array->reference))
        return;
    cornu__collection_free_items(array);
    cornu_array_release(array->base);
    cornu__free(array->owned);
    cornu__free(array);
}

/* --- Looking inside. NULL is looked at as an array without elements: the constructor that made it has set the error.
 * --- */

cornu_dtype cornu_array_dtype(const cornu_array *array)
{
    return array ? array->dtype : CORNU_FLOAT32;
}

int cornu_array_rank(const cornu_array *array)
{
    return array ? array->rank : 0;
}

const int64_t *cornu_array_shape(const cornu_array *array)
{
    return array ? array->shape : NULL;
}

int64_t cornu_array_size(const cornu_array *array, int axis)
{
    int rank = cornu_array_rank(array);
    if (axis < 0)
        axis += rank;
    return axis >= 0 && axis < rank ? array->shape[axis] : -1;
}

int64_t cornu_array_count(const cornu_array *array)
{
    return array ? array->count : 0;
}

int64_t cornu__row_count(const cornu_array *array)
{
    int64_t count = 1;
    for (int axis = 1; axis < array->rank; axis++)
        count *= array->shape[axis];
    return array->count > 0 ? count : 0;
}

void *cornu_array_data(const cornu_array *array)
{
    return array ? array->data : NULL;
}

float *cornu_array_float32(const cornu_array *array)
{
    if (!array || cornu_array_is_collection(array))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_float32: wanted an array, got %s",
                                array ? "a collection of arrays" : "NULL");
    if (array->dtype != CORNU_FLOAT32)
        return cornu__fail_null(CORNU_ERROR_DTYPE,
                                "cornu_array_float32: the array's dtype is %s (see cornu_array_cast)",
                                cornu_dtype_name(array->dtype));
    return array->data;
}

double cornu_array_get(const cornu_array *array, int64_t index)
{
    if (!array || !array->data || index < 0 || index >= array->count)
        return NAN;
    double value;
    const char *element = (const char *)array->data + (size_t)index * cornu_dtype_size(array->dtype);
    cornu__convert(CORNU_FLOAT64, &value, array->dtype, element, 1);
    return value;
}
