/* format/zip.h: archives of arrays (.npz), by libzip. */
#ifndef CORNU_FORMAT_ZIP_H
#define CORNU_FORMAT_ZIP_H

#include <stdio.h>
#include <zip.h>

#include "base/status.h"
#include "format/bytes.h"
#include "format/stream.h"

/* Opens an archive for reading, and checks the number of its members and the sum of the sizes they claim. NULL with the
 * error set. */
zip_t *cornu__zip_open(const char *path);

/* The same for who will not read all of it at once: what the members hold together may be more than memory. */
zip_t *cornu__zip_open_streamed(const char *path);

/* Opens member `index` as a stream. Only stored and deflated members without encryption are read. `name` (for messages)
 * is kept. */
cornu_status cornu__zip_open_member(zip_t *archive, zip_uint64_t index, const char *name, cornu__stream *stream);

/* *offset := where in the file the bytes of member `index` begin, if they are stored as they are; UINT64_MAX if they are not. */
cornu_status cornu__zip_find_stored(zip_t *archive, zip_uint64_t index, cornu__bytes *file, uint64_t *offset);

/* Starts a new archive that zip_close writes to `stream`, which must stand at its start and be seekable; NULL with the
 * error set. `path` is for messages. */
zip_t *cornu__zip_create(FILE *stream, const char *path);

#endif
