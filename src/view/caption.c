/* caption.c: where the lines of a caption end. */
#include <string.h>

#include "view/caption.h"

#define LONGEST_LINE 256
#define NO_BREAK_SPACE "\u00a0"

/* The bytes of the character at `text`, which may be none of UTF-8. */
static size_t character_at(const char *text)
{
    size_t length = cornu__text_character(text);
    return length > 0 ? length : 1;
}

static bool is_no_break_space(const char *text)
{
    return strncmp(text, NO_BREAK_SPACE, strlen(NO_BREAK_SPACE)) == 0;
}

static bool fits(cornu__canvas *canvas, double size, double width, const char *text, size_t length)
{
    char line[LONGEST_LINE];
    if (length >= sizeof line)
        return false;
    memcpy(line, text, length);
    line[length] = '\0';
    return cornu__canvas_text_width(canvas, size, line) <= width;
}

/* How many of the bytes go into one line: up to a blank, else up to a no-break space, else as many characters as fit, one at least. */
static size_t line_length(cornu__canvas *canvas, double size, double width, const char *text, size_t length)
{
    size_t words = 0, parts = 0, characters = 0, at = 0;
    if (fits(canvas, size, width, text, length))
        return length;
    while (at < length) {
        size_t next = at + character_at(text + at);
        if (!fits(canvas, size, width, text, next))
            break;
        characters = at = next;
        words = text[at] == ' ' ? at : words;
        parts = is_no_break_space(text + at) ? at : parts;
    }
    return words > 0 ? words : parts > 0 ? parts : characters > 0 ? characters : character_at(text);
}

static void add_line(cornu__text *to, const char *text, size_t length)
{
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = character_at(text + at);
        if (is_no_break_space(text + at))
            cornu__text_add_bytes(to, " ", 1);
        else
            cornu__text_add_bytes(to, text + at, bytes);
    }
}

/* The blanks with which a new line would begin. */
static size_t blanks_at(const char *text)
{
    size_t count = 0;
    while (text[count] == ' ' || is_no_break_space(text + count))
        count += character_at(text + count);
    return count;
}

char *cornu__caption_broken(cornu__canvas *canvas, double size, double width, const char *text)
{
    cornu__text broken = {0};
    cornu__text_add_bytes(&broken, "", 0);
    while (*text) {
        size_t whole = strcspn(text, "\n"), length = line_length(canvas, size, width, text, whole);
        add_line(&broken, text, length);
        text += length;
        if (length < whole)
            text += blanks_at(text);
        else if (*text == '\n')
            text++;
        else
            break;
        cornu__text_add_bytes(&broken, "\n", 1);
    }
    return cornu__text_take(&broken);
}

int cornu__caption_line_count(const char *broken)
{
    int count = 1;
    for (; *broken; broken++)
        count += *broken == '\n';
    return count;
}
