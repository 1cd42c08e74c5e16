/* monitor.c: the value that a callback watches. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "train/callbacks/monitor.h"

#define LONGEST_NAME 200

static bool name_of_score(const char *name)
{
    static const char *const scores[] = {"acc",      "auc",         "precision", "recall",
                                         "f1_score", "fbeta_score", "fmeasure",  "r2_score"};
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        if (strstr(name, scores[i]))
            return true;
    }
    return false;
}

cornu_status cornu__monitor_make(cornu__monitor *monitor, const char *name, const char *mode, double min_delta)
{
    bool automatic = mode && strcmp(mode, "auto") == 0, most = mode && strcmp(mode, "max") == 0;
    *monitor = (cornu__monitor){.min_delta = fabs(min_delta)};
    if (!name || !*name)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is nothing to monitor");
    if (!automatic && !most && !(mode && strcmp(mode, "min") == 0))
        return cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "mode is \"%s\", and must be \"auto\", \"min\" or \"max\"",
                           mode ? mode : "NULL");
    monitor->larger_is_better = most || (automatic && name_of_score(name));
    monitor->name = cornu__copy_text(name);
    return monitor->name ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

void cornu__monitor_free(cornu__monitor *monitor)
{
    cornu__free(monitor->name);
}

static bool program_may_add(const cornu_training *training)
{
    for (int i = 0; i < training->callback_count; i++) {
        if (training->callbacks[i]->by_program)
            return true;
    }
    return false;
}

cornu_status cornu__monitor_check(const cornu__monitor *monitor, const cornu_training *training)
{
    char names[CORNU_MAX_LOGS][LONGEST_NAME];
    const char *candidates[CORNU_MAX_LOGS];
    int count = 0, values = cornu__model_value_count(training->model);
    cornu__text list = {0};
    for (int validation = 0; validation <= training->validates; validation++) {
        for (int i = 0; i < values; i++, count++) {
            snprintf(names[count], LONGEST_NAME, "%s%s", validation ? "val_" : "",
                     cornu__model_value_name(training->model, i));
            candidates[count] = names[count];
            cornu__text_add(&list, "%s'%s'", count > 0 ? ", " : "", names[count]);
            if (strcmp(names[count], monitor->name) == 0) {
                cornu__text_free(&list);
                return CORNU_OK;
            }
        }
    }
    cornu_status status = CORNU_OK;
    if (!program_may_add(training)) {
        const char *nearest = cornu__text_nearest(monitor->name, candidates, (size_t)count);
        bool lacks_validation = strncmp(monitor->name, "val_", 4) == 0 && !training->validates;
        status = cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no value '%s' to monitor, but %s%s%s%s%s",
                             monitor->name, list.data ? list.data : "none", nearest ? "; was '" : "",
                             nearest ? nearest : "", nearest ? "' meant?" : "",
                             lacks_validation ? " (val_ values want validation_data or validation_split)" : "");
    }
    cornu__text_free(&list);
    return status;
}

bool cornu__monitor_value(const cornu__monitor *monitor, const cornu_logs *logs, double *value)
{
    for (int i = 0; i < logs->count; i++) {
        if (strcmp(logs->names[i], monitor->name) == 0) {
            *value = logs->values[i];
            return true;
        }
    }
    return false;
}

bool cornu__monitor_improves(const cornu__monitor *monitor, double value, double best)
{
    return monitor->larger_is_better ? value - monitor->min_delta > best : value + monitor->min_delta < best;
}

double cornu__monitor_worst(const cornu__monitor *monitor)
{
    return monitor->larger_is_better ? -INFINITY : INFINITY;
}
