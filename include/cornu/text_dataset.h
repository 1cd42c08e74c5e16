/*
 * text_dataset.h: texts in files as datasets, and datasets of texts as sequences of numbers.
 *
 *     cornu_dataset *texts = cornu_text_dataset_from_directory("aclImdb/train");
 *     cornu_tokenizer *tokenizer = cornu_tokenizer_create(.num_words = 10000);
 *     cornu_tokenizer_fit_on_dataset(tokenizer, texts, "text");
 *     cornu_dataset *train = cornu_texts_to_sequences_dataset(texts, "text", tokenizer, .maxlen = 200);
 */
#ifndef CORNU_TEXT_DATASET_H
#define CORNU_TEXT_DATASET_H

#include <cornu/dataset.h>
#include <cornu/options.h>
#include <cornu/text.h>

CORNU_BEGIN_DECLARATIONS

typedef struct cornu_text_dataset_from_directory_options {
    size_t struct_size;
    /* "inferred": the class of a file is the sub-folder it lies in. NULL: there are no labels, and all files below the folder count */
    const char *labels CORNU_DEFAULT("inferred");
    /* The field "label": "int": class numbers, int32; "binary": 0 or 1 of two classes, float32 (1); "categorical": a row of 0 with a 1, float32; NULL: none */
    const char *label_mode CORNU_DEFAULT("int");
    /* The sub-folders that are classes, in the order of their numbers, with NULL behind the last; NULL: all, in byte order */
    const char *const *class_names;
    int64_t max_length CORNU_DEFAULT(CORNU_NONE); /* bytes that are read of a text; CORNU_NONE: all */
    bool shuffle
        CORNU_DEFAULT(true); /* the order of the files, which decides who is in a subset: Keras's for the same seed */
    int64_t seed CORNU_DEFAULT(CORNU_NONE); /* CORNU_NONE: 0 */
    /* With `subset`: "validation" has the last trunc(validation_split n) of the n files in that order, "training" the others. The same numbers for both, or a file is
     * in both. For Keras's "both", call twice */
    double validation_split;
    const char *subset;
    bool follow_links; /* into folders below a class that are symbolic links */
    /* Instead of folders' names, a label for each file (file_label_count, as many as there are), all files below the folder by their paths in byte order (folders by their whole paths, then their files); not with class_names */
    const int32_t *file_labels;
    int64_t file_label_count;
} cornu_text_dataset_from_directory_options;
#define CORNU_TEXT_DATASET_FROM_DIRECTORY_DEFAULTS                                                                     \
    CORNU_DEFAULTS(.labels = "inferred", .label_mode = "int", .max_length = CORNU_NONE, .shuffle = true,               \
                   .seed = CORNU_NONE)

/* cornu_text_dataset_from_directory("aclImdb/train"): Keras 3's function: the .txt files in the sub-folders of a folder, each read when its sample is: the field "text",
 * uint8 of any size, and "label". Keras's batch_size is cornu_dataset_sequence's. What begins with a dot is passed over. */
#define cornu_text_dataset_from_directory(folder_, ...)                                                                \
    CORNU_KEYWORDS(cornu_text_dataset_from_directory_with(folder_, &cornu_keywords),                                   \
                   cornu_text_dataset_from_directory_options, CORNU_TEXT_DATASET_FROM_DIRECTORY_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_text_dataset_from_directory_with(
    const char *folder, const cornu_text_dataset_from_directory_options *options);

/* The lines of a file, plain or gzip-compressed (which is read in its order): the field "text", uint8 of any size, without the LF or CRLF at the end; an empty line is
 * a line. A path with *, ? or [...] in it stands for all files of such names, in byte order. NULL on failure. */
CORNU_API cornu_dataset *cornu_lines_dataset(const char *path);

/* --- Texts as numbers --- */

/* Counts the words of a field of texts, as cornu_tokenizer_fit_on_texts does with texts in memory. Each sample is read once. */
CORNU_API cornu_status cornu_tokenizer_fit_on_dataset(cornu_tokenizer *tokenizer, cornu_dataset *dataset,
                                                      const char *field);

typedef struct cornu_texts_to_sequences_dataset_options {
    size_t struct_size;
    int64_t maxlen CORNU_DEFAULT(CORNU_NONE);    /* the length of all sequences, at least 1: has to be said */
    const char *padding CORNU_DEFAULT("pre");    /* where `value` is put: "pre" or "post" */
    const char *truncating CORNU_DEFAULT("pre"); /* where a longer sequence loses elements: "pre" or "post" */
    int32_t value;
} cornu_texts_to_sequences_dataset_options;
#define CORNU_TEXTS_TO_SEQUENCES_DATASET_DEFAULTS                                                                      \
    CORNU_DEFAULTS(.maxlen = CORNU_NONE, .padding = "pre", .truncating = "pre")

/* cornu_texts_to_sequences_dataset(dataset, "text", tokenizer, .maxlen = 200): the field "text" becomes int32 (maxlen), what cornu_tokenizer_texts_to_sequences and
 * cornu_pad_sequences make of it, when a sample is read; other fields stay. The tokenizer is copied as it is now. NULL on failure. */
#define cornu_texts_to_sequences_dataset(dataset_, field_, tokenizer_, ...)                                            \
    CORNU_KEYWORDS(cornu_texts_to_sequences_dataset_with(dataset_, field_, tokenizer_, &cornu_keywords),               \
                   cornu_texts_to_sequences_dataset_options, CORNU_TEXTS_TO_SEQUENCES_DATASET_DEFAULTS __VA_ARGS__)
CORNU_API cornu_dataset *cornu_texts_to_sequences_dataset_with(cornu_dataset *dataset, const char *field,
                                                               const cornu_tokenizer *tokenizer,
                                                               const cornu_texts_to_sequences_dataset_options *options);

CORNU_END_DECLARATIONS

#endif
