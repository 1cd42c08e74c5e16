/*
 * nn/layer.h: what a layer is: config, weights, shapes, masks, and how it lowers to ops.
 *
 * A layer knows nothing of how its ops are run, nor where its weights' numbers lie: the model gives each weight a home when it is built.
 */
#ifndef CORNU_NN_LAYER_H
#define CORNU_NN_LAYER_H

#include <cornu/layers.h>

#include "graph/graph.h"
#include "nn/object.h"

struct cornu__buffer; /* backend/backend.h; only model/ looks inside */

typedef struct cornu__weight {
    char *name; /* "kernel", "moving_mean" */
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    int64_t count;
    bool trainable;             /* false: a statistic; whether its layer is frozen is the layer's */
    cornu__object *initializer; /* kept */
    cornu__object *regularizer; /* kept, or NULL */
    cornu__object *constraint;  /* kept, or NULL */
    uint64_t number;            /* numbered when made in a model: part of the initializer's random key */
    struct cornu__buffer *home; /* NULL until the model is built; holds a reference; float32 */
    void (*release_home)(struct cornu__buffer *home); /* the model's; NULL: nothing to do */
    int64_t offset;                                   /* in `home` */
    float *initial; /* given values before there is a home (set_weights on a built layer without a model), or NULL */
} cornu__weight;

/* A tensor between layers: sizes CORNU_NONE are not known (the batch). */
typedef struct cornu__spec {
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
} cornu__spec;

/* A tensor inside one lowering. */
typedef struct cornu__value {
    cornu_node *node;
    cornu_node *mask; /* (batch, time) of 0 and 1, or NULL */
} cornu__value;

/* One lowering of a model: what a layer's `call` may use. */
typedef struct cornu__call cornu__call;
struct cornu__call {
    cornu__graph *graph;
    bool training;
    cornu_dtype dtype; /* float32; float64 in checks of gradients */
    /* of the layer that is being lowered: */
    bool frozen; /* not trained, as compile found it */
    int number;  /* which call of the layer this is, from 0: a shared layer is called more than once */
    /* the model's functions: */
    /* The weight's value in this step: what was assigned so far, else what it was at the step's begin. */
    cornu_node *(*weight)(cornu__call *call, cornu__weight *weight);
    cornu_status (*assign)(cornu__call *call, cornu__weight *weight, cornu_node *value);
    /* Adds a scalar to the total loss. */
    cornu_status (*add_loss)(cornu__call *call, cornu_node *loss);
};

typedef struct cornu__layer_class {
    cornu__class base;
    const char *summary_name;           /* NULL: base.name */
    int input_min, input_max;           /* merge layers: 2, CORNU__MAX_INPUTS */
    int input_rank_min, input_rank_max; /* with the batch axis; 0, 0: any */
    /* Makes the weights, by cornu__layer_add_weight, for these inputs. NULL: none. Called once. */
    cornu_status (*build)(cornu_layer *layer, int count, const cornu__spec *inputs);
    /* The output for these inputs; NULL: as the first input. */
    cornu_status (*infer)(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output);
    /* Lowers: sets output->node (and ->mask, if it is not simply passed on). */
    cornu_status (*call)(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                         cornu__value *output);
    enum {
        CORNU__MASK_PASS,   /* the (first) input's mask goes on: elementwise layers */
        CORNU__MASK_STOP,   /* the layer uses the mask or loses the time axis */
        CORNU__MASK_COMPUTE /* `call` sets output->mask */
    } mask;
} cornu__layer_class;

struct cornu_layer {
    cornu__object object; /* object.class is a cornu__layer_class */
    bool trainable;
    bool built;
    bool has_input_shape;    /* from .input_shape or .batch_input_shape */
    cornu__spec input_shape; /* with the batch axis */
    cornu__weight **weights; /* Keras's order: trainable ones in order of making, then the others */
    int weight_count;
    struct cornu_model *model; /* the model that this layer is (a nested model), or NULL */
    void *kept;                /* what the class's ops want as long as the layer lives, or NULL */
    void (*release_kept)(void *kept);
};

/* A layer of a class with these options (may be NULL). */
cornu_layer *cornu__layer_create(const cornu__layer_class *class, const void *options);
/* The same in a struct of `size` bytes that begins with cornu_layer. */
cornu_layer *cornu__layer_create_sized(const cornu__layer_class *class, size_t size, const void *options);

const cornu__layer_class *cornu__layer_class_of(const cornu_layer *layer);

/* For `build`. Initializer and the others may be NULL (zeros; none). The weight belongs to the layer. NULL with the error set on failure. */
cornu__weight *cornu__layer_add_weight(cornu_layer *layer, const char *name, int rank, const int64_t *shape,
                                       bool trainable, cornu__object *initializer, cornu__object *regularizer,
                                       cornu__object *constraint);
/* The weight of that name, or NULL. */
cornu__weight *cornu__layer_weight(const cornu_layer *layer, const char *name);

/* Checks count and ranks of inputs, builds once, and infers: the one door for models. Messages begin with the layer's name. */
cornu_status cornu__layer_prepare(cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output);
/* Lowers through the class, sets the graph's scope to the layer's name, passes masks on. */
cornu_status cornu__layer_call(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output);

/* Reads a layer from Keras's JSON config of versions 1 to 3. */
cornu_status cornu__layer_from_json(const json_t *json, const char *path, cornu_layer **layer);

#endif
