/* preprocessing.c: what the preprocessing functions share. */
#include <string.h>

#include "data/preprocessing.h"
#include "format/limits.h"

cornu_status cornu__expect_plain(const char *function, const char *what, const cornu_array *array)
{
    if (!array)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: there is no %s; wanted an array, got NULL", function,
                           what);
    if (cornu_array_is_collection(array))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is a collection of %zu arrays; wanted one array",
                           function, what, cornu_array_item_count(array));
    return CORNU_OK;
}

cornu_array *cornu__zeros_within_limits(const char *function, cornu_dtype dtype, int rank, const int64_t *shape)
{
    size_t size = cornu_dtype_size(dtype);
    if (size == 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "%s: dtype %d is none", function, (int)dtype);
    int64_t count = cornu__shape_count(rank, shape);
    if (count < 0) {
        cornu__fail_context("%s", function);
        return NULL;
    }
    if ((uint64_t)count > cornu__max_read_bytes() / size)
        return cornu__fail_null(
            CORNU_ERROR_LIMIT,
            "%s: the result would have %lld elements of %s, more than the machine's memory (or CORNU_MAX_READ_BYTES)",
            function, (long long)count, cornu_dtype_name(dtype));
    return cornu_array_zeros(dtype, rank, shape);
}

cornu_status cornu__expect_sequences(const char *function, const cornu_array *sequences, int64_t *count)
{
    if (!sequences)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: there are no sequences; wanted a list, got NULL",
                           function);
    if (!cornu_array_is_collection(sequences)) {
        if (cornu_array_rank(sequences) < 2)
            return cornu__fail(CORNU_ERROR_SHAPE,
                               "%s: the sequences are an array of %d axes; wanted a list of arrays, or one of at "
                               "least 2 axes",
                               function, cornu_array_rank(sequences));
        *count = cornu_array_size(sequences, 0);
        return CORNU_OK;
    }
    *count = (int64_t)cornu_array_item_count(sequences);
    for (int64_t i = 0; i < *count; i++) {
        if (cornu_array_rank(cornu_array_item(sequences, (size_t)i)) < 1)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: sequence %lld is a single number; wanted an array", function,
                               (long long)i);
    }
    return CORNU_OK;
}

cornu__one_sequence cornu__sequence_at(const cornu_array *sequences, int64_t index)
{
    bool listed = cornu_array_is_collection(sequences);
    const cornu_array *array = listed ? cornu_array_item(sequences, (size_t)index) : sequences;
    cornu__one_sequence one = {array->dtype, array->rank, array->shape, array->data};
    if (!listed) {
        one.rank--;
        one.shape++;
        one.data += (size_t)index * (size_t)cornu__row_count(array) * cornu_dtype_size(array->dtype);
    }
    return one;
}

cornu_status cornu__expect_index_sequences(const char *function, const cornu_array *sequences, int64_t *count)
{
    CORNU_TRY(cornu__expect_sequences(function, sequences, count));
    for (int64_t i = 0; i < *count; i++) {
        int rank = cornu__sequence_at(sequences, i).rank;
        if (rank != 1)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: sequence %lld has %d axes; wanted one axis of indices", function,
                               (long long)i, rank);
    }
    return CORNU_OK;
}

cornu_status cornu__indices_at(const cornu_array *sequences, int64_t index, int64_t **indices, int64_t *length)
{
    cornu__one_sequence one = cornu__sequence_at(sequences, index);
    *length = one.shape[0];
    *indices = cornu__alloc_array((size_t)*length, sizeof **indices);
    if (!*indices)
        return cornu_error_status();
    cornu__convert(CORNU_INT64, *indices, one.dtype, one.data, *length);
    return CORNU_OK;
}
