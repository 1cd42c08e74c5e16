/* Bad input to training: a sentence that says what is wrong, nothing leaked, and the model can be used on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "train/small_model.h"

#define ROWS 40

typedef struct fixture {
    cornu_model *model;
    cornu_array *x, *y;
    char before[CORNU_SHA256_TEXT_SIZE];
} fixture;

static char warnings[2048];

static void note_warning(const char *message, void *unused)
{
    (void)unused;
    strncat(warnings, message, sizeof warnings - strlen(warnings) - 1);
}

static int set_up(void **state)
{
    static fixture made;
    made = (fixture){small_model(9), small_x(ROWS), small_y(ROWS), ""};
    warnings[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    if (made.model)
        small_digest(made.model, made.before);
    *state = &made;
    return made.model && made.x && made.y ? 0 : 1;
}

/* Whatever was refused, the model still trains. */
static int tear_down(void **state)
{
    fixture *f = *state;
    cornu_history *history = cornu_fit(f->model, f->x, f->y, .verbose = 0);
    int failed = history == NULL;
    cornu_history_release(history);
    cornu_model_release(f->model);
    cornu_array_release(f->x);
    cornu_array_release(f->y);
    cornu_set_warning_handler(NULL, NULL);
    return failed;
}

static void says(cornu_status status, const char *const *parts, size_t count)
{
    assert_int_equal(cornu_error_status(), status);
    for (size_t i = 0; i < count; i++) {
        if (!strstr(cornu_error_message(), parts[i]))
            fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), parts[i]);
    }
}
#define SAYS(status, ...)                                                                                              \
    says(status, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void weights_are_untouched(fixture *f)
{
    char now[CORNU_SHA256_TEXT_SIZE];
    small_digest(f->model, now);
    assert_string_equal(now, f->before);
}

/* Through every door that takes x and y. */
#define REFUSED_EVERYWHERE(x_, y_, status, ...)                                                                        \
    do {                                                                                                               \
        cornu_logs logs;                                                                                               \
        assert_null(cornu_fit(f->model, x_, y_, .verbose = 0));                                                        \
        SAYS(status, __VA_ARGS__);                                                                                     \
        assert_int_equal(cornu_train_on_batch(f->model, x_, y_, &logs), status);                                       \
        SAYS(status, __VA_ARGS__);                                                                                     \
        assert_int_equal(cornu_test_on_batch(f->model, x_, y_, &logs), status);                                        \
        SAYS(status, __VA_ARGS__);                                                                                     \
        assert_int_equal(cornu_evaluate(f->model, x_, y_, &logs, .verbose = 0), status);                               \
        SAYS(status, __VA_ARGS__);                                                                                     \
        weights_are_untouched(f);                                                                                      \
    } while (0)

static void a_shape_that_does_not_fit(void **state)
{
    fixture *f = *state;
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, 5});
    REFUSED_EVERYWHERE(x, f->y, CORNU_ERROR_SHAPE, "(None, 6)", "(40, 5)", "input '");
    assert_null(cornu_predict(f->model, x));
    SAYS(CORNU_ERROR_SHAPE, "(None, 6)", "(40, 5)");
    assert_null(cornu_predict_on_batch(f->model, x));
    SAYS(CORNU_ERROR_SHAPE, "(None, 6)", "(40, 5)");
    cornu_array_release(x);
}

static void fewer_targets_than_samples(void **state)
{
    fixture *f = *state;
    cornu_array *y = cornu_array_rows(f->y, 0, ROWS - 1);
    REFUSED_EVERYWHERE(f->x, y, CORNU_ERROR_SHAPE, "has 40", "'classes' has 39");
    cornu_array_release(y);
}

static void a_label_out_of_range(void **state)
{
    fixture *f = *state;
    const int32_t bad[] = {3, -1, 1000000};
    for (int i = 0; i < 3; i++) {
        cornu_array *y = cornu_array_cast(f->y, CORNU_INT32);
        ((int32_t *)cornu_array_data(y))[17] = bad[i];
        REFUSED_EVERYWHERE(f->x, y, CORNU_ERROR_DATA, "target 'classes'", "sample 17", "label");
        cornu_array_release(y);
    }
}

static void a_label_out_of_range_from_a_generator(void **state)
{
    fixture *f = *state;
    cornu_array *y = cornu_array_cast(f->y, CORNU_INT32);
    ((int32_t *)cornu_array_data(y))[25] = 3; /* batch 2, sample 5 */
    cornu_sequence *sequence = cornu_array_sequence(f->x, y, .batch_size = 10);
    for (int workers = 0; workers < 3; workers++) {
        assert_null(cornu_fit_generator(f->model, sequence, .workers = workers, .shuffle = false, .verbose = 0));
        SAYS(CORNU_ERROR_DATA, "batch 2", "target 'classes'", "sample 5", "label 3");
    }
    cornu_sequence_release(sequence);
    cornu_array_release(y);
}

static void no_data(void **state)
{
    fixture *f = *state;
    cornu_array *x = cornu_array_rows(f->x, 0, 0), *y = cornu_array_rows(f->y, 0, 0);
    REFUSED_EVERYWHERE(x, y, CORNU_ERROR_DATA, "no data", "0 samples");
    REFUSED_EVERYWHERE(NULL, f->y, CORNU_ERROR_INVALID_ARGUMENT, "no x");
    REFUSED_EVERYWHERE(f->x, NULL, CORNU_ERROR_INVALID_ARGUMENT, "no y", "'classes'");
    cornu_array_release(x);
    cornu_array_release(y);
}

static void a_wrong_name(void **state)
{
    fixture *f = *state;
    cornu_array *y = cornu_array_dict(1, (const char *[]){"clases"}, (cornu_array *[]){f->y});
    REFUSED_EVERYWHERE(f->x, y, CORNU_ERROR_UNKNOWN_NAME, "target 'classes' is missing", "'clases'", "meant?");
    cornu_array_release(y);
}

static void nan_loss_warns_once_and_training_goes_on(void **state)
{
    fixture *f = *state;
    cornu_array *x = cornu_array_cast(f->x, CORNU_FLOAT32);
    cornu_array_float32(x)[15 * SMALL_FEATURES] = NAN;
    cornu_history *history =
        cornu_fit(f->model, x, f->y, .batch_size = 10, .epochs = 3, .shuffle = false, .verbose = 0);
    assert_non_null(history);
    assert_int_equal(cornu_history_epoch_count(history), 3);
    assert_true(isnan(cornu_history_get(history, "loss", 0)));
    char *first = strstr(warnings, "the loss became NaN at batch 2 of epoch 1");
    assert_non_null(first);
    assert_null(strstr(first + 1, "the loss became"));
    cornu_history_release(history);
    cornu_array_release(x);
}

static void terminate_on_nan_stops(void **state)
{
    fixture *f = *state;
    cornu_array *x = cornu_array_cast(f->x, CORNU_FLOAT32);
    cornu_array_float32(x)[15 * SMALL_FEATURES] = NAN;
    cornu_history *history = cornu_fit(f->model, x, f->y, .batch_size = 10, .epochs = 3, .shuffle = false, .verbose = 0,
                                       .callbacks = {cornu_terminate_on_nan()});
    assert_non_null(history);
    assert_int_equal(cornu_history_epoch_count(history), 1);
    cornu_history_release(history);
    cornu_array_release(x);
}

static cornu_status count_epoch(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training;
    (void)epoch;
    (void)logs;
    ++*(int *)state;
    return CORNU_OK;
}

static void terminate_on_nan_fails_when_asked(void **state)
{
    fixture *f = *state;
    int epochs = 0;
    cornu_array *x = cornu_array_cast(f->x, CORNU_FLOAT32);
    cornu_array_float32(x)[15 * SMALL_FEATURES] = NAN;
    assert_null(cornu_fit(f->model, x, f->y, .batch_size = 10, .epochs = 3, .shuffle = false, .verbose = 0,
                          .callbacks = {cornu_terminate_on_nan(.raise_error = true),
                                        cornu_callback_create(.on_epoch_end = count_epoch, .state = &epochs)}));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "TerminateOnNaN, on_train_batch_end 1: the loss became NaN"));
    assert_int_equal(epochs, 0);
    cornu_array_release(x);
}

#define REFUSED(expected, ...)                                                                                         \
    do {                                                                                                               \
        assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, __VA_ARGS__));                                       \
        SAYS(CORNU_ERROR_INVALID_ARGUMENT, "fit: ", expected);                                                         \
    } while (0)

static void arguments_out_of_range(void **state)
{
    fixture *f = *state;
    REFUSED("batch_size is -1", .batch_size = -1);
    REFUSED("epochs is -3", .epochs = -3);
    REFUSED("initial_epoch", .initial_epoch = -1);
    REFUSED("validation_freq is 0", .validation_freq = 0);
    REFUSED("an epoch in validation_epochs is -2", .validation_epochs = {1, -2});
    REFUSED("both validation_freq and validation_epochs", .validation_freq = 2, .validation_epochs = {1});
    cornu_sequence *sequence = cornu_array_sequence(f->x, f->y);
    REFUSED("both arrays and a generator", .validation_data = {.y = f->y, .generator = sequence});
    cornu_sequence_release(sequence);
    REFUSED("validation_split is 1", .validation_split = 1.0);
    REFUSED("validation_split is nan", .validation_split = NAN);
    REFUSED("shuffle is 3", .shuffle = 3);
    REFUSED("verbose is 7", .verbose = 7);
    weights_are_untouched(f);
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_metrics = 2));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "view_metrics is 2");
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_metrics = 1, .view_port = 65536));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "view_port is 65536");
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_file = "page.png"));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "view_file: the page \"page.png\" must end in .html");
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .view_file = "there/is/none/page.html"));
    SAYS(CORNU_ERROR_IO, "view_file");
    assert_null(cornu_fit(NULL, f->x, f->y, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "no model");
}

static void a_callback_given_to_a_fit_that_is_refused_is_not_leaked(void **state)
{
    fixture *f = *state;
    uint64_t live = cornu__allocation_live();
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .epochs = -1, .callbacks = {cornu_terminate_on_nan()}));
    assert_int_equal(cornu__allocation_live(), live);
}

static cornu_status endless_next(void *state, cornu_batch *batch)
{
    const fixture *f = state;
    batch->x = cornu_array_retain(f->x);
    batch->y = cornu_array_retain(f->y);
    return CORNU_OK;
}

static void a_generator_without_steps_and_bad_workers(void **state)
{
    fixture *f = *state;
    cornu_logs logs;
    cornu_generator *generator = cornu_generator_create(.next = endless_next, .state = f);
    assert_null(cornu_fit_generator(f->model, generator, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "steps_per_epoch must be given");
    assert_int_not_equal(cornu_evaluate_generator(f->model, generator, &logs), CORNU_OK);
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "steps must be given");
    assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 1, .verbose = 0,
                                    .validation_data = {.generator = generator}));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "validation_steps must be given");
    assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 1, .worker_restarts = -1, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "worker_restarts is -1");
    assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 1, .workers = -1, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "workers is -1");
    assert_null(cornu_fit_generator(f->model, generator, .steps_per_epoch = 1, .max_queue_size = 0, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "max_queue_size is 0");
    assert_null(cornu_fit_generator(f->model, NULL, .verbose = 0));
    SAYS(CORNU_ERROR_INVALID_ARGUMENT, "no generator");
    weights_are_untouched(f);
    cornu_generator_release(generator);
    assert_null(cornu_generator_create(.state = f));
    assert_null(cornu_sequence_create(.state = f));
}

static void every_refused_allocation_is_an_error_and_no_leak(void **state)
{
    fixture *f = *state;
    cornu_history_release(cornu_fit(f->model, f->x, f->y, .batch_size = 16, .verbose = 0, .validation_split = 0.25));
    uint64_t live = cornu__allocation_live(), refused = 0;
    for (uint64_t nth = 1;; nth++) {
        cornu__allocation_fail_at(nth);
        cornu_history *history =
            cornu_fit(f->model, f->x, f->y, .batch_size = 16, .verbose = 0, .validation_split = 0.25);
        cornu__allocation_fail_at(0);
        bool worked = history != NULL;
        cornu_history_release(history);
        assert_int_equal(cornu__allocation_live(), live);
        if (worked)
            break;
        assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        refused++;
    }
    assert_true(refused > 5);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() == 0 ? 0 : 1;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_shape_that_does_not_fit),
        TEST(fewer_targets_than_samples),
        TEST(a_label_out_of_range),
        TEST(a_label_out_of_range_from_a_generator),
        TEST(no_data),
        TEST(a_wrong_name),
        TEST(nan_loss_warns_once_and_training_goes_on),
        TEST(terminate_on_nan_stops),
        TEST(terminate_on_nan_fails_when_asked),
        TEST(arguments_out_of_range),
        TEST(a_callback_given_to_a_fit_that_is_refused_is_not_leaked),
        TEST(a_generator_without_steps_and_bad_workers),
        TEST(every_refused_allocation_is_an_error_and_no_leak),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
