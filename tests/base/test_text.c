/* test_text.c: strings that grow, nearest spellings, shapes in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text.h"

static void a_text_grows_without_end(void **state)
{
    (void)state;
    cornu__text text = {0};
    for (int i = 0; i < 10000; i++)
        cornu__text_add(&text, "%d,", i % 10);
    cornu__text_add_bytes(&text, "end\0of", 3);
    assert_int_equal(text.length, 20003);
    char *whole = cornu__text_take(&text);
    assert_non_null(whole);
    assert_int_equal(strlen(whole), 20003);
    for (int i = 0; i < 10000; i++)
        assert_true(whole[2 * i] == '0' + i % 10 && whole[2 * i + 1] == ',');
    assert_string_equal(whole + 20000, "end");
    assert_null(text.data);
    cornu__free(whole);
}

static void an_empty_text_is_a_text(void **state)
{
    (void)state;
    cornu__text text = {0};
    char *empty = cornu__text_take(&text);
    assert_string_equal(empty, "");
    cornu__free(empty);
}

static void nothing_can_be_added(void **state)
{
    (void)state;
    cornu__text text = {0};
    cornu__text_add_bytes(&text, NULL, 0);
    cornu__text_add(&text, "a");
    cornu__text_add_bytes(&text, NULL, 0);
    assert_int_equal(text.length, 1);
    assert_string_equal(text.data, "a");
    cornu__text_free(&text);
}

static void a_failed_growth_is_told_at_the_end(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu__text text = {0};
    cornu__text_add(&text, "kept");
    cornu__allocation_fail_at(1);
    cornu__text_add(&text, "%0200d", 1);
    cornu__text_add(&text, "!");
    assert_true(text.failed);
    assert_string_equal(text.data, "kept");
    assert_null(cornu__text_take(&text));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
    assert_non_null(strstr(cornu_error_message(), "a text wanted 307 bytes")); /* 4 + 200 and a NUL, and half more */
    assert_int_equal(cornu__allocation_live(), live);
}

static void distances_count_slips_of_the_hand(void **state)
{
    (void)state;
    assert_int_equal(cornu__text_distance("relu", "relu"), 0);
    assert_int_equal(cornu__text_distance("ReLU", "relu"), 0);
    assert_int_equal(cornu__text_distance("rleu", "relu"), 1);
    assert_int_equal(cornu__text_distance("reluu", "relu"), 1);
    assert_int_equal(cornu__text_distance("rel", "relu"), 1);
    assert_int_equal(cornu__text_distance("", "relu"), 4);
    assert_int_equal(cornu__text_distance("kitten", "sitting"), 3);
}

static void the_nearest_spelling_is_offered_when_it_is_near(void **state)
{
    (void)state;
    const char *const names[] = {"relu", "elu", "softmax", "softplus", "sigmoid", NULL, "tanh"};
    assert_string_equal(cornu__text_nearest("rleu", names, 7), "relu");
    assert_string_equal(cornu__text_nearest("Soft_max", names, 7), "softmax");
    assert_string_equal(cornu__text_nearest("sigmod", names, 7), "sigmoid");
    assert_null(cornu__text_nearest("batch_normalization", names, 7));
    assert_null(cornu__text_nearest("relu", names, 0));
    char long_name[500];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_null(cornu__text_nearest(long_name, names, 7));
}

static void shapes_are_written_as_keras_writes_them(void **state)
{
    (void)state;
    char text[CORNU__SHAPE_TEXT_SIZE];
    const int64_t shape[] = {-1, 28, 28, 1};
    assert_string_equal(cornu__text_shape(text, sizeof text, 4, shape), "(None, 28, 28, 1)");
    assert_string_equal(cornu__text_shape(text, sizeof text, 1, shape + 1), "(28,)");
    assert_string_equal(cornu__text_shape(text, sizeof text, 0, NULL), "()");
    for (size_t size = 1; size < 20; size++) {
        memset(text, '!', sizeof text);
        cornu__text_shape(text, size, 4, shape);
        assert_true(strlen(text) < size);
        assert_true(text[size] == '!');
    }
    const int64_t longest[] = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    cornu__text_shape(text, sizeof text, 8, longest);
    assert_true(text[strlen(text) - 1] == ')');
}

static void case_can_be_disregarded(void **state)
{
    (void)state;
    assert_true(cornu__text_equal_nocase("Conv2D", "conv2d"));
    assert_true(cornu__text_equal_nocase("", ""));
    assert_false(cornu__text_equal_nocase("conv", "conv2d"));
    assert_false(cornu__text_equal_nocase("conv2d", "conv"));
}

static void what_could_tell_a_terminal_what_to_do_is_shown_as_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"", ""},
        {"caf\xc3\xa9 \xe2\x94\x81 \xf0\x9f\x90\x88.png", "caf\xc3\xa9 \xe2\x94\x81 \xf0\x9f\x90\x88.png"},
        {"\033[31mred\a\b\r\n\t\177", "\\x1b[31mred\\x07\\x08\\x0d\\x0a\\x09\\x7f"},
        {"\xc2\x9b"
         "31m \xc2\xa0",
         "\\xc2\\x9b31m \xc2\xa0"}, /* U+009B begins a sequence as ESC [ does; U+00A0 does not */
        {"\xff\xfe \xc3( \xe2\x94 \xed\xa0\x80", "\\xff\\xfe \\xc3( \\xe2\\x94 \\xed\\xa0\\x80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char shown[CORNU__SHOWN_SIZE(40)];
        cornu__text text = {0};
        assert_true(strlen(cases[i].text) < 40);
        assert_string_equal(cornu__text_shown(shown, sizeof shown, cases[i].text, false), cases[i].shown);
        cornu__text_add(&text, "%s", "");
        cornu__text_add_shown(&text, cases[i].text);
        assert_string_equal(text.data, cases[i].shown);
        cornu__text_free(&text);
    }
}

static void line_breaks_may_stay_and_what_does_not_fit_is_cut_between_characters(void **state)
{
    (void)state;
    char shown[20];
    assert_string_equal(cornu__text_shown(shown, sizeof shown, "one\n\033two\n", true), "one\n\\x1btwo\n");
    for (size_t size = 1; size < sizeof shown; size++) {
        memset(shown, '!', sizeof shown);
        cornu__text_shown(shown, size, "\xc3\xa9\033\xe2\x94\x81", false);
        size_t wanted = size > 9 ? 9 : size > 6 ? 6 : size > 2 ? 2 : 0;
        assert_int_equal(strlen(shown), wanted);
        assert_true(shown[size] == '!');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_grows_without_end),
        cmocka_unit_test(nothing_can_be_added),
        cmocka_unit_test(an_empty_text_is_a_text),
        cmocka_unit_test(a_failed_growth_is_told_at_the_end),
        cmocka_unit_test(distances_count_slips_of_the_hand),
        cmocka_unit_test(the_nearest_spelling_is_offered_when_it_is_near),
        cmocka_unit_test(shapes_are_written_as_keras_writes_them),
        cmocka_unit_test(case_can_be_disregarded),
        cmocka_unit_test(what_could_tell_a_terminal_what_to_do_is_shown_as_numbers),
        cmocka_unit_test(line_breaks_may_stay_and_what_does_not_fit_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
