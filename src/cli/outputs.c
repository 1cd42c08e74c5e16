/* outputs.c: predicting for data of the command. */
#include "cli/outputs.h"

cornu_array *cornu__outputs_over(const cornu__queue_arguments *queue, const cornu__dataset *data, cornu_model *model,
                                 int batch_size, int steps, int verbose)
{
    bool feeds = cornu__queue_feeds(queue, data);
    const cornu_predict_options given = {.struct_size = sizeof given,
                                         .batch_size = feeds ? 0 : batch_size,
                                         .verbose = verbose,
                                         .steps = steps,
                                         .max_queue_size = queue->max_queue_size,
                                         .workers = cornu__queue_workers(queue),
                                         .use_multiprocessing = queue->use_multiprocessing,
                                         .worker_restarts = queue->worker_restarts};
    if (!feeds)
        return cornu_predict_with(model, data->x, &given);
    cornu_sequence *batches = cornu__queue_batches(data, batch_size);
    cornu_array *outputs = batches ? cornu_predict_on_generator_with(model, batches, &given) : NULL;
    cornu_sequence_release(batches);
    return outputs;
}
