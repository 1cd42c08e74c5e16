/*
 * image/resize_tensorflow.h: pictures in another size as tf.image.resize makes them: Keras's image_dataset_from_directory, smart_resize and
 * Resizing layer, whose pictures are not those of load_img.
 *
 * The result is float32 and not rounded. Centres of pixels lie at halves. Without antialias the filter has its own width however much smaller
 * the picture gets, so most of it is passed over; with it the filter grows, as Pillow's do ("nearest" and "area" know no difference).
 */
#ifndef CORNU_IMAGE_RESIZE_TENSORFLOW_H
#define CORNU_IMAGE_RESIZE_TENSORFLOW_H

#include <stdbool.h>

#include "image/resize.h"

typedef enum cornu__tensorflow_method {
    CORNU__TF_NEAREST,
    CORNU__TF_BILINEAR,
    CORNU__TF_BICUBIC,
    CORNU__TF_AREA,
    CORNU__TF_LANCZOS3,
    CORNU__TF_LANCZOS5,
    CORNU__TF_GAUSSIAN,
    CORNU__TF_MITCHELLCUBIC,
    CORNU__TF_METHOD_COUNT
} cornu__tensorflow_method;

/* Keras's name; CORNU_ERROR_UNKNOWN_NAME for another. */
cornu_status cornu__tensorflow_method_named(const char *name, cornu__tensorflow_method *method);

/* to := the part of `from` within `box` (whole pixels; nothing beyond it is seen) in the size height x width, as float32. */
cornu_status cornu__resize_tensorflow(cornu__resizer *resizer, const cornu__image *from, cornu__box box,
                                      cornu__tensorflow_method method, bool antialias, int height, int width,
                                      cornu__image *to);

#endif
