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
    const char *nul = memchr(*text, '\0', size);
    if (nul)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is no plain text: byte %llu is zero (is it UTF-16, or another format?)", path,
                           (unsigned long long)(nul - *text));
    bool marked = size >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0; /* a byte order mark */
    reader->at = *text + (marked ? 3 : 0);
    reader->end = *text + size;
    reader->separator = separator ? separator : cornu__csv_guess_separator(reader->at, reader->end);
    if (strchr("\"\r\n", reader->separator))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "a quote or a line's end cannot separate the fields of '%s'",
                           path);
    return CORNU_OK;
}

bool cornu__csv_number(const char *field, locale_t c_locale, float *out)
{
    const char *digits = field + (*field == '+' || *field == '-');
    if (digits[0] == '0' &&
        (digits[1] == 'x' || digits[1] == 'X')) /* strtof reads hexadecimal; tables do not have it */
        return false;
    char *end;
    *out = strtof_l(field, &end, c_locale);
    if (end == field || *end != '\0' || is_blank(*field))
        return false;
    return !isinf(*out) || *digits == 'i' || *digits == 'I'; /* no infinity from digits: the number does not fit */
}

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
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld, column %zu: a quote is opened and never closed",
                           reader->path, (long long)reader->record_line, reader->field_count + 1);
    *field_end = to;
    reader->at = from + 1;
    while (is_blank(*reader->at) && *reader->at != reader->separator)
        reader->at++;
    return CORNU_OK;
}

/* Up to the separator or the line's end, without blanks around. */
static void cut_plain(cornu__csv_reader *reader, char **field, char **field_end)
{
    *field = reader->at;
    while (reader->at < reader->end && *reader->at != reader->separator && *reader->at != '\n' && *reader->at != '\r')
        reader->at++;
    *field_end = reader->at;
    while (*field_end > *field && is_blank((*field_end)[-1]))
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
    if (*reader->at == '"')
        CORNU_TRY(cut_quoted(reader, &field, &field_end));
    else
        cut_plain(reader, &field, &field_end);
    *last = true;
    if (reader->at < reader->end && *reader->at == reader->separator) {
        *last = false;
        reader->at++;
    } else if (reader->at < reader->end && *reader->at != '\n' && *reader->at != '\r') {
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s', line %lld, column %zu: text behind a closing quote", reader->path,
                           (long long)reader->record_line, reader->field_count + 1);
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
    reader->field_count = 0;
    reader->record_line = reader->line;
    for (bool last = !*more; !last;)
        CORNU_TRY(cut_field(reader, &last));
    return CORNU_OK;
}
