/*
 * view/live_record.h: what a training has said so far, in bounded memory, on its way from the training thread to the server's.
 *
 * The training thread copies numbers into the record under its lock, and nothing else; the server's thread follows it with a copy of its own.
 * Nothing is allocated after cornu__live_record_create. A table that is full is thinned: every second row goes, and from then on only every
 * second one of those that would come is taken, so that any training fits, with the same distance between its points.
 */
#ifndef CORNU_VIEW_LIVE_RECORD_H
#define CORNU_VIEW_LIVE_RECORD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define CORNU__LIVE_ROWS 2048
#define CORNU__LIVE_TEXT 128 /* bytes of a name, with its end */

typedef enum cornu__live_state {
    CORNU__LIVE_WAITING, /* for the first epoch */
    CORNU__LIVE_RUNNING,
    CORNU__LIVE_VALIDATING,
    CORNU__LIVE_ENDED,
    CORNU__LIVE_STOPPED, /* before its last epoch, by a callback or on request */
    CORNU__LIVE_FAILED
} cornu__live_state;

/* Rows of values by column; a column is a name. */
typedef struct cornu__live_table {
    int width, count;
    int64_t every, offered; /* one of so many is taken; how many came */
    uint64_t thinned;       /* how often */
    double *x;              /* [CORNU__LIVE_ROWS]: epochs that are made, with their share of the one in hand */
    double *values;         /* [CORNU__LIVE_ROWS * width] */
    bool *present;          /* as many */
} cornu__live_table;

/* One row that is always the latest. */
typedef struct cornu__live_row {
    double x; /* 0: there is none yet */
    double *values;
    bool *present;
} cornu__live_row;

typedef struct cornu__live_record {
    pthread_mutex_t lock;
    uint64_t version; /* grows with every change */
    char title[CORNU__LIVE_TEXT];
    int width, name_count;
    char (*names)[CORNU__LIVE_TEXT];
    int64_t epochs, initial_epoch; /* as in fit */
    int64_t epoch, step, steps;    /* the epoch in hand, from 0; batches made of it; of how many (-1: not known) */
    double seconds;                /* since training began */
    cornu__live_state state;
    cornu__live_table epoch_table, batch_table;
    cornu__live_row epoch_row, batch_row;
} cornu__live_record;

/* With room for `width` names. NULL on failure. */
cornu__live_record *cornu__live_record_create(const char *title, int width, int64_t epochs, int64_t initial_epoch);
void cornu__live_record_free(cornu__live_record *record); /* NULL is allowed */

/* --- The training thread. Values of names beyond the room are left out. --- */

typedef struct cornu__live_values {
    int count;
    const char *const *names;
    const double *values;
} cornu__live_values;

void cornu__live_record_begin_epoch(cornu__live_record *record, int64_t epoch, int64_t steps, double seconds);
/* After `step` batches of the epoch in hand. */
void cornu__live_record_batch(cornu__live_record *record, int64_t step, double seconds,
                              const cornu__live_values *values);
/* The whole epoch, which had so many batches. */
void cornu__live_record_epoch(cornu__live_record *record, int64_t epoch, int64_t step, double seconds,
                              const cornu__live_values *values);
void cornu__live_record_state(cornu__live_record *record, cornu__live_state state, double seconds);

/* --- Any thread --- */

/* `mirror`, of the same width and never changed otherwise, becomes as `record` is. */
void cornu__live_record_follow(cornu__live_record *mirror, cornu__live_record *record);

/* Whether nothing more will come. */
static inline bool cornu__live_state_is_final(cornu__live_state state)
{
    return state >= CORNU__LIVE_ENDED;
}

#endif
