/* Training follows real Keras: from the same weights and batches, losses, accuracies and weights stay together for 60 steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/model.h>

#include "model/golden.h"
#include "nn/object.h"

#define LOSS_TOLERANCE 1e-4 /* relative: what the project promises */

#define WEIGHT_TOLERANCE 2e-5 /* absolute; weights are of the order of 1 */

struct story {
    json_t *index;
    cornu_array *arrays;
    cornu_model *model;
    const char *backend;
};

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int count_of(const json_t *object, const char *key)
{
    return (int)json_array_size(json_object_get(object, key));
}

static void set_initial_weights(struct story *story)
{
    int count = count_of(story->index, "weights");
    cornu_array *items[64];
    for (int i = 0; i < count; i++)
        items[i] = (cornu_array *)golden_array(story->arrays, "initial.%d", i);
    cornu_array *list = cornu_array_list((size_t)count, items);
    assert_non_null(list);
    assert_ok(cornu_set_weights(story->model, list));
    cornu_array_release(list);
}

/* The index's "compile": a loss for all, or losses, weights and metrics by output. */
static void compile(struct story *story, const json_t *run)
{
    const json_t *given = json_object_get(story->index, "compile"), *loss = json_object_get(given, "loss");
    const json_t *metrics = json_object_get(given, "metrics");
    cornu_compile_options options = {.struct_size = sizeof options, .backend = story->backend, .threads = 1};
    cornu__object *optimizer;
    const char *name;
    json_t *value;
    int count = 0;
    assert_ok(cornu__object_from_json(CORNU__KIND_OPTIMIZER, run, "run", &optimizer));
    options.optimizer = optimizer;
    if (json_is_string(loss))
        options.loss = json_string_value(loss);
    json_object_foreach((json_t *)(json_is_object(loss) ? loss : NULL), name, value)
    {
        options.output_losses[count++] = (cornu_for_output){name, json_string_value(value)};
    }
    count = 0;
    json_object_foreach(json_object_get(given, "loss_weights"), name, value)
    {
        options.output_loss_weights[count++] = (cornu_output_weight){name, json_number_value(value)};
    }
    if (json_is_array(metrics))
        options.metrics[0] = json_string_value(json_array_get(metrics, 0));
    count = 0;
    json_object_foreach((json_t *)(json_is_object(metrics) ? metrics : NULL), name, value)
    {
        options.output_metrics[count++] = (cornu_for_output){name, json_string_value(json_array_get(value, 0))};
    }
    assert_ok(cornu_compile_with(story->model, &options));
    cornu__object_drop(optimizer);
}

static cornu__batch batch_of(const struct story *story, int number)
{
    cornu__batch batch = {0};
    for (int i = 0; i < cornu_input_count(story->model); i++)
        batch.inputs[i] =
            tensor_of(golden_array(story->arrays, "batch%d.%s", number, cornu_input_name(story->model, i)));
    for (int i = 0; i < cornu_output_count(story->model); i++)
        batch.targets[i] =
            tensor_of(golden_array(story->arrays, "batch%d.%s", number, cornu_output_name(story->model, i)));
    batch.rows = batch.inputs[0].shape[0];
    return batch;
}

static void check_value(const struct story *story, const char *run, const char *key, int step, double got,
                        double tolerance)
{
    double wanted = cornu_array_get(golden_array(story->arrays, "%s.%s", run, key), step);
    double scale = fabs(wanted) > 1e-3 ? fabs(wanted) : 1e-3;
    if (!(fabs(got - wanted) <= tolerance * scale))
        fail_msg("%s, %s, backend %s, step %d: %s is %.9g, Keras has %.9g", cornu_model_name(story->model), run,
                 story->backend, step, key, got, wanted);
}

static void check_step(const struct story *story, const char *run, int step)
{
    check_value(story, run, "loss", step, cornu__model_loss(story->model), LOSS_TOLERANCE);
    for (int i = 1; i < cornu__model_value_count(story->model); i++) {
        bool loss = i < cornu__model_loss_count(story->model);
        double got = loss ? cornu__model_output_loss(story->model, cornu__model_loss_output(story->model, i))
                          : cornu__model_metric(story->model, i);
        check_value(story, run, cornu__model_value_name(story->model, i), step, got, LOSS_TOLERANCE);
    }
}

/* A bias in front of a batch normalisation changes nothing but the moving mean behind it: its gradient is rounding, and Adam makes full
 * steps of that. */
static bool is_noise(const struct story *story, size_t index)
{
    const char *path =
        json_string_value(json_object_get(json_array_get(json_object_get(story->index, "weights"), index), "path"));
    return strstr(path, "conv_1/bias") || strstr(path, "norm_1/moving_mean");
}

static double check_final_weights(const struct story *story, const char *run)
{
    cornu_array *weights = cornu_get_weights(story->model);
    assert_non_null(weights);
    double worst = 0;
    for (size_t i = 0; i < cornu_array_item_count(weights); i++) {
        const cornu_array *got = cornu_array_item(weights, i),
                          *wanted = golden_array(story->arrays, "%s.final.%zu", run, i);
        assert_int_equal(cornu_array_count(got), cornu_array_count(wanted));
        for (int64_t k = 0; k < cornu_array_count(got) && !is_noise(story, i); k++) {
            double difference = fabs(cornu_array_get(got, k) - cornu_array_get(wanted, k));
            worst = difference > worst ? difference : worst;
        }
    }
    cornu_array_release(weights);
    if (!(worst <= WEIGHT_TOLERANCE))
        fail_msg("%s, %s, backend %s: a weight is off by %g after all steps", cornu_model_name(story->model), run,
                 story->backend, worst);
    return worst;
}

static void follow_run(struct story *story, const json_t *run)
{
    int steps = (int)json_integer_value(json_object_get(story->index, "steps"));
    int batches = (int)json_integer_value(json_object_get(story->index, "batches"));
    story->model = cornu_model_from_json(text(story->index, "model"), 1);
    if (!story->model)
        fail_msg("%s", cornu_error_message());
    set_initial_weights(story);
    compile(story, run);
    for (int step = 0; step < steps; step++) {
        cornu__batch batch = batch_of(story, step % batches);
        assert_ok(cornu__model_reset_metrics(story->model));
        assert_ok(cornu__model_step(story->model, CORNU__STEP_TRAIN, &batch));
        check_step(story, text(run, "name"), step);
    }
    double worst = check_final_weights(story, text(run, "name"));
    print_message("%s %s (%s): %d steps, weights within %.1e\n", cornu_model_name(story->model), text(run, "name"),
                  story->backend, steps, worst);
    cornu_model_release(story->model);
}

static void follow(const char *name, const char *backend)
{
    struct story story = {.index = oracle_json(name), .arrays = oracle_arrays(name), .backend = backend};
    json_t *runs = json_object_get(story.index, "runs"), *run;
    size_t i;
    assert_true(json_array_size(runs) >= 7);
    json_array_foreach(runs, i, run)
    {
        follow_run(&story, run);
    }
    json_decref(story.index);
    cornu_array_release(story.arrays);
}

static void mlp_follows_keras_on_the_reference_backend(void **state)
{
    (void)state;
    follow("trajectory_mlp", "reference");
}

static void cnn_with_batch_normalization_follows_keras_on_the_reference_backend(void **state)
{
    (void)state;
    follow("trajectory_cnn_bn", "reference");
}

static void two_inputs_and_outputs_follow_keras_on_the_reference_backend(void **state)
{
    (void)state;
    follow("trajectory_two_io", "reference");
}

static void mlp_follows_keras_on_the_cpu_backend(void **state)
{
    (void)state;
    follow("trajectory_mlp", "cpu");
}

static void cnn_with_batch_normalization_follows_keras_on_the_cpu_backend(void **state)
{
    (void)state;
    follow("trajectory_cnn_bn", "cpu");
}

static void two_inputs_and_outputs_follow_keras_on_the_cpu_backend(void **state)
{
    (void)state;
    follow("trajectory_two_io", "cpu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mlp_follows_keras_on_the_reference_backend),
        cmocka_unit_test(cnn_with_batch_normalization_follows_keras_on_the_reference_backend),
        cmocka_unit_test(two_inputs_and_outputs_follow_keras_on_the_reference_backend),
        cmocka_unit_test(mlp_follows_keras_on_the_cpu_backend),
        cmocka_unit_test(cnn_with_batch_normalization_follows_keras_on_the_cpu_backend),
        cmocka_unit_test(two_inputs_and_outputs_follow_keras_on_the_cpu_backend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
