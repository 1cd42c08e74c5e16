/*
 * format/tar.h: archives of tar (POSIX.1-2017, pax: "ustar interchange format", "pax header block"; GNU's long names and base-256 sizes) as records: neighbours whose names agree up
 * to the first dot behind the last slash are one sample ("shards", as WebDataset has them): a/0001.jpg, a/0001.cls.
 *
 * Files alone count. Links, devices and folders are stepped over; nothing is written to the disk, and no name in an archive is ever used as one.
 */
#ifndef CORNU_FORMAT_TAR_H
#define CORNU_FORMAT_TAR_H

#include "format/record_file.h"

/* A file in an archive. Valid until the cursor is used again. */
typedef struct cornu__tar_entry {
    const char *key;       /* its name up to the dot */
    const char *extension; /* what is behind it, in small letters: "jpg", "seg.png" */
    uint64_t size;
} cornu__tar_entry;

extern const cornu__record_format cornu__tar_format;

/* What the pass over an archive tells of: each file, and after the last of a sample its key. A status that is not CORNU_OK ends the pass. */
typedef struct cornu__tar_visitor {
    cornu_status (*entry)(void *state, const cornu__tar_entry *entry);
    cornu_status (*end)(void *state, const char *key);
    void *state;
    int64_t passed_over; /* links, devices and files without an extension */
} cornu__tar_visitor;

/* The one pass over an archive: counts its samples. */
cornu_status cornu__tar_index(cornu__record_file *file, cornu__tar_visitor *visitor);

/* *entry := the next file of the sample at which the cursor stands; *more is false behind the last one, and the cursor stands at the next sample then. After
 * each entry one of the other two is called. */
cornu_status cornu__tar_next(cornu__cursor *cursor, cornu__tar_entry *entry, bool *more);
/* Brings its bytes to `to`, which has room for entry.size. */
cornu_status cornu__tar_read(cornu__cursor *cursor, void *to);
cornu_status cornu__tar_pass(cornu__cursor *cursor);

/* Whether 512 bytes are a header. */
bool cornu__tar_is_header(const unsigned char *block);

#endif
