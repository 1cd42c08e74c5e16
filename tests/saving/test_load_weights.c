/* test_load_weights.c: weights in files of real Keras come into models, which then predict what Keras predicts. */
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

#define TOLERANCE 1e-5

static void expect_loaded(const char *name, const char *ending)
{
    char path[PATH_SIZE], file[64];
    snprintf(file, sizeof file, "%s%s", name, ending);
    cornu_model *model = make_fixture_model(name);
    if (cornu_load_weights(model, fixture_path(path, file)) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    expect_predictions(model, name, "before", TOLERANCE);
    cornu_model_release(model);
}

static void weights_of_keras_archives_are_loaded(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++)
        expect_loaded(fixture_names[i], ".keras");
}

static void weights_of_legacy_files_are_loaded(void **state)
{
    (void)state;
    for (int i = 0; i < FIXTURE_COUNT; i++)
        expect_loaded(fixture_names[i], ".h5");
}

static void weights_alone_are_loaded(void **state)
{
    (void)state;
    expect_loaded("mlp", ".weights.h5");
}

static void expect_refusal(cornu_model *model, const char *file, cornu_status status, const char *part)
{
    char path[PATH_SIZE], before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    assert_int_equal(cornu_weights_sha256(model, before), CORNU_OK);
    uint64_t live = cornu__allocation_live();
    assert_int_equal(cornu_load_weights(model, file[0] == '/' ? file : fixture_path(path, file)), status);
    assert_int_equal(cornu__allocation_live(), live);
    if (!strstr(cornu_error_message(), part))
        fail_msg("wanted '%s' in: %s", part, cornu_error_message());
    assert_int_equal(cornu_weights_sha256(model, after), CORNU_OK);
    assert_string_equal(before, after);
}

static void another_models_file_is_refused_and_nothing_changes(void **state)
{
    (void)state;
    cornu_model *model = make_fixture_model("mlp");
    expect_refusal(model, "cnn.keras", CORNU_ERROR_SHAPE,
                   "/layers/dense/vars/0: weight 'kernel' of layer 'first' has shape (6, 5), got (18, 2)");
    expect_refusal(model, "cnn.h5", CORNU_ERROR_SHAPE, "model 'mlp' has 3 layers with weights, the file has 4");
    expect_refusal(model, "two_inputs.keras", CORNU_ERROR_SHAPE, "has shape (6, 5), got (4, 4)");
    cornu_model_release(model);
    model = make_fixture_model("cnn");
    expect_refusal(model, "mlp.weights.h5", CORNU_ERROR_FORMAT, "there is no group for layer 'conv2d' (Conv2D)");
    cornu_model_release(model);
}

static void a_file_without_a_model_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_model *model = make_fixture_model("mlp");
    expect_refusal(model, "/nothing/there.h5", CORNU_ERROR_IO, "/nothing/there.h5");
    expect_refusal(model, "../../format/fixtures/chunks.h5", CORNU_ERROR_FORMAT,
                   "holds neither a model of Keras's nor its weights");
    expect_refusal(model, "../../format/fixtures/float32.npy", CORNU_ERROR_FORMAT, "holds no model and no weights");
    expect_refusal(model, "../../format/fixtures/refused_soft_link.h5", CORNU_ERROR_UNSUPPORTED, "soft link");
    assert_int_equal(cornu_load_weights(model, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    scratch_path(path, "cut.keras");
    FILE *file = fopen(path, "wb");
    fputs("PK\3\4 and no more", file);
    fclose(file);
    expect_refusal(model, path, CORNU_ERROR_FORMAT, "is no .npz or .keras (zip) archive");
    unlink(path);
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_keras_archives_are_loaded),
        cmocka_unit_test(weights_of_legacy_files_are_loaded),
        cmocka_unit_test(weights_alone_are_loaded),
        cmocka_unit_test(another_models_file_is_refused_and_nothing_changes),
        cmocka_unit_test(a_file_without_a_model_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
