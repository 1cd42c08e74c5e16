/* status.c: the calling thread's last error, and the version. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cornu/version.h>

#include "base/status.h"

#define MESSAGE_SIZE 2048

static _Thread_local cornu_status last_status = CORNU_OK;
static _Thread_local char last_message[MESSAGE_SIZE];

static void record(cornu_status status, const char *format, va_list arguments)
{
    char message[MESSAGE_SIZE]; /* the arguments may point into last_message */
    vsnprintf(message, sizeof message, format, arguments);
    memcpy(last_message, message, sizeof last_message);
    last_status = status;
}

cornu_status cornu__fail(cornu_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    record(status, format, arguments);
    va_end(arguments);
    return status;
}

void *cornu__fail_null(cornu_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    record(status, format, arguments);
    va_end(arguments);
    return NULL;
}

cornu_status cornu__fail_context(const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length;
    const char *parts[] = {": ", last_message};
    for (int i = 0; i < 2; i++) {
        for (const char *c = parts[i]; *c && used < sizeof message - 1; c++)
            message[used++] = *c;
    }
    message[used < sizeof message ? used : sizeof message - 1] = '\0';
    memcpy(last_message, message, sizeof last_message);
    return last_status;
}

cornu_status cornu__fail_memory(const char *what, size_t size)
{
    return cornu__fail(CORNU_ERROR_OUT_OF_MEMORY, "out of memory: %s wanted %zu bytes", what, size);
}

cornu_status cornu__fail_from(cornu_status status, const char *message)
{
    return cornu__fail(status, "%s", message);
}

cornu_status cornu_error_status(void)
{
    return last_status;
}

const char *cornu_error_message(void)
{
    return last_message;
}

cornu_status cornu_error_set(cornu_status status, const char *message)
{
    return cornu__fail_from(status, message ? message : "");
}

void cornu_error_clear(void)
{
    last_status = CORNU_OK;
    last_message[0] = '\0';
}

const char *cornu_status_name(cornu_status status)
{
    switch (status) {
    case CORNU_OK:
        return "ok";
    case CORNU_ERROR_INVALID_ARGUMENT:
        return "invalid argument";
    case CORNU_ERROR_SHAPE:
        return "shape";
    case CORNU_ERROR_DTYPE:
        return "dtype";
    case CORNU_ERROR_UNKNOWN_NAME:
        return "unknown name";
    case CORNU_ERROR_STATE:
        return "call out of order";
    case CORNU_ERROR_OUT_OF_MEMORY:
        return "out of memory";
    case CORNU_ERROR_IO:
        return "input/output";
    case CORNU_ERROR_FORMAT:
        return "file format";
    case CORNU_ERROR_LIMIT:
        return "limit";
    case CORNU_ERROR_DATA:
        return "data";
    case CORNU_ERROR_WORKER:
        return "worker";
    case CORNU_ERROR_UNSUPPORTED:
        return "unsupported";
    case CORNU_ERROR_INTERNAL:
        return "internal";
    case CORNU_ERROR_STOPPED:
        return "stopped";
    }
    return "unknown status";
}

const char *cornu_version(void)
{
    return CORNU_VERSION_STRING;
}
