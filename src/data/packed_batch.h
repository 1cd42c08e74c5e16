/* data/packed_batch.h: a batch, and the state of the generator behind it, laid into one block of memory that another process can read. */
#ifndef CORNU_DATA_PACKED_BATCH_H
#define CORNU_DATA_PACKED_BATCH_H

#include <cornu/array.h>

#include "data/ports.h"

/* How many bytes a batch takes. `batch` NULL: only the state, which may be NULL too. */
size_t cornu__packed_size(const cornu__ports *ports, const cornu__batch *batch, const cornu_array *state);

/* Lays them into `block`, aligned to CORNU_ALIGNMENT. */
void cornu__pack(void *block, const cornu__ports *ports, const cornu__batch *batch, const cornu_array *state);

/* batch := what was packed; its tensors point into `block`. */
void cornu__unpack(const void *block, const cornu__ports *ports, cornu__batch *batch);

/* *state := a new array with the state that was packed; NULL: there was none. */
cornu_status cornu__unpack_state(const void *block, cornu_array **state);

#endif
