/*
 * functional.c: a model between symbolic tensors.
 *
 * The order of layers is Keras's (keras/src/ops/function.py, read for its rules): nodes by their depth, which is the longest way to
 * an output, deepest first; among equals in the order in which a walk from the outputs towards the inputs first meets the layers. Weights
 * are listed and saved in this order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "model/model.h"

/* A layer while its model is made. */
typedef struct met_layer {
    cornu_layer *layer;
    int met;   /* when the walk first met it; -1: it did not */
    int depth; /* the largest of its calls' depths */
} met_layer;

struct walk {
    cornu_model *model;
    int given_count; /* inputs */
    cornu_tensor *const *given;
    met_layer *layers;
    int layer_count;
    cornu_tensor **calls; /* of the nodes, to take their marks off again */
};

enum { IN_PROGRESS = -1 }; /* a tensor's mark; 0: not seen; else the node's number + 1 */

static cornu_tensor *call_of(cornu_tensor *tensor)
{
    return tensor->call ? tensor->call : tensor;
}

static bool is_given(const struct walk *walk, const cornu_tensor *tensor)
{
    for (int i = 0; i < walk->given_count; i++) {
        if (walk->given[i] == tensor)
            return true;
    }
    return false;
}

static int find_layer(const struct walk *walk, const cornu_layer *layer)
{
    for (int i = 0; i < walk->layer_count; i++) {
        if (walk->layers[i].layer == layer)
            return i;
    }
    return -1;
}

static cornu_status meet_layer(struct walk *walk, cornu_layer *layer, int met)
{
    if (find_layer(walk, layer) >= 0)
        return CORNU_OK;
    if (walk->layer_count == CORNU__MAX_LAYERS)
        return cornu__fail(CORNU_ERROR_LIMIT, "a model can have at most %d layers", CORNU__MAX_LAYERS);
    walk->layers[walk->layer_count++] = (met_layer){.layer = layer, .met = met};
    return CORNU_OK;
}

static cornu_status check_tensor(const cornu_tensor *tensor)
{
    if (tensor->failure != CORNU_OK)
        return cornu__fail(tensor->failure, "%s",
                           tensor->failure_message ? tensor->failure_message : cornu_status_name(tensor->failure));
    return tensor->call || !tensor->layer ? CORNU_OK : cornu__object_status(tensor->layer);
}

/* A nested Sequential has one output, also while it does not know its input's shape. */
static int output_count_of(const cornu_layer *layer)
{
    return layer->model && !layer->model->sequential ? layer->model->output_count : 1;
}

static cornu_status make_node(struct walk *walk, cornu_tensor *call)
{
    int *inputs = cornu__alloc_array((size_t)call->input_count, sizeof *inputs);
    if (!inputs)
        return cornu_error_status();
    for (int i = 0; i < call->input_count; i++)
        inputs[i] = walk->model->nodes[call_of(call->inputs[i])->mark - 1].output + call->inputs[i]->output;
    cornu__model_node *node =
        cornu__structure_add_node(walk->model, call->layer, call->input_count, inputs, output_count_of(call->layer));
    cornu__free(inputs);
    if (!node)
        return cornu_error_status();
    walk->calls[walk->model->node_count - 1] = call;
    call->mark = walk->model->node_count;
    return CORNU_OK;
}

static cornu_status check_output(const cornu_tensor *tensor)
{
    const cornu_layer *layer = tensor->call ? tensor->call->layer : tensor->layer;
    int count = output_count_of(layer);
    if (tensor->output < count)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "layer '%s' has %d output%s; there is no number %d",
                       cornu_layer_name(layer), count, count == 1 ? "" : "s", tensor->output);
}

/* Makes the nodes of what leads to `tensor`, inputs first. */
static cornu_status visit(struct walk *walk, cornu_tensor *tensor)
{
    CORNU_TRY(check_tensor(tensor));
    cornu_tensor *call = call_of(tensor);
    CORNU_TRY(check_tensor(call));
    CORNU_TRY(check_output(tensor));
    if (call->mark > 0)
        return CORNU_OK;
    if (walk->model->node_count == CORNU__MAX_LAYERS)
        return cornu__fail(CORNU_ERROR_LIMIT, "a model can have at most %d calls of layers", CORNU__MAX_LAYERS);
    CORNU_TRY(meet_layer(walk, call->layer, walk->layer_count));
    bool is_input = cornu__layer_is_input(call->layer);
    if (is_input && !is_given(walk, tensor))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "an output depends on input '%s', which is not among .inputs",
                           cornu_layer_name(call->layer));
    if (!is_input && is_given(walk, tensor))
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "the output of layer '%s' was given as an input; inputs are made by cornu_input",
                           cornu_layer_name(call->layer));
    call->mark = IN_PROGRESS;
    for (int i = 0; i < call->input_count; i++) {
        cornu_status status = visit(walk, call->inputs[i]);
        if (status != CORNU_OK) {
            call->mark = 0;
            return status;
        }
    }
    call->mark = 0;
    return make_node(walk, call);
}

/* Inputs that no output needs stand at the end. */
static cornu_status visit_lonely_inputs(struct walk *walk)
{
    for (int i = 0; i < walk->given_count; i++) {
        cornu_tensor *input = walk->given[i];
        CORNU_TRY(check_tensor(input));
        if (input->call || !cornu__layer_is_input(input->layer))
            return cornu__fail(CORNU_ERROR_UNSUPPORTED, "input %d of the model is not made by cornu_input", i);
        if (input->mark == 0) {
            CORNU_TRY(meet_layer(walk, input->layer, -1));
            CORNU_TRY(make_node(walk, input));
        }
    }
    return CORNU_OK;
}

static int node_of_value(const cornu_model *model, int value)
{
    int low = 0, high = model->node_count - 1; /* nodes stand in the order of their values */
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (model->nodes[middle].output <= value)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void find_depths(struct walk *walk)
{
    cornu_model *model = walk->model;
    for (int i = model->node_count - 1; i >= 0; i--) {
        cornu__model_node *node = &model->nodes[i];
        met_layer *met = &walk->layers[find_layer(walk, node->layer)];
        if (met->depth > node->depth)
            node->depth = met->depth;
        met->depth = node->depth;
        for (int k = 0; k < node->input_count; k++) {
            cornu__model_node *before = &model->nodes[node_of_value(model, node->inputs[k])];
            if (before->depth < node->depth + 1)
                before->depth = node->depth + 1;
        }
    }
}

static int deepest_first(const void *a, const void *b)
{
    const met_layer *left = a, *right = b;
    if (left->depth != right->depth)
        return right->depth - left->depth;
    return left->met - right->met;
}

/* Inputs in their order, then the others in an order in which they can be called: how programs usually make them. */
static cornu_status name_layers(struct walk *walk)
{
    cornu_model *model = walk->model;
    cornu_layer **order = cornu__alloc_array((size_t)walk->layer_count, sizeof *order);
    if (!order)
        return cornu_error_status();
    int count = 0;
    for (int i = 0; i < walk->given_count; i++)
        order[count++] = walk->given[i]->layer;
    for (int i = 0; i < model->node_count; i++) {
        if (model->nodes[i].call == 0 && !cornu__layer_is_input(model->nodes[i].layer))
            order[count++] = model->nodes[i].layer;
    }
    cornu_status status = cornu__name_layers(order, count);
    cornu__free(order);
    return status;
}

static cornu_status keep_layers(struct walk *walk)
{
    qsort(walk->layers, (size_t)walk->layer_count, sizeof *walk->layers, deepest_first);
    for (int i = 0; i < walk->layer_count; i++)
        CORNU_TRY(cornu__model_keep_layer(walk->model, walk->layers[i].layer));
    return CORNU_OK;
}

static cornu_status set_ports(struct walk *walk, int output_count, cornu_tensor *const *outputs)
{
    cornu_model *model = walk->model;
    for (int i = 0; i < walk->given_count; i++) {
        model->input_nodes[i] = walk->given[i]->mark - 1;
        model->inputs[i] = model->nodes[model->input_nodes[i]].output;
    }
    for (int i = 0; i < output_count; i++) {
        model->output_nodes[i] = call_of(outputs[i])->mark - 1;
        model->outputs[i] = model->nodes[model->output_nodes[i]].output + outputs[i]->output;
    }
    model->input_count = walk->given_count;
    model->output_count = output_count;
    return CORNU_OK;
}

static cornu_status check_given(int input_count, cornu_tensor *const *inputs, int output_count)
{
    if (input_count == 0 || output_count == 0)
        return cornu__fail_null_argument(input_count == 0 ? "cornu_functional: the first of .inputs"
                                                          : "cornu_functional: the first of .outputs");
    for (int i = 0; i < input_count; i++) {
        for (int k = 0; k < i; k++) {
            if (inputs[i] == inputs[k])
                return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                                   "cornu_functional: inputs %d and %d are the same tensor", k, i);
        }
    }
    return CORNU_OK;
}

static cornu_status walk_from(struct walk *walk, int output_count, cornu_tensor *const *outputs)
{
    for (int i = 0; i < output_count; i++)
        CORNU_TRY(visit(walk, outputs[i]));
    CORNU_TRY(visit_lonely_inputs(walk));
    find_depths(walk);
    CORNU_TRY(set_ports(walk, output_count, outputs));
    CORNU_TRY(name_layers(walk));
    return keep_layers(walk);
}

static cornu_status make_structure(cornu_model *model, int input_count, cornu_tensor *const *inputs, int output_count,
                                   cornu_tensor *const *outputs)
{
    CORNU_TRY(check_given(input_count, inputs, output_count));
    struct walk walk = {.model = model, .given_count = input_count, .given = inputs};
    walk.layers = cornu__alloc_array(CORNU__MAX_LAYERS + CORNU__MAX_PORTS, sizeof *walk.layers);
    walk.calls = cornu__alloc_array(CORNU__MAX_LAYERS + CORNU__MAX_PORTS, sizeof *walk.calls);
    cornu_status status = walk.layers && walk.calls ? walk_from(&walk, output_count, outputs) : cornu_error_status();
    for (int i = 0; walk.calls && i < model->node_count; i++)
        walk.calls[i]->mark = 0;
    cornu__free(walk.layers);
    cornu__free(walk.calls);
    CORNU_TRY(status);
    return cornu__structure_finish(model);
}

static int count_tensors(cornu_tensor *const *tensors)
{
    int count = 0;
    while (count < CORNU_MAX_PORTS && tensors[count])
        count++;
    return count;
}

static void keep_tensors(int count, cornu_tensor *const *tensors, cornu_tensor **kept)
{
    for (int i = 0; i < count; i++)
        kept[i] = cornu_tensor_retain(tensors[i]);
}

/* The model takes the tensors over, whatever becomes of it. */
cornu_model *cornu_functional_with(const cornu_functional_options *options)
{
    cornu_functional_options given = {.struct_size = sizeof given};
    cornu__options_lay(&given, sizeof given, options);
    int input_count = count_tensors(given.inputs), output_count = count_tensors(given.outputs);
    cornu_tensor *kept[2 * CORNU_MAX_PORTS];
    int count = output_count + input_count;
    keep_tensors(output_count, given.outputs, kept);
    keep_tensors(input_count, given.inputs, kept + output_count);
    cornu_model *model = cornu__model_create(given.name, given.seed, false);
    if (model)
        model->tensors = cornu__alloc_array(2 * CORNU_MAX_PORTS, sizeof *model->tensors);
    if (!model || !model->tensors) {
        cornu_model_release(model);
        for (int i = 0; i < count; i++)
            cornu_tensor_release(kept[i]);
        return NULL;
    }
    memcpy(model->tensors, kept, (size_t)count * sizeof(cornu_tensor *));
    model->tensor_count = count;
    if (make_structure(model, input_count, given.inputs, output_count, given.outputs) != CORNU_OK)
        cornu__model_poison(model);
    return model;
}
