/*
 * data/source.h: the one interface behind which arrays, generators and Sequences stand, and later files, folders and streams.
 *
 * A source has epochs of its own: between begin_epoch and end_epoch it makes the batches 0 .. length - 1, each once. A batch is made in
 * two parts: `pull` runs the program's function (one call at a time unless the source is concurrent), `write` brings the result into the
 * slot (always several at once).
 */
#ifndef CORNU_DATA_SOURCE_H
#define CORNU_DATA_SOURCE_H

#include "base/random.h"
#include "data/generator.h"
#include "data/slot.h"

#define CORNU__ENDLESS INT64_MAX

typedef struct cornu__source cornu__source;

typedef struct cornu__source_class {
    /* Before the first begin_epoch, which is then that of from->epoch: what the program's generator gives next is what follows there. NULL:
     * nothing to do. */
    cornu_status (*go_on)(cornu__source *source, const cornu__position *from);
    /* Sets source->length and the order of the epoch, drawn with source->updates; takes source->epoch_state if states are kept. */
    cornu_status (*begin_epoch)(cornu__source *source, int64_t epoch);
    /* Fills slot->given for batch `index` of this epoch, and slot->state if states are kept and every batch has one; or sets slot->ended. NULL:
     * nothing to pull. */
    cornu_status (*pull)(cornu__source *source, cornu__slot *slot, int64_t index);
    /* Fills slot->batch. NULL: `pull` has done it. */
    cornu_status (*write)(cornu__source *source, cornu__slot *slot, int64_t index);
    /* After all batches of the epoch were used, or while the last one is; no other call runs. NULL: nothing to do. */
    cornu_status (*end_epoch)(cornu__source *source);
    /* A position's `asked` before batch `index` of this epoch. NULL: 0. */
    int64_t (*asked)(const cornu__source *source, int64_t index);
    /* What a generator or Sequence is asked for in batch `index` of this epoch: cornu_batch's number. NULL: there is none of them. */
    int64_t (*number)(const cornu__source *source, int64_t index);
    /* Before the workers are waited for: what a `pull` waits for should come soon now, or it fails. NULL: nothing to do. */
    void (*stop)(cornu__source *source);
    void (*destroy)(cornu__source *source);
} cornu__source_class;

struct cornu__source {
    const cornu__source_class *class;
    cornu__ports ports;
    const cornu__class_weights *class_weights; /* the maker's; or NULL */
    int64_t length;                            /* batches of the epoch in hand; CORNU__ENDLESS: a plain generator's */
    cornu_generator *generator;                /* the program's, kept; NULL: arrays */
    bool concurrent;                           /* `pull` may run in several threads at once */
    int most_workers;                          /* that it has use for; 0: any number */
    /* The end of an epoch changes nothing but the order of the next, and it may be begun twice: so it may end when its last batch is taken. For the library's own Sequences; a
     * program's may look in on_epoch_end at what the step has made. */
    bool begins_early;
    uint64_t updates;         /* the model had made when the epoch in hand began; set by the enqueuer */
    bool keep_states;         /* the program's save_state is called; set by the enqueuer, before the first epoch */
    cornu_array *epoch_state; /* what it gave when the epoch in hand began; or NULL */
};

typedef enum cornu__shuffle {
    CORNU__SHUFFLE_NONE = 0,
    CORNU__SHUFFLE_ROWS = 1,
    CORNU__SHUFFLE_BATCHES = 2
} cornu__shuffle;

typedef struct cornu__array_source_options {
    int64_t begin, end; /* the rows that are used; end 0: to the last */
    int64_t batch_size;
    cornu__shuffle shuffle;
    int64_t steps;                             /* the most batches an epoch has; 0: no limit */
    const cornu__class_weights *class_weights; /* or NULL */
} cornu__array_source_options;

/* Rows of arrays. The columns' arrays and the class weights must outlive the source. Class numbers are taken as checked. NULL on failure. */
cornu__source *cornu__array_source(const cornu__ports *ports, const cornu__columns *columns,
                                   const cornu__array_source_options *options);

/* A generator or Sequence; `shuffle` changes the order of a Sequence's batches. `steps`: the most batches an epoch of a Sequence has; 0: no
 * limit. Keeps the generator. NULL on failure. */
cornu__source *cornu__generator_source(const cornu__ports *ports, cornu_generator *generator, bool shuffle,
                                       int64_t steps, const cornu__class_weights *class_weights);

void cornu__source_destroy(cornu__source *source); /* NULL is allowed */

/* What the order of a model's data in this epoch is drawn from: the model's seed, the epoch, and the updates made when the epoch began, so
 * that a program which calls fit for one epoch at a time does not see one order again and again. */
cornu__random_key cornu__order_key(const cornu__source *source, int64_t epoch);

#endif
