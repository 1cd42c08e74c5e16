/* test_npy.c: what numpy writes is read; what it would not read, or runs code, is refused; what is written is what
 * numpy writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array/array.h"
#include "files.h"
#include "format/npy.h"

static cornu_array *load_fixture(const char *name)
{
    char path[PATH_SIZE];
    return cornu_load_npy(fixture_path(path, name));
}

static void every_dtype_is_read_in_both_byte_orders(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < CORNU_DTYPE_COUNT; dtype++) {
        char name[64];
        snprintf(name, sizeof name, "%s.npy", cornu_dtype_name(dtype));
        expect_fixture_values(load_fixture(name), dtype);
        if (cornu_dtype_size(dtype) == 1)
            continue;
        snprintf(name, sizeof name, "big_endian_%s.npy", cornu_dtype_name(dtype));
        expect_fixture_values(load_fixture(name), dtype);
    }
}

static void expect_cube(const char *name)
{
    cornu_array *cube = load_fixture(name);
    assert_non_null(cube);
    const int64_t shape[] = {2, 3, 4};
    assert_true(cornu__shape_equal(cube->rank, cube->shape, 3, shape));
    for (int64_t i = 0; i < 24; i++)
        assert_true(cornu_array_get(cube, i) == (double)i);
    cornu_array_release(cube);
}

static void fortran_order_becomes_row_major(void **state)
{
    (void)state;
    expect_cube("fortran.npy");
    expect_fixture_values(load_fixture("fortran_big_endian.npy"), CORNU_INT32);
}

static void versions_2_and_3_are_read(void **state)
{
    (void)state;
    expect_cube("version2.npy");
    expect_cube("version3.npy");
}

static void scalars_vectors_and_empty_arrays_are_read(void **state)
{
    (void)state;
    cornu_array *scalar = load_fixture("scalar.npy");
    assert_non_null(scalar);
    assert_int_equal(scalar->rank, 0);
    assert_true(cornu_array_get(scalar, 0) == 2.5);
    cornu_array_release(scalar);
    cornu_array *empty = load_fixture("empty.npy");
    assert_non_null(empty);
    assert_int_equal(cornu_array_size(empty, 0), 0);
    assert_int_equal(cornu_array_size(empty, 1), 5);
    cornu_array_release(empty);
    cornu_array *vector = load_fixture("vector.npy");
    assert_non_null(vector);
    assert_int_equal(vector->rank, 1);
    assert_true(cornu_array_get(vector, 2) == 3);
    cornu_array_release(vector);
}

static void other_dtypes_are_refused_by_name(void **state)
{
    (void)state;
    const char *const refused[][2] = {
        {"objects", "Python objects"},  {"texts", "texts"}, {"bytes", "texts"},          {"records", "structured"},
        {"complex", "complex numbers"}, {"dates", "dates"}, {"axes", "more than 8 axes"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char name[64];
        snprintf(name, sizeof name, "refused_%s.npy", refused[i][0]);
        expect_failure(load_fixture(name), CORNU_ERROR_UNSUPPORTED, refused[i][1]);
    }
}

static cornu_status parse(const char *text, cornu__npy_header *header)
{
    return cornu__npy_parse_header("test", text, strlen(text), header);
}

static void headers_are_parsed_strictly(void **state)
{
    (void)state;
    cornu__npy_header header;
    assert_int_equal(parse("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n", &header), CORNU_OK);
    assert_int_equal(parse("{\"shape\":(3L,),\"fortran_order\":True,\"descr\":\"|u1\"}", &header), CORNU_OK);
    assert_int_equal(header.rank, 1);
    assert_int_equal(header.shape[0], 3);
    assert_true(header.fortran_order);
    const char *const wrong[] = {
        "",
        "{",
        "{}",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)} x",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [3, 4]}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (3, 4)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (3, 4)}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (parse(wrong[i], &header) != CORNU_ERROR_FORMAT)
            fail_msg("taken: %s", wrong[i]);
        assert_non_null(strstr(cornu_error_message(), "malformed"));
    }
}

/* A .npy file of version 1 with this header and this much data. */
static void write_npy(const char *path, const char *header, size_t data_size)
{
    unsigned char bytes[1024] = CORNU__NPY_MAGIC "\1";
    size_t length = strlen(header);
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, header, length);
    write_bytes(path, bytes, 10 + length + data_size);
}

static void a_lying_size_asks_for_no_memory(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    scratch_path(path, "lying.npy");
    write_npy(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000)}", 100);
    expect_failure(cornu_load_npy(path), CORNU_ERROR_FORMAT,
                   "promises 4000000000 bytes of data, at most 100 can follow");
    write_npy(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000)}", 100);
    expect_failure(cornu_load_npy(path), CORNU_ERROR_LIMIT, "CORNU_MAX_READ_BYTES");
    write_npy(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 2)}", 100);
    expect_failure(cornu_load_npy(path), CORNU_ERROR_SHAPE, "more elements than");
    write_npy(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4)}", 0);
    cornu_array *empty = cornu_load_npy(path);
    assert_non_null(empty);
    assert_int_equal(cornu_array_count(empty), 0);
    cornu_array_release(empty);
    write_npy(path, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", 17);
    expect_failure(cornu_load_npy(path), CORNU_ERROR_FORMAT, "goes on after");
    scratch_remove(path);
}

static void the_limit_is_the_users_to_set(void **state)
{
    (void)state;
    setenv("CORNU_MAX_READ_BYTES", "47", 1);
    expect_failure(load_fixture("float32.npy"), CORNU_ERROR_LIMIT, "at most 47");
    setenv("CORNU_MAX_READ_BYTES", "48", 1);
    expect_fixture_values(load_fixture("float32.npy"), CORNU_FLOAT32);
    unsetenv("CORNU_MAX_READ_BYTES");
}

static void what_is_saved_is_what_numpy_saves(void **state)
{
    (void)state;
    char fixture[PATH_SIZE], path[PATH_SIZE];
    const char *const names[] = {"float32.npy", "float16.npy", "int64.npy",  "bool.npy",
                                 "uint8.npy",   "scalar.npy",  "vector.npy", "empty.npy"};
    scratch_path(path, "saved.npy");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cornu_array *array = cornu_load_npy(fixture_path(fixture, names[i]));
        assert_non_null(array);
        assert_int_equal(cornu_save_npy(path, array), CORNU_OK);
        cornu_array_release(array);
        size_t wanted_size, size;
        unsigned char *wanted = read_bytes(fixture, &wanted_size), *got = read_bytes(path, &size);
        assert_int_equal(size, wanted_size);
        assert_memory_equal(got, wanted, size);
        free(wanted);
        free(got);
    }
    scratch_remove(path);
}

static void absent_files_and_folders_are_said_to_be(void **state)
{
    (void)state;
    expect_failure(cornu_load_npy("no/such/file.npy"), CORNU_ERROR_IO, "'no/such/file.npy': No such file");
    expect_failure(cornu_load_npy("/"), CORNU_ERROR_IO, "it is a folder");
    expect_failure(cornu_load_npy(NULL), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    expect_failure(cornu_load_npy("/dev/null"), CORNU_ERROR_FORMAT, "it is empty");
    assert_int_equal(cornu_save_npy("x.npy", NULL), CORNU_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_is_read_in_both_byte_orders),
        cmocka_unit_test(fortran_order_becomes_row_major),
        cmocka_unit_test(versions_2_and_3_are_read),
        cmocka_unit_test(scalars_vectors_and_empty_arrays_are_read),
        cmocka_unit_test(other_dtypes_are_refused_by_name),
        cmocka_unit_test(headers_are_parsed_strictly),
        cmocka_unit_test(a_lying_size_asks_for_no_memory),
        cmocka_unit_test(the_limit_is_the_users_to_set),
        cmocka_unit_test(what_is_saved_is_what_numpy_saves),
        cmocka_unit_test(absent_files_and_folders_are_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
