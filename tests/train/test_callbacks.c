/* The ready-made callbacks that watch or write values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/status.h"
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

/* Puts values of the test's choice into the logs, one per epoch, and notes the weights of each epoch's end. */
typedef struct script {
    const double *values;
    char digests[20][CORNU_SHA256_TEXT_SIZE];
} script;

static cornu_status play(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    script *self = state;
    small_digest(cornu_training_model(training), self->digests[epoch]);
    return isnan(self->values[epoch]) ? CORNU_OK : cornu_logs_set(logs, "score", self->values[epoch]);
}

/* Epochs that ran, with such a script and callback. */
static int64_t run(fixture *f, script *played, cornu_callback *callback, int epochs)
{
    cornu_history *history =
        cornu_fit(f->model, f->x, f->y, .epochs = epochs, .verbose = 0,
                  .callbacks = {cornu_callback_create(.on_epoch_end = play, .state = played), callback});
    if (!history)
        fail_msg("%s", cornu_error_message());
    int64_t ran = cornu_history_epoch_count(history);
    cornu_history_release(history);
    return ran;
}

static void early_stopping_waits_for_its_patience(void **state)
{
    fixture *f = *state;
    script falls = {.values = (double[]){5, 4, 3, 3.5, 3.1, 3, 2, 1, 0.5, 0.2}};
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 3), 10), 6);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 4), 10), 10);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score"), 10), 4);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 1, .min_delta = 2.0), 10), 2);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .mode = "max", .patience = 2), 10), 3);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 1, .start_from_epoch = 5), 10),
                     10);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 3, .baseline = 0.1), 10), 4);
    script gaps = {.values = (double[]){5, NAN, 6, NAN, 7, 8, 9, 9}}; /* epochs without the value are not waited for */
    assert_int_equal(run(f, &gaps, cornu_early_stopping(.monitor = "score", .patience = 2), 8), 5);
}

static void early_stopping_restores_the_weights_of_the_best_epoch(void **state)
{
    fixture *f = *state;
    char digest[CORNU_SHA256_TEXT_SIZE];
    script falls = {.values = (double[]){5, 3, 4, 4, 4, 4}};
    assert_int_equal(
        run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 2, .restore_best_weights = true), 6), 4);
    small_digest(f->model, digest);
    assert_string_equal(digest, falls.digests[1]);
    assert_string_not_equal(digest, falls.digests[3]);
    assert_int_equal(run(f, &falls, cornu_early_stopping(.monitor = "score", .patience = 2), 6), 4);
    small_digest(f->model, digest);
    assert_string_equal(digest, falls.digests[3]);
}

static void a_monitor_that_does_not_exist_is_an_error_before_the_first_epoch(void **state)
{
    fixture *f = *state;
    char before[CORNU_SHA256_TEXT_SIZE], after[CORNU_SHA256_TEXT_SIZE];
    small_digest(f->model, before);
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_early_stopping(.monitor = "val_los")},
                          .validation_split = 0.2));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_UNKNOWN_NAME);
    assert_non_null(strstr(cornu_error_message(), "'val_los'"));
    assert_non_null(strstr(cornu_error_message(), "'loss', 'accuracy', 'val_loss', 'val_accuracy'"));
    assert_non_null(strstr(cornu_error_message(), "was 'val_loss' meant?"));
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_early_stopping()}));
    assert_non_null(strstr(cornu_error_message(), "validation_split"));
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_early_stopping(.mode = "most")}));
    assert_non_null(strstr(cornu_error_message(), "EarlyStopping: mode is \"most\""));
    small_digest(f->model, after);
    assert_string_equal(before, after);
}

static void read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static cornu_status fixed_values(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)training;
    logs->count = 0; /* only what the test knows */
    CORNU_TRY(cornu_logs_set(logs, "loss", epoch == 0 ? 0.5 : 0.1));
    CORNU_TRY(cornu_logs_set(logs, "accuracy", epoch == 0 ? 1 : 1e-05));
    return state && epoch > 0 ? cornu_logs_set(logs, "val_loss", 123456789.0) : CORNU_OK;
}

static void csv_logger_writes_keras_lines_and_appends(void **state)
{
    fixture *f = *state;
    const char *folder = getenv("CORNU_BINARY_DIR");
    char path[4096], text[500];
    snprintf(path, sizeof path, "%s/cornu_csv_XXXXXX", folder ? folder : ".");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    for (int append = 0; append < 2; append++) {
        cornu_callback *values = cornu_callback_create(.on_epoch_end = fixed_values, .state = path);
        cornu_history_release(cornu_fit(f->model, f->x, f->y, .epochs = 2, .verbose = 0,
                                        .callbacks = {values, cornu_csv_logger(path, .append = append)}));
    }
    read_file(path, text, sizeof text);
    unlink(path);
    assert_string_equal(text, "epoch,accuracy,loss,val_accuracy,val_loss\r\n"
                              "0,1.0,0.5,NA,NA\r\n1,1e-05,0.1,NA,123456789.0\r\n"
                              "0,1.0,0.5,NA,NA\r\n1,1e-05,0.1,NA,123456789.0\r\n");
}

static void csv_logger_writes_points_in_any_locale(void **state)
{
    if (!decimal_comma_begin())
        skip();
    csv_logger_writes_keras_lines_and_appends(state);
    decimal_comma_end();
}

static void csv_logger_says_when_it_cannot_write(void **state)
{
    fixture *f = *state;
    assert_null(
        cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_csv_logger("no/such/folder/log.csv")}));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "no/such/folder/log.csv"));
    assert_null(cornu_fit(f->model, f->x, f->y, .verbose = 0, .callbacks = {cornu_csv_logger("")}));
    assert_non_null(strstr(cornu_error_message(), "CSVLogger"));
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
        TEST(early_stopping_waits_for_its_patience),
        TEST(early_stopping_restores_the_weights_of_the_best_epoch),
        TEST(a_monitor_that_does_not_exist_is_an_error_before_the_first_epoch),
        TEST(csv_logger_writes_keras_lines_and_appends),
        TEST(csv_logger_writes_points_in_any_locale),
        TEST(csv_logger_says_when_it_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, nothing_is_left);
}
