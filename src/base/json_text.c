/* json_text.c: pieces of JSON. jansson is not asked: names may be any bytes, and it refuses those that are no UTF-8. */
#include <math.h>
#include <stddef.h>

#include "base/json_text.h"
#include "base/number_text.h"

void cornu__json_text_string(cornu__text *to, const char *text)
{
    cornu__text_add(to, "\"");
    while (*text) {
        size_t length = cornu__text_character(text);
        if (length == 0)
            cornu__text_add(to, "\\ufffd");
        else if ((unsigned char)*text < 0x20 || *text == '<')
            cornu__text_add(to, "\\u%04x", (unsigned)*text);
        else if (*text == '"' || *text == '\\')
            cornu__text_add(to, "\\%c", *text);
        else
            cornu__text_add_bytes(to, text, length);
        text += length > 0 ? length : 1;
    }
    cornu__text_add(to, "\"");
}

void cornu__json_text_number(cornu__text *to, double value)
{
    char text[CORNU__NUMBER_TEXT_SIZE];
    cornu__text_add(to, "%s", isfinite(value) ? cornu__number_text(value, text) : "null");
}

void cornu__json_text_any_number(cornu__text *to, double value)
{
    if (isfinite(value))
        cornu__json_text_number(to, value);
    else
        cornu__text_add(to, "%s", isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}
