/*
 * update.c: the second half of a training step: gradients, clipping, weight decay, the optimizer, the average of the weights, constraints,
 * in Keras 3's order (keras/src/optimizers/base_optimizer.py, read for its rules).
 *
 * Weights that lie side by side are updated together, as one run: their gradients are packed into one vector of the same layout. A weight
 * with a constraint is a run of its own, and so is each where the optimizer looks at norms or shapes; weights with a gradient share none with
 * those without.
 */
#include <math.h>
#include <string.h>

#include "graph/arithmetic.h"
#include "model/lower.h"

struct updating {
    cornu__lowering *lowering;
    cornu__graph *graph;
    const cornu__plan *plan;
    const cornu__optimizer_common *options;
    int *trained;           /* the weights that are trained, numbers in model->weights */
    cornu_node **gradients; /* one per trained weight; NULL: the loss does not depend on it */
    int trained_count;
    cornu_node *learning_rate, *step, *overwrite;
    cornu_node *scale, *finite; /* with a loss scale that moves: it, and whether all gradients are finite; or NULL */
};

/* Trained weights first .. first + count - 1, side by side. */
struct run {
    int first, count;
    int buffer;
    int64_t offset, position; /* in the buffer; in the optimizer's parts */
    int64_t size;
};

static const cornu__model_weight *trained_weight(const struct updating *updating, int index)
{
    return &updating->lowering->model->weights[updating->trained[index]];
}

static cornu_node *feed_scalar(struct updating *updating, int *number)
{
    *number = updating->lowering->feed_count++;
    return cornu__op_input(updating->graph, *number, CORNU_FLOAT32, 0, NULL);
}

static cornu_node *flat(cornu_node *x)
{
    int64_t size = x ? x->count : 0;
    return cornu__op_reshape(x, 1, &size);
}

/* The region takes the value, unless gradients that are not finite stop it: then it stays `before`. */
static cornu_status assign(const struct updating *updating, cornu__variable_region region, cornu_node *before,
                           cornu_node *value)
{
    return cornu__op_assign(updating->graph, region,
                            updating->finite ? cornu__op_select(updating->finite, value, before) : value);
}

/* --- a loss scale that moves (keras/src/optimizers/loss_scale_optimizer.py, read for its rules) --- */

static cornu_node *read_scale(const struct updating *updating, int which)
{
    cornu__variable_region region = {.buffer = cornu__lowering_parts_buffer(updating->lowering),
                                     .offset = updating->plan->scale_offset + which};
    return cornu__op_variable(updating->graph, region, CORNU_FLOAT32, 0, NULL);
}

/* g - g is 0 where g is finite, else NaN. */
static cornu_node *all_finite(const struct updating *updating)
{
    cornu_node *total = NULL;
    for (int i = 0; i < updating->trained_count; i++) {
        cornu_node *gradient = updating->gradients[i];
        if (!gradient)
            continue;
        cornu_node *sum = cornu__op_reduce(CORNU__OP_SUM, cornu__subtract(gradient, gradient), 0, NULL, false);
        total = total ? cornu__add(total, sum) : sum;
    }
    return cornu__op_binary_scalar(CORNU__OP_EQUAL, total, 0);
}

/* scale := finite ? (enough steps ? 2 scale : scale) : scale / 2; steps := finite and not enough ? steps + 1 : 0. */
static cornu_status move_scale(const struct updating *updating)
{
    int buffer = cornu__lowering_parts_buffer(updating->lowering);
    cornu__variable_region scale = {buffer, updating->plan->scale_offset}, steps = {buffer, scale.offset + 1};
    cornu_node *counted = read_scale(updating, 1);
    cornu_node *enough = cornu__op_binary_scalar(CORNU__OP_EQUAL, counted, updating->plan->growth_steps - 1);
    cornu_node *grown = cornu__op_select(enough, cornu__scale(updating->scale, 2), updating->scale);
    cornu_node *goes_on = cornu__multiply(updating->finite, cornu__one_minus(enough));
    CORNU_TRY(cornu__op_assign(updating->graph, scale,
                               cornu__op_select(updating->finite, grown, cornu__scale(updating->scale, 0.5))));
    return cornu__op_assign(updating->graph, steps, cornu__multiply(goes_on, cornu__shift(counted, 1)));
}

/* Behind the gradients' making: finds whether they are finite, divides them by the scale, and moves it. */
static cornu_status unscale(struct updating *updating)
{
    updating->finite = all_finite(updating);
    for (int i = 0; i < updating->trained_count; i++) {
        if (!updating->gradients[i])
            continue;
        updating->gradients[i] = cornu__divide(updating->gradients[i], updating->scale);
        if (!updating->gradients[i])
            return cornu_error_status();
    }
    CORNU_TRY(move_scale(updating));
    updating->lowering->finite_result = updating->graph->result_count;
    return cornu__graph_add_result(updating->graph, updating->finite);
}

/* --- gradients --- */

static cornu_status find_gradients(struct updating *updating)
{
    cornu__lowering *lowering = updating->lowering;
    const cornu_model *model = lowering->model;
    updating->trained = cornu__graph_alloc(updating->graph, (size_t)model->weight_count * sizeof *updating->trained);
    updating->gradients =
        cornu__graph_alloc(updating->graph, (size_t)model->weight_count * sizeof *updating->gradients);
    cornu_node **weights = cornu__graph_alloc(updating->graph, (size_t)model->weight_count * sizeof *weights);
    if (!updating->trained || !updating->gradients || !weights)
        return cornu_error_status();
    for (int i = 0; i < model->weight_count; i++) {
        if (!model->weights[i].trained)
            continue;
        weights[updating->trained_count] = lowering->call.weight(&lowering->call, model->weights[i].weight);
        updating->trained[updating->trained_count++] = i;
    }
    /* A ReLU can change places with the pooling behind it only while its gradient does not use it too. */
    CORNU_TRY(cornu__graph_simplify(lowering->total->op->graph));
    double factor = updating->options->loss_scale_factor;
    updating->scale = updating->plan->scale_offset >= 0 ? read_scale(updating, 0) : NULL;
    bool scaled = !isnan(factor) && factor != 1 && !updating->scale;
    cornu_node *total = updating->scale ? cornu__multiply(lowering->total, updating->scale)
                        : scaled        ? cornu__scale(lowering->total, factor)
                                        : lowering->total;
    if (!total)
        return cornu_error_status();
    CORNU_TRY(cornu__gradients(total, updating->trained_count, weights, updating->gradients));
    for (int i = 0; i < updating->trained_count && scaled; i++)
        if (updating->gradients[i])
            updating->gradients[i] = cornu__scale(updating->gradients[i], 1 / factor);
    int found = 0;
    for (int i = 0; i < updating->trained_count; i++)
        found += updating->gradients[i] != NULL;
    if (found == 0 && updating->trained_count > 0)
        return cornu__fail(CORNU_ERROR_STATE,
                           "the loss of model '%s' does not depend on any of the weights to be trained",
                           cornu_model_name(model));
    return updating->scale && found > 0 ? unscale(updating) : CORNU_OK;
}

/* --- clipping: one of the three, or none --- */

static cornu_node *square_sum(cornu_node *x)
{
    return cornu__op_reduce(CORNU__OP_SUM, cornu__op_unary(CORNU__OP_SQUARE, x), 0, NULL, false);
}

/* g c / max(|g|, c), each by itself. */
static void clip_each(struct updating *updating, double limit)
{
    for (int i = 0; i < updating->trained_count; i++) {
        cornu_node *gradient = updating->gradients[i];
        if (!gradient)
            continue;
        cornu_node *norm = cornu__op_unary(CORNU__OP_SQRT, square_sum(gradient));
        cornu_node *divisor = cornu__op_binary_scalar(CORNU__OP_MAXIMUM, norm, limit);
        updating->gradients[i] = cornu__op_binary(CORNU__OP_DIVIDE, cornu__scale(gradient, limit), divisor);
    }
}

/* g (c min(1 / N, 1 / c) + (N - N)), N the norm of all together: as in Keras, what is not finite is not hidden but makes all NaN. */
static void clip_together(struct updating *updating, double limit)
{
    cornu_node *total = NULL;
    for (int i = 0; i < updating->trained_count; i++) {
        if (!updating->gradients[i])
            continue;
        cornu_node *square = square_sum(updating->gradients[i]);
        total = total ? cornu__op_binary(CORNU__OP_ADD, total, square) : square;
    }
    cornu_node *norm = cornu__op_unary(CORNU__OP_SQRT, total), *inverse = cornu__op_unary(CORNU__OP_RECIPROCAL, norm);
    cornu_node *factor = cornu__scale(cornu__op_binary_scalar(CORNU__OP_MINIMUM, inverse, 1 / limit), limit);
    factor = cornu__op_binary(CORNU__OP_ADD, factor, cornu__op_binary(CORNU__OP_SUBTRACT, norm, norm));
    for (int i = 0; i < updating->trained_count; i++) {
        if (updating->gradients[i])
            updating->gradients[i] = cornu__multiply(updating->gradients[i], factor);
    }
}

static void clip_values(struct updating *updating, double limit)
{
    for (int i = 0; i < updating->trained_count; i++) {
        cornu_node *gradient = updating->gradients[i];
        if (gradient)
            updating->gradients[i] = cornu__op_binary_scalar(
                CORNU__OP_MINIMUM, cornu__op_binary_scalar(CORNU__OP_MAXIMUM, gradient, -limit), limit);
    }
}

static cornu_status check_clipped(const struct updating *updating, int before)
{
    int found = 0;
    for (int i = 0; i < updating->trained_count; i++)
        found += updating->gradients[i] != NULL;
    return found == before ? CORNU_OK : cornu_error_status();
}

static cornu_status clip(struct updating *updating)
{
    int count = 0;
    for (int i = 0; i < updating->trained_count; i++)
        count += updating->gradients[i] != NULL;
    if (!isnan(updating->options->clipnorm))
        clip_each(updating, updating->options->clipnorm);
    else if (!isnan(updating->options->global_clipnorm))
        clip_together(updating, updating->options->global_clipnorm);
    else if (!isnan(updating->options->clipvalue))
        clip_values(updating, updating->options->clipvalue);
    return check_clipped(updating, count);
}

/* --- gradients of several steps: the sum so far, one region per weight --- */

static cornu__variable_region sum_region(const struct updating *updating, const cornu__model_weight *entry)
{
    return (cornu__variable_region){.buffer = cornu__lowering_parts_buffer(updating->lowering),
                                    .offset = updating->plan->sum_part * updating->plan->part_size + entry->position};
}

/* Adds the sum so far to each gradient. The step that updates takes the mean and starts again from 0. */
static cornu_status accumulate(struct updating *updating)
{
    int steps = cornu__plan_accumulation(updating->plan);
    for (int i = 0; i < updating->trained_count; i++) {
        cornu_node *gradient = updating->gradients[i];
        const cornu__weight *weight = trained_weight(updating, i)->weight;
        cornu__variable_region region = sum_region(updating, trained_weight(updating, i));
        if (!gradient)
            continue;
        cornu_node *so_far = cornu__op_variable(updating->graph, region, CORNU_FLOAT32, weight->rank, weight->shape);
        cornu_node *total = cornu__op_binary(CORNU__OP_ADD, gradient, so_far), *next = total;
        if (!updating->lowering->accumulate) {
            total = cornu__op_binary_scalar(CORNU__OP_DIVIDE, total, steps);
            next = cornu__op_fill(updating->graph, CORNU_FLOAT32, weight->rank, weight->shape, 0);
        }
        CORNU_TRY(assign(updating, region, so_far, next));
        updating->gradients[i] = total;
        if (!total)
            return cornu_error_status();
    }
    return CORNU_OK;
}

/* --- runs --- */

static bool continues(const struct updating *updating, const struct run *run, int next)
{
    const cornu__model_weight *last = trained_weight(updating, next - 1), *entry = trained_weight(updating, next);
    int64_t space = entry->weight->offset - last->weight->offset;
    bool alike = (updating->gradients[next] != NULL) == (updating->gradients[next - 1] != NULL) &&
                 !entry->weight->constraint && !last->weight->constraint &&
                 !cornu__plan_optimizer_class(updating->plan)->per_weight;
    return alike && entry->buffer == run->buffer && space >= last->weight->count &&
           space < last->weight->count + CORNU__SEGMENT && entry->position - last->position == space;
}

static struct run run_from(const struct updating *updating, int first)
{
    const cornu__model_weight *entry = trained_weight(updating, first);
    struct run run = {.first = first,
                      .count = 1,
                      .buffer = entry->buffer,
                      .offset = entry->weight->offset,
                      .position = entry->position};
    while (first + run.count < updating->trained_count && continues(updating, &run, first + run.count))
        run.count++;
    const cornu__weight *last = trained_weight(updating, first + run.count - 1)->weight;
    run.size = last->offset + last->count - run.offset;
    return run;
}

static cornu_node *pack_gradients(struct updating *updating, const struct run *run)
{
    if (run->count == 1)
        return flat(updating->gradients[run->first]);
    int64_t *offsets = cornu__graph_alloc(updating->graph, (size_t)run->count * sizeof *offsets);
    if (!offsets)
        return NULL;
    for (int i = 0; i < run->count; i++)
        offsets[i] = trained_weight(updating, run->first + i)->weight->offset - run->offset;
    return cornu__op_pack(updating->graph, run->count, updating->gradients + run->first, offsets, run->size);
}

static cornu__variable_region part_region(const struct updating *updating, const struct run *run, int part)
{
    return (cornu__variable_region){.buffer = cornu__lowering_parts_buffer(updating->lowering),
                                    .offset = part * updating->plan->part_size + run->position};
}

static cornu_node *read_part(const struct updating *updating, const struct run *run, int part)
{
    return cornu__op_variable(updating->graph, part_region(updating, run, part), CORNU_FLOAT32, 1, &run->size);
}

static void describe_weight(const cornu__weight *weight, cornu__update *update)
{
    update->rank = weight->rank;
    memcpy(update->shape, weight->shape, sizeof update->shape);
    update->embedding = strstr(weight->name, "embedding") != NULL;
}

static cornu_status optimize(struct updating *updating, const struct run *run, cornu_node **weight)
{
    const cornu__plan *plan = updating->plan;
    cornu__update update = {.weight = *weight,
                            .gradient = pack_gradients(updating, run),
                            .learning_rate = updating->learning_rate,
                            .step = updating->step};
    const cornu__optimizer_class *class = cornu__plan_optimizer_class(plan);
    if (class->per_weight)
        describe_weight(trained_weight(updating, run->first)->weight, &update);
    double decay =
        class->weight_decay ? class->weight_decay(plan->optimizer, &update) : updating->options->weight_decay;
    if (!isnan(decay) && decay != 0)
        update.weight =
            cornu__subtract(*weight, cornu__multiply(cornu__scale(*weight, decay), updating->learning_rate));
    for (int i = 0; i < plan->slot_count; i++)
        update.slots[i] = read_part(updating, run, i);
    CORNU_TRY(class->update(plan->optimizer, &update));
    for (int i = 0; i < plan->slot_count; i++)
        CORNU_TRY(assign(updating, part_region(updating, run, i), update.slots[i], update.new_slots[i]));
    *weight = update.new_weight;
    return *weight ? CORNU_OK : cornu_error_status();
}

/* average := m average + (1 - m) w, m = 0 in the first step; where the host says so, w := average. */
static cornu_status average(struct updating *updating, const struct run *run, cornu_node **weight)
{
    cornu_node *old = read_part(updating, run, updating->plan->average_part);
    cornu_node *started = cornu__op_binary_scalar(CORNU__OP_GREATER, updating->step, 0);
    cornu_node *momentum = cornu__scale(started, updating->options->ema_momentum);
    cornu_node *rest = cornu__op_scalar_binary(CORNU__OP_SUBTRACT, 1, momentum);
    cornu_node *next = cornu__op_binary(CORNU__OP_ADD, cornu__multiply(momentum, old), cornu__multiply(rest, *weight));
    CORNU_TRY(assign(updating, part_region(updating, run, updating->plan->average_part), old, next));
    if (updating->overwrite)
        *weight = cornu__op_select(updating->overwrite, next, *weight);
    return *weight ? CORNU_OK : cornu_error_status();
}

static cornu_status constrain(struct updating *updating, const struct run *run, cornu_node **weight)
{
    const cornu__weight *constrained = trained_weight(updating, run->first)->weight;
    if (!constrained->constraint)
        return CORNU_OK;
    cornu_node *shaped = cornu__op_reshape(*weight, constrained->rank, constrained->shape);
    *weight = flat(cornu__constrain(constrained->constraint, shaped));
    return *weight ? CORNU_OK : cornu_error_status();
}

/* As in Keras, a weight without a gradient is only averaged, and constraints hold after steps that only sum gradients up, too. */
static cornu_status update_run(struct updating *updating, const struct run *run)
{
    cornu__variable_region home = {.buffer = run->buffer, .offset = run->offset};
    bool has_gradient = updating->gradients[run->first] != NULL;
    cornu_node *before = cornu__op_variable(updating->graph, home, CORNU_FLOAT32, 1, &run->size), *weight = before;
    if (!before)
        return cornu_error_status();
    if (has_gradient && !updating->lowering->accumulate)
        CORNU_TRY(optimize(updating, run, &weight));
    if (updating->options->use_ema)
        CORNU_TRY(average(updating, run, &weight));
    if (has_gradient)
        CORNU_TRY(constrain(updating, run, &weight));
    return weight == before ? CORNU_OK : assign(updating, home, before, weight);
}

cornu_status cornu__lower_update(cornu__lowering *lowering)
{
    struct updating updating = {.lowering = lowering, .graph = lowering->call.graph, .plan = lowering->model->plan};
    updating.options = cornu__plan_optimizer_options(updating.plan);
    CORNU_TRY(find_gradients(&updating));
    CORNU_TRY(cornu__graph_set_scope(updating.graph, "optimizer"));
    updating.learning_rate = feed_scalar(&updating, &lowering->learning_rate_feed);
    updating.step = feed_scalar(&updating, &lowering->step_feed);
    if (updating.options->use_ema && updating.options->ema_overwrite_frequency > 0)
        updating.overwrite = feed_scalar(&updating, &lowering->overwrite_feed);
    if (updating.plan->sum_part >= 0)
        CORNU_TRY(accumulate(&updating));
    if (!lowering->accumulate)
        CORNU_TRY(clip(&updating));
    for (int i = 0; i < updating.trained_count;) {
        struct run run = run_from(&updating, i);
        CORNU_TRY(update_run(&updating, &run));
        i += run.count;
    }
    return cornu__graph_set_scope(updating.graph, NULL);
}
