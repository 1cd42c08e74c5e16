/*
 * augmentation.h: Keras 3's image preprocessing layers as the steps of one pipeline, on whole batches with their labels and masks.
 *
 *     cornu_augmentation *augment = cornu_augmentation_create(.steps = {cornu_random_flip(.mode = "horizontal"), cornu_random_rotation(0.1),
 *                                                                       cornu_random_contrast(0.2), cornu_cut_mix()});
 *     cornu_sequence *train = cornu_image_dataset_from_directory("photos", .label_mode = "categorical", .augment = augment);
 *
 * A step is a layer, named as in Keras, with its arguments and defaults. What is drawn for a picture depends on the seed, the epoch, the sample's
 * index and the step's place alone: the number of workers changes nothing. Pictures are computed in float32. Neighbouring steps that only move
 * pixels (flip, rotation, zoom, translation, shear) and agree in fill_mode, fill_value and interpolation are done in one resampling, so that a
 * picture is not blurred once for each. A parameter that means no change leaves every bit as it is.
 *
 * A factor is a number f or a range: cornu_random_zoom(0.2), cornu_random_zoom(cornu_range(-0.3, -0.1)). What f alone means is said with each step.
 * value_range: the least and the greatest value that a pixel can have: cornu_range(0, 255), or cornu_range(0, 1) behind a rescaling.
 *
 * fill_mode, what lies outside: "reflect" d c b a | a b c d | d c b a, "wrap" a b c d | a b c d | a b c d, "nearest" a a a a | a b c d | d d d d,
 * "constant" k k k k | a b c d | k k k k, k = fill_value. interpolation: "bilinear" or "nearest".
 *
 * Where Keras 3 computes something else than it documents, the steps do what it documents (docs/keras.md lists where).
 */
#ifndef CORNU_AUGMENTATION_H
#define CORNU_AUGMENTATION_H

#include <cornu/data.h>
#include <cornu/layers.h>

CORNU_BEGIN_DECLARATIONS

/* --- The pipeline --- */

typedef struct cornu_augmentation cornu_augmentation;

#define CORNU_MAX_STEPS 32

typedef struct cornu_augmentation_options {
    size_t struct_size;
    cornu_layer *steps[CORNU_MAX_STEPS]; /* in their order, as by cornu_augmentation_add; ends at its first NULL */
    uint64_t seed;
    const char *data_format CORNU_DEFAULT("channels_last"); /* of the pictures; or "channels_first" */
} cornu_augmentation_options;
#define CORNU_AUGMENTATION_DEFAULTS CORNU_DEFAULTS(.data_format = "channels_last")

/* cornu_augmentation_create(.steps = {cornu_random_flip(), ...}, .seed = 1): a pipeline with one reference, or NULL. A step that could not be made
 * makes the pipeline a failed one: what is given it reports why, and cornu_augmentation_status says it at once. Several threads may use a
 * pipeline to which no step is added any more. */
#define cornu_augmentation_create(...)                                                                                 \
    CORNU_KEYWORDS(cornu_augmentation_create_with(&cornu_keywords), cornu_augmentation_options,                        \
                   CORNU_AUGMENTATION_DEFAULTS __VA_ARGS__)
CORNU_API cornu_augmentation *cornu_augmentation_create_with(const cornu_augmentation_options *options);
CORNU_API cornu_augmentation *cornu_augmentation_retain(cornu_augmentation *augmentation);
CORNU_API void cornu_augmentation_release(cornu_augmentation *augmentation); /* NULL is allowed */

/* Adds a step behind the others; the pipeline owns it (object.h). Besides the layers of this header: cornu_rescaling. */
CORNU_API cornu_status cornu_augmentation_add(cornu_augmentation *augmentation, cornu_layer *step);

/* Adds steps written as a text, for commands and bindings: "random_flip(horizontal), random_zoom((-0.2, 0.1), fill_mode=constant), cut_mix". Names as in C or
 * as Keras's classes; arguments by name, or in Keras's order. Where it fails, the steps before are there. */
CORNU_API cornu_status cornu_augmentation_add_text(cornu_augmentation *augmentation, const char *steps);

/* CORNU_OK, or why a step could not be added (also set as this thread's error). */
CORNU_API cornu_status cornu_augmentation_status(const cornu_augmentation *augmentation);

/* How many steps there are, and one of them (no new reference; NULL: no such step). */
CORNU_API int cornu_augmentation_step_count(const cornu_augmentation *augmentation);
CORNU_API cornu_layer *cornu_augmentation_step(const cornu_augmentation *augmentation, int index);

typedef struct cornu_augmentation_apply_options {
    size_t struct_size;
    bool training CORNU_DEFAULT(true); /* false: only what always acts: Resizing, CenterCrop, RandomCrop, Rescaling */
    int64_t seed CORNU_DEFAULT(CORNU_NONE);  /* CORNU_NONE: the pipeline's */
    int64_t epoch CORNU_DEFAULT(CORNU_NONE); /* other epochs, other draws; CORNU_NONE: each call has the next one */
    /* (n, classes), one-hot or other shares, of a float dtype: CutMix and MixUp mix them; *mixed_labels := a new array */
    const cornu_array *labels;
    cornu_array **mixed_labels;
    /* (n, height, width, channels), or as data_format says, of any dtype: moved as their pictures, by nearest pixels; *moved_masks := a new array */
    const cornu_array *segmentation_masks;
    cornu_array **moved_masks;
} cornu_augmentation_apply_options;
#define CORNU_AUGMENTATION_APPLY_DEFAULTS CORNU_DEFAULTS(.training = true, .seed = CORNU_NONE, .epoch = CORNU_NONE)

/* cornu_augmentation_apply(augment, x, .labels = y, .mixed_labels = &y): the pictures (n, height, width, channels), or as data_format says, of any
 * dtype, through all steps: a new array of float32, or NULL. Row i is sample i. */
#define cornu_augmentation_apply(augmentation_, pictures_, ...)                                                        \
    CORNU_KEYWORDS(cornu_augmentation_apply_with(augmentation_, pictures_, &cornu_keywords),                           \
                   cornu_augmentation_apply_options, CORNU_AUGMENTATION_APPLY_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_augmentation_apply_with(cornu_augmentation *augmentation, const cornu_array *pictures,
                                                     const cornu_augmentation_apply_options *options);

/* --- One step with given parameters: Keras's get_random_transformation and transform_images --- */

#define CORNU_MAX_TRANSFORMATION_VALUES 32

/* What was drawn for one picture: numbers, named by cornu_layer_transformation_name, and the key of what is drawn from pixel to pixel. */
typedef struct cornu_random_transformation {
    uint64_t key;
    double values[CORNU_MAX_TRANSFORMATION_VALUES];
} cornu_random_transformation;

/* Draws for a picture of this shape, as the step's data_format says. CutMix and MixUp, which want two pictures, are refused here and below. */
CORNU_API cornu_status cornu_layer_get_random_transformation(cornu_layer *step, const int64_t shape[3], int64_t seed,
                                                             cornu_random_transformation *transformation);
/* The name of a value: "angle"; NULL: the step has no such one. */
CORNU_API const char *cornu_layer_transformation_name(const cornu_layer *step, int index);
/* A picture of rank 3 or pictures of rank 4, each changed as the transformation says: a new array of float32, or NULL. */
CORNU_API cornu_array *cornu_layer_transform_images(cornu_layer *step, const cornu_array *images,
                                                    const cornu_random_transformation *transformation);

/* --- Steps that move pixels. `seed`: CORNU_NO_SEED: the pipeline's decides; data_format: NULL: the pipeline's --- */

/* Each for half of the pictures: to the sides, upside down, or both: "horizontal", "vertical", "horizontal_and_vertical". */
typedef struct cornu_random_flip_options {
    CORNU_LAYER_FIELDS
    const char *mode CORNU_DEFAULT("horizontal_and_vertical");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_flip_options;
#define CORNU_RANDOM_FLIP_DEFAULTS                                                                                     \
    CORNU_DEFAULTS(.trainable = true, .mode = "horizontal_and_vertical", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_flip_with(const cornu_random_flip_options *options);
#define cornu_random_flip(...)                                                                                         \
    CORNU_KEYWORDS(cornu_random_flip_with(&cornu_keywords), cornu_random_flip_options,                                 \
                   CORNU_RANDOM_FLIP_DEFAULTS __VA_ARGS__)

/* Turned about the middle by a share of a full turn: f: uniform in -f .. f; positive is counter-clockwise. */
typedef struct cornu_random_rotation_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor; /* set by the macro's argument, as are all that stand before fill_mode below */
    const char *fill_mode CORNU_DEFAULT("reflect");
    const char *interpolation CORNU_DEFAULT("bilinear");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    double fill_value;
    const char *data_format;
} cornu_random_rotation_options;
#define CORNU_RANDOM_ROTATION_DEFAULTS                                                                                 \
    CORNU_DEFAULTS(.trainable = true, .fill_mode = "reflect", .interpolation = "bilinear", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_rotation_with(const cornu_random_rotation_options *options);
#define cornu_random_rotation(factor_, ...)                                                                            \
    CORNU_KEYWORDS(cornu_random_rotation_with(&cornu_keywords), cornu_random_rotation_options,                         \
                   CORNU_RANDOM_ROTATION_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Stretched about the middle: f: uniform in -f .. f, a range as given; above 0 the picture gets smaller. width_factor CORNU_NO_INTERVAL (the
 * default): both axes alike. */
typedef struct cornu_random_zoom_options {
    CORNU_LAYER_FIELDS
    cornu_interval height_factor;
    cornu_interval width_factor CORNU_DEFAULT(CORNU_NO_INTERVAL);
    const char *fill_mode CORNU_DEFAULT("reflect");
    const char *interpolation CORNU_DEFAULT("bilinear");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    double fill_value;
    const char *data_format;
} cornu_random_zoom_options;
#define CORNU_RANDOM_ZOOM_DEFAULTS                                                                                     \
    CORNU_DEFAULTS(.trainable = true, .width_factor = CORNU_NO_INTERVAL, .fill_mode = "reflect",                       \
                   .interpolation = "bilinear", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_zoom_with(const cornu_random_zoom_options *options);
#define cornu_random_zoom(height_factor_, ...)                                                                         \
    CORNU_KEYWORDS(cornu_random_zoom_with(&cornu_keywords), cornu_random_zoom_options,                                 \
                   CORNU_RANDOM_ZOOM_DEFAULTS CORNU_ARGUMENTS(.height_factor = height_factor_) __VA_ARGS__)

/* Moved by shares of height and width: f: uniform in -f .. f; above 0 down and to the right. */
typedef struct cornu_random_translation_options {
    CORNU_LAYER_FIELDS
    cornu_interval height_factor, width_factor;
    const char *fill_mode CORNU_DEFAULT("reflect");
    const char *interpolation CORNU_DEFAULT("bilinear");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    double fill_value;
    const char *data_format;
} cornu_random_translation_options;
#define CORNU_RANDOM_TRANSLATION_DEFAULTS                                                                              \
    CORNU_DEFAULTS(.trainable = true, .fill_mode = "reflect", .interpolation = "bilinear", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_translation_with(const cornu_random_translation_options *options);
#define cornu_random_translation(height_factor_, width_factor_, ...)                                                   \
    CORNU_KEYWORDS(cornu_random_translation_with(&cornu_keywords), cornu_random_translation_options,                   \
                   CORNU_RANDOM_TRANSLATION_DEFAULTS CORNU_ARGUMENTS(.height_factor = height_factor_,                  \
                                                                     .width_factor = width_factor_) __VA_ARGS__)

/* Row y moved by x_factor y to one side, column x by y_factor x up or down: f: uniform in 0 .. f, with one random sign for both. */
typedef struct cornu_random_shear_options {
    CORNU_LAYER_FIELDS
    cornu_interval x_factor, y_factor;
    const char *interpolation CORNU_DEFAULT("bilinear");
    const char *fill_mode CORNU_DEFAULT("reflect");
    double fill_value;
    const char *data_format;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_random_shear_options;
#define CORNU_RANDOM_SHEAR_DEFAULTS                                                                                    \
    CORNU_DEFAULTS(.trainable = true, .interpolation = "bilinear", .fill_mode = "reflect", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_shear_with(const cornu_random_shear_options *options);
#define cornu_random_shear(...)                                                                                        \
    CORNU_KEYWORDS(cornu_random_shear_with(&cornu_keywords), cornu_random_shear_options,                               \
                   CORNU_RANDOM_SHEAR_DEFAULTS __VA_ARGS__)

/* Seen from elsewhere: the corners' distances from the upper left one each times 1 + uniform in -scale / 2 .. scale / 2. Outside lies fill_value. `factor`:
 * how probable it is, uniform in 0 .. f, or in a range: with the default half of the pictures are changed. */
typedef struct cornu_random_perspective_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    double scale CORNU_DEFAULT(1);
    const char *interpolation CORNU_DEFAULT("bilinear");
    double fill_value;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_perspective_options;
#define CORNU_RANDOM_PERSPECTIVE_DEFAULTS                                                                              \
    CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .scale = 1, .interpolation = "bilinear",                \
                   .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_perspective_with(const cornu_random_perspective_options *options);
#define cornu_random_perspective(...)                                                                                  \
    CORNU_KEYWORDS(cornu_random_perspective_with(&cornu_keywords), cornu_random_perspective_options,                   \
                   CORNU_RANDOM_PERSPECTIVE_DEFAULTS __VA_ARGS__)

/* Bent like rubber. With s uniform in 0 .. scale each pixel moves by s max(height, width) / 10 times noise, smoothed and of the deviation s min(height,
 * width) / 20. `factor`: as in RandomPerspective. */
typedef struct cornu_random_elastic_transform_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    cornu_interval scale CORNU_DEFAULT({1, 0, false});
    const char *interpolation CORNU_DEFAULT("bilinear");
    const char *fill_mode CORNU_DEFAULT("reflect");
    double fill_value;
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_elastic_transform_options;
#define CORNU_RANDOM_ELASTIC_TRANSFORM_DEFAULTS                                                                        \
    CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .scale = {1, 0, false}, .interpolation = "bilinear",    \
                   .fill_mode = "reflect", .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_elastic_transform_with(const cornu_random_elastic_transform_options *options);
#define cornu_random_elastic_transform(...)                                                                            \
    CORNU_KEYWORDS(cornu_random_elastic_transform_with(&cornu_keywords), cornu_random_elastic_transform_options,       \
                   CORNU_RANDOM_ELASTIC_TRANSFORM_DEFAULTS __VA_ARGS__)

/* --- Steps that change the size --- */

/* A part of height x width from anywhere, for each picture. Where a picture is smaller, and where nothing is trained: the largest part in the middle that
 * has this shape, resized. */
typedef struct cornu_random_crop_options {
    CORNU_LAYER_FIELDS
    int height, width; /* set by the macro's arguments */
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_crop_options;
#define CORNU_RANDOM_CROP_DEFAULTS CORNU_DEFAULTS(.trainable = true, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_crop_with(const cornu_random_crop_options *options);
#define cornu_random_crop(height_, width_, ...)                                                                        \
    CORNU_KEYWORDS(cornu_random_crop_with(&cornu_keywords), cornu_random_crop_options,                                 \
                   CORNU_RANDOM_CROP_DEFAULTS CORNU_ARGUMENTS(.height = height_, .width = width_) __VA_ARGS__)

/* The part of height x width in the middle, always. Of a smaller picture as in RandomCrop. */
typedef struct cornu_center_crop_options {
    CORNU_LAYER_FIELDS
    int height, width;
    const char *data_format;
} cornu_center_crop_options;
#define CORNU_CENTER_CROP_DEFAULTS CORNU_DEFAULTS(.trainable = true)
CORNU_API cornu_layer *cornu_center_crop_with(const cornu_center_crop_options *options);
#define cornu_center_crop(height_, width_, ...)                                                                        \
    CORNU_KEYWORDS(cornu_center_crop_with(&cornu_keywords), cornu_center_crop_options,                                 \
                   CORNU_CENTER_CROP_DEFAULTS CORNU_ARGUMENTS(.height = height_, .width = width_) __VA_ARGS__)

/* Another size, always, as tf.image.resize makes it: "bilinear", "nearest", "bicubic", "area", "lanczos3" or "lanczos5". crop_to_aspect_ratio: the largest
 * part in the middle that has the shape; pad_to_aspect_ratio: all of it, with fill_value around. antialias: see every pixel of a larger picture. */
typedef struct cornu_resizing_options {
    CORNU_LAYER_FIELDS
    int height, width;
    const char *interpolation CORNU_DEFAULT("bilinear");
    bool crop_to_aspect_ratio, pad_to_aspect_ratio;
    const char *fill_mode CORNU_DEFAULT("constant"); /* the only one there is */
    double fill_value;
    bool antialias;
    const char *data_format;
} cornu_resizing_options;
#define CORNU_RESIZING_DEFAULTS CORNU_DEFAULTS(.trainable = true, .interpolation = "bilinear", .fill_mode = "constant")
CORNU_API cornu_layer *cornu_resizing_with(const cornu_resizing_options *options);
#define cornu_resizing(height_, width_, ...)                                                                           \
    CORNU_KEYWORDS(cornu_resizing_with(&cornu_keywords), cornu_resizing_options,                                       \
                   CORNU_RESIZING_DEFAULTS CORNU_ARGUMENTS(.height = height_, .width = width_) __VA_ARGS__)

/* --- Steps that change colours: of 1 or 3 channels, where three are red, green and blue --- */

/* What most of them take. */
typedef struct cornu_random_color_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor; /* set by the macro's argument */
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_color_options;
#define CORNU_RANDOM_COLOR_DEFAULTS                                                                                    \
    CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)

/* Plus a share of the width of value_range: f: uniform in -f .. f; -1 is black, 1 white. Any number of channels. */
CORNU_API cornu_layer *cornu_random_brightness_with(const cornu_random_color_options *options);
#define cornu_random_brightness(factor_, ...)                                                                          \
    CORNU_KEYWORDS(cornu_random_brightness_with(&cornu_keywords), cornu_random_color_options,                          \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* (x - mean) c + mean for each channel: f: c uniform in 1 - f .. 1 + f; a range (a, b): in 1 - a .. 1 + b. Any number of channels. */
CORNU_API cornu_layer *cornu_random_contrast_with(const cornu_random_color_options *options);
#define cornu_random_contrast(factor_, ...)                                                                            \
    CORNU_KEYWORDS(cornu_random_contrast_with(&cornu_keywords), cornu_random_color_options,                            \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Saturation times s / (1 - s), up to full: f: s uniform in 0 .. f; 0 is gray, 0.5 changes nothing. */
CORNU_API cornu_layer *cornu_random_saturation_with(const cornu_random_color_options *options);
#define cornu_random_saturation(factor_, ...)                                                                          \
    CORNU_KEYWORDS(cornu_random_saturation_with(&cornu_keywords), cornu_random_color_options,                          \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Hue turned by up to half the circle: f: by half of uniform in 0 .. f, to either side. */
CORNU_API cornu_layer *cornu_random_hue_with(const cornu_random_color_options *options);
#define cornu_random_hue(factor_, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_random_hue_with(&cornu_keywords), cornu_random_color_options,                                 \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Nearer to gray: f: by uniform in 0 .. f; 1 is gray. */
CORNU_API cornu_layer *cornu_random_color_degeneration_with(const cornu_random_color_options *options);
#define cornu_random_color_degeneration(factor_, ...)                                                                  \
    CORNU_KEYWORDS(cornu_random_color_degeneration_with(&cornu_keywords), cornu_random_color_options,                  \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Smoothed or sharpened: f: uniform in 0 .. f; 0 is smooth, 0.5 changes nothing, 1 is sharpest. Any number of channels. */
CORNU_API cornu_layer *cornu_random_sharpness_with(const cornu_random_color_options *options);
#define cornu_random_sharpness(factor_, ...)                                                                           \
    CORNU_KEYWORDS(cornu_random_sharpness_with(&cornu_keywords), cornu_random_color_options,                           \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* Only the upper bits of 8: f: that many; a range: from one to the other. Any number of channels. */
CORNU_API cornu_layer *cornu_random_posterization_with(const cornu_random_color_options *options);
#define cornu_random_posterization(factor_, ...)                                                                       \
    CORNU_KEYWORDS(cornu_random_posterization_with(&cornu_keywords), cornu_random_color_options,                       \
                   CORNU_RANDOM_COLOR_DEFAULTS CORNU_ARGUMENTS(.factor = factor_) __VA_ARGS__)

/* The negative. `factor`: how probable it is, uniform in 0 .. f, or in a range. Any number of channels. */
typedef struct cornu_random_invert_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_invert_options;
#define CORNU_RANDOM_INVERT_DEFAULTS                                                                                   \
    CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_invert_with(const cornu_random_invert_options *options);
#define cornu_random_invert(...)                                                                                       \
    CORNU_KEYWORDS(cornu_random_invert_with(&cornu_keywords), cornu_random_invert_options,                             \
                   CORNU_RANDOM_INVERT_DEFAULTS __VA_ARGS__)

/* Gray, with as many channels as before, for a share `factor` of the pictures. */
typedef struct cornu_random_grayscale_options {
    CORNU_LAYER_FIELDS
    double factor CORNU_DEFAULT(0.5);
    const char *data_format;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_random_grayscale_options;
#define CORNU_RANDOM_GRAYSCALE_DEFAULTS CORNU_DEFAULTS(.trainable = true, .factor = 0.5, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_grayscale_with(const cornu_random_grayscale_options *options);
#define cornu_random_grayscale(...)                                                                                    \
    CORNU_KEYWORDS(cornu_random_grayscale_with(&cornu_keywords), cornu_random_grayscale_options,                       \
                   CORNU_RANDOM_GRAYSCALE_DEFAULTS __VA_ARGS__)

/* RandomBrightness, RandomContrast, RandomSaturation and RandomHue, in this order, each where its factor is given. */
typedef struct cornu_random_color_jitter_options {
    CORNU_LAYER_FIELDS
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    cornu_interval brightness_factor CORNU_DEFAULT(CORNU_NO_INTERVAL);
    cornu_interval contrast_factor CORNU_DEFAULT(CORNU_NO_INTERVAL);
    cornu_interval saturation_factor CORNU_DEFAULT(CORNU_NO_INTERVAL);
    cornu_interval hue_factor CORNU_DEFAULT(CORNU_NO_INTERVAL);
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_color_jitter_options;
#define CORNU_RANDOM_COLOR_JITTER_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .brightness_factor = CORNU_NO_INTERVAL,           \
                   .contrast_factor = CORNU_NO_INTERVAL, .saturation_factor = CORNU_NO_INTERVAL,                       \
                   .hue_factor = CORNU_NO_INTERVAL, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_color_jitter_with(const cornu_random_color_jitter_options *options);
#define cornu_random_color_jitter(...)                                                                                 \
    CORNU_KEYWORDS(cornu_random_color_jitter_with(&cornu_keywords), cornu_random_color_jitter_options,                 \
                   CORNU_RANDOM_COLOR_JITTER_DEFAULTS __VA_ARGS__)

/* A Gauss filter of kernel_size (odd) with a deviation for each axis: sigma: uniform in 0 .. s, or in a range. Outside lies 0. `factor`: how probable
 * it is, uniform in 0 .. f, or in a range. Any number of channels. */
typedef struct cornu_random_gaussian_blur_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    cornu_size2 kernel_size CORNU_DEFAULT({3, 3});
    cornu_interval sigma CORNU_DEFAULT({1, 0, false});
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    const char *data_format;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_random_gaussian_blur_options;
#define CORNU_RANDOM_GAUSSIAN_BLUR_DEFAULTS                                                                            \
    CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .kernel_size = {3, 3}, .sigma = {1, 0, false},          \
                   .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_gaussian_blur_with(const cornu_random_gaussian_blur_options *options);
#define cornu_random_gaussian_blur(...)                                                                                \
    CORNU_KEYWORDS(cornu_random_gaussian_blur_with(&cornu_keywords), cornu_random_gaussian_blur_options,               \
                   CORNU_RANDOM_GAUSSIAN_BLUR_DEFAULTS __VA_ARGS__)

/* A rectangle, each side the square root of uniform in `scale` of the picture's, gets fill_value, or normal noise times the end of value_range (the
 * default, CORNU_NO_FILL). `factor`: how probable it is, uniform in 0 .. f, or in a range. Any number of channels. */
#define CORNU_NO_FILL __builtin_nan("")
typedef struct cornu_random_erasing_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    cornu_interval scale CORNU_DEFAULT({0.02, 0.33, true});
    double fill_value CORNU_DEFAULT(CORNU_NO_FILL);
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_random_erasing_options;
#define CORNU_RANDOM_ERASING_DEFAULTS                                                                                  \
    CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .scale = {0.02, 0.33, true},                            \
                   .fill_value = CORNU_NO_FILL, .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_random_erasing_with(const cornu_random_erasing_options *options);
#define cornu_random_erasing(...)                                                                                      \
    CORNU_KEYWORDS(cornu_random_erasing_with(&cornu_keywords), cornu_random_erasing_options,                           \
                   CORNU_RANDOM_ERASING_DEFAULTS __VA_ARGS__)

/* After an addition, the negative of what is not below a threshold: both uniform in 0 .. f of the width of value_range, or in a range. Any number of
 * channels. */
typedef struct cornu_solarization_options {
    CORNU_LAYER_FIELDS
    cornu_interval addition_factor, threshold_factor;
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_solarization_options;
#define CORNU_SOLARIZATION_DEFAULTS                                                                                    \
    CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_solarization_with(const cornu_solarization_options *options);
#define cornu_solarization(...)                                                                                        \
    CORNU_KEYWORDS(cornu_solarization_with(&cornu_keywords), cornu_solarization_options,                               \
                   CORNU_SOLARIZATION_DEFAULTS __VA_ARGS__)

/* Each channel stretched to value_range, always. Any number of channels. */
typedef struct cornu_auto_contrast_options {
    CORNU_LAYER_FIELDS
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    const char *data_format;
} cornu_auto_contrast_options;
#define CORNU_AUTO_CONTRAST_DEFAULTS CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true})
CORNU_API cornu_layer *cornu_auto_contrast_with(const cornu_auto_contrast_options *options);
#define cornu_auto_contrast(...)                                                                                       \
    CORNU_KEYWORDS(cornu_auto_contrast_with(&cornu_keywords), cornu_auto_contrast_options,                             \
                   CORNU_AUTO_CONTRAST_DEFAULTS __VA_ARGS__)

/* Each channel's histogram made even. Any number of channels. */
typedef struct cornu_equalization_options {
    CORNU_LAYER_FIELDS
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int bins CORNU_DEFAULT(256);
    const char *data_format;
} cornu_equalization_options;
#define CORNU_EQUALIZATION_DEFAULTS CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .bins = 256)
CORNU_API cornu_layer *cornu_equalization_with(const cornu_equalization_options *options);
#define cornu_equalization(...)                                                                                        \
    CORNU_KEYWORDS(cornu_equalization_with(&cornu_keywords), cornu_equalization_options,                               \
                   CORNU_EQUALIZATION_DEFAULTS __VA_ARGS__)

/* --- Steps that mix two pictures of a batch, and their labels --- */

/* w x + (1 - w) of another picture of the batch, and of its label: w ~ Beta(alpha, alpha). */
typedef struct cornu_mix_up_options {
    CORNU_LAYER_FIELDS
    double alpha CORNU_DEFAULT(0.2);
    const char *data_format;
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
} cornu_mix_up_options;
#define CORNU_MIX_UP_DEFAULTS CORNU_DEFAULTS(.trainable = true, .alpha = 0.2, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_mix_up_with(const cornu_mix_up_options *options);
#define cornu_mix_up(...)                                                                                              \
    CORNU_KEYWORDS(cornu_mix_up_with(&cornu_keywords), cornu_mix_up_options, CORNU_MIX_UP_DEFAULTS __VA_ARGS__)

/* A rectangle is taken from another picture of the batch; labels are mixed by its area, whose share is 1 - w, w ~ Beta(a, a), a uniform in 0 .. factor or
 * in a range. */
typedef struct cornu_cut_mix_options {
    CORNU_LAYER_FIELDS
    cornu_interval factor CORNU_DEFAULT({1, 0, false});
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_cut_mix_options;
#define CORNU_CUT_MIX_DEFAULTS CORNU_DEFAULTS(.trainable = true, .factor = {1, 0, false}, .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_cut_mix_with(const cornu_cut_mix_options *options);
#define cornu_cut_mix(...)                                                                                             \
    CORNU_KEYWORDS(cornu_cut_mix_with(&cornu_keywords), cornu_cut_mix_options, CORNU_CUT_MIX_DEFAULTS __VA_ARGS__)

/* --- Steps of several operations: shear, translation, rotation, brightness, color degeneration, contrast, sharpness, posterization, solarization,
 * auto contrast, equalization --- */

/* num_ops of them, one after another, for each picture its own; strength: uniform in 0 .. factor, or in a range, to either side. */
typedef struct cornu_rand_augment_options {
    CORNU_LAYER_FIELDS
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int num_ops CORNU_DEFAULT(2);
    cornu_interval factor CORNU_DEFAULT({0.5, 0, false});
    const char *interpolation CORNU_DEFAULT("bilinear");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_rand_augment_options;
#define CORNU_RAND_AUGMENT_DEFAULTS                                                                                    \
    CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .num_ops = 2, .factor = {0.5, 0, false},          \
                   .interpolation = "bilinear", .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_rand_augment_with(const cornu_rand_augment_options *options);
#define cornu_rand_augment(...)                                                                                        \
    CORNU_KEYWORDS(cornu_rand_augment_with(&cornu_keywords), cornu_rand_augment_options,                               \
                   CORNU_RAND_AUGMENT_DEFAULTS __VA_ARGS__)

/* w x + (1 - w) (the sum of num_chains pictures by random weights), each behind up to chain_depth operations: w ~ Beta(alpha, alpha), weights ~
 * Dirichlet(alpha). all_ops false: without brightness, color degeneration, contrast and sharpness. Masks stay as they are. */
typedef struct cornu_aug_mix_options {
    CORNU_LAYER_FIELDS
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int num_chains CORNU_DEFAULT(3);
    int chain_depth CORNU_DEFAULT(3);
    cornu_interval factor CORNU_DEFAULT({0.3, 0, false});
    double alpha CORNU_DEFAULT(1);
    bool all_ops CORNU_DEFAULT(true);
    const char *interpolation CORNU_DEFAULT("bilinear");
    int64_t seed CORNU_DEFAULT(CORNU_NO_SEED);
    const char *data_format;
} cornu_aug_mix_options;
#define CORNU_AUG_MIX_DEFAULTS                                                                                         \
    CORNU_DEFAULTS(.trainable = true, .value_range = {0, 255, true}, .num_chains = 3, .chain_depth = 3,                \
                   .factor = {0.3, 0, false}, .alpha = 1, .all_ops = true, .interpolation = "bilinear",                \
                   .seed = CORNU_NO_SEED)
CORNU_API cornu_layer *cornu_aug_mix_with(const cornu_aug_mix_options *options);
#define cornu_aug_mix(...)                                                                                             \
    CORNU_KEYWORDS(cornu_aug_mix_with(&cornu_keywords), cornu_aug_mix_options, CORNU_AUG_MIX_DEFAULTS __VA_ARGS__)

CORNU_END_DECLARATIONS

#endif
