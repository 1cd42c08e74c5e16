/* window.c: the bytes of a file, some at a time. */
#include <string.h>

#include "base/memory.h"
#include "format/window.h"

#define FIRST_PIECE ((size_t)4 << 10)
#define LARGEST_PIECE ((size_t)256 << 10)

void cornu__window_open(cornu__window *window, cornu__bytes *file)
{
    *window = (cornu__window){.file = file, .piece = FIRST_PIECE};
}

void cornu__window_close(cornu__window *window)
{
    cornu__free(window->bytes);
    *window = (cornu__window){0};
}

/* A compressed file is looked at when it is opened again. */
static cornu_status expect_unchanged(const cornu__bytes *file)
{
    struct stat now;
    if (!file->random_access)
        return CORNU_OK;
    if (file->descriptor >= 0 ? fstat(file->descriptor, &now) != 0 : stat(file->path, &now) != 0)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': %m", file->path);
    if (now.st_size == file->about.st_size && now.st_mtim.tv_sec == file->about.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == file->about.st_mtim.tv_nsec)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "'%s' was changed while it was read: it had %lld bytes, and has %lld now",
                       file->path, (long long)file->about.st_size, (long long)now.st_size);
}

static cornu_status read_some(cornu__window *window, uint64_t at, void *to, uint64_t size, size_t *got)
{
    uint64_t count;
    CORNU_TRY(expect_unchanged(window->file));
    CORNU_TRY(cornu__bytes_read_some(window->file, at, to, size, &count));
    *got = (size_t)count;
    return count < size ? expect_unchanged(window->file) : CORNU_OK;
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
    if (window->ended)
        return cornu__window_available(window);
    return window->offset < window->file->size ? window->file->size - window->offset : 0;
}

void cornu__window_seek(cornu__window *window, uint64_t offset)
{
    if (offset >= window->offset && offset - window->offset <= cornu__window_available(window)) {
        cornu__window_take(window, (size_t)(offset - window->offset));
        return;
    }
    window->begin = window->end = 0;
    window->offset = offset;
    window->ended = false;
    window->piece = FIRST_PIECE;
}

cornu_status cornu__window_skip(cornu__window *window, uint64_t size, bool *whole)
{
    *whole = size <= cornu__window_left(window);
    if (!*whole || size == 0)
        return CORNU_OK;
    bool is_in_view = size <= cornu__window_available(window);
    cornu__window_seek(window, window->offset + size);
    if (is_in_view || window->file->random_access)
        return CORNU_OK;
    /* Of a compressed file only reading tells where it ends: its last byte that is stepped over. */
    cornu__window_seek(window, window->offset - 1);
    CORNU_TRY(cornu__window_want(window, 1));
    *whole = cornu__window_available(window) > 0;
    if (*whole)
        cornu__window_take(window, 1);
    return CORNU_OK;
}

cornu_status cornu__window_read(cornu__window *window, void *to, uint64_t size, bool *whole)
{
    size_t available = cornu__window_available(window), got = 0;
    size_t first = size < available ? (size_t)size : available;
    if (first > 0)
        memcpy(to, window->bytes + window->begin, first);
    cornu__window_take(window, first);
    *whole = size == first;
    if (*whole || window->ended)
        return CORNU_OK;
    CORNU_TRY(read_some(window, window->offset, (char *)to + first, size - first, &got));
    cornu__window_seek(window, window->offset + got);
    *whole = got == size - first;
    return CORNU_OK;
}
