/* base/log.h: warnings. A library says little: each goes to standard error as one line, or to the handler that the program set. */
#ifndef CORNU_BASE_LOG_H
#define CORNU_BASE_LOG_H

#include <stdbool.h>

#include <cornu/export.h>

#define CORNU__WARNING_SIZE 1024 /* a longer one is cut */

/* On standard error control characters, and bytes that are no UTF-8, are shown as \xHH (base/text.h); a handler gets the text as it is. */
void cornu__warn(const char *format, ...) CORNU_PRINTF(1, 2);

/* Whether standard output stands in the middle of a line, as while a progress bar runs: on a terminal a warning then begins a new one. */
void cornu__log_unfinished_line(bool unfinished);

/* Around a fork: no other thread is in the midst of a warning, and the new process can give its own. */
void cornu__log_before_fork(void);
void cornu__log_after_fork(bool in_new_process);

#endif
