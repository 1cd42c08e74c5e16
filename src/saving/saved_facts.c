/* saved_facts.c: what a model knows of its data, as JSON. */
#include "saving/saved_facts.h"

#include <math.h>
#include <string.h>

#include "base/json_text.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "format/json.h"

#define MOST_METADATA (16 * 1024 * 1024) /* bytes; the history is there too */

/* --- Out --- */

static cornu_status write_names(const cornu_model *model, char **text)
{
    cornu__text json = {0};
    if (model->class_count == 0)
        return CORNU_OK;
    cornu__text_add(&json, "[");
    for (int i = 0; i < model->class_count; i++) {
        cornu__text_add(&json, "%s", i > 0 ? ", " : "");
        cornu__json_text_string(&json, model->class_names[i]);
    }
    cornu__text_add(&json, "]");
    *text = cornu__text_take(&json);
    return *text ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status write_scale(const cornu_model *model, char **text)
{
    cornu__text json = {0};
    if (cornu_model_input_scale(model) == 1)
        return CORNU_OK;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu__text_add(&json, "[");
    cornu__json_text_number(&json, cornu_model_input_scale(model));
    cornu__text_add(&json, "]");
    cornu__plain_locale_end(locale);
    *text = cornu__text_take(&json);
    return *text ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_status cornu__saved_facts_write(const cornu_model *model, cornu__saved_facts *facts)
{
    *facts = (cornu__saved_facts){0};
    cornu_status status = write_names(model, &facts->class_names);
    if (status == CORNU_OK)
        status = write_scale(model, &facts->input_scale);
    if (status != CORNU_OK)
        cornu__saved_facts_free(facts);
    return status;
}

void cornu__saved_facts_free(cornu__saved_facts *facts)
{
    cornu__free(facts->class_names);
    cornu__free(facts->input_scale);
    *facts = (cornu__saved_facts){0};
}

/* --- In --- */

static cornu_status read_names(const cornu__json_place *list, const char **names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const cornu__json_place item = cornu__json_item(list, i);
        CORNU_TRY(cornu__json_get_string(&item, &names[i]));
    }
    return CORNU_OK;
}

static cornu_status take_names(const cornu__json_place *list, cornu_model *model)
{
    size_t count;
    CORNU_TRY(cornu__json_expect_array(list, &count));
    if (count > CORNU__MOST_CLASSES)
        return cornu__json_fail(list, CORNU_ERROR_LIMIT, "has %zu names; at most %d are read", count,
                                CORNU__MOST_CLASSES);
    if (count == 0)
        return CORNU_OK;
    const char **names = cornu__alloc_array(count, sizeof *names);
    if (!names)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = read_names(list, names, count);
    if (status == CORNU_OK)
        status = cornu_model_set_class_names(model, names, (int)count);
    cornu__free(names);
    return status;
}

static cornu_status take_scale(const cornu__json_place *list, cornu_model *model)
{
    size_t count;
    double scale;
    CORNU_TRY(cornu__json_expect_array(list, &count));
    if (count != 1)
        return cornu__json_fail(list, CORNU_ERROR_FORMAT, "has %zu numbers; wanted one", count);
    const cornu__json_place number = cornu__json_item(list, 0);
    CORNU_TRY(cornu__json_get_number(&number, &scale));
    if (!isfinite(scale) || scale == 0)
        return cornu__json_fail(&number, CORNU_ERROR_FORMAT, "is %g; wanted a finite number that is not 0", scale);
    return cornu_model_set_input_scale(model, scale);
}

static const struct fact {
    const char *name, *what;
    cornu_status (*take)(const cornu__json_place *place, cornu_model *model);
} facts_known[] = {
    {CORNU__ARCHIVE_CLASS_NAMES, "the names of its classes", take_names},
    {CORNU__ARCHIVE_INPUT_SCALE, "what its inputs were multiplied by", take_scale},
};
#define FACT_COUNT (sizeof facts_known / sizeof *facts_known)

/* Only want of memory is an error. */
static cornu_status forgive(cornu_status status, const char *without)
{
    if (status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY)
        return status;
    cornu__warn("the model is loaded, without %s: %s", without, cornu_error_message());
    cornu_error_clear();
    return CORNU_OK;
}

static cornu_status take(const struct fact *fact, const cornu__json_place *place, cornu_model *model)
{
    return cornu__json_is_none(place) ? CORNU_OK : forgive(fact->take(place, model), fact->what);
}

static cornu_status read_metadata(const char *path, cornu_model *model)
{
    char *text;
    uint64_t size;
    CORNU_TRY(cornu__saved_metadata(path, MOST_METADATA, &text, &size));
    if (!text)
        return CORNU_OK;
    json_t *json = cornu__json_parse(path, text, size);
    cornu__free(text);
    if (!json)
        return cornu_error_status();
    const cornu__json_place root = cornu__json_root(path, json);
    cornu_status status = CORNU_OK;
    for (size_t i = 0; i < FACT_COUNT && status == CORNU_OK; i++) {
        const cornu__json_place place = cornu__json_member(&root, facts_known[i].name);
        status = take(&facts_known[i], &place, model);
    }
    json_decref(json);
    return status;
}

static cornu_status read_attribute(const cornu__saved_file *file, const struct fact *fact, cornu_model *model)
{
    const char *text = cornu__hdf5_text(cornu__hdf5_root(file->hdf5), fact->name);
    if (!text)
        return CORNU_OK;
    json_t *json = cornu__json_parse(file->path, text, strlen(text));
    if (!json)
        return forgive(cornu_error_status(), fact->what);
    const cornu__json_place root = cornu__json_root(file->path, json);
    cornu_status status = take(fact, &root, model);
    json_decref(json);
    return status;
}

cornu_status cornu__saved_facts_read(const cornu__saved_file *file, cornu_model *model)
{
    cornu_status status = CORNU_OK;
    if (file->kind == CORNU__SAVED_KERAS)
        return forgive(read_metadata(file->path, model), "what it knows of its data");
    for (size_t i = 0; i < FACT_COUNT && status == CORNU_OK && file->kind == CORNU__SAVED_LEGACY; i++)
        status = read_attribute(file, &facts_known[i], model);
    return status;
}
