/*
 * config_read.c: models from the JSON that Keras 1, 2 and 3 write.
 *
 * The text is data from anywhere: unknown classes are refused by name, references must lead to layers that exist and must not go in
 * circles, and sizes are checked where memory is asked for. Layers themselves are read in nn/.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "format/json.h"
#include "format/limits.h"
#include "format/stream.h"
#include "model/config.h"
#include "model/model.h"

/* A layer of a functional model while its calls are worked out. */
struct entry {
    const char *name;   /* in the document */
    cornu_layer *layer; /* kept */
    cornu__json_place place;
    cornu__json_place calls; /* inbound_nodes */
    bool is_keras3;          /* calls are written with args and kwargs */
    int call_count;
    cornu_tensor **tensors; /* per call: what it gives, kept; NULL: not worked out yet */
};

/* A layer that stands in several models of one document: the copies that Keras 3 writes of it bear one number. */
struct shared_layer {
    int64_t id;
    cornu_layer *layer; /* kept */
    struct shared_layer *next;
};

struct document {
    uint64_t seed;
    struct shared_layer *shared;
};

struct reading {
    struct document *document;
    cornu__json_place layers;
    struct entry *entries;
    int entry_count;
};

static cornu_model *read_model(const cornu__json_place *place, struct document *document, int nesting);

static bool is_model_class(const char *name)
{
    return strcmp(name, "Sequential") == 0 || strcmp(name, "Functional") == 0 || strcmp(name, "Model") == 0;
}

/* --- one layer --- */

/* Keras 1's Merge is several classes now. A new reference. */
static json_t *translate_merge(const cornu__json_place *place)
{
    static const char *const modes[][2] = {
        {"sum", "Add"}, {"mul", "Multiply"}, {"ave", "Average"}, {"max", "Maximum"}, {"concat", "Concatenate"}};
    cornu__json_place config = cornu__json_member(place, "config"), mode = cornu__json_member(&config, "mode");
    const char *text;
    if (cornu__json_get_string(&mode, &text) != CORNU_OK)
        return NULL;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i][0], text) != 0)
            continue;
        json_t *made = json_pack("{s:s, s:{}}", "class_name", modes[i][1], "config");
        json_t *made_config = json_object_get(made, "config");
        json_object_set(made_config, "name", json_object_get(config.value, "name"));
        if (i == 4 && json_object_get(config.value, "concat_axis"))
            json_object_set(made_config, "axis", json_object_get(config.value, "concat_axis"));
        return made;
    }
    cornu__json_fail(&mode, CORNU_ERROR_UNSUPPORTED, "a Merge layer of mode '%s' is not supported", text);
    return NULL;
}

static cornu_status place_text(const cornu__json_place *place, char *out, size_t size)
{
    if (!place->parent) {
        snprintf(out, size, "%s", place->name);
        return CORNU_OK;
    }
    place_text(place->parent, out, size);
    size_t length = strlen(out);
    if (place->key)
        snprintf(out + length, size - length, "%s%s", place->parent->parent ? "." : ": ", place->key);
    else
        snprintf(out + length, size - length, "[%zu]", place->index);
    return CORNU_OK;
}

/* Keras 1 says so at the document's root; before 1.0, and in Keras 2.0, there is no version, and the words tell. */
static bool is_keras1(const cornu__json_place *place)
{
    const json_t *layer = place->value;
    while (place->parent)
        place = place->parent;
    const char *version = json_string_value(json_object_get(place->value, "keras_version"));
    return version ? strncmp(version, "1.", 2) == 0 : cornu__is_keras1(layer);
}

/* *layer is kept for the caller. */
static cornu_status make_layer(const cornu__json_place *place, struct document *document, int nesting,
                               cornu_layer **layer)
{
    cornu__json_place class_name = cornu__json_member(place, "class_name");
    const char *class;
    char path[512];
    if (is_keras1(place)) {
        cornu__translate_keras1(place->value);
        class_name = cornu__json_member(place, "class_name");
    }
    CORNU_TRY(cornu__json_get_string(&class_name, &class));
    if (is_model_class(class)) {
        cornu_model *model = read_model(place, document, nesting + 1);
        *layer = cornu_model_layer(model); /* the model's one reference is the layer's */
        return model ? CORNU_OK : cornu_error_status();
    }
    place_text(place, path, sizeof path);
    if (strcmp(class, "Merge") != 0)
        return cornu__layer_from_json(place->value, path, layer);
    json_t *merge = translate_merge(place);
    if (!merge)
        return cornu_error_status();
    cornu_status status = cornu__layer_from_json(merge, path, layer);
    json_decref(merge);
    return status;
}

/* The same, or the layer of an earlier copy. */
static cornu_status read_layer(const cornu__json_place *place, struct document *document, int nesting,
                               cornu_layer **layer)
{
    cornu__json_place id_place = cornu__json_member(place, "shared_object_id");
    int64_t id;
    if (cornu__json_is_none(&id_place))
        return make_layer(place, document, nesting, layer);
    CORNU_TRY(cornu__json_get_integer(&id_place, INT64_MIN, INT64_MAX, &id));
    for (const struct shared_layer *shared = document->shared; shared; shared = shared->next) {
        if (shared->id == id) {
            *layer = cornu__object_keep(shared->layer);
            return CORNU_OK;
        }
    }
    CORNU_TRY(make_layer(place, document, nesting, layer));
    struct shared_layer *shared = cornu__alloc(sizeof *shared);
    if (!shared) {
        cornu__object_drop(*layer);
        return cornu_error_status();
    }
    *shared = (struct shared_layer){id, cornu__object_keep(*layer), document->shared};
    document->shared = shared;
    return CORNU_OK;
}

static void release_shared(struct document *document)
{
    while (document->shared) {
        struct shared_layer *shared = document->shared;
        document->shared = shared->next;
        cornu__object_drop(shared->layer);
        cornu__free(shared);
    }
}

/* --- Sequential --- */

static cornu_status add_layers(cornu_model *model, const cornu__json_place *layers, struct document *document,
                               int nesting)
{
    size_t count;
    CORNU_TRY(cornu__json_expect_array(layers, &count));
    if (count > CORNU__MAX_LAYERS)
        return cornu__json_fail(layers, CORNU_ERROR_LIMIT, "a model can have at most %d layers, got %zu",
                                CORNU__MAX_LAYERS, count);
    for (size_t i = 0; i < count; i++) {
        cornu__json_place place = cornu__json_item(layers, i);
        cornu_layer *layer;
        CORNU_TRY(read_layer(&place, document, nesting, &layer));
        cornu_status status = cornu_add(model, layer);
        cornu__object_drop(layer);
        if (status != CORNU_OK)
            return cornu__json_fail(&place, status, "%s", cornu_error_message());
    }
    return CORNU_OK;
}

static cornu_status read_shape(const cornu__json_place *place, cornu__spec *spec)
{
    size_t rank;
    CORNU_TRY(cornu__json_expect_array(place, &rank));
    if (rank < 1 || rank > CORNU_MAX_RANK)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "a shape has 1 to %d sizes, got %zu", CORNU_MAX_RANK, rank);
    *spec = (cornu__spec){.dtype = CORNU_FLOAT32, .rank = (int)rank};
    for (size_t i = 0; i < rank; i++) {
        cornu__json_place size = cornu__json_item(place, i);
        spec->shape[i] = CORNU_NONE;
        if (!cornu__json_is_none(&size))
            CORNU_TRY(cornu__json_get_integer(&size, 1, INT32_MAX, &spec->shape[i]));
    }
    return CORNU_OK;
}

/* Keras 1 wrote the list of layers as the config itself. */
static cornu_status read_sequential(cornu_model *model, const cornu__json_place *config, struct document *document,
                                    int nesting)
{
    cornu__json_place layers = json_is_array(config->value) ? *config : cornu__json_member(config, "layers");
    cornu__json_place shape = cornu__json_member(config, "build_input_shape");
    CORNU_TRY(add_layers(model, &layers, document, nesting));
    if (model->layer_count == 0 || cornu__model_need_structure(model) == CORNU_OK)
        return CORNU_OK;
    CORNU_TRY(cornu__model_status(model));
    if (cornu__json_is_none(&shape))
        return CORNU_OK; /* deferred */
    cornu__spec spec;
    CORNU_TRY(read_shape(&shape, &spec));
    return cornu__sequential_structure(model, &spec);
}

/* --- functional models: tensors by layer, call and output --- */

static struct entry *find_entry(const struct reading *reading, const char *name)
{
    for (int i = 0; i < reading->entry_count; i++) {
        if (strcmp(reading->entries[i].name, name) == 0)
            return &reading->entries[i];
    }
    return NULL;
}

static cornu_status fail_unknown(const struct reading *reading, const cornu__json_place *place, const char *name)
{
    const char **names = cornu__alloc_array((size_t)reading->entry_count, sizeof *names);
    if (!names)
        return cornu_error_status();
    for (int i = 0; i < reading->entry_count; i++)
        names[i] = reading->entries[i].name;
    const char *nearest = cornu__text_nearest(name, names, (size_t)reading->entry_count);
    cornu_status status =
        cornu__json_fail(place, CORNU_ERROR_UNKNOWN_NAME, "there is no layer '%s'%s%s%s", name,
                         nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    cornu__free(names);
    return status;
}

/* The number of a layer's call, from 0. In Keras 2 the making of a nested model was its call 0; Keras 3 counts so for functional models, and only
 * where the outer model's inputs and outputs are listed. */
static int64_t call_number(const struct entry *entry, int64_t written, bool is_port)
{
    const cornu_model *nested = entry->layer->model;
    bool shifted = nested && (!entry->is_keras3 || (is_port && !nested->sequential));
    return shifted && written > 0 ? written - 1 : written;
}

/* A reference [layer, call, output]: *tensor is kept for the caller, or NULL if that call is not worked out yet. */
static cornu_status read_reference(const struct reading *reading, const cornu__json_place *place, bool is_port,
                                   cornu_tensor **tensor)
{
    cornu__json_place name_place = cornu__json_item(place, 0), call_place = cornu__json_item(place, 1),
                      output_place = cornu__json_item(place, 2);
    const char *name;
    int64_t call, output;
    CORNU_TRY(cornu__json_get_string(&name_place, &name));
    CORNU_TRY(cornu__json_get_integer(&call_place, 0, INT32_MAX, &call));
    CORNU_TRY(cornu__json_get_integer(&output_place, 0, CORNU__MAX_PORTS - 1, &output));
    *tensor = NULL;
    const struct entry *entry = find_entry(reading, name);
    if (!entry)
        return fail_unknown(reading, &name_place, name);
    call = call_number(entry, call, is_port);
    if (call >= entry->call_count)
        return cornu__json_fail(&call_place, CORNU_ERROR_FORMAT, "layer '%s' is called %d times; there is no call %lld",
                                name, entry->call_count, (long long)call);
    if (entry->tensors[call])
        *tensor = cornu_tensor_retain(cornu_tensor_output(entry->tensors[call], (int)output));
    return CORNU_OK;
}

/* The tensors in a call's arguments, wherever in lists they stand. */
struct arguments {
    cornu_tensor *tensors[CORNU__MAX_INPUTS];
    int count;
    bool waiting; /* one of them is not worked out yet */
};

static void release_arguments(struct arguments *arguments)
{
    for (int i = 0; i < arguments->count; i++)
        cornu_tensor_release(arguments->tensors[i]);
    arguments->count = 0;
}

static cornu_status read_argument(const struct reading *reading, const cornu__json_place *place,
                                  struct arguments *arguments)
{
    if (arguments->count == CORNU__MAX_INPUTS)
        return cornu__json_fail(place, CORNU_ERROR_LIMIT, "a layer is called with at most %d tensors",
                                CORNU__MAX_INPUTS);
    cornu_tensor *tensor;
    CORNU_TRY(read_reference(reading, place, false, &tensor));
    if (tensor)
        arguments->tensors[arguments->count++] = tensor;
    else
        arguments->waiting = true;
    return CORNU_OK;
}

/* Values that are no tensors change what a call computes; only nothing can be passed over. */
static cornu_status refuse_values(const cornu__json_place *kwargs)
{
    const char *key;
    json_t *value;
    json_object_foreach(kwargs->value, key, value)
    {
        cornu__json_place place = cornu__json_member(kwargs, key);
        if (!json_is_null(value) && !(strcmp(key, "training") == 0 && json_is_false(value)))
            return cornu__json_fail(&place, CORNU_ERROR_UNSUPPORTED,
                                    "an argument of a call other than its inputs is not supported");
    }
    return CORNU_OK;
}

static cornu_status read_arguments3(const struct reading *reading, const cornu__json_place *list,
                                    struct arguments *arguments)
{
    size_t count;
    CORNU_TRY(cornu__json_expect_array(list, &count));
    for (size_t i = 0; i < count; i++) {
        cornu__json_place item = cornu__json_item(list, i);
        if (json_is_array(item.value)) {
            CORNU_TRY(read_arguments3(reading, &item, arguments));
        } else {
            cornu__json_place config = cornu__json_member(&item, "config"),
                              history = cornu__json_member(&config, "keras_history");
            CORNU_TRY(cornu__json_expect_array(&history, &(size_t){0}));
            CORNU_TRY(read_argument(reading, &history, arguments));
        }
    }
    return CORNU_OK;
}

static cornu_status read_arguments2(const struct reading *reading, const cornu__json_place *list,
                                    struct arguments *arguments)
{
    size_t count;
    CORNU_TRY(cornu__json_expect_array(list, &count));
    cornu__json_place first = cornu__json_item(list, 0);
    if (json_is_string(first.value)) { /* a single tensor, not in a list */
        cornu__json_place kwargs = cornu__json_item(list, 3);
        CORNU_TRY(refuse_values(&kwargs));
        return read_argument(reading, list, arguments);
    }
    for (size_t i = 0; i < count; i++) {
        cornu__json_place item = cornu__json_item(list, i), kwargs = cornu__json_item(&item, 3);
        CORNU_TRY(cornu__json_expect_array(&item, &(size_t){0}));
        CORNU_TRY(refuse_values(&kwargs));
        CORNU_TRY(read_argument(reading, &item, arguments));
    }
    return CORNU_OK;
}

static cornu_status read_arguments(const struct reading *reading, const cornu__json_place *call,
                                   struct arguments *arguments)
{
    if (!json_is_object(call->value))
        return read_arguments2(reading, call, arguments);
    cornu__json_place args = cornu__json_member(call, "args"), kwargs = cornu__json_member(call, "kwargs");
    CORNU_TRY(refuse_values(&kwargs));
    return read_arguments3(reading, &args, arguments);
}

/* Works one call out if its inputs are. *made says whether it was. */
static cornu_status make_call(const struct reading *reading, struct entry *entry, int call, bool *made)
{
    struct arguments arguments = {.count = 0};
    cornu__json_place place = cornu__json_item(&entry->calls, (size_t)call);
    *made = false;
    cornu_status status = cornu__layer_is_input(entry->layer) ? CORNU_OK : read_arguments(reading, &place, &arguments);
    if (status == CORNU_OK && !arguments.waiting) {
        cornu_tensor *tensor = cornu_call_with(entry->layer, arguments.count, arguments.tensors);
        status = tensor ? CORNU_OK : cornu_error_status();
        entry->tensors[call] = cornu_tensor_retain(tensor);
        *made = status == CORNU_OK;
    }
    release_arguments(&arguments);
    return status;
}

/* Layers may stand before those that they need: goes over them until nothing is left or nothing moves. */
static cornu_status make_calls(const struct reading *reading)
{
    for (bool moved = true, left = true; left;) {
        if (!moved)
            return cornu__json_fail(&reading->layers, CORNU_ERROR_FORMAT, "the layers' calls go in a circle");
        moved = left = false;
        for (int i = 0; i < reading->entry_count; i++) {
            struct entry *entry = &reading->entries[i];
            for (int k = 0; k < entry->call_count; k++) {
                bool made;
                if (entry->tensors[k])
                    continue;
                CORNU_TRY(make_call(reading, entry, k, &made));
                moved |= made;
                left |= !made;
            }
        }
    }
    return CORNU_OK;
}

static cornu_status read_entry(struct reading *reading, const cornu__json_place *place, int nesting)
{
    struct entry *entry = &reading->entries[reading->entry_count];
    cornu__json_place name = cornu__json_member(place, "name"), config = cornu__json_member(place, "config");
    if (cornu__json_is_none(&name))
        name = cornu__json_member(&config, "name");
    CORNU_TRY(cornu__json_get_string(&name, &entry->name));
    if (find_entry(reading, entry->name))
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "two layers are named '%s'", entry->name);
    CORNU_TRY(read_layer(place, reading->document, nesting, &entry->layer));
    reading->entry_count++;
    entry->place = *place;
    entry->calls = cornu__json_member(&entry->place, "inbound_nodes");
    size_t count = 0;
    if (!cornu__json_is_none(&entry->calls))
        CORNU_TRY(cornu__json_expect_array(&entry->calls, &count));
    if (count > CORNU__MAX_LAYERS)
        return cornu__json_fail(&entry->calls, CORNU_ERROR_LIMIT, "a layer can be called at most %d times, got %zu",
                                CORNU__MAX_LAYERS, count);
    entry->is_keras3 = json_is_object(cornu__json_item(&entry->calls, 0).value);
    entry->call_count = cornu__layer_is_input(entry->layer) ? 1 : (int)count;
    entry->tensors = cornu__alloc_array((size_t)entry->call_count, sizeof *entry->tensors);
    return entry->tensors ? CORNU_OK : cornu_error_status();
}

static cornu_status read_entries(struct reading *reading, int nesting)
{
    size_t count;
    CORNU_TRY(cornu__json_expect_array(&reading->layers, &count));
    if (count > CORNU__MAX_LAYERS)
        return cornu__json_fail(&reading->layers, CORNU_ERROR_LIMIT, "a model can have at most %d layers, got %zu",
                                CORNU__MAX_LAYERS, count);
    reading->entries = cornu__alloc_array(count, sizeof *reading->entries);
    if (!reading->entries)
        return cornu_error_status();
    for (size_t i = 0; i < count; i++) {
        cornu__json_place place = cornu__json_item(&reading->layers, i);
        CORNU_TRY(read_entry(reading, &place, nesting));
    }
    return CORNU_OK;
}

/* A list of references, or one alone. */
static cornu_status read_ports(const struct reading *reading, const cornu__json_place *place, cornu_tensor **tensors,
                               int *count)
{
    size_t items;
    CORNU_TRY(cornu__json_expect_array(place, &items));
    cornu__json_place first = cornu__json_item(place, 0);
    bool alone = json_is_string(first.value);
    if (!alone && items > CORNU_MAX_PORTS)
        return cornu__json_fail(place, CORNU_ERROR_LIMIT, "a model can have at most %d inputs and outputs, got %zu",
                                CORNU_MAX_PORTS, items);
    for (size_t i = 0; i < (alone ? 1 : items); i++) {
        cornu__json_place item = alone ? *place : cornu__json_item(place, i);
        CORNU_TRY(cornu__json_expect_array(&item, &(size_t){0}));
        CORNU_TRY(read_reference(reading, &item, true, &tensors[*count]));
        ++*count;
    }
    return CORNU_OK;
}

static cornu_status finish_functional(const struct reading *reading, const cornu__json_place *config, const char *name,
                                      cornu_model **model)
{
    cornu_functional_options options = {.struct_size = sizeof options, .name = name, .seed = reading->document->seed};
    cornu__json_place inputs = cornu__json_member(config, "input_layers"),
                      outputs = cornu__json_member(config, "output_layers");
    int input_count = 0, output_count = 0;
    CORNU_TRY(make_calls(reading));
    cornu_status status = read_ports(reading, &inputs, options.inputs, &input_count);
    if (status == CORNU_OK)
        status = read_ports(reading, &outputs, options.outputs, &output_count);
    if (status == CORNU_OK) {
        *model = cornu_functional_with(&options);
        status = *model ? cornu__model_status(*model) : cornu_error_status();
        if (status != CORNU_OK)
            status = cornu__json_fail(config, status, "%s", cornu_error_message());
    }
    for (int i = 0; i < input_count; i++)
        cornu_tensor_release(options.inputs[i]);
    for (int i = 0; i < output_count; i++)
        cornu_tensor_release(options.outputs[i]);
    return status;
}

static void release_reading(struct reading *reading)
{
    for (int i = 0; i < reading->entry_count; i++) {
        for (int k = 0; reading->entries[i].tensors && k < reading->entries[i].call_count; k++)
            cornu_tensor_release(reading->entries[i].tensors[k]);
        cornu__free(reading->entries[i].tensors);
        cornu__object_drop(reading->entries[i].layer);
    }
    cornu__free(reading->entries);
}

static cornu_model *read_functional(const cornu__json_place *config, const char *name, struct document *document,
                                    int nesting)
{
    struct reading reading = {.document = document, .layers = cornu__json_member(config, "layers")};
    cornu_model *model = NULL;
    cornu_status status = read_entries(&reading, nesting);
    if (status == CORNU_OK)
        status = finish_functional(&reading, config, name, &model);
    release_reading(&reading);
    if (status == CORNU_OK)
        return model;
    cornu_model_release(model);
    return NULL;
}

/* --- a model of either kind --- */

static cornu_model *read_model(const cornu__json_place *place, struct document *document, int nesting)
{
    cornu__json_place class_name = cornu__json_member(place, "class_name"),
                      config = cornu__json_member(place, "config");
    cornu__json_place name_place = cornu__json_member(&config, "name"),
                      trainable_place = cornu__json_member(&config, "trainable");
    const char *class, *name = NULL;
    if (nesting > CORNU__MAX_NESTING) {
        cornu__json_fail(place, CORNU_ERROR_LIMIT, "models stand more than %d deep in each other", CORNU__MAX_NESTING);
        return NULL;
    }
    if (cornu__json_get_string(&class_name, &class) != CORNU_OK)
        return NULL;
    if (!is_model_class(class)) {
        cornu__json_fail(&class_name, CORNU_ERROR_UNKNOWN_NAME,
                         "'%s' is no class of models; wanted Sequential, Functional or Model", class);
        return NULL;
    }
    if (!cornu__json_is_none(&name_place) && cornu__json_get_string(&name_place, &name) != CORNU_OK)
        return NULL;
    cornu_model *model = NULL;
    if (strcmp(class, "Sequential") == 0) {
        model = cornu__model_create(name, document->seed, true);
        if (model && read_sequential(model, &config, document, nesting) != CORNU_OK) {
            cornu_model_release(model);
            return NULL;
        }
    } else {
        model = read_functional(&config, name, document, nesting);
    }
    if (model && json_is_false(trainable_place.value))
        cornu_set_trainable(&model->layer, false);
    return model;
}

cornu_model *cornu__model_from_config(const char *name, json_t *json, uint64_t seed)
{
    cornu__json_place root = cornu__json_root(name, json);
    struct document document = {.seed = seed};
    cornu_model *model = read_model(&root, &document, 0);
    release_shared(&document);
    return model;
}

static cornu_model *read_document(const char *name, json_t *json, uint64_t seed)
{
    cornu_model *model = json ? cornu__model_from_config(name, json, seed) : NULL;
    json_decref(json);
    return model;
}

cornu_model *cornu_model_from_json(const char *json, uint64_t seed)
{
    if (!json)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_model_from_json: the text is NULL");
    return read_document("JSON", cornu__json_parse("JSON", json, strlen(json)), seed);
}

cornu_model *cornu_model_from_json_file(const char *path, uint64_t seed)
{
    if (!path)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_model_from_json_file: the path is NULL");
    return read_document(path, cornu__json_load(path), seed);
}
