/* model.c: life of a model and of symbolic tensors' owner; first failures; names. */
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "model/model.h"
#include "model/plan.h"
#include "model/request.h"

/* --- a model's class as a layer: it has no config of its own, and is never called as one (expand.c lays it open) --- */

typedef struct model_config {
    size_t struct_size;
} model_config;

static const model_config no_config = {.struct_size = sizeof(model_config)};

static const cornu__layer_class sequential_class = {
    .base = {.kind = CORNU__KIND_LAYER,
             .name = "Sequential",
             .options_size = sizeof(model_config),
             .defaults = &no_config},
    .input_min = 1,
    .input_max = 1,
};
static const cornu__layer_class functional_class = {
    .base = {.kind = CORNU__KIND_LAYER,
             .name = "Functional",
             .options_size = sizeof(model_config),
             .defaults = &no_config},
    .input_min = 1,
    .input_max = CORNU__MAX_PORTS,
};

static void destroy_model(cornu__object *object)
{
    cornu_model *model = (cornu_model *)object;
    if (model->companion_destroy)
        model->companion_destroy(model->companion);
    cornu__model_drop_programs(model);
    cornu__plan_release(model->plan);
    cornu__request_release(model->request);
    cornu__model_clear_homes(model);
    cornu__model_clear_steps(model);
    cornu__structure_clear(model);
    cornu__backend_release(model->backend);
    for (int i = 0; i < model->tensor_count; i++)
        cornu_tensor_release(model->tensors[i]);
    cornu__free(model->tensors);
    for (int i = 0; i < model->layer_count; i++)
        cornu__object_drop(model->layers[i]);
    cornu__free(model->layers);
    cornu__object_drop(model->input_layer);
    cornu_history_release(model->history);
    cornu__model_clear_class_names(model);
}

cornu_model *cornu__model_create(const char *name, uint64_t seed, bool sequential)
{
    const cornu__layer_class *class = sequential ? &sequential_class : &functional_class;
    cornu_model *model = cornu__object_create(&class->base, sizeof(cornu_model), &no_config);
    if (!model)
        return NULL;
    cornu__object_keep(model); /* the program's reference */
    model->layer.object.destroy = destroy_model;
    model->layer.trainable = true;
    model->layer.model = model;
    model->sequential = sequential;
    model->seed = seed;
    if (name) {
        model->layer.object.name = cornu__copy_text(name);
        if (!model->layer.object.name) {
            cornu__object_drop(model);
            return NULL;
        }
    }
    return model;
}

cornu_model *cornu_model_retain(cornu_model *model)
{
    if (model)
        cornu__object_keep(model);
    return model;
}

void cornu_model_release(cornu_model *model)
{
    if (model)
        cornu__object_drop(model);
}

cornu_layer *cornu_model_layer(cornu_model *model)
{
    return model ? &model->layer : NULL;
}

/* --- failures --- */

cornu_status cornu__model_poison(cornu_model *model)
{
    cornu__object *object = &model->layer.object;
    if (object->failure == CORNU_OK) {
        object->failure = cornu_error_status();
        char *message = cornu__copy_text(cornu_error_message());
        if (message)
            object->failure_message = message;
        else
            cornu__fail(object->failure, "%s", cornu_status_name(object->failure));
    }
    return object->failure;
}

void cornu__model_enter(cornu_model *model)
{
    model->runs++;
}

void cornu__model_leave(cornu_model *model)
{
    model->runs--;
}

cornu_status cornu__model_check_idle(const char *function, const cornu_model *model)
{
    if (model->runs == 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_STATE,
                       "%s: model '%s' is in a fit, evaluate or predict that runs now, as in a callback's hook: change "
                       "it when that has returned",
                       function, cornu_model_name(model));
}

cornu_status cornu__model_status(const cornu_model *model)
{
    if (!model)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the model is NULL");
    const cornu__object *object = &model->layer.object;
    if (object->failure == CORNU_OK)
        return CORNU_OK;
    return cornu__fail(object->failure, "%s",
                       object->failure_message ? object->failure_message : cornu_status_name(object->failure));
}

cornu_status cornu_model_status(cornu_model *model)
{
    return cornu__model_status(model);
}

cornu_status cornu__fail_null_argument(const char *what)
{
    if (cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY) /* why a constructor gave NULL */
        return cornu__fail_context("%s is NULL", what);
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s is NULL", what);
}

/* --- layers --- */

bool cornu__layer_is_input(const cornu_layer *layer)
{
    return !layer->model && strcmp(layer->object.class->name, "InputLayer") == 0;
}

cornu__spec cornu__input_layer_spec(const cornu_layer *layer)
{
    const cornu_input_layer_options *options = layer->object.config;
    cornu__spec spec = layer->input_shape;
    cornu_dtype dtype = options->dtype ? cornu__dtype_from_name(options->dtype) : CORNU_FLOAT32;
    bool integer = dtype >= CORNU_INT8 && dtype <= CORNU_UINT64;
    spec.dtype = integer ? CORNU_INT32 : CORNU_FLOAT32;
    return spec;
}

const char *cornu__layer_class_name(const cornu_layer *layer)
{
    const cornu__layer_class *class = (const cornu__layer_class *)layer->object.class;
    return class->summary_name ? class->summary_name : class->base.name;
}

cornu_status cornu__model_keep_layer(cornu_model *model, cornu_layer *layer)
{
    if (model->layer_count == CORNU__MAX_LAYERS)
        return cornu__fail(CORNU_ERROR_LIMIT, "a model can have at most %d layers", CORNU__MAX_LAYERS);
    if (model->layer_count == model->layer_capacity) {
        int capacity = model->layer_capacity > 0 ? 2 * model->layer_capacity : 16;
        cornu_layer **grown =
            cornu__realloc(model->layers, (size_t)model->layer_count * sizeof *grown, (size_t)capacity * sizeof *grown);
        if (!grown)
            return cornu_error_status();
        model->layers = grown;
        model->layer_capacity = capacity;
    }
    model->layers[model->layer_count++] = cornu__object_keep(layer);
    return CORNU_OK;
}

/* --- looking --- */

const char *cornu_model_name(const cornu_model *model)
{
    if (!model)
        return "";
    return model->layer.object.name ? model->layer.object.name : model->sequential ? "sequential" : "functional";
}

const char *cornu_layer_name(const cornu_layer *layer)
{
    if (!layer)
        return "";
    if (layer->model)
        return cornu_model_name(layer->model);
    return layer->object.name ? layer->object.name : "";
}

int cornu_layer_count(cornu_model *model)
{
    if (cornu__model_status(model) != CORNU_OK)
        return -1;
    return model->layer_count -
           (model->sequential && model->layer_count > 0 && cornu__layer_is_input(model->layers[0]));
}

static cornu_layer *layer_named(cornu_model *model, cornu_layer **layers, int count, const char *name)
{
    const char **names = cornu__alloc_array((size_t)count, sizeof *names);
    if (!names)
        return NULL;
    for (int i = 0; i < count; i++) {
        names[i] = cornu_layer_name(layers[i]);
        if (strcmp(names[i], name) == 0) {
            cornu__free(names);
            return layers[i];
        }
    }
    const char *nearest = cornu__text_nearest(name, names, (size_t)count);
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "model '%s' has no layer '%s'%s%s%s", cornu_model_name(model), name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    cornu__free(names);
    return NULL;
}

cornu_layer *cornu_get_layer(cornu_model *model, const char *name, int index)
{
    int count = cornu_layer_count(model);
    if (count < 0)
        return NULL;
    if (model->sequential && cornu__model_need_structure(model) != CORNU_OK &&
        (cornu__model_status(model) != CORNU_OK || cornu__sequential_name_layers(model) != CORNU_OK))
        return NULL; /* layers have names also while the input is not known */
    cornu_layer **layers = model->layers + (model->layer_count - count);
    if (name)
        return layer_named(model, layers, count, name);
    if (index >= 0 && index < count)
        return layers[index];
    return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "model '%s' has %d layers; there is no number %d",
                            cornu_model_name(model), count, index);
}

void cornu_set_trainable(cornu_layer *layer, bool trainable)
{
    if (!layer)
        return;
    layer->trainable = trainable;
    if (!layer->model) {
        if (layer->object.config) /* of a layer that was made: what is written as JSON */
            ((cornu_layer_options *)layer->object.config)->trainable = trainable;
        return;
    }
    for (int i = 0; i < layer->model->layer_count; i++)
        cornu_set_trainable(layer->model->layers[i], trainable);
}

void cornu_free(void *text)
{
    cornu__free(text);
}

/* --- what train/ keeps with a model --- */

void *cornu__model_companion(const cornu_model *model)
{
    return model->companion;
}

void cornu__model_set_companion(cornu_model *model, void *companion, void (*destroy)(void *companion))
{
    if (model->companion_destroy && model->companion != companion)
        model->companion_destroy(model->companion);
    model->companion = companion;
    model->companion_destroy = destroy;
}

uint64_t cornu__model_seed(const cornu_model *model)
{
    return model->seed;
}
