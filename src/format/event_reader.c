/*
 * event_reader.c: the numbers in TensorBoard's event files: TFRecord files of Event messages (tensorflow/core/util/event.proto,
 * framework/summary.proto and framework/tensor.proto, read for field numbers).
 *
 * A file is read record by record, each within a limit and with its sums checked; a message is a cornu__span of bytes, and no field reaches beyond it.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "format/scalars.h"
#include "format/stream.h"
#include "format/tfrecord.h"
#include "format/wire.h"

#define LONGEST_TAG 200

static double float_of(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return (double)value;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* --- Messages --- */

enum { EVENT_STEP = 2, EVENT_SUMMARY = 5, SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE_VALUE = 2, VALUE_TENSOR = 8 };
enum {
    TENSOR_DTYPE = 1,
    TENSOR_SHAPE = 2,
    TENSOR_CONTENT = 4,
    TENSOR_FLOATS = 5,
    TENSOR_DOUBLES = 6,
    DTYPE_FLOAT = 1,
    DTYPE_DOUBLE = 2
};

typedef struct reading {
    const char *path, *prefix;
    cornu__scalars *scalars;
    int64_t record; /* from 1: for messages */
} reading;

static cornu_status fail_message(const reading *of)
{
    return cornu__fail(CORNU_ERROR_FORMAT, "'%s', event %lld: the message is damaged, or this is no event file",
                       of->path, (long long)of->record);
}

/* Whether a tensor is one number; then *value is it. *whole: it is undamaged. */
static bool number_of_tensor(cornu__span tensor, double *value, bool *whole)
{
    uint64_t dtype = 0;
    cornu__wire_field next = {0};
    cornu__span data = {0};
    bool has_axes = false;
    *whole = true;
    while (*whole && tensor.at < tensor.end) {
        *whole = cornu__wire_take_field(&tensor, &next);
        if (*whole && next.number == TENSOR_DTYPE && next.kind == CORNU__WIRE_VARINT)
            dtype = next.value;
        else if (*whole && next.number == TENSOR_SHAPE && next.kind == CORNU__WIRE_BYTES)
            has_axes = next.bytes.at < next.bytes.end;
        else if (*whole && next.number >= TENSOR_CONTENT && next.number <= TENSOR_DOUBLES &&
                 next.kind != CORNU__WIRE_VARINT)
            data = next.bytes;
    }
    int size = dtype == DTYPE_FLOAT ? 4 : dtype == DTYPE_DOUBLE ? 8 : 0;
    if (!*whole || has_axes || size == 0 || data.end - data.at != size)
        return false;
    *value = size == 4 ? float_of(cornu__little_endian(data.at, 4)) : double_of(cornu__little_endian(data.at, 8));
    return true;
}

static cornu_status read_value(const reading *into, cornu__span message, int64_t step)
{
    cornu__wire_field next;
    cornu__span tag = {0};
    double value = NAN;
    bool is_number = false, whole = true;
    while (message.at < message.end) {
        if (!cornu__wire_take_field(&message, &next))
            return fail_message(into);
        if (next.number == VALUE_TAG && next.kind == CORNU__WIRE_BYTES) {
            tag = next.bytes;
        } else if (next.number == VALUE_SIMPLE_VALUE && next.kind == CORNU__WIRE_FOUR_BYTES) {
            value = float_of(next.value);
            is_number = true;
        } else if (next.number == VALUE_TENSOR && next.kind == CORNU__WIRE_BYTES) {
            is_number = number_of_tensor(next.bytes, &value, &whole) || is_number;
        }
    }
    if (!whole)
        return fail_message(into);
    if (!is_number || tag.at == tag.end)
        return CORNU_OK;
    if (tag.end - tag.at > LONGEST_TAG || memchr(tag.at, '\0', (size_t)(tag.end - tag.at)))
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s', event %lld: a tag of more than %d characters, or with a 0 in it",
                           into->path, (long long)into->record, LONGEST_TAG);
    char name[2 * LONGEST_TAG + 1];
    snprintf(name, sizeof name, "%.*s%.*s", LONGEST_TAG, into->prefix, (int)(tag.end - tag.at), (const char *)tag.at);
    return cornu__scalars_add(into->scalars, into->path, name, (double)step, value);
}

/* The values of the summary of an event come after its step on the wire, as writers write them; a step behind them counts all the same. */
static cornu_status read_event(const reading *into, cornu__span message)
{
    int64_t step = 0;
    cornu__wire_field next;
    cornu__span summary = {0};
    while (message.at < message.end) {
        if (!cornu__wire_take_field(&message, &next))
            return fail_message(into);
        if (next.number == EVENT_STEP && next.kind == CORNU__WIRE_VARINT)
            step = (int64_t)next.value;
        else if (next.number == EVENT_SUMMARY && next.kind == CORNU__WIRE_BYTES)
            summary = next.bytes;
    }
    while (summary.at < summary.end) {
        if (!cornu__wire_take_field(&summary, &next))
            return fail_message(into);
        if (next.number == SUMMARY_VALUE && next.kind == CORNU__WIRE_BYTES)
            CORNU_TRY(read_value(into, next.bytes, step));
    }
    return CORNU_OK;
}

/* --- Records --- */

static cornu_status check_sum(const reading *of, const unsigned char *bytes, size_t size, const unsigned char *sum)
{
    if (cornu__tfrecord_has_sum(bytes, size, sum))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_FORMAT,
                       "'%s', event %lld: its bytes do not have their sum: the file is damaged, or no event file",
                       of->path, (long long)of->record);
}

static cornu_status reserve(unsigned char **bytes, size_t *capacity, size_t size)
{
    if (size <= *capacity)
        return CORNU_OK;
    unsigned char *grown = cornu__realloc(*bytes, *capacity, size);
    if (!grown)
        return CORNU_ERROR_OUT_OF_MEMORY;
    *bytes = grown;
    *capacity = size;
    return CORNU_OK;
}

/* *more := whether there was a whole record; *size bytes of it are in *bytes. */
static cornu_status next_record(const reading *of, cornu__stream *stream, unsigned char **bytes, size_t *capacity,
                                size_t *size, bool *more)
{
    unsigned char head[CORNU__TFRECORD_HEAD];
    uint64_t got;
    *more = false;
    CORNU_TRY(cornu__stream_read_some(stream, head, CORNU__TFRECORD_HEAD, &got));
    if (got == 0)
        return CORNU_OK;
    if (got == CORNU__TFRECORD_HEAD) {
        CORNU_TRY(check_sum(of, head, 8, head + 8));
        uint64_t length = cornu__little_endian(head, 8);
        if (length > CORNU__MAX_EVENT_BYTES)
            return cornu__fail(CORNU_ERROR_LIMIT, "'%s', event %lld: %llu bytes; at most %d are read", of->path,
                               (long long)of->record, (unsigned long long)length, CORNU__MAX_EVENT_BYTES);
        *size = (size_t)length;
        if (stream->at_most - stream->done >= length + CORNU__TFRECORD_TAIL) { /* else it cannot come whole */
            CORNU_TRY(reserve(bytes, capacity, *size + CORNU__TFRECORD_TAIL));
            CORNU_TRY(cornu__stream_read_some(stream, *bytes, length + CORNU__TFRECORD_TAIL, &got));
            *more = got == length + CORNU__TFRECORD_TAIL;
        }
    }
    if (*more)
        return check_sum(of, *bytes, *size, *bytes + *size);
    cornu__warn("%s ends within event %lld: it is read up to there", of->path, (long long)of->record);
    return CORNU_OK;
}

static cornu_status read_records(reading *into, cornu__stream *stream, unsigned char **bytes)
{
    size_t capacity = 0, size = 0;
    bool more = true;
    for (into->record = 1;; into->record++) {
        CORNU_TRY(next_record(into, stream, bytes, &capacity, &size, &more));
        if (!more)
            return CORNU_OK;
        CORNU_TRY(read_event(into, (cornu__span){*bytes, *bytes + size}));
    }
}

cornu_status cornu__scalars_read_events(const char *path, const char *prefix, cornu__scalars *scalars)
{
    reading into = {.path = path, .prefix = prefix, .scalars = scalars};
    cornu__stream stream;
    unsigned char *bytes = NULL;
    CORNU_TRY(cornu__stream_open(&stream, path));
    cornu_status status = read_records(&into, &stream, &bytes);
    cornu__stream_close(&stream);
    cornu__free(bytes);
    return status;
}
