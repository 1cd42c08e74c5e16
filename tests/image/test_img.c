/* test_img.c: load_img, img_to_array, array_to_img and save_img mean what they mean in Keras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/image.h>

#include "base/memory.h"
#include "image/bad_files.h"
#include "image/load.h"
#include "pictures.h"

static void expect_shape(const cornu_array *array, cornu_dtype dtype, int64_t a, int64_t b, int64_t c)
{
    if (!array)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_dtype(array), dtype);
    assert_int_equal(cornu_array_rank(array), 3);
    assert_int_equal(cornu_array_size(array, 0), a);
    assert_int_equal(cornu_array_size(array, 1), b);
    assert_int_equal(cornu_array_size(array, 2), c);
}

static void expect_null(const cornu_array *array, cornu_status status, const char *part)
{
    assert_null(array);
    assert_failed(cornu_error_status(), status, part);
}

static void load_img_gives_the_colours_and_size_asked_for(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_array *image = cornu_load_img(picture_path(path, "rgb8.png"));
    expect_shape(image, CORNU_UINT8, 13, 19, 3);
    cornu_array_release(image);
    image = cornu_load_img(path, .color_mode = "grayscale", .target_size = cornu_pair(7, 5));
    expect_shape(image, CORNU_UINT8, 7, 5, 1);
    cornu_array_release(image);
    image = cornu_load_img(path, .color_mode = "rgba", .target_size = cornu_pair(20, 30), .interpolation = "lanczos");
    expect_shape(image, CORNU_UINT8, 20, 30, 4);
    cornu_array_release(image);
    image = cornu_load_img(picture_path(path, "gray16.png"), .color_mode = "grayscale");
    expect_shape(image, CORNU_UINT16, 13, 19, 1);
    cornu_array_release(image);
    image = cornu_load_img(picture_path(path, "orientation6.jpg"), .exif_orientation = true);
    expect_shape(image, CORNU_UINT8, 12, 8, 3);
    cornu_array_release(image);
}

/* The part in the middle that keep_aspect_ratio takes, resized by the same filter. */
static void keep_aspect_ratio_cuts_the_middle_out(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_array *image =
        cornu_load_img(picture_path(path, "rgb8.png"), .target_size = cornu_pair(13, 13), .keep_aspect_ratio = true);
    cornu_array *whole = cornu_load_img(path);
    expect_shape(image, CORNU_UINT8, 13, 13, 3);
    expect_shape(whole, CORNU_UINT8, 13, 19, 3);
    for (int row = 0; row < 13; row++) /* 13 of 19 columns, from column 3 on, need no filter */
        assert_memory_equal((uint8_t *)cornu_array_data(image) + 39 * row,
                            (uint8_t *)cornu_array_data(whole) + 57 * row + 9, 39);
    cornu_array_release(image);
    cornu_array_release(whole);
}

static void what_load_img_cannot_do_is_said(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    picture_path(path, "rgb8.png");
    expect_null(cornu_load_img("/no/such.png"), CORNU_ERROR_IO, "/no/such.png");
    expect_null(cornu_load_img(path, .color_mode = "bgr"), CORNU_ERROR_UNKNOWN_NAME, "no color_mode 'bgr'");
    expect_null(cornu_load_img(path, .interpolation = "bicubik"), CORNU_ERROR_UNKNOWN_NAME, "did you mean 'bicubic'?");
    expect_null(cornu_load_img(path, .target_size = cornu_pair(10, 0)), CORNU_ERROR_INVALID_ARGUMENT,
                "target_size (10, 0)");
    expect_null(cornu_load_img(path, .target_size = cornu_pair(2000000000, 2000000000)), CORNU_ERROR_LIMIT,
                "is more than 178956970 pixels");
}

static void img_to_array_gives_floats_in_either_layout(void **state)
{
    (void)state;
    uint8_t levels[2][3][3];
    for (int i = 0; i < 18; i++)
        ((uint8_t *)levels)[i] = (uint8_t)(13 * i);
    int64_t shape[] = {2, 3, 3};
    cornu_array *image = cornu_array_view(CORNU_UINT8, 3, shape, levels);
    cornu_array *last = cornu_img_to_array(image), *first = cornu_img_to_array(image, .data_format = "channels_first");
    expect_shape(last, CORNU_FLOAT32, 2, 3, 3);
    expect_shape(first, CORNU_FLOAT32, 3, 2, 3);
    for (int row = 0; row < 2; row++) {
        for (int column = 0; column < 3; column++) {
            for (int channel = 0; channel < 3; channel++) {
                float wanted = levels[row][column][channel];
                assert_true(cornu_array_float32(last)[(row * 3 + column) * 3 + channel] == wanted);
                assert_true(cornu_array_float32(first)[(channel * 2 + row) * 3 + column] == wanted);
            }
        }
    }
    cornu_array *flat = cornu_array_reshape(image, 2, (int64_t[]){6, 3});
    cornu_array *gray = cornu_img_to_array(flat, .dtype = CORNU_FLOAT64);
    expect_shape(gray, CORNU_FLOAT64, 6, 3, 1);
    assert_true(cornu_array_get(gray, 7) == 91);
    expect_null(cornu_img_to_array(image, .data_format = "last"), CORNU_ERROR_UNKNOWN_NAME, "no data_format 'last'");
    cornu_array *vector = cornu_array_reshape(image, 1, (int64_t[]){18});
    expect_null(cornu_img_to_array(vector), CORNU_ERROR_SHAPE, "of rank 1");
    expect_null(cornu_img_to_array(NULL), CORNU_ERROR_INVALID_ARGUMENT, "NULL");
    cornu_array *all[] = {image, last, first, flat, gray, vector};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

/* Keras: x - min, divided by what is the maximum then, times 255, cut off behind the point. */
static void array_to_img_scales_as_keras_does(void **state)
{
    (void)state;
    float values[] = {-1.5f, 0, 0.25f, 7, 300.5f, 1};
    int64_t shape[] = {2, 3, 1};
    cornu_array *array = cornu_array_view(CORNU_FLOAT32, 3, shape, values);
    cornu_array *scaled = cornu_array_to_img(array), *plain = cornu_array_to_img(array, .scale = false);
    static const uint8_t wanted[] = {0, 1, 1, 7, 255, 2}; /* 255 * (v + 1.5) / 302 */
    static const uint16_t cut[] = {0, 0, 0, 7, 300, 1};
    expect_shape(scaled, CORNU_UINT8, 2, 3, 1);
    expect_shape(plain, CORNU_UINT16, 2, 3, 1);
    assert_memory_equal(cornu_array_data(scaled), wanted, sizeof wanted);
    assert_memory_equal(cornu_array_data(plain), cut, sizeof cut);
    float level[] = {5, 5, 5};
    cornu_array *even = cornu_array_view(CORNU_FLOAT32, 3, (int64_t[]){3, 1, 1}, level);
    cornu_array *black = cornu_array_to_img(even, .data_format = "channels_first");
    expect_shape(black, CORNU_UINT8, 1, 1, 3);
    assert_true(cornu_array_get(black, 0) == 0);
    cornu_array *two = cornu_array_reshape(array, 3, (int64_t[]){1, 3, 2});
    expect_null(cornu_array_to_img(two), CORNU_ERROR_SHAPE, "wanted 1, 3 or 4 channels (channels_last), got 2");
    cornu_array *all[] = {array, scaled, plain, even, black, two};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
}

static void expect_same(const cornu_array *a, const cornu_array *b, int64_t tolerance)
{
    if (!a || !b)
        fail_msg("%s", cornu_error_message());
    assert_int_equal(cornu_array_count(a), cornu_array_count(b));
    for (int64_t i = 0; i < cornu_array_count(a); i++) {
        double difference = cornu_array_get(a, i) - cornu_array_get(b, i);
        assert_true(difference <= (double)tolerance && difference >= (double)-tolerance);
    }
}

static void a_saved_png_is_the_picture_and_a_jpeg_nearly(void **state)
{
    (void)state;
    static const struct {
        const char *name, *mode;
    } pictures[] = {
        {"rgb8.png", "rgb"}, {"rgba8_interlaced.png", "rgba"}, {"gray8.png", "grayscale"}, {"gray16.png", "grayscale"}};
    char path[PATH_SIZE], saved[PATH_SIZE];
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        cornu_array *image = cornu_load_img(picture_path(path, pictures[i].name), .color_mode = pictures[i].mode);
        assert_ok(cornu_save_img(scratch_path(saved, "saved.PNG"), image, .scale = false));
        cornu_array *again = cornu_load_img(saved, .color_mode = pictures[i].mode);
        expect_same(image, again, 0);
        cornu_array_release(image);
        cornu_array_release(again);
        unlink(saved);
    }
    cornu_array *image = cornu_load_img(picture_path(path, "rgba.bmp"), .color_mode = "rgba");
    assert_ok(
        cornu_save_img(scratch_path(saved, "saved"), image, .file_format = "jpg", .scale = false, .quality = 100));
    cornu_array *again = cornu_load_img(saved), *colors = cornu_load_img(path);
    expect_shape(again, CORNU_UINT8, 13, 19, 3);
    double sum = 0;
    for (int64_t i = 0; i < cornu_array_count(again); i++) {
        double difference = cornu_array_get(again, i) - cornu_array_get(colors, i);
        sum += difference < 0 ? -difference : difference;
    }
    assert_true(sum / (double)cornu_array_count(again) < 20); /* noise, with colours at half the resolution */
    unlink(saved);
    cornu_array_release(image);
    cornu_array_release(again);
    cornu_array_release(colors);
}

static void what_save_img_cannot_do_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    char saved[PATH_SIZE];
    int64_t shape[] = {2, 2, 3};
    cornu_array *image = cornu_array_zeros(CORNU_UINT8, 3, shape);
    assert_failed(cornu_save_img(scratch_path(saved, "x.bmp"), image), CORNU_ERROR_UNKNOWN_NAME,
                  "names no kind of file");
    assert_failed(cornu_save_img(saved, image, .file_format = "tga"), CORNU_ERROR_UNKNOWN_NAME, "'tga' is not written");
    assert_failed(cornu_save_img(saved, image, .file_format = "jpg", .quality = 0), CORNU_ERROR_INVALID_ARGUMENT,
                  "quality 0");
    assert_failed(cornu_save_img("/no/such/folder/x.png", image), CORNU_ERROR_IO, "/no/such/folder/x.png");
    assert_failed(cornu_save_img("/dev/full/x.png", image), CORNU_ERROR_IO, "/dev/full");
    assert_int_not_equal(access(saved, F_OK), 0);
    cornu_array_release(image);
}

static void a_save_that_runs_out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"memory.png", "memory.jpg"};
    char path[PATH_SIZE], saved[PATH_SIZE];
    cornu_array *image = cornu_load_img(picture_path(path, "rgb8.png"));
    expect_shape(image, CORNU_UINT8, 13, 19, 3);
    uint64_t live = cornu__allocation_live();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        scratch_path(saved, names[i]);
        uint64_t n = 1;
        for (cornu_status status = CORNU_ERROR_OUT_OF_MEMORY; status != CORNU_OK; n++) {
            assert_int_not_equal(access(saved, F_OK), 0);
            cornu__allocation_fail_at(n);
            status = cornu_save_img(saved, image);
            cornu__allocation_fail_at(0);
            assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
            assert_int_equal(cornu__allocation_live(), live);
        }
        assert_true(n > 4);
        unlink(saved);
    }
    cornu_array_release(image);
}

/* --- What many files stand on --- */

static void a_loader_fills_floats_and_allocates_nothing_once_warm(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu__loader loader = {0};
    const cornu__image *image;
    cornu__load_options options = {
        .decode.color_mode = CORNU__RGB, .height = 8, .width = 8, .interpolation = CORNU__BILINEAR};
    float pixels[8 * 8 * 3];
    uint64_t count = 0;
    for (int round = 0; round < 4; round++) {
        if (round == 2)
            count = cornu__allocation_count();
        assert_ok(cornu__load_image(&loader, picture_path(path, "rgb_420.jpg"), &options, &image));
        assert_ok(cornu__load_image(&loader, picture_path(path, "gray8.png"), &options, &image));
        cornu__image_write_floats(image, true, pixels);
    }
    assert_int_equal(cornu__allocation_count(), count);
    assert_memory_equal(pixels, pixels + 64, 64 * sizeof(float)); /* gray: all channels are alike */
    assert_true(pixels[9] == ((const uint8_t *)image->data)[27]);
    cornu__loader_free(&loader);
}

static void a_check_tells_what_a_file_holds_or_what_is_wrong(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu__loader loader = {0};
    cornu__image_facts facts;
    assert_ok(cornu__image_check(&loader, picture_path(path, "palette8_alpha.png"), false, &facts));
    assert_string_equal(facts.kind, "PNG");
    assert_int_equal(facts.height, 13);
    assert_int_equal(facts.width, 19);
    assert_int_equal(facts.channels, 4);
    assert_string_equal(facts.damage, "");
    size_t size;
    uint8_t *bytes = read_bytes(picture_path(path, "rgb_444.jpg"), &size);
    write_bytes(scratch_path(path, "cut.jpg"), bytes, size - 20);
    assert_failed(cornu__image_check(&loader, path, false, &facts), CORNU_ERROR_FORMAT, "it ends too early, in row");
    memset(bytes + size - 200, 0, 150); /* codes that make no sense: libjpeg goes on, and says so */
    write_bytes(path, bytes, size);
    assert_ok(cornu__image_check(&loader, path, false, &facts));
    assert_true(strlen(facts.damage) > 0);
    unlink(path);
    free(bytes);
    cornu__loader_free(&loader);
}

static cornu_status find_bad(cornu__bad_files *bad, const char *path)
{
    cornu__fail(CORNU_ERROR_FORMAT, "'%s' is damaged", path);
    return cornu__bad_files_add(bad, path);
}

static void bad_files_are_counted_once_and_reported(void **state)
{
    (void)state;
    uint64_t live = cornu__allocation_live();
    cornu__bad_files bad;
    cornu__bad_files_init(&bad, CORNU__BAD_FILE_SKIP, 2);
    assert_int_equal(find_bad(&bad, "b.jpg"), CORNU_OK);
    assert_int_equal(find_bad(&bad, "a.jpg"), CORNU_OK);
    assert_int_equal(find_bad(&bad, "b.jpg"), CORNU_OK); /* the next epoch */
    cornu__text text = {0};
    cornu__bad_files_report(&bad, 10, 1, &text);
    assert_string_equal(text.data,
                        "2 of 10 files could not be read and were left out:\n  'a.jpg' is damaged\n  and 1 more\n");
    cornu__text_free(&text);
    assert_failed(find_bad(&bad, "c.jpg"), CORNU_ERROR_FORMAT,
                  "3 files could not be read, and at most 2 may be bad; the last: 'c.jpg' is damaged");
    cornu__fail_memory("a picture", 7);
    assert_int_equal(cornu__bad_files_add(&bad, "a.jpg"), CORNU_ERROR_OUT_OF_MEMORY);
    cornu__bad_files_free(&bad);
    cornu__bad_files_init(&bad, CORNU__BAD_FILE_ERROR, 2);
    assert_failed(find_bad(&bad, "a.jpg"), CORNU_ERROR_FORMAT, "'a.jpg' is damaged");
    cornu__bad_files_free(&bad);
    assert_int_equal(cornu__allocation_live(), live);
    cornu__bad_file_policy policy;
    assert_ok(cornu__bad_file_policy_named("replace", &policy));
    assert_int_equal(policy, CORNU__BAD_FILE_REPLACE);
    assert_failed(cornu__bad_file_policy_named("ignore", &policy), CORNU_ERROR_UNKNOWN_NAME,
                  "wanted 'error', 'skip' or 'replace'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_img_gives_the_colours_and_size_asked_for),
        cmocka_unit_test(keep_aspect_ratio_cuts_the_middle_out),
        cmocka_unit_test(what_load_img_cannot_do_is_said),
        cmocka_unit_test(img_to_array_gives_floats_in_either_layout),
        cmocka_unit_test(array_to_img_scales_as_keras_does),
        cmocka_unit_test(a_saved_png_is_the_picture_and_a_jpeg_nearly),
        cmocka_unit_test(what_save_img_cannot_do_is_said_and_leaves_nothing),
        cmocka_unit_test(a_save_that_runs_out_of_memory_leaves_nothing),
        cmocka_unit_test(a_loader_fills_floats_and_allocates_nothing_once_warm),
        cmocka_unit_test(a_check_tells_what_a_file_holds_or_what_is_wrong),
        cmocka_unit_test(bad_files_are_counted_once_and_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
