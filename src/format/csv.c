/*
 * csv.c: a table of numbers as text, with one target column that may be text.
 *
 * The file is read whole and cut into fields in place. Numbers go straight into the array; the target's fields are kept
 * as texts until the end, when it is known whether they all are numbers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "array/array.h"
#include "base/text.h"
#include "format/csv.h"
#include "format/csv_record.h"
#include "format/limits.h"
#include "format/stream.h"

#define NO_TARGET SIZE_MAX

/* Elements that grow: `count` of `capacity`. */
typedef struct growing {
    void *data;
    size_t count, capacity;
} growing;

/* A table while it is read. */
typedef struct table {
    const char *path;
    char *text; /* the file; fields and names point into it */
    locale_t c_locale;
    cornu__csv_reader reader;
    size_t column_count;
    char **header; /* NULL: none */
    size_t target; /* NO_TARGET: none */
    size_t row_count;
    int64_t first_row_line;
    growing numbers; /* float: row_count * (columns without the target) */
    growing targets; /* char *: row_count */
} table;

static void table_free(table *t)
{
    cornu__free(t->text);
    cornu__free(t->header);
    cornu__free(t->reader.fields);
    cornu__free(t->numbers.data);
    cornu__free(t->targets.data);
    if (t->c_locale)
        freelocale(t->c_locale);
}

static cornu_status grow(growing *elements, size_t size)
{
    if (elements->count < elements->capacity)
        return CORNU_OK;
    size_t capacity = elements->capacity > 0 ? 2 * elements->capacity : 1024;
    void *data = cornu__realloc(elements->data, elements->capacity * size, capacity * size);
    if (!data)
        return CORNU_ERROR_OUT_OF_MEMORY;
    elements->data = data;
    elements->capacity = capacity;
    return CORNU_OK;
}

/* --- The first line: names or data, and which column is the target --- */

/* A line none of whose fields is a number can only hold names: data has a number somewhere. */
static bool looks_like_names(const table *t)
{
    float number;
    for (size_t i = 0; i < t->reader.field_count; i++) {
        if (cornu__csv_number(t->reader.fields[i], t->c_locale, &number))
            return false;
    }
    return true;
}

static cornu_status keep_header(table *t)
{
    size_t size = t->reader.field_count * sizeof *t->header;
    t->header = cornu__alloc_uninitialized(size);
    if (!t->header)
        return CORNU_ERROR_OUT_OF_MEMORY;
    memcpy(t->header, t->reader.fields, size);
    return CORNU_OK;
}

static cornu_status fail_column_name(const table *t, const char *name)
{
    if (!t->header)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                           "'%s' has no column '%s': it has no header; give the column's number", t->path, name);
    const char *nearest = cornu__text_nearest(name, (const char *const *)t->header, t->column_count);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no column '%s'%s%s%s", t->path, name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* The target is a column's name, or its number from 0, from the end if negative. */
static cornu_status find_target(table *t, const char *target)
{
    t->target = NO_TARGET;
    if (!target)
        return CORNU_OK;
    for (size_t i = 0; t->header && i < t->column_count; i++) {
        if (strcmp(t->header[i], target) == 0) {
            t->target = i;
            return CORNU_OK;
        }
    }
    char *end;
    long long number = strtoll(target, &end, 10);
    if (end == target || *end != '\0')
        return fail_column_name(t, target);
    long long column = number < 0 ? number + (long long)t->column_count : number;
    if (column < 0 || column >= (long long)t->column_count)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no column %lld: its columns are 0 to %zu", t->path,
                           number, t->column_count - 1);
    t->target = (size_t)column;
    return CORNU_OK;
}

/* --- The rows --- */

/* How a field is shown in a message: not all of a long text. */
#define SHOWN_CHARACTERS 40

static cornu_status fail_field(const table *t, size_t column, const char *problem)
{
    const char *name = t->header ? t->header[column] : NULL;
    return cornu__fail(CORNU_ERROR_DATA, "'%s', line %lld, column %zu%s%.*s%s: %s", t->path,
                       (long long)t->reader.record_line, column + 1, name ? " (" : "", SHOWN_CHARACTERS,
                       name ? name : "", name ? ")" : "", problem);
}

static cornu_status fail_number(const table *t, size_t column, const char *field)
{
    if (field[0] == '\0')
        return fail_field(t, column, "the field is empty; wanted a number (a missing one is written nan)");
    char problem[SHOWN_CHARACTERS + 160];
    snprintf(problem, sizeof problem, "'%.*s' is no number that float32 holds%s", SHOWN_CHARACTERS, field,
             t->target == NO_TARGET ? " (text is taken in a target column only)" : " (only the target may be text)");
    return fail_field(t, column, problem);
}

static cornu_status add_row(table *t)
{
    const cornu__csv_reader *reader = &t->reader;
    if (reader->field_count != t->column_count)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: wanted %zu fields like the first line, got %zu",
                           t->path, (long long)reader->record_line, t->column_count, reader->field_count);
    for (size_t column = 0; column < t->column_count; column++) {
        char *field = reader->fields[column];
        if (column == t->target) {
            if (field[0] == '\0')
                return fail_field(t, column, "the target is empty");
            CORNU_TRY(grow(&t->targets, sizeof(char *)));
            ((char **)t->targets.data)[t->targets.count++] = field;
            continue;
        }
        CORNU_TRY(grow(&t->numbers, sizeof(float)));
        float *number = (float *)t->numbers.data + t->numbers.count;
        if (!cornu__csv_number(field, t->c_locale, number))
            return fail_number(t, column, field);
        t->numbers.count++;
    }
    if (t->row_count++ == 0)
        t->first_row_line = reader->record_line;
    return CORNU_OK;
}

static cornu_status read_rows(table *t, const cornu_csv_options *options)
{
    bool more;
    CORNU_TRY(cornu__csv_next(&t->reader, &more));
    if (!more)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' is empty", t->path);
    t->column_count = t->reader.field_count;
    bool first_is_names = options->header < 0 ? looks_like_names(t) : options->header > 0;
    if (first_is_names)
        CORNU_TRY(keep_header(t));
    CORNU_TRY(find_target(t, options->target));
    if (t->target != NO_TARGET && t->column_count == 1)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no column beside the target", t->path);
    if (first_is_names)
        CORNU_TRY(cornu__csv_next(&t->reader, &more));
    while (more) {
        CORNU_TRY(add_row(t));
        CORNU_TRY(cornu__csv_next(&t->reader, &more));
    }
    if (t->row_count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has names of columns but no rows", t->path);
    return CORNU_OK;
}

/* --- The target --- */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The different texts of the target in order, as pointers into the table; NULL with the error set. */
static char **sorted_classes(const table *t, size_t *count)
{
    size_t size = t->row_count * sizeof(char *);
    char **classes = cornu__alloc_uninitialized(size);
    if (!classes)
        return NULL;
    memcpy(classes, t->targets.data, size);
    qsort(classes, t->row_count, sizeof *classes, compare_texts);
    *count = 1;
    for (size_t i = 1; i < t->row_count; i++) {
        if (strcmp(classes[i], classes[*count - 1]) != 0)
            classes[(*count)++] = classes[i];
    }
    return classes;
}

/* Copies of texts; NULL with the error set. */
static char **copy_texts(char *const *texts, size_t count)
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

static cornu_array *text_target(const table *t, cornu__csv_names *names)
{
    int64_t rows = (int64_t)t->row_count;
    size_t count;
    char **classes = sorted_classes(t, &count);
    if (!classes)
        return NULL;
    cornu_array *y = cornu__array_uninitialized(CORNU_INT32, 1, &rows);
    if (y) {
        int32_t *labels = y->data;
        char **fields = t->targets.data;
        for (size_t i = 0; i < t->row_count; i++) {
            char **found = bsearch(&fields[i], classes, count, sizeof *classes, compare_texts);
            labels[i] = (int32_t)(found - classes);
        }
    }
    if (y && names) {
        names->classes = copy_texts(classes, count);
        names->class_count = names->classes ? count : 0;
        if (!names->classes) {
            cornu_array_release(y);
            y = NULL;
        }
    }
    cornu__free(classes);
    return y;
}

/* Numbers if all are, else the classes of the texts. */
static cornu_array *make_target(const table *t, cornu__csv_names *names)
{
    int64_t rows = (int64_t)t->row_count;
    char **fields = t->targets.data;
    cornu_array *y = cornu__array_uninitialized(CORNU_FLOAT32, 1, &rows);
    if (!y)
        return NULL;
    size_t number_count = 0;
    for (size_t i = 0; i < t->row_count; i++)
        number_count += cornu__csv_number(fields[i], t->c_locale, (float *)y->data + i);
    if (number_count == t->row_count)
        return y;
    float number;
    bool first_is_text = !cornu__csv_number(fields[0], t->c_locale, &number);
    cornu_array_release(y);
    if (first_is_text && number_count > 0 && number_count == t->row_count - 1 && !t->header)
        return cornu__fail_null(CORNU_ERROR_DATA,
                                "'%s', line %lld: the target is '%.*s' here and a number in all other lines; if the "
                                "line holds the columns' names, say so with header = 1",
                                t->path, (long long)t->first_row_line, SHOWN_CHARACTERS, fields[0]);
    return text_target(t, names);
}

/* --- The whole --- */

static cornu_array *make_dictionary(const table *t, cornu__csv_names *names)
{
    static const char *const keys[] = {"x", "y"};
    bool has_target = t->target != NO_TARGET;
    int64_t shape[] = {(int64_t)t->row_count, (int64_t)(t->column_count - has_target)};
    cornu_array *items[] = {cornu_array_copy_of(CORNU_FLOAT32, 2, shape, t->numbers.data), NULL};
    if (items[0] && has_target)
        items[1] = make_target(t, names);
    bool whole = items[0] && (items[1] || !has_target);
    cornu_array *dictionary = whole ? cornu_array_dict(has_target ? 2 : 1, keys, items) : NULL;
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return dictionary;
}

static cornu_status copy_column_names(table *t, cornu__csv_names *names)
{
    if (!names || !t->header)
        return CORNU_OK;
    size_t count = t->column_count;
    if (t->target != NO_TARGET) {
        count--;
        memmove(t->header + t->target, t->header + t->target + 1, (count - t->target) * sizeof *t->header);
    }
    names->columns = copy_texts(t->header, count);
    names->column_count = names->columns ? count : 0;
    return names->columns ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status open_table(table *t, const cornu_csv_options *options)
{
    CORNU_TRY(cornu__csv_open(&t->reader, t->path, options->separator, &t->text));
    t->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return t->c_locale ? CORNU_OK : cornu__fail_memory("a locale", 0);
}

cornu_array *cornu__csv_read(const char *path, const cornu_csv_options *options, cornu__csv_names *names)
{
    cornu_csv_options wanted = {.struct_size = sizeof wanted, .header = -1};
    cornu__options_lay(&wanted, sizeof wanted, options);
    table t = {.path = path, .target = NO_TARGET};
    cornu_array *dictionary = NULL;
    if (open_table(&t, &wanted) == CORNU_OK && read_rows(&t, &wanted) == CORNU_OK) {
        dictionary = make_dictionary(&t, names);
        if (dictionary && copy_column_names(&t, names) != CORNU_OK) {
            cornu_array_release(dictionary);
            dictionary = NULL;
        }
    }
    table_free(&t);
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
