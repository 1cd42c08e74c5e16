/* TensorBoard's event files, read back by a reader of the test's own. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "format/tfrecord.h"
#include "train/scripted.h"

#define MOST_EVENTS 200
#define MOST_BYTES 100000

typedef struct event {
    double wall_time;
    int64_t step;
    char version[50];
    char tag[100];
    float value;
} event;

/* --- A reader: sums bit by bit, messages by recursion --- */

static uint32_t slow_crc32c(const unsigned char *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < 8 * size; i++) {
        uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> (i % 8))) & 1;
        crc = (crc >> 1) ^ (bit ? 0x82f63b78U : 0);
    }
    return crc ^ 0xffffffff;
}

static uint64_t little_endian(const unsigned char *bytes, int size)
{
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static void check_sum(const unsigned char *bytes, size_t size, const unsigned char *sum)
{
    uint32_t unmasked = (uint32_t)little_endian(sum, 4) - 0xa282ead8U;
    assert_int_equal((unmasked >> 17) | (unmasked << 15), slow_crc32c(bytes, size));
}

static uint64_t read_varint(const unsigned char **at, const unsigned char *end)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        assert_true(*at < end);
        unsigned char byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail_msg("a number without end");
    return 0;
}

enum level { EVENT, SUMMARY, VALUE };

static void read_bytes(enum level level, uint64_t field, const unsigned char *at, size_t size, event *read);

static void read_message(enum level level, const unsigned char *at, const unsigned char *end, event *read)
{
    while (at < end) {
        uint64_t key = read_varint(&at, end), number;
        double real;
        float small;
        switch (key & 7) {
        case 0:
            number = read_varint(&at, end);
            assert_true(level == EVENT && key >> 3 == 2);
            read->step = (int64_t)number;
            break;
        case 1:
            assert_true(end - at >= 8 && level == EVENT && key >> 3 == 1);
            memcpy(&real, at, 8);
            read->wall_time = real;
            at += 8;
            break;
        case 2:
            number = read_varint(&at, end);
            assert_true((uint64_t)(end - at) >= number);
            read_bytes(level, key >> 3, at, number, read);
            at += number;
            break;
        case 5:
            assert_true(end - at >= 4 && level == VALUE && key >> 3 == 2);
            memcpy(&small, at, 4);
            read->value = small;
            at += 4;
            break;
        default:
            fail_msg("a field of kind %d", (int)(key & 7));
        }
    }
}

static void read_bytes(enum level level, uint64_t field, const unsigned char *at, size_t size, event *read)
{
    if (level == EVENT && field == 3)
        snprintf(read->version, sizeof read->version, "%.*s", (int)size, (const char *)at);
    else if (level == EVENT && field == 5)
        read_message(SUMMARY, at, at + size, read);
    else if (level == SUMMARY && field == 1)
        read_message(VALUE, at, at + size, read);
    else if (level == VALUE && field == 1)
        snprintf(read->tag, sizeof read->tag, "%.*s", (int)size, (const char *)at);
    else
        fail_msg("field %d in a message of level %d", (int)field, (int)level);
}

static int read_events(const char *path, event *events)
{
    static unsigned char bytes[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file), at = 0;
    fclose(file);
    int count = 0;
    while (at < size) {
        assert_true(size - at >= 12 && count < MOST_EVENTS);
        uint64_t length = little_endian(bytes + at, 8);
        check_sum(bytes + at, 8, bytes + at + 8);
        assert_true(size - at - 12 >= length + 4);
        check_sum(bytes + at + 12, length, bytes + at + 12 + length);
        events[count] = (event){0};
        read_message(EVENT, bytes + at + 12, bytes + at + 12 + length, &events[count++]);
        at += 16 + length;
    }
    return count;
}

/* The events of the one file in a folder; -1: no folder. */
static int read_folder(const char *folder, event *events)
{
    char path[SCRIPTED_PATH_SIZE + 300] = "";
    DIR *opened = opendir(folder);
    if (!opened)
        return -1;
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        assert_string_equal(path, "");
        assert_non_null(strstr(entry->d_name, "tfevents"));
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    }
    closedir(opened);
    return read_events(path, events);
}

static const event *find(const event *events, int count, const char *tag, int64_t step)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(events[i].tag, tag) == 0 && events[i].step == step)
            return &events[i];
    }
    fail_msg("no '%s' of step %lld", tag, (long long)step);
    return NULL;
}

static void check_value(const event *events, int count, const char *tag, int64_t step, double wanted)
{
    assert_true(find(events, count, tag, step)->value == (float)wanted);
}

static void check_head(const event *events, int count)
{
    assert_true(count > 0);
    assert_string_equal(events[0].version, "brain.Event:2");
    for (int i = 0; i < count; i++)
        assert_true(fabs(events[i].wall_time - (double)time(NULL)) < 3600);
}

/* --- Tests --- */

static void sums_are_those_of_the_castagnoli_polynomial(void **state)
{
    (void)state;
    unsigned char zeros[32] = {0}; /* RFC 3720, B.4 */
    assert_int_equal(cornu__crc32c("123456789", 9), 0xe3069283);
    assert_int_equal(cornu__crc32c(zeros, sizeof zeros), 0x8a9136aa);
    assert_int_equal(cornu__crc32c("", 0), 0);
}

static void epochs_go_to_the_two_folders(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    cornu_history *history = cornu_fit(test->model, test->x, test->y, .epochs = 3, .verbose = 0, .batch_size = 10,
                                       .validation_data = {.x = test->x, .y = test->y},
                                       .callbacks = {cornu_tensorboard(.log_dir = scripted_path(test, "logs/run"))});
    assert_non_null(history);
    int count = read_folder(scripted_path(test, "logs/run/train"), events);
    check_head(events, count);
    assert_int_equal(count, 1 + 3 * 3); /* the version; loss, accuracy, learning rate */
    for (int epoch = 0; epoch < 3; epoch++) {
        check_value(events, count, "epoch_loss", epoch, cornu_history_get(history, "loss", epoch));
        check_value(events, count, "epoch_accuracy", epoch, cornu_history_get(history, "accuracy", epoch));
        check_value(events, count, "epoch_learning_rate", epoch, 0.001);
    }
    count = read_folder(scripted_path(test, "logs/run/validation"), events);
    check_head(events, count);
    assert_int_equal(count, 1 + 3 * 4);
    for (int epoch = 0; epoch < 3; epoch++) {
        double loss = cornu_history_get(history, "val_loss", epoch);
        check_value(events, count, "epoch_loss", epoch, loss);
        check_value(events, count, "epoch_accuracy", epoch, cornu_history_get(history, "val_accuracy", epoch));
        check_value(events, count, "evaluation_loss_vs_iterations", 4 * (epoch + 1), loss);
    }
    cornu_history_release(history);
}

static void batches_are_written_when_asked_for(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    scripted_run(
        test, 2,
        cornu_tensorboard(.log_dir = scripted_path(test, "logs"), .update_freq = 3, .write_steps_per_second = true),
        NULL);
    int count = read_folder(scripted_path(test, "logs/train"), events), batches = 0;
    check_head(events, count);
    for (int i = 0; i < count; i++)
        batches += strncmp(events[i].tag, "batch_", 6) == 0;
    assert_int_equal(batches, 2 * 3); /* of 8 batches the 3rd and the 6th: loss, accuracy, speed */
    assert_true(find(events, count, "batch_loss", 3)->value > 0 && find(events, count, "batch_loss", 6)->value > 0);
    assert_true(find(events, count, "batch_steps_per_second", 3)->value > 0);
    assert_true(find(events, count, "epoch_steps_per_second", 1)->value > 0);
    assert_int_equal(read_folder(scripted_path(test, "logs/validation"), events), -1); /* there was none */
}

static void an_evaluation_is_written_too(void **state)
{
    const scripted *test = *state;
    static event events[MOST_EVENTS];
    static cornu_logs results;
    scripted_run(test, 1, NULL, NULL);
    assert_int_equal(cornu_evaluate(test->model, test->x, test->y, &results, .verbose = 0,
                                    .callbacks = {cornu_tensorboard(.log_dir = scripted_path(test, "logs"))}),
                     CORNU_OK);
    int count = read_folder(scripted_path(test, "logs/validation"), events);
    assert_int_equal(count, 3);
    check_value(events, count, "evaluation_loss_vs_iterations", 4, cornu_logs_get(&results, "loss"));
}

static void what_cannot_be_is_an_error_before_the_first_epoch(void **state)
{
    const scripted *test = *state;
    scripted_fails_with(test, cornu_tensorboard(.log_dir = ""), CORNU_ERROR_INVALID_ARGUMENT, "TensorBoard", "log_dir");
    scripted_fails_with(test, cornu_tensorboard(.update_freq = -1), CORNU_ERROR_INVALID_ARGUMENT, "update_freq is -1");
    scripted_fails_with(test, cornu_tensorboard(.log_dir = "/dev/null/logs"), CORNU_ERROR_IO, "/dev/null");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_those_of_the_castagnoli_polynomial),
        TEST(epochs_go_to_the_two_folders),
        TEST(batches_are_written_when_asked_for),
        TEST(an_evaluation_is_written_too),
        TEST(what_cannot_be_is_an_error_before_the_first_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
