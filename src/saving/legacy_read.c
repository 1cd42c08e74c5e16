/*
 * legacy_read.c: weights out of the HDF5 files of Keras 1 and 2.
 *
 * Layers without weights do not count on either side. If the file's layers have the names of the model's they are matched by name, which does
 * not depend on in what order a version of Keras lists a model's layers; else by position, as Keras does.
 */
#include "saving/legacy.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "saving/layer_weights.h"

const cornu__hdf5_node *cornu__legacy_layers(const cornu__hdf5_node *root)
{
    const cornu__hdf5_node *group = cornu__hdf5_find(root, "model_weights");
    if (!group)
        group = root;
    bool listed = cornu__hdf5_find_attribute(group, "layer_names") || cornu__hdf5_find_attribute(group, "layer_names0");
    return listed ? group : NULL;
}

/* Attribute `number` of those that a long list was split into: "names0", "names1", ... */
static const cornu__hdf5_attribute *find_part(const cornu__hdf5_node *node, const char *name, int number)
{
    char numbered[64];
    snprintf(numbered, sizeof numbered, "%s%d", name, number);
    return cornu__hdf5_find_attribute(node, numbered);
}

cornu_status cornu__legacy_texts(const cornu__hdf5_node *node, const char *name, const char ***texts, size_t *count)
{
    const cornu__hdf5_attribute *whole = cornu__hdf5_find_attribute(node, name), *part = whole;
    size_t total = whole ? whole->count : 0;
    for (int i = 0; !whole && (part = find_part(node, name, i)) != NULL; i++)
        total += part->count;
    *count = 0;
    *texts = cornu__alloc_array(total, sizeof **texts);
    if (!*texts)
        return cornu_error_status();
    for (int i = 0; *count < total; i++) {
        part = whole ? whole : find_part(node, name, i);
        for (size_t k = 0; k < part->count; k++)
            (*texts)[(*count)++] = part->texts[k];
    }
    return CORNU_OK;
}

/* --- layers, matched --- */

/* A layer of the file that has weights. */
struct file_layer {
    const char *name;
    const cornu__hdf5_node *group;
    const char **weight_names;
    size_t weight_count;
};

struct reading {
    cornu__weight_map *map;
    struct file_layer *file;
    size_t file_count;
    cornu_layer **layers;
    size_t layer_count;
};

static cornu_status list_file_layers(const cornu__hdf5_node *group, struct reading *reading)
{
    const char **names;
    size_t count;
    CORNU_TRY(cornu__legacy_texts(group, "layer_names", &names, &count));
    reading->file = cornu__alloc_array(count, sizeof *reading->file);
    cornu_status status = reading->file ? CORNU_OK : cornu_error_status();
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        struct file_layer *layer = &reading->file[reading->file_count];
        layer->name = names[i];
        layer->group = cornu__hdf5_find(group, names[i]);
        if (!layer->group)
            status = cornu__hdf5_fail(group, CORNU_ERROR_FORMAT, "layer '%.100s' is named and not there", names[i]);
        else
            status = cornu__legacy_texts(layer->group, "weight_names", &layer->weight_names, &layer->weight_count);
        if (status == CORNU_OK && layer->weight_count > 0)
            reading->file_count++;
        else
            cornu__free(layer->weight_names);
    }
    cornu__free(names);
    return status;
}

static bool has_weights(const cornu_layer *layer)
{
    for (int i = 0; layer->model && i < layer->model->layer_count; i++) {
        if (has_weights(layer->model->layers[i]))
            return true;
    }
    return !layer->model && layer->weight_count > 0;
}

static cornu_status list_layers(struct reading *reading)
{
    const cornu_model *model = reading->map->model;
    reading->layers = cornu__alloc_array((size_t)model->layer_count, sizeof *reading->layers);
    if (!reading->layers)
        return cornu_error_status();
    for (int i = 0; i < model->layer_count; i++) {
        if (has_weights(model->layers[i]))
            reading->layers[reading->layer_count++] = model->layers[i];
    }
    return CORNU_OK;
}

static cornu_layer *find_by_name(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->layer_count; i++) {
        if (strcmp(cornu_layer_name(reading->layers[i]), name) == 0)
            return reading->layers[i];
    }
    return NULL;
}

static bool names_agree(const struct reading *reading)
{
    for (size_t i = 0; i < reading->file_count; i++) {
        if (!find_by_name(reading, reading->file[i].name))
            return false;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(reading->file[i].name, reading->file[k].name) == 0)
                return false;
        }
    }
    return true;
}

/* --- one layer --- */

static cornu_status find_dataset(const struct file_layer *from, size_t index, const cornu__hdf5_node **dataset)
{
    *dataset = cornu__hdf5_find(from->group, from->weight_names[index]);
    if (*dataset)
        return CORNU_OK;
    return cornu__hdf5_fail(from->group, CORNU_ERROR_FORMAT, "weight '%.100s' is named and not there",
                            from->weight_names[index]);
}

static cornu_status read_layer(const struct reading *reading, const struct file_layer *from, cornu_layer *layer)
{
    cornu__layer_weights weights = {.count = 0};
    cornu_status status = cornu__legacy_weights(layer, &weights);
    if (status == CORNU_OK && (size_t)weights.count != from->weight_count)
        status = cornu__hdf5_fail(from->group, CORNU_ERROR_SHAPE, "layer '%s' (%s) has %d weights, the file has %zu",
                                  cornu_layer_name(layer), cornu__layer_class_name(layer), weights.count,
                                  from->weight_count);
    for (int i = 0; status == CORNU_OK && i < weights.count; i++) {
        const cornu__hdf5_node *dataset;
        status = find_dataset(from, (size_t)i, &dataset);
        if (status == CORNU_OK)
            status = cornu__weight_map_read(reading->map, weights.items[i].layer, weights.items[i].weight, dataset);
    }
    cornu__layer_weights_clear(&weights);
    return status;
}

static cornu_status read_layers(const cornu__hdf5_node *group, struct reading *reading)
{
    CORNU_TRY(list_file_layers(group, reading));
    CORNU_TRY(list_layers(reading));
    if (reading->file_count != reading->layer_count)
        return cornu__hdf5_fail(group, CORNU_ERROR_SHAPE, "model '%s' has %zu layers with weights, the file has %zu",
                                cornu_model_name(reading->map->model), reading->layer_count, reading->file_count);
    bool by_name = names_agree(reading);
    for (size_t i = 0; i < reading->file_count; i++) {
        cornu_layer *layer = by_name ? find_by_name(reading, reading->file[i].name) : reading->layers[i];
        CORNU_TRY(read_layer(reading, &reading->file[i], layer));
    }
    return CORNU_OK;
}

cornu_status cornu__legacy_read_weights(const cornu__hdf5_node *group, cornu__weight_map *map)
{
    struct reading reading = {.map = map};
    cornu_status status = read_layers(group, &reading);
    for (size_t i = 0; i < reading.file_count; i++)
        cornu__free(reading.file[i].weight_names);
    cornu__free(reading.file);
    cornu__free(reading.layers);
    return status;
}

/* --- the optimizer --- */

/* Keras 2 calls the first "iterations" or "iter" and lists slot by slot; without any, it is Keras 2.2. */
static cornu__optimizer_layout layout_of(const char *first_name)
{
    const char *slash = strrchr(first_name, '/'), *name = slash ? slash + 1 : first_name;
    size_t length = strcspn(name, ":");
    return length == strlen("iteration") && strncmp(name, "iteration", length) == 0 ? CORNU__LAYOUT_KERAS_3
                                                                                    : CORNU__LAYOUT_KERAS_2;
}

cornu_status cornu__legacy_optimizer(const cornu__hdf5_node *root, const cornu__hdf5_node ***datasets, size_t *count,
                                     cornu__optimizer_layout *layout)
{
    const cornu__hdf5_node *group = cornu__hdf5_find(root, "optimizer_weights");
    const char **names = NULL;
    *count = 0;
    *datasets = NULL;
    *layout = CORNU__LAYOUT_KERAS_3;
    if (!group)
        return CORNU_OK;
    CORNU_TRY(cornu__legacy_texts(group, "weight_names", &names, count));
    *datasets = cornu__alloc_array(*count, sizeof **datasets);
    cornu_status status = *datasets ? CORNU_OK : cornu_error_status();
    for (size_t i = 0; status == CORNU_OK && i < *count; i++) {
        (*datasets)[i] = cornu__hdf5_find(group, names[i]);
        if (!(*datasets)[i])
            status = cornu__hdf5_fail(group, CORNU_ERROR_FORMAT, "'%.100s' is named and not there", names[i]);
    }
    if (*count > 0)
        *layout = layout_of(names[0]);
    cornu__free(names);
    return status;
}
