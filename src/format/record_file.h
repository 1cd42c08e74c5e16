/*
 * format/record_file.h: a file of records one behind another, of which each can be found again: rows of a table, lines, TFRecords, samples of
 * an archive.
 *
 * Where records begin is seen once, from the first to the last, and kept for every k-th of them: k is as small as a bounded list allows. A record is
 * then read by a cursor, of which there are as many as threads that read at once; what one has behind it serves the next record.
 */
#ifndef CORNU_FORMAT_RECORD_FILE_H
#define CORNU_FORMAT_RECORD_FILE_H

#include <pthread.h>

#include "format/window.h"

typedef struct cornu__record_file cornu__record_file;

typedef struct cornu__cursor {
    struct cornu__cursor *next;
    cornu__record_file *of;
    cornu__window window; /* stands where a record begins */
    int64_t number;       /* of that record, from 0 */
    int64_t line;         /* of that record, from 1, where records are text */
    void *scratch;        /* the format's: format->scratch_size bytes, zeros at first */
} cornu__cursor;

typedef struct cornu__record_format {
    /* Steps over the record at which the cursor's window stands. *more is false where there is none. Counts neither records nor lines but those of
     * the record itself: cursor->line. */
    cornu_status (*skip)(cornu__cursor *cursor, bool *more);
    size_t scratch_size;
    void (*free_scratch)(void *scratch); /* or NULL */
} cornu__record_format;

typedef struct cornu__record_mark {
    uint64_t offset;
    int64_t line;
} cornu__record_mark;

struct cornu__record_file {
    cornu__bytes file;
    const cornu__record_format *format;
    const void *settings; /* the format's */
    int64_t count;        /* records that were counted */
    int64_t step;         /* marks[i] is of record i * step */
    size_t mark_count, mark_capacity;
    cornu__record_mark *marks;
    pthread_mutex_t lock; /* of `idle` */
    cornu__cursor *idle;
};

/* `settings` must outlive it. It needs no beginning, and cornu__record_file_close after success. */
cornu_status cornu__record_file_open(cornu__record_file *self, const char *path, const cornu__record_format *format,
                                     const void *settings);
void cornu__record_file_close(cornu__record_file *self);

/* The one pass: counts all records by stepping over them. */
cornu_status cornu__record_file_index(cornu__record_file *self);
/* For a reader that makes the pass itself: a cursor at the beginning, to be given back (NULL with the error set), and the next record counted, with
 * where it began. */
cornu__cursor *cornu__record_file_begin(cornu__record_file *self);
cornu_status cornu__record_file_count(cornu__record_file *self, cornu__record_mark mark);

static inline cornu__record_mark cornu__cursor_mark(const cornu__cursor *cursor)
{
    return (cornu__record_mark){.offset = cursor->window.offset, .line = cursor->line};
}

/* A cursor at record `number`, to be given back; NULL with the error set. Any thread may call this, though for a compressed file one at a time should. */
cornu__cursor *cornu__record_file_find(cornu__record_file *self, int64_t number);

/* For the reader of a record that it has stepped over. */
static inline void cornu__cursor_passed(cornu__cursor *cursor)
{
    cursor->number++;
}

/* `status`: how the reading went; a cursor that failed is not used again. */
void cornu__record_file_give_back(cornu__record_file *self, cornu__cursor *cursor, cornu_status status);

#endif
