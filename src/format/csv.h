/* format/csv.h: tables as text (RFC 4180, and what is written in its name), with the names that arrays cannot carry. */
#ifndef CORNU_FORMAT_CSV_H
#define CORNU_FORMAT_CSV_H

#include <stddef.h>

#include <cornu/csv.h>

/* The texts of a table. Start from {0}; free with cornu__csv_names_free. */
typedef struct cornu__csv_names {
    size_t column_count; /* columns of "x" with a name: 0 when the table has no header */
    char **columns;
    size_t class_count; /* classes of a text target, in the order of their index: 0 when the target is a number */
    char **classes;
} cornu__csv_names;

/* As cornu_load_csv_with, which see; `names` may be NULL. */
cornu_array *cornu__csv_read(const char *path, const cornu_csv_options *options, cornu__csv_names *names);

void cornu__csv_names_free(cornu__csv_names *names);

#endif
