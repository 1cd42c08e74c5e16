/* test_csv.c: tables: what is taken, what the names become, and where a message points. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/csv.h>

#include "array/array.h"
#include "files.h"
#include "format/csv.h"
#include "format/csv_table.h"
#include "support/decimal_comma.h"

static char path[PATH_SIZE];

static cornu_array *x_of(cornu_array *table)
{
    return cornu_array_item_named(table, "x");
}

static cornu_array *y_of(cornu_array *table)
{
    return cornu_array_item_named(table, "y");
}

/* Fails the test unless the table loaded and its "x" has these rows and values; returns the table. */
static cornu_array *expect_x(cornu_array *table, int64_t rows, int64_t columns, const float *values)
{
    if (!table)
        fail_msg("%s", cornu_error_message());
    const cornu_array *x = x_of(table);
    assert_int_equal(cornu_array_dtype(x), CORNU_FLOAT32);
    assert_int_equal(cornu_array_size(x, 0), rows);
    assert_int_equal(cornu_array_size(x, 1), columns);
    for (int64_t i = 0; i < rows * columns; i++)
        assert_true(((float *)x->data)[i] == values[i]);
    return table;
}

static void expect_text_gives(const char *text, int64_t rows, int64_t columns, const float *values)
{
    write_text(path, text);
    cornu_array_release(expect_x(cornu_load_csv(path), rows, columns, values));
}

static const float one_to_six[] = {1, 2, 3, 4, 5, 6};

static void line_ends_quotes_blanks_and_marks_are_understood(void **state)
{
    (void)state;
    expect_text_gives("1,2,3\n4,5,6\n", 2, 3, one_to_six);
    expect_text_gives("1,2,3\n4,5,6", 2, 3, one_to_six);
    expect_text_gives("1,2,3\r\n4,5,6\r\n\r\n\n", 2, 3, one_to_six);
    expect_text_gives("1,2,3\r4,5,6\r", 2, 3, one_to_six);
    expect_text_gives("\xEF\xBB\xBF"
                      "1 , 2,\t3\n 4,\"5\",\"6\" \n",
                      2, 3, one_to_six);
    expect_text_gives("a,\"b \"\"c\"\"\",\"two\nlines, one\"\n1,2,3\n4,5,6\n", 2, 3, one_to_six);
}

static void separators_are_guessed_from_the_first_line(void **state)
{
    (void)state;
    expect_text_gives("1;2;3\n4;5;6\n", 2, 3, one_to_six);
    expect_text_gives("1\t2\t3\n4\t5\t6\n", 2, 3, one_to_six);
    expect_text_gives("\"a,b,c,d\";e;f\n1;2;3\n4;5;6\n", 2, 3, one_to_six);
    expect_text_gives("1\n2\n3\n4\n5\n6\n", 6, 1, one_to_six);
    write_text(path, "1|2|3\n4|5|6\n");
    cornu_array_release(expect_x(cornu_load_csv(path, .separator = '|'), 2, 3, one_to_six));
}

static void headers_are_found_or_told(void **state)
{
    (void)state;
    expect_text_gives("a,b,c\n1,2,3\n4,5,6\n", 2, 3, one_to_six);
    write_text(path, "9,8,7\n1,2,3\n4,5,6\n");
    cornu_array_release(expect_x(cornu_load_csv(path, .header = 1), 2, 3, one_to_six));
    write_text(path, "a,b,c\n1,2,3\n4,5,6\n");
    expect_failure(cornu_load_csv(path, .header = 0), CORNU_ERROR_DATA, "line 1, column 1: 'a' is no number");
}

static void missing_values_become_what_is_said(void **state)
{
    (void)state;
    write_text(path, "1,2,NA\n4,,6\n");
    expect_failure(cornu_load_csv(path), CORNU_ERROR_DATA, "line 1, column 3: 'NA' says that the value is missing");
    const float zeros[] = {1, 2, 0, 4, 0, 6}, means[] = {1, 2, 6, 4, 2, 6};
    cornu_array_release(expect_x(cornu_load_csv(path, .missing = "0"), 2, 3, zeros));
    cornu_array_release(expect_x(cornu_load_csv(path, .missing = "mean"), 2, 3, means));
    cornu_array *table = cornu_load_csv(path, .missing = "nan");
    assert_non_null(table);
    assert_true(isnan(cornu_array_get(x_of(table), 2)) && isnan(cornu_array_get(x_of(table), 4)));
    cornu_array_release(table);
    write_text(path, "1,2,3\n4,-9,6\n");
    cornu_array_release(expect_x(cornu_load_csv(path, .missing = "0", .na_values = cornu_names("-9")), 2, 3,
                                 (const float[]){1, 2, 3, 4, 0, 6}));
}

static void numbers_are_the_nearest_whatever_their_digits(void **state)
{
    (void)state;
    /* Just between two floats, and beside: where a double in between would round twice. */
    static const char *const texts[] = {
        "16777217", "16777217.0000001", "1.00000005960464477539", "0.1",          "123456789012345", "9007199254740993",
        "1e23",     "0.000001",         "7.038531e-26",           "3.4028235e38", "1.17549421e-38",  "-0",
        "5e-324",   "123456.789012345"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text(path, texts[i]);
        cornu_array *table = cornu_load_csv(path);
        assert_non_null(table);
        float wanted = strtof(texts[i], NULL);
        assert_memory_equal(cornu_array_data(x_of(table)), &wanted, sizeof wanted);
        cornu_array_release(table);
    }
}

static void numbers_of_every_spelling_are_read(void **state)
{
    (void)state;
    write_text(path, "-1.5,+2e3,.25,1E-2,nan,-inf,16777217,1e-50\n");
    cornu_array *table = cornu_load_csv(path);
    assert_non_null(table);
    const float *x = x_of(table)->data;
    const float wanted[] = {-1.5f, 2000, 0.25f, 0.01f};
    assert_memory_equal(x, wanted, sizeof wanted);
    assert_true(isnan(x[4]) && isinf(x[5]) && x[5] < 0 && x[6] == 16777216 && x[7] == 0);
    cornu_array_release(table);
    const char *const wrong[] = {"0x10", "1e99", "1,5e", "--1", "1 2", "one", "1f", "1_000"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[64];
        snprintf(text, sizeof text, "1;2\n%s;3\n", wrong[i]);
        write_text(path, text);
        expect_failure(cornu_load_csv(path), CORNU_ERROR_DATA, "line 2, column 1: '");
    }
}

static void the_programs_locale_changes_nothing(void **state)
{
    (void)state;
    if (!decimal_comma_begin())
        skip();
    const float wanted[] = {1.5f, 2.25f};
    expect_text_gives("1.5,2.25\n", 1, 2, wanted);
    decimal_comma_end();
}

static void a_quote_may_be_a_character_like_others(void **state)
{
    (void)state;
    write_text(path, "a\tb\n1\tsay\"\n2\t\"yes\"no\n3\t\"\n");
    expect_failure(cornu_load_csv(path, .target = "b"), CORNU_ERROR_FORMAT,
                   "line 3, column 2: text behind a closing quote");
    assert_non_null(strstr(cornu_error_message(), ".quotes = false"));
    assert_non_null(strstr(cornu_error_message(), "--no-quotes"));
    cornu_csv_options options = {.struct_size = sizeof options, CORNU_CSV_DEFAULTS.target = "b"};
    options.quotes = false;
    cornu__csv_names names = {0};
    cornu_array *table = cornu__csv_read(path, &options, &names);
    assert_non_null(table);
    assert_int_equal(names.class_count, 3);
    assert_string_equal(names.classes[0], "\"");
    assert_string_equal(names.classes[1], "\"yes\"no");
    assert_string_equal(names.classes[2], "say\"");
    cornu__csv_names_free(&names);
    cornu_array_release(table);
}

static void text_targets_become_classes_in_sorted_order(void **state)
{
    (void)state;
    write_text(path, "a,b,c,kind\n1,2,3,setosa\n4,5,6,\"Virginica, red\"\n1,2,3,setosa\n4,5,6,\xC3\xA4\n");
    cornu_csv_options options = {.struct_size = sizeof options, CORNU_CSV_DEFAULTS.target = "kind"};
    cornu__csv_names names = {0};
    cornu_array *table = cornu__csv_read(path, &options, &names);
    const float x[] = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
    expect_x(table, 4, 3, x);
    assert_int_equal(cornu_array_dtype(y_of(table)), CORNU_INT32);
    assert_int_equal(cornu_array_rank(y_of(table)), 1);
    const int32_t y[] = {1, 0, 1, 2};
    assert_memory_equal(cornu_array_data(y_of(table)), y, sizeof y);
    assert_int_equal(names.class_count, 3);
    assert_string_equal(names.classes[0], "Virginica, red");
    assert_string_equal(names.classes[1], "setosa");
    assert_string_equal(names.classes[2], "\xC3\xA4");
    assert_int_equal(names.column_count, 3);
    assert_string_equal(names.columns[0], "a");
    assert_string_equal(names.columns[2], "c");
    cornu__csv_names_free(&names);
    cornu_array_release(table);
    /* Texts that look like numbers among others are texts. */
    write_text(path, "1,a\n2,3\n3,b\n4,3\n");
    table = cornu_load_csv(path, .target = "-1");
    assert_non_null(table);
    const int32_t mixed[] = {1, 0, 2, 0};
    assert_int_equal(cornu_array_dtype(y_of(table)), CORNU_INT32);
    assert_memory_equal(cornu_array_data(y_of(table)), mixed, sizeof mixed);
    cornu_array_release(table);
}

static void targets_are_found_by_name_and_number(void **state)
{
    (void)state;
    const char *const targets[] = {"b", "1", "-2"};
    for (size_t i = 0; i < 3; i++) {
        write_text(path, "a,b,c\n1,0.5,2\n3,1.5,4\n");
        cornu_array *table = expect_x(cornu_load_csv(path, .target = targets[i]), 2, 2, one_to_six);
        const float y[] = {0.5f, 1.5f};
        assert_int_equal(cornu_array_dtype(y_of(table)), CORNU_FLOAT32);
        assert_memory_equal(cornu_array_data(y_of(table)), y, sizeof y);
        cornu_array_release(table);
    }
    write_text(path, "length,width\n1,2\n");
    expect_failure(cornu_load_csv(path, .target = "lenght"), CORNU_ERROR_UNKNOWN_NAME,
                   "no column 'lenght'; did you mean 'length'?");
    expect_failure(cornu_load_csv(path, .target = "2"), CORNU_ERROR_UNKNOWN_NAME,
                   "no column 2: its columns are 0 to 1");
    expect_failure(cornu_load_csv(path, .target = "-3"), CORNU_ERROR_UNKNOWN_NAME, "no column -3");
    write_text(path, "1,2\n");
    expect_failure(cornu_load_csv(path, .target = "width"), CORNU_ERROR_UNKNOWN_NAME, "it has no header");
    write_text(path, "1\n2\n");
    expect_failure(cornu_load_csv(path, .target = "0"), CORNU_ERROR_DATA, "no column beside the target");
}

static void mistakes_are_told_with_line_and_column(void **state)
{
    (void)state;
    const struct {
        const char *text;
        cornu_status status;
        const char *part;
    } wrong[] = {
        {"", CORNU_ERROR_DATA, "is empty"},
        {"\n\n", CORNU_ERROR_DATA, "is empty"},
        {"a,b\n", CORNU_ERROR_DATA, "no rows"},
        {"1,2\n3\n", CORNU_ERROR_FORMAT, "line 2: wanted 2 fields like the first line, got 1"},
        {"1,2\n3,4,5\n", CORNU_ERROR_FORMAT, "line 2: wanted 2 fields like the first line, got 3"},
        {"1,2\n3,\n", CORNU_ERROR_DATA, "line 2, column 2: the field is empty"},
        {"a,b\n1,2\n,4\n", CORNU_ERROR_DATA, "line 3, column 1 (a): the field is empty"},
        {"1,2\n\n3,4\n", CORNU_ERROR_FORMAT, "line 2: the line is empty"},
        {"1,\"2\n3,4\n", CORNU_ERROR_FORMAT, "line 1, column 2: a quote is opened and never closed"},
        {"1,\"2\"3\n", CORNU_ERROR_FORMAT, "line 1, column 2: text behind a closing quote"},
        {"\"a\n\n\",b\n1,2\n3,x\n", CORNU_ERROR_DATA, "line 5, column 2 (b): 'x' is no number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_text(path, wrong[i].text);
        expect_failure(cornu_load_csv(path), wrong[i].status, wrong[i].part);
    }
    write_bytes(path, "1\0,2\n", 5);
    expect_failure(cornu_load_csv(path), CORNU_ERROR_FORMAT, "byte 1 is zero");
    write_text(path, "1,a\n2,\n");
    expect_failure(cornu_load_csv(path, .target = "1"), CORNU_ERROR_DATA, "line 2, column 2: the target is empty");
    write_text(path, "0,label\n1,5\n2,6\n");
    expect_failure(cornu_load_csv(path, .target = "-1"), CORNU_ERROR_DATA, "say so with header = 1");
}

/* As several threads do: none waits for another's cursor, and a new one stands before the header. */
static void several_readers_find_the_first_rows_behind_the_header(void **state)
{
    (void)state;
    write_text(path, "a,b\n10,0\n11,0\n12,0\n13,0\n");
    cornu__csv_table table;
    const cornu__csv_table_options options = {.header = -1};
    assert_int_equal(cornu__csv_table_open(&table, path, &options, NULL), CORNU_OK);
    for (int64_t step = 1; step <= 2; step++) {
        cornu__cursor *cursors[4];
        for (int64_t row = 0; row < 4; row++) {
            char **fields, wanted[3] = {'1', (char)('0' + row), '\0'};
            cursors[row] = cornu__record_file_find(&table.file, row);
            assert_non_null(cursors[row]);
            assert_int_equal(cornu__csv_table_next(&table, cursors[row], &fields), CORNU_OK);
            assert_string_equal(fields[0], wanted);
        }
        for (int64_t row = 0; row < 4; row++)
            cornu__record_file_give_back(&table.file, cursors[row], CORNU_ERROR_IO); /* which drops it */
        table.file.marks[1] = table.file.marks[2]; /* a longer file's list: every second row */
        table.file.step = 2;
    }
    cornu__csv_table_close(&table);
}

static int make_path(void **state)
{
    (void)state;
    scratch_path(path, "table.csv");
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    scratch_remove(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_ends_quotes_blanks_and_marks_are_understood),
        cmocka_unit_test(separators_are_guessed_from_the_first_line),
        cmocka_unit_test(headers_are_found_or_told),
        cmocka_unit_test(missing_values_become_what_is_said),
        cmocka_unit_test(numbers_are_the_nearest_whatever_their_digits),
        cmocka_unit_test(numbers_of_every_spelling_are_read),
        cmocka_unit_test(the_programs_locale_changes_nothing),
        cmocka_unit_test(a_quote_may_be_a_character_like_others),
        cmocka_unit_test(text_targets_become_classes_in_sorted_order),
        cmocka_unit_test(targets_are_found_by_name_and_number),
        cmocka_unit_test(mistakes_are_told_with_line_and_column),
        cmocka_unit_test(several_readers_find_the_first_rows_behind_the_header),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
