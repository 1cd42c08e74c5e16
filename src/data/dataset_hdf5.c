/* dataset_hdf5.c: rows of datasets in an HDF5 file. */
#include <stdio.h>
#include <string.h>

#include "array/array.h"
#include "base/log.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset.h"
#include "format/hdf5.h"
#include "format/limits.h"

#define CACHE_BYTES ((uint64_t)64 << 20)
#define LEFT_OUT_SIZE 256

typedef struct one_field {
    char *path; /* in the file, and the field's name */
    const cornu__hdf5_node *node;
    cornu__hdf5_rows *rows;
} one_field;

typedef struct hdf5_fields {
    cornu__hdf5 *file;
    int count, capacity;
    one_field *fields;
} hdf5_fields;

static void hdf5_release(void *state)
{
    hdf5_fields *self = state;
    for (int i = 0; i < self->count; i++) {
        cornu__hdf5_rows_close(self->fields[i].rows);
        cornu__free(self->fields[i].path);
    }
    cornu__free(self->fields);
    cornu__hdf5_close(self->file);
    cornu__free(self);
}

static cornu_status read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const hdf5_fields *self = state;
    for (int i = 0; i < self->count; i++) {
        if (sample->places[i].wanted)
            CORNU_TRY(cornu__hdf5_rows_read(self->fields[i].rows, first, count, sample->places[i].data));
    }
    return CORNU_OK;
}

static cornu_status read_one(void *state, int64_t index, cornu_sample *sample)
{
    return read_run(state, index, 1, sample);
}

/* --- Which datasets --- */

static cornu_status add_field(hdf5_fields *self, const char *path, const cornu__hdf5_node *node)
{
    if (self->count == self->capacity) {
        size_t old = (size_t)self->capacity * sizeof *self->fields, capacity = 2 * (size_t)self->capacity + 8;
        one_field *grown = cornu__realloc(self->fields, old, capacity * sizeof *grown);
        if (!grown)
            return CORNU_ERROR_OUT_OF_MEMORY;
        self->fields = grown;
        self->capacity = (int)capacity;
    }
    char *copy = cornu__copy_text(path);
    if (!copy)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->fields[self->count++] = (one_field){.path = copy, .node = node};
    return CORNU_OK;
}

/* All datasets of numbers that have rows, below a group whose path is `above`. */
static cornu_status add_all(hdf5_fields *self, const cornu__hdf5_node *group, const char *above)
{
    for (size_t i = 0; i < group->child_count; i++) {
        const cornu__hdf5_node *child = group->children[i];
        cornu__text path = {0};
        cornu__text_add(&path, "%s%s%s", above, *above ? "/" : "", child->name);
        char *name = cornu__text_take(&path);
        if (!name)
            return CORNU_ERROR_OUT_OF_MEMORY;
        cornu_status status = CORNU_OK;
        if (!child->is_dataset)
            status = add_all(self, child, name);
        else if (child->rank > 0 && cornu__hdf5_has_numbers(child))
            status = add_field(self, name, child);
        cornu__free(name);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

/* "; 'masks' is an external link, which is not followed" of what the file has beside its datasets; or "". */
static const char *left_out(const cornu__hdf5 *file, char *text, size_t size)
{
    const char *first;
    size_t count = cornu__hdf5_left_out(file, &first);
    text[0] = '\0';
    if (count == 1)
        snprintf(text, size, "; %s, which is not followed", first);
    else if (count > 1)
        snprintf(text, size, "; %s, which is not followed (nor are %zu more)", first, count - 1);
    return text;
}

static cornu_status fail_unknown(const hdf5_fields *self, const char *path, const char *wanted)
{
    hdf5_fields all = {.file = self->file};
    const char *nearest = NULL;
    char found[256] = "";
    if (add_all(&all, cornu__hdf5_root(self->file), "") == CORNU_OK) {
        const char **names = cornu__alloc_array((size_t)all.count, sizeof *names);
        for (int i = 0; names && i < all.count; i++)
            names[i] = all.fields[i].path;
        nearest = names ? cornu__text_nearest(wanted, names, (size_t)all.count) : NULL;
        strncpy(found, nearest ? nearest : "", sizeof found - 1);
        cornu__free(names);
    }
    for (int i = 0; i < all.count; i++)
        cornu__free(all.fields[i].path);
    cornu__free(all.fields);
    char rest[LEFT_OUT_SIZE];
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no dataset '%s'%s%s%s%s", path, wanted,
                       nearest ? "; did you mean '" : "", found, nearest ? "'?" : "",
                       left_out(self->file, rest, sizeof rest));
}

static cornu_status add_named(hdf5_fields *self, const char *path, const char *const *names)
{
    for (; *names; names++) {
        const cornu__hdf5_node *node = cornu__hdf5_find(cornu__hdf5_root(self->file), *names);
        if (!node)
            return fail_unknown(self, path, *names);
        CORNU_TRY(add_field(self, *names, node));
    }
    return CORNU_OK;
}

static cornu_status choose_fields(hdf5_fields *self, const char *path, const char *const *names)
{
    CORNU_TRY(names ? add_named(self, path, names) : add_all(self, cornu__hdf5_root(self->file), ""));
    char rest[LEFT_OUT_SIZE];
    left_out(self->file, rest, sizeof rest);
    if (self->count < 1)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no dataset of numbers%s%s", path, names ? " in .fields" : "",
                           rest);
    if (!names && rest[0])
        cornu__warn("hdf5_dataset: '%s' is read in part%s", path, rest);
    for (int i = 0; i < self->count; i++) {
        const cornu__hdf5_node *node = self->fields[i].node;
        if (node->is_dataset && node->rank > 0 && node->shape[0] != self->fields[0].node->shape[0])
            return cornu__fail(CORNU_ERROR_SHAPE,
                               "'%s': '%s' has %lld rows where '%s' has %lld; name datasets that belong together by "
                               ".fields",
                               path, self->fields[i].path, (long long)node->shape[0], self->fields[0].path,
                               (long long)self->fields[0].node->shape[0]);
    }
    return CORNU_OK;
}

/* --- Making it --- */

static void describe(const hdf5_fields *self, cornu_field *fields)
{
    for (int i = 0; i < self->count; i++) {
        const cornu__hdf5_node *node = self->fields[i].node;
        fields[i] = (cornu_field){.name = self->fields[i].path, .dtype = node->dtype, .rank = node->rank - 1};
        memcpy(fields[i].shape, node->shape + 1, (size_t)(node->rank - 1) * sizeof *fields[i].shape);
    }
}

/* The rows of all fields, each with its share of the cache; *block_size: the most that lie together in any. */
static cornu_status open_rows(hdf5_fields *self, uint64_t cache_bytes, int64_t *block_size)
{
    *block_size = 1;
    for (int i = 0; i < self->count; i++) {
        self->fields[i].rows = cornu__hdf5_rows_open(self->fields[i].node, cache_bytes / (uint64_t)self->count);
        if (!self->fields[i].rows)
            return cornu_error_status();
        int64_t together = cornu__hdf5_rows_together(self->fields[i].rows);
        *block_size = together > *block_size ? together : *block_size;
    }
    return CORNU_OK;
}

static cornu_dataset *create(hdf5_fields *self, const char *path, uint64_t cache_bytes)
{
    int64_t block_size;
    if (open_rows(self, cache_bytes, &block_size) != CORNU_OK)
        return NULL;
    cornu_field *fields = cornu__alloc_array((size_t)self->count, sizeof *fields);
    if (!fields)
        return NULL;
    describe(self, fields);
    cornu_dataset *dataset =
        cornu_dataset_create(.name = path, .count = self->fields[0].node->shape[0], .fields = fields,
                             .field_count = self->count, .read = read_one, .state = self, .release = hdf5_release,
                             .thread_safe = true, .block_size = block_size);
    cornu__free(fields);
    if (dataset)
        dataset->read_run = read_run;
    return dataset;
}

/* All at once, as a dictionary of arrays. */
static cornu_dataset *in_memory(const hdf5_fields *self)
{
    size_t count = (size_t)self->count;
    cornu_array **arrays = cornu__alloc_array(count, sizeof *arrays);
    const char **names = arrays ? cornu__alloc_array(count, sizeof *names) : NULL;
    bool whole = names != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        names[i] = self->fields[i].path;
        arrays[i] = cornu__hdf5_read(self->fields[i].node);
        whole = arrays[i] != NULL;
    }
    cornu_array *all = whole ? cornu_array_dict(count, names, arrays) : NULL;
    cornu_dataset *dataset = all ? cornu_array_dataset(all) : NULL;
    cornu_array_release(all);
    for (size_t i = 0; names && i < count; i++)
        cornu_array_release(arrays[i]);
    cornu__free(arrays);
    cornu__free(names);
    return dataset;
}

cornu_dataset *cornu_hdf5_dataset_with(const char *path, const cornu_hdf5_dataset_options *options)
{
    cornu_hdf5_dataset_options given = {.struct_size = sizeof given, CORNU_HDF5_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (given.cache_bytes < 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "hdf5_dataset: cache_bytes is %lld; wanted 0 or more",
                                (long long)given.cache_bytes);
    hdf5_fields *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    cornu_dataset *dataset = NULL;
    self->file = cornu__hdf5_open_data(path);
    if (self->file && choose_fields(self, path, given.fields) == CORNU_OK)
        dataset = given.in_memory
                      ? in_memory(self)
                      : create(self, path, given.cache_bytes > 0 ? (uint64_t)given.cache_bytes : CACHE_BYTES);
    if (!dataset || given.in_memory)
        hdf5_release(self);
    return dataset;
}
