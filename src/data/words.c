/* words.c: UTF-8 texts in lower case, cut into words as keras.preprocessing.text does. Unicode's rules are libunistring's. */
#include <string.h>
#include <unicase.h>
#include <unistr.h>

#include "base/memory.h"
#include "data/words.h"

#define MOST_TEXT_BYTES ((size_t)1 << 40)

/* That `text` is UTF-8; *length is its bytes. */
static cornu_status check_text(const char *function, const char *what, const char *text, size_t *length)
{
    if (!text)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: %s is NULL; wanted a text", function, what);
    *length = strlen(text);
    const uint8_t *wrong = u8_check((const uint8_t *)text, *length);
    if (wrong)
        return cornu__fail(CORNU_ERROR_DATA, "%s: byte %zu of %s (0x%02x) is not UTF-8", function,
                           (size_t)(wrong - (const uint8_t *)text), what, *wrong);
    return CORNU_OK;
}

cornu_status cornu__word_rule_check(const char *function, const cornu__word_rule *rule)
{
    size_t length;
    CORNU_TRY(check_text(function, "filters", rule->filters, &length));
    CORNU_TRY(check_text(function, "split", rule->split, &length));
    if (length == 0)
        return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT, "%s: split is empty; wanted what stands between words",
                           function);
    return CORNU_OK;
}

/* --- Lower case --- */

static bool is_ascii(const char *text, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

/* *lower := the text in lower case, which the caller frees; *length: its bytes. The room given is more than any text grows to (a character of 2 bytes becomes 3 at
 * most), so libunistring allocates none of its own. */
static cornu_status lower_case(const char *function, const char *text, size_t *length, char **lower)
{
    if (*length > MOST_TEXT_BYTES)
        return cornu__fail(CORNU_ERROR_LIMIT, "%s: a text of %zu bytes", function, *length);
    size_t room = 2 * *length + 64;
    *lower = cornu__alloc_uninitialized(room);
    if (!*lower)
        return cornu_error_status();
    if (is_ascii(text, *length)) {
        for (size_t i = 0; i < *length; i++)
            (*lower)[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
        return CORNU_OK;
    }
    const uint8_t *result = u8_tolower((const uint8_t *)text, *length, NULL, NULL, (uint8_t *)*lower, &room);
    if (result != (const uint8_t *)*lower)
        return cornu__fail(CORNU_ERROR_DATA, "%s: the text could not be made lower case", function);
    *length = room;
    return CORNU_OK;
}

/* --- Words --- */

static cornu_status add_word(cornu__words *words, const char *begin, size_t length)
{
    if (words->count == words->room) {
        size_t room = words->room == 0 ? 64 : 2 * words->room, old = words->room * sizeof(size_t);
        size_t *begins = cornu__realloc(words->begin, old, room * sizeof *begins);
        if (!begins)
            return cornu_error_status();
        words->begin = begins;
        size_t *lengths = cornu__realloc(words->length, old, room * sizeof *lengths);
        if (!lengths)
            return cornu_error_status();
        words->length = lengths;
        words->room = room;
    }
    words->begin[words->count] = words->bytes.length;
    words->length[words->count++] = length;
    cornu__text_add_bytes(&words->bytes, begin, length);
    cornu__text_add_bytes(&words->bytes, "", 1);
    return words->bytes.failed ? cornu__fail_memory("words", words->bytes.length + length + 1) : CORNU_OK;
}

/* How many bytes the character at `at` has, in a text that was checked. */
static size_t character_length(const char *at)
{
    unsigned char first = (unsigned char)*at;
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static cornu_status cut_characters(const char *text, size_t length, cornu__words *words)
{
    for (size_t i = 0, size; i < length; i += size) {
        size = character_length(text + i);
        CORNU_TRY(add_word(words, text + i, size));
    }
    return CORNU_OK;
}

/* Which characters are filtered: those of ASCII by a table, since nearly all are. */
typedef struct filter_set {
    bool ascii[128];
    const char *all;
} filter_set;

static filter_set filter_set_of(const char *filters)
{
    filter_set set = {.all = filters};
    for (const char *filter = filters; *filter; filter++) {
        if ((unsigned char)*filter < 0x80)
            set.ascii[(unsigned char)*filter] = true;
    }
    return set;
}

static bool is_filtered(const filter_set *set, const char *character, size_t size)
{
    if (size == 1)
        return set->ascii[(unsigned char)*character];
    for (const char *filter = set->all; *filter; filter += character_length(filter)) {
        if (character_length(filter) == size && memcmp(filter, character, size) == 0)
            return true;
    }
    return false;
}

/* The text with `split` for each filtered character. */
static cornu_status replace_filtered(const cornu__word_rule *rule, const char *text, size_t length,
                                     cornu__text *replaced)
{
    filter_set set = filter_set_of(rule->filters);
    size_t split_length = strlen(rule->split), kept = 0;
    for (size_t i = 0, size; i < length; i += size) {
        size = character_length(text + i);
        if (!is_filtered(&set, text + i, size))
            continue;
        cornu__text_add_bytes(replaced, text + kept, i - kept);
        cornu__text_add_bytes(replaced, rule->split, split_length);
        kept = i + size;
    }
    cornu__text_add_bytes(replaced, text + kept, length - kept);
    return replaced->failed ? cornu__fail_memory("a text", replaced->length) : CORNU_OK;
}

static cornu_status cut_at_split(const char *text, const char *split, cornu__words *words)
{
    size_t split_length = strlen(split);
    while (text) {
        const char *end = strstr(text, split);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (length > 0)
            CORNU_TRY(add_word(words, text, length));
        text = end ? end + split_length : NULL;
    }
    return CORNU_OK;
}

cornu_status cornu__words_cut(const char *function, const cornu__word_rule *rule, const char *text, cornu__words *words)
{
    size_t length;
    CORNU_TRY(check_text(function, "the text", text, &length));
    words->count = 0;
    words->bytes.length = 0;
    char *lower = NULL;
    cornu__text replaced = {0};
    cornu_status status = rule->lower ? lower_case(function, text, &length, &lower) : CORNU_OK;
    const char *cut = lower ? lower : text;
    if (status == CORNU_OK && rule->char_level) {
        status = cut_characters(cut, length, words);
    } else if (status == CORNU_OK) {
        status = replace_filtered(rule, cut, length, &replaced);
        if (status == CORNU_OK)
            status = cut_at_split(replaced.data, rule->split, words);
    }
    cornu__text_free(&replaced);
    cornu__free(lower);
    return status;
}

const char *cornu__words_at(const cornu__words *words, size_t index)
{
    return words->bytes.data + words->begin[index];
}

void cornu__words_free(cornu__words *words)
{
    cornu__free(words->begin);
    cornu__free(words->length);
    cornu__text_free(&words->bytes);
    *words = (cornu__words){0};
}

/* --- Texts for the program --- */

cornu_texts *cornu__texts_create(size_t count, const char *bytes, size_t length)
{
    /* One block: the struct, the pointers, the bytes. */
    size_t pointers = sizeof(cornu_texts) + count * sizeof(char *);
    char *block = cornu__alloc(pointers + length + 1);
    if (!block)
        return NULL;
    cornu_texts *texts = (cornu_texts *)block;
    const char **text = (const char **)(void *)(block + sizeof *texts);
    char *at = block + pointers;
    if (length > 0)
        memcpy(at, bytes, length);
    for (size_t i = 0; i < count; i++) {
        text[i] = at;
        at += strlen(at) + 1;
    }
    *texts = (cornu_texts){count, text};
    return texts;
}

void cornu_texts_release(cornu_texts *texts)
{
    cornu__free(texts);
}
