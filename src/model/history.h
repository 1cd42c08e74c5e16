/* model/history.h: the values of epochs: those of one training, which fit returns, and those of all its trainings, which a model keeps. */
#ifndef CORNU_MODEL_HISTORY_H
#define CORNU_MODEL_HISTORY_H

#include <cornu/array.h>
#include <cornu/history.h>
#include <cornu/model.h>

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

/* The same in the place of what the last epoch has, if it is this one. A name that there is no room for is left out. */
cornu_status cornu__history_put(cornu_history *history, int64_t epoch, const cornu_logs *logs);

/* Makes room for `epochs` more, if they are not very many. */
cornu_status cornu__history_reserve(cornu_history *history, int64_t epochs);

/* Epoch number `index` of the history as logs, whose names are the history's. */
void cornu__history_logs(const cornu_history *history, int64_t index, cornu_logs *logs);

/* The history that a model keeps, of all its epochs in fit; NULL: none yet. And another in its place, which the model takes over. */
cornu_history *cornu__model_history(const cornu_model *model);
void cornu__model_take_history(cornu_model *model, cornu_history *history);

/* What the epoch that was recorded last waited for. */
void cornu__history_set_waiting(cornu_history *history, const cornu_waiting *waiting);

/* All of it as a new dictionary, NULL on failure; and in again, into a history without an epoch. */
cornu_array *cornu__history_save(const cornu_history *history);
cornu_status cornu__history_load(cornu_history *history, const cornu_array *kept);

#endif
