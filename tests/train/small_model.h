/* A model small enough to train many times, and data for it. */
#ifndef CORNU_TESTS_SMALL_MODEL_H
#define CORNU_TESTS_SMALL_MODEL_H

#include <cornu/model.h>
#include <cornu/log.h>
#include <cornu/train.h>

#define SMALL_FEATURES 6
#define SMALL_CLASSES 3

/* (n, 6) -> 3 classes by sparse categorical cross-entropy, with the metric accuracy; dropout, so that random numbers take part. */
cornu_model *small_model(uint64_t seed);

/* The weights' SHA-256. */
void small_digest(cornu_model *model, char digest[CORNU_SHA256_TEXT_SIZE]);

/* n rows that the model can learn, the same for the same n. Release them. */
cornu_array *small_x(int64_t rows);
cornu_array *small_y(int64_t rows); /* int32 class numbers (n) */

/* A generator of the batches of arrays, in their order, again and again: for tests that feed fit's batches another way. `order`: the rows of
 * one epoch, NULL: natural. Its arrays are made before it is first asked. */
typedef struct small_batches {
    int64_t count;
    cornu_array **x, **y, **samples;
    int64_t given;
} small_batches;
small_batches *small_batches_make(const cornu_array *x, const cornu_array *y, int64_t batch_size, const int64_t *order,
                                  int64_t epochs);
void small_batches_free(void *batches);
/* Hooks of a generator (ends after all) and a Sequence over them. */
cornu_status small_batches_next(void *batches, cornu_batch *batch);
int64_t small_batches_length(void *batches);
cornu_status small_batches_get(void *batches, int64_t index, cornu_batch *batch);

#endif
