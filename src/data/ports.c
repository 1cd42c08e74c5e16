/* ports.c: what one kind of step wants to be fed. */
#include <string.h>

#include "data/generator.h"
#include "data/ports.h"

/* The model's inputs as `x` has them, for a model that is not built. */
static cornu_status build_from(cornu_model *model, const cornu_array *x)
{
    cornu__spec specs[CORNU__MAX_PORTS];
    size_t count = cornu_array_item_count(x);
    if (count > CORNU__MAX_PORTS)
        return CORNU_OK; /* refused with a better message later */
    for (size_t i = 0; i < count; i++) {
        const cornu_array *item = cornu_array_item(x, i);
        int rank = cornu_array_rank(item);
        if (rank < 1 || cornu_array_is_collection(item))
            return CORNU_OK;
        specs[i] = (cornu__spec){.dtype = CORNU_FLOAT32, .rank = rank};
        memcpy(specs[i].shape, cornu_array_shape(item), (size_t)rank * sizeof *specs[i].shape);
        specs[i].shape[0] = CORNU_NONE;
        if (rank == 1)
            specs[i].shape[specs[i].rank++] = 1; /* as everywhere, (n) stands for (n, 1) */
    }
    return cornu__model_build_from(model, (int)count, specs);
}

/* Finds an input that fixes the size of batches, and checks that the others agree. */
static cornu_status find_fixed(cornu__ports *ports)
{
    ports->fixed = NULL;
    for (int i = 0; i < ports->input_count; i++) {
        const cornu__port *port = ports->inputs[i];
        if (port->spec.shape[0] == CORNU_NONE)
            continue;
        if (ports->fixed && ports->fixed->spec.shape[0] != port->spec.shape[0])
            return cornu__fail(CORNU_ERROR_SHAPE, "input '%s' takes batches of %lld, but input '%s' batches of %lld",
                               ports->fixed->name, (long long)ports->fixed->spec.shape[0], port->name,
                               (long long)port->spec.shape[0]);
        ports->fixed = port;
    }
    return CORNU_OK;
}

cornu_status cornu__ports_of(cornu_model *model, cornu__step_kind kind, const cornu_array *x, cornu__ports *ports)
{
    if (!model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no model (NULL)");
    if (x)
        CORNU_TRY(build_from(model, x));
    CORNU_TRY(cornu__model_ready(model, kind));
    ports->model = model;
    ports->input_count = cornu__model_input_count(model);
    ports->target_count = kind == CORNU__STEP_PREDICT ? 0 : cornu__model_target_count(model);
    for (int i = 0; i < ports->input_count; i++)
        ports->inputs[i] = cornu__model_input(model, i);
    for (int i = 0; i < ports->target_count; i++)
        ports->targets[i] = cornu__model_target(model, i);
    return find_fixed(ports);
}

cornu_status cornu__ports_of_generator(cornu_model *model, cornu__step_kind kind, cornu_generator *generator,
                                       cornu__ports *ports)
{
    cornu_array *x = NULL;
    if (model && generator && cornu__model_wants_input(model) && cornu__generator_first_x(generator, &x) != CORNU_OK)
        return cornu__fail_context("the first batch, whose shape the model takes");
    cornu_status status = cornu__ports_of(model, kind, x, ports);
    cornu_array_release(x);
    return status;
}
