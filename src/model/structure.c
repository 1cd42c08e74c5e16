/* structure.c: the list of a model's nodes (calls of layers) and values (what they make). */
#include <stdio.h>
#include <string.h>

#include "model/model.h"

static int *copy_numbers(int count, const int *numbers)
{
    int *copy = cornu__alloc_array((size_t)count, sizeof *copy);
    if (copy && count > 0)
        memcpy(copy, numbers, (size_t)count * sizeof *copy);
    return copy;
}

static int calls_so_far(const cornu_model *model, const cornu_layer *layer)
{
    int count = 0;
    for (int i = 0; i < model->node_count; i++)
        count += model->nodes[i].layer == layer;
    return count;
}

/* Lists grow by doubling: when `count` is a power of two (or 0), it is full. */
static bool grow(void *list, int count, int more, size_t item_size)
{
    void **items = list;
    int capacity = 16, wanted = 16;
    while (capacity < count)
        capacity *= 2;
    while (wanted < count + more)
        wanted *= 2;
    if (*items && wanted == capacity)
        return true;
    void *grown = cornu__realloc(*items, (size_t)count * item_size, (size_t)wanted * item_size);
    if (grown)
        *items = grown;
    return grown != NULL;
}

cornu__model_node *cornu__structure_add_node(cornu_model *model, cornu_layer *layer, int input_count, const int *inputs,
                                             int output_count)
{
    if (!grow(&model->nodes, model->node_count, 1, sizeof *model->nodes) ||
        !grow(&model->values, model->value_count, output_count, sizeof *model->values))
        return NULL;
    int *input_values = copy_numbers(input_count, inputs);
    if (!input_values)
        return NULL;
    cornu__model_node *node = &model->nodes[model->node_count];
    *node = (cornu__model_node){
        .layer = layer,
        .call = calls_so_far(model, layer),
        .input_count = input_count,
        .inputs = input_values,
        .output_count = output_count,
        .output = model->value_count,
    };
    memset(&model->values[model->value_count], 0, (size_t)output_count * sizeof *model->values);
    model->value_count += output_count;
    model->node_count++;
    return node;
}

static void free_port_names(cornu_model *model)
{
    for (int i = 0; i < 2 * CORNU__MAX_PORTS; i++) {
        cornu__free(model->port_names[i]);
        model->port_names[i] = NULL;
    }
}

void cornu__structure_clear(cornu_model *model)
{
    for (int i = 0; i < model->node_count; i++)
        cornu__free(model->nodes[i].inputs);
    cornu__free(model->nodes);
    cornu__free(model->values);
    model->nodes = NULL;
    model->values = NULL;
    model->node_count = model->value_count = 0;
    model->input_count = model->output_count = 0;
    free_port_names(model);
    model->structured = false;
}

static bool is_port_name(char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* The layer's name; when a layer gives several ports, "_1", "_2" make them different. */
static cornu_status name_port(char **names, int index, const char *layer)
{
    char name[256];
    snprintf(name, sizeof name, "%s", layer);
    for (int number = 1; is_port_name(names, index, name); number++)
        snprintf(name, sizeof name, "%s_%d", layer, number);
    names[index] = cornu__copy_text(name);
    return names[index] ? CORNU_OK : cornu_error_status();
}

static cornu_status name_ports(cornu_model *model)
{
    char **outputs = model->port_names + CORNU__MAX_PORTS;
    for (int i = 0; i < model->input_count; i++)
        CORNU_TRY(name_port(model->port_names, i, cornu_layer_name(model->nodes[model->input_nodes[i]].layer)));
    for (int i = 0; i < model->output_count; i++)
        CORNU_TRY(name_port(outputs, i, cornu_layer_name(model->nodes[model->output_nodes[i]].layer)));
    for (int i = 0; i < model->input_count; i++)
        model->input_ports[i] =
            (cornu__port){.name = model->port_names[i], .spec = model->values[model->inputs[i]], .expected = true};
    return CORNU_OK;
}

cornu_status cornu__structure_finish(cornu_model *model)
{
    CORNU_TRY(cornu__model_expand(model));
    CORNU_TRY(name_ports(model));
    model->structured = true;
    model->layer.built = true;
    return CORNU_OK;
}
