/* A model with two inputs and two outputs: lists, dictionaries, weights for each output, an output without loss. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/small_model.h"

#define ROWS 30

static cornu_model *two_and_two(bool with_flag_loss)
{
    cornu_tensor *a = cornu_input(.shape = {6}, .name = "a"),
                 *b = cornu_input(.shape = {5}, .dtype = CORNU_INT32, .name = "b");
    cornu_tensor *words = cornu_call(cornu_flatten(), cornu_call(cornu_embedding(20, 4), b));
    cornu_tensor *joined = cornu_call(cornu_concatenate(), a, words);
    cornu_tensor *value = cornu_call(cornu_dense(2, .name = "value"), joined);
    cornu_tensor *flag = cornu_call(cornu_dense(1, .activation = "sigmoid", .name = "flag"), joined);
    cornu_model *model = cornu_functional(.inputs = {a, b}, .outputs = {value, flag}, .seed = 4);
    cornu_status status =
        with_flag_loss
            ? cornu_compile(model, .optimizer = "adam",
                            .output_losses = {{"value", "mse"}, {"flag", "binary_crossentropy"}},
                            .output_loss_weights = {{"value", 0.5}}, .output_metrics = {{"flag", "accuracy"}})
            : cornu_compile(model, .optimizer = "adam", .output_losses = {{"value", "mse"}});
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return model;
}

static float number(uint64_t stream, int64_t index)
{
    return cornu__random_uniform(cornu__random_key_make(5, CORNU__RANDOM_USER, stream, 0), (uint64_t)index);
}

typedef struct data {
    cornu_array *a, *b, *value, *flag;
    cornu_array *x_list, *y_list, *x_dict, *y_dict;
} data;

static data make_data(void)
{
    data d = {cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 6}),
              cornu_array_zeros(CORNU_INT64, 2, (int64_t[]){ROWS, 5}),
              cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 2}),
              cornu_array_zeros(CORNU_UINT8, 1, (int64_t[]){ROWS}),
              NULL,
              NULL,
              NULL,
              NULL};
    for (int64_t i = 0; i < ROWS * 6; i++)
        cornu_array_float32(d.a)[i] = number(1, i);
    for (int64_t i = 0; i < ROWS * 5; i++)
        ((int64_t *)cornu_array_data(d.b))[i] = (int64_t)(20 * number(2, i));
    for (int64_t i = 0; i < ROWS * 2; i++)
        cornu_array_float32(d.value)[i] = number(3, i);
    for (int64_t i = 0; i < ROWS; i++)
        ((uint8_t *)cornu_array_data(d.flag))[i] = number(4, i) > 0.5f;
    d.x_list = cornu_array_list(2, (cornu_array *[]){d.a, d.b});
    d.y_list = cornu_array_list(2, (cornu_array *[]){d.value, d.flag});
    d.x_dict = cornu_array_dict(2, (const char *[]){"b", "a"}, (cornu_array *[]){d.b, d.a});
    d.y_dict = cornu_array_dict(2, (const char *[]){"flag", "value"}, (cornu_array *[]){d.flag, d.value});
    return d;
}

static void free_data(data d)
{
    cornu_array *const all[] = {d.a, d.b, d.value, d.flag, d.x_list, d.y_list, d.x_dict, d.y_dict};
    for (int i = 0; i < 8; i++)
        cornu_array_release(all[i]);
}

static void digest_of(const cornu_array *x, const cornu_array *y, char digest[CORNU_SHA256_TEXT_SIZE])
{
    cornu_model *model = two_and_two(true);
    cornu_history *history = cornu_fit(model, x, y, .epochs = 2, .batch_size = 8, .verbose = 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    small_digest(model, digest);
    cornu_model_release(model);
}

static void lists_dictionaries_and_sequences_give_the_same_bits(void **state)
{
    (void)state;
    data d = make_data();
    char list[CORNU_SHA256_TEXT_SIZE], dictionary[CORNU_SHA256_TEXT_SIZE], sequenced[CORNU_SHA256_TEXT_SIZE],
        natural[CORNU_SHA256_TEXT_SIZE];
    digest_of(d.x_list, d.y_list, list);
    digest_of(d.x_dict, d.y_dict, dictionary);
    assert_string_equal(list, dictionary);
    for (int workers = 0; workers < 4; workers++) {
        cornu_model *by_sequence = two_and_two(true), *by_fit = two_and_two(true);
        cornu_sequence *sequence = cornu_array_sequence(d.x_dict, d.y_dict, .batch_size = 8);
        cornu_history_release(cornu_fit_generator(by_sequence, sequence, .epochs = 2, .shuffle = false,
                                                  .workers = workers, .verbose = 0));
        cornu_history_release(
            cornu_fit(by_fit, d.x_list, d.y_dict, .epochs = 2, .batch_size = 8, .shuffle = false, .verbose = 0));
        small_digest(by_sequence, sequenced);
        small_digest(by_fit, natural);
        assert_string_equal(sequenced, natural);
        cornu_sequence_release(sequence);
        cornu_model_release(by_sequence);
        cornu_model_release(by_fit);
    }
    free_data(d);
}

static void values_have_keras_names_and_losses_add_up(void **state)
{
    (void)state;
    data d = make_data();
    cornu_model *model = two_and_two(true);
    cornu_logs logs;
    const char *const names[] = {"loss", "value_loss", "flag_loss", "flag_accuracy"};
    assert_int_equal(cornu_evaluate(model, d.x_list, d.y_dict, &logs, .batch_size = 7, .verbose = 0), CORNU_OK);
    assert_int_equal(logs.count, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(logs.names[i], names[i]);
    assert_true(fabs(logs.values[0] - (0.5 * logs.values[1] + logs.values[2])) < 1e-5);
    cornu_model_release(model);
    free_data(d);
}

static void predictions_come_by_name_in_order(void **state)
{
    (void)state;
    data d = make_data();
    cornu_model *model = two_and_two(true);
    cornu_array *predictions = cornu_predict(model, d.x_dict, .batch_size = 4);
    assert_non_null(predictions);
    assert_int_equal(cornu_array_item_count(predictions), 2);
    assert_string_equal(cornu_array_item_name(predictions, 0), "value");
    assert_int_equal(cornu_array_size(cornu_array_item_named(predictions, "value"), 1), 2);
    assert_int_equal(cornu_array_size(cornu_array_item_named(predictions, "flag"), 0), ROWS);
    cornu_array_release(predictions);
    cornu_model_release(model);
    free_data(d);
}

static void a_weight_of_zero_for_one_output_leaves_its_layer_alone(void **state)
{
    (void)state;
    data d = make_data();
    cornu_model *model = two_and_two(true);
    cornu_array *zeros = cornu_array_zeros(CORNU_FLOAT32, 1, (int64_t[]){ROWS});
    cornu_array *weights = cornu_array_dict(1, (const char *[]){"flag"}, (cornu_array *[]){zeros});
    cornu_array *before = cornu_get_named_weights(model);
    cornu_history *history = cornu_fit(model, d.x_list, d.y_list, .sample_weight = weights, .verbose = 0);
    assert_non_null(history);
    assert_true(cornu_history_get(history, "flag_loss", 0) == 0);
    assert_true(cornu_history_get(history, "value_loss", 0) > 0);
    cornu_array *after = cornu_get_named_weights(model);
    const cornu_array *flag_before = cornu_array_item_named(before, "flag/kernel"),
                      *flag_after = cornu_array_item_named(after, "flag/kernel");
    const cornu_array *value_before = cornu_array_item_named(before, "value/kernel"),
                      *value_after = cornu_array_item_named(after, "value/kernel");
    assert_memory_equal(cornu_array_data(flag_before), cornu_array_data(flag_after),
                        (size_t)cornu_array_count(flag_before) * sizeof(float));
    assert_memory_not_equal(cornu_array_data(value_before), cornu_array_data(value_after),
                            (size_t)cornu_array_count(value_before) * sizeof(float));
    cornu_array *const all[] = {zeros, weights, before, after};
    for (int i = 0; i < 4; i++)
        cornu_array_release(all[i]);
    cornu_history_release(history);
    cornu_model_release(model);
    free_data(d);
}

static char warnings[1024];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 1);
}

static void an_output_without_loss_wants_no_target(void **state)
{
    (void)state;
    data d = make_data();
    cornu_set_warning_handler(note_warning, NULL);
    cornu_model *model = two_and_two(false);
    assert_non_null(strstr(warnings, ".output_losses says nothing of output 'flag'"));
    warnings[0] = '\0';
    assert_int_equal(cornu_compile(model, .optimizer = "adam", .output_losses = {{"value", "mse"}, {"flag", ""}}),
                     CORNU_OK);
    assert_string_equal(warnings, "");
    cornu_set_warning_handler(NULL, NULL);
    cornu_history *history = cornu_fit(model, d.x_list, d.value, .verbose = 0);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    history = cornu_fit(model, d.x_list, d.y_dict, .verbose = 0); /* what is not wanted is not looked at */
    assert_non_null(history);
    cornu_history_release(history);
    cornu_model_release(model);
    free_data(d);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    data d = make_data();
    cornu_model *model = two_and_two(true);
    cornu_array *one = cornu_array_dict(1, (const char *[]){"a"}, (cornu_array *[]){d.a});
    assert_null(cornu_fit(model, one, d.y_list, .verbose = 0));
    assert_non_null(strstr(cornu_error_message(), "input 'b' is missing"));
    assert_null(cornu_fit(model, d.x_list, d.value, .verbose = 0));
    assert_non_null(strstr(cornu_error_message(), "2 targets ('value', 'flag')"));
    cornu_array_release(one);
    cornu_model_release(model);
    free_data(d);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_dictionaries_and_sequences_give_the_same_bits),
        cmocka_unit_test(values_have_keras_names_and_losses_add_up),
        cmocka_unit_test(predictions_come_by_name_in_order),
        cmocka_unit_test(a_weight_of_zero_for_one_output_leaves_its_layer_alone),
        cmocka_unit_test(an_output_without_loss_wants_no_target),
        cmocka_unit_test(what_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
