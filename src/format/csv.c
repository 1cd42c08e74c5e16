/*
 * csv.c: a table of numbers as text, with one target column that may be text, as arrays.
 *
 * The table is gone through twice (csv_table.h): to count its rows and see what the target is, and to read them into the arrays.
 */
#include <string.h>

#include "array/array.h"
#include "base/options.h"
#include "format/csv.h"
#include "format/csv_table.h"

/* --- The rows --- */

/* x has the columns without the target, y the target, if there is one. */
static cornu_status read_row(cornu__csv_table *table, cornu__cursor *cursor, float *x, cornu_array *y)
{
    int64_t line = cursor->line, row = cursor->number;
    char **fields;
    CORNU_TRY(cornu__csv_table_next(table, cursor, &fields));
    for (size_t i = 0; i < table->column_count; i++) {
        if (i != table->target)
            CORNU_TRY(cornu__csv_table_write(table, i, fields[i], line, CORNU_FLOAT32, x++));
        else
            CORNU_TRY(cornu__csv_table_write(table, i, fields[i], line, y->dtype,
                                             (char *)y->data + row * (int64_t)cornu_dtype_size(y->dtype)));
    }
    return CORNU_OK;
}

static cornu_status read_rows(cornu__csv_table *table, cornu_array *x, cornu_array *y)
{
    cornu_status status = CORNU_OK;
    cornu__cursor *cursor = cornu__record_file_find(&table->file, 0);
    if (!cursor)
        return cornu_error_status();
    for (int64_t row = 0; status == CORNU_OK && row < table->file.count; row++)
        status = read_row(table, cursor, (float *)x->data + row * x->shape[1], y);
    cornu__record_file_give_back(&table->file, cursor, status);
    return status;
}

static cornu_array *make_dictionary(cornu__csv_table *table)
{
    static const char *const keys[] = {"x", "y"};
    bool has_target = table->target != CORNU__CSV_NONE;
    const cornu__csv_column *target = has_target ? &table->columns[table->target] : NULL;
    cornu_dtype dtype = target && target->type == CORNU__CSV_CLASS ? CORNU_INT32 : CORNU_FLOAT32;
    int64_t shape[] = {table->file.count, (int64_t)(table->column_count - has_target)};
    cornu_array *items[] = {cornu__array_uninitialized(CORNU_FLOAT32, 2, shape), NULL}, *dictionary = NULL;
    if (items[0] && has_target)
        items[1] = cornu__array_uninitialized(dtype, 1, shape);
    bool whole = items[0] && (items[1] || !has_target) && read_rows(table, items[0], items[1]) == CORNU_OK;
    if (whole)
        dictionary = cornu_array_dict(has_target ? 2 : 1, keys, items);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return dictionary;
}

/* --- The names --- */

/* Copies of texts; NULL with the error set. */
static char **copy_texts(const char *const *texts, size_t count)
{
    char **copies = cornu__alloc_array(count, sizeof *copies);
    for (size_t i = 0; copies && i < count; i++) {
        copies[i] = cornu__copy_text(texts[i]);
        if (!copies[i]) {
            for (size_t j = 0; j < i; j++)
                cornu__free(copies[j]);
            cornu__free(copies);
            return NULL;
        }
    }
    return copies;
}

static cornu_status copy_column_names(const cornu__csv_table *table, cornu__csv_names *names)
{
    size_t count = 0;
    const char **columns = cornu__alloc_array(table->column_count, sizeof *columns);
    if (!columns)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < table->column_count; i++) {
        if (i != table->target)
            columns[count++] = table->columns[i].name;
    }
    names->columns = copy_texts(columns, count);
    names->column_count = names->columns ? count : 0;
    cornu__free(columns);
    return names->columns ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status copy_names(const cornu__csv_table *table, cornu__csv_names *names)
{
    const cornu__csv_column *target = table->target != CORNU__CSV_NONE ? &table->columns[table->target] : NULL;
    if (target && target->class_count > 0) {
        names->classes = copy_texts(target->classes, (size_t)target->class_count);
        names->class_count = names->classes ? (size_t)target->class_count : 0;
        if (!names->classes)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return table->has_header ? copy_column_names(table, names) : CORNU_OK;
}

/* --- The whole --- */

static cornu_array *read_table(cornu__csv_table *table, cornu__csv_names *names)
{
    if (table->target != CORNU__CSV_NONE && table->column_count == 1)
        return cornu__fail_null(CORNU_ERROR_DATA, "'%s' has no column beside the target", table->file.file.path);
    cornu_array *dictionary = make_dictionary(table);
    if (dictionary && names && copy_names(table, names) != CORNU_OK) {
        cornu_array_release(dictionary);
        return NULL;
    }
    return dictionary;
}

cornu_array *cornu__csv_read(const char *path, const cornu_csv_options *options, cornu__csv_names *names)
{
    cornu_csv_options wanted = {.struct_size = sizeof wanted, CORNU_CSV_DEFAULTS};
    cornu__options_lay(&wanted, sizeof wanted, options);
    const cornu__csv_table_options table_options = {.separator = wanted.separator,
                                                    .header = wanted.header,
                                                    .plain = !wanted.quotes,
                                                    .target = wanted.target,
                                                    .missing = wanted.missing,
                                                    .na_values = wanted.na_values,
                                                    .number_type = "float32"};
    cornu__csv_table table;
    if (cornu__csv_table_open(&table, path, &table_options, NULL) != CORNU_OK)
        return NULL;
    cornu_array *dictionary = read_table(&table, names);
    cornu__csv_table_close(&table);
    return dictionary;
}

cornu_array *cornu_load_csv_with(const char *path, const cornu_csv_options *options)
{
    return cornu__csv_read(path, options, NULL);
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cornu__free(texts[i]);
    cornu__free(texts);
}

void cornu__csv_names_free(cornu__csv_names *names)
{
    free_texts(names->columns, names->column_count);
    free_texts(names->classes, names->class_count);
    *names = (cornu__csv_names){0};
}
