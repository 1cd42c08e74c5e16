/* callbacks/monitor.h: the value that a callback watches, and whether it gets better. */
#ifndef CORNU_TRAIN_CALLBACKS_MONITOR_H
#define CORNU_TRAIN_CALLBACKS_MONITOR_H

#include "train/training.h"

typedef struct cornu__monitor {
    char *name;
    bool larger_is_better;
    double min_delta;
} cornu__monitor;

/* `mode`: "min", "max" or "auto". Free with cornu__monitor_free, also after a failure. */
cornu_status cornu__monitor_make(cornu__monitor *monitor, const char *name, const char *mode, double min_delta);
void cornu__monitor_free(cornu__monitor *monitor);

/* Before the first epoch: fails, with the names there are, when no such value will come; a program's own callback may still add it. */
cornu_status cornu__monitor_check(const cornu__monitor *monitor, const cornu_training *training);

/* *value := this epoch's. false: there is none, as in an epoch without validation. */
bool cornu__monitor_value(const cornu__monitor *monitor, const cornu_logs *logs, double *value);

bool cornu__monitor_improves(const cornu__monitor *monitor, double value, double best);

/* Worse than any value. */
double cornu__monitor_worst(const cornu__monitor *monitor);

#endif
