/* image_dataset.h: encoded pictures in a dataset decoded while a model trains: those of tar shards and TFRecord files. */
#ifndef CORNU_IMAGE_DATASET_H
#define CORNU_IMAGE_DATASET_H

#include <cornu/dataset.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_decode_images_options {
    size_t struct_size;
    cornu_size2 target_size;                     /* cornu_pair(height, width): has to be said */
    const char *color_mode CORNU_DEFAULT("rgb"); /* or "rgba", "grayscale" */
    /* "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos" with Pillow's arithmetic; all but the first see every pixel */
    const char *interpolation CORNU_DEFAULT("nearest");
    bool
        keep_aspect_ratio; /* the largest part in the middle that has the shape of target_size, instead of the whole picture */
    bool exif_orientation;                          /* turn pictures upright as their EXIF data say */
    cornu_dtype dtype CORNU_DEFAULT(CORNU_FLOAT32); /* or CORNU_UINT8; values are 0 .. 255 in both */
    /* What becomes of bytes that are no picture: "error" ends the training; "replace" puts a black picture, with a warning, once for each */
    const char *bad_files CORNU_DEFAULT("error");
    int64_t bad_files_at_most
        CORNU_DEFAULT(CORNU_NONE); /* more are an error after all (in each process); CORNU_NONE: any number */
} cornu_decode_images_options;
#define CORNU_DECODE_IMAGES_DEFAULTS                                                                                   \
    CORNU_DEFAULTS(.color_mode = "rgb", .interpolation = "nearest", .dtype = CORNU_FLOAT32, .bad_files = "error",      \
                   .bad_files_at_most = CORNU_NONE)

/* cornu_decode_images(dataset, "jpg", .target_size = cornu_pair(224, 224)): the field "jpg", bytes of any size that are a JPEG, PNG, GIF, BMP, PPM, TIFF or WebP file, becomes a
 * picture (height, width, channels), as cornu_load_img makes it, when a sample is read; other fields stay. NULL on failure. */
#define cornu_decode_images(dataset_, field_, ...)                                                                     \
    CORNU_KEYWORDS(cornu_decode_images_with(dataset_, field_, &cornu_keywords), cornu_decode_images_options,           \
                   CORNU_DECODE_IMAGES_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_decode_images_with(cornu_dataset *dataset, const char *field,
                                                  const cornu_decode_images_options *options);

CORNU_END_DECLARATIONS

#endif
