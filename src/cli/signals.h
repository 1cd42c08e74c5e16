/* cli/signals.h: Ctrl-C and its like: finish the batch in hand, save, exit with the usual status; the second time, exit at once. */
#ifndef CORNU_CLI_SIGNALS_H
#define CORNU_CLI_SIGNALS_H

/* Handles SIGINT and SIGTERM from now on, unless they are ignored. */
void cornu__signals_install(void);

/* 128 + the signal that came, or 0 if none did. */
int cornu__signals_exit_status(void);

#endif
