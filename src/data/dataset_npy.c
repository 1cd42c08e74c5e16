/* dataset_npy.c: rows of a .npy file, read where they lie. */
#include <string.h>

#include "base/options.h"
#include "data/dataset_rows.h"
#include "format/npy.h"

/* The header, read through a stream of its own. */
static cornu_status read_header(const char *path, cornu__npy_header *header, uint64_t *size)
{
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, path));
    cornu_status status = cornu__npy_read_header(&stream, header);
    *size = stream.done;
    cornu__stream_close(&stream);
    return status;
}

cornu_status cornu__npy_row_array(const char *name, const cornu__npy_header *header, cornu__row_array *array)
{
    if (header->fortran_order && header->rank > 1)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' is in Fortran order, so the numbers of one sample lie far apart; save it by "
                           "np.save(path, np.ascontiguousarray(x)), or read it whole with .in_memory = true",
                           name);
    array->dtype = header->dtype;
    array->swapped = header->swapped;
    array->rank = header->rank;
    memcpy(array->shape, header->shape, sizeof array->shape);
    return CORNU_OK;
}

static cornu_status open_rows(const char *path, cornu__row_array *array)
{
    cornu__npy_header header = {0};
    CORNU_TRY(cornu__bytes_open(array->bytes, path));
    CORNU_TRY(read_header(path, &header, &array->offset));
    CORNU_TRY(cornu__npy_row_array(path, &header, array));
    return cornu__row_array_check(array);
}

cornu_dataset *cornu_npy_dataset_with(const char *path, const cornu_npy_dataset_options *options)
{
    cornu_npy_dataset_options given = {.struct_size = sizeof given, CORNU_NPY_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    return given.in_memory ? cornu__rows_in_memory(cornu_load_npy(path), given.field)
                           : cornu__rows_of_file(path, given.field, open_rows);
}
