/* fuzz_tokenizer.c: libFuzzer's way into texts in any bytes and a tokenizer's JSON: what was read is used, and written back. */
#include "memory_file.h"

#include <string.h>

#include <cornu/text.h>

static void use(cornu_tokenizer *tokenizer, const char *text)
{
    const char *const texts[] = {text, "the fox"};
    cornu_array *sequences = cornu_tokenizer_texts_to_sequences(tokenizer, 2, texts);
    if (sequences) {
        cornu_texts_release(cornu_tokenizer_sequences_to_texts(tokenizer, sequences));
        if (cornu_tokenizer_fit_on_sequences(tokenizer, sequences) == CORNU_OK &&
            cornu_tokenizer_fit_on_texts(tokenizer, 2, texts) == CORNU_OK && cornu_tokenizer_size(tokenizer) < 1000)
            cornu_array_release(cornu_tokenizer_texts_to_matrix(tokenizer, 0, NULL, "tfidf"));
    }
    cornu_array_release(sequences);
}

/* What was written must be read, and be written the same. */
static void write_back(const cornu_tokenizer *tokenizer)
{
    cornu_texts *json = cornu_tokenizer_to_json(tokenizer);
    cornu_tokenizer *again = json ? cornu_tokenizer_from_json(json->text[0]) : NULL;
    cornu_texts *second = again ? cornu_tokenizer_to_json(again) : NULL;
    if (!second || strcmp(json->text[0], second->text[0]) != 0)
        abort();
    cornu_texts_release(second);
    cornu_texts_release(json);
    cornu_tokenizer_release(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, size);
    text[size] = '\0';
    cornu_tokenizer *tokenizer = cornu_tokenizer_from_json(text);
    if (tokenizer) {
        write_back(tokenizer);
        use(tokenizer, text);
    }
    cornu_tokenizer_release(tokenizer);
    cornu_texts_release(cornu_text_to_word_sequence(text));
    tokenizer = cornu_tokenizer_create(.oov_token = "?");
    if (tokenizer)
        use(tokenizer, text);
    cornu_tokenizer_release(tokenizer);
    free(text);
    return 0;
}
