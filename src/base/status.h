/*
 * base/status.h: setting the calling thread's last error.
 *
 * A function that fails calls cornu__fail once, where the cause is known, and passes the status up. Callers who know more (which
 * layer, which file) put it in front with cornu__fail_context.
 */
#ifndef CORNU_BASE_STATUS_H
#define CORNU_BASE_STATUS_H

#include <stddef.h>

#include <cornu/error.h>

/* Records the error and returns `status`, so that `return cornu__fail(...)` reads well. */
cornu_status cornu__fail(cornu_status status, const char *format, ...) CORNU_PRINTF(2, 3);

/* Records the error and returns NULL, for functions that return a pointer. */
void *cornu__fail_null(cornu_status status, const char *format, ...) CORNU_PRINTF(2, 3);

/* Puts "<context>: " in front of the last error's message; returns its status. */
cornu_status cornu__fail_context(const char *format, ...) CORNU_PRINTF(1, 2);

/* Records "out of memory: <what>, <size> bytes" and returns CORNU_ERROR_OUT_OF_MEMORY. */
cornu_status cornu__fail_memory(const char *what, size_t size);

/* Sets an error seen elsewhere (another thread) as this thread's last one; returns `status`. */
cornu_status cornu__fail_from(cornu_status status, const char *message);

/* Returns from the calling function with the status if it is not CORNU_OK. */
#define CORNU_TRY(expression)                                                                                          \
    do {                                                                                                               \
        cornu_status cornu_try_status_ = (expression);                                                                 \
        if (cornu_try_status_ != CORNU_OK)                                                                             \
            return cornu_try_status_;                                                                                  \
    } while (0)

#endif
