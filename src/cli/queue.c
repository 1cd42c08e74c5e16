/* queue.c: data in batches for workers. */
#include "cli/queue.h"

#define AT(field) offsetof(cornu__queue_arguments, field)
const cornu__argument cornu__queue_argument_table[] = {
    {"workers", CORNU__ARGUMENT_INT, AT(workers), 0, "N",
     "make batches by N workers, ahead of the model (0: by none, but in batches that are shuffled whole)"},
    {"max-queue-size", CORNU__ARGUMENT_INT, AT(max_queue_size), 1, "N", "batches made ahead, with --workers [10]"},
    {"use-multiprocessing", CORNU__ARGUMENT_FLAG, AT(use_multiprocessing), 0, NULL,
     "the workers are processes, not threads; without --workers one"},
    {"worker-restarts", CORNU__ARGUMENT_INT, AT(worker_restarts), 0, "N",
     "how many worker processes are replaced when they die [0]"},
    {0},
};

bool cornu__queue_wanted(const cornu__queue_arguments *arguments)
{
    return arguments->workers >= 0 || arguments->use_multiprocessing;
}

bool cornu__queue_feeds(const cornu__queue_arguments *arguments, const cornu__dataset *data)
{
    return data->pictures || cornu__queue_wanted(arguments);
}

int cornu__queue_workers(const cornu__queue_arguments *arguments)
{
    return arguments->workers >= 0 ? arguments->workers : 1;
}

cornu_sequence *cornu__queue_batches(const cornu__dataset *data, int batch_size)
{
    if (data->pictures)
        return cornu_sequence_retain(data->pictures);
    return cornu_array_sequence(data->x, data->y, .batch_size = batch_size, .sample_weight = data->sample_weight);
}
