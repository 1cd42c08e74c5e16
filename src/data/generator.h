/* data/generator.h: generators and Sequences: one C type, told apart by `get`. */
#ifndef CORNU_DATA_GENERATOR_H
#define CORNU_DATA_GENERATOR_H

#include <cornu/data.h>
#include <cornu/dataset.h>

#include "base/memory.h"
#include "base/reference.h"
#include "data/position.h"

struct cornu_generator {
    cornu__reference reference;
    cornu_status (*next)(void *state, cornu_batch *batch); /* a plain generator */
    int64_t (*length)(void *state);                        /* a Sequence */
    cornu_status (*get)(void *state, int64_t index, cornu_batch *batch);
    void (*on_epoch_end)(void *state);
    void *state;
    void (*release)(void *state);
    bool thread_safe;
    /* A Sequence whose batches cost least in their order: no other is drawn for them, and they have one worker process if it is not thread_safe */
    bool in_turn;
    bool begins_early;                       /* of the library's own Sequences: data/source.h */
    cornu_array *(*save_state)(void *state); /* or NULL, as the next two */
    cornu_status (*load_state)(void *state, const cornu_array *saved);
    cornu_status (*seek)(void *state, int64_t number);
    /* Of the library's own Sequences, which learn things while they make batches. In a worker process: *news := what it has learned since it was last asked, a new array, or NULL.
     * In the program, in any thread: takes it in. Both or neither. */
    cornu_status (*tell_news)(void *state, cornu_array **news);
    cornu_status (*hear_news)(void *state, const cornu_array *news);
    const cornu_dataset *dataset;   /* that its samples are read from, kept by its state; NULL: none */
    const char *const *class_names; /* of its targets' classes, in memory of its state; NULL: it knows none */
    int class_count;
    double input_scale; /* what the numbers of x were multiplied by at last; 0: it does not say */
    int64_t next_index; /* of a Sequence that a program asks for one batch after another */
    int64_t asked;      /* over its life: batches of a plain generator, ends of epochs of a Sequence */
    cornu_batch
        ahead; /* of a plain generator: the batch of its number, which was asked for and is still to be given; x NULL: none */
};

static inline bool cornu__is_sequence(const cornu_generator *generator)
{
    return generator->get != NULL;
}

/* Calls the program's function for batch `number`. Whatever it does, a status that is not CORNU_OK comes with a message, and `batch` then
 * holds no array. */
cornu_status cornu__generator_ask(cornu_generator *generator, int64_t number, cornu_batch *batch);

/* *x := the input of the next batch, which the caller releases, or NULL if there is none. The batch is not lost: a plain generator gives it again. */
cornu_status cornu__generator_first_x(cornu_generator *generator, cornu_array **x);

/* *state := what save_state gives, NULL for a generator that has or needs none. */
cornu_status cornu__generator_save_state(const cornu_generator *generator, cornu_array **state);

/* Brings a generator or Sequence to where it stood at a position: by load_state, seek, or its number; a Sequence by as many ends of epochs. What a plain
 * generator without all these must be asked for again is the caller's to ask: cornu__generator_replays says how much. */
cornu_status cornu__generator_go_on(cornu_generator *generator, const cornu__position *from);

/* How many batches must be asked for again and dropped to bring the generator to a position; 0: none. -1: it stands behind the position and
 * cannot go back, so what it gives next is not what an uninterrupted training would have got. */
int64_t cornu__generator_replays(const cornu_generator *generator, const cornu__position *from);

/* A Sequence's length, at least 1. */
cornu_status cornu__sequence_length_checked(const cornu_sequence *sequence, int64_t *length);

#endif
