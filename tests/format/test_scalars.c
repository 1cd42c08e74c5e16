/* Logs of trainings: tables and event files are read, and what is damaged or lies is refused within limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "format/event_file.h"
#include "format/scalars.h"
#include "format/tfrecord.h"

static char folder[] = "/tmp/cornu-scalars-XXXXXX";
static char path[200];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char *write_bytes(const void *bytes, size_t size)
{
    snprintf(path, sizeof path, "%s/log", folder);
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return path;
}

static cornu_status read_table(const char *text, cornu__scalars *scalars)
{
    *scalars = (cornu__scalars){0};
    return cornu__scalars_read_csv(write_bytes(text, strlen(text)), scalars);
}

static void check(const cornu__scalars *scalars, const char *name, int64_t count, const double *steps,
                  const double *values)
{
    const cornu__scalar_series *series = cornu__scalars_find(scalars, name);
    assert_non_null(series);
    assert_int_equal(series->count, count);
    for (int64_t i = 0; i < count; i++) {
        assert_true(series->steps[i] == steps[i]);
        assert_true(series->values[i] == values[i] || (isnan(values[i]) && isnan(series->values[i])));
    }
}

static void tables_are_read_by_their_first_line(void **state)
{
    (void)state;
    cornu__scalars scalars;
    assert_int_equal(read_table("epoch,loss,val_loss\r\n0,0.5,NA\r\n2,nan,0.25\r\n", &scalars), CORNU_OK);
    check(&scalars, "loss", 2, (double[]){0, 2}, (double[]){0.5, NAN});
    check(&scalars, "val_loss", 1, (double[]){2}, (double[]){0.25});
    assert_null(cornu__scalars_find(&scalars, "epoch"));
    cornu__scalars_free(&scalars);
    assert_int_equal(read_table("loss;\"a;b\";lists\n1e-300;7;[1, 2]\n2;8;[3, 4]\n", &scalars), CORNU_OK);
    check(&scalars, "loss", 2, (double[]){0, 1}, (double[]){1e-300, 2});
    check(&scalars, "a;b", 2, (double[]){0, 1}, (double[]){7, 8});
    assert_int_equal(scalars.series_count, 2);
    cornu__scalars_free(&scalars);
}

static void what_is_no_log_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "empty"},
        {"1,2\n3,4\n", "'1' is no name"},
        {"epoch,loss\n0,abc\n", "line 2: 'abc' of column 'loss'"},
        {"epoch,loss\n0\n", "1 fields; the first line names 2"},
        {"epoch,loss\n0,1\n1,0x\n", "line 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cornu__scalars scalars;
        assert_int_equal(read_table(cases[i][0], &scalars), CORNU_ERROR_FORMAT);
        assert_non_null(strstr(cornu_error_message(), cases[i][1]));
        cornu__scalars_free(&scalars);
    }
    cornu__scalars none = {0};
    assert_int_equal(cornu__scalars_read_csv(write_bytes("a\0b", 3), &none), CORNU_ERROR_FORMAT);
    assert_int_not_equal(cornu__scalars_read_csv("/nowhere/log.csv", &none), CORNU_OK);
    cornu__scalars_free(&none);
}

/* --- Event files --- */

#define MOST_BYTES 4096

/* What Cornu writes, as bytes. */
static size_t event_bytes(unsigned char *bytes)
{
    char command[300];
    cornu__event_file *file = cornu__event_file_create(folder);
    assert_non_null(file);
    for (int step = 0; step < 3; step++)
        assert_int_equal(cornu__event_file_add(file, "epoch_loss", step, 1.0 / (1 << step)), CORNU_OK);
    assert_int_equal(
        cornu__event_file_add_matrix(file, "kernel", CORNU__PLUGIN_HISTOGRAMS, 0, 1, 3, (double[]){0, 1, 2}), CORNU_OK);
    assert_int_equal(cornu__event_file_add(file, "lr", 7, 0.5), CORNU_OK);
    assert_int_equal(cornu__event_file_close(file), CORNU_OK);
    snprintf(command, sizeof command, "mv %s/*tfevents* %s/events", folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/events", folder);
    FILE *opened = fopen(path, "rb");
    size_t size = fread(bytes, 1, MOST_BYTES, opened);
    fclose(opened);
    assert_true(size > 100 && size < MOST_BYTES);
    return size;
}

static cornu_status read_events(const void *bytes, size_t size, cornu__scalars *scalars)
{
    *scalars = (cornu__scalars){0};
    return cornu__scalars_read_events(write_bytes(bytes, size), "val_", scalars);
}

static void event_files_give_back_the_numbers_that_were_written(void **state)
{
    (void)state;
    unsigned char bytes[MOST_BYTES];
    size_t size = event_bytes(bytes);
    cornu__scalars scalars;
    assert_int_equal(read_events(bytes, size, &scalars), CORNU_OK);
    assert_int_equal(scalars.series_count, 2);
    check(&scalars, "val_epoch_loss", 3, (double[]){0, 1, 2}, (double[]){1, 0.5, 0.25});
    check(&scalars, "val_lr", 1, (double[]){7}, (double[]){0.5});
    cornu__scalars_free(&scalars);
}

/* A tensor of one number, as TensorFlow 2 writes it: its values in float_val (packed or not), double_val or tensor_content. */
static void numbers_in_tensors_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *tensor;
        size_t size;
        bool is_number;
    } cases[] = {
        {"\x08\x01\x12\x00\x2a\x04\x00\x00\x00\x3f", 10, true},                  /* packed float 0.5 */
        {"\x08\x01\x12\x00\x2d\x00\x00\x00\x3f", 9, true},                       /* float 0.5 */
        {"\x08\x01\x22\x04\x00\x00\x00\x3f", 8, true},                           /* content */
        {"\x08\x02\x31\x00\x00\x00\x00\x00\x00\xe0\x3f", 11, true},              /* double 0.5 */
        {"\x08\x01\x12\x04\x12\x02\x08\x01\x2a\x04\x00\x00\x00\x3f", 14, false}, /* of shape (1) */
        {"\x08\x03\x12\x00\x22\x04\x00\x00\x00\x3f", 10, false},                 /* int32 */
        {"\x08\x01\x12\x00\x2a\x08\x00\x00\x00\x3f\x00\x00\x00\x3f", 14, false}, /* two numbers */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char event[100];
        size_t tensor = cases[i].size, value = tensor + 5, at = 0;
        event[at++] = 0x10; /* step */
        event[at++] = 9;
        event[at++] = 0x2a; /* summary */
        event[at++] = (unsigned char)(value + 2);
        event[at++] = 0x0a; /* value */
        event[at++] = (unsigned char)value;
        memcpy(event + at, "\x0a\x01t\x42", 4); /* tag, tensor */
        at += 4;
        event[at++] = (unsigned char)tensor;
        memcpy(event + at, cases[i].tensor, tensor);
        at += tensor;
        snprintf(path, sizeof path, "%s/tensor", folder);
        FILE *file = fopen(path, "wb");
        assert_int_equal(cornu__tfrecord_write(file, path, event, at), CORNU_OK);
        fclose(file);
        cornu__scalars scalars = {0};
        assert_int_equal(cornu__scalars_read_events(path, "", &scalars), CORNU_OK);
        assert_int_equal(scalars.value_count, cases[i].is_number);
        if (cases[i].is_number)
            check(&scalars, "t", 1, (double[]){9}, (double[]){0.5});
        cornu__scalars_free(&scalars);
    }
}

/* Written by TensorFlow's tf.summary.write with the metadata of scalars, as Keras 3's TensorBoard does, and a matrix between them. */
static void tensorflows_own_file_is_read(void **state)
{
    (void)state;
    const char *root = getenv("CORNU_SOURCE_DIR");
    char fixture[500];
    snprintf(fixture, sizeof fixture, "%s/tests/format/fixtures/tensorflow.tfevents", root ? root : ".");
    cornu__scalars scalars = {0};
    assert_int_equal(cornu__scalars_read_events(fixture, "", &scalars), CORNU_OK);
    assert_int_equal(scalars.series_count, 3);
    check(&scalars, "epoch_loss", 3, (double[]){0, 1, 2}, (double[]){2, 1, 0.5});
    check(&scalars, "epoch_accuracy", 3, (double[]){0, 1, 2}, (double[]){0.5, 0.75, 0.875});
    check(&scalars, "batch_loss", 1, (double[]){700}, (double[]){0.25});
    cornu__scalars_free(&scalars);
}

static void a_file_that_ends_early_is_read_up_to_there(void **state)
{
    (void)state;
    unsigned char bytes[MOST_BYTES];
    size_t size = event_bytes(bytes);
    int64_t last = 0;
    for (size_t length = 0; length <= size; length++) {
        cornu__scalars scalars;
        assert_int_equal(read_events(bytes, length, &scalars), CORNU_OK);
        assert_true(scalars.value_count >= last && scalars.value_count <= 4);
        last = scalars.value_count;
        cornu__scalars_free(&scalars);
    }
    assert_int_equal(last, 4);
}

static void every_changed_bit_is_found_by_the_sums(void **state)
{
    (void)state;
    unsigned char bytes[MOST_BYTES];
    size_t size = event_bytes(bytes);
    for (size_t bit = 0; bit < 8 * size; bit += 3) {
        cornu__scalars scalars;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_int_equal(read_events(bytes, size, &scalars), CORNU_ERROR_FORMAT);
        cornu__scalars_free(&scalars);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

/* With right sums: what is within a message is not believed either. */
static void messages_that_lie_are_refused_or_passed_over(void **state)
{
    (void)state;
    unsigned char bytes[64];
    uint32_t random = 7;
    for (int round = 0; round < 20000; round++) {
        size_t size = 1 + random % sizeof bytes;
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = (unsigned char)(random >> 24);
        }
        memcpy(bytes, "\x2a", 1);
        if (round % 2 && size > 3)
            memcpy(bytes + 2, "\x0a", 1);
        snprintf(path, sizeof path, "%s/lie", folder);
        FILE *file = fopen(path, "wb");
        assert_int_equal(cornu__tfrecord_write(file, path, bytes, size), CORNU_OK);
        fclose(file);
        cornu__scalars scalars = {0};
        cornu_status status = cornu__scalars_read_events(path, "", &scalars);
        assert_true(status == CORNU_OK || status == CORNU_ERROR_FORMAT || status == CORNU_ERROR_LIMIT);
        cornu__scalars_free(&scalars);
    }
}

static void a_lying_length_asks_for_no_memory(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {UINT64_MAX, (uint64_t)1 << 40, CORNU__MAX_EVENT_BYTES};
    for (int i = 0; i < 3; i++) {
        unsigned char head[12];
        for (int k = 0; k < 8; k++)
            head[k] = (unsigned char)(lengths[i] >> (8 * k));
        uint32_t sum = cornu__crc32c_masked(head, 8);
        for (int k = 0; k < 4; k++)
            head[8 + k] = (unsigned char)(sum >> (8 * k));
        cornu__scalars scalars;
        assert_int_equal(read_events(head, sizeof head, &scalars), i < 2 ? CORNU_ERROR_LIMIT : CORNU_OK);
        assert_int_equal(scalars.value_count, 0);
        cornu__scalars_free(&scalars);
    }
}

static void without_memory_nothing_is_left(void **state)
{
    (void)state;
    unsigned char bytes[MOST_BYTES];
    size_t size = event_bytes(bytes);
    for (int table = 0; table < 2; table++) {
        cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
        uint64_t before = cornu__allocation_live();
        for (uint64_t n = 1; status == CORNU_ERROR_OUT_OF_MEMORY; n++) {
            cornu__scalars scalars;
            cornu__allocation_fail_at(n);
            status =
                table ? read_table("epoch,loss,acc\n0,1,2\n1,2,3\n", &scalars) : read_events(bytes, size, &scalars);
            cornu__allocation_fail_at(0);
            cornu__scalars_free(&scalars);
            assert_int_equal(cornu__allocation_live(), before);
            assert_true(n < 200);
        }
        assert_int_equal(status, CORNU_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_read_by_their_first_line),
        cmocka_unit_test(what_is_no_log_is_refused_with_its_place),
        cmocka_unit_test(event_files_give_back_the_numbers_that_were_written),
        cmocka_unit_test(numbers_in_tensors_are_read),
        cmocka_unit_test(tensorflows_own_file_is_read),
        cmocka_unit_test(a_file_that_ends_early_is_read_up_to_there),
        cmocka_unit_test(every_changed_bit_is_found_by_the_sums),
        cmocka_unit_test(messages_that_lie_are_refused_or_passed_over),
        cmocka_unit_test(a_lying_length_asks_for_no_memory),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests_name("scalars", tests, make_folder, remove_folder);
}
