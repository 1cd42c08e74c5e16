/*
 * training_state.c: all that a training goes on from, as a dictionary of arrays: the weights, the optimizer's memory (its slots, the average of the
 * weights, the sum of gradients that wait for their update), what the metrics have counted, the number of updates, the learning rate.
 */
#include <string.h>

#include "array/dictionary.h"
#include "base/log.h"
#include "model/model.h"
#include "model/plan.h"

/* --- Out --- */

static cornu_array *copy_buffer(cornu__buffer *buffer)
{
    int64_t count = buffer ? cornu__buffer_count(buffer) : 0;
    cornu_array *copy = cornu_array_zeros(CORNU_FLOAT32, 1, &count);
    if (copy && count > 0 && cornu__buffer_download(buffer, 0, count, cornu_array_data(copy)) != CORNU_OK) {
        cornu_array_release(copy);
        return NULL;
    }
    return copy;
}

/* Numbers beside the weights. */
typedef struct numbers {
    uint64_t updates, seed;
    double learning_rate, compiled_learning_rate; /* now, and as the optimizer was made */
    bool average_in_use;
} numbers;

static const cornu__number_field number_fields[] = {
    {"updates", CORNU_UINT64, offsetof(numbers, updates)},
    {"seed", CORNU_UINT64, offsetof(numbers, seed)},
    {"learning_rate", CORNU_FLOAT64, offsetof(numbers, learning_rate)},
    {"compiled_learning_rate", CORNU_FLOAT64, offsetof(numbers, compiled_learning_rate)},
    {"average_in_use", CORNU_BOOL, offsetof(numbers, average_in_use)},
    {0},
};

cornu_array *cornu__model_training_state(cornu_model *model)
{
    if (cornu__model_ready(model, CORNU__STEP_TRAIN) != CORNU_OK)
        return NULL;
    const cornu__plan *plan = model->plan;
    const numbers now = {plan->iterations, model->seed, plan->learning_rate,
                         cornu__plan_optimizer_options(plan)->learning_rate, plan->average_in_use};
    cornu__dictionary state = {0};
    if (model->weight_count > 0)
        cornu__dictionary_add(&state, "weights", cornu_get_named_weights(model));
    cornu__dictionary_add_text(&state, "optimizer", cornu__plan_optimizer_class(plan)->base.name);
    cornu__dictionary_add(&state, "optimizer_memory", copy_buffer(plan->parts));
    cornu__dictionary_add(&state, "metric_states", copy_buffer(plan->metric_states));
    cornu__dictionary_add_fields(&state, number_fields, &now);
    cornu__dictionary_add_text(&state, "kernels", cornu__backend_describe(model->backend));
    return cornu__dictionary_take(&state);
}

/* --- In: all is checked before anything is set --- */

static bool is_text(const cornu_array *array, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return cornu_array_count(array) == length && memcmp(cornu_array_data(array), text, (size_t)length) == 0;
}

static cornu_status check_optimizer(const cornu_model *model, const cornu_array *state)
{
    const char *wanted = cornu__plan_optimizer_class(model->plan)->base.name;
    const cornu_array *name;
    CORNU_TRY(cornu__dictionary_get(state, "optimizer", CORNU_UINT8, -1, &name));
    if (is_text(name, wanted))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT, "this is a training by %.*s, and the model is compiled with %s",
                       (int)cornu_array_count(name), (const char *)cornu_array_data(name), wanted);
}

/* What does not stand in the way, but changes what comes. */
static void warn_of_differences(const cornu_model *model, const numbers *kept, const cornu_array *kernels)
{
    if (kept->seed != model->seed)
        cornu__warn("model '%s' goes on with the seed %llu, and began with %llu: its random numbers are others",
                    cornu_model_name(model), (unsigned long long)model->seed, (unsigned long long)kept->seed);
    double compiled = cornu__plan_optimizer_options(model->plan)->learning_rate;
    if (kept->compiled_learning_rate != compiled)
        cornu__warn(
            "model '%s' goes on with the learning rate that it had, %g: the %g that it is compiled with now is not "
            "used (it was %g)",
            cornu_model_name(model), kept->learning_rate, compiled, kept->compiled_learning_rate);
    if (!is_text(kernels, cornu__backend_describe(model->backend)))
        cornu__warn("model '%s' goes on with other kernels (%s; it began with %.*s): the same bits are not promised",
                    cornu_model_name(model), cornu__backend_describe(model->backend), (int)cornu_array_count(kernels),
                    (const char *)cornu_array_data(kernels));
}

/* The kept content of a buffer, which may be NULL. */
static cornu_status get_buffer(const cornu_array *state, const char *name, const cornu__buffer *buffer, const char *of,
                               const cornu_array **kept)
{
    if (cornu__dictionary_get(state, name, CORNU_FLOAT32, buffer ? cornu__buffer_count(buffer) : 0, kept) == CORNU_OK)
        return CORNU_OK;
    return cornu__fail_context("the %s of the model that was trained are not those of this one", of);
}

static cornu_status set_buffer(cornu__buffer *buffer, const cornu_array *kept)
{
    int64_t count = cornu_array_count(kept);
    return count > 0 ? cornu__buffer_upload(buffer, 0, count, cornu_array_data(kept)) : CORNU_OK;
}

/* `weights` NULL: there are none. */
static cornu_status set_state(cornu_model *model, const cornu_array *state, const cornu_array *weights)
{
    cornu__plan *plan = model->plan;
    const cornu_array *parts, *metrics, *kernels;
    numbers kept;
    CORNU_TRY(check_optimizer(model, state));
    CORNU_TRY(get_buffer(state, "optimizer_memory", plan->parts, "trained weights or the optimizer's options", &parts));
    CORNU_TRY(get_buffer(state, "metric_states", plan->metric_states, "metrics", &metrics));
    CORNU_TRY(cornu__dictionary_get_fields(state, number_fields, &kept));
    CORNU_TRY(cornu__dictionary_get(state, "kernels", CORNU_UINT8, -1, &kernels));
    if (weights)
        CORNU_TRY(cornu_set_weights(model, weights));
    CORNU_TRY(set_buffer(plan->parts, parts));
    CORNU_TRY(set_buffer(plan->metric_states, metrics));
    plan->iterations = kept.updates;
    plan->average_in_use = kept.average_in_use && plan->average_part >= 0;
    plan->learning_rate = kept.learning_rate;
    warn_of_differences(model, &kept, kernels);
    return CORNU_OK;
}

cornu_status cornu__model_set_training_state(cornu_model *model, const cornu_array *state)
{
    cornu_array *weights;
    CORNU_TRY(cornu__model_ready(model, CORNU__STEP_TRAIN));
    CORNU_TRY(cornu__dictionary_part(state, "weights", &weights));
    cornu_status status = weights || model->weight_count == 0
                              ? set_state(model, state, weights)
                              : cornu__fail(CORNU_ERROR_FORMAT, "there are no weights: this is no state of a training");
    cornu_array_release(weights);
    return status;
}
