/* saving/keras3.h: Keras 3's tree of weights, of .weights.h5 files and in .keras archives: one group per layer, "vars/0", "vars/1" in it. */
#ifndef CORNU_SAVING_KERAS3_H
#define CORNU_SAVING_KERAS3_H

#include "format/hdf5_write.h"
#include "saving/weight_map.h"

/* Whether the file's root is such a tree. */
bool cornu__keras3_is(const cornu__hdf5_node *root);

/* Gathers the weights of the map's model. */
cornu_status cornu__keras3_read_weights(const cornu__hdf5_node *root, cornu__weight_map *map);

/* Writes the tree: all weights, and of a compiled model the optimizer's memory if wanted. */
cornu_status cornu__keras3_write(cornu__hdf5_writer *writer, cornu_model *model, bool with_optimizer);

/* The datasets of the optimizer's memory in order, for cornu__free; *count is 0 where the file has none. */
cornu_status cornu__keras3_optimizer(const cornu__hdf5_node *root, const cornu__hdf5_node ***datasets, size_t *count);

#endif
