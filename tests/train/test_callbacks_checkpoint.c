/* ModelCheckpoint: when it saves, under which names, and what. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/saving.h>

#include "base/memory.h"
#include "support/decimal_comma.h"
#include "train/callbacks/file_pattern.h"
#include "train/scripted.h"

#define NOTHING NAN

static bool exists(const scripted *test, const char *name)
{
    return access(scripted_path(test, name), F_OK) == 0;
}

static void fill(const char *pattern, const char *wanted)
{
    const cornu__pattern_number numbers[] = {{"epoch", 3}};
    cornu_logs values = {.count = 0};
    cornu_logs_set(&values, "loss", 0.0123456);
    cornu_logs_set(&values, "val_loss", -12.5);
    cornu_logs_set(&values, "accuracy", 1);
    char *name = cornu__file_pattern_fill(pattern, 1, numbers, &values);
    if (!name)
        fail_msg("%s", cornu_error_message());
    assert_string_equal(name, wanted);
    cornu__free(name);
}

/* The expected texts are those of Python 3's str.format. */
static void fields_are_filled_as_python_fills_them(void **state)
{
    (void)state;
    fill("plain.npz", "plain.npz");
    fill("w.{epoch:02d}-{val_loss:.2f}.npz", "w.03--12.50.npz");
    fill("{epoch}", "3");
    fill("{epoch:d}|{epoch:5d}|{epoch:+d}|{epoch:.1f}", "3|    3|+3|3.0");
    fill("{loss}|{accuracy}|{val_loss}", "0.0123456|1.0|-12.5");
    fill("{loss:.4f}|{loss:e}|{loss:.3e}|{loss:g}|{loss:.2%}", "0.0123|1.234560e-02|1.235e-02|0.0123456|1.23%");
    fill("{loss:08.3f}|{val_loss:8.1f}|{val_loss:08}|{accuracy:6}", "0000.012|   -12.5|-00012.5|   1.0");
    fill("{{{epoch}}}", "{3}");
}

static void fields_are_filled_with_points_in_any_locale(void **state)
{
    if (!decimal_comma_begin())
        skip();
    fields_are_filled_as_python_fills_them(state);
    decimal_comma_end();
}

static void refuse(const char *pattern, const char *word)
{
    const cornu__pattern_number numbers[] = {{"epoch", 3}};
    cornu_logs values = {.count = 0};
    cornu_logs_set(&values, "loss", 1);
    cornu_error_clear();
    assert_null(cornu__file_pattern_fill(pattern, 1, numbers, &values));
    if (!strstr(cornu_error_message(), word))
        fail_msg("no '%s' in: %s", word, cornu_error_message());
}

static void patterns_that_cannot_be_filled_are_refused(void **state)
{
    (void)state;
    refuse("{epoch", "has no }");
    refuse("epoch}", "has no {");
    refuse("{}", "has no name");
    refuse("{:d}", "has no name");
    refuse("{loss:x}", "'x' is no format");
    refuse("{loss:.}", "no format");
    refuse("{loss:100f}", "no format");
    refuse("{epoch:.2d}", "no format");
    refuse("{loss:d}", "not a whole number");
    refuse("{los}", "was 'loss' meant?");
}

static void each_epoch_has_its_file(void **state)
{
    const scripted *test = *state;
    char digest[CORNU_SHA256_TEXT_SIZE], loaded[CORNU_SHA256_TEXT_SIZE];
    const char *pattern = scripted_path(test, "runs/a/w.{epoch:02d}-{score:.1f}.npz");
    scripted_run(test, 3, scripted_values((double[]){0.25, 0.5, 0.75}),
                 cornu_model_checkpoint(pattern, .save_weights_only = true));
    assert_true(exists(test, "runs/a/w.01-0.2.npz") && exists(test, "runs/a/w.02-0.5.npz"));
    small_digest(test->model, digest);
    cornu_model *other = small_model(99);
    assert_int_equal(cornu_load_weights(other, scripted_path(test, "runs/a/w.03-0.8.npz")), CORNU_OK);
    small_digest(other, loaded);
    assert_string_equal(digest, loaded);
    assert_int_equal(cornu_load_weights(other, scripted_path(test, "runs/a/w.02-0.5.npz")), CORNU_OK);
    small_digest(other, loaded);
    assert_string_not_equal(digest, loaded);
    cornu_model_release(other);
}

static void save_best_only_keeps_the_best(void **state)
{
    const scripted *test = *state;
    const double *values = (double[]){3, 4, 2, NOTHING, 2, 1, NOTHING};
    const char *pattern = scripted_path(test, "{epoch}.npz");
    scripted_run(
        test, 7, scripted_values(values),
        cornu_model_checkpoint(pattern, .monitor = "score", .save_best_only = true, .save_weights_only = true));
    assert_true(exists(test, "1.npz") && exists(test, "3.npz") && exists(test, "6.npz"));
    assert_false(exists(test, "2.npz") || exists(test, "4.npz") || exists(test, "5.npz") || exists(test, "7.npz"));
}

static void mode_and_threshold_say_what_is_better(void **state)
{
    const scripted *test = *state;
    const double *values = (double[]){3, 4, 2, 5};
    scripted_run(test, 4, scripted_values(values),
                 cornu_model_checkpoint(scripted_path(test, "max{epoch}.npz"), .monitor = "score", .mode = "max",
                                        .save_best_only = true, .save_weights_only = true,
                                        .initial_value_threshold = 3.5));
    assert_true(exists(test, "max2.npz") && exists(test, "max4.npz"));
    assert_false(exists(test, "max1.npz") || exists(test, "max3.npz"));
    scripted_run(test, 4, scripted_values(values),
                 cornu_model_checkpoint(scripted_path(test, "min{epoch}.npz"), .monitor = "score", .mode = "min",
                                        .save_best_only = true, .save_weights_only = true,
                                        .initial_value_threshold = 2.0));
    assert_false(exists(test, "min1.npz") || exists(test, "min3.npz")); /* 2 is not better than 2 */
}

static void period_counts_epochs_and_save_freq_batches(void **state)
{
    const scripted *test = *state;
    scripted_run(test, 5,
                 cornu_model_checkpoint(scripted_path(test, "p{epoch}.npz"), .save_weights_only = true, .period = 2),
                 NULL);
    assert_true(exists(test, "p2.npz") && exists(test, "p4.npz"));
    assert_false(exists(test, "p1.npz") || exists(test, "p3.npz") || exists(test, "p5.npz"));
    /* 4 batches an epoch: the 3rd, 6th, 9th and 12th */
    scripted_run(test, 3,
                 cornu_model_checkpoint(scripted_path(test, "b{epoch}-{batch:02d}.npz"), .save_weights_only = true,
                                        .save_freq = 3),
                 NULL);
    assert_true(exists(test, "b1-03.npz") && exists(test, "b2-02.npz") && exists(test, "b3-01.npz") &&
                exists(test, "b3-04.npz"));
    assert_false(exists(test, "b1-04.npz") || exists(test, "b2-03.npz"));
}

static void values_so_far_stand_in_names_of_batches(void **state)
{
    const scripted *test = *state;
    char name[100];
    cornu_history *history = cornu_fit(
        test->model, test->x, test->y, .verbose = 0, .batch_size = 10,
        .callbacks = {cornu_model_checkpoint(scripted_path(test, "loss{loss:.6f}.npz"), .save_freq = 4,
                                             .save_weights_only = true, .save_best_only = true, .monitor = "loss")});
    assert_non_null(history);
    snprintf(name, sizeof name, "loss%.6f.npz", cornu_history_get(history, "loss", 0)); /* the 4th batch is the last */
    assert_true(exists(test, name));
    cornu_history_release(history);
}

static void messages_are_those_of_keras_3(void **state)
{
    const scripted *test = *state;
    char text[4000], wanted[4000];
    const char *path = scripted_path(test, "best.npz");
    scripted_capture_begin();
    scripted_run(test, 3, scripted_values((double[]){3, 4, 2}),
                 cornu_model_checkpoint(path, .monitor = "score", .save_best_only = true, .save_weights_only = true,
                                        .verbose = 1));
    scripted_run(test, 1, cornu_model_checkpoint(path, .save_weights_only = true, .verbose = 1), NULL);
    scripted_capture_end(text, sizeof text);
    snprintf(wanted, sizeof wanted,
             "\nEpoch 1: score improved from None to 3.00000, saving model to %s\n"
             "\nEpoch 1: finished saving model to %s\n"
             "\nEpoch 2: score did not improve from 3.00000\n"
             "\nEpoch 3: score improved from 3.00000 to 2.00000, saving model to %s\n"
             "\nEpoch 3: finished saving model to %s\n"
             "\nEpoch 1: saving model to %s\n"
             "\nEpoch 1: finished saving model to %s\n",
             path, path, path, path, path, path);
    assert_string_equal(text, wanted);
}

static void what_cannot_be_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    const char *path = scripted_path(test, "w.npz");
    scripted_fails_with(test, cornu_model_checkpoint(path), CORNU_ERROR_INVALID_ARGUMENT, "ModelCheckpoint",
                        "whole models", ".keras", "save_weights_only is false");
    scripted_fails_with(test, cornu_model_checkpoint("w.weights.h5"), CORNU_ERROR_INVALID_ARGUMENT, "whole models",
                        "w.weights.h5", "save_weights_only is false");
    scripted_fails_with(test, cornu_model_checkpoint("w.keras", .save_weights_only = true),
                        CORNU_ERROR_INVALID_ARGUMENT, ".npz", "w.keras", "save_weights_only is true");
    scripted_fails_with(test, cornu_model_checkpoint("w", .save_weights_only = true), CORNU_ERROR_INVALID_ARGUMENT,
                        ".npz");
    scripted_fails_with(test, cornu_model_checkpoint("", .save_weights_only = true), CORNU_ERROR_INVALID_ARGUMENT,
                        "file name");
    scripted_fails_with(test, cornu_model_checkpoint(path, .save_weights_only = true, .period = 0),
                        CORNU_ERROR_INVALID_ARGUMENT, "period is 0");
    scripted_fails_with(test, cornu_model_checkpoint(path, .save_weights_only = true, .save_freq = -1),
                        CORNU_ERROR_INVALID_ARGUMENT, "save_freq is -1");
    scripted_fails_with(test, cornu_model_checkpoint(path, .save_weights_only = true, .save_freq = 5, .period = 2),
                        CORNU_ERROR_INVALID_ARGUMENT, "only one of them");
    scripted_fails_with(test, cornu_model_checkpoint(path, .save_weights_only = true, .mode = "best"),
                        CORNU_ERROR_UNKNOWN_NAME, "mode is \"best\"");
    scripted_fails_with(test, cornu_model_checkpoint(path, .save_weights_only = true, .save_best_only = true),
                        CORNU_ERROR_UNKNOWN_NAME, "'val_loss'", "'loss', 'accuracy'", "validation_split");
    scripted_fails_with(test, cornu_model_checkpoint("{acuracy}.npz", .save_weights_only = true),
                        CORNU_ERROR_UNKNOWN_NAME, "'acuracy' for the file name", "was 'accuracy' meant?");
    scripted_fails_with(test, cornu_model_checkpoint("{batch}.npz", .save_weights_only = true),
                        CORNU_ERROR_INVALID_ARGUMENT, "{batch}", "save_freq");
    scripted_fails_with(test, cornu_model_checkpoint("{val_loss}.npz", .save_weights_only = true, .save_freq = 2),
                        CORNU_ERROR_INVALID_ARGUMENT, "'val_loss' is known only after an epoch");
    scripted_fails_with(test, cornu_model_checkpoint("{loss:q}.npz", .save_weights_only = true),
                        CORNU_ERROR_INVALID_ARGUMENT, "'q' is no format");
    assert_int_equal(mkdir(scripted_path(test, "folder.npz"), 0777), 0);
    scripted_fails_with(test, cornu_model_checkpoint(scripted_path(test, "folder.npz"), .save_weights_only = true),
                        CORNU_ERROR_IO, "is a folder");
    scripted_fails_with(test, cornu_model_checkpoint("/dev/null/a/w.npz", .save_weights_only = true), CORNU_ERROR_IO,
                        "cannot make the folder '/dev/null'");
    assert_false(exists(test, "w.npz"));
}

static void whole_models_go_on_where_they_were_saved(void **state)
{
    const scripted *test = *state;
    const char *const names[] = {"m{epoch}.keras", "m{epoch}.h5"};
    const char *const files[] = {"m2.keras", "m2.h5"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char here[CORNU_SHA256_TEXT_SIZE], there[CORNU_SHA256_TEXT_SIZE];
        scripted_run(test, 2, cornu_model_checkpoint(scripted_path(test, names[i])), NULL);
        cornu_model *again = cornu_load_model(scripted_path(test, files[i]));
        assert_non_null(again);
        assert_int_equal(cornu_weights_sha256(test->model, here), CORNU_OK);
        assert_int_equal(cornu_weights_sha256(again, there), CORNU_OK);
        assert_string_equal(here, there);
        cornu_array *after = cornu_predict(again, test->x), *before = cornu_predict(test->model, test->x);
        assert_memory_equal(cornu_array_data(after), cornu_array_data(before),
                            (size_t)cornu_array_count(before) * sizeof(float));
        cornu_array_release(after);
        cornu_array_release(before);
        cornu_logs logs;
        assert_int_equal(cornu_train_on_batch(again, test->x, test->y, &logs), CORNU_OK); /* it is compiled */
        cornu_model_release(again);
    }
}

static void weights_are_saved_as_the_ending_says(void **state)
{
    const scripted *test = *state;
    const char *const names[] = {"w.npz", "w.weights.h5", "w.h5", "w.hdf5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char trained[CORNU_SHA256_TEXT_SIZE], loaded[CORNU_SHA256_TEXT_SIZE];
        scripted_run(test, 1, cornu_model_checkpoint(scripted_path(test, names[i]), .save_weights_only = true), NULL);
        cornu_weights_sha256(test->model, trained);
        cornu_train_on_batch(test->model, test->x, test->y, NULL);
        assert_int_equal(cornu_load_weights(test->model, scripted_path(test, names[i])), CORNU_OK);
        cornu_weights_sha256(test->model, loaded);
        assert_string_equal(loaded, trained);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_filled_as_python_fills_them),
        cmocka_unit_test(fields_are_filled_with_points_in_any_locale),
        cmocka_unit_test(patterns_that_cannot_be_filled_are_refused),
        TEST(each_epoch_has_its_file),
        TEST(save_best_only_keeps_the_best),
        TEST(mode_and_threshold_say_what_is_better),
        TEST(period_counts_epochs_and_save_freq_batches),
        TEST(values_so_far_stand_in_names_of_batches),
        TEST(messages_are_those_of_keras_3),
        TEST(whole_models_go_on_where_they_were_saved),
        TEST(weights_are_saved_as_the_ending_says),
        TEST(what_cannot_be_is_an_error_before_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
