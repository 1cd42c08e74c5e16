/* format/hdf5_parts.h: what the files of the HDF5 reader share. Numbers in the file are little-endian; addresses and lengths have 8 bytes. */
#ifndef CORNU_FORMAT_HDF5_PARTS_H
#define CORNU_FORMAT_HDF5_PARTS_H

#include "base/memory.h"
#include "base/text.h"
#include "format/hdf5.h"
#include "format/limits.h"

#define CORNU__HDF5_NOWHERE UINT64_MAX /* the address of what is not there */
#define CORNU__HDF5_MAX_FILTERS 4

struct cornu__hdf5 {
    char *name;
    int descriptor;             /* -1: bytes in memory */
    const unsigned char *bytes; /* or NULL: a file */
    uint64_t size;
    uint64_t
        budget; /* bytes of structure that may still be read or kept: files may refer to one place again and again */
    size_t node_count;
    uint64_t element_count; /* of all datasets, each at most what the file can hold */
    cornu__hdf5_node *root;
    bool leaves_out; /* links and what lies in other files, instead of refusing the file for it */
    size_t left_out_count;
    char left_out[160]; /* the first of them: what it is called and what it is */
    /* the collection of texts that was read last */
    uint64_t heap_address, heap_size;
    unsigned char *heap;
};

/* --- hdf5_bytes.c: parts of the file, read safely --- */

/* A part of the file in memory, read front to back. Reading over its end gives zeros and sets `over`: checked once, where a part is done. */
typedef struct cornu__hdf5_cursor {
    const unsigned char *at, *end;
    bool over;
} cornu__hdf5_cursor;

uint64_t cornu__hdf5_take(cornu__hdf5_cursor *cursor, int bytes);              /* a number of 1 to 8 bytes */
const void *cornu__hdf5_take_bytes(cornu__hdf5_cursor *cursor, uint64_t size); /* NULL if there are fewer */
void cornu__hdf5_skip(cornu__hdf5_cursor *cursor, uint64_t size);

/* Takes bytes (of memory, or steps that take about as long) from that budget; CORNU_ERROR_LIMIT where it is used up. */
cornu_status cornu__hdf5_charge(cornu__hdf5 *file, uint64_t bytes);
/* A part of `size` bytes at `address`, for cornu__free; NULL with the error set. `what` names it in messages. */
unsigned char *cornu__hdf5_load(cornu__hdf5 *file, uint64_t address, uint64_t size, const char *what);
/* Bytes of a dataset into `to`: not structure, so they do not count. */
cornu_status cornu__hdf5_read_at(const cornu__hdf5 *file, uint64_t address, uint64_t size, void *to);
/* "'m.h5' is damaged: <message>". */
cornu_status cornu__hdf5_damaged(const cornu__hdf5 *file, const char *format, ...) CORNU_PRINTF(2, 3);
/* Bob Jenkins's lookup3 hash, which newer parts of a file end with, of `size` bytes. */
uint32_t cornu__hdf5_checksum(const void *bytes, size_t size);
/* That a part's last 4 bytes are its check sum. */
cornu_status cornu__hdf5_check_sum(const cornu__hdf5 *file, const unsigned char *part, uint64_t size, const char *what);

/* The `unreadable` of a dataset whose numbers are not in this file. */
extern const char cornu__hdf5_elsewhere[];

/* --- hdf5_types.c: what header messages say --- */

typedef struct cornu__hdf5_space {
    int rank; /* 0: one element */
    int64_t shape[CORNU_MAX_RANK];
    int64_t count;
    const char *unreadable; /* why such a space is not read, or NULL */
} cornu__hdf5_space;

typedef struct cornu__hdf5_type {
    enum { CORNU__HDF5_NUMBERS, CORNU__HDF5_FIXED_TEXT, CORNU__HDF5_VARIABLE_TEXT, CORNU__HDF5_OTHER_TYPE } kind;
    cornu_dtype dtype; /* of numbers */
    bool swapped;
    uint32_t size;     /* of one element in the file */
    bool space_padded; /* a fixed text ends in spaces instead of NULs */
} cornu__hdf5_type;

typedef struct cornu__hdf5_filter {
    int id; /* 1 deflate, 2 shuffle, 3 Fletcher-32 */
} cornu__hdf5_filter;

/* How a dataset lies in the file. */
typedef struct cornu__hdf5_data {
    cornu__hdf5_type type;
    const char *unreadable; /* why its numbers are not read, or NULL */
    enum { CORNU__HDF5_COMPACT, CORNU__HDF5_CONTIGUOUS, CORNU__HDF5_CHUNKED } layout;
    uint64_t address, size; /* contiguous, compact: the bytes; chunked: the B-tree */
    unsigned char *compact; /* or NULL */
    int chunk_rank;         /* with the element's size as last axis */
    int64_t chunk[CORNU_MAX_RANK + 1];
    int filter_count;
    cornu__hdf5_filter filters[CORNU__HDF5_MAX_FILTERS];
} cornu__hdf5_data;

cornu_status cornu__hdf5_read_space(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_space *space);
cornu_status cornu__hdf5_read_type(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_type *type);
cornu_status cornu__hdf5_read_layout(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data);
cornu_status cornu__hdf5_read_filters(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data);

/* --- hdf5_filters.c --- */

/* A chunk while its filters are undone: `bytes` and `spare` have room for `capacity`. */
typedef struct cornu__hdf5_unpacking {
    unsigned char *bytes, *spare;
    uint64_t size, capacity;
} cornu__hdf5_unpacking;

/* In the reverse order. `mask`: bit i set: filter i was not applied to this chunk. */
cornu_status cornu__hdf5_undo_filters(const cornu__hdf5_node *node, cornu__hdf5_unpacking *chunk, uint64_t mask);

/* --- hdf5_chunks.c --- */

typedef struct cornu__hdf5_chunk_place {
    uint64_t address;
    uint32_t size, mask; /* bytes in the file; filters that were not applied */
} cornu__hdf5_chunk_place;

/* Where the chunks of a dataset are, by their number: row-major, as the elements. */
typedef struct cornu__hdf5_chunks {
    uint64_t bytes; /* of each, unpacked */
    uint64_t count;
    cornu__hdf5_chunk_place *places;
} cornu__hdf5_chunks;

/* Reads the list of a readable dataset in chunks of at least one axis; each must be there. Free it with cornu__hdf5_free_chunks. */
cornu_status cornu__hdf5_list_chunks(const cornu__hdf5_node *node, cornu__hdf5_chunks *chunks);
void cornu__hdf5_free_chunks(cornu__hdf5_chunks *chunks);
/* The bytes of a chunk, for cornu__free; NULL with the error set. Several threads may do this at once. */
unsigned char *cornu__hdf5_unpack_chunk(const cornu__hdf5_node *node, const cornu__hdf5_chunks *chunks,
                                        uint64_t number);
/* at[axis] := where chunk `number` begins. */
void cornu__hdf5_chunk_origin(const cornu__hdf5_node *node, uint64_t number, int64_t *at);
/* The part of the chunk at `at` that lies in rows first .. first + count - 1, to its place among them. */
void cornu__hdf5_place_chunk(const cornu__hdf5_node *node, const int64_t *at, const unsigned char *bytes, int64_t first,
                             int64_t count, void *rows);

/* --- hdf5_data.c --- */

/* That a dataset can be read, and the file hold so many numbers; *count := how many. */
cornu_status cornu__hdf5_check_readable(const cornu__hdf5_node *node, int64_t *count);
/* `bytes` of a readable dataset that is not in chunks, from `offset` on. */
cornu_status cornu__hdf5_read_part(const cornu__hdf5_node *node, uint64_t offset, uint64_t bytes, void *to);

/* --- hdf5_attribute.c --- */

/* Appends the attribute that a header message (or a dense heap) holds to the node's. */
cornu_status cornu__hdf5_read_attribute(cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_node *node);

/* --- hdf5_header.c: an object's header, message by message --- */

typedef struct cornu__hdf5_message {
    int type;
    cornu__hdf5_cursor body;
} cornu__hdf5_message;

typedef cornu_status cornu__hdf5_handler(cornu__hdf5 *file, cornu__hdf5_message *message, void *state);

/* Calls `handle` for each message of the header at `address`. */
cornu_status cornu__hdf5_read_header(cornu__hdf5 *file, uint64_t address, cornu__hdf5_handler *handle, void *state);

/* --- groups --- */

/* What a group contains, while its children are not read yet. */
typedef struct cornu__hdf5_links {
    const cornu__hdf5_node *group;
    size_t count, capacity;
    struct cornu__hdf5_link {
        char *name;
        uint64_t address;
    } * items;
} cornu__hdf5_links;

/* Adds a child, whose name of `length` bytes need not end in NUL. */
cornu_status cornu__hdf5_add_link(cornu__hdf5 *file, cornu__hdf5_links *links, const char *name, size_t length,
                                  uint64_t address);
/* A link that is no child of its own: refused, or left out. */
cornu_status cornu__hdf5_refuse_link(const cornu__hdf5_links *links, const char *what, const char *name, size_t length);
/* Counts what is left out of such a file, and keeps the first in words. */
void cornu__hdf5_leave_out(cornu__hdf5 *file, const char *name, size_t length, const char *what);
/* hdf5_group.c: the children in a symbol table (a B-tree and a heap of names), and in one link message. */
cornu_status cornu__hdf5_read_symbol_table(cornu__hdf5 *file, uint64_t tree, uint64_t heap, cornu__hdf5_links *links);
cornu_status cornu__hdf5_read_link(cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_links *links);

/* hdf5_dense.c: the objects of a fractal heap that a B-tree of version 2 lists, in its order; `id_offset` is where in a record the heap's
 * name of an object begins. */
typedef cornu_status cornu__hdf5_object_handler(cornu__hdf5 *file, cornu__hdf5_cursor *object, void *state);
cornu_status cornu__hdf5_read_dense(cornu__hdf5 *file, uint64_t heap, uint64_t tree, int id_offset,
                                    cornu__hdf5_object_handler *handle, void *state);

#endif
