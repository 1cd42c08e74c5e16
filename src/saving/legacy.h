/* saving/legacy.h: the HDF5 files of Keras 1 and 2, which Keras 3 writes too: one group per layer, named as the layer, that lists its weights. */
#ifndef CORNU_SAVING_LEGACY_H
#define CORNU_SAVING_LEGACY_H

#include "saving/weight_map.h"

/* The group that lists the layers: the root of a file of weights, "model_weights" in that of a model; NULL if this is neither. */
const cornu__hdf5_node *cornu__legacy_layers(const cornu__hdf5_node *root);

/* Gathers the weights of the map's model from that group. */
cornu_status cornu__legacy_read_weights(const cornu__hdf5_node *layers, cornu__weight_map *map);

/* A list of texts among a node's attributes; long ones lie in several attributes, "names0", "names1", ... `texts` borrows from the file and
 * is freed by cornu__free. */
cornu_status cornu__legacy_texts(const cornu__hdf5_node *node, const char *name, const char ***texts, size_t *count);

#endif
