/* curves.c: line charts of what training logged. */
#include <math.h>
#include <stdio.h>

#include <cornu/plot.h>

#include "base/options.h"
#include "view/canvas.h"

#define PANEL_WIDTH 460.0
#define PANEL_HEIGHT 340.0
#define TITLE_HEIGHT 34.0
#define TEXT_SIZE 13.0
#define MAX_TICKS 6

typedef struct axis {
    double low, high, step;
} axis;

typedef struct area {
    double left, top, right, bottom;
} area;

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

static axis axis_over(double low, double high)
{
    if (!(high > low)) { /* one value, or none */
        double half = low == 0 || !isfinite(low) ? 0.5 : fabs(low) * 0.1;
        low = isfinite(low) ? low - half : 0;
        high = low + 2 * half;
    }
    axis result = {.step = nice_step(high - low)};
    result.low = floor(low / result.step) * result.step;
    result.high = ceil(high / result.step) * result.step;
    return result;
}

static int series_count(const cornu_panel *panel)
{
    int count = 0;
    while (count < CORNU_PLOT_MAX_SERIES && panel->series[count].values)
        count++;
    return count;
}

static int longest(const cornu_panel *panel)
{
    int most = 0;
    for (int s = 0; s < series_count(panel); s++)
        most = panel->series[s].count > most ? panel->series[s].count : most;
    return most;
}

static axis values_axis(const cornu_panel *panel)
{
    double low = INFINITY, high = -INFINITY;
    for (int s = 0; s < series_count(panel); s++) {
        for (int i = 0; i < panel->series[s].count; i++) {
            double value = panel->series[s].values[i];
            if (isfinite(value)) {
                low = fmin(low, value);
                high = fmax(high, value);
            }
        }
    }
    return axis_over(low, high);
}

static double place_y(const axis *y, const area *plot, double value)
{
    return plot->bottom - (value - y->low) / (y->high - y->low) * (plot->bottom - plot->top);
}

static void draw_y_axis(cornu__canvas *canvas, const cornu__theme *theme, const axis *y, const area *plot)
{
    int steps = (int)round((y->high - y->low) / y->step);
    for (int i = 0; i <= steps; i++) {
        double value = y->low + i * y->step, at = place_y(y, plot, value);
        cornu__canvas_color(canvas, theme->grid);
        cornu__canvas_line(canvas, plot->left, at, plot->right, at, 1);
        char text[32];
        snprintf(text, sizeof text, "%.4g", fabs(value) < y->step * 1e-9 ? 0.0 : value);
        cornu__canvas_color(canvas, theme->faint);
        cornu__canvas_text(canvas, plot->left - 8, at + TEXT_SIZE * 0.35, TEXT_SIZE, CORNU__ALIGN_RIGHT, 0, text);
    }
}

/* x of value number i of `count`: the first at the left edge, the last at the right; a lone one in the middle. */
static double place_x(const area *plot, int i, int count)
{
    double share = count > 1 ? (double)i / (count - 1) : 0.5;
    return plot->left + share * (plot->right - plot->left);
}

static void draw_x_axis(cornu__canvas *canvas, const cornu__theme *theme, const area *plot, int count, int first,
                        const char *label)
{
    cornu__canvas_color(canvas, theme->faint);
    cornu__canvas_line(canvas, plot->left, plot->bottom, plot->right, plot->bottom, 1);
    int step = count > 1 ? (int)fmax(1, ceil(nice_step(count - 1))) : 1;
    for (int i = 0; i < count; i++) {
        bool labelled = i == 0 ? count < 2 * step || first % step == 0 || first == 1 : (first + i) % step == 0;
        if (!labelled || (first == 1 && i > 0 && i < step / 2))
            continue;
        char text[32];
        snprintf(text, sizeof text, "%d", first + i);
        cornu__canvas_text(canvas, place_x(plot, i, count), plot->bottom + 18, TEXT_SIZE, CORNU__ALIGN_CENTER, 0, text);
    }
    cornu__canvas_text(canvas, (plot->left + plot->right) / 2, plot->bottom + 37, TEXT_SIZE, CORNU__ALIGN_CENTER, 0,
                       label ? label : "");
}

static void draw_series(cornu__canvas *canvas, cornu__color color, const cornu_series *series, const axis *y,
                        const area *plot, int count)
{
    cornu__canvas_color(canvas, color);
    cairo_set_line_width(canvas->cairo, 2.25);
    cairo_set_line_join(canvas->cairo, CAIRO_LINE_JOIN_ROUND);
    bool drawing = false;
    for (int i = 0; i < series->count; i++) {
        if (!isfinite(series->values[i])) {
            drawing = false;
            continue;
        }
        double at_x = place_x(plot, i, count), at_y = place_y(y, plot, series->values[i]);
        if (drawing)
            cairo_line_to(canvas->cairo, at_x, at_y);
        else
            cairo_move_to(canvas->cairo, at_x, at_y);
        drawing = true;
    }
    cairo_stroke(canvas->cairo);
    for (int i = 0; i < series->count && count <= 30; i++) { /* few values: show each */
        if (!isfinite(series->values[i]))
            continue;
        cairo_arc(canvas->cairo, place_x(plot, i, count), place_y(y, plot, series->values[i]), 3, 0, 6.2832);
        cairo_fill(canvas->cairo);
    }
}

static void draw_legend(cornu__canvas *canvas, const cornu__theme *theme, const cornu_panel *panel, const area *plot)
{
    double x = plot->left;
    for (int s = 0; s < series_count(panel); s++) {
        const char *name = panel->series[s].name ? panel->series[s].name : "";
        cornu__canvas_color(canvas, theme->series[s]);
        cornu__canvas_line(canvas, x, plot->top - 16, x + 20, plot->top - 16, 3);
        cornu__canvas_color(canvas, theme->ink);
        cornu__canvas_text(canvas, x + 26, plot->top - 12, TEXT_SIZE, CORNU__ALIGN_LEFT, 0, name);
        x += 26 + cornu__canvas_text_width(canvas, TEXT_SIZE, name) + 18;
    }
}

static void draw_panel(cornu__canvas *canvas, const cornu__theme *theme, const cornu_panel *panel, area cell,
                       const cornu_plot_options *options)
{
    area plot = {cell.left + 66, cell.top + 58, cell.right - 20, cell.bottom - 52};
    axis y = values_axis(panel);
    int count = longest(panel);
    cornu__canvas_color(canvas, theme->ink);
    cornu__canvas_text(canvas, plot.left, cell.top + 24, TEXT_SIZE + 3, CORNU__ALIGN_LEFT, plot.right - plot.left,
                       panel->title ? panel->title : "");
    draw_y_axis(canvas, theme, &y, &plot);
    draw_x_axis(canvas, theme, &plot, count, options->first, options->x_label);
    for (int s = 0; s < series_count(panel); s++)
        draw_series(canvas, theme->series[s], &panel->series[s], &y, &plot, count);
    draw_legend(canvas, theme, panel, &plot);
}

cornu_status cornu_plot_curves_with(const char *path, int panel_count, const cornu_panel *panels,
                                    const cornu_plot_options *given)
{
    cornu_plot_options own = {.struct_size = sizeof own, CORNU_PLOT_DEFAULTS};
    cornu__options_lay(&own, sizeof own, given);
    const cornu_plot_options *options = &own;
    if (panel_count < 1 || panel_count > CORNU_PLOT_MAX_PANELS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_plot_curves: %d panels; wanted 1 to %d", panel_count,
                           CORNU_PLOT_MAX_PANELS);
    for (int p = 0; p < panel_count; p++) {
        if (longest(&panels[p]) < 1)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_plot_curves: panel %d has no values", p);
    }
    const cornu__theme *theme = cornu__theme_of(options->dark);
    double title_height = options->title ? TITLE_HEIGHT : 0;
    double width = options->width > 0 ? options->width : panel_count * PANEL_WIDTH;
    double height = options->height > 0 ? options->height : PANEL_HEIGHT + title_height;
    cornu__canvas canvas;
    CORNU_TRY(cornu__canvas_begin(&canvas, path, width, height, theme->paper));
    if (options->title) {
        cornu__canvas_color(&canvas, theme->ink);
        cornu__canvas_text(&canvas, width / 2, 26, TEXT_SIZE + 5, CORNU__ALIGN_CENTER, width - 20, options->title);
    }
    for (int p = 0; p < panel_count; p++) {
        area cell = {p * width / panel_count, title_height, (p + 1) * width / panel_count, height};
        draw_panel(&canvas, theme, &panels[p], cell, options);
    }
    return cornu__canvas_commit(&canvas);
}
