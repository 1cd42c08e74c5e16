/* log.h: where Cornu's warnings go. */
#ifndef CORNU_LOG_H
#define CORNU_LOG_H

#include <cornu/export.h>

CORNU_BEGIN_DECLARATIONS

typedef void (*cornu_warning_handler)(const char *message, void *user_data);

/* Sends warnings to `handler` (with `user_data`) instead of standard error; NULL restores that. May be called from any
 * thread; the handler may be called from any thread, one call at a time. It gets names of files and
 * classes as they are, control characters too, as cornu_error_message has them; on standard error these are shown as \x1b. */
CORNU_API void cornu_set_warning_handler(cornu_warning_handler handler, void *user_data);

CORNU_END_DECLARATIONS

#endif
