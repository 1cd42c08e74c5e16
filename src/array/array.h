/* array/array.h: what the rest of the library may see of an array. */
#ifndef CORNU_ARRAY_ARRAY_H
#define CORNU_ARRAY_ARRAY_H

#include <cornu/array.h>

#include "base/memory.h"
#include "base/reference.h"

struct cornu_array {
    cornu__reference reference;
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    int64_t count;     /* elements */
    void *data;        /* NULL for a collection */
    void *owned;       /* the block to free, or NULL: a view */
    cornu_array *base; /* kept alive: what this is a view of */
    /* a collection */
    size_t item_count;
    cornu_array **items; /* NULL for a plain array */
    char **names;        /* NULL in a list */
};

/* The number of elements of a shape, or -1 (with the error set) when a size is negative or the product overflows. */
int64_t cornu__shape_count(int rank, const int64_t *shape);

/* A new array whose elements are not set, for one who will write them all. NULL with the error set. */
cornu_array *cornu__array_uninitialized(cornu_dtype dtype, int rank, const int64_t *shape);

/* The elements of one row (of the first axis): 1 in a scalar, 0 in an array without elements. */
int64_t cornu__row_count(const cornu_array *array);

bool cornu__shape_equal(int rank_a, const int64_t *a, int rank_b, const int64_t *b);

/* to[i] := from[i] for `count` elements, converted as C does (to bool: != 0). A float outside an integer's range, where
 * C says nothing, stops at the end of the range, and NaN becomes the smallest integer. The buffers do not overlap. */
void cornu__convert(cornu_dtype to_dtype, void *to, cornu_dtype from_dtype, const void *from, int64_t count);

/* Rows (of the first axis) `rows[0..row_count)` of `from`, converted to `dtype`, one after the other into `to`. NULL
 * rows: 0, 1, 2... */
void cornu__gather_rows(cornu_dtype dtype, void *to, const cornu_array *from, const int64_t *rows, int64_t row_count);

cornu_dtype cornu__dtype_from_name(const char *name); /* CORNU_DTYPE_COUNT if unknown */

/* --- Between array.c and collection.c --- */

/* An array with one reference and nothing in it. */
cornu_array *cornu__array_allocate(void);
cornu_array *cornu__collection_rows(cornu_array *collection, int64_t begin, int64_t end);
cornu_array *cornu__collection_cast(const cornu_array *collection, cornu_dtype dtype);
void cornu__collection_free_items(cornu_array *collection);

#endif
