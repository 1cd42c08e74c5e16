/* dataset_concatenate.c: datasets behind one another: the shards of a large set. */
#include <stdio.h>
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "data/dataset_composed.h"

typedef struct shards {
    int count;
    cornu_dataset **datasets;
    int64_t *ends; /* the number of the first sample behind each */
} shards;

static void shards_release(void *state)
{
    shards *self = state;
    for (int i = 0; i < self->count; i++)
        cornu_dataset_release(self->datasets[i]);
    cornu__free(self->datasets);
    cornu__free(self->ends);
    cornu__free(self);
}

/* The shard of a sample; *within: its number there. */
static int shard_of(const shards *self, int64_t index, int64_t *within)
{
    int low = 0, high = self->count - 1;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (index < self->ends[middle])
            high = middle;
        else
            low = middle + 1;
    }
    *within = index - (low > 0 ? self->ends[low - 1] : 0);
    return low;
}

static cornu_status shards_read(void *state, int64_t index, cornu_sample *sample)
{
    const shards *self = state;
    int64_t within;
    cornu_dataset *dataset = self->datasets[shard_of(self, index, &within)];
    cornu_sample inner = *sample;
    inner.dataset = dataset;
    return cornu__dataset_read(dataset, within, &inner);
}

static const char *shards_sample_name(void *state, int64_t index)
{
    const shards *self = state;
    int64_t within;
    const cornu_dataset *dataset = self->datasets[shard_of(self, index, &within)];
    return cornu_dataset_sample_name(dataset, within);
}

const cornu_dataset *cornu__dataset_first_shard(const cornu_dataset *dataset)
{
    return dataset && dataset->read == shards_read ? ((const shards *)dataset->state)->datasets[0] : dataset;
}

/* A run may go over the end of a shard into the next. */
static cornu_status shards_read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const shards *self = state;
    for (int64_t done = 0, here; done < count; done += here) {
        int64_t within;
        int shard = shard_of(self, first + done, &within);
        here = self->ends[shard] - (first + done);
        here = here < count - done ? here : count - done;
        cornu_sample inner = *sample;
        inner.dataset = self->datasets[shard];
        CORNU_TRY(cornu__dataset_read_run(self->datasets[shard], within, here, &inner));
        for (int i = 0; i < inner.dataset->field_count; i++)
            sample->places[i].data += sample->places[i].wanted ? (size_t)here * inner.dataset->sizes[i] : 0;
    }
    return CORNU_OK;
}

static bool all_run(const shards *self)
{
    for (int i = 0; i < self->count; i++) {
        if (!self->datasets[i]->read_run)
            return false;
    }
    return true;
}

/* --- Making it --- */

static bool same_field(const cornu_field *a, const cornu_field *b)
{
    return strcmp(a->name, b->name) == 0 && a->dtype == b->dtype &&
           cornu__shape_equal(a->rank, a->shape, b->rank, b->shape);
}

static void describe(const cornu_field *field, char *text, size_t size)
{
    char shape[CORNU__SHAPE_TEXT_SIZE];
    snprintf(text, size, "'%.80s' of %s %s", field->name, cornu_dtype_name(field->dtype),
             cornu__text_shape(shape, sizeof shape, field->rank, field->shape));
}

/* One class number would stand for two classes. */
static cornu_status check_classes(const cornu_dataset *first, const cornu_dataset *other, int number)
{
    const cornu_field *wanted = &first->fields[number], *came = &other->fields[number];
    if (!wanted->class_names || !came->class_names)
        return CORNU_OK;
    for (int64_t i = 0; i < wanted->num_classes && i < came->num_classes; i++) {
        if (strcmp(wanted->class_names[i], came->class_names[i]) != 0)
            return cornu__fail(
                CORNU_ERROR_DATA, "dataset_concatenate: class %lld of field '%s' is '%s' in '%s', and '%s' in '%s'",
                (long long)i, wanted->name, came->class_names[i], other->name, wanted->class_names[i], first->name);
    }
    if (wanted->num_classes == came->num_classes)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_DATA, "dataset_concatenate: field '%s' has %lld classes in '%s', and %lld in '%s'",
                       wanted->name, (long long)came->num_classes, other->name, (long long)wanted->num_classes,
                       first->name);
}

static cornu_status check_alike(const cornu_dataset *first, const cornu_dataset *other)
{
    if (first->field_count != other->field_count)
        return cornu__fail(CORNU_ERROR_SHAPE, "dataset_concatenate: '%s' has %d fields where '%s' has %d", other->name,
                           other->field_count, first->name, first->field_count);
    for (int i = 0; i < first->field_count; i++) {
        if (same_field(&first->fields[i], &other->fields[i])) {
            CORNU_TRY(check_classes(first, other, i));
            continue;
        }
        char wanted[CORNU__SHAPE_TEXT_SIZE + 100], came[CORNU__SHAPE_TEXT_SIZE + 100];
        describe(&first->fields[i], wanted, sizeof wanted);
        describe(&other->fields[i], came, sizeof came);
        return cornu__fail(CORNU_ERROR_SHAPE, "dataset_concatenate: field %d of '%s' is %s where that of '%s' is %s", i,
                           other->name, came, first->name, wanted);
    }
    return CORNU_OK;
}

static cornu_status check_all(int count, cornu_dataset *const *datasets)
{
    if (count < 1 || !datasets)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_concatenate: there are no datasets");
    int64_t samples = 0;
    for (int i = 0; i < count; i++) {
        CORNU_TRY(cornu__dataset_expect("dataset_concatenate", datasets[i]));
        CORNU_TRY(check_alike(datasets[0], datasets[i]));
        if (__builtin_add_overflow(samples, datasets[i]->count, &samples))
            return cornu__fail(CORNU_ERROR_LIMIT, "dataset_concatenate: more samples than can be counted");
    }
    return CORNU_OK;
}

/* Their blocks, if all have some: the smallest, so that none is taken for together that is not. */
static int64_t common_block(int count, cornu_dataset *const *datasets)
{
    int64_t block = datasets[0]->block_size;
    for (int i = 1; i < count; i++)
        block = datasets[i]->block_size < block ? datasets[i]->block_size : block;
    return block;
}

static shards *shards_of(int count, cornu_dataset *const *datasets)
{
    shards *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    self->datasets = cornu__alloc_array((size_t)count, sizeof *self->datasets);
    self->ends = cornu__alloc_array((size_t)count, sizeof *self->ends);
    if (!self->datasets || !self->ends) {
        shards_release(self);
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        self->datasets[i] = cornu_dataset_retain(datasets[i]);
        self->ends[i] = (i > 0 ? self->ends[i - 1] : 0) + datasets[i]->count;
    }
    self->count = count;
    return self;
}

cornu_dataset *cornu_dataset_concatenate(int count, cornu_dataset *const *datasets)
{
    if (check_all(count, datasets) != CORNU_OK)
        return NULL;
    shards *self = shards_of(count, datasets);
    char *name = self ? cornu__dataset_joined_name(count, datasets) : NULL;
    cornu_dataset *dataset = NULL;
    if (name) {
        const cornu_dataset_options options = {.struct_size = sizeof options,
                                               .name = name,
                                               .count = self->ends[count - 1],
                                               .fields = datasets[0]->fields,
                                               .field_count = datasets[0]->field_count,
                                               .read = shards_read,
                                               .sample_name = shards_sample_name,
                                               .state = self,
                                               .release = shards_release,
                                               .random_access = true,
                                               .thread_safe = true,
                                               .block_size = common_block(count, datasets)};
        dataset = cornu__dataset_compose(&options, count, datasets);
        if (dataset && all_run(self))
            dataset->read_run = shards_read_run;
    }
    cornu__free(name);
    if (!dataset && self)
        shards_release(self);
    return dataset;
}
