/* test_value_kernels.c: what changes the values of pixels gives the bits of plain arithmetic, on every instruction set that this processor has. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cornu/augmentation.h>
#include <cornu/flow.h>

#include "array/array.h"
#include "image/sums.h"
#include "instruction_sets.h"
#include "pictures.h"

/* --- Values --- */

enum { MOST_VALUES = 3000, MANY_CHANNELS = 600, GUARDS = 16 };

/* One kernel on its own: the values, and the same again by plain arithmetic. */
typedef struct value_case {
    const char *name;
    bool colors; /* of three channels */
    void (*run)(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels);
    void (*plain)(float *values, size_t pixels, size_t channels);
} value_case;

static const cornu__value_span bytes_span = {0, 255};

static float plain_clip(float value, cornu__value_span span)
{
    return value < span.low ? span.low : value > span.high ? span.high : value;
}

/* Different numbers for each channel. */
static const float *channel_numbers(float first, float step)
{
    static float numbers[2][MANY_CHANNELS];
    static int turn;
    turn = 1 - turn;
    for (int i = 0; i < MANY_CHANNELS; i++)
        numbers[turn][i] = first + step * (float)i;
    return numbers[turn];
}

static void run_adjust(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    kernels->adjust(values, pixels * channels, &(cornu__adjustment){1.7F, -20.3F, 3, 250});
}

static void plain_adjust(float *values, size_t pixels, size_t channels)
{
    for (size_t i = 0; i < pixels * channels; i++)
        values[i] = plain_clip(values[i] * 1.7F + -20.3F, (cornu__value_span){3, 250});
}

/* Every bit of what is not multiplied stays, a zero's sign too. */
static void run_no_adjustment(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    kernels->adjust(values, pixels * channels, &(cornu__adjustment){1, CORNU__NO_OFFSET, -INFINITY, INFINITY});
}

static void plain_nothing(float *values, size_t pixels, size_t channels)
{
    (void)values;
    (void)pixels;
    (void)channels;
}

static void run_normalize(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    const float *centers = channel_numbers(100, 1.1F);
    kernels->normalize(values, pixels, channels, centers, channel_numbers(3, 0.7F));
}

static void plain_normalize(float *values, size_t pixels, size_t channels)
{
    const float *centers = channel_numbers(100, 1.1F), *scales = channel_numbers(3, 0.7F);
    for (size_t i = 0; i < pixels * channels; i++)
        values[i] = (values[i] - centers[i % channels]) / scales[i % channels];
}

static void run_spread(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    kernels->spread(values, pixels, channels, channel_numbers(100, 1.1F), 1.3F, bytes_span);
}

static void plain_spread(float *values, size_t pixels, size_t channels)
{
    const float *means = channel_numbers(100, 1.1F);
    for (size_t i = 0; i < pixels * channels; i++)
        values[i] = plain_clip((values[i] - means[i % channels]) * 1.3F + means[i % channels], bytes_span);
}

static const cornu_interval unusual = {-3, 250, true};

static void run_stretch(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    const float *scales = channel_numbers(1, 0.1F);
    ((float *)scales)[channels / 2] = NAN;
    kernels->stretch(values, pixels, channels, scales, channel_numbers(-40, 3), unusual);
}

static void plain_stretch(float *values, size_t pixels, size_t channels)
{
    const float *scales = channel_numbers(1, 0.1F), *offsets = channel_numbers(-40, 3);
    for (size_t i = 0; i < pixels * channels; i++) {
        float byte = (values[i] - -3) / 253 * 255;
        byte = plain_clip(byte * scales[i % channels] + offsets[i % channels], bytes_span);
        values[i] = i % channels == channels / 2 ? values[i] : byte / 255 * 253 + -3;
    }
}

static void run_posterize(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    kernels->posterize(values, pixels * channels, 5, unusual);
}

static void plain_posterize(float *values, size_t pixels, size_t channels)
{
    for (size_t i = 0; i < pixels * channels; i++) {
        float byte = plain_clip((values[i] - -3) / 253 * 255, bytes_span);
        values[i] = isnan(byte) ? byte : (float)((int)byte >> 5 << 5) / 255 * 253 + -3;
    }
}

static void run_solarize(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    kernels->solarize(values, pixels * channels, 12.5F, 100, cornu_range(0, 255));
}

static void plain_solarize(float *values, size_t pixels, size_t channels)
{
    for (size_t i = 0; i < pixels * channels; i++) {
        float value = plain_clip(values[i] + 12.5F, bytes_span);
        values[i] = value < 100 ? value : 255 - value;
    }
}

/* The second half becomes part of the first. */
static void run_blend(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    size_t half = pixels * channels / 2;
    kernels->blend(values, values, 0.3F, values + half, 0.7F, half);
}

static void plain_blend(float *values, size_t pixels, size_t channels)
{
    size_t half = pixels * channels / 2;
    for (size_t i = 0; i < half; i++)
        values[i] = 0.3F * values[i] + 0.7F * values[half + i];
}

static void run_sharpen(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    size_t half = pixels * channels / 2;
    kernels->sharpen(values, values + half, half, -0.6F, bytes_span);
}

static void plain_sharpen(float *values, size_t pixels, size_t channels)
{
    size_t half = pixels * channels / 2;
    for (size_t i = 0; i < half; i++) {
        float smooth = (values[half + i] + 4 * values[i]) / 13;
        values[i] = plain_clip(values[i] + -0.6F * (smooth - values[i]), bytes_span);
    }
}

static void run_spans(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    cornu__value_span spans[MANY_CHANNELS];
    kernels->find_spans(values, pixels, channels, spans);
    for (size_t i = 0; i < channels && pixels > 1; i++) {
        values[i] = spans[i].low;
        values[channels + i] = spans[i].high;
    }
}

static void plain_spans(float *values, size_t pixels, size_t channels)
{
    for (size_t i = 0; i < channels && pixels > 1; i++) {
        cornu__value_span span = {INFINITY, -INFINITY};
        for (size_t k = 0; k < pixels; k++) {
            float value = values[k * channels + i];
            span.low = value < span.low ? value : span.low;
            span.high = value > span.high ? value : span.high;
        }
        values[i] = span.low;
        values[channels + i] = span.high;
    }
}

/* Smith's colours with a branch where the kernel has none. */
typedef struct plain_color {
    float hue, saturation, value;
} plain_color;

static plain_color plain_hsv(const float *rgb)
{
    float most = fmaxf(rgb[0], fmaxf(rgb[1], rgb[2])), range = most - fminf(rgb[0], fminf(rgb[1], rgb[2]));
    plain_color color = {0, most > 0 ? range / most : 0, most};
    if (range <= 0)
        return color;
    float step = 1 / (6 * range);
    if (rgb[0] == most)
        color.hue = step * (rgb[1] - rgb[2]);
    else if (rgb[1] == most)
        color.hue = step * (rgb[2] - rgb[0]) + 2.0F / 6;
    else
        color.hue = step * (rgb[0] - rgb[1]) + 4.0F / 6;
    if (color.hue < 0)
        color.hue += 1;
    else
        color.hue += 0;
    return color;
}

static void plain_rgb(plain_color color, float *rgb)
{
    float sixths = color.hue * 6, white = 1 - color.saturation;
    float near[3] = {fabsf(sixths - 3) - 1, 2 - fabsf(sixths - 2), 2 - fabsf(sixths - 4)};
    for (int i = 0; i < 3; i++)
        rgb[i] = (white + color.saturation * plain_clip(near[i], (cornu__value_span){0, 1})) * color.value;
}

static void run_saturate(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    (void)channels;
    kernels->saturate(values, pixels, 1.4F, 5);
}

static void plain_saturate(float *values, size_t pixels, size_t channels)
{
    for (float *rgb = values; rgb < values + pixels * channels; rgb += 3) {
        float moved[3] = {rgb[0] - 5, rgb[1] - 5, rgb[2] - 5};
        plain_color color = plain_hsv(moved);
        color.saturation = plain_clip(color.saturation * 1.4F, (cornu__value_span){0, 1});
        plain_rgb(color, rgb);
        for (int i = 0; i < 3; i++)
            rgb[i] += 5;
    }
}

static void run_turn_hue(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    (void)channels;
    kernels->turn_hue(values, pixels, -0.37F, (cornu__value_span){5, 200});
}

static void plain_turn_hue(float *values, size_t pixels, size_t channels)
{
    for (float *rgb = values; rgb < values + pixels * channels; rgb += 3) {
        float moved[3] = {rgb[0] - 5, rgb[1] - 5, rgb[2] - 5};
        plain_color color = plain_hsv(moved);
        color.hue += -0.37F;
        if (color.hue > 1)
            color.hue -= 1;
        else if (color.hue < 0)
            color.hue += 1;
        else
            color.hue += 0;
        plain_rgb(color, rgb);
        for (int i = 0; i < 3; i++)
            rgb[i] = plain_clip(rgb[i] + 5, (cornu__value_span){5, 200});
    }
}

static float plain_gray(const float *rgb)
{
    return 0.2989F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2];
}

static void run_turn_gray(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    (void)channels;
    kernels->turn_gray(values, pixels);
}

static void plain_turn_gray(float *values, size_t pixels, size_t channels)
{
    for (float *rgb = values; rgb < values + pixels * channels; rgb += 3)
        rgb[0] = rgb[1] = rgb[2] = plain_gray(rgb);
}

static void run_fade(const cornu__image_kernels *kernels, float *values, size_t pixels, size_t channels)
{
    (void)channels;
    kernels->fade(values, pixels, 0.8F, bytes_span);
}

static void plain_fade(float *values, size_t pixels, size_t channels)
{
    for (float *rgb = values; rgb < values + pixels * channels; rgb += 3) {
        float gray = plain_gray(rgb);
        for (int i = 0; i < 3; i++)
            rgb[i] = plain_clip(rgb[i] + 0.8F * (gray - rgb[i]), bytes_span);
    }
}

static const value_case value_cases[] = {
    {"adjust", false, run_adjust, plain_adjust},
    {"adjust by nothing", false, run_no_adjustment, plain_nothing},
    {"normalize", false, run_normalize, plain_normalize},
    {"spread", false, run_spread, plain_spread},
    {"stretch", false, run_stretch, plain_stretch},
    {"posterize", false, run_posterize, plain_posterize},
    {"solarize", false, run_solarize, plain_solarize},
    {"blend", false, run_blend, plain_blend},
    {"sharpen", false, run_sharpen, plain_sharpen},
    {"find_spans", false, run_spans, plain_spans},
    {"saturate", true, run_saturate, plain_saturate},
    {"turn_hue", true, run_turn_hue, plain_turn_hue},
    {"turn_gray", true, run_turn_gray, plain_turn_gray},
    {"fade", true, run_fade, plain_fade},
};

/* Levels beyond both ends of 0 .. 255, some whole, so that colours are equal; every third time what is no finite number too; every seventh time
 * nothing below zeros of both signs. */
static void fill_values(cornu__random_key key, uint64_t number, float *values, size_t count)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0F, 1e-42F, 3e38F, -3e38F};
    for (size_t i = 0; i < count; i++) {
        double level = cornu__random_uniform_double(key, 2 * i) * 300 - 20;
        uint64_t choice = cornu__random_below(key, 2 * i + 1, 100);
        values[i] = (float)(choice < 30 ? floor(level / 20) * 20 : level);
        if (number % 3 == 0 && choice >= 90)
            values[i] = odd[choice % 8];
        if (number % 7 == 3 && values[i] <= 0)
            values[i] = choice % 2 == 0 ? -0.0F : 0;
    }
}

/* The bits; what is no number is that and no more. */
static bool is_same(const float *a, const float *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

/* With any sizes, beginnings and numbers of channels; nothing beside the values is written. */
static void values_change_as_plain_arithmetic_says(void **state)
{
    (void)state;
    static float first[MOST_VALUES], wanted[MOST_VALUES], made[GUARDS + MOST_VALUES + GUARDS];
    static const cornu__image_kernels *kernels;
    for (uint64_t number = 0; number < 600; number++) {
        cornu__random_key key = cornu__random_key_make(17, CORNU__RANDOM_USER, number, 0);
        uint64_t draw = 1 << 20;
        size_t channels = (size_t)between(key, &draw, 1, number % 4 == 0 ? 30 : 4);
        size_t pixels = (size_t)between(key, &draw, 1, number % 2 == 0 ? 9 : 90), shift = number % 5;
        if (number % 50 == 1) { /* more than a table has room for */
            channels = MANY_CHANNELS;
            pixels = 1 + number % 5;
        }
        fill_values(key, number, first, MOST_VALUES);
        for (size_t i = 0; i < sizeof value_cases / sizeof *value_cases; i++) {
            const value_case *one = &value_cases[i];
            size_t own = one->colors ? 3 : channels, count = pixels * own;
            memcpy(wanted, first, count * sizeof *wanted);
            one->plain(wanted, pixels, own);
            for (int set = CORNU__BASELINE; set <= (int)cornu__instruction_set_best(); set++) {
                float *values = made + GUARDS + shift;
                memset(made, 0x5A, sizeof made);
                memcpy(values, first, count * sizeof *values);
                cornu__image_kernels_use(set);
                assert_ok(cornu__image_kernels_choose(&kernels));
                one->run(kernels, values, pixels, own);
                if (!is_same(values, wanted, count))
                    fail_msg("case %llu, %s of %s: other values than plain arithmetic's", (unsigned long long)number,
                             one->name, kernels->name);
                memset(values, 0x5A, count * sizeof *values);
                for (size_t k = 0; k < sizeof made; k++)
                    assert_int_equal(((const uint8_t *)made)[k], 0x5A);
            }
        }
    }
}

/* --- Sums --- */

static double plain_sum(const float *values, size_t count, size_t step)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i * step];
    return sum;
}

static float plain_deviation(const float *values, size_t count)
{
    double mean = plain_sum(values, count, 1) / (double)count, squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    return (float)(sqrt(squares / (double)count) + 1e-6);
}

/* Pictures of bytes, of their parts, all alike, of numbers that cancel each other, with what is no number among them. */
static void fill_summed(cornu__random_key key, uint64_t number, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double level = cornu__random_uniform_double(key, i);
        switch (number % 6) {
        case 0:
            values[i] = (float)floor(level * 256);
            break;
        case 1:
            values[i] = (float)(floor(level * 256) / 255);
            break;
        case 2:
            values[i] = number % 12 == 2 ? 0.1F : 1234567890123.0F;
            break;
        case 3:
            values[i] = (float)((level - 0.5) * exp(60 * cornu__random_uniform_double(key, i + count)));
            break;
        case 4: /* what is left over depends on the order */
            values[i] = i < count / 2 ? (float)exp(40 * level) : -values[count - 1 - i];
            break;
        default:
            values[i] = number % 12 == 5 ? -0.0F : (float)level;
        }
    }
    if (number % 13 == 7)
        values[count / 2] = number % 2 == 0 ? NAN : INFINITY;
}

static void sums_are_those_of_the_order(void **state)
{
    (void)state;
    static float values[MOST_VALUES];
    for (uint64_t number = 0; number < 2400; number++) {
        cornu__random_key key = cornu__random_key_make(19, CORNU__RANDOM_USER, number, 0);
        uint64_t draw = 1 << 20;
        size_t channels = (size_t)between(key, &draw, 1, number % 5 == 0 ? 25 : 4);
        size_t pixels = (size_t)between(key, &draw, 1, number / 6 % 2 == 0 ? 5 : MOST_VALUES / (int64_t)channels),
               count = pixels * channels;
        fill_summed(key, number, values, count);
        float wanted[CORNU__MOST_CHANNELS], made[CORNU__MOST_CHANNELS], deviation = plain_deviation(values, count);
        for (size_t i = 0; i < channels; i++)
            wanted[i] = (float)(plain_sum(values + i, pixels, channels) / (double)pixels);
        for (int set = CORNU__BASELINE; set <= (int)cornu__instruction_set_best(); set++) {
            const cornu__image_kernels *kernels;
            cornu__image_kernels_use(set);
            assert_ok(cornu__image_kernels_choose(&kernels));
            cornu__channel_means(kernels, values, pixels, channels, made);
            float other = cornu__standard_deviation(kernels, values, count, 1e-6);
            if (!is_same(made, wanted, channels) || !is_same(&other, &deviation, 1))
                fail_msg("case %llu, %s: not the sums in order", (unsigned long long)number, kernels->name);
        }
    }
}

/* --- Steps and options --- */

static const char *const pipelines[] = {
    "random_brightness(0.3)",
    "random_contrast(0.4)",
    "random_saturation(0.9)",
    "random_hue(0.8)",
    "random_grayscale(1)",
    "random_color_degeneration(1)",
    "random_invert(1)",
    "random_posterization(4)",
    "solarization(0.3, 0.3)",
    "auto_contrast",
    "equalization",
    "random_sharpness(0.9)",
    "random_gaussian_blur(1, 5)",
    "mix_up",
    "rand_augment",
    "aug_mix",
};
#define PIPELINES (sizeof pipelines / sizeof *pipelines)

/* Two pictures with levels beyond both ends; of every third number some are none. */
static cornu_array *make_levels(uint64_t number, int64_t height, int64_t width, int64_t channels)
{
    cornu_array *made = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){2, height, width, channels});
    assert_non_null(made);
    fill_values(cornu__random_key_make(23, CORNU__RANDOM_USER, number, 0), number, cornu_array_data(made),
                (size_t)cornu_array_count(made));
    return made;
}

/* What is no number has no bits that count. */
static void *take_floats(cornu_array *from, size_t *size)
{
    *size = (size_t)cornu_array_count(from) * sizeof(float);
    float *made = bytes_of(cornu_array_float32(from), *size);
    for (size_t i = 0; i < *size / sizeof *made; i++)
        made[i] = isnan(made[i]) ? NAN : made[i];
    cornu_array_release(from);
    return made;
}

static void *make_augmented(uint64_t number, size_t *size)
{
    cornu_array *x = make_levels(number, 1 + (int64_t)number % 37, 1 + (int64_t)number % 23, number % 2 == 0 ? 3 : 1);
    cornu_augmentation *augment = cornu_augmentation_create(.seed = number);
    assert_ok(cornu_augmentation_add_text(augment, pipelines[number % PIPELINES]));
    cornu_array *made = cornu_augmentation_apply(augment, x);
    if (!made)
        fail_msg("%s: %s", pipelines[number % PIPELINES], cornu_error_message());
    cornu_array_release(x);
    cornu_augmentation_release(augment);
    return take_floats(made, size);
}

static cornu_image_data_generator *generator_of(uint64_t number)
{
    switch (number % 4) {
    case 0:
        return cornu_image_data_generator_create(.rescale = 1.0 / 255, .samplewise_center = true,
                                                 .samplewise_std_normalization = true);
    case 1:
        return cornu_image_data_generator_create(.featurewise_center = true, .featurewise_std_normalization = true,
                                                 .data_format = number % 8 == 1 ? "channels_first" : "channels_last");
    case 2:
        return cornu_image_data_generator_create(.brightness_range = cornu_range(0.3, 1.8), .horizontal_flip = true);
    default:
        return cornu_image_data_generator_create(.channel_shift_range = 40, .rotation_range = 20);
    }
}

static void *make_generated(uint64_t number, size_t *size)
{
    cornu_array *x = make_levels(number, 3 + (int64_t)number % 17, 1 + (int64_t)number % 29, 3);
    cornu_image_data_generator *generator = generator_of(number);
    assert_ok(cornu_image_data_generator_fit(generator, x));
    cornu_sequence *batches = cornu_flow(generator, x, NULL, .batch_size = 2, .seed = (int64_t)number);
    cornu_batch batch = {0};
    assert_non_null(batches);
    assert_ok(cornu_sequence_get(batches, 0, &batch));
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(generator);
    cornu_array_release(x);
    void *made = take_floats(cornu_array_retain(batch.x), size);
    cornu_batch_clear(&batch);
    return made;
}

static void steps_and_options_give_the_same_bits(void **state)
{
    (void)state;
    expect_same(make_augmented, 12 * PIPELINES, "a step");
    expect_same(make_generated, 100, "an option of the generator");
}

/* Not a place in a table either. */
static void what_is_no_number_stays_none(void **state)
{
    (void)state;
    static const char *const steps[] = {"random_brightness(0.3)", "random_invert(1)",    "random_posterization(4)",
                                        "solarization(0.3, 0.3)", "auto_contrast",       "equalization",
                                        "equalization(bins=2)",   "random_contrast(0.4)"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cornu_array *x = make_levels(i, 9, 8, 1);
        float *values = cornu_array_data(x);
        values[5] = NAN;
        values[71] = NAN;
        cornu_augmentation *augment = cornu_augmentation_create(.seed = 1);
        assert_ok(cornu_augmentation_add_text(augment, steps[i]));
        cornu_array *made = cornu_augmentation_apply(augment, x);
        assert_non_null(made);
        if (!isnan(cornu_array_float32(made)[5]) || !isnan(cornu_array_float32(made)[71]))
            fail_msg("%s makes a number of what is none", steps[i]);
        cornu_array_release(made);
        cornu_array_release(x);
        cornu_augmentation_release(augment);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_change_as_plain_arithmetic_says),
        cmocka_unit_test(sums_are_those_of_the_order),
        cmocka_unit_test(steps_and_options_give_the_same_bits),
        cmocka_unit_test(what_is_no_number_stays_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
