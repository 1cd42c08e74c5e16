/* data/ports.h: what one kind of step wants to be fed, asked of the model once. */
#ifndef CORNU_DATA_PORTS_H
#define CORNU_DATA_PORTS_H

#include <cornu/data.h>

#include "model/step.h"

typedef struct cornu__ports {
    cornu_model *model;
    int input_count;
    int target_count; /* 0 in prediction */
    const cornu__port *inputs[CORNU__MAX_PORTS];
    const cornu__port *targets[CORNU__MAX_PORTS];
    const cornu__port *fixed; /* an input that fixes the size of batches (spec.shape[0]); NULL: none */
} cornu__ports;

/* Fails, with the model's own message, when it cannot make such a step. The ports are the model's: valid until it is compiled again. A
 * Sequential model that does not know its input yet takes its shape from `x`, which may be NULL. */
cornu_status cornu__ports_of(cornu_model *model, cornu__step_kind kind, const cornu_array *x, cornu__ports *ports);

/* The same for data from a generator or Sequence (NULL is allowed): such a model takes the shape from its first batch, which is not lost. */
cornu_status cornu__ports_of_generator(cornu_model *model, cornu__step_kind kind, cornu_generator *generator,
                                       cornu__ports *ports);

#endif
