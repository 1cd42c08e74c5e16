/* Affine maps and resampling: against scipy.ndimage and keras-preprocessing 1.1.2, and what must hold whatever the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "base/memory.h"
#include "base/random.h"
#include "image/augmentation_values.h"
#include "image/warp.h"

#define TOLERANCE 1e-3 /* on 0 .. 255 */

static const cornu__affine_parameters neutral = {.zx = 1, .zy = 1};

/* A warped copy of `from`; the caller frees it. Memory is exactly as large as said, so that a sanitizer sees what is read or written beside it. */
static float *warped(const cornu__warp *warp, cornu__extent extent, const float *from)
{
    size_t count = (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
    float *to = malloc(count * sizeof *to);
    size_t size = cornu__warp_scratch(warp, extent);
    void *scratch = size ? malloc(size) : NULL;
    assert_non_null(to);
    memset(to, 0xff, count * sizeof *to);
    if (cornu__warp_run(warp, extent, from, to, scratch) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    free(scratch);
    return to;
}

/* A copy of the same kind of memory. */
static float *floats_of(const cornu_array *array)
{
    float *floats = malloc((size_t)cornu_array_count(array) * sizeof *floats);
    assert_non_null(floats);
    for (int64_t i = 0; i < cornu_array_count(array); i++)
        floats[i] = (float)cornu_array_get(array, i);
    return floats;
}

static cornu__extent extent_of(const cornu_array *array)
{
    return (cornu__extent){(int)cornu_array_size(array, 0), (int)cornu_array_size(array, 1),
                           (int)cornu_array_size(array, 2)};
}

static cornu__fill_mode mode_of(const char *name)
{
    cornu__fill_mode mode;
    bool grid = strcmp(name, "grid-wrap") == 0;
    assert_int_equal(cornu__fill_mode_from_name(grid ? "wrap" : name, !grid, &mode), CORNU_OK);
    return mode;
}

static void every_mode_and_order_is_scipys(void **state)
{
    (void)state;
    const json_t *cases = value_fact("affine"), *all_parameters = value_fact("parameters");
    size_t number;
    json_t *test;
    json_array_foreach(cases, number, test)
    {
        char what[100];
        const char *mode = json_string_value(json_object_get(test, "mode"));
        int order = (int)json_integer_value(json_object_get(test, "order"));
        bool kp112 = json_is_true(json_object_get(test, "kp112"));
        snprintf(what, sizeof what, "affine.%zu.parameters", number);
        double p[6];
        value_doubles(json_object_get(all_parameters, what), 6, p);
        const cornu_array *picture =
            value_array("picture.%d", (int)json_integer_value(json_object_get(test, "picture")));
        cornu__extent extent = extent_of(picture);
        cornu__affine_parameters parameters = {p[0], p[1], p[2], p[3], p[4], p[5]};
        cornu__warp warp = {.map = cornu__affine_make(&parameters, extent.height, extent.width,
                                                      kp112 ? CORNU__AFFINE_KP112 : CORNU__AFFINE_EXACT),
                            .fill_mode = mode_of(mode),
                            .order = order,
                            .constant = 17};
        float *from = floats_of(picture), *to = warped(&warp, extent, from);
        snprintf(what, sizeof what, "case %zu, %s, order %d%s", number, mode, order, kp112 ? ", kp112" : "");
        assert_near(to, value_array("affine.%zu.result", number), TOLERANCE, what);
        free(from);
        free(to);
    }
    assert_int_equal(number, 90);
}

/* "nearest" far outside: scipy adds edge pixels before its filter, and beyond these takes the coefficient of the last. */
static void far_outside_splines_are_scipys(void **state)
{
    (void)state;
    const cornu_array *picture = value_array("picture.2");
    cornu__extent extent = extent_of(picture);
    float *from = floats_of(picture);
    for (int order = 2; order <= 5; order++) {
        char what[40];
        snprintf(what, sizeof what, "order %d", order);
        cornu__warp warp = {
            .map = {2.5, 0.75, -0.5, 3.25, -19.3, -22.6}, .fill_mode = CORNU__FILL_NEAREST, .order = order};
        float *to = warped(&warp, extent, from);
        assert_near(to, value_array("far_outside.%d", order), TOLERANCE, what);
        free(to);
    }
    free(from);
}

/* --- what must hold whatever the numbers --- */

static float *noise(cornu__extent extent)
{
    size_t count = (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels;
    float *values = malloc(count * sizeof *values);
    assert_non_null(values);
    cornu__random_key key = cornu__random_key_make(11, CORNU__RANDOM_USER, 0, 0);
    for (size_t i = 0; i < count; i++)
        values[i] = 255 * cornu__random_uniform(key, i);
    return values;
}

static const cornu__extent extents[] = {{1, 1, 1}, {1, 7, 3}, {6, 1, 3}, {2, 2, 3}, {5, 8, 1}, {9, 4, 3}, {7, 6, 5}};
#define EXTENTS (sizeof extents / sizeof *extents)

static size_t bytes_of(cornu__extent extent)
{
    return (size_t)extent.height * (size_t)extent.width * (size_t)extent.channels * sizeof(float);
}

static void the_neutral_map_is_the_identity_bit_for_bit(void **state)
{
    (void)state;
    assert_true(cornu__affine_is_identity(&neutral));
    for (size_t i = 0; i < EXTENTS; i++) {
        float *from = noise(extents[i]);
        for (int mode = CORNU__FILL_CONSTANT; mode <= CORNU__FILL_WRAP_SCIPY; mode++) {
            for (int order = 0; order <= 1; order++) {
                cornu__warp warp = {.map = {.a00 = 1, .a11 = 1}, .fill_mode = (cornu__fill_mode)mode, .order = order};
                float *to = warped(&warp, extents[i], from);
                assert_memory_equal(to, from, bytes_of(extents[i]));
                free(to);
            }
        }
        free(from);
    }
}

/* A spline through pixels has their values at the pixels; all is computed in double. */
static void splines_go_through_the_pixels(void **state)
{
    (void)state;
    float worst = 0;
    for (size_t i = 0; i < EXTENTS; i++) {
        float *from = noise(extents[i]);
        for (int mode = CORNU__FILL_CONSTANT; mode <= CORNU__FILL_WRAP_SCIPY; mode++) {
            for (int order = 2; order <= 5; order++) {
                cornu__warp warp = {.map = {.a00 = 1, .a11 = 1}, .fill_mode = (cornu__fill_mode)mode, .order = order};
                float *to = warped(&warp, extents[i], from);
                for (size_t at = 0; at < bytes_of(extents[i]) / sizeof(float); at++)
                    worst = fmaxf(worst, fabsf(to[at] - from[at]));
                free(to);
            }
        }
        free(from);
    }
    assert_true(worst < 1e-4f);
}

static void a_flip_after_the_map_is_the_mirror_image_bit_for_bit(void **state)
{
    (void)state;
    cornu__affine_parameters parameters = {33, 1.3, -0.7, 12, 1.2, 0.8};
    for (size_t i = 0; i < EXTENTS; i++) {
        cornu__extent extent = extents[i];
        float *from = noise(extent), *mirrored = noise(extent);
        for (int order = 0; order <= 3; order++) {
            cornu__warp warp = {.map =
                                    cornu__affine_make(&parameters, extent.height, extent.width, CORNU__AFFINE_EXACT),
                                .fill_mode = CORNU__FILL_REFLECT,
                                .order = order};
            float *plain = warped(&warp, extent, from);
            for (int flips = 1; flips < 4; flips++) {
                warp.flip_horizontal = flips & 1;
                warp.flip_vertical = flips & 2;
                float *flipped = warped(&warp, extent, from);
                cornu__flip(extent, flips & 1, flips & 2, plain, mirrored);
                assert_memory_equal(flipped, mirrored, bytes_of(extent));
                free(flipped);
            }
            warp.flip_horizontal = warp.flip_vertical = false;
            free(plain);
        }
        free(from);
        free(mirrored);
    }
}

static void half_a_turn_is_both_flips_and_loses_no_edge(void **state)
{
    (void)state;
    cornu__extent extent = {6, 9, 3};
    cornu__affine_parameters parameters = {.theta = 180, .zx = 1, .zy = 1};
    float *from = noise(extent), *both = noise(extent);
    cornu__flip(extent, true, true, from, both);
    for (int mode = CORNU__FILL_CONSTANT; mode <= CORNU__FILL_WRAP_SCIPY; mode++) {
        cornu__warp warp = {.map = cornu__affine_make(&parameters, extent.height, extent.width, CORNU__AFFINE_EXACT),
                            .fill_mode = (cornu__fill_mode)mode,
                            .order = 1,
                            .constant = -1};
        float *turned = warped(&warp, extent, from);
        assert_memory_equal(turned, both, bytes_of(extent));
        free(turned);
    }
    free(from);
    free(both);
}

static void a_plain_picture_stays_plain(void **state)
{
    (void)state;
    cornu__extent extent = {23, 17, 3};
    cornu__affine_parameters parameters = {-50, 3.3, 5.7, 20, 1.4, 0.6};
    float *from = noise(extent);
    for (size_t i = 0; i < bytes_of(extent) / sizeof *from; i++)
        from[i] = 0.1f;
    for (int mode = CORNU__FILL_NEAREST; mode <= CORNU__FILL_WRAP_SCIPY; mode++) {
        cornu__warp warp = {.map = cornu__affine_make(&parameters, extent.height, extent.width, CORNU__AFFINE_EXACT),
                            .fill_mode = (cornu__fill_mode)mode,
                            .order = 1};
        float *to = warped(&warp, extent, from);
        assert_memory_equal(to, from, bytes_of(extent));
        free(to);
    }
    free(from);
}

/* One dimension, from the documentation of each mode. */
static void the_modes_go_on_as_documented(void **state)
{
    (void)state;
    static const struct {
        cornu__fill_mode mode;
        const char *row; /* the pixels -5 .. 8 of the endless row of a, b, c, d */
    } rows[] = {{CORNU__FILL_CONSTANT, "kkkkkabcdkkkkk"},
                {CORNU__FILL_NEAREST, "aaaaaabcdddddd"},
                {CORNU__FILL_REFLECT, "ddcbaabcddcbaa"},
                {CORNU__FILL_WRAP, "dabcdabcdabcda"},
                {CORNU__FILL_WRAP_SCIPY, "bcdbcabcdbcabc"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float from[4] = {'a', 'b', 'c', 'd'}, to[4];
        for (int at = -5; at <= 8; at++) {
            cornu__warp warp = {.map = {.a00 = 1, .a11 = 1, .b1 = at}, .fill_mode = rows[i].mode, .constant = 'k'};
            for (warp.order = 0; warp.order <= 1; warp.order++) {
                assert_int_equal(cornu__warp_run(&warp, (cornu__extent){1, 4, 1}, from, to, NULL), CORNU_OK);
                if (to[0] != (float)rows[i].row[at + 5])
                    fail_msg("mode %d, order %d: pixel %d is %c, wanted %c", (int)rows[i].mode, warp.order, at,
                             (char)to[0], rows[i].row[at + 5]);
            }
        }
    }
}

static void parameters_that_reach_too_far_are_refused(void **state)
{
    (void)state;
    float from[4] = {1, 2, 3, 4}, to[4];
    const cornu__affine maps[] = {{.a00 = 1e12, .a11 = 1},
                                  {.a00 = 1, .a11 = 1, .b0 = -2e9},
                                  {.a00 = (double)NAN, .a11 = 1},
                                  {.a00 = 1, .a11 = 1, .b1 = (double)INFINITY}};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        cornu__warp warp = {.map = maps[i], .order = 1};
        assert_int_equal(cornu__warp_run(&warp, (cornu__extent){2, 2, 1}, from, to, NULL),
                         CORNU_ERROR_INVALID_ARGUMENT);
        assert_non_null(strstr(cornu_error_message(), "pixels from a picture of 2 x 2"));
    }
}

static void tf29_exchanges_rows_and_columns(void **state)
{
    (void)state;
    cornu__affine_parameters parameters = {.tx = 2, .ty = 5, .zx = 0.5, .zy = 2};
    cornu__affine exact = cornu__affine_make(&parameters, 8, 8, CORNU__AFFINE_EXACT);
    cornu__affine tf29 = cornu__affine_make(&parameters, 8, 8, CORNU__AFFINE_TF29);
    assert_true(exact.a00 == 0.5 && exact.a11 == 2 && tf29.a00 == 2 && tf29.a11 == 0.5);
    assert_true(exact.b0 == tf29.b1 && exact.b1 == tf29.b0 && exact.b0 != exact.b1);
}

static void an_unknown_fill_mode_is_answered_with_the_nearest(void **state)
{
    (void)state;
    cornu__fill_mode mode;
    assert_int_equal(cornu__fill_mode_from_name("neares", false, &mode), CORNU_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(cornu_error_message(), "did you mean \"nearest\"?"));
    assert_int_equal(cornu__fill_mode_from_name(NULL, false, &mode), CORNU_ERROR_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_and_order_is_scipys),
        cmocka_unit_test(far_outside_splines_are_scipys),
        cmocka_unit_test(the_neutral_map_is_the_identity_bit_for_bit),
        cmocka_unit_test(splines_go_through_the_pixels),
        cmocka_unit_test(a_flip_after_the_map_is_the_mirror_image_bit_for_bit),
        cmocka_unit_test(half_a_turn_is_both_flips_and_loses_no_edge),
        cmocka_unit_test(a_plain_picture_stays_plain),
        cmocka_unit_test(the_modes_go_on_as_documented),
        cmocka_unit_test(parameters_that_reach_too_far_are_refused),
        cmocka_unit_test(tf29_exchanges_rows_and_columns),
        cmocka_unit_test(an_unknown_fill_mode_is_answered_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, values_open, values_close);
}
