/* fixtures.c: models and values of tests/oracle/keras_files.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures.h"

const char *const fixture_names[FIXTURE_COUNT] = {"mlp", "cnn", "two_inputs"};

char *fixture_path(char out[PATH_SIZE], const char *name)
{
    const char *root = getenv("CORNU_SOURCE_DIR");
    snprintf(out, PATH_SIZE, "%s/tests/saving/fixtures/%s", root ? root : ".", name);
    return out;
}

char *scratch_path(char out[PATH_SIZE], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(out, PATH_SIZE, "%s/cornu-test-%ld-%s", folder ? folder : "/tmp", (long)getpid(), name);
    return out;
}

static cornu_model *make_mlp(void)
{
    cornu_model *model = cornu_sequential(.name = "mlp", .seed = 3);
    cornu_add(model, cornu_dense(5, .activation = "relu", .name = "first", .input_shape = {6}));
    cornu_add(model, cornu_batch_normalization());
    cornu_add(model, cornu_dropout(0));
    cornu_add(model, cornu_dense(3, .activation = "softmax", .name = "last"));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.01), .loss = "sparse_categorical_crossentropy",
                  .metrics = {"accuracy"});
    return model;
}

static cornu_model *make_cnn(void)
{
    cornu_model *model = cornu_sequential(.name = "cnn", .seed = 3);
    cornu_add(model, cornu_conv2d(4, 3, .padding = "same", .input_shape = {8, 8, 2}));
    cornu_add(model, cornu_batch_normalization());
    cornu_add(model, cornu_relu());
    cornu_add(model, cornu_max_pooling2d(2));
    cornu_add(model, cornu_conv2d(3, 3, .kernel_size = cornu_pair(2, 3), .activation = "tanh", .use_bias = false));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(2));
    cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0.01, .momentum = 0.9),
                  .loss = cornu_categorical_crossentropy(.from_logits = true));
    return model;
}

static cornu_model *make_two_inputs(void)
{
    cornu_model *inner = cornu_sequential(.name = "inner");
    cornu_add(inner, cornu_dense(3, .name = "dense", .input_shape = {4}));
    cornu_add(inner, cornu_batch_normalization());
    cornu_tensor *a = cornu_input(.shape = {4}, .name = "a"), *b = cornu_input(.shape = {4}, .name = "b");
    cornu_layer *shared = cornu_dense(4, .name = "shared", .kernel_regularizer = cornu_l2(0.01));
    cornu_tensor *first = cornu_call(shared, a), *second = cornu_call(cornu_model_layer(inner), b),
                 *third = cornu_call(shared, b), *fourth = cornu_call(cornu_layer_normalization(.name = "norm"), a);
    cornu_tensor *joined = cornu_call(cornu_concatenate(.name = "joined"), first, second, third, fourth);
    cornu_tensor *out = cornu_call(cornu_dense(2, .name = "out"), cornu_call(cornu_prelu(.name = "slope"), joined));
    cornu_tensor *side = cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "side"), joined);
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {out, side}, .name = "two_inputs", .seed = 3);
    cornu_model_release(inner);
    cornu_compile(model, .optimizer = cornu_rmsprop(.learning_rate = 0.005),
                  .output_losses = {{"out", "mse"}, {"side", "binary_crossentropy"}},
                  .output_loss_weights = {{"out", 1.0}, {"side", 0.5}});
    return model;
}

cornu_model *make_fixture_model(const char *name)
{
    cornu_model *model = strcmp(name, "mlp") == 0   ? make_mlp()
                         : strcmp(name, "cnn") == 0 ? make_cnn()
                                                    : make_two_inputs();
    if (cornu_model_status(model) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return model;
}

cornu_array *fixture_values(const char *name, const char *kind)
{
    char path[PATH_SIZE], key[64];
    cornu_array *all = cornu_load_npz(fixture_path(path, "values.npz"));
    if (!all)
        fail_msg("%s", cornu_error_message());
    cornu_array *items[CORNU_MAX_PORTS];
    size_t count = 0;
    snprintf(key, sizeof key, "%s.%s", name, kind);
    cornu_array *found = cornu_array_retain(cornu_array_item_named(all, key));
    for (; !found; count++) {
        snprintf(key, sizeof key, "%s.%s%zu", name, kind, count);
        items[count] = cornu_array_item_named(all, key);
        if (!items[count])
            break;
    }
    if (!found)
        found = count == 1 ? cornu_array_retain(items[0]) : cornu_array_list(count, items);
    cornu_array_release(all);
    assert_non_null(found);
    return found;
}

static void expect_near(const cornu_array *got, const cornu_array *wanted, double tolerance)
{
    double largest = 0, difference = 0;
    assert_int_equal(cornu_array_count(got), cornu_array_count(wanted));
    for (int64_t i = 0; i < cornu_array_count(wanted); i++) {
        largest = fmax(largest, fabs(cornu_array_get(wanted, i)));
        difference = fmax(difference, fabs(cornu_array_get(got, i) - cornu_array_get(wanted, i)));
    }
    if (!(difference <= tolerance * largest))
        fail_msg("predictions are off by %g of at most %g", difference, largest);
}

void expect_predictions(cornu_model *model, const char *name, const char *kind, double tolerance)
{
    cornu_array *x = fixture_values(name, "x"), *wanted = fixture_values(name, kind);
    cornu_array *got = cornu_predict(model, x, .verbose = 0);
    if (!got)
        fail_msg("%s: %s", name, cornu_error_message());
    assert_int_equal(cornu_array_item_count(got), cornu_array_item_count(wanted));
    for (size_t i = 0; i < cornu_array_item_count(wanted); i++)
        expect_near(cornu_array_item(got, i), cornu_array_item(wanted, i), tolerance);
    cornu_array_release(x);
    cornu_array_release(wanted);
    cornu_array_release(got);
}
