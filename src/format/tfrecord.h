/*
 * format/tfrecord.h: TensorFlow's file of records, one after the other: the length (u64, little-endian), the length's masked CRC-32C (u32), the
 * bytes, their masked CRC-32C.
 */
#ifndef CORNU_FORMAT_TFRECORD_H
#define CORNU_FORMAT_TFRECORD_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

/* The CRC-32C (Castagnoli) of some bytes. */
uint32_t cornu__crc32c(const void *bytes, size_t size);
/* The same as the format keeps it: masked, since a sum of bytes that hold their own sum says little. */
uint32_t cornu__crc32c_masked(const void *bytes, size_t size);

/* Appends a record; `path` is for messages. */
cornu_status cornu__tfrecord_write(FILE *stream, const char *path, const void *bytes, size_t size);

#endif
