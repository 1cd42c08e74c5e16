/*
 * test_real_files.c: model files that other people saved with many versions of Keras.
 *
 * Every file whose layers exist loads; the others are refused with the name of the layer. Where real Keras's outputs are known, predictions are
 * within 1e-5 of them, relative to the largest. CORNU_TABLE names a file to write what came of each to: the table of docs/keras_files.md.
 */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "fixtures.h"
#include "format/hdf5.h"
#include "support/shared_data.h"

#define FILE_PATH_SIZE (2 * SHARED_DATA_PATH_SIZE)
#define MAX_FILES 200
#define TOLERANCE 1e-5

static char folder[SHARED_DATA_PATH_SIZE];
static char *files[MAX_FILES];
static int file_count;
static FILE *table;

static bool ends_with(const char *name, const char *ending)
{
    size_t length = strlen(name), size = strlen(ending);
    return length >= size && strcmp(name + length - size, ending) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_listed(const char *name)
{
    static const char *const endings[] = {".h5", ".hdf5", ".keras", ".json"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (ends_with(name, endings[i]))
            return !ends_with(name, "_inputs_and_outputs.h5");
    }
    return false;
}

/* The files of the folder, or of one in it, whose name with a slash is `inner`. */
static void list_folder(const char *inner)
{
    char path[FILE_PATH_SIZE], name[SHARED_DATA_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, inner);
    DIR *opened = opendir(path);
    struct dirent *entry;
    while (opened && (entry = readdir(opened)) != NULL && file_count < MAX_FILES) {
        snprintf(name, sizeof name, "%s%s", inner, entry->d_name);
        if (is_listed(name))
            files[file_count++] = strdup(name);
    }
    if (opened)
        closedir(opened);
}

static int list_files(void **state)
{
    (void)state;
    shared_data_find(folder, "keras_models");
    list_folder("");
    list_folder("json/");
    qsort(files, (size_t)file_count, sizeof *files, by_name);
    const char *path = getenv("CORNU_TABLE");
    table = path ? fopen(path, "w") : NULL;
    return 0;
}

static int free_files(void **state)
{
    (void)state;
    for (int i = 0; i < file_count; i++)
        free(files[i]);
    if (table)
        fclose(table);
    return 0;
}

static char *path_of(char out[FILE_PATH_SIZE], const char *name, const char *cut, const char *ending)
{
    size_t length = strlen(name) - strlen(cut);
    snprintf(out, FILE_PATH_SIZE, "%s/%.*s%s", folder, (int)length, name, ending);
    return out;
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

/* The model of a file of weights: by the JSON or the whole model beside it. NULL, without an error, if there is none. */
static cornu_model *load_with_config(const char *name, const char *cut)
{
    static const char *const endings[] = {"_config.json", "_arch.json", ".json", "_model.h5"};
    char weights[FILE_PATH_SIZE], config[FILE_PATH_SIZE];
    path_of(weights, name, "", "");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (!exists(path_of(config, name, cut, endings[i])))
            continue;
        cornu_model *model = ends_with(config, ".json") ? cornu_model_from_json_file(config, 1)
                                                        : cornu_load_model(config, .compile = false);
        if (model && cornu_load_weights(model, weights) == CORNU_OK)
            return model;
        cornu_model_release(model);
        return NULL;
    }
    return NULL;
}

/* The only file of weights whose model is nowhere: made here, of the shapes in it. */
static cornu_model *load_mlp_bn_k3(const char *path)
{
    static const int units[] = {128, 128, 64};
    cornu_model *model = cornu_sequential();
    cornu_add(model, cornu_flatten(.input_shape = {21}));
    for (int i = 0; i < 3; i++) {
        cornu_add(model, cornu_dense(units[i], .activation = "relu"));
        cornu_add(model, cornu_batch_normalization());
    }
    cornu_add(model, cornu_dense(4));
    if (cornu_compile(model, .optimizer = "adam", .loss = "mse") == CORNU_OK &&
        cornu_load_weights(model, path) == CORNU_OK)
        return model;
    cornu_model_release(model);
    return NULL;
}

/* The model in a file, or for it. */
static cornu_model *load(const char *name, const char *cut)
{
    char path[FILE_PATH_SIZE];
    path_of(path, name, "", "");
    if (strcmp(name, "mlp_bn_k3.weights.h5") == 0)
        return load_mlp_bn_k3(path);
    if (strcmp(cut, "_weights.h5") == 0)
        return load_with_config(name, cut);
    return ends_with(name, ".json") ? cornu_model_from_json_file(path, 1) : cornu_load_model(path);
}

/* The one dataset of a group, or its items in a list. */
static cornu_array *read_group(const cornu__hdf5 *file, const char *name)
{
    const cornu__hdf5_node *group = cornu__hdf5_find(cornu__hdf5_root(file), name);
    assert_non_null(group);
    assert_int_equal(group->child_count, 1);
    const cornu__hdf5_node *node = group->children[0];
    cornu_array *array = cornu__hdf5_read(node);
    if (!array)
        fail_msg("%s", cornu_error_message());
    return array;
}

/* The largest difference to what real Keras predicted, relative to the largest prediction; -1: it is not known. */
static double difference_to_keras(cornu_model *model, const char *name, const char *cut)
{
    char path[FILE_PATH_SIZE];
    if (!exists(path_of(path, name, cut, "_inputs_and_outputs.h5")))
        return -1;
    cornu__hdf5 *file = cornu__hdf5_open(path);
    if (!file)
        fail_msg("%s", cornu_error_message());
    cornu_array *x = read_group(file, "inputs"), *wanted = read_group(file, "predictions");
    cornu_array *got = cornu_predict(model, x, .verbose = 0);
    if (!got)
        fail_msg("%s", cornu_error_message());
    double largest = 0, difference = 0;
    assert_int_equal(cornu_array_count(got), cornu_array_count(wanted));
    for (int64_t i = 0; i < cornu_array_count(wanted); i++) {
        largest = fmax(largest, fabs(cornu_array_get(wanted, i)));
        difference = fmax(difference, fabs(cornu_array_get(got, i) - cornu_array_get(wanted, i)));
    }
    cornu_array_release(x);
    cornu_array_release(wanted);
    cornu_array_release(got);
    cornu__hdf5_close(file);
    return difference / largest;
}

static void write_row(const char *name, const cornu_model *model, double difference, bool compiled)
{
    if (!table)
        return;
    const char *reason = model ? NULL : strstr(cornu_error_message(), "there is no layer");
    if (!model)
        fprintf(table, "| %s | refused: %s | |\n", name, reason ? reason : cornu_error_message());
    else if (difference >= 0)
        fprintf(table, "| %s | loaded%s | %.1e |\n", name, compiled ? ", compiled" : "", difference);
    else
        fprintf(table, "| %s | loaded%s | |\n", name, compiled ? ", compiled" : "");
}

static void check_file(const char *name)
{
    const char *cut = ends_with(name, "_weights.h5") ? "_weights.h5" : ends_with(name, "_model.h5") ? "_model.h5" : "";
    bool alone = strcmp(cut, "_weights.h5") == 0 || ends_with(name, ".weights.h5") || ends_with(name, ".json");
    uint64_t live = cornu__allocation_live();
    cornu_error_clear();
    cornu_model *model = load(name, cut);
    if (!model &&
        !(cornu_error_status() == CORNU_ERROR_UNKNOWN_NAME && strstr(cornu_error_message(), "there is no layer")))
        fail_msg("%s", cornu_error_message());
    double difference = model ? difference_to_keras(model, name, cut) : -1;
    write_row(name, model, difference, model && !alone && !isnan(cornu_learning_rate(model)));
    if (!(difference <= TOLERANCE))
        fail_msg("%s: predictions are off by %g", name, difference);
    cornu_model_release(model);
    assert_int_equal(cornu__allocation_live(), live);
}

static void say_nothing(const char *message, void *data)
{
    (void)message;
    (void)data;
}

static void files_of_many_keras_versions_load_or_are_refused_by_layer(void **state)
{
    (void)state;
    if (file_count == 0) {
        print_message("the model files are not here: nothing to read\n");
        skip();
    }
    cornu_set_warning_handler(say_nothing, NULL);
    for (int i = 0; i < file_count; i++)
        check_file(files[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_many_keras_versions_load_or_are_refused_by_layer),
    };
    return cmocka_run_group_tests(tests, list_files, free_files);
}
