/* image_dataset_from_directory: the files, labels, subsets and pixels of real Keras 3 (tests/oracle/image_dataset.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "image/flow_files.h"

static char folder[PATH_SIZE];
static json_t *facts;
static cornu_array *golden;

static void make_folders(char *path)
{
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

/* PNG files, whatever their names say. */
static void paint(const char *name, int number)
{
    char path[3 * PATH_SIZE], temporary[3 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    make_folders(path);
    snprintf(temporary, sizeof temporary, "%s/painted.png", folder);
    paint_file(temporary, number);
    assert_int_equal(rename(temporary, path), 0);
}

static int open_folder(void **state)
{
    (void)state;
    size_t i;
    json_t *name;
    char path[2 * PATH_SIZE];
    scratch_path(folder, "dataset");
    mkdir(folder, 0700);
    facts = oracle_json("image_dataset");
    golden = oracle_arrays("image_dataset");
    json_array_foreach(json_object_get(facts, "files"), i, name) paint(json_string_value(name), (int)i);
    paint(".hidden/0.png", 3);
    snprintf(path, sizeof path, "%s/empty", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/ant/notes.txt", folder);
    write_bytes(path, "", 0);
    return facts && golden ? 0 : 1;
}

static int close_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    json_decref(facts);
    cornu_array_release(golden);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

/* --- against Keras --- */

static void assert_same(const char *name, const cornu_array *got)
{
    const cornu_array *wanted = cornu_array_item_named(golden, name);
    assert_true((got == NULL) == (wanted == NULL));
    if (!got)
        return;
    assert_int_equal(cornu_array_dtype(got), cornu_array_dtype(wanted));
    assert_int_equal(cornu_array_rank(got), cornu_array_rank(wanted));
    assert_memory_equal(cornu_array_shape(got), cornu_array_shape(wanted),
                        (size_t)cornu_array_rank(got) * sizeof(int64_t));
    for (int64_t i = 0; i < cornu_array_count(got); i++)
        if (fabs(cornu_array_get(got, i) - cornu_array_get(wanted, i)) > 1e-3)
            fail_msg("%s, element %lld: %g, wanted %g", name, (long long)i, cornu_array_get(got, i),
                     cornu_array_get(wanted, i));
}

/* The files and class names of a case; releases `files`. */
static void assert_files(const char *name, cornu_sequence *files)
{
    size_t i;
    json_t *text;
    assert_made(files);
    const json_t *fact = json_object_get(facts, name), *names = json_object_get(fact, "class_names"),
                 *paths = json_object_get(fact, "paths");
    assert_int_equal(cornu_flow_num_classes(files), json_array_size(names));
    json_array_foreach(names, i, text)
        assert_string_equal(cornu_flow_class_name(files, (int)i), json_string_value(text));
    assert_int_equal(cornu_flow_samples(files), json_array_size(paths));
    json_array_foreach(paths, i, text)
        assert_string_equal(cornu_flow_filename(files, (int64_t)i), json_string_value(text));
    cornu_sequence_release(files);
}

/* And its batches. */
static void assert_case(const char *name, cornu_sequence *files)
{
    char part[100];
    assert_made(files);
    for (int64_t batch = 0; batch < cornu_sequence_length(files); batch++) {
        cornu_batch got = get_batch(files, batch);
        snprintf(part, sizeof part, "%s.%d.x", name, (int)batch);
        assert_same(part, got.x);
        snprintf(part, sizeof part, "%s.%d.y", name, (int)batch);
        assert_same(part, got.y);
        cornu_batch_clear(&got);
    }
    assert_files(name, files);
}

#define SMALL .image_size = cornu_pair(6, 7), .batch_size = 5
#define IN_ORDER SMALL, .shuffle = false

static void files_labels_and_pixels_are_kerass(void **state)
{
    (void)state;
    static const int32_t labels[] = {5, 2, 2, 9, 5, 2, 2, 9, 5, 2, 2, 9, 5, 2};
    assert_case("plain", cornu_image_dataset_from_directory(folder, IN_ORDER));
    assert_case("categorical",
                cornu_image_dataset_from_directory(folder, IN_ORDER, .label_mode = "categorical",
                                                   .interpolation = "bicubic", .crop_to_aspect_ratio = true));
    assert_case("binary", cornu_image_dataset_from_directory(folder, IN_ORDER, .label_mode = "binary",
                                                             .class_names = cornu_names("cow", "ant"),
                                                             .pad_to_aspect_ratio = true));
    assert_case("area",
                cornu_image_dataset_from_directory(folder, IN_ORDER, .label_mode = NULL, .interpolation = "area",
                                                   .color_mode = "rgba", .data_format = "channels_first"));
    assert_case("whole",
                cornu_image_dataset_from_directory(folder, IN_ORDER, .labels = NULL, .interpolation = "nearest"));
    assert_case("given",
                cornu_image_dataset_from_directory(folder, IN_ORDER, .file_labels = labels, .file_label_count = 14));
}

static void the_subsets_are_kerass_for_the_same_seed(void **state)
{
    (void)state;
    assert_files("shuffled", cornu_image_dataset_from_directory(folder, SMALL, .seed = 7));
    assert_files("training", cornu_image_dataset_from_directory(folder, SMALL, .seed = 3, .validation_split = 0.3,
                                                                .subset = "training"));
    assert_files("validation", cornu_image_dataset_from_directory(folder, SMALL, .seed = 3, .validation_split = 0.3,
                                                                  .subset = "validation"));
    assert_files("training_in_order",
                 cornu_image_dataset_from_directory(folder, IN_ORDER, .validation_split = 0.3, .subset = "training"));
    assert_files("validation_in_order",
                 cornu_image_dataset_from_directory(folder, IN_ORDER, .validation_split = 0.3, .subset = "validation"));
}

/* --- what is not Keras's --- */

static void each_label_belongs_to_its_file(void **state)
{
    (void)state;
    cornu_sequence *files = cornu_image_dataset_from_directory(folder, SMALL, .seed = 3);
    assert_made(files);
    for (int64_t batch = 0; batch < cornu_sequence_length(files); batch++) {
        cornu_batch got = get_batch(files, batch);
        cornu_array *samples = cornu_flow_batch_samples(files, batch);
        for (int64_t i = 0; i < cornu_array_size(samples, 0); i++) {
            int64_t sample = (int64_t)cornu_array_get(samples, i);
            const char *name = cornu_flow_class_name(files, (int)cornu_array_get(got.y, i));
            assert_int_equal(strncmp(name, cornu_flow_filename(files, sample), strlen(name)), 0);
            assert_int_equal(cornu_flow_class_of(files, sample), (int)cornu_array_get(got.y, i));
        }
        cornu_array_release(samples);
        cornu_batch_clear(&got);
    }
    cornu_sequence_release(files);
}

static void without_a_batch_size_there_are_single_samples(void **state)
{
    (void)state;
    cornu_sequence *files =
        cornu_image_dataset_from_directory(folder, .image_size = cornu_pair(6, 7), .batch_size = CORNU_NONE,
                                           .shuffle = false, .label_mode = "categorical");
    assert_made(files);
    assert_int_equal(cornu_sequence_length(files), 14);
    cornu_batch sample = get_batch(files, 4);
    assert_int_equal(cornu_array_rank(sample.x), 3);
    assert_int_equal(cornu_array_rank(sample.y), 1);
    assert_true(cornu_array_get(sample.y, 1) == 1);
    assert_int_equal(cornu_array_rank(sample.samples), 0);
    assert_true(cornu_array_get(sample.samples, 0) == 4);
    cornu_batch_clear(&sample);
    cornu_sequence_release(files);
}

static void assert_refused(cornu_sequence *files, const char *words)
{
    assert_null(files);
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
}

static void wrong_arguments_are_refused_with_what_was_wanted(void **state)
{
    (void)state;
    static const int32_t labels[] = {1, 2};
    assert_refused(cornu_image_dataset_from_directory(folder, .label_mode = "categorial"),
                   "did you mean 'categorical'");
    assert_refused(cornu_image_dataset_from_directory(folder, .labels = "none"), "file_labels");
    assert_refused(cornu_image_dataset_from_directory(folder, .label_mode = "binary"), "wants 2 classes");
    assert_refused(cornu_image_dataset_from_directory(folder, .interpolation = "linear"), "bilinear");
    assert_refused(cornu_image_dataset_from_directory(folder, .validation_split = 0.2), "go together");
    assert_refused(cornu_image_dataset_from_directory(folder, .validation_split = 0.2, .subset = "training"), "seed");
    assert_refused(
        cornu_image_dataset_from_directory(folder, .validation_split = 0.01, .subset = "validation", .seed = 1),
        "no pictures");
    assert_refused(cornu_image_dataset_from_directory(folder, .class_names = cornu_names("dog")), "dog");
    assert_refused(cornu_image_dataset_from_directory(folder, .labels = NULL, .class_names = cornu_names("ant")),
                   "class_names");
    assert_refused(
        cornu_image_dataset_from_directory(folder, .crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true),
        "exclude each other");
    assert_refused(cornu_image_dataset_from_directory(folder, .file_labels = NULL, .file_label_count = 2),
                   "file_label_count is 2, but file_labels is NULL");
    assert_refused(cornu_image_dataset_from_directory(folder, .file_labels = labels, .file_label_count = 2),
                   "2 file_labels for the 14 files");
    assert_refused(cornu_image_dataset_from_directory("/nowhere/at/all"), "/nowhere/at/all");
}

static void bad_files_are_left_out_where_that_is_asked_for(void **state)
{
    (void)state;
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/bee/broken.png", folder);
    write_bytes(path, "no picture", 10);
    cornu_sequence *files =
        cornu_image_dataset_from_directory(folder, IN_ORDER, .class_names = cornu_names("bee"), .bad_files = "skip");
    assert_made(files);
    for (int64_t batch = 0; batch < 2; batch++) {
        cornu_batch got = get_batch(files, batch);
        cornu_batch_clear(&got);
    }
    assert_int_equal(cornu_flow_bad_file_count(files), 1);
    assert_non_null(strstr(cornu_flow_bad_file(files, 0), "broken.png"));
    cornu_sequence_release(files);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_labels_and_pixels_are_kerass),
        cmocka_unit_test(the_subsets_are_kerass_for_the_same_seed),
        cmocka_unit_test(each_label_belongs_to_its_file),
        cmocka_unit_test(without_a_batch_size_there_are_single_samples),
        cmocka_unit_test(wrong_arguments_are_refused_with_what_was_wanted),
        cmocka_unit_test(bad_files_are_left_out_where_that_is_asked_for),
    };
    return cmocka_run_group_tests_name("image_dataset_from_directory", tests, open_folder, close_folder);
}
