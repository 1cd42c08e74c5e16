/* test_idx.c: IDX files of every type, plain and compressed; and which reader a file gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "array/array.h"
#include "files.h"
#include "format/load.h"

static cornu_array *load_fixture(const char *name)
{
    char path[PATH_SIZE];
    return cornu_load_idx(fixture_path(path, name));
}

static void all_six_types_are_read(void **state)
{
    (void)state;
    const cornu_dtype dtypes[] = {CORNU_UINT8, CORNU_INT8, CORNU_INT16, CORNU_INT32, CORNU_FLOAT32, CORNU_FLOAT64};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.idx", cornu_dtype_name(dtypes[i]));
        expect_fixture_values(load_fixture(name), dtypes[i]);
    }
    expect_fixture_values(load_fixture("int16.idx.gz"), CORNU_INT16);
}

static void expect_refusal(const void *bytes, size_t size, cornu_status status, const char *part)
{
    char path[PATH_SIZE];
    write_bytes(scratch_path(path, "wrong.idx"), bytes, size);
    expect_failure(cornu_load_idx(path), status, part);
    scratch_remove(path);
}

static void what_is_no_idx_or_lies_is_refused(void **state)
{
    (void)state;
    expect_refusal("", 0, CORNU_ERROR_FORMAT, "has 0 of 4 bytes");
    expect_refusal("\0\0\x0A\1\0\0\0\0", 8, CORNU_ERROR_FORMAT, "no IDX file");
    expect_refusal("GIF8", 4, CORNU_ERROR_FORMAT, "no IDX file");
    expect_refusal("\0\0\x08\0", 4, CORNU_ERROR_UNSUPPORTED, "0 axes");
    expect_refusal("\0\0\x08\x09", 4, CORNU_ERROR_UNSUPPORTED, "9 axes");
    expect_refusal("\0\0\x08\2\0\0\0\2\0\0", 10, CORNU_ERROR_FORMAT, "has 2 of 4 bytes");
    expect_refusal("\0\0\x08\1\0\0\0\2A", 9, CORNU_ERROR_FORMAT, "promises 2 bytes of data, at most 1 can follow");
    expect_refusal("\0\0\x08\1\0\0\0\2ABC", 11, CORNU_ERROR_FORMAT, "goes on after");
    expect_refusal("\0\0\x0E\2\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 12, CORNU_ERROR_SHAPE, "more elements than");
    expect_refusal("\0\0\x08\2\0\x0F\xFF\xFF\x7F\xFF\xFF\xFF", 12, CORNU_ERROR_LIMIT, "at most");
    expect_refusal("\0\0\x08\1\0\x10\0\0", 8, CORNU_ERROR_FORMAT, "promises 1048576 bytes");
}

static void damaged_compression_is_seen(void **state)
{
    (void)state;
    char path[PATH_SIZE], fixture[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(fixture, "int16.idx.gz"), &size);
    scratch_path(path, "damaged.idx.gz");
    write_bytes(path, bytes, size - 9); /* without its last data byte and its check sum */
    expect_failure(cornu_load_idx(path), CORNU_ERROR_FORMAT, "truncated");
    bytes[size - 6] ^= 1; /* the check sum */
    write_bytes(path, bytes, size);
    expect_failure(cornu_load_idx(path), CORNU_ERROR_FORMAT, "incorrect data check");
    free(bytes);
    scratch_remove(path);
}

static void a_lying_header_in_compressed_data_asks_for_no_memory(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    gzFile file = gzopen(scratch_path(path, "lying.idx.gz"), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, "\0\0\x08\1\x10\0\0\0ABC", 11), 11);
    assert_int_equal(gzclose(file), Z_OK);
    expect_failure(cornu_load_idx(path), CORNU_ERROR_FORMAT, "promises 268435456 bytes of data, at most ");
    scratch_remove(path);
}

static void load_any_finds_the_reader_by_the_contents(void **state)
{
    (void)state;
    const struct {
        const char *name;
        cornu__file_kind kind;
    } files[] = {{"float32.npy", CORNU__FILE_NPY},
                 {"deflated.npz", CORNU__FILE_NPZ},
                 {"none.npz", CORNU__FILE_NPZ},
                 {"int8.idx", CORNU__FILE_IDX},
                 {"int16.idx.gz", CORNU__FILE_IDX}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_SIZE];
        cornu__file_kind kind;
        assert_int_equal(cornu__file_kind_of(fixture_path(path, files[i].name), &kind), CORNU_OK);
        assert_int_equal(kind, files[i].kind);
        cornu_array *array = NULL;
        assert_int_equal(cornu__load_any(path, &array), CORNU_OK);
        assert_non_null(array);
        cornu_array_release(array);
    }
}

static void load_any_knows_tables_by_their_name(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_array *table = NULL;
    write_text(scratch_path(path, "table.CSV"), "1,2\n3,4\n");
    assert_int_equal(cornu__load_any(path, &table), CORNU_OK);
    assert_int_equal(cornu_array_count(cornu_array_item_named(table, "x")), 4);
    cornu_array_release(table);
    scratch_remove(path);
    write_text(scratch_path(path, "picture.jpg"), "\xFF\xD8\xFF");
    assert_int_equal(cornu__load_any(path, &table), CORNU_ERROR_FORMAT);
    expect_failure(table, CORNU_ERROR_FORMAT, "of no known kind");
    write_text(path, "");
    assert_int_equal(cornu__load_any(path, &table), CORNU_ERROR_FORMAT);
    scratch_remove(path);
    assert_int_equal(cornu__load_any(path, &table), CORNU_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_six_types_are_read),
        cmocka_unit_test(what_is_no_idx_or_lies_is_refused),
        cmocka_unit_test(damaged_compression_is_seen),
        cmocka_unit_test(a_lying_header_in_compressed_data_asks_for_no_memory),
        cmocka_unit_test(load_any_finds_the_reader_by_the_contents),
        cmocka_unit_test(load_any_knows_tables_by_their_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
