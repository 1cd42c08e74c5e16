/* progress_json.c: lines of JSON. jansson is not asked: names may be any bytes, and it refuses those that are no UTF-8. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/number_text.h"
#include "train/progress_json.h"

/* How many bytes the character of UTF-8 at `text` has; 0: it is none. */
static size_t character_length(const unsigned char *text)
{
    size_t length = text[0] < 0x80 ? 1 : text[0] < 0xC2 ? 0 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    if (text[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90);
    bool no_character = (text[0] == 0xED && text[1] > 0x9F) || (text[0] == 0xF4 && text[1] > 0x8F);
    return overlong || no_character ? 0 : length;
}

/* The text in quotes; a byte that belongs to no character becomes U+FFFD. */
static void add_string(cornu__text *to, const char *text)
{
    cornu__text_add(to, "\"");
    while (*text) {
        size_t length = character_length((const unsigned char *)text);
        if (length == 0)
            cornu__text_add(to, "\\ufffd");
        else if ((unsigned char)*text < 0x20)
            cornu__text_add(to, "\\u%04x", (unsigned)*text);
        else if (*text == '"' || *text == '\\')
            cornu__text_add(to, "\\%c", *text);
        else
            cornu__text_add_bytes(to, text, length);
        text += length > 0 ? length : 1;
    }
    cornu__text_add(to, "\"");
}

static void add_key(cornu__text *to, const char *key)
{
    cornu__text_add(to, ",");
    add_string(to, key);
    cornu__text_add(to, ":");
}

static void add_number(cornu__text *to, double value)
{
    char text[CORNU__NUMBER_TEXT_SIZE];
    cornu__text_add(to, "%s", isfinite(value) ? cornu__number_text(value, text) : "null");
}

void cornu__json_line_begin(cornu__json_line *line, const char *event)
{
    *line = (cornu__json_line){.locale = cornu__plain_locale_begin()};
    cornu__text_add(&line->text, "{\"event\":");
    add_string(&line->text, event);
}

void cornu__json_line_text(cornu__json_line *line, const char *key, const char *value)
{
    add_key(&line->text, key);
    add_string(&line->text, value);
}

void cornu__json_line_count(cornu__json_line *line, const char *key, int64_t value)
{
    add_key(&line->text, key);
    if (value < 0)
        cornu__text_add(&line->text, "null");
    else
        cornu__text_add(&line->text, "%lld", (long long)value);
}

void cornu__json_line_truth(cornu__json_line *line, const char *key, bool value)
{
    add_key(&line->text, key);
    cornu__text_add(&line->text, value ? "true" : "false");
}

void cornu__json_line_seconds(cornu__json_line *line, const char *key, double value)
{
    add_key(&line->text, key);
    cornu__text_add(&line->text, "%.6f", value);
}

void cornu__json_line_values(cornu__json_line *line, const cornu_logs *values)
{
    add_key(&line->text, "values");
    cornu__text_add(&line->text, "{");
    for (int i = 0; i < values->count; i++) {
        if (i > 0)
            cornu__text_add(&line->text, ",");
        add_string(&line->text, values->names[i]);
        cornu__text_add(&line->text, ":");
        add_number(&line->text, values->values[i]);
    }
    cornu__text_add(&line->text, "}");
}

char *cornu__json_line_take(cornu__json_line *line)
{
    cornu__text_add(&line->text, "}\n");
    cornu__plain_locale_end(line->locale);
    return cornu__text_take(&line->text);
}

cornu_status cornu__json_line_write(cornu__json_line *line)
{
    char *text = cornu__json_line_take(line);
    if (!text)
        return cornu_error_status();
    fputs(text, stdout); /* one call: other threads' lines come before or behind, not into it */
    fflush(stdout);
    cornu__free(text);
    return CORNU_OK;
}

cornu_status cornu__json_message(const char *event, const char *message)
{
    cornu__json_line line;
    cornu__json_line_begin(&line, event);
    cornu__json_line_text(&line, "message", message);
    return cornu__json_line_write(&line);
}
