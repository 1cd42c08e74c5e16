/*
 * data/process_source.h: the batches of a program's generator or Sequence, made by worker processes.
 *
 * Worker processes are forked when the first epoch begins. The enqueuer's threads stay: each takes an idle worker process, asks it for a
 * batch by number, and waits; what comes lies in shared memory, where the step reads it. So order, errors and stopping are those of
 * threads, and so are the bits.
 *
 *   - A plain generator has one worker process for as long as the source lives, since only one can know what comes next. The program's own
 *     object is not asked for anything; at the end it is brought to where the worker process was, if it has load_state or seek, or is
 *     thread_safe.
 *   - A Sequence has as many as there are workers; each calls `get` alone, whether it is thread_safe or not. on_epoch_end runs in all of them and in the
 *     program's own object, which says the length; it must do the same in all, so it may not depend on which batches were made where.
 *   - A worker process that dies is replaced as often as was asked: one is forked anew, brought to where the dead one was, and makes the same
 *     batch.
 *   - When all is over, a worker process may finish what it does for CORNU__GRACE_MILLISECONDS, then it is killed.
 */
#ifndef CORNU_DATA_PROCESS_SOURCE_H
#define CORNU_DATA_PROCESS_SOURCE_H

#include "data/source.h"

typedef struct cornu__process_source_options {
    int workers;   /* worker processes of a Sequence */
    int64_t slots; /* how many slots its batches are made in */
    int restarts;  /* how many dead worker processes are replaced */
} cornu__process_source_options;

/* Takes over `inner`, a generator source, also on failure (NULL). */
cornu__source *cornu__process_source(cornu__source *inner, const cornu__process_source_options *options);

#endif
