/* view/scatter.h: what a regression predicted against what is true. */
#ifndef CORNU_VIEW_SCATTER_H
#define CORNU_VIEW_SCATTER_H

#include "view/chart.h"

/* Draws a point for each of `count` samples, and the line on which all would lie if they were right. */
cornu_status cornu__scatter_draw(const char *path, int64_t count, const double *truth, const double *predicted,
                                 const char *title, bool dark);

#endif
