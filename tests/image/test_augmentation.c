/* A pipeline of steps: what is drawn, what is merged, what moves together, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "image/steps/step.h"

#define COUNT 10
#define HEIGHT 8
#define WIDTH 11

static cornu_array *pictures, *labels, *masks;

static int make_data(void **state)
{
    (void)state;
    pictures = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){COUNT, HEIGHT, WIDTH, 3});
    labels = cornu_array_zeros(CORNU_FLOAT32, 2, (int64_t[]){COUNT, COUNT});
    masks = cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){COUNT, HEIGHT, WIDTH, 1});
    float *values = cornu_array_data(pictures), *label = cornu_array_data(labels);
    uint8_t *mask = cornu_array_data(masks);
    for (int i = 0; i < COUNT * HEIGHT * WIDTH * 3; i++)
        values[i] = (float)(128 + 100 * sin(i * 0.37) + 20 * cos(i * 0.011));
    for (int i = 0; i < COUNT; i++)
        label[i * COUNT + i] = 1;
    for (int i = 0; i < COUNT * HEIGHT * WIDTH; i++)
        mask[i] = (uint8_t)(i % 7 * 30);
    return 0;
}

static int free_data(void **state)
{
    (void)state;
    cornu_array_release(pictures);
    cornu_array_release(labels);
    cornu_array_release(masks);
    return cornu__allocation_live() == 0 ? 0 : 1;
}

static void assert_made(const void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
}

static cornu_augmentation *make_several(void)
{
    cornu_augmentation *made =
        cornu_augmentation_create(.steps = {cornu_random_flip(), cornu_random_rotation(0.1),
                                            cornu_random_zoom(0.2, .width_factor = 0.3),
                                            cornu_random_translation(0.2, 0.1), cornu_random_shear(.x_factor = 0.2)});
    assert_made(made);
    return made;
}

static bool are_equal(const cornu_array *a, const cornu_array *b)
{
    size_t size = (size_t)cornu_array_count(a) * cornu_dtype_size(cornu_array_dtype(a));
    return cornu_array_count(a) == cornu_array_count(b) && memcmp(cornu_array_data(a), cornu_array_data(b), size) == 0;
}

static double farthest(const cornu_array *a, const cornu_array *b)
{
    double most = 0;
    for (int64_t i = 0; i < cornu_array_count(a); i++)
        most = fmax(most, fabs(cornu_array_get(a, i) - cornu_array_get(b, i)));
    return most;
}

/* --- draws --- */

static void draws_depend_on_seed_and_epoch_and_sample_alone(void **state)
{
    (void)state;
    cornu_augmentation *augment = make_several();
    cornu_array *first = cornu_augmentation_apply(augment, pictures, .seed = 3, .epoch = 5);
    cornu_array *again = cornu_augmentation_apply(augment, pictures, .seed = 3, .epoch = 5);
    cornu_array *epoch = cornu_augmentation_apply(augment, pictures, .seed = 3, .epoch = 6);
    cornu_array *seed = cornu_augmentation_apply(augment, pictures, .seed = 4, .epoch = 5);
    assert_true(are_equal(first, again));
    assert_false(are_equal(first, epoch));
    assert_false(are_equal(first, seed));
    cornu_array *half = cornu_array_rows(pictures, 0, 4);
    cornu_array *few = cornu_augmentation_apply(augment, half, .seed = 3, .epoch = 5);
    cornu_array *wanted = cornu_array_rows(first, 0, 4);
    assert_true(are_equal(few, wanted));
    cornu_array *all[] = {first, again, epoch, seed, half, few, wanted};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
    cornu_augmentation_release(augment);
}

static void each_call_without_an_epoch_draws_anew(void **state)
{
    (void)state;
    cornu_augmentation *augment = make_several();
    cornu_array *first = cornu_augmentation_apply(augment, pictures),
                *second = cornu_augmentation_apply(augment, pictures);
    assert_false(are_equal(first, second));
    cornu_array_release(first);
    cornu_array_release(second);
    cornu_augmentation_release(augment);
}

/* Both axes by coins of their own: Keras has one coin for both. */
static void flips_of_both_axes_come_alone_and_together(void **state)
{
    (void)state;
    cornu_layer *flip = cornu_random_flip();
    int seen[2][2] = {{0}};
    for (int seed = 0; seed < 400; seed++) {
        cornu_random_transformation drawn;
        assert_int_equal(cornu_layer_get_random_transformation(flip, (int64_t[]){HEIGHT, WIDTH, 3}, seed, &drawn),
                         CORNU_OK);
        seen[(int)drawn.values[0]][(int)drawn.values[1]]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i / 2][i % 2], 60, 140);
    cornu_object_release(flip);
}

/* --- neutral and merged --- */

static void what_changes_nothing_leaves_every_bit(void **state)
{
    (void)state;
    cornu_augmentation *augment =
        cornu_augmentation_create(.steps = {cornu_random_rotation(0), cornu_random_zoom(0),
                                            cornu_random_translation(0, 0), cornu_random_shear()});
    cornu_array *same = cornu_augmentation_apply(augment, pictures);
    assert_made(same);
    assert_true(are_equal(same, pictures));
    cornu_array_release(same);
    cornu_augmentation_release(augment);
    augment = make_several();
    same = cornu_augmentation_apply(augment, pictures, .training = false);
    assert_made(same);
    assert_true(are_equal(same, pictures));
    cornu_array_release(same);
    cornu_augmentation_release(augment);
}

/* Turned by a fifth and back: two resamplings with a constant outside would lose the corners. */
static void neighbours_are_one_resampling(void **state)
{
    (void)state;
    cornu_augmentation *augment =
        cornu_augmentation_create(.steps = {cornu_random_rotation(cornu_range(0.2, 0.2), .fill_mode = "constant"),
                                            cornu_random_rotation(cornu_range(-0.2, -0.2), .fill_mode = "constant")});
    cornu_array *back = cornu_augmentation_apply(augment, pictures);
    assert_made(back);
    assert_true(farthest(back, pictures) < 1e-3);
    cornu_array_release(back);
    cornu_augmentation_release(augment);
    /* but not where they differ in what is outside */
    augment = cornu_augmentation_create(.steps = {cornu_random_rotation(cornu_range(0.2, 0.2), .fill_mode = "constant"),
                                                  cornu_random_rotation(cornu_range(-0.2, -0.2))});
    back = cornu_augmentation_apply(augment, pictures);
    assert_made(back);
    assert_true(farthest(back, pictures) > 1);
    cornu_array_release(back);
    cornu_augmentation_release(augment);
}

/* --- masks, layouts, sequences --- */

static void masks_move_with_their_pictures(void **state)
{
    (void)state;
    cornu_augmentation *augment =
        cornu_augmentation_create(.steps = {cornu_random_flip(),
                                            cornu_random_translation(0.4, 0.4, .interpolation = "nearest")});
    cornu_array *as_pictures = cornu_array_cast(masks, CORNU_FLOAT32), *moved = NULL;
    cornu_array *made =
        cornu_augmentation_apply(augment, as_pictures, .segmentation_masks = masks, .moved_masks = &moved);
    assert_made(made);
    assert_int_equal(cornu_array_dtype(moved), CORNU_UINT8);
    assert_true(farthest(made, moved) == 0);
    assert_false(farthest(masks, moved) == 0);
    cornu_array_release(made);
    cornu_array_release(moved);
    cornu_array_release(as_pictures);
    cornu_augmentation_release(augment);
}

static cornu_array *with_channels_first(const cornu_array *last)
{
    int64_t count = cornu_array_size(last, 0), pixels = cornu_array_size(last, 1) * cornu_array_size(last, 2),
            channels = cornu_array_size(last, 3);
    cornu_array *first = cornu_array_zeros(
        CORNU_FLOAT32, 4, (int64_t[]){count, channels, cornu_array_size(last, 1), cornu_array_size(last, 2)});
    for (int64_t i = 0; i < count * pixels * channels; i++)
        cornu_array_float32(
            first)[(i / (pixels * channels) * channels + i % channels) * pixels + i / channels % pixels] =
            (float)cornu_array_get(last, i);
    return first;
}

static void channels_first_are_the_same_pictures(void **state)
{
    (void)state;
    cornu_augmentation *last = make_several();
    cornu_augmentation *first =
        cornu_augmentation_create(.data_format = "channels_first",
                                  .steps = {cornu_random_flip(.data_format = "channels_first"),
                                            cornu_random_rotation(0.1), cornu_random_zoom(0.2, .width_factor = 0.3),
                                            cornu_random_translation(0.2, 0.1), cornu_random_shear(.x_factor = 0.2)});
    cornu_array *planes = with_channels_first(pictures);
    cornu_array *got = cornu_augmentation_apply(first, planes), *other = cornu_augmentation_apply(last, pictures);
    assert_made(got);
    cornu_array *wanted = with_channels_first(other);
    assert_true(are_equal(got, wanted));
    cornu_array *all[] = {planes, got, other, wanted};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cornu_array_release(all[i]);
    cornu_augmentation_release(last);
    cornu_augmentation_release(first);
}

static cornu_batch get(cornu_sequence *batches, int64_t index)
{
    cornu_batch batch = {0};
    if (cornu_sequence_get(batches, index, &batch) != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    return batch;
}

/* Batches asked for in any order, by whoever, are those of apply with the generator's seed. */
static void a_flow_has_the_pipeline_behind_its_own_transforms(void **state)
{
    (void)state;
    cornu_image_data_generator *plain = cornu_image_data_generator_create(.rescale = 0.5);
    cornu_augmentation *augment = make_several();
    cornu_sequence *batches = cornu_flow(plain, pictures, masks, .batch_size = 4, .shuffle = false, .seed = 9,
                                         .mask_y = true, .augment = augment);
    assert_made(batches);
    cornu_array *halves = cornu_array_cast(pictures, CORNU_FLOAT32), *moved = NULL;
    for (int64_t i = 0; i < cornu_array_count(halves); i++)
        cornu_array_float32(halves)[i] *= 0.5f;
    cornu_array *wanted = cornu_augmentation_apply(augment, halves, .seed = 9, .epoch = 0, .segmentation_masks = masks,
                                                   .moved_masks = &moved);
    assert_made(wanted);
    for (int64_t index = 2; index >= 0; index--) {
        cornu_batch batch = get(batches, index);
        cornu_array *rows = cornu_array_rows(wanted, index * 4, index == 2 ? 10 : index * 4 + 4);
        cornu_array *mask_rows = cornu_array_rows(moved, index * 4, index == 2 ? 10 : index * 4 + 4);
        assert_true(are_equal(batch.x, rows));
        assert_true(are_equal(batch.y, mask_rows));
        cornu_array_release(rows);
        cornu_array_release(mask_rows);
        cornu_batch_clear(&batch);
    }
    cornu_array_release(halves);
    cornu_array_release(wanted);
    cornu_array_release(moved);
    cornu_sequence_release(batches);
    cornu_augmentation_release(augment);
    cornu_image_data_generator_release(plain);
}

/* --- all steps --- */

#define STEP_COUNT 31

/* A fresh layer of each kind. */
static cornu_layer *make_step(int number)
{
    switch (number) {
    case 0:
        return cornu_random_flip();
    case 1:
        return cornu_random_rotation(0.2);
    case 2:
        return cornu_random_zoom(cornu_range(-0.3, 0.2));
    case 3:
        return cornu_random_translation(0.3, 0.2, .fill_mode = "wrap");
    case 4:
        return cornu_random_shear(.x_factor = 0.3, .y_factor = 0.2, .interpolation = "nearest");
    case 5:
        return cornu_random_perspective(.scale = 0.7);
    case 6:
        return cornu_random_elastic_transform();
    case 7:
        return cornu_random_crop(5, 6);
    case 8:
        return cornu_center_crop(6, 20);
    case 9:
        return cornu_resizing(9, 5, .pad_to_aspect_ratio = true);
    case 10:
        return cornu_random_brightness(0.3);
    case 11:
        return cornu_random_contrast(0.4);
    case 12:
        return cornu_random_saturation(0.8);
    case 13:
        return cornu_random_hue(0.5);
    case 14:
        return cornu_random_color_degeneration(0.7);
    case 15:
        return cornu_random_sharpness(0.9);
    case 16:
        return cornu_random_posterization(cornu_range(2, 6));
    case 17:
        return cornu_random_invert();
    case 18:
        return cornu_random_grayscale();
    case 19:
        return cornu_random_color_jitter(.brightness_factor = 0.1, .contrast_factor = 0.2, .saturation_factor = 0.6,
                                         .hue_factor = 0.1);
    case 20:
        return cornu_random_gaussian_blur(.kernel_size = cornu_pair(3, 5));
    case 21:
        return cornu_random_erasing();
    case 22:
        return cornu_solarization(.addition_factor = 0.2, .threshold_factor = 0.7);
    case 23:
        return cornu_auto_contrast();
    case 24:
        return cornu_equalization();
    case 25:
        return cornu_mix_up();
    case 26:
        return cornu_cut_mix();
    case 27:
        return cornu_rand_augment(.num_ops = 3);
    case 28:
        return cornu_aug_mix();
    case 29:
        return cornu_rescaling(0.5, .offset = 3);
    default:
        return cornu_random_erasing(.fill_value = 100);
    }
}

static cornu_augmentation *with_step(cornu_layer *step)
{
    cornu_augmentation *made = cornu_augmentation_create(.steps = {step});
    assert_made(made);
    return made;
}

/* On 10 pictures and on the first alone, which draws the same (but for what mixes); on one pixel and on a gray line too; values stay numbers in range. */
static void each_step_runs_on_pictures_of_any_size(void **state)
{
    (void)state;
    for (int number = 0; number < STEP_COUNT; number++) {
        cornu_layer *step = make_step(number);
        cornu_augmentation *augment = with_step(step);
        cornu_array *all = cornu_augmentation_apply(augment, pictures, .epoch = 1, .seed = 5);
        assert_made(all);
        for (int64_t i = 0; i < cornu_array_count(all); i++)
            assert_true(cornu_array_get(all, i) >= 0 && cornu_array_get(all, i) <= 255);
        cornu_array *again = cornu_augmentation_apply(augment, pictures, .epoch = 1, .seed = 5);
        assert_true(are_equal(all, again));
        cornu_array *first = cornu_array_rows(pictures, 0, 1);
        cornu_array *alone = cornu_augmentation_apply(augment, first, .epoch = 1, .seed = 5);
        assert_made(alone);
        if (number != 25 && number != 26)
            assert_memory_equal(cornu_array_data(alone), cornu_array_data(all),
                                (size_t)cornu_array_count(alone) * sizeof(float));
        cornu_array *small[] = {cornu_array_zeros(CORNU_UINT8, 4, (int64_t[]){2, 1, 1, 3}),
                                cornu_array_zeros(CORNU_FLOAT64, 4, (int64_t[]){3, 1, 40, 1})};
        for (size_t i = 0; i < 2; i++) {
            cornu_array *tiny = cornu_augmentation_apply(augment, small[i]);
            assert_made(tiny);
            cornu_array_release(tiny);
            cornu_array_release(small[i]);
        }
        cornu_array *made[] = {all, again, first, alone};
        for (size_t i = 0; i < 4; i++)
            cornu_array_release(made[i]);
        cornu_augmentation_release(augment);
    }
}

/* The step of an operation, for the values that were drawn. */
static cornu_augmentation *with_operation(const cornu__chosen_operation *chosen)
{
    char text[80];
    cornu_augmentation *made = cornu_augmentation_create();
    const char *name = chosen->class->layer.base.name;
    snprintf(text, sizeof text, strcmp(name, "RandomPosterization") == 0 ? "%s(4)" : "%s", name);
    assert_int_equal(cornu_augmentation_add_text(made, text), CORNU_OK);
    return made;
}

/* `picture` through the operations of a chain, each as a step of its own. */
static cornu_array *through_chain(const cornu_layer *step, const cornu_random_transformation *drawn, int chain,
                                  const cornu_array *picture, int *length)
{
    cornu__chosen_operation chosen;
    cornu_array *at = cornu_array_cast(picture, CORNU_FLOAT32);
    for (*length = 0; cornu__choose_operation(step, (cornu__extent){HEIGHT, WIDTH, 3}, drawn, chain, *length, &chosen);
         ++*length) {
        cornu_augmentation *alone = with_operation(&chosen);
        cornu_array *next = cornu_layer_transform_images(cornu_augmentation_step(alone, 0), at, &chosen.drawn);
        assert_made(next);
        cornu_array_release(at);
        cornu_augmentation_release(alone);
        at = next;
    }
    return at;
}

/* What is told of the operations that were chosen is what is done. */
static void chosen_operations_are_those_that_are_done(void **state)
{
    (void)state;
    cornu_layer *rand = cornu_rand_augment(.num_ops = 2), *mixed = cornu_aug_mix(.num_chains = 2);
    cornu_augmentation *both = cornu_augmentation_create(.steps = {rand, mixed});
    cornu_array *picture = cornu_array_rows(pictures, 0, 1);
    assert_int_equal(cornu__chain_count(rand), 1);
    assert_int_equal(cornu__chain_count(mixed), 2);
    for (int64_t seed = 0; seed < 30; seed++) {
        cornu_random_transformation drawn;
        int length;
        assert_int_equal(cornu_layer_get_random_transformation(rand, (int64_t[]){HEIGHT, WIDTH, 3}, seed, &drawn),
                         CORNU_OK);
        cornu_array *done = cornu_layer_transform_images(rand, picture, &drawn);
        cornu_array *told = through_chain(rand, &drawn, 0, picture, &length);
        assert_int_equal(length, 2);
        assert_true(are_equal(done, told));
        cornu_array_release(done);
        cornu_array_release(told);
        assert_int_equal(cornu_layer_get_random_transformation(mixed, (int64_t[]){HEIGHT, WIDTH, 3}, seed, &drawn),
                         CORNU_OK);
        cornu_array *ends[2];
        done = cornu_layer_transform_images(mixed, picture, &drawn);
        for (int chain = 0; chain < 2; chain++) {
            ends[chain] = through_chain(mixed, &drawn, chain, picture, &length);
            assert_int_equal(length, (int)drawn.values[9 + chain]); /* depth_1, depth_2 */
        }
        for (int64_t i = 0; i < cornu_array_count(done); i++) {
            double own = drawn.values[0], others = drawn.values[1] * cornu_array_get(ends[0], i) +
                                                   drawn.values[2] * cornu_array_get(ends[1], i);
            double value = own * cornu_array_get(picture, i) + (1 - own) * others;
            assert_float_equal(cornu_array_get(done, i), fmin(fmax(value, 0), 255), 1e-3);
        }
        cornu_array_release(ends[0]);
        cornu_array_release(ends[1]);
        cornu_array_release(done);
    }
    cornu_array_release(picture);
    cornu_augmentation_release(both);
}

static void outside_training_only_sizes_and_scales_change(void **state)
{
    (void)state;
    for (int number = 0; number < STEP_COUNT; number++) {
        cornu_augmentation *augment = with_step(make_step(number));
        bool always = (number >= 7 && number <= 9) || number == 23 || number == 29;
        cornu_array *same = cornu_augmentation_apply(augment, pictures, .training = false);
        assert_made(same);
        assert_int_equal(are_equal(same, pictures), !always);
        cornu_array_release(same);
        cornu_augmentation_release(augment);
    }
}

/* What each step draws at its mildest leaves every bit. */
static void the_mildest_step_changes_nothing(void **state)
{
    (void)state;
    cornu_layer *steps[] = {
        cornu_random_perspective(.factor = 0),
        cornu_random_elastic_transform(.scale = 0),
        cornu_random_brightness(0),
        cornu_random_contrast(0),
        cornu_random_saturation(cornu_range(0.5, 0.5)),
        cornu_random_hue(0),
        cornu_random_color_degeneration(0),
        cornu_random_sharpness(cornu_range(0.5, 0.5)),
        cornu_random_invert(.factor = 0),
        cornu_random_grayscale(.factor = 0),
        cornu_random_color_jitter(),
        cornu_random_gaussian_blur(.factor = 0),
        cornu_random_erasing(.factor = 0),
        cornu_rand_augment(.num_ops = 0),
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cornu_augmentation *augment = with_step(steps[i]);
        cornu_array *same = cornu_augmentation_apply(augment, pictures);
        assert_made(same);
        assert_true(are_equal(same, pictures));
        cornu_array_release(same);
        cornu_augmentation_release(augment);
    }
}

/* Values beyond the range and zeros with a sign too, where a step is neutral by its arguments and not by its draw. */
static void a_neutral_step_leaves_every_bit_of_any_value(void **state)
{
    (void)state;
    static const float values[] = {-0.0f, 300, -7.5f, 1e-42f, 0, 255, 0.1f, -1e30f, 17};
    cornu_array *odd = cornu_array_copy_of(CORNU_FLOAT32, 4, (const int64_t[]){1, 3, 3, 1}, values);
    assert_made(odd);
    cornu_layer *steps[] = {
        cornu_rescaling(1),
        cornu_random_gaussian_blur(.kernel_size = cornu_pair(1, 1)),
        cornu_random_gaussian_blur(.sigma = cornu_range(0, 0)),
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cornu_augmentation *augment = with_step(steps[i]);
        cornu_array *same = cornu_augmentation_apply(augment, odd);
        assert_made(same);
        assert_memory_equal(cornu_array_data(same), values, sizeof values);
        cornu_array_release(same);
        cornu_augmentation_release(augment);
    }
    cornu_array_release(odd);
}

/* Brightness, a turn, contrast, a crop and a zoom: the same as one after another. Each draws from a range of one number. */
static void a_pipeline_is_its_steps_one_after_another(void **state)
{
    (void)state;
    cornu_layer *steps[] = {cornu_random_brightness(cornu_range(0.2, 0.2)),
                            cornu_random_rotation(cornu_range(0.1, 0.1)),
                            cornu_random_posterization(5),
                            cornu_center_crop(6, 7),
                            cornu_random_zoom(cornu_range(0.3, 0.3)),
                            cornu_auto_contrast()};
    cornu_augmentation *all = cornu_augmentation_create();
    cornu_array *wanted = cornu_array_cast(pictures, CORNU_FLOAT32);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cornu_random_transformation drawn;
        assert_int_equal(cornu_layer_get_random_transformation(steps[i], cornu_array_shape(wanted) + 1, 1, &drawn),
                         CORNU_OK);
        cornu_array *next = cornu_layer_transform_images(steps[i], wanted, &drawn);
        assert_made(next);
        cornu_array_release(wanted);
        wanted = next;
        assert_int_equal(cornu_augmentation_add(all, steps[i]), CORNU_OK);
    }
    cornu_array *made = cornu_augmentation_apply(all, pictures);
    assert_made(made);
    assert_true(are_equal(made, wanted));
    cornu_array_release(made);
    cornu_array_release(wanted);
    cornu_augmentation_release(all);
}

/* --- mixing --- */

/* Every label is two shares of a whole, and the pictures are mixed by the same shares. */
static void labels_are_mixed_as_their_pictures(void **state)
{
    (void)state;
    cornu_array *plain = cornu_array_zeros(CORNU_FLOAT32, 4, (int64_t[]){COUNT, 4, 5, 1});
    for (int64_t i = 0; i < cornu_array_count(plain); i++)
        cornu_array_float32(plain)[i] = (float)(i / 20); /* picture i has the value i */
    for (int cut = 0; cut < 2; cut++) {
        cornu_augmentation *augment = with_step(cut ? cornu_cut_mix() : cornu_mix_up(.alpha = 1));
        cornu_array *mixed = NULL,
                    *made = cornu_augmentation_apply(augment, plain, .labels = labels, .mixed_labels = &mixed);
        assert_made(made);
        int different = 0;
        for (int i = 0; i < COUNT; i++) {
            double sum = 0, value = 0, mean = 0;
            for (int k = 0; k < COUNT; k++) {
                double share = cornu_array_get(mixed, i * COUNT + k);
                assert_true(share >= 0 && share <= 1 + 1e-6);
                sum += share;
                value += share * k;
                different += k != i && share > 0;
            }
            for (int k = 0; k < 20; k++)
                mean += cornu_array_get(made, i * 20 + k) / 20;
            assert_true(fabs(sum - 1) < 1e-5);
            assert_true(fabs(value - mean) < (cut ? 4 : 1e-4)); /* a cut is made along whole pixels */
        }
        assert_true(different >= 5);
        cornu_array_release(made);
        cornu_array_release(mixed);
        cornu_augmentation_release(augment);
    }
    cornu_array_release(plain);
}

/* Steps before, between and behind two that mix; with masks. */
static void steps_stand_on_both_sides_of_a_mix(void **state)
{
    (void)state;
    cornu_augmentation *augment =
        cornu_augmentation_create(.steps = {cornu_random_flip(), cornu_cut_mix(), cornu_random_crop(6, 6),
                                            cornu_cut_mix(), cornu_resizing(5, 9), cornu_random_brightness(0.1)});
    cornu_array *mixed = NULL, *moved = NULL;
    cornu_array *made = cornu_augmentation_apply(augment, pictures, .labels = labels, .mixed_labels = &mixed,
                                                 .segmentation_masks = masks, .moved_masks = &moved);
    assert_made(made);
    assert_int_equal(cornu_array_size(made, 1), 5);
    assert_int_equal(cornu_array_size(moved, 2), 9);
    for (int64_t i = 0; i < cornu_array_count(moved); i++)
        assert_true((int)cornu_array_get(moved, i) % 30 == 0);
    cornu_array_release(made);
    cornu_array_release(mixed);
    cornu_array_release(moved);
    cornu_augmentation_release(augment);
}

static void labels_that_cannot_be_mixed_are_refused(void **state)
{
    (void)state;
    cornu_augmentation *augment = with_step(cornu_mix_up());
    cornu_array *numbers = cornu_array_zeros(CORNU_INT32, 1, (int64_t[]){COUNT}), *mixed = NULL, *moved = NULL;
    assert_null(cornu_augmentation_apply(augment, pictures, .labels = numbers, .mixed_labels = &mixed));
    assert_non_null(strstr(cornu_error_message(), "one-hot rows (n, classes) of floats, got int32 of shape (10,)"));
    assert_null(cornu_augmentation_apply(augment, pictures, .segmentation_masks = masks, .moved_masks = &moved));
    assert_non_null(strstr(cornu_error_message(), "must be floats, not uint8"));
    cornu_image_data_generator *plain = cornu_image_data_generator_create();
    cornu_sequence *batches = cornu_flow(plain, pictures, numbers, .augment = augment);
    assert_made(batches);
    cornu_batch batch = {0};
    assert_int_not_equal(cornu_sequence_get(batches, 0, &batch), CORNU_OK);
    assert_non_null(strstr(cornu_error_message(), "one-hot"));
    cornu_batch_clear(&batch);
    cornu_sequence_release(batches);
    cornu_image_data_generator_release(plain);
    cornu_array_release(numbers);
    cornu_augmentation_release(augment);
}

/* A running pipeline allocates nothing: the second batch of a flow takes as many blocks as any later one, and none of them are the pipeline's. */
static void after_the_first_batch_nothing_is_allocated_but_arrays(void **state)
{
    (void)state;
    cornu_image_data_generator *plain = cornu_image_data_generator_create();
    cornu_augmentation *augment = cornu_augmentation_create();
    for (int number = 0; number < 29; number++)
        assert_int_equal(cornu_augmentation_add(augment, make_step(number)), CORNU_OK);
    cornu_sequence *with = cornu_flow(plain, pictures, labels, .batch_size = 5, .augment = augment),
                   *without = cornu_flow(plain, pictures, labels, .batch_size = 5);
    assert_made(with);
    uint64_t taken[2];
    cornu_sequence *both[] = {with, without};
    for (int i = 0; i < 2; i++) {
        cornu_batch batch = get(both[i], 0);
        cornu_batch_clear(&batch);
        uint64_t before = cornu__allocation_count();
        batch = get(both[i], 1);
        taken[i] = cornu__allocation_count() - before;
        cornu_batch_clear(&batch);
        cornu_sequence_release(both[i]);
    }
    assert_int_equal(taken[0], taken[1]);
    cornu_augmentation_release(augment);
    cornu_image_data_generator_release(plain);
}

/* --- steps from a text --- */

static void a_text_means_the_same_steps(void **state)
{
    (void)state;
    cornu_augmentation *called =
        cornu_augmentation_create(.steps = {cornu_random_flip(.mode = "horizontal"),
                                            cornu_random_zoom(cornu_range(-0.2, 0.1), .fill_mode = "constant"),
                                            cornu_random_crop(5, 6), cornu_random_erasing(.fill_value = 7),
                                            cornu_solarization(), cornu_aug_mix(.all_ops = false, .num_chains = 2)});
    cornu_augmentation *written = cornu_augmentation_create();
    assert_int_equal(cornu_augmentation_add_text(
                         written, "random_flip('horizontal'), RandomZoom((-0.2, 0.1), fill_mode=constant) random_crop"),
                     CORNU_ERROR_INVALID_ARGUMENT);
    cornu_augmentation_release(written);
    written = cornu_augmentation_create();
    if (cornu_augmentation_add_text(written, " random_flip('horizontal'), RandomZoom((-0.2, 0.1), fill_mode=constant);"
                                             "random_crop(5, width=6), random_erasing(fill_value = 7.0, factor=1), "
                                             "solarization, aug_mix(all_ops=false, num_chains=2)") != CORNU_OK)
        fail_msg("%s", cornu_error_message());
    cornu_array *wanted = cornu_augmentation_apply(called, pictures),
                *made = cornu_augmentation_apply(written, pictures);
    assert_made(made);
    assert_true(are_equal(made, wanted));
    cornu_array_release(made);
    cornu_array_release(wanted);
    cornu_augmentation_release(called);
    cornu_augmentation_release(written);
}

static void a_wrong_text_is_refused_with_what_was_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {{"random_flop", "did you mean \"RandomFlip\""},
                 {"random_flip(mode=", "wanted a name or a value before \"the end\""},
                 {"random_flip(horizontal", "wanted a comma or a parenthesis"},
                 {"random_flip(\"horizontal)", "wanted the text's end"},
                 {"random_rotation(0.1, fil_mode=wrap)", "did you mean \"fill_mode\""},
                 {"random_rotation((0.1, 0.2, 0.3))", "wanted a number or two"},
                 {"random_rotation((0.1, 0.2)", "wanted a comma or a parenthesis"},
                 {"center_crop(1, 2, channels_last, 3)", "wanted no more arguments"},
                 {"center_crop(many, 2)", "height"},
                 {"!", "wanted a name"},
                 {"dense(3)", "a Dense is no step"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cornu_augmentation *augment = cornu_augmentation_create();
        assert_int_not_equal(cornu_augmentation_add_text(augment, cases[i].text), CORNU_OK);
        if (!strstr(cornu_error_message(), cases[i].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, cornu_error_message(), cases[i].words);
        cornu_augmentation_release(augment);
    }
}

/* --- errors --- */

static void assert_refused(cornu_augmentation *augment, const char *words)
{
    assert_made(augment);
    assert_int_not_equal(cornu_augmentation_status(augment), CORNU_OK);
    assert_null(cornu_augmentation_apply(augment, pictures));
    if (!strstr(cornu_error_message(), words))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), words);
    cornu_augmentation_release(augment);
}

static void a_wrong_step_is_reported_by_whatever_uses_the_pipeline(void **state)
{
    (void)state;
    assert_refused(cornu_augmentation_create(.steps = {cornu_random_flip(.mode = "horizontally")}), "\"horizontal\"");
    assert_refused(cornu_augmentation_create(.steps = {cornu_random_flip(), cornu_random_rotation(2)}),
                   "step 2: RandomRotation: factor: wanted a number or two from -1 to 1, got 2");
    assert_refused(cornu_augmentation_create(.steps = {cornu_random_zoom(-1)}), "above -1");
    assert_refused(cornu_augmentation_create(.steps = {cornu_random_zoom(0.1, .fill_mode = "mirror")}), "reflect");
    assert_refused(cornu_augmentation_create(.steps = {cornu_random_flip(.data_format = "channels_first")}),
                   "the pipeline's is \"channels_last\"");
    assert_refused(cornu_augmentation_create(.steps = {cornu_dense(3)}), "a Dense is no step");
    assert_null(cornu_augmentation_create(.data_format = "last", .steps = {cornu_random_flip()}));
}

static void wrong_pictures_are_refused(void **state)
{
    (void)state;
    cornu_augmentation *augment = make_several();
    assert_null(cornu_augmentation_apply(augment, labels));
    assert_non_null(strstr(cornu_error_message(), "(n, height, width, channels), got (10, 10)"));
    assert_null(cornu_augmentation_apply(augment, pictures, .labels = labels));
    assert_non_null(strstr(cornu_error_message(), "mixed_labels"));
    cornu_augmentation_release(augment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_depend_on_seed_and_epoch_and_sample_alone),
        cmocka_unit_test(each_call_without_an_epoch_draws_anew),
        cmocka_unit_test(flips_of_both_axes_come_alone_and_together),
        cmocka_unit_test(what_changes_nothing_leaves_every_bit),
        cmocka_unit_test(neighbours_are_one_resampling),
        cmocka_unit_test(masks_move_with_their_pictures),
        cmocka_unit_test(channels_first_are_the_same_pictures),
        cmocka_unit_test(a_flow_has_the_pipeline_behind_its_own_transforms),
        cmocka_unit_test(each_step_runs_on_pictures_of_any_size),
        cmocka_unit_test(chosen_operations_are_those_that_are_done),
        cmocka_unit_test(outside_training_only_sizes_and_scales_change),
        cmocka_unit_test(the_mildest_step_changes_nothing),
        cmocka_unit_test(a_neutral_step_leaves_every_bit_of_any_value),
        cmocka_unit_test(a_pipeline_is_its_steps_one_after_another),
        cmocka_unit_test(labels_are_mixed_as_their_pictures),
        cmocka_unit_test(steps_stand_on_both_sides_of_a_mix),
        cmocka_unit_test(labels_that_cannot_be_mixed_are_refused),
        cmocka_unit_test(after_the_first_batch_nothing_is_allocated_but_arrays),
        cmocka_unit_test(a_text_means_the_same_steps),
        cmocka_unit_test(a_wrong_text_is_refused_with_what_was_wanted),
        cmocka_unit_test(a_wrong_step_is_reported_by_whatever_uses_the_pipeline),
        cmocka_unit_test(wrong_pictures_are_refused),
    };
    return cmocka_run_group_tests_name("augmentation", tests, make_data, free_data);
}
