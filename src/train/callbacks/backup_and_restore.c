/*
 * backup_and_restore.c: a training that was killed goes on where it was. After Keras 3 (specification, section 5.3), in one file.
 *
 * All that the next epoch is made of is in the file: weights, the optimizer's memory, the number of updates, the epoch; the order of the data is a
 * function of these and the seed. It is written at the end of an epoch, so an epoch that was not finished is run again from its begin, and the
 * weights end the same bit for bit.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/options.h"
#include "base/text.h"
#include "train/training.h"

#define FILE_NAME "latest.npz"
#define EPOCH_NAME "epoch" /* the next one, in the file */

typedef struct backup {
    char *folder, *path;
    bool delete_checkpoint;
} backup;

/* --- Writing --- */

/* The state of the model with the number of the next epoch. */
static cornu_array *with_epoch(const cornu_array *state, int64_t epoch)
{
    size_t count = cornu_array_item_count(state);
    const char **names = cornu__alloc_array(count + 1, sizeof *names);
    cornu_array **items = cornu__alloc_array(count + 1, sizeof(cornu_array *));
    cornu_array *number = cornu_array_copy_of(CORNU_INT64, 0, NULL, &epoch), *whole = NULL;
    if (names && items && number) {
        names[0] = EPOCH_NAME;
        items[0] = number;
        for (size_t i = 0; i < count; i++) {
            names[i + 1] = cornu_array_item_name(state, i);
            items[i + 1] = cornu_array_item(state, i);
        }
        whole = cornu_array_dict(count + 1, names, items);
    }
    cornu_array_release(number);
    cornu__free(names);
    cornu__free(items);
    return whole;
}

static cornu_status save(const backup *self, cornu_model *model, int64_t epoch)
{
    cornu_array *state = cornu__model_training_state(model);
    cornu_array *whole = state ? with_epoch(state, epoch) : NULL;
    cornu_status status = whole ? cornu_save_npz(self->path, whole) : cornu_error_status();
    cornu_array_release(state);
    cornu_array_release(whole);
    return status;
}

/* An epoch that a request cut short is run again, and not taken for whole. */
static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)logs;
    return cornu__stop_requested(training) ? CORNU_OK : save(state, training->model, epoch + 1);
}

/* --- Going on --- */

static cornu_status set_state(const cornu_array *state, cornu_model *model, int64_t *initial_epoch)
{
    const cornu_array *number = cornu_array_item_named(state, EPOCH_NAME);
    if (!number || cornu_array_dtype(number) != CORNU_INT64 || cornu_array_count(number) != 1 ||
        cornu_array_get(number, 0) < 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "there is no number '" EPOCH_NAME "': this is no backup of a training");
    CORNU_TRY(cornu__model_set_training_state(model, state));
    *initial_epoch = *(const int64_t *)cornu_array_data(number);
    return CORNU_OK;
}

static cornu_status resume(void *state, cornu_model *model, int64_t *initial_epoch)
{
    const backup *self = state;
    CORNU_TRY(cornu__folder_make(self->folder));
    cornu__file_remove_unfinished(self->path);
    if (access(self->path, F_OK) != 0 && errno == ENOENT)
        return CORNU_OK;
    cornu_array *saved = cornu_load_npz(self->path);
    if (!saved)
        return cornu_error_status();
    cornu_status status = set_state(saved, model, initial_epoch);
    cornu_array_release(saved);
    return status == CORNU_OK ? CORNU_OK : cornu__fail_context("%s", self->path);
}

/* The training is over, unless it was asked to stop: then it can go on another time. */
static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    const backup *self = state;
    (void)index;
    (void)logs;
    if (!self->delete_checkpoint || cornu__stop_requested(training))
        return CORNU_OK;
    if (unlink(self->path) != 0 && errno != ENOENT)
        return cornu__fail(CORNU_ERROR_IO, "cannot remove '%s': %m", self->path);
    rmdir(self->folder); /* stays where there is something else in it */
    return CORNU_OK;
}

/* --- Making --- */

static void release(void *state)
{
    backup *self = state;
    cornu__free(self->folder);
    cornu__free(self->path);
    cornu__free(self);
}

static cornu_status set_options(backup *self, const char *folder, const cornu_backup_and_restore_options *given)
{
    if (!folder || !*folder)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "backup_dir has no name");
    cornu__text path = {0};
    cornu__text_add(&path, "%s/%s", folder, FILE_NAME);
    self->path = cornu__text_take(&path);
    self->folder = cornu__copy_text(folder);
    self->delete_checkpoint = given->delete_checkpoint;
    return self->path && self->folder ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_callback *cornu_backup_and_restore_with(const char *backup_dir, const cornu_backup_and_restore_options *options)
{
    cornu_backup_and_restore_options given = {.struct_size = sizeof given, CORNU_BACKUP_AND_RESTORE_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    backup *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    if (set_options(self, backup_dir, &given) != CORNU_OK) {
        release(self);
        return cornu__callback_failed("BackupAndRestore");
    }
    cornu_callback *callback = cornu__callback_new("BackupAndRestore", NULL);
    if (!callback) {
        release(self);
        return NULL;
    }
    callback->state = self;
    callback->release = release;
    callback->resume = resume;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    return callback;
}
