/*
 * model/step.h: one step of a model for one batch: what fit, fit_generator and the *_on_batch functions all end in.
 *
 * A model keeps a few compiled programs, one per kind of step and shapes of a batch. After every shape was seen, a step allocates nothing.
 */
#ifndef CORNU_MODEL_STEP_H
#define CORNU_MODEL_STEP_H

#include <cornu/model.h>

#include "base/status.h"
#include "nn/layer.h"

#define CORNU__MAX_PORTS 16 /* inputs, or outputs, of a model */

/* An input or target of a model: what a batch must hold. Sizes that may differ from batch to batch are CORNU_NONE; so is
 * axis 0, unless the program fixed the size of batches. */
typedef struct cornu__port {
    const char *name; /* as Keras names it: the input layer's or output layer's name */
    cornu__spec spec;
    bool expected;       /* targets: false when this output has no loss and no metrics */
    bool temporal;       /* targets: their sample weights must be (batch, time), and they themselves have more axes */
    bool any_shape;      /* targets: a custom loss takes any shape; spec.rank is then a suggestion */
    int64_t class_count; /* targets that are class numbers: how many classes there are; else 0 */
} cornu__port;

typedef struct cornu__tensor {
    const void *data; /* row-major, of the port's dtype */
    int rank;
    int64_t shape[CORNU_MAX_RANK]; /* shape[0] = rows */
} cornu__tensor;

typedef struct cornu__batch {
    int64_t rows;
    const int64_t *samples; /* which one each row is, for hooks; NULL: that is not known */
    cornu__tensor inputs[CORNU__MAX_PORTS];
    cornu__tensor targets[CORNU__MAX_PORTS];        /* data NULL: none (prediction, outputs without loss) */
    cornu__tensor sample_weights[CORNU__MAX_PORTS]; /* per output; float32; data NULL: all ones */
} cornu__batch;

typedef enum cornu__step_kind {
    CORNU__STEP_TRAIN,  /* forward, backward, update, metrics */
    CORNU__STEP_TEST,   /* forward, loss, metrics */
    CORNU__STEP_PREDICT /* forward */
} cornu__step_kind;

/* Checks that the model can make such a step (built; compiled, but for prediction). */
cornu_status cornu__model_ready(cornu_model *model, cornu__step_kind kind);

/* Whether the model was compiled. */
bool cornu__model_is_compiled(const cornu_model *model);

int cornu__model_input_count(const cornu_model *model);
const cornu__port *cornu__model_input(const cornu_model *model, int index);
int cornu__model_target_count(const cornu_model *model); /* = outputs */
const cornu__port *cornu__model_target(const cornu_model *model, int index);

/* Whether this is a Sequential model whose input is not known yet. */
bool cornu__model_wants_input(const cornu_model *model);

/* Builds a Sequential model whose input is not known yet from the first data: one spec per input, axis 0 is the batch. Does nothing for a
 * built model. */
cornu_status cornu__model_build_from(cornu_model *model, int count, const cornu__spec *inputs);

/* Compiles the program for such a batch if there is none yet. Of the data pointers only whether they are NULL counts. Steps do it by
 * themselves. */
cornu_status cornu__model_prepare(cornu_model *model, cornu__step_kind kind, const cornu__batch *shapes);
cornu_status cornu__model_step(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch);

/* For benchmarks: as cornu__model_step, timing each kernel: seconds[i] of kernel i < *kernel_count (at most `capacity` are written); *flops: the
 * step's useful floating-point operations. And kernel i of that program in words. */
cornu_status cornu__model_profile(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch, int capacity,
                                  double *seconds, int *kernel_count, double *flops);
const char *cornu__model_kernel_name(cornu_model *model, cornu__step_kind kind, const cornu__batch *batch, int index);

/* Results of the last step. */
double cornu__model_loss(const cornu_model *model); /* total loss of the batch, added losses included */
double cornu__model_output_loss(const cornu_model *model, int index); /* before loss_weights */
/* float32; valid until the next step. */
const float *cornu__model_output(const cornu_model *model, int index, int *rank, const int64_t **shape);

/* Around a training, evaluation or prediction, whose hooks can call anything: what they call may not change the model's structure or plan. */
void cornu__model_enter(cornu_model *model);
void cornu__model_leave(cornu_model *model);

/* Metrics run over the batches since the last reset. */
cornu_status cornu__model_reset_metrics(cornu_model *model);
/* The values' names in Keras's order: "loss", "<output>_loss"..., metrics. Valid until the next compile. */
int cornu__model_value_count(const cornu_model *model);
const char *cornu__model_value_name(const cornu_model *model, int index);
/* A metric's value now (index as in value_name, index >= 1 + output losses). */
double cornu__model_metric(const cornu_model *model, int index);
/* How many of the values are losses (the total and, with several outputs, one per output): they come first. */
int cornu__model_loss_count(const cornu_model *model);
/* Whether a value is the better the larger it is (1) or the smaller (-1); 0: only the program that made the metric knows. */
int cornu__model_value_direction(const cornu_model *model, int index);
/* Which output a per-output loss (value index >= 1) belongs to. */
int cornu__model_loss_output(const cornu_model *model, int index);

/* The optimizer's learning rate now; setting it fails when a schedule governs it. Updates made so far (iterations). */
double cornu__model_learning_rate(const cornu_model *model);
cornu_status cornu__model_set_learning_rate(cornu_model *model, double learning_rate);
uint64_t cornu__model_iterations(const cornu_model *model);

/* At the end of training: where the optimizer keeps a moving average of the weights (use_ema), it becomes the weights. */
cornu_status cornu__model_finalize_weights(cornu_model *model);

/* Whether the optimizer keeps a moving average of the weights. */
bool cornu__model_has_average(const cornu_model *model);
/* The average takes the place of the trained weights (true), which are kept meanwhile, or they come back (false). Does nothing where it is so
 * already, or before the first update, when both are the same. A training step must not run on the average. */
cornu_status cornu__model_use_average(cornu_model *model, bool use);

/* All that a training goes on from between two steps, as a dictionary of arrays: weights, the optimizer's memory, what the metrics have counted,
 * updates made, learning rate, seed. Setting it is all or nothing; it warns where seed or kernels are others, so that other bits will come. */
cornu_array *cornu__model_training_state(cornu_model *model);
cornu_status cornu__model_set_training_state(cornu_model *model, const cornu_array *state);

/* The seed of everything random in this model: initial weights, dropout, order of the data. */
uint64_t cornu__model_seed(const cornu_model *model);

/* What train/ keeps with a model between calls (its batch buffers): NULL at first, destroyed with the model. */
void *cornu__model_companion(const cornu_model *model);
void cornu__model_set_companion(cornu_model *model, void *companion, void (*destroy)(void *companion));

/* Weights as one snapshot in memory (restore_best_weights, validation of nothing lost): size in bytes, copy out, copy in. */
size_t cornu__model_snapshot_size(const cornu_model *model);
cornu_status cornu__model_snapshot(const cornu_model *model, void *to);
cornu_status cornu__model_restore(cornu_model *model, const void *from);

#endif
