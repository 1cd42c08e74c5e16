/* load_model.c: whole models from .keras archives and legacy HDF5. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/options.h"
#include "model/config.h"
#include "model/plan.h"
#include "saving/archive.h"
#include "saving/compile_config.h"
#include "saving/keras3.h"
#include "saving/legacy.h"
#include "saving/load_model.h"
#include "saving/saved_facts.h"
#include "saving/saved_history.h"

#define SMALL_MODEL (16 * 1024 * 1024) /* weights */

/* --- the JSON --- */

/* A text attribute of the root as JSON; NULL, without an error, if there is none. */
static cornu_status parse_attribute(const cornu__saved_file *file, const char *name, json_t **json)
{
    const char *text = cornu__hdf5_text(cornu__hdf5_root(file->hdf5), name);
    *json = NULL;
    if (!text)
        return CORNU_OK;
    *json = cornu__json_parse(file->path, text, strlen(text));
    return *json ? CORNU_OK : cornu_error_status();
}

/* The version that the file says wrote it: "2.3.1"; "1" where it says nothing, as Keras 1 did. */
static const char *version_of(const cornu__saved_file *file)
{
    const cornu__hdf5_node *root = cornu__hdf5_root(file->hdf5), *layers = cornu__legacy_layers(root);
    const char *version = cornu__hdf5_text(root, "keras_version");
    if (!version && layers)
        version = cornu__hdf5_text(layers, "keras_version");
    return version ? version : "1.0";
}

/* The model's config with, at its root, the version whose words it is in. */
static cornu_status load_config(const cornu__saved_file *file, json_t **json)
{
    if (file->kind == CORNU__SAVED_KERAS) {
        *json = cornu__json_parse(file->path, file->config, file->config_size);
        return *json ? CORNU_OK : cornu_error_status();
    }
    if (file->kind == CORNU__SAVED_LEGACY)
        CORNU_TRY(parse_attribute(file, "model_config", json));
    if (!*json)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' holds weights and no model: give them to a model by cornu_load_weights, or by "
                           "--weights beside --model",
                           file->path);
    if (json_is_object(*json))
        json_object_set_new(*json, "keras_version", json_string(version_of(file)));
    return CORNU_OK;
}

/* --- compiling --- */

/* Multi-backend Keras up to 2.3; tf.keras of those days called itself "2.2.4-tf". */
static bool is_keras_2(const cornu__saved_file *file)
{
    const char *version = file->kind == CORNU__SAVED_LEGACY ? version_of(file) : CORNU__KERAS_VERSION;
    int major = 0, minor = 0;
    sscanf(version, "%d.%d", &major, &minor);
    return (major < 2 || (major == 2 && minor <= 3)) && !strstr(version, "-tf");
}

static cornu_status restore_optimizer(const cornu__saved_file *file, cornu_model *model, const cornu__weight_map *map)
{
    const cornu__hdf5_node *root = cornu__hdf5_root(file->hdf5), **datasets = NULL;
    cornu__optimizer_layout layout = CORNU__LAYOUT_KERAS_3;
    size_t count;
    bool legacy = file->kind == CORNU__SAVED_LEGACY;
    cornu_status status = legacy ? cornu__legacy_optimizer(root, &datasets, &count, &layout)
                                 : cornu__keras3_optimizer(root, &datasets, &count);
    if (status == CORNU_OK && count > 0)
        status = cornu__optimizer_restore(model, layout, legacy ? map->order : NULL, map->count, file->path, datasets,
                                          count);
    cornu__free(datasets);
    return status;
}

/* What a model was trained with may be of a program of its own; the model can be used without, so that is only said. */
static cornu_status compile(const cornu__saved_file *file, cornu_model *model, json_t *config,
                            const cornu__weight_map *map, cornu__compile_reading *reading)
{
    if (!json_is_object(config)) {
        cornu__warn("%s: the file does not say what the model was compiled with, so cornu_compile or the command's "
                    "options must",
                    file->path);
        return CORNU_OK;
    }
    cornu__json_place place = cornu__json_root(file->path, config);
    reading->keras_2 = is_keras_2(file);
    if (cornu__compile_config_apply(model, &place, reading) == CORNU_OK)
        return reading->optimizer_changed ? CORNU_OK : restore_optimizer(file, model, map);
    if (cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY || reading->changed)
        return cornu_error_status();
    cornu__warn("the model is loaded, and not compiled: %s", cornu_error_message());
    cornu_error_clear();
    return CORNU_OK;
}

/* --- all of it --- */

static uint64_t count_weights(const cornu_model *model)
{
    uint64_t count = 0;
    for (int i = 0; i < model->layer_count; i++) {
        const cornu_layer *layer = model->layers[i];
        count += layer->model ? count_weights(layer->model) : 0;
        for (int k = 0; !layer->model && k < layer->weight_count; k++)
            count += (uint64_t)layer->weights[k]->count;
    }
    return count;
}

/* Before memory is asked for: that the weights which the model wants can be in the file. (Models of some size only: of others it is better said
 * which weight is missing. A layer that stands in several places counts several times.) */
static cornu_status check_size(const cornu__saved_file *file, cornu_model *model)
{
    CORNU_TRY(cornu__model_need_structure(model));
    uint64_t wanted = count_weights(model), stored = cornu__hdf5_element_count(file->hdf5);
    if (wanted <= SMALL_MODEL || wanted / CORNU__MAX_NESTING <= stored)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s': its model has %llu weights, the file has %llu numbers", file->path,
                       (unsigned long long)wanted, (unsigned long long)stored);
}

static cornu_status load_weights(const cornu__saved_file *file, cornu_model *model, cornu__weight_map *map)
{
    CORNU_TRY(check_size(file, model));
    CORNU_TRY(cornu__weight_map_create(model, map));
    map->in_place = true;
    CORNU_TRY(cornu__saved_read_weights(file, map));
    return cornu__weight_map_apply(map);
}

static cornu_status compile_as_saved(const cornu__saved_file *file, cornu_model *model, json_t *config,
                                     const cornu__weight_map *map, cornu__compile_reading *reading)
{
    json_t *training = NULL;
    if (file->kind == CORNU__SAVED_KERAS)
        return compile(file, model, json_object_get(config, "compile_config"), map, reading);
    CORNU_TRY(parse_attribute(file, "training_config", &training));
    cornu_status status = compile(file, model, training, map, reading);
    json_decref(training);
    return status;
}

/* A model can be used without its history; so it is only said where the file has one that cannot be. */
static cornu_status load_history(const cornu__saved_file *file, cornu_model *model)
{
    if (cornu__saved_history_of(file, &model->history) == CORNU_OK)
        return CORNU_OK;
    if (cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__warn("the model is loaded, without the history of its training: %s", cornu_error_message());
    cornu_error_clear();
    return CORNU_OK;
}

static cornu_status load(const cornu__saved_file *file, const cornu_load_options *options, json_t *config,
                         cornu__compile_reading *reading, cornu_model **model)
{
    *model = cornu__model_from_config(file->path, config, options->seed);
    if (!*model)
        return cornu_error_status();
    (*model)->awaits_weights = true; /* none are drawn at random only to be replaced */
    cornu__weight_map map = {.model = *model};
    cornu_status status = load_weights(file, *model, &map);
    (*model)->awaits_weights = false;
    if (status == CORNU_OK && options->compile)
        status = compile_as_saved(file, *model, config, &map, reading);
    if (status == CORNU_OK)
        status = load_history(file, *model);
    if (status == CORNU_OK)
        status = cornu__saved_facts_read(file, *model);
    cornu__weight_map_clear(&map);
    return status;
}

cornu_model *cornu__load_model(const char *path, const cornu_load_options *options, cornu__change_compile *change,
                               void *state)
{
    cornu_load_options given = {.struct_size = sizeof given, CORNU_LOAD_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!path)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_load_model: the path is NULL");
    cornu__compile_reading reading = {.threads = given.threads, .change = change, .change_state = state};
    cornu__saved_file file;
    cornu_model *model = NULL;
    json_t *config = NULL;
    if (cornu__saved_open(path, &file) != CORNU_OK)
        return NULL;
    cornu_status status = load_config(&file, &config);
    if (status == CORNU_OK)
        status = load(&file, &given, config, &reading, &model);
    json_decref(config);
    cornu__saved_close(&file);
    if (status == CORNU_OK)
        return model;
    cornu_model_release(model);
    return NULL;
}

cornu_model *cornu_load_model_with(const char *path, const cornu_load_options *options)
{
    return cornu__load_model(path, options, NULL, NULL);
}
