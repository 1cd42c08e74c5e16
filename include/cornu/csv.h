/* csv.h: tables of text: comma-separated values and their like. */
#ifndef CORNU_CSV_H
#define CORNU_CSV_H

#include <cornu/array.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_csv_options {
    size_t struct_size;
    char separator; /* 0: whichever of comma, semicolon and tab the first line has most */
    /* 1: the first line holds names; 0: it is data; -1: names iff none of its fields is a number */
    int header CORNU_DEFAULT(-1);
    const char *target; /* name or 0-based number of the target column ("-1": the last); NULL: none */
} cornu_csv_options;

#define CORNU_CSV_DEFAULTS CORNU_DEFAULTS(.header = -1)

/* Reads a table, plain or gzip-compressed: cornu_load_csv("iris.csv", .target = "-1"). Numbers become float32 (`nan` is
 * one; an empty field is an error). A target that is text becomes its class index (int32, by the texts in byte order).
 * Fields may be quoted as in RFC 4180. Returns a dictionary: "x" (rows, columns without the target) and, with a target,
 * "y" (rows). NULL on failure; a message about the contents names line and column. */
#define cornu_load_csv(path, ...)                                                                                      \
    CORNU_KEYWORDS(cornu_load_csv_with(path, &cornu_keywords), cornu_csv_options, CORNU_CSV_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_load_csv_with(const char *path, const cornu_csv_options *options);

CORNU_END_DECLARATIONS

#endif
