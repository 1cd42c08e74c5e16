/* option_text.c: option structs set from text. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/option_text.h>
#include <cornu/train.h>

#include "base/log.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "train/option_table.h"

#define MOST_NAMES 64

/* One call of cornu_options_set. */
typedef struct setting {
    const cornu__option_table *table;
    char *options;
    size_t struct_size;
    int64_t batch_size;
    const char *set_by[MOST_NAMES]; /* for each field: the name by which it was given; NULL: not yet */
} setting;

/* --- Values --- */

static size_t storage_size(cornu__option_storage storage)
{
    static const size_t sizes[] = {
        [CORNU__OPTION_INT] = sizeof(int),
        [CORNU__OPTION_INT64] = sizeof(int64_t),
        [CORNU__OPTION_DOUBLE] = sizeof(double),
        [CORNU__OPTION_BOOL] = sizeof(bool),
        [CORNU__OPTION_CHAR] = sizeof(char),
        [CORNU__OPTION_TEXT] = sizeof(char *),
        [CORNU__OPTION_EPOCHS] = CORNU_MAX_VALIDATION_EPOCHS * sizeof(int64_t),
        [CORNU__OPTION_NOT_TEXT] = sizeof(char),
    };
    return sizes[storage];
}

static bool find_word(const cornu__option_word *words, const char *text, double *value)
{
    for (; words && words->word; words++) {
        if (cornu__text_equal_nocase(words->word, text)) {
            *value = words->value;
            return true;
        }
    }
    return false;
}

/* A number with a decimal point, whatever the locale. A whole one may be written as R writes 100000: 1e+05. */
static bool read_number(const char *text, double *value)
{
    char *end;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    *value = strtod(text, &end);
    cornu__plain_locale_end(locale);
    return end != text && *end == '\0' && isfinite(*value);
}

static bool is_real(cornu__option_storage storage)
{
    return storage == CORNU__OPTION_DOUBLE;
}

static bool in_range(const cornu__option_kind *kind, double value)
{
    return value >= kind->least && value <= kind->most && (is_real(kind->storage) || value == floor(value));
}

static void store_number(cornu__option_storage storage, double value, void *at)
{
    if (storage == CORNU__OPTION_INT)
        *(int *)at = (int)value;
    else if (storage == CORNU__OPTION_INT64)
        *(int64_t *)at = (int64_t)value;
    else if (storage == CORNU__OPTION_BOOL)
        *(bool *)at = value != 0;
    else
        *(double *)at = value;
}

/* The numbers of "[1, 2, 10]", of "1,2,10" too. */
static bool set_epochs(const cornu__option_kind *kind, const char *text, int64_t *epochs)
{
    size_t length = strlen(text), count = 0;
    bool brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    const char *at = text + brackets, *end = text + length - brackets;
    memset(epochs, 0, CORNU_MAX_VALIDATION_EPOCHS * sizeof *epochs);
    while (at < end && count < CORNU_MAX_VALIDATION_EPOCHS) {
        char number[32];
        double value;
        size_t size = strcspn(at, ",");
        size = at + size > end ? (size_t)(end - at) : size;
        if (size >= sizeof number)
            return false;
        memcpy(number, at, size);
        number[size] = '\0';
        if (!read_number(number, &value) || !in_range(kind, value))
            return false;
        epochs[count++] = (int64_t)value;
        at += size + 1;
    }
    return count > 0 && at >= end && end[-1] != ',';
}

static bool set_value(const cornu__option_kind *kind, const char *text, void *at)
{
    double value;
    if (kind->storage == CORNU__OPTION_TEXT) {
        *(const char **)at = text;
        return true;
    }
    if (kind->storage == CORNU__OPTION_CHAR) {
        *(char *)at = text[0];
        return text[0] != '\0' && text[1] == '\0';
    }
    if (kind->storage == CORNU__OPTION_EPOCHS)
        return set_epochs(kind, text, at);
    if (!find_word(kind->words, text, &value) && !(read_number(text, &value) && in_range(kind, value)))
        return false;
    store_number(kind->storage, value, at);
    return true;
}

/* --- Names --- */

static const cornu__option_table *find_table(const char *function)
{
    const cornu__option_table *table = cornu__option_tables;
    while (table->function && strcmp(table->function, function) != 0)
        table++;
    return table->function ? table : NULL;
}

static const cornu__option_field *find_field(const cornu__option_table *table, const char *name)
{
    const cornu__option_field *field = table->fields;
    while (field->name && strcmp(field->name, name) != 0)
        field++;
    return field->name ? field : NULL;
}

/* What `name` was in Keras 1, where this function has what came of it; or NULL. */
static const cornu__legacy_option *find_legacy(const cornu__option_table *table, const char *name)
{
    const cornu__legacy_option *legacy = cornu__legacy_options;
    while (legacy->name && strcmp(legacy->name, name) != 0)
        legacy++;
    return legacy->name && find_field(table, legacy->instead) ? legacy : NULL;
}

static cornu_status fail_name(const cornu__option_table *table, const char *name)
{
    const char *names[MOST_NAMES];
    size_t count = 0;
    cornu__text there = {0};
    for (const cornu__option_field *field = table->fields; field->name && count < MOST_NAMES; field++) {
        names[count] = field->name;
        cornu__text_add(&there, "%s%s", count++ > 0 ? ", " : "", field->name);
    }
    const char *nearest = cornu__text_nearest(name, names, count);
    if (nearest)
        cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "%s has no argument \"%s\"; did you mean \"%s\"?", table->function, name,
                    nearest);
    else
        cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "%s has no argument \"%s\"; there are: %s", table->function, name,
                    there.data ? there.data : "none");
    cornu__text_free(&there);
    return CORNU_ERROR_UNKNOWN_NAME;
}

static cornu_status fail_function(const char *function)
{
    const char *names[MOST_NAMES];
    size_t count = 0;
    for (const cornu__option_table *table = cornu__option_tables; table->function && count < MOST_NAMES; table++)
        names[count++] = table->function;
    const char *nearest = cornu__text_nearest(function, names, count);
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there are no options of \"%s\"%s%s%s", function,
                       nearest ? "; did you mean \"" : "", nearest ? nearest : "", nearest ? "\"?" : "");
}

/* --- Setting --- */

static cornu_status check_field(setting *into, const cornu__option_field *field, const char *name)
{
    const char *function = into->table->function, **set_by = &into->set_by[field - into->table->fields];
    if (field->kind->storage == CORNU__OPTION_NOT_TEXT)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "%s: %s cannot be given as text: put it into the struct of options", function, name);
    if (field->offset + storage_size(field->kind->storage) > into->struct_size)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "%s: the struct of options has no %s: it was made for an older version of Cornu", function,
                           name);
    if (*set_by && strcmp(*set_by, name) != 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: both %s and %s are given, and they are the same argument",
                           function, *set_by, name);
    if (*set_by)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is given twice", function, name);
    *set_by = name;
    return CORNU_OK;
}

static cornu_status set_field(setting *into, const cornu__option_field *field, const cornu_option_text *given)
{
    CORNU_TRY(check_field(into, field, given->name));
    if (!given->value || !set_value(field->kind, given->value, into->options + field->offset))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is \"%s\", and must be %s", into->table->function,
                           given->name, given->value ? given->value : "NULL", field->kind->wanted);
    return CORNU_OK;
}

/* The samples that were asked for, as steps. */
static cornu_status divide_samples(setting *into, const cornu__option_field *field)
{
    int64_t *steps = (int64_t *)(into->options + field->offset), samples = *steps;
    *steps = samples / into->batch_size;
    if (samples > 0 && *steps == 0)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "%s: samples_per_epoch is %lld, less than one batch of the generator, which has %lld samples",
            into->table->function, (long long)samples, (long long)into->batch_size);
    cornu__warn("%s: samples_per_epoch is what Keras 1 called it; steps_per_epoch is now %lld: %lld samples divided by "
                "the generator's batch size, %lld, rounded down",
                into->table->function, (long long)*steps, (long long)samples, (long long)into->batch_size);
    return CORNU_OK;
}

static cornu_status set_legacy(setting *into, const cornu__legacy_option *legacy, const cornu_option_text *given)
{
    const cornu__option_field *field = find_field(into->table, legacy->instead);
    const char *function = into->table->function;
    CORNU_TRY(set_field(into, field, given));
    if (legacy->change == CORNU__LEGACY_SAMPLES_PER_EPOCH && into->batch_size > 0)
        return divide_samples(into, field);
    if (legacy->change == CORNU__LEGACY_RENAMED)
        cornu__warn("%s: %s is what Keras 1 called %s", function, legacy->name, legacy->instead);
    else
        cornu__warn("%s: %s, which counted samples in Keras 1, is taken as %s: %s batches", function, legacy->name,
                    legacy->instead, given->value);
    return CORNU_OK;
}

static cornu_status set_one(setting *into, const cornu_option_text *given)
{
    if (!given->name)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: the name of an argument is NULL", into->table->function);
    bool list_of_epochs = strcmp(given->name, "validation_freq") == 0 && given->value && strpbrk(given->value, "[,");
    const cornu__option_field *field =
        find_field(into->table, list_of_epochs ? "validation_epochs" : given->name); /* one argument in Keras */
    if (field)
        return set_field(into, field, given);
    const cornu__legacy_option *legacy = find_legacy(into->table, given->name);
    return legacy ? set_legacy(into, legacy, given) : fail_name(into->table, given->name);
}

cornu_status cornu_options_set(const char *function, void *options, const cornu_option_text *given, size_t count,
                               int64_t generator_batch_size)
{
    setting into = {.table = function ? find_table(function) : NULL,
                    .options = options,
                    .struct_size = options ? *(const size_t *)options : 0,
                    .batch_size = generator_batch_size};
    if (!into.table)
        return fail_function(function ? function : "NULL");
    if (into.struct_size < sizeof(size_t))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: the options are NULL, or their struct_size is not set",
                           function);
    for (size_t i = 0; i < count; i++)
        CORNU_TRY(set_one(&into, &given[i]));
    return CORNU_OK;
}

const char *cornu_options_name(const char *function, size_t index)
{
    const cornu__option_table *table = function ? find_table(function) : NULL;
    const cornu__option_field *field = table ? table->fields : NULL;
    for (; field && field->name; field++) {
        if (field->kind->storage != CORNU__OPTION_NOT_TEXT && index-- == 0)
            return field->name;
    }
    return NULL;
}
