/* The names of classes: taken from the data, kept in the model's file, and compared with those of other data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/dataset.h>
#include <cornu/flow.h>
#include <cornu/image.h>
#include <cornu/saving.h>

#include "base/folder.h"
#include "model/model.h"
#include "train/scripted.h"

/* A folder below the test's with two pictures of each class. */
static cornu_sequence *pictures_of(const scripted *test, const char *name, const char *const *classes,
                                   const char *class_mode)
{
    char path[4400];
    for (int i = 0; classes[i]; i++) {
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "%s/%s/%s/%d.png", test->folder, name, classes[i], k);
            assert_int_equal(cornu__folder_make_for(path), CORNU_OK);
            cornu_array *picture = cornu_array_zeros(CORNU_UINT8, 3, (int64_t[]){4, 4, 3});
            assert_non_null(picture);
            assert_int_equal(cornu_save_img(path, picture), CORNU_OK);
            cornu_array_release(picture);
        }
    }
    snprintf(path, sizeof path, "%s/%s", test->folder, name);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_sequence *pictures =
        cornu_flow_from_directory(generator, path, .target_size = cornu_pair(4, 4), .class_mode = class_mode);
    cornu_image_data_generator_release(generator);
    assert_non_null(pictures);
    return pictures;
}

static cornu_model *picture_model(int units)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_flatten(.input_shape = {4, 4, 3}));
    cornu_add(model, cornu_dense(units, .activation = "softmax"));
    assert_int_equal(cornu_compile(model, .loss = "sparse_categorical_crossentropy"), CORNU_OK);
    return model;
}

static void train(cornu_model *model, cornu_sequence *pictures)
{
    cornu_history *history = cornu_fit_generator(model, pictures, .verbose = 0);
    if (!history)
        print_message("%s\n", cornu_error_message());
    assert_non_null(history);
    cornu_history_release(history);
}

static void assert_knows(const cornu_model *model, const char *const *names)
{
    int count = 0;
    for (; names[count]; count++)
        assert_string_equal(cornu_model_class_name(model, count), names[count]);
    assert_int_equal(cornu_model_class_count(model), count);
    assert_null(cornu_model_class_name(model, count));
    assert_null(cornu_model_class_name(model, -1));
}

static const char *const ant_bee[] = {"ant", "bee", NULL}, *const ant_cow[] = {"ant", "cow", NULL},
                         *const ant_bee_cow[] = {"ant", "bee", "cow", NULL};

static void a_model_learns_the_names_with_the_classes(void **state)
{
    cornu_model *model = picture_model(2);
    cornu_sequence *pictures = pictures_of(*state, "a", ant_bee, "sparse");
    assert_int_equal(cornu_model_class_count(model), 0);
    train(model, pictures);
    assert_knows(model, ant_bee);
    train(model, pictures);
    cornu_sequence_release(pictures);
    assert_knows(model, ant_bee);
    cornu_model_release(model);
}

static void files_keep_the_names(void **state)
{
    static const char *const odd[] = {"a \"b\", c", "\xc3\xa9t\xc3\xa9", "", NULL};
    static const char *const endings[] = {"model.keras", "model.h5"};
    for (int i = 0; i < 2; i++) {
        const char *path = scripted_path(*state, endings[i]);
        cornu_model *model = picture_model(3);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model *without = cornu_load_model(path);
        assert_non_null(without);
        assert_int_equal(cornu_model_class_count(without), 0);
        assert_int_equal(cornu_model_set_class_names(model, odd, 3), CORNU_OK);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model *again = cornu_load_model(path);
        assert_non_null(again);
        assert_knows(again, odd);
        cornu_model_release(without);
        cornu_model_release(again);
        cornu_model_release(model);
    }
}

static void assert_refused(const char *first, const char *second)
{
    assert_int_equal(cornu_error_status(), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), first));
    assert_non_null(strstr(cornu_error_message(), second));
}

static void data_with_other_classes_are_refused_with_the_difference(void **state)
{
    cornu_model *model = picture_model(3);
    cornu_sequence *known = pictures_of(*state, "a", ant_bee, "sparse"),
                   *other = pictures_of(*state, "b", ant_cow, "sparse"),
                   *more = pictures_of(*state, "c", ant_bee_cow, "sparse"),
                   *unlabelled = pictures_of(*state, "d", ant_cow, "none");
    train(model, known);
    assert_null(cornu_fit_generator(model, other, .verbose = 0));
    assert_refused("fit_generator: class 1 of the data is 'cow'", "the model has learned it as 'bee'");
    assert_int_equal(cornu_evaluate_generator(model, other, NULL, .verbose = 0), CORNU_ERROR_DATA);
    assert_refused("evaluate_generator: class 1", "'bee'");
    assert_int_equal(cornu_evaluate_generator(model, more, NULL, .verbose = 0), CORNU_ERROR_DATA);
    assert_refused("the data have 3 classes, and the model has learned 2", "'cow' is one too many");
    assert_null(cornu_fit_generator(model, known, .validation_data = {.generator = other}, .verbose = 0));
    assert_refused("validation_data", "'cow'");
    cornu_array *outputs = cornu_predict_generator(model, unlabelled, .verbose = 0);
    assert_non_null(outputs);
    cornu_array_release(outputs);
    assert_int_equal(cornu_model_set_class_names(model, NULL, 0), CORNU_OK);
    train(model, other);
    assert_knows(model, ant_cow);
    cornu_sequence_release(known);
    cornu_sequence_release(other);
    cornu_sequence_release(more);
    cornu_sequence_release(unlabelled);
    cornu_model_release(model);
}

static cornu_status read_vector(void *state, int64_t index, cornu_sample *sample)
{
    (void)state;
    memset(cornu_sample_data(sample, 0), 0, 48 * sizeof(float));
    *(int32_t *)cornu_sample_data(sample, 1) = (int32_t)(index % 2);
    return CORNU_OK;
}

static cornu_sequence *dataset_of(const char *const *classes)
{
    int64_t count = 0;
    while (classes[count])
        count++;
    const cornu_field fields[] = {
        {.name = "x", .rank = 3, .shape = {4, 4, 3}},
        {.name = "y", .dtype = CORNU_INT32, .num_classes = count, .class_names = classes},
    };
    cornu_dataset *dataset =
        cornu_dataset_create(.count = 6, .fields = fields, .field_count = 2, .read = read_vector, .thread_safe = true);
    cornu_sequence *batches = cornu_dataset_sequence(dataset);
    cornu_dataset_release(dataset);
    assert_non_null(batches);
    return batches;
}

static void datasets_are_learned_from_and_refused_likewise(void **state)
{
    cornu_model *model = picture_model(3);
    cornu_sequence *known = dataset_of(ant_bee), *other = dataset_of(ant_cow), *more = dataset_of(ant_bee_cow),
                   *pictures = pictures_of(*state, "a", ant_cow, "sparse");
    train(model, known);
    assert_knows(model, ant_bee);
    train(model, known);
    const char *path = scripted_path(*state, "model.keras");
    assert_int_equal(cornu_save(model, path), CORNU_OK);
    cornu_model_release(model);
    model = cornu_load_model(path);
    assert_non_null(model);
    assert_knows(model, ant_bee);
    assert_null(cornu_fit_generator(model, other, .verbose = 0));
    assert_refused("fit_generator: class 1 of the data is 'cow'", "the model has learned it as 'bee'");
    assert_null(cornu_fit_generator(model, pictures, .verbose = 0));
    assert_refused("fit_generator: class 1 of the data is 'cow'", "the model has learned it as 'bee'");
    assert_int_equal(cornu_evaluate_generator(model, more, NULL, .verbose = 0), CORNU_ERROR_DATA);
    assert_refused("the data have 3 classes, and the model has learned 2", "'cow' is one too many");
    cornu_sequence_release(known);
    cornu_sequence_release(other);
    cornu_sequence_release(more);
    cornu_sequence_release(pictures);
    cornu_model_release(model);
}

/* Labels of the program's own that are no numbers of classes: a name would stand at another number. */
static void labels_that_are_no_class_numbers_give_no_names(void **state)
{
    static const int32_t labels[] = {2, 0, 2, 0}, numbers[] = {1, 0, 1, 0};
    cornu_sequence_release(pictures_of(*state, "a", ant_bee, "none"));
    for (int dense = 0; dense < 2; dense++) {
        cornu_model *model = picture_model(3);
        cornu_sequence *pictures =
            cornu_image_dataset_from_directory(scripted_path(*state, "a"), .image_size = cornu_pair(4, 4),
                                               .file_labels = dense ? numbers : labels, .file_label_count = 4);
        assert_non_null(pictures);
        train(model, pictures);
        assert_knows(model, dense ? (const char *const[]){"0", "1", NULL} : (const char *const[]){NULL});
        cornu_sequence_release(pictures);
        cornu_model_release(model);
    }
}

static void a_training_that_does_not_begin_leaves_no_names(void **state)
{
    cornu_model *model = picture_model(2);
    cornu_sequence *known = pictures_of(*state, "a", ant_bee, "sparse"),
                   *other = pictures_of(*state, "b", ant_cow, "sparse");
    assert_null(cornu_fit_generator(model, known, .validation_data = {.generator = other}, .verbose = 0));
    assert_refused("validation_data", "'cow'");
    assert_int_equal(cornu_model_class_count(model), 0);
    cornu_sequence_release(known);
    cornu_sequence_release(other);
    cornu_model_release(model);
}

static void names_that_are_none_are_refused(void **state)
{
    (void)state;
    cornu_model *model = picture_model(2);
    assert_int_equal(cornu_model_set_class_names(model, ant_bee, 2), CORNU_OK);
    assert_int_equal(cornu_model_set_class_names(model, (const char *const[]){"a", NULL}, 2),
                     CORNU_ERROR_INVALID_ARGUMENT);
    assert_string_equal(cornu_error_message(), "class 1 of 2 has no name (NULL)");
    assert_int_equal(cornu_model_set_class_names(model, ant_bee, CORNU__MOST_CLASSES + 1), CORNU_ERROR_LIMIT);
    assert_knows(model, ant_bee);
    assert_int_equal(cornu_model_set_class_names(NULL, ant_bee, 2), CORNU_ERROR_INVALID_ARGUMENT);
    cornu_model_release(model);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_model_learns_the_names_with_the_classes),
        TEST(files_keep_the_names),
        TEST(data_with_other_classes_are_refused_with_the_difference),
        TEST(datasets_are_learned_from_and_refused_likewise),
        TEST(labels_that_are_no_class_numbers_give_no_names),
        TEST(a_training_that_does_not_begin_leaves_no_names),
        TEST(names_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
