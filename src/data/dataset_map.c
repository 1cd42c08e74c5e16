/* dataset_map.c: each sample changed by a function of the program's when it is read. */
#include "base/options.h"
#include "data/dataset_composed.h"

typedef struct map {
    cornu_dataset *inner;
    cornu_status (*function)(void *state, const cornu_sample *from, cornu_sample *to);
    void *state;
    void (*release)(void *state);
    int number; /* of maps one behind the other, from 1 */
    cornu__sample_pool pool;
} map;

static void map_free(map *self)
{
    cornu__sample_pool_end(&self->pool);
    cornu_dataset_release(self->inner);
    cornu__free(self);
}

static void map_release(void *state)
{
    map *self = state;
    if (self->release)
        self->release(self->state);
    map_free(self);
}

/* Maps one behind the other draw different bits; those that stand side by side draw the same: a picture and its mask. */
static cornu_status change(const map *self, int64_t index, const cornu_sample *from, const cornu_sample *sample)
{
    cornu_sample to = *sample;
    to.seed = cornu__sample_seed_of(sample->seed, 0, self->number);
    cornu_error_clear();
    cornu_status status = self->function(self->state, from, &to);
    if (status == CORNU_OK)
        return CORNU_OK;
    if (cornu_error_status() != status || cornu_error_message()[0] == '\0')
        cornu__fail(status, "the function returned the status \"%s\" without a message", cornu_status_name(status));
    return cornu__fail_context("dataset_map of '%s', sample %lld", self->inner->name, (long long)index);
}

static cornu_status map_read(void *state, int64_t index, cornu_sample *sample)
{
    map *self = state;
    cornu_sample *from = cornu__sample_pool_take(&self->pool);
    if (!from)
        return cornu_error_status();
    from->epoch = sample->epoch;
    from->seed = sample->seed;
    cornu_status status = cornu__dataset_read(self->inner, index, from);
    if (status == CORNU_OK)
        status = change(self, index, from, sample);
    cornu__sample_pool_give(&self->pool, from);
    return status;
}

static const char *map_sample_name(void *state, int64_t index)
{
    return cornu_dataset_sample_name(((const map *)state)->inner, index);
}

static map *map_create(cornu_dataset *inner, const cornu_dataset_map_options *given)
{
    map *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->inner = cornu_dataset_retain(inner);
    self->function = given->function;
    self->state = given->state;
    self->release = given->release;
    self->number = inner->maps + 1;
    cornu__sample_pool_begin(&self->pool, inner, NULL);
    return self;
}

cornu_dataset *cornu_dataset_map_with(cornu_dataset *dataset, const cornu_dataset_map_options *options)
{
    cornu_dataset_map_options given = {.struct_size = sizeof given, CORNU_DATASET_MAP_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (cornu__dataset_expect("dataset_map", dataset) != CORNU_OK)
        return NULL;
    if (!given.function)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "dataset_map: there is no function");
    map *self = map_create(dataset, &given);
    if (!self)
        return NULL;
    const cornu_dataset_options wanted = {.struct_size = sizeof wanted,
                                          .name = dataset->name,
                                          .count = dataset->count,
                                          .fields = given.field_count > 0 ? given.fields : dataset->fields,
                                          .field_count =
                                              given.field_count > 0 ? given.field_count : dataset->field_count,
                                          .read = map_read,
                                          .sample_name = map_sample_name,
                                          .state = self,
                                          .release = map_release,
                                          .random_access = true,
                                          .thread_safe = given.thread_safe,
                                          .block_size = dataset->block_size};
    cornu_dataset *mapped = cornu__dataset_compose(&wanted, 1, &dataset);
    if (mapped)
        mapped->maps = self->number;
    else
        map_free(self);
    return mapped;
}
