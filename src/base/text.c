/* text.c: strings that grow, nearest spellings, shapes in words. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define LONGEST_NAME 64

static bool reserve(cornu__text *text, size_t more)
{
    size_t wanted = text->length + more + 1;
    if (text->failed)
        return false;
    if (wanted > more && wanted <= text->capacity)
        return true;
    size_t capacity = wanted <= more ? SIZE_MAX : wanted < 64 ? 64 : wanted + wanted / 2;
    char *data = cornu__realloc(text->data, text->length, capacity);
    if (!data) {
        text->failed = true;
        text->wanted = capacity;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void cornu__text_add_bytes(cornu__text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    if (count > 0)
        memcpy(text->data + text->length, bytes, count);
    text->length += count;
    text->data[text->length] = '\0';
}

void cornu__text_add(cornu__text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(text, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

char *cornu__text_take(cornu__text *text)
{
    bool whole = !text->failed && reserve(text, 0);
    char *data = text->data;
    if (whole) {
        data[text->length] = '\0';
    } else {
        cornu__free(data);
        data = NULL;
        cornu__fail_memory("a text", text->wanted);
    }
    *text = (cornu__text){0};
    return data;
}

void cornu__text_free(cornu__text *text)
{
    cornu__free(text->data);
    *text = (cornu__text){0};
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int letter(char c)
{
    return tolower((unsigned char)c);
}

int cornu__text_distance(const char *a, const char *b)
{
    int rows = (int)strnlen(a, LONGEST_NAME), columns = (int)strnlen(b, LONGEST_NAME);
    int distance[LONGEST_NAME + 1][LONGEST_NAME + 1];
    for (int i = 0; i <= rows; i++)
        distance[i][0] = i;
    for (int j = 0; j <= columns; j++)
        distance[0][j] = j;
    for (int i = 1; i <= rows; i++) {
        for (int j = 1; j <= columns; j++) {
            int replace = distance[i - 1][j - 1] + (letter(a[i - 1]) != letter(b[j - 1]));
            int best = smaller(replace, smaller(distance[i - 1][j], distance[i][j - 1]) + 1);
            bool swapped =
                i > 1 && j > 1 && letter(a[i - 1]) == letter(b[j - 2]) && letter(a[i - 2]) == letter(b[j - 1]);
            distance[i][j] = swapped ? smaller(best, distance[i - 2][j - 2] + 1) : best;
        }
    }
    return distance[rows][columns];
}

const char *cornu__text_nearest(const char *name, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    int nearest_distance = (int)strnlen(name, LONGEST_NAME) / 3 + 2; /* further away is another word */
    for (size_t i = 0; i < count; i++) {
        int distance = candidates[i] ? cornu__text_distance(name, candidates[i]) : nearest_distance;
        if (distance < nearest_distance) {
            nearest = candidates[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}

char *cornu__text_shape(char *out, size_t size, int rank, const int64_t *shape)
{
    size_t length = (size_t)snprintf(out, size, "(");
    for (int axis = 0; axis < rank && length < size; axis++) {
        const char *comma = axis > 0 ? ", " : "";
        if (shape[axis] < 0)
            length += (size_t)snprintf(out + length, size - length, "%sNone", comma);
        else
            length += (size_t)snprintf(out + length, size - length, "%s%lld", comma, (long long)shape[axis]);
    }
    if (length < size)
        snprintf(out + length, size - length, rank == 1 ? ",)" : ")");
    return out;
}

bool cornu__text_equal_nocase(const char *a, const char *b)
{
    while (*a && letter(*a) == letter(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool cornu__text_has_ending(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length > ending_length && cornu__text_equal_nocase(text + length - ending_length, ending);
}

size_t cornu__text_character(const char *at)
{
    const unsigned char *text = (const unsigned char *)at;
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

size_t cornu__text_showable(const char *at)
{
    const unsigned char *text = (const unsigned char *)at;
    bool control =
        text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0); /* the latter: U+0080 .. U+009F */
    return control ? 0 : cornu__text_character(at);
}

void cornu__text_add_shown(cornu__text *to, const char *text)
{
    while (*text) {
        size_t length = cornu__text_showable(text);
        if (length > 0)
            cornu__text_add_bytes(to, text, length);
        else
            cornu__text_add(to, "\\x%02x", (unsigned)(unsigned char)*text);
        text += length > 0 ? length : 1;
    }
}

char *cornu__text_shown(char *out, size_t size, const char *text, bool lines)
{
    size_t used = 0;
    while (*text) {
        char item[sizeof "\\xff"];
        size_t length = lines && *text == '\n' ? 1 : cornu__text_showable(text), taken = length > 0 ? length : 1;
        if (length > 0)
            memcpy(item, text, length);
        else
            length = (size_t)snprintf(item, sizeof item, "\\x%02x", (unsigned)(unsigned char)*text);
        if (used + length >= size)
            break;
        memcpy(out + used, item, length);
        used += length;
        text += taken;
    }
    out[used] = '\0';
    return out;
}
