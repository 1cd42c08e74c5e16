/*
 * format/stream.h: bytes read once, front to back, wherever they lie: in a file, plain or gzip-compressed, or in a
 * member of an archive. The readers of array formats know no other source.
 */
#ifndef CORNU_FORMAT_STREAM_H
#define CORNU_FORMAT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct cornu__stream {
    const char *name; /* for messages: a path, or "archive.npz: member"; must outlive the stream */
    void *state;
    int64_t (*read)(struct cornu__stream *stream, void *to,
                    uint64_t size); /* bytes read, 0 at the end, -1 with the error set */
    void (*close)(struct cornu__stream *stream);
    uint64_t done;    /* bytes read so far */
    uint64_t at_most; /* no more bytes than this can come; UINT64_MAX when nobody knows */
} cornu__stream;

/* Opens a file, plain or gzip-compressed. `path` is kept, not copied. */
cornu_status cornu__stream_open(cornu__stream *stream, const char *path);
void cornu__stream_close(cornu__stream *stream);

/* Exactly `size` bytes into `to`. Fewer is an error that says of which part (`what`) how much is missing. */
cornu_status cornu__stream_read(cornu__stream *stream, void *to, uint64_t size, const char *what);

/* Up to `size` bytes into `to`; *got says how many came before the end. */
cornu_status cornu__stream_read_some(cornu__stream *stream, void *to, uint64_t size, uint64_t *got);

/* Before memory is asked for: whether `size` more bytes are within the limits, and can come at all. */
cornu_status cornu__stream_check(const cornu__stream *stream, uint64_t size);

/* That nothing follows; this also makes the source check its own sum (CRC). */
cornu_status cornu__stream_end(cornu__stream *stream);

/* All bytes of a file and a NUL behind them, in a block to cornu__free; NULL with the error set. At most `at_most`
 * bytes. */
char *cornu__read_file(const char *path, uint64_t at_most, uint64_t *size);

#endif
