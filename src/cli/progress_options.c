/* progress_options.c: what --progress and --verbose say to the library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cornu/log.h>
#include <cornu/train.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/progress_options.h"
#include "train/progress_json.h"
#include "train/progress_look.h"
#include "train/training.h"

#define AT(field) offsetof(cornu__progress_arguments, field)
const cornu__argument cornu__progress_argument_table[] = {
    {"verbose", CORNU__ARGUMENT_WORD, AT(verbose), 0, "0|1|2",
     "silent, progress bar, a line per epoch [CORNU_VERBOSE, else 1]"},
    {"progress", CORNU__ARGUMENT_WORD, AT(progress), 0, "bar|keras2|keras3|line|json|none",
     "a bar, as Keras 2 or Keras 3 draw it; a line per epoch; events for programs, one JSON object per line; nothing "
     "[CORNU_PROGRESS, else bar]"},
    {0},
};

/* In the order of the words. */
static const struct {
    int verbose;
    const char *look;
} forms[] = {{1, "auto"}, {1, "keras2"}, {1, "keras3"}, {2, "auto"}, {1, "json"}, {0, "auto"}};

cornu_status cornu__progress_check(const cornu__progress_arguments *arguments)
{
    int verbose;
    if (arguments->verbose >= 0 && arguments->progress >= 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--verbose and --progress say the same; give one of them");
    return cornu__verbose_resolve("cornu", cornu__progress_verbose(arguments), &verbose); /* the environment too */
}

bool cornu__progress_is_json(const cornu__progress_arguments *arguments)
{
    cornu__progress_look look;
    if (arguments->progress >= 0)
        return strcmp(forms[arguments->progress].look, "json") == 0;
    return cornu__progress_look_asked(&look) == CORNU_OK && look == CORNU__LOOK_JSON;
}

bool cornu__progress_wanted(const cornu__progress_arguments *arguments)
{
    return arguments->verbose > 0 || (arguments->progress >= 0 && forms[arguments->progress].verbose > 0);
}

bool cornu__progress_is_shown(const cornu__progress_arguments *arguments)
{
    int verbose;
    return cornu__verbose_resolve("cornu", cornu__progress_verbose(arguments), &verbose) == CORNU_OK && verbose > 0;
}

static void tell_of_warning(const char *message, void *user_data)
{
    (void)user_data;
    char shown[CORNU__SHOWN_SIZE(CORNU__WARNING_SIZE)];
    if (cornu__json_message("warning", message) != CORNU_OK)
        fprintf(stderr, "cornu: warning: %s\n", cornu__text_shown(shown, sizeof shown, message, false));
}

void cornu__progress_begin(const cornu__progress_arguments *arguments)
{
    if (arguments->progress >= 0)
        setenv("CORNU_PROGRESS", forms[arguments->progress].look, 1);
    if (cornu__progress_is_json(arguments))
        cornu_set_warning_handler(tell_of_warning, NULL);
}

int cornu__progress_verbose(const cornu__progress_arguments *arguments)
{
    if (arguments->progress >= 0)
        return forms[arguments->progress].verbose;
    return arguments->verbose >= 0 ? arguments->verbose : CORNU_VERBOSE_AUTO;
}
