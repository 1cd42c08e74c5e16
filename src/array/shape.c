/* shape.c: dtypes and shapes. */
#include <string.h>

#include "array/array.h"
#include "base/text.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[CORNU_DTYPE_COUNT] = {
    [CORNU_FLOAT32] = {"float32", 4}, [CORNU_FLOAT64] = {"float64", 8}, [CORNU_FLOAT16] = {"float16", 2},
    [CORNU_INT8] = {"int8", 1},       [CORNU_INT16] = {"int16", 2},     [CORNU_INT32] = {"int32", 4},
    [CORNU_INT64] = {"int64", 8},     [CORNU_UINT8] = {"uint8", 1},     [CORNU_UINT16] = {"uint16", 2},
    [CORNU_UINT32] = {"uint32", 4},   [CORNU_UINT64] = {"uint64", 8},   [CORNU_BOOL] = {"bool", 1},
};

static bool is_dtype(cornu_dtype dtype)
{
    return (unsigned)dtype < CORNU_DTYPE_COUNT;
}

size_t cornu_dtype_size(cornu_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].size : 0;
}

const char *cornu_dtype_name(cornu_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].name : "?";
}

cornu_dtype cornu__dtype_from_name(const char *name)
{
    int dtype = 0;
    while (dtype < CORNU_DTYPE_COUNT && !(name && strcmp(name, dtypes[dtype].name) == 0))
        dtype++;
    return (cornu_dtype)dtype;
}

int64_t cornu__shape_count(int rank, const int64_t *shape)
{
    if (rank < 0 || rank > CORNU_MAX_RANK) {
        cornu__fail(CORNU_ERROR_SHAPE, "an array of rank %d: wanted 0 to %d", rank, CORNU_MAX_RANK);
        return -1;
    }
    if (rank > 0 && !shape) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "an array of rank %d without a shape", rank);
        return -1;
    }
    char text[CORNU__SHAPE_TEXT_SIZE];
    bool empty = false;
    for (int axis = 0; axis < rank; axis++) {
        if (shape[axis] < 0) {
            cornu__fail(CORNU_ERROR_SHAPE, "size %lld of axis %d is negative", (long long)shape[axis], axis);
            return -1;
        }
        empty |= shape[axis] == 0;
    }
    int64_t count = empty ? 0 : 1;
    for (int axis = 0; axis < rank && !empty; axis++) {
        /* An eighth of the range: the number of bytes must fit too. */
        if (__builtin_mul_overflow(count, shape[axis], &count) || count > INT64_MAX / 8) {
            cornu__fail(CORNU_ERROR_SHAPE, "shape %s has more elements than a computer can address",
                        cornu__text_shape(text, sizeof text, rank, shape));
            return -1;
        }
    }
    return count;
}

bool cornu__shape_equal(int rank_a, const int64_t *a, int rank_b, const int64_t *b)
{
    if (rank_a != rank_b)
        return false;
    for (int axis = 0; axis < rank_a; axis++) {
        if (a[axis] != b[axis])
            return false;
    }
    return true;
}
