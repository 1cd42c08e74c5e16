/* cli/model_files.h: the model that --model names: a JSON file, or an architecture by name made for the data. */
#ifndef CORNU_CLI_MODEL_FILES_H
#define CORNU_CLI_MODEL_FILES_H

#include <cornu/model.h>

#include "cli/data_files.h"

typedef struct cornu__model_arguments {
    const char *model;   /* "cnn", or a JSON file */
    const char *weights; /* .npz to start from, or NULL */
    double scale;        /* of a named architecture: inputs are divided by it; 0: not given */
    int seed;
} cornu__model_arguments;

/* The model, built if its shapes are known, weights loaded. `dataset` may be NULL (summary of a JSON file). */
cornu_status cornu__model_load(const cornu__model_arguments *arguments, const cornu__dataset *dataset,
                               cornu_model **model);

/* "mean_squared_error" for numbers, a cross-entropy for classes: what fits targets and output. */
const char *cornu__default_loss(const cornu__dataset *dataset, cornu_model *model);

/* Whether such a loss is for classes: accuracy is then worth showing. */
bool cornu__loss_is_for_classes(const char *loss);

#endif
