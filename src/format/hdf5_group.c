/* hdf5_group.c: what a group contains: a symbol table, which is a B-tree of nodes of entries whose names lie in a heap, or links in the header. */
#include <stdio.h>
#include <string.h>

#include "format/hdf5_parts.h"

#define MAX_NAME 1024
#define MAX_TREE_DEPTH 32

void cornu__hdf5_leave_out(cornu__hdf5 *file, const char *name, size_t length, const char *what)
{
    if (file->left_out_count++ == 0)
        snprintf(file->left_out, sizeof file->left_out, "'%.*s' is %s", (int)length, name, what);
}

cornu_status cornu__hdf5_refuse_link(const cornu__hdf5_links *links, const char *what, const char *name, size_t length)
{
    cornu__hdf5 *file = links->group->file;
    if (!file->leaves_out)
        return cornu__hdf5_fail(links->group, CORNU_ERROR_UNSUPPORTED, "'%.*s' is %s, which is not followed",
                                (int)length, name, what);
    cornu__hdf5_leave_out(file, name, length, what);
    return CORNU_OK;
}

static cornu_status check_name(const cornu__hdf5 *file, const char *name, size_t length)
{
    bool empty = length == 0 || memchr(name, '\0', length) || memchr(name, '/', length);
    if (empty || length > MAX_NAME)
        return cornu__hdf5_damaged(file, "a group has a name that %s", empty ? "can be no name" : "is too long");
    return CORNU_OK;
}

cornu_status cornu__hdf5_add_link(cornu__hdf5 *file, cornu__hdf5_links *links, const char *name, size_t length,
                                  uint64_t address)
{
    CORNU_TRY(check_name(file, name, length));
    if (++file->node_count > CORNU__MAX_HDF5_OBJECTS)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' has more than %d groups and datasets", file->name,
                           CORNU__MAX_HDF5_OBJECTS);
    CORNU_TRY(cornu__hdf5_charge(file, length));
    void *grown = cornu__grow(links->items, links->count, &links->capacity, sizeof *links->items);
    if (!grown)
        return cornu_error_status();
    links->items = grown;
    cornu__text copy = {0};
    cornu__text_add_bytes(&copy, name, length);
    char *text = cornu__text_take(&copy);
    if (!text)
        return cornu_error_status();
    links->items[links->count++] = (struct cornu__hdf5_link){text, address};
    return CORNU_OK;
}

/* --- symbol tables --- */

/* A symbol table while it is read: its names. */
struct table {
    cornu__hdf5_links *links;
    unsigned char *names;
    uint64_t names_size;
};

static cornu_status load_names(cornu__hdf5 *file, uint64_t heap, struct table *table)
{
    unsigned char *head = cornu__hdf5_load(file, heap, 32, "a group's names");
    if (!head)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = head + 8, .end = head + 32};
    table->names_size = cornu__hdf5_take(&cursor, 8);
    cornu__hdf5_skip(&cursor, 8); /* free places */
    uint64_t address = cornu__hdf5_take(&cursor, 8);
    bool known = memcmp(head, "HEAP\0", 5) == 0;
    cornu__free(head);
    if (!known)
        return cornu__hdf5_damaged(file, "there are no names of a group at byte %llu", (unsigned long long)heap);
    table->names = cornu__hdf5_load(file, address, table->names_size, "a group's names");
    return table->names ? CORNU_OK : cornu_error_status();
}

static cornu_status read_entry(cornu__hdf5 *file, const struct table *table, cornu__hdf5_cursor *entry)
{
    uint64_t name = cornu__hdf5_take(entry, 8), address = cornu__hdf5_take(entry, 8), kind = cornu__hdf5_take(entry, 4);
    cornu__hdf5_skip(entry, 20);
    if (entry->over || name >= table->names_size)
        return cornu__hdf5_damaged(file, "a group has an entry without a name");
    const char *text = (const char *)table->names + name;
    size_t most = table->names_size - name, length = strnlen(text, most);
    if (length == most)
        return cornu__hdf5_damaged(file, "a name in a group has no end");
    if (kind == 2 || address == CORNU__HDF5_NOWHERE)
        return cornu__hdf5_refuse_link(table->links, "a soft link", text, length);
    return cornu__hdf5_add_link(file, table->links, text, length, address);
}

static cornu_status read_leaf(cornu__hdf5 *file, uint64_t address, const struct table *table)
{
    unsigned char *head = cornu__hdf5_load(file, address, 8, "a part of a group");
    if (!head)
        return cornu_error_status();
    bool known = memcmp(head, "SNOD\1", 5) == 0;
    size_t count = head[6] | (size_t)head[7] << 8;
    cornu__free(head);
    if (!known)
        return cornu__hdf5_damaged(file, "there is no part of a group at byte %llu", (unsigned long long)address);
    unsigned char *entries = cornu__hdf5_load(file, address + 8, 40 * count, "a part of a group");
    if (!entries)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = entries, .end = entries + 40 * count};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++)
        status = read_entry(file, table, &cursor);
    cornu__free(entries);
    return status;
}

/* `above`: the level of the node above, so that no way leads up or in a circle. */
static cornu_status read_tree(cornu__hdf5 *file, uint64_t address, const struct table *table, int above)
{
    unsigned char *head = cornu__hdf5_load(file, address, 24, "a group");
    if (!head)
        return cornu_error_status();
    bool known = memcmp(head, "TREE\0", 5) == 0;
    int level = head[5];
    size_t count = head[6] | (size_t)head[7] << 8;
    cornu__free(head);
    if (!known || level >= above)
        return cornu__hdf5_damaged(file, "there is no group at byte %llu", (unsigned long long)address);
    unsigned char *children = cornu__hdf5_load(file, address + 24, 16 * count, "a group");
    if (!children)
        return cornu_error_status();
    cornu__hdf5_cursor cursor = {.at = children, .end = children + 16 * count};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        cornu__hdf5_skip(&cursor, 8); /* the first name behind it */
        uint64_t child = cornu__hdf5_take(&cursor, 8);
        status = level == 0 ? read_leaf(file, child, table) : read_tree(file, child, table, level);
    }
    cornu__free(children);
    return status;
}

cornu_status cornu__hdf5_read_symbol_table(cornu__hdf5 *file, uint64_t tree, uint64_t heap, cornu__hdf5_links *links)
{
    struct table table = {.links = links};
    CORNU_TRY(load_names(file, heap, &table));
    cornu_status status = read_tree(file, tree, &table, MAX_TREE_DEPTH);
    cornu__free(table.names);
    return status;
}

/* --- links in a header --- */

#define LINK_HARD 0
#define LINK_SOFT 1

cornu_status cornu__hdf5_read_link(cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_links *links)
{
    int version = (int)cornu__hdf5_take(message, 1), flags = (int)cornu__hdf5_take(message, 1);
    int kind = flags & 8 ? (int)cornu__hdf5_take(message, 1) : LINK_HARD;
    cornu__hdf5_skip(message, (flags & 4 ? 8 : 0) + (flags & 16 ? 1 : 0)); /* when it was made; character set */
    uint64_t length = cornu__hdf5_take(message, 1 << (flags & 3));
    const char *name = cornu__hdf5_take_bytes(message, length);
    if (version != 1 || !name || length > MAX_NAME)
        return cornu__hdf5_damaged(file, "a link in a group ends too early or has an unknown version");
    if (kind != LINK_HARD)
        return cornu__hdf5_refuse_link(links, kind == LINK_SOFT ? "a soft link" : "an external link", name, length);
    uint64_t address = cornu__hdf5_take(message, 8);
    if (message->over)
        return cornu__hdf5_damaged(file, "a link in a group ends too early");
    return cornu__hdf5_add_link(file, links, name, length, address);
}
