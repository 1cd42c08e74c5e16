/* weight_map.c: gathering the weights that a file has for a model. */
#include "saving/weight_map.h"

#include "array/array.h"
#include "base/text.h"

cornu_status cornu__weight_map_create(cornu_model *model, cornu__weight_map *map)
{
    *map = (cornu__weight_map){.model = model};
    CORNU_TRY(cornu__model_need_homes(model));
    size_t count = (size_t)model->weight_count;
    map->items = cornu__alloc_array(count, sizeof(cornu_array *));
    map->order = cornu__alloc_array(count, sizeof *map->order);
    map->found = cornu__alloc_array(count, sizeof *map->found);
    if (map->items && map->order && map->found)
        return CORNU_OK;
    cornu__weight_map_clear(map);
    return cornu_error_status();
}

void cornu__weight_map_clear(cornu__weight_map *map)
{
    for (int i = 0; map->items && i < map->model->weight_count; i++)
        cornu_array_release(map->items[i]);
    cornu__free(map->items);
    cornu__free(map->order);
    cornu__free(map->found);
    *map = (cornu__weight_map){.model = map->model};
}

/* Counts the weight as found; its place among the model's, or -1: it was found before, as a layer can stand in several places of a file. */
static int count_as_found(cornu__weight_map *map, const cornu__weight *weight)
{
    int last = map->count > 0 ? map->order[map->count - 1] : -1;
    int place = cornu__model_find_weight(map->model, weight, last);
    if (place < 0 || map->found[place])
        return -1;
    map->found[place] = true;
    map->order[map->count++] = place;
    return place;
}

void cornu__weight_map_take(cornu__weight_map *map, const cornu__weight *weight, cornu_array *array)
{
    int place = count_as_found(map, weight);
    if (place < 0)
        cornu_array_release(array);
    else
        map->items[place] = array;
}

/* Without a copy between file and weight. */
static cornu_status read_in_place(cornu__weight_map *map, const cornu__weight *weight, const cornu__hdf5_node *dataset,
                                  float *home)
{
    if (count_as_found(map, weight) < 0)
        return CORNU_OK;
    CORNU_TRY(cornu__hdf5_read_plain(dataset, home + weight->offset));
    cornu__buffer_touch(weight->home);
    return CORNU_OK;
}

cornu_status cornu__weight_map_read(cornu__weight_map *map, const cornu_layer *layer, const cornu__weight *weight,
                                    const cornu__hdf5_node *dataset)
{
    char wanted[CORNU__SHAPE_TEXT_SIZE], got[CORNU__SHAPE_TEXT_SIZE];
    /* Before its numbers are read: what does not fit takes no memory. */
    if (!dataset->is_dataset || !cornu__shape_equal(dataset->rank, dataset->shape, weight->rank, weight->shape))
        return cornu__hdf5_fail(
            dataset, CORNU_ERROR_SHAPE, "weight '%s' of layer '%s' has shape %s, got %s", weight->name,
            cornu_layer_name(layer), cornu__text_shape(wanted, sizeof wanted, weight->rank, weight->shape),
            dataset->is_dataset ? cornu__text_shape(got, sizeof got, dataset->rank, dataset->shape) : "a group");
    bool plain = map->in_place && cornu__hdf5_is_plain(dataset, CORNU_FLOAT32);
    float *home = plain ? cornu__buffer_host(weight->home) : NULL;
    if (home)
        return read_in_place(map, weight, dataset, home);
    cornu_array *array = cornu__hdf5_read(dataset);
    if (!array)
        return cornu_error_status();
    cornu__weight_map_take(map, weight, array);
    return CORNU_OK;
}

static cornu_status upload(const cornu__weight *weight, const cornu_array *array)
{
    cornu_array *floats = cornu_array_cast(array, CORNU_FLOAT32);
    cornu_status status =
        floats ? cornu__buffer_upload(weight->home, weight->offset, weight->count, cornu_array_data(floats))
               : cornu_error_status();
    cornu_array_release(floats);
    return status;
}

/* What was not read to its place. */
static cornu_status apply_rest(const cornu__weight_map *map)
{
    for (int i = 0; i < map->model->weight_count; i++) {
        if (map->items[i])
            CORNU_TRY(upload(map->model->weights[i].weight, map->items[i]));
    }
    return CORNU_OK;
}

cornu_status cornu__weight_map_apply(const cornu__weight_map *map)
{
    const cornu_model *model = map->model;
    for (int i = 0; i < model->weight_count; i++) {
        if (!map->found[i])
            return cornu__fail(CORNU_ERROR_FORMAT, "the file has nothing for weight '%s' of model '%s'",
                               model->weights[i].key, cornu_model_name(model));
    }
    if (map->in_place)
        return apply_rest(map);
    cornu_array *list = cornu_array_list((size_t)model->weight_count, map->items);
    cornu_status status = list ? cornu_set_weights(map->model, list) : cornu_error_status();
    cornu_array_release(list);
    return status;
}
