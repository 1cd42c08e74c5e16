/* data/tokenizer.h: a vocabulary with Keras's five dictionaries. */
#ifndef CORNU_DATA_TOKENIZER_H
#define CORNU_DATA_TOKENIZER_H

#include "base/memory.h"
#include "base/word_map.h"
#include "data/words.h"

struct cornu_tokenizer {
    int64_t num_words; /* 0: all */
    char *filters, *split;
    bool lower, char_level;
    char *oov_token; /* or NULL */
    int64_t document_count;
    cornu__word_map word_counts; /* by word: how often it occurred */
    cornu__word_map word_docs;   /* by word: in how many texts */
    cornu__word_map index_docs;  /* by index: in how many texts or sequences */
    cornu__word_map word_index;  /* by word */
    cornu__word_map index_word;  /* by index: the number of an entry of `words` */
    cornu__word_map words;       /* the words that index_word names */
};

/* Counts the words of one text; and, behind the last, numbers all words anew. `words` starts from {0} and may be used again and again. */
cornu_status cornu__tokenizer_count(cornu_tokenizer *tokenizer, const char *text, cornu__words *words);
cornu_status cornu__tokenizer_number(cornu_tokenizer *tokenizer);

/* *indices := of the `count` known words of a text, in a new block to cornu__free. */
cornu_status cornu__tokenizer_indices(const cornu_tokenizer *tokenizer, const char *text, cornu__words *words,
                                      int32_t **indices, int64_t *count);

/* Adds index -> word to index_word. */
cornu_status cornu__tokenizer_name_index(cornu_tokenizer *tokenizer, int64_t index, const char *word, size_t length);

#endif
