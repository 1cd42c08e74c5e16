/* saving/compile_config.h: what a model was compiled with, as JSON: Keras 3's compile_config, and the training_config of legacy files. */
#ifndef CORNU_SAVING_COMPILE_CONFIG_H
#define CORNU_SAVING_COMPILE_CONFIG_H

#include <jansson.h>

#include "format/json.h"
#include "model/model.h"
#include "saving/load_model.h"

/* *json := Keras 3's compile_config of a compiled model, a new reference; NULL where the model is not compiled, or with something of the
 * program's own that no file can hold: a warning names it. */
cornu_status cornu__compile_config_write(const cornu_model *model, json_t **json);

/* How a file is read. */
typedef struct cornu__compile_reading {
    bool keras_2; /* written by multi-backend Keras before 3, whose RMSprop and Adagrad compute otherwise */
    int threads;  /* as in cornu_compile */
    cornu__change_compile *change; /* or NULL */
    void *change_state;
    /* What came of it: */
    bool changed, optimizer_changed;
} cornu__compile_reading;

/* Compiles the model as `place` says, in the words of any Keras: "optimizer" or "optimizer_config", "loss", "metrics"... */
cornu_status cornu__compile_config_apply(cornu_model *model, const cornu__json_place *place,
                                         cornu__compile_reading *reading);

#endif
