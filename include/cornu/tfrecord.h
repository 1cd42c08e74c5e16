/*
 * tfrecord.h: TensorFlow's files of records: tf.train.Example read while a model trains, and written.
 *
 *     const cornu_tfrecord_field fields[] = {{.name = "image", .dtype = CORNU_UINT8, .rank = 3, .shape = {28, 28, 1}}, {.name = "label", .dtype = CORNU_INT64}};
 *     cornu_dataset *train = cornu_tfrecord_dataset("train-*.tfrecord", .fields = fields, .field_count = 2);
 */
#ifndef CORNU_TFRECORD_H
#define CORNU_TFRECORD_H

#include <cornu/array.h>
#include <cornu/dataset.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/* What a feature is read as: tf.io.FixedLenFeature; with a first size of CORNU_NONE: VarLenFeature. A feature of floats is of a float dtype; one of whole numbers
 * of any, and a number that the dtype does not hold is an error. A feature of bytes is one string: uint8 of the shape {CORNU_NONE}, rank 1, or, of a fixed
 * shape and any dtype, its bytes as elements, the lower byte first: tf.io.decode_raw. */
typedef struct cornu_tfrecord_field {
    const char *name;
    cornu_dtype dtype;
    int rank; /* 0: one number */
    int64_t shape[CORNU_MAX_RANK];
    bool
        optional; /* a record may lack it, or have no values there: each element is default_value then, or there is none where the size may differ */
    double default_value;
} cornu_tfrecord_field;

typedef struct cornu_tfrecord_dataset_options {
    size_t struct_size;
    int field_count;
    const cornu_tfrecord_field *fields; /* NULL: what the first record has, by the letters of the names */
} cornu_tfrecord_dataset_options;
#define CORNU_TFRECORD_DATASET_DEFAULTS

/*
 * cornu_tfrecord_dataset("train.tfrecord", .fields = fields, .field_count = 2): the records of a file, plain or gzip-compressed (which is read in its order). A path
 * with *, ? or [...] in it stands for all files of such names, in byte order: shards, whose records come one file after the other.
 *
 * Where records lie is found at opening, by their lengths, whose sums are checked; the sum of a record's bytes is checked when it is read. Without .fields
 * the first record tells: a byte string is of any size; numbers have the count that they have there; a feature without values is left out, with a warning.
 */
#define cornu_tfrecord_dataset(path_, ...)                                                                             \
    CORNU_KEYWORDS(cornu_tfrecord_dataset_with(path_, &cornu_keywords), cornu_tfrecord_dataset_options,                \
                   CORNU_TFRECORD_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_tfrecord_dataset_with(const char *path, const cornu_tfrecord_dataset_options *options);

/* --- Writing --- */

typedef struct cornu_tfrecord_writer cornu_tfrecord_writer;

typedef struct cornu_tfrecord_writer_options {
    size_t struct_size;
    const char *compression; /* "gzip"; NULL: none */
} cornu_tfrecord_writer_options;
#define CORNU_TFRECORD_WRITER_DEFAULTS

/* cornu_tfrecord_writer_create("train.tfrecord"): a file of records to write, which is there from cornu_tfrecord_writer_close on, whole or not at all. NULL on failure. */
#define cornu_tfrecord_writer_create(path_, ...)                                                                       \
    CORNU_KEYWORDS(cornu_tfrecord_writer_create_with(path_, &cornu_keywords), cornu_tfrecord_writer_options,           \
                   CORNU_TFRECORD_WRITER_DEFAULTS __VA_ARGS__)
CORNU_API cornu_tfrecord_writer *cornu_tfrecord_writer_create_with(const char *path,
                                                                   const cornu_tfrecord_writer_options *options);

/* Adds a tf.train.Example of a dictionary of arrays: arrays of floats become float lists, of whole numbers and bool int64 lists; of uint8 one byte string of all elements.
 * (A label that is uint8 wants cornu_array_cast.) */
CORNU_API cornu_status cornu_tfrecord_writer_add(cornu_tfrecord_writer *writer, const cornu_array *features);
/* Adds a record of any bytes. */
CORNU_API cornu_status cornu_tfrecord_writer_add_bytes(cornu_tfrecord_writer *writer, const void *bytes, size_t size);

/* Puts the file into its place and frees the writer, whether that succeeds or not. After a failure of an earlier call there will be no file. NULL is allowed. */
CORNU_API cornu_status cornu_tfrecord_writer_close(cornu_tfrecord_writer *writer);
/* Frees the writer without a file. NULL is allowed. */
CORNU_API void cornu_tfrecord_writer_abandon(cornu_tfrecord_writer *writer);

CORNU_END_DECLARATIONS

#endif
