/* sample_buffer.c: shuffling what can only be read in order. */
#include <string.h>

#include "base/random.h"
#include "data/sample_buffer.h"
#include "format/limits.h"

struct cornu__sample_buffer {
    cornu_dataset *dataset;
    const bool *wanted;
    uint64_t seed;
    int64_t epoch;
    cornu__random_key key;
    int64_t size;         /* the most samples it holds */
    int64_t filled;       /* those it holds */
    int64_t read;         /* samples read from the stream in this epoch */
    int64_t given;        /* the next place */
    char *samples;        /* for each wanted field those of all samples, each field's aligned */
    size_t *offsets;      /* of each field in `samples` */
    int64_t *numbers;     /* of the samples it holds, in the dataset */
    cornu_sample *sample; /* whose wanted fields are placed into `samples` */
};

static char *place_of(const cornu__sample_buffer *buffer, int field, int64_t slot)
{
    return buffer->samples + buffer->offsets[field] + (size_t)slot * buffer->dataset->sizes[field];
}

/* *total := the bytes of all samples; SIZE_MAX: more than can be. */
static void lay_out(cornu__sample_buffer *buffer, size_t *total)
{
    *total = 0;
    for (int i = 0; i < buffer->dataset->field_count; i++) {
        size_t bytes, size = buffer->wanted[i] ? buffer->dataset->sizes[i] : 0;
        buffer->offsets[i] = *total;
        if (__builtin_mul_overflow((size_t)buffer->size, size, &bytes) || bytes > SIZE_MAX / 4 - *total) {
            *total = SIZE_MAX;
            return;
        }
        *total += (bytes + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
    }
}

static cornu_status allocate(cornu__sample_buffer *buffer)
{
    size_t total;
    buffer->offsets = cornu__alloc_array((size_t)buffer->dataset->field_count, sizeof *buffer->offsets);
    buffer->numbers = cornu__alloc_array((size_t)buffer->size, sizeof *buffer->numbers);
    if (!buffer->offsets || !buffer->numbers)
        return CORNU_ERROR_OUT_OF_MEMORY;
    lay_out(buffer, &total);
    if (cornu__check_read_size(buffer->dataset->name, total) != CORNU_OK)
        return cornu__fail_context("a buffer_size of %lld samples", (long long)buffer->size);
    buffer->samples = cornu__alloc_uninitialized(total);
    if (!buffer->samples)
        return CORNU_ERROR_OUT_OF_MEMORY;
    buffer->sample = cornu__sample_new(buffer->dataset, buffer->wanted);
    return buffer->sample ? CORNU_OK : cornu_error_status();
}

cornu__sample_buffer *cornu__sample_buffer_create(cornu_dataset *dataset, const bool *wanted, int64_t size,
                                                  uint64_t seed)
{
    cornu__sample_buffer *buffer = cornu__alloc(sizeof *buffer);
    if (!buffer)
        return NULL;
    buffer->dataset = dataset;
    buffer->wanted = wanted;
    buffer->seed = seed;
    buffer->size = size < dataset->count ? size : dataset->count;
    if (allocate(buffer) == CORNU_OK) {
        cornu__sample_buffer_set_epoch(buffer, 0);
        return buffer;
    }
    cornu__sample_buffer_destroy(buffer);
    return NULL;
}

void cornu__sample_buffer_destroy(cornu__sample_buffer *buffer)
{
    if (!buffer)
        return;
    cornu__sample_free(buffer->sample);
    cornu__free(buffer->samples);
    cornu__free(buffer->offsets);
    cornu__free(buffer->numbers);
    cornu__free(buffer);
}

static void begin_again(cornu__sample_buffer *buffer)
{
    buffer->filled = buffer->read = buffer->given = 0;
}

void cornu__sample_buffer_set_epoch(cornu__sample_buffer *buffer, int64_t epoch)
{
    buffer->epoch = epoch;
    buffer->key = cornu__random_key_make(buffer->seed, CORNU__RANDOM_SHUFFLE, (uint64_t)epoch, 0);
    begin_again(buffer);
}

/* Reads the next sample of the stream into place `slot` of the buffer. */
static cornu_status read_next(cornu__sample_buffer *buffer, int64_t slot)
{
    for (int i = 0; i < buffer->dataset->field_count; i++) {
        if (buffer->wanted[i])
            buffer->sample->places[i].data = place_of(buffer, i, slot);
    }
    buffer->sample->epoch = buffer->epoch;
    buffer->sample->seed = cornu__sample_seed_of(buffer->seed, buffer->epoch, buffer->read);
    CORNU_TRY(cornu__dataset_read(buffer->dataset, buffer->read, buffer->sample));
    buffer->numbers[slot] = buffer->read++;
    return CORNU_OK;
}

static void copy_out(const cornu__sample_buffer *buffer, int64_t slot, cornu_sample *to)
{
    for (int i = 0; i < buffer->dataset->field_count; i++) {
        if (buffer->wanted[i])
            memcpy(to->places[i].data, place_of(buffer, i, slot), buffer->dataset->sizes[i]);
    }
}

/* Gives one sample (to NULL: to nobody) and its number, and takes the next. */
static cornu_status give(cornu__sample_buffer *buffer, cornu_sample *to, int64_t *number)
{
    for (; buffer->filled < buffer->size && buffer->read < buffer->dataset->count; buffer->filled++)
        CORNU_TRY(read_next(buffer, buffer->filled));
    int64_t slot = (int64_t)cornu__random_below(buffer->key, (uint64_t)buffer->given, (uint64_t)buffer->filled);
    if (to)
        copy_out(buffer, slot, to);
    *number = buffer->numbers[slot];
    buffer->given++;
    if (buffer->read < buffer->dataset->count)
        return read_next(buffer, slot);
    /* The stream is over: the last one fills the gap. */
    buffer->filled--;
    buffer->numbers[slot] = buffer->numbers[buffer->filled];
    for (int i = 0; i < buffer->dataset->field_count && slot != buffer->filled; i++) {
        if (buffer->wanted[i])
            memcpy(place_of(buffer, i, slot), place_of(buffer, i, buffer->filled), buffer->dataset->sizes[i]);
    }
    return CORNU_OK;
}

cornu_status cornu__sample_buffer_get(cornu__sample_buffer *buffer, int64_t place, cornu_sample *to, int64_t *number)
{
    if (place < buffer->given)
        begin_again(buffer);
    while (buffer->given <= place) {
        cornu_status status = give(buffer, buffer->given == place ? to : NULL, number);
        if (status == CORNU_OK)
            continue;
        begin_again(buffer); /* what it holds is half read */
        return status;
    }
    return CORNU_OK;
}
