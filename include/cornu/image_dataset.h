/*
 * image_dataset.h: pictures in datasets: out of files, or encoded in tar shards and TFRecord files; and changed together with their masks while a model trains.
 *
 *     cornu_dataset *parts[] = {cornu_image_files_dataset("photos", .target_size = cornu_pair(128, 128), .interpolation = "bilinear"),
 *                               cornu_image_files_dataset("masks", .name = "mask", .target_size = cornu_pair(128, 128), .color_mode = "grayscale"),
 *                               cornu_csv_dataset("patients.csv")};
 *     cornu_dataset *all = cornu_augment_dataset(cornu_dataset_zip(3, parts), generator);
 *     cornu_sequence *batches = cornu_dataset_sequence(all, .x = cornu_names("image", "age"), .y = cornu_names("mask"));
 */
#ifndef CORNU_IMAGE_DATASET_H
#define CORNU_IMAGE_DATASET_H

#include <cornu/dataset.h>
#include <cornu/image_data_generator.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/* --- Pictures encoded in a field --- */

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

/* --- The pictures of a folder --- */

typedef struct cornu_image_files_dataset_options {
    size_t struct_size;
    const char *name CORNU_DEFAULT("image"); /* of the field */
    /* These files instead of all, in this order, with NULL behind the last: below the folder, unless they begin with '/' or there is no folder (NULL) */
    const char *const *paths;
    /* "inferred": only files in sub-folders count, each of which is a class: a field "label", int32, with the classes' names. NULL: all files below the folder */
    const char *labels;
    cornu_size2 target_size; /* from here on as in cornu_decode_images */
    const char *color_mode CORNU_DEFAULT("rgb");
    const char *interpolation CORNU_DEFAULT("nearest"); /* for masks: the only one that makes up no value */
    bool keep_aspect_ratio;
    bool exif_orientation;
    cornu_dtype dtype CORNU_DEFAULT(CORNU_FLOAT32);
    const char *bad_files CORNU_DEFAULT("error"); /* or "replace": a black picture */
    int64_t bad_files_at_most CORNU_DEFAULT(CORNU_NONE);
    bool follow_links;                     /* into folders below that are symbolic links */
    const char *const *white_list_formats; /* as in flow_from_directory */
} cornu_image_files_dataset_options;
#define CORNU_IMAGE_FILES_DATASET_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.name = "image", .color_mode = "rgb", .interpolation = "nearest", .dtype = CORNU_FLOAT32,           \
                   .bad_files = "error", .bad_files_at_most = CORNU_NONE)

/* cornu_image_files_dataset("photos", .target_size = cornu_pair(128, 128)): a sample for each picture below a folder, (height, width, channels), in the order of
 * flow_from_directory: folders in byte order of their whole paths, files in byte order of their names, so that pictures and masks of the same names in two folders
 * belong together (cornu_dataset_zip). The same files count as there. Names are read now, files when their sample is. NULL on failure. */
#define cornu_image_files_dataset(folder_, ...)                                                                        \
    CORNU_KEYWORDS(cornu_image_files_dataset_with(folder_, &cornu_keywords), cornu_image_files_dataset_options,        \
                   CORNU_IMAGE_FILES_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_image_files_dataset_with(const char *folder,
                                                        const cornu_image_files_dataset_options *options);

/* --- Pictures and masks changed together --- */

typedef struct cornu_augment_dataset_options {
    size_t struct_size;
    /* Fields that are pictures: (height, width, channels), or as the generator's data_format says, of any dtype. They are transformed and standardized, and have the
     * generator's dtype afterwards. NULL: cornu_names("image") */
    const char *const *images;
    /* Fields that are masks, with or without the axis of channels: moved as the pictures are, each pixel taken from the nearest, so that no class is made up between two;
     * colours and standardize leave them alone, and they keep their dtype. Class numbers up to 2^24. NULL: "mask" if there is such a field */
    const char *const *masks;
} cornu_augment_dataset_options;
#define CORNU_AUGMENT_DATASET_DEFAULTS

/*
 * cornu_augment_dataset(dataset, generator, .masks = cornu_names("mask")): the same dataset, its samples changed when they are read: one draw for all pictures and masks of a
 * sample, which must have one height and width; other fields stay. What is drawn depends on cornu_sample_seed alone: the seed of the sequence (not the generator's), the epoch
 * and the sample; so any workers give the same batches. Keeps the dataset and the generator. NULL on failure, as for a generator with rng_compat.
 */
#define cornu_augment_dataset(dataset_, generator_, ...)                                                               \
    CORNU_KEYWORDS(cornu_augment_dataset_with(dataset_, generator_, &cornu_keywords), cornu_augment_dataset_options,   \
                   CORNU_AUGMENT_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_augment_dataset_with(cornu_dataset *dataset, cornu_image_data_generator *generator,
                                                    const cornu_augment_dataset_options *options);

CORNU_END_DECLARATIONS

#endif
