/* train/stepping.h: what the doors to the loop have in common: checks of arguments, and running passes over sources. */
#ifndef CORNU_TRAIN_STEPPING_H
#define CORNU_TRAIN_STEPPING_H

#include "train/training.h"

/* `value` must be at least `smallest`; the message names function and argument. */
cornu_status cornu__argument_at_least(const char *function, const char *argument, int64_t value, int64_t smallest);

/* *batch_size := the one given for arrays; if that is 0, what an input of the model fixes, or else 0. Both must agree. */
cornu_status cornu__batch_size_given(const char *function, const char *argument, const cornu__ports *ports, int given,
                                     int64_t *batch_size);
#define CORNU__BATCH_SIZE 32 /* where nobody says */

/* Refuses an argument that was given although x is a generator or Sequence. */
cornu_status cornu__only_for_arrays(const char *function, const char *argument, bool given);

/* Who makes the batches of generators and Sequences: the arguments workers, max_queue_size, use_multiprocessing and worker_restarts. */
typedef struct cornu__workers {
    int count, max_queue_size;
    bool processes;
    int restarts;
} cornu__workers;
#define CORNU__WORKERS_OF(options)                                                                                     \
    ((cornu__workers){(options)->workers, (options)->max_queue_size, (options)->use_multiprocessing,                   \
                      (options)->worker_restarts})

/* What they may be. */
cornu_status cornu__check_workers(const char *function, const cornu__workers *workers);

/* The enqueuer's options as far as workers set them. Warns when a plain generator has no use for all of them. */
cornu__enqueuer_options cornu__enqueuer_options_for(const char *function, const cornu_generator *generator,
                                                    const cornu__workers *workers);

/* Which page there is to be of a training. */
typedef struct cornu__view_request {
    bool wanted;
    bool required;    /* the call itself asks for it: a page that cannot be is an error, not a warning */
    int port;         /* 0: one that is free */
    const char *file; /* where the page is left at the end; NULL: nowhere */
} cornu__view_request;

/* *view := what the arguments view_metrics, view_port and view_file ask for; for view_metrics = -1 the environment's CORNU_VIEW_METRICS says whether
 * there is to be a page, and without it there is none. */
cornu_status cornu__view_metrics_resolve(const char *function, int view_metrics, int port, const char *file,
                                         cornu__view_request *view);

/* An enqueuer over arrays: batches are made where they are used, since that is a copy at most. NULL on failure. */
cornu__enqueuer *cornu__enqueue_arrays(const cornu__ports *ports, const cornu__columns *columns,
                                       const cornu__array_source_options *rows, int64_t first_epoch, int64_t epochs);

/* An enqueuer over a generator or Sequence for one evaluation or prediction; *steps := how many batches it makes. NULL on failure. */
cornu__enqueuer *cornu__enqueue_run(const char *function, const cornu__ports *ports, cornu_generator *generator,
                                    const cornu_generator_run_options *options, int64_t *steps);

/* The steps for a generator: those given, or a Sequence's length. */
cornu_status cornu__steps_of(const char *function, const char *argument, const cornu_generator *generator,
                             int64_t given, int64_t *steps);

/* Standardizes arrays and checks class numbers. */
cornu_status cornu__read_arrays(const cornu__ports *ports, const cornu_array *x, const cornu_array *y,
                                const cornu_array *sample_weight, cornu__columns *columns);

/* A whole validation, evaluation or prediction: the pass with its begin and end hooks. On success training->logs holds the results. Fails
 * with CORNU_ERROR_STOPPED when it was stopped on request. */
cornu_status cornu__run_pass(cornu_training *training, cornu__step_kind kind, cornu__enqueuer *batches, int64_t steps,
                             cornu__consumer *consumer);

#endif
