/* sample_order.c: the order of an epoch. */
#include "base/memory.h"
#include "data/sample_order.h"

/* --- A bijection without a table --- */

#define FEISTEL_ROUNDS 8

/* All bits of 64 mixed (the finalizer of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). */
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    return bits ^ bits >> 31;
}

/* A Feistel network over the bits of count - 1, halves of different length allowed (Luby and Rackoff, "How to construct pseudorandom permutations from
 * pseudorandom functions", 1988); what falls behind the end goes through it again until it does not, at most every second time on average (cycle
 * walking: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). */
int64_t cornu__bijection(cornu__random_key key, int64_t count, int64_t index)
{
    int bits = 64 - __builtin_clzll((uint64_t)count - 1);
    int low_bits = bits / 2;
    uint64_t low_mask = ((uint64_t)1 << low_bits) - 1, high_mask = ((uint64_t)1 << (bits - low_bits)) - 1;
    uint64_t seed = (uint64_t)key.word[1] << 32 | key.word[0], at = (uint64_t)index;
    do {
        uint64_t low = at & low_mask, high = at >> low_bits;
        for (uint64_t round = 0; round < FEISTEL_ROUNDS; round += 2) {
            high ^= mix(seed + mix(low + (round << 56))) & high_mask;
            low ^= mix(seed + mix(high + ((round + 1) << 56))) & low_mask;
        }
        at = high << low_bits | low;
    } while (at >= (uint64_t)count);
    return (int64_t)at;
}

/* --- Orders --- */

cornu_status cornu__sample_order_begin(cornu__sample_order *order, int64_t count, int64_t block_size,
                                       int64_t buffer_size, bool shuffled, uint64_t seed)
{
    bool blocks = shuffled && block_size > 1 && block_size < count;
    *order = (cornu__sample_order){
        .count = count, .block_size = blocks ? block_size : 1, .shuffled = shuffled, .seed = seed};
    order->units = count / order->block_size;
    if (blocks) {
        int64_t together = buffer_size / block_size;
        together = together > CORNU__ORDER_BLOCKS ? together : CORNU__ORDER_BLOCKS;
        order->group = (together < order->units ? together : order->units) * block_size;
    }
    if (shuffled && order->units <= CORNU__ORDER_TABLE) {
        order->table = cornu__alloc_array((size_t)order->units, sizeof *order->table);
        if (!order->table)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    cornu__sample_order_set_epoch(order, 0);
    return CORNU_OK;
}

void cornu__sample_order_end(cornu__sample_order *order)
{
    cornu__free(order->table);
    order->table = NULL;
}

void cornu__sample_order_set_epoch(cornu__sample_order *order, int64_t epoch)
{
    order->epoch = epoch;
    order->key = cornu__random_key_make(order->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)epoch, 0);
    if (order->table)
        cornu__random_permutation(order->key, order->units, order->table);
    if (order->group == 0)
        return;
    int64_t groups = order->units * order->block_size / order->group;
    cornu__random_key key = cornu__random_key_make(order->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)epoch, 1);
    order->tail_at = (int64_t)cornu__random_below(key, 0, (uint64_t)groups + 1) * order->group;
}

static int64_t unit_at(const cornu__sample_order *order, int64_t place)
{
    if (order->table)
        return order->table[place];
    return order->units > 1 ? cornu__bijection(order->key, order->units, place) : 0;
}

/* --- Groups of blocks --- */

typedef struct group {
    int64_t begin, end; /* places */
    int64_t first;      /* unit place of its first block; -1: it is the smaller last block */
    uint64_t number;    /* its random numbers are drawn for */
} group;

/* The group that `place` lies in. */
static group group_at(const cornu__sample_order *order, int64_t place)
{
    int64_t whole = order->units * order->block_size, tail = order->count - whole;
    if (tail > 0 && place >= order->tail_at && place < order->tail_at + tail)
        return (group){order->tail_at, order->tail_at + tail, -1, 0};
    int64_t behind = tail > 0 && place >= order->tail_at ? tail : 0;
    int64_t number = (place - behind) / order->group, begin = number * order->group;
    int64_t end = begin + order->group < whole ? begin + order->group : whole;
    return (group){begin + behind, end + behind, begin / order->block_size, (uint64_t)number + 1};
}

/* Which sample is number `index` of a group before the group is mixed. */
static int64_t sample_of(const cornu__sample_order *order, const group *here, int64_t index)
{
    if (here->first < 0)
        return order->units * order->block_size + index;
    int64_t block = unit_at(order, here->first + index / order->block_size);
    return block * order->block_size + index % order->block_size;
}

static void get_from_groups(const cornu__sample_order *order, int64_t first, int64_t count, int64_t *samples,
                            int64_t *scratch)
{
    for (int64_t i = 0; i < count;) {
        group here = group_at(order, first + i);
        cornu__random_key key =
            cornu__random_key_make(order->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)order->epoch, here.number + 2);
        cornu__random_permutation(key, here.end - here.begin, scratch);
        for (; i < count && first + i < here.end; i++)
            samples[i] = sample_of(order, &here, scratch[first + i - here.begin]);
    }
}

void cornu__sample_order_get(const cornu__sample_order *order, int64_t first, int64_t count, int64_t *samples,
                             int64_t *scratch)
{
    if (order->group > 0) {
        get_from_groups(order, first, count, samples, scratch);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        samples[i] = order->shuffled ? unit_at(order, first + i) : first + i;
}
