/*
 * homes.c: where weights live.
 *
 * A model has one flat buffer: first the trainable weights in Keras's order, then the statistics, each beginning on a cache line. A weight
 * that another model gave a home already (a shared layer, a nested model) stays there; this model refers to that buffer.
 */
#include <stdio.h>
#include <string.h>

#include "format/limits.h"
#include "model/model.h"

cornu_status cornu__model_need_structure(cornu_model *model)
{
    CORNU_TRY(cornu__model_status(model));
    return model->structured ? CORNU_OK : cornu__sequential_structure(model, NULL);
}

/* --- backend --- */

cornu_status cornu__model_choose_backend(const cornu_model *model, const char *name, int threads,
                                         cornu__backend **backend)
{
    if (!name)
        name = "cpu";
    if (!model->backend || !cornu__backend_is(model->backend, name, threads))
        return cornu__backend_create(name, threads, backend);
    *backend = cornu__backend_retain(model->backend);
    return CORNU_OK;
}

void cornu__model_take_backend(cornu_model *model, cornu__backend *backend)
{
    if (backend != model->backend)
        cornu__model_drop_programs(model);
    cornu__backend_release(model->backend);
    model->backend = backend;
}

/* --- the list of weights --- */

int cornu__model_find_weight(const cornu_model *model, const cornu__weight *weight, int hint)
{
    for (int i = 0; i < model->weight_count; i++) {
        int place = (hint + 1 + i) % model->weight_count;
        if (model->weights[place].weight == weight)
            return place;
    }
    return -1;
}

bool cornu__weight_is_trainable(const cornu_model *model, const cornu__model_weight *entry)
{
    return entry->weight->trainable && entry->layer->trainable && model->layer.trainable;
}

static int count_weights(const cornu_model *model)
{
    int count = 0;
    for (int i = 0; i < model->layer_count; i++)
        count += model->layers[i]->model ? count_weights(model->layers[i]->model) : model->layers[i]->weight_count;
    return count;
}

static bool has_key(const cornu_model *model, const char *key)
{
    for (int i = 0; i < model->weight_count; i++) {
        if (strcmp(model->weights[i].key, key) == 0)
            return true;
    }
    return false;
}

/* "<layer>/<weight>"; layers of different nested models may be named the same: "<model>/<layer>/<weight>", and numbers if that does not help. */
static char *make_key(const cornu_model *model, const cornu_model *owner, const cornu_layer *layer,
                      const cornu__weight *weight)
{
    char key[512];
    snprintf(key, sizeof key, "%s/%s", cornu_layer_name(layer), weight->name);
    if (has_key(model, key) && owner != model)
        snprintf(key, sizeof key, "%s/%s/%s", cornu_model_name(owner), cornu_layer_name(layer), weight->name);
    for (int number = 1; has_key(model, key); number++)
        snprintf(key, sizeof key, "%s_%d/%s", cornu_layer_name(layer), number, weight->name);
    return cornu__copy_text(key);
}

static cornu_status list_weights(cornu_model *model, const cornu_model *owner)
{
    for (int i = 0; i < owner->layer_count; i++) {
        cornu_layer *layer = owner->layers[i];
        if (layer->model) {
            CORNU_TRY(list_weights(model, layer->model));
            continue;
        }
        for (int k = 0; k < layer->weight_count; k++) {
            if (cornu__model_find_weight(model, layer->weights[k], -1) >= 0)
                continue;
            char *key = make_key(model, owner, layer, layer->weights[k]);
            if (!key)
                return cornu_error_status();
            model->weights[model->weight_count++] =
                (cornu__model_weight){.weight = layer->weights[k], .layer = layer, .key = key};
        }
    }
    return CORNU_OK;
}

/* --- first numbers --- */

static cornu_status initialize(const cornu_model *model, cornu__weight *weight, cornu_layer *layer,
                               cornu__buffer *buffer, int64_t offset)
{
    if (model->awaits_weights)
        return CORNU_OK;
    float *values = cornu__alloc_array((size_t)weight->count, sizeof *values);
    if (!values)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    if (weight->initial)
        memcpy(values, weight->initial, (size_t)weight->count * sizeof *values);
    else if (cornu__initialize(weight->initializer, weight->rank, weight->shape, model->seed, weight->number, values) !=
             CORNU_OK)
        status = cornu__fail_context("layer '%s', weight '%s'", cornu_layer_name(layer), weight->name);
    if (status == CORNU_OK)
        status = cornu__buffer_upload(buffer, offset, weight->count, values);
    cornu__free(values);
    return status;
}

/* The places of the weights without a home, trainable ones first; *total: the buffer's size. */
static cornu_status place_weights(cornu_model *model, int64_t *offsets, int64_t *total)
{
    *total = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < model->weight_count; i++) {
            const cornu__weight *weight = model->weights[i].weight;
            if (weight->home || weight->trainable != (pass == 0))
                continue;
            offsets[i] = *total;
            if (weight->count > INT64_MAX / 8 - *total)
                return cornu__fail(CORNU_ERROR_LIMIT, "layer '%s': weight '%s' is too large",
                                   cornu_layer_name(model->weights[i].layer), weight->name);
            *total += cornu__room_for(weight->count);
        }
    }
    uint64_t bytes = (uint64_t)*total * sizeof(float), most = cornu__max_read_bytes();
    if (bytes > most)
        return cornu__fail(
            CORNU_ERROR_LIMIT,
            "the weights of model '%s' take %llu bytes; at most %llu are possible (the machine's memory)",
            cornu_model_name(model), (unsigned long long)bytes, (unsigned long long)most);
    return CORNU_OK;
}

/* Weights get homes all together or not at all. */
static cornu_status give_homes(cornu_model *model, const int64_t *offsets, int64_t total)
{
    cornu__buffer *buffer;
    CORNU_TRY(cornu__buffer_create(model->backend, CORNU_FLOAT32, total, &buffer));
    cornu_status status = CORNU_OK;
    for (int i = 0; i < model->weight_count && status == CORNU_OK; i++) {
        cornu__weight *weight = model->weights[i].weight;
        if (weight->home)
            continue;
        weight->number = (uint64_t)i;
        status = initialize(model, weight, model->weights[i].layer, buffer, offsets[i]);
    }
    for (int i = 0; i < model->weight_count && status == CORNU_OK; i++) {
        cornu__weight *weight = model->weights[i].weight;
        if (weight->home)
            continue;
        weight->home = cornu__buffer_retain(buffer);
        weight->release_home = cornu__buffer_release;
        weight->offset = offsets[i];
        cornu__free(weight->initial);
        weight->initial = NULL;
    }
    cornu__buffer_release(buffer);
    return status;
}

/* The different buffers that the weights live in. */
static cornu_status list_buffers(cornu_model *model)
{
    model->buffers = cornu__alloc_array((size_t)model->weight_count, sizeof *model->buffers);
    if (!model->buffers)
        return cornu_error_status();
    for (int i = 0; i < model->weight_count; i++) {
        cornu__buffer *home = model->weights[i].weight->home;
        int number = 0;
        while (number < model->buffer_count && model->buffers[number] != home)
            number++;
        if (number == model->buffer_count)
            model->buffers[model->buffer_count++] = cornu__buffer_retain(home);
        model->weights[i].buffer = number;
    }
    return CORNU_OK;
}

static cornu_status make_homes(cornu_model *model)
{
    int count = count_weights(model);
    model->weights = cornu__alloc_array((size_t)count, sizeof *model->weights);
    if (!model->weights)
        return cornu_error_status();
    CORNU_TRY(list_weights(model, model));
    int64_t *offsets = cornu__alloc_array((size_t)model->weight_count, sizeof *offsets), total;
    if (!offsets)
        return cornu_error_status();
    cornu_status status = place_weights(model, offsets, &total);
    if (status == CORNU_OK && total > 0)
        status = give_homes(model, offsets, total);
    cornu__free(offsets);
    CORNU_TRY(status);
    return list_buffers(model);
}

cornu_status cornu__model_need_homes(cornu_model *model)
{
    CORNU_TRY(cornu__model_need_structure(model));
    if (model->homed)
        return CORNU_OK;
    if (!model->backend)
        CORNU_TRY(cornu__model_choose_backend(model, NULL, 0, &model->backend));
    cornu_status status = make_homes(model);
    if (status != CORNU_OK)
        cornu__model_clear_homes(model);
    else
        model->homed = true;
    return status;
}

void cornu__model_clear_homes(cornu_model *model)
{
    for (int i = 0; i < model->weight_count; i++)
        cornu__free(model->weights[i].key);
    cornu__free(model->weights);
    model->weights = NULL;
    model->weight_count = 0;
    for (int i = 0; i < model->buffer_count; i++)
        cornu__buffer_release(model->buffers[i]);
    cornu__free(model->buffers);
    model->buffers = NULL;
    model->buffer_count = 0;
    model->homed = false;
}
