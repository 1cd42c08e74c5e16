/*
 * data/enqueuer.h: workers make batches ahead of the step that uses them.
 *
 * A ring of slots, batch n in slot n modulo their count. Workers take the next number, make that batch, and mark its slot as made; the
 * consumer waits for the next number, whoever makes it. So order never depends on who is first, and at most max_queue_size batches
 * are made ahead of the one in use; a full ring is filled again when it is half empty. Batches of the source's next epoch are made only after the last one of this epoch was used, so
 * that on_epoch_end runs while nothing else of the source does. A source that begins early (data/source.h) does so when the consumer takes that last one, with or without workers: what follows is made
 * while the model trains on it, and no step waits for the first batch of an epoch.
 *
 * A stream of batches has a position behind each batch that was used, from which another process can go on and gets the same batches in the
 * same order: epoch and index for what is numbered, and for the program's own generator what its save_state said when it made that
 * batch, since it is ahead by now.
 *
 * How long the consumer has waited is counted by the stage that kept it waiting (data/stages.h). Arrays, whose batches are a copy at most, are not timed.
 *
 * Workers may be processes (data/process_source.h): the threads here then wait for them.
 *
 * An error made by a worker reaches the consumer when its batch's turn comes. Stopping waits for the program's functions that are
 * running, lets none begin, and leaves no thread behind.
 */
#ifndef CORNU_DATA_ENQUEUER_H
#define CORNU_DATA_ENQUEUER_H

#include "data/source.h"
#include "data/stages.h"

typedef struct cornu__enqueuer cornu__enqueuer;

typedef struct cornu__enqueuer_options {
    int workers; /* 0: batches are made by the consumer, none ahead */
    int max_queue_size;
    int64_t first_epoch; /* the source's first epoch has this number */
    int64_t epochs;      /* how many of its epochs are wanted at most; 0: no limit */
    int64_t batches;     /* how many batches are wanted at most, from where it begins; 0: no limit */
    const cornu__position
        *from;           /* where it begins; its epoch counts as one of `epochs`; NULL: at the beginning. Not kept */
    bool processes;      /* workers are processes, not threads; for sources of a program's generator */
    int worker_restarts; /* how many of them are replaced when they die */
    bool keep_states;    /* positions hold the state of the program's generator or Sequence, if it has save_state */
    bool trains;         /* each batch is one update of the model: what an epoch begun early is drawn with */
} cornu__enqueuer_options;

/* Begins the source's first epoch, or the one of `from`, and starts the workers. Takes over the source, also on failure (NULL). A generator
 * without hooks is asked again here for all batches before `from`; cornu__generator_replays tells beforehand. */
cornu__enqueuer *cornu__enqueuer_start(cornu__source *source, const cornu__enqueuer_options *options);

/* Batches of the source's epoch in hand; CORNU__ENDLESS when nobody knows. */
int64_t cornu__enqueuer_epoch_length(const cornu__enqueuer *enqueuer);

/* Waits at most so many milliseconds for the next batch. Whether cornu__enqueuer_get would return at once (or makes the batch itself): a
 * program's function may never return, and the consumer then has to look whether it still wants the batch. */
bool cornu__enqueuer_wait(cornu__enqueuer *enqueuer, int milliseconds);

/* *batch := the next one, valid until cornu__enqueuer_done; NULL: the generator has no more. */
cornu_status cornu__enqueuer_get(cornu__enqueuer *enqueuer, const cornu__batch **batch);

/* The batch was used: its slot is free. After the last one of the source's epoch: ends it and, if more is wanted, begins the next. */
cornu_status cornu__enqueuer_done(cornu__enqueuer *enqueuer);

/* *position := the one behind the batch that the consumer has in hand or, without one, had last; the beginning when it had none. The caller
 * clears it. Called by the consumer. */
void cornu__enqueuer_position(const cornu__enqueuer *enqueuer, cornu__position *position);

/* The number that the batch in hand was asked for by (cornu_batch); -1: of arrays, or none is in hand. Called by the consumer. */
int64_t cornu__enqueuer_number(const cornu__enqueuer *enqueuer);

/* For what the consumer has waited since the beginning. Called by the consumer. */
const cornu__stage_times *cornu__enqueuer_waited(const cornu__enqueuer *enqueuer);

/* How many workers there are. */
int cornu__enqueuer_workers(const cornu__enqueuer *enqueuer);
/* Whether more workers could make batches sooner, as far as the source is concerned: not where one alone may call the program's function. */
bool cornu__enqueuer_has_use_for_more(const cornu__enqueuer *enqueuer);

/* Stops and joins all workers, frees everything. NULL is allowed. */
void cornu__enqueuer_stop(cornu__enqueuer *enqueuer);

#endif
