/* save_model.c: whole models to .keras archives and to legacy HDF5. */
#include <jansson.h>

#include <cornu/saving.h>

#include "base/options.h"
#include "base/text.h"
#include "model/config.h"
#include "model/plan.h"
#include "saving/archive.h"
#include "saving/compile_config.h"
#include "saving/keras3.h"
#include "saving/legacy.h"
#include "saving/saved_facts.h"
#include "saving/saved_history.h"

/* The bytes of a finished file, which the writer gives up. */
static void *finish(cornu__hdf5_writer *writer, cornu_status status, uint64_t *size)
{
    void *bytes = status == CORNU_OK ? cornu__hdf5_writer_finish(writer, size) : NULL;
    cornu__hdf5_writer_release(writer);
    return bytes;
}

/* --- .keras --- */

static char *config_text(cornu_model *model, json_t *compile)
{
    json_t *config = cornu__model_config(model);
    if (!config)
        return NULL;
    if (compile)
        json_object_set(config, "compile_config", compile);
    char *text = cornu__json_text(config);
    json_decref(config);
    return text;
}

static cornu_status save_keras(cornu_model *model, const char *path, json_t *compile)
{
    char *history;
    cornu__saved_facts facts;
    CORNU_TRY(cornu__saved_facts_write(model, &facts));
    if (cornu__saved_history_write(model->history, path, &history) != CORNU_OK) {
        cornu__saved_facts_free(&facts);
        return cornu_error_status();
    }
    char *config = config_text(model, compile);
    cornu__hdf5_writer *writer = config ? cornu__hdf5_writer_create(path) : NULL;
    uint64_t size = 0;
    void *weights = writer ? finish(writer, cornu__keras3_write(writer, model, compile != NULL), &size) : NULL;
    const cornu__archive_parts parts = {.config = config,
                                        .history = history,
                                        .class_names = facts.class_names,
                                        .input_scale = facts.input_scale,
                                        .weights = weights,
                                        .weights_size = size};
    cornu_status status = weights ? cornu__archive_write(path, &parts) : cornu_error_status();
    cornu__free(weights);
    cornu__free(config);
    cornu__free(history);
    cornu__saved_facts_free(&facts);
    return status;
}

/* --- legacy HDF5 --- */

/* Writes JSON as an attribute of the root; takes it over. */
static cornu_status write_json(cornu__hdf5_writer *writer, const char *name, json_t *json)
{
    char *text = json ? cornu__json_text(json) : NULL;
    cornu_status status = text ? cornu__hdf5_write_text(writer, "", name, text) : cornu_error_status();
    cornu__free(text);
    json_decref(json);
    return status;
}

static cornu_status write_history(cornu__hdf5_writer *writer, const cornu_model *model, const char *path)
{
    char *history;
    CORNU_TRY(cornu__saved_history_write(model->history, path, &history));
    cornu_status status = history ? cornu__hdf5_write_text(writer, "", CORNU__LEGACY_HISTORY, history) : CORNU_OK;
    cornu__free(history);
    return status;
}

static cornu_status write_facts(cornu__hdf5_writer *writer, const cornu_model *model)
{
    cornu__saved_facts facts;
    cornu_status status = cornu__saved_facts_write(model, &facts);
    if (status == CORNU_OK && facts.class_names)
        status = cornu__hdf5_write_text(writer, "", CORNU__ARCHIVE_CLASS_NAMES, facts.class_names);
    if (status == CORNU_OK && facts.input_scale)
        status = cornu__hdf5_write_text(writer, "", CORNU__ARCHIVE_INPUT_SCALE, facts.input_scale);
    cornu__saved_facts_free(&facts);
    return status;
}

static cornu_status write_training(cornu__hdf5_writer *writer, const cornu_model *model, const json_t *compile)
{
    json_t *training = json_deep_copy(compile);
    if (!training)
        return cornu__fail_memory("what a model was compiled with", 0);
    /* Losses and schedules stay in Keras 3's words, which tf.keras has read since 2.13; the optimizer alone is a bare class and config. */
    json_t *optimizer = json_object_get(training, "optimizer");
    json_object_set_new(training, "optimizer_config",
                        json_pack("{s:O, s:O}", "class_name", json_object_get(optimizer, "class_name"), "config",
                                  json_object_get(optimizer, "config")));
    json_object_del(training, "optimizer");
    CORNU_TRY(write_json(writer, "training_config", training));
    return model->plan->iterations > 0 ? cornu__legacy_write_optimizer(writer, model) : CORNU_OK;
}

static cornu_status write_legacy(cornu__hdf5_writer *writer, cornu_model *model, const char *path,
                                 const json_t *compile)
{
    json_t *config = cornu__model_config(model);
    if (!config)
        return cornu_error_status();
    cornu__legacy_config(config);
    CORNU_TRY(cornu__legacy_write_version(writer, ""));
    CORNU_TRY(write_json(writer, "model_config", config));
    CORNU_TRY(write_history(writer, model, path));
    CORNU_TRY(write_facts(writer, model));
    CORNU_TRY(cornu__legacy_write_weights(writer, "model_weights", model));
    return compile ? write_training(writer, model, compile) : CORNU_OK;
}

static cornu_status save_legacy(cornu_model *model, const char *path, json_t *compile)
{
    cornu__hdf5_writer *writer = cornu__hdf5_writer_create(path);
    uint64_t size;
    void *bytes = writer ? finish(writer, write_legacy(writer, model, path, compile), &size) : NULL;
    cornu_status status = bytes ? cornu__bytes_write(path, bytes, size) : cornu_error_status();
    cornu__free(bytes);
    return status;
}

/* --- by ending --- */

static cornu_status save(cornu_model *model, const char *path, bool with_optimizer)
{
    bool legacy = cornu__text_has_ending(path, ".h5") || cornu__text_has_ending(path, ".hdf5");
    if (cornu__text_has_ending(path, ".weights.h5"))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "cornu_save: '%s' is a name for weights alone: wanted .keras or .h5, or cornu_save_weights",
                           path);
    if (!legacy && !cornu__text_has_ending(path, ".keras"))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_save: '%s' does not end in .keras, .h5 or .hdf5", path);
    CORNU_TRY(cornu__model_need_homes(model));
    if (with_optimizer && model->request)
        CORNU_TRY(cornu__model_ready(model, CORNU__STEP_TEST)); /* the plan of what was compiled before it was built */
    json_t *compile = NULL;
    if (with_optimizer)
        CORNU_TRY(cornu__compile_config_write(model, &compile));
    cornu_status status = legacy ? save_legacy(model, path, compile) : save_keras(model, path, compile);
    json_decref(compile);
    return status;
}

cornu_status cornu_save_with(cornu_model *model, const char *path, const cornu_save_options *options)
{
    cornu_save_options given = {.struct_size = sizeof given, CORNU_SAVE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!path)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_save: the path is NULL");
    CORNU_TRY(cornu__model_status(model));
    return save(model, path, given.include_optimizer);
}
