/* format/dataframe.h: a table with named columns, inside. */
#ifndef CORNU_FORMAT_DATAFRAME_H
#define CORNU_FORMAT_DATAFRAME_H

#include <cornu/dataframe.h>

#include "base/status.h"

/* Either texts or an array. */
typedef struct cornu__column {
    char *name;
    char **texts;
    cornu_array *array; /* its first axis counts the rows */
} cornu__column;

struct cornu_dataframe {
    int64_t rows;
    size_t column_count, capacity;
    cornu__column *columns;
};

/* *column := the column of that name; the error tells the nearest one. */
cornu_status cornu__dataframe_column(const cornu_dataframe *table, const char *name, const cornu__column **column);

/* *numbers := these rows of a column: of an array as they are, of texts read as float32. */
cornu_status cornu__column_numbers(const cornu__column *column, const int64_t *rows, int64_t count,
                                   cornu_array **numbers);

#endif
