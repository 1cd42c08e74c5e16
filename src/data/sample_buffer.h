/*
 * data/sample_buffer.h: samples of a dataset without random access, shuffled within a buffer: a full buffer gives one of its samples, drawn, and takes
 * the next of the stream in its place.
 *
 * What it gives at place k of an epoch depends on seed, epoch and k alone. Asked for a place that it has passed, it begins the epoch again.
 */
#ifndef CORNU_DATA_SAMPLE_BUFFER_H
#define CORNU_DATA_SAMPLE_BUFFER_H

#include "data/dataset.h"

typedef struct cornu__sample_buffer cornu__sample_buffer;

/* Keeps samples of those fields of the dataset, all of fixed shape, that `wanted` marks; both outlive it. NULL on failure: more than may be in memory. */
cornu__sample_buffer *cornu__sample_buffer_create(cornu_dataset *dataset, const bool *wanted, int64_t size,
                                                  uint64_t seed);
void cornu__sample_buffer_destroy(cornu__sample_buffer *buffer); /* NULL is allowed */

void cornu__sample_buffer_set_epoch(cornu__sample_buffer *buffer, int64_t epoch);

/* Puts the sample at place `place` of the epoch into the wanted fields of `to`; *number: which one of the dataset it is. */
cornu_status cornu__sample_buffer_get(cornu__sample_buffer *buffer, int64_t place, cornu_sample *to, int64_t *number);

#endif
