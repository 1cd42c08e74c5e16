/* logs.c: values by name. */
#include <math.h>
#include <string.h>

#include <cornu/history.h>

#include "base/status.h"
#include "base/text.h"

static int find(const cornu_logs *logs, const char *name)
{
    for (int i = 0; i < logs->count; i++) {
        if (logs->names[i] == name || strcmp(logs->names[i], name) == 0)
            return i;
    }
    return -1;
}

static void fail_name(const cornu_logs *logs, const char *name)
{
    cornu__text list = {0};
    for (int i = 0; i < logs->count; i++)
        cornu__text_add(&list, "%s'%s'", i > 0 ? ", " : "", logs->names[i]);
    const char *nearest = cornu__text_nearest(name, logs->names, (size_t)logs->count);
    cornu__fail(CORNU_ERROR_UNKNOWN_NAME, "there is no value '%s', but %s%s%s%s", name,
                list.data ? list.data : "there are none at all", nearest ? "; was '" : "", nearest ? nearest : "",
                nearest ? "' meant?" : "");
    cornu__text_free(&list);
}

static cornu_status check(const cornu_logs *logs, const char *name)
{
    if (logs && name)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, logs ? "a value has no name (NULL)" : "there are no logs (NULL)");
}

double cornu_logs_get(const cornu_logs *logs, const char *name)
{
    if (check(logs, name) != CORNU_OK)
        return NAN;
    int i = find(logs, name);
    if (i >= 0)
        return logs->values[i];
    fail_name(logs, name);
    return NAN;
}

cornu_status cornu_logs_set(cornu_logs *logs, const char *name, double value)
{
    CORNU_TRY(check(logs, name));
    int i = find(logs, name);
    if (i < 0) {
        if (logs->count == CORNU_MAX_LOGS)
            return cornu__fail(CORNU_ERROR_LIMIT, "there is no room for '%s': there are already %d values", name,
                               CORNU_MAX_LOGS);
        i = logs->count++;
        logs->names[i] = name;
    }
    logs->values[i] = value;
    return CORNU_OK;
}
