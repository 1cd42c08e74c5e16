/* tfrecord.c: TensorFlow's file of records. */
#include <string.h>

#include "format/limits.h"
#include "format/tfrecord.h"

#define LENGTH_SIZE 8

/* --- Sums --- */

#if defined(__x86_64__)
/* Processors since 2008 have an instruction for this polynomial. */
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_instruction(const unsigned char *next, size_t size)
{
    uint64_t crc = UINT32_MAX, word;
    for (; size >= sizeof word; size -= sizeof word, next += sizeof word) {
        memcpy(&word, next, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t rest = (uint32_t)crc;
    for (; size > 0; size--)
        rest = __builtin_ia32_crc32qi(rest, *next++);
    return ~rest;
}
#endif

/* The polynomial is 0x1EDC6F41, bits reversed; four bits at a time. */
static uint32_t crc32c_by_table(const unsigned char *next, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= next[i];
        crc = (crc >> 4) ^ table[crc & 15];
        crc = (crc >> 4) ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t cornu__crc32c(const void *bytes, size_t size)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        return crc32c_by_instruction(bytes, size);
#endif
    return crc32c_by_table(bytes, size);
}

uint32_t cornu__crc32c_masked(const void *bytes, size_t size)
{
    uint32_t crc = cornu__crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

bool cornu__tfrecord_has_sum(const void *bytes, size_t size, const unsigned char sum[4])
{
    return cornu__crc32c_masked(bytes, size) == (uint32_t)cornu__little_endian(sum, CORNU__TFRECORD_TAIL);
}

/* --- Writing --- */

static void put(unsigned char *to, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

cornu_status cornu__tfrecord_write(FILE *stream, const char *path, const void *bytes, size_t size)
{
    unsigned char head[CORNU__TFRECORD_HEAD], tail[CORNU__TFRECORD_TAIL];
    put(head, size, LENGTH_SIZE);
    put(head + LENGTH_SIZE, cornu__crc32c_masked(head, LENGTH_SIZE), CORNU__TFRECORD_TAIL);
    put(tail, cornu__crc32c_masked(bytes, size), CORNU__TFRECORD_TAIL);
    if (fwrite(head, 1, sizeof head, stream) == sizeof head && fwrite(bytes, 1, size, stream) == size &&
        fwrite(tail, 1, sizeof tail, stream) == sizeof tail)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_IO, "cannot write '%s': %m", path);
}

/* --- Reading --- */

static cornu_status fail_truncated(const cornu__cursor *cursor)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: it ends within record %lld", cursor->of->file.path,
                       (long long)cursor->number);
}

/* *length := of the record at which the cursor stands. */
static cornu_status look_at_head(cornu__cursor *cursor, uint64_t *length, bool *more)
{
    const char *path = cursor->of->file.path;
    cornu__window *window = &cursor->window;
    CORNU_TRY(cornu__window_want(window, CORNU__TFRECORD_HEAD));
    size_t available = cornu__window_available(window);
    *more = available > 0;
    if (!*more)
        return CORNU_OK;
    if (available < CORNU__TFRECORD_HEAD)
        return fail_truncated(cursor);
    const unsigned char *head = window->bytes + window->begin;
    if (!cornu__tfrecord_has_sum(head, LENGTH_SIZE, head + LENGTH_SIZE))
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s', record %lld: its length does not have its sum: the file is damaged, or no TFRecord "
                           "file",
                           path, (long long)cursor->number);
    *length = cornu__little_endian(head, LENGTH_SIZE);
    if (*length > CORNU__MAX_BINARY_RECORD)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s', record %lld: %llu bytes; at most %llu are read", path,
                           (long long)cursor->number, (unsigned long long)*length,
                           (unsigned long long)CORNU__MAX_BINARY_RECORD);
    if (*length + CORNU__TFRECORD_HEAD + CORNU__TFRECORD_TAIL > cornu__window_left(window))
        return fail_truncated(cursor);
    return CORNU_OK;
}

static cornu_status skip(cornu__cursor *cursor, bool *more)
{
    uint64_t length = 0;
    bool whole;
    CORNU_TRY(look_at_head(cursor, &length, more));
    if (!*more)
        return CORNU_OK;
    CORNU_TRY(cornu__window_skip(&cursor->window, CORNU__TFRECORD_HEAD + length + CORNU__TFRECORD_TAIL, &whole));
    return whole ? CORNU_OK : fail_truncated(cursor);
}

const cornu__record_format cornu__tfrecord_format = {.skip = skip};

cornu_status cornu__tfrecord_read(cornu__cursor *cursor, cornu__span *record)
{
    cornu__window *window = &cursor->window;
    uint64_t length = 0;
    bool more;
    CORNU_TRY(look_at_head(cursor, &length, &more));
    size_t size = (size_t)length + CORNU__TFRECORD_HEAD + CORNU__TFRECORD_TAIL;
    CORNU_TRY(cornu__check_read_size(cursor->of->file.path, size));
    CORNU_TRY(cornu__window_want(window, size));
    if (!more || cornu__window_available(window) < size)
        return fail_truncated(cursor);
    const unsigned char *bytes = window->bytes + window->begin + CORNU__TFRECORD_HEAD;
    if (!cornu__tfrecord_has_sum(bytes, (size_t)length, bytes + length))
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s', record %lld: its bytes do not have their sum: the file is damaged",
                           cursor->of->file.path, (long long)cursor->number);
    cornu__window_take(window, size);
    cornu__cursor_passed(cursor);
    *record = (cornu__span){bytes, bytes + length};
    return CORNU_OK;
}
