/* Datasets of .npy, .npz, IDX and CIFAR files: the numbers that numpy wrote, from where they lie, and what becomes of files that lie. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include <cornu/dataset.h>

#include "base/memory.h"
#include "files.h"
#include "support/another_user.h"

/* The rows of a (3, 4) array of make_fixtures.py, read backwards, one by one, and as a run; releases the dataset. */
static void expect_fixture_rows(cornu_dataset *dataset, const char *field, cornu_dtype dtype)
{
    if (!dataset)
        fail_msg("%s", cornu_error_message());
    int number = cornu_dataset_field_named(dataset, field);
    assert_true(number >= 0);
    assert_int_equal(cornu_dataset_count(dataset), 3);
    assert_int_equal(cornu_dataset_field(dataset, number)->rank, 1);
    assert_int_equal(cornu_dataset_field(dataset, number)->shape[0], 4);
    assert_int_equal(cornu_dataset_field(dataset, number)->dtype, dtype);
    cornu_sample *sample = cornu_sample_create(dataset);
    for (int64_t row = 2; row >= 0; row--) {
        if (cornu_dataset_read(dataset, row, sample) != CORNU_OK)
            fail_msg("%s", cornu_error_message());
        cornu_array *values = cornu_array_view(dtype, 1, (int64_t[]){4}, cornu_sample_data(sample, number));
        for (int64_t i = 0; i < 4; i++)
            assert_float_equal(cornu_array_get(values, i), fixture_value(dtype, 4 * row + i), 0);
        cornu_array_release(values);
    }
    cornu_sample_release(sample);
    cornu_array *all = cornu_dataset_load(dataset, 1, CORNU_NONE);
    for (int64_t i = 0; i < 8; i++)
        assert_float_equal(cornu_array_get(cornu_array_item_named(all, field), i), fixture_value(dtype, 4 + i), 0);
    cornu_array_release(all);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- .npy --- */

static void npy_of_every_dtype_and_byte_order(void **state)
{
    (void)state;
    char path[PATH_SIZE], name[64];
    for (cornu_dtype dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        for (int big_endian = 0; big_endian <= (cornu_dtype_size(dtype) > 1); big_endian++) {
            snprintf(name, sizeof name, "%s%s.npy", big_endian ? "big_endian_" : "", cornu_dtype_name(dtype));
            fixture_path(path, name);
            expect_fixture_rows(cornu_npy_dataset(path), "x", dtype);
            expect_fixture_rows(cornu_npy_dataset(path, .field = "image", .in_memory = true), "image", dtype);
            expect_fixture_rows(cornu_dataset_open(path), "x", dtype);
        }
    }
}

static void npy_that_is_no_rows_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    expect_refused(cornu_npy_dataset(fixture_path(path, "fortran.npy")), CORNU_ERROR_UNSUPPORTED, "in_memory");
    expect_refused(cornu_npy_dataset(fixture_path(path, "scalar.npy")), CORNU_ERROR_SHAPE, "single number");
    expect_refused(cornu_npy_dataset(fixture_path(path, "refused_objects.npy")), CORNU_ERROR_UNSUPPORTED, "");
    expect_refused(cornu_npy_dataset(fixture_path(path, "int8.idx")), CORNU_ERROR_FORMAT, "no .npy");
    expect_refused(cornu_npy_dataset(fixture_path(path, "no such file")), CORNU_ERROR_IO, "No such file");
    expect_refused(cornu_npy_dataset(""), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    expect_refused(cornu_npy_dataset(NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    expect_refused(cornu_npy_dataset("/"), CORNU_ERROR_IO, "folder");
    expect_refused(cornu_npy_dataset("/dev/zero"), CORNU_ERROR_IO, "device");
    cornu_dataset *whole = cornu_npy_dataset(fixture_path(path, "fortran.npy"), .in_memory = true);
    assert_int_equal(cornu_dataset_count(whole), 2);
    cornu_dataset_release(whole);
    cornu_dataset *none = cornu_npy_dataset(fixture_path(path, "empty.npy"));
    assert_int_equal(cornu_dataset_count(none), 0);
    assert_null(cornu_dataset_sequence(none));
    assert_says("no samples");
    cornu_dataset_release(none);
    cornu_dataset *vector = cornu_npy_dataset(fixture_path(path, "vector.npy"));
    cornu_array *numbers = cornu_dataset_load(vector, 0, CORNU_NONE);
    assert_int_equal(cornu_array_rank(cornu_array_item(numbers, 0)), 1);
    assert_float_equal(cornu_array_get(cornu_array_item(numbers, 0), 2), 3, 0);
    cornu_array_release(numbers);
    cornu_dataset_release(vector);
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- Files that end too early, or go on, or change --- */

typedef cornu_dataset *opener(const char *path);

static cornu_dataset *as_npy(const char *path)
{
    return cornu_npy_dataset(path);
}

static cornu_dataset *as_npz(const char *path)
{
    return cornu_npz_dataset(path, .fields = cornu_names("x", "layers/dense/vars/0"));
}

static cornu_dataset *as_idx(const char *path)
{
    return cornu_idx_dataset(path);
}

/* Opens and reads everything; whatever the file is, there is a dataset or a message. */
static bool reads_whole(opener *open, const char *path)
{
    cornu_error_clear();
    cornu_dataset *dataset = open(path);
    cornu_array *all = dataset ? cornu_dataset_load(dataset, 0, CORNU_NONE) : NULL;
    bool whole = all != NULL;
    if (!whole && cornu_error_message()[0] == '\0')
        fail_msg("a failure without a message");
    cornu_array_release(all);
    cornu_dataset_release(dataset);
    assert_int_equal(cornu__allocation_live(), 0);
    return whole;
}

static void truncated_at_every_length(void **state)
{
    (void)state;
    const struct {
        const char *name;
        opener *open;
    } files[] = {{"float32.npy", as_npy},
                 {"int32.idx", as_idx},
                 {"int16.idx.gz", as_idx},
                 {"stored.npz", as_npz},
                 {"deflated.npz", as_npz}};
    char path[PATH_SIZE], cut[PATH_SIZE];
    scratch_path(cut, "cut");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(path, files[i].name), &size);
        for (size_t length = 0; length <= size; length++) {
            write_bytes(cut, bytes, length);
            if (reads_whole(files[i].open, cut) != (length == size))
                fail_msg("%s, %zu of %zu bytes: %s", files[i].name, length, size, cornu_error_message());
        }
        free(bytes);
    }
    scratch_remove(cut);
}

static void changed_bytes_do_no_harm(void **state)
{
    (void)state;
    const struct {
        const char *name;
        opener *open;
    } files[] = {{"float32.npy", as_npy}, {"int32.idx", as_idx}, {"stored.npz", as_npz}, {"deflated.npz", as_npz}};
    char path[PATH_SIZE], changed[PATH_SIZE];
    scratch_path(changed, "changed");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(path, files[i].name), &size);
        for (size_t at = 0; at < size; at++) {
            const unsigned char right = bytes[at];
            for (int change = 0; change < 3; change++) {
                bytes[at] = (unsigned char)(change == 0 ? 0xFF : change == 1 ? right ^ 1 : right + 0x40);
                write_bytes(changed, bytes, size);
                reads_whole(files[i].open, changed);
            }
            bytes[at] = right;
        }
        free(bytes);
    }
    scratch_remove(changed);
}

static void a_file_that_goes_on_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE], longer[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(path, "float32.npy"), &size);
    unsigned char *more = realloc(bytes, size + 1);
    more[size] = 0;
    write_bytes(scratch_path(longer, "longer.npy"), more, size + 1);
    expect_refused(cornu_npy_dataset(longer), CORNU_ERROR_FORMAT, "goes on");
    free(more);
    scratch_remove(longer);
}

/* Rows of 1000 floats, each its number, in a .npy file of numpy's own header. */
static void write_rows(const char *path, int64_t rows)
{
    cornu_array *array = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, 1000});
    for (int64_t i = 0; i < rows * 1000; i++)
        cornu_array_float32(array)[i] = (float)(i / 1000);
    assert_int_equal(cornu_save_npy(path, array), CORNU_OK);
    cornu_array_release(array);
}

static void a_file_that_shrinks_is_an_error_not_a_signal(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    write_rows(scratch_path(path, "shrinks.npy"), 50);
    cornu_dataset *dataset = cornu_npy_dataset(path);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 49, sample), CORNU_OK);
    assert_int_equal(truncate(path, 128 + 4000 * 20 + 17), 0);
    assert_int_equal(cornu_dataset_read(dataset, 19, sample), CORNU_OK);
    assert_int_equal(cornu_dataset_read(dataset, 20, sample), CORNU_ERROR_IO);
    assert_says("truncated since it was opened: a sample has 17 of 4000 bytes");
    assert_int_equal(cornu_dataset_read(dataset, 49, sample), CORNU_ERROR_IO);
    assert_says("sample 49");
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    scratch_remove(path);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_file_that_is_replaced_stays_the_old_one(void **state)
{
    (void)state;
    char path[PATH_SIZE], other[PATH_SIZE];
    write_rows(scratch_path(path, "old.npy"), 50);
    write_rows(scratch_path(other, "new.npy"), 2);
    cornu_dataset *dataset = cornu_npy_dataset(path);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(rename(other, path), 0);
    assert_int_equal(cornu_dataset_read(dataset, 49, sample), CORNU_OK);
    assert_float_equal(*(float *)cornu_sample_data(sample, 0), 49, 0);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    scratch_remove(path);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void a_compressed_file_that_is_replaced_is_an_error(void **state)
{
    (void)state;
    char path[PATH_SIZE], from[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(from, "int16.idx.gz"), &size);
    write_bytes(scratch_path(path, "replaced.gz"), bytes, size);
    cornu_dataset *dataset = cornu_idx_dataset(path);
    assert_false(cornu_dataset_random_access(dataset));
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 2, sample), CORNU_OK);
    bytes[size - 1] ^= 1;
    write_bytes(path, bytes, size - 1); /* in the same place: going back opens it again */
    free(bytes);
    assert_int_equal(cornu_dataset_read(dataset, 0, sample), CORNU_ERROR_IO);
    assert_says("was changed while it was read");
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    scratch_remove(path);
    assert_int_equal(cornu__allocation_live(), 0);
}

static char secret[PATH_SIZE];

static bool is_forbidden(const cornu_dataset *opened)
{
    return !opened && cornu_error_status() == CORNU_ERROR_IO && strstr(cornu_error_message(), "Permission denied");
}

/* In a process of its own: whether both were refused with the right words, as its exit status. */
static int read_secret(void)
{
    if (!is_nobody())
        return CANNOT_BE_TRIED;
    return is_forbidden(cornu_npy_dataset(secret)) && is_forbidden(cornu_dataset_open(secret)) ? 0 : 1;
}

static void a_file_that_may_not_be_read_says_so(void **state)
{
    (void)state;
    write_rows(scratch_path(secret, "secret.npy"), 2);
    assert_int_equal(chmod(secret, 0), 0);
    int status = exit_status_of(read_secret);
    scratch_remove(secret);
    assert_int_equal(status, 0);
}

/* A process that has the dataset from its parent reads on by itself: neither sees the other. */
static void a_forked_process_has_its_own_place(void **state)
{
    (void)state;
    const char *const names[] = {"int16.idx.gz", "deflated.npz", "stored.npz", "int16.npy"};
    const cornu_dtype dtypes[] = {CORNU_INT16, CORNU_FLOAT32, CORNU_FLOAT32, CORNU_INT16};
    opener *const openers[] = {as_idx, as_npz, as_npz, as_npy};
    for (int i = 0; i < 4; i++) {
        char path[PATH_SIZE];
        cornu_dataset *dataset = openers[i](fixture_path(path, names[i]));
        cornu_sample *sample = cornu_sample_create(dataset);
        assert_int_equal(cornu_dataset_read(dataset, 0, sample), CORNU_OK);
        pid_t child = fork();
        for (int64_t row = 1; row < 3; row++) {
            bool right = cornu_dataset_read(dataset, row, sample) == CORNU_OK;
            cornu_array *values = cornu_array_view(dtypes[i], 1, (int64_t[]){4}, cornu_sample_data(sample, 0));
            for (int64_t k = 0; k < 4; k++)
                right = right && cornu_array_get(values, k) == fixture_value(dtypes[i], 4 * row + k);
            cornu_array_release(values);
            if (child == 0 && (row == 2 || !right))
                _exit(right ? 0 : 1);
            assert_true(right || child == 0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
    }
    assert_int_equal(cornu__allocation_live(), 0);
}

/* --- .npz --- */

static void npz_stored_and_deflated(void **state)
{
    (void)state;
    for (int deflated = 0; deflated < 2; deflated++) {
        for (int in_memory = 0; in_memory < 2; in_memory++) {
            char path[PATH_SIZE];
            const char *const both[] = {"layers/dense/vars/0", "x", NULL};
            fixture_path(path, deflated ? "deflated.npz" : "stored.npz");
            for (int field = 0; field < 2; field++) {
                cornu_dataset *dataset = cornu_npz_dataset(path, .fields = both, .in_memory = in_memory);
                assert_non_null(dataset);
                assert_int_equal(cornu_dataset_random_access(dataset), !deflated || in_memory);
                assert_int_equal(cornu_dataset_field_count(dataset), 2);
                expect_fixture_rows(dataset, both[field], field == 0 ? CORNU_INT64 : CORNU_FLOAT32);
            }
        }
    }
}

static void npz_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    expect_refused(cornu_npz_dataset(fixture_path(path, "stored.npz")), CORNU_ERROR_SHAPE, "single number");
    expect_refused(cornu_npz_dataset(fixture_path(path, "stored.npz"), .fields = cornu_names("y")),
                   CORNU_ERROR_UNKNOWN_NAME, "has no array 'y'");
    expect_refused(cornu_npz_dataset(fixture_path(path, "deflated.npz"), .fields = cornu_names("x", "zeros")),
                   CORNU_ERROR_SHAPE, "'zeros' has 50 rows where 'x' has 3");
    expect_refused(cornu_npz_dataset(fixture_path(path, "none.npz")), CORNU_ERROR_DATA, "no arrays");
    expect_refused(cornu_npz_dataset(fixture_path(path, "float32.npy")), CORNU_ERROR_FORMAT, "");
    expect_refused(cornu_npz_dataset(fixture_path(path, "refused_objects.npz")), CORNU_ERROR_UNSUPPORTED, "");
}

/* --- IDX --- */

static void idx_of_every_dtype(void **state)
{
    (void)state;
    const cornu_dtype dtypes[] = {CORNU_UINT8, CORNU_INT8, CORNU_INT16, CORNU_INT32, CORNU_FLOAT32, CORNU_FLOAT64};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        char path[PATH_SIZE], name[64];
        snprintf(name, sizeof name, "%s.idx", cornu_dtype_name(dtypes[i]));
        expect_fixture_rows(cornu_idx_dataset(fixture_path(path, name)), "x", dtypes[i]);
        expect_fixture_rows(cornu_idx_dataset(path, .field = "y", .in_memory = true), "y", dtypes[i]);
        expect_fixture_rows(cornu_dataset_open(path), "x", dtypes[i]);
    }
    char path[PATH_SIZE];
    expect_fixture_rows(cornu_idx_dataset(fixture_path(path, "int16.idx.gz")), "x", CORNU_INT16);
    expect_fixture_rows(cornu_dataset_open(path), "x", CORNU_INT16);
}

static void sizes_that_lie_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "lies.idx");
    write_bytes(path,
                "\0\0\x08\x03\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF"
                "abc",
                19);
    expect_refused(cornu_idx_dataset(path), CORNU_ERROR_SHAPE, "lies.idx");
    write_bytes(path,
                "\0\0\x08\x01\x7F\xFF\xFF\xFF"
                "abc",
                11);
    expect_refused(cornu_idx_dataset(path), CORNU_ERROR_FORMAT, "truncated");
    write_bytes(path, "\0\0\x08\x00", 4);
    expect_refused(cornu_idx_dataset(path), CORNU_ERROR_UNSUPPORTED, "0 axes");
    scratch_remove(path);
}

/* --- CIFAR --- */

#define RECORD_10 3073
#define RECORD_100 3074

/* Pixel (row, column) of channel c of picture i is (i + row + 3 * column + 7 * c) % 256. */
static void write_cifar(const char *path, int count, int labels, int bad_label_at)
{
    unsigned char *bytes = malloc((size_t)count * RECORD_100), *to = bytes;
    for (int i = 0; i < count; i++) {
        if (labels == 2)
            *to++ = (unsigned char)(i % 20);
        *to++ = (unsigned char)(i == bad_label_at ? 200 : i % (labels == 2 ? 100 : 10));
        for (int place = 0; place < 3072; place++)
            *to++ = (unsigned char)(i + place % 1024 / 32 + 3 * (place % 32) + 7 * (place / 1024));
    }
    write_bytes(path, bytes, (size_t)(to - bytes));
    free(bytes);
}

static void expect_picture(const unsigned char *picture, int64_t number, bool channels_first)
{
    for (int row = 0; row < 32; row++) {
        for (int column = 0; column < 32; column++) {
            for (int c = 0; c < 3; c++) {
                int place = channels_first ? c * 1024 + row * 32 + column : (row * 32 + column) * 3 + c;
                assert_int_equal(picture[place], (unsigned char)(number + row + 3 * column + 7 * c));
            }
        }
    }
}

static void cifar_planes_become_pictures(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "batch.bin");
    for (int labels = 1; labels <= 2; labels++) {
        write_cifar(path, 25, labels, -1);
        for (int first = 0; first < 2; first++) {
            cornu_dataset *dataset =
                cornu_cifar_dataset(path, .data_format = first ? "channels_first" : "channels_last");
            assert_int_equal(cornu_dataset_count(dataset), 25);
            assert_int_equal(cornu_dataset_field_count(dataset), 1 + labels);
            assert_int_equal(cornu_dataset_field(dataset, 1)->num_classes, labels == 1 ? 10 : 100);
            assert_null(cornu_dataset_field(dataset, 1)->class_names);
            assert_int_equal(cornu_dataset_field(dataset, 0)->shape[0], first ? 3 : 32);
            cornu_sample *sample = cornu_sample_create(dataset);
            for (int64_t i = 24; i >= 0; i -= 5) {
                assert_int_equal(cornu_dataset_read(dataset, i, sample), CORNU_OK);
                expect_picture(cornu_sample_data(sample, 0), i, first);
                assert_int_equal(*(int32_t *)cornu_sample_data(sample, 1), i % (labels == 1 ? 10 : 100));
                if (labels == 2)
                    assert_int_equal(*(int32_t *)cornu_sample_data(sample, 2), i % 20);
            }
            cornu_sample_release(sample);
            cornu_dataset_release(dataset);
        }
        cornu_dataset *opened = cornu_dataset_open(path);
        assert_int_equal(cornu_dataset_field_count(opened), 1 + labels);
        cornu_dataset_release(opened);
    }
    scratch_remove(path);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void write_gzip_of(const char *path, const char *to)
{
    size_t size;
    unsigned char *bytes = read_bytes(path, &size);
    gzFile file = gzopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
    gzclose(file);
    free(bytes);
}

static void compressed_cifar_is_read_forwards(void **state)
{
    (void)state;
    char path[PATH_SIZE], compressed[PATH_SIZE];
    for (int labels = 1; labels <= 2; labels++) {
        write_cifar(scratch_path(path, "batch.bin"), 25, labels, -1);
        write_gzip_of(path, scratch_path(compressed, "batch.bin.gz"));
        cornu_dataset *dataset = cornu_dataset_open(compressed);
        assert_non_null(dataset);
        assert_int_equal(cornu_dataset_count(dataset), 25);
        assert_int_equal(cornu_dataset_field_count(dataset), 1 + labels);
        assert_false(cornu_dataset_random_access(dataset) || cornu_dataset_thread_safe(dataset));
        cornu_sample *sample = cornu_sample_create(dataset);
        const int64_t order[] = {0, 1, 2, 24, 7, 8};
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
            assert_int_equal(cornu_dataset_read(dataset, order[i], sample), CORNU_OK);
            expect_picture(cornu_sample_data(sample, 0), order[i], false);
            assert_int_equal(*(int32_t *)cornu_sample_data(sample, 1), order[i] % (labels == 1 ? 10 : 100));
        }
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
    }
    size_t size;
    unsigned char *bytes = read_bytes(compressed, &size);
    write_bytes(compressed, bytes, size / 2);
    expect_refused(cornu_cifar_dataset(compressed), CORNU_ERROR_FORMAT, "truncated");
    bytes[size - 6] ^= 1; /* in the sum */
    write_bytes(compressed, bytes, size);
    expect_refused(cornu_cifar_dataset(compressed), CORNU_ERROR_FORMAT, "damaged");
    free(bytes);
    scratch_remove(path);
    scratch_remove(compressed);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void cifar_classes_have_the_names_beside_the_file(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE + 32], names[PATH_SIZE + 32];
    mkdir(scratch_path(folder, "cifar"), 0700);
    snprintf(path, sizeof path, "%s/data_batch_1.bin", folder);
    snprintf(names, sizeof names, "%s/batches.meta.txt", folder);
    write_cifar(path, 3, 1, -1);
    write_text(names, "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    cornu_dataset *dataset = cornu_cifar_dataset(path);
    assert_string_equal(cornu_dataset_field(dataset, 1)->class_names[9], "truck");
    cornu_dataset_release(dataset);
    write_text(names, "airplane\n"); /* no list of ten */
    dataset = cornu_cifar_dataset(path);
    assert_null(cornu_dataset_field(dataset, 1)->class_names);
    cornu_dataset_release(dataset);
    unlink(path);
    unlink(names);
    rmdir(folder);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void cifar_that_is_none_is_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE], compressed[PATH_SIZE];
    scratch_path(path, "batch.bin");
    write_cifar(path, 3, 1, 2);
    cornu_dataset *dataset = cornu_cifar_dataset(path);
    cornu_sample *sample = cornu_sample_create(dataset);
    assert_int_equal(cornu_dataset_read(dataset, 2, sample), CORNU_ERROR_DATA);
    assert_says("sample 2: its label is 200, and there are 10 classes");
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    expect_refused(cornu_cifar_dataset(path, .num_classes = 100), CORNU_ERROR_FORMAT, "9219 bytes");
    expect_refused(cornu_cifar_dataset(path, .num_classes = 5), CORNU_ERROR_INVALID_ARGUMENT, "num_classes is 5");
    expect_refused(cornu_cifar_dataset(path, .data_format = "nchw"), CORNU_ERROR_INVALID_ARGUMENT, "nchw");
    expect_refused(cornu_cifar_dataset(path, .data_format = NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    write_bytes(path, "", 0);
    expect_refused(cornu_cifar_dataset(path), CORNU_ERROR_FORMAT, "0 bytes");
    write_bytes(path, "abc", 3);
    expect_refused(cornu_dataset_open(path), CORNU_ERROR_FORMAT, "3 bytes");
    expect_refused(cornu_cifar_dataset(fixture_path(compressed, "int16.idx.gz")), CORNU_ERROR_FORMAT,
                   "no records of CIFAR-10");
    scratch_remove(path);
}

/* --- Whatever it is --- */

static void what_is_of_no_kind_is_said(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "notes");
    write_text(path, "some words");
    expect_refused(cornu_dataset_open(path), CORNU_ERROR_FORMAT, "is a file of no known kind: wanted .npy");
    write_text(path, "");
    expect_refused(cornu_dataset_open(path), CORNU_ERROR_FORMAT, "is empty");
    expect_refused(cornu_dataset_open("/dev/null"), CORNU_ERROR_IO, "device");
    expect_refused(cornu_dataset_open(NULL), CORNU_ERROR_INVALID_ARGUMENT, "no path");
    scratch_remove(path);
    expect_refused(cornu_dataset_open(path), CORNU_ERROR_IO, "No such file");
}

/* --- Memory --- */

/* A file may be larger than what may be in memory at once: its samples are not. */
static void a_file_larger_than_memory_is_read(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    write_rows(scratch_path(path, "large.npy"), 2000); /* 8 MB */
    setenv("CORNU_MAX_READ_BYTES", "600000", 1);
    expect_refused(cornu_npy_dataset(path, .in_memory = true), CORNU_ERROR_LIMIT, "at most 600000 are read");
    cornu_dataset *dataset = cornu_npy_dataset(path);
    assert_null(cornu_dataset_load(dataset, 0, CORNU_NONE));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
    assert_null(cornu_dataset_sequence(dataset, .batch_size = 500));
    assert_says("a batch of 500 samples");
    cornu_sequence *sequence = cornu_dataset_sequence(dataset, .batch_size = 100);
    uint64_t live = cornu__allocation_live();
    double sum = 0;
    for (int64_t index = 0; index < cornu_sequence_length(sequence); index++) {
        cornu_batch batch;
        assert_int_equal(cornu_sequence_get(sequence, index, &batch), CORNU_OK);
        for (int64_t i = 0; i < 100; i++)
            sum += cornu_array_get(batch.x, 1000 * i + 999);
        cornu_batch_clear(&batch);
        assert_true(cornu__allocation_live() <= live + 4); /* the place of a sample, kept for the next batch */
    }
    assert_float_equal(sum, 1999.0 * 2000 / 2, 0);
    cornu_sequence_release(sequence);
    cornu_dataset_release(dataset);
    unsetenv("CORNU_MAX_READ_BYTES");
    scratch_remove(path);
    assert_int_equal(cornu__allocation_live(), 0);
}

static void refused_memory_is_an_error_that_leaves_nothing(void **state)
{
    (void)state;
    const char *const names[] = {"float32.npy", "stored.npz", "deflated.npz", "int16.idx.gz"};
    opener *const openers[] = {as_npy, as_npz, as_npz, as_idx};
    for (int i = 0; i < 4; i++) {
        char path[PATH_SIZE];
        fixture_path(path, names[i]);
        bool whole = false;
        for (uint64_t n = 1; !whole; n++) {
            cornu__allocation_fail_at(n);
            whole = reads_whole(openers[i], path);
            cornu__allocation_fail_at(0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_of_every_dtype_and_byte_order),
        cmocka_unit_test(npy_that_is_no_rows_is_refused),
        cmocka_unit_test(truncated_at_every_length),
        cmocka_unit_test(changed_bytes_do_no_harm),
        cmocka_unit_test(a_file_that_goes_on_is_refused),
        cmocka_unit_test(a_file_that_shrinks_is_an_error_not_a_signal),
        cmocka_unit_test(a_file_that_is_replaced_stays_the_old_one),
        cmocka_unit_test(a_compressed_file_that_is_replaced_is_an_error),
        cmocka_unit_test(a_file_that_may_not_be_read_says_so),
        cmocka_unit_test(a_forked_process_has_its_own_place),
        cmocka_unit_test(npz_stored_and_deflated),
        cmocka_unit_test(npz_that_does_not_fit_is_refused),
        cmocka_unit_test(idx_of_every_dtype),
        cmocka_unit_test(sizes_that_lie_are_refused),
        cmocka_unit_test(cifar_planes_become_pictures),
        cmocka_unit_test(compressed_cifar_is_read_forwards),
        cmocka_unit_test(cifar_classes_have_the_names_beside_the_file),
        cmocka_unit_test(cifar_that_is_none_is_refused),
        cmocka_unit_test(what_is_of_no_kind_is_said),
        cmocka_unit_test(a_file_larger_than_memory_is_read),
        cmocka_unit_test(refused_memory_is_an_error_that_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
