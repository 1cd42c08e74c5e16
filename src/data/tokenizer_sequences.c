/* tokenizer_sequences.c: texts as sequences of indices, back, and as rows of a matrix. */
#include <math.h>
#include <string.h>

#include "data/preprocessing.h"
#include "data/tokenizer.h"

static cornu_status expect_tokenizer(const char *function, const cornu_tokenizer *tokenizer)
{
    if (tokenizer)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: the tokenizer is NULL", function);
}

/* --- Texts to sequences --- */

/* No index: 0 is one that programs give to a padding word. */
#define NO_INDEX (-1)

/* The index of the oov_token; NO_INDEX: there is none (yet). */
static int64_t oov_index(const cornu_tokenizer *self)
{
    return self->oov_token ? cornu_tokenizer_word_index(self, self->oov_token) : NO_INDEX;
}

/* What stands for an index: itself, or the oov_token's (or nothing) where it is not known or not among the first num_words. */
static int64_t shown_index(const cornu_tokenizer *self, int64_t index, int64_t oov)
{
    bool used = index != NO_INDEX && (self->num_words == 0 || index < self->num_words);
    return used ? index : oov;
}

cornu_status cornu__tokenizer_indices(const cornu_tokenizer *self, const char *text, cornu__words *words,
                                      int32_t **indices, int64_t *count)
{
    cornu__word_rule rule = {self->filters, self->split, self->lower, self->char_level};
    int64_t oov = oov_index(self);
    *indices = NULL;
    *count = 0;
    CORNU_TRY(cornu__words_cut("texts_to_sequences", &rule, text, words));
    *indices = cornu__alloc_array(words->count, sizeof **indices);
    if (!*indices)
        return CORNU_ERROR_OUT_OF_MEMORY;
    for (size_t i = 0; i < words->count; i++) {
        const cornu__word_entry *entry =
            cornu__word_map_find(&self->word_index, cornu__words_at(words, i), words->length[i]);
        int64_t index = shown_index(self, entry ? entry->value : NO_INDEX, oov);
        if (index != NO_INDEX)
            (*indices)[(*count)++] = (int32_t)index;
    }
    return CORNU_OK;
}

static cornu_status make_sequences(const cornu_tokenizer *self, size_t count, const char *const *texts,
                                   cornu_array **sequences)
{
    cornu__words words = {0};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        int32_t *indices;
        int64_t length;
        status = cornu__tokenizer_indices(self, texts[i], &words, &indices, &length);
        if (status != CORNU_OK)
            cornu__fail_context("text %zu", i);
        else if (!(sequences[i] = cornu_array_copy_of(CORNU_INT32, 1, &length, indices)))
            status = cornu_error_status();
        cornu__free(indices);
    }
    cornu__words_free(&words);
    return status;
}

cornu_array *cornu_tokenizer_texts_to_sequences(cornu_tokenizer *tokenizer, size_t count, const char *const *texts)
{
    if (expect_tokenizer("texts_to_sequences", tokenizer) != CORNU_OK)
        return NULL;
    if (!texts && count > 0)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "texts_to_sequences: %zu texts wanted, got NULL", count);
    cornu_array **sequences = cornu__alloc_array(count, sizeof *sequences), *list = NULL;
    if (!sequences)
        return NULL;
    if (make_sequences(tokenizer, count, texts, sequences) == CORNU_OK)
        list = cornu_array_list(count, sequences);
    for (size_t i = 0; i < count; i++)
        cornu_array_release(sequences[i]);
    cornu__free(sequences);
    return list;
}

/* --- Sequences to texts --- */

static void add_words(const cornu_tokenizer *self, const int64_t *indices, int64_t length, cornu__text *text)
{
    int64_t oov = oov_index(self);
    bool first = true;
    for (int64_t i = 0; i < length; i++) {
        int64_t known = cornu_tokenizer_index_word(self, indices[i]) ? indices[i] : NO_INDEX;
        int64_t index = shown_index(self, known, oov);
        const char *word = index != NO_INDEX ? cornu_tokenizer_index_word(self, index) : NULL;
        if (!word)
            continue;
        cornu__text_add_bytes(text, " ", !first);
        cornu__text_add_bytes(text, word, strlen(word));
        first = false;
    }
    cornu__text_add_bytes(text, "", 1);
}

cornu_texts *cornu_tokenizer_sequences_to_texts(cornu_tokenizer *tokenizer, const cornu_array *sequences)
{
    int64_t count;
    if (expect_tokenizer("sequences_to_texts", tokenizer) != CORNU_OK ||
        cornu__expect_index_sequences("sequences_to_texts", sequences, &count) != CORNU_OK)
        return NULL;
    cornu__text text = {0};
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; status == CORNU_OK && i < count; i++) {
        int64_t *indices = NULL, length;
        status = cornu__indices_at(sequences, i, &indices, &length);
        if (status == CORNU_OK)
            add_words(tokenizer, indices, length, &text);
        cornu__free(indices);
    }
    if (text.failed)
        status = cornu__fail_memory("texts", text.length);
    cornu_texts *texts = status == CORNU_OK ? cornu__texts_create((size_t)count, text.data, text.length) : NULL;
    cornu__text_free(&text);
    return texts;
}

/* --- Matrices --- */

typedef enum matrix_mode { BINARY, COUNT, TFIDF, FREQ, MODE_COUNT } matrix_mode;

static const char *const mode_names[MODE_COUNT] = {"binary", "count", "tfidf", "freq"};

static cornu_status read_mode(const char *name, matrix_mode *mode)
{
    for (int i = 0; name && i < MODE_COUNT; i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *mode = (matrix_mode)i;
            return CORNU_OK;
        }
    }
    const char *nearest = name ? cornu__text_nearest(name, mode_names, MODE_COUNT) : NULL;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "sequences_to_matrix: mode is '%s'; wanted \"binary\", \"count\", \"tfidf\" or \"freq\"%s%s%s",
                       name ? name : "NULL", nearest ? "; was \"" : "", nearest ? nearest : "",
                       nearest ? "\" meant?" : "");
}

/* (1 + ln c) ln(1 + documents / (1 + documents with the word)). */
static double tfidf(const cornu_tokenizer *self, int64_t index, double count)
{
    const cornu__word_entry *docs = cornu__word_map_find_number(&self->index_docs, index);
    return (1 + log(count)) * log(1 + (double)self->document_count / (1 + (double)(docs ? docs->value : 0)));
}

static cornu_status fill_row(const cornu_tokenizer *self, double *row, int64_t columns, const int64_t *indices,
                             int64_t length, matrix_mode mode)
{
    for (int64_t i = 0; i < length; i++) {
        if (indices[i] < 0)
            return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                               "sequences_to_matrix: element %lld of a sequence is %lld; wanted an index of at least 0",
                               (long long)i, (long long)indices[i]);
        if (indices[i] < columns)
            row[indices[i]]++;
    }
    for (int64_t index = 0; mode != COUNT && index < columns; index++) {
        if (row[index] == 0)
            continue;
        if (mode == FREQ)
            row[index] /= (double)length;
        else
            row[index] = mode == BINARY ? 1 : tfidf(self, index, row[index]);
    }
    return CORNU_OK;
}

static cornu_array *make_matrix(const cornu_tokenizer *self, const cornu_array *sequences, int64_t count,
                                matrix_mode mode)
{
    int64_t columns = self->num_words > 0 ? self->num_words : (int64_t)self->word_index.count + 1;
    cornu_array *matrix =
        cornu__zeros_within_limits("sequences_to_matrix", CORNU_FLOAT64, 2, (int64_t[]){count, columns});
    for (int64_t i = 0; matrix && i < count; i++) {
        int64_t *indices = NULL, length;
        cornu_status status = cornu__indices_at(sequences, i, &indices, &length);
        if (status == CORNU_OK)
            status = fill_row(self, (double *)matrix->data + i * columns, columns, indices, length, mode);
        cornu__free(indices);
        if (status != CORNU_OK) {
            cornu_array_release(matrix);
            matrix = NULL;
        }
    }
    return matrix;
}

cornu_array *cornu_tokenizer_sequences_to_matrix(cornu_tokenizer *tokenizer, const cornu_array *sequences,
                                                 const char *mode)
{
    matrix_mode read = BINARY;
    int64_t count;
    if (expect_tokenizer("sequences_to_matrix", tokenizer) != CORNU_OK || read_mode(mode, &read) != CORNU_OK ||
        cornu__expect_index_sequences("sequences_to_matrix", sequences, &count) != CORNU_OK)
        return NULL;
    if (tokenizer->num_words == 0 && tokenizer->word_index.count == 0)
        return cornu__fail_null(CORNU_ERROR_STATE,
                                "sequences_to_matrix: the tokenizer knows no words, so .num_words must say how many "
                                "columns there are, or fit_on_texts must come first");
    if (read == TFIDF && tokenizer->document_count == 0)
        return cornu__fail_null(CORNU_ERROR_STATE,
                                "sequences_to_matrix: mode \"tfidf\" wants a tokenizer that was fitted");
    return make_matrix(tokenizer, sequences, count, read);
}

cornu_array *cornu_tokenizer_texts_to_matrix(cornu_tokenizer *tokenizer, size_t count, const char *const *texts,
                                             const char *mode)
{
    cornu_array *sequences = cornu_tokenizer_texts_to_sequences(tokenizer, count, texts);
    if (!sequences)
        return NULL;
    cornu_array *matrix = cornu_tokenizer_sequences_to_matrix(tokenizer, sequences, mode);
    cornu_array_release(sequences);
    return matrix;
}
