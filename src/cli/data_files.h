/* cli/data_files.h: inputs and targets from the files that --data, --x and --y name. */
#ifndef CORNU_CLI_DATA_FILES_H
#define CORNU_CLI_DATA_FILES_H

#include <cornu/array.h>
#include <cornu/model.h>

#include "base/status.h"

/* What the options say. All may be NULL. */
typedef struct cornu__data_arguments {
    const char *data;   /* an .npz with "x" and "y" (or the names of the model's inputs and outputs), or a table */
    const char *target; /* the table's target column */
    const char *x, *y;  /* files of one array each */
    bool classes;       /* targets are class numbers, also where the file has them as real numbers (tables) */
} cornu__data_arguments;

/* Inputs and targets; y NULL: none were named. Both hold a reference. */
typedef struct cornu__dataset {
    cornu_array *x, *y;
} cornu__dataset;

/* Whether the options name any data. */
bool cornu__data_given(const cornu__data_arguments *arguments);

/* Reads them. `prefix` is "" or "validation-": for messages about options. With targets_wanted, there must be some. */
cornu_status cornu__data_load(const cornu__data_arguments *arguments, const char *prefix, bool targets_wanted,
                              cornu__dataset *dataset);

/* For a model with named inputs and outputs: turns an .npz that has no "x" and "y" into dictionaries for them. */
cornu_status cornu__data_bind(cornu__dataset *dataset, cornu_model *model, bool targets_wanted);

void cornu__data_free(cornu__dataset *dataset);

#endif
