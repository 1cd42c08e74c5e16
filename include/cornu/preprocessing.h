/*
 * preprocessing.h: numbers made ready for a model: classes as one-hot rows, rows of length 1, sequences of one length, pairs of words, windows
 * over a series. Keras's keras.utils and keras.preprocessing.sequence. Words and texts: text.h.
 *
 * A list of sequences is a cornu_array list whose items are arrays of at least one axis, the first of which is time: what
 * cornu_tokenizer_texts_to_sequences gives. A plain array of at least two axes serves too: each of its rows is a sequence.
 */
#ifndef CORNU_PREPROCESSING_H
#define CORNU_PREPROCESSING_H

#include <cornu/array.h>
#include <cornu/data.h>
#include <cornu/options.h>
#include <cornu/text.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_to_categorical_options {
    size_t struct_size;
    int64_t num_classes; /* 0: one more than the largest class */
    cornu_dtype dtype CORNU_DEFAULT(CORNU_FLOAT32);
} cornu_to_categorical_options;
#define CORNU_TO_CATEGORICAL_DEFAULTS CORNU_DEFAULTS(.dtype = CORNU_FLOAT32)

/* cornu_to_categorical(y, .num_classes = 10): classes 0 .. num_classes - 1 of any dtype and shape (...) or (..., 1) as rows of 0 with a 1:
 * (..., num_classes). Numbers with a fraction are cut off, as in Keras. A class below 0 (Keras counts it from the end) or beyond the last is
 * an error. A new array, or NULL. */
#define cornu_to_categorical(y, ...)                                                                                   \
    CORNU_KEYWORDS(cornu_to_categorical_with(y, &cornu_keywords), cornu_to_categorical_options,                        \
                   CORNU_TO_CATEGORICAL_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_to_categorical_with(const cornu_array *y, const cornu_to_categorical_options *options);

typedef struct cornu_normalize_options {
    size_t struct_size;
    int axis CORNU_DEFAULT(-1); /* negative: from the end */
    double order CORNU_DEFAULT(
        2); /* of the norm (sum |x|^order)^(1/order); INFINITY and -INFINITY: the largest and smallest |x|; 0: how many
                                      are not 0 */
} cornu_normalize_options;
#define CORNU_NORMALIZE_DEFAULTS CORNU_DEFAULTS(.axis = -1, .order = 2)

/* cornu_normalize(x, .axis = -1, .order = 2): a copy of which each vector along `axis` is divided by its norm; vectors of norm 0 stay as they
 * are. float32 gives float32, as float16; all others float64. Sums are made in double. (Keras divides along the wrong axis for
 * axis 0.) A new array, or NULL. */
#define cornu_normalize(x, ...)                                                                                        \
    CORNU_KEYWORDS(cornu_normalize_with(x, &cornu_keywords), cornu_normalize_options,                                  \
                   CORNU_NORMALIZE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_normalize_with(const cornu_array *x, const cornu_normalize_options *options);

typedef struct cornu_pad_sequences_options {
    size_t struct_size;
    int64_t maxlen CORNU_DEFAULT(CORNU_NONE); /* CORNU_NONE: the length of the longest */
    cornu_dtype dtype CORNU_DEFAULT(CORNU_INT32);
    const char *padding CORNU_DEFAULT("pre");    /* where `value` is put: "pre" or "post" */
    const char *truncating CORNU_DEFAULT("pre"); /* where a longer sequence loses elements: "pre" or "post" */
    double value;
} cornu_pad_sequences_options;
#define CORNU_PAD_SEQUENCES_DEFAULTS                                                                                   \
    CORNU_DEFAULTS(.maxlen = CORNU_NONE, .dtype = CORNU_INT32, .padding = "pre", .truncating = "pre")

/* cornu_pad_sequences(sequences, .maxlen = 80): sequences of different lengths as one array (sequences, maxlen, ...). All that are not empty have one
 * shape after the first axis. Values are converted to `dtype` as cornu_array_cast does. With maxlen 0 nothing is left. A new array, or NULL. */
#define cornu_pad_sequences(sequences, ...)                                                                            \
    CORNU_KEYWORDS(cornu_pad_sequences_with(sequences, &cornu_keywords), cornu_pad_sequences_options,                  \
                   CORNU_PAD_SEQUENCES_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_pad_sequences_with(const cornu_array *sequences,
                                                const cornu_pad_sequences_options *options);

typedef struct cornu_make_sampling_table_options {
    size_t struct_size;
    double sampling_factor CORNU_DEFAULT(1e-5);
} cornu_make_sampling_table_options;
#define CORNU_MAKE_SAMPLING_TABLE_DEFAULTS CORNU_DEFAULTS(.sampling_factor = 1e-5)

/* cornu_make_sampling_table(size): for each rank 0 .. size - 1 of a word the probability to keep it, float64: min(1, sqrt(f)) with f =
 * sampling_factor * (r (ln r + 0.577) + 1/2 - 1/(12 r)), r = max(rank, 1): frequencies by Zipf's law, as in word2vec. A new array, or NULL. */
#define cornu_make_sampling_table(size, ...)                                                                           \
    CORNU_KEYWORDS(cornu_make_sampling_table_with(size, &cornu_keywords), cornu_make_sampling_table_options,           \
                   CORNU_MAKE_SAMPLING_TABLE_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_make_sampling_table_with(int64_t size, const cornu_make_sampling_table_options *options);

typedef struct cornu_skipgrams_options {
    size_t struct_size;
    int64_t window_size CORNU_DEFAULT(4);     /* words on each side */
    double negative_samples CORNU_DEFAULT(1); /* random pairs for each pair that occurs */
    bool shuffle CORNU_DEFAULT(true);
    bool categorical; /* labels [0, 1] and [1, 0] in place of 1 and 0 */
    const cornu_array
        *sampling_table; /* by word: the probability to keep it as the middle of a window; NULL: all are kept */
    uint64_t seed;
} cornu_skipgrams_options;
#define CORNU_SKIPGRAMS_DEFAULTS CORNU_DEFAULTS(.window_size = 4, .negative_samples = 1, .shuffle = true)

/* cornu_skipgrams(sequence, vocabulary_size): of a sequence of word indices from 0 (no word: passed over) to vocabulary_size - 1 all pairs of a word
 * and another in its window (label 1), and pairs of such a word and a random one from 1 to vocabulary_size - 1 (label 0). A dictionary:
 * "couples" (pairs, 2) and "labels" (pairs,) or, categorical, (pairs, 2), all int32. Draws are a function of `seed` alone (Keras's come from
 * Python's own generator). NULL on failure. */
#define cornu_skipgrams(sequence, vocabulary_size, ...)                                                                \
    CORNU_KEYWORDS(cornu_skipgrams_with(sequence, vocabulary_size, &cornu_keywords), cornu_skipgrams_options,          \
                   CORNU_SKIPGRAMS_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_skipgrams_with(const cornu_array *sequence, int64_t vocabulary_size,
                                            const cornu_skipgrams_options *options);

/* --- Windows over a series --- */

typedef struct cornu_timeseries_generator_options {
    size_t struct_size;
    int64_t sampling_rate CORNU_DEFAULT(1);
    int64_t stride CORNU_DEFAULT(1);
    int64_t start_index;
    int64_t end_index
        CORNU_DEFAULT(CORNU_NONE); /* the last row that is a target, inclusive; CORNU_NONE: the last of all */
    bool shuffle;                  /* rows are drawn with replacement, batch_size of them for each batch, as in Keras */
    bool reverse;                  /* the latest step of a window first */
    int64_t batch_size CORNU_DEFAULT(128);
    uint64_t seed;
} cornu_timeseries_generator_options;
#define CORNU_TIMESERIES_GENERATOR_DEFAULTS                                                                            \
    CORNU_DEFAULTS(.sampling_rate = 1, .stride = 1, .end_index = CORNU_NONE, .batch_size = 128)

/* cornu_timeseries_generator(data, targets, length): Keras's TimeseriesGenerator, a Sequence. For rows r = start_index + length, and every stride-th after
 * it, to end_index: x is data[r - length], data[r - length + sampling_rate] ... before r, y is targets[r]. Keeps the arrays, which have as many rows. x is (batch, steps,
 * ...). What is drawn depends on seed, epoch and batch alone. NULL on failure. */
#define cornu_timeseries_generator(data, targets, length, ...)                                                         \
    CORNU_KEYWORDS(cornu_timeseries_generator_with(data, targets, length, &cornu_keywords),                            \
                   cornu_timeseries_generator_options, CORNU_TIMESERIES_GENERATOR_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_timeseries_generator_with(cornu_array *data, cornu_array *targets, int64_t length,
                                                          const cornu_timeseries_generator_options *options);

/* Keras's JSON of such a generator, data and targets with it, byte for byte what its to_json gives. Numbers that are not finite have no place in JSON. NULL on failure. */
CORNU_API cornu_texts *cornu_timeseries_generator_to_json(const cornu_sequence *generator);
/* The generator from JSON that Keras or cornu_timeseries_generator_to_json wrote: the same windows. (Keras writes start_index with the length added, and adds it again when it reads, so that
 * the first windows are lost there.) Whole numbers are int64, others float64. NULL on failure; a message about the contents says where. */
CORNU_API cornu_sequence *cornu_timeseries_generator_from_json(const char *json);

typedef struct cornu_timeseries_dataset_options {
    size_t struct_size;
    int64_t sequence_stride CORNU_DEFAULT(1);
    int64_t sampling_rate CORNU_DEFAULT(1);
    int64_t batch_size CORNU_DEFAULT(128);
    bool shuffle; /* all windows in another order in each epoch */
    uint64_t seed;
    int64_t start_index;
    int64_t end_index CORNU_DEFAULT(CORNU_NONE); /* exclusive; CORNU_NONE: the number of rows */
} cornu_timeseries_dataset_options;
#define CORNU_TIMESERIES_DATASET_DEFAULTS                                                                              \
    CORNU_DEFAULTS(.sequence_stride = 1, .sampling_rate = 1, .batch_size = 128, .end_index = CORNU_NONE)

/* cornu_timeseries_dataset_from_array(data, targets, sequence_length): Keras 3's, a Sequence. For p = 0, sequence_stride, 2 sequence_stride ...: x is
 * data[start_index + p + k sampling_rate] for k < sequence_length, y is targets[start_index + p], the row where the window begins; all below end_index, and p
 * below the number of targets. `targets` may be NULL. Keeps the arrays. NULL on failure. */
#define cornu_timeseries_dataset_from_array(data, targets, sequence_length, ...)                                       \
    CORNU_KEYWORDS(cornu_timeseries_dataset_from_array_with(data, targets, sequence_length, &cornu_keywords),          \
                   cornu_timeseries_dataset_options, CORNU_TIMESERIES_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_sequence *cornu_timeseries_dataset_from_array_with(cornu_array *data, cornu_array *targets,
                                                                   int64_t sequence_length,
                                                                   const cornu_timeseries_dataset_options *options);

CORNU_END_DECLARATIONS

#endif
