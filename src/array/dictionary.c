/* dictionary.c: dictionaries of arrays that grow, and are read with checks. */
#include <string.h>

#include "array/dictionary.h"
#include "base/text.h"

#define FIRST_ROOM 16

/* --- Out --- */

static bool make_room(cornu__dictionary *dictionary)
{
    if (dictionary->count < dictionary->room)
        return true;
    size_t room = dictionary->room > 0 ? 2 * dictionary->room : FIRST_ROOM;
    char **names = cornu__realloc(dictionary->names, dictionary->room * sizeof *names, room * sizeof *names);
    dictionary->names = names ? names : dictionary->names;
    cornu_array **items =
        names ? cornu__realloc(dictionary->items, dictionary->room * sizeof(cornu_array *), room * sizeof *items)
              : NULL;
    if (!items)
        return false;
    dictionary->items = items;
    dictionary->room = room;
    return true;
}

/* Takes over both; either may be NULL, for want of memory. */
static void add_one(cornu__dictionary *dictionary, char *name, cornu_array *item)
{
    if (!dictionary->failed && name && item && make_room(dictionary)) {
        dictionary->names[dictionary->count] = name;
        dictionary->items[dictionary->count++] = item;
        return;
    }
    dictionary->failed = true;
    cornu__free(name);
    cornu_array_release(item);
}

static void add_collection(cornu__dictionary *dictionary, const char *name, const cornu_array *collection)
{
    for (size_t i = 0; i < cornu_array_item_count(collection) && !dictionary->failed; i++) {
        const char *key = cornu_array_item_name(collection, i);
        cornu__text whole = {0};
        if (key)
            cornu__text_add(&whole, "%s/%s", name, key);
        else
            cornu__text_add(&whole, "%s[%zu]", name, i);
        add_one(dictionary, cornu__text_take(&whole), cornu_array_retain(cornu_array_item(collection, i)));
    }
}

void cornu__dictionary_add(cornu__dictionary *dictionary, const char *name, cornu_array *item)
{
    if (!cornu_array_is_collection(item) || dictionary->failed) {
        add_one(dictionary, dictionary->failed ? NULL : cornu__copy_text(name), item);
        return;
    }
    if (cornu_array_item_count(item) == 0) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "'%s' is a collection without an array: nothing could be found again",
                    name);
        dictionary->failed = true;
    }
    add_collection(dictionary, name, item);
    cornu_array_release(item);
}

void cornu__dictionary_add_numbers(cornu__dictionary *dictionary, const char *name, cornu_dtype dtype, int64_t count,
                                   const void *numbers)
{
    if (!dictionary->failed)
        cornu__dictionary_add(dictionary, name, cornu_array_copy_of(dtype, 1, &count, numbers));
}

void cornu__dictionary_add_text(cornu__dictionary *dictionary, const char *name, const char *text)
{
    cornu__dictionary_add_numbers(dictionary, name, CORNU_UINT8, (int64_t)strlen(text), text);
}

void cornu__dictionary_add_fields(cornu__dictionary *dictionary, const cornu__number_field *fields, const void *record)
{
    for (; fields->name && !dictionary->failed; fields++)
        cornu__dictionary_add(dictionary, fields->name,
                              cornu_array_copy_of(fields->dtype, 0, NULL, (const char *)record + fields->offset));
}

cornu_array *cornu__dictionary_take(cornu__dictionary *dictionary)
{
    cornu_array *taken = NULL;
    if (!dictionary->failed)
        taken = cornu_array_dict(dictionary->count, (const char *const *)dictionary->names, dictionary->items);
    for (size_t i = 0; i < dictionary->count; i++) {
        cornu__free(dictionary->names[i]);
        cornu_array_release(dictionary->items[i]);
    }
    cornu__free(dictionary->names);
    cornu__free(dictionary->items);
    *dictionary = (cornu__dictionary){0};
    return taken;
}

/* --- In --- */

/* What follows "<name><mark>" in the name of an item; NULL: it begins otherwise. */
static const char *behind(const char *item, const char *name, char mark)
{
    size_t length = strlen(name);
    return item && strncmp(item, name, length) == 0 && item[length] == mark ? item + length + 1 : NULL;
}

cornu_status cornu__dictionary_part(const cornu_array *dictionary, const char *name, cornu_array **part)
{
    size_t all = cornu_array_item_count(dictionary), count = 0;
    *part = cornu_array_retain(cornu_array_item_named(dictionary, name));
    if (*part)
        return CORNU_OK;
    const char **keys = cornu__alloc_array(all, sizeof *keys);
    cornu_array **items = cornu__alloc_array(all, sizeof(cornu_array *));
    bool is_list = false, enough = keys && items;
    for (size_t i = 0; enough && i < all; i++) {
        const char *item = cornu_array_item_name(dictionary, i), *key = behind(item, name, '/');
        bool listed = behind(item, name, '[') != NULL;
        if (!key && !listed)
            continue;
        is_list = is_list || listed;
        keys[count] = key ? key : item;
        items[count++] = cornu_array_item(dictionary, i);
    }
    if (count > 0)
        *part = is_list ? cornu_array_list(count, items) : cornu_array_dict(count, keys, items);
    cornu__free(keys);
    cornu__free(items);
    return enough && (count == 0 || *part) ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__dictionary_get(const cornu_array *dictionary, const char *name, cornu_dtype dtype, int64_t count,
                                   const cornu_array **item)
{
    *item = cornu_array_item_named(dictionary, name);
    if (!*item)
        return cornu__fail(CORNU_ERROR_FORMAT, "there is no '%s'", name);
    int64_t found = cornu_array_count(*item);
    if (cornu_array_dtype(*item) != dtype)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' has numbers of %s; wanted %s", name,
                           cornu_dtype_name(cornu_array_dtype(*item)), cornu_dtype_name(dtype));
    if (count >= 0 && found != count)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' has %lld numbers; wanted %lld", name, (long long)found,
                           (long long)count);
    return CORNU_OK;
}

cornu_status cornu__dictionary_get_text(const cornu_array *dictionary, const char *name, char **text)
{
    const cornu_array *item;
    cornu__text made = {0};
    *text = NULL;
    CORNU_TRY(cornu__dictionary_get(dictionary, name, CORNU_UINT8, -1, &item));
    cornu__text_add_bytes(&made, cornu_array_data(item), (size_t)cornu_array_count(item));
    *text = cornu__text_take(&made);
    return *text ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_status cornu__dictionary_get_fields(const cornu_array *dictionary, const cornu__number_field *fields,
                                          void *record)
{
    for (; fields->name; fields++) {
        const cornu_array *item;
        CORNU_TRY(cornu__dictionary_get(dictionary, fields->name, fields->dtype, 1, &item));
        char *number = (char *)record + fields->offset;
        if (fields->dtype == CORNU_BOOL)
            *(bool *)number = *(const uint8_t *)cornu_array_data(item) != 0; /* a file may hold any byte */
        else
            memcpy(number, cornu_array_data(item), cornu_dtype_size(fields->dtype));
    }
    return CORNU_OK;
}
