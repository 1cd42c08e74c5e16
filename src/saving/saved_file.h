/* saving/saved_file.h: a file that holds a model or its weights, opened; what it is shows its contents, not its name. */
#ifndef CORNU_SAVING_SAVED_FILE_H
#define CORNU_SAVING_SAVED_FILE_H

#include "saving/weight_map.h"

typedef enum cornu__saved_kind {
    CORNU__SAVED_NPZ,     /* arrays by "<layer>/<weight>" */
    CORNU__SAVED_KERAS,   /* .keras: a model and its weights */
    CORNU__SAVED_WEIGHTS, /* .weights.h5: Keras 3's weights */
    CORNU__SAVED_LEGACY   /* .h5 of Keras 1 and 2: weights, and mostly a model */
} cornu__saved_kind;

typedef struct cornu__saved_file {
    const char *path; /* not copied */
    cornu__saved_kind kind;
    cornu__hdf5 *hdf5; /* NULL: .npz */
    /* of .keras: */
    char *weights; /* the member that is HDF5, in memory */
    char *config;  /* config.json, or NULL */
    uint64_t config_size;
} cornu__saved_file;

/* *text := metadata.json of a .keras archive and a NUL behind it, at most `most` bytes, for cornu__free; NULL if there is none. */
cornu_status cornu__saved_metadata(const char *path, uint64_t most, char **text, uint64_t *size);

cornu_status cornu__saved_open(const char *path, cornu__saved_file *file);
void cornu__saved_close(cornu__saved_file *file);

/* Gathers the weights of the map's model, from any file but .npz. */
cornu_status cornu__saved_read_weights(const cornu__saved_file *file, cornu__weight_map *map);

#endif
