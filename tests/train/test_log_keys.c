/* Names of logs in hooks and of the history, as Keras 3 has them (tests/oracle/log_keys.py made the values; Keras sorts them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/layers.h>

#include "support/oracle.h"
#include "train/scripted.h"

#define ROWS 6
#define COLUMNS 4

/* --- The model of a case --- */

static void set_losses(const json_t *given, cornu_compile_options *options)
{
    size_t i;
    json_t *value;
    const char *output;
    if (json_is_string(given))
        options->loss = json_string_value(given);
    json_array_foreach(given, i, value) options->losses[i] = json_string_value(value);
    i = 0;
    json_object_foreach((json_t *)given, output, value) options->output_losses[i++] =
        (cornu_for_output){output, json_string_value(value)};
}

/* A list, or lists by the names of outputs. */
static void set_metrics(const json_t *given, cornu_identifier *for_all, cornu_for_output *by_output)
{
    size_t i, k, count = 0;
    json_t *value, *metric;
    const char *output;
    json_array_foreach(given, i, value) for_all[i] = json_string_value(value);
    json_object_foreach((json_t *)given, output, value) json_array_foreach(value, k, metric) by_output[count++] =
        (cornu_for_output){output, json_string_value(metric)};
}

static cornu_model *model_of(const json_t *one)
{
    cornu_tensor *x = cornu_input(.shape = {COLUMNS}, .name = "x");
    cornu_tensor *left = cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "left"), x);
    cornu_model *model;
    if (json_integer_value(json_object_get(one, "outputs")) == 1) {
        model = cornu_functional(.inputs = {x}, .outputs = {left});
    } else {
        cornu_tensor *right = cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "right"), x);
        model = cornu_functional(.inputs = {x}, .outputs = {left, right});
    }
    cornu_compile_options options = {.struct_size = sizeof options, .optimizer = "sgd"};
    set_losses(json_object_get(one, "loss"), &options);
    set_metrics(json_object_get(one, "metrics"), options.metrics, options.output_metrics);
    set_metrics(json_object_get(one, "weighted_metrics"), options.weighted_metrics, options.output_weighted_metrics);
    if (cornu_compile_with(model, &options) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return model;
}

/* --- Names, in any order --- */

static void check_names(const json_t *one, const char *where, int count, const char *const *names)
{
    const json_t *wanted = json_object_get(json_object_get(one, "names"), where);
    bool same = count == (int)json_array_size(wanted);
    for (int i = 0; i < count && same; i++) {
        size_t k = 0;
        while (k < json_array_size(wanted) && strcmp(names[i], json_string_value(json_array_get(wanted, k))) != 0)
            k++;
        same = k < json_array_size(wanted);
    }
    if (!same)
        fail_msg("%s: %d names, the first %s: %s", where, count, count > 0 ? names[0] : "none", json_dumps(one, 0));
}

static cornu_status check_logs(const json_t *one, const char *hook, const cornu_logs *logs)
{
    check_names(one, hook, logs->count, logs->names);
    return CORNU_OK;
}

static cornu_status on_train_batch_end(void *one, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    return check_logs(one, "on_train_batch_end", logs);
}

static cornu_status on_test_batch_end(void *one, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    return check_logs(one, "on_test_batch_end", logs);
}

static cornu_status on_epoch_end(void *one, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)training;
    (void)index;
    return check_logs(one, "on_epoch_end", logs);
}

static void check_case(json_t *one)
{
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 2, (const int64_t[]){ROWS, COLUMNS});
    cornu_array *target = cornu_array_zeros(CORNU_FLOAT32, 2, (const int64_t[]){ROWS, 1});
    cornu_array *both = cornu_array_dict(2, (const char *const[]){"left", "right"}, (cornu_array *[]){target, target});
    const cornu_array *y = json_integer_value(json_object_get(one, "outputs")) == 1 ? target : both;
    cornu_model *model = model_of(one);
    cornu_history *history = cornu_fit(
        model, x, y, .batch_size = 3, .verbose = 0, .validation_data = {.x = x, .y = y},
        .callbacks = {cornu_callback_create(.state = one, .on_train_batch_end = on_train_batch_end,
                                            .on_test_batch_end = on_test_batch_end, .on_epoch_end = on_epoch_end)});
    if (!history)
        fail_msg("%s", cornu_error_message());
    const char *names[CORNU_MAX_LOGS];
    for (int i = 0; i < cornu_history_value_count(history); i++)
        names[i] = cornu_history_value_name(history, i);
    check_names(one, "history", cornu_history_value_count(history), names);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(x);
    cornu_array_release(target);
    cornu_array_release(both);
}

static void logs_and_history_have_the_names_of_keras(void **state)
{
    json_t *values = oracle_json("log_keys"), *one;
    size_t i;
    (void)state;
    json_array_foreach(json_object_get(values, "cases"), i, one) check_case(one);
    assert_true(i > 8);
    json_decref(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(logs_and_history_have_the_names_of_keras)};
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
