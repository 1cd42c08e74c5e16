/* hdf5_data.c: the numbers of a dataset: as one run of bytes, or in chunks. */
#include <string.h>

#include "array/array.h"
#include "format/elements.h"
#include "format/hdf5_parts.h"

static cornu_status read_chunks(const cornu__hdf5_node *node, cornu_array *array)
{
    cornu__hdf5_chunks chunks;
    CORNU_TRY(cornu__hdf5_list_chunks(node, &chunks));
    cornu_status status = CORNU_OK;
    for (uint64_t number = 0; number < chunks.count && status == CORNU_OK; number++) {
        unsigned char *bytes = cornu__hdf5_unpack_chunk(node, &chunks, number);
        int64_t at[CORNU_MAX_RANK];
        cornu__hdf5_chunk_origin(node, number, at);
        if (bytes)
            cornu__hdf5_place_chunk(node, at, bytes, 0, node->shape[0], array->data);
        else
            status = cornu_error_status();
        cornu__free(bytes);
    }
    cornu__hdf5_free_chunks(&chunks);
    return status;
}

/* `bytes` from `offset` on. */
static cornu_status read_run(const cornu__hdf5_node *node, uint64_t offset, void *to, uint64_t bytes)
{
    const cornu__hdf5_data *data = node->data;
    if (data->size < offset || data->size - offset < bytes)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "it has %llu bytes; its shape wants %llu",
                                (unsigned long long)data->size, (unsigned long long)(offset + bytes));
    if (data->layout == CORNU__HDF5_COMPACT) {
        memcpy(to, data->compact + offset, bytes);
        return CORNU_OK;
    }
    if (data->address > UINT64_MAX - offset)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its numbers were never written");
    return cornu__hdf5_read_at(node->file, data->address + offset, bytes, to);
}

/* No file holds more numbers than its bytes can be unpacked to. */
static cornu_status check_size(const cornu__hdf5_node *node, uint64_t bytes)
{
    uint64_t expansion = node->data->filter_count > 0 ? CORNU__MAX_EXPANSION : 1;
    if (bytes / expansion > node->file->size)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its shape promises %llu bytes, more than the file can hold",
                                (unsigned long long)bytes);
    return CORNU_OK;
}

bool cornu__hdf5_has_numbers(const cornu__hdf5_node *node)
{
    return node->is_dataset && !node->data->unreadable;
}

cornu_status cornu__hdf5_check_readable(const cornu__hdf5_node *node, int64_t *count)
{
    if (!node->is_dataset || node->data->unreadable)
        return cornu__hdf5_fail(node, CORNU_ERROR_UNSUPPORTED, "this dataset is not read: %s",
                                node->is_dataset ? node->data->unreadable : "it is a group");
    *count = cornu__shape_count(node->rank, node->shape);
    if (*count < 0)
        return cornu_error_status();
    uint64_t bytes;
    if (__builtin_mul_overflow((uint64_t)*count, (uint64_t)node->data->type.size, &bytes))
        bytes = UINT64_MAX;
    return check_size(node, bytes);
}

cornu_array *cornu__hdf5_read(const cornu__hdf5_node *node)
{
    int64_t count = 0;
    if (cornu__hdf5_check_readable(node, &count) != CORNU_OK)
        return NULL;
    uint64_t bytes = (uint64_t)count * node->data->type.size;
    if (cornu__check_read_size(node->file->name, bytes) != CORNU_OK)
        return NULL;
    cornu_array *array = cornu__array_uninitialized(node->dtype, node->rank, node->shape);
    if (!array || count == 0)
        return array;
    cornu_status status =
        node->data->layout == CORNU__HDF5_CHUNKED ? read_chunks(node, array) : read_run(node, 0, array->data, bytes);
    if (status != CORNU_OK) {
        cornu_array_release(array);
        return NULL;
    }
    if (node->data->type.swapped)
        cornu__swap_bytes(array->data, count, node->data->type.size);
    return array;
}

bool cornu__hdf5_is_plain(const cornu__hdf5_node *node, cornu_dtype dtype)
{
    const cornu__hdf5_data *data = node->data;
    return node->is_dataset && !data->unreadable && data->layout == CORNU__HDF5_CONTIGUOUS && !data->type.swapped &&
           node->dtype == dtype;
}

cornu_status cornu__hdf5_read_plain(const cornu__hdf5_node *node, void *to)
{
    int64_t count = cornu__shape_count(node->rank, node->shape);
    if (count <= 0)
        return count == 0 ? CORNU_OK : cornu_error_status();
    uint64_t bytes = (uint64_t)count * node->data->type.size;
    CORNU_TRY(cornu__check_read_size(node->file->name, bytes));
    CORNU_TRY(check_size(node, bytes));
    return read_run(node, 0, to, bytes);
}

cornu_status cornu__hdf5_read_part(const cornu__hdf5_node *node, uint64_t offset, uint64_t bytes, void *to)
{
    return read_run(node, offset, to, bytes);
}
