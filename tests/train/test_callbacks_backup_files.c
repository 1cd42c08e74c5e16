/* BackupAndRestore: files that are damaged, of something else or cannot be written; and trainings that are not as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/layers.h>
#include <cornu/optimizers.h>

#include "base/random.h"
#include "train/killed_training.h"

/* --- Helpers --- */

static char said[4096]; /* all warnings, one after the other */

static void hear(const char *message, void *nothing)
{
    (void)nothing;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", message);
}

static void listen(void)
{
    said[0] = '\0';
    cornu_set_warning_handler(hear, NULL);
}

static void expect_said(const char *words)
{
    if (!strstr(said, words))
        fail_msg("no '%s' in: %s", words, said);
}

static void expect_error(cornu_status status, const char *words)
{
    if (cornu_error_status() != status || !strstr(cornu_error_message(), words))
        fail_msg("no '%s' in: %s (%s)", words, cornu_error_message(), cornu_status_name(cornu_error_status()));
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static char *read_bytes(const char *path, size_t *size)
{
    struct stat about;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &about), 0);
    *size = (size_t)about.st_size;
    char *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* Asks for the end of training after so many batches. */
static cornu_status stop_after(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    int *left = state;
    (void)training;
    (void)batch;
    (void)logs;
    if (--*left == 0)
        cornu_request_stop();
    return CORNU_OK;
}

/* Leaves a backup in the test's folder behind batch `batches`, of 4 in an epoch. */
static const char *leave_backup(const scripted *test, int batches)
{
    const char *folder = scripted_path(test, "backup");
    cornu_callback *stop = cornu_callback_create(.on_train_batch_end = stop_after, .state = &batches);
    cornu_history *history = cornu_fit(
        test->model, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
        .callbacks = {stop, cornu_backup_and_restore(folder), cornu_early_stopping(.monitor = "loss", .patience = 5)});
    assert_non_null(history);
    cornu_history_release(history);
    return folder;
}

static cornu_history *go_on_with(const scripted *test, cornu_fit_options options, const char *folder)
{
    options.struct_size = sizeof options;
    options.epochs = 3;
    options.verbose = 0;
    options.validation_freq = 1;
    options.view_metrics = -1;
    options.workers = options.max_queue_size = 1;
    options.callbacks[0] = cornu_backup_and_restore(folder, .delete_checkpoint = false);
    options.callbacks[1] = cornu_early_stopping(.monitor = "loss", .patience = 5);
    return cornu_fit_with(test->model, test->x, test->y, &options);
}

static cornu_history *go_on(const scripted *test, const char *folder)
{
    return go_on_with(test, (cornu_fit_options){.batch_size = 10, .shuffle = true}, folder);
}

/* --- Damage --- */

static void truncated_at_any_length_a_file_is_refused_in_words(void **state)
{
    const scripted *test = *state;
    size_t size;
    const char *folder = leave_backup(test, 6), *path = scripted_path(test, "backup/latest.npz");
    char *bytes = read_bytes(path, &size), before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    small_digest(test->model, before);
    for (size_t length = 0; length < size; length += length < 64 || size - length < 64 ? 1 : 97) {
        write_bytes(path, bytes, length);
        assert_null(go_on(test, folder));
        expect_error(CORNU_ERROR_FORMAT, "latest.npz");
    }
    small_digest(test->model, after);
    assert_string_equal(before, after);
    free(bytes);
}

/* A bit that says nothing about the arrays may be any. */
static void with_any_bit_changed_a_file_is_refused_or_the_same(void **state)
{
    const scripted *test = *state;
    size_t size;
    const char *folder = leave_backup(test, 6), *path = scripted_path(test, "backup/latest.npz");
    char *bytes = read_bytes(path, &size), wanted[CORNU_SHA256_TEXT_SIZE], got[CORNU_SHA256_TEXT_SIZE];
    cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_USER, 0, 0);
    cornu_history_release(go_on(test, folder));
    small_digest(test->model, wanted);
    listen();
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t bit = cornu__random_below(key, i, 8 * size);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        write_bytes(path, bytes, size);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        cornu_history *history = go_on(test, folder);
        small_digest(test->model, got);
        if (history)
            assert_string_equal(got, wanted);
        else
            expect_error(cornu_error_status(), "latest.npz");
        cornu_history_release(history);
    }
    assert_string_equal(said, "");
    cornu_set_warning_handler(NULL, NULL);
    free(bytes);
}

/* The same dictionary with item `index` left out (NULL) or another. */
static cornu_array *with_item(const cornu_array *whole, size_t index, cornu_array *other)
{
    size_t count = 0, all = cornu_array_item_count(whole);
    const char **names = calloc(all, sizeof *names);
    cornu_array **items = calloc(all, sizeof *items);
    for (size_t i = 0; i < all; i++) {
        if (i == index && !other)
            continue;
        names[count] = cornu_array_item_name(whole, i);
        items[count++] = i == index ? other : cornu_array_item(whole, i);
    }
    cornu_array *changed = cornu_array_dict(count, names, items);
    free(names);
    free(items);
    assert_non_null(changed);
    return changed;
}

static void try_changed(const scripted *test, const char *folder, const cornu_array *whole, size_t index,
                        cornu_array *other)
{
    cornu_array *changed = with_item(whole, index, other);
    assert_int_equal(cornu_save_npz(scripted_path(test, "backup/latest.npz"), changed), CORNU_OK);
    cornu_history *history = go_on(test, folder);
    if (!history)
        expect_error(cornu_error_status(), "latest.npz");
    cornu_history_release(history);
    cornu_array_release(changed);
    cornu_array_release(other);
}

static cornu_array *numbers_like(const cornu_array *item, int64_t number)
{
    cornu_array *whole = cornu_array_zeros(CORNU_INT64, cornu_array_rank(item), cornu_array_shape(item));
    for (int64_t i = 0; i < cornu_array_count(whole); i++)
        ((int64_t *)cornu_array_data(whole))[i] = number;
    cornu_array *cast = cornu_array_cast(whole, cornu_array_dtype(item));
    cornu_array_release(whole);
    return cast;
}

/* A file whose checksums are right may still hold anything: it ends in words or in a training, never in a crash. */
static void a_file_with_any_content_does_no_harm(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 6);
    cornu_array *whole = cornu_load_npz(scripted_path(test, "backup/latest.npz"));
    assert_non_null(whole);
    listen();
    for (size_t i = 0; i < cornu_array_item_count(whole); i++) {
        const cornu_array *item = cornu_array_item(whole, i);
        try_changed(test, folder, whole, i, NULL);
        try_changed(test, folder, whole, i, cornu_array_zeros(CORNU_INT16, 1, (const int64_t[]){0}));
        try_changed(test, folder, whole, i, cornu_array_zeros(cornu_array_dtype(item), 1, (const int64_t[]){3}));
        try_changed(test, folder, whole, i, numbers_like(item, -1));
        try_changed(test, folder, whole, i, numbers_like(item, INT64_MAX));
        try_changed(test, folder, whole, i, numbers_like(item, 2));
    }
    cornu_set_warning_handler(NULL, NULL);
    cornu_array_release(whole);
}

static void damage_latest(const scripted *test)
{
    write_bytes(scripted_path(test, "backup/latest.npz"), "PK", 2);
}

static void the_file_before_a_damaged_one_is_used_with_double_checkpoint(void **state)
{
    const scripted *test = *state;
    const killed_training what = {.save_freq = 1, .doubles = true, .validates = ON_ARRAYS};
    char *wanted, *got;
    assert_true(killed_training_run(test, &what, (killer){.left = NEVER}, &wanted));
    int all = killed_training_made(test);
    for (int round = 0; round < 3; round++) {
        assert_false(killed_training_run(test, &what, (killer){.left = 3}, NULL));
        if (round == 0)
            assert_int_equal(unlink(scripted_path(test, "backup/latest.npz")), 0);
        else
            damage_latest(test);
        if (round == 2) /* killed again before the next backup: the damaged file has not taken the other's place */
            assert_false(killed_training_run(test, &what, (killer){.left = 0}, NULL));
        assert_true(killed_training_run(test, &what, (killer){.left = NEVER}, &got));
        assert_string_equal(got, wanted);
        assert_int_equal(killed_training_made(test), all - 2);
        assert_int_not_equal(access(scripted_path(test, "backup"), F_OK), 0);
        free(got);
    }
    free(wanted);
}

static void the_file_before_is_used_with_a_warning(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup");
    scripted_run(test, 2, cornu_backup_and_restore(folder, .double_checkpoint = true, .delete_checkpoint = false),
                 NULL);
    damage_latest(test);
    listen();
    assert_int_equal(scripted_run(test, 2, cornu_backup_and_restore(folder, .double_checkpoint = true), NULL), 2);
    expect_said("latest.npz cannot be read");
    expect_said("goes on from the one before it");
    cornu_set_warning_handler(NULL, NULL);
    assert_int_not_equal(access(folder, F_OK), 0);
}

/* --- A full disk --- */

static void on_a_full_disk_training_fails_and_the_old_file_stays(void **state)
{
    const scripted *test = *state;
    char *wanted, *got;
    for (int doubles = 0; doubles < 2; doubles++) {
        const killed_training what = {.save_freq = 1, .doubles = doubles};
        assert_true(killed_training_run(test, &what, (killer){.left = NEVER}, &wanted));
        assert_false(killed_training_run(test, &what, (killer){.left = 5, .full = true}, NULL));
        assert_true(killed_training_run(test, &what, (killer){.left = NEVER}, &got));
        assert_string_equal(got, wanted);
        assert_int_equal(killed_training_made(test), KILLED_EPOCHS * KILLED_STEPS - 5);
        free(wanted);
        free(got);
    }
}

/* --- Files that a killed process had begun --- */

static cornu_status leave_behind(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training, (void)epoch, (void)logs;
    write_bytes(state, "half", 4);
    return CORNU_OK;
}

static void the_folder_goes_at_the_end_with_what_a_killed_process_left(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup");
    char left[500];
    snprintf(left, sizeof left, "%s/latest.npz.new-%ld-5", folder, (long)getpid());
    assert_int_equal(mkdir(folder, 0777), 0);
    write_bytes(left, "half", 4);
    scripted_run(test, 1, cornu_backup_and_restore(folder, .delete_checkpoint = false), NULL);
    assert_int_not_equal(access(left, F_OK), 0);
    scripted_run(test, 2, cornu_backup_and_restore(folder),
                 cornu_callback_create(.on_epoch_end = leave_behind, .state = left));
    assert_int_not_equal(access(folder, F_OK), 0);
}

/* --- Files of something else --- */

static void files_that_do_not_fit_are_refused_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup"), *file = scripted_path(test, "backup/latest.npz");
    assert_int_equal(mkdir(folder, 0777), 0);
    write_bytes(file, "PK but not really", 17);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "BackupAndRestore", "latest.npz");
    assert_int_equal(cornu_save_weights(test->model, file), CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "no whole backup of a training");
    unlink(file);
    listen();
    scripted_run(test, 1, cornu_backup_and_restore(folder, .delete_checkpoint = false), NULL);
    assert_int_equal(cornu_compile(test->model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy"),
                     CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "by Adam", "compiled with SGD");
    assert_int_equal(
        cornu_compile(test->model, .optimizer = cornu_adam(.use_ema = true), .loss = "sparse_categorical_crossentropy"),
        CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "'optimizer_memory'");
    assert_int_equal(cornu_compile(test->model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy"),
                     CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "metrics of the model");
    scripted_fails_with(test, cornu_backup_and_restore(""), CORNU_ERROR_INVALID_ARGUMENT, "backup_dir");
    scripted_fails_with(test, cornu_backup_and_restore(folder, .save_freq = -1), CORNU_ERROR_INVALID_ARGUMENT,
                        "save_freq is -1");
    scripted_fails_with(test, cornu_backup_and_restore("/dev/null/backup"), CORNU_ERROR_IO, "/dev/null");
    cornu_set_warning_handler(NULL, NULL);
}

static void the_backup_of_another_model_is_refused(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 6);
    cornu_model *other = cornu_sequential(.name = "other");
    cornu_add(other, cornu_dense(9, .input_shape = {SMALL_FEATURES}, .name = "hidden"));
    cornu_add(other, cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "classes"));
    assert_int_equal(
        cornu_compile(other, .optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}),
        CORNU_OK);
    assert_null(cornu_fit(
        other, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
        .callbacks = {cornu_backup_and_restore(folder), cornu_early_stopping(.monitor = "loss", .patience = 5)}));
    expect_error(CORNU_ERROR_FORMAT, "latest.npz: the trained weights");
    cornu_model_release(other);
}

/* --- Trainings that are not as they were --- */

static void other_data_in_mid_epoch_are_an_error(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 6);
    assert_null(go_on_with(test, (cornu_fit_options){.batch_size = 20, .shuffle = true}, folder));
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "batch 2 of epoch 2");
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "batch_size is 20 and was 10");
    assert_null(go_on_with(test, (cornu_fit_options){.batch_size = 10}, folder));
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "shuffle is 0 and was 1");
    assert_null(go_on_with(test, (cornu_fit_options){.batch_size = 10, .shuffle = true, .steps_per_epoch = 3}, folder));
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "steps_per_epoch is 3 and was 0");
    assert_null(
        go_on_with(test, (cornu_fit_options){.batch_size = 10, .shuffle = true, .validation_split = 0.5}, folder));
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "samples is 20 and was 40");
    cornu_sequence *sequence = cornu_array_sequence(test->x, test->y, .batch_size = 10);
    assert_null(cornu_fit_generator(test->model, sequence, .epochs = 3, .verbose = 0,
                                    .callbacks = {cornu_backup_and_restore(folder)}));
    expect_error(CORNU_ERROR_INVALID_ARGUMENT, "samples is now a generator's and was fit's");
    cornu_sequence_release(sequence);
    cornu_history *history = go_on(test, folder); /* as it was */
    assert_non_null(history);
    cornu_history_release(history);
}

static void other_data_between_epochs_are_a_warning(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 4);
    listen();
    cornu_history *history = go_on_with(test, (cornu_fit_options){.batch_size = 20, .shuffle = true}, folder);
    assert_non_null(history);
    assert_int_equal(cornu_history_epoch_count(history), 3);
    expect_said("batch_size is 20 and was 10");
    cornu_set_warning_handler(NULL, NULL);
    cornu_history_release(history);
}

static void a_sequence_of_another_length_is_an_error_in_mid_epoch(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup");
    cornu_sequence *four = cornu_array_sequence(test->x, test->y, .batch_size = 10);
    cornu_sequence *eight = cornu_array_sequence(test->x, test->y, .batch_size = 5);
    int batches = 6;
    cornu_callback *stop = cornu_callback_create(.on_train_batch_end = stop_after, .state = &batches);
    cornu_history_release(cornu_fit_generator(test->model, four, .epochs = 3, .verbose = 0,
                                              .callbacks = {stop, cornu_backup_and_restore(folder)}));
    assert_null(cornu_fit_generator(test->model, eight, .epochs = 3, .verbose = 0,
                                    .callbacks = {cornu_backup_and_restore(folder)}));
    expect_error(CORNU_ERROR_STATE, "after batch 2 of 4 in epoch 2, which now has 8");
    cornu_sequence_release(four);
    cornu_sequence_release(eight);
}

static void other_callbacks_are_a_warning(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 6);
    listen();
    cornu_history *history =
        cornu_fit(test->model, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
                  .callbacks = {cornu_reduce_lr_on_plateau(.monitor = "loss"), cornu_backup_and_restore(folder)});
    assert_non_null(history);
    expect_said("without the callback EarlyStopping");
    expect_said("with the callback ReduceLROnPlateau");
    cornu_set_warning_handler(NULL, NULL);
    cornu_history_release(history);
}

static void another_learning_rate_is_a_warning(void **state)
{
    const scripted *test = *state;
    const char *folder = leave_backup(test, 6);
    assert_int_equal(cornu_compile(test->model, .optimizer = cornu_adam(.learning_rate = 0.5),
                                   .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}),
                     CORNU_OK);
    listen();
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
                                       .callbacks = {cornu_backup_and_restore(folder)});
    assert_non_null(history);
    expect_said("goes on with the learning rate that it had, 0.001: the 0.5 that it is compiled with now is not used");
    assert_true(cornu_learning_rate(test->model) == 1e-3);
    cornu_set_warning_handler(NULL, NULL);
    cornu_history_release(history);
}

static void a_generator_that_is_asked_again_is_announced(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup");
    listen();
    for (int run = 0; run < 2; run++) {
        int batches = 6;
        cornu_callback *stop = cornu_callback_create(.on_train_batch_end = stop_after, .state = &batches);
        cornu_generator *generator = cornu_generator_create(.next = small_batches_next, .release = small_batches_free,
                                                            .state = small_batches_make(test->x, test->y, 10, NULL, 3));
        cornu_history_release(cornu_fit_generator(test->model, generator, .steps_per_epoch = 4, .epochs = 3,
                                                  .verbose = 0, .workers = 0,
                                                  .callbacks = {stop, cornu_backup_and_restore(folder)}));
        cornu_generator_release(generator);
    }
    expect_said("training goes on with epoch 2; the generator is asked again for the 6 batches before");
    cornu_set_warning_handler(NULL, NULL);
}

static void the_bar_goes_on_in_mid_epoch(void **state)
{
    const scripted *test = *state;
    char text[4096];
    const char *folder = leave_backup(test, 6);
    scripted_capture_begin();
    cornu_history *history = cornu_fit(
        test->model, test->x, test->y, .epochs = 3, .verbose = 2, .batch_size = 10,
        .callbacks = {cornu_backup_and_restore(folder), cornu_early_stopping(.monitor = "loss", .patience = 5)});
    scripted_capture_end(text, sizeof text);
    assert_non_null(history);
    assert_null(strstr(text, "Epoch 1/3"));
    assert_non_null(strstr(text, "Epoch 2/3\n4/4 - "));
    assert_non_null(strstr(text, "Epoch 3/3\n4/4 - "));
    cornu_history_release(history);
}

/* --- Callbacks of a program --- */

static cornu_array *cannot_save(void *state)
{
    (void)state;
    cornu_error_set(CORNU_ERROR_DATA, "too much to remember");
    return NULL;
}

static cornu_status load_nothing(void *state, const cornu_array *saved)
{
    (void)state;
    (void)saved;
    return CORNU_OK;
}

static void a_callback_that_cannot_save_ends_training(void **state)
{
    const scripted *test = *state;
    cornu_callback *callback =
        cornu_callback_create(.name = "memory", .save_state = cannot_save, .load_state = load_nothing);
    assert_null(cornu_fit(test->model, test->x, test->y, .verbose = 0,
                          .callbacks = {callback, cornu_backup_and_restore(scripted_path(test, "backup"))}));
    expect_error(CORNU_ERROR_DATA, "memory, save_state: too much to remember");
    scripted_fails_with(test, cornu_callback_create(.name = "half", .save_state = cannot_save),
                        CORNU_ERROR_INVALID_ARGUMENT, "half", "there is save_state without load_state");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(truncated_at_any_length_a_file_is_refused_in_words),
        TEST(with_any_bit_changed_a_file_is_refused_or_the_same),
        TEST(a_file_with_any_content_does_no_harm),
        TEST(the_file_before_a_damaged_one_is_used_with_double_checkpoint),
        TEST(the_file_before_is_used_with_a_warning),
        TEST(on_a_full_disk_training_fails_and_the_old_file_stays),
        TEST(the_folder_goes_at_the_end_with_what_a_killed_process_left),
        TEST(files_that_do_not_fit_are_refused_before_the_first_epoch),
        TEST(the_backup_of_another_model_is_refused),
        TEST(other_data_in_mid_epoch_are_an_error),
        TEST(other_data_between_epochs_are_a_warning),
        TEST(a_sequence_of_another_length_is_an_error_in_mid_epoch),
        TEST(other_callbacks_are_a_warning),
        TEST(another_learning_rate_is_a_warning),
        TEST(a_generator_that_is_asked_again_is_announced),
        TEST(the_bar_goes_on_in_mid_epoch),
        TEST(a_callback_that_cannot_save_ends_training),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
