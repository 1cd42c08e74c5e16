/* archive.c: .keras archives, and plain files, that appear whole or not at all. */
#include "saving/archive.h"

#include <stdio.h>
#include <string.h>

#include <cornu/version.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/zip.h"

/* Keras adds when it was saved; here the same model gives the same bytes. The history and what is known of the data stand here, since Keras does not read this member,
 * but unpacks an archive with a fourth one into a folder. */
static char *metadata_text(const cornu__archive_parts *parts)
{
    cornu__text text = {0};
    cornu__text_add(&text, "{\"keras_version\": \"" CORNU__KERAS_VERSION
                           "\", \"written_by\": \"Cornu " CORNU_VERSION_STRING "\"");
    if (parts->class_names)
        cornu__text_add(&text, ", \"" CORNU__ARCHIVE_CLASS_NAMES "\": %s", parts->class_names);
    if (parts->input_scale)
        cornu__text_add(&text, ", \"" CORNU__ARCHIVE_INPUT_SCALE "\": %s", parts->input_scale);
    if (parts->history)
        cornu__text_add(&text, ", \"" CORNU__ARCHIVE_HISTORY "\": %s", parts->history);
    cornu__text_add(&text, "}");
    return cornu__text_take(&text);
}

static cornu_status add(zip_t *archive, const char *path, const char *name, const void *bytes, uint64_t size)
{
    const zip_uint16_t first_day = 1 << 5 | 1; /* 1980-01-01 */
    zip_source_t *source = zip_source_buffer(archive, bytes, size, 0);
    zip_int64_t index = source ? zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0 && source)
        zip_source_free(source);
    if (index < 0 || zip_set_file_compression(archive, (zip_uint64_t)index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, (zip_uint64_t)index, 0, first_day, 0) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot write '%s' to '%s': %s", name, path,
                           zip_error_strerror(zip_get_error(archive)));
    return CORNU_OK;
}

static cornu_status write_archive(FILE *stream, const char *path, const char *metadata,
                                  const cornu__archive_parts *parts)
{
    zip_t *archive = cornu__zip_create(stream, path);
    if (!archive)
        return cornu_error_status();
    cornu_status status = add(archive, path, CORNU__ARCHIVE_METADATA, metadata, strlen(metadata));
    if (status == CORNU_OK)
        status = add(archive, path, CORNU__ARCHIVE_CONFIG, parts->config, strlen(parts->config));
    if (status == CORNU_OK)
        status = add(archive, path, CORNU__ARCHIVE_WEIGHTS, parts->weights, parts->weights_size);
    if (status == CORNU_OK && zip_close(archive) == 0)
        return CORNU_OK;
    if (status == CORNU_OK)
        status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %s", path, zip_error_strerror(zip_get_error(archive)));
    zip_discard(archive);
    return status;
}

static cornu_status write_file(const char *path, const char *metadata, const cornu__archive_parts *parts)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    cornu_status status = write_archive(file.stream, path, metadata, parts);
    if (status == CORNU_OK)
        return cornu__file_commit(&file);
    cornu__file_abandon(&file);
    return status;
}

cornu_status cornu__archive_write(const char *path, const cornu__archive_parts *parts)
{
    char *metadata = metadata_text(parts);
    cornu_status status = metadata ? write_file(path, metadata, parts) : cornu_error_status();
    cornu__free(metadata);
    return status;
}

cornu_status cornu__bytes_write(const char *path, const void *bytes, uint64_t size)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    if (fwrite(bytes, 1, size, file.stream) == size)
        return cornu__file_commit(&file);
    cornu_status status = cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", path);
    cornu__file_abandon(&file);
    return status;
}
