/* compile.c: cornu_compile, and what a compiled model tells of its training. */
#include <math.h>
#include <string.h>

#include "model/model.h"
#include "model/plan.h"
#include "model/request.h"

/* What can be checked before the shapes are known. */
static cornu_status check_names(const cornu_compile_options *options)
{
    cornu__object *object;
    CORNU_TRY(cornu__resolve(CORNU__KIND_OPTIMIZER, options->optimizer, &object));
    cornu__object_drop(object);
    CORNU_TRY(cornu__resolve(CORNU__KIND_LOSS, options->loss, &object));
    cornu__object_drop(object);
    return CORNU_OK;
}

static cornu_status check_request(cornu_model *model, const cornu_compile_options *options)
{
    CORNU_TRY(cornu__model_status(model));
    CORNU_TRY(cornu__model_check_idle("cornu_compile", model));
    if (options->threads < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_compile: .threads must not be negative, got %d",
                           options->threads);
    CORNU_TRY(check_names(options));
    if (cornu__model_need_structure(model) == CORNU_OK || model->layer_count > 0)
        return cornu__model_status(model); /* a deferred model goes on when its input is known */
    return cornu_error_status();
}

/* *plan stays NULL for a deferred model. */
static cornu_status make_plan(cornu_model *model, cornu__backend *backend, const cornu_compile_options *options,
                              cornu__plan **plan)
{
    if (!model->structured)
        return CORNU_OK;
    if (!model->backend)
        cornu__model_take_backend(model, cornu__backend_retain(backend));
    CORNU_TRY(cornu__model_need_homes(model));
    return cornu__plan_create(model, backend, options, plan);
}

/* All is made before the model changes: one whose compile failed is as it was. Takes the request over if it does not fail. */
static cornu_status compile(cornu_model *model, cornu__compile_request *request)
{
    const cornu_compile_options *options = &request->options;
    cornu__backend *backend;
    cornu__plan *plan = NULL;
    CORNU_TRY(check_request(model, options));
    CORNU_TRY(cornu__model_choose_backend(model, options->backend, options->threads, &backend));
    cornu_status status = make_plan(model, backend, options, &plan);
    if (status != CORNU_OK) {
        cornu__backend_release(backend);
        return status;
    }
    cornu__model_take_backend(model, backend);
    cornu__model_take_plan(model, plan);
    cornu__request_release(model->request);
    model->request = request;
    return CORNU_OK;
}

cornu_status cornu_compile_with(cornu_model *model, const cornu_compile_options *options)
{
    cornu__compile_request *request = cornu__request_create(options);
    if (!request)
        return cornu_error_status();
    cornu_status status = model ? compile(model, request) : cornu__fail_null_argument("cornu_compile: the model");
    if (status != CORNU_OK)
        cornu__request_release(request);
    return status;
}

cornu_status cornu__model_ready(cornu_model *model, cornu__step_kind kind)
{
    CORNU_TRY(cornu__model_need_homes(model));
    if (kind == CORNU__STEP_PREDICT || model->plan)
        return CORNU_OK;
    if (!model->request)
        return cornu__fail(CORNU_ERROR_STATE, "model '%s' is not compiled; call cornu_compile first",
                           cornu_model_name(model));
    cornu__plan *plan = NULL; /* of a model that was deferred when it was compiled */
    CORNU_TRY(cornu__plan_create(model, model->backend, &model->request->options, &plan));
    cornu__model_take_plan(model, plan);
    return CORNU_OK;
}

bool cornu__model_is_compiled(const cornu_model *model)
{
    return model->plan || model->request;
}

/* --- ports and values --- */

int cornu__model_input_count(const cornu_model *model)
{
    return model->input_count;
}

const cornu__port *cornu__model_input(const cornu_model *model, int index)
{
    return &model->input_ports[index];
}

int cornu__model_target_count(const cornu_model *model)
{
    return model->output_count;
}

const cornu__port *cornu__model_target(const cornu_model *model, int index)
{
    return &model->target_ports[index];
}

int cornu__model_value_count(const cornu_model *model)
{
    return model->plan ? model->plan->value_count : 0;
}

const char *cornu__model_value_name(const cornu_model *model, int index)
{
    return model->plan && index >= 0 && index < model->plan->value_count ? model->plan->value_names[index] : NULL;
}

const char *const *cornu_metrics_names(cornu_model *model, int *count)
{
    *count = 0;
    if (!model)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_metrics_names: there is no model (NULL)");
    if (cornu__model_ready(model, CORNU__STEP_TEST) != CORNU_OK)
        return NULL;
    *count = model->plan->value_count;
    return (const char *const *)model->plan->value_names;
}

int cornu__model_loss_count(const cornu_model *model)
{
    return model->plan ? model->plan->loss_count : 0;
}

int cornu__model_value_direction(const cornu_model *model, int index)
{
    const cornu__plan *plan = model->plan;
    if (!plan || index < 0 || index >= plan->value_count)
        return 0;
    if (index < plan->loss_count)
        return -1;
    const cornu__plan_metric *planned = plan->metrics;
    for (int element = index - plan->loss_count; element >= planned->element_count; planned++)
        element -= planned->element_count;
    const cornu__class *class = planned->metric->class;
    for (const cornu__class *const *known = cornu__classes(CORNU__KIND_METRIC); *known; known++) {
        if (*known == class)
            return ((const cornu__metric_class *)class)->larger_is_better ? 1 : -1;
    }
    return 0;
}

int cornu__model_loss_output(const cornu_model *model, int index)
{
    return model->plan->loss_outputs[index];
}

double cornu__model_loss(const cornu_model *model)
{
    return model->loss;
}

double cornu__model_output_loss(const cornu_model *model, int index)
{
    return index >= 0 && index < model->output_count ? model->output_losses[index] : NAN;
}

cornu_status cornu__model_reset_metrics(cornu_model *model)
{
    cornu__buffer *states = model->plan ? model->plan->metric_states : NULL;
    if (!states)
        return CORNU_OK;
    float *host = cornu__buffer_host(states);
    if (!host)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "metrics of this backend cannot be reset");
    memset(host, 0, (size_t)cornu__buffer_count(states) * sizeof *host);
    cornu__buffer_touch(states);
    return CORNU_OK;
}

double cornu__model_metric(const cornu_model *model, int index)
{
    const cornu__plan *plan = model->plan;
    if (!plan || index < plan->loss_count || index >= plan->value_count)
        return NAN;
    const cornu__plan_metric *planned = plan->metrics;
    int element = index - plan->loss_count;
    for (; element >= planned->element_count; planned++)
        element -= planned->element_count;
    const float *host = plan->metric_states ? cornu__buffer_host(plan->metric_states) : NULL;
    const float *states[CORNU__METRIC_MAX_STATES];
    if (!host)
        return NAN;
    for (int i = 0; i < planned->state_count; i++)
        states[i] = host + planned->offsets[i];
    return cornu__metric_value(planned->metric, states, planned->sizes, element);
}

/* --- learning rate --- */

double cornu__model_learning_rate(const cornu_model *model)
{
    return model->plan ? cornu__plan_learning_rate(model->plan) : NAN;
}

cornu_status cornu__model_set_learning_rate(cornu_model *model, double learning_rate)
{
    if (!model->plan)
        return cornu__fail(CORNU_ERROR_STATE, "model '%s' has no optimizer yet; call cornu_compile first",
                           cornu_model_name(model));
    if (cornu__plan_optimizer_options(model->plan)->schedule)
        return cornu__fail(CORNU_ERROR_STATE, "the learning rate of model '%s' follows a schedule and cannot be set",
                           cornu_model_name(model));
    if (!isfinite(learning_rate))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a learning rate must be a finite number, got %g",
                           learning_rate);
    model->plan->learning_rate = learning_rate;
    return CORNU_OK;
}

uint64_t cornu__model_iterations(const cornu_model *model)
{
    return model->plan ? model->plan->iterations : 0;
}

double cornu_learning_rate(const cornu_model *model)
{
    if (model && model->plan)
        return cornu__model_learning_rate(model);
    cornu__fail(CORNU_ERROR_STATE, "the model has no optimizer yet; call cornu_compile first");
    return NAN;
}

cornu_status cornu_set_learning_rate(cornu_model *model, double learning_rate)
{
    CORNU_TRY(cornu__model_status(model));
    return cornu__model_set_learning_rate(model, learning_rate);
}

/* --- inputs and outputs by name --- */

int cornu_input_count(cornu_model *model)
{
    return cornu__model_need_structure(model) == CORNU_OK ? model->input_count : -1;
}

int cornu_output_count(cornu_model *model)
{
    return cornu__model_need_structure(model) == CORNU_OK ? model->output_count : -1;
}

const char *cornu_input_name(cornu_model *model, int index)
{
    int count = cornu_input_count(model);
    if (index >= 0 && index < count)
        return model->port_names[index];
    return count < 0 ? NULL
                     : cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "the model has %d inputs; there is no number %d",
                                        count, index);
}

const char *cornu_output_name(cornu_model *model, int index)
{
    int count = cornu_output_count(model);
    if (index >= 0 && index < count)
        return model->port_names[CORNU__MAX_PORTS + index];
    return count < 0 ? NULL
                     : cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "the model has %d outputs; there is no number %d",
                                        count, index);
}

/* --- their shapes --- */

static const int64_t *shape_of(const cornu_model *model, int value, int *rank)
{
    *rank = model->values[value].rank;
    return model->values[value].shape;
}

const int64_t *cornu_input_shape(cornu_model *model, int index, int *rank)
{
    return cornu_input_name(model, index) ? shape_of(model, model->inputs[index], rank) : NULL;
}

const int64_t *cornu_output_shape(cornu_model *model, int index, int *rank)
{
    return cornu_output_name(model, index) ? shape_of(model, model->outputs[index], rank) : NULL;
}
