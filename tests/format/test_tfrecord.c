/* test_tfrecord.c: TensorFlow's files of records: TensorFlow's own are read, damage is told of, ours have the right sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "files.h"
#include "format/example.h"
#include "format/tfrecord.h"

#define EXAMPLES 5

static char path[PATH_SIZE];

static cornu_status open_indexed(cornu__record_file *file, const char *from)
{
    CORNU_TRY(cornu__record_file_open(file, from, &cornu__tfrecord_format, NULL));
    cornu_status status = cornu__record_file_index(file);
    if (status != CORNU_OK)
        cornu__record_file_close(file);
    return status;
}

static cornu_status read_record(cornu__record_file *file, int64_t number, unsigned char *to, size_t *size)
{
    cornu__span record;
    cornu__cursor *cursor = cornu__record_file_find(file, number);
    if (!cursor)
        return cornu_error_status();
    cornu_status status = cornu__tfrecord_read(cursor, &record);
    if (status == CORNU_OK) {
        *size = (size_t)(record.end - record.at);
        memcpy(to, record.at, *size);
    }
    cornu__record_file_give_back(file, cursor, status);
    return status;
}

static void crc32c_is_that_of_the_rfc(void **state)
{
    (void)state;
    unsigned char bytes[40] = {0};
    assert_int_equal(cornu__crc32c(bytes, 32), 0x8a9136aa); /* RFC 3720, B.4 */
    memset(bytes, 0xff, 32);
    assert_int_equal(cornu__crc32c(bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(cornu__crc32c(bytes, 32), 0x46dd794e);
    assert_int_equal(cornu__crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(cornu__crc32c("", 0), 0);
}

static bool is_named(const cornu__feature *feature, const char *name)
{
    size_t length = strlen(name);
    return (size_t)(feature->name.end - feature->name.at) == length && memcmp(feature->name.at, name, length) == 0;
}

static void expect_feature(const cornu__feature *feature, int64_t i, int *seen)
{
    int64_t count, ints[EXAMPLES];
    float floats[3];
    assert_true(cornu__feature_count(feature, &count));
    if (is_named(feature, "image")) {
        assert_int_equal(feature->kind, CORNU__FEATURE_BYTES);
        assert_int_equal(count, 1);
        cornu__span image = cornu__feature_bytes(feature);
        assert_int_equal(image.end - image.at, i + 1);
        for (int64_t j = 0; j <= i; j++)
            assert_int_equal(image.at[j], (250 + i + j) % 256);
    } else if (is_named(feature, "label")) {
        assert_int_equal(feature->kind, CORNU__FEATURE_INTS);
        assert_int_equal(count, 1);
        cornu__feature_ints(feature, ints);
        assert_int_equal(ints[0], 3 * i - 4);
    } else if (is_named(feature, "values")) {
        assert_int_equal(feature->kind, CORNU__FEATURE_FLOATS);
        assert_int_equal(count, 3);
        cornu__feature_floats(feature, floats);
        assert_true(floats[0] == (float)i + 0.5f && floats[1] == (float)-i && floats[2] == (float)(1e-3 * (double)i));
    } else if (is_named(feature, "counts")) {
        assert_int_equal(count, i);
        cornu__feature_ints(feature, ints);
        for (int64_t j = 0; j < i; j++)
            assert_int_equal(ints[j], (j + 1) * 1000000000000);
    } else {
        assert_true(is_named(feature, "nothing"));
        assert_int_equal(feature->kind, CORNU__FEATURE_NONE);
        assert_int_equal(count, 0);
    }
    ++*seen;
}

static void expect_example(const unsigned char *bytes, size_t size, int64_t i)
{
    cornu__example example = cornu__example_begin((cornu__span){bytes, bytes + size});
    cornu__feature feature;
    int seen = 0;
    for (bool more = true; more;) {
        assert_true(cornu__example_next(&example, &feature, &more));
        if (more)
            expect_feature(&feature, i, &seen);
    }
    assert_int_equal(seen, 5);
}

static void tensorflows_examples_are_read_in_any_order(void **state)
{
    (void)state;
    const char *const names[] = {"examples.tfrecord", "examples.tfrecord.gz"};
    const int64_t order[] = {4, 0, 1, 2, 1, 3, 3};
    unsigned char bytes[1000];
    size_t size;
    for (size_t n = 0; n < 2; n++) {
        cornu__record_file file;
        assert_int_equal(open_indexed(&file, fixture_path(path, names[n])), CORNU_OK);
        assert_int_equal(file.count, EXAMPLES);
        for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
            assert_int_equal(read_record(&file, order[i], bytes, &size), CORNU_OK);
            expect_example(bytes, size, order[i]);
        }
        assert_int_not_equal(read_record(&file, EXAMPLES, bytes, &size), CORNU_OK);
        cornu__record_file_close(&file);
    }
}

static void numbers_that_are_not_packed_are_read_too(void **state)
{
    (void)state;
    cornu__text list = {0};
    cornu__wire_add_number(&list, 1, 7);
    cornu__wire_add_bytes(&list, 1, "\x01\x02", 2);
    cornu__wire_add_number(&list, 1, (uint64_t)-3);
    const unsigned char *bytes = (const unsigned char *)list.data;
    cornu__feature feature = {.kind = CORNU__FEATURE_INTS, .list = {bytes, bytes + list.length}};
    int64_t count, values[4];
    assert_true(cornu__feature_count(&feature, &count));
    assert_int_equal(count, 4);
    cornu__feature_ints(&feature, values);
    assert_true(values[0] == 7 && values[1] == 1 && values[2] == 2 && values[3] == -3);
    cornu__text_free(&list);
}

/* A file of `count` records of `size` bytes; element j of record i is i + j. */
static void write_records(const char *to, int count, size_t size)
{
    FILE *stream = fopen(to, "wb");
    unsigned char *bytes = malloc(size + 1);
    assert_true(stream && bytes);
    for (int i = 0; i < count; i++) {
        for (size_t j = 0; j < size; j++)
            bytes[j] = (unsigned char)((size_t)i + j);
        assert_int_equal(cornu__tfrecord_write(stream, to, bytes, size), CORNU_OK);
    }
    free(bytes);
    assert_int_equal(fclose(stream), 0);
}

static void records_larger_than_a_window_are_read(void **state)
{
    (void)state;
    const size_t size = 700000;
    unsigned char *bytes = malloc(size);
    size_t got;
    cornu__record_file file;
    scratch_path(path, "large.tfrecord");
    write_records(path, 4, size);
    assert_int_equal(open_indexed(&file, path), CORNU_OK);
    for (int64_t i = 3; i >= 0; i--) {
        assert_int_equal(read_record(&file, i, bytes, &got), CORNU_OK);
        assert_int_equal(got, size);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(bytes[j], (unsigned char)((size_t)i + j));
    }
    cornu__record_file_close(&file);
    free(bytes);
    scratch_remove(path);
}

static void an_empty_file_has_no_records(void **state)
{
    (void)state;
    cornu__record_file file;
    scratch_path(path, "empty.tfrecord");
    write_bytes(path, "", 0);
    assert_int_equal(open_indexed(&file, path), CORNU_OK);
    assert_int_equal(file.count, 0);
    cornu__record_file_close(&file);
    scratch_remove(path);
}

static void a_file_that_ends_early_or_was_changed_in_any_byte_is_told_of(void **state)
{
    (void)state;
    char whole_path[PATH_SIZE];
    size_t size, got, whole_records = 0;
    unsigned char *whole = read_bytes(fixture_path(whole_path, "examples.tfrecord"), &size), bytes[1000];
    cornu__record_file file;
    scratch_path(path, "cut.tfrecord");
    for (size_t length = 0; length < size; length++) {
        write_bytes(path, whole, length);
        cornu_status status = open_indexed(&file, path);
        if (status == CORNU_OK) {
            whole_records++; /* it ends between two records */
            cornu__record_file_close(&file);
        } else {
            assert_int_equal(status, CORNU_ERROR_FORMAT);
            assert_non_null(strstr(cornu_error_message(), "truncated"));
        }
    }
    assert_int_equal(whole_records, EXAMPLES);
    for (size_t at = 0; at < size; at++) {
        whole[at] ^= 0x10;
        write_bytes(path, whole, size);
        cornu_status status = open_indexed(&file, path);
        if (status == CORNU_OK) { /* not in a length: in a record's bytes */
            for (int64_t i = 0; i < file.count && status == CORNU_OK; i++)
                status = read_record(&file, i, bytes, &got);
            cornu__record_file_close(&file);
        }
        assert_int_equal(status, CORNU_ERROR_FORMAT);
        whole[at] ^= 0x10;
    }
    free(whole);
    scratch_remove(path);
}

static void a_length_that_lies_with_a_right_sum_asks_for_no_memory(void **state)
{
    (void)state;
    const uint64_t lengths[] = {1000, UINT64_C(1) << 31, UINT64_C(1) << 40, UINT64_MAX};
    cornu__record_file file;
    scratch_path(path, "lie.tfrecord");
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char head[20] = {0};
        for (int j = 0; j < 8; j++)
            head[j] = (unsigned char)(lengths[i] >> (8 * j));
        uint32_t sum = cornu__crc32c_masked(head, 8);
        for (int j = 0; j < 4; j++)
            head[8 + j] = (unsigned char)(sum >> (8 * j));
        write_bytes(path, head, sizeof head);
        assert_int_not_equal(open_indexed(&file, path), CORNU_OK);
        assert_non_null(strstr(cornu_error_message(), "record 0"));
    }
    scratch_remove(path);
}

static void a_file_that_changes_while_it_is_read_is_told_of(void **state)
{
    (void)state;
    cornu__record_file file;
    unsigned char bytes[1000];
    size_t got;
    scratch_path(path, "changes.tfrecord");
    write_records(path, 100, 900);
    assert_int_equal(open_indexed(&file, path), CORNU_OK);
    assert_int_equal(read_record(&file, 3, bytes, &got), CORNU_OK);
    write_records(path, 50, 900);
    assert_int_equal(read_record(&file, 90, bytes, &got), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "was changed"));
    cornu__record_file_close(&file);
    scratch_remove(path);
}

static void what_is_no_file_is_told_of(void **state)
{
    (void)state;
    cornu__record_file file;
    assert_int_equal(open_indexed(&file, "/nowhere/there.tfrecord"), CORNU_ERROR_IO);
    assert_int_equal(open_indexed(&file, "/"), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "it is a folder"));
    assert_int_equal(open_indexed(&file, "/dev/null"), CORNU_ERROR_IO);
    assert_int_equal(open_indexed(&file, ""), CORNU_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_is_that_of_the_rfc),
        cmocka_unit_test(tensorflows_examples_are_read_in_any_order),
        cmocka_unit_test(numbers_that_are_not_packed_are_read_too),
        cmocka_unit_test(records_larger_than_a_window_are_read),
        cmocka_unit_test(an_empty_file_has_no_records),
        cmocka_unit_test(a_file_that_ends_early_or_was_changed_in_any_byte_is_told_of),
        cmocka_unit_test(a_length_that_lies_with_a_right_sum_asks_for_no_memory),
        cmocka_unit_test(a_file_that_changes_while_it_is_read_is_told_of),
        cmocka_unit_test(what_is_no_file_is_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
