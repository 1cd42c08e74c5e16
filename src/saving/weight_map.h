/* saving/weight_map.h: the numbers that a file has for each of a model's weights, gathered until all are there: a model gets all or none. */
#ifndef CORNU_SAVING_WEIGHT_MAP_H
#define CORNU_SAVING_WEIGHT_MAP_H

#include "format/hdf5.h"
#include "model/model.h"

typedef struct cornu__weight_map {
    cornu_model *model;
    bool in_place; /* the model is new: plain numbers are read to where they belong, and a failure costs the model */
    bool *found;   /* per entry of model->weights */
    cornu_array **items; /* per entry; NULL: not found yet, or in place */
    int *order;          /* the entries in the order in which the file lists them: that of an optimizer's memory too */
    int count;           /* how many were found */
} cornu__weight_map;

/* For a model with homes. */
cornu_status cornu__weight_map_create(cornu_model *model, cornu__weight_map *map);
void cornu__weight_map_clear(cornu__weight_map *map);

/* What a file has for one weight of a layer: a dataset of the weight's shape, or an array already in memory, which is taken over. A
 * weight that was found before stays as it was. */
cornu_status cornu__weight_map_read(cornu__weight_map *map, const cornu_layer *layer, const cornu__weight *weight,
                                    const cornu__hdf5_node *dataset);
void cornu__weight_map_take(cornu__weight_map *map, const cornu__weight *weight, cornu_array *array);

/* Sets the model's weights, if there is something for each. */
cornu_status cornu__weight_map_apply(const cornu__weight_map *map);

#endif
