/* Archives of tar as datasets: those of Python's tarfile are read, files of one key are one sample, and what is no sample is left out or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/dataset_checks.h"
#include "data/oracle_values.h"

#define BLOCK 512

static char path[PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    scratch_path(path, "shard.tar");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_path(path, "shard.tar");
    unlink(path);
    return cornu__allocation_live() != 0;
}

/* What tests/oracle/records.py put into sample i. */
static void expect_sample(const cornu_dataset *dataset, const cornu_sample *sample, int64_t i)
{
    char text[100] = "";
    for (int64_t j = 0; j < i; j++)
        sprintf(text + strlen(text), "text %lld", (long long)i);
    expect_bytes(dataset, sample, "txt", text, strlen(text));
    assert_true(value_of(dataset, sample, "cls", 0) == (double)(7 * i - 3));
    unsigned char bytes[1000];
    memset(bytes, (int)i, sizeof bytes);
    expect_bytes(dataset, sample, "bin", bytes, (size_t)(300 * i));
}

static void pythons_archives_are_read_in_any_order(void **state)
{
    (void)state;
    const char *const names[] = {"shard_ustar.tar", "shard_gnu.tar", "shard_pax.tar", "shard.tar.gz"};
    for (size_t n = 0; n < 4; n++) {
        cornu_dataset *dataset = made(cornu_tar_dataset(fixture_path(path, names[n])));
        cornu_sample *sample = made(cornu_sample_create(dataset));
        assert_int_equal(cornu_dataset_count(dataset), 4);
        assert_int_equal(cornu_dataset_field_count(dataset), 3);
        const int order[] = {2, 3, 0, 1, 1, 3, 2, 2};
        for (int i = 0; i < 8; i++) {
            read_sample(dataset, order[i], sample);
            expect_sample(dataset, sample, order[i]);
        }
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
        dataset = made(cornu_dataset_open(path));
        assert_int_equal(cornu_dataset_count(dataset), 4);
        cornu_dataset_release(dataset);
    }
}

static void fields_are_chosen_named_and_gathered_from_shards(void **state)
{
    (void)state;
    fixture_path(path, "shard_*.tar");
    cornu_dataset *dataset =
        made(cornu_tar_dataset(path, .fields = cornu_names("label=cls", "text=text;txt", "__key__")));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), 12);
    read_sample(dataset, 9, sample); /* of ustar, the last in byte order */
    assert_true(value_of(dataset, sample, "label", 0) == 4);
    expect_bytes(dataset, sample, "text", "text 1", 6);
    expect_bytes(dataset, sample, "__key__", "sample001", 9);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    expect_refusal(cornu_tar_dataset(path, .fields = cornu_names("jpg")), "has no file .jpg");
    expect_refusal(cornu_tar_dataset(path, .fields = cornu_names("image=")), "wants an extension");
    expect_refusal(cornu_tar_dataset(path, .fields = cornu_names("a=txt;cls")), "has two files for the field 'a'");
}

/* --- Archives made here --- */

typedef struct maker {
    char *bytes;
    size_t size;
    FILE *stream;
} maker;

static void begin(maker *self)
{
    self->stream = open_memstream(&self->bytes, &self->size);
}

static void add_header(maker *self, const char *name, char type, const char *size_field, const char *link)
{
    unsigned char block[BLOCK] = {0};
    unsigned sum = 0;
    snprintf((char *)block, 100, "%s", name);
    snprintf((char *)block + 100, 8, "0000644");
    memcpy(block + 124, size_field, 12);
    block[156] = (unsigned char)type;
    snprintf((char *)block + 157, 100, "%s", link);
    memcpy(block + 257,
           "ustar\0"
           "00",
           8);
    memset(block + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++)
        sum += block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
    fwrite(block, 1, BLOCK, self->stream);
}

static void add(maker *self, const char *name, char type, const void *bytes, size_t size)
{
    char field[13];
    static const char zeros[BLOCK];
    snprintf(field, sizeof field, "%011zo", size);
    add_header(self, name, type, field, type == '2' || type == '1' ? "../../etc/passwd" : "");
    fwrite(bytes, 1, size, self->stream);
    fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, self->stream);
}

static void end(maker *self, const char *to)
{
    static const char zeros[2 * BLOCK];
    fwrite(zeros, 1, sizeof zeros, self->stream);
    fclose(self->stream);
    write_bytes(to, self->bytes, self->size);
}

static void links_devices_folders_and_hidden_files_are_left_out(void **state)
{
    (void)state;
    maker tar;
    begin(&tar);
    add(&tar, "./", '5', "", 0);
    add(&tar, "/etc/a.cls", '0', "1", 1); /* a name is a name: nothing is opened or written by it */
    add(&tar, "b.txt", '2', "", 0);
    add(&tar, "c.txt", '1', "", 0);
    add(&tar, "null.dev", '3', "", 0);
    add(&tar, ".hidden", '0', "x", 1);
    add(&tar, "README", '0', "x", 1);
    add(&tar, "../../b.CLS", '0', " 2\n", 3);
    add(&tar, "old/", '\0', "", 0);
    add(&tar, "g", 'g', "20 comment=a commit\n", 20);
    add(&tar, "c.cls", '0', "3", 1);
    end(&tar, path);
    cornu_dataset *dataset = made(cornu_tar_dataset(path, .fields = cornu_names("cls", "__key__")));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), 3);
    for (int64_t i = 2; i >= 0; i--) {
        static const char *const keys[] = {"/etc/a", "../../b", "c"};
        read_sample(dataset, i, sample);
        assert_true(value_of(dataset, sample, "cls", 0) == (double)i + 1);
        expect_bytes(dataset, sample, "__key__", keys[i], strlen(keys[i]));
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    free(tar.bytes);
}

static void expect_archive_refusal(maker *tar, const char *part)
{
    end(tar, path);
    expect_refusal(cornu_tar_dataset(path), part);
    free(tar->bytes);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    maker tar;
    begin(&tar);
    add(&tar, "a.txt", '0', "1", 1);
    add(&tar, "a.txt", '0', "1", 1);
    expect_archive_refusal(&tar, "sample 'a' has two files for the field 'txt'");
    begin(&tar);
    add(&tar, "a.txt", '0', "1", 1);
    add(&tar, "a.cls", '0', "1", 1);
    add(&tar, "b.txt", '0', "1", 1);
    expect_archive_refusal(&tar, "sample 'b' has no file .cls");
    begin(&tar);
    expect_archive_refusal(&tar, "no samples");
    begin(&tar);
    add_header(&tar, "a.txt", '0', "77777777777", "");
    expect_archive_refusal(&tar, "at most 2147483647 are read");
    begin(&tar);
    add_header(&tar, "a.txt", '0', "00000100000", "");
    expect_archive_refusal(&tar, "is truncated: it ends within 'a'");
    begin(&tar);
    add_header(&tar, "a.txt", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "");
    expect_archive_refusal(&tar, "the size in a header is no number");
    begin(&tar);
    add_header(&tar, "a.txt", '0', "12 monkeys!!", "");
    add(&tar, "b.txt", '0', "x", 1);
    expect_archive_refusal(&tar, "'");
    begin(&tar);
    add(&tar, "x", 'x', "999 path=a\n", 11);
    expect_archive_refusal(&tar, "a pax header that is none");
    begin(&tar);
    add(&tar, "x", 'g', "12 size=123\n", 12);
    expect_archive_refusal(&tar, "a global header gives all files one name or size");
    begin(&tar);
    add(&tar, "x", 'x', "12 size=1e3\n", 12);
    expect_archive_refusal(&tar, "the size in a pax header is no number");
    begin(&tar);
    add(&tar, "a.txt", 'S', "x", 1);
    expect_archive_refusal(&tar, "sparse files");
    begin(&tar);
    add_header(&tar, "x", 'L', "10000000000", "");
    expect_archive_refusal(&tar, "more than a megabyte");
    write_text(path, "this is no archive");
    expect_refusal(cornu_tar_dataset(path), "truncated");
    char noise[2 * BLOCK];
    memset(noise, 'n', sizeof noise);
    write_bytes(path, noise, sizeof noise);
    expect_refusal(cornu_tar_dataset(path), "damaged, or no tar");
    begin(&tar);
    add(&tar, "a.cls", '0', "seven", 5);
    end(&tar, path);
    cornu_dataset *dataset = made(cornu_tar_dataset(path));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_not_equal(cornu_dataset_read(dataset, 0, sample), CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), "'a.cls' is no whole number as text: 'seven'"));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    free(tar.bytes);
}

static void an_archive_cut_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    char whole_path[PATH_SIZE];
    const char *const names[] = {"shard_pax.tar", "shard.tar.gz"};
    for (int n = 0; n < 2; n++) {
        size_t size;
        unsigned char *bytes = read_bytes(fixture_path(whole_path, names[n]), &size);
        for (size_t length = 0; length < size; length += n == 0 ? 101 : 1) {
            write_bytes(path, bytes, length);
            cornu_error_clear();
            cornu_dataset *dataset = cornu_tar_dataset(path);
            assert_true(dataset || cornu_error_message()[0] != '\0');
            cornu_sample *sample = dataset ? made(cornu_sample_create(dataset)) : NULL;
            for (int64_t i = 0; i < cornu_dataset_count(dataset); i++) {
                read_sample(dataset, i, sample);
                expect_sample(dataset, sample, i);
            }
            cornu_sample_release(sample);
            cornu_dataset_release(dataset);
        }
        free(bytes);
    }
}

static cornu_status as_numbers(void *state, const cornu_sample *from, cornu_sample *to)
{
    (void)state;
    float *x = cornu_sample_data(to, 0);
    const unsigned char *bytes = cornu_sample_data(from, 0);
    x[0] = (float)cornu_sample_size(from, 0);
    x[1] = x[0] > 0 ? (float)bytes[0] : -1;
    *(float *)cornu_sample_data(to, 1) = (float)*(int64_t *)cornu_sample_data(from, 1);
    return CORNU_OK;
}

static void any_workers_make_the_same_batches(void **state)
{
    (void)state;
    maker tar;
    begin(&tar);
    for (int i = 0; i < 150; i++) {
        char name[40], text[1400];
        memset(text, 'a' + i % 26, sizeof text);
        snprintf(name, sizeof name, "%d.bin", i);
        add(&tar, name, '0', text, (size_t)(i * i % 1400));
        snprintf(name, sizeof name, "%d.cls", i);
        snprintf(text, sizeof text, "%d", i);
        add(&tar, name, '0', text, strlen(text));
    }
    end(&tar, path);
    for (int compressed = 0; compressed < 2; compressed++) {
        if (compressed)
            write_gzip(path, tar.bytes, tar.size);
        const cornu_field fields[] = {{.name = "x", .dtype = CORNU_FLOAT32, .rank = 1, .shape = {2}},
                                      {.name = "y", .dtype = CORNU_FLOAT32}};
        cornu_dataset *files = made(cornu_tar_dataset(path));
        cornu_dataset *dataset =
            made(cornu_dataset_map(files, .function = as_numbers, .fields = fields, .field_count = 2));
        assert_int_equal(cornu_dataset_count(dataset), 150);
        assert_true(cornu_dataset_random_access(dataset) == !compressed);
        expect_same_batches_for_any_workers(dataset, 2);
        cornu_dataset_release(dataset);
        cornu_dataset_release(files);
    }
    free(tar.bytes);
}

/* An archive of .npy files: numpy's own, in any order of axes and bytes. */
static void add_npy(maker *tar, const char *member, const char *fixture)
{
    char file[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(file, fixture), &size);
    add(tar, member, '0', bytes, size);
    free(bytes);
}

static void arrays_in_an_archive_are_those_of_numpy(void **state)
{
    (void)state;
    static const char *const fixtures[] = {"fortran.npy", "version2.npy", "version3.npy"};
    maker tar;
    char member[20];
    begin(&tar);
    for (int i = 0; i < 30; i++) {
        snprintf(member, sizeof member, "%02d.npy", i);
        add_npy(&tar, member, fixtures[i % 3]);
        snprintf(member, sizeof member, "%02d.cls", i);
        add(&tar, member, '0', "7", 1);
    }
    end(&tar, path);
    cornu_dataset *files = made(cornu_tar_dataset(path));
    cornu_dataset *dataset = made(cornu_decode_npy(files, "npy"));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    const cornu_field *field = cornu_dataset_field(dataset, cornu_dataset_field_named(dataset, "npy"));
    assert_int_equal(field->rank, 3);
    assert_memory_equal(field->shape, ((int64_t[]){2, 3, 4}), 3 * sizeof(int64_t));
    for (int64_t i = 29; i >= 0; i--) {
        read_sample(dataset, i, sample);
        for (int64_t j = 0; j < 24; j++)
            assert_true(value_of(dataset, sample, "npy", j) == (double)j);
        assert_true(value_of(dataset, sample, "cls", 0) == 7);
    }
    assert_string_equal(cornu_dataset_sample_name(dataset, 11), "11");
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    expect_refusal(cornu_decode_npy(files, "cls"), "is no bytes of any size");
    cornu_dataset_release(files);
    free(tar.bytes);
}

static void what_is_no_such_array_is_refused_with_its_sample(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *says;
    } cases[] = {{"table.csv", "fortran.npy", "sample 0"},
                 {"refused_objects.npy", "fortran.npy", "sample 0"},
                 {"fortran.npy", "vector.npy", "and the first sample's is "},
                 {"fortran.npy", "table.csv", "sample 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        maker tar;
        begin(&tar);
        add_npy(&tar, "0.npy", cases[i].first);
        add_npy(&tar, "1.npy", cases[i].second);
        end(&tar, path);
        cornu_dataset *files = made(cornu_tar_dataset(path)), *dataset = cornu_decode_npy(files, "npy");
        if (dataset) {
            cornu_sample *sample = made(cornu_sample_create(dataset));
            read_sample(dataset, 0, sample);
            assert_true(cornu_dataset_read(dataset, 1, sample) != CORNU_OK);
            cornu_sample_release(sample);
            cornu_dataset_release(dataset);
        }
        assert_int_equal(dataset != NULL, i > 1);
        expect_refusal(NULL, cases[i].says);
        expect_refusal(NULL, "'npy'");
        cornu_dataset_release(files);
        free(tar.bytes);
    }
    maker tar; /* and one that is cut anywhere */
    char file[PATH_SIZE];
    size_t size;
    unsigned char *bytes = read_bytes(fixture_path(file, "fortran.npy"), &size);
    for (size_t cut = 0; cut < size; cut += 7) {
        begin(&tar);
        add(&tar, "0.npy", '0', bytes, cut);
        end(&tar, path);
        cornu_dataset *files = made(cornu_tar_dataset(path));
        expect_refusal(cornu_decode_npy(files, "npy"), "sample 0");
        cornu_dataset_release(files);
        free(tar.bytes);
    }
    free(bytes);
}

static cornu_dataset *open_shard(void)
{
    char file[PATH_SIZE];
    return cornu_tar_dataset(fixture_path(file, "shard_pax.tar"));
}

static void memory_that_is_refused_is_told_of(void **state)
{
    (void)state;
    fail_every_allocation_of_reading(open_shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pythons_archives_are_read_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_are_chosen_named_and_gathered_from_shards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_devices_folders_and_hidden_files_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_archive_cut_anywhere_is_read_or_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_in_an_archive_are_those_of_numpy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_such_array_is_refused_with_its_sample, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_workers_make_the_same_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_refused_is_told_of, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
