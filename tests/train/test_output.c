/* What fit, evaluate and predict write to standard output: into a pipe, and on terminals of several kinds. */
#include <fcntl.h>
#include <math.h>
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
#include <jansson.h>

#include "support/decimal_comma.h"
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
    unsetenv("CORNU_PROGRESS");
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

static void evaluate_and_predict_batches(fixture *f)
{
    cornu_sequence *batches = cornu_array_sequence(f->x, f->y, .batch_size = 8);
    assert_int_equal(cornu_evaluate_generator(f->model, batches, NULL, .verbose = verbose), CORNU_OK);
    cornu_array_release(cornu_predict_generator(f->model, batches, .verbose = verbose));
    cornu_sequence_release(batches);
}

static cornu_status fail_hook(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)logs;
    return index == 0 ? CORNU_OK : cornu_error_set(CORNU_ERROR_DATA, "enough");
}

static void fail_in_the_second_batch(fixture *f)
{
    assert_null(cornu_fit(f->model, f->x, f->y, .batch_size = 8, .verbose = verbose,
                          .callbacks = {cornu_callback_create(.on_train_batch_end = fail_hook)}));
}

static cornu_status log_odd_values(void *state, cornu_training *training, int64_t index, cornu_logs *logs)
{
    (void)state;
    (void)training;
    (void)index;
    cornu_logs_set(logs, "\"quoted\"\n", (double)NAN);
    return cornu_logs_set(logs, "no UTF-8: \xFF", (double)INFINITY);
}

static void fit_with_callbacks(fixture *f)
{
    cornu_callback *odd = cornu_callback_create(.on_epoch_end = log_odd_values),
                   *stopping = cornu_early_stopping(.monitor = "loss", .min_delta = 1e9, .patience = 1, .verbose = 1);
    cornu_history_release(cornu_fit(f->model, f->x, f->y, .batch_size = 8, .epochs = 10, .verbose = verbose,
                                    .callbacks = {odd, stopping}));
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

static void a_pipe_gets_one_line_for_evaluation_and_prediction_of_generators(void **state)
{
    verbose = 1;
    catch_in_pipe(evaluate_and_predict_batches, *state);
    assert_int_equal(count("\n"), 2);
    assert_int_equal(count("5/5 ["), 2);
    assert_int_equal(count("loss: "), 1);
    verbose = 2;
    catch_in_pipe(evaluate_and_predict_batches, *state);
    assert_int_equal(count("5/5 - 0s - "), 2);
}

static void the_environment_chooses_the_look(void **state)
{
    verbose = 1;
    setenv("CORNU_PROGRESS", "keras2", 1);
    catch_on_terminal(fit_one_epoch, *state, 200);
    assert_int_equal(count("\u2501"), 0);
    assert_true(count("[==============================]") > 0);
    verbose = 2;
    catch_in_pipe(fit_one_epoch, *state);
    assert_ptr_equal(strstr(caught, "2/2 - 0s - loss: "), caught);
    assert_int_equal(count("/epoch - "), 1);
    verbose = 1;
    setenv("CORNU_PROGRESS", "keras3", 1);
    catch_in_pipe(fit_one_epoch, *state);
    assert_true(count("\u2501") == 20);
    assert_int_equal(count("\033") + count("\r"), 0);
    setenv("CORNU_PROGRESS", "keras4", 1);
    fixture *f = *state;
    assert_null(cornu_fit(f->model, f->x, f->y));
    assert_non_null(
        strstr(cornu_error_message(), "CORNU_PROGRESS is \"keras4\", and must be auto, keras2, keras3 or json"));
    assert_null(cornu_predict(f->model, f->x));
}

static void after_a_failure_the_next_line_begins_at_its_left(void **state)
{
    verbose = 1;
    catch_on_terminal(fail_in_the_second_batch, *state, 100);
    assert_true(strlen(caught) > 10 && caught[strlen(caught) - 1] == '\n');
    assert_int_equal(count("\n"), 1);
}

/* No row is wider than the terminal. Where a row ends: a new line, or the next drawing over it. */
static void check_widths(int columns)
{
    int width = 0;
    for (const char *at = caught; *at; at++) {
        bool ends = strchr("\r\n\b", *at) != NULL;
        width = ends ? 0 : width + (((unsigned char)*at & 0xC0) != 0x80);
        if (width > columns)
            fail_msg("%d columns: %s", columns, caught);
    }
}

/* Two epochs have a line each above their bars' last; what does not fit into a narrow one goes on below. */
static void every_width_of_a_terminal_is_respected(void **state)
{
    static const int widths[] = {24, 40, 79, 200}; /* 23: the longest value, which stays whole */
    verbose = 1;
    setenv("NO_COLOR", "1", 1);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        catch_on_terminal(fit_two_epochs, *state, widths[i]);
        assert_true(widths[i] == 200 ? count("\n") == 4 : count("\n") >= 4);
        assert_true(count("\r") >= 4);
        check_widths(widths[i]);
    }
}

/* --- JSON --- */

/* The next line of `caught` as JSON, of this event; to be released. */
static json_t *next_event(const char **at, const char *event)
{
    json_error_t error;
    json_t *object = json_loads(*at, JSON_DISABLE_EOF_CHECK, &error);
    if (!object || strcmp(json_string_value(json_object_get(object, "event")), event) != 0)
        fail_msg("wanted %s, got %.80s (%s)", event, *at, object ? "" : error.text);
    *at = strchr(*at, '\n') + 1;
    return object;
}

static void skip_event(const char **at, const char *event)
{
    json_decref(next_event(at, event));
}

static void skip_batches(const char **at)
{
    while (strncmp(*at, "{\"event\":\"batch\"", 16) == 0)
        skip_event(at, "batch");
}

static void check_values(json_t *object, const char *key, size_t count_of_values)
{
    const json_t *values = json_object_get(object, "values");
    assert_int_equal(json_object_size(values), count_of_values);
    if (key)
        assert_true(json_is_real(json_object_get(values, key)));
    json_decref(object);
}

static void a_program_gets_an_object_per_line(void **state)
{
    const char *at = caught;
    verbose = 1;
    setenv("CORNU_PROGRESS", "json", 1);
    catch_in_pipe(fit_two_epochs, *state);
    json_t *begin = next_event(&at, "train_begin");
    assert_int_equal(json_integer_value(json_object_get(begin, "epochs")), 2);
    json_decref(begin);
    for (int epoch = 0; epoch < 2; epoch++) {
        begin = next_event(&at, "epoch_begin");
        assert_int_equal(json_integer_value(json_object_get(begin, "epoch")), epoch);
        assert_int_equal(json_integer_value(json_object_get(begin, "steps")), 2);
        json_decref(begin);
        json_t *batch = next_event(&at, "batch"); /* the first is told of at once */
        assert_string_equal(json_string_value(json_object_get(batch, "of")), "fit");
        assert_int_equal(json_integer_value(json_object_get(batch, "step")), 1);
        check_values(batch, "loss", 2);
        skip_batches(&at);
        json_t *end = next_event(&at, "epoch_end");
        assert_int_equal(json_integer_value(json_object_get(end, "step")), 2);
        assert_true(json_real_value(json_object_get(end, "seconds")) > 0);
        check_values(end, "val_accuracy", 4);
    }
    json_t *end = next_event(&at, "train_end");
    assert_int_equal(json_integer_value(json_object_get(end, "epochs_run")), 2);
    assert_true(json_is_false(json_object_get(end, "stopped")));
    json_decref(end);
    assert_string_equal(at, "");
}

static void evaluation_and_prediction_are_events_too(void **state)
{
    const char *at = caught;
    verbose = 2; /* no batches */
    setenv("CORNU_PROGRESS", "json", 1);
    catch_in_pipe(evaluate_and_predict_batches, *state);
    skip_event(&at, "evaluate_begin");
    check_values(next_event(&at, "evaluate_end"), "loss", 2);
    skip_event(&at, "predict_begin");
    check_values(next_event(&at, "predict_end"), NULL, 0);
    assert_string_equal(at, "");
    verbose = 0;
    catch_in_pipe(evaluate_and_predict_batches, *state);
    assert_string_equal(caught, "");
}

static void what_callbacks_say_and_odd_values_are_json(void **state)
{
    const char *at = caught;
    verbose = 2;
    setenv("CORNU_PROGRESS", "json", 1);
    catch_in_pipe(fit_with_callbacks, *state);
    skip_event(&at, "train_begin");
    for (int epoch = 0; epoch < 2; epoch++) {
        skip_event(&at, "epoch_begin");
        json_t *end = next_event(&at, "epoch_end"), *values = json_object_get(end, "values");
        assert_true(json_is_null(json_object_get(values, "\"quoted\"\n")));
        assert_true(json_is_null(json_object_get(values, "no UTF-8: \uFFFD")));
        json_decref(end);
    }
    json_t *message = next_event(&at, "message");
    assert_string_equal(json_string_value(json_object_get(message, "message")), "Epoch 2: early stopping");
    json_decref(message);
    json_t *end = next_event(&at, "train_end");
    assert_true(json_is_true(json_object_get(end, "stopped")));
    json_decref(end);
    assert_string_equal(at, "");
}

static void json_is_the_same_in_any_locale(void **state)
{
    if (!decimal_comma_begin())
        skip();
    a_program_gets_an_object_per_line(state);
    decimal_comma_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pipe_gets_one_line_for_each_epoch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verbose_2_is_a_line_and_0_is_silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_environment_sets_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_utf8_terminal_gets_the_bar_of_keras_3, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_color_and_other_locales_are_respected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pipe_gets_one_line_for_evaluation_and_prediction_of_generators, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_environment_chooses_the_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_failure_the_next_line_begins_at_its_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_width_of_a_terminal_is_respected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_gets_an_object_per_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evaluation_and_prediction_are_events_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_callbacks_say_and_odd_values_are_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_the_same_in_any_locale, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
