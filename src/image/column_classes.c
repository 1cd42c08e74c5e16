/* column_classes.c: the classes that a table's column holds. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "image/column_classes.h"

/* The classes of all rows behind one another, as texts. */
typedef struct words {
    char **items;
    size_t count, capacity;
} words;

static void words_free(words *list)
{
    for (size_t i = 0; i < list->count; i++)
        cornu__free(list->items[i]);
    cornu__free(list->items);
}

static cornu_status words_add(words *list, const char *bytes, size_t length)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 64, size = sizeof *list->items;
        char **items = list->items ? cornu__realloc(list->items, list->capacity * size, capacity * size)
                                   : cornu__alloc_array(capacity, size);
        if (!items)
            return cornu_error_status();
        list->items = items;
        list->capacity = capacity;
    }
    cornu__text word = {0};
    cornu__text_add_bytes(&word, bytes, length);
    list->items[list->count] = cornu__text_take(&word);
    if (!list->items[list->count])
        return cornu_error_status();
    list->count++;
    return CORNU_OK;
}

/* --- What a row holds --- */

static cornu_status fail_row(const cornu__column *column, int64_t row, const char *problem)
{
    return cornu__fail(CORNU_ERROR_DATA, "column '%s', row %lld: %s", column->name, (long long)row, problem);
}

static cornu_status split(const cornu__column *column, int64_t row, const char *separator, words *list)
{
    const char *text = column->texts[row];
    for (;;) {
        const char *end = separator ? strstr(text, separator) : NULL;
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (length == 0)
            return fail_row(column, row, "a class without a name");
        CORNU_TRY(words_add(list, text, length));
        if (!end)
            return CORNU_OK;
        text = end + strlen(separator);
    }
}

static cornu_status add_number(const cornu__column *column, int64_t row, words *list)
{
    double value = cornu_array_get(column->array, row);
    if (!(value >= -0x1p53 && value <= 0x1p53) || value != (double)(int64_t)value)
        return fail_row(column, row, "a class is a text or a whole number");
    char text[32];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    return words_add(list, text, (size_t)length);
}

static cornu_status read_row(const cornu__column *column, int64_t row, const char *separator, words *list)
{
    return column->texts ? split(column, row, separator, list) : add_number(column, row, list);
}

/* --- The class table --- */

static bool is_whole_number(const char *text)
{
    size_t digits = 0;
    for (text += *text == '-'; isdigit((unsigned char)*text); text++)
        digits++;
    return *text == '\0' && digits > 0 && digits < 19;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_value(const void *a, const void *b)
{
    long long left = strtoll(*(char *const *)a, NULL, 10), right = strtoll(*(char *const *)b, NULL, 10);
    return left != right ? (left > right) - (left < right) : by_bytes(a, b);
}

static cornu_status find_classes(const words *all, words *classes)
{
    char **sorted = cornu__alloc_array(all->count, sizeof *sorted);
    if (!sorted)
        return cornu_error_status();
    bool numbers = true;
    for (size_t i = 0; i < all->count; i++) {
        sorted[i] = all->items[i];
        numbers = numbers && is_whole_number(sorted[i]);
    }
    if (all->count > 0)
        qsort(sorted, all->count, sizeof *sorted, numbers ? by_value : by_bytes);
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < all->count; i++) {
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
            status = words_add(classes, sorted[i], strlen(sorted[i]));
    }
    cornu__free(sorted);
    return status;
}

/* A class and its number, to be found by its name. */
typedef struct entry {
    const char *name;
    int32_t number;
} entry;

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static entry *make_index(const words *classes)
{
    entry *index = cornu__alloc_array(classes->count, sizeof *index);
    for (size_t i = 0; index && i < classes->count; i++)
        index[i] = (entry){classes->items[i], (int32_t)i};
    if (index && classes->count > 0)
        qsort(index, classes->count, sizeof *index, by_name);
    return index;
}

/* --- The labels --- */

/* labels->numbers and first of the rows that have a class of the index; `begin` says where the words of each row begin. */
static cornu_status number_rows(const words *all, const int64_t *begin, const entry *index, size_t class_count,
                                cornu__table_rows *rows, cornu__class_labels *labels)
{
    labels->numbers = cornu__alloc_array(all->count, sizeof *labels->numbers);
    labels->first = cornu__alloc_array((size_t)rows->count + 1, sizeof *labels->first);
    if (!labels->numbers || !labels->first)
        return cornu_error_status();
    int64_t kept = 0, count = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        labels->first[kept] = count;
        for (int64_t j = begin[i]; j < begin[i + 1]; j++) {
            const entry *found = bsearch(&(entry){.name = all->items[j]}, index, class_count, sizeof *index, by_name);
            if (found)
                labels->numbers[count++] = found->number;
        }
        if (count > labels->first[kept])
            rows->rows[kept++] = rows->rows[i];
    }
    labels->first[kept] = count;
    rows->count = kept;
    return CORNU_OK;
}

static cornu_status read_words(const cornu__column *column, const char *separator, const cornu__table_rows *rows,
                               words *all, int64_t *begin)
{
    for (int64_t i = 0; i < rows->count; i++) {
        begin[i] = (int64_t)all->count;
        CORNU_TRY(read_row(column, rows->rows[i], separator, all));
    }
    begin[rows->count] = (int64_t)all->count;
    return CORNU_OK;
}

static cornu_status give_classes(const char *const *given, const words *all, words *classes)
{
    if (!given)
        return find_classes(all, classes);
    for (; *given; given++) {
        for (size_t i = 0; i < classes->count; i++) {
            if (strcmp(classes->items[i], *given) == 0)
                return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class '%s' is given twice", *given);
        }
        CORNU_TRY(words_add(classes, *given, strlen(*given)));
    }
    return CORNU_OK;
}

cornu_status cornu__column_classes(const cornu__column *column, const char *const *given, const char *separator,
                                   cornu__table_rows *rows, cornu__class_labels *labels)
{
    if (separator && separator[0] == '\0')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "class_separator is empty");
    if (column->array && cornu_array_rank(column->array) != 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "column '%s' wants one class a row", column->name);
    words all = {0}, classes = {0};
    entry *index = NULL;
    int64_t *begin = cornu__alloc_array((size_t)rows->count + 1, sizeof *begin);
    cornu_status status = begin ? read_words(column, separator, rows, &all, begin) : cornu_error_status();
    if (status == CORNU_OK)
        status = give_classes(given, &all, &classes);
    if (status == CORNU_OK) {
        index = make_index(&classes);
        status = index ? number_rows(&all, begin, index, classes.count, rows, labels) : cornu_error_status();
    }
    labels->names = classes.items;
    labels->class_count = classes.count;
    words_free(&all);
    cornu__free(index);
    cornu__free(begin);
    return status;
}
