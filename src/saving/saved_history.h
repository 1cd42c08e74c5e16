/*
 * saving/saved_history.h: the history of a model's training in its file, which Keras passes over: as "history" in a .keras archive's metadata.json
 * (with a fourth member Keras would unpack the whole archive into a folder), and as the root's attribute "history" in legacy HDF5. It is JSON:
 *
 *     {"epoch": [0, 1, 2], "history": {"loss": [0.9, "NaN", 0.7], "val_loss": [1.1, null, 0.8]}}
 *
 * with one item for each epoch: a number, "NaN", "Infinity", "-Infinity", or null where the epoch has no value of that name.
 */
#ifndef CORNU_SAVING_SAVED_HISTORY_H
#define CORNU_SAVING_SAVED_HISTORY_H

#include "base/text.h"
#include "model/history.h"
#include "saving/saved_file.h"

#define CORNU__LEGACY_HISTORY "history" /* the attribute */

/* *text := the JSON, for cornu__free; NULL where there is no epoch, or so many that no reader would take them: a warning says that. `path` is for
 * messages. */
cornu_status cornu__saved_history_write(const cornu_history *history, const char *path, char **text);

/* *history := what the file has, new; NULL: nothing. CORNU_ERROR_FORMAT or CORNU_ERROR_LIMIT, with the place in the file, if it is no history: a
 * model can be used without. */
cornu_status cornu__saved_history_of(const cornu__saved_file *file, cornu_history **history);

/* The same of a file that is not opened, whose weights are left where they are. An error too: there is none. */
cornu_status cornu__saved_history_load(const char *path, cornu_history **history);

#endif
