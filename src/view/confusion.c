/* confusion.c: the picture of a confusion matrix. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "view/canvas.h"
#include "view/confusion.h"

#define MARGIN 18.0
#define TITLE_SIZE 17.0
#define NOTE_SIZE 12.0
#define LONGEST_LABEL 150.0
#define NAME_SIZE 64
#define KEPT_OF_MANY 60 /* classes drawn by themselves where there are too many */

/* What is drawn: of many classes, some, and the last stands for all others. */
typedef struct matrix {
    int size;
    int64_t *counts; /* (size, size) */
    char (*labels)[NAME_SIZE];
    bool merged;
    double cell, text_size; /* by size */
    bool has_counts, has_shares;
    double label_width; /* of the longest */
} matrix;

/* --- Many classes --- */

typedef struct class_mistakes {
    int number;
    int64_t mistakes;
} class_mistakes;

static int compare_mistakes(const void *a, const void *b)
{
    const class_mistakes *first = a, *second = b;
    if (first->mistakes != second->mistakes)
        return first->mistakes > second->mistakes ? -1 : 1;
    return first->number - second->number;
}

static int compare_numbers(const void *a, const void *b)
{
    return ((const class_mistakes *)a)->number - ((const class_mistakes *)b)->number;
}

/* place[c] := the row of class c: those with the most mistakes keep one of their own, in the order of their numbers. */
static cornu_status choose_classes(const cornu__confusion *confusion, int *place)
{
    int classes = confusion->class_count;
    class_mistakes *all = cornu__alloc_array((size_t)classes, sizeof *all);
    if (!all)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int c = 0; c < classes; c++) {
        all[c].number = c;
        for (int k = 0; k < classes; k++)
            all[c].mistakes += k == c ? 0 : confusion->counts[(int64_t)c * classes + k];
        place[c] = KEPT_OF_MANY;
    }
    qsort(all, (size_t)classes, sizeof *all, compare_mistakes);
    qsort(all, KEPT_OF_MANY, sizeof *all, compare_numbers);
    for (int i = 0; i < KEPT_OF_MANY; i++)
        place[all[i].number] = i;
    cornu__free(all);
    return CORNU_OK;
}

/* --- The matrix --- */

static void choose_look(matrix *m)
{
    m->cell = m->size <= 12 ? 56 : m->size <= 32 ? 36 : 14;
    m->text_size = m->size <= 32 ? 12 : 10;
    m->has_counts = m->size <= 32;
    m->has_shares = m->size <= 12;
}

static void label(const cornu__confusion *confusion, int number, char *out)
{
    if (confusion->names && confusion->names[number])
        snprintf(out, NAME_SIZE, "%s", confusion->names[number]);
    else
        snprintf(out, NAME_SIZE, "%d", number);
}

static void fill(const cornu__confusion *confusion, const int *place, matrix *m)
{
    int64_t classes = confusion->class_count;
    for (int64_t c = 0; c < classes; c++) {
        if (!m->merged || place[c] < KEPT_OF_MANY)
            label(confusion, (int)c, m->labels[place[c]]);
        for (int64_t k = 0; k < classes; k++)
            m->counts[(int64_t)place[c] * m->size + place[k]] += confusion->counts[c * classes + k];
    }
    if (m->merged)
        snprintf(m->labels[KEPT_OF_MANY], NAME_SIZE, "others");
}

static cornu_status make_matrix(const cornu__confusion *confusion, int *place, matrix *m)
{
    m->merged = confusion->class_count > CORNU__MOST_CLASSES_DRAWN;
    m->size = m->merged ? KEPT_OF_MANY + 1 : confusion->class_count;
    m->counts = cornu__alloc_array((size_t)m->size * (size_t)m->size, sizeof *m->counts);
    m->labels = cornu__alloc_array((size_t)m->size, sizeof *m->labels);
    if (!m->counts || !m->labels)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int c = 0; c < confusion->class_count; c++)
        place[c] = c;
    if (m->merged)
        CORNU_TRY(choose_classes(confusion, place));
    fill(confusion, place, m);
    choose_look(m);
    cornu__canvas measuring;
    cornu__canvas_begin_measuring(&measuring);
    for (int i = 0; i < m->size; i++)
        m->label_width = fmax(m->label_width, cornu__canvas_text_width(&measuring, m->text_size, m->labels[i]));
    cornu__canvas_drop(&measuring);
    m->label_width = fmin(m->label_width, LONGEST_LABEL);
    return CORNU_OK;
}

/* --- Drawing --- */

static int64_t row_sum(const matrix *m, int row)
{
    int64_t sum = 0;
    for (int k = 0; k < m->size; k++)
        sum += m->counts[(int64_t)row * m->size + k];
    return sum;
}

static double lightness(cornu__color color)
{
    return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue;
}

/* "12", "3.4k", "56M": at most four characters. */
static void short_count(int64_t value, char out[24])
{
    static const char units[] = {'k', 'M', 'G', 'T'};
    if (value < 10000) {
        snprintf(out, 24, "%lld", (long long)value);
        return;
    }
    double scaled = (double)value / 1000;
    int unit = 0;
    for (; scaled >= 999.5 && unit < 3; unit++)
        scaled /= 1000;
    snprintf(out, 24, scaled < 9.95 ? "%.1f%c" : "%.0f%c", scaled, units[unit]);
}

static void draw_cell_text(cornu__canvas *canvas, const matrix *m, double left, double top, int64_t value, double share)
{
    char text[24];
    double middle = left + m->cell / 2, half = m->cell / 2;
    short_count(value, text);
    double size = m->has_shares ? m->text_size + 2 : m->text_size - 1;
    cornu__canvas_text(canvas, middle, top + half + (m->has_shares ? -2 : 4), size, CORNU__ALIGN_CENTER, m->cell - 2,
                       text);
    if (!m->has_shares)
        return;
    snprintf(text, sizeof text, share >= 0.0995 || share == 0 ? "%.0f %%" : "%.1f %%", 100 * share);
    cornu__canvas_text(canvas, middle, top + half + 15, m->text_size, CORNU__ALIGN_CENTER, m->cell - 2, text);
}

static void draw_cell(cornu__canvas *canvas, const cornu__theme *theme, const matrix *m, int row, int column,
                      double left, double top, int64_t sum)
{
    int64_t value = m->counts[(int64_t)row * m->size + column];
    double share = sum > 0 ? (double)value / (double)sum : 0;
    cornu__color full = row == column ? theme->right : theme->wrong;
    cornu__color color = cornu__color_mix(theme->paper, full, value > 0 ? 0.12 + 0.88 * sqrt(share) : 0);
    cornu__canvas_color(canvas, color);
    cairo_rectangle(canvas->cairo, left, top, m->cell, m->cell);
    cairo_fill(canvas->cairo);
    if (!m->has_counts || value == 0)
        return;
    const cornu__color white = {1, 1, 1}, black = {0, 0, 0};
    cornu__canvas_color(canvas, lightness(color) > 0.5 ? black : white);
    draw_cell_text(canvas, m, left, top, value, share);
}

static void draw_grid(cornu__canvas *canvas, const cornu__theme *theme, const matrix *m, double left, double top)
{
    double end = m->size * m->cell;
    cornu__canvas_color(canvas, theme->grid);
    for (int i = 0; i <= m->size; i++) {
        double at = i * m->cell;
        cornu__canvas_line(canvas, left + at, top, left + at, top + end, 1);
        cornu__canvas_line(canvas, left, top + at, left + end, top + at, 1);
    }
}

static void draw_upwards(cornu__canvas *canvas, double x, double y, double size, cornu__align align, double width,
                         const char *text)
{
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, x, y);
    cairo_rotate(canvas->cairo, -1.5707963267948966);
    cornu__canvas_text(canvas, 0, 0, size, align, width, text);
    cairo_restore(canvas->cairo);
}

static bool labels_stand(const matrix *m)
{
    return m->label_width > m->cell - 4;
}

static double head_of_columns(const matrix *m)
{
    return labels_stand(m) ? m->label_width + 8 : m->text_size + 8;
}

static void draw_labels(cornu__canvas *canvas, const cornu__theme *theme, const matrix *m, double left, double top)
{
    cornu__canvas_color(canvas, theme->ink);
    for (int i = 0; i < m->size; i++) {
        double middle = (i + 0.5) * m->cell;
        cornu__canvas_text(canvas, left - 6, top + middle + m->text_size * 0.35, m->text_size, CORNU__ALIGN_RIGHT,
                           LONGEST_LABEL + 0.01, m->labels[i]);
        if (labels_stand(m))
            draw_upwards(canvas, left + middle + m->text_size * 0.35, top - 6, m->text_size, CORNU__ALIGN_LEFT,
                         LONGEST_LABEL + 0.01, m->labels[i]);
        else
            cornu__canvas_text(canvas, left + middle, top - 6, m->text_size, CORNU__ALIGN_CENTER, 0, m->labels[i]);
    }
    double half = m->size * m->cell / 2;
    cornu__canvas_color(canvas, theme->faint);
    cornu__canvas_text(canvas, left + half, top - head_of_columns(m) - 6, NOTE_SIZE, CORNU__ALIGN_CENTER, 0,
                       "predicted");
    draw_upwards(canvas, MARGIN + 8, top + half, NOTE_SIZE, CORNU__ALIGN_CENTER, 0, "true");
}

static int notes_of(const cornu__confusion *confusion, const matrix *m, char notes[3][120])
{
    int count = 0;
    snprintf(notes[count++], 120, "%s",
             m->has_shares   ? "count, and share of the row (of the class)"
             : m->has_counts ? "count; colour: share of the row (of the class)"
                             : "colour: share of the row (of the class)");
    snprintf(notes[count++], 120, "blue: right, orange: mistakes");
    if (m->merged)
        snprintf(notes[count++], 120,
                 "the %d classes of %d with the most mistakes, and the others as one (confusions among those count as "
                 "right)",
                 KEPT_OF_MANY, confusion->class_count);
    return count;
}

static cornu_status draw_matrix(const char *path, const cornu__confusion *confusion, const matrix *m)
{
    const cornu__theme *theme = cornu__theme_of(confusion->dark);
    char notes[3][120];
    int note_count = notes_of(confusion, m, notes);
    double side = m->size * m->cell, left = MARGIN + 22 + m->label_width + 6;
    double top = MARGIN + (confusion->title ? 30 : 0) + 20 + head_of_columns(m);
    double width = fmax(left + side + MARGIN, 420);
    cornu__canvas canvas;
    CORNU_TRY(cornu__canvas_begin(&canvas, path, ceil(width), ceil(top + side + 14 + note_count * 18 + MARGIN),
                                  theme->paper));
    cornu__canvas_color(&canvas, theme->ink);
    if (confusion->title)
        cornu__canvas_text(&canvas, MARGIN, MARGIN + 12, TITLE_SIZE, CORNU__ALIGN_LEFT, width - 2 * MARGIN,
                           confusion->title);
    for (int row = 0; row < m->size; row++) {
        int64_t sum = row_sum(m, row);
        for (int column = 0; column < m->size; column++)
            draw_cell(&canvas, theme, m, row, column, left + column * m->cell, top + row * m->cell, sum);
    }
    draw_grid(&canvas, theme, m, left, top);
    draw_labels(&canvas, theme, m, left, top);
    for (int i = 0; i < note_count; i++)
        cornu__canvas_text(&canvas, left, top + side + 22 + i * 18, NOTE_SIZE, CORNU__ALIGN_LEFT, width - left - 4,
                           notes[i]);
    return cornu__canvas_commit(&canvas);
}

cornu_status cornu__confusion_draw(const char *path, const cornu__confusion *confusion)
{
    matrix m = {0};
    int *place = cornu__alloc_array((size_t)confusion->class_count, sizeof *place);
    cornu_status status = place ? make_matrix(confusion, place, &m) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK)
        status = draw_matrix(path, confusion, &m);
    cornu__free(place);
    cornu__free(m.counts);
    cornu__free(m.labels);
    return status;
}
