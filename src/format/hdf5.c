/* hdf5.c: opening an HDF5 file: its superblock, and the tree of its groups and datasets. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/array.h"
#include "format/hdf5_parts.h"

/* --- messages --- */

static void add_path(cornu__text *text, const cornu__hdf5_node *node)
{
    if (!node->parent)
        return;
    add_path(text, node->parent);
    cornu__text_add(text, "/%s", node->name);
}

cornu_status cornu__hdf5_fail(const cornu__hdf5_node *node, cornu_status status, const char *format, ...)
{
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cornu__text path = {0};
    add_path(&path, node);
    cornu__fail(status, "'%s': %s: %s", node->file->name, path.data ? path.data : "/", message);
    cornu__text_free(&path);
    return status;
}

/* --- the tree --- */

static void free_data(cornu__hdf5_data *data)
{
    if (data)
        cornu__free(data->compact);
    cornu__free(data);
}

static void free_node(cornu__hdf5_node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->child_count; i++)
        free_node(node->children[i]);
    for (size_t i = 0; i < node->attribute_count; i++) {
        cornu__free(node->attributes[i].bytes);
        cornu__free(node->attributes[i].texts);
        cornu__free(node->attributes[i].name);
    }
    free_data(node->data);
    cornu__free(node->attributes);
    cornu__free(node->children);
    cornu__free(node->name);
    cornu__free(node);
}

/* The types of the messages that are read. */
enum {
    SPACE = 0x01,
    DENSE_LINKS = 0x02,
    TYPE = 0x03,
    LINK = 0x06,
    OTHER_FILES = 0x07,
    LAYOUT = 0x08,
    FILTERS = 0x0b,
    ATTRIBUTE = 0x0c,
    SYMBOL_TABLE = 0x11,
    DENSE_ATTRIBUTES = 0x15
};

/* What a header says while it is read. */
struct header {
    cornu__hdf5_node *node;
    cornu__hdf5_links links;
    uint32_t seen; /* bit t: a message of type t came */
    cornu__hdf5_space space;
    cornu__hdf5_data *data;
};

static bool has(const struct header *header, int type)
{
    return header->seen >> type & 1;
}

/* Of links and attributes there may be many. Where a header says the rest twice, libhdf5 takes what comes first: no two readers shall see two
 * contents in one file. */
static cornu_status expect_first(const cornu__hdf5 *file, struct header *header, int type)
{
    static const char *const once[] = {[SPACE] = "dataspace",
                                       [DENSE_LINKS] = "list of links",
                                       [TYPE] = "datatype",
                                       [LAYOUT] = "layout",
                                       [FILTERS] = "list of filters",
                                       [SYMBOL_TABLE] = "symbol table",
                                       [DENSE_ATTRIBUTES] = "list of attributes"};
    if (type >= (int)(sizeof once / sizeof *once) || !once[type])
        return CORNU_OK;
    if (has(header, type))
        return cornu__hdf5_damaged(file, "a header has a second %s", once[type]);
    header->seen |= 1u << type;
    return CORNU_OK;
}

#define NAME_IN_RECORD_OF_LINKS 4 /* behind the hash of the link's name */
#define NAME_IN_RECORD_OF_ATTRIBUTES 0

static cornu_status handle_dense_link(cornu__hdf5 *file, cornu__hdf5_cursor *object, void *state)
{
    return cornu__hdf5_read_link(file, object, &((struct header *)state)->links);
}

static cornu_status handle_dense_attribute(cornu__hdf5 *file, cornu__hdf5_cursor *object, void *state)
{
    return cornu__hdf5_read_attribute(file, object, ((struct header *)state)->node);
}

/* A message that says where links or attributes are kept outside the header; `numbered`: the size of the largest number of one made. */
static cornu_status read_dense(cornu__hdf5 *file, cornu__hdf5_cursor *message, uint64_t numbered, int id_offset,
                               cornu__hdf5_object_handler *handle, struct header *header)
{
    cornu__hdf5_skip(message, 1);
    int flags = (int)cornu__hdf5_take(message, 1);
    cornu__hdf5_skip(message, flags & 1 ? numbered : 0);
    uint64_t heap = cornu__hdf5_take(message, 8), tree = cornu__hdf5_take(message, 8);
    if (message->over)
        return cornu__hdf5_damaged(file, "a header ends too early");
    if (heap == CORNU__HDF5_NOWHERE || tree == CORNU__HDF5_NOWHERE)
        return CORNU_OK;
    return cornu__hdf5_read_dense(file, heap, tree, id_offset, handle, header);
}

static cornu_status read_symbol_table(cornu__hdf5 *file, cornu__hdf5_cursor *message, struct header *header)
{
    uint64_t tree = cornu__hdf5_take(message, 8), heap = cornu__hdf5_take(message, 8);
    if (message->over)
        return cornu__hdf5_damaged(file, "a header ends too early");
    return cornu__hdf5_read_symbol_table(file, tree, heap, &header->links);
}

static cornu_status handle_message(cornu__hdf5 *file, cornu__hdf5_message *message, void *state)
{
    struct header *header = state;
    CORNU_TRY(expect_first(file, header, message->type));
    switch (message->type) {
    case SPACE:
        return cornu__hdf5_read_space(file, &message->body, &header->space);
    case DENSE_LINKS:
        return read_dense(file, &message->body, 8, NAME_IN_RECORD_OF_LINKS, handle_dense_link, header);
    case TYPE:
        return cornu__hdf5_read_type(file, &message->body, &header->data->type);
    case LINK:
        return cornu__hdf5_read_link(file, &message->body, &header->links);
    case OTHER_FILES:
        if (!file->leaves_out)
            return cornu__hdf5_fail(header->node, CORNU_ERROR_UNSUPPORTED, "%s", cornu__hdf5_elsewhere);
        header->data->unreadable = cornu__hdf5_elsewhere;
        return CORNU_OK;
    case LAYOUT:
        return cornu__hdf5_read_layout(file, &message->body, header->data);
    case FILTERS:
        return cornu__hdf5_read_filters(file, &message->body, header->data);
    case ATTRIBUTE:
        return cornu__hdf5_read_attribute(file, &message->body, header->node);
    case SYMBOL_TABLE:
        return read_symbol_table(file, &message->body, header);
    case DENSE_ATTRIBUTES:
        return read_dense(file, &message->body, 2, NAME_IN_RECORD_OF_ATTRIBUTES, handle_dense_attribute, header);
    default: /* fill values, times, comments: say nothing that is needed */
        return CORNU_OK;
    }
}

static void count_elements(cornu__hdf5 *file, const struct header *header)
{
    uint64_t expansion = header->data->filter_count > 0 ? CORNU__MAX_EXPANSION : 1;
    uint64_t most = file->size / header->data->type.size * expansion, count = (uint64_t)header->space.count;
    file->element_count += count < most ? count : most;
}

static cornu_status finish_dataset(cornu__hdf5 *file, struct header *header)
{
    cornu__hdf5_node *node = header->node;
    if (!has(header, SPACE) || !has(header, TYPE))
        return cornu__hdf5_damaged(file, "a dataset says not what it holds");
    count_elements(file, header);
    node->is_dataset = true;
    node->dtype = header->data->type.dtype;
    node->rank = header->space.rank;
    memcpy(node->shape, header->space.shape, sizeof node->shape);
    if (header->data->unreadable == cornu__hdf5_elsewhere)
        cornu__hdf5_leave_out(file, node->name, strlen(node->name), "a dataset whose numbers are in other files");
    else if (header->space.unreadable)
        header->data->unreadable = header->space.unreadable;
    else if (header->data->type.kind != CORNU__HDF5_NUMBERS)
        header->data->unreadable = "its elements are no numbers that Cornu knows";
    node->data = header->data;
    header->data = NULL;
    return CORNU_OK;
}

static cornu__hdf5_node *read_node(cornu__hdf5 *file, const cornu__hdf5_node *parent, const char *name,
                                   uint64_t address, int depth);

static cornu_status read_children(cornu__hdf5 *file, cornu__hdf5_node *node, const cornu__hdf5_links *links, int depth)
{
    node->children = cornu__alloc_array(links->count, sizeof *node->children);
    if (!node->children)
        return cornu_error_status();
    for (size_t i = 0; i < links->count; i++) {
        cornu__hdf5_node *child = read_node(file, node, links->items[i].name, links->items[i].address, depth + 1);
        if (!child)
            return cornu_error_status();
        node->children[node->child_count++] = child;
    }
    return CORNU_OK;
}

static cornu_status check_ways(const cornu__hdf5 *file, const cornu__hdf5_node *node, int depth)
{
    if (depth > CORNU__MAX_HDF5_DEPTH)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' has groups more than %d deep in each other", file->name,
                           CORNU__MAX_HDF5_DEPTH);
    for (const cornu__hdf5_node *above = node->parent; above; above = above->parent) {
        if (above->address == node->address)
            return cornu__hdf5_fail(node, CORNU_ERROR_FORMAT, "this group contains itself");
    }
    return CORNU_OK;
}

static cornu_status fill_node(cornu__hdf5 *file, cornu__hdf5_node *node, int depth)
{
    struct header header = {.node = node, .links = {.group = node}, .data = cornu__alloc(sizeof *header.data)};
    if (!header.data)
        return cornu_error_status();
    cornu_status status = check_ways(file, node, depth);
    if (status == CORNU_OK)
        status = cornu__hdf5_read_header(file, node->address, handle_message, &header);
    if (status == CORNU_OK && has(&header, LAYOUT))
        status = finish_dataset(file, &header);
    else if (status == CORNU_OK)
        status = read_children(file, node, &header.links, depth);
    for (size_t i = 0; i < header.links.count; i++)
        cornu__free(header.links.items[i].name);
    cornu__free(header.links.items);
    free_data(header.data);
    return status;
}

static cornu__hdf5_node *read_node(cornu__hdf5 *file, const cornu__hdf5_node *parent, const char *name,
                                   uint64_t address, int depth)
{
    cornu__hdf5_node *node = cornu__alloc(sizeof *node);
    if (!node)
        return NULL;
    *node = (cornu__hdf5_node){.file = file, .parent = parent, .address = address, .name = cornu__copy_text(name)};
    if (node->name && fill_node(file, node, depth) == CORNU_OK)
        return node;
    free_node(node);
    return NULL;
}

/* --- the superblock --- */

static cornu_status read_superblock(cornu__hdf5 *file, uint64_t *root)
{
    unsigned char start[96] = {0};
    uint64_t size = file->size < sizeof start ? file->size : sizeof start;
    CORNU_TRY(cornu__hdf5_read_at(file, 0, size, start));
    if (memcmp(start, CORNU__HDF5_MAGIC, CORNU__HDF5_MAGIC_SIZE) != 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no HDF5 file: it does not begin as one", file->name);
    cornu__hdf5_cursor cursor = {.at = start + CORNU__HDF5_MAGIC_SIZE, .end = start + size};
    int version = (int)cornu__hdf5_take(&cursor, 1);
    if (version <= 1)
        cornu__hdf5_skip(&cursor, 4);
    int address_size = (int)cornu__hdf5_take(&cursor, 1), length_size = (int)cornu__hdf5_take(&cursor, 1);
    if (version <= 1)
        cornu__hdf5_skip(&cursor, version == 1 ? 13 : 9); /* sizes of nodes of B-trees, flags */
    else
        cornu__hdf5_skip(&cursor, 1);
    uint64_t base = cornu__hdf5_take(&cursor, 8);
    cornu__hdf5_skip(&cursor, 8); /* free space; an extension of the superblock */
    uint64_t end = cornu__hdf5_take(&cursor, 8);
    if (version <= 1)
        cornu__hdf5_skip(&cursor, 16); /* the driver's block; the root's name */
    *root = cornu__hdf5_take(&cursor, 8);
    if (version > 3 || address_size != 8 || length_size != 8 || base != 0)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' is HDF5 of a kind that h5py does not write", file->name);
    if (cursor.over || end > file->size)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: it should have %llu bytes and has %llu", file->name,
                           (unsigned long long)end, (unsigned long long)file->size);
    return version >= 2 ? cornu__hdf5_check_sum(file, start, 48, "its beginning") : CORNU_OK;
}

static cornu__hdf5 *finish_open(cornu__hdf5 *file)
{
    uint64_t structure =
        file->size / 16 < CORNU__MAX_HDF5_STRUCTURE / 64 ? 4 * file->size + (1 << 20) : CORNU__MAX_HDF5_STRUCTURE;
    file->budget = structure;
    uint64_t root = 0;
    if (read_superblock(file, &root) == CORNU_OK)
        file->root = read_node(file, NULL, "", root, 0);
    cornu__free(file->heap);
    file->heap = NULL;
    if (file->root && file->root->is_dataset) {
        cornu__hdf5_damaged(file, "its root is no group");
    } else if (file->root) {
        return file;
    }
    cornu__hdf5_close(file);
    return NULL;
}

static cornu__hdf5 *create(const char *name)
{
    cornu__hdf5 *file = cornu__alloc(sizeof *file);
    if (!file)
        return NULL;
    *file = (cornu__hdf5){.descriptor = -1, .name = cornu__copy_text(name)};
    if (file->name)
        return file;
    cornu__free(file);
    return NULL;
}

cornu__hdf5 *cornu__hdf5_open_bytes(const char *name, const void *bytes, uint64_t size)
{
    cornu__hdf5 *file = create(name);
    if (!file)
        return NULL;
    file->bytes = bytes;
    file->size = size;
    return finish_open(file);
}

static cornu_status open_descriptor(cornu__hdf5 *file)
{
    struct stat about;
    file->descriptor = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait for who writes */
    if (file->descriptor < 0 || fstat(file->descriptor, &about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", file->name);
    if (!S_ISREG(about.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a folder, device or pipe, not a file", file->name);
    file->size = (uint64_t)about.st_size;
    return CORNU_OK;
}

static cornu__hdf5 *open_path(const char *path, bool leaves_out)
{
    if (!path || path[0] == '\0')
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a file without a name");
    cornu__hdf5 *file = create(path);
    if (!file)
        return NULL;
    file->leaves_out = leaves_out;
    if (open_descriptor(file) == CORNU_OK)
        return finish_open(file);
    cornu__hdf5_close(file);
    return NULL;
}

cornu__hdf5 *cornu__hdf5_open(const char *path)
{
    return open_path(path, false);
}

cornu__hdf5 *cornu__hdf5_open_data(const char *path)
{
    return open_path(path, true);
}

size_t cornu__hdf5_left_out(const cornu__hdf5 *file, const char **first)
{
    *first = file->left_out;
    return file->left_out_count;
}

void cornu__hdf5_close(cornu__hdf5 *file)
{
    if (!file)
        return;
    free_node(file->root);
    if (file->descriptor >= 0)
        close(file->descriptor);
    cornu__free(file->name);
    cornu__free(file);
}

/* --- finding --- */

uint64_t cornu__hdf5_element_count(const cornu__hdf5 *file)
{
    return file->element_count;
}

const cornu__hdf5_node *cornu__hdf5_root(const cornu__hdf5 *file)
{
    return file->root;
}

static const cornu__hdf5_node *find_child(const cornu__hdf5_node *group, const char *name, size_t length)
{
    for (size_t i = 0; i < group->child_count; i++) {
        const char *child = group->children[i]->name;
        if (strncmp(child, name, length) == 0 && child[length] == '\0')
            return group->children[i];
    }
    return NULL;
}

const cornu__hdf5_node *cornu__hdf5_find(const cornu__hdf5_node *group, const char *path)
{
    while (group && *path) {
        size_t length = strcspn(path, "/");
        if (length > 0)
            group = find_child(group, path, length);
        path += length + (path[length] == '/');
    }
    return group;
}

const cornu__hdf5_attribute *cornu__hdf5_find_attribute(const cornu__hdf5_node *node, const char *name)
{
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (strcmp(node->attributes[i].name, name) == 0)
            return &node->attributes[i];
    }
    return NULL;
}

const char *cornu__hdf5_text(const cornu__hdf5_node *node, const char *name)
{
    const cornu__hdf5_attribute *attribute = cornu__hdf5_find_attribute(node, name);
    return attribute && attribute->count == 1 ? attribute->texts[0] : NULL;
}
