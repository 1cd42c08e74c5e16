/* hdf5_types.c: what the messages of a header say of a dataset: its space, the type of its elements, where they lie and how they are packed. */
#include <string.h>

#include "array/array.h"
#include "format/hdf5_parts.h"

const char cornu__hdf5_elsewhere[] = "its numbers are in other files, which are not read";

/* --- the space: how many elements --- */

#define SPACE_SCALAR 0
#define SPACE_SIMPLE 1
#define SPACE_NULL 2

static cornu_status count_elements(const cornu__hdf5 *file, cornu__hdf5_space *space)
{
    space->count = 1;
    for (int i = 0; i < space->rank; i++) {
        if (space->shape[i] < 0 || __builtin_mul_overflow(space->count, space->shape[i], &space->count))
            return cornu__hdf5_damaged(file, "a dataset has more elements than can be counted");
    }
    return CORNU_OK;
}

cornu_status cornu__hdf5_read_space(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_space *space)
{
    *space = (cornu__hdf5_space){.count = 1};
    int version = (int)cornu__hdf5_take(message, 1), rank = (int)cornu__hdf5_take(message, 1);
    cornu__hdf5_skip(message, 1); /* flags: whether larger sizes follow that it may grow to */
    int kind = (int)cornu__hdf5_take(message, 1);
    if (version == 1) {
        cornu__hdf5_skip(message, 4);
        kind = rank == 0 ? SPACE_SCALAR : SPACE_SIMPLE;
    } else if (version != 2) {
        return cornu__hdf5_damaged(file, "a dataspace has the unknown version %d", version);
    }
    if (kind == SPACE_NULL)
        space->count = 0;
    if (kind != SPACE_SCALAR && kind != SPACE_SIMPLE)
        space->unreadable = "it holds nothing (a null dataspace)";
    if (rank > CORNU_MAX_RANK)
        space->unreadable = "it has more than 8 axes";
    if (space->unreadable)
        return CORNU_OK;
    space->rank = rank;
    for (int i = 0; i < rank; i++)
        space->shape[i] = (int64_t)cornu__hdf5_take(message, 8);
    if (message->over)
        return cornu__hdf5_damaged(file, "a dataspace ends too early");
    return count_elements(file, space);
}

/* --- the type of an element --- */

#define CLASS_INTEGER 0
#define CLASS_FLOAT 1
#define CLASS_TEXT 3
#define CLASS_ENUM 8
#define CLASS_VARIABLE 9

static void read_integer(cornu__hdf5_cursor *message, uint32_t bits, cornu__hdf5_type *type)
{
    static const cornu_dtype kinds[2][9] = {
        {[1] = CORNU_UINT8, [2] = CORNU_UINT16, [4] = CORNU_UINT32, [8] = CORNU_UINT64},
        {[1] = CORNU_INT8, [2] = CORNU_INT16, [4] = CORNU_INT32, [8] = CORNU_INT64},
    };
    uint64_t offset = cornu__hdf5_take(message, 2), precision = cornu__hdf5_take(message, 2);
    bool whole = type->size == 1 || type->size == 2 || type->size == 4 || type->size == 8;
    if (message->over || !whole || offset != 0 || precision != 8 * (uint64_t)type->size)
        return;
    type->kind = CORNU__HDF5_NUMBERS;
    type->dtype = kinds[bits >> 3 & 1][type->size];
    type->swapped = bits & 1;
}

/* The three formats of IEEE 754 that C and numpy have. */
static void read_float(cornu__hdf5_cursor *message, uint32_t bits, cornu__hdf5_type *type)
{
    static const struct {
        uint32_t size;
        cornu_dtype dtype;
        unsigned char sign, properties[12]; /* offset, precision; exponent: place, size; mantissa: place, size; bias */
    } formats[] = {
        {2, CORNU_FLOAT16, 15, {0, 0, 16, 0, 10, 5, 0, 10, 15}},
        {4, CORNU_FLOAT32, 31, {0, 0, 32, 0, 23, 8, 0, 23, 127}},
        {8, CORNU_FLOAT64, 63, {0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3}},
    };
    const void *properties = cornu__hdf5_take_bytes(message, sizeof formats[0].properties);
    bool mixed_order = bits >> 6 & 1, usual_mantissa = (bits >> 4 & 3) == 2;
    for (size_t i = 0; properties && i < sizeof formats / sizeof *formats; i++) {
        if (type->size != formats[i].size || (bits >> 8 & 0xff) != formats[i].sign || mixed_order || !usual_mantissa ||
            memcmp(properties, formats[i].properties, sizeof formats[i].properties) != 0)
            continue;
        type->kind = CORNU__HDF5_NUMBERS;
        type->dtype = formats[i].dtype;
        type->swapped = bits & 1;
    }
}

/* h5py writes booleans as an enumeration of one byte: FALSE, TRUE. */
static void read_enum(cornu__hdf5_cursor *message, cornu__hdf5_type *type)
{
    int class = (int)(cornu__hdf5_take(message, 1) & 15);
    cornu__hdf5_skip(message, 3);
    uint64_t size = cornu__hdf5_take(message, 4);
    if (message->over || class != CLASS_INTEGER || size != 1 || type->size != 1)
        return;
    type->kind = CORNU__HDF5_NUMBERS;
    type->dtype = CORNU_UINT8;
}

cornu_status cornu__hdf5_read_type(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_type *type)
{
    *type = (cornu__hdf5_type){.kind = CORNU__HDF5_OTHER_TYPE};
    int class_and_version = (int)cornu__hdf5_take(message, 1);
    uint32_t bits = (uint32_t)cornu__hdf5_take(message, 3);
    type->size = (uint32_t)cornu__hdf5_take(message, 4);
    if (message->over || type->size == 0)
        return cornu__hdf5_damaged(file, "a datatype %s", message->over ? "ends too early" : "has elements of 0 bytes");
    switch (class_and_version & 15) {
    case CLASS_INTEGER:
        read_integer(message, bits, type);
        break;
    case CLASS_FLOAT:
        read_float(message, bits, type);
        break;
    case CLASS_ENUM:
        read_enum(message, type);
        break;
    case CLASS_TEXT:
        type->kind = CORNU__HDF5_FIXED_TEXT;
        type->space_padded = (bits & 15) == 2;
        break;
    case CLASS_VARIABLE:
        if ((bits & 15) == 1 && type->size == 16)
            type->kind = CORNU__HDF5_VARIABLE_TEXT;
        break;
    }
    return CORNU_OK;
}

/* --- the layout --- */

static cornu_status read_compact(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data)
{
    data->layout = CORNU__HDF5_COMPACT;
    data->size = cornu__hdf5_take(message, 2);
    const void *bytes = cornu__hdf5_take_bytes(message, data->size);
    if (!bytes)
        return cornu__hdf5_damaged(file, "a dataset in its header ends too early");
    cornu__free(data->compact);
    data->compact = cornu__alloc_uninitialized(data->size);
    if (!data->compact)
        return cornu_error_status();
    memcpy(data->compact, bytes, data->size);
    return CORNU_OK;
}

static cornu_status read_chunked(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data)
{
    data->layout = CORNU__HDF5_CHUNKED;
    data->chunk_rank = (int)cornu__hdf5_take(message, 1);
    data->address = cornu__hdf5_take(message, 8);
    if (data->chunk_rank < 2 || data->chunk_rank > CORNU_MAX_RANK + 1) {
        data->unreadable = "its chunks have more than 8 axes";
        return CORNU_OK;
    }
    for (int i = 0; i < data->chunk_rank; i++) {
        data->chunk[i] = (int64_t)cornu__hdf5_take(message, 4);
        if (data->chunk[i] == 0)
            return cornu__hdf5_damaged(file, "a dataset's chunks have a side of 0");
    }
    return CORNU_OK;
}

cornu_status cornu__hdf5_read_layout(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data)
{
    int version = (int)cornu__hdf5_take(message, 1), class = (int)cornu__hdf5_take(message, 1);
    bool is_virtual = version == 4 && class == 3;
    if (is_virtual && !file->leaves_out)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' holds a virtual dataset, made of parts of other files, which are not followed",
                           file->name);
    if (is_virtual)
        data->unreadable = cornu__hdf5_elsewhere;
    else if (version < 3 || version > 4)
        data->unreadable = "it is laid out as versions of HDF5 before 1.6.3 did";
    else if (class == 0)
        CORNU_TRY(read_compact(file, message, data));
    else if (class == 1) {
        data->layout = CORNU__HDF5_CONTIGUOUS;
        data->address = cornu__hdf5_take(message, 8);
        data->size = cornu__hdf5_take(message, 8);
    } else if (class == 2 && version == 3)
        CORNU_TRY(read_chunked(file, message, data));
    else
        data->unreadable = "its chunks are listed as only HDF5 1.10 and later do on request (libver='latest')";
    return message->over ? cornu__hdf5_damaged(file, "a dataset's layout ends too early") : CORNU_OK;
}

/* --- filters --- */

#define FIRST_ID_WITH_NAME 256 /* in version 2 */

cornu_status cornu__hdf5_read_filters(const cornu__hdf5 *file, cornu__hdf5_cursor *message, cornu__hdf5_data *data)
{
    int version = (int)cornu__hdf5_take(message, 1), count = (int)cornu__hdf5_take(message, 1);
    if (version != 1 && version != 2)
        return cornu__hdf5_damaged(file, "the filters of a dataset have the unknown version %d", version);
    if (version == 1)
        cornu__hdf5_skip(message, 6);
    data->filter_count = 0;
    for (int i = 0; i < count; i++) {
        int id = (int)cornu__hdf5_take(message, 2);
        uint64_t name_size = version == 1 || id >= FIRST_ID_WITH_NAME ? cornu__hdf5_take(message, 2) : 0;
        cornu__hdf5_skip(message, 2); /* flags */
        uint64_t values = cornu__hdf5_take(message, 2);
        cornu__hdf5_skip(message, version == 1 ? (name_size + 7) / 8 * 8 : name_size);
        cornu__hdf5_skip(message, 4 * (values + (version == 1 && values % 2 == 1)));
        if (message->over)
            return cornu__hdf5_damaged(file, "the filters of a dataset end too early");
        if (id < 1 || id > 3 || data->filter_count == CORNU__HDF5_MAX_FILTERS)
            data->unreadable = "it is compressed by other filters than deflate, shuffle and Fletcher-32";
        else
            data->filters[data->filter_count++].id = id;
    }
    return CORNU_OK;
}
