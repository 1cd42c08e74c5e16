/*
 * What callbacks decide on given values, as real Keras does (tests/oracle/callbacks.py made the values): Keras 3, but where the first value is NaN or
 * infinite. Keras 3 takes that for the best for ever; Keras 2 and Cornu do not.
 */
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
#include <jansson.h>

#include "support/oracle.h"
#include "train/scripted.h"

#define MOST_EPOCHS 16

/* --- The values --- */

static double option(const json_t *options, const char *name, double otherwise)
{
    const json_t *given = json_object_get(options, name);
    return given ? json_number_value(given) : otherwise;
}

static const char *mode_of(const json_t *options)
{
    const json_t *given = json_object_get(options, "mode");
    return given ? json_string_value(given) : "min";
}

/* Whether the first value that is looked at is a number. */
static bool begins_finite(const json_t *one)
{
    size_t i, start = (size_t)option(json_object_get(one, "options"), "start_from_epoch", 0);
    json_t *value;
    json_array_foreach(json_object_get(one, "values"), i, value)
    {
        if (i >= start && !json_is_null(value))
            return isfinite(oracle_number(value));
    }
    return true;
}

static const json_t *wanted_of(const json_t *one)
{
    const json_t *keras2 = json_object_get(one, "keras2");
    return keras2 && !begins_finite(one) ? keras2 : json_object_get(one, "keras3");
}

static void fail_case(const json_t *one, const char *what, double got, double wanted)
{
    char *text = json_dumps(json_object_get(one, "options"), 0),
         *values = json_dumps(json_object_get(one, "values"), 0);
    fail_msg("%s is %.9g, and %.9g in Keras: %s %s", what, got, wanted, text, values);
}

/* --- A training on them --- */

/* Gives each epoch its value, and writes down the weights behind it. */
typedef struct script {
    const json_t *values;
    char digests[MOST_EPOCHS][CORNU_SHA256_TEXT_SIZE];
    double rates[MOST_EPOCHS]; /* that each epoch ran with */
} script;

static cornu_status play(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    script *self = state;
    const json_t *value = json_array_get(self->values, (size_t)epoch);
    small_digest(cornu_training_model(training), self->digests[epoch]);
    self->rates[epoch] = cornu_training_learning_rate(training);
    return json_is_null(value) ? CORNU_OK : cornu_logs_set(logs, "score", oracle_number(value));
}

/* Trains on the case's values; the number of epochs that ran. */
static int64_t run_case(const scripted *test, const json_t *one, script *played, cornu_callback *callback)
{
    played->values = json_object_get(one, "values");
    int epochs = (int)json_array_size(played->values);
    assert_true(epochs <= MOST_EPOCHS);
    return scripted_run(test, epochs, cornu_callback_create(.on_epoch_end = play, .state = played), callback);
}

static void check_number(const json_t *one, const char *what, double got, const json_t *wanted)
{
    if (fabs(got - json_number_value(wanted)) > 1e-8 * fabs(json_number_value(wanted)))
        fail_case(one, what, got, json_number_value(wanted));
}

/* --- EarlyStopping --- */

static void check_stopping(const scripted *test, const json_t *one)
{
    static script played;
    char final[CORNU_SHA256_TEXT_SIZE];
    const json_t *options = json_object_get(one, "options"), *wanted = wanted_of(one);
    int64_t epochs = run_case(
        test, one, &played,
        cornu_early_stopping(.monitor = "score", .mode = mode_of(options),
                             .patience = (int)option(options, "patience", 0),
                             .min_delta = option(options, "min_delta", 0),
                             .baseline = option(options, "baseline", CORNU_NO_BASELINE),
                             .start_from_epoch = (int)option(options, "start_from_epoch", 0),
                             .restore_best_weights = json_is_true(json_object_get(options, "restore_best_weights"))));
    check_number(one, "the number of epochs", (double)epochs, json_object_get(wanted, "epochs"));
    const json_t *restored = json_object_get(wanted, "restored");
    int64_t place = json_is_null(restored) ? epochs - 1 : json_integer_value(restored);
    small_digest(test->model, final);
    if (strcmp(final, played.digests[place]) != 0)
        fail_case(one, "not so: the epoch whose weights are there", NAN, (double)place);
}

static void early_stopping_decides_as_keras(void **state)
{
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "early_stopping"), i, one) check_stopping(*state, one);
    assert_true(i > 300);
    json_decref(values);
}

/* --- ReduceLROnPlateau --- */

static void check_plateau(const scripted *test, const json_t *one)
{
    static script played;
    const json_t *options = json_object_get(one, "options"), *wanted = wanted_of(one);
    assert_int_equal(cornu_set_learning_rate(test->model, 1.0), CORNU_OK);
    int64_t epochs = run_case(test, one, &played,
                              cornu_reduce_lr_on_plateau(.monitor = "score", .mode = mode_of(options),
                                                         .factor = option(options, "factor", 0.1),
                                                         .patience = (int)option(options, "patience", 10),
                                                         .min_delta = option(options, "min_delta", 1e-4),
                                                         .cooldown = (int)option(options, "cooldown", 0),
                                                         .min_lr = option(options, "min_lr", 0)));
    for (int64_t epoch = 0; epoch < epochs; epoch++)
        check_number(one, "the learning rate", played.rates[epoch], json_array_get(wanted, (size_t)epoch));
}

static void reduce_lr_on_plateau_decides_as_keras(void **state)
{
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "reduce_lr_on_plateau"), i, one) check_plateau(*state, one);
    assert_true(i > 200);
    json_decref(values);
}

/* --- ModelCheckpoint --- */

/* Behind ModelCheckpoint: whether it has written the file that Keras writes after this epoch, and no other. */
typedef struct expected_files {
    const scripted *test;
    const json_t *one, *names;
    int there; /* files that were written */
} expected_files;

static const char *file_of(const scripted *test, const char *name)
{
    char file[256];
    snprintf(file, sizeof file, "files/%s.npz", name);
    return scripted_path(test, file);
}

static cornu_status check_file(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    expected_files *self = state;
    const json_t *name = json_array_get(self->names, (size_t)epoch);
    (void)training;
    (void)logs;
    if (json_is_string(name) && unlink(file_of(self->test, json_string_value(name))) != 0)
        return cornu_error_set(CORNU_ERROR_DATA, json_string_value(name));
    self->there += json_is_string(name);
    return CORNU_OK;
}

static void check_checkpoints(const scripted *test, const json_t *one)
{
    static script played;
    const json_t *options = json_object_get(one, "options");
    expected_files expected = {test, one, wanted_of(one), 0};
    played.values = json_object_get(one, "values");
    cornu_history *history = cornu_fit(
        test->model, test->x, test->y, .epochs = (int)json_array_size(played.values), .verbose = 0, .batch_size = 40,
        .callbacks = {cornu_callback_create(.on_epoch_end = play, .state = &played),
                      cornu_model_checkpoint(file_of(test, json_string_value(json_object_get(options, "name"))),
                                             .save_weights_only = true, .monitor = "score", .mode = mode_of(options),
                                             .save_best_only = json_is_true(json_object_get(options, "save_best_only")),
                                             .initial_value_threshold =
                                                 option(options, "initial_value_threshold", CORNU_NO_BASELINE)),
                      cornu_callback_create(.name = "files", .on_epoch_end = check_file, .state = &expected)});
    if (!history) {
        char *text = json_dumps(one, 0);
        fail_msg("%s: %s", cornu_error_message(), text);
    }
    cornu_history_release(history);
    rmdir(scripted_path(test, "files")); /* fails if there is another file, which the next line then finds */
    if (access(scripted_path(test, "files"), F_OK) == 0)
        fail_case(one, "more files than", expected.there, expected.there);
}

static void model_checkpoint_saves_what_keras_saves(void **state)
{
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "model_checkpoint"), i, one) check_checkpoints(*state, one);
    assert_true(i > 80);
    json_decref(values);
}

static void check_batches(const scripted *test, const json_t *one)
{
    const json_t *names = json_object_get(one, "keras3");
    size_t i;
    json_t *name;
    scripted_run(test, (int)json_integer_value(json_object_get(one, "epochs")),
                 cornu_model_checkpoint(file_of(test, "{epoch}-{batch:02d}"), .save_weights_only = true,
                                        .save_freq = json_integer_value(json_object_get(one, "save_freq"))),
                 NULL);
    json_array_foreach(names, i, name) assert_int_equal(unlink(file_of(test, json_string_value(name))), 0);
    assert_int_equal(rmdir(scripted_path(test, "files")), 0); /* no other file */
}

static void model_checkpoint_counts_batches_as_keras(void **state)
{
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "model_checkpoint_batches"), i, one) check_batches(*state, one);
    assert_true(i > 3);
    json_decref(values);
}

/* --- CSVLogger --- */

/* Puts the case's values in the place of the epoch's own. */
static cornu_status replace(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    json_t *epochs = state, *value;
    const char *name;
    (void)training;
    logs->count = 0;
    json_object_foreach(json_array_get(epochs, (size_t)epoch), name, value)
    {
        cornu_status status = cornu_logs_set(logs, name, oracle_number(value));
        if (status != CORNU_OK)
            return status;
    }
    return CORNU_OK;
}

static void check_csv(const scripted *test, const json_t *one)
{
    char got[4096];
    json_t *epochs = json_object_get(one, "logs");
    bool append = json_is_true(json_object_get(one, "append"));
    const char *path = scripted_path(test, "log.csv");
    unlink(path);
    for (int run = 0; run <= append; run++)
        scripted_run(test, (int)json_array_size(epochs),
                     cornu_callback_create(.on_epoch_end = replace, .state = epochs),
                     cornu_csv_logger(path, .append = append,
                                      .separator = json_string_value(json_object_get(one, "separator"))[0]));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    got[fread(got, 1, sizeof got - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(got, json_string_value(json_object_get(one, "keras3")));
}

static void csv_logger_writes_keras_bytes(void **state)
{
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "csv_logger"), i, one) check_csv(*state, one);
    assert_true(i > 10);
    json_decref(values);
}

/* --- LearningRateScheduler, TerminateOnNaN --- */

static double schedule(int64_t epoch, double learning_rate, void *state)
{
    return epoch % 2 ? learning_rate * *(const double *)state : learning_rate;
}

static void learning_rate_scheduler_sets_what_keras_sets(void **state)
{
    const scripted *test = *state;
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "learning_rate_scheduler"), i, one)
    {
        double factor = json_number_value(json_object_get(one, "factor"));
        const json_t *wanted = json_object_get(one, "keras3");
        int64_t count;
        assert_int_equal(cornu_set_learning_rate(test->model, json_number_value(json_object_get(one, "rate"))),
                         CORNU_OK);
        cornu_history *history =
            cornu_fit(test->model, test->x, test->y, .epochs = (int)json_array_size(wanted), .verbose = 0,
                      .callbacks = {cornu_learning_rate_scheduler(schedule, &factor)});
        const double *rates = cornu_history_values(history, "learning_rate", &count);
        assert_int_equal(count, json_array_size(wanted));
        for (int64_t e = 0; e < count; e++)
            check_number(one, "the learning rate", rates[e], json_array_get(wanted, (size_t)e));
        cornu_history_release(history);
    }
    assert_true(i > 1);
    json_decref(values);
}

static double fall(int64_t epoch, double learning_rate, void *state)
{
    (void)learning_rate;
    (void)state;
    return 0.5 / (double)(epoch + 1);
}

/* As printed by Keras 3.15.1 for the same schedule. */
static void learning_rate_scheduler_says_what_keras_says(void **state)
{
    char text[1000];
    scripted_capture_begin();
    scripted_run(*state, 3, cornu_learning_rate_scheduler(fall, NULL, .verbose = 1), NULL);
    scripted_capture_end(text, sizeof text);
    assert_string_equal(text, "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.\n"
                              "\nEpoch 2: LearningRateScheduler setting learning rate to 0.25.\n"
                              "\nEpoch 3: LearningRateScheduler setting learning rate to 0.16666666666666666.\n");
}

static cornu_status count_batch(void *state, cornu_training *training, int64_t batch, cornu_logs *logs)
{
    (void)training;
    (void)batch;
    (void)logs;
    ++*(int64_t *)state;
    return CORNU_OK;
}

/* A batch for each loss: the ones that are no numbers come of such numbers in the data. */
static void check_terminated(const json_t *one)
{
    const json_t *losses = json_object_get(one, "losses");
    int64_t batches = 0, rows = (int64_t)json_array_size(losses);
    char printed[1024];
    cornu_array *x = small_x(rows), *y = small_y(rows);
    cornu_model *model = small_model(3);
    for (int64_t i = 0; i < rows; i++) {
        if (!isfinite(oracle_number(json_array_get(losses, (size_t)i))))
            cornu_array_float32(x)[i * SMALL_FEATURES] = NAN;
    }
    cornu_set_warning_handler(scripted_ignore_warning, NULL);
    scripted_capture_begin();
    cornu_history *history =
        cornu_fit(model, x, y, .batch_size = 1, .shuffle = false, .verbose = 0,
                  .callbacks = {cornu_terminate_on_nan(),
                                cornu_callback_create(.on_train_batch_end = count_batch, .state = &batches)});
    scripted_capture_end(printed, sizeof printed);
    cornu_set_warning_handler(NULL, NULL);
    assert_non_null(history);
    assert_int_equal(batches, json_integer_value(json_object_get(one, "batches")));
    assert_string_equal(printed, json_string_value(json_object_get(one, "printed")));
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_array_release(x);
    cornu_array_release(y);
}

static void terminate_on_nan_stops_where_keras_stops(void **state)
{
    (void)state;
    json_t *values = oracle_json("callbacks"), *one;
    size_t i;
    json_array_foreach(json_object_get(values, "terminate_on_nan"), i, one) check_terminated(one);
    assert_true(i > 3);
    json_decref(values);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(early_stopping_decides_as_keras),
        TEST(reduce_lr_on_plateau_decides_as_keras),
        TEST(model_checkpoint_saves_what_keras_saves),
        TEST(model_checkpoint_counts_batches_as_keras),
        TEST(csv_logger_writes_keras_bytes),
        TEST(learning_rate_scheduler_sets_what_keras_sets),
        TEST(learning_rate_scheduler_says_what_keras_says),
        TEST(terminate_on_nan_stops_where_keras_stops),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
