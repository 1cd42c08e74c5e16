/* dataset_parts.c: a part of a dataset, chosen samples of it, and its fields by other names. */
#include "array/array.h"
#include "data/dataset_composed.h"

typedef struct part {
    cornu_dataset *inner;
    int64_t begin;
    int64_t *indices; /* of a subset; or NULL */
} part;

static void part_release(void *state)
{
    part *self = state;
    cornu_dataset_release(self->inner);
    cornu__free(self->indices);
    cornu__free(self);
}

static int64_t index_within(const part *self, int64_t index)
{
    return self->indices ? self->indices[index] : self->begin + index;
}

static const char *part_sample_name(void *state, int64_t index)
{
    const part *self = state;
    return cornu_dataset_sample_name(self->inner, index_within(self, index));
}

static cornu_status part_read(void *state, int64_t index, cornu_sample *sample)
{
    const part *self = state;
    cornu_sample inner = *sample;
    inner.dataset = self->inner;
    return cornu__dataset_read(self->inner, index_within(self, index), &inner);
}

static cornu_status part_read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const part *self = state;
    cornu_sample inner = *sample;
    inner.dataset = self->inner;
    return cornu__dataset_read_run(self->inner, self->begin + first, count, &inner);
}

/* Takes over `indices`. `fields`: of the inner dataset, perhaps renamed. */
static cornu_dataset *part_create(cornu_dataset *inner, int64_t begin, int64_t count, int64_t *indices,
                                  const cornu_field *fields)
{
    part *self = cornu__alloc(sizeof *self);
    if (!self) {
        cornu__free(indices);
        return NULL;
    }
    *self = (part){cornu_dataset_retain(inner), begin, indices};
    const cornu_dataset_options options = {.struct_size = sizeof options,
                                           .name = inner->name,
                                           .count = count,
                                           .fields = fields,
                                           .field_count = inner->field_count,
                                           .read = part_read,
                                           .sample_name = part_sample_name,
                                           .state = self,
                                           .release = part_release,
                                           .random_access = true,
                                           .thread_safe = true,
                                           .block_size = indices ? 1 : inner->block_size};
    cornu_dataset *dataset = cornu__dataset_compose(&options, 1, &inner);
    if (!dataset)
        part_release(self);
    else if (!indices && inner->read_run)
        dataset->read_run = part_read_run;
    return dataset;
}

cornu_dataset *cornu_dataset_slice(cornu_dataset *dataset, int64_t begin, int64_t end)
{
    if (cornu__dataset_expect("dataset_slice", dataset) != CORNU_OK)
        return NULL;
    end = end == CORNU_NONE ? dataset->count : end;
    if (begin < 0 || end < begin || end > dataset->count)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "dataset_slice: samples %lld to %lld of '%s', which has %lld", (long long)begin,
                                (long long)end, dataset->name, (long long)dataset->count);
    return part_create(dataset, begin, end - begin, NULL, dataset->fields);
}

/* --- Chosen samples --- */

static bool is_whole(cornu_dtype dtype)
{
    return dtype != CORNU_FLOAT16 && dtype != CORNU_FLOAT32 && dtype != CORNU_FLOAT64 && dtype != CORNU_BOOL;
}

static cornu_status check_index(const cornu_dataset *dataset, int64_t place, int64_t index)
{
    if (index >= 0 && index < dataset->count)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "dataset_subset: index %lld, at place %lld, is none of the %lld "
                       "samples of '%s'",
                       (long long)index, (long long)place, (long long)dataset->count, dataset->name);
}

static cornu_status copy_indices(const cornu_dataset *dataset, const cornu_array *indices, int64_t *copy)
{
    cornu__convert(CORNU_INT64, copy, indices->dtype, indices->data, indices->count);
    for (int64_t i = 0; i < indices->count; i++)
        CORNU_TRY(check_index(dataset, i, copy[i]));
    return CORNU_OK;
}

cornu_dataset *cornu_dataset_subset(cornu_dataset *dataset, const cornu_array *indices)
{
    if (cornu__dataset_expect("dataset_subset", dataset) != CORNU_OK)
        return NULL;
    if (!indices || cornu_array_is_collection(indices) || indices->rank != 1 || !is_whole(indices->dtype))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "dataset_subset: wanted one array of rank 1 of whole numbers");
    int64_t *copy = cornu__alloc_array((size_t)indices->count, sizeof *copy);
    if (!copy)
        return NULL;
    if (copy_indices(dataset, indices, copy) == CORNU_OK)
        return part_create(dataset, 0, indices->count, copy, dataset->fields);
    cornu__free(copy);
    return NULL;
}

/* --- Other names --- */

static cornu_status rename_fields(const cornu_dataset *dataset, const char *const *names, cornu_field *fields)
{
    int given = 0;
    while (names && names[given])
        given++;
    if (given != dataset->field_count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_rename: %d names for the %d fields of '%s'", given,
                           dataset->field_count, dataset->name);
    for (int i = 0; i < given; i++) {
        fields[i] = dataset->fields[i];
        fields[i].name = names[i];
    }
    return CORNU_OK;
}

cornu_dataset *cornu_dataset_rename(cornu_dataset *dataset, const char *const *names)
{
    if (cornu__dataset_expect("dataset_rename", dataset) != CORNU_OK)
        return NULL;
    cornu_field *fields = cornu__alloc_array((size_t)dataset->field_count, sizeof *fields);
    cornu_dataset *renamed = NULL;
    if (fields && rename_fields(dataset, names, fields) == CORNU_OK)
        renamed = part_create(dataset, 0, dataset->count, NULL, fields);
    cornu__free(fields);
    return renamed;
}
