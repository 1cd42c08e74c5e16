/*
 * text.h: texts as words, words as numbers: keras.preprocessing.text.
 *
 * Texts are UTF-8; bytes that are none are an error that says where. Lower case is Unicode's, with its special cases, as Python's str.lower: "İ" becomes
 * two characters, and a capital sigma at a word's end the final small one.
 */
#ifndef CORNU_TEXT_H
#define CORNU_TEXT_H

#include <cornu/array.h>
#include <cornu/options.h>

CORNU_BEGIN_DECLARATIONS

/* Texts that a function gives. */
typedef struct cornu_texts {
    size_t count;
    const char *const *text;
} cornu_texts;

CORNU_API void cornu_texts_release(cornu_texts *texts); /* NULL is allowed */

#define CORNU_TEXT_FILTERS "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"

typedef struct cornu_text_options {
    size_t struct_size;
    const char *filters CORNU_DEFAULT(CORNU_TEXT_FILTERS); /* each of these characters becomes `split` */
    bool lower CORNU_DEFAULT(true);
    const char *split CORNU_DEFAULT(" "); /* what stands between words; not empty */
    const char *hash_function
        CORNU_DEFAULT("md5");           /* of hashing_trick: "md5", the one of Keras's that always gives the same */
    uint64_t (*hash)(const char *word); /* in place of it, a hash function of the program's own; or NULL */
} cornu_text_options;
#define CORNU_TEXT_DEFAULTS                                                                                            \
    CORNU_DEFAULTS(.filters = CORNU_TEXT_FILTERS, .lower = true, .split = " ", .hash_function = "md5")

/* cornu_text_to_word_sequence(text, .lower = false): the words of a text, without empty ones. The caller releases them. NULL on failure. */
#define cornu_text_to_word_sequence(text, ...)                                                                         \
    CORNU_KEYWORDS(cornu_text_to_word_sequence_with(text, &cornu_keywords), cornu_text_options,                        \
                   CORNU_TEXT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_texts *cornu_text_to_word_sequence_with(const char *text, const cornu_text_options *options);

/* cornu_hashing_trick(text, n): for each word its hash mod (n - 1), and 1 more: int32 from 1 to n - 1. 2 <= n < 2^31. NULL on failure. */
#define cornu_hashing_trick(text, n, ...)                                                                              \
    CORNU_KEYWORDS(cornu_hashing_trick_with(text, n, &cornu_keywords), cornu_text_options,                             \
                   CORNU_TEXT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_hashing_trick_with(const char *text, int64_t n, const cornu_text_options *options);

/* cornu_one_hot(text, n): Keras's name for the hashing trick with Python's own hash, which differs from process to process. Here it is MD5 too. */
#define cornu_one_hot(text, n, ...)                                                                                    \
    CORNU_KEYWORDS(cornu_one_hot_with(text, n, &cornu_keywords), cornu_text_options, CORNU_TEXT_DEFAULTS __VA_ARGS__)
CORNU_API cornu_array *cornu_one_hot_with(const char *text, int64_t n, const cornu_text_options *options);

/* --- Tokenizer --- */

/* A vocabulary: words by how often they occur, numbered from 1. Not for several threads at once while it is fitted. */
typedef struct cornu_tokenizer cornu_tokenizer;

typedef struct cornu_tokenizer_options {
    size_t struct_size;
    int64_t num_words; /* only words with an index below this are used: num_words - 1 of them; 0: all */
    const char *filters CORNU_DEFAULT(CORNU_TEXT_FILTERS);
    bool lower CORNU_DEFAULT(true);
    const char *split CORNU_DEFAULT(" ");
    bool char_level;        /* every character is a word; filters and split are not used */
    const char *oov_token;  /* word 1, which stands for all that are not known; NULL: those are left out */
    int64_t document_count; /* documents counted before */
} cornu_tokenizer_options;
#define CORNU_TOKENIZER_DEFAULTS CORNU_DEFAULTS(.filters = CORNU_TEXT_FILTERS, .lower = true, .split = " ")

/* cornu_tokenizer_create(.num_words = 10000): a tokenizer with an empty vocabulary, or NULL. */
#define cornu_tokenizer_create(...)                                                                                    \
    CORNU_KEYWORDS(cornu_tokenizer_create_with(&cornu_keywords), cornu_tokenizer_options,                              \
                   CORNU_TOKENIZER_DEFAULTS __VA_ARGS__)
CORNU_API cornu_tokenizer *cornu_tokenizer_create_with(const cornu_tokenizer_options *options);
CORNU_API void cornu_tokenizer_release(cornu_tokenizer *tokenizer); /* NULL is allowed */

/* Counts the words of `count` texts and numbers all words anew: the most frequent first, of equally frequent ones the one that was seen
 * first. May be called again with more. After a failure the tokenizer is to be released: only a part may have been counted. */
CORNU_API cornu_status cornu_tokenizer_fit_on_texts(cornu_tokenizer *tokenizer, size_t count, const char *const *texts);
/* Counts in how many of these sequences (see preprocessing.h) each index occurs, for the mode "tfidf". */
CORNU_API cornu_status cornu_tokenizer_fit_on_sequences(cornu_tokenizer *tokenizer, const cornu_array *sequences);

/* The texts as a list of int32 arrays, as long as each has known words: for cornu_pad_sequences. NULL on failure. */
CORNU_API cornu_array *cornu_tokenizer_texts_to_sequences(cornu_tokenizer *tokenizer, size_t count,
                                                          const char *const *texts);
/* The sequences as words with a space between them. The caller releases them. NULL on failure. */
CORNU_API cornu_texts *cornu_tokenizer_sequences_to_texts(cornu_tokenizer *tokenizer, const cornu_array *sequences);

/* One row for each text or sequence, one column for each index from 0 to num_words - 1 (or to the number of words), float64. By mode: "binary": 1 where
 * the word occurs; "count": how often, c; "freq": c / length of the sequence; "tfidf": (1 + ln c) ln(1 + documents / (1 + documents with the
 * word)). NULL on failure. */
CORNU_API cornu_array *cornu_tokenizer_texts_to_matrix(cornu_tokenizer *tokenizer, size_t count,
                                                       const char *const *texts, const char *mode);
CORNU_API cornu_array *cornu_tokenizer_sequences_to_matrix(cornu_tokenizer *tokenizer, const cornu_array *sequences,
                                                           const char *mode);

/* The number of words in the vocabulary, the oov_token among them. */
CORNU_API int64_t cornu_tokenizer_size(const cornu_tokenizer *tokenizer);
/* word_index: a word's index; CORNU_NONE for one that is not there. */
CORNU_API int64_t cornu_tokenizer_word_index(const cornu_tokenizer *tokenizer, const char *word);
/* word_counts, word_docs: how often a word occurred, and in how many texts; 0 for one that is not there. */
CORNU_API int64_t cornu_tokenizer_word_counts(const cornu_tokenizer *tokenizer, const char *word);
CORNU_API int64_t cornu_tokenizer_word_docs(const cornu_tokenizer *tokenizer, const char *word);
/* index_word: the word of an index, valid until the next fit; NULL if there is none. */
CORNU_API const char *cornu_tokenizer_index_word(const cornu_tokenizer *tokenizer, int64_t index);
/* Texts counted so far. */
CORNU_API int64_t cornu_tokenizer_document_count(const cornu_tokenizer *tokenizer);

/* Keras's JSON of a tokenizer, byte for byte what its to_json gives (but for word_docs and index_docs, whose order is by chance there: here words come as
 * they were first seen). One text; the caller releases it. NULL on failure. */
CORNU_API cornu_texts *cornu_tokenizer_to_json(const cornu_tokenizer *tokenizer);
/* A tokenizer from JSON that Keras or cornu_tokenizer_to_json wrote. NULL on failure; a message about the contents says where. */
CORNU_API cornu_tokenizer *cornu_tokenizer_from_json(const char *json);

CORNU_END_DECLARATIONS

#endif
