/* Pictures of a history: validation is dashed, as cornu plot draws it, and epochs without it leave its curve whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <cornu/plot.h>

#include "base/memory.h"
#include "model/history.h"

static char path[] = "/tmp/cornu-plot-history-XXXXXX.svg";

static int make_name(void **state)
{
    (void)state;
    int file = mkstemps(path, 4);
    return file < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int count_in_picture(const char *words)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    int count = 0;
    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
        count++;
    return count;
}

/* Six epochs, the first of them validated and then each `validated`-th; 0: none. */
static cornu_history *six_epochs(int64_t validated)
{
    cornu_history *history = cornu__history_create(6);
    assert_non_null(history);
    for (int64_t epoch = 0; epoch < 6; epoch++) {
        const cornu_logs logs = {.count = validated > 0 && epoch % validated == 0 ? 2 : 1,
                                 .names = {"loss", "val_loss"},
                                 .values = {1.0 / (double)(1 + epoch), 2.0 / (double)(1 + epoch)}};
        assert_int_equal(cornu__history_add(history, epoch, &logs), CORNU_OK);
    }
    return history;
}

static int dashed_lines(int64_t validated)
{
    cornu_history *history = six_epochs(validated);
    assert_int_equal(cornu_plot_history(path, history), CORNU_OK);
    cornu_history_release(history);
    return count_in_picture("stroke-dasharray:6,4");
}

static void validation_alone_is_dashed(void **state)
{
    (void)state;
    assert_int_equal(dashed_lines(1), 2); /* the curve, and its line in the legend */
    assert_int_equal(dashed_lines(0), 0);
}

static void validation_of_every_other_epoch_is_a_line(void **state)
{
    (void)state;
    assert_int_equal(dashed_lines(2), 2);
}

static void a_panel_has_room_for_its_legend_and_the_numbers_along_its_axes(void **state)
{
    (void)state;
    cornu_history *history = six_epochs(1);
    assert_int_equal(cornu_plot_history(path, history, .width = 299), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), "a width of at least 300"));
    assert_int_equal(cornu_plot_history(path, history, .width = 300, .height = 219), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), "a height of at least 220")); /* 20 are the legend's */
    assert_int_equal(cornu_plot_history(path, history, .width = 300, .height = 220), CORNU_OK);
    cornu_history_release(history);
}

static void without_memory_there_is_no_picture_and_nothing_is_kept(void **state)
{
    (void)state;
    cornu_history *history = six_epochs(1);
    uint64_t before = cornu__allocation_live();
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    unlink(path);
    for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
        assert_int_equal(access(path, F_OK), -1);
        cornu__allocation_fail_at(n);
        status = cornu_plot_history(path, history);
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), before);
        assert_true(n < 100);
    }
    assert_int_equal(status, CORNU_OK);
    cornu_history_release(history);
}

static void a_history_without_epochs_is_refused(void **state)
{
    (void)state;
    cornu_history *history = cornu__history_create(1);
    assert_int_equal(cornu_plot_history(path, history), CORNU_ERROR_STATE);
    assert_non_null(strstr(cornu_error_message(), "no epoch"));
    cornu_history_release(history);
}

static void a_history_of_validation_alone_is_refused(void **state)
{
    (void)state;
    cornu_history *history = cornu__history_create(1);
    const cornu_logs logs = {.count = 1, .names = {"val_loss"}, .values = {1}};
    assert_int_equal(cornu__history_add(history, 0, &logs), CORNU_OK);
    assert_int_equal(cornu_plot_history(path, history), CORNU_ERROR_STATE);
    assert_non_null(strstr(cornu_error_message(), "no value of training"));
    cornu_history_release(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validation_alone_is_dashed),
        cmocka_unit_test(validation_of_every_other_epoch_is_a_line),
        cmocka_unit_test(a_panel_has_room_for_its_legend_and_the_numbers_along_its_axes),
        cmocka_unit_test(without_memory_there_is_no_picture_and_nothing_is_kept),
        cmocka_unit_test(a_history_without_epochs_is_refused),
        cmocka_unit_test(a_history_of_validation_alone_is_refused),
    };
    return cmocka_run_group_tests_name("plot_history", tests, make_name, remove_file);
}
