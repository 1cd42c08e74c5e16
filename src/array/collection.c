/* collection.c: lists and dictionaries of arrays. */
#include <string.h>

#include "array/array.h"

/* A collection with room for `count` items, all NULL yet. */
static cornu_array *collection_new(size_t count, bool named)
{
    cornu_array *collection = cornu__array_allocate();
    if (!collection)
        return NULL;
    collection->items = cornu__alloc_array(count, sizeof *collection->items);
    collection->names = named && collection->items ? cornu__alloc_array(count, sizeof *collection->names) : NULL;
    if (!collection->items || (named && !collection->names)) {
        cornu_array_release(collection);
        return NULL;
    }
    collection->item_count = count;
    return collection;
}

void cornu__collection_free_items(cornu_array *collection)
{
    for (size_t i = 0; i < collection->item_count; i++) {
        cornu_array_release(collection->items[i]);
        if (collection->names)
            cornu__free(collection->names[i]);
    }
    cornu__free(collection->items);
    cornu__free(collection->names);
}

/* Whether item `index` of a collection under construction is an array. */
static bool is_item(const char *function, size_t index, const cornu_array *item)
{
    if (item && !item->items)
        return true;
    cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: item %zu is %s; wanted an array", function, index,
                item ? "a collection itself" : "NULL");
    return false;
}

cornu_array *cornu_array_list(size_t count, cornu_array *const *items)
{
    if (count > 0 && !items)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_list: %zu items wanted, got NULL", count);
    for (size_t i = 0; i < count; i++) {
        if (!is_item("cornu_array_list", i, items[i]))
            return NULL;
    }
    cornu_array *list = collection_new(count, false);
    for (size_t i = 0; list && i < count; i++)
        list->items[i] = cornu_array_retain(items[i]);
    return list;
}

/* Whether names[index] can name an item: there, and not the name of an earlier one. */
static bool is_new_name(size_t index, const char *const *names)
{
    if (!names[index] || names[index][0] == '\0') {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_dict: item %zu has no name", index);
        return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(names[i], names[index]) == 0) {
            cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_dict: items %zu and %zu are both named '%s'", i,
                        index, names[index]);
            return false;
        }
    }
    return true;
}

cornu_array *cornu_array_dict(size_t count, const char *const *names, cornu_array *const *items)
{
    if (count > 0 && (!names || !items))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_array_dict: %zu names and items wanted, got NULL",
                                count);
    for (size_t i = 0; i < count; i++) {
        if (!is_item("cornu_array_dict", i, items[i]) || !is_new_name(i, names))
            return NULL;
    }
    cornu_array *dictionary = collection_new(count, true);
    for (size_t i = 0; dictionary && i < count; i++) {
        dictionary->items[i] = cornu_array_retain(items[i]);
        dictionary->names[i] = cornu__copy_text(names[i]);
        if (!dictionary->names[i]) {
            cornu_array_release(dictionary);
            return NULL;
        }
    }
    return dictionary;
}

/* The collection of `collection`'s names with `items`, whose references it takes over, whatever happens. */
static cornu_array *collection_like(const cornu_array *collection, cornu_array **items)
{
    size_t count = collection->item_count;
    cornu_array *like = NULL;
    bool whole = true;
    for (size_t i = 0; i < count; i++)
        whole &= items[i] != NULL;
    if (whole && collection->names)
        like = cornu_array_dict(count, (const char *const *)collection->names, items);
    else if (whole)
        like = cornu_array_list(count, items);
    for (size_t i = 0; i < count; i++)
        cornu_array_release(items[i]);
    cornu__free(items);
    return like;
}

cornu_array *cornu__collection_rows(cornu_array *collection, int64_t begin, int64_t end)
{
    cornu_array **items = cornu__alloc_array(collection->item_count, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < collection->item_count; i++) {
        items[i] = cornu_array_rows(collection->items[i], begin, end);
        if (!items[i])
            break;
    }
    return collection_like(collection, items);
}

cornu_array *cornu__collection_cast(const cornu_array *collection, cornu_dtype dtype)
{
    cornu_array **items = cornu__alloc_array(collection->item_count, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < collection->item_count; i++) {
        items[i] = cornu_array_cast(collection->items[i], dtype);
        if (!items[i])
            break;
    }
    return collection_like(collection, items);
}

bool cornu_array_is_collection(const cornu_array *array)
{
    return array && array->items;
}

size_t cornu_array_item_count(const cornu_array *array)
{
    if (!array)
        return 0;
    return array->items ? array->item_count : 1;
}

cornu_array *cornu_array_item(const cornu_array *array, size_t index)
{
    if (index >= cornu_array_item_count(array))
        return NULL;
    return array->items ? array->items[index] : (cornu_array *)array;
}

const char *cornu_array_item_name(const cornu_array *array, size_t index)
{
    return array && array->names && index < array->item_count ? array->names[index] : NULL;
}

cornu_array *cornu_array_item_named(const cornu_array *array, const char *name)
{
    for (size_t i = 0; array && array->names && name && i < array->item_count; i++) {
        if (strcmp(array->names[i], name) == 0)
            return array->items[i];
    }
    return NULL;
}
