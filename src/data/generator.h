/* data/generator.h: generators and Sequences: one C type, told apart by `get`. */
#ifndef CORNU_DATA_GENERATOR_H
#define CORNU_DATA_GENERATOR_H

#include <cornu/data.h>

#include "base/memory.h"
#include "base/reference.h"

struct cornu_generator {
    cornu__reference reference;
    cornu_status (*next)(void *state, cornu_batch *batch); /* a plain generator */
    int64_t (*length)(void *state);                        /* a Sequence */
    cornu_status (*get)(void *state, int64_t index, cornu_batch *batch);
    void (*on_epoch_end)(void *state);
    void *state;
    void (*release)(void *state);
    bool thread_safe;
    int64_t asked; /* batches asked of a plain generator so far, over its life */
};

static inline bool cornu__is_sequence(const cornu_generator *generator)
{
    return generator->get != NULL;
}

/* Calls the program's function for batch `number`. Whatever it does, a status that is not CORNU_OK comes with a message, and `batch` then
 * holds no array. */
cornu_status cornu__generator_ask(cornu_generator *generator, int64_t number, cornu_batch *batch);

/* A Sequence's length, at least 1. */
cornu_status cornu__sequence_length_checked(const cornu_sequence *sequence, int64_t *length);

#endif
