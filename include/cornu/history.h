/* history.h: the values of losses and metrics: of one batch or evaluation (cornu_logs), and of every epoch of a training (cornu_history). */
#ifndef CORNU_HISTORY_H
#define CORNU_HISTORY_H

#include <stdint.h>
#include <stdio.h>

#include <cornu/error.h>
#include <cornu/waiting.h>

CORNU_BEGIN_DECLARATIONS

#define CORNU_MAX_LOGS 256

/* Values by name, in Keras's order: "loss", "<output>_loss" of each output when there are several, metrics. The caller keeps the struct;
 * the names belong to the model, until it is compiled again or released. */
typedef struct cornu_logs {
    int count;
    const char *names[CORNU_MAX_LOGS];
    double values[CORNU_MAX_LOGS];
} cornu_logs;

/* The value of that name; NaN (with the error set, saying which there are) when there is none. */
CORNU_API double cornu_logs_get(const cornu_logs *logs, const char *name);
/* Adds a value or replaces the one of that name. `name` is not copied: inside a callback it must live until training ends. */
CORNU_API cornu_status cornu_logs_set(cornu_logs *logs, const char *name, double value);

/* What fit returns. A value's list may be shorter than the epochs: val_* are there only for epochs that were validated. */
typedef struct cornu_history cornu_history;

CORNU_API void cornu_history_release(cornu_history *history); /* NULL is allowed */

/* How many epochs ran, and the number (from 0) of the index-th of them; -1 if there is no such epoch. */
CORNU_API int64_t cornu_history_epoch_count(const cornu_history *history);
CORNU_API int64_t cornu_history_epoch(const cornu_history *history, int64_t index);

/* The names, in order: training values as in cornu_logs, then val_*, then what callbacks added. NULL if there is no such index. */
CORNU_API int cornu_history_value_count(const cornu_history *history);
CORNU_API const char *cornu_history_value_name(const cornu_history *history, int index);

/* All values of a name, `*count` of them; NULL with the error set when there is no such name. Valid as long as the history. */
CORNU_API const double *cornu_history_values(const cornu_history *history, const char *name, int64_t *count);
/* The epochs (from 0) in which they were recorded, as many. */
CORNU_API const int64_t *cornu_history_value_epochs(const cornu_history *history, const char *name, int64_t *count);
/* One value of the list of that name; a negative index counts from the end. NaN with the error set if there is none. */
CORNU_API double cornu_history_get(const cornu_history *history, const char *name, int64_t index);

/* What the index-th epoch that ran waited for (waiting.h), validation left out. */
CORNU_API cornu_status cornu_history_waiting(const cornu_history *history, int64_t index, cornu_waiting *waiting);

/* Prints the last epoch's values as R's print(history) does: what was trained on, if fit knows it, then a line for each value, with 4 significant digits.
 * `file` NULL: standard output. */
CORNU_API cornu_status cornu_history_print(const cornu_history *history, FILE *file);

/* Writes a CSV file: a line of names ("epoch" first), then a line for each epoch; NA where a value is missing. Appears whole or not at all. */
CORNU_API cornu_status cornu_history_save_csv(const cornu_history *history, const char *path);

CORNU_END_DECLARATIONS

#endif
