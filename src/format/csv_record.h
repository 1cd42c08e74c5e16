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
    bool plain; /* a quote is a character like others */
    /* Of each field number whether it keeps the blanks around it, which are cut off otherwise; for `verbatim_count` fields, NULL: none does. */
    const bool *verbatim;
    size_t verbatim_count;
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

/* How many bytes the record at `text` has, its line's end among them; 0: that cannot be told before more bytes than these `size` are there. `last`: no
 * more come. *lines := how many ends of lines are in it. */
size_t cornu__csv_record_size(const char *text, size_t size, bool last, char separator, bool plain, int64_t *lines);

/* Cuts the fields of the one record that lies at reader->at, before reader->end. */
cornu_status cornu__csv_cut(cornu__csv_reader *reader);

/* CORNU_ERROR_FORMAT if there is a NUL among bytes, the first of which is byte `offset` of a file. */
cornu_status cornu__csv_check_text(const char *path, const char *text, size_t size, uint64_t offset);
/* Whether a text begins with a byte order mark, and that is CORNU__BYTE_ORDER_MARK_SIZE bytes. */
bool cornu__has_byte_order_mark(const char *text, size_t size);
#define CORNU__BYTE_ORDER_MARK_SIZE 3

/* The one of comma, semicolon and tab that the first line has most, outside quotes; a comma when it has none. */
char cornu__csv_guess_separator(const char *text, const char *end);

cornu_status cornu__csv_check_separator(const char *path, char separator);

/* Whether `field` is a decimal number, nan or inf, as float32, whatever the program's locale; *out is its value.
 * `c_locale` is "C". */
bool cornu__csv_number(const char *field, locale_t c_locale, float *out);
/* The same as float64. */
bool cornu__csv_double(const char *field, locale_t c_locale, double *out);
/* Whether it is a whole number, without a point or exponent, that int64 holds. */
bool cornu__csv_whole(const char *field, int64_t *out);

#endif
