/* data/dataset_rows.h: a dataset whose fields are arrays in files, each row-major and in one piece. */
#ifndef CORNU_DATA_DATASET_ROWS_H
#define CORNU_DATA_DATASET_ROWS_H

#include "data/dataset.h"
#include "format/bytes.h"
#include "format/npy.h"

/* One array: rows of a field. */
typedef struct cornu__row_array {
    const char *field; /* read before the call returns */
    cornu_dtype dtype;
    bool swapped; /* elements have the other byte order than this machine */
    int rank;     /* at least 1 */
    int64_t shape[CORNU_MAX_RANK];
    cornu__bytes *bytes;                  /* in a block of its own */
    uint64_t offset;                      /* of the first element */
    void (*release)(cornu__bytes *bytes); /* closes and frees them; NULL: as cornu__bytes_close and cornu__free do */
} cornu__row_array;

/* Takes over the bytes of all arrays, also on failure (NULL). All have as many rows. `name` is for messages. */
cornu_dataset *cornu__rows_dataset(const char *name, int count, const cornu__row_array *arrays);

/* That `bytes` may hold an array of this shape from `offset` on and, if they are a plain file of their own, nothing behind it. */
cornu_status cornu__row_array_check(const cornu__row_array *array);

/* A dataset of the one array that a file holds: `open` opens array->bytes and says what they hold. */
cornu_dataset *cornu__rows_of_file(const char *path, const char *field,
                                   cornu_status (*open)(const char *path, cornu__row_array *array));

/* The rows of an array that was read whole, by this name; takes the array over, which may be NULL. */
cornu_dataset *cornu__rows_in_memory(cornu_array *array, const char *field);

/* What a .npy header says of one; its field, bytes and offset are the caller's. */
cornu_status cornu__npy_row_array(const char *name, const cornu__npy_header *header, cornu__row_array *array);

#endif
