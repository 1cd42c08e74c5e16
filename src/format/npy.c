/* npy.c: reading and writing numpy's arrays. */
#include <string.h>

#include "array/array.h"
#include "base/file.h"
#include "format/elements.h"
#include "format/npy.h"

#define MAX_HEADER_SIZE 65536 /* what version 1 can say, and far more than 8 axes need */
#define DATA_ALIGNMENT 64

/* Magic, version and length; the header's text comes next. */
static cornu_status read_preamble(cornu__stream *stream, uint32_t *header_size)
{
    unsigned char start[CORNU__NPY_MAGIC_SIZE + 2], length[4] = {0};
    uint64_t got;
    CORNU_TRY(cornu__stream_read_some(stream, start, sizeof start, &got));
    size_t seen = got < CORNU__NPY_MAGIC_SIZE ? got : CORNU__NPY_MAGIC_SIZE;
    if (seen == 0 || memcmp(start, CORNU__NPY_MAGIC, seen) != 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is no .npy data: %s", stream->name,
                           seen == 0 ? "it is empty" : "it does not start with \\x93NUMPY");
    if (got < sizeof start)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is truncated: its .npy header has %llu of %zu bytes", stream->name,
                           (unsigned long long)got, sizeof start);
    int major = start[CORNU__NPY_MAGIC_SIZE], minor = start[CORNU__NPY_MAGIC_SIZE + 1];
    if (major < 1 || major > 3 || minor != 0)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' is of .npy version %d.%d; versions 1.0, 2.0 and 3.0 are read",
                           stream->name, major, minor);
    CORNU_TRY(cornu__stream_read(stream, length, major == 1 ? 2 : 4, "its .npy header's length"));
    *header_size =
        (uint32_t)length[0] | (uint32_t)length[1] << 8 | (uint32_t)length[2] << 16 | (uint32_t)length[3] << 24;
    if (*header_size > MAX_HEADER_SIZE)
        return cornu__fail(CORNU_ERROR_LIMIT, "'%s' says that its .npy header is %u bytes long; at most %d are read",
                           stream->name, *header_size, MAX_HEADER_SIZE);
    return CORNU_OK;
}

cornu_status cornu__npy_read_header(cornu__stream *stream, cornu__npy_header *header)
{
    uint32_t size = 0;
    CORNU_TRY(read_preamble(stream, &size));
    char *text = cornu__alloc_uninitialized(size);
    if (!text)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu_status status = cornu__stream_read(stream, text, size, "its .npy header");
    if (status == CORNU_OK)
        status = cornu__npy_parse_header(stream->name, text, size, header);
    cornu__free(text);
    return status;
}

/* A copy of `transposed`, which has its axes in the opposite order, in the wanted order. */
static cornu_array *transpose(const cornu_array *transposed)
{
    int rank = transposed->rank;
    int64_t shape[CORNU_MAX_RANK] = {0}, step[CORNU_MAX_RANK] = {0}, index[CORNU_MAX_RANK] = {0};
    int64_t product = 1;
    for (int axis = 0; axis < rank; axis++) {
        shape[axis] = transposed->shape[rank - 1 - axis];
        step[axis] = product;
        product *= shape[axis];
    }
    cornu_array *array = cornu__array_uninitialized(transposed->dtype, rank, shape);
    if (!array)
        return NULL;
    size_t size = cornu_dtype_size(array->dtype);
    const char *from = transposed->data;
    char *to = array->data;
    for (int64_t i = 0; i < array->count; i++) {
        memcpy(to, from, size);
        to += size;
        /* On to the next element in row-major order: the last axis turns fastest. */
        for (int axis = rank - 1; axis >= 0; axis--) {
            from += step[axis] * (int64_t)size;
            if (++index[axis] < shape[axis])
                break;
            from -= shape[axis] * step[axis] * (int64_t)size;
            index[axis] = 0;
        }
    }
    return array;
}

cornu_array *cornu__npy_read(cornu__stream *stream)
{
    cornu__npy_header header = {0};
    if (cornu__npy_read_header(stream, &header) != CORNU_OK)
        return NULL;
    if (!header.fortran_order)
        return cornu__read_elements(stream, header.dtype, header.swapped, header.rank, header.shape);
    int64_t opposite[CORNU_MAX_RANK];
    for (int axis = 0; axis < header.rank; axis++)
        opposite[axis] = header.shape[header.rank - 1 - axis];
    cornu_array *transposed = cornu__read_elements(stream, header.dtype, header.swapped, header.rank, opposite);
    cornu_array *array = transposed ? transpose(transposed) : NULL;
    cornu_array_release(transposed);
    return array;
}

cornu_array *cornu_load_npy(const char *path)
{
    cornu__stream stream;
    if (cornu__stream_open(&stream, path) != CORNU_OK)
        return NULL;
    cornu_array *array = cornu__npy_read(&stream);
    cornu__stream_close(&stream);
    return array;
}

static const char *description_of(cornu_dtype dtype)
{
    static const char *const descriptions[CORNU_DTYPE_COUNT] = {
        [CORNU_FLOAT32] = "<f4", [CORNU_FLOAT64] = "<f8", [CORNU_FLOAT16] = "<f2", [CORNU_INT8] = "|i1",
        [CORNU_INT16] = "<i2",   [CORNU_INT32] = "<i4",   [CORNU_INT64] = "<i8",   [CORNU_UINT8] = "|u1",
        [CORNU_UINT16] = "<u2",  [CORNU_UINT32] = "<u4",  [CORNU_UINT64] = "<u8",  [CORNU_BOOL] = "|b1",
    };
    return descriptions[dtype];
}

void cornu__npy_add_header(cornu__text *bytes, const cornu_array *array)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "elements are written as they lie in memory, as little-endian");
    cornu__text header = {0};
    cornu__text_add(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", description_of(array->dtype));
    for (int axis = 0; axis < array->rank; axis++)
        cornu__text_add(&header, axis > 0 ? ", %lld" : "%lld", (long long)array->shape[axis]);
    cornu__text_add(&header, array->rank == 1 ? ",), }" : "), }");
    size_t before = CORNU__NPY_MAGIC_SIZE + 4;
    while (!header.failed && (before + header.length + 1) % DATA_ALIGNMENT != 0)
        cornu__text_add_bytes(&header, " ", 1);
    cornu__text_add_bytes(&header, "\n", 1);
    const char version_and_length[4] = {1, 0, (char)(header.length & 0xFF), (char)(header.length >> 8)};
    cornu__text_add_bytes(bytes, CORNU__NPY_MAGIC, CORNU__NPY_MAGIC_SIZE);
    cornu__text_add_bytes(bytes, version_and_length, sizeof version_and_length);
    if (!header.failed)
        cornu__text_add_bytes(bytes, header.data, header.length);
    bytes->failed |= header.failed;
    cornu__text_free(&header);
}

cornu_status cornu_save_npy(const char *path, const cornu_array *array)
{
    if (!array || cornu_array_is_collection(array))
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "cornu_save_npy: wanted an array, got %s",
                           array ? "a collection of arrays (see cornu_save_npz)" : "NULL");
    cornu__text header = {0};
    cornu__npy_add_header(&header, array);
    size_t header_size = header.length;
    char *header_bytes = cornu__text_take(&header);
    if (!header_bytes)
        return CORNU_ERROR_OUT_OF_MEMORY;
    cornu__new_file file;
    cornu_status status = cornu__file_begin(&file, path);
    if (status == CORNU_OK) {
        fwrite(header_bytes, 1, header_size, file.stream);
        if (array->count > 0)
            fwrite(array->data, cornu_dtype_size(array->dtype), (size_t)array->count, file.stream);
        status = cornu__file_commit(&file); /* it sees whether a write failed */
    }
    cornu__free(header_bytes);
    return status;
}
