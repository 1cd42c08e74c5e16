/*
 * format/bytes.h: the bytes of a file that is read here and there while a program goes on: a plain file, or one that is compressed.
 *
 * Plain files are read where they lie (pread), by any number of threads and processes. They are not mapped: where a mapped file loses its end, the
 * system answers the next look at it with a signal (SIGBUS) that kills the program; here it is an error with a sentence.
 *
 * What is compressed can be read forwards alone: reading on skips, going back begins anew. One thread at a time. A process that inherited such a
 * file opens it again for itself, as the two would share one place in it.
 */
#ifndef CORNU_FORMAT_BYTES_H
#define CORNU_FORMAT_BYTES_H

#include <sys/stat.h>
#include <sys/types.h>

#include "format/stream.h"

typedef struct cornu__bytes cornu__bytes;

/* How a source that is read forwards is begun: at its first byte. */
typedef cornu_status (*cornu__bytes_begin)(cornu__bytes *bytes, cornu__stream *stream);

struct cornu__bytes {
    char *path;
    const char *name;   /* for messages: the path, or "archive.npz: member" */
    bool random_access; /* a plain file: any place costs the same, and several threads may read */
    uint64_t size; /* of a plain file when it was opened; else the most that can come, UINT64_MAX when nobody knows */
    struct stat about; /* of the file when it was opened */
    int descriptor;    /* of a plain file; -1: of another, or opened for each read, as very many files are open */
    /* of others */
    cornu__bytes_begin begin;
    void *state; /* for `begin` */
    cornu__stream stream;
    bool running; /* `stream` is open */
    pid_t reader; /* the process whose it is */
};

/* Opens a file, plain or gzip-compressed. A folder, a pipe or a device is an error. */
cornu_status cornu__bytes_open(cornu__bytes *bytes, const char *path);
/* A source that is read forwards; `name` is kept, not copied. Nothing is opened before the first read. */
cornu_status cornu__bytes_open_forwards(cornu__bytes *bytes, const char *path, const char *name,
                                        cornu__bytes_begin begin, void *state);
void cornu__bytes_close(cornu__bytes *bytes);

/* Exactly `size` bytes from `offset` on into `to`. Fewer is an error that says of which part (`what`) how much is missing. */
cornu_status cornu__bytes_read(cornu__bytes *bytes, uint64_t offset, void *to, uint64_t size, const char *what);

/* That nothing follows at `offset`; of what is compressed this also checks the sum that it ends with. */
cornu_status cornu__bytes_end(cornu__bytes *bytes, uint64_t offset);

/* At most `size` bytes; *got says how many there were before the end. */
cornu_status cornu__bytes_read_some(cornu__bytes *bytes, uint64_t offset, void *to, uint64_t size, uint64_t *got);

#endif
