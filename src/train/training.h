/*
 * train/training.h: one running fit, evaluate or predict: what the loop, the callbacks and the doors to the loop share.
 *
 *     source -> batches -> enqueuer -> step -> logs -> callbacks
 */
#ifndef CORNU_TRAIN_TRAINING_H
#define CORNU_TRAIN_TRAINING_H

#include <cornu/train.h>

#include "data/enqueuer.h"
#include "train/tally.h"

typedef enum cornu__hook_kind {
    CORNU__ON_TRAIN_BEGIN,
    CORNU__ON_TRAIN_END,
    CORNU__ON_EPOCH_BEGIN,
    CORNU__ON_EPOCH_END,
    CORNU__ON_TRAIN_BATCH_BEGIN,
    CORNU__ON_TRAIN_BATCH_END,
    CORNU__ON_TEST_BEGIN,
    CORNU__ON_TEST_END,
    CORNU__ON_TEST_BATCH_BEGIN,
    CORNU__ON_TEST_BATCH_END,
    CORNU__ON_PREDICT_BEGIN,
    CORNU__ON_PREDICT_END,
    CORNU__ON_PREDICT_BATCH_BEGIN,
    CORNU__ON_PREDICT_BATCH_END,
    CORNU__HOOK_COUNT
} cornu__hook_kind;

/* When a backup of a training may be written: all hooks were called, and no batch is in hand. */
typedef enum cornu__moment {
    CORNU__AFTER_BATCH,
    CORNU__AFTER_EPOCH,
    CORNU__BEFORE_STOP /* on request, in mid-epoch; hooks that end epoch and training follow */
} cornu__moment;

/* What BackupAndRestore does beside hooks. */
typedef struct cornu__backup_class {
    /* *kept := what an earlier training left, new; NULL: nothing. *place: where it lies, for messages; valid as long as the callback. */
    cornu_status (*restore)(void *state, cornu_array **kept, const char **place);
    /* May write what cornu__training_state gives. */
    cornu_status (*checkpoint)(void *state, cornu_training *training, cornu__moment moment);
    /* After on_train_end: the training is over, and nothing is to go on. */
    cornu_status (*finish)(void *state);
} cornu__backup_class;

struct cornu_callback {
    cornu__reference reference;
    char *name;
    void *state;
    void (*release)(void *state);
    cornu_hook hooks[CORNU__HOOK_COUNT]; /* NULL: not wanted */
    cornu_status failure;                /* why its constructor failed; whoever is given the callback reports it */
    char *failure_message;
    bool by_program; /* its hooks are not the library's: it may add values of any name */
    /* As in cornu_callback_options; NULL: nothing to remember. */
    cornu_array *(*save_state)(void *state);
    cornu_status (*load_state)(void *state, const cornu_array *kept);
    const cornu__backup_class *backup; /* NULL: none */
    /* Its on_epoch_begin is called again where a training goes on in mid-epoch: it measures or shows what runs now. */
    bool begins_again;
    /* Its hooks after a batch call cornu__training_fill_logs when they want values: a bar draws seldom. */
    bool asks_for_logs;
};

#define CORNU__MAX_CALLBACKS (CORNU_MAX_CALLBACKS + 3) /* the history, the bar and the page join the program's */

struct cornu_training {
    cornu_model *model;
    cornu__step_kind kind;  /* of the pass in hand */
    bool validates;         /* fit: some epochs have val_ values */
    bool in_fit;            /* a test pass is then a validation */
    bool goes_on;           /* fit: from what an earlier training left */
    struct cornu__fit *fit; /* NULL: an evaluation or prediction */
    int64_t epochs, initial_epoch, epoch;
    int64_t steps;       /* of the pass in hand; -1: not known */
    int64_t epoch_steps; /* of the training pass of this epoch; -1: not known */
    int64_t
        first_batch; /* of that pass: an earlier training made those before, and what they left in tally and metrics is set */
    int64_t next_batch;     /* of that pass */
    bool stop;              /* a callback has asked for it */
    unsigned stop_requests; /* cornu_request_stop's count when this began */
    bool nan_warned;
    const cornu_callback *view; /* that serves a page; NULL: none */
    int callback_count;
    cornu_callback *callbacks[CORNU__MAX_CALLBACKS]; /* kept */
    cornu__tally tally;
    cornu_logs logs;  /* what hooks get */
    bool logs_filled; /* for the batch in hand */
    /* waiting.c: what the epoch's training, or an evaluation or prediction, waited for */
    const cornu__enqueuer *batches;   /* of the pass in hand; NULL: none is */
    const cornu__batch *batch;        /* in hand; NULL: none is */
    const cornu__enqueuer *timed;     /* of the pass in hand, if that counts; or NULL */
    const cornu__enqueuer *fed_by;    /* of the last one */
    int64_t pass_began;               /* nanoseconds of the clock */
    cornu__stage_times waited_before; /* for batches of earlier passes */
    cornu_waiting waiting;            /* of the last one that was timed */
    char *validation_names;           /* "val_loss\0val_accuracy\0"..., or NULL */
};

/* A callback made in the call itself belongs to the call, however early it fails: each door keeps and drops its list (up to the first NULL). */
void cornu__callbacks_keep(cornu_callback *const *callbacks);
void cornu__callbacks_drop(cornu_callback *const *callbacks);

/* Begins a run: keeps the callbacks (up to the first NULL). Pair with cornu__training_end, also after a failure. */
cornu_status cornu__training_begin(cornu_training *training, cornu_model *model, cornu_callback *const *callbacks);
/* Adds a callback behind the others, taking over its floating reference. NULL: the failure to make it is passed on. */
cornu_status cornu__training_add_callback(cornu_training *training, cornu_callback *callback);
void cornu__training_end(cornu_training *training);

/* Calls a hook of all callbacks in their order. */
cornu_status cornu__training_call(cornu_training *training, cornu__hook_kind hook, int64_t index);
/* on_epoch_begin for an epoch that was begun by an earlier training: of those callbacks that want it again. */
cornu_status cornu__training_call_again(cornu_training *training, int64_t epoch);
/* Lets a backup be written. */
cornu_status cornu__training_checkpoint(cornu_training *training, cornu__moment moment);
/* Lets backups know that the training is over; not where it was asked to stop. */
cornu_status cornu__training_finish(cornu_training *training);
/* All that another training goes on from: resume.c. A new dictionary, or NULL. */
cornu_array *cornu__training_state(cornu_training *training);

/* training->logs := loss and metrics so far in this pass; in a prediction nothing. */
void cornu__training_fill_logs(cornu_training *training);

/* Around a pass over batches. Validations in fit do not count: what is told is the training's. */
void cornu__waiting_begin(cornu_training *training, const cornu__enqueuer *batches);
void cornu__waiting_end(cornu_training *training);

/* Whether cornu_request_stop was called since this began. */
bool cornu__stop_requested(const cornu_training *training);
unsigned cornu__stop_requests(void);

/* What a pass does with the model's outputs after each batch; or NULL. */
typedef struct cornu__consumer {
    cornu_status (*use)(void *state, cornu_model *model, const cornu__batch *batch);
    void *state;
} cornu__consumer;

typedef enum cornu__pass_end {
    CORNU__PASS_WHOLE,
    CORNU__PASS_WITHOUT_DATA, /* the source had no more before `steps` */
    CORNU__PASS_STOPPED       /* on request, before `steps` */
} cornu__pass_end;

/* One pass of `steps` batches (-1: until there are no more), with the hooks around it: metrics are reset, each batch makes a step of
 * `kind` and is counted. Training begins with training->first_batch. Afterwards training->logs holds the values of the pass. */
cornu_status cornu__pass(cornu_training *training, cornu__step_kind kind, cornu__enqueuer *batches, int64_t steps,
                         cornu__consumer *consumer, cornu__pass_end *end);

/* *resolved := 0, 1 or 2; CORNU_VERBOSE_AUTO asks the environment. An error too: a CORNU_PROGRESS that is no look. `function` is named in
 * messages. */
cornu_status cornu__verbose_resolve(const char *function, int verbose, int *resolved);

/* Callbacks that the library itself adds. Floating; NULL on failure. */
cornu_callback *cornu__progbar_logger(int verbose); /* as the environment's CORNU_PROGRESS asks */
cornu_callback *cornu__progress_json_logger(int verbose);
cornu_callback *cornu__history_recorder(cornu_history *history);

/* Tells the user something on standard output, as callbacks with verbose = 1 do: with line breaks around it, so that it does not stand in the
 * bar's line; or as an event, where progress is JSON. */
void cornu__say(const char *format, ...) CORNU_PRINTF(1, 2);

/* What a constructor returns that fails, so that a list of callbacks does not silently end there: the callback of the last error. */
cornu_callback *cornu__callback_failed(const char *name);
/* What it returns when not even that can be made: one that is always there, and fails training for want of memory. */
cornu_callback *cornu__callback_without_memory(void);

/* A callback of the library's own whose state its maker has `made`, or not: then it is a failed one. Floating; the state (NULL: want of memory) is
 * released with it, also on failure (NULL). Hooks are set by the caller. */
cornu_callback *cornu__callback_of(const char *name, void *state, void (*release)(void *state), cornu_status made);

/* A callback of the library's own: hooks are set by the caller. Floating; `state` is freed with cornu__free, also on failure. */
cornu_callback *cornu__callback_new(const char *name, void *state);

#endif
