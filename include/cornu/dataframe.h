/*
 * dataframe.h: a table with named columns: names of files, classes, numbers; from a CSV file or from memory.
 *
 *     cornu_dataframe *table = cornu_read_csv("train.csv");
 *     cornu_sequence *batches = cornu_flow_from_dataframe(augment, table, .directory = "photos", .x_col = "file", .y_col = "breed");
 *     cornu_dataframe_release(table);
 */
#ifndef CORNU_DATAFRAME_H
#define CORNU_DATAFRAME_H

#include <cornu/array.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_dataframe cornu_dataframe;

typedef struct cornu_read_csv_options {
    size_t struct_size;
    char separator;                  /* 0: whichever of comma, semicolon and tab the first line has most */
    bool quotes CORNU_DEFAULT(true); /* false: a quote is a character like others */
} cornu_read_csv_options;
#define CORNU_READ_CSV_DEFAULTS CORNU_DEFAULTS(.quotes = true)

/* cornu_read_csv("train.csv"): the table of a file whose first line holds the names of the columns, plain or gzip-compressed, quoted as in RFC 4180. All columns
 * are texts; what wants numbers reads them as such. NULL on failure. */
#define cornu_read_csv(path, ...)                                                                                      \
    CORNU_KEYWORDS(cornu_read_csv_with((path), &cornu_keywords), cornu_read_csv_options,                               \
                   CORNU_READ_CSV_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataframe *cornu_read_csv_with(const char *path, const cornu_read_csv_options *options);

/* A table without columns, or NULL. */
CORNU_API cornu_dataframe *cornu_dataframe_create(void);

/* Adds a column of `count` texts, which are copied, or of the rows of an array, which is kept. All columns have as many rows as the first; names differ. */
CORNU_API cornu_status cornu_dataframe_add_texts(cornu_dataframe *table, const char *name, int64_t count,
                                                 const char *const *texts);
CORNU_API cornu_status cornu_dataframe_add_array(cornu_dataframe *table, const char *name, cornu_array *array);

CORNU_API int64_t cornu_dataframe_rows(const cornu_dataframe *table);

CORNU_API void cornu_dataframe_release(cornu_dataframe *table); /* NULL is allowed */

CORNU_END_DECLARATIONS

#endif
