/* test_models.c: whole models of real Keras are loaded and train on as they do there; what Cornu saves comes back the same. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixtures.h"
#include "support/files.h"

#define LOSS_TOLERANCE 1e-3
#define AFTER_TOLERANCE 1e-3
#define EXACT_TOLERANCE 1e-5

static cornu_model *load(const char *path)
{
    cornu_model *model = cornu_load_model(path);
    if (!model)
        fail_msg("%s", cornu_error_message());
    return model;
}

/* 20 steps; with `wanted`, each loss must be Keras's. */
static void train(cornu_model *model, const char *name, const cornu_array *wanted)
{
    cornu_array *x = fixture_values(name, "x"), *y = fixture_values(name, "y");
    for (int64_t i = 0; i < 20; i++) {
        cornu_logs logs;
        if (cornu_train_on_batch(model, x, y, &logs) != CORNU_OK)
            fail_msg("%s: %s", name, cornu_error_message());
        double loss = cornu_logs_get(&logs, "loss"), should = wanted ? cornu_array_get(wanted, i) : loss;
        if (!(fabs(loss - should) <= LOSS_TOLERANCE * fabs(should)))
            fail_msg("%s: the loss of step %d is %.9g; Keras's is %.9g", name, (int)i, loss, should);
    }
    cornu_array_release(x);
    cornu_array_release(y);
}

static void expect_continued(const char *name, const char *ending)
{
    char path[PATH_SIZE], file[64];
    snprintf(file, sizeof file, "%s%s", name, ending);
    cornu_model *model = load(fixture_path(path, file));
    cornu_array *losses = fixture_values(name, "losses");
    expect_predictions(model, name, "before", EXACT_TOLERANCE);
    train(model, name, losses);
    expect_predictions(model, name, "after", AFTER_TOLERANCE);
    cornu_array_release(losses);
    cornu_model_release(model);
}

static void models_of_keras_train_on_as_they_do_there(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        expect_continued(fixture_names[i], ".keras");
        expect_continued(fixture_names[i], ".h5");
    }
}

/* In chunks: plain, deflated, shuffled, with check sums. */
static void models_that_others_packed_are_the_same(void **state)
{
    (void)state;
    expect_continued("mlp", "_packed.keras");
    expect_continued("mlp", "_packed.h5");
}

/* --- what Cornu saves --- */

static void save(cornu_model *model, const char *path)
{
    if (cornu_save(model, path) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static void expect_same_weights(cornu_model *a, cornu_model *b)
{
    char of_a[CORNU_SHA256_TEXT_SIZE], of_b[CORNU_SHA256_TEXT_SIZE];
    assert_int_equal(cornu_weights_sha256(a, of_a), CORNU_OK);
    assert_int_equal(cornu_weights_sha256(b, of_b), CORNU_OK);
    assert_string_equal(of_a, of_b);
}

static void expect_same_files(const char *a, const char *b)
{
    size_t size_a, size_b;
    unsigned char *bytes_a = read_bytes(a, &size_a), *bytes_b = read_bytes(b, &size_b);
    assert_int_equal(size_a, size_b);
    assert_memory_equal(bytes_a, bytes_b, size_a);
    free(bytes_a);
    free(bytes_b);
}

/* Saves, loads, trains both on: the same bits. */
static void expect_round_trip(cornu_model *model, const char *name, const char *ending)
{
    char path[PATH_SIZE], again[PATH_SIZE], file[64];
    snprintf(file, sizeof file, "%s%s", name, ending);
    save(model, scratch_path(path, file));
    cornu_model *loaded = load(path);
    expect_same_weights(model, loaded);
    snprintf(file, sizeof file, "%s-again%s", name, ending);
    save(loaded, scratch_path(again, file));
    expect_same_files(path, again); /* nothing was lost on the way, and no time is in it */
    train(model, name, NULL);
    train(loaded, name, NULL);
    expect_same_weights(model, loaded);
    assert_true(cornu_learning_rate(model) == cornu_learning_rate(loaded));
    cornu_model_release(loaded);
    unlink(path);
    unlink(again);
}

static void saved_models_train_on_with_the_same_bits(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        cornu_model *model = make_fixture_model(fixture_names[i]);
        train(model, fixture_names[i], NULL);
        expect_round_trip(model, fixture_names[i], ".keras");
        expect_round_trip(model, fixture_names[i], ".h5");
        cornu_model_release(model);
    }
}

static void every_optimizers_memory_comes_back(void **state)
{
    (void)state;
    cornu_optimizer *optimizers[] = {cornu_sgd(),
                                     cornu_sgd(.momentum = 0.9, .nesterov = true),
                                     cornu_rmsprop(.momentum = 0.5, .centered = true),
                                     cornu_adam(.amsgrad = true),
                                     cornu_adam(.use_ema = true, .gradient_accumulation_steps = 2),
                                     cornu_adam(.schedule = cornu_exponential_decay(0.01, 5, 0.9)),
                                     cornu_adamw(),
                                     cornu_adadelta(.learning_rate = 0.5),
                                     cornu_adagrad(),
                                     cornu_adamax(),
                                     cornu_adafactor(),
                                     cornu_nadam(),
                                     cornu_ftrl(),
                                     cornu_lion(),
                                     cornu_lamb(),
                                     cornu_muon(),
                                     cornu_schedule_free_adamw()};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        cornu_model *model = make_fixture_model("cnn");
        assert_int_equal(cornu_compile(model, .optimizer = optimizers[i], .loss = "mse", .metrics = {"mae"}), CORNU_OK);
        train(model, "cnn", NULL);
        expect_round_trip(model, "cnn", ".keras");
        expect_round_trip(model, "cnn", ".h5");
        cornu_model_release(model);
    }
}

static void weights_alone_are_saved_as_the_ending_says(void **state)
{
    (void)state;
    static const char *const endings[] = {".weights.h5", ".h5", ".hdf5", ".npz"};
    for (int i = 0; i < FIXTURE_COUNT; i++) {
        cornu_model *model = make_fixture_model(fixture_names[i]);
        train(model, fixture_names[i], NULL);
        for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
            char path[PATH_SIZE], file[64];
            snprintf(file, sizeof file, "weights%s", endings[k]);
            if (cornu_save_weights(model, scratch_path(path, file)) != CORNU_OK)
                fail_msg("%s", cornu_error_message());
            cornu_model *other = make_fixture_model(fixture_names[i]);
            if (cornu_load_weights(other, path) != CORNU_OK)
                fail_msg("%s", cornu_error_message());
            expect_same_weights(model, other);
            assert_null(cornu_load_model(path)); /* that is no model */
            cornu_model_release(other);
            unlink(path);
        }
        cornu_model_release(model);
    }
}

static void a_model_can_be_saved_or_loaded_without_its_training(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_model *model = make_fixture_model("mlp");
    train(model, "mlp", NULL);
    assert_int_equal(cornu_save(model, scratch_path(path, "bare.keras"), .include_optimizer = false), CORNU_OK);
    cornu_model *bare = load(path);
    expect_same_weights(model, bare);
    assert_true(isnan(cornu_learning_rate(bare)));
    save(model, path);
    cornu_model_release(bare);
    bare = cornu_load_model(path, .compile = false);
    assert_non_null(bare);
    assert_true(isnan(cornu_learning_rate(bare)));
    cornu_model_release(bare);
    cornu_model_release(model);
    unlink(path);
}

static void expect_no_save(cornu_model *model, const char *path, cornu_status status, const char *part)
{
    assert_int_equal(cornu_save(model, path), status);
    if (!strstr(cornu_error_message(), part))
        fail_msg("wanted '%s' in: %s", part, cornu_error_message());
}

static void names_that_say_nothing_are_refused(void **state)
{
    (void)state;
    cornu_model *model = make_fixture_model("mlp");
    expect_no_save(model, "model.onnx", CORNU_ERROR_INVALID_ARGUMENT, "does not end in .keras, .h5 or .hdf5");
    expect_no_save(model, "model.weights.h5", CORNU_ERROR_INVALID_ARGUMENT, "weights alone");
    expect_no_save(model, NULL, CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    expect_no_save(model, "/nowhere/at/all.keras", CORNU_ERROR_IO, "/nowhere/at/all.keras");
    expect_no_save(NULL, "model.keras", CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_int_equal(cornu_save_weights(model, "model.keras"), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_model_release(model);
    model = cornu_sequential();
    cornu_add(model, cornu_dense(3));
    expect_no_save(model, "model.keras", CORNU_ERROR_STATE, "");
    cornu_model_release(model);
}

static void a_save_that_fails_leaves_the_file_that_was_there(void **state)
{
    (void)state;
    static const char *const endings[] = {"old.keras", "old.h5"};
    for (int i = 0; i < 2; i++) {
        char path[PATH_SIZE], other[PATH_SIZE];
        cornu_model *model = make_fixture_model("mlp");
        save(model, scratch_path(path, endings[i]));
        save(model, scratch_path(other, i == 0 ? "copy.keras" : "copy.h5"));
        train(model, "mlp", NULL);
        int failures = 0;
        for (uint64_t n = 1; n < 600; n += 1 + n / 40) {
            uint64_t live = cornu__allocation_live();
            cornu__allocation_fail_at(n);
            cornu_status status = cornu_save(model, path);
            cornu__allocation_fail_at(0);
            assert_int_equal(cornu__allocation_live(), live);
            if (status == CORNU_OK)
                break;
            assert_int_equal(status, CORNU_ERROR_OUT_OF_MEMORY);
            expect_same_files(path, other);
            failures++;
        }
        assert_true(failures > 20);
        cornu_model_release(model);
        unlink(path);
        unlink(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_keras_train_on_as_they_do_there),
        cmocka_unit_test(models_that_others_packed_are_the_same),
        cmocka_unit_test(saved_models_train_on_with_the_same_bits),
        cmocka_unit_test(every_optimizers_memory_comes_back),
        cmocka_unit_test(weights_alone_are_saved_as_the_ending_says),
        cmocka_unit_test(a_model_can_be_saved_or_loaded_without_its_training),
        cmocka_unit_test(names_that_say_nothing_are_refused),
        cmocka_unit_test(a_save_that_fails_leaves_the_file_that_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
