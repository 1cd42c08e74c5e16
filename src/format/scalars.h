/* format/scalars.h: numbers by name and step, as logs of training keep them: CSV files and TensorBoard's event files. */
#ifndef CORNU_FORMAT_SCALARS_H
#define CORNU_FORMAT_SCALARS_H

#include <stdint.h>

#include "base/status.h"

#define CORNU__MAX_SCALAR_NAMES 512
#define CORNU__MAX_SCALARS 20000000              /* of all names together */
#define CORNU__MAX_EVENT_BYTES (64 << 20)        /* of one event */
#define CORNU__MAX_LOG_BYTES ((uint64_t)1 << 30) /* of a CSV file of logs */

typedef struct cornu__scalar_series {
    char *name;
    int64_t count, capacity;
    double *steps, *values; /* in the order of the file; a value may be NaN */
} cornu__scalar_series;

/* Start from {0}; free with cornu__scalars_free. */
typedef struct cornu__scalars {
    int series_count, series_capacity;
    cornu__scalar_series *series; /* in the order in which the names came */
    int64_t value_count;          /* of all */
} cornu__scalars;

/* `source` (a path) is for messages. */
cornu_status cornu__scalars_add(cornu__scalars *scalars, const char *source, const char *name, double step,
                                double value);
/* The series of that name, or NULL. */
const cornu__scalar_series *cornu__scalars_find(const cornu__scalars *scalars, const char *name);
void cornu__scalars_free(cornu__scalars *scalars);

/* Adds what a table has: names in its first line; the column "epoch" says the step, which without one is the line's number from 0. NA, None and
 * an empty field say that there is no value; a column of lists ("[0.1, 0.2]") is passed over. */
cornu_status cornu__scalars_read_csv(const char *path, cornu__scalars *scalars);

/* Adds the numbers of an event file, with `prefix` before their tags: simple values and tensors of one number. Events of other kinds are passed
 * over. A file that ends within an event (its writer was killed, or still writes) is read up to there, with a warning. */
cornu_status cornu__scalars_read_events(const char *path, const char *prefix, cornu__scalars *scalars);

#endif
