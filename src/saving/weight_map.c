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
    if (map->items && map->order)
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
    *map = (cornu__weight_map){.model = map->model};
}

cornu_status cornu__weight_map_take(cornu__weight_map *map, const cornu_layer *layer, const cornu__weight *weight,
                                    cornu_array *array)
{
    int last = map->count > 0 ? map->order[map->count - 1] : -1;
    int place = cornu__model_find_weight(map->model, weight, last);
    if (place < 0 || map->items[place]) {
        cornu_array_release(array);
        return cornu__fail(CORNU_ERROR_INTERNAL, "layer '%s': weight '%s' was met twice or is not the model's",
                           cornu_layer_name(layer), weight->name);
    }
    map->items[place] = array;
    map->order[map->count++] = place;
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
    cornu_array *array = cornu__hdf5_read(dataset);
    return array ? cornu__weight_map_take(map, layer, weight, array) : cornu_error_status();
}

cornu_status cornu__weight_map_apply(const cornu__weight_map *map)
{
    const cornu_model *model = map->model;
    for (int i = 0; i < model->weight_count; i++) {
        if (!map->items[i])
            return cornu__fail(CORNU_ERROR_FORMAT, "the file has nothing for weight '%s' of model '%s'",
                               model->weights[i].key, cornu_model_name(model));
    }
    cornu_array *list = cornu_array_list((size_t)model->weight_count, map->items);
    cornu_status status = list ? cornu_set_weights(map->model, list) : cornu_error_status();
    cornu_array_release(list);
    return status;
}
