/* text_functions.c: a text's words, and their hashes as indices. */
#include <nettle/md5.h>
#include <string.h>

#include "base/memory.h"
#include "base/options.h"
#include "data/words.h"

static cornu_status cut(const char *function, const char *text, const cornu_text_options *given, cornu__words *words)
{
    cornu__word_rule rule = {.filters = given->filters, .split = given->split, .lower = given->lower};
    CORNU_TRY(cornu__word_rule_check(function, &rule));
    return cornu__words_cut(function, &rule, text, words);
}

cornu_texts *cornu_text_to_word_sequence_with(const char *text, const cornu_text_options *options)
{
    cornu_text_options given = {.struct_size = sizeof given, CORNU_TEXT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    cornu__words words = {0};
    cornu_texts *texts = NULL;
    if (cut("text_to_word_sequence", text, &given, &words) == CORNU_OK)
        texts = cornu__texts_create(words.count, words.bytes.data, words.bytes.length);
    cornu__words_free(&words);
    return texts;
}

/* --- The hashing trick --- */

/* The digest, as one number with the first byte on top, modulo `divisor` < 2^31. */
static uint64_t md5_modulo(const char *word, size_t length, uint64_t divisor)
{
    struct md5_ctx context;
    uint8_t digest[MD5_DIGEST_SIZE];
    md5_init(&context);
    md5_update(&context, length, (const uint8_t *)word);
    md5_digest(&context, sizeof digest, digest);
    uint64_t rest = 0;
    for (size_t i = 0; i < sizeof digest; i++)
        rest = (rest << 8 | digest[i]) % divisor;
    return rest;
}

static cornu_array *hash_text(const char *function, const char *text, int64_t n, const cornu_text_options *options)
{
    cornu_text_options given = {.struct_size = sizeof given, CORNU_TEXT_DEFAULTS};
    cornu__options_lay(&given, sizeof given, options);
    if (n < 2 || n > INT32_MAX)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "%s: n is %lld; wanted 2 to %d", function, (long long)n,
                                INT32_MAX);
    if (!given.hash && (!given.hash_function || strcmp(given.hash_function, "md5") != 0))
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT,
                                "%s: hash_function is '%s'; wanted \"md5\", or a function of your own as .hash",
                                function, given.hash_function ? given.hash_function : "NULL");
    cornu__words words = {0};
    cornu_array *indices = NULL;
    if (cut(function, text, &given, &words) == CORNU_OK)
        indices = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){(int64_t)words.count});
    uint64_t divisor = (uint64_t)n - 1;
    for (size_t i = 0; indices && i < words.count; i++) {
        const char *word = cornu__words_at(&words, i);
        uint64_t rest = given.hash ? given.hash(word) % divisor : md5_modulo(word, words.length[i], divisor);
        ((int32_t *)cornu_array_data(indices))[i] = (int32_t)rest + 1;
    }
    cornu__words_free(&words);
    return indices;
}

cornu_array *cornu_hashing_trick_with(const char *text, int64_t n, const cornu_text_options *options)
{
    return hash_text("hashing_trick", text, n, options);
}

cornu_array *cornu_one_hot_with(const char *text, int64_t n, const cornu_text_options *options)
{
    return hash_text("one_hot", text, n, options);
}
