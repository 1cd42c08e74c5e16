/*
 * data/dataset_kinds.h: the kinds of file and folder that cornu_dataset_open knows: one row for each in the table of dataset_open.c.
 *
 * What a file is, its first bytes say, decompressed if it is gzip-compressed; of what has no mark, the name.
 */
#ifndef CORNU_DATA_DATASET_KINDS_H
#define CORNU_DATA_DATASET_KINDS_H

#include <cornu/dataset.h>

#define CORNU__FIRST_BYTES 512 /* a tar's mark lies at byte 257 */

typedef struct cornu__dataset_kind {
    const char *name;           /* for messages: ".npy" */
    const char *const *endings; /* of names, in small letters, with NULL behind them; NULL: none say this */
    /* Whether a file begins so; `size` is less than CORNU__FIRST_BYTES for a small one. NULL: the kind has no mark. */
    bool (*begins)(const unsigned char *bytes, size_t size);
    bool is_folder;
    cornu_dataset *(*open)(const char *path);
} cornu__dataset_kind;

#endif
