/* callbacks/metrics_view.h: the callback that feeds the live page of a training (view/live.h). */
#ifndef CORNU_TRAIN_CALLBACKS_METRICS_VIEW_H
#define CORNU_TRAIN_CALLBACKS_METRICS_VIEW_H

#include "train/fit.h"

/* Opens the page that `request` asks for; what it shows is also left as a file. *callback := floating; NULL: there is none to be, or it cannot be and
 * that is no error. */
cornu_status cornu__metrics_view(const char *function, const cornu__view_request *request, cornu_model *model,
                                 int64_t epochs, int64_t initial_epoch, cornu_callback **callback);

/* In a training that has a page: waits until a browser shows it, for at most so many seconds. */
void cornu__metrics_view_wait_for_page(const cornu_training *training, double seconds);

#endif
