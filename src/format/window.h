/*
 * format/window.h: the bytes of a file, some at a time and with a view ahead: what readers of records stand on.
 *
 * A plain file is read wherever one likes, by any number of windows at once. A gzip-compressed one is read front to back: a step back begins anew.
 * A file that changes while it is read is an error, never other contents.
 */
#ifndef CORNU_FORMAT_WINDOW_H
#define CORNU_FORMAT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "format/stream.h"

/* What all windows of a file share. It does not change after it was opened. */
typedef struct cornu__window_file {
    char *path;
    bool compressed;
    int descriptor; /* -1: opened anew for each read, as many files are open */
    uint64_t size;  /* of the file, which is not that of its contents if it is compressed */
    struct timespec modified;
} cornu__window_file;

/* Opens a regular file. It needs no beginning, and cornu__window_file_close after success. */
cornu_status cornu__window_file_open(cornu__window_file *file, const char *path);
void cornu__window_file_close(cornu__window_file *file);

/* bytes[begin] .. bytes[end - 1] are there, and room for one more: a reader may put a NUL behind them. For one thread. */
typedef struct cornu__window {
    const cornu__window_file *file;
    unsigned char *bytes;
    size_t begin, end, capacity;
    uint64_t offset; /* of bytes[begin] in the contents */
    size_t piece;    /* so many bytes are read next: few after a leap, more and more when all are wanted */
    bool ended;      /* no more come */
    bool streaming;  /* `stream` is open */
    cornu__stream stream;
} cornu__window;

/* At the contents' first byte; reads nothing yet. */
void cornu__window_open(cornu__window *window, const cornu__window_file *file);
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

/* Steps over bytes, available or not. *whole: the contents have so many; else the window stands at their end. */
cornu_status cornu__window_skip(cornu__window *window, uint64_t size, bool *whole);

/* Brings the next `size` bytes to `to`, available or not, and steps over them. *whole as above. */
cornu_status cornu__window_read(cornu__window *window, void *to, uint64_t size, bool *whole);

/* Goes to a place in the contents. */
cornu_status cornu__window_seek(cornu__window *window, uint64_t offset);

/* How many bytes can still come at most. */
uint64_t cornu__window_left(const cornu__window *window);

#endif
