/* bad_files.c: what happens when a file of many cannot be read. */
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "image/bad_files.h"

#define FIRST_CAPACITY 16

cornu_status cornu__bad_file_policy_named(const char *name, cornu__bad_file_policy *policy)
{
    static const char *const names[] = {"error", "skip", "replace"};
    static const cornu__bad_file_policy policies[] = {CORNU__BAD_FILE_ERROR, CORNU__BAD_FILE_SKIP,
                                                      CORNU__BAD_FILE_REPLACE};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (name && strcmp(name, names[i]) == 0) {
            *policy = policies[i];
            return CORNU_OK;
        }
    }
    return cornu__fail(CORNU_ERROR_UNKNOWN_NAME,
                       "there is no policy '%s' for bad files; wanted 'error', 'skip' or 'replace'",
                       name ? name : "(NULL)");
}

void cornu__bad_files_init(cornu__bad_files *bad, cornu__bad_file_policy policy, int64_t at_most)
{
    *bad = (cornu__bad_files){.policy = policy, .at_most = at_most};
    pthread_mutex_init(&bad->lock, NULL);
}

void cornu__bad_files_free(cornu__bad_files *bad)
{
    for (size_t i = 0; i < bad->count; i++) {
        cornu__free(bad->files[i].path);
        cornu__free(bad->files[i].message);
    }
    cornu__free(bad->files);
    pthread_mutex_destroy(&bad->lock);
    *bad = (cornu__bad_files){0};
}

/* Where `path` is among the files, or would be. */
static size_t find_place(const cornu__bad_files *bad, const char *path)
{
    size_t low = 0, high = bad->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(bad->files[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static cornu_status grow(cornu__bad_files *bad)
{
    if (bad->count < bad->capacity)
        return CORNU_OK;
    size_t capacity = bad->capacity > 0 ? 2 * bad->capacity : FIRST_CAPACITY, size = sizeof *bad->files;
    cornu__bad_file *files = bad->files ? cornu__realloc(bad->files, bad->capacity * size, capacity * size)
                                        : cornu__alloc_array(capacity, size);
    if (!files)
        return cornu_error_status();
    bad->files = files;
    bad->capacity = capacity;
    return CORNU_OK;
}

/* Remembers the file, unless it is known; *is_new says which. */
static cornu_status remember(cornu__bad_files *bad, const char *path, const char *message, bool *is_new)
{
    *is_new = false;
    size_t place = find_place(bad, path);
    if (place < bad->count && strcmp(bad->files[place].path, path) == 0)
        return CORNU_OK;
    CORNU_TRY(grow(bad));
    cornu__bad_file file = {.path = cornu__copy_text(path), .message = cornu__copy_text(message)};
    if (!file.path || !file.message) {
        cornu__free(file.path);
        cornu__free(file.message);
        return CORNU_ERROR_OUT_OF_MEMORY;
    }
    memmove(bad->files + place + 1, bad->files + place, (bad->count - place) * sizeof *bad->files);
    bad->files[place] = file;
    bad->count++;
    *is_new = true;
    return CORNU_OK;
}

/* Whether `count` bad files may be; the thread's last error is of the last one. */
static cornu_status check_limit(const cornu__bad_files *bad, size_t count)
{
    if (bad->at_most < 0 || count <= (size_t)bad->at_most)
        return CORNU_OK;
    return cornu__fail_context("%zu files could not be read, and at most %lld may be bad; the last", count,
                               (long long)bad->at_most);
}

cornu_status cornu__bad_files_add(cornu__bad_files *bad, const char *path)
{
    cornu_status why = cornu_error_status();
    if (bad->policy == CORNU__BAD_FILE_ERROR || why == CORNU_ERROR_OUT_OF_MEMORY)
        return why;
    pthread_mutex_lock(&bad->lock);
    bool is_new;
    cornu_status status = remember(bad, path, cornu_error_message(), &is_new);
    size_t count = bad->count;
    pthread_mutex_unlock(&bad->lock);
    if (status != CORNU_OK)
        return status;
    CORNU_TRY(check_limit(bad, count));
    if (is_new)
        cornu__warn("%s; the file is %s", cornu_error_message(),
                    bad->policy == CORNU__BAD_FILE_REPLACE ? "replaced" : "left out");
    return CORNU_OK;
}

/* --- Between processes: path and message of each, with a NUL behind --- */

static void add_with_end(cornu__text *to, const char *text)
{
    cornu__text_add_bytes(to, text, strlen(text) + 1);
}

cornu_status cornu__bad_files_tell(cornu__bad_files *bad, cornu_array **news)
{
    cornu__text text = {0};
    *news = NULL;
    pthread_mutex_lock(&bad->lock);
    for (size_t i = 0; i < bad->count; i++) {
        if (bad->files[i].told)
            continue;
        add_with_end(&text, bad->files[i].path);
        add_with_end(&text, bad->files[i].message);
        bad->files[i].told = true;
    }
    pthread_mutex_unlock(&bad->lock);
    if (text.failed)
        return CORNU_ERROR_OUT_OF_MEMORY;
    int64_t length = (int64_t)text.length;
    if (length > 0)
        *news = cornu_array_copy_of(CORNU_UINT8, 1, &length, text.data);
    cornu__text_free(&text);
    return length == 0 || *news ? CORNU_OK : cornu_error_status();
}

static cornu_status hear_one(cornu__bad_files *bad, const char *path, const char *message)
{
    bool is_new;
    pthread_mutex_lock(&bad->lock);
    cornu_status status = remember(bad, path, message, &is_new);
    if (status == CORNU_OK)
        bad->files[find_place(bad, path)].told = true;
    size_t count = bad->count;
    pthread_mutex_unlock(&bad->lock);
    CORNU_TRY(status);
    if (bad->at_most < 0 || count <= (size_t)bad->at_most)
        return CORNU_OK;
    cornu__fail(CORNU_ERROR_DATA, "%s", message);
    return check_limit(bad, count);
}

cornu_status cornu__bad_files_hear(cornu__bad_files *bad, const cornu_array *news,
                                   void (*heard)(void *state, const char *path), void *state)
{
    const char *at = cornu_array_data(news), *end = at + cornu_array_count(news);
    while (at < end) {
        const char *path = at, *message = path + strlen(path) + 1;
        at = message + strlen(message) + 1;
        heard(state, path);
        CORNU_TRY(hear_one(bad, path, message));
    }
    return CORNU_OK;
}

size_t cornu__bad_files_count(cornu__bad_files *bad)
{
    pthread_mutex_lock(&bad->lock);
    size_t count = bad->count;
    pthread_mutex_unlock(&bad->lock);
    return count;
}

const char *cornu__bad_files_message(cornu__bad_files *bad, size_t number)
{
    pthread_mutex_lock(&bad->lock);
    const char *message = number < bad->count ? bad->files[number].message : NULL;
    pthread_mutex_unlock(&bad->lock);
    return message;
}

void cornu__bad_files_report(cornu__bad_files *bad, int64_t of, size_t at_most, cornu__text *text)
{
    pthread_mutex_lock(&bad->lock);
    if (bad->count > 0)
        cornu__text_add(text, "%zu of %lld files could not be read and %s:\n", bad->count, (long long)of,
                        bad->policy == CORNU__BAD_FILE_REPLACE ? "were replaced" : "were left out");
    for (size_t i = 0; i < bad->count && i < at_most; i++)
        cornu__text_add(text, "  %s\n", bad->files[i].message);
    if (bad->count > at_most)
        cornu__text_add(text, "  and %zu more\n", bad->count - at_most);
    pthread_mutex_unlock(&bad->lock);
}
