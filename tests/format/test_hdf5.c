/* test_hdf5.c: HDF5 files of h5py are read as h5py wrote them; links, circles, lying sizes and damage are refused. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <hdf5.h>

#include "base/memory.h"
#include "base/random.h"
#include "files.h"
#include "format/hdf5.h"

static cornu__hdf5 *open_fixture(const char *name)
{
    char path[PATH_SIZE];
    cornu__hdf5 *file = cornu__hdf5_open(fixture_path(path, name));
    if (!file)
        fail_msg("%s", cornu_error_message());
    return file;
}

static cornu_array *read_dataset(const cornu__hdf5 *file, const char *path)
{
    const cornu__hdf5_node *node = cornu__hdf5_find(cornu__hdf5_root(file), path);
    if (!node)
        fail_msg("there is no %s", path);
    cornu_array *array = cornu__hdf5_read(node);
    if (!array)
        fail_msg("%s", cornu_error_message());
    return array;
}

static void expect_text(const cornu__hdf5_node *node, const char *name, const char *wanted)
{
    const char *text = cornu__hdf5_text(node, name);
    assert_non_null(text);
    assert_string_equal(text, wanted);
}

static void expect_contents(const char *name, int groups)
{
    static const struct {
        const char *name;
        cornu_dtype dtype;
    } types[] = {{"float32", CORNU_FLOAT32},
                 {"float64", CORNU_FLOAT64},
                 {"float16", CORNU_FLOAT16},
                 {"int8", CORNU_INT8},
                 {"int16", CORNU_INT16},
                 {"int32", CORNU_INT32},
                 {"int64", CORNU_INT64},
                 {"uint8", CORNU_UINT8},
                 {"uint16", CORNU_UINT16},
                 {"uint32", CORNU_UINT32},
                 {"uint64", CORNU_UINT64},
                 {"big_endian_float32", CORNU_FLOAT32},
                 {"big_endian_int16", CORNU_INT16},
                 {"big_endian_float64", CORNU_FLOAT64}};
    cornu__hdf5 *file = open_fixture(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char path[64];
        snprintf(path, sizeof path, "types/%s", types[i].name);
        expect_fixture_values(read_dataset(file, path), types[i].dtype);
    }
    cornu_array *scalar = read_dataset(file, "scalar"), *empty = read_dataset(file, "/empty");
    assert_int_equal(cornu_array_rank(scalar), 0);
    assert_true(cornu_array_get(scalar, 0) == 2.5);
    assert_int_equal(cornu_array_count(empty), 0);
    assert_int_equal(cornu_array_size(empty, 1), 5);
    cornu_array_release(scalar);
    cornu_array_release(empty);
    for (int i = 0; i < groups; i++) {
        char path[64];
        snprintf(path, sizeof path, "many/layer_%d/0", i);
        cornu_array *array = read_dataset(file, path);
        assert_true(cornu_array_get(array, 0) == i && cornu_array_get(array, 1) == i);
        cornu_array_release(array);
    }
    assert_null(cornu__hdf5_find(cornu__hdf5_root(file), "many/layer"));
    assert_int_equal(cornu__hdf5_find(cornu__hdf5_root(file), "many")->child_count, groups);
    cornu__hdf5_close(file);
}

static void files_of_both_generations_are_read(void **state)
{
    (void)state;
    expect_contents("old.h5", 20);
    expect_contents("new.h5", 60);
}

static void texts_of_all_four_kinds_are_read(void **state)
{
    (void)state;
    static const char *const names[] = {"old.h5", "new.h5"};
    for (int i = 0; i < 2; i++) {
        cornu__hdf5 *file = open_fixture(names[i]);
        const cornu__hdf5_node *root = cornu__hdf5_root(file);
        expect_text(root, "keras_version", "3.0");
        expect_text(root, "bytes", "text");
        assert_null(cornu__hdf5_text(root, "number"));
        assert_null(cornu__hdf5_text(root, "list"));
        const cornu__hdf5_attribute *list = cornu__hdf5_find_attribute(root, "list"),
                                    *fixed = cornu__hdf5_find_attribute(root, "fixed");
        assert_int_equal(list->count, 3);
        assert_string_equal(list->texts[1], "bcd");
        assert_string_equal(list->texts[2], "");
        assert_int_equal(fixed->count, 2);
        assert_string_equal(fixed->texts[0], "xy");
        assert_string_equal(fixed->texts[1], "zzzz");
        cornu__hdf5_close(file);
    }
    cornu__hdf5 *file = open_fixture("new.h5");
    expect_text(cornu__hdf5_find(cornu__hdf5_root(file), "many"), "attribute_11", "value 11"); /* of a dense list */
    cornu__hdf5_close(file);
}

static void chunks_are_unpacked(void **state)
{
    (void)state;
    static const char *const names[] = {"plain", "deflated", "shuffled", "checked"};
    cornu__hdf5 *file = open_fixture("chunks.h5");
    for (size_t i = 0; i < 4; i++) {
        cornu_array *array = read_dataset(file, names[i]);
        assert_int_equal(cornu_array_count(array), 11 * 5 * 7);
        for (int64_t k = 0; k < cornu_array_count(array); k++)
            assert_true(cornu_array_get(array, k) == (double)(k % 50));
        cornu_array_release(array);
    }
    cornu_array *row = read_dataset(file, "row");
    for (int64_t k = 0; k < 300; k++)
        assert_true(cornu_array_get(row, k) == (double)k);
    cornu_array_release(row);
    cornu__hdf5_close(file);
}

static void expect_unread(const cornu__hdf5 *file, const char *path, cornu_status status, const char *part)
{
    expect_failure(cornu__hdf5_read(cornu__hdf5_find(cornu__hdf5_root(file), path)), status, part);
}

static void what_is_not_there_is_not_made_up(void **state)
{
    (void)state;
    cornu__hdf5 *file = open_fixture("chunks.h5");
    expect_unread(file, "unwritten", CORNU_ERROR_FORMAT, "/unwritten: only 2 of its 4 chunks were ever written");
    expect_unread(file, "bomb", CORNU_ERROR_FORMAT, "/bomb: its shape promises 17179869184 bytes");
    cornu__hdf5_close(file);
    file = open_fixture("old.h5");
    expect_unread(file, "text", CORNU_ERROR_UNSUPPORTED,
                  "/text: this dataset is not read: its elements are no numbers");
    expect_unread(file, "types", CORNU_ERROR_UNSUPPORTED, "it is a group");
    cornu__hdf5_close(file);
}

static void expect_refusal(const char *name, cornu_status status, const char *part)
{
    char path[PATH_SIZE];
    uint64_t live = cornu__allocation_live();
    cornu__hdf5 *file = cornu__hdf5_open(fixture_path(path, name));
    if (file)
        fail_msg("%s was opened", name);
    expect_failure(NULL, status, part);
    assert_int_equal(cornu__allocation_live(), live);
}

static void links_and_circles_are_refused(void **state)
{
    (void)state;
    expect_refusal("refused_soft_link.h5", CORNU_ERROR_UNSUPPORTED, "/data: 'other' is a soft link");
    expect_refusal("refused_external_link.h5", CORNU_ERROR_UNSUPPORTED, "/data: 'x' is an external link");
    expect_refusal("refused_circle.h5", CORNU_ERROR_FORMAT, "/a/b/up: this group contains itself");
    expect_refusal("refused_virtual.h5", CORNU_ERROR_UNSUPPORTED, "virtual dataset");
    expect_refusal("refused_outside.h5", CORNU_ERROR_UNSUPPORTED, "/x: its numbers are in other files");
}

static void what_is_no_such_file_is_said(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    assert_null(cornu__hdf5_open("no/such/file.h5"));
    expect_failure(NULL, CORNU_ERROR_IO, "cannot read 'no/such/file.h5'");
    assert_null(cornu__hdf5_open("/"));
    expect_failure(NULL, CORNU_ERROR_IO, "it is a folder, device or pipe");
    assert_null(cornu__hdf5_open("/dev/null"));
    expect_failure(NULL, CORNU_ERROR_IO, "it is a folder, device or pipe");
    assert_null(cornu__hdf5_open(""));
    expect_failure(NULL, CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    assert_null(cornu__hdf5_open(fixture_path(path, "float32.npy")));
    expect_failure(NULL, CORNU_ERROR_FORMAT, "is no HDF5 file");
    scratch_path(path, "pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(cornu__hdf5_open(path)); /* and does not wait for who writes to it */
    scratch_remove(path);
}

/* --- damage --- */

static void read_all(const cornu__hdf5_node *node)
{
    for (size_t i = 0; i < node->child_count; i++)
        read_all(node->children[i]);
    if (!node->is_dataset)
        return;
    cornu_error_clear();
    cornu_array *array = cornu__hdf5_read(node);
    assert_true(array || cornu_error_status() != CORNU_OK);
    volatile double sum = 0; /* the elements are read, not only counted */
    for (int64_t i = 0; i < cornu_array_count(array); i++)
        sum = sum + cornu_array_get(array, i);
    cornu_array_release(array);
}

/* Whether the bytes were opened; nothing may stay allocated. */
static bool survives(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = malloc(size); /* as long as it is: the sanitizer sees a step beyond */
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    uint64_t live = cornu__allocation_live();
    cornu_error_clear();
    cornu__hdf5 *file = cornu__hdf5_open_bytes("damaged.h5", copy, size);
    assert_true(file || cornu_error_status() != CORNU_OK);
    if (file)
        read_all(cornu__hdf5_root(file));
    cornu__hdf5_close(file);
    assert_int_equal(cornu__allocation_live(), live);
    free(copy);
    return file != NULL;
}

/* --- what a file makes of its bytes --- */

#define TEXTS 1000
#define LONG_TEXT 60000

/* A file with a list of texts of any length, by libhdf5: the first is long. */
static void write_texts(const char *path)
{
    char *long_text = malloc(LONG_TEXT + 1);
    const char *texts[TEXTS];
    assert_non_null(long_text);
    memset(long_text, 'A', LONG_TEXT);
    long_text[LONG_TEXT] = '\0';
    for (int i = 0; i < TEXTS; i++)
        texts[i] = i == 0 ? long_text : "b";
    hsize_t count = TEXTS;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5Acreate(file, "texts", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, texts) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    assert_true(H5Fclose(file) >= 0);
    free(long_text);
}

static void one_text_named_many_times_is_not_copied_without_end(void **state)
{
    (void)state;
    static const unsigned char length[] = {LONG_TEXT % 256, LONG_TEXT / 256, 0, 0};
    char path[PATH_SIZE];
    size_t size;
    scratch_path(path, "texts.h5");
    write_texts(path);
    unsigned char *bytes = read_bytes(path, &size);
    scratch_remove(path);
    assert_true(survives(bytes, size));
    unsigned char *first = memmem(bytes, size, length, sizeof length); /* length, address, number: 16 bytes */
    assert_non_null(first);
    for (int i = 1; i < TEXTS; i++) {
        assert_true(i > 1 || first[16] == 1); /* the list it is: "b" is the second */
        memcpy(first + 16 * i, first, 16);
    }
    assert_false(survives(bytes, size));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_LIMIT);
    assert_non_null(strstr(cornu_error_message(), "again and again"));
    free(bytes);
}

/* A message in a header of version 1: its type, the size of its body, flags and the body. */
#define MESSAGE_HEAD 8

/* The first message of that type, after the message at `from` of a dataset's header. */
static unsigned char *find_message(unsigned char *from, int type)
{
    for (int i = 0; i < 20 && from[0] != type; i++)
        from += MESSAGE_HEAD + (from[2] | from[3] << 8);
    assert_int_equal(from[0], type);
    return from;
}

static uint64_t header_of(const char *fixture, const char *dataset)
{
    cornu__hdf5 *file = open_fixture(fixture);
    uint64_t address = cornu__hdf5_find(cornu__hdf5_root(file), dataset)->address;
    cornu__hdf5_close(file);
    return address;
}

/* What h5py left free in the header of a dataset gets a copy of another message of it. */
static void a_header_says_everything_once(void **state)
{
    (void)state;
    static const struct {
        int type;
        const char *part;
    } messages[] = {{0x01, "a second dataspace"}, {0x03, "a second datatype"}, {0x08, "a second layout"}};
    char path[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(path, "chunks.h5"), &size);
    unsigned char *first = bytes + header_of("chunks.h5", "plain") + 16, *room = find_message(first, 0);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const unsigned char *from = find_message(first, messages[i].type);
        size_t length = from[2];
        room[0] = (unsigned char)messages[i].type;
        memcpy(room + MESSAGE_HEAD, from + MESSAGE_HEAD, length);
        assert_false(survives(bytes, size));
        if (!strstr(cornu_error_message(), messages[i].part))
            fail_msg("wanted '%s' in: %s", messages[i].part, cornu_error_message());
    }
    free(bytes);
}

/* Each list was bounded by itself and put behind the last one: on a heap, beyond the room for four. */
static void lists_of_filters_do_not_add_up(void **state)
{
    (void)state;
    static const unsigned char four[] = {2, 4, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0};
    char path[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(path, "old.h5"), &size);
    unsigned char *room = find_message(bytes + header_of("old.h5", "scalar") + 16, 0);
    size_t left = (size_t)(room[2] | room[3] << 8);
    while (left >= sizeof four + 6) { /* bodies are filled up to 8 bytes */
        size_t length = (sizeof four + 7) / 8 * 8;
        room[0] = 0x0b;
        room[2] = (unsigned char)length;
        memcpy(room + MESSAGE_HEAD, four, sizeof four);
        left -= left >= length + MESSAGE_HEAD ? length + MESSAGE_HEAD : left;
        room += MESSAGE_HEAD + length;
        if (left > 0) {
            room[0] = 0;
            room[2] = (unsigned char)left;
        }
    }
    assert_false(survives(bytes, size));
    assert_non_null(strstr(cornu_error_message(), "a second list of filters"));
    free(bytes);
}

static const char *const damaged[] = {"old.h5", "new.h5", "chunks.h5", "refused_circle.h5", "refused_external_link.h5"};
#define ROUNDS 3000
#define DAMAGED_COUNT (sizeof damaged / sizeof *damaged)

static void no_part_of_a_file_is_taken_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < DAMAGED_COUNT; i++) {
        char path[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(path, damaged[i]), &size);
        for (size_t length = 0; length < size; length += length < 2048 ? 1 : 97) {
            if (survives(bytes, length))
                fail_msg("%s: %zu of %zu bytes were taken for the whole", damaged[i], length, size);
        }
        free(bytes);
    }
}

static void no_damage_crashes_the_reader(void **state)
{
    (void)state;
    setenv("CORNU_MAX_READ_BYTES", "16777216", 1);
    for (size_t i = 0; i < DAMAGED_COUNT; i++) {
        char path[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(path, damaged[i]), &size);
        cornu__random_key key = cornu__random_key_make(5, CORNU__RANDOM_USER, i, 0);
        unsigned char *copy = malloc(size);
        assert_non_null(copy);
        uint64_t draw = 0;
        for (int round = 0; round < ROUNDS; round++) {
            /* A few bytes anywhere; half of the time in the first part, where most of the structure is. */
            size_t region = round % 2 == 0 && size > 4096 ? 4096 : size;
            memcpy(copy, bytes, size);
            for (uint64_t changes = 1 + cornu__random_below(key, draw++, 4); changes > 0; changes--) {
                uint64_t place = cornu__random_below(key, draw++, region);
                copy[place] = (unsigned char)cornu__random_below(key, draw++, 256);
            }
            survives(copy, size);
        }
        free(copy);
        free(bytes);
    }
    unsetenv("CORNU_MAX_READ_BYTES");
}

static void every_want_of_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < DAMAGED_COUNT; i++) {
        char path[PATH_SIZE];
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(path, damaged[i]), &size);
        for (uint64_t n = 1; n < 3000; n += 1 + n / 20) {
            cornu__allocation_fail_at(n);
            survives(bytes, size);
            cornu__allocation_fail_at(0);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_both_generations_are_read),
        cmocka_unit_test(texts_of_all_four_kinds_are_read),
        cmocka_unit_test(chunks_are_unpacked),
        cmocka_unit_test(what_is_not_there_is_not_made_up),
        cmocka_unit_test(links_and_circles_are_refused),
        cmocka_unit_test(what_is_no_such_file_is_said),
        cmocka_unit_test(one_text_named_many_times_is_not_copied_without_end),
        cmocka_unit_test(a_header_says_everything_once),
        cmocka_unit_test(lists_of_filters_do_not_add_up),
        cmocka_unit_test(no_part_of_a_file_is_taken_for_the_whole),
        cmocka_unit_test(no_damage_crashes_the_reader),
        cmocka_unit_test(every_want_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
