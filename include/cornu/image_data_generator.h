/*
 * image_data_generator.h: Keras's ImageDataGenerator: pictures turned, moved, stretched, mirrored and recoloured at random while a model trains.
 *
 *     cornu_image_data_generator *augment = cornu_image_data_generator_create(.rotation_range = 30, .zoom_range = cornu_range(0.8, 1.2),
 *                                                                             .width_shift_range = 0.1, .horizontal_flip = true);
 *     cornu_sequence *batches = cornu_flow(augment, x, y, .batch_size = 32);
 *     cornu_history *history = cornu_fit_generator(model, batches, .epochs = 10, .workers = 2);
 *
 * In a loop of one's own cornu_generator_next(batches, &batch) gives one batch after another, each epoch with other draws.
 *
 * What is drawn for a sample depends on the seed, the epoch and the sample's index alone: the number of workers changes nothing. Where old versions of Keras
 * err, this is right by default, and the options that end in _compat bring their pixels back.
 */
#ifndef CORNU_IMAGE_DATA_GENERATOR_H
#define CORNU_IMAGE_DATA_GENERATOR_H

#include <cornu/data.h>

CORNU_BEGIN_DECLARATIONS

#define CORNU_MAX_SHIFTS 16

/*
 * How far pictures are moved, in Keras's three forms. N is the picture's size along the axis.
 *
 *     .width_shift_range = 0.1                       uniform in -0.1 N .. 0.1 N; from 1 on in pixels: 5 is uniform in -5 .. 5
 *     .width_shift_range = cornu_pixels(3)           Keras's int 3: a whole number of -2 .. 2, 0 twice as often as the others
 *     .width_shift_range = cornu_shifts(0.1, 0.3)    Keras's list: one of these with a random sign; times N if all are below 1
 */
typedef struct cornu_shift_range {
    double number;
    int pixels;
    int count; /* of `shifts` */
    double shifts[CORNU_MAX_SHIFTS];
} cornu_shift_range;

static inline cornu_shift_range cornu_pixels(int pixels)
{
    cornu_shift_range range = {0, 0, 0, {0}};
    range.pixels = pixels;
    return range;
}

/* A count beyond CORNU_MAX_SHIFTS is kept, and refused where the range is used. */
static inline cornu_shift_range cornu_shifts_of(int count, const double *shifts)
{
    cornu_shift_range range = {0, 0, 0, {0}};
    range.count = count;
    for (int i = 0; i < count && i < CORNU_MAX_SHIFTS; i++)
        range.shifts[i] = shifts[i];
    return range;
}

#define cornu_shifts(...)                                                                                              \
    (__extension__ cornu_shifts_of((int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)), (double[]){__VA_ARGS__}))

typedef struct cornu_image_data_generator cornu_image_data_generator;

typedef struct cornu_image_data_generator_options {
    size_t struct_size;
    /* --- after the transforms (standardize), in this order: preprocessing_function, rescale, samplewise, featurewise, whitening --- */
    bool featurewise_center; /* subtract each channel's mean over the data; wants fit */
    bool samplewise_center;  /* subtract the picture's own mean */
    bool
        featurewise_std_normalization; /* divide by each channel's standard deviation over the data + 1e-6; wants fit; centers too */
    bool samplewise_std_normalization; /* divide by the picture's own standard deviation + 1e-6; centers too */
    bool zca_whitening; /* decorrelate all values of a picture; wants fit; centers featurewise instead of normalizing */
    double zca_epsilon CORNU_DEFAULT(1e-6);
    double rescale; /* multiplies every value; 0: no */
    /* Changes a picture in place: float values, `shape` as data_format says: (height, width, channels) or (channels, height, width). Called by
     * several threads at once. */
    cornu_status (*preprocessing_function)(void *state, float *picture, const int64_t shape[3]);
    void *preprocessing_state;
    /* --- the transforms --- */
    double rotation_range;                /* degrees: uniform in -r .. r */
    cornu_shift_range width_shift_range;  /* to the sides */
    cornu_shift_range height_shift_range; /* up and down */
    cornu_interval brightness_range;      /* a pair: values times uniform in a .. b; 1 leaves them, 0 is black */
    double shear_range;                   /* degrees: uniform in -s .. s */
    cornu_interval
        zoom_range; /* z: uniform in 1 - z .. 1 + z, or a pair; for each axis; more than 1 shrinks the picture */
    double
        channel_shift_range; /* all values plus one number, uniform in -c .. c, within the picture's lowest and highest */
    const char *fill_mode CORNU_DEFAULT("nearest"); /* "constant", "nearest", "reflect" or "wrap" */
    double cval;                                    /* of "constant" */
    bool horizontal_flip, vertical_flip;            /* each for half of the pictures */
    int interpolation_order CORNU_DEFAULT(1);       /* 0: nearest pixel, 1: linear, 2 to 5: splines */
    /* --- */
    const char *data_format CORNU_DEFAULT("channels_last"); /* or "channels_first" */
    double validation_split;                                /* the share of flow's .subset = "validation" */
    const char *dtype CORNU_DEFAULT("float32"); /* of what flow gives: also "float64", "float16"; computed in float32 */
    uint64_t seed;                              /* where no other is given */
    /* What brightness keeps its values in (a picture that goes beyond keeps its own range); cornu_range(0, 1) for such pictures. */
    cornu_interval value_range CORNU_DEFAULT({0, 255, true});
    int64_t zca_memory_limit CORNU_DEFAULT(INT64_C(1) << 32); /* bytes that fit may use for whitening */
    /* --- for the pixels of old versions --- */
    const char
        *affine_compat; /* "kp112": about a point one pixel off; "tf29": rows and columns exchanged. NULL: exact */
    const char *brightness_compat; /* "kp112", "tf29": through 8-bit pictures. NULL: exact */
    const char
        *wrap_compat; /* "scipy": fill_mode "wrap" with the period of scipy's. NULL: as documented, abcd|abcd|abcd */
    const char *rng_compat; /* "numpy": the draws of numpy's RandomState in Keras's order. NULL: ours */
    const char *zca_compat; /* "kp112": epsilon inside the root. NULL: as in Keras 3, added to the singular value */
    /* "float32": mean and standard deviation of fit as Keras's float32 sums have them, which are wrong for much data; both are told in a
     * warning. Arrays only. NULL: in double */
    const char *stats_compat;
} cornu_image_data_generator_options;
#define CORNU_IMAGE_DATA_GENERATOR_DEFAULTS                                                                            \
    CORNU_DEFAULTS(.zca_epsilon = 1e-6, .fill_mode = "nearest", .interpolation_order = 1,                              \
                   .data_format = "channels_last", .dtype = "float32", .value_range = {0, 255, true},                  \
                   .zca_memory_limit = INT64_C(1) << 32)

/* cornu_image_data_generator_create(.rotation_range = 30, ...): a generator with one reference, or NULL. It does not change any more, except by fit; so
 * several threads may use it. */
#define cornu_image_data_generator_create(...)                                                                         \
    CORNU_KEYWORDS(cornu_image_data_generator_create_with(&cornu_keywords), cornu_image_data_generator_options,        \
                   CORNU_IMAGE_DATA_GENERATOR_DEFAULTS __VA_ARGS__)
CORNU_API cornu_image_data_generator *cornu_image_data_generator_create_with(
    const cornu_image_data_generator_options *options);
CORNU_API cornu_image_data_generator *cornu_image_data_generator_retain(cornu_image_data_generator *generator);
CORNU_API void cornu_image_data_generator_release(cornu_image_data_generator *generator); /* NULL is allowed */

/* --- One picture: a float32 array (height, width, channels), or (channels, height, width) with channels_first --- */

#define CORNU_NO_BRIGHTNESS __builtin_nan("")

/* Keras's dictionary of parameters, in the order in which they are applied: matrix, channel shift, flips, brightness. The defaults change nothing. */
typedef struct cornu_transform_options {
    size_t struct_size;
    double theta;               /* degrees */
    double tx, ty;              /* rows, columns */
    double shear;               /* degrees */
    double zx CORNU_DEFAULT(1); /* of the rows axis: height */
    double zy CORNU_DEFAULT(1); /* of the columns axis: width */
    bool flip_horizontal, flip_vertical;
    double channel_shift_intensity;
    double brightness CORNU_DEFAULT(CORNU_NO_BRIGHTNESS);
} cornu_transform_options;
#define CORNU_TRANSFORM_DEFAULTS CORNU_DEFAULTS(.zx = 1, .zy = 1, .brightness = CORNU_NO_BRIGHTNESS)

/* Draws parameters for pictures of this shape. `seed` CORNU_NONE: the next draw of the generator's own; else the same for the same seed. */
CORNU_API cornu_status cornu_image_data_generator_get_random_transform(cornu_image_data_generator *generator,
                                                                       const int64_t shape[3], int64_t seed,
                                                                       cornu_transform_options *transform);

/* cornu_image_data_generator_apply_transform(generator, picture, .theta = 30, .zx = 0.8): a new picture, or NULL. Only the generator's fill mode,
 * order and compatibility count, not its ranges. */
#define cornu_image_data_generator_apply_transform(generator_, picture_, ...)                                          \
    CORNU_KEYWORDS(cornu_image_data_generator_apply_transform_with(generator_, picture_, &cornu_keywords),             \
                   cornu_transform_options, CORNU_TRANSFORM_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_image_data_generator_apply_transform_with(const cornu_image_data_generator *generator,
                                                                       const cornu_array *picture,
                                                                       const cornu_transform_options *transform);

/* Both at once. */
CORNU_API cornu_array *cornu_image_data_generator_random_transform(cornu_image_data_generator *generator,
                                                                   const cornu_array *picture, int64_t seed);

/* Normalizes a picture in place. A step that wants fit is left out with a warning, once, where there was no fit. */
CORNU_API cornu_status cornu_image_data_generator_standardize(cornu_image_data_generator *generator,
                                                              cornu_array *picture);

/* --- Statistics --- */

typedef struct cornu_image_fit_options {
    size_t struct_size;
    bool augment;                /* over transformed pictures */
    int rounds CORNU_DEFAULT(1); /* how often each is transformed */
    int64_t seed CORNU_DEFAULT(CORNU_NONE);
} cornu_image_fit_options;
#define CORNU_IMAGE_FIT_DEFAULTS CORNU_DEFAULTS(.rounds = 1, .seed = CORNU_NONE)

/*
 * cornu_image_data_generator_fit(generator, x): what the featurewise options and whitening need, from pictures (n, height, width, channels), or as data_format
 * says, of any dtype, after rescale and without preprocessing_function. Sums are in double, so that large data sets have the right mean (Keras's float32 sums
 * stick at a power of two). Not while other threads use the generator.
 *
 * Whitening of pictures of D values takes 28 D^2 bytes meanwhile and 4 D^2 afterwards, and time as D^3: 32 x 32 x 3 takes 264 MB and, with the reference LAPACK,
 * minutes. More than zca_memory_limit is refused.
 */
#define cornu_image_data_generator_fit(generator_, x_, ...)                                                            \
    CORNU_KEYWORDS(cornu_image_data_generator_fit_with(generator_, x_, &cornu_keywords), cornu_image_fit_options,      \
                   CORNU_IMAGE_FIT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_status cornu_image_data_generator_fit_with(cornu_image_data_generator *generator, const cornu_array *x,
                                                           const cornu_image_fit_options *options);

/* The same over x of the batches of a Sequence, one epoch, without ever holding more than a batch. */
CORNU_API cornu_status cornu_image_data_generator_fit_sequence_with(cornu_image_data_generator *generator,
                                                                    cornu_sequence *sequence,
                                                                    const cornu_image_fit_options *options);
#define cornu_image_data_generator_fit_sequence(generator_, sequence_, ...)                                            \
    CORNU_KEYWORDS(cornu_image_data_generator_fit_sequence_with(generator_, sequence_, &cornu_keywords),               \
                   cornu_image_fit_options, CORNU_IMAGE_FIT_DEFAULTS __VA_ARGS__)

/* What fit found, float64 of one value per channel: a new array, or NULL if there is none. */
CORNU_API cornu_array *cornu_image_data_generator_mean(const cornu_image_data_generator *generator);
CORNU_API cornu_array *cornu_image_data_generator_std(const cornu_image_data_generator *generator);

/* --- Batches --- */

typedef struct cornu_augmentation cornu_augmentation; /* augmentation.h */

typedef struct cornu_flow_options {
    size_t struct_size;
    int batch_size CORNU_DEFAULT(32);
    bool shuffle CORNU_DEFAULT(true);       /* a new order of the samples each epoch */
    cornu_array *sample_weight;             /* one per sample of x; split with it */
    int64_t seed CORNU_DEFAULT(CORNU_NONE); /* CORNU_NONE: the generator's */
    const char
        *save_to_dir; /* every picture is written there too, its range stretched to what can be seen; NULL: none */
    const char *save_prefix;                      /* files are named prefix_index_hash.format */
    const char *save_format CORNU_DEFAULT("png"); /* or "jpg", "jpeg" */
    const char
        *subset; /* "training" or "validation": validation_split's share from the front, or the rest; NULL: all */
    bool ignore_class_split; /* a subset may lack some of y's values */
    /* y holds masks: one for each picture, of its height and width, in the generator's data format, of any dtype and number of channels. They are turned, moved
     * and mirrored as their pictures, each pixel taken from the nearest, so that no class is made up between two; colours and standardize leave them alone. */
    bool mask_y;
    /* A pipeline of Keras 3's layers (augmentation.h) behind the generator's transforms and standardize; NULL: none. It is kept. Its seed is the flow's. */
    cornu_augmentation *augment;
    bool training CORNU_DEFAULT(true); /* for `augment`; false: only what always acts */
} cornu_flow_options;
#define CORNU_FLOW_DEFAULTS                                                                                            \
    CORNU_DEFAULTS(.batch_size = 32, .shuffle = true, .seed = CORNU_NONE, .save_format = "png", .training = true)

/*
 * cornu_flow(generator, x, y, .batch_size = 32): a Sequence of batches of transformed and standardized pictures. x: pictures (n, height, width, channels),
 * or as data_format says, of any dtype; or a list of them and other arrays, whose rows come along as they are. `y` may be NULL. Keeps the generator and the
 * arrays. Any number of workers gives the same batches; each epoch has other ones.
 *
 * With rng_compat "numpy": batch k of all is drawn by RandomState(seed + k), the first of an epoch after the order of the epoch, as Keras's own
 * iterator does when it is asked for one batch after another.
 */
#define cornu_flow(generator_, x_, y_, ...)                                                                            \
    CORNU_KEYWORDS(cornu_flow_with(generator_, x_, y_, &cornu_keywords), cornu_flow_options,                           \
                   CORNU_FLOW_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_flow_with(cornu_image_data_generator *generator, cornu_array *x, cornu_array *y,
                                          const cornu_flow_options *options);

CORNU_END_DECLARATIONS

#endif
