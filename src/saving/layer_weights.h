/* saving/layer_weights.h: the weights of a layer, in the orders and places that Keras's files give them. */
#ifndef CORNU_SAVING_LAYER_WEIGHTS_H
#define CORNU_SAVING_LAYER_WEIGHTS_H

#include "model/model.h"

/* A list of weights with the layers that they belong to. */
typedef struct cornu__layer_weights {
    int count;
    size_t capacity;
    struct {
        cornu_layer *layer;
        cornu__weight *weight;
    } * items;
} cornu__layer_weights;

/* The weights that the legacy formats keep in one layer's group: those that are trained, then the others; of a nested model those of all its
 * layers, in the same two goes. */
cornu_status cornu__legacy_weights(cornu_layer *layer, cornu__layer_weights *weights);
void cornu__layer_weights_clear(cornu__layer_weights *weights);

/* Names of Keras 3's containers of layers: "dense", "dense_1", counted by class and not by the layers' own names. */
typedef struct cornu__container_names {
    const cornu_model *model;
    int next; /* the layer that is named next */
} cornu__container_names;
#define CORNU__CONTAINER_NAME_SIZE 160
/* The name of the next layer of the model, into `name`; *number: how many of its class came before. */
void cornu__container_next(cornu__container_names *names, char name[CORNU__CONTAINER_NAME_SIZE], int *number);

/* Whether Keras lists the layer among a model's: all but a Sequential's input layer. */
bool cornu__layer_is_listed(const cornu_model *model, const cornu_layer *layer);

/* Whether the layer, or one of a nested model's, has weights. */
bool cornu__layer_has_weights(const cornu_layer *layer);

/* Which part of a layer Keras 3 keeps its weights in, as a path below the layer's group: "" for most; "cell" for a recurrent layer's. */
const char *cornu__weight_part(const cornu_layer *layer);

#endif
