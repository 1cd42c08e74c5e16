/*
 * test_damage.c: no file crashes a reader, makes it leak, or comes through truncated.
 *
 * Every fixture is cut at every length, has every byte of its start and end flipped in every bit, and is changed at
 * random places for a bounded number of rounds. The sanitizers' builds make this a search for memory errors.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "files.h"
#include "support/scratch.h"
#include "format/csv.h"
#include "format/json.h"
#include "format/load.h"

#define RANDOM_ROUNDS 300
#define FLIPPED_BYTES 256 /* at the start and at the end: where headers and directories are */

typedef cornu_array *reader(const char *path);

static char path[PATH_SIZE];

static cornu_array *read_csv_with_target(const char *file)
{
    return cornu_load_csv(file, .target = "-1");
}

static cornu_array *read_json(const char *file)
{
    json_decref(cornu__json_load(file));
    return NULL;
}

/* Reads the bytes as a file; an array must come with sane contents, or a message. Nothing may stay allocated. */
static bool survives(reader *read, const void *bytes, size_t size)
{
    write_bytes(path, bytes, size);
    uint64_t live = cornu__allocation_live();
    cornu_error_clear();
    cornu_array *array = read(path);
    bool came = array != NULL;
    volatile double sum = 0; /* the elements are read, not only counted */
    for (size_t i = 0; i < cornu_array_item_count(array); i++) {
        const cornu_array *item = cornu_array_item(array, i);
        for (int64_t j = 0; j < cornu_array_count(item); j++)
            sum = sum + cornu_array_get(item, j);
    }
    cornu_array_release(array);
    assert_true(came || cornu_error_status() != CORNU_OK || read == read_json);
    assert_int_equal(cornu__allocation_live(), live);
    return came;
}

static void damage(reader *read, const unsigned char *bytes, size_t size, bool must_notice_truncation)
{
    for (size_t length = 0; length < size; length++) {
        if (survives(read, bytes, length) && must_notice_truncation)
            fail_msg("%zu of %zu bytes were taken for the whole", length, size);
    }
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    for (size_t i = 0; i < size; i++) {
        if (i == FLIPPED_BYTES && size > 2 * FLIPPED_BYTES)
            i = size - FLIPPED_BYTES;
        for (int bit = 0; bit < 8; bit++) {
            copy[i] = bytes[i] ^ (unsigned char)(1 << bit);
            survives(read, copy, size);
        }
        copy[i] = bytes[i];
    }
    cornu__random_key key = cornu__random_key_make(2, CORNU__RANDOM_USER, size, 0);
    for (uint64_t round = 0, draw = 0; round < RANDOM_ROUNDS; round++) {
        memcpy(copy, bytes, size);
        uint64_t changes = 1 + cornu__random_below(key, draw++, 8);
        for (uint64_t change = 0; change < changes; change++) {
            size_t place = cornu__random_below(key, draw++, size);
            copy[place] = (unsigned char)cornu__random_below(key, draw++, 256);
        }
        survives(read, copy, size);
    }
    free(copy);
}

/* Damages every fixture whose name ends so, and was not refused whole. */
static void damage_fixtures(const char *ending, reader *read, bool must_notice_truncation)
{
    char folder[PATH_SIZE], file[PATH_SIZE];
    DIR *fixtures = opendir(fixture_path(folder, ""));
    assert_non_null(fixtures);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(fixtures));) {
        size_t length = strlen(entry->d_name), suffix = strlen(ending);
        if (length <= suffix || strcmp(entry->d_name + length - suffix, ending) != 0)
            continue;
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(file, entry->d_name), &size);
        damage(read, bytes, size, must_notice_truncation);
        free(bytes);
        count++;
    }
    closedir(fixtures);
    assert_true(count > 0);
}

static void npy_files(void **state)
{
    (void)state;
    damage_fixtures(".npy", cornu_load_npy, true);
}

static void npz_files(void **state)
{
    (void)state;
    damage_fixtures(".npz", cornu_load_npz, true);
}

static void idx_files(void **state)
{
    (void)state;
    damage_fixtures(".idx", cornu_load_idx, true);
}

static void compressed_files(void **state)
{
    (void)state;
    damage_fixtures(".idx.gz", cornu_load_idx, true);
}

static void tables(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBFlength;\"wi\"\"dth\";kind\r\n1.5;-2e3;a\r\n \"3\" ;nan;\"b;\nc\"\r\n5;6;a\n\n";
    damage(read_csv_with_target, (const unsigned char *)text, sizeof text - 1, false);
}

static void json(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\": [1, -2.5e3, true, null, {\"b\\u00e4\\\"\": \"\\ud83d\\ude00\"}], \"c\": {\"d\": []}}";
    damage(read_json, (const unsigned char *)text, sizeof text - 1, false);
}

/* Every allocation of a read and of a save fails once: an error each time, nothing left behind, the files untouched. */
static void a_refused_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    char fixture[PATH_SIZE];
    static const char text[] = "length,kind\n1,a\n2,b\n";
    const struct {
        const char *fixture;
        reader *read;
    } cases[] = {{"fortran.npy", cornu_load_npy},
                 {"deflated.npz", cornu_load_npz},
                 {"int16.idx.gz", cornu_load_idx},
                 {NULL, read_csv_with_target}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text(path, text);
        const char *file = cases[i].fixture ? fixture_path(fixture, cases[i].fixture) : path;
        uint64_t live = cornu__allocation_live();
        cornu_array *array = NULL;
        int failures = 0;
        for (; !array; failures++) {
            cornu__allocation_fail_at((uint64_t)failures + 1);
            cornu_error_clear();
            array = cases[i].read(file);
            cornu__allocation_fail_at(0);
            if (!array) {
                assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
                assert_int_equal(cornu__allocation_live(), live);
            }
            assert_true(failures < 1000);
        }
        assert_true(failures > 2);
        cornu_array_release(array);
        assert_int_equal(cornu__allocation_live(), live);
    }
}

static void a_save_that_runs_out_of_memory_leaves_the_old_file(void **state)
{
    (void)state;
    char fixture[PATH_SIZE];
    cornu_array *dictionary = cornu_load_npz(fixture_path(fixture, "stored.npz"));
    assert_non_null(dictionary);
    write_text(path, "old");
    uint64_t live = cornu__allocation_live();
    cornu_status status;
    uint64_t attempt = 1;
    do {
        size_t size;
        unsigned char *bytes = read_bytes(path, &size);
        assert_int_equal(size, 3);
        assert_memory_equal(bytes, "old", 3);
        free(bytes);
        cornu__allocation_fail_at(attempt++);
        status = cornu_save_npz(path, dictionary);
        cornu__allocation_fail_at(0);
        assert_int_equal(cornu__allocation_live(), live);
        assert_true(attempt < 1000);
    } while (status == CORNU_ERROR_OUT_OF_MEMORY);
    assert_int_equal(status, CORNU_OK);
    assert_true(attempt > 5);
    cornu_array_release(dictionary);
}

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/cornu-test-%ld-damaged", scratch_folder(), (long)getpid());
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    scratch_remove(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_files),
        cmocka_unit_test(npz_files),
        cmocka_unit_test(idx_files),
        cmocka_unit_test(compressed_files),
        cmocka_unit_test(tables),
        cmocka_unit_test(json),
        cmocka_unit_test(a_refused_allocation_is_an_error_and_leaks_nothing),
        cmocka_unit_test(a_save_that_runs_out_of_memory_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
