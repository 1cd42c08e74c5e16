/* Pictures of a folder as a dataset, and pictures and masks changed together: masks stay on their pictures, for any workers, beside a table. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <cornu/cornu.h>

#include "base/memory.h"
#include "image/pictures.h"

#define PICTURES 9
#define HEIGHT 13
#define WIDTH 17
#define PIXELS (HEIGHT * WIDTH)
#define SIZE cornu_pair(HEIGHT, WIDTH)
#define THRESHOLD 128

static char folder[PATH_SIZE];

static void *made(void *object)
{
    if (!object)
        fail_msg("%s", cornu_error_message());
    return object;
}

static void expect_refusal(const void *object, const char *part)
{
    assert_null(object);
    if (!strstr(cornu_error_message(), part))
        fail_msg("\"%s\" does not say \"%s\"", cornu_error_message(), part);
}

/* --- Pictures of many shades; a mask is 7 where its picture is at least THRESHOLD, else 2; the first pixel tells the picture's number --- */

static uint8_t shade(int number, int row, int column)
{
    if (row == 0 && column == 0)
        return (uint8_t)(10 + number);
    double wave = sin(0.7 * row + number) * cos(0.5 * column - 0.3 * number);
    return (uint8_t)(127.5 + 120 * wave);
}

static const char *path_of(char out[PATH_SIZE], const char *below)
{
    if ((size_t)snprintf(out, PATH_SIZE, "%s/%s", folder, below) >= PATH_SIZE)
        fail_msg("the path of %s is too long", below);
    return out;
}

static void save(const char *kind, int number, const uint8_t *pixels)
{
    char path[PATH_SIZE], name[64];
    cornu_array *picture = made(cornu_array_copy_of(CORNU_UINT8, 3, (int64_t[]){HEIGHT, WIDTH, 1}, pixels));
    snprintf(name, sizeof name, "%s/%s/%02d.png", kind, number % 3 == 2 ? "wolf" : "bear", number);
    assert_ok(cornu_save_img(path_of(path, name), picture, .scale = false));
    cornu_array_release(picture);
}

static void make_folder(const char *below)
{
    char path[PATH_SIZE];
    assert_int_equal(mkdir(path_of(path, below), 0700), 0);
}

static int set_up(void **state)
{
    (void)state;
    scratch_path(folder, "masks");
    remove_tree(folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    static const char *const folders[] = {"image",     "image/bear", "image/wolf", "mask",
                                          "mask/bear", "mask/wolf",  "empty"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make_folder(folders[i]);
    for (int number = 0; number < PICTURES; number++) {
        uint8_t picture[PIXELS], mask[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            picture[i] = shade(number, i / WIDTH, i % WIDTH);
            mask[i] = picture[i] >= THRESHOLD ? 7 : 2;
        }
        save("image", number, picture);
        save("mask", number, mask);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return remove_tree(folder);
}

/* The number of the picture that is sample `index`: the bears before the wolves. */
static int number_of(int index)
{
    static const int order[PICTURES] = {0, 1, 3, 4, 6, 7, 2, 5, 8};
    return order[index];
}

static cornu_dataset *open_files(const char *kind, cornu_dtype dtype)
{
    char path[PATH_SIZE];
    return made(cornu_image_files_dataset(path_of(path, kind), .name = kind, .target_size = SIZE,
                                          .color_mode = "grayscale", .dtype = dtype));
}

/* Pictures and masks side by side. */
static cornu_dataset *open_pairs(cornu_dtype dtype)
{
    cornu_dataset *parts[] = {open_files("image", dtype), open_files("mask", dtype)};
    cornu_dataset *both = made(cornu_dataset_zip(2, parts));
    cornu_dataset_release(parts[0]);
    cornu_dataset_release(parts[1]);
    return both;
}

/* All samples of `dataset`, which is released, changed by a generator, which is released too. */
static cornu_array *changed(cornu_dataset *dataset, cornu_image_data_generator *generator)
{
    cornu_dataset *augmented = made(cornu_augment_dataset(dataset, made(generator)));
    cornu_array *all = made(cornu_dataset_load(augmented, 0, CORNU_NONE));
    cornu_dataset_release(augmented);
    cornu_dataset_release(dataset);
    cornu_image_data_generator_release(generator);
    return all;
}

static const float *values_of(cornu_array *all, const char *name)
{
    return cornu_array_float32(made(cornu_array_item_named(all, name)));
}

static bool same(cornu_array *a, cornu_array *b, const char *name)
{
    const cornu_array *left = made(cornu_array_item_named(a, name)), *right = made(cornu_array_item_named(b, name));
    assert_int_equal(cornu_array_count(left), cornu_array_count(right));
    for (int64_t i = 0; i < cornu_array_count(left); i++) {
        if (cornu_array_get(left, i) != cornu_array_get(right, i))
            return false;
    }
    return true;
}

/* --- The files --- */

static void a_folder_is_read_in_byte_order_with_its_classes(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_dataset *files = made(cornu_image_files_dataset(path_of(path, "image"), .labels = "inferred",
                                                          .target_size = SIZE, .color_mode = "grayscale"));
    assert_int_equal(cornu_dataset_count(files), PICTURES);
    assert_true(cornu_dataset_random_access(files) && cornu_dataset_thread_safe(files));
    const cornu_field *label = cornu_dataset_field(files, cornu_dataset_field_named(files, "label"));
    assert_int_equal(label->num_classes, 2);
    assert_string_equal(label->class_names[0], "bear");
    assert_string_equal(label->class_names[1], "wolf");
    cornu_array *all = made(cornu_dataset_load(files, 0, CORNU_NONE));
    const float *pixels = values_of(all, "image");
    for (int i = 0; i < PICTURES; i++) {
        assert_true(cornu_array_get(cornu_array_item_named(all, "label"), i) == (number_of(i) % 3 == 2));
        for (int j = 0; j < PIXELS; j++)
            assert_true(pixels[i * PIXELS + j] == (float)shade(number_of(i), j / WIDTH, j % WIDTH));
    }
    cornu_array_release(all);
    cornu_dataset_release(files);
}

static void pictures_are_those_of_load_img(void **state)
{
    (void)state;
    char path[PATH_SIZE], file[PATH_SIZE];
    cornu_dataset *files =
        made(cornu_image_files_dataset(path_of(path, "image"), .paths = cornu_names("wolf/05.png"), .name = "picture",
                                       .target_size = cornu_pair(8, 9), .interpolation = "bilinear"));
    cornu_array *all = made(cornu_dataset_load(files, 0, CORNU_NONE));
    cornu_array *image = made(cornu_load_img(path_of(file, "image/wolf/05.png"), .target_size = cornu_pair(8, 9),
                                             .interpolation = "bilinear"));
    assert_int_equal(cornu_dataset_count(files), 1);
    assert_string_equal(cornu_dataset_sample_name(files, 0), file);
    for (int i = 0; i < 8 * 9 * 3; i++)
        assert_true((double)values_of(all, "picture")[i] == cornu_array_get(image, i));
    cornu_array_release(image);
    cornu_array_release(all);
    cornu_dataset_release(files);
    files = made(cornu_image_files_dataset(NULL, .paths = cornu_names(file), .target_size = cornu_pair(1, 1)));
    all = made(cornu_dataset_load(files, 0, CORNU_NONE));
    cornu_array_release(all);
    cornu_dataset_release(files);
}

/* --- Pictures and masks --- */

/* One transform each, and all at once. */
#define TRANSFORMS 8
static cornu_image_data_generator *transform(int which, int order, const char *fill_mode)
{
    bool all = which == TRANSFORMS - 1;
    return made(cornu_image_data_generator_create(
            .rotation_range = which == 0 || all ? 40 : 0, .width_shift_range = {.number = which == 1 || all ? 0.3 : 0},
            .height_shift_range = {.number = which == 2 || all ? 0.3 : 0}, .shear_range = which == 3 || all ? 30 : 0,
            .zoom_range = {which == 4 || all ? 0.6 : 1, which == 4 || all ? 1.5 : 1, true},
            .horizontal_flip = which == 5 || all, .vertical_flip = which == 6 || all, .fill_mode = fill_mode,
            .interpolation_order = order));
}

static const char *const fill_modes[] = {"nearest", "reflect", "wrap", "constant"};

static void a_mask_stays_on_its_picture(void **state)
{
    (void)state;
    cornu_dataset *plain = open_pairs(CORNU_FLOAT32);
    cornu_array *before = made(cornu_dataset_load(plain, 0, CORNU_NONE));
    for (int i = 0; i < TRANSFORMS * 3; i++) { /* what is constant outside is 0 in masks, which is no class of ours */
        cornu_array *after = changed(cornu_dataset_retain(plain), transform(i / 3, 0, fill_modes[i % 3]));
        const float *pixels = values_of(after, "image"), *masks = values_of(after, "mask");
        assert_false(same(before, after, "image"));
        for (int j = 0; j < PICTURES * PIXELS; j++)
            assert_true(masks[j] == (pixels[j] >= THRESHOLD ? 7 : 2));
        cornu_array_release(after);
    }
    cornu_array_release(before);
    cornu_dataset_release(plain);
}

static void a_mask_beside_a_smooth_picture_is_that_beside_a_coarse_one(void **state)
{
    (void)state;
    for (int i = 0; i < TRANSFORMS * 4; i++) {
        cornu_array *coarse = changed(open_pairs(CORNU_FLOAT32), transform(i / 4, 0, fill_modes[i % 4]));
        for (int order = 1; order <= 3; order += 2) {
            cornu_array *smooth = changed(open_pairs(CORNU_FLOAT32), transform(i / 4, order, fill_modes[i % 4]));
            const float *masks = values_of(smooth, "mask");
            assert_true(same(coarse, smooth, "mask"));
            for (int j = 0; j < PICTURES * PIXELS; j++)
                assert_true(masks[j] == 7 || masks[j] == 2 || (i % 4 == 3 && masks[j] == 0));
            cornu_array_release(smooth);
        }
        cornu_array_release(coarse);
    }
}

static void colours_and_scale_are_the_pictures_alone(void **state)
{
    (void)state;
    cornu_array *plain = changed(open_pairs(CORNU_FLOAT32), cornu_image_data_generator_create(.rotation_range = 20));
    cornu_array *coloured = changed(
        open_pairs(CORNU_FLOAT32),
        cornu_image_data_generator_create(.rotation_range = 20, .brightness_range = cornu_range(0.4, 1.4),
                                          .channel_shift_range = 40, .rescale = 1.0 / 255, .samplewise_center = true));
    assert_true(same(plain, coloured, "mask"));
    const float *pixels = values_of(coloured, "image");
    double sum = 0;
    for (int i = 0; i < PICTURES * PIXELS; i++) {
        assert_true(fabsf(pixels[i]) <= 1);
        sum += (double)pixels[i];
    }
    assert_true(fabs(sum) < 1e-2);
    cornu_array_release(plain);
    cornu_array_release(coloured);
}

static void a_neutral_generator_changes_nothing(void **state)
{
    (void)state;
    cornu_dataset *pairs = open_pairs(CORNU_FLOAT32);
    cornu_array *before = made(cornu_dataset_load(pairs, 0, CORNU_NONE));
    cornu_array *after = changed(pairs, cornu_image_data_generator_create());
    assert_true(same(before, after, "image") && same(before, after, "mask"));
    cornu_array_release(before);
    cornu_array_release(after);
}

static void bytes_are_changed_as_floats_are(void **state)
{
    (void)state;
    cornu_array *floats = changed(open_pairs(CORNU_FLOAT32), transform(TRANSFORMS - 1, 1, "nearest"));
    cornu_array *bytes = changed(open_pairs(CORNU_UINT8), transform(TRANSFORMS - 1, 1, "nearest"));
    assert_int_equal(cornu_array_dtype(cornu_array_item_named(bytes, "image")), CORNU_FLOAT32);
    assert_int_equal(cornu_array_dtype(cornu_array_item_named(bytes, "mask")), CORNU_UINT8);
    assert_true(same(floats, bytes, "image") && same(floats, bytes, "mask"));
    cornu_array_release(floats);
    cornu_array_release(bytes);
}

/* Arrays of two pictures of two channels and their masks, in either data format. */
static cornu_dataset *open_arrays(bool channels_first)
{
    int64_t first[] = {2, 2, HEIGHT, WIDTH}, last[] = {2, HEIGHT, WIDTH, 2}, flat[] = {2, HEIGHT, WIDTH};
    cornu_array *parts[] = {made(cornu_array_zeros(CORNU_FLOAT32, 4, channels_first ? first : last)),
                            made(cornu_array_zeros(CORNU_INT64, 3, flat))};
    for (int i = 0; i < 2 * 2 * PIXELS; i++) {
        int picture = i / (2 * PIXELS), channel = i / PIXELS % 2, pixel = i % PIXELS;
        int at = channels_first ? i : (picture * PIXELS + pixel) * 2 + channel;
        cornu_array_float32(parts[0])[at] = shade(picture + 2 * channel, pixel / WIDTH, pixel % WIDTH);
        if (channel == 0)
            ((int64_t *)cornu_array_data(parts[1]))[picture * PIXELS + pixel] =
                shade(picture, pixel / WIDTH, pixel % WIDTH) >= THRESHOLD;
    }
    cornu_array *both = made(cornu_array_dict(2, (const char *[]){"image", "mask"}, parts));
    cornu_dataset *dataset = made(cornu_array_dataset(both));
    cornu_array_release(parts[0]);
    cornu_array_release(parts[1]);
    cornu_array_release(both);
    return dataset;
}

static void channels_may_come_first_and_masks_have_none(void **state)
{
    (void)state;
    cornu_array *last = changed(open_arrays(false), cornu_image_data_generator_create(.rotation_range = 50));
    cornu_array *first = changed(
        open_arrays(true), cornu_image_data_generator_create(.rotation_range = 50, .data_format = "channels_first"));
    assert_int_equal(cornu_array_dtype(cornu_array_item_named(first, "mask")), CORNU_INT64);
    assert_true(same(last, first, "mask"));
    for (int i = 0; i < 2 * 2 * PIXELS; i++) {
        int at = (i / (2 * PIXELS) * PIXELS + i % PIXELS) * 2 + i / PIXELS % 2;
        assert_true(values_of(first, "image")[i] == values_of(last, "image")[at]);
    }
    cornu_array_release(first);
    cornu_array_release(last);
}

/* --- Batches --- */

static cornu_dataset *open_table(void)
{
    char path[PATH_SIZE];
    FILE *file = fopen(path_of(path, "table.csv"), "w");
    assert_non_null(file);
    fprintf(file, "number,name\n");
    for (int i = 0; i < PICTURES; i++)
        fprintf(file, "%d,%c\n", number_of(i), 'a' + i);
    assert_int_equal(fclose(file), 0);
    return made(cornu_csv_dataset(path, .fields = cornu_names("number")));
}

static cornu_dataset *open_all(cornu_image_data_generator *generator)
{
    cornu_dataset *parts[] = {open_pairs(CORNU_FLOAT32), open_table()};
    cornu_dataset *side_by_side = made(cornu_dataset_zip(2, parts));
    cornu_dataset *augmented = made(cornu_augment_dataset(side_by_side, made(generator)));
    cornu_dataset_release(parts[0]);
    cornu_dataset_release(parts[1]);
    cornu_dataset_release(side_by_side);
    cornu_image_data_generator_release(generator);
    return augmented;
}

static cornu_sequence *batches_of(cornu_dataset *dataset, uint64_t seed)
{
    return made(cornu_dataset_sequence(dataset, .x = cornu_names("image", "number"), .y = cornu_names("mask"),
                                       .batch_size = 4, .seed = seed));
}

static void pictures_masks_and_rows_of_a_table_stand_side_by_side(void **state)
{
    (void)state;
    cornu_dataset *all = open_all(cornu_image_data_generator_create());
    cornu_sequence *batches = batches_of(all, 3);
    bool seen[PICTURES] = {false};
    for (int64_t i = 0; i < cornu_sequence_length(batches); i++) {
        cornu_batch batch = {0};
        assert_ok(cornu_sequence_get(batches, i, &batch));
        const cornu_array *numbers = made(cornu_array_item_named(batch.x, "number"));
        for (int64_t j = 0; j < cornu_array_count(numbers); j++) {
            int number = (int)cornu_array_get(numbers, j);
            assert_false(seen[number]);
            seen[number] = true;
            char name[20]; /* that of the picture's file */
            snprintf(name, sizeof name, "/%02d.png", number);
            const char *path =
                made((void *)(uintptr_t)cornu_flow_filename(batches, (int64_t)cornu_array_get(batch.samples, j)));
            assert_true(strstr(path, name) && strstr(path, "/image/") && access(path, R_OK) == 0);
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                uint8_t wanted = shade(number, pixel / WIDTH, pixel % WIDTH);
                assert_true(values_of(batch.x, "image")[j * PIXELS + pixel] == (float)wanted);
                assert_true(cornu_array_get(batch.y, j * PIXELS + pixel) == (wanted >= THRESHOLD ? 7 : 2));
            }
        }
        cornu_batch_clear(&batch);
    }
    for (int i = 0; i < PICTURES; i++)
        assert_true(seen[i]);
    cornu_sequence_release(batches);
    cornu_dataset_release(all);
}

static bool first_batches_are_equal(cornu_dataset *all, uint64_t one_seed, uint64_t other_seed)
{
    cornu_sequence *one = made(cornu_dataset_sequence(all, .x = cornu_names("image"), .y = cornu_names("mask"),
                                                      .shuffle = false, .seed = one_seed)),
                   *other = made(cornu_dataset_sequence(all, .x = cornu_names("image"), .y = cornu_names("mask"),
                                                        .shuffle = false, .seed = other_seed));
    cornu_batch left = {0}, right = {0};
    assert_ok(cornu_sequence_get(one, 0, &left));
    assert_ok(cornu_sequence_get(other, 0, &right));
    size_t size = PICTURES * PIXELS * sizeof(float);
    bool equal = memcmp(cornu_array_data(left.x), cornu_array_data(right.x), size) == 0;
    assert_true(equal == (memcmp(cornu_array_data(left.y), cornu_array_data(right.y), size) == 0));
    cornu_batch_clear(&left);
    cornu_batch_clear(&right);
    cornu_sequence_release(one);
    cornu_sequence_release(other);
    return equal;
}

static void the_seed_of_the_sequence_decides(void **state)
{
    (void)state;
    cornu_dataset *all = open_all(transform(TRANSFORMS - 1, 1, "nearest"));
    assert_true(first_batches_are_equal(all, 4, 4));
    assert_false(first_batches_are_equal(all, 4, 5));
    cornu_dataset_release(all);
}

/* Losses of a small model, which every pixel of every batch has a part in. */
static void train(cornu_dataset *all, int workers, bool processes, double losses[3])
{
    cornu_tensor *image = cornu_input(.shape = {HEIGHT, WIDTH, 1}, .name = "image");
    cornu_tensor *number = cornu_input(.shape = {1}, .name = "number");
    cornu_tensor *level = cornu_call(cornu_reshape(.target_shape = {1, 1, 1}), cornu_call(cornu_dense(1), number));
    cornu_tensor *map = cornu_call(cornu_conv2d(1, 3, .padding = "same"), image);
    cornu_tensor *sum = cornu_call(cornu_add_layer(), map, level);
    cornu_model *model = made(cornu_functional(.inputs = {image, number}, .outputs = {sum}, .seed = 2));
    assert_ok(cornu_compile(model, .optimizer = cornu_sgd(.learning_rate = 1e-6), .loss = "mse"));
    cornu_sequence *batches = batches_of(all, 8);
    cornu_history *history = made(cornu_fit_generator(model, batches, .epochs = 3, .workers = workers,
                                                      .use_multiprocessing = processes, .verbose = 0));
    int64_t epochs;
    memcpy(losses, cornu_history_values(history, "loss", &epochs), 3 * sizeof *losses);
    assert_int_equal(epochs, 3);
    cornu_history_release(history);
    cornu_sequence_release(batches);
    cornu_model_release(model);
}

static void any_workers_make_the_same_batches(void **state)
{
    (void)state;
    cornu_dataset *all = open_all(transform(TRANSFORMS - 1, 1, "reflect"));
    double wanted[3], got[3];
    train(all, 0, false, wanted);
    assert_true(isfinite(wanted[2]) && wanted[0] > 0);
    for (int workers = 1; workers <= 3; workers++) {
        train(all, workers, false, got);
        assert_memory_equal(got, wanted, sizeof got);
        train(all, workers, true, got);
        assert_memory_equal(got, wanted, sizeof got);
    }
    cornu_dataset_release(all);
}

/* --- What is refused --- */

static void files_that_cannot_be_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    path_of(path, "image");
    expect_refusal(cornu_image_files_dataset(path), "target_size is (0, 0)");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .color_mode = "bgr"), "bgr");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .interpolation = "linear"), "bilinear");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .bad_files = "skip"), "none can be skipped");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .labels = "infered"), "wanted 'inferred'");
    expect_refusal(
        cornu_image_files_dataset(path, .target_size = SIZE, .labels = "inferred", .paths = cornu_names("bear/00.png")),
        "not from .paths");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .name = ""), "the field has no name");
    expect_refusal(cornu_image_files_dataset(NULL, .target_size = SIZE), "neither a folder nor .paths");
    expect_refusal(cornu_image_files_dataset(path_of(path, "nowhere"), .target_size = SIZE), "there is no folder '");
    expect_refusal(cornu_image_files_dataset(path, .target_size = SIZE, .labels = "inferred"), "nowhere");
    expect_refusal(cornu_image_files_dataset(path_of(path, "empty"), .target_size = SIZE), "has no pictures");
}

static void a_damaged_picture_is_told_of_or_black(void **state)
{
    (void)state;
    char path[PATH_SIZE], root[PATH_SIZE];
    path_of(root, "image");
    write_bytes(path_of(path, "image/bear/damaged.png"), "no picture", 10);
    cornu_dataset *files = made(cornu_image_files_dataset(root, .target_size = SIZE, .dtype = CORNU_UINT8,
                                                          .paths = cornu_names("bear/00.png", "bear/damaged.png")));
    expect_refusal(cornu_dataset_load(files, 0, CORNU_NONE), "bear/damaged.png");
    cornu_array *one = made(cornu_dataset_load(files, 0, 1));
    cornu_array_release(one);
    cornu_dataset_release(files);
    files = made(cornu_image_files_dataset(root, .target_size = SIZE, .paths = cornu_names("bear/damaged.png"),
                                           .bad_files = "replace"));
    one = made(cornu_dataset_load(files, 0, CORNU_NONE));
    for (int i = 0; i < PIXELS * 3; i++)
        assert_true(values_of(one, "image")[i] == 0);
    cornu_array_release(one);
    cornu_dataset_release(files);
    files = made(cornu_image_files_dataset(root, .target_size = SIZE, .paths = cornu_names("bear/damaged.png"),
                                           .bad_files = "replace", .bad_files_at_most = 0));
    expect_refusal(cornu_dataset_load(files, 0, CORNU_NONE), "bear/damaged.png");
    cornu_dataset_release(files);
    assert_int_equal(unlink(path), 0);
}

static void fields_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu_image_data_generator *generator = made(cornu_image_data_generator_create(.rotation_range = 10));
    cornu_image_data_generator *numpy = made(cornu_image_data_generator_create(.rng_compat = "numpy"));
    cornu_dataset *pairs = open_pairs(CORNU_FLOAT32), *table = open_table();
    cornu_dataset *small = made(cornu_image_files_dataset(path_of(path, "mask"), .name = "small",
                                                          .target_size = cornu_pair(HEIGHT, WIDTH - 1)));
    cornu_dataset *all = made(cornu_dataset_zip(3, (cornu_dataset *[]){pairs, table, small}));
    cornu_dataset *part = made(cornu_dataset_slice(small, 0, 4));
    expect_refusal(cornu_augment_dataset(all, generator, .images = cornu_names("imag")), "did you mean 'image'");
    expect_refusal(cornu_augment_dataset(all, generator, .masks = cornu_names("masks")), "did you mean 'mask'");
    expect_refusal(cornu_augment_dataset(all, generator, .masks = cornu_names("image")), "'image' is named twice");
    expect_refusal(cornu_augment_dataset(all, generator, .masks = cornu_names("small")),
                   "'small' has 13 x 16 pixels and 'image' 13 x 17");
    expect_refusal(cornu_augment_dataset(all, generator, .images = cornu_names("number")), "field 'number' has shape");
    expect_refusal(cornu_augment_dataset(all, generator, .images = cornu_names(NULL), .masks = cornu_names(NULL)),
                   "neither .images nor .masks");
    expect_refusal(cornu_augment_dataset(table, generator), "image");
    expect_refusal(cornu_augment_dataset(all, numpy), "one by one");
    expect_refusal(cornu_augment_dataset(all, NULL), "there is no generator");
    expect_refusal(cornu_augment_dataset(NULL, generator), "there is no dataset");
    expect_refusal(cornu_dataset_zip(2, (cornu_dataset *[]){pairs, part}), "has 4 samples where");
    cornu_dataset_release(part);
    cornu_dataset_release(all);
    cornu_dataset_release(small);
    cornu_dataset_release(table);
    cornu_dataset_release(pairs);
    cornu_image_data_generator_release(generator);
    cornu_image_data_generator_release(numpy);
}

static int nothing_is_left(void **state)
{
    (void)state;
    return cornu__allocation_live() != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_folder_is_read_in_byte_order_with_its_classes, nothing_is_left),
        cmocka_unit_test_teardown(pictures_are_those_of_load_img, nothing_is_left),
        cmocka_unit_test_teardown(a_mask_stays_on_its_picture, nothing_is_left),
        cmocka_unit_test_teardown(a_mask_beside_a_smooth_picture_is_that_beside_a_coarse_one, nothing_is_left),
        cmocka_unit_test_teardown(colours_and_scale_are_the_pictures_alone, nothing_is_left),
        cmocka_unit_test_teardown(a_neutral_generator_changes_nothing, nothing_is_left),
        cmocka_unit_test_teardown(bytes_are_changed_as_floats_are, nothing_is_left),
        cmocka_unit_test_teardown(channels_may_come_first_and_masks_have_none, nothing_is_left),
        cmocka_unit_test_teardown(pictures_masks_and_rows_of_a_table_stand_side_by_side, nothing_is_left),
        cmocka_unit_test_teardown(the_seed_of_the_sequence_decides, nothing_is_left),
        cmocka_unit_test(any_workers_make_the_same_batches), /* a model's threads stay */
        cmocka_unit_test_teardown(files_that_cannot_be_are_refused, nothing_is_left),
        cmocka_unit_test_teardown(a_damaged_picture_is_told_of_or_black, nothing_is_left),
        cmocka_unit_test_teardown(fields_that_do_not_go_together_are_refused, nothing_is_left),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
