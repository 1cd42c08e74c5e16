/* Updates that look at a weight as a whole, Keras 2's formulas, scaled losses, and metrics of several values, in a model. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/constraints.h>
#include <cornu/initializers.h>
#include <cornu/losses.h>
#include <cornu/metrics.h>
#include <cornu/model.h>
#include <cornu/optimizers.h>

#include "model/golden.h"

/* --- the specification's table of updates (section 7.3): kernel [.5, .5], no bias, three steps --- */

static const float table_x[] = {1, 2, 0.5f, -1}, table_y[] = {3, -2};

static cornu__batch table_batch(void)
{
    cornu__batch batch = {.rows = 2};
    batch.inputs[0] = tensor_of_floats(table_x, 2, (int64_t[]){2, 2});
    batch.targets[0] = tensor_of_floats(table_y, 2, (int64_t[]){2, 1});
    return batch;
}

static void after_steps(int steps, cornu_identifier optimizer, cornu_identifier constraint, double *first,
                        double *second)
{
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .use_bias = false, .kernel_initializer = cornu_constant(0.5),
                                 .kernel_constraint = constraint, .input_shape = {2}));
    assert_ok(cornu_compile(model, .optimizer = optimizer, .loss = "mse"));
    cornu__batch batch = table_batch();
    for (int i = 0; i < steps; i++)
        assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    cornu_array *weights = cornu_get_weights(model);
    *first = cornu_array_get(cornu_array_item(weights, 0), 0);
    *second = cornu_array_get(cornu_array_item(weights, 0), 1);
    cornu_array_release(weights);
    cornu_model_release(model);
}

static void after_three_steps(cornu_identifier optimizer, double *first, double *second)
{
    after_steps(3, optimizer, NULL, first, second);
}

static void check_steps(const char *what, int steps, cornu_identifier optimizer, cornu_identifier constraint,
                        double first, double second)
{
    double a, b;
    after_steps(steps, optimizer, constraint, &a, &b);
    if (!(fabs(a - first) < 2e-6 && fabs(b - second) < 2e-6))
        fail_msg("%s: the weights are %.7f %.7f, Keras has %.7f %.7f", what, a, b, first, second);
}

static void check_update(const char *what, cornu_identifier optimizer, double first, double second)
{
    check_steps(what, 3, optimizer, NULL, first, second);
}

static void optimizers_of_both_kerases_do_the_same(void **state)
{
    (void)state;
    check_update("SGD()", cornu_sgd(), .5164251, .6352291);
    check_update("SGD(.1, momentum .9)", cornu_sgd(.learning_rate = .1, .momentum = .9), .5180390, 2.1150470);
    check_update("SGD(.1, .9, nesterov)", cornu_sgd(.learning_rate = .1, .momentum = .9, .nesterov = true), .2252449,
                 1.8177388);
    check_update("SGD(.1, clipnorm 1)", cornu_sgd(.learning_rate = .1, .clipnorm = 1), .5318089, .7982429);
    check_update("SGD(.1, clipvalue .5)", cornu_sgd(.learning_rate = .1, .clipvalue = .5), .6339062, .6500000);
    check_update("RMSprop()", cornu_rmsprop(), .5073415, .5073663);
    check_update("RMSprop(.1, rho .5)", cornu_rmsprop(.learning_rate = .1, .rho = .5), .7053805, .8416620);
    check_update("RMSprop(.1, momentum .9)", cornu_rmsprop(.learning_rate = .1, .momentum = .9), .8499610, 1.6789033);
    check_update("RMSprop(.1, centered)", cornu_rmsprop(.learning_rate = .1, .centered = true), .5298538, 1.1381645);
    check_update("Adagrad(.1)", cornu_adagrad(.learning_rate = .1), .6608099, .7160867);
    check_update("Adadelta()", cornu_adadelta(), .5000043, .5000043);
    check_update("Adam()", cornu_adam(), .5029995, .5029998);
    check_update("Adam(.1)", cornu_adam(.learning_rate = .1), .7749574, .7974532);
    check_update("Adam(.1, amsgrad)", cornu_adam(.learning_rate = .1, .amsgrad = true), .7749574, .7974532);
    check_update("Adamax()", cornu_adamax(), .5029960, .5030008);
    check_update("Adamax(.002)", cornu_adamax(.learning_rate = .002), .5059778, .5059972);
    check_update("AdamW(.1)", cornu_adamw(.learning_rate = .1), .7743648, .7967424);
}

static void constraints_averages_and_sums_are_kept(void **state)
{
    (void)state;
    check_steps("SGD(.1) + MaxNorm(.5)", 3, cornu_sgd(.learning_rate = .1), cornu_max_norm(.max_value = .5), .1327752,
                .4820485);
    check_steps("SGD(.1) + UnitNorm", 3, cornu_sgd(.learning_rate = .1), cornu_unit_norm(), .3264576, .9452118);
    check_steps("SGD(.1) + MinMaxNorm(1, 2, .5)", 3, cornu_sgd(.learning_rate = .1),
                cornu_min_max_norm(.min_value = 1, .max_value = 2, .rate = .5), .4972265, 1.3196718);
    check_steps("SGD(.1, ema .9, overwrite 2)", 3,
                cornu_sgd(.learning_rate = .1, .use_ema = true, .ema_momentum = .9, .ema_overwrite_frequency = 2), NULL,
                .5410663, 1.2147797);
    check_steps("SGD(.1, accumulate 2)", 4, cornu_sgd(.learning_rate = .1, .gradient_accumulation_steps = 2), NULL,
                .5459375, 1.2031250);
}

static void optimizers_of_keras_3_do_the_same_in_a_model(void **state)
{
    (void)state;
    check_update("Lamb(.1)", cornu_lamb(.learning_rate = .1), .6638787, .6670918);
    check_update("Adafactor(.1)", cornu_adafactor(.learning_rate = .1), .6424616, .6594495);
    check_update("Lion(.1)", cornu_lion(.learning_rate = .1), .8, .8);
    check_update("Ftrl(.1)", cornu_ftrl(.learning_rate = .1), .4793798, .6894164);
    check_update("Nadam()", cornu_nadam(), .5025439, .5025465);
    check_update("Nadam(.1)", cornu_nadam(.learning_rate = .1), .6944064, .7416337);
    check_update("Adamax(.1)", cornu_adamax(.learning_rate = .1), .7322778, .7789641);
    check_update("Adagrad()", cornu_adagrad(), .5021086, .5022799);
    check_update("Adadelta(1.)", cornu_adadelta(.learning_rate = 1), .5042762, .5042863);
}

static void optimizers_of_keras_2_are_there_on_request(void **state)
{
    (void)state;
    check_update("SGD(.1, decay .5)", cornu_sgd(.learning_rate = .1, .decay = .5), .5324610, 1.2039531);
    check_update("Adagrad()", cornu_adagrad(.learning_rate = .01, .initial_accumulator_value = 0, .keras_2 = true),
                 .5224698, .5227315);
    check_update("Adagrad(.1)", cornu_adagrad(.learning_rate = .1, .initial_accumulator_value = 0, .keras_2 = true),
                 .6746129, .7161348);
    check_update("RMSprop(.1, rho .5)", cornu_rmsprop(.learning_rate = .1, .rho = .5, .keras_2 = true), .7053805,
                 .8416620);
    check_update("Nadam()", cornu_nadam(.learning_rate = .002, .schedule_decay = .004), .5051287, .5051398);
    check_update("Nadam(.1)", cornu_nadam(.learning_rate = .1, .schedule_decay = .004), .6939678, .7433978);
}

static void a_scaled_loss_changes_no_update_and_is_not_reported(void **state)
{
    (void)state;
    double plain[2], scaled[2];
    after_three_steps(cornu_sgd(.learning_rate = .1, .clipnorm = 1), &plain[0], &plain[1]);
    after_three_steps(cornu_sgd(.learning_rate = .1, .clipnorm = 1, .loss_scale_factor = 1024), &scaled[0], &scaled[1]);
    assert_true(plain[0] == scaled[0] && plain[1] == scaled[1]);
}

/* --- norms are of each weight by itself --- */

static double norm_of_change(const cornu_array *before, const cornu_array *after, double *norm)
{
    double change = 0;
    *norm = 0;
    for (int64_t i = 0; i < cornu_array_count(before); i++) {
        double a = cornu_array_get(before, i), b = cornu_array_get(after, i);
        change += (b - a) * (b - a);
        *norm += a * a;
    }
    *norm = sqrt(*norm);
    return sqrt(change);
}

/* Lamb's step is as long as lr times the weight: of each weight, though the two lie side by side. */
static void each_weight_has_its_own_norm(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(3, .use_bias = false, .kernel_initializer = cornu_constant(0.5), .input_shape = {2}));
    cornu_add(model, cornu_dense(1, .use_bias = false, .kernel_initializer = cornu_constant(2.0)));
    assert_ok(cornu_compile(model, .optimizer = cornu_lamb(.learning_rate = .01), .loss = "mse"));
    cornu_array *before = cornu_get_weights(model);
    cornu__batch batch = table_batch();
    assert_ok(cornu__model_step(model, CORNU__STEP_TRAIN, &batch));
    cornu_array *after = cornu_get_weights(model);
    for (int i = 0; i < 2; i++) {
        double norm, change = norm_of_change(cornu_array_item(before, i), cornu_array_item(after, i), &norm);
        assert_true(fabs(change - .01 * norm) < 1e-6);
    }
    cornu_array_release(before);
    cornu_array_release(after);
    cornu_model_release(model);
}

/* --- losses and metrics --- */

static void a_loss_without_reduction_is_refused_by_compile(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(1, .input_shape = {2}));
    assert_refused(cornu_compile(model, .optimizer = "sgd", .loss = cornu_mean_squared_error(.reduction = "none")),
                   CORNU_ERROR_INVALID_ARGUMENT, "\"none\"");
    cornu_model_release(model);
}

static int value_named(const cornu_model *model, const char *name)
{
    for (int i = 0; i < cornu__model_value_count(model); i++)
        if (strcmp(cornu__model_value_name(model, i), name) == 0)
            return i;
    fail_msg("there is no value \"%s\"", name);
    return -1;
}

/* One log per class and threshold, numbered; names that are taken are passed over. */
static void a_metric_of_several_values_has_a_log_for_each(void **state)
{
    static const char *const wanted[] = {"loss", "f1_score_0",  "f1_score_1",  "f1_score_2",
                                         "mae",  "precision_0", "precision_1", "f1_score_3"};
    static const float x[] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, y[] = {1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0};
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_activation("linear", .input_shape = {3}));
    cornu_add(model, cornu_dense(3, .use_bias = false, .kernel_initializer = "identity"));
    assert_ok(cornu_compile(model, .optimizer = "sgd", .loss = "mse",
                            .metrics = {cornu_f1_score(), "mae", cornu_precision(.thresholds = {0.5, 1}),
                                        cornu_f1_score(.average = "macro")}));
    cornu__batch batch = {.rows = 4};
    batch.inputs[0] = tensor_of_floats(x, 2, (int64_t[]){4, 3});
    batch.targets[0] = tensor_of_floats(y, 2, (int64_t[]){4, 3});
    assert_ok(cornu__model_step(model, CORNU__STEP_TEST, &batch));
    assert_int_equal(cornu__model_value_count(model), 8);
    for (int i = 0; i < 8; i++)
        assert_string_equal(cornu__model_value_name(model, i), wanted[i]);
    /* class 0: 2 of 2; class 1: 1 found, 1 missed; class 2: 1 predicted, none there */
    const double values[] = {1, 2.0 / 3, 0};
    for (int i = 0; i < 3; i++)
        assert_true(fabs(cornu__model_metric(model, 1 + i) - values[i]) < 1e-6);
    assert_true(fabs(cornu__model_metric(model, value_named(model, "mae")) - 2.0 / 12) < 1e-6);
    assert_true(fabs(cornu__model_metric(model, value_named(model, "precision_0")) - .75) < 1e-6);
    assert_true(cornu__model_metric(model, value_named(model, "precision_1")) == 0); /* no score above 1 */
    assert_true(fabs(cornu__model_metric(model, value_named(model, "f1_score_3")) - 5.0 / 9) < 1e-6);
    cornu_model_release(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_of_both_kerases_do_the_same),
        cmocka_unit_test(constraints_averages_and_sums_are_kept),
        cmocka_unit_test(optimizers_of_keras_3_do_the_same_in_a_model),
        cmocka_unit_test(optimizers_of_keras_2_are_there_on_request),
        cmocka_unit_test(a_scaled_loss_changes_no_update_and_is_not_reported),
        cmocka_unit_test(each_weight_has_its_own_norm),
        cmocka_unit_test(a_loss_without_reduction_is_refused_by_compile),
        cmocka_unit_test(a_metric_of_several_values_has_a_log_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
