/* load.c: which reader a file needs. */
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "format/csv.h"
#include "format/hdf5.h"
#include "format/idx.h"
#include "format/load.h"
#include "format/npy.h"
#include "format/stream.h"

static bool is_table_by_name(const char *path)
{
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (cornu__text_has_ending(path, endings[i]))
            return true;
    }
    return false;
}

static cornu_status first_bytes(const char *path, unsigned char *bytes, uint64_t size, uint64_t *got)
{
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, path));
    cornu_status status = cornu__stream_read_some(&stream, bytes, size, got);
    cornu__stream_close(&stream);
    return status;
}

/* Looking at the first bytes of a pipe would take them away from the reader. */
static cornu_status check_is_file(const char *path)
{
    struct stat about;
    bool stream = path && stat(path, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode));
    if (stream)
        return cornu__fail(CORNU_ERROR_IO, "cannot read '%s': it is a pipe or device, and data are read from files",
                           path);
    return CORNU_OK;
}

cornu_status cornu__file_kind_of(const char *path, cornu__file_kind *kind)
{
    unsigned char start[CORNU__HDF5_MAGIC_SIZE] = {0};
    uint64_t got = 0;
    cornu_dtype dtype;
    CORNU_TRY(check_is_file(path));
    CORNU_TRY(first_bytes(path, start, sizeof start, &got));
    if (got >= CORNU__NPY_MAGIC_SIZE && memcmp(start, CORNU__NPY_MAGIC, CORNU__NPY_MAGIC_SIZE) == 0)
        *kind = CORNU__FILE_NPY;
    else if (got >= 4 && (memcmp(start, "PK\3\4", 4) == 0 || memcmp(start, "PK\5\6", 4) == 0))
        *kind = CORNU__FILE_NPZ;
    else if (got == sizeof start && memcmp(start, CORNU__HDF5_MAGIC, sizeof start) == 0)
        *kind = CORNU__FILE_HDF5;
    else if (got >= 4 && start[0] == 0 && start[1] == 0 && cornu__idx_type(start[2], &dtype))
        *kind = CORNU__FILE_IDX;
    else if (is_table_by_name(path))
        *kind = CORNU__FILE_CSV;
    else if (got == 0)
        return cornu__fail(CORNU_ERROR_FORMAT, "'%s' is empty", path);
    else
        return cornu__fail(CORNU_ERROR_FORMAT,
                           "'%s' is of no known kind: wanted .npy, .npz, IDX (plain or gzip-compressed) or .csv", path);
    return CORNU_OK;
}

cornu_status cornu__load_any(const char *path, cornu_array **array)
{
    cornu__file_kind kind = CORNU__FILE_NPY;
    *array = NULL;
    CORNU_TRY(cornu__file_kind_of(path, &kind));
    if (kind == CORNU__FILE_HDF5)
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' is HDF5, which is read as a model or its weights, not as an array", path);
    *array = kind == CORNU__FILE_NPY   ? cornu_load_npy(path)
             : kind == CORNU__FILE_NPZ ? cornu_load_npz(path)
             : kind == CORNU__FILE_IDX ? cornu_load_idx(path)
                                       : cornu__csv_read(path, NULL, NULL);
    return *array ? CORNU_OK : cornu_error_status();
}
