/* chart.c: axes, curves and legends. */
#include <math.h>
#include <stdio.h>

#include "view/canvas.h"
#include "view/chart.h"

#define PANEL_WIDTH 460.0
#define PANEL_HEIGHT 340.0
#define MOST_COLUMNS 3
#define TITLE_HEIGHT 34.0
#define TEXT_SIZE 13.0
#define KEY_HEIGHT 20.0
#define KEY_LINE 24.0 /* how long the line in a legend is */
#define MAX_TICKS 6
#define MOST_MARKED 30 /* values of a curve that are each shown */
#define COLORS 8

typedef struct axis {
    double low, high, step;
    bool logarithmic; /* then low, high and step are of the logarithm to the base of 10 */
} axis;

typedef struct area {
    double left, top, right, bottom;
} area;

/* --- Axes --- */

/* A step of 1, 2 or 5 times a power of ten that cuts the range into at most MAX_TICKS parts. */
static double nice_step(double range)
{
    double power = pow(10.0, floor(log10(range / MAX_TICKS)));
    static const double factors[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++) {
        if (range / (factors[i] * power) <= MAX_TICKS)
            return factors[i] * power;
    }
    return 10 * power;
}

static axis linear_axis(double low, double high)
{
    double least = 1e-12 * fmax(fabs(low), fabs(high));   /* a range that double cannot cut into ticks */
    if (!(high - low > least) || !isfinite(high - low)) { /* one value, or none */
        double half = low == 0 || !isfinite(low) ? 0.5 : fabs(low) * 0.1;
        low = isfinite(low) ? low - half : 0;
        high = low + 2 * half;
    }
    axis result = {.step = nice_step(high - low)};
    result.low = floor(low / result.step) * result.step;
    result.high = ceil(high / result.step) * result.step;
    return result;
}

static axis logarithmic_axis(double low, double high)
{
    axis result = {.logarithmic = true, .low = -1, .high = 0, .step = 1};
    if (isfinite(low)) {
        result.low = floor(log10(low));
        result.high = fmax(ceil(log10(high)), result.low + 1);
        result.step = ceil((result.high - result.low) / MAX_TICKS);
    }
    return result;
}

static bool is_shown(const axis *y, double value)
{
    return isfinite(value) && (!y->logarithmic || value > 0);
}

static axis values_axis(const cornu__chart *chart, bool logarithmic)
{
    axis result = {.logarithmic = logarithmic};
    double low = INFINITY, high = -INFINITY;
    for (int c = 0; c < chart->curve_count; c++) {
        for (int64_t i = 0; i < chart->curves[c].count; i++) {
            double value = chart->curves[c].y[i];
            low = is_shown(&result, value) ? fmin(low, value) : low;
            high = is_shown(&result, value) ? fmax(high, value) : high;
        }
    }
    return logarithmic ? logarithmic_axis(low, high) : linear_axis(low, high);
}

static axis steps_axis(const cornu__chart *chart)
{
    axis result = {.low = INFINITY, .high = -INFINITY};
    for (int c = 0; c < chart->curve_count; c++) {
        for (int64_t i = 0; i < chart->curves[c].count; i++) {
            double x = chart->curves[c].x[i];
            result.low = isfinite(x) ? fmin(result.low, x) : result.low;
            result.high = isfinite(x) ? fmax(result.high, x) : result.high;
        }
    }
    if (chart->any_steps)
        return linear_axis(result.low, result.high);
    bool range = result.high > result.low && isfinite(result.high - result.low);
    result.step = range ? fmax(1, nice_step(result.high - result.low)) : 1;
    return result;
}

static double place_y(const axis *y, const area *plot, double value)
{
    double at = y->logarithmic ? log10(value) : value;
    return plot->bottom - (at - y->low) / (y->high - y->low) * (plot->bottom - plot->top);
}

/* The least at the left edge, the most at the right; where all are one, in the middle. */
static double place_x(const axis *x, const area *plot, double step)
{
    double share = x->high > x->low ? (step - x->low) / (x->high - x->low) : 0.5;
    return plot->left + share * (plot->right - plot->left);
}

static int tick_count(const axis *y)
{
    return (int)round((y->high - y->low) / y->step) + 1;
}

static double tick_value(const axis *y, int index)
{
    double value = y->low + index * y->step;
    if (y->logarithmic)
        return pow(10, value);
    return fabs(value) < y->step * 1e-9 ? 0 : value;
}

/* With as many digits as tell neighbours apart. */
static void tick_text(const axis *y, int index, char *text, size_t size)
{
    double most = fmax(fabs(y->low), fabs(y->high));
    int digits = y->logarithmic || most == 0 ? 6 : (int)(floor(log10(most)) - floor(log10(y->step))) + 1;
    snprintf(text, size, "%.*g", digits < 6 ? 6 : digits, tick_value(y, index));
}

static void step_text(double step, char *text, size_t size)
{
    if (fabs(step) >= 1e6)
        snprintf(text, size, "%.4gM", step / 1e6);
    else if (fabs(step) >= 1e4)
        snprintf(text, size, "%.4gk", step / 1e3);
    else
        snprintf(text, size, "%.6g", step);
}

static double widest_tick(cornu__canvas *canvas, const axis *y)
{
    double widest = 0;
    char text[40];
    for (int i = 0; i < tick_count(y); i++) {
        tick_text(y, i, text, sizeof text);
        widest = fmax(widest, cornu__canvas_text_width(canvas, TEXT_SIZE, text));
    }
    return widest;
}

static void draw_y_axis(cornu__canvas *canvas, const cornu__theme *theme, const axis *y, const area *plot)
{
    char text[40];
    for (int i = 0; i < tick_count(y); i++) {
        double at = place_y(y, plot, tick_value(y, i));
        cornu__canvas_color(canvas, theme->grid);
        cornu__canvas_line(canvas, plot->left, at, plot->right, at, 1);
        tick_text(y, i, text, sizeof text);
        cornu__canvas_color(canvas, theme->faint);
        cornu__canvas_text(canvas, plot->left - 8, at + TEXT_SIZE * 0.35, TEXT_SIZE, CORNU__ALIGN_RIGHT, 0, text);
    }
}

/* The first step is labelled, and the multiples of the axis's step that are not close to it. */
static void draw_x_axis(cornu__canvas *canvas, const cornu__theme *theme, const axis *x, const area *plot,
                        const char *label)
{
    char text[40];
    cornu__canvas_color(canvas, theme->faint);
    cornu__canvas_line(canvas, plot->left, plot->bottom, plot->right, plot->bottom, 1);
    if (isfinite(x->low)) {
        step_text(x->low, text, sizeof text);
        cornu__canvas_text(canvas, place_x(x, plot, x->low), plot->bottom + 18, TEXT_SIZE, CORNU__ALIGN_CENTER, 0,
                           text);
    }
    double first = isfinite(x->low) ? (floor(x->low / x->step) + 1) * x->step : 0;
    first += first - x->low < 0.6 * x->step ? x->step : 0;
    for (double step = first; isfinite(x->low) && step <= x->high + 1e-9 * x->step; step += x->step) {
        step_text(step, text, sizeof text);
        cornu__canvas_text(canvas, place_x(x, plot, step), plot->bottom + 18, TEXT_SIZE, CORNU__ALIGN_CENTER, 0, text);
        if (!(step + x->step > step))
            break; /* steps too large for double to tell apart */
    }
    cornu__canvas_text(canvas, (plot->left + plot->right) / 2, plot->bottom + 37, TEXT_SIZE, CORNU__ALIGN_CENTER,
                       plot->right - plot->left, label ? label : "");
}

/* --- Curves --- */

static cornu__color color_of(const cornu__theme *theme, const cornu__curve_key *key)
{
    return key->style < 0 ? theme->ink : theme->series[key->style % COLORS];
}

/* A disc, a square, a triangle or a diamond. */
static void draw_mark(cornu__canvas *canvas, int style, double x, double y)
{
    static const double corners[3][4][2] = {{{-3, -3}, {3, -3}, {3, 3}, {-3, 3}},
                                            {{0, -4.4}, {4.2, 3}, {-4.2, 3}, {0, -4.4}},
                                            {{0, -4.6}, {4.2, 0}, {0, 4.6}, {-4.2, 0}}};
    int shape = style / COLORS % 4;
    if (shape == 0)
        cairo_arc(canvas->cairo, x, y, 3, 0, 6.2832);
    for (int i = 0; shape > 0 && i < 4; i++)
        cairo_line_to(canvas->cairo, x + corners[shape - 1][i][0], y + corners[shape - 1][i][1]);
    cairo_close_path(canvas->cairo);
    cairo_fill(canvas->cairo);
}

static void set_dashes(cornu__canvas *canvas, bool dashed)
{
    static const double dashes[] = {6, 4};
    cairo_set_dash(canvas->cairo, dashes, dashed ? 2 : 0, 0);
}

static bool goes_on(const cornu__curve *curve, const axis *y, int64_t i)
{
    return i > 0 && i < curve->count && is_shown(y, curve->y[i]) && is_shown(y, curve->y[i - 1]) &&
           curve->x[i] >= curve->x[i - 1];
}

static void draw_points(cornu__canvas *canvas, const cornu__curve *curve, const axis *x, const axis *y,
                        const area *plot)
{
    for (int64_t i = 0; i < curve->count; i++) {
        if (!is_shown(y, curve->y[i]) || !isfinite(curve->x[i]))
            continue;
        cairo_arc(canvas->cairo, place_x(x, plot, curve->x[i]), place_y(y, plot, curve->y[i]), 2.2, 0, 6.2832);
        cairo_fill(canvas->cairo);
    }
}

static void draw_curve(cornu__canvas *canvas, const cornu__theme *theme, const cornu__curve *curve, const axis *x,
                       const axis *y, const area *plot)
{
    cornu__canvas_color(canvas, color_of(theme, &curve->key));
    if (curve->key.points) {
        draw_points(canvas, curve, x, y, plot);
        return;
    }
    cairo_set_line_width(canvas->cairo, 2.25);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    set_dashes(canvas, curve->key.dashed);
    for (int64_t i = 0; i < curve->count; i++) {
        if (!is_shown(y, curve->y[i]) || !isfinite(curve->x[i]))
            continue;
        double at_x = place_x(x, plot, curve->x[i]), at_y = place_y(y, plot, curve->y[i]);
        if (goes_on(curve, y, i))
            cairo_line_to(canvas->cairo, at_x, at_y);
        else
            cairo_move_to(canvas->cairo, at_x, at_y);
    }
    cairo_stroke(canvas->cairo);
    set_dashes(canvas, false);
    int64_t marks = curve->key.style >= COLORS ? curve->count / 12 + 1 : 0; /* a mark in so many values */
    for (int64_t i = 0; i < curve->count; i++) {
        bool lone = !goes_on(curve, y, i) && !goes_on(curve, y, i + 1);
        bool wanted = lone || curve->count <= MOST_MARKED || (marks > 0 && i % marks == 0);
        if (wanted && is_shown(y, curve->y[i]) && isfinite(curve->x[i]))
            draw_mark(canvas, curve->key.style < 0 ? 0 : curve->key.style, place_x(x, plot, curve->x[i]),
                      place_y(y, plot, curve->y[i]));
    }
}

/* --- Legends --- */

/* Keys from left to right, in as many lines as they take; returns their height. Without theme they are measured only. */
static double draw_keys(cornu__canvas *canvas, const cornu__theme *theme, int count, const cornu__curve_key *keys,
                        double left, double top, double width)
{
    double x = left, y = top;
    for (int k = 0; k < count; k++) {
        const char *name = keys[k].name ? keys[k].name : "";
        double room = width - KEY_LINE - 6;
        double taken = fmin(cornu__canvas_text_width(canvas, TEXT_SIZE, name), room);
        if (x > left && x + KEY_LINE + 6 + taken > left + width) {
            x = left;
            y += KEY_HEIGHT;
        }
        if (theme) {
            cornu__canvas_color(canvas, color_of(theme, &keys[k]));
            set_dashes(canvas, keys[k].dashed);
            if (!keys[k].points)
                cornu__canvas_line(canvas, x, y + 6, x + KEY_LINE, y + 6, 2.5);
            set_dashes(canvas, false);
            if (keys[k].style >= 0)
                draw_mark(canvas, keys[k].style, x + KEY_LINE / 2, y + 6);
            cornu__canvas_color(canvas, theme->ink);
            cornu__canvas_text(canvas, x + KEY_LINE + 6, y + 10, TEXT_SIZE, CORNU__ALIGN_LEFT, room + 0.01, name);
        }
        x += KEY_LINE + 6 + taken + 18;
    }
    return count > 0 ? y - top + KEY_HEIGHT : 0;
}

static int keys_of(const cornu__chart *chart, cornu__curve_key keys[CORNU__CHART_MAX_KEYS])
{
    int count = 0;
    for (; count < chart->curve_count && count < CORNU__CHART_MAX_KEYS; count++)
        keys[count] = chart->curves[count].key;
    return count;
}

/* --- The page --- */

static area plot_in_cell(cornu__canvas *canvas, const axis *y, const area *cell)
{
    return (area){cell->left + fmax(48, 24 + widest_tick(canvas, y)), cell->top + 40, cell->right - 20,
                  cell->bottom - 52};
}

static void draw_chart(cornu__canvas *canvas, const cornu__theme *theme, const cornu__chart *chart, area cell,
                       const cornu__chart_page *page)
{
    cornu__curve_key keys[CORNU__CHART_MAX_KEYS];
    int key_count = page->key_count > 0 ? 0 : keys_of(chart, keys);
    axis x = steps_axis(chart), y = values_axis(chart, page->log_scale);
    area plot = plot_in_cell(canvas, &y, &cell);
    double width = plot.right - plot.left;
    cornu__canvas_color(canvas, theme->ink);
    cornu__canvas_text(canvas, plot.left, cell.top + 24, TEXT_SIZE + 3, CORNU__ALIGN_LEFT, width + 0.01,
                       chart->title ? chart->title : "");
    plot.top += draw_keys(canvas, theme, key_count, keys, plot.left, plot.top - 4, width);
    plot.top = fmin(plot.top, plot.bottom - 20); /* a legend that takes all the room leaves a strip */
    draw_y_axis(canvas, theme, &y, &plot);
    draw_x_axis(canvas, theme, &x, &plot, chart->x_label);
    for (int c = 0; c < chart->curve_count; c++)
        draw_curve(canvas, theme, &chart->curves[c], &x, &y, &plot);
}

static double legend_height(const cornu__chart_page *page, double width)
{
    cornu__canvas measuring;
    cornu__canvas_begin_measuring(&measuring);
    double height = draw_keys(&measuring, NULL, page->key_count, page->keys, 0, 0, width - 40);
    cornu__canvas_drop(&measuring);
    return height > 0 ? height + 8 : 0;
}

/* What the largest of the charts takes when each has a legend of its own. */
static double own_legend_height(int count, const cornu__chart *charts, const cornu__chart_page *page, double width)
{
    cornu__canvas measuring;
    double most = 0;
    cornu__canvas_begin_measuring(&measuring);
    for (int i = 0; page->key_count == 0 && i < count; i++) {
        cornu__curve_key keys[CORNU__CHART_MAX_KEYS];
        axis y = values_axis(&charts[i], page->log_scale);
        area cell = {.right = width}, plot = plot_in_cell(&measuring, &y, &cell);
        most = fmax(most, draw_keys(&measuring, NULL, keys_of(&charts[i], keys), keys, 0, 0, plot.right - plot.left));
    }
    cornu__canvas_drop(&measuring);
    return most;
}

/* A size that the caller gave; the fitting one is never too small. */
static cornu_status check_size(const cornu__chart_page *page, int count, double width, double height, double least)
{
    if (page->width > 0 && width < CORNU__CHART_LEAST_WIDTH)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "in a picture %g pixels wide, numbers along the axes would lie on each other: wanted a width "
            "of at least %d",
            width, CORNU__CHART_LEAST_WIDTH);
    if (page->height > 0 && height < least)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "in a picture of %g x %g pixels with %d panel%s, numbers along the axes would lie on each "
                           "other: wanted a height of at least %g, or a larger width, where more panels are in a row",
                           width, height, count, count == 1 ? "" : "s", least);
    return CORNU_OK;
}

cornu_status cornu__charts_draw(const char *path, int count, const cornu__chart *charts, const cornu__chart_page *page)
{
    const cornu__theme *theme = cornu__theme_of(page->dark);
    int columns = count < MOST_COLUMNS ? count : count == 4 ? 2 : MOST_COLUMNS;
    double width = page->width > 0 ? page->width : columns * PANEL_WIDTH;
    while (columns > 1 && width / columns < CORNU__CHART_LEAST_WIDTH) /* narrower pages have fewer panels in a row */
        columns--;
    int rows = (count + columns - 1) / columns;
    double title_height = page->title ? TITLE_HEIGHT : 0;
    double head = title_height + legend_height(page, width);
    double height = page->height > 0 ? page->height : rows * PANEL_HEIGHT + head;
    double least_row = CORNU__CHART_LEAST_HEIGHT + own_legend_height(count, charts, page, width / columns);
    cornu__canvas canvas;
    CORNU_TRY(check_size(page, count, width, height, ceil(head + rows * least_row)));
    CORNU_TRY(cornu__canvas_begin(&canvas, path, width, height, theme->paper));
    if (page->title) {
        cornu__canvas_color(&canvas, theme->ink);
        cornu__canvas_text(&canvas, width / 2, 26, TEXT_SIZE + 5, CORNU__ALIGN_CENTER, width - 20, page->title);
    }
    draw_keys(&canvas, theme, page->key_count, page->keys, 20, title_height + 10, width - 40);
    for (int i = 0; i < count; i++) {
        double left = i % columns * width / columns, top = head + i / columns * (height - head) / rows;
        area cell = {left, top, left + width / columns, top + (height - head) / rows};
        draw_chart(&canvas, theme, &charts[i], cell, page);
    }
    return cornu__canvas_commit(&canvas);
}
