/* cli/view_options.h: --view: a page of the curves, and the browser that shows it. */
#ifndef CORNU_CLI_VIEW_OPTIONS_H
#define CORNU_CLI_VIEW_OPTIONS_H

#include <cornu/train.h>

#include "cli/arguments.h"

typedef struct cornu__view_arguments {
    int view; /* the place of its word */
    int port;
    const char *file;
} cornu__view_arguments;

#define CORNU__VIEW_AUTO                                                                                               \
    {                                                                                                                  \
        .view = 2                                                                                                      \
    }

extern const cornu__argument cornu__view_argument_table[]; /* --view, --view-port, --view-file */

cornu_status cornu__view_check(const cornu__view_arguments *arguments);

/* Sets what fit is to do, with a callback more where a browser is to be opened. `told`: progress is shown to a person. */
cornu_status cornu__view_set(const cornu__view_arguments *arguments, bool told, cornu_fit_options *fit);

#endif
