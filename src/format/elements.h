/* format/elements.h: the elements of an array, as most formats have them: one after the other, to the end. */
#ifndef CORNU_FORMAT_ELEMENTS_H
#define CORNU_FORMAT_ELEMENTS_H

#include <cornu/array.h>

#include "format/stream.h"

/* An array of the rest of `stream`, which must be exactly its elements; `swapped`: they have the other byte order than
 * this machine. NULL with the error set: a shape that no memory holds, over the limits, truncated, or with something
 * behind. */
cornu_array *cornu__read_elements(cornu__stream *stream, cornu_dtype dtype, bool swapped, int rank,
                                  const int64_t *shape);

/* Turns the bytes of each of `count` elements of `size` bytes around, in place. */
void cornu__swap_bytes(void *elements, int64_t count, size_t size);

#endif
