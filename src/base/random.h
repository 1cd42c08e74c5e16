/*
 * base/random.h: random numbers as a function.
 *
 * Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a key and a
 * counter give 128 bits. No stream, no state: element i of a draw is the same whoever asks, in whatever order.
 */
#ifndef CORNU_BASE_RANDOM_H
#define CORNU_BASE_RANDOM_H

#include <stdint.h>

typedef struct cornu__random_key {
    uint32_t word[2];
} cornu__random_key;

/* What a draw is for; part of the key, so that no two purposes share bits. */
typedef enum cornu__random_purpose {
    CORNU__RANDOM_INITIALIZER = 1,
    CORNU__RANDOM_SHUFFLE,
    CORNU__RANDOM_STEP, /* inside the model: dropout and its like */
    CORNU__RANDOM_AUGMENT,
    CORNU__RANDOM_USER
} cornu__random_purpose;

/* The key of (seed, purpose, a, b): e.g. a = epoch or update number, b = the op's or sample's number. Mixes all bits. */
cornu__random_key cornu__random_key_make(uint64_t seed, cornu__random_purpose purpose, uint64_t a, uint64_t b);

/* The four words of block `counter`. */
void cornu__random_block(cornu__random_key key, uint64_t counter, uint32_t out[4]);

/* The word of element `index` (block index / 4, word index % 4). */
uint32_t cornu__random_word(cornu__random_key key, uint64_t index);

/* [0, 1) with 24 bits: what dropout and uniform draws use for element `index`. */
float cornu__random_uniform(cornu__random_key key, uint64_t index);

/* [0, 1) with 53 bits; (uses block `index`). */
double cornu__random_uniform_double(cornu__random_key key, uint64_t index);

/* Standard normal (Box and Muller, from block `index`). */
double cornu__random_normal(cornu__random_key key, uint64_t index);

/* An unbiased integer in [0, bound); bound >= 1 (Lemire's multiplication with rejection over block `index`). */
uint64_t cornu__random_below(cornu__random_key key, uint64_t index, uint64_t bound);

/* permutation := a random order of 0 .. count - 1 (Fisher and Yates). */
void cornu__random_permutation(cornu__random_key key, int64_t count, int64_t *permutation);

#endif
