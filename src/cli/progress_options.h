/* cli/progress_options.h: --verbose and --progress: how much is told of a run, and in which form. */
#ifndef CORNU_CLI_PROGRESS_OPTIONS_H
#define CORNU_CLI_PROGRESS_OPTIONS_H

#include "cli/arguments.h"

typedef struct cornu__progress_arguments {
    int verbose;  /* -1: not given */
    int progress; /* a cornu__progress_form; -1: not given */
} cornu__progress_arguments;

#define CORNU__PROGRESS_NOT_GIVEN                                                                                      \
    {                                                                                                                  \
        -1, -1                                                                                                         \
    }

extern const cornu__argument cornu__progress_argument_table[]; /* --verbose, --progress */

cornu_status cornu__progress_check(const cornu__progress_arguments *arguments);

/* Whether programs read standard output: nothing but JSON may go there. */
bool cornu__progress_is_json(const cornu__progress_arguments *arguments);

/* Whether the options ask for progress; not whether the environment does. */
bool cornu__progress_wanted(const cornu__progress_arguments *arguments);

/* Whether anything is told while it runs. */
bool cornu__progress_is_shown(const cornu__progress_arguments *arguments);

/* The environment of the library, so that it shows progress in that form; warnings too, where it is JSON. To be called first. */
void cornu__progress_begin(const cornu__progress_arguments *arguments);

/* The library's `verbose`; CORNU_VERBOSE_AUTO if nothing was given. */
int cornu__progress_verbose(const cornu__progress_arguments *arguments);

#endif
