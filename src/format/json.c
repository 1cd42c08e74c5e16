/* json.c: parsing within the limits, and reading values with their place in mind. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "format/limits.h"
#include "format/stream.h"

#define SHOWN_CHARACTERS 60

/* --- Parsing --- */

/* About what jansson takes for a list or object, for a key, and for any value and its place; an empty object may be 3 bytes of text. */
#define CONTAINER_BYTES 192
#define KEY_BYTES 96
#define VALUE_BYTES 64

/* What a text holds, counted before a parser, which recurses and takes memory for each value, sees it. */
typedef struct extent {
    size_t deepest; /* brackets within brackets, outside strings */
    size_t memory;
} extent;

static extent extent_of(const char *text, size_t length)
{
    extent found = {.memory = VALUE_BYTES};
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        bool opens = text[i] == '{' || text[i] == '[', closes = text[i] == '}' || text[i] == ']';
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && opens)
            found.deepest = ++depth > found.deepest ? depth : found.deepest;
        else if (!quoted && closes && depth > 0)
            depth--;
        if (!quoted)
            found.memory += opens ? CONTAINER_BYTES : text[i] == ':' ? KEY_BYTES : text[i] == ',' ? VALUE_BYTES : 0;
    }
    return found;
}

json_t *cornu__json_parse(const char *name, const char *text, size_t length)
{
    if (length > CORNU__MAX_JSON_BYTES)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "'%s' is JSON of %zu bytes; at most %d are read", name, length,
                                CORNU__MAX_JSON_BYTES);
    extent found = extent_of(text, length);
    if (found.memory > CORNU__MAX_JSON_MEMORY)
        return cornu__fail_null(CORNU_ERROR_LIMIT,
                                "'%s' is JSON of so many values that they take %zu MiB of memory; at most %zu are used",
                                name, found.memory >> 20, CORNU__MAX_JSON_MEMORY >> 20);
    if (found.deepest > CORNU__MAX_JSON_DEPTH)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "'%s' has JSON values more than %d deep within each other", name,
                                CORNU__MAX_JSON_DEPTH);
    json_error_t error;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (value)
        return value;
    if (json_error_code(&error) == json_error_out_of_memory)
        cornu__fail_memory("JSON", length);
    else
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no valid JSON: line %d, column %d: %s", name, error.line, error.column,
                    error.text);
    return NULL;
}

json_t *cornu__json_load(const char *path)
{
    uint64_t size;
    char *text = cornu__read_file(path, CORNU__MAX_JSON_BYTES, &size);
    json_t *value = text ? cornu__json_parse(path, text, size) : NULL;
    cornu__free(text);
    return value;
}

/* --- Places --- */

cornu__json_place cornu__json_root(const char *name, json_t *value)
{
    return (cornu__json_place){.value = value, .name = name};
}

cornu__json_place cornu__json_member(const cornu__json_place *parent, const char *key)
{
    /* json_object_get and json_array_get take any value, and none. */
    return (cornu__json_place){
        .value = json_object_get(parent->value, key), .name = parent->name, .parent = parent, .key = key};
}

cornu__json_place cornu__json_item(const cornu__json_place *parent, size_t index)
{
    return (cornu__json_place){
        .value = json_array_get(parent->value, index), .name = parent->name, .parent = parent, .index = index};
}

bool cornu__json_is_none(const cornu__json_place *place)
{
    return !place->value || json_is_null(place->value);
}

static void add_way(cornu__text *text, const cornu__json_place *place)
{
    if (!place->parent)
        return;
    add_way(text, place->parent);
    if (!place->key)
        cornu__text_add(text, "[%zu]", place->index);
    else
        cornu__text_add(text, place->parent->parent ? ".%.*s" : "%.*s", SHOWN_CHARACTERS, place->key);
}

cornu_status cornu__json_fail(const cornu__json_place *place, cornu_status status, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cornu__text way = {0};
    add_way(&way, place);
    cornu__fail(status, "%s: %s%s%s", place->name, way.data ? way.data : "", way.data ? ": " : "", message);
    cornu__text_free(&way);
    return status;
}

/* --- Values --- */

cornu_status cornu__json_fail_kind(const cornu__json_place *place, const char *wanted)
{
    const json_t *value = place->value;
    if (!value)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "is missing; wanted %s", wanted);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got an object", wanted);
    case JSON_ARRAY:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got a list of %zu", wanted,
                                json_array_size(value));
    case JSON_STRING:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got the string '%.*s'", wanted, SHOWN_CHARACTERS,
                                json_string_value(value));
    case JSON_INTEGER:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got %lld", wanted,
                                (long long)json_integer_value(value));
    case JSON_REAL:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got %g", wanted, json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got %s", wanted,
                                json_is_true(value) ? "true" : "false");
    default:
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "wanted %s, got null", wanted);
    }
}

cornu_status cornu__json_get_integer(const cornu__json_place *place, int64_t least, int64_t most, int64_t *out)
{
    if (!json_is_integer(place->value))
        return cornu__json_fail_kind(place, "an integer");
    int64_t value = json_integer_value(place->value);
    if (value < least || value > most)
        return cornu__json_fail(place, CORNU_ERROR_INVALID_ARGUMENT, "wanted an integer from %lld to %lld, got %lld",
                                (long long)least, (long long)most, (long long)value);
    *out = value;
    return CORNU_OK;
}

cornu_status cornu__json_get_number(const cornu__json_place *place, double *out)
{
    if (!json_is_number(place->value))
        return cornu__json_fail_kind(place, "a number");
    *out = json_number_value(place->value);
    return CORNU_OK;
}

cornu_status cornu__json_get_boolean(const cornu__json_place *place, bool *out)
{
    if (!json_is_boolean(place->value))
        return cornu__json_fail_kind(place, "true or false");
    *out = json_is_true(place->value);
    return CORNU_OK;
}

cornu_status cornu__json_get_string(const cornu__json_place *place, const char **out)
{
    if (!json_is_string(place->value))
        return cornu__json_fail_kind(place, "a string");
    *out = json_string_value(place->value);
    return CORNU_OK;
}

cornu_status cornu__json_expect_object(const cornu__json_place *place, size_t *count)
{
    if (!json_is_object(place->value))
        return cornu__json_fail_kind(place, "an object");
    *count = json_object_size(place->value);
    return CORNU_OK;
}

cornu_status cornu__json_expect_array(const cornu__json_place *place, size_t *count)
{
    if (!json_is_array(place->value))
        return cornu__json_fail_kind(place, "a list");
    *count = json_array_size(place->value);
    return CORNU_OK;
}

cornu_status cornu__json_refuse_others(const cornu__json_place *place, const char *const *known, size_t count)
{
    const char *key;
    json_t *value;
    json_object_foreach(place->value, key, value)
    {
        size_t i = 0;
        while (i < count && strcmp(known[i], key) != 0)
            i++;
        if (i < count)
            continue;
        const char *nearest = cornu__text_nearest(key, known, count);
        return cornu__json_fail(place, CORNU_ERROR_UNKNOWN_NAME, "unknown key '%.*s'%s%s%s", SHOWN_CHARACTERS, key,
                                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    return CORNU_OK;
}
