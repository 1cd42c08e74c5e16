/* callbacks/monitor.h: the value that a callback watches, and whether it gets better. */
#ifndef CORNU_TRAIN_CALLBACKS_MONITOR_H
#define CORNU_TRAIN_CALLBACKS_MONITOR_H

#include "train/training.h"

typedef struct cornu__monitor {
    char *name;
    bool larger_is_better;
    bool
        automatic; /* mode "auto": cornu__monitor_check asks the metric itself; the name decides where the model does not know */
    double min_delta;
} cornu__monitor;

/* `mode`: "min", "max" or "auto". Free with cornu__monitor_free, also after a failure. */
cornu_status cornu__monitor_make(cornu__monitor *monitor, const char *name, const char *mode, double min_delta);
void cornu__monitor_free(cornu__monitor *monitor);

/* Before the first epoch: fails, with the names there are, when no such value will come; a program's own callback may still add it. */
cornu_status cornu__monitor_check(cornu__monitor *monitor, const cornu_training *training);

/* The same for any value; the message says that there is none "<purpose>". *index: of the model's values, without regard to "val_"; or -1. */
cornu_status cornu__value_check(const cornu_training *training, const char *name, const char *purpose, int *index);

/* *value := this epoch's. false: there is none, as in an epoch without validation. */
bool cornu__monitor_value(const cornu__monitor *monitor, const cornu_logs *logs, double *value);

bool cornu__monitor_improves(const cornu__monitor *monitor, double value, double best);

/* Worse than any value. */
double cornu__monitor_worst(const cornu__monitor *monitor);

#endif
