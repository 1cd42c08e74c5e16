/*
 * image/image_iterator.h: what flow and its kin have in common: batches of transformed pictures, wherever the pictures come from.
 *
 * What a batch holds is a function of the epoch and the batch's index, so any worker may make any batch at any time. The order of an epoch is
 * drawn when it begins, into memory that is there from the start. Where pictures and labels come from is the source's affair: arrays
 * (picture_arrays.h) or files (picture_files.h).
 */
#ifndef CORNU_IMAGE_IMAGE_ITERATOR_H
#define CORNU_IMAGE_IMAGE_ITERATOR_H

#include "image/augmentation.h"
#include "image/image_data_generator.h"
#include "image/load.h"

/* Memory of one worker while it makes a batch; kept for the next batch, whoever makes it. */
typedef struct cornu__worker_space {
    struct cornu__worker_space *next;
    cornu__picture_space picture;
    int64_t *rows; /* the batch's samples */
    float *values; /* a picture before it is cast to the generator's dtype */
    cornu__numpy_random numpy;
    cornu__loader loader;                /* of a source of files */
    cornu_transform_options *transforms; /* of each picture of the batch, for its mask; NULL: no masks */
    float *mask, *moved_mask;
    cornu__augmenting *augmenting; /* NULL: the iterator has no augmentation */
} cornu__worker_space;

typedef struct cornu__image_iterator cornu__image_iterator;

#define CORNU__LEFT_OUT (-1)      /* a row that has no place in its batch */
#define CORNU__NONE_READABLE (-2) /* no row at all can be read */

/* Where pictures come from. `source` is the iterator's; any thread may call these at any time. */
typedef struct cornu__picture_source {
    /* The picture of `row`, in the iterator's shape, into space->picture.picture; or as bytes to space->picture.bytes, which is NULL otherwise. */
    cornu_status (*read)(const cornu__image_iterator *iterator, int64_t row, cornu__worker_space *space);
    /* Which row stands in for `row`: itself unless its picture is known to be bad; CORNU__LEFT_OUT where that may be. NULL: always itself. */
    int64_t (*choose)(const cornu__image_iterator *iterator, int64_t row, bool may_leave_out);
    /* `row` could not be read, for the thread's last error. CORNU_OK: it is known to be bad from now on, so choose again. Or NULL. */
    cornu_status (*give_up)(const cornu__image_iterator *iterator, int64_t row);
    /* Puts the pictures and all that belongs to these rows into the batch. */
    cornu_status (*join)(const cornu__image_iterator *iterator, const int64_t *rows, int64_t count,
                         cornu__worker_space *space, cornu_array *pictures, cornu_batch *batch);
    void (*release)(void *source);
} cornu__picture_source;

struct cornu__image_iterator {
    cornu_image_data_generator *generator;
    cornu_augmentation *augmentation; /* behind the generator's own transforms; or NULL */
    bool training;                    /* for the augmentation */
    const cornu__picture_source *kind;
    void *source;
    cornu__picture_shape shape;  /* of what the source reads */
    cornu__picture_shape output; /* of what the batches have */
    int64_t begin, count;        /* the rows of the source that are given */
    int64_t batch_size;
    int64_t mask_size; /* values of a mask that moves with its picture; 0: there are none */
    int mask_channels; /* of such a mask */
    uint64_t seed;
    char *save_to_dir, *save_prefix; /* NULL: pictures are not saved; no prefix */
    const char *save_format;         /* of ours */
    bool unbatched;                  /* batches of one sample lose their first axis */
    uint32_t save_hashes;            /* Keras's range of the numbers in saved files' names */

    int64_t epoch;
    int64_t *order; /* `count` rows in this epoch's order, or NULL: as they are */

    pthread_mutex_t lock;
    cornu__worker_space *spaces; /* not in use now */
};

/* The arguments that flow and its kin share; public headers say what they mean. */
typedef struct cornu__flow_settings {
    const char *caller; /* for messages: "flow" */
    int batch_size;
    bool shuffle;
    int64_t seed;
    const char *save_to_dir, *save_prefix, *save_format, *subset;
    cornu_augmentation *augment; /* or NULL */
    bool training;               /* for it */
    bool unbatched;              /* batches of one sample, without the axis of samples */
} cornu__flow_settings;

/* An iterator that has nothing yet but the generator, and the source, which it owns from now on. NULL with the error set: the source is
 * still the caller's. */
cornu__image_iterator *cornu__image_iterator_create(cornu_image_data_generator *generator,
                                                    const cornu__picture_source *kind, void *source);
void cornu__image_iterator_free(cornu__image_iterator *iterator);

cornu_status cornu__flow_settings_check(const cornu_image_data_generator *generator,
                                        const cornu__flow_settings *settings);

/* The Sequence of an iterator whose shape, rows and masks are set, and whose settings were checked. It owns the iterator; on failure, NULL, the iterator is
 * freed too. */
cornu_sequence *cornu__image_iterator_sequence(cornu__image_iterator *iterator, const cornu__flow_settings *settings);

/* The iterator of such a Sequence; NULL with the error set for another one. */
cornu__image_iterator *cornu__image_iterator_of(const cornu_sequence *sequence);

/* rows := those of batch `index` in this epoch, at most batch_size; returns how many. */
int64_t cornu__image_iterator_rows(const cornu__image_iterator *iterator, int64_t index, int64_t *rows);

#endif
