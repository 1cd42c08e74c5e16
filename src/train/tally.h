/* train/tally.h: losses over the batches of a pass: the mean weighted by the batches' sizes, in double. */
#ifndef CORNU_TRAIN_TALLY_H
#define CORNU_TRAIN_TALLY_H

#include <cornu/history.h>

#include "model/step.h"

#define CORNU__MAX_LOSSES (1 + CORNU__MAX_PORTS) /* the total, and one per output */

typedef struct cornu__tally {
    double rows;
    double weighted[CORNU__MAX_LOSSES];
} cornu__tally;

/* Counts the model's last step, a batch of `rows`. */
void cornu__tally_add(cornu__tally *tally, const cornu_model *model, int64_t rows);

/* All values in Keras's order: mean losses, then metrics as they stand. */
void cornu__tally_values(const cornu__tally *tally, const cornu_model *model, cornu_logs *logs);

#endif
