/* dataset_open.c: a dataset from a file of whatever kind it is. */
#include <string.h>
#include <sys/stat.h>

#include <cornu/csv.h>
#include <cornu/tar.h>
#include <cornu/text_dataset.h>
#include <cornu/tfrecord.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/dataset_kinds.h"
#include "format/hdf5.h"
#include "format/idx.h"
#include "format/npy.h"
#include "format/stream.h"
#include "format/tar.h"
#include "format/tfrecord.h"

/* --- The table --- */

static bool begins_npy(const unsigned char *bytes, size_t size)
{
    return size >= CORNU__NPY_MAGIC_SIZE && memcmp(bytes, CORNU__NPY_MAGIC, CORNU__NPY_MAGIC_SIZE) == 0;
}

static cornu_dataset *open_npy(const char *path)
{
    return cornu_npy_dataset(path);
}

static bool begins_npz(const unsigned char *bytes, size_t size)
{
    return size >= 4 && (memcmp(bytes, "PK\3\4", 4) == 0 || memcmp(bytes, "PK\5\6", 4) == 0);
}

static cornu_dataset *open_npz(const char *path)
{
    return cornu_npz_dataset(path);
}

static bool begins_idx(const unsigned char *bytes, size_t size)
{
    cornu_dtype dtype;
    return size >= 4 && bytes[0] == 0 && bytes[1] == 0 && cornu__idx_type(bytes[2], &dtype);
}

static cornu_dataset *open_idx(const char *path)
{
    return cornu_idx_dataset(path);
}

static bool begins_hdf5(const unsigned char *bytes, size_t size)
{
    return size >= CORNU__HDF5_MAGIC_SIZE && memcmp(bytes, CORNU__HDF5_MAGIC, CORNU__HDF5_MAGIC_SIZE) == 0;
}

static cornu_dataset *open_hdf5(const char *path)
{
    return cornu_hdf5_dataset(path);
}

static cornu_dataset *open_cifar(const char *path)
{
    return cornu_cifar_dataset(path);
}

/* A length with its right sum is there by chance once in 2^32 times. */
static bool begins_tfrecord(const unsigned char *bytes, size_t size)
{
    return size >= CORNU__TFRECORD_HEAD && cornu__tfrecord_has_sum(bytes, 8, bytes + 8);
}

static cornu_dataset *open_tfrecord(const char *path)
{
    return cornu_tfrecord_dataset(path);
}

static bool begins_tar(const unsigned char *bytes, size_t size)
{
    return size >= CORNU__FIRST_BYTES && cornu__tar_is_header(bytes);
}

static cornu_dataset *open_tar(const char *path)
{
    return cornu_tar_dataset(path);
}

static cornu_dataset *open_csv(const char *path)
{
    return cornu_csv_dataset(path);
}

static cornu_dataset *open_lines(const char *path)
{
    return cornu_lines_dataset(path);
}

static cornu_dataset *open_text_folder(const char *path)
{
    return cornu_text_dataset_from_directory(path, .shuffle = false);
}

/* Kinds with a mark first: a file with one is that kind, whatever it is called. */
static const cornu__dataset_kind kinds[] = {
    {.name = ".npy", .endings = (const char *const[]){".npy", NULL}, .begins = begins_npy, .open = open_npy},
    {.name = "tar", .begins = begins_tar, .open = open_tar},
    {.name = "TFRecord", .begins = begins_tfrecord, .open = open_tfrecord},
    {.name = ".npz", .endings = (const char *const[]){".npz", NULL}, .begins = begins_npz, .open = open_npz},
    {.name = "IDX", .begins = begins_idx, .open = open_idx},
    {.name = "HDF5", .endings = (const char *const[]){".h5", ".hdf5", NULL}, .begins = begins_hdf5, .open = open_hdf5},
    {.name = "CIFAR's .bin", .endings = (const char *const[]){".bin", ".bin.gz", NULL}, .open = open_cifar},
    {.name = ".csv or .tsv",
     .endings = (const char *const[]){".csv", ".tsv", ".csv.gz", ".tsv.gz", NULL},
     .open = open_csv},
    {.name = "lines of text (.txt)", .endings = (const char *const[]){".txt", ".txt.gz", NULL}, .open = open_lines},
    {.name = "a folder of .txt files in a folder for each class", .is_folder = true, .open = open_text_folder},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* --- Which one --- */

static cornu_status first_bytes(const char *path, unsigned char *bytes, uint64_t *size)
{
    cornu__stream stream;
    CORNU_TRY(cornu__stream_open(&stream, path));
    cornu_status status = cornu__stream_read_some(&stream, bytes, CORNU__FIRST_BYTES, size);
    cornu__stream_close(&stream);
    return status;
}

static bool has_ending(const cornu__dataset_kind *kind, const char *path)
{
    for (const char *const *ending = kind->endings; ending && *ending; ending++) {
        if (cornu__text_has_ending(path, *ending))
            return true;
    }
    return false;
}

/* The kind that a path's name or beginning says; NULL: none. */
static const cornu__dataset_kind *find_kind(const char *path, bool is_folder, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < KIND_COUNT && !is_folder; i++) {
        if (kinds[i].begins && kinds[i].begins(bytes, size))
            return &kinds[i];
    }
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].is_folder == is_folder && !kinds[i].begins && (is_folder || has_ending(&kinds[i], path)))
            return &kinds[i];
    }
    return NULL;
}

static cornu_dataset *fail_unknown(const char *path, bool is_folder, size_t size)
{
    cornu__text names = {0};
    for (size_t i = 0; i < KIND_COUNT; i++)
        cornu__text_add(&names, i == 0 ? "%s" : ", %s", kinds[i].name);
    char *known = cornu__text_take(&names);
    if (known && size == 0 && !is_folder)
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is empty", path);
    else if (known)
        cornu__fail(CORNU_ERROR_FORMAT, "'%s' is a %s of no known kind: wanted %s", path, is_folder ? "folder" : "file",
                    known);
    cornu__free(known);
    return NULL;
}

cornu_dataset *cornu_dataset_open(const char *path)
{
    unsigned char bytes[CORNU__FIRST_BYTES] = {0};
    uint64_t size = 0;
    struct stat about;
    if (!path || path[0] == '\0')
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "dataset_open: there is no path");
    if (stat(path, &about) != 0)
        return cornu__fail_null(CORNU_ERROR_IO, "cannot read '%s': %m", path);
    bool is_folder = S_ISDIR(about.st_mode);
    /* Looking at the first bytes of a pipe would take them away from the reader. */
    if (!is_folder && !S_ISREG(about.st_mode))
        return cornu__fail_null(CORNU_ERROR_IO,
                                "cannot read '%s': it is a pipe or device, and data are read from files", path);
    if (!is_folder && first_bytes(path, bytes, &size) != CORNU_OK)
        return NULL;
    const cornu__dataset_kind *kind = find_kind(path, is_folder, bytes, size);
    return kind ? kind->open(path) : fail_unknown(path, is_folder, size);
}
