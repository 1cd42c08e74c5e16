/* dataset_rows.c: rows of arrays that lie in files. */
#include <string.h>

#include "array/array.h"
#include "data/dataset_rows.h"
#include "format/elements.h"

typedef struct rows {
    int count;
    cornu__row_array *arrays;
} rows;

static void release_bytes(const cornu__row_array *array)
{
    if (array->bytes && array->release) {
        array->release(array->bytes);
    } else if (array->bytes) {
        cornu__bytes_close(array->bytes);
        cornu__free(array->bytes);
    }
}

static void rows_release(void *state)
{
    rows *self = state;
    for (int i = 0; i < self->count; i++)
        release_bytes(&self->arrays[i]);
    cornu__free(self->arrays);
    cornu__free(self);
}

static cornu_status read_run(void *state, int64_t first, int64_t count, cornu_sample *sample)
{
    const rows *self = state;
    for (int i = 0; i < self->count; i++) {
        const cornu__row_array *array = &self->arrays[i];
        size_t size = sample->dataset->sizes[i], element = cornu_dtype_size(array->dtype);
        if (!sample->places[i].wanted || size == 0)
            continue;
        CORNU_TRY(cornu__bytes_read(array->bytes, array->offset + (uint64_t)first * size, sample->places[i].data,
                                    (uint64_t)count * size, "a sample"));
        /* What is compressed has its sum behind the last row. */
        if (!array->bytes->random_access && first + count == array->shape[0])
            CORNU_TRY(cornu__bytes_end(array->bytes, array->offset + (uint64_t)array->shape[0] * size));
        if (array->swapped)
            cornu__swap_bytes(sample->places[i].data, count * (int64_t)(size / element), element);
    }
    return CORNU_OK;
}

static cornu_status read_one(void *state, int64_t index, cornu_sample *sample)
{
    return read_run(state, index, 1, sample);
}

/* --- Making it --- */

cornu_status cornu__row_array_check(const cornu__row_array *array)
{
    const cornu__bytes *bytes = array->bytes;
    int64_t elements = cornu__shape_count(array->rank, array->shape);
    if (elements < 0)
        return cornu__fail_context("'%s'", bytes->name);
    uint64_t size;
    if (__builtin_mul_overflow((uint64_t)elements, cornu_dtype_size(array->dtype), &size))
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s': its header promises more bytes than any file has", bytes->name);
    uint64_t left = bytes->size > array->offset ? bytes->size - array->offset : 0;
    if (size > left)
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is truncated: its header promises %llu bytes of data, at most %llu can follow",
                           bytes->name, (unsigned long long)size, (unsigned long long)left);
    if (bytes->random_access && size < left)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' goes on after the %llu bytes that its header promises",
                           bytes->name, (unsigned long long)(array->offset + size));
    return CORNU_OK;
}

static cornu_status describe(const cornu__row_array *array, cornu_field *field)
{
    if (array->rank < 1)
        return cornu__fail(CORNU_ERROR_SHAPE, "'%s' holds a single number, not rows of samples", array->bytes->name);
    *field = (cornu_field){.name = array->field, .dtype = array->dtype, .rank = array->rank - 1};
    memcpy(field->shape, array->shape + 1, (size_t)field->rank * sizeof *field->shape);
    return CORNU_OK;
}

static cornu_status check_rows(int count, const cornu__row_array *arrays)
{
    for (int i = 1; i < count; i++) {
        if (arrays[i].shape[0] != arrays[0].shape[0])
            return cornu__fail(CORNU_ERROR_SHAPE, "'%s' has %lld rows where '%s' has %lld; all fields have as many",
                               arrays[i].field, (long long)arrays[i].shape[0], arrays[0].field,
                               (long long)arrays[0].shape[0]);
    }
    return CORNU_OK;
}

static cornu_dataset *create(const char *name, rows *self)
{
    bool random_access = true;
    cornu_field *fields = cornu__alloc_array((size_t)self->count, sizeof *fields);
    cornu_status status = fields ? CORNU_OK : CORNU_ERROR_OUT_OF_MEMORY;
    for (int i = 0; i < self->count && status == CORNU_OK; i++) {
        status = describe(&self->arrays[i], &fields[i]);
        random_access &= self->arrays[i].bytes->random_access;
    }
    if (status == CORNU_OK && check_rows(self->count, self->arrays) != CORNU_OK)
        status = cornu__fail_context("'%s'", name);
    cornu_dataset *dataset = NULL;
    if (status == CORNU_OK)
        dataset = cornu_dataset_create(.name = name, .count = self->arrays[0].shape[0], .field_count = self->count,
                                       .fields = fields, .read = read_one, .state = self, .release = rows_release,
                                       .random_access = random_access, .thread_safe = random_access);
    cornu__free(fields);
    if (dataset)
        dataset->read_run = read_run;
    return dataset;
}

cornu_dataset *cornu__rows_dataset(const char *name, int count, const cornu__row_array *arrays)
{
    rows *self = cornu__alloc(sizeof *self);
    cornu__row_array *copies = self ? cornu__alloc_array((size_t)count, sizeof *copies) : NULL;
    if (!copies) {
        for (int i = 0; i < count; i++)
            release_bytes(&arrays[i]);
        cornu__free(self);
        return NULL;
    }
    memcpy(copies, arrays, (size_t)count * sizeof *copies);
    *self = (rows){count, copies};
    cornu_dataset *dataset = create(name, self);
    if (!dataset)
        rows_release(self);
    return dataset;
}

cornu_dataset *cornu__rows_of_file(const char *path, const char *field,
                                   cornu_status (*open)(const char *path, cornu__row_array *array))
{
    cornu__row_array array = {.field = field, .bytes = cornu__alloc(sizeof *array.bytes)};
    if (!array.bytes)
        return NULL;
    array.bytes->descriptor = -1;
    if (open(path, &array) == CORNU_OK)
        return cornu__rows_dataset(path, 1, &array);
    cornu__bytes_close(array.bytes);
    cornu__free(array.bytes);
    return NULL;
}

cornu_dataset *cornu__rows_in_memory(cornu_array *array, const char *field)
{
    cornu_array *named = array ? cornu_array_dict(1, &field, &array) : NULL;
    cornu_dataset *dataset = named ? cornu_array_dataset(named) : NULL;
    cornu_array_release(named);
    cornu_array_release(array);
    return dataset;
}
