/* npz.c: numpy's archives: a zip of one .npy file per array. */
#include <string.h>

#include "array/array.h"
#include "base/file.h"
#include "format/npy.h"
#include "format/zip.h"

/* Weights are close to noise: more than the first level of deflate costs much time and gains next to nothing. */
#define DEFLATE_LEVEL 1

/* Bytes. A smaller member is stored: to begin and end deflating takes a quarter of a megabyte to be cleared, far more time than its few bytes are
 * worth, and the state of a training has a hundred such members. */
#define SMALLEST_DEFLATED 4096
#define SUFFIX ".npy"

/* --- Reading --- */

/* The arrays of an archive while they are read. */
typedef struct contents {
    size_t count;
    char **names;
    cornu_array **items;
} contents;

static void contents_free(contents *all)
{
    for (size_t i = 0; i < all->count; i++) {
        cornu__free(all->names[i]);
        cornu_array_release(all->items[i]);
    }
    cornu__free(all->names);
    cornu__free(all->items);
}

/* The member's name without ".npy", as a new text. */
static char *array_name(zip_t *archive, zip_uint64_t index, const char *path)
{
    const char *member = zip_get_name(archive, index, 0);
    size_t length = member ? strlen(member) : 0;
    size_t suffix = strlen(SUFFIX);
    if (length <= suffix || strcmp(member + length - suffix, SUFFIX) != 0)
        return cornu__fail_null(CORNU_ERROR_FORMAT, "'%s' is no archive of arrays: its member '%s' is no .npy", path,
                                member ? member : "?");
    cornu__text name = {0};
    cornu__text_add_bytes(&name, member, length - suffix);
    return cornu__text_take(&name);
}

static cornu_status read_member(zip_t *archive, zip_uint64_t index, const char *path, contents *all)
{
    char *name = array_name(archive, index, path);
    if (!name)
        return cornu_error_status();
    all->names[all->count++] = name;
    cornu__text place = {0};
    cornu__text_add(&place, "%s: %s" SUFFIX, path, name);
    char *place_text = cornu__text_take(&place);
    if (!place_text)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__stream stream;
    cornu_status status = cornu__zip_open_member(archive, index, place_text, &stream);
    if (status == CORNU_OK) {
        all->items[all->count - 1] = cornu__npy_read(&stream);
        if (!all->items[all->count - 1])
            status = cornu_error_status();
        cornu__stream_close(&stream);
    }
    cornu__free(place_text);
    return status;
}

static cornu_array *read_archive(zip_t *archive, const char *path)
{
    size_t count = (size_t)zip_get_num_entries(archive, 0);
    contents all = {.names = cornu__alloc_array(count, sizeof *all.names),
                    .items = cornu__alloc_array(count, sizeof *all.items)};
    cornu_status status = all.names && all.items ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    for (zip_uint64_t i = 0; status == CORNU_OK && i < count; i++)
        status = read_member(archive, i, path, &all);
    cornu_array *dictionary = NULL;
    if (status == CORNU_OK) {
        dictionary = cornu_array_dict(count, (const char *const *)all.names, all.items);
        if (!dictionary)
            cornu__fail_context("'%s'", path);
    }
    contents_free(&all);
    return dictionary;
}

cornu_array *cornu_load_npz(const char *path)
{
    zip_t *archive = cornu__zip_open(path);
    if (!archive)
        return NULL;
    cornu_array *dictionary = read_archive(archive, path);
    zip_discard(archive);
    return dictionary;
}

/* --- Writing --- */

static cornu_status fail_add(zip_t *archive, const char *path, const char *name)
{
    return cornu__fail(CORNU_ERROR_IO, "cannot write '%s' to '%s': %s", name, path,
                       zip_error_strerror(zip_get_error(archive)));
}

/* Adds header and elements as one member; both must live until the archive is closed. */
static cornu_status add_member(zip_t *archive, const char *path, const char *name, const cornu_array *array,
                               char *header, size_t header_size)
{
    cornu__text member = {0};
    cornu__text_add(&member, "%s" SUFFIX, name);
    char *member_name = cornu__text_take(&member);
    if (!member_name)
        return CORNU_ERROR_OUT_OF_MEMORY;
    zip_uint64_t size = (zip_uint64_t)array->count * cornu_dtype_size(array->dtype);
    zip_buffer_fragment_t parts[] = {
        {.data = (zip_uint8_t *)header, .length = header_size},
        {.data = array->data, .length = size},
    };
    zip_source_t *source = zip_source_buffer_fragment(archive, parts, array->count > 0 ? 2 : 1, 0);
    zip_int64_t index = source ? zip_file_add(archive, member_name, source, ZIP_FL_ENC_UTF_8) : -1;
    cornu__free(member_name);
    if (index < 0) {
        cornu_status status = fail_add(archive, path, name);
        if (source)
            zip_source_free(source);
        return status;
    }
    /* No clock: the same arrays make the same file. (1980-01-01 is the format's first day.) */
    const zip_uint16_t first_day = 1 << 5 | 1;
    zip_int32_t method = size < SMALLEST_DEFLATED ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
    if (zip_set_file_compression(archive, (zip_uint64_t)index, method, DEFLATE_LEVEL) != 0 ||
        zip_file_set_dostime(archive, (zip_uint64_t)index, 0, first_day, 0) != 0)
        return fail_add(archive, path, name);
    return CORNU_OK;
}

/* Writes the archive to `stream`. `headers` has room for each array's header, and is the caller's to free. */
static cornu_status write_archive(FILE *stream, const char *path, const cornu_array *dictionary, cornu__text *headers)
{
    zip_t *archive = cornu__zip_create(stream, path);
    if (!archive)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < dictionary->item_count; i++) {
        cornu__npy_add_header(&headers[i], dictionary->items[i]);
        if (headers[i].failed)
            status = cornu__fail_memory("an .npy header", headers[i].length);
        else
            status = add_member(archive, path, dictionary->names[i], dictionary->items[i], headers[i].data,
                                headers[i].length);
    }
    if (status == CORNU_OK && zip_close(archive) == 0)
        return CORNU_OK;
    if (status == CORNU_OK)
        status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %s", path, zip_error_strerror(zip_get_error(archive)));
    zip_discard(archive);
    return status;
}

cornu_status cornu_save_npz(const char *path, const cornu_array *dictionary)
{
    if (!dictionary || !dictionary->names)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_save_npz: wanted a dictionary of arrays (cornu_array_dict), got %s",
                           !dictionary         ? "NULL"
                           : dictionary->items ? "a list"
                                               : "an array");
    if (dictionary->item_count == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_save_npz: the dictionary is empty: there is nothing to save");
    cornu__text *headers = cornu__alloc_array(dictionary->item_count, sizeof *headers);
    if (!headers)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__new_file file;
    cornu_status status = cornu__file_begin(&file, path);
    if (status == CORNU_OK) {
        status = write_archive(file.stream, path, dictionary, headers);
        if (status == CORNU_OK)
            status = cornu__file_commit(&file);
        else
            cornu__file_abandon(&file);
    }
    for (size_t i = 0; i < dictionary->item_count; i++)
        cornu__text_free(&headers[i]);
    cornu__free(headers);
    return status;
}
