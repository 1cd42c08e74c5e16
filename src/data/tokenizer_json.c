/* tokenizer_json.c: a tokenizer as Keras's JSON, whose dictionaries are JSON texts within the JSON, and back. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "data/tokenizer.h"
#include "format/json.h"

/* --- Writing, as Python's json.dumps does --- */

static void add_unit(cornu__text *out, unsigned unit)
{
    cornu__text_add(out, "\\u%04x", unit);
}

static void add_character(cornu__text *out, ucs4_t character)
{
    static const char special[] = "\"\\\n\r\t\b\f", letters[] = "\"\\nrtbf";
    const char *found = character < 0x80 && character != 0 ? strchr(special, (int)character) : NULL;
    if (found) {
        cornu__text_add(out, "\\%c", letters[found - special]);
    } else if (character >= ' ' && character <= '~') {
        cornu__text_add(out, "%c", (char)character);
    } else if (character < 0x10000) {
        add_unit(out, (unsigned)character);
    } else {
        add_unit(out, (unsigned)(0xd800 + ((character - 0x10000) >> 10)));
        add_unit(out, (unsigned)(0xdc00 + ((character - 0x10000) & 0x3ff)));
    }
}

static void add_string(cornu__text *out, const char *text)
{
    cornu__text_add(out, "\"");
    size_t length = strlen(text);
    for (size_t i = 0; i < length;) {
        ucs4_t character;
        int size = u8_mbtouc(&character, (const uint8_t *)text + i, length - i);
        add_character(out, character);
        i += (size_t)size;
    }
    cornu__text_add(out, "\"");
}

/* Writes a dictionary; `words`: its values are entries of that, not numbers. */
static void add_map(cornu__text *out, const cornu__word_map *map, const cornu__word_map *words)
{
    cornu__text_add(out, "{");
    for (size_t i = 0; i < map->count; i++) {
        const cornu__word_entry *entry = &map->entries[i];
        cornu__text_add(out, i > 0 ? ", " : "");
        add_string(out, cornu__word_map_key(map, entry));
        cornu__text_add(out, ": ");
        if (words)
            add_string(out, cornu__word_map_key(words, &words->entries[entry->value]));
        else
            cornu__text_add(out, "%" PRId64, entry->value);
    }
    cornu__text_add(out, "}");
}

/* Writes a dictionary's JSON as a text. */
static void add_map_text(cornu__text *out, const char *name, const cornu__word_map *map, const cornu__word_map *words)
{
    cornu__text inner = {0};
    add_map(&inner, map, words);
    cornu__text_add(out, ", \"%s\": ", name);
    if (inner.failed)
        out->failed = true;
    else
        add_string(out, inner.data);
    cornu__text_free(&inner);
}

static void add_tokenizer(cornu__text *out, const cornu_tokenizer *self)
{
    cornu__text_add(out, "{\"class_name\": \"Tokenizer\", \"config\": {\"num_words\": ");
    if (self->num_words > 0)
        cornu__text_add(out, "%" PRId64, self->num_words);
    else
        cornu__text_add(out, "null");
    cornu__text_add(out, ", \"filters\": ");
    add_string(out, self->filters);
    cornu__text_add(out, ", \"lower\": %s, \"split\": ", self->lower ? "true" : "false");
    add_string(out, self->split);
    cornu__text_add(out, ", \"char_level\": %s, \"oov_token\": ", self->char_level ? "true" : "false");
    if (self->oov_token)
        add_string(out, self->oov_token);
    else
        cornu__text_add(out, "null");
    cornu__text_add(out, ", \"document_count\": %" PRId64, self->document_count);
    add_map_text(out, "word_counts", &self->word_counts, NULL);
    add_map_text(out, "word_docs", &self->word_docs, NULL);
    add_map_text(out, "index_docs", &self->index_docs, NULL);
    add_map_text(out, "index_word", &self->index_word, &self->words);
    add_map_text(out, "word_index", &self->word_index, NULL);
    cornu__text_add(out, "}}");
}

cornu_texts *cornu_tokenizer_to_json(const cornu_tokenizer *tokenizer)
{
    if (!tokenizer)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "tokenizer_to_json: the tokenizer is NULL");
    cornu__text out = {0};
    add_tokenizer(&out, tokenizer);
    char *json = cornu__text_take(&out);
    cornu_texts *texts = json ? cornu__texts_create(1, json, strlen(json) + 1) : NULL;
    cornu__free(json);
    return texts;
}

/* --- Reading --- */

/* Counts go on from what a file says, so it may not say the largest number there is. */
#define MOST_COUNTED (INT64_MAX / 2)

/* The dictionary in the text that a key of the configuration holds: a new reference, or NULL. */
static json_t *parse_inner(const cornu__json_place *config, const char *key)
{
    cornu__json_place place = cornu__json_member(config, key);
    const char *text;
    if (cornu__json_get_string(&place, &text) != CORNU_OK)
        return NULL;
    json_t *inner = cornu__json_parse(key, text, strlen(text));
    if (inner && !json_is_object(inner)) {
        cornu__json_place root = cornu__json_root(key, inner);
        cornu__json_fail_kind(&root, "an object");
        json_decref(inner);
        inner = NULL;
    }
    return inner;
}

/* An index as a key: a decimal number as Python writes it. */
static cornu_status read_index(const cornu__json_place *place, const char *key, int64_t *index)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(key, &end, 10);
    bool plain = (key[0] >= '0' && key[0] <= '9') || (key[0] == '-' && key[1] >= '1' && key[1] <= '9');
    if (!plain || *end != '\0' || errno != 0 || value > INT32_MAX || value < INT32_MIN ||
        (key[0] == '0' && key[1] != '\0'))
        return cornu__json_fail(place, CORNU_ERROR_FORMAT, "the key is no index of a word");
    *index = value;
    return CORNU_OK;
}

/* Reads words, or indices, with numbers from `least` to `most`. */
static cornu_status read_numbers(json_t *object, const char *name, bool indexed, int64_t least, int64_t most,
                                 cornu__word_map *map)
{
    cornu__json_place root = cornu__json_root(name, object);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        cornu__json_place place = cornu__json_member(&root, key);
        int64_t number, index;
        cornu__word_entry *entry;
        CORNU_TRY(cornu__json_get_integer(&place, least, most, &number));
        if (indexed)
            CORNU_TRY(read_index(&place, key, &index));
        CORNU_TRY(cornu__word_map_add(map, key, strlen(key), &entry));
        entry->value = number;
    }
    return CORNU_OK;
}

static cornu_status read_index_word(json_t *object, cornu_tokenizer *self)
{
    cornu__json_place root = cornu__json_root("index_word", object);
    const char *key, *word;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        cornu__json_place place = cornu__json_member(&root, key);
        int64_t index;
        CORNU_TRY(read_index(&place, key, &index));
        CORNU_TRY(cornu__json_get_string(&place, &word));
        CORNU_TRY(cornu__tokenizer_name_index(self, index, word, strlen(word)));
    }
    return CORNU_OK;
}

static cornu_status read_maps(const cornu__json_place *config, cornu_tokenizer *self)
{
    const struct {
        const char *name;
        bool indexed;
        int64_t least, most;
        cornu__word_map *map; /* NULL: index_word */
    } maps[] = {{"word_counts", false, 0, MOST_COUNTED, &self->word_counts},
                {"word_docs", false, 0, MOST_COUNTED, &self->word_docs},
                {"index_docs", true, 0, MOST_COUNTED, &self->index_docs},
                {"word_index", false, 0, INT32_MAX, &self->word_index},
                {"index_word", true, 0, 0, NULL}};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        json_t *object = parse_inner(config, maps[i].name);
        if (!object)
            return cornu__fail_context("%s: config.%s", config->name, maps[i].name);
        cornu_status status =
            maps[i].map ? read_numbers(object, maps[i].name, maps[i].indexed, maps[i].least, maps[i].most, maps[i].map)
                        : read_index_word(object, self);
        json_decref(object);
        if (status != CORNU_OK)
            return cornu__fail_context("%s: config", config->name);
    }
    return CORNU_OK;
}

/* What is there, over Keras's defaults; null stands for none of num_words and oov_token. */
static cornu_status read_options(const cornu__json_place *config, cornu_tokenizer_options *options)
{
    static const char *const known[] = {"num_words",  "filters",    "lower",          "split",
                                        "char_level", "oov_token",  "document_count", "word_counts",
                                        "word_docs",  "index_docs", "index_word",     "word_index"};
    CORNU_TRY(cornu__json_refuse_others(config, known, sizeof known / sizeof known[0]));
    cornu__json_place place = cornu__json_member(config, "num_words");
    if (!cornu__json_is_none(&place))
        CORNU_TRY(cornu__json_get_integer(&place, 0, INT32_MAX, &options->num_words));
    place = cornu__json_member(config, "oov_token");
    if (!cornu__json_is_none(&place))
        CORNU_TRY(cornu__json_get_string(&place, &options->oov_token));
    place = cornu__json_member(config, "filters");
    if (place.value)
        CORNU_TRY(cornu__json_get_string(&place, &options->filters));
    place = cornu__json_member(config, "split");
    if (place.value)
        CORNU_TRY(cornu__json_get_string(&place, &options->split));
    place = cornu__json_member(config, "lower");
    if (place.value)
        CORNU_TRY(cornu__json_get_boolean(&place, &options->lower));
    place = cornu__json_member(config, "char_level");
    if (place.value)
        CORNU_TRY(cornu__json_get_boolean(&place, &options->char_level));
    place = cornu__json_member(config, "document_count");
    if (place.value)
        CORNU_TRY(cornu__json_get_integer(&place, 0, MOST_COUNTED, &options->document_count));
    return CORNU_OK;
}

static cornu_status read_config(const cornu__json_place *root, cornu_tokenizer **tokenizer)
{
    cornu__json_place config = cornu__json_member(root, "config"), name = cornu__json_member(root, "class_name");
    const char *class_name = "Tokenizer";
    size_t count;
    if (name.value)
        CORNU_TRY(cornu__json_get_string(&name, &class_name));
    if (strcmp(class_name, "Tokenizer") != 0)
        return cornu__json_fail(&name, CORNU_ERROR_FORMAT, "wanted 'Tokenizer', got '%.60s'", class_name);
    CORNU_TRY(cornu__json_expect_object(&config, &count));
    cornu_tokenizer_options options = {.struct_size = sizeof options, CORNU_TOKENIZER_DEFAULTS};
    CORNU_TRY(read_options(&config, &options));
    *tokenizer = cornu_tokenizer_create_with(&options);
    return *tokenizer ? read_maps(&config, *tokenizer) : cornu_error_status();
}

cornu_tokenizer *cornu_tokenizer_from_json(const char *json)
{
    if (!json)
        return cornu__fail_null(CORNU_ERROR_INVALID_ARGUMENT, "tokenizer_from_json: the JSON is NULL");
    json_t *document = cornu__json_parse("tokenizer", json, strlen(json));
    if (!document)
        return NULL;
    cornu__json_place root = cornu__json_root("tokenizer", document);
    cornu_tokenizer *tokenizer = NULL;
    if (read_config(&root, &tokenizer) != CORNU_OK) {
        cornu_tokenizer_release(tokenizer);
        tokenizer = NULL;
    }
    json_decref(document);
    return tokenizer;
}
