/* csv_logger.c: a line of values for each epoch. Follows Keras 3 (specification, section 5.3): lines end with CR LF, missing values are NA. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number_text.h"
#include "base/options.h"
#include "base/plain_locale.h"
#include "train/training.h"

typedef struct csv_logger {
    char *path;
    char separator;
    bool append;
    bool header_wanted;
    FILE *file;
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

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    csv_logger *self = state;
    (void)training;
    (void)index;
    (void)logs;
    forget_keys(self);
    self->header_wanted = !(self->append && has_header(self->path));
    if (self->file)
        fclose(self->file);
    self->file = fopen(self->path, self->append ? "a" : "w");
    return self->file ? CORNU_OK : fail_file(self, "cannot be written");
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
        return NULL;
    }
    callback->state = self;
    callback->release = release;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    return callback;
}
