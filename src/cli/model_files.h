/* cli/model_files.h: the model that --model names: a file, or an architecture by name made for the data. */
#ifndef CORNU_CLI_MODEL_FILES_H
#define CORNU_CLI_MODEL_FILES_H

#include <cornu/model.h>

#include "cli/data_files.h"
#include "saving/load_model.h"

typedef struct cornu__model_arguments {
    const char *model;   /* "cnn", or a file */
    const char *weights; /* a file to start from, or NULL */
    double scale;        /* inputs are divided by it: by a named architecture itself; 0: not given */
    double rescale;      /* or multiplied by this; not both */
    int seed;
    int threads;                   /* of the kernels of a model that is compiled as its file says */
    bool compiled;                 /* compile it so, with the optimizer's memory, if its file says how */
    cornu__change_compile *change; /* what of that is to be otherwise; or NULL */
    void *change_state;
} cornu__model_arguments;

extern const cornu__argument cornu__model_argument_table[]; /* --model, --scale, --rescale, --weights */

/* Whether a file that is written under that name holds a model and its weights: .keras, .h5. */
bool cornu__model_name_is_whole(const char *path);

/* The name of architecture `number`, from 0; NULL behind the last. */
const char *cornu__model_name(int number);

/* Whether --model names a file, not an architecture. */
bool cornu__model_names_file(const char *name);

/* Whether they go together and name a model. */
cornu_status cornu__model_check(const cornu__model_arguments *arguments);

/* The model, built if its shapes are known, weights loaded. `dataset` may be NULL: a file needs none. */
cornu_status cornu__model_load(const cornu__model_arguments *arguments, const cornu__dataset *dataset,
                               cornu_model **model);

/* Warns where the model has only the numbers that it begins with: what it says then means nothing. */
void cornu__model_warn_of_no_weights(const cornu__model_arguments *arguments);

#endif
