/* dataset_sample.c: the place of one sample. */
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "data/dataset.h"
#include "format/limits.h"

/* --- For who reads and who fills --- */

static bool has_field(const cornu_sample *sample, int field)
{
    return sample && field >= 0 && field < sample->dataset->field_count;
}

void *cornu_sample_data(const cornu_sample *sample, int field)
{
    return has_field(sample, field) ? sample->places[field].data : NULL;
}

int64_t cornu_sample_size(const cornu_sample *sample, int field)
{
    return has_field(sample, field) ? sample->places[field].size : -1;
}

bool cornu_sample_wants(const cornu_sample *sample, int field)
{
    return has_field(sample, field) && sample->places[field].wanted;
}

int64_t cornu_sample_epoch(const cornu_sample *sample)
{
    return sample ? sample->epoch : 0;
}

uint64_t cornu_sample_seed(const cornu_sample *sample)
{
    return sample ? sample->seed : 0;
}

/* Makes the block of a field at least `bytes` large. Its contents go, so growing is not moving. */
static cornu_status make_room(cornu__place *place, size_t bytes)
{
    if (place->data && bytes <= place->room)
        return CORNU_OK;
    size_t room = bytes > 2 * place->room ? bytes : 2 * place->room;
    cornu__free(place->data);
    place->room = 0;
    place->data = cornu__alloc_uninitialized(room);
    if (!place->data)
        return CORNU_ERROR_OUT_OF_MEMORY;
    place->room = room;
    return CORNU_OK;
}

void *cornu_sample_resize(cornu_sample *sample, int field, int64_t size)
{
    if (!has_field(sample, field))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "sample_resize: there is no field %d", field);
    const cornu_field *about = &sample->dataset->fields[field];
    cornu__place *place = &sample->places[field];
    if (!cornu__field_varies(about))
        return cornu__fail_null(CORNU_ERROR_SHAPE, "sample_resize: the size of field '%s' is fixed", about->name);
    size_t bytes;
    if (size < 0 || __builtin_mul_overflow((size_t)size, sample->dataset->sizes[field], &bytes) || bytes > INT64_MAX)
        return cornu__fail_null(CORNU_ERROR_LIMIT, "sample_resize: field '%s' cannot have the size %lld", about->name,
                                (long long)size);
    if (cornu__check_read_size(about->name, bytes) != CORNU_OK || make_room(place, bytes) != CORNU_OK)
        return NULL;
    place->size = size;
    return place->data;
}

/* --- Making one --- */

static bool has_scratch(const cornu_dataset *dataset, const bool *placed, int field)
{
    return !cornu__field_varies(&dataset->fields[field]) && !(placed && placed[field]);
}

static size_t aligned(size_t size)
{
    return (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

static cornu_status allocate_scratch(const cornu_dataset *dataset, const bool *placed, cornu_sample *sample)
{
    size_t total = 0;
    for (int i = 0; i < dataset->field_count; i++) {
        size_t size = has_scratch(dataset, placed, i) ? dataset->sizes[i] : 0;
        if (size > INT64_MAX - CORNU_ALIGNMENT || __builtin_add_overflow(total, aligned(size), &total))
            return cornu__fail(CORNU_ERROR_LIMIT, "a sample of '%s' is larger than any memory", dataset->name);
    }
    CORNU_TRY(cornu__check_read_size(dataset->name, total));
    sample->scratch = cornu__alloc(total);
    return sample->scratch ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
}

static void set_places(const cornu_dataset *dataset, const bool *placed, cornu_sample *sample)
{
    char *next = sample->scratch;
    for (int i = 0; i < dataset->field_count; i++) {
        const cornu_field *field = &dataset->fields[i];
        cornu__place *place = &sample->places[i];
        place->wanted = !placed || placed[i];
        place->size = cornu__field_varies(field) ? 0 : field->rank > 0 ? field->shape[0] : 1;
        if (has_scratch(dataset, placed, i)) {
            place->data = next;
            next += aligned(dataset->sizes[i]);
        }
    }
}

cornu_sample *cornu__sample_new(const cornu_dataset *dataset, const bool *placed)
{
    cornu_sample *sample = cornu__alloc(sizeof *sample);
    if (!sample)
        return NULL;
    sample->dataset = dataset;
    sample->places = cornu__alloc_array((size_t)dataset->field_count, sizeof *sample->places);
    if (!sample->places || allocate_scratch(dataset, placed, sample) != CORNU_OK) {
        cornu__sample_free(sample);
        return NULL;
    }
    set_places(dataset, placed, sample);
    return sample;
}

void cornu__sample_free(cornu_sample *sample)
{
    if (!sample)
        return;
    for (int i = 0; sample->places && i < sample->dataset->field_count; i++) {
        if (cornu__field_varies(&sample->dataset->fields[i]))
            cornu__free(sample->places[i].data);
    }
    cornu__free(sample->places);
    cornu__free(sample->scratch);
    cornu__free(sample);
}

cornu_sample *cornu_sample_create(cornu_dataset *dataset)
{
    if (cornu__dataset_expect("sample_create", dataset) != CORNU_OK)
        return NULL;
    cornu_sample *sample = cornu__sample_new(dataset, NULL);
    if (!sample)
        return NULL;
    cornu_dataset_retain(dataset);
    sample->keeps_dataset = true;
    return sample;
}

void cornu_sample_release(cornu_sample *sample)
{
    if (!sample)
        return;
    cornu_dataset *dataset = sample->keeps_dataset ? (cornu_dataset *)(uintptr_t)sample->dataset : NULL;
    cornu__sample_free(sample);
    cornu_dataset_release(dataset);
}

uint64_t cornu__sample_seed_of(uint64_t seed, int64_t epoch, int64_t index)
{
    cornu__random_key key = cornu__random_key_make(seed, CORNU__RANDOM_AUGMENT, (uint64_t)epoch, (uint64_t)index);
    return (uint64_t)key.word[1] << 32 | key.word[0];
}

/* --- Pools --- */

void cornu__sample_pool_begin(cornu__sample_pool *pool, const cornu_dataset *dataset, const bool *placed)
{
    *pool = (cornu__sample_pool){.dataset = dataset, .placed = placed};
    pthread_mutex_init(&pool->lock, NULL);
}

void cornu__sample_pool_end(cornu__sample_pool *pool)
{
    while (pool->free) {
        cornu_sample *sample = pool->free;
        pool->free = sample->next;
        cornu__sample_free(sample);
    }
    pthread_mutex_destroy(&pool->lock);
}

cornu_sample *cornu__sample_pool_take(cornu__sample_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    cornu_sample *sample = pool->free;
    if (sample)
        pool->free = sample->next;
    pthread_mutex_unlock(&pool->lock);
    return sample ? sample : cornu__sample_new(pool->dataset, pool->placed);
}

void cornu__sample_pool_give(cornu__sample_pool *pool, cornu_sample *sample)
{
    pthread_mutex_lock(&pool->lock);
    sample->next = pool->free;
    pool->free = sample;
    pthread_mutex_unlock(&pool->lock);
}
