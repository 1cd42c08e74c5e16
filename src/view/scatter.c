/* scatter.c: a chart of points. */
#include <math.h>

#include "view/scatter.h"

#define SIDE 560

cornu_status cornu__scatter_draw(const char *path, int64_t count, const double *truth, const double *predicted,
                                 const char *title, bool dark)
{
    double ends[2] = {INFINITY, -INFINITY};
    for (int64_t i = 0; i < count; i++) {
        ends[0] = isfinite(truth[i]) ? fmin(ends[0], truth[i]) : ends[0];
        ends[1] = isfinite(truth[i]) ? fmax(ends[1], truth[i]) : ends[1];
    }
    const cornu__curve curves[] = {
        {.key = {.name = "samples", .points = true}, .x = truth, .y = predicted, .count = count},
        {.key = {.name = "where all would be right", .style = 1, .dashed = true}, .x = ends, .y = ends, .count = 2},
    };
    const cornu__chart chart = {
        .title = "predicted", .x_label = "true", .curve_count = 2, .curves = curves, .any_steps = true};
    const cornu__chart_page page = {.title = title, .dark = dark, .width = SIDE, .height = SIDE};
    return cornu__charts_draw(path, 1, &chart, &page);
}
