/* dataset_idx.c: rows of an IDX file (MNIST and its like), read where they lie. */
#include "base/options.h"
#include "data/dataset_rows.h"
#include "format/idx.h"

/* The header, read through a stream of its own. */
static cornu_status read_header(const char *path, cornu__row_array *array)
{
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, path));
    cornu_status status = cornu__idx_read_header(&stream, &array->dtype, &array->rank, array->shape);
    array->offset = stream.done;
    cornu__stream_close(&stream);
    return status;
}

static cornu_status open_rows(const char *path, cornu__row_array *array)
{
    CORNU_TRY(cornu__bytes_open(array->bytes, path));
    CORNU_TRY(read_header(path, array));
    array->swapped = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    return cornu__row_array_check(array);
}

cornu_dataset *cornu_idx_dataset_with(const char *path, const cornu_idx_dataset_options *options)
{
    cornu_idx_dataset_options given = {.struct_size = sizeof given, CORNU_IDX_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    return given.in_memory ? cornu__rows_in_memory(cornu_load_idx(path), given.field)
                           : cornu__rows_of_file(path, given.field, open_rows);
}
