/* view/runs.h: the logs of one or several trainings, read from files and drawn into one picture. */
#ifndef CORNU_VIEW_RUNS_H
#define CORNU_VIEW_RUNS_H

#include "format/scalars.h"
#include "view/chart.h"

#define CORNU__MAX_RUNS CORNU__CHART_STYLES
#define CORNU__MAX_CHARTS 24 /* on a page */

/* What one training logged: values of validation are named "val_...". Start from {0}; free with cornu__run_free. */
typedef struct cornu__run {
    char *name;
    bool named; /* by the caller: runs of one name look alike, as those of one setting with several seeds */
    cornu__scalars scalars;
} cornu__run;

/* Reads a CSV file of CSVLogger or cornu_history_save_csv, a model that cornu_save wrote after fit, an event file of TensorBoard, or the folder of its
 * log_dir (with train/ and validation/ in it, or event files). `name` NULL: a name made from the path. Epochs are counted from 1. */
cornu_status cornu__run_read(const char *path, const char *name, cornu__run *run);
void cornu__run_free(cornu__run *run);

/* Draws a chart for each metric, all runs in it. `metrics` NULL: all there are (without per-batch values of TensorBoard where there are values of
 * epochs). CORNU_ERROR_UNKNOWN_NAME, with the nearest, for one that no run has. Values of validation are dashed. */
cornu_status cornu__runs_plot(const char *path, int run_count, const cornu__run *runs, int metric_count,
                              char *const *metrics, const cornu__chart_page *page);

#endif
