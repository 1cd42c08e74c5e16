/* BackupAndRestore: a training killed at any batch and started again ends with the bits of one that was never interrupted. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "train/scripted.h"

#define EPOCHS 4
#define BATCH_SIZE 10
#define BATCHES (EPOCHS * SCRIPTED_ROWS / BATCH_SIZE)
#define NEVER (-1)

typedef enum door { BY_FIT, BY_SEQUENCE, BY_GENERATOR, DOORS } door;

/* --- A training in a process of its own, which kills itself after some batches --- */

typedef struct killer {
    int left; /* batches until then */
    bool stop;
} killer;

static cornu_status count_down(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    killer *self = state;
    (void)training;
    (void)batch;
    (void)logs;
    if (self->left != NEVER && self->left-- == 0) {
        if (!self->stop)
            kill(getpid(), SIGKILL);
        cornu_request_stop();
    }
    return CORNU_OK;
}

/* Lower with each epoch, as a schedule of the program's own: what is set must come back too. */
static double decay(int64_t epoch, double learning_rate, void *state)
{
    (void)epoch;
    (void)state;
    return 0.9 * learning_rate;
}

static cornu_history *fit(door way, cornu_model *model, const cornu_array *x, const cornu_array *y, killer *kills,
                          cornu_callback *backup)
{
    cornu_callback *end = cornu_callback_create(.on_train_batch_end = count_down, .state = kills);
    cornu_callback *rate = cornu_learning_rate_scheduler(decay, NULL);
    if (way == BY_FIT)
        return cornu_fit(model, x, y, .epochs = EPOCHS, .batch_size = BATCH_SIZE, .verbose = 0,
                         .validation_data = {.x = x, .y = y}, .callbacks = {end, rate, backup});
    small_batches *batches = small_batches_make(x, y, BATCH_SIZE, NULL, EPOCHS);
    cornu_generator *generator =
        way == BY_GENERATOR
            ? cornu_generator_create(.next = small_batches_next, .state = batches, .release = small_batches_free)
            : NULL;
    cornu_sequence *sequence = way == BY_SEQUENCE
                                   ? cornu_sequence_create(.length = small_batches_length, .get = small_batches_get,
                                                           .state = batches, .release = small_batches_free)
                                   : NULL;
    cornu_history *history =
        way == BY_GENERATOR
            ? cornu_fit_generator(model, generator, .epochs = EPOCHS, .steps_per_epoch = BATCHES / EPOCHS, .verbose = 0,
                                  .workers = 0, .callbacks = {end, rate, backup})
            : cornu_fit_generator(model, sequence, .epochs = EPOCHS, .verbose = 0, .workers = 0,
                                  .callbacks = {end, rate, backup});
    cornu_generator_release(generator);
    cornu_sequence_release(sequence);
    return history;
}

/* In the child: trains, and writes the digest of the weights. Its exit status: 0 when it came to the end. */
static int train(door way, const char *folder, const char *digest_path, killer kills)
{
    char digest[CORNU_SHA256_TEXT_SIZE];
    cornu_model *model = small_model(3);
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.02, .use_ema = true),
                  .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}, .threads = 1);
    cornu_array *x = small_x(SCRIPTED_ROWS), *y = small_y(SCRIPTED_ROWS);
    cornu_history *history = fit(way, model, x, y, &kills, cornu_backup_and_restore(folder));
    if (!history) {
        fprintf(stderr, "%s\n", cornu_error_message());
        return 2;
    }
    small_digest(model, digest);
    FILE *file = fopen(digest_path, "w");
    if (!file || fputs(digest, file) < 0 || fclose(file) != 0)
        return 3;
    return 0;
}

/* Whether the child came to its end; false: it was killed. */
static bool run_child(door way, const char *folder, const char *digest_path, killer kills)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(train(way, folder, digest_path, kills));
    assert_true(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return false;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

static void read_digest(const char *path, char digest[CORNU_SHA256_TEXT_SIZE])
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(digest, CORNU_SHA256_TEXT_SIZE, file));
    fclose(file);
}

static void check_killed(const scripted *test, door way, const int *kills, int count)
{
    char wanted[CORNU_SHA256_TEXT_SIZE], got[CORNU_SHA256_TEXT_SIZE];
    const char *folder = scripted_path(test, "backup"), *digest_path = scripted_path(test, "digest");
    assert_true(run_child(way, folder, digest_path, (killer){.left = NEVER}));
    read_digest(digest_path, wanted);
    assert_int_not_equal(access(folder, F_OK), 0); /* removed at the end */
    for (int i = 0; i < count; i++)
        assert_false(run_child(way, folder, digest_path, (killer){.left = kills[i]}));
    assert_true(run_child(way, folder, digest_path, (killer){.left = NEVER}));
    read_digest(digest_path, got);
    assert_string_equal(got, wanted);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void killed_at_each_batch_it_ends_the_same(void **state)
{
    for (int batch = 0; batch < BATCHES; batch++)
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
    assert_true(run_child(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    read_digest(digest_path, wanted);
    assert_true(run_child(BY_FIT, folder, digest_path, (killer){.left = 6, .stop = true}));
    assert_int_equal(access(folder, F_OK), 0);
    assert_true(run_child(BY_FIT, folder, digest_path, (killer){.left = NEVER}));
    read_digest(digest_path, got);
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
