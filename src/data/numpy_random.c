/* numpy_random.c: MT19937 and what numpy's RandomState makes of it. */
#include "data/numpy_random.h"

#define MIDDLE 397
#define TWIST 0x9908b0dfu

void cornu__numpy_seed(cornu__numpy_random *random, uint32_t seed)
{
    uint32_t *word = random->word;
    word[0] = seed;
    for (uint32_t i = 1; i < CORNU__NUMPY_WORDS; i++)
        word[i] = 1812433253u * (word[i - 1] ^ word[i - 1] >> 30) + i;
    random->position = CORNU__NUMPY_WORDS;
}

static void regenerate(cornu__numpy_random *random)
{
    uint32_t *word = random->word;
    for (int i = 0; i < CORNU__NUMPY_WORDS; i++) {
        uint32_t joined = (word[i] & 0x80000000u) | (word[(i + 1) % CORNU__NUMPY_WORDS] & 0x7fffffffu);
        word[i] = word[(i + MIDDLE) % CORNU__NUMPY_WORDS] ^ joined >> 1 ^ (joined & 1 ? TWIST : 0);
    }
    random->position = 0;
}

uint32_t cornu__numpy_word(cornu__numpy_random *random)
{
    if (random->position == CORNU__NUMPY_WORDS)
        regenerate(random);
    uint32_t word = random->word[random->position++];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ word >> 18;
}

double cornu__numpy_double(cornu__numpy_random *random)
{
    uint32_t high = cornu__numpy_word(random) >> 5, low = cornu__numpy_word(random) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

double cornu__numpy_uniform(cornu__numpy_random *random, double low, double high)
{
    double range = high - low;
    return low + range * cornu__numpy_double(random);
}

uint64_t cornu__numpy_below(cornu__numpy_random *random, uint64_t count)
{
    uint64_t most = count - 1, mask = most;
    if (most == 0)
        return 0;
    for (int shift = 1; shift < 64; shift *= 2)
        mask |= mask >> shift;
    for (;;) {
        uint64_t bits = cornu__numpy_word(random);
        if (most > UINT32_MAX)
            bits = bits << 32 | cornu__numpy_word(random);
        if ((bits & mask) <= most)
            return bits & mask;
    }
}

void cornu__numpy_permutation(cornu__numpy_random *random, int64_t count, int64_t *permutation)
{
    for (int64_t i = 0; i < count; i++)
        permutation[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)cornu__numpy_below(random, (uint64_t)i + 1), moved = permutation[i];
        permutation[i] = permutation[j];
        permutation[j] = moved;
    }
}
