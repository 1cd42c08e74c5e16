/* cli/callbacks.h: callbacks by options: --early-stopping patience=3 is cornu_early_stopping(.patience = 3). */
#ifndef CORNU_CLI_CALLBACKS_H
#define CORNU_CLI_CALLBACKS_H

#include <cornu/callbacks.h>

#include "cli/arguments.h"

/* Settings are "name=value,name=value" in the words of the library's options; behind a file, folder or address: "FILE,name=value". NULL: the
 * callback is not wanted. */
typedef struct cornu__callback_arguments {
    const char *early_stopping, *reduce_lr_on_plateau;
    const char *checkpoint, *csv_log, *tensorboard, *backup, *remote_monitor;
    const char *monitor; /* what the first three look at where they do not say another; NULL: val_loss */
    bool save_best_only, terminate_on_nan;
    cornu__text_list learning_rate_schedule; /* "EPOCH:RATE" each */
} cornu__callback_arguments;

extern const cornu__argument cornu__callback_argument_table[];

/* Whether the options are right, as far as that is known before a training. */
cornu_status cornu__callbacks_check(const cornu__callback_arguments *arguments);

/* The callbacks, in the order in which they are to be called, behind each other from callbacks[0] on. They are not kept: a training takes
 * them over. `arguments` must live as long. */
cornu_status cornu__callbacks_make(const cornu__callback_arguments *arguments,
                                   cornu_callback *callbacks[CORNU_MAX_CALLBACKS]);

#endif
