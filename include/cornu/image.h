/*
 * image.h: single pictures: files to arrays and back. Keras's load_img, img_to_array, array_to_img and save_img.
 *
 * A picture is an array of shape (height, width, channels): uint8 with 1 (gray), 3 (RGB) or 4 (RGBA) channels.
 */
#ifndef CORNU_IMAGE_H
#define CORNU_IMAGE_H

#include <cornu/array.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_load_img_options {
    size_t struct_size;
    /* "rgb", "rgba" or "grayscale". One channel of 16 bits stays so in grayscale (uint16), and is clipped at 255 in the others, as in Pillow. */
    const char *color_mode CORNU_DEFAULT("rgb");
    cornu_size2 target_size; /* cornu_pair(height, width); {0, 0}: the file's own */
    /* "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos", with Pillow's arithmetic; all but the first see every pixel */
    const char *interpolation CORNU_DEFAULT("nearest");
    bool
        keep_aspect_ratio; /* resize the largest part in the middle that has the shape of target_size, instead of the whole picture */
    bool exif_orientation; /* turn the picture upright if its EXIF data say how it lies (Keras does not) */
} cornu_load_img_options;
#define CORNU_LOAD_IMG_DEFAULTS CORNU_DEFAULTS(.color_mode = "rgb", .interpolation = "nearest")

/* cornu_load_img("cat.jpg", .target_size = cornu_pair(224, 224)): a JPEG, PNG, GIF (first frame), BMP, PPM, TIFF or WebP file, told by its first
 * bytes, not by its name. Returns a new array (height, width, channels) of uint8, or uint16 as said above. NULL on failure: a file that
 * is damaged or cut short is one, and so is a picture of more than 178,956,970 pixels. */
#define cornu_load_img(path, ...)                                                                                      \
    CORNU_KEYWORDS(cornu_load_img_with((path), &cornu_keywords), cornu_load_img_options,                               \
                   CORNU_LOAD_IMG_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_load_img_with(const char *path, const cornu_load_img_options *options);

typedef struct cornu_img_to_array_options {
    size_t struct_size;
    /* of the result: "channels_last" (height, width, channels) or "channels_first" (channels, height, width) */
    const char *data_format CORNU_DEFAULT("channels_last");
    cornu_dtype dtype CORNU_DEFAULT(CORNU_FLOAT32);
} cornu_img_to_array_options;
#define CORNU_IMG_TO_ARRAY_DEFAULTS CORNU_DEFAULTS(.data_format = "channels_last", .dtype = CORNU_FLOAT32)

/* A picture (height, width, channels), or (height, width), as a new array of float32, the values unchanged (0 .. 255), always with an axis for the
 * channels. NULL on failure. */
#define cornu_img_to_array(image, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_img_to_array_with((image), &cornu_keywords), cornu_img_to_array_options,                      \
                   CORNU_IMG_TO_ARRAY_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_img_to_array_with(const cornu_array *image, const cornu_img_to_array_options *options);

typedef struct cornu_array_to_img_options {
    size_t struct_size;
    const char *data_format CORNU_DEFAULT("channels_last"); /* of the array that is given */
    /* true: the smallest value becomes 0 and the largest 255 (in an array of equal values all become 0). false: values are cut off below 0
     * and above 255; one channel with values above 255 becomes uint16. What is behind the point is dropped. */
    bool scale CORNU_DEFAULT(true);
} cornu_array_to_img_options;
#define CORNU_ARRAY_TO_IMG_DEFAULTS CORNU_DEFAULTS(.data_format = "channels_last", .scale = true)

/* An array of any dtype with 1, 3 or 4 channels as a new picture (height, width, channels) of uint8. NULL on failure. */
#define cornu_array_to_img(array, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_array_to_img_with((array), &cornu_keywords), cornu_array_to_img_options,                      \
                   CORNU_ARRAY_TO_IMG_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_array_to_img_with(const cornu_array *array, const cornu_array_to_img_options *options);

typedef struct cornu_save_img_options {
    size_t struct_size;
    const char *data_format CORNU_DEFAULT("channels_last");
    const char *file_format;        /* "png", "jpg" or "jpeg"; NULL: by the ending of the path */
    bool scale CORNU_DEFAULT(true); /* as in cornu_array_to_img */
    int quality CORNU_DEFAULT(75);  /* of a JPEG file: 1 .. 100 */
} cornu_save_img_options;
#define CORNU_SAVE_IMG_DEFAULTS CORNU_DEFAULTS(.data_format = "channels_last", .scale = true, .quality = 75)

/* Writes an array as a picture file; JPEG files have no alpha, so a fourth channel is left out there. The file appears whole or not at all. */
#define cornu_save_img(path, array, ...)                                                                               \
    CORNU_KEYWORDS(cornu_save_img_with((path), (array), &cornu_keywords), cornu_save_img_options,                      \
                   CORNU_SAVE_IMG_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_save_img_with(const char *path, const cornu_array *array,
                                           const cornu_save_img_options *options);

CORNU_END_DECLARATIONS

#endif
