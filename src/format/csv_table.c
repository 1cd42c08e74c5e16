/* csv_table.c: a table in a file, row by row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/csv_table.h"
#include "format/limits.h"

/* How a name is shown in a message: not all of a long one. */
#define SHOWN_CHARACTERS 40
#define NUMBER_SIZE 24

/* --- Records --- */

/* Brings the record at which the cursor stands into view; *size is 0 where there is none. */
static cornu_status view_record(cornu__cursor *cursor, size_t *size, int64_t *lines)
{
    const cornu__csv_table *table = cursor->of->settings;
    cornu__window *window = &cursor->window;
    CORNU_TRY(cornu__window_want(window, 1));
    while (true) {
        size_t available = cornu__window_available(window);
        const char *text = (const char *)window->bytes + window->begin;
        *size = cornu__csv_record_size(text, available, window->ended, table->separator, table->plain, lines);
        if (*size > 0 || window->ended)
            return CORNU_OK;
        if (available > CORNU__MAX_TEXT_RECORD)
            return cornu__fail(CORNU_ERROR_LIMIT,
                               "'%s', line %lld: a row of more than %zu bytes (is a quote opened and never closed?)",
                               table->file.file.path, (long long)cursor->line, CORNU__MAX_TEXT_RECORD);
        CORNU_TRY(cornu__window_want(window, available < CORNU__MAX_TEXT_RECORD / 2 ? 2 * available + 1
                                                                                    : CORNU__MAX_TEXT_RECORD + 1));
    }
}

static bool is_empty_line(const cornu__window *window)
{
    return cornu__window_available(window) > 0 &&
           (window->bytes[window->begin] == '\n' || window->bytes[window->begin] == '\r');
}

/* The same for a record that is no empty line. Empty lines may stand behind the last record only. */
static cornu_status view_row(cornu__cursor *cursor, size_t *size, int64_t *lines)
{
    int64_t empty_line = 0;
    CORNU_TRY(view_record(cursor, size, lines));
    while (is_empty_line(&cursor->window)) {
        empty_line = empty_line ? empty_line : cursor->line;
        cornu__window_take(&cursor->window, *size);
        cursor->line++;
        CORNU_TRY(view_record(cursor, size, lines));
    }
    if (*size > 0 && empty_line > 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: the line is empty", cursor->of->file.path,
                           (long long)empty_line);
    return CORNU_OK;
}

static void pass_row(cornu__cursor *cursor, size_t size, int64_t lines)
{
    cornu__window_take(&cursor->window, size);
    cursor->line += lines;
}

static cornu_status skip_row(cornu__cursor *cursor, bool *more)
{
    size_t size;
    int64_t lines;
    CORNU_TRY(view_row(cursor, &size, &lines));
    pass_row(cursor, size, lines);
    *more = size > 0;
    return CORNU_OK;
}

static void free_reader(void *scratch)
{
    cornu__csv_reader *reader = scratch;
    cornu__free(reader->fields);
}

static const cornu__record_format csv_rows = {
    .skip = skip_row, .scratch_size = sizeof(cornu__csv_reader), .free_scratch = free_reader};

/* Cuts the record at which the cursor stands, if there is one, and steps over it. */
static cornu_status cut_row(cornu__cursor *cursor, bool *more)
{
    const cornu__csv_table *table = cursor->of->settings;
    cornu__csv_reader *reader = cursor->scratch;
    cornu__window *window = &cursor->window;
    size_t size;
    int64_t lines;
    CORNU_TRY(view_row(cursor, &size, &lines));
    *more = size > 0;
    if (!*more)
        return CORNU_OK;
    char *text = (char *)window->bytes + window->begin;
    CORNU_TRY(cornu__csv_check_text(table->file.file.path, text, size, window->offset));
    reader->path = table->file.file.path;
    reader->separator = table->separator;
    reader->plain = table->plain;
    reader->verbatim = table->verbatim;
    reader->verbatim_count = table->verbatim ? table->column_count : 0;
    reader->at = text;
    reader->end = text + size;
    reader->line = cursor->line;
    /* A NUL takes the place of the next record's first byte while this one is cut; the last field of a file may need it for good. */
    bool is_last = cornu__window_available(window) == size;
    char behind = text[size];
    text[size] = '\0';
    cornu_status status = cornu__csv_cut(reader);
    text[size] = is_last ? '\0' : behind;
    pass_row(cursor, size, lines);
    return status;
}

cornu_status cornu__csv_table_next(const cornu__csv_table *table, cornu__cursor *cursor, char ***fields)
{
    bool more;
    const cornu__csv_reader *reader = cursor->scratch;
    CORNU_TRY(cut_row(cursor, &more));
    if (!more)
        return cornu__fail(CORNU_ERROR_IO, "'%s' was changed while it was read: row %lld is not there",
                           table->file.file.path, (long long)cursor->number);
    if (reader->field_count != table->column_count)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: wanted %zu fields like the first line, got %zu",
                           table->file.file.path, (long long)reader->record_line, table->column_count,
                           reader->field_count);
    cornu__cursor_passed(cursor);
    *fields = reader->fields;
    return CORNU_OK;
}

/* --- The first line --- */

/* A line none of whose fields is a number can only hold names: data has a number somewhere. */
static bool looks_like_names(const cornu__csv_table *table, const cornu__csv_reader *reader)
{
    float number;
    for (size_t i = 0; i < reader->field_count; i++) {
        if (cornu__csv_number(reader->fields[i], table->c_locale, &number))
            return false;
    }
    return true;
}

static bool has_tabs(const char *path)
{
    return cornu__text_has_ending(path, ".tsv") || cornu__text_has_ending(path, ".tsv.gz");
}

/* Settles the separator, and the place behind a byte order mark. */
static cornu_status begin_text(cornu__csv_table *table, cornu__cursor *cursor, char separator)
{
    cornu__window *window = &cursor->window;
    CORNU_TRY(cornu__window_want(window, 1 << 12));
    const char *text = (const char *)window->bytes + window->begin, *end = (const char *)window->bytes + window->end;
    CORNU_TRY(cornu__csv_check_text(table->file.file.path, text, (size_t)(end - text), 0));
    if (cornu__has_byte_order_mark(text, (size_t)(end - text))) {
        cornu__window_take(window, CORNU__BYTE_ORDER_MARK_SIZE);
        text += CORNU__BYTE_ORDER_MARK_SIZE;
    }
    table->separator = separator;
    if (separator == '\0')
        table->separator = has_tabs(table->file.file.path) ? '\t' : cornu__csv_guess_separator(text, end);
    return cornu__csv_check_separator(table->file.file.path, table->separator);
}

static cornu_status name_columns(cornu__csv_table *table, const cornu__csv_reader *reader)
{
    size_t count = reader->field_count;
    CORNU_TRY(cornu__check_read_size(table->file.file.path, count * sizeof *table->columns));
    table->columns = cornu__alloc_array(count, sizeof *table->columns);
    if (!table->columns)
        return CORNU_ERROR_OUT_OF_MEMORY;
    table->column_count = count;
    for (size_t i = 0; i < count; i++) {
        char number[NUMBER_SIZE];
        snprintf(number, sizeof number, "%zu", i);
        bool has_name = table->has_header && reader->fields[i][0] != '\0';
        table->columns[i].name = cornu__copy_text(has_name ? reader->fields[i] : number);
        if (!table->columns[i].name)
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return CORNU_OK;
}

/* *first := where the first row is. */
static cornu_status read_first_line(cornu__csv_table *table, cornu__cursor *cursor,
                                    const cornu__csv_table_options *options, cornu__record_mark *first)
{
    bool more;
    CORNU_TRY(begin_text(table, cursor, options->separator));
    *first = cornu__cursor_mark(cursor);
    CORNU_TRY(cut_row(cursor, &more));
    if (!more)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' is empty", table->file.file.path);
    table->has_header = options->header < 0 ? looks_like_names(table, cursor->scratch) : options->header > 0;
    if (table->has_header)
        *first = cornu__cursor_mark(cursor);
    return name_columns(table, cursor->scratch);
}

/* --- What was said about columns --- */

static cornu_status fail_column_name(const cornu__csv_table *table, const char *name)
{
    const char *path = table->file.file.path, *nearest = NULL;
    if (!table->has_header)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                           "'%s' has no column '%s': it has no header; give the column's number", path, name);
    int least = INT32_MAX;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *candidate = table->columns[i].name;
        bool is_near = cornu__text_nearest(name, &candidate, 1) != NULL;
        int distance = is_near ? cornu__text_distance(name, candidate) : INT32_MAX;
        nearest = distance < least ? candidate : nearest;
        least = distance < least ? distance : least;
    }
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no column '%s'%s%s%s", path, name,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

cornu_status cornu__csv_table_find(const cornu__csv_table *table, const char *name, size_t *column)
{
    for (size_t i = 0; table->has_header && i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            *column = i;
            return CORNU_OK;
        }
    }
    int64_t number;
    if (!cornu__csv_whole(name, &number))
        return fail_column_name(table, name);
    int64_t count = (int64_t)table->column_count, place = number < 0 ? number + count : number;
    if (place < 0 || place >= count)
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "'%s' has no column %lld: its columns are 0 to %zu",
                           table->file.file.path, (long long)number, table->column_count - 1);
    *column = (size_t)place;
    return CORNU_OK;
}

/* A copy of a text of the program's that lasts as long as the table; NULL with the error set, or if it is NULL. */
static const char *keep_text(cornu__csv_table *table, const char *text)
{
    if (!text)
        return NULL;
    char **texts = table->texts ? cornu__realloc(table->texts, table->text_count * sizeof *texts,
                                                 (table->text_count + 1) * sizeof *texts)
                                : cornu__alloc_array(1, sizeof *texts);
    if (!texts)
        return NULL;
    table->texts = texts;
    texts[table->text_count] = cornu__copy_text(text);
    return texts[table->text_count] ? texts[table->text_count++] : NULL;
}

static cornu_status keep_spellings(cornu__csv_table *table, const char *const *values)
{
    size_t count = 0;
    while (values && values[count])
        count++;
    if (count == 0)
        return CORNU_OK;
    const char **others = cornu__alloc_array(count + 1, sizeof *others);
    table->spellings.others = others;
    for (size_t i = 0; others && i < count; i++) {
        others[i] = keep_text(table, values[i]);
        if (!others[i])
            return CORNU_ERROR_OUT_OF_MEMORY;
    }
    return others ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status declare(cornu__csv_table *table, const cornu__csv_declaration *declaration)
{
    size_t i;
    CORNU_TRY(cornu__csv_table_find(table, declaration->name, &i));
    cornu__csv_column *column = &table->columns[i];
    column->is_said = declaration->type != NULL;
    if (declaration->type)
        CORNU_TRY(cornu__csv_column_declare(table->file.file.path, column, declaration->type));
    const char *missing = keep_text(table, declaration->missing);
    if (declaration->missing && !missing)
        return CORNU_ERROR_OUT_OF_MEMORY;
    if (missing)
        column->policy = cornu__csv_policy_of(missing);
    return CORNU_OK;
}

static cornu_status mark_used(cornu__csv_table *table, const char *const *names)
{
    size_t column;
    for (size_t i = 0; i < table->column_count; i++)
        table->columns[i].used = !names || i == table->target;
    for (; names && *names; names++) {
        CORNU_TRY(cornu__csv_table_find(table, *names, &column));
        table->columns[column].used = true;
    }
    return CORNU_OK;
}

static cornu_status describe_columns(cornu__csv_table *table, const cornu__csv_table_options *options)
{
    table->target = CORNU__CSV_NONE;
    if (options->target)
        CORNU_TRY(cornu__csv_table_find(table, options->target, &table->target));
    const char *missing = keep_text(table, options->missing);
    if (options->missing && !missing)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < table->column_count; i++) {
        cornu__csv_column *column = &table->columns[i];
        column->policy = cornu__csv_policy_of(missing);
        column->is_target = i == table->target;
        column->missing_class = -1;
        if (options->number_type && !column->is_target)
            CORNU_TRY(cornu__csv_column_declare(table->file.file.path, column, options->number_type));
    }
    CORNU_TRY(keep_spellings(table, options->na_values));
    for (size_t i = 0; i < options->declaration_count; i++)
        CORNU_TRY(declare(table, &options->declarations[i]));
    return mark_used(table, options->used);
}

static cornu_status settle_like(cornu__csv_table *table, const cornu__csv_table *like)
{
    for (size_t i = 0; i < table->column_count; i++) {
        cornu__csv_column *column = &table->columns[i];
        for (size_t j = 0; j < like->column_count; j++) {
            if (like->columns[j].used && strcmp(column->name, like->columns[j].name) == 0)
                CORNU_TRY(cornu__csv_column_settle_like(column, &like->columns[j]));
        }
    }
    return CORNU_OK;
}

/* --- The pass over the rows --- */

/* Puts the place in front of the last error. */
static cornu_status fail_at(const cornu__csv_table *table, size_t column, int64_t line)
{
    const char *name = table->has_header ? table->columns[column].name : NULL;
    char place[NUMBER_SIZE + sizeof ", line "] = "";
    if (line > 0)
        snprintf(place, sizeof place, ", line %lld", (long long)line);
    return cornu__fail_context("'%s'%s, column %zu%s%.*s%s", table->file.file.path, place, column + 1, name ? " (" : "",
                               SHOWN_CHARACTERS, name ? name : "", name ? ")" : "");
}

static cornu_status see_row(cornu__csv_table *table, char *const *fields, int64_t line)
{
    for (size_t i = 0; i < table->column_count; i++) {
        cornu__csv_column *column = &table->columns[i];
        if (column->used &&
            cornu__csv_column_see(column, &table->spellings, table->c_locale, fields[i], line) != CORNU_OK)
            return fail_at(table, i, line);
    }
    return CORNU_OK;
}

/* Whether a row follows; then *line is its line and *mark where it begins. */
static cornu_status look_ahead(cornu__cursor *cursor, cornu__record_mark *mark, bool *more)
{
    size_t size;
    int64_t lines;
    *mark = cornu__cursor_mark(cursor);
    CORNU_TRY(view_row(cursor, &size, &lines));
    *more = size > 0;
    return CORNU_OK;
}

/* `first`: where the first row is. */
static cornu_status see_rows(cornu__csv_table *table, cornu__cursor *cursor, cornu__record_mark first, bool counts)
{
    cornu__record_mark mark;
    char **fields;
    cornu__window_seek(&cursor->window, first.offset);
    cursor->line = first.line;
    cursor->number = 0;
    for (size_t i = 0; i < table->column_count; i++)
        cornu__csv_column_begin(&table->columns[i]);
    for (bool more = true;;) {
        CORNU_TRY(look_ahead(cursor, &mark, &more));
        if (!more)
            return CORNU_OK;
        CORNU_TRY(cornu__csv_table_next(table, cursor, &fields));
        if (counts)
            CORNU_TRY(cornu__record_file_count(&table->file, mark));
        CORNU_TRY(see_row(table, fields, mark.line));
    }
}

static bool wants_another_pass(const cornu__csv_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].used && table->columns[i].is_late)
            return true;
    }
    return false;
}

/* A first line of texts above a target of numbers was most likely meant as names. */
static cornu_status check_header(const cornu__csv_table *table)
{
    const cornu__csv_column *target = table->target != CORNU__CSV_NONE ? &table->columns[table->target] : NULL;
    if (table->has_header || !target || target->type != CORNU__CSV_FOUND || target->text_count != 1 ||
        target->text_line != table->file.marks[0].line || target->number_count == 0)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA,
                       "'%s', line %lld: the target is text here and a number in all other lines; if the line holds "
                       "the columns' names, say so with header = 1 (cornu data: --header)",
                       table->file.file.path, (long long)target->text_line);
}

static cornu_status settle_columns(cornu__csv_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        int64_t line;
        cornu__csv_column *column = &table->columns[i];
        if (column->used && cornu__csv_column_settle(column, table->c_locale, &line) != CORNU_OK)
            return fail_at(table, i, line);
    }
    return CORNU_OK;
}

static bool is_column_name(const cornu__csv_table *table, const char *name)
{
    for (size_t i = 0; name && i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Whether the program calls a column by its name, and so knows of the header. */
static bool names_a_column(const cornu__csv_table *table, const cornu__csv_table_options *options)
{
    bool found = is_column_name(table, options->target);
    for (size_t i = 0; i < options->declaration_count; i++)
        found = found || is_column_name(table, options->declarations[i].name);
    for (const char *const *name = options->used; name && *name; name++)
        found = found || is_column_name(table, *name);
    return found;
}

/* Where it was found, not said, that the first line holds names, a table without a column of numbers gives no reason to believe so. */
static cornu_status check_found_header(const cornu__csv_table *table, const cornu__csv_table_options *options)
{
    bool is_sure = options->header >= 0 || !table->has_header || names_a_column(table, options);
    for (size_t i = 0; i < table->column_count && !is_sure; i++)
        is_sure = table->columns[i].is_given || (table->columns[i].used && table->columns[i].type == CORNU__CSV_NUMBER);
    if (is_sure)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA,
                       "'%s' holds texts alone, so that nobody can tell whether its first line holds the columns' "
                       "names; say so with header = 1, or header = 0 (cornu data: --header, --no-header)",
                       table->file.file.path);
}

static cornu_status note_texts(cornu__csv_table *table)
{
    table->verbatim = cornu__alloc_array(table->column_count, sizeof *table->verbatim);
    for (size_t i = 0; table->verbatim && i < table->column_count; i++)
        table->verbatim[i] = table->columns[i].type == CORNU__CSV_TEXT;
    return table->verbatim ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static cornu_status read_all(cornu__csv_table *table, cornu__cursor *cursor, const cornu__csv_table_options *options,
                             const cornu__csv_table *like)
{
    cornu__record_mark first;
    CORNU_TRY(read_first_line(table, cursor, options, &first));
    CORNU_TRY(describe_columns(table, options));
    if (like)
        CORNU_TRY(settle_like(table, like));
    CORNU_TRY(see_rows(table, cursor, first, true));
    if (table->file.count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has names of columns but no rows", table->file.file.path);
    CORNU_TRY(check_header(table));
    if (wants_another_pass(table))
        CORNU_TRY(see_rows(table, cursor, first, false));
    CORNU_TRY(settle_columns(table));
    CORNU_TRY(check_found_header(table, options));
    return note_texts(table);
}

/* --- The whole --- */

cornu_status cornu__csv_table_open(cornu__csv_table *table, const char *path, const cornu__csv_table_options *options,
                                   const cornu__csv_table *like)
{
    *table = (cornu__csv_table){.plain = options->plain, .separator = ','};
    CORNU_TRY(cornu__record_file_open(&table->file, path, &csv_rows, table));
    table->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    cornu_status status = table->c_locale ? CORNU_OK : cornu__fail_memory("a locale", 0);
    cornu__cursor *cursor = status == CORNU_OK ? cornu__record_file_begin(&table->file) : NULL;
    if (status == CORNU_OK)
        status = cursor ? read_all(table, cursor, options, like) : CORNU_ERROR_OUT_OF_MEMORY;
    if (cursor)
        cornu__record_file_give_back(&table->file, cursor, status);
    if (status != CORNU_OK)
        cornu__csv_table_close(table);
    return status;
}

void cornu__csv_table_close(cornu__csv_table *table)
{
    cornu__record_file_close(&table->file);
    if (table->c_locale)
        freelocale(table->c_locale);
    for (size_t i = 0; i < table->column_count; i++)
        cornu__csv_column_free(&table->columns[i]);
    cornu__free(table->columns);
    for (size_t i = 0; i < table->text_count; i++)
        cornu__free(table->texts[i]);
    cornu__free(table->texts);
    cornu__free((void *)table->spellings.others);
    cornu__free(table->verbatim);
    *table = (cornu__csv_table){0};
}

cornu_status cornu__csv_table_write(const cornu__csv_table *table, size_t column, const char *field, int64_t line,
                                    cornu_dtype dtype, void *to)
{
    if (cornu__csv_column_write(&table->columns[column], &table->spellings, table->c_locale, field, dtype, to) ==
        CORNU_OK)
        return CORNU_OK;
    return fail_at(table, column, line);
}
