/*
 * format/hdf5_write.h: HDF5 files written, by libhdf5, in memory.
 *
 * The file is made in memory and handed over as bytes, so that whoever puts it on the disk or into an archive sees each failure, and the same
 * contents always give the same bytes: no time is written.
 */
#ifndef CORNU_FORMAT_HDF5_WRITE_H
#define CORNU_FORMAT_HDF5_WRITE_H

#include <stdint.h>

#include <cornu/array.h>

#include "base/status.h"

typedef struct cornu__hdf5_writer cornu__hdf5_writer;

/* `name` is for messages and copied. NULL with the error set. */
cornu__hdf5_writer *cornu__hdf5_writer_create(const char *name);
void cornu__hdf5_writer_release(cornu__hdf5_writer *writer);

/* Groups and datasets by path, "a/b/c"; groups above are made. "" is the root. Each may be made once. */
cornu_status cornu__hdf5_write_group(cornu__hdf5_writer *writer, const char *path);
/* float32, int32 or int64. */
cornu_status cornu__hdf5_write_dataset(cornu__hdf5_writer *writer, const char *path, cornu_dtype dtype, int rank,
                                       const int64_t *shape, const void *data);

/* An attribute of a group or dataset that is there: a text of any length, or a list of texts. What of a list is more than an attribute can hold
 * goes to attributes of the name and a number, as Keras does. */
cornu_status cornu__hdf5_write_text(cornu__hdf5_writer *writer, const char *path, const char *name, const char *text);
cornu_status cornu__hdf5_write_texts(cornu__hdf5_writer *writer, const char *path, const char *name, size_t count,
                                     const char *const *texts);

/* The whole file, for cornu__free; NULL with the error set. */
void *cornu__hdf5_writer_finish(cornu__hdf5_writer *writer, uint64_t *size);

#endif
