/* model_step.c: a step as a layer of a model. */
#include "image/steps/step.h"

static const cornu__step_class *class_of(const cornu_layer *layer)
{
    return (const cornu__step_class *)layer->object.class;
}

cornu_status cornu__step_infer(const cornu_layer *layer, int count, const cornu__spec *inputs, cornu__spec *output)
{
    (void)inputs, (void)count;
    output->dtype = CORNU_FLOAT32;
    return class_of(layer)->resize ? cornu__fail(CORNU_ERROR_UNSUPPORTED, "acts in a pipeline, and not inside a model")
                                   : CORNU_OK;
}

cornu_status cornu__step_lower(cornu_layer *layer, cornu__call *call, int count, const cornu__value *inputs,
                               cornu__value *output)
{
    (void)layer, (void)count;
    if (!call->training)
        return cornu__set_output(output, cornu__op_cast(inputs->node, call->dtype));
    return cornu__fail(CORNU_ERROR_UNSUPPORTED, "acts in a pipeline, and not inside a model that is trained");
}
