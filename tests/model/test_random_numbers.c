/* Random numbers of a step are a function of seed, update, call of a layer and element: what draws alike and what does not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cornu/layers.h>
#include <cornu/model.h>
#include <cornu/optimizers.h>

#include "model/golden.h"

enum { FEATURES = 64 };

static cornu__batch batch_of_ones(int rows)
{
    static float ones[8 * FEATURES], zeros[8 * FEATURES];
    for (int i = 0; i < 8 * FEATURES; i++)
        ones[i] = 1;
    cornu__batch batch = {.rows = rows};
    batch.inputs[0] = tensor_of_floats(ones, 2, (int64_t[]){rows, FEATURES});
    batch.targets[0] = tensor_of_floats(zeros, 2, (int64_t[]){rows, FEATURES});
    return batch;
}

static double train(cornu_model *model, const cornu__batch *batch)
{
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, batch));
    return cornu__model_loss(model);
}

/* The mean square of the difference of two layers' outputs for the same ones: 0 if they draw alike. */
static double difference_of(cornu_layer *first, cornu_layer *second)
{
    cornu_tensor *x = cornu_input(.shape = {FEATURES});
    cornu_tensor *left = cornu_call(first, x), *right = cornu_call(second, x);
    cornu_model *model = cornu_functional(.inputs = {x}, .outputs = {cornu_call(cornu_subtract(), left, right)});
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    cornu__batch batch = batch_of_ones(4);
    double difference = train(model, &batch);
    cornu_model_release(model);
    return difference;
}

static void layers_draw_differently_unless_they_have_one_seed(void **state)
{
    (void)state;
    assert_true(difference_of(cornu_dropout(0.5), cornu_dropout(0.5)) > 0.5);
    assert_true(difference_of(cornu_dropout(0.5, .seed = 3), cornu_dropout(0.5, .seed = 4)) > 0.5);
    assert_true(difference_of(cornu_dropout(0.5, .seed = 3), cornu_dropout(0.5, .seed = 3)) == 0);
    assert_true(difference_of(cornu_gaussian_noise(1, .seed = 3), cornu_gaussian_noise(1, .seed = 3)) == 0);
}

static void each_call_of_a_shared_layer_draws_anew(void **state)
{
    (void)state;
    cornu_layer *unseeded = cornu_dropout(0.5), *seeded = cornu_dropout(0.5, .seed = 3),
                *noise = cornu_gaussian_noise(1, .seed = 3);
    assert_true(difference_of(unseeded, unseeded) > 0.5);
    assert_true(difference_of(seeded, seeded) > 0.5);
    assert_true(difference_of(noise, noise) > 0.5);
}

static cornu_model *dropping_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 5);
    cornu_add(model, cornu_dropout(0.5, .input_shape = {FEATURES}));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse"));
    return model;
}

static void a_row_draws_alike_in_batches_of_any_size_and_anew_in_each_update(void **state)
{
    (void)state;
    const float first_two[] = {1, 1, 0, 0};
    cornu_model *small = dropping_model(), *large = dropping_model();
    cornu__batch two = batch_of_ones(2), four = batch_of_ones(4);
    four.sample_weights[0] = tensor_of_floats(first_two, 1, (int64_t[]){4});
    double losses[8];
    for (int update = 0; update < 8; update++) {
        losses[update] = train(small, &two);
        assert_true(fabs(losses[update] - 2 * train(large, &four)) < 1e-5);
    }
    int different = 0;
    for (int update = 1; update < 8; update++)
        different += losses[update] != losses[0];
    assert_true(different >= 5);
    cornu_model_release(small);
    cornu_model_release(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_draw_differently_unless_they_have_one_seed),
        cmocka_unit_test(each_call_of_a_shared_layer_draws_anew),
        cmocka_unit_test(a_row_draws_alike_in_batches_of_any_size_and_anew_in_each_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
