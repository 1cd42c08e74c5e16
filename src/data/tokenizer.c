/* tokenizer.c: a vocabulary: made, fitted, asked. Words as numbers and back: tokenizer_sequences.c; JSON: tokenizer_json.c. */
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "data/preprocessing.h"
#include "data/tokenizer.h"

/* --- Making --- */

void cornu_tokenizer_release(cornu_tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    cornu__word_map *maps[] = {&tokenizer->word_counts, &tokenizer->word_docs,  &tokenizer->index_docs,
                               &tokenizer->word_index,  &tokenizer->index_word, &tokenizer->words};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        cornu__word_map_free(maps[i]);
    cornu__free(tokenizer->filters);
    cornu__free(tokenizer->split);
    cornu__free(tokenizer->oov_token);
    cornu__free(tokenizer);
}

static cornu_status check_options(const cornu_tokenizer_options *given)
{
    cornu__word_rule rule = {.filters = given->filters, .split = given->split};
    CORNU_TRY(cornu__word_rule_check("tokenizer", &rule));
    if (given->num_words < 0 || given->num_words > INT32_MAX)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tokenizer: num_words is %lld; wanted 1 to %d, or 0 for all",
                           (long long)given->num_words, INT32_MAX);
    if (given->document_count < 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "tokenizer: document_count is %lld; wanted at least 0",
                           (long long)given->document_count);
    return CORNU_OK;
}

cornu_tokenizer *cornu_tokenizer_create_with(const cornu_tokenizer_options *options)
{
    cornu_tokenizer_options given = {.struct_size = sizeof given, CORNU_TOKENIZER_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu_tokenizer *self = check_options(&given) == CORNU_OK ? cornu__alloc(sizeof *self) : NULL;
    if (!self)
        return NULL;
    self->num_words = given.num_words;
    self->filters = cornu__copy_text(given.filters);
    self->split = cornu__copy_text(given.split);
    self->lower = given.lower;
    self->char_level = given.char_level;
    self->oov_token = given.oov_token ? cornu__copy_text(given.oov_token) : NULL;
    self->document_count = given.document_count;
    if (self->filters && self->split && (self->oov_token || !given.oov_token))
        return self;
    cornu_tokenizer_release(self);
    return NULL;
}

static cornu_status expect_tokenizer(const char *function, const cornu_tokenizer *tokenizer)
{
    if (tokenizer)
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: the tokenizer is NULL", function);
}

/* --- Fitting --- */

static cornu_status count_word(cornu_tokenizer *self, const char *word, size_t length)
{
    cornu__word_entry *entry;
    CORNU_TRY(cornu__word_map_add(&self->word_counts, word, length, &entry));
    entry->value++;
    CORNU_TRY(cornu__word_map_add(&self->word_docs, word, length, &entry));
    if (entry->mark != self->document_count) {
        entry->mark = self->document_count;
        entry->value++;
    }
    return CORNU_OK;
}

cornu_status cornu__tokenizer_count(cornu_tokenizer *self, const char *text, cornu__words *words)
{
    cornu__word_rule rule = {self->filters, self->split, self->lower, self->char_level};
    CORNU_TRY(cornu__words_cut("fit_on_texts", &rule, text, words));
    self->document_count++;
    for (size_t i = 0; i < words->count; i++)
        CORNU_TRY(count_word(self, cornu__words_at(words, i), words->length[i]));
    return CORNU_OK;
}

/* A word and its place in the order. */
typedef struct counted_word {
    const cornu__word_entry *entry;
    size_t seen;
} counted_word;

static int more_frequent_first(const void *a, const void *b)
{
    const counted_word *left = a, *right = b;
    if (left->entry->value != right->entry->value)
        return left->entry->value > right->entry->value ? -1 : 1;
    return left->seen < right->seen ? -1 : 1;
}

/* The index of a word that comes again (the oov_token among the texts) is the later one, in its first place: as in a Python dict. */
static cornu_status set_index(cornu_tokenizer *self, const char *word, size_t length, int64_t index)
{
    cornu__word_entry *entry;
    CORNU_TRY(cornu__word_map_add(&self->word_index, word, length, &entry));
    entry->value = index;
    return CORNU_OK;
}

cornu_status cornu__tokenizer_name_index(cornu_tokenizer *tokenizer, int64_t index, const char *word, size_t length)
{
    cornu__word_entry *entry;
    CORNU_TRY(cornu__word_map_add(&tokenizer->words, word, length, &entry));
    return cornu__word_map_set_number(&tokenizer->index_word, index, entry - tokenizer->words.entries);
}

static cornu_status number_words(cornu_tokenizer *self, const counted_word *order)
{
    cornu__word_map_free(&self->word_index);
    cornu__word_map_free(&self->index_word);
    cornu__word_map_free(&self->words);
    int64_t index = 1;
    if (self->oov_token)
        CORNU_TRY(set_index(self, self->oov_token, strlen(self->oov_token), index++));
    for (size_t i = 0; i < self->word_counts.count; i++)
        CORNU_TRY(
            set_index(self, cornu__word_map_key(&self->word_counts, order[i].entry), order[i].entry->length, index++));
    for (size_t i = 0; i < self->word_index.count; i++) {
        const cornu__word_entry *entry = &self->word_index.entries[i];
        CORNU_TRY(cornu__tokenizer_name_index(self, entry->value, cornu__word_map_key(&self->word_index, entry),
                                              entry->length));
    }
    for (size_t i = 0; i < self->word_docs.count; i++) {
        const cornu__word_entry *entry = &self->word_docs.entries[i];
        int64_t number = cornu__word_map_value(&self->word_index, cornu__word_map_key(&self->word_docs, entry));
        CORNU_TRY(cornu__word_map_set_number(&self->index_docs, number, entry->value));
    }
    return CORNU_OK;
}

cornu_status cornu__tokenizer_number(cornu_tokenizer *self)
{
    counted_word *order = cornu__alloc_array(self->word_counts.count, sizeof *order);
    if (!order)
        return cornu_error_status();
    for (size_t i = 0; i < self->word_counts.count; i++)
        order[i] = (counted_word){&self->word_counts.entries[i], i};
    qsort(order, self->word_counts.count, sizeof *order, more_frequent_first);
    cornu_status status = number_words(self, order);
    cornu__free(order);
    return status;
}

cornu_status cornu_tokenizer_fit_on_texts(cornu_tokenizer *tokenizer, size_t count, const char *const *texts)
{
    CORNU_TRY(expect_tokenizer("fit_on_texts", tokenizer));
    if (!texts && count > 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "fit_on_texts: %zu texts wanted, got NULL", count);
    cornu__words words = {0};
    cornu_status status = CORNU_OK;
    for (size_t i = 0; status == CORNU_OK && i < count; i++) {
        status = cornu__tokenizer_count(tokenizer, texts[i], &words);
        if (status != CORNU_OK)
            cornu__fail_context("text %zu", i);
    }
    cornu__words_free(&words);
    return status == CORNU_OK ? cornu__tokenizer_number(tokenizer) : status;
}

/* Counts one sequence's indices, each once. */
static cornu_status count_sequence(cornu_tokenizer *self, const int64_t *indices, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        cornu__word_entry *entry = cornu__word_map_find_number(&self->index_docs, indices[i]);
        if (!entry) {
            CORNU_TRY(cornu__word_map_set_number(&self->index_docs, indices[i], 0));
            entry = cornu__word_map_find_number(&self->index_docs, indices[i]);
        }
        if (entry->mark != self->document_count) {
            entry->mark = self->document_count;
            entry->value++;
        }
    }
    return CORNU_OK;
}

cornu_status cornu_tokenizer_fit_on_sequences(cornu_tokenizer *tokenizer, const cornu_array *sequences)
{
    int64_t count;
    CORNU_TRY(expect_tokenizer("fit_on_sequences", tokenizer));
    CORNU_TRY(cornu__expect_index_sequences("fit_on_sequences", sequences, &count));
    for (int64_t i = 0; i < count; i++) {
        int64_t *indices, length;
        CORNU_TRY(cornu__indices_at(sequences, i, &indices, &length));
        tokenizer->document_count++;
        cornu_status status = count_sequence(tokenizer, indices, length);
        cornu__free(indices);
        CORNU_TRY(status);
    }
    return CORNU_OK;
}

/* --- Asking --- */

int64_t cornu_tokenizer_size(const cornu_tokenizer *tokenizer)
{
    return tokenizer ? (int64_t)tokenizer->word_index.count : 0;
}

int64_t cornu_tokenizer_word_index(const cornu_tokenizer *tokenizer, const char *word)
{
    const cornu__word_entry *entry =
        tokenizer && word ? cornu__word_map_find(&tokenizer->word_index, word, strlen(word)) : NULL;
    return entry ? entry->value : CORNU_NONE;
}

int64_t cornu_tokenizer_word_counts(const cornu_tokenizer *tokenizer, const char *word)
{
    return tokenizer && word ? cornu__word_map_value(&tokenizer->word_counts, word) : 0;
}

int64_t cornu_tokenizer_word_docs(const cornu_tokenizer *tokenizer, const char *word)
{
    return tokenizer && word ? cornu__word_map_value(&tokenizer->word_docs, word) : 0;
}

const char *cornu_tokenizer_index_word(const cornu_tokenizer *tokenizer, int64_t index)
{
    const cornu__word_entry *entry = tokenizer ? cornu__word_map_find_number(&tokenizer->index_word, index) : NULL;
    return entry ? cornu__word_map_key(&tokenizer->words, &tokenizer->words.entries[entry->value]) : NULL;
}

int64_t cornu_tokenizer_document_count(const cornu_tokenizer *tokenizer)
{
    return tokenizer ? tokenizer->document_count : 0;
}
