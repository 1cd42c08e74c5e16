/* Texts as datasets: folders as Keras reads them, lines, and texts as sequences of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "data/dataset_checks.h"
#include "data/oracle_values.h"

static char path[PATH_SIZE], folder[PATH_SIZE];

/* The folder of tests/oracle/text_folder.py. */
static void visit_folder(bool makes)
{
    static const struct {
        const char *name;
        int count;
    } classes[] = {{"b", 5}, {"a", 4}, {"c", 3}};
    char place[PATH_SIZE + 40];
    if (makes)
        mkdir(folder, 0777);
    for (size_t i = 0; i < 3; i++) {
        for (int step = 0; step < 2 && makes; step++) {
            snprintf(place, sizeof place, "%s/%s%s", folder, classes[i].name, step == 0 ? "" : "/more");
            assert_int_equal(mkdir(place, 0777), 0);
        }
        for (int number = 0; number < classes[i].count; number++) {
            char name[40];
            snprintf(name, sizeof name, "%s/%s%d.txt", classes[i].name, number == 1 ? "more/" : "", number);
            snprintf(place, sizeof place, "%s/%s", folder, name);
            if (makes)
                write_text(place, name);
            else
                unlink(place);
        }
        for (int step = 1; step >= 0 && !makes; step--) {
            snprintf(place, sizeof place, "%s/%s%s", folder, classes[i].name, step == 0 ? "" : "/more");
            rmdir(place);
        }
    }
    if (!makes)
        rmdir(folder);
}

static int set_up(void **state)
{
    (void)state;
    scratch_path(path, "text");
    scratch_path(folder, "texts");
    visit_folder(true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    visit_folder(false);
    return cornu__allocation_live() != 0;
}

/* --- Folders --- */

static cornu_dataset *open_case(const json_t *arguments)
{
    const json_t *names = json_object_get(arguments, "class_names");
    const char *class_names[8] = {NULL};
    for (size_t i = 0; i < json_array_size(names); i++)
        class_names[i] = json_string_value(json_array_get(names, i));
    const json_t *split = json_object_get(arguments, "validation_split");
    bool no_mode = json_is_null(json_object_get(arguments, "label_mode"));
    const json_t *labels = json_object_get(arguments, "labels");
    static int32_t numbers[20];
    for (size_t i = 0; i < json_array_size(labels); i++)
        numbers[i] = (int32_t)json_integer_value(json_array_get(labels, i));
    return cornu_text_dataset_from_directory(
        folder, .labels = json_is_null(labels) ? NULL : "inferred",
        .file_labels = json_is_array(labels) ? numbers : NULL, .file_label_count = (int64_t)json_array_size(labels),
        .label_mode = no_mode ? NULL : json_text_or(arguments, "label_mode", "int"),
        .class_names = names ? class_names : NULL, .max_length = json_number_or(arguments, "max_length", CORNU_NONE),
        .shuffle = json_truth_or(arguments, "shuffle", true), .seed = json_number_or(arguments, "seed", CORNU_NONE),
        .validation_split = split ? json_real_value(split) : 0, .subset = json_text_or(arguments, "subset", NULL));
}

static bool is_pair(const cornu_dataset *dataset, const cornu_sample *sample, const json_t *pair)
{
    const char *text = json_string_value(json_array_get(pair, 0));
    if (cornu_sample_size(sample, 0) != (int64_t)strlen(text) ||
        memcmp(cornu_sample_data(sample, 0), text, strlen(text)) != 0)
        return false;
    const json_t *label = json_array_get(pair, 1);
    if (json_is_null(label))
        return cornu_dataset_field_count(dataset) == 1;
    if (json_is_integer(label))
        return value_of(dataset, sample, "label", 0) == (double)json_integer_value(label);
    for (size_t i = 0; i < json_array_size(label); i++) {
        if (value_of(dataset, sample, "label", (int64_t)i) != json_real_value(json_array_get(label, i)))
            return false;
    }
    return true;
}

static void expect_case(const json_t *one)
{
    const json_t *arguments = json_object_get(one, "arguments"), *pairs = json_object_get(one, "pairs");
    bool in_order = !json_truth_or(arguments, "shuffle", true);
    cornu_dataset *dataset = made(open_case(arguments));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_count(dataset), json_array_size(pairs));
    for (int64_t i = 0; i < cornu_dataset_count(dataset); i++) {
        read_sample(dataset, i, sample);
        const char *name = cornu_dataset_sample_name(dataset, i);
        assert_int_equal(strncmp(name, folder, strlen(folder)), 0);
        bool cut = cornu_sample_size(sample, 0) < (int64_t)strlen(name + strlen(folder) + 1); /* max_length */
        assert_true(cut == (json_number_or(arguments, "max_length", CORNU_NONE) != CORNU_NONE));
        assert_memory_equal(name + strlen(folder) + 1, cornu_sample_data(sample, 0), cornu_sample_size(sample, 0));
        int64_t found = 0;
        for (size_t j = 0; j < json_array_size(pairs); j++)
            found += is_pair(dataset, sample, json_array_get(pairs, j)) && (!in_order || (int64_t)j == i);
        assert_int_equal(found, 1);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

static void a_folder_is_what_keras_makes_of_it(void **state)
{
    (void)state;
    json_t *values = oracle_json("text_folder"), *cases = json_object_get(values, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++)
        expect_case(json_array_get(cases, i));
    json_decref(values);
    cornu_dataset *dataset = made(cornu_text_dataset_from_directory(folder));
    assert_int_equal(cornu_dataset_field(dataset, 1)->num_classes, 3);
    assert_string_equal(cornu_dataset_field(dataset, 1)->class_names[1], "b");
    cornu_dataset_release(dataset);
    static const int32_t numbers[12] = {4, 7}, classes[12] = {1, 0, 1};
    dataset = made(cornu_text_dataset_from_directory(folder, .file_labels = numbers, .file_label_count = 12));
    assert_int_equal(cornu_dataset_field(dataset, 1)->num_classes, 0); /* 7 is the number of no class */
    cornu_dataset_release(dataset);
    dataset = made(cornu_text_dataset_from_directory(folder, .file_labels = classes, .file_label_count = 12));
    assert_int_equal(cornu_dataset_field(dataset, 1)->num_classes, 2);
    assert_string_equal(cornu_dataset_field(dataset, 1)->class_names[1], "1");
    cornu_dataset_release(dataset);
    dataset = made(cornu_dataset_open(folder));
    assert_int_equal(cornu_dataset_count(dataset), 12);
    cornu_dataset_release(dataset);
}

static void arguments_and_folders_that_are_wrong_are_refused(void **state)
{
    (void)state;
    expect_refusal(cornu_text_dataset_from_directory(folder, .label_mode = "catgorical"), "did you mean 'categorical'");
    expect_refusal(cornu_text_dataset_from_directory(folder, .label_mode = "binary"), "wants 2 classes");
    expect_refusal(cornu_text_dataset_from_directory(folder, .labels = "given"), "labels is 'given'");
    expect_refusal(cornu_text_dataset_from_directory(folder, .validation_split = 0.2), "go together");
    expect_refusal(cornu_text_dataset_from_directory(folder, .validation_split = 0.2, .subset = "training"),
                   "wants a seed");
    expect_refusal(cornu_text_dataset_from_directory(folder, .class_names = cornu_names("d")),
                   "class 'd' has no folder");
    static const int32_t numbers[12] = {0, 1, 3};
    expect_refusal(cornu_text_dataset_from_directory(folder, .file_labels = numbers, .file_label_count = 11),
                   "11 file_labels for the 12 files");
    expect_refusal(cornu_text_dataset_from_directory(folder, .file_labels = NULL, .file_label_count = 12),
                   "file_label_count is 12, but file_labels is NULL");
    expect_refusal(cornu_text_dataset_from_directory(folder, .file_labels = numbers, .file_label_count = 12,
                                                     .label_mode = "categorical"),
                   "3 different numbers from 0 to 3; label_mode 'categorical' wants those from 0 to 2");
    expect_refusal(cornu_text_dataset_from_directory(folder, .file_labels = numbers, .file_label_count = 12,
                                                     .class_names = cornu_names("a")),
                   "class_names");
    expect_refusal(cornu_text_dataset_from_directory(folder, .max_length = -5), "max_length is -5");
    expect_refusal(cornu_text_dataset_from_directory("/nowhere"), "/nowhere");
    expect_refusal(cornu_text_dataset_from_directory(NULL), "text_dataset_from_directory");
    cornu_dataset *dataset = made(cornu_text_dataset_from_directory(folder, .shuffle = false));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    char gone[PATH_SIZE + 10];
    snprintf(gone, sizeof gone, "%s/a/0.txt", folder);
    unlink(gone);
    assert_int_equal(cornu_dataset_read(dataset, 0, sample), CORNU_ERROR_IO);
    assert_non_null(strstr(cornu_error_message(), "a/0.txt"));
    char *large = malloc(300000);
    memset(large, 'x', 300000);
    write_bytes(gone, large, 300000);
    read_sample(dataset, 0, sample);
    expect_bytes(dataset, sample, "text", large, 300000);
    setenv("CORNU_MAX_READ_BYTES", "100000", 1);
    assert_int_equal(cornu_dataset_read(dataset, 0, sample), CORNU_ERROR_LIMIT);
    unsetenv("CORNU_MAX_READ_BYTES");
    free(large);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
}

/* --- Lines --- */

static void lines_are_samples(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBFone\r\n\ntwo\rthree\n\xff\0 \nlast";
    static const struct {
        const char *bytes;
        size_t size;
    } lines[] = {{"one", 3}, {"", 0}, {"two\rthree", 9}, {"\xff\0 ", 3}, {"last", 4}};
    for (int compressed = 0; compressed < 2; compressed++) {
        if (compressed)
            write_gzip(path, text, sizeof text - 1);
        else
            write_bytes(path, text, sizeof text - 1);
        cornu_dataset *dataset = made(cornu_lines_dataset(path));
        cornu_sample *sample = made(cornu_sample_create(dataset));
        assert_int_equal(cornu_dataset_count(dataset), 5);
        for (int i = 4; i >= 0; i--) {
            read_sample(dataset, i, sample);
            expect_bytes(dataset, sample, "text", lines[i].bytes, lines[i].size);
        }
        cornu_sample_release(sample);
        cornu_dataset_release(dataset);
    }
    write_bytes(path, "", 0);
    cornu_dataset *dataset = made(cornu_lines_dataset(path));
    assert_int_equal(cornu_dataset_count(dataset), 0);
    cornu_dataset_release(dataset);
    write_bytes(path, "a\n", 2);
    dataset = made(cornu_lines_dataset(path));
    assert_int_equal(cornu_dataset_count(dataset), 1);
    cornu_dataset_release(dataset);
    expect_refusal(cornu_lines_dataset("/"), "folder");
    FILE *file = fopen(path, "wb");
    static char piece[1 << 20];
    memset(piece, 'a', sizeof piece);
    for (int i = 0; i < 66; i++)
        fwrite(piece, 1, sizeof piece, file);
    fclose(file);
    expect_refusal(cornu_lines_dataset(path), "line 1: a line of more than");
}

/* --- Numbers --- */

static void texts_become_what_they_become_in_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {"The cat sat on the mat.", "the dog", "",
                                        "A cat, a dog & the \xC3\x96sterreicher!", "cat cat cat"};
    FILE *file = fopen(path, "wb");
    for (int i = 0; i < 5; i++)
        fprintf(file, "%s\n", texts[i]);
    fclose(file);
    cornu_dataset *lines = made(cornu_lines_dataset(path));
    cornu_tokenizer *wanted = made(cornu_tokenizer_create(.num_words = 6, .oov_token = "?"));
    cornu_tokenizer *tokenizer = made(cornu_tokenizer_create(.num_words = 6, .oov_token = "?"));
    assert_int_equal(cornu_tokenizer_fit_on_texts(wanted, 5, texts), CORNU_OK);
    assert_int_equal(cornu_tokenizer_fit_on_dataset(tokenizer, lines, "text"), CORNU_OK);
    cornu_texts *json = cornu_tokenizer_to_json(wanted), *got = cornu_tokenizer_to_json(tokenizer);
    assert_string_equal(json->text[0], got->text[0]);
    cornu_texts_release(json);
    cornu_texts_release(got);
    cornu_array *list = made(cornu_tokenizer_texts_to_sequences(wanted, 5, texts));
    for (int variant = 0; variant < 4; variant++) {
        const char *padding = variant % 2 ? "post" : "pre", *truncating = variant / 2 ? "post" : "pre";
        cornu_array *padded =
            made(cornu_pad_sequences(list, .maxlen = 4, .padding = padding, .truncating = truncating, .value = 9));
        cornu_dataset *dataset = made(cornu_texts_to_sequences_dataset(
            lines, "text", tokenizer, .maxlen = 4, .padding = padding, .truncating = truncating, .value = 9));
        cornu_array *loaded = made(cornu_dataset_load(dataset, 0, CORNU_NONE));
        const cornu_array *numbers = cornu_array_item_named(loaded, "text");
        assert_int_equal(cornu_array_count(numbers), 20);
        assert_memory_equal(cornu_array_data(numbers), cornu_array_data(padded), 20 * sizeof(int32_t));
        cornu_array_release(loaded);
        cornu_array_release(padded);
        cornu_dataset_release(dataset);
    }
    expect_refusal(cornu_texts_to_sequences_dataset(lines, "text", tokenizer), "maxlen has to be said");
    expect_refusal(cornu_texts_to_sequences_dataset(lines, "txt", tokenizer, .maxlen = 3), "did you mean 'text'");
    expect_refusal(cornu_texts_to_sequences_dataset(lines, "text", tokenizer, .maxlen = 3, .padding = "left"),
                   "padding is 'left'");
    cornu_array_release(list);
    cornu_tokenizer_release(wanted);
    cornu_tokenizer_release(tokenizer);
    cornu_dataset_release(lines);
    write_bytes(path, "ok\nno\0t\n\xff\n", 10);
    lines = made(cornu_lines_dataset(path));
    tokenizer = made(cornu_tokenizer_create());
    assert_int_equal(cornu_tokenizer_fit_on_dataset(tokenizer, lines, "text"), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "sample 1"));
    cornu_tokenizer_release(tokenizer);
    cornu_dataset_release(lines);
}

/* Messages of a table, and reviews of IMDB in an archive. */
static void messages_become_sequences_for_any_workers(void **state)
{
    (void)state;
    char file[PATH_SIZE];
    shared_data_path(file, "sms_spam/sms.tsv");
    cornu_dataset *messages = made(cornu_csv_dataset(file, .header = 0, .quotes = false));
    cornu_dataset *some = made(cornu_dataset_slice(messages, 0, 300));
    cornu_tokenizer *tokenizer = made(cornu_tokenizer_create(.num_words = 100));
    assert_int_equal(cornu_tokenizer_fit_on_dataset(tokenizer, some, "1"), CORNU_OK);
    cornu_dataset *numbers = made(cornu_texts_to_sequences_dataset(some, "1", tokenizer, .maxlen = 12));
    cornu_dataset *named = made(cornu_dataset_rename(numbers, cornu_names("y", "x")));
    expect_same_batches_for_any_workers(named, 12);
    cornu_dataset_release(named);
    cornu_dataset_release(numbers);
    cornu_tokenizer_release(tokenizer);
    cornu_dataset_release(some);
    cornu_dataset_release(messages);
    shared_data_path(file, "imdb_subset/aclImdb_subset.tar.gz");
    cornu_dataset *reviews = made(cornu_tar_dataset(file, .fields = cornu_names("txt", "__key__")));
    assert_true(cornu_dataset_count(reviews) > 1000);
    assert_false(cornu_dataset_random_access(reviews));
    cornu_dataset_release(reviews);
}

static bool make_and_read(void *argument)
{
    (void)argument;
    cornu_dataset *texts = cornu_text_dataset_from_directory(folder);
    cornu_tokenizer *tokenizer = texts ? cornu_tokenizer_create() : NULL;
    cornu_dataset *dataset = NULL;
    if (tokenizer && cornu_tokenizer_fit_on_dataset(tokenizer, texts, "text") == CORNU_OK)
        dataset = cornu_texts_to_sequences_dataset(texts, "text", tokenizer, .maxlen = 3);
    cornu_sample *sample = dataset ? cornu_sample_create(dataset) : NULL;
    bool done = sample && cornu_dataset_read(dataset, 2, sample) == CORNU_OK;
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    cornu_tokenizer_release(tokenizer);
    cornu_dataset_release(texts);
    return done;
}

static void memory_that_is_refused_is_told_of(void **state)
{
    (void)state;
    fail_every_allocation(make_and_read, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_what_keras_makes_of_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arguments_and_folders_that_are_wrong_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_are_samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(texts_become_what_they_become_in_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_become_sequences_for_any_workers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_that_is_refused_is_told_of, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
