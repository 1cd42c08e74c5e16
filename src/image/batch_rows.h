/* image/batch_rows.h: the rows of arrays that belong to a batch. */
#ifndef CORNU_IMAGE_BATCH_ROWS_H
#define CORNU_IMAGE_BATCH_ROWS_H

#include <cornu/array.h>

#define CORNU__MOST_ARRAYS 64 /* of a list or dictionary */

/* *to := a new array of these rows of a plain array; NULL for NULL. */
cornu_status cornu__take_rows(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to);

/* The same for each item of a collection, or for a plain array. */
cornu_status cornu__take_collection(const cornu_array *from, const int64_t *rows, int64_t count, cornu_array **to);

/* Whether every array of a collection has `rows` rows; `caller` and `what` begin the message. */
cornu_status cornu__check_rows(const char *caller, const char *what, const cornu_array *array, int64_t rows);

#endif
