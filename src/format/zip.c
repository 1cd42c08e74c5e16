/* zip.c: archives within the limits, and into a file that appears whole or not at all. */
#include <errno.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/zip.h"

/* --- Reading --- */

/* What a member claims about itself, as far as Cornu reads it. */
static cornu_status member_claims(zip_t *archive, zip_uint64_t index, const char *name, zip_stat_t *about)
{
    zip_stat_init(about);
    zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(archive, index, 0, about) != 0 || (about->valid & needed) != needed)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: member %llu has no sizes", name,
                           (unsigned long long)index);
    if (about->encryption_method != ZIP_EM_NONE)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' is encrypted", name);
    if (about->comp_method != ZIP_CM_STORE && about->comp_method != ZIP_CM_DEFLATE)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' is compressed by method %d; stored and deflated members are read", name,
                           (int)about->comp_method);
    uint64_t expansion = about->comp_method == ZIP_CM_STORE ? 1 : CORNU__MAX_EXPANSION;
    if (about->size / expansion > about->comp_size)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: it promises %llu bytes out of %llu, more than can be",
                           name, (unsigned long long)about->size, (unsigned long long)about->comp_size);
    return CORNU_OK;
}

static cornu_status check_members(zip_t *archive, const char *path, bool whole)
{
    zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count > CORNU__MAX_ARCHIVE_MEMBERS)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' has %lld members; at most %d are read", path, (long long)count,
                           CORNU__MAX_ARCHIVE_MEMBERS);
    uint64_t total = 0;
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t about;
        CORNU_TRY(member_claims(archive, (zip_uint64_t)i, path, &about));
        if (__builtin_add_overflow(total, about.size, &total))
            total = UINT64_MAX;
    }
    return whole ? cornu__check_read_size(path, total) : CORNU_OK;
}

static void fail_open(const char *path, int code)
{
    zip_error_t error;
    int cause = errno;
    zip_error_init_with_code(&error, code);
    errno = cause;
    if (code == ZIP_ER_NOENT)
        cornu__fail(CORNU_ERROR_IO, "cannot read '%s': no such file", path);
    else if (code == ZIP_ER_OPEN || code == ZIP_ER_READ)
        cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
    else if (code == ZIP_ER_OPNOTSUPP)
        cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a folder, device or pipe, not a file", path);
    else if (code == ZIP_ER_NOZIP)
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no .npz or .keras (zip) archive, or is truncated", path);
    else if (code == ZIP_ER_MEMORY)
        cornu__fail_memory("an archive", 0);
    else
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: %s", path, zip_error_strerror(&error));
    zip_error_fini(&error);
}

static zip_t *open_archive(const char *path, bool whole)
{
    if (!path || path[0] == '\0')
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a file without a name");
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive) {
        fail_open(path, code);
        return NULL;
    }
    if (check_members(archive, path, whole) != CORNU_OK) {
        zip_discard(archive);
        return NULL;
    }
    return archive;
}

zip_t *cornu__zip_open(const char *path)
{
    return open_archive(path, true);
}

zip_t *cornu__zip_open_streamed(const char *path)
{
    return open_archive(path, false);
}

static int64_t read_from_member(cornu__stream *stream, void *to, uint64_t size)
{
    zip_int64_t got = zip_fread(stream->state, to, size);
    if (got >= 0)
        return got;
    zip_error_t *error = zip_file_get_error(stream->state);
    if (zip_error_code_zip(error) == ZIP_ER_CRC)
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: its contents do not have the stored check sum (CRC)",
                    stream->name);
    else
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: %s", stream->name, zip_error_strerror(error));
    return -1;
}

static void close_member(cornu__stream *stream)
{
    zip_fclose(stream->state);
}

cornu_status cornu__zip_open_member(zip_t *archive, zip_uint64_t index, const char *name, cornu__stream *stream)
{
    zip_stat_t about;
    *stream = (cornu__stream){.name = name, .read = read_from_member, .close = close_member};
    CORNU_TRY(member_claims(archive, index, name, &about));
    stream->at_most = about.size;
    stream->state = zip_fopen_index(archive, index, 0);
    if (!stream->state)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: %s", name, zip_error_strerror(zip_get_error(archive)));
    return CORNU_OK;
}

/* --- Writing: libzip's own way to a file has its own temporary file and no fsync, so it gets ours as a sink. --- */

typedef struct sink {
    FILE *stream;
    zip_error_t error;
} sink;

static zip_int64_t sink_failed(sink *to, int code)
{
    zip_error_set(&to->error, code, errno);
    return -1;
}

static zip_int64_t sink_seek(sink *to, void *data, zip_uint64_t length)
{
    const zip_source_args_seek_t *place = ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, length, &to->error);
    if (!place)
        return -1;
    return fseeko(to->stream, place->offset, place->whence) == 0 ? 0 : sink_failed(to, ZIP_ER_SEEK);
}

/* libzip's side of the sink: one function for all requests. It wants to be able to read what it writes to; there it
 * finds an empty file, as the archive is new. */
static zip_int64_t sink_callback(void *user_data, void *data, zip_uint64_t length, zip_source_cmd_t command)
{
    sink *to = user_data;
    switch (command) {
    case ZIP_SOURCE_STAT:
        zip_stat_init(data);
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&to->error, data, length);
    case ZIP_SOURCE_OPEN:
    case ZIP_SOURCE_READ:
    case ZIP_SOURCE_SEEK:
    case ZIP_SOURCE_TELL:
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_REMOVE: /* who began the file removes it */
    case ZIP_SOURCE_BEGIN_WRITE:
    case ZIP_SOURCE_ROLLBACK_WRITE:
        return 0;
    case ZIP_SOURCE_COMMIT_WRITE:
        return fflush(to->stream) == 0 ? 0 : sink_failed(to, ZIP_ER_WRITE);
    case ZIP_SOURCE_WRITE:
        return fwrite(data, 1, length, to->stream) == length ? (zip_int64_t)length : sink_failed(to, ZIP_ER_WRITE);
    case ZIP_SOURCE_SEEK_WRITE:
        return sink_seek(to, data, length);
    case ZIP_SOURCE_TELL_WRITE:
        return ftello(to->stream);
    case ZIP_SOURCE_FREE:
        zip_error_fini(&to->error);
        cornu__free(to);
        return 0;
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE;
    default:
        zip_error_set(&to->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

zip_t *cornu__zip_create(FILE *stream, const char *path)
{
    sink *to = cornu__alloc(sizeof *to);
    if (!to)
        return NULL;
    to->stream = stream;
    zip_error_init(&to->error);
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_function_create(sink_callback, to, &error);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error) : NULL;
    if (!archive) {
        cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %s", path, zip_error_strerror(&error));
        if (source)
            zip_source_free(source);
        else
            cornu__free(to);
    }
    zip_error_fini(&error);
    return archive;
}
