/*
 * TensorBoard's event files, read back by a reader of the test's own.
 *
 * With --write FOLDER the program writes a training's files there instead: test_tensorboard.py shows them to the real TensorBoard.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format/tfrecord.h"
#include "train/event_reader.h"
#include "train/scripted.h"

/* --- Tests --- */

static void sums_are_those_of_the_castagnoli_polynomial(void **state)
{
    (void)state;
    unsigned char zeros[32] = {0}; /* RFC 3720, B.4 */
    assert_int_equal(cornu__crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(cornu__crc32c(zeros, sizeof zeros), 0x8a9136aa);
    assert_int_equal(cornu__crc32c("", 0), 0);
}

static void epochs_go_to_the_two_folders(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    cornu_history *history =
        cornu_fit(test->model, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
                  .validation_data = {.x = test->x, .y = test->y},
                  .callbacks = {cornu_tensorboard(.log_dir = scripted_path(test, "logs/run"), .write_graph = false)});
    assert_non_null(history);
    int count = read_folder(scripted_path(test, "logs/run/train"), events);
    check_head(events, count);
    assert_int_equal(count, 1 + 3 * 3); /* the version; loss, accuracy, learning rate */
    for (int epoch = 0; epoch < 3; epoch++) {
        check_value(events, count, "epoch_loss", epoch, cornu_history_get(history, "loss", epoch));
        check_value(events, count, "epoch_accuracy", epoch, cornu_history_get(history, "accuracy", epoch));
        check_value(events, count, "epoch_learning_rate", epoch, 0.001);
    }
    count = read_folder(scripted_path(test, "logs/run/validation"), events);
    check_head(events, count);
    assert_int_equal(count, 1 + 3 * 4);
    for (int epoch = 0; epoch < 3; epoch++) {
        double loss = cornu_history_get(history, "val_loss", epoch);
        check_value(events, count, "epoch_loss", epoch, loss);
        check_value(events, count, "epoch_accuracy", epoch, cornu_history_get(history, "val_accuracy", epoch));
        check_value(events, count, "evaluation_loss_vs_iterations", 4 * (epoch + 1), loss);
    }
    cornu_history_release(history);
}

static void batches_are_written_when_asked_for(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    scripted_run(
        test, 2,
        cornu_tensorboard(.log_dir = scripted_path(test, "logs"), .update_freq = 3, .write_steps_per_second = true),
        NULL);
    int count = read_folder(scripted_path(test, "logs/train"), events), batches = 0;
    check_head(events, count);
    for (int i = 0; i < count; i++)
        batches += strncmp(events[i].tag, "batch_", 6) == 0;
    assert_int_equal(batches, 2 * 3); /* of 8 batches the 3rd and the 6th: loss, accuracy, speed */
    assert_true(find(events, count, "batch_loss", 3)->value > 0 && find(events, count, "batch_loss", 6)->value > 0);
    assert_true(find(events, count, "batch_steps_per_second", 3)->value > 0);
    assert_true(find(events, count, "epoch_steps_per_second", 1)->value > 0);
    assert_int_equal(read_folder(scripted_path(test, "logs/validation"), events), -1); /* there was none */
}

static void an_evaluation_is_written_too(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    static cornu_logs results;
    scripted_run(test, 1, NULL, NULL);
    assert_int_equal(cornu_evaluate(test->model, test->x, test->y, &results, .verbose = 0,
                                    .callbacks = {cornu_tensorboard(.log_dir = scripted_path(test, "logs"))}),
                     CORNU_OK);
    int count = read_folder(scripted_path(test, "logs/validation"), events);
    assert_int_equal(count, 3);
    check_value(events, count, "evaluation_loss_vs_iterations", 4, cornu_logs_get(&results, "loss"));
}

static void what_cannot_be_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    scripted_fails_with(test, cornu_tensorboard(.log_dir = ""), CORNU_ERROR_INVALID_ARGUMENT, "TensorBoard", "log_dir");
    scripted_fails_with(test, cornu_tensorboard(.update_freq = -1), CORNU_ERROR_INVALID_ARGUMENT, "update_freq is -1");
    scripted_fails_with(test, cornu_tensorboard(.histogram_freq = -2), CORNU_ERROR_INVALID_ARGUMENT,
                        "histogram_freq is -2");
    scripted_fails_with(test, cornu_tensorboard(.log_dir = "/dev/null/logs"), CORNU_ERROR_IO, "/dev/null");
}

/* --- For the real TensorBoard --- */

/* A functional model, so that the graph has two ways to show. */
static cornu_model *forked_model(void)
{
    cornu_tensor *x = cornu_input(.shape = {SMALL_FEATURES}, .name = "x");
    cornu_tensor *wide = cornu_call(cornu_dense(8, .activation = "relu", .name = "wide"), x);
    cornu_tensor *joined = cornu_call(cornu_concatenate(.name = "joined"), wide, x);
    cornu_tensor *y = cornu_call(cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "y"), joined);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {y}, .name = "forked");
    cornu_compile(model, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"});
    return model;
}

static int write_training(const char *folder, cornu_model *model)
{
    char path[SCRIPTED_PATH_SIZE];
    cornu_array *x = small_x(SCRIPTED_ROWS), *y = small_y(SCRIPTED_ROWS);
    snprintf(path, sizeof path, "%s/%s", folder, cornu_model_name(model));
    cornu_history *history = cornu_fit(
        model, x, y, .epochs = 3, .verbose = 0, .batch_size = 10, .validation_data = {.x = x, .y = y},
        .callbacks = {cornu_tensorboard(.log_dir = path, .update_freq = 2, .histogram_freq = 1, .write_images = true)});
    int failed = history == NULL;
    if (failed)
        fprintf(stderr, "%s\n", cornu_error_message());
    cornu_history_release(history);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_model_release(model);
    return failed;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_training(argv[2], small_model(3)) || write_training(argv[2], forked_model());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_castagnoli_polynomial),
        TEST(epochs_go_to_the_two_folders),
        TEST(batches_are_written_when_asked_for),
        TEST(an_evaluation_is_written_too),
        TEST(what_cannot_be_is_an_error_before_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
