/* saving/load_model.h: loading a model of which a program wants to say otherwise, in part, what it is compiled with. */
#ifndef CORNU_SAVING_LOAD_MODEL_H
#define CORNU_SAVING_LOAD_MODEL_H

#include <cornu/saving.h>

/* Is shown what a file says a model was compiled with, and changes what it likes of it; what it puts there must live until the model is loaded.
 * Returns whether it changed something: a model that then cannot be compiled is not loaded, since what was asked for is wrong. An optimizer
 * that stays has its memory from the file. Not called where the file does not say how to compile. */
typedef bool cornu__change_compile(void *state, cornu_compile_options *options);

/* As cornu_load_model. `change` may be NULL. */
cornu_model *cornu__load_model(const char *path, const cornu_load_options *options, cornu__change_compile *change,
                               void *state);

#endif
