/* A program's own layers, losses and metrics do in a model what built-in ones of the same formula do, and fail with words. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/constraints.h>
#include <cornu/custom.h>
#include <cornu/model.h>
#include <cornu/ops.h>
#include <cornu/optimizers.h>
#include <cornu/regularizers.h>

#include "base/memory.h"
#include "model/golden.h"

enum { ROWS = 6, FEATURES = 3, UNITS = 4, STEPS = 5 };

/* --- tanh(x . kernel + bias), which also counts its training steps --- */

typedef struct affine_state {
    int64_t units;
    double penalty; /* times the sum of squares of the output: an added loss */
} affine_state;

static int released; /* how many states were given back */

static void release_affine(void *state)
{
    released++;
    free(state);
}

static cornu_status build_affine(cornu_layer *layer, int count, const cornu_shape *inputs, void *state)
{
    const affine_state *affine = state;
    int64_t shape[2] = {inputs[0].size[1], affine->units};
    assert_int_equal(count, 1);
    bool whole = cornu_layer_add_weight(layer, "kernel", 2, shape, .regularizer = "l2", .constraint = "max_norm") &&
                 cornu_layer_add_weight(layer, "calls", 0, NULL, .initializer = "zeros", .trainable = false) &&
                 cornu_layer_add_weight(layer, "bias", 1, shape + 1, .initializer = "zeros");
    return whole ? CORNU_OK : cornu_error_status();
}

static cornu_status shape_of_affine(const cornu_layer *layer, int count, const cornu_shape *inputs, cornu_shape *output,
                                    void *state)
{
    (void)layer, (void)count, (void)inputs;
    output->size[1] = ((const affine_state *)state)->units;
    return CORNU_OK;
}

static cornu_node *call_affine(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs,
                               void *state)
{
    const affine_state *affine = state;
    cornu_weight *calls = cornu_layer_weight(layer, "calls");
    cornu_node *kernel = cornu_layer_call_weight(call, cornu_layer_weight(layer, "kernel")),
               *bias = cornu_layer_call_weight(call, cornu_layer_weight(layer, "bias"));
    cornu_node *y = cornu_op_tanh(cornu_op_add(cornu_op_matmul(inputs[0], kernel), bias));
    assert_int_equal(count, 1);
    if (cornu_layer_call_training(call) &&
        cornu_layer_call_assign(call, calls, cornu_op_add_scalar(cornu_layer_call_weight(call, calls), 1)) != CORNU_OK)
        return NULL;
    if (affine->penalty != 0 &&
        cornu_layer_call_add_loss(call, cornu_op_multiply_scalar(cornu_op_sum(cornu_op_square(y)), affine->penalty)) !=
            CORNU_OK)
        return NULL;
    return y;
}

static const cornu_layer_hooks affine_hooks = {.struct_size = sizeof affine_hooks,
                                               .build = build_affine,
                                               .output_shape = shape_of_affine,
                                               .call = call_affine,
                                               .release = release_affine};

static cornu_layer *affine(double penalty)
{
    affine_state *state = malloc(sizeof *state);
    *state = (affine_state){UNITS, penalty};
    return cornu_custom_layer("Affine", &affine_hooks, state, .name = "first", .input_shape = {FEATURES});
}

/* --- squares, absolute errors --- */

static cornu_node *squares(cornu_node *y_true, cornu_node *y_pred, void *state)
{
    ++*(int *)state;
    return cornu_op_mean(cornu_op_square(cornu_op_subtract(y_pred, y_true)), .axis = cornu_axis(-1));
}

static cornu_node *absolutes(cornu_node *y_true, cornu_node *y_pred, void *state)
{
    (void)state;
    return cornu_op_mean(cornu_op_absolute(cornu_op_subtract(y_pred, y_true)), .axis = cornu_axis(-1));
}

/* States: the sum and the number of absolute errors. */
static cornu_status update_sums(cornu_node *y_true, cornu_node *y_pred, cornu_node *sample_weight,
                                cornu_node *const *states, cornu_node **new_states, void *state)
{
    cornu_node *errors = absolutes(y_true, y_pred, state);
    double count = (double)cornu_node_size(y_pred, 0);
    if (sample_weight)
        errors = cornu_op_multiply(errors, sample_weight);
    new_states[0] = cornu_op_add(states[0], cornu_op_sum(errors));
    new_states[1] =
        sample_weight ? cornu_op_add(states[1], cornu_op_sum(sample_weight)) : cornu_op_add_scalar(states[1], count);
    return new_states[0] && new_states[1] ? CORNU_OK : cornu_error_status();
}

static double result_of_sums(const float *const *states, void *state)
{
    (void)state;
    return (double)states[0][0] / (double)states[1][0];
}

static const cornu_metric_hooks sums_hooks = {.struct_size = sizeof sums_hooks,
                                              .state_count = 2,
                                              .state_sizes = {1, 1},
                                              .update = update_sums,
                                              .result = result_of_sums};

/* --- both models --- */

static const float x[ROWS * FEATURES] = {0.5f, -1, 2, 1.5f, 0, -0.5f, 1, 1, -2, 0.25f, 3, 1, -1, -1, 0.5f, 2, 0, 1},
                            y[ROWS] = {1, -1, 0.5f, 2, 0, -0.25f};

static cornu__batch batch_of_all(void)
{
    cornu__batch batch = {.rows = ROWS};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){ROWS, FEATURES});
    batch.targets[0] = tensor_of_floats(y, 2, (int64_t[]){ROWS, 1});
    return batch;
}

static cornu_model *stack(cornu_layer *first, uint64_t seed)
{
    cornu_model *model = cornu_sequential(.seed = seed);
    cornu_add(model, first);
    cornu_add(model, cornu_dense(1, .name = "last", .use_bias = false));
    return model;
}

static void check_same_weights(cornu_model *own, cornu_model *built_in)
{
    static const char *const names[] = {"first/kernel", "first/bias", "last/kernel"};
    cornu_array *a = cornu_get_named_weights(own), *b = cornu_get_named_weights(built_in);
    for (int i = 0; i < 3; i++) {
        const cornu_array *got = cornu_array_item_named(a, names[i]), *wanted = cornu_array_item_named(b, names[i]);
        for (int64_t k = 0; k < cornu_array_count(wanted); k++)
            assert_true(fabs(cornu_array_get(got, k) - cornu_array_get(wanted, k)) < 2e-6);
    }
    cornu_array_release(a);
    cornu_array_release(b);
}

/* The gradients of a custom layer and loss are right if training by them goes the way of the built-in ones. */
static void own_layer_loss_and_metrics_train_as_built_in_ones_do(void **state)
{
    (void)state;
    int asked = 0;
    cornu_model *own = stack(affine(0), 3),
                *built_in =
                    stack(cornu_dense(UNITS, .activation = "tanh", .kernel_regularizer = "l2",
                                      .kernel_constraint = "max_norm", .name = "first", .input_shape = {FEATURES}),
                          3);
    cornu_array *named = cornu_get_named_weights(built_in);
    cornu_array *calls = cornu_array_zeros(CORNU_FLOAT32, 0, NULL);
    /* In Keras's order: a layer's statistics come behind what is trained. */
    cornu_array *items[] = {cornu_array_item(named, 0), cornu_array_item(named, 1), calls, cornu_array_item(named, 2)};
    cornu_array *list = cornu_array_list(4, items);
    assert_ok(cornu_set_weights(own, list));
    assert_ok(cornu_compile(own, .optimizer = "adam", .loss = cornu_custom_loss("squares", squares, &asked),
                            .metrics = {cornu_custom_metric("absolutes", absolutes, NULL),
                                        cornu_custom_metric_of_hooks("sums", &sums_hooks, NULL)}));
    assert_ok(cornu_compile(built_in, .optimizer = "adam", .loss = "mse", .metrics = {"mae"}));
    assert_string_equal(cornu__model_value_name(own, 1), "absolutes");
    assert_string_equal(cornu__model_value_name(own, 2), "sums");
    cornu__batch batch = batch_of_all();
    for (int step = 0; step < STEPS; step++) {
        assert_ok(cornu__model_step(own, CORNU__STEP_TRAIN, &batch));
        assert_ok(cornu__model_step(built_in, CORNU__STEP_TRAIN, &batch));
        assert_true(fabs(cornu__model_loss(own) - cornu__model_loss(built_in)) < 2e-6);
        for (int i = 1; i <= 2; i++)
            assert_true(fabs(cornu__model_metric(own, i) - cornu__model_metric(built_in, 1)) < 2e-6);
    }
    assert_int_equal(asked, 1); /* functions are called when a step is compiled, not when it runs */
    check_same_weights(own, built_in);
    cornu_array *after = cornu_get_named_weights(own);
    assert_true(cornu_array_get(cornu_array_item_named(after, "first/calls"), 0) == STEPS);
    cornu_array_release(after);
    cornu_array_release(calls);
    cornu_array_release(list);
    cornu_array_release(named);
    cornu_model_release(own);
    cornu_model_release(built_in);
}

static void a_loss_that_a_layer_adds_counts_and_is_differentiated(void **state)
{
    (void)state;
    cornu_model *model = stack(affine(0.1), 4);
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 0.1), .losses = {""}));
    cornu__batch batch = batch_of_all();
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    double first = cornu__model_loss(model);
    assert_true(first > 0);
    for (int step = 0; step < 50; step++)
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(cornu__model_loss(model) < first / 2); /* the outputs are drawn to 0 */
    cornu_model_release(model);
}

static void weights_of_own_layers_go_to_a_file_and_back(void **state)
{
    (void)state;
    char folder[] = "/tmp/cornu-custom-XXXXXX", path[100], hashes[2][CORNU_SHA256_TEXT_SIZE];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/weights.npz", folder);
    cornu_model *model = stack(affine(0), 5), *other = stack(affine(0), 6);
    assert_ok(cornu_save_weights(model, path));
    assert_ok(cornu_load_weights(other, path));
    assert_ok(cornu_weights_sha256(model, hashes[0]));
    assert_ok(cornu_weights_sha256(other, hashes[1]));
    assert_string_equal(hashes[0], hashes[1]);
    remove(path);
    rmdir(folder);
    cornu_model_release(model);
    cornu_model_release(other);
}

/* --- failures --- */

static cornu_node *call_nothing(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs,
                                void *state)
{
    (void)call, (void)layer, (void)count, (void)inputs, (void)state;
    return NULL;
}

static cornu_node *call_misfit(cornu_layer_call *call, cornu_layer *layer, int count, cornu_node *const *inputs,
                               void *state)
{
    (void)call, (void)layer, (void)count, (void)state;
    return cornu_op_matmul(inputs[0], inputs[0]);
}

static void check_refused_step(const cornu_layer_hooks *hooks, cornu_status status, const char *said)
{
    cornu_model *model = stack(cornu_custom_layer("Broken", hooks, NULL, .name = "b", .input_shape = {FEATURES}), 0);
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu__batch batch = batch_of_all();
    assert_refused(cornu__model_step(model, CORNU__STEP_TRAIN, &batch), status, said);
    assert_message_has("\"b\"");
    assert_message_has("Broken");
    cornu_model_release(model);
}

static void what_a_hook_does_wrong_is_said_with_the_layers_name(void **state)
{
    (void)state;
    const cornu_layer_hooks silent = {.struct_size = sizeof silent, .call = call_nothing};
    const cornu_layer_hooks misfit = {.struct_size = sizeof misfit, .call = call_misfit};
    check_refused_step(&silent, CORNU_ERROR_INVALID_ARGUMENT, "`call`");
    check_refused_step(&misfit, CORNU_ERROR_SHAPE, "(6, 3)");
}

static cornu_status build_badly(cornu_layer *layer, int count, const cornu_shape *inputs, void *state)
{
    int64_t size = 1;
    (void)count, (void)inputs, (void)state;
    return cornu_layer_add_weight(layer, "w", 1, &size, .initializer = "glorrot_uniform", .regularizer = cornu_l2(0.1),
                                  .constraint = cornu_max_norm())
               ? CORNU_OK
               : cornu_error_status();
}

static void objects_of_a_weight_that_is_refused_are_not_leaked(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    const cornu_layer_hooks hooks = {.struct_size = sizeof hooks, .build = build_badly, .call = call_nothing};
    cornu_model *model = stack(cornu_custom_layer("Broken", &hooks, NULL, .input_shape = {FEATURES}), 0);
    assert_refused(cornu_compile(model, .loss = "mse"), CORNU_ERROR_UNKNOWN_NAME, "glorot_uniform");
    assert_message_has("weight w");
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void hooks_without_what_is_needed_are_refused(void **state)
{
    (void)state;
    const cornu_layer_hooks empty = {.struct_size = sizeof empty};
    const cornu_layer_hooks no_size = {.call = call_nothing};
    const cornu_layer_hooks *const layers[] = {NULL, &empty, &no_size};
    for (int i = 0; i < 3; i++) {
        cornu_layer *layer = cornu_custom_layer("Broken", layers[i], NULL);
        assert_refused(cornu_object_status(layer), CORNU_ERROR_INVALID_ARGUMENT, ".call");
        cornu_object_release(layer);
    }
    cornu_metric_hooks metric = sums_hooks;
    metric.struct_size = 0;
    cornu_metric *refused = cornu_custom_metric_of_hooks("sums", &metric, NULL);
    assert_int_equal(cornu_object_status(refused), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_object_release(refused);
    metric.struct_size = sizeof metric;
    metric.state_count = 9;
    refused = cornu_custom_metric_of_hooks("sums", &metric, NULL);
    assert_refused(cornu_object_status(refused), CORNU_ERROR_INVALID_ARGUMENT, "states");
    cornu_object_release(refused);
}

static void out_of_memory_gives_every_state_back_once(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    bool failed = true;
    int asked = 0;
    for (uint64_t n = 1; failed; n++) {
        released = 0;
        cornu__allocation_fail_at(n);
        cornu_model *model = stack(affine(0), 7);
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        if (model)
            status = cornu_compile(model, .optimizer = "adam", .loss = cornu_custom_loss("squares", squares, &asked),
                                   .metrics = {cornu_custom_metric_of_hooks("sums", &sums_hooks, NULL)});
        cornu__batch batch = batch_of_all();
        if (status == CORNU_OK)
            status = cornu__model_step(model, CORNU__STEP_TRAIN, &batch);
        cornu__allocation_fail_at(0);
        failed = status != CORNU_OK;
        if (failed && status != CORNU_ERROR_OUT_OF_MEMORY)
            fail_msg("allocation %llu: %s", (unsigned long long)n, cornu_error_message());
        cornu_model_release(model);
        assert_int_equal(released, 1);
        if (cornu__allocation_live() != live)
            fail_msg("allocation %llu: %lld blocks are left", (unsigned long long)n,
                     (long long)(cornu__allocation_live() - live));
        assert_true(n < 5000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_layer_loss_and_metrics_train_as_built_in_ones_do),
        cmocka_unit_test(a_loss_that_a_layer_adds_counts_and_is_differentiated),
        cmocka_unit_test(weights_of_own_layers_go_to_a_file_and_back),
        cmocka_unit_test(what_a_hook_does_wrong_is_said_with_the_layers_name),
        cmocka_unit_test(objects_of_a_weight_that_is_refused_are_not_leaked),
        cmocka_unit_test(hooks_without_what_is_needed_are_refused),
        cmocka_unit_test(out_of_memory_gives_every_state_back_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
