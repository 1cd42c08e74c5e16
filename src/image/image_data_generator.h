/* image/image_data_generator.h: the generator inside: its options checked, and the parts that a picture goes through. */
#ifndef CORNU_IMAGE_IMAGE_DATA_GENERATOR_H
#define CORNU_IMAGE_IMAGE_DATA_GENERATOR_H

#include <pthread.h>
#include <stdatomic.h>

#include <cornu/image_data_generator.h>

#include "base/random.h"
#include "base/reference.h"
#include "image/color.h"
#include "data/numpy_random.h"
#include "image/warp.h"

struct cornu_image_data_generator {
    cornu__reference reference;
    cornu_image_data_generator_options
        options; /* corrected as Keras does; its texts are not kept: what they say is below */
    double zoom_low, zoom_high;
    cornu__fill_mode fill_mode;
    cornu__affine_compat affine_compat;
    cornu__brightness_compat brightness_compat;
    cornu_dtype dtype;
    bool channels_first, numpy_draws, zca_kp112, float32_statistics;

    /* What fit found; NULL: nothing yet. */
    int64_t channels; /* of mean and std */
    double *mean, *std;
    int64_t whitened;  /* values of a picture that was fit for whitening */
    float *whitening;  /* whitened x whitened */
    atomic_int warned; /* bits: which missing fit was told of */

    /* For draws without a seed. */
    pthread_mutex_t lock;
    cornu__numpy_random numpy;
    uint64_t drawn;
};

/* --- The shape of a picture --- */

/* A picture's sizes in the generator's data format. `shape` has three sizes. */
typedef struct cornu__picture_shape {
    int64_t height, width, channels;
} cornu__picture_shape;

cornu__picture_shape cornu__picture_shape_of(const cornu_image_data_generator *generator, const int64_t *shape);

/* Whether pictures of this shape can be transformed; `what` names the array in the message. */
cornu_status cornu__picture_check(const cornu_image_data_generator *generator, const int64_t *shape, const char *what);

/* --- Draws (draws.c) --- */

/* Where random numbers come from: numpy's stream, or a key from which each parameter has its own. */
typedef struct cornu__draws {
    cornu__numpy_random *numpy; /* or NULL */
    cornu__random_key key;
} cornu__draws;

/* The transform of one picture, in the order and the words of Keras's get_random_transform. */
cornu_transform_options cornu__draw_transform(const cornu_image_data_generator *generator, cornu__draws *draws,
                                              cornu__picture_shape shape);

/* Whether a range can be drawn from. */
cornu_status cornu__shift_range_check(const char *name, const cornu_shift_range *range);

/* --- One picture (transform.c, normalize.c) --- */

/* Memory for one picture on its way, of one worker. */
typedef struct cornu__picture_space {
    float *picture; /* as many values as a picture has */
    const uint8_t
        *bytes; /* what stands for them as bytes: in the same memory or in another's, set with each picture; or NULL */
    void *scratch; /* for splines; or NULL */
    float *whitened;
    float *centers, *scales; /* one for each channel, for featurewise_...; or NULL */
} cornu__picture_space;

cornu_status cornu__picture_space_create(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                         cornu__picture_space *space);
void cornu__picture_space_free(cornu__picture_space *space);

/* to := from, transformed. They do not overlap. `from` NULL: from space->bytes, with the same result. */
cornu_status cornu__picture_transform(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                      const cornu_transform_options *transform, const float *from, float *to,
                                      const cornu__picture_space *space);

/* The same for a mask of `shape`: only places change, and each value is one of those before. */
cornu_status cornu__mask_transform(const cornu_image_data_generator *generator, cornu__picture_shape shape,
                                   const cornu_transform_options *transform, const float *from, float *to);

/* Keras's standardize, in place. */
cornu_status cornu__picture_normalize(cornu_image_data_generator *generator, cornu__picture_shape shape, float *picture,
                                      const cornu__picture_space *space);

/* --- Whitening (whitening.c) --- */

/* Of pictures of `size` values: bytes that fit uses meanwhile; -1: more than can be counted. */
int64_t cornu__whitening_memory(int64_t size);

/* whitening := the matrix for `count` pictures whose products are summed up in `products` (size x size, its upper triangle), which is overwritten. */
cornu_status cornu__whitening_make(double *products, int64_t size, int64_t count, double epsilon, bool kp112,
                                   float *whitening);

#endif
