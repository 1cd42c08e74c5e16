/*
 * format/hdf5.h: HDF5 files, as h5py and so Keras write them.
 *
 * Reading is Cornu's own and takes what those files hold: groups (symbol tables, links in headers, dense links), attributes that are texts,
 * datasets of numbers, contiguous, compact or in chunks (deflate, shuffle, Fletcher-32). Opening brings the tree of names, shapes and
 * texts into memory, within limits; the numbers of a dataset come when they are asked for. Links to other names or files, virtual
 * datasets, groups that contain each other and sizes that cannot be are refused (the first two left out by cornu__hdf5_open_data).
 *
 * Format: "HDF5 File Format Specification, version 3.0", The HDF Group.
 */
#ifndef CORNU_FORMAT_HDF5_H
#define CORNU_FORMAT_HDF5_H

#include <cornu/array.h>

#include "base/status.h"

#define CORNU__HDF5_MAGIC "\x89HDF\r\n\x1a\n"
#define CORNU__HDF5_MAGIC_SIZE 8

typedef struct cornu__hdf5 cornu__hdf5;

/* A text attribute: one text, or a list. Attributes of other types are known by name alone: texts NULL. */
typedef struct cornu__hdf5_attribute {
    char *name;
    char **texts;
    size_t count;
    char *bytes; /* of the texts, one behind the other */
} cornu__hdf5_attribute;

typedef struct cornu__hdf5_node {
    cornu__hdf5 *file;
    const struct cornu__hdf5_node *parent; /* NULL: the root */
    char *name;                            /* in the parent; the root's is "" */
    uint64_t address;                      /* of its header */
    bool is_dataset;

    cornu__hdf5_attribute *attributes;
    size_t attribute_count, attribute_capacity;

    struct cornu__hdf5_node **children; /* a group's, in the file's order, which is that of the names */
    size_t child_count;

    struct cornu__hdf5_data *data; /* a dataset's layout: format/hdf5_parts.h */
    cornu_dtype dtype;             /* a dataset's */
    int rank;
    int64_t shape[CORNU_MAX_RANK];
} cornu__hdf5_node;

/* Opens a file, or bytes in memory, which must outlive it; `name` (for messages) is copied. NULL with the error set. */
cornu__hdf5 *cornu__hdf5_open(const char *path);
/* The same of a file whose datasets are wanted and not the whole: links are left out, and datasets whose numbers are in other files have no numbers. */
cornu__hdf5 *cornu__hdf5_open_data(const char *path);
/* How many links were left out, and *first: what the first is called and is; as long as the file is open. */
size_t cornu__hdf5_left_out(const cornu__hdf5 *file, const char **first);
cornu__hdf5 *cornu__hdf5_open_bytes(const char *name, const void *bytes, uint64_t size);
void cornu__hdf5_close(cornu__hdf5 *file);

const cornu__hdf5_node *cornu__hdf5_root(const cornu__hdf5 *file);
/* The group or dataset at "a/b/c" below a group; NULL, without an error, if there is none. */
const cornu__hdf5_node *cornu__hdf5_find(const cornu__hdf5_node *group, const char *path);
/* The attribute of that name, or NULL without an error. */
const cornu__hdf5_attribute *cornu__hdf5_find_attribute(const cornu__hdf5_node *node, const char *name);
/* Its text, if it is one text; else NULL. */
const char *cornu__hdf5_text(const cornu__hdf5_node *node, const char *name);

/* How many numbers all datasets together can have: no more are in the file, whatever shapes say. */
uint64_t cornu__hdf5_element_count(const cornu__hdf5 *file);

/* Sets an error with the file's and the node's name in front: "'m.h5': /dense/kernel:0: <message>". */
cornu_status cornu__hdf5_fail(const cornu__hdf5_node *node, cornu_status status, const char *format, ...)
    CORNU_PRINTF(3, 4);

/* Whether this is a dataset whose numbers can be read. */
bool cornu__hdf5_has_numbers(const cornu__hdf5_node *node);

/* The numbers of a dataset as a new array; NULL with the error set. */
cornu_array *cornu__hdf5_read(const cornu__hdf5_node *dataset);

/* Whether the numbers lie in the file as this machine has those of that dtype, side by side; and these read to where they shall be. */
bool cornu__hdf5_is_plain(const cornu__hdf5_node *dataset, cornu_dtype dtype);
cornu_status cornu__hdf5_read_plain(const cornu__hdf5_node *dataset, void *to);

/*
 * Rows of a dataset, read here and there while a program goes on; by several threads at once.
 *
 * What lies in chunks is unpacked chunk by chunk; the ones used last are kept, `cache_bytes` of them, but at least those of a few rows.
 */
typedef struct cornu__hdf5_rows cornu__hdf5_rows;

/* Of a dataset of at least one axis; the file must outlive it. NULL with the error set. */
cornu__hdf5_rows *cornu__hdf5_rows_open(const cornu__hdf5_node *dataset, uint64_t cache_bytes);
void cornu__hdf5_rows_close(cornu__hdf5_rows *rows);
/* How many rows lie together in chunks; 1: no chunks. */
int64_t cornu__hdf5_rows_together(const cornu__hdf5_rows *rows);
/* Rows first .. first + count - 1, which are there. */
cornu_status cornu__hdf5_rows_read(cornu__hdf5_rows *rows, int64_t first, int64_t count, void *to);

#endif
