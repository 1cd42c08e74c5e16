/*
 * format/limits.h: one set of limits for all readers.
 *
 * A file says how large its contents are, and may lie. Every size is checked here before memory is asked for.
 */
#ifndef CORNU_FORMAT_LIMITS_H
#define CORNU_FORMAT_LIMITS_H

#include <stdint.h>

#include "base/status.h"

#define CORNU__MAX_ARCHIVE_MEMBERS 10000         /* arrays in one archive */
#define CORNU__MAX_JSON_BYTES (64 * 1024 * 1024) /* a model's description */
#define CORNU__MAX_JSON_DEPTH 256                /* values within values */
#define CORNU__MAX_JSON_MEMORY                                                                                         \
    ((size_t)256 << 20) /* that the values of one text take: a million objects, or four million numbers */
#define CORNU__MAX_CSV_COLUMNS 1000000
#define CORNU__MAX_CSV_CLASSES 1000000                  /* different texts of a column */
#define CORNU__MAX_CSV_CLASS_BYTES ((size_t)256 << 20)  /* of them together */
#define CORNU__MAX_HDF5_OBJECTS 100000                  /* groups and datasets of one file */
#define CORNU__MAX_HDF5_DEPTH 64                        /* groups within groups */
#define CORNU__MAX_HDF5_STRUCTURE ((uint64_t)256 << 20) /* bytes that say what is where; also those read twice */

/* Of files of records: how many places are kept (16 bytes each), one row of a table or line of text, one TFRecord or sample of an archive. */
#define CORNU__MAX_RECORD_MARKS ((size_t)1 << 20)
#define CORNU__MAX_TEXT_RECORD ((size_t)64 << 20)
#define CORNU__MAX_BINARY_RECORD ((uint64_t)INT32_MAX) /* Protocol Buffers' own limit */

/* Pixels of one picture: where Pillow, too, takes a file for a trap (Image.MAX_IMAGE_PIXELS, twice). */
#define CORNU__MAX_IMAGE_PIXELS 178956970
#define CORNU__MAX_IMAGE_SCANS 500 /* of a progressive JPEG, each a pass over all of it */

/* The most that deflate can expand: a stored byte never gives more (RFC 1951: 258 bytes from 2 bits). Whoever promises
 * more lies. */
#define CORNU__MAX_EXPANSION 1032

/* Model files are stored, not compressed, and weights are close to noise: what unpacks to more than this many times its size, and to more
 * than the bytes after it (of weights; of JSON, which takes more memory than its text), was made to fill memory. */
#define CORNU__MAX_MODEL_EXPANSION 100
#define CORNU__MAX_SMALL_MEMBER (64 * 1024 * 1024)
#define CORNU__MAX_SMALL_JSON (1024 * 1024)

/* The most bytes that one read may bring into memory: CORNU_MAX_READ_BYTES from the environment, else the machine's
 * memory. */
uint64_t cornu__max_read_bytes(void);

/* CORNU_ERROR_LIMIT, naming `name`, when `bytes` are more than that. */
cornu_status cornu__check_read_size(const char *name, uint64_t bytes);

/* CORNU_ERROR_LIMIT, naming `name`, for a picture of too many pixels or bytes; CORNU_ERROR_FORMAT for one without pixels. */
cornu_status cornu__check_image_size(const char *name, uint64_t width, uint64_t height, uint64_t bytes_per_pixel);

#endif
