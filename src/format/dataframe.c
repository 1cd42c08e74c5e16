/* dataframe.c: a table with named columns. */
#include <string.h>

#include "array/array.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/text.h"
#include "format/csv_record.h"
#include "format/dataframe.h"

#define FIRST_CAPACITY 8

cornu_dataframe *cornu_dataframe_create(void)
{
    return cornu__alloc(sizeof(cornu_dataframe));
}

static void column_free(cornu__column *column, int64_t rows)
{
    for (int64_t i = 0; column->texts && i < rows; i++)
        cornu__free(column->texts[i]);
    cornu__free(column->texts);
    cornu_array_release(column->array);
    cornu__free(column->name);
}

void cornu_dataframe_release(cornu_dataframe *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->column_count; i++)
        column_free(&table->columns[i], table->rows);
    cornu__free(table->columns);
    cornu__free(table);
}

int64_t cornu_dataframe_rows(const cornu_dataframe *table)
{
    return table ? table->rows : 0;
}

/* --- Columns --- */

static const cornu__column *find(const cornu_dataframe *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    }
    return NULL;
}

cornu_status cornu__dataframe_column(const cornu_dataframe *table, const char *name, const cornu__column **column)
{
    *column = name ? find(table, name) : NULL;
    if (*column)
        return CORNU_OK;
    const char *nearest = NULL;
    int least = INT32_MAX;
    for (size_t i = 0; name && i < table->column_count; i++) {
        const char *candidate = cornu__text_nearest(name, (const char *const[]){table->columns[i].name}, 1);
        int distance = candidate ? cornu__text_distance(name, candidate) : INT32_MAX;
        nearest = distance < least ? candidate : nearest;
        least = distance < least ? distance : least;
    }
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "the table has no column '%s'%s%s%s", name ? name : "(NULL)",
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* Room for one more column of `rows` rows; the column is not counted yet. */
static cornu_status make_room(cornu_dataframe *table, const char *name, int64_t rows)
{
    if (!name || name[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a column of a table wants a name");
    if (find(table, name))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the table has a column '%s' already", name);
    if (rows < 0 || (table->column_count > 0 && rows != table->rows))
        return cornu__fail(CORNU_ERROR_SHAPE, "column '%s' has %lld rows, and the table %lld", name, (long long)rows,
                           (long long)table->rows);
    if (table->column_count < table->capacity)
        return CORNU_OK;
    size_t capacity = table->capacity > 0 ? 2 * table->capacity : FIRST_CAPACITY, size = sizeof *table->columns;
    cornu__column *columns = table->columns ? cornu__realloc(table->columns, table->capacity * size, capacity * size)
                                            : cornu__alloc_array(capacity, size);
    if (!columns)
        return cornu_error_status();
    table->columns = columns;
    table->capacity = capacity;
    return CORNU_OK;
}

static cornu_status add(cornu_dataframe *table, const char *name, int64_t rows, cornu__column column)
{
    column.name = cornu__copy_text(name);
    if (!column.name) {
        column_free(&column, rows);
        return CORNU_ERROR_OUT_OF_MEMORY;
    }
    table->columns[table->column_count++] = column;
    table->rows = rows;
    return CORNU_OK;
}

cornu_status cornu_dataframe_add_texts(cornu_dataframe *table, const char *name, int64_t count,
                                       const char *const *texts)
{
    if (!table || !texts)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no %s", table ? "column" : "table");
    CORNU_TRY(make_room(table, name, count));
    cornu__column column = {.texts = cornu__alloc_array((size_t)count, sizeof *column.texts)};
    cornu_status status = column.texts ? CORNU_OK : cornu_error_status();
    for (int64_t i = 0; status == CORNU_OK && i < count; i++) {
        column.texts[i] = cornu__copy_text(texts[i] ? texts[i] : "");
        status = column.texts[i] ? CORNU_OK : cornu_error_status();
    }
    if (status == CORNU_OK)
        return add(table, name, count, column);
    column_free(&column, count);
    return status;
}

cornu_status cornu_dataframe_add_array(cornu_dataframe *table, const char *name, cornu_array *array)
{
    if (!table || !array || cornu_array_is_collection(array) || cornu_array_rank(array) < 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           table ? "a column of a table wants one array with rows" : "there is no table");
    CORNU_TRY(make_room(table, name, cornu_array_size(array, 0)));
    return add(table, name, cornu_array_size(array, 0), (cornu__column){.array = cornu_array_retain(array)});
}

/* --- Numbers --- */

static cornu_status read_numbers(const cornu__column *column, const int64_t *rows, int64_t count, locale_t c_locale,
                                 float *numbers)
{
    for (int64_t i = 0; i < count; i++) {
        if (!cornu__csv_number(column->texts[rows[i]], c_locale, &numbers[i]))
            return cornu__fail(CORNU_ERROR_DATA, "column '%s', row %lld: '%.40s' is no number", column->name,
                               (long long)rows[i], column->texts[rows[i]]);
    }
    return CORNU_OK;
}

cornu_status cornu__column_numbers(const cornu__column *column, const int64_t *rows, int64_t count,
                                   cornu_array **numbers)
{
    int64_t shape[CORNU_MAX_RANK] = {count};
    const cornu_array *array = column->array;
    for (int i = 1; array && i < array->rank; i++)
        shape[i] = array->shape[i];
    *numbers = cornu__array_uninitialized(array ? array->dtype : CORNU_FLOAT32, array ? array->rank : 1, shape);
    if (!*numbers)
        return cornu_error_status();
    if (array) {
        cornu__gather_rows(array->dtype, (*numbers)->data, array, rows, count);
        return CORNU_OK;
    }
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    cornu_status status =
        c_locale ? read_numbers(column, rows, count, c_locale, (*numbers)->data) : cornu__fail_memory("a locale", 0);
    if (c_locale)
        freelocale(c_locale);
    if (status != CORNU_OK) {
        cornu_array_release(*numbers);
        *numbers = NULL;
    }
    return status;
}

/* --- From a file --- */

/* The fields of all records behind one another, as pointers into the file's text. */
typedef struct cells {
    char **items;
    size_t count, capacity;
} cells;

static cornu_status keep_record(const cornu__csv_reader *reader, size_t columns, cells *all)
{
    if (reader->field_count != columns)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: wanted %zu fields like the first line, got %zu",
                           reader->path, (long long)reader->record_line, columns, reader->field_count);
    if (all->count + columns > all->capacity) {
        size_t capacity = 2 * (all->count + columns), size = sizeof *all->items;
        char **items = all->items ? cornu__realloc(all->items, all->capacity * size, capacity * size)
                                  : cornu__alloc_array(capacity, size);
        if (!items)
            return cornu_error_status();
        all->items = items;
        all->capacity = capacity;
    }
    memcpy(all->items + all->count, reader->fields, columns * sizeof *all->items);
    all->count += columns;
    return CORNU_OK;
}

static cornu_status read_cells(cornu__csv_reader *reader, cells *all, size_t *columns)
{
    bool more;
    CORNU_TRY(cornu__csv_next(reader, &more));
    *columns = more ? reader->field_count : 0;
    if (!more)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' is empty", reader->path);
    while (more) {
        CORNU_TRY(keep_record(reader, *columns, all));
        CORNU_TRY(cornu__csv_next(reader, &more));
    }
    return CORNU_OK;
}

static cornu_status add_columns(cornu_dataframe *table, const cells *all, size_t columns)
{
    size_t rows = all->count / columns - 1;
    const char **texts = cornu__alloc_array(rows, sizeof *texts);
    cornu_status status = texts ? CORNU_OK : cornu_error_status();
    for (size_t column = 0; status == CORNU_OK && column < columns; column++) {
        for (size_t row = 0; row < rows; row++)
            texts[row] = all->items[(row + 1) * columns + column];
        status = cornu_dataframe_add_texts(table, all->items[column], (int64_t)rows, texts);
    }
    cornu__free(texts);
    return status;
}

cornu_dataframe *cornu_read_csv_with(const char *path, const cornu_read_csv_options *options)
{
    cornu_read_csv_options given = {.struct_size = sizeof given, CORNU_READ_CSV_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu_dataframe *table = cornu_dataframe_create();
    if (!table)
        return NULL;
    cornu__csv_reader reader;
    char *text;
    cells all = {0};
    size_t columns;
    cornu_status status = cornu__csv_open(&reader, path, given.separator, &text);
    reader.plain = !given.quotes;
    if (status == CORNU_OK)
        status = read_cells(&reader, &all, &columns);
    if (status == CORNU_OK && add_columns(table, &all, columns) != CORNU_OK)
        status = cornu__fail_context("'%s'", path);
    cornu__free(all.items);
    cornu__free(reader.fields);
    cornu__free(text);
    if (status == CORNU_OK)
        return table;
    cornu_dataframe_release(table);
    return NULL;
}
