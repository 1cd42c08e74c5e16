/* view_options.c: when there is a page of a training, and who opens it. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/view_options.h"
#include "train/callbacks/metrics_view.h"
#include "view/live_page.h"
#include "view/live_server.h"

#define BROWSER_SECONDS 10.0 /* that a browser may take until it shows the page, for a training that is over before */

enum { VIEW_FALSE, VIEW_TRUE, VIEW_AUTO }; /* the words of --view */

#define AT(field) offsetof(cornu__view_arguments, field)
const cornu__argument cornu__view_argument_table[] = {
    {"view", CORNU__ARGUMENT_WORD, AT(view), 0, "false|true|auto",
     "serve a page of the curves to browsers on this machine while training runs; auto: where there is a desktop to "
     "show it on, and more than one epoch [CORNU_VIEW_METRICS, else auto]"},
    {"view-port", CORNU__ARGUMENT_INT, AT(port), 0, "N", "of that page [a free one]"},
    {"view-file", CORNU__ARGUMENT_TEXT, AT(file), 0, "FILE", "leave the page, with all it shows, as .html at the end"},
    {0},
};

cornu_status cornu__view_check(const cornu__view_arguments *arguments)
{
    if (arguments->port > 0 && arguments->view == VIEW_FALSE)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "--view-port is for a page, and --no-view wants none");
    if (arguments->file && cornu__live_page_check_name(arguments->file) != CORNU_OK)
        return cornu__fail_context("--view-file");
    return CORNU_OK;
}

/* --- Whether there is somebody to look --- */

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

/* Whether a folder of PATH has a program of this name. */
static bool has_program(const char *name)
{
    const char *folders = getenv("PATH");
    char path[4096];
    for (size_t length; folders && *folders; folders += length + (folders[length] == ':')) {
        length = strcspn(folders, ":");
        int written = snprintf(path, sizeof path, "%.*s/%s", (int)length, folders, name);
        if (written > 0 && written < (int)sizeof path && access(path, X_OK) == 0)
            return true;
    }
    return false;
}

/* A person at a terminal with a desktop around it, which can show a page. */
static bool has_desktop(void)
{
    return isatty(STDOUT_FILENO) && (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) && has_program("xdg-open");
}

/* --- The browser --- */

/* A shell starts it and is gone at once. It is in a session of its own: Ctrl-C is for the training. */
static void open_browser(const char *address)
{
    char shell[] = "sh", option[] = "-c", script[] = "xdg-open \"$0\" </dev/null >/dev/null 2>&1 &", page[64];
    char *arguments[] = {shell, option, script, page, NULL};
    extern char **environ;
    posix_spawnattr_t attributes;
    pid_t child;
    snprintf(page, sizeof page, "%s", address);
    if (posix_spawnattr_init(&attributes) != 0)
        return;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    if (posix_spawnp(&child, "sh", NULL, &attributes, arguments, environ) == 0)
        waitpid(child, NULL, 0);
    posix_spawnattr_destroy(&attributes);
}

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    const char *address = cornu_training_view_address(training);
    (void)index;
    (void)logs;
    *(double *)state = cornu__live_seconds() + BROWSER_SECONDS;
    if (address)
        open_browser(address);
    return CORNU_OK;
}

/* A training that is over before the browser has asked would leave it with nothing. */
static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    double left = *(const double *)state - cornu__live_seconds();
    (void)index;
    (void)logs;
    if (!cornu__stop_requested(training))
        cornu__metrics_view_wait_for_page(training, left);
    return CORNU_OK;
}

static cornu_status add_browser(cornu_callback *callbacks[CORNU_MAX_CALLBACKS])
{
    static double until; /* the command trains once */
    int count = 0;
    while (count < CORNU_MAX_CALLBACKS && callbacks[count])
        count++;
    if (count == CORNU_MAX_CALLBACKS)
        return CORNU_OK; /* the address is said all the same */
    callbacks[count] = cornu_callback_create(.name = "Browser", .state = &until, .on_train_begin = on_train_begin,
                                             .on_train_end = on_train_end);
    return callbacks[count] ? CORNU_OK : cornu_error_status();
}

/* The environment decides where the options do not, and where it does not either, whether somebody looks. */
cornu_status cornu__view_set(const cornu__view_arguments *arguments, bool told, cornu_fit_options *fit)
{
    const char *environment = getenv("CORNU_VIEW_METRICS");
    bool left_open = !environment || !*environment || strcmp(environment, "auto") == 0, desktop = has_desktop();
    fit->view_port = arguments->port;
    fit->view_file = arguments->file;
    fit->view_metrics = arguments->view == VIEW_TRUE    ? CORNU_VIEW_METRICS_ON
                        : arguments->view == VIEW_FALSE ? CORNU_VIEW_METRICS_OFF
                                                        : CORNU_VIEW_METRICS_AUTO;
    if (arguments->view == VIEW_AUTO && left_open) {
        bool wanted = arguments->port > 0 || (desktop && told && fit->epochs - fit->initial_epoch > 1);
        fit->view_metrics = wanted ? CORNU_VIEW_METRICS_ON : CORNU_VIEW_METRICS_OFF;
    }
    return desktop && fit->view_metrics != CORNU_VIEW_METRICS_OFF ? add_browser(fit->callbacks) : CORNU_OK;
}
