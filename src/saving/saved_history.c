/* saved_history.c: the history of a model's training, as JSON. */
#include "saving/saved_history.h"

#include <math.h>
#include <string.h>

#include "base/json_text.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "format/json.h"
#include "format/load.h"
#include "saving/archive.h"

#define MOST_BYTES (16 * 1024 * 1024)  /* of JSON: 100,000 epochs of 8 values */
#define MOST_EPOCHS ((int64_t)1 << 53) /* the numbers that any reader of JSON has exactly */
#define LONGEST_NAME 400

/* What JSON has no numbers for, as cornu__json_text_any_number writes it. */
static const struct {
    const char *name;
    double value;
} not_finite[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
#define NOT_FINITE_COUNT (sizeof not_finite / sizeof *not_finite)

/* --- Out --- */

static void add_epochs(cornu__text *to, const cornu_history *history)
{
    cornu__text_add(to, "\"epoch\": [");
    for (int64_t i = 0; i < cornu_history_epoch_count(history); i++)
        cornu__text_add(to, "%s%lld", i > 0 ? ", " : "", (long long)cornu_history_epoch(history, i));
    cornu__text_add(to, "]");
}

static void add_series(cornu__text *to, const cornu_history *history, const char *name)
{
    int64_t count, next = 0;
    const double *values = cornu_history_values(history, name, &count);
    const int64_t *epochs = cornu_history_value_epochs(history, name, &count);
    cornu__json_text_string(to, name);
    cornu__text_add(to, ": [");
    for (int64_t i = 0; i < cornu_history_epoch_count(history); i++) {
        bool there = next < count && epochs[next] == cornu_history_epoch(history, i);
        cornu__text_add(to, "%s%s", i > 0 ? ", " : "", there ? "" : "null");
        if (there)
            cornu__json_text_any_number(to, values[next++]);
    }
    cornu__text_add(to, "]");
}

cornu_status cornu__saved_history_write(const cornu_history *history, const char *path, char **text)
{
    cornu__text json = {0};
    *text = NULL;
    if (cornu_history_epoch_count(history) == 0)
        return CORNU_OK;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu__text_add(&json, "{");
    add_epochs(&json, history);
    cornu__text_add(&json, ", \"history\": {");
    for (int i = 0; i < cornu_history_value_count(history); i++) {
        cornu__text_add(&json, "%s", i > 0 ? ", " : "");
        add_series(&json, history, cornu_history_value_name(history, i));
    }
    cornu__text_add(&json, "}}");
    cornu__plain_locale_end(locale);
    if (json.length > MOST_BYTES) {
        cornu__warn("%s: the history of the training, %lld epochs, is too long and not in the file", path,
                    (long long)cornu_history_epoch_count(history));
        cornu__text_free(&json);
        return CORNU_OK;
    }
    *text = cornu__text_take(&json);
    return *text ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

/* --- In --- */

static cornu_status read_epochs(const cornu__json_place *place, size_t *count)
{
    int64_t before = -1;
    CORNU_TRY(cornu__json_expect_array(place, count));
    for (size_t i = 0; i < *count; i++) {
        cornu__json_place item = cornu__json_item(place, i);
        int64_t epoch;
        CORNU_TRY(cornu__json_get_integer(&item, 0, MOST_EPOCHS, &epoch));
        if (epoch <= before)
            return cornu__json_fail(&item, CORNU_ERROR_FORMAT, "epoch %lld comes after %lld", (long long)epoch,
                                    (long long)before);
        before = epoch;
    }
    return CORNU_OK;
}

static cornu_status check_series(const cornu__json_place *place, const char *name, size_t count)
{
    size_t length = strlen(name), items;
    if (length == 0 || length > LONGEST_NAME)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "a name of %zu bytes; wanted 1 to %d", length, LONGEST_NAME);
    CORNU_TRY(cornu__json_expect_array(place, &items));
    if (items != count)
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "has %zu values for %zu epochs", items, count);
    return CORNU_OK;
}

/* *there: whether the epoch has a value. */
static cornu_status read_value(const cornu__json_place *place, double *value, bool *there)
{
    const char *text = json_string_value(place->value);
    *there = !cornu__json_is_none(place);
    for (size_t i = 0; text && i < NOT_FINITE_COUNT; i++) {
        if (strcmp(text, not_finite[i].name) == 0) {
            *value = not_finite[i].value;
            return CORNU_OK;
        }
    }
    return *there ? cornu__json_get_number(place, value) : CORNU_OK;
}

static cornu_status read_epoch(const cornu__json_place *all, size_t index, int64_t epoch, cornu_history *history)
{
    cornu_logs logs = {0};
    const char *name;
    json_t *list;
    json_object_foreach(all->value, name, list)
    {
        const cornu__json_place series = cornu__json_member(all, name), item = cornu__json_item(&series, index);
        bool there;
        CORNU_TRY(read_value(&item, &logs.values[logs.count], &there));
        logs.names[logs.count] = name;
        logs.count += there;
    }
    return cornu__history_add(history, epoch, &logs);
}

static cornu_status read_all(const cornu__json_place *root, cornu_history **history)
{
    const cornu__json_place epochs = cornu__json_member(root, "epoch"), all = cornu__json_member(root, "history");
    size_t epoch_count, name_count;
    const char *name;
    json_t *list;
    CORNU_TRY(cornu__json_expect_object(root, &name_count));
    CORNU_TRY(read_epochs(&epochs, &epoch_count));
    CORNU_TRY(cornu__json_expect_object(&all, &name_count));
    if (name_count > CORNU_MAX_LOGS)
        return cornu__json_fail(&all, CORNU_ERROR_LIMIT, "has %zu names; at most %d are read", name_count,
                                CORNU_MAX_LOGS);
    json_object_foreach(all.value, name, list)
    {
        cornu__json_place series = cornu__json_member(&all, name);
        CORNU_TRY(check_series(&series, name, epoch_count));
    }
    if (epoch_count == 0)
        return CORNU_OK;
    *history = cornu__history_create((int64_t)epoch_count);
    cornu_status status = *history ? CORNU_OK : cornu_error_status();
    for (size_t i = 0; status == CORNU_OK && i < epoch_count; i++)
        status = read_epoch(&all, i, json_integer_value(json_array_get(epochs.value, i)), *history);
    return status;
}

static cornu_status read_place(const cornu__json_place *place, cornu_history **history)
{
    cornu_status status = read_all(place, history);
    if (status != CORNU_OK) {
        cornu_history_release(*history);
        *history = NULL;
    }
    return status;
}

/* `key`: of the history in the JSON; NULL: it is all of it. */
static cornu_status read_json(const char *name, const char *text, size_t length, const char *key,
                              cornu_history **history)
{
    if (length > MOST_BYTES)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s': the history has %zu bytes; at most %d are read", name, length,
                           MOST_BYTES);
    json_t *json = cornu__json_parse(name, text, length);
    if (!json)
        return cornu_error_status();
    const cornu__json_place root = cornu__json_root(name, json);
    const cornu__json_place place = key ? cornu__json_member(&root, key) : root;
    cornu_status status = cornu__json_is_none(&place) ? CORNU_OK : read_place(&place, history);
    json_decref(json);
    return status;
}

/* --- From files --- */

static cornu_status read_archive(const char *path, cornu_history **history)
{
    char *text;
    uint64_t size;
    CORNU_TRY(cornu__saved_metadata(path, MOST_BYTES, &text, &size));
    if (!text)
        return CORNU_OK;
    cornu__text name = {0};
    cornu__text_add(&name, "%s: " CORNU__ARCHIVE_METADATA, path);
    cornu_status status =
        name.failed ? CORNU_ERROR_OUT_OF_MEMORY : read_json(name.data, text, size, CORNU__ARCHIVE_HISTORY, history);
    cornu__text_free(&name);
    cornu__free(text);
    return status;
}

static cornu_status read_hdf5(const char *path, const cornu__hdf5 *hdf5, cornu_history **history)
{
    const char *text = cornu__hdf5_text(cornu__hdf5_root(hdf5), CORNU__LEGACY_HISTORY);
    return text ? read_json(path, text, strlen(text), NULL, history) : CORNU_OK;
}

cornu_status cornu__saved_history_of(const cornu__saved_file *file, cornu_history **history)
{
    *history = NULL;
    if (file->kind == CORNU__SAVED_KERAS)
        return read_archive(file->path, history);
    return file->kind == CORNU__SAVED_LEGACY ? read_hdf5(file->path, file->hdf5, history) : CORNU_OK;
}

static cornu_status read_hdf5_file(const char *path, cornu_history **history)
{
    cornu__hdf5 *hdf5 = cornu__hdf5_open(path);
    cornu_status status = hdf5 ? read_hdf5(path, hdf5, history) : cornu_error_status();
    cornu__hdf5_close(hdf5);
    return status;
}

cornu_status cornu__saved_history_load(const char *path, cornu_history **history)
{
    cornu__file_kind kind;
    *history = NULL;
    CORNU_TRY(cornu__file_kind_of(path, &kind));
    if (kind != CORNU__FILE_NPZ && kind != CORNU__FILE_HDF5)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no model: wanted .keras or .h5", path);
    CORNU_TRY(kind == CORNU__FILE_NPZ ? read_archive(path, history) : read_hdf5_file(path, history));
    if (*history)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA,
                       "'%s' holds no history: that of a model which fit has trained is in the .keras and .h5 files of "
                       "cornu_save, --save-model and --checkpoint; weights alone have none, and Keras saves none",
                       path);
}
