/* scale_step.c: the layer Rescaling (nn/layers/core.c) as a step. */
#include <string.h>

#include "image/steps/color.h"

static cornu_status change(const cornu__step_call *call, float *picture)
{
    const cornu_rescaling_options *o = call->config;
    float scale = (float)o->scale, offset = (float)o->offset;
    size_t count = cornu__extent_count(call->from);
    for (size_t i = 0; i < count; i++)
        picture[i] = picture[i] * scale + offset;
    return CORNU_OK;
}

const cornu__step_class cornu__rescaling_step = {.layer.base.name = "Rescaling", .always = true, .change = change};
