/* test_directory.c: a folder of classes is read as keras-preprocessing reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/folder.h"
#include "base/memory.h"
#include "data/directory.h"
#include "pictures.h"

static char tree[PATH_SIZE];
static json_t *golden;

static const char *text_at(const json_t *list, size_t i)
{
    return json_string_value(json_array_get(list, i));
}

static const char *below_tree(char out[2 * PATH_SIZE], const char *name)
{
    snprintf(out, 2 * PATH_SIZE, "%s/%s", tree, name);
    return out;
}

static int make_tree(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    golden = oracle_json("directory");
    scratch_path(tree, "tree");
    const json_t *files = json_object_get(golden, "files"), *links = json_object_get(golden, "links");
    for (size_t i = 0; i < json_array_size(files); i++) {
        assert_ok(cornu__folder_make_for(below_tree(path, text_at(files, i))));
        write_bytes(path, "", 0);
    }
    for (size_t i = 0; i < json_array_size(links); i++) {
        const json_t *link = json_array_get(links, i);
        assert_int_equal(symlink(text_at(link, 1), below_tree(path, text_at(link, 0))), 0);
    }
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    json_decref(golden);
    return remove_tree(tree);
}

static bool is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.");
}

#define MOST_CLASSES 8

static cornu__directory_options options_of(const json_t *one, const char *names[MOST_CLASSES])
{
    const json_t *given = json_object_get(one, "given");
    const char *subset = json_string_value(json_object_get(one, "subset"));
    cornu__directory_options options = {.follow_links = json_is_true(json_object_get(one, "follow_links")),
                                        .hidden = true,
                                        .validation_split =
                                            json_number_value(json_object_get(one, "validation_split"))};
    assert_ok(cornu__subset_named(subset, &options.subset));
    if (given) {
        options.class_count = json_array_size(given);
        options.classes = names;
        for (size_t i = 0; i < options.class_count; i++)
            names[i] = text_at(given, i);
    }
    return options;
}

static void expect_case(const json_t *one)
{
    const char *names[MOST_CLASSES];
    cornu__directory_options options = options_of(one, names);
    const json_t *filenames = json_object_get(one, "filenames"), *classes = json_object_get(one, "classes");
    const json_t *class_names = json_object_get(one, "class_names");
    cornu__directory found;
    assert_ok(cornu__directory_scan(&found, tree, &options));
    assert_int_equal(found.class_count, json_array_size(class_names));
    for (size_t i = 0; i < found.class_count; i++)
        assert_string_equal(found.class_names[i], text_at(class_names, i));
    for (size_t i = 0; i < found.count && i < json_array_size(filenames); i++) {
        assert_string_equal(found.filenames[i], text_at(filenames, i));
        assert_int_equal(found.classes[i], json_integer_value(json_array_get(classes, i)));
    }
    assert_int_equal(found.count, json_array_size(filenames));
    assert_int_equal(found.hidden, 0);
    cornu__directory_free(&found);
}

static void files_classes_and_splits_are_keras_s(void **state)
{
    (void)state;
    const json_t *cases = json_object_get(golden, "cases");
    assert_true(json_array_size(cases) >= 10);
    for (size_t i = 0; i < json_array_size(cases); i++)
        expect_case(json_array_get(cases, i));
}

static void what_begins_with_a_dot_is_passed_over_and_counted(void **state)
{
    (void)state;
    const json_t *filenames = json_object_get(json_array_get(json_object_get(golden, "cases"), 0), "filenames");
    cornu__directory_options options = {0};
    cornu__directory found;
    assert_ok(cornu__directory_scan(&found, tree, &options));
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(filenames); i++) {
        if (is_hidden(text_at(filenames, i)))
            continue;
        assert_true(count < found.count);
        assert_string_equal(found.filenames[count++], text_at(filenames, i));
    }
    assert_int_equal(found.count, count);
    assert_int_equal(found.hidden, 3); /* .hidden, .checkpoints, ._1.jpg */
    assert_int_equal(found.class_count, 6);
    assert_string_equal(found.class_names[4], "empty");
    assert_int_equal(cornu__directory_class_size(&found, 4), 0);
    assert_int_equal(cornu__directory_class_size(&found, 1), 2);
    cornu__directory_free(&found);
}

static void the_two_subsets_are_the_whole(void **state)
{
    (void)state;
    for (int percent = 1; percent < 100; percent += 7) {
        cornu__directory whole, parts[2];
        cornu__directory_options options = {.validation_split = percent / 100.0};
        assert_ok(cornu__directory_scan(&whole, tree, &options));
        options.subset = CORNU__SUBSET_TRAINING;
        assert_ok(cornu__directory_scan(&parts[0], tree, &options));
        options.subset = CORNU__SUBSET_VALIDATION;
        assert_ok(cornu__directory_scan(&parts[1], tree, &options));
        assert_int_equal(parts[0].count + parts[1].count, whole.count);
        for (size_t i = 0; i < whole.count; i++) {
            int times = 0;
            for (int part = 0; part < 2; part++) {
                for (size_t j = 0; j < parts[part].count; j++)
                    times += strcmp(parts[part].filenames[j], whole.filenames[i]) == 0;
            }
            assert_int_equal(times, 1);
        }
        cornu__directory_free(&whole);
        cornu__directory_free(&parts[0]);
        cornu__directory_free(&parts[1]);
    }
    size_t begin, end;
    cornu__subset_of_list(10, 0.25, CORNU__SUBSET_TRAINING, &begin, &end);
    assert_true(begin == 0 && end == 8);
    cornu__subset_of_list(10, 0.25, CORNU__SUBSET_VALIDATION, &begin, &end);
    assert_true(begin == 8 && end == 10);
}

static void links_in_a_circle_end(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    assert_int_equal(symlink("../..", below_tree(path, "cat/sub/back")), 0);
    assert_int_equal(symlink("../sub", below_tree(path, "cat/sub/again")), 0);
    cornu__directory_options options = {.follow_links = true};
    cornu__directory found;
    cornu_status status = cornu__directory_scan(&found, tree, &options);
    unlink(below_tree(path, "cat/sub/back"));
    unlink(below_tree(path, "cat/sub/again"));
    assert_ok(status);
    assert_true(found.count > 20 && found.count < 100);
    cornu__directory_free(&found);
}

static void refuse(const char *path, const cornu__directory_options *options, cornu_status status, const char *part)
{
    cornu__directory found;
    uint64_t live = cornu__allocation_live();
    assert_failed(cornu__directory_scan(&found, path, options), status, part);
    assert_int_equal(cornu__allocation_live(), live);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    static const char *const classes[] = {"cat", "lion"};
    cornu__directory_options plain = {0}, named = {.classes = classes, .class_count = 2};
    cornu__directory_options split = {.subset = CORNU__SUBSET_TRAINING, .validation_split = 1};
    refuse("/no/such/folder", &plain, CORNU_ERROR_IO, "/no/such/folder");
    refuse(below_tree(path, "empty"), &plain, CORNU_ERROR_DATA, "has no sub-folder");
    refuse(tree, &named, CORNU_ERROR_DATA, "class 'lion' has no folder");
    static const char *const twice[] = {"cat", "dog", "cat"};
    named = (cornu__directory_options){.classes = twice, .class_count = 3};
    refuse(tree, &named, CORNU_ERROR_INVALID_ARGUMENT, "class 'cat' is given twice");
    refuse(tree, &split, CORNU_ERROR_INVALID_ARGUMENT, "between 0 and 1, not 1");
    cornu__subset subset;
    assert_failed(cornu__subset_named("test", &subset), CORNU_ERROR_UNKNOWN_NAME, "no subset 'test'");
}

static void refused_memory_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    cornu__directory_options options = {.follow_links = true};
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    uint64_t live = cornu__allocation_live();
    for (uint64_t n = 1; status != CORNU_OK; n++) {
        cornu__directory found;
        cornu__allocation_fail_at(n);
        status = cornu__directory_scan(&found, tree, &options);
        cornu__allocation_fail_at(0);
        assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
        assert_true(n < 5000);
        if (status == CORNU_OK)
            cornu__directory_free(&found);
        assert_int_equal(cornu__allocation_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_classes_and_splits_are_keras_s),
        cmocka_unit_test(what_begins_with_a_dot_is_passed_over_and_counted),
        cmocka_unit_test(the_two_subsets_are_the_whole),
        cmocka_unit_test(links_in_a_circle_end),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(refused_memory_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_all);
}
