/* bytes.c: bytes at any place of a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "format/bytes.h"

#define SKIP_SIZE (64 * 1024)

/* A process may have 1024 files open as a rule. Of thousands of shards those whose descriptor is not below this are opened for each read. */
#define KEPT_DESCRIPTORS 512

/* --- Opening --- */

static cornu_status keep_path(cornu__bytes *bytes, const char *path)
{
    *bytes = (cornu__bytes){.descriptor = -1, .size = UINT64_MAX};
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a file without a name");
    bytes->path = cornu__copy_text(path);
    bytes->name = bytes->path;
    return bytes->path ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status check_is_file(const cornu__bytes *bytes)
{
    if (S_ISREG(bytes->about.st_mode))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a %s, and data are read from files", bytes->path,
                       S_ISDIR(bytes->about.st_mode) ? "folder" : "pipe or device");
}

static cornu_status begin_gzip(cornu__bytes *bytes, cornu__stream *stream)
{
    return cornu__stream_open(stream, bytes->path);
}

/* O_NONBLOCK: a pipe without a writer would be waited for before it could be refused. */
static cornu_status open_descriptor(cornu__bytes *bytes)
{
    bytes->descriptor = open(bytes->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (bytes->descriptor < 0 || fstat(bytes->descriptor, &bytes->about) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", bytes->path);
    return check_is_file(bytes);
}

static cornu_status set_up(cornu__bytes *bytes)
{
    CORNU_TRY(open_descriptor(bytes));
    unsigned char start[2] = {0};
    uint64_t got;
    bytes->random_access = true;
    bytes->size = (uint64_t)bytes->about.st_size;
    CORNU_TRY(cornu__bytes_read_some(bytes, 0, start, sizeof start, &got));
    bool is_plain = got < 2 || start[0] != 0x1F || start[1] != 0x8B;
    if (is_plain && bytes->descriptor < KEPT_DESCRIPTORS)
        return CORNU_OK;
    close(bytes->descriptor);
    bytes->descriptor = -1;
    if (is_plain)
        return CORNU_OK;
    bytes->random_access = false;
    bytes->begin = begin_gzip;
    /* A first look says whether it is what it seems, and how much can come. */
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, bytes->path));
    bytes->size = stream.at_most;
    cornu__stream_close(&stream);
    return CORNU_OK;
}

cornu_status cornu__bytes_open(cornu__bytes *bytes, const char *path)
{
    cornu_status status = keep_path(bytes, path);
    if (status == CORNU_OK)
        status = set_up(bytes);
    if (status != CORNU_OK)
        cornu__bytes_close(bytes);
    return status;
}

cornu_status cornu__bytes_open_forwards(cornu__bytes *bytes, const char *path, const char *name,
                                        cornu__bytes_begin begin, void *state)
{
    CORNU_TRY(keep_path(bytes, path));
    bytes->name = name;
    bytes->begin = begin;
    bytes->state = state;
    if (stat(path, &bytes->about) == 0)
        return CORNU_OK;
    cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
    cornu__bytes_close(bytes);
    return CORNU_ERROR_IO;
}

static void stop_stream(cornu__bytes *bytes)
{
    if (bytes->running)
        cornu__stream_close(&bytes->stream);
    bytes->running = false;
}

void cornu__bytes_close(cornu__bytes *bytes)
{
    stop_stream(bytes);
    if (bytes->descriptor >= 0)
        close(bytes->descriptor);
    cornu__free(bytes->path);
    *bytes = (cornu__bytes){.descriptor = -1};
}

/* --- Plain files --- */

static cornu_status read_plain(const cornu__bytes *bytes, int descriptor, uint64_t offset, char *to, uint64_t size,
                               uint64_t *got)
{
    while (*got < size) {
        uint64_t at = offset + *got;
        ssize_t piece = at > INT64_MAX ? 0 : pread(descriptor, to + *got, (size_t)(size - *got), (off_t)at);
        if (piece < 0 && errno == EINTR)
            continue;
        if (piece < 0)
            return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", bytes->path);
        if (piece == 0)
            break;
        *got += (uint64_t)piece;
    }
    return CORNU_OK;
}

static cornu_status read_opened(const cornu__bytes *bytes, uint64_t offset, char *to, uint64_t size, uint64_t *got)
{
    if (bytes->descriptor >= 0)
        return read_plain(bytes, bytes->descriptor, offset, to, size, got);
    int descriptor = open(bytes->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", bytes->path);
    cornu_status status = read_plain(bytes, descriptor, offset, to, size, got);
    close(descriptor);
    return status;
}

/* --- What is read forwards --- */

/* That the file behind a path is still the one that was opened at first. */
static cornu_status check_is_the_same(const cornu__bytes *bytes)
{
    struct stat now;
    if (stat(bytes->path, &now) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s' again: %m", bytes->path);
    const struct stat *then = &bytes->about;
    if (now.st_dev == then->st_dev && now.st_ino == then->st_ino && now.st_size == then->st_size &&
        now.st_mtim.tv_sec == then->st_mtim.tv_sec && now.st_mtim.tv_nsec == then->st_mtim.tv_nsec)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "'%s' was changed while it was read", bytes->path);
}

/* A stream that was inherited is only closed: reading it would move the other process's place, too. */
static cornu_status run_from_start(cornu__bytes *bytes)
{
    stop_stream(bytes);
    CORNU_TRY(check_is_the_same(bytes));
    CORNU_TRY(bytes->begin(bytes, &bytes->stream));
    bytes->running = true;
    bytes->reader = getpid();
    return CORNU_OK;
}

static cornu_status skip_to(cornu__bytes *bytes, uint64_t offset)
{
    char *skipped = cornu__alloc_uninitialized(SKIP_SIZE);
    cornu_status status = skipped ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    while (status == CORNU_OK && bytes->stream.done < offset) {
        uint64_t left = offset - bytes->stream.done, got = 0;
        status = cornu__stream_read_some(&bytes->stream, skipped, left < SKIP_SIZE ? left : SKIP_SIZE, &got);
        if (got == 0)
            break; /* the end, which the next read sees too */
    }
    cornu__free(skipped);
    return status;
}

static cornu_status read_forwards(cornu__bytes *bytes, uint64_t offset, char *to, uint64_t size, uint64_t *got)
{
    if (!bytes->running || bytes->reader != getpid() || offset < bytes->stream.done)
        CORNU_TRY(run_from_start(bytes));
    cornu_status status = bytes->stream.done < offset ? skip_to(bytes, offset) : CORNU_OK;
    if (status == CORNU_OK && bytes->stream.done == offset)
        status = cornu__stream_read_some(&bytes->stream, to, size, got);
    if (status != CORNU_OK)
        stop_stream(bytes);
    return status;
}

/* --- Both --- */

cornu_status cornu__bytes_read_some(cornu__bytes *bytes, uint64_t offset, void *to, uint64_t size, uint64_t *got)
{
    *got = 0;
    return bytes->random_access ? read_opened(bytes, offset, to, size, got)
                                : read_forwards(bytes, offset, to, size, got);
}

cornu_status cornu__bytes_read(cornu__bytes *bytes, uint64_t offset, void *to, uint64_t size, const char *what)
{
    uint64_t got;
    CORNU_TRY(cornu__bytes_read_some(bytes, offset, to, size, &got));
    if (got == size)
        return CORNU_OK;
    bool shrunk = bytes->random_access && offset <= bytes->size && size <= bytes->size - offset;
    return cornu__fail(shrunk ? CORNU_ERROR_IO : CORNU_ERROR_FORMAT,
                       "'%s' is truncated%s: %s has %llu of %llu bytes, at byte %llu of the file", bytes->name,
                       shrunk ? " since it was opened" : "", what, (unsigned long long)got, (unsigned long long)size,
                       (unsigned long long)offset);
}

cornu_status cornu__bytes_end(cornu__bytes *bytes, uint64_t offset)
{
    char more;
    uint64_t got;
    CORNU_TRY(cornu__bytes_read_some(bytes, offset, &more, 1, &got));
    if (got == 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' goes on after the %llu bytes that its header promises", bytes->name,
                       (unsigned long long)offset);
}
