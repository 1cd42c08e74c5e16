/* cli/signals.h: Ctrl-C and its like: finish the batch in hand, save, exit with the usual status; the second time, exit at once. */
#ifndef CORNU_CLI_SIGNALS_H
#define CORNU_CLI_SIGNALS_H

/* Handles SIGINT, SIGTERM and SIGHUP from now on, unless they are ignored. */
void cornu__signals_install(void);

/* The same; and standard output whose reader has gone away (SIGPIPE) ends a training in the same way: what was trained is saved. */
void cornu__signals_install_for_training(void);

/* 128 + the signal that came, or 0 if none did. */
int cornu__signals_exit_status(void);

#endif
