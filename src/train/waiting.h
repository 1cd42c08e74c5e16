/* train/waiting.h: what a training waited for, in words. */
#ifndef CORNU_TRAIN_WAITING_H
#define CORNU_TRAIN_WAITING_H

#include "base/text.h"
#include "train/training.h"

/* Whether it is worth a line: more than a twentieth of the time, and long enough to be felt. */
bool cornu__waiting_is_notable(const cornu_waiting *waiting);

/* "Waited for data 12% of the epoch: decoding 8%, augmenting 3%". `what`: "epoch". */
void cornu__waiting_tell(const cornu_waiting *waiting, const char *what, cornu__text *text);

/* What may be done about it: "; more workers may help", or nothing. During or behind the pass over these batches. */
const char *cornu__waiting_advice(const cornu_training *training, const cornu_waiting *waiting);

#endif
