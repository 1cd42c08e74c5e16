/* LossScaleOptimizer against Keras (tests/oracle/loss_scale.py): weights, scale and updates batch by batch, with gradients that are not finite. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/optimizers.h>
#include <cornu/saving.h>

#include "model/model.h"
#include "model/plan.h"
#include "nn/registry.h"
#include "support/oracle.h"

static json_t *runs;
static cornu_array *arrays;

static int open_values(void **state)
{
    (void)state;
    json_t *index = oracle_json("loss_scale");
    runs = json_incref(json_object_get(index, "runs"));
    json_decref(index);
    arrays = oracle_arrays("loss_scale");
    return runs ? 0 : 1;
}

static int close_values(void **state)
{
    (void)state;
    json_decref(runs);
    cornu_array_release(arrays);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

static cornu_array *values_of(const char *run, const char *what)
{
    char name[100];
    snprintf(name, sizeof name, "%s.%s", run, what);
    cornu_array *array = cornu_array_item_named(arrays, name);
    assert_non_null(array);
    return array;
}

static cornu_optimizer *optimizer_of(const json_t *run)
{
    const json_t *scale = json_object_get(run, "scale");
    cornu__object *inner = NULL;
    json_t *json = json_pack("{s:O, s:O}", "class_name", json_object_get(run, "class_name"), "config",
                             json_object_get(run, "config"));
    cornu_status status = cornu__object_from_json(CORNU__KIND_OPTIMIZER, json, "inner", &inner);
    json_decref(json);
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_optimizer *optimizer = cornu_loss_scale_optimizer(
        (cornu_identifier)inner, .initial_scale = json_number_value(json_object_get(scale, "initial_scale")),
        .dynamic_growth_steps = (int)json_integer_value(json_object_get(scale, "dynamic_growth_steps")));
    cornu__object_drop(inner);
    return optimizer;
}

static cornu_model *make_model(cornu_optimizer *optimizer, const char *backend)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .use_bias = false, .input_shape = {3}));
    if (cornu_compile(model, .optimizer = optimizer, .loss = "mse", .backend = backend) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_array *kernel = cornu_array_item_named(arrays, "kernel");
    cornu_array *list = cornu_array_list(1, &kernel);
    assert_int_equal(cornu_set_weights(model, list), CORNU_OK);
    cornu_array_release(list);
    return model;
}

static void train_on(cornu_model *model, int step)
{
    const float *x = cornu_array_data(cornu_array_item_named(arrays, "x"));
    const float *y = cornu_array_data(cornu_array_item_named(arrays, "y"));
    cornu__batch batch = {.rows = 4, .inputs = {{x + 12 * step, 2, {4, 3}}}, .targets = {{y + 8 * step, 2, {4, 2}}}};
    if (cornu__model_step(model, CORNU__STEP_TRAIN, &batch) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

static float scale_of(const cornu_model *model)
{
    float scale;
    assert_int_equal(cornu__buffer_download(model->plan->parts, model->plan->scale_offset, 1, &scale), CORNU_OK);
    return scale;
}

static void check_kernel(cornu_model *model, const char *run, int step)
{
    cornu_array *weights = cornu_get_weights(model), *kernel = cornu_array_item(weights, 0);
    for (int i = 0; i < 6; i++) {
        double got = cornu_array_get(kernel, i), wanted = cornu_array_get(values_of(run, "kernel"), 6 * step + i);
        if (!(fabs(got - wanted) <= 1e-6 + 2e-5 * fabs(wanted)))
            fail_msg("%s: after batch %d weight %d is %.9g, and Keras's is %.9g", run, step, i, got, wanted);
    }
    cornu_array_release(weights);
}

static void follow(const json_t *run, const char *backend)
{
    const char *name = json_string_value(json_object_get(run, "name"));
    cornu_model *model = make_model(optimizer_of(run), backend);
    int steps = (int)cornu_array_shape(values_of(name, "scale"))[0];
    for (int step = 0; step < steps; step++) {
        train_on(model, step);
        check_kernel(model, name, step);
        double scale = cornu_array_get(values_of(name, "scale"), step);
        if ((double)scale_of(model) != scale)
            fail_msg("%s: after batch %d the scale is %g, and Keras's is %g", name, step, (double)scale_of(model),
                     scale);
        uint64_t updates = cornu__model_iterations(model) / (uint64_t)cornu__plan_accumulation(model->plan);
        assert_int_equal(updates, (int64_t)cornu_array_get(values_of(name, "updates"), step));
    }
    cornu_model_release(model);
}

static void every_batch_does_what_it_does_in_keras(void **state)
{
    const json_t *run;
    size_t i;
    (void)state;
    json_array_foreach(runs, i, run)
    {
        follow(run, "cpu");
        follow(run, "reference");
    }
}

/* The scale goes with the training's state. */
static void a_training_goes_on_with_its_scale(void **state)
{
    (void)state;
    cornu_model *model = make_model(optimizer_of(json_array_get(runs, 0)), "cpu");
    for (int step = 0; step < 5; step++)
        train_on(model, step);
    cornu_array *kept = cornu__model_training_state(model);
    cornu_model *other = make_model(optimizer_of(json_array_get(runs, 0)), "cpu");
    assert_int_equal(cornu__model_set_training_state(other, kept), CORNU_OK);
    assert_true(scale_of(other) == 2);
    for (int step = 5; step < 8; step++) {
        train_on(other, step);
        check_kernel(other, "sgd", step);
    }
    cornu_array_release(kept);
    cornu_model_release(other);
    cornu_model_release(model);
}

/* What is saved is the wrapper, with the scale that it has. */
static void a_saved_model_keeps_the_wrapper(void **state)
{
    char path[1200];
    const char *folder = getenv("CORNU_BINARY_DIR");
    (void)state;
    snprintf(path, sizeof path, "%s/loss_scale_test.keras", folder ? folder : ".");
    cornu_model *model = make_model(optimizer_of(json_array_get(runs, 0)), "cpu");
    for (int step = 0; step < 5; step++)
        train_on(model, step);
    if (cornu_save(model, path) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_model *read = cornu_load_model(path);
    if (!read)
        fail_msg("%s", cornu_error_message());
    train_on(read, 5);
    assert_true(scale_of(read) == 2);
    assert_true(read->plan->growth_steps == 3);
    check_kernel(read, "sgd", 5);
    cornu_model_release(read);
    cornu_model_release(model);
    remove(path);
}

static void what_cannot_be_wrapped_is_refused(void **state)
{
    static const char *const words[] = {"adam", "scaled once", "initial_scale", "dynamic_growth_steps"};
    (void)state;
    cornu_optimizer *wrong[] = {cornu_loss_scale_optimizer("addam"),
                                cornu_loss_scale_optimizer(cornu_loss_scale_optimizer("adam")),
                                cornu_loss_scale_optimizer("adam", .initial_scale = 0),
                                cornu_loss_scale_optimizer("adam", .dynamic_growth_steps = 0)};
    for (size_t i = 0; i < 4; i++) {
        assert_true(cornu_object_status(wrong[i]) != CORNU_OK);
        if (!strstr(cornu_error_message(), words[i]))
            fail_msg("'%s' does not say '%s'", cornu_error_message(), words[i]);
        cornu_object_release(wrong[i]);
    }
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .input_shape = {3}));
    assert_int_equal(cornu_compile(model, .optimizer = "loss_scale_optimizer", .loss = "mse"),
                     CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), "inner_optimizer"));
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_batch_does_what_it_does_in_keras),
        cmocka_unit_test(a_training_goes_on_with_its_scale),
        cmocka_unit_test(a_saved_model_keeps_the_wrapper),
        cmocka_unit_test(what_cannot_be_wrapped_is_refused),
    };
    return cmocka_run_group_tests(tests, open_values, close_values);
}
