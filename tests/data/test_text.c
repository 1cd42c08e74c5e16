/* test_text.c: words, hashes and the Tokenizer: what keras-preprocessing 1.1.2 gives (tests/oracle/preprocessing.py), bad input, memory that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/text.h>

#include "base/memory.h"
#include "data/oracle_values.h"
#include "data/words.h"

static json_t *golden;
static cornu_array *arrays;

static int open_values(void **state)
{
    (void)state;
    golden = oracle_json("preprocessing");
    arrays = oracle_arrays("preprocessing");
    return 0;
}

static int close_values(void **state)
{
    (void)state;
    json_decref(golden);
    cornu_array_release(arrays);
    return 0;
}

/* Golden texts as an array of strings; returns their number. */
static size_t texts_of(const json_t *list, const char **texts)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        texts[i] = json_string_value(json_array_get(list, i));
    return json_array_size(list);
}

static void assert_texts(cornu_texts *texts, const json_t *wanted)
{
    if (!texts)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(texts->count, json_array_size(wanted));
    for (size_t i = 0; i < texts->count; i++)
        assert_string_equal(texts->text[i], json_string_value(json_array_get(wanted, i)));
    cornu_texts_release(texts);
}

static void texts_are_cut_into_keras_s_words(void **state)
{
    (void)state;
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(golden, "words"), index, entry)
    {
        const json_t *options = json_object_get(entry, "options");
        assert_texts(cornu_text_to_word_sequence(json_text_or(entry, "text", ""),
                                                 .filters = json_text_or(options, "filters", CORNU_TEXT_FILTERS),
                                                 .lower = json_truth_or(options, "lower", true),
                                                 .split = json_text_or(options, "split", " ")),
                     json_object_get(entry, "words"));
    }
    assert_int_equal(index, 40);
}

static size_t encode(int32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0) | point);
    return size;
}

static void every_character_has_python_s_lower_case(void **state)
{
    (void)state;
    cornu_array *file = oracle_arrays("lowercase");
    const cornu_array *changed = cornu_array_item_named(file, "changed");
    const int32_t(*row)[3] = cornu_array_data(changed);
    int64_t rows = cornu_array_size(changed, 0), next = 0;
    assert_in_range(rows, 1300, 2000);
    for (int32_t point = 1; point < 0x110000; point++) {
        if (point >= 0xd800 && point < 0xe000)
            continue;
        char text[8] = "", wanted[16] = "";
        encode(point, text);
        if (next < rows && row[next][0] == point) {
            size_t length = encode(row[next][1], wanted);
            if (row[next][2] != 0)
                encode(row[next][2], wanted + length);
            next++;
        } else {
            memcpy(wanted, text, sizeof text);
        }
        cornu_texts *words = cornu_text_to_word_sequence(text, .filters = "", .split = "\x01");
        assert_non_null(words);
        assert_int_equal(words->count, point != 1);
        if (point != 1)
            assert_string_equal(words->text[0], wanted);
        cornu_texts_release(words);
    }
    assert_int_equal(next, rows);
    cornu_array_release(file);
}

static uint64_t length_hash(const char *word)
{
    return strlen(word);
}

static void hashes_are_keras_s_md5(void **state)
{
    (void)state;
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(golden, "hash"), index, entry)
    {
        const json_t *wanted = json_object_get(entry, "indices");
        const char *text = json_text_or(entry, "text", "");
        int64_t n = json_number_or(entry, "n", 0);
        cornu_array *both[] = {cornu_hashing_trick(text, n), cornu_one_hot(text, n)};
        for (int i = 0; i < 2; i++) {
            assert_non_null(both[i]);
            assert_int_equal(cornu_array_count(both[i]), json_array_size(wanted));
            for (size_t k = 0; k < json_array_size(wanted); k++)
                assert_int_equal((int64_t)cornu_array_get(both[i], (int64_t)k),
                                 json_integer_value(json_array_get(wanted, k)));
            cornu_array_release(both[i]);
        }
    }
    cornu_array *lengths = cornu_hashing_trick("a bb cccc", 4, .hash = length_hash);
    assert_int_equal(cornu_array_count(lengths), 3);
    assert_true(cornu_array_get(lengths, 0) == 2 && cornu_array_get(lengths, 1) == 3 &&
                cornu_array_get(lengths, 2) == 2);
    cornu_array_release(lengths);
}

/* --- Tokenizer --- */

static cornu_tokenizer *tokenizer_of(const json_t *options)
{
    return cornu_tokenizer_create(.num_words = json_number_or(options, "num_words", 0),
                                  .filters = json_text_or(options, "filters", CORNU_TEXT_FILTERS),
                                  .lower = json_truth_or(options, "lower", true),
                                  .split = json_text_or(options, "split", " "),
                                  .char_level = json_truth_or(options, "char_level", false),
                                  .oov_token = json_text_or(options, "oov_token", NULL));
}

static void assert_sequences(cornu_array *sequences, const json_t *wanted)
{
    if (!sequences)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_item_count(sequences), json_array_size(wanted));
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const cornu_array *item = cornu_array_item(sequences, i);
        const json_t *list = json_array_get(wanted, i);
        assert_int_equal(cornu_array_dtype(item), CORNU_INT32);
        assert_int_equal(cornu_array_count(item), json_array_size(list));
        for (size_t k = 0; k < json_array_size(list); k++)
            assert_int_equal((int64_t)cornu_array_get(item, (int64_t)k), json_integer_value(json_array_get(list, k)));
    }
}

static void assert_vocabulary(const cornu_tokenizer *tokenizer, const json_t *entry)
{
    size_t i;
    json_t *pair, *docs;
    const char *word;
    assert_int_equal(cornu_tokenizer_size(tokenizer), json_array_size(json_object_get(entry, "word_index")));
    json_array_foreach(json_object_get(entry, "word_index"), i, pair)
    {
        word = json_string_value(json_array_get(pair, 0));
        int64_t index = json_integer_value(json_array_get(pair, 1));
        assert_int_equal(cornu_tokenizer_word_index(tokenizer, word), index);
        assert_string_equal(cornu_tokenizer_index_word(tokenizer, index), word);
    }
    json_array_foreach(json_object_get(entry, "word_counts"), i, pair)
    {
        word = json_string_value(json_array_get(pair, 0));
        assert_int_equal(cornu_tokenizer_word_counts(tokenizer, word), json_integer_value(json_array_get(pair, 1)));
    }
    json_object_foreach(json_object_get(entry, "word_docs"), word, docs)
        assert_int_equal(cornu_tokenizer_word_docs(tokenizer, word), json_integer_value(docs));
}

static void assert_matrices(cornu_tokenizer *tokenizer, size_t index, const char **texts, const char **others)
{
    static const char *const modes[] = {"binary", "count", "tfidf", "freq"};
    const char *mixed[] = {texts[0], texts[1], others[0], others[1], others[2]};
    for (size_t i = 0; i < 4; i++)
        assert_oracle(cornu_tokenizer_texts_to_matrix(tokenizer, 5, mixed, modes[i]), arrays, 1e-6, "tokenizer.%zu.%s",
                      index, modes[i]);
}

static cornu_array *int32_array(int64_t count, const int32_t *values)
{
    return cornu_array_copy_of(CORNU_INT32, 1, &count, values);
}

static void fit_on_two_sequences(cornu_tokenizer *tokenizer)
{
    cornu_array *items[] = {int32_array(3, (int32_t[]){1, 2, 2}), int32_array(2, (int32_t[]){2, 77})};
    cornu_array *sequences = cornu_array_list(2, items);
    assert_int_equal(cornu_tokenizer_fit_on_sequences(tokenizer, sequences), CORNU_OK);
    cornu_array_release(sequences);
    cornu_array_release(items[0]);
    cornu_array_release(items[1]);
}

static void assert_back_to_texts(cornu_tokenizer *tokenizer, const json_t *entry)
{
    json_t *lists = json_deep_copy(json_object_get(entry, "sequences"));
    json_array_append_new(lists, json_pack("[i,i,i,i,i]", 1, 2, 3, 10000, 0));
    cornu_array *sequences = sequences_from_json(lists);
    assert_texts(cornu_tokenizer_sequences_to_texts(tokenizer, sequences), json_object_get(entry, "texts"));
    cornu_array_release(sequences);
    json_decref(lists);
}

static void assert_json(const cornu_tokenizer *tokenizer, const char *wanted)
{
    cornu_texts *json = cornu_tokenizer_to_json(tokenizer);
    assert_non_null(json);
    assert_int_equal(json->count, 1);
    assert_string_equal(json->text[0], wanted);
    cornu_texts_release(json);
}

/* All that is known of one tokenizer of Keras's. */
static void assert_tokenizer(const json_t *entry, size_t index)
{
    const char *texts[20], *others[20], *all[40];
    size_t count = texts_of(json_object_get(golden, "texts"), texts);
    size_t other_count = texts_of(json_object_get(golden, "others"), others);
    memcpy(all, texts, count * sizeof *all);
    memcpy(all + count, others, other_count * sizeof *all);
    cornu_tokenizer *tokenizer = tokenizer_of(json_object_get(entry, "options"));
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 5, texts), CORNU_OK);
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, count - 5, texts + 5), CORNU_OK);
    assert_int_equal(cornu_tokenizer_document_count(tokenizer), count);
    assert_vocabulary(tokenizer, entry);
    cornu_array *sequences = cornu_tokenizer_texts_to_sequences(tokenizer, count + other_count, all);
    assert_sequences(sequences, json_object_get(entry, "sequences"));
    cornu_array_release(sequences);
    assert_back_to_texts(tokenizer, entry);
    assert_matrices(tokenizer, index, texts, others);
    fit_on_two_sequences(tokenizer);
    assert_oracle(cornu_tokenizer_texts_to_matrix(tokenizer, other_count, others, "tfidf"), arrays, 1e-6,
                  "tokenizer.%zu.refitted", index);
    const char *json = json_text_or(entry, "json", "");
    assert_json(tokenizer, json);
    cornu_tokenizer *read = cornu_tokenizer_from_json(json);
    if (!read)
        fail_msg("%s", cornu_error_message());
    assert_json(read, json);
    assert_vocabulary(read, entry);
    assert_oracle(cornu_tokenizer_texts_to_matrix(read, other_count, others, "tfidf"), arrays, 1e-6,
                  "tokenizer.%zu.refitted", index);
    cornu_tokenizer_release(read);
    cornu_tokenizer_release(tokenizer);
}

static void tokenizers_are_keras_s(void **state)
{
    (void)state;
    size_t index;
    json_t *entry;
    json_array_foreach(json_object_get(golden, "tokenizers"), index, entry) assert_tokenizer(entry, index);
    assert_int_equal(index, 8);
}

static void a_large_vocabulary_keeps_its_order(void **state)
{
    (void)state;
    enum { WORDS = 20000 };
    static char text[WORDS * 8];
    size_t length = 0;
    for (int i = 0; i < WORDS; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "w%d ", i);
    cornu_tokenizer *tokenizer = cornu_tokenizer_create();
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 1, (const char *[]){text}), CORNU_OK);
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 1, (const char *[]){"w19999"}), CORNU_OK);
    assert_int_equal(cornu_tokenizer_size(tokenizer), WORDS);
    assert_int_equal(cornu_tokenizer_word_index(tokenizer, "w19999"), 1);
    assert_int_equal(cornu_tokenizer_word_docs(tokenizer, "w19999"), 2);
    for (int i = 0; i < WORDS - 1; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        assert_int_equal(cornu_tokenizer_word_index(tokenizer, word), i + 2);
    }
    cornu_tokenizer_release(tokenizer);
}

static void a_padding_word_may_have_index_0(void **state)
{
    (void)state;
    cornu_tokenizer *tokenizer = cornu_tokenizer_from_json(
        "{\"class_name\": \"Tokenizer\", \"config\": {\"word_counts\": \"{}\", \"word_docs\": \"{}\", \"index_docs\": "
        "\"{}\", \"index_word\": \"{\\\"0\\\": \\\"<pad>\\\", \\\"1\\\": \\\"a\\\"}\", \"word_index\": "
        "\"{\\\"a\\\": 1, \\\"<pad>\\\": 0}\", \"filters\": \"\"}}");
    assert_non_null(tokenizer);
    cornu_array *sequences = cornu_tokenizer_texts_to_sequences(tokenizer, 1, (const char *[]){"a <pad> b"});
    assert_int_equal(cornu_array_count(cornu_array_item(sequences, 0)), 2);
    assert_true(cornu_array_get(cornu_array_item(sequences, 0), 0) == 1);
    assert_true(cornu_array_get(cornu_array_item(sequences, 0), 1) == 0);
    cornu_texts *texts = cornu_tokenizer_sequences_to_texts(tokenizer, sequences);
    assert_string_equal(texts->text[0], "a <pad>");
    cornu_texts_release(texts);
    cornu_array_release(sequences);
    cornu_tokenizer_release(tokenizer);
}

/* --- Bad input --- */

static void bad_texts_are_refused_with_their_place(void **state)
{
    (void)state;
    assert_failed(cornu_text_to_word_sequence(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_text_to_word_sequence("a", .split = ""), CORNU_ERROR_INVALID_ARGUMENT, "split is empty");
    assert_failed(cornu_text_to_word_sequence("a", .split = NULL), CORNU_ERROR_INVALID_ARGUMENT, "split is NULL");
    assert_failed(cornu_text_to_word_sequence("a", .filters = "\xff"), CORNU_ERROR_DATA, "filters");
    const char *const broken[] = {"ab\xff", "ab\xc3", "ab\xed\xa0\x80", "ab\xc0\xaf", "ab\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_failed(cornu_text_to_word_sequence(broken[i]), CORNU_ERROR_DATA, "byte 2");
    assert_failed(cornu_hashing_trick("a", 1), CORNU_ERROR_INVALID_ARGUMENT, "n is 1");
    assert_failed(cornu_one_hot("a", (int64_t)1 << 31), CORNU_ERROR_INVALID_ARGUMENT, "n is 2147483648");
    assert_failed(cornu_hashing_trick("a", 9, .hash_function = "sha"), CORNU_ERROR_INVALID_ARGUMENT, "md5");
    assert_failed(cornu_tokenizer_create(.num_words = -1), CORNU_ERROR_INVALID_ARGUMENT, "num_words is -1");
    assert_failed(cornu_tokenizer_create(.document_count = -1), CORNU_ERROR_INVALID_ARGUMENT, "document_count");
}

static void a_tokenizer_refuses_what_it_cannot_take(void **state)
{
    (void)state;
    cornu_tokenizer *tokenizer = cornu_tokenizer_create();
    cornu_array *none = cornu_array_list(0, NULL), *negative = int32_array(2, (int32_t[]){1, -1});
    cornu_array *list = cornu_array_list(1, &negative);
    assert_failed(cornu_tokenizer_sequences_to_matrix(tokenizer, none, "binary"), CORNU_ERROR_STATE, "num_words");
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 2, (const char *[]){"a", "\xfe"}), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "text 1"));
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 1, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_tokenizer_fit_on_texts(NULL, 0, NULL), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_tokenizer_fit_on_texts(tokenizer, 1, (const char *[]){"a b"}), CORNU_OK);
    assert_failed(cornu_tokenizer_sequences_to_matrix(tokenizer, list, "binery"), CORNU_ERROR_INVALID_ARGUMENT,
                  "was \"binary\" meant");
    assert_failed(cornu_tokenizer_sequences_to_matrix(tokenizer, list, NULL), CORNU_ERROR_INVALID_ARGUMENT, "mode");
    assert_failed(cornu_tokenizer_sequences_to_matrix(tokenizer, list, "count"), CORNU_ERROR_INVALID_ARGUMENT, "-1");
    assert_failed(cornu_tokenizer_sequences_to_matrix(tokenizer, negative, "count"), CORNU_ERROR_SHAPE, "axes");
    assert_failed(cornu_tokenizer_texts_to_sequences(tokenizer, 1, (const char *[]){NULL}),
                  CORNU_ERROR_INVALID_ARGUMENT, "text 0");
    assert_failed(cornu_tokenizer_sequences_to_texts(tokenizer, NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_tokenizer_to_json(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    cornu_tokenizer *untrained = cornu_tokenizer_create(.num_words = 2147483647);
    assert_failed(cornu_tokenizer_sequences_to_matrix(untrained, none, "tfidf"), CORNU_ERROR_STATE, "fitted");
    cornu_tokenizer_release(untrained);
    cornu_array_release(list);
    cornu_array_release(negative);
    cornu_array_release(none);
    cornu_tokenizer_release(tokenizer);
}

static void damaged_json_is_refused_or_whole(void **state)
{
    (void)state;
    const char *json = json_text_or(json_array_get(json_object_get(golden, "tokenizers"), 3), "json", "");
    size_t length = strlen(json);
    char *damaged = cornu__alloc(length + 1);
    uint64_t live = cornu__allocation_live();
    for (size_t cut = 0; cut < length; cut += 37) {
        memcpy(damaged, json, cut);
        damaged[cut] = '\0';
        assert_null(cornu_tokenizer_from_json(damaged));
        assert_int_equal(cornu__allocation_live(), live);
    }
    memcpy(damaged, json, length + 1);
    for (size_t at = 0; at < length; at++) {
        static const char bytes[] = "\"{}0-9,:\\\xff";
        char kept = damaged[at];
        damaged[at] = bytes[at % (sizeof bytes - 1)];
        cornu_tokenizer_release(cornu_tokenizer_from_json(damaged));
        damaged[at] = kept;
        assert_int_equal(cornu__allocation_live(), live);
    }
    cornu__free(damaged);
}

static void json_that_is_no_tokenizer_says_where(void **state)
{
    (void)state;
#define JSON_START "{\"config\": {\"word_counts\": \"{}\", \"word_docs\": \"{}\", \"index_docs\": "
    assert_failed(cornu_tokenizer_from_json(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    assert_failed(cornu_tokenizer_from_json("[]"), CORNU_ERROR_FORMAT, "config");
    assert_failed(cornu_tokenizer_from_json("{\"class_name\": \"Model\", \"config\": {}}"), CORNU_ERROR_FORMAT,
                  "Tokenizer");
    assert_failed(cornu_tokenizer_from_json("{\"config\": {}}"), CORNU_ERROR_FORMAT, "word_counts");
    assert_failed(cornu_tokenizer_from_json("{\"config\": {\"num_word\": 3}}"), CORNU_ERROR_UNKNOWN_NAME, "num_words");
    assert_failed(cornu_tokenizer_from_json("{\"config\": {\"num_words\": -3}}"), CORNU_ERROR_INVALID_ARGUMENT, "-3");
    assert_failed(cornu_tokenizer_from_json(JSON_START "\"{\\\"x\\\": 1}\"}}"), CORNU_ERROR_FORMAT, "index_docs: x");
    assert_failed(cornu_tokenizer_from_json(JSON_START "\"{\\\"1\\\": 9223372036854775807}\"}}"),
                  CORNU_ERROR_INVALID_ARGUMENT, "9223372036854775807");
    assert_failed(cornu_tokenizer_from_json(JSON_START "\"[]\"}}"), CORNU_ERROR_FORMAT, "index_docs");
    assert_failed(cornu_tokenizer_from_json(JSON_START "\"{\\\"99999999999\\\": 1}\"}}"), CORNU_ERROR_FORMAT, "index");
}

static bool use_all(void *argument)
{
    static const char *const texts[] = {"The d\u00f6g \u0130s", "the fox", "unk"};
    const char *json = argument;
    cornu_tokenizer *tokenizer = cornu_tokenizer_from_json(json);
    cornu_texts *words = tokenizer ? cornu_text_to_word_sequence(texts[0]) : NULL, *back = NULL, *written = NULL;
    cornu_array *hashes = words ? cornu_hashing_trick(texts[0], 9) : NULL, *sequences = NULL, *matrix = NULL;
    if (hashes && cornu_tokenizer_fit_on_texts(tokenizer, 3, texts) == CORNU_OK)
        sequences = cornu_tokenizer_texts_to_sequences(tokenizer, 3, texts);
    if (sequences && cornu_tokenizer_fit_on_sequences(tokenizer, sequences) == CORNU_OK)
        matrix = cornu_tokenizer_sequences_to_matrix(tokenizer, sequences, "tfidf");
    back = matrix ? cornu_tokenizer_sequences_to_texts(tokenizer, sequences) : NULL;
    written = back ? cornu_tokenizer_to_json(tokenizer) : NULL;
    bool done = written != NULL;
    cornu_texts_release(written);
    cornu_texts_release(back);
    cornu_texts_release(words);
    cornu_array_release(matrix);
    cornu_array_release(sequences);
    cornu_array_release(hashes);
    cornu_tokenizer_release(tokenizer);
    return done;
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    const char *json = json_text_or(json_array_get(json_object_get(golden, "tokenizers"), 3), "json", "");
    fail_every_allocation(use_all, (void *)(uintptr_t)json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_into_keras_s_words),
        cmocka_unit_test(every_character_has_python_s_lower_case),
        cmocka_unit_test(hashes_are_keras_s_md5),
        cmocka_unit_test(tokenizers_are_keras_s),
        cmocka_unit_test(a_large_vocabulary_keeps_its_order),
        cmocka_unit_test(a_padding_word_may_have_index_0),
        cmocka_unit_test(bad_texts_are_refused_with_their_place),
        cmocka_unit_test(a_tokenizer_refuses_what_it_cannot_take),
        cmocka_unit_test(damaged_json_is_refused_or_whole),
        cmocka_unit_test(json_that_is_no_tokenizer_says_where),
        cmocka_unit_test(memory_may_end_anywhere),
    };
    return cmocka_run_group_tests(tests, open_values, close_values);
}
