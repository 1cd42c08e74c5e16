/*
 * format/csv_column.h: one column of a table: what its fields are found or said to be, what stands for a missing value, and a field as a number.
 */
#ifndef CORNU_FORMAT_CSV_COLUMN_H
#define CORNU_FORMAT_CSV_COLUMN_H

#include <locale.h>

#include <cornu/array.h>

#include "base/word_map.h"

typedef enum cornu__csv_type {
    CORNU__CSV_FOUND,   /* by its fields: whole numbers, numbers, classes or texts */
    CORNU__CSV_NUMBER,  /* of column->dtype */
    CORNU__CSV_CLASS,   /* the number of its text among the column's different ones */
    CORNU__CSV_ONE_HOT, /* the same as a row of 0 with a 1 */
    CORNU__CSV_TEXT     /* the bytes as they are */
} cornu__csv_type;

typedef enum cornu__csv_missing {
    CORNU__CSV_MISSING_ERROR,
    CORNU__CSV_MISSING_ERROR_BUT_NAN, /* what is spelled nan is a number */
    CORNU__CSV_MISSING_NAN,
    CORNU__CSV_MISSING_MEAN,
    CORNU__CSV_MISSING_VALUE
} cornu__csv_missing;

/* A policy for missing values, with the text it was given by. */
typedef struct cornu__csv_policy {
    cornu__csv_missing missing;
    const char *text; /* whoever gave it keeps it */
} cornu__csv_policy;

typedef struct cornu__csv_column {
    char *name; /* the header's, or the number */
    cornu__csv_type type;
    cornu_dtype dtype;
    cornu__csv_policy policy;
    bool is_said;   /* its type was said, not found */
    bool used;      /* false: nobody looks at its fields */
    bool is_target; /* found to be text, it is classes however many there are */
    bool is_given;  /* settled like a column of another table: only checked */
    /* What a pass over the rows finds. */
    bool collects; /* its different texts, in `texts` */
    bool is_late;  /* texts came when it did not */
    bool has_many; /* more than it collects */
    bool all_whole;
    int64_t number_count, text_count;
    int64_t missing_line, empty_line, text_line; /* the first of each, 0: none */
    double sum;
    cornu__word_map texts; /* the value of each: the number of the class */
    /* What is settled when they are found. */
    double fill; /* stands for a missing number */
    int class_count;
    const char **classes;  /* in order; into `texts` */
    int32_t missing_class; /* of an empty field; -1: none */
} cornu__csv_column;

/* "error", "nan", "mean" or a value; `text` is kept, and may be NULL: the one of cornu_load_csv. */
cornu__csv_policy cornu__csv_policy_of(const char *text);

/* Sets column->type and dtype by "class", "one_hot", "text" or a dtype's name. */
cornu_status cornu__csv_column_declare(const char *path, cornu__csv_column *column, const char *type);

/* The spellings of missing values, besides the usual ones. */
typedef struct cornu__csv_spellings {
    const char *const *others; /* ending with NULL; or NULL */
} cornu__csv_spellings;

bool cornu__csv_is_missing(const cornu__csv_spellings *spellings, const char *field);

/* Before a pass over the rows; for each field of the pass; and behind the last pass, when type, classes and fill are settled. A column that is late after a pass wants
 * another one, which collects its texts. An error tells of the field or column alone; *line is where, 0: the field in hand or none. */
void cornu__csv_column_begin(cornu__csv_column *column);
cornu_status cornu__csv_column_see(cornu__csv_column *column, const cornu__csv_spellings *spellings, locale_t c_locale,
                                   const char *field, int64_t line);
cornu_status cornu__csv_column_settle(cornu__csv_column *column, locale_t c_locale, int64_t *line);

/* Settles a column like that of another table; its pass checks that its fields fit. */
cornu_status cornu__csv_column_settle_like(cornu__csv_column *column, const cornu__csv_column *other);

void cornu__csv_column_free(cornu__csv_column *column);

/* The elements of one field: 1, or for ONE_HOT the number of classes. */
int64_t cornu__csv_column_width(const cornu__csv_column *column);

/* Writes a field of a settled column that is no text to `to`, as `dtype`: one element, or a row of a 1 among 0. */
cornu_status cornu__csv_column_write(const cornu__csv_column *column, const cornu__csv_spellings *spellings,
                                     locale_t c_locale, const char *field, cornu_dtype dtype, void *to);

#endif
