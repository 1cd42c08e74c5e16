/* Steps: options of the optimizer as in Keras, weights of samples, metrics over batches; the same bits again; no allocation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/model.h>
#include <cornu/constraints.h>
#include <cornu/initializers.h>
#include <cornu/log.h>
#include <cornu/losses.h>
#include <cornu/optimizers.h>

#include "base/memory.h"
#include "model/golden.h"
#include "model/lower.h"

/* --- the specification's table of updates (section 7.3), made by Keras 3: kernel [.5, .5], no bias, three steps --- */

static const float table_x[] = {1, 2, 0.5f, -1}, table_y[] = {3, -2};

static cornu__batch table_batch(void)
{
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(table_x, 2, (int64_t[]){2, 2});
    batch.targets[0] = tensor_of_floats(table_y, 2, (int64_t[]){2, 1});
    return batch;
}

static void check_update(const char *what, cornu_layer *layer, cornu_identifier optimizer, int steps, double first,
                         double second)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, layer);
    assert_ok(cornu_compile(model, .optimizer = optimizer, .loss = "mse"));
    cornu__batch batch = table_batch();
    for (int i = 0; i < steps; i++) {
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
        if (i == 0)
            assert_true(fabs(cornu__model_loss(model) - 2.65625) < 1e-6);
    }
    cornu_array *weights = cornu_get_weights(model);
    double a = cornu_array_get(cornu_array_item(weights, 0), 0), b = cornu_array_get(cornu_array_item(weights, 0), 1);
    if (!(fabs(a - first) < 2e-6 && fabs(b - second) < 2e-6))
        fail_msg("%s: the weights are %.7f %.7f, Keras has %.7f %.7f", what, a, b, first, second);
    cornu_array_release(weights);
    cornu_model_release(model);
}

#define LAYER(...)                                                                                                     \
    cornu_dense(1, .use_bias = false, .kernel_initializer = cornu_constant(0.5), .input_shape = {2}, __VA_ARGS__)

static void options_of_optimizers_do_what_they_do_in_keras(void **state)
{
    (void)state;
    check_update("SGD()", LAYER(), cornu_sgd(), 3, .5164251, .6352291);
    check_update("SGD(.1, momentum .9)", LAYER(), cornu_sgd(.learning_rate = .1, .momentum = .9), 3, .5180390,
                 2.1150470);
    check_update("nesterov", LAYER(), cornu_sgd(.learning_rate = .1, .momentum = .9, .nesterov = true), 3, .2252449,
                 1.8177388);
    check_update("clipnorm", LAYER(), cornu_sgd(.learning_rate = .1, .clipnorm = 1), 3, .5318089, .7982429);
    check_update("global_clipnorm", LAYER(), cornu_sgd(.learning_rate = .1, .global_clipnorm = 1), 3, .5318089,
                 .7982429);
    check_update("clipvalue", LAYER(), cornu_sgd(.learning_rate = .1, .clipvalue = .5), 3, .6339062, .6500000);
    check_update("RMSprop()", LAYER(), cornu_rmsprop(), 3, .5073415, .5073663);
    check_update("RMSprop(.1, rho .5)", LAYER(), cornu_rmsprop(.learning_rate = .1, .rho = .5), 3, .7053805, .8416620);
    check_update("RMSprop(.1, momentum .9)", LAYER(), cornu_rmsprop(.learning_rate = .1, .momentum = .9), 3, .8499610,
                 1.6789033);
    check_update("Adam()", LAYER(), cornu_adam(), 3, .5029995, .5029998);
    check_update("Adam(.1)", LAYER(), cornu_adam(.learning_rate = .1), 3, .7749574, .7974532);
    check_update("AdamW(.1)", LAYER(), cornu_adamw(.learning_rate = .1), 3, .7743648, .7967424);
    check_update("MaxNorm", LAYER(.kernel_constraint = cornu_max_norm(.max_value = .5)), cornu_sgd(.learning_rate = .1),
                 3, .1327752, .4820485);
    check_update("UnitNorm", LAYER(.kernel_constraint = "unit_norm"), cornu_sgd(.learning_rate = .1), 3, .3264576,
                 .9452118);
    check_update("ema", LAYER(),
                 cornu_sgd(.learning_rate = .1, .use_ema = true, .ema_momentum = .9, .ema_overwrite_frequency = 2), 3,
                 .5410663, 1.2147797);
    check_update("accumulation", LAYER(), cornu_sgd(.learning_rate = .1, .gradient_accumulation_steps = 2), 4, .5459375,
                 1.2031250);
}

/* avg := w after the first step, then .9 avg + .1 w; at the end of training it becomes the weights. */
static void the_average_of_the_weights_becomes_the_weights_at_the_end(void **state)
{
    (void)state;
    cornu_model *plain = cornu_sequential(), *averaged = cornu_sequential();
    cornu_add(plain, LAYER());
    cornu_add(averaged, LAYER());
    assert_ok(cornu_compile(plain, .optimizer = cornu_sgd(.learning_rate = .1), .loss = "mse"));
    assert_ok(cornu_compile(averaged, .optimizer = cornu_sgd(.learning_rate = .1, .use_ema = true, .ema_momentum = .9),
                            .loss = "mse"));
    cornu__batch batch = table_batch();
    double average = 0;
    for (int step = 0; step < 4; step++) {
        assert_ok(cornu__model_step(plain, CORNU__STEP_TRAIN, &batch));
        assert_ok(cornu__model_step(averaged, CORNU__STEP_TRAIN, &batch));
        cornu_array *weights = cornu_get_weights(plain);
        double weight = cornu_array_get(cornu_array_item(weights, 0), 1);
        average = step == 0 ? weight : .9 * average + .1 * weight;
        cornu_array_release(weights);
    }
    assert_ok(cornu__model_finalize_weights(plain)); /* nothing to do */
    assert_ok(cornu__model_finalize_weights(averaged));
    cornu_array *weights = cornu_get_weights(averaged);
    assert_true(fabs(cornu_array_get(cornu_array_item(weights, 0), 1) - average) < 1e-6);
    cornu_array_release(weights);
    cornu_model_release(plain);
    cornu_model_release(averaged);
}

static void ignore_warning(const char *message, void *user_data)
{
    (void)message, (void)user_data;
}

/* Two heads, of which only the first has a loss. */
static cornu_model *two_heads(cornu_identifier optimizer)
{
    cornu_tensor *x = cornu_input(.shape = {2});
    cornu_tensor *heads[2] = {cornu_call(cornu_dense(1, .name = "measured"), x),
                              cornu_call(cornu_dense(1, .name = "free"), x)};
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {heads[0], heads[1]});
    assert_ok(cornu_compile(model, .optimizer = optimizer, .losses = {"mse", ""}));
    return model;
}

static void weights_that_the_loss_does_not_depend_on_stay_as_they_are(void **state)
{
    (void)state;
    const cornu_identifier optimizers[] = {
        cornu_sgd(.use_ema = true), cornu_sgd(.use_ema = true, .ema_overwrite_frequency = 1),
        cornu_adam(.weight_decay = 0.1, .gradient_accumulation_steps = 2, .use_ema = true)};
    for (int i = 0; i < 3; i++) {
        cornu_model *model = two_heads(optimizers[i]);
        cornu_array *before = cornu_get_named_weights(model);
        cornu__batch batch = table_batch();
        for (int step = 0; step < 3; step++)
            assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
        assert_ok(cornu__model_finalize_weights(model));
        cornu_array *after = cornu_get_named_weights(model);
        const cornu_array *old = cornu_array_item_named(before, "free/kernel"),
                          *new = cornu_array_item_named(after, "free/kernel");
        for (int64_t k = 0; k < 2; k++)
            assert_true(fabs(cornu_array_get(new, k) - cornu_array_get(old, k)) < 1e-6);
        assert_true(cornu_array_get(cornu_array_item_named(after, "measured/kernel"), 0) !=
                    cornu_array_get(cornu_array_item_named(before, "measured/kernel"), 0));
        cornu_array_release(before);
        cornu_array_release(after);
        cornu_model_release(model);
    }
}

/* base_optimizer.py, apply: constraints come after each batch, whether it made an update or only added its gradients to the sum. Each halves
 * the way of the norm n to 0.1: n, (n + .1) / 2, ... */
static void constraints_hold_after_each_batch_also_between_updates(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER(.kernel_constraint = cornu_min_max_norm(.max_value = 0.1, .rate = 0.5)));
    assert_ok(cornu_compile(model, .loss = "mse",
                            .optimizer = cornu_sgd(.learning_rate = 0, .gradient_accumulation_steps = 2)));
    cornu__batch batch = table_batch();
    double norm = sqrt(0.5);
    for (int step = 0; step < 4; step++) {
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
        norm = (norm + 0.1) / 2;
        cornu_array *weights = cornu_get_weights(model);
        assert_true(fabs(cornu_array_get(cornu_array_item(weights, 0), 0) - norm * sqrt(0.5)) < 1e-6);
        cornu_array_release(weights);
    }
    cornu_model_release(model);
}

static void a_norm_beyond_float_is_not_hidden_by_clipping(void **state)
{
    (void)state;
    const float huge_y[] = {1e30f, 1e30f};
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER());
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.global_clipnorm = 1), .loss = "mse"));
    cornu__batch batch = table_batch();
    batch.targets[0] = tensor_of_floats(huge_y, 2, (int64_t[]){2, 1});
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    cornu_array *weights = cornu_get_weights(model);
    assert_true(isnan(cornu_array_get(cornu_array_item(weights, 0), 0)));
    cornu_array_release(weights);
    cornu_model_release(model);
}

/* --- compiling again --- */

static cornu_model *model_after_two_steps(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER());
    assert_ok(cornu_compile(model, .optimizer = "adam", .loss = "mse", .metrics = {"mae"}));
    cornu__batch batch = table_batch();
    for (int step = 0; step < 2; step++)
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    return model;
}

static void check_goes_on_as(cornu_model *model, cornu_model *untouched)
{
    char hashes[2][CORNU_SHA256_TEXT_SIZE];
    cornu__batch batch = table_batch();
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_ok(cornu__model_step(untouched, CORNU__STEP_TRAIN, &batch));
    assert_int_equal(cornu__model_iterations(model), 3);
    assert_string_equal(cornu__model_value_name(model, 1), "mae");
    assert_true(cornu__model_metric(model, 1) == cornu__model_metric(untouched, 1));
    assert_ok(cornu_weights_sha256(model, hashes[0]));
    assert_ok(cornu_weights_sha256(untouched, hashes[1]));
    assert_string_equal(hashes[0], hashes[1]);
}

static void a_compile_that_fails_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    cornu_model *model = model_after_two_steps(), *untouched = model_after_two_steps();
    assert_refused(cornu_compile(model, .optimizer = "sgdd", .loss = "mae"), CORNU_ERROR_UNKNOWN_NAME, "sgd");
    assert_refused(cornu_compile(model, .optimizer = "sgd", .loss = "mae", .metrics = {"acuracy"}),
                   CORNU_ERROR_UNKNOWN_NAME, "accuracy");
    cornu_set_trainable(cornu_get_layer(model, NULL, 0), false); /* nor does it see that */
    assert_refused(cornu_compile(model, .loss = "mae", .backend = "reference", .output_loss_weights = {{"other", 1}}),
                   CORNU_ERROR_UNKNOWN_NAME, "other");
    cornu_set_trainable(cornu_get_layer(model, NULL, 0), true);
    check_goes_on_as(model, untouched);
    cornu_model_release(model);
    cornu_model_release(untouched);
}

static void a_compile_without_memory_leaves_the_model_as_it_was(void **state)
{
    (void)state;
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        cornu_model *model = model_after_two_steps(), *untouched = model_after_two_steps();
        cornu__allocation_fail_at(n);
        status = cornu_compile(model, .optimizer = "rmsprop", .loss = "mae", .metrics = {"mse"});
        cornu__allocation_fail_at(0);
        if (status == CORNU_ERROR_OUT_OF_MEMORY)
            check_goes_on_as(model, untouched);
        cornu_model_release(model);
        cornu_model_release(untouched);
        assert_true(n < 1000);
    }
    assert_int_equal(status, CORNU_OK);
}

/* A frozen BatchNormalization normalizes by its statistics in training too, and leaves them; which layers are frozen is compile's. */
static void batch_normalization_frozen_when_compiled_is_as_in_testing(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_batch_normalization(.input_shape = {2}, .name = "norm"));
    cornu_add(model, cornu_dense(1));
    cornu_set_trainable(cornu_get_layer(model, "norm", 0), false);
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0), .loss = "mse"));
    cornu__batch batch = table_batch();
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    double tested = cornu__model_loss(model);
    cornu_set_warning_handler(ignore_warning, NULL);
    cornu_set_trainable(cornu_get_layer(model, "norm", 0), true);
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    cornu_set_warning_handler(NULL, NULL);
    assert_true(fabs(cornu__model_loss(model) - tested) < 1e-6);
    cornu_array *weights = cornu_get_named_weights(model);
    assert_true(cornu_array_get(cornu_array_item_named(weights, "norm/moving_mean"), 0) == 0);
    assert_true(cornu_array_get(cornu_array_item_named(weights, "norm/moving_variance"), 0) == 1);
    cornu_array_release(weights);
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0), .loss = "mse"));
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(fabs(cornu__model_loss(model) - tested) > 1e-6);
    cornu_model_release(model);
}

static void count_warning(const char *message, void *user_data)
{
    assert_non_null(strstr(message, "frozen after cornu_compile"));
    ++*(int *)user_data;
}

static void freezing_after_compile_warns_and_counts_from_the_next_compile_on(void **state)
{
    (void)state;
    int warnings = 0;
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER());
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu_set_trainable(cornu_get_layer(model, NULL, 0), false);
    cornu__batch batch = table_batch();
    char hashes[3][CORNU_SHA256_TEXT_SIZE];
    assert_ok(cornu_weights_sha256(model, hashes[0]));
    cornu_set_warning_handler(count_warning, &warnings);
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    cornu_set_warning_handler(NULL, NULL);
    assert_int_equal(warnings, 1);
    assert_ok(cornu_weights_sha256(model, hashes[1]));
    assert_string_not_equal(hashes[0], hashes[1]);
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_ok(cornu_weights_sha256(model, hashes[2]));
    assert_string_equal(hashes[1], hashes[2]);
    cornu_model_release(model);
}

static void two_ways_of_clipping_are_refused(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER());
    assert_refused(cornu_compile(model, .optimizer = cornu_sgd(.clipnorm = 1, .clipvalue = 1), .loss = "mse"),
                   CORNU_ERROR_INVALID_ARGUMENT, "clip");
    cornu_model_release(model);
}

static void the_learning_rate_can_be_set_unless_a_schedule_governs_it(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER());
    assert_true(isnan(cornu_learning_rate(model)));
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0.5), .loss = "mse"));
    assert_true(cornu_learning_rate(model) == 0.5);
    assert_ok(cornu_set_learning_rate(model, 0));
    cornu__batch batch = table_batch();
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    assert_ok(cornu_weights_sha256(model, before));
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_ok(cornu_weights_sha256(model, after));
    assert_string_equal(before, after);
    assert_int_equal(cornu__model_iterations(model), 1);
    assert_ok(
        cornu_compile(model, .optimizer = cornu_sgd(.schedule = cornu_exponential_decay(0.4, 1, 0.5)), .loss = "mse"));
    assert_true(cornu_learning_rate(model) == 0.4);
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(fabs(cornu_learning_rate(model) - 0.2) < 1e-12);
    assert_refused(cornu_set_learning_rate(model, 0.1), CORNU_ERROR_STATE, "schedule");
    cornu_model_release(model);
}

/* --- losses and metrics --- */

static cornu_model *silent_model(void)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .use_bias = false, .kernel_initializer = "zeros", .input_shape = {1}));
    return model;
}

static void samples_weigh_as_in_keras_3(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4}, y[] = {2, 4, 6, 9}, weights[] = {0, 0, 1, 2};
    cornu_model *model = silent_model();
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}, .weighted_metrics = {"mae"}));
    cornu__batch batch = {.rows = 4};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){4, 1});
    batch.targets[0] = tensor_of_floats(y, 1, (int64_t[]){4}); /* (n) stands for (n, 1) */
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_loss(model) - 137.0 / 4) < 1e-5);
    assert_ok(cornu__model_reset_metrics(model));
    batch.sample_weights[0] = tensor_of_floats(weights, 1, (int64_t[]){4});
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_loss(model) - 49.5) < 1e-5);
    assert_string_equal(cornu__model_value_name(model, 1), "mae");
    assert_string_equal(cornu__model_value_name(model, 2), "weighted_mae");
    assert_true(fabs(cornu__model_metric(model, 1) - 21.0 / 4) < 1e-5);
    assert_true(fabs(cornu__model_metric(model, 2) - 8.0) < 1e-5);
    cornu_model_release(model);
}

static void metrics_run_over_batches_until_they_are_reset(void **state)
{
    (void)state;
    const float x[] = {1, 1, 1}, y[] = {3, 1, 2};
    cornu_model *model = silent_model();
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}));
    cornu__batch batch = {.rows = 1};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){1, 1});
    batch.targets[0] = tensor_of_floats(y, 2, (int64_t[]){1, 1});
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_metric(model, 1) - 3) < 1e-6);
    batch.rows = 2;
    batch.inputs[0] = tensor_of_floats(x + 1, 2, (int64_t[]){2, 1});
    batch.targets[0] = tensor_of_floats(y + 1, 2, (int64_t[]){2, 1});
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_metric(model, 1) - 2) < 1e-6);
    assert_ok(cornu__model_reset_metrics(model));
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_metric(model, 1) - 1.5) < 1e-6);
    cornu_model_release(model);
}

static void penalties_are_in_the_loss_of_training_and_of_testing(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, LAYER(.kernel_regularizer = "l2"));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu__batch batch = table_batch();
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(fabs(cornu__model_loss(model) - (2.65625 + 0.01 * 0.5)) < 1e-6);
    assert_true(fabs(cornu__model_output_loss(model, 0) - 2.65625) < 1e-6);
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(fabs(cornu__model_loss(model) - (2.65625 + 0.01 * 0.5)) < 1e-6);
    cornu_set_trainable(cornu_get_layer(model, NULL, 0), false); /* as in Keras, a frozen weight costs nothing */
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_true(cornu__model_loss(model) == cornu__model_output_loss(model, 0));
    cornu_model_release(model);
}

static void a_label_out_of_range_is_an_error_and_the_model_stays_usable(void **state)
{
    (void)state;
    const float x[] = {1, 2};
    const int32_t good[] = {0, 2}, bad[] = {0, 3};
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(3, .activation = "softmax", .input_shape = {1}));
    assert_ok(
        cornu_compile(model, .optimizer = "sgd", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}));
    assert_int_equal(cornu__model_target(model, 0)->class_count, 3);
    assert_int_equal(cornu__model_target(model, 0)->spec.dtype, CORNU_INT32);
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){2, 1});
    batch.targets[0] = (cornu__tensor){.data = bad, .rank = 1, .shape = {2}};
    assert_int_equal(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_DATA);
    batch.targets[0].data = good;
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(isfinite(cornu__model_loss(model)));
    cornu_model_release(model);
}

static void classes_can_stand_along_any_axis(void **state)
{
    (void)state;
    const float x[] = {1, 2};
    const int32_t good[] = {0, 2, 1, 2}, bad[] = {0, 3, 1, 2};
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(6, .kernel_initializer = "zeros", .input_shape = {1}));
    cornu_add(model, cornu_reshape(.target_shape = {3, 2}));
    assert_ok(cornu_compile(model, .optimizer = "sgd",
                            .loss = cornu_sparse_categorical_crossentropy(.from_logits = true, .axis = 1)));
    const cornu__port *target = cornu__model_target(model, 0);
    assert_int_equal(target->class_count, 3);
    assert_int_equal(target->spec.rank, 2);
    assert_int_equal(target->spec.shape[1], 2);
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){2, 1});
    batch.targets[0] = (cornu__tensor){.data = good, .rank = 2, .shape = {2, 2}};
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(fabs(cornu__model_loss(model) - log(3)) < 1e-6);
    batch.targets[0].data = bad;
    assert_int_equal(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), CORNU_ERROR_DATA);
    cornu_model_release(model);
}

/* --- the same bits, and no allocation --- */

enum { ROWS = 16, FEATURES = 8, STEPS = 100 };

static cornu_model *busy_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 11);
    cornu_add(model, cornu_dense(12, .activation = "relu", .input_shape = {FEATURES}));
    cornu_add(model, cornu_batch_normalization());
    cornu_add(model, cornu_dropout(0.3));
    cornu_add(model, cornu_dense(3, .activation = "softmax", .kernel_regularizer = "l2"));
    assert_ok(cornu_compile(model, .optimizer = "adam", .loss = "sparse_categorical_crossentropy",
                            .metrics = {"accuracy"}, .threads = 1));
    return model;
}

static cornu__batch busy_batch(int step, float *x, int32_t *y)
{
    cornu__batch batch = {.rows = step % 4 == 3 ? ROWS / 2 : ROWS}; /* the last one of four is partial */
    for (int i = 0; i < ROWS * FEATURES; i++)
        x[i] = (float)((i * 7 + step * 13) % 29) / 29 - 0.5f;
    for (int i = 0; i < ROWS; i++)
        y[i] = (i + step) % 3;
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){batch.rows, FEATURES});
    batch.targets[0] = (cornu__tensor){.data = y, .rank = 1, .shape = {batch.rows}};
    return batch;
}

static void train_busily(cornu_model *model, int steps)
{
    static float x[ROWS * FEATURES];
    static int32_t y[ROWS];
    for (int step = 0; step < steps; step++) {
        cornu__batch batch = busy_batch(step, x, y);
        assert_ok(cornu__model_reset_metrics(model));
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
        if (step % 10 == 0)
            assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    }
}

static void training_again_gives_the_same_bits(void **state)
{
    (void)state;
    char hashes[2][CORNU_SHA256_TEXT_SIZE];
    for (int i = 0; i < 2; i++) {
        cornu_model *model = busy_model();
        train_busily(model, STEPS);
        assert_ok(cornu_weights_sha256(model, hashes[i]));
        cornu_model_release(model);
    }
    assert_string_equal(hashes[0], hashes[1]);
}

static void a_running_step_allocates_nothing(void **state)
{
    (void)state;
    cornu_model *model = busy_model();
    train_busily(model, 20); /* every kind of step and batch shape was seen */
    uint64_t before = cornu__allocation_count();
    train_busily(model, STEPS);
    assert_int_equal(cornu__allocation_count(), before);
    cornu_model_release(model);
}

/* Speed is float's: one double among the ops of a step would spread over it. */
static void a_step_computes_in_float_throughout(void **state)
{
    (void)state;
    static float x[ROWS * FEATURES];
    static int32_t y[ROWS];
    cornu_model *model = busy_model();
    cornu__batch batch = busy_batch(0, x, y);
    cornu__graph *graph = cornu__graph_create();
    cornu__lowering lowering;
    assert_ok(cornu__lower(&lowering, model, CORNU__STEP_TRAIN, false, &batch, graph));
    assert_true(graph->op_count > 20);
    for (int i = 0; i < graph->op_count; i++) {
        const cornu__op *op = graph->ops[i];
        for (int k = 0; k < op->output_count; k++) {
            if (op->outputs[k]->dtype == CORNU_FLOAT64)
                fail_msg("op %d, %s, computes in double", i, op->name ? op->name : "without a name");
        }
    }
    cornu__graph_release(graph);
    cornu_model_release(model);
}

static void more_batch_shapes_than_programs_are_kept_still_work(void **state)
{
    (void)state;
    float x[40];
    for (int i = 0; i < 40; i++)
        x[i] = (float)i;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .kernel_initializer = "ones", .input_shape = {1}));
    uint64_t live = 0;
    for (int round = 0; round < 2; round++) {
        for (int rows = 1; rows <= 40; rows++) {
            int rank;
            const int64_t *shape;
            cornu__batch batch = {.rows = rows};
            batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){rows, 1});
            assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
            const float *y = cornu__model_output(model, 0, &rank, &shape);
            assert_int_equal(shape[0], rows);
            assert_true(y[rows - 1] == (float)(rows - 1));
        }
        if (round == 0)
            live = cornu__allocation_live();
    }
    assert_int_equal(cornu__allocation_live(), live); /* the old ones went */
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_optimizers_do_what_they_do_in_keras),
        cmocka_unit_test(the_average_of_the_weights_becomes_the_weights_at_the_end),
        cmocka_unit_test(weights_that_the_loss_does_not_depend_on_stay_as_they_are),
        cmocka_unit_test(constraints_hold_after_each_batch_also_between_updates),
        cmocka_unit_test(a_norm_beyond_float_is_not_hidden_by_clipping),
        cmocka_unit_test(a_compile_that_fails_leaves_the_model_as_it_was),
        cmocka_unit_test(a_compile_without_memory_leaves_the_model_as_it_was),
        cmocka_unit_test(batch_normalization_frozen_when_compiled_is_as_in_testing),
        cmocka_unit_test(freezing_after_compile_warns_and_counts_from_the_next_compile_on),
        cmocka_unit_test(two_ways_of_clipping_are_refused),
        cmocka_unit_test(the_learning_rate_can_be_set_unless_a_schedule_governs_it),
        cmocka_unit_test(samples_weigh_as_in_keras_3),
        cmocka_unit_test(metrics_run_over_batches_until_they_are_reset),
        cmocka_unit_test(penalties_are_in_the_loss_of_training_and_of_testing),
        cmocka_unit_test(a_label_out_of_range_is_an_error_and_the_model_stays_usable),
        cmocka_unit_test(classes_can_stand_along_any_axis),
        cmocka_unit_test(training_again_gives_the_same_bits),
        cmocka_unit_test(a_running_step_allocates_nothing),
        cmocka_unit_test(a_step_computes_in_float_throughout),
        cmocka_unit_test(more_batch_shapes_than_programs_are_kept_still_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
