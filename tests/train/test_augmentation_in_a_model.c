/* Keras 3's image layers inside a model: active in training only, the same bits for one seed, other draws in each update. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include <cornu/cornu.h>

#include "base/memory.h"

#define COUNT 24
#define SIZE 8

static cornu_array *x, *y;

static int make_data(void **state)
{
    (void)state;
    x = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){COUNT, SIZE, SIZE, 3});
    y = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){COUNT, 3});
    for (int64_t i = 0; i < cornu_array_count(x); i++)
        cornu_array_float32(x)[i] = (float)(128 + 100 * sin((double)i * 0.7));
    for (int i = 0; i < COUNT; i++)
        cornu_array_float32(y)[3 * i + i % 3] = 1;
    return 0;
}

static int free_data(void **state)
{
    (void)state;
    cornu_array_release(x);
    cornu_array_release(y);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

static void assert_ok(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

/* `changed`: with the layers that act in training only. */
static cornu_model *make_model(bool changed, uint64_t seed, double learning_rate)
{
    cornu_model *model = cornu_sequential(.seed = seed);
    cornu_add(model, cornu_resizing(6, 7, .input_shape = {SIZE, SIZE, 3}));
    if (changed) {
        cornu_add(model, cornu_random_flip());
        cornu_add(model, cornu_random_rotation(0.1));
        cornu_add(model, cornu_random_zoom(0.2));
        cornu_add(model, cornu_random_contrast(0.3));
        cornu_add(model, cornu_random_erasing());
        cornu_add(model, cornu_rand_augment());
    }
    cornu_add(model, cornu_center_crop(6, 6));
    cornu_add(model, cornu_rescaling(1.0 / 255));
    cornu_add(model, cornu_conv2d(4, 3, .activation = "relu"));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(3, .activation = "softmax"));
    cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = learning_rate), .loss = "categorical_crossentropy");
    assert_ok(cornu_model_status(model));
    return model;
}

static bool are_equal(const cornu_array *a, const cornu_array *b)
{
    return cornu_array_count(a) == cornu_array_count(b) &&
           memcmp(cornu_array_data(a), cornu_array_data(b), (size_t)cornu_array_count(a) * sizeof(float)) == 0;
}

static cornu_array *predict(cornu_model *model)
{
    cornu_array *made = cornu_predict(model, x, .verbose = 0);
    if (!made)
        fail_msg("%s", cornu_error_message());
    return made;
}

static void outside_training_they_change_nothing(void **state)
{
    (void)state;
    cornu_model *with = make_model(true, 1, 0.01), *without = make_model(false, 1, 0.01);
    cornu_array *weights = cornu_get_weights(with);
    assert_ok(cornu_set_weights(without, weights));
    cornu_array *a = predict(with), *b = predict(without);
    assert_true(are_equal(a, b));
    cornu_array_release(a);
    cornu_array_release(b);
    cornu_array_release(weights);
    cornu_model_release(with);
    cornu_model_release(without);
}

static double loss_of_batch(cornu_model *model)
{
    cornu_logs logs = {0};
    assert_ok(cornu_train_on_batch_with(model, x, y, &logs, NULL));
    return cornu_logs_get(&logs, "loss");
}

static void train(cornu_model *model, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_history *history = cornu_fit(model, x, y, .epochs = 3, .batch_size = 10, .verbose = 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    assert_ok(cornu_weights_sha256(model, digest));
}

static void one_seed_trains_to_the_same_bits(void **state)
{
    (void)state;
    char digests[3][CORNU_SHA256_TEXT_SIZE];
    for (int i = 0; i < 3; i++) {
        cornu_model *model = make_model(true, i == 2 ? 8 : 7, 0.05);
        train(model, digests[i]);
        cornu_model_release(model);
    }
    assert_string_equal(digests[0], digests[1]);
    assert_string_not_equal(digests[0], digests[2]);
}

/* Nothing is learned, and each update sees other pictures. */
static void each_update_draws_anew(void **state)
{
    (void)state;
    cornu_model *model = make_model(true, 3, 0), *plain = make_model(false, 3, 0);
    double first = loss_of_batch(model), second = loss_of_batch(model);
    assert_true(first != second);
    assert_true(loss_of_batch(plain) == loss_of_batch(plain));
    cornu_model_release(model);
    cornu_model_release(plain);
}

static void a_running_step_allocates_nothing(void **state)
{
    (void)state;
    uint64_t taken[2];
    for (int i = 0; i < 2; i++) {
        cornu_model *model = make_model(i == 0, 5, 0.01);
        loss_of_batch(model);
        loss_of_batch(model);
        uint64_t before = cornu__allocation_count();
        loss_of_batch(model);
        taken[i] = cornu__allocation_count() - before;
        cornu_model_release(model);
    }
    assert_int_equal(taken[0], taken[1]);
}

static void a_saved_model_has_them_too(void **state)
{
    (void)state;
    char path[] = "/tmp/cornu-augmentation-XXXXXX.keras";
    int file = mkstemps(path, 6);
    assert_true(file >= 0);
    close(file);
    cornu_model *model = make_model(true, 2, 0.01);
    assert_ok(cornu_save(model, path));
    cornu_model *loaded = cornu_load_model(path);
    if (!loaded)
        fail_msg("%s", cornu_error_message());
    unlink(path);
    char *a = cornu_model_to_json(model), *b = cornu_model_to_json(loaded);
    assert_string_equal(a, b);
    assert_non_null(strstr(a, "RandAugment"));
    cornu_array *wanted = predict(model), *made = predict(loaded);
    assert_true(are_equal(wanted, made));
    cornu_array_release(wanted);
    cornu_array_release(made);
    cornu_free(a);
    cornu_free(b);
    cornu_model_release(model);
    cornu_model_release(loaded);
}

static void assert_refused(cornu_model *model, const char *words)
{
    cornu_compile(model, .optimizer = "sgd", .loss = "mse");
    cornu_status status = cornu_model_status(model);
    if (status == CORNU_OK)
        status = cornu_train_on_batch_with(model, x, x, NULL, NULL);
    assert_int_not_equal(status, CORNU_OK);
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
    cornu_model_release(model);
}

static void what_a_model_cannot_have_is_refused(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_cut_mix(.input_shape = {SIZE, SIZE, 3}));
    assert_refused(model, "cornu_augmentation_add");
    model = cornu_sequential();
    cornu_add(model, cornu_conv2d(3, 1, .input_shape = {SIZE, SIZE, 3}));
    cornu_add(model, cornu_random_rotation(0.2));
    assert_refused(model, "put it before all layers that have weights");
    model = cornu_sequential();
    cornu_add(model, cornu_random_hue(0.1, .input_shape = {SIZE, SIZE, 2}));
    assert_refused(model, "1 or 3 channels");
}

static void rescaling_by_1_leaves_every_bit(void **state)
{
    (void)state;
    static const float values[] = {-0.0f, 300, -7.5f, 1e-30f};
    cornu_array *odd = cornu_array_copy_of(CORNU_FLOAT32, 2, (const int64_t[]){1, 4}, values);
    cornu_model *model = cornu_sequential(.name = "neutral");
    cornu_add(model, cornu_rescaling(1, .input_shape = {4}));
    cornu_array *same = cornu_predict(model, odd, .verbose = 0);
    assert_non_null(same);
    assert_memory_equal(cornu_array_data(same), values, sizeof values);
    cornu_array_release(same);
    cornu_model_release(model);
    cornu_array_release(odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_training_they_change_nothing),
        cmocka_unit_test(one_seed_trains_to_the_same_bits),
        cmocka_unit_test(each_update_draws_anew),
        cmocka_unit_test(a_running_step_allocates_nothing),
        cmocka_unit_test(a_saved_model_has_them_too),
        cmocka_unit_test(what_a_model_cannot_have_is_refused),
        cmocka_unit_test(rescaling_by_1_leaves_every_bit),
    };
    return cmocka_run_group_tests_name("augmentation in a model", tests, make_data, free_data);
}
