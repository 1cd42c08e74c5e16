/* Training from files: the weights that arrays in memory give, bit for bit, whoever reads; and real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "support/shared_data.h"

#define ROWS 300
#define PATH_SIZE 512

static const char *scratch(char path[PATH_SIZE], const char *name)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, PATH_SIZE, "%s/cornu-test-%d-%s", folder ? folder : "/tmp", (int)getpid(), name);
    return path;
}

static cornu_array *numbers(int64_t columns)
{
    cornu_array *array = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){ROWS, columns});
    for (int64_t i = 0; i < ROWS * columns; i++)
        cornu_array_float32(array)[i] = (float)((i * 7919) % 1000) / 1000 - 0.5f;
    return array;
}

static cornu_model *new_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 3);
    cornu_add(model, cornu_dense(8, .activation = "tanh", .input_shape = {5}));
    cornu_add(model, cornu_dense(2));
    assert_int_equal(cornu_compile(model, .optimizer = "adam", .loss = "mse"), CORNU_OK);
    return model;
}

/* What the model makes of the data, which tells its weights apart. */
static cornu_array *trained_on_arrays(cornu_array *x, cornu_array *y)
{
    cornu_model *model = new_model();
    cornu_history *history = cornu_fit(model, x, y, .epochs = 3, .shuffle = false, .verbose = 0);
    assert_non_null(history);
    cornu_array *made = cornu_predict(model, x);
    cornu_history_release(history);
    cornu_model_release(model);
    return made;
}

static cornu_array *trained_on_files(const char *x_path, const char *y_path, cornu_array *x, int workers,
                                     bool processes, bool shuffle)
{
    cornu_dataset *parts[] = {cornu_npy_dataset(x_path), cornu_npy_dataset(y_path, .field = "y")};
    cornu_dataset *both = cornu_dataset_zip(2, parts);
    cornu_sequence *batches = cornu_dataset_sequence(both, .shuffle = shuffle, .seed = 1);
    cornu_model *model = new_model();
    cornu_history *history = cornu_fit_generator(model, batches, .epochs = 3, .shuffle = false, .verbose = 0,
                                                 .workers = workers, .use_multiprocessing = processes);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_array *made = cornu_predict(model, x);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_sequence_release(batches);
    cornu_dataset_release(both);
    cornu_dataset_release(parts[0]);
    cornu_dataset_release(parts[1]);
    return made;
}

static void assert_same(cornu_array *a, cornu_array *b)
{
    assert_memory_equal(cornu_array_data(a), cornu_array_data(b), (size_t)cornu_array_count(a) * sizeof(float));
}

static void files_train_the_weights_that_arrays_do(void **state)
{
    (void)state;
    char x_path[PATH_SIZE], y_path[PATH_SIZE];
    cornu_array *x = numbers(5), *y = numbers(2);
    assert_int_equal(cornu_save_npy(scratch(x_path, "x.npy"), x), CORNU_OK);
    assert_int_equal(cornu_save_npy(scratch(y_path, "y.npy"), y), CORNU_OK);
    cornu_array *expected = trained_on_arrays(x, y);
    cornu_array *shuffled = trained_on_files(x_path, y_path, x, 0, false, true);
    for (int workers = 0; workers <= 3; workers += 3) {
        for (int processes = 0; processes <= (workers > 0); processes++) {
            cornu_array *made = trained_on_files(x_path, y_path, x, workers, processes, false);
            assert_same(made, expected);
            cornu_array_release(made);
            made = trained_on_files(x_path, y_path, x, workers, processes, true);
            assert_same(made, shuffled);
            cornu_array_release(made);
        }
    }
    assert_memory_not_equal(cornu_array_data(expected), cornu_array_data(shuffled), ROWS * 2 * sizeof(float));
    cornu_array_release(shuffled);
    cornu_array_release(expected);
    cornu_array_release(x);
    cornu_array_release(y);
    unlink(x_path);
    unlink(y_path);
}

/* --- Real files --- */

static cornu_status to_unit(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state;
    const uint8_t *pixels = cornu_sample_data(from, 0);
    float *made = cornu_sample_data(to, 0);
    for (int i = 0; i < 784; i++)
        made[i] = (float)pixels[i] / 255;
    *(uint8_t *)cornu_sample_data(to, 1) = *(const uint8_t *)cornu_sample_data(from, 1);
    return CORNU_OK;
}

/* Pictures of clothes out of compressed files that are read forwards, never decompressed as a whole. */
static void clothes_are_learned_from_compressed_files(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_dataset *parts[] = {
        cornu_idx_dataset(shared_data_path(path, "fashion-mnist/t10k-images-idx3-ubyte.gz")),
        cornu_idx_dataset(shared_data_path(path, "fashion-mnist/t10k-labels-idx1-ubyte.gz"), .field = "y")};
    cornu_dataset *both = cornu_dataset_zip(2, parts);
    const cornu_field fields[] = {{.name = "x", .rank = 1, .shape = {784}}, {.name = "y", .dtype = CORNU_UINT8}};
    cornu_dataset *scaled = cornu_dataset_map(both, .function = to_unit, .fields = fields, .field_count = 2);
    assert_false(cornu_dataset_random_access(scaled));
    assert_int_equal(cornu_dataset_count(scaled), 10000);
    cornu_sequence *batches = cornu_dataset_sequence(scaled, .batch_size = 64);
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_dense(10, .activation = "softmax", .input_shape = {784}));
    assert_int_equal(cornu_compile(model, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}),
                     CORNU_OK);
    cornu_history *history = cornu_fit_generator(model, batches, .epochs = 2, .verbose = 0, .workers = 2);
    if (!history)
        fail_msg("%s", cornu_error_message());
    cornu_logs results;
    assert_int_equal(cornu_evaluate_generator(model, batches, &results), CORNU_OK);
    assert_true(cornu_logs_get(&results, "accuracy") > 0.75);
    cornu_history_release(history);
    cornu_model_release(model);
    cornu_sequence_release(batches);
    cornu_dataset_release(scaled);
    cornu_dataset_release(both);
    cornu_dataset_release(parts[0]);
    cornu_dataset_release(parts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_train_the_weights_that_arrays_do),
        cmocka_unit_test(clothes_are_learned_from_compressed_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
