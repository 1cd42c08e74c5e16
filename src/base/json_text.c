/* json_text.c: pieces of JSON. jansson is not asked: names may be any bytes, and it refuses those that are no UTF-8. */
#include <math.h>
#include <stddef.h>

#include "base/json_text.h"
#include "base/number_text.h"

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

void cornu__json_text_string(cornu__text *to, const char *text)
{
    cornu__text_add(to, "\"");
    while (*text) {
        size_t length = character_length((const unsigned char *)text);
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
