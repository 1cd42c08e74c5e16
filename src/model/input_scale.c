/* input_scale.c: what a model's inputs were multiplied by before it saw them. */
#include <math.h>

#include "model/model.h"

double cornu_model_input_scale(const cornu_model *model)
{
    return model && model->input_scale != 0 ? model->input_scale : 1;
}

cornu_status cornu_model_set_input_scale(cornu_model *model, double scale)
{
    if (!model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no model (NULL)");
    if (!isfinite(scale) || scale == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "an input scale of %g; wanted a finite number that is not 0",
                           scale);
    model->input_scale = scale;
    return CORNU_OK;
}
