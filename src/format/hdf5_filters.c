/* hdf5_filters.c: the filters that packed a chunk, undone. */
#include <string.h>
#include <zlib.h>

#include "format/hdf5_parts.h"

#define FILTER_DEFLATE 1
#define FILTER_SHUFFLE 2
#define FILTER_FLETCHER 3

static void swap_buffers(cornu__hdf5_unpacking *chunk, uint64_t size)
{
    unsigned char *packed = chunk->bytes;
    chunk->bytes = chunk->spare;
    chunk->spare = packed;
    chunk->size = size;
}

static bool inflate_chunk(cornu__hdf5_unpacking *chunk)
{
    uLongf size = chunk->capacity;
    if (uncompress(chunk->spare, &size, chunk->bytes, chunk->size) != Z_OK)
        return false;
    swap_buffers(chunk, size);
    return true;
}

/* Shuffled: first all first bytes of the elements, then all second ones... */
static void unshuffle_chunk(cornu__hdf5_unpacking *chunk, uint64_t element)
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

static bool check_chunk(cornu__hdf5_unpacking *chunk)
{
    if (chunk->size < 4)
        return false;
    chunk->size -= 4;
    cornu__hdf5_cursor end = {.at = chunk->bytes + chunk->size, .end = chunk->bytes + chunk->size + 4};
    uint32_t stored = (uint32_t)cornu__hdf5_take(&end, 4), counted = fletcher32(chunk->bytes, chunk->size);
    /* 0 and 65535 are one number in this sum, and libhdf5 writes the latter. */
    return stored % 65536 % 65535 == counted % 65536 && stored / 65536 % 65535 == counted / 65536;
}

cornu_status cornu__hdf5_undo_filters(const cornu__hdf5_node *node, cornu__hdf5_unpacking *chunk, uint64_t mask)
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
