/* layer_weights.c: the weights of a layer, in the orders and places that Keras's files give them. */
#include "saving/layer_weights.h"

#include <stdio.h>
#include <string.h>

/* --- legacy: one list per layer --- */

static bool is_listed(const cornu__layer_weights *weights, const cornu__weight *weight)
{
    for (int i = 0; i < weights->count; i++) {
        if (weights->items[i].weight == weight)
            return true;
    }
    return false;
}

static cornu_status add(cornu__layer_weights *weights, cornu_layer *layer, cornu__weight *weight)
{
    if (is_listed(weights, weight)) /* of a layer that is called in several places */
        return CORNU_OK;
    void *grown = cornu__grow(weights->items, (size_t)weights->count, &weights->capacity, sizeof *weights->items);
    if (!grown)
        return cornu_error_status();
    weights->items = grown;
    weights->items[weights->count].layer = layer;
    weights->items[weights->count++].weight = weight;
    return CORNU_OK;
}

/* The trained weights of a layer, or the others. */
static cornu_status add_weights(cornu__layer_weights *weights, cornu_layer *layer, bool trained, bool frozen)
{
    frozen |= !layer->trainable;
    for (int i = 0; layer->model && i < layer->model->layer_count; i++)
        CORNU_TRY(add_weights(weights, layer->model->layers[i], trained, frozen));
    for (int i = 0; !layer->model && i < layer->weight_count; i++) {
        if ((layer->weights[i]->trainable && !frozen) == trained)
            CORNU_TRY(add(weights, layer, layer->weights[i]));
    }
    return CORNU_OK;
}

cornu_status cornu__legacy_weights(cornu_layer *layer, cornu__layer_weights *weights)
{
    CORNU_TRY(add_weights(weights, layer, true, false));
    return add_weights(weights, layer, false, false);
}

void cornu__layer_weights_clear(cornu__layer_weights *weights)
{
    cornu__free(weights->items);
    *weights = (cornu__layer_weights){.count = 0};
}

/* --- Keras 3: one group per object --- */

void cornu__container_next(cornu__container_names *names, char name[CORNU__CONTAINER_NAME_SIZE], int *number)
{
    cornu_layer *const *layers = names->model->layers;
    const char *class = cornu__layer_class_name(layers[names->next]);
    char base[CORNU__CONTAINER_NAME_SIZE - 16];
    cornu__snake_case(class, base, sizeof base);
    *number = 0;
    for (int i = 0; i < names->next; i++)
        *number += strcmp(cornu__layer_class_name(layers[i]), class) == 0;
    if (*number == 0)
        snprintf(name, CORNU__CONTAINER_NAME_SIZE, "%s", base);
    else
        snprintf(name, CORNU__CONTAINER_NAME_SIZE, "%s_%d", base, *number);
    names->next++;
}

bool cornu__layer_is_listed(const cornu_model *model, const cornu_layer *layer)
{
    return !(model->sequential && cornu__layer_is_input(layer));
}

bool cornu__layer_has_weights(const cornu_layer *layer)
{
    for (int i = 0; layer->model && i < layer->model->layer_count; i++) {
        if (cornu__layer_has_weights(layer->model->layers[i]))
            return true;
    }
    return !layer->model && layer->weight_count > 0;
}

const char *cornu__weight_part(const cornu_layer *layer)
{
    static const char *const with_cell[] = {"SimpleRNN", "GRU", "LSTM"};
    for (size_t i = 0; i < sizeof with_cell / sizeof *with_cell; i++) {
        if (strcmp(cornu__layer_class_name(layer), with_cell[i]) == 0)
            return "cell";
    }
    return "";
}
