/* train/outputs.h: the outputs of batch after batch, put behind one another. */
#ifndef CORNU_TRAIN_OUTPUTS_H
#define CORNU_TRAIN_OUTPUTS_H

#include "array/array.h"
#include "model/step.h"

typedef struct cornu__outputs {
    int64_t rows_expected; /* 0: not known */
    int64_t rows, room;    /* rows taken, and rows there is room for */
    int count;             /* outputs; 0: none taken yet */
    int rank[CORNU__MAX_PORTS];
    int64_t shape[CORNU__MAX_PORTS][CORNU_MAX_RANK];
    int64_t per_row[CORNU__MAX_PORTS];
    float *data[CORNU__MAX_PORTS];
} cornu__outputs;

/* Appends the model's outputs of its last step; a cornu__consumer's function with a cornu__outputs as state. */
cornu_status cornu__outputs_take(void *outputs, cornu_model *model, const cornu__batch *batch);

/* The array of all rows taken, or for several outputs the dictionary of them; NULL on failure, also when there are none. */
cornu_array *cornu__outputs_array(cornu__outputs *outputs, cornu_model *model);

void cornu__outputs_free(cornu__outputs *outputs);

#endif
