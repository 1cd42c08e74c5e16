/* The environment's defaults for a call that says nothing: CORNU_VIEW_METRICS (CORNU_VERBOSE is tested with the output it governs). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 20

static char warnings[2048];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 1);
}

static bool had_page;

static cornu_status look_for_page(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)index;
    (void)logs;
    had_page = cornu_training_view_address(training) != NULL;
    return CORNU_OK;
}

static bool fits(int view_metrics)
{
    cornu_model *model = small_model(3);
    cornu_array *x = small_x(ROWS), *y = small_y(ROWS);
    cornu_history *history = cornu_fit(model, x, y, .verbose = 0, .view_metrics = view_metrics,
                                       .callbacks = {cornu_callback_create(.on_train_begin = look_for_page)});
    bool fitted = history != NULL;
    cornu_history_release(history);
    cornu_array_release(x);
    cornu_array_release(y);
    cornu_model_release(model);
    return fitted;
}

static void view_metrics_has_a_default_in_the_environment(void **state)
{
    (void)state;
    const char *const silent[] = {"", "0", "false", "FALSE", "auto"};
    warnings[0] = '\0';
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        setenv("CORNU_VIEW_METRICS", silent[i], 1);
        assert_true(fits(-1));
    }
    assert_string_equal(warnings, "");
    assert_false(had_page);
    setenv("CORNU_VIEW_METRICS", "TRUE", 1);
    assert_true(fits(CORNU_VIEW_METRICS_OFF)); /* the call says no */
    assert_false(had_page);
    assert_true(fits(CORNU_VIEW_METRICS_AUTO));
    assert_true(had_page);
    unsetenv("CORNU_VIEW_METRICS");
    assert_true(fits(CORNU_VIEW_METRICS_AUTO)); /* nobody asks */
    assert_false(had_page);
    assert_true(fits(CORNU_VIEW_METRICS_ON));
    assert_true(had_page);
    assert_string_equal(warnings, "");
}

static void what_cannot_be_is_an_error(void **state)
{
    (void)state;
    setenv("CORNU_VIEW_METRICS", "perhaps", 1);
    assert_false(fits(-1));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(
        strstr(cornu_error_message(), "CORNU_VIEW_METRICS is \"perhaps\", and must be 0, 1, false, true or auto"));
    assert_true(fits(0));
    unsetenv("CORNU_VIEW_METRICS");
    assert_false(fits(2));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_INVALID_ARGUMENT);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_metrics_has_a_default_in_the_environment),
        cmocka_unit_test(what_cannot_be_is_an_error),
    };
    unsetenv("CORNU_VIEW_METRICS");
    cornu_set_warning_handler(note_warning, NULL);
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
