/* BackupAndRestore: a training killed at any batch and started again ends with the bits of one that was never interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "train/killed_training.h"

static void check_killed(const scripted *test, door way, const int *kills, int count)
{
    char wanted[CORNU_SHA256_TEXT_SIZE], got[CORNU_SHA256_TEXT_SIZE];
    const char *folder = scripted_path(test, "backup"), *digest_path = scripted_path(test, "digest");
    assert_true(killed_training_run(way, folder, digest_path, (killer){.left = NEVER}));
    killed_training_digest(digest_path, wanted);
    assert_int_not_equal(access(folder, F_OK), 0); /* removed at the end */
    for (int i = 0; i < count; i++)
        assert_false(killed_training_run(way, folder, digest_path, (killer){.left = kills[i]}));
    assert_true(killed_training_run(way, folder, digest_path, (killer){.left = NEVER}));
    killed_training_digest(digest_path, got);
    assert_string_equal(got, wanted);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void killed_at_each_batch_it_ends_the_same(void **state)
{
    for (int batch = 0; batch < KILLED_BATCHES; batch++)
        check_killed(*state, BY_FIT, &batch, 1);
}

static void killed_again_and_again_it_ends_the_same(void **state)
{
    check_killed(*state, BY_FIT, (const int[]){5, 0, 4, 3, 6}, 5);
}

static void generators_go_on_too(void **state)
{
    check_killed(*state, BY_SEQUENCE, (const int[]){6, 5}, 2);
    check_killed(*state, BY_GENERATOR, (const int[]){6, 5}, 2);
}

static void a_training_that_was_stopped_goes_on(void **state)
{
    const scripted *test = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], got[CORNU_SHA256_TEXT_SIZE];
    const char *folder = scripted_path(test, "backup"), *digest_path = scripted_path(test, "digest");
    assert_true(killed_training_run(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    killed_training_digest(digest_path, wanted);
    assert_true(killed_training_run(BY_FIT, folder, digest_path, (killer){.left = 6, .stop = true}));
    assert_int_equal(access(folder, F_OK), 0);
    assert_true(killed_training_run(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    killed_training_digest(digest_path, got);
    assert_string_equal(got, wanted);
}

/* --- Files that do not fit --- */

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void files_that_do_not_fit_are_refused_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    const char *folder = scripted_path(test, "backup"), *file = scripted_path(test, "backup/latest.npz");
    assert_int_equal(mkdir(folder, 0777), 0);
    write_text(file, "PK but not really");
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "BackupAndRestore", "latest.npz");
    assert_int_equal(cornu_save_weights(test->model, file), CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "no backup of a training");
    unlink(file);
    scripted_run(test, 1, cornu_backup_and_restore(folder, .delete_checkpoint = false), NULL);
    assert_int_equal(cornu_compile(test->model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy"),
                     CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "by Adam", "compiled with SGD");
    assert_int_equal(
        cornu_compile(test->model, .optimizer = cornu_adam(.use_ema = true), .loss = "sparse_categorical_crossentropy"),
        CORNU_OK);
    scripted_fails_with(test, cornu_backup_and_restore(folder), CORNU_ERROR_FORMAT, "'optimizer_memory'");
    scripted_fails_with(test, cornu_backup_and_restore(""), CORNU_ERROR_INVALID_ARGUMENT, "backup_dir");
    scripted_fails_with(test, cornu_backup_and_restore("/dev/null/backup"), CORNU_ERROR_IO, "/dev/null");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_at_each_batch_it_ends_the_same),
        TEST(killed_again_and_again_it_ends_the_same),
        TEST(generators_go_on_too),
        TEST(a_training_that_was_stopped_goes_on),
        TEST(files_that_do_not_fit_are_refused_before_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
