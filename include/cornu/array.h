/*
 * array.h: n-dimensional arrays in memory, and collections of them.
 *
 * An array is a view of memory that the caller keeps (cornu_array_view), or owns its memory (all other constructors).
 * Elements lie in row-major (C) order without gaps. Arrays are reference-counted: whoever keeps one retains it.
 *
 * Wherever Keras takes "an array, a list of arrays or a dictionary of arrays", Cornu takes a cornu_array: a collection
 * (cornu_array_list, cornu_array_dict) is one too.
 */
#ifndef CORNU_ARRAY_H
#define CORNU_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cornu/error.h>

CORNU_BEGIN_DECLARATIONS

#define CORNU_MAX_RANK 8

typedef enum cornu_dtype {
    CORNU_FLOAT32,
    CORNU_FLOAT64,
    CORNU_FLOAT16,
    CORNU_INT8,
    CORNU_INT16,
    CORNU_INT32,
    CORNU_INT64,
    CORNU_UINT8,
    CORNU_UINT16,
    CORNU_UINT32,
    CORNU_UINT64,
    CORNU_BOOL,
    CORNU_DTYPE_COUNT
} cornu_dtype;

/* The size of one element in bytes; 0 for a value that is no dtype. */
CORNU_API size_t cornu_dtype_size(cornu_dtype dtype);

/* numpy's and Keras's name of a dtype: "float32". "?" for a value that is no dtype. */
CORNU_API const char *cornu_dtype_name(cornu_dtype dtype);

typedef struct cornu_array cornu_array;

/* --- Making arrays. All return a new array with one reference, or NULL (see cornu_error_message). --- */

/* A new array of zeros. `shape` has `rank` sizes, each >= 0; rank 0 is a scalar. */
CORNU_API cornu_array *cornu_array_zeros(cornu_dtype dtype, int rank, const int64_t *shape);

/* A copy of `data`, which has the elements of `shape` in row-major order. */
CORNU_API cornu_array *cornu_array_copy_of(cornu_dtype dtype, int rank, const int64_t *shape, const void *data);

/* A view of `data`, which must outlive the array and everything that keeps it. Nothing is copied. */
CORNU_API cornu_array *cornu_array_view(cornu_dtype dtype, int rank, const int64_t *shape, void *data);

/* A view of rows begin .. end - 1 of the first axis; keeps `array` alive. Rows of a collection: of each of its items. */
CORNU_API cornu_array *cornu_array_rows(cornu_array *array, int64_t begin, int64_t end);

/* A view with another shape of as many elements; one size may be -1: what remains. Keeps `array` alive. */
CORNU_API cornu_array *cornu_array_reshape(cornu_array *array, int rank, const int64_t *shape);

/* The elements converted to `dtype` (as C converts them; to bool: != 0). Always a new array with its own memory. */
CORNU_API cornu_array *cornu_array_cast(const cornu_array *array, cornu_dtype dtype);

/* A list of arrays, in the order of a model's inputs or outputs. Takes a reference to each. Items must not be NULL. */
CORNU_API cornu_array *cornu_array_list(size_t count, cornu_array *const *items);

/* Arrays by name: the names of a model's inputs or outputs. Copies the names, takes a reference to each array. */
CORNU_API cornu_array *cornu_array_dict(size_t count, const char *const *names, cornu_array *const *items);

/* --- Keeping and letting go --- */

/* Adds a reference; returns `array`. NULL is allowed. */
CORNU_API cornu_array *cornu_array_retain(cornu_array *array);

/* Drops a reference, and frees the array with the last one. NULL is allowed. */
CORNU_API void cornu_array_release(cornu_array *array);

/* --- Looking inside --- */

CORNU_API cornu_dtype cornu_array_dtype(const cornu_array *array);
CORNU_API int cornu_array_rank(const cornu_array *array);
/* `rank` sizes; valid as long as the array. */
CORNU_API const int64_t *cornu_array_shape(const cornu_array *array);
/* The size of one axis; a negative axis counts from the end; -1 if there is no such axis. */
CORNU_API int64_t cornu_array_size(const cornu_array *array, int axis);
/* The number of elements. */
CORNU_API int64_t cornu_array_count(const cornu_array *array);
/* The first element; the rest follows in row-major order. NULL for a collection. */
CORNU_API void *cornu_array_data(const cornu_array *array);
/* `array`'s data as float, or NULL (with an error) unless its dtype is float32. */
CORNU_API float *cornu_array_float32(const cornu_array *array);
/* One element as double, by its row-major index; NaN if there is no such element. */
CORNU_API double cornu_array_get(const cornu_array *array, int64_t index);

/* Whether this is a list or dictionary of arrays. */
CORNU_API bool cornu_array_is_collection(const cornu_array *array);
/* The number of items of a collection; 1 for a plain array. */
CORNU_API size_t cornu_array_item_count(const cornu_array *array);
/* An item of a collection (a plain array is its own item 0); NULL if there is none. No new reference. */
CORNU_API cornu_array *cornu_array_item(const cornu_array *array, size_t index);
/* The name of an item; NULL in a list or for a plain array. */
CORNU_API const char *cornu_array_item_name(const cornu_array *array, size_t index);
/* The item of that name, or NULL. */
CORNU_API cornu_array *cornu_array_item_named(const cornu_array *array, const char *name);

/* --- Files (tables: see csv.h). Reading brings at most as many bytes into memory as the machine has, or CORNU_MAX_READ_BYTES says. --- */

/* Reads a .npy file into memory. */
CORNU_API cornu_array *cornu_load_npy(const char *path);
/* Reads all arrays of a .npz archive, as a dictionary by their names without ".npy". */
CORNU_API cornu_array *cornu_load_npz(const char *path);
/* Reads an IDX file (MNIST's format), plain or gzip-compressed. */
CORNU_API cornu_array *cornu_load_idx(const char *path);
/* Writes one array as .npy. The file appears whole or not at all. */
CORNU_API cornu_status cornu_save_npy(const char *path, const cornu_array *array);
/* Writes a dictionary of arrays as .npz (deflated). The file appears whole or not at all. */
CORNU_API cornu_status cornu_save_npz(const char *path, const cornu_array *dictionary);

CORNU_END_DECLARATIONS

#endif
