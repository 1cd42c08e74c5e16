/* cli/queue.h: --workers and its like: batches that are made ahead of the model, through a Sequence over the data. */
#ifndef CORNU_CLI_QUEUE_H
#define CORNU_CLI_QUEUE_H

#include <cornu/data.h>

#include "cli/data_files.h"

typedef struct cornu__queue_arguments {
    int workers; /* -1: not given */
    int max_queue_size, worker_restarts;
    bool use_multiprocessing;
} cornu__queue_arguments;

#define CORNU__QUEUE_DEFAULTS                                                                                          \
    {                                                                                                                  \
        .workers = -1, .max_queue_size = 10                                                                            \
    }

extern const cornu__argument
    cornu__queue_argument_table[]; /* --workers, --max-queue-size, --use-multiprocessing, --worker-restarts */

/* Whether batches are to come through a queue: it is asked for, or the data are pictures of a folder. */
bool cornu__queue_wanted(const cornu__queue_arguments *arguments);
bool cornu__queue_feeds(const cornu__queue_arguments *arguments, const cornu__dataset *data);

/* How many workers make them. */
int cornu__queue_workers(const cornu__queue_arguments *arguments);

/* The data in batches, for the queue to take. NULL on failure. */
cornu_sequence *cornu__queue_batches(const cornu__dataset *data, int batch_size);

#endif
