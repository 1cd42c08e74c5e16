/* What an epoch waited for: how long, for which stage, and how the user is told. The sources here sleep in a known stage, far longer than all else takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/flow.h>
#include <cornu/image.h>

#include "base/folder.h"
#include "model/history.h"
#include "train/scripted.h"
#include "train/waiting.h"

#define BATCHES 10
#define BATCH_SIZE 4
#define ASLEEP 0.03 /* seconds in each batch */
#define MOST_OF 0.6 /* what counts as most of the time, on a machine that does other things too */

static void sleep_for(double seconds)
{
    const struct timespec pause = {.tv_nsec = (long)(seconds * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* --- A Sequence that sleeps --- */

typedef struct sleeper {
    const scripted *test;
    cornu_stage stage;
} sleeper;

static int64_t sleeper_length(void *state)
{
    (void)state;
    return BATCHES;
}

static cornu_status sleeper_get(void *state, int64_t index, cornu_batch *batch)
{
    const sleeper *self = state;
    cornu_stage before = cornu__stage_enter(self->stage);
    sleep_for(ASLEEP);
    cornu__stage_enter(before);
    batch->x = cornu_array_rows(self->test->x, index * BATCH_SIZE, (index + 1) * BATCH_SIZE);
    batch->y = cornu_array_rows(self->test->y, index * BATCH_SIZE, (index + 1) * BATCH_SIZE);
    return batch->x && batch->y ? CORNU_OK : cornu_error_status();
}

static cornu_sequence *sleeping(sleeper *self)
{
    cornu_sequence *sequence = cornu_sequence_create(.length = sleeper_length, .get = sleeper_get, .state = self);
    assert_non_null(sequence);
    return sequence;
}

static void assert_waited_for(const cornu_waiting *waiting, cornu_stage stage)
{
    double sum = 0;
    for (int i = 0; i < CORNU_STAGE_COUNT; i++) {
        sum += waiting->stages[i];
        assert_true(waiting->stages[i] >= 0);
    }
    assert_true(sum > 0.999999 * waiting->waited && sum < 1.000001 * waiting->waited);
    assert_true(waiting->waited <= waiting->seconds);
    assert_true(waiting->stages[stage] > MOST_OF * waiting->waited);
}

/* Two epochs; both waited for the stage. */
static void assert_fit_waits_for(const scripted *test, cornu_stage stage, int workers, bool processes)
{
    sleeper source = {test, stage};
    cornu_sequence *sequence = sleeping(&source);
    cornu_history *history = cornu_fit_generator(test->model, sequence, .epochs = 2, .workers = workers,
                                                 .max_queue_size = 1, .use_multiprocessing = processes, .verbose = 0);
    assert_non_null(history);
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        cornu_waiting waiting;
        assert_int_equal(cornu_history_waiting(history, epoch, &waiting), CORNU_OK);
        assert_waited_for(&waiting, stage);
        assert_true(waiting.waited > (workers == 0 ? ASLEEP * BATCHES : 0));
    }
    cornu_history_release(history);
    cornu_sequence_release(sequence);
}

static void a_sequence_that_sleeps_is_waited_for_whoever_calls_it(void **state)
{
    for (int workers = 0; workers <= 2; workers++)
        assert_fit_waits_for(*state, CORNU_STAGE_FUNCTION, workers, false);
}

static void the_stage_that_sleeps_is_the_one_that_is_named(void **state)
{
    assert_fit_waits_for(*state, CORNU_STAGE_DECODE, 1, false);
    assert_fit_waits_for(*state, CORNU_STAGE_READ, 2, false);
    assert_fit_waits_for(*state, CORNU_STAGE_AUGMENT, 0, false);
}

static void worker_processes_say_where_their_time_went(void **state)
{
    assert_fit_waits_for(*state, CORNU_STAGE_DECODE, 1, true);
    assert_fit_waits_for(*state, CORNU_STAGE_FUNCTION, 2, true);
}

static void arrays_are_not_waited_for(void **state)
{
    const scripted *test = *state;
    cornu_waiting waiting;
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .verbose = 0);
    assert_non_null(history);
    assert_int_equal(cornu_history_waiting(history, 0, &waiting), CORNU_OK);
    assert_true(waiting.seconds > 0);
    assert_true(waiting.waited == 0);
    cornu_history_release(history);
}

/* --- Pictures --- */

/* A folder of two classes with two pictures each. */
static void make_pictures(const char *folder)
{
    char path[4300];
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i % 2 ? "cat" : "ant");
        assert_int_equal(cornu__folder_make(path), CORNU_OK);
        snprintf(path, sizeof path, "%s/%s/%d.png", folder, i % 2 ? "cat" : "ant", i);
        cornu_array *picture = cornu_array_zeros(CORNU_UINT8, 3, (int64_t[]){12, 10, 3});
        assert_non_null(picture);
        ((uint8_t *)cornu_array_data(picture))[i] = 200;
        assert_int_equal(cornu_save_img(path, picture), CORNU_OK);
        cornu_array_release(picture);
    }
}

static cornu_status sleep_over_picture(void *state, float *picture, const int64_t shape[3])
{
    (void)state, (void)picture, (void)shape;
    sleep_for(ASLEEP);
    return CORNU_OK;
}

static cornu_model *picture_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_flatten(.input_shape = {6, 6, 3}));
    cornu_add(model, cornu_dense(2, .activation = "softmax"));
    assert_int_equal(cornu_compile(model, .loss = "categorical_crossentropy"), CORNU_OK);
    return model;
}

static void pictures_are_timed_by_stage(void **state)
{
    const scripted *test = *state;
    make_pictures(test->folder);
    cornu_image_data_generator *slow = cornu_image_data_generator_create(.preprocessing_function = sleep_over_picture);
    cornu_sequence *pictures = cornu_flow_from_directory(slow, test->folder, .target_size = cornu_pair(6, 6),
                                                         .batch_size = 2, .interpolation = "bilinear");
    cornu_model *model = picture_model();
    for (int processes = 0; processes < 2; processes++) {
        cornu_waiting waiting;
        cornu_history *history = cornu_fit_generator(model, pictures, .verbose = 0, .use_multiprocessing = processes);
        assert_non_null(history);
        assert_int_equal(cornu_history_waiting(history, 0, &waiting), CORNU_OK);
        assert_waited_for(&waiting, CORNU_STAGE_AUGMENT);
        assert_true(waiting.stages[CORNU_STAGE_READ] > 0);
        assert_true(waiting.stages[CORNU_STAGE_DECODE] > 0);
        assert_true(waiting.stages[CORNU_STAGE_RESIZE] > 0);
        assert_true((waiting.stages[CORNU_STAGE_TRANSPORT] > 0) == processes);
        cornu_history_release(history);
    }
    cornu_model_release(model);
    cornu_sequence_release(pictures);
    cornu_image_data_generator_release(slow);
    scripted_empty_folder(test);
}

/* --- Callbacks --- */

typedef struct looks {
    double after_batch, after_epoch, in_validation;
    bool grows;
} looks;

static cornu_status look_after_batch(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    looks *self = state;
    cornu_waiting waiting;
    (void)logs;
    cornu_training_waiting(training, &waiting);
    self->grows = (index == 0 || self->grows) && waiting.waited > self->after_batch && waiting.seconds > waiting.waited;
    self->after_batch = waiting.waited;
    return CORNU_OK;
}

static cornu_status look_in_validation(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    cornu_waiting waiting;
    (void)index, (void)logs;
    cornu_training_waiting(training, &waiting);
    ((looks *)state)->in_validation = waiting.waited;
    return CORNU_OK;
}

static cornu_status look_after_epoch(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    cornu_waiting waiting;
    (void)index, (void)logs;
    cornu_training_waiting(training, &waiting);
    ((looks *)state)->after_epoch = waiting.waited;
    return CORNU_OK;
}

static void callbacks_see_it_grow_and_validation_is_left_out(void **state)
{
    const scripted *test = *state;
    sleeper source = {test, CORNU_STAGE_FUNCTION};
    cornu_sequence *sequence = sleeping(&source);
    looks seen = {0};
    cornu_waiting waiting;
    cornu_history *history = cornu_fit_generator(
        test->model, sequence, .workers = 0, .verbose = 0, .validation_data = {.generator = sequence},
        .callbacks = {cornu_callback_create(.on_train_batch_end = look_after_batch, .on_epoch_end = look_after_epoch,
                                            .on_test_batch_end = look_in_validation, .state = &seen)});
    assert_non_null(history);
    assert_true(seen.grows);
    assert_true(seen.after_epoch == seen.after_batch);
    assert_true(seen.in_validation == seen.after_epoch);
    assert_int_equal(cornu_history_waiting(history, 0, &waiting), CORNU_OK);
    assert_true(waiting.waited == seen.after_epoch);
    cornu_history_release(history);
    cornu_sequence_release(sequence);
}

static void an_evaluation_is_timed_too(void **state)
{
    const scripted *test = *state;
    sleeper source = {test, CORNU_STAGE_READ};
    cornu_sequence *sequence = sleeping(&source);
    looks seen = {0};
    assert_int_equal(
        cornu_evaluate_generator(test->model, sequence, NULL, .verbose = 0,
                                 .callbacks = {cornu_callback_create(.on_test_batch_end = look_after_batch,
                                                                     .on_test_end = look_after_epoch, .state = &seen)}),
        CORNU_OK);
    assert_true(seen.after_epoch >= seen.after_batch && seen.after_batch > 0);
    cornu_sequence_release(sequence);
}

/* --- The history --- */

static void a_history_that_is_kept_knows_it_again(void **state)
{
    (void)state;
    const cornu_logs logs = {.count = 1, .names = {"loss"}, .values = {0.5}};
    const cornu_waiting waiting = {
        .seconds = 4, .waited = 1.5, .stages = {[CORNU_STAGE_READ] = 1, [CORNU_STAGE_TRANSPORT] = 0.5}};
    cornu_history *history = cornu__history_create(1), *again = cornu__history_create(1);
    assert_int_equal(cornu__history_add(history, 0, &logs), CORNU_OK);
    assert_int_equal(cornu__history_add(history, 1, &logs), CORNU_OK);
    cornu__history_set_waiting(history, &waiting);
    cornu_array *kept = cornu__history_save(history);
    assert_non_null(kept);
    assert_int_equal(cornu__history_load(again, kept), CORNU_OK);
    cornu_waiting first, second;
    assert_int_equal(cornu_history_waiting(again, 0, &first), CORNU_OK);
    assert_int_equal(cornu_history_waiting(again, 1, &second), CORNU_OK);
    assert_true(first.seconds == 0 && first.waited == 0);
    assert_memory_equal(&second, &waiting, sizeof waiting);
    assert_int_equal(cornu_history_waiting(again, 2, &second), CORNU_ERROR_INVALID_ARGUMENT);
    assert_string_equal(cornu_error_message(), "the history has 2 epochs, and no number 2");
    assert_int_equal(cornu_history_waiting(NULL, 0, &second), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_array_release(kept);
    cornu_history_release(history);
    cornu_history_release(again);
}

/* --- Telling the user --- */

static void it_is_told_in_one_sentence_largest_part_first(void **state)
{
    (void)state;
    const cornu_waiting waiting = {.seconds = 10,
                                   .waited = 2.5,
                                   .stages = {[CORNU_STAGE_READ] = 0.4,
                                              [CORNU_STAGE_DECODE] = 1.5,
                                              [CORNU_STAGE_AUGMENT] = 0.5,
                                              [CORNU_STAGE_COPY] = 0.1}};
    cornu__text text = {0};
    cornu__waiting_tell(&waiting, "epoch", &text);
    assert_string_equal(text.data, "Waited for data 25% of the epoch: decoding 15%, augmenting 5%, reading 4%");
    cornu__text_free(&text);
}

static void what_nobody_feels_is_not_told(void **state)
{
    (void)state;
    assert_true(cornu__waiting_is_notable(&(cornu_waiting){.seconds = 10, .waited = 0.6}));
    assert_false(cornu__waiting_is_notable(&(cornu_waiting){.seconds = 10, .waited = 0.4}));
    assert_false(cornu__waiting_is_notable(&(cornu_waiting){.seconds = 0.1, .waited = 0.09}));
    assert_false(cornu__waiting_is_notable(&(cornu_waiting){0}));
}

/* What training with so many workers prints. */
static void print_fit(const scripted *test, int workers, int verbose, char *printed, size_t size)
{
    sleeper source = {test, CORNU_STAGE_DECODE};
    cornu_sequence *sequence = sleeping(&source);
    scripted_capture_begin();
    cornu_history *history = cornu_fit_generator(test->model, sequence, .epochs = 2, .workers = workers,
                                                 .max_queue_size = 1, .verbose = verbose);
    scripted_capture_end(printed, size);
    assert_non_null(history);
    cornu_history_release(history);
    cornu_sequence_release(sequence);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void the_report_of_an_epoch_says_it_and_once_what_may_help(void **state)
{
    char printed[8192];
    for (int verbose = 1; verbose <= 2; verbose++) {
        print_fit(*state, 0, verbose, printed, sizeof printed);
        assert_int_equal(count_of(printed, "\nWaited for data "), 2);
        assert_int_equal(count_of(printed, "% of the epoch: decoding "), 2);
        assert_int_equal(count_of(printed, "; with a worker it would go on meanwhile\n"), 1);
    }
    print_fit(*state, 0, 0, printed, sizeof printed);
    assert_string_equal(printed, "");
}

static void a_generator_that_one_worker_calls_is_told_of_as_such(void **state)
{
    const scripted *test = *state;
    sleeper source = {test, CORNU_STAGE_FUNCTION};
    char printed[8192];
    cornu_sequence *alone =
        cornu_sequence_create(.length = sleeper_length, .get = sleeper_get, .state = &source, .thread_safe = false);
    scripted_capture_begin();
    cornu_history *history = cornu_fit_generator(test->model, alone, .workers = 2, .max_queue_size = 1, .verbose = 2);
    scripted_capture_end(printed, sizeof printed);
    assert_non_null(history);
    assert_non_null(strstr(printed, "% of the epoch: the generator "));
    assert_non_null(strstr(printed, "; one worker alone may call the generator\n"));
    cornu_history_release(history);
    cornu_sequence_release(alone);
}

static void programs_read_it_as_json(void **state)
{
    char printed[8192];
    setenv("CORNU_PROGRESS", "json", 1);
    print_fit(*state, 1, 2, printed, sizeof printed);
    unsetenv("CORNU_PROGRESS");
    assert_null(strstr(printed, "Waited"));
    const char *line = strstr(printed, "{\"event\":\"epoch_end\"");
    assert_non_null(line);
    json_t *end = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    double waited = json_number_value(json_object_get(end, "waited"));
    double decoding = json_number_value(json_object_get(json_object_get(end, "waited_for"), "decoding"));
    assert_true(waited > 0);
    assert_true(decoding > MOST_OF * waited && decoding <= waited);
    json_decref(end);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sequence_that_sleeps_is_waited_for_whoever_calls_it),
        TEST(the_stage_that_sleeps_is_the_one_that_is_named),
        TEST(worker_processes_say_where_their_time_went),
        TEST(arrays_are_not_waited_for),
        TEST(pictures_are_timed_by_stage),
        TEST(callbacks_see_it_grow_and_validation_is_left_out),
        TEST(an_evaluation_is_timed_too),
        TEST(a_history_that_is_kept_knows_it_again),
        TEST(it_is_told_in_one_sentence_largest_part_first),
        TEST(what_nobody_feels_is_not_told),
        TEST(the_report_of_an_epoch_says_it_and_once_what_may_help),
        TEST(a_generator_that_one_worker_calls_is_told_of_as_such),
        TEST(programs_read_it_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
