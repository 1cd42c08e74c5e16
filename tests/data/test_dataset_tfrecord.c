/* TFRecord files as datasets: TensorFlow's are read, fields said or found, ours written and read again, damage told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/dataset_checks.h"
#include "data/oracle_values.h"

static char path[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    scratch_path(path, "records.tfrecord");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_path(path, "records.tfrecord");
    unlink(path);
    return cornu__allocation_live() != 0;
}

/* What tests/oracle/records.py wrote into record i. */
static void expect_example(const cornu_dataset *dataset, const cornu_sample *sample, int64_t i)
{
    unsigned char image[8];
    for (int64_t j = 0; j <= i; j++)
        image[j] = (unsigned char)((250 + i + j) % 256);
    expect_bytes(dataset, sample, "image", image, (size_t)i + 1);
    assert_true(value_of(dataset, sample, "label", 0) == (double)(3 * i - 4));
    assert_true(value_of(dataset, sample, "values", 0) == (double)i + 0.5 &&
                value_of(dataset, sample, "values", 1) == (double)-i &&
                value_of(dataset, sample, "values", 2) == (double)(float)(1e-3 * (double)i));
    int counts = cornu_dataset_field_named(dataset, "counts");
    assert_int_equal(cornu_sample_size(sample, counts), i);
    for (int64_t j = 0; j < i; j++)
        assert_true(((int64_t *)cornu_sample_data(sample, counts))[j] == (j + 1) * 1000000000000);
}

static const cornu_tfrecord_field said[] = {
    {.name = "label", .dtype = CORNU_INT16},
    {.name = "image", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}},
    {.name = "values", .dtype = CORNU_FLOAT64, .rank = 1, .shape = {3}},
    {.name = "counts", .dtype = CORNU_INT64, .rank = 1, .shape = {CORNU_NONE}, .optional = true},
    {.name = "nothing", .dtype = CORNU_FLOAT32, .rank = 2, .shape = {2, 2}, .optional = true, .default_value = 2.5}};

static void tensorflows_files_are_read_with_fields_said_and_found(void **state)
{
    (void)state;
    const char *const names[] = {"examples.tfrecord", "examples.tfrecord.gz"};
    for (int n = 0; n < 4; n++) {
        bool says = n >= 2;
        cornu_dataset *dataset = made(cornu_tfrecord_dataset(
            fixture_path(path, names[n % 2]), .fields = says ? said : NULL, .field_count = says ? 5 : 0));
        cornu_sample *sample = made(cornu_sample_create(dataset));
        assert_int_equal(cornu_dataset_count(dataset), 5);
        assert_int_equal(cornu_dataset_field_count(dataset), says ? 5 : 4);
        const int order[] = {3, 0, 4, 4, 1, 2};
        for (int i = 0; i < 6; i++) {
            read_sample(dataset, order[i], sample);
            expect_example(dataset, sample, order[i]);
            for (int j = 0; j < 4 && says; j++)
                assert_true(value_of(dataset, sample, "nothing", j) == 2.5);
        }
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
    }
    cornu_dataset *dataset = made(cornu_dataset_open(fixture_path(path, "examples.tfrecord")));
    assert_int_equal(cornu_dataset_count(dataset), 5);
    cornu_dataset_release(dataset);
}

/* --- Ours --- */

static cornu_array *features_of(int64_t i)
{
    const int64_t shape[] = {2, 3}, length = i % 4;
    unsigned char bytes[6];
    float numbers[6];
    int32_t label = (int32_t)(i % 3);
    for (int j = 0; j < 6; j++) {
        bytes[j] = (unsigned char)(i + j);
        numbers[j] = (float)i / 4 + (float)j;
    }
    cornu_array *items[] = {
        cornu_array_copy_of(CORNU_UINT8, 2, shape, bytes), cornu_array_copy_of(CORNU_FLOAT32, 2, shape, numbers),
        cornu_array_copy_of(CORNU_INT32, 0, NULL, &label), cornu_array_copy_of(CORNU_FLOAT32, 1, &length, numbers)};
    cornu_array *all = cornu_array_dict(4, (const char *const[]){"raw", "x", "y", "some"}, items);
    for (int j = 0; j < 4; j++)
        cornu_array_release(items[j]);
    return all;
}

static void write_records(const char *to, int64_t begin, int64_t end, const char *compression)
{
    cornu_tfrecord_writer *writer = made(cornu_tfrecord_writer_create(to, .compression = compression));
    for (int64_t i = begin; i < end; i++) {
        cornu_array *features = features_of(i);
        assert_int_equal(cornu_tfrecord_writer_add(writer, features), CORNU_OK);
        cornu_array_release(features);
    }
    assert_int_equal(cornu_tfrecord_writer_close(writer), CORNU_OK);
}

static const cornu_tfrecord_field ours[] = {{.name = "x", .dtype = CORNU_FLOAT32, .rank = 1, .shape = {6}},
                                            {.name = "y", .dtype = CORNU_INT32},
                                            {.name = "raw", .dtype = CORNU_UINT16, .rank = 1, .shape = {3}}};

static void what_is_written_comes_back_for_any_workers(void **state)
{
    (void)state;
    for (int compressed = 0; compressed < 2; compressed++) {
        write_records(path, 0, 100, compressed ? "gzip" : NULL);
        cornu_dataset *dataset = made(cornu_tfrecord_dataset(path, .fields = ours, .field_count = 3));
        cornu_sample *sample = made(cornu_sample_create(dataset));
        for (int64_t i = 99; i >= 0; i -= compressed ? 33 : 1) {
            read_sample(dataset, i, sample);
            assert_true(value_of(dataset, sample, "x", 5) == (double)i / 4 + 5 &&
                        value_of(dataset, sample, "y", 0) == (double)(i % 3));
            assert_true(value_of(dataset, sample, "raw", 1) == (double)(i + 2 + 256 * (i + 3)));
        }
        expect_same_batches_for_any_workers(dataset, 6);
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
    }
}

static void shards_come_one_behind_the_other(void **state)
{
    (void)state;
    char shard[PATH_SIZE], pattern[PATH_SIZE];
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "shard-%d.tfrecord", i);
        write_records(scratch_path(shard, name), 10 * i, 10 * i + 10, NULL);
    }
    cornu_dataset *dataset =
        made(cornu_tfrecord_dataset(scratch_path(pattern, "shard-*.tfrecord"), .fields = ours, .field_count = 3));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), 30);
    for (int64_t i = 0; i < 30; i++) {
        read_sample(dataset, i, sample);
        assert_true(value_of(dataset, sample, "x", 0) == (double)i / 4);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    for (int i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "shard-%d.tfrecord", i);
        unlink(scratch_path(shard, name));
    }
    expect_refusal(cornu_tfrecord_dataset(pattern), "there is no file of a name like");
}

static void more_shards_than_files_may_be_open_are_read(void **state)
{
    (void)state;
    char folder[PATH_SIZE], shard[PATH_SIZE + 40];
    assert_int_equal(mkdir(scratch_path(folder, "shards"), 0777), 0);
    for (int i = 0; i < 1200; i++) {
        snprintf(shard, sizeof shard, "%s/%04d.tfrecord", folder, i);
        write_records(shard, i, i + 1, NULL);
    }
    snprintf(shard, sizeof shard, "%s/*.tfrecord", folder);
    struct rlimit before, few = {.rlim_cur = 700};
    getrlimit(RLIMIT_NOFILE, &before);
    few.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_NOFILE, &few);
    cornu_dataset *dataset = made(cornu_tfrecord_dataset(shard, .fields = ours, .field_count = 3));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    for (int64_t i = 1199; i >= 0; i -= 7) {
        read_sample(dataset, i, sample);
        assert_true(value_of(dataset, sample, "x", 0) == (double)i / 4);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    setrlimit(RLIMIT_NOFILE, &before);
    for (int i = 0; i < 1200; i++) {
        snprintf(shard, sizeof shard, "%s/%04d.tfrecord", folder, i);
        unlink(shard);
    }
    rmdir(folder);
}

/* --- What is wrong --- */

static void expect_sample_refusal(const cornu_tfrecord_field *field, int64_t index, const char *part)
{
    cornu_dataset *dataset =
        made(cornu_tfrecord_dataset(fixture_path(path, "examples.tfrecord"), .fields = field, .field_count = 1));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_not_equal(cornu_dataset_read(dataset, index, sample), CORNU_OK);
    if (!strstr(cornu_error_message(), part))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), part);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void what_does_not_fit_its_field_is_told_of(void **state)
{
    (void)state;
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "labels"}, 0, "feature 'labels' is missing");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "nothing"}, 0, "feature 'nothing' is missing");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "values", .dtype = CORNU_INT32}, 0, "has floats");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "label", .dtype = CORNU_UINT8}, 0,
                          "has the value -4, which uint8 does not hold");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "values", .rank = 1, .shape = {2}}, 1,
                          "has 3 values; wanted 2");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "image", .dtype = CORNU_UINT8, .rank = 1, .shape = {3}}, 0,
                          "has 1 bytes; wanted 3");
    expect_sample_refusal(&(cornu_tfrecord_field){.name = "image", .dtype = CORNU_FLOAT32}, 0, "no whole number of");
    expect_refusal(cornu_tfrecord_dataset(path, .fields = said, .field_count = 0), "0 fields");
    expect_refusal(
        cornu_tfrecord_dataset(path, .fields = &(cornu_tfrecord_field){.name = "a", .rank = 9}, .field_count = 1),
        "no possible dtype or shape");
    expect_refusal(cornu_tfrecord_dataset("/nowhere.tfrecord"), "cannot read '/nowhere.tfrecord'");
    expect_refusal(cornu_tfrecord_dataset(NULL), "there is no path");
}

static void damage_is_told_of_when_it_is_seen(void **state)
{
    (void)state;
    write_records(path, 0, 20, NULL);
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    bytes[size / 2] ^= 1;
    write_bytes(path, bytes, size);
    cornu_dataset *dataset = cornu_tfrecord_dataset(path, .fields = ours, .field_count = 3);
    int64_t failed = dataset ? 0 : 1;
    cornu_sample *sample = dataset ? made(cornu_sample_create(dataset)) : NULL;
    for (int64_t i = 0; i < cornu_dataset_count(dataset); i++)
        failed += cornu_dataset_read(dataset, i, sample) != CORNU_OK;
    assert_int_equal(failed, 1);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    for (size_t length = 0; length < size; length += 7) {
        write_bytes(path, bytes, length);
        cornu_error_clear();
        dataset = cornu_tfrecord_dataset(path, .fields = ours, .field_count = 3);
        assert_true(dataset || cornu_error_message()[0] != '\0');
        cornu_dataset_release(dataset);
    }
    write_bytes(path, "", 0);
    expect_refusal(cornu_tfrecord_dataset(path), "has no records");
    cornu_tfrecord_writer *writer = made(cornu_tfrecord_writer_create(path));
    assert_int_equal(cornu_tfrecord_writer_add_bytes(writer, "no Example", 10), CORNU_OK);
    assert_int_equal(cornu_tfrecord_writer_close(writer), CORNU_OK);
    expect_refusal(cornu_tfrecord_dataset(path), "record 0");
    free(bytes);
}

static void a_writer_leaves_a_whole_file_or_none(void **state)
{
    (void)state;
    cornu_tfrecord_writer *writer = made(cornu_tfrecord_writer_create(path, .compression = "gzip"));
    assert_int_equal(cornu_tfrecord_writer_add_bytes(writer, "abc", 3), CORNU_OK);
    assert_int_not_equal(access(path, F_OK), 0);
    cornu_tfrecord_writer_abandon(writer);
    assert_int_not_equal(access(path, F_OK), 0);
    expect_refusal(cornu_tfrecord_writer_create(path, .compression = "zip"), "there is no compression 'zip'");
    expect_refusal(cornu_tfrecord_writer_create("/nowhere/a.tfrecord"), "/nowhere/a.tfrecord");
    writer = made(cornu_tfrecord_writer_create(path));
    cornu_array *plain = cornu_array_zeros(CORNU_FLOAT32, 0, NULL);
    assert_int_equal(cornu_tfrecord_writer_add(writer, plain), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_array_release(plain);
    cornu_tfrecord_writer_abandon(writer);
}

static cornu_dataset *open_examples(void)
{
    char file[PATH_SIZE];
    return cornu_tfrecord_dataset(fixture_path(file, "examples.tfrecord"));
}

static void memory_that_is_refused_is_told_of(void **state)
{
    (void)state;
    fail_every_allocation_of_reading(open_examples);
}

int main(int count, char **arguments)
{
    if (count == 3) { /* for tests/oracle/records.py --check */
        write_records(arguments[1], 0, 5, NULL);
        write_records(arguments[2], 0, 5, "gzip");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tensorflows_files_are_read_with_fields_said_and_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_written_comes_back_for_any_workers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shards_come_one_behind_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_shards_than_files_may_be_open_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_fit_its_field_is_told_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_is_told_of_when_it_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_writer_leaves_a_whole_file_or_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_refused_is_told_of, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
