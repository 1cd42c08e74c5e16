/* data/worker_serve.h: what a worker process does: it makes the batches of a generator source when it is asked. */
#ifndef CORNU_DATA_WORKER_SERVE_H
#define CORNU_DATA_WORKER_SERVE_H

#include "data/shared_blocks.h"
#include "data/source.h"

typedef struct cornu__serving {
    cornu__source *source; /* the inherited generator source, in its epoch */
    cornu__shared_blocks *blocks;
    const cornu__position *from; /* where the generator is brought first; NULL: it stands right */
} cornu__serving;

/* Serves requests until the connection ends. A cornu__worker_function; `state` is a cornu__serving. */
void cornu__worker_serve(void *state, int connection);

#endif
