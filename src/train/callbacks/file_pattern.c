/* file_pattern.c: file names with fields in them. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number_text.h"
#include "base/plain_locale.h"
#include "train/callbacks/file_pattern.h"

#define MOST_COLUMNS 99 /* of a width or precision */
#define LONGEST_NAME 200
#define LONGEST_NUMBER (320 + 2 * MOST_COLUMNS) /* the largest double has 309 digits before its point */

typedef struct field {
    char name[LONGEST_NAME];
    char sign; /* '+', ' ' or 0 */
    bool zeros;
    int width, precision; /* -1: none */
    char type;            /* 0: none */
} field;

/* --- Reading --- */

static cornu_status fail_pattern(const char *pattern, const char *what)
{
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "the file name \"%s\": %s", pattern, what);
}

/* *number := the digits at *at, or -1 if there are none. */
static bool read_columns(const char **at, int *number)
{
    *number = -1;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        *number = 10 * (*number < 0 ? 0 : *number) + (**at - '0');
        if (*number > MOST_COLUMNS)
            return false;
    }
    return true;
}

/* What lies between the colon and the brace. */
static bool read_format(const char *at, const char *end, field *read)
{
    if (*at == '+' || *at == ' ')
        read->sign = *at++;
    else if (*at == '-')
        at++; /* as without */
    if (*at == '0') {
        read->zeros = true;
        at++;
    }
    if (!read_columns(&at, &read->width))
        return false;
    if (*at == '.') {
        at++;
        if (!read_columns(&at, &read->precision) || read->precision < 0)
            return false;
    }
    if (at < end && strchr("dfFeEgG%", *at))
        read->type = *at++;
    bool precise = read->precision >= 0; /* without a type Python has rules of its own for it */
    return at == end && !(precise && (read->type == 0 || read->type == 'd'));
}

/* Reads the field that begins with the brace at *at, and goes behind it. */
static cornu_status read_field(const char *pattern, const char **at, field *read)
{
    const char *start = *at + 1, *end = strchr(start, '}');
    *read = (field){.width = -1, .precision = -1};
    if (!end)
        return fail_pattern(pattern, "a { has no }");
    const char *colon = memchr(start, ':', (size_t)(end - start));
    size_t length = (size_t)((colon ? colon : end) - start);
    if (length == 0 || length >= LONGEST_NAME)
        return fail_pattern(pattern, "a field has no name, or one that is too long; {epoch} would have one");
    memcpy(read->name, start, length);
    if (colon && !read_format(colon + 1, end, read))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the file name \"%s\": '%.*s' is no format for a number; such are 02d, .2f, .4e, g", pattern,
                           (int)(end - colon - 1), colon + 1);
    *at = end + 1;
    return CORNU_OK;
}

/* Goes to the next field, past text that is added to `text` (may be NULL). *found: whether there is one. */
static cornu_status skip_text(const char *pattern, const char **at, cornu__text *text, bool *found)
{
    *found = false;
    for (; **at; ++*at) {
        bool brace = **at == '{' || **at == '}';
        bool doubled = brace && (*at)[1] == **at;
        if (brace && !doubled) {
            *found = **at == '{';
            return *found ? CORNU_OK : fail_pattern(pattern, "a } has no {");
        }
        *at += doubled;
        if (text)
            cornu__text_add_bytes(text, *at, 1);
    }
    return CORNU_OK;
}

cornu_status cornu__file_pattern_check(const char *pattern, cornu_status (*visit)(void *state, const char *name),
                                       void *state, int *count)
{
    const char *at = pattern;
    bool found;
    *count = 0;
    for (;;) {
        field read;
        CORNU_TRY(skip_text(pattern, &at, NULL, &found));
        if (!found)
            return CORNU_OK;
        CORNU_TRY(read_field(pattern, &at, &read));
        CORNU_TRY(visit(state, read.name));
        ++*count;
    }
}

/* --- Filling --- */

/* The directive of printf for a field: "%+08.3". */
static void write_directive(const field *filled, char *out, size_t size)
{
    char width[12] = "", precision[13] = "", sign[2] = {filled->sign, '\0'};
    if (filled->width > 0)
        snprintf(width, sizeof width, "%d", filled->width);
    if (filled->precision >= 0)
        snprintf(precision, sizeof precision, ".%d", filled->precision);
    snprintf(out, size, "%%%s%s%s%s", sign, filled->zeros ? "0" : "", width, precision);
}

static void add_integer(cornu__text *text, const field *filled, int64_t value)
{
    char directive[40], number[LONGEST_NUMBER];
    write_directive(filled, directive, sizeof directive - 4);
    strcat(directive, "lld");
    snprintf(number, sizeof number, directive, (long long)value);
    cornu__text_add(text, "%s", number);
}

/* A number's text, filled up to the width as Python does. */
static void add_filled(cornu__text *text, const field *filled, const char *number)
{
    const char sign[2] = {number[0] == '-' ? '\0' : filled->sign, '\0'};
    int columns = (int)(strlen(sign) + strlen(number));
    int missing = filled->width > columns ? filled->width - columns : 0;
    bool negative = filled->zeros && number[0] == '-';
    if (!filled->zeros)
        cornu__text_add(text, "%*s", missing, "");
    cornu__text_add(text, "%s%s", negative ? "-" : "", sign);
    for (int i = 0; filled->zeros && i < missing; i++)
        cornu__text_add(text, "0");
    cornu__text_add(text, "%s", number + negative);
}

/* Without a format: as Python's str. */
static void add_plain(cornu__text *text, const field *filled, double value)
{
    char number[CORNU__NUMBER_TEXT_SIZE];
    add_filled(text, filled, cornu__number_text(value, number));
}

/* C writes what is not finite in other ways, and fills up to a width without the percent sign. */
static void add_real(cornu__text *text, const field *filled, double value)
{
    char directive[20], number[LONGEST_NUMBER];
    bool percent = filled->type == '%';
    if (isfinite(value)) {
        write_directive(&(field){.precision = filled->precision}, directive, sizeof directive - 2);
        size_t length = strlen(directive);
        snprintf(directive + length, sizeof directive - length, "%c", percent ? 'f' : filled->type);
        snprintf(number, sizeof number, directive, percent ? 100 * value : value);
    } else {
        cornu__number_text(value, number);
        for (char *c = number; *c && isupper((unsigned char)filled->type); c++)
            *c = (char)toupper((unsigned char)*c);
    }
    if (percent)
        strcat(number, "%");
    add_filled(text, filled, number);
}

static cornu_status add_number(cornu__text *text, const field *filled, int64_t value)
{
    if (filled->type == 0 || filled->type == 'd')
        add_integer(text, filled, value);
    else
        add_real(text, filled, (double)value);
    return CORNU_OK;
}

static cornu_status add_value(cornu__text *text, const char *pattern, const field *filled, const cornu_logs *values)
{
    int i = 0;
    while (i < values->count && strcmp(values->names[i], filled->name) != 0)
        i++;
    if (i == values->count) {
        (void)cornu_logs_get(values, filled->name); /* says what there is */
        return cornu__fail_context("the file name \"%s\"", pattern);
    }
    double value = values->values[i];
    if (filled->type == 'd')
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the file name \"%s\": '%s' is not a whole number; .4f would be a format for it", pattern,
                           filled->name);
    if (filled->type == 0)
        add_plain(text, filled, value);
    else
        add_real(text, filled, value);
    return CORNU_OK;
}

static cornu_status fill(const char *pattern, int number_count, const cornu__pattern_number *numbers,
                         const cornu_logs *values, cornu__text *text)
{
    const char *at = pattern;
    bool found;
    for (;;) {
        field read;
        int i = 0;
        CORNU_TRY(skip_text(pattern, &at, text, &found));
        if (!found)
            return CORNU_OK;
        CORNU_TRY(read_field(pattern, &at, &read));
        while (i < number_count && strcmp(numbers[i].name, read.name) != 0)
            i++;
        CORNU_TRY(i < number_count ? add_number(text, &read, numbers[i].value)
                                   : add_value(text, pattern, &read, values));
    }
}

char *cornu__file_pattern_fill(const char *pattern, int number_count, const cornu__pattern_number *numbers,
                               const cornu_logs *values)
{
    cornu__text text = {0};
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu_status status = fill(pattern, number_count, numbers, values, &text);
    cornu__plain_locale_end(locale);
    if (status == CORNU_OK)
        return cornu__text_take(&text);
    cornu__text_free(&text);
    return NULL;
}
