/* signals.c: what Ctrl-C does to a training. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include <cornu/train.h>

#include "cli/signals.h"

static volatile sig_atomic_t received;

static void on_signal(int number)
{
    static const char message[] = "\ncornu: stopping after this batch; once more to stop at once\n";
    int error = errno;
    if (received)
        _exit(128 + number);
    received = number;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
        /* nobody to tell */
    }
    cornu_request_stop();
    errno = error;
}

/* A connection of a callback can break too; that is for the callback to tell. */
static void on_broken_pipe(int number)
{
    static const char message[] = "cornu: nobody reads standard output any more: stopping after this batch\n";
    struct pollfd output = {.fd = STDOUT_FILENO};
    int error = errno;
    bool gone = poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
    if (gone && !received) {
        received = number;
        if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
            /* nobody to tell */
        }
        cornu_request_stop();
    }
    errno = error;
}

/* A signal that whoever started the command has it ignore (nohup, a shell's background job) stays ignored. A write that the signal comes
 * into goes on. */
static void install(int number, void (*handler)(int))
{
    struct sigaction before, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void cornu__signals_install(void)
{
    install(SIGINT, on_signal);
    install(SIGTERM, on_signal);
    install(SIGHUP, on_signal);
}

void cornu__signals_install_for_training(void)
{
    cornu__signals_install();
    install(SIGPIPE, on_broken_pipe);
}

int cornu__signals_exit_status(void)
{
    return received ? 128 + received : 0;
}
