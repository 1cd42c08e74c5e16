/* event_reader.c: sums bit by bit, messages by recursion. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "train/event_reader.h"
#include "train/scripted.h"

#define MOST_BYTES 1000000

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

/* Messages, by the way that leads to them. */
enum level { EVENT, SUMMARY, VALUE, TENSOR, SHAPE, DIMENSION, METADATA, PLUGIN_DATA };

/* The message of another that a field holds; -1: none. */
static int level_of(enum level level, uint64_t field)
{
    static const struct {
        enum level outer;
        uint64_t field;
        enum level inner;
    } levels[] = {
        {EVENT, 5, SUMMARY},   {SUMMARY, 1, VALUE},  {VALUE, 8, TENSOR},         {TENSOR, 2, SHAPE},
        {SHAPE, 2, DIMENSION}, {VALUE, 9, METADATA}, {METADATA, 1, PLUGIN_DATA},
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (levels[i].outer == level && levels[i].field == field)
            return (int)levels[i].inner;
    }
    return -1;
}

static void read_number(enum level level, uint64_t field, uint64_t number, event *read)
{
    if (level == EVENT && field == 2)
        read->step = (int64_t)number;
    else if (level == TENSOR && field == 1)
        read->dtype = (int)number;
    else if (level == DIMENSION && field == 1)
        read->shape[read->rank - 1] = (int64_t)number;
    else
        fail_msg("number %d in a message of level %d", (int)field, (int)level);
}

static void read_message(enum level level, const unsigned char *at, const unsigned char *end, event *read);

static void read_bytes(enum level level, uint64_t field, const unsigned char *at, size_t size, event *read)
{
    int inner = level_of(level, field);
    if (inner == DIMENSION)
        assert_true(++read->rank <= 4);
    if (inner >= 0) {
        read_message((enum level)inner, at, at + size, read);
    } else if (level == EVENT && field == 3) {
        snprintf(read->version, sizeof read->version, "%.*s", (int)size, (const char *)at);
    } else if (level == VALUE && field == 1) {
        snprintf(read->tag, sizeof read->tag, "%.*s", (int)size, (const char *)at);
    } else if (level == PLUGIN_DATA && field == 1) {
        snprintf(read->plugin, sizeof read->plugin, "%.*s", (int)size, (const char *)at);
    } else if (level == PLUGIN_DATA && field == 2) {
        snprintf(read->content, sizeof read->content, "%.*s", (int)size, (const char *)at);
    } else if (level == TENSOR && field == 4) {
        read->bytes = at;
        read->size = size;
    } else if (level == TENSOR && field == 8) {
        assert_true(read->string_count < MOST_STRINGS);
        read->string_sizes[read->string_count] = size;
        read->strings[read->string_count++] = at;
    } else {
        fail_msg("field %d in a message of level %d", (int)field, (int)level);
    }
}

static void read_message(enum level level, const unsigned char *at, const unsigned char *end, event *read)
{
    while (at < end) {
        uint64_t key = read_varint(&at, end), size;
        switch (key & 7) {
        case 0:
            read_number(level, key >> 3, read_varint(&at, end), read);
            break;
        case 1:
            assert_true(end - at >= 8 && level == EVENT && key >> 3 == 1);
            memcpy(&read->wall_time, at, 8);
            at += 8;
            break;
        case 2:
            size = read_varint(&at, end);
            assert_true((uint64_t)(end - at) >= size);
            read_bytes(level, key >> 3, at, size, read);
            at += size;
            break;
        case 5:
            assert_true(end - at >= 4 && level == VALUE && key >> 3 == 2);
            memcpy(&read->value, at, 4);
            at += 4;
            break;
        default:
            fail_msg("a field of kind %d", (int)(key & 7));
        }
    }
}

static int read_events(const char *path, event *events)
{
    static unsigned char bytes[MOST_BYTES];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file), at = 0;
    fclose(file);
    assert_true(size < sizeof bytes);
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

int read_folder(const char *folder, event *events)
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

const event *find(const event *events, int count, const char *tag, int64_t step)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(events[i].tag, tag) == 0 && events[i].step == step)
            return &events[i];
    }
    fail_msg("no '%s' of step %lld", tag, (long long)step);
    return NULL;
}

void check_value(const event *events, int count, const char *tag, int64_t step, double wanted)
{
    assert_true(find(events, count, tag, step)->value == (float)wanted);
}

void check_head(const event *events, int count)
{
    assert_true(count > 0);
    assert_string_equal(events[0].version, "brain.Event:2");
    for (int i = 0; i < count; i++)
        assert_true(fabs(events[i].wall_time - (double)time(NULL)) < 3600);
}
