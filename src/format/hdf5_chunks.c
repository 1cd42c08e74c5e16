/* hdf5_chunks.c: the chunks of a dataset: a B-tree lists where they are, and filters may have packed them. */
#include <string.h>

#include "format/hdf5_parts.h"

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

/* --- The list --- */

typedef struct listing {
    const cornu__hdf5_node *node;
    cornu__hdf5_chunks *chunks;
    uint64_t seen;
} listing;

static cornu_status fail_damaged(const listing *list)
{
    return cornu__hdf5_fail(list->node, CORNU_ERROR_FORMAT, "its list of chunks is damaged");
}

static cornu_status list_chunk(listing *list, cornu__hdf5_cursor *key)
{
    const cornu__hdf5_node *node = list->node;
    uint64_t size = cornu__hdf5_take(key, 4), mask = cornu__hdf5_take(key, 4);
    int64_t at[CORNU_MAX_RANK];
    for (int i = 0; i < node->rank; i++)
        at[i] = (int64_t)cornu__hdf5_take(key, 8);
    cornu__hdf5_skip(key, 8);
    uint64_t address = cornu__hdf5_take(key, 8);
    int64_t number = chunk_number(node, at);
    if (key->over || number < 0 || address == CORNU__HDF5_NOWHERE ||
        list->chunks->places[number].address != CORNU__HDF5_NOWHERE)
        return fail_damaged(list);
    if (size > node->file->size)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "a chunk has %llu bytes, more than the file",
                                (unsigned long long)size);
    list->chunks->places[number] = (cornu__hdf5_chunk_place){address, (uint32_t)size, (uint32_t)mask};
    list->seen++;
    return CORNU_OK;
}

static cornu_status list_tree(listing *list, uint64_t address, int above)
{
    cornu__hdf5 *file = list->node->file;
    unsigned char *head = cornu__hdf5_load(file, address, 24, "a list of chunks");
    if (!head)
        return cornu_error_status();
    bool known = memcmp(head, "TREE\1", 5) == 0 && head[5] < above;
    int level = head[5];
    size_t count = head[6] | (size_t)head[7] << 8, key_size = 8 + 8 * ((size_t)list->node->rank + 1);
    cornu__free(head);
    if (!known)
        return fail_damaged(list);
    size_t size = count * (key_size + 8);
    unsigned char *entries = cornu__hdf5_load(file, address + 24, size, "a list of chunks");
    if (!entries)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = entries, .end = entries + size};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        if (level == 0) {
            status = list_chunk(list, &cursor);
        } else {
            cornu__hdf5_skip(&cursor, key_size);
            status = list_tree(list, cornu__hdf5_take(&cursor, 8), level);
        }
    }
    cornu__free(entries);
    return status;
}

/* The bytes of a chunk and the number of chunks, which the file must be able to list. */
static cornu_status measure(const cornu__hdf5_node *node, cornu__hdf5_chunks *chunks)
{
    const cornu__hdf5_data *data = node->data;
    chunks->bytes = data->type.size;
    chunks->count = 1;
    bool fits = data->chunk_rank == node->rank + 1 && data->chunk[node->rank] == (int64_t)data->type.size;
    for (int i = 0; i < node->rank && fits; i++) {
        uint64_t along = ((uint64_t)node->shape[i] + (uint64_t)data->chunk[i] - 1) / (uint64_t)data->chunk[i];
        fits = !__builtin_mul_overflow(chunks->bytes, (uint64_t)data->chunk[i], &chunks->bytes) &&
               !__builtin_mul_overflow(chunks->count, along, &chunks->count);
    }
    if (!fits || chunks->count > node->file->size / 16)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "its chunks do not fit its shape or the file");
    return cornu__check_read_size(node->file->name, chunks->bytes);
}

static cornu_status list_all(const cornu__hdf5_node *node, cornu__hdf5_chunks *chunks)
{
    listing list = {.node = node, .chunks = chunks};
    chunks->places = cornu__alloc_array(chunks->count, sizeof *chunks->places);
    if (!chunks->places)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (uint64_t i = 0; i < chunks->count; i++)
        chunks->places[i].address = CORNU__HDF5_NOWHERE;
    if (node->data->address != CORNU__HDF5_NOWHERE)
        CORNU_TRY(list_tree(&list, node->data->address, 32));
    if (list.seen == chunks->count)
        return CORNU_OK;
    return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "only %llu of its %llu chunks were ever written",
                            (unsigned long long)list.seen, (unsigned long long)chunks->count);
}

cornu_status cornu__hdf5_list_chunks(const cornu__hdf5_node *node, cornu__hdf5_chunks *chunks)
{
    *chunks = (cornu__hdf5_chunks){0};
    CORNU_TRY(measure(node, chunks));
    cornu_status status = list_all(node, chunks);
    if (status != CORNU_OK)
        cornu__hdf5_free_chunks(chunks);
    return status;
}

void cornu__hdf5_free_chunks(cornu__hdf5_chunks *chunks)
{
    cornu__free(chunks->places);
    chunks->places = NULL;
}

/* --- One chunk --- */

unsigned char *cornu__hdf5_unpack_chunk(const cornu__hdf5_node *node, const cornu__hdf5_chunks *chunks, uint64_t number)
{
    const cornu__hdf5_chunk_place *place = &chunks->places[number];
    uint64_t room = place->size > chunks->bytes + 4 ? place->size : chunks->bytes + 4; /* 4: a check sum */
    if (cornu__check_read_size(node->file->name, room) != CORNU_OK)
        return NULL;
    cornu__hdf5_unpacking chunk = {.bytes = cornu__alloc_uninitialized(room),
                                   .spare = cornu__alloc_uninitialized(room),
                                   .size = place->size,
                                   .capacity = room};
    cornu_status status = chunk.bytes && chunk.spare
                              ? cornu__hdf5_read_at(node->file, place->address, place->size, chunk.bytes)
                              : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK)
        status = cornu__hdf5_undo_filters(node, &chunk, place->mask);
    if (status == CORNU_OK && chunk.size != chunks->bytes)
        status = cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "a chunk has %llu bytes; wanted %llu",
                                  (unsigned long long)chunk.size, (unsigned long long)chunks->bytes);
    cornu__free(chunk.spare);
    if (status == CORNU_OK)
        return chunk.bytes;
    cornu__free(chunk.bytes);
    return NULL;
}

void cornu__hdf5_chunk_origin(const cornu__hdf5_node *node, uint64_t number, int64_t *at)
{
    for (int axis = node->rank - 1; axis >= 0; axis--) {
        int64_t side = node->data->chunk[axis], along = (node->shape[axis] + side - 1) / side;
        at[axis] = (int64_t)(number % (uint64_t)along) * side;
        number /= (uint64_t)along;
    }
}

void cornu__hdf5_place_chunk(const cornu__hdf5_node *node, const int64_t *at, const unsigned char *bytes, int64_t first,
                             int64_t count, void *rows)
{
    const int64_t *chunk = node->data->chunk;
    uint64_t element = node->data->type.size;
    int last = node->rank - 1;
    int64_t begin[CORNU_MAX_RANK] = {0}, end[CORNU_MAX_RANK], index[CORNU_MAX_RANK] = {0};
    for (int axis = 0; axis <= last; axis++)
        end[axis] = node->shape[axis] - at[axis] < chunk[axis] ? node->shape[axis] - at[axis] : chunk[axis];
    begin[0] = first > at[0] ? first - at[0] : 0;
    end[0] = first + count - at[0] < end[0] ? first + count - at[0] : end[0];
    memcpy(index, begin, sizeof index);
    uint64_t run = (uint64_t)(end[last] - begin[last]);
    while (begin[0] < end[0]) {
        int64_t from = 0, to = 0;
        for (int axis = 0; axis <= last; axis++) {
            from = from * chunk[axis] + index[axis];
            to = to * node->shape[axis] + at[axis] + index[axis] - (axis == 0 ? first : 0);
        }
        memcpy((char *)rows + (uint64_t)to * element, bytes + (uint64_t)from * element, run * element);
        int axis = last - 1;
        while (axis >= 0 && ++index[axis] == end[axis]) {
            index[axis] = begin[axis];
            axis--;
        }
        if (axis < 0)
            return;
    }
}
