/* config_write.c: a model's structure as the JSON that Keras 3's model.to_json() writes. */
#include <stdlib.h>
#include <string.h>

#include "model/config.h"
#include "model/model.h"

/* jansson's functions that "steal" take NULL for a failure made before, so one check at the end of a chain suffices. */

static json_t *write_shape(const cornu__spec *spec)
{
    json_t *list = json_array();
    for (int i = 0; i < spec->rank; i++)
        json_array_append_new(list, spec->shape[i] == CORNU_NONE ? json_null() : json_integer(spec->shape[i]));
    return list;
}

static json_t *write_policy(void)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:n}", "module", "keras", "class_name", "DTypePolicy", "config", "name",
                     "float32", "registered_name");
}

static const cornu__model_node *maker_of(const cornu_model *model, int value)
{
    const cornu__model_node *node = model->nodes;
    while (value >= node->output + node->output_count)
        node++;
    return node;
}

/* ["dense", 0, 0]: layer, which call of it, which output. */
static json_t *write_history(const cornu_model *model, int value)
{
    const cornu__model_node *maker = maker_of(model, value);
    return json_pack("[s, i, i]", cornu_layer_name(maker->layer), maker->call, value - maker->output);
}

static json_t *write_tensor(const cornu_model *model, int value)
{
    const cornu__spec *spec = &model->values[value];
    return json_pack("{s:s, s:{s:o, s:s, s:o}}", "class_name", "__keras_tensor__", "config", "shape", write_shape(spec),
                     "dtype", cornu_dtype_name(spec->dtype), "keras_history", write_history(model, value));
}

/* Whether Keras calls such a layer with a list of tensors. */
static bool takes_list(const cornu_layer *layer)
{
    return layer->model ? layer->model->input_count > 1
                        : ((const cornu__layer_class *)layer->object.class)->input_max > 1;
}

static json_t *write_call(const cornu_model *model, const cornu__model_node *node)
{
    json_t *tensors = json_array();
    for (int i = 0; i < node->input_count; i++)
        json_array_append_new(tensors, write_tensor(model, node->inputs[i]));
    if (takes_list(node->layer))
        tensors = json_pack("[o]", tensors);
    return json_pack("{s:o, s:{}}", "args", tensors, "kwargs");
}

static json_t *write_calls(const cornu_model *model, const cornu_layer *layer)
{
    json_t *calls = json_array();
    for (int i = 0; i < model->node_count; i++) {
        if (model->nodes[i].layer == layer && model->nodes[i].input_count > 0)
            json_array_append_new(calls, write_call(model, &model->nodes[i]));
    }
    return calls;
}

/* The shape or shapes of the first call of a layer. */
static json_t *write_build_config(const cornu_model *model, const cornu_layer *layer)
{
    const cornu__model_node *node = NULL;
    for (int i = 0; i < model->node_count && !node; i++) {
        if (model->nodes[i].layer == layer && model->nodes[i].input_count > 0)
            node = &model->nodes[i];
    }
    if (!node)
        return NULL;
    if (!takes_list(layer))
        return json_pack("{s:o}", "input_shape", write_shape(&model->values[node->inputs[0]]));
    json_t *shapes = json_array();
    for (int i = 0; i < node->input_count; i++)
        json_array_append_new(shapes, write_shape(&model->values[node->inputs[i]]));
    return json_pack("{s:o}", "input_shape", shapes);
}

/* Where a layer stands among all layers of the document, those of nested models included. */
struct places {
    const cornu_layer *layer;
    int walked, first, count;
};

static void find_places(struct places *places, const cornu_model *model)
{
    for (int i = 0; i < model->layer_count; i++) {
        places->walked++;
        if (model->layers[i] == places->layer && places->count++ == 0)
            places->first = places->walked;
        if (model->layers[i]->model)
            find_places(places, model->layers[i]->model);
    }
}

/* A layer of several models is written in each, with one number that says so. `document`: the outermost model. */
static void write_sharing(json_t *json, const cornu_model *document, const cornu_layer *layer)
{
    struct places places = {.layer = layer};
    find_places(&places, document);
    if (places.count > 1)
        json_object_set_new(json, "shared_object_id", json_integer(places.first));
}

static json_t *write_model(cornu_model *model, const cornu_model *document);

static json_t *write_layer(cornu_model *model, cornu_layer *layer, const cornu_model *document)
{
    json_t *json = layer->model ? write_model(layer->model, document) : cornu__object_to_json(&layer->object);
    json_t *build = json && !layer->model && !cornu__layer_is_input(layer) ? write_build_config(model, layer) : NULL;
    if (build)
        json_object_set_new(json, "build_config", build);
    if (json)
        write_sharing(json, document, layer);
    return json;
}

static json_t *write_sequential(cornu_model *model, const cornu_model *document)
{
    json_t *layers = json_array();
    if (model->input_layer && model->input_layer != model->layers[0])
        json_array_append_new(layers, write_layer(model, model->input_layer, document));
    for (int i = 0; i < model->layer_count; i++)
        json_array_append_new(layers, write_layer(model, model->layers[i], document));
    json_t *config = json_pack("{s:s, s:b, s:o, s:o}", "name", cornu_model_name(model), "trainable",
                               (int)model->layer.trainable, "dtype", write_policy(), "layers", layers);
    json_t *json = json_pack("{s:s, s:s, s:O, s:n}", "module", "keras", "class_name", "Sequential", "config", config,
                             "registered_name");
    if (json && model->structured) {
        json_object_set_new(config, "build_input_shape", write_shape(&model->values[0]));
        json_object_set_new(json, "build_config", json_pack("{s:o}", "input_shape", write_shape(&model->values[0])));
    }
    json_decref(config);
    return json;
}

/* The same where a model's inputs and outputs are listed: there Keras counts the making of a nested functional model as its call 0. */
static json_t *write_port(const cornu_model *model, int value)
{
    const cornu_layer *layer = maker_of(model, value)->layer;
    json_t *history = write_history(model, value), *call = json_array_get(history, 1);
    if (layer->model && !layer->model->sequential)
        json_integer_set(call, json_integer_value(call) + 1);
    return history;
}

/* One port as a bare triple, several as a list of them. */
static json_t *write_ports(const cornu_model *model, int count, const int *values)
{
    if (count == 1)
        return write_port(model, values[0]);
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(list, write_port(model, values[i]));
    return list;
}

static json_t *write_functional(cornu_model *model, const cornu_model *document)
{
    json_t *layers = json_array();
    for (int i = 0; i < model->layer_count; i++) {
        json_t *layer = write_layer(model, model->layers[i], document);
        if (layer) {
            json_object_set_new(layer, "name", json_string(cornu_layer_name(model->layers[i])));
            json_object_set_new(layer, "inbound_nodes", write_calls(model, model->layers[i]));
        }
        json_array_append_new(layers, layer);
    }
    json_t *config = json_pack("{s:s, s:b, s:o, s:o, s:o}", "name", cornu_model_name(model), "trainable",
                               (int)model->layer.trainable, "layers", layers, "input_layers",
                               write_ports(model, model->input_count, model->inputs), "output_layers",
                               write_ports(model, model->output_count, model->outputs));
    return json_pack("{s:s, s:s, s:o, s:s, s:{s:n}}", "module", "keras.src.models.functional", "class_name",
                     "Functional", "config", config, "registered_name", "Functional", "build_config", "input_shape");
}

static json_t *write_model(cornu_model *model, const cornu_model *document)
{
    return model->sequential ? write_sequential(model, document) : write_functional(model, document);
}

json_t *cornu__model_config(cornu_model *model)
{
    if (cornu__model_need_structure(model) != CORNU_OK) { /* a deferred Sequential can be written too */
        if (cornu__model_status(model) != CORNU_OK || cornu__sequential_name_layers(model) != CORNU_OK)
            return NULL;
    }
    json_t *json = write_model(model, model);
    if (!json)
        cornu__fail_memory("a model as JSON", 0);
    return json;
}

char *cornu__json_text(const json_t *json)
{
    char *text = json_dumps(json, JSON_REAL_PRECISION(17)), *copy = text ? cornu__copy_text(text) : NULL;
    if (!text)
        cornu__fail_memory("JSON", 0);
    free(text);
    return copy;
}

char *cornu_model_to_json(cornu_model *model)
{
    json_t *json = cornu__model_config(model);
    char *text = json ? cornu__json_text(json) : NULL;
    json_decref(json);
    return text;
}
