/* train/history.h: the history as the loop writes it. */
#ifndef CORNU_TRAIN_HISTORY_H
#define CORNU_TRAIN_HISTORY_H

#include <cornu/array.h>
#include <cornu/history.h>

#include "base/status.h"

/* A new history of `epochs` epochs. As long as they are not very many, recording them allocates only when a name is new. */
cornu_history *cornu__history_create(int64_t epochs);

/* What fit was called with, for cornu_history_print. -1 samples: not known, or none. */
typedef struct cornu__history_facts {
    int64_t samples, validation_samples, batch_size, epochs;
} cornu__history_facts;
void cornu__history_set_facts(cornu_history *history, const cornu__history_facts *facts);
const cornu__history_facts *cornu__history_facts_of(const cornu_history *history);

/* CORNU_OK, or an error if there is no history (NULL): a program that forgets to look whether fit failed is answered, not crashed. */
cornu_status cornu__history_check(const cornu_history *history);

/* Records the values of an epoch. */
cornu_status cornu__history_add(cornu_history *history, int64_t epoch, const cornu_logs *logs);

/* All of it as a new dictionary, NULL on failure; and in again, into a history without an epoch. */
cornu_array *cornu__history_save(const cornu_history *history);
cornu_status cornu__history_load(cornu_history *history, const cornu_array *kept);

#endif
