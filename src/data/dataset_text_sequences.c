/* dataset_text_sequences.c: a dataset's texts counted, and as sequences of numbers. */
#include <string.h>

#include <cornu/text_dataset.h>

#include "base/options.h"
#include "data/sample_copy.h"
#include "data/stages.h"
#include "data/tokenizer.h"

/* The bytes of a field with a NUL behind them, in `text`, which is used again and again. */
static cornu_status text_of(const cornu_sample *sample, int field, cornu__text *text)
{
    size_t length = (size_t)cornu_sample_size(sample, field);
    const char *bytes = cornu_sample_data(sample, field);
    const char *nul = length > 0 ? memchr(bytes, '\0', length) : NULL;
    if (nul)
        return cornu__fail(CORNU_ERROR_DATA, "byte %lld of a text is zero", (long long)(nul - bytes));
    text->length = 0;
    cornu__text_add_bytes(text, bytes, length);
    return text->failed ? CORNU_ERROR_OUT_OF_MEMORY : CORNU_OK;
}

/* --- Counting --- */

static cornu_status count_all(cornu_tokenizer *tokenizer, cornu_dataset *dataset, int field, cornu_sample *sample)
{
    cornu__words words = {0};
    cornu__text text = {0};
    cornu_status status = CORNU_OK;
    for (int64_t i = 0; status == CORNU_OK && i < dataset->count; i++) {
        status = cornu_dataset_read(dataset, i, sample);
        if (status != CORNU_OK)
            break;
        status = text_of(sample, field, &text);
        if (status == CORNU_OK)
            status = cornu__tokenizer_count(tokenizer, text.data, &words);
        if (status != CORNU_OK)
            cornu__fail_context("'%s', sample %lld", dataset->name, (long long)i);
    }
    cornu__text_free(&text);
    cornu__words_free(&words);
    return status == CORNU_OK ? cornu__tokenizer_number(tokenizer) : status;
}

cornu_status cornu_tokenizer_fit_on_dataset(cornu_tokenizer *tokenizer, cornu_dataset *dataset, const char *field)
{
    if (!tokenizer)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "fit_on_dataset: the tokenizer is NULL");
    int number = cornu__bytes_field("fit_on_dataset", dataset, field);
    if (number < 0)
        return cornu_error_status();
    cornu_sample *sample = cornu__sample_new(dataset, NULL);
    for (int i = 0; sample && i < dataset->field_count; i++)
        sample->places[i].wanted = i == number; /* no picture is decoded for the sake of its words */
    cornu_status status = sample ? count_all(tokenizer, dataset, number, sample) : cornu_error_status();
    cornu__sample_free(sample);
    return status;
}

/* --- Sequences --- */

typedef struct sequences {
    cornu_tokenizer *tokenizer;
    int field;
    int64_t maxlen;
    bool pads_before, cuts_before;
    int32_t value;
} sequences;

static void sequences_release(void *state)
{
    sequences *self = state;
    cornu_tokenizer_release(self->tokenizer);
    cornu__free(self);
}

/* to[0 .. maxlen) := the indices, padded or cut. */
static void lay(const sequences *self, const int32_t *indices, int64_t count, int32_t *to)
{
    int64_t kept = count < self->maxlen ? count : self->maxlen;
    int64_t from = self->cuts_before ? count - kept : 0, begin = self->pads_before ? self->maxlen - kept : 0;
    for (int64_t i = 0; i < self->maxlen; i++)
        to[i] = i >= begin && i < begin + kept ? indices[from + i - begin] : self->value;
}

static cornu_status make_sequence(void *state, const cornu_sample *from, cornu_sample *to)
{
    const sequences *self = state;
    cornu__words words = {0};
    cornu__text text = {0};
    int32_t *indices = NULL;
    int64_t count;
    cornu_stage before = cornu__stage_enter(CORNU_STAGE_DECODE);
    cornu_status status = text_of(from, self->field, &text);
    if (status == CORNU_OK)
        status = cornu__tokenizer_indices(self->tokenizer, text.data, &words, &indices, &count);
    if (status == CORNU_OK)
        lay(self, indices, count, cornu_sample_data(to, self->field));
    cornu__free(indices);
    cornu__text_free(&text);
    cornu__words_free(&words);
    cornu__stage_enter(before);
    return status;
}

static cornu_status read_side(const char *option, const char *text, bool *before)
{
    *before = text && strcmp(text, "pre") == 0;
    if (*before || (text && strcmp(text, "post") == 0))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "texts_to_sequences_dataset: %s is '%s'; wanted \"pre\" or \"post\"", option,
                       text ? text : "NULL");
}

/* A tokenizer by itself, which later fits do not change. */
static cornu_tokenizer *copy_tokenizer(const cornu_tokenizer *tokenizer)
{
    cornu_texts *json = cornu_tokenizer_to_json(tokenizer);
    cornu_tokenizer *copy = json ? cornu_tokenizer_from_json(json->text[0]) : NULL;
    cornu_texts_release(json);
    return copy;
}

cornu_dataset *cornu_texts_to_sequences_dataset_with(cornu_dataset *dataset, const char *field,
                                                     const cornu_tokenizer *tokenizer,
                                                     const cornu_texts_to_sequences_dataset_options *options)
{
    cornu_texts_to_sequences_dataset_options given = {.struct_size = sizeof given,
                                                      CORNU_TEXTS_TO_SEQUENCES_DATASET_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    sequences wanted = {.maxlen = given.maxlen, .value = given.value};
    if (!tokenizer || given.maxlen < 1)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                tokenizer ? "texts_to_sequences_dataset: maxlen has to be said, and be at least 1"
                                          : "texts_to_sequences_dataset: the tokenizer is NULL");
    wanted.field = cornu__bytes_field("texts_to_sequences_dataset", dataset, field);
    if (wanted.field < 0 || read_side("padding", given.padding, &wanted.pads_before) != CORNU_OK ||
        read_side("truncating", given.truncating, &wanted.cuts_before) != CORNU_OK)
        return NULL;
    sequences *self = cornu__alloc(sizeof *self);
    if (!self)
        return NULL;
    *self = wanted;
    self->tokenizer = copy_tokenizer(tokenizer);
    if (!self->tokenizer) {
        sequences_release(self);
        return NULL;
    }
    const cornu_field changed = {
        .name = dataset->fields[self->field].name, .dtype = CORNU_INT32, .rank = 1, .shape = {given.maxlen}};
    return cornu__dataset_with_field(dataset, self->field, &changed, make_sequence, self, sequences_release);
}
