/* hdf5_data.c: the numbers of a dataset: as one run of bytes, or in chunks that a B-tree lists and filters may have packed. */
#include <string.h>
#include <zlib.h>

#include "array/array.h"
#include "format/elements.h"
#include "format/hdf5_parts.h"

/* --- filters, undone in the reverse order --- */

#define FILTER_DEFLATE 1
#define FILTER_SHUFFLE 2
#define FILTER_FLETCHER 3

/* A chunk while its filters are undone: `bytes` has room for `capacity`. */
struct chunk {
    unsigned char *bytes, *spare;
    uint64_t size, capacity;
};

static void swap_buffers(struct chunk *chunk, uint64_t size)
{
    unsigned char *packed = chunk->bytes;
    chunk->bytes = chunk->spare;
    chunk->spare = packed;
    chunk->size = size;
}

static bool inflate_chunk(struct chunk *chunk)
{
    uLongf size = chunk->capacity;
    if (uncompress(chunk->spare, &size, chunk->bytes, chunk->size) != Z_OK)
        return false;
    swap_buffers(chunk, size);
    return true;
}

/* Shuffled: first all first bytes of the elements, then all second ones... */
static void unshuffle_chunk(struct chunk *chunk, uint64_t element)
{
    uint64_t count = chunk->size / element;
    for (uint64_t byte = 0; byte < element; byte++) {
        for (uint64_t i = 0; i < count; i++)
            chunk->spare[i * element + byte] = chunk->bytes[byte * count + i];
    }
    memcpy(chunk->spare + count * element, chunk->bytes + count * element, chunk->size - count * element);
    swap_buffers(chunk, chunk->size);
}

static uint32_t fletcher32(const unsigned char *bytes, uint64_t size)
{
    uint32_t first = 0, second = 0;
    for (uint64_t i = 0; i < size; i += 2) {
        first = (first + ((uint32_t)bytes[i] << 8 | (i + 1 < size ? bytes[i + 1] : 0))) % 65535;
        second = (second + first) % 65535;
    }
    return second << 16 | first;
}

static bool check_chunk(struct chunk *chunk)
{
    if (chunk->size < 4)
        return false;
    chunk->size -= 4;
    cornu__hdf5_cursor end = {.at = chunk->bytes + chunk->size, .end = chunk->bytes + chunk->size + 4};
    uint32_t stored = (uint32_t)cornu__hdf5_take(&end, 4), counted = fletcher32(chunk->bytes, chunk->size);
    /* 0 and 65535 are one number in this sum, and libhdf5 writes the latter. */
    return stored % 65536 % 65535 == counted % 65536 && stored / 65536 % 65535 == counted / 65536;
}

/* `mask`: bit i set: filter i was not applied to this chunk. */
static cornu_status undo_filters(const cornu__hdf5_node *node, struct chunk *chunk, uint64_t mask)
{
    for (int i = node->data->filter_count - 1; i >= 0; i--) {
        bool right = true;
        if (mask >> i & 1)
            continue;
        if (node->data->filters[i].id == FILTER_DEFLATE)
            right = inflate_chunk(chunk);
        else if (node->data->filters[i].id == FILTER_SHUFFLE)
            unshuffle_chunk(chunk, node->data->type.size);
        else
            right = check_chunk(chunk);
        if (!right)
            return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "a chunk is damaged: it cannot be unpacked");
    }
    return CORNU_OK;
}

/* --- chunks --- */

struct reading {
    cornu__hdf5 *file;
    const cornu__hdf5_node *node;
    cornu_array *array;
    uint64_t chunk_bytes;
    bool *seen; /* by number of the chunk */
    uint64_t chunk_count, seen_count;
};

/* The part of a chunk that lies inside the array, to its place; `at`: the chunk's first element. */
static void place_chunk(const struct reading *reading, const int64_t *at, const unsigned char *bytes)
{
    const cornu__hdf5_node *node = reading->node;
    const int64_t *chunk = node->data->chunk;
    uint64_t element = node->data->type.size;
    int last = node->rank - 1;
    int64_t run = node->shape[last] - at[last] < chunk[last] ? node->shape[last] - at[last] : chunk[last];
    int64_t index[CORNU_MAX_RANK] = {0};
    for (;;) {
        int64_t from = 0, to = 0;
        for (int i = 0; i <= last; i++) {
            from = from * chunk[i] + index[i];
            to = to * node->shape[i] + at[i] + index[i];
        }
        memcpy((char *)reading->array->data + (uint64_t)to * element, bytes + (uint64_t)from * element,
               (uint64_t)run * element);
        int axis = last - 1;
        while (axis >= 0 && (++index[axis] == chunk[axis] || at[axis] + index[axis] == node->shape[axis]))
            index[axis--] = 0;
        if (axis < 0)
            return;
    }
}

/* The number of the chunk that begins at `at`; -1 if none does. */
static int64_t chunk_number(const cornu__hdf5_node *node, const int64_t *at)
{
    int64_t number = 0;
    for (int i = 0; i < node->rank; i++) {
        int64_t side = node->data->chunk[i];
        if (at[i] < 0 || at[i] >= node->shape[i] || at[i] % side != 0)
            return -1;
        number = number * ((node->shape[i] + side - 1) / side) + at[i] / side;
    }
    return number;
}

static cornu_status unpack_chunk(struct reading *reading, uint64_t address, uint64_t size, uint64_t mask,
                                 const int64_t *at)
{
    const cornu__hdf5_node *node = reading->node;
    if (size > reading->file->size)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "a chunk has %llu bytes, more than the file",
                                (unsigned long long)size);
    uint64_t room = size > reading->chunk_bytes + 4 ? size : reading->chunk_bytes + 4; /* 4: a check sum */
    struct chunk chunk = {.bytes = cornu__alloc_uninitialized(room),
                          .spare = cornu__alloc_uninitialized(room),
                          .size = size,
                          .capacity = room};
    cornu_status status = chunk.bytes && chunk.spare ? cornu__hdf5_read_at(reading->file, address, size, chunk.bytes)
                                                     : cornu_error_status();
    if (status == CORNU_OK)
        status = undo_filters(node, &chunk, mask);
    if (status == CORNU_OK && chunk.size != reading->chunk_bytes)
        status = cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "a chunk has %llu bytes; wanted %llu",
                                  (unsigned long long)chunk.size, (unsigned long long)reading->chunk_bytes);
    if (status == CORNU_OK)
        place_chunk(reading, at, chunk.bytes);
    cornu__free(chunk.bytes);
    cornu__free(chunk.spare);
    return status;
}

static cornu_status read_chunk(struct reading *reading, cornu__hdf5_cursor *key)
{
    const cornu__hdf5_node *node = reading->node;
    uint64_t size = cornu__hdf5_take(key, 4), mask = cornu__hdf5_take(key, 4);
    int64_t at[CORNU_MAX_RANK];
    for (int i = 0; i < node->rank; i++)
        at[i] = (int64_t)cornu__hdf5_take(key, 8);
    cornu__hdf5_skip(key, 8);
    uint64_t address = cornu__hdf5_take(key, 8);
    int64_t number = chunk_number(node, at);
    if (key->over || number < 0 || reading->seen[number])
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its list of chunks is damaged");
    reading->seen[number] = true;
    reading->seen_count++;
    return unpack_chunk(reading, address, size, mask, at);
}

static cornu_status read_chunk_tree(struct reading *reading, uint64_t address, int above)
{
    cornu__hdf5 *file = reading->file;
    unsigned char *head = cornu__hdf5_load(file, address, 24, "a list of chunks");
    if (!head)
        return cornu_error_status();
    bool known = memcmp(head, "TREE\1", 5) == 0 && head[5] < above;
    int level = head[5];
    size_t count = head[6] | (size_t)head[7] << 8, key_size = 8 + 8 * ((size_t)reading->node->rank + 1);
    cornu__free(head);
    if (!known)
        return cornu__hdf5_fail(reading->node, CORNU_ERROR_FORMAT, "its list of chunks is damaged");
    size_t size = count * (key_size + 8);
    unsigned char *entries = cornu__hdf5_load(file, address + 24, size, "a list of chunks");
    if (!entries)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = entries, .end = entries + size};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        if (level == 0) {
            status = read_chunk(reading, &cursor);
        } else {
            cornu__hdf5_skip(&cursor, key_size);
            status = read_chunk_tree(reading, cornu__hdf5_take(&cursor, 8), level);
        }
    }
    cornu__free(entries);
    return status;
}

/* The bytes of a chunk and the number of chunks, which the file must be able to list. */
static cornu_status measure(struct reading *reading)
{
    const cornu__hdf5_node *node = reading->node;
    const cornu__hdf5_data *data = node->data;
    reading->chunk_bytes = data->type.size;
    reading->chunk_count = 1;
    bool fits = data->chunk_rank == node->rank + 1 && data->chunk[node->rank] == (int64_t)data->type.size;
    for (int i = 0; i < node->rank && fits; i++) {
        uint64_t along = ((uint64_t)node->shape[i] + (uint64_t)data->chunk[i] - 1) / (uint64_t)data->chunk[i];
        fits = !__builtin_mul_overflow(reading->chunk_bytes, (uint64_t)data->chunk[i], &reading->chunk_bytes) &&
               !__builtin_mul_overflow(reading->chunk_count, along, &reading->chunk_count);
    }
    if (!fits || reading->chunk_count > reading->file->size / 16)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its chunks do not fit its shape or the file");
    return cornu__check_read_size(reading->file->name, reading->chunk_bytes);
}

static cornu_status read_chunks(const cornu__hdf5_node *node, cornu_array *array)
{
    struct reading reading = {.file = node->file, .node = node, .array = array};
    CORNU_TRY(measure(&reading));
    reading.seen = cornu__alloc_array(reading.chunk_count, sizeof *reading.seen);
    if (!reading.seen)
        return cornu_error_status();
    cornu_status status =
        node->data->address == CORNU__HDF5_NOWHERE ? CORNU_OK : read_chunk_tree(&reading, node->data->address, 32);
    cornu__free(reading.seen);
    CORNU_TRY(status);
    if (reading.seen_count < reading.chunk_count)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "only %llu of its %llu chunks were ever written",
                                (unsigned long long)reading.seen_count, (unsigned long long)reading.chunk_count);
    return CORNU_OK;
}

/* --- a dataset --- */

static cornu_status read_run(const cornu__hdf5_node *node, void *to, uint64_t bytes)
{
    const cornu__hdf5_data *data = node->data;
    if (data->size < bytes)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "it has %llu bytes; its shape wants %llu",
                                (unsigned long long)data->size, (unsigned long long)bytes);
    if (data->layout == CORNU__HDF5_COMPACT) {
        memcpy(to, data->compact, bytes);
        return CORNU_OK;
    }
    if (data->address == CORNU__HDF5_NOWHERE)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its numbers were never written");
    return cornu__hdf5_read_at(node->file, data->address, bytes, to);
}

/* No file holds more numbers than its bytes can be unpacked to. */
static cornu_status check_size(const cornu__hdf5_node *node, uint64_t bytes)
{
    CORNU_TRY(cornu__check_read_size(node->file->name, bytes));
    uint64_t expansion = node->data->filter_count > 0 ? CORNU__MAX_EXPANSION : 1;
    if (bytes / expansion > node->file->size)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its shape promises %llu bytes, more than the file can hold",
                                (unsigned long long)bytes);
    return CORNU_OK;
}

cornu_array *cornu__hdf5_read(const cornu__hdf5_node *node)
{
    if (!node->is_dataset || node->data->unreadable) {
        cornu__hdf5_fail(node, CORNU_ERROR_UNSUPPORTED, "this dataset is not read: %s",
                         node->is_dataset ? node->data->unreadable : "it is a group");
        return NULL;
    }
    int64_t count = cornu__shape_count(node->rank, node->shape);
    if (count < 0)
        return NULL;
    uint64_t bytes = (uint64_t)count * node->data->type.size;
    if (check_size(node, bytes) != CORNU_OK)
        return NULL;
    cornu_array *array = cornu__array_uninitialized(node->dtype, node->rank, node->shape);
    if (!array || count == 0)
        return array;
    cornu_status status =
        node->data->layout == CORNU__HDF5_CHUNKED ? read_chunks(node, array) : read_run(node, array->data, bytes);
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
    CORNU_TRY(check_size(node, bytes));
    return read_run(node, to, bytes);
}
