/* data/preprocessing.h: what the preprocessing functions share: checks of their arguments, sequences in either form. */
#ifndef CORNU_DATA_PREPROCESSING_H
#define CORNU_DATA_PREPROCESSING_H

#include <cornu/preprocessing.h>

#include "array/array.h"

/* That an argument is there and is a plain array. `function` and `what` are for the message. */
cornu_status cornu__expect_plain(const char *function, const char *what, const cornu_array *array);

/* A new array of zeros of a size that a program's number decides: CORNU_ERROR_LIMIT for more than may be in memory. NULL on failure. */
cornu_array *cornu__zeros_within_limits(const char *function, cornu_dtype dtype, int rank, const int64_t *shape);

/* One sequence of a list of them, or a row of a plain array. */
typedef struct cornu__one_sequence {
    cornu_dtype dtype;
    int rank;             /* at least 1 */
    const int64_t *shape; /* the first size is the length */
    const char *data;
} cornu__one_sequence;

/* That this is a list of sequences or an array of at least two axes; *count is the number of sequences. */
cornu_status cornu__expect_sequences(const char *function, const cornu_array *sequences, int64_t *count);
/* Sequence `index` of those that passed the check. */
cornu__one_sequence cornu__sequence_at(const cornu_array *sequences, int64_t index);

/* That these are sequences of one axis each: of indices. */
cornu_status cornu__expect_index_sequences(const char *function, const cornu_array *sequences, int64_t *count);
/* *indices := a copy of sequence `index`, which the caller frees; *length: how many. */
cornu_status cornu__indices_at(const cornu_array *sequences, int64_t index, int64_t **indices, int64_t *length);

#endif
