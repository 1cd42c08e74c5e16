/* curves.c: panels of curves over numbered values. */
#include <cornu/plot.h>

#include "base/memory.h"
#include "base/options.h"
#include "view/chart.h"

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

static cornu_status check_panels(int panel_count, const cornu_panel *panels, int *most)
{
    if (panel_count < 1 || panel_count > CORNU_PLOT_MAX_PANELS)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_plot_curves: %d panels; wanted 1 to %d", panel_count,
                           CORNU_PLOT_MAX_PANELS);
    *most = 0;
    for (int p = 0; p < panel_count; p++) {
        int count = longest(&panels[p]);
        if (count < 1)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_plot_curves: panel %d has no values", p);
        *most = count > *most ? count : *most;
    }
    return CORNU_OK;
}

static cornu_status draw(const char *path, int panel_count, const cornu_panel *panels, const double *steps,
                         const cornu_plot_options *options)
{
    cornu__curve curves[CORNU_PLOT_MAX_PANELS][CORNU_PLOT_MAX_SERIES];
    cornu__chart charts[CORNU_PLOT_MAX_PANELS];
    for (int p = 0; p < panel_count; p++) {
        int count = series_count(&panels[p]);
        for (int s = 0; s < count; s++)
            curves[p][s] = (cornu__curve){.key = {.name = panels[p].series[s].name, .style = s},
                                          .x = steps,
                                          .y = panels[p].series[s].values,
                                          .count = panels[p].series[s].count};
        charts[p] = (cornu__chart){
            .title = panels[p].title, .x_label = options->x_label, .curve_count = count, .curves = curves[p]};
    }
    const cornu__chart_page page = {.title = options->title,
                                    .dark = options->dark,
                                    .log_scale = options->log_scale,
                                    .width = options->width,
                                    .height = options->height};
    return cornu__charts_draw(path, panel_count, charts, &page);
}

cornu_status cornu_plot_curves_with(const char *path, int panel_count, const cornu_panel *panels,
                                    const cornu_plot_options *given)
{
    cornu_plot_options options = {.struct_size = sizeof options, CORNU_PLOT_DEFAULTS};
    cornu__options_lay(&options, sizeof options, given);
    int most;
    CORNU_TRY(check_panels(panel_count, panels, &most));
    double *steps = cornu__alloc_array((size_t)most, sizeof *steps);
    if (!steps)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < most; i++)
        steps[i] = (double)options.first + i;
    cornu_status status = draw(path, panel_count, panels, steps, &options);
    cornu__free(steps);
    return status;
}
