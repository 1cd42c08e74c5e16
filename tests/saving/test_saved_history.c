/* test_saved_history.c: the history of a training comes back from a model's file, whole or not at all, whatever stands there. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixtures.h"
#include "format/hdf5_write.h"
#include "saving/saved_history.h"

static const char *const endings[] = {".keras", ".h5", ".hdf5"};

static int warnings;
static char last_warning[1000];

static void remember_warning(const char *message, void *data)
{
    (void)data;
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

/* Values that JSON has no numbers for, and one that only some epochs have. */
static cornu_status add_values(void *state, cornu_training *training, int64_t epoch, cornu_logs *logs)
{
    (void)state;
    (void)training;
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0.1, -0.0, 1e-320};
    cornu_logs_set(logs, "odd \"name\"", odd[epoch % 6]);
    if (epoch % 2 == 1)
        cornu_logs_set(logs, "seldom", (double)epoch);
    return CORNU_OK;
}

static void fit(cornu_model *model, int64_t epochs, const char *checkpoint)
{
    cornu_array *x = fixture_values("mlp", "x"), *y = fixture_values("mlp", "y");
    cornu_history *history =
        cornu_fit(model, x, y, .epochs = epochs, .verbose = 0,
                  .callbacks = {cornu_callback_create(.on_epoch_end = add_values, .name = "values"),
                                checkpoint ? cornu_model_checkpoint(checkpoint, .save_weights_only = false) : NULL});
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_history_release(history);
    cornu_array_release(x);
    cornu_array_release(y);
}

static bool same_number(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void expect_same(const cornu_history *a, const cornu_history *b)
{
    assert_true(a && b);
    assert_int_equal(cornu_history_epoch_count(a), cornu_history_epoch_count(b));
    for (int64_t i = 0; i < cornu_history_epoch_count(a); i++)
        assert_int_equal(cornu_history_epoch(a, i), cornu_history_epoch(b, i));
    assert_int_equal(cornu_history_value_count(a), cornu_history_value_count(b));
    for (int i = 0; i < cornu_history_value_count(a); i++) {
        const char *name = cornu_history_value_name(a, i);
        int64_t count, other;
        assert_string_equal(name, cornu_history_value_name(b, i));
        const int64_t *epochs = cornu_history_value_epochs(a, name, &count);
        const int64_t *other_epochs = cornu_history_value_epochs(b, name, &other);
        assert_int_equal(count, other);
        assert_memory_equal(epochs, other_epochs, (size_t)count * sizeof *epochs);
        for (int64_t k = 0; k < count; k++)
            assert_true(same_number(cornu_history_get(a, name, k), cornu_history_get(b, name, k)));
    }
}

static cornu_model *load(const char *path)
{
    cornu_model *model = cornu_load_model(path);
    if (!model)
        fail_msg("%s", cornu_error_message());
    return model;
}

static void a_history_comes_back_and_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        char path[PATH_SIZE];
        scratch_path(path, "history");
        strcat(path, endings[i]);
        cornu_model *model = make_fixture_model("mlp");
        fit(model, 7, NULL);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model *again = load(path);
        expect_same(cornu_model_history(model), cornu_model_history(again));
        fit(model, 2, NULL);
        fit(again, 2, NULL);
        assert_int_equal(cornu_history_epoch(cornu_model_history(again), 8), 8);
        expect_same(cornu_model_history(model), cornu_model_history(again));
        assert_int_equal(cornu_save(again, path, .include_optimizer = false), CORNU_OK); /* what was, stays */
        cornu_history *history = NULL;
        assert_int_equal(cornu__saved_history_load(path, &history), CORNU_OK);
        expect_same(cornu_model_history(again), history);
        cornu_history_release(history);
        cornu_model_release(model);
        cornu_model_release(again);
        unlink(path);
    }
}

static void a_checkpoint_has_the_history_up_to_its_epoch(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char pattern[PATH_SIZE], path[PATH_SIZE];
        scratch_path(pattern, "epoch{epoch}");
        strcat(pattern, endings[i]);
        cornu_model *model = make_fixture_model("mlp");
        fit(model, 3, pattern);
        for (int epoch = 1; epoch <= 3; epoch++) {
            char name[32];
            snprintf(name, sizeof name, "epoch%d%s", epoch, endings[i]);
            cornu_history *history = NULL;
            assert_int_equal(cornu__saved_history_load(scratch_path(path, name), &history), CORNU_OK);
            assert_int_equal(cornu_history_epoch_count(history), epoch);
            assert_true(cornu_history_get(history, "loss", -1) ==
                        cornu_history_get(cornu_model_history(model), "loss", epoch - 1));
            cornu_history_release(history);
            unlink(path);
        }
        cornu_model_release(model);
    }
}

static void a_model_without_epochs_is_saved_without_a_history(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        char path[PATH_SIZE];
        scratch_path(path, "none");
        strcat(path, endings[i]);
        cornu_model *model = make_fixture_model("mlp");
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model_release(model);
        model = load(path);
        assert_null(cornu_model_history(model));
        cornu_history *history = NULL;
        assert_int_equal(cornu__saved_history_load(path, &history), CORNU_ERROR_DATA);
        assert_non_null(strstr(cornu_error_message(), "holds no history"));
        assert_null(history);
        cornu_model_release(model);
        unlink(path);
    }
}

/* --- what may stand there instead --- */

/* The .keras file at `path` with other metadata. */
static void set_metadata(const char *path, const char *text)
{
    int code;
    zip_t *archive = zip_open(path, 0, &code);
    assert_non_null(archive);
    zip_source_t *source = zip_source_buffer(archive, text, strlen(text), 0);
    assert_true(zip_file_add(archive, "metadata.json", source, ZIP_FL_OVERWRITE) >= 0);
    assert_int_equal(zip_close(archive), 0);
}

static void write_h5(const char *path, const char *text)
{
    cornu__hdf5_writer *writer = cornu__hdf5_writer_create(path);
    assert_int_equal(cornu__hdf5_write_text(writer, "", "history", text), CORNU_OK);
    uint64_t size;
    void *bytes = cornu__hdf5_writer_finish(writer, &size);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    cornu__free(bytes);
    cornu__hdf5_writer_release(writer);
}

static void expect_refused(const char *path, const char *part)
{
    cornu_history *history = NULL;
    uint64_t live = cornu__allocation_live();
    cornu_error_clear();
    assert_int_not_equal(cornu__saved_history_load(path, &history), CORNU_OK);
    assert_null(history);
    assert_int_equal(cornu__allocation_live(), live);
    if (!strstr(cornu_error_message(), part))
        fail_msg("wanted '%s' in: %s", part, cornu_error_message());
}

static const struct {
    const char *history, *part;
} hostile[] = {
    {"[]", "wanted an object"},
    {"\"text\"", "text"},
    {"{}", "epoch"},
    {"{\"epoch\": [0]}", "history.history"},
    {"{\"epoch\": 3, \"history\": {}}", "epoch"},
    {"{\"epoch\": [0, 0], \"history\": {}}", "epoch 0 comes after 0"},
    {"{\"epoch\": [1, 0], \"history\": {}}", "epoch[1]"},
    {"{\"epoch\": [-1], \"history\": {}}", "epoch[0]"},
    {"{\"epoch\": [0.5], \"history\": {}}", "epoch[0]"},
    {"{\"epoch\": [9223372036854775807], \"history\": {}}", "epoch[0]"},
    {"{\"epoch\": [0], \"history\": [1]}", "wanted an object"},
    {"{\"epoch\": [0], \"history\": {\"loss\": 1}}", "history.loss"},
    {"{\"epoch\": [0], \"history\": {\"loss\": []}}", "0 values for 1 epochs"},
    {"{\"epoch\": [0], \"history\": {\"loss\": [1, 2]}}", "2 values for 1 epochs"},
    {"{\"epoch\": [], \"history\": {\"loss\": [1]}}", "1 values for 0 epochs"},
    {"{\"epoch\": [0], \"history\": {\"loss\": [true]}}", "history.loss[0]"},
    {"{\"epoch\": [0], \"history\": {\"loss\": [\"nan\"]}}", "history.loss[0]"},
    {"{\"epoch\": [0], \"history\": {\"loss\": [[1]]}}", "history.loss[0]"},
    {"{\"epoch\": [0], \"history\": {\"\": [1]}}", "0 bytes"},
};

static void what_is_no_history_is_refused_and_the_model_loads_without(void **state)
{
    (void)state;
    char keras[PATH_SIZE], h5[PATH_SIZE], text[500];
    cornu_model *model = make_fixture_model("mlp");
    assert_int_equal(cornu_save(model, scratch_path(keras, "hostile.keras")), CORNU_OK);
    cornu_model_release(model);
    scratch_path(h5, "hostile.h5");
    cornu_set_warning_handler(remember_warning, NULL);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        snprintf(text, sizeof text, "{\"keras_version\": \"3.15.1\", \"history\": %s}", hostile[i].history);
        set_metadata(keras, text);
        expect_refused(keras, hostile[i].part);
        write_h5(h5, hostile[i].history);
        expect_refused(h5, strstr(hostile[i].part, "history.") ? "" : hostile[i].part);
        warnings = 0;
        model = load(keras);
        assert_int_equal(warnings, 1);
        assert_non_null(strstr(last_warning, "without the history"));
        assert_null(cornu_model_history(model));
        cornu_model_release(model);
    }
    static const char *const none[] = {"{}", "{\"history\": null}", "{\"history\": {\"epoch\": [], \"history\": {}}}",
                                       "{\"history\": {\"epoch\": [], \"history\": {\"loss\": []}}}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        set_metadata(keras, none[i]);
        expect_refused(keras, "holds no history");
        warnings = 0;
        cornu_model_release(load(keras));
        assert_int_equal(warnings, 0);
    }
    cornu_set_warning_handler(NULL, NULL);
    unlink(keras);
    unlink(h5);
}

static void names_and_bytes_without_end_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    size_t size = 17 * 1024 * 1024;
    char *text = malloc(size + 1);
    assert_non_null(text);
    scratch_path(path, "many.h5");
    char *end = stpcpy(text, "{\"epoch\": [0], \"history\": {");
    for (int i = 0; i < 5000; i++)
        end += sprintf(end, "%s\"n%d\": [1]", i > 0 ? ", " : "", i);
    strcpy(end, "}}");
    write_h5(path, text);
    expect_refused(path, "5000 names");
    end = stpcpy(text, "{\"epoch\": [0], \"history\": {\"");
    memset(end, 'x', 5000);
    strcpy(end + 5000, "\": [1]}}");
    write_h5(path, text);
    expect_refused(path, "5000 bytes");
    memset(text, ' ', size);
    text[size] = '\0';
    write_h5(path, text);
    expect_refused(path, "at most");
    memset(text, '[', 100000);
    text[100000] = '\0';
    write_h5(path, text);
    expect_refused(path, "deep");
    free(text);
    unlink(path);
}

static void files_that_are_no_models_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "file.keras");
    FILE *file = fopen(path, "w");
    fputs("no archive", file);
    fclose(file);
    expect_refused(path, "file.keras");
    unlink(path);
    expect_refused(path, "file.keras");
}

/* --- without memory --- */

static cornu_status write_and_read(const cornu_history *history, const char *path)
{
    char *text = NULL;
    CORNU_TRY(cornu__saved_history_write(history, path, &text));
    cornu__free(text);
    cornu_history *read = NULL;
    cornu_status status = cornu__saved_history_load(path, &read);
    cornu_history_release(read);
    return status;
}

static void without_memory_there_is_no_history(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char path[PATH_SIZE];
        scratch_path(path, "memory");
        strcat(path, endings[i]);
        cornu_model *model = make_fixture_model("mlp");
        fit(model, 3, NULL);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        uint64_t live = cornu__allocation_live();
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
            cornu__allocation_fail_at(n);
            status = write_and_read(cornu_model_history(model), path);
            cornu__allocation_fail_at(0);
            assert_int_equal(cornu__allocation_live(), live);
            assert_true(n < 2000);
        }
        assert_int_equal(status, CORNU_OK);
        cornu_model_release(model);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_history_comes_back_and_goes_on),
        cmocka_unit_test(a_checkpoint_has_the_history_up_to_its_epoch),
        cmocka_unit_test(a_model_without_epochs_is_saved_without_a_history),
        cmocka_unit_test(what_is_no_history_is_refused_and_the_model_loads_without),
        cmocka_unit_test(names_and_bytes_without_end_are_refused),
        cmocka_unit_test(files_that_are_no_models_are_refused),
        cmocka_unit_test(without_memory_there_is_no_history),
    };
    return cmocka_run_group_tests_name("saved_history", tests, NULL, NULL);
}
