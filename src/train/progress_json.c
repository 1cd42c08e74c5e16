/* progress_json.c: lines of JSON. */
#include <stdio.h>

#include "base/json_text.h"
#include "base/memory.h"
#include "train/progress_json.h"

static void add_key(cornu__text *to, const char *key)
{
    cornu__text_add(to, ",");
    cornu__json_text_string(to, key);
    cornu__text_add(to, ":");
}

void cornu__json_line_begin(cornu__json_line *line, const char *event)
{
    *line = (cornu__json_line){.locale = cornu__plain_locale_begin()};
    cornu__text_add(&line->text, "{\"event\":");
    cornu__json_text_string(&line->text, event);
}

void cornu__json_line_text(cornu__json_line *line, const char *key, const char *value)
{
    add_key(&line->text, key);
    cornu__json_text_string(&line->text, value);
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
        cornu__json_text_string(&line->text, values->names[i]);
        cornu__text_add(&line->text, ":");
        cornu__json_text_number(&line->text, values->values[i]);
    }
    cornu__text_add(&line->text, "}");
}

void cornu__json_line_waiting(cornu__json_line *line, const cornu_waiting *waiting)
{
    const char *between = "";
    cornu__json_line_seconds(line, "waited", waiting->waited);
    add_key(&line->text, "waited_for");
    cornu__text_add(&line->text, "{");
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        if (!(waiting->stages[i] > 0))
            continue;
        cornu__text_add(&line->text, "%s\"%s\":%.6f", between, cornu_stage_name((cornu_stage)i), waiting->stages[i]);
        between = ",";
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
