/* format/load.h: arrays from a file of whatever kind it is. */
#ifndef CORNU_FORMAT_LOAD_H
#define CORNU_FORMAT_LOAD_H

#include <cornu/array.h>

#include "base/status.h"

typedef enum cornu__file_kind {
    CORNU__FILE_NPY,
    CORNU__FILE_NPZ, /* any ZIP archive */
    CORNU__FILE_IDX,
    CORNU__FILE_CSV,
    CORNU__FILE_HDF5
} cornu__file_kind;

/* What a file holds: by its first bytes, or, as tables have no mark, by .csv, .tsv or .txt (also with .gz behind it) at
 * its end. */
cornu_status cornu__file_kind_of(const char *path, cornu__file_kind *kind);

/* Reads a file of any of these kinds but HDF5; a table without target column, its first line taken as names if it holds no
 * number. *array is a new array (a dictionary from .npz and tables), or NULL on failure. */
cornu_status cornu__load_any(const char *path, cornu_array **array);

#endif
