/* The record of a training: bounded, followed by a copy, told in messages. */
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

#include "base/memory.h"
#include "base/plain_locale.h"
#include "view/live_message.h"
#include "view/live_page.h"

static void epoch(cornu__live_record *record, int64_t number, const char *name, double value)
{
    const cornu__live_values values = {1, &name, &value};
    cornu__live_record_epoch(record, number, 7, 1.0, &values);
}

static json_t *message_of(const cornu__live_record *record, cornu__live_cursor *cursor)
{
    cornu__text text = {0};
    cornu__live_message(&text, record, cursor);
    json_t *message = json_loads(text.data, 0, NULL);
    assert_non_null(message);
    assert_null(strchr(text.data, '\n')); /* it is one line of a stream */
    assert_null(strchr(text.data, '<'));  /* it may stand in a page */
    cornu__text_free(&text);
    return message;
}

static size_t rows_of(const json_t *message, const char *key)
{
    return json_array_size(json_object_get(message, key));
}

static void a_message_says_all_and_the_next_what_has_come(void **state)
{
    (void)state;
    cornu__live_record *record = cornu__live_record_create("digits", 4, 5, 0);
    cornu__live_cursor cursor = {0};
    const char *const names[] = {"loss", "accuracy"};
    const double numbers[] = {0.5, NAN};
    const cornu__live_values values = {2, names, numbers};
    cornu__live_record_begin_epoch(record, 0, 10, 0.1);
    cornu__live_record_batch(record, 4, 0.2, &values);
    epoch(record, 0, "loss", 0.25);
    json_t *message = message_of(record, &cursor);
    assert_true(json_is_true(json_object_get(message, "reset")));
    assert_string_equal(json_string_value(json_object_get(message, "title")), "digits");
    assert_string_equal(json_string_value(json_object_get(message, "state")), "running");
    const json_t *batch = json_array_get(json_object_get(message, "batch_rows"), 0);
    assert_float_equal(json_number_value(json_array_get(batch, 0)), 0.4, 1e-12);
    assert_float_equal(json_number_value(json_array_get(batch, 1)), 0.5, 0);
    assert_string_equal(json_string_value(json_array_get(batch, 2)), "NaN");
    const json_t *first = json_array_get(json_object_get(message, "epoch_rows"), 0);
    assert_float_equal(json_number_value(json_array_get(first, 1)), 0.25, 0);
    assert_true(json_is_null(json_array_get(first, 2))); /* there was none */
    json_decref(message);
    epoch(record, 1, "loss", -INFINITY);
    message = message_of(record, &cursor);
    assert_true(json_is_false(json_object_get(message, "reset")));
    assert_int_equal(rows_of(message, "batch_rows"), 0);
    assert_int_equal(rows_of(message, "epoch_rows"), 1);
    const json_t *latest = json_object_get(message, "epoch_row");
    assert_string_equal(json_string_value(json_array_get(latest, 1)), "-Infinity");
    json_decref(message);
    cornu__live_record_free(record);
}

static void names_from_a_user_stay_text(void **state)
{
    (void)state;
    const char *hostile = "</script><script>alert(1)</script>\"\\\n\xff";
    cornu__live_record *record = cornu__live_record_create(hostile, 2, 5, 0);
    cornu__live_cursor cursor = {0};
    epoch(record, 0, hostile, 1);
    json_t *message = message_of(record, &cursor);
    const char *read_back = json_string_value(json_object_get(message, "title"));
    assert_non_null(strstr(read_back, "</script><script>alert(1)</script>\"\\\n\xef\xbf\xbd"));
    json_decref(message);
    cornu__text text = {0};
    cursor = (cornu__live_cursor){0};
    cornu__live_message(&text, record, &cursor);
    char *page = cornu__live_page(text.data), *empty = cornu__live_page(NULL);
    assert_non_null(page);
    assert_null(strstr(page, "alert(1)<"));
    int scripts = 0, scripts_of_empty = 0;
    for (const char *at = page; (at = strstr(at, "<script")); at++)
        scripts++;
    for (const char *at = empty; (at = strstr(at, "<script")); at++)
        scripts_of_empty++;
    assert_int_equal(scripts, scripts_of_empty);
    assert_null(strstr(empty, "{{"));
    cornu__free(page);
    cornu__free(empty);
    cornu__text_free(&text);
    cornu__live_record_free(record);
}

static void any_number_of_epochs_and_names_fits(void **state)
{
    (void)state;
    cornu__live_record *record = cornu__live_record_create("long", 2, 1000000, 0);
    cornu__live_record *mirror = cornu__live_record_create("long", 2, 1000000, 0);
    uint64_t before = cornu__allocation_count();
    for (int64_t i = 0; i < 100000; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", (int)(i % 7)); /* more names than there is room for */
        epoch(record, i, name, (double)i);
        if (i % 333 == 0)
            cornu__live_record_follow(mirror, record);
    }
    cornu__live_record_follow(mirror, record);
    assert_int_equal(cornu__allocation_count(), before);
    assert_int_equal(mirror->name_count, 2);
    assert_int_equal(mirror->epoch_table.count, record->epoch_table.count);
    assert_in_range(mirror->epoch_table.count, CORNU__LIVE_ROWS / 2 - 1, CORNU__LIVE_ROWS);
    int64_t every = record->epoch_table.every;
    for (int row = 0; row < mirror->epoch_table.count; row++)
        assert_float_equal(mirror->epoch_table.x[row], (double)(row * every + 1), 0);
    assert_float_equal(mirror->epoch_row.x, 100000, 0);
    cornu__live_record_free(record);
    cornu__live_record_free(mirror);
}

static void a_thinned_table_is_told_anew(void **state)
{
    (void)state;
    cornu__live_record *record = cornu__live_record_create("long", 2, 10000, 0);
    cornu__live_cursor cursor = {0};
    for (int64_t i = 0; i < CORNU__LIVE_ROWS; i++)
        epoch(record, i, "loss", 1);
    json_decref(message_of(record, &cursor));
    epoch(record, CORNU__LIVE_ROWS, "loss", 1);
    json_t *message = message_of(record, &cursor);
    assert_true(json_is_true(json_object_get(message, "reset")));
    assert_int_equal(rows_of(message, "epoch_rows"), CORNU__LIVE_ROWS / 2 + 1);
    json_decref(message);
    cornu__live_record_free(record);
}

static void want_of_memory_is_an_error(void **state)
{
    (void)state;
    cornu__live_record *record = NULL;
    for (uint64_t n = 1; !record; n++) {
        cornu__allocation_fail_at(n);
        record = cornu__live_record_create("digits", 4, 5, 0);
        cornu__allocation_fail_at(0);
        assert_true(record || cornu_error_status() == CORNU_ERROR_OUT_OF_MEMORY);
        assert_in_range(n, 1, 100);
    }
    cornu__live_record_free(record);
    char *page = NULL;
    for (uint64_t n = 1; !page; n++) {
        cornu__allocation_fail_at(n);
        page = cornu__live_page(NULL);
        cornu__allocation_fail_at(0);
        assert_in_range(n, 1, 100);
    }
    cornu__free(page);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_says_all_and_the_next_what_has_come),
        cmocka_unit_test(names_from_a_user_stay_text),
        cmocka_unit_test(any_number_of_epochs_and_names_fits),
        cmocka_unit_test(a_thinned_table_is_told_anew),
        cmocka_unit_test(want_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
