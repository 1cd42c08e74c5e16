/* kernels/random.c: Philox 4x32-10 for many elements at once, with the bits of base/random.c: element i is word i % 4 of block i / 4. */
#include "backend/cpu/kernels/table.h"
#include "backend/cpu/kernels/vector_math.h"

#define BLOCKS 32 /* blocks made together: one lane each */

/* words[lane][word] := the blocks first, first + 1, ... */
static void make_words(cornu__random_key key, uint64_t first, uint32_t words[BLOCKS][4])
{
    uint32_t w0[BLOCKS], w1[BLOCKS], w2[BLOCKS], w3[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        uint64_t counter = first + (uint64_t)i;
        w0[i] = (uint32_t)counter;
        w1[i] = (uint32_t)(counter >> 32);
        w2[i] = w3[i] = 0;
    }
    uint32_t k0 = key.word[0], k1 = key.word[1];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * w0[i], p1 = (uint64_t)0xCD9E8D57u * w2[i];
            uint32_t n0 = (uint32_t)(p1 >> 32) ^ w1[i] ^ k0;
            uint32_t n2 = (uint32_t)(p0 >> 32) ^ w3[i] ^ k1;
            w1[i] = (uint32_t)p1;
            w3[i] = (uint32_t)p0;
            w0[i] = n0;
            w2[i] = n2;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < BLOCKS; i++) {
        words[i][0] = w0[i];
        words[i][1] = w1[i];
        words[i][2] = w2[i];
        words[i][3] = w3[i];
    }
}

void CORNU_ISA_NAME(cornu__uniform)(cornu__random_key key, int64_t begin, int64_t end, float *y)
{
    uint32_t words[BLOCKS][4];
    const uint32_t *word = &words[0][0];
    for (int64_t at = begin / 4 * 4; at < end; at += 4 * BLOCKS) {
        make_words(key, (uint64_t)at / 4, words);
        int64_t from = at < begin ? begin : at, to = at + 4 * BLOCKS < end ? at + 4 * BLOCKS : end;
        for (int64_t i = from; i < to; i++)
            y[i] = (float)(int32_t)(word[i - at] >> 8) * 0x1p-24f;
    }
}

void CORNU_ISA_NAME(cornu__dropout)(cornu__random_key key, float rate, float scale, const float *x, int64_t begin,
                                    int64_t end, float *y)
{
    uint32_t words[BLOCKS][4];
    const uint32_t *word = &words[0][0];
    for (int64_t at = begin / 4 * 4; at < end; at += 4 * BLOCKS) {
        make_words(key, (uint64_t)at / 4, words);
        int64_t from = at < begin ? begin : at, to = at + 4 * BLOCKS < end ? at + 4 * BLOCKS : end;
#pragma GCC ivdep
        for (int64_t i = from; i < to; i++) {
            float scaled = x[i] * scale;
            y[i] = (float)(int32_t)(word[i - at] >> 8) * 0x1p-24f >= rate ? scaled : 0.0f;
        }
    }
}
