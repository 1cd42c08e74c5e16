/*
 * idx.c: the format of MNIST and its like (Yann LeCun's page "The MNIST database"): two zero bytes, a byte for the
 * type, one for the number of axes, their sizes as big-endian 32-bit numbers, and the elements, big-endian, row-major.
 */
#include "format/elements.h"
#include "format/idx.h"

bool cornu__idx_type(unsigned char code, cornu_dtype *dtype)
{
    switch (code) {
    case 0x08:
        *dtype = CORNU_UINT8;
        return true;
    case 0x09:
        *dtype = CORNU_INT8;
        return true;
    case 0x0B:
        *dtype = CORNU_INT16;
        return true;
    case 0x0C:
        *dtype = CORNU_INT32;
        return true;
    case 0x0D:
        *dtype = CORNU_FLOAT32;
        return true;
    case 0x0E:
        *dtype = CORNU_FLOAT64;
        return true;
    default:
        return false;
    }
}

cornu_status cornu__idx_read_header(cornu__stream *stream, cornu_dtype *dtype, int *rank, int64_t *shape)
{
    unsigned char start[4], size[4];
    CORNU_TRY(cornu__stream_read(stream, start, sizeof start, "its IDX header"));
    if (start[0] != 0 || start[1] != 0 || !cornu__idx_type(start[2], dtype))
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is no IDX file: it starts with bytes %02x %02x %02x; wanted 00 00 and a type: "
                           "08, 09, 0b, 0c, 0d or 0e",
                           stream->name, start[0], start[1], start[2]);
    *rank = start[3];
    if (*rank < 1 || *rank > CORNU_MAX_RANK)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' has an IDX array of %d axes; wanted 1 to %d", stream->name,
                           *rank, CORNU_MAX_RANK);
    for (int axis = 0; axis < *rank; axis++) {
        CORNU_TRY(cornu__stream_read(stream, size, sizeof size, "a size in its IDX header"));
        shape[axis] = (int64_t)size[0] << 24 | (int64_t)size[1] << 16 | (int64_t)size[2] << 8 | (int64_t)size[3];
    }
    return CORNU_OK;
}

static cornu_array *read_idx(cornu__stream *stream)
{
    cornu_dtype dtype = CORNU_UINT8;
    int rank = 0;
    int64_t shape[CORNU_MAX_RANK];
    if (cornu__idx_read_header(stream, &dtype, &rank, shape) != CORNU_OK)
        return NULL;
    return cornu__read_elements(stream, dtype, __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, rank, shape);
}

cornu_array *cornu_load_idx(const char *path)
{
    cornu__stream stream;
    if (cornu__stream_open(&stream, path) != CORNU_OK)
        return NULL;
    cornu_array *array = read_idx(&stream);
    cornu__stream_close(&stream);
    return array;
}
