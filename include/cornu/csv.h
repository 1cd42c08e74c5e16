/* csv.h: tables of text: comma-separated values and their like. */
#ifndef CORNU_CSV_H
#define CORNU_CSV_H

#include <cornu/array.h>
#include <cornu/dataset.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/*
 * What becomes of a value that is missing. A field is missing that is empty, or one of the spellings that pandas takes for it: NA, N/A, n/a, <NA>, #N/A, #NA, nan, -nan,
 * NaN, -NaN, NULL, null, None; or one of .na_values.
 *
 *     "error"  reading fails and names the line and the column
 *     "nan"    it becomes a NaN
 *     "mean"   it becomes the mean of the column's values that are there
 *     "0"      or any other number: that number
 *
 * In a column of classes only an empty field is missing; "error" refuses it, "nan" and "mean" make it the class '', and any other text the class of that name.
 * In a column of texts nothing is missing.
 */

typedef struct cornu_csv_options {
    size_t struct_size;
    char
        separator; /* 0: a tab in a file named .tsv, else whichever of comma, semicolon and tab the first line has most */
    /* 1: the first line holds names; 0: it is data; -1: names iff none of its fields is a number */
    int header CORNU_DEFAULT(-1);
    const char *target;              /* name or 0-based number of the target column ("-1": the last); NULL: none */
    const char *missing;             /* see above; NULL: as "error", but what is spelled nan is the number NaN */
    const char *const *na_values;    /* spellings of missing values besides: cornu_names("?", "-9999"); NULL: none */
    bool quotes CORNU_DEFAULT(true); /* false: a quote is a character like others */
} cornu_csv_options;

#define CORNU_CSV_DEFAULTS CORNU_DEFAULTS(.header = -1, .quotes = true)

/* Reads a table, plain or gzip-compressed: cornu_load_csv("iris.csv", .target = "-1"). Numbers become float32. A target that is text becomes its class
 * index (int32, by the texts in byte order). Fields may be quoted as in RFC 4180. Returns a dictionary: "x" (rows, columns without the target) and, with a
 * target, "y" (rows). NULL on failure; a message about the contents names line and column. */
#define cornu_load_csv(path, ...)                                                                                      \
    CORNU_KEYWORDS(cornu_load_csv_with(path, &cornu_keywords), cornu_csv_options, CORNU_CSV_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_load_csv_with(const char *path, const cornu_csv_options *options);

/* --- Tables that are read row by row while a model trains --- */

/* What is said about a column. */
typedef struct cornu_csv_column {
    const char *name; /* or its 0-based number: "3" */
    /* A dtype's name ("float32", "int64", ...); "class": the number of its text among the column's different ones, int32; "one_hot": the same as a row of 0
     * with a 1, float32; "text": the bytes as they are, uint8 of any length. NULL: found */
    const char *type;
    const char *missing; /* as above; NULL: as for the table */
} cornu_csv_column;

/* Several of them: .columns = cornu_csv_columns({"sex", "one_hot"}, {"age", .missing = "mean"}). */
#define cornu_csv_columns(...) (__extension__(const cornu_csv_column[]){__VA_ARGS__, {NULL, NULL, NULL}})

typedef struct cornu_csv_dataset_options {
    size_t struct_size;
    char
        separator; /* 0: a tab in a file named .tsv, else whichever of comma, semicolon and tab the first line has most */
    /* 1: the first line holds names; 0: it is data; -1: names iff none of its fields is a number. A table without a column of numbers is refused unless it is said */
    int header CORNU_DEFAULT(-1);
    bool quotes CORNU_DEFAULT(true); /* false: a quote is a character like others */
    const char *
        target; /* a column by its name, or its 0-based number, from the end if negative ("-1"): becomes the field "y" */
    const char *const *x;      /* columns, called as the target: side by side they become the field "x", float32 */
    const char *const *fields; /* columns, each of which becomes a field of its own */
    const cornu_csv_column *columns; /* cornu_csv_columns(...); NULL: nothing is said about any */
    const char *missing CORNU_DEFAULT("error");
    const char *const *na_values;
    cornu_dataset
        *like; /* made by cornu_csv_dataset: columns of the same name have the same types, classes and means as there */
} cornu_csv_dataset_options;
#define CORNU_CSV_DATASET_DEFAULTS CORNU_DEFAULTS(.header = -1, .quotes = true, .missing = "error")

/*
 * cornu_csv_dataset("train.csv", .target = "survived"): the rows of a table, plain or gzip-compressed (which is read in its order), with quotes as in RFC 4180.
 *
 * With a target or x there are the fields "x": the columns of .x, or all but the target and .fields; "y": the target; and each of .fields by its name.
 * With neither, each column of .fields, or each of all, is a field by its name, or its number where there is no header.
 *
 * One pass at opening finds where rows begin, checks every field that is used, and finds what nobody has said: a column of whole numbers is int64 (float32 where a
 * NaN or a mean stands for missing ones), of other numbers float32; of texts "class" if there are at most 256 different ones that come twice or more on average,
 * else "text". A target that is text is "class". Classes are in byte order, or by value where all are whole numbers; the field tells their names. Texts and classes
 * go into "x" only if that was said. Memory: a row for each reader, 16 bytes for each of at most 2^20 places of rows, and the different texts of classes.
 *
 * .like is for a test table: `.like = train` gives it the training table's class numbers and means; a class that is not there is an error.
 *
 * A path with *, ? or [...] in it stands for all files of such names, in byte order: shards, their rows behind one another. All have the same columns. The first one says what they are, as
 * by .like: types, classes, means and all that nobody has said.
 */
#define cornu_csv_dataset(path_, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_csv_dataset_with(path_, &cornu_keywords), cornu_csv_dataset_options,                          \
                   CORNU_CSV_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_csv_dataset_with(const char *path, const cornu_csv_dataset_options *options);

typedef struct cornu_csv_sequence_options {
    size_t struct_size;
    int batch_size CORNU_DEFAULT(32); /* this and the next: as in cornu_dataset_sequence */
    bool shuffle CORNU_DEFAULT(true);
    uint64_t seed;
    bool drop_remainder;
    int64_t buffer_size CORNU_DEFAULT(1000);
    char separator; /* these: as in cornu_csv_dataset */
    int header CORNU_DEFAULT(-1);
    bool quotes CORNU_DEFAULT(true);
    const char *target;
    const char *const *x;
    const char *sample_weight; /* a column with the samples' weights; NULL: none */
    const cornu_csv_column *columns;
    const char *missing CORNU_DEFAULT("error");
    const char *const *na_values;
} cornu_csv_sequence_options;
#define CORNU_CSV_SEQUENCE_DEFAULTS                                                                                    \
    CORNU_DEFAULTS(.batch_size = 32, .shuffle = true, .buffer_size = 1000, .header = -1, .quotes = true,               \
                   .missing = "error")

/* cornu_csv_sequence("train.csv", .target = "survived", .batch_size = 64): a Sequence of the rows: x one array (rows, columns), and y; what
 * cornu_dataset_sequence makes of such a cornu_csv_dataset. Without target and x: a dictionary by the columns' names. */
#define cornu_csv_sequence(path_, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_csv_sequence_with(path_, &cornu_keywords), cornu_csv_sequence_options,                        \
                   CORNU_CSV_SEQUENCE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_csv_sequence_with(const char *path, const cornu_csv_sequence_options *options);

CORNU_END_DECLARATIONS

#endif
