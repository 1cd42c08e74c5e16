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

/* A signal that whoever started the command has it ignore (nohup, a shell's background job) stays ignored. A write that the signal comes
 * into goes on. */
static void install(int number)
{
    struct sigaction before, action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void cornu__signals_install(void)
{
    install(SIGINT);
    install(SIGTERM);
}

int cornu__signals_exit_status(void)
{
    return received ? 128 + received : 0;
}
