/* Encoded pictures in datasets: decoded as load_img does it, for any workers, and bad ones told of or replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "base/memory.h"

/* --- A dataset of files' bytes: the fixtures, then one that is no picture --- */

#define PICTURES 4

typedef struct files {
    char paths[PICTURES][512];
} files;

static cornu_status read_file(void *state, int64_t index, cornu_sample *sample)
{
    const files *self = state;
    *(int32_t *)cornu_sample_data(sample, 1) = (int32_t)index;
    if (index == PICTURES) {
        memcpy(cornu_sample_resize(sample, 0, 9), "no picture", 9);
        return CORNU_OK;
    }
    FILE *file = fopen(self->paths[index], "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    void *to = cornu_sample_resize(sample, 0, size);
    assert_int_equal(fread(to, 1, (size_t)size, file), size);
    fclose(file);
    return CORNU_OK;
}

static cornu_dataset *open_files(files *self, bool last_is_bad)
{
    static const char *const names[PICTURES] = {"gray8.png", "gray.jpg", "gray16.png", "lossy.webp"};
    static const cornu_field fields[] = {{.name = "jpg", .dtype = CORNU_UINT8, .rank = 1, .shape = {CORNU_NONE}},
                                         {.name = "y", .dtype = CORNU_INT32}};
    const char *root = getenv("CORNU_SOURCE_DIR");
    for (int i = 0; i < PICTURES; i++)
        snprintf(self->paths[i], sizeof self->paths[i], "%s/tests/image/fixtures/%s", root ? root : ".", names[i]);
    return cornu_dataset_create(.name = "pictures", .count = PICTURES + last_is_bad, .fields = fields, .field_count = 2,
                                .read = read_file, .state = self, .thread_safe = true);
}

static void *made(void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
    return object;
}

static void pictures_are_those_of_load_img(void **state)
{
    (void)state;
    static const char *const modes[] = {"rgb", "rgba", "grayscale"};
    files self = {0};
    cornu_dataset *bytes = made(open_files(&self, false));
    for (int variant = 0; variant < 6; variant++) {
        const char *mode = modes[variant % 3], *interpolation = variant < 3 ? "nearest" : "bilinear";
        bool crops = variant % 2 == 1;
        cornu_dataset *dataset =
            made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(20, 30), .color_mode = mode,
                                     .interpolation = interpolation, .keep_aspect_ratio = crops));
        cornu_array *loaded = made(cornu_dataset_load(dataset, 0, CORNU_NONE));
        const float *pixels = cornu_array_float32(cornu_array_item_named(loaded, "jpg"));
        for (int i = 0; i < PICTURES; i++) {
            cornu_array *image =
                made(cornu_load_img(self.paths[i], .target_size = cornu_pair(20, 30), .color_mode = mode,
                                    .interpolation = interpolation, .keep_aspect_ratio = crops));
            int64_t count = cornu_array_count(image);
            for (int64_t j = 0; j < count; j++)
                assert_true((double)pixels[i * count + j] == cornu_array_get(image, j));
            cornu_array_release(image);
        }
        assert_true(cornu_array_get(cornu_array_item_named(loaded, "y"), 3) == 3);
        cornu_array_release(loaded);
        cornu_dataset_release(dataset);
    }
    cornu_dataset_release(bytes);
}

static void bytes_are_a_quarter_of_floats(void **state)
{
    (void)state;
    files self = {0};
    cornu_dataset *bytes = made(open_files(&self, false));
    for (int gray = 0; gray < 2; gray++) {
        const char *mode = gray ? "grayscale" : "rgb";
        cornu_dataset *as_floats =
            made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(9, 7), .color_mode = mode));
        cornu_dataset *as_bytes = made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(9, 7),
                                                           .color_mode = mode, .dtype = CORNU_UINT8));
        cornu_array *floats = made(cornu_dataset_load(as_floats, 0, CORNU_NONE)),
                    *small = made(cornu_dataset_load(as_bytes, 0, CORNU_NONE));
        const cornu_array *a = cornu_array_item_named(floats, "jpg"), *b = cornu_array_item_named(small, "jpg");
        assert_int_equal(cornu_array_dtype(b), CORNU_UINT8);
        for (int64_t i = 0; i < cornu_array_count(a); i++) {
            double value = cornu_array_get(a, i);
            assert_true(cornu_array_get(b, i) == (value > 255 ? 255 : value));
        }
        cornu_array_release(floats);
        cornu_array_release(small);
        cornu_dataset_release(as_floats);
        cornu_dataset_release(as_bytes);
    }
    cornu_dataset_release(bytes);
}

static void what_is_no_picture_is_told_of_or_black(void **state)
{
    (void)state;
    files self = {0};
    cornu_dataset *bytes = made(open_files(&self, true));
    cornu_dataset *dataset = made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(4, 4)));
    cornu_sample *sample = made(cornu_sample_create(dataset));
    assert_int_equal(cornu_dataset_read(dataset, 1, sample), CORNU_OK);
    assert_int_not_equal(cornu_dataset_read(dataset, PICTURES, sample), CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), "sample 4"));
    assert_non_null(strstr(cornu_error_message(), "9 bytes with the CRC-32C"));
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    dataset = made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(4, 4), .bad_files = "replace"));
    sample = made(cornu_sample_create(dataset));
    for (int times = 0; times < 2; times++) {
        assert_int_equal(cornu_dataset_read(dataset, PICTURES, sample), CORNU_OK);
        const float *pixels = cornu_sample_data(sample, 0);
        for (int i = 0; i < 4 * 4 * 3; i++)
            assert_true(pixels[i] == 0);
    }
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    dataset = made(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(4, 4), .bad_files = "replace",
                                       .bad_files_at_most = 0));
    sample = made(cornu_sample_create(dataset));
    assert_int_not_equal(cornu_dataset_read(dataset, PICTURES, sample), CORNU_OK);
    cornu_sample_release(sample);
    cornu_dataset_release(dataset);
    cornu_dataset_release(bytes);
}

static void expect_refusal(const void *object, const char *part)
{
    assert_null(object);
    if (!strstr(cornu_error_message(), part))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), part);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    files self = {0};
    cornu_dataset *bytes = made(open_files(&self, false));
    expect_refusal(cornu_decode_images(bytes, "jpg"), "target_size is (0, 0)");
    expect_refusal(cornu_decode_images(bytes, "jpeg", .target_size = cornu_pair(1, 1)), "did you mean 'jpg'");
    expect_refusal(cornu_decode_images(bytes, "y", .target_size = cornu_pair(1, 1)), "is no bytes of any size");
    expect_refusal(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(1, 1), .color_mode = "bgr"), "bgr");
    expect_refusal(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(1, 1), .bad_files = "skip"),
                   "none can be skipped");
    expect_refusal(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(1, 1), .dtype = CORNU_INT64),
                   "wanted float32 or uint8");
    expect_refusal(cornu_decode_images(bytes, "jpg", .target_size = cornu_pair(1 << 30, 1 << 30)), "pixels");
    expect_refusal(cornu_decode_images(NULL, "jpg", .target_size = cornu_pair(1, 1)), "there is no dataset");
    cornu_dataset_release(bytes);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(pictures_are_those_of_load_img, nothing_is_left),
        cmocka_unit_test_teardown(bytes_are_a_quarter_of_floats, nothing_is_left),
        cmocka_unit_test_teardown(what_is_no_picture_is_told_of_or_black, nothing_is_left),
        cmocka_unit_test_teardown(wrong_arguments_are_refused, nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
