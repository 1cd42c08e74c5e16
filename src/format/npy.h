/*
 * format/npy.h: numpy's array format, versions 1.0 to 3.0 (numpy's NEP 1): "\x93NUMPY", two version bytes, the header's
 * length (little-endian, 2 bytes in version 1, else 4), the header: a Python dictionary of 'descr', 'fortran_order' and
 * 'shape', then the elements.
 */
#ifndef CORNU_FORMAT_NPY_H
#define CORNU_FORMAT_NPY_H

#include <stdio.h>

#include <cornu/array.h>

#include "base/status.h"
#include "base/text.h"
#include "format/stream.h"

#define CORNU__NPY_MAGIC "\x93NUMPY"
#define CORNU__NPY_MAGIC_SIZE 6

/* What a header says. */
typedef struct cornu__npy_header {
    cornu_dtype dtype;
    bool swapped; /* elements have the other byte order than this machine */
    bool fortran_order;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
} cornu__npy_header;

/* Parses the dictionary `text` of `length` bytes; `name` is for messages. */
cornu_status cornu__npy_parse_header(const char *name, const char *text, size_t length, cornu__npy_header *header);

/* Reads magic, version and header; the stream then stands before the elements. */
cornu_status cornu__npy_read_header(cornu__stream *stream, cornu__npy_header *header);

/* Reads one array, which must be all that the stream holds; NULL with the error set. */
cornu_array *cornu__npy_read(cornu__stream *stream);

/* Magic, version and header of `array`, padded so that the elements start at a multiple of 64. Little-endian machines
 * only. */
void cornu__npy_add_header(cornu__text *bytes, const cornu_array *array);

#endif
