/*
 * nn/training.h: losses, metrics, optimizers, initializers, regularizers, constraints: how each lowers to ops.
 */
#ifndef CORNU_NN_TRAINING_H
#define CORNU_NN_TRAINING_H

#include "graph/graph.h"
#include "nn/layer.h"
#include "nn/object.h"

#define CORNU__EPSILON 1e-7 /* Keras's: where it guards a division or a logarithm */

/* --- initializers: on the host, into `values`. Fans as in the specification, 7.4. --- */
typedef struct cornu__initializer_class {
    cornu__class base;
    /* `key_seed`: the initializer's own seed or the model's; `number`: the weight's. */
    cornu_status (*fill)(const cornu__object *initializer, int rank, const int64_t *shape, uint64_t key_seed,
                         uint64_t number, float *values);
} cornu__initializer_class;

/* NULL initializer: zeros. */
cornu_status cornu__initialize(const cornu__object *initializer, int rank, const int64_t *shape, uint64_t key_seed,
                               uint64_t number, float *values);

/* --- activations --- */
typedef struct cornu__activation_class {
    cornu__class base;
    cornu_node *(*apply)(const cornu__object *activation, cornu_node *x);
} cornu__activation_class;

/* NULL activation: x itself. */
cornu_node *cornu__activate(const cornu__object *activation, cornu_node *x);

/* --- regularizers: a scalar node of one weight's value --- */
typedef struct cornu__regularizer_class {
    cornu__class base;
    cornu_node *(*penalty)(const cornu__object *regularizer, cornu_node *weight);
} cornu__regularizer_class;
cornu_node *cornu__regularize(const cornu__object *regularizer, cornu_node *weight);

/* --- constraints: the new value of one weight after an update --- */
typedef struct cornu__constraint_class {
    cornu__class base;
    cornu_node *(*apply)(const cornu__object *constraint, cornu_node *weight);
} cornu__constraint_class;
cornu_node *cornu__constrain(const cornu__object *constraint, cornu_node *weight);

/* --- losses --- */
typedef struct cornu__loss_class {
    cornu__class base;
    const char *function_name; /* Keras's name of the function: "mean_squared_error" */
    bool sparse_targets;       /* integer class numbers */
    bool label_sequences;      /* targets are (batch, any length) class numbers, whatever the output's time steps */
    bool targets_like_output;  /* targets must have the output's shape beyond the batch */
    /* Loss per sample: y_pred's shape without its last axis (dice and the like: scalar). Looks at y_pred's op: a softmax or sigmoid is
     * fused with the cross-entropy. */
    cornu_node *(*per_sample)(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred);
    /* 1 for targets that count, 0 for others, of the loss per sample's shape; NULL (function or result): all count. */
    cornu_node *(*valid)(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred);
} cornu__loss_class;

/* sum(w l) / numel(l) with mask and weights as the specification says (section 2.5, PICK Keras 3), or the loss's own reduction.
 * `weight` (batch) or of lower or equal rank, `mask`: NULL if there are none. A scalar node. */
cornu_node *cornu__loss_apply(const cornu__object *loss, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                              cornu_node *mask);
/* CORNU_OK if a model can be trained on the loss: its reduction gives one number. */
cornu_status cornu__loss_check(const cornu__object *loss);
/* What dtype targets are fed as: int32 for class numbers, else float32. */
cornu_dtype cornu__loss_target_dtype(const cornu__object *loss);

/* --- metrics --- */
#define CORNU__METRIC_MAX_STATES 8
typedef struct cornu__metric_class {
    cornu__class base;
    bool sparse_targets;
    bool larger_is_better;
    /* How many state tensors and their sizes (1-D) for this output. */
    cornu_status (*states)(const cornu__object *metric, const cornu__spec *y_pred, int *count, int64_t *sizes);
    /* new_states[i] := states[i] after this batch. */
    cornu_status (*update)(const cornu__object *metric, cornu_node *y_true, cornu_node *y_pred, cornu_node *weight,
                           cornu_node *const *states, cornu_node **new_states);
    /* The metric's value from its states, on the host. */
    double (*result)(const cornu__object *metric, const float *const *states, const int64_t *sizes);
    /* Instead of `result`, of a metric that can have several values (one per threshold, per class): how many, and each of them. */
    int (*elements)(const cornu__object *metric, const int64_t *sizes);
    double (*element)(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element);
} cornu__metric_class;
/* How many values a metric has, and one of them, from its states. */
int cornu__metric_elements(const cornu__object *metric, const int64_t *sizes);
double cornu__metric_value(const cornu__object *metric, const float *const *states, const int64_t *sizes, int element);
/* "accuracy", "acc", "crossentropy", "ce" resolve by loss and shapes (specification, section 1, PICK); others by name. Kept for the caller. */
cornu_status cornu__metric_resolve(cornu_identifier identifier, const cornu__object *loss, const cornu__spec *y_pred,
                                   cornu__object **metric);

/* --- optimizers: updates of flat runs of weights, elementwise unless the class is `per_weight` --- */
#define CORNU__OPTIMIZER_MAX_SLOTS 6
typedef struct cornu__update {
    cornu_node *weight, *gradient; /* flat (n) */
    int rank;                      /* per_weight: the one weight's shape, and whether it is an Embedding's */
    int64_t shape[CORNU_MAX_RANK];
    bool embedding;
    cornu_node *slots[CORNU__OPTIMIZER_MAX_SLOTS]; /* flat (n) each */
    cornu_node *learning_rate;                     /* scalar, fed at each step */
    cornu_node *step;                              /* scalar float: number of updates made before, fed at each step */
    cornu_node *new_weight;                        /* to be set */
    cornu_node *new_slots[CORNU__OPTIMIZER_MAX_SLOTS];
} cornu__update;
typedef struct cornu__optimizer_class {
    cornu__class base;
    /* Names of the slots in Keras's order ("momentum", "velocity"); depends on the config. Returns their number. */
    int (*slots)(const cornu__object *optimizer, const char *names[CORNU__OPTIMIZER_MAX_SLOTS]);
    cornu_status (*update)(const cornu__object *optimizer, cornu__update *update);
    double (*slot_initial)(const cornu__object *optimizer, int slot); /* NULL: 0 */
    bool per_weight; /* a run is one weight: the update looks at its norm or its shape */
    /* The weight decay of an update; NULL: the option's. NaN: none. */
    double (*weight_decay)(const cornu__object *optimizer, const cornu__update *update);
} cornu__optimizer_class;

/* The optimizer inside a LossScaleOptimizer and how its scale moves; NULL (and nothing set) of any other optimizer. */
const cornu__object *cornu__loss_scale_inner(const cornu__object *optimizer, double *initial_scale, int *growth_steps);

/* --- schedules: the learning rate as a function of the number of updates made --- */
typedef struct cornu__schedule_class {
    cornu__class base;
    double (*rate)(const cornu__object *schedule, double step);
} cornu__schedule_class;
/* The learning rate of the next update, after `step` updates. */
double cornu__schedule_value(const cornu__object *schedule, uint64_t step);

/* The options that every optimizer has, at the same place in each options struct. */
typedef struct cornu__optimizer_common {
    size_t struct_size;
    double learning_rate;
    cornu_identifier schedule;                   /* a schedule object, or NULL */
    double weight_decay;                         /* NaN: none */
    double clipnorm, clipvalue, global_clipnorm; /* NaN: none */
    bool use_ema;
    double ema_momentum;
    int ema_overwrite_frequency;     /* 0: none */
    int gradient_accumulation_steps; /* 0: none */
    double loss_scale_factor;        /* NaN: none */
    double decay;                    /* Keras 2's */
    const char *name;
} cornu__optimizer_common;

#endif
