/* data/packed_batch.h: a batch, and the state of the generator behind it, laid into one block of memory that another process can read. */
#ifndef CORNU_DATA_PACKED_BATCH_H
#define CORNU_DATA_PACKED_BATCH_H

#include <cornu/array.h>

#include "data/ports.h"

/* What goes along. Each may be NULL. */
typedef struct cornu__packed_extras {
    cornu_array *state, *news;
} cornu__packed_extras;

/* How many bytes a batch takes. `batch` NULL: only what goes along. */
size_t cornu__packed_size(const cornu__ports *ports, const cornu__batch *batch, const cornu__packed_extras *extras);

/* Lays them into `block`, aligned to CORNU_ALIGNMENT. */
void cornu__pack(void *block, const cornu__ports *ports, const cornu__batch *batch, const cornu__packed_extras *extras);

/* batch := what was packed; its tensors point into `block`. */
void cornu__unpack(const void *block, const cornu__ports *ports, cornu__batch *batch);

/* *extras := new arrays with what went along. */
cornu_status cornu__unpack_extras(const void *block, cornu__packed_extras *extras);
void cornu__packed_extras_clear(cornu__packed_extras *extras);

#endif
