/* base/log.h: warnings. A library says little: each goes to standard error as one line, or to the handler that the program set. */
#ifndef CORNU_BASE_LOG_H
#define CORNU_BASE_LOG_H

#include <cornu/export.h>

void cornu__warn(const char *format, ...) CORNU_PRINTF(1, 2);

#endif
