/* hdf5_write.c: HDF5 files in memory, by libhdf5's core driver. */
#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/hdf5_write.h"

#define GROWTH (4 * 1024 * 1024)   /* bytes by which the file in memory grows */
#define MOST_OF_AN_ATTRIBUTE 64512 /* bytes that Keras puts into one attribute */

struct cornu__hdf5_writer {
    char *name;
    hid_t file;
    hid_t with_parents; /* property list of links: groups above are made */
    hid_t without_times;
    H5E_auto2_t print; /* how this thread's libhdf5 shows its errors, while ours are shown otherwise */
    void *print_state;
};

static cornu_status fail(const cornu__hdf5_writer *writer, const char *what, const char *path)
{
    return cornu__fail(CORNU_ERROR_IO, "cannot write '%s': libhdf5 cannot make %s '%s' (is memory full?)", writer->name,
                       what, path);
}

static hid_t create_file(const cornu__hdf5_writer *writer)
{
    char name[64];
    /* Two files of one name would be one to libhdf5, also in memory. */
    snprintf(name, sizeof name, "cornu-%p-in-memory.h5", (const void *)writer);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t file = H5I_INVALID_HID;
    if (access >= 0 && H5Pset_fapl_core(access, GROWTH, false) >= 0)
        file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    if (access >= 0)
        H5Pclose(access);
    return file;
}

cornu__hdf5_writer *cornu__hdf5_writer_create(const char *name)
{
    cornu__hdf5_writer *writer = cornu__alloc(sizeof *writer);
    if (!writer)
        return NULL;
    H5Eget_auto2(H5E_DEFAULT, &writer->print, &writer->print_state);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    writer->name = cornu__copy_text(name);
    writer->file = writer->name ? create_file(writer) : H5I_INVALID_HID;
    writer->with_parents = H5Pcreate(H5P_LINK_CREATE);
    writer->without_times = H5Pcreate(H5P_DATASET_CREATE);
    bool made = writer->file >= 0 && writer->with_parents >= 0 && writer->without_times >= 0 &&
                H5Pset_create_intermediate_group(writer->with_parents, 1) >= 0 &&
                H5Pset_obj_track_times(writer->without_times, false) >= 0;
    if (made)
        return writer;
    if (writer->name)
        fail(writer, "a file in memory for", name);
    cornu__hdf5_writer_release(writer);
    return NULL;
}

void cornu__hdf5_writer_release(cornu__hdf5_writer *writer)
{
    if (!writer)
        return;
    if (writer->without_times >= 0)
        H5Pclose(writer->without_times);
    if (writer->with_parents >= 0)
        H5Pclose(writer->with_parents);
    if (writer->file >= 0)
        H5Fclose(writer->file);
    H5Eset_auto2(H5E_DEFAULT, writer->print, writer->print_state);
    cornu__free(writer->name);
    cornu__free(writer);
}

/* --- groups and datasets --- */

cornu_status cornu__hdf5_write_group(cornu__hdf5_writer *writer, const char *path)
{
    hid_t group = H5Gcreate2(writer->file, path, writer->with_parents, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        return fail(writer, "group", path);
    H5Gclose(group);
    return CORNU_OK;
}

/* The type in the file; in memory it is the same number in this machine's order. */
static hid_t stored_type(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 ? H5T_IEEE_F32LE : dtype == CORNU_INT64 ? H5T_STD_I64LE : H5T_STD_I32LE;
}

static hid_t memory_type(cornu_dtype dtype)
{
    return dtype == CORNU_FLOAT32 ? H5T_NATIVE_FLOAT : dtype == CORNU_INT64 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
}

cornu_status cornu__hdf5_write_dataset(cornu__hdf5_writer *writer, const char *path, cornu_dtype dtype, int rank,
                                       const int64_t *shape, const void *data)
{
    hsize_t sizes[CORNU_MAX_RANK];
    for (int i = 0; i < rank; i++)
        sizes[i] = (hsize_t)shape[i];
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, sizes, NULL);
    hid_t dataset = space < 0 ? space
                              : H5Dcreate2(writer->file, path, stored_type(dtype), space, writer->with_parents,
                                           writer->without_times, H5P_DEFAULT);
    bool written = dataset >= 0 && H5Dwrite(dataset, memory_type(dtype), H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0;
    if (dataset >= 0)
        H5Dclose(dataset);
    if (space >= 0)
        H5Sclose(space);
    return written ? CORNU_OK : fail(writer, "dataset", path);
}

/* --- attributes --- */

/* Writes `data` of that type and space as an attribute; closes both. */
static bool write_attribute(const cornu__hdf5_writer *writer, const char *path, const char *name, hid_t type,
                            hid_t space, const void *data)
{
    hid_t object = H5Oopen(writer->file, *path ? path : "/", H5P_DEFAULT);
    hid_t attribute = object >= 0 && type >= 0 && space >= 0
                          ? H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT)
                          : H5I_INVALID_HID;
    bool written = attribute >= 0 && (!data || H5Awrite(attribute, type, data) >= 0);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (object >= 0)
        H5Oclose(object);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return written;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 128)
        text++;
    return *text == '\0';
}

cornu_status cornu__hdf5_write_text(cornu__hdf5_writer *writer, const char *path, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    bool made =
        type >= 0 && H5Tset_size(type, H5T_VARIABLE) >= 0 && (is_ascii(text) || H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
    if (write_attribute(writer, path, name, type, H5Screate(H5S_SCALAR), &text) && made)
        return CORNU_OK;
    return fail(writer, "attribute", name);
}

/* Texts of one length, filled up with NULs, as h5py writes a list of bytes: all versions of Keras can read it. */
static cornu_status write_list(const cornu__hdf5_writer *writer, const char *path, const char *name, size_t count,
                               const char *const *texts, size_t length)
{
    char *bytes = cornu__alloc_array(count, length);
    if (!bytes)
        return cornu_error_status();
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + i * length, texts[i], strnlen(texts[i], length));
    hid_t type = H5Tcopy(H5T_C_S1);
    hsize_t size = count;
    bool made = type >= 0 && H5Tset_size(type, length) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0;
    bool written =
        write_attribute(writer, path, name, type, H5Screate_simple(1, &size, NULL), count > 0 ? bytes : NULL);
    cornu__free(bytes);
    return made && written ? CORNU_OK : fail(writer, "attribute", name);
}

cornu_status cornu__hdf5_write_texts(cornu__hdf5_writer *writer, const char *path, const char *name, size_t count,
                                     const char *const *texts)
{
    size_t longest = 1;
    for (size_t i = 0; i < count; i++)
        longest = strlen(texts[i]) > longest ? strlen(texts[i]) : longest;
    size_t in_one = MOST_OF_AN_ATTRIBUTE / longest;
    if (in_one == 0)
        return cornu__fail(CORNU_ERROR_LIMIT,
                           "cannot write '%s': a name in '%s' has %zu bytes; at most %d can be written", writer->name,
                           name, longest, MOST_OF_AN_ATTRIBUTE);
    if (count <= in_one)
        return write_list(writer, path, name, count, texts, longest);
    for (size_t first = 0, number = 0; first < count; first += in_one, number++) {
        char numbered[200];
        snprintf(numbered, sizeof numbered, "%s%zu", name, number);
        size_t some = count - first < in_one ? count - first : in_one;
        CORNU_TRY(write_list(writer, path, numbered, some, texts + first, longest));
    }
    return CORNU_OK;
}

/* --- the end --- */

void *cornu__hdf5_writer_finish(cornu__hdf5_writer *writer, uint64_t *size)
{
    ssize_t length = H5Fflush(writer->file, H5F_SCOPE_LOCAL) >= 0 ? H5Fget_file_image(writer->file, NULL, 0) : -1;
    void *bytes = length > 0 ? cornu__alloc_uninitialized((size_t)length) : NULL;
    if (length > 0 && !bytes)
        return NULL;
    if (bytes && H5Fget_file_image(writer->file, bytes, (size_t)length) == length) {
        *size = (uint64_t)length;
        return bytes;
    }
    cornu__free(bytes);
    fail(writer, "the bytes of", writer->name);
    return NULL;
}
