/* dataset_zip.c: datasets side by side. */
#include <string.h>

#include "data/dataset_composed.h"

typedef struct side_by_side {
    int count;
    cornu_dataset **datasets;
} side_by_side;

static void zip_release(void *state)
{
    side_by_side *self = state;
    for (int i = 0; i < self->count; i++)
        cornu_dataset_release(self->datasets[i]);
    cornu__free(self->datasets);
    cornu__free(self);
}

static bool any_wanted(const cornu_sample *sample)
{
    for (int i = 0; i < sample->dataset->field_count; i++) {
        if (sample->places[i].wanted)
            return true;
    }
    return false;
}

static cornu_status zip_read(void *state, int64_t index, cornu_sample *sample)
{
    const side_by_side *self = state;
    cornu_sample part = *sample;
    for (int i = 0; i < self->count; i++) {
        part.dataset = self->datasets[i];
        if (any_wanted(&part))
            CORNU_TRY(cornu__dataset_read(self->datasets[i], index, &part));
        part.places += part.dataset->field_count;
    }
    return CORNU_OK;
}

static const char *zip_sample_name(void *state, int64_t index)
{
    const side_by_side *self = state;
    const char *name = NULL;
    for (int i = 0; i < self->count && !name; i++)
        name = cornu_dataset_sample_name(self->datasets[i], index);
    return name;
}

static cornu_status zip_read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const side_by_side *self = state;
    cornu_sample part = *sample;
    for (int i = 0; i < self->count; i++) {
        part.dataset = self->datasets[i];
        if (any_wanted(&part))
            CORNU_TRY(cornu__dataset_read_run(self->datasets[i], first, count, &part));
        part.places += part.dataset->field_count;
    }
    return CORNU_OK;
}

/* --- Making it --- */

/* *fields: of all together. */
static cornu_status check_all(int count, cornu_dataset *const *datasets, int *fields)
{
    if (count < 1 || !datasets)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_zip: there are no datasets");
    *fields = 0;
    for (int i = 0; i < count; i++) {
        CORNU_TRY(cornu__dataset_expect("dataset_zip", datasets[i]));
        if (datasets[i]->count != datasets[0]->count)
            return cornu__fail(CORNU_ERROR_SHAPE, "dataset_zip: '%s' has %lld samples where '%s' has %lld",
                               datasets[i]->name, (long long)datasets[i]->count, datasets[0]->name,
                               (long long)datasets[0]->count);
        if (__builtin_add_overflow(*fields, datasets[i]->field_count, fields))
            return cornu__fail(CORNU_ERROR_LIMIT, "dataset_zip: too many fields");
    }
    return CORNU_OK;
}

static side_by_side *keep_all(int count, cornu_dataset *const *datasets)
{
    side_by_side *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->datasets = cornu__alloc_array((size_t)count, sizeof *self->datasets);
    if (!self->datasets) {
        cornu__free(self);
        return NULL;
    }
    for (int i = 0; i < count; i++)
        self->datasets[i] = cornu_dataset_retain(datasets[i]);
    self->count = count;
    return self;
}

/* The largest block: who reads it has read the others' too. */
static int64_t largest_block(int count, cornu_dataset *const *datasets)
{
    int64_t block = 1;
    for (int i = 0; i < count; i++)
        block = datasets[i]->block_size > block ? datasets[i]->block_size : block;
    return block;
}

static cornu_dataset *compose(side_by_side *self, const char *name, const cornu_field *fields, int field_count)
{
    const cornu_dataset_options options = {.struct_size = sizeof options,
                                           .name = name,
                                           .count = self->datasets[0]->count,
                                           .fields = fields,
                                           .field_count = field_count,
                                           .read = zip_read,
                                           .sample_name = zip_sample_name,
                                           .state = self,
                                           .release = zip_release,
                                           .random_access = true,
                                           .thread_safe = true,
                                           .block_size = largest_block(self->count, self->datasets)};
    cornu_dataset *dataset = cornu__dataset_compose(&options, self->count, self->datasets);
    bool all_run = true;
    for (int i = 0; i < self->count; i++)
        all_run &= self->datasets[i]->read_run != NULL;
    if (dataset && all_run)
        dataset->read_run = zip_read_run;
    return dataset;
}

cornu_dataset *cornu_dataset_zip(int count, cornu_dataset *const *datasets)
{
    int field_count = 0;
    if (check_all(count, datasets, &field_count) != CORNU_OK)
        return NULL;
    side_by_side *self = keep_all(count, datasets);
    cornu_field *fields = self ? cornu__alloc_array((size_t)field_count, sizeof *fields) : NULL;
    char *name = fields ? cornu__dataset_joined_name(count, datasets) : NULL;
    for (int i = 0, at = 0; name && i < count; at += datasets[i++]->field_count)
        memcpy(fields + at, datasets[i]->fields, (size_t)datasets[i]->field_count * sizeof *fields);
    cornu_dataset *dataset = name ? compose(self, name, fields, field_count) : NULL;
    cornu__free(fields);
    cornu__free(name);
    if (!dataset && self)
        zip_release(self);
    return dataset;
}
