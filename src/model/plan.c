/* plan.c: from what cornu_compile was given to a plan: what each output's loss and metrics are, and memory for the optimizer and the metrics. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "model/plan.h"

/* While a plan is made. */
struct planning {
    const cornu_model *model;
    cornu__backend *backend;
    const cornu_compile_options *options;
    cornu__plan *plan;
    int metric_capacity;
    char *const *output_names;
};

const cornu__optimizer_common *cornu__plan_optimizer_options(const cornu__plan *plan)
{
    return plan->optimizer->config;
}

const cornu__optimizer_class *cornu__plan_optimizer_class(const cornu__plan *plan)
{
    return (const cornu__optimizer_class *)plan->optimizer->class;
}

int cornu__plan_accumulation(const cornu__plan *plan)
{
    int steps = cornu__plan_optimizer_options(plan)->gradient_accumulation_steps;
    return steps > 1 ? steps : 1;
}

double cornu__plan_learning_rate(const cornu__plan *plan)
{
    const cornu__object *schedule = cornu__plan_optimizer_options(plan)->schedule;
    return schedule ? cornu__schedule_value(schedule, plan->iterations) : plan->learning_rate;
}

/* --- outputs by name --- */

static cornu_status find_output(const struct planning *planning, const char *option, const char *name, int *output)
{
    int count = planning->model->output_count;
    *output = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(planning->output_names[i], name) == 0) {
            *output = i;
            return CORNU_OK;
        }
    }
    const char *nearest = cornu__text_nearest(name, (const char *const *)planning->output_names, (size_t)count);
    cornu__text all = {0};
    for (int i = 0; i < count; i++)
        cornu__text_add(&all, "%s'%s'", i > 0 ? ", " : "", planning->output_names[i]);
    cornu_status status = cornu__fail(CORNU_ERROR_UNKNOWN_NAME, ".%s: the model has no output '%s'; it has %s%s%s%s",
                                      option, name, all.data ? all.data : "others", nearest ? "; did you mean '" : "",
                                      nearest ? nearest : "", nearest ? "'?" : "");
    cornu__text_free(&all);
    return status;
}

/* --- losses --- */

static cornu_status set_loss(struct planning *planning, int output, cornu_identifier loss)
{
    cornu__plan_output *planned = &planning->plan->outputs[output];
    if (cornu__resolve(CORNU__KIND_LOSS, loss, &planned->loss) != CORNU_OK ||
        (planned->loss && cornu__loss_check(planned->loss) != CORNU_OK))
        return cornu__fail_context("loss of output '%s'", planning->output_names[output]);
    return CORNU_OK;
}

static cornu_status set_losses_in_order(struct planning *planning)
{
    const cornu_compile_options *options = planning->options;
    int count = 0, outputs = planning->model->output_count;
    while (count < CORNU_MAX_PORTS && options->losses[count])
        count++;
    if (count != outputs)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           ".losses has %d entries; the model has %d output%s, and each wants one (\"\" for none)",
                           count, outputs, outputs == 1 ? "" : "s");
    for (int i = 0; i < count; i++)
        CORNU_TRY(set_loss(planning, i, options->losses[i]));
    return CORNU_OK;
}

static cornu_status set_losses_by_name(struct planning *planning)
{
    const cornu_for_output *losses = planning->options->output_losses;
    bool named[CORNU_MAX_PORTS] = {false};
    for (int i = 0; i < CORNU_MAX_PORTS && losses[i].output; i++) {
        int output;
        CORNU_TRY(find_output(planning, "output_losses", losses[i].output, &output));
        if (planning->plan->outputs[output].loss)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, ".output_losses names output '%s' twice",
                               losses[i].output);
        CORNU_TRY(set_loss(planning, output, losses[i].object));
        named[output] = true;
    }
    for (int i = 0; i < planning->model->output_count; i++) {
        if (!named[i])
            cornu__warn(".output_losses says nothing of output '%s', which is then not trained and wants no targets; "
                        "{\"%s\", \"\"} says so without this warning",
                        planning->output_names[i], planning->output_names[i]);
    }
    return CORNU_OK;
}

static cornu_status set_losses(struct planning *planning)
{
    const cornu_compile_options *options = planning->options;
    int ways = (options->loss != NULL) + (options->losses[0] != NULL) + (options->output_losses[0].output != NULL);
    if (ways > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "losses are given by .loss, .losses or .output_losses; got more than one of them");
    if (options->losses[0])
        return set_losses_in_order(planning);
    if (options->output_losses[0].output)
        return set_losses_by_name(planning);
    for (int i = 0; i < planning->model->output_count && options->loss; i++)
        CORNU_TRY(set_loss(planning, i, options->loss));
    return CORNU_OK;
}

static cornu_status check_weight(double weight)
{
    return isfinite(weight)
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a loss weight must be a finite number, got %g", weight);
}

static cornu_status set_loss_weights(struct planning *planning)
{
    const cornu_compile_options *options = planning->options;
    cornu__plan_output *outputs = planning->plan->outputs;
    bool in_order = false;
    for (int i = 0; i < CORNU_MAX_PORTS; i++)
        in_order |= options->loss_weights[i] != 0;
    if (in_order && options->output_loss_weights[0].output)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "loss weights are given by .loss_weights or .output_loss_weights; got both");
    for (int i = 0; i < CORNU_MAX_PORTS; i++) {
        if (in_order && i >= planning->model->output_count && options->loss_weights[i] != 0)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, ".loss_weights has more than the model's %d outputs",
                               planning->model->output_count);
        CORNU_TRY(check_weight(options->loss_weights[i]));
        outputs[i].weight = in_order ? options->loss_weights[i] : 1;
    }
    for (int i = 0; i < CORNU_MAX_PORTS && options->output_loss_weights[i].output; i++) {
        int output;
        CORNU_TRY(find_output(planning, "output_loss_weights", options->output_loss_weights[i].output, &output));
        CORNU_TRY(check_weight(options->output_loss_weights[i].weight));
        outputs[output].weight = options->output_loss_weights[i].weight;
    }
    return CORNU_OK;
}

/* --- sample weight modes --- */

static cornu_status set_mode(struct planning *planning, int output, const char *mode)
{
    bool none = !mode || mode[0] == '\0', temporal = !none && strcmp(mode, "temporal") == 0;
    if (!none && !temporal)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "sample_weight_mode of output '%s' is \"%s\", and must be \"temporal\" or NULL",
                           planning->output_names[output], mode);
    planning->plan->outputs[output].temporal = temporal;
    return CORNU_OK;
}

static cornu_status set_modes_in_order(struct planning *planning)
{
    const char *const *modes = planning->options->sample_weight_modes;
    int count = 0, outputs = planning->model->output_count;
    while (count < CORNU_MAX_PORTS && modes[count])
        count++;
    if (count != outputs)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            ".sample_weight_modes has %d entries; the model has %d output%s, and each wants one (\"\" for none)", count,
            outputs, outputs == 1 ? "" : "s");
    for (int i = 0; i < count; i++)
        CORNU_TRY(set_mode(planning, i, modes[i]));
    return CORNU_OK;
}

static cornu_status set_modes_by_name(struct planning *planning)
{
    const cornu_output_mode *modes = planning->options->output_sample_weight_modes;
    bool named[CORNU_MAX_PORTS] = {false};
    for (int i = 0; i < CORNU_MAX_PORTS && modes[i].output; i++) {
        int output;
        CORNU_TRY(find_output(planning, "output_sample_weight_modes", modes[i].output, &output));
        CORNU_TRY(set_mode(planning, output, modes[i].mode));
        named[output] = true;
    }
    for (int i = 0; i < planning->model->output_count; i++) {
        if (!named[i])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               ".output_sample_weight_modes lacks output '%s': all are wanted (NULL for none)",
                               planning->output_names[i]);
    }
    return CORNU_OK;
}

static cornu_status set_sample_weight_modes(struct planning *planning)
{
    const cornu_compile_options *options = planning->options;
    int ways = (options->sample_weight_mode != NULL) + (options->sample_weight_modes[0] != NULL) +
               (options->output_sample_weight_modes[0].output != NULL);
    if (ways > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "sample weight modes are given by .sample_weight_mode, .sample_weight_modes or "
                           ".output_sample_weight_modes; got more than one of them");
    if (options->sample_weight_modes[0])
        return set_modes_in_order(planning);
    if (options->output_sample_weight_modes[0].output)
        return set_modes_by_name(planning);
    for (int i = 0; i < planning->model->output_count; i++)
        CORNU_TRY(set_mode(planning, i, options->sample_weight_mode));
    return CORNU_OK;
}

/* --- metrics --- */

/* "<name>_<number>" of a metric of several values. */
static void name_element(const cornu__plan_metric *planned, int element, char *name, size_t size)
{
    if (planned->element_count > 1)
        snprintf(name, size, "%s_%d", planned->name, element);
    else
        snprintf(name, size, "%s", planned->name);
}

static bool names_element(const cornu__plan_metric *planned, const char *name)
{
    char own[512];
    for (int i = 0; i < planned->element_count && planned->element_count > 1; i++) {
        name_element(planned, i, own, sizeof own);
        if (strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static bool metric_name_taken(const cornu__plan *plan, const char *name)
{
    for (int i = 0; i < plan->metric_count; i++) {
        if (strcmp(plan->metrics[i].name, name) == 0 || names_element(&plan->metrics[i], name))
            return true;
    }
    return false;
}

/* The spelling that was typed, an object's own name; with several outputs behind "<output>_"; "weighted_" and numbers where that is taken. */
static char *name_metric(const struct planning *planning, int output, cornu_identifier identifier,
                         const cornu__object *metric, bool weighted)
{
    char prefix[256] = "", name[512], snake[128];
    cornu__snake_case(metric->class->name, snake, sizeof snake);
    const char *own = !cornu__is_object(identifier) ? (const char *)identifier : metric->name ? metric->name : snake;
    if (planning->model->output_count > 1)
        snprintf(prefix, sizeof prefix, "%s_", planning->output_names[output]);
    snprintf(name, sizeof name, "%s%s", prefix, own);
    const char *between = "";
    if (weighted && metric_name_taken(planning->plan, name)) {
        between = "weighted_";
        snprintf(name, sizeof name, "%s%s%s", prefix, between, own);
    }
    for (int number = 1; metric_name_taken(planning->plan, name); number++)
        snprintf(name, sizeof name, "%s%s%s_%d", prefix, between, own, number);
    return cornu__copy_text(name);
}

static cornu_status grow_metrics(struct planning *planning)
{
    cornu__plan *plan = planning->plan;
    if (plan->metric_count < planning->metric_capacity)
        return CORNU_OK;
    int capacity = planning->metric_capacity > 0 ? 2 * planning->metric_capacity : 8;
    cornu__plan_metric *grown =
        cornu__realloc(plan->metrics, (size_t)plan->metric_count * sizeof *grown, (size_t)capacity * sizeof *grown);
    if (!grown)
        return cornu_error_status();
    plan->metrics = grown;
    planning->metric_capacity = capacity;
    return CORNU_OK;
}

static cornu_status add_metric(struct planning *planning, int output, cornu_identifier identifier, bool weighted)
{
    CORNU_TRY(grow_metrics(planning));
    const cornu_model *model = planning->model;
    cornu__plan *plan = planning->plan;
    const cornu__spec *y_pred = &model->values[model->outputs[output]];
    cornu__plan_metric planned = {.output = output, .weighted = weighted};
    if (cornu__metric_resolve(identifier, plan->outputs[output].loss, y_pred, &planned.metric) != CORNU_OK)
        return cornu__fail_context("metric of output '%s'", planning->output_names[output]);
    const cornu__metric_class *class = (const cornu__metric_class *)planned.metric->class;
    cornu_status status = class->states(planned.metric, y_pred, &planned.state_count, planned.sizes);
    if (status == CORNU_OK) {
        planned.element_count = cornu__metric_elements(planned.metric, planned.sizes);
        planned.name = name_metric(planning, output, identifier, planned.metric, weighted);
        status = planned.name ? CORNU_OK : cornu_error_status();
    } else {
        status = cornu__fail_context("metric '%s' of output '%s'", planned.metric->class->name,
                                     planning->output_names[output]);
    }
    if (status != CORNU_OK) {
        cornu__object_drop(planned.metric);
        return status;
    }
    plan->metrics[plan->metric_count++] = planned;
    return CORNU_OK;
}

/* What compile was given as metrics, or as weighted metrics. */
struct metric_lists {
    const char *in_order_name, *by_name_name; /* of the options, for messages */
    const cornu_identifier *for_all;
    const cornu_identifier (*in_order)[CORNU_MAX_METRICS];
    const cornu_for_output *by_name;
    bool weighted;
};

/* A list for an output that is not there is a slip. */
static cornu_status check_metrics_in_order(const struct planning *planning, const struct metric_lists *lists)
{
    int outputs = planning->model->output_count;
    for (int i = outputs; i < CORNU_MAX_PORTS; i++) {
        if (lists->in_order[i][0])
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, ".%s has %d lists or more; the model has %d output%s",
                               lists->in_order_name, i + 1, outputs, outputs == 1 ? "" : "s");
    }
    return CORNU_OK;
}

/* Those of one output. One without a loss is measured only if a list is for it alone. */
static cornu_status add_metrics(struct planning *planning, int output, const struct metric_lists *lists)
{
    bool weighted = lists->weighted, has_loss = planning->plan->outputs[output].loss != NULL;
    for (int i = 0; i < CORNU_MAX_METRICS && lists->for_all[i] && has_loss; i++)
        CORNU_TRY(add_metric(planning, output, lists->for_all[i], weighted));
    for (int i = 0; i < CORNU_MAX_METRICS && lists->in_order[output][i]; i++)
        CORNU_TRY(add_metric(planning, output, lists->in_order[output][i], weighted));
    for (int i = 0; i < CORNU_MAX_METRICS && lists->by_name[i].output; i++) {
        int named;
        CORNU_TRY(find_output(planning, lists->by_name_name, lists->by_name[i].output, &named));
        if (named == output && lists->by_name[i].object)
            CORNU_TRY(add_metric(planning, output, lists->by_name[i].object, weighted));
    }
    return CORNU_OK;
}

/* The metrics' states lie behind one another. */
static cornu_status place_metric_states(struct planning *planning)
{
    cornu__plan *plan = planning->plan;
    int64_t total = 0;
    for (int i = 0; i < plan->metric_count; i++) {
        for (int k = 0; k < plan->metrics[i].state_count; k++) {
            plan->metrics[i].offsets[k] = total;
            total += cornu__room_for(plan->metrics[i].sizes[k]);
        }
    }
    return total > 0 ? cornu__buffer_create(planning->backend, CORNU_FLOAT32, total, &plan->metric_states) : CORNU_OK;
}

static cornu_status set_metrics(struct planning *planning)
{
    const cornu_compile_options *options = planning->options;
    const struct metric_lists plain = {"metrics_in_order",        "output_metrics",        options->metrics,
                                       options->metrics_in_order, options->output_metrics, false};
    const struct metric_lists weighted = {"weighted_metrics_in_order",      "output_weighted_metrics",
                                          options->weighted_metrics,        options->weighted_metrics_in_order,
                                          options->output_weighted_metrics, true};
    CORNU_TRY(check_metrics_in_order(planning, &plain));
    CORNU_TRY(check_metrics_in_order(planning, &weighted));
    for (int i = 0; i < planning->model->output_count; i++) {
        CORNU_TRY(add_metrics(planning, i, &plain));
        CORNU_TRY(add_metrics(planning, i, &weighted));
    }
    return place_metric_states(planning);
}

/* --- names of logs --- */

static cornu_status add_value_name(cornu__plan *plan, const char *name)
{
    plan->value_names[plan->value_count] = cornu__copy_text(name);
    if (!plan->value_names[plan->value_count])
        return cornu_error_status();
    plan->value_count++;
    return CORNU_OK;
}

static cornu_status name_values(struct planning *planning)
{
    cornu__plan *plan = planning->plan;
    int outputs = planning->model->output_count, most = 1 + outputs;
    for (int i = 0; i < plan->metric_count; i++)
        most += plan->metrics[i].element_count;
    plan->value_names = cornu__alloc_array((size_t)most, sizeof *plan->value_names);
    if (!plan->value_names)
        return cornu_error_status();
    CORNU_TRY(add_value_name(plan, "loss"));
    for (int i = 0; i < outputs && outputs > 1; i++) {
        char name[300];
        if (!plan->outputs[i].loss)
            continue;
        snprintf(name, sizeof name, "%s_loss", planning->output_names[i]);
        plan->loss_outputs[plan->value_count] = i;
        CORNU_TRY(add_value_name(plan, name));
    }
    plan->loss_count = plan->value_count;
    for (int i = 0; i < plan->metric_count; i++) {
        for (int element = 0; element < plan->metrics[i].element_count; element++) {
            char name[512];
            name_element(&plan->metrics[i], element, name, sizeof name);
            CORNU_TRY(add_value_name(plan, name));
        }
    }
    return CORNU_OK;
}

/* --- optimizer --- */

static int64_t room_for_trained(const cornu_model *model)
{
    int64_t total = 0;
    for (int i = 0; i < model->weight_count; i++) {
        if (cornu__weight_is_trainable(model, &model->weights[i]))
            total += cornu__room_for(model->weights[i].weight->count);
    }
    return total;
}

static cornu_status fill_part(cornu__plan *plan, int part, double value)
{
    float *values = cornu__alloc_array((size_t)plan->part_size, sizeof *values);
    if (!values)
        return cornu_error_status();
    for (int64_t i = 0; i < plan->part_size; i++)
        values[i] = (float)value;
    cornu_status status = cornu__buffer_upload(plan->parts, part * plan->part_size, plan->part_size, values);
    cornu__free(values);
    return status;
}

/* A LossScaleOptimizer leaves its numbers and the optimizer inside it. */
static void take_inner_optimizer(cornu__plan *plan)
{
    const cornu__object *inner = cornu__loss_scale_inner(plan->optimizer, &plan->initial_scale, &plan->growth_steps);
    plan->scale_offset = -1;
    if (!inner)
        return;
    cornu__object *outer = plan->optimizer;
    plan->optimizer = cornu__object_keep((cornu__object *)inner);
    cornu__object_drop(outer);
}

static cornu_status set_optimizer(struct planning *planning)
{
    cornu__plan *plan = planning->plan;
    if (!planning->options->optimizer)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_compile: .optimizer is NULL");
    CORNU_TRY(cornu__resolve(CORNU__KIND_OPTIMIZER, planning->options->optimizer, &plan->optimizer));
    take_inner_optimizer(plan);
    const cornu__optimizer_common *options = cornu__plan_optimizer_options(plan);
    const cornu__optimizer_class *class = cornu__plan_optimizer_class(plan);
    const char *names[CORNU__OPTIMIZER_MAX_SLOTS];
    plan->learning_rate = options->learning_rate;
    plan->slot_count = class->slots(plan->optimizer, names);
    int parts = plan->slot_count;
    plan->average_part = options->use_ema ? parts++ : -1;
    plan->sum_part = cornu__plan_accumulation(plan) > 1 ? parts++ : -1;
    plan->part_size = room_for_trained(planning->model);
    if (plan->part_size == 0 || (parts == 0 && plan->growth_steps == 0))
        return CORNU_OK;
    int64_t behind = plan->growth_steps > 0 ? CORNU__SEGMENT : 0;
    CORNU_TRY(cornu__buffer_create(planning->backend, CORNU_FLOAT32, parts * plan->part_size + behind, &plan->parts));
    if (behind > 0) {
        const float scale[2] = {(float)plan->initial_scale, 0};
        plan->scale_offset = parts * plan->part_size;
        CORNU_TRY(cornu__buffer_upload(plan->parts, plan->scale_offset, 2, scale));
    }
    for (int i = 0; i < plan->slot_count && class->slot_initial; i++) {
        double initial = class->slot_initial(plan->optimizer, i);
        if (initial != 0)
            CORNU_TRY(fill_part(plan, i, initial));
    }
    return CORNU_OK;
}

/* --- life --- */

static cornu_status make_plan(struct planning *planning)
{
    CORNU_TRY(set_losses(planning));
    CORNU_TRY(set_loss_weights(planning));
    CORNU_TRY(set_sample_weight_modes(planning));
    CORNU_TRY(set_metrics(planning));
    CORNU_TRY(name_values(planning));
    return set_optimizer(planning);
}

cornu_status cornu__plan_create(const cornu_model *model, cornu__backend *backend, const cornu_compile_options *options,
                                cornu__plan **out)
{
    *out = cornu__alloc(sizeof **out);
    if (!*out)
        return cornu_error_status();
    struct planning planning = {.model = model,
                                .backend = backend,
                                .options = options,
                                .plan = *out,
                                .output_names = model->port_names + CORNU__MAX_PORTS};
    cornu_status status = make_plan(&planning);
    if (status != CORNU_OK) {
        cornu__plan_release(*out);
        *out = NULL;
    }
    return status;
}

void cornu__plan_release(cornu__plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; i < CORNU__MAX_PORTS; i++)
        cornu__object_drop(plan->outputs[i].loss);
    for (int i = 0; i < plan->metric_count; i++) {
        cornu__object_drop(plan->metrics[i].metric);
        cornu__free(plan->metrics[i].name);
    }
    cornu__free(plan->metrics);
    for (int i = 0; i < plan->value_count; i++)
        cornu__free(plan->value_names[i]);
    cornu__free(plan->value_names);
    cornu__object_drop(plan->optimizer);
    cornu__buffer_release(plan->metric_states);
    cornu__buffer_release(plan->parts);
    cornu__free(plan);
}

/* --- becoming the model's --- */

/* Which of the trained weights lies where in each part of the optimizer's memory: in Keras's order. */
static void place_trained_weights(cornu_model *model)
{
    int64_t position = 0;
    for (int i = 0; i < model->weight_count; i++) {
        cornu__model_weight *weight = &model->weights[i];
        weight->trained = cornu__weight_is_trainable(model, weight);
        weight->position = position;
        if (weight->trained)
            position += cornu__room_for(weight->weight->count);
    }
}

/* The axis of an output along which its loss has the classes. */
static int class_axis_of(const cornu__object *loss, int rank)
{
    const cornu__field *field = cornu__class_field(loss->class, "axis");
    bool given = field && field->type == CORNU__FIELD_INT;
    int axis = given ? *(const int *)((const char *)loss->config + field->offset) : -1;
    axis = axis < 0 ? axis + rank : axis;
    return axis > 0 && axis < rank ? axis : rank - 1;
}

/* Targets have the output's shape, but class numbers not its axis of classes. */
static cornu__port target_port(const cornu_model *model, cornu__plan *plan, int output)
{
    cornu__plan_output *planned = &plan->outputs[output];
    const cornu__loss_class *class = planned->loss ? (const cornu__loss_class *)planned->loss->class : NULL;
    cornu__port port = {.name = model->port_names[CORNU__MAX_PORTS + output],
                        .spec = model->values[model->outputs[output]],
                        .expected = class != NULL,
                        .temporal = planned->temporal,
                        .any_shape = class && !class->targets_like_output && !class->sparse_targets};
    cornu__spec *spec = &port.spec;
    spec->dtype = class ? cornu__loss_target_dtype(planned->loss) : CORNU_FLOAT32;
    planned->class_axis = -1;
    if (class && class->label_sequences) {
        port.any_shape = true;
        port.class_count = spec->shape[spec->rank - 1];
        spec->rank = 2;
        spec->shape[1] = CORNU_NONE;
    } else if (class && class->sparse_targets) {
        int axis = class_axis_of(planned->loss, spec->rank);
        port.class_count = spec->shape[axis];
        if (spec->rank > 1) {
            planned->class_axis = axis;
            spec->rank--;
            memmove(spec->shape + axis, spec->shape + axis + 1, (size_t)(spec->rank - axis) * sizeof *spec->shape);
        }
    }
    for (int i = 0; i < plan->metric_count; i++)
        port.expected |= plan->metrics[i].output == output;
    return port;
}

void cornu__model_take_plan(cornu_model *model, cornu__plan *plan)
{
    cornu__model_drop_programs(model);
    cornu__plan_release(model->plan);
    model->plan = plan;
    if (!plan)
        return;
    place_trained_weights(model);
    for (int i = 0; i < model->step_count; i++)
        model->steps[i].frozen = !model->steps[i].layer->trainable;
    for (int i = 0; i < model->output_count; i++)
        model->target_ports[i] = target_port(model, plan, i);
}
