/* scalars.c: numbers by name and step, and reading them from tables. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "format/csv_record.h"
#include "format/scalars.h"
#include "format/stream.h"

/* --- The numbers --- */

static cornu__scalar_series *find(const cornu__scalars *scalars, const char *name)
{
    for (int i = 0; i < scalars->series_count; i++) {
        if (strcmp(scalars->series[i].name, name) == 0)
            return &scalars->series[i];
    }
    return NULL;
}

const cornu__scalar_series *cornu__scalars_find(const cornu__scalars *scalars, const char *name)
{
    return find(scalars, name);
}

static cornu__scalar_series *add_series(cornu__scalars *scalars, const char *source, const char *name)
{
    if (scalars->series_count == CORNU__MAX_SCALAR_NAMES)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "'%s': more than %d names of values", source,
                                CORNU__MAX_SCALAR_NAMES);
    if (scalars->series_count == scalars->series_capacity) {
        int capacity = scalars->series_capacity > 0 ? 2 * scalars->series_capacity : 16;
        cornu__scalar_series *grown = cornu__realloc(scalars->series, (size_t)scalars->series_capacity * sizeof *grown,
                                                     (size_t)capacity * sizeof *grown);
        if (!grown)
            return NULL;
        scalars->series = grown;
        scalars->series_capacity = capacity;
    }
    cornu__scalar_series *made = &scalars->series[scalars->series_count];
    *made = (cornu__scalar_series){.name = cornu__copy_text(name)};
    if (!made->name)
        return NULL;
    scalars->series_count++;
    return made;
}

static cornu_status make_room(cornu__scalar_series *series)
{
    int64_t capacity = series->capacity > 0 ? 2 * series->capacity : 64;
    size_t old_size = (size_t)series->capacity * sizeof(double), size = (size_t)capacity * sizeof(double);
    double *steps = cornu__realloc(series->steps, old_size, size);
    series->steps = steps ? steps : series->steps;
    double *values = steps ? cornu__realloc(series->values, old_size, size) : NULL;
    if (!values)
        return CORNU_ERROR_OUT_OF_MEMORY;
    series->values = values;
    series->capacity = capacity;
    return CORNU_OK;
}

cornu_status cornu__scalars_add(cornu__scalars *scalars, const char *source, const char *name, double step,
                                double value)
{
    cornu__scalar_series *series = find(scalars, name);
    if (!series)
        series = add_series(scalars, source, name);
    if (!series)
        return cornu_error_status();
    if (scalars->value_count == CORNU__MAX_SCALARS)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s': more than %d values", source, CORNU__MAX_SCALARS);
    if (series->count == series->capacity)
        CORNU_TRY(make_room(series));
    series->steps[series->count] = step;
    series->values[series->count++] = value;
    scalars->value_count++;
    return CORNU_OK;
}

void cornu__scalars_free(cornu__scalars *scalars)
{
    for (int i = 0; i < scalars->series_count; i++) {
        cornu__free(scalars->series[i].name);
        cornu__free(scalars->series[i].steps);
        cornu__free(scalars->series[i].values);
    }
    cornu__free(scalars->series);
    *scalars = (cornu__scalars){0};
}

/* --- Tables --- */

typedef struct table {
    cornu__csv_reader reader;
    char *header[CORNU__MAX_SCALAR_NAMES + 1]; /* into the text */
    bool passed_over[CORNU__MAX_SCALAR_NAMES + 1];
    size_t column_count;
    size_t epoch_column; /* column_count: none */
    int64_t row;
} table;

static cornu_status read_header(table *from)
{
    bool more;
    CORNU_TRY(cornu__csv_next(&from->reader, &more));
    if (!more)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is empty; wanted a line of names, as CSVLogger writes it",
                           from->reader.path);
    if (from->reader.field_count > CORNU__MAX_SCALAR_NAMES)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' has %zu columns; at most %d are read", from->reader.path,
                           from->reader.field_count, CORNU__MAX_SCALAR_NAMES);
    from->column_count = from->epoch_column = from->reader.field_count;
    for (size_t i = 0; i < from->column_count; i++) {
        from->header[i] = from->reader.fields[i];
        if (strcmp(from->header[i], "epoch") == 0)
            from->epoch_column = i;
        char *end;
        strtod(from->header[i], &end);
        if (*end == '\0')
            return cornu__fail(CORNU_ERROR_FORMAT,
                               "'%s', line 1: '%s' is no name; wanted a line of names, as CSVLogger writes it",
                               from->reader.path, from->header[i]);
    }
    return CORNU_OK;
}

static bool is_missing(const char *field)
{
    return field[0] == '\0' || strcmp(field, "NA") == 0 || strcmp(field, "None") == 0;
}

static cornu_status read_number(const table *from, size_t column, double *value)
{
    const char *field = from->reader.fields[column];
    char *end = NULL;
    *value = strtod(field, &end);
    if (end != field && *end == '\0')
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: '%.40s' of column '%.60s' is no number", from->reader.path,
                       (long long)from->reader.record_line, field, from->header[column]);
}

static cornu_status read_row(table *from, cornu__scalars *scalars)
{
    double step = (double)from->row++;
    if (from->reader.field_count != from->column_count)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: %zu fields; the first line names %zu",
                           from->reader.path, (long long)from->reader.record_line, from->reader.field_count,
                           from->column_count);
    if (from->epoch_column < from->column_count)
        CORNU_TRY(read_number(from, from->epoch_column, &step));
    for (size_t i = 0; i < from->column_count; i++) {
        double value;
        from->passed_over[i] = from->passed_over[i] || from->reader.fields[i][0] == '[';
        if (i == from->epoch_column || from->passed_over[i])
            continue;
        if (is_missing(from->reader.fields[i]))
            continue;
        CORNU_TRY(read_number(from, i, &value));
        CORNU_TRY(cornu__scalars_add(scalars, from->reader.path, from->header[i], step, value));
    }
    return CORNU_OK;
}

static cornu_status read_table(table *from, cornu__scalars *scalars)
{
    bool more = true;
    CORNU_TRY(read_header(from));
    while (true) {
        CORNU_TRY(cornu__csv_next(&from->reader, &more));
        if (!more)
            return CORNU_OK;
        CORNU_TRY(read_row(from, scalars));
    }
}

cornu_status cornu__scalars_read_csv(const char *path, cornu__scalars *scalars)
{
    uint64_t size;
    char *text = cornu__read_file(path, CORNU__MAX_LOG_BYTES, &size);
    table *from = text ? cornu__alloc(sizeof *from) : NULL;
    cornu_status status = from ? CORNU_OK : cornu_error_status();
    if (from && memchr(text, '\0', size))
        status = cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no table: it has bytes of 0", path);
    if (status == CORNU_OK) {
        bool marked = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0; /* a byte order mark */
        from->reader = (cornu__csv_reader){.path = path, .at = text + (marked ? 3 : 0), .end = text + size, .line = 1};
        from->reader.separator = cornu__csv_guess_separator(from->reader.at, from->reader.end);
        cornu__plain_locale locale = cornu__plain_locale_begin();
        status = read_table(from, scalars);
        cornu__plain_locale_end(locale);
        cornu__free(from->reader.fields);
    }
    cornu__free(from);
    cornu__free(text);
    return status;
}
