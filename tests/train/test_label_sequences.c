/* Training on labels that are not laid along time: CTC in a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/optimizers.h>

#include "train/scripted.h"

#define ROWS 8
#define TIMES 9
#define CLASSES 4

/* Each time step shows its class as a one-hot vector; the label is the classes without repetition and blanks. */
static void make_data(cornu_array **x, cornu_array **y)
{
    static const int32_t words[ROWS][3] = {{1, 2, 3}, {3, 3, 0}, {2, 0, 0}, {1, 1, 2},
                                           {3, 1, 0}, {2, 2, 2}, {1, 3, 1}, {3, 0, 0}};
    const int64_t x_shape[3] = {ROWS, TIMES, CLASSES}, y_shape[2] = {ROWS, 3};
    *x = cornu_array_zeros(CORNU_FLOAT32, 3, x_shape);
    *y = cornu_array_copy_of(CORNU_INT32, 2, y_shape, words);
    for (int row = 0; row < ROWS; row++) {
        for (int t = 0; t < TIMES; t++) {
            int32_t shown = t % 3 == 2 ? 0 : words[row][t / 3];
            cornu_array_float32(*x)[(row * TIMES + t) * CLASSES + shown] = 1;
        }
    }
}

static cornu_model *make_model(const char *backend)
{
    cornu_model *model = cornu_sequential(.seed = 4);
    cornu_add(model, cornu_dense(CLASSES, .input_shape = {TIMES, CLASSES}));
    cornu_compile(model, .loss = "ctc", .optimizer = cornu_adam(.learning_rate = 0.1), .backend = backend);
    return model;
}

static void a_model_learns_where_the_labels_are(void **state)
{
    cornu_array *x, *y;
    double first[2], last[2];
    (void)state;
    make_data(&x, &y);
    for (int i = 0; i < 2; i++) {
        cornu_model *model = make_model(i == 0 ? "cpu" : "reference");
        cornu_history *history = cornu_fit(model, x, y, .epochs = 60, .batch_size = 3, .verbose = 0);
        if (!history)
            fail_msg("%s", cornu_error_message());
        first[i] = cornu_history_get(history, "loss", 0);
        last[i] = cornu_history_get(history, "loss", 59);
        cornu_history_release(history);
        cornu_model_release(model);
    }
    assert_true(first[0] > 5 && last[0] < 0.5);
    assert_float_equal(first[0], first[1], 1e-4);
    assert_float_equal(last[0], last[1], 1e-2);
    cornu_array_release(x);
    cornu_array_release(y);
}

/* A label that fails the step leaves the weights as they were. */
static void a_label_that_takes_too_long_fails_and_changes_nothing(void **state)
{
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    const int64_t long_shape[2] = {ROWS, 6};
    cornu_array *x, *y, *crowded = cornu_array_zeros(CORNU_INT32, 2, long_shape);
    static cornu_logs logs;
    (void)state;
    make_data(&x, &y);
    for (int i = 0; i < 6; i++)
        ((int32_t *)cornu_array_data(crowded))[6 + i] = 2;
    cornu_model *model = make_model("cpu");
    assert_int_equal(cornu_train_on_batch(model, x, y, &logs), CORNU_OK);
    assert_int_equal(cornu_weights_sha256(model, before), CORNU_OK);
    assert_int_equal(cornu_train_on_batch(model, x, crowded, &logs), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "sample 1 "));
    assert_non_null(strstr(cornu_error_message(), "11 time steps; the output has 9"));
    assert_int_equal(cornu_weights_sha256(model, after), CORNU_OK);
    assert_string_equal(before, after);
    ((int32_t *)cornu_array_data(y))[2] = 7;
    assert_int_equal(cornu_train_on_batch(model, x, y, &logs), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "sample 0 has the label 7"));
    cornu_model_release(model);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_array_release(crowded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_learns_where_the_labels_are),
        cmocka_unit_test(a_label_that_takes_too_long_fails_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
