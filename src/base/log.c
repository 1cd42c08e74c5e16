/* log.c: warnings to standard error or to the program's handler. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <cornu/log.h>

#include "base/log.h"
#include "base/text.h"

/* Recursive: a handler may set another, or call what warns in its turn. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static cornu_warning_handler handler;
static void *handler_data;
static atomic_bool line_is_unfinished;

void cornu_set_warning_handler(cornu_warning_handler new_handler, void *user_data)
{
    pthread_mutex_lock(&lock);
    handler = new_handler;
    handler_data = user_data;
    pthread_mutex_unlock(&lock);
}

void cornu__log_before_fork(void)
{
    pthread_mutex_lock(&lock);
}

/* The new process's thread has another number than the one that locked: there the lock is made anew. */
void cornu__log_after_fork(bool in_new_process)
{
    if (in_new_process)
        lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    else
        pthread_mutex_unlock(&lock);
}

void cornu__log_unfinished_line(bool unfinished)
{
    atomic_store_explicit(&line_is_unfinished, unfinished, memory_order_relaxed);
}

/* Names of files and classes come as they are, and could tell the terminal what to do. A handler gets the text itself. */
static void say(const char *message)
{
    char shown[CORNU__SHOWN_SIZE(CORNU__WARNING_SIZE)];
    bool new_line = atomic_load_explicit(&line_is_unfinished, memory_order_relaxed) && isatty(STDERR_FILENO);
    fprintf(stderr, "%scornu: warning: %s\n", new_line ? "\n" : "",
            cornu__text_shown(shown, sizeof shown, message, false));
}

void cornu__warn(const char *format, ...)
{
    char message[CORNU__WARNING_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&lock);
    if (handler)
        handler(message, handler_data);
    else
        say(message);
    pthread_mutex_unlock(&lock);
}
