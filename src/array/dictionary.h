/*
 * array/dictionary.h: dictionaries of arrays that grow item by item, and are read with checks: what is kept in a file of a state.
 *
 * A dictionary holds no collections, so a list or dictionary that is added becomes items of its own: "<name>[0]", "<name>/<key>".
 */
#ifndef CORNU_ARRAY_DICTIONARY_H
#define CORNU_ARRAY_DICTIONARY_H

#include "array/array.h"

/* Start from {0}. After a failure, whose error stays set, nothing is added any more: the end says so. */
typedef struct cornu__dictionary {
    size_t count, room;
    char **names;
    cornu_array **items;
    bool failed;
} cornu__dictionary;

/* A number of a struct, under its name in a dictionary. */
typedef struct cornu__number_field {
    const char *name; /* NULL ends a table */
    cornu_dtype dtype;
    size_t offset;
} cornu__number_field;

/* --- Out --- */

/* Adds an array or a collection, not an empty one; takes the reference over. NULL: the failure to make it is passed on. */
void cornu__dictionary_add(cornu__dictionary *dictionary, const char *name, cornu_array *item);
/* Adds a copy of `count` numbers. */
void cornu__dictionary_add_numbers(cornu__dictionary *dictionary, const char *name, cornu_dtype dtype, int64_t count,
                                   const void *numbers);
/* Adds bytes, not terminated. */
void cornu__dictionary_add_text(cornu__dictionary *dictionary, const char *name, const char *text);
/* Adds each of a struct's numbers as a scalar. */
void cornu__dictionary_add_fields(cornu__dictionary *dictionary, const cornu__number_field *fields, const void *record);
/* The dictionary as an array, and an empty one left behind; NULL with the error set if anything failed. */
cornu_array *cornu__dictionary_take(cornu__dictionary *dictionary);

/* --- In: messages say which item is not as it was wanted --- */

/* *part := the array, list or dictionary that was added under this name, with a new reference; NULL: none. */
cornu_status cornu__dictionary_part(const cornu_array *dictionary, const char *name, cornu_array **part);
/* *item := the item of that name, of this dtype and number of elements (-1: any). */
cornu_status cornu__dictionary_get(const cornu_array *dictionary, const char *name, cornu_dtype dtype, int64_t count,
                                   const cornu_array **item);
/* *text := a new string. Free with cornu__free. */
cornu_status cornu__dictionary_get_text(const cornu_array *dictionary, const char *name, char **text);
cornu_status cornu__dictionary_get_fields(const cornu_array *dictionary, const cornu__number_field *fields,
                                          void *record);

#endif
