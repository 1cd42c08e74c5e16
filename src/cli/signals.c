/* signals.c: what Ctrl-C does to a training. */
#include <signal.h>
#include <unistd.h>

#include <cornu/train.h>

#include "cli/signals.h"

static volatile sig_atomic_t received;

static void on_signal(int number)
{
    static const char message[] = "\ncornu: stopping after this batch; once more to stop at once\n";
    if (received)
        _exit(128 + number);
    received = number;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
        /* nobody to tell */
    }
    cornu_request_stop();
}

void cornu__signals_install(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cornu__signals_exit_status(void)
{
    return received ? 128 + received : 0;
}
