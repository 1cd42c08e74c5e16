/*
 * error.h: how Cornu says that something went wrong.
 *
 * What can fail returns a cornu_status, or a pointer that is NULL on failure. The calling thread then has a last error:
 * a status and a sentence that names what failed, what came, and what was wanted. The library never aborts or exits.
 */
#ifndef CORNU_ERROR_H
#define CORNU_ERROR_H

#include <cornu/export.h>

CORNU_BEGIN_DECLARATIONS

typedef enum cornu_status {
    CORNU_OK = 0,
    CORNU_ERROR_INVALID_ARGUMENT, /* a value that the function cannot take */
    CORNU_ERROR_SHAPE,            /* shapes that do not fit together */
    CORNU_ERROR_DTYPE,            /* a dtype that cannot be used here */
    CORNU_ERROR_UNKNOWN_NAME,     /* a layer, loss, option, key, ... that does not exist */
    CORNU_ERROR_STATE,            /* a call out of order: fit before compile, summary before build */
    CORNU_ERROR_OUT_OF_MEMORY,
    CORNU_ERROR_IO,     /* the system refused a read or write */
    CORNU_ERROR_FORMAT, /* a file that is not what it says it is */
    CORNU_ERROR_LIMIT,  /* a size over a limit that protects the program */
    CORNU_ERROR_DATA,   /* data that cannot be trained on: a label out of range, an empty batch */
    CORNU_ERROR_WORKER, /* a data worker failed or died */
    CORNU_ERROR_UNSUPPORTED,
    CORNU_ERROR_INTERNAL, /* a bug in Cornu */
    CORNU_ERROR_STOPPED   /* cornu_request_stop was called before there was a whole result */
} cornu_status;

/* The status of the calling thread's last failure, CORNU_OK if there was none or it was cleared. */
CORNU_API cornu_status cornu_error_status(void);

/* The sentence of the calling thread's last failure, "" if there was none. Valid until this thread's next failure. */
CORNU_API const char *cornu_error_message(void);

/* Forgets the calling thread's last failure. */
CORNU_API void cornu_error_clear(void);

/* For hooks that a program gives the library (generators, callbacks): records the error that the hook reports, and returns `status`. */
CORNU_API cornu_status cornu_error_set(cornu_status status, const char *message);

/* A short name for a status: "shape", "out of memory". Never NULL. */
CORNU_API const char *cornu_status_name(cornu_status status);

CORNU_END_DECLARATIONS

#endif
