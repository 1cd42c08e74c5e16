/*
 * data/slot.h: the place of one batch: buffers that are kept and used again, so that a running loop allocates nothing.
 *
 * A column whose rows lie in order and have the right dtype is not copied: the batch then points into the program's array.
 */
#ifndef CORNU_DATA_SLOT_H
#define CORNU_DATA_SLOT_H

#include <cornu/data.h>

#include "data/class_weight.h"
#include "data/standardize.h"

typedef struct cornu__slot_buffer {
    void *data;
    size_t size;
} cornu__slot_buffer;

typedef struct cornu__slot {
    cornu__batch batch;
    cornu_batch given;  /* arrays that a generator gave and that `batch` may point into */
    bool ended;         /* instead of a batch: there are no more */
    cornu_array *state; /* where the program's generator stands behind this batch; or NULL */
    cornu_array *news;  /* what a worker process tells the program beside its batch (generator.h); or NULL */
    int block;          /* the shared memory in which worker processes make its batches, counted from 1; 0: none yet */
    cornu__slot_buffer inputs[CORNU__MAX_PORTS], targets[CORNU__MAX_PORTS], sample_weights[CORNU__MAX_PORTS];
    cornu__slot_buffer samples;
} cornu__slot;

/* slot->batch := rows[0 .. count - 1] of the columns, or, when `rows` is NULL, `count` rows from `first` on; its samples are not known. `class_weights` may be
 * NULL. */
cornu_status cornu__slot_write(cornu__slot *slot, const cornu__columns *columns, const int64_t *rows, int64_t first,
                               int64_t count, const cornu__class_weights *class_weights);

/* The samples of a batch that was written from arrays: the numbers of its rows. */
cornu_status cornu__slot_number_samples(cornu__slot *slot, const int64_t *rows, int64_t first);

/* The samples that a generator gave with the batch that was written: one int64 for each of its rows, or none. They point into slot->given. */
cornu_status cornu__slot_take_samples(cornu__slot *slot);

/* Lets go of the arrays that a generator gave. */
void cornu__slot_release_given(cornu__slot *slot);

/* Frees what the slot holds; the slot itself is the caller's and is empty ({0}) afterwards. */
void cornu__slot_clear(cornu__slot *slot);

#endif
