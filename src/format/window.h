/*
 * format/window.h: the bytes of a file, some at a time and with a view ahead: what readers of records stand on.
 *
 * A file that changes while it is read is an error, never other contents.
 */
#ifndef CORNU_FORMAT_WINDOW_H
#define CORNU_FORMAT_WINDOW_H

#include "format/bytes.h"

/* bytes[begin] .. bytes[end - 1] are there, and room for one more: a reader may put a NUL behind them. For one thread. */
typedef struct cornu__window {
    cornu__bytes *file;
    unsigned char *bytes;
    size_t begin, end, capacity;
    uint64_t offset; /* of bytes[begin] in the contents */
    size_t piece;    /* so many bytes are read next: few after a leap, more and more when all are wanted */
    bool ended;      /* no more come */
} cornu__window;

/* At the contents' first byte; reads nothing yet. Of a file without random access one window at a time is read. */
void cornu__window_open(cornu__window *window, cornu__bytes *file);
void cornu__window_close(cornu__window *window);

static inline size_t cornu__window_available(const cornu__window *window)
{
    return window->end - window->begin;
}

/* Brings at least `size` bytes into view; fewer are available then only because the contents end. */
cornu_status cornu__window_want(cornu__window *window, size_t size);

/* Steps over bytes that are available. */
static inline void cornu__window_take(cornu__window *window, size_t size)
{
    window->begin += size;
    window->offset += size;
}

/* Steps over bytes, available or not. *whole: the contents have so many; else the window stands somewhere. */
cornu_status cornu__window_skip(cornu__window *window, uint64_t size, bool *whole);

/* Brings the next `size` bytes to `to`, available or not, and steps over them. *whole as above. */
cornu_status cornu__window_read(cornu__window *window, void *to, uint64_t size, bool *whole);

/* Goes to a place in the contents. */
void cornu__window_seek(cornu__window *window, uint64_t offset);

/* How many bytes can still come at most. */
uint64_t cornu__window_left(const cornu__window *window);

#endif
