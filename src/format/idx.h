/* format/idx.h: what others need to know of IDX files (cornu_load_idx reads them). */
#ifndef CORNU_FORMAT_IDX_H
#define CORNU_FORMAT_IDX_H

#include <stdbool.h>

#include <cornu/array.h>

/* The dtype of an IDX type byte, the third of the file; false if there is none. */
bool cornu__idx_type(unsigned char code, cornu_dtype *dtype);

#endif
