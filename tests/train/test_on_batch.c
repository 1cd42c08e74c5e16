/* train_on_batch, test_on_batch and predict_on_batch: one step each, with results by name. */
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

#define ROWS 40

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){small_model(3), small_x(ROWS), small_y(ROWS)};
    *state = &f;
    return f.model && f.x && f.y ? 0 : 1;
}

static int tear_down(void **state)
{
    const fixture *f = *state;
    cornu_model_release(f->model);
    cornu_array_release(f->x);
    cornu_array_release(f->y);
    return 0;
}

/* Rows begin to end - 1 of both. */
static void rows(const fixture *f, int64_t begin, int64_t end, cornu_array **x, cornu_array **y)
{
    *x = cornu_array_rows(f->x, begin, end);
    *y = cornu_array_rows(f->y, begin, end);
    assert_non_null(*x);
    assert_non_null(*y);
}

static void names_are_known_before_training_and_order_the_results(void **state)
{
    const fixture *f = *state;
    cornu_tensor *x = cornu_input(.shape = {SMALL_FEATURES}, .name = "x");
    cornu_tensor *a = cornu_call(cornu_dense(SMALL_CLASSES, .activation = "softmax", .name = "a"), x);
    cornu_tensor *b = cornu_call(cornu_dense(1, .name = "b"), x);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {a, b});
    const char *const wanted[] = {"loss", "a_loss", "b_loss", "a_acc", "b_mae", "b_weighted_mae"};
    int count = -1;
    assert_null(cornu_metrics_names(model, &count));
    assert_int_equal(count, 0);
    assert_non_null(strstr(cornu_error_message(), "not compiled"));
    assert_int_equal(cornu_compile(model, .losses = {"sparse_categorical_crossentropy", "mse"},
                                   .output_metrics = {{"b", "mae"}, {"a", "acc"}},
                                   .output_weighted_metrics = {{"b", "mae"}}),
                     CORNU_OK);
    const char *const *names = cornu_metrics_names(model, &count);
    assert_int_equal(count, 6);
    cornu_logs logs;
    cornu_array *y = cornu_array_list(2, (cornu_array *[]){f->y, f->y});
    assert_int_equal(cornu_train_on_batch(model, f->x, y, &logs), CORNU_OK);
    assert_int_equal(logs.count, count);
    for (int i = 0; i < count; i++) {
        assert_string_equal(names[i], wanted[i]);
        assert_string_equal(logs.names[i], wanted[i]);
        assert_true(cornu_logs_get(&logs, wanted[i]) == logs.values[i]);
    }
    cornu_array_release(y);

    const char *const in_order[] = {"loss", "a_loss", "b_loss", "b_mae", "b_mse", "b_weighted_mae"};
    assert_int_equal(cornu_compile(model, .losses = {"sparse_categorical_crossentropy", "mse"},
                                   .metrics_in_order = {{NULL}, {"mae", "mse"}},
                                   .weighted_metrics_in_order = {{NULL}, {"mae"}}),
                     CORNU_OK);
    names = cornu_metrics_names(model, &count);
    assert_int_equal(count, 6);
    for (int i = 0; i < count; i++)
        assert_string_equal(names[i], in_order[i]);
    assert_int_not_equal(cornu_compile(model, .losses = {"sparse_categorical_crossentropy", "mse"},
                                       .metrics_in_order = {{"mae"}, {"mae"}, {"mae"}}),
                         CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), ".metrics_in_order has 3 lists or more; the model has 2 outputs"));
    cornu_model_release(model);
}

static void the_loss_is_that_before_the_update(void **state)
{
    const fixture *f = *state;
    cornu_model *model = cornu_sequential(.seed = 4); /* no dropout: testing sees what training does */
    cornu_add(model, cornu_dense(SMALL_CLASSES, .activation = "softmax", .input_shape = {SMALL_FEATURES}));
    assert_int_equal(cornu_compile(model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy"), CORNU_OK);
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    cornu_logs tested, trained, later;
    small_digest(model, before);
    assert_int_equal(cornu_test_on_batch(model, f->x, f->y, &tested), CORNU_OK);
    small_digest(model, after);
    assert_string_equal(before, after);
    assert_int_equal(cornu_train_on_batch(model, f->x, f->y, &trained), CORNU_OK);
    assert_int_equal(cornu_test_on_batch(model, f->x, f->y, &later), CORNU_OK);
    assert_int_equal(tested.count, 1); /* only the loss */
    assert_true(fabs(trained.values[0] - tested.values[0]) < 1e-6);
    assert_true(later.values[0] < tested.values[0]);
    cornu_model_release(model);
}

/* With reset_metrics = true they are reset before the step, not behind it as in Keras 2.3. */
static void metrics_are_the_batchs_own_or_run_on(void **state)
{
    const fixture *f = *state;
    cornu_array *x[2], *y[2];
    cornu_logs own[2], both, again;
    rows(f, 0, 30, &x[0], &y[0]);
    rows(f, 30, ROWS, &x[1], &y[1]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(cornu_test_on_batch(f->model, x[i], y[i], &own[i]), CORNU_OK);
    assert_int_equal(cornu_test_on_batch(f->model, x[0], y[0], &again), CORNU_OK);
    assert_true(again.values[1] == own[0].values[1]);
    assert_int_equal(cornu_test_on_batch(f->model, x[1], y[1], &both, .reset_metrics = false), CORNU_OK);
    double mean = (30 * own[0].values[1] + 10 * own[1].values[1]) / 40;
    assert_true(fabs(both.values[1] - mean) < 1e-6); /* accuracy of both batches */
    assert_true(both.values[0] == own[1].values[0]); /* the loss is always the batch's */
    assert_int_equal(cornu_test_on_batch(f->model, x[1], y[1], &again), CORNU_OK);
    assert_true(again.values[1] == own[1].values[1]); /* what was pending is gone */
    for (int i = 0; i < 2; i++) {
        cornu_array_release(x[i]);
        cornu_array_release(y[i]);
    }
}

static void batches_of_any_size_as_lists_and_dictionaries_too(void **state)
{
    const fixture *f = *state;
    for (int64_t count = 1; count <= ROWS; count += 13) {
        cornu_array *x, *y;
        cornu_logs plain, listed, named;
        rows(f, 0, count, &x, &y);
        cornu_array *x_list = cornu_array_list(1, &x), *y_list = cornu_array_list(1, &y);
        cornu_array *x_named = cornu_array_dict(2, (const char *[]){"unused", "input_layer"}, (cornu_array *[]){y, x});
        cornu_array *y_named = cornu_array_dict(2, (const char *[]){"classes", "unused"}, (cornu_array *[]){y, x});
        assert_int_equal(cornu_test_on_batch(f->model, x, y, &plain), CORNU_OK);
        assert_int_equal(cornu_test_on_batch(f->model, x_list, y_list, &listed), CORNU_OK);
        if (cornu_test_on_batch(f->model, x_named, y_named, &named) != CORNU_OK)
            fail_msg("%s", cornu_error_message());
        assert_true(plain.values[0] == listed.values[0] && plain.values[0] == named.values[0]);
        cornu_array *predicted = cornu_predict_on_batch(f->model, x_named);
        assert_int_equal(cornu_array_size(predicted, 0), count);
        assert_int_equal(cornu_train_on_batch(f->model, x_named, y_list, NULL), CORNU_OK);
        cornu_array *const all[] = {x, y, x_list, y_list, x_named, y_named, predicted};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            cornu_array_release(all[i]);
    }
}

static void weights_of_samples_and_classes_count(void **state)
{
    const fixture *f = *state;
    const cornu_class_weight class_weight[] = {{0, 2}, {1, 2}, {2, 2}};
    cornu_array *threes = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS});
    for (int i = 0; i < ROWS; i++)
        cornu_array_float32(threes)[i] = 3;
    cornu_logs plain, weighted;
    cornu_model *first = small_model(8), *second = small_model(8);
    assert_int_equal(cornu_train_on_batch(first, f->x, f->y, &plain), CORNU_OK);
    assert_int_equal(cornu_train_on_batch(second, f->x, f->y, &weighted, .sample_weight = threes,
                                          .class_weight = class_weight, .class_weight_count = 3),
                     CORNU_OK);
    assert_true(fabs(weighted.values[0] - 6 * plain.values[0]) < 1e-5);
    assert_true(weighted.values[1] == plain.values[1]); /* a metric without weights */
    cornu_model_release(first);
    cornu_model_release(second);
    cornu_array_release(threes);
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
        TEST(names_are_known_before_training_and_order_the_results),
        TEST(the_loss_is_that_before_the_update),
        TEST(metrics_are_the_batchs_own_or_run_on),
        TEST(batches_of_any_size_as_lists_and_dictionaries_too),
        TEST(weights_of_samples_and_classes_count),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
