/* image/picture_arrays.h: pictures and what belongs to them, out of arrays: the source of cornu_flow. */
#ifndef CORNU_IMAGE_PICTURE_ARRAYS_H
#define CORNU_IMAGE_PICTURE_ARRAYS_H

#include "image/batch_rows.h"
#include "image/image_iterator.h"

typedef struct cornu__picture_arrays {
    cornu_array *pictures;
    cornu_array *others[CORNU__MOST_ARRAYS]; /* the rest of a list x */
    size_t other_count;
    bool is_list; /* x was a list: so are the batches' x */
    cornu_array *y, *sample_weight;
    bool mask_y; /* y moves as the pictures do */
    cornu__picture_shape mask_shape;
} cornu__picture_arrays;

extern const cornu__picture_source cornu__picture_arrays_kind;

#endif
