/* dataset_arrays.c: arrays as a dataset, and a dataset as arrays. */
#include <string.h>

#include "array/array.h"
#include "data/dataset.h"
#include "format/limits.h"

/* --- From arrays --- */

static cornu_status read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const cornu_array *arrays = state;
    for (int i = 0; i < sample->dataset->field_count; i++) {
        size_t size = sample->dataset->sizes[i];
        if (sample->places[i].wanted && size > 0)
            memcpy(sample->places[i].data,
                   (const char *)cornu_array_item(arrays, (size_t)i)->data + (size_t)first * size,
                   (size_t)count * size);
    }
    return CORNU_OK;
}

static cornu_status read_one(void *state, int64_t index, cornu_sample *sample)
{
    return read_run(state, index, 1, sample);
}

static void release_array(void *state)
{
    cornu_array_release(state);
}

static cornu_status fields_of(const cornu_array *arrays, cornu_field *fields)
{
    int64_t rows = -1;
    for (size_t i = 0; i < cornu_array_item_count(arrays); i++) {
        const cornu_array *item = cornu_array_item(arrays, i);
        const char *name = cornu_array_item_name(arrays, i);
        if (cornu_array_is_collection(arrays) && !name)
            return cornu__fail(
                CORNU_ERROR_INVALID_ARGUMENT,
                "array_dataset: a list came, whose items have no names; wanted an array or a dictionary");
        if (item->rank < 1)
            return cornu__fail(CORNU_ERROR_SHAPE, "array_dataset: '%s' is a single number, and has no rows",
                               name ? name : "x");
        rows = rows < 0 ? item->shape[0] : rows;
        if (item->shape[0] != rows)
            return cornu__fail(CORNU_ERROR_SHAPE, "array_dataset: '%s' has %lld rows where '%s' has %lld", name,
                               (long long)item->shape[0], fields[0].name, (long long)rows);
        fields[i] = (cornu_field){.name = name ? name : "x", .dtype = item->dtype, .rank = item->rank - 1};
        memcpy(fields[i].shape, item->shape + 1, (size_t)(item->rank - 1) * sizeof *fields[i].shape);
    }
    return CORNU_OK;
}

cornu_dataset *cornu_array_dataset(cornu_array *arrays)
{
    size_t count = arrays ? cornu_array_item_count(arrays) : 0;
    if (count < 1)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "array_dataset: there is no array%s",
                                arrays ? " in the dictionary" : " (NULL)");
    cornu_field *fields = cornu__alloc_array(count, sizeof *fields);
    cornu_dataset *dataset = NULL;
    if (fields && fields_of(arrays, fields) == CORNU_OK)
        dataset = cornu_dataset_create(.name = "arrays", .count = cornu_array_item(arrays, 0)->shape[0],
                                       .field_count = (int)count, .fields = fields, .read = read_one, .state = arrays,
                                       .release = release_array, .thread_safe = true);
    cornu__free(fields);
    if (!dataset)
        return NULL;
    dataset->read_run = read_run;
    cornu_array_retain(arrays);
    return dataset;
}

/* --- To arrays --- */

static cornu_status check_load(const cornu_dataset *dataset, int64_t begin, int64_t end)
{
    if (begin < 0 || end < begin || end > dataset->count)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "dataset_load: samples %lld to %lld of '%s', which has %lld",
                           (long long)begin, (long long)end, dataset->name, (long long)dataset->count);
    uint64_t total = 0;
    for (int i = 0; i < dataset->field_count; i++) {
        CORNU_TRY(cornu__field_expect_fixed("dataset_load", dataset, i));
        uint64_t bytes;
        if (__builtin_mul_overflow((uint64_t)dataset->sizes[i], (uint64_t)(end - begin), &bytes) ||
            __builtin_add_overflow(total, bytes, &total))
            total = UINT64_MAX;
    }
    return cornu__check_read_size(dataset->name, total);
}

static cornu_status load_rows(cornu_dataset *dataset, int64_t begin, int64_t count, cornu_array *const *arrays,
                              cornu_sample *sample)
{
    for (int i = 0; i < dataset->field_count; i++)
        sample->places[i].data = arrays[i]->data;
    if (dataset->read_run)
        return count > 0 ? cornu__dataset_read_run(dataset, begin, count, sample) : CORNU_OK;
    for (int64_t row = 0; row < count; row++) {
        sample->seed = cornu__sample_seed_of(0, 0, begin + row);
        CORNU_TRY(cornu__dataset_read(dataset, begin + row, sample));
        for (int i = 0; i < dataset->field_count; i++)
            sample->places[i].data += dataset->sizes[i];
    }
    return CORNU_OK;
}

/* arrays[i] := all rows of field i, names[i] its name. */
static cornu_status load_fields(cornu_dataset *dataset, int64_t begin, int64_t count, cornu_array **arrays,
                                const char **names)
{
    bool *placed = cornu__alloc_array((size_t)dataset->field_count, sizeof *placed);
    if (!placed)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = CORNU_OK;
    for (int i = 0; i < dataset->field_count && status == CORNU_OK; i++) {
        placed[i] = true;
        names[i] = dataset->fields[i].name;
        arrays[i] = cornu__field_array(&dataset->fields[i], count);
        status = arrays[i] ? CORNU_OK : cornu_error_status();
    }
    cornu_sample *sample = status == CORNU_OK ? cornu__sample_new(dataset, placed) : NULL;
    if (sample)
        status = load_rows(dataset, begin, count, arrays, sample);
    else if (status == CORNU_OK)
        status = cornu_error_status();
    cornu__sample_free(sample);
    cornu__free(placed);
    return status;
}

cornu_array *cornu_dataset_load(cornu_dataset *dataset, int64_t begin, int64_t end)
{
    if (cornu__dataset_expect("dataset_load", dataset) != CORNU_OK)
        return NULL;
    end = end == CORNU_NONE ? dataset->count : end;
    if (check_load(dataset, begin, end) != CORNU_OK)
        return NULL;
    size_t count = (size_t)dataset->field_count;
    cornu_array **arrays = cornu__alloc_array(count, sizeof *arrays);
    const char **names = arrays ? cornu__alloc_array(count, sizeof *names) : NULL;
    cornu_array *loaded = NULL;
    if (names && load_fields(dataset, begin, end - begin, arrays, names) == CORNU_OK)
        loaded = cornu_array_dict(count, names, arrays);
    for (size_t i = 0; names && i < count; i++)
        cornu_array_release(arrays[i]);
    cornu__free(arrays);
    cornu__free(names);
    return loaded;
}
