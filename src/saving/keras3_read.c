/*
 * keras3_read.c: weights out of Keras 3's tree.
 *
 * "layers" holds a group per layer, named by class and number. tf.keras 2.12 and 2.13 called it "_layer_checkpoint_dependencies", and numbered
 * layers in steps of two, since each was met twice; there the n-th layer of a class has the n-th smallest number.
 */
#include "saving/keras3.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "saving/layer_weights.h"

#define LAYERS "layers"
#define LAYERS_OF_213 "_layer_checkpoint_dependencies"

bool cornu__keras3_is(const cornu__hdf5_node *root)
{
    return cornu__hdf5_find(root, LAYERS) || cornu__hdf5_find(root, LAYERS_OF_213);
}

/* The number of a name "base" (0) or "base_7" (7); -1 for other names. */
static long number_of(const char *name, const char *base)
{
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0)
        return -1;
    if (name[length] == '\0')
        return 0;
    char *end;
    long number = name[length] == '_' && name[length + 1] >= '1' && name[length + 1] <= '9'
                      ? strtol(name + length + 1, &end, 10)
                      : -1;
    return number > 0 && *end == '\0' ? number : -1;
}

/* The group with the `rank`-th smallest number. */
static const cornu__hdf5_node *find_by_rank(const cornu__hdf5_node *layers, const char *base, int rank)
{
    const cornu__hdf5_node *found = NULL;
    long last = -1;
    for (int k = 0; k <= rank; k++) {
        long least = LONG_MAX;
        found = NULL;
        for (size_t i = 0; i < layers->child_count; i++) {
            long number = number_of(layers->children[i]->name, base);
            if (number > last && number < least) {
                least = number;
                found = layers->children[i];
            }
        }
        if (!found)
            return NULL;
        last = least;
    }
    return found;
}

/* The group of a model's next layer, or NULL. */
static const cornu__hdf5_node *find_layer(const cornu__hdf5_node *group, const cornu_model *model,
                                          cornu__container_names *names)
{
    char name[CORNU__CONTAINER_NAME_SIZE], base[CORNU__CONTAINER_NAME_SIZE];
    int number;
    cornu__snake_case(cornu__layer_class_name(model->layers[names->next]), base, sizeof base);
    cornu__container_next(names, name, &number);
    const cornu__hdf5_node *layers = cornu__hdf5_find(group, LAYERS);
    if (layers)
        return cornu__hdf5_find(layers, name);
    layers = cornu__hdf5_find(group, LAYERS_OF_213);
    return layers ? find_by_rank(layers, base, number) : NULL;
}

static cornu_status read_layer(const cornu__hdf5_node *group, cornu_layer *layer, cornu__weight_map *map)
{
    const char *part = cornu__weight_part(layer);
    char path[CORNU__CONTAINER_NAME_SIZE];
    snprintf(path, sizeof path, "%s%svars", part, *part ? "/" : "");
    const cornu__hdf5_node *vars = cornu__hdf5_find(group, path);
    if (!vars)
        return cornu__hdf5_fail(group, CORNU_ERROR_FORMAT, "there is no '%s' with the weights of layer '%s' (%s)", path,
                                cornu_layer_name(layer), cornu__layer_class_name(layer));
    if (vars->child_count != (size_t)layer->weight_count)
        return cornu__hdf5_fail(vars, CORNU_ERROR_FORMAT, "layer '%s' (%s) has %d weights, the file has %zu",
                                cornu_layer_name(layer), cornu__layer_class_name(layer), layer->weight_count,
                                vars->child_count);
    for (int i = 0; i < layer->weight_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        const cornu__hdf5_node *dataset = cornu__hdf5_find(vars, name);
        if (!dataset)
            return cornu__hdf5_fail(vars, CORNU_ERROR_FORMAT, "weight '%s' of layer '%s' is missing",
                                    layer->weights[i]->name, cornu_layer_name(layer));
        CORNU_TRY(cornu__weight_map_read(map, layer, layer->weights[i], dataset));
    }
    return CORNU_OK;
}

/* A layer in several models or places is kept where it is met first. */
static bool is_done(const cornu__weight_map *map, const cornu_layer *layer)
{
    int place = cornu__model_find_weight(map->model, layer->weights[0], -1);
    return place >= 0 && map->found[place];
}

static cornu_status read_model(const cornu__hdf5_node *group, const cornu_model *model, cornu__weight_map *map)
{
    cornu__container_names names = {.model = model};
    for (int i = 0; i < model->layer_count; i++) {
        cornu_layer *layer = model->layers[i];
        const cornu__hdf5_node *child = find_layer(group, model, &names);
        if (!cornu__layer_has_weights(layer) || (!layer->model && is_done(map, layer)))
            continue;
        if (!child)
            return cornu__hdf5_fail(group, CORNU_ERROR_FORMAT, "there is no group for layer '%s' (%s)",
                                    cornu_layer_name(layer), cornu__layer_class_name(layer));
        CORNU_TRY(layer->model ? read_model(child, layer->model, map) : read_layer(child, layer, map));
    }
    return CORNU_OK;
}

cornu_status cornu__keras3_read_weights(const cornu__hdf5_node *root, cornu__weight_map *map)
{
    return read_model(root, map->model, map);
}

cornu_status cornu__keras3_optimizer(const cornu__hdf5_node *root, const cornu__hdf5_node ***datasets, size_t *count)
{
    const cornu__hdf5_node *vars = cornu__hdf5_find(root, "optimizer/vars");
    size_t most = vars ? vars->child_count : 0;
    *count = 0;
    *datasets = cornu__alloc_array(most, sizeof **datasets);
    if (!*datasets)
        return cornu_error_status();
    for (size_t i = 0; i < most; i++) { /* the file's order is that of the names: 0, 1, 10, 11, 2 */
        char name[24];
        snprintf(name, sizeof name, "%zu", i);
        const cornu__hdf5_node *dataset = cornu__hdf5_find(vars, name);
        if (!dataset)
            break;
        (*datasets)[(*count)++] = dataset;
    }
    return CORNU_OK;
}
