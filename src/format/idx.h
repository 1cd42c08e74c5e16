/* format/idx.h: what others need to know of IDX files (cornu_load_idx reads them). */
#ifndef CORNU_FORMAT_IDX_H
#define CORNU_FORMAT_IDX_H

#include <stdbool.h>

#include <cornu/array.h>

#include "format/stream.h"

/* The dtype of an IDX type byte, the third of the file; false if there is none. */
bool cornu__idx_type(unsigned char code, cornu_dtype *dtype);

/* Reads the header; the stream then stands before the elements, which are big-endian. */
cornu_status cornu__idx_read_header(cornu__stream *stream, cornu_dtype *dtype, int *rank, int64_t *shape);

#endif
