/* hdf5_rows.c: rows of a dataset, with a cache of unpacked chunks. */
#include <pthread.h>
#include <string.h>

#include "array/array.h"
#include "format/elements.h"
#include "format/hdf5_parts.h"

#define FEW_BLOCKS 8 /* rows of chunks that the cache holds at least: those that are mixed, twice */
#define NO_SLOT (-1)

/* A place of the cache. A chunk that somebody copies from is not replaced. */
typedef struct slot {
    unsigned char *bytes; /* NULL: free */
    uint64_t chunk;
    int users;
    bool used; /* since the hand passed it last */
} slot;

struct cornu__hdf5_rows {
    const cornu__hdf5_node *node;
    uint64_t row_bytes;
    bool in_chunks;
    cornu__hdf5_chunks chunks;
    uint64_t per_row; /* chunks that a row goes through */
    pthread_mutex_t lock;
    int32_t *slot_of; /* of each chunk: where it is in the cache */
    slot *slots;
    int32_t slot_count, hand;
};

/* --- The cache: under the lock --- */

/* The clock (Corbató, "A paging experiment with the Multics system", 1968): the hand passes over what was used since it came by last. NO_SLOT: all are in use. */
static int32_t free_slot(cornu__hdf5_rows *rows)
{
    for (int32_t turns = 0; turns < 2 * rows->slot_count; turns++) {
        int32_t at = rows->hand;
        slot *here = &rows->slots[at];
        rows->hand = (at + 1) % rows->slot_count;
        if (here->users == 0 && !here->used)
            return at;
        here->used = false;
    }
    return NO_SLOT;
}

/* The chunk, if it is there; its user gives it back. */
static slot *take_kept(cornu__hdf5_rows *rows, uint64_t chunk)
{
    if (rows->slot_of[chunk] == NO_SLOT)
        return NULL;
    slot *kept = &rows->slots[rows->slot_of[chunk]];
    kept->users++;
    kept->used = true;
    return kept;
}

/* Keeps a chunk that was unpacked, with one user. NULL: there is no room; the bytes stay the caller's. */
static slot *keep(cornu__hdf5_rows *rows, uint64_t chunk, unsigned char *bytes)
{
    int32_t at = free_slot(rows);
    if (at == NO_SLOT)
        return NULL;
    if (rows->slots[at].bytes)
        rows->slot_of[rows->slots[at].chunk] = NO_SLOT;
    cornu__free(rows->slots[at].bytes);
    rows->slots[at] = (slot){bytes, chunk, 1, true};
    rows->slot_of[chunk] = at;
    return &rows->slots[at];
}

/* --- Reading --- */

static void give_back(cornu__hdf5_rows *rows, slot *kept)
{
    pthread_mutex_lock(&rows->lock);
    kept->users--;
    pthread_mutex_unlock(&rows->lock);
}

/* Chunks are unpacked outside the lock; where two threads unpack the same one, the second one's is thrown away. */
static cornu_status read_from_chunk(cornu__hdf5_rows *rows, uint64_t chunk, int64_t first, int64_t count, void *to)
{
    int64_t at[CORNU_MAX_RANK];
    unsigned char *unpacked = NULL;
    cornu__hdf5_chunk_origin(rows->node, chunk, at);
    pthread_mutex_lock(&rows->lock);
    slot *kept = take_kept(rows, chunk);
    pthread_mutex_unlock(&rows->lock);
    if (!kept) {
        unpacked = cornu__hdf5_unpack_chunk(rows->node, &rows->chunks, chunk);
        if (!unpacked)
            return cornu_error_status();
        pthread_mutex_lock(&rows->lock);
        kept = take_kept(rows, chunk);
        if (!kept && (kept = keep(rows, chunk, unpacked)))
            unpacked = NULL;
        pthread_mutex_unlock(&rows->lock);
    }
    cornu__hdf5_place_chunk(rows->node, at, kept ? kept->bytes : unpacked, first, count, to);
    if (kept)
        give_back(rows, kept);
    cornu__free(unpacked);
    return CORNU_OK;
}

static cornu_status read_chunks(cornu__hdf5_rows *rows, int64_t first, int64_t count, void *to)
{
    int64_t together = rows->node->data->chunk[0];
    for (int64_t block = first / together; block <= (first + count - 1) / together; block++) {
        for (uint64_t i = 0; i < rows->per_row; i++)
            CORNU_TRY(read_from_chunk(rows, (uint64_t)block * rows->per_row + i, first, count, to));
    }
    return CORNU_OK;
}

cornu_status cornu__hdf5_rows_read(cornu__hdf5_rows *rows, int64_t first, int64_t count, void *to)
{
    if (rows->row_bytes == 0 || count == 0)
        return CORNU_OK;
    uint64_t bytes = (uint64_t)count * rows->row_bytes;
    CORNU_TRY(rows->in_chunks ? read_chunks(rows, first, count, to)
                              : cornu__hdf5_read_part(rows->node, (uint64_t)first * rows->row_bytes, bytes, to));
    const cornu__hdf5_type *type = &rows->node->data->type;
    if (type->swapped)
        cornu__swap_bytes(to, (int64_t)(bytes / type->size), type->size);
    return CORNU_OK;
}

/* --- Opening --- */

/* As many slots as the bytes allow, at least those of a few rows, at most one for each chunk. */
static int32_t slots_for(const cornu__hdf5_rows *rows, uint64_t cache_bytes)
{
    uint64_t chunk = rows->chunks.bytes > 0 ? rows->chunks.bytes : 1, least;
    uint64_t most = cornu__max_read_bytes() / chunk, count = cache_bytes / chunk;
    if (__builtin_mul_overflow(rows->per_row, (uint64_t)FEW_BLOCKS, &least))
        least = UINT64_MAX;
    count = count < least ? least : count;
    count = count < most ? count : most;
    count = count < rows->chunks.count ? count : rows->chunks.count;
    return count < 1 ? 1 : count > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)count;
}

static cornu_status open_chunks(cornu__hdf5_rows *rows, uint64_t cache_bytes)
{
    const cornu__hdf5_node *node = rows->node;
    CORNU_TRY(cornu__hdf5_list_chunks(node, &rows->chunks));
    rows->per_row = 1;
    for (int axis = 1; axis < node->rank; axis++) /* no overflow: their product with those of axis 0 has none */
        rows->per_row *= (uint64_t)((node->shape[axis] + node->data->chunk[axis] - 1) / node->data->chunk[axis]);
    rows->slot_count = slots_for(rows, cache_bytes);
    rows->slots = cornu__alloc_array((size_t)rows->slot_count, sizeof *rows->slots);
    rows->slot_of = cornu__alloc_array(rows->chunks.count, sizeof *rows->slot_of);
    if (!rows->slots || !rows->slot_of)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (uint64_t i = 0; i < rows->chunks.count; i++)
        rows->slot_of[i] = NO_SLOT;
    return CORNU_OK;
}

static cornu_status prepare(cornu__hdf5_rows *rows, uint64_t cache_bytes)
{
    const cornu__hdf5_node *node = rows->node;
    int64_t count = 0;
    CORNU_TRY(cornu__hdf5_check_readable(node, &count));
    if (node->rank < 1)
        return cornu__hdf5_fail(node, CORNU_ERROR_SHAPE, "it is a single number, and has no rows");
    if (count == 0)
        return CORNU_OK;
    rows->row_bytes = (uint64_t)(count / node->shape[0]) * node->data->type.size;
    rows->in_chunks = node->data->layout == CORNU__HDF5_CHUNKED;
    if (rows->in_chunks)
        return open_chunks(rows, cache_bytes);
    uint64_t bytes = (uint64_t)count * node->data->type.size;
    if (node->data->size < bytes)
        return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "it has %llu bytes; its shape wants %llu",
                                (unsigned long long)node->data->size, (unsigned long long)bytes);
    return CORNU_OK;
}

cornu__hdf5_rows *cornu__hdf5_rows_open(const cornu__hdf5_node *dataset, uint64_t cache_bytes)
{
    cornu__hdf5_rows *rows = cornu__alloc(sizeof *rows);
    if (!rows)
        return NULL;
    rows->node = dataset;
    pthread_mutex_init(&rows->lock, NULL);
    if (prepare(rows, cache_bytes) == CORNU_OK)
        return rows;
    cornu__hdf5_rows_close(rows);
    return NULL;
}

void cornu__hdf5_rows_close(cornu__hdf5_rows *rows)
{
    if (!rows)
        return;
    for (int32_t i = 0; rows->slots && i < rows->slot_count; i++)
        cornu__free(rows->slots[i].bytes);
    cornu__free(rows->slots);
    cornu__free(rows->slot_of);
    cornu__hdf5_free_chunks(&rows->chunks);
    pthread_mutex_destroy(&rows->lock);
    cornu__free(rows);
}

int64_t cornu__hdf5_rows_together(const cornu__hdf5_rows *rows)
{
    return rows->in_chunks ? rows->node->data->chunk[0] : 1;
}
