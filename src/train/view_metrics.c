/* view_metrics.c: whether there is a page of a training. */
#include <stdlib.h>

#include "base/text.h"
#include "train/stepping.h"
#include "view/live_page.h"

#define MOST_PORT 65535

/* What the environment says, if it says anything, as R's option of that name would. */
static cornu_status read_environment(int *view_metrics)
{
    static const struct {
        const char *word;
        int view_metrics;
    } words[] = {
        {"0", 0}, {"false", 0}, {"no", 0}, {"1", 1}, {"true", 1}, {"yes", 1}, {"auto", CORNU_VIEW_METRICS_AUTO}};
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

cornu_status cornu__view_metrics_resolve(const char *function, int view_metrics, int port, const char *file,
                                         cornu__view_request *view)
{
    int asked = view_metrics;
    *view = (cornu__view_request){.required = view_metrics == CORNU_VIEW_METRICS_ON, .port = port, .file = file};
    if (view_metrics < CORNU_VIEW_METRICS_AUTO || view_metrics > CORNU_VIEW_METRICS_ON)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: view_metrics is %d, and must be -1 (auto), 0 or 1",
                           function, view_metrics);
    if (port < 0 || port > MOST_PORT)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: view_port is %d, and must be 0 (a free one) to %d",
                           function, port, MOST_PORT);
    if (file && cornu__live_page_check_name(file) != CORNU_OK)
        return cornu__fail_context("%s: view_file", function);
    if (view_metrics == CORNU_VIEW_METRICS_AUTO)
        CORNU_TRY(read_environment(&asked));
    view->wanted = asked == CORNU_VIEW_METRICS_ON;
    return CORNU_OK;
}
