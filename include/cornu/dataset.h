/*
 * dataset.h: samples that lie in files (or anywhere), read one by one while a model trains, so that what is larger than memory can be
 * trained on.
 *
 *     cornu_dataset *table = cornu_csv_dataset("train.csv");
 *     cornu_sequence *batches = cornu_dataset_sequence(table, .x = cornu_names("age", "fare"), .y = cornu_names("survived"), .batch_size = 64);
 *     cornu_history *history = cornu_fit_generator(model, batches, .epochs = 10, .workers = 2);
 *
 * A dataset has a number of samples; each has the same fields: an array of numbers with a name, "image" and "label". All kinds of file stand behind the
 * same three things: how many samples there are, reading sample i into a place that the reader is given, and flags that say what reading i costs and
 * who may do it. A sequence makes batches of them, in an order and with workers as everywhere.
 *
 * Datasets are made of datasets: a part of one, several behind one another or side by side, each sample changed by a function, windows over its rows.
 */
#ifndef CORNU_DATASET_H
#define CORNU_DATASET_H

#include <cornu/array.h>
#include <cornu/data.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/* What each sample has. The shape is that of one sample, rank 0: one number. A first size of CORNU_NONE: samples differ in it, as texts and files do
 * (uint8, {CORNU_NONE}); such a field goes into a batch only after cornu_dataset_map has brought it to one shape. */
typedef struct cornu_field {
    const char *name;
    cornu_dtype dtype;
    int rank;
    int64_t shape[CORNU_MAX_RANK];
    int64_t num_classes;            /* a field of class numbers 0 .. num_classes - 1; 0: it is none, or nobody knows */
    const char *const *class_names; /* num_classes of them; NULL: they have none, or nobody knows */
} cornu_field;

typedef struct cornu_dataset cornu_dataset;

/* --- One sample: the place that a reader fills --- */

typedef struct cornu_sample cornu_sample;

/* A place for a sample of this dataset, which it keeps; for programs. NULL on failure. */
CORNU_API cornu_sample *cornu_sample_create(cornu_dataset *dataset);
CORNU_API void cornu_sample_release(cornu_sample *sample); /* NULL is allowed */

/* Where field `field` (counted from 0) has its elements, in row-major order; while a batch is made that is a row of the batch itself. A field whose first
 * size is CORNU_NONE has no place before cornu_sample_resize. NULL: no such field. */
CORNU_API void *cornu_sample_data(const cornu_sample *sample, int field);
/* For a field whose first size is CORNU_NONE: makes room for a first size of `size`, and returns where; what was there is lost. NULL on failure. */
CORNU_API void *cornu_sample_resize(cornu_sample *sample, int field, int64_t size);
/* The first size of a field, as it is now; 1 for rank 0; -1: no such field. */
CORNU_API int64_t cornu_sample_size(const cornu_sample *sample, int field);
/* Whether anybody will look at a field. A reader may leave others as they are: no picture need be decoded for the sake of its label. */
CORNU_API bool cornu_sample_wants(const cornu_sample *sample, int field);
/* For random changes: which epoch of the sequence this is, from 0, and bits that depend on its seed, the epoch and the sample alone. */
CORNU_API int64_t cornu_sample_epoch(const cornu_sample *sample);
CORNU_API uint64_t cornu_sample_seed(const cornu_sample *sample);

/* --- Datasets --- */

typedef struct cornu_dataset_options {
    size_t struct_size;
    const char *name; /* for messages: a path */
    int64_t count;    /* of samples */
    int field_count;
    const cornu_field *fields; /* copied, with all texts */
    /* Puts sample `index` into its place, every field that is wanted. */
    cornu_status (*read)(void *state, int64_t index, cornu_sample *sample);
    void *state;
    void (*release)(void *state); /* called once, with the last reference */
    /* true: any sample costs about the same. false: samples are best read in their order, as going back means beginning anew (a compressed stream): a
     * sequence then keeps that order or shuffles within a buffer. `read` is asked for any index all the same. */
    bool random_access CORNU_DEFAULT(true);
    bool thread_safe; /* whether `read` may be called by several threads at once; false: by one at a time */
    /* How many samples lie together, so that reading one has read the others: the rows of a compressed chunk. A sequence then shuffles such blocks,
     * and the samples of as many blocks as .buffer_size holds. 0 or 1: none do */
    int64_t block_size;
    /* What sample `index` is called, where samples have names: a file's path; NULL: this one has none. The text lasts as long as `state`. Called by several threads at once */
    const char *(*sample_name)(void *state, int64_t index);
} cornu_dataset_options;
#define CORNU_DATASET_DEFAULTS CORNU_DEFAULTS(.random_access = true)

/* cornu_dataset_create(.count = n, .fields = fields, .field_count = 2, .read = function, .state = pointer): a dataset of a program's own, with one reference, or
 * NULL. When this fails, `release` is not called. */
#define cornu_dataset_create(...)                                                                                      \
    CORNU_KEYWORDS(cornu_dataset_create_with(&cornu_keywords), cornu_dataset_options,                                  \
                   CORNU_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_dataset_create_with(const cornu_dataset_options *options);
CORNU_API cornu_dataset *cornu_dataset_retain(cornu_dataset *dataset);
CORNU_API void cornu_dataset_release(cornu_dataset *dataset); /* NULL is allowed */

CORNU_API int64_t cornu_dataset_count(const cornu_dataset *dataset);
CORNU_API int cornu_dataset_field_count(const cornu_dataset *dataset);
/* Valid as long as the dataset; NULL: no such field. */
CORNU_API const cornu_field *cornu_dataset_field(const cornu_dataset *dataset, int field);
/* The number of the field of that name, or -1 with an error that tells the nearest one. */
CORNU_API int cornu_dataset_field_named(const cornu_dataset *dataset, const char *name);
CORNU_API bool cornu_dataset_random_access(const cornu_dataset *dataset);
CORNU_API bool cornu_dataset_thread_safe(const cornu_dataset *dataset);
CORNU_API int64_t cornu_dataset_block_size(const cornu_dataset *dataset); /* 1: no blocks */
/* For messages and lists: the path, or what the program called it. */
CORNU_API const char *cornu_dataset_name(const cornu_dataset *dataset);

/* What a sample is called, valid as long as the dataset: the path of its file (texts and pictures of folders), its name in an archive of tar, or what the program's own dataset
 * says. Datasets of datasets have the names of the samples they are made of, side by side those of the first dataset that has some; windows have none. NULL: it has no name,
 * or there is no such sample. */
CORNU_API const char *cornu_dataset_sample_name(const cornu_dataset *dataset, int64_t index);

/* Reads sample `index` into a place made for this dataset; safe from several threads if they have samples of their own, whatever the flags say. A message
 * names the dataset and the sample. */
CORNU_API cornu_status cornu_dataset_read(cornu_dataset *dataset, int64_t index, cornu_sample *sample);

/* Samples begin .. end - 1 as a dictionary of new arrays by the fields' names; `end` CORNU_NONE: to the last. Within the limits of array.h for memory. NULL on
 * failure, and for a field whose samples differ in size. */
CORNU_API cornu_array *cornu_dataset_load(cornu_dataset *dataset, int64_t begin, int64_t end);

/* --- Batches --- */

typedef struct cornu_dataset_sequence_options {
    size_t struct_size;
    /* The fields that are the model's inputs and targets. One: the batch has a plain array. Several: a dictionary by the fields' names. NULL for x: field "x" if
     * there is one, else all that neither y nor sample_weight names; for y: field "y" if there is one, else none. */
    const char *const *x, *const *y;
    const char *sample_weight; /* a field of one number in each sample; NULL: none */
    int batch_size CORNU_DEFAULT(32);
    bool shuffle CORNU_DEFAULT(true); /* a new order of the samples in each epoch */
    uint64_t seed;                    /* one seed, one order of each epoch; also what changes by chance depends on it */
    bool drop_remainder;              /* leave out a last batch that is smaller */
    /* For samples that are not all equally near: shuffle among so many, that is, where the dataset has blocks: of so many samples' blocks; where it has no
     * random access: among so many samples that are kept in memory */
    int64_t buffer_size CORNU_DEFAULT(1000);
} cornu_dataset_sequence_options;
#define CORNU_DATASET_SEQUENCE_DEFAULTS CORNU_DEFAULTS(.batch_size = 32, .shuffle = true, .buffer_size = 1000)

/*
 * cornu_dataset_sequence(dataset, .y = cornu_names("label"), .batch_size = 64): a Sequence of its samples. Keeps the dataset. Each sample is in an epoch once. It knows the names
 * of samples and, where y is one field with class_names, of classes: cornu_flow_filename, cornu_flow_class_name (flow.h); a model takes over the latter.
 *
 * The order is a function of seed, epoch and number of samples, so batches are the same for any number of workers, threads or processes. Up to 2^20 samples (or
 * blocks) it is drawn with equal chances for each order, as everywhere; beyond, no list of them is kept: a keyed bijection says which sample is where.
 *
 * Without random access samples are read by one worker in their order, whatever the number of workers, and the loop does not shuffle the batches; with blocks it does
 * not either, since neighbours would be torn apart. Batches that are got out of turn (cornu_sequence_get) then cost reading all before.
 */
#define cornu_dataset_sequence(dataset_, ...)                                                                          \
    CORNU_KEYWORDS(cornu_dataset_sequence_with(dataset_, &cornu_keywords), cornu_dataset_sequence_options,             \
                   CORNU_DATASET_SEQUENCE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_dataset_sequence_with(cornu_dataset *dataset,
                                                      const cornu_dataset_sequence_options *options);

/* --- Datasets of datasets. Each keeps what it is made of, and reads it when it is read itself. NULL on failure. --- */

/* Samples begin .. end - 1; end CORNU_NONE: to the last. */
CORNU_API cornu_dataset *cornu_dataset_slice(cornu_dataset *dataset, int64_t begin, int64_t end);
/* Those samples, in that order: `indices` is an array of whole numbers, copied. */
CORNU_API cornu_dataset *cornu_dataset_subset(cornu_dataset *dataset, const cornu_array *indices);
/* The samples of each behind those of the one before; all have the same fields, and the same class names if they have some: the shards of a large set. */
CORNU_API cornu_dataset *cornu_dataset_concatenate(int count, cornu_dataset *const *datasets);
/* Sample i has the fields of sample i of each: a picture, its mask and a row of a table. All have as many samples; names differ. */
CORNU_API cornu_dataset *cornu_dataset_zip(int count, cornu_dataset *const *datasets);
/* The same fields by other names, one for each: cornu_names("image", "label"). */
CORNU_API cornu_dataset *cornu_dataset_rename(cornu_dataset *dataset, const char *const *names);

typedef struct cornu_dataset_map_options {
    size_t struct_size;
    /* Makes `to` (its fields are `fields`) out of `from`, all of it that is wanted. What changes by chance does so by cornu_sample_seed(to), and is the same for any workers: those bits
     * differ for maps one behind the other, and are the same for maps side by side (cornu_dataset_zip): a picture and its mask. */
    cornu_status (*function)(void *state, const cornu_sample *from, cornu_sample *to);
    int field_count; /* 0: the fields remain as they are */
    const cornu_field *fields;
    void *state;
    void (*release)(void *state);
    bool thread_safe CORNU_DEFAULT(true);
} cornu_dataset_map_options;
#define CORNU_DATASET_MAP_DEFAULTS CORNU_DEFAULTS(.thread_safe = true)

/* cornu_dataset_map(dataset, .function = function, .fields = fields, .field_count = 2): each sample changed by a function when it is read. */
#define cornu_dataset_map(dataset_, ...)                                                                               \
    CORNU_KEYWORDS(cornu_dataset_map_with(dataset_, &cornu_keywords), cornu_dataset_map_options,                       \
                   CORNU_DATASET_MAP_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_dataset_map_with(cornu_dataset *dataset, const cornu_dataset_map_options *options);

typedef struct cornu_windows_dataset_options {
    size_t struct_size;
    const char *const *windows; /* the fields whose rows make windows; NULL: all but the targets */
    const char *const *
        targets; /* fields of which a sample has one row; one that is a window too is called <name>_target; NULL: none */
    int64_t sequence_stride CORNU_DEFAULT(1); /* from one window's first row to the next one's */
    int64_t sampling_rate CORNU_DEFAULT(1);   /* from one row of a window to the next */
    int64_t horizon CORNU_DEFAULT(
        1); /* how far behind the window's last row its target lies; 0: it is the last; negative: before */
    int64_t start_index;
    int64_t end_index CORNU_DEFAULT(CORNU_NONE); /* exclusive; CORNU_NONE: the number of rows */
    bool reverse;                                /* the latest row of a window first */
} cornu_windows_dataset_options;
#define CORNU_WINDOWS_DATASET_DEFAULTS                                                                                 \
    CORNU_DEFAULTS(.sequence_stride = 1, .sampling_rate = 1, .horizon = 1, .end_index = CORNU_NONE)

/*
 * cornu_windows_dataset(dataset, 24, .targets = cornu_names("temperature")): each sample is sequence_length rows of a dataset one behind the other, (sequence_length, ...), and a row that
 * is to be foretold. Nothing is copied before it is read. Keras's TimeseriesGenerator(length) is .sequence_length = length, .horizon = 1 (sampling_rate 1); its
 * timeseries_dataset_from_array has the target at the window's first row: .horizon = -(sequence_length - 1) * sampling_rate. The dataset has random access.
 */
#define cornu_windows_dataset(dataset_, sequence_length_, ...)                                                         \
    CORNU_KEYWORDS(cornu_windows_dataset_with(dataset_, sequence_length_, &cornu_keywords),                            \
                   cornu_windows_dataset_options, CORNU_WINDOWS_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_windows_dataset_with(cornu_dataset *dataset, int64_t sequence_length,
                                                    const cornu_windows_dataset_options *options);

/* --- From files --- */

/* The rows of an array, or of each item of a dictionary of arrays: a field "x", or one for each name. Keeps the array. */
CORNU_API cornu_dataset *cornu_array_dataset(cornu_array *arrays);

typedef struct cornu_npy_dataset_options {
    size_t struct_size;
    const char *field CORNU_DEFAULT("x"); /* its name */
    bool in_memory;                       /* read whole now */
} cornu_npy_dataset_options;
#define CORNU_NPY_DATASET_DEFAULTS CORNU_DEFAULTS(.field = "x")

/* cornu_npy_dataset("pictures.npy", .field = "image"): the rows of numpy's array in a .npy file, read where they lie; also of a gzip-compressed one, in their
 * order. An array in Fortran order is read with in_memory alone. */
#define cornu_npy_dataset(path_, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_npy_dataset_with(path_, &cornu_keywords), cornu_npy_dataset_options,                          \
                   CORNU_NPY_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_npy_dataset_with(const char *path, const cornu_npy_dataset_options *options);

/* cornu_decode_npy(dataset, "npy"): the field "npy", bytes of any size that are numpy's .npy file (as shards of tar have them), becomes its array when a sample is read; other fields
 * stay. The first sample tells dtype and shape, which all have. NULL on failure. */
CORNU_API cornu_dataset *cornu_decode_npy(cornu_dataset *dataset, const char *field);

typedef struct cornu_npz_dataset_options {
    size_t struct_size;
    const char *const *fields; /* the names of some of its arrays; NULL: all */
    bool in_memory;
} cornu_npz_dataset_options;
#define CORNU_NPZ_DATASET_DEFAULTS

/* cornu_npz_dataset("digits.npz", .fields = cornu_names("x_train", "y_train")): the rows of the arrays of a .npz archive, which all have as many. What numpy's savez wrote is
 * read where it lies; what savez_compressed wrote, forwards, so that in_memory is the better way if it fits. */
#define cornu_npz_dataset(path_, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_npz_dataset_with(path_, &cornu_keywords), cornu_npz_dataset_options,                          \
                   CORNU_NPZ_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_npz_dataset_with(const char *path, const cornu_npz_dataset_options *options);

typedef struct cornu_idx_dataset_options {
    size_t struct_size;
    const char *field CORNU_DEFAULT("x");
    bool in_memory;
} cornu_idx_dataset_options;
#define CORNU_IDX_DATASET_DEFAULTS CORNU_DEFAULTS(.field = "x")

/* cornu_idx_dataset("train-labels-idx1-ubyte", .field = "y"): the rows of an IDX file, as MNIST's; gzip-compressed: forwards. */
#define cornu_idx_dataset(path_, ...)                                                                                  \
    CORNU_KEYWORDS(cornu_idx_dataset_with(path_, &cornu_keywords), cornu_idx_dataset_options,                          \
                   CORNU_IDX_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_idx_dataset_with(const char *path, const cornu_idx_dataset_options *options);

typedef struct cornu_cifar_dataset_options {
    size_t struct_size;
    int64_t num_classes;                                    /* 10: CIFAR-10, 100: CIFAR-100; 0: by the file's size */
    const char *data_format CORNU_DEFAULT("channels_last"); /* or "channels_first" */
} cornu_cifar_dataset_options;
#define CORNU_CIFAR_DATASET_DEFAULTS CORNU_DEFAULTS(.data_format = "channels_last")

/* cornu_cifar_dataset("data_batch_1.bin"): the pictures of a binary file of CIFAR-10 or CIFAR-100: "image" (uint8, (32, 32, 3)), "label" and, of CIFAR-100, "coarse_label" (int32), with the
 * classes' names if the list that comes with them lies beside the file; gzip-compressed: forwards. Several files: cornu_dataset_concatenate. */
#define cornu_cifar_dataset(path_, ...)                                                                                \
    CORNU_KEYWORDS(cornu_cifar_dataset_with(path_, &cornu_keywords), cornu_cifar_dataset_options,                      \
                   CORNU_CIFAR_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_cifar_dataset_with(const char *path, const cornu_cifar_dataset_options *options);

typedef struct cornu_hdf5_dataset_options {
    size_t struct_size;
    const char *const
        *fields; /* the paths of datasets in the file, "train/x", which have as many rows; NULL: all of numbers */
    int64_t
        cache_bytes; /* for unpacked chunks, all fields together; 0: 64 MB. Those of 8 rows of chunks are kept in any case */
    bool in_memory;
} cornu_hdf5_dataset_options;
#define CORNU_HDF5_DATASET_DEFAULTS

/*
 * cornu_hdf5_dataset("photos.h5", .fields = cornu_names("image", "label")): the rows of datasets in an HDF5 file, Keras's HDF5Matrix. Contiguous ones are read where they lie; of those in chunks (deflate,
 * shuffle, Fletcher-32) a row has all the rows of its chunk unpacked, which are kept for the next ones: so a sequence shuffles by chunks. Files are read as by
 * cornu_load_model: within limits, and no link or code in them is followed. Links, and datasets whose numbers
 * are in other files, are not followed: a warning says that they are left out. */
#define cornu_hdf5_dataset(path_, ...)                                                                                 \
    CORNU_KEYWORDS(cornu_hdf5_dataset_with(path_, &cornu_keywords), cornu_hdf5_dataset_options,                        \
                   CORNU_HDF5_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_hdf5_dataset_with(const char *path, const cornu_hdf5_dataset_options *options);

/* Opens a file or folder of whatever kind it is, by its first bytes or its name, with the defaults of its kind: .npy, .npz, IDX, HDF5, CIFAR's .bin, CSV and
 * TSV, TFRecord, tar, lines of text, folders of texts. NULL: an error says what it is or is not. */
CORNU_API cornu_dataset *cornu_dataset_open(const char *path);

CORNU_END_DECLARATIONS

#endif
