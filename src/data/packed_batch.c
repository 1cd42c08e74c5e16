/* packed_batch.c: a batch laid into one block of memory: a header, then the data of each tensor. */
#include <string.h>

#include "array/array.h"
#include "base/memory.h"
#include "data/packed_batch.h"

typedef struct packed_tensor {
    size_t offset; /* of its data from the begin of the block; 0: none */
    int rank;
    int64_t shape[CORNU_MAX_RANK];
} packed_tensor;

typedef struct header {
    int64_t rows;
    packed_tensor inputs[CORNU__MAX_PORTS], targets[CORNU__MAX_PORTS], sample_weights[CORNU__MAX_PORTS];
    size_t samples; /* their offset; 0: none */
    packed_tensor state, news;
    cornu_dtype state_dtype, news_dtype;
} header;

static size_t aligned(size_t size)
{
    return (size + CORNU_ALIGNMENT - 1) / CORNU_ALIGNMENT * CORNU_ALIGNMENT;
}

static size_t bytes_of(const cornu__tensor *tensor, cornu_dtype dtype)
{
    size_t count = 1;
    for (int axis = 0; axis < tensor->rank; axis++)
        count *= (size_t)tensor->shape[axis];
    return count * cornu_dtype_size(dtype);
}

static cornu__tensor tensor_of(const cornu_array *array)
{
    cornu__tensor tensor = {.data = array->data, .rank = array->rank};
    memcpy(tensor.shape, array->shape, (size_t)array->rank * sizeof *tensor.shape);
    return tensor;
}

/* Lays a tensor behind what is there, *end bytes; `block` NULL: only counts. */
static void put(char *block, size_t *end, const cornu__tensor *tensor, cornu_dtype dtype, packed_tensor *packed)
{
    if (!tensor->data)
        return;
    size_t bytes = bytes_of(tensor, dtype);
    if (block) {
        packed->offset = *end;
        packed->rank = tensor->rank;
        memcpy(packed->shape, tensor->shape, sizeof packed->shape);
        memcpy(block + *end, tensor->data, bytes);
    }
    *end += aligned(bytes);
}

/* The batch's samples, which may be NULL. */
static void put_samples(char *block, size_t *end, const cornu__batch *batch, size_t *offset)
{
    size_t bytes = (size_t)batch->rows * sizeof *batch->samples;
    if (!batch->samples)
        return;
    if (block) {
        *offset = *end;
        memcpy(block + *end, batch->samples, bytes);
    }
    *end += aligned(bytes);
}

/* An array that may be NULL. */
static void put_array(char *block, size_t *end, const cornu_array *array, packed_tensor *packed, cornu_dtype *dtype)
{
    if (!array)
        return;
    cornu__tensor tensor = tensor_of(array);
    put(block, end, &tensor, array->dtype, packed);
    *dtype = array->dtype;
}

static size_t lay(char *block, const cornu__ports *ports, const cornu__batch *batch, const cornu__packed_extras *extras)
{
    header none = {0}, *head = block ? (header *)(void *)block : &none;
    size_t end = aligned(sizeof *head);
    if (block)
        *head = (header){.rows = batch ? batch->rows : 0};
    for (int i = 0; batch && i < ports->input_count; i++)
        put(block, &end, &batch->inputs[i], ports->inputs[i]->spec.dtype, &head->inputs[i]);
    for (int i = 0; batch && i < ports->target_count; i++) {
        put(block, &end, &batch->targets[i], ports->targets[i]->spec.dtype, &head->targets[i]);
        put(block, &end, &batch->sample_weights[i], CORNU_FLOAT32, &head->sample_weights[i]);
    }
    if (batch)
        put_samples(block, &end, batch, &head->samples);
    put_array(block, &end, extras->state, &head->state, &head->state_dtype);
    put_array(block, &end, extras->news, &head->news, &head->news_dtype);
    return end;
}

size_t cornu__packed_size(const cornu__ports *ports, const cornu__batch *batch, const cornu__packed_extras *extras)
{
    return lay(NULL, ports, batch, extras);
}

void cornu__pack(void *block, const cornu__ports *ports, const cornu__batch *batch, const cornu__packed_extras *extras)
{
    lay(block, ports, batch, extras);
}

static void take(const char *block, const packed_tensor *packed, cornu__tensor *tensor)
{
    tensor->data = packed->offset > 0 ? block + packed->offset : NULL;
    tensor->rank = packed->rank;
    memcpy(tensor->shape, packed->shape, sizeof tensor->shape);
}

void cornu__unpack(const void *block, const cornu__ports *ports, cornu__batch *batch)
{
    const header *head = block;
    batch->rows = head->rows;
    batch->samples = head->samples > 0 ? (const int64_t *)(const void *)((const char *)block + head->samples) : NULL;
    for (int i = 0; i < ports->input_count; i++)
        take(block, &head->inputs[i], &batch->inputs[i]);
    for (int i = 0; i < ports->target_count; i++) {
        take(block, &head->targets[i], &batch->targets[i]);
        take(block, &head->sample_weights[i], &batch->sample_weights[i]);
    }
}

static cornu_status take_array(const char *block, const packed_tensor *packed, cornu_dtype dtype, cornu_array **array)
{
    if (packed->offset == 0)
        return CORNU_OK;
    *array = cornu_array_copy_of(dtype, packed->rank, packed->shape, block + packed->offset);
    return *array ? CORNU_OK : cornu_error_status();
}

cornu_status cornu__unpack_extras(const void *block, cornu__packed_extras *extras)
{
    const header *head = block;
    *extras = (cornu__packed_extras){0};
    cornu_status status = take_array(block, &head->state, head->state_dtype, &extras->state);
    if (status == CORNU_OK)
        status = take_array(block, &head->news, head->news_dtype, &extras->news);
    if (status != CORNU_OK)
        cornu__packed_extras_clear(extras);
    return status;
}

void cornu__packed_extras_clear(cornu__packed_extras *extras)
{
    cornu_array_release(extras->state);
    cornu_array_release(extras->news);
    *extras = (cornu__packed_extras){0};
}
