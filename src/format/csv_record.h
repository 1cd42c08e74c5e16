/* format/csv_record.h: the records of a table in memory, one after the other. */
#ifndef CORNU_FORMAT_CSV_RECORD_H
#define CORNU_FORMAT_CSV_RECORD_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A reader of records. It cuts fields out of the text in place: quotes are resolved, and each field ends with a NUL. */
typedef struct cornu__csv_reader {
    const char *path; /* for messages */
    char separator;
    char *at, *end;      /* what is left; *end is a NUL */
    int64_t line;        /* of the next record, from 1 */
    int64_t record_line; /* of the record read last */
    size_t field_count;  /* of the record read last */
    char **fields;
    size_t capacity;
} cornu__csv_reader;

/* Reads a file, plain or gzip-compressed, whole into *text, and sets a reader before its first record. `separator` 0: guessed. In any case reader->fields and
 * *text are then to be freed. */
cornu_status cornu__csv_open(cornu__csv_reader *reader, const char *path, char separator, char **text);

/* Reads the next record. *more is false, with no record, when only empty lines are left. An empty line before others is
 * an error. */
cornu_status cornu__csv_next(cornu__csv_reader *reader, bool *more);

/* The one of comma, semicolon and tab that the first line has most, outside quotes; a comma when it has none. */
char cornu__csv_guess_separator(const char *text, const char *end);

/* Whether `field` is a decimal number, nan or inf, as float32, whatever the program's locale; *out is its value.
 * `c_locale` is "C". */
bool cornu__csv_number(const char *field, locale_t c_locale, float *out);

#endif
