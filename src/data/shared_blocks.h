/*
 * data/shared_blocks.h: memory that the program and its worker processes share: numbered blocks, each as large as was needed so far.
 *
 * One anonymous file in memory holds them all. It has no name, so nothing can be left behind however the processes end, and worker
 * processes inherit it. The program alone decides where a block lies; a worker process is told with each request.
 */
#ifndef CORNU_DATA_SHARED_BLOCKS_H
#define CORNU_DATA_SHARED_BLOCKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct cornu__shared_block {
    size_t offset, size; /* in the file; size 0: there is none yet */
    void *address;       /* where this process has it mapped; NULL: nowhere */
} cornu__shared_block;

typedef struct cornu__shared_blocks {
    int file; /* -1: closed */
    int count;
    cornu__shared_block *blocks;
    pthread_mutex_t lock; /* for `end` */
    size_t end;           /* of what is given out in the file */
} cornu__shared_blocks;

/* `count` blocks without memory. Pair with close, also after a failure. */
cornu_status cornu__shared_blocks_open(cornu__shared_blocks *blocks, int count);
void cornu__shared_blocks_close(cornu__shared_blocks *blocks);

/* The program: gives a block at least `size` bytes, to be read here; what was in it is lost. Several threads may do so, each for a block of
 * its own. */
cornu_status cornu__shared_blocks_grow(cornu__shared_blocks *blocks, int block, size_t size);

/* A worker process: a block as the program has laid it out, to be written here. */
cornu_status cornu__shared_blocks_map(cornu__shared_blocks *blocks, int block, size_t offset, size_t size);
/* A new worker process: the program's mappings, which it inherited, are not its own. */
void cornu__shared_blocks_forget(cornu__shared_blocks *blocks);

#endif
