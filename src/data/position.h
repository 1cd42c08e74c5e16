/* data/position.h: where a stream of batches stands, so that another process can go on from there. */
#ifndef CORNU_DATA_POSITION_H
#define CORNU_DATA_POSITION_H

#include <stdint.h>

#include <cornu/array.h>

typedef struct cornu__position {
    int64_t epoch;      /* of the source; a stream's first epoch has the number that its maker gave */
    int64_t index;      /* of the next batch in that epoch; its length: the epoch is over but not ended */
    uint64_t updates;   /* made by the model when that epoch began: its order is drawn from them */
    int64_t asked;      /* over its life up to there: batches of a plain generator, ends of epochs of a Sequence */
    cornu_array *state; /* what the program's save_state gave there; NULL: it has none, or states were not kept */
} cornu__position;

static inline void cornu__position_clear(cornu__position *position)
{
    cornu_array_release(position->state);
    *position = (cornu__position){0};
}

#endif
