/*
 * format/csv_table.h: a table in a file, row by row: one pass finds where rows begin, what each column is and what its missing values become; then any row can
 * be read. No more than a row of each reader is in memory.
 */
#ifndef CORNU_FORMAT_CSV_TABLE_H
#define CORNU_FORMAT_CSV_TABLE_H

#include "format/csv_column.h"
#include "format/csv_record.h"
#include "format/record_file.h"

/* What a program has said about one column. */
typedef struct cornu__csv_declaration {
    const char *name;    /* or its number */
    const char *type;    /* NULL: found */
    const char *missing; /* NULL: the table's */
} cornu__csv_declaration;

typedef struct cornu__csv_table_options {
    char separator; /* 0: guessed */
    int header;     /* 1, 0, or -1: found */
    bool plain;     /* quotes are characters like others */
    const char *target;
    const char *missing;
    const char *const *na_values;
    const cornu__csv_declaration *declarations;
    size_t declaration_count;
    /* NULL: all columns are used; else these, and the target */
    const char *const *used;
    const char *number_type; /* of columns that nothing was said about; NULL: found */
} cornu__csv_table_options;

typedef struct cornu__csv_table {
    cornu__record_file file; /* of the rows, without the header */
    char separator;
    bool plain;
    bool has_header;
    locale_t c_locale;
    cornu__csv_spellings spellings;
    char **texts; /* what `spellings` and policies point to: copies of the program's */
    size_t text_count;
    size_t column_count;
    cornu__csv_column *columns;
    bool *verbatim; /* which of them are texts, blanks and all; NULL before that is settled */
    size_t target;  /* CORNU__CSV_NONE: none */
} cornu__csv_table;
#define CORNU__CSV_NONE SIZE_MAX

/* `table` needs no beginning, and cornu__csv_table_close after success. It must stay where it is. `like`: columns that this table has too, by their names, are
 * what they are there; NULL: none. */
cornu_status cornu__csv_table_open(cornu__csv_table *table, const char *path, const cornu__csv_table_options *options,
                                   const cornu__csv_table *like);
void cornu__csv_table_close(cornu__csv_table *table);

/* *column := of a column's name, or its number from 0, from the end if negative. The error tells the nearest name. */
cornu_status cornu__csv_table_find(const cornu__csv_table *table, const char *name, size_t *column);

/* The fields of the row at which the cursor stands, of which there are column_count; the cursor steps over it. They are valid until it is used again. */
cornu_status cornu__csv_table_next(const cornu__csv_table *table, cornu__cursor *cursor, char ***fields);

/* One of them as a number. `line`: of the row, for messages. */
cornu_status cornu__csv_table_write(const cornu__csv_table *table, size_t column, const char *field, int64_t line,
                                    cornu_dtype dtype, void *to);

#endif
