/* progress_look.c: the environment and the terminal decide on the look of progress. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "train/progress_look.h"
#include "train/training.h"

static const char *const look_names[] = {
    [CORNU__LOOK_AUTO] = "auto",
    [CORNU__LOOK_KERAS2] = "keras2",
    [CORNU__LOOK_KERAS3] = "keras3",
    [CORNU__LOOK_JSON] = "json",
};
#define LOOK_COUNT (sizeof look_names / sizeof *look_names)

/* The variable's value; NULL where it is not set or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

cornu_status cornu__progress_look_asked(cornu__progress_look *look)
{
    const char *asked = variable("CORNU_PROGRESS");
    *look = CORNU__LOOK_AUTO;
    for (size_t i = 0; asked && i < LOOK_COUNT; i++) {
        if (strcmp(asked, look_names[i]) == 0) {
            *look = (cornu__progress_look)i;
            return CORNU_OK;
        }
    }
    return asked ? cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "the environment's CORNU_PROGRESS is \"%s\", and must be auto, keras2, keras3 or json",
                               asked)
                 : CORNU_OK;
}

static bool speaks_utf8(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *locale = variable(variables[i]);
        if (locale)
            return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
    }
    return false;
}

int cornu__terminal_columns(int descriptor)
{
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

cornu__progress_style cornu__progress_style_now(cornu__progress_look look)
{
    const char *terminal = variable("TERM");
    bool dynamic = isatty(STDOUT_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
    bool keras3 = look == CORNU__LOOK_KERAS3 || (look == CORNU__LOOK_AUTO && dynamic && speaks_utf8());
    return (cornu__progress_style){.dynamic = dynamic,
                                   .keras3 = keras3,
                                   .keras2_summary = look == CORNU__LOOK_KERAS2,
                                   .color = keras3 && dynamic && !variable("NO_COLOR"),
                                   .columns = dynamic ? cornu__terminal_columns(STDOUT_FILENO) : 0};
}

/* --- verbose --- */

cornu_status cornu__verbose_resolve(const char *function, int verbose, int *resolved)
{
    cornu__progress_look look;
    const char *given = variable("CORNU_VERBOSE");
    bool asked = verbose == CORNU_VERBOSE_AUTO && given;
    *resolved = verbose == CORNU_VERBOSE_AUTO ? 1 : verbose;
    if (asked && (strlen(given) != 1 || given[0] < '0' || given[0] > '2'))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "the environment's CORNU_VERBOSE is \"%s\", and must be 0, 1 or 2", given);
    if (asked)
        *resolved = given[0] - '0';
    if (*resolved < 0 || *resolved > 2)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: verbose is %d, and must be 0, 1, 2 or CORNU_VERBOSE_AUTO",
                           function, verbose);
    return cornu__progress_look_asked(&look);
}
