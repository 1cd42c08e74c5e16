/* SwapEMAWeights: with which weights is trained, validated, saved. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "train/scripted.h"

#define EPOCHS 4

static int set_up(void **state)
{
    if (scripted_set_up(state) != 0)
        return 1;
    scripted *test = *state;
    return cornu_compile(test->model, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"},
                         .optimizer = cornu_adam(.learning_rate = 0.05, .use_ema = true, .ema_momentum = 0.8));
}

/* The digests that hooks see. */
typedef struct seen {
    char train[CORNU_SHA256_TEXT_SIZE], test[CORNU_SHA256_TEXT_SIZE], epoch[EPOCHS][CORNU_SHA256_TEXT_SIZE];
    char predict[CORNU_SHA256_TEXT_SIZE];
} seen;

static cornu_status see_train(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index;
    (void)logs;
    small_digest(cornu_training_model(training), ((seen *)state)->train);
    return CORNU_OK;
}

static cornu_status see_test(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index;
    (void)logs;
    small_digest(cornu_training_model(training), ((seen *)state)->test);
    return CORNU_OK;
}

static cornu_status see_predict(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)index;
    (void)logs;
    small_digest(cornu_training_model(training), ((seen *)state)->predict);
    return CORNU_OK;
}

static cornu_status see_epoch(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)logs;
    small_digest(cornu_training_model(training), ((seen *)state)->epoch[epoch]);
    return CORNU_OK;
}

static cornu_callback *watch(seen *noted)
{
    return cornu_callback_create(.state = noted, .on_train_batch_end = see_train, .on_test_batch_end = see_test,
                                 .on_predict_batch_end = see_predict, .on_epoch_end = see_epoch);
}

static void fit(const scripted *test, int epochs, cornu_callback *swap, seen *noted)
{
    cornu_callback *watching = watch(noted);
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .verbose = 0, .epochs = epochs, .batch_size = 10,
                                       .validation_data = {.x = test->x, .y = test->y},
                                       .callbacks = {swap ? swap : watching, swap ? watching : NULL});
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
}

/* Another model trained the same, so that swapping can be told from training. */
static void train_without_swapping(int epochs, seen *noted, char after[CORNU_SHA256_TEXT_SIZE])
{
    void *state;
    assert_int_equal(set_up(&state), 0);
    fit(state, epochs, NULL, noted);
    small_digest(((scripted *)state)->model, after);
    scripted_tear_down(&state);
}

static void validation_sees_the_average_and_training_the_weights(void **state)
{
    seen plain, swapped;
    char average[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    scripted_tear_down(state); /* the plain one goes first: there is one fixture at a time */
    train_without_swapping(1, &plain, average);
    assert_int_equal(set_up(state), 0);
    const scripted *test = *state;
    fit(test, 1, cornu_swap_ema_weights(), &swapped);
    assert_string_equal(swapped.train, plain.train);
    assert_string_equal(plain.test, plain.train);
    assert_string_equal(swapped.test, average); /* what the training ends with, too */
    assert_string_equal(swapped.epoch[0], plain.train);
    small_digest(test->model, digest);
    assert_string_equal(digest, average);
}

static void swapping_changes_no_bit_of_the_training(void **state)
{
    seen plain, swapped, by_epoch;
    char average[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    scripted_tear_down(state);
    train_without_swapping(EPOCHS, &plain, average);
    for (int by_epochs = 0; by_epochs < 2; by_epochs++) {
        assert_int_equal(set_up(state), 0);
        const scripted *test = *state;
        fit(test, EPOCHS, cornu_swap_ema_weights(.swap_on_epoch = by_epochs), by_epochs ? &by_epoch : &swapped);
        small_digest(test->model, digest);
        assert_string_equal(digest, average);
        if (!by_epochs)
            scripted_tear_down(state);
    }
    assert_string_equal(swapped.train, plain.train);
    assert_string_equal(by_epoch.train, plain.train);
    assert_string_equal(by_epoch.epoch[EPOCHS - 1], average); /* a checkpoint behind it saves the average */
    assert_string_not_equal(swapped.epoch[EPOCHS - 1], average);
}

static void evaluation_and_prediction_swap_back(void **state)
{
    const scripted *test = *state;
    seen noted;
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    for (int step = 0; step < 3; step++) /* which leaves weights and average apart */
        assert_int_equal(cornu_train_on_batch(test->model, test->x, test->y, NULL), CORNU_OK);
    small_digest(test->model, before);
    assert_int_equal(cornu_evaluate(test->model, test->x, test->y, NULL, .verbose = 0,
                                    .callbacks = {cornu_swap_ema_weights(), watch(&noted)}),
                     CORNU_OK);
    small_digest(test->model, after);
    assert_string_equal(after, before);
    assert_string_not_equal(noted.test, before);
    cornu_array_release(cornu_predict(test->model, test->x, .callbacks = {cornu_swap_ema_weights(), watch(&noted)}));
    small_digest(test->model, after);
    assert_string_equal(after, before);
    assert_string_equal(noted.predict, noted.test);
}

static cornu_status refuse(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)index;
    (void)logs;
    return cornu_error_set(CORNU_ERROR_DATA, "refused");
}

static void a_failed_evaluation_leaves_the_weights(void **state)
{
    const scripted *test = *state;
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    for (int step = 0; step < 3; step++)
        assert_int_equal(cornu_train_on_batch(test->model, test->x, test->y, NULL), CORNU_OK);
    small_digest(test->model, before);
    assert_int_equal(
        cornu_evaluate(test->model, test->x, test->y, NULL, .verbose = 0,
                       .callbacks = {cornu_swap_ema_weights(), cornu_callback_create(.on_test_batch_end = refuse)}),
        CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "refused"));
    small_digest(test->model, after);
    assert_string_equal(after, before);
}

static void without_an_average_it_is_an_error(void **state)
{
    const scripted *test = *state;
    assert_int_equal(cornu_compile(test->model, .loss = "sparse_categorical_crossentropy", .optimizer = "adam"),
                     CORNU_OK);
    scripted_fails_with(test, cornu_swap_ema_weights(), CORNU_ERROR_STATE, "SwapEMAWeights", ".use_ema = true");
    assert_int_equal(
        cornu_evaluate(test->model, test->x, test->y, NULL, .verbose = 0, .callbacks = {cornu_swap_ema_weights()}),
        CORNU_ERROR_STATE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(validation_sees_the_average_and_training_the_weights),
        TEST(swapping_changes_no_bit_of_the_training),
        TEST(evaluation_and_prediction_swap_back),
        TEST(a_failed_evaluation_leaves_the_weights),
        TEST(without_an_average_it_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
