/*
 * saving.h: whole models in Keras's files: structure, weights, what they were compiled with, and the optimizer's memory.
 *
 *     cornu_save(model, "digits.keras");
 *     cornu_model *again = cornu_load_model("digits.keras");     (goes on training where the first stopped)
 *
 * Weights alone: cornu_save_weights and cornu_load_weights in model.h.
 */
#ifndef CORNU_SAVING_H
#define CORNU_SAVING_H

#include <cornu/model.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_save_options {
    size_t struct_size;
    bool include_optimizer
        CORNU_DEFAULT(true); /* false: without the optimizer's memory, and not compiled when it is loaded */
} cornu_save_options;
#define CORNU_SAVE_DEFAULTS CORNU_DEFAULTS(.include_optimizer = true)

/* Saves a model as its ending says: .keras (Keras 3), or .h5, .hdf5 (the legacy format, which Keras 2 reads too). A file appears whole or not at
 * all; the same model gives the same bytes. Losses and metrics of the program's own stand in no file: with them a model is saved as if it were
 * not compiled, and a warning says so. */
#define cornu_save(model, path, ...)                                                                                   \
    CORNU_KEYWORDS(cornu_save_with((model), (path), &cornu_keywords), cornu_save_options,                              \
                   CORNU_SAVE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_save_with(cornu_model *model, const char *path, const cornu_save_options *options);

typedef struct cornu_load_options {
    size_t struct_size;
    bool compile CORNU_DEFAULT(true); /* false: structure and weights only */
    int threads;   /* of the kernels of a compiled model, as in cornu_compile; 0: one per processor */
    uint64_t seed; /* of what is random in the model from now on: dropout, the order of its data */
} cornu_load_options;
#define CORNU_LOAD_DEFAULTS CORNU_DEFAULTS(.compile = true)

/* A model that Cornu or any Keras (1, 2 or 3) saved as .keras or .h5; what a file is, its contents say. The program owns it. It is compiled as it was,
 * with the optimizer's memory, if the file says how; else a warning says why not. The file is data: nothing in it is run, no link in it is
 * followed, each size in it is checked before memory is asked for. NULL with the error set: a layer that does not exist here (a Lambda, which
 * holds Python code, never does), damage, a file without a model. */
#define cornu_load_model(path, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_load_model_with((path), &cornu_keywords), cornu_load_options, CORNU_LOAD_DEFAULTS __VA_ARGS__)
CORNU_API cornu_model *cornu_load_model_with(const char *path, const cornu_load_options *options);

CORNU_END_DECLARATIONS

#endif
