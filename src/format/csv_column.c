/* csv_column.c: one column of a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "format/csv_column.h"
#include "format/csv_record.h"
#include "format/limits.h"

/* A column that is found to be text has classes if there are at most so many, each of which comes at least twice on average. */
#define FOUND_CLASSES 256

/* How a field is shown in a message: not all of a long text. */
#define SHOWN_CHARACTERS 40

cornu__csv_policy cornu__csv_policy_of(const char *text)
{
    cornu__csv_policy policy = {.missing = CORNU__CSV_MISSING_VALUE, .text = text};
    if (!text)
        policy.missing = CORNU__CSV_MISSING_ERROR_BUT_NAN;
    else if (strcmp(text, "error") == 0)
        policy.missing = CORNU__CSV_MISSING_ERROR;
    else if (strcmp(text, "nan") == 0)
        policy.missing = CORNU__CSV_MISSING_NAN;
    else if (strcmp(text, "mean") == 0)
        policy.missing = CORNU__CSV_MISSING_MEAN;
    return policy;
}

static bool refuses_missing(const cornu__csv_column *column)
{
    return column->policy.missing == CORNU__CSV_MISSING_ERROR ||
           column->policy.missing == CORNU__CSV_MISSING_ERROR_BUT_NAN;
}

cornu_status cornu__csv_column_declare(const char *path, cornu__csv_column *column, const char *type)
{
    static const char *const names[] = {"class", "one_hot", "text",  "float32", "float64", "float16", "int8", "int16",
                                        "int32", "int64",   "uint8", "uint16",  "uint32",  "uint64",  "bool"};
    static const cornu__csv_type types[] = {CORNU__CSV_CLASS, CORNU__CSV_ONE_HOT, CORNU__CSV_TEXT};
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++) {
        if (strcmp(type, names[i]) == 0) {
            column->type = types[i];
            column->dtype = types[i] == CORNU__CSV_CLASS  ? CORNU_INT32
                            : types[i] == CORNU__CSV_TEXT ? CORNU_UINT8
                                                          : CORNU_FLOAT32;
            return CORNU_OK;
        }
    }
    column->type = CORNU__CSV_NUMBER;
    column->dtype = type ? cornu__dtype_from_name(type) : CORNU_DTYPE_COUNT;
    if (column->dtype != CORNU_DTYPE_COUNT)
        return CORNU_OK;
    const char *nearest = type ? cornu__text_nearest(type, names, sizeof names / sizeof *names) : NULL;
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "'%s', column '%s': there is no type '%s'; wanted a dtype (float32, int64, ...), class, one_hot "
                       "or text%s%s%s",
                       path, column->name, type ? type : "(NULL)", nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
}

/* pandas's own, in the order of letters. */
bool cornu__csv_is_missing(const cornu__csv_spellings *spellings, const char *field)
{
    static const char *const usual[] = {"#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "None", "n/a", "null"};
    if (field[0] == '\0' || cornu__text_equal_nocase(field + (*field == '-' || *field == '+'), "nan"))
        return true;
    if (strchr("#<Nn", field[0])) {
        for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
            if (strcmp(field, usual[i]) == 0)
                return true;
        }
    }
    for (const char *const *other = spellings->others; other && *other; other++) {
        if (strcmp(field, *other) == 0)
            return true;
    }
    return false;
}

/* --- Numbers --- */

static cornu_status fail_number(const char *field, cornu_dtype dtype)
{
    return cornu__fail(CORNU_ERROR_DATA, "'%.*s' is no number that %s holds", SHOWN_CHARACTERS, field,
                       cornu_dtype_name(dtype));
}

/* Mostly in a later shard or a test table, whose columns are what the first one's rows made of them. */
static cornu_status fail_fraction(const char *field, cornu_dtype dtype)
{
    return cornu__fail(
        CORNU_ERROR_DATA,
        "'%.*s' is no whole number, and the column is %s; if that was found in another table, say what it "
        "is there and here: .columns = cornu_csv_columns({NAME, \"float32\"})",
        SHOWN_CHARACTERS, field, cornu_dtype_name(dtype));
}

static cornu_status fail_missing(const cornu__csv_column *column, const char *field)
{
    static const char remedy[] = "; fill it, or say in C by .missing what stands for it: \"nan\", \"mean\" or a value";
    if (field[0] == '\0')
        return cornu__fail(CORNU_ERROR_DATA, "the %s is empty%s", column->is_target ? "target" : "field", remedy);
    return cornu__fail(CORNU_ERROR_DATA, "'%.*s' says that the value is missing%s", SHOWN_CHARACTERS, field, remedy);
}

static bool is_float(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 || dtype == CORNU_FLOAT64 || dtype == CORNU_FLOAT16;
}

/* Whether a whole number is one of an integer dtype. */
static bool holds(cornu_dtype dtype, int64_t value)
{
    bool is_signed = dtype >= CORNU_INT8 && dtype <= CORNU_INT64;
    int bits = 8 * (int)cornu_dtype_size(dtype) - is_signed;
    if (dtype == CORNU_BOOL)
        return value == 0 || value == 1;
    if (value < 0)
        return is_signed && (bits == 63 || value >= -(INT64_C(1) << bits));
    return bits >= 63 || value < INT64_C(1) << bits;
}

static bool read_truth(const char *field, int64_t *value)
{
    *value = cornu__text_equal_nocase(field, "true");
    return *value || cornu__text_equal_nocase(field, "false");
}

/* Writes the number of a field; "41.0" is a whole one, too. */
static cornu_status write_number(const char *field, locale_t c_locale, cornu_dtype dtype, void *to)
{
    int64_t whole;
    double value;
    if (dtype == CORNU_FLOAT32)
        return cornu__csv_number(field, c_locale, to) ? CORNU_OK : fail_number(field, dtype);
    if (!is_float(dtype) && (cornu__csv_whole(field, &whole) || (dtype == CORNU_BOOL && read_truth(field, &whole)))) {
        if (!holds(dtype, whole))
            return fail_number(field, dtype);
        cornu__convert(dtype, to, CORNU_INT64, &whole, 1);
        return CORNU_OK;
    }
    if (!cornu__csv_double(field, c_locale, &value))
        return fail_number(field, dtype);
    if (!is_float(dtype) && (!(fabs(value) < 0x1p63) || trunc(value) != value))
        return fail_fraction(field, dtype);
    if (!is_float(dtype) && !holds(dtype, (int64_t)value))
        return fail_number(field, dtype);
    cornu__convert(dtype, to, CORNU_FLOAT64, &value, 1);
    return CORNU_OK;
}

/* --- A pass over the rows --- */

void cornu__csv_column_begin(cornu__csv_column *column)
{
    column->collects = column->is_late ||
                       (!column->is_given && (column->type == CORNU__CSV_CLASS || column->type == CORNU__CSV_ONE_HOT));
    column->is_late = false;
    column->all_whole = true;
    column->number_count = column->text_count = 0;
    column->missing_line = column->empty_line = column->text_line = 0;
    column->sum = 0;
}

static cornu_status collect(cornu__csv_column *column, const char *field)
{
    cornu__word_entry *entry;
    CORNU_TRY(cornu__word_map_add(&column->texts, field, strlen(field), &entry));
    bool found = column->type == CORNU__CSV_FOUND && !column->is_target;
    if (found && column->texts.count > FOUND_CLASSES) {
        cornu__word_map_free(&column->texts);
        column->collects = false;
        column->has_many = true;
    } else if (column->texts.count > CORNU__MAX_CSV_CLASSES || column->texts.keys_length > CORNU__MAX_CSV_CLASS_BYTES) {
        return cornu__fail(CORNU_ERROR_LIMIT, "more than %d different texts, or more than %zu bytes of them",
                           CORNU__MAX_CSV_CLASSES, CORNU__MAX_CSV_CLASS_BYTES);
    }
    return CORNU_OK;
}

static void see_text(cornu__csv_column *column, int64_t line)
{
    bool is_first = column->number_count + column->text_count == 0 && column->missing_line == 0;
    if (column->text_count++ == 0) {
        column->text_line = line;
        column->is_late = !is_first && !column->collects && !column->has_many;
        column->collects = column->collects || is_first;
    }
}

static cornu_status see_found(cornu__csv_column *column, const cornu__csv_spellings *spellings, locale_t c_locale,
                              const char *field, int64_t line)
{
    int64_t whole;
    double value;
    bool is_number = cornu__csv_double(field, c_locale, &value);
    bool takes_nan = is_number && column->policy.missing == CORNU__CSV_MISSING_ERROR_BUT_NAN;
    if (!takes_nan && cornu__csv_is_missing(spellings, field)) {
        column->missing_line = column->missing_line ? column->missing_line : line;
        column->empty_line = column->empty_line || field[0] != '\0' ? column->empty_line : line;
    } else if (is_number) {
        column->number_count++;
        column->all_whole = column->all_whole && cornu__csv_whole(field, &whole);
        column->sum += isnan(value) ? 0 : value;
    } else {
        see_text(column, line);
    }
    return column->collects && field[0] != '\0' ? collect(column, field) : CORNU_OK;
}

static cornu_status see_number(cornu__csv_column *column, const cornu__csv_spellings *spellings, locale_t c_locale,
                               const char *field, int64_t line)
{
    double value;
    bool takes_nan = column->policy.missing == CORNU__CSV_MISSING_ERROR_BUT_NAN && is_float(column->dtype) &&
                     cornu__csv_double(field, c_locale, &value);
    if (!takes_nan && cornu__csv_is_missing(spellings, field)) {
        column->missing_line = column->missing_line ? column->missing_line : line;
        return refuses_missing(column) ? fail_missing(column, field) : CORNU_OK;
    }
    char number[sizeof(double)];
    CORNU_TRY(write_number(field, c_locale, column->dtype, number));
    cornu__convert(CORNU_FLOAT64, &value, column->dtype, number, 1);
    column->number_count++;
    column->sum += isnan(value) ? 0 : value;
    return CORNU_OK;
}

static cornu_status find_class(const cornu__csv_column *column, const char *field, int32_t *class_number)
{
    if (field[0] == '\0' && column->missing_class >= 0) {
        *class_number = column->missing_class;
        return CORNU_OK;
    }
    if (field[0] == '\0' && refuses_missing(column))
        return fail_missing(column, field);
    const cornu__word_entry *entry = cornu__word_map_find(&column->texts, field, strlen(field));
    if (!entry)
        return cornu__fail(CORNU_ERROR_DATA, "'%.*s' is none of the %d classes", SHOWN_CHARACTERS, field,
                           column->class_count);
    *class_number = (int32_t)entry->value;
    return CORNU_OK;
}

cornu_status cornu__csv_column_see(cornu__csv_column *column, const cornu__csv_spellings *spellings, locale_t c_locale,
                                   const char *field, int64_t line)
{
    int32_t class_number;
    switch (column->type) {
    case CORNU__CSV_FOUND:
        return see_found(column, spellings, c_locale, field, line);
    case CORNU__CSV_NUMBER:
        return see_number(column, spellings, c_locale, field, line);
    case CORNU__CSV_CLASS:
    case CORNU__CSV_ONE_HOT:
        if (column->is_given)
            return find_class(column, field, &class_number);
        if (field[0] != '\0')
            return collect(column, field);
        column->empty_line = column->empty_line ? column->empty_line : line;
        return CORNU_OK;
    default:
        return CORNU_OK;
    }
}

/* --- Behind it --- */

static cornu_status settle_fill(cornu__csv_column *column, locale_t c_locale)
{
    cornu__csv_policy policy = column->policy;
    column->fill = NAN;
    if (policy.missing == CORNU__CSV_MISSING_MEAN && column->missing_line > 0 && column->number_count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "all values are missing, so there is no mean");
    if (policy.missing == CORNU__CSV_MISSING_MEAN && column->number_count > 0)
        column->fill = column->sum / (double)column->number_count;
    if (policy.missing == CORNU__CSV_MISSING_VALUE && !cornu__csv_double(policy.text, c_locale, &column->fill))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "missing is '%.*s', which is no number; wanted \"error\", \"nan\", \"mean\" or a number",
                           SHOWN_CHARACTERS, policy.text);
    bool fits = is_float(column->dtype) || (trunc(column->fill) == column->fill && fabs(column->fill) < 0x1p63 &&
                                            holds(column->dtype, (int64_t)column->fill));
    if (column->missing_line > 0 && !fits)
        return cornu__fail(CORNU_ERROR_DATA, "a value is missing, and %s does not hold %g, which would stand for it",
                           cornu_dtype_name(column->dtype), column->fill);
    return CORNU_OK;
}

static cornu_status settle_number(cornu__csv_column *column, locale_t c_locale, int64_t *line)
{
    int64_t whole;
    if (column->type == CORNU__CSV_FOUND) {
        column->type = CORNU__CSV_NUMBER;
        bool fill_is_whole = column->missing_line == 0 || (column->policy.missing == CORNU__CSV_MISSING_VALUE &&
                                                           cornu__csv_whole(column->policy.text, &whole));
        bool is_whole = column->all_whole && column->number_count > 0 && fill_is_whole;
        column->dtype = is_whole ? CORNU_INT64 : CORNU_FLOAT32;
    }
    *line = column->missing_line;
    if (column->missing_line > 0 && refuses_missing(column))
        return fail_missing(column, column->empty_line == column->missing_line ? "" : "NA (or another spelling)");
    return settle_fill(column, c_locale);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_wholes(const void *a, const void *b)
{
    int64_t x = 0, y = 0;
    cornu__csv_whole(*(const char *const *)a, &x);
    cornu__csv_whole(*(const char *const *)b, &y);
    return x != y ? (x > y) - (x < y) : compare_texts(a, b); /* "1" and "01" */
}

static bool are_whole(const char *const *texts, size_t count)
{
    int64_t value;
    for (size_t i = 0; i < count; i++) {
        if (!cornu__csv_whole(texts[i], &value))
            return false;
    }
    return true;
}

/* Numbers the different texts: by value where all are whole numbers, else in byte order. */
static cornu_status number_classes(cornu__csv_column *column)
{
    cornu__word_map *texts = &column->texts;
    size_t count = texts->count;
    column->classes = cornu__alloc_array(count, sizeof *column->classes);
    if (!column->classes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++)
        column->classes[i] = cornu__word_map_key(texts, &texts->entries[i]);
    if (count > 1)
        qsort(column->classes, count, sizeof *column->classes,
              are_whole(column->classes, count) ? compare_wholes : compare_texts);
    for (size_t i = 0; i < count; i++)
        cornu__word_map_find(texts, column->classes[i], strlen(column->classes[i]))->value = (int64_t)i;
    column->class_count = (int)count;
    return CORNU_OK;
}

static cornu_status settle_classes(cornu__csv_column *column, int64_t *line)
{
    const char *name = column->policy.missing == CORNU__CSV_MISSING_VALUE ? column->policy.text : "";
    cornu__word_entry *entry;
    *line = column->empty_line;
    if (column->empty_line > 0 && refuses_missing(column))
        return fail_missing(column, "");
    if (column->empty_line > 0)
        CORNU_TRY(cornu__word_map_add(&column->texts, name, strlen(name), &entry));
    *line = 0;
    CORNU_TRY(number_classes(column));
    column->missing_class = -1;
    if (column->empty_line > 0)
        column->missing_class = (int32_t)cornu__word_map_find(&column->texts, name, strlen(name))->value;
    return CORNU_OK;
}

/* Of a column that is found to be text. */
static void choose_text(cornu__csv_column *column)
{
    int64_t fields = column->number_count + column->text_count;
    bool are_classes = column->is_target || (!column->has_many && 2 * (int64_t)column->texts.count <= fields);
    column->type = are_classes ? CORNU__CSV_CLASS : CORNU__CSV_TEXT;
    column->dtype = are_classes ? CORNU_INT32 : CORNU_UINT8;
    if (!are_classes)
        cornu__word_map_free(&column->texts);
}

cornu_status cornu__csv_column_settle(cornu__csv_column *column, locale_t c_locale, int64_t *line)
{
    *line = 0;
    if (column->is_given)
        return CORNU_OK;
    if (column->type == CORNU__CSV_FOUND && column->text_count > 0)
        choose_text(column);
    if (column->type == CORNU__CSV_FOUND || column->type == CORNU__CSV_NUMBER)
        return settle_number(column, c_locale, line);
    return column->type == CORNU__CSV_TEXT ? CORNU_OK : settle_classes(column, line);
}

cornu_status cornu__csv_column_settle_like(cornu__csv_column *column, const cornu__csv_column *other)
{
    cornu__word_entry *entry;
    column->type = other->type;
    column->dtype = other->dtype;
    column->fill = other->fill;
    column->policy = (cornu__csv_policy){.missing = other->policy.missing}; /* its text is no more looked at */
    for (int i = 0; i < other->class_count; i++)
        CORNU_TRY(cornu__word_map_add(&column->texts, other->classes[i], strlen(other->classes[i]), &entry));
    if (other->class_count > 0)
        CORNU_TRY(number_classes(column));
    column->missing_class = other->missing_class;
    column->is_given = true;
    return CORNU_OK;
}

void cornu__csv_column_free(cornu__csv_column *column)
{
    cornu__free(column->name);
    cornu__word_map_free(&column->texts);
    cornu__free(column->classes);
}

/* --- Fields of a settled column --- */

int64_t cornu__csv_column_width(const cornu__csv_column *column)
{
    return column->type == CORNU__CSV_ONE_HOT ? column->class_count : 1;
}

cornu_status cornu__csv_column_write(const cornu__csv_column *column, const cornu__csv_spellings *spellings,
                                     locale_t c_locale, const char *field, cornu_dtype dtype, void *to)
{
    int32_t class_number = 0;
    if (column->type == CORNU__CSV_NUMBER) {
        if (column->policy.missing == CORNU__CSV_MISSING_ERROR_BUT_NAN && field[0] != '\0')
            return write_number(field, c_locale, dtype, to);
        if (!cornu__csv_is_missing(spellings, field))
            return write_number(field, c_locale, dtype, to);
        if (refuses_missing(column))
            return fail_missing(column, field);
        cornu__convert(dtype, to, CORNU_FLOAT64, &column->fill, 1);
        return CORNU_OK;
    }
    CORNU_TRY(find_class(column, field, &class_number));
    if (column->type == CORNU__CSV_CLASS) {
        cornu__convert(dtype, to, CORNU_INT32, &class_number, 1);
        return CORNU_OK;
    }
    size_t size = cornu_dtype_size(dtype);
    memset(to, 0, size * (size_t)column->class_count);
    cornu__convert(dtype, (char *)to + size * (size_t)class_number, CORNU_INT32, &(int32_t){1}, 1);
    return CORNU_OK;
}
