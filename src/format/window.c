/* window.c: the bytes of a file, some at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "format/limits.h"
#include "format/window.h"

#define FIRST_PIECE ((size_t)4 << 10)
#define LARGEST_PIECE ((size_t)256 << 10)

/* A process may have 1024 files open as a rule. Of thousands of shards those whose descriptor is not below this are opened for each read. */
#define KEPT_DESCRIPTORS 512

/* --- Files --- */

static cornu_status fail_io(const char *path)
{
    return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", path);
}

static cornu_status look_at(cornu__window_file *file, int descriptor)
{
    struct stat about;
    unsigned char magic[2] = {0};
    if (fstat(descriptor, &about) != 0)
        return fail_io(file->path);
    if (S_ISDIR(about.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a folder", file->path);
    if (!S_ISREG(about.st_mode))
        return cornu__fail(CORNU_ERROR_IO, "'%s' is no file that can be read more than once (a pipe?)", file->path);
    if (pread(descriptor, magic, sizeof magic, 0) < 0)
        return fail_io(file->path);
    file->compressed = magic[0] == 0x1f && magic[1] == 0x8b;
    file->size = (uint64_t)about.st_size;
    file->modified = about.st_mtim;
    return CORNU_OK;
}

cornu_status cornu__window_file_open(cornu__window_file *file, const char *path)
{
    *file = (cornu__window_file){.descriptor = -1};
    if (!path || path[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cannot read a file without a name");
    file->path = cornu__copy_text(path);
    if (!file->path)
        return CORNU_ERROR_OUT_OF_MEMORY;
    /* O_NONBLOCK: a pipe that nobody writes to is told of, not waited for. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    cornu_status status = descriptor < 0 ? fail_io(path) : look_at(file, descriptor);
    if (status == CORNU_OK && !file->compressed && descriptor < KEPT_DESCRIPTORS)
        file->descriptor = descriptor;
    else if (descriptor >= 0)
        close(descriptor);
    if (status != CORNU_OK)
        cornu__window_file_close(file);
    return status;
}

void cornu__window_file_close(cornu__window_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    cornu__free(file->path);
    *file = (cornu__window_file){.descriptor = -1};
}

static cornu_status expect_unchanged(const cornu__window_file *file, int descriptor)
{
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return fail_io(file->path);
    if ((uint64_t)about.st_size == file->size && about.st_mtim.tv_sec == file->modified.tv_sec &&
        about.st_mtim.tv_nsec == file->modified.tv_nsec)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "'%s' was changed since it was opened: it had %llu bytes then, and has %llu now",
                       file->path, (unsigned long long)file->size, (unsigned long long)about.st_size);
}

static cornu_status read_plain(const cornu__window_file *file, int descriptor, uint64_t at, unsigned char *to,
                               size_t size, size_t *got)
{
    CORNU_TRY(expect_unchanged(file, descriptor));
    while (*got < size) {
        ssize_t count = pread(descriptor, to + *got, size - *got, (off_t)(at + *got));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_io(file->path);
        if (count == 0)
            break;
        *got += (size_t)count;
    }
    return *got < size && at + *got < file->size ? expect_unchanged(file, descriptor) : CORNU_OK;
}

/* --- Windows --- */

void cornu__window_open(cornu__window *window, const cornu__window_file *file)
{
    *window = (cornu__window){.file = file, .piece = FIRST_PIECE};
}

void cornu__window_close(cornu__window *window)
{
    if (window->streaming)
        cornu__stream_close(&window->stream);
    cornu__free(window->bytes);
    *window = (cornu__window){0};
}

static cornu_status begin_stream(cornu__window *window)
{
    const cornu__window_file *file = window->file;
    struct stat about;
    if (stat(file->path, &about) != 0)
        return fail_io(file->path);
    if ((uint64_t)about.st_size != file->size)
        return cornu__fail(CORNU_ERROR_IO, "'%s' was changed since it was opened", file->path);
    CORNU_TRY(cornu__stream_open(&window->stream, file->path));
    window->streaming = true;
    return CORNU_OK;
}

/* The bytes at `at` of the contents, as many as there are up to `size`. */
static cornu_status read_some(cornu__window *window, uint64_t at, unsigned char *to, size_t size, size_t *got)
{
    const cornu__window_file *file = window->file;
    *got = 0;
    if (file->compressed) {
        uint64_t count = 0;
        if (!window->streaming)
            CORNU_TRY(begin_stream(window));
        CORNU_TRY(cornu__stream_read_some(&window->stream, to, size, &count));
        *got = (size_t)count;
        return CORNU_OK;
    }
    if (file->descriptor >= 0)
        return read_plain(file, file->descriptor, at, to, size, got);
    int descriptor = open(file->path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail_io(file->path);
    cornu_status status = read_plain(file, descriptor, at, to, size, got);
    close(descriptor);
    return status;
}

/* Room for `size` bytes from `begin` on, and one more. */
static cornu_status make_room(cornu__window *window, size_t size)
{
    if (window->begin + size < window->capacity)
        return CORNU_OK;
    size_t available = cornu__window_available(window);
    if (window->begin > 0)
        memmove(window->bytes, window->bytes + window->begin, available);
    window->begin = 0;
    window->end = available;
    if (size < window->capacity)
        return CORNU_OK;
    size_t capacity = size + size / 2 + 1;
    unsigned char *bytes =
        window->bytes ? cornu__realloc(window->bytes, available, capacity) : cornu__alloc_uninitialized(capacity);
    if (!bytes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    window->bytes = bytes;
    window->capacity = capacity;
    return CORNU_OK;
}

static cornu_status read_piece(cornu__window *window)
{
    size_t available = cornu__window_available(window), got;
    CORNU_TRY(make_room(window, available + window->piece));
    CORNU_TRY(read_some(window, window->offset + available, window->bytes + window->end, window->piece, &got));
    window->ended = got < window->piece;
    window->end += got;
    window->piece = window->piece < LARGEST_PIECE ? 2 * window->piece : LARGEST_PIECE;
    return CORNU_OK;
}

/* Memory grows with the bytes that come, not with what is wanted: a size in a file may be a lie. */
cornu_status cornu__window_want(cornu__window *window, size_t size)
{
    while (cornu__window_available(window) < size && !window->ended)
        CORNU_TRY(read_piece(window));
    return CORNU_OK;
}

uint64_t cornu__window_left(const cornu__window *window)
{
    uint64_t available = cornu__window_available(window);
    if (window->ended)
        return available;
    if (!window->file->compressed)
        return window->offset < window->file->size ? window->file->size - window->offset : 0;
    uint64_t all =
        window->file->size < UINT64_MAX / CORNU__MAX_EXPANSION ? window->file->size * CORNU__MAX_EXPANSION : UINT64_MAX;
    return window->offset < all ? all - window->offset : 0;
}

static void drop_view(cornu__window *window, uint64_t offset)
{
    window->begin = window->end = 0;
    window->offset = offset;
    window->ended = false;
}

cornu_status cornu__window_skip(cornu__window *window, uint64_t size, bool *whole)
{
    *whole = true;
    if (!window->file->compressed && size > cornu__window_available(window)) {
        *whole = size <= cornu__window_left(window);
        drop_view(window, *whole ? window->offset + size : window->file->size);
        window->piece = FIRST_PIECE;
        return CORNU_OK;
    }
    while (size > 0) {
        size_t available = cornu__window_available(window);
        if (available == 0) {
            CORNU_TRY(cornu__window_want(window, 1));
            available = cornu__window_available(window);
        }
        if (available == 0) {
            *whole = false;
            return CORNU_OK;
        }
        size_t piece = size < available ? (size_t)size : available;
        cornu__window_take(window, piece);
        size -= piece;
    }
    return CORNU_OK;
}

cornu_status cornu__window_read(cornu__window *window, void *to, uint64_t size, bool *whole)
{
    unsigned char *next = to;
    size_t available = cornu__window_available(window);
    size_t first = size < available ? (size_t)size : available;
    if (first > 0)
        memcpy(next, window->bytes + window->begin, first);
    cornu__window_take(window, first);
    *whole = true;
    uint64_t rest = size - first;
    if (rest == 0)
        return CORNU_OK;
    size_t got = 0;
    if (!window->ended)
        CORNU_TRY(read_some(window, window->offset, next + first, (size_t)rest, &got));
    drop_view(window, window->offset + got);
    *whole = got == rest;
    return CORNU_OK;
}

cornu_status cornu__window_seek(cornu__window *window, uint64_t offset)
{
    if (offset >= window->offset && offset - window->offset <= cornu__window_available(window)) {
        cornu__window_take(window, (size_t)(offset - window->offset));
        return CORNU_OK;
    }
    if (!window->file->compressed) {
        drop_view(window, offset);
        window->piece = FIRST_PIECE;
        return CORNU_OK;
    }
    if (offset < window->offset) {
        if (window->streaming)
            cornu__stream_close(&window->stream);
        window->streaming = false;
        drop_view(window, 0);
    }
    bool whole;
    CORNU_TRY(cornu__window_skip(window, offset - window->offset, &whole));
    return whole ? CORNU_OK
                 : cornu__fail(CORNU_ERROR_IO, "'%s' was changed since it was opened: its contents are shorter now",
                               window->file->path);
}
