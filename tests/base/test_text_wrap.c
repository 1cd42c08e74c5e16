/* Lines broken between words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/text_wrap.h"

static void assert_wrapped(const char *lines, int columns, const char *wanted)
{
    cornu__text text = {0};
    cornu__text_add_wrapped_lines(&text, lines, columns);
    assert_string_equal(text.data ? text.data : "", wanted);
    cornu__text_free(&text);
}

static void lines_that_fit_stay_as_they_are(void **state)
{
    (void)state;
    assert_wrapped("", 10, "");
    assert_wrapped("\n\n", 10, "\n\n");
    assert_wrapped("ten letter\n  a   b \n", 10, "ten letter\n  a   b \n");
    assert_wrapped("a line of any length, as in a pipe\n", 0, "a line of any length, as in a pipe\n");
}

static void longer_lines_are_broken_between_words(void **state)
{
    (void)state;
    assert_wrapped("ten letters more\n", 10, "ten\n  letters\n  more\n");
    assert_wrapped("  one two three", 10, "  one two\n    three");
    assert_wrapped("bound by 71 % of it\n", 13, "bound by 71 %\n  of it\n");
    assert_wrapped("a/path/that/is/long is kept\n", 10, "a/path/that/is/long\n  is kept\n");
    assert_wrapped("\xc3\xa4\xc3\xb6\xc3\xbc \xe8\x9c\x82\xe8\x9c\x82 z", 6,
                   "\xc3\xa4\xc3\xb6\xc3\xbc \xe8\x9c\x82\xe8\x9c\x82\n  z");
}

static void further_lines_stand_below_the_second_column(void **state)
{
    (void)state;
    assert_wrapped("  files    2 JPEG, 1 PNG, 3 BMP\n", 24, "  files    2 JPEG, 1\n           PNG, 3 BMP\n");
    assert_wrapped("         2 a long name of a class\n", 20,
                   "         2 a long\n           name of a\n           class\n");
    assert_wrapped("               2 name and more\n", 18, "               2\n  name and more\n");
}

static void a_line_may_have_begun_before(void **state)
{
    (void)state;
    cornu__text text = {0};
    const char *line = "one two three";
    cornu__text_add_wrapped(&text, line, strlen(line), 12, 8, 8);
    assert_string_equal(text.data, "one\n        two\n        three");
    cornu__text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_that_fit_stay_as_they_are),
        cmocka_unit_test(longer_lines_are_broken_between_words),
        cmocka_unit_test(further_lines_stand_below_the_second_column),
        cmocka_unit_test(a_line_may_have_begun_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
