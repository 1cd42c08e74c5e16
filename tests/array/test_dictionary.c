/* Dictionaries of arrays that grow item by item, and are read with checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "array/dictionary.h"

typedef struct record {
    int64_t whole;
    double real;
    int small;
    bool yes;
} record;

static const cornu__number_field fields[] = {
    {"whole", CORNU_INT64, offsetof(record, whole)},
    {"real", CORNU_FLOAT64, offsetof(record, real)},
    {"small", CORNU_INT32, offsetof(record, small)},
    {"yes", CORNU_BOOL, offsetof(record, yes)},
    {0},
};

static cornu_array *number(double value)
{
    return cornu_array_copy_of(CORNU_FLOAT64, 0, NULL, &value);
}

static cornu_array *list_of(double a, double b)
{
    cornu_array *items[] = {number(a), number(b)}, *list = cornu_array_list(2, items);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return list;
}

static cornu_array *dict_of(const char *first, double a, const char *second, double b)
{
    cornu_array *items[] = {number(a), number(b)};
    cornu_array *dict = cornu_array_dict(2, (const char *const[]){first, second}, items);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return dict;
}

static void the_numbers_of_a_struct_come_back(void **state)
{
    (void)state;
    const record given = {-7, 0.1, 3, true};
    record got = {0};
    cornu__dictionary made = {0};
    cornu__dictionary_add_fields(&made, fields, &given);
    cornu_array *dictionary = cornu__dictionary_take(&made);
    assert_non_null(dictionary);
    assert_int_equal(cornu__dictionary_get_fields(dictionary, fields, &got), CORNU_OK);
    assert_int_equal(got.whole, -7);
    assert_true(got.real == 0.1);
    assert_int_equal(got.small, 3);
    assert_true(got.yes);
    cornu_array_release(dictionary);
}

static void arrays_lists_and_dictionaries_come_back(void **state)
{
    (void)state;
    cornu__dictionary made = {0};
    cornu_array *part;
    cornu__dictionary_add(&made, "one", number(1));
    cornu__dictionary_add(&made, "several", list_of(2, 3));
    cornu__dictionary_add(&made, "named", dict_of("a", 4, "b/c", 5));
    cornu__dictionary_add(&made, "named too", number(6));
    cornu_array *dictionary = cornu__dictionary_take(&made);
    assert_int_equal(cornu_array_item_count(dictionary), 6);
    assert_int_equal(cornu__dictionary_part(dictionary, "one", &part), CORNU_OK);
    assert_false(cornu_array_is_collection(part));
    assert_true(cornu_array_get(part, 0) == 1);
    cornu_array_release(part);
    assert_int_equal(cornu__dictionary_part(dictionary, "several", &part), CORNU_OK);
    assert_int_equal(cornu_array_item_count(part), 2);
    assert_null(cornu_array_item_name(part, 0));
    assert_true(cornu_array_get(cornu_array_item(part, 1), 0) == 3);
    cornu_array_release(part);
    assert_int_equal(cornu__dictionary_part(dictionary, "named", &part), CORNU_OK);
    assert_int_equal(cornu_array_item_count(part), 2);
    assert_true(cornu_array_get(cornu_array_item_named(part, "b/c"), 0) == 5);
    cornu_array_release(part);
    assert_int_equal(cornu__dictionary_part(dictionary, "nam", &part), CORNU_OK);
    assert_null(part);
    cornu_array_release(dictionary);
}

static void texts_come_back(void **state)
{
    (void)state;
    char *text;
    cornu__dictionary made = {0};
    cornu__dictionary_add_text(&made, "text", "some words");
    cornu__dictionary_add_text(&made, "nothing", "");
    cornu_array *dictionary = cornu__dictionary_take(&made);
    assert_int_equal(cornu__dictionary_get_text(dictionary, "text", &text), CORNU_OK);
    assert_string_equal(text, "some words");
    cornu__free(text);
    assert_int_equal(cornu__dictionary_get_text(dictionary, "nothing", &text), CORNU_OK);
    assert_string_equal(text, "");
    cornu__free(text);
    cornu_array_release(dictionary);
}

static void what_is_not_as_wanted_is_said(void **state)
{
    (void)state;
    record got;
    const cornu_array *item;
    cornu_array *dictionary = dict_of("whole", 1, "real", 2);
    assert_int_equal(cornu__dictionary_get_fields(dictionary, fields, &got), CORNU_ERROR_FORMAT);
    assert_non_null(strstr(cornu_error_message(), "'whole' has numbers of float64; wanted int64"));
    assert_int_equal(cornu__dictionary_get(dictionary, "whole", CORNU_FLOAT64, 3, &item), CORNU_ERROR_FORMAT);
    assert_non_null(strstr(cornu_error_message(), "'whole' has 1 numbers; wanted 3"));
    assert_int_equal(cornu__dictionary_get(dictionary, "hole", CORNU_FLOAT64, 1, &item), CORNU_ERROR_FORMAT);
    assert_non_null(strstr(cornu_error_message(), "there is no 'hole'"));
    assert_int_equal(cornu__dictionary_get_fields(NULL, fields, &got), CORNU_ERROR_FORMAT);
    cornu_array_release(dictionary);
}

static void a_failure_in_between_is_seen_at_the_end(void **state)
{
    (void)state;
    cornu__dictionary made = {0};
    cornu__dictionary_add(&made, "one", number(1));
    cornu__dictionary_add(&made, "empty", cornu_array_list(0, NULL));
    cornu__dictionary_add(&made, "two", number(2));
    cornu__dictionary_add(&made, "several", list_of(2, 3));
    assert_null(cornu__dictionary_take(&made));
    assert_non_null(strstr(cornu_error_message(), "'empty'"));
    assert_int_equal(cornu__allocation_live(), 0);
    for (uint64_t n = 1; n < 40; n++) {
        cornu__allocation_fail_at(n);
        cornu__dictionary_add(&made, "named", dict_of("a", 4, "b", 5));
        cornu__dictionary_add_text(&made, "text", "words");
        cornu_array_release(cornu__dictionary_take(&made));
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_a_struct_come_back),
        cmocka_unit_test(arrays_lists_and_dictionaries_come_back),
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(what_is_not_as_wanted_is_said),
        cmocka_unit_test(a_failure_in_between_is_seen_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
