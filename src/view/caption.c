/* caption.c: where the lines of a caption end. */
#include <math.h>
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

/* Text as it is drawn. */
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

static double width_of(cornu__canvas *canvas, double size, const char *text, size_t length)
{
    cornu__text line = {0};
    add_line(&line, text, length);
    double width = line.data && length < LONGEST_LINE ? cornu__canvas_text_width(canvas, size, line.data)
                   : length > 0                       ? INFINITY
                                                      : 0;
    cornu__text_free(&line);
    return width;
}

static bool fits(cornu__canvas *canvas, double size, double width, const char *text, size_t length)
{
    return width_of(canvas, size, text, length) <= width;
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

/* The blanks with which a new line would begin. */
static size_t blanks_at(const char *text)
{
    size_t count = 0;
    while (text[count] == ' ' || is_no_break_space(text + count))
        count += character_at(text + count);
    return count;
}

/* One line of the text, as one or more. */
static void break_line(cornu__canvas *canvas, double size, double width, const char *text, size_t length,
                       cornu__text *to)
{
    size_t indent = strspn(text, " ");
    indent = indent < length ? indent : 0;
    double room = indent > 0 ? width - width_of(canvas, size, text, indent) : width;
    const char *blanks = text, *end = text + length;
    for (text += indent; text < end; text += blanks_at(text)) {
        size_t taken = line_length(canvas, size, room, text, (size_t)(end - text));
        cornu__text_add_bytes(to, blanks, indent);
        add_line(to, text, taken);
        text += taken;
        if (text < end)
            cornu__text_add_bytes(to, "\n", 1);
    }
}

char *cornu__caption_broken(cornu__canvas *canvas, double size, double width, const char *text)
{
    cornu__text broken = {0};
    cornu__text_add_bytes(&broken, "", 0);
    for (;;) {
        size_t length = strcspn(text, "\n");
        break_line(canvas, size, width, text, length, &broken);
        if (text[length] == '\0')
            return cornu__text_take(&broken);
        cornu__text_add_bytes(&broken, "\n", 1);
        text += length + 1;
    }
}

double cornu__caption_word_width(cornu__canvas *canvas, double size, const char *text)
{
    double widest = 0;
    while (*text) {
        size_t indent = strspn(text, " ");
        double begin = width_of(canvas, size, text, indent);
        for (text += indent; *text && *text != '\n'; text += strspn(text, " ")) {
            size_t word = strcspn(text, " \n");
            widest = fmax(widest, begin + width_of(canvas, size, text, word));
            text += word;
        }
        text += *text == '\n';
    }
    return widest;
}

int cornu__caption_line_count(const char *broken)
{
    int count = 1;
    for (; *broken; broken++)
        count += *broken == '\n';
    return count;
}
