/* A batch size that the input layer fixes: used where none is given, and no other is taken. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 50
#define BATCH 8
#define BATCHES 7 /* the last one has 2 rows */

/* `batch_size` 0: any. */
static cornu_model *fixed_model(int64_t batch_size)
{
    cornu_tensor *x = cornu_input(.shape = {SMALL_FEATURES}, .batch_size = batch_size, .name = "x");
    cornu_tensor *pixels = cornu_call(cornu_reshape(.target_shape = {2, 3, 1}), x);
    cornu_tensor *hidden = cornu_call(cornu_conv2d(4, 2, .activation = "relu"), pixels);
    hidden = cornu_call(cornu_flatten(), cornu_call(cornu_batch_normalization(), hidden));
    hidden = cornu_call(cornu_dropout(0.1), hidden);
    cornu_tensor *classes = cornu_call(cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "classes"), hidden);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {classes}, .seed = 6);
    if (cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy") != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return model;
}

typedef struct fixture {
    cornu_array *x, *y;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){small_x(ROWS), small_y(ROWS)};
    *state = &f;
    return f.x && f.y ? 0 : 1;
}

static int tear_down(void **state)
{
    const fixture *f = *state;
    cornu_array_release(f->x);
    cornu_array_release(f->y);
    return 0;
}

static cornu_status count(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training, (void)index, (void)logs;
    ++*(int *)state;
    return CORNU_OK;
}

static void fit_uses_it_where_none_is_given(void **state)
{
    const fixture *f = *state;
    char wanted[CORNU_SHA256_TEXT_SIZE], digest[CORNU_SHA256_TEXT_SIZE];
    int trained = 0, tested = 0;
    cornu_model *any = fixed_model(0), *fixed = fixed_model(BATCH);
    cornu_history_release(cornu_fit(any, f->x, f->y, .batch_size = BATCH, .epochs = 2, .verbose = 0));
    small_digest(any, wanted);
    cornu_history *history = cornu_fit(
        fixed, f->x, f->y, .epochs = 2, .verbose = 0, .validation_data = {.x = f->x, .y = f->y}, .validation_freq = 2,
        .callbacks = {cornu_callback_create(.on_train_batch_end = count, .state = &trained),
                      cornu_callback_create(.on_test_batch_end = count, .state = &tested)});
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(fixed, digest);
    assert_string_equal(digest, wanted);
    assert_int_equal(trained, 2 * BATCHES);
    assert_int_equal(tested, BATCHES);
    trained = 0; /* so do steps */
    cornu_history_release(
        cornu_fit(fixed, f->x, f->y, .steps_per_epoch = 3, .epochs = 2, .verbose = 0,
                  .callbacks = {cornu_callback_create(.on_train_batch_end = count, .state = &trained)}));
    assert_int_equal(trained, 6);
    cornu_model_release(any);
    cornu_model_release(fixed);
}

static void evaluate_and_predict_use_it_too(void **state)
{
    const fixture *f = *state;
    cornu_model *model = fixed_model(BATCH);
    int tested = 0, predicted = 0;
    assert_int_equal(cornu_evaluate(model, f->x, f->y, NULL, .verbose = 0,
                                    .callbacks = {cornu_callback_create(.on_test_batch_end = count, .state = &tested)}),
                     CORNU_OK);
    cornu_array *predictions = cornu_predict(
        model, f->x, .callbacks = {cornu_callback_create(.on_predict_batch_end = count, .state = &predicted)});
    assert_int_equal(tested, BATCHES);
    assert_int_equal(predicted, BATCHES);
    assert_int_equal(cornu_array_size(predictions, 0), ROWS);
    cornu_array_release(predictions);
    cornu_model_release(model);
}

static void says(cornu_status status, const char *words)
{
    assert_int_equal(cornu_error_status(), status);
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
}

static void another_one_is_refused(void **state)
{
    const fixture *f = *state;
    cornu_model *model = fixed_model(BATCH);
    assert_null(cornu_fit(model, f->x, f->y, .batch_size = 16, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "fit: batch_size is 16, but input 'x' of the model takes batches of 8");
    assert_null(cornu_fit(model, f->x, f->y, .validation_batch_size = 5, .verbose = 0));
    says(CORNU_ERROR_INVALID_ARGUMENT, "fit: validation_batch_size is 5, but");
    assert_int_not_equal(cornu_evaluate(model, f->x, f->y, NULL, .batch_size = 9, .verbose = 0), CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, "evaluate: batch_size is 9, but");
    assert_null(cornu_predict(model, f->x, .batch_size = 1));
    says(CORNU_ERROR_INVALID_ARGUMENT, "predict: batch_size is 1, but");
    assert_int_not_equal(cornu_train_on_batch(model, f->x, f->y, NULL), CORNU_OK);
    says(CORNU_ERROR_SHAPE, "declared with batches of 8, got 50");
    cornu_history *history = cornu_fit(model, f->x, f->y, .batch_size = BATCH, .verbose = 0);
    assert_non_null(history);
    cornu_history_release(history);
    cornu_model_release(model);
}

static void inputs_must_agree(void **state)
{
    const fixture *f = *state;
    cornu_tensor *a = cornu_input(.shape = {SMALL_FEATURES}, .batch_size = 4, .name = "a");
    cornu_tensor *b = cornu_input(.batch_shape = {5, SMALL_FEATURES}, .name = "b");
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {cornu_call(cornu_concatenate(), a, b)});
    cornu_array *x = cornu_array_list(2, (cornu_array *[]){f->x, f->x});
    assert_null(cornu_predict(model, x));
    says(CORNU_ERROR_SHAPE, "4");
    says(CORNU_ERROR_SHAPE, "5");
    cornu_array_release(x);
    cornu_model_release(model);
}

/* Input(batch_shape=(8, 6)), batch_input_shape=(8, 6) of a Sequential's first layer: shown by summary, kept by to_json. */
static void it_can_be_said_in_keras_ways_and_is_kept(void **state)
{
    (void)state;
    cornu_tensor *x = cornu_input(.batch_shape = {BATCH, SMALL_FEATURES}, .name = "x");
    cornu_model *functional = cornu_functional(.inputs = {x}, .outputs = {cornu_call(cornu_dense(3), x)});
    cornu_model *sequential = cornu_sequential();
    cornu_add(sequential, cornu_dense(3, .batch_input_shape = {BATCH, SMALL_FEATURES}));
    cornu_model *const models[] = {functional, sequential};
    for (int i = 0; i < 2; i++) {
        int rank;
        char *summary = cornu_summary_text(models[i]), *json = cornu_model_to_json(models[i]);
        assert_non_null(summary);
        assert_non_null(strstr(summary, "(8, 3)"));
        assert_null(strstr(summary, "None"));
        cornu_model *again = cornu_model_from_json(json, 1);
        const int64_t *shape = again ? cornu_input_shape(again, 0, &rank) : NULL;
        if (!shape)
            fail_msg("%s", cornu_error_message());
        assert_int_equal(rank, 2);
        assert_int_equal(shape[0], BATCH);
        assert_int_equal(shape[1], SMALL_FEATURES);
        cornu_model_release(again);
        cornu_free(summary);
        cornu_free(json);
        cornu_model_release(models[i]);
    }
    cornu_tensor *both = cornu_input(.shape = {3}, .batch_shape = {2, 3});
    cornu_model *model = cornu_functional(.inputs = {both}, .outputs = {cornu_call(cornu_dense(1), both)});
    assert_int_not_equal(cornu_compile(model, .loss = "mse"), CORNU_OK);
    says(CORNU_ERROR_INVALID_ARGUMENT, ".batch_shape stands for .shape and .batch_size; got both");
    cornu_model_release(model);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fit_uses_it_where_none_is_given),
        TEST(evaluate_and_predict_use_it_too),
        TEST(another_one_is_refused),
        TEST(inputs_must_agree),
        TEST(it_can_be_said_in_keras_ways_and_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
