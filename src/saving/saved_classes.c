/* saved_classes.c: the names of a model's classes, as JSON. */
#include "saving/saved_classes.h"

#include <string.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"

#define MOST_METADATA (16 * 1024 * 1024) /* bytes; the history is there too */

cornu_status cornu__saved_classes_write(const cornu_model *model, char **text)
{
    cornu__text json = {0};
    *text = NULL;
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

/* `within`: the list is a member of the JSON; else all of it. */
static cornu_status read_json(const char *path, const char *text, size_t length, bool within, cornu_model *model)
{
    json_t *json = cornu__json_parse(path, text, length);
    if (!json)
        return cornu_error_status();
    const cornu__json_place root = cornu__json_root(path, json);
    const cornu__json_place list = within ? cornu__json_member(&root, CORNU__ARCHIVE_CLASS_NAMES) : root;
    cornu_status status = cornu__json_is_none(&list) ? CORNU_OK : take_names(&list, model);
    json_decref(json);
    return status;
}

static cornu_status read_archive(const char *path, cornu_model *model)
{
    char *text;
    uint64_t size;
    CORNU_TRY(cornu__saved_metadata(path, MOST_METADATA, &text, &size));
    cornu_status status = text ? read_json(path, text, size, true, model) : CORNU_OK;
    cornu__free(text);
    return status;
}

cornu_status cornu__saved_classes_read(const cornu__saved_file *file, cornu_model *model)
{
    if (file->kind == CORNU__SAVED_KERAS)
        return read_archive(file->path, model);
    const char *text = file->kind == CORNU__SAVED_LEGACY
                           ? cornu__hdf5_text(cornu__hdf5_root(file->hdf5), CORNU__ARCHIVE_CLASS_NAMES)
                           : NULL;
    return text ? read_json(file->path, text, strlen(text), false, model) : CORNU_OK;
}
