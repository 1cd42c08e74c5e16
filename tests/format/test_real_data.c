/*
 * test_real_data.c: real data sets read whole. Sums and values were computed by Python from the same files (gzip, csv
 * and numpy). Skips, saying so, where the data is not: it lies beside the project, or where CORNU_SHARED_DATA says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/csv.h>

#include "files.h"
#include "support/shared_data.h"

/* Sum and sum of element i times i modulo 251 of an array of bytes. */
static void expect_sums(const cornu_array *array, int64_t sum, int64_t weighted_sum)
{
    assert_int_equal(cornu_array_dtype(array), CORNU_UINT8);
    const uint8_t *bytes = cornu_array_data(array);
    for (int64_t i = 0; i < cornu_array_count(array); i++) {
        sum -= bytes[i];
        weighted_sum -= bytes[i] * (i % 251);
    }
    assert_int_equal(sum, 0);
    assert_int_equal(weighted_sum, 0);
}

static void expect_images(const char *name, int64_t count, int64_t sum, int64_t weighted_sum)
{
    char path[PATH_SIZE];
    cornu_array *images = cornu_load_idx(shared_data_path(path, name));
    if (!images)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_rank(images), 3);
    assert_int_equal(cornu_array_size(images, 0), count);
    assert_int_equal(cornu_array_size(images, 1), 28);
    assert_int_equal(cornu_array_size(images, 2), 28);
    expect_sums(images, sum, weighted_sum);
    cornu_array_release(images);
}

static void expect_labels(const char *name, int64_t count, int64_t sum, int64_t weighted_sum)
{
    char path[PATH_SIZE];
    cornu_array *labels = cornu_load_idx(shared_data_path(path, name));
    if (!labels)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_rank(labels), 1);
    assert_int_equal(cornu_array_size(labels, 0), count);
    expect_sums(labels, sum, weighted_sum);
    cornu_array_release(labels);
}

static void fashion_mnist_is_read_to_the_last_pixel(void **state)
{
    (void)state;
    expect_images("fashion-mnist/train-images-idx3-ubyte.gz", 60000, 3431114169, 428843984823);
    expect_labels("fashion-mnist/train-labels-idx1-ubyte.gz", 60000, 270000, 33697695);
    expect_images("fashion-mnist/t10k-images-idx3-ubyte.gz", 10000, 573469082, 71679932715);
    expect_labels("fashion-mnist/t10k-labels-idx1-ubyte.gz", 10000, 45000, 5592289);
}

/* Reads a table whose target is its last column; the float32 numbers of "x", summed in double, give `sum`. */
static void expect_table(const char *name, int64_t rows, int64_t columns, double sum, cornu_dtype target_dtype)
{
    char path[PATH_SIZE];
    cornu_array *table = cornu_load_csv(shared_data_path(path, name), .target = "-1");
    if (!table)
        fail_msg("%s", cornu_error_message());
    const cornu_array *x = cornu_array_item_named(table, "x"), *y = cornu_array_item_named(table, "y");
    assert_int_equal(cornu_array_size(x, 0), rows);
    assert_int_equal(cornu_array_size(x, 1), columns);
    assert_int_equal(cornu_array_dtype(y), target_dtype);
    assert_int_equal(cornu_array_count(y), rows);
    double got = 0;
    for (int64_t i = 0; i < cornu_array_count(x); i++)
        got += cornu_array_get(x, i);
    assert_true(got > sum - 1e-6 && got < sum + 1e-6);
    cornu_array_release(table);
}

static void tables_of_the_field_are_read(void **state)
{
    (void)state;
    expect_table("tabular/iris.csv", 150, 4, 2078.1999964267015, CORNU_INT32);
    expect_table("tabular/wine.csv", 178, 13, 159975.29599502683, CORNU_FLOAT32);
    expect_table("tabular/pima-indians-diabetes.csv", 768, 8, 276392.7010113299, CORNU_FLOAT32);
    expect_table("tabular/sonar.csv", 208, 60, 3510.889700032487, CORNU_INT32);
    expect_table("tabular/banknote_authentication.csv", 1372, 4, 3515.1449200020115, CORNU_FLOAT32);
    expect_table("tabular/boston_housing.csv", 506, 13, 460946.5543759526, CORNU_FLOAT32);
    expect_table("tabular/winequality-white.csv", 4898, 11, 993116.31402166, CORNU_FLOAT32);
}

static void a_target_can_stand_first(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_array *table = cornu_load_csv(shared_data_path(path, "tabular/abalone.csv"), .target = "0");
    if (!table)
        fail_msg("%s", cornu_error_message());
    const int32_t *y = cornu_array_data(cornu_array_item_named(table, "y"));
    assert_int_equal(y[0], 2); /* M of F, I, M */
    assert_int_equal(y[2], 0);
    assert_true(cornu_array_get(cornu_array_item_named(table, "x"), 7) == 15);
    cornu_array_release(table);
}

static void a_missing_value_is_told_with_its_line_and_name(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    expect_failure(
        cornu_load_csv(shared_data_path(path, "tabular/california_housing.csv"), .target = "ocean_proximity"),
        CORNU_ERROR_DATA, "line 292, column 5 (total_bedrooms): the field is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fashion_mnist_is_read_to_the_last_pixel),
        cmocka_unit_test(tables_of_the_field_are_read),
        cmocka_unit_test(a_target_can_stand_first),
        cmocka_unit_test(a_missing_value_is_told_with_its_line_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
