/* ImageDataGenerator for single pictures: draws, transforms, colours, standardize, fit; against keras-preprocessing 1.1.2 and Keras 3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <cornu/image_data_generator.h>
#include <cornu/log.h>

#include "base/memory.h"
#include "image/augmentation_values.h"
#include "data/numpy_random.h"

#define TOLERANCE 1e-3

static void assert_made(const void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
}

static void assert_ok(cornu_status status)
{
    if (status != CORNU_OK)
        fail_msg("%s", cornu_error_message());
}

/* --- numpy's random numbers --- */

static void numpys_random_numbers_come_bit_for_bit(void **state)
{
    (void)state;
    size_t i;
    json_t *test;
    json_array_foreach(value_fact("numpy_random"), i, test)
    {
        static const int64_t counts[] = {1, 2, 3, 10, 1000};
        cornu__numpy_random random;
        double wanted[5], drawn[1000];
        cornu__numpy_seed(&random, (uint32_t)json_integer_value(json_object_get(test, "seed")));
        for (int k = 0; k < 1000; k++)
            drawn[k] = cornu__numpy_double(&random);
        value_doubles(json_object_get(test, "doubles"), 5, wanted);
        assert_true(wanted[0] == drawn[0] && wanted[1] == drawn[1] && wanted[2] == drawn[2] &&
                    wanted[3] == drawn[998] && wanted[4] == drawn[999]);
        value_doubles(json_object_get(test, "uniform"), 1, wanted);
        assert_true(cornu__numpy_uniform(&random, -3.7, 11.2) == wanted[0]);
        for (size_t k = 0; k < 5; k++)
            assert_int_equal(cornu__numpy_below(&random, (uint64_t)counts[k]),
                             json_integer_value(json_array_get(json_object_get(test, "choices"), k)));
        int64_t permutation[20];
        cornu__numpy_permutation(&random, 20, permutation);
        for (size_t k = 0; k < 20; k++)
            assert_int_equal(permutation[k],
                             json_integer_value(json_array_get(json_object_get(test, "permutation"), k)));
    }
    assert_int_equal(i, 5);
}

/* --- get_random_transform --- */

/* The generators of augmentation.py, by their names there. */
static cornu_image_data_generator *named_generator(const char *name)
{
    cornu_image_data_generator *made = NULL;
    if (strcmp(name, "everything") == 0)
        made =
            cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = 0.1, .height_shift_range = 0.2,
                                              .shear_range = 10, .zoom_range = cornu_range(0.8, 1.2),
                                              .channel_shift_range = 20, .horizontal_flip = true, .vertical_flip = true,
                                              .brightness_range = cornu_range(0.5, 1.5), .rng_compat = "numpy");
    else if (strcmp(name, "nothing") == 0)
        made = cornu_image_data_generator_create(.rng_compat = "numpy");
    else if (strcmp(name, "integers") == 0)
        made = cornu_image_data_generator_create(.width_shift_range = cornu_pixels(3),
                                                 .height_shift_range = cornu_pixels(1), .zoom_range = 0.3,
                                                 .rng_compat = "numpy");
    else if (strcmp(name, "lists") == 0)
        made = cornu_image_data_generator_create(.width_shift_range = cornu_shifts(-5, 0, 5),
                                                 .height_shift_range = cornu_shifts(0.1, 0.2, -0.3),
                                                 .vertical_flip = true, .rng_compat = "numpy");
    else if (strcmp(name, "pixels") == 0)
        made = cornu_image_data_generator_create(.width_shift_range = 4.5, .height_shift_range = 1.0,
                                                 .zoom_range = cornu_range(1.1, 0.9), .shear_range = 0.3,
                                                 .rng_compat = "numpy");
    assert_made(made);
    return made;
}

/* Parameter `i` in the order of augmentation.py. */
static double parameter(const cornu_transform_options *t, size_t i)
{
    const double all[] = {t->theta,
                          t->tx,
                          t->ty,
                          t->shear,
                          t->zx,
                          t->zy,
                          t->flip_horizontal,
                          t->flip_vertical,
                          t->channel_shift_intensity,
                          t->brightness};
    return all[i];
}

static void assert_drawn(const cornu_transform_options *got, const json_t *wanted, const char *generator)
{
    for (size_t i = 0; i < 10; i++) {
        const char *text = json_string_value(json_array_get(wanted, i));
        double value = parameter(got, i);
        bool none = strcmp(text, "none") == 0;
        bool right = none ? (i == 9 ? isnan(value) : value == 0) : value == strtod(text, NULL);
        if (!right)
            fail_msg("%s: parameter %zu is %.17g, wanted %s", generator, i, value, text);
    }
}

static void transforms_are_drawn_as_kerass_bit_for_bit(void **state)
{
    (void)state;
    size_t number;
    json_t *test;
    json_array_foreach(value_fact("random_transforms"), number, test)
    {
        const char *name = json_string_value(json_object_get(test, "generator"));
        int64_t seed = json_integer_value(json_object_get(test, "seed"));
        cornu_image_data_generator *generator = named_generator(name);
        for (size_t draw = 0; draw < 3; draw++) {
            cornu_transform_options got;
            assert_ok(cornu_image_data_generator_get_random_transform(generator, (int64_t[]){32, 48, 3},
                                                                      draw == 0 ? seed : CORNU_NONE, &got));
            assert_drawn(&got, json_array_get(json_object_get(test, "draws"), draw), name);
        }
        cornu_image_data_generator_release(generator);
    }
    assert_int_equal(number, 25);
}

static void our_own_draws_stay_in_their_ranges_and_depend_on_the_seed(void **state)
{
    (void)state;
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.rotation_range = 30, .width_shift_range = cornu_pixels(3),
                                          .height_shift_range = 0.25, .shear_range = 10, .zoom_range = 0.2,
                                          .channel_shift_range = 20, .horizontal_flip = true,
                                          .brightness_range = cornu_range(0.5, 1.5));
    assert_made(generator);
    const int64_t shape[] = {40, 60, 3};
    double sum = 0;
    int flips = 0, zeros = 0;
    for (int64_t seed = 0; seed < 2000; seed++) {
        cornu_transform_options t, again;
        assert_ok(cornu_image_data_generator_get_random_transform(generator, shape, seed, &t));
        assert_ok(cornu_image_data_generator_get_random_transform(generator, shape, seed, &again));
        assert_memory_equal(&t, &again, sizeof t);
        assert_true(fabs(t.theta) <= 30 && fabs(t.tx) <= 10 && fabs(t.shear) <= 10);
        assert_true(t.ty == -2 || t.ty == -1 || t.ty == 0 || t.ty == 1 || t.ty == 2);
        assert_true(t.zx >= 0.8 && t.zx <= 1.2 && t.zy >= 0.8 && t.zy <= 1.2);
        assert_true(fabs(t.channel_shift_intensity) <= 20 && t.brightness >= 0.5 && t.brightness <= 1.5);
        assert_false(t.flip_vertical);
        sum += t.theta;
        flips += t.flip_horizontal;
        zeros += t.ty == 0;
    }
    assert_true(fabs(sum / 2000) < 2 && abs(flips - 1000) < 150 && abs(zeros - 667) < 120);
    cornu_transform_options first, second;
    assert_ok(cornu_image_data_generator_get_random_transform(generator, shape, CORNU_NONE, &first));
    assert_ok(cornu_image_data_generator_get_random_transform(generator, shape, CORNU_NONE, &second));
    assert_true(first.theta != second.theta);
    cornu_image_data_generator_release(generator);
}

/* One more option must not change what the others draw. */
static void each_parameter_has_random_numbers_of_its_own(void **state)
{
    (void)state;
    cornu_image_data_generator *few = cornu_image_data_generator_create(.zoom_range = 0.2),
                               *more = cornu_image_data_generator_create(.zoom_range = 0.2, .rotation_range = 5);
    cornu_transform_options a, b;
    assert_ok(cornu_image_data_generator_get_random_transform(few, (int64_t[]){4, 4, 1}, 3, &a));
    assert_ok(cornu_image_data_generator_get_random_transform(more, (int64_t[]){4, 4, 1}, 3, &b));
    assert_true(a.zx == b.zx && a.zy == b.zy && a.theta == 0 && b.theta != 0);
    cornu_image_data_generator_release(few);
    cornu_image_data_generator_release(more);
}

/* --- apply_transform --- */

static cornu_array *as_floats(const cornu_array *array)
{
    cornu_array *floats = cornu_array_cast(array, CORNU_FLOAT32);
    assert_made(floats);
    return floats;
}

static void assert_applied(cornu_array *result, const cornu_array *wanted, double tolerance, const char *what)
{
    assert_made(result);
    assert_near(cornu_array_float32(result), wanted, tolerance, what);
    cornu_array_release(result);
}

static void channel_shift_is_kerass(void **state)
{
    (void)state;
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    for (int number = 0; number < 4; number++) {
        cornu_array *picture = as_floats(value_array("picture.%d", number));
        assert_applied(cornu_image_data_generator_apply_transform(generator, picture, .channel_shift_intensity = 17.25),
                       value_array("channel_shift.%d", number), 0, "channel shift");
        cornu_array_release(picture);
    }
    cornu_image_data_generator_release(generator);
}

static const char *const factors[] = {"0.0", "0.4", "1.0", "1.7"};

static void brightness_through_8_bits_is_the_old_versions(void **state)
{
    (void)state;
    cornu_image_data_generator *kp112 = cornu_image_data_generator_create(.brightness_compat = "kp112");
    cornu_image_data_generator *tf29 = cornu_image_data_generator_create(.brightness_compat = "tf29");
    for (int number = 0; number < 4; number++) {
        if (number == 1)
            continue; /* of two channels, which they refuse */
        cornu_array *picture = as_floats(value_array("picture.%d", number));
        for (size_t i = 0; i < 4; i++) {
            double factor = strtod(factors[i], NULL);
            assert_applied(cornu_image_data_generator_apply_transform(kp112, picture, .brightness = factor),
                           value_array("brightness.%d.%s", number, factors[i]), 0, "kp112");
            assert_applied(cornu_image_data_generator_apply_transform(tf29, picture, .brightness = factor),
                           keras3_array("brightness.%d.%s", number, factors[i]), 0, "tf29");
        }
        float *values = cornu_array_float32(picture);
        for (int64_t i = 0; i < cornu_array_count(picture); i++)
            values[i] = values[i] * 2 - 100;
        assert_applied(cornu_image_data_generator_apply_transform(tf29, picture, .brightness = 0.6),
                       keras3_array("brightness.%d.outside", number), TOLERANCE, "tf29, outside 0..255");
        cornu_array_release(picture);
    }
    cornu_image_data_generator_release(kp112);
    cornu_image_data_generator_release(tf29);
}

static void brightness_multiplies_and_stays_in_the_range(void **state)
{
    (void)state;
    float values[] = {0, 10, 100, 200, 255, 0.5f}, wide[] = {-300, 0, 100, 200, 300, 1};
    cornu_array *picture = cornu_array_view(CORNU_FLOAT32, 3, (int64_t[]){1, 2, 3}, values);
    cornu_array *odd = cornu_array_view(CORNU_FLOAT32, 3, (int64_t[]){1, 2, 3}, wide);
    cornu_image_data_generator *generator = cornu_image_data_generator_create();
    cornu_array *brighter = cornu_image_data_generator_apply_transform(generator, picture, .brightness = 1.5);
    const float wanted[] = {0, 15, 150, 255, 255, 0.75f};
    assert_memory_equal(cornu_array_data(brighter), wanted, sizeof wanted);
    cornu_array *same = cornu_image_data_generator_apply_transform(generator, odd, .brightness = 1);
    assert_memory_equal(cornu_array_data(same), wide, sizeof wide);
    cornu_array *darker = cornu_image_data_generator_apply_transform(generator, odd, .brightness = 0);
    for (int i = 0; i < 6; i++)
        assert_true(cornu_array_get(darker, i) == 0);
    cornu_array_release(brighter);
    cornu_array_release(same);
    cornu_array_release(darker);
    cornu_array_release(picture);
    cornu_array_release(odd);
    cornu_image_data_generator_release(generator);
}

static void no_parameters_are_the_identity_bit_for_bit(void **state)
{
    (void)state;
    cornu_image_data_generator *generators[] = {
        cornu_image_data_generator_create(), cornu_image_data_generator_create(.data_format = "channels_first"),
        cornu_image_data_generator_create(.interpolation_order = 5, .fill_mode = "wrap"),
        cornu_image_data_generator_create(.affine_compat = "kp112", .rng_compat = "numpy"),
        cornu_image_data_generator_create(.rotation_range = 30, .zoom_range = cornu_range(0.8, 1.2))};
    cornu_array *picture = as_floats(value_array("picture.2"));
    for (size_t i = 0; i < sizeof generators / sizeof *generators; i++) {
        assert_made(generators[i]);
        assert_applied(cornu_image_data_generator_apply_transform(generators[i], picture), picture, 0, "identity");
        assert_applied(cornu_image_data_generator_apply_transform(generators[i], picture, .brightness = 1), picture, 0,
                       "brightness 1");
        if (i < 4)
            assert_applied(cornu_image_data_generator_random_transform(generators[i], picture, 5), picture, 0,
                           "no ranges");
        cornu_array *standard = as_floats(picture);
        assert_ok(cornu_image_data_generator_standardize(generators[i], standard));
        assert_applied(standard, picture, 0, "standardize");
        cornu_image_data_generator_release(generators[i]);
    }
    cornu_array_release(picture);
}

static cornu_array *transposed(const cornu_array *last)
{
    int64_t height = cornu_array_size(last, 0), width = cornu_array_size(last, 1), channels = cornu_array_size(last, 2);
    cornu_array *first = cornu_array_zeros(CORNU_FLOAT32, 3, (int64_t[]){channels, height, width});
    for (int64_t pixel = 0; pixel < height * width; pixel++) {
        for (int64_t channel = 0; channel < channels; channel++)
            cornu_array_float32(first)[channel * height * width + pixel] =
                (float)cornu_array_get(last, pixel * channels + channel);
    }
    return first;
}

static void channels_first_gives_the_same_pixels_as_channels_last(void **state)
{
    (void)state;
    for (int order = 0; order <= 5; order++) {
        cornu_image_data_generator *last =
            cornu_image_data_generator_create(.rotation_range = 60, .zoom_range = 0.3, .height_shift_range = 0.2,
                                              .width_shift_range = 0.3, .horizontal_flip = true, .vertical_flip = true,
                                              .channel_shift_range = 30, .brightness_range = cornu_range(0.5, 1.5),
                                              .fill_mode = "reflect", .interpolation_order = order);
        cornu_image_data_generator *first =
            cornu_image_data_generator_create(.rotation_range = 60, .zoom_range = 0.3, .height_shift_range = 0.2,
                                              .width_shift_range = 0.3, .horizontal_flip = true, .vertical_flip = true,
                                              .channel_shift_range = 30, .brightness_range = cornu_range(0.5, 1.5),
                                              .fill_mode = "reflect", .interpolation_order = order,
                                              .data_format = "channels_first");
        for (int number = 0; number < 4; number++) {
            cornu_array *picture = as_floats(value_array("picture.%d", number)), *turned = transposed(picture);
            cornu_array *a = cornu_image_data_generator_random_transform(last, picture, order);
            cornu_array *b = cornu_image_data_generator_random_transform(first, turned, order);
            cornu_array *c = transposed(a);
            assert_memory_equal(cornu_array_data(b), cornu_array_data(c), (size_t)cornu_array_count(b) * sizeof(float));
            cornu_array_release(picture);
            cornu_array_release(turned);
            cornu_array_release(a);
            cornu_array_release(b);
            cornu_array_release(c);
        }
        cornu_image_data_generator_release(last);
        cornu_image_data_generator_release(first);
    }
}

/* --- standardize and fit --- */

static void assert_doubles_near(cornu_array *got, const cornu_array *wanted, double tolerance)
{
    assert_made(got);
    assert_int_equal(cornu_array_count(got), cornu_array_count(wanted));
    for (int64_t i = 0; i < cornu_array_count(got); i++)
        assert_true(fabs(cornu_array_get(got, i) - cornu_array_get(wanted, i)) < tolerance);
    cornu_array_release(got);
}

static cornu_image_data_generator *fitting_generator(void)
{
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.featurewise_center = true, .featurewise_std_normalization = true,
                                          .rescale = 1.0 / 64, .rotation_range = 40, .fill_mode = "nearest",
                                          .affine_compat = "kp112", .rng_compat = "numpy");
    assert_made(generator);
    return generator;
}

static cornu_array *first_picture(cornu_array *pictures)
{
    cornu_array *row = cornu_array_rows(pictures, 0, 1), *floats = cornu_array_cast(row, CORNU_FLOAT32);
    cornu_array *picture = cornu_array_reshape(floats, 3, cornu_array_shape(pictures) + 1);
    assert_made(picture);
    cornu_array_release(row);
    cornu_array_release(floats);
    return picture;
}

static void fit_finds_kerass_statistics(void **state)
{
    (void)state;
    cornu_array *x = value_array("fit.x");
    for (int augmented = 0; augmented < 2; augmented++) {
        const char *name = augmented ? "augmented" : "plain";
        cornu_image_data_generator *generator = fitting_generator();
        assert_ok(cornu_image_data_generator_fit(generator, x, .augment = augmented, .rounds = 3,
                                                 .seed = augmented ? 11 : CORNU_NONE));
        assert_doubles_near(cornu_image_data_generator_mean(generator), value_array("fit.%s.mean", name), 2e-6);
        assert_doubles_near(cornu_image_data_generator_std(generator), value_array("fit.%s.std", name), 2e-6);
        cornu_array *picture = first_picture(x);
        assert_ok(cornu_image_data_generator_standardize(generator, picture));
        assert_applied(picture, value_array("fit.%s.standardized", name), 1e-5, name);
        cornu_image_data_generator_release(generator);
    }
}

static void fit_over_a_sequence_finds_the_same_as_over_the_array(void **state)
{
    (void)state;
    cornu_array *x = value_array("fit.x");
    cornu_image_data_generator *whole = fitting_generator(), *streamed = fitting_generator();
    cornu_sequence *batches = cornu_array_sequence(x, NULL, .batch_size = 7);
    assert_ok(cornu_image_data_generator_fit(whole, x, .augment = true, .rounds = 2, .seed = 3));
    assert_ok(cornu_image_data_generator_fit_sequence(streamed, batches, .augment = true, .rounds = 2, .seed = 3));
    cornu_array *mean = cornu_image_data_generator_mean(whole), *std = cornu_image_data_generator_std(whole);
    assert_doubles_near(cornu_image_data_generator_mean(streamed), mean, 1e-12);
    assert_doubles_near(cornu_image_data_generator_std(streamed), std, 1e-12);
    cornu_array_release(mean);
    cornu_array_release(std);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(whole);
    cornu_image_data_generator_release(streamed);
}

/* Where numpy's float32 sums stand still: a constant of 200 in 24.6 million values has the mean 174.76 in Keras. */
static void a_large_data_set_has_its_true_mean(void **state)
{
    (void)state;
    const int64_t shape[] = {500, 64, 64, 3};
    cornu_array *x = cornu_array_zeros(CORNU_UINT8, 4, shape);
    memset(cornu_array_data(x), 200, (size_t)cornu_array_count(x));
    cornu_sequence *batches = cornu_array_sequence(x, NULL, .batch_size = 500);
    cornu_image_data_generator *generator = cornu_image_data_generator_create(.featurewise_center = true);
    assert_ok(cornu_image_data_generator_fit(generator, x, .augment = true, .rounds = 4));
    cornu_array *mean = cornu_image_data_generator_mean(generator), *std = cornu_image_data_generator_std(generator);
    for (int channel = 0; channel < 3; channel++)
        assert_true(cornu_array_get(mean, channel) == 200 && cornu_array_get(std, channel) == 0);
    cornu_array_release(mean);
    cornu_array_release(std);
    cornu_array_release(x);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
}

static int warnings;

static void count_warning(const char *message, void *state)
{
    (void)state;
    assert_non_null(strstr(message, "ImageDataGenerator"));
    warnings++;
}

/* numpy's own values to the last bit, and where its sum stands still: 2^32 / (6000 * 64 * 64) instead of 200. */
static void float32_statistics_are_kerass_with_their_error(void **state)
{
    (void)state;
    cornu_set_warning_handler(count_warning, NULL);
    for (int augmented = 0; augmented < 2; augmented++) {
        const char *name = augmented ? "augmented" : "plain";
        cornu_image_data_generator *generator =
            cornu_image_data_generator_create(.featurewise_center = true, .featurewise_std_normalization = true,
                                              .rescale = 1.0 / 64, .rotation_range = 40, .affine_compat = "kp112",
                                              .rng_compat = "numpy", .stats_compat = "float32");
        warnings = 0;
        assert_ok(cornu_image_data_generator_fit(generator, value_array("fit.x"), .augment = augmented, .rounds = 3,
                                                 .seed = augmented ? 11 : CORNU_NONE));
        assert_int_equal(warnings, 3);
        /* Turned pictures differ from scipy's in their last bits. */
        assert_doubles_near(cornu_image_data_generator_mean(generator), value_array("fit.%s.mean", name),
                            augmented ? 1e-6 : 1e-12);
        assert_doubles_near(cornu_image_data_generator_std(generator), value_array("fit.%s.std", name),
                            augmented ? 1e-6 : 1e-12);
        cornu_image_data_generator_release(generator);
    }
    cornu_array *x = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){500, 64, 64, 3});
    memset(cornu_array_data(x), 200, (size_t)cornu_array_count(x));
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.featurewise_center = true, .stats_compat = "float32");
    assert_ok(cornu_image_data_generator_fit(generator, x, .augment = true, .rounds = 12));
    cornu_array *mean = cornu_image_data_generator_mean(generator);
    assert_true(fabs(cornu_array_get(mean, 0) - 0x1p32 / (6000 * 64 * 64)) < 1e-4);
    cornu_sequence *batches = cornu_array_sequence(x, NULL);
    assert_int_equal(cornu_image_data_generator_fit_sequence(generator, batches), CORNU_ERROR_UNSUPPORTED);
    cornu_set_warning_handler(NULL, NULL);
    cornu_sequence_release(batches);
    cornu_array_release(mean);
    cornu_array_release(x);
    cornu_image_data_generator_release(generator);
}

static void samplewise_normalization_is_kerass(void **state)
{
    (void)state;
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.samplewise_center = true, .samplewise_std_normalization = true);
    cornu_array *second = cornu_array_rows(value_array("fit.x"), 1, 2), *picture = first_picture(second);
    assert_ok(cornu_image_data_generator_standardize(generator, picture));
    assert_applied(picture, value_array("fit.samplewise"), 1e-5, "samplewise");
    cornu_array_release(second);
    cornu_image_data_generator_release(generator);
}

static void whitening_is_kerass_of_both_versions(void **state)
{
    (void)state;
    const char *const names[] = {"few", "many"};
    for (int i = 0; i < 4; i++) {
        const char *name = names[i / 2];
        bool kp112 = i % 2;
        cornu_array *x = value_array("zca.%s.x", name);
        cornu_image_data_generator *generator =
            cornu_image_data_generator_create(.zca_whitening = true, .featurewise_center = true, .zca_epsilon = 1e-2,
                                              .rescale = 1.0 / 255, .zca_compat = kp112 ? "kp112" : NULL);
        assert_ok(cornu_image_data_generator_fit(generator, x));
        cornu_array *picture = first_picture(x);
        assert_ok(cornu_image_data_generator_standardize(generator, picture));
        assert_applied(picture, kp112 ? value_array("zca.%s.whitened", name) : keras3_array("zca.%s.whitened", name),
                       1e-3, name);
        cornu_image_data_generator_release(generator);
    }
}

static void missing_fits_and_corrections_are_told_of(void **state)
{
    (void)state;
    cornu_set_warning_handler(count_warning, NULL);
    warnings = 0;
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.zca_whitening = true, .featurewise_std_normalization = true,
                                          .samplewise_std_normalization = true);
    assert_int_equal(warnings, 3);
    cornu_array *picture = as_floats(value_array("picture.2"));
    for (int i = 0; i < 3; i++)
        assert_ok(cornu_image_data_generator_standardize(generator, picture));
    assert_int_equal(warnings, 5);
    cornu_set_warning_handler(NULL, NULL);
    cornu_array_release(picture);
    cornu_image_data_generator_release(generator);
}

static cornu_status subtract_first(void *state, float *picture, const int64_t shape[3])
{
    int64_t *seen = state;
    memcpy(seen, shape, 3 * sizeof *seen);
    float first = picture[0];
    for (int64_t i = 0; i < shape[0] * shape[1] * shape[2]; i++)
        picture[i] -= first;
    return first < 0 ? cornu_error_set(CORNU_ERROR_DATA, "a negative picture") : CORNU_OK;
}

static cornu_status fail_silently(void *state, float *picture, const int64_t shape[3])
{
    (void)state, (void)picture, (void)shape;
    return CORNU_ERROR_DATA;
}

static void a_preprocessing_function_comes_before_rescale(void **state)
{
    (void)state;
    int64_t seen[3] = {0};
    float values[] = {4, 5, 6, 7, 8, 9};
    cornu_array *picture = cornu_array_view(CORNU_FLOAT32, 3, (int64_t[]){1, 2, 3}, values);
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.preprocessing_function = subtract_first, .preprocessing_state = seen,
                                          .rescale = 0.5);
    assert_ok(cornu_image_data_generator_standardize(generator, picture));
    const float wanted[] = {0, 0.5f, 1, 1.5f, 2, 2.5f};
    assert_memory_equal(values, wanted, sizeof wanted);
    assert_true(seen[0] == 1 && seen[1] == 2 && seen[2] == 3);
    values[0] = -1;
    assert_int_equal(cornu_image_data_generator_standardize(generator, picture), CORNU_ERROR_DATA);
    assert_string_equal(cornu_error_message(), "preprocessing_function: a negative picture");
    cornu_image_data_generator_release(generator);
    generator = cornu_image_data_generator_create(.preprocessing_function = fail_silently);
    assert_int_equal(cornu_image_data_generator_standardize(generator, picture), CORNU_ERROR_DATA);
    assert_non_null(strstr(cornu_error_message(), "without a message"));
    cornu_image_data_generator_release(generator);
    cornu_array_release(picture);
}

/* --- what cannot be --- */

#define assert_not_made(part, ...)                                                                                     \
    do {                                                                                                               \
        assert_null(cornu_image_data_generator_create(__VA_ARGS__));                                                   \
        if (!strstr(cornu_error_message(), part))                                                                      \
            fail_msg("'%s' does not say '%s'", cornu_error_message(), part);                                           \
    } while (0)

static void bad_arguments_get_a_sentence(void **state)
{
    (void)state;
    assert_not_made("did you mean \"nearest\"?", .fill_mode = "nearst");
    assert_not_made("wanted \"channels_last\" or \"channels_first\"", .data_format = "channels");
    assert_not_made("wanted \"float32\", \"float64\" or \"float16\"", .dtype = "uint8");
    assert_not_made("validation_split is 1; wanted a share", .validation_split = 1);
    assert_not_made("validation_split is -0.1; wanted a share", .validation_split = -0.1);
    assert_not_made("brightness_range is 0.3; wanted a pair", .brightness_range = 0.3);
    assert_not_made("interpolation_order is 6", .interpolation_order = 6);
    assert_not_made("rotation_range is inf", .rotation_range = INFINITY);
    assert_not_made("zoom_range is nan", .zoom_range = cornu_range(1, NAN));
    assert_not_made("width_shift_range has 17 shifts",
                    .width_shift_range = cornu_shifts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17));
    assert_not_made("height_shift_range is -3 pixels", .height_shift_range = cornu_pixels(-3));
    assert_not_made("value_range is 1 to 0", .value_range = cornu_range(1, 0));
    assert_not_made("wanted NULL (exact), \"kp112\" or \"tf29\"", .affine_compat = "kp113");
    assert_not_made("wanted NULL (exact), \"numpy\"", .rng_compat = "python");
    assert_not_made("numpy's RandomState takes 0 to 4294967295", .rng_compat = "numpy", .seed = UINT64_C(1) << 32);
    assert_not_made("\"channels_last\" only", .brightness_compat = "kp112", .data_format = "channels_first");
}

static void pictures_that_do_not_fit_get_a_sentence(void **state)
{
    (void)state;
    cornu_image_data_generator *generator =
        cornu_image_data_generator_create(.featurewise_center = true, .zca_whitening = true, .zca_memory_limit = 36000);
    cornu_array *bytes = value_array("picture.2"), *x = value_array("fit.x");
    assert_null(cornu_image_data_generator_apply_transform(generator, bytes));
    assert_non_null(strstr(cornu_error_message(), "float32 array of rank 3"));
    assert_int_equal(cornu_image_data_generator_fit(generator, bytes), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "wanted pictures of rank 4, got (9, 14, 3)"));
    assert_int_equal(cornu_image_data_generator_fit(generator, x), CORNU_ERROR_LIMIT);
    assert_non_null(strstr(cornu_error_message(), "36 values wants 3.63e+04 bytes"));
    assert_null(cornu_image_data_generator_mean(generator));
    assert_int_equal(cornu_error_status(), CORNU_ERROR_STATE);
    cornu_array *picture = as_floats(bytes);
    assert_null(cornu_image_data_generator_apply_transform(generator, picture, .zx = (double)NAN));
    assert_non_null(strstr(cornu_error_message(), "not finite"));
    assert_null(cornu_image_data_generator_apply_transform(generator, picture, .tx = 1e10));
    assert_non_null(strstr(cornu_error_message(), "apply_transform: the transform reaches"));
    cornu_array_release(picture);
    cornu_image_data_generator_release(generator);

    generator = cornu_image_data_generator_create(.featurewise_center = true);
    assert_ok(cornu_image_data_generator_fit(generator, x));
    picture = as_floats(value_array("picture.3"));
    assert_int_equal(cornu_image_data_generator_standardize(generator, picture), CORNU_ERROR_SHAPE);
    assert_non_null(strstr(cornu_error_message(), "4 channels, the data that it was fit on 3"));
    cornu_array *none = cornu_array_rows(x, 0, 0);
    assert_int_equal(cornu_image_data_generator_fit(generator, none), CORNU_ERROR_DATA);
    assert_int_equal(cornu_image_data_generator_fit(generator, x, .augment = true, .rounds = 0),
                     CORNU_ERROR_INVALID_ARGUMENT);
    cornu_array_release(none);
    cornu_array_release(picture);
    cornu_image_data_generator_release(generator);
    cornu_image_data_generator_release(NULL);
}

static void nothing_is_lost_where_memory_ends(void **state)
{
    (void)state;
    cornu_array *x = value_array("fit.x"), *picture = first_picture(x);
    uint64_t live = cornu__allocation_live();
    bool reached = true;
    int failures = 0;
    for (uint64_t n = 1; reached && n < 1000; n++) {
        cornu__allocation_fail_at(n);
        cornu_image_data_generator *generator =
            cornu_image_data_generator_create(.zca_whitening = true, .featurewise_center = true, .rotation_range = 20,
                                              .interpolation_order = 3);
        cornu_array *turned = NULL;
        bool done = generator && cornu_image_data_generator_fit(generator, x) == CORNU_OK &&
                    (turned = cornu_image_data_generator_random_transform(generator, picture, 1)) != NULL &&
                    cornu_image_data_generator_standardize(generator, turned) == CORNU_OK;
        cornu__allocation_fail_at(0);
        reached = !done;
        failures += !done;
        if (!done)
            assert_int_equal(cornu_error_status(), CORNU_ERROR_OUT_OF_MEMORY);
        cornu_array_release(turned);
        cornu_image_data_generator_release(generator);
        assert_int_equal(cornu__allocation_live(), live);
    }
    assert_false(reached);
    assert_true(failures > 20);
    cornu_array_release(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpys_random_numbers_come_bit_for_bit),
        cmocka_unit_test(transforms_are_drawn_as_kerass_bit_for_bit),
        cmocka_unit_test(our_own_draws_stay_in_their_ranges_and_depend_on_the_seed),
        cmocka_unit_test(each_parameter_has_random_numbers_of_its_own),
        cmocka_unit_test(channel_shift_is_kerass),
        cmocka_unit_test(brightness_through_8_bits_is_the_old_versions),
        cmocka_unit_test(brightness_multiplies_and_stays_in_the_range),
        cmocka_unit_test(no_parameters_are_the_identity_bit_for_bit),
        cmocka_unit_test(channels_first_gives_the_same_pixels_as_channels_last),
        cmocka_unit_test(fit_finds_kerass_statistics),
        cmocka_unit_test(fit_over_a_sequence_finds_the_same_as_over_the_array),
        cmocka_unit_test(a_large_data_set_has_its_true_mean),
        cmocka_unit_test(float32_statistics_are_kerass_with_their_error),
        cmocka_unit_test(samplewise_normalization_is_kerass),
        cmocka_unit_test(whitening_is_kerass_of_both_versions),
        cmocka_unit_test(missing_fits_and_corrections_are_told_of),
        cmocka_unit_test(a_preprocessing_function_comes_before_rescale),
        cmocka_unit_test(bad_arguments_get_a_sentence),
        cmocka_unit_test(pictures_that_do_not_fit_get_a_sentence),
        cmocka_unit_test(nothing_is_lost_where_memory_ends),
    };
    return cmocka_run_group_tests(tests, values_open, values_close);
}
