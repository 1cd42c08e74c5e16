/*
 * format/json.h: JSON within the limits, read through places.
 *
 * jansson parses; a place is a value and the way to it, so that every complaint says where: "model.json:
 * config.layers[2].config.filters: wanted an integer, got the string '32'". Places live on the stack of those who go
 * down into a document.
 */
#ifndef CORNU_FORMAT_JSON_H
#define CORNU_FORMAT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Parses text or a file (plain or gzip-compressed). A new reference (json_decref it), or NULL with the error set: line
 * and column of a mistake, a key given twice, too long, too deep, too
 * many values. `name` is for messages. */
json_t *cornu__json_parse(const char *name, const char *text, size_t length);
json_t *cornu__json_load(const char *path);

typedef struct cornu__json_place {
    json_t *value;                          /* NULL: there is nothing here */
    const char *name;                       /* the document's, for messages */
    const struct cornu__json_place *parent; /* NULL: the root; must outlive this place */
    const char *key;                        /* in the parent, if that is an object; else NULL */
    size_t index;                           /* in the parent, if that is an array */
} cornu__json_place;

cornu__json_place cornu__json_root(const char *name, json_t *value);
/* The place of a key or an item; its value is NULL when there is none, or when `parent` is no object or array. */
cornu__json_place cornu__json_member(const cornu__json_place *parent, const char *key);
cornu__json_place cornu__json_item(const cornu__json_place *parent, size_t index);

/* Whether there is nothing: no value, or null (Python's None). */
bool cornu__json_is_none(const cornu__json_place *place);

/* Sets an error in front of which the place is put: "model.json: config.units: <message>". */
cornu_status cornu__json_fail(const cornu__json_place *place, cornu_status status, const char *format, ...)
    CORNU_PRINTF(3, 4);

/* The same for a value of the wrong kind: "... wanted <wanted>, got the string 'relu'" (or "... is missing; wanted
 * <wanted>"). */
cornu_status cornu__json_fail_kind(const cornu__json_place *place, const char *wanted);

/* The value, of the wanted kind; an error otherwise, and then *out is as it was. A number may be written as integer or
 * real; an integer must be one, from `least` to `most`. The string lives as long as the document. */
cornu_status cornu__json_get_integer(const cornu__json_place *place, int64_t least, int64_t most, int64_t *out);
cornu_status cornu__json_get_number(const cornu__json_place *place, double *out);
cornu_status cornu__json_get_boolean(const cornu__json_place *place, bool *out);
cornu_status cornu__json_get_string(const cornu__json_place *place, const char **out);

/* That the value is an object or an array; *count is the number of its members or items. */
cornu_status cornu__json_expect_object(const cornu__json_place *place, size_t *count);
cornu_status cornu__json_expect_array(const cornu__json_place *place, size_t *count);

/* That an object has no other keys than `known`; the error names the first other one and the nearest right spelling. */
cornu_status cornu__json_refuse_others(const cornu__json_place *place, const char *const *known, size_t count);

#endif
