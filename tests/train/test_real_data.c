/* Datasets of real files train models that know more than the simplest guess: pictures in an archive, a series in windows, a table with holes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "support/shared_data.h"

static void *made(void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
    return object;
}

/* Trains on `training`, and returns the metric of `held_out`; releases the model. */
static double trained(cornu_model *model, cornu_dataset *training, cornu_dataset *held_out, int epochs,
                      const char *metric)
{
    cornu_logs results;
    cornu_sequence *batches = made(cornu_dataset_sequence(training, .seed = 1));
    cornu_sequence *others = made(cornu_dataset_sequence(held_out, .batch_size = 128, .shuffle = false));
    cornu_history *history = made(cornu_fit(model, batches, NULL, .epochs = epochs, .verbose = 0, .workers = 2));
    if (cornu_evaluate(model, others, NULL, &results, .verbose = 0) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    double value = cornu_logs_get(&results, metric); /* its names are the model's */
    cornu_history_release(history);
    cornu_sequence_release(batches);
    cornu_sequence_release(others);
    cornu_model_release(model);
    return value;
}

/* --- Pictures: CIFAR-10 as PNG files in a compressed archive --- */

#define PIXELS (32 * 32 * 3)
#define TRAINED 10000 /* pictures; those to test with are behind them */
#define PICTURES 12000

static const char *const classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};

/* The class is the folder of the file: cifar10/train/frog/0001. */
static cornu_status label(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state;
    char name[100] = {0}, folder[20] = {0};
    memcpy(name, cornu_sample_data(from, 1), (size_t)cornu_sample_size(from, 1));
    if (sscanf(name, "cifar10/%*[a-z]/%19[a-z]/", folder) != 1)
        return cornu_error_set(CORNU_ERROR_DATA, "a picture is in no class's folder");
    int32_t class = 0;
    while (class < 9 && strcmp(classes[class], folder) != 0)
        class ++;
    memcpy(cornu_sample_data(to, 0), cornu_sample_data(from, 0), PIXELS);
    *(int32_t *)cornu_sample_data(to, 1) = class;
    return CORNU_OK;
}

static cornu_array *load_pictures(const char *path)
{
    const cornu_field fields[] = {{.name = "x", .dtype = CORNU_UINT8, .rank = 3, .shape = {32, 32, 3}},
                                  {.name = "y", .dtype = CORNU_INT32}};
    cornu_dataset *files = made(cornu_tar_dataset(path, .fields = cornu_names("png", "__key__")));
    cornu_dataset *pictures =
        made(cornu_decode_images(files, "png", .target_size = cornu_pair(32, 32), .dtype = CORNU_UINT8));
    cornu_dataset *labelled = made(cornu_dataset_map(pictures, .function = label, .fields = fields, .field_count = 2));
    assert_int_equal(cornu_dataset_count(labelled), PICTURES);
    cornu_array *arrays = made(cornu_dataset_load(labelled, 0, PICTURES));
    cornu_dataset_release(labelled);
    cornu_dataset_release(pictures);
    cornu_dataset_release(files);
    return arrays;
}

/* Each class a thousand times, and each channel as bright as in all of CIFAR-10's 50,000. */
static void expect_cifar(const cornu_array *arrays)
{
    const double means[] = {0.4914, 0.48216, 0.44653};
    const uint8_t *pixels = cornu_array_data(cornu_array_item_named(arrays, "x"));
    const int32_t *labels = cornu_array_data(cornu_array_item_named(arrays, "y"));
    int64_t sums[3] = {0}, counts[10] = {0};
    for (int i = 0; i < TRAINED; i++)
        counts[labels[i]]++;
    for (int64_t i = 0; i < (int64_t)TRAINED * PIXELS; i++)
        sums[i % 3] += pixels[i];
    for (int class = 0; class < 10; class ++)
        assert_int_equal(counts[class], TRAINED / 10);
    for (int channel = 0; channel < 3; channel++)
        assert_float_equal((double)sums[channel] / 255 / TRAINED / 1024, means[channel], 0.01);
}

static void pictures_of_an_archive_are_learned(void **state)
{
    (void)state;
    char path[SHARED_DATA_PATH_SIZE];
    cornu_array *arrays = load_pictures(shared_data_path(path, "cifar10/cifar10_subset_png.tar.gz"));
    expect_cifar(arrays);
    cornu_dataset *all = made(cornu_array_dataset(arrays));
    cornu_dataset *training = made(cornu_dataset_slice(all, 0, TRAINED));
    cornu_dataset *held_out = made(cornu_dataset_slice(all, TRAINED, PICTURES));
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_rescaling(1.0 / 255, .input_shape = {32, 32, 3}));
    cornu_add(model, cornu_conv2d(8, 3, .strides = cornu_pair(2, 2), .activation = "relu"));
    cornu_add(model, cornu_conv2d(16, 3, .strides = cornu_pair(2, 2), .activation = "relu"));
    cornu_add(model, cornu_flatten());
    cornu_add(model, cornu_dense(10, .activation = "softmax"));
    cornu_compile(model, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}, .threads = 1);
    double accuracy = trained(model, training, held_out, 2, "accuracy");
    print_message("accuracy %.3f, by chance 0.1\n", accuracy);
    assert_true(accuracy > 0.3);
    cornu_dataset_release(held_out);
    cornu_dataset_release(training);
    cornu_dataset_release(all);
    cornu_array_release(arrays);
}

/* --- A series: the coldest temperature of each day in ten years --- */

#define DAYS 14
#define LEARNED 2900 /* windows; years of their own are held out behind them */

/* Centred, and of size one. */
static cornu_status scale(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state;
    for (int field = 0; field < 2; field++)
        for (int day = 0; day < (field == 0 ? DAYS : 1); day++)
            ((float *)cornu_sample_data(to, field))[day] =
                (((const float *)cornu_sample_data(from, field))[day] - 11) / 4;
    return CORNU_OK;
}

/* The mean error, in scaled degrees, of saying that each day is as the day before. */
static double error_of_yesterday(cornu_dataset *windows, int64_t begin)
{
    double sum = 0;
    int64_t count = cornu_dataset_count(windows);
    cornu_array *arrays = made(cornu_dataset_load(windows, begin, count));
    const float *x = cornu_array_data(cornu_array_item_named(arrays, "x"));
    const float *y = cornu_array_data(cornu_array_item_named(arrays, "y"));
    for (int64_t i = 0; i < count - begin; i++)
        sum += fabs((double)y[i] - (double)x[i * DAYS + DAYS - 1]);
    cornu_array_release(arrays);
    return sum / (double)(count - begin);
}

/* The windows are those of Keras's TimeseriesGenerator over the whole series in memory. */
static void expect_the_generators_windows(cornu_dataset *table, cornu_dataset *windows)
{
    cornu_batch batch = {0};
    cornu_array *column = made(cornu_dataset_load(table, 0, cornu_dataset_count(table)));
    cornu_array *series = (cornu_array *)cornu_array_item_named(column, "Temp");
    cornu_array *first = made(cornu_dataset_load(windows, 0, 128));
    cornu_sequence *generator = made(cornu_timeseries_generator(series, series, DAYS));
    assert_int_equal(cornu_sequence_get(generator, 0, &batch), CORNU_OK);
    assert_memory_equal(cornu_array_data(batch.x), cornu_array_data(cornu_array_item(first, 0)),
                        128 * DAYS * sizeof(float));
    assert_memory_equal(cornu_array_data(batch.y), cornu_array_data(cornu_array_item(first, 1)), 128 * sizeof(float));
    cornu_batch_clear(&batch);
    cornu_sequence_release(generator);
    cornu_array_release(first);
    cornu_array_release(column);
}

static void a_series_is_foretold_better_than_by_yesterday(void **state)
{
    (void)state;
    char path[SHARED_DATA_PATH_SIZE];
    const cornu_field fields[] = {{.name = "x", .rank = 1, .shape = {DAYS}}, {.name = "y"}};
    cornu_dataset *table = made(cornu_csv_dataset(shared_data_path(path, "timeseries/daily-min-temperatures.csv"),
                                                  .fields = cornu_names("Temp")));
    assert_int_equal(cornu_dataset_count(table), 3650);
    cornu_dataset *windows =
        made(cornu_windows_dataset(table, DAYS, .windows = cornu_names("Temp"), .targets = cornu_names("Temp")));
    assert_int_equal(cornu_dataset_count(windows), 3650 - DAYS);
    expect_the_generators_windows(table, windows);
    cornu_dataset *scaled = made(cornu_dataset_map(windows, .function = scale, .fields = fields, .field_count = 2));
    cornu_dataset *training = made(cornu_dataset_slice(scaled, 0, LEARNED));
    cornu_dataset *held_out = made(cornu_dataset_slice(scaled, LEARNED, 3650 - DAYS));
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_dense(1, .input_shape = {DAYS}));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.01), .loss = "mse", .metrics = {"mae"},
                  .threads = 1);
    double error = trained(model, training, held_out, 5, "mae"), naive = error_of_yesterday(scaled, LEARNED);
    print_message("mean error %.3f degrees, of yesterday's temperature %.3f\n", 4 * error, 4 * naive);
    assert_true(error < 0.93 * naive);
    cornu_dataset_release(held_out);
    cornu_dataset_release(training);
    cornu_dataset_release(scaled);
    cornu_dataset_release(windows);
    cornu_dataset_release(table);
}

/* --- A table: how far cars go, six of them of unknown power --- */

#define CARS 398

static cornu_dataset *every_fifth(cornu_dataset *table, bool held_out)
{
    int64_t rows[CARS], count = 0;
    for (int64_t i = 0; i < CARS; i++)
        if ((i % 5 == 4) == held_out)
            rows[count++] = i;
    cornu_array *indices = made(cornu_array_copy_of(CORNU_INT64, 1, &count, rows));
    cornu_dataset *subset = made(cornu_dataset_subset(table, indices));
    cornu_array_release(indices);
    return subset;
}

/* Of always saying the mean. */
static double error_of_the_mean(cornu_dataset *table)
{
    double mean = 0, error = 0;
    cornu_array *arrays = made(cornu_dataset_load(table, 0, cornu_dataset_count(table)));
    const cornu_array *y = cornu_array_item_named(arrays, "y");
    for (int64_t i = 0; i < cornu_array_count(y); i++)
        mean += cornu_array_get(y, i) / (double)cornu_array_count(y);
    for (int64_t i = 0; i < cornu_array_count(y); i++)
        error += fabs(cornu_array_get(y, i) - mean) / (double)cornu_array_count(y);
    cornu_array_release(arrays);
    return error;
}

static void a_table_with_holes_is_learned(void **state)
{
    (void)state;
    char path[SHARED_DATA_PATH_SIZE];
    const char *const *columns =
        cornu_names("cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year", "origin");
    assert_null(cornu_csv_dataset(shared_data_path(path, "tabular/auto_mpg.csv"), .target = "mpg", .x = columns,
                                  .columns = cornu_csv_columns({"origin", "one_hot"})));
    assert_non_null(strstr(cornu_error_message(), "line 34"));
    assert_non_null(strstr(cornu_error_message(), "horsepower"));
    cornu_dataset *table = made(cornu_csv_dataset(path, .target = "mpg", .x = columns, .missing = "mean",
                                                  .columns = cornu_csv_columns({"origin", "one_hot"})));
    assert_int_equal(cornu_dataset_count(table), CARS);
    cornu_dataset *training = every_fifth(table, false), *held_out = every_fifth(table, true);
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_batch_normalization(.momentum = 0.9, .input_shape = {9}));
    cornu_add(model, cornu_dense(16, .activation = "relu"));
    cornu_add(model, cornu_dense(1));
    cornu_compile(model, .optimizer = cornu_adam(.learning_rate = 0.02), .loss = "mae", .metrics = {"mae"},
                  .threads = 1);
    double error = trained(model, training, held_out, 40, "mae"), naive = error_of_the_mean(held_out);
    print_message("mean error %.2f miles per gallon, of the mean %.2f\n", error, naive);
    assert_true(error < 0.6 * naive);
    cornu_dataset_release(held_out);
    cornu_dataset_release(training);
    cornu_dataset_release(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_an_archive_are_learned),
        cmocka_unit_test(a_series_is_foretold_better_than_by_yesterday),
        cmocka_unit_test(a_table_with_holes_is_learned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
