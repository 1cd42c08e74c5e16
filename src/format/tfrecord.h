/*
 * format/tfrecord.h: TensorFlow's file of records, one after the other: the length (u64, little-endian), the length's masked CRC-32C (u32), the
 * bytes, their masked CRC-32C.
 */
#ifndef CORNU_FORMAT_TFRECORD_H
#define CORNU_FORMAT_TFRECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "format/record_file.h"
#include "format/wire.h"

#define CORNU__TFRECORD_HEAD 12 /* a length and its sum */
#define CORNU__TFRECORD_TAIL 4  /* the sum of the bytes */

/* The CRC-32C (Castagnoli) of some bytes. */
uint32_t cornu__crc32c(const void *bytes, size_t size);
/* The same as the format keeps it: masked, since a sum of bytes that hold their own sum says little. */
uint32_t cornu__crc32c_masked(const void *bytes, size_t size);

/* Whether `sum` is what a file says of these bytes. */
bool cornu__tfrecord_has_sum(const void *bytes, size_t size, const unsigned char sum[4]);

/* Appends a record; `path` is for messages. */
cornu_status cornu__tfrecord_write(FILE *stream, const char *path, const void *bytes, size_t size);

/* Of a file of records: the sums of lengths are checked when it steps over one. */
extern const cornu__record_format cornu__tfrecord_format;

/* The record at which the cursor stands, both sums checked; the cursor steps over it. Valid until the cursor is used again. */
cornu_status cornu__tfrecord_read(cornu__cursor *cursor, cornu__span *record);

#endif
