/*
 * image/load.h: from a file to a picture of the wanted colours and size, as Keras's load_img does it, and to floats.
 *
 * A loader belongs to one thread, and allocates nothing once it has seen the largest file.
 */
#ifndef CORNU_IMAGE_LOAD_H
#define CORNU_IMAGE_LOAD_H

#include "image/decode.h"
#include "image/resize_tensorflow.h"

/* What becomes of a picture of another shape than the wanted one. */
typedef enum cornu__aspect {
    CORNU__ASPECT_STRETCH, /* all of it is stretched */
    CORNU__ASPECT_CROP,    /* the largest part in the middle that has the wanted shape */
    CORNU__ASPECT_PAD /* as large as it fits in, in the middle, with black around; with TensorFlow's arithmetic only */
} cornu__aspect;

typedef struct cornu__load_options {
    cornu__decode_options decode;
    int height, width; /* 0: the file's own */
    cornu__interpolation interpolation;
    cornu__aspect aspect;
    bool tensorflow; /* resized as tf.image.resize does, without antialias, by `method`; always float32 */
    cornu__tensorflow_method method;
} cornu__load_options;

/* Start from {0}. */
typedef struct cornu__loader {
    cornu__decoder decoder;
    cornu__resizer resizer;
    cornu__image decoded, resized, padded;
} cornu__loader;

void cornu__loader_free(cornu__loader *loader);

/* *image is the loader's, and valid until its next call. */
cornu_status cornu__load_image(cornu__loader *loader, const char *path, const cornu__load_options *options,
                               const cornu__image **image);

/* The same of a file's bytes in memory; `name` is for messages. */
cornu_status cornu__load_image_bytes(cornu__loader *loader, const char *name, const uint8_t *bytes, size_t size,
                                     const cornu__load_options *options, const cornu__image **image);

/* The elements as floats, the values unchanged: (height, width, channels), or (channels, height, width). */
void cornu__image_write_floats(const cornu__image *image, bool channels_first, float *to);

/* --- Looking at a file beforehand --- */

typedef struct cornu__image_facts {
    const char *kind;            /* "JPEG", ... */
    int height, width, channels; /* as stored; colours of a palette are 3 or 4 channels */
    cornu_dtype dtype;
    char damage[CORNU__DAMAGE_SIZE]; /* what the decoder passed over or repaired, or "" */
} cornu__image_facts;

/* Decodes the whole file, or with header_only no pixel of it. What is wrong with it is the thread's last error. */
cornu_status cornu__image_check(cornu__loader *loader, const char *path, bool header_only, cornu__image_facts *facts);

#endif
