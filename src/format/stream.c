/* stream.c: reading files, plain or gzip-compressed, within the limits. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/stream.h"

#define BUFFER_SIZE (256 * 1024)
#define READ_SIZE (1u << 30) /* zlib counts in int */

static int64_t read_from_file(cornu__stream *stream, void *to, uint64_t size)
{
    errno = 0;
    int got = gzread(stream->state, to, size < READ_SIZE ? (unsigned)size : READ_SIZE);
    int code;
    const char *message = gzerror(stream->state, &code);
    if (got >= 0 && (code == Z_OK || (code == Z_BUF_ERROR && got > 0)))
        return got;
    if (code == Z_BUF_ERROR)
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: its compressed data ends after %llu bytes of contents",
                    stream->name, (unsigned long long)stream->done);
    else if (code == Z_ERRNO)
        cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", stream->name);
    else if (code == Z_MEM_ERROR)
        cornu__fail_memory("decompression", BUFFER_SIZE);
    else
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged: %s", stream->name, message);
    return -1;
}

static void close_file(cornu__stream *stream)
{
    gzclose_r(stream->state);
}

cornu_status cornu__stream_open(cornu__stream *stream, const char *path)
{
    *stream = (cornu__stream){.name = path, .read = read_from_file, .close = close_file, .at_most = UINT64_MAX};
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a file without a name");
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (descriptor < 0 || fstat(descriptor, &about) != 0) {
        cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
        if (descriptor >= 0)
            close(descriptor);
        return CORNU_ERROR_IO;
    }
    if (S_ISDIR(about.st_mode)) {
        close(descriptor);
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a folder", path);
    }
    gzFile file = gzdopen(descriptor, "rb");
    if (!file) {
        close(descriptor);
        return cornu__fail_memory("decompression", BUFFER_SIZE);
    }
    gzbuffer(file, BUFFER_SIZE);
    stream->state = file;
    if (S_ISREG(about.st_mode)) {
        uint64_t size = (uint64_t)about.st_size;
        bool plain = gzdirect(file) == 1;
        stream->at_most = plain || size > UINT64_MAX / CORNU__MAX_EXPANSION ? size : size * CORNU__MAX_EXPANSION;
    }
    return CORNU_OK;
}

void cornu__stream_close(cornu__stream *stream)
{
    if (stream->state)
        stream->close(stream);
    stream->state = NULL;
}

cornu_status cornu__stream_read_some(cornu__stream *stream, void *to, uint64_t size, uint64_t *got)
{
    *got = 0;
    while (*got < size) {
        int64_t piece = stream->read(stream, (char *)to + *got, size - *got);
        if (piece < 0)
            return cornu_error_status();
        if (piece == 0)
            break;
        *got += (uint64_t)piece;
        stream->done += (uint64_t)piece;
    }
    return CORNU_OK;
}

cornu_status cornu__stream_read(cornu__stream *stream, void *to, uint64_t size, const char *what)
{
    uint64_t got;
    CORNU_TRY(cornu__stream_read_some(stream, to, size, &got));
    if (got < size)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: %s has %llu of %llu bytes", stream->name, what,
                           (unsigned long long)got, (unsigned long long)size);
    return CORNU_OK;
}

cornu_status cornu__stream_check(const cornu__stream *stream, uint64_t size)
{
    CORNU_TRY(cornu__check_read_size(stream->name, size));
    uint64_t left = stream->at_most - (stream->done < stream->at_most ? stream->done : stream->at_most);
    if (size > left)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is truncated: its header promises %llu bytes of data, at most %llu can follow",
                           stream->name, (unsigned long long)size, (unsigned long long)left);
    return CORNU_OK;
}

cornu_status cornu__stream_end(cornu__stream *stream)
{
    char more;
    uint64_t got;
    CORNU_TRY(cornu__stream_read_some(stream, &more, 1, &got));
    if (got > 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' goes on after the %llu bytes that its header promises",
                           stream->name, (unsigned long long)(stream->done - 1));
    return CORNU_OK;
}

static char *read_all(cornu__stream *stream, uint64_t at_most, uint64_t *size)
{
    uint64_t capacity = BUFFER_SIZE, length = 0;
    char *bytes = cornu__alloc_uninitialized(capacity);
    while (bytes) {
        uint64_t got;
        if (cornu__stream_read_some(stream, bytes + length, capacity - 1 - length, &got) != CORNU_OK)
            break;
        length += got;
        if (length > at_most) {
            cornu__fail(CORNU_ERROR_LIMIT, "'%s' is longer than the %llu bytes that are read", stream->name,
                        (unsigned long long)at_most);
            break;
        }
        if (length < capacity - 1) {
            bytes[length] = '\0';
            *size = length;
            return bytes;
        }
        char *grown = cornu__realloc(bytes, length, 2 * capacity);
        if (!grown)
            break;
        bytes = grown;
        capacity *= 2;
    }
    cornu__free(bytes);
    return NULL;
}

char *cornu__read_file(const char *path, uint64_t at_most, uint64_t *size)
{
    cornu__stream stream;
    if (cornu__stream_open(&stream, path) != CORNU_OK)
        return NULL;
    char *bytes = read_all(&stream, at_most, size);
    cornu__stream_close(&stream);
    return bytes;
}
