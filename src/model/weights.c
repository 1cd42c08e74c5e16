/* weights.c: a model's weights as arrays, as one snapshot, as a hash. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <nettle/sha2.h>

#include "array/array.h"
#include "base/text.h"
#include "model/model.h"
#include "model/plan.h"

int64_t cornu_count_params(cornu_model *model)
{
    if (cornu__model_need_homes(model) != CORNU_OK)
        return -1;
    int64_t count = 0;
    for (int i = 0; i < model->weight_count; i++)
        count += model->weights[i].weight->count;
    return count;
}

/* --- out --- */

static cornu_array *copy_weight(const cornu__weight *weight)
{
    cornu_array *array = cornu__array_uninitialized(CORNU_FLOAT32, weight->rank, weight->shape);
    if (array &&
        cornu__buffer_download(weight->home, weight->offset, weight->count, cornu_array_data(array)) != CORNU_OK) {
        cornu_array_release(array);
        return NULL;
    }
    return array;
}

static cornu_array *collect(cornu_model *model, cornu_array **items, const char **names, bool named)
{
    for (int i = 0; i < model->weight_count; i++) {
        names[i] = model->weights[i].key;
        items[i] = copy_weight(model->weights[i].weight);
        if (!items[i])
            return NULL;
    }
    size_t count = (size_t)model->weight_count;
    return named ? cornu_array_dict(count, names, items) : cornu_array_list(count, items);
}

static cornu_array *get_weights(cornu_model *model, bool named)
{
    if (cornu__model_need_homes(model) != CORNU_OK)
        return NULL;
    cornu_array **items = cornu__alloc_array((size_t)model->weight_count, sizeof *items);
    const char **names = cornu__alloc_array((size_t)model->weight_count, sizeof *names);
    cornu_array *collection = items && names ? collect(model, items, names, named) : NULL;
    for (int i = 0; items && i < model->weight_count; i++)
        cornu_array_release(items[i]); /* the collection has its own references */
    cornu__free(items);
    cornu__free(names);
    return collection;
}

cornu_array *cornu_get_weights(cornu_model *model)
{
    return get_weights(model, false);
}

cornu_array *cornu_get_named_weights(cornu_model *model)
{
    return get_weights(model, true);
}

/* --- in: all is checked before anything is set --- */

static cornu_status check_weight(const cornu__model_weight *entry, const cornu_array *array)
{
    const cornu__weight *weight = entry->weight;
    char wanted[CORNU__SHAPE_TEXT_SIZE], got[CORNU__SHAPE_TEXT_SIZE];
    if (cornu_array_is_collection(array))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "layer '%s': weight '%s' is given a collection of arrays; wanted one array",
                           cornu_layer_name(entry->layer), weight->name);
    if (cornu__shape_equal(cornu_array_rank(array), cornu_array_shape(array), weight->rank, weight->shape))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_SHAPE, "layer '%s': weight '%s' has shape %s, got %s",
                       cornu_layer_name(entry->layer), weight->name,
                       cornu__text_shape(wanted, sizeof wanted, weight->rank, weight->shape),
                       cornu__text_shape(got, sizeof got, cornu_array_rank(array), cornu_array_shape(array)));
}

static cornu_status fail_missing(const cornu_model *model, const cornu_array *weights, const cornu__model_weight *entry)
{
    size_t count = cornu_array_item_count(weights);
    const char **names = cornu__alloc_array(count, sizeof *names);
    if (!names)
        return cornu_error_status();
    for (size_t i = 0; i < count; i++)
        names[i] = cornu_array_item_name(weights, i);
    const char *nearest = cornu__text_nearest(entry->key, names, count);
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "weight '%s' of model '%s' is missing among the %zu given%s%s%s", entry->key,
                cornu_model_name(model), count, nearest ? "; there is '" : "", nearest ? nearest : "",
                nearest ? "'" : "");
    cornu__free(names);
    return CORNU_ERROR_UNKNOWN_NAME;
}

static cornu_status fail_surplus(const cornu_model *model, const cornu_array *weights)
{
    for (size_t i = 0; i < cornu_array_item_count(weights); i++) {
        bool known = false;
        for (int k = 0; k < model->weight_count && !known; k++)
            known = strcmp(model->weights[k].key, cornu_array_item_name(weights, i)) == 0;
        if (!known)
            return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "model '%s' has no weight '%s'; it has %d weights, got %zu",
                               cornu_model_name(model), cornu_array_item_name(weights, i), model->weight_count,
                               cornu_array_item_count(weights));
    }
    return CORNU_OK;
}

static bool is_named(const cornu_array *weights)
{
    return cornu_array_item_count(weights) > 0 && cornu_array_item_name(weights, 0) != NULL;
}

static const cornu_array *item_for(const cornu_model *model, const cornu_array *weights, int index)
{
    return is_named(weights) ? cornu_array_item_named(weights, model->weights[index].key)
                             : cornu_array_item(weights, (size_t)index);
}

static cornu_status check_weights(const cornu_model *model, const cornu_array *weights)
{
    size_t count = cornu_array_item_count(weights);
    if (!is_named(weights) && count != (size_t)model->weight_count)
        return cornu__fail(CORNU_ERROR_SHAPE, "model '%s' has %d weights, got %zu", cornu_model_name(model),
                           model->weight_count, count);
    for (int i = 0; i < model->weight_count; i++) {
        const cornu_array *array = item_for(model, weights, i);
        if (!array)
            return fail_missing(model, weights, &model->weights[i]);
        CORNU_TRY(check_weight(&model->weights[i], array));
    }
    return is_named(weights) ? fail_surplus(model, weights) : CORNU_OK;
}

/* items[i] := what weight i is given, as float32, kept. All or nothing needs all of it before the first weight is set. */
static cornu_status convert_weights(const cornu_model *model, const cornu_array *weights, cornu_array **items)
{
    for (int i = 0; i < model->weight_count; i++) {
        const cornu_array *item = item_for(model, weights, i);
        items[i] = cornu_array_dtype(item) == CORNU_FLOAT32 ? cornu_array_retain((cornu_array *)item)
                                                            : cornu_array_cast(item, CORNU_FLOAT32);
        if (!items[i])
            return cornu_error_status();
    }
    return CORNU_OK;
}

cornu_status cornu_set_weights(cornu_model *model, const cornu_array *weights)
{
    if (!weights)
        return cornu__fail_null_argument("cornu_set_weights: the list of weights");
    CORNU_TRY(cornu__model_need_homes(model));
    CORNU_TRY(check_weights(model, weights));
    cornu_array **items = cornu__alloc_array((size_t)model->weight_count, sizeof(cornu_array *));
    if (!items)
        return cornu_error_status();
    cornu_status status = convert_weights(model, weights, items);
    for (int i = 0; i < model->weight_count && status == CORNU_OK; i++) {
        const cornu__weight *weight = model->weights[i].weight;
        status = cornu__buffer_upload(weight->home, weight->offset, weight->count, cornu_array_data(items[i]));
    }
    for (int i = 0; i < model->weight_count; i++)
        cornu_array_release(items[i]);
    cornu__free(items);
    return status;
}

/* --- snapshots --- */

size_t cornu__model_snapshot_size(const cornu_model *model)
{
    size_t size = 0;
    for (int i = 0; i < model->weight_count; i++)
        size += (size_t)model->weights[i].weight->count * sizeof(float);
    return size;
}

cornu_status cornu__model_snapshot(const cornu_model *model, void *to)
{
    float *next = to;
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__weight *weight = model->weights[i].weight;
        CORNU_TRY(cornu__buffer_download(weight->home, weight->offset, weight->count, next));
        next += weight->count;
    }
    return CORNU_OK;
}

cornu_status cornu__model_restore(cornu_model *model, const void *from)
{
    const float *next = from;
    for (int i = 0; i < model->weight_count; i++) {
        const cornu__weight *weight = model->weights[i].weight;
        CORNU_TRY(cornu__buffer_upload(weight->home, weight->offset, weight->count, next));
        next += weight->count;
    }
    return CORNU_OK;
}

/* --- the hash --- */

cornu_status cornu_weights_sha256(cornu_model *model, char text[CORNU_SHA256_TEXT_SIZE])
{
    text[0] = '\0';
    CORNU_TRY(cornu__model_need_homes(model));
    float *values = cornu__alloc(cornu__model_snapshot_size(model));
    if (!values)
        return cornu_error_status();
    cornu_status status = cornu__model_snapshot(model, values);
    uint8_t digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, cornu__model_snapshot_size(model), (const uint8_t *)values);
    sha256_digest(&context, sizeof digest, digest);
    cornu__free(values);
    CORNU_TRY(status);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return CORNU_OK;
}
