/* view/chart.h: line charts: one or several on a page, each with axes of its own. */
#ifndef CORNU_VIEW_CHART_H
#define CORNU_VIEW_CHART_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define CORNU__CHART_STYLES 32 /* colours and marks that differ: eight colours with four shapes of marks */
#define CORNU__CHART_MAX_KEYS 128
/* Of a chart without its legend, in pixels: of a smaller one, the numbers along the axes would lie on each other. */
#define CORNU__CHART_LEAST_WIDTH 300
#define CORNU__CHART_LEAST_HEIGHT 200

/* What tells a curve from others: style 0 .. CORNU__CHART_STYLES - 1, dashed or not. */
typedef struct cornu__curve_key {
    const char *name;
    int style; /* -1: in the colour of text, for a key that speaks of dashes alone */
    bool dashed;
    bool points; /* no line: a point for each value */
} cornu__curve_key;

/* NaN leaves a gap; so does a step back in x. */
typedef struct cornu__curve {
    cornu__curve_key key;
    const double *x, *y;
    int64_t count;
} cornu__curve;

typedef struct cornu__chart {
    const char *title, *x_label;
    bool any_steps; /* ticks of x may be less than 1 apart */
    int curve_count;
    const cornu__curve *curves;
} cornu__chart;

typedef struct cornu__chart_page {
    const char *title; /* or NULL */
    bool dark, log_scale;
    int width, height; /* in pixels; 0: fitting */
    int key_count;     /* one legend for all charts; 0: each has its own */
    const cornu__curve_key *keys;
} cornu__chart_page;

/* Draws `count` charts (at least one) in rows. A width or height with too little room for one of them is refused. */
cornu_status cornu__charts_draw(const char *path, int count, const cornu__chart *charts, const cornu__chart_page *page);

#endif
