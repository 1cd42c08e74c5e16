/*
 * hdf5_dense.c: what HDF5 since 1.8 keeps of large groups: objects in a fractal heap, listed by a B-tree of version 2.
 *
 * The heap's objects have places in one long row of bytes, which blocks of doubling size cover: the first two rows of a table have blocks of the
 * starting size, each later row blocks twice as large. Small blocks hold bytes, larger ones are such tables again.
 */
#include <string.h>

#include "format/hdf5_parts.h"

#define HEAP_HEAD 146
#define TREE_HEAD 38
#define MAX_DEPTH 16
#define ID_MANAGED 0

struct heap {
    uint64_t address;
    int offset_size, length_size;   /* bytes of a place and of a length in an object's name */
    uint64_t width, start, largest; /* blocks in a row; the first and the largest block of bytes */
    uint64_t root;
    uint64_t root_rows; /* 0: the root is a block of bytes */
    bool checked;       /* blocks of bytes have check sums */
};

/* The bytes that a number up to `limit` needs. */
static int bytes_for(uint64_t limit)
{
    int bytes = 1;
    while (bytes < 8 && limit >> (8 * bytes) != 0)
        bytes++;
    return bytes;
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static cornu_status read_heap(cornu__hdf5 *file, uint64_t address, struct heap *heap)
{
    unsigned char *head = cornu__hdf5_load(file, address, HEAP_HEAD, "a heap");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 4, .end = head + HEAP_HEAD};
    int version = (int)cornu__hdf5_take(&cursor, 1);
    cornu__hdf5_skip(&cursor, 2); /* an object's name has as many bytes as the tree's records say */
    uint64_t filters = cornu__hdf5_take(&cursor, 2), flags = cornu__hdf5_take(&cursor, 1),
             largest_object = cornu__hdf5_take(&cursor, 4);
    cornu__hdf5_skip(&cursor, 96); /* counts, and what does not lie in blocks */
    *heap = (struct heap){.address = address, .checked = flags & 2};
    heap->width = cornu__hdf5_take(&cursor, 2);
    heap->start = cornu__hdf5_take(&cursor, 8);
    heap->largest = cornu__hdf5_take(&cursor, 8);
    uint64_t bits = cornu__hdf5_take(&cursor, 2);
    cornu__hdf5_skip(&cursor, 2);
    heap->root = cornu__hdf5_take(&cursor, 8);
    heap->root_rows = cornu__hdf5_take(&cursor, 2);
    bool known = memcmp(head, "FRHP", 4) == 0 && version == 0;
    cornu_status status = known ? cornu__hdf5_check_sum(file, head, HEAP_HEAD, "a heap") : CORNU_OK;
    cornu__free(head);
    CORNU_TRY(status);
    heap->offset_size = (int)((bits + 7) / 8);
    heap->length_size = bytes_for(heap->largest);
    if (bytes_for(largest_object) < heap->length_size)
        heap->length_size = bytes_for(largest_object);
    if (!known || filters != 0 || bits < 8 || bits > 64 || heap->width == 0 || heap->width > 1024 ||
        !is_power_of_two(heap->start) || !is_power_of_two(heap->largest) || heap->largest < heap->start ||
        heap->root_rows > 64)
        return cornu__hdf5_damaged(file, "there is no heap of a known kind at byte %llu", (unsigned long long)address);
    return CORNU_OK;
}

/* The size of each block in a row; 0: more than can be. */
static uint64_t block_size(const struct heap *heap, uint64_t row)
{
    uint64_t doublings = row > 0 ? row - 1 : 0;
    return doublings < (uint64_t)__builtin_clzll(heap->start) ? heap->start << doublings : 0;
}

/* The address of a block in a table of `rows` rows. */
static cornu_status load_address(cornu__hdf5 *file, const struct heap *heap, uint64_t table, uint64_t entry,
                                 uint64_t *address)
{
    uint64_t head = 13 + (uint64_t)heap->offset_size;
    unsigned char *start = cornu__hdf5_load(file, table, 4, "a heap's table");
    bool known = start && memcmp(start, "FHIB", 4) == 0;
    cornu__free(start);
    if (!known)
        return cornu__hdf5_damaged(file, "there is no table of a heap at byte %llu", (unsigned long long)table);
    unsigned char *bytes = cornu__hdf5_load(file, table + head + 8 * entry, 8, "a heap's table");
    if (!bytes)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = bytes, .end = bytes + 8};
    *address = cornu__hdf5_take(&cursor, 8);
    cornu__free(bytes);
    return CORNU_OK;
}

/* *place := where in the file the heap's byte `offset` lies, in a block of bytes that has `length` bytes from there. */
static cornu_status find_place(cornu__hdf5 *file, const struct heap *heap, uint64_t offset, uint64_t length,
                               uint64_t *place)
{
    uint64_t address = heap->root, rows = heap->root_rows, base = 0, size = heap->start;
    for (int depth = 0; rows > 0; depth++) {
        uint64_t row = 0;
        for (;; row++) {
            size = block_size(heap, row);
            if (row == rows || size == 0 || depth == MAX_DEPTH)
                return cornu__hdf5_damaged(file, "an object lies outside its heap");
            if (offset - base < heap->width * size)
                break;
            base += heap->width * size;
        }
        uint64_t column = (offset - base) / size;
        base += column * size;
        CORNU_TRY(load_address(file, heap, address, row * heap->width + column, &address));
        rows = 0;
        for (uint64_t covered = heap->start * heap->width; size > heap->largest && covered <= size; covered *= 2)
            rows++; /* a table that covers `size` bytes */
    }
    if (offset - base >= size || length > size - (offset - base))
        return cornu__hdf5_damaged(file, "an object lies outside its heap");
    *place = address + (offset - base);
    return CORNU_OK;
}

/* --- the list --- */

/* Where the objects go, and where in a record their names are. */
struct listing {
    const struct heap *heap;
    int id_offset;
    cornu__hdf5_object_handler *handle;
    void *state;
};

struct tree {
    uint64_t node_size;
    int record_size;
    int count_size[MAX_DEPTH + 1]; /* bytes of the number of records in a node of each depth */
    int total_size[MAX_DEPTH + 1]; /* and in all below it */
};

static cornu_status read_record(cornu__hdf5 *file, const struct listing *listing, cornu__hdf5_cursor record)
{
    const struct heap *heap = listing->heap;
    cornu__hdf5_skip(&record, (uint64_t)listing->id_offset);
    int kind = (int)cornu__hdf5_take(&record, 1) >> 4 & 3;
    uint64_t offset = cornu__hdf5_take(&record, heap->offset_size),
             length = cornu__hdf5_take(&record, heap->length_size);
    if (kind != ID_MANAGED)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' keeps a name or attribute in a way that Keras's files do not, and that is not read",
                           file->name);
    if (record.over)
        return cornu__hdf5_damaged(file, "a list of a group ends too early");
    uint64_t place = 0;
    CORNU_TRY(find_place(file, heap, offset, length, &place));
    unsigned char *bytes = cornu__hdf5_load(file, place, length, "an object of a heap");
    if (!bytes)
        return cornu_error_status();
    cornu__hdf5_cursor object = {.at = bytes, .end = bytes + length};
    cornu_status status = listing->handle(file, &object, listing->state);
    cornu__free(bytes);
    return status;
}

/* How many records fit in a node of each depth decides how many bytes the numbers of records take. */
static cornu_status measure(const cornu__hdf5 *file, struct tree *tree, int depth)
{
    uint64_t below = 0; /* records in all of a node of the depth before */
    for (int d = 0; d <= depth; d++) {
        uint64_t pointer =
            d == 0 ? 0 : 8 + (uint64_t)tree->count_size[d - 1] + (uint64_t)(d > 1 ? tree->total_size[d - 1] : 0);
        if (tree->node_size < 10 + pointer + (uint64_t)tree->record_size)
            return cornu__hdf5_damaged(file, "a list of a group has nodes without room");
        uint64_t most = (tree->node_size - 10 - pointer) / ((uint64_t)tree->record_size + pointer);
        tree->count_size[d] = bytes_for(most);
        if (__builtin_mul_overflow(most + 1, below, &below) || __builtin_add_overflow(below, most, &below))
            return cornu__hdf5_damaged(file, "a list of a group is deeper than any can be");
        tree->total_size[d] = bytes_for(below);
    }
    return CORNU_OK;
}

static cornu_status read_node(cornu__hdf5 *file, const struct tree *tree, const struct listing *listing,
                              uint64_t address, uint64_t count, int depth)
{
    unsigned char *node = cornu__hdf5_load(file, address, tree->node_size, "a list of a group");
    if (!node)
        return cornu_error_status();
    cornu__hdf5_cursor records = {.at = node + 6, .end = node + tree->node_size};
    uint64_t records_size = count * (uint64_t)tree->record_size;
    cornu__hdf5_cursor children = records;
    cornu__hdf5_skip(&children, records_size);
    bool known = memcmp(node, depth == 0 ? "BTLF" : "BTIN", 4) == 0 && !children.over;
    cornu_status status =
        known ? CORNU_OK
              : cornu__hdf5_damaged(file, "there is no list of a group at byte %llu", (unsigned long long)address);
    for (uint64_t i = 0; status == CORNU_OK && i <= count; i++) {
        if (depth > 0) {
            uint64_t child = cornu__hdf5_take(&children, 8),
                     child_count = cornu__hdf5_take(&children, tree->count_size[depth - 1]);
            cornu__hdf5_skip(&children, depth > 1 ? (uint64_t)tree->total_size[depth - 1] : 0);
            status = children.over ? cornu__hdf5_damaged(file, "a list of a group ends too early")
                                   : read_node(file, tree, listing, child, child_count, depth - 1);
        }
        if (status == CORNU_OK && i < count) {
            cornu__hdf5_cursor record = {.at = records.at, .end = records.at + tree->record_size};
            records.at += tree->record_size;
            status = read_record(file, listing, record);
        }
    }
    cornu__free(node);
    return status;
}

cornu_status cornu__hdf5_read_dense(cornu__hdf5 *file, uint64_t heap_address, uint64_t tree_address, int id_offset,
                                    cornu__hdf5_object_handler *handle, void *state)
{
    struct heap heap;
    CORNU_TRY(read_heap(file, heap_address, &heap));
    unsigned char *head = cornu__hdf5_load(file, tree_address, TREE_HEAD, "a list of a group");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 6, .end = head + TREE_HEAD};
    struct tree tree = {.node_size = cornu__hdf5_take(&cursor, 4), .record_size = (int)cornu__hdf5_take(&cursor, 2)};
    uint64_t depth = cornu__hdf5_take(&cursor, 2);
    cornu__hdf5_skip(&cursor, 2); /* when nodes are split and joined */
    uint64_t root = cornu__hdf5_take(&cursor, 8), count = cornu__hdf5_take(&cursor, 2);
    bool known = memcmp(head, "BTHD\0", 5) == 0 && depth <= MAX_DEPTH && tree.record_size > id_offset;
    cornu_status status =
        known ? cornu__hdf5_check_sum(file, head, TREE_HEAD, "a list of a group")
              : cornu__hdf5_damaged(file, "there is no list of a group at byte %llu", (unsigned long long)tree_address);
    cornu__free(head);
    CORNU_TRY(status);
    if (count == 0)
        return CORNU_OK;
    CORNU_TRY(measure(file, &tree, (int)depth));
    struct listing listing = {&heap, id_offset, handle, state};
    return read_node(file, &tree, &listing, root, count, (int)depth);
}
