/* view_metrics.c: whether a training's values are shown as it runs. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "train/stepping.h"

#define AUTO (-1) /* when there is a viewer */

/* What the environment says, if it says anything, as R's option of that name would. */
static cornu_status read_environment(int *view_metrics)
{
    static const struct {
        const char *word;
        int view_metrics;
    } words[] = {{"0", 0}, {"false", 0}, {"no", 0}, {"1", 1}, {"true", 1}, {"yes", 1}, {"auto", AUTO}};
    const char *given = getenv("CORNU_VIEW_METRICS");
    if (!given || !*given)
        return CORNU_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (cornu__text_equal_nocase(given, words[i].word)) {
            *view_metrics = words[i].view_metrics;
            return CORNU_OK;
        }
    }
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "the environment's CORNU_VIEW_METRICS is \"%s\", and must be 0, 1, false, true or auto", given);
}

static void warn_once(void)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&warned))
        cornu__warn("the environment's CORNU_VIEW_METRICS asks for a view of the training, but there is no viewer in "
                    "this version");
}

cornu_status cornu__view_metrics_resolve(const char *function, int view_metrics, bool *view)
{
    int asked = view_metrics;
    *view = false;
    if (view_metrics < AUTO || view_metrics > 1)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: view_metrics is %d, and must be -1 (auto), 0 or 1",
                           function, view_metrics);
    if (view_metrics == 1)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "%s: view_metrics is 1, but there is no viewer in this version; -1 and 0 are possible",
                           function);
    if (view_metrics == AUTO)
        CORNU_TRY(read_environment(&asked));
    if (asked == 1)
        warn_once();
    return CORNU_OK;
}
