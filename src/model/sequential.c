/* sequential.c: stacks of layers. */
#include <string.h>

#include "base/options.h"
#include "base/text.h"
#include "model/model.h"
#include "model/plan.h"

cornu_model *cornu_sequential_with(const cornu_sequential_options *options)
{
    cornu_sequential_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    return cornu__model_create(given.name, given.seed, true);
}

/* What was made for fewer layers is made anew. Weights that have a home keep it. */
static void forget_structure(cornu_model *model)
{
    cornu__model_take_plan(model, NULL);
    cornu__model_clear_homes(model);
    cornu__model_clear_steps(model);
    cornu__structure_clear(model);
}

static cornu_status check_addition(const cornu_model *model, const cornu_layer *layer)
{
    if (!layer)
        return cornu__fail_null_argument("cornu_add: the layer");
    CORNU_TRY(cornu__object_status(layer));
    CORNU_TRY(cornu__model_check_idle("cornu_add", model));
    if (!model->sequential)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_add: '%s' is a functional model; layers are added to Sequential models",
                           cornu_model_name(model));
    if (layer == &model->layer)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_add: model '%s' cannot stand in itself",
                           cornu_model_name(model));
    for (int i = 0; i < model->layer_count; i++) {
        if (model->layers[i] == layer)
            return cornu__fail(
                CORNU_ERROR_INVALID_ARGUMENT,
                "cornu_add: layer %d of model '%s' is this layer already; a layer is shared in a functional model", i,
                cornu_model_name(model));
    }
    if (model->layer_count > 0 && cornu__layer_is_input(layer))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_add to model '%s': an input layer can only be the first", cornu_model_name(model));
    return CORNU_OK;
}

cornu_status cornu_add(cornu_model *model, cornu_layer *layer)
{
    if (!model || check_addition(model, layer) != CORNU_OK) {
        if (!model)
            cornu__fail_null_argument("cornu_add: the model");
        if (layer && !(model && layer == &model->layer))
            cornu__object_drop(cornu__object_keep(layer)); /* given is given */
        return model ? cornu__model_poison(model) : cornu_error_status();
    }
    forget_structure(model);
    if (cornu__model_keep_layer(model, layer) != CORNU_OK) {
        cornu__object_drop(cornu__object_keep(layer));
        return cornu__model_poison(model);
    }
    return CORNU_OK;
}

/* --- structure --- */

/* The input as the first layer, or the first layer of a model that is the first layer, declares it. */
static bool declared_input(const cornu_model *model, cornu__spec *spec)
{
    if (model->layer_count == 0)
        return false;
    const cornu_layer *first = model->layers[0];
    if (first->has_input_shape) {
        *spec = first->input_shape;
        return true;
    }
    if (!first->model)
        return false;
    const cornu_model *nested = first->model;
    if (!nested->sequential) {
        if (nested->input_count != 1)
            return false;
        *spec = nested->values[nested->inputs[0]];
        return true;
    }
    if (nested->input_layer) {
        *spec = cornu__input_layer_spec(nested->input_layer);
        return true;
    }
    return declared_input(nested, spec);
}

static cornu_status make_input_layer(cornu_model *model, const cornu__spec *spec)
{
    if (model->input_layer)
        return CORNU_OK;
    if (cornu__layer_is_input(model->layers[0])) {
        model->input_layer = cornu__object_keep(model->layers[0]);
        return CORNU_OK;
    }
    cornu_input_layer_options options = {
        .struct_size = sizeof options, .trainable = true, .dtype = cornu_dtype_name(spec->dtype)};
    memcpy(options.batch_shape, spec->shape, (size_t)spec->rank * sizeof(int64_t));
    cornu_layer *layer = cornu_input_layer_with(&options);
    if (!layer)
        return cornu_error_status();
    model->input_layer = cornu__object_keep(layer);
    return cornu__object_status(layer);
}

cornu_status cornu__sequential_name_layers(cornu_model *model)
{
    cornu_layer **order = cornu__alloc_array((size_t)model->layer_count + 1, sizeof *order);
    if (!order)
        return cornu_error_status();
    int count = 0;
    if (model->input_layer)
        order[count++] = model->input_layer;
    for (int i = 0; i < model->layer_count; i++) {
        if (model->layers[i] != model->input_layer)
            order[count++] = model->layers[i];
    }
    cornu_status status = cornu__name_layers(order, count);
    cornu__free(order);
    return status;
}

static cornu_status chain_nodes(cornu_model *model)
{
    cornu__model_node *node = cornu__structure_add_node(model, model->input_layer, 0, NULL, 1);
    for (int i = 0; node && i < model->layer_count; i++) {
        if (model->layers[i] == model->input_layer)
            continue;
        const cornu_model *nested = model->layers[i]->model;
        if (nested && !nested->sequential && (nested->input_count != 1 || nested->output_count != 1))
            return cornu__fail(
                CORNU_ERROR_INVALID_ARGUMENT,
                "layer '%s' of Sequential model '%s' is a model with %d inputs and %d outputs; wanted one of each",
                cornu_layer_name(model->layers[i]), cornu_model_name(model), nested->input_count, nested->output_count);
        int before = model->value_count - 1;
        node = cornu__structure_add_node(model, model->layers[i], 1, &before, 1);
    }
    if (!node)
        return cornu_error_status();
    for (int i = 0; i < model->node_count; i++)
        model->nodes[i].depth = model->node_count - 1 - i;
    model->input_count = model->output_count = 1;
    model->inputs[0] = 0;
    model->input_nodes[0] = 0;
    model->outputs[0] = model->value_count - 1;
    model->output_nodes[0] = model->node_count - 1;
    return CORNU_OK;
}

static cornu_status make_structure(cornu_model *model, const cornu__spec *spec)
{
    CORNU_TRY(make_input_layer(model, spec));
    CORNU_TRY(cornu__sequential_name_layers(model));
    CORNU_TRY(chain_nodes(model));
    return cornu__structure_finish(model);
}

cornu_status cornu__sequential_structure(cornu_model *model, const cornu__spec *input)
{
    CORNU_TRY(cornu__model_status(model));
    if (model->structured)
        return CORNU_OK;
    if (model->layer_count == 0)
        return cornu__fail(CORNU_ERROR_STATE, "Sequential model '%s' has no layers", cornu_model_name(model));
    cornu__spec declared;
    bool known = model->input_layer != NULL || declared_input(model, &declared);
    if (!known && !input)
        return cornu__fail(
            CORNU_ERROR_STATE,
            "Sequential model '%s' is not built: give its first layer an input shape, or call cornu_build, or train it",
            cornu_model_name(model));
    if (make_structure(model, known && !model->input_layer ? &declared : input) != CORNU_OK) {
        cornu__structure_clear(model);
        cornu__model_clear_steps(model);
        if (known)
            return cornu__model_poison(model);
        cornu__object_drop(model->input_layer); /* data of a wrong shape do not spoil the model */
        model->input_layer = NULL;
        return cornu_error_status();
    }
    return CORNU_OK;
}

static bool spec_fits(const cornu__spec *declared, int rank, const int64_t *shape)
{
    bool fits = declared->rank == rank;
    for (int i = 0; fits && i < rank; i++)
        fits = declared->shape[i] == CORNU_NONE || shape[i] == CORNU_NONE || declared->shape[i] == shape[i];
    return fits;
}

cornu_status cornu_build_with(cornu_model *model, int rank, const int64_t *shape)
{
    CORNU_TRY(cornu__model_status(model));
    char text[CORNU__SHAPE_TEXT_SIZE], other[CORNU__SHAPE_TEXT_SIZE];
    if (rank < 1 || rank > CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_SHAPE, "cornu_build: a shape has 1 to %d sizes with the batch, got %d",
                           CORNU_MAX_RANK, rank);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 && shape[i] != CORNU_NONE)
            return cornu__fail(CORNU_ERROR_SHAPE, "cornu_build: sizes are positive or CORNU_NONE, got %s",
                               cornu__text_shape(text, sizeof text, rank, shape));
    }
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = rank};
    memcpy(spec.shape, shape, (size_t)rank * sizeof *shape);
    if (model->sequential)
        CORNU_TRY(cornu__sequential_structure(model, &spec));
    const cornu__spec *declared = &model->values[model->inputs[0]];
    if (model->input_count != 1 || !spec_fits(declared, rank, shape))
        return cornu__fail(CORNU_ERROR_SHAPE, "cornu_build: model '%s' was built for %s, got %s",
                           cornu_model_name(model),
                           cornu__text_shape(other, sizeof other, declared->rank, declared->shape),
                           cornu__text_shape(text, sizeof text, rank, shape));
    return cornu__model_need_homes(model);
}

bool cornu__model_wants_input(const cornu_model *model)
{
    return model->sequential && !model->structured;
}

cornu_status cornu__model_build_from(cornu_model *model, int count, const cornu__spec *inputs)
{
    CORNU_TRY(cornu__model_status(model));
    if (!model->sequential || model->structured)
        return CORNU_OK;
    if (count != 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "Sequential model '%s' has one input, got %d", cornu_model_name(model),
                           count);
    cornu__spec spec = inputs[0];
    spec.shape[0] = CORNU_NONE;
    spec.dtype = spec.dtype == CORNU_INT32 ? CORNU_INT32 : CORNU_FLOAT32;
    CORNU_TRY(cornu__sequential_structure(model, &spec));
    return CORNU_OK;
}
