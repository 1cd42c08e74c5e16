/*
 * image/augmentation.h: a pipeline of steps inside, and one worker's run of it over batch after batch.
 *
 * A run goes through the steps in parts, cut where pictures of a batch are mixed. Before the first cut each picture is made as soon as it is
 * given, while it is in the cache; the rest is done when the batch is complete. Within a part the affine maps of neighbouring steps become
 * one resampling, and what changes values works in place. All memory is taken when the run is made.
 */
#ifndef CORNU_IMAGE_AUGMENTATION_H
#define CORNU_IMAGE_AUGMENTATION_H

#include <pthread.h>

#include "image/steps/step.h"

/* A step, with what is found out once. */
typedef struct cornu__step {
    cornu_layer *layer; /* kept */
    const cornu__step_class *class;
    const void *config; /* the layer's */
    bool fills;         /* has fill_mode and its kin */
    cornu__fill_mode fill_mode;
    int order; /* of interpolation */
    float fill_value;
    int number; /* its place in the pipeline */
} cornu__step;

struct cornu_augmentation {
    cornu__reference reference;
    cornu__step steps[CORNU_MAX_STEPS];
    int count;
    uint64_t seed;
    bool channels_first;
    cornu_status failure; /* of the first step that could not be added */
    char *failure_message;
    pthread_mutex_t lock;
    int64_t applied; /* calls of apply without an epoch */
};

/* *step := the layer and what is known of it. */
cornu_status cornu__step_settle(cornu_layer *layer, cornu__step *step);

/* *to := the extent of what the step makes of pictures of this extent, or why it can't. */
cornu_status cornu__step_output(const cornu__step *step, const cornu__extent *from, cornu__extent *to);

/* The extent of what the pipeline makes of pictures of this extent, or why it can't. */
cornu_status cornu__augmentation_output(const cornu_augmentation *augmentation, bool training, cornu__extent *extent);

/* Whether labels are mixed; what they must then be. */
bool cornu__augmentation_mixes(const cornu_augmentation *augmentation, bool training);
cornu_status cornu__augmentation_check_labels(const cornu_augmentation *augmentation, bool training,
                                              const cornu_array *labels);

/* --- A run (augmenting.c) --- */

typedef struct cornu__augmenting cornu__augmenting;

/* For batches of up to `most` pictures of this extent, and masks of `mask_channels` (0: none). NULL with the error set. */
cornu__augmenting *cornu__augmenting_create(const cornu_augmentation *augmentation, bool training, cornu__extent extent,
                                            int mask_channels, int64_t most);
void cornu__augmenting_free(cornu__augmenting *self); /* NULL is allowed */

/* A batch begins. Its pictures become rows 0, 1, ... of `out`, of any float dtype and the pipeline's data format. */
void cornu__augmenting_begin(cornu__augmenting *self, uint64_t seed, uint64_t epoch, cornu_array *out);
/* Picture i, which is sample number `sample` of the data: floats in the pipeline's data format. */
cornu_status cornu__augmenting_take(cornu__augmenting *self, int64_t i, uint64_t sample, const float *picture);
/* All `count` pictures were taken. */
cornu_status cornu__augmenting_finish(cornu__augmenting *self, int64_t count);

/* After that: the masks of these pictures, moved as they were, and their labels, in place. */
cornu_status cornu__augmenting_masks(cornu__augmenting *self, int64_t count, const cornu_array *masks,
                                     cornu_array *out);
cornu_status cornu__augmenting_labels(cornu__augmenting *self, int64_t count, cornu_array *labels);

/* What was drawn for picture i by step `step` of the pipeline; NULL: it does not act. */
const cornu_random_transformation *cornu__augmenting_drawn(const cornu__augmenting *self, int64_t i, int step);

/* The extent of the pictures that a step of the pipeline which acts is given. */
cornu__extent cornu__augmenting_extent(const cornu__augmenting *self, int step);

/* --- One step (augmenting.c) --- */

/* to := from through one step; its map is resampled, or the picture copied. `call` has all but the config. The step need have no layer. */
cornu_status cornu__step_run(const cornu__step *step, cornu__step_call *call, const float *from, float *to);

/* Rows of channels last and first: to := from, which is (height, width, channels), as (channels, height, width), and back. */
void cornu__channels_to_first(cornu__extent extent, const float *from, float *to);
void cornu__channels_to_last(cornu__extent extent, const float *from, float *to);

#endif
