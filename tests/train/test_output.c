/* What fit, evaluate and predict write to standard output: into a pipe, and on terminals of several kinds. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "train/small_model.h"

#define ROWS 40

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
} fixture;

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){small_model(3), small_x(ROWS), small_y(ROWS)};
    *state = &made;
    unsetenv("CORNU_VERBOSE");
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    return made.model && made.x && made.y ? 0 : 1;
}

static int tear_down(void **state)
{
    fixture *made = *state;
    cornu_model_release(made->model);
    cornu_array_release(made->x);
    cornu_array_release(made->y);
    return 0;
}

/* --- Catching standard output --- */

static int kept_stdout = -1;
static char caught[65536];

static void redirect(int descriptor)
{
    fflush(stdout);
    kept_stdout = dup(STDOUT_FILENO);
    assert_true(kept_stdout >= 0);
    assert_true(dup2(descriptor, STDOUT_FILENO) >= 0);
}

static void restore(void)
{
    fflush(stdout);
    dup2(kept_stdout, STDOUT_FILENO);
    close(kept_stdout);
}

/* Runs `function` with standard output into a pipe; what it wrote is in `caught`. */
static void catch_in_pipe(void (*function)(fixture *), fixture *f)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    redirect(ends[1]);
    function(f);
    restore();
    close(ends[1]);
    ssize_t length = read(ends[0], caught, sizeof caught - 1);
    caught[length > 0 ? length : 0] = '\0';
    close(ends[0]);
}

/* The same on a terminal of `columns`. What is written must fit the terminal's buffer (4 KiB), as short runs do. */
static void catch_on_terminal(void (*function)(fixture *), fixture *f, int columns)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        print_message("there are no pseudo-terminals here\n");
        skip();
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    struct termios raw;
    assert_true(slave >= 0);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    assert_int_equal(tcgetattr(slave, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
    redirect(slave);
    function(f);
    restore();
    fcntl(master, F_SETFL, O_NONBLOCK);
    size_t total = 0;
    for (ssize_t length; (length = read(master, caught + total, sizeof caught - 1 - total)) > 0;)
        total += (size_t)length;
    caught[total] = '\0';
    close(slave);
    close(master);
}

/* --- What is run --- */

static int verbose;

static void fit_one_epoch(fixture *f)
{
    cornu_history_release(cornu_fit(f->model, f->x, f->y, .verbose = verbose));
}

static void fit_two_epochs(fixture *f)
{
    cornu_history_release(
        cornu_fit(f->model, f->x, f->y, .epochs = 2, .validation_data = {.x = f->x, .y = f->y}, .verbose = verbose));
}

static void evaluate_once(fixture *f)
{
    assert_int_equal(cornu_evaluate(f->model, f->x, f->y, NULL, .verbose = verbose), CORNU_OK);
}

static void predict_once(fixture *f)
{
    cornu_array_release(cornu_predict(f->model, f->x, .verbose = verbose));
}

static int count(const char *what)
{
    int found = 0;
    for (const char *at = strstr(caught, what); at; at = strstr(at + 1, what))
        found++;
    return found;
}

/* --- Promises --- */

static void a_pipe_gets_one_line_for_each_epoch(void **state)
{
    verbose = 1;
    catch_in_pipe(fit_two_epochs, *state);
    assert_int_equal(count("\n"), 4);
    assert_ptr_equal(strstr(caught, "Epoch 1/2\n2/2 [==============================] - "), caught);
    assert_non_null(strstr(caught, "\nEpoch 2/2\n2/2 ["));
    assert_int_equal(count(" - loss: "), 2);
    assert_int_equal(count(" - val_accuracy: "), 2);
    assert_int_equal(count("\r") + count("\b") + count("\033"), 0);
    catch_in_pipe(fit_one_epoch, *state);
    assert_int_equal(count("Epoch"), 0); /* as Keras 3: only if there are several */
    catch_in_pipe(evaluate_once, *state);
    assert_int_equal(count(" - accuracy: "), 1);
    catch_in_pipe(predict_once, *state);
    assert_ptr_equal(strstr(caught, "2/2 [==============================] - 0s "), caught);
    assert_int_equal(count("loss"), 0);
}

static void verbose_2_is_a_line_and_0_is_silence(void **state)
{
    verbose = 2;
    catch_in_pipe(fit_one_epoch, *state);
    assert_ptr_equal(strstr(caught, "2/2 - 0s - "), caught);
    assert_int_equal(count("\n"), 1);
    verbose = 0;
    catch_in_pipe(fit_two_epochs, *state);
    assert_string_equal(caught, "");
}

static void the_environment_sets_the_default(void **state)
{
    fixture *f = *state;
    verbose = CORNU_VERBOSE_AUTO;
    setenv("CORNU_VERBOSE", "0", 1);
    catch_in_pipe(fit_one_epoch, f);
    assert_string_equal(caught, "");
    setenv("CORNU_VERBOSE", "loud", 1);
    assert_null(cornu_fit(f->model, f->x, f->y));
    assert_non_null(strstr(cornu_error_message(), "CORNU_VERBOSE is \"loud\""));
    unsetenv("CORNU_VERBOSE");
    catch_in_pipe(fit_one_epoch, f);
    assert_int_equal(count("\n"), 1);
}

static void a_utf8_terminal_gets_the_bar_of_keras_3(void **state)
{
    verbose = 1;
    catch_on_terminal(fit_two_epochs, *state, 200);
    assert_non_null(strstr(caught, "Epoch 1/2\n\r\033[1m"));
    assert_non_null(strstr(caught, "\033[1m2/2\033[0m \033[32m\u2501"));
    assert_int_equal(count("\n"), 4);
}

static void no_color_and_other_locales_are_respected(void **state)
{
    verbose = 1;
    setenv("NO_COLOR", "1", 1);
    catch_on_terminal(fit_one_epoch, *state, 200);
    assert_int_equal(count("\033"), 0);
    assert_true(count("\u2501") > 0);
    setenv("LC_ALL", "C", 1);
    catch_on_terminal(fit_one_epoch, *state, 200);
    assert_int_equal(count("\u2501"), 0);
    assert_true(count("[==============================]") > 0);
    setenv("TERM", "dumb", 1);
    catch_on_terminal(fit_one_epoch, *state, 200);
    assert_int_equal(count("\r"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pipe_gets_one_line_for_each_epoch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verbose_2_is_a_line_and_0_is_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_environment_sets_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_utf8_terminal_gets_the_bar_of_keras_3, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_color_and_other_locales_are_respected, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
