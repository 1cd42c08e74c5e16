/* Values by name, and what a history holds. */
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

#include "base/memory.h"
#include "support/decimal_comma.h"
#include "model/history.h"

static void logs_keep_their_order_and_replace_by_name(void **state)
{
    (void)state;
    cornu_logs logs = {0};
    assert_int_equal(cornu_logs_set(&logs, "loss", 1), CORNU_OK);
    assert_int_equal(cornu_logs_set(&logs, "accuracy", 0.5), CORNU_OK);
    assert_int_equal(cornu_logs_set(&logs, "loss", 2), CORNU_OK);
    assert_int_equal(logs.count, 2);
    assert_true(cornu_logs_get(&logs, "loss") == 2);
    assert_true(isnan(cornu_logs_get(&logs, "acuracy")));
    assert_string_equal(cornu_error_message(),
                        "there is no value 'acuracy', but 'loss', 'accuracy'; was 'accuracy' meant?");
}

static void full_logs_refuse_another_value(void **state)
{
    (void)state;
    static char names[CORNU_MAX_LOGS + 1][16];
    cornu_logs logs = {0};
    for (int i = 0; i <= CORNU_MAX_LOGS; i++) {
        snprintf(names[i], sizeof names[i], "v%d", i);
        assert_int_equal(cornu_logs_set(&logs, names[i], i), i < CORNU_MAX_LOGS ? CORNU_OK : CORNU_ERROR_LIMIT);
    }
}

/* Epochs 3, 4, 5; the middle one without validation. */
static cornu_history *three_epochs(void)
{
    cornu_history *history = cornu__history_create(3);
    const cornu_logs whole = {.count = 2, .names = {"loss", "val_loss"}, .values = {0.5, 0.75}};
    const cornu_logs half = {.count = 1, .names = {"loss"}, .values = {0.25}};
    assert_non_null(history);
    assert_int_equal(cornu__history_add(history, 3, &whole), CORNU_OK);
    assert_int_equal(cornu__history_add(history, 4, &half), CORNU_OK);
    assert_int_equal(cornu__history_add(history, 5, &whole), CORNU_OK);
    return history;
}

static void lists_are_shorter_where_values_were_missing(void **state)
{
    (void)state;
    cornu_history *history = three_epochs();
    int64_t count;
    assert_int_equal(cornu_history_epoch_count(history), 3);
    assert_int_equal(cornu_history_epoch(history, 1), 4);
    assert_int_equal(cornu_history_epoch(history, 3), -1);
    assert_non_null(cornu_history_values(history, "loss", &count));
    assert_int_equal(count, 3);
    const int64_t *epochs = cornu_history_value_epochs(history, "val_loss", &count);
    assert_int_equal(count, 2);
    assert_int_equal(epochs[1], 5);
    assert_true(cornu_history_get(history, "loss", -2) == 0.25);
    assert_true(isnan(cornu_history_get(history, "val_loss", 2)));
    assert_non_null(strstr(cornu_error_message(), "2 values of 'val_loss', and no number 2"));
    assert_null(cornu_history_values(history, "val_los", &count));
    assert_non_null(strstr(cornu_error_message(), "was 'val_loss' meant?"));
    cornu_history_release(history);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_csv_file_has_na_where_values_are_missing(void **state)
{
    (void)state;
    const char *folder = getenv("CORNU_BINARY_DIR");
    char path[4096], text[200] = "";
    snprintf(path, sizeof path, "%s/cornu_history_XXXXXX", folder ? folder : ".");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    cornu_history *history = three_epochs();
    assert_int_equal(cornu_history_save_csv(history, path), CORNU_OK);
    cornu_history_release(history);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    unlink(path);
    assert_string_equal(text, "epoch,loss,val_loss\n3,0.5,0.75\n4,0.25,NA\n5,0.5,0.75\n");
}

static void a_csv_file_has_points_in_any_locale(void **state)
{
    if (!decimal_comma_begin())
        skip();
    a_csv_file_has_na_where_values_are_missing(state);
    decimal_comma_end();
}

/* As with an early stop: nobody pays for epochs that never come, and those that come have room. */
static void epochs_without_end_have_room_as_they_come(void **state)
{
    (void)state;
    cornu_history *history = cornu__history_create(INT32_MAX);
    assert_non_null(history);
    uint64_t made = cornu__allocation_count();
    cornu_logs logs = {.count = 1, .names = {"loss"}};
    for (int64_t epoch = 0; epoch < 20000; epoch++) {
        logs.values[0] = (double)epoch / 2;
        assert_int_equal(cornu__history_add(history, epoch, &logs), CORNU_OK);
    }
    assert_true(cornu__allocation_count() - made < 20);
    assert_int_equal(cornu_history_epoch_count(history), 20000);
    for (int64_t epoch = 0; epoch < 20000; epoch++) {
        assert_int_equal(cornu_history_epoch(history, epoch), epoch);
        assert_true(cornu_history_get(history, "loss", epoch) == (double)epoch / 2);
    }
    cornu_history_release(history);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_history_without_memory_for_more_keeps_what_it_has(void **state)
{
    (void)state;
    for (uint64_t nth = 1; nth <= 3; nth++) {
        cornu_history *history = cornu__history_create(INT32_MAX);
        cornu_logs logs = {.count = 1, .names = {"loss"}, .values = {0.5}};
        int64_t epoch = 0;
        for (cornu_status status = CORNU_OK; status == CORNU_OK; epoch += status == CORNU_OK) {
            if (epoch > 0)
                cornu__allocation_fail_at(nth);
            status = cornu__history_add(history, epoch, &logs);
            cornu__allocation_fail_at(0);
        }
        assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        assert_int_equal(cornu_history_epoch_count(history), epoch);
        assert_int_equal(cornu__history_add(history, epoch, &logs), CORNU_OK);
        assert_int_equal(cornu_history_epoch(history, epoch), epoch);
        cornu_history_release(history);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void without_a_history_or_a_name_there_is_an_error(void **state)
{
    (void)state;
    int64_t count = 7;
    cornu_history *history = three_epochs();
    cornu_logs logs = {0};
    assert_int_equal(cornu_history_epoch_count(NULL), 0);
    assert_int_equal(cornu_history_epoch(NULL, 0), -1);
    assert_int_equal(cornu_history_value_count(NULL), 0);
    assert_null(cornu_history_value_name(NULL, 0));
    assert_null(cornu_history_values(NULL, "loss", &count));
    assert_int_equal(count, 0);
    assert_null(cornu_history_value_epochs(NULL, "loss", &count));
    assert_true(isnan(cornu_history_get(NULL, "loss", 0)));
    assert_string_equal(cornu_error_message(), "there is no history (NULL): a fit that fails gives none");
    assert_int_equal(cornu_history_save_csv(NULL, "history.csv"), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_history_print(NULL, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    assert_true(isnan(cornu_history_get(history, NULL, 0)));
    assert_true(isnan(cornu_logs_get(NULL, "loss")));
    assert_true(isnan(cornu_logs_get(&logs, NULL)));
    assert_int_equal(cornu_logs_set(&logs, NULL, 1), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_history_release(history);
}

static void print_is(const cornu_history *history, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    assert_int_equal(cornu_history_print(history, file), CORNU_OK);
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

/* The layout is the specification's (section 6.4); numbers as R's prettyNum(digits = 4, big.mark = ",", scientific = FALSE) gives them. */
static void print_shows_the_last_epoch_as_r_does(void **state)
{
    (void)state;
    cornu_history *history = cornu__history_create(3);
    const cornu_logs first = {.count = 1, .names = {"val_acc"}, .values = {1}};
    const cornu_logs last = {
        .count = 7,
        .names = {"loss", "acc", "large", "small", "negative", "whole", "nan"},
        .values = {0.36871, 0.5, 1234567.8, 0.000012344, -1234.56, 100, NAN},
    };
    cornu__history_add(history, 0, &first);
    cornu__history_add(history, 1, &last);
    print_is(history, "Final epoch (plot to see history):\n"
                      " val_acc: NA\n"
                      "    loss: 0.3687\n"
                      "     acc: 0.5\n"
                      "   large: 1,234,568\n"
                      "   small: 0.00001234\n"
                      "negative: -1,235\n"
                      "   whole: 100\n"
                      "     nan: NaN \n");
    cornu_history_release(history);
}

static void print_says_what_was_trained_on(void **state)
{
    (void)state;
    cornu_history *history = cornu__history_create(3);
    const cornu_logs logs = {.count = 1, .names = {"loss"}, .values = {12.3456}};
    const cornu__history_facts facts = {48000, 12000, 128, 30};
    cornu__history_set_facts(history, &facts);
    cornu__history_add(history, 0, &logs);
    print_is(history, "Trained on 48,000 samples, validated on 12,000 samples (batch_size=128, epochs=1)\n"
                      "Final epoch (plot to see history):\nloss: 12.35 \n");
    const cornu__history_facts without_validation = {999, -1, 32, 1};
    cornu__history_set_facts(history, &without_validation);
    print_is(history, "Trained on 999 samples (batch_size=32, epochs=1)\n"
                      "Final epoch (plot to see history):\nloss: 12.35 \n");
    cornu_history_release(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_keep_their_order_and_replace_by_name),
        cmocka_unit_test(full_logs_refuse_another_value),
        cmocka_unit_test(lists_are_shorter_where_values_were_missing),
        cmocka_unit_test(a_csv_file_has_na_where_values_are_missing),
        cmocka_unit_test(a_csv_file_has_points_in_any_locale),
        cmocka_unit_test(epochs_without_end_have_room_as_they_come),
        cmocka_unit_test(a_history_without_memory_for_more_keeps_what_it_has),
        cmocka_unit_test(without_a_history_or_a_name_there_is_an_error),
        cmocka_unit_test(print_shows_the_last_epoch_as_r_does),
        cmocka_unit_test(print_says_what_was_trained_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
