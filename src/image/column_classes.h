/* image/column_classes.h: the classes that a table's column holds. */
#ifndef CORNU_IMAGE_COLUMN_CLASSES_H
#define CORNU_IMAGE_COLUMN_CLASSES_H

#include "format/dataframe.h"
#include "image/class_labels.h"

/* The rows of a table that count, in memory of the caller's. */
typedef struct cornu__table_rows {
    int64_t *rows;
    int64_t count;
} cornu__table_rows;

/* Finds the classes of `rows` in a column, or takes those that are given (ending with NULL), makes labels->names, numbers and first, for all rows that are
 * left, and takes the rows without any class out. `separator`: texts hold several; NULL: one. The labels are the caller's to free, also on failure. */
cornu_status cornu__column_classes(const cornu__column *column, const char *const *given, const char *separator,
                                   cornu__table_rows *rows, cornu__class_labels *labels);

#endif
