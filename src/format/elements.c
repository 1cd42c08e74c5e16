/* elements.c: elements from a stream into an array. */
#include <string.h>

#include "array/array.h"
#include "format/elements.h"

void cornu__swap_bytes(void *elements, int64_t count, size_t size)
{
    if (size == 2) {
        uint16_t *element = elements;
        for (int64_t i = 0; i < count; i++)
            element[i] = __builtin_bswap16(element[i]);
    } else if (size == 4) {
        uint32_t *element = elements;
        for (int64_t i = 0; i < count; i++)
            element[i] = __builtin_bswap32(element[i]);
    } else if (size == 8) {
        uint64_t *element = elements;
        for (int64_t i = 0; i < count; i++)
            element[i] = __builtin_bswap64(element[i]);
    }
}

cornu_array *cornu__read_elements(cornu__stream *stream, cornu_dtype dtype, bool swapped, int rank,
                                  const int64_t *shape)
{
    int64_t count = cornu__shape_count(rank, shape);
    if (count < 0) {
        cornu__fail_context("'%s'", stream->name);
        return NULL;
    }
    uint64_t bytes = (uint64_t)count * cornu_dtype_size(dtype);
    if (cornu__stream_check(stream, bytes) != CORNU_OK)
        return NULL;
    cornu_array *array = cornu__array_uninitialized(dtype, rank, shape);
    if (!array)
        return NULL;
    if (cornu__stream_read(stream, array->data, bytes, "its data") != CORNU_OK ||
        cornu__stream_end(stream) != CORNU_OK) {
        cornu_array_release(array);
        return NULL;
    }
    if (swapped)
        cornu__swap_bytes(array->data, count, cornu_dtype_size(dtype));
    return array;
}
