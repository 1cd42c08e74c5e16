/* history.c: the values of every epoch. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "train/history.h"

/* Room that is made at once: a program may ask for epochs without end and stop when it is content. */
#define MOST_EPOCHS_AT_ONCE 4096

typedef struct series {
    char *name;
    int64_t count;
    double *values;
    int64_t *epochs;
} series;

struct cornu_history {
    int64_t room; /* epochs that fit */
    int64_t epoch_count;
    int64_t *epochs;
    int series_count;
    series series[CORNU_MAX_LOGS];
};

/* --- Making and recording --- */

cornu_history *cornu__history_create(int64_t epochs)
{
    cornu_history *history = cornu__alloc(sizeof *history);
    if (!history)
        return NULL;
    history->room = epochs < MOST_EPOCHS_AT_ONCE ? epochs : MOST_EPOCHS_AT_ONCE;
    if (history->room < 1)
        history->room = 1;
    history->epochs = cornu__alloc_array((size_t)history->room, sizeof *history->epochs);
    if (!history->epochs) {
        cornu__free(history);
        return NULL;
    }
    return history;
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

cornu_status cornu__history_add(cornu_history *history, int64_t epoch, const cornu_logs *logs)
{
    if (history->epoch_count == history->room)
        CORNU_TRY(make_room(history));
    for (int i = 0; i < logs->count; i++) {
        series *column = find(history, logs->names[i]);
        if (!column)
            column = add_series(history, logs->names[i]);
        if (!column)
            return cornu_error_status();
        column->values[column->count] = logs->values[i];
        column->epochs[column->count++] = epoch;
    }
    history->epochs[history->epoch_count++] = epoch;
    return CORNU_OK;
}

/* --- Reading --- */

int64_t cornu_history_epoch_count(const cornu_history *history)
{
    return history->epoch_count;
}

int64_t cornu_history_epoch(const cornu_history *history, int64_t index)
{
    return index >= 0 && index < history->epoch_count ? history->epochs[index] : -1;
}

int cornu_history_value_count(const cornu_history *history)
{
    return history->series_count;
}

const char *cornu_history_value_name(const cornu_history *history, int index)
{
    return index >= 0 && index < history->series_count ? history->series[index].name : NULL;
}

static const series *find_or_fail(const cornu_history *history, const char *name)
{
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

/* --- CSV --- */

static double value_of_epoch(const series *column, int64_t epoch, bool *there)
{
    for (int64_t i = 0; i < column->count; i++) {
        if (column->epochs[i] == epoch) {
            *there = true;
            return column->values[i];
        }
    }
    *there = false;
    return NAN;
}

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
