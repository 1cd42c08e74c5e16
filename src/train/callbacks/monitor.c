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
    *monitor = (cornu__monitor){.min_delta = fabs(min_delta), .automatic = automatic};
    if (!name || !*name)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is nothing to monitor");
    if (!isfinite(min_delta))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "min_delta is %g, and must be a finite number", min_delta);
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

/* The names there are, "val_" ones last, one after the other in `names`. Returns their number. */
static int list_names(const cornu_training *training, char names[CORNU_MAX_LOGS][LONGEST_NAME])
{
    int count = 0, values = cornu__model_value_count(training->model);
    for (int validation = 0; validation <= training->validates; validation++) {
        for (int i = 0; i < values && count < CORNU_MAX_LOGS; i++, count++)
            snprintf(names[count], LONGEST_NAME, "%s%s", validation ? "val_" : "",
                     cornu__model_value_name(training->model, i));
    }
    return count;
}

static cornu_status fail_value(const cornu_training *training, const char *name, const char *purpose, int count,
                               const char *const *candidates)
{
    cornu__text list = {0};
    for (int i = 0; i < count; i++)
        cornu__text_add(&list, "%s'%s'", i > 0 ? ", " : "", candidates[i]);
    const char *nearest = cornu__text_nearest(name, candidates, (size_t)count);
    bool lacks_validation = strncmp(name, "val_", 4) == 0 && !training->validates;
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no value '%s' %s, but %s%s%s%s%s", name, purpose,
                list.data ? list.data : "none", nearest ? "; was '" : "", nearest ? nearest : "",
                nearest ? "' meant?" : "",
                lacks_validation ? " (val_ values want validation_data or validation_split)" : "");
    cornu__text_free(&list);
    return CORNU_ERROR_UNKNOWN_NAME;
}

cornu_status cornu__value_check(const cornu_training *training, const char *name, const char *purpose, int *index)
{
    char names[CORNU_MAX_LOGS][LONGEST_NAME];
    const char *candidates[CORNU_MAX_LOGS];
    int count = list_names(training, names);
    *index = -1;
    for (int i = 0; i < count; i++) {
        candidates[i] = names[i];
        if (strcmp(names[i], name) == 0)
            *index = i % cornu__model_value_count(training->model);
    }
    return *index >= 0 || program_may_add(training) ? CORNU_OK : fail_value(training, name, purpose, count, candidates);
}

cornu_status cornu__monitor_check(cornu__monitor *monitor, const cornu_training *training)
{
    int index;
    CORNU_TRY(cornu__value_check(training, monitor->name, "to monitor", &index));
    int direction = index >= 0 ? cornu__model_value_direction(training->model, index) : 0;
    if (monitor->automatic && direction != 0)
        monitor->larger_is_better = direction > 0;
    return CORNU_OK;
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
