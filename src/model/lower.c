/* lower.c: the forward pass, losses and metrics of one step as a graph. */
#include <string.h>

#include "base/text.h"
#include "model/lower.h"

static int metric_buffer(const cornu__lowering *lowering)
{
    return lowering->model->buffer_count;
}

int cornu__lowering_parts_buffer(const cornu__lowering *lowering)
{
    return lowering->model->buffer_count + 1;
}

/* --- what layers call --- */

static int place_of(cornu__lowering *lowering, const cornu__weight *weight)
{
    int place = cornu__model_find_weight(lowering->model, weight, lowering->hint);
    if (place >= 0)
        lowering->hint = place;
    else
        cornu__fail(CORNU_ERROR_INTERNAL, "weight '%s' is none of model '%s'", weight->name,
                    cornu_model_name(lowering->model));
    return place;
}

static cornu_node *read_weight(cornu__lowering *lowering, int place)
{
    if (lowering->reads[place])
        return lowering->reads[place];
    const cornu__model_weight *entry = &lowering->model->weights[place];
    const cornu__weight *weight = entry->weight;
    cornu__variable_region region = {.buffer = entry->buffer, .offset = weight->offset};
    lowering->reads[place] =
        cornu__op_variable(lowering->call.graph, region, lowering->call.dtype, weight->rank, weight->shape);
    return lowering->reads[place];
}

static cornu_node *call_weight(cornu__call *call, cornu__weight *weight)
{
    cornu__lowering *lowering = (cornu__lowering *)call;
    int place = place_of(lowering, weight);
    if (place < 0)
        return NULL;
    return lowering->assigns[place] ? lowering->assigns[place] : read_weight(lowering, place);
}

/* A shared layer may assign twice; the last value counts, and is assigned at the end. */
static cornu_status call_assign(cornu__call *call, cornu__weight *weight, cornu_node *value)
{
    cornu__lowering *lowering = (cornu__lowering *)call;
    int place = place_of(lowering, weight);
    if (!value || place < 0)
        return cornu_error_status();
    lowering->assigns[place] = value;
    return CORNU_OK;
}

static cornu_status add_loss(cornu__lowering *lowering, cornu_node *loss)
{
    cornu__added_loss *added = loss ? cornu__graph_alloc(lowering->call.graph, sizeof *added) : NULL;
    if (!added)
        return cornu_error_status();
    added->loss = loss;
    *lowering->last_loss = added;
    lowering->last_loss = &added->next;
    return CORNU_OK;
}

static cornu_status call_add_loss(cornu__call *call, cornu_node *loss)
{
    return add_loss((cornu__lowering *)call, loss);
}

/* --- forward --- */

/* Whether a batch's tensor is what a port wants, up to sizes 1 behind: (n) for (n, 1). */
static bool shapes_agree(const cornu__spec *wanted, int64_t rows, const cornu__tensor *got)
{
    if (got->rank < 1 || got->shape[0] != rows)
        return false;
    int rank = wanted->rank > got->rank ? wanted->rank : got->rank;
    for (int i = 0; i < rank; i++) {
        int64_t size = i < wanted->rank ? wanted->shape[i] : 1, other = i < got->rank ? got->shape[i] : 1;
        if (i > 0 && size != CORNU_NONE && size != other)
            return false;
    }
    return true;
}

static cornu_status fail_shape(const cornu_model *model, const char *what, const cornu__port *port, int64_t rows,
                               const cornu__tensor *got)
{
    char wanted_text[CORNU__SHAPE_TEXT_SIZE], got_text[CORNU__SHAPE_TEXT_SIZE];
    cornu__spec wanted = port->spec;
    wanted.shape[0] = rows;
    return cornu__fail(CORNU_ERROR_SHAPE, "%s '%s' of model '%s': wanted shape %s, got %s", what, port->name,
                       cornu_model_name(model),
                       cornu__text_shape(wanted_text, sizeof wanted_text, wanted.rank, wanted.shape),
                       cornu__text_shape(got_text, sizeof got_text, got->rank, got->shape));
}

/* A feed with the port's rank and the batch's sizes. */
static cornu_node *feed(cornu__lowering *lowering, const cornu__spec *spec, const cornu__tensor *tensor)
{
    int64_t shape[CORNU_MAX_RANK];
    for (int i = 0; i < spec->rank; i++)
        shape[i] = i < tensor->rank ? tensor->shape[i] : 1;
    cornu_dtype dtype = spec->dtype == CORNU_INT32 ? CORNU_INT32 : lowering->call.dtype;
    return cornu__op_input(lowering->call.graph, lowering->feed_count++, dtype, spec->rank, shape);
}

static cornu_status lower_inputs(cornu__lowering *lowering)
{
    cornu_model *model = lowering->model;
    for (int i = 0; i < model->input_count; i++) {
        const cornu__tensor *tensor = &lowering->batch->inputs[i];
        const cornu__port *port = &model->input_ports[i];
        if (!shapes_agree(&port->spec, lowering->batch->rows, tensor))
            return fail_shape(model, "input", port, lowering->batch->rows, tensor);
        int64_t declared = port->spec.shape[0];
        if (declared != CORNU_NONE && declared < lowering->batch->rows) /* the last batch of data may be smaller */
            return cornu__fail(CORNU_ERROR_SHAPE,
                               "input '%s' of model '%s' was declared with batches of %lld, got %lld", port->name,
                               cornu_model_name(model), (long long)declared, (long long)lowering->batch->rows);
        lowering->slots[model->input_slots[i]].node = feed(lowering, &port->spec, tensor);
        if (!lowering->slots[model->input_slots[i]].node)
            return cornu_error_status();
    }
    return CORNU_OK;
}

static cornu_status lower_steps(cornu__lowering *lowering)
{
    cornu_model *model = lowering->model;
    for (int i = 0; i < model->step_count; i++) {
        const cornu__model_step_entry *step = &model->steps[i];
        cornu__value inputs[CORNU__MAX_INPUTS], output = {0};
        for (int k = 0; k < step->input_count; k++)
            inputs[k] = lowering->slots[step->inputs[k]];
        lowering->call.frozen = step->frozen;
        lowering->call.number = step->call;
        CORNU_TRY(cornu__layer_call(step->layer, &lowering->call, step->input_count, inputs, &output));
        lowering->slots[step->output] = output;
    }
    return cornu__graph_set_scope(lowering->call.graph, NULL);
}

/* --- targets and losses --- */

static cornu_status lower_target(cornu__lowering *lowering, int output)
{
    cornu_model *model = lowering->model;
    const cornu__port *port = &model->target_ports[output];
    const cornu__tensor *target = &lowering->batch->targets[output];
    const cornu_node *y_pred = lowering->slots[model->output_slots[output]].node;
    cornu__spec spec = port->spec;
    int classes = model->plan->outputs[output].class_axis;
    if (port->any_shape) {
        spec.rank = target->rank;
        for (int i = 0; i < spec.rank; i++)
            spec.shape[i] = CORNU_NONE;
    } else { /* sizes that the model leaves open are those of its output */
        for (int i = 0; i < spec.rank; i++)
            spec.shape[i] = y_pred->shape[classes >= 0 && i >= classes ? i + 1 : i];
    }
    if (!shapes_agree(&spec, lowering->batch->rows, target)) {
        cornu__port wanted = *port;
        wanted.spec = spec;
        return fail_shape(model, "target", &wanted, lowering->batch->rows, target);
    }
    lowering->target_feeds[output] = lowering->feed_count;
    lowering->targets[output] = feed(lowering, &spec, target);
    return lowering->targets[output] ? CORNU_OK : cornu_error_status();
}

static cornu_status lower_sample_weight(cornu__lowering *lowering, int output)
{
    const cornu__tensor *given = &lowering->batch->sample_weights[output];
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = given->rank};
    if (given->rank < 1 || given->shape[0] != lowering->batch->rows)
        return fail_shape(lowering->model, "sample weight of output", &lowering->model->target_ports[output],
                          lowering->batch->rows, given);
    lowering->weight_feeds[output] = lowering->feed_count;
    lowering->sample_weights[output] = feed(lowering, &spec, given);
    return lowering->sample_weights[output] ? CORNU_OK : cornu_error_status();
}

static cornu_status lower_fed_targets(cornu__lowering *lowering)
{
    cornu_model *model = lowering->model;
    for (int i = 0; i < model->output_count; i++) {
        if (!model->target_ports[i].expected)
            continue;
        if (!lowering->batch->targets[i].data)
            return cornu__fail(CORNU_ERROR_DATA, "output '%s' of model '%s' needs a target, and there is none",
                               model->target_ports[i].name, cornu_model_name(model));
        CORNU_TRY(lower_target(lowering, i));
        if (lowering->batch->sample_weights[i].data)
            CORNU_TRY(lower_sample_weight(lowering, i));
    }
    return CORNU_OK;
}

static cornu_node *sum(cornu_node *so_far, cornu_node *more)
{
    return so_far ? cornu__op_binary(CORNU__OP_ADD, so_far, more) : more;
}

/* The penalties of weights that are trained: in Keras a frozen weight is not regularized. */
static cornu_status add_penalties(cornu__lowering *lowering)
{
    const cornu_model *model = lowering->model;
    for (int i = 0; i < model->weight_count; i++) {
        cornu__weight *weight = model->weights[i].weight;
        if (!weight->regularizer || !model->weights[i].trained)
            continue;
        cornu__graph_set_scope(lowering->call.graph, cornu_layer_name(model->weights[i].layer));
        CORNU_TRY(add_loss(lowering, cornu__regularize(weight->regularizer, call_weight(&lowering->call, weight))));
    }
    return cornu__graph_set_scope(lowering->call.graph, NULL);
}

static cornu_status lower_output_loss(cornu__lowering *lowering, int output, cornu_node **loss)
{
    const cornu__plan_output *planned = &lowering->model->plan->outputs[output];
    const cornu__value *y_pred = &lowering->slots[lowering->model->output_slots[output]];
    cornu__graph_set_scope(lowering->call.graph, "loss");
    *loss = cornu__loss_apply(planned->loss, lowering->targets[output], y_pred->node, lowering->sample_weights[output],
                              y_pred->mask);
    if (!*loss)
        return cornu__fail_context("loss of output '%s'", lowering->model->target_ports[output].name);
    return CORNU_OK;
}

/* Total loss: the outputs' losses by their weights, then what layers added, then the penalties, in Keras's order. Results: the total, then
 * each output's loss. */
static cornu_status lower_losses(cornu__lowering *lowering)
{
    cornu_model *model = lowering->model;
    cornu_node *losses[CORNU__MAX_PORTS] = {NULL};
    for (int i = 0; i < model->output_count; i++) {
        const cornu__plan_output *planned = &model->plan->outputs[i];
        if (!planned->loss)
            continue;
        CORNU_TRY(lower_output_loss(lowering, i, &losses[i]));
        cornu_node *weighted =
            planned->weight == 1 ? losses[i] : cornu__op_binary_scalar(CORNU__OP_MULTIPLY, losses[i], planned->weight);
        lowering->total = sum(lowering->total, weighted);
    }
    CORNU_TRY(add_penalties(lowering));
    for (const cornu__added_loss *added = lowering->first_loss; added; added = added->next)
        lowering->total = sum(lowering->total, added->loss);
    if (!lowering->total)
        return cornu__fail(CORNU_ERROR_STATE,
                           "model '%s' has nothing to minimise: no output has a loss, and no layer adds one; give "
                           "cornu_compile or the command a loss",
                           cornu_model_name(model));
    CORNU_TRY(cornu__graph_set_scope(lowering->call.graph, NULL));
    CORNU_TRY(cornu__graph_add_result(lowering->call.graph, lowering->total));
    for (int i = 0, result = 1; i < model->output_count; i++) {
        lowering->loss_results[i] = -1;
        if (!losses[i])
            continue;
        lowering->loss_results[i] = result++;
        CORNU_TRY(cornu__graph_add_result(lowering->call.graph, losses[i]));
    }
    return CORNU_OK;
}

/* --- metrics --- */

/* Sample weights and mask as one: a weight of lower rank counts for all behind. */
static cornu_node *combine(cornu_node *weight, cornu_node *mask)
{
    if (!weight || !mask)
        return weight ? weight : mask;
    int64_t shape[CORNU_MAX_RANK];
    for (int i = 0; i < mask->rank; i++)
        shape[i] = i < weight->rank ? weight->shape[i] : 1;
    if (weight->rank < mask->rank)
        weight = cornu__op_reshape(weight, mask->rank, shape);
    return cornu__op_binary(CORNU__OP_MULTIPLY, weight, mask);
}

/* Targets as a metric wants them: class numbers, or numbers. */
static cornu_node *metric_target(const cornu__lowering *lowering, const cornu__metric_class *class, cornu_node *y_true)
{
    cornu_dtype wanted = class->sparse_targets ? CORNU_INT32 : lowering->call.dtype;
    return y_true->dtype == wanted ? y_true : cornu__op_cast(y_true, wanted);
}

static cornu_status lower_metric(cornu__lowering *lowering, const cornu__plan_metric *planned)
{
    cornu__graph *graph = lowering->call.graph;
    const cornu__metric_class *class = (const cornu__metric_class *)planned->metric->class;
    const cornu__value *y_pred = &lowering->slots[lowering->model->output_slots[planned->output]];
    cornu_node *states[CORNU__METRIC_MAX_STATES], *new_states[CORNU__METRIC_MAX_STATES] = {NULL};
    CORNU_TRY(cornu__graph_set_scope(graph, planned->name));
    for (int i = 0; i < planned->state_count; i++) {
        cornu__variable_region region = {.buffer = metric_buffer(lowering), .offset = planned->offsets[i]};
        states[i] = cornu__op_variable(graph, region, CORNU_FLOAT32, 1, &planned->sizes[i]);
    }
    cornu_node *weight = combine(planned->weighted ? lowering->sample_weights[planned->output] : NULL, y_pred->mask);
    cornu_node *y_true = metric_target(lowering, class, lowering->targets[planned->output]);
    if (class->update(planned->metric, y_true, y_pred->node, weight, states, new_states) != CORNU_OK)
        return cornu__fail_context("metric '%s'", planned->name);
    for (int i = 0; i < planned->state_count; i++) {
        cornu__variable_region region = {.buffer = metric_buffer(lowering), .offset = planned->offsets[i]};
        CORNU_TRY(cornu__op_assign(graph, region, new_states[i]));
    }
    return CORNU_OK;
}

static cornu_status lower_metrics(cornu__lowering *lowering)
{
    const cornu__plan *plan = lowering->model->plan;
    for (int i = 0; i < plan->metric_count; i++)
        CORNU_TRY(lower_metric(lowering, &plan->metrics[i]));
    return cornu__graph_set_scope(lowering->call.graph, NULL);
}

/* --- all of it --- */

static cornu_status lower_assigns(cornu__lowering *lowering)
{
    for (int i = 0; i < lowering->model->weight_count; i++) {
        const cornu__model_weight *entry = &lowering->model->weights[i];
        cornu__variable_region region = {.buffer = entry->buffer, .offset = entry->weight->offset};
        if (lowering->assigns[i])
            CORNU_TRY(cornu__op_assign(lowering->call.graph, region, lowering->assigns[i]));
    }
    return CORNU_OK;
}

static cornu_status lower_outputs(cornu__lowering *lowering)
{
    const cornu_model *model = lowering->model;
    for (int i = 0; i < model->output_count; i++)
        CORNU_TRY(cornu__graph_add_result(lowering->call.graph, lowering->slots[model->output_slots[i]].node));
    return CORNU_OK;
}

static cornu_status allocate(cornu__lowering *lowering)
{
    const cornu_model *model = lowering->model;
    cornu__graph *graph = lowering->call.graph;
    lowering->slots = cornu__graph_alloc(graph, (size_t)model->slot_count * sizeof *lowering->slots);
    lowering->reads = cornu__graph_alloc(graph, (size_t)model->weight_count * sizeof *lowering->reads);
    lowering->assigns = cornu__graph_alloc(graph, (size_t)model->weight_count * sizeof *lowering->assigns);
    return lowering->slots && lowering->reads && lowering->assigns ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__lower(cornu__lowering *lowering, cornu_model *model, cornu__step_kind kind, bool accumulate,
                          const cornu__batch *batch, cornu__graph *graph)
{
    *lowering = (cornu__lowering){
        .call = {.graph = graph,
                 .training = kind == CORNU__STEP_TRAIN,
                 .dtype = CORNU_FLOAT32,
                 .weight = call_weight,
                 .assign = call_assign,
                 .add_loss = call_add_loss},
        .model = model,
        .kind = kind,
        .accumulate = accumulate,
        .batch = batch,
        .hint = -1,
        .last_loss = &lowering->first_loss,
        .learning_rate_feed = -1,
        .step_feed = -1,
        .overwrite_feed = -1,
        .finite_result = -1,
    };
    memset(lowering->target_feeds, -1, sizeof lowering->target_feeds);
    memset(lowering->weight_feeds, -1, sizeof lowering->weight_feeds);
    CORNU_TRY(allocate(lowering));
    CORNU_TRY(lower_inputs(lowering));
    CORNU_TRY(lower_steps(lowering));
    if (kind == CORNU__STEP_PREDICT)
        return lower_outputs(lowering);
    CORNU_TRY(lower_fed_targets(lowering));
    CORNU_TRY(lower_losses(lowering));
    CORNU_TRY(lower_metrics(lowering));
    if (kind == CORNU__STEP_TRAIN)
        CORNU_TRY(cornu__lower_update(lowering));
    return lower_assigns(lowering);
}
