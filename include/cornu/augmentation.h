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
                   CORNU_RANDOM_ROTATION_DEFAULTS.factor = factor_, __VA_ARGS__)

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
                   CORNU_RANDOM_ZOOM_DEFAULTS.height_factor = height_factor_, __VA_ARGS__)

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
                   CORNU_RANDOM_TRANSLATION_DEFAULTS.height_factor = height_factor_, .width_factor = width_factor_,    \
                   __VA_ARGS__)

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

CORNU_END_DECLARATIONS

#endif
