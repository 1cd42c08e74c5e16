/* The progress bar, byte for byte as real Keras draws it (tests/oracle/text.py made the values), and what Cornu adds: widths and pipes. */
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

#include "support/decimal_comma.h"
#include "support/oracle.h"
#include "train/progress.h"

#define CLOCK_START 1000.0

static const cornu__progress_style keras3_terminal = {.keras3 = true, .color = true, .dynamic = true};
static const cornu__progress_style keras2_terminal = {.keras2_summary = true, .dynamic = true};

static json_t *load_cases(json_t **file)
{
    *file = oracle_json("progbar");
    return json_object_get(*file, "cases");
}

/* Keras's Progbar keeps a value that is not given again, and so does the test. */
static void set_values(cornu_logs *logs, const json_t *values)
{
    size_t i;
    json_t *pair;
    json_array_foreach(values, i, pair) assert_int_equal(
        cornu_logs_set(logs, json_string_value(json_array_get(pair, 0)), oracle_number(json_array_get(pair, 1))),
        CORNU_OK);
}

/* One update, as ProgbarLogger makes it: the bytes in `out`, NUL-terminated. */
static void update(cornu__progress *progress, int verbose, const json_t *step, cornu_logs *logs, char *out)
{
    double now = CLOCK_START + json_number_value(json_object_get(step, "time"));
    int64_t current = json_integer_value(json_object_get(step, "current"));
    const json_t *finalize = json_object_get(step, "finalize");
    bool final = json_is_null(finalize) ? progress->target > 0 && current >= progress->target : json_is_true(finalize);
    size_t length = 0;
    set_values(logs, json_object_get(step, "values"));
    bool due = cornu__progress_advance(progress, current, now);
    if (verbose == 1 && (due || final))
        length = cornu__progress_draw(progress, out, now, logs, final);
    if (verbose == 2 && final)
        length = cornu__progress_summary(progress, out, now, logs);
    out[length] = '\0';
}

static void check_case(const json_t *bar, const char *look, cornu__progress_style style)
{
    static char out[CORNU__PROGRESS_LINE_SIZE];
    cornu_logs logs = {0};
    cornu__progress progress;
    const json_t *target = json_object_get(bar, "target"), *updates = json_object_get(bar, "updates"),
                 *wanted = json_object_get(bar, look);
    cornu__progress_start(&progress, style, json_is_null(target) ? -1 : json_integer_value(target), CLOCK_START);
    for (size_t i = 0; i < json_array_size(updates); i++) {
        update(&progress, (int)json_integer_value(json_object_get(bar, "verbose")), json_array_get(updates, i), &logs,
               out);
        const char *bytes = json_string_value(json_array_get(wanted, i));
        if (strcmp(out, bytes) != 0)
            fail_msg("%s, %s, update %zu:\n got    %s\n wanted %s", json_string_value(json_object_get(bar, "name")),
                     look, i, out, bytes);
    }
}

static void a_terminal_gets_the_bytes_of_keras_3(void **state)
{
    (void)state;
    json_t *file, *cases = load_cases(&file);
    assert_true(json_array_size(cases) >= 10);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i), "keras3", keras3_terminal);
    json_decref(file);
}

static void a_terminal_without_utf8_gets_the_bytes_of_keras_2(void **state)
{
    (void)state;
    json_t *file, *cases = load_cases(&file);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i), "keras2", keras2_terminal);
    json_decref(file);
}

static const char *draw_once(cornu__progress_style style, const cornu_logs *logs, int64_t seen, bool final, int *width)
{
    static char out[CORNU__PROGRESS_LINE_SIZE];
    cornu__progress progress;
    cornu__progress_start(&progress, style, 200, CLOCK_START);
    cornu__progress_advance(&progress, seen, CLOCK_START + 1);
    out[cornu__progress_draw(&progress, out, CLOCK_START + 1, logs, final)] = '\0';
    *width = progress.width;
    return out;
}

static const cornu_logs three_values = {
    .count = 3, .names = {"loss", "accuracy", "top_k_categorical_accuracy"}, .values = {0.5, 0.25, 0.75}};

static void a_running_line_fits_the_terminal(void **state)
{
    (void)state;
    for (int keras3 = 0; keras3 < 2; keras3++) {
        for (int columns = 200; columns >= 1; columns--) {
            cornu__progress_style style = keras3 ? keras3_terminal : keras2_terminal;
            int width;
            style.columns = columns;
            bool shown = strstr(draw_once(style, &three_values, 100, false, &width), "100/200") != NULL;
            assert_true(width < columns);
            assert_true(shown || columns < (keras3 ? 11 : 18));
        }
    }
}

/* The widest row of a text without escapes; *rows: how many there are. */
static int widest_row(const char *text, int *rows)
{
    int width = 0, widest = 0;
    for (*rows = 0; *text; text++) {
        *rows += *text == '\n';
        if (*text == '\n' || *text == '\r')
            width = 0;
        else
            width += *text != '\b' && ((unsigned char)*text & 0xC0) != 0x80;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void the_final_line_has_all_values_and_goes_on_below_where_they_do_not_fit(void **state)
{
    (void)state;
    for (int keras3 = 0; keras3 < 2; keras3++) {
        for (int columns = 200; columns >= 1; columns--) {
            cornu__progress_style style = keras3 ? keras3_terminal : keras2_terminal;
            int width, rows;
            style.columns = columns;
            style.color = false;
            const char *line = draw_once(style, &three_values, 200, true, &width);
            assert_non_null(strstr(line, "200/200"));
            assert_non_null(strstr(line, " - loss: 0.5000"));
            assert_non_null(strstr(line, " - accuracy: 0.2500"));
            assert_non_null(strstr(line, " - top_k_categorical_accuracy: 0.7500\n"));
            int widest = widest_row(line, &rows);
            assert_true(widest < columns || columns <= (int)strlen(" - top_k_categorical_accuracy: 0.7500"));
            assert_true(rows == 1 || columns < 95);
        }
    }
}

static void a_final_line_of_several_rows_covers_the_one_that_was_running(void **state)
{
    (void)state;
    static char out[CORNU__PROGRESS_LINE_SIZE];
    cornu__progress_style style = {.keras3 = true, .dynamic = true, .columns = 40};
    cornu__progress progress;
    cornu__progress_start(&progress, style, 200, CLOCK_START);
    cornu__progress_advance(&progress, 200, CLOCK_START + 1);
    progress.width = 30;
    out[cornu__progress_draw(&progress, out, CLOCK_START + 1, &three_values, true)] = '\0';
    assert_string_equal(strchr(out, '\r') + 1, "200/200 1s 5ms/step - loss: 0.5000\n - accuracy: 0.2500\n"
                                               " - top_k_categorical_accuracy: 0.7500\n");
    progress.width = 38;
    out[cornu__progress_draw(&progress, out, CLOCK_START + 1, &three_values, true)] = '\0';
    assert_non_null(strstr(out, "loss: 0.5000    \n - accuracy"));
}

static void assert_running_line(int columns, bool keras3, const char *wanted)
{
    cornu__progress_style style = {.keras3 = keras3, .dynamic = true, .columns = columns};
    int width;
    const char *line = draw_once(style, &three_values, 100, false, &width);
    assert_string_equal(line + strlen("\r"), wanted);
}

#define FIVE "\u2501\u2501\u2501\u2501\u2501"

static void in_a_narrow_terminal_the_bar_gives_way_first_then_the_last_values(void **state)
{
    (void)state;
    assert_running_line(120, true,
                        "100/200 " FIVE FIVE "           1s 10ms/step - loss: 0.5000 - accuracy: 0.2500 - "
                        "top_k_categorical_accuracy: 0.7500");
    assert_running_line(100, true,
                        "100/200 \u2501\u2501\u2501     1s 10ms/step - loss: 0.5000 - accuracy: 0.2500 - "
                        "top_k_categorical_accuracy: 0.7500");
    assert_running_line(79, true, "100/200 " FIVE FIVE "           1s 10ms/step - loss: 0.5000 - accuracy: 0.2500");
    assert_running_line(40, true, "100/200 " FIVE "\u2501\u2501\u2501\u2501          1s 10ms/step");
    assert_running_line(20, true, "100/200 \u2501\u2501\u2501\u2501     1s");
    assert_running_line(12, true, "100/200 1s");
    assert_running_line(8, true, "");
    assert_running_line(79, false, "100/200 [===========>............] - ETA: 1s - loss: 0.5000 - accuracy: 0.2500");
    assert_running_line(40, false, "100/200 [========>..........] - ETA: 1s");
    assert_running_line(20, false, "100/200 - ETA: 1s");
}

static void a_bar_that_goes_on_in_mid_epoch_counts_the_time_of_its_own_steps(void **state)
{
    (void)state;
    const cornu_logs logs = {.count = 0};
    static char out[CORNU__PROGRESS_LINE_SIZE];
    cornu__progress progress;
    cornu__progress_start(&progress, keras2_terminal, 200, CLOCK_START);
    progress.before = 100;
    cornu__progress_advance(&progress, 101, CLOCK_START + 2);
    out[cornu__progress_draw(&progress, out, CLOCK_START + 2, &logs, false)] = '\0';
    assert_non_null(strstr(out, "101/200 [==============>...............] - ETA: 3:18"));
    cornu__progress_advance(&progress, 111, CLOCK_START + 12);
    out[cornu__progress_draw(&progress, out, CLOCK_START + 12, &logs, false)] = '\0';
    assert_non_null(strstr(out, "111/200 [===============>..............] - ETA: 1:29"));
    out[cornu__progress_summary(&progress, out, CLOCK_START + 12, &logs)] = '\0';
    assert_string_equal(out, "111/200 - 12s - 12s/epoch - 1s/step\n");
}

static void without_colour_no_escape_is_written(void **state)
{
    (void)state;
    const cornu_logs logs = {.count = 1, .names = {"loss"}, .values = {0.5}};
    cornu__progress_style style = keras3_terminal;
    int width, plain_width;
    draw_once(style, &logs, 100, false, &width);
    style.color = false;
    assert_null(strchr(draw_once(style, &logs, 100, false, &plain_width), '\033'));
    assert_int_equal(plain_width, width);
}

static void a_pipe_gets_one_plain_line(void **state)
{
    (void)state;
    const cornu_logs logs = {.count = 1, .names = {"loss"}, .values = {0.5}};
    cornu__progress progress;
    char out[CORNU__PROGRESS_LINE_SIZE];
    cornu__progress_start(&progress, (cornu__progress_style){0}, 3, CLOCK_START);
    for (int64_t step = 1; step <= 3; step++)
        assert_false(cornu__progress_advance(&progress, step, CLOCK_START + (double)step));
    out[cornu__progress_draw(&progress, out, CLOCK_START + 3, &logs, true)] = '\0';
    assert_string_equal(out, "3/3 [==============================] - 3s 1s/step - loss: 0.5000\n");
}

static void the_bytes_are_the_same_in_any_locale(void **state)
{
    if (!decimal_comma_begin())
        skip();
    a_pipe_gets_one_plain_line(state);
    a_terminal_gets_the_bytes_of_keras_3(state); /* jansson reads the cases in any locale too */
    decimal_comma_end();
}

static void a_line_longer_than_its_buffer_is_cut(void **state)
{
    (void)state;
    static char name[400];
    static cornu_logs logs;
    int width;
    memset(name, 'n', sizeof name - 1);
    for (logs.count = 0; logs.count < CORNU_MAX_LOGS; logs.count++) {
        logs.names[logs.count] = name;
        logs.values[logs.count] = 1;
    }
    assert_true(strlen(draw_once(keras3_terminal, &logs, 200, true, &width)) < CORNU__PROGRESS_LINE_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_gets_the_bytes_of_keras_3),
        cmocka_unit_test(a_terminal_without_utf8_gets_the_bytes_of_keras_2),
        cmocka_unit_test(a_running_line_fits_the_terminal),
        cmocka_unit_test(the_final_line_has_all_values_and_goes_on_below_where_they_do_not_fit),
        cmocka_unit_test(a_final_line_of_several_rows_covers_the_one_that_was_running),
        cmocka_unit_test(in_a_narrow_terminal_the_bar_gives_way_first_then_the_last_values),
        cmocka_unit_test(a_bar_that_goes_on_in_mid_epoch_counts_the_time_of_its_own_steps),
        cmocka_unit_test(without_colour_no_escape_is_written),
        cmocka_unit_test(a_pipe_gets_one_plain_line),
        cmocka_unit_test(the_bytes_are_the_same_in_any_locale),
        cmocka_unit_test(a_line_longer_than_its_buffer_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
