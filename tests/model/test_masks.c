/* Masks do in a whole model what they do in Keras: to outputs, losses, metrics, sample weights, batch statistics and training. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/model.h>
#include <cornu/optimizers.h>

#include "model/golden.h"

#define TOLERANCE 1e-5 /* of numbers of the order of 1 */

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void check(const char *name, const char *what, double got, double wanted)
{
    double scale = fabs(wanted) > 1 ? fabs(wanted) : 1;
    if (!(fabs(got - wanted) <= TOLERANCE * scale))
        fail_msg("%s: %s is %.9g, Keras has %.9g", name, what, got, wanted);
}

/* Keras counts masks in metrics, but in a training step on JAX they are lost on the way to the metrics (attributes of arrays do not
 * outlive a traced function): there its numbers are those without a mask. */
static bool is_lost_on_jax(const char *name, const char *kind)
{
    bool masked_output = strcmp(name, "masking_pooled") != 0 && strcmp(name, "embedding_pooled") != 0;
    return masked_output && strcmp(kind, "train") == 0;
}

static void check_logs(cornu_model *model, const cornu_array *arrays, const char *name, const char *kind, int64_t step)
{
    check(name, "loss", cornu__model_loss(model),
          cornu_array_get(golden_array(arrays, "%s.%s.loss", name, kind), step));
    assert_int_equal(cornu__model_loss_count(model), 1);
    for (int i = 1; i < cornu__model_value_count(model); i++) {
        const char *key = cornu__model_value_name(model, i);
        if (is_lost_on_jax(name, kind))
            continue;
        check(name, key, cornu__model_metric(model, i),
              cornu_array_get(golden_array(arrays, "%s.%s.%s", name, kind, key), step));
    }
}

static void check_prediction(cornu_model *model, const cornu_array *wanted, const char *name)
{
    int rank;
    const int64_t *shape;
    const float *got = cornu__model_output(model, 0, &rank, &shape);
    assert_non_null(got);
    assert_int_equal(rank, cornu_array_rank(wanted));
    for (int64_t i = 0; i < cornu_array_count(wanted); i++)
        check(name, "an output", got[i], cornu_array_get(wanted, i));
}

static void check_final_weights(cornu_model *model, const cornu_array *arrays, const char *name)
{
    cornu_array *weights = cornu_get_weights(model);
    for (size_t i = 0; i < cornu_array_item_count(weights); i++) {
        const cornu_array *got = cornu_array_item(weights, i), *wanted = golden_array(arrays, "%s.final%zu", name, i);
        for (int64_t k = 0; k < cornu_array_count(wanted); k++)
            check(name, "a final weight", cornu_array_get(got, k), cornu_array_get(wanted, k));
    }
    cornu_array_release(weights);
}

static cornu_model *make(const json_t *item, const cornu_array *arrays, double learning_rate, const char *backend)
{
    const json_t *weighted = json_array_get(json_object_get(item, "weighted_metrics"), 0);
    cornu_model *model = cornu_model_from_json(text(item, "model"), 0);
    if (!model)
        fail_msg("%s: %s", text(item, "name"), cornu_error_message());
    cornu_array *items[16];
    size_t count = json_array_size(json_object_get(item, "weights"));
    for (size_t i = 0; i < count; i++)
        items[i] = (cornu_array *)golden_array(arrays, "%s.initial%zu", text(item, "name"), i);
    cornu_array *list = cornu_array_list(count, items);
    assert_ok(cornu_set_weights(model, list));
    cornu_array_release(list);
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = learning_rate), .loss = text(item, "loss"),
                            .metrics = {json_string_value(json_array_get(json_object_get(item, "metrics"), 0))},
                            .weighted_metrics = {weighted ? json_string_value(weighted) : NULL}, .backend = backend));
    return model;
}

static void follow(const json_t *item, const cornu_array *arrays, int steps, const char *backend)
{
    const char *name = text(item, "name");
    cornu_model *model = make(item, arrays, 0.1, backend);
    char key[100];
    snprintf(key, sizeof key, "%s.sample_weight", name);
    const cornu_array *weights = cornu_array_item_named(arrays, key), *x = golden_array(arrays, "%s.x", name);
    cornu__batch batch = {.rows = cornu_array_size(x, 0)};
    batch.inputs[0] = tensor_of(x);
    batch.targets[0] = tensor_of(golden_array(arrays, "%s.y", name));
    if (weights)
        batch.sample_weights[0] = tensor_of(weights);
    assert_int_equal(cornu_array_dtype(x), cornu__model_input(model, 0)->spec.dtype);
    assert_ok(cornu__model_step(model, CORNU__STEP_PREDICT, &batch));
    check_prediction(model, golden_array(arrays, "%s.predict", name), name);
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    check_logs(model, arrays, name, "test", 0);
    for (int step = 0; step < steps; step++) {
        assert_ok(cornu__model_reset_metrics(model));
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
        check_logs(model, arrays, name, "train", step);
    }
    check_final_weights(model, arrays, name);
    cornu_model_release(model);
}

static void follow_all(const char *backend)
{
    json_t *index = oracle_json("masking"), *cases = json_object_get(index, "cases"), *item;
    cornu_array *arrays = oracle_arrays("masking");
    size_t i;
    assert_true(json_array_size(cases) >= 8);
    json_array_foreach(cases, i, item)
    {
        follow(item, arrays, (int)json_integer_value(json_object_get(index, "steps")), backend);
    }
    cornu_array_release(arrays);
    json_decref(index);
}

static void masks_work_as_in_keras_on_the_reference_backend(void **state)
{
    (void)state;
    follow_all("reference");
}

static void masks_work_as_in_keras_on_the_cpu_backend(void **state)
{
    (void)state;
    follow_all("cpu");
}

/* --- what the values of Keras do not hold --- */

/* One Embedding of words in two inputs, joined along time, is the Embedding of the words side by side. */
static cornu_model *reading_model(bool in_two)
{
    cornu_layer *embedding = cornu_embedding(9, 3, .mask_zero = true, .name = "words");
    cornu_tensor *inputs[2] = {cornu_input(.shape = {in_two ? 2 : 5}, .dtype = CORNU_INT32)}, *read;
    if (in_two) {
        inputs[1] = cornu_input(.shape = {3}, .dtype = CORNU_INT32);
        read = cornu_call(cornu_concatenate(.axis = 1), cornu_call(embedding, inputs[0]),
                          cornu_call(embedding, inputs[1]));
    } else {
        read = cornu_call(embedding, inputs[0]);
    }
    cornu_model *model =
        cornu_functional(.inputs = {inputs[0], inputs[1]}, .outputs = {cornu_call(cornu_dense(1), read)}, .seed = 7);
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}));
    return model;
}

static void masks_are_joined_along_time_as_their_inputs_are(void **state)
{
    (void)state;
    const int32_t words[] = {1, 0, 3, 4, 0, 5, 6, 0, 0, 0}, left[] = {1, 0, 5, 6}, right[] = {3, 4, 0, 0, 0, 0};
    float y[10];
    for (int i = 0; i < 10; i++)
        y[i] = (float)i;
    cornu_model *one = reading_model(false), *two = reading_model(true);
    cornu__batch whole = {.rows = 2}, halves = {.rows = 2};
    whole.inputs[0] = (cornu__tensor){.data = words, .rank = 2, .shape = {2, 5}};
    halves.inputs[0] = (cornu__tensor){.data = left, .rank = 2, .shape = {2, 2}};
    halves.inputs[1] = (cornu__tensor){.data = right, .rank = 2, .shape = {2, 3}};
    whole.targets[0] = halves.targets[0] = tensor_of_floats(y, 3, (int64_t[]){2, 5, 1});
    for (int step = 0; step < 3; step++) {
        assert_ok(cornu__model_step(one, CORNU__STEP_TRAIN, &whole));
        assert_ok(cornu__model_step(two, CORNU__STEP_TRAIN, &halves));
        assert_true(fabs(cornu__model_loss(one) - cornu__model_loss(two)) < 1e-5);
        assert_true(fabs(cornu__model_metric(one, 1) - cornu__model_metric(two, 1)) < 1e-5);
    }
    cornu_model_release(one);
    cornu_model_release(two);
}

/* keras/src/layers/merging/concatenate.py: beside an input without a mask each step counts. */
static void beside_an_input_without_a_mask_every_step_counts(void **state)
{
    (void)state;
    float x[2 * 3 * 2] = {1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0}, y[6] = {1, 2, 3, 4, 5, 6};
    for (int masked = 0; masked < 2; masked++) {
        cornu_tensor *input = cornu_input(.shape = {3, 2});
        cornu_tensor *read = masked ? cornu_call(cornu_masking(), input) : input;
        cornu_tensor *beside =
            cornu_call(cornu_concatenate(), read, masked ? cornu_call(cornu_masking(), input) : input);
        cornu_tensor *mixed = cornu_call(cornu_concatenate(), beside, input);
        cornu_model *model =
            cornu_functional(.inputs = {input},
                             .outputs = {cornu_call(cornu_dense(1, .kernel_initializer = "zeros"), mixed)});
        assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse", .metrics = {"mae"}));
        cornu__batch batch = {.rows = 2};
        batch.inputs[0] = tensor_of_floats(x, 3, (int64_t[]){2, 3, 2});
        batch.targets[0] = tensor_of_floats(y, 3, (int64_t[]){2, 3, 1});
        assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
        assert_true(fabs(cornu__model_loss(model) - 91.0 / 6) < 1e-4);
        assert_true(fabs(cornu__model_metric(model, 1) - 21.0 / 6) < 1e-5);
        cornu_model_release(model);
    }
}

/* batch_normalization.py, _moments: an epsilon keeps statistics of nothing at 0. */
static void a_batch_of_padding_alone_does_not_spoil_batch_normalization(void **state)
{
    (void)state;
    const float x[2 * 2 * 2] = {0}, y[4] = {1, 2, 3, 4};
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_masking(.input_shape = {2, 2}));
    cornu_add(model, cornu_batch_normalization(.name = "norm", .momentum = 0.5));
    cornu_add(model, cornu_dense(1));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(x, 3, (int64_t[]){2, 2, 2});
    batch.targets[0] = tensor_of_floats(y, 3, (int64_t[]){2, 2, 1});
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    assert_true(cornu__model_loss(model) == 0);
    cornu_array *weights = cornu_get_named_weights(model);
    assert_true(cornu_array_get(cornu_array_item_named(weights, "norm/moving_mean"), 0) == 0);
    assert_true(cornu_array_get(cornu_array_item_named(weights, "norm/moving_variance"), 0) == 0.5);
    assert_true(isfinite(cornu_array_get(cornu_array_item_named(weights, "norm/gamma"), 0)));
    cornu_array_release(weights);
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_work_as_in_keras_on_the_reference_backend),
        cmocka_unit_test(masks_work_as_in_keras_on_the_cpu_backend),
        cmocka_unit_test(masks_are_joined_along_time_as_their_inputs_are),
        cmocka_unit_test(beside_an_input_without_a_mask_every_step_counts),
        cmocka_unit_test(a_batch_of_padding_alone_does_not_spoil_batch_normalization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
