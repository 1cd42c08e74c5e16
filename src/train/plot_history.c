/* plot_history.c: the curves of a history. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cornu/plot.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/status.h"

#define LONGEST_NAME 128

static bool is_validation(const char *name)
{
    return strncmp(name, "val_", 4) == 0;
}

/* One value per epoch of the history, NaN where it was not recorded; NULL if there is no such value. */
static double *by_epoch(const cornu_history *history, const char *name)
{
    int64_t epochs = cornu_history_epoch_count(history), count = 0;
    const double *values = cornu_history_values(history, name, &count);
    const int64_t *recorded = cornu_history_value_epochs(history, name, &count);
    double *all = values && recorded ? cornu__alloc_array((size_t)epochs, sizeof *all) : NULL;
    for (int64_t i = 0, next = 0; all && i < epochs; i++) {
        bool there = next < count && recorded[next] == cornu_history_epoch(history, i);
        all[i] = there ? values[next++] : NAN;
    }
    return all;
}

static bool has_value(const cornu_history *history, const char *name)
{
    for (int i = 0; i < cornu_history_value_count(history); i++) {
        if (strcmp(cornu_history_value_name(history, i), name) == 0)
            return true;
    }
    return false;
}

/* A panel for `name` and its val_ twin; the arrays of its series are the caller's to free. */
static cornu_status fill_panel(const cornu_history *history, const char *name, cornu_panel *panel)
{
    char twin[LONGEST_NAME];
    snprintf(twin, sizeof twin, "val_%s", name);
    int epochs = (int)cornu_history_epoch_count(history);
    panel->title = name;
    panel->series[0] = (cornu_series){"training", by_epoch(history, name), epochs};
    if (!panel->series[0].values)
        return cornu_error_status();
    if (!has_value(history, twin))
        return CORNU_OK;
    panel->series[1] = (cornu_series){"validation", by_epoch(history, twin), epochs};
    return panel->series[1].values ? CORNU_OK : cornu_error_status();
}

cornu_status cornu_plot_history_with(const char *path, const cornu_history *history, const cornu_plot_options *given)
{
    if (!history || cornu_history_epoch_count(history) < 1)
        return cornu__fail(CORNU_ERROR_STATE, "cornu_plot_history: the history has no epoch to draw");
    cornu_panel panels[CORNU_PLOT_MAX_PANELS] = {0};
    cornu_plot_options own = {.struct_size = sizeof own, CORNU_PLOT_DEFAULTS};
    cornu__options_lay(&own, sizeof own, given);
    own.first = (int)cornu_history_epoch(history, 0) + 1;
    cornu_status status = CORNU_OK;
    int panel_count = 0;
    for (int i = 0; status == CORNU_OK && i < cornu_history_value_count(history) && panel_count < CORNU_PLOT_MAX_PANELS;
         i++) {
        const char *name = cornu_history_value_name(history, i);
        if (!is_validation(name))
            status = fill_panel(history, name, &panels[panel_count++]);
    }
    if (status == CORNU_OK)
        status = cornu_plot_curves_with(path, panel_count, panels, &own);
    for (int p = 0; p < panel_count; p++) {
        cornu__free((void *)panels[p].series[0].values);
        cornu__free((void *)panels[p].series[1].values);
    }
    return status;
}
