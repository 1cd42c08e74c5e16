/*
 * data.h: where batches come from when they are not simply rows of arrays: generators and Sequences.
 *
 * A generator gives one batch after another, endlessly or until it has no more. A Sequence knows how many batches an epoch has and gives
 * each by its index. A Sequence can stand wherever a generator can, so both have one C type.
 *
 * The functions are called by worker threads, or by worker processes where a call says .use_multiprocessing (train.h says when that is worth
 * it): a worker process calls alone, thread_safe or not.
 *
 * A training that was interrupted goes on behind the last batch that was used (BackupAndRestore). What a Sequence gives depends on the index and
 * the epochs that ended, and what a thread_safe generator gives on the number, so nothing of theirs need be kept. Another generator says
 * by hooks how it is brought to where it was: save_state and load_state, or seek. Without them it is asked again for all batches before,
 * and they are dropped.
 */
#ifndef CORNU_DATA_H
#define CORNU_DATA_H

#include <cornu/array.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/* One batch on its way from a program to the library, which takes over one reference to each array. x, y and sample_weight are each an array (a model with one
 * input or output), a list in the order of the model's inputs or outputs, or a dictionary by their names. The first axis counts the
 * samples; batches may differ in size. A batch without x says that there are no more. */
typedef struct cornu_batch {
    /* set by the library: the index wanted of a Sequence; how many batches were asked of a generator before */
    int64_t number;
    cornu_array *x;
    cornu_array *y;             /* NULL for prediction */
    cornu_array *sample_weight; /* NULL: every sample counts 1 */
    /* Which samples these are: one int64 for each row of x, as the data number them, for hooks (cornu_training_batch_samples) and programs; NULL: that is not known */
    cornu_array *samples;
} cornu_batch;

typedef struct cornu_generator cornu_generator;
typedef struct cornu_generator cornu_sequence;

typedef struct cornu_generator_options {
    size_t struct_size;
    /* Puts the next batch into `batch`, or leaves batch->x NULL: there are no more. A status that is not CORNU_OK ends what asked, with
     * the message given to cornu_error_set. */
    cornu_status (*next)(void *state, cornu_batch *batch);
    void *state;
    void (*release)(void *state); /* called once, with the last reference */
    /* false: `next` is called by one thread at a time, though not always the same one, and batches are used in the order of the calls.
     * true: it is called by several at once and makes batch->number, so that the order does not depend on who is first. */
    bool thread_safe;
    /* save_state: a new array (one plain array of any dtype; NULL with cornu_error_set: it failed) that says where the generator stands: behind
     * the batch that `next` gave last. Called after each `next` when the training keeps backups, since batches are made ahead: so each is
     * an array of its own, and small. load_state: go on from there; it may be called before the first `next` and at any time after,
     * and must copy what it keeps. Both or neither. */
    cornu_array *(*save_state)(void *state);
    cornu_status (*load_state)(void *state, const cornu_array *saved);
    /* The next batch is batch `number`, as if `next` had been called that often. */
    cornu_status (*seek)(void *state, int64_t number);
} cornu_generator_options;
#define CORNU_GENERATOR_DEFAULTS

/* cornu_generator_create(.next = function, .state = pointer, ...): a generator with one reference, or NULL. When this fails, `release` is
 * not called. */
#define cornu_generator_create(...)                                                                                    \
    CORNU_KEYWORDS(cornu_generator_create_with(&cornu_keywords), cornu_generator_options,                              \
                   CORNU_GENERATOR_DEFAULTS __VA_ARGS__)
CORNU_API cornu_generator *cornu_generator_create_with(const cornu_generator_options *options);
CORNU_API cornu_generator *cornu_generator_retain(cornu_generator *generator);
CORNU_API void cornu_generator_release(cornu_generator *generator); /* NULL is allowed */

typedef struct cornu_sequence_options {
    size_t struct_size;
    int64_t (*length)(void *state); /* batches per epoch, at least 1; asked again before each epoch */
    /* 0 <= index < length; otherwise as a generator's next */
    cornu_status (*get)(void *state, int64_t index, cornu_batch *batch);
    void (*on_epoch_end)(void *state); /* after the last batch of an epoch was used, while no `get` runs; or NULL */
    void *state;
    void (*release)(void *state);
    bool thread_safe CORNU_DEFAULT(true); /* whether `get` may be called by several threads at once */
    /* For a Sequence that on_epoch_end changes; otherwise as a generator's. save_state is called when an epoch begins and no `get` runs. Without
     * them a training that goes on in epoch n calls on_epoch_end n times first. Both or neither. */
    cornu_array *(*save_state)(void *state);
    cornu_status (*load_state)(void *state, const cornu_array *saved);
} cornu_sequence_options;
#define CORNU_SEQUENCE_DEFAULTS CORNU_DEFAULTS(.thread_safe = true)

/* cornu_sequence_create(.length = function, .get = function, .state = pointer, ...): a Sequence with one reference, or NULL. When this
 * fails, `release` is not called. */
#define cornu_sequence_create(...)                                                                                     \
    CORNU_KEYWORDS(cornu_sequence_create_with(&cornu_keywords), cornu_sequence_options,                                \
                   CORNU_SEQUENCE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_sequence_create_with(const cornu_sequence_options *options);
CORNU_API cornu_sequence *cornu_sequence_retain(cornu_sequence *sequence);
CORNU_API void cornu_sequence_release(cornu_sequence *sequence); /* NULL is allowed */

/* The next batch, for a loop of one's own: of a Sequence one after another, epoch after epoch (on_epoch_end runs when the batch behind an epoch's last is asked for); of a
 * generator what it gives, batch->x NULL when it has no more. The program lets go of the batch by cornu_batch_clear. What is in `batch` before is not looked at.
 *
 *     cornu_batch batch;
 *     for (int i = 0; i < 20 && cornu_generator_next(pictures, &batch) == CORNU_OK; i++) {
 *         cornu_train_on_batch(model, batch.x, batch.y, NULL);
 *         cornu_batch_clear(&batch);
 *     }
 *
 * Not while the same generator feeds a training. A training of a Sequence afterwards begins the epoch in hand from its first batch, and so does this behind a training. */
CORNU_API cornu_status cornu_generator_next(cornu_generator *generator, cornu_batch *batch);

/* Batches per epoch of a Sequence now; -1 for a plain generator. */
CORNU_API int64_t cornu_sequence_length(const cornu_sequence *sequence);
/* One batch of a Sequence, for programs, which let go of it by cornu_batch_clear. */
CORNU_API cornu_status cornu_sequence_get(cornu_sequence *sequence, int64_t index, cornu_batch *batch);
/* Releases the arrays of a batch, which then has none. */
CORNU_API void cornu_batch_clear(cornu_batch *batch);

typedef struct cornu_array_sequence_options {
    size_t struct_size;
    int batch_size CORNU_DEFAULT(32);
    cornu_array *sample_weight; /* as y; or NULL */
} cornu_array_sequence_options;
#define CORNU_ARRAY_SEQUENCE_DEFAULTS CORNU_DEFAULTS(.batch_size = 32)

/* cornu_array_sequence(x, y, .batch_size = 32): a Sequence of the rows of arrays (or lists or dictionaries of arrays) in their order, the
 * last batch smaller when they do not divide evenly. Keeps the arrays; its batches are views of them, with the rows' numbers for samples. `y` may be NULL. */
#define cornu_array_sequence(x_array, y_array, ...)                                                                    \
    CORNU_KEYWORDS(cornu_array_sequence_with(x_array, y_array, &cornu_keywords), cornu_array_sequence_options,         \
                   CORNU_ARRAY_SEQUENCE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_array_sequence_with(cornu_array *x, cornu_array *y,
                                                    const cornu_array_sequence_options *options);

CORNU_END_DECLARATIONS

#endif
