/* ports.c: what one kind of step wants to be fed. */
#include "data/ports.h"

cornu_status cornu__ports_of(cornu_model *model, cornu__step_kind kind, cornu__ports *ports)
{
    if (!model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no model (NULL)");
    CORNU_TRY(cornu__model_ready(model, kind));
    ports->model = model;
    ports->input_count = cornu__model_input_count(model);
    ports->target_count = kind == CORNU__STEP_PREDICT ? 0 : cornu__model_target_count(model);
    for (int i = 0; i < ports->input_count; i++)
        ports->inputs[i] = cornu__model_input(model, i);
    for (int i = 0; i < ports->target_count; i++)
        ports->targets[i] = cornu__model_target(model, i);
    return CORNU_OK;
}
