/* Option structs set from text, as bindings and the command do. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/log.h>
#include <cornu/option_text.h>
#include <cornu/train.h>

#include "support/decimal_comma.h"

static char warnings[4096];

static void note_warning(const char *message, void *user_data)
{
    (void)user_data;
    snprintf(warnings + strlen(warnings), sizeof warnings - strlen(warnings), "%s\n", message);
}

static int set_up(void **state)
{
    (void)state;
    warnings[0] = '\0';
    cornu_set_warning_handler(note_warning, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cornu_set_warning_handler(NULL, NULL);
    return 0;
}

static void assert_says(const char *where, const char *what)
{
    if (!strstr(where, what))
        fail_msg("no \"%s\" in \"%s\"", what, where);
}

/* Sets one option of fit_generator. */
static cornu_status set(cornu_fit_generator_options *options, const char *name, const char *value)
{
    const cornu_option_text given = {name, value};
    return cornu_options_set("fit_generator", options, &given, 1, 0);
}

static void refused(const char *function, void *options, const char *name, const char *value, const char *message)
{
    const cornu_option_text given = {name, value};
    assert_true(cornu_options_set(function, options, &given, 1, 0) != CORNU_OK);
    assert_says(cornu_error_message(), message);
}

static cornu_fit_generator_options generator_defaults(void)
{
    return (cornu_fit_generator_options){.struct_size = sizeof(cornu_fit_generator_options),
                                         CORNU_FIT_GENERATOR_DEFAULTS};
}

static cornu_fit_options fit_defaults(void)
{
    return (cornu_fit_options){.struct_size = sizeof(cornu_fit_options), CORNU_FIT_DEFAULTS};
}

/* --- Values --- */

static void texts_set_the_fields_that_they_name(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    const cornu_option_text given[] = {
        {"batch_size", "64"},       {"epochs", "7"},          {"verbose", "2"},
        {"shuffle", "batch"},       {"initial_epoch", "3"},   {"validation_split", "0.25"},
        {"steps_per_epoch", "100"}, {"validation_freq", "2"}, {"view_metrics", "false"}};
    assert_int_equal(cornu_options_set("fit", &options, given, sizeof given / sizeof *given, 0), CORNU_OK);
    assert_int_equal(options.batch_size, 64);
    assert_int_equal(options.epochs, 7);
    assert_int_equal(options.verbose, 2);
    assert_int_equal(options.shuffle, CORNU_SHUFFLE_BATCH);
    assert_int_equal(options.initial_epoch, 3);
    assert_true(options.validation_split == 0.25);
    assert_int_equal(options.steps_per_epoch, 100);
    assert_int_equal(options.validation_freq, 2);
    assert_int_equal(options.view_metrics, 0);
    assert_int_equal(options.validation_steps, 0); /* what was not named stays */
    assert_string_equal(warnings, "");
}

static void truth_has_many_words(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "True", "TRUE", "1", "yes", "on"}, *const no[] = {"false", "False",
                                                                                                "FALSE", "0",
                                                                                                "no",    "off"};
    for (size_t i = 0; i < 6; i++) {
        cornu_fit_generator_options options = generator_defaults();
        assert_int_equal(set(&options, "use_multiprocessing", yes[i]), CORNU_OK);
        assert_true(options.use_multiprocessing);
        assert_int_equal(set(&options, "shuffle", no[i]), CORNU_OK);
        assert_false(options.shuffle);
    }
}

static void none_auto_and_large_numbers(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    options.steps_per_epoch = 5;
    options.batch_size = 5;
    options.verbose = 0;
    const cornu_option_text given[] = {{"steps_per_epoch", "None"},
                                       {"batch_size", "NULL"},
                                       {"verbose", "auto"},
                                       {"epochs", "1e+05"}, /* as R writes 100000 */
                                       {"validation_steps", "3000000000"}};
    assert_int_equal(cornu_options_set("fit", &options, given, 5, 0), CORNU_OK);
    assert_int_equal(options.steps_per_epoch, 0);
    assert_int_equal(options.batch_size, 0);
    assert_int_equal(options.verbose, CORNU_VERBOSE_AUTO);
    assert_int_equal(options.epochs, 100000);
    assert_true(options.validation_steps == 3000000000);
}

static void validation_comes_after_every_so_many_epochs_or_after_listed_ones(void **state)
{
    (void)state;
    static const char *const names[] = {"validation_freq", "validation_epochs"}, *const lists[] = {"[1, 2, 10]",
                                                                                                   "1,2,1e1"};
    for (size_t i = 0; i < 2; i++) {
        cornu_fit_options options = fit_defaults();
        const cornu_option_text given = {names[i], lists[i]};
        assert_int_equal(cornu_options_set("fit", &options, &given, 1, 0), CORNU_OK);
        assert_int_equal(options.validation_freq, 1);
        assert_true(options.validation_epochs[0] == 1 && options.validation_epochs[1] == 2 &&
                    options.validation_epochs[2] == 10 && options.validation_epochs[3] == 0);
        refused("fit", &options, "validation_freq", "1,,2", "a list of at most 64 epochs");
        refused("fit", &options, "validation_freq", "[1,0]", "a list of at most 64 epochs");
        refused("fit", &options, "validation_epochs", "", "a list of at most 64 epochs");
        refused("fit", &options, "validation_epochs", "[]", "a list of at most 64 epochs");
        refused("fit", &options, "validation_epochs", "1,2,", "a list of at most 64 epochs");
    }
    char many[CORNU_MAX_VALIDATION_EPOCHS * 2 + 2] = "1";
    for (int i = 0; i < CORNU_MAX_VALIDATION_EPOCHS; i++)
        strcat(many, ",1");
    cornu_fit_options options = fit_defaults();
    refused("fit", &options, "validation_epochs", many, "a list of at most 64 epochs");
}

static void callbacks_have_their_options_too(void **state)
{
    (void)state;
    cornu_early_stopping_options stopping = {.struct_size = sizeof stopping, CORNU_EARLY_STOPPING_DEFAULTS};
    const cornu_option_text given[] = {
        {"monitor", "val_accuracy"}, {"patience", "3"}, {"min_delta", "-1e-3"},    {"baseline", "0.5"},
        {"verbose", "true"},         {"mode", "max"},   {"start_from_epoch", "2"}, {"restore_best_weights", "true"}};
    assert_int_equal(cornu_options_set("early_stopping", &stopping, given, 8, 0), CORNU_OK);
    assert_string_equal(stopping.monitor, "val_accuracy");
    assert_int_equal(stopping.patience, 3);
    assert_true(stopping.min_delta == -1e-3 && stopping.baseline == 0.5 && stopping.restore_best_weights);
    assert_int_equal(stopping.verbose, 1);
    const cornu_option_text without[] = {{"baseline", "None"}};
    assert_int_equal(cornu_options_set("early_stopping", &stopping, without, 1, 0), CORNU_OK);
    assert_true(isnan(stopping.baseline));

    cornu_csv_logger_options log = {.struct_size = sizeof log, CORNU_CSV_LOGGER_DEFAULTS};
    const cornu_option_text semicolon[] = {{"separator", ";"}, {"append", "yes"}};
    assert_int_equal(cornu_options_set("csv_logger", &log, semicolon, 2, 0), CORNU_OK);
    assert_true(log.separator == ';' && log.append);
    refused("csv_logger", &log, "separator", "||", "separator is \"||\", and must be one character");
    refused("csv_logger", &log, "separator", "", "must be one character");

    cornu_model_checkpoint_options checkpoint = {.struct_size = sizeof checkpoint, CORNU_MODEL_CHECKPOINT_DEFAULTS};
    const cornu_option_text saving[] = {{"save_freq", "epoch"}, {"save_best_only", "1"}};
    assert_int_equal(cornu_options_set("model_checkpoint", &checkpoint, saving, 2, 0), CORNU_OK);
    assert_true(checkpoint.save_best_only && checkpoint.save_freq == 0);
    refused("model_checkpoint", &checkpoint, "period", "0",
            "period is \"0\", and must be a whole number of at least 1");
}

static void numbers_have_a_point_in_any_locale(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    const cornu_option_text given = {"validation_split", "0.25"};
    if (!decimal_comma_begin())
        skip();
    cornu_status status = cornu_options_set("fit", &options, &given, 1, 0);
    refused("fit", &options, "validation_split", "0,25", "validation_split is \"0,25\"");
    decimal_comma_end();
    assert_int_equal(status, CORNU_OK);
    assert_true(options.validation_split == 0.25);
}

/* --- What is refused --- */

static void wrong_values_are_answered_with_what_is_wanted(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    refused("fit", &options, "epochs", "many", "fit: epochs is \"many\", and must be a whole number of at least 0");
    refused("fit", &options, "epochs", "", "epochs is \"\"");
    refused("fit", &options, "epochs", NULL, "epochs is \"NULL\"");
    refused("fit", &options, "epochs", "-1", "at least 0");
    refused("fit", &options, "epochs", "2.5", "a whole number");
    refused("fit", &options, "epochs", "5 epochs", "a whole number");
    refused("fit", &options, "epochs", "2147483648", "a whole number");
    refused("fit", &options, "steps_per_epoch", "1e300", "a whole number");
    refused("fit", &options, "validation_split", "1", "at least 0 and less than 1");
    refused("fit", &options, "validation_split", "nan", "at least 0 and less than 1");
    refused("fit", &options, "shuffle", "perhaps", "true, false or batch");
    refused("fit", &options, "shuffle", "3", "true, false or batch");
    refused("fit", &options, "verbose", "3", "0, 1, 2 or auto");
    cornu_fit_generator_options generator = generator_defaults();
    refused("fit_generator", &generator, "use_multiprocessing", "2", "true or false");
}

static void unknown_names_are_answered_with_the_nearest(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    refused("fit", &options, "epoch", "3", "fit has no argument \"epoch\"; did you mean \"epochs\"?");
    refused("fit", &options, "learning_rate", "3", "there are: batch_size, epochs,");
    refused("fits", &options, "epochs", "3", "there are no options of \"fits\"; did you mean \"fit\"?");
    refused("fit", &options, NULL, "3", "the name of an argument is NULL");
    cornu_evaluate_options evaluation = {.struct_size = sizeof evaluation, CORNU_EVALUATE_DEFAULTS};
    refused("evaluate", &evaluation, "nb_epoch", "3", "evaluate has no argument \"nb_epoch\""); /* no epochs there */
}

static void arrays_and_callbacks_are_not_texts(void **state)
{
    (void)state;
    cornu_fit_options options = fit_defaults();
    static const char *const names[] = {"callbacks", "class_weight", "sample_weight", "validation_data"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        refused("fit", &options, names[i], "x", "cannot be given as text: put it into the struct");
}

static void nothing_is_given_twice(void **state)
{
    (void)state;
    cornu_fit_generator_options options = generator_defaults();
    const cornu_option_text twice[] = {{"epochs", "3"}, {"epochs", "4"}};
    const cornu_option_text both[] = {{"nb_epoch", "3"}, {"workers", "2"}, {"epochs", "4"}};
    assert_int_equal(cornu_options_set("fit_generator", &options, twice, 2, 0), CORNU_ERROR_INVALID_ARGUMENT);
    assert_says(cornu_error_message(), "fit_generator: epochs is given twice");
    assert_int_equal(cornu_options_set("fit_generator", &options, both, 3, 0), CORNU_ERROR_INVALID_ARGUMENT);
    assert_says(cornu_error_message(), "both nb_epoch and epochs are given");
}

static void a_struct_of_an_older_program_is_not_written_behind_its_end(void **state)
{
    (void)state;
    cornu_fit_generator_options options = generator_defaults();
    options.struct_size = offsetof(cornu_fit_generator_options, workers);
    refused("fit_generator", &options, "workers", "3", "has no workers: it was made for an older version");
    assert_int_equal(options.workers, 1);
    assert_int_equal(set(&options, "epochs", "3"), CORNU_OK);
    options.struct_size = 0;
    refused("fit_generator", &options, "epochs", "3", "struct_size is not set");
    refused("fit_generator", NULL, "epochs", "3", "the options are NULL");
}

/* --- Keras 1 --- */

static void names_of_keras_1_are_taken_with_a_warning(void **state)
{
    (void)state;
    cornu_fit_generator_options options = generator_defaults();
    const cornu_option_text given[] = {{"nb_epoch", "5"},   {"nb_worker", "3"},       {"pickle_safe", "True"},
                                       {"max_q_size", "7"}, {"nb_val_samples", "40"}, {"samples_per_epoch", "1000"}};
    assert_int_equal(cornu_options_set("fit_generator", &options, given, 6, 32), CORNU_OK);
    assert_int_equal(options.epochs, 5);
    assert_int_equal(options.workers, 3);
    assert_true(options.use_multiprocessing);
    assert_int_equal(options.max_queue_size, 7);
    assert_int_equal(options.validation_steps, 40);
    assert_int_equal(options.steps_per_epoch, 31); /* 1000 / 32, rounded down */
    assert_says(warnings, "fit_generator: nb_epoch is what Keras 1 called epochs\n");
    assert_says(warnings, "nb_worker is what Keras 1 called workers\n");
    assert_says(warnings,
                "nb_val_samples, which counted samples in Keras 1, is taken as validation_steps: 40 batches\n");
    assert_says(warnings, "steps_per_epoch is now 31: 1000 samples divided by the generator's batch size, 32");

    cornu_generator_run_options run = {.struct_size = sizeof run, CORNU_GENERATOR_RUN_DEFAULTS};
    const cornu_option_text samples = {"val_samples", "12"};
    assert_int_equal(cornu_options_set("evaluate_generator", &run, &samples, 1, 32), CORNU_OK);
    assert_int_equal(run.steps, 12);
    assert_says(warnings,
                "evaluate_generator: val_samples, which counted samples in Keras 1, is taken as steps: 12 batches");
}

static void samples_of_a_generator_without_batch_size_are_batches(void **state)
{
    (void)state;
    cornu_fit_generator_options options = generator_defaults();
    assert_int_equal(set(&options, "samples_per_epoch", "1000"), CORNU_OK);
    assert_int_equal(options.steps_per_epoch, 1000);
    assert_says(warnings,
                "samples_per_epoch, which counted samples in Keras 1, is taken as steps_per_epoch: 1000 batches");
    const cornu_option_text few = {"samples_per_epoch", "31"};
    assert_int_equal(cornu_options_set("fit_generator", &options, &few, 1, 32), CORNU_ERROR_INVALID_ARGUMENT);
    assert_says(cornu_error_message(), "samples_per_epoch is 31, less than one batch of the generator");
}

static void a_bad_value_is_reported_under_the_name_that_was_given(void **state)
{
    (void)state;
    cornu_fit_generator_options options = generator_defaults();
    refused("fit_generator", &options, "nb_epoch", "ten", "nb_epoch is \"ten\"");
    assert_string_equal(warnings, "");
}

/* --- Completeness --- */

static void drop_comments(char *text)
{
    for (char *begin; (begin = strstr(text, "/*"));) {
        char *end = strstr(begin, "*/");
        assert_non_null(end);
        memmove(begin, end + 2, strlen(end + 2) + 1);
    }
}

/* "CORNU_DEFAULT(...)" is no part of a name. */
static void drop_defaults(char *declaration)
{
    char *given = strstr(declaration, "CORNU_DEFAULT");
    if (given)
        *given = '\0';
}

/* Asks for the field that a declarator like "const cornu_array *x" or "callbacks[16]" declares; 0 if it declares none to ask for. */
static int check_declarator(char *declarator, const char *function)
{
    size_t length = strcspn(declarator, "[");
    while (length > 0 && strchr(" \n", declarator[length - 1]))
        length--;
    declarator[length] = '\0';
    while (length > 0 && !strchr(" \n*", declarator[length - 1]))
        length--;
    const cornu_option_text given = {declarator + length, NULL};
    if (given.name[0] == '\0' || strcmp(given.name, "struct_size") == 0)
        return 0;
    static struct {
        size_t struct_size;
        max_align_t fields[63];
    } options = {.struct_size = sizeof options};
    cornu_options_set(function, &options, &given, 1, 0);
    if (cornu_error_status() == CORNU_ERROR_UNKNOWN_NAME)
        fail_msg("%s of %s is not in src/train/option_table.c", given.name, function);
    return 1;
}

/* Asks for each field of a struct in a header whether cornu_options_set knows it; returns how many there are. */
static int check_fields(const char *header, const char *struct_name, const char *function)
{
    char begin[100], end[100], *kept, *kept_part;
    int fields = 0;
    snprintf(begin, sizeof begin, "typedef struct %s {", struct_name);
    snprintf(end, sizeof end, "} %s;", struct_name);
    const char *body = strstr(header, begin), *behind = body ? strstr(body, end) : NULL;
    assert_non_null(behind);
    body += strlen(begin);
    char *copy = strndup(body, (size_t)(behind - body));
    for (char *part = strtok_r(copy, ";", &kept); part; part = strtok_r(NULL, ";", &kept)) {
        drop_defaults(part);
        for (char *name = strtok_r(part, ",", &kept_part); name; name = strtok_r(NULL, ",", &kept_part))
            fields += check_declarator(name, function);
    }
    free(copy);
    return fields;
}

static char *read_header(const char *name)
{
    const char *source = getenv("CORNU_SOURCE_DIR");
    char path[4096];
    static char text[65536];
    snprintf(path, sizeof path, "%s/include/cornu/%s", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_true(length < sizeof text - 1);
    text[length] = '\0';
    drop_comments(text);
    return text;
}

static void every_field_of_the_headers_is_known(void **state)
{
    (void)state;
    static const char *const training[][2] = {{"cornu_fit_options", "fit"},
                                              {"cornu_fit_generator_options", "fit_generator"},
                                              {"cornu_evaluate_options", "evaluate"},
                                              {"cornu_predict_options", "predict"},
                                              {"cornu_generator_run_options", "evaluate_generator"},
                                              {"cornu_generator_run_options", "predict_generator"},
                                              {"cornu_on_batch_options", "train_on_batch"}};
    static const char *const callbacks[][2] = {{"cornu_early_stopping_options", "early_stopping"},
                                               {"cornu_reduce_lr_on_plateau_options", "reduce_lr_on_plateau"},
                                               {"cornu_model_checkpoint_options", "model_checkpoint"},
                                               {"cornu_csv_logger_options", "csv_logger"},
                                               {"cornu_remote_monitor_options", "remote_monitor"},
                                               {"cornu_tensorboard_options", "tensorboard"},
                                               {"cornu_backup_and_restore_options", "backup_and_restore"},
                                               {"cornu_swap_ema_weights_options", "swap_ema_weights"},
                                               {"cornu_terminate_on_nan_options", "terminate_on_nan"},
                                               {"cornu_learning_rate_scheduler_options", "learning_rate_scheduler"}};
    char *header = read_header("train.h");
    assert_true(check_fields(header, training[0][0], training[0][1]) >= 16);
    for (size_t i = 1; i < sizeof training / sizeof *training; i++)
        assert_true(check_fields(header, training[i][0], training[i][1]) >= 4);
    header = read_header("callbacks.h");
    for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++)
        assert_true(check_fields(header, callbacks[i][0], callbacks[i][1]) >= 1);
}

static void the_names_can_be_listed(void **state)
{
    (void)state;
    assert_string_equal(cornu_options_name("fit", 0), "batch_size");
    assert_string_equal(cornu_options_name("fit", 3), "validation_split"); /* callbacks are no text */
    assert_null(cornu_options_name("fit", 1000));
    assert_null(cornu_options_name("train", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_set_the_fields_that_they_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(truth_has_many_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(none_auto_and_large_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(validation_comes_after_every_so_many_epochs_or_after_listed_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(callbacks_have_their_options_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_have_a_point_in_any_locale, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_values_are_answered_with_what_is_wanted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_names_are_answered_with_the_nearest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_and_callbacks_are_not_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_given_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_struct_of_an_older_program_is_not_written_behind_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_keras_1_are_taken_with_a_warning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(samples_of_a_generator_without_batch_size_are_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bad_value_is_reported_under_the_name_that_was_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_field_of_the_headers_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_names_can_be_listed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
