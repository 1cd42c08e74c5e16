/* test_json.c: JSON within the limits, and messages that say where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"
#include "format/json.h"
#include "format/limits.h"

static void expect_message(cornu_status got, cornu_status wanted, const char *message)
{
    assert_int_equal(got, wanted);
    assert_string_equal(cornu_error_message(), message);
}

static json_t *parse(const char *text)
{
    return cornu__json_parse("model.json", text, strlen(text));
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    (void)state;
    assert_null(parse("{\"a\": 1,\n \"b\": }"));
    assert_non_null(strstr(cornu_error_message(), "'model.json' is no valid JSON: line 2, column 7:"));
    assert_null(parse("{\"a\": 1, \"a\": 2}"));
    assert_non_null(strstr(cornu_error_message(), "duplicate"));
    assert_null(parse(""));
    assert_null(parse("{} {}"));
    assert_null(parse("{\"a\": NaN}"));
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[2 * CORNU__MAX_JSON_DEPTH + 8];
    for (int extra = 0; extra < 2; extra++) {
        size_t depth = CORNU__MAX_JSON_DEPTH + (size_t)extra;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        json_t *value = parse(text);
        assert_int_equal(value != NULL, extra == 0);
        json_decref(value);
    }
    assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
    memset(text, '[', sizeof text); /* in a string they are not depth */
    memcpy(text, "[\"\\\"", 4);
    memcpy(text + sizeof text - 3, "\"]", 3);
    json_t *brackets_in_text = parse(text);
    assert_non_null(brackets_in_text);
    json_decref(brackets_in_text);
}

/* `count` values in a list, which is one more, as `item`; the caller frees them. */
static char *list_of(const char *item, size_t count)
{
    size_t length = strlen(item);
    char *text = malloc(count * (length + 1) + 2);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < count; i++) {
        memcpy(text + 1 + i * (length + 1), item, length);
        text[1 + i * (length + 1) + length] = ',';
    }
    strcpy(text + count * (length + 1), "]"); /* in place of the last comma */
    return text;
}

static void the_memory_of_values_is_limited(void **state)
{
    (void)state;
    static const struct {
        const char *item;
        size_t count;
        bool is_read;
    } cases[] = {{"0", 1000000, true},
                 {"0", 5000000, false},
                 {"{}", 1100000, false},
                 {"{\"key\":0}", 800000, false},
                 {"\"{,[:,\\\",\"", 1000000, true}}; /* in a string they are no values */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = list_of(cases[i].item, cases[i].count);
        cornu_error_clear();
        json_t *value = parse(text);
        if ((value != NULL) != cases[i].is_read)
            fail_msg("%s: %s", cases[i].item, cornu_error_message());
        if (!value)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
        json_decref(value);
        free(text);
    }
}

static void files_are_read_plain_and_absent_ones_said_to_be(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    write_text(scratch_path(path, "model.json"), "{\"class_name\": \"Sequential\"}");
    json_t *value = cornu__json_load(path);
    assert_non_null(value);
    json_decref(value);
    scratch_remove(path);
    assert_null(cornu__json_load(path));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_IO);
}

static void values_are_read_or_refused_with_their_place(void **state)
{
    (void)state;
    json_t *document = parse("{\"config\": {\"layers\": [{\"units\": 32}, {\"units\": \"32\", \"rate\": 1, \"name\": "
                             "\"d\", \"use_bias\": true, "
                             "\"none\": null, \"shape\": [1, 2]}]}}");
    assert_non_null(document);
    cornu__json_place root = cornu__json_root("model.json", document);
    cornu__json_place config = cornu__json_member(&root, "config");
    cornu__json_place layers = cornu__json_member(&config, "layers");
    size_t count;
    assert_int_equal(cornu__json_expect_array(&layers, &count), CORNU_OK);
    assert_int_equal(count, 2);
    cornu__json_place first = cornu__json_item(&layers, 0), second = cornu__json_item(&layers, 1);
    cornu__json_place units = cornu__json_member(&first, "units");
    int64_t integer = 0;
    assert_int_equal(cornu__json_get_integer(&units, 1, 100, &integer), CORNU_OK);
    assert_int_equal(integer, 32);
    expect_message(cornu__json_get_integer(&units, 1, 31, &integer), CORNU_ERROR_INVALID_ARGUMENT,
                   "model.json: config.layers[0].units: wanted an integer from 1 to 31, got 32");
    units = cornu__json_member(&second, "units");
    expect_message(cornu__json_get_integer(&units, 1, 100, &integer), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].units: wanted an integer, got the string '32'");
    cornu__json_place rate = cornu__json_member(&second, "rate");
    double number = 0;
    assert_int_equal(cornu__json_get_number(&rate, &number), CORNU_OK);
    assert_true(number == 1);
    cornu__json_place use_bias = cornu__json_member(&second, "use_bias");
    bool boolean = false;
    assert_int_equal(cornu__json_get_boolean(&use_bias, &boolean), CORNU_OK);
    assert_true(boolean);
    expect_message(cornu__json_get_boolean(&rate, &boolean), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].rate: wanted true or false, got 1");
    cornu__json_place name = cornu__json_member(&second, "name"), shape = cornu__json_member(&second, "shape");
    const char *text = NULL;
    assert_int_equal(cornu__json_get_string(&name, &text), CORNU_OK);
    assert_string_equal(text, "d");
    expect_message(cornu__json_get_string(&shape, &text), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].shape: wanted a string, got a list of 2");
    cornu__json_place none = cornu__json_member(&second, "none"), absent = cornu__json_member(&second, "absent");
    assert_true(cornu__json_is_none(&none) && cornu__json_is_none(&absent) && !cornu__json_is_none(&name));
    expect_message(cornu__json_get_string(&none, &text), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].none: wanted a string, got null");
    expect_message(cornu__json_get_string(&absent, &text), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].absent: is missing; wanted a string");
    /* The way through what is not there is harmless. */
    cornu__json_place beyond = cornu__json_item(&absent, 3);
    expect_message(cornu__json_expect_object(&beyond, &count), CORNU_ERROR_FORMAT,
                   "model.json: config.layers[1].absent[3]: is missing; wanted an object");
    json_decref(document);
}

static void unknown_keys_are_refused_with_the_nearest_right_one(void **state)
{
    (void)state;
    json_t *document = parse("{\"units\": 1, \"activaton\": \"relu\"}");
    cornu__json_place root = cornu__json_root("model.json", document);
    const char *const known[] = {"units", "activation", "use_bias"};
    expect_message(cornu__json_refuse_others(&root, known, 3), CORNU_ERROR_UNKNOWN_NAME,
                   "model.json: unknown key 'activaton'; did you mean 'activation'?");
    const char *const all[] = {"units", "activaton"};
    assert_int_equal(cornu__json_refuse_others(&root, all, 2), CORNU_OK);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_line_and_column),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(the_memory_of_values_is_limited),
        cmocka_unit_test(files_are_read_plain_and_absent_ones_said_to_be),
        cmocka_unit_test(values_are_read_or_refused_with_their_place),
        cmocka_unit_test(unknown_keys_are_refused_with_the_nearest_right_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
