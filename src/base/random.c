/* random.c: Philox 4x32-10 and what is drawn from it. */
#include <math.h>

#include "base/random.h"

#define PHILOX_MULTIPLIER_0 0xD2511F53u
#define PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define PHILOX_WEYL_0 0x9E3779B9u
#define PHILOX_WEYL_1 0xBB67AE85u
#define PHILOX_ROUNDS 10

static void philox(cornu__random_key key, uint32_t counter[4])
{
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)PHILOX_MULTIPLIER_0 * counter[0];
        uint64_t product_1 = (uint64_t)PHILOX_MULTIPLIER_1 * counter[2];
        uint32_t word_0 = (uint32_t)(product_1 >> 32) ^ counter[1] ^ key.word[0];
        uint32_t word_2 = (uint32_t)(product_0 >> 32) ^ counter[3] ^ key.word[1];
        counter[0] = word_0;
        counter[1] = (uint32_t)product_1;
        counter[2] = word_2;
        counter[3] = (uint32_t)product_0;
        key.word[0] += PHILOX_WEYL_0;
        key.word[1] += PHILOX_WEYL_1;
    }
}

cornu__random_key cornu__random_key_make(uint64_t seed, cornu__random_purpose purpose, uint64_t a, uint64_t b)
{
    cornu__random_key key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    uint32_t block[4] = {(uint32_t)a, (uint32_t)(a >> 32), (uint32_t)purpose, 0x636F726Eu};
    philox(key, block);
    key.word[0] = block[0] ^ block[2];
    key.word[1] = block[1] ^ block[3];
    block[0] = (uint32_t)b;
    block[1] = (uint32_t)(b >> 32);
    block[2] = (uint32_t)purpose;
    block[3] = 0x75000000u;
    philox(key, block);
    return (cornu__random_key){{block[0], block[1]}};
}

void cornu__random_block(cornu__random_key key, uint64_t counter, uint32_t out[4])
{
    out[0] = (uint32_t)counter;
    out[1] = (uint32_t)(counter >> 32);
    out[2] = 0;
    out[3] = 0;
    philox(key, out);
}

uint32_t cornu__random_word(cornu__random_key key, uint64_t index)
{
    uint32_t block[4];
    cornu__random_block(key, index / 4, block);
    return block[index % 4];
}

float cornu__random_uniform(cornu__random_key key, uint64_t index)
{
    return (float)(cornu__random_word(key, index) >> 8) * 0x1p-24f;
}

static double to_double(uint32_t high, uint32_t low)
{
    uint64_t bits = ((uint64_t)high << 32 | low) >> 11;
    return (double)bits * 0x1p-53;
}

double cornu__random_uniform_double(cornu__random_key key, uint64_t index)
{
    uint32_t block[4];
    cornu__random_block(key, index, block);
    return to_double(block[0], block[1]);
}

double cornu__random_normal(cornu__random_key key, uint64_t index)
{
    uint32_t block[4];
    cornu__random_block(key, index, block);
    double radius = sqrt(-2.0 * log(1.0 - to_double(block[0], block[1])));
    return radius * cos(6.283185307179586476925 * to_double(block[2], block[3]));
}

uint64_t cornu__random_below(cornu__random_key key, uint64_t index, uint64_t bound)
{
    uint64_t threshold = -bound % bound;
    for (uint32_t attempt = 0;; attempt++) {
        uint32_t block[4] = {(uint32_t)index, (uint32_t)(index >> 32), attempt, 1};
        philox(key, block);
        for (int half = 0; half < 2; half++) {
            uint64_t bits = (uint64_t)block[2 * half] << 32 | block[2 * half + 1];
            unsigned __int128 product = (unsigned __int128)bits * bound;
            if ((uint64_t)product >= threshold)
                return (uint64_t)(product >> 64);
        }
    }
}

void cornu__random_permutation(cornu__random_key key, int64_t count, int64_t *permutation)
{
    for (int64_t i = 0; i < count; i++)
        permutation[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)cornu__random_below(key, (uint64_t)i, (uint64_t)i + 1);
        int64_t moved = permutation[i];
        permutation[i] = permutation[j];
        permutation[j] = moved;
    }
}
