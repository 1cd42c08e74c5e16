/* scale_step.c: the layer Rescaling (nn/layers/core.c) as a step. */
#include "image/steps/color.h"

#include <math.h>

static cornu_status change(const cornu__step_call *call, float *picture)
{
    const cornu_rescaling_options *o = call->config;
    if (o->scale == 1 && o->offset == 0)
        return CORNU_OK; /* -0 stays -0 */
    const cornu__image_kernels *kernels;
    CORNU_TRY(cornu__image_kernels_choose(&kernels));
    kernels->adjust(picture, cornu__extent_count(call->from),
                    &(cornu__adjustment){(float)o->scale, (float)o->offset, -INFINITY, INFINITY});
    return CORNU_OK;
}

const cornu__step_class cornu__rescaling_step = {.layer.base.name = "Rescaling", .always = true, .change = change};
