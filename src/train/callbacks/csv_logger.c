/* csv_logger.c: a line of values for each epoch. Follows Keras 3 (specification, section 5.3): lines end with CR LF, missing values are NA. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/dictionary.h"
#include "base/log.h"
#include "base/number_text.h"
#include "base/options.h"
#include "base/plain_locale.h"
#include "base/text.h"
#include "train/training.h"

typedef struct csv_logger {
    char *path;
    char separator;
    bool append;
    bool header_wanted;
    FILE *file;    /* NULL: not opened yet */
    int key_count; /* 0: no line written yet */
    char *keys[CORNU_MAX_LOGS];
} csv_logger;

static void forget_keys(csv_logger *self)
{
    while (self->key_count > 0)
        cornu__free(self->keys[--self->key_count]);
}

static bool has_header(const char *path)
{
    FILE *file = fopen(path, "r");
    int first = file ? fgetc(file) : EOF;
    if (file)
        fclose(file);
    return first != EOF && first != '\n' && first != '\r';
}

static cornu_status fail_file(const csv_logger *self, const char *what)
{
    return cornu__fail(CORNU_ERROR_IO, "%s: %s: %s", self->path, what, strerror(errno));
}

static cornu_status open_file(csv_logger *self)
{
    self->header_wanted = !(self->append && has_header(self->path));
    self->file = fopen(self->path, self->append ? "a" : "w");
    return self->file ? CORNU_OK : fail_file(self, "cannot be written");
}

/* The file of a training that goes on is opened by load_state. */
static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    csv_logger *self = state;
    (void)index;
    (void)logs;
    forget_keys(self);
    if (self->file)
        fclose(self->file);
    self->file = NULL;
    return training->goes_on ? CORNU_OK : open_file(self);
}

/* --- Columns --- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static cornu_status add_key(csv_logger *self, const char *prefix, const char *name)
{
    size_t size = strlen(prefix) + strlen(name) + 1;
    char *key = self->key_count < CORNU_MAX_LOGS ? cornu__alloc(size) : NULL;
    if (!key)
        return self->key_count < CORNU_MAX_LOGS ? CORNU_ERROR_OUT_OF_MEMORY
                                                : cornu__fail(CORNU_ERROR_LIMIT, "more than %d values", CORNU_MAX_LOGS);
    snprintf(key, size, "%s%s", prefix, name);
    self->keys[self->key_count++] = key;
    return CORNU_OK;
}

/* The first epoch's values; where they have none of validation, later epochs may, so there are columns for them. */
static cornu_status choose_keys(csv_logger *self, const cornu_logs *logs)
{
    bool validated = false;
    for (int i = 0; i < logs->count; i++) {
        CORNU_TRY(add_key(self, "", logs->names[i]));
        validated = validated || strncmp(logs->names[i], "val_", 4) == 0;
    }
    qsort(self->keys, (size_t)self->key_count, sizeof *self->keys, compare_keys);
    int trained = self->key_count;
    for (int i = 0; !validated && i < trained; i++)
        CORNU_TRY(add_key(self, "val_", self->keys[i]));
    return CORNU_OK;
}

/* --- Lines --- */

static void write_header(const csv_logger *self)
{
    fputs("epoch", self->file);
    for (int i = 0; i < self->key_count; i++)
        fprintf(self->file, "%c%s", self->separator, self->keys[i]);
    fputs("\r\n", self->file);
}

static void write_values(const csv_logger *self, int64_t epoch, const cornu_logs *logs)
{
    fprintf(self->file, "%lld", (long long)epoch);
    for (int k = 0; k < self->key_count; k++) {
        char text[CORNU__NUMBER_TEXT_SIZE];
        int i = 0;
        while (i < logs->count && strcmp(logs->names[i], self->keys[k]) != 0)
            i++;
        fputc(self->separator, self->file);
        fputs(i < logs->count ? cornu__number_text(logs->values[i], text) : "NA", self->file);
    }
    fputs("\r\n", self->file);
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    csv_logger *self = state;
    (void)training;
    if (!self->file)
        CORNU_TRY(open_file(self));
    if (self->key_count == 0)
        CORNU_TRY(choose_keys(self, logs));
    if (self->header_wanted)
        write_header(self);
    self->header_wanted = false;
    cornu__plain_locale locale = cornu__plain_locale_begin();
    write_values(self, epoch, logs);
    cornu__plain_locale_end(locale);
    bool failed = fflush(self->file) != 0 || ferror(self->file);
    return failed ? fail_file(self, "writing failed") : CORNU_OK;
}

static cornu_status close_file(csv_logger *self)
{
    bool failed = self->file && fclose(self->file) != 0;
    self->file = NULL;
    return failed ? fail_file(self, "writing failed") : CORNU_OK;
}

static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    (void)logs;
    return close_file(state);
}

/* --- Going on --- */

/* The lines so far, which are on the disk before anything relies on them, and the columns, one after the other with a NUL behind each. */
static cornu_array *save_state(void *state)
{
    csv_logger *self = state;
    cornu__dictionary kept = {0};
    cornu__text keys = {0};
    bool flushed = !self->file || (fflush(self->file) == 0 && (fsync(fileno(self->file)) == 0 || errno == EINVAL));
    int64_t size = self->file ? ftell(self->file) : 0;
    if (!flushed) {
        fail_file(self, "writing failed");
        return NULL;
    }
    for (int i = 0; i < self->key_count; i++)
        cornu__text_add_bytes(&keys, self->keys[i], strlen(self->keys[i]) + 1);
    kept.failed = keys.failed;
    cornu__dictionary_add_numbers(&kept, "size", CORNU_INT64, 1, &size);
    cornu__dictionary_add_numbers(&kept, "header_wanted", CORNU_BOOL, 1, &self->header_wanted);
    cornu__dictionary_add_numbers(&kept, "columns", CORNU_UINT8, (int64_t)keys.length, keys.data);
    cornu__text_free(&keys);
    return cornu__dictionary_take(&kept);
}

/* Lines of epochs that are run again go; a file that is shorter than it was, or gone, is written on as it is. */
static cornu_status reopen(csv_logger *self, int64_t size)
{
    self->file = fopen(self->path, "r+");
    if (!self->file && errno == ENOENT) {
        cornu__warn("CSVLogger: %s is there no more: it begins with the epoch in hand", self->path);
        self->file = fopen(self->path, "w");
        self->header_wanted = true;
        return self->file ? CORNU_OK : fail_file(self, "cannot be written");
    }
    if (!self->file || fseek(self->file, 0, SEEK_END) != 0)
        return fail_file(self, "cannot be written");
    long there = ftell(self->file);
    if (there < size)
        cornu__warn("CSVLogger: %s has %ld bytes and had %lld: lines are missing", self->path, there, (long long)size);
    else if (there > size && (ftruncate(fileno(self->file), size) != 0 || fseek(self->file, size, SEEK_SET) != 0))
        return fail_file(self, "the lines of epochs that are run again cannot be removed");
    return CORNU_OK;
}

static cornu_status load_keys(csv_logger *self, const cornu_array *columns)
{
    const char *key = cornu_array_data(columns), *end = key + cornu_array_count(columns);
    while (key < end) {
        if (!memchr(key, 0, (size_t)(end - key)))
            return cornu__fail(CORNU_ERROR_FORMAT, "'columns' does not end");
        CORNU_TRY(add_key(self, "", key));
        key += strlen(key) + 1;
    }
    return CORNU_OK;
}

static cornu_status load_state(void *state, const cornu_array *kept)
{
    csv_logger *self = state;
    const cornu_array *size, *header_wanted, *columns;
    CORNU_TRY(cornu__dictionary_get(kept, "size", CORNU_INT64, 1, &size));
    CORNU_TRY(cornu__dictionary_get(kept, "header_wanted", CORNU_BOOL, 1, &header_wanted));
    CORNU_TRY(cornu__dictionary_get(kept, "columns", CORNU_UINT8, -1, &columns));
    int64_t bytes = *(const int64_t *)cornu_array_data(size);
    if (bytes < 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'size' is negative");
    CORNU_TRY(load_keys(self, columns));
    self->header_wanted = cornu_array_get(header_wanted, 0) != 0;
    return reopen(self, bytes);
}

/* --- Making --- */

static void release(void *state)
{
    csv_logger *self = state;
    close_file(self);
    forget_keys(self);
    cornu__free(self->path);
    cornu__free(self);
}

cornu_callback *cornu_csv_logger_with(const char *path, const cornu_csv_logger_options *options)
{
    cornu_csv_logger_options given = {.struct_size = sizeof given, CORNU_CSV_LOGGER_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (!path || !*path) {
        cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "there is no file name");
        return cornu__callback_failed("CSVLogger");
    }
    csv_logger *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = self ? cornu__callback_new("CSVLogger", NULL) : NULL;
    if (self)
        *self = (csv_logger){.path = cornu__copy_text(path), .separator = given.separator, .append = given.append};
    if (!callback || !self->path) {
        cornu_callback_release(callback);
        if (self)
            release(self);
        return cornu__callback_without_memory();
    }
    callback->state = self;
    callback->release = release;
    callback->save_state = save_state;
    callback->load_state = load_state;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    return callback;
}
