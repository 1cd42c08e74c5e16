/* tensorboard.c: event files for TensorBoard. Tags, steps and folders as Keras 3's (specification, section 5.3). */
#include <string.h>
#include <time.h>

#include "array/dictionary.h"
#include "base/options.h"
#include "base/text.h"
#include "format/event_file.h"
#include "train/callbacks/tensorboard_weights.h"
#include "train/training.h"

typedef struct tensorboard {
    char *train_folder, *validation_folder;
    int64_t update_freq;    /* 0: after epochs only */
    int64_t histogram_freq; /* epochs; 0: never */
    bool write_graph, write_images, write_steps_per_second;
    cornu__event_file *train, *validation; /* NULL: not begun */
    int64_t batches;                       /* of this training, the one in hand included */
    double batch_begun, epoch_begun;       /* seconds */
    uint64_t updates_before;               /* the epoch in hand */
} tensorboard;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- Writing --- */

static cornu_status need_file(cornu__event_file **file, const char *folder)
{
    if (!*file)
        *file = cornu__event_file_create(folder);
    return *file ? CORNU_OK : cornu_error_status();
}

static cornu_status write_value(cornu__event_file *file, const char *before, const char *name, const char *behind,
                                int64_t step, double value)
{
    cornu__text tag = {0};
    cornu__text_add(&tag, "%s%s%s", before, name, behind);
    if (tag.failed)
        return cornu__fail_memory("a tag", strlen(name));
    cornu_status status = cornu__event_file_add(file, tag.data, step, value);
    cornu__text_free(&tag);
    return status;
}

static bool is_of_validation(const char *name)
{
    return strncmp(name, "val_", 4) == 0;
}

/* The epoch's values of training (or of validation, without their "val_"). */
static cornu_status write_epoch(cornu__event_file *file, bool validation, int64_t epoch, const cornu_logs *logs)
{
    for (int i = 0; i < logs->count; i++) {
        if (is_of_validation(logs->names[i]) == validation)
            CORNU_TRY(write_value(file, "epoch_", logs->names[i] + (validation ? 4 : 0), "", epoch, logs->values[i]));
    }
    return CORNU_OK;
}

static cornu_status write_speed(tensorboard *self, cornu_training *training, int64_t epoch)
{
    double updates = (double)(cornu__model_iterations(training->model) - self->updates_before);
    return write_value(self->train, "epoch_", "steps_per_second", "", epoch,
                       updates / (seconds_now() - self->epoch_begun));
}

static cornu_status write_training(tensorboard *self, cornu_training *training, int64_t epoch, const cornu_logs *logs)
{
    cornu_logs values = *logs; /* the rate is for the file; the history has it only if a callback says so */
    CORNU_TRY(cornu_logs_set(&values, "learning_rate", cornu_training_learning_rate(training)));
    CORNU_TRY(need_file(&self->train, self->train_folder));
    CORNU_TRY(write_epoch(self->train, false, epoch, &values));
    if (self->write_steps_per_second)
        CORNU_TRY(write_speed(self, training, epoch));
    return cornu__event_file_flush(self->train);
}

static cornu_status write_validation(tensorboard *self, int64_t epoch, const cornu_logs *logs)
{
    bool any = false;
    for (int i = 0; i < logs->count; i++)
        any = any || is_of_validation(logs->names[i]);
    if (!any)
        return CORNU_OK;
    CORNU_TRY(need_file(&self->validation, self->validation_folder));
    CORNU_TRY(write_epoch(self->validation, true, epoch, logs));
    return cornu__event_file_flush(self->validation);
}

static cornu_status close_files(tensorboard *self)
{
    cornu_status train = cornu__event_file_close(self->train);
    cornu_status validation = cornu__event_file_close(self->validation);
    self->train = self->validation = NULL;
    return train != CORNU_OK ? train : validation;
}

/* --- Hooks --- */

static cornu_status on_train_begin(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    tensorboard *self = state;
    (void)index;
    (void)logs;
    CORNU_TRY(close_files(self)); /* of a training that failed */
    self->batches = 0;
    CORNU_TRY(need_file(&self->train, self->train_folder));
    if (!self->write_graph)
        return CORNU_OK;
    CORNU_TRY(cornu__tensorboard_write_graph(self->train, training->model));
    return cornu__event_file_flush(self->train);
}

static cornu_status on_epoch_begin(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    tensorboard *self = state;
    (void)epoch;
    (void)logs;
    self->updates_before = cornu__model_iterations(training->model);
    self->epoch_begun = seconds_now();
    return CORNU_OK;
}

static cornu_status on_train_batch_begin(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    tensorboard *self = state;
    (void)training;
    (void)batch;
    (void)logs;
    self->batches++;
    self->batch_begun = seconds_now();
    return CORNU_OK;
}

static cornu_status on_train_batch_end(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    tensorboard *self = state;
    (void)batch;
    if (self->batches % self->update_freq != 0)
        return CORNU_OK;
    double duration = seconds_now() - self->batch_begun;
    cornu__training_fill_logs(training);
    CORNU_TRY(need_file(&self->train, self->train_folder));
    if (self->write_steps_per_second)
        CORNU_TRY(write_value(self->train, "batch_", "steps_per_second", "", self->batches, 1 / duration));
    for (int i = 0; i < logs->count; i++)
        CORNU_TRY(write_value(self->train, "batch_", logs->names[i], "", self->batches, logs->values[i]));
    return CORNU_OK;
}

static cornu_status on_epoch_end(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    tensorboard *self = state;
    CORNU_TRY(write_training(self, training, epoch, logs));
    CORNU_TRY(write_validation(self, epoch, logs));
    if (self->histogram_freq == 0 || epoch % self->histogram_freq != 0)
        return CORNU_OK;
    CORNU_TRY(cornu__tensorboard_write_weights(self->train, training->model, epoch, self->write_images));
    return cornu__event_file_flush(self->train);
}

static cornu_status on_train_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    (void)logs;
    return close_files(state);
}

/* Of an evaluation, and of a validation in fit. */
static cornu_status on_test_end(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    tensorboard *self = state;
    int64_t updates = (int64_t)cornu__model_iterations(training->model);
    (void)index;
    CORNU_TRY(need_file(&self->validation, self->validation_folder));
    for (int i = 0; i < logs->count; i++)
        CORNU_TRY(
            write_value(self->validation, "evaluation_", logs->names[i], "_vs_iterations", updates, logs->values[i]));
    return training->in_fit ? cornu__event_file_flush(self->validation) : close_files(self);
}

/* --- Going on: in files of their own, which TensorBoard shows as one --- */

static const cornu__number_field fields[] = {{"batches", CORNU_INT64, offsetof(tensorboard, batches)}, {0}};

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
    tensorboard *self = state;
    close_files(self);
    cornu__free(self->train_folder);
    cornu__free(self->validation_folder);
    cornu__free(self);
}

static char *folder_in(const char *folder, const char *name)
{
    cornu__text path = {0};
    cornu__text_add(&path, "%s/%s", folder, name);
    return cornu__text_take(&path);
}

static cornu_status set_options(tensorboard *self, const cornu_tensorboard_options *given)
{
    if (!given->log_dir || !*given->log_dir)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "log_dir has no name");
    if (given->update_freq < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                           "update_freq is %lld, and must be 0 (after epochs), 1 (after every batch) or more batches",
                           (long long)given->update_freq);
    if (given->histogram_freq < 0)
        return cornu__fail(
            CORNU_ERROR_INVALID_ARGUMENT,
            "histogram_freq is %lld, and must be 0 (no histograms), 1 (after every epoch) or more epochs",
            (long long)given->histogram_freq);
    self->train_folder = folder_in(given->log_dir, "train");
    self->validation_folder = folder_in(given->log_dir, "validation");
    self->update_freq = given->update_freq;
    self->histogram_freq = given->histogram_freq;
    self->write_graph = given->write_graph;
    self->write_images = given->write_images;
    self->write_steps_per_second = given->write_steps_per_second;
    return self->train_folder && self->validation_folder ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

cornu_callback *cornu_tensorboard_with(const cornu_tensorboard_options *options)
{
    cornu_tensorboard_options given = {.struct_size = sizeof given, CORNU_TENSORBOARD_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    tensorboard *self = cornu__alloc(sizeof *self);
    if (!self)
        return cornu__callback_without_memory();
    if (set_options(self, &given) != CORNU_OK) {
        release(self);
        return cornu__callback_failed("TensorBoard");
    }
    cornu_callback *callback = cornu__callback_new("TensorBoard", NULL);
    if (!callback) {
        release(self);
        return cornu__callback_without_memory();
    }
    callback->state = self;
    callback->release = release;
    callback->save_state = save_state;
    callback->load_state = load_state;
    callback->begins_again = true;
    callback->hooks[CORNU__ON_TRAIN_BEGIN] = on_train_begin;
    callback->hooks[CORNU__ON_TRAIN_END] = on_train_end;
    callback->hooks[CORNU__ON_EPOCH_BEGIN] = on_epoch_begin;
    callback->hooks[CORNU__ON_EPOCH_END] = on_epoch_end;
    callback->hooks[CORNU__ON_TEST_END] = on_test_end;
    if (self->update_freq > 0) {
        callback->asks_for_logs = true;
        callback->hooks[CORNU__ON_TRAIN_BATCH_BEGIN] = on_train_batch_begin;
        callback->hooks[CORNU__ON_TRAIN_BATCH_END] = on_train_batch_end;
    }
    return callback;
}
