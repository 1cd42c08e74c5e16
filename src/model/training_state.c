/*
 * training_state.c: all that a training goes on from, as a dictionary of arrays: the weights, the optimizer's memory, the number of updates, the
 * learning rate.
 */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "model/model.h"
#include "model/plan.h"

#define WEIGHT_PREFIX "weights/" /* and the weight's key */

/* Numbers beside the weights, and their places in the array of that name. */
enum { UPDATES, SEED, AVERAGE_IN_USE, NUMBER_COUNT };

/* --- Out --- */

typedef struct collected {
    size_t count;
    char **names;
    cornu_array **items;
} collected;

/* Takes the array over; NULL: the failure to make it is passed on. */
static cornu_status add(collected *state, const char *prefix, const char *name, cornu_array *item)
{
    cornu__text text = {0};
    cornu__text_add(&text, "%s%s", prefix, name);
    char *whole = cornu__text_take(&text);
    if (!whole || !item) {
        cornu__free(whole);
        cornu_array_release(item);
        return cornu_error_status();
    }
    state->names[state->count] = whole;
    state->items[state->count++] = item;
    return CORNU_OK;
}

static cornu_array *copy_text(const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return cornu_array_copy_of(CORNU_UINT8, 1, &length, text);
}

static cornu_array *copy_parts(const cornu__plan *plan)
{
    int64_t count = plan->parts ? cornu__buffer_count(plan->parts) : 0;
    cornu_array *parts = cornu_array_zeros(CORNU_FLOAT32, 1, &count);
    if (parts && count > 0 && cornu__buffer_download(plan->parts, 0, count, cornu_array_data(parts)) != CORNU_OK) {
        cornu_array_release(parts);
        return NULL;
    }
    return parts;
}

static cornu_status collect(cornu_model *model, const cornu_array *weights, collected *state)
{
    const cornu__plan *plan = model->plan;
    const int64_t numbers[NUMBER_COUNT] = {(int64_t)plan->iterations, (int64_t)model->seed, plan->average_in_use};
    int64_t count = NUMBER_COUNT;
    for (size_t i = 0; i < cornu_array_item_count(weights); i++)
        CORNU_TRY(add(state, WEIGHT_PREFIX, cornu_array_item_name(weights, i),
                      cornu_array_retain(cornu_array_item(weights, i))));
    CORNU_TRY(add(state, "", "optimizer", copy_text(cornu__plan_optimizer_class(plan)->base.name)));
    CORNU_TRY(add(state, "", "optimizer_memory", copy_parts(plan)));
    CORNU_TRY(add(state, "", "numbers", cornu_array_copy_of(CORNU_INT64, 1, &count, numbers)));
    CORNU_TRY(add(state, "", "learning_rate", cornu_array_copy_of(CORNU_FLOAT64, 0, NULL, &plan->learning_rate)));
    return add(state, "", "kernels", copy_text(cornu__backend_describe(model->backend)));
}

static cornu_array *state_with(cornu_model *model, const cornu_array *weights)
{
    size_t room = cornu_array_item_count(weights) + 5;
    collected state = {.names = cornu__alloc_array(room, sizeof *state.names),
                       .items = cornu__alloc_array(room, sizeof *state.items)};
    cornu_array *dictionary = NULL;
    if (state.names && state.items && collect(model, weights, &state) == CORNU_OK)
        dictionary = cornu_array_dict(state.count, (const char *const *)state.names, state.items);
    for (size_t i = 0; i < state.count; i++) {
        cornu__free(state.names[i]);
        cornu_array_release(state.items[i]);
    }
    cornu__free(state.names);
    cornu__free(state.items);
    return dictionary;
}

cornu_array *cornu__model_training_state(cornu_model *model)
{
    if (cornu__model_ready(model, CORNU__STEP_TRAIN) != CORNU_OK)
        return NULL;
    cornu_array *weights = cornu_get_named_weights(model);
    cornu_array *state = weights ? state_with(model, weights) : NULL;
    cornu_array_release(weights);
    return state;
}

/* --- In: all is checked before anything is set --- */

static bool is_text(const cornu_array *array, const char *text)
{
    int64_t length = (int64_t)strlen(text);
    return cornu_array_count(array) == length && memcmp(cornu_array_data(array), text, (size_t)length) == 0;
}

/* *item := the array of that name, dtype and number of elements (-1: any). */
static cornu_status get(const cornu_array *state, const char *name, cornu_dtype dtype, int64_t count,
                        const cornu_array **item)
{
    *item = cornu_array_item_named(state, name);
    if (!*item)
        return cornu__fail(CORNU_ERROR_FORMAT, "there is no '%s': this is no state of a training", name);
    if (cornu_array_dtype(*item) != dtype || (count >= 0 && cornu_array_count(*item) != count))
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' has %lld numbers of %s; this model's training has %lld of %s",
                           name, (long long)cornu_array_count(*item), cornu_dtype_name(cornu_array_dtype(*item)),
                           (long long)count, cornu_dtype_name(dtype));
    return CORNU_OK;
}

static cornu_status check_optimizer(const cornu_model *model, const cornu_array *name)
{
    const char *wanted = cornu__plan_optimizer_class(model->plan)->base.name;
    if (is_text(name, wanted))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT, "this is a training by %.*s, and the model is compiled with %s",
                       (int)cornu_array_count(name), (const char *)cornu_array_data(name), wanted);
}

/* The items that are weights, under their keys. */
static cornu_array *weights_of(const cornu_array *state)
{
    size_t all = cornu_array_item_count(state), count = 0, prefix = strlen(WEIGHT_PREFIX);
    const char **names = cornu__alloc_array(all, sizeof *names);
    cornu_array **items = cornu__alloc_array(all, sizeof(cornu_array *));
    for (size_t i = 0; names && items && i < all; i++) {
        const char *name = cornu_array_item_name(state, i);
        if (strncmp(name, WEIGHT_PREFIX, prefix) != 0)
            continue;
        names[count] = name + prefix;
        items[count++] = cornu_array_item(state, i);
    }
    cornu_array *weights = names && items ? cornu_array_dict(count, names, items) : NULL;
    cornu__free(names);
    cornu__free(items);
    return weights;
}

/* What does not stand in the way, but changes what comes. */
static void warn_of_differences(const cornu_model *model, const int64_t *numbers, const cornu_array *kernels)
{
    if ((uint64_t)numbers[SEED] != model->seed)
        cornu__warn("model '%s' goes on with the seed %llu, and began with %llu: its random numbers are others",
                    cornu_model_name(model), (unsigned long long)model->seed, (unsigned long long)numbers[SEED]);
    if (!is_text(kernels, cornu__backend_describe(model->backend)))
        cornu__warn("model '%s' goes on with other kernels (%s; it began with %.*s): the same bits are not promised",
                    cornu_model_name(model), cornu__backend_describe(model->backend), (int)cornu_array_count(kernels),
                    (const char *)cornu_array_data(kernels));
}

static cornu_status set_state(cornu_model *model, const cornu_array *state, const cornu_array *weights)
{
    cornu__plan *plan = model->plan;
    const cornu_array *optimizer, *parts, *numbers, *rate, *kernels;
    int64_t part_count = plan->parts ? cornu__buffer_count(plan->parts) : 0;
    CORNU_TRY(get(state, "optimizer", CORNU_UINT8, -1, &optimizer));
    CORNU_TRY(check_optimizer(model, optimizer));
    CORNU_TRY(get(state, "optimizer_memory", CORNU_FLOAT32, part_count, &parts));
    CORNU_TRY(get(state, "numbers", CORNU_INT64, NUMBER_COUNT, &numbers));
    CORNU_TRY(get(state, "learning_rate", CORNU_FLOAT64, 1, &rate));
    CORNU_TRY(get(state, "kernels", CORNU_UINT8, -1, &kernels));
    CORNU_TRY(cornu_set_weights(model, weights));
    if (part_count > 0)
        CORNU_TRY(cornu__buffer_upload(plan->parts, 0, part_count, cornu_array_data(parts)));
    const int64_t *values = cornu_array_data(numbers);
    plan->iterations = (uint64_t)values[UPDATES];
    plan->average_in_use = values[AVERAGE_IN_USE] != 0 && plan->average_part >= 0;
    plan->learning_rate = cornu_array_get(rate, 0);
    warn_of_differences(model, values, kernels);
    return CORNU_OK;
}

cornu_status cornu__model_set_training_state(cornu_model *model, const cornu_array *state)
{
    CORNU_TRY(cornu__model_ready(model, CORNU__STEP_TRAIN));
    cornu_array *weights = weights_of(state);
    cornu_status status = weights ? set_state(model, state, weights) : cornu_error_status();
    cornu_array_release(weights);
    return status;
}
