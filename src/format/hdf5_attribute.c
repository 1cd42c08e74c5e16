/*
 * hdf5_attribute.c: attributes that are texts, in the four ways that h5py wrote them: of fixed length in the attribute itself, or of any length
 * in a global heap; one text or a list.
 */
#include <string.h>

#include "format/hdf5_parts.h"

/* --- the global heap: collections of numbered objects --- */

#define COLLECTION_HEAD 16

static void forget_collection(cornu__hdf5 *file)
{
    cornu__free(file->heap);
    file->heap = NULL;
}

/* Texts of one attribute mostly lie in one collection: the last one is kept. */
static cornu_status load_collection(cornu__hdf5 *file, uint64_t address)
{
    if (file->heap && file->heap_address == address)
        return CORNU_OK;
    forget_collection(file);
    unsigned char *head = cornu__hdf5_load(file, address, COLLECTION_HEAD, "a collection of texts");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 8, .end = head + COLLECTION_HEAD};
    uint64_t size = cornu__hdf5_take(&cursor, 8);
    bool known = memcmp(head, "GCOL\1", 5) == 0 && size >= COLLECTION_HEAD;
    cornu__free(head);
    if (!known)
        return cornu__hdf5_damaged(file, "there is no collection of texts at byte %llu", (unsigned long long)address);
    file->heap = cornu__hdf5_load(file, address, size, "a collection of texts");
    file->heap_address = address;
    file->heap_size = size;
    return file->heap ? CORNU_OK : cornu_error_status();
}

static cornu_status find_in_collection(cornu__hdf5 *file, uint64_t address, uint64_t wanted,
                                       const unsigned char **bytes, uint64_t *size)
{
    CORNU_TRY(load_collection(file, address));
    cornu__hdf5_cursor cursor = {.at = file->heap + COLLECTION_HEAD, .end = file->heap + file->heap_size};
    while (!cursor.over && cursor.at < cursor.end) {
        CORNU_TRY(cornu__hdf5_charge(file, 1)); /* one list may name the last text of a long collection many times */
        uint64_t index = cornu__hdf5_take(&cursor, 2);
        cornu__hdf5_skip(&cursor, 6); /* references, reserved */
        *size = cornu__hdf5_take(&cursor, 8);
        if (index == 0 || *size > file->heap_size) /* 0: the free rest */
            break;
        *bytes = cornu__hdf5_take_bytes(&cursor, *size);
        if (*bytes && index == wanted)
            return CORNU_OK;
        cornu__hdf5_skip(&cursor, (8 - *size % 8) % 8);
    }
    return cornu__hdf5_damaged(file, "a collection of texts has no text %llu", (unsigned long long)wanted);
}

/* --- one attribute --- */

/* Adds a text behind the others, which NULs part. */
static cornu_status add_text(cornu__hdf5 *file, cornu__text *all, bool first, const void *bytes, uint64_t size)
{
    size_t length = strnlen(bytes, size);
    CORNU_TRY(cornu__hdf5_charge(file, sizeof(char *) + length + 1));
    if (!first)
        cornu__text_add_bytes(all, "", 1);
    cornu__text_add_bytes(all, bytes, length);
    return all->failed ? cornu__fail_memory("the texts of an attribute", all->wanted) : CORNU_OK;
}

static cornu_status add_fixed(cornu__hdf5 *file, cornu__text *all, bool first, cornu__hdf5_cursor *values,
                              const cornu__hdf5_type *type)
{
    const char *bytes = cornu__hdf5_take_bytes(values, type->size);
    uint64_t size = type->size;
    while (type->space_padded && size > 0 && bytes[size - 1] == ' ')
        size--;
    return add_text(file, all, first, bytes, size);
}

static cornu_status add_variable(cornu__hdf5 *file, cornu__text *all, bool first, cornu__hdf5_cursor *values)
{
    const unsigned char *bytes = (const unsigned char *)"";
    uint64_t length = cornu__hdf5_take(values, 4), address = cornu__hdf5_take(values, 8),
             index = cornu__hdf5_take(values, 4), size = 0;
    if (length > 0)
        CORNU_TRY(find_in_collection(file, address, index, &bytes, &size));
    return add_text(file, all, first, bytes, length < size ? length : size);
}

/* Hands the bytes over to the attribute, with a list of where each text begins. */
static cornu_status keep_texts(cornu__text *all, size_t count, cornu__hdf5_attribute *attribute)
{
    attribute->texts = cornu__alloc_array(count, sizeof *attribute->texts);
    attribute->bytes = attribute->texts ? cornu__text_take(all) : NULL;
    if (!attribute->bytes)
        return cornu_error_status();
    char *at = attribute->bytes;
    for (; attribute->count < count; attribute->count++) {
        attribute->texts[attribute->count] = at;
        at += strlen(at) + 1;
    }
    return CORNU_OK;
}

static cornu_status read_texts(cornu__hdf5 *file, cornu__hdf5_cursor *values, const cornu__hdf5_type *type,
                               int64_t count, cornu__hdf5_attribute *attribute)
{
    uint64_t left = (uint64_t)(values->end - values->at);
    if ((uint64_t)count > left / type->size)
        return cornu__hdf5_damaged(file, "attribute '%s' promises %lld texts and has no room for them", attribute->name,
                                   (long long)count);
    cornu__text all = {0};
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; i < count && status == CORNU_OK; i++)
        status = type->kind == CORNU__HDF5_FIXED_TEXT ? add_fixed(file, &all, i == 0, values, type)
                                                      : add_variable(file, &all, i == 0, values);
    if (status == CORNU_OK)
        status = keep_texts(&all, (size_t)count, attribute);
    cornu__text_free(&all);
    return status;
}

static cornu__hdf5_attribute *append(cornu__hdf5_node *node)
{
    cornu__hdf5_attribute *grown =
        cornu__grow(node->attributes, node->attribute_count, &node->attribute_capacity, sizeof *node->attributes);
    if (!grown)
        return NULL;
    node->attributes = grown;
    grown[node->attribute_count] = (cornu__hdf5_attribute){.name = NULL};
    return &grown[node->attribute_count++];
}

static char *copy_name(const void *bytes, uint64_t size)
{
    cornu__text name = {0};
    cornu__text_add_bytes(&name, bytes, strnlen(bytes, size));
    return cornu__text_take(&name);
}

/* A part of the message of `size` bytes, in version 1 filled up to 8. */
static cornu__hdf5_cursor take_part(cornu__hdf5_cursor *message, int version, uint64_t size)
{
    const unsigned char *part = cornu__hdf5_take_bytes(message, size);
    if (version == 1)
        cornu__hdf5_skip(message, (8 - size % 8) % 8);
    return (cornu__hdf5_cursor){.at = part, .end = part ? part + size : part, .over = !part};
}

cornu_status cornu__hdf5_read_attribute(cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_node *node)
{
    int version = (int)cornu__hdf5_take(message, 1), flags = (int)cornu__hdf5_take(message, 1);
    uint64_t name_size = cornu__hdf5_take(message, 2), type_size = cornu__hdf5_take(message, 2),
             space_size = cornu__hdf5_take(message, 2);
    if (version == 3)
        cornu__hdf5_skip(message, 1); /* the name's character set */
    cornu__hdf5_cursor name = take_part(message, version, name_size),
                       type_part = take_part(message, version, type_size),
                       space_part = take_part(message, version, space_size);
    if (version < 1 || version > 3 || name.over || type_part.over || space_part.over)
        return cornu__hdf5_damaged(file, "an attribute ends too early or has an unknown version");
    CORNU_TRY(cornu__hdf5_charge(file, sizeof *node->attributes + CORNU_ALIGNMENT + name_size));
    cornu__hdf5_attribute *attribute = append(node);
    if (!attribute || !(attribute->name = copy_name(name.at, name_size)))
        return cornu_error_status();
    cornu__hdf5_type type;
    cornu__hdf5_space space;
    if (version > 1 && (flags & 3) != 0)
        return CORNU_OK; /* its type lies elsewhere: no text of Keras's */
    CORNU_TRY(cornu__hdf5_read_type(file, &type_part, &type));
    CORNU_TRY(cornu__hdf5_read_space(file, &space_part, &space));
    bool is_text = type.kind == CORNU__HDF5_FIXED_TEXT || type.kind == CORNU__HDF5_VARIABLE_TEXT;
    if (!is_text || space.unreadable)
        return CORNU_OK;
    return read_texts(file, message, &type, space.count, attribute);
}
