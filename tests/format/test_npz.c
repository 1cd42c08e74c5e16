/* test_npz.c: archives of arrays: numpy's are read, ours are whole and repeatable, damaged and lying ones are refused.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zip.h>

#include <cmocka.h>

#include "array/array.h"
#include "files.h"

static cornu_array *load_fixture(const char *name)
{
    char path[PATH_SIZE];
    return cornu_load_npz(fixture_path(path, name));
}

static void expect_archive(const char *name, size_t count)
{
    cornu_array *archive = load_fixture(name);
    if (!archive)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_item_count(archive), count);
    assert_string_equal(cornu_array_item_name(archive, 1), "layers/dense/vars/0");
    expect_fixture_values(cornu_array_retain(cornu_array_item_named(archive, "x")), CORNU_FLOAT32);
    expect_fixture_values(cornu_array_retain(cornu_array_item_named(archive, "layers/dense/vars/0")), CORNU_INT64);
    assert_true(cornu_array_get(cornu_array_item_named(archive, "scalar"), 0) == 1.5);
    cornu_array_release(archive);
}

static void stored_and_deflated_archives_of_numpy_are_read(void **state)
{
    (void)state;
    expect_archive("stored.npz", 3);
    expect_archive("deflated.npz", 4);
    cornu_array *none = load_fixture("none.npz");
    assert_non_null(none);
    assert_int_equal(cornu_array_item_count(none), 0);
    cornu_array_release(none);
}

static void objects_are_refused_with_the_members_name(void **state)
{
    (void)state;
    expect_failure(load_fixture("refused_objects.npz"), CORNU_ERROR_UNSUPPORTED,
                   "refused_objects.npz: names.npy' holds Python objects");
}

/* A dictionary of a float vector of `count` elements and a view of rows 1 and 2 of a matrix. */
static cornu_array *make_dictionary(int64_t count)
{
    const int64_t shape[] = {4, 3};
    const int16_t matrix_values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    cornu_array *items[] = {cornu_array_zeros(CORNU_FLOAT32, 1, &count), NULL};
    float *vector = cornu_array_float32(items[0]);
    for (int64_t i = 0; i < count; i++)
        vector[i] = (float)(i * 2654435761u % 1000003) / 1000003;
    cornu_array *matrix = cornu_array_copy_of(CORNU_INT16, 2, shape, matrix_values);
    items[1] = cornu_array_rows(matrix, 1, 3);
    const char *const names[] = {"vector", "folder/rows"};
    cornu_array *dictionary = cornu_array_dict(2, names, items);
    cornu_array_release(matrix);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
    return dictionary;
}

static void what_is_saved_comes_back(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "saved.npz");
    cornu_array *dictionary = make_dictionary(100000);
    if (cornu_save_npz(path, dictionary) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_array *loaded = cornu_load_npz(path);
    if (!loaded)
        fail_msg("%s", cornu_error_message());
    for (size_t i = 0; i < 2; i++) {
        const cornu_array *wanted = cornu_array_item(dictionary, i), *got = cornu_array_item(loaded, i);
        assert_string_equal(cornu_array_item_name(loaded, i), cornu_array_item_name(dictionary, i));
        assert_int_equal(got->dtype, wanted->dtype);
        assert_true(cornu__shape_equal(got->rank, got->shape, wanted->rank, wanted->shape));
        assert_memory_equal(got->data, wanted->data, (size_t)wanted->count * cornu_dtype_size(wanted->dtype));
    }
    cornu_array_release(loaded);
    cornu_array_release(dictionary);
    scratch_remove(path);
}

static void the_same_arrays_make_the_same_file(void **state)
{
    (void)state;
    char path[2][PATH_SIZE];
    unsigned char *bytes[2];
    size_t size[2];
    cornu_array *dictionary = make_dictionary(1000);
    setenv("TZ", "Asia/Tokyo", 1);
    for (int i = 0; i < 2; i++) {
        scratch_path(path[i], i ? "b.npz" : "a.npz");
        assert_int_equal(cornu_save_npz(path[i], dictionary), CORNU_OK);
        bytes[i] = read_bytes(path[i], &size[i]);
        setenv("TZ", "America/Lima", 1);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    for (int i = 0; i < 2; i++) {
        free(bytes[i]);
        scratch_remove(path[i]);
    }
    cornu_array_release(dictionary);
}

static void expect_method(zip_t *archive, const char *name, zip_uint16_t method)
{
    zip_stat_t about;
    assert_int_equal(zip_stat(archive, name, 0, &about), 0);
    assert_int_equal(about.comp_method, method);
}

static void large_members_are_deflated_and_small_ones_stored(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "methods.npz");
    cornu_array *dictionary = make_dictionary(1024);
    assert_int_equal(cornu_save_npz(path, dictionary), CORNU_OK);
    zip_t *archive = zip_open(path, ZIP_RDONLY, NULL);
    assert_non_null(archive);
    expect_method(archive, "vector.npy", ZIP_CM_DEFLATE);
    expect_method(archive, "folder/rows.npy", ZIP_CM_STORE);
    zip_discard(archive);
    cornu_array_release(dictionary);
    scratch_remove(path);
}

/* An archive with one member of these bytes. */
static void write_archive(const char *path, const char *member, const void *bytes, size_t size, zip_uint16_t encryption)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(archive);
    zip_source_t *source = zip_source_buffer(archive, bytes, size, 0);
    zip_int64_t index = zip_file_add(archive, member, source, 0);
    assert_true(index >= 0);
    if (encryption != ZIP_EM_NONE)
        assert_int_equal(zip_file_set_encryption(archive, (zip_uint64_t)index, encryption, "secret"), 0);
    assert_int_equal(zip_close(archive), 0);
}

static void members_that_are_no_arrays_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "odd.npz");
    write_archive(path, "readme.txt", "text", 4, ZIP_EM_NONE);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_FORMAT, "'readme.txt' is no .npy");
    write_archive(path, "x.npy", "text", 4, ZIP_EM_NONE);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_FORMAT, "does not start with");
    write_archive(path, "x.npy", "text", 4, ZIP_EM_AES_128);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_UNSUPPORTED, "is encrypted");
    scratch_remove(path);
}

static void a_wrong_check_sum_is_seen(void **state)
{
    (void)state;
    char path[PATH_SIZE], fixture[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(fixture, "stored.npz"), &size);
    const float first = (float)fixture_value(CORNU_FLOAT32, 0);
    unsigned char *place = memmem(bytes, size, &first, sizeof first);
    assert_non_null(place);
    place[1] ^= 1;
    scratch_path(path, "crc.npz");
    write_bytes(path, bytes, size);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_FORMAT, "x.npy' is damaged");
    free(bytes);
    scratch_remove(path);
}

/* Overwrites a field of the first entry of the central directory (PK\1\2). */
static void forge(unsigned char *bytes, size_t size, size_t offset, uint32_t value)
{
    unsigned char *entry = memmem(bytes, size, "PK\1\2", 4);
    assert_non_null(entry);
    for (int i = 0; i < 4; i++)
        entry[offset + (size_t)i] = (unsigned char)(value >> 8 * i);
}

static void sizes_that_cannot_be_are_refused_before_memory_is_asked_for(void **state)
{
    (void)state;
    char path[PATH_SIZE], fixture[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(fixture, "deflated.npz"), &size);
    scratch_path(path, "bomb.npz");
    forge(bytes, size, 24, 4000000000u); /* the size after inflating */
    write_bytes(path, bytes, size);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_FORMAT, "more than can be");
    free(bytes);
    bytes = read_bytes(fixture, &size);
    setenv("CORNU_MAX_READ_BYTES", "10000", 1);
    expect_failure(cornu_load_npz(fixture), CORNU_ERROR_LIMIT, "deflated.npz' holds");
    unsetenv("CORNU_MAX_READ_BYTES");
    free(bytes);
    scratch_remove(path);
}

static void too_many_members_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "many.npz");
    int code;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    for (int i = 0; i <= 10000; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.npy", i);
        assert_true(zip_file_add(archive, name, zip_source_buffer(archive, "", 0, 0), 0) >= 0);
    }
    assert_int_equal(zip_close(archive), 0);
    expect_failure(cornu_load_npz(path), CORNU_ERROR_LIMIT, "10001 members");
    scratch_remove(path);
}

static void a_full_disk_is_an_error_and_leaves_the_old_file(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    write_text(scratch_path(path, "full.npz"), "old");
    cornu_array *dictionary = make_dictionary(500000);
    struct rlimit old_limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
    void (*old_handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < 800000; most += 99999) {
        struct rlimit small = {.rlim_cur = most, .rlim_max = old_limit.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        cornu_status status = cornu_save_npz(path, dictionary);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old_limit), 0);
        assert_int_equal(status, CORNU_ERROR_IO);
        assert_non_null(strstr(cornu_error_message(), path));
        size_t size;
        unsigned char *bytes = read_bytes(path, &size);
        assert_int_equal(size, 3);
        free(bytes);
    }
    signal(SIGXFSZ, old_handler);
    cornu_array_release(dictionary);
    scratch_remove(path);
}

static void only_dictionaries_with_something_in_them_are_saved(void **state)
{
    (void)state;
    cornu_array *scalar = cornu_array_zeros(CORNU_FLOAT32, 0, NULL);
    cornu_array *list = cornu_array_list(1, &scalar), *empty = cornu_array_dict(0, NULL, NULL);
    assert_int_equal(cornu_save_npz("x.npz", scalar), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_save_npz("x.npz", list), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_save_npz("x.npz", empty), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_save_npz("x.npz", NULL), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_array_release(scalar);
    cornu_array_release(list);
    cornu_array_release(empty);
}

static void absent_files_are_said_to_be(void **state)
{
    (void)state;
    expect_failure(cornu_load_npz("no/such/file.npz"), CORNU_ERROR_IO, "no such file");
    expect_failure(cornu_load_npz("/"), CORNU_ERROR_IO, "it is a folder");
    expect_failure(cornu_load_npz(NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    expect_failure(load_fixture("float32.npy"), CORNU_ERROR_FORMAT, "no .npz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_and_deflated_archives_of_numpy_are_read),
        cmocka_unit_test(objects_are_refused_with_the_members_name),
        cmocka_unit_test(what_is_saved_comes_back),
        cmocka_unit_test(the_same_arrays_make_the_same_file),
        cmocka_unit_test(large_members_are_deflated_and_small_ones_stored),
        cmocka_unit_test(members_that_are_no_arrays_are_refused),
        cmocka_unit_test(a_wrong_check_sum_is_seen),
        cmocka_unit_test(sizes_that_cannot_be_are_refused_before_memory_is_asked_for),
        cmocka_unit_test(too_many_members_are_refused),
        cmocka_unit_test(a_full_disk_is_an_error_and_leaves_the_old_file),
        cmocka_unit_test(only_dictionaries_with_something_in_them_are_saved),
        cmocka_unit_test(absent_files_are_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
