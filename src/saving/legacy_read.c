/*
 * legacy_read.c: weights out of the HDF5 files of Keras 1 and 2.
 *
 * Layers without weights do not count on either side. If the file's layers have the names of the model's they are matched by name, which does
 * not depend on in what order a version of Keras lists a model's layers; else by position, as Keras does.
 */
#include "saving/legacy.h"

#include <stdio.h>
#include <string.h>

#include "array/array.h"
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
    bool is_keras1, is_theano;
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
        *layer = (struct file_layer){.name = names[i], .group = cornu__hdf5_find(group, names[i])};
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

static cornu_status list_layers(struct reading *reading)
{
    const cornu_model *model = reading->map->model;
    reading->layers = cornu__alloc_array((size_t)model->layer_count, sizeof *reading->layers);
    if (!reading->layers)
        return cornu_error_status();
    for (int i = 0; i < model->layer_count; i++) {
        if (cornu__layer_has_weights(model->layers[i]))
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

/* --- kernels of convolutions in older files --- */

/* to[i...] := from, whose axes come in the order `axes`, with the first `flipped` axes of `to` turned around. */
static void rearrange(const float *from, const int64_t *from_shape, const int *axes, int rank, int flipped, float *to)
{
    int64_t index[CORNU_MAX_RANK] = {0}, strides[CORNU_MAX_RANK], shape[CORNU_MAX_RANK];
    int64_t count = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = count;
        count *= from_shape[i];
    }
    for (int i = 0; i < rank; i++)
        shape[i] = from_shape[axes[i]];
    for (int64_t n = 0; n < count; n++) {
        int64_t place = 0;
        for (int i = 0; i < rank; i++)
            place += strides[axes[i]] * (i < flipped ? shape[i] - 1 - index[i] : index[i]);
        to[n] = from[place];
        for (int i = rank - 1; i >= 0 && ++index[i] == shape[i]; i--)
            index[i] = 0;
    }
}

static bool is_convolution(const cornu_layer *layer)
{
    static const char *const classes[] = {"Conv1D", "Conv2D", "Conv2DTranspose"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (strcmp(cornu__layer_class_name(layer), classes[i]) == 0)
            return true;
    }
    return false;
}

static bool is_channels_first(const cornu_layer *layer)
{
    const cornu__field *field = cornu__class_field(layer->object.class, "data_format");
    const char *format = field ? *(const char *const *)((const char *)layer->object.config + field->offset) : NULL;
    return format && strcmp(format, "channels_first") == 0;
}

#define ORDER_COUNT 4

static bool matches(const cornu__hdf5_node *dataset, const int *axes, const int64_t *shape)
{
    for (int i = 0; i < 4; i++) {
        if (dataset->shape[axes[i]] != shape[i])
            return false;
    }
    return true;
}

/* The order of axes in which a kernel of Keras 1 has the weight's shape; it is given as of four axes: one that slides along a line is
 * (length, 1, in, out) there, and where channels come first mostly (out, in, rows, columns). */
static const int *find_order(const cornu_layer *layer, const cornu__hdf5_node *dataset, const cornu__weight *weight)
{
    static const int orders[ORDER_COUNT][4] = {{0, 1, 2, 3}, {2, 3, 1, 0}, {0, 1, 3, 2}, {2, 3, 0, 1}};
    int64_t shape[4] = {weight->shape[0], 1, weight->shape[weight->rank - 2], weight->shape[weight->rank - 1]};
    if (weight->rank == 4)
        shape[1] = weight->shape[1];
    for (int i = 0, first = is_channels_first(layer) ? 1 : 0; i < ORDER_COUNT; i++) {
        const int *order = orders[(first + i) % ORDER_COUNT]; /* where two would do, the usual one is meant */
        if (dataset->rank == 4 && (weight->rank == 3 || weight->rank == 4) && matches(dataset, order, shape))
            return order;
    }
    return NULL;
}

static cornu_array *rearranged(const cornu_array *stored, const cornu__weight *weight, const int *order, bool flip)
{
    static const int as_they_are[] = {0, 1, 2, 3};
    cornu_array *floats = cornu_array_cast(stored, CORNU_FLOAT32);
    cornu_array *array = floats ? cornu_array_zeros(CORNU_FLOAT32, weight->rank, weight->shape) : NULL;
    if (array)
        rearrange(cornu_array_data(floats), cornu_array_shape(stored), order ? order : as_they_are,
                  cornu_array_rank(stored), flip ? cornu_array_rank(stored) - 2 : 0, cornu_array_data(array));
    cornu_array_release(floats);
    return array;
}

/* Keras 1's kernels may have other shapes; those that Theano trained lie the other way round, since it convolves and all others correlate. */
static cornu_status read_kernel(const struct reading *reading, const cornu_layer *layer, const cornu__weight *weight,
                                const cornu__hdf5_node *dataset)
{
    const int *order = reading->is_keras1 ? find_order(layer, dataset, weight) : NULL;
    bool same = dataset->is_dataset && cornu__shape_equal(dataset->rank, dataset->shape, weight->rank, weight->shape);
    if ((same && !reading->is_theano && (!order || order[0] == 0)) || (!same && !order))
        return cornu__weight_map_read(reading->map, layer, weight, dataset);
    cornu_array *stored = cornu__hdf5_read(dataset);
    cornu_array *array = stored ? rearranged(stored, weight, order, reading->is_theano) : NULL;
    cornu_array_release(stored);
    if (!array)
        return cornu_error_status();
    cornu__weight_map_take(reading->map, weight, array);
    return CORNU_OK;
}

static cornu_status read_weight(const struct reading *reading, const cornu_layer *layer, const cornu__weight *weight,
                                const cornu__hdf5_node *dataset)
{
    bool old = (reading->is_keras1 || reading->is_theano) && is_convolution(layer) && weight == layer->weights[0];
    return old ? read_kernel(reading, layer, weight, dataset)
               : cornu__weight_map_read(reading->map, layer, weight, dataset);
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
            status = read_weight(reading, weights.items[i].layer, weights.items[i].weight, dataset);
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

/* Of the group, or of the file around it. */
static const char *version_of(const cornu__hdf5_node *group, const char *name)
{
    const char *text = cornu__hdf5_text(group, name);
    return text || !group->parent ? text : cornu__hdf5_text(group->parent, name);
}

cornu_status cornu__legacy_read_weights(const cornu__hdf5_node *group, cornu__weight_map *map)
{
    const char *version = version_of(group, "keras_version"), *backend = version_of(group, "backend");
    struct reading reading = {
        .map = map, .is_keras1 = !version || version[0] < '2', .is_theano = backend && strcmp(backend, "theano") == 0};
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
