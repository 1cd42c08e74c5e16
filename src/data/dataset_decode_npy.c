/* dataset_decode_npy.c: .npy files in a field, as archives of tar have them, as arrays. */
#include <string.h>

#include "array/array.h"
#include "base/text.h"
#include "data/sample_copy.h"
#include "format/npy.h"

#define CALLER "decode_npy"

typedef struct decoding {
    int field;
    char *name; /* for messages */
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
} decoding;

static void decoding_release(void *state)
{
    decoding *self = state;
    cornu__free(self->name);
    cornu__free(self);
}

/* --- A file in memory --- */

static int64_t read_bytes(cornu__stream *stream, void *to, uint64_t size)
{
    const char *bytes = stream->state;
    uint64_t left = stream->at_most - stream->done, count = size < left ? size : left;
    if (count > 0)
        memcpy(to, bytes + stream->done, count);
    return (int64_t)count;
}

static void close_bytes(cornu__stream *stream)
{
    (void)stream;
}

static cornu_array *read_array(const decoding *self, const cornu_sample *sample)
{
    cornu__stream stream = {.name = self->name,
                            .state = cornu_sample_data(sample, self->field),
                            .read = read_bytes,
                            .close = close_bytes,
                            .at_most = (uint64_t)cornu_sample_size(sample, self->field)};
    return cornu__npy_read(&stream);
}

/* --- Samples --- */

static cornu_status fail_other(const decoding *self, const cornu_array *array)
{
    char wanted[CORNU__SHAPE_TEXT_SIZE], came[CORNU__SHAPE_TEXT_SIZE];
    return cornu__fail(CORNU_ERROR_SHAPE, "'%s' is %s %s, and the first sample's is %s %s", self->name,
                       cornu_dtype_name(array->dtype), cornu__text_shape(came, sizeof came, array->rank, array->shape),
                       cornu_dtype_name(self->dtype),
                       cornu__text_shape(wanted, sizeof wanted, self->rank, self->shape));
}

static cornu_status decode(void *state, const cornu_sample *from, cornu_sample *to)
{
    const decoding *self = state;
    cornu_array *array = read_array(self, from);
    if (!array)
        return cornu_error_status();
    cornu_status status = CORNU_OK;
    if (array->dtype != self->dtype || !cornu__shape_equal(array->rank, array->shape, self->rank, self->shape))
        status = fail_other(self, array);
    else if (array->count > 0)
        memcpy(cornu_sample_data(to, self->field), array->data, (size_t)array->count * cornu_dtype_size(array->dtype));
    cornu_array_release(array);
    return status;
}

/* --- Making it --- */

static cornu_status look_at(decoding *self, const cornu_sample *sample)
{
    cornu_array *array = read_array(self, sample);
    if (!array)
        return cornu_error_status();
    self->dtype = array->dtype;
    self->rank = array->rank;
    memcpy(self->shape, array->shape, sizeof self->shape);
    cornu_array_release(array);
    return CORNU_OK;
}

/* The first sample tells dtype and shape. */
static cornu_status look_at_first(decoding *self, cornu_dataset *dataset)
{
    if (dataset->count == 0)
        return cornu__fail(CORNU_ERROR_DATA, "'%s' has no samples, and so no array that tells its shape",
                           dataset->name);
    cornu_sample *sample = cornu_sample_create(dataset);
    cornu_status status = sample ? cornu_dataset_read(dataset, 0, sample) : cornu_error_status();
    if (status == CORNU_OK && look_at(self, sample) != CORNU_OK)
        status = cornu__fail_context("'%s', sample 0", dataset->name);
    cornu_sample_release(sample);
    return status;
}

cornu_dataset *cornu_decode_npy(cornu_dataset *dataset, const char *field)
{
    int number = cornu__bytes_field(CALLER, dataset, field);
    decoding *self = number >= 0 ? cornu__alloc(sizeof *self) : NULL;
    if (!self)
        return NULL;
    self->field = number;
    self->name = cornu__copy_text(field);
    if (!self->name || look_at_first(self, dataset) != CORNU_OK) {
        cornu__fail_context(CALLER);
        decoding_release(self);
        return NULL;
    }
    cornu_field array = {.name = dataset->fields[number].name, .dtype = self->dtype, .rank = self->rank};
    memcpy(array.shape, self->shape, sizeof array.shape);
    return cornu__dataset_with_field(dataset, number, &array, decode, self, decoding_release);
}
