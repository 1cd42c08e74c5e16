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
#define CORNU__MAX_CSV_COLUMNS 1000000

/* The most that deflate can expand: a stored byte never gives more (RFC 1951: 258 bytes from 2 bits). Whoever promises
 * more lies. */
#define CORNU__MAX_EXPANSION 1032

/* The most bytes that one read may bring into memory: CORNU_MAX_READ_BYTES from the environment, else the machine's
 * memory. */
uint64_t cornu__max_read_bytes(void);

/* CORNU_ERROR_LIMIT, naming `name`, when `bytes` are more than that. */
cornu_status cornu__check_read_size(const char *name, uint64_t bytes);

#endif
