/* test_resize.c: pictures in other sizes have Pillow's pixels, or TensorFlow's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "image/resize_tensorflow.h"
#include "pictures.h"

static const cornu__interpolation all[] = {CORNU__NEAREST, CORNU__BOX,     CORNU__BILINEAR,
                                           CORNU__HAMMING, CORNU__BICUBIC, CORNU__LANCZOS};

/* A picture of random levels, among them many of both ends of the range. */
static void make_noise(cornu__image *image, cornu_dtype dtype, int height, int width, int channels, uint64_t number)
{
    assert_ok(cornu__image_shape(image, dtype, height, width, channels));
    cornu__random_key key = cornu__random_key_make(5, CORNU__RANDOM_USER, number, 0);
    for (size_t i = 0; i < cornu__image_count(image); i++) {
        uint64_t level = cornu__random_below(key, i, 512);
        level = level < 256 ? level : level < 384 ? 0 : 255;
        if (dtype == CORNU_UINT8)
            ((uint8_t *)image->data)[i] = (uint8_t)level;
        else if (dtype == CORNU_UINT16)
            ((uint16_t *)image->data)[i] = (uint16_t)(level * 257);
        else
            ((float *)image->data)[i] = (float)level;
    }
}

/* --- Against Pillow --- */

static cornu__image picture_of(const cornu_array *array)
{
    int channels = cornu_array_rank(array) == 2 ? 1 : (int)cornu_array_size(array, 2);
    return cornu__image_view(cornu_array_dtype(array), (int)cornu_array_size(array, 0), (int)cornu_array_size(array, 1),
                             channels, cornu_array_data(array));
}

static cornu__box box_of_case(const json_t *one, const cornu__image *source, int height, int width)
{
    const json_t *box = json_object_get(one, "box");
    if (json_is_null(box))
        return cornu__box_of(source);
    cornu__box given = {
        (float)json_number_value(json_array_get(box, 0)), (float)json_number_value(json_array_get(box, 1)),
        (float)json_number_value(json_array_get(box, 2)), (float)json_number_value(json_array_get(box, 3))};
    if (json_is_true(json_object_get(one, "keep"))) {
        cornu__box ours = cornu__box_in_the_middle(source, height, width);
        assert_memory_equal(&ours, &given, sizeof given);
    }
    return given;
}

static void expect_case(cornu__resizer *resizer, const cornu_array *values, const json_t *one)
{
    char key[64];
    const char *name = json_string_value(json_object_get(one, "name"));
    snprintf(key, sizeof key, "source.%s", json_string_value(json_object_get(one, "source")));
    cornu__image source = picture_of(cornu_array_item_named(values, key)), result = {0};
    int height = (int)json_integer_value(json_object_get(one, "height"));
    int width = (int)json_integer_value(json_object_get(one, "width"));
    cornu__interpolation interpolation;
    assert_ok(cornu__interpolation_named(json_string_value(json_object_get(one, "filter")), &interpolation));
    assert_ok(cornu__resize(resizer, &source, box_of_case(one, &source, height, width), interpolation, height, width,
                            &result));
    const cornu_array *wanted = cornu_array_item_named(values, name);
    assert_int_equal(result.dtype, cornu_array_dtype(wanted));
    double difference = largest_difference(&result, wanted, name);
    if (difference > 0)
        fail_msg("%s (%s, %s, %d x %d): up to %g from Pillow's pixels", name, key,
                 json_string_value(json_object_get(one, "filter")), width, height, difference);
    cornu__image_free(&result);
}

static void pixels_are_pillows(void **state)
{
    (void)state;
    cornu_array *values = oracle_arrays("resize");
    json_t *index = oracle_json("resize");
    cornu__resizer resizer = {0};
    const json_t *cases = json_object_get(index, "cases");
    assert_true(json_array_size(cases) > 100);
    for (size_t i = 0; i < json_array_size(cases); i++)
        expect_case(&resizer, values, json_array_get(cases, i));
    cornu__resizer_free(&resizer);
    json_decref(index);
    cornu_array_release(values);
}

/* --- Against TensorFlow --- */

static void pixels_are_tensorflows(void **state)
{
    (void)state;
    cornu_array *values = oracle_arrays("resize_tensorflow");
    json_t *index = oracle_json("resize_tensorflow");
    const json_t *cases = json_object_get(index, "cases");
    cornu__resizer resizer = {0};
    cornu__image result = {0};
    assert_true(json_array_size(cases) > 50);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *one = json_array_get(cases, i);
        char key[64];
        const char *name = json_string_value(json_object_get(one, "name"));
        const char *method_name = json_string_value(json_object_get(one, "method"));
        snprintf(key, sizeof key, "source.%s", json_string_value(json_object_get(one, "source")));
        cornu__image source = picture_of(cornu_array_item_named(values, key));
        cornu__tensorflow_method method;
        assert_ok(cornu__tensorflow_method_named(method_name, &method));
        assert_ok(cornu__resize_tensorflow(&resizer, &source, cornu__box_of(&source), method,
                                           json_is_true(json_object_get(one, "antialias")),
                                           (int)json_integer_value(json_object_get(one, "height")),
                                           (int)json_integer_value(json_object_get(one, "width")), &result));
        assert_int_equal(result.dtype, CORNU_FLOAT32);
        double difference = largest_difference(&result, cornu_array_item_named(values, name), name);
        if (difference > 1e-3) /* float32 there, double here */
            fail_msg("%s (%s): up to %g from TensorFlow's pixels", name, method_name, difference);
    }
    cornu__image_free(&result);
    cornu__resizer_free(&resizer);
    json_decref(index);
    cornu_array_release(values);
}

/* smart_resize: what is cut off is not seen, unlike in load_img. */
static void nothing_beyond_the_box_is_seen(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, part = {0}, of_box = {0}, of_part = {0};
    make_noise(&image, CORNU_UINT8, 9, 20, 3, 0);
    cornu__box box = cornu__box_in_the_middle(&image, 6, 6);
    assert_ok(cornu__image_shape(&part, CORNU_UINT8, 9, 9, 3));
    for (size_t row = 0; row < 9; row++)
        memcpy((uint8_t *)part.data + 27 * row, (uint8_t *)image.data + 60 * row + (size_t)box.left * 3, 27);
    assert_ok(cornu__resize_tensorflow(&resizer, &image, box, CORNU__TF_LANCZOS3, true, 6, 6, &of_box));
    assert_ok(
        cornu__resize_tensorflow(&resizer, &part, cornu__box_of(&part), CORNU__TF_LANCZOS3, true, 6, 6, &of_part));
    assert_memory_equal(of_box.data, of_part.data, cornu__image_count(&of_part) * sizeof(float));
    cornu__image *all_images[] = {&image, &part, &of_box, &of_part};
    for (size_t i = 0; i < 4; i++)
        cornu__image_free(all_images[i]);
    cornu__resizer_free(&resizer);
}

/* --- Properties --- */

static void the_same_size_is_the_same_picture(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, result = {0};
    static const cornu_dtype dtypes[] = {CORNU_UINT8, CORNU_UINT16, CORNU_FLOAT32};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t dtype = 0; dtype < 3; dtype++) {
            for (int channels = 1; channels <= 4; channels++) {
                make_noise(&image, dtypes[dtype], 11, 17, channels, i);
                assert_ok(cornu__resize(&resizer, &image, cornu__box_of(&image), all[i], 11, 17, &result));
                assert_memory_equal(result.data, image.data,
                                    cornu__image_count(&image) * cornu_dtype_size(dtypes[dtype]));
            }
        }
    }
    cornu__image_free(&image);
    cornu__image_free(&result);
    cornu__resizer_free(&resizer);
}

/* Level pictures stay level: the weights of a pixel sum to 1. */
static void a_level_picture_stays_level(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, result = {0};
    static const int sizes[][2] = {{1, 1}, {3, 50}, {31, 2}, {64, 64}, {5, 300}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            for (int level = 0; level < 256; level += 51) {
                assert_ok(cornu__image_shape(&image, CORNU_UINT8, 19, 23, 3));
                memset(image.data, level, cornu__image_count(&image));
                assert_ok(cornu__resize(&resizer, &image, cornu__box_of(&image), all[i], sizes[size][0], sizes[size][1],
                                        &result));
                for (size_t j = 0; j < cornu__image_count(&result); j++)
                    assert_int_equal(((const uint8_t *)result.data)[j], level);
            }
        }
    }
    cornu__image_free(&image);
    cornu__image_free(&result);
    cornu__resizer_free(&resizer);
}

/* The plain definition in double: an 8-bit result is at most 1 from it for each of the two roundings. */
static double plain_sum(const cornu__filter_axis *rows, const cornu__filter_axis *columns, const cornu__image *image,
                        int row, int column, int channel)
{
    double sum = 0;
    for (int i = 0; i < rows->count[row]; i++) {
        double line = 0;
        for (int j = 0; j < columns->count[column]; j++) {
            size_t pixel = (size_t)(rows->first[row] + i) * (size_t)image->width + (size_t)(columns->first[column] + j);
            line += columns->weights[column * columns->taps + j] *
                    ((const uint8_t *)image->data)[pixel * (size_t)image->channels + (size_t)channel];
        }
        line = line < 0 ? 0 : line > 255 ? 255 : line;
        sum += rows->weights[row * rows->taps + i] * line;
    }
    return sum < 0 ? 0 : sum > 255 ? 255 : sum;
}

static void vectors_sum_what_the_definition_sums(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, result = {0};
    static const int sizes[][4] = {{1, 1, 7, 5},     {2, 3, 9, 4},   {40, 1, 3, 3}, {1, 40, 3, 3},
                                   {37, 53, 16, 19}, {9, 8, 33, 31}, {5, 3, 4, 2}};
    for (size_t i = 1; i < sizeof all / sizeof *all; i++) {
        for (size_t size = 0; size < sizeof sizes / sizeof *sizes; size++) {
            for (int channels = 1; channels <= 3; channels += 2) {
                const int *s = sizes[size];
                make_noise(&image, CORNU_UINT8, s[0], s[1], channels, size);
                assert_ok(cornu__resize(&resizer, &image, cornu__box_of(&image), all[i], s[2], s[3], &result));
                for (int at = 0; at < s[2] * s[3] * channels; at++) {
                    double wanted = plain_sum(&resizer.rows, &resizer.columns, &image, at / channels / s[3],
                                              at / channels % s[3], at % channels);
                    double difference = wanted - ((const uint8_t *)result.data)[at];
                    if (difference > 1.2 || difference < -1.2)
                        fail_msg("filter %d, %d x %d to %d x %d: %g instead of %g", (int)all[i], s[1], s[0], s[3], s[2],
                                 wanted - difference, wanted);
                }
            }
        }
    }
    cornu__image_free(&image);
    cornu__image_free(&result);
    cornu__resizer_free(&resizer);
}

static void a_warm_resizer_allocates_nothing(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, result = {0};
    uint64_t count = 0;
    for (int round = 0; round < 4; round++) {
        if (round == 1)
            count = cornu__allocation_count();
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            make_noise(&image, CORNU_UINT8, 50 - round, 60 - round, 4, i);
            assert_ok(cornu__resize(&resizer, &image, cornu__box_of(&image), all[i], 20, 30, &result));
        }
    }
    assert_int_equal(cornu__allocation_count(), count);
    cornu__image_free(&image);
    cornu__image_free(&result);
    cornu__resizer_free(&resizer);
}

static void refused_memory_is_an_error(void **state)
{
    (void)state;
    cornu__image image = {0};
    make_noise(&image, CORNU_UINT8, 12, 13, 4, 0);
    uint64_t live = cornu__allocation_live();
    cornu_status status = CORNU_ERROR_OUT_OF_MEMORY;
    for (uint64_t n = 1; status != CORNU_OK; n++) {
        cornu__resizer resizer = {0};
        cornu__image result = {0};
        cornu__allocation_fail_at(n);
        status = cornu__resize(&resizer, &image, cornu__box_of(&image), CORNU__BICUBIC, 5, 6, &result);
        cornu__allocation_fail_at(0);
        assert_true(status == CORNU_OK || status == CORNU_ERROR_OUT_OF_MEMORY);
        assert_true(n < 100);
        cornu__image_free(&result);
        cornu__resizer_free(&resizer);
        assert_int_equal(cornu__allocation_live(), live);
    }
    cornu__image_free(&image);
}

static void what_cannot_be_resized_is_said(void **state)
{
    (void)state;
    cornu__resizer resizer = {0};
    cornu__image image = {0}, result = {0};
    make_noise(&image, CORNU_UINT8, 12, 13, 3, 0);
    cornu__box outside = {0, 0, 14, 12}, empty = {3, 3, 3, 5};
    assert_failed(cornu__resize(&resizer, &image, outside, CORNU__BOX, 5, 6, &result), CORNU_ERROR_INVALID_ARGUMENT,
                  "not within a picture of 13 x 12 pixels");
    assert_failed(cornu__resize(&resizer, &image, empty, CORNU__BOX, 5, 6, &result), CORNU_ERROR_INVALID_ARGUMENT,
                  "(3, 3, 3, 5)");
    assert_failed(cornu__resize(&resizer, &image, cornu__box_of(&image), CORNU__BOX, 0, 6, &result), CORNU_ERROR_SHAPE,
                  "(0, 6, 3)");
    cornu__interpolation interpolation;
    assert_failed(cornu__interpolation_named("bilinaer", &interpolation), CORNU_ERROR_UNKNOWN_NAME,
                  "did you mean 'bilinear'?");
    cornu__image_free(&image);
    cornu__resizer_free(&resizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_pillows),
        cmocka_unit_test(pixels_are_tensorflows),
        cmocka_unit_test(nothing_beyond_the_box_is_seen),
        cmocka_unit_test(the_same_size_is_the_same_picture),
        cmocka_unit_test(a_level_picture_stays_level),
        cmocka_unit_test(vectors_sum_what_the_definition_sums),
        cmocka_unit_test(a_warm_resizer_allocates_nothing),
        cmocka_unit_test(refused_memory_is_an_error),
        cmocka_unit_test(what_cannot_be_resized_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
