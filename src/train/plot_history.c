/* plot_history.c: the curves of a history. */
#include <stdio.h>
#include <string.h>

#include <cornu/plot.h>

#include "base/memory.h"
#include "base/options.h"
#include "base/status.h"
#include "view/chart.h"

#define LONGEST_NAME 128

typedef struct drawing {
    int chart_count;
    cornu__chart charts[CORNU_PLOT_MAX_PANELS];
    cornu__curve curves[CORNU_PLOT_MAX_PANELS][2]; /* of training and of validation */
    double *steps[CORNU_PLOT_MAX_PANELS][2];       /* the curves' own */
} drawing;

static bool is_validation(const char *name)
{
    return strncmp(name, "val_", 4) == 0;
}

static bool has_value(const cornu_history *history, const char *name)
{
    for (int i = 0; i < cornu_history_value_count(history); i++) {
        if (strcmp(cornu_history_value_name(history, i), name) == 0)
            return true;
    }
    return false;
}

/* A value over the epochs in which it was recorded, which are shown from 1. */
static cornu_status add_curve(drawing *to, const cornu_history *history, const char *name, cornu__curve_key key)
{
    int chart = to->chart_count - 1, number = to->charts[chart].curve_count;
    int64_t count = 0;
    const double *values = cornu_history_values(history, name, &count);
    const int64_t *epochs = cornu_history_value_epochs(history, name, &count);
    double *steps = values && epochs ? cornu__alloc_array((size_t)count, sizeof *steps) : NULL;
    if (!steps)
        return cornu_error_status();
    for (int64_t i = 0; i < count; i++)
        steps[i] = (double)epochs[i] + 1;
    to->steps[chart][number] = steps;
    to->curves[chart][number] = (cornu__curve){.key = key, .x = steps, .y = values, .count = count};
    to->charts[chart].curve_count++;
    return CORNU_OK;
}

/* A chart for `name` and its val_ twin, drawn as `cornu plot` draws them. */
static cornu_status add_chart(drawing *to, const cornu_history *history, const char *name, const char *x_label)
{
    char twin[LONGEST_NAME];
    snprintf(twin, sizeof twin, "val_%s", name);
    int chart = to->chart_count++;
    to->charts[chart] = (cornu__chart){.title = name, .x_label = x_label, .curves = to->curves[chart]};
    CORNU_TRY(add_curve(to, history, name, (cornu__curve_key){.name = "training", .style = 0}));
    if (!has_value(history, twin))
        return CORNU_OK;
    return add_curve(to, history, twin, (cornu__curve_key){.name = "validation", .style = 1, .dashed = true});
}

cornu_status cornu_plot_history_with(const char *path, const cornu_history *history, const cornu_plot_options *given)
{
    if (!history || cornu_history_epoch_count(history) < 1)
        return cornu__fail(CORNU_ERROR_STATE, "cornu_plot_history: the history has no epoch to draw");
    cornu_plot_options options = {.struct_size = sizeof options, CORNU_PLOT_DEFAULTS};
    cornu__options_lay(&options, sizeof options, given);
    drawing made = {0};
    cornu_status status = CORNU_OK;
    for (int i = 0; status == CORNU_OK && i < cornu_history_value_count(history); i++) {
        const char *name = cornu_history_value_name(history, i);
        if (!is_validation(name) && made.chart_count < CORNU_PLOT_MAX_PANELS)
            status = add_chart(&made, history, name, options.x_label);
    }
    if (status == CORNU_OK && made.chart_count == 0)
        status = cornu__fail(CORNU_ERROR_STATE, "cornu_plot_history: the history has no value of training to draw");
    const cornu__chart_page page = {.title = options.title,
                                    .dark = options.dark,
                                    .log_scale = options.log_scale,
                                    .width = options.width,
                                    .height = options.height};
    if (status == CORNU_OK)
        status = cornu__charts_draw(path, made.chart_count, made.charts, &page);
    for (int chart = 0; chart < made.chart_count; chart++) {
        cornu__free(made.steps[chart][0]);
        cornu__free(made.steps[chart][1]);
    }
    return status;
}
