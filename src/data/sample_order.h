/*
 * data/sample_order.h: which sample stands where in an epoch, as a function of seed, epoch and count.
 *
 * Samples, or blocks of samples that are read together, change places. Up to CORNU__ORDER_TABLE of them a list is drawn (each order is as likely as
 * any other, and it is that of pictures in memory for the same seed); beyond, a keyed bijection takes the place of the list, so that
 * the order of a billion samples takes no memory and no time to begin.
 *
 * With blocks: these in a new order; as many as `buffer_size` samples fill (at least CORNU__ORDER_BLOCKS) are a group, and the samples of a group are
 * mixed. A smaller last block is a group of its own, at a place that is drawn.
 */
#ifndef CORNU_DATA_SAMPLE_ORDER_H
#define CORNU_DATA_SAMPLE_ORDER_H

#include <stdbool.h>

#include "base/random.h"
#include "base/status.h"

#define CORNU__ORDER_TABLE ((int64_t)1 << 20)
#define CORNU__ORDER_BLOCKS 4

typedef struct cornu__sample_order {
    int64_t count, block_size;
    bool shuffled;
    uint64_t seed;
    int64_t epoch;
    int64_t units;   /* samples, or whole blocks, that change places */
    int64_t group;   /* samples of a full group; 0: no blocks */
    int64_t tail_at; /* where the samples of a smaller last block begin */
    int64_t *table;  /* of units; NULL: too many, or not shuffled */
    cornu__random_key key;
} cornu__sample_order;

cornu_status cornu__sample_order_begin(cornu__sample_order *order, int64_t count, int64_t block_size,
                                       int64_t buffer_size, bool shuffled, uint64_t seed);
void cornu__sample_order_end(cornu__sample_order *order);

/* The order of another epoch. No call of cornu__sample_order_get may run. */
void cornu__sample_order_set_epoch(cornu__sample_order *order, int64_t epoch);

/* samples[i] := which sample stands at place first + i, for `count` places. `scratch` has room for order->group numbers. */
void cornu__sample_order_get(const cornu__sample_order *order, int64_t first, int64_t count, int64_t *samples,
                             int64_t *scratch);

/* A bijection of 0 .. count - 1, count >= 2, that the key chooses. */
int64_t cornu__bijection(cornu__random_key key, int64_t count, int64_t index);

#endif
