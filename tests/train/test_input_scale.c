/* What pictures were multiplied by in training: noted in the model, kept in its file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/augmentation.h>
#include <cornu/flow.h>
#include <cornu/log.h>
#include <cornu/saving.h>

#include "train/scripted.h"

static cornu_model *picture_model(void)
{
    cornu_model *model = cornu_sequential(.seed = 1);
    cornu_add(model, cornu_flatten(.input_shape = {4, 4, 3}));
    cornu_add(model, cornu_dense(2, .activation = "softmax"));
    assert_int_equal(cornu_compile(model, .loss = "sparse_categorical_crossentropy"), CORNU_OK);
    return model;
}

static void train_on(cornu_model *model, cornu_image_data_generator *generator, cornu_augmentation *augment)
{
    cornu_array *x = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){4, 4, 4, 3}),
                *y = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){4});
    assert_non_null(generator);
    cornu_sequence *pictures = cornu_flow(generator, x, y, .augment = augment);
    cornu_history *history = pictures ? cornu_fit_generator(model, pictures, .verbose = 0) : NULL;
    if (!history)
        print_message("%s\n", cornu_error_message());
    assert_non_null(history);
    cornu_history_release(history);
    cornu_sequence_release(pictures);
    cornu_image_data_generator_release(generator);
    cornu_array_release(x);
    cornu_array_release(y);
}

static cornu_status halve(void *state, float *picture, const int64_t shape[3])
{
    (void)state, (void)shape;
    picture[0] /= 2;
    return CORNU_OK;
}

static void a_model_notes_what_the_pictures_were_multiplied_by(void **state)
{
    (void)state;
    cornu_model *model = picture_model();
    assert_true(cornu_model_input_scale(model) == 1);
    train_on(model, cornu_image_data_generator_create(.rescale = 1.0 / 255, .rotation_range = 10), NULL);
    assert_true(cornu_model_input_scale(model) == 1.0 / 255);
    train_on(model, cornu_image_data_generator_create(.rescale = 0.5), NULL);
    assert_true(cornu_model_input_scale(model) == 0.5);
    train_on(model, cornu_image_data_generator_create(), NULL);
    assert_true(cornu_model_input_scale(model) == 1);
    cornu_model_release(model);
}

/* A factor alone would not say what was done to them. */
static void pictures_that_are_normalized_otherwise_too_leave_no_note(void **state)
{
    (void)state;
    cornu_model *model = picture_model();
    cornu_augmentation *augment = cornu_augmentation_create(.steps = {cornu_rescaling(1.0 / 127.5, .offset = -1)});
    assert_non_null(augment);
    train_on(model, cornu_image_data_generator_create(.rescale = 0.5, .samplewise_center = true), NULL);
    train_on(model, cornu_image_data_generator_create(.rescale = 0.5, .preprocessing_function = halve), NULL);
    train_on(model, cornu_image_data_generator_create(.rescale = 0.5), augment);
    assert_true(cornu_model_input_scale(model) == 1);
    cornu_augmentation_release(augment);
    cornu_model_release(model);
}

static void files_keep_the_note(void **state)
{
    static const char *const names[] = {"model.keras", "model.h5"};
    for (int i = 0; i < 2; i++) {
        const char *path = scripted_path(*state, names[i]);
        cornu_model *model = picture_model();
        assert_int_equal(cornu_model_set_input_scale(model, 1 / 255.0), CORNU_OK);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model *again = cornu_load_model(path);
        assert_non_null(again);
        assert_true(cornu_model_input_scale(again) == 1 / 255.0);
        cornu_model_release(again);
        cornu_model_release(model);
    }
}

static void collect(const char *message, void *user_data)
{
    strncat(user_data, message, 500);
}

/* The texts are equally long. */
static void replace_in_file(const char *path, const char *text, const char *by)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    const char *place = memmem(bytes, size, text, strlen(text));
    assert_non_null(place);
    assert_int_equal(strlen(text), strlen(by));
    assert_int_equal(fseek(file, place - bytes, SEEK_SET), 0);
    assert_int_equal(fwrite(by, 1, strlen(by), file), strlen(by));
    assert_int_equal(fclose(file), 0);
}

/* In legacy HDF5 the note stands as it is: bytes of the file can be changed in place. */
static void a_damaged_note_is_a_warning(void **state)
{
    static const char *const damaged[] = {"[\"0000000000000000\"] ", "0.003921568627450980 ", "[0.00000000000000000]",
                                          "[0.00392156862745098}", "[0.00392156862745,98]"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        const char *path = scripted_path(*state, "model.h5"), *note = "[0.00392156862745098]";
        char said[1000] = "";
        cornu_model *model = picture_model();
        assert_int_equal(cornu_model_set_input_scale(model, 1 / 255.0), CORNU_OK);
        assert_int_equal(cornu_save(model, path), CORNU_OK);
        cornu_model_release(model);
        replace_in_file(path, note, damaged[i]);
        cornu_set_warning_handler(collect, said);
        cornu_model *again = cornu_load_model(path);
        cornu_set_warning_handler(NULL, NULL);
        assert_non_null(again);
        assert_non_null(strstr(said, "without what its inputs were multiplied by"));
        assert_true(cornu_model_input_scale(again) == 1);
        cornu_model_release(again);
    }
}

static void a_scale_that_is_none_is_refused(void **state)
{
    (void)state;
    cornu_model *model = picture_model();
    assert_int_equal(cornu_model_set_input_scale(model, 0.5), CORNU_OK);
    assert_int_equal(cornu_model_set_input_scale(model, 0), CORNU_ERROR_INVALID_ARGUMENT);
    assert_int_equal(cornu_model_set_input_scale(model, 1 / 0.0), CORNU_ERROR_INVALID_ARGUMENT);
    assert_true(cornu_model_input_scale(model) == 0.5);
    assert_int_equal(cornu_model_set_input_scale(NULL, 0.5), CORNU_ERROR_INVALID_ARGUMENT);
    assert_true(cornu_model_input_scale(NULL) == 1);
    cornu_model_release(model);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scripted_set_up, scripted_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_model_notes_what_the_pictures_were_multiplied_by),
        TEST(pictures_that_are_normalized_otherwise_too_leave_no_note),
        TEST(files_keep_the_note),
        TEST(a_damaged_note_is_a_warning),
        TEST(a_scale_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, scripted_nothing_is_left);
}
