/* saving/optimizer_state.h: what an optimizer remembers, as the list of variables that Keras's files hold. */
#ifndef CORNU_SAVING_OPTIMIZER_STATE_H
#define CORNU_SAVING_OPTIMIZER_STATE_H

#include "format/hdf5.h"
#include "format/hdf5_write.h"
#include "model/model.h"

typedef enum cornu__variable_kind {
    CORNU__VARIABLE_ITERATION,     /* updates made: int64 */
    CORNU__VARIABLE_LEARNING_RATE, /* float32 */
    CORNU__VARIABLE_SLOT,          /* as long as its weight, or its front */
    CORNU__VARIABLE_SHARED,        /* one number for all weights, which Cornu keeps in each element of a slot */
    CORNU__VARIABLE_UNUSED         /* what Keras writes and never reads: zeros */
} cornu__variable_kind;

typedef struct cornu__optimizer_variable {
    cornu__variable_kind kind;
    char name[24]; /* "momentum" */
    int part;      /* of the plan's memory */
    int weight;    /* in model->weights; -1: of none */
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    int64_t offset, count; /* in the plan's memory, in floats */
} cornu__optimizer_variable;

typedef struct cornu__optimizer_variables {
    int count;
    size_t capacity;
    cornu__optimizer_variable *items;
} cornu__optimizer_variables;

typedef enum cornu__optimizer_layout {
    CORNU__LAYOUT_KERAS_3, /* tf.keras since 2.11 too: iteration, learning rate, slots by weight */
    CORNU__LAYOUT_KERAS_2  /* iterations, then slot by slot */
} cornu__optimizer_layout;

/* The variables of a compiled model's optimizer. `order`: the weights in the file's order, `order_count` of them; NULL: in the model's. */
cornu_status cornu__optimizer_list(const cornu_model *model, cornu__optimizer_layout layout, const int *order,
                                   int order_count, cornu__optimizer_variables *variables);
void cornu__optimizer_list_clear(cornu__optimizer_variables *variables);

/* How many variables at the front are numbers of the optimizer itself, not of weights: iteration and learning rate. */
int cornu__optimizer_head(const cornu__optimizer_variables *variables);

/* One variable, or a weight, as a dataset. */
cornu_status cornu__write_variable(cornu__hdf5_writer *writer, const char *path, const cornu_model *model,
                                   const cornu__optimizer_variable *variable);
cornu_status cornu__write_weight(cornu__hdf5_writer *writer, const char *path, const cornu__weight *weight);

/* Restores the optimizer's memory from `count` datasets that a file lists in that layout; learning rates may be absent. What does not fit is
 * warned of and nothing is set, as in Keras: a model can be used without. */
cornu_status cornu__optimizer_restore(cornu_model *model, cornu__optimizer_layout layout, const int *order,
                                      int order_count, const char *path, const cornu__hdf5_node *const *datasets,
                                      size_t count);

#endif
