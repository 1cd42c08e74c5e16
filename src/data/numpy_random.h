/*
 * data/numpy_random.h: numpy's legacy RandomState, bit for bit, for programs that want Keras's own draws again.
 *
 * The engine is MT19937 (M. Matsumoto and T. Nishimura, "Mersenne twister", ACM TOMACS 8(1), 1998); numpy froze its stream and its
 * distributions (NEP 19).
 */
#ifndef CORNU_DATA_NUMPY_RANDOM_H
#define CORNU_DATA_NUMPY_RANDOM_H

#include <stdint.h>

#define CORNU__NUMPY_WORDS 624

typedef struct cornu__numpy_random {
    uint32_t word[CORNU__NUMPY_WORDS];
    int position;
} cornu__numpy_random;

/* As numpy.random.seed(seed) of an integer. */
void cornu__numpy_seed(cornu__numpy_random *random, uint32_t seed);

uint32_t cornu__numpy_word(cornu__numpy_random *random);

/* random_sample: [0, 1) with 53 bits, two words. */
double cornu__numpy_double(cornu__numpy_random *random);

/* uniform(low, high). */
double cornu__numpy_uniform(cornu__numpy_random *random, double low, double high);

/* An integer in [0, count): choice(count), randint(count). Draws nothing for count 1. */
uint64_t cornu__numpy_below(cornu__numpy_random *random, uint64_t count);

/* permutation(count). */
void cornu__numpy_permutation(cornu__numpy_random *random, int64_t count, int64_t *permutation);

#endif
