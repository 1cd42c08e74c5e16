/* text_wrap.c: breaking lines between words. */
#include "base/text_wrap.h"

#include <string.h>

#define HANGING 2 /* blanks of further lines more than of the first */

/* Characters of UTF-8. */
static int width_of(const char *text, size_t length)
{
    int width = 0;
    for (size_t i = 0; i < length; i++)
        width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

static size_t count_blanks(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && text[count] == ' ')
        count++;
    return count;
}

/* The bytes of a word, and of a lone "%" behind it. */
static size_t length_of_word(const char *text, size_t length)
{
    size_t end = 0;
    while (end < length && (text[end] != ' ' || (end + 1 < length && text[end + 1] == '%')))
        end++;
    return end;
}

void cornu__text_add_wrapped(cornu__text *to, const char *line, size_t length, int columns, int column, int indent)
{
    bool begun = false; /* a word stands in the line in hand */
    for (size_t at = 0; at < length;) {
        size_t blanks = count_blanks(line + at, length - at);
        size_t bytes = length_of_word(line + at + blanks, length - at - blanks);
        int width = width_of(line + at + blanks, bytes);
        if (columns > 0 && begun && column + (int)blanks + width > columns) {
            cornu__text_add(to, "\n%*s", indent, "");
            column = indent;
        } else {
            cornu__text_add(to, "%*s", (int)blanks, "");
            column += (int)blanks;
        }
        cornu__text_add_bytes(to, line + at + blanks, bytes);
        column += width;
        begun = true;
        at += blanks + bytes;
    }
}

static int indent_of(const char *line, size_t length, int columns)
{
    size_t first = count_blanks(line, length);
    for (size_t at = first; at + 1 < length && at < (size_t)columns / 2; at++) {
        size_t blanks = count_blanks(line + at, length - at);
        if (blanks > 1 && at + blanks < (size_t)columns / 2)
            return width_of(line, at + blanks);
    }
    return first < (size_t)columns / 2 ? (int)first + HANGING : HANGING;
}

void cornu__text_add_wrapped_lines(cornu__text *to, const char *lines, int columns)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        cornu__text_add_wrapped(to, lines, length, columns, 0, indent_of(lines, length, columns));
        lines += length;
        if (*lines)
            cornu__text_add_bytes(to, lines++, 1);
    }
}
