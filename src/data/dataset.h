/* data/dataset.h: datasets and samples, inside. */
#ifndef CORNU_DATA_DATASET_H
#define CORNU_DATA_DATASET_H

#include <pthread.h>

#include <cornu/dataset.h>

#include "base/memory.h"
#include "base/reference.h"

/* Where a sample has one field. */
typedef struct cornu__place {
    char *data; /* of a field without fixed size: a block of its own, or NULL before the first cornu_sample_resize */
    int64_t size;
    size_t room; /* bytes of that block */
    bool wanted;
} cornu__place;

struct cornu_sample {
    const cornu_dataset *dataset;
    cornu__place *places; /* of each field */
    int64_t epoch;
    uint64_t seed;
    /* of those that cornu__sample_new made */
    char *scratch;
    cornu_sample *next; /* in a pool */
    bool keeps_dataset;
};

struct cornu_dataset {
    cornu__reference reference;
    char *name;
    int64_t count;
    int field_count;
    cornu_field *fields;
    size_t *sizes; /* bytes of a field in one sample; where the first size is not fixed: of one of it */
    cornu_status (*read)(void *state, int64_t index, cornu_sample *sample);
    /* Several samples in a row, whose places are those of the first, the others' behind them; what is not wanted is left out. The places of
     * what is wanted are moved on the way, and are nowhere afterwards. NULL: one by one. */
    cornu_status (*read_run)(void *state, int64_t first, int64_t count, cornu_sample *sample);
    const char *(*sample_name)(void *state, int64_t index); /* NULL: no sample has one */
    void *state;
    void (*release)(void *state);
    bool random_access, thread_safe;
    bool composed; /* of other datasets, which say in messages who they are */
    int64_t block_size;
    int maps; /* one behind the other: each draws bits of its own */
    pthread_mutex_t lock;
};

/* That what a dataset was to be made of is there; `function` is for the message. */
cornu_status cornu__dataset_expect(const char *function, const cornu_dataset *dataset);

/* As cornu_dataset_read, of what was checked. */
cornu_status cornu__dataset_read(cornu_dataset *dataset, int64_t index, cornu_sample *sample);
/* For a dataset with read_run. */
cornu_status cornu__dataset_read_run(cornu_dataset *dataset, int64_t first, int64_t count, cornu_sample *sample);

/* Whether the samples of a field may differ in size. */
static inline bool cornu__field_varies(const cornu_field *field)
{
    return field->rank > 0 && field->shape[0] == CORNU_NONE;
}

/* That a field goes into an array of many samples; the message says what to do about it. */
cornu_status cornu__field_expect_fixed(const char *function, const cornu_dataset *dataset, int field);

/* An array for `count` samples of a field of fixed shape, not set. */
cornu_array *cornu__field_array(const cornu_field *field, int64_t count);

/* A place for a sample, with memory for each field of fixed shape. Not NULL, `placed` marks the fields that are wanted, which the caller places. NULL on
 * failure. */
cornu_sample *cornu__sample_new(const cornu_dataset *dataset, const bool *placed);
void cornu__sample_free(cornu_sample *sample); /* NULL is allowed */

/* The bits of a sample that a dataset's user reads by its number. */
uint64_t cornu__sample_seed_of(uint64_t seed, int64_t epoch, int64_t index);

/* --- Places for samples, as many as there are readers at once --- */

typedef struct cornu__sample_pool {
    const cornu_dataset *dataset; /* outlives the pool */
    const bool *placed;           /* as does this */
    pthread_mutex_t lock;
    cornu_sample *free;
} cornu__sample_pool;

void cornu__sample_pool_begin(cornu__sample_pool *pool, const cornu_dataset *dataset, const bool *placed);
void cornu__sample_pool_end(cornu__sample_pool *pool);
cornu_sample *cornu__sample_pool_take(cornu__sample_pool *pool); /* NULL on failure */
void cornu__sample_pool_give(cornu__sample_pool *pool, cornu_sample *sample);

#endif
