/* saving/archive.h: .keras archives: a ZIP of stored members. */
#ifndef CORNU_SAVING_ARCHIVE_H
#define CORNU_SAVING_ARCHIVE_H

#include <stdint.h>

#include "base/status.h"

#define CORNU__ARCHIVE_METADATA "metadata.json"
#define CORNU__ARCHIVE_HISTORY "history" /* in the metadata */
#define CORNU__ARCHIVE_CLASS_NAMES "class_names"
#define CORNU__ARCHIVE_INPUT_SCALE "input_scale"
#define CORNU__ARCHIVE_CONFIG "config.json"
#define CORNU__ARCHIVE_WEIGHTS "model.weights.h5"

/* The Keras whose archives Cornu's are like. */
#define CORNU__KERAS_VERSION "3.15.1"

/* What goes into an archive: JSON, and HDF5. */
typedef struct cornu__archive_parts {
    const char *config;
    const char *history;     /* saved_history.h; NULL: none */
    const char *class_names; /* saved_facts.h; NULL: none */
    const char *input_scale; /* the same */
    const void *weights;
    uint64_t weights_size;
} cornu__archive_parts;

cornu_status cornu__archive_write(const char *path, const cornu__archive_parts *parts);

/* Writes bytes as a file. */
cornu_status cornu__bytes_write(const char *path, const void *bytes, uint64_t size);

#endif
