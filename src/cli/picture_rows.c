/* picture_rows.c: rows of outputs and the pictures that they are about. */
#include "cli/picture_rows.h"

#include <string.h>

#include "array/array.h"
#include "base/memory.h"

static cornu_status list_samples(const cornu_sequence *pictures, int64_t count, int64_t *samples)
{
    int64_t row = 0, length = cornu_sequence_length(pictures);
    for (int64_t i = 0; i < length && row < count; i++) {
        cornu_array *batch = cornu_flow_batch_samples(pictures, i);
        if (!batch)
            return cornu_error_status();
        for (int64_t k = 0; k < cornu_array_count(batch) && row < count; k++)
            samples[row++] = ((const int64_t *)cornu_array_data(batch))[k];
        cornu_array_release(batch);
    }
    return row == count ? CORNU_OK
                        : cornu__fail(CORNU_ERROR_DATA, "there are outputs for %lld pictures, and %lld can be read",
                                      (long long)count, (long long)row);
}

cornu_status cornu__picture_rows(const cornu_sequence *pictures, int64_t count, int64_t **samples)
{
    *samples = cornu__alloc_array((size_t)count, sizeof **samples);
    cornu_status status = *samples ? list_samples(pictures, count, *samples) : CORNU_ERROR_OUT_OF_MEMORY;
    if (status == CORNU_OK)
        return CORNU_OK;
    cornu__free(*samples);
    *samples = NULL;
    return status;
}

const char *cornu__picture_name(const cornu_sequence *pictures, int64_t sample)
{
    const char *name = cornu_flow_filename(pictures, sample);
    return name && strncmp(name, "./", 2) == 0 ? name + 2 : name;
}

/* A batch whose first row is `first`, and which rows of it are wanted. */
typedef struct wanted {
    const int64_t *rows;
    int64_t count, first;
    cornu_array *found; /* NULL: none was read yet */
} wanted;

static bool wants_some(const wanted *self, int64_t count)
{
    for (int64_t i = 0; i < self->count; i++) {
        if (self->rows[i] >= self->first && self->rows[i] < self->first + count)
            return true;
    }
    return false;
}

static cornu_status take_rows(wanted *self, const cornu_array *x)
{
    int rank = cornu_array_rank(x);
    int64_t shape[CORNU_MAX_RANK] = {self->count}, count = cornu_array_size(x, 0), size = cornu_array_count(x) / count;
    for (int axis = 1; axis < rank; axis++)
        shape[axis] = cornu_array_size(x, axis);
    if (!self->found)
        self->found = cornu_array_zeros(CORNU_FLOAT32, rank, shape);
    float *values = self->found ? cornu_array_float32(self->found) : NULL;
    for (int64_t i = 0; values && i < self->count; i++) {
        int64_t place = self->rows[i] - self->first;
        if (place >= 0 && place < count)
            memcpy(values + i * size, cornu_array_float32(x) + place * size, (size_t)size * sizeof *values);
    }
    return values ? CORNU_OK : cornu_error_status();
}

/* The batch of that number, of `count` pictures. */
static cornu_status read_batch(cornu_sequence *pictures, int64_t index, int64_t count, wanted *self)
{
    cornu_batch batch = {0};
    cornu_status status = CORNU_OK;
    if (wants_some(self, count)) {
        status = cornu_sequence_get(pictures, index, &batch);
        if (status == CORNU_OK)
            status = take_rows(self, batch.x);
        cornu_batch_clear(&batch);
    }
    self->first += count;
    return status;
}

cornu_array *cornu__picture_rows_read(cornu_sequence *pictures, const int64_t *rows, int64_t count)
{
    wanted self = {.rows = rows, .count = count};
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; i < cornu_sequence_length(pictures) && status == CORNU_OK; i++) {
        cornu_array *samples = cornu_flow_batch_samples(pictures, i);
        status = samples ? read_batch(pictures, i, cornu_array_count(samples), &self) : cornu_error_status();
        cornu_array_release(samples);
    }
    if (status == CORNU_OK)
        return self.found;
    cornu_array_release(self.found);
    return NULL;
}
