/* saving/legacy.h: the HDF5 files of Keras 1 and 2, which Keras 3 writes too: one group per layer, named as the layer, that lists its weights. */
#ifndef CORNU_SAVING_LEGACY_H
#define CORNU_SAVING_LEGACY_H

#include <jansson.h>

#include "format/hdf5_write.h"
#include "saving/optimizer_state.h"
#include "saving/weight_map.h"

/* The group that lists the layers: the root of a file of weights, "model_weights" in that of a model; NULL if this is neither. */
const cornu__hdf5_node *cornu__legacy_layers(const cornu__hdf5_node *root);

/* Gathers the weights of the map's model from that group. */
cornu_status cornu__legacy_read_weights(const cornu__hdf5_node *layers, cornu__weight_map *map);

/* A list of texts among a node's attributes; long ones lie in several attributes, "names0", "names1", ... `texts` borrows from the file and
 * is freed by cornu__free. */
cornu_status cornu__legacy_texts(const cornu__hdf5_node *node, const char *name, const char ***texts, size_t *count);

/* The datasets of the optimizer's memory in order, for cornu__free, and how they are ordered; *count is 0 where the file has none. */
cornu_status cornu__legacy_optimizer(const cornu__hdf5_node *root, const cornu__hdf5_node ***datasets, size_t *count,
                                     cornu__optimizer_layout *layout);

/* Writes the group of all layers' weights at `path` ("": the root), the optimizer's memory, and what version of Keras writes so. */
cornu_status cornu__legacy_write_weights(cornu__hdf5_writer *writer, const char *path, cornu_model *model);
cornu_status cornu__legacy_write_optimizer(cornu__hdf5_writer *writer, const cornu_model *model);
cornu_status cornu__legacy_write_version(cornu__hdf5_writer *writer, const char *path);

/* A model's JSON in Keras 2's words, which Keras 3 reads too, made of Keras 3's, in place. */
void cornu__legacy_config(json_t *config);

#endif
