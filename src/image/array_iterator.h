/*
 * image/array_iterator.h: flow's iterator: batches of transformed pictures out of arrays.
 *
 * What a batch holds is a function of the epoch and the batch's index, so any worker may make any batch at any time. The order of an epoch is
 * drawn when it begins, into memory that is there from the start.
 */
#ifndef CORNU_IMAGE_ARRAY_ITERATOR_H
#define CORNU_IMAGE_ARRAY_ITERATOR_H

#include "image/image_data_generator.h"

#define CORNU__MOST_ARRAYS 64 /* of a list x, of y and of the weights */

/* Memory of one worker while it makes a batch; kept for the next batch, whoever makes it. */
typedef struct cornu__worker_space {
    struct cornu__worker_space *next;
    cornu__picture_space picture;
    int64_t *rows; /* the batch's samples */
    float *values; /* a picture before it is cast to the generator's dtype */
    cornu__numpy_random numpy;
    cornu_transform_options *transforms; /* of each picture of the batch, for its mask; NULL: no masks */
    float *mask, *moved_mask;
} cornu__worker_space;

typedef struct cornu__array_iterator {
    cornu_image_data_generator *generator;
    cornu_array *pictures;
    cornu_array *others[CORNU__MOST_ARRAYS]; /* the rest of a list x */
    size_t other_count;
    bool is_list; /* x was a list: so are the batches' x */
    cornu_array *y, *sample_weight;
    cornu__picture_shape shape;
    int64_t begin, count; /* rows of the subset */
    int64_t batch_size;
    bool mask_y; /* y moves as the pictures do */
    cornu__picture_shape mask_shape;
    uint64_t seed;
    char *save_to_dir, *save_prefix; /* NULL: pictures are not saved; no prefix */
    const char *save_format;         /* of ours */

    int64_t epoch;
    int64_t *order; /* `count` rows in this epoch's order, or NULL: as they are */

    pthread_mutex_t lock;
    cornu__worker_space *spaces; /* not in use now */
} cornu__array_iterator;

/* Draws the order of the epoch in hand. */
void cornu__array_iterator_draw_order(cornu__array_iterator *iterator);

/* The functions of its Sequence (data.h); `state` is the iterator. */
int64_t cornu__array_iterator_length(void *state);
cornu_status cornu__array_iterator_get(void *state, int64_t index, cornu_batch *batch);
void cornu__array_iterator_on_epoch_end(void *state);
cornu_array *cornu__array_iterator_save_state(void *state);
cornu_status cornu__array_iterator_load_state(void *state, const cornu_array *saved);
void cornu__array_iterator_release(void *state);

#endif
