/*
 * test_decode.c: every kind of picture file is decoded to Pillow's pixels, in each colour mode.
 *
 * Equal bytes, but where a decoder other than ours computes the pixels: JPEG and lossy WebP, whose libraries' versions differ from Pillow's own.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "pictures.h"

static const cornu__color_mode modes[] = {CORNU__GRAYSCALE, CORNU__RGB, CORNU__RGBA};

static cornu_array *values;

/* Pillow's pixels of a file: colours are stored without alpha where that is 255 everywhere. */
static cornu_array *expected_pixels(const char *name, cornu__color_mode mode)
{
    char key[PATH_SIZE];
    snprintf(key, sizeof key, "%s.%s", name, mode == CORNU__GRAYSCALE ? "grayscale" : "rgba");
    cornu_array *stored = cornu_array_item_named(values, key);
    if (stored && (int)mode != 3)
        return cornu_array_retain(stored);
    snprintf(key, sizeof key, "%s.rgb", name);
    cornu_array *colors = stored ? stored : cornu_array_item_named(values, key);
    if (!colors)
        fail_msg("there are no values for %s", name);
    int64_t shape[] = {cornu_array_size(colors, 0), cornu_array_size(colors, 1), (int64_t)mode};
    int64_t channels = cornu_array_size(colors, 2), pixels = shape[0] * shape[1];
    cornu_array *made = cornu_array_zeros(CORNU_UINT8, 3, shape);
    assert_non_null(made);
    for (int64_t i = 0; i < pixels; i++) {
        uint8_t *to = (uint8_t *)cornu_array_data(made) + i * shape[2];
        memset(to, 255, (size_t)shape[2]);
        memcpy(to, (const uint8_t *)cornu_array_data(colors) + i * channels, 3);
    }
    return made;
}

static bool has_ending(const char *name, const char *ending)
{
    return strlen(name) > strlen(ending) && strcmp(name + strlen(name) - strlen(ending), ending) == 0;
}

/* How far a value may be from Pillow's. */
static double tolerance(const char *name)
{
    bool lossy = has_ending(name, ".jpg") || strstr(name, "_jpeg.tif") || strcmp(name, "lossy.webp") == 0 ||
                 strcmp(name, "alpha.webp") == 0;
    return lossy ? 2 : 0;
}

static double expect_file(cornu__decoder *decoder, cornu__image *image, const char *name, cornu__color_mode mode)
{
    char path[PATH_SIZE];
    cornu__decode_options options = {.color_mode = mode};
    assert_ok(cornu__decode_file(decoder, picture_path(path, name), &options, image));
    assert_int_equal(image->channels, (int)mode);
    cornu_array *expected = expected_pixels(name, mode);
    if (image->dtype != cornu_array_dtype(expected))
        fail_msg("%s: %s where Pillow has %s", name, cornu_dtype_name(image->dtype),
                 cornu_dtype_name(cornu_array_dtype(expected)));
    double difference = largest_difference(image, expected, name);
    if (difference > tolerance(name))
        fail_msg("%s with %d channels: up to %g from Pillow's pixels", name, (int)mode, difference);
    cornu_array_release(expected);
    return difference;
}

static void pixels_are_pillows(void **state)
{
    (void)state;
    char **names;
    size_t count = list_names(NULL, NULL, &names);
    assert_true(count > 100);
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t mode = 0; mode < 3; mode++) {
            double difference = expect_file(&decoder, &image, names[i], modes[mode]);
            largest = difference > largest ? difference : largest;
        }
    }
    print_message("%zu files; the lossy ones up to %g from Pillow's pixels\n", count, largest);
    free_names(count, names);
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
}

static void the_exif_orientation_stands_pictures_upright(void **state)
{
    (void)state;
    cornu__decoder decoder = {0};
    cornu__image upright = {0}, image = {0};
    cornu__decode_options options = {.color_mode = CORNU__RGB, .exif_orientation = true};
    char path[PATH_SIZE], name[64];
    assert_ok(cornu__decode_file(&decoder, picture_path(path, "orientation1.jpg"), &options, &upright));
    assert_int_equal(upright.height, 8);
    assert_int_equal(upright.width, 12);
    const uint8_t *stored = upright.data;
    for (int orientation = 2; orientation <= 8; orientation++) {
        snprintf(name, sizeof name, "orientation%d.jpg", orientation);
        assert_ok(cornu__decode_file(&decoder, picture_path(path, name), &options, &image));
        bool lies = orientation >= 5;
        assert_int_equal(image.height, lies ? 12 : 8);
        assert_int_equal(image.width, lies ? 8 : 12);
        for (int row = 0; row < image.height; row++) {
            for (int column = 0; column < image.width; column++) {
                /* where EXIF says that this pixel lies among the stored ones */
                int bottom = 7, right = 11;
                int from[9][2] = {{0, 0},
                                  {row, column},
                                  {row, right - column},
                                  {bottom - row, right - column},
                                  {bottom - row, column},
                                  {column, row},
                                  {bottom - column, row},
                                  {bottom - column, right - row},
                                  {column, right - row}};
                const uint8_t *wanted = stored + 3 * (12 * from[orientation][0] + from[orientation][1]);
                assert_memory_equal((uint8_t *)image.data + 3 * (image.width * row + column), wanted, 3);
            }
        }
    }
    cornu__image_free(&image);
    cornu__image_free(&upright);
    cornu__decoder_free(&decoder);
}

static void a_warm_decoder_allocates_nothing(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    cornu__decode_options options = {.color_mode = CORNU__RGB};
    static const char *const names[] = {"rgb_420.jpg", "gray8.png", "rgba8_interlaced.png", "p6_255.ppm"};
    uint64_t count = 0;
    for (int round = 0; round < 4; round++) {
        if (round == 2)
            count = cornu__allocation_count();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            assert_ok(cornu__decode_file(&decoder, picture_path(path, names[i]), &options, &image));
    }
    assert_int_equal(cornu__allocation_count(), count);
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
}

/* --- Several threads at once --- */

typedef struct reader {
    char **names;
    size_t count, first;
    uint64_t sum;
    bool failed;
} reader;

static void *read_all(void *argument)
{
    reader *self = argument;
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    char path[PATH_SIZE];
    for (size_t i = 0; i < self->count; i++) {
        cornu__decode_options options = {.color_mode = CORNU__RGBA};
        const char *name = self->names[(self->first + i) % self->count];
        self->failed |= cornu__decode_file(&decoder, picture_path(path, name), &options, &image) != CORNU_OK;
        for (size_t j = 0; j < cornu__image_count(&image); j++)
            self->sum += (j + 1) * ((const uint8_t *)image.data)[j];
    }
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    char **names;
    size_t count = list_names(NULL, NULL, &names);
    reader readers[4];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        readers[i] = (reader){.names = names, .count = count, .first = i * 31};
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_false(readers[i].failed);
        assert_int_equal(readers[i].sum, readers[0].sum);
    }
    free_names(count, names);
}

/* --- What is no picture --- */

static void refuse_bytes(const void *bytes, size_t size, cornu_status status, const char *part)
{
    char path[PATH_SIZE];
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    cornu__decode_options options = {.color_mode = CORNU__RGB};
    write_bytes(scratch_path(path, "refused"), bytes, size);
    assert_failed(cornu__decode_file(&decoder, path, &options, &image), status, part);
    assert_non_null(strstr(cornu_error_message(), path));
    unlink(path);
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
}

static void what_is_no_picture_is_said(void **state)
{
    (void)state;
    refuse_bytes("", 0, CORNU_ERROR_FORMAT, "is empty");
    refuse_bytes("hello, world", 12, CORNU_ERROR_FORMAT, "is no picture that can be read");
    refuse_bytes("\x89PNG\r\n\x1A\n", 8, CORNU_ERROR_FORMAT, "a damaged PNG file: it ends too early, after 8 bytes");
    refuse_bytes("\xFF\xD8\xFF\xE0", 4, CORNU_ERROR_FORMAT, "a damaged JPEG file: it ends too early");
    refuse_bytes("GIF89a", 6, CORNU_ERROR_FORMAT, "a damaged GIF file: it ends too early");
    refuse_bytes("BM\0\0\0\0", 6, CORNU_ERROR_FORMAT, "a damaged BMP file: it ends in its header");
    refuse_bytes("P6 7", 4, CORNU_ERROR_FORMAT, "its height is missing");
    refuse_bytes("P6 0 7 255\n", 11, CORNU_ERROR_FORMAT, "a picture of 0 x 7 pixels");
    refuse_bytes("P5 2 2 255\nabc", 14, CORNU_ERROR_FORMAT, "3 of 4 bytes of pixels are there");
    refuse_bytes("P2 1 1 9\n12", 11, CORNU_ERROR_FORMAT, "a pixel at byte 9 is no number from 0 to 9");
    refuse_bytes("II*\0\x08\0\0\0", 8, CORNU_ERROR_FORMAT, "a damaged TIFF file");
    refuse_bytes("RIFF\x10\0\0\0WEBPVP8 ", 16, CORNU_ERROR_FORMAT, "a damaged WebP file");
}

static void places_that_hold_no_file_are_said(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    cornu__decode_options options = {.color_mode = CORNU__RGB};
    assert_failed(cornu__decode_file(&decoder, "/no/such/file.png", &options, &image), CORNU_ERROR_IO, "No such file");
    assert_failed(cornu__decode_file(&decoder, picture_path(path, ""), &options, &image), CORNU_ERROR_IO, "a folder");
    assert_failed(cornu__decode_file(&decoder, "", &options, &image), CORNU_ERROR_INVALID_ARGUMENT, "without a name");
    assert_int_equal(mkfifo(scratch_path(path, "pipe"), 0600), 0);
    assert_failed(cornu__decode_file(&decoder, path, &options, &image), CORNU_ERROR_IO, "a pipe");
    unlink(path);
    cornu__decoder_free(&decoder);
}

/* Headers that promise what cannot be: refused before memory is asked for. */
static void lying_sizes_are_refused_without_memory(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    size_t size;
    uint64_t count = cornu__allocation_count();
    refuse_bytes("P6 60000 60000 255\n", 19, CORNU_ERROR_LIMIT, "at most 178956970 pixels are decoded");
    refuse_bytes("P5 4000 4000 255\n", 17, CORNU_ERROR_FORMAT, "17 bytes cannot hold the 4000 x 4000 pixels");
    uint8_t *png = read_bytes(picture_path(path, "one_pixel.png"), &size);
    static const uint8_t large[] = {0, 0, 0x2E, 0xE0, 0, 0, 0x2E, 0xE0, 8, 2, 0, 0, 0, 0xDC, 0xE9, 0x06, 0x14};
    memcpy(png + 16, large, sizeof large); /* 12000 x 12000 */
    refuse_bytes(png, size, CORNU_ERROR_FORMAT, "is a damaged PNG file");
    free(png);
    uint8_t *jpeg = read_bytes(picture_path(path, "one_pixel.jpg"), &size);
    for (size_t i = 2; i + 8 < size; i++) {
        if (jpeg[i] == 0xFF && jpeg[i + 1] == 0xC0) {
            memcpy(jpeg + i + 5, "\x2E\xE0\x2E\xE0", 4);
            break;
        }
    }
    refuse_bytes(jpeg, size, CORNU_ERROR_FORMAT, "cannot hold the 12000 x 12000 pixels");
    free(jpeg);
    /* Of what no run reaches and no frame covers, a few bytes could promise any size. */
    static const uint8_t bitmap[64] = {'B', 'M', 64, [10] = 62, [14] = 40, [18] = 0xE0, 0x2E, 0, 0, 0xE0, 0x2E, 0, 0, 1,
                                       0,   8,   0,  1,         [46] = 2,  [62] = 0,    1};
    refuse_bytes(bitmap, sizeof bitmap, CORNU_ERROR_FORMAT, "64 bytes cannot hold the 12000 x 12000 pixels");
    static const char screen[] = "GIF89a\xE0\x2E\xE0\x2E\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    refuse_bytes(screen, sizeof screen - 1, CORNU_ERROR_FORMAT, "35 bytes cannot hold the 12000 x 12000 pixels");
    /* the files' own bytes, no pictures */
    assert_true(cornu__allocation_count() - count <= 6);
}

static void color_modes_have_keras_names(void **state)
{
    (void)state;
    cornu__color_mode mode;
    assert_ok(cornu__color_mode_named("grayscale", &mode));
    assert_int_equal(mode, 1);
    assert_ok(cornu__color_mode_named("rgba", &mode));
    assert_int_equal(mode, 4);
    assert_failed(cornu__color_mode_named("gray", &mode), CORNU_ERROR_UNKNOWN_NAME, "wanted 'grayscale'");
}

/* --- Real files --- */

static void every_jpeg_of_the_variety_is_decoded_but_the_truncated_one(void **state)
{
    (void)state;
    static const char *const folders[] = {"edge", "ants_bees/ants", "ants_bees/bees"};
    char base[PATH_SIZE], folder[2 * PATH_SIZE], path[4 * PATH_SIZE];
    shared_data_path(base, "jpeg_variety");
    cornu__decoder decoder = {0};
    cornu__image image = {0};
    size_t decoded = 0;
    for (size_t f = 0; f < 3; f++) {
        char **names;
        snprintf(folder, sizeof folder, "%s/%s", base, folders[f]);
        size_t count = list_names(folder, ".jpg", &names);
        for (size_t i = 0; i < count; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]);
            cornu__decode_options options = {.color_mode = CORNU__RGB, .exif_orientation = true};
            cornu_status status = cornu__decode_file(&decoder, path, &options, &image);
            if (strcmp(names[i], "truncated_jpeg.jpg") == 0)
                assert_failed(status, CORNU_ERROR_FORMAT, "it ends too early");
            else
                assert_ok(status);
            decoded += status == CORNU_OK;
        }
        free_names(count, names);
    }
    assert_int_equal(decoded, 44);
    cornu__image_free(&image);
    cornu__decoder_free(&decoder);
}

static int read_values(void **state)
{
    (void)state;
    values = oracle_arrays("images");
    return 0;
}

static int release_values(void **state)
{
    (void)state;
    cornu_array_release(values);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_pillows),
        cmocka_unit_test(the_exif_orientation_stands_pictures_upright),
        cmocka_unit_test(a_warm_decoder_allocates_nothing),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(what_is_no_picture_is_said),
        cmocka_unit_test(places_that_hold_no_file_are_said),
        cmocka_unit_test(lying_sizes_are_refused_without_memory),
        cmocka_unit_test(color_modes_have_keras_names),
        cmocka_unit_test(every_jpeg_of_the_variety_is_decoded_but_the_truncated_one),
    };
    return cmocka_run_group_tests(tests, read_values, release_values);
}
