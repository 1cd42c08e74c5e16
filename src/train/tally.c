/* tally.c: losses over the batches of a pass. */
#include "train/tally.h"

static double loss_now(const cornu_model *model, int index)
{
    return index == 0 ? cornu__model_loss(model)
                      : cornu__model_output_loss(model, cornu__model_loss_output(model, index));
}

void cornu__tally_add(cornu__tally *tally, const cornu_model *model, int64_t rows)
{
    int losses = cornu__model_loss_count(model);
    tally->rows += (double)rows;
    for (int i = 0; i < losses; i++)
        tally->weighted[i] += (double)rows * loss_now(model, i);
}

void cornu__tally_values(const cornu__tally *tally, const cornu_model *model, cornu_logs *logs)
{
    int losses = cornu__model_loss_count(model);
    logs->count = cornu__model_value_count(model);
    for (int i = 0; i < logs->count; i++) {
        logs->names[i] = cornu__model_value_name(model, i);
        logs->values[i] = i < losses ? tally->weighted[i] / tally->rows : cornu__model_metric(model, i);
    }
}
