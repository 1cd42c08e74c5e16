/*
 * image/bad_files.h: what happens when a file of many cannot be read.
 *
 * The policy says whether it ends everything, is left out, or is replaced by another; a count limits how many may be bad before it is an error
 * after all. Every bad file is remembered once, with what is wrong with it, whichever thread or epoch found it.
 */
#ifndef CORNU_IMAGE_BAD_FILES_H
#define CORNU_IMAGE_BAD_FILES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <cornu/array.h>

#include "base/status.h"
#include "base/text.h"

typedef enum cornu__bad_file_policy {
    CORNU__BAD_FILE_ERROR,
    CORNU__BAD_FILE_SKIP,
    CORNU__BAD_FILE_REPLACE
} cornu__bad_file_policy;

/* "error", "skip" or "replace"; CORNU_ERROR_UNKNOWN_NAME for another name. */
cornu_status cornu__bad_file_policy_named(const char *name, cornu__bad_file_policy *policy);

typedef struct cornu__bad_file {
    char *path, *message;
    bool told; /* to the program, by a worker process; or heard of from one */
} cornu__bad_file;

typedef struct cornu__bad_files {
    cornu__bad_file_policy policy;
    int64_t at_most; /* bad files; -1: any number */
    pthread_mutex_t lock;
    cornu__bad_file *files; /* sorted by path */
    size_t count, capacity;
} cornu__bad_files;

void cornu__bad_files_init(cornu__bad_files *bad, cornu__bad_file_policy policy, int64_t at_most);
void cornu__bad_files_free(cornu__bad_files *bad);

/* `path` could not be read; the thread's last error says why. CORNU_OK: go on as the policy says. Else the error that ends it, set as the
 * thread's last one. What memory refused, a file's fault or not, is always an error. A file that goes is told of in a warning. Any thread may
 * call this. */
cornu_status cornu__bad_files_add(cornu__bad_files *bad, const char *path);

/* Between a worker process and the program, each with a list of its own. *news := those that were not told yet, as bytes, new; NULL: none. */
cornu_status cornu__bad_files_tell(cornu__bad_files *bad, cornu_array **news);
/* Takes them in, silently, since the worker process has told the user, and calls `heard` for each. More than at_most, of all processes together, are an error. */
cornu_status cornu__bad_files_hear(cornu__bad_files *bad, const cornu_array *news,
                                   void (*heard)(void *state, const char *path), void *state);

/* How many there are, and the sentence of one, NULL for no such number. */
size_t cornu__bad_files_count(cornu__bad_files *bad);
const char *cornu__bad_files_message(cornu__bad_files *bad, size_t number);

/* "2 of 500 files could not be read and were left out:\n  <message>\n ...", at most `at_most` of them by name; nothing when none was bad. */
void cornu__bad_files_report(cornu__bad_files *bad, int64_t of, size_t at_most, cornu__text *text);

#endif
