/*
 * expand.c: nested models laid open: from a model's nodes to the flat list of steps, in which only layers that lower to ops are left.
 *
 * On the way layers learn the shapes of their inputs and make their weights (without homes), so this is where shapes that do not fit are
 * found. Shared layers come several times, with the same weights.
 */
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define MAX_STEPS 100000 /* a model that stands twice in one that stands twice in one ... would otherwise never end */

#define FIRST_SLOTS 64

struct expansion {
    cornu_model *model; /* whose steps are made */
    cornu__spec *slots;
    int slot_count, slot_capacity;
};

static int add_slot(struct expansion *expansion, const cornu__spec *spec)
{
    if (expansion->slot_count == expansion->slot_capacity) {
        int capacity = 2 * expansion->slot_capacity;
        cornu__spec *grown = cornu__realloc(expansion->slots, (size_t)expansion->slot_count * sizeof *grown,
                                            (size_t)capacity * sizeof *grown);
        if (!grown)
            return -1;
        expansion->slots = grown;
        expansion->slot_capacity = capacity;
    }
    expansion->slots[expansion->slot_count] = *spec;
    return expansion->slot_count++;
}

static cornu_status add_step(struct expansion *expansion, cornu_layer *layer, int count, const int *inputs, int output)
{
    cornu_model *model = expansion->model;
    if (model->step_count == MAX_STEPS)
        return cornu__fail(CORNU_ERROR_LIMIT,
                           "model '%s' is too large: more than %d calls of layers with nested models laid open",
                           cornu_model_name(model), MAX_STEPS);
    if (model->step_count == model->step_capacity) {
        int capacity = model->step_capacity > 0 ? 2 * model->step_capacity : 32;
        cornu__model_step_entry *grown =
            cornu__realloc(model->steps, (size_t)model->step_count * sizeof *grown, (size_t)capacity * sizeof *grown);
        if (!grown)
            return cornu_error_status();
        model->steps = grown;
        model->step_capacity = capacity;
    }
    int *copy = cornu__alloc_array((size_t)count, sizeof *copy);
    if (!copy)
        return cornu_error_status();
    memcpy(copy, inputs, (size_t)count * sizeof *copy);
    model->steps[model->step_count++] =
        (cornu__model_step_entry){.layer = layer, .input_count = count, .inputs = copy, .output = output};
    return CORNU_OK;
}

static cornu_status expand(struct expansion *expansion, cornu_model *model, const int *input_slots, int *output_slots,
                           int nesting);

static cornu_status expand_layer(struct expansion *expansion, cornu_layer *layer, int count, const int *inputs,
                                 int *output)
{
    cornu__spec specs[CORNU__MAX_INPUTS], made;
    if (count > CORNU__MAX_INPUTS)
        return cornu__fail(CORNU_ERROR_LIMIT, "layer '%s' is called with %d tensors; at most %d are possible",
                           cornu_layer_name(layer), count, CORNU__MAX_INPUTS);
    for (int i = 0; i < count; i++)
        specs[i] = expansion->slots[inputs[i]];
    CORNU_TRY(cornu__layer_prepare(layer, count, specs, &made));
    *output = add_slot(expansion, &made);
    if (*output < 0)
        return cornu_error_status();
    return add_step(expansion, layer, count, inputs, *output);
}

static cornu_status expand_model(struct expansion *expansion, cornu_model *nested, int count, const int *inputs,
                                 int *outputs, int nesting)
{
    CORNU_TRY(cornu__model_status(nested));
    if (nested->sequential && !nested->structured)
        CORNU_TRY(cornu__sequential_structure(nested, count == 1 ? &expansion->slots[inputs[0]] : NULL));
    if (count != nested->input_count)
        return cornu__fail(CORNU_ERROR_SHAPE, "model '%s' has %d inputs and is called with %d tensors",
                           cornu_model_name(nested), nested->input_count, count);
    return expand(expansion, nested, inputs, outputs, nesting + 1);
}

static int input_number(const cornu_model *model, int node)
{
    for (int i = 0; i < model->input_count; i++) {
        if (model->input_nodes[i] == node)
            return i;
    }
    return -1;
}

static cornu_status expand_node(struct expansion *expansion, cornu_model *model, int number, const int *input_slots,
                                int *slots, int nesting)
{
    const cornu__model_node *node = &model->nodes[number];
    int inputs[CORNU__MAX_INPUTS];
    int input = input_number(model, number);
    if (input >= 0) {
        slots[node->output] = input_slots[input];
        return CORNU_OK;
    }
    if (node->input_count > CORNU__MAX_INPUTS)
        return cornu__fail(CORNU_ERROR_LIMIT, "layer '%s' is called with %d tensors; at most %d are possible",
                           cornu_layer_name(node->layer), node->input_count, CORNU__MAX_INPUTS);
    for (int i = 0; i < node->input_count; i++)
        inputs[i] = slots[node->inputs[i]];
    if (node->layer->model)
        return expand_model(expansion, node->layer->model, node->input_count, inputs, &slots[node->output], nesting);
    return expand_layer(expansion, node->layer, node->input_count, inputs, &slots[node->output]);
}

/* Steps for one call of `model`, whose inputs are in `input_slots`. */
static cornu_status expand(struct expansion *expansion, cornu_model *model, const int *input_slots, int *output_slots,
                           int nesting)
{
    if (nesting > CORNU__MAX_NESTING)
        return cornu__fail(CORNU_ERROR_LIMIT, "model '%s' stands more than %d models deep", cornu_model_name(model),
                           CORNU__MAX_NESTING);
    int *slots = cornu__alloc_array((size_t)model->value_count, sizeof *slots);
    if (!slots)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    for (int i = 0; i < model->node_count && status == CORNU_OK; i++)
        status = expand_node(expansion, model, i, input_slots, slots, nesting);
    for (int i = 0; i < model->output_count && status == CORNU_OK; i++)
        output_slots[i] = slots[model->outputs[i]];
    if (model == expansion->model && status == CORNU_OK) {
        for (int i = 0; i < model->value_count; i++)
            model->values[i] = expansion->slots[slots[i]];
    }
    cornu__free(slots);
    return status;
}

/* By layer, and those of one layer by place. */
static int by_layer(const void *a, const void *b)
{
    const cornu__model_step_entry *left = *(cornu__model_step_entry *const *)a,
                                  *right = *(cornu__model_step_entry *const *)b;
    if (left->layer != right->layer)
        return (uintptr_t)left->layer < (uintptr_t)right->layer ? -1 : 1;
    return left < right ? -1 : left > right;
}

/* Which call of its layer each step is. */
static cornu_status number_calls(cornu_model *model)
{
    cornu__model_step_entry **order = cornu__alloc_array((size_t)model->step_count, sizeof(void *));
    if (!order)
        return cornu_error_status();
    for (int i = 0; i < model->step_count; i++)
        order[i] = &model->steps[i];
    qsort(order, (size_t)model->step_count, sizeof(void *), by_layer);
    for (int i = 1; i < model->step_count; i++) {
        if (order[i]->layer == order[i - 1]->layer)
            order[i]->call = order[i - 1]->call + 1;
    }
    cornu__free(order);
    return CORNU_OK;
}

static cornu_status expand_all(struct expansion *expansion)
{
    cornu_model *model = expansion->model;
    for (int i = 0; i < model->input_count; i++) {
        cornu__spec spec = cornu__input_layer_spec(model->nodes[model->input_nodes[i]].layer);
        model->input_slots[i] = add_slot(expansion, &spec);
        if (model->input_slots[i] < 0)
            return cornu_error_status();
    }
    CORNU_TRY(expand(expansion, model, model->input_slots, model->output_slots, 0));
    return number_calls(model);
}

cornu_status cornu__model_expand(cornu_model *model)
{
    struct expansion expansion = {.model = model, .slot_capacity = FIRST_SLOTS};
    expansion.slots = cornu__alloc_array(FIRST_SLOTS, sizeof *expansion.slots);
    if (!expansion.slots)
        return cornu_error_status();
    cornu_status status = expand_all(&expansion);
    model->slot_count = expansion.slot_count;
    cornu__free(expansion.slots);
    return status;
}

void cornu__model_clear_steps(cornu_model *model)
{
    for (int i = 0; i < model->step_count; i++)
        cornu__free(model->steps[i].inputs);
    cornu__free(model->steps);
    model->steps = NULL;
    model->step_count = model->step_capacity = 0;
}
