/* ReduceLROnPlateau, and what "auto" takes for better. Sequences of decisions: those of Keras 3.15's callbacks for the same values
 * (tests/oracle/callbacks.py). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/custom.h>
#include <cornu/metrics.h>
#include <cornu/optimizers.h>

#include "train/callbacks/monitor.h"
#include "train/scripted.h"

/* The learning rate that each epoch ran with, from 1. */
static void check_rates(const scripted *test, const double *values, int epochs, cornu_callback *callback,
                        const double *wanted)
{
    assert_int_equal(cornu_set_learning_rate(test->model, 1), CORNU_OK);
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .epochs = epochs, .verbose = 0,
                                       .callbacks = {scripted_values(values), callback});
    if (!history)
        fail_msg("%s", cornu_error_message());
    for (int i = 0; i < epochs; i++) {
        double rate = cornu_history_get(history, "learning_rate", i);
        if (fabs(rate - wanted[i]) > 1e-12)
            fail_msg("epoch %d: learning rate %g, wanted %g", i, rate, wanted[i]);
    }
    cornu_history_release(history);
}

static void the_rate_falls_when_the_value_does_not(void **state)
{
    const scripted *test = *state;
    const double *values = (double[]){5, 4, 4, 4.5, 4, 3.99995, 3, 3, 3, 3};
    check_rates(test, values, 10, cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 2),
                (double[]){1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125});
    check_rates(test, values, 10,
                cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 2, .cooldown = 2),
                (double[]){1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25});
    check_rates(test, values, 10,
                cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 2, .min_delta = 0),
                (double[]){1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25});
    check_rates(test, values, 10,
                cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.1, .patience = 1, .min_lr = 0.05),
                (double[]){1, 1, 1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05});
    check_rates(test, values, 10,
                cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 3, .mode = "max"),
                (double[]){1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25});
}

static void epochs_without_the_value_are_not_counted(void **state)
{
    const scripted *test = *state;
    check_rates(test, (double[]){5, NAN, 5, NAN, 5, NAN}, 6,
                cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 2),
                (double[]){1, 1, 1, 1, 1, 0.5});
}

static void the_message_is_keras_3s(void **state)
{
    const scripted *test = *state;
    char text[1000];
    assert_int_equal(cornu_set_learning_rate(test->model, 0.01), CORNU_OK);
    scripted_capture_begin();
    scripted_run(test, 3, scripted_values((double[]){5, 5, 5}),
                 cornu_reduce_lr_on_plateau(.monitor = "score", .factor = 0.5, .patience = 2, .verbose = 1));
    scripted_capture_end(text, sizeof text);
    assert_string_equal(text, "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.005.\n");
    assert_true(cornu_learning_rate(test->model) == 0.005);
}

static void what_cannot_be_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(), CORNU_ERROR_UNKNOWN_NAME, "ReduceLROnPlateau",
                        "'val_loss' to monitor", "'loss', 'accuracy'");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .factor = 1), CORNU_ERROR_INVALID_ARGUMENT,
                        "factor is 1");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .factor = NAN),
                        CORNU_ERROR_INVALID_ARGUMENT, "factor");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .patience = -1),
                        CORNU_ERROR_INVALID_ARGUMENT, "patience is -1");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .cooldown = -2),
                        CORNU_ERROR_INVALID_ARGUMENT, "cooldown -2");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .min_lr = -1), CORNU_ERROR_INVALID_ARGUMENT,
                        "min_lr is -1");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .min_delta = NAN),
                        CORNU_ERROR_INVALID_ARGUMENT, "min_delta");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss", .mode = "least"), CORNU_ERROR_UNKNOWN_NAME,
                        "mode is \"least\"");
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = ""), CORNU_ERROR_INVALID_ARGUMENT,
                        "nothing to monitor");
}

static void a_schedule_in_force_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    assert_int_equal(cornu_compile(test->model, .loss = "sparse_categorical_crossentropy",
                                   .optimizer = cornu_sgd(.schedule = cornu_exponential_decay(0.1, 10, 0.9))),
                     CORNU_OK);
    scripted_fails_with(test, cornu_reduce_lr_on_plateau(.monitor = "loss"), CORNU_ERROR_STATE, "ReduceLROnPlateau",
                        "follows a schedule");
}

/* --- EarlyStopping: what tests/train/test_callbacks.c does not have --- */

static void early_stopping_decides_as_keras_3(void **state)
{
    const scripted *test = *state;
    const double *falls = (double[]){5, 4, 3, 3.5, 3.1, 3, 2, 1, 0.5, 0.2};
    assert_int_equal(scripted_run(test, 10, scripted_values(falls),
                                  cornu_early_stopping(.monitor = "score", .patience = 3, .baseline = 3.5)),
                     6);
    assert_int_equal(scripted_run(test, 10, scripted_values(falls),
                                  cornu_early_stopping(.monitor = "score", .patience = 2, .start_from_epoch = 2)),
                     5);
    assert_int_equal(scripted_run(test, 2, scripted_values((double[]){1, 2}), cornu_early_stopping(.monitor = "score")),
                     2);
}

/* Keras 3 restores also when training came to its last epoch. */
static void early_stopping_says_what_it_does(void **state)
{
    const scripted *test = *state;
    char text[1000];
    scripted_capture_begin();
    scripted_run(test, 3, scripted_values((double[]){2, 1, 3}),
                 cornu_early_stopping(.monitor = "score", .patience = 5, .restore_best_weights = true, .verbose = 1));
    scripted_run(test, 3, scripted_values((double[]){1, 2, 3}), cornu_early_stopping(.monitor = "score", .verbose = 1));
    scripted_capture_end(text, sizeof text);
    assert_string_equal(text, "Restoring model weights from the end of the best epoch: 2.\nEpoch 2: early stopping\n");
}

static void early_stopping_refuses_what_cannot_be(void **state)
{
    const scripted *test = *state;
    scripted_fails_with(test, cornu_early_stopping(.monitor = "loss", .patience = -1), CORNU_ERROR_INVALID_ARGUMENT,
                        "EarlyStopping", "patience is -1");
    scripted_fails_with(test, cornu_early_stopping(.monitor = "loss", .start_from_epoch = -1),
                        CORNU_ERROR_INVALID_ARGUMENT, "start_from_epoch -1");
    scripted_fails_with(test, cornu_early_stopping(.monitor = "loss", .min_delta = INFINITY),
                        CORNU_ERROR_INVALID_ARGUMENT, "min_delta is inf");
}

/* --- "auto" --- */

static cornu_node *prediction_itself(cornu_node *y_true, cornu_node *y_pred, void *state)
{
    (void)y_true;
    (void)state;
    return y_pred;
}

static void check_direction(cornu_model *model, const char *name, bool larger)
{
    cornu__monitor monitor;
    cornu_training training = {.model = model};
    assert_int_equal(cornu__monitor_make(&monitor, name, "auto", 0), CORNU_OK);
    assert_int_equal(cornu__monitor_check(&monitor, &training), CORNU_OK);
    if (monitor.larger_is_better != larger)
        fail_msg("'%s' is taken for better when it is %s", name, larger ? "smaller" : "larger");
    cornu__monitor_free(&monitor);
}

/* Names mislead; a metric knows. */
static void auto_asks_the_metric(void **state)
{
    (void)state;
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_dense(2, .activation = "softmax", .input_shape = {4}));
    assert_int_equal(cornu_compile(model, .loss = "categorical_crossentropy",
                                   .metrics = {cornu_mean_absolute_error_metric(.name = "accuracy_gap"),
                                               cornu_categorical_accuracy(.name = "hits"), "cosine_similarity", "mse",
                                               cornu_custom_metric("my_accuracy", prediction_itself, NULL),
                                               cornu_custom_metric("cost", prediction_itself, NULL)}),
                     CORNU_OK);
    assert_int_equal(cornu__model_ready(model, CORNU__STEP_TRAIN), CORNU_OK);
    check_direction(model, "loss", false);
    check_direction(model, "accuracy_gap", false);
    check_direction(model, "hits", true);
    check_direction(model, "cosine_similarity", true);
    check_direction(model, "mse", false);
    check_direction(model, "my_accuracy", true); /* of a program's own metric there is only the name */
    check_direction(model, "cost", false);
    cornu_model_release(model);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_rate_falls_when_the_value_does_not),
        TEST(epochs_without_the_value_are_not_counted),
        TEST(the_message_is_keras_3s),
        TEST(what_cannot_be_is_an_error_before_the_first_epoch),
        TEST(a_schedule_in_force_is_an_error_before_the_first_epoch),
        TEST(early_stopping_decides_as_keras_3),
        TEST(early_stopping_says_what_it_does),
        TEST(early_stopping_refuses_what_cannot_be),
        cmocka_unit_test(auto_asks_the_metric),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
