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
    int64_t size;   /* the most samples it holds */
    int64_t filled; /* those it holds */
    int64_t read;   /* samples read from the stream in this epoch */
    int64_t given;  /* the next place */
    size_t sample_size;
    char *samples;
    cornu_sample *sample; /* whose wanted fields are placed into `samples` */
};

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
    for (int i = 0; i < dataset->field_count; i++)
        buffer->sample_size += wanted[i] ? dataset->sizes[i] : 0;
    size_t total;
    if (__builtin_mul_overflow((size_t)buffer->size, buffer->sample_size, &total))
        total = SIZE_MAX;
    if (cornu__check_read_size(dataset->name, total) != CORNU_OK)
        cornu__fail_context("a buffer_size of %lld samples", (long long)buffer->size);
    else if ((buffer->samples = cornu__alloc_uninitialized(total)))
        buffer->sample = cornu__sample_new(dataset, wanted);
    if (buffer->sample) {
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
    char *at = buffer->samples + (size_t)slot * buffer->sample_size;
    for (int i = 0; i < buffer->dataset->field_count; i++) {
        if (!buffer->wanted[i])
            continue;
        buffer->sample->places[i].data = at;
        at += buffer->dataset->sizes[i];
    }
    buffer->sample->epoch = buffer->epoch;
    buffer->sample->seed = cornu__sample_seed_of(buffer->seed, buffer->epoch, buffer->read);
    CORNU_TRY(cornu__dataset_read(buffer->dataset, buffer->read, buffer->sample));
    buffer->read++;
    return CORNU_OK;
}

static void copy_out(const cornu__sample_buffer *buffer, int64_t slot, cornu_sample *to)
{
    const char *at = buffer->samples + (size_t)slot * buffer->sample_size;
    for (int i = 0; i < buffer->dataset->field_count; i++) {
        if (!buffer->wanted[i])
            continue;
        memcpy(to->places[i].data, at, buffer->dataset->sizes[i]);
        at += buffer->dataset->sizes[i];
    }
}

/* Gives one sample (to NULL: to nobody) and takes the next. */
static cornu_status give(cornu__sample_buffer *buffer, cornu_sample *to)
{
    for (; buffer->filled < buffer->size && buffer->read < buffer->dataset->count; buffer->filled++)
        CORNU_TRY(read_next(buffer, buffer->filled));
    int64_t slot = (int64_t)cornu__random_below(buffer->key, (uint64_t)buffer->given, (uint64_t)buffer->filled);
    if (to)
        copy_out(buffer, slot, to);
    buffer->given++;
    if (buffer->read < buffer->dataset->count)
        return read_next(buffer, slot);
    /* The stream is over: the last one fills the gap. */
    buffer->filled--;
    if (slot != buffer->filled && buffer->sample_size > 0)
        memcpy(buffer->samples + (size_t)slot * buffer->sample_size,
               buffer->samples + (size_t)buffer->filled * buffer->sample_size, buffer->sample_size);
    return CORNU_OK;
}

cornu_status cornu__sample_buffer_get(cornu__sample_buffer *buffer, int64_t place, cornu_sample *to)
{
    if (place < buffer->given)
        begin_again(buffer);
    while (buffer->given <= place) {
        cornu_status status = give(buffer, buffer->given == place ? to : NULL);
        if (status == CORNU_OK)
            continue;
        begin_again(buffer); /* what it holds is half read */
        return status;
    }
    return CORNU_OK;
}
