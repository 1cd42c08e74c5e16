/* history.c: the values of every epoch. */
#include <math.h>
#include <string.h>

#include "array/dictionary.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "model/history.h"
#include "model/model.h"

/* Room that is made at once: a program may ask for epochs without end and stop when it is content. */
#define MOST_EPOCHS_AT_ONCE 4096

typedef struct series {
    char *name;
    int64_t count;
    double *values;
    int64_t *epochs;
} series;

struct cornu_history {
    cornu__history_facts facts;
    int64_t room; /* epochs that fit */
    int64_t epoch_count;
    int64_t *epochs;
    cornu_waiting *waitings; /* of each epoch */
    int series_count;
    series series[CORNU_MAX_LOGS];
};

/* --- Making and recording --- */

cornu_history *cornu__history_create(int64_t epochs)
{
    cornu_history *history = cornu__alloc(sizeof *history);
    if (!history)
        return NULL;
    history->facts = (cornu__history_facts){.samples = -1, .validation_samples = -1};
    history->room = epochs < MOST_EPOCHS_AT_ONCE ? epochs : MOST_EPOCHS_AT_ONCE;
    if (history->room < 1)
        history->room = 1;
    history->epochs = cornu__alloc_array((size_t)history->room, sizeof *history->epochs);
    history->waitings = cornu__alloc_array((size_t)history->room, sizeof *history->waitings);
    if (history->epochs && history->waitings)
        return history;
    cornu_history_release(history);
    return NULL;
}

void cornu_history_release(cornu_history *history)
{
    if (!history)
        return;
    for (int i = 0; i < history->series_count; i++) {
        cornu__free(history->series[i].name);
        cornu__free(history->series[i].values);
        cornu__free(history->series[i].epochs);
    }
    cornu__free(history->epochs);
    cornu__free(history->waitings);
    cornu__free(history);
}

static series *find(const cornu_history *history, const char *name)
{
    for (int i = 0; i < history->series_count; i++) {
        if (strcmp(history->series[i].name, name) == 0)
            return (series *)&history->series[i];
    }
    return NULL;
}

static series *add_series(cornu_history *history, const char *name)
{
    if (history->series_count == CORNU_MAX_LOGS)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "the history has no room for '%s': there are already %d values",
                                name, CORNU_MAX_LOGS);
    series made = {.name = cornu__copy_text(name),
                   .values = cornu__alloc_array((size_t)history->room, sizeof *made.values),
                   .epochs = cornu__alloc_array((size_t)history->room, sizeof *made.epochs)};
    if (!made.name || !made.values || !made.epochs) {
        cornu__free(made.name);
        cornu__free(made.values);
        cornu__free(made.epochs);
        return NULL;
    }
    history->series[history->series_count] = made;
    return &history->series[history->series_count++];
}

/* Twice as long, or NULL; the old list then stays. */
static void *lengthen(void *list, int64_t room, size_t size)
{
    return cornu__realloc(list, (size_t)room * size, 2 * (size_t)room * size);
}

/* Where memory ends in between, some lists are longer than they need to be. */
static cornu_status make_room(cornu_history *history)
{
    int64_t *epochs = lengthen(history->epochs, history->room, sizeof *epochs);
    if (!epochs)
        return CORNU_ERROR_OUT_OF_MEMORY;
    history->epochs = epochs;
    cornu_waiting *waitings = lengthen(history->waitings, history->room, sizeof *waitings);
    if (!waitings)
        return CORNU_ERROR_OUT_OF_MEMORY;
    history->waitings = waitings;
    for (int i = 0; i < history->series_count; i++) {
        series *column = &history->series[i];
        double *values = lengthen(column->values, history->room, sizeof *values);
        column->values = values ? values : column->values;
        epochs = values ? lengthen(column->epochs, history->room, sizeof *epochs) : NULL;
        if (!epochs)
            return CORNU_ERROR_OUT_OF_MEMORY;
        column->epochs = epochs;
    }
    history->room *= 2;
    return CORNU_OK;
}

/* `all`: a name that there is no room for is an error. */
static cornu_status record(cornu_history *history, int64_t epoch, const cornu_logs *logs, bool all)
{
    if (history->epoch_count == history->room)
        CORNU_TRY(make_room(history));
    for (int i = 0; i < logs->count; i++) {
        series *column = find(history, logs->names[i]);
        if (!column && !all && history->series_count == CORNU_MAX_LOGS)
            continue;
        if (!column)
            column = add_series(history, logs->names[i]);
        if (!column)
            return cornu_error_status();
        column->values[column->count] = logs->values[i];
        column->epochs[column->count++] = epoch;
    }
    history->waitings[history->epoch_count] = (cornu_waiting){0};
    history->epochs[history->epoch_count++] = epoch;
    return CORNU_OK;
}

cornu_status cornu__history_add(cornu_history *history, int64_t epoch, const cornu_logs *logs)
{
    return record(history, epoch, logs, true);
}

static void remove_last(cornu_history *history)
{
    int64_t epoch = history->epochs[--history->epoch_count];
    for (int i = 0; i < history->series_count; i++) {
        series *column = &history->series[i];
        if (column->count > 0 && column->epochs[column->count - 1] == epoch)
            column->count--;
    }
}

cornu_status cornu__history_put(cornu_history *history, int64_t epoch, const cornu_logs *logs)
{
    if (history->epoch_count > 0 && history->epochs[history->epoch_count - 1] == epoch)
        remove_last(history);
    return record(history, epoch, logs, false);
}

cornu_status cornu__history_reserve(cornu_history *history, int64_t epochs)
{
    int64_t wanted = history->epoch_count + (epochs < MOST_EPOCHS_AT_ONCE ? epochs : MOST_EPOCHS_AT_ONCE);
    while (history->room < wanted)
        CORNU_TRY(make_room(history));
    return CORNU_OK;
}

void cornu__history_set_waiting(cornu_history *history, const cornu_waiting *waiting)
{
    history->waitings[history->epoch_count - 1] = *waiting;
}

/* --- Reading --- */

cornu_status cornu__history_check(const cornu_history *history)
{
    return history
               ? CORNU_OK
               : cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no history (NULL): a fit that fails gives none");
}

int64_t cornu_history_epoch_count(const cornu_history *history)
{
    return history ? history->epoch_count : 0;
}

int64_t cornu_history_epoch(const cornu_history *history, int64_t index)
{
    return index >= 0 && index < cornu_history_epoch_count(history) ? history->epochs[index] : -1;
}

int cornu_history_value_count(const cornu_history *history)
{
    return history ? history->series_count : 0;
}

const char *cornu_history_value_name(const cornu_history *history, int index)
{
    return index >= 0 && index < cornu_history_value_count(history) ? history->series[index].name : NULL;
}

static const series *find_or_fail(const cornu_history *history, const char *name)
{
    if (cornu__history_check(history) != CORNU_OK)
        return NULL;
    if (!name)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "the history was asked for a value without a name (NULL)");
    const series *column = find(history, name);
    if (column)
        return column;
    const char *names[CORNU_MAX_LOGS];
    cornu__text list = {0};
    for (int i = 0; i < history->series_count; i++) {
        names[i] = history->series[i].name;
        cornu__text_add(&list, "%s'%s'", i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = cornu__text_nearest(name, names, (size_t)history->series_count);
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "the history has no '%s', but %s%s%s%s", name,
                list.data ? list.data : "nothing at all", nearest ? "; was '" : "", nearest ? nearest : "",
                nearest ? "' meant?" : "");
    cornu__text_free(&list);
    return NULL;
}

const double *cornu_history_values(const cornu_history *history, const char *name, int64_t *count)
{
    const series *column = find_or_fail(history, name);
    *count = column ? column->count : 0;
    return column ? column->values : NULL;
}

const int64_t *cornu_history_value_epochs(const cornu_history *history, const char *name, int64_t *count)
{
    const series *column = find_or_fail(history, name);
    *count = column ? column->count : 0;
    return column ? column->epochs : NULL;
}

double cornu_history_get(const cornu_history *history, const char *name, int64_t index)
{
    const series *column = find_or_fail(history, name);
    if (!column)
        return NAN;
    int64_t place = index < 0 ? column->count + index : index;
    if (place >= 0 && place < column->count)
        return column->values[place];
    cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the history has %lld values of '%s', and no number %lld",
                (long long)column->count, name, (long long)index);
    return NAN;
}

/* A column's epochs ascend, with gaps where there was no value. */
static double value_of_epoch(const series *column, int64_t epoch, bool *there)
{
    int64_t begin = 0, end = column->count;
    while (begin < end) {
        int64_t middle = begin + (end - begin) / 2;
        if (column->epochs[middle] < epoch)
            begin = middle + 1;
        else
            end = middle;
    }
    *there = begin < column->count && column->epochs[begin] == epoch;
    return *there ? column->values[begin] : NAN;
}

void cornu__history_logs(const cornu_history *history, int64_t index, cornu_logs *logs)
{
    logs->count = 0;
    for (int i = 0; i < history->series_count; i++) {
        bool there;
        double value = value_of_epoch(&history->series[i], history->epochs[index], &there);
        if (!there)
            continue;
        logs->names[logs->count] = history->series[i].name;
        logs->values[logs->count++] = value;
    }
}

cornu_status cornu_history_waiting(const cornu_history *history, int64_t index, cornu_waiting *waiting)
{
    *waiting = (cornu_waiting){0};
    CORNU_TRY(cornu__history_check(history));
    if (index < 0 || index >= history->epoch_count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the history has %lld epochs, and no number %lld",
                           (long long)history->epoch_count, (long long)index);
    *waiting = history->waitings[index];
    return CORNU_OK;
}

/* --- What it is of --- */

void cornu__history_set_facts(cornu_history *history, const cornu__history_facts *facts)
{
    history->facts = *facts;
}

const cornu__history_facts *cornu__history_facts_of(const cornu_history *history)
{
    return &history->facts;
}

/* --- Keeping --- */

#define EPOCHS "epochs"
#define VALUES "values/"
#define THEIR_EPOCHS "epochs_of/" /* in which a name has values */
#define WAITING "waiting"         /* WAITING_NUMBERS of each epoch; missing in older files */
#define WAITING_NUMBERS (2 + CORNU_STAGE_COUNT)

static void add_waitings(cornu__dictionary *kept, const cornu_history *history)
{
    int64_t count = history->epoch_count * WAITING_NUMBERS;
    if (count == 0)
        return;
    double *numbers = cornu__alloc_array((size_t)count, sizeof *numbers), *number = numbers;
    kept->failed = kept->failed || !numbers;
    for (int64_t i = 0; numbers && i < history->epoch_count; i++) {
        *number++ = history->waitings[i].seconds;
        *number++ = history->waitings[i].waited;
        for (int stage = 0; stage < CORNU_STAGE_COUNT; stage++)
            *number++ = history->waitings[i].stages[stage];
    }
    cornu__dictionary_add_numbers(kept, WAITING, CORNU_FLOAT64, count, numbers);
    cornu__free(numbers);
}

/* Of the epochs that were loaded. */
static cornu_status load_waitings(cornu_history *history, const cornu_array *kept)
{
    const cornu_array *found;
    if (!cornu_array_item_named(kept, WAITING))
        return CORNU_OK;
    CORNU_TRY(cornu__dictionary_get(kept, WAITING, CORNU_FLOAT64, history->epoch_count * WAITING_NUMBERS, &found));
    const double *number = cornu_array_data(found);
    for (int64_t i = 0; i < history->epoch_count; i++) {
        history->waitings[i] = (cornu_waiting){.seconds = number[0], .waited = number[1]};
        memcpy(history->waitings[i].stages, number + 2, CORNU_STAGE_COUNT * sizeof *number);
        number += WAITING_NUMBERS;
    }
    return CORNU_OK;
}

static void add_named(cornu__dictionary *kept, const char *prefix, const char *name, cornu_dtype dtype, int64_t count,
                      const void *numbers)
{
    cornu__text whole = {0};
    cornu__text_add(&whole, "%s%s", prefix, name);
    char *text = cornu__text_take(&whole);
    kept->failed = kept->failed || !text;
    cornu__dictionary_add_numbers(kept, text, dtype, count, numbers);
    cornu__free(text);
}

cornu_array *cornu__history_save(const cornu_history *history)
{
    cornu__dictionary kept = {0};
    cornu__dictionary_add_numbers(&kept, EPOCHS, CORNU_INT64, history->epoch_count, history->epochs);
    for (int i = 0; i < history->series_count; i++) {
        const series *column = &history->series[i];
        add_named(&kept, VALUES, column->name, CORNU_FLOAT64, column->count, column->values);
        add_named(&kept, THEIR_EPOCHS, column->name, CORNU_INT64, column->count, column->epochs);
    }
    add_waitings(&kept, history);
    return cornu__dictionary_take(&kept);
}

/* A list of values as it was kept, and how many of them are taken. */
typedef struct kept_series {
    const char *name;
    const double *values;
    const int64_t *epochs;
    int64_t count, taken;
} kept_series;

static cornu_status find_kept(const cornu_array *kept, size_t index, kept_series *found)
{
    const cornu_array *values = cornu_array_item(kept, index), *epochs;
    found->name = cornu_array_item_name(kept, index) + strlen(VALUES);
    found->count = cornu_array_count(values);
    cornu__text name = {0};
    cornu__text_add(&name, THEIR_EPOCHS "%s", found->name);
    char *text = cornu__text_take(&name);
    cornu_status status =
        text ? cornu__dictionary_get(kept, text, CORNU_INT64, found->count, &epochs) : CORNU_ERROR_OUT_OF_MEMORY;
    cornu__free(text);
    CORNU_TRY(status);
    if (cornu_array_dtype(values) != CORNU_FLOAT64)
        return cornu__fail(CORNU_ERROR_FORMAT, "the history's '%s' is no list of float64", found->name);
    found->values = cornu_array_data(values);
    found->epochs = cornu_array_data(epochs);
    return CORNU_OK;
}

/* *count := how many lists there are. */
static cornu_status find_all_kept(const cornu_array *kept, kept_series *all, int *count)
{
    *count = 0;
    for (size_t i = 0; i < cornu_array_item_count(kept); i++) {
        const char *name = cornu_array_item_name(kept, i);
        if (!name || strncmp(name, VALUES, strlen(VALUES)) != 0)
            continue;
        if (*count == CORNU_MAX_LOGS)
            return cornu__fail(CORNU_ERROR_FORMAT, "the history has more than %d names", CORNU_MAX_LOGS);
        CORNU_TRY(find_kept(kept, i, &all[(*count)++]));
    }
    return CORNU_OK;
}

/* Epoch by epoch, as they were recorded. */
static cornu_status load_all(cornu_history *history, kept_series *all, int count, const cornu_array *epochs)
{
    const int64_t *numbers = cornu_array_data(epochs);
    for (int64_t e = 0; e < cornu_array_count(epochs); e++) {
        cornu_logs logs = {0};
        for (int i = 0; i < count; i++) {
            kept_series *one = &all[i];
            if (one->taken == one->count || one->epochs[one->taken] != numbers[e])
                continue;
            logs.names[logs.count] = one->name;
            logs.values[logs.count++] = one->values[one->taken++];
        }
        CORNU_TRY(cornu__history_add(history, numbers[e], &logs));
    }
    for (int i = 0; i < count; i++) {
        if (all[i].taken < all[i].count)
            return cornu__fail(CORNU_ERROR_FORMAT, "the history's '%s' has a value of an epoch that there was not",
                               all[i].name);
    }
    return CORNU_OK;
}

cornu_status cornu__history_load(cornu_history *history, const cornu_array *kept)
{
    const cornu_array *epochs;
    int count;
    CORNU_TRY(cornu__dictionary_get(kept, EPOCHS, CORNU_INT64, -1, &epochs));
    kept_series *all = cornu__alloc_array(CORNU_MAX_LOGS, sizeof *all);
    if (!all)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = find_all_kept(kept, all, &count);
    if (status == CORNU_OK)
        status = load_all(history, all, count, epochs);
    if (status == CORNU_OK)
        status = load_waitings(history, kept);
    cornu__free(all);
    return status;
}

/* --- CSV --- */

static void write_row(FILE *stream, const cornu_history *history, int64_t epoch)
{
    fprintf(stream, "%lld", (long long)epoch);
    for (int i = 0; i < history->series_count; i++) {
        bool there;
        double value = value_of_epoch(&history->series[i], epoch, &there);
        if (there)
            fprintf(stream, ",%.17g", value);
        else
            fprintf(stream, ",NA");
    }
    fprintf(stream, "\n");
}

cornu_status cornu_history_save_csv(const cornu_history *history, const char *path)
{
    cornu__new_file file;
    CORNU_TRY(cornu__history_check(history));
    CORNU_TRY(cornu__file_begin(&file, path));
    cornu__plain_locale locale = cornu__plain_locale_begin();
    fprintf(file.stream, "epoch");
    for (int i = 0; i < history->series_count; i++)
        fprintf(file.stream, ",%s", history->series[i].name);
    fprintf(file.stream, "\n");
    for (int64_t i = 0; i < history->epoch_count; i++)
        write_row(file.stream, history, history->epochs[i]);
    cornu__plain_locale_end(locale);
    return cornu__file_commit(&file);
}

/* --- A model's --- */

cornu_history *cornu__model_history(const cornu_model *model)
{
    return model->history;
}

void cornu__model_take_history(cornu_model *model, cornu_history *history)
{
    cornu_history_release(model->history);
    model->history = history;
}

const cornu_history *cornu_model_history(const cornu_model *model)
{
    if (!model)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "cornu_model_history: the model is NULL");
    if (cornu_history_epoch_count(model->history) > 0)
        return model->history;
    return cornu__fail_null(CORNU_ERROR_STATE, "model '%s' has no history: fit has not trained it for an epoch yet",
                            cornu_model_name(model));
}
