/* cli/outputs.h: what a model says of data, whatever door they come in by. */
#ifndef CORNU_CLI_OUTPUTS_H
#define CORNU_CLI_OUTPUTS_H

#include <cornu/train.h>

#include "cli/queue.h"

/* A new array, or a dictionary for several outputs; NULL on failure. `steps` 0: of all samples. */
cornu_array *cornu__outputs_over(const cornu__queue_arguments *queue, const cornu__dataset *data, cornu_model *model,
                                 int batch_size, int steps, int verbose);

#endif
