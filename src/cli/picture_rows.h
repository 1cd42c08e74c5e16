/* cli/picture_rows.h: which picture of a folder a row of outputs is about. Files that could not be read and were left out have none, so outputs must be there first. */
#ifndef CORNU_CLI_PICTURE_ROWS_H
#define CORNU_CLI_PICTURE_ROWS_H

#include <cornu/flow.h>

#include "base/status.h"

/* *samples := for each of the first `count` rows the number of its sample (cornu_flow_filename); cornu__free it. */
cornu_status cornu__picture_rows(const cornu_sequence *pictures, int64_t count, int64_t **samples);

/* A sample's file below the folder. */
const char *cornu__picture_name(const cornu_sequence *pictures, int64_t sample);

/* The pictures of `count` rows as the model saw them: a new array (count, height, width, channels) of float32, or NULL. */
cornu_array *cornu__picture_rows_read(cornu_sequence *pictures, const int64_t *rows, int64_t count);

#endif
