/* dataset_npz.c: rows of the arrays of a .npz archive: where they lie if they are stored (np.savez), forwards if they are compressed. */
#include <string.h>
#include <unistd.h>

#include "array/array.h"
#include "base/options.h"
#include "base/text.h"
#include "data/dataset_rows.h"
#include "format/limits.h"
#include "format/zip.h"

#define SUFFIX ".npy"

/* --- One member as bytes --- */

typedef struct member {
    cornu__bytes bytes; /* first: what the row array releases */
    char *name;         /* "archive.npz: x.npy" */
    zip_uint64_t index;
    zip_t *archive; /* of its stream; NULL: none */
    pid_t opener;
} member;

/* An archive that another process opened is left alone: closing it might move the place in the file that both share. */
static void close_archive(member *self)
{
    if (self->archive && self->opener == getpid())
        zip_discard(self->archive);
    self->archive = NULL;
}

static cornu_status begin_member(cornu__bytes *bytes, cornu__stream *stream)
{
    member *self = bytes->state;
    close_archive(self);
    self->archive = cornu__zip_open_streamed(bytes->path);
    self->opener = getpid();
    if (!self->archive)
        return cornu_error_status();
    return cornu__zip_open_member(self->archive, self->index, self->name, stream);
}

static void member_release(cornu__bytes *bytes)
{
    member *self = (member *)bytes;
    cornu__bytes_close(bytes);
    close_archive(self);
    cornu__free(self->name);
    cornu__free(self);
}

static cornu_status read_header(cornu__bytes *bytes, cornu__npy_header *header, uint64_t *size)
{
    cornu__stream stream;
    CORNU_TRY(begin_member(bytes, &stream));
    cornu_status status = cornu__npy_read_header(&stream, header);
    *size = stream.done;
    bytes->size = stream.at_most;
    cornu__stream_close(&stream);
    return status;
}

/* A stored member is bytes of the archive's file, from an offset on; it ends where the member does. */
static cornu_status use_stored(member *self, const char *path, uint64_t *offset)
{
    cornu__bytes file;
    uint64_t at = UINT64_MAX;
    CORNU_TRY(cornu__bytes_open(&file, path));
    cornu_status status = cornu__zip_find_stored(self->archive, self->index, &file, &at);
    if (status != CORNU_OK || at == UINT64_MAX) {
        cornu__bytes_close(&file);
        return status;
    }
    uint64_t size = self->bytes.size;
    cornu__bytes_close(&self->bytes);
    self->bytes = file;
    self->bytes.name = self->name;
    self->bytes.size = at + size;
    *offset += at;
    return CORNU_OK;
}

static cornu_status open_member(member *self, const char *path, cornu__row_array *array)
{
    cornu__npy_header header = {0};
    CORNU_TRY(cornu__bytes_open_forwards(&self->bytes, path, self->name, begin_member, self));
    CORNU_TRY(read_header(&self->bytes, &header, &array->offset));
    CORNU_TRY(cornu__npy_row_array(self->name, &header, array));
    CORNU_TRY(use_stored(self, path, &array->offset));
    if (self->bytes.random_access)
        close_archive(self);
    return cornu__row_array_check(array);
}

static cornu_status add_member(const char *path, zip_uint64_t index, const char *field, cornu__row_array *array)
{
    member *self = cornu__alloc(sizeof *self);
    if (!self)
        return CORNU_ERROR_OUT_OF_MEMORY;
    self->bytes.descriptor = -1;
    self->index = index;
    array->field = field;
    array->bytes = &self->bytes;
    array->release = member_release;
    cornu__text name = {0};
    cornu__text_add(&name, "%s: %s" SUFFIX, path, field);
    self->name = cornu__text_take(&name);
    return self->name ? open_member(self, path, array) : CORNU_ERROR_OUT_OF_MEMORY;
}

/* --- Which ones --- */

typedef struct listing {
    int count;
    char **names; /* without ".npy" */
} listing;

static void listing_free(listing *list)
{
    for (int i = 0; list->names && i < list->count; i++)
        cornu__free(list->names[i]);
    cornu__free(list->names);
}

static cornu_status list_members(zip_t *archive, const char *path, listing *list)
{
    zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count < 1)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' holds no arrays", path);
    list->names = cornu__alloc_array((size_t)count, sizeof *list->names);
    for (; list->names && list->count < count; list->count++) {
        const char *file = zip_get_name(archive, (zip_uint64_t)list->count, 0);
        size_t length = file ? strlen(file) : 0, suffix = strlen(SUFFIX);
        if (length <= suffix || strcmp(file + length - suffix, SUFFIX) != 0)
            return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no archive of arrays: its member '%s' is no .npy", path,
                               file ? file : "?");
        cornu__text name = {0};
        cornu__text_add_bytes(&name, file, length - suffix);
        list->names[list->count] = cornu__text_take(&name);
        if (!list->names[list->count])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return list->names ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static int find_name(const listing *list, const char *path, const char *name)
{
    for (int i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0)
            return i;
    }
    const char *nearest = cornu__text_nearest(name, (const char *const *)list->names, (size_t)list->count);
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                nearest ? "'%s' has no array '%s'; did you mean '%s'?" : "'%s' has no array '%s'", path, name, nearest);
    return -1;
}

/* *count := how many arrays were opened, also on failure. */
static cornu_status open_members(const char *path, const listing *list, const char *const *wanted,
                                 cornu__row_array *arrays, int *count)
{
    for (int i = 0; wanted ? wanted[i] != NULL : i < list->count; i++) {
        int index = wanted ? find_name(list, path, wanted[i]) : i;
        if (index < 0)
            return cornu_error_status();
        cornu_status status = add_member(path, (zip_uint64_t)index, list->names[index], &arrays[i]);
        *count += arrays[i].bytes != NULL;
        CORNU_TRY(status);
    }
    return *count > 0 ? CORNU_OK : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "npz_dataset: .fields names none");
}

static cornu_dataset *rows_of(const char *path, const listing *list, const char *const *wanted)
{
    size_t most = 0;
    while (wanted && wanted[most])
        most++;
    most = wanted ? most : (size_t)list->count;
    cornu__row_array *arrays = cornu__alloc_array(most, sizeof *arrays);
    int opened = 0;
    cornu_dataset *dataset = NULL;
    if (arrays && open_members(path, list, wanted, arrays, &opened) == CORNU_OK) {
        dataset = cornu__rows_dataset(path, opened, arrays);
        opened = 0; /* taken over */
    }
    for (int i = 0; i < opened; i++)
        member_release(arrays[i].bytes);
    cornu__free(arrays);
    return dataset;
}

static cornu_dataset *streamed(const char *path, const char *const *wanted)
{
    zip_t *archive = cornu__zip_open_streamed(path);
    if (!archive)
        return NULL;
    listing list = {0};
    cornu_status status = list_members(archive, path, &list);
    zip_discard(archive);
    cornu_dataset *dataset = status == CORNU_OK ? rows_of(path, &list, wanted) : NULL;
    listing_free(&list);
    return dataset;
}

/* --- In memory --- */

static cornu_array *chosen(const cornu_array *all, const char *path, const char *const *wanted)
{
    cornu_array *items[CORNU__MAX_ARCHIVE_MEMBERS];
    size_t count = 0;
    for (; wanted[count] && count < CORNU__MAX_ARCHIVE_MEMBERS; count++) {
        items[count] = cornu_array_item_named(all, wanted[count]);
        if (!items[count])
            return cornu__fail_null(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no array '%s'", path, wanted[count]);
    }
    return cornu_array_dict(count, wanted, items);
}

static cornu_dataset *in_memory(const char *path, const char *const *wanted)
{
    cornu_array *all = cornu_load_npz(path);
    cornu_array *arrays = all && wanted ? chosen(all, path, wanted) : cornu_array_retain(all);
    cornu_dataset *dataset = arrays ? cornu_array_dataset(arrays) : NULL;
    cornu_array_release(arrays);
    cornu_array_release(all);
    return dataset;
}

cornu_dataset *cornu_npz_dataset_with(const char *path, const cornu_npz_dataset_options *options)
{
    cornu_npz_dataset_options given = {.struct_size = sizeof given, CORNU_NPZ_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    return given.in_memory ? in_memory(path, given.fields) : streamed(path, given.fields);
}
