/* small_data.c: data for the small model. */
#include <stdlib.h>

#include "array/array.h"
#include "base/random.h"
#include "train/small_model.h"

static float feature(int64_t row, int64_t column)
{
    return 2 * cornu__random_uniform(cornu__random_key_make(11, CORNU__RANDOM_USER, (uint64_t)row, 0),
                                     (uint64_t)column) -
           1;
}

cornu_array *small_x(int64_t rows)
{
    cornu_array *x = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){rows, SMALL_FEATURES});
    for (int64_t i = 0; x && i < rows * SMALL_FEATURES; i++)
        cornu_array_float32(x)[i] = feature(i / SMALL_FEATURES, i % SMALL_FEATURES);
    return x;
}

cornu_array *small_y(int64_t rows)
{
    cornu_array *y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){rows});
    int32_t *labels = y ? cornu_array_data(y) : NULL;
    for (int64_t i = 0; y && i < rows; i++) {
        float a = feature(i, 0), b = feature(i, 1);
        labels[i] = a > 0.3f ? 0 : b > 0 ? 1 : 2;
    }
    return y;
}

static cornu_array *gathered(const cornu_array *from, const int64_t *rows, int64_t begin, int64_t count)
{
    int64_t shape[CORNU_MAX_RANK] = {count}, chosen[1024];
    for (int axis = 1; axis < cornu_array_rank(from); axis++)
        shape[axis] = cornu_array_size(from, axis);
    for (int64_t i = 0; i < count; i++)
        chosen[i] = rows ? rows[begin + i] : begin + i;
    cornu_array *made = cornu_array_zeros(cornu_array_dtype(from), cornu_array_rank(from), shape);
    cornu__gather_rows(cornu_array_dtype(from), cornu_array_data(made), from, chosen, count);
    return made;
}

static cornu_array *numbers_of(const int64_t *rows, int64_t begin, int64_t count)
{
    cornu_array *made = cornu_array_zeros(CORNU_INT64, 1, &count);
    for (int64_t i = 0; i < count; i++)
        ((int64_t *)cornu_array_data(made))[i] = rows ? rows[begin + i] : begin + i;
    return made;
}

small_batches *small_batches_make(const cornu_array *x, const cornu_array *y, int64_t batch_size, const int64_t *order,
                                  int64_t epochs)
{
    int64_t rows = cornu_array_size(x, 0), per_epoch = (rows + batch_size - 1) / batch_size;
    small_batches *batches = calloc(1, sizeof *batches);
    batches->count = per_epoch * epochs;
    batches->x = calloc((size_t)batches->count, sizeof *batches->x);
    batches->y = calloc((size_t)batches->count, sizeof *batches->y);
    batches->samples = calloc((size_t)batches->count, sizeof *batches->samples);
    for (int64_t i = 0; i < batches->count; i++) {
        int64_t begin = i % per_epoch * batch_size, count = begin + batch_size < rows ? batch_size : rows - begin;
        const int64_t *of_epoch = order ? order + i / per_epoch * rows : NULL;
        batches->x[i] = gathered(x, of_epoch, begin, count);
        batches->y[i] = gathered(y, of_epoch, begin, count);
        batches->samples[i] = numbers_of(of_epoch, begin, count);
    }
    return batches;
}

void small_batches_free(void *state)
{
    small_batches *batches = state;
    for (int64_t i = 0; i < batches->count; i++) {
        cornu_array_release(batches->x[i]);
        cornu_array_release(batches->y[i]);
        cornu_array_release(batches->samples[i]);
    }
    free(batches->x);
    free(batches->y);
    free(batches->samples);
    free(batches);
}

cornu_status small_batches_get(void *state, int64_t index, cornu_batch *batch)
{
    const small_batches *batches = state;
    batch->x = cornu_array_retain(batches->x[index]);
    batch->y = cornu_array_retain(batches->y[index]);
    batch->samples = cornu_array_retain(batches->samples[index]);
    return CORNU_OK;
}

cornu_status small_batches_next(void *state, cornu_batch *batch)
{
    small_batches *batches = state;
    return batches->given < batches->count ? small_batches_get(batches, batches->given++, batch) : CORNU_OK;
}

int64_t small_batches_length(void *state)
{
    return ((const small_batches *)state)->count;
}
