/*
 * custom.h: layers, losses and metrics of a program's own, written in C from the ops of ops.h. Their gradients follow from the ops'.
 *
 *     static cornu_node *call(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs, void *state)
 *     {
 *         return cornu_op_multiply(inputs[0], cornu_layer_call_weight(call, cornu_layer_weight(layer, "scale")));
 *     }
 *
 * The functions are called when a step is compiled for a batch shape, not when it runs. A function that returns NULL (as ops do when shapes do
 * not fit) or a status other than CORNU_OK fails the compilation with the error that it found.
 */
#ifndef CORNU_CUSTOM_H
#define CORNU_CUSTOM_H

#include <cornu/layers.h>
#include <cornu/losses.h>
#include <cornu/metrics.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_node cornu_node;             /* a tensor inside a step: ops.h */
typedef struct cornu_weight cornu_weight;         /* a layer's variable */
typedef struct cornu_layer_call cornu_layer_call; /* one lowering of a layer into a step */

/* A shape; `size` -1 where it is not known (the batch). */
typedef struct cornu_shape {
    int rank;
    int64_t size[CORNU_MAX_RANK];
} cornu_shape;

typedef struct cornu_layer_hooks {
    size_t struct_size; /* sizeof(cornu_layer_hooks) */
    int input_count;    /* 0 means 1 */
    /* Makes the weights with cornu_layer_add_weight; called once, when the input shapes are known. NULL: none. */
    cornu_status (*build)(cornu_layer *layer, int count, const cornu_shape *inputs, void *state);
    /* `output` comes as the first input's shape; NULL: that it is. */
    cornu_status (*output_shape)(const cornu_layer *layer, int count, const cornu_shape *inputs, cornu_shape *output,
                                 void *state);
    /* The layer's output. Must not be NULL. */
    cornu_node *(*call)(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs, void *state);
    /* Frees `state` with the layer. NULL: nothing to free. */
    void (*release)(void *state);
} cornu_layer_hooks;

/* A layer of class `class_name` ("SquareRoot"), with .name, .input_shape and the like. `hooks` are copied; the layer owns `state`. */
CORNU_API cornu_layer *cornu_custom_layer_with(const char *class_name, const cornu_layer_hooks *hooks, void *state,
                                               const cornu_layer_options *options);
#define cornu_custom_layer(class_name, hooks, state, ...)                                                              \
    CORNU_KEYWORDS(cornu_custom_layer_with(class_name, hooks, state, &cornu_keywords), cornu_layer_options,            \
                   CORNU_LAYER_DEFAULTS __VA_ARGS__)

/* What a weight may be given. */
typedef struct cornu_weight_options {
    size_t struct_size;
    cornu_identifier initializer CORNU_DEFAULT("glorot_uniform");
    cornu_identifier regularizer;
    cornu_identifier constraint;
    bool trainable CORNU_DEFAULT(true); /* false: a statistic, changed by cornu_layer_call_assign only */
} cornu_weight_options;
#define CORNU_WEIGHT_DEFAULTS CORNU_DEFAULTS(.initializer = "glorot_uniform", .trainable = true)
/* For `build`: a new weight, which belongs to the layer; NULL on failure. */
CORNU_API cornu_weight *cornu_layer_add_weight_with(cornu_layer *layer, const char *name, int rank,
                                                    const int64_t *shape, const cornu_weight_options *options);
#define cornu_layer_add_weight(layer, name, rank, shape, ...)                                                          \
    CORNU_KEYWORDS(cornu_layer_add_weight_with(layer, name, rank, shape, &cornu_keywords), cornu_weight_options,       \
                   CORNU_WEIGHT_DEFAULTS __VA_ARGS__)

/* The layer's weight of that name, or NULL with the error set. */
CORNU_API cornu_weight *cornu_layer_weight(const cornu_layer *layer, const char *name);

/* For `call`: the weight's value, as a tensor; whether this is a training step; a statistic's value after this step; a scalar to add to the
 * total loss. */
CORNU_API cornu_node *cornu_layer_call_weight(cornu_layer_call *call, cornu_weight *weight);
CORNU_API bool cornu_layer_call_training(const cornu_layer_call *call);
CORNU_API cornu_status cornu_layer_call_assign(cornu_layer_call *call, cornu_weight *weight, cornu_node *value);
CORNU_API cornu_status cornu_layer_call_add_loss(cornu_layer_call *call, cornu_node *loss);

/* A loss: the function makes one value per sample (B) or per sample and step (B, T) from (B, ...) tensors; reduction and sample weights are
 * Cornu's. Targets are fed as float32, of any shape. `state` must outlive the loss. */
typedef cornu_node *(*cornu_loss_function)(cornu_node *y_true, cornu_node *y_pred, void *state);
CORNU_API cornu_loss *cornu_custom_loss_with(const char *name, cornu_loss_function function, void *state,
                                             const cornu_loss_options *options);
#define cornu_custom_loss(name, function, state, ...)                                                                  \
    CORNU_KEYWORDS(cornu_custom_loss_with(name, function, state, &cornu_keywords), cornu_loss_options,                 \
                   CORNU_LOSS_DEFAULTS __VA_ARGS__)

/* A metric: the (weighted) mean over all samples of the values that the function makes, one per sample (or sample and step). */
CORNU_API cornu_metric *cornu_custom_metric_with(const char *name, cornu_loss_function function, void *state,
                                                 const cornu_metric_options *options);
#define cornu_custom_metric(name, function, state, ...)                                                                \
    CORNU_KEYWORDS(cornu_custom_metric_with(name, function, state, &cornu_keywords), cornu_metric_options, __VA_ARGS__)

/* A metric with states of its own. */
typedef struct cornu_metric_hooks {
    size_t struct_size;     /* sizeof(cornu_metric_hooks) */
    int state_count;        /* 1 to 8 */
    int64_t state_sizes[8]; /* elements of each; all begin at 0 */
    /* new_states[i] := the states after this batch; sample_weight (B), or NULL: none. */
    cornu_status (*update)(cornu_node *y_true, cornu_node *y_pred, cornu_node *sample_weight, cornu_node *const *states,
                           cornu_node **new_states, void *state);
    /* The metric's value from its states. */
    double (*result)(const float *const *states, void *state);
} cornu_metric_hooks;
CORNU_API cornu_metric *cornu_custom_metric_of_hooks(const char *name, const cornu_metric_hooks *hooks, void *state);

CORNU_END_DECLARATIONS

#endif
