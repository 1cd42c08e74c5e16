/*
 * flow.h: Keras's flow_from_directory and flow_from_dataframe: batches of transformed pictures out of files, read while the model trains.
 *
 *     cornu_image_data_generator *augment = cornu_image_data_generator_create(.rescale = 1.0 / 255, .validation_split = 0.2);
 *     cornu_sequence *train = cornu_flow_from_directory(augment, "cats_and_dogs", .target_size = cornu_pair(150, 150),
 *                                                       .class_mode = "binary", .subset = "training");
 *     cornu_history *history = cornu_fit_generator(model, train, .epochs = 10, .workers = 4);
 *
 * What is returned is a Sequence, so steps_per_epoch may be left out, and any number of workers, threads or processes, gives the same
 * batches. No more pictures are in memory than the batches that are made.
 */
#ifndef CORNU_FLOW_H
#define CORNU_FLOW_H

#include <cornu/dataframe.h>
#include <cornu/image_data_generator.h>

CORNU_BEGIN_DECLARATIONS

/*
 * What becomes of a file that cannot be read, because it is damaged, or gone since its folder was read:
 *
 *     "error"    it ends the training, with the file's name
 *     "skip"     it is left out, and its batch has one sample less; the last sample of a batch that would be empty is replaced
 *     "replace"  the next file that can be read takes its place, with its own label
 *
 * Every bad file is told of in a warning, once (by each worker process), and kept in the list of cornu_flow_bad_file.
 */
typedef struct cornu_flow_from_directory_options {
    size_t struct_size;
    cornu_size2 target_size CORNU_DEFAULT({256, 256}); /* height, width: all pictures are brought to it */
    const char *color_mode CORNU_DEFAULT("rgb");       /* or "rgba", "grayscale" */
    /* The sub-folders that are classes, in the order of their numbers, with NULL behind the last; NULL: all, in byte order */
    const char *const *classes;
    /* y: "categorical": one-hot rows; "sparse" or "binary": class numbers; "input": the pictures again; "none" or NULL: there is none */
    const char *class_mode CORNU_DEFAULT("categorical");
    int batch_size CORNU_DEFAULT(32);
    bool shuffle CORNU_DEFAULT(true);       /* a new order of the files each epoch */
    int64_t seed CORNU_DEFAULT(CORNU_NONE); /* CORNU_NONE: the generator's */
    const char *save_to_dir;                /* as in cornu_flow, as the next two */
    const char *save_prefix;
    const char *save_format CORNU_DEFAULT("png");
    bool follow_links; /* into folders below a class that are symbolic links */
    /* "validation": the first share validation_split of each class's files, "training": the others; NULL: all */
    const char *subset;
    /* "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos" with Pillow's arithmetic; all but the first see every pixel */
    const char *interpolation CORNU_DEFAULT("nearest");
    bool
        keep_aspect_ratio; /* the largest part in the middle that has the shape of target_size, instead of the whole picture */
    /* --- not in Keras --- */
    bool exif_orientation;                        /* turn pictures upright as their EXIF data say */
    const char *bad_files CORNU_DEFAULT("error"); /* or "skip", "replace" */
    int64_t bad_files_at_most CORNU_DEFAULT(
        CORNU_NONE); /* more bad files, in all worker processes together, are an error after all; CORNU_NONE: any number */
    cornu_augmentation *augment; /* as in cornu_flow, as the next */
    bool training CORNU_DEFAULT(true);
    /* Endings of names of the files that count, with NULL behind the last: cornu_names("png", "webp"); cornu_names("all"): of all kinds that can be read. NULL: Keras's */
    const char *const *white_list_formats;
} cornu_flow_from_directory_options;
#define CORNU_FLOW_FROM_DIRECTORY_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.target_size = {256, 256}, .color_mode = "rgb", .class_mode = "categorical", .batch_size = 32,      \
                   .shuffle = true, .seed = CORNU_NONE, .save_format = "png", .interpolation = "nearest",              \
                   .bad_files = "error", .bad_files_at_most = CORNU_NONE, .training = true)

/*
 * cornu_flow_from_directory(generator, "photos", .target_size = cornu_pair(150, 150)): a Sequence of the pictures in the sub-folders of a folder,
 * one sub-folder for each class, and of what lies below these. Files count that end in png, jpg, jpeg, bmp, ppm, tif or tiff,
 * or in one of .white_list_formats; their kind is told by their first bytes. What begins with a dot is passed over. Names are read now, files when their batch is made. y has the generator's dtype.
 *
 * A class without files is a warning, a folder without any picture an error. With rng_compat "numpy" order and transforms are those of
 * keras-preprocessing for the same seed, as in cornu_flow.
 */
#define cornu_flow_from_directory(generator_, folder_, ...)                                                            \
    CORNU_KEYWORDS(cornu_flow_from_directory_with(generator_, folder_, &cornu_keywords),                               \
                   cornu_flow_from_directory_options, CORNU_FLOW_FROM_DIRECTORY_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_flow_from_directory_with(cornu_image_data_generator *generator, const char *folder,
                                                         const cornu_flow_from_directory_options *options);

typedef struct cornu_flow_from_dataframe_options {
    size_t struct_size;
    const char *directory; /* what the files' names are below, unless they begin with '/'; NULL: the working folder */
    const char *x_col CORNU_DEFAULT("filename"); /* the column of texts with the files' names */
    const char *y_col CORNU_DEFAULT("class");    /* the column with the labels */
    const char *const *y_cols; /* several columns instead, for "raw" and "multi_output": cornu_names("age", "height") */
    const char *weight_col;    /* a column with the samples' weights; NULL: none */
    cornu_size2 target_size CORNU_DEFAULT({256, 256}); /* this and what is not explained: as in flow_from_directory */
    const char *color_mode CORNU_DEFAULT("rgb");
    /* In the order of their numbers, with NULL behind the last; rows of other classes are left out. NULL: those of the column, sorted: by value where all
     * are whole numbers, else in byte order */
    const char *const *classes;
    /* As in flow_from_directory, and "raw": y_col as it is, or y_cols side by side; "multi_output": a list of y_cols, one array for each output of the model */
    const char *class_mode CORNU_DEFAULT("categorical");
    int batch_size CORNU_DEFAULT(32);
    bool shuffle CORNU_DEFAULT(true);
    int64_t seed CORNU_DEFAULT(CORNU_NONE);
    const char *save_to_dir;
    const char *save_prefix;
    const char *save_format CORNU_DEFAULT("png");
    const char *
        subset; /* "validation": the first share validation_split of the rows that count, "training": the others; NULL: all */
    const char *interpolation CORNU_DEFAULT("nearest");
    bool keep_aspect_ratio;
    /* Leave out, with a warning, the rows whose file is not there or does not end as a picture's. false: such a file is a bad one when it is read */
    bool validate_filenames CORNU_DEFAULT(true);
    /* --- not in Keras --- */
    const char *
        class_separator; /* "categorical": a text holds several classes with this between them: "cat|dog"; Keras has lists there */
    bool exif_orientation;
    const char *bad_files CORNU_DEFAULT("error");
    int64_t bad_files_at_most CORNU_DEFAULT(CORNU_NONE);
    cornu_augmentation *augment;
    bool training CORNU_DEFAULT(true);
    const char *const *white_list_formats; /* as in flow_from_directory */
} cornu_flow_from_dataframe_options;
#define CORNU_FLOW_FROM_DATAFRAME_DEFAULTS                                                                             \
    CORNU_DEFAULTS(.x_col = "filename", .y_col = "class", .target_size = {256, 256}, .color_mode = "rgb",              \
                   .class_mode = "categorical", .batch_size = 32, .shuffle = true, .seed = CORNU_NONE,                 \
                   .save_format = "png", .interpolation = "nearest", .validate_filenames = true, .bad_files = "error", \
                   .bad_files_at_most = CORNU_NONE, .training = true)

/*
 * cornu_flow_from_dataframe(generator, table, .directory = "photos", .x_col = "file", .y_col = "breed"): a Sequence of the pictures that a table names (dataframe.h).
 * The table may be released afterwards. Classes may be texts or whole numbers. What y and weights are read from a CSV file is float32; columns that are
 * arrays keep their dtype, and one row of them may be more than a number.
 */
#define cornu_flow_from_dataframe(generator_, table_, ...)                                                             \
    CORNU_KEYWORDS(cornu_flow_from_dataframe_with(generator_, table_, &cornu_keywords),                                \
                   cornu_flow_from_dataframe_options, CORNU_FLOW_FROM_DATAFRAME_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_flow_from_dataframe_with(cornu_image_data_generator *generator,
                                                         const cornu_dataframe *table,
                                                         const cornu_flow_from_dataframe_options *options);

typedef struct cornu_image_dataset_from_directory_options {
    size_t struct_size;
    /* "inferred": the class of a file is the sub-folder it lies in. NULL: there are no labels, and all files below the folder count */
    const char *labels CORNU_DEFAULT("inferred");
    /* Instead of folders' names, a label for each file (file_label_count, as many as there are), all files below the folder by their paths in byte order (folders by their whole paths, then their files) */
    const int32_t *file_labels;
    int64_t file_label_count;
    /* y: "int": class numbers, int32; "binary": 0 or 1 of two classes, float32 (n, 1); "categorical": one-hot rows of float32; NULL: as labels NULL */
    const char *label_mode CORNU_DEFAULT("int");
    /* The sub-folders that are classes, in the order of their numbers, with NULL behind the last; NULL: all, in byte order */
    const char *const *class_names;
    const char *color_mode CORNU_DEFAULT("rgb"); /* or "rgba", "grayscale" */
    int batch_size CORNU_DEFAULT(32);            /* CORNU_NONE: single samples, without an axis that counts them */
    cornu_size2 image_size CORNU_DEFAULT({256, 256});
    bool shuffle CORNU_DEFAULT(true); /* a new order of the files each epoch */
    int64_t seed CORNU_DEFAULT(CORNU_NONE);
    /* With `subset`: "validation" has the last trunc(validation_split n) of the n files as `seed` shuffles them (as they are without shuffle), "training"
     * the others. The same numbers for both, or a file is in both. For Keras's "both", call twice. */
    double validation_split;
    const char *subset;
    /* "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic" with TensorFlow's arithmetic, which passes
     * over pixels where a picture gets smaller: values are float32 and not rounded */
    const char *interpolation CORNU_DEFAULT("bilinear");
    bool follow_links; /* into folders below a class that are symbolic links */
    bool
        crop_to_aspect_ratio; /* the largest part in the middle that has the shape of image_size, instead of the whole picture */
    bool pad_to_aspect_ratio;                               /* the whole picture in the middle of black */
    const char *data_format CORNU_DEFAULT("channels_last"); /* or "channels_first" */
    /* --- not in Keras --- */
    cornu_augmentation *augment;       /* a pipeline of augmentation.h, or NULL. It is kept. Its seed is this one's */
    bool training CORNU_DEFAULT(true); /* for `augment`; false: only what always acts */
    bool exif_orientation;
    const char *bad_files CORNU_DEFAULT("error"); /* as in flow_from_directory, as the next */
    int64_t bad_files_at_most CORNU_DEFAULT(CORNU_NONE);
    const char *const *white_list_formats; /* as in flow_from_directory */
} cornu_image_dataset_from_directory_options;
#define CORNU_IMAGE_DATASET_FROM_DIRECTORY_DEFAULTS                                                                    \
    CORNU_DEFAULTS(.labels = "inferred", .label_mode = "int", .color_mode = "rgb", .batch_size = 32,                   \
                   .image_size = {256, 256}, .shuffle = true, .seed = CORNU_NONE, .interpolation = "bilinear",         \
                   .data_format = "channels_last", .training = true, .bad_files = "error",                             \
                   .bad_files_at_most = CORNU_NONE)

/*
 * cornu_image_dataset_from_directory("photos", .validation_split = 0.2, .subset = "training", .seed = 1): Keras 3's function: a Sequence of the
 * pictures in the sub-folders of a folder, without an ImageDataGenerator. Files count that end in bmp, gif, jpeg, jpg or png, or in one of
 * .white_list_formats; the folder is read as by flow_from_directory. Values are 0 .. 255.
 *
 * The files' order, and so who is in a subset, is Keras's for the same seed (without one: that of seed 0). The order of an epoch is ours: of all
 * files, where Keras shuffles within a buffer of 8 batches.
 */
#define cornu_image_dataset_from_directory(folder_, ...)                                                               \
    CORNU_KEYWORDS(cornu_image_dataset_from_directory_with(folder_, &cornu_keywords),                                  \
                   cornu_image_dataset_from_directory_options,                                                         \
                   CORNU_IMAGE_DATASET_FROM_DIRECTORY_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_image_dataset_from_directory_with(
    const char *folder, const cornu_image_dataset_from_directory_options *options);

/* --- What such a Sequence knows, or one of a dataset (cornu_dataset_sequence); texts are valid as long as it is --- */

/* The number of samples: Keras's samples. -1 with an error for a Sequence of another kind. */
CORNU_API int64_t cornu_flow_samples(const cornu_sequence *sequence);
/* The class table: how many classes there are (0: none), and the name of each: Keras's class_indices; of a dataset: of its target. NULL: no such class. */
CORNU_API int cornu_flow_num_classes(const cornu_sequence *sequence);
CORNU_API const char *cornu_flow_class_name(const cornu_sequence *sequence, int class_index);
/* The number of the class of that name; -1: there is none. */
CORNU_API int cornu_flow_class_index(const cornu_sequence *sequence, const char *class_name);
/* Of a sample, whatever the order of the epoch: its class number (-1: none), its file below the folder, and the file's whole path. NULL: no such sample. Of a dataset's samples the
 * name alone is known: cornu_flow_filename is cornu_dataset_sample_name. */
CORNU_API int cornu_flow_class_of(const cornu_sequence *sequence, int64_t sample);
CORNU_API const char *cornu_flow_filename(const cornu_sequence *sequence, int64_t sample);
CORNU_API const char *cornu_flow_filepath(const cornu_sequence *sequence, int64_t sample);

/* The samples of batch `index` in the order of the epoch in hand: a new array of int64, or NULL. Bad files that are known by now are left out or replaced
 * as in the batch. Predictions, which no one should shuffle, belong to samples 0, 1, ... While a training runs, the epoch in hand may be the next
 * one before the last step of an epoch is over: what a batch is made of, it says itself (cornu_batch, cornu_training_batch_samples). So do those of a dataset's
 * Sequence, which is not asked: NULL with an error. */
CORNU_API cornu_array *cornu_flow_batch_samples(const cornu_sequence *sequence, int64_t index);

/* How many files could not be read until now, and what was wrong with each, in the order of their paths: a sentence with the path. NULL: no such number.
 * While no batch is being made. */
CORNU_API int64_t cornu_flow_bad_file_count(const cornu_sequence *sequence);
CORNU_API const char *cornu_flow_bad_file(const cornu_sequence *sequence, int64_t number);

CORNU_END_DECLARATIONS

#endif
