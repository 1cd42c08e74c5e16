/* Building models: what does not fit is said in words one can act on, names are Keras's, layers and models can be shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/initializers.h>
#include <cornu/model.h>

#include "base/memory.h"
#include "model/golden.h"

/* --- errors --- */

static void shapes_that_do_not_fit_name_layer_got_and_wanted(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential(.name = "bad");
    cornu_add(model, cornu_dense(8, .input_shape = {4}));
    cornu_add(model, cornu_conv2d(8, 3, .name = "conv_of_a_vector"));
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_SHAPE, "conv_of_a_vector");
    assert_message_has("(None, 8)");
    cornu_model_release(model);
}

static void merging_what_cannot_be_merged_names_the_layer(void **state)
{
    (void)state;
    cornu_tensor *a = cornu_input(.shape = {3}), *b = cornu_input(.shape = {4});
    cornu_tensor *sum = cornu_call(cornu_add_layer(.name = "sum_of_both"), a, b);
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {sum});
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_SHAPE, "sum_of_both");
    cornu_model_release(model);
}

static void the_first_failure_of_a_chain_is_reported_by_compile(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(8, .activation = "rellu", .input_shape = {4}));
    cornu_add(model, cornu_dense(-3));
    cornu_add(model, cornu_dense(1));
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_UNKNOWN_NAME, "relu");
    assert_message_has("rellu");
    assert_refused(cornu_model_status(model), CORNU_ERROR_UNKNOWN_NAME, "rellu");
    assert_null(cornu_get_weights(model));
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_failed_layer_poisons_a_functional_model(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_tensor *x = cornu_input(.shape = {3});
    cornu_tensor *y = cornu_call(cornu_dense(2), cornu_call(cornu_dense(0), x));
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {y});
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_INVALID_ARGUMENT, "units");
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void unknown_names_come_with_the_nearest(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {4}, .name = "head"));
    assert_refused(cornu_compile(model, .optimizer = "adamm", .loss = "mse"), CORNU_ERROR_UNKNOWN_NAME, "adam");
    assert_refused(cornu_compile(model, .loss = "mean_square_error"), CORNU_ERROR_UNKNOWN_NAME, "mean_squared_error");
    assert_refused(cornu_compile(model, .loss = "mse", .metrics = {"acuracy"}), CORNU_ERROR_UNKNOWN_NAME, "accuracy");
    assert_refused(cornu_compile(model, .output_losses = {{"haed", "mse"}}), CORNU_ERROR_UNKNOWN_NAME, "head");
    assert_null(cornu_get_layer(model, "heat", 0));
    assert_message_has("head");
    assert_ok(cornu_compile(model, .loss = "mse")); /* still usable */
    cornu_model_release(model);
}

static void losses_are_counted(void **state)
{
    (void)state;
    cornu_tensor *x = cornu_input(.shape = {3});
    cornu_tensor *a = cornu_call(cornu_dense(1, .name = "a"), x), *b = cornu_call(cornu_dense(1, .name = "b"), x);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {a, b});
    assert_refused(cornu_compile(model, .losses = {"mse"}), CORNU_ERROR_INVALID_ARGUMENT, "2 outputs");
    assert_refused(cornu_compile(model, .loss = "mse", .losses = {"mse", "mae"}), CORNU_ERROR_INVALID_ARGUMENT,
                   "more than one");
    assert_refused(cornu_compile(model, .loss = "mse", .output_loss_weights = {{"c", 1}}), CORNU_ERROR_UNKNOWN_NAME,
                   "'a', 'b'");
    assert_refused(cornu_compile(model, .loss = "mse", .threads = -1), CORNU_ERROR_INVALID_ARGUMENT, "threads");
    assert_refused(cornu_compile(model, .loss = "mse", .backend = "abacus"), CORNU_ERROR_UNKNOWN_NAME, "abacus");
    assert_ok(cornu_compile(model, .losses = {"mse", ""}, .metrics = {"mae"}, .weighted_metrics = {"mae"}));
    assert_int_equal(cornu__model_value_count(model), 4);
    assert_string_equal(cornu__model_value_name(model, 0), "loss");
    assert_string_equal(cornu__model_value_name(model, 1), "a_loss");
    assert_string_equal(cornu__model_value_name(model, 2), "a_mae");
    assert_string_equal(cornu__model_value_name(model, 3), "a_weighted_mae");
    assert_false(cornu__model_target(model, 1)->expected);
    cornu_model_release(model);
}

static void a_step_before_compile_or_without_a_loss_is_refused(void **state)
{
    (void)state;
    float numbers[4] = {1, 2, 3, 4};
    cornu_model *model = cornu_sequential(.name = "early");
    cornu_add(model, cornu_dense(2, .input_shape = {2}));
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){2, 2});
    batch.targets[0] = batch.inputs[0];
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_STATE, "cornu_compile");
    assert_ok(cornu_compile(model, .optimizer = "sgd"));
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_STATE, "nothing to minimise");
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    cornu_model_release(model);
}

static void batches_of_the_wrong_shape_name_the_port(void **state)
{
    (void)state;
    float numbers[12] = {0};
    cornu_model *model = cornu_sequential(.name = "shapes");
    cornu_add(model, cornu_dense(2, .input_shape = {3}, .name = "out"));
    assert_ok(cornu_compile(model, .loss = "mse"));
    cornu__batch batch = {.rows = 3};
    batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){3, 4});
    batch.targets[0] = tensor_of_floats(numbers, 2, (int64_t[]){3, 2});
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_SHAPE, "input_layer");
    assert_message_has("(3, 3)");
    assert_message_has("(3, 4)");
    batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){3, 3});
    batch.targets[0] = tensor_of_floats(numbers, 2, (int64_t[]){3, 3});
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_SHAPE, "target 'out'");
    batch.targets[0].data = NULL;
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_DATA, "needs a target");
    batch.rows = 0;
    assert_refused(cornu__model_step(model, CORNU__STEP_PREDICT, &batch), CORNU_ERROR_DATA, "at least one row");
    cornu_model_release(model);
}

static void functional_models_that_cannot_be_say_why(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_tensor *x = cornu_input(.shape = {3}, .name = "x"), *z = cornu_input(.shape = {3}, .name = "z");
    cornu_tensor_retain(x);
    cornu_tensor *y = cornu_tensor_retain(cornu_call(cornu_dense(2, .name = "inner"), x));
    cornu_tensor_retain(y);
    cornu_model *model = cornu_functional(.inputs = {z}, .outputs = {y});
    assert_refused(cornu_model_status(model), CORNU_ERROR_INVALID_ARGUMENT, "'x'");
    cornu_model_release(model);
    model = cornu_functional(.inputs = {y}, .outputs = {cornu_call(cornu_dense(1), y)});
    assert_refused(cornu_model_status(model), CORNU_ERROR_UNSUPPORTED, "'inner'");
    cornu_model_release(model);
    model = cornu_functional(.outputs = {y});
    assert_refused(cornu_model_status(model), CORNU_ERROR_INVALID_ARGUMENT, ".inputs");
    cornu_model_release(model);
    model = cornu_functional(.inputs = {x}, .outputs = {cornu_tensor_output(y, 1)});
    assert_refused(cornu_model_status(model), CORNU_ERROR_INVALID_ARGUMENT, "number 1");
    cornu_model_release(model);
    model = cornu_functional(.inputs = {x}, .outputs = {cornu_call(cornu_dense(1, .name = "inner"), y)});
    assert_refused(cornu_model_status(model), CORNU_ERROR_INVALID_ARGUMENT, "two layers");
    cornu_model_release(model);
    cornu_tensor_release(y);
    cornu_tensor_release(y);
    cornu_tensor_release(x);
    assert_int_equal(cornu__allocation_live(), live);
}

/* --- names --- */

static void layers_without_names_get_keras_names(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {4}));
    cornu_add(model, cornu_relu());
    cornu_add(model, cornu_dense(2, .name = "dense_2"));
    cornu_add(model, cornu_dense(2));
    cornu_add(model, cornu_dense(2));
    cornu_add(model, cornu_layer_normalization());
    const char *wanted[] = {"dense", "re_lu", "dense_2", "dense_1", "dense_3", "layer_normalization"};
    assert_int_equal(cornu_layer_count(model), 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(cornu_layer_name(cornu_get_layer(model, NULL, i)), wanted[i]);
    assert_string_equal(cornu_model_name(model), "sequential");
    assert_string_equal(cornu_input_name(model, 0), "input_layer");
    assert_string_equal(cornu_output_name(model, 0), "layer_normalization");
    int rank;
    assert_int_equal(cornu_input_shape(model, 0, &rank)[1], 4);
    assert_int_equal(cornu_output_shape(model, 0, &rank)[1], 2);
    assert_int_equal(rank, 2);
    assert_int_equal(cornu_output_shape(model, 0, &rank)[0], CORNU_NONE);
    assert_null(cornu_output_shape(model, 1, &rank));
    cornu_model_release(model);
}

/* --- sequential --- */

static void a_sequential_without_a_shape_is_built_by_its_first_data(void **state)
{
    (void)state;
    float numbers[6] = {1, 2, 3, 4, 5, 6};
    cornu_model *model = cornu_sequential(.name = "deferred");
    cornu_add(model, cornu_dense(2));
    assert_ok(cornu_compile(model, .loss = "mse", .optimizer = "sgd"));
    assert_int_equal(cornu_count_params(model), -1);
    assert_message_has("cornu_build");
    cornu__spec spec = {.dtype = CORNU_FLOAT32, .rank = 2, .shape = {2, 3}};
    assert_ok(cornu__model_build_from(model, 1, &spec));
    assert_int_equal(cornu_count_params(model), 8);
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){2, 3});
    batch.targets[0] = tensor_of_floats(numbers, 2, (int64_t[]){2, 2});
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_refused(cornu_build(model, CORNU_NONE, 4), CORNU_ERROR_SHAPE, "(None, 3)");
    cornu_model_release(model);
}

static void layers_can_be_added_after_a_look(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {4}));
    assert_int_equal(cornu_count_params(model), 10);
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    assert_ok(cornu_weights_sha256(model, before));
    assert_ok(cornu_add(model, cornu_flatten()));
    assert_ok(cornu_weights_sha256(model, after));
    assert_string_equal(before, after);
    assert_ok(cornu_add(model, cornu_dense(3)));
    assert_int_equal(cornu_count_params(model), 19);
    cornu_model_release(model);
}

/* --- nesting and sharing --- */

static double predict_one(cornu_model *model, const float *x, int size)
{
    int rank;
    const int64_t *shape;
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){1, size});
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    return cornu__model_output(model, 0, &rank, &shape)[0];
}

static void train_one(cornu_model *model, const float *x, int size, const float *y)
{
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){1, size});
    batch.targets[0] = tensor_of_floats(y, 2, (int64_t[]){1, 1});
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
}

static void two_models_sharing_a_layer_train_each_others_weights(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    const float x[2] = {1, -2}, y[1] = {3};
    cornu_layer *shared = cornu_object_retain(cornu_dense(1, .name = "shared"));
    cornu_model *models[2];
    for (int i = 0; i < 2; i++) {
        models[i] = cornu_sequential(.seed = (uint64_t)i);
        cornu_add(models[i], cornu_input_layer(.shape = {2}));
        cornu_add(models[i], shared);
        assert_ok(cornu_compile(models[i], .optimizer = "sgd", .loss = "mse"));
    }
    cornu_object_release(shared);
    assert_true(predict_one(models[0], x, 2) == predict_one(models[1], x, 2));
    double before = predict_one(models[1], x, 2);
    train_one(models[0], x, 2, y);
    assert_true(predict_one(models[1], x, 2) != before);
    assert_true(predict_one(models[0], x, 2) == predict_one(models[1], x, 2));
    cornu_model_release(models[0]); /* the home of the weights outlives the model that made it */
    train_one(models[1], x, 2, y);
    cornu_model_release(models[1]);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_layer_called_twice_has_one_set_of_weights(void **state)
{
    (void)state;
    cornu_tensor *a = cornu_input(.shape = {2}), *b = cornu_input(.shape = {2});
    cornu_layer *shared = cornu_dense(3, .name = "shared");
    cornu_tensor *left = cornu_call(shared, a), *right = cornu_call(shared, b);
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {cornu_call(cornu_subtract(), left, right)});
    assert_int_equal(cornu_count_params(model), 9);
    float x[2] = {0.5f, 2};
    int rank;
    const int64_t *shape;
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = batch.inputs[1] = tensor_of_floats(x, 2, (int64_t[]){1, 2});
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    const float *difference = cornu__model_output(model, 0, &rank, &shape);
    assert_int_equal(rank, 2);
    for (int i = 0; i < 3; i++)
        assert_true(difference[i] == 0);
    cornu_model_release(model);
}

static cornu_model *make_tower(const char *name)
{
    cornu_model *model = cornu_sequential(.name = name);
    cornu_add(model, cornu_dense(4, .input_shape = {3}, .name = "first"));
    cornu_add(model, cornu_dense(2, .name = "second"));
    return model;
}

static void nested_models_have_weights_of_their_own_and_can_be_used_alone(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_model *tower = make_tower("tower"), *other = make_tower("other");
    cornu_tensor *x = cornu_input(.shape = {3});
    cornu_tensor *left = cornu_call(cornu_model_layer(tower), x), *right = cornu_call(cornu_model_layer(other), x);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {cornu_call(cornu_concatenate(), left, right)});
    assert_int_equal(cornu_count_params(model), 2 * (16 + 10));
    cornu_array *weights = cornu_get_named_weights(model);
    assert_int_equal(cornu_array_item_count(weights), 8);
    assert_non_null(cornu_array_item_named(weights, "first/kernel"));
    assert_non_null(cornu_array_item_named(weights, "other/first/kernel"));
    cornu_array_release(weights);
    char left_hash[CORNU_SHA256_TEXT_SIZE], right_hash[CORNU_SHA256_TEXT_SIZE];
    assert_ok(cornu_weights_sha256(tower, left_hash));
    assert_ok(cornu_weights_sha256(other, right_hash));
    assert_string_not_equal(left_hash, right_hash); /* the outer model numbers the weights */
    int rank;
    const int64_t *shape;
    const float numbers[3] = {1, 2, 3};
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){1, 3});
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    double inside = cornu__model_output(model, 0, &rank, &shape)[0];
    assert_true(predict_one(tower, numbers, 3) == inside);
    cornu_model_release(tower);
    cornu_model_release(other);
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_nested_model_can_have_several_outputs_and_no_shape_of_its_own(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu_tensor *x = cornu_input(.shape = {3}, .name = "x");
    cornu_tensor *narrow = cornu_call(cornu_dense(2, .name = "narrow"), x);
    cornu_tensor *wide = cornu_call(cornu_dense(5, .name = "wide"), x);
    cornu_model *inner = cornu_functional(.inputs = {x}, .outputs = {narrow, wide}, .name = "inner");
    cornu_model *deferred = cornu_sequential(.name = "deferred");
    cornu_add(deferred, cornu_dense(4, .name = "hidden"));
    cornu_tensor *y = cornu_input(.shape = {3}, .name = "y");
    cornu_tensor *both = cornu_call(cornu_model_layer(inner), y);
    cornu_tensor *second = cornu_call(cornu_model_layer(deferred), cornu_tensor_output(both, 1));
    cornu_model *outer = cornu_functional(.inputs = {y}, .outputs = {both, second}, .name = "outer");
    cornu_model_release(inner);
    cornu_model_release(deferred);
    assert_ok(cornu_model_status(outer));
    assert_int_equal(cornu_count_params(outer), 8 + 20 + 24);
    int rank;
    assert_int_equal(cornu_output_shape(outer, 0, &rank)[1], 2);
    assert_int_equal(cornu_output_shape(outer, 1, &rank)[1], 4);
    char *json = cornu_model_to_json(outer);
    cornu_model *again = cornu_model_from_json(json, 0);
    if (!again)
        fail_msg("%s", cornu_error_message());
    char first[CORNU_SHA256_TEXT_SIZE], second_hash[CORNU_SHA256_TEXT_SIZE];
    assert_ok(cornu_weights_sha256(outer, first));
    assert_ok(cornu_weights_sha256(again, second_hash));
    assert_string_equal(first, second_hash);
    char *summary = cornu_summary_text(again, .expand_nested = true);
    assert_non_null(strstr(summary, "└ wide (Dense)"));
    assert_non_null(strstr(summary, "[(None, 2),")); /* and on the next line the other shape */
    cornu_free(summary);
    cornu_free(json);
    cornu_model_release(again);
    cornu_model_release(outer);
    assert_int_equal(cornu__allocation_live(), live);
}

static void a_model_without_layers_says_so(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential(.name = "empty");
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_STATE, "no layers");
    char *summary = cornu_summary_text(model);
    assert_non_null(strstr(summary, " Total params: 0 (0.00 B)"));
    cornu_free(summary);
    cornu_model_release(model);
}

static void a_frozen_layer_is_not_trained(void **state)
{
    (void)state;
    const float x[2] = {1, 2}, y[1] = {3};
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(3, .input_shape = {2}, .name = "frozen"));
    cornu_add(model, cornu_dense(1));
    cornu_set_trainable(cornu_get_layer(model, "frozen", 0), false);
    assert_ok(cornu_compile(model, .optimizer = "adam", .loss = "mse"));
    cornu_array *before = cornu_get_weights(model);
    train_one(model, x, 2, y);
    cornu_array *after = cornu_get_weights(model);
    for (size_t i = 0; i < 4; i++) {
        cornu_array *old = cornu_array_item(before, i), *new = cornu_array_item(after, i);
        size_t size = (size_t)cornu_array_count(old) * sizeof(float);
        bool same = memcmp(cornu_array_data(old), cornu_array_data(new), size) == 0;
        assert_int_equal(same, i < 2);
    }
    cornu_array_release(before);
    cornu_array_release(after);
    cornu_model_release(model);
}

static void out_of_memory_at_any_allocation_is_an_error_without_a_leak(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        cornu__allocation_fail_at(n);
        cornu_model *inner = cornu_sequential(.name = "inner");
        cornu_add(inner, cornu_dense(3, .input_shape = {2}, .kernel_regularizer = "l2"));
        cornu_tensor *x = cornu_input(.shape = {2});
        cornu_tensor *hidden = inner ? cornu_call(cornu_model_layer(inner), x) : NULL;
        if (!inner)
            cornu_tensor_release(x);
        cornu_tensor *y = hidden ? cornu_call(cornu_dense(1), hidden) : NULL;
        cornu_model *model = y ? cornu_functional(.inputs = {x}, .outputs = {y}, .name = "outer") : NULL;
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        if (model)
            status = cornu_compile(model, .optimizer = "adam", .loss = "mse", .metrics = {"mae"});
        if (status == CORNU_OK) {
            float numbers[2] = {1, 2};
            cornu__batch batch = {.rows = 1};
            batch.inputs[0] = tensor_of_floats(numbers, 2, (int64_t[]){1, 2});
            batch.targets[0] = tensor_of_floats(numbers, 2, (int64_t[]){1, 1});
            status = cornu__model_step(model, CORNU__STEP_TRAIN, &batch);
        }
        cornu__allocation_fail_at(0);
        failed = status != CORNU_OK;
        if (failed && status != CORNU_ERROR_OUT_OF_MEMORY)
            fail_msg("allocation %llu: %s: %s", (unsigned long long)n, cornu_status_name(status),
                     cornu_error_message());
        cornu_model_release(model);
        cornu_model_release(inner);
        if (cornu__allocation_live() != live)
            fail_msg("allocation %llu: %lld blocks are left", (unsigned long long)n,
                     (long long)(cornu__allocation_live() - live));
        assert_true(n < 5000);
    }
}

/* One tensor in both places of a call and of a model, one object in two options: taken over once, freed once. */
static void out_of_memory_frees_what_is_given_twice_once(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        cornu_error_clear();
        cornu__allocation_fail_at(n);
        cornu_tensor *x = cornu_input(.shape = {2});
        cornu_initializer *initializer = x ? cornu_he_normal() : NULL;
        cornu_tensor *square = NULL, *y = NULL;
        if (initializer)
            square = cornu_call(cornu_multiply(), x, x);
        else
            cornu_tensor_release(x);
        if (square)
            y = cornu_call(cornu_dense(2, .kernel_initializer = initializer, .bias_initializer = initializer), square);
        else
            cornu_object_release(initializer);
        cornu_model *model = y ? cornu_functional(.inputs = {x}, .outputs = {y, y}) : NULL;
        failed = !model || cornu_model_status(model) != CORNU_OK;
        cornu__allocation_fail_at(0);
        cornu_model_release(model);
        if (cornu__allocation_live() != live)
            fail_msg("allocation %llu: %lld blocks are left", (unsigned long long)n,
                     (long long)(cornu__allocation_live() - live));
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_that_do_not_fit_name_layer_got_and_wanted),
        cmocka_unit_test(merging_what_cannot_be_merged_names_the_layer),
        cmocka_unit_test(the_first_failure_of_a_chain_is_reported_by_compile),
        cmocka_unit_test(a_failed_layer_poisons_a_functional_model),
        cmocka_unit_test(unknown_names_come_with_the_nearest),
        cmocka_unit_test(losses_are_counted),
        cmocka_unit_test(a_step_before_compile_or_without_a_loss_is_refused),
        cmocka_unit_test(batches_of_the_wrong_shape_name_the_port),
        cmocka_unit_test(functional_models_that_cannot_be_say_why),
        cmocka_unit_test(layers_without_names_get_keras_names),
        cmocka_unit_test(a_sequential_without_a_shape_is_built_by_its_first_data),
        cmocka_unit_test(layers_can_be_added_after_a_look),
        cmocka_unit_test(two_models_sharing_a_layer_train_each_others_weights),
        cmocka_unit_test(a_layer_called_twice_has_one_set_of_weights),
        cmocka_unit_test(nested_models_have_weights_of_their_own_and_can_be_used_alone),
        cmocka_unit_test(a_nested_model_can_have_several_outputs_and_no_shape_of_its_own),
        cmocka_unit_test(a_model_without_layers_says_so),
        cmocka_unit_test(a_frozen_layer_is_not_trained),
        cmocka_unit_test(out_of_memory_at_any_allocation_is_an_error_without_a_leak),
        cmocka_unit_test(out_of_memory_frees_what_is_given_twice_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
