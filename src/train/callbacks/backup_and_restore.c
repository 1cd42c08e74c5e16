/*
 * backup_and_restore.c: a training that was killed goes on where it was. After Keras 3 (specification, section 5.3), in one file.
 *
 * All that the next batch is made of is in the file (resume.c). It is written between two batches or epochs, when every callback's hooks were
 * called; what came after it is done again, and the weights end the same bit for bit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "array/dictionary.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/options.h"
#include "base/text.h"
#include "train/training.h"

#define FILE_NAME "latest.npz"
#define PREVIOUS_ENDING ".bkp"

typedef struct backup {
    char *folder, *path, *previous_path;
    bool double_checkpoint, delete_checkpoint;
    int64_t save_freq; /* batches from one to the next, beside those after epochs; 0: none */
    int64_t waited;    /* batches since the last of them */
    bool damaged;      /* the latest file is, and must not take the place of the one before */
} backup;

/* --- Writing --- */

/* The latest file gets a second name, under which it stays when the next one takes the first. There is a whole file at any moment. */
static cornu_status keep_previous(const backup *self)
{
    if (!self->double_checkpoint || self->damaged || access(self->path, F_OK) != 0)
        return CORNU_OK;
    bool gone = unlink(self->previous_path) == 0 || errno == ENOENT;
    if (gone && link(self->path, self->previous_path) == 0)
        return CORNU_OK;
    if (gone && rename(self->path, self->previous_path) == 0) /* a file system without second names */
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "cannot keep '%s' as '%s': %m", self->path, self->previous_path);
}

static cornu_status save(backup *self, cornu_training *training)
{
    cornu_array *state = cornu__training_state(training);
    cornu_status status = state ? keep_previous(self) : cornu_error_status();
    if (status == CORNU_OK)
        status = cornu_save_npz(self->path, state);
    cornu_array_release(state);
    self->damaged = self->damaged && status != CORNU_OK;
    return status;
}

static cornu_status checkpoint(void *state, cornu_training *training, cornu__moment moment)
{
    backup *self = state;
    if (moment == CORNU__AFTER_BATCH) {
        if (self->save_freq == 0 || ++self->waited < self->save_freq)
            return CORNU_OK;
        self->waited = 0;
    }
    return save(self, training);
}

/* --- Going on --- */

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

static cornu_status load(const char *path, cornu_array **kept)
{
    *kept = cornu_load_npz(path);
    return *kept ? CORNU_OK : cornu_error_status();
}

/* The file before the latest, which is damaged or not there. */
static cornu_status load_previous(backup *self, cornu_array **kept, const char **place)
{
    char *cause = cornu__copy_text(self->damaged ? cornu_error_message() : "it is not there");
    *place = self->previous_path;
    cornu_status status = cause ? load(self->previous_path, kept) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK)
        cornu__warn("BackupAndRestore: %s cannot be read (%s): training goes on from the one before it, %s", self->path,
                    cause, self->previous_path);
    cornu__free(cause);
    return status;
}

static cornu_status restore(void *state, cornu_array **kept, const char **place)
{
    backup *self = state;
    CORNU_TRY(cornu__folder_make(self->folder));
    cornu__file_remove_unfinished(self->path);
    bool latest = is_there(self->path), previous = self->double_checkpoint && is_there(self->previous_path);
    *place = self->path;
    self->damaged = false;
    if (!latest)
        return previous ? load_previous(self, kept, place) : CORNU_OK;
    cornu_status status = load(self->path, kept);
    self->damaged = status != CORNU_OK && status != CORNU_ERROR_OUT_OF_MEMORY;
    if (self->damaged && previous)
        return load_previous(self, kept, place);
    return status;
}

static cornu_status remove_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return cornu__fail(CORNU_ERROR_IO, "cannot remove '%s': %m", path);
    return CORNU_OK;
}

static cornu_status finish(void *state)
{
    const backup *self = state;
    if (!self->delete_checkpoint)
        return CORNU_OK;
    CORNU_TRY(remove_file(self->path));
    if (self->double_checkpoint)
        CORNU_TRY(remove_file(self->previous_path));
    cornu__file_remove_unfinished(self->path); /* of a process that was killed after this one had begun */
    rmdir(self->folder);                       /* stays where there is something else in it */
    return CORNU_OK;
}

static const cornu__backup_class backup_class = {.restore = restore, .checkpoint = checkpoint, .finish = finish};

static const cornu__number_field fields[] = {{"waited", CORNU_INT64, offsetof(backup, waited)}, {0}};

static cornu_array *save_state(void *state)
{
    cornu__dictionary kept = {0};
    cornu__dictionary_add_fields(&kept, fields, state);
    return cornu__dictionary_take(&kept);
}

static cornu_status load_state(void *state, const cornu_array *kept)
{
    return cornu__dictionary_get_fields(kept, fields, state);
}

/* --- Making --- */

static void release(void *state)
{
    backup *self = state;
    cornu__free(self->folder);
    cornu__free(self->path);
    cornu__free(self->previous_path);
    cornu__free(self);
}

static char *path_in(const char *folder, const char *ending)
{
    cornu__text path = {0};
    cornu__text_add(&path, "%s/" FILE_NAME "%s", folder, ending);
    return cornu__text_take(&path);
}

static cornu_status set_options(backup *self, const char *folder, const cornu_backup_and_restore_options *given)
{
    if (!folder || !*folder)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "backup_dir has no name");
    if (given->save_freq < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "save_freq is %lld, and must be 0 (after epochs) or a number of batches",
                           (long long)given->save_freq);
    self->path = path_in(folder, "");
    self->previous_path = path_in(folder, PREVIOUS_ENDING);
    self->folder = cornu__copy_text(folder);
    self->save_freq = given->save_freq;
    self->double_checkpoint = given->double_checkpoint;
    self->delete_checkpoint = given->delete_checkpoint;
    return self->path && self->previous_path && self->folder ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_callback *cornu_backup_and_restore_with(const char *backup_dir, const cornu_backup_and_restore_options *options)
{
    cornu_backup_and_restore_options given = {.struct_size = sizeof given, CORNU_BACKUP_AND_RESTORE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    backup *self = cornu__alloc(sizeof *self);
    cornu_callback *callback = cornu__callback_of(
        "BackupAndRestore", self, release, self ? set_options(self, backup_dir, &given) : CORNU_ERROR_OUT_OF_MEMORY);
    if (!callback)
        return cornu__callback_without_memory();
    callback->backup = &backup_class;
    callback->save_state = save_state;
    callback->load_state = load_state;
    return callback;
}
