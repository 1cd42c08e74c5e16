/* table.c: tables as rich draws them: the widths of columns, words wrapped into cells, borders. */
#include <math.h>
#include <string.h>

#include "model/table.h"

#define MAX_LINES 64 /* of one cell; more are cut off */

/* --- widths: each column and its padding, reduced evenly (halves to even) until all fit --- */

void cornu__table_fit(cornu__table *table, int line_length, const double *ends)
{
    int count = table->column_count, wanted = 0, before = 0;
    for (int i = 0; i < count; i++) {
        int width = (int)(ends[i] * line_length) - before;
        before += width;
        table->width[i] = width + 2;
        wanted += width + 2;
    }
    int excess = wanted - (line_length - count - 1);
    for (int i = 0; i < count; i++) {
        int share = excess > 0 ? (int)nearbyint((double)excess / (count - i)) : 0;
        if (share > table->width[i])
            share = table->width[i];
        table->width[i] -= share + 2;
        excess -= share;
    }
}

/* --- UTF-8, one cell per character --- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

static int width_of(const char *text, size_t bytes)
{
    int width = 0;
    for (size_t i = 0; i < bytes; i++)
        width += begins_character(text[i]);
    return width;
}

static size_t bytes_of(const char *text, int width)
{
    size_t bytes = 0;
    while (text[bytes] && (width > 0 || !begins_character(text[bytes]))) {
        width -= begins_character(text[bytes]);
        bytes++;
    }
    return bytes;
}

/* --- wrapping: a cell's text broken at spaces --- */

struct line {
    const char *start;
    size_t bytes;
};

static void start_line(struct line *lines, int *count, const char *at)
{
    if (*count > 0)
        lines[*count - 1].bytes = (size_t)(at - lines[*count - 1].start);
    if (*count < MAX_LINES)
        lines[(*count)++].start = at;
}

/* Spaces before a word (only at the beginning of the text), the word, and the spaces behind it. */
static size_t word_at(const char *text, size_t *without_spaces)
{
    size_t length = strspn(text, " ");
    length += strcspn(text + length, " ");
    *without_spaces = length;
    return length + strspn(text + length, " ");
}

static int wrap(const char *text, int width, struct line *lines)
{
    int count = 0, used = 0;
    const char *end = text + strlen(text);
    start_line(lines, &count, text);
    for (const char *word = text; *word;) {
        size_t visible, length = word_at(word, &visible);
        int visible_width = width_of(word, visible);
        if (visible_width <= width - used) {
            used += width_of(word, length);
        } else if (visible_width > width) { /* on a line of its own, cut off there */
            if (word > text)
                start_line(lines, &count, word);
            used = width_of(word, length);
        } else {
            if (used > 0 && word > text)
                start_line(lines, &count, word);
            used = width_of(word, length);
        }
        word += length;
    }
    lines[count - 1].bytes = (size_t)(end - lines[count - 1].start);
    return count;
}

/* --- drawing --- */

static void add_repeated(cornu__text *out, const char *piece, int count)
{
    for (int i = 0; i < count; i++)
        cornu__text_add(out, "%s", piece);
}

/* left, fill, between, right */
static void add_border(const cornu__table *table, const char *const parts[4], cornu__text *out)
{
    for (int i = 0; i < table->column_count; i++) {
        cornu__text_add(out, "%s", i == 0 ? parts[0] : parts[2]);
        add_repeated(out, parts[1], table->width[i] + 2);
    }
    cornu__text_add(out, "%s\n", parts[3]);
}

static void add_cell(const cornu__table *table, int column, const struct line *text, cornu__text *out)
{
    size_t bytes = text ? text->bytes : 0;
    while (bytes > 0 && text->start[bytes - 1] == ' ')
        bytes--;
    int width = text ? width_of(text->start, bytes) : 0;
    bool cut = width > table->width[column];
    if (cut) {
        bytes = bytes_of(text->start, table->width[column] - 1);
        width = table->width[column];
    }
    int space = table->width[column] - width;
    int left = table->align[column] == CORNU__ALIGN_RIGHT    ? space
               : table->align[column] == CORNU__ALIGN_CENTER ? space / 2
                                                             : 0;
    cornu__text_add(out, " ");
    add_repeated(out, " ", left);
    if (bytes > 0)
        cornu__text_add_bytes(out, text->start, bytes);
    if (cut)
        cornu__text_add(out, "…");
    add_repeated(out, " ", space - left);
    cornu__text_add(out, " ");
}

static void add_cells(const cornu__table *table, const char *const *cells, const char *border, cornu__text *out)
{
    struct line lines[CORNU__TABLE_MAX_COLUMNS][MAX_LINES];
    int counts[CORNU__TABLE_MAX_COLUMNS], height = 1;
    for (int i = 0; i < table->column_count; i++) {
        counts[i] = wrap(cells[i], table->width[i], lines[i]);
        if (counts[i] > height)
            height = counts[i];
    }
    for (int row = 0; row < height; row++) {
        for (int i = 0; i < table->column_count; i++) {
            cornu__text_add(out, "%s", border);
            add_cell(table, i, row < counts[i] ? &lines[i][row] : NULL, out);
        }
        cornu__text_add(out, "%s\n", border);
    }
}

void cornu__table_header(const cornu__table *table, const char *const *cells, cornu__text *out)
{
    static const char *const top[] = {"┏", "━", "┳", "┓"}, *const below[] = {"┡", "━", "╇", "┩"};
    add_border(table, top, out);
    add_cells(table, cells, "┃", out);
    add_border(table, below, out);
}

void cornu__table_row(const cornu__table *table, const char *const *cells, bool first, cornu__text *out)
{
    static const char *const between[] = {"├", "─", "┼", "┤"};
    if (!first)
        add_border(table, between, out);
    add_cells(table, cells, "│", out);
}

void cornu__table_end(const cornu__table *table, cornu__text *out)
{
    static const char *const bottom[] = {"└", "─", "┴", "┘"};
    add_border(table, bottom, out);
}
