/* average.c: the moving average of the weights, in their place. */
#include <string.h>

#include "model/model.h"
#include "model/plan.h"

bool cornu__model_has_average(const cornu_model *model)
{
    return model->plan && model->plan->average_part >= 0;
}

/* The average's part of the optimizer's memory has a trained weight's numbers at its position: they change places. `part` and `weight` are
 * room for a part's numbers each. */
static cornu_status swap(cornu_model *model, float *part, float *weight)
{
    const cornu__plan *plan = model->plan;
    int64_t start = plan->average_part * plan->part_size;
    CORNU_TRY(cornu__buffer_download(plan->parts, start, plan->part_size, part));
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__model_weight *entry = &model->weights[i];
        float *average = part + entry->position;
        if (!entry->trained)
            continue;
        CORNU_TRY(cornu__buffer_download(entry->weight->home, entry->weight->offset, entry->weight->count, weight));
        CORNU_TRY(cornu__buffer_upload(entry->weight->home, entry->weight->offset, entry->weight->count, average));
        memcpy(average, weight, (size_t)entry->weight->count * sizeof *weight);
    }
    return cornu__buffer_upload(plan->parts, start, plan->part_size, part);
}

cornu_status cornu__model_use_average(cornu_model *model, bool use)
{
    cornu__plan *plan = model->plan;
    if (use && !cornu__model_has_average(model))
        return cornu__fail(CORNU_ERROR_STATE,
                           "the optimizer of model '%s' keeps no average of the weights; wanted .use_ema = true",
                           cornu_model_name(model));
    if (!cornu__model_has_average(model) || plan->average_in_use == use || plan->iterations == 0)
        return CORNU_OK;
    float *room = cornu__alloc_array(2 * (size_t)plan->part_size, sizeof *room);
    if (!room)
        return cornu_error_status();
    cornu_status status = swap(model, room, room + plan->part_size);
    cornu__free(room);
    if (status == CORNU_OK)
        plan->average_in_use = use;
    return status;
}

/* Both become the average, wherever it is. */
static cornu_status settle(cornu_model *model, float *part)
{
    const cornu__plan *plan = model->plan;
    int64_t start = plan->average_part * plan->part_size;
    CORNU_TRY(cornu__buffer_download(plan->parts, start, plan->part_size, part));
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__model_weight *entry = &model->weights[i];
        const cornu__weight *weight = entry->weight;
        float *average = part + entry->position;
        if (!entry->trained)
            continue;
        CORNU_TRY(plan->average_in_use ? cornu__buffer_download(weight->home, weight->offset, weight->count, average)
                                       : cornu__buffer_upload(weight->home, weight->offset, weight->count, average));
    }
    return cornu__buffer_upload(plan->parts, start, plan->part_size, part);
}

cornu_status cornu__model_finalize_weights(cornu_model *model)
{
    cornu__plan *plan = model->plan;
    if (!cornu__model_has_average(model) || plan->iterations == 0)
        return CORNU_OK;
    float *part = cornu__alloc_array((size_t)plan->part_size, sizeof *part);
    if (!part)
        return cornu_error_status();
    cornu_status status = settle(model, part);
    cornu__free(part);
    if (status == CORNU_OK)
        plan->average_in_use = false;
    return status;
}
