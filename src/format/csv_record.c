/* csv_record.c: a table's text into records and fields. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "format/csv_record.h"
#include "format/limits.h"
#include "format/stream.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

char cornu__csv_guess_separator(const char *text, const char *end)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;
    for (; text < end && (quoted || (*text != '\n' && *text != '\r')); text++) {
        quoted ^= *text == '"';
        for (size_t i = 0; i < sizeof candidates; i++)
            counts[i] += !quoted && *text == candidates[i];
    }
    for (size_t i = 1; i < sizeof candidates; i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return candidates[best];
}

cornu_status cornu__csv_open(cornu__csv_reader *reader, const char *path, char separator, char **text)
{
    uint64_t size;
    *reader = (cornu__csv_reader){.path = path, .line = 1};
    *text = cornu__read_file(path, cornu__max_read_bytes(), &size);
    if (!*text)
        return cornu_error_status();
    CORNU_TRY(cornu__csv_check_text(path, *text, size, 0));
    reader->at = *text + (cornu__has_byte_order_mark(*text, size) ? CORNU__BYTE_ORDER_MARK_SIZE : 0);
    reader->end = *text + size;
    reader->separator = separator ? separator : cornu__csv_guess_separator(reader->at, reader->end);
    return cornu__csv_check_separator(path, reader->separator);
}

cornu_status cornu__csv_check_text(const char *path, const char *text, size_t size, uint64_t offset)
{
    const char *nul = size > 0 ? memchr(text, '\0', size) : NULL;
    if (!nul)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT,
                       "'%s' is no plain text: byte %llu is zero (is it UTF-16, or another format?)", path,
                       (unsigned long long)(offset + (uint64_t)(nul - text)));
}

bool cornu__has_byte_order_mark(const char *text, size_t size)
{
    return size >= CORNU__BYTE_ORDER_MARK_SIZE && memcmp(text, "\xEF\xBB\xBF", CORNU__BYTE_ORDER_MARK_SIZE) == 0;
}

cornu_status cornu__csv_check_separator(const char *path, char separator)
{
    if (separator != '\0' && !strchr("\"\r\n", separator))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a quote or a line's end cannot separate the fields of '%s'",
                       path);
}

/* Texts that were not written as RFC 4180 wants it: what to do. */
#define HINT "; where quotes are characters like others, read with .quotes = false (the command: --no-quotes)"

/* Bytes of a field behind its opening quote, up to behind the closing one; 0: it does not end here. */
static size_t quoted_size(const char *text, size_t size, bool last, int64_t *lines)
{
    for (size_t i = 0; i < size; i++) {
        *lines += text[i] == '\n';
        if (text[i] != '"')
            continue;
        if (i + 1 == size)
            return last ? size : 0; /* the first of two? */
        if (text[i + 1] != '"')
            return i + 1;
        i++;
    }
    return last ? size : 0;
}

size_t cornu__csv_record_size(const char *text, size_t size, bool last, char separator, bool plain, int64_t *lines)
{
    bool begins = true; /* a field: only there does a quote mean anything */
    *lines = 1;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '\n')
            return i + 1;
        if (c == '\r') {
            if (i + 1 == size)
                return last ? size : 0;
            return text[i + 1] == '\n' ? i + 2 : i + 1;
        }
        if (c == '"' && begins && !plain) {
            size_t quoted = quoted_size(text + i + 1, size - i - 1, last, lines);
            if (quoted == 0 && !last)
                return 0;
            i += quoted;
            begins = false;
        } else {
            begins = c == separator || (begins && is_blank(c));
        }
    }
    return last ? size : 0;
}

/* --- Numbers --- */

#define DIGITS_OF_WHOLE 15 /* digits that a double holds whatever they are */

/* Numbers of few digits, as nearly all are: both the digits and the power of ten are exact, so that one division gives the nearest
 * double, as strtod does (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990). false: strtod must look. */
static bool few_digits(const char *field, double *out)
{
    static const double powers[DIGITS_OF_WHOLE + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *field == '-', point = false;
    int digits = 0, behind = 0;
    int64_t whole = 0;
    for (field += *field == '-' || *field == '+'; *field != '\0'; field++) {
        if (*field == '.' && !point) {
            point = true;
        } else if (*field >= '0' && *field <= '9' && digits < DIGITS_OF_WHOLE) {
            whole = 10 * whole + (*field - '0');
            digits++;
            behind += point;
        } else {
            return false;
        }
    }
    double value = (double)whole / powers[behind];
    *out = negative ? -value : value;
    return digits > 0;
}

/* strtod reads hexadecimal, which tables do not have, and steps over blanks. */
static bool may_be_number(const char *field)
{
    const char *digits = field + (*field == '+' || *field == '-');
    return !(digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) && !is_blank(*field);
}

/* No infinity from digits: such a number does not fit. */
static bool is_infinity_spelled(const char *field)
{
    const char *letters = field + (*field == '+' || *field == '-');
    return *letters == 'i' || *letters == 'I';
}

bool cornu__csv_double(const char *field, locale_t c_locale, double *out)
{
    if (few_digits(field, out))
        return true;
    char *end;
    *out = may_be_number(field) ? strtod_l(field, &end, c_locale) : NAN;
    return may_be_number(field) && end != field && *end == '\0' && (!isinf(*out) || is_infinity_spelled(field));
}

bool cornu__csv_number(const char *field, locale_t c_locale, float *out)
{
    double value;
    if (few_digits(field, &value)) {
        /* The nearest float of the nearest double is the nearest float, unless the double is just between two: 29 bits are cut off. */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        if ((bits & 0x1fffffff) != 0x10000000) {
            *out = (float)value;
            return true;
        }
    }
    char *end;
    *out = may_be_number(field) ? strtof_l(field, &end, c_locale) : NAN;
    return may_be_number(field) && end != field && *end == '\0' && (!isinf(*out) || is_infinity_spelled(field));
}

bool cornu__csv_whole(const char *field, int64_t *out)
{
    bool negative = *field == '-';
    field += *field == '-' || *field == '+';
    if (*field == '\0')
        return false;
    *out = 0; /* counted down: there is one negative number more */
    for (; *field != '\0'; field++) {
        if (*field < '0' || *field > '9' || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_sub_overflow(*out, *field - '0', out))
            return false;
    }
    return negative || !__builtin_sub_overflow(0, *out, out);
}

/* --- Records --- */

static cornu_status add_field(cornu__csv_reader *reader, char *field)
{
    if (reader->field_count == CORNU__MAX_CSV_COLUMNS)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s', line %lld: more than %d fields", reader->path,
                           (long long)reader->record_line, CORNU__MAX_CSV_COLUMNS);
    if (reader->field_count == reader->capacity) {
        size_t capacity = reader->capacity > 0 ? 2 * reader->capacity : 32;
        char **fields = cornu__realloc(reader->fields, reader->capacity * sizeof *fields, capacity * sizeof *fields);
        if (!fields)
            return CORNU_ERROR_OUT_OF_MEMORY;
        reader->fields = fields;
        reader->capacity = capacity;
    }
    reader->fields[reader->field_count++] = field;
    return CORNU_OK;
}

/* From the opening quote at reader->at to behind the closing one; a doubled quote means one. The text moves to the
 * field's start. */
static cornu_status cut_quoted(cornu__csv_reader *reader, char **field, char **field_end)
{
    char *from = reader->at + 1, *to = reader->at;
    *field = to;
    while (from < reader->end && (*from != '"' || from[1] == '"')) {
        reader->line += *from == '\n';
        from += *from == '"';
        *to++ = *from++;
    }
    if (from >= reader->end)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld, column %zu: a quote is opened and never closed" HINT,
                           reader->path, (long long)reader->record_line, reader->field_count + 1);
    *field_end = to;
    reader->at = from + 1;
    while (is_blank(*reader->at) && *reader->at != reader->separator)
        reader->at++;
    return CORNU_OK;
}

/* Up to the separator or the line's end, without blanks around unless the field keeps them. *field: where it began, reader->at: behind its blanks. */
static void cut_plain(cornu__csv_reader *reader, char **field, char **field_end)
{
    bool verbatim = reader->field_count < reader->verbatim_count && reader->verbatim[reader->field_count];
    *field = verbatim ? *field : reader->at;
    while (reader->at < reader->end && *reader->at != reader->separator && *reader->at != '\n' && *reader->at != '\r')
        reader->at++;
    *field_end = reader->at;
    while (!verbatim && *field_end > *field && is_blank((*field_end)[-1]))
        (*field_end)--;
}

/* Steps over a line's end: LF, CRLF or, as old Macintosh programs wrote, CR. */
static void skip_line_end(cornu__csv_reader *reader)
{
    if (reader->at < reader->end && *reader->at == '\r')
        reader->at++;
    if (reader->at < reader->end && *reader->at == '\n')
        reader->at++;
}

/* Cuts the next field out, with the separator or the line's end behind it; *last says which it was. */
static cornu_status cut_field(cornu__csv_reader *reader, bool *last)
{
    char *field = reader->at, *field_end = reader->at;
    while (is_blank(*reader->at) && *reader->at != reader->separator)
        reader->at++;
    if (*reader->at == '"' && !reader->plain)
        CORNU_TRY(cut_quoted(reader, &field, &field_end));
    else
        cut_plain(reader, &field, &field_end);
    *last = true;
    if (reader->at < reader->end && *reader->at == reader->separator) {
        *last = false;
        reader->at++;
    } else if (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r') {
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld, column %zu: text behind a closing quote" HINT,
                           reader->path, (long long)reader->record_line, reader->field_count + 1);
    } else {
        reader->line++;
        skip_line_end(reader);
    }
    *field_end = '\0'; /* last: it may overwrite the separator */
    return add_field(reader, field);
}

cornu_status cornu__csv_next(cornu__csv_reader *reader, bool *more)
{
    int64_t empty_line = 0;
    while (reader->at < reader->end && (*reader->at == '\n' || *reader->at == '\r')) {
        empty_line = empty_line == 0 ? reader->line : empty_line;
        reader->line++;
        skip_line_end(reader);
    }
    *more = reader->at < reader->end;
    if (*more && empty_line > 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld: the line is empty", reader->path,
                           (long long)empty_line);
    return cornu__csv_cut(reader);
}

cornu_status cornu__csv_cut(cornu__csv_reader *reader)
{
    reader->field_count = 0;
    reader->record_line = reader->line;
    for (bool last = reader->at >= reader->end; !last;)
        CORNU_TRY(cut_field(reader, &last));
    return CORNU_OK;
}
