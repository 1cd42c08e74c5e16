/* batch_rows.c: the rows of arrays that belong to a batch. */
#include <string.h>

#include "array/array.h"
#include "image/batch_rows.h"

cornu_status cornu__take_rows(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to)
{
    *to = NULL;
    if (!from)
        return CORNU_OK;
    int64_t shape[CORNU_MAX_RANK];
    memcpy(shape, from->shape, sizeof shape);
    shape[0] = count;
    *to = cornu__array_uninitialized(from->dtype, from->rank, shape);
    if (!*to)
        return cornu_error_status();
    cornu__gather_rows(from->dtype, (*to)->data, from, rows, count);
    return CORNU_OK;
}

cornu_status cornu__take_collection(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to)
{
    if (!from || !cornu_array_is_collection(from))
        return cornu__take_rows(from, rows, count, to);
    cornu_array *items[CORNU__MOST_ARRAYS] = {NULL};
    const char *names[CORNU__MOST_ARRAYS];
    size_t item_count = cornu_array_item_count(from);
    cornu_status status = CORNU_OK;
    for (size_t i = 0; i < item_count && status == CORNU_OK; i++) {
        names[i] = cornu_array_item_name(from, i);
        status = cornu__take_rows(cornu_array_item(from, i), rows, count, &items[i]);
    }
    if (status == CORNU_OK) {
        *to = from->names ? cornu_array_dict(item_count, names, items) : cornu_array_list(item_count, items);
        status = *to ? CORNU_OK : cornu_error_status();
    }
    for (size_t i = 0; i < item_count; i++)
        cornu_array_release(items[i]);
    return status;
}

cornu_status cornu__check_rows(const char *caller, const char *what, const cornu_array *array, int64_t rows)
{
    size_t count = array ? cornu_array_item_count(array) : 0;
    if (count > CORNU__MOST_ARRAYS)
        return cornu__fail(CORNU_ERROR_LIMIT, "%s: %s has %zu arrays; at most %d are possible", caller, what, count,
                           CORNU__MOST_ARRAYS);
    for (size_t i = 0; i < count; i++) {
        const cornu_array *item = cornu_array_item(array, i);
        if (cornu_array_is_collection(item) || cornu_array_rank(item) == 0)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: %s has an item without rows", caller, what);
        if (cornu_array_size(item, 0) != rows)
            return cornu__fail(CORNU_ERROR_SHAPE, "%s: %s has %lld samples where x has %lld pictures", caller, what,
                               (long long)cornu_array_size(item, 0), (long long)rows);
    }
    return CORNU_OK;
}
