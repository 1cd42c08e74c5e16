/* Datasets of HDF5 files: rows as h5py wrote them, whatever they are packed in and however small the cache; files that lie do no harm. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/dataset.h>
#include <cornu/log.h>

#include "base/memory.h"
#include "base/random.h"
#include "files.h"

#define ROWS 11
#define ROW 35 /* 5 x 7; element i of the cubes of make_fixtures.py is i % 50 */

static const char *const cubes[] = {"plain", "deflated", "shuffled", "checked"};

static bool is_cube_row(const float *row, int64_t number)
{
    for (int64_t i = 0; i < ROW; i++) {
        if (row[i] != (float)((number * ROW + i) % 50))
            return false;
    }
    return true;
}

static void rows_are_those_of_h5py(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    fixture_path(path, "chunks.h5");
    for (size_t i = 0; i < 4; i++) {
        for (int64_t cache_bytes = 0; cache_bytes < 3; cache_bytes++) {
            cornu_dataset *dataset =
                cornu_hdf5_dataset(path, .fields = cornu_names(cubes[i]), .cache_bytes = cache_bytes);
            if (!dataset)
                fail_msg("%s", cornu_error_message());
            assert_int_equal(cornu_dataset_count(dataset), ROWS);
            assert_int_equal(cornu_dataset_block_size(dataset), 4);
            assert_true(cornu_dataset_random_access(dataset));
            assert_int_equal(cornu_dataset_field(dataset, 0)->rank, 2);
            assert_int_equal(cornu_dataset_field(dataset, 0)->shape[1], 7);
            cornu_sample *sample = cornu_sample_create(dataset);
            for (int64_t k = 0; k < 40; k++) {
                int64_t row = k * 7 % ROWS;
                assert_int_equal(cornu_dataset_read(dataset, row, sample), CORNU_OK);
                assert_true(is_cube_row(cornu_sample_data(sample, 0), row));
            }
            for (int64_t begin = 0; begin < ROWS; begin++) {
                for (int64_t end = begin; end <= ROWS; end++) {
                    cornu_array *run = cornu_dataset_load(dataset, begin, end);
                    for (int64_t row = begin; row < end; row++)
                        assert_true(
                            is_cube_row(cornu_array_float32(cornu_array_item(run, 0)) + (row - begin) * ROW, row));
                    cornu_array_release(run);
                }
            }
            cornu_sample_release(sample);
            cornu_dataset_release(dataset);
        }
        cornu_dataset *whole = cornu_hdf5_dataset(path, .fields = cornu_names(cubes[i]), .in_memory = true);
        cornu_array *all = cornu_dataset_load(whole, 10, 11);
        assert_true(is_cube_row(cornu_array_float32(cornu_array_item(all, 0)), 10));
        cornu_array_release(all);
        cornu_dataset_release(whole);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_column_of_numbers_in_chunks(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_dataset *dataset = cornu_hdf5_dataset(fixture_path(path, "chunks.h5"), .fields = cornu_names("row"));
    assert_int_equal(cornu_dataset_field(dataset, 0)->rank, 0);
    assert_int_equal(cornu_dataset_block_size(dataset), 16);
    cornu_sequence *sequence = cornu_dataset_sequence(dataset, .batch_size = 64, .buffer_size = 50, .seed = 2);
    bool seen[300] = {0};
    for (int64_t index = 0; index < cornu_sequence_length(sequence); index++) {
        cornu_batch batch;
        assert_int_equal(cornu_sequence_get(sequence, index, &batch), CORNU_OK);
        assert_int_equal(cornu_array_dtype(batch.x), CORNU_INT64);
        for (int64_t i = 0; i < cornu_array_size(batch.x, 0); i++) {
            int64_t value = ((int64_t *)cornu_array_data(batch.x))[i];
            assert_in_range(value, 0, 299);
            assert_false(seen[value]);
            seen[value] = true;
        }
        cornu_batch_clear(&batch);
    }
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void several_datasets_are_the_fields_of_a_sample(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_dataset *dataset =
        cornu_hdf5_dataset(fixture_path(path, "chunks.h5"), .fields = cornu_names("deflated", "plain", "checked"));
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 6, sample), CORNU_OK);
    for (int field = 0; field < 3; field++)
        assert_true(is_cube_row(cornu_sample_data(sample, field), 6));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("plain", "row")), CORNU_ERROR_SHAPE,
                   "'row' has 300 rows where 'plain' has 11; name datasets that belong together by .fields");
    expect_refused(cornu_dataset_open(path), CORNU_ERROR_SHAPE, "by .fields");
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("plane")), CORNU_ERROR_UNKNOWN_NAME,
                   "did you mean 'plain'?");
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("plain", "plain")), CORNU_ERROR_INVALID_ARGUMENT,
                   "two fields are named 'plain'");
    expect_refused(cornu_hdf5_dataset(path, .cache_bytes = -1), CORNU_ERROR_INVALID_ARGUMENT, "cache_bytes is -1");
}

static void what_cannot_be_read_is_said_when_it_is_opened(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    fixture_path(path, "chunks.h5");
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("unwritten")), CORNU_ERROR_FORMAT, "ever written");
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("bomb")), CORNU_ERROR_FORMAT,
                   "more than the file can hold");
    expect_refused(cornu_hdf5_dataset(fixture_path(path, "refused_external_link.h5")), CORNU_ERROR_DATA,
                   "no dataset of numbers; 'x' is an external link, which is not followed");
    expect_refused(cornu_hdf5_dataset(fixture_path(path, "refused_virtual.h5")), CORNU_ERROR_DATA,
                   "'x' is a dataset whose numbers are in other files");
    expect_refused(cornu_hdf5_dataset(fixture_path(path, "refused_outside.h5")), CORNU_ERROR_DATA,
                   "'x' is a dataset whose numbers are in other files");
    expect_refused(cornu_hdf5_dataset(fixture_path(path, "float32.npy")), CORNU_ERROR_FORMAT, "no HDF5");
    expect_refused(cornu_hdf5_dataset("no such.h5"), CORNU_ERROR_IO, "No such file");
    expect_refused(cornu_hdf5_dataset(NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
}

static void keep_warning(const char *message, void *kept)
{
    strncat(kept, message, 400 - strlen(kept) - 1);
}

static void what_lies_beside_links_out_of_the_file_is_read(void **state)
{
    (void)state;
    static const char *const files[] = {"elsewhere.h5", "elsewhere_old.h5"};
    char path[PATH_SIZE];
    for (int i = 0; i < 2; i++) {
        char warning[400] = "";
        cornu_set_warning_handler(keep_warning, warning);
        cornu_dataset *dataset = cornu_hdf5_dataset(fixture_path(path, files[i]));
        cornu_set_warning_handler(NULL, NULL);
        if (!dataset)
            fail_msg("%s", cornu_error_message());
        assert_int_equal(cornu_dataset_count(dataset), 5);
        assert_int_equal(cornu_dataset_field_count(dataset), 2);
        assert_string_equal(cornu_dataset_field(dataset, 0)->name, "x");
        assert_string_equal(cornu_dataset_field(dataset, 1)->name, "y");
        cornu_sample *sample = cornu_sample_create(dataset);
        assert_int_equal(cornu_dataset_read(dataset, 3, sample), CORNU_OK);
        assert_float_equal(((const float *)cornu_sample_data(sample, 0))[1], 7, 0);
        assert_int_equal(*(const int32_t *)cornu_sample_data(sample, 1), 3);
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
        assert_non_null(strstr(warning, i == 0
                                            ? "'again' is a soft link, which is not followed (nor are 3 more)"
                                            : "'masks' is an external link, which is not followed (nor are 2 more)"));
        expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("masks")), CORNU_ERROR_UNKNOWN_NAME,
                       "has no dataset 'masks'; '");
        expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("passwords")), CORNU_ERROR_UNSUPPORTED,
                       "/passwords: this dataset is not read: its numbers are in other files");
    }
}

/* Chunks are unpacked within the limit of memory; the cache grows no larger than that. */
static void little_memory_is_enough(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    fixture_path(path, "chunks.h5");
    setenv("CORNU_MAX_READ_BYTES", "400", 1); /* a chunk of "plain" has 320 bytes, all of it 1540 */
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("plain"), .in_memory = true), CORNU_ERROR_LIMIT, "");
    cornu_dataset *dataset = cornu_hdf5_dataset(path, .fields = cornu_names("plain"));
    cornu_sample *sample = cornu_sample_create(dataset);
    uint64_t live = cornu__allocation_live();
    for (int64_t k = 0; k < 100; k++) {
        int64_t row = k * 7 % ROWS;
        assert_int_equal(cornu_dataset_read(dataset, row, sample), CORNU_OK);
        assert_true(is_cube_row(cornu_sample_data(sample, 0), row));
        assert_true(cornu__allocation_live() <= live + 1);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    setenv("CORNU_MAX_READ_BYTES", "300", 1);
    expect_refused(cornu_hdf5_dataset(path, .fields = cornu_names("plain")), CORNU_ERROR_LIMIT, "320 bytes");
    unsetenv("CORNU_MAX_READ_BYTES");
}

/* --- Threads --- */

typedef struct reader {
    cornu_dataset *dataset;
    uint64_t number;
    atomic_int *wrong;
} reader;

static void *read_many(void *state)
{
    const reader *self = state;
    cornu_sample *sample = cornu_sample_create(self->dataset);
    cornu__random_key key = cornu__random_key_make(1, CORNU__RANDOM_USER, self->number, 0);
    for (uint64_t i = 0; i < 2000; i++) {
        int64_t row = (int64_t)cornu__random_below(key, i, ROWS);
        bool right = cornu_dataset_read(self->dataset, row, sample) == CORNU_OK;
        for (int field = 0; field < 4 && right; field++)
            right = is_cube_row(cornu_sample_data(sample, field), row);
        atomic_fetch_add(self->wrong, !right);
    }
    cornu_sample_release(sample);
    return NULL;
}

static void threads_share_a_cache_that_is_too_small(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    setenv("CORNU_MAX_READ_BYTES", "700", 1); /* two chunks of each */
    cornu_dataset *dataset = cornu_hdf5_dataset(fixture_path(path, "chunks.h5"),
                                                .fields = cornu_names("plain", "deflated", "shuffled", "checked"));
    unsetenv("CORNU_MAX_READ_BYTES");
    atomic_int wrong = 0;
    pthread_t threads[6];
    reader readers[6];
    for (int i = 0; i < 6; i++) {
        readers[i] = (reader){dataset, (uint64_t)i, &wrong};
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
    }
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Damage --- */

/* Whatever the file is: numbers or a message, and nothing left behind. */
static void read_whatever_it_is(const char *path)
{
    for (size_t i = 0; i < 4; i++) {
        cornu_error_clear();
        cornu_dataset *dataset = cornu_hdf5_dataset(path, .fields = cornu_names(cubes[i]));
        cornu_array *all = dataset ? cornu_dataset_load(dataset, 0, CORNU_NONE) : NULL;
        if (!all && cornu_error_message()[0] == '\0')
            fail_msg("a failure without a message");
        cornu_array_release(all);
        cornu_dataset_release(dataset);
        if (!dataset && i == 0 && cornu_error_status() != CORNU_ERROR_UNKNOWN_NAME)
            break;
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

static void truncated_and_changed_files_do_no_harm(void **state)
{
    (void)state;
    char path[PATH_SIZE], changed[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(path, "chunks.h5"), &size);
    scratch_path(changed, "changed.h5");
    for (size_t length = 0; length < size; length += 1 + length / 40) {
        write_bytes(changed, bytes, length);
        cornu_error_clear();
        assert_null(cornu_hdf5_dataset(changed, .fields = cornu_names("plain")));
        assert_true(cornu_error_status() == CORNU_ERROR_FORMAT || cornu_error_status() == CORNU_ERROR_UNSUPPORTED);
    }
    cornu__random_key key = cornu__random_key_make(3, CORNU__RANDOM_USER, 0, 0);
    for (uint64_t i = 0; i < 3000; i++) {
        size_t at = (size_t)cornu__random_below(key, i, size);
        const unsigned char right = bytes[at];
        bytes[at] = (unsigned char)(i % 2 ? 0xFF : right ^ 1 << i % 8);
        write_bytes(changed, bytes, size);
        read_whatever_it_is(changed);
        bytes[at] = right;
    }
    free(bytes);
    scratch_remove(changed);
}

static void a_file_that_shrinks_is_an_error(void **state)
{
    (void)state;
    char path[PATH_SIZE], shrinks[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(path, "chunks.h5"), &size);
    write_bytes(scratch_path(shrinks, "shrinks.h5"), bytes, size);
    free(bytes);
    cornu_dataset *dataset = cornu_hdf5_dataset(shrinks, .fields = cornu_names("plain"));
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(truncate(shrinks, 200), 0);
    assert_int_equal(cornu_dataset_read(dataset, 7, sample), CORNU_ERROR_IO);
    assert_says("sample 7");
    assert_says("became shorter while it was read");
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    scratch_remove(shrinks);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void refused_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    fixture_path(path, "chunks.h5");
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        bool whole = false;
        for (uint64_t n = 1; !whole; n += 1 + n / 50) {
            cornu__allocation_fail_at(n);
            cornu_dataset *dataset =
                cornu_hdf5_dataset(path, .fields = cornu_names("shuffled", "plain"), .in_memory = in_memory);
            cornu_array *all = dataset ? cornu_dataset_load(dataset, 3, 9) : NULL;
            cornu__allocation_fail_at(0);
            whole = all != NULL;
            if (!whole)
                assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
            cornu_array_release(all);
            cornu_dataset_release(dataset);
            assert_int_equal(cornu__allocation_live(), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_h5py),
        cmocka_unit_test(a_column_of_numbers_in_chunks),
        cmocka_unit_test(several_datasets_are_the_fields_of_a_sample),
        cmocka_unit_test(what_cannot_be_read_is_said_when_it_is_opened),
        cmocka_unit_test(what_lies_beside_links_out_of_the_file_is_read),
        cmocka_unit_test(little_memory_is_enough),
        cmocka_unit_test(threads_share_a_cache_that_is_too_small),
        cmocka_unit_test(truncated_and_changed_files_do_no_harm),
        cmocka_unit_test(a_file_that_shrinks_is_an_error),
        cmocka_unit_test(refused_memory_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
