/*
 * model/model.h: what a model is, for the files of this room.
 *
 * A model goes through four states, each made once from the one before:
 *   structure - which layer is called with what: nodes and values, in an order that can be run (structure.c, functional.c, sequential.c)
 *   steps     - the same with nested models laid open: only layers that lower to ops (expand.c)
 *   homes     - every weight has its place in a buffer, and its first numbers (homes.c)
 *   plan      - what compile fixed: losses, metrics, optimizer, their states (plan.c)
 * Programs (programs.c) are made of these per kind of step and shapes of a batch.
 *
 * A model is a layer (the struct begins with one), so that models nest.
 */
#ifndef CORNU_MODEL_MODEL_H
#define CORNU_MODEL_MODEL_H

#include <cornu/model.h>

#include "backend/backend.h"
#include "base/memory.h"
#include "model/step.h"
#include "nn/training.h"

#define CORNU__MAX_LAYERS 5000 /* in a model; protects against files that lie */
#define CORNU__MAX_NESTING 64  /* of models in models */
#define CORNU__MAX_PROGRAMS 16 /* kept per model */
#define CORNU__SEGMENT 16      /* floats: weights begin on cache lines */

/* A symbolic tensor: an output of one call of a layer. Output 0 stands for the call and holds what it is about. */
struct cornu_tensor {
    cornu__reference reference;
    cornu_tensor *call; /* output 0 of the same call (kept), or NULL: this is it */
    int output;
    cornu_layer *layer; /* kept; NULL if the constructor failed or this is not output 0 */
    int input_count;
    cornu_tensor **inputs; /* kept */
    cornu_status failure;  /* of the making: what is given it reports it */
    char *failure_message;
    cornu_tensor *next_to_release;
    int mark; /* while a model is made of it: the node's number + 1 */
};

/* One call of one layer inside a model: what Keras calls a node. */
typedef struct cornu__model_node {
    cornu_layer *layer; /* of model->layers (a Sequential's input layer: model->input_layer) */
    int call;           /* which call of this layer in this model, from 0 */
    int input_count;
    int *inputs; /* values */
    int output_count;
    int output; /* the first output's value; others follow */
    int depth;  /* calls to the furthest output behind it */
} cornu__model_node;

/* A layer's call after nested models were laid open. Slots are numbered like values. */
typedef struct cornu__model_step_entry {
    cornu_layer *layer;
    int call;    /* which call of this layer, from 0 */
    bool frozen; /* as compile found it */
    int input_count;
    int *inputs; /* slots */
    int output;  /* slot */
} cornu__model_step_entry;

/* A weight as this model sees it. */
typedef struct cornu__model_weight {
    cornu__weight *weight;
    cornu_layer *layer;
    char *key;        /* "<layer>/<weight>": unique in the model */
    int buffer;       /* in model->buffers */
    bool trained;     /* as compile found it */
    int64_t position; /* of a trained weight: in the optimizer's slots */
} cornu__model_weight;

typedef struct cornu__plan cornu__plan;                       /* model/plan.h */
typedef struct cornu__compile_request cornu__compile_request; /* model/request.h */
typedef struct cornu__model_program cornu__model_program;     /* model/programs.c */

struct cornu_model {
    cornu_layer layer; /* must be first */
    bool sequential;
    uint64_t seed;

    /* The layers: a Sequential's as added; a functional model's in Keras's order, input layers included. Kept. */
    cornu_layer **layers;
    int layer_count, layer_capacity;
    cornu_layer *input_layer; /* a Sequential's, kept; NULL while the shape of its input is not known */
    cornu_tensor **tensors;   /* a functional model's inputs and outputs, kept: they keep all between them */
    int tensor_count;

    /* structure */
    bool structured;
    cornu__model_node *nodes;
    int node_count;
    cornu__spec *values;
    int value_count;
    int input_count, output_count;
    int inputs[CORNU__MAX_PORTS], outputs[CORNU__MAX_PORTS];           /* values */
    int input_nodes[CORNU__MAX_PORTS], output_nodes[CORNU__MAX_PORTS]; /* who makes them */
    char *port_names[2 * CORNU__MAX_PORTS];                            /* inputs', then outputs' names; unique */

    /* steps */
    cornu__model_step_entry *steps;
    int step_count, step_capacity;
    int slot_count;
    int input_slots[CORNU__MAX_PORTS], output_slots[CORNU__MAX_PORTS];

    /* homes */
    bool homed;
    bool awaits_weights; /* a file's are about to be set: the first numbers are zeros */
    cornu__backend *backend;
    cornu__model_weight *weights; /* in Keras's order */
    int weight_count;
    cornu__buffer **buffers; /* kept; those that weights live in */
    int buffer_count;

    /* training */
    cornu__compile_request *request; /* what compile was given */
    cornu__plan *plan;               /* NULL: not compiled, or not yet built */
    cornu__port input_ports[CORNU__MAX_PORTS], target_ports[CORNU__MAX_PORTS];

    /* running */
    int runs; /* trainings, evaluations and predictions that run now: their hooks can call anything, but plan and structure must stay */
    cornu__model_program *programs[CORNU__MAX_PROGRAMS];
    int program_count;
    cornu__model_program *last; /* the one that ran last */
    uint64_t clock;             /* counts uses of programs */
    double loss, output_losses[CORNU__MAX_PORTS];
    float learning_rate_feed, step_feed, overwrite_feed;

    cornu_history *history; /* of all its epochs in fit, also before it was saved; NULL: none */
    char **class_names;     /* class_names.c; NULL: none */
    int class_count;
    double input_scale; /* input_scale.c; 0: none is known */

    void *companion; /* train/'s */
    void (*companion_destroy)(void *companion);
};

/* The floats from the first of `count` to where the next may begin: on a cache line. */
static inline int64_t cornu__room_for(int64_t count)
{
    return (count + CORNU__SEGMENT - 1) / CORNU__SEGMENT * CORNU__SEGMENT;
}

/* --- model.c --- */
cornu_model *cornu__model_create(const char *name, uint64_t seed, bool sequential);
/* Poisons: keeps the thread's last error as the model's first failure. Returns its status. */
cornu_status cornu__model_poison(cornu_model *model);
/* CORNU_OK or the first failure, set as the thread's error. */
cornu_status cornu__model_status(const cornu_model *model);
/* CORNU_OK, or the error of `function`, which would change what a training, evaluation or prediction that runs now works on. */
cornu_status cornu__model_check_idle(const char *function, const cornu_model *model);
/* "<what> is NULL": for want of memory, if that is this thread's last error. */
cornu_status cornu__fail_null_argument(const char *what);
/* Appends to model->layers; keeps. */
cornu_status cornu__model_keep_layer(cornu_model *model, cornu_layer *layer);
bool cornu__layer_is_input(const cornu_layer *layer);
/* What an input layer lets in: float32 or int32. */
cornu__spec cornu__input_layer_spec(const cornu_layer *layer);
const char *cornu__layer_class_name(const cornu_layer *layer); /* "Dense", "Sequential" */

/* --- names.c --- */
/* "MaxPooling2D" -> "max_pooling2d", into `out`. */
void cornu__snake_case(const char *class_name, char *out, size_t size);
/* Gives each of the layers that has none a name like "dense_1", and checks that no two are the same. */
cornu_status cornu__name_layers(cornu_layer *const *layers, int count);

/* --- structure.c: arrays of nodes and values --- */
cornu__model_node *cornu__structure_add_node(cornu_model *model, cornu_layer *layer, int input_count, const int *inputs,
                                             int output_count);
void cornu__structure_clear(cornu_model *model);
/* Checks shapes, builds layers, lays nested models open, names the ports. The nodes are set. */
cornu_status cornu__structure_finish(cornu_model *model);

/* --- sequential.c --- */
/* Makes the structure of a Sequential whose input is known (`input` NULL: from its first layer); does nothing for a structured model. */
cornu_status cornu__sequential_structure(cornu_model *model, const cornu__spec *input);
/* Names the layers, also while there is no structure. */
cornu_status cornu__sequential_name_layers(cornu_model *model);

/* --- expand.c --- */
cornu_status cornu__model_expand(cornu_model *model);
void cornu__model_clear_steps(cornu_model *model);

/* --- homes.c --- */
/* The structure, if its input is known: CORNU_ERROR_STATE if not. */
cornu_status cornu__model_need_structure(cornu_model *model);
/* All that a forward step needs: structure, steps, homes, backend. */
cornu_status cornu__model_need_homes(cornu_model *model);
/* The backend of that name (NULL: "cpu") and number of threads: the model's, if it is such a one, or a new one. Kept for the caller. */
cornu_status cornu__model_choose_backend(const cornu_model *model, const char *name, int threads,
                                         cornu__backend **backend);
/* Runs on this backend from now on; takes the reference over. */
void cornu__model_take_backend(cornu_model *model, cornu__backend *backend);
void cornu__model_clear_homes(cornu_model *model);
/* Whether compile would train it now. */
bool cornu__weight_is_trainable(const cornu_model *model, const cornu__model_weight *entry);
/* The place of a weight in model->weights; looks first behind `hint`. -1: none. */
int cornu__model_find_weight(const cornu_model *model, const cornu__weight *weight, int hint);

/* --- programs.c --- */
void cornu__model_drop_programs(cornu_model *model);

/* --- class_names.c --- */

#define CORNU__MOST_CLASSES 1000000
void cornu__model_clear_class_names(cornu_model *model);

#endif
